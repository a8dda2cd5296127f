/* SPDX-License-Identifier: MIT
 *
 * The words are those of PostgreSQL 15.
 */
#include "postgresql_fault.h"

#include "unit.h"

struct told {
	const char *state, *message;
	enum status status;
	const char *text; /* NULL: the state and the message */
	const char *object, *constraint, *column;
};

static void expect_told(const struct told *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct told *each = &cases[i];
		const struct postgresql_fault fault = { .state = each->state, .message = each->message,
			                                .column = each->column, .constraint = each->constraint };
		const char *object = each->object != NULL ? each->object : "";
		struct database_error error;
		char text[600];
		bool gone;

		memset(&error, 0xa5, sizeof(error)); /* what an earlier error left */
		gone = postgresql_fault_read(&error, &fault);
		snprintf(text, sizeof(text), "%s: %s", each->state, each->message);
		assert_says(error.text, each->text != NULL ? each->text : text);
		if (error.status != each->status || gone != (each->status == STATUS_AWAY) || error.row != 0 || error.number != 0 ||
		    error.object.length != strlen(object) || memcmp(error.object.bytes, object, error.object.length) != 0)
			fail_msg("%s\n    got %s %s, <%.*s>%s", error.text, status_code(error.status), status_message(error.status),
			         (int)error.object.length, error.object.bytes, gone ? ", gone" : "");
	}
}

#define EXPECT_TOLD(cases) expect_told((cases), LENGTH_OF(cases))

static void constraints_are_named(void **state)
{
	static const struct told cases[] = {
		{ "23505", "duplicate key value violates unique constraint \"e_pkey\"", STATUS_DUPLICATE,
		  "23505: duplicate key value violates unique constraint \"e_pkey\" (e_pkey)", "e_pkey", "e_pkey", NULL },
		{ "23P01", "conflicting key value violates exclusion constraint \"e_r_excl\"", STATUS_DUPLICATE,
		  "23P01: conflicting key value violates exclusion constraint \"e_r_excl\" (e_r_excl)", "e_r_excl", "e_r_excl",
		  NULL },
		{ "23503", "insert or update on table \"ec\" violates foreign key constraint \"f\"", STATUS_FOREIGN_KEY,
		  "23503: insert or update on table \"ec\" violates foreign key constraint \"f\" (f)", "f", "f", NULL },
		{ "23514", "new row for relation \"e\" violates check constraint \"c_pos\"", STATUS_CHECK,
		  "23514: new row for relation \"e\" violates check constraint \"c_pos\" (c_pos)", "c_pos", "c_pos", NULL },
		{ "44000", "new row violates check option for view \"ev\"", STATUS_CHECK, NULL, NULL, NULL, NULL },
		/* odd names, and those that the server does not give */
		{ "23505", "m", STATUS_DUPLICATE, "23505: m (a) (b))", "a) (b)", "a) (b)", "" },
		{ "23505", "m", STATUS_DUPLICATE, "23505: m (\xce\xba)", "\xce\xba", "\xce\xba", NULL },
		{ "23505", "m", STATUS_DUPLICATE, "23505: m", "", "", "" },
		{ "23505", NULL, STATUS_DUPLICATE, "23505: ", "", NULL, NULL },
		{ "23505", NULL, STATUS_DUPLICATE, "23505:  (k)", "k", "k", NULL },
	};

	(void)state;
	EXPECT_TOLD(cases);
}

static void columns_are_named(void **state)
{
	static const struct told cases[] = {
		{ "23502", "null value in column \"n\" of relation \"e\" violates not-null constraint", STATUS_NULL,
		  "23502: null value in column \"n\" of relation \"e\" violates not-null constraint (n)", "n", NULL, "n" },
		{ "23502", "domain shorter does not allow null values", STATUS_NULL, NULL, NULL, NULL, NULL },
	};

	(void)state;
	EXPECT_TOLD(cases);
}

/* Its state is that of a CHECK, and its words are of the server's language. */
static void a_row_for_no_partition(void **state)
{
	static const struct {
		struct postgresql_fault fault;
		enum status status;
	} cases[] = {
		{ { "23514", "no partition of relation \"p\" found for row", NULL, NULL, "ExecFindPartition" }, STATUS_NO_PARTITION },
		{ { "23514", "keine Partition von Relation \xc2\xbbp\xc2\xab gefunden", NULL, NULL, "ExecFindPartition" },
		  STATUS_NO_PARTITION },
		{ { "23514", "new row for relation \"p1\" violates partition constraint", NULL, "", "ExecPartitionCheckEmitError" },
		  STATUS_NO_PARTITION },
		{ { "23514", "new row for relation \"p\" violates check constraint \"c\"", NULL, "c", "ExecConstraints" },
		  STATUS_CHECK },
		{ { "23514", "no partition of relation \"p\" found for row", NULL, NULL, "exec_stmt_raise" }, STATUS_CHECK },
		{ { "23514", "m", NULL, NULL, NULL }, STATUS_CHECK },
		{ { "23502", "m", "n", NULL, "ExecFindPartition" }, STATUS_NULL },
	};
	struct database_error error;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		assert_false(postgresql_fault_read(&error, &cases[i].fault));
		assert_int_equal(error.status, cases[i].status);
	}
}

static void values_that_do_not_fit(void **state)
{
	static const struct told cases[] = {
		{ "22001", "value too long for type character varying(5)", STATUS_TOO_LONG, NULL, NULL, NULL, NULL },
		{ "54000", "index row requires 64016 bytes, maximum size is 8191", STATUS_TOO_LONG, NULL, NULL, NULL, NULL },
		{ "22003", "integer out of range", STATUS_NO_FIT, NULL, NULL, NULL, NULL },
		{ "22P02", "invalid input syntax for type uuid: \"hello\"", STATUS_BAD_VALUE, NULL, NULL, NULL, NULL },
		{ "22007", "invalid input syntax for type date: \"hello\"", STATUS_BAD_VALUE, NULL, NULL, NULL, NULL },
		{ "22008", "date/time field value out of range: \"2024-02-30\"", STATUS_BAD_VALUE, NULL, NULL, NULL, NULL },
		{ "22026", "bit string length 4 does not match type bit(3)", STATUS_BAD_VALUE, NULL, NULL, NULL, NULL },
		{ "22P03", "incorrect binary data format", STATUS_BAD_VALUE, NULL, NULL, NULL, NULL },
		{ "2202E", "wrong number of array subscripts", STATUS_BAD_VALUE, NULL, NULL, NULL, NULL },
		{ "2200N", "invalid XML content", STATUS_BAD_VALUE, NULL, NULL, NULL, NULL },
		{ "22012", "division by zero", STATUS_BAD_VALUE, NULL, NULL, NULL, NULL },
		{ "22023", "invalid hexadecimal digit: \"x\"", STATUS_BAD_VALUE, NULL, NULL, NULL, NULL },
		{ "22P05", "unsupported Unicode escape sequence", STATUS_NO_CHARACTER, NULL, NULL, NULL, NULL },
		{ "22021", "invalid byte sequence for encoding \"UTF8\": 0x00", STATUS_NO_CHARACTER, NULL, NULL, NULL, NULL },
		{ "2201B", "invalid regular expression: brackets [] not balanced", STATUS_BAD_REGULAR, NULL, NULL, NULL, NULL },
		{ "22025", "LIKE pattern must not end with escape character", STATUS_BAD_PATTERN, NULL, NULL, NULL, NULL },
	};

	(void)state;
	EXPECT_TOLD(cases);
}

static void searches(void **state)
{
	static const struct told cases[] = {
		{ "42601", "syntax error in tsquery: \"&\"", STATUS_BAD_SEARCH, NULL, NULL, NULL, NULL },
		{ "42601", "no operand in tsquery: \"a & \"", STATUS_BAD_SEARCH, NULL, NULL, NULL, NULL },
		{ "42601", "syntax error at or near \"WHERE\"", STATUS_FAULT, NULL, NULL, NULL, NULL },
		{ "54000", "word is too long in tsquery: \"xxx\"", STATUS_BAD_SEARCH, NULL, NULL, NULL, NULL },
		{ "22023", "distance in phrase operator must be an integer value between zero and 16384 inclusive",
		  STATUS_BAD_SEARCH, NULL, NULL, NULL, NULL },
		{ "42704", "text search configuration \"nolang\" does not exist", STATUS_BAD_SEARCH, NULL, NULL, NULL, NULL },
		{ "42704", "type \"nothing\" does not exist", STATUS_FAULT, NULL, NULL, NULL, NULL },
	};

	(void)state;
	EXPECT_TOLD(cases);
}

static void views_and_what_clients_may_not_write(void **state)
{
	static const struct told cases[] = {
		{ "428C9", "cannot insert a non-DEFAULT value into column \"g\"", STATUS_NOT_WRITABLE, NULL, NULL, NULL, NULL },
		{ "55000", "cannot insert into view \"es\"", STATUS_NOT_UPDATABLE, NULL, NULL, NULL, NULL },
		{ "55000", "cannot update view \"es\"", STATUS_NOT_UPDATABLE, NULL, NULL, NULL, NULL },
		{ "55000", "cannot delete from view \"es\"", STATUS_NOT_UPDATABLE, NULL, NULL, NULL, NULL },
		{ "55000", "foreign table \"ff\" does not allow inserts", STATUS_NOT_UPDATABLE, NULL, NULL, NULL, NULL },
		{ "0A000", "cannot insert into foreign table \"ff\"", STATUS_NOT_UPDATABLE, NULL, NULL, NULL, NULL },
		{ "0A000", "cannot insert into column \"up\" of view \"ev\"", STATUS_NOT_UPDATABLE, NULL, NULL, NULL, NULL },
		{ "55000", "materialized view \"mat\" has not been populated", STATUS_FAULT, NULL, NULL, NULL, NULL },
		{ "42501", "permission denied for table users", STATUS_FORBIDDEN, NULL, NULL, NULL, NULL },
		{ "42501", "new row violates row-level security policy for table \"t\"", STATUS_FORBIDDEN, NULL, NULL, NULL,
		  NULL },
		{ "25006", "cannot execute INSERT in a read-only transaction", STATUS_READ_ONLY, NULL, NULL, NULL, NULL },
	};

	(void)state;
	EXPECT_TOLD(cases);
}

static void upserts(void **state)
{
	static const struct told cases[] = {
		{ "21000", "ON CONFLICT DO UPDATE command cannot affect row a second time", STATUS_SAME_ROW, NULL, NULL, NULL,
		  NULL },
		{ "21000", "more than one row returned by a subquery used as an expression", STATUS_FAULT, NULL, NULL, NULL, NULL },
		{ "42P10", "there is no unique or exclusion constraint matching the ON CONFLICT specification",
		  STATUS_NO_CONFLICT_KEY, NULL, NULL, NULL, NULL },
		{ "55000", "ON CONFLICT does not support deferrable unique constraints/exclusion constraints as arbiters",
		  STATUS_NO_CONFLICT_KEY, NULL, NULL, NULL, NULL },
	};

	(void)state;
	EXPECT_TOLD(cases);
}

static void what_has_nothing_to_do_with_a_column(void **state)
{
	static const struct told cases[] = {
		{ "40001", "could not serialize access due to concurrent update", STATUS_LOCKED, NULL, NULL, NULL, NULL },
		{ "40P01", "deadlock detected", STATUS_LOCKED, NULL, NULL, NULL, NULL },
		{ "55P03", "canceling statement due to lock timeout", STATUS_LOCKED, NULL, NULL, NULL, NULL },
		{ "57014", "canceling statement due to statement timeout", STATUS_TIMEOUT, NULL, NULL, NULL, NULL },
		{ "53300", "sorry, too many clients already", STATUS_BUSY, NULL, NULL, NULL, NULL },
		{ "28000", "role \"noone\" does not exist", STATUS_FAULT, NULL, NULL, NULL, NULL },
		{ "28P01", "password authentication failed for user \"u\"", STATUS_FAULT, NULL, NULL, NULL, NULL },
		{ "3D000", "database \"nodb\" does not exist", STATUS_FAULT, NULL, NULL, NULL, NULL },
		{ "42P01", "relation \"nothing\" does not exist", STATUS_FAULT, NULL, NULL, NULL, NULL },
		{ "XX000", "cache lookup failed for type 1", STATUS_FAULT, NULL, NULL, NULL, NULL },
		{ "99999", "", STATUS_FAULT, NULL, NULL, NULL, NULL },
		{ "2", "", STATUS_FAULT, NULL, NULL, NULL, NULL },
		{ "0", "", STATUS_FAULT, NULL, NULL, NULL, NULL },
	};

	(void)state;
	EXPECT_TOLD(cases);
}

/* They reach the client, who has nothing to do with the rest. */
static void a_triggers_words_stand_alone(void **state)
{
	static const struct told cases[] = {
		{ "P0001", "credit is used up", STATUS_RAISED, "credit is used up", NULL, NULL, NULL },
		{ "P0001", "credit is used up", STATUS_RAISED, "credit is used up", NULL, "k", "x" },
		{ "P0001", "", STATUS_RAISED, "", NULL, NULL, NULL },
		{ "P0001", NULL, STATUS_RAISED, "", NULL, NULL, NULL },
	};

	(void)state;
	EXPECT_TOLD(cases);
}

static void a_connection_that_is_gone_is_told(void **state)
{
	static const struct told cases[] = {
		{ "57P01", "terminating connection due to administrator command", STATUS_AWAY, NULL, NULL, NULL, NULL },
		{ "57P02", "terminating connection because of crash of another server process", STATUS_AWAY, NULL, NULL, NULL,
		  NULL },
		{ "57P03", "the database system is starting up", STATUS_AWAY, NULL, NULL, NULL, NULL },
		{ "57P04", "terminating connection due to conflict with recovery", STATUS_AWAY, NULL, NULL, NULL, NULL },
		{ "40001", "terminating connection due to conflict with recovery", STATUS_AWAY, NULL, NULL, NULL, NULL },
		{ "57P05", "terminating connection due to idle-session timeout", STATUS_AWAY, NULL, NULL, NULL, NULL },
		{ "25P03", "terminating connection due to idle-in-transaction timeout", STATUS_AWAY, NULL, NULL, NULL, NULL },
		{ "25P04", "terminating connection due to transaction timeout", STATUS_AWAY, NULL, NULL, NULL, NULL },
		{ "08006", "connection failure", STATUS_AWAY, NULL, NULL, NULL, NULL },
		{ "08P01", "server conn crashed?", STATUS_AWAY, NULL, NULL, NULL, NULL },
		{ NULL, "server closed the connection unexpectedly", STATUS_AWAY, "server closed the connection unexpectedly", NULL,
		  NULL, NULL },
		{ "", "", STATUS_AWAY, "", NULL, NULL, NULL },
		{ NULL, NULL, STATUS_AWAY, "", NULL, NULL, NULL },
	};

	(void)state;
	EXPECT_TOLD(cases);
}

static void long_texts_are_cut_and_names_are_not(void **state)
{
	struct postgresql_fault fault = { .state = "23505", .constraint = "users_username_key" };
	struct database_error error;
	char message[2000];

	(void)state;
	for (size_t length = 0; length < 1000; length++) {
		memset(message, 'x', length);
		message[length] = '\0';
		fault.message = exact(message, length + 1).bytes;
		memset(&error, 0xa5, sizeof(error));
		assert_false(postgresql_fault_read(&error, &fault));
		free((void *)(uintptr_t)fault.message);
		assert_is(error.object, "users_username_key");
		assert_true(error.object.bytes > error.text &&
		            error.object.bytes + error.object.length < error.text + sizeof(error.text));
		assert_int_equal(strlen(error.text), length < 483 ? length + 28 : sizeof(error.text) - 1);
		assert_memory_equal(error.text, "23505: ", 7);
		assert_memory_equal(error.text + strlen(error.text) - 21, " (users_username_key)", 21);
	}
}

/* No server has names so long. */
static void a_name_without_end_is_left_out(void **state)
{
	char name[2000];
	const struct postgresql_fault fault = { .state = "23505", .message = "m", .constraint = name };
	struct database_error error;

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_false(postgresql_fault_read(&error, &fault));
	assert_string_equal(error.text, "23505: m");
	assert_int_equal(error.object.length, 0);
}

static void what_a_new_description_would_mend(void **state)
{
	static const struct {
		const char *state, *message;
		bool changed;
	} cases[] = {
		{ "42P01", "relation \"t\" does not exist", true },
		{ "42703", "column \"c\" does not exist", true },
		{ "42P10", "there is no unique or exclusion constraint matching the ON CONFLICT specification", true },
		{ "0A000", "cached plan must not change result type", true },
		{ "0A000", "cannot insert into foreign table \"ff\"", false },
		{ "23505", "cached plan must not change result type", false },
		{ "57P01", "", false },
		{ NULL, NULL, false },
	};
	struct database_error error;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		const struct postgresql_fault fault = { .state = cases[i].state, .message = cases[i].message };

		memset(&error, 0xa5, sizeof(error));
		(void)!postgresql_fault_read(&error, &fault);
		assert_int_equal(error.schema_changed, cases[i].changed);
		assert_false(error.not_run);
	}
}

static void which_end_of_a_foreign_key(void **state)
{
	static const struct {
		const char *state, *message;
		bool referenced;
	} cases[] = {
		{ "23503", "insert or update on table \"ec\" violates foreign key constraint \"f\"", false },
		{ "23503", "insert or update on table \"update or delete on table x\" violates foreign key constraint \"f\"", false },
		{ "23503", "update or delete on table \"e\" violates foreign key constraint \"f\" on table \"ec\"", true },
		{ "23001", "update or delete on table \"e\" violates RESTRICT setting of foreign key constraint \"f\" on table \"ec\"",
		  true },
		{ "23505", "update or delete on table ", false },
		{ "23503", NULL, false },
	};
	struct database_error error;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		const struct postgresql_fault fault = { .state = cases[i].state, .message = cases[i].message, .constraint = "f" };

		memset(&error, 0xa5, sizeof(error));
		assert_false(postgresql_fault_read(&error, &fault));
		assert_int_equal(error.referenced, cases[i].referenced);
		assert_is(error.object, "f");
	}
}

static void a_server_that_starts_has_run_nothing(void **state)
{
	const struct postgresql_fault fault = { .state = "57P03", .message = "the database system is starting up" };
	struct database_error error = { .not_run = false };

	(void)state;
	assert_true(postgresql_fault_read(&error, &fault));
	assert_true(error.not_run);
}

static void what_a_trigger_raises_is_told_whatever_its_state(void **state)
{
	const struct postgresql_fault fault = { .state = "UE001", .message = "no such kind", .function = "exec_stmt_raise" };
	const struct postgresql_fault unique = { .state = "23505", .message = "own words", .function = "exec_stmt_raise" };
	struct database_error error = { 0 };

	(void)state;
	assert_false(postgresql_fault_read(&error, &fault));
	assert_int_equal(error.status, STATUS_RAISED);
	assert_says(error.text, "no such kind");
	assert_false(postgresql_fault_read(&error, &unique));
	assert_int_equal(error.status, STATUS_DUPLICATE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_trigger_raises_is_told_whatever_its_state),
		cmocka_unit_test(constraints_are_named),
		cmocka_unit_test(columns_are_named),
		cmocka_unit_test(a_row_for_no_partition),
		cmocka_unit_test(values_that_do_not_fit),
		cmocka_unit_test(searches),
		cmocka_unit_test(views_and_what_clients_may_not_write),
		cmocka_unit_test(upserts),
		cmocka_unit_test(what_has_nothing_to_do_with_a_column),
		cmocka_unit_test(a_triggers_words_stand_alone),
		cmocka_unit_test(a_connection_that_is_gone_is_told),
		cmocka_unit_test(long_texts_are_cut_and_names_are_not),
		cmocka_unit_test(a_name_without_end_is_left_out),
		cmocka_unit_test(what_a_new_description_would_mend),
		cmocka_unit_test(which_end_of_a_foreign_key),
		cmocka_unit_test(a_server_that_starts_has_run_nothing),
	};

	return cmocka_run_group_tests_name("postgresql_fault", tests, NULL, NULL);
}
