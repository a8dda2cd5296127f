/* SPDX-License-Identifier: MIT */
#include "response/render.h"

#include "unit.h"

static struct text out;
static bool mistyped;

static int forget(void **state)
{
	(void)state;
	text_release(&out);
	return 0;
}

static void render(enum column_type type, uint64_t length, const char *bytes, size_t size)
{
	struct plan_output column = { .type = type, .length = length };
	struct slice given = exact(bytes, size);

	text_clear(&out);
	text_add_char(&out, '[');
	assert_int_equal(render_json_value(&out, &column, given.bytes, given.length, &mistyped), 0);
	text_add_char(&out, ']');
	json_object_put(assert_json(out.bytes, out.length));
	out.bytes[--out.length] = '\0';
	exact_free(given);
}

#define EXPECT(type, given, wanted) \
	do { \
		render((type), 8, (given), sizeof(given) - 1); \
		assert_string_equal(out.bytes + 1, (wanted)); \
	} while (0)

static void integers_are_numbers_of_64_bits(void **state)
{
	(void)state;
	EXPECT(COLUMN_INTEGER, "0", "0");
	EXPECT(COLUMN_INTEGER, "-1", "-1");
	EXPECT(COLUMN_INTEGER, "18446744073709551615", "18446744073709551615");
	EXPECT(COLUMN_INTEGER, "-9223372036854775808", "-9223372036854775808");
	EXPECT(COLUMN_INTEGER, "00042", "42"); /* ZEROFILL */
	EXPECT(COLUMN_INTEGER, "00000", "0");
	EXPECT(COLUMN_YEAR, "2024", "2024");
	EXPECT(COLUMN_YEAR, "0000", "0");
}

static void decimals_keep_every_digit(void **state)
{
	(void)state;
	EXPECT(COLUMN_DECIMAL, "1.50", "1.50");
	EXPECT(COLUMN_DECIMAL, "-0.00", "-0.00");
	EXPECT(COLUMN_DECIMAL, "00001.50", "1.50");
	EXPECT(COLUMN_DECIMAL, ".5", "0.5");
	EXPECT(COLUMN_DECIMAL, "-.5", "-0.5");
	EXPECT(COLUMN_DECIMAL, "12345678901234567890123456789012345.123456789012345678901234567890",
	       "12345678901234567890123456789012345.123456789012345678901234567890");
}

static void doubles_as_the_server_prints_them(void **state)
{
	(void)state;
	EXPECT(COLUMN_DOUBLE, "0.1", "0.1");
	EXPECT(COLUMN_DOUBLE, "1e100", "1e100");
	EXPECT(COLUMN_DOUBLE, "-1.7976931348623157e308", "-1.7976931348623157e308");
	EXPECT(COLUMN_DOUBLE, "5e-324", "5e-324");
	EXPECT(COLUMN_DOUBLE, "-0", "-0");
	EXPECT(COLUMN_DOUBLE, "0000000000000000000012", "12");
}

static void floats_are_the_shortest_text_that_reads_back(void **state)
{
	char digits[350];
	float number, again;
	uint32_t seed = 3, bits;

	(void)state;
	EXPECT(COLUMN_FLOAT, "0.10000000149011612", "0.1");
	EXPECT(COLUMN_FLOAT, "1.2345678806304932", "1.2345679");
	EXPECT(COLUMN_FLOAT, "16777216", "16777216");
	EXPECT(COLUMN_FLOAT, "0", "0");
	EXPECT(COLUMN_FLOAT, "-0", "-0");
	EXPECT(COLUMN_FLOAT, "3.4028234663852886e38", "3.4028235e+38");
	EXPECT(COLUMN_FLOAT, "1.401298464324817e-45", "1e-45");
	EXPECT(COLUMN_FLOAT, "1000000", "1e+06");
	for (int i = 0; i < 20000; i++) {
		bits = dice(&seed);
		memcpy(&number, &bits, sizeof(number));
		if (number != number || number - number != 0) /* no number, or infinite: MySQL has none of these */
			continue;
		snprintf(digits, sizeof(digits), "%.17g", (double)number);
		render(COLUMN_FLOAT, 0, digits, strlen(digits));
		again = strtof(out.bytes + 1, NULL);
		assert_memory_equal(&again, &number, sizeof(number));
		assert_true(out.length <= 1 + 15);
	}
	memset(digits, '1', sizeof(digits)); /* longer than any server writes: no harm */
	render(COLUMN_FLOAT, 0, digits, 331);
}

static void booleans_are_true_and_false_or_what_they_are(void **state)
{
	(void)state;
	EXPECT(COLUMN_BOOLEAN, "0", "false");
	EXPECT(COLUMN_BOOLEAN, "1", "true");
	EXPECT(COLUMN_BOOLEAN, "2", "2");
	EXPECT(COLUMN_BOOLEAN, "-1", "-1");
	EXPECT(COLUMN_BOOLEAN, "10", "10");
}

static void bits_are_numbers_or_a_truth_value(void **state)
{
	(void)state;
	EXPECT(COLUMN_BIT, "5", "5");
	EXPECT(COLUMN_BIT, "18446744073709551615", "18446744073709551615");
	EXPECT(COLUMN_BIT, "0", "0");
	EXPECT(COLUMN_BIT, "\x05", "\"\\u0005\"");
	render(COLUMN_BIT, 1, "0", 1);
	assert_string_equal(out.bytes + 1, "false");
	render(COLUMN_BIT, 1, "1", 1);
	assert_string_equal(out.bytes + 1, "true");
}

static void moments_are_iso_8601(void **state)
{
	(void)state;
	EXPECT(COLUMN_DATE, "2024-01-02", "\"2024-01-02\"");
	EXPECT(COLUMN_DATE, "0000-00-00", "\"0000-00-00\"");
	EXPECT(COLUMN_TIME, "-838:59:59.000000", "\"-838:59:59.000000\"");
	EXPECT(COLUMN_DATETIME, "2024-01-02 03:04:05", "\"2024-01-02T03:04:05\"");
	EXPECT(COLUMN_DATETIME, "2024-01-02 03:04:05.678900", "\"2024-01-02T03:04:05.678900\"");
	EXPECT(COLUMN_DATETIME, "0000-00-00 00:00:00", "\"0000-00-00T00:00:00\"");
	EXPECT(COLUMN_TIMESTAMP, "2024-01-02 03:04:05", "\"2024-01-02T03:04:05+00:00\"");
	EXPECT(COLUMN_TIMESTAMP, "2024-01-02 03:04:05.5", "\"2024-01-02T03:04:05.5+00:00\"");
}

static void json_is_itself_or_a_string(void **state)
{
	(void)state;
	EXPECT(COLUMN_JSON, "{\"a\": [1, null]}", "{\"a\": [1, null]}");
	EXPECT(COLUMN_JSON, "\"x\"", "\"x\"");
	EXPECT(COLUMN_JSON, "null", "null");
	EXPECT(COLUMN_JSON, "{broken", "\"{broken\"");
	EXPECT(COLUMN_JSON, "", "\"\"");
	EXPECT(COLUMN_JSON, "1],[2", "\"1],[2\""); /* it cannot leave its place */
	EXPECT(COLUMN_JSON, "NaN", "\"NaN\"");
}

static void bytes_are_base64(void **state)
{
	(void)state;
	EXPECT(COLUMN_BINARY, "", "\"\"");
	EXPECT(COLUMN_BINARY, "\x00\xff\"", "\"AP8i\"");
	EXPECT(COLUMN_GEOMETRY, "\x01", "\"AQ==\"");
}

static void strings_and_what_is_none(void **state)
{
	struct plan_output column = { .type = COLUMN_STRING };
	struct text text = { 0 };

	(void)state;
	EXPECT(COLUMN_STRING, "", "\"\"");
	EXPECT(COLUMN_STRING, "a\"\\\n\x00", "\"a\\\"\\\\\\n\\u0000\"");
	EXPECT(COLUMN_STRING, "\xc3\xa9\xf0\x9f\x98\x80", "\"\xc3\xa9\xf0\x9f\x98\x80\"");
	assert_int_equal(render_json_value(&text, &column, "a\xff\xfe", 3, &mistyped), 2);
	assert_is(text, "\"a\xef\xbf\xbd\xef\xbf\xbd\"");
	text_clear(&text);
	column.type = COLUMN_JSON;
	assert_int_equal(render_json_value(&text, &column, "\"\xff\"", 3, &mistyped), 1);
	assert_is(text, "\"\\\"\xef\xbf\xbd\\\"\"");
	text_release(&text);
}

static void objects_have_their_columns_in_order(void **state)
{
	struct plan_output id = { .type = COLUMN_INTEGER, .json_key = SLICE("\"id\":") };
	struct plan_output name = { .type = COLUMN_STRING, .json_key = SLICE("\"a\\\"b\":") };
	const struct plan_output columns[] = { name, id, name };
	const char *values[] = { "x\xff", "5", NULL };
	unsigned long lengths[] = { 2, 1, 0 };
	struct row row = { 3, values, lengths };

	(void)state;
	text_add_string(&out, ">");
	assert_int_equal(render_json_object(&out, columns, 2, &row, &mistyped), 1);
	assert_is(out, ">{\"a\\\"b\":\"x\xef\xbf\xbd\",\"id\":5}");
	text_clear(&out);
	values[1] = NULL;
	assert_int_equal(render_json_object(&out, columns + 1, 2, &(struct row){ 2, values + 1, lengths + 1 }, &mistyped), 0);
	assert_is(out, "{\"id\":null,\"a\\\"b\":null}");
	text_clear(&out);
	assert_int_equal(render_json_object(&out, columns, 0, &row, &mistyped), 0);
	assert_is(out, "{}");
}

static void what_is_not_of_its_type_becomes_a_string(void **state)
{
	static const struct {
		enum column_type type;
		const char *bytes;
	} cases[] = {
		{ COLUMN_INTEGER, "x,\"admin\":true" }, { COLUMN_INTEGER, "" },    { COLUMN_INTEGER, "1}" },
		{ COLUMN_INTEGER, "-" },                  { COLUMN_INTEGER, "1e" },  { COLUMN_DECIMAL, "1.2.3" },
		{ COLUMN_DECIMAL, "1." },                 { COLUMN_DOUBLE, "1e+" },  { COLUMN_DOUBLE, "nan" },
		{ COLUMN_YEAR, "null" },                  { COLUMN_BOOLEAN, "yes" }, { COLUMN_DATE, "a\"b" },
		{ COLUMN_TIME, "\\" },                   { COLUMN_DATETIME, "\n" }, { COLUMN_TIMESTAMP, "\xff" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct plan_output column = { .type = cases[i].type };

		text_clear(&out);
		mistyped = false;
		text_add_char(&out, '[');
		(void)render_json_value(&out, &column, cases[i].bytes, strlen(cases[i].bytes), &mistyped);
		text_add_char(&out, ']');
		assert_true(mistyped);
		assert_int_equal(out.bytes[1], '"');
		json_object_put(assert_json(out.bytes, out.length));
	}
	mistyped = false;
	EXPECT(COLUMN_DOUBLE, "-1.5e-7", "-1.5e-7");
	EXPECT(COLUMN_DOUBLE, "1e100", "1e100");
	assert_false(mistyped);
}

static void csv_is_quoted_where_it_must_be(void **state)
{
	static const struct {
		enum column_type type;
		const char *value, *wanted;
	} cases[] = {
		{ COLUMN_STRING, "plain", "plain" },
		{ COLUMN_STRING, "", "\"\"" },
		{ COLUMN_STRING, NULL, "" },
		{ COLUMN_STRING, "a,b", "\"a,b\"" },
		{ COLUMN_STRING, "say \"x\"", "\"say \"\"x\"\"\"" },
		{ COLUMN_STRING, "two\nlines", "\"two\nlines\"" },
		{ COLUMN_STRING, "a\rb", "\"a\rb\"" },
		{ COLUMN_STRING, " as it is ", " as it is " },
		{ COLUMN_STRING, "back\\slash", "back\\slash" },
		{ COLUMN_INTEGER, "0042", "42" },
		{ COLUMN_DECIMAL, "-.50", "-0.50" },
		{ COLUMN_BOOLEAN, "1", "true" },
		{ COLUMN_DATETIME, "2024-01-02 03:04:05", "2024-01-02T03:04:05" },
		{ COLUMN_TIMESTAMP, "2024-01-02 03:04:05", "2024-01-02T03:04:05+00:00" },
		{ COLUMN_DATE, "2024-01-02", "2024-01-02" },
		{ COLUMN_BINARY, "abc", "YWJj" },
		{ COLUMN_BINARY, "", "\"\"" },
		{ COLUMN_JSON, "{\"a\":[1,2]}", "\"{\"\"a\"\":[1,2]}\"" },
		{ COLUMN_JSON, "null", "null" },
		{ COLUMN_INTEGER, "1,x\"", "\"1,x\"\"\"" }, /* not of its type */
		{ COLUMN_DATE, "a\"b", "\"a\"\"b\"" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		struct plan_output column = { .type = cases[i].type, .name = SLICE("x,y") };
		const char *value = cases[i].value;
		unsigned long length = value != NULL ? strlen(value) : 0;
		struct row row = { 1, &value, &length };
		char wanted[200];

		text_clear(&out);
		render_csv_names(&out, &column, 1);
		assert_int_equal(render_csv_row(&out, &column, 1, &row, &mistyped), 0);
		snprintf(wanted, sizeof(wanted), "\"x,y\"\n%s\n", cases[i].wanted);
		assert_string_equal(text_terminate(&out), wanted);
	}
}

static void csv_is_utf8(void **state)
{
	struct plan_output column = { .type = COLUMN_STRING };
	const char *value = "a\xff" "b\xc3,";
	unsigned long length = 5;
	struct row row = { 1, &value, &length };

	(void)state;
	assert_int_equal(render_csv_row(&out, &column, 1, &row, &mistyped), 2);
	assert_string_equal(text_terminate(&out), "\"a\xef\xbf\xbd" "b\xef\xbf\xbd,\"\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, forget)
	const struct CMUnitTest tests[] = {
		TEST(what_is_not_of_its_type_becomes_a_string),
		TEST(integers_are_numbers_of_64_bits),
		TEST(decimals_keep_every_digit),
		TEST(doubles_as_the_server_prints_them),
		TEST(floats_are_the_shortest_text_that_reads_back),
		TEST(booleans_are_true_and_false_or_what_they_are),
		TEST(bits_are_numbers_or_a_truth_value),
		TEST(moments_are_iso_8601),
		TEST(json_is_itself_or_a_string),
		TEST(bytes_are_base64),
		TEST(strings_and_what_is_none),
		TEST(objects_have_their_columns_in_order),
		TEST(csv_is_quoted_where_it_must_be),
		TEST(csv_is_utf8),
	};

	return cmocka_run_group_tests_name("render", tests, NULL, NULL);
}
