/* SPDX-License-Identifier: MIT
 *
 * json.h: JSON (RFC 8259) as text: strings written, texts checked, escapes taken out. No tree is made of it: numbers have to
 * stay the digits that they are, and what a database keeps goes to the client as it is.
 */
#ifndef MYREST_JSON_H
#define MYREST_JSON_H

#include "base/text.h"

/* A JSON string with its quotes. What is not valid UTF-8 becomes U+FFFD; answers how many such places there were. */
size_t json_add_string(struct text *, const char *bytes, size_t length);
/* JSON text as a database keeps it: true when it is one valid RFC 8259 text (nesting up to 512) and was added,
 * false when it is not, and then nothing was added. */
bool json_add(struct text *, const char *bytes, size_t length);
/* Valid JSON whose names are written without escapes, but for those that json_add_string writes. */
void json_add_names(struct text *, const char *bytes, size_t length);
/* What is between the quotes of a valid JSON string, without its escapes, in place; answers the length, which is never
 * longer. SIZE_MAX: half a surrogate pair, which is no character, stands there. */
size_t json_unescape(char *bytes, size_t length);
long json_unit(const char *at, const char *end); /* the UTF-16 unit of the \uXXXX that is here; -1: there is none */

#endif
