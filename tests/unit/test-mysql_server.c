/* SPDX-License-Identifier: MIT
 *
 * Servers described by their version and their variables: no network, no database.
 */
#include "mysql/mysql_server.h"

#include "unit.h"

static void tell(struct mysql_server *server, const char *name, const char *value)
{
	const char *values[] = { name, value };
	unsigned long lengths[] = { strlen(name), value != NULL ? strlen(value) : 0 };
	struct row row = { .count = 2, .values = values, .lengths = lengths };

	mysql_server_variable(server, &row);
}

/* The n-th statement of setting up, or "". */
static const char *statement(const struct mysql_server *server, enum url_target target, unsigned n)
{
	static struct text sql;

	text_clear(&sql);
	return mysql_server_setup(server, target, n, 30, &sql) ? text_terminate(&sql) : "";
}

static void versions_tell_what_a_server_can_do(void **state)
{
	static const struct {
		const char *version;
		bool mariadb, returning, fault_row, json_forward;
	} cases[] = {
		{ "10.11.6-MariaDB-0+deb12u1", true, true, true, false },
		{ "10.11.6-MariaDB-log", true, true, true, false },
		{ "5.5.5-10.11.6-MariaDB", true, true, true, false },
		{ "11.4.2-MariaDB-ubu2404", true, true, true, false },
		{ "10.9.1-MariaDB", true, true, true, false },
		{ "10.7.0-MariaDB", true, true, true, true },
		{ "10.6.18-MariaDB", true, true, false, true },
		{ "10.5.0-MariaDB", true, true, false, true },
		{ "10.4.34-MariaDB", true, false, false, true },
		{ "10.3.39-MariaDB", true, false, false, true },
		{ "5.5.68-MariaDB", true, false, false, true },
		{ "8.0.36", false, false, false, false },
		{ "8.4.0-log", false, false, false, false },
		{ "9.1.0", false, false, false, false },
		{ "5.7.44-48", false, false, false, false },
		{ "8.0.mysql_aurora.3.04.0", false, false, false, false },
		{ "10.11", false, false, false, false },
		{ "10.11.9223372036854775807-MariaDB", true, true, true, false }, /* of a proxy */
		{ "99999999999999999999.1.1-MariaDB", true, true, true, false },
		{ "", false, false, false, false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		struct mysql_server server;

		mysql_server_describe(&server, cases[i].version);
		if (server.mariadb != cases[i].mariadb || server.traits.returning != cases[i].returning ||
		    server.traits.fault_row != cases[i].fault_row || server.json_forward != cases[i].json_forward)
			fail_msg("%s", cases[i].version);
		assert_int_equal(server.json_type, !cases[i].mariadb);
		assert_string_equal(server.explain,
		                    cases[i].mariadb ? "EXPLAIN EXTENDED " : "EXPLAIN FORMAT=TRADITIONAL ");
	}
}

static void indexes_that_statements_do_not_use(void **state)
{
	static const struct {
		const char *version, *type;
	} cases[] = {
		{ "10.11.6-MariaDB-log", "IF(IGNORED='NO',INDEX_TYPE,NULL)" },
		{ "5.5.5-10.6.0-MariaDB", "IF(IGNORED='NO',INDEX_TYPE,NULL)" },
		{ "10.5.23-MariaDB", "INDEX_TYPE" },
		{ "8.0.36", "IF(IS_VISIBLE='YES',INDEX_TYPE,NULL)" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		struct mysql_server server;

		mysql_server_describe(&server, cases[i].version);
		assert_string_equal(server.index_type, cases[i].type);
	}
}

static void a_mysql_session(void **state)
{
	struct mysql_server server;

	(void)state;
	mysql_server_describe(&server, "8.0.36");
	assert_non_null(strstr(statement(&server, URL_TARGET_ANY, 1), "SHOW SESSION VARIABLES"));
	tell(&server, "innodb_read_only", "OFF");
	tell(&server, "read_only", "OFF");
	tell(&server, "super_read_only", "OFF");
	tell(&server, "transaction_read_only", "OFF");
	assert_non_null(strstr(statement(&server, URL_TARGET_ANY, 2), ",max_execution_time=30000"));
	assert_null(strstr(statement(&server, URL_TARGET_ANY, 2), "max_statement_time"));
	assert_non_null(strstr(statement(&server, URL_TARGET_ANY, 2),
	                       "innodb_lock_wait_timeout=CAST(LEAST(@@innodb_lock_wait_timeout,6) AS UNSIGNED),"));
	assert_null(strstr(statement(&server, URL_TARGET_ANY, 2), "wsrep"));
	assert_string_equal(statement(&server, URL_TARGET_ANY, 3),
	                    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
	assert_string_equal(statement(&server, URL_TARGET_ANY, 5), "");
	assert_null(mysql_server_unfit(&server, URL_TARGET_ANY));
	assert_null(mysql_server_unfit(&server, URL_TARGET_WRITABLE));
}

static void a_mariadb_session(void **state)
{
	struct mysql_server server;

	(void)state;
	mysql_server_describe(&server, "10.11.6-MariaDB");
	tell(&server, "wsrep_on", "OFF");
	assert_int_equal(server.traits.statement_bytes, 0);
	tell(&server, "max_allowed_packet", "16777216");
	assert_int_equal(server.traits.statement_bytes, 16777200);
	assert_false(server.read_only);
	assert_non_null(strstr(statement(&server, URL_TARGET_ANY, 2), ",max_statement_time=30"));
	assert_null(strstr(statement(&server, URL_TARGET_ANY, 2), "max_execution_time"));
	assert_null(strstr(statement(&server, URL_TARGET_ANY, 2), "wsrep"));
	assert_string_equal(statement(&server, URL_TARGET_ANY, 5), "");
	assert_null(mysql_server_unfit(&server, URL_TARGET_WRITABLE));
}

static void a_session_relies_on_nothing_that_it_has_not_said(void **state)
{
	struct mysql_server server;

	(void)state;
	mysql_server_describe(&server, "9.7.4");
	tell(&server, "max_error_count", "0");
	assert_null(strstr(statement(&server, URL_TARGET_ANY, 2), "max_error_count")); /* which not everybody may set there */
	tell(&server, "optimizer_switch", "index_merge=on,condition_pushdown_for_derived=on"); /* a switch that it does not have */
	assert_null(strstr(statement(&server, URL_TARGET_ANY, 2), "optimizer_switch"));
	tell(&server, "optimizer_switch", "index_merge=on,derived_condition_pushdown=on,hash_set_operations=on");
	assert_non_null(strstr(statement(&server, URL_TARGET_ANY, 2), ",optimizer_switch='derived_condition_pushdown=off'"));
	assert_string_equal(statement(&server, URL_TARGET_ANY, 0),
	                    "SET NAMES utf8mb4 COLLATE utf8mb4_general_ci,SESSION sql_select_limit=18446744073709551615,"
	                    "sql_safe_updates=0,foreign_key_checks=1,unique_checks=1,time_zone='+00:00',sql_mode="
	                    "'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,NO_BACKSLASH_ESCAPES,"
	                    "NO_AUTO_VALUE_ON_ZERO',sql_big_selects=1");
	mysql_server_describe(&server, "10.11.6-MariaDB");
	assert_string_equal(statement(&server, URL_TARGET_ANY, 0),
	                    "SET NAMES utf8mb4 COLLATE utf8mb4_general_ci,SESSION sql_select_limit=18446744073709551615,"
	                    "sql_safe_updates=0,foreign_key_checks=1,unique_checks=1,time_zone='+00:00',sql_mode="
	                    "'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,NO_BACKSLASH_ESCAPES,"
	                    "NO_AUTO_VALUE_ON_ZERO',sql_big_selects=1");
	assert_non_null(strstr(statement(&server, URL_TARGET_ANY, 1), ",'autocommit','completion_type',"));
	assert_null(strstr(statement(&server, URL_TARGET_ANY, 2), "autocommit")); /* it has not said that it has that */
	tell(&server, "autocommit", "OFF");
	tell(&server, "old_mode", "");
	assert_non_null(strstr(statement(&server, URL_TARGET_ANY, 2), ",autocommit=1,old_mode=''"));
	tell(&server, "net_read_timeout", "1");
	assert_non_null(strstr(statement(&server, URL_TARGET_ANY, 2),
	                       ",net_read_timeout=CAST(GREATEST(@@net_read_timeout,30) AS UNSIGNED)"));
	tell(&server, "read_only", "OFF");
	tell(&server, "check_constraint_checks", "ON"); /* none that says the server is read-only */
	assert_null(mysql_server_unfit(&server, URL_TARGET_WRITABLE));
}

static void a_null_that_becomes_the_present_time(void **state)
{
	struct mysql_server server;

	(void)state;
	mysql_server_describe(&server, "10.11.6-MariaDB");
	assert_true(server.null_is_now);
	tell(&server, "explicit_defaults_for_timestamp", "ON"); /* which says nothing of it there */
	assert_true(server.null_is_now);
	mysql_server_describe(&server, "9.7.4");
	assert_non_null(strstr(statement(&server, URL_TARGET_ANY, 1), "'explicit_defaults_for_timestamp'"));
	tell(&server, "explicit_defaults_for_timestamp", "ON");
	assert_false(server.null_is_now);
	tell(&server, "explicit_defaults_for_timestamp", "OFF");
	assert_true(server.null_is_now);
	assert_null(mysql_server_unfit(&server, URL_TARGET_WRITABLE));
}

static void tell_identity(struct mysql_server *server, const char *identity, const char *number)
{
	const char *values[] = { "identity", identity, number };
	unsigned long lengths[] = { 8, strlen(identity), strlen(number) };

	mysql_server_variable(server, &(struct row){ .count = 3, .values = values, .lengths = lengths });
}

static void tell_session(struct mysql_server *server, const char *number)
{
	tell_identity(server, "0123abc", number);
}

static const char *kill_in(const struct mysql_server *server, unsigned n, bool spares_commit)
{
	static struct text sql;

	text_clear(&sql);
	return mysql_server_kill(server, 17, n, spares_commit, &sql) ? text_terminate(&sql) : "";
}

static const char *kill_statement(const struct mysql_server *server, unsigned n)
{
	return kill_in(server, n, false);
}

static void a_statement_is_ended_on_the_server_that_has_told_which_it_is(void **state)
{
	static const char mariadb[] = "SHA2(CONCAT_WS('|',@@hostname,@@port,@@server_id,@@pid_file,@@datadir),256)",
	                  mysql[] = "SHA2(CONCAT_WS('|',@@hostname,@@port,@@server_id,@@pid_file,@@datadir,@@server_uuid),256)";
	char wanted[400];
	struct mysql_server server;

	(void)state;
	for (int i = 0; i < 2; i++) {
		mysql_server_describe(&server, i == 0 ? "10.11.6-MariaDB" : "9.7.0");
		snprintf(wanted, sizeof(wanted), "SELECT 'identity',%s,CONNECTION_ID()", i == 0 ? mariadb : mysql);
		assert_string_equal(statement(&server, URL_TARGET_ANY, 4), wanted);
		assert_string_equal(kill_statement(&server, 0), "");
		tell_session(&server, "18");
		assert_string_equal(kill_statement(&server, 0), "");
		tell_session(&server, "17");
		snprintf(wanted, sizeof(wanted), "SELECT %s='0123abc'", i == 0 ? mariadb : mysql);
		assert_string_equal(kill_statement(&server, 0), wanted);
		assert_string_equal(kill_statement(&server, 1), "KILL QUERY 17");
		if (i == 0)
			snprintf(wanted, sizeof(wanted), "SELECT %s='0123abc' AND NOT EXISTS (SELECT 1 FROM"
			         " information_schema.PROCESSLIST WHERE ID=17 AND STATE LIKE 'Waiting for semi-sync%%')", mariadb);
		assert_string_equal(kill_in(&server, 0, true), wanted);
		assert_string_equal(kill_in(&server, 1, true), "KILL QUERY 17");
		assert_string_equal(kill_statement(&server, 2), "");
		tell_identity(&server, "a' OR '1", "17"); /* which is none */
		assert_string_equal(kill_statement(&server, 0), "");
		tell_identity(&server, "00000000000000000000000000000000000000000000000000000000000000000", "17");
		assert_string_equal(kill_statement(&server, 0), "");
	}
}

static void a_galera_node_waits_for_what_others_have_written(void **state)
{
	struct mysql_server server;

	(void)state;
	mysql_server_describe(&server, "10.11.6-MariaDB");
	tell(&server, "wsrep_on", "ON");
	assert_non_null(strstr(statement(&server, URL_TARGET_ANY, 2), ",wsrep_sync_wait=7"));
	assert_non_null(strstr(statement(&server, URL_TARGET_ANY, 2), ",wsrep_retry_autocommit=0"));
	assert_null(strstr(statement(&server, URL_TARGET_WRITABLE, 2), "wsrep_sync_wait")); /* all go to one node */
	assert_non_null(strstr(statement(&server, URL_TARGET_WRITABLE, 2), ",wsrep_retry_autocommit=0"));
	assert_non_null(strstr(statement(&server, URL_TARGET_ANY, 5), "wsrep_ready"));
	assert_string_equal(statement(&server, URL_TARGET_ANY, 6), "");
	assert_non_null(mysql_server_unfit(&server, URL_TARGET_ANY)); /* nobody has said that it is ready */
	tell(&server, "wsrep_ready", "OFF");
	assert_non_null(mysql_server_unfit(&server, URL_TARGET_ANY));
	tell(&server, "wsrep_ready", "ON");
	assert_null(mysql_server_unfit(&server, URL_TARGET_ANY));
	assert_null(mysql_server_unfit(&server, URL_TARGET_WRITABLE));
}

static void a_server_that_takes_no_writes_is_none_for_writing(void **state)
{
	static const char *const variables[][2] = {
		{ "read_only", "ON" },           { "super_read_only", "1" },       { "innodb_read_only", "ON" },
		{ "tx_read_only", "ON" },        { "transaction_read_only", "1" }, { "READ_ONLY", "on" },
		{ "read_only", "NO_LOCK_NO_ADMIN" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(variables); i++) {
		struct mysql_server server;

		mysql_server_describe(&server, "8.0.36");
		tell(&server, variables[i][0], variables[i][1]);
		tell(&server, "tx_read_only", "0"); /* another one that does not say so changes nothing */
		tell(&server, "innodb_read_only", NULL);
		assert_null(mysql_server_unfit(&server, URL_TARGET_ANY));
		assert_says(mysql_server_unfit(&server, URL_TARGET_WRITABLE), "the server is read-only");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_tell_what_a_server_can_do),
		cmocka_unit_test(indexes_that_statements_do_not_use),
		cmocka_unit_test(a_mysql_session),
		cmocka_unit_test(a_mariadb_session),
		cmocka_unit_test(a_session_relies_on_nothing_that_it_has_not_said),
		cmocka_unit_test(a_null_that_becomes_the_present_time),
		cmocka_unit_test(a_statement_is_ended_on_the_server_that_has_told_which_it_is),
		cmocka_unit_test(a_galera_node_waits_for_what_others_have_written),
		cmocka_unit_test(a_server_that_takes_no_writes_is_none_for_writing),
	};

	return cmocka_run_group_tests_name("mysql_server", tests, NULL, NULL);
}
