/* SPDX-License-Identifier: MIT */
#include "schema/literal.h"

#include <arpa/inet.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/integer.h"
#include "base/json.h"
#include "base/utf8.h"
#include "schema/datetime.h"

enum { MAX_DECIMAL_DIGITS = 65 + 65 }; /* what MySQL's DECIMAL can hold, and as many zeros */

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

/* Doubles the quotes in what stands from there on. */
static void double_quotes(struct text *sql, size_t from)
{
	size_t quotes = 0, in = sql->length, out;

	for (size_t i = from; i < sql->length; i++)
		quotes += sql->bytes[i] == '\'';
	if (quotes == 0)
		return;
	text_reserve(sql, quotes);
	sql->length += quotes;
	for (out = sql->length; out > in;) {
		sql->bytes[--out] = sql->bytes[--in];
		if (sql->bytes[in] == '\'')
			sql->bytes[--out] = '\'';
	}
}

void literal_add_path(struct text *sql, const struct slice *keys, const int *indices, unsigned count)
{
	size_t from;

	text_add_char(sql, '\'');
	from = sql->length;
	text_add_char(sql, '$');
	for (unsigned i = 0; i < count; i++) {
		if (keys[i].bytes != NULL) {
			text_add_char(sql, '.');
			(void)json_add_string(sql, keys[i].bytes, keys[i].length);
			continue;
		}
		text_add_string(sql, indices[i] >= 0 ? "[" : "[last");
		if (indices[i] < -1)
			text_add_char(sql, '-');
		if (indices[i] != -1)
			text_add_unsigned(sql, (uint64_t)(indices[i] >= 0 ? indices[i] : -1 - indices[i]));
		text_add_char(sql, ']');
	}
	double_quotes(sql, from);
	text_add_char(sql, '\'');
}

static enum status add_integer(struct text *sql, struct slice text)
{
	struct integer integer;
	enum status status = integer_read(text, &integer);

	if (status == STATUS_OK)
		integer_add(sql, integer);
	return status;
}

static enum status add_boolean(struct text *sql, struct slice text)
{
	if (slice_is(text, "true") || slice_is(text, "false")) {
		text_add_char(sql, text.bytes[0] == 't' ? '1' : '0');
		return STATUS_OK;
	}
	return add_integer(sql, text);
}

/* [+-]digits[.digits][e[+-]digits], written without its exponent so that the server keeps it exact. */
static enum status add_decimal(struct text *sql, struct slice text)
{
	const char *at = text.bytes, *end = at + text.length;
	char digits[MAX_DECIMAL_DIGITS];
	int count = 0, point = -1, exponent = 0, seen = 0;
	bool negative = at < end && *at == '-', negative_exponent;

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

/* The exact value of the nearest number that the column's type can hold. */
static enum status add_float(struct text *sql, struct slice text, bool single)
{
	char copy[400], *end; /* the server writes a DOUBLE in at most 331 characters */
	double number;

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
	/* with an exponent it is a DOUBLE to the server, not a DECIMAL */
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

static void add_bytes(struct text *sql, const char *bytes, size_t length)
{
	text_add_string(sql, "X'");
	literal_add_hex(sql, (struct slice){ bytes, length });
	text_add_char(sql, '\'');
}

static enum status add_binary(struct text *sql, struct slice text)
{
	struct text bytes = { 0 };
	size_t length;
	bool good;

	text_add_slice(&bytes, text);
	length = bytes.length;
	if ((good = encoding_decode_base64(bytes.bytes, &length)))
		add_bytes(sql, bytes.bytes, length);
	text_release(&bytes);
	return good ? STATUS_OK : STATUS_BAD_VALUE;
}

static enum status add_string(struct text *sql, struct slice text)
{
	if (utf8_span(text.bytes, text.length) != text.length)
		return STATUS_BAD_VALUE;
	literal_add_string(sql, text);
	return STATUS_OK;
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

static bool is_address(struct slice text, int family)
{
	unsigned char address[sizeof(struct in6_addr)];
	char copy[INET6_ADDRSTRLEN];

	if (text.length >= sizeof(copy))
		return false;
	memcpy(copy, text.bytes, text.length);
	copy[text.length] = '\0';
	return inet_pton(family, copy, address) == 1;
}

/* MariaDB's types that look like strings. To the server a text that is none would be NULL, neither equal nor unequal. */
static enum status add_other(struct text *sql, const struct column *column, struct slice text, const char **why)
{
	if (column->kind == KIND_UUID) {
		*why = "expected a UUID";
		if (!is_uuid(text))
			return STATUS_BAD_VALUE;
	} else if (column->kind == KIND_INET6) {
		*why = "expected an IPv6 or IPv4 address";
		if (!is_address(text, AF_INET6) && !is_address(text, AF_INET))
			return STATUS_BAD_VALUE;
	} else if (column->kind == KIND_INET4) {
		*why = "expected an IPv4 address";
		if (!is_address(text, AF_INET))
			return STATUS_BAD_VALUE;
	}
	return add_string(sql, text);
}

/* A year of two digits would be one of this or the last century to the server. */
static enum status add_year(struct text *sql, struct slice text)
{
	struct integer year;
	enum status status = integer_read(text, &year);

	if (status == STATUS_OK && year.magnitude > 0 && year.magnitude < 100)
		status = STATUS_VALUE_RANGE;
	if (status == STATUS_OK)
		integer_add(sql, year);
	return status;
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

	*why = "the pattern ends with a backslash, which is to stand before another character,";
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

enum status literal_add_literal(struct text *sql, const struct column *column, struct slice text, const char **why)
{
	*why = NULL;
	switch (column->type) {
	case COLUMN_INTEGER:
		*why = "expected an integer";
		return add_integer(sql, text);
	case COLUMN_YEAR:
		*why = "expected a year";
		return add_year(sql, text);
	case COLUMN_BOOLEAN:
		*why = "expected true, false or an integer";
		return add_boolean(sql, text);
	case COLUMN_BIT:
		*why = column->length == 1 ? "expected true, false, 0 or 1" : "expected an unsigned integer";
		return add_boolean(sql, text);
	case COLUMN_DECIMAL:
		*why = "expected a decimal number";
		return add_decimal(sql, text);
	case COLUMN_FLOAT:
	case COLUMN_DOUBLE:
		*why = "expected a number";
		return add_float(sql, text, column->type == COLUMN_FLOAT);
	case COLUMN_DATE:
		*why = "expected YYYY-MM-DD";
		return datetime_add_date(sql, text, why);
	case COLUMN_TIME:
		*why = "expected [-]HH:MM:SS[.ffffff] up to 838:59:59";
		return datetime_add_time(sql, text);
	case COLUMN_DATETIME:
		*why = "expected YYYY-MM-DDTHH:MM:SS[.ffffff]";
		return datetime_add_datetime(sql, text, false, why);
	case COLUMN_TIMESTAMP:
		*why = "expected YYYY-MM-DDTHH:MM:SS[.ffffff][+HH:MM]";
		return datetime_add_datetime(sql, text, true, why);
	case COLUMN_BINARY:
	case COLUMN_GEOMETRY:
		*why = "expected base64";
		return add_binary(sql, text);
	case COLUMN_STRING:
	case COLUMN_JSON:
	case COLUMN_ARRAY:
		break;
	}
	*why = "expected valid UTF-8";
	return column->is_opaque ? add_other(sql, column, text, why) : add_string(sql, text);
}

enum status literal_add_stored(struct text *sql, const struct column *column, struct slice bytes)
{
	const char *why;

	switch (column->type) {
	case COLUMN_BINARY:
	case COLUMN_GEOMETRY:
		add_bytes(sql, bytes.bytes, bytes.length);
		return STATUS_OK;
	case COLUMN_STRING:
	case COLUMN_JSON:
	case COLUMN_ARRAY:
		literal_add_string(sql, bytes);
		return STATUS_OK;
	case COLUMN_INTEGER:
	case COLUMN_BOOLEAN:
	case COLUMN_BIT:
	case COLUMN_YEAR:
	case COLUMN_DECIMAL:
	case COLUMN_FLOAT:
	case COLUMN_DOUBLE:
	case COLUMN_DATE:
	case COLUMN_TIME:
	case COLUMN_DATETIME:
	case COLUMN_TIMESTAMP:
		break;
	}
	return literal_add_literal(sql, column, bytes, &why);
}
