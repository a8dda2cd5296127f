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
