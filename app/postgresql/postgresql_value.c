/* SPDX-License-Identifier: MIT */
#include "postgresql/postgresql_value.h"

#include <stdlib.h>
#include <string.h>

#include "base/integer.h"
#include "base/utf8.h"
#include "postgresql/postgresql_array.h"
#include "schema/datetime.h"
#include "schema/literal_check.h"

static bool has_nul(struct slice text)
{
	return memchr(text.bytes, '\0', text.length) != NULL;
}

static enum status add_text(struct text *sql, struct slice text, const char **why)
{
	*why = "expected valid UTF-8";
	if (utf8_span(text.bytes, text.length) != text.length)
		return STATUS_BAD_VALUE;
	*why = "expected a text without U+0000";
	if (has_nul(text))
		return STATUS_NO_CHARACTER;
	literal_add_string(sql, text);
	return STATUS_OK;
}

static enum status add_boolean(struct text *sql, struct slice text, const char **why)
{
	*why = "expected true or false";
	if (slice_is(text, "true") || slice_is(text, "1"))
		text_add_string(sql, "TRUE");
	else if (slice_is(text, "false") || slice_is(text, "0"))
		text_add_string(sql, "FALSE");
	else
		return STATUS_BAD_VALUE;
	return STATUS_OK;
}

/* Numbers that JSON does not have. */
static bool is_no_number(struct slice text)
{
	return slice_is(text, "NaN") || slice_is(text, "Infinity") || slice_is(text, "-Infinity");
}

/* Whether it is written by its digits alone, as the server writes a NUMERIC of any length. */
static bool is_of_digits(struct slice text)
{
	size_t digits = 0, points = 0;

	for (size_t i = text.bytes[0] == '-'; i < text.length; i++)
		if (text.bytes[i] == '.')
			points++;
		else if (text.bytes[i] < '0' || text.bytes[i] > '9')
			return false;
		else
			digits++;
	return digits > 0 && points <= 1;
}

static enum status add_decimal(struct text *sql, struct slice text, const char **why)
{
	size_t before = sql->length;
	enum status status;

	if (is_no_number(text)) {
		literal_add_string(sql, text);
		return STATUS_OK;
	}
	status = literal_add_decimal(sql, text, why);
	if (status != STATUS_VALUE_RANGE || !is_of_digits(text))
		return status;
	sql->length = before;
	text_add_slice(sql, text);
	return STATUS_OK;
}

/* An unquoted number with a point or an exponent would be a NUMERIC, and the column would be made one too. */
static enum status add_float(struct text *sql, const struct column *column, struct slice text, const char **why)
{
	enum status status;

	if (is_no_number(text)) {
		literal_add_string(sql, text);
		return STATUS_OK;
	}
	text_add_char(sql, '\'');
	status = literal_add_float(sql, text, column->type == COLUMN_FLOAT, why);
	text_add_char(sql, '\'');
	return status;
}

/* A date of the calendar: the literal begins with 'YYYY-MM-DD. */
static bool is_date(const char *literal)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year = atoi(literal + 1), month = atoi(literal + 6), day = atoi(literal + 9);
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] + (month == 2 && leap);
}

static enum status add_calendar(struct text *sql, const struct column *column, struct slice text, const char **why)
{
	size_t before = sql->length;
	enum status status = column->type == COLUMN_DATE ? datetime_add_date(sql, text, why)
	                                                : datetime_add_datetime(sql, text, column->type == COLUMN_TIMESTAMP, why);

	if (status == STATUS_OK && !is_date(text_terminate(sql) + before)) {
		*why = "expected a valid calendar date";
		return STATUS_BAD_VALUE;
	}
	return status;
}

/* The digits of a year that has more than four of them, or is one before Christ, as the server writes it; 0: it is none.
 * *era: what the text ends with then. */
static size_t far_year(struct slice text, struct slice *era)
{
	enum { MOST = 7 };
	size_t digits = 0;

	*era = text.length > 3 ? (struct slice){ text.bytes + text.length - 3, 3 } : (struct slice){ "", 0 };
	if (!slice_is(*era, " BC"))
		era->length = 0;
	while (digits < text.length && text.bytes[digits] >= '0' && text.bytes[digits] <= '9')
		digits++;
	return digits <= MOST && (digits > 4 || (digits == 4 && era->length > 0)) ? digits : 0;
}

/* Such a year is read as one of four digits that has the same calendar, so it is in UTC or in no zone. */
static enum status add_far_moment(struct text *sql, const struct column *column, struct slice text, size_t digits,
                                  struct slice era, const char **why)
{
	static const struct column any_moment = { .type = COLUMN_DATETIME };
	enum { NEAR = 2000, PERIOD = 400, DIGITS = 4 };
	struct text near = { 0 }, literal = { 0 };
	enum status status;
	int year = 0, place;

	for (size_t i = 0; i < digits; i++)
		year = year * 10 + (text.bytes[i] - '0');
	place = era.length > 0 ? PERIOD - (year - 1) % PERIOD : year;
	text_printf(&near, "%d", NEAR + place % PERIOD);
	text_add(&near, text.bytes + digits, text.length - era.length - digits);
	status = add_calendar(&literal, column->type == COLUMN_DATE ? column : &any_moment,
	                      (struct slice){ near.bytes, near.length }, why);
	if (status == STATUS_OK) {
		text_add_char(sql, '\'');
		text_add(sql, text.bytes, digits);
		text_add(sql, literal.bytes + 1 + DIGITS, literal.length - 2 - DIGITS);
		text_add_slice(sql, era);
		text_add_char(sql, '\'');
	}
	text_release(&near);
	text_release(&literal);
	return status;
}

static enum status add_moment(struct text *sql, const struct column *column, struct slice text, const char **why)
{
	struct slice era;
	size_t digits = far_year(text, &era);

	if (digits > 0)
		return add_far_moment(sql, column, text, digits, era, why);
	if (!slice_is(text, "infinity") && !slice_is(text, "-infinity"))
		return add_calendar(sql, column, text, why);
	literal_add_string(sql, text);
	return STATUS_OK;
}

static enum status add_time(struct text *sql, struct slice text, const char **why)
{
	enum { MOST_HOURS = 24 };
	size_t before = sql->length;
	const char *literal;

	*why = "expected HH:MM:SS[.ffffff]";
	if (datetime_add_time(sql, text, MOST_HOURS) != STATUS_OK)
		return STATUS_BAD_VALUE;
	literal = text_terminate(sql) + before;
	if (strspn(literal, "'24:0.") == sql->length - before && strncmp(literal, "'24:00:00", 9) == 0)
		return STATUS_OK;
	return literal[1] != '-' && atoi(literal + 1) < 24 ? STATUS_OK : STATUS_BAD_VALUE;
}

/* JSON, or as PostgreSQL writes it: {1,2}. */
static enum status add_array(struct text *sql, const struct column *column, struct slice text, const char **why)
{
	struct text array = { 0 };
	enum literal_json kind;
	size_t before = sql->length;
	enum status status;

	if (text.length == 0 || text.bytes[0] != '[' || literal_add_json(sql, text, &kind, why) != STATUS_OK)
		return add_text(sql, text, why); /* [0:1]={1,2} may begin like that, too */
	sql->length = before;
	if ((status = postgresql_check_json(text, why)) != STATUS_OK)
		return status;
	postgresql_array_add(&array, text, column->kind == KIND_JSON_ARRAY);
	literal_add_string(sql, (struct slice){ array.bytes, array.length });
	text_release(&array);
	return STATUS_OK;
}

static enum status add(struct text *sql, const struct column *column, struct slice text, const char **why)
{
	switch (column->type) {
	case COLUMN_BOOLEAN:
		return add_boolean(sql, text, why);
	case COLUMN_FLOAT:
	case COLUMN_DOUBLE:
		return add_float(sql, column, text, why);
	case COLUMN_DATE:
	case COLUMN_DATETIME:
	case COLUMN_TIMESTAMP:
		return add_moment(sql, column, text, why);
	case COLUMN_TIME:
		return add_time(sql, text, why);
	case COLUMN_BINARY:
		return literal_add_base64(sql, POSTGRESQL_BYTES, text, why);
	case COLUMN_ARRAY:
		return add_array(sql, column, text, why);
	case COLUMN_STRING:
		if (column->kind == KIND_UUID)
			return literal_add_uuid(sql, text, why);
		return add_text(sql, text, why);
	case COLUMN_JSON:
		return add_text(sql, text, why);
	case COLUMN_DECIMAL:
		return add_decimal(sql, text, why);
	case COLUMN_INTEGER:
	case COLUMN_YEAR: /* these are MySQL's */
	case COLUMN_BIT:
	case COLUMN_GEOMETRY:
		break;
	}
	return literal_add_integer(sql, text, why);
}

enum status postgresql_literal(struct text *sql, const struct column *column, struct slice text, const char **why)
{
	size_t before = sql->length;
	enum status status = add(sql, column, text, why);

	if (status != STATUS_OK)
		sql->length = before;
	return status;
}

enum status postgresql_stored(struct text *sql, const struct column *column, struct slice bytes)
{
	const char *why;

	if (column->type == COLUMN_ARRAY) /* which is asked for as JSON */
		return postgresql_literal(sql, column, bytes, &why);
	if (column->type == COLUMN_BINARY)
		literal_add_bytes(sql, POSTGRESQL_BYTES, bytes);
	else
		literal_add_string(sql, bytes); /* a boolean as well */
	return STATUS_OK;
}

/* Whether the integer has so many bits; 0: whatever it has. */
static bool fits(struct slice literal, unsigned bits)
{
	struct integer integer;

	if (bits == 0 || integer_read(literal, &integer) != STATUS_OK)
		return true;
	return integer.magnitude < (uint64_t)1 << (bits - 1) ||
	       (integer.negative && integer.magnitude == (uint64_t)1 << (bits - 1));
}

static enum status check_decimal(const struct column *column, struct slice literal, struct arena *arena, const char **why)
{
	const char *at = literal.bytes, *end = at + literal.length;
	unsigned digits = 0, most = column->precision - column->scale;

	if (column->precision == 0) /* it takes all */
		return STATUS_OK;
	if (at < end && *at == '\'')
		at++;
	if (at < end && *at == '-')
		at++;
	if (at < end && *at == 'I') /* Infinity */
		return STATUS_VALUE_RANGE;
	while (at < end && *at == '0')
		at++;
	for (; at < end && *at >= '0' && *at <= '9'; at++)
		digits++;
	if (digits <= most)
		return STATUS_OK;
	*why = arena_printf(arena, "expected at most %u digits before the point", most);
	return STATUS_NO_FIT;
}

/* The server would name no column. */
static enum status check_bits(const struct column *column, struct slice literal, struct arena *arena, const char **why)
{
	bool varying = column->kind == KIND_VARBITS;
	size_t wanted = column->length, given = literal.length - 2;

	for (size_t i = 0; i < given; i++)
		if (literal.bytes[i + 1] != '0' && literal.bytes[i + 1] != '1') {
			*why = "expected digits 0 and 1";
			return STATUS_BAD_VALUE;
		}
	if (wanted == 0 || given == wanted || (varying && given < wanted))
		return STATUS_OK;
	*why = arena_printf(arena, "expected %s%zu bits", varying ? "at most " : "", wanted);
	return given > wanted ? STATUS_TOO_LONG : STATUS_NO_FIT;
}

static bool has_member(const struct column *column, struct slice text)
{
	for (unsigned i = 0; i < column->member_count; i++)
		if (column->members[i].length == text.length && memcmp(column->members[i].bytes, text.bytes, text.length) == 0)
			return true;
	return false;
}

enum status postgresql_check_text(const struct column *column, struct slice text, struct arena *arena, const char **why)
{
	if (column->kind != KIND_ENUM)
		return literal_check_characters(column, text, arena, why);
	*why = arena_printf(arena, "expected %s", column->declared.bytes);
	return has_member(column, text) ? STATUS_OK : STATUS_NO_MEMBER;
}

enum status postgresql_check(const struct column *column, struct slice given, struct slice literal, struct arena *arena,
                             const char **why)
{
	bool good = true;

	(void)given;
	if (column->type == COLUMN_DECIMAL)
		return check_decimal(column, literal, arena, why);
	if (column->kind == KIND_BITS || column->kind == KIND_VARBITS)
		return check_bits(column, literal, arena, why);
	if (column->kind == KIND_BYTE && literal.length > 3) {
		*why = "more than one byte"; /* the server would cut it */
		return STATUS_TOO_LONG;
	}
	if (column->type == COLUMN_INTEGER)
		good = fits(literal, column->bits);
	return good ? STATUS_OK : STATUS_VALUE_RANGE;
}

/* Neither json nor jsonb has it, as far as its texts can be asked for. */
enum status postgresql_check_json(struct slice json, const char **why)
{
	const char *at = json.bytes, *end = at + json.length;

	for (; at + 1 < end; at++) {
		if (*at != '\\')
			continue;
		if (end - at >= 6 && memcmp(at, "\\u0000", 6) == 0) {
			*why = "expected JSON without \\u0000";
			return STATUS_NO_CHARACTER;
		}
		at++;
	}
	return STATUS_OK;
}

enum status postgresql_search(struct text *sql, enum query_operator op, struct slice text, const char **why)
{
	(void)op;
	return add_text(sql, text, why);
}
