/* SPDX-License-Identifier: MIT */
#include "schema/literal.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/integer.h"
#include "base/json.h"

enum { MAX_DECIMAL_DIGITS = 65 + 65 }; /* what a DECIMAL of MySQL can hold, and as many zeros: who has more takes it otherwise */

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

void literal_add_string(struct text *sql, struct slice text)
{
	const char *at = text.bytes, *end = at + text.length, *quote;

	text_add_char(sql, '\'');
	while (at < end && (quote = memchr(at, '\'', (size_t)(end - at))) != NULL) {
		text_add(sql, at, (size_t)(quote - at));
		text_add(sql, "''", 2);
		at = quote + 1;
	}
	text_add(sql, at, (size_t)(end - at));
	text_add_char(sql, '\'');
}

const char *literal_take_string(const char *at, const char *end, struct text *value)
{
	static const char escaped[] = "nr0\\", meant[] = "\n\r\0\\";
	const char *known;

	text_clear(value);
	if ((at = memchr(at, '\'', (size_t)(end - at))) == NULL)
		return NULL;
	for (at++; at < end; at++) {
		if (*at == '\'' && (at + 1 == end || at[1] != '\''))
			return at + 1;
		if (*at == '\\' && at + 1 < end && (known = memchr(escaped, at[1], sizeof(escaped) - 1)) != NULL) {
			text_add_char(value, meant[known - escaped]);
			at++;
			continue;
		}
		at += *at == '\'';
		text_add_char(value, *at);
	}
	return NULL;
}

enum status literal_add_integer(struct text *sql, struct slice text, const char **why)
{
	struct integer integer;
	enum status status = integer_read(text, &integer);

	*why = "expected an integer";
	if (status == STATUS_OK)
		integer_add(sql, integer);
	return status;
}

/* [+-]digits[.digits][e[+-]digits], written without its exponent so that the server keeps it exact. */
enum status literal_add_decimal(struct text *sql, struct slice text, const char **why)
{
	const char *at = text.bytes, *end = at + text.length;
	char digits[MAX_DECIMAL_DIGITS];
	int count = 0, point = -1, exponent = 0, seen = 0;
	bool negative = at < end && *at == '-', negative_exponent;

	*why = "expected a decimal number";
	if (at < end && (*at == '-' || *at == '+'))
		at++;
	for (; at < end && (is_digit(*at) || (*at == '.' && point < 0)); at++) {
		if (*at == '.') {
			point = count;
			continue;
		}
		seen = 1;
		if (count == 0 && *at == '0' && point < 0)
			continue; /* leading zeros */
		if (count == MAX_DECIMAL_DIGITS)
			return STATUS_VALUE_RANGE;
		digits[count++] = *at;
	}
	if (!seen)
		return STATUS_BAD_VALUE;
	if (point < 0)
		point = count;
	if (at < end && (*at == 'e' || *at == 'E')) {
		at++;
		negative_exponent = at < end && *at == '-';
		if (at < end && (*at == '-' || *at == '+'))
			at++;
		if (at == end)
			return STATUS_BAD_VALUE;
		for (; at < end && is_digit(*at); at++)
			if ((exponent = exponent * 10 + (*at - '0')) > MAX_DECIMAL_DIGITS)
				return STATUS_VALUE_RANGE;
		point += negative_exponent ? -exponent : exponent;
	}
	if (at != end)
		return STATUS_BAD_VALUE;
	if (negative)
		text_add_char(sql, '-');
	for (int i = point < 0 ? point : 0; i < count || i < point; i++) {
		if (i == point)
			text_add_string(sql, i <= 0 && i == (point < 0 ? point : 0) ? "0." : ".");
		text_add_char(sql, i >= 0 && i < count ? digits[i] : '0');
	}
	if (count == 0 && point <= 0)
		text_add_char(sql, '0');
	return STATUS_OK;
}

enum status literal_add_float(struct text *sql, struct slice text, bool single, const char **why)
{
	char copy[400], *end; /* a server writes a DOUBLE in at most 331 characters */
	double number;

	*why = "expected a number";
	if (text.length == 0 || text.length >= sizeof(copy))
		return STATUS_BAD_VALUE;
	for (size_t i = 0; i < text.length; i++)
		if (!is_digit(text.bytes[i]) && memchr("+-.eE", text.bytes[i], 5) == NULL)
			return STATUS_BAD_VALUE;
	memcpy(copy, text.bytes, text.length);
	copy[text.length] = '\0';
	number = single ? (double)strtof(copy, &end) : strtod(copy, &end);
	if (*end != '\0')
		return STATUS_BAD_VALUE;
	if (isinf(number))
		return STATUS_VALUE_RANGE;
	text_add(sql, copy, (size_t)snprintf(copy, sizeof(copy), "%.17e", number));
	return STATUS_OK;
}

void literal_add_hex(struct text *sql, struct slice bytes)
{
	static const char digits[] = "0123456789ABCDEF";

	text_reserve(sql, 2 * bytes.length);
	for (size_t i = 0; i < bytes.length; i++) {
		text_add_char(sql, digits[(unsigned char)bytes.bytes[i] >> 4]);
		text_add_char(sql, digits[(unsigned char)bytes.bytes[i] & 15]);
	}
}

void literal_add_bytes(struct text *sql, const char *begin, struct slice bytes)
{
	text_add_string(sql, begin);
	literal_add_hex(sql, bytes);
	text_add_char(sql, '\'');
}

enum status literal_add_base64(struct text *sql, const char *begin, struct slice text, const char **why)
{
	struct text bytes = { 0 };
	size_t length;
	bool good;

	*why = "expected base64";
	text_add_slice(&bytes, text);
	length = bytes.length;
	if ((good = encoding_decode_base64(bytes.bytes, &length)))
		literal_add_bytes(sql, begin, (struct slice){ bytes.bytes, length });
	text_release(&bytes);
	return good ? STATUS_OK : STATUS_BAD_VALUE;
}

static bool is_uuid(struct slice text)
{
	unsigned digits = 0;

	for (size_t i = 0; i < text.length; i++)
		if (memchr("0123456789abcdefABCDEF", text.bytes[i], 22) != NULL)
			digits++;
		else if (text.bytes[i] != '-' || digits == 0 || digits % 2 != 0)
			return false;
	return digits == 32;
}

enum status literal_add_uuid(struct text *sql, struct slice text, const char **why)
{
	*why = "expected a UUID";
	if (!is_uuid(text))
		return STATUS_BAD_VALUE;
	literal_add_string(sql, text);
	return STATUS_OK;
}

bool literal_fits(const struct column *column, struct slice text)
{
	const unsigned char *at = (const unsigned char *)text.bytes, *end = at + text.length;
	uint32_t code;

	if (column->last_character == 0)
		return true;
	for (; at < end; at++) {
		if (*at < 0x80)
			continue;
		if (*at >= 0xf0 || end - at < (*at >= 0xe0 ? 3 : 2))
			return false;
		code = *at >= 0xe0 ? (*at & 15U) << 12 | (at[1] & 63U) << 6 | (at[2] & 63U)
		                   : (*at & 31U) << 6 | (at[1] & 63U);
		if (code < 0xa0 || code > column->last_character) /* what is called latin1 has others from U+0080 on */
			return false;
		at += *at >= 0xe0 ? 2 : 1;
	}
	return true;
}

enum status literal_add_pattern(struct text *sql, struct slice text, const char **why)
{
	size_t before = sql->length;
	bool escaped = false;

	*why = "expected a character after the last '\\' of the pattern";
	literal_add_string(sql, text);
	for (size_t i = before; i < sql->length; i++) {
		if (sql->bytes[i] == '*')
			sql->bytes[i] = '%';
		escaped = sql->bytes[i] == '\\' && !escaped;
		if (escaped && i + 2 == sql->length) {
			sql->length = before;
			return STATUS_BAD_PATTERN;
		}
	}
	return STATUS_OK;
}

enum status literal_add_json(struct text *sql, struct slice text, enum literal_json *kind, const char **why)
{
	size_t before = sql->length, at = 0;

	*why = "expected JSON";
	if (!json_add(sql, text.bytes, text.length))
		return STATUS_BAD_VALUE;
	sql->length = before;
	while (strchr(" \t\r\n", text.bytes[at]) != NULL) /* it is JSON, so there is something else */
		at++;
	switch (text.bytes[at]) {
	case '"':
		*kind = LITERAL_TEXT;
		break;
	case '{':
	case '[':
		*kind = LITERAL_STRUCTURE;
		break;
	case 't':
	case 'f':
		*kind = text.bytes[at] == 't' ? LITERAL_TRUE : LITERAL_FALSE;
		break;
	case 'n':
		*kind = LITERAL_NULL;
		break;
	default:
		*kind = LITERAL_NUMBER;
		break;
	}
	literal_add_string(sql, text);
	return STATUS_OK;
}
