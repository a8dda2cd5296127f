/* SPDX-License-Identifier: MIT */
#include "schema/literal.h"

#include <float.h>

#include "mysql/mysql_json.h"
#include "mysql/mysql_value.h"
#include "schema/literal_compare.h"

#include "declare.h"
#include "unit.h"

static struct text sql;

static int forget(void **state)
{
	(void)state;
	text_release(&sql);
	return 0;
}

/* The literal behind what was there, from a block of exactly its size. */
static enum status literal_of(enum column_type type, const char *bytes, size_t length)
{
	struct column column = { .type = type, .length = 1 };
	struct slice given = exact(bytes, length);
	const char *why = NULL;
	enum status status;

	text_clear(&sql);
	text_add_char(&sql, '=');
	status = mysql_literal(&sql, &column, given, &why);
	if (status != STATUS_OK) {
		assert_is(sql, "="); /* it is as it was */
		assert_non_null(why);
	}
	exact_free(given);
	return status;
}

struct good {
	const char *text, *literal;
};

struct bad {
	const char *text;
	enum status status;
};

static void expect(enum column_type type, const struct good *good, size_t good_count, const struct bad *bad,
                   size_t bad_count)
{
	enum status status;

	for (size_t i = 0; i < good_count; i++) {
		status = literal_of(type, good[i].text, strlen(good[i].text));
		if (status != STATUS_OK || sql.length != strlen(good[i].literal) + 1 ||
		    memcmp(sql.bytes + 1, good[i].literal, sql.length - 1) != 0)
			fail_msg("%s: %.*s, wanted =%s", good[i].text, (int)sql.length, sql.bytes, good[i].literal);
	}
	for (size_t i = 0; i < bad_count; i++) {
		status = literal_of(type, bad[i].text, strlen(bad[i].text));
		if (status != bad[i].status)
			fail_msg("%s: status %d, %.*s", bad[i].text, status, (int)sql.length, sql.bytes);
	}
}

#define EXPECT(type) expect(type, good, LENGTH_OF(good), bad, LENGTH_OF(bad))

/* What a client may try; none of it is a number, a date, base64. */
static const char *const injections[] = {
	"'", "1'", "1 OR 1=1", "1--", "1;DROP TABLE users", "1 ", " 1", "\t1", "1\n", "(1)", "1,2", "SLEEP(1)", "NULL",
	"0x31 OR", "1/**/", "1#", "\\'", "''", "\"1\"", "`id`", "@@version", "1e1'", "2024-01-01'", "\xef\xbc\x91",
	"\xd9\xa1",
};

static void nothing_but_a_literal_comes_out(void **state)
{
	static const enum column_type types[] = { COLUMN_INTEGER, COLUMN_YEAR, COLUMN_BOOLEAN, COLUMN_BIT, COLUMN_DECIMAL,
		                                  COLUMN_FLOAT, COLUMN_DOUBLE, COLUMN_DATE, COLUMN_TIME,
		                                  COLUMN_DATETIME, COLUMN_TIMESTAMP };

	(void)state;
	for (size_t t = 0; t < LENGTH_OF(types); t++) {
		for (size_t i = 0; i < LENGTH_OF(injections); i++)
			if (literal_of(types[t], injections[i], strlen(injections[i])) != STATUS_BAD_VALUE)
				fail_msg("type %d, %s: %.*s", types[t], injections[i], (int)sql.length, sql.bytes);
		assert_int_equal(literal_of(types[t], "\0", 1), STATUS_BAD_VALUE);
		assert_int_equal(literal_of(types[t], "1\0", 2), STATUS_BAD_VALUE);
		assert_int_equal(literal_of(types[t], "", 0), STATUS_BAD_VALUE);
	}
	for (size_t i = 0; i < LENGTH_OF(injections); i++) /* some of them are base64 */
		if (literal_of(COLUMN_BINARY, injections[i], strlen(injections[i])) == STATUS_OK) {
			assert_memory_equal(sql.bytes, "=X'", 3);
			assert_int_equal(strspn(text_terminate(&sql) + 3, "0123456789ABCDEF"), sql.length - 4);
			assert_int_equal(sql.bytes[sql.length - 1], '\'');
		}
}

static void integers(void **state)
{
	static const struct good good[] = {
		{ "0", "0" }, { "-0", "0" }, { "+0", "0" }, { "7", "7" }, { "+7", "7" }, { "-7", "-7" }, { "007", "7" },
		{ "9223372036854775807", "9223372036854775807" }, { "-9223372036854775808", "-9223372036854775808" },
		{ "18446744073709551615", "18446744073709551615" },
		{ "000000000000000000000000000000000000001", "1" },
	};
	static const struct bad bad[] = {
		{ "-", STATUS_BAD_VALUE }, { "+", STATUS_BAD_VALUE }, { "--1", STATUS_BAD_VALUE }, { "1.0", STATUS_BAD_VALUE },
		{ "1e1", STATUS_BAD_VALUE }, { "0x1", STATUS_BAD_VALUE }, { "true", STATUS_BAD_VALUE },
		{ "18446744073709551616", STATUS_VALUE_RANGE }, { "-9223372036854775809", STATUS_VALUE_RANGE },
		{ "99999999999999999999999999", STATUS_VALUE_RANGE }, { "99999999999999999999999999x", STATUS_BAD_VALUE },
		{ "18446744073709551620", STATUS_VALUE_RANGE },
	};

	(void)state;
	EXPECT(COLUMN_INTEGER);
}

static void years(void **state)
{
	static const struct good good[] = { { "0", "0" }, { "2024", "2024" }, { "1901", "1901" }, { "100", "100" } };
	static const struct bad bad[] = {
		{ "24", STATUS_VALUE_RANGE }, { "99", STATUS_VALUE_RANGE }, { "-5", STATUS_VALUE_RANGE }, /* which century? */
		{ "x", STATUS_BAD_VALUE }, { "2024.0", STATUS_BAD_VALUE }, { "", STATUS_BAD_VALUE },
	};

	(void)state;
	EXPECT(COLUMN_YEAR);
}

static void booleans(void **state)
{
	static const struct good good[] = { { "true", "1" }, { "false", "0" }, { "1", "1" }, { "0", "0" }, { "-5", "-5" },
		                            { "127", "127" } };
	static const struct bad bad[] = { { "TRUE", STATUS_BAD_VALUE }, { "t", STATUS_BAD_VALUE },
		                          { "truee", STATUS_BAD_VALUE }, { "tru", STATUS_BAD_VALUE },
		                          { "yes", STATUS_BAD_VALUE }, { "18446744073709551616", STATUS_VALUE_RANGE } };

	(void)state;
	EXPECT(COLUMN_BOOLEAN);
	EXPECT(COLUMN_BIT);
}

static void decimals_are_exact(void **state)
{
	static const struct good good[] = {
		{ "0", "0" }, { "-0", "-0" }, { "000", "0" }, { "1", "1" }, { "+1", "1" }, { "-1.50", "-1.50" }, { "007", "7" },
		{ ".5", "0.5" }, { "5.", "5" }, { "0.5", "0.5" }, { "-.5", "-0.5" }, { "0.005", "0.005" }, { "100.001", "100.001" },
		{ "1e0", "1" }, { "1e3", "1000" }, { "1E+3", "1000" }, { "1.5e1", "15" }, { "1.5e3", "1500" }, { "1e-3", "0.001" },
		{ "-12.5e-1", "-1.25" }, { "12.5e-2", "0.125" }, { "12.5e-4", "0.00125" }, { "0.001e3", "001" }, { "1e00002", "100" },
		{ "123456789012345678901234567890.123456789012345678901234567890",
		  "123456789012345678901234567890.123456789012345678901234567890" },
	};
	static const struct bad bad[] = {
		{ ".", STATUS_BAD_VALUE }, { "-", STATUS_BAD_VALUE }, { "-.", STATUS_BAD_VALUE }, { "1.2.3", STATUS_BAD_VALUE },
		{ "e5", STATUS_BAD_VALUE }, { ".e5", STATUS_BAD_VALUE }, { "1e", STATUS_BAD_VALUE }, { "1e+", STATUS_BAD_VALUE },
		{ "1e1.5", STATUS_BAD_VALUE }, { "1e1e1", STATUS_BAD_VALUE }, { "--1", STATUS_BAD_VALUE }, { "1-", STATUS_BAD_VALUE },
		{ "nan", STATUS_BAD_VALUE }, { "inf", STATUS_BAD_VALUE }, { "1e131", STATUS_VALUE_RANGE },
		{ "1e-131", STATUS_VALUE_RANGE }, { "1e99999999999999999999", STATUS_VALUE_RANGE },
	};
	char digits[300];

	(void)state;
	EXPECT(COLUMN_DECIMAL);
	memset(digits, '0', sizeof(digits));
	assert_int_equal(literal_of(COLUMN_DECIMAL, digits, sizeof(digits)), STATUS_OK); /* leading zeros do not count */
	assert_is(sql, "=0");
	memset(digits, '9', sizeof(digits));
	assert_int_equal(literal_of(COLUMN_DECIMAL, digits, 130), STATUS_OK);
	assert_int_equal(sql.length, 131);
	assert_int_equal(literal_of(COLUMN_DECIMAL, digits, 131), STATUS_VALUE_RANGE);
}

/* Whatever is taken reads back as the same number. */
static void decimals_keep_their_value(void **state)
{
	static const char *const numbers[] = { "1", "12", "0.1", "10", "1.05", "0.00", "00.50", "3.", ".25", "100", "0" };
	char text[40], wanted[40];

	(void)state;
	for (size_t n = 0; n < LENGTH_OF(numbers); n++)
		for (int exponent = -12; exponent <= 12; exponent++) {
			snprintf(text, sizeof(text), "%se%d", numbers[n], exponent);
			assert_int_equal(literal_of(COLUMN_DECIMAL, text, strlen(text)), STATUS_OK);
			for (size_t i = 1; i < sql.length; i++)
				assert_true((sql.bytes[i] >= '0' && sql.bytes[i] <= '9') || sql.bytes[i] == '.');
			assert_true(sql.bytes[1] != '.' && sql.bytes[sql.length - 1] != '.');
			snprintf(wanted, sizeof(wanted), "%.12g", strtod(text, NULL));
			snprintf(text, sizeof(text), "%.12g", strtod(text_terminate(&sql) + 1, NULL));
			assert_string_equal(text, wanted);
		}
}

static void floats_are_the_number_of_the_column(void **state)
{
	static const char *const texts[] = { "0", "1", "-1.5", "0.1", "1e10", "1.2345678", "1E-5", "+3", ".5", "5.",
		                             "3.4028234e38", "1e-45", "-0.0" };
	static const struct bad bad[] = {
		{ "-", STATUS_BAD_VALUE }, { ".", STATUS_BAD_VALUE }, { "1e", STATUS_BAD_VALUE }, { "e1", STATUS_BAD_VALUE },
		{ "inf", STATUS_BAD_VALUE }, { "nan", STATUS_BAD_VALUE }, { "0x1p3", STATUS_BAD_VALUE },
		{ "1.2.3", STATUS_BAD_VALUE }, { "1e+-1", STATUS_BAD_VALUE }, { "1e999", STATUS_VALUE_RANGE },
		{ "-1e999", STATUS_VALUE_RANGE },
	};
	char digits[400];
	double number;

	(void)state;
	expect(COLUMN_DOUBLE, NULL, 0, bad, LENGTH_OF(bad));
	expect(COLUMN_FLOAT, NULL, 0, bad, LENGTH_OF(bad));
	for (size_t i = 0; i < LENGTH_OF(texts); i++) {
		assert_int_equal(literal_of(COLUMN_DOUBLE, texts[i], strlen(texts[i])), STATUS_OK);
		number = strtod(text_terminate(&sql) + 1, NULL);
		assert_true(number == strtod(texts[i], NULL));
		assert_non_null(strchr(sql.bytes, 'e')); /* a DOUBLE to the server, not a DECIMAL */
		assert_int_equal(literal_of(COLUMN_FLOAT, texts[i], strlen(texts[i])), STATUS_OK);
		number = strtod(text_terminate(&sql) + 1, NULL);
		assert_true(number == (double)strtof(texts[i], NULL));
	}
	assert_int_equal(literal_of(COLUMN_FLOAT, "1e39", 4), STATUS_VALUE_RANGE); /* of the type, not of a DOUBLE */
	assert_int_equal(literal_of(COLUMN_DOUBLE, "1e39", 4), STATUS_OK);
	memset(digits, '0', sizeof(digits)); /* a DOUBLE(255,30) is written with all of its zeros */
	digits[0] = '1';
	digits[300] = '.';
	assert_int_equal(literal_of(COLUMN_DOUBLE, digits, 331), STATUS_OK);
	assert_true(strtod(text_terminate(&sql) + 1, NULL) == 1e299);
	assert_int_equal(literal_of(COLUMN_DOUBLE, digits, 399), STATUS_OK);
	assert_int_equal(literal_of(COLUMN_DOUBLE, digits, 400), STATUS_BAD_VALUE);
}

static void dates(void **state)
{
	static const struct good good[] = { { "2024-01-02", "'2024-01-02'" }, { "0000-00-00", "'0000-00-00'" },
		                            { "9999-12-31", "'9999-12-31'" }, { "2024-00-00", "'2024-00-00'" },
		                            /* midnight loses nothing */
		                            { "2024-01-02 00:00:00", "'2024-01-02'" },
		                            { "2024-01-02T00:00:00.000Z", "'2024-01-02'" },
		                            { "2024-01-02T00:00+00:00", "'2024-01-02'" } };
	static const struct bad bad[] = {
		{ "2024-1-2", STATUS_BAD_VALUE }, { "24-01-02", STATUS_BAD_VALUE }, { "2024-13-01", STATUS_BAD_VALUE },
		{ "2024-01-32", STATUS_BAD_VALUE }, { "2024-01-02T", STATUS_BAD_VALUE }, { "2024-01-0", STATUS_BAD_VALUE },
		{ "2024/01/02", STATUS_BAD_VALUE }, { "20240102", STATUS_BAD_VALUE }, { "-2024-01-02", STATUS_BAD_VALUE },
		{ "12024-01-02", STATUS_BAD_VALUE }, { "2024-01-02 00:00:01", STATUS_BAD_VALUE },
		{ "2024-01-02T00:00:00.001Z", STATUS_BAD_VALUE }, { "2024-01-02T00:00:00+01:00", STATUS_BAD_VALUE },
		{ "2024-01-02T01:00:00+01:00", STATUS_BAD_VALUE }, { "2024-01-02T00", STATUS_BAD_VALUE },
		{ "2024-01-02Z", STATUS_BAD_VALUE }, { "2024-01-02T00:00:00x", STATUS_BAD_VALUE },
	};

	(void)state;
	EXPECT(COLUMN_DATE);
}

static void times(void **state)
{
	static const struct good good[] = {
		{ "00:00:00", "'00:00:00'" }, { "1:02:03", "'01:02:03'" }, { "-12:34:56.5", "'-12:34:56.5'" },
		{ "838:59:59", "'838:59:59'" }, { "-838:59:59.999999", "'-838:59:59.999999'" }, { "023:00:00", "'23:00:00'" },
		{ "12:34", "'12:34:00'" }, { "12:00:00.1234567", "'12:00:00.1234567'" },
		{ "12:00:00.123456000", "'12:00:00.123456'" }, { "-1:02", "'-01:02:00'" },
	};
	static const struct bad bad[] = {
		{ ":00:00", STATUS_BAD_VALUE }, { "-:00:00", STATUS_BAD_VALUE }, { "12:3", STATUS_BAD_VALUE },
		{ "12:60:00", STATUS_BAD_VALUE }, { "12:00:60", STATUS_BAD_VALUE }, { "12:0:00", STATUS_BAD_VALUE },
		{ "12:00:00.", STATUS_BAD_VALUE }, { "12:34:", STATUS_BAD_VALUE }, { "12:34.5", STATUS_BAD_VALUE }, { "12:00:00Z", STATUS_BAD_VALUE },
		{ "+12:00:00", STATUS_BAD_VALUE }, { "--12:00:00", STATUS_BAD_VALUE }, { "839:00:00", STATUS_VALUE_RANGE },
		{ "999:00:00", STATUS_VALUE_RANGE }, { "99999999999999:00:00", STATUS_BAD_VALUE },
	};

	(void)state;
	EXPECT(COLUMN_TIME);
}

static void datetimes_have_no_other_zone_than_utc(void **state)
{
	static const struct good good[] = {
		{ "2024-01-02T03:04:05", "'2024-01-02 03:04:05'" },
		{ "2024-01-02 03:04:05.678900", "'2024-01-02 03:04:05.678900'" },
		{ "2024-01-02t03:04:05.6", "'2024-01-02 03:04:05.6'" },
		{ "2024-01-02", "'2024-01-02 00:00:00'" },
		{ "0000-00-00T00:00:00", "'0000-00-00 00:00:00'" },
		{ "2024-01-02T03:04:05Z", "'2024-01-02 03:04:05'" }, /* as all clocks here */
		{ "2024-01-02T03:04:05.678+00:00", "'2024-01-02 03:04:05.678'" },
		{ "2024-01-02T03:04", "'2024-01-02 03:04:00'" }, /* a form in HTML */
		{ "2024-01-02T03:04Z", "'2024-01-02 03:04:00'" },
		{ "2024-01-02T03:04:05.1234567", "'2024-01-02 03:04:05.1234567'" },
		{ "2024-01-02T03:04:05.123450000Z", "'2024-01-02 03:04:05.123450'" },
		{ "2024-01-02T03:04:05.000000000Z", "'2024-01-02 03:04:05.000000'" },
	};
	static const struct bad bad[] = {
		{ "2024-01-02T", STATUS_BAD_VALUE }, { "2024-01-02T03:", STATUS_BAD_VALUE },
		{ "2024-01-02T24:00:00", STATUS_BAD_VALUE }, { "2024-01-02T03:60:00", STATUS_BAD_VALUE },
		{ "2024-01-02T03:04:60", STATUS_BAD_VALUE }, { "2024-01-02T03:04:05-00:30", STATUS_BAD_VALUE },
		{ "2024-01-02T03:04:05+01:00", STATUS_BAD_VALUE }, { "2024-01-02T03:04:05.", STATUS_BAD_VALUE },
		{ "2024-01-02T03:04:05.1234567890123456789012345678901", STATUS_BAD_VALUE },
		{ "2024-01-02T03", STATUS_BAD_VALUE }, { "2024-01-02x03:04:05", STATUS_BAD_VALUE },
	};

	(void)state;
	EXPECT(COLUMN_DATETIME);
}

static void timestamps_are_moved_to_utc(void **state)
{
	static const struct good good[] = {
		{ "2024-01-02T03:04:05", "'2024-01-02 03:04:05'" },
		{ "2024-01-02", "'2024-01-02 00:00:00'" },
		{ "2024-01-02T03:04:05Z", "'2024-01-02 03:04:05'" },
		{ "2024-01-02T03:04:05z", "'2024-01-02 03:04:05'" },
		{ "2024-01-02T03:04:05.25+00:00", "'2024-01-02 03:04:05.25'" },
		{ "2024-01-02T03:04:05-00:00", "'2024-01-02 03:04:05'" },
		{ "2024-01-02T03:04:05+01:30", "'2024-01-02 01:34:05'" },
		{ "2024-01-02T03:04:05-01:30", "'2024-01-02 04:34:05'" },
		{ "2024-01-02T03:04:05 01:30", "'2024-01-02 01:34:05'" }, /* a '+' that was not encoded */
		{ "2024-01-02T03:04:05+0130", "'2024-01-02 01:34:05'" },
		{ "2024-01-02T03:04:05+01", "'2024-01-02 02:04:05'" },
		{ "2024-01-01T00:30:00+01:00", "'2023-12-31 23:30:00'" },
		{ "2023-12-31T23:30:00-01:00", "'2024-01-01 00:30:00'" },
		{ "2024-03-01T00:00:00+00:01", "'2024-02-29 23:59:00'" }, /* a leap year */
		{ "2023-03-01T00:00:00+00:01", "'2023-02-28 23:59:00'" },
		{ "2000-03-01T00:00:00+00:01", "'2000-02-29 23:59:00'" },
		{ "1900-03-01T00:00:00+00:01", "'1900-02-28 23:59:00'" },
		{ "2024-02-28T23:59:00-00:01", "'2024-02-29 00:00:00'" },
		{ "2024-12-31T12:00:00-15:59", "'2025-01-01 03:59:00'" },
		{ "1970-01-01T00:00:00+14:00", "'1969-12-31 10:00:00'" },
		{ "0000-00-00T00:00:00+01:00", "'0000-00-00 00:00:00'" }, /* a zero date has no zone, */
		{ "2023-00-10T00:30:00+01:00", "'2023-00-10 00:30:00'" },
		{ "2023-01-00T00:30:00+01:00", "'2023-01-00 00:30:00'" },
		{ "2023-02-29T10:00:00+01:00", "'2023-02-29 10:00:00'" }, /* nor has one that there is not */
		{ "2024-02-30T10:00:00-01:00", "'2024-02-30 10:00:00'" },
		{ "2024-04-31T10:00:00+01:00", "'2024-04-31 10:00:00'" },
		{ "2024-02-29T10:00:00+01:00", "'2024-02-29 09:00:00'" },
	};
	static const struct bad bad[] = {
		{ "2024-01-02Z", STATUS_BAD_VALUE }, { "2024-01-02T03:04:05ZZ", STATUS_BAD_VALUE },
		{ "2024-01-02T03:04:05+", STATUS_BAD_VALUE }, { "2024-01-02T03:04:05+1", STATUS_BAD_VALUE },
		{ "2024-01-02T03:04:05+01:", STATUS_BAD_VALUE }, { "2024-01-02T03:04:05+01:3", STATUS_BAD_VALUE },
		{ "2024-01-02T03:04:05+01:60", STATUS_BAD_VALUE }, { "2024-01-02T03:04:05+16:00", STATUS_BAD_VALUE },
		{ "2024-01-02T03:04:05+01:00x", STATUS_BAD_VALUE }, { "9999-12-31T23:59:00-01:00", STATUS_BAD_VALUE },
		{ "0000-01-01T00:00:00+01:00", STATUS_BAD_VALUE },
	};

	(void)state;
	EXPECT(COLUMN_TIMESTAMP);
}

static void binaries_are_hexadecimal(void **state)
{
	static const struct good good[] = { { "", "X''" }, { "AA==", "X'00'" }, { "//79", "X'FFFEFD'" },
		                            { "__79", "X'FFFEFD'" },
		                            { "Jw", "X'27'" } }; /* a quote */
	static const struct bad bad[] = { { "A", STATUS_BAD_VALUE }, { "*", STATUS_BAD_VALUE }, { "AA=A", STATUS_BAD_VALUE } };

	(void)state;
	EXPECT(COLUMN_BINARY);
	EXPECT(COLUMN_GEOMETRY);
}

static void strings_cannot_be_left(void **state)
{
	static const struct good good[] = {
		{ "", "''" }, { "a", "'a'" }, { "'", "''''" }, { "''", "''''''" }, { "a'b", "'a''b'" }, { "'a", "'''a'" },
		{ "a'", "'a'''" }, { "\\", "'\\'" }, { "\\'", "'\\'''" }, { "\\\\'", "'\\\\'''" }, { "\"`--#/*;", "'\"`--#/*;'" },
		{ "\xc3\xa9\xf0\x9f\x98\x80", "'\xc3\xa9\xf0\x9f\x98\x80'" }, { "\r\n\t", "'\r\n\t'" },
		{ "x' OR '1'='1", "'x'' OR ''1''=''1'" },
	};
	static const struct bad bad[] = {
		{ "\xff", STATUS_BAD_VALUE }, { "a\xc3", STATUS_BAD_VALUE }, { "\xbf'", STATUS_BAD_VALUE },
		{ "\xc0\xa7", STATUS_BAD_VALUE }, /* an overlong quote */
		{ "\xed\xa0\x80", STATUS_BAD_VALUE },
	};

	(void)state;
	EXPECT(COLUMN_STRING);
	EXPECT(COLUMN_JSON);
	assert_int_equal(literal_of(COLUMN_STRING, "a\0'b", 4), STATUS_OK);
	assert_int_equal(sql.length, 8);
	assert_memory_equal(sql.bytes, "='a\0''b'", 8);
}

static void other_strings_are_what_they_are(void **state)
{
	static const struct {
		const char *type, *text;
		enum status status;
	} cases[] = {
		{ "uuid", "123e4567-e89b-12d3-a456-426614174000", STATUS_OK },
		{ "uuid", "123E4567E89B12D3A456426614174000", STATUS_OK },
		{ "uuid", "123e4567-e89b-12d3-a456-42661417400", STATUS_BAD_VALUE },
		{ "uuid", "-23e4567-e89b-12d3-a456-4266141740000", STATUS_BAD_VALUE },
		{ "uuid", "", STATUS_BAD_VALUE },
		{ "uuid", "' OR 1=1", STATUS_BAD_VALUE },
		{ "inet6", "2001:db8::1", STATUS_OK },
		{ "inet6", "10.0.0.1", STATUS_OK },
		{ "inet6", "::g", STATUS_BAD_VALUE },
		{ "inet4", "10.0.0.1", STATUS_OK },
		{ "inet4", "10.0.0.256", STATUS_BAD_VALUE },
		{ "inet4", "1111111111111111111111111111111111111111111111111111", STATUS_BAD_VALUE },
		{ "a new type", "anything", STATUS_OK },
	};
	const char *why;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		struct column column = { .is_opaque = true };
		struct slice given = exact(cases[i].text, strlen(cases[i].text));

		declare_column(&column, cases[i].type, NULL);
		text_clear(&sql);
		if (mysql_literal(&sql, &column, given, &why) != cases[i].status)
			fail_msg("%s %s", cases[i].type, cases[i].text);
		exact_free(given);
	}
}

static void patterns_have_a_star_for_a_percent_sign(void **state)
{
	static const struct good good[] = {
		{ "", "''" }, { "a*", "'a%'" }, { "a%_", "'a%_'" }, { "it's*", "'it''s%'" }, { "\\*", "'\\%'" },
		{ "\\\\", "'\\\\'" }, { "a\\'", "'a\\'''" }, { "\\\\*", "'\\\\%'" }, { "'\\_", "'''\\_'" },
	};
	static const char *const bad[] = { "\\", "a\\", "\\\\\\", "'\\" };
	const char *why;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(good); i++) {
		text_clear(&sql);
		assert_int_equal(literal_add_pattern(&sql, slice_of(good[i].text), &why), STATUS_OK);
		assert_is(sql, good[i].literal);
	}
	for (size_t i = 0; i < LENGTH_OF(bad); i++) {
		text_clear(&sql);
		text_add_char(&sql, '=');
		assert_int_equal(literal_add_pattern(&sql, slice_of(bad[i]), &why), STATUS_BAD_PATTERN);
		assert_is(sql, "=");
		assert_non_null(why);
	}
}

static void json_says_what_it_is(void **state)
{
	static const struct {
		const char *text;
		enum literal_json kind;
	} good[] = {
		{ "1", LITERAL_NUMBER },     { "-1.5e3", LITERAL_NUMBER }, { " 0 ", LITERAL_NUMBER },   { "\"x\"", LITERAL_TEXT },
		{ "\"it's\"", LITERAL_TEXT }, { "true", LITERAL_TRUE },     { "\nfalse", LITERAL_FALSE }, { "null", LITERAL_NULL },
		{ "{}", LITERAL_STRUCTURE }, { "[1,[]]", LITERAL_STRUCTURE },
	};
	static const char *const bad[] = { "", "x", "'x'", "{a}", "1 2", "[1", "\"", "nul", "NaN", "01" };
	enum literal_json kind;
	const char *why;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(good); i++) {
		text_clear(&sql);
		assert_int_equal(literal_add_json(&sql, slice_of(good[i].text), &kind, &why), STATUS_OK);
		assert_int_equal(kind, good[i].kind);
		assert_int_equal(sql.bytes[0], '\'');
	}
	text_clear(&sql);
	for (size_t i = 0; i < LENGTH_OF(bad); i++) {
		assert_int_equal(literal_add_json(&sql, slice_of(bad[i]), &kind, &why), STATUS_BAD_VALUE);
		assert_int_equal(sql.length, 0);
	}
}

static void paths_are_one_literal(void **state)
{
	const struct slice keys[] = { SLICE("a"), { NULL, 0 }, SLICE("b\"c'd\\e\n"), { NULL, 0 }, { NULL, 0 }, SLICE("") };
	static const int indices[] = { 0, 7, 0, -1, -3, 0 };

	(void)state;
	mysql_json_add_path(&sql, keys, indices, 0);
	assert_is(sql, "'$'");
	text_clear(&sql);
	mysql_json_add_path(&sql, keys, indices, 6);
	assert_is(sql, "'$.\"a\"[7].\"b\\\"c''d\\\\e\\n\"[last][last-2].\"\"'");
	text_clear(&sql);
	text_add_string(&sql, "it's "); /* what is there already stays */
	mysql_json_add_path(&sql, keys + 2, indices + 2, 1);
	assert_is(sql, "it's '$.\"b\\\"c''d\\\\e\\n\"'");
}

static void character_sets_have_ends(void **state)
{
	struct column all = { .type = COLUMN_STRING }, latin = { .type = COLUMN_STRING, .last_character = 0xff };
	struct column ascii = { .type = COLUMN_STRING, .last_character = 0x7f };
	struct column three = { .type = COLUMN_STRING, .last_character = 0xffff };

	(void)state;
	assert_true(literal_fits(&all, slice_of("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xff")));
	assert_true(literal_fits(&latin, slice_of("caf\xc3\xa9 \xc3\xbf")));
	assert_false(literal_fits(&latin, slice_of("\xc2\x80"))); /* which is another one there */
	assert_false(literal_fits(&latin, slice_of("\xc4\x80")));
	assert_false(literal_fits(&latin, slice_of("a\xe2\x82\xac")));
	assert_true(literal_fits(&ascii, slice_of("a~\x7f")));
	assert_false(literal_fits(&ascii, slice_of("\xc3\xa9")));
	assert_true(literal_fits(&three, slice_of("\xe2\x82\xac\xef\xbf\xbd")));
	assert_false(literal_fits(&three, slice_of("\xf0\x9f\x98\x80")));
	for (size_t length = 0; length < 4; length++) { /* cut in the middle: no byte behind the end is looked at */
		struct slice given = exact("\xf0\x9f\x98\x80", length), two = exact("\xe2\x82\xac", length < 3 ? length : 3);

		(void)literal_fits(&three, given);
		(void)literal_fits(&latin, two);
		exact_free(given);
		exact_free(two);
	}
}

static bool same(enum column_type type, enum column_kind kind, const char *a, const char *b)
{
	const struct column column = { .type = type, .kind = kind, .is_opaque = kind != KIND_PLAIN };

	assert_int_equal(literal_is_same(&column, slice_of(a), slice_of(b)), literal_is_same(&column, slice_of(b), slice_of(a)));
	return literal_is_same(&column, slice_of(a), slice_of(b));
}

static void literals_of_one_value(void **state)
{
	(void)state;
	assert_true(same(COLUMN_INTEGER, KIND_PLAIN, "1", "1"));
	assert_false(same(COLUMN_INTEGER, KIND_PLAIN, "1", "10"));
	assert_true(same(COLUMN_DECIMAL, KIND_PLAIN, "1.5", "1.50"));
	assert_true(same(COLUMN_DECIMAL, KIND_PLAIN, "10", "10.00"));
	assert_true(same(COLUMN_DECIMAL, KIND_PLAIN, "0", "-0.00"));
	assert_false(same(COLUMN_DECIMAL, KIND_PLAIN, "1.5", "-1.5"));
	assert_false(same(COLUMN_DECIMAL, KIND_PLAIN, "10", "1"));
	assert_false(same(COLUMN_DECIMAL, KIND_PLAIN, "100", "10"));
	assert_false(same(COLUMN_DECIMAL, KIND_PLAIN, "0", "'NaN'"));
	assert_false(same(COLUMN_DECIMAL, KIND_PLAIN, "'Infinity'", "'-Infinity'"));
	assert_false(same(COLUMN_DECIMAL, KIND_PLAIN, "0", "NULL"));
	assert_false(same(COLUMN_DECIMAL, KIND_PLAIN, "0", "DEFAULT"));
	assert_true(same(COLUMN_DOUBLE, KIND_PLAIN, "0.00000000000000000e+00", "-0.00000000000000000e+00"));
	assert_false(same(COLUMN_DOUBLE, KIND_PLAIN, "1.00000000000000000e+10", "1.00000000000000000e+01"));
	assert_true(same(COLUMN_TIME, KIND_PLAIN, "'03:04:05'", "'03:04:05.000'"));
	assert_false(same(COLUMN_TIME, KIND_PLAIN, "'03:04:05'", "'-03:04:05'"));
	assert_true(same(COLUMN_DATETIME, KIND_PLAIN, "'2024-01-02 03:04:10'", "'2024-01-02 03:04:10.0'"));
	assert_true(same(COLUMN_TIMESTAMP, KIND_PLAIN, "'2024-01-02 03:04:10.10'", "'2024-01-02 03:04:10.1'"));
	assert_false(same(COLUMN_DATETIME, KIND_PLAIN, "'2024-01-02 03:04:10'", "'2024-01-02 03:04:01'"));
	assert_false(same(COLUMN_DATETIME, KIND_PLAIN, "'0044-03-15 10:00:00 BC'", "'0044-03-15 10:00:00'"));
	assert_true(same(COLUMN_STRING, KIND_UUID, "'123E4567-e89b-12d3-a456-426655440000'", "'123e4567e89b12d3a456426655440000'"));
	assert_false(same(COLUMN_STRING, KIND_UUID, "'123e4567-e89b-12d3-a456-426655440000'", "'123e4567-e89b-12d3-a456-426655440001'"));
	assert_true(same(COLUMN_STRING, KIND_INET6, "'::1'", "'0:0::0001'"));
	assert_true(same(COLUMN_STRING, KIND_INET6, "'::ffff:10.0.0.1'", "'10.0.0.1'"));
	assert_false(same(COLUMN_STRING, KIND_INET4, "'10.0.0.1'", "'10.0.0.10'"));
	assert_false(same(COLUMN_STRING, KIND_PLAIN, "'a'", "'A'"));
	assert_false(same(COLUMN_STRING, KIND_PLAIN, "'1.0'", "'1'"));
	assert_false(same(COLUMN_STRING, KIND_VARBITS, "'0'", "'00'"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, forget)
	const struct CMUnitTest tests[] = {
		TEST(nothing_but_a_literal_comes_out),
		TEST(integers),
		TEST(years),
		TEST(booleans),
		TEST(decimals_are_exact),
		TEST(decimals_keep_their_value),
		TEST(floats_are_the_number_of_the_column),
		TEST(dates),
		TEST(times),
		TEST(datetimes_have_no_other_zone_than_utc),
		TEST(timestamps_are_moved_to_utc),
		TEST(binaries_are_hexadecimal),
		TEST(strings_cannot_be_left),
		TEST(other_strings_are_what_they_are),
		TEST(patterns_have_a_star_for_a_percent_sign),
		TEST(json_says_what_it_is),
		TEST(paths_are_one_literal),
		TEST(character_sets_have_ends),
		TEST(literals_of_one_value),
	};

	return cmocka_run_group_tests_name("value", tests, NULL, NULL);
}
