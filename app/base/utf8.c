/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

#include <string.h>

/* Eight bytes of ASCII at once: most text is that. */
static bool is_ascii_word(const unsigned char *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return (word & 0x8080808080808080) == 0;
}

size_t utf8_span(const char *bytes, size_t length)
{
	const unsigned char *text = (const unsigned char *)bytes;
	size_t at = 0, step;

	while (at < length) {
		if (length - at >= 8 && is_ascii_word(text + at)) {
			at += 8;
			continue;
		}
		step = text[at] < 0x80 ? 1 : utf8_sequence(text + at, length - at);
		if (step == 0)
			break;
		at += step;
	}
	return at;
}

size_t utf8_offset(struct slice text, size_t place)
{
	size_t at = 0;

	for (; at < text.length; at++)
		if (((unsigned char)text.bytes[at] & 0xc0) != 0x80 && --place == 0)
			break;
	return at;
}
