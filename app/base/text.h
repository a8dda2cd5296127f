/* SPDX-License-Identifier: MIT
 *
 * text.h: a growing run of bytes, and the encodings this service speaks: JSON strings (RFC 8259), base64 (RFC 4648),
 * percent-encoding (RFC 3986), UTF-8 (RFC 3629). Knows nothing of what the bytes mean.
 */
#ifndef MYREST_TEXT_H
#define MYREST_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Zeroes are an empty text. Not NUL-terminated unless text_terminate says so. */
struct text {
	char *bytes;
	size_t length;
	size_t size; /* what is allocated */
};

/* Bytes that somebody else owns. */
struct slice {
	const char *bytes;
	size_t length;
};

#define SLICE(literal) ((struct slice){ literal, sizeof(literal) - 1 })

void text_reserve(struct text *, size_t more); /* room for that many further bytes */
void text_add(struct text *, const void *bytes, size_t length);
static inline void text_add_slice(struct text *text, struct slice slice)
{
	text_add(text, slice.bytes, slice.length);
}
void text_add_string(struct text *, const char *);
void text_add_char(struct text *, char);
void text_add_unsigned(struct text *, uint64_t);
void text_printf(struct text *, const char *format, ...) PRINTF_LIKE(2, 3);
const char *text_terminate(struct text *); /* the bytes, with a NUL that is not counted */
void text_clear(struct text *);            /* empty, memory kept */
void text_release(struct text *);          /* empty, memory given back */

/* A JSON string with its quotes. What is not valid UTF-8 becomes U+FFFD; answers how many such places there were. */
size_t text_add_json_string(struct text *, const char *bytes, size_t length);
/* JSON text as a database keeps it: true when it is one valid RFC 8259 text (nesting up to 512) and was added,
 * false when it is not, and then nothing was added. */
bool text_add_json(struct text *, const char *bytes, size_t length);
/* Valid JSON whose names are written without escapes, but for those that text_add_json_string writes. */
void text_add_json_names(struct text *, const char *bytes, size_t length);
/* What is between the quotes of a valid JSON string, without its escapes, in place; answers the length, which is never
 * longer. SIZE_MAX: half a surrogate pair, which is no character, stands there. */
size_t text_json_unescape(char *bytes, size_t length);
long text_json_unit(const char *at, const char *end); /* the UTF-16 unit of the \uXXXX that is here; -1: there is none */
void text_add_base64(struct text *, const void *bytes, size_t length);

/* Percent-encodes all but the unreserved bytes of RFC 3986. */
void text_add_percent(struct text *, const char *bytes, size_t length);
/* Decodes percent-encoding in place. false: a '%' without two hexadecimal digits; *length is then its position. */
bool text_percent_decode(char *bytes, size_t *length) MUST_CHECK;
/* As the query strings of forms are decoded (https://url.spec.whatwg.org, "application/x-www-form-urlencoded parsing"):
 * '+' is a space, and a '%' without two hexadecimal digits stands for itself. The length that remains. */
size_t text_query_decode(char *bytes, size_t length);
bool text_is_percent_encoded(const char *at, const char *end); /* whether a '%' and two hexadecimal digits stand there */
/* Length of the valid UTF-8 at the start; equal to length when all of it is. */
size_t text_utf8_span(const char *bytes, size_t length);
/* Where the character is that has this place in a text which is valid UTF-8, from 1; behind it there is its end. */
size_t text_utf8_offset(struct slice text, size_t place);
/* Decodes base64 (padding optional, both alphabets) in place; false: not base64. */
bool text_base64_decode(char *bytes, size_t *length) MUST_CHECK;

/* Of headers: without the spaces and tabs at both ends (RFC 9110's OWS); the byte's place, or to; equal but for the case of ASCII. */
struct slice slice_trim(const char *from, const char *to);
const char *slice_find(const char *from, const char *to, char byte);
const char *slice_find_unquoted(const char *from, const char *to, char byte); /* not within a quoted-string (section 5.6.4) */
bool slice_is_word(struct slice, const char *word);
/* Without the spaces around it. */
struct slice text_trimmed(struct slice);

static inline bool slice_is(struct slice slice, const char *string)
{
	return __builtin_strlen(string) == slice.length && __builtin_memcmp(slice.bytes, string, slice.length) == 0;
}

#endif
