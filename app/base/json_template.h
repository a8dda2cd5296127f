/* SPDX-License-Identifier: MIT
 *
 * json_template.h: JSON text from templates, for documents whose shape is known and whose parts are not. Knows nothing of what
 * it writes.
 */
#ifndef MYREST_JSON_TEMPLATE_H
#define MYREST_JSON_TEMPLATE_H

#include "base/text.h"

/* Adds the template: single quotes stand for double ones, and a comma outside of them is left out behind a '{' or '[',
 * so that parts can begin with one whether or not they are the first.
 *   %s  a string (const char *): with its quotes, or, within single quotes, without
 *   %r  JSON text as it is (const char *)
 *   %u  a number (uint64_t) */
void json_template_add(struct text *, const char *template, ...);

#endif
