/* SPDX-License-Identifier: MIT */
#include "schema/datetime.h"

#include <string.h>

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
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

/* At least that many digits: printf would take longer than all the rest. */
static void put_number(struct text *sql, int number, int digits)
{
	for (int least = 10; --digits > 0; least *= 10)
		if (number < least)
			text_add_char(sql, '0');
	text_add_unsigned(sql, (uint64_t)number);
}

static void put_date(struct text *sql, const struct moment *moment)
{
	put_number(sql, moment->year, 4);
	text_add_char(sql, '-');
	put_number(sql, moment->month, 2);
	text_add_char(sql, '-');
	put_number(sql, moment->day, 2);
}

static void put_clock(struct text *sql, const struct moment *moment)
{
	put_number(sql, moment->hour, 2);
	text_add_char(sql, ':');
	put_number(sql, moment->minute, 2);
	text_add_char(sql, ':');
	put_number(sql, moment->second, 2);
	text_add_slice(sql, moment->fraction);
}

static bool take_date(const char **at, const char *end, struct moment *moment)
{
	return take_digits(at, end, 4, &moment->year) && take_byte(at, end, "-") &&
	       take_digits(at, end, 2, &moment->month) && take_byte(at, end, "-") &&
	       take_digits(at, end, 2, &moment->day) && moment->month <= 12 && moment->day <= 31;
}

/* .NET gives seven digits and Go nine; zeros beyond the sixth say nothing. */
static bool take_fraction(const char **at, const char *end, struct moment *moment)
{
	enum { MOST = 30 };
	const char *from = *at;
	size_t length;

	if (take_byte(at, end, ".")) {
		while (*at < end && is_digit(**at))
			(*at)++;
		if (*at - from < 2 || *at - from > MOST)
			return false;
	}
	length = (size_t)(*at - from);
	while (length > 1 + DATETIME_DIGITS && from[length - 1] == '0')
		length--;
	moment->fraction = (struct slice){ from, length };
	return true;
}

/* :MM[:SS[.f]], behind the hours; without seconds they are 0. */
static bool take_minutes(const char **at, const char *end, struct moment *moment)
{
	moment->fraction = (struct slice){ "", 0 };
	if (!take_byte(at, end, ":") || !take_digits(at, end, 2, &moment->minute) || moment->minute > 59)
		return false;
	if (!take_byte(at, end, ":"))
		return true;
	return take_digits(at, end, 2, &moment->second) && moment->second <= 59 && take_fraction(at, end, moment);
}

static bool take_clock(const char **at, const char *end, struct moment *moment)
{
	return take_digits(at, end, 2, &moment->hour) && moment->hour <= 23 && take_minutes(at, end, moment);
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

/* What is none has no other zone: who takes the literal says what is wrong with it. */
static bool is_of_calendar(const struct moment *moment)
{
	struct moment same;

	date_from_days(days_from_date(moment->year, moment->month, moment->day), &same);
	return same.month == moment->month && same.day == moment->day;
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
	if ((hours == 0 && minutes == 0) || !is_of_calendar(moment))
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

/* The moment, if there is one behind the date: T, or a space, and the time, and perhaps a zone; *moved: it was another one
 * in its zone. */
static bool take_moment(struct slice text, struct moment *moment, bool *moved)
{
	const char *at = text.bytes, *end = at + text.length;
	struct moment given;

	*moved = false;
	if (!take_date(&at, end, moment))
		return false;
	if (at != end && (!take_byte(&at, end, "Tt ") || !take_clock(&at, end, moment)))
		return false;
	given = *moment;
	if (!take_zone(&at, end, moment))
		return false;
	*moved = memcmp(&given, moment, sizeof(given)) != 0;
	return true;
}

static bool is_zero(struct slice fraction)
{
	for (size_t i = 0; i < fraction.length; i++)
		if (fraction.bytes[i] != '.' && fraction.bytes[i] != '0')
			return false;
	return true;
}

enum status datetime_add_date(struct text *sql, struct slice text, const char **why)
{
	struct moment moment = { 0 };
	bool moved;

	*why = "expected YYYY-MM-DD";
	if (!take_moment(text, &moment, &moved))
		return STATUS_BAD_VALUE;
	if (moved || moment.hour != 0 || moment.minute != 0 || moment.second != 0 || !is_zero(moment.fraction)) {
		*why = moved ? "expected a date without a zone" : "expected a date without a time of day";
		return STATUS_BAD_VALUE;
	}
	text_add_char(sql, '\'');
	put_date(sql, &moment);
	text_add_char(sql, '\'');
	return STATUS_OK;
}

enum status datetime_add_datetime(struct text *sql, struct slice text, bool zone, const char **why)
{
	struct moment moment = { 0 };
	bool moved;

	*why = zone ? "expected YYYY-MM-DDTHH:MM:SS[.ffffff][+HH:MM]" : "expected YYYY-MM-DDTHH:MM:SS[.ffffff]";
	if (!take_moment(text, &moment, &moved))
		return STATUS_BAD_VALUE;
	if (moved && !zone) {
		*why = "expected a moment without a zone or in UTC (Z)";
		return STATUS_BAD_VALUE;
	}
	text_add_char(sql, '\'');
	put_date(sql, &moment);
	text_add_char(sql, ' ');
	put_clock(sql, &moment);
	text_add_char(sql, '\'');
	return STATUS_OK;
}

/* [-]hhh:mm[:ss[.f]] */
enum status datetime_add_time(struct text *sql, struct slice text, int most_hours)
{
	const char *at = text.bytes, *end = at + text.length;
	struct moment moment = { 0 };
	bool negative = take_byte(&at, end, "-");

	if (at == end || !is_digit(*at))
		return STATUS_BAD_VALUE;
	while (at < end && is_digit(*at) && moment.hour < 1000)
		moment.hour = moment.hour * 10 + (*at++ - '0');
	if (!take_minutes(&at, end, &moment) || at != end)
		return STATUS_BAD_VALUE;
	if (moment.hour > most_hours)
		return STATUS_VALUE_RANGE;
	text_add_string(sql, negative ? "'-" : "'");
	put_clock(sql, &moment);
	text_add_char(sql, '\'');
	return STATUS_OK;
}

bool datetime_is_day(struct slice literal)
{
	const char *at = literal.bytes + 1, *end = literal.bytes + literal.length;
	struct moment moment;

	return take_date(&at, end, &moment) && (moment.month == 0 || moment.day == 0 || is_of_calendar(&moment));
}
