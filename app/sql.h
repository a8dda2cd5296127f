/* SPDX-License-Identifier: MIT
 *
 * sql.h: the text of statements, and nothing else: what to ask is the plan's, what it may contain is value.h's.
 */
#ifndef MYREST_SQL_H
#define MYREST_SQL_H

#include "plan.h"

/* The read that the plan describes. */
void sql_read(struct text *, const struct plan *);
/* SELECT what of all rows of the plan, whatever its window is. */
void sql_count(struct text *, const struct plan *, const char *what);
/* One read for the keys of several plans that differ in nothing but the key. The key comes as the first column, before
 * the plan's own. */
void sql_read_keys(struct text *, const struct plan *, const struct integer *keys, unsigned count);

/* The pieces that reads are made of. */
void sql_add_slice(struct text *, struct slice);
/* The JSON that a path leads to; as value_add_path. NULL when it leads nowhere. */
void sql_json_path(struct text *, const struct column *, const struct slice *keys, const int *indices, unsigned count);
void sql_add_field(struct text *, const struct plan_field *); /* its value */
void sql_add_json_text(struct text *, struct slice json);     /* of JSON: the text of it, to be compared byte by byte */
void sql_add_json_number(struct text *, struct slice json);   /* JSON_TYPE(json) IN (…), of numbers */
/* One condition, that can stand beside AND. */
void sql_add_condition(struct text *, const struct plan_condition *);

#endif
