/* SPDX-License-Identifier: MIT
 *
 * postgresql_row.h: values as PostgreSQL writes them, made what all databases' values are here (table.h). Knows no connection.
 */
#ifndef MYREST_POSTGRESQL_ROW_H
#define MYREST_POSTGRESQL_ROW_H

#include <libpq-fe.h>

#include "base/text.h"

/* Whether the type's values are written as \x and two digits a byte. */
bool postgresql_row_is_bytes(Oid type);
/* The value is changed to what it is here. bytes: where it goes if it was digits; it has room for them, so that what is in it
 * stays where it is. */
void postgresql_row_convert(Oid type, const char **value, unsigned long *length, struct text *bytes);

#endif
