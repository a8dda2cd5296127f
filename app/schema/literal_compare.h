/* SPDX-License-Identifier: MIT
 *
 * literal_compare.h: whether two literals are one value, before the database is asked.
 */
#ifndef MYREST_LITERAL_COMPARE_H
#define MYREST_LITERAL_COMPARE_H

#include "schema/table.h"

/* Whether two literals of the column's type are one value, as far as their texts tell: 1.5 and 1.50, 03:04:05 and
 * 03:04:05.000, a UUID or an address in other words. Texts are one if they are equal. */
bool literal_is_same(const struct column *, struct slice, struct slice);

#endif
