/* SPDX-License-Identifier: MIT */
#include "schema/table.h"

#include "tables.h"
#include "unit.h"

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
	assert_int_equal(characters(schema, "enum"), 1); /* the longest of its members */
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
		cmocka_unit_test(only_exposed_columns_are_found),
		cmocka_unit_test(only_a_full_text_index_of_its_own_lets_a_column_be_searched),
		cmocka_unit_test(integer_keys_tell_rows_apart),
		cmocka_unit_test(the_key_of_paths_is_the_primary_key_of_one_column),
		cmocka_unit_test(the_most_characters_of_a_value_are_known_where_the_type_says_it),
		cmocka_unit_test(json_keys_are_ready_to_be_written),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
