/* SPDX-License-Identifier: MIT */
#include "schema/table.h"

#include "tables.h"
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
		{ "\"a", "no '\"' ends the name that begins at character 1" },
		{ "\"", "no '\"' ends the name that begins at character 1" },
		{ "\"a\"\"", "no '\"' ends the name that begins at character 1" },
		{ "a,\"\"", "an empty name at character 3" },
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

static void only_exposed_columns_are_found(void **state)
{
	struct schema *schema = tables_make();
	const struct table *users = schema_table(schema, SLICE("users"));

	(void)state;
	assert_non_null(users);
	assert_ptr_equal(table_column(users, "id", 2), &users->columns[0]);
	assert_ptr_equal(table_column(users, "email", 5), &users->columns[2]);
	assert_null(table_column(users, "secret", 6));
	assert_null(table_column(users, "ID", 2));
	assert_null(table_column(users, "i", 1));
	assert_null(table_column(users, "id\0", 3));
	assert_null(table_column(users, "", 0));
	assert_null(schema_table(schema, SLICE("user")));
	assert_null(schema_table(schema, SLICE("USERS")));
	assert_null(schema_table(schema, SLICE("users ")));
	assert_non_null(schema_table(schema, SLICE("odd `\"' name")));
	schema_free(schema);
	schema_free(NULL);
}

static bool integer_key(const struct schema *schema, const char *table, const char *column)
{
	const struct table *found = schema_table(schema, slice_of(table));

	return table_integer_key(found, table_column(found, column, strlen(column)));
}

static void integer_keys_tell_rows_apart(void **state)
{
	struct schema *schema = tables_make();
	struct table *pairs = &schema->tables[3];

	(void)state;
	assert_true(integer_key(schema, "users", "id"));
	assert_false(integer_key(schema, "users", "username")); /* a collation matches more than it equals */
	assert_false(integer_key(schema, "users", "email"));    /* no key */
	assert_false(integer_key(schema, "by_name", "name"));
	assert_false(integer_key(schema, "by_name", "rank"));  /* several rows may be NULL */
	assert_true(integer_key(schema, "by_name", "number")); /* unique, though not primary */
	assert_false(integer_key(schema, "pairs", "a"));       /* only half of a key */
	assert_false(integer_key(schema, "pairs", "b"));
	assert_false(integer_key(schema, "lines", "n"));
	assert_false(integer_key(schema, "things", "integer"));
	tables_key(schema, pairs, "only_an_index", 0, -1);
	pairs->keys[1].unique = false;
	assert_false(integer_key(schema, "pairs", "a"));
	pairs->columns[0].type = COLUMN_DECIMAL;
	pairs->keys[1].unique = true;
	assert_false(integer_key(schema, "pairs", "a"));
	schema_free(schema);
}

static void the_key_of_paths_is_the_primary_key_of_one_column(void **state)
{
	struct schema *schema = tables_make();
	struct table *users = &schema->tables[0];

	(void)state;
	assert_int_equal(users->key_column, 0);
	assert_int_equal(schema->tables[2].key_column, 0); /* whatever its type */
	assert_int_equal(schema->tables[3].key_column, -1);
	assert_int_equal(schema->tables[4].key_column, -1);
	users->columns[0].exposed = false;
	table_finish(users, &schema->arena);
	assert_int_equal(users->key_column, -1);
	users->keys[0].primary = false;
	users->columns[0].exposed = true;
	table_finish(users, &schema->arena);
	assert_int_equal(users->key_column, -1);
	schema_free(schema);
}

static uint64_t characters(const struct schema *schema, const char *name)
{
	return tables_named(&schema->tables[1], name)->characters;
}

static void the_most_characters_of_a_value_are_known_where_the_type_says_it(void **state)
{
	struct schema *schema = tables_make();

	(void)state;
	assert_int_equal(schema->tables[0].columns[0].characters, INTEGER_CHARACTERS);
	assert_int_equal(schema->tables[0].columns[1].characters, 80);
	assert_int_equal(schema->tables[0].columns[3].characters, 0); /* a string without a length */
	assert_int_equal(characters(schema, "decimal"), strlen("-Infinity") + 10);
	assert_in_range(characters(schema, "double"), strlen("-1.7976931348623157e+308"), 40);
	assert_in_range(characters(schema, "timestamp"), strlen("294276-12-31 23:59:59.999999+00 BC"), 40);
	assert_int_equal(characters(schema, "binary"), 8);
	assert_int_equal(characters(schema, "uuid"), 36);
	assert_int_equal(characters(schema, "json"), 0);
	assert_int_equal(characters(schema, "geometry"), 0);
	schema_free(schema);
	tables_dialect = &postgresql_dialect;
	schema = tables_make();
	tables_dialect = &mysql_dialect;
	assert_int_equal(characters(schema, "string"), 0);
	assert_int_equal(characters(schema, "binary"), 0);
	assert_int_equal(characters(schema, "bit"), 0);
	assert_int_equal(characters(schema, "enum"), strlen("enum('a','b')"));
	tables_named(&schema->tables[1], "decimal")->precision = 0; /* numeric, of any length */
	table_finish(&schema->tables[1], &schema->arena);
	assert_int_equal(characters(schema, "decimal"), 0);
	schema_free(schema);
}

static void json_keys_are_ready_to_be_written(void **state)
{
	struct schema *schema = tables_make();

	(void)state;
	assert_is(schema->tables[0].columns[1].json_key, "\"username\":");
	assert_is(schema->tables[5].columns[1].json_key, "\"c\\\"d,e.f\":");
	schema_free(schema);
}

static void only_a_full_text_index_of_its_own_lets_a_column_be_searched(void **state)
{
	struct schema *schema = tables_make();
	const struct table *things = schema_table(schema, SLICE("things"));
	const struct table *users = schema_table(schema, SLICE("users"));

	(void)state;
	assert_true(table_fulltext(things, table_column(things, "searched", 8)));
	assert_false(table_fulltext(things, table_column(things, "string", 6)));
	assert_false(table_fulltext(users, table_column(users, "username", 8)));
	things->keys[1].column_count = 2;
	assert_false(table_fulltext(things, table_column(things, "searched", 8)));
	schema_free(schema);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(choices_are_read),
		cmocka_unit_test(faults_say_where),
		cmocka_unit_test(a_thousand_tables_and_no_more),
		cmocka_unit_test(only_exposed_columns_are_found),
		cmocka_unit_test(only_a_full_text_index_of_its_own_lets_a_column_be_searched),
		cmocka_unit_test(integer_keys_tell_rows_apart),
		cmocka_unit_test(the_key_of_paths_is_the_primary_key_of_one_column),
		cmocka_unit_test(the_most_characters_of_a_value_are_known_where_the_type_says_it),
		cmocka_unit_test(json_keys_are_ready_to_be_written),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
