/* SPDX-License-Identifier: MIT
 *
 * table_choices.h: which tables and columns are served, or may be written, as MYREST_TABLES and MYREST_WRITABLE say it.
 */
#ifndef MYREST_TABLE_CHOICES_H
#define MYREST_TABLE_CHOICES_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"

/* One entry. */
struct table_choice {
	struct slice name;
	unsigned column_count; /* 0: all of them */
	struct slice *columns;
};

struct table_choices {
	unsigned count;
	struct table_choice *entries;
};

/* Reads users(id,username),orders,"odd ""name""". NULL, or what is wrong and where, and then there are no choices. */
const char *table_choices_parse(const char *text, struct arena *, struct table_choices *) MUST_CHECK;
const struct table_choice *table_choice_find(const struct table_choices *, struct slice name); /* NULL: not named */
bool table_choice_has(const struct table_choice *, struct slice column); /* named, or all are */

#endif
