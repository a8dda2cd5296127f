/* SPDX-License-Identifier: MIT */
#include "worker/server_fault.h"

#include <stdio.h>

#include "mysql/mysql_dialect.h"
#include "unit.h"

static struct arena arena;

static struct fault of_read(enum status status, unsigned number, size_t place, unsigned conditions, unsigned orders)
{
	const struct table table = { .dialect = &mysql_dialect };
	struct plan plan = { .table = &table, .condition_count = conditions, .order_count = orders };
	struct database_error error = { .status = status, .number = number, .place = place };

	snprintf(error.state, sizeof(error.state), "%s", number > 0 ? "" : "22003");
	return server_fault_of_read(&error, &plan, (struct slice){ "SELECT 1", 8 }, &arena);
}

/* What no client has sent it cannot mend. */
static void a_value_is_the_query_s_or_computed(void **state)
{
	static const struct {
		enum status status;
		unsigned number;
		size_t place;
		unsigned conditions;
		enum status told;
	} cases[] = {
		{ STATUS_NO_FIT, 1690, 0, 0, STATUS_NOT_SHOWN },        { STATUS_NO_FIT, 1690, 0, 1, STATUS_NOT_SHOWN },
		{ STATUS_NO_FIT, 0, 0, 1, STATUS_NOT_SHOWN },           { STATUS_NO_FIT, 0, 1, 1, STATUS_VALUE_RANGE },
		{ STATUS_BAD_VALUE, 1525, 0, 1, STATUS_BAD_VALUE },     { STATUS_BAD_VALUE, 1525, 0, 0, STATUS_NOT_SHOWN },
		{ STATUS_BAD_VALUE, 0, 1, 0, STATUS_BAD_VALUE },        { STATUS_BAD_VALUE, 0, 0, 1, STATUS_NOT_SHOWN },
		{ STATUS_NO_CHARACTER, 3988, 0, 1, STATUS_BAD_VALUE },  { STATUS_NOT_COMPUTED, 1365, 0, 1, STATUS_NOT_SHOWN },
		{ STATUS_RAISED, 1644, 0, 1, STATUS_NOT_SHOWN },        { STATUS_DUPLICATE, 1062, 0, 1, STATUS_NOT_SHOWN },
		{ STATUS_FORBIDDEN, 1142, 0, 0, STATUS_FORBIDDEN },     { STATUS_TIMEOUT, 1969, 0, 0, STATUS_TIMEOUT },
		{ STATUS_DEFINITION, 1356, 0, 0, STATUS_DEFINITION },   { STATUS_FAULT, 1064, 0, 0, STATUS_FAULT },
		{ STATUS_BAD_REGULAR, 1139, 0, 1, STATUS_BAD_REGULAR }, { STATUS_FOREIGN_KEY, 0, 0, 1, STATUS_NOT_SHOWN },
		{ STATUS_NO_CHARACTER, 0, 1, 0, STATUS_BAD_VALUE },     { STATUS_NO_CHARACTER, 0, 0, 1, STATUS_NOT_SHOWN },
		{ STATUS_TOO_LONG, 0, 0, 1, STATUS_TOO_COMPLEX },       { STATUS_ROW_TOO_LARGE, 1118, 0, 0, STATUS_TOO_COMPLEX },
		{ STATUS_NOT_UPDATABLE, 0, 0, 0, STATUS_DEFINITION },   { STATUS_BODY_TOO_LARGE, 1153, 0, 1, STATUS_URI_TOO_LONG },
		{ STATUS_SAME_ROW, 0, 0, 1, STATUS_NOT_SHOWN },         { STATUS_CHANGE_TOO_LARGE, 1197, 0, 0, STATUS_NOT_SHOWN },
		{ STATUS_NOT_WRITABLE, 3105, 0, 1, STATUS_DEFINITION }, { STATUS_NO_CONFLICT_KEY, 0, 0, 0, STATUS_DEFINITION },
		{ STATUS_UNRETURNED, 0, 0, 0, STATUS_DEFINITION },      { STATUS_UNKNOWN, 1180, 0, 0, STATUS_STORAGE },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		struct fault fault = of_read(cases[i].status, cases[i].number, cases[i].place, cases[i].conditions, 0);

		if (fault.status != cases[i].told)
			fail_msg("%zu: %s", i, status_message(fault.status));
	}
	arena_clear(&arena);
}

/* The names of columns are in the database's encoding. */
static void a_character_is_the_query_s_where_a_text_has_it(void **state)
{
	static const struct {
		const char *sql;
		enum status told;
	} cases[] = {
		{ "SELECT \"v\" FROM \"t\" WHERE \"v\"='\xe6\x97\xa5'", STATUS_BAD_VALUE },
		{ "SELECT ((\"doc\"->'a''\"\xe6\x97\xa5')#>>'{}') FROM \"t\"", STATUS_BAD_VALUE },
		{ "SELECT \"\xc3\xa9\" FROM \"t\" WHERE \"\xc3\xa9\"='e'", STATUS_NOT_SHOWN },
		{ "SELECT \"a'\xc3\xa9\" FROM \"t\" WHERE \"id\"=1", STATUS_NOT_SHOWN },
	};
	const struct table table = { .dialect = &mysql_dialect };
	const struct plan plan = { .table = &table, .condition_count = 1 };
	const struct database_error error = { .status = STATUS_NO_CHARACTER, .state = "22P05" };

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		const struct slice sql = { cases[i].sql, strlen(cases[i].sql) };

		assert_int_equal(server_fault_of_read(&error, &plan, sql, &arena).status, cases[i].told);
	}
	arena_clear(&arena);
}

static void a_read_writes_nothing(void **state)
{
	(void)state;
	assert_says(of_read(STATUS_LOCKED, 1205, 0, 0, 0).message, "the rows are locked by another transaction");
	arena_clear(&arena);
}

/* A text that is no JSON, for one, cannot be cast to it. */
static void a_cast_is_the_query_s(void **state)
{
	static const struct {
		enum status status;
		unsigned number;
		enum status told;
	} cases[] = {
		{ STATUS_BAD_VALUE, 0, STATUS_BAD_VALUE },       { STATUS_NO_FIT, 0, STATUS_VALUE_RANGE },
		{ STATUS_NO_CHARACTER, 0, STATUS_BAD_VALUE },    { STATUS_NO_FIT, 1690, STATUS_NOT_SHOWN },
		{ STATUS_NOT_COMPUTED, 0, STATUS_NOT_SHOWN },
	};
	const struct table table = { .dialect = &mysql_dialect };
	const struct plan plan = { .table = &table, .casts = true };

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		const struct database_error error = { .status = cases[i].status, .number = cases[i].number };

		assert_int_equal(server_fault_of_read(&error, &plan, SLICE(""), &arena).status, cases[i].told);
	}
	arena_clear(&arena);
}

static void a_sort_is_the_request_s_where_it_asks_for_an_order(void **state)
{
	(void)state;
	assert_int_equal(of_read(STATUS_SORT, 1038, 0, 0, 1).status, STATUS_SORT);
	assert_int_equal(of_read(STATUS_SORT, 1038, 0, 1, 0).status, STATUS_NO_MEMORY);
	arena_clear(&arena);
}

/* MariaDB says of a search that finds too much that its engine has no memory. */
static void a_search_without_memory_is_the_request_s(void **state)
{
	struct plan_condition search = { .kind = PLAN_FILTER, .op = QUERY_WFTS }, plain = { .kind = PLAN_FILTER, .op = QUERY_EQ };
	struct plan_condition either = { .kind = PLAN_OR, .first = &search, .next = &plain };
	const struct table table = { .dialect = &mysql_dialect };
	const struct database_error engine = { .status = STATUS_NO_MEMORY, .number = 128 };
	const struct database_error other = { .status = STATUS_NO_MEMORY, .number = 1037 };
	struct plan plan = { .table = &table, .conditions = &either };

	(void)state;
	assert_int_equal(server_fault_of_read(&engine, &plan, SLICE(""), &arena).status, STATUS_SEARCH_TOO_LARGE);
	assert_int_equal(server_fault_of_read(&other, &plan, SLICE(""), &arena).status, STATUS_NO_MEMORY);
	plan.conditions = &plain;
	assert_int_equal(server_fault_of_read(&engine, &plan, SLICE(""), &arena).status, STATUS_NO_MEMORY);
	arena_clear(&arena);
}

static void the_server_s_number_is_told(void **state)
{
	struct fault fault = { .status = STATUS_STORAGE, .details = "own" };
	const struct database_error error = { .number = 1030 }, nameless = { .text = "no state" };

	(void)state;
	assert_says(of_read(STATUS_NO_FIT, 1690, 0, 0, 0).details, "the database's error 1690");
	assert_null(of_read(STATUS_NO_FIT, 1690, 0, 0, 0).code);
	assert_null(of_read(STATUS_BAD_VALUE, 1525, 0, 1, 0).details);
	server_fault_tell(&fault, &error, &arena);
	assert_says(fault.details, "own");
	fault.details = NULL;
	server_fault_tell(&fault, &nameless, &arena);
	assert_null(fault.details);
	server_fault_tell(&fault, &error, &arena);
	assert_says(fault.details, "the database's error 1030");
	assert_null(fault.code);
	arena_clear(&arena);
}

/* Where the code is the state, the details need not say it again. */
static void the_server_s_state_is_told_once(void **state)
{
	static const struct {
		enum status status;
		const char *state, *code, *details;
	} cases[] = {
		{ STATUS_STORAGE, "58P01", "58P01", NULL },  { STATUS_NOT_SHOWN, "22012", "22012", NULL },
		{ STATUS_QUOTA, "53400", "53400", NULL },    { STATUS_NOT_COMPUTED, "22012", "22012", NULL },
		{ STATUS_RAISED, "UE001", "UE001", NULL },   { STATUS_DUPLICATE, "23P01", NULL, NULL },
		{ STATUS_TIMEOUT, "57014", NULL, "MYREST_STATEMENT_TIMEOUT limits it" },
		{ STATUS_LOCKED, "55P03", NULL, "the database's error 55P03" },
		{ STATUS_BUSY, "53300", NULL, "the database's error 53300" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		struct database_error error = { .status = cases[i].status };
		struct fault fault = { .status = cases[i].status };

		snprintf(error.state, sizeof(error.state), "%s", cases[i].state);
		server_fault_tell(&fault, &error, &arena);
		assert_says(fault.code != NULL ? fault.code : "", cases[i].code != NULL ? cases[i].code : "");
		assert_says(fault.details != NULL ? fault.details : "", cases[i].details != NULL ? cases[i].details : "");
	}
	arena_clear(&arena);
}

static void what_ends_a_statement_is_named(void **state)
{
	static const struct {
		unsigned number;
		const char *text;
		bool somebody;
	} cases[] = {
		{ 1969, "max_statement_time exceeded", false },
		{ 3024, "maximum statement execution time exceeded", false },
		{ 1317, "Query execution was interrupted", true },
		{ 0, "57014: canceling statement due to statement timeout", false },
		{ 0, "57014: canceling statement due to user request", true },
		{ 0, "the statement exceeded its time limit, and the server did not end it", false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		struct database_error error = { .number = cases[i].number };

		snprintf(error.text, sizeof(error.text), "%s", cases[i].text);
		assert_says(server_fault_limit(&error), cases[i].somebody ? "it was ended in the database" :
		                                                            "MYREST_STATEMENT_TIMEOUT limits it");
	}
	assert_says(server_fault_limit(&(struct database_error){ .text = "57014: storniere Anfrage wegen Benutzeraufforderung" }),
	            "MYREST_STATEMENT_TIMEOUT limits it, or it was ended in the database");
}

static void a_read_that_is_too_long_for_the_server_says_so(void **state)
{
	(void)state;
	assert_says(of_read(STATUS_BODY_TOO_LARGE, 1153, 0, 1, 0).details, STATEMENT_TOO_LONG);
	arena_clear(&arena);
}

static int release(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_the_query_s_or_computed),
		cmocka_unit_test(a_character_is_the_query_s_where_a_text_has_it),
		cmocka_unit_test(a_read_writes_nothing),
		cmocka_unit_test(a_cast_is_the_query_s),
		cmocka_unit_test(a_sort_is_the_request_s_where_it_asks_for_an_order),
		cmocka_unit_test(a_search_without_memory_is_the_request_s),
		cmocka_unit_test(the_server_s_number_is_told),
		cmocka_unit_test(the_server_s_state_is_told_once),
		cmocka_unit_test(what_ends_a_statement_is_named),
		cmocka_unit_test(a_read_that_is_too_long_for_the_server_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
