/* SPDX-License-Identifier: MIT */
#include "mysql/mysql_value.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/integer.h"
#include "base/utf8.h"
#include "schema/datetime.h"
#include "schema/literal_check.h"

/* --- Literals --- */

static enum status add_boolean(struct text *sql, struct slice text, const char **why)
{
	if (slice_is(text, "true") || slice_is(text, "false")) {
		text_add_char(sql, text.bytes[0] == 't' ? '1' : '0');
		return STATUS_OK;
	}
	return literal_add_integer(sql, text, why);
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

/* To the server a text that is no UUID and no address would be NULL, neither equal nor unequal. */
static enum status add_string(struct text *sql, const struct column *column, struct slice text, const char **why)
{
	bool good = true;

	if (column->kind == KIND_UUID)
		return literal_add_uuid(sql, text, why);
	if (column->kind == KIND_INET6) {
		*why = "expected an IPv6 or IPv4 address";
		good = is_address(text, AF_INET6) || is_address(text, AF_INET);
	} else if (column->kind == KIND_INET4) {
		*why = "expected an IPv4 address";
		good = is_address(text, AF_INET);
	} else {
		*why = "expected valid UTF-8";
		good = utf8_span(text.bytes, text.length) == text.length;
	}
	if (good)
		literal_add_string(sql, text);
	return good ? STATUS_OK : STATUS_BAD_VALUE;
}

enum status mysql_literal(struct text *sql, const struct column *column, struct slice text, const char **why)
{
	enum { MOST_HOURS = 838 };
	enum status status;

	switch (column->type) {
	case COLUMN_INTEGER:
		return literal_add_integer(sql, text, why);
	case COLUMN_YEAR:
		*why = "expected a year";
		return add_year(sql, text);
	case COLUMN_BOOLEAN:
		status = add_boolean(sql, text, why);
		*why = "expected true, false or an integer";
		return status;
	case COLUMN_BIT:
		status = add_boolean(sql, text, why);
		*why = column->length == 1 ? "expected true, false, 0 or 1" : "expected an unsigned integer";
		return status;
	case COLUMN_DECIMAL:
		return literal_add_decimal(sql, text, why);
	case COLUMN_FLOAT: /* with an exponent it is a DOUBLE to the server, not a DECIMAL */
	case COLUMN_DOUBLE:
		return literal_add_float(sql, text, column->type == COLUMN_FLOAT, why);
	case COLUMN_DATE:
		return datetime_add_date(sql, text, why);
	case COLUMN_TIME:
		*why = "expected [-]HH:MM:SS[.ffffff] up to 838:59:59";
		return datetime_add_time(sql, text, MOST_HOURS);
	case COLUMN_DATETIME:
	case COLUMN_TIMESTAMP:
		return datetime_add_datetime(sql, text, column->type == COLUMN_TIMESTAMP, why);
	case COLUMN_BINARY:
	case COLUMN_GEOMETRY:
		return literal_add_base64(sql, MYSQL_HEX, text, why);
	case COLUMN_STRING:
	case COLUMN_JSON:
	case COLUMN_ARRAY:
		break;
	}
	return add_string(sql, column, text, why);
}

enum status mysql_stored(struct text *sql, const struct column *column, struct slice bytes)
{
	const char *why;

	if (column->type == COLUMN_BINARY || column->type == COLUMN_GEOMETRY)
		literal_add_bytes(sql, MYSQL_HEX, bytes);
	else if (column->type == COLUMN_STRING || column->type == COLUMN_JSON)
		literal_add_string(sql, bytes);
	else
		return mysql_literal(sql, column, bytes, &why);
	return STATUS_OK;
}

/* Whether the number is an integer that a double may not hold, and a DECIMAL does. */
static bool is_long_integer(struct slice json)
{
	enum { DOUBLE_DIGITS = 15, DECIMAL_DIGITS = 65 };
	size_t digits = 0;

	json = text_trimmed(json);
	for (size_t i = json.bytes[0] == '-'; i < json.length; i++, digits++)
		if (json.bytes[i] < '0' || json.bytes[i] > '9')
			return false;
	return digits > DOUBLE_DIGITS && digits <= DECIMAL_DIGITS;
}

enum status mysql_json_number(struct text *sql, struct slice json, bool *exact, const char **why)
{
	*exact = is_long_integer(json);
	return *exact ? literal_add_decimal(sql, json, why) : literal_add_float(sql, json, false, why);
}

/* What a view computes MySQL compares with a text as texts, by which 100:00:00 is less than 24:00:00, unless the text is
 * said to be a time. (Of dates it knows that they are.) */
void mysql_name_time(struct text *literal)
{
	text_add_string(literal, "TIME");
	memmove(literal->bytes + 4, literal->bytes, literal->length - 4);
	memcpy(literal->bytes, "TIME", 4);
}

/* --- What is written --- */

/* Whether it is that member of the column's. Where the catalogue cannot write a character, beyond U+FFFF, it has a '?'. */
static bool is_member(struct slice member, struct slice text)
{
	const char *byte = text.bytes, *end = byte + text.length;

	for (size_t i = 0; i < member.length; i++)
		if (member.bytes[i] == '?' && end - byte >= 4 && (unsigned char)*byte >= 0xf0)
			byte += 4;
		else if (byte == end || *byte++ != member.bytes[i])
			return false;
	return byte == end;
}

static bool has_member(const struct column *column, struct slice text)
{
	for (unsigned i = 0; i < column->member_count; i++)
		if (is_member(column->members[i], text))
			return true;
	return false;
}

/* To the server a text that is no member may be a member's number, and another case the same member. */
static bool is_of_members(const struct column *column, struct slice text)
{
	const char *at = text.bytes, *end = at + text.length, *comma;

	if (column->kind == KIND_ENUM)
		return has_member(column, text);
	for (; at < end; at = comma + 1) {
		comma = slice_find(at, end, ',');
		if (!has_member(column, (struct slice){ at, (size_t)(comma - at) }))
			return false;
	}
	return text.length == 0 || end[-1] != ',';
}

/* The server cuts spaces at the end of what is too long, and all of a CHAR's, without a word. */
enum status mysql_check_text(const struct column *column, struct slice text, struct arena *arena, const char **why)
{
	if (column->kind == KIND_ENUM || column->kind == KIND_SET) {
		*why = arena_printf(arena, "expected %s", column->declared.bytes);
		return is_of_members(column, text) ? STATUS_OK : STATUS_NO_MEMBER;
	}
	if (column->kind == KIND_TEXT && column->length > 0 && column->last_character == 0 &&
	    text.length > column->length) { /* counted in bytes */
		*why = arena_printf(arena, "the value has %llu bytes, the maximum is %llu",
		                    (unsigned long long)text.length, (unsigned long long)column->length);
		return STATUS_TOO_LONG;
	}
	return literal_check_characters(column, text, arena, why);
}

/* The server would call it too long. */
static enum status check_bits(const struct column *column, struct slice literal)
{
	struct integer bits;

	if (integer_read(literal, &bits) != STATUS_OK || bits.negative ||
	    (column->length < 64 && bits.magnitude >> column->length != 0))
		return STATUS_VALUE_RANGE;
	return STATUS_OK;
}

/* The server fills a BINARY up with NULs. The literal is X'…'. */
static enum status check_bytes(const struct column *column, struct slice literal, struct arena *arena, const char **why)
{
	if ((literal.length - 3) / 2 >= column->length)
		return STATUS_OK;
	*why = arena_printf(arena, "expected %llu bytes", (unsigned long long)column->length);
	return STATUS_NO_FIT;
}

/* FLOAT(7,2) and its like are rounded as DECIMALs are. */
static enum status check_scaled(const struct column *column, struct slice given, struct arena *arena, const char **why)
{
	struct text decimal = { 0 };
	enum status status = STATUS_OK;
	const char *unused;

	if (literal_add_decimal(&decimal, given, &unused) == STATUS_OK)
		status = literal_check_fraction((struct slice){ decimal.bytes, decimal.length }, column->scale, arena, why);
	text_release(&decimal);
	return status;
}

enum status mysql_check(const struct column *column, struct slice given, struct slice literal, struct arena *arena,
                        const char **why)
{
	if (column->type == COLUMN_BIT)
		return check_bits(column, literal);
	if (column->kind == KIND_BINARY)
		return check_bytes(column, literal, arena, why);
	return column->kind == KIND_SCALED ? check_scaled(column, given, arena, why) : STATUS_OK;
}
