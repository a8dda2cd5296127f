/* SPDX-License-Identifier: MIT */
#include "postgresql/postgresql_array.h"

#include <string.h>

/* A byte of an element in quotes. */
static void add_byte(struct text *out, char byte)
{
	if (byte == '"' || byte == '\\')
		text_add_char(out, '\\');
	text_add_char(out, byte);
}

static unsigned long unit(const char *digits)
{
	unsigned long number = 0;

	for (int i = 0; i < 4; i++) {
		char digit = digits[i];

		number = number << 4 | (unsigned long)(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
	}
	return number;
}

static void add_point(struct text *out, unsigned long point)
{
	char bytes[4];
	int length = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;

	if (length == 1) {
		add_byte(out, (char)point);
		return;
	}
	for (int i = length - 1; i > 0; i--, point >>= 6)
		bytes[i] = (char)(0x80 | (point & 0x3f));
	bytes[0] = (char)((0xf00 >> length & 0xff) | point);
	text_add(out, bytes, (size_t)length);
}

/* What stands behind a backslash; answers the byte behind it. */
static const char *add_escaped(struct text *out, const char *at)
{
	static const char names[] = "bfnrt", bytes[] = "\b\f\n\r\t";
	const char *name = strchr(names, *at);
	unsigned long point;

	if (*at != 'u') {
		add_byte(out, name != NULL ? bytes[name - names] : *at);
		return at + 1;
	}
	point = unit(at + 1);
	at += 5;
	if (point >= 0xd800 && point < 0xdc00 && at[0] == '\\' && at[1] == 'u') {
		point = 0x10000 + ((point - 0xd800) << 10) + (unit(at + 2) - 0xdc00);
		at += 6;
	}
	add_point(out, point);
	return at;
}

/* The end of the value: of a text, of what is in brackets, or of a word. */
static const char *value_end(const char *at, const char *end)
{
	unsigned open = 0;

	if (*at != '"' && *at != '[' && *at != '{') {
		while (at < end && memchr(",]} \t\r\n", *at, 7) == NULL)
			at++;
		return at;
	}
	do {
		if (*at == '"')
			for (at++; *at != '"'; at++)
				at += *at == '\\';
		else if (*at == '[' || *at == '{')
			open++;
		else if (*at == ']' || *at == '}')
			open--;
		at++;
	} while (open > 0 && at < end);
	return at;
}

static const char *add_text(struct text *out, const char *at)
{
	text_add_char(out, '"');
	while (*++at != '"')
		if (*at == '\\')
			at = add_escaped(out, at + 1) - 1;
		else
			text_add_char(out, *at);
	text_add_char(out, '"');
	return at + 1;
}

static const char *add_json(struct text *out, const char *at, const char *end)
{
	const char *behind = value_end(at, end);

	text_add_char(out, '"');
	for (; at < behind; at++)
		add_byte(out, *at);
	text_add_char(out, '"');
	return behind;
}

void postgresql_array_add(struct text *out, struct slice json, bool of_json)
{
	const char *at = json.bytes, *end = at + json.length, *behind;
	unsigned open = 0;

	while (at < end) {
		switch (*at) {
		case ' ':
		case '\t':
		case '\r':
		case '\n':
			at++;
			break;
		case '[':
			if (of_json && open > 0) {
				at = add_json(out, at, end);
				break;
			}
			text_add_char(out, '{');
			open++;
			at++;
			break;
		case ']':
			text_add_char(out, '}');
			open--;
			at++;
			break;
		case ',':
			text_add_char(out, ',');
			at++;
			break;
		case 'n':
			text_add_string(out, "NULL");
			at += 4;
			break;
		case '"':
			at = of_json ? add_json(out, at, end) : add_text(out, at);
			break;
		case '{':
			at = add_json(out, at, end);
			break;
		default:
			behind = value_end(at, end);
			text_add(out, at, (size_t)(behind - at));
			at = behind;
			break;
		}
	}
}
