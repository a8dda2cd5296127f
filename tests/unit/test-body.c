/* SPDX-License-Identifier: MIT */
#include "request/body.h"

#include "base/clock.h"
#include "unit.h"

static struct arena arena;
static struct text shown;
static struct fault fault;

static int forget(void **state)
{
	(void)state;
	arena_release(&arena);
	text_release(&shown);
	return 0;
}

static void show_value(const struct body_value *value)
{
	switch (value->kind) {
	case BODY_ABSENT:
		text_add_string(&shown, "absent");
		break;
	case BODY_TEXT:
		text_printf(&shown, "'%.*s'", (int)value->text.length, value->text.bytes);
		break;
	case BODY_NULL:
	case BODY_TRUE:
	case BODY_FALSE:
	case BODY_NUMBER:
	case BODY_STRUCTURE:
		text_printf(&shown, "%c:", "-ntf0-s"[value->kind]);
		text_add(&shown, value->text.bytes, value->text.length);
		break;
	}
}

/* list a|b (n:null|'x') (0:1|t:true) */
static void show(const struct body *body)
{
	text_clear(&shown);
	text_add_string(&shown, body->is_list ? "list " : "object ");
	for (unsigned i = 0; i < body->name_count; i++) {
		text_add(&shown, i > 0 ? "|" : "", i > 0);
		text_add(&shown, body->names[i].bytes, body->names[i].length);
	}
	for (unsigned row = 0; row < body->row_count; row++) {
		text_add_string(&shown, " (");
		for (unsigned i = 0; i < body->name_count; i++) {
			text_add(&shown, i > 0 ? "|" : "", i > 0);
			show_value(&body->values[row * body->name_count + i]);
		}
		text_add_char(&shown, ')');
	}
}

static void read_as(enum body_form form, const char *bytes, size_t length, const struct slice *names, unsigned count,
                    const char *wanted, const char *file, int line)
{
	struct slice given = exact(bytes, length);
	struct body body;
	enum status status;

	memset(&fault, 0, sizeof(fault));
	status = body_parse(given, form, names, count, &arena, &body, &fault);
	if (status != STATUS_OK) {
		print_error("%s:%d: <%.*s>: %s, %s\n", file, line, (int)length, bytes, fault.message, fault.details);
		_fail(file, line);
	}
	show(&body);
	expect_bytes(shown.bytes, shown.length, wanted, file, line);
	arena_clear(&arena);
	exact_free(given);
}

static void refused_as(enum body_form form, const char *bytes, size_t length, const char *message, const char *details,
                       const char *file, int line)
{
	struct slice given = exact(bytes, length);
	struct body body;
	enum status status;

	memset(&fault, 0, sizeof(fault));
	status = body_parse(given, form, NULL, 0, &arena, &body, &fault);
	exact_free(given); /* the fault does not need it */
	if (status != STATUS_BAD_BODY || fault.status != STATUS_BAD_BODY) {
		print_error("%s:%d: <%.*s> was taken\n", file, line, (int)length, bytes);
		_fail(file, line);
	}
	expect_bytes(fault.message, strlen(fault.message), message, file, line);
	expect_bytes(fault.details, strlen(fault.details), details, file, line);
	arena_clear(&arena);
}

#define READS(form, body, wanted) read_as(form, body, strlen(body), NULL, 0, wanted, __FILE__, __LINE__)
#define REFUSES(form, body, message, details) \
	refused_as(form, body, sizeof(body) - 1, message, details, __FILE__, __LINE__)
#define READS_NAMES(form, body, names, wanted) \
	read_as(form, body, strlen(body), names, LENGTH_OF(names), wanted, __FILE__, __LINE__)

/* --- JSON */

static void json_is_an_object_or_an_array_of_them(void **state)
{
	(void)state;
	READS(BODY_JSON, "{\"a\":1}", "object a (0:1)");
	READS(BODY_JSON, "[{\"a\":1}]", "list a (0:1)");
	READS(BODY_JSON, " \t\r\n{ \"a\" : 1 , \"b\"\n:\n2\t} \r\n", "object a|b (0:1|0:2)");
	READS(BODY_JSON, " [ { \"a\" : 1 } , {\"a\":2} ] ", "list a (0:1) (0:2)");
	READS(BODY_JSON, "[]", "list ");
	READS(BODY_JSON, "[ ]", "list ");
	READS(BODY_JSON, "{}", "object  ()");
	READS(BODY_JSON, "{ }", "object  ()");
	READS(BODY_JSON, "[{},{}]", "list  () ()");
	READS(BODY_JSON, "{\"\":1}", "object  (0:1)");
}

static void json_of_every_kind_stays_as_it_stands(void **state)
{
	static const char *const numbers[] = {
		"0",    "-0",  "1.50", "-12.5e-3",
		"1E+5", "0e0", "0.0",  "123456789012345678901234567890.123456789012345678901234567890"
	};
	char body[200], wanted[200];

	(void)state;
	READS(BODY_JSON, "{\"a\":null,\"b\":true,\"c\":false,\"d\":\"\",\"e\":\"null\"}",
	      "object a|b|c|d|e (n:null|t:true|f:false|''|'null')");
	READS(BODY_JSON, "{\"a\":{\"x\" : [1, 1.50 ,{}]} ,\"b\":[ ], \"c\":[\"\\u0041\", {\"a\":1,\"a\":2}]}",
	      "object a|b|c (s:{\"x\" : [1, 1.50 ,{}]}|s:[ ]|s:[\"\\u0041\", {\"a\":1,\"a\":2}])");
	for (size_t i = 0; i < LENGTH_OF(numbers); i++) {
		snprintf(body, sizeof(body), "{\"a\":%s}", numbers[i]);
		snprintf(wanted, sizeof(wanted), "object a (0:%s)", numbers[i]);
		READS(BODY_JSON, body, wanted);
	}
}

static void json_escapes_are_decoded(void **state)
{
	static const struct {
		const char *escaped, *wanted;
		size_t length;
	} cases[] = {
		{ "\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t", 8 },
		{ "\\u0041\\u00e9\\u20AC", "A\xc3\xa9\xe2\x82\xac", 6 },
		{ "\\uD83D\\uDE00", "\xf0\x9f\x98\x80", 4 },
		{ "x\\ud800\\udc00\\udbff\\uDFFFy", "x\xf0\x90\x80\x80\xf4\x8f\xbf\xbfy", 10 },
		{ "a\\u0000b", "a\0b", 3 },
		{ "\\u007f\\u0080\\u07ff\\u0800\\ud7ff\\ue000\\uffff",
		  "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf"
		  "\xee\x80\x80\xef\xbf\xbf",
		  17 },
		{ "\\\\u0041", "\\u0041", 6 },
		{ "\x7f\xc3\xa9\xf0\x9f\x98\x80", "\x7f\xc3\xa9\xf0\x9f\x98\x80", 7 },
	};
	char bytes[200];
	struct body body;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		struct slice given;

		snprintf(bytes, sizeof(bytes), "{\"%s\":\"%s\"}", cases[i].escaped, cases[i].escaped);
		given = exact(bytes, strlen(bytes));
		assert_int_equal(body_parse(given, BODY_JSON, NULL, 0, &arena, &body, &fault), STATUS_OK);
		assert_int_equal(body.values[0].kind, BODY_TEXT);
		assert_int_equal(body.values[0].text.length, cases[i].length);
		assert_memory_equal(body.values[0].text.bytes, cases[i].wanted, cases[i].length);
		assert_int_equal(body.names[0].length, cases[i].length);
		assert_memory_equal(body.names[0].bytes, cases[i].wanted, cases[i].length);
		assert_int_equal(body.values[0].json.length, strlen(cases[i].escaped) + 2);
		assert_memory_equal(body.values[0].json.bytes, given.bytes + strlen(cases[i].escaped) + 4,
		                    body.values[0].json.length);
		exact_free(given);
	}
	READS(BODY_JSON, "[{\"ab\":1},{\"\\u0061\\u0062\":2}]", "list ab (0:1) (0:2)");
}

static void plain_texts_are_the_bodys_own_bytes(void **state)
{
	static const char json[] = "[{\"name\":\"plain\",\"b\":[1]},{\"name\":\"\xc3\xa9\",\"b\":2}]",
			  csv[] = "a,b\nx,\"y\"\n";
	struct body body;

	(void)state;
	assert_int_equal(body_parse(SLICE(json), BODY_JSON, NULL, 0, &arena, &body, &fault), STATUS_OK);
	assert_ptr_equal(body.names[0].bytes, json + 3);
	assert_ptr_equal(body.values[0].text.bytes, json + 10);
	assert_ptr_equal(body.values[0].json.bytes, json + 9);
	assert_int_equal(body.values[0].json.length, 7);
	assert_ptr_equal(body.values[1].text.bytes, json + 21);
	assert_ptr_equal(body.values[1].json.bytes, json + 21);
	assert_int_equal(body.values[1].json.length, 3);
	assert_int_equal(body_parse(SLICE(csv), BODY_CSV, NULL, 0, &arena, &body, &fault), STATUS_OK);
	assert_ptr_equal(body.values[0].text.bytes, csv + 4);
	assert_ptr_equal(body.values[1].text.bytes, csv + 7);
	assert_int_equal(body.values[0].json.length, 0);
}

static void what_is_not_json_is_refused_with_its_place(void **state)
{
	(void)state;
	REFUSES(BODY_JSON, "", "the body is empty", "at the end of the body");
	REFUSES(BODY_JSON, " \n", "the body is empty", "at the end of the body");
	REFUSES(BODY_JSON, "\xef\xbb\xbf{}", "a byte order mark is not JSON", "at byte 1 of the body");
	REFUSES(BODY_JSON, "\xef", "the text is not valid UTF-8", "at byte 1 of the body");
	REFUSES(BODY_JSON, "1", "expected an object or an array of objects", "at byte 1 of the body");
	REFUSES(BODY_JSON, "null", "expected an object or an array of objects", "at byte 1 of the body");
	REFUSES(BODY_JSON, "\"{}\"", "expected an object or an array of objects", "at byte 1 of the body");
	REFUSES(BODY_JSON, "[1]", "expected an object or an array of objects", "at byte 2 of the body");
	REFUSES(BODY_JSON, "[[]]", "expected an object or an array of objects", "at byte 2 of the body");
	REFUSES(BODY_JSON, "[{},null]", "expected an object or an array of objects", "at byte 5 of the body");
	REFUSES(BODY_JSON, "[{},]", "expected an object or an array of objects", "at byte 5 of the body");
	REFUSES(BODY_JSON, "[,{}]", "expected an object or an array of objects", "at byte 2 of the body");
	REFUSES(BODY_JSON, "[", "expected an object or an array of objects", "at the end of the body");
	REFUSES(BODY_JSON, "[{}", "expected ',' or ']'", "at the end of the body");
	REFUSES(BODY_JSON, "[{} {}]", "expected ',' or ']'", "at byte 5 of the body");
	REFUSES(BODY_JSON, "{}{}", "expected the end of the body", "at byte 3 of the body");
	REFUSES(BODY_JSON, "{} ,", "expected the end of the body", "at byte 4 of the body");
	REFUSES(BODY_JSON, "[]]", "expected the end of the body", "at byte 3 of the body");
	REFUSES(BODY_JSON, "{}\0", "expected the end of the body", "at byte 3 of the body");
	REFUSES(BODY_JSON, "{", "expected a name in '\"'", "at the end of the body");
	REFUSES(BODY_JSON, "{'a':1}", "expected a name in '\"'", "at byte 2 of the body");
	REFUSES(BODY_JSON, "{a:1}", "expected a name in '\"'", "at byte 2 of the body");
	REFUSES(BODY_JSON, "{\"a\":1,}", "expected a name in '\"'", "at byte 8 of the body");
	REFUSES(BODY_JSON, "{/**/}", "expected a name in '\"'", "at byte 2 of the body");
	REFUSES(BODY_JSON, "// x\n{}", "expected an object or an array of objects", "at byte 1 of the body");
	REFUSES(BODY_JSON, "{\"a\"}", "expected ':' after the name", "at byte 5 of the body");
	REFUSES(BODY_JSON, "{\"a\" 1}", "expected ':' after the name", "at byte 6 of the body");
	REFUSES(BODY_JSON, "{\"a\":}", "expected a value", "at byte 6 of the body");
	REFUSES(BODY_JSON, "{\"a\":", "expected a value", "at the end of the body");
	REFUSES(BODY_JSON, "{\"a\":\0}", "expected a value", "at byte 6 of the body");
	REFUSES(BODY_JSON, "{\"a\":'x'}", "expected a value", "at byte 6 of the body");
	REFUSES(BODY_JSON, "{\"a\":1 \"b\":2}", "expected ',' or '}'", "at byte 8 of the body");
	REFUSES(BODY_JSON, "{\"a\":1", "expected ',' or '}'", "at the end of the body");
	REFUSES(BODY_JSON, "{\"a\":[1,]}", "expected a value", "at byte 9 of the body");
	REFUSES(BODY_JSON, "{\"a\":[1}", "expected ',' or ']'", "at byte 8 of the body");
	REFUSES(BODY_JSON, "{\"a\":{\"b\":1,}}", "expected a name in '\"'", "at byte 13 of the body");
	REFUSES(BODY_JSON, "{\"a\":{\"b\":1]}", "expected ',' or '}'", "at byte 12 of the body");
}

static void what_is_not_a_json_value_is_refused(void **state)
{
	static const struct {
		const char *value, *message;
		unsigned place; /* in the value, from 0 */
	} cases[] = {
		{ "NaN", "expected a value", 0 },
		{ "Infinity", "expected a value", 0 },
		{ "-Infinity", "expected a digit", 1 },
		{ "True", "expected a value", 0 },
		{ "nul", "expected a value", 0 },
		{ "tru", "expected a value", 0 },
		{ "fals", "expected a value", 0 },
		{ "truex", "expected ',' or '}'", 4 },
		{ "nullnull", "expected ',' or '}'", 4 },
		{ "+1", "expected a value", 0 },
		{ ".5", "expected a value", 0 },
		{ "-", "expected a digit", 1 },
		{ "-.5", "expected a digit", 1 },
		{ "01", "a number that begins with 0", 0 },
		{ "-012", "a number that begins with 0", 1 },
		{ "00", "a number that begins with 0", 0 },
		{ "1.", "expected a digit", 2 },
		{ "1.e5", "expected a digit", 2 },
		{ "1e", "expected a digit", 2 },
		{ "1e+", "expected a digit", 3 },
		{ "1e-x", "expected a digit", 3 },
		{ "1.5.5", "expected ',' or '}'", 3 },
		{ "0x10", "expected ',' or '}'", 1 },
		{ "1_000", "expected ',' or '}'", 1 },
		{ "\"a\nb\"", "a control character that is not escaped", 2 },
		{ "\"a\tb\"", "a control character that is not escaped", 2 },
		{ "\"\x1f\"", "a control character that is not escaped", 1 },
		{ "\"\\x\"", "an escape that JSON does not have", 1 },
		{ "\"\\'\"", "an escape that JSON does not have", 1 },
		{ "\"a\\u12g4\"", "expected four hexadecimal digits after '\\u'", 2 },
		{ "\"\\u123\"", "expected four hexadecimal digits after '\\u'", 1 },
		{ "\"\\u+123\"", "expected four hexadecimal digits after '\\u'", 1 },
		{ "\"\\ud800\"", "half of a surrogate pair", 1 },
		{ "\"\\udc00\"", "half of a surrogate pair", 1 },
		{ "\"x\\udbffx\"", "half of a surrogate pair", 2 },
		{ "\"\\ud800\\u0041\"", "half of a surrogate pair", 1 },
		{ "\"\\ud800\\ud800\\udc00\"", "half of a surrogate pair", 1 },
		{ "\"\\udc00\\ud800\"", "half of a surrogate pair", 1 },
		{ "\"\\ud800\\n\"", "half of a surrogate pair", 1 },
		{ "\"\\ud83d\\ude00\\ude00\"", "half of a surrogate pair", 13 },
		{ "\"abc", "the quoted text has no closing '\"'", 0 },
		{ "\"abc\\\"", "the quoted text has no closing '\"'", 0 },
		{ "\"\xff\"", "the text is not valid UTF-8", 1 },
		{ "\"\xc0\x80\"", "the text is not valid UTF-8", 1 },
		{ "\"x\xed\xa0\x80\"", "the text is not valid UTF-8", 2 },
		{ "\"\xf4\x90\x80\x80\"", "the text is not valid UTF-8", 1 },
		{ "\"\xe2\x82\"", "the text is not valid UTF-8", 1 },
		{ "undefined", "expected a value", 0 },
	};
	static const char *const around[][2] = { { "{\"a\":", "}" },
		                                 { "[{\"a\":1},{\"a\" : ", "}]" },
		                                 { "{\"a\":1,\"b\":{\"c\":[1,{\"d\":", "}]}}" } };
	char body[200], details[200];

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++)
		for (size_t k = 0; k < LENGTH_OF(around); k++) {
			snprintf(body, sizeof(body), "%s%s%s", around[k][0], cases[i].value, around[k][1]);
			snprintf(details, sizeof(details), "at byte %zu of the body",
			         strlen(around[k][0]) + cases[i].place + 1);
			refused_as(BODY_JSON, body, strlen(body), cases[i].message, details, __FILE__, __LINE__);
		}
	REFUSES(BODY_JSON, "{\"a\0b\":1}", "a control character that is not escaped", "at byte 4 of the body");
	REFUSES(BODY_JSON, "{\"a\":\"\\", "an escape that JSON does not have", "at byte 7 of the body");
	REFUSES(BODY_JSON, "{\"a\":\"\\u00", "expected four hexadecimal digits after '\\u'",
	        "at byte 7 of the body");
	REFUSES(BODY_JSON, "{\"\\ud800\":1}", "half of a surrogate pair", "at byte 3 of the body");
}

static void no_body_at_all_is_an_empty_one(void **state)
{
	struct body body;

	(void)state;
	for (int form = BODY_JSON; form <= BODY_CSV; form++) {
		memset(&fault, 0, sizeof(fault));
		assert_int_equal(body_parse((struct slice){ 0 }, (enum body_form)form, NULL, 0, &arena, &body, &fault),
		                 STATUS_BAD_BODY);
		assert_says(fault.message, "the body is empty");
	}
}

/* Every beginning of a body is refused, and read no further than it goes. */
static void json_that_is_cut_is_refused(void **state)
{
	static const char whole[] = "[{\"a\\n\":-1.5e+3,\"b\":[true,{\"x\":null}],\"c\":\"\\ud83d\\ude00\xc3\xa9\"}]";
	struct body body;

	(void)state;
	for (size_t length = 0; length < sizeof(whole) - 1; length++) {
		struct slice given = exact(whole, length);

		assert_int_equal(body_parse(given, BODY_JSON, NULL, 0, &arena, &body, &fault), STATUS_BAD_BODY);
		exact_free(given);
		arena_clear(&arena);
	}
	READS(BODY_JSON, whole, "list a\n|b|c (0:-1.5e+3|s:[true,{\"x\":null}]|'\xf0\x9f\x98\x80\xc3\xa9')");
}

static void depth_has_an_end(void **state)
{
	(void)state;
	for (int list = 0; list <= 1; list++)
		for (int more = 0; more <= 1; more++) {
			struct text json = { 0 };
			struct body body;
			unsigned levels = BODY_MAX_DEPTH - 1 - list + more;
			char details[100];

			text_add_string(&json, list ? "[{\"a\":" : "{\"a\":");
			for (unsigned i = 0; i < levels; i++)
				text_add_char(&json, '[');
			for (unsigned i = 0; i < levels; i++)
				text_add_char(&json, ']');
			text_add_string(&json, list ? "}]" : "}");
			assert_int_equal(body_parse((struct slice){ json.bytes, json.length }, BODY_JSON, NULL, 0,
			                            &arena, &body, &fault),
			                 more ? STATUS_BAD_BODY : STATUS_OK);
			snprintf(details, sizeof(details), "at byte %u of the body", (list ? 6 : 5) + levels);
			if (more) {
				assert_says(fault.message, "arrays and objects are nested more than 512 deep");
				assert_says(fault.details, details);
			}
			text_release(&json);
			arena_clear(&arena);
		}
}

static void all_objects_have_the_names_of_the_first(void **state)
{
	(void)state;
	READS(BODY_JSON, "[{\"a\":1,\"b\":2},{\"b\":3,\"a\":4},{\"a\":5,\"b\":6}]",
	      "list a|b (0:1|0:2) (0:4|0:3) (0:5|0:6)");
	READS(BODY_JSON, "[{\"a\":1,\"b\":2,\"c\":3},{\"c\":4,\"a\":5,\"b\":6},{\"c\":7,\"b\":8,\"a\":9}]",
	      "list a|b|c (0:1|0:2|0:3) (0:5|0:6|0:4) (0:9|0:8|0:7)");
	REFUSES(BODY_JSON, "[{\"a\":1,\"b\":2},{\"a\":1}]", "All object keys must match", "in row 2: 'b' is missing");
	REFUSES(BODY_JSON, "[{\"a\":1,\"b\":2},{\"b\":1}]", "All object keys must match", "in row 2: 'a' is missing");
	REFUSES(BODY_JSON, "[{\"a\":1},{\"a\":1},{}]", "All object keys must match", "in row 3: 'a' is missing");
	REFUSES(BODY_JSON, "[{\"a\":1},{\"a\":1,\"c\":2}]", "All object keys must match",
	        "in row 2: 'c' is not in row 1");
	REFUSES(BODY_JSON, "[{},{\"c\":2}]", "All object keys must match", "in row 2: 'c' is not in row 1");
	REFUSES(BODY_JSON, "[{\"a\":1},{\"A\":1}]", "All object keys must match", "in row 2: 'A' is not in row 1");
	REFUSES(BODY_JSON, "{\"a\":1,\"b\":2,\"a\":3}", "the name 'a' is given twice", "in row 1");
	REFUSES(BODY_JSON, "{\"a\":1,\"a\":3}", "the name 'a' is given twice", "in row 1");
	REFUSES(BODY_JSON, "{\"\":1,\"\":3}", "the name '' is given twice", "in row 1");
	REFUSES(BODY_JSON, "{\"\xc3\xa9\":1,\"\\u00e9\":3}", "the name '\xc3\xa9' is given twice", "in row 1");
	REFUSES(BODY_JSON, "[{\"a\":1,\"b\":2},{\"b\":1,\"b\":2}]", "the name 'b' is given twice", "in row 2");
	REFUSES(BODY_JSON, "[{\"a\":1,\"b\":2},{\"a\":1,\"b\":2,\"a\":1}]", "the name 'a' is given twice", "in row 2");
}

static void a_long_name_is_told_in_part(void **state)
{
	struct text json = { 0 };

	(void)state;
	text_add_string(&json, "[{},{\"");
	for (int i = 0; i < 63; i++)
		text_add_char(&json, 'x');
	text_add_string(&json, "\xc3\xa9yyyyyyyy\":1}]");
	refused_as(BODY_JSON, json.bytes, json.length, "All object keys must match",
	           "in row 2: 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...' is not in row 1",
	           __FILE__, __LINE__);
	text_release(&json);
}

/* --- Names that were given */

static void names_that_were_given_choose(void **state)
{
	const struct slice names[] = { SLICE("b"), SLICE("c"), SLICE("a") };

	(void)state;
	READS_NAMES(BODY_JSON, "{\"a\":1,\"b\":2,\"c\":3}", names, "object b|c|a (0:2|0:3|0:1)");
	READS_NAMES(BODY_JSON, "{\"a\":1}", names, "object b|c|a (absent|absent|0:1)");
	READS_NAMES(BODY_JSON, "{}", names, "object b|c|a (absent|absent|absent)");
	READS_NAMES(BODY_JSON, "[]", names, "list b|c|a");
	READS_NAMES(BODY_JSON,
	            "[{\"x\":\"\\n\",\"a\":null,\"y\":{}},{},{\"c\":\"\",\"x\":[1]},{\"b\":1,\"z\":2,\"a\":3,\"c\":4}]",
	            names, "list b|c|a (absent|absent|n:null) (absent|absent|absent) (absent|''|absent) (0:1|0:4|0:3)");
	READS_NAMES(BODY_CSV, "a,x,b\n1,2,3\n4,5,\n", names, "list b|c|a ('3'|absent|'1') (n:|absent|'4')");
	READS_NAMES(BODY_CSV, "x\n1\n", names, "list b|c|a (absent|absent|absent)");
	READS_NAMES(BODY_CSV, "x\n", names, "list b|c|a");
	read_as(BODY_JSON, "[{\"a\":1},{}]", 12, names, 0, "list  () ()", __FILE__, __LINE__);
}

static void names_that_were_given_do_not_make_bad_bodies_good(void **state)
{
	static const struct {
		enum body_form form;
		const char *body, *message, *details;
	} cases[] = {
		{ BODY_JSON, "[{\"a\":1},{\"a\":1,\"b\":2,\"a\":3}]", "the name 'a' is given twice", "in row 2" },
		{ BODY_JSON, "[{\"x\":1},{\"x\":1,\"b\":2,\"x\":3}]", "the name 'x' is given twice", "in row 2" },
		{ BODY_JSON, "[{\"x\":01}]", "a number that begins with 0", "at byte 7 of the body" },
		{ BODY_JSON, "[{\"x\":1},2]", "expected an object or an array of objects",
		  "at byte 10 of the body" },
		{ BODY_CSV, "x,a,x\n", "the name 'x' is given twice", "in the first line" },
		{ BODY_CSV, "x,a\n1\n", "1 field, and 2 names in the first line", "in row 1" },
	};
	const struct slice names[] = { SLICE("a"), SLICE("b") };
	struct body body;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		assert_int_equal(body_parse(slice_of(cases[i].body), cases[i].form, names, LENGTH_OF(names), &arena,
		                            &body, &fault),
		                 STATUS_BAD_BODY);
		assert_says(fault.message, cases[i].message);
		assert_says(fault.details, cases[i].details);
	}
}

static void absent_values_have_an_end(void **state)
{
	enum { NAMES = 4096, ROWS = BODY_MAX_ABSENT / NAMES };
	static struct slice names[NAMES];
	struct text json = { 0 };
	struct body body;

	(void)state;
	for (unsigned i = 0; i < NAMES; i++)
		names[i] = slice_of(arena_printf(&arena, "n%u", i));
	for (unsigned rows = ROWS; rows <= ROWS + 1; rows++) {
		text_clear(&json);
		for (unsigned i = 0; i < rows; i++)
			text_add_string(&json, i == 0 ? "[{}" : ",{}");
		text_add_char(&json, ']');
		assert_int_equal(body_parse((struct slice){ json.bytes, json.length }, BODY_JSON, names, NAMES, &arena,
		                            &body, &fault),
		                 rows > ROWS ? STATUS_BAD_BODY : STATUS_OK);
	}
	assert_says(fault.message, "more than 1048576 values are omitted");
	assert_says(fault.details, "in row 257");
	text_release(&json);
	arena_clear(&arena);
}

/* --- CSV */

static void csv_has_names_and_rows(void **state)
{
	(void)state;
	READS(BODY_CSV, "a,b\n1,2\n", "list a|b ('1'|'2')");
	READS(BODY_CSV, "a,b\r\n1,2\r\n3,4\r\n", "list a|b ('1'|'2') ('3'|'4')");
	READS(BODY_CSV, "a,b\n1,2", "list a|b ('1'|'2')");
	READS(BODY_CSV, "a,b", "list a|b");
	READS(BODY_CSV, "a,b\r\n", "list a|b");
	READS(BODY_CSV,
	      "\xef\xbb\xbf"
	      "a,b\n1,2\n",
	      "list a|b ('1'|'2')");
	READS(BODY_CSV, "\xef\xbb\xbf\"a\",b\n1,2\n", "list a|b ('1'|'2')");
	READS(BODY_CSV, "a, b \n 1 ,\t2\n", "list a| b  (' 1 '|'\t2')");
	READS(BODY_CSV, "a,\nx,y\n", "list a| ('x'|'y')");
	READS(BODY_CSV, "a\nNULL\nnull\n\"NULL\"\ntrue\n0\n", "list a ('NULL') ('null') ('NULL') ('true') ('0')");
}

static void csv_fields_in_quotes(void **state)
{
	(void)state;
	READS(BODY_CSV, "\"a\",\"b \"\"c\"\"\"\n\"x,y\",\"line\nbreak\r\n\"\"\"\n",
	      "list a|b \"c\" ('x,y'|'line\nbreak\r\n\"')");
	READS(BODY_CSV, "a,b\n\"\"\"\",\"\"\"\"\"\"\n", "list a|b ('\"'|'\"\"')");
	READS(BODY_CSV, "a,b\n,\"\"\n\"\",\n", "list a|b (n:|'') (''|n:)");
	READS(BODY_CSV, "a\n\"x\"", "list a ('x')");
	READS(BODY_CSV, "a\n\"x\"\r\n", "list a ('x')");
	READS(BODY_CSV, "\"\"\n1\n", "list  ('1')");
	READS(BODY_CSV, "a\n\"\r\"\n", "list a ('\r')");
}

static void csv_empty_lines(void **state)
{
	(void)state;
	READS(BODY_CSV, "a,b\n1,2\n\n", "list a|b ('1'|'2')");
	READS(BODY_CSV, "a,b\r\n1,2\r\n\r\n", "list a|b ('1'|'2')");
	READS(BODY_CSV, "a\n1\n\n2\n", "list a ('1') (n:) ('2')");
	READS(BODY_CSV, "a\r\n\r\n2", "list a (n:) ('2')");
	READS(BODY_CSV, "a\n1\n\n", "list a ('1')");
	READS(BODY_CSV, "a\n1\n\n\n", "list a ('1') (n:)");
	READS(BODY_CSV, "a\n\n", "list a");
	REFUSES(BODY_CSV, "a,b\n\n1,2\n", "1 field, and 2 names in the first line", "in row 1");
	REFUSES(BODY_CSV, "a,b\n1,2\n\n\n", "1 field, and 2 names in the first line", "in row 2");
}

static void what_is_not_csv_is_refused_with_its_place(void **state)
{
	(void)state;
	REFUSES(BODY_CSV, "", "the body is empty", "at the end of the body");
	REFUSES(BODY_CSV, "\xef\xbb\xbf", "the body is empty", "at the end of the body");
	REFUSES(BODY_CSV, "\n", "the first line does not name the columns", "at byte 1 of the body");
	REFUSES(BODY_CSV, "\xef\xbb\xbf\r\na", "the first line does not name the columns", "at byte 4 of the body");
	REFUSES(BODY_CSV, "a,b\n1,2\n3\n", "1 field, and 2 names in the first line", "in row 2");
	REFUSES(BODY_CSV, "a\n1,2\n", "2 fields, and 1 name in the first line", "in row 1");
	REFUSES(BODY_CSV, "a,b\n1,2,3,\n", "4 fields, and 2 names in the first line", "in row 1");
	REFUSES(BODY_CSV, "a,b,c\n1,2,3\n,", "2 fields, and 3 names in the first line", "in row 2");
}

static void csv_quotes_where_they_may_not_be(void **state)
{
	(void)state;
	REFUSES(BODY_CSV, "a\n\"x\"y\n", "',' or the line's end was expected behind '\"'", "at byte 6 of the body");
	REFUSES(BODY_CSV, "a\n\"x\" ,\n", "',' or the line's end was expected behind '\"'", "at byte 6 of the body");
	REFUSES(BODY_CSV, "\"a\"b\n", "',' or the line's end was expected behind '\"'", "at byte 4 of the body");
	REFUSES(BODY_CSV, "a\nx\"y\"\n", "a '\"' in a field that does not begin with one", "at byte 4 of the body");
	REFUSES(BODY_CSV, "a,b\n1, \"y\"\n", "a '\"' in a field that does not begin with one", "at byte 8 of the body");
	REFUSES(BODY_CSV, "a\nx\n\"y\n", "the quoted field has no closing '\"'", "at byte 5 of the body");
	REFUSES(BODY_CSV, "a\n\"", "the quoted field has no closing '\"'", "at byte 3 of the body");
	REFUSES(BODY_CSV, "a\n\"x\"\"", "the quoted field has no closing '\"'", "at byte 3 of the body");
	REFUSES(BODY_CSV, "a\rb\n", "a carriage return without a line feed outside of quotes",
	        "at byte 2 of the body");
	REFUSES(BODY_CSV, "a\n1\r", "a carriage return without a line feed outside of quotes",
	        "at byte 4 of the body");
	REFUSES(BODY_CSV, "a\n\"1\"\r", "a carriage return without a line feed outside of quotes",
	        "at byte 6 of the body");
	REFUSES(BODY_CSV, "a\nx\xff\n", "the text is not valid UTF-8", "at byte 4 of the body");
	REFUSES(BODY_CSV, "a\n\"x\xe2\x82\"\n", "the text is not valid UTF-8", "at byte 5 of the body");
	REFUSES(BODY_CSV, "a,b,a\n", "the name 'a' is given twice", "in the first line");
	REFUSES(BODY_CSV, "a,\"a\"\n1,2\n", "the name 'a' is given twice", "in the first line");
	REFUSES(BODY_CSV, "a,,\n", "the name '' is given twice", "in the first line");
}

/* --- Much of it */

static void names_have_an_end(void **state)
{
	(void)state;
	for (unsigned names = BODY_MAX_NAMES; names <= BODY_MAX_NAMES + 1; names++)
		for (int csv = 0; csv <= 1; csv++) {
			struct text text = { 0 };
			struct body body;

			for (unsigned i = 0; i < names; i++)
				text_printf(&text, csv ? "%sn%u" : "%s\"n%u\":1", i > 0 ? "," : csv ? "" : "{", i);
			text_add_string(&text, csv ? "\n" : "}");
			assert_int_equal(body_parse((struct slice){ text.bytes, text.length },
			                            csv ? BODY_CSV : BODY_JSON, NULL, 0, &arena, &body, &fault),
			                 names > BODY_MAX_NAMES ? STATUS_BAD_BODY : STATUS_OK);
			if (names > BODY_MAX_NAMES) {
				assert_says(fault.message, "more than 4096 names");
				assert_says(fault.details, csv ? "in the first line" : "in row 1");
			} else
				assert_int_equal(body.name_count, BODY_MAX_NAMES);
			text_release(&text);
			arena_clear(&arena);
		}
}

static void shuffle(unsigned *places, unsigned count, uint32_t *seed)
{
	for (unsigned i = count; i > 1; i--) {
		unsigned other = dice(seed) % i, kept = places[i - 1];

		places[i - 1] = places[other];
		places[other] = kept;
	}
}

/* 4096 names in another order in every object: every value is in its place, and it takes linear time (a search through
 * all names would need 40 * 4096 * 2048 comparisons, which are seconds under a sanitizer). */
static void permuted_names_are_found(void **state)
{
	enum { NAMES = 4096, ROWS = 40 };
	static unsigned order[NAMES];
	struct text json = { 0 };
	struct body body;
	uint32_t seed = 1;
	int64_t began;

	(void)state;
	for (unsigned i = 0; i < NAMES; i++)
		order[i] = i;
	for (unsigned row = 0; row < ROWS; row++) {
		text_add_string(&json, row == 0 ? "[" : ",");
		for (unsigned i = 0; i < NAMES; i++)
			text_printf(&json, "%s\"a longer name %u\":%u", i == 0 ? "{" : ",", order[i],
			            order[i] * 100 + row);
		text_add_char(&json, '}');
		shuffle(order, NAMES, &seed);
	}
	text_add_char(&json, ']');
	began = clock_now_us();
	assert_int_equal(
		body_parse((struct slice){ json.bytes, json.length }, BODY_JSON, NULL, 0, &arena, &body, &fault),
		STATUS_OK);
	assert_true(clock_now_us() - began < 2000000);
	assert_int_equal(body.row_count, ROWS);
	assert_int_equal(body.name_count, NAMES);
	for (unsigned row = 0; row < ROWS; row++)
		for (unsigned i = 0; i < NAMES; i++) {
			const struct slice *text = &body.values[row * NAMES + i].text;
			char wanted[20];

			snprintf(wanted, sizeof(wanted), "%u", i * 100 + row);
			expect_bytes(text->bytes, text->length, wanted, __FILE__, __LINE__);
		}
	text_release(&json);
	arena_clear(&arena);
}

/* Names that are left out, new ones in every object. */
static void many_names_that_nobody_wants(void **state)
{
	const struct slice names[] = { SLICE("a") };
	struct text json = { 0 };
	struct body body;

	(void)state;
	for (unsigned i = 0; i < 20000; i++)
		text_printf(&json, "%s{\"x%u\":1,\"a\":%u,\"y%u\":2}", i == 0 ? "[" : ",", i, i, i);
	text_add_char(&json, ']');
	assert_int_equal(
		body_parse((struct slice){ json.bytes, json.length }, BODY_JSON, names, 1, &arena, &body, &fault),
		STATUS_OK);
	assert_int_equal(body.row_count, 20000);
	assert_int_equal(body.name_count, 1);
	assert_ptr_equal(body.names, names);
	for (unsigned i = 0; i < 20000; i++)
		assert_int_equal(strtoul(body.values[i].text.bytes, NULL, 10), i);
	text_release(&json);
	arena_clear(&arena);
}

/* As many rows as make all that grows grow, in both forms. */
static void many_rows(void **state)
{
	(void)state;
	for (int csv = 0; csv <= 1; csv++) {
		struct text text = { 0 };
		struct body body;

		text_add_string(&text, csv ? "id,name\n" : "[");
		for (unsigned i = 0; i < 50000; i++)
			text_printf(&text, csv ? "%s%u,\"a\"\"%u\"\n" : "%s{\"id\":%u,\"name\":\"a\\\"%u\"}",
			            i > 0 && !csv ? "," : "", i, i);
		text_add_string(&text, csv ? "" : "]");
		assert_int_equal(body_parse((struct slice){ text.bytes, text.length }, csv ? BODY_CSV : BODY_JSON, NULL,
		                            0, &arena, &body, &fault),
		                 STATUS_OK);
		assert_int_equal(body.row_count, 50000);
		for (unsigned i = 0; i < 50000; i++) {
			char wanted[20];
			int length = snprintf(wanted, sizeof(wanted), "a\"%u", i);

			assert_int_equal(body.values[i * 2 + 1].text.length, length);
			assert_memory_equal(body.values[i * 2 + 1].text.bytes, wanted, (size_t)length);
			assert_memory_equal(body.values[i * 2].text.bytes, wanted + 2, (size_t)length - 2);
		}
		text_release(&text);
		arena_clear(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_an_object_or_an_array_of_them),
		cmocka_unit_test(json_of_every_kind_stays_as_it_stands),
		cmocka_unit_test(json_escapes_are_decoded),
		cmocka_unit_test(plain_texts_are_the_bodys_own_bytes),
		cmocka_unit_test(what_is_not_json_is_refused_with_its_place),
		cmocka_unit_test(what_is_not_a_json_value_is_refused),
		cmocka_unit_test(no_body_at_all_is_an_empty_one),
		cmocka_unit_test(json_that_is_cut_is_refused),
		cmocka_unit_test(depth_has_an_end),
		cmocka_unit_test(all_objects_have_the_names_of_the_first),
		cmocka_unit_test(a_long_name_is_told_in_part),
		cmocka_unit_test(names_that_were_given_choose),
		cmocka_unit_test(names_that_were_given_do_not_make_bad_bodies_good),
		cmocka_unit_test(absent_values_have_an_end),
		cmocka_unit_test(csv_has_names_and_rows),
		cmocka_unit_test(csv_fields_in_quotes),
		cmocka_unit_test(csv_empty_lines),
		cmocka_unit_test(what_is_not_csv_is_refused_with_its_place),
		cmocka_unit_test(csv_quotes_where_they_may_not_be),
		cmocka_unit_test(names_have_an_end),
		cmocka_unit_test(permuted_names_are_found),
		cmocka_unit_test(many_names_that_nobody_wants),
		cmocka_unit_test(many_rows),
	};

	return cmocka_run_group_tests_name("body", tests, NULL, forget);
}
