/* SPDX-License-Identifier: MIT */
#include "config/table_choices.h"

#include "unit.h"

/* The choices as text again: name(column,column);name */
static void expect_choices(const char *given, const char *wanted)
{
	struct arena arena = { 0 };
	struct table_choices choices;
	const char *fault = table_choices_parse(given, &arena, &choices);
	struct text text = { 0 };

	if (fault != NULL)
		fail_msg("%s: %s", given, fault);
	for (unsigned i = 0; i < choices.count; i++) {
		const struct table_choice *choice = &choices.entries[i];

		text_printf(&text, "%s%s", i > 0 ? ";" : "", choice->name.bytes);
		assert_int_equal(strlen(choice->name.bytes), choice->name.length);
		for (unsigned c = 0; c < choice->column_count; c++) {
			text_printf(&text, "%s%s", c == 0 ? "(" : ",", choice->columns[c].bytes);
			assert_int_equal(strlen(choice->columns[c].bytes), choice->columns[c].length);
		}
		if (choice->column_count > 0)
			text_add_char(&text, ')');
	}
	assert_is(text, wanted);
	text_release(&text);
	arena_release(&arena);
}

static void choices_are_read(void **state)
{
	(void)state;
	expect_choices("users", "users");
	expect_choices(" users , orders ", "users;orders");
	expect_choices("users(id,username),orders", "users(id,username);orders");
	expect_choices("users ( id , user name ) ,\n\torders", "users(id,user name);orders");
	expect_choices("order items", "order items");
	expect_choices("\"odd \"\"name\"\", here\"", "odd \"name\", here");
	expect_choices("\"a(b)\"(\"c,d\",\" e \",f)", "a(b)(c,d, e ,f)");
	expect_choices("\"\"\"\"", "\"");
	expect_choices("a(b),c(d)", "a(b);c(d)");
	expect_choices("\xce\xba\xcf\x8c(\xcf\x83)", "\xce\xba\xcf\x8c(\xcf\x83)");
	expect_choices("a'b`c\\d", "a'b`c\\d");
	expect_choices("users,Users", "users;Users"); /* two names, to this program */
}

static void faults_say_where(void **state)
{
	static const struct {
		const char *text, *fault;
	} cases[] = {
		{ "", "a name is missing at character 1" },
		{ "  ", "a name is missing at character 3" },
		{ ",a", "a name is missing at character 1" },
		{ "a,", "a name is missing at character 3" },
		{ "a,,b", "a name is missing at character 3" },
		{ "a(", "a name is missing at character 3" },
		{ "a()", "a name is missing at character 3" },
		{ "a(b,)", "a name is missing at character 5" },
		{ "a(b", "expected ',' or ')' at character 4" },
		{ "a(b(c))", "expected ',' or ')' at character 4" },
		{ "a(b) c", "expected ',' at character 6" },
		{ "a)", "expected ',' at character 2" },
		{ "a\"b\"", "a '\"' inside of an unquoted name at character 2" },
		{ "\"a\"b", "expected ',' at character 4" },
		{ "\"a", "the quoted name has no closing '\"' at character 1" },
		{ "\"", "the quoted name has no closing '\"' at character 1" },
		{ "\"a\"\"", "the quoted name has no closing '\"' at character 1" },
		{ "a,\"\"", "a name is empty at character 3" },
		{ "a,b,a", "'a' is named twice" },
		{ "a,\"a\"", "'a' is named twice" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		struct arena arena = { 0 };
		struct table_choices choices;

		assert_says(table_choices_parse(cases[i].text, &arena, &choices), cases[i].fault);
		arena_release(&arena);
	}
}

static void a_thousand_tables_and_no_more(void **state)
{
	struct arena arena = { 0 };
	struct table_choices choices;
	struct text text = { 0 };
	const char *fault;

	(void)state;
	for (int i = 0; i < 1000; i++)
		text_printf(&text, "%st%d(a,b)", i > 0 ? "," : "", i);
	assert_null(table_choices_parse(text_terminate(&text), &arena, &choices));
	assert_int_equal(choices.count, 1000);
	assert_is(choices.entries[999].name, "t999");
	text_add_string(&text, ",one_more");
	fault = table_choices_parse(text_terminate(&text), &arena, &choices);
	assert_non_null(fault);
	assert_non_null(strstr(fault, "1000 tables"));
	text_clear(&text);
	text_add_string(&text, "t(c");
	for (int i = 0; i < 4096; i++)
		text_printf(&text, ",c%d", i);
	text_add_string(&text, ")");
	fault = table_choices_parse(text_terminate(&text), &arena, &choices);
	assert_non_null(fault);
	assert_non_null(strstr(fault, "more columns"));
	text_release(&text);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(choices_are_read),
		cmocka_unit_test(faults_say_where),
		cmocka_unit_test(a_thousand_tables_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
