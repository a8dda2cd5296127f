/* SPDX-License-Identifier: MIT */
#include "mysql_server.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#ifndef FAULT_NO_TRAITS /* a build in which every server is one that can do the least, for the tests */
/* As mysql_get_server_version counts. */
enum { MARIADB_RETURNING = 100500, MARIADB_FAULT_ROW = 100700 };

/* "10.11.6-..." is 101106 */
static long version_number(const char *version)
{
	char *end;
	long number = strtol(version, &end, 10) * 10000;

	if (*end == '.')
		number += strtol(end + 1, &end, 10) * 100;
	return *end == '.' ? number + strtol(end + 1, &end, 10) : number;
}
#endif

void mysql_server_describe(struct mysql_server *server, const char *version)
{
	memset(server, 0, sizeof(*server));
	/* MariaDB has called itself 5.5.5 for the sake of old replicas; the client library takes that away. */
	if (strncmp(version, "5.5.5-", 6) == 0 && strstr(version, "MariaDB") != NULL)
		version += 6;
	server->mariadb = strstr(version, "MariaDB") != NULL;
#ifndef FAULT_NO_TRAITS
	if (server->mariadb) {
		server->traits.returning = version_number(version) >= MARIADB_RETURNING;
		server->traits.fault_row = version_number(version) >= MARIADB_FAULT_ROW;
	}
#endif
	server->json_type = !server->mariadb;
	/* MySQL always says what part of the rows remains, and has other forms that may be the default. */
	server->explain = server->mariadb ? "EXPLAIN EXTENDED " : "EXPLAIN FORMAT=TRADITIONAL ";
	server->time_limit = server->mariadb ? "max_statement_time" : "max_execution_time";
	server->time_limit_per_second = server->mariadb ? 1 : 1000;
}

bool mysql_server_setup(const struct mysql_server *server, enum url_target target, unsigned n,
                        long statement_timeout_s, struct text *sql)
{
	switch (n) {
	case 0: /* those that a server does not know are not there */
		text_add_string(sql, "SHOW SESSION VARIABLES WHERE Variable_name IN ('wsrep_on','read_only','super_read_only',"
		                     "'innodb_read_only','tx_read_only','transaction_read_only')");
		return true;
	case 1:
		/* Strict, so that nothing is ever cut or zeroed in silence, string literals as standard SQL has them, and a
		 * zero that is written stays one. */
		text_add_string(sql, "SET SESSION time_zone='+00:00',sql_mode='STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,"
		                     "NO_ENGINE_SUBSTITUTION,NO_BACKSLASH_ESCAPES,NO_AUTO_VALUE_ON_ZERO',");
		/* Who waits for another's lock is told so well before its time is over, and tries again. MySQL takes no
		 * LEAST() as it is: it is of no integer type to it (1232). */
		text_printf(sql, "innodb_lock_wait_timeout=CAST(LEAST(@@innodb_lock_wait_timeout,%ld) AS UNSIGNED),%s=%ld",
		            statement_timeout_s / 5 > 0 ? statement_timeout_s / 5 : 1, server->time_limit,
		            statement_timeout_s * server->time_limit_per_second);
		/* What another node has acknowledged is seen by all that begins afterwards: reads (1), UPDATE and DELETE (2), which
		 * would find nothing and say that all is well, and INSERT (4), whose foreign keys would refer to no row. */
		if (server->galera && target == URL_TARGET_ANY)
			text_add_string(sql, ",wsrep_sync_wait=7");
		return true;
	case 2: /* what one snapshot is, rows and their count together, whatever the server's own default is */
		text_add_string(sql, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
		return true;
	case 3:
		text_add_string(sql, "SHOW GLOBAL STATUS LIKE 'wsrep_ready'");
		return server->galera;
	default:
		return false;
	}
}

void mysql_server_variable(struct mysql_server *server, const struct row *row)
{
	bool on;

	if (row->count < 2 || row->values[0] == NULL || row->values[1] == NULL)
		return;
	on = strcasecmp(row->values[1], "OFF") != 0 && strcmp(row->values[1], "0") != 0;
	if (strcasecmp(row->values[0], "wsrep_on") == 0)
		server->galera = on;
	else if (strcasecmp(row->values[0], "wsrep_ready") == 0)
		server->galera_ready = on;
	else
		server->read_only = server->read_only || on;
}

const char *mysql_server_unfit(const struct mysql_server *server, enum url_target target)
{
	if (server->galera && !server->galera_ready)
		return "the node does not belong to the cluster at present";
	if (server->read_only && target == URL_TARGET_WRITABLE)
		return "the server is read-only";
	return NULL;
}
