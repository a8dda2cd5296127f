/* SPDX-License-Identifier: MIT
 *
 * encoding.h: bytes as base64 (RFC 4648) and as percent-encoding (RFC 3986).
 */
#ifndef MYREST_ENCODING_H
#define MYREST_ENCODING_H

#include "base/text.h"

void encoding_add_base64(struct text *, const void *bytes, size_t length);

/* Percent-encodes all but the unreserved bytes of RFC 3986. */
void encoding_add_percent(struct text *, const char *bytes, size_t length);
/* Decodes percent-encoding in place. false: a '%' without two hexadecimal digits; *length is then its position. */
bool encoding_decode_percent(char *bytes, size_t *length) MUST_CHECK;
/* As the query strings of forms are decoded (https://url.spec.whatwg.org, "application/x-www-form-urlencoded parsing"):
 * '+' is a space, and a '%' without two hexadecimal digits stands for itself. The length that remains. */
size_t encoding_decode_form(char *bytes, size_t length);
bool encoding_is_percent(const char *at, const char *end); /* whether a '%' and two hexadecimal digits stand there */
/* Decodes base64 (padding optional, both alphabets) in place; false: not base64. */
bool encoding_decode_base64(char *bytes, size_t *length) MUST_CHECK;

#endif
