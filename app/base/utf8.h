/* SPDX-License-Identifier: MIT
 *
 * utf8.h: UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
 */
#ifndef MYREST_UTF8_H
#define MYREST_UTF8_H

#include "base/text.h"

/* The length of the sequence that starts here (its first byte is >= 0x80), or 0 when there is none. */
static inline size_t utf8_sequence(const unsigned char *bytes, size_t length)
{
	unsigned char first = bytes[0];

	if (first >= 0xc2 && first <= 0xdf)
		return length >= 2 && (bytes[1] & 0xc0) == 0x80 ? 2 : 0;
	if (first >= 0xe0 && first <= 0xef) {
		if (length < 3 || (bytes[1] & 0xc0) != 0x80 || (bytes[2] & 0xc0) != 0x80 ||
		    (first == 0xe0 && bytes[1] < 0xa0) || (first == 0xed && bytes[1] > 0x9f))
			return 0;
		return 3;
	}
	if (first >= 0xf0 && first <= 0xf4) {
		if (length < 4 || (bytes[1] & 0xc0) != 0x80 || (bytes[2] & 0xc0) != 0x80 ||
		    (bytes[3] & 0xc0) != 0x80 || (first == 0xf0 && bytes[1] < 0x90) ||
		    (first == 0xf4 && bytes[1] > 0x8f))
			return 0;
		return 4;
	}
	return 0;
}

/* Length of the valid UTF-8 at the start; equal to length when all of it is. */
size_t utf8_span(const char *bytes, size_t length);
/* Where the character is that has this place in a text which is valid UTF-8, from 1; behind it there is its end. */
size_t utf8_offset(struct slice text, size_t place);

#endif
