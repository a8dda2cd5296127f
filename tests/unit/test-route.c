/* SPDX-License-Identifier: MIT */
#include "plan/route.h"

#include "tables.h"
#include "unit.h"

static struct schema *schema;
static struct arena arena;
static struct route route;
static struct fault fault;

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

static enum status find(enum method method, const char *name, const char *uri, const char *prefix)
{
	struct slice given = exact(uri, strlen(uri));
	struct request request = { .method = method, .method_name = slice_of(name), .uri = given };
	enum status status;

	arena_clear(&arena);
	memset(&fault, 0, sizeof(fault));
	status = route_find(&request, schema, slice_of(prefix), &arena, &route, &fault);
	if (status != STATUS_OK)
		assert_int_equal(fault.status, status);
	exact_free(given);
	return status;
}

static void expect(const char *uri, const char *prefix, const char *table, const char *key)
{
	if (find(METHOD_GET, "GET", uri, prefix) != STATUS_OK)
		fail_msg("%s: %s", uri, status_code(fault.status));
	assert_is(route.table->name, table);
	assert_int_equal(route.has_key, key != NULL);
	if (key != NULL)
		assert_is(route.key, key);
	assert_null(route.allow);
}

static void paths_lead_to_tables_and_keys(void **state)
{
	(void)state;
	expect("/users", "", "users", NULL);
	expect("/users/5", "", "users", "5");
	expect("/%75sers/%35", "", "users", "5");
	expect("/by_name/a%2Fb", "", "by_name", "a/b");
	expect("/by_name/a+b%20c", "", "by_name", "a+b c"); /* '+' is no space in a path */
	expect("/by_name/%25", "", "by_name", "%");
	expect("/by_name/...", "", "by_name", "...");
	expect("/by_name/a%2F..b%2F.c%2F...", "", "by_name", "a/..b/.c/...");
	expect("/by_name/%2F", "", "by_name", "/");
	expect("/odd%20%60%22%27%20name/1", "", "odd `\"' name", "1");
	expect("/odd `\"' name", "", "odd `\"' name", NULL);
	expect("/lines", "", "lines", NULL);
	expect("/api/v1/users/5", "/api/v1", "users", "5");
}

static void the_query_is_left_raw(void **state)
{
	(void)state;
	assert_int_equal(find(METHOD_GET, "GET", "/users?a=%20/b?c", ""), STATUS_OK);
	assert_int_equal(route.query.length, 9);
	assert_false(route.has_key);
	assert_int_equal(find(METHOD_GET, "GET", "/users?", ""), STATUS_OK);
	assert_int_equal(route.query.length, 0);
	assert_int_equal(find(METHOD_GET, "GET", "/users/1?/2", ""), STATUS_OK);
	assert_is(route.key, "1");
	assert_int_equal(find(METHOD_GET, "GET", "/users%3Fa", ""), STATUS_NO_SUCH_TABLE);
}

static void what_is_not_there_is_404(void **state)
{
	static const struct {
		const char *uri, *prefix;
		enum status status;
	} cases[] = {
		{ "users", "", STATUS_NO_SUCH_PATH },
		{ "*", "", STATUS_NO_SUCH_PATH },
		{ "?a=b", "", STATUS_NO_SUCH_PATH },
		{ "/users/", "", STATUS_NO_SUCH_PATH },
		{ "/users/1/", "", STATUS_NO_SUCH_PATH },
		{ "/users/1/2", "", STATUS_NO_SUCH_PATH },
		{ "/users//1", "", STATUS_NO_SUCH_PATH },
		{ "/pairs/1", "", STATUS_NO_SUCH_PATH },
		{ "/lines/1", "", STATUS_NO_SUCH_PATH },
		{ "//users", "", STATUS_NO_SUCH_TABLE },
		{ "/nothing", "", STATUS_NO_SUCH_TABLE },
		{ "/Users", "", STATUS_NO_SUCH_TABLE },
		{ "/users%20", "", STATUS_NO_SUCH_TABLE },
		{ "/users", "/api", STATUS_NO_SUCH_PATH },
		{ "//", "", STATUS_NO_SUCH_TABLE },
		{ "/api//", "/api", STATUS_NO_SUCH_TABLE },
		{ "/apiusers", "/api", STATUS_NO_SUCH_PATH },
		{ "/apis/users", "/api", STATUS_NO_SUCH_PATH },
		{ "/a", "/api", STATUS_NO_SUCH_PATH },
		{ "/%61pi/users", "/api", STATUS_NO_SUCH_PATH },
		{ "/users%", "", STATUS_BAD_REQUEST },
		{ "/%zz", "", STATUS_BAD_REQUEST },
		{ "/users%00", "", STATUS_BAD_REQUEST },
		{ "/users/%4", "", STATUS_BAD_REQUEST },
		{ "/users/%00", "", STATUS_BAD_REQUEST },
		{ "/users/%ff", "", STATUS_BAD_REQUEST },
		{ "/\xff", "", STATUS_BAD_REQUEST },
		/* segments that the web server has taken away before it chose who answers */
		{ "/by_name/..", "", STATUS_BAD_REQUEST },
		{ "/by_name/.", "", STATUS_BAD_REQUEST },
		{ "/by_name/%2e%2E", "", STATUS_BAD_REQUEST },
		{ "/by_name/.%2e", "", STATUS_BAD_REQUEST },
		{ "/%2e%2e/users", "", STATUS_BAD_REQUEST },
		{ "/..", "", STATUS_BAD_REQUEST },
		{ "/./users", "", STATUS_BAD_REQUEST },
		{ "/by_name/..%2Fusers", "", STATUS_BAD_REQUEST },
		{ "/by_name/a%2f..%2F%2E.%2fusers", "", STATUS_BAD_REQUEST },
		{ "/by_name/%2F.", "", STATUS_BAD_REQUEST },
		{ "/by_name%2F..%2Fusers", "", STATUS_BAD_REQUEST },
		{ "", "", STATUS_BAD_REQUEST },
	};
	struct arena names = { 0 };
	struct table_choices choices;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++)
		if (find(METHOD_GET, "GET", cases[i].uri, cases[i].prefix) != cases[i].status)
			fail_msg("%s: %d", cases[i].uri, fault.status);
	assert_int_equal(find(METHOD_GET, "GET", "/n%6Fthing", ""), STATUS_NO_SUCH_TABLE);
	assert_string_equal(fault.message, "no table 'nothing' is served here");
	assert_string_equal(fault.hint, "tables and views are served when MYREST_TABLES names them");
	assert_false(route.awaited);
	assert_null(table_choices_parse("users,nothing", &names, &choices));
	schema->choices = &choices;
	assert_int_equal(find(METHOD_POST, "POST", "/nothing/1", ""), STATUS_NO_SUCH_TABLE);
	assert_string_equal(fault.hint,
	                    "MYREST_TABLES names it, but the database does not have it, or does not show it to the account");
	assert_true(route.awaited);
	assert_int_equal(find(METHOD_GET, "GET", "/Nothing", ""), STATUS_NO_SUCH_TABLE);
	assert_string_equal(fault.hint, "tables and views are served when MYREST_TABLES names them");
	schema->choices = NULL;
	arena_release(&names);
	assert_int_equal(find(METHOD_GET, "GET", "/p%61irs/1", ""), STATUS_NO_SUCH_PATH);
	assert_string_equal(fault.details, "'pairs' has no primary key of one column");
	assert_int_equal(find(METHOD_OTHER, "", "/users", ""), STATUS_BAD_REQUEST);
}

static void methods_that_are_not_allowed_are_told_what_is(void **state)
{
	static const struct {
		enum method method;
		const char *name;
		enum status status;
	} cases[] = {
		{ METHOD_GET, "GET", STATUS_OK },
		{ METHOD_HEAD, "HEAD", STATUS_OK },
		{ METHOD_OPTIONS, "OPTIONS", STATUS_OK },
		{ METHOD_POST, "POST", STATUS_BAD_METHOD },
		{ METHOD_PUT, "PUT", STATUS_BAD_METHOD },
		{ METHOD_PATCH, "PATCH", STATUS_BAD_METHOD },
		{ METHOD_DELETE, "DELETE", STATUS_BAD_METHOD },
		{ METHOD_OTHER, "get", STATUS_BAD_METHOD },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		assert_int_equal(find(cases[i].method, cases[i].name, "/users", ""), cases[i].status);
		if (cases[i].status == STATUS_OK && cases[i].method != METHOD_OPTIONS)
			assert_null(route.allow); /* nobody asks */
		else
			assert_string_equal(route.allow, "OPTIONS, GET, HEAD");
		assert_int_equal(find(cases[i].method, cases[i].name, "/users/1", ""), cases[i].status);
		assert_int_equal(find(cases[i].method, cases[i].name, "/nothing", ""), STATUS_NO_SUCH_TABLE);
		assert_null(route.allow);
	}
}

static const char *hint_of(enum method method, const char *name, const char *uri)
{
	assert_int_equal(find(method, name, uri, ""), STATUS_BAD_METHOD);
	return fault.hint != NULL ? fault.hint : "(NULL)";
}

static void what_is_not_allowed_has_a_reason(void **state)
{
	static const char no_change[] = "the database does not allow this change of it";
	struct table *users = (struct table *)(uintptr_t)schema_table(schema, SLICE("users"));
	struct arena names = { 0 };
	struct table_choices choices;

	(void)state;
	assert_string_equal(hint_of(METHOD_POST, "POST", "/users"), "MYREST_WRITABLE does not name 'users'");
	assert_null(table_choices_parse("users(id)", &names, &choices));
	schema->writable = &choices;
	assert_string_equal(hint_of(METHOD_POST, "POST", "/users"), no_change);
	assert_string_equal(hint_of(METHOD_DELETE, "DELETE", "/users/1"), no_change);
	assert_string_equal(hint_of(METHOD_PUT, "PUT", "/pairs"), "MYREST_WRITABLE does not name 'pairs'");
	tables_allow_writing(schema);
	assert_string_equal(hint_of(METHOD_POST, "POST", "/users/1"), "POST adds rows at the table's path, which has no key");
	users->no_insert = true;
	assert_string_equal(hint_of(METHOD_POST, "POST", "/users"), no_change);
	assert_string_equal(hint_of(METHOD_PUT, "PUT", "/users/1"), no_change);
	users->no_insert = false;
	users->columns[0].writable = false; /* the key */
	assert_string_equal(hint_of(METHOD_PUT, "PUT", "/users/1"),
	                    "PUT needs a primary key that clients may read and write, without JSON in it");
	assert_string_equal(hint_of(METHOD_OTHER, "get", "/users"), "(NULL)");
	assert_string_equal(hint_of(METHOD_POST, "POST", "/"), "(NULL)");
	users->columns[0].writable = true;
	schema->writable = NULL;
	for (unsigned i = 0; i < schema->table_count; i++)
		schema->tables[i].writable = false;
	arena_release(&names);
}

static void what_can_be_written_is_allowed(void **state)
{
	struct table *users = (struct table *)(uintptr_t)schema_table(schema, SLICE("users"));

	(void)state;
	tables_allow_writing(schema);
	assert_int_equal(find(METHOD_PUT, "PUT", "/users", ""), STATUS_OK);
	assert_int_equal(find(METHOD_OPTIONS, "OPTIONS", "/users", ""), STATUS_OK);
	assert_string_equal(route.allow, "OPTIONS, GET, HEAD, POST, PUT, PATCH, DELETE");
	assert_int_equal(find(METHOD_POST, "POST", "/users/1", ""), STATUS_BAD_METHOD);
	assert_string_equal(route.allow, "OPTIONS, GET, HEAD, PUT, PATCH, DELETE");
	assert_int_equal(find(METHOD_PUT, "PUT", "/lines", ""), STATUS_BAD_METHOD);
	assert_string_equal(route.allow, "OPTIONS, GET, HEAD");
	for (unsigned without = 0; without < 8; without++) { /* a view, whose triggers serve but some of them */
		char allow[80];

		users->no_insert = without & 1;
		users->no_update = without & 2;
		users->no_delete = without & 4;
		snprintf(allow, sizeof(allow), "OPTIONS, GET, HEAD%s%s%s%s", without & 1 ? "" : ", POST",
		         without & 3 ? "" : ", PUT", without & 2 ? "" : ", PATCH", without & 4 ? "" : ", DELETE");
		assert_int_equal(find(METHOD_OPTIONS, "OPTIONS", "/users", ""), STATUS_OK);
		assert_string_equal(route.allow, allow);
		assert_int_equal(find(METHOD_POST, "POST", "/users", "") == STATUS_OK, !(without & 1));
		assert_int_equal(find(METHOD_PUT, "PUT", "/users", "") == STATUS_OK, !(without & 3));
		assert_int_equal(find(METHOD_PATCH, "PATCH", "/users", "") == STATUS_OK, !(without & 2));
		assert_int_equal(find(METHOD_DELETE, "DELETE", "/users/1", "") == STATUS_OK, !(without & 4));
	}
	users->no_insert = users->no_update = users->no_delete = false;
	users->columns[0].writable = false; /* the key */
	assert_int_equal(find(METHOD_PUT, "PUT", "/users", ""), STATUS_BAD_METHOD);
	assert_string_equal(route.allow, "OPTIONS, GET, HEAD, POST, PATCH, DELETE");
	assert_int_equal(find(METHOD_PUT, "PUT", "/users/1", ""), STATUS_BAD_METHOD);
	assert_string_equal(route.allow, "OPTIONS, GET, HEAD, PATCH, DELETE");
	assert_int_equal(find(METHOD_PATCH, "PATCH", "/users/1", ""), STATUS_OK);
	for (unsigned i = 0; i < schema->table_count; i++)
		schema->tables[i].writable = false;
}

static void the_service_itself_has_a_path(void **state)
{
	static const struct {
		const char *uri, *prefix;
	} cases[] = { { "/", "" }, { "/?a=b", "" }, { "/api", "/api" }, { "/api/", "/api" }, { "/api?a", "/api" } };

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		assert_int_equal(find(METHOD_GET, "GET", cases[i].uri, cases[i].prefix), STATUS_OK);
		assert_null(route.table);
		assert_int_equal(find(METHOD_OPTIONS, "OPTIONS", cases[i].uri, cases[i].prefix), STATUS_OK);
		assert_string_equal(route.allow, "OPTIONS, GET, HEAD");
		assert_int_equal(find(METHOD_POST, "POST", cases[i].uri, cases[i].prefix), STATUS_BAD_METHOD);
		assert_string_equal(route.allow, "OPTIONS, GET, HEAD");
	}
}

static void a_path_has_a_longest(void **state)
{
	struct text uri = { 0 };

	(void)state;
	text_add_string(&uri, "/by_name/");
	while (uri.length < PATH_MAX_BYTES)
		text_add_char(&uri, 'a');
	assert_int_equal(find(METHOD_GET, "GET", text_terminate(&uri), ""), STATUS_OK);
	assert_int_equal(route.key.length, PATH_MAX_BYTES - 9);
	text_add_char(&uri, '?'); /* the query does not count */
	for (int i = 0; i < 1000; i++)
		text_add_char(&uri, 'q');
	assert_int_equal(find(METHOD_GET, "GET", text_terminate(&uri), ""), STATUS_OK);
	uri.bytes[PATH_MAX_BYTES] = 'a';
	assert_int_equal(find(METHOD_GET, "GET", text_terminate(&uri), ""), STATUS_URI_TOO_LONG);
	text_release(&uri);
}

static void a_table_whose_columns_are_not_told_is_refused(void **state)
{
	(void)state;
	for (unsigned i = 0; i < schema->table_count; i++)
		if (slice_is(schema->tables[i].name, "users")) {
			schema->tables[i].untold = "somebody locks it";
			schema->tables[i].refusal = STATUS_UNDESCRIBED;
			assert_int_equal(find(METHOD_GET, "GET", "/users", ""), STATUS_UNDESCRIBED);
			assert_int_equal(find(METHOD_GET, "GET", "/users/5", ""), STATUS_UNDESCRIBED);
			assert_int_equal(find(METHOD_POST, "POST", "/users", ""), STATUS_UNDESCRIBED);
			assert_int_equal(find(METHOD_GET, "GET", "/by_name", ""), STATUS_OK);
			schema->tables[i].untold = NULL;
		}
	assert_int_equal(find(METHOD_GET, "GET", "/users", ""), STATUS_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_lead_to_tables_and_keys),
		cmocka_unit_test(the_query_is_left_raw),
		cmocka_unit_test(what_is_not_there_is_404),
		cmocka_unit_test(methods_that_are_not_allowed_are_told_what_is),
		cmocka_unit_test(what_is_not_allowed_has_a_reason),
		cmocka_unit_test(what_can_be_written_is_allowed),
		cmocka_unit_test(the_service_itself_has_a_path),
		cmocka_unit_test(a_path_has_a_longest),
		cmocka_unit_test(a_table_whose_columns_are_not_told_is_refused),
	};

	return cmocka_run_group_tests_name("route", tests, make_schema, drop_schema);
}
