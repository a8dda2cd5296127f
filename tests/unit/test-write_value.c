/* SPDX-License-Identifier: MIT */
#include "plan/write_value.h"

#include "mysql/mysql_dialect.h"

#include "declare.h"
#include "unit.h"

static struct arena arena;

struct sample {
	struct column column;
	enum body_kind kind;
	const char *text;
	enum status status;
	const char *said; /* the literal, or why it is none */
};

static void expect_one(const struct column *given, const struct body_value *value, enum status wanted, const char *said)
{
	struct text sql = { 0 };
	struct column column = *given;
	const char *why = "untouched";
	enum status status;

	if (column.declared.bytes != NULL)
		declare_column(&column, column.declared.bytes, &arena);
	else
		column.declared = SLICE("");
	text_add_string(&sql, "SET x=");
	status = write_value_add(&sql, &mysql_dialect, &column, value, &arena, &why);
	if (status != wanted)
		fail_msg("%.*s <%.*s>: got %s %s", (int)column.declared.length, column.declared.bytes, (int)value->text.length,
		         value->text.bytes, status_code(status), status == STATUS_OK ? "" : why);
	if (status == STATUS_OK) {
		assert_is(((struct slice){ sql.bytes + 6, sql.length - 6 }), said);
	} else {
		assert_says(why, said);
		assert_is(sql, "SET x=");
	}
	text_release(&sql);
	arena_clear(&arena);
}

static void expect_samples(const struct sample *samples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct body_value value = { .kind = samples[i].kind };

		value.text = value.json = exact(samples[i].text, strlen(samples[i].text));
		expect_one(&samples[i].column, &value, samples[i].status, samples[i].said);
		exact_free(value.text);
	}
}

#define EXPECT_SAMPLES(samples) expect_samples((samples), LENGTH_OF(samples))
#define DECLARED(words) .declared = { words, sizeof(words) - 1 }
#define STRING(words, most) { .type = COLUMN_STRING, DECLARED(words), .length = most }
#define OF(name) { .type = COLUMN_##name }

static void what_is_not_there(void **state)
{
	static const struct sample samples[] = {
		{ OF(INTEGER), BODY_NULL, "null", STATUS_OK, "NULL" },
		{ OF(INTEGER), BODY_ABSENT, "", STATUS_OK, "DEFAULT" },
		{ OF(STRING), BODY_NULL, "null", STATUS_OK, "NULL" },
		{ OF(STRING), BODY_NULL, "", STATUS_OK, "NULL" },
		{ OF(STRING), BODY_ABSENT, "", STATUS_OK, "DEFAULT" },
		{ OF(JSON), BODY_NULL, "null", STATUS_OK, "NULL" },
		{ OF(JSON), BODY_ABSENT, "", STATUS_OK, "DEFAULT" },
		{ STRING("enum('a')", 1), BODY_NULL, "null", STATUS_OK, "NULL" },
		{ STRING("char(1)", 1), BODY_ABSENT, "", STATUS_OK, "DEFAULT" },
		{ OF(BIT), BODY_NULL, "null", STATUS_OK, "NULL" },
		{ { .type = COLUMN_TIMESTAMP, .null_is_now = true }, BODY_ABSENT, "", STATUS_OK, "DEFAULT" },
	};
	const struct column now = { .type = COLUMN_TIMESTAMP, .declared = SLICE(""), .null_is_now = true };
	const struct body_value null = { .kind = BODY_NULL, .text = SLICE("null") };
	struct text sql = { 0 };
	const char *why;

	(void)state;
	EXPECT_SAMPLES(samples);
	assert_int_equal(write_value_add(&sql, &mysql_dialect, &now, &null, &arena, &why), STATUS_NULL);
	assert_int_equal(sql.length, 0);
}

static void numbers(void **state)
{
	static const char *const integer = "expected an integer", *const decimal = "expected a decimal number",
	                  *const range = "the value is out of range", *const point = "expected at most 2 digits after the point";
#define SCALED(digits) { .type = COLUMN_DECIMAL, .precision = 10, .scale = digits }
	const struct sample samples[] = {
		{ OF(INTEGER), BODY_NUMBER, "5", STATUS_OK, "5" },
		{ OF(INTEGER), BODY_TEXT, "5", STATUS_OK, "5" },
		{ OF(INTEGER), BODY_NUMBER, "-0", STATUS_OK, "0" },
		{ OF(INTEGER), BODY_NUMBER, "18446744073709551615", STATUS_OK, "18446744073709551615" },
		{ OF(INTEGER), BODY_NUMBER, "18446744073709551616", STATUS_NO_FIT, range },
		{ OF(INTEGER), BODY_NUMBER, "-9223372036854775809", STATUS_NO_FIT, range },
		{ OF(INTEGER), BODY_NUMBER, "1.0", STATUS_BAD_VALUE, integer },
		{ OF(INTEGER), BODY_NUMBER, "1e3", STATUS_BAD_VALUE, integer },
		{ OF(INTEGER), BODY_TRUE, "true", STATUS_BAD_VALUE, integer },
		{ OF(INTEGER), BODY_TEXT, "", STATUS_BAD_VALUE, integer },
		{ OF(INTEGER), BODY_TEXT, " 5", STATUS_BAD_VALUE, integer },
		{ OF(INTEGER), BODY_TEXT, "5;", STATUS_BAD_VALUE, integer },
		{ OF(INTEGER), BODY_TEXT, "NULL", STATUS_BAD_VALUE, integer },
		{ OF(INTEGER), BODY_TEXT, "DEFAULT", STATUS_BAD_VALUE, integer },
		{ OF(INTEGER), BODY_STRUCTURE, "[5]", STATUS_BAD_VALUE, integer },
		{ OF(BOOLEAN), BODY_TRUE, "true", STATUS_OK, "1" },
		{ OF(BOOLEAN), BODY_FALSE, "false", STATUS_OK, "0" },
		{ OF(BOOLEAN), BODY_NUMBER, "7", STATUS_OK, "7" },
		{ OF(BOOLEAN), BODY_TEXT, "true", STATUS_OK, "1" },
		{ OF(BOOLEAN), BODY_TEXT, "TRUE", STATUS_BAD_VALUE, "expected true, false or an integer" },
		{ OF(BOOLEAN), BODY_STRUCTURE, "{}", STATUS_BAD_VALUE, "expected true, false or an integer" },
		{ OF(YEAR), BODY_NUMBER, "2024", STATUS_OK, "2024" },
		{ OF(YEAR), BODY_TEXT, "0", STATUS_OK, "0" },
		{ OF(YEAR), BODY_NUMBER, "24", STATUS_NO_FIT, range },
		{ OF(YEAR), BODY_TRUE, "true", STATUS_BAD_VALUE, "expected a year" },
		{ SCALED(2), BODY_NUMBER, "1.50", STATUS_OK, "1.50" },
		{ SCALED(2), BODY_TEXT, "1.5", STATUS_OK, "1.5" },
		{ SCALED(2), BODY_NUMBER, "1.500000", STATUS_OK, "1.500000" },
		{ SCALED(2), BODY_NUMBER, "-0.01", STATUS_OK, "-0.01" },
		{ SCALED(2), BODY_NUMBER, "1e-2", STATUS_OK, "0.01" },
		{ SCALED(2), BODY_NUMBER, "1.5e3", STATUS_OK, "1500" },
		{ SCALED(2), BODY_NUMBER, "150000e-3", STATUS_OK, "150.000" },
		{ SCALED(2), BODY_NUMBER, "1.505", STATUS_NO_FIT, point },
		{ SCALED(2), BODY_NUMBER, "1e-3", STATUS_NO_FIT, point },
		{ SCALED(2), BODY_NUMBER, "0.0010", STATUS_NO_FIT, point },
		{ SCALED(2), BODY_NUMBER, "1e999", STATUS_NO_FIT, range },
		{ SCALED(2), BODY_TEXT, "x", STATUS_BAD_VALUE, decimal },
		{ SCALED(2), BODY_TEXT, ".", STATUS_BAD_VALUE, decimal },
		{ SCALED(2), BODY_TRUE, "true", STATUS_BAD_VALUE, decimal },
		{ SCALED(0), BODY_NUMBER, "100", STATUS_OK, "100" },
		{ SCALED(0), BODY_NUMBER, "100.0", STATUS_OK, "100.0" },
		{ SCALED(0), BODY_NUMBER, "100.5", STATUS_NO_FIT, "expected no digits after the point" },
		{ OF(DOUBLE), BODY_NUMBER, "0.5", STATUS_OK, "5.00000000000000000e-01" },
		{ OF(DOUBLE), BODY_TEXT, "-1e3", STATUS_OK, "-1.00000000000000000e+03" },
		{ OF(DOUBLE), BODY_NUMBER, "1e309", STATUS_NO_FIT, range },
		{ OF(DOUBLE), BODY_TEXT, "inf", STATUS_BAD_VALUE, "expected a number" },
		{ OF(DOUBLE), BODY_TEXT, "nan", STATUS_BAD_VALUE, "expected a number" },
		{ OF(DOUBLE), BODY_TEXT, "0x1p3", STATUS_BAD_VALUE, "expected a number" },
		{ OF(FLOAT), BODY_NUMBER, "0.1", STATUS_OK, "1.00000001490116119e-01" },
		{ OF(FLOAT), BODY_NUMBER, "1e39", STATUS_NO_FIT, range },
		/* what the server would round */
		{ { .type = COLUMN_FLOAT, DECLARED("float(7,2)"), .scale = 2 }, BODY_NUMBER, "1.25", STATUS_OK, "1.25000000000000000e+00" },
		{ { .type = COLUMN_FLOAT, DECLARED("float(7,2)"), .scale = 2 }, BODY_NUMBER, "1.255", STATUS_NO_FIT, point },
		{ { .type = COLUMN_DOUBLE, DECLARED("double(9,0)") }, BODY_NUMBER, "1.5e1", STATUS_OK,
		  "1.50000000000000000e+01" },
		{ OF(DOUBLE), BODY_NUMBER, "1e-300", STATUS_OK, "1.00000000000000003e-300" },
		{ { .type = COLUMN_DOUBLE, DECLARED("double(9,0) unsigned") }, BODY_NUMBER, "1.5", STATUS_NO_FIT,
		  "expected no digits after the point" },
	};

	(void)state;
	EXPECT_SAMPLES(samples);
}

static void bits(void **state)
{
#define BITS(most) { .type = COLUMN_BIT, .length = most }
	static const char *const range = "the value is out of range", *const one = "expected true, false, 0 or 1";
	const struct sample samples[] = {
		{ BITS(1), BODY_TRUE, "true", STATUS_OK, "1" },
		{ BITS(1), BODY_FALSE, "false", STATUS_OK, "0" },
		{ BITS(1), BODY_NUMBER, "1", STATUS_OK, "1" },
		{ BITS(1), BODY_NUMBER, "2", STATUS_NO_FIT, range },
		{ BITS(1), BODY_NUMBER, "-1", STATUS_NO_FIT, range },
		{ BITS(1), BODY_TEXT, "yes", STATUS_BAD_VALUE, one },
		{ BITS(8), BODY_NUMBER, "255", STATUS_OK, "255" },
		{ BITS(8), BODY_NUMBER, "256", STATUS_NO_FIT, range },
		{ BITS(8), BODY_NUMBER, "1.0", STATUS_BAD_VALUE, "expected an unsigned integer" },
		{ BITS(63), BODY_NUMBER, "9223372036854775807", STATUS_OK, "9223372036854775807" },
		{ BITS(63), BODY_NUMBER, "9223372036854775808", STATUS_NO_FIT, range },
		{ BITS(64), BODY_NUMBER, "18446744073709551615", STATUS_OK, "18446744073709551615" },
		{ BITS(64), BODY_NUMBER, "18446744073709551616", STATUS_NO_FIT, range },
	};

	(void)state;
	EXPECT_SAMPLES(samples);
}

static void texts(void **state)
{
	static const char *const spaces = "spaces at the end would be removed";
	const struct sample samples[] = {
		{ STRING("varchar(3)", 3), BODY_TEXT, "abc", STATUS_OK, "'abc'" },
		{ STRING("varchar(3)", 3), BODY_TEXT, "", STATUS_OK, "''" },
		{ STRING("varchar(3)", 3), BODY_TEXT, "a  ", STATUS_OK, "'a  '" },
		{ STRING("varchar(3)", 3), BODY_TEXT, "abcd", STATUS_TOO_LONG, "the value has 4 characters, the maximum is 3" },
		{ STRING("varchar(3)", 3), BODY_TEXT, "abc ", STATUS_TOO_LONG, "the value has 4 characters, the maximum is 3" },
		{ STRING("varchar(3)", 3), BODY_TEXT, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", STATUS_OK,
		  "'\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80'" },
		{ STRING("varchar(3)", 3), BODY_TEXT, "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", STATUS_TOO_LONG,
		  "the value has 4 characters, the maximum is 3" },
		{ STRING("varchar(9)", 9), BODY_TEXT, "it's \\", STATUS_OK, "'it''s \\'" },
		{ STRING("varchar(9)", 9), BODY_TEXT, "''", STATUS_OK, "''''''" },
		{ STRING("varchar(9)", 9), BODY_NUMBER, "1.50", STATUS_OK, "'1.50'" },
		{ STRING("varchar(9)", 9), BODY_TRUE, "true", STATUS_OK, "'true'" },
		{ STRING("varchar(9)", 9), BODY_STRUCTURE, "{\"a\":1}", STATUS_OK, "'{\"a\":1}'" },
		{ STRING("varchar(9)", 9), BODY_TEXT, "NULL", STATUS_OK, "'NULL'" },
		{ STRING("char(3)", 3), BODY_TEXT, "abc", STATUS_OK, "'abc'" },
		{ STRING("char(3)", 3), BODY_TEXT, " a", STATUS_OK, "' a'" },
		{ STRING("char(3)", 3), BODY_TEXT, "", STATUS_OK, "''" },
		{ STRING("char(3)", 3), BODY_TEXT, "a ", STATUS_TOO_LONG, spaces },
		{ STRING("char(3)", 3), BODY_TEXT, " ", STATUS_TOO_LONG, spaces },
		{ STRING("CHAR(3)", 3), BODY_TEXT, "a ", STATUS_TOO_LONG, spaces },
		{ STRING("char(3)", 3), BODY_TEXT, "abc ", STATUS_TOO_LONG, "the value has 4 characters, the maximum is 3" },
		{ STRING("tinytext", 3), BODY_TEXT, "abc", STATUS_OK, "'abc'" },
		{ STRING("tinytext", 3), BODY_TEXT, "a ", STATUS_OK, "'a '" },
		{ STRING("tinytext", 3), BODY_TEXT, "abc ", STATUS_TOO_LONG, "the value has 4 bytes, the maximum is 3" },
		{ STRING("tinytext", 3), BODY_TEXT, "\xc3\xa9\xc3\xa9", STATUS_TOO_LONG,
		  "the value has 4 bytes, the maximum is 3" },
		{ { .type = COLUMN_STRING, DECLARED("tinytext"), .length = 3, .last_character = 0xff }, BODY_TEXT,
		  "\xc3\xa9\xc3\xa9", STATUS_OK, "'\xc3\xa9\xc3\xa9'" },
		{ STRING("varchar(9)", 9), BODY_TEXT, "\xff", STATUS_BAD_VALUE, "expected valid UTF-8" },
	};

	(void)state;
	EXPECT_SAMPLES(samples);
}

static void a_nul_is_a_character(void **state)
{
	static const struct column column = { .type = COLUMN_STRING, .kind = KIND_VARCHAR, .length = 3 };
	static const struct body_value value = { .kind = BODY_TEXT, .text = { "a\0b", 3 } };
	struct text sql = { 0 };
	const char *why;

	(void)state;
	assert_int_equal(write_value_add(&sql, &mysql_dialect, &column, &value, &arena, &why), STATUS_OK);
	assert_int_equal(sql.length, 5);
	assert_memory_equal(sql.bytes, "'a\0b'", 5);
	text_release(&sql);
}

static void members(void **state)
{
#define ENUM "enum('a','it''s','b\\\\c','d,e','','?','x?y','ab')"
#define SET "set('a','b','it''s','\\\\','?')"
	static const char *const of_enum = "expected " ENUM, *const of_set = "expected " SET;
	const struct sample samples[] = {
		{ STRING(ENUM, 4), BODY_TEXT, "a", STATUS_OK, "'a'" },
		{ STRING(ENUM, 4), BODY_TEXT, "ab", STATUS_OK, "'ab'" },
		{ STRING(ENUM, 4), BODY_TEXT, "it's", STATUS_OK, "'it''s'" },
		{ STRING(ENUM, 4), BODY_TEXT, "b\\c", STATUS_OK, "'b\\c'" },
		{ STRING(ENUM, 4), BODY_TEXT, "d,e", STATUS_OK, "'d,e'" },
		{ STRING(ENUM, 4), BODY_TEXT, "", STATUS_OK, "''" },
		{ STRING(ENUM, 4), BODY_TEXT, "?", STATUS_OK, "'?'" },
		{ STRING(ENUM, 4), BODY_TEXT, "x\xf0\x9f\x98\x80y", STATUS_OK, "'x\xf0\x9f\x98\x80y'" },
		{ STRING(ENUM, 4), BODY_TEXT, "x\xe2\x82\xacy", STATUS_NO_MEMBER, of_enum },
		{ STRING(ENUM, 4), BODY_TEXT, "A", STATUS_NO_MEMBER, of_enum },
		{ STRING(ENUM, 4), BODY_TEXT, "a ", STATUS_NO_MEMBER, of_enum },
		{ STRING(ENUM, 4), BODY_TEXT, "abc", STATUS_NO_MEMBER, of_enum },
		{ STRING(ENUM, 4), BODY_TEXT, "it", STATUS_NO_MEMBER, of_enum },
		{ STRING(ENUM, 4), BODY_TEXT, "it''s", STATUS_NO_MEMBER, of_enum },
		{ STRING(ENUM, 4), BODY_TEXT, "b\\\\c", STATUS_NO_MEMBER, of_enum },
		{ STRING(ENUM, 4), BODY_TEXT, ",", STATUS_NO_MEMBER, of_enum },
		{ STRING(ENUM, 4), BODY_TEXT, "','", STATUS_NO_MEMBER, of_enum },
		{ STRING(ENUM, 4), BODY_TEXT, "1", STATUS_NO_MEMBER, of_enum }, /* a member's number to the server */
		{ STRING(ENUM, 4), BODY_NUMBER, "1", STATUS_NO_MEMBER, of_enum },
		{ STRING(ENUM, 4), BODY_TEXT, "e", STATUS_NO_MEMBER, of_enum },
		{ STRING(ENUM, 4), BODY_TEXT, "'", STATUS_NO_MEMBER, of_enum },
		{ STRING("enum('\\n','\\0')", 1), BODY_TEXT, "\n", STATUS_OK, "'\n'" },
		{ STRING("enum('n','0')", 1), BODY_TEXT, "\n", STATUS_NO_MEMBER, "expected enum('n','0')" },
		{ STRING("enum('1','2')", 1), BODY_NUMBER, "2", STATUS_OK, "'2'" },
		{ STRING(SET, 4), BODY_TEXT, "", STATUS_OK, "''" },
		{ STRING(SET, 4), BODY_TEXT, "a", STATUS_OK, "'a'" },
		{ STRING(SET, 4), BODY_TEXT, "b,a", STATUS_OK, "'b,a'" },
		{ STRING(SET, 4), BODY_TEXT, "a,it's,\\", STATUS_OK, "'a,it''s,\\'" },
		{ STRING(SET, 4), BODY_TEXT, "a,\xf0\x9f\x98\x80", STATUS_OK, "'a,\xf0\x9f\x98\x80'" },
		{ STRING(SET, 4), BODY_TEXT, "a,c", STATUS_NO_MEMBER, of_set },
		{ STRING(SET, 4), BODY_TEXT, "a,", STATUS_NO_MEMBER, of_set },
		{ STRING(SET, 4), BODY_TEXT, ",a", STATUS_NO_MEMBER, of_set },
		{ STRING(SET, 4), BODY_TEXT, ",", STATUS_NO_MEMBER, of_set },
		{ STRING(SET, 4), BODY_TEXT, "a, b", STATUS_NO_MEMBER, of_set },
		{ STRING(SET, 4), BODY_TEXT, "A", STATUS_NO_MEMBER, of_set },
		{ STRING(SET, 4), BODY_NUMBER, "3", STATUS_NO_MEMBER, of_set },
	};

	(void)state;
	EXPECT_SAMPLES(samples);
}

static void moments(void **state)
{
#define FINE(name, digits) { .type = COLUMN_##name, .precision = digits }
	static const char *const none = "expected no digits after the point", *const date = "expected YYYY-MM-DD",
	                  *const three = "expected at most 3 digits after the point";
	const struct sample samples[] = {
		{ OF(DATE), BODY_TEXT, "2024-02-29", STATUS_OK, "'2024-02-29'" },
		{ OF(DATE), BODY_TEXT, "2024-2-29", STATUS_BAD_VALUE, date },
		{ OF(DATE), BODY_NUMBER, "20240229", STATUS_BAD_VALUE, date },
		{ OF(DATE), BODY_TEXT, "2024-02-29T00:00:00.000Z", STATUS_OK, "'2024-02-29'" },
		{ OF(DATE), BODY_TEXT, "2024-02-29T00:00:01", STATUS_BAD_VALUE, "expected a date without a time of day" },
		{ OF(DATE), BODY_TEXT, "2024-02-29T00:00:00+02:00", STATUS_BAD_VALUE, "expected a date without a zone" },
		{ FINE(DATETIME, 6), BODY_TEXT, "2024-01-02T03:04:05+02:00", STATUS_BAD_VALUE,
		  "expected a moment without a zone or in UTC (Z)" },
		{ FINE(DATETIME, 6), BODY_TEXT, "2024-01-02T03:04:05.1234567", STATUS_NO_FIT,
		  "expected at most 6 digits after the point" },
		{ FINE(DATETIME, 6), BODY_TEXT, "2024-01-02T03:04:05.123456000Z", STATUS_OK, "'2024-01-02 03:04:05.123456'" },
		{ FINE(DATETIME, 0), BODY_TEXT, "2024-01-02T03:04", STATUS_OK, "'2024-01-02 03:04:00'" },
		{ OF(DATE), BODY_TEXT, "", STATUS_BAD_VALUE, date },
		{ FINE(TIME, 0), BODY_TEXT, "-01:02:03", STATUS_OK, "'-01:02:03'" },
		{ FINE(TIME, 0), BODY_TEXT, "01:02:03.0", STATUS_OK, "'01:02:03.0'" },
		{ FINE(TIME, 0), BODY_TEXT, "01:02:03.5", STATUS_NO_FIT, none },
		{ FINE(TIME, 3), BODY_TEXT, "01:02:03.123", STATUS_OK, "'01:02:03.123'" },
		{ FINE(TIME, 3), BODY_TEXT, "01:02:03.123000", STATUS_OK, "'01:02:03.123000'" },
		{ FINE(TIME, 3), BODY_TEXT, "01:02:03.1234", STATUS_NO_FIT, three },
		{ FINE(DATETIME, 0), BODY_TEXT, "2024-01-02T03:04:05", STATUS_OK, "'2024-01-02 03:04:05'" },
		{ FINE(DATETIME, 0), BODY_TEXT, "2024-01-02 03:04:05.000", STATUS_OK, "'2024-01-02 03:04:05.000'" },
		{ FINE(DATETIME, 0), BODY_TEXT, "2024-01-02T03:04:05.9", STATUS_NO_FIT, none },
		{ FINE(DATETIME, 6), BODY_TEXT, "2024-01-02T03:04:05.123456", STATUS_OK, "'2024-01-02 03:04:05.123456'" },
		{ FINE(TIMESTAMP, 3), BODY_TEXT, "2024-01-02T03:04:05.123Z", STATUS_OK, "'2024-01-02 03:04:05.123'" },
		{ FINE(TIMESTAMP, 3), BODY_TEXT, "2024-01-02T03:04:05.1235+00:00", STATUS_NO_FIT, three },
		{ FINE(TIMESTAMP, 0), BODY_TEXT, "2024-01-02T03:04:05+01:00", STATUS_OK, "'2024-01-02 02:04:05'" },
	};

	(void)state;
	EXPECT_SAMPLES(samples);
}

static void json(void **state)
{
	static const struct column column = { .type = COLUMN_JSON, DECLARED("json") };
	static const struct {
		enum body_kind kind;
		const char *text, *json; /* NULL: of CSV */
		enum status status;
		const char *said;
	} cases[] = {
		{ BODY_TEXT, "a", "\"a\"", STATUS_OK, "'\"a\"'" },
		{ BODY_TEXT, "it's", "\"it's\"", STATUS_OK, "'\"it''s\"'" },
		{ BODY_TEXT, "{}", "\"{}\"", STATUS_OK, "'\"{}\"'" },
		{ BODY_TEXT, "\n", "\"\\n\"", STATUS_OK, "'\"\\n\"'" },
		{ BODY_NUMBER, "1.50", "1.50", STATUS_OK, "'1.50'" },
		{ BODY_TRUE, "true", "true", STATUS_OK, "'true'" },
		{ BODY_STRUCTURE, "{\"a\": 1}", "{\"a\": 1}", STATUS_OK, "'{\"a\": 1}'" },
		{ BODY_TEXT, "{\"a\": 1}", NULL, STATUS_OK, "'{\"a\": 1}'" },
		{ BODY_TEXT, "null", NULL, STATUS_OK, "'null'" },
		/* names are found as they are written only */
		{ BODY_STRUCTURE, "{}", "{\"\\u043a\": \"\\u043a\", \"it\\u0027s\" :1}", STATUS_OK,
		  "'{\"\xd0\xba\": \"\\u043a\", \"it''s\" :1}'" },
		{ BODY_TEXT, "a", NULL, STATUS_BAD_VALUE, "expected JSON" },
		{ BODY_TEXT, "", NULL, STATUS_BAD_VALUE, "expected JSON" },
		{ BODY_TEXT, "{}'", NULL, STATUS_BAD_VALUE, "expected JSON" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		struct body_value value = { .kind = cases[i].kind, .text = slice_of(cases[i].text) };

		if (cases[i].json != NULL)
			value.json = slice_of(cases[i].json);
		expect_one(&column, &value, cases[i].status, cases[i].said);
	}
}

static void bytes_and_others(void **state)
{
#define OTHER(name) { .type = COLUMN_STRING, DECLARED(name), .length = 4, .is_opaque = true }
	const struct sample samples[] = {
		{ { .type = COLUMN_BINARY, DECLARED("blob") }, BODY_TEXT, "AAEC", STATUS_OK, "X'000102'" },
		{ { .type = COLUMN_BINARY, DECLARED("blob") }, BODY_TEXT, "", STATUS_OK, "X''" },
		{ { .type = COLUMN_BINARY, DECLARED("blob") }, BODY_TEXT, "A", STATUS_BAD_VALUE, "expected base64" },
		{ { .type = COLUMN_BINARY, DECLARED("blob") }, BODY_TEXT, "'", STATUS_BAD_VALUE, "expected base64" },
		{ { .type = COLUMN_BINARY, DECLARED("varbinary(4)"), .length = 4 }, BODY_TEXT, "AAEC", STATUS_OK, "X'000102'" },
		/* to fewer bytes the server would add some */
		{ { .type = COLUMN_BINARY, DECLARED("binary(4)"), .length = 4 }, BODY_TEXT, "AAECAw==", STATUS_OK,
		  "X'00010203'" },
		{ { .type = COLUMN_BINARY, DECLARED("binary(4)"), .length = 4 }, BODY_TEXT, "AAEC", STATUS_NO_FIT,
		  "expected 4 bytes" },
		{ { .type = COLUMN_BINARY, DECLARED("binary(4)"), .length = 4 }, BODY_TEXT, "", STATUS_NO_FIT,
		  "expected 4 bytes" },
		{ OTHER("uuid"), BODY_TEXT, "01234567-89ab-cdef-0123-456789abcdef", STATUS_OK,
		  "'01234567-89ab-cdef-0123-456789abcdef'" },
		{ OTHER("uuid"), BODY_TEXT, "x", STATUS_BAD_VALUE, "expected a UUID" },
		{ OTHER("inet6"), BODY_TEXT, "::1", STATUS_OK, "'::1'" },
		{ OTHER("inet4"), BODY_TEXT, "::1", STATUS_BAD_VALUE, "expected an IPv4 address" },
	};

	(void)state;
	EXPECT_SAMPLES(samples);
}

static int release(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_there),
		cmocka_unit_test(numbers),
		cmocka_unit_test(bits),
		cmocka_unit_test(texts),
		cmocka_unit_test(a_nul_is_a_character),
		cmocka_unit_test(members),
		cmocka_unit_test(moments),
		cmocka_unit_test(json),
		cmocka_unit_test(bytes_and_others),
	};

	return cmocka_run_group_tests_name("written", tests, NULL, release);
}
