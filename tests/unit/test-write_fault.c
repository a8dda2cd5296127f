/* SPDX-License-Identifier: MIT */
#include "worker/write_fault.h"

#include "schema/dialect.h"
#include "mysql/mysql_fault.h"
#include "tables.h"
#include "unit.h"

static struct schema *schema;
static struct arena arena;

/* Another key of users, of its hidden column, two of them and one of both kinds; foreign keys likewise. */
static int make_schema(void **state)
{
	static uint16_t email[] = { 2 }, secret[] = { 3 }, both[] = { 1, 2 };
	static struct foreign_key foreign_keys[] = {
		{ .name = "users_email", .target = "mails", .column_count = 1, .columns = email },
		{ .name = "users_secret", .target = "vault", .column_count = 1, .columns = secret },
		{ .name = "users_both", .target = "mails", .column_count = 2, .columns = both },
	};
	struct table *table;

	(void)state;
	schema = tables_make();
	table = &schema->tables[0];
	tables_key(schema, table, "by_secret", 3, -1);
	tables_key(schema, table, "by_both", 1, 2);
	tables_key(schema, table, "mixed", 2, 3);
	tables_key(schema, table, "x.PRIMARY", 1, 2);
	table->foreign_keys = foreign_keys;
	table->foreign_key_count = LENGTH_OF(foreign_keys);
	return 0;
}

static int drop_schema(void **state)
{
	(void)state;
	schema_free(schema);
	arena_release(&arena);
	return 0;
}

static struct fault told(unsigned number, const char *text, const struct write *write, uint64_t row)
{
	const struct plan plan = { .table = &schema->tables[0], .limit = UINT64_MAX };
	struct database_error error;

	(void)!mysql_fault_read(&error, number, "HY000", text);
	return write_fault_make(&error, &plan, write, (struct slice){ "", 0 }, row > 0 ? row : error.row, &arena);
}

struct words {
	unsigned number;
	const char *text;
	enum status status;
	const char *message, *details; /* NULL: the status's own; none */
};

static void expect_words(const struct words *cases, size_t count)
{
	const struct write one = { .kind = WRITE_INSERT };

	for (size_t i = 0; i < count; i++) {
		struct fault fault = told(cases[i].number, cases[i].text, &one, 0);

		assert_int_equal(fault.status, cases[i].status);
		assert_says(fault.message, cases[i].message != NULL ? cases[i].message : "(NULL)");
		assert_says(fault.details, cases[i].details != NULL ? cases[i].details : "(NULL)");
		/* only where a column that clients may not know wants a value */
		if (cases[i].status == STATUS_NULL && cases[i].message == NULL && cases[i].text[0] != '\0')
			assert_non_null(strstr(fault.hint, "a column that is not served"));
		else
			assert_null(fault.hint);
	}
	arena_clear(&arena);
}

static void keys_are_told_by_their_columns(void **state)
{
	static const struct words cases[] = {
		{ 1062, "Duplicate entry 'admin' for key 'username'", STATUS_DUPLICATE,
		  "duplicate key value violates unique constraint \"username\"", "Key (username) already exists." },
		{ 1062, "Duplicate entry 'admin' for key 'users.username'", STATUS_DUPLICATE,
		  "duplicate key value violates unique constraint \"username\"",
		  "Key (username)=(admin) already exists." },
		{ 1062, "Duplicate entry 'x' for key 'y' for key 'users.username'", STATUS_DUPLICATE,
		  "duplicate key value violates unique constraint \"username\"",
		  "Key (username)=(x' for key 'y) already exists." },
		{ 1062, "Duplicate entry '1' for key 'PRIMARY'", STATUS_DUPLICATE,
		  "duplicate key value violates unique constraint \"PRIMARY\"", "Key (id) already exists." },
		{ 1062, "Duplicate entry 'a-b' for key 'users.by_both'", STATUS_DUPLICATE,
		  "duplicate key value violates unique constraint \"by_both\"", "Key (username, email) already exists." },
		/* a key that is not known; part of a name is not the name */
		{ 1062, "Duplicate entry 'a' for key 'new'", STATUS_DUPLICATE, NULL, NULL },
		{ 1062, "Duplicate entry 'a' for key 'my_username'", STATUS_DUPLICATE, NULL, NULL },
		{ 1062, "Duplicate entry 'a' for key 'user'", STATUS_DUPLICATE, NULL, NULL },
		{ 1062, "", STATUS_DUPLICATE, NULL, NULL },
		/* of a table that a trigger writes; a name with a point in it */
		{ 1062, "Duplicate entry '1' for key 'audit.PRIMARY'", STATUS_DUPLICATE, NULL, NULL },
		{ 1062, "Duplicate entry '1' for key 'my.users.PRIMARY'", STATUS_DUPLICATE, NULL, NULL },
		{ 1062, "Duplicate entry '1' for key 'x.PRIMARY'", STATUS_DUPLICATE,
		  "duplicate key value violates unique constraint \"x.PRIMARY\"", "Key (username, email) already exists." },
		{ 1062, "Duplicate entry '1' for key 'users.x.PRIMARY'", STATUS_DUPLICATE,
		  "duplicate key value violates unique constraint \"x.PRIMARY\"", "Key (username, email) already exists." },
		{ 1452, "fails (`d`.`users`, CONSTRAINT `users_email` FOREIGN KEY (`email`) REFERENCES `mails` (`id`))",
		  STATUS_FOREIGN_KEY, "the change violates foreign key constraint \"users_email\"",
		  "Key (email) refers to no row." },
		{ 1452, "fails (`d`.`users`, CONSTRAINT `users_both` FOREIGN KEY (`a`, `b`) REFERENCES `mails` (`a`, `b`))",
		  STATUS_FOREIGN_KEY, "the change violates foreign key constraint \"users_both\"",
		  "Key (username, email) refers to no row." },
		{ 1452, "fails (`d`.`users`, CONSTRAINT `new` FOREIGN KEY (`a`) REFERENCES `mails` (`a`))", STATUS_FOREIGN_KEY,
		  NULL, NULL },
		{ 1216, "Cannot add or update a child row: a foreign key constraint fails", STATUS_FOREIGN_KEY, NULL, NULL },
		{ 1451, "fails (`d`.`posts`, CONSTRAINT `posts_user` FOREIGN KEY (`user`) REFERENCES `users` (`id`))",
		  STATUS_FOREIGN_KEY, "other rows refer to this row", NULL },
		/* rows of the same table */
		{ 1451, "fails (`d`.`users`, CONSTRAINT `users_email` FOREIGN KEY (`email`) REFERENCES `users` (`id`))",
		  STATUS_FOREIGN_KEY, "other rows refer to this row", NULL },
		{ 1217, "Cannot delete or update a parent row: a foreign key constraint fails", STATUS_FOREIGN_KEY,
		  "other rows refer to this row", NULL },
		{ 4025, "CONSTRAINT `adult` failed for `d`.`users`", STATUS_CHECK, "the row violates check constraint \"adult\"",
		  NULL },
		{ 4025, "CONSTRAINT `users.email` failed for `d`.`users`", STATUS_CHECK,
		  "the row violates check constraint \"users.email\"", NULL },
		{ 3819, "Check constraint 'users_chk_1' is violated.", STATUS_CHECK,
		  "the row violates check constraint \"users_chk_1\"", NULL },
		{ 1369, "CHECK OPTION failed `d`.`v`", STATUS_CHECK, NULL, NULL },
	};

	(void)state;
	expect_words(cases, LENGTH_OF(cases));
}

/* MySQL says so of the id that it has chosen itself, when there is no other any more. */
static void nobody_sent_the_id_that_is_there(void **state)
{
	static const char text[] = "Duplicate entry '127' for key 'users.PRIMARY'";
	struct column *id = &schema->tables[0].columns[0], *email = &schema->tables[0].columns[2];
	const struct column *others[] = { email }, *both[] = { email, id };
	struct slice values[] = { { "'a'", 3 }, { "NULL", 4 }, { "'b'", 3 }, { "127", 3 } };
	struct write without = { .kind = WRITE_INSERT, .column_count = 1, .row_count = 2, .columns = others, .values = values };
	struct write with = { .kind = WRITE_INSERT, .column_count = 2, .row_count = 2, .columns = both, .values = values };
	struct write update = { .kind = WRITE_UPDATE, .column_count = 1, .row_count = 1, .columns = others, .values = values };

	(void)state;
	assert_int_equal(told(1062, text, &without, 0).status, STATUS_DUPLICATE);
	id->auto_increment = true;
	assert_int_equal(told(1062, text, &without, 0).status, STATUS_NO_MORE_IDS);
	/* Of two rows, one of which has an id, it has to be known which is meant. */
	assert_int_equal(told(1062, text, &with, 0).status, STATUS_DUPLICATE);
	assert_int_equal(told(1062, text, &with, 1).status, STATUS_NO_MORE_IDS);
	assert_int_equal(told(1062, text, &with, 2).status, STATUS_DUPLICATE);
	with.row_count = 1;
	assert_int_equal(told(1062, text, &with, 0).status, STATUS_NO_MORE_IDS);
	assert_int_equal(told(1062, text, &update, 0).status, STATUS_DUPLICATE);
	assert_int_equal(told(1062, "Duplicate entry 'a' for key 'users.username'", &without, 0).status, STATUS_DUPLICATE);
	with.row_count = 2;
	/* A trigger's: MySQL names the table, MariaDB does not, and makes no id that is there. */
	assert_int_equal(told(1062, "Duplicate entry '127' for key 'audit.PRIMARY'", &without, 0).status, STATUS_DUPLICATE);
	assert_null(told(1062, "Duplicate entry '127' for key 'audit.PRIMARY'", &without, 0).message);
	assert_int_equal(told(1062, "Duplicate entry '127' for key 'PRIMARY'", &without, 0).status, STATUS_DUPLICATE);
	assert_null(told(1062, "Duplicate entry '127' for key 'PRIMARY'", &without, 0).message);
	assert_says(told(1062, "Duplicate entry '127' for key 'PRIMARY'", &with, 2).details, "Key (id) already exists.");
	id->auto_increment = false;
	arena_clear(&arena);
}

/* MariaDB's JSON is a check of the column. */
static void json_that_is_too_deep_breaks_no_check(void **state)
{
	struct column *email = &schema->tables[0].columns[2];
	const struct write write = { .kind = WRITE_INSERT };
	enum column_type before = email->type;

	(void)state;
	email->type = COLUMN_JSON;
	assert_int_equal(told(4025, "CONSTRAINT `users.email` failed for `d`.`users`", &write, 0).status, STATUS_TOO_DEEP);
	assert_says(told(4025, "CONSTRAINT `users.email` failed for `d`.`users`", &write, 0).message,
	            "JSON is nested deeper than the database allows in column 'email'");
	assert_int_equal(told(4025, "CONSTRAINT `email` failed for `d`.`users`", &write, 0).status, STATUS_CHECK);
	assert_int_equal(told(4025, "CONSTRAINT `users.username` failed for `d`.`users`", &write, 0).status, STATUS_CHECK);
	email->type = before;
	arena_clear(&arena);
}

static void columns_are_told_by_their_names(void **state)
{
	static const struct words cases[] = {
		{ 1048, "Column 'email' cannot be null", STATUS_NULL, "null value in column 'email' violates not-null constraint",
		  NULL },
		{ 1364, "Field 'email' doesn't have a default value", STATUS_NULL,
		  "null value in column 'email' violates not-null constraint", NULL },
		{ 1406, "Data too long for column 'email' at row 1", STATUS_TOO_LONG, "the value is too long for column 'email'",
		  NULL },
		{ 1264, "Out of range value for column 'id' at row 1", STATUS_NO_FIT,
		  "the value is out of range for column 'id'", NULL },
		{ 1265, "Data truncated for column 'email' at row 1", STATUS_NO_MEMBER,
		  "the value is not among those that are allowed in column 'email'", NULL },
		{ 1366, "Incorrect string value: '\\xC5\\x82' for column `d`.`users`.`email` at row 1", STATUS_NO_CHARACTER,
		  "the value has characters that cannot be stored in column 'email'", NULL },
		{ 1366, "Incorrect integer value: 'x' for column 'id' at row 1", STATUS_BAD_VALUE,
		  "the value is not of the type of column 'id'", NULL },
		{ 1292, "Incorrect date value: '2024-02-30' for column 'id' at row 1", STATUS_NO_FIT,
		  "the value is out of range for column 'id'", NULL },
		{ 3140, "Invalid JSON text: \"x\" at position 0 in value for column 'users.email'.", STATUS_BAD_VALUE,
		  "the value is not of the type of column 'email'", NULL },
		{ 1048, "Column 'nothing' cannot be null", STATUS_NULL, NULL, NULL },
		{ 1048, "", STATUS_NULL, NULL, NULL },
	};

	(void)state;
	expect_words(cases, LENGTH_OF(cases));
}

/* The servers' words do not reach the client, but a trigger's. */
static void the_rest_has_the_status_own_words(void **state)
{
	static const struct words cases[] = {
		{ 1644, "no credit is left", STATUS_RAISED, "no credit is left", NULL },
		{ 1205, "Lock wait timeout exceeded; try restarting transaction", STATUS_LOCKED, NULL, "the database's error 1205" },
		{ 1290, "running with the --read-only option", STATUS_READ_ONLY, NULL, "the database's error 1290" },
		{ 1690, "BIGINT value is out of range in '(`d`.`users`.`secret` - 1)'", STATUS_NO_FIT, NULL, NULL },
		{ 1054, "Unknown column 'email' in 'field list'", STATUS_DEFINITION, NULL, "the database's error 1054" },
		{ 2006, "Server has gone away", STATUS_AWAY, NULL, "the database's error 2006" },
	};

	(void)state;
	expect_words(cases, LENGTH_OF(cases));
}

static const char *hint_of(const char *text, const char *sql, const struct plan *plan, const struct write *write)
{
	struct database_error error = { .status = STATUS_FORBIDDEN };
	struct fault fault;

	snprintf(error.text, sizeof(error.text), "%s", text);
	fault = write_fault_make(&error, plan, write, (struct slice){ sql, strlen(sql) }, 0, &arena);
	assert_null(fault.message);
	assert_null(fault.details);
	return fault.hint != NULL ? fault.hint : "(NULL)";
}

static void a_missing_right_is_hinted_at(void **state)
{
	static const struct {
		const char *text, *sql, *hint;
	} cases[] = {
		{ "INSERT command denied to user 'u'@'h' for table 'users'", "", "on table 'users' the account has no INSERT" },
		{ "UPDATE command denied to user 'u'@'h' for table `d`.`users`", "INSERT", "on table 'users' the account has no UPDATE" },
		{ "SELECT command denied to user 'u'@'h' for column 'secret' in table 'users'", "DELETE",
		  "on table 'users' the account has no SELECT" },
		/* another table, which a trigger or a view writes */
		{ "INSERT command denied to user 'u'@'h' for table `d`.`users_old`", "INSERT", "(NULL)" },
		{ "INSERT command denied to user 'users'@'h' for table", "INSERT", "(NULL)" },
		{ "Access denied for user 'u'@'h' to database 'users'", "INSERT", "(NULL)" },
		{ "", "INSERT", "(NULL)" },
		{ "42501: permission denied for table users", "INSERT INTO", "on table 'users' the account has no INSERT" },
		{ "42501: permission denied for table users", "UPDATE", "on table 'users' the account has no UPDATE" },
		{ "42501: permission denied for view users", "DELETE FROM", "on table 'users' the account has no DELETE" },
		{ "42501: permission denied for table users", "SELECT 'x' FOR UPDATE",
		  "on table 'users' the account has no UPDATE, which locks the rows" },
		{ "42501: permission denied for table users", "SELECT 'FOR UPDATE'", "(NULL)" },
		{ "42501: permission denied for table users", "", "(NULL)" },
		{ "42501: permission denied for table users_old", "UPDATE", "(NULL)" },
		{ "42501: permission denied for sequence users_id_seq", "INSERT",
		  "the account has no USAGE on a sequence of table 'users'" },
		{ "42501: new row violates row-level security policy for table \"users\"", "INSERT", "(NULL)" },
	};
	const struct plan plan = { .table = &schema->tables[0], .limit = UINT64_MAX };
	const struct write write = { .kind = WRITE_INSERT };

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++)
		assert_says(hint_of(cases[i].text, cases[i].sql, &plan, &write), cases[i].hint);
	arena_clear(&arena);
}

/* What PostgreSQL's statement reads or locks of its own accord may be what is missing. */
static void a_right_that_is_there_is_not_called_missing(void **state)
{
	static const char words[] = "42501: permission denied for table users";
	struct table *table = &schema->tables[0];
	const struct column *columns[] = { &table->columns[0], &table->columns[2] };
	struct plan whole = { .table = table, .limit = UINT64_MAX }, part = { .table = table, .limit = 3 };
	struct write write = { .kind = WRITE_INSERT, .resolution = RESOLUTION_MERGE, .conflict = &table->keys[0],
		               .key = &table->keys[0], .column_count = 2, .columns = columns };

	(void)state;
	assert_says(hint_of(words, "INSERT", &whole, &write), "on table 'users' the account has no INSERT, or no UPDATE");
	assert_says(hint_of(words, "DELETE", &part, &write),
	            "on table 'users' the account has no DELETE, or no UPDATE, which a limit needs");
	table->columns[0].unreadable = true;
	assert_says(hint_of(words, "UPDATE", &part, &write), "on table 'users' the account has no SELECT (id)");
	assert_says(hint_of(words, "DELETE", &part, &write), "on table 'users' the account has no SELECT (id)");
	assert_says(hint_of(words, "UPDATE", &whole, &write), "on table 'users' the account has no UPDATE");
	table->columns[2].unreadable = true; /* which no limit reads */
	assert_says(hint_of(words, "UPDATE", &part, &write), "on table 'users' the account has no SELECT (id)");
	write.resolution = RESOLUTION_NONE;
	assert_says(hint_of(words, "INSERT", &whole, &write), "on table 'users' the account has no INSERT");
	table->columns[0].unreadable = table->columns[2].unreadable = false;
	/* a key that clients may not know */
	table->keys[0].primary = false;
	table->keys[2].primary = true;
	table->columns[3].unreadable = true;
	assert_says(hint_of(words, "UPDATE", &part, &write),
	            "on table 'users' the account has no SELECT on all columns that this reads");
	table->columns[3].unreadable = false;
	table->keys[2].primary = false;
	table->keys[0].primary = true;
	arena_clear(&arena);
}

static void hidden_columns_are_not_told(void **state)
{
	static const struct words cases[] = {
		{ 1062, "Duplicate entry 'x' for key 'by_secret'", STATUS_DUPLICATE, NULL, NULL },
		{ 1062, "Duplicate entry 'x' for key 'users.by_secret'", STATUS_DUPLICATE, NULL, NULL },
		{ 1062, "Duplicate entry 'x' for key 'mixed'", STATUS_DUPLICATE, NULL, NULL },
		{ 1452, "fails (`d`.`users`, CONSTRAINT `users_secret` FOREIGN KEY (`secret`) REFERENCES `vault` (`id`))",
		  STATUS_FOREIGN_KEY, NULL, NULL },
		{ 4025, "CONSTRAINT `users.secret` failed for `d`.`users`", STATUS_CHECK, NULL, NULL },
		{ 4025, "CONSTRAINT `secret` failed for `d`.`users`", STATUS_CHECK, NULL, NULL },
		{ 1048, "Column 'secret' cannot be null", STATUS_NULL, NULL, NULL },
		{ 1364, "Field 'secret' doesn't have a default value", STATUS_NULL, NULL, NULL },
		{ 1406, "Data too long for column 'secret' at row 1", STATUS_TOO_LONG, NULL, NULL },
		{ 1366, "Incorrect integer value: 'x' for column `d`.`users`.`secret` at row 1", STATUS_BAD_VALUE, NULL, NULL },
	};

	(void)state;
	expect_words(cases, LENGTH_OF(cases));
}

static const char *duplicate_of(const char *key, const char *values)
{
	const struct write one = { .kind = WRITE_INSERT };
	const struct plan plan = { .table = &schema->tables[0], .limit = UINT64_MAX };
	const struct database_error error = { .status = STATUS_DUPLICATE, .state = "23505", .subject = slice_of(key),
		                              .values = slice_of(values) };

	return write_fault_make(&error, &plan, &one, (struct slice){ "", 0 }, 0, &arena).details;
}

/* As PostgreSQL writes them; those of a column that clients may not read are not told. */
static void a_duplicate_has_its_values(void **state)
{
	struct column *columns = (struct column *)(uintptr_t)schema->tables[0].columns;

	(void)state;
	assert_says(duplicate_of("username", "(username)=(admin)"), "Key (username)=(admin) already exists.");
	assert_says(duplicate_of("username", "(username)=())=()"), "Key (username)=())=() already exists.");
	assert_says(duplicate_of("username", "(username)=()"), "Key (username)=() already exists.");
	assert_says(duplicate_of("by_both", "(username, email)=(a, b)"),
	            "Key (username, email)=(a, b) already exists.");
	assert_says(duplicate_of("username", "(`username`)=(q)"), "Key (username)=(q) already exists.");
	/* of other columns than the key's */
	assert_says(duplicate_of("username", "(email)=(a)"), "Key (username) already exists.");
	assert_says(duplicate_of("username", "(username, email)=(a, b)"), "Key (username) already exists.");
	assert_says(duplicate_of("by_both", "(username)=(a)"), "Key (username, email) already exists.");
	assert_says(duplicate_of("username", "(usernames)=(a)"), "Key (username) already exists.");
	assert_says(duplicate_of("username", "(user)=(a)"), "Key (username) already exists.");
	assert_says(duplicate_of("username", "("), "Key (username) already exists.");
	assert_says(duplicate_of("username", ""), "Key (username) already exists.");
	assert_null(duplicate_of("nothing", "(username)=(a)"));
	assert_null(duplicate_of("by_secret", "(secret)=(a)"));
	for (unsigned i = 0; i < schema->tables[0].column_count; i++)
		if (slice_is(columns[i].name, "username")) {
			columns[i].exposed = false;
			columns[i].writable = true;
			assert_says(duplicate_of("by_both", "(username, email)=(a, b)"),
			            "Key (username, email) already exists.");
			columns[i].exposed = true;
			columns[i].writable = false;
		}
	arena_clear(&arena);
}

static void rows_of_a_list_are_told(void **state)
{
	const struct write list = { .kind = WRITE_INSERT, .is_list = true }, one = { .kind = WRITE_INSERT };
	struct fault fault;

	(void)state;
	fault = told(1406, "Data too long for column 'email' at row 7", &list, 0);
	assert_says(fault.details, "in row 7 of the body");
	fault = told(1406, "Data too long for column 'email' at row 7", &one, 0);
	assert_null(fault.details);
	fault = told(1062, "Duplicate entry 'x' for key 'username'", &list, 0);
	assert_says(fault.details, "Key (username) already exists.");
	fault = told(1062, "Duplicate entry 'x' for key 'username'", &list, 3);
	assert_says(fault.details, "Key (username) already exists. (row 3 of the body)");
	fault = told(1062, "Duplicate entry 'x' for key 'by_secret'", &list, 3);
	assert_says(fault.details, "in row 3 of the body");
	/* whose fault is none of the body's */
	fault = told(1205, "Lock wait timeout exceeded", &list, 3);
	assert_says(fault.details, "the database's error 1205");
	fault = told(1054, "Unknown column", &list, 3);
	assert_says(fault.details, "the database's error 1054");
	arena_clear(&arena);
}

/* What an upsert provokes when it meets a row of another key, in the words of MariaDB and MySQL; not what a trigger
 * does. */
static void an_alarm_is_a_duplicate(void **state)
{
	static const struct {
		unsigned number;
		const char *text;
		bool alarm;
	} cases[] = {
		{ 1690, "DOUBLE value is out of range in 'exp(10000019 + 0 * ifnull(octet_length(`d`.`users`.`id`),0))'", true },
		{ 1690, "DOUBLE value is out of range in 'exp((10000019 + (0 * ifnull(length(`d`.`users`.`id`),0))))'", true },
		{ 1690, "DOUBLE value is out of range in 'exp(OLD.n)'", false },
		{ 1690, "BIGINT UNSIGNED value is out of range in '(OLD.n - 5)'", false },
		{ 1264, "Out of range value for column 'id' at row 1", false },
		{ 1062, "Duplicate entry '10000019' for key 'username'", false },
	};
	const struct write list = { .resolution = RESOLUTION_MERGE, .is_list = true };
	struct database_error error;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		struct fault fault = told(cases[i].number, cases[i].text, &list, 2);

		(void)!mysql_fault_read(&error, cases[i].number, "22003", cases[i].text);
		assert_int_equal(write_fault_is_alarm(&error, &mysql_dialect), cases[i].alarm);
		assert_false(write_fault_is_alarm(&error, &postgresql_dialect));
		if (!cases[i].alarm)
			continue;
		assert_int_equal(fault.status, STATUS_DUPLICATE);
		assert_null(fault.message);
		assert_says(fault.details, "in row 2 of the body");
	}
	assert_int_equal(told(cases[3].number, cases[3].text, &list, 0).status, STATUS_NO_FIT);
	arena_clear(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_told_by_their_columns),
		cmocka_unit_test(nobody_sent_the_id_that_is_there),
		cmocka_unit_test(json_that_is_too_deep_breaks_no_check),
		cmocka_unit_test(columns_are_told_by_their_names),
		cmocka_unit_test(the_rest_has_the_status_own_words),
		cmocka_unit_test(a_missing_right_is_hinted_at),
		cmocka_unit_test(a_right_that_is_there_is_not_called_missing),
		cmocka_unit_test(hidden_columns_are_not_told),
		cmocka_unit_test(a_duplicate_has_its_values),
		cmocka_unit_test(rows_of_a_list_are_told),
		cmocka_unit_test(an_alarm_is_a_duplicate),
	};

	return cmocka_run_group_tests_name("change_fault", tests, make_schema, drop_schema);
}
