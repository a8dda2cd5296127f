/* SPDX-License-Identifier: MIT
 *
 * mysql_type.h: the type of a column, read once in what information_schema says of it. Nobody else reads a declaration.
 */
#ifndef MYREST_MYSQL_TYPE_H
#define MYREST_MYSQL_TYPE_H

#include "schema/table.h"

/* Fills the column's type, kind, bits, is_unsigned and members from its declaration (COLUMN_TYPE) and the name of its type
 * (DATA_TYPE); members live in the arena. */
void mysql_type_take(struct column *, struct slice name, struct arena *);

#endif
