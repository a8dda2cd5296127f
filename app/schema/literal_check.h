/* SPDX-License-Identifier: MIT
 *
 * literal_check.h: whether a column keeps what is written as it is, as far as all databases cut and round alike. What one
 * of them does by itself is its dialect's (dialect.h).
 */
#ifndef MYREST_LITERAL_CHECK_H
#define MYREST_LITERAL_CHECK_H

#include "schema/table.h"

/* Each returns STATUS_OK, or another status and in *why what was expected, which may be in the arena. */

/* Of CHAR and VARCHAR: STATUS_TOO_LONG, as well if there are spaces at the end, which a CHAR does not keep. */
enum status literal_check_characters(const struct column *, struct slice text, struct arena *, const char **why) MUST_CHECK;

/* Whether the literal of a number or a moment has at most so many digits behind its point, but for zeros at the end. */
enum status literal_check_fraction(struct slice literal, unsigned most, struct arena *, const char **why) MUST_CHECK;

#endif
