/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"

void text_reserve(struct text *text, size_t more)
{
	size_t size = text->size ? text->size : 256;

	if (text->size - text->length >= more)
		return;
	while (size - text->length < more)
		size *= 2;
	text->bytes = memory_grow(text->bytes, size);
	text->size = size;
}

void text_add(struct text *text, const void *bytes, size_t length)
{
	if (length == 0)
		return;
	text_reserve(text, length);
	memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
}

void text_add_string(struct text *text, const char *string)
{
	text_add(text, string, strlen(string));
}

void text_add_char(struct text *text, char byte)
{
	text_reserve(text, 1);
	text->bytes[text->length++] = byte;
}

void text_add_unsigned(struct text *text, uint64_t number)
{
	char digits[20], *first = digits + sizeof(digits);

	do
		*--first = (char)('0' + number % 10);
	while ((number /= 10) != 0);
	text_add(text, first, (size_t)(digits + sizeof(digits) - first));
}

void text_printf(struct text *text, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length <= 0)
		return;
	text_reserve(text, (size_t)length + 1);
	va_start(arguments, format);
	vsnprintf(text->bytes + text->length, (size_t)length + 1, format, arguments);
	va_end(arguments);
	text->length += (size_t)length;
}

const char *text_terminate(struct text *text)
{
	text_reserve(text, 1);
	text->bytes[text->length] = '\0';
	return text->bytes;
}

void text_clear(struct text *text)
{
	text->length = 0;
}

void text_release(struct text *text)
{
	free(text->bytes);
	memset(text, 0, sizeof(*text));
}

const char *slice_find(const char *from, const char *to, char byte)
{
	const char *found = from < to ? memchr(from, byte, (size_t)(to - from)) : NULL;

	return found != NULL ? found : to;
}

const char *slice_find_unquoted(const char *from, const char *to, char byte)
{
	const char *found = slice_find(from, to, byte);
	bool quoted = false;

	if (slice_find(from, found, '"') == found) /* mostly */
		return found;
	for (; from < to && (quoted || *from != byte); from++)
		if (*from == '"')
			quoted = !quoted;
		else if (quoted && *from == '\\' && from + 1 < to)
			from++;
	return from;
}

bool slice_is_word(struct slice slice, const char *word)
{
	return slice.length == strlen(word) && strncasecmp(slice.bytes, word, slice.length) == 0;
}

static bool is_space(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

struct slice text_trimmed(struct slice text)
{
	while (text.length > 0 && is_space(text.bytes[0])) {
		text.bytes++;
		text.length--;
	}
	while (text.length > 0 && is_space(text.bytes[text.length - 1]))
		text.length--;
	return text;
}

struct slice slice_trim(const char *from, const char *to)
{
	while (from < to && (*from == ' ' || *from == '\t'))
		from++;
	while (to > from && (to[-1] == ' ' || to[-1] == '\t'))
		to--;
	return (struct slice){ from, (size_t)(to - from) };
}
