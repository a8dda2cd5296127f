/* SPDX-License-Identifier: MIT */
#include "value.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DECIMAL_DIGITS = 65 + 65 }; /* what MySQL's DECIMAL can hold, and as many zeros */

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

enum status value_integer(struct slice text, struct integer *integer)
{
	const char *at = text.bytes, *end = at + text.length;
	unsigned digit;

	integer->magnitude = 0;
	integer->negative = at < end && *at == '-';
	if (at < end && (*at == '-' || *at == '+'))
		at++;
	if (at == end)
		return STATUS_BAD_VALUE;
	for (const char *each = at; each < end; each++)
		if (!is_digit(*each))
			return STATUS_BAD_VALUE;
	for (; at < end; at++) {
		digit = (unsigned)(*at - '0');
		if (integer->magnitude > (UINT64_MAX - digit) / 10)
			return STATUS_VALUE_RANGE;
		integer->magnitude = integer->magnitude * 10 + digit;
	}
	if (integer->negative && integer->magnitude > (uint64_t)INT64_MAX + 1)
		return STATUS_VALUE_RANGE;
	if (integer->magnitude == 0)
		integer->negative = false;
	return STATUS_OK;
}

void value_add_integer(struct text *sql, struct integer integer)
{
	if (integer.negative)
		text_add_char(sql, '-');
	text_add_unsigned(sql, integer.magnitude);
}

void value_add_string(struct text *sql, struct slice text)
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

static enum status add_integer(struct text *sql, struct slice text)
{
	struct integer integer;
	enum status status = value_integer(text, &integer);

	if (status == STATUS_OK)
		value_add_integer(sql, integer);
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
	char copy[64], *end;
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
	text_printf(sql, "%.17e", number); /* with an exponent it is a DOUBLE to the server, not a DECIMAL */
	return STATUS_OK;
}

/* Reads exactly that many digits. */
static bool take_digits(const char **at, const char *end, int digits, int *number)
{
	*number = 0;
	for (; digits > 0; digits--, (*at)++) {
		if (*at == end || !is_digit(**at))
			return false;
		*number = *number * 10 + (**at - '0');
	}
	return true;
}

static bool take_byte(const char **at, const char *end, const char *choices)
{
	if (*at == end || **at == '\0' || strchr(choices, **at) == NULL)
		return false;
	(*at)++;
	return true;
}

struct moment {
	int year, month, day, hour, minute, second;
	struct slice fraction; /* with its point, or empty */
};

static bool take_date(const char **at, const char *end, struct moment *moment)
{
	return take_digits(at, end, 4, &moment->year) && take_byte(at, end, "-") &&
	       take_digits(at, end, 2, &moment->month) && take_byte(at, end, "-") &&
	       take_digits(at, end, 2, &moment->day) && moment->month <= 12 && moment->day <= 31;
}

static bool take_fraction(const char **at, const char *end, struct moment *moment)
{
	moment->fraction.bytes = *at;
	if (take_byte(at, end, ".")) {
		while (*at < end && is_digit(**at))
			(*at)++;
		if (*at - moment->fraction.bytes < 2 || *at - moment->fraction.bytes > 7)
			return false;
	}
	moment->fraction.length = (size_t)(*at - moment->fraction.bytes);
	return true;
}

static bool take_clock(const char **at, const char *end, struct moment *moment)
{
	return take_digits(at, end, 2, &moment->hour) && take_byte(at, end, ":") &&
	       take_digits(at, end, 2, &moment->minute) && take_byte(at, end, ":") &&
	       take_digits(at, end, 2, &moment->second) && take_fraction(at, end, moment) && moment->hour <= 23 &&
	       moment->minute <= 59 && moment->second <= 59;
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar, and back: the year begins in March, so that the leap day
 * is its last one. */
static long days_from_date(int year, int month, int day)
{
	long y = month <= 2 ? year - 1 : year, era = (y >= 0 ? y : y - 399) / 400, yoe = y - era * 400;
	long doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void date_from_days(long days, struct moment *moment)
{
	long z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, doe = z - era * 146097;
	long yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365, doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	long mp = (5 * doy + 2) / 153;

	moment->day = (int)(doy - (153 * mp + 2) / 5 + 1);
	moment->month = (int)(mp < 10 ? mp + 3 : mp - 9);
	moment->year = (int)(yoe + era * 400 + (moment->month <= 2));
}

/* Z or +hh:mm behind a moment: the moment becomes the one in UTC. */
static bool take_zone(const char **at, const char *end, struct moment *moment)
{
	int hours, minutes;
	long minute_of_day, days;
	bool west;

	if (*at == end)
		return true;
	if (take_byte(at, end, "Zz"))
		return *at == end;
	west = **at == '-';
	if (!take_byte(at, end, "+- ") || !take_digits(at, end, 2, &hours)) /* an unescaped '+' arrives as a space */
		return false;
	minutes = 0;
	if (*at < end && (take_byte(at, end, ":"), !take_digits(at, end, 2, &minutes)))
		return false;
	if (*at != end || hours > 15 || minutes > 59)
		return false;
	if ((hours == 0 && minutes == 0) || moment->month == 0 || moment->day == 0)
		return true;
	minute_of_day = moment->hour * 60 + moment->minute + (west ? 1 : -1) * (hours * 60 + minutes);
	days = days_from_date(moment->year, moment->month, moment->day);
	for (; minute_of_day < 0; minute_of_day += 1440)
		days--;
	for (; minute_of_day >= 1440; minute_of_day -= 1440)
		days++;
	date_from_days(days, moment);
	moment->hour = (int)(minute_of_day / 60);
	moment->minute = (int)(minute_of_day % 60);
	return moment->year >= 0 && moment->year <= 9999;
}

static enum status add_date(struct text *sql, struct slice text)
{
	const char *at = text.bytes, *end = at + text.length;
	struct moment moment = { 0 };

	if (!take_date(&at, end, &moment) || at != end)
		return STATUS_BAD_VALUE;
	text_printf(sql, "'%04d-%02d-%02d'", moment.year, moment.month, moment.day);
	return STATUS_OK;
}

static enum status add_datetime(struct text *sql, struct slice text, bool zone)
{
	const char *at = text.bytes, *end = at + text.length;
	struct moment moment = { 0 };

	if (!take_date(&at, end, &moment))
		return STATUS_BAD_VALUE;
	if (at != end && (!take_byte(&at, end, "Tt ") || !take_clock(&at, end, &moment) ||
	                  (zone ? !take_zone(&at, end, &moment) : at != end)))
		return STATUS_BAD_VALUE;
	text_printf(sql, "'%04d-%02d-%02d %02d:%02d:%02d%.*s'", moment.year, moment.month, moment.day, moment.hour,
	            moment.minute, moment.second, (int)moment.fraction.length, moment.fraction.bytes);
	return STATUS_OK;
}

/* [-]hhh:mm:ss[.ffffff], up to 838:59:59 */
static enum status add_time(struct text *sql, struct slice text)
{
	const char *at = text.bytes, *end = at + text.length;
	struct moment moment = { 0 };
	int hours = 0;
	bool negative = take_byte(&at, end, "-");

	if (at == end || !is_digit(*at))
		return STATUS_BAD_VALUE;
	while (at < end && is_digit(*at) && hours < 1000)
		hours = hours * 10 + (*at++ - '0');
	if (!take_byte(&at, end, ":") || !take_digits(&at, end, 2, &moment.minute) || !take_byte(&at, end, ":") ||
	    !take_digits(&at, end, 2, &moment.second) || !take_fraction(&at, end, &moment) || at != end ||
	    moment.minute > 59 || moment.second > 59)
		return STATUS_BAD_VALUE;
	if (hours > 838)
		return STATUS_VALUE_RANGE;
	text_printf(sql, "'%s%02d:%02d:%02d%.*s'", negative ? "-" : "", hours, moment.minute, moment.second,
	            (int)moment.fraction.length, moment.fraction.bytes);
	return STATUS_OK;
}

static enum status add_binary(struct text *sql, struct slice text)
{
	struct text bytes = { 0 };
	size_t length;
	bool good;

	text_add(&bytes, text.bytes, text.length);
	length = bytes.length;
	if ((good = text_base64_decode(bytes.bytes, &length))) {
		text_add_string(sql, "X'");
		for (size_t i = 0; i < length; i++)
			text_printf(sql, "%02X", (unsigned char)bytes.bytes[i]);
		text_add_char(sql, '\'');
	}
	text_release(&bytes);
	return good ? STATUS_OK : STATUS_BAD_VALUE;
}

static enum status add_string(struct text *sql, struct slice text)
{
	if (text_utf8_span(text.bytes, text.length) != text.length)
		return STATUS_BAD_VALUE;
	value_add_string(sql, text);
	return STATUS_OK;
}

enum status value_add_literal(struct text *sql, const struct column *column, struct slice text, const char **why)
{
	*why = NULL;
	switch (column->type) {
	case COLUMN_INTEGER:
		*why = "expected an integer";
		return add_integer(sql, text);
	case COLUMN_YEAR:
		*why = "expected a year";
		return add_integer(sql, text);
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
		return add_date(sql, text);
	case COLUMN_TIME:
		*why = "expected [-]HH:MM:SS[.ffffff] up to 838:59:59";
		return add_time(sql, text);
	case COLUMN_DATETIME:
		*why = "expected YYYY-MM-DDTHH:MM:SS[.ffffff]";
		return add_datetime(sql, text, false);
	case COLUMN_TIMESTAMP:
		*why = "expected YYYY-MM-DDTHH:MM:SS[.ffffff][+HH:MM]";
		return add_datetime(sql, text, true);
	case COLUMN_BINARY:
	case COLUMN_GEOMETRY:
		*why = "expected base64";
		return add_binary(sql, text);
	case COLUMN_STRING:
	case COLUMN_JSON:
		break;
	}
	*why = "expected valid UTF-8";
	return add_string(sql, text);
}
