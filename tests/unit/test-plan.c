/* SPDX-License-Identifier: MIT
 *
 * From a request to its SQL: plan.c and sql.c, over route.c and query.c. The cases are lines of tests/golden/read.txt
 * and read.refused.txt.
 */
#include "plan/plan.h"

#include "sql/sql.h"
#include "tables.h"
#include "unit.h"

static struct schema *schema;
static struct arena arena;

static int make_schema(void **state)
{
	(void)state;
	schema = tables_make();
	return 0;
}

static int drop_schema(void **state)
{
	(void)state;
	schema_free(schema);
	arena_release(&arena);
	return 0;
}

static enum status plan(const char *method, const char *uri, size_t uri_length, struct plan *made, struct fault *fault)
{
	struct request request = { .method = METHOD_OTHER };
	struct route route;
	enum status status;

	http_take_variable(&request, SLICE("REQUEST_METHOD"), slice_of(method));
	http_take_variable(&request, SLICE("REQUEST_URI"), (struct slice){ uri, uri_length });
	memset(fault, 0, sizeof(*fault));
	if ((status = route_find(&request, schema, SLICE(""), &arena, &route, fault)) != STATUS_OK)
		return status;
	if ((status = plan_read(&route, 1000, &arena, made, fault)) == STATUS_OK)
		sql_keep_read(made, &arena);
	return status;
}

/* What a line says, in the golden file's words. */
static const char *answer(const char *method, const char *uri, size_t uri_length)
{
	struct plan made;
	struct fault fault;
	enum status status = plan(method, uri, uri_length, &made, &fault);

	if (status == STATUS_OK)
		return arena_printf(&arena, "%.*s", (int)made.sql.length, made.sql.bytes);
	assert_int_equal(fault.status, status);
	return arena_printf(&arena, "%d %s %s%s%s", status_http(status), status_code(status),
	                    fault.message != NULL ? fault.message : status_message(status),
	                    fault.details != NULL ? " | " : "", fault.details != NULL ? fault.details : "");
}

static void run_file(const char *name, bool refused)
{
	const char *source = getenv("srcdir");
	char *path = arena_printf(&arena, "%s/tests/golden/%s", source != NULL ? source : ".", name), *line = NULL;
	FILE *file = fopen(path, "r");
	size_t size = 0;
	ssize_t length;
	int number = 0, ran = 0, failed = 0;
	const char *folder = getenv("GOLDEN_OUT"); /* what the lines say now, to be read before it is kept */
	FILE *out = folder != NULL ? fopen(arena_printf(&arena, "%s/%s", folder, name), "w") : NULL;

	if (file == NULL)
		fail_msg("cannot read %s", path);
	while ((length = getline(&line, &size, file)) >= 0) {
		char *space, *arrow;
		const char *got;

		number++;
		if (length > 0 && line[length - 1] == '\n')
			line[--length] = '\0';
		if (length == 0 || line[0] == '#') {
			if (out != NULL)
				fprintf(out, "%s\n", line);
			continue;
		}
		space = strchr(line, ' ');
		arrow = strstr(line, " => ");
		if (space == NULL || arrow == NULL || space >= arrow)
			fail_msg("%s:%d: expected METHOD URI => ANSWER", name, number);
		*space = *arrow = '\0';
		got = answer(line, space + 1, (size_t)(arrow - space - 1));
		if (out != NULL)
			fprintf(out, "%s %s => %s\n", line, space + 1, got);
		else if (strcmp(got, arrow + 4) != 0 || (got[0] == 'S') == refused) {
			print_error("%s:%d: %s %s\n    got    %s\n    wanted %s\n", name, number, line, space + 1, got,
			            arrow + 4);
			failed++;
		}
		ran++;
		arena_clear(&arena);
	}
	free(line);
	fclose(file);
	if (out != NULL)
		fclose(out);
	if (failed > 0)
		fail_msg("%d of %d lines", failed, ran);
	assert_true(ran > 20); /* the file was found and has something in it */
}

static void golden_reads(void **state)
{
	(void)state;
	run_file("read.txt", false);
}

static void golden_reads_of_postgresql(void **state)
{
	struct schema *other = schema;

	(void)state;
	tables_dialect = &postgresql_dialect;
	schema = tables_make();
	run_file("read.postgresql.txt", false);
	schema_free(schema);
	schema = other;
	tables_dialect = &mysql_dialect;
}

static void golden_refusals(void **state)
{
	(void)state;
	run_file("read.refused.txt", true);
}

static struct plan planned(const char *uri)
{
	struct plan made;
	struct fault fault;

	if (plan("GET", uri, strlen(uri), &made, &fault) != STATUS_OK)
		fail_msg("%s: %s", uri, fault.message);
	return made;
}

static void faults_say_where(void **state)
{
	static const struct {
		const char *uri, *details;
	} cases[] = {
		{ "/users?select=id,nothing", "at character 11 of the query string" },
		{ "/users?id=eq.1&order=id,nothing", "at character 18 of the query string" },
		{ "/users?limit=1&n%6Fthing=eq.1", "at character 9 of the query string" },
		{ "/users?limit=1&id=eq.x", "at character 15 of the query string" },
		{ "/users/x", "in the key of the path" },
		{ "/users?id=in.(1,2,x)", "at character 12 of the query string" },
		{ "/users?id=in.(1,%32,%22x%22)", "at character 14 of the query string" },
		{ "/users?or=(id.eq.1,and(id.gt.2,%6Eothing.lt.3))", "at character 25 of the query string" },
		{ "/users?or=(id.eq.1,and(id.gt.2,id.lt.x))", "at character 31 of the query string" },
		{ "/users?id=eq(any).{1,x}", "at character 15 of the query string" },
		{ "/users?select=id,a:nothing::text", "at character 13 of the query string" },
		{ "/users?select=id,id::float9", "at character 15 of the query string" },
		{ "/users?id=like.1", "at character 4 of the query string" },
		{ "/users?a%62c=eq.1", "at character 1 of the query string" },
		{ "/users?select=email:id,*", "at character 17 of the query string" },
		{ "/users?select=a:id,a:email", "at character 15 of the query string" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		struct plan made;
		struct fault fault;

		assert_int_not_equal(plan("GET", cases[i].uri, strlen(cases[i].uri), &made, &fault), STATUS_OK);
		assert_says(fault.details, cases[i].details);
	}
	arena_clear(&arena);
}

static void only_paths_with_a_key_ask_for_one_object(void **state)
{
	(void)state;
	assert_true(planned("/users/1").one_row);
	assert_false(planned("/users?id=eq.1").one_row);
	assert_false(planned("/users").one_row);
}

/* A lookup by an integer key alone, whose statement may look for other keys too. */
static void expect_key(const char *uri, const char *column, const char *key)
{
	struct plan made = planned(uri);
	struct text text = { 0 };

	if (made.key_column == NULL)
		fail_msg("%s: is no lookup", uri);
	assert_is(made.key_column->name, column);
	integer_add(&text, made.key);
	assert_is(text, key);
	text_release(&text);
	arena_clear(&arena);
}

static void expect_no_key(const char *uri)
{
	if (planned(uri).key_column != NULL)
		fail_msg("%s: is no lookup of one row", uri);
	arena_clear(&arena);
}

static void lookups_by_key_are_known(void **state)
{
	(void)state;
	expect_key("/users/5", "id", "5");
	expect_key("/users/-0", "id", "0");
	expect_key("/users?id=eq.5", "id", "5");
	expect_key("/users?id=eq.18446744073709551615", "id", "18446744073709551615");
	expect_key("/users?id=eq.-9223372036854775808", "id", "-9223372036854775808");
	expect_key("/users/5?select=email", "id", "5");
	expect_key("/users?id=eq.5&order=email", "id", "5"); /* one row has no order */
	expect_key("/by_name?number=eq.5", "number", "5");
	expect_no_key("/users");
	expect_no_key("/users?limit=5");
	expect_no_key("/users?username=eq.admin");
	expect_no_key("/users/5?limit=0");
	expect_no_key("/users/5?limit=1");
	expect_no_key("/users/5?offset=1");
	expect_no_key("/users/5?offset=0");
	expect_no_key("/users/5?username=eq.admin");
	expect_no_key("/users?id=eq.5&id=eq.5");
	expect_no_key("/users?id=neq.5");
	expect_no_key("/users?id=gt.5");
	expect_no_key("/users?id=not.eq.5");
	expect_no_key("/users?id=eq(any).{5}");
	expect_no_key("/users?id=eq(all).{5}");
	expect_no_key("/users?id=in.(5)");
	expect_no_key("/users?id=is.null");
	expect_no_key("/users?and=(id.eq.5)");
	expect_no_key("/users?not.and=(id.eq.5)");
	expect_no_key("/users/5?or=(id.eq.5,id.eq.6)");
	expect_no_key("/by_name/5");
	expect_no_key("/by_name?rank=eq.5");
	expect_no_key("/pairs?a=eq.5");
	expect_no_key("/lines?n=eq.5");
	expect_no_key("/things?integer=eq.5");
}

static void one_statement_for_several_keys(void **state)
{
	static const struct integer keys[] = { { 5, false }, { 1, true }, { UINT64_MAX, false } };
	struct plan made = planned("/users/5?select=email,id");
	struct text sql = { 0 };

	(void)state;
	sql_read_keys(&sql, &made, keys, 3);
	assert_is(sql, "SELECT `id`,`email`,`id`,`id`,`username`,`email` FROM `users` WHERE `id` IN (5,-1,18446744073709551615)");
	text_clear(&sql);
	made = planned("/by_name?number=eq.1");
	sql_read_keys(&sql, &made, keys, 1);
	assert_is(sql, "SELECT `number`,`name`,`rank`,`number` FROM `by_name` WHERE `number` IN (5)");
	text_release(&sql);
	arena_clear(&arena);
}

static void a_table_without_a_column_to_show_is_still_read(void **state)
{
	struct plan made;

	(void)state;
	schema->tables[4].columns[0].exposed = false;
	made = planned("/lines");
	assert_is(made.sql, "SELECT 1 FROM `lines` LIMIT 1001");
	assert_int_equal(made.column_count, 0);
	schema->tables[4].columns[0].exposed = true;
	arena_clear(&arena);
}

/* The value that is written VALUE in the URI. */
static void what_a_value_is_compared_with_is_found_by_its_place(void **state)
{
	static const char *const cases[][2] = {
		{ "/things?select=id&string=eq.VALUE", "string" },
		{ "/things?select=id&string=not.in.(a,\"it's \"\"\",VALUE)", "string" },
		{ "/things?select=id&string=eq.\xce\xba\xcf\x8c&string_n=gt.VALUE&enum=eq.a", "string_n" },
		{ "/things?select=id&or=(enum.eq.a,and(string.eq.b,string_n.not.isdistinct.VALUE))", "string_n" },
		{ "/odd%20%60%22'%20name?select=a%60b&\"c\\\"d,e.f\"=eq.VALUE", "c\"d,e.f" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		struct plan made = planned(cases[i][0]);
		const char *sql = arena_printf(&arena, "%.*s", (int)made.sql.length, made.sql.bytes);
		const char *value = strstr(sql, "'VALUE'");
		const struct column *column;
		size_t place = 1;
		bool named;

		assert_non_null(value);
		for (const char *at = sql; at < value; at++)
			place += ((unsigned char)*at & 0xc0) != 0x80;
		column = sql_find_operand(&made, made.sql, place, &named);
		assert_non_null(column);
		assert_string_equal(column->name.bytes, cases[i][1]);
		assert_false(named);
		assert_null(sql_find_operand(&made, made.sql, strlen("SELECT "), &named));
		(void)sql_find_operand(&made, made.sql, 100000, &named); /* behind the end */
		assert_false(named);
		arena_clear(&arena);
	}
}

static void the_column_of_an_order_is_told_from_the_place_of_its_name(void **state)
{
	static const char *const queries[] = {
		"/things?order=string_n,id",
		"/things?select=string::text&order=string_n,id",
	};
	bool named;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(queries); i++) {
		struct plan made = planned(queries[i]);
		const char *sql = arena_printf(&arena, "%.*s", (int)made.sql.length, made.sql.bytes);
		const char *order = strstr(sql, " ORDER BY ");
		const struct column *column;

		assert_non_null(order);
		column = sql_find_operand(&made, made.sql, (size_t)(order - sql) + strlen(" ORDER BY ") + 1, &named);
		assert_true(named);
		assert_non_null(column);
		assert_string_equal(column->name.bytes, "string_n");
		arena_clear(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_reads),
		cmocka_unit_test(golden_reads_of_postgresql),
		cmocka_unit_test(golden_refusals),
		cmocka_unit_test(what_a_value_is_compared_with_is_found_by_its_place),
		cmocka_unit_test(the_column_of_an_order_is_told_from_the_place_of_its_name),
		cmocka_unit_test(faults_say_where),
		cmocka_unit_test(only_paths_with_a_key_ask_for_one_object),
		cmocka_unit_test(lookups_by_key_are_known),
		cmocka_unit_test(one_statement_for_several_keys),
		cmocka_unit_test(a_table_without_a_column_to_show_is_still_read),
	};

	return cmocka_run_group_tests_name("plan", tests, make_schema, drop_schema);
}
