/* SPDX-License-Identifier: MIT */
#include "worker/merge.h"

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

static struct plan planned(const char *uri)
{
	struct request request = { .method = METHOD_GET, .method_name = SLICE("GET"), .uri = slice_of(uri) };
	struct route route;
	struct plan made = { .table = NULL };
	struct fault fault = { 0 };

	if (route_find(&request, schema, SLICE(""), &arena, &route, &fault) != STATUS_OK ||
	    plan_read(&route, 1000, &arena, &made, &fault) != STATUS_OK)
		fail_msg("%s: %s", uri, fault.message);
	sql_keep_read(&made, &arena);
	return made;
}

static bool same(const char *a, const char *b)
{
	struct plan first = planned(a), second = planned(b);

	assert_int_equal(merge_same(&first, &second), merge_same(&second, &first));
	return merge_same(&first, &second);
}

static bool same_but_key(const char *a, const char *b)
{
	struct plan first = planned(a), second = planned(b);

	assert_int_equal(merge_same_but_key(&first, &second), merge_same_but_key(&second, &first));
	return merge_same_but_key(&first, &second);
}

static void equal_reads_are_the_same(void **state)
{
	(void)state;
	assert_true(same("/users", "/users"));
	assert_true(same("/users", "/users?limit=1000"));
	assert_true(same("/users", "/users?select=*&offset=0"));
	assert_true(same("/users?id=eq.1", "/users/01"));
	assert_true(same("/users?username=eq.a%20b", "/users?username=eq.a+b"));
	assert_false(same("/users", "/lines"));
	assert_false(same("/users", "/users?limit=999"));
	assert_false(same("/users", "/users?select=id"));
	assert_false(same("/users?select=id,email", "/users?select=email,id"));
	assert_false(same("/users?order=id", "/users?order=id.desc"));
	assert_true(same("/users?select=a:id", "/users?select=a:id"));
	assert_false(same("/users?select=a:id", "/users?select=b:id")); /* the statement knows no alias */
	assert_false(same("/things?select=string", "/things?select=string::json")); /* nor how a value is shown */
	assert_true(same("/users?id=in.(1,2)", "/users?id=eq(any).{1,2}"));
	assert_false(same("/users?id=in.(1,2)", "/users?id=in.(2,1)"));
	assert_true(same("/users?or=(id.eq.1,id.eq.2)", "/users?or=(id.eq.01,%20id.eq.2)"));
	assert_false(same("/users/1", "/users/2"));
	assert_false(same("/users?username=eq.a", "/users?username=eq.A")); /* one for the server perhaps, not for us */
	assert_false(same("/users?limit=1", "/users?limit=10"));            /* the one begins like the other */
	assert_false(same("/users?id=eq.1", "/users?id=eq.1&limit=999"));    /* which asks for one more */
	assert_false(same("/users/1", "/users?id=eq.1&limit=999"));
	assert_false(same("/by_name/a", "/by_name?name=eq.a&limit=999"));
	assert_true(same("/users?id=eq.1&limit=999", "/users?limit=999&id=eq.1"));
}

static void lookups_may_differ_in_their_key_alone(void **state)
{
	(void)state;
	assert_true(same_but_key("/users/1", "/users/2"));
	assert_true(same_but_key("/users/1", "/users/1"));
	assert_true(same_but_key("/users/1", "/users?id=eq.2"));
	assert_true(same_but_key("/users/1?select=email", "/users/2?select=email"));
	assert_false(same_but_key("/users/1", "/users/2?select=email"));
	assert_false(same_but_key("/users/1", "/users/2?select=id")); /* the one begins like the other */
	assert_false(same_but_key("/users/1?select=id,email", "/users/2?select=email,id"));
	assert_false(same_but_key("/users/1?select=a:id", "/users/2?select=b:id"));
	assert_false(same_but_key("/users/1?select=email", "/users/2?select=email::json"));
	assert_true(same_but_key("/users/1?select=a:id::text", "/users/2?select=a:id::text"));
	assert_false(same_but_key("/users?id=gt.1", "/users?id=gt.2"));
	assert_false(same_but_key("/users?id=not.eq.1", "/users?id=not.eq.2"));
	assert_false(same_but_key("/users?id=in.(1)", "/users?id=in.(2)"));
	assert_false(same_but_key("/users?or=(id.eq.1)", "/users?or=(id.eq.2)"));
	assert_false(same_but_key("/users/1", "/users/2?limit=0"));
	assert_false(same_but_key("/users/1", "/users"));
	assert_false(same_but_key("/users", "/users"));
	assert_false(same_but_key("/users/1", "/things/1"));
	assert_false(same_but_key("/by_name?number=eq.1", "/by_name?rank=eq.1"));
	assert_false(same_but_key("/by_name/a", "/by_name/b"));
	assert_false(same_but_key("/users?username=eq.a", "/users?username=eq.b"));
}

static void keys_have_their_places(void **state)
{
	struct merge_keys keys = { 0 };
	struct integer key = { 0, false };

	(void)state;
	assert_int_equal(merge_find_key(&keys, key), -1);
	for (unsigned i = 0; i < MERGE_KEYS; i++) {
		key = (struct integer){ i / 2 + 1, i % 2 == 1 }; /* 1, -1, 2, -2 */
		assert_int_equal(merge_add_key(&keys, key), i);
		assert_int_equal(merge_add_key(&keys, key), i); /* once only */
		assert_int_equal(keys.count, i + 1);
	}
	assert_int_equal(merge_add_key(&keys, (struct integer){ 99999, false }), -1); /* no room */
	assert_int_equal(keys.count, MERGE_KEYS);
	assert_int_equal(merge_add_key(&keys, key), MERGE_KEYS - 1); /* but it is there already */
	assert_int_equal(merge_find_key(&keys, (struct integer){ 1, true }), 1);
	assert_int_equal(merge_find_key(&keys, (struct integer){ 99999, false }), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_reads_are_the_same),
		cmocka_unit_test(lookups_may_differ_in_their_key_alone),
		cmocka_unit_test(keys_have_their_places),
	};

	return cmocka_run_group_tests_name("merge", tests, make_schema, drop_schema);
}
