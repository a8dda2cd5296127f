/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include "unit.h"
#include "base/utf8.h"

/* What json-c reads is what was written. */
static void expect_round_trip(const char *bytes, size_t length)
{
	struct slice given = exact(bytes, length);
	struct text text = { 0 };
	struct json_object *value;

	assert_int_equal(json_add_string(&text, given.bytes, given.length), 0);
	value = assert_json(text.bytes, text.length);
	assert_int_equal(json_object_get_type(value), json_type_string);
	assert_int_equal(json_object_get_string_len(value), length);
	assert_memory_equal(json_object_get_string(value), bytes, length);
	json_object_put(value);
	text_release(&text);
	exact_free(given);
}

static void json_strings_hold_every_ascii_byte(void **state)
{
	char byte, all[128];

	(void)state;
	expect_round_trip("", 0);
	for (int i = 0; i < 128; i++) {
		byte = all[i] = (char)i;
		expect_round_trip(&byte, 1);
	}
	expect_round_trip(all, sizeof(all));
}

static void json_strings_escape_no_more_than_they_must(void **state)
{
	struct text text = { 0 };

	(void)state;
	json_add_string(&text, "a/b\x7f\"\\\b\t\n\f\r\x01\x0b\x1f\xc3\xa9", 16);
	assert_is(text, "\"a/b\x7f\\\"\\\\\\b\\t\\n\\f\\r\\u0001\\u000b\\u001f\xc3\xa9\"");
	text_release(&text);
}

static size_t encode(char *out, uint32_t point)
{
	if (point < 0x80) {
		out[0] = (char)point;
		return 1;
	}
	if (point < 0x800) {
		out[0] = (char)(0xc0 | point >> 6);
		out[1] = (char)(0x80 | (point & 63));
		return 2;
	}
	if (point < 0x10000) {
		out[0] = (char)(0xe0 | point >> 12);
		out[1] = (char)(0x80 | (point >> 6 & 63));
		out[2] = (char)(0x80 | (point & 63));
		return 3;
	}
	out[0] = (char)(0xf0 | point >> 18);
	out[1] = (char)(0x80 | (point >> 12 & 63));
	out[2] = (char)(0x80 | (point >> 6 & 63));
	out[3] = (char)(0x80 | (point & 63));
	return 4;
}

static void every_code_point_is_kept_and_surrogates_are_not(void **state)
{
	struct text all = { 0 };
	char sequence[4];
	size_t length;

	(void)state;
	for (uint32_t point = 1; point <= 0x110000; point++) {
		length = encode(sequence, point);
		if ((point >= 0xd800 && point <= 0xdfff) || point > 0x10ffff)
			assert_int_equal(utf8_span(sequence, length), 0);
		else {
			assert_int_equal(utf8_span(sequence, length), length);
			for (size_t part = 1; part < length; part++) /* a beginning alone is nothing */
				assert_int_equal(utf8_span(sequence, part), 0);
			text_add(&all, sequence, length);
		}
	}
	expect_round_trip(all.bytes, all.length);
	text_release(&all);
}

static void long_strings_are_whole_wherever_a_character_falls(void **state)
{
	static const char *const characters[] = { "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\"", "\x01" };
	char text[2100];

	(void)state;
	for (size_t c = 0; c < LENGTH_OF(characters); c++)
		for (size_t at = 1015; at < 1030; at++) {
			memset(text, 'x', sizeof(text));
			memcpy(text + at, characters[c], strlen(characters[c]));
			expect_round_trip(text, sizeof(text));
			expect_round_trip(text, at + strlen(characters[c]));
		}
	memset(text, 1, sizeof(text)); /* the worst case: six bytes for each */
	expect_round_trip(text, sizeof(text));
}

static void what_is_not_utf8_is_replaced_and_counted(void **state)
{
	static const struct {
		const char *bytes;
		size_t replaced;
		const char *wanted;
	} cases[] = {
		{ "\x80", 1, "\"\xef\xbf\xbd\"" },
		{ "a\xff" "b", 1, "\"a\xef\xbf\xbd" "b\"" },
		{ "\xc3", 1, "\"\xef\xbf\xbd\"" },
		{ "\xc3(", 1, "\"\xef\xbf\xbd(\"" },
		{ "\xc0\xaf", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\"" },                     /* overlong */
		{ "\xe0\x80\xaf", 3, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },     /* overlong */
		{ "\xed\xa0\x80", 3, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },     /* a surrogate */
		{ "\xf4\x90\x80\x80\"", 4, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\\\"\"" },
		{ "\xe2\x82\xe2\x82\xac", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\xe2\x82\xac\"" },
		{ "\xef\xbf\xbd", 0, "\"\xef\xbf\xbd\"" },
	};
	struct text text = { 0 };
	struct slice given;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		given = exact(cases[i].bytes, strlen(cases[i].bytes));
		text_clear(&text);
		assert_int_equal(json_add_string(&text, given.bytes, given.length), cases[i].replaced);
		assert_is(text, cases[i].wanted);
		json_object_put(assert_json(text.bytes, text.length));
		exact_free(given);
	}
	text_release(&text);
}

/* Says of the text what json_add says, from a block of exactly its size. */
static bool takes_json(const char *bytes, size_t length)
{
	struct slice given = exact(bytes, length);
	struct text text = { 0 };
	bool took;

	text_add_char(&text, '>');
	took = json_add(&text, given.bytes, given.length);
	assert_int_equal(text.length, took ? 1 + length : 1);
	if (took)
		assert_memory_equal(text.bytes + 1, bytes, length);
	text_release(&text);
	exact_free(given);
	return took;
}

static void names_in_json_are_written_without_escapes(void **state)
{
	static const struct {
		const char *json, *wanted;
	} cases[] = {
		{ "{}", "{}" },
		{ "[1, \"a\", null]", "[1, \"a\", null]" },
		{ "{\"a\":\"\\u043a\"}", "{\"a\":\"\\u043a\"}" }, /* values stay */
		{ "{\"\\u043a\":1}", "{\"\xd0\xba\":1}" },
		{ "{\"\\u043A\" \n:1}", "{\"\xd0\xba\" \n:1}" },
		{ "{\"a\\/b\":[{\"\\u00e9\":{\"\\u20ac\":2}}]}", "{\"a/b\":[{\"\xc3\xa9\":{\"\xe2\x82\xac\":2}}]}" },
		{ "{\"\\ud83d\\ude00\":1}", "{\"\xf0\x9f\x98\x80\":1}" },
		{ "[\"\\\"\", {\"\\\"\": \":\"}]", "[\"\\\"\", {\"\\\"\": \":\"}]" }, /* what has to be escaped is */
		{ "{\"\\\\u043a\":1}", "{\"\\\\u043a\":1}" },
		{ "{\"\\u000a\\t\\u0022\":1}", "{\"\\n\\t\\\"\":1}" },
		{ "{\"\\ud800\":1,\"\\udc00x\":2,\"\\ud800\\u0041\":3}", "{\"\\ud800\":1,\"\\udc00x\":2,\"\\ud800\\u0041\":3}" },
		{ "\"\\u043a\"", "\"\\u043a\"" },
	};
	struct text text = { 0 };

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		struct slice given = exact(cases[i].json, strlen(cases[i].json));

		text_clear(&text);
		json_add_names(&text, given.bytes, given.length);
		assert_is(text, cases[i].wanted);
		exact_free(given);
	}
	text_release(&text);
}

static void json_texts_are_taken_as_they_are(void **state)
{
	static const char *const good[] = {
		"null", "true", "false", "0", "-0", "12", "-1.5", "1e5", "1E+5", "1.25e-10", "123456789012345678901234567890",
		"\"\"", "\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00\"", "\"\xc3\xa9\"", "[]", "{}", "[ ]", "{ }",
		" \t\r\n1\n", "[1,2,3]", "[ 1 , 2 ]", "{\"a\":1}", "{ \"a\" : [ { } ] , \"b\" : null }", "[[[[]]]]",
		"{\"\":\"\"}",
	};
	struct json_object *value;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(good); i++) {
		if (!takes_json(good[i], strlen(good[i])))
			fail_msg("refused: %s", good[i]);
		value = assert_json(good[i], strlen(good[i]));
		json_object_put(value);
	}
}

static void what_is_not_json_is_refused(void **state)
{
	static const char *const bad[] = {
		"", " ", "nul", "nulll", "True", "NaN", "Infinity", "-Infinity", "-", "+1", "01", "-01", "1.", ".5", "1.e5",
		"1e", "1e+", "0x10", "1 2", "\"", "\"a", "'a'", "\"\\x\"", "\"\\\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\u123",
		"\"\n\"", "\"\x1f\"", "\"\xff\"", "\"\xc3\"", "\xc3\xa9", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1}",
		"{", "}", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "{1:1}", "{\"a\":1]",
		"{,}", "[]]", "{}{}", "/**/1", "1//", ("\xef\xbb\xbf" "1"), "{'a':1}",
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(bad); i++)
		if (takes_json(bad[i], strlen(bad[i])))
			fail_msg("taken: %s", bad[i]);
	assert_false(takes_json("1\0", 2));
	assert_false(takes_json("\"\0\"", 3));
}

/* depth arrays, one inside the other, around what stands in the innermost. */
static bool takes_nested(int depth, const char *innermost)
{
	struct text text = { 0 };
	bool took;

	for (int i = 0; i < depth; i++)
		text_add_string(&text, i % 2 == 0 ? "[" : "{\"k\":");
	text_add_string(&text, innermost);
	for (int i = depth; i-- > 0;)
		text_add_string(&text, i % 2 == 0 ? "]" : "}");
	took = takes_json(text.bytes, text.length);
	text_release(&text);
	return took;
}

static void nesting_has_an_end(void **state)
{
	(void)state;
	assert_true(takes_nested(511, "[]"));
	assert_true(takes_nested(511, "[1]"));
	assert_true(takes_nested(512, "1"));
	assert_false(takes_nested(512, "[]"));
	assert_false(takes_nested(512, "{}"));
	assert_false(takes_nested(513, "1"));
	assert_false(takes_nested(100000, "1")); /* and not with the stack's */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_strings_hold_every_ascii_byte),
		cmocka_unit_test(names_in_json_are_written_without_escapes),
		cmocka_unit_test(json_strings_escape_no_more_than_they_must),
		cmocka_unit_test(every_code_point_is_kept_and_surrogates_are_not),
		cmocka_unit_test(long_strings_are_whole_wherever_a_character_falls),
		cmocka_unit_test(what_is_not_utf8_is_replaced_and_counted),
		cmocka_unit_test(json_texts_are_taken_as_they_are),
		cmocka_unit_test(what_is_not_json_is_refused),
		cmocka_unit_test(nesting_has_an_end),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
