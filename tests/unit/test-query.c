/* SPDX-License-Identifier: MIT */
#include "query.h"

#include "unit.h"

static struct arena arena;
static struct query query;
static struct fault fault;

static int forget(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static enum status parse_bytes(const char *bytes, size_t length)
{
	struct slice given = exact(bytes, length);
	enum status status;

	arena_clear(&arena);
	memset(&fault, 0, sizeof(fault));
	status = query_parse(given, &arena, &query, &fault);
	exact_free(given); /* nothing of the query may point into it */
	return status;
}

static void parse(const char *text)
{
	if (parse_bytes(text, strlen(text)) != STATUS_OK)
		fail_msg("%s: %s", text, fault.message);
}

/* The query in a normal form: what was asked, with the position of each part. */
static void expect(const char *given, const char *wanted)
{
	struct text text = { 0 };

	parse(given);
	text_add_string(&text, query.select_all ? "*" : "");
	for (unsigned i = 0; i < query.select_count; i++)
		text_printf(&text, " %.*s@%u", (int)query.select[i].text.length, query.select[i].text.bytes,
		            query.select[i].position);
	for (unsigned i = 0; i < query.filter_count; i++)
		text_printf(&text, " [%.*s@%u=%.*s@%u]", (int)query.filters[i].column.text.length,
		            query.filters[i].column.text.bytes, query.filters[i].column.position,
		            (int)query.filters[i].value.text.length, query.filters[i].value.text.bytes,
		            query.filters[i].value.position);
	for (unsigned i = 0; i < query.order_count; i++)
		text_printf(&text, " <%.*s@%u%s%s>", (int)query.orders[i].column.text.length,
		            query.orders[i].column.text.bytes, query.orders[i].column.position,
		            query.orders[i].descending ? " desc" : "", query.orders[i].nulls_first ? " first" : "");
	if (query.has_limit)
		text_printf(&text, " limit %llu", (unsigned long long)query.limit);
	if (query.has_offset)
		text_printf(&text, " offset %llu", (unsigned long long)query.offset);
	assert_is(text, wanted);
	text_release(&text);
}

static void an_empty_query_asks_for_all(void **state)
{
	(void)state;
	assert_int_equal(query_parse((struct slice){ NULL, 0 }, &arena, &query, &fault), STATUS_OK);
	assert_true(query.select_all);
	assert_int_equal(query.filter_count + query.order_count + query.select_count, 0);
	assert_false(query.has_limit || query.has_offset);
	expect("", "*");
	expect("&", "*");
	expect("&&&", "*");
}

static void select_names_columns(void **state)
{
	(void)state;
	expect("select=id", " id@8");
	expect("select=id,username", " id@8 username@11");
	expect("select=", "*");
	expect("select=*", "*");
	expect("select=*,id", "* id@10");
	expect("select=id,*", "* id@8");
	expect("select=a+b,c%20d", " a b@8 c d@12");
	expect("select=%61%62,c", " ab@8 c@15");
	expect("select=\"a,b\",\"c\\\"d\",\"e\\\\f\"", " a,b@8 c\"d@14 e\\f@21");
	expect("select=%22a%2Cb%22", " a,b@8");
	expect("s%65lect=id", " id@10");
	expect("select=a%2Cb", " a@8 b@12"); /* an encoded comma is a comma: decoded once, then read */
	expect("select=\xce\xba\xcf\x8c", " \xce\xba\xcf\x8c@8");
	expect("select=a.b", " a.b@8");
}

static void order_has_directions_and_nulls(void **state)
{
	(void)state;
	expect("order=a", "* <a@7>");
	expect("order=a.asc", "* <a@7>");
	expect("order=a.desc", "* <a@7 desc first>"); /* NULL counts as the largest value */
	expect("order=a.nullsfirst", "* <a@7 first>");
	expect("order=a.nullslast", "* <a@7>");
	expect("order=a.desc.nullslast", "* <a@7 desc>");
	expect("order=a.desc.nullsfirst", "* <a@7 desc first>");
	expect("order=a.asc.nullsfirst,b.desc,c", "* <a@7 first> <b@24 desc first> <c@31>");
	expect("order=\"a.b\".desc", "* <a.b@7 desc first>");
}

static void windows(void **state)
{
	(void)state;
	expect("limit=5", "* limit 5");
	expect("limit=0", "* limit 0");
	expect("offset=0&limit=9223372036854775807", "* limit 9223372036854775807 offset 0");
	expect("offset=007", "* offset 7");
}

static void filters(void **state)
{
	(void)state;
	expect("id=eq.1", "* [id@1=1@7]");
	expect("id=eq.", "* [id@1=@7]");
	expect("a=eq.1&a=eq.2", "* [a@1=1@6] [a@8=2@13]");
	expect("a=eq.b=c", "* [a@1=b=c@6]");
	expect("a=eq.eq.1", "* [a@1=eq.1@6]");
	expect("a%20b=eq.c%26d", "* [a b@1=c&d@10]");
	expect("a+b=eq.c+d", "* [a b@1=c d@8]");
	expect("a=%65q.1", "* [a@1=1@8]");
	expect("&a=eq.1&", "* [a@2=1@7]");
	expect("a=eq.'\"", "* [a@1='\"@6]");
	expect("=eq.1", "* [@1=1@5]"); /* refused later: no column has this name */
	expect("id=eq.1&select=id&order=id&limit=1&offset=2", " id@16 [id@1=1@7] <id@25> limit 1 offset 2");
}

static void faults_say_where(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "a", "expected name=value at character 1 of the query string" },
		{ "a=eq.1&b", "expected name=value at character 8 of the query string" },
		{ "a=1", "expected 'eq.' and a value in 'a', at character 3 of the query string" },
		{ "a=", "expected 'eq.' and a value in 'a', at character 3 of the query string" },
		{ "a=eq", "expected 'eq.' and a value in 'a', at character 3 of the query string" },
		{ "a=gt.5", "expected 'eq.' and a value in 'a', at character 3 of the query string" },
		{ "a%20b=EQ.5", "expected 'eq.' and a value in 'a b', at character 7 of the query string" },
		{ "a=eq.%", "a '%' without two hexadecimal digits at character 6 of the query string" },
		{ "a=eq.%4", "a '%' without two hexadecimal digits at character 6 of the query string" },
		{ "a=eq.%41%zz", "a '%' without two hexadecimal digits at character 9 of the query string" },
		{ "%=eq.1", "a '%' without two hexadecimal digits at character 1 of the query string" },
		{ "a=eq.1&b%2=eq.1", "a '%' without two hexadecimal digits at character 9 of the query string" },
		{ "a=eq.b%00", "a NUL at character 7 of the query string" },
		{ "%00=eq.b", "a NUL at character 1 of the query string" },
		{ "a=eq.%41\xff", "bytes that are not UTF-8 at character 9 of the query string" },
		{ "a=eq.%FF", "bytes that are not UTF-8 at character 6 of the query string" },
		{ "a=eq.%C3", "bytes that are not UTF-8 at character 6 of the query string" },
		{ "a=eq.%C0%80", "bytes that are not UTF-8 at character 6 of the query string" },
		{ "\xff=eq.1", "bytes that are not UTF-8 at character 1 of the query string" },
		{ "select=,a", "a column's name is missing in 'select', at character 8 of the query string" },
		{ "select=a,", "a column's name is missing in 'select', at character 10 of the query string" },
		{ "select=a,,b", "a column's name is missing in 'select', at character 10 of the query string" },
		{ "select=a:b", "expected ',' or the end of select in 'select', at character 9 of the query string" },
		{ "select=a::text", "expected ',' or the end of select in 'select', at character 9 of the query string" },
		{ "select=a(b)", "expected ',' or the end of select in 'select', at character 9 of the query string" },
		{ "select=d->k", "expected ',' or the end of select in 'select', at character 9 of the query string" },
		{ "select=**", "expected ',' or the end of select in 'select', at character 9 of the query string" },
		{ "select=%2A%2A", "expected ',' or the end of select in 'select', at character 11 of the query string" },
		{ "select=\"a", "no '\"' ends the name that begins in 'select', at character 8 of the query string" },
		{ "select=\"a\\\"", "no '\"' ends the name that begins in 'select', at character 8 of the query string" },
		{ "select=\"\"", "an empty name in 'select', at character 10 of the query string" },
		{ "select=\"a\"b", "expected ',' or the end of select in 'select', at character 11 of the query string" },
		{ "select=a&select=b", "'select' a second time at character 10 of the query string" },
		{ "order=", "a column's name is missing in 'order', at character 7 of the query string" },
		{ "order=a,", "a column's name is missing in 'order', at character 9 of the query string" },
		{ "order=.desc", "a column's name is missing in 'order', at character 7 of the query string" },
		{ "order=a.", "expected asc, desc, nullsfirst or nullslast in 'order', at character 9 of the query string" },
		{ "order=a.DESC",
		  "expected asc, desc, nullsfirst or nullslast in 'order', at character 9 of the query string" },
		{ "order=a.descending",
		  "expected asc, desc, nullsfirst or nullslast in 'order', at character 9 of the query string" },
		{ "order=a.asc.desc",
		  "expected asc, desc, nullsfirst or nullslast in 'order', at character 13 of the query string" },
		{ "order=a.nullsfirst.desc",
		  "expected asc, desc, nullsfirst or nullslast in 'order', at character 20 of the query string" },
		{ "order=a.nullslast.nullslast",
		  "expected asc, desc, nullsfirst or nullslast in 'order', at character 19 of the query string" },
		{ "order=\"a\"b", "expected ',' or the end of order in 'order', at character 10 of the query string" },
		{ "order=a&order=a", "'order' a second time at character 9 of the query string" },
		{ "limit=", "expected a number from 0 on in 'limit', at character 7 of the query string" },
		{ "limit=-1", "expected a number from 0 on in 'limit', at character 7 of the query string" },
		{ "limit=1.5", "expected a number from 0 on in 'limit', at character 7 of the query string" },
		{ "limit=+5", "expected a number from 0 on in 'limit', at character 7 of the query string" },
		{ "limit=1;", "expected a number from 0 on in 'limit', at character 7 of the query string" },
		{ "limit=9223372036854775808", "expected a number from 0 on in 'limit', at character 7 of the query string" },
		{ "offset=99999999999999999999",
		  "expected a number from 0 on in 'offset', at character 8 of the query string" },
		{ "limit=1&limit=1", "'limit' a second time at character 9 of the query string" },
		{ "offset=1&offset=2", "'offset' a second time at character 10 of the query string" },
		{ "or=(a.eq.1)", "'or' is not supported at character 1 of the query string" },
		{ "a=eq.1&and=(b)", "'and' is not supported at character 8 of the query string" },
		{ "not.or=(a)", "'not.or' is not supported at character 1 of the query string" },
		{ "columns=a", "'columns' is not supported at character 1 of the query string" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		if (parse_bytes(cases[i].text, strlen(cases[i].text)) != STATUS_BAD_QUERY)
			fail_msg("%s: taken", cases[i].text);
		assert_int_equal(fault.status, STATUS_BAD_QUERY);
		if (strcmp(fault.message, cases[i].message) != 0)
			fail_msg("%s: %s", cases[i].text, fault.message);
	}
}

static void limits_of_size(void **state)
{
	struct text text = { 0 };

	(void)state;
	text_add_string(&text, "a=eq.");
	while (text.length < QUERY_MAX_BYTES)
		text_add_char(&text, 'x');
	assert_int_equal(parse_bytes(text.bytes, text.length), STATUS_OK);
	text_add_char(&text, 'x');
	assert_int_equal(parse_bytes(text.bytes, text.length), STATUS_URI_TOO_LONG);
	assert_int_equal(fault.status, STATUS_URI_TOO_LONG);

	text_clear(&text);
	for (int i = 0; i < QUERY_MAX_PARTS; i++)
		text_add_string(&text, i > 0 ? "&a=eq.1" : "a=eq.1");
	assert_int_equal(parse_bytes(text.bytes, text.length), STATUS_OK);
	assert_int_equal(query.filter_count, QUERY_MAX_PARTS);
	text_add_string(&text, "&a=eq.1");
	assert_int_equal(parse_bytes(text.bytes, text.length), STATUS_BAD_QUERY);
	assert_int_equal(fault.status, STATUS_BAD_QUERY);

	for (int list = 0; list < 2; list++) {
		text_clear(&text);
		text_add_string(&text, list == 0 ? "select=a" : "order=a");
		for (int i = 1; i < QUERY_MAX_PARTS; i++)
			text_add_string(&text, ",a");
		assert_int_equal(parse_bytes(text.bytes, text.length), STATUS_OK);
		assert_int_equal(list == 0 ? query.select_count : query.order_count, QUERY_MAX_PARTS);
		text_add_string(&text, ",a");
		assert_int_equal(parse_bytes(text.bytes, text.length), STATUS_BAD_QUERY);
	}
	text_release(&text);
}

/* Every prefix and every single wrong byte: an answer, never a crash. */
static void no_byte_hurts(void **state)
{
	static const char good[] = "select=a,\"b\\\"c\",*&order=a.desc.nullslast,\"d.e\"&id=eq.%27x&limit=5&offset=6";
	char bytes[sizeof(good)];

	(void)state;
	for (size_t length = 0; length < sizeof(good); length++)
		(void)!parse_bytes(good, length);
	for (size_t at = 0; at < sizeof(good) - 1; at++)
		for (int byte = 0; byte < 256; byte++) {
			memcpy(bytes, good, sizeof(good));
			bytes[at] = (char)byte;
			if (parse_bytes(bytes, sizeof(good) - 1) != STATUS_OK) {
				assert_int_equal(fault.status, STATUS_BAD_QUERY);
				assert_non_null(fault.message);
			}
		}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, forget)
	const struct CMUnitTest tests[] = {
		TEST(an_empty_query_asks_for_all),
		TEST(select_names_columns),
		TEST(order_has_directions_and_nulls),
		TEST(windows),
		TEST(filters),
		TEST(faults_say_where),
		TEST(limits_of_size),
		TEST(no_byte_hurts),
	};

	return cmocka_run_group_tests_name("query", tests, NULL, NULL);
}
