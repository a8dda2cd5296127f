/* SPDX-License-Identifier: MIT
 *
 * postgresql_value.h: literals for PostgreSQL (dialect.h). A quoted literal has no type of its own there: it becomes one of
 * the column's type when the statement is read, so that indexes serve. It must have no NUL, which PostgreSQL's texts
 * cannot have and which would end the statement.
 */
#ifndef MYREST_POSTGRESQL_VALUE_H
#define MYREST_POSTGRESQL_VALUE_H

#include "request/query.h"
#include "schema/literal.h"

#define POSTGRESQL_BYTES "'\\x" /* how a literal of bytes begins */

/* As dialect.h has them. */
enum status postgresql_literal(struct text *, const struct column *, struct slice text, const char **why) MUST_CHECK;
enum status postgresql_stored(struct text *, const struct column *, struct slice bytes) MUST_CHECK;
enum status postgresql_check_text(const struct column *, struct slice text, struct arena *, const char **why) MUST_CHECK;
enum status postgresql_check(const struct column *, struct slice given, struct slice literal, struct arena *,
                             const char **why) MUST_CHECK;
enum status postgresql_check_json(struct slice json, const char **why) MUST_CHECK;
enum status postgresql_search(struct text *, enum query_operator, struct slice text, const char **why) MUST_CHECK;

#endif
