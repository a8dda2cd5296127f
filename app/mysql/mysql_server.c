/* SPDX-License-Identifier: MIT */
#include "mysql/mysql_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* As mysql_get_server_version counts. */
enum {
	MARIADB_RETURNING = 100500,
	MARIADB_JSON_TOLD = 100502,
	MARIADB_IGNORED = 100600,
	MARIADB_FAULT_ROW = 100700,
	MARIADB_JSON_LAST = 100900,
	MYSQL_VISIBLE = 80000,
};

/* A proxy may say anything. */
static long version_part(const char *at, char **end)
{
	enum { MOST = 999 };
	unsigned long part = strtoul(at, end, 10);

	return part < MOST ? (long)part : MOST;
}

/* "10.11.6-..." is 101106 */
static long version_number(const char *version)
{
	char *end;
	long number = version_part(version, &end) * 10000;

	if (*end == '.')
		number += version_part(end + 1, &end) * 100;
	return *end == '.' ? number + version_part(end + 1, &end) : number;
}

#define STRING_OF_WORD(word) #word
#define STRING_OF(macro) STRING_OF_WORD(macro)
#define LENGTH_OF(array) (sizeof(array) / sizeof((array)[0]))

/* What statements and answers rely on, whatever the server's own defaults are and whatever its init_connect says. A
 * server is told of those that it knows and that anybody may set. */
static const struct {
	const char *name, *value;
	bool privileged;   /* in MySQL, which is not told */
	const char *among; /* of a server where the variable's value has this; NULL: of all */
} variables[] = {
	/* A statement is its own transaction, and COMMIT ends one, and begins and closes nothing. */
	{ "autocommit", "1", false, NULL },
	{ "completion_type", "0", false, NULL },
	{ "lc_messages", "'en_US'", false, NULL }, /* the errors' words are read (mysql_fault.c) */
	/* plan_page.c counts on the first. The buffer has to have room for fifteen keys, of a thousand texts each. */
	{ "max_sort_length", STRING_OF(MYSQL_SORT_BYTES), false, NULL },
	{ "sort_buffer_size", "CAST(GREATEST(@@sort_buffer_size,16777216) AS UNSIGNED)", false, NULL },
	/* MySQL takes a condition into the parts of a view with UNION by writing it down and reading that again, with
	 * backslashes before quotes, which are no escapes here: values would be other ones, or end before their end. */
	{ "optimizer_switch", "'derived_condition_pushdown=off'", false, "derived_condition_pushdown=" },
	/* Every row is read and written that the statement asks for. */
	{ "sql_auto_is_null", "0", false, NULL },
	{ "system_versioning_asof", "DEFAULT", false, NULL },
	{ "wsrep_dirty_reads", "0", false, NULL },
	/* Nothing is written that breaks a rule of the tables. */
	{ "check_constraint_checks", "1", false, NULL },
	/* How texts are compared that CONVERT has made: in the character set's own collation, as before MariaDB 11.2. */
	{ "character_set_collations", "''", false, NULL },
	/* What a pattern means, and what is a warning. */
	{ "default_regex_flags", "''", false, NULL },
	{ "old_mode", "''", false, NULL },
	{ "max_error_count", "64", true, NULL }, /* GET DIAGNOSTICS looks among them */
	{ "information_schema_stats_expiry", "0", false, NULL }, /* what the catalogue tells is of now, */
	{ "show_gipk_in_create_table_and_information_schema", "1", false, NULL }, /* with primary keys that MySQL has made */
	/* Who sends a long body or reads a long answer slowly, and a connection that waits for requests, keep it. */
	{ "net_read_timeout", "CAST(GREATEST(@@net_read_timeout,30) AS UNSIGNED)", false, NULL },
	{ "net_write_timeout", "CAST(GREATEST(@@net_write_timeout,60) AS UNSIGNED)", false, NULL },
	{ "wait_timeout", "CAST(GREATEST(@@wait_timeout,28800) AS UNSIGNED)", false, NULL },
	/* A worker that does not get a processor for a second has not left its transaction. */
	{ "idle_transaction_timeout", "0", false, NULL },
	{ "idle_readonly_transaction_timeout", "0", false, NULL },
	{ "idle_write_transaction_timeout", "0", false, NULL },
	/* A server says with its answers when one of these is set by what a statement calls, and of nothing else. */
	{ "session_track_system_variables",
	  "'autocommit,character_set_client,character_set_connection,character_set_results,foreign_key_checks,sql_mode,"
	  "sql_safe_updates,sql_select_limit,time_zone,unique_checks'", false, NULL },
	{ "session_track_schema", "0", false, NULL },
	{ "session_track_state_change", "0", false, NULL },
	{ "session_track_transaction_info", "'OFF'", false, NULL },
	{ "session_track_gtids", "'OFF'", false, NULL },
};

_Static_assert(LENGTH_OF(variables) <= 32, "struct mysql_server has a bit for each");

void mysql_server_describe(struct mysql_server *server, const char *version)
{
	long number;

	memset(server, 0, sizeof(*server));
	/* MariaDB has called itself 5.5.5 for the sake of old replicas; the client library takes that away. */
	if (strncmp(version, "5.5.5-", 6) == 0 && strstr(version, "MariaDB") != NULL)
		version += 6;
	server->mariadb = strstr(version, "MariaDB") != NULL;
	server->json_type = !server->mariadb;
	number = version_number(version);
	server->json_told = server->mariadb && number >= MARIADB_JSON_TOLD;
#ifndef FAULT_NO_TRAITS /* a build in which every server is one that can do the least, for the tests */
	server->traits.returning = server->mariadb && number >= MARIADB_RETURNING;
	server->traits.fault_row = server->mariadb && number >= MARIADB_FAULT_ROW;
#endif
	server->json_forward = server->mariadb && number < MARIADB_JSON_LAST;
	server->null_is_now = server->mariadb; /* MySQL: as its variable says */
	/* MySQL always says what part of the rows remains, and has other forms that may be the default. */
	server->explain = server->mariadb ? "EXPLAIN EXTENDED " : "EXPLAIN FORMAT=TRADITIONAL ";
	if (server->mariadb)
		server->index_type = number >= MARIADB_IGNORED ? "IF(IGNORED='NO',INDEX_TYPE,NULL)" : "INDEX_TYPE";
	else
		server->index_type = number >= MYSQL_VISIBLE ? "IF(IS_VISIBLE='YES',INDEX_TYPE,NULL)" : "INDEX_TYPE";
	server->time_limit = server->mariadb ? "max_statement_time" : "max_execution_time";
	server->time_limit_per_second = server->mariadb ? 1 : 1000;
}

/* Several servers may be behind one address, and each has a session of nearly every number. */
static void add_identity(const struct mysql_server *server, struct text *sql)
{
	text_printf(sql, "SHA2(CONCAT_WS('|',@@hostname,@@port,@@server_id,@@pid_file,@@datadir%s),256)",
	            server->mariadb ? "" : ",@@server_uuid");
}

/* MariaDB's KILL ends the wait for a replica (semi-synchronous replication), and what is written there by then is kept. */
bool mysql_server_kill(const struct mysql_server *server, unsigned long id, unsigned n, bool spares_commit, struct text *sql)
{
	if (server->identity[0] == '\0' || server->session != id)
		return false;
	switch (n) {
	case 0:
		text_add_string(sql, "SELECT ");
		add_identity(server, sql);
		text_printf(sql, "='%s'", server->identity);
		if (spares_commit && server->mariadb)
			text_printf(sql, " AND NOT EXISTS (SELECT 1 FROM information_schema.PROCESSLIST WHERE ID=%lu"
			                 " AND STATE LIKE 'Waiting for semi-sync%%')", id);
		return true;
	case 1:
		text_printf(sql, "KILL QUERY %lu", id);
		return true;
	default:
		return false;
	}
}

bool mysql_server_setup(const struct mysql_server *server, enum url_target target, unsigned n,
                        long statement_timeout_s, struct text *sql)
{
	_Static_assert(LENGTH_OF(variables) <= 8 * sizeof(server->known), "a bit each");
	switch (n) {
	case 0: /* first, so that the others' texts and rows come over whole */
		text_add_string(sql, MYSQL_SERVER_SESSION ",sql_big_selects=1");
		return true;
	case 1: /* those that a server does not know are not there */
		text_add_string(sql, "SHOW SESSION VARIABLES WHERE Variable_name IN ('wsrep_on','read_only','super_read_only',"
		                     "'innodb_read_only','tx_read_only','transaction_read_only',"
		                     "'explicit_defaults_for_timestamp','max_allowed_packet'");
		for (size_t i = 0; i < LENGTH_OF(variables); i++)
			text_printf(sql, ",'%s'", variables[i].name);
		text_add_char(sql, ')');
		return true;
	case 2:
		/* Who waits for another's lock is told so well before its time is over, and tries again. MySQL takes no
		 * LEAST() as it is: it is of no integer type to it (1232). */
		text_printf(sql, "SET SESSION innodb_lock_wait_timeout=CAST(LEAST(@@innodb_lock_wait_timeout,%ld) AS UNSIGNED),%s=%ld",
		            statement_timeout_s / 5 > 0 ? statement_timeout_s / 5 : 1, server->time_limit,
		            statement_timeout_s * server->time_limit_per_second);
		/* What another node has acknowledged is seen by all that begins afterwards: reads (1), UPDATE and DELETE (2), which
		 * would find nothing and say that all is well, and INSERT (4), whose foreign keys would refer to no row. */
		if (server->galera && target == URL_TARGET_ANY)
			text_add_string(sql, ",wsrep_sync_wait=7");
		/* The server would try a statement again that the cluster has undone, and send the rows of both tries, one behind
		 * the other (MariaDB's INSERT ... RETURNING). We try again ourselves. */
		if (server->galera)
			text_add_string(sql, ",wsrep_retry_autocommit=0");
		for (size_t i = 0; i < LENGTH_OF(variables); i++)
			if (server->known & UINT32_C(1) << i && (server->mariadb || !variables[i].privileged))
				text_printf(sql, ",%s=%s", variables[i].name, variables[i].value);
		return true;
	case 3: /* what one snapshot is, rows and their count together, whatever the server's own default is */
		text_add_string(sql, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
		return true;
	case 4:
		text_add_string(sql, "SELECT 'identity',");
		add_identity(server, sql);
		text_add_string(sql, ",CONNECTION_ID()");
		return true;
	case 5:
		text_add_string(sql, "SHOW GLOBAL STATUS LIKE 'wsrep_ready'");
		return server->galera;
	default:
		return false;
	}
}

/* Of a statement. What is longer is answered by the end of the connection, or by an error and that end. */
static uint64_t most_of_packet(uint64_t packet_bytes)
{
	enum { BESIDE = 16 }; /* the command, and what the servers keep for themselves */

	return packet_bytes > BESIDE ? packet_bytes - BESIDE : 0;
}

void mysql_server_variable(struct mysql_server *server, const struct row *row)
{
	bool on, is_told;

	if (row->count < 2 || row->values[0] == NULL || row->values[1] == NULL)
		return;
	for (size_t i = 0; i < LENGTH_OF(variables); i++)
		if (strcasecmp(row->values[0], variables[i].name) == 0) {
			if (variables[i].among == NULL || strstr(row->values[1], variables[i].among) != NULL)
				server->known |= UINT32_C(1) << i;
			return;
		}
	if (strcasecmp(row->values[0], "identity") == 0) {
		/* It is written into statements. */
		is_told = strlen(row->values[1]) < sizeof(server->identity) &&
		          strspn(row->values[1], "0123456789abcdef") == strlen(row->values[1]);
		snprintf(server->identity, sizeof(server->identity), "%s", is_told ? row->values[1] : "");
		server->session = row->count > 2 && row->values[2] != NULL ? strtoul(row->values[2], NULL, 10) : 0;
		return;
	}
	on = strcasecmp(row->values[1], "OFF") != 0 && strcmp(row->values[1], "0") != 0;
	if (strcasecmp(row->values[0], "wsrep_on") == 0)
		server->galera = on;
	else if (strcasecmp(row->values[0], "wsrep_ready") == 0)
		server->galera_ready = on;
	else if (strcasecmp(row->values[0], "max_allowed_packet") == 0)
		server->traits.statement_bytes = most_of_packet(strtoull(row->values[1], NULL, 10));
	else if (strcasecmp(row->values[0], "explicit_defaults_for_timestamp") == 0)
		server->null_is_now = server->null_is_now || !on;
	else
		server->read_only = server->read_only || on;
}

const char *mysql_server_unfit(const struct mysql_server *server, enum url_target target)
{
	if (server->galera && !server->galera_ready)
		return "the node does not belong to the cluster at the moment";
	if (server->read_only && target == URL_TARGET_WRITABLE)
		return "the server is read-only";
	return NULL;
}
