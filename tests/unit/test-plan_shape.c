/* SPDX-License-Identifier: MIT */
#include "plan/plan_shape.h"

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

static uint32_t counted(const char *uri, enum prefer_count count)
{
	struct request request = { .method = METHOD_GET, .method_name = SLICE("GET"), .uri = slice_of(uri) };
	struct route route;
	struct plan made = { .table = NULL };
	struct fault fault = { 0 };

	if (route_find(&request, schema, SLICE(""), &arena, &route, &fault) != STATUS_OK ||
	    plan_read(&route, 1000, &arena, &made, &fault) != STATUS_OK)
		fail_msg("%s: %s", uri, fault.message);
	sql_keep_read(&made, &arena);
	return plan_shape_of(&made, NULL, count);
}

static uint32_t shape(const char *uri)
{
	return counted(uri, COUNT_NONE);
}

static void values_are_not_of_the_shape(void **state)
{
	(void)state;
	assert_int_equal(shape("/users/1"), shape("/users/17"));
	assert_int_equal(shape("/users?id=eq.1"), shape("/users?id=eq.70000"));
	assert_int_equal(shape("/users?username=like.a*&id=gt.5"), shape("/users?username=like.*zzz*&id=gt.1"));
	assert_int_equal(shape("/users?or=(id.eq.1,username.eq.x)"), shape("/users?or=(id.eq.9,username.eq.yy)"));
	assert_int_equal(shape("/users?limit=10"), shape("/users?limit=11"));
	assert_int_equal(shape("/users?id=in.(1,2,3)"), shape("/users?id=in.(4,5,6)"));
}

static void all_else_is(void **state)
{
	static const char *const uris[] = {
		"/users", "/users/1", "/users?select=id", "/users?select=username", "/users?select=id,username", "/users?id=gt.1",
		"/users?id=lt.1", "/users?id=not.gt.1", "/users?username=gt.1", "/users?username=eq.1", "/users?username=like.1",
		"/users?id=is.null", "/users?id=is.not_null", "/users?id=gt.1&username=gt.1", "/users?or=(id.gt.1,username.gt.1)",
		"/users?and=(id.gt.1,username.gt.1)", "/users?order=username", "/users?order=username.desc", "/users?order=email",
		"/users?limit=1", "/users?limit=100", "/users?offset=100000", "/users?id=in.(1,2,3,4,5,6,7,8,9,10,11,12,13)",
		"/users?id=in.(1,2)",
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(uris); i++) {
		assert_int_not_equal(shape(uris[i]), 0);
		for (size_t j = 0; j < i; j++)
			if (shape(uris[i]) == shape(uris[j]))
				fail_msg("%s and %s", uris[i], uris[j]);
	}
	for (int count = COUNT_NONE; count < COUNT_ESTIMATED; count++)
		assert_int_not_equal(counted("/users", (enum prefer_count)count), counted("/users", COUNT_ESTIMATED));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_schema, drop_schema)
	const struct CMUnitTest tests[] = {
		TEST(values_are_not_of_the_shape),
		TEST(all_else_is),
	};

	return cmocka_run_group_tests_name("shape", tests, NULL, NULL);
}
