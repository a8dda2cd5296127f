/* SPDX-License-Identifier: MIT */
#include "base/json_template.h"

#include "unit.h"

static struct text out;

static int clear(void **state)
{
	(void)state;
	text_release(&out);
	return 0;
}

static void single_quotes_are_double_ones(void **state)
{
	(void)state;
	json_template_add(&out, "{'a':'b'}");
	assert_is(out, "{\"a\":\"b\"}");
}

static void a_comma_stands_only_behind_something(void **state)
{
	(void)state;
	json_template_add(&out, ",{");
	json_template_add(&out, ",'a':[");
	json_template_add(&out, ",1");
	json_template_add(&out, ",2],'b':',[,'");
	json_template_add(&out, ",'c':{}}");
	assert_is(out, "{\"a\":[1,2],\"b\":\",[,\",\"c\":{}}");
}

static void strings_are_escaped_with_and_without_their_quotes(void **state)
{
	(void)state;
	json_template_add(&out, "[%s,'<%s>',%r,%u,'%u','%s']", "a'\"\\\n", "a'\"\\\n", "{}", UINT64_MAX, (uint64_t)7, "");
	assert_is(out, "[\"a'\\\"\\\\\\n\",\"<a'\\\"\\\\\\n>\",{},18446744073709551615,\"7\",\"\"]");
	json_object_put(assert_json(out.bytes, out.length));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(single_quotes_are_double_ones, clear),
		cmocka_unit_test_teardown(a_comma_stands_only_behind_something, clear),
		cmocka_unit_test_teardown(strings_are_escaped_with_and_without_their_quotes, clear),
	};

	return cmocka_run_group_tests_name("template", tests, NULL, NULL);
}
