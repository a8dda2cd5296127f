/* SPDX-License-Identifier: MIT
 *
 * records.h: FastCGI records as a web server makes them, and a plain reader of what a responder answers. Written from
 * the specification, apart from fastcgi.c.
 */
#ifndef MYREST_RECORDS_H
#define MYREST_RECORDS_H

#include <string.h>

#include "base/text.h"

enum { BEGIN = 1, ABORT = 2, END = 3, PARAMS = 4, STDIN = 5, STDOUT = 6, DATA = 8, GET_VALUES = 9, VALUES = 10, UNKNOWN = 11 };

static inline void add_record(struct text *to, int type, unsigned id, const char *bytes, size_t length,
                              unsigned padding)
{
	const char header[8] = { 1, (char)type, (char)(id >> 8), (char)id, (char)(length >> 8), (char)length,
		                 (char)padding, 0 };

	text_add(to, header, sizeof(header));
	text_add(to, bytes, length);
	for (; padding > 0; padding--)
		text_add_char(to, (char)0xaa);
}

static inline void add_begin(struct text *to, unsigned id, int role, bool keep)
{
	const char body[8] = { 0, (char)role, keep, 0, 0, 0, 0, 0 };

	add_record(to, BEGIN, id, body, sizeof(body), 0);
}

static inline void add_length(struct text *to, size_t length, bool long_form)
{
	if (length > 127 || long_form) {
		text_add_char(to, (char)(length >> 24 | 0x80));
		text_add_char(to, (char)(length >> 16));
		text_add_char(to, (char)(length >> 8));
	}
	text_add_char(to, (char)length);
}

static inline void add_variable(struct text *to, const char *name, const char *value)
{
	add_length(to, strlen(name), false);
	add_length(to, strlen(value), false);
	text_add_string(to, name);
	text_add_string(to, value);
}

/* A stream in records of at most that many bytes, with the empty one at its end. */
static inline void add_stream(struct text *to, int type, unsigned id, const char *bytes, size_t length, size_t most,
                              unsigned padding)
{
	size_t step;

	for (; length > 0; bytes += step, length -= step) {
		step = length < most ? length : most;
		add_record(to, type, id, bytes, step, padding);
	}
	add_record(to, type, id, NULL, 0, 0);
}

/* A GET as nginx writes it. */
static inline void add_get(struct text *to, unsigned id, const char *uri, bool keep)
{
	struct text variables = { 0 };

	add_variable(&variables, "REQUEST_METHOD", "GET");
	add_variable(&variables, "REQUEST_URI", uri);
	add_variable(&variables, "REQUEST_ID", "0123456789abcdef");
	add_begin(to, id, 1, keep);
	add_stream(to, PARAMS, id, variables.bytes, variables.length, 65535, 3);
	add_record(to, STDIN, id, NULL, 0, 0);
	text_release(&variables);
}

/* Reads one whole answer: STDOUT records, an empty one, END_REQUEST with two zeros, and nothing behind it. The stream's
 * bytes go into *stream. NULL, or what is wrong. */
static inline const char *read_answer(const char *bytes, size_t length, unsigned id, struct text *stream)
{
	const unsigned char *at = (const unsigned char *)bytes, *end = at + length;
	bool ended = false;
	size_t content;

	for (;;) {
		if (end - at < 8)
			return "cut in a header";
		content = (size_t)(at[4] << 8 | at[5]);
		if (at[0] != 1 || at[7] != 0 || (unsigned)(at[2] << 8 | at[3]) != id)
			return "a header is wrong";
		if ((size_t)(end - at) < 8 + content + at[6])
			return "cut in a record";
		if (at[1] == END)
			break;
		if (at[1] != STDOUT || ended)
			return "an unexpected record";
		ended = content == 0;
		text_add(stream, at + 8, content);
		at += 8 + content + at[6];
	}
	if (!ended)
		return "no empty STDOUT record";
	if (content != 8 || memcmp(at + 8, "\0\0\0\0\0", 5) != 0)
		return "END_REQUEST is wrong";
	return at + 16 + at[6] == end ? NULL : "bytes behind END_REQUEST";
}

#endif
