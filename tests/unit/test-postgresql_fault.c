/* SPDX-License-Identifier: MIT
 *
 * The words are those of PostgreSQL 15.
 */
#include "postgresql/postgresql_fault.h"

#include "unit.h"

struct told {
	const char *state, *message;
	enum status status;
	const char *text; /* NULL: the state and the message */
	const char *subject, *constraint, *column;
};

static void expect_told(const struct told *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct told *each = &cases[i];
		const struct postgresql_fault fault = { .state = each->state, .message = each->message,
			                                .column = each->column, .constraint = each->constraint };
		const char *subject = each->subject != NULL ? each->subject : "";
		struct database_error error;
		char text[600];
		bool gone;

		memset(&error, 0xa5, sizeof(error)); /* what an earlier error left */
		gone = postgresql_fault_read(&error, &fault);
		snprintf(text, sizeof(text), "%s: %s", each->state, each->message);
		assert_says(error.text, each->text != NULL ? each->text : text);
		if (error.status != each->status || gone != (each->status == STATUS_AWAY) || error.row != 0 || error.number != 0 ||
		    error.subject.length != strlen(subject) || memcmp(error.subject.bytes, subject, error.subject.length) != 0)
			fail_msg("%s\n    got %s %s, <%.*s>%s", error.text, status_code(error.status), status_message(error.status),
			         (int)error.subject.length, error.subject.bytes, gone ? ", gone" : "");
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

/* Of the row that is refused; what there is already is nobody's business. */
static void the_values_of_a_duplicate_are_taken(void **state)
{
	static const struct {
		const char *state, *detail, *values;
	} cases[] = {
		{ "23505", "Key (email)=(a@b) already exists.", "(email)=(a@b)" },
		{ "23505", "Schl\xc3\xbcssel \xc2\xbb(a, \"b c\")=(1, x)y)\xc2\xab existiert bereits.",
		  "(a, \"b c\")=(1, x)y)" },
		{ "23505", "no key", "" },
		{ "23505", ") (", "" },
		{ "23505", "", "" },
		{ "23505", NULL, "" },
		{ "23P01", "Key (r)=([1,2)) conflicts with existing key (r)=([1,9)).", "" },
		{ "23503", "Key (p)=(9) is not present in table \"t\".", "" },
	};
	char detail[3000];
	struct postgresql_fault fault = { .state = "23505", .message = "m", .detail = detail };
	struct database_error error;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		const struct postgresql_fault each = { .state = cases[i].state, .message = "m",
			                               .detail = cases[i].detail };

		memset(&error, 0xa5, sizeof(error));
		assert_false(postgresql_fault_read(&error, &each));
		assert_is(error.values, cases[i].values);
		assert_null(strstr(error.text, "a@b")); /* which the log has */
	}
	for (size_t length = 1000; length < 1100; length++) { /* without an end */
		memset(detail, 'x', sizeof(detail));
		memcpy(detail, "Key (a)=(", 9);
		strcpy(detail + length, ") already exists.");
		assert_false(postgresql_fault_read(&error, &fault));
		assert_int_equal(error.values.length, length + 1 - 4 <= sizeof(error.detail) ? length + 1 - 4 : 0);
	}
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
		const char *state, *message, *column, *constraint, *function;
		enum status status;
	} cases[] = {
		{ "23514", "no partition of relation \"p\" found for row", NULL, NULL, "ExecFindPartition",
		  STATUS_NO_PARTITION },
		{ "23514", "keine Partition von Relation \xc2\xbbp\xc2\xab gefunden", NULL, NULL, "ExecFindPartition",
		  STATUS_NO_PARTITION },
		{ "23514", "new row for relation \"p1\" violates partition constraint", NULL, "",
		  "ExecPartitionCheckEmitError",
		  STATUS_NO_PARTITION },
		{ "23514", "new row for relation \"p\" violates check constraint \"c\"", NULL, "c", "ExecConstraints",
		  STATUS_CHECK },
		{ "23514", "no partition of relation \"p\" found for row", NULL, NULL, "exec_stmt_raise",
		  STATUS_CHECK },
		{ "23514", "m", NULL, NULL, NULL, STATUS_CHECK },
		{ "23502", "m", "n", NULL, "ExecFindPartition", STATUS_NULL },
	};
	struct database_error error;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		const struct postgresql_fault fault = { .state = cases[i].state, .message = cases[i].message,
			                                .column = cases[i].column, .constraint = cases[i].constraint,
			                                .function = cases[i].function };

		assert_false(postgresql_fault_read(&error, &fault));
		assert_int_equal(error.status, cases[i].status);
	}
}

static void values_that_do_not_fit(void **state)
{
	static const struct told cases[] = {
		{ "22001", "value too long for type character varying(5)", STATUS_TOO_LONG, NULL, NULL, NULL, NULL },
		{ "54000", "index row requires 64016 bytes, maximum size is 8191", STATUS_TOO_LONG, NULL, NULL, NULL,
		  NULL },
		{ "22003", "integer out of range", STATUS_NO_FIT, NULL, NULL, NULL, NULL },
		{ "22P02", "invalid input syntax for type uuid: \"hello\"", STATUS_BAD_VALUE, NULL, NULL, NULL, NULL },
		{ "22007", "invalid input syntax for type date: \"hello\"", STATUS_BAD_VALUE, NULL, NULL, NULL, NULL },
		{ "22008", "date/time field value out of range: \"2024-02-30\"", STATUS_BAD_VALUE, NULL, NULL, NULL,
		  NULL },
		{ "22026", "bit string length 4 does not match type bit(3)", STATUS_BAD_VALUE, NULL, NULL, NULL, NULL },
		{ "22P03", "incorrect binary data format", STATUS_BAD_VALUE, NULL, NULL, NULL, NULL },
		{ "2202E", "wrong number of array subscripts", STATUS_BAD_VALUE, NULL, NULL, NULL, NULL },
		{ "2200N", "invalid XML content", STATUS_BAD_VALUE, NULL, NULL, NULL, NULL },
		{ "22012", "division by zero", STATUS_NOT_COMPUTED, NULL, NULL, NULL, NULL },
		{ "22023", "invalid hexadecimal digit: \"x\"", STATUS_BAD_VALUE, NULL, NULL, NULL, NULL },
		{ "22P05", "unsupported Unicode escape sequence", STATUS_NO_CHARACTER, NULL, NULL, NULL, NULL },
		{ "22021", "invalid byte sequence for encoding \"UTF8\": 0x00", STATUS_NO_CHARACTER, NULL, NULL, NULL,
		  NULL },
		{ "2201B", "invalid regular expression: brackets [] not balanced", STATUS_BAD_REGULAR, NULL, NULL, NULL,
		  NULL },
		{ "22025", "LIKE pattern must not end with escape character", STATUS_BAD_PATTERN, NULL, NULL, NULL,
		  NULL },
	};

	(void)state;
	EXPECT_TOLD(cases);
}

static void searches(void **state)
{
	static const struct told cases[] = {
		{ "42601", "syntax error in tsquery: \"&\"", STATUS_BAD_SEARCH, NULL, NULL, NULL, NULL },
		{ "42601", "no operand in tsquery: \"a & \"", STATUS_BAD_SEARCH, NULL, NULL, NULL, NULL },
		{ "42601", "syntax error at or near \"WHERE\"", STATUS_DEFINITION, NULL, NULL, NULL, NULL },
		{ "54000", "word is too long in tsquery: \"xxx\"", STATUS_BAD_SEARCH, NULL, NULL, NULL, NULL },
		{ "22023", "distance in phrase operator must be an integer value between zero and 16384 inclusive",
		  STATUS_BAD_SEARCH, NULL, NULL, NULL, NULL },
		{ "42704", "type \"nothing\" does not exist", STATUS_DEFINITION, NULL, NULL, NULL, NULL },
	};

	(void)state;
	EXPECT_TOLD(cases);
}

static void views_and_what_clients_may_not_write(void **state)
{
	static const struct told cases[] = {
		{ "428C9", "cannot insert a non-DEFAULT value into column \"g\"", STATUS_NOT_WRITABLE, NULL, "g", NULL,
		  NULL },
		{ "428C9", "column \"a \"b\" can only be updated to DEFAULT", STATUS_NOT_WRITABLE, NULL, "a \"b", NULL, NULL },
		{ "428C9", "Spalte \xc2\xbbg\xc2\xab kann nur auf DEFAULT aktualisiert werden", STATUS_NOT_WRITABLE, NULL, NULL,
		  NULL, NULL },
		{ "428C9", "one \" alone", STATUS_NOT_WRITABLE, NULL, NULL, NULL, NULL },
		{ "55000", "cannot insert into view \"es\"", STATUS_NOT_UPDATABLE, NULL, NULL, NULL, NULL },
		{ "55000", "cannot update view \"es\"", STATUS_NOT_UPDATABLE, NULL, NULL, NULL, NULL },
		{ "55000", "cannot delete from view \"es\"", STATUS_NOT_UPDATABLE, NULL, NULL, NULL, NULL },
		{ "55000", "foreign table \"ff\" does not allow inserts", STATUS_NOT_UPDATABLE, NULL, NULL, NULL,
		  NULL },
		{ "0A000", "cannot insert into foreign table \"ff\"", STATUS_NOT_UPDATABLE, NULL, NULL, NULL, NULL },
		{ "0A000", "cannot insert into column \"up\" of view \"ev\"", STATUS_NOT_UPDATABLE, NULL, NULL, NULL,
		  NULL },
		{ "55000", "materialized view \"mat\" has not been populated", STATUS_DEFINITION, NULL, NULL, NULL,
		  NULL },
		{ "42501", "permission denied for table users", STATUS_FORBIDDEN, NULL, NULL, NULL, NULL },
		{ "42501", "new row violates row-level security policy for table \"t\"", STATUS_FORBIDDEN, NULL, NULL,
		  NULL,
		  NULL },
		{ "25006", "cannot execute INSERT in a read-only transaction", STATUS_READ_ONLY, NULL, NULL, NULL,
		  NULL },
	};

	(void)state;
	EXPECT_TOLD(cases);
}

static void upserts(void **state)
{
	static const struct told cases[] = {
		{ "21000", "ON CONFLICT DO UPDATE command cannot affect row a second time", STATUS_SAME_ROW, NULL, NULL,
		  NULL,
		  NULL },
		{ "21000", "more than one row returned by a subquery used as an expression", STATUS_DEFINITION, NULL,
		  NULL, NULL, NULL },
		{ "42P10", "there is no unique or exclusion constraint matching the ON CONFLICT specification",
		  STATUS_NO_CONFLICT_KEY, NULL, NULL, NULL, NULL },
		{ "55000",
		  "ON CONFLICT does not support deferrable unique constraints/exclusion constraints as arbiters",
		  STATUS_NO_CONFLICT_KEY, NULL, NULL, NULL, NULL },
	};

	(void)state;
	EXPECT_TOLD(cases);
}

static void what_has_nothing_to_do_with_a_column(void **state)
{
	static const struct told cases[] = {
		{ "40001", "could not serialize access due to concurrent update", STATUS_LOCKED, NULL, NULL, NULL,
		  NULL },
		{ "40P01", "deadlock detected", STATUS_LOCKED, NULL, NULL, NULL, NULL },
		{ "55P03", "canceling statement due to lock timeout", STATUS_LOCKED, NULL, NULL, NULL, NULL },
		{ "57014", "canceling statement due to statement timeout", STATUS_TIMEOUT, NULL, NULL, NULL, NULL },
		{ "53300", "sorry, too many clients already", STATUS_BUSY, NULL, NULL, NULL, NULL },
		{ "28000", "role \"noone\" does not exist", STATUS_DEFINITION, NULL, NULL, NULL, NULL },
		{ "28P01", "password authentication failed for user \"u\"", STATUS_DEFINITION, NULL, NULL, NULL, NULL },
		{ "3D000", "database \"nodb\" does not exist", STATUS_DEFINITION, NULL, NULL, NULL, NULL },
		{ "42P01", "relation \"nothing\" does not exist", STATUS_DEFINITION, NULL, NULL, NULL, NULL },
		{ "XX000", "cache lookup failed for type 1", STATUS_INTERNAL, NULL, NULL, NULL, NULL },
		{ "99999", "", STATUS_DEFINITION, NULL, NULL, NULL, NULL },
		{ "2", "", STATUS_DEFINITION, NULL, NULL, NULL, NULL },
		{ "0", "", STATUS_DEFINITION, NULL, NULL, NULL, NULL },
	};

	(void)state;
	EXPECT_TOLD(cases);
}

/* All of them: appendix A of the manual, of 13 to 18. None is left without words of its own. */
static void every_state_of_the_manual(void **state)
{
	static const struct {
		enum status status;
		const char *states;
	} groups[] = {
		{ STATUS_AWAY,
		  "08000 08001 08003 08004 08006 08007 08P01 25P03 25P04 57P01 57P02 57P03 57P04 57P05 " },
		{ STATUS_UNSUPPORTED,
		  "0A000 " },
		{ STATUS_DEFINITION,
		  "03000 09000 0B000 0F000 0F001 0L000 0LP01 0P000 0Z000 0Z002 10608 20000 21000 24000 "
		  "25000 25001 25002 25003 25004 25005 25007 25008 25P01 25P02 26000 27000 28000 28P01 "
		  "2B000 2BP01 2D000 2F000 2F002 2F003 2F004 2F005 34000 38000 38001 38002 38003 38004 "
		  "39000 39001 39004 39P01 39P02 39P03 3B000 3B001 3D000 3F000 " },
		{ STATUS_DEFINITION,
		  "42000 42601 42602 42611 42622 42701 42702 42703 42704 42710 42712 42723 42725 42803 "
		  "42804 42809 42830 42846 42883 42939 42P01 42P02 42P03 42P04 42P05 42P06 42P07 42P08 "
		  "42P09 42P10 42P11 42P12 42P13 42P14 42P15 42P16 42P17 42P18 42P19 42P20 42P21 42P22 " },
		{ STATUS_DEFINITION,
		  "55000 55P02 55P04 HV000 HV001 HV002 HV004 HV005 HV006 HV007 HV008 HV009 HV00A HV00B "
		  "HV00C HV00D HV00J HV00K HV00L HV00M HV00P HV00Q HV00R HV010 HV014 HV021 HV024 HV090 "
		  "HV091 P0000 P0002 P0003 P0004 " },
		{ STATUS_BAD_VALUE,
		  "22000 22002 22004 22005 22007 22008 22009 2200B 2200C 2200D 2200F 2200G 2200L 2200M "
		  "2200N 2200S 2200T 22010 22011 22015 22018 22019 22022 22023 22024 22026 22027 2202E "
		  "22P01 22P02 22P03 22P04 22P06 22P07 " },
		{ STATUS_NOT_COMPUTED,
		  "22012 22013 22014 22016 2201E 2201F 2201G 2201W 2201X 2202G 2202H 22030 22031 22032 "
		  "22033 22034 22035 22036 22037 22038 22039 2203A 2203B 2203C 2203D 2203E 2203F 2203G " },
		{ STATUS_TOO_LONG,
		  "22001 54000 " },
		{ STATUS_NO_FIT,
		  "22003 " },
		{ STATUS_NO_MORE_IDS,
		  "2200H " },
		{ STATUS_BAD_REGULAR,
		  "2201B " },
		{ STATUS_NO_CHARACTER,
		  "22021 22P05 " },
		{ STATUS_BAD_PATTERN,
		  "22025 " },
		{ STATUS_CHECK,
		  "23000 23514 44000 " },
		{ STATUS_FOREIGN_KEY,
		  "23001 23503 " },
		{ STATUS_NULL,
		  "23502 " },
		{ STATUS_DUPLICATE,
		  "23505 23P01 " },
		{ STATUS_READ_ONLY,
		  "25006 " },
		{ STATUS_LOCKED,
		  "40000 40001 40002 40003 40P01 55006 55P03 " },
		{ STATUS_FORBIDDEN,
		  "42501 " },
		{ STATUS_NOT_WRITABLE,
		  "428C9 " },
		{ STATUS_FULL,
		  "53100 " },
		{ STATUS_NO_MEMORY,
		  "53200 " },
		{ STATUS_QUOTA,
		  "53400 " },
		{ STATUS_EXHAUSTED,
		  "53000 " },
		{ STATUS_BUSY,
		  "53300 " },
		{ STATUS_TOO_COMPLEX,
		  "54001 54011 54023 " },
		{ STATUS_TIMEOUT,
		  "57014 " },
		{ STATUS_INTERNAL,
		  "57000 72000 F0000 F0001 XX000 " },
		{ STATUS_STORAGE,
		  "58000 58030 58P01 58P02 " },
		{ STATUS_DAMAGED,
		  "XX001 XX002 " },
		{ STATUS_FOREIGN_AWAY,
		  "HV00N " },
		{ STATUS_RAISED,
		  "P0001 " },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(groups); i++)
		for (const char *at = groups[i].states; *at != '\0'; at += 6) {
			char code[6] = { 0 };
			struct postgresql_fault fault = { .state = code, .message = "m", .severity = "ERROR" };
			struct database_error error;

			memcpy(code, at, 5);
			/* the connection lives, whatever the state is */
			assert_false(postgresql_fault_read(&error, &fault));
			assert_string_equal(error.state, code);
			if (error.status != (groups[i].status == STATUS_AWAY ? STATUS_FOREIGN_AWAY : groups[i].status))
				fail_msg("%s is %s", code, status_message(error.status));
			fault.severity = "FATAL";
			assert_int_equal(postgresql_fault_read(&error, &fault), groups[i].status == STATUS_AWAY);
			assert_int_equal(error.status, groups[i].status);
			assert_true(status_http(error.status) >= 400 && error.status != STATUS_FAULT);
		}
}

/* What a type cannot read it refuses by a state of its own choice. */
static void places(void **state)
{
	static const struct {
		const char *state, *message, *sql; /* ^ stands before the place */
		enum status status;
	} cases[] = {
		{ "42601", "syntax error in tsvector: \"a:b\"", "SELECT 1 FROM \"t\" WHERE \"ft\"=^'a:b' LIMIT 1",
		  STATUS_BAD_VALUE },
		{ "42601", "syntax error in tsquery: \"a &\"", "INSERT INTO \"t\" (\"q\") VALUES (^'a &')",
		  STATUS_BAD_VALUE },
		{ "42P01", "relation \"x\" does not exist", "SELECT 1 FROM \"t\" WHERE \"class\"=^'x'",
		  STATUS_BAD_VALUE },
		{ "42P01", "relation \"t\" does not exist", "SELECT 1 FROM ^\"t\"", STATUS_NOT_TAKEN },
		{ "3F000", "schema \"x\" does not exist", "SELECT 1 FROM \"t\" WHERE \"n\" IN (^'x')",
		  STATUS_BAD_VALUE },
		{ "54000", "number of array dimensions (7) exceeds the maximum allowed (6)", "SELECT 1 FROM \"t\" WHERE \"a\"=^'{{'",
		  STATUS_BAD_VALUE },
		{ "54001", "stack depth limit exceeded", "SELECT 1 FROM \"t\" WHERE \"j\" @> ^'[[' ::jsonb",
		  STATUS_TOO_DEEP },
		{ "22P02", "invalid input syntax for type uuid", "SELECT 1 FROM \"t\" WHERE \"u\"=^'x'",
		  STATUS_BAD_VALUE },
		{ "42704", "text search configuration \"x\" does not exist",
		  "WHERE to_tsvector(^'x',\"c\") @@ to_tsquery('x','a')",
		  STATUS_BAD_SEARCH },
		{ "3F000", "schema \"x\" does not exist", "WHERE \"ft\" @@ websearch_to_tsquery(^'x.y','a')",
		  STATUS_BAD_SEARCH },
		{ "42601", "invalid name syntax", "WHERE \"ft\" @@ plainto_tsquery(^'','a')", STATUS_BAD_SEARCH },
		{ "42601", "syntax error in tsquery: \"&\"", NULL, STATUS_BAD_SEARCH },
		{ "XX000", "tsquery stack too small", NULL, STATUS_SEARCH_TOO_LARGE },
		{ "XX000", "Syntax error near \"x\" at position 1", "SELECT 1 FROM \"t\" WHERE \"h\"=^'x'", STATUS_BAD_VALUE },
		{ "UE001", "no such code", "INSERT INTO \"t\" (\"c\") VALUES (^'x')", STATUS_BAD_VALUE },
		{ "53200", "out of memory", "INSERT INTO \"t\" (\"c\") VALUES (^'x')", STATUS_NO_MEMORY },
		{ "XX000", "cache lookup failed for type 1", NULL, STATUS_INTERNAL },
		{ "42883", "operator does not exist: xml = unknown", "SELECT 1 FROM \"t\" WHERE \"x\"^='1'",
		  STATUS_NO_SUCH_OPERATOR },
		{ "42725", "operator is not unique: inet <@ unknown", "WHERE \"i\" ^<@ 'x'", STATUS_NO_SUCH_OPERATOR },
		{ "42883", "could not identify an ordering operator for type xml", "ORDER BY ^\"x\"",
		  STATUS_NO_SUCH_OPERATOR },
		{ "42883", "function f() does not exist", NULL, STATUS_DEFINITION },
		{ "42P17", "infinite recursion detected in rules for relation \"r\"", NULL, STATUS_DEFINITION },
		{ "54001", "stack depth limit exceeded", NULL, STATUS_TOO_COMPLEX },
		{ "42501", "permission denied for schema s", "SELECT 1 FROM \"t\" WHERE \"class\"=^'s.x'",
		  STATUS_FORBIDDEN },
	};
	static const struct {
		const char *name;
		enum status status;
		const char *state;
	} functions[] = {
		{ "coerce_to_boolean", STATUS_NO_SUCH_OPERATOR, "42804" },
		{ "enforce_generic_type_consistency", STATUS_NO_SUCH_OPERATOR, "42804" },
		{ "transformAssignedExpr", STATUS_DEFINITION, "42804" },
		{ "array_eq", STATUS_NO_SUCH_OPERATOR, "42883" },     { "array_cmp", STATUS_NO_SUCH_OPERATOR, "42883" },
		{ "arrayoverlap", STATUS_NO_SUCH_OPERATOR, "42883" },
		{ "array_contain_compare", STATUS_NO_SUCH_OPERATOR, "42883" },
		{ "record_eq", STATUS_NO_SUCH_OPERATOR, "42883" },    { "record_cmp", STATUS_NO_SUCH_OPERATOR, "42883" },
		{ "ParseFuncOrColumn", STATUS_DEFINITION, "42883" },  { NULL, STATUS_DEFINITION, "42883" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		struct postgresql_fault fault = { .state = cases[i].state, .message = cases[i].message };
		struct database_error error;
		char sql[200];

		if (cases[i].sql != NULL) {
			size_t offset = strcspn(cases[i].sql, "^");

			snprintf(sql, sizeof(sql), "%.*s%s", (int)offset, cases[i].sql, cases[i].sql + offset + 1);
			fault.place = postgresql_fault_place((struct slice){ sql, strlen(sql) }, offset);
		}
		assert_false(postgresql_fault_read(&error, &fault));
		if (error.status != cases[i].status)
			fail_msg("%s %s is %s", cases[i].state, cases[i].message, status_message(error.status));
	}
	for (size_t i = 0; i < LENGTH_OF(functions); i++) {
		const struct postgresql_fault fault = { .state = functions[i].state, .message = "could not identify an operator",
			                                .function = functions[i].name };
		struct database_error error;

		assert_false(postgresql_fault_read(&error, &fault));
		assert_int_equal(error.status, functions[i].status);
	}
	assert_int_equal(postgresql_fault_place(SLICE("SELECT"), 6), PLACE_STATEMENT); /* behind the end */
	assert_int_equal(postgresql_fault_place(SLICE("'x'"), 0), PLACE_VALUE);
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
		{ "57P02", "terminating connection because of crash of another server process", STATUS_AWAY, NULL, NULL,
		  NULL,
		  NULL },
		{ "57P03", "the database system is starting up", STATUS_AWAY, NULL, NULL, NULL, NULL },
		{ "57P04", "terminating connection due to conflict with recovery", STATUS_AWAY, NULL, NULL, NULL,
		  NULL },
		{ "40001", "terminating connection due to conflict with recovery", STATUS_AWAY, NULL, NULL, NULL,
		  NULL },
		{ "57P05", "terminating connection due to idle-session timeout", STATUS_AWAY, NULL, NULL, NULL, NULL },
		{ "25P03", "terminating connection due to idle-in-transaction timeout", STATUS_AWAY, NULL, NULL, NULL,
		  NULL },
		{ "25P04", "terminating connection due to transaction timeout", STATUS_AWAY, NULL, NULL, NULL, NULL },
		{ "08006", "connection failure", STATUS_AWAY, NULL, NULL, NULL, NULL },
		{ "08P01", "server conn crashed?", STATUS_AWAY, NULL, NULL, NULL, NULL },
		{ NULL, "server closed the connection unexpectedly", STATUS_AWAY,
		  "server closed the connection unexpectedly", NULL,
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
		assert_is(error.subject, "users_username_key");
		assert_true(error.subject.bytes > error.text &&
		            error.subject.bytes + error.subject.length < error.text + sizeof(error.text));
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
	assert_int_equal(error.subject.length, 0);
}

static void what_a_new_description_would_mend(void **state)
{
	static const struct {
		const char *state, *message;
		bool changed;
	} cases[] = {
		{ "42P01", "relation \"t\" does not exist", true },
		{ "42703", "column \"c\" does not exist", true },
		{ "3F000", "schema \"s\" does not exist", true },
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
		{ "23503",
		  "insert or update on table \"update or delete on table x\" violates foreign key constraint \"f\"", false },
		{ "23503", "update or delete on table \"e\" violates foreign key constraint \"f\" on table \"ec\"",
		  true },
		{ "23001",
		  "update or delete on table \"e\" violates RESTRICT setting of foreign key constraint \"f\" on table \"ec\"",
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
		assert_is(error.subject, "f");
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
	static const char *const own[] = { "22023", "22012", "42P01", "53100", "0A000", "57P01", "08006", "57014", "XX000", "P0002", "99999" };
	struct database_error error = { 0 };

	(void)state;
	assert_false(postgresql_fault_read(&error, &fault));
	assert_int_equal(error.status, STATUS_RAISED);
	assert_says(error.text, "no such kind");
	assert_false(postgresql_fault_read(&error, &unique));
	assert_int_equal(error.status, STATUS_DUPLICATE);
	for (size_t i = 0; i < LENGTH_OF(own); i++) {
		const struct postgresql_fault raised = { .state = own[i], .message = "own words",
			                                 .function = "exec_stmt_raise", .severity = "ERROR" };

		assert_false(postgresql_fault_read(&error, &raised));
		assert_int_equal(error.status, STATUS_RAISED);
		assert_says(error.text, "own words");
		assert_string_equal(error.state, own[i]);
		assert_false(error.schema_changed || error.not_run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_trigger_raises_is_told_whatever_its_state),
		cmocka_unit_test(constraints_are_named),
		cmocka_unit_test(the_values_of_a_duplicate_are_taken),
		cmocka_unit_test(columns_are_named),
		cmocka_unit_test(a_row_for_no_partition),
		cmocka_unit_test(values_that_do_not_fit),
		cmocka_unit_test(searches),
		cmocka_unit_test(views_and_what_clients_may_not_write),
		cmocka_unit_test(upserts),
		cmocka_unit_test(what_has_nothing_to_do_with_a_column),
		cmocka_unit_test(every_state_of_the_manual),
		cmocka_unit_test(places),
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
