/* SPDX-License-Identifier: MIT */
#include "postgresql/postgresql_array.h"

#include "unit.h"

static void arrays_are_written_as_postgresql_writes_them(void **state)
{
	static const struct {
		const char *json, *array;
		bool of_json;
	} cases[] = {
		{ "[]", "{}", false },
		{ " [ 1 , -2.5e3 ,\n\ttrue,false ] ", "{1,-2.5e3,true,false}", false },
		{ "[null,\"null\",\"\"]", "{NULL,\"null\",\"\"}", false },
		{ "[\"a b\",\"c,d\",\"{e}\",\"it's\"]", "{\"a b\",\"c,d\",\"{e}\",\"it's\"}", false },
		{ "[\"\\\"\",\"\\\\\",\"\\/\"]", "{\"\\\"\",\"\\\\\",\"/\"}", false },
		{ "[\"\\b\\f\\n\\r\\t\"]", "{\"\b\f\n\r\t\"}", false },
		{ "[\"\\u0022\\u005c\\u0041\\u00e9\\u20AC\\ud83d\\ude00\"]", "{\"\\\"\\\\A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"}", false },
		{ "[\"\xc3\xa9\"]", "{\"\xc3\xa9\"}", false },
		{ "[[1,2],[3,null]]", "{{1,2},{3,NULL}}", false },
		{ "[[]]", "{{}}", false },
		{ "[{\"a\":[1,\"]\\\"\"]}]", "{\"{\\\"a\\\":[1,\\\"]\\\\\\\"\\\"]}\"}", false },
		{ "[1,\"a\",[2],{\"b\":null},null]", "{1,\"\\\"a\\\"\",\"[2]\",\"{\\\"b\\\":null}\",NULL}", true },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		struct slice given = exact(cases[i].json, strlen(cases[i].json));
		struct text out = { 0 };

		postgresql_array_add(&out, given, cases[i].of_json);
		assert_is(out, cases[i].array);
		text_release(&out);
		exact_free(given);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arrays_are_written_as_postgresql_writes_them),
	};

	return cmocka_run_group_tests_name("postgresql_array", tests, NULL, NULL);
}
