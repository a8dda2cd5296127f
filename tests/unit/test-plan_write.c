/* SPDX-License-Identifier: MIT
 *
 * From a request to the statements that write: plan_write.c and sql_write.c. The cases are lines of tests/golden/write.txt and
 * write.refused.txt:
 *
 *     METHOD URI [Name: value]... BODY => STATEMENT; STATEMENT
 *
 * Headers stand in brackets, a body that is CSV has its lines' ends as \n. Of each request there are the statements that
 * it can need in their order: the lock, the write, what reads back; the row that is found has the values 1, 2, 3…, or of
 * a JSON or text column the same as text, and the server generates the id 7.
 */
#include "plan/plan_write.h"

#include "schema/dialect.h"
#include "sql/sql.h"
#include "tables.h"
#include "unit.h"
#include "web/negotiate.h"

static struct schema *schema;
static struct arena arena;
static struct config config = { .max_rows = 1000, .allow_rollback = true };

static int make_schema(void **state)
{
	(void)state;
	schema = tables_make();
	tables_allow_writing(schema);
	schema->tables[0].columns[0].auto_increment = true;
	return 0;
}

static int drop_schema(void **state)
{
	(void)state;
	schema_free(schema);
	arena_release(&arena);
	return 0;
}

/* Takes [Name: value] off the front of the text. */
static bool take_header(char **at, struct request *request)
{
	char *colon, *close;

	if (**at != '[' || (colon = strstr(*at, ": ")) == NULL || (close = strchr(*at, ']')) == NULL || close < colon)
		return false;
	for (char *each = *at + 1; each < colon; each++)
		if (!((*each >= 'A' && *each <= 'Z') || (*each >= 'a' && *each <= 'z') || *each == '-'))
			return false; /* a body */
	*colon = *close = '\0';
	if (strcmp(*at, "[Prefer") == 0)
		prefer_parse(slice_of(colon + 2), &request->preferences);
	else if (strcmp(*at, "[Content-Type") == 0)
		request->content_type = slice_of(colon + 2);
	else if (strcmp(*at, "[Accept") == 0)
		request->accept = slice_of(colon + 2);
	else if (strcmp(*at, "[If-Match") == 0)
		request->if_match = slice_of(colon + 2);
	else if (strcmp(*at, "[If-None-Match") == 0)
		request->if_none_match = slice_of(colon + 2);
	else if (strcmp(*at, "[Idempotency-Key") == 0)
		request->idempotency_key = slice_of(colon + 2);
	else if (strcmp(*at, "[Range") == 0)
		request->range = slice_of(colon + 2);
	else
		fail_msg("%s: what header is that?", *at);
	*at = close + 1 + (close[1] == ' ');
	return true;
}

static void add_statement(struct text *all, struct text *sql)
{
	if (all->length > 0)
		text_add_string(all, "; ");
	text_add(all, sql->bytes, sql->length);
	text_clear(sql);
}

/* A row of the plan's outputs, whose values are their places from 1 on. */
static struct row make_row(const struct plan *plan, unsigned count)
{
	struct row row = { .count = count };
	const char **values = arena_alloc(&arena, (count + 1) * sizeof(*values));
	unsigned long *lengths = arena_alloc(&arena, (count + 1) * sizeof(*lengths));

	(void)plan;
	for (unsigned i = 0; i < count; i++) {
		values[i] = arena_printf(&arena, "%u", i + 1);
		lengths[i] = strlen(values[i]);
	}
	row.values = values;
	row.lengths = lengths;
	return row;
}

static void add_looking(struct text *all, struct text *sql, struct plan *plan, const struct write *write)
{
	struct row row = make_row(plan, plan->column_count + plan->hidden_count + 8);
	struct text keys = { 0 }, new_keys = { 0 };

	sql_lock(sql, plan, write);
	add_statement(all, sql);
	if (write->key != NULL && (!sql_add_key(&keys, plan, write, &row, false) ||
	                           !sql_add_key(&new_keys, plan, write, &row, true)))
		fail_msg("a key that cannot be said");
	if (write->kind == WRITE_DELETE)
		sql_delete(sql, plan, write, (struct slice){ keys.bytes, keys.length });
	else if (write->column_count > 0)
		sql_update(sql, plan, write, (struct slice){ keys.bytes, keys.length });
	if (sql->length > 0)
		add_statement(all, sql);
	if (write->kind == WRITE_PUT) {
		sql_insert(sql, plan, write, 0, 1, false);
		add_statement(all, sql);
	}
	if (write->kind != WRITE_DELETE && write_returns(write, plan) && new_keys.length > 0) {
		sql_read_back(sql, plan, (struct slice){ new_keys.bytes, new_keys.length });
		add_statement(all, sql);
	}
	text_release(&keys);
	text_release(&new_keys);
}

/* Whether the row that MySQL calls a duplicate has the key that is meant. */
static void add_seeking(struct text *all, struct text *sql, struct plan *plan, struct write *write, unsigned row)
{
	struct text keys = { 0 };

	if (sql_add_meant_key(&keys, plan, write, row)) {
		sql_seek(sql, plan, (struct slice){ keys.bytes, keys.length });
		add_statement(all, sql);
	}
	sql_judge(sql, plan, write, row);
	add_statement(all, sql);
	text_release(&keys);
}

static void add_inserts(struct text *all, struct text *sql, struct plan *plan, struct write *write, bool one_by_one)
{
	const struct key *key = write->resolution == RESOLUTION_MERGE ? write->conflict : write->key;
	bool ignores = write->resolution == RESOLUTION_IGNORE && !plan->table->dialect->conflict_by_key;

	write->one_by_one = one_by_one;
	for (unsigned row = 0, count; row < write->row_count; row += count) {
		struct text keys = { 0 };

		count = one_by_one ? 1 : write_run(write, plan->table, row);
		sql_insert(sql, plan, write, row, count, !one_by_one && write_returns(write, plan));
		add_statement(all, sql);
		if (one_by_one && ignores && !write_makes_key(write, plan->table, write->conflict, row))
			add_seeking(all, sql, plan, write, row);
		if (!one_by_one || !write_returns(write, plan))
			continue;
		if (key != NULL && sql_add_inserted_key(&keys, plan, write, key, row, 7))
			sql_read_back(sql, plan, (struct slice){ keys.bytes, keys.length });
		else
			text_add_string(sql, "no key");
		add_statement(all, sql);
		text_release(&keys);
	}
}

/* one_by_one: as a server without RETURNING has it. */
static const char *statements(struct plan *plan, struct write *write, bool one_by_one)
{
	struct text all = { 0 }, sql = { 0 };
	const char *kept;

	if (write->idempotency_key.length > 0) {
		sql_claim(&sql, plan->table->dialect, SLICE("kept"), write);
		sql.length -= 34; /* the hash is none of this file's */
		text_add_string(&sql, "...')");
		add_statement(&all, &sql);
		sql_recall(&sql, plan->table->dialect, SLICE("kept"), write);
		add_statement(&all, &sql);
	}
	if (write_is_empty(write, plan))
		text_add_string(&all, all.length > 0 ? "; nothing" : "nothing");
	else if (write_looks_first(write))
		add_looking(&all, &sql, plan, write);
	else if (write->kind == WRITE_INSERT)
		add_inserts(&all, &sql, plan, write, one_by_one);
	else {
		if (write->kind == WRITE_UPDATE)
			sql_update(&sql, plan, write, (struct slice){ "", 0 });
		else
			sql_delete(&sql, plan, write, (struct slice){ "", 0 });
		add_statement(&all, &sql);
	}
	kept = arena_text(&arena, all.bytes, all.length);
	text_release(&all);
	text_release(&sql);
	return kept;
}

static char *unescape(char *body)
{
	char *out = body;

	for (char *at = body; *at != '\0'; at++)
		if (at[0] == '\\' && at[1] == 'n')
			*out++ = '\n', at++;
		else
			*out++ = *at;
	*out = '\0';
	return body;
}

/* The answer to a line up to its arrow. A method with a 1 behind it goes one by one. */
static const char *answer(char *line)
{
	struct request request = { .method = METHOD_OTHER };
	char *uri = strchr(line, ' '), *body;
	bool one_by_one;
	struct route route;
	struct plan plan;
	struct write write;
	struct fault fault = { 0 };
	enum media media;
	enum status status;

	if (uri == NULL)
		return "no URI";
	*uri++ = '\0';
	if ((one_by_one = uri[-2] == '1'))
		uri[-2] = '\0';
	if ((body = strchr(uri, ' ')) != NULL)
		*body++ = '\0';
	else
		body = uri + strlen(uri);
	while (take_header(&body, &request))
		continue;
	http_take_variable(&request, SLICE("REQUEST_METHOD"), slice_of(line));
	http_take_variable(&request, SLICE("REQUEST_URI"), slice_of(uri));
	request.body = slice_of(slice_is(request.content_type, "text/csv") ? unescape(body) : body);
	if ((status = route_find(&request, schema, SLICE(""), &arena, &route, &fault)) == STATUS_OK &&
	    (status = negotiate_rows(request.accept, &media)) == STATUS_OK &&
	    (status = plan_write(&route, &request, media, &config, &arena, &plan, &write, &fault)) == STATUS_OK)
		return statements(&plan, &write, one_by_one);
	return arena_printf(&arena, "%d %s %s%s%s", status_http(status), status_code(status),
	                    fault.message != NULL ? fault.message : status_message(status),
	                    fault.details != NULL ? " | " : "", fault.details != NULL ? fault.details : "");
}

static void run_file(const char *name, bool refused)
{
	const char *source = getenv("srcdir"), *out = getenv("GOLDEN_OUT");
	char *path = arena_printf(&arena, "%s/tests/golden/%s", source != NULL ? source : ".", name), *line = NULL;
	FILE *file = fopen(path, "r"), *regenerated = out != NULL ? fopen(arena_printf(&arena, "%s/%s", out, name), "w") : NULL;
	size_t size = 0;
	ssize_t length;
	int number = 0, ran = 0, failed = 0;

	if (file == NULL)
		fail_msg("cannot read %s", path);
	while ((length = getline(&line, &size, file)) >= 0) {
		char *arrow;
		const char *got, *asked;

		number++;
		if (length > 0 && line[length - 1] == '\n')
			line[--length] = '\0';
		if (length == 0 || line[0] == '#') {
			if (regenerated != NULL)
				fprintf(regenerated, "%s\n", line);
			continue;
		}
		if ((arrow = strstr(line, " => ")) == NULL)
			fail_msg("%s:%d: expected METHOD URI [HEADER]... BODY => ANSWER", name, number);
		*arrow = '\0';
		asked = arena_text(&arena, line, strlen(line));
		got = answer(line);
		if (regenerated != NULL)
			fprintf(regenerated, "%s => %s\n", asked, got);
		else if (strcmp(got, arrow + 4) != 0 || (got[0] >= '4' && got[0] <= '5') != refused) {
			print_error("%s:%d: %s\n    got    %s\n    wanted %s\n", name, number, asked, got, arrow + 4);
			failed++;
		}
		ran++;
		arena_clear(&arena);
	}
	free(line);
	fclose(file);
	if (regenerated != NULL)
		fclose(regenerated);
	if (failed > 0)
		fail_msg("%d of %d lines", failed, ran);
	assert_true(ran > 20);
}

static void golden_writes(void **state)
{
	(void)state;
	config.idempotency_table = SLICE("kept");
	run_file("write.txt", false);
}

static void golden_writes_of_postgresql(void **state)
{
	struct schema *other = schema;

	(void)state;
	config.idempotency_table = SLICE("kept");
	tables_dialect = &postgresql_dialect;
	schema = tables_make();
	tables_allow_writing(schema);
	schema->tables[0].columns[0].auto_increment = true;
	run_file("write.postgresql.txt", false);
	schema_free(schema);
	schema = other;
	tables_dialect = &mysql_dialect;
}

/* The hash of a request stands in customers' tables, where the next release must find it. */
static void a_request_has_the_same_hash_in_each_release(void **state)
{
	struct request request = { .method = METHOD_OTHER, .idempotency_key = SLICE("k"), .body = SLICE("{\"username\":\"a\"}") };
	struct route route;
	struct plan plan;
	struct write write;
	struct fault fault = { 0 };
	char hex[33];

	(void)state;
	config.idempotency_table = SLICE("kept");
	http_take_variable(&request, SLICE("REQUEST_METHOD"), SLICE("POST"));
	http_take_variable(&request, SLICE("REQUEST_URI"), SLICE("/users"));
	prefer_parse(SLICE("return=representation, tx=commit, max-affected=7, handling=strict"), &request.preferences);
	assert_int_equal(route_find(&request, schema, SLICE(""), &arena, &route, &fault), STATUS_OK);
	assert_int_equal(plan_write(&route, &request, MEDIA_JSON, &config, &arena, &plan, &write, &fault), STATUS_OK);
	for (size_t i = 0; i < 16; i++)
		snprintf(hex + 2 * i, 3, "%02x", write.request_hash[i]);
	assert_string_equal(hex, "b02550191aadccf24892538915fea2a9");
}

static void golden_refusals(void **state)
{
	(void)state;
	config.idempotency_table = (struct slice){ "", 0 };
	config.allow_unfiltered = false;
	run_file("write.refused.txt", true);
}

static struct write planned(const char *method, const char *uri, const char *body, struct plan *plan)
{
	struct request request = { .method = METHOD_OTHER };
	struct route route;
	struct write write;
	struct fault fault = { 0 };

	http_take_variable(&request, SLICE("REQUEST_METHOD"), slice_of(method));
	http_take_variable(&request, SLICE("REQUEST_URI"), slice_of(uri));
	request.body = slice_of(body);
	if (route_find(&request, schema, SLICE(""), &arena, &route, &fault) != STATUS_OK ||
	    plan_write(&route, &request, MEDIA_JSON, &config, &arena, plan, &write, &fault) != STATUS_OK)
		fail_msg("%s: %s", uri, fault.message);
	return write;
}

/* Of the text's first character, counted from 1; the bytes before it are no more than as many characters. */
static size_t place_of(const struct text *sql, const char *text)
{
	const char *at = memmem(sql->bytes, sql->length, text, strlen(text));
	size_t place = 1;

	assert_non_null(at);
	for (const char *byte = sql->bytes; byte < at; byte++)
		place += ((unsigned char)*byte & 0xc0) != 0x80;
	return place;
}

static void expect_found(const struct plan *plan, const struct write *write, const struct text *sql, const char *text,
                         const char *name, unsigned wanted)
{
	const struct column *column = NULL;
	unsigned row;

	assert_true(sql_find_value(plan, write, 0, sql, place_of(sql, text), &column, &row));
	assert_is(column->name, name);
	assert_int_equal(row, wanted);
}

static void a_value_is_found_by_its_place(void **state)
{
	struct plan plan;
	struct write write;
	struct text sql = { 0 };
	const struct column *column;
	unsigned row;

	(void)state;
	write = planned("POST", "/users", "[{\"username\":\"\xc3\xa9\xe2\x82\xac\",\"email\":\"b\"},{\"username\":\"c\",\"email\":\"d\"}]", &plan);
	sql_insert(&sql, &plan, &write, 0, 2, true);
	expect_found(&plan, &write, &sql, "'\xc3\xa9\xe2\x82\xac'", "username", 0);
	expect_found(&plan, &write, &sql, "'b'", "email", 0);
	expect_found(&plan, &write, &sql, "'c'", "username", 1);
	expect_found(&plan, &write, &sql, "'d'", "email", 1);
	assert_false(sql_find_value(&plan, &write, 0, &sql, 1, &column, &row));
	assert_false(sql_find_value(&plan, &write, 0, &sql, place_of(&sql, "RETURNING"), &column, &row));
	assert_false(sql_find_value(&plan, &write, 0, &sql, 100000, &column, &row));
	text_clear(&sql);
	write = planned("PATCH", "/users?id=eq.77", "{\"username\":\"\xc3\xa9\",\"email\":\"b\"}", &plan);
	sql_update(&sql, &plan, &write, (struct slice){ "", 0 });
	expect_found(&plan, &write, &sql, "'\xc3\xa9'", "username", 0);
	expect_found(&plan, &write, &sql, "'b'", "email", 0);
	assert_false(sql_find_value(&plan, &write, 0, &sql, place_of(&sql, "77"), &column, &row));
	text_release(&sql);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_writes),
		cmocka_unit_test(golden_writes_of_postgresql),
		cmocka_unit_test(a_request_has_the_same_hash_in_each_release),
		cmocka_unit_test(golden_refusals),
		cmocka_unit_test(a_value_is_found_by_its_place),
	};

	return cmocka_run_group_tests_name("write", tests, make_schema, drop_schema);
}
