/* SPDX-License-Identifier: MIT
 *
 * write_value.h: a value of a body as what is written into a column: the dialect's literal, and the promise that it comes back
 * equal. What the server would cut, round, strip or take for another value in silence, though its mode is strict, is a
 * fault here; what it refuses itself is left to it.
 */
#ifndef MYREST_WRITE_VALUE_H
#define MYREST_WRITE_VALUE_H

#include "request/body.h"
#include "schema/table.h"

/* Adds the literal, NULL or DEFAULT (what is absent). Otherwise *sql is as it was and *why says what was expected:
 * STATUS_BAD_VALUE, STATUS_NO_FIT, STATUS_TOO_LONG, STATUS_NO_MEMBER. why may be in the arena. STATUS_NULL, which needs
 * no words: the server would make something else of a NULL. */
enum status write_value_add(struct text *sql, const struct dialect *, const struct column *, const struct body_value *,
                        struct arena *, const char **why) MUST_CHECK;

#endif
