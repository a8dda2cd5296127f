/* SPDX-License-Identifier: MIT
 *
 * declare.h: a column by hand, with the type that MySQL's catalogue reads in a declaration.
 */
#ifndef MYREST_DECLARE_H
#define MYREST_DECLARE_H

#include <ctype.h>
#include <string.h>

#include "mysql/mysql_type.h"

/* The declaration has to live as long as the column. */
static inline void declare_column(struct column *column, const char *declared, struct arena *members)
{
	char name[32] = "";

	for (size_t i = 0; i + 1 < sizeof(name) && isalnum((unsigned char)declared[i]); i++)
		name[i] = (char)tolower((unsigned char)declared[i]);
	column->declared = (struct slice){ declared, strlen(declared) };
	mysql_type_take(column, (struct slice){ name, strlen(name) }, members);
}

#endif
