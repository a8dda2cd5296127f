/* SPDX-License-Identifier: MIT
 *
 * mysql_json.h: a part of a JSON value in SQL, as MySQL and MariaDB take it: where a path leads, as a text, compared, sorted by.
 */
#ifndef MYREST_MYSQL_JSON_H
#define MYREST_MYSQL_JSON_H

#include "plan/plan.h"

/* A text of JSON is compared byte by byte. All collations that both servers have take no heed of spaces at the end. */
#define MYSQL_BYTES_BEGIN "CAST(CONVERT("
#define MYSQL_BYTES_END " USING utf8mb4) AS BINARY)"

/* Adds a JSON path as a literal: '$."key"[0]'. A key of NULL bytes: the index beside it, from the end when negative. */
void mysql_json_add_path(struct text *sql, const struct slice *keys, const int *indices, unsigned count);

/* As dialect.h has them. */
void mysql_json_path(struct text *, const struct column *, const struct slice *keys, const int *indices, unsigned count);
void mysql_json_text(struct text *, struct slice json);
void mysql_json_comparison(struct text *, const struct plan_condition *, const char *sign, const struct plan_literal *);
/* The order of column->key, and of column->>key. */
void mysql_json_order(struct text *, const struct plan_order *);
void mysql_json_text_order(struct text *, const struct plan_order *);

#endif
