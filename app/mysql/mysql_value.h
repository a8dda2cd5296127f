/* SPDX-License-Identifier: MIT
 *
 * mysql_value.h: values as literals of MySQL's and MariaDB's types, and what these servers would make of some in silence.
 */
#ifndef MYREST_MYSQL_VALUE_H
#define MYREST_MYSQL_VALUE_H

#include "schema/literal.h"

#define MYSQL_HEX "X'" /* how a literal of bytes begins */

/* As dialect.h has them. */
enum status mysql_literal(struct text *, const struct column *, struct slice text, const char **why) MUST_CHECK;
enum status mysql_stored(struct text *, const struct column *, struct slice bytes) MUST_CHECK;
enum status mysql_check_text(const struct column *, struct slice text, struct arena *, const char **why) MUST_CHECK;
enum status mysql_check(const struct column *, struct slice given, struct slice literal, struct arena *,
                        const char **why) MUST_CHECK;
enum status mysql_json_number(struct text *, struct slice json, bool *exact, const char **why) MUST_CHECK;
void mysql_name_time(struct text *literal);

#endif
