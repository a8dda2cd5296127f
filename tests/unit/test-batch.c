/* SPDX-License-Identifier: MIT
 *
 * Who may share a statement, and whose row is whose; with the answers as the web server would read them.
 */
#include "worker/batch.h"

#include "sql/sql.h"
#include "tables.h"
#include "unit.h"

enum { PEERS = 300 };

static struct schema *schema;
static struct batch batch;
static struct peer *peers[PEERS];
static unsigned peer_count;

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
	return 0;
}

static int forget(void **state)
{
	(void)state;
	while (peer_count > 0)
		peer_free(peers[--peer_count]);
	batch_release(&batch);
	memset(&batch, 0, sizeof(batch));
	return 0;
}

static struct peer *ask_by(enum method method, const char *uri)
{
	struct peer *peer = peer_new(&(struct handover_item){ .connection = -1 }, 1000);
	struct route route;
	struct fault fault = { 0 };

	peer->request = (struct request){ .method = method, .method_name = SLICE("GET"), .uri = slice_of(uri) };
	peers[peer_count++] = peer;
	if (route_find(&peer->request, schema, SLICE(""), &peer->arena, &route, &fault) != STATUS_OK ||
	    plan_read(&route, 1000, &peer->arena, &peer->plan, &fault) != STATUS_OK)
		fail_msg("%s: %s", uri, fault.message);
	sql_keep_read(&peer->plan, &peer->arena);
	return peer;
}

static struct peer *ask(const char *uri)
{
	return ask_by(METHOD_GET, uri);
}

static void give(const char *key, const char *id, const char *username, const char *email)
{
	const char *values[] = { key, id, username, email };
	unsigned long lengths[4];
	unsigned first = key == NULL;
	struct row row = { 4 - first, values + first, lengths + first };

	for (int i = 0; i < 4; i++)
		lengths[i] = values[i] != NULL ? strlen(values[i]) : 0;
	batch_row(&batch, &row);
}

/* The status and body that the peer is answered with. */
static void expect(struct peer *peer, int status, const char *body, const char *header)
{
	struct text text = { 0 };
	const char *end;

	batch_answer(&batch, peer);
	assert_int_equal(peer->status, status);
	text_add(&text, peer->output.head.bytes, peer->output.head.length);
	text_add(&text, peer->output.middle.bytes, peer->output.middle.length);
	text_add(&text, peer->output.tail.bytes, peer->output.tail.length);
	end = strstr(text_terminate(&text), "\r\n\r\n");
	assert_non_null(end);
	if (strncmp(end + 4, body, strlen(body)) != 0)
		fail_msg("got %s, wanted %s", end + 4, body);
	if (status == 200)
		assert_string_equal(end + 4, body);
	if (strstr(text.bytes, header) == NULL)
		fail_msg("got %s, wanted %s", text.bytes, header);
	text_release(&text);
}

#define ADMIN "{\"id\":1,\"username\":\"admin\",\"email\":\"a@b\"}"
#define GUEST "{\"id\":2,\"username\":\"guest\",\"email\":\"g@b\"}"

static void one_request_has_its_statement_to_itself(void **state)
{
	struct peer *a = ask("/users?order=id");

	(void)state;
	batch_begin(&batch, a);
	assert_is(batch_sql(&batch), "SELECT `id`,`username`,`email` FROM `users` ORDER BY `id` LIMIT 1001");
	give(NULL, "1", "admin", "a@b");
	give(NULL, "2", "guest", "g@b");
	expect(a, 200, "[" ADMIN "," GUEST "]", "Content-Range: 0-1/*\r\n");
	assert_false(a->merged);
	assert_int_equal(a->rows, 2);
	batch_end(&batch);
	assert_null(batch.plan);
}

static void equal_requests_share(void **state)
{
	struct peer *a = ask("/users"), *b = ask("/users?limit=1000"), *other = ask("/users?limit=1"), *c = ask("/lines");
	struct peer *head = ask_by(METHOD_HEAD, "/users");

	(void)state;
	batch_begin(&batch, a);
	assert_true(batch_join(&batch, b));
	assert_false(batch_join(&batch, other));
	assert_false(batch_join(&batch, c));
	assert_true(batch_join(&batch, head));
	assert_int_equal(batch.count, 3);
	(void)batch_sql(&batch);
	give(NULL, "1", "admin", "a@b");
	expect(a, 200, "[" ADMIN "]", "Content-Length: ");
	expect(b, 200, "[" ADMIN "]", "Content-Range: 0-0/*\r\n");
	expect(head, 200, "", "Content-Range: 0-0/*\r\n");
	assert_true(a->merged && b->merged && head->merged);
	assert_ptr_equal(a->output.shared, b->output.shared); /* the rows are rendered once */
	batch_end(&batch);
	batch_begin(&batch, other); /* while the answers above are still on their way */
	(void)batch_sql(&batch);
	give(NULL, "2", "guest", "g@b");
	expect(other, 200, "[" GUEST "]", "Content-Range: 0-0/*\r\n");
	assert_memory_equal(a->output.middle.bytes, ADMIN, strlen(ADMIN));
	batch_end(&batch);
}

static void no_row_is_an_empty_array_or_a_404(void **state)
{
	struct peer *list = ask("/users?id=eq.7"), *one = ask("/users/7");

	(void)state;
	batch_begin(&batch, list);
	assert_true(batch_join(&batch, one));
	assert_is(batch_sql(&batch), "SELECT `id`,`username`,`email` FROM `users` WHERE `id`=7 LIMIT 1000");
	expect(list, 200, "[]", "Content-Range: */*\r\n");
	expect(one, 404, "{\"code\":\"PGRST116\"", "Status: 404 Not Found\r\n");
	batch_end(&batch);
}

static void each_key_gets_its_own_row(void **state)
{
	struct peer *one = ask("/users/1"), *two = ask("/users?id=eq.2"), *again = ask("/users/1"), *none = ask("/users/3");
	struct peer *all = ask("/users"), *fewer = ask("/users/2?select=id"), *negative = ask("/users/-1");

	(void)state;
	batch_begin(&batch, one);
	assert_true(batch_join(&batch, two));
	assert_true(batch_join(&batch, again));
	assert_true(batch_join(&batch, none));
	assert_false(batch_join(&batch, all));
	assert_false(batch_join(&batch, fewer));
	assert_true(batch_join(&batch, negative));
	assert_int_equal(batch.count, 5);
	assert_is(batch_sql(&batch), "SELECT `id`,`id`,`username`,`email` FROM `users` WHERE `id` IN (1,2,3,-1)");
	give("2", "2", "guest", "g@b"); /* in whatever order */
	give("1", "1", "admin", "a@b");
	expect(one, 200, ADMIN, "Content-Length: 41\r\n");
	expect(again, 200, ADMIN, "Content-Length: 41\r\n");
	expect(two, 200, "[" GUEST "]", "Content-Range: 0-0/*\r\n");
	expect(none, 404, "{\"code\":\"PGRST116\"", "");
	expect(negative, 404, "{\"code\":\"PGRST116\"", "");
	assert_int_equal(two->rows, 1);
	batch_end(&batch);
}

static void the_same_key_twice_is_one_key(void **state)
{
	struct peer *one = ask("/users/1"), *other = ask("/users?id=eq.01");

	(void)state;
	batch_begin(&batch, one);
	assert_true(batch_join(&batch, other));
	assert_is(batch_sql(&batch), "SELECT `id`,`username`,`email` FROM `users` WHERE `id`=1 LIMIT 1000");
	give(NULL, "1", "admin", "a@b");
	expect(one, 200, ADMIN, "");
	expect(other, 200, "[" ADMIN "]", "Content-Range: 0-0/*\r\n");
	batch_end(&batch);
}

static void there_is_an_end_of_keys(void **state)
{
	char uri[20];

	(void)state;
	for (unsigned i = 0; i < MERGE_KEYS + 5; i++) {
		sprintf(uri, "/users/%u", i + 1);
		/* the text must outlive the plan: the key is decoded into the arena */
		if (i == 0)
			batch_begin(&batch, ask(uri));
		else
			assert_int_equal(batch_join(&batch, ask(uri)), i < MERGE_KEYS);
	}
	assert_int_equal(batch.count, MERGE_KEYS);
	assert_true(batch_join(&batch, ask("/users/5"))); /* a key that is asked for already */
	(void)batch_sql(&batch);
	give("128", "128", "x", "y");
	give("1", "1", "admin", "a@b");
	expect(peers[0], 200, ADMIN, "");
	expect(peers[127], 200, "{\"id\":128,\"username\":\"x\",\"email\":\"y\"}", "");
	expect(peers[126], 404, "{\"code\":\"PGRST116\"", "");
	batch_end(&batch);
}

static void a_row_that_nobody_asked_for_is_nobodys(void **state)
{
	struct peer *one = ask("/users/1"), *two = ask("/users/2");

	(void)state;
	batch_begin(&batch, one);
	assert_true(batch_join(&batch, two));
	(void)batch_sql(&batch);
	give("9", "9", "x", "y");
	give("1", "1", "admin", "a@b");
	expect(one, 200, ADMIN, "");
	expect(two, 404, "{\"code\":\"PGRST116\"", "");
	batch_end(&batch);
}

static void batches_follow_each_other(void **state)
{
	(void)state;
	for (int round = 0; round < 20; round++) {
		struct peer *one = ask("/users/1"), *two = ask(round % 2 ? "/users/2" : "/users/1");

		batch_begin(&batch, one);
		assert_true(batch_join(&batch, two));
		(void)batch_sql(&batch);
		give(round % 2 ? "1" : NULL, "1", "admin", "a@b");
		expect(one, 200, ADMIN, "");
		if (round % 2)
			expect(two, 404, "{\"code\":\"PGRST116\"", "");
		else
			expect(two, 200, ADMIN, "");
		assert_int_equal(batch.rows, 1);
		if (round % 3 == 0) { /* written: its memory may serve again */
			fastcgi_output_clear(&one->output);
			fastcgi_output_clear(&two->output);
		}
		batch_end(&batch);
	}
}

/* The most characters for which the batch is not small any more. */
static void small_from(const char *uri, const char *other, size_t characters)
{
	batch_begin(&batch, ask(uri));
	if (other != NULL)
		assert_true(batch_join(&batch, ask(other)));
	(void)batch_sql(&batch);
	assert_true(batch_is_small(&batch, characters));
	if (characters > 0)
		assert_false(batch_is_small(&batch, characters - 1));
	batch_end(&batch);
}

static void a_batch_is_small_when_its_columns_say_so(void **state)
{
	(void)state;
	small_from("/users?limit=10", NULL, (10 + 1) * (16 + 20 + 16 + 80 + 16 + 120));
	small_from("/users?limit=10&select=id", NULL, (10 + 1) * (16 + 20));
	small_from("/users", NULL, (1000 + 1) * (16 + 20 + 16 + 80 + 16 + 120));
	small_from("/users/1", "/users/2", 2 * (16 + 20 + 16 + 20 + 16 + 80 + 16 + 120));
	small_from("/users/1", NULL, 0); /* one row is held in any case */
	small_from("/things/1", NULL, 0);
	batch_begin(&batch, ask("/things?limit=2")); /* JSON has no end */
	assert_false(batch_is_small(&batch, SIZE_MAX));
	batch_end(&batch);
	batch_begin(&batch, ask("/users?limit=2&select=username::text")); /* nor has what is made of a value */
	assert_false(batch_is_small(&batch, SIZE_MAX));
	batch_end(&batch);
}

/* By the planner, whose numbers may be of a proxy. */
static void a_guess_of_rows_is_a_number_of_rows(void **state)
{
	static const struct {
		const char *rows, *filtered;
		uint64_t wanted;
	} cases[] = {
		{ "12", "50.00", 6 }, { "0", "100.00", 0 },  { "-5", "100.00", 0 }, { "5", "-100", 0 },
		{ "nan", "100", 0 },  { "1e300", "100", UINT64_C(1000000000000000000) }, { "inf", "0", 0 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		const char *values[] = { "1", "SIMPLE", "users", "ALL", NULL, NULL, NULL, NULL, cases[i].rows, cases[i].filtered, "" };
		unsigned long lengths[LENGTH_OF(values)] = { 0 };

		batch_begin(&batch, ask("/users"));
		batch_planned_row(&batch, &(struct row){ LENGTH_OF(values), values, lengths });
		if (batch.planned != cases[i].wanted)
			fail_msg("%s, %s: %llu", cases[i].rows, cases[i].filtered, (unsigned long long)batch.planned);
		batch_end(&batch);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, forget)
	const struct CMUnitTest tests[] = {
		TEST(one_request_has_its_statement_to_itself),
		TEST(equal_requests_share),
		TEST(no_row_is_an_empty_array_or_a_404),
		TEST(each_key_gets_its_own_row),
		TEST(the_same_key_twice_is_one_key),
		TEST(there_is_an_end_of_keys),
		TEST(a_row_that_nobody_asked_for_is_nobodys),
		TEST(batches_follow_each_other),
		TEST(a_batch_is_small_when_its_columns_say_so),
		TEST(a_guess_of_rows_is_a_number_of_rows),
	};

	return cmocka_run_group_tests_name("batch", tests, make_schema, drop_schema);
}
