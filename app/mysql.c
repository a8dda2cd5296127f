/* SPDX-License-Identifier: MIT
 *
 * The driver for MySQL and MariaDB on MariaDB Connector/C, by its calls that never wait
 * (https://mariadb.com/kb/en/using-the-non-blocking-library/): X_start begins and X_cont goes on, each answers 0 when
 * done or else the MYSQL_WAIT_ flags of what to wait for.
 */
#include <errno.h>
#include <errmsg.h>
#include <mysql.h>
#include <mysqld_error.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "driver.h"
#include "mysql_catalogue.h"
#include "mysql_fault.h"

enum operation { OPERATION_NONE, OPERATION_CONNECT, OPERATION_QUERY, OPERATION_ROW };

struct driver_connection {
	MYSQL *mysql;
	MYSQL_RES *result;
	MYSQL_ROW row;
	enum operation operation; /* that waits for its _cont */
	int waiting;              /* its MYSQL_WAIT_ flags */
	int failed;               /* of the query */
	MYSQL *connected;
	struct database_traits traits;
};

/* As mysql_get_server_version counts. */
enum { MARIADB_RETURNING = 100500, MARIADB_FAULT_ROW = 100700 };

static void start(void)
{
	mysql_library_init(0, NULL, NULL);
}

static enum database_step fail(struct driver_connection *connection, struct database_error *error)
{
	return mysql_fault_read(error, mysql_errno(connection->mysql), mysql_error(connection->mysql)) ? DATABASE_LOST :
	                                                                                          DATABASE_FAILED;
}

static enum database_step row_came(struct driver_connection *connection, struct database_error *error)
{
	if (connection->row != NULL)
		return DATABASE_ROW;
	if (mysql_errno(connection->mysql) != 0) {
		enum database_step step = fail(connection, error);

		mysql_free_result(connection->result);
		connection->result = NULL;
		return step;
	}
	mysql_free_result(connection->result); /* all of it has been read: nothing to wait for */
	connection->result = NULL;
	return DATABASE_END;
}

static enum database_step next(struct driver_connection *connection, struct database_error *error)
{
	connection->waiting = mysql_fetch_row_start(&connection->row, connection->result);
	connection->operation = connection->waiting ? OPERATION_ROW : OPERATION_NONE;
	return connection->waiting ? DATABASE_WAIT : row_came(connection, error);
}

static enum database_step query_done(struct driver_connection *connection, struct database_error *error)
{
	if (connection->failed)
		return fail(connection, error);
	connection->result = mysql_use_result(connection->mysql); /* reads nothing yet */
	if (connection->result != NULL)
		return next(connection, error);
	return mysql_field_count(connection->mysql) == 0 ? DATABASE_END : fail(connection, error);
}

static enum database_step send_statement(struct driver_connection *connection, const char *sql, size_t length,
                                         struct database_error *error)
{
	memset(error, 0, sizeof(*error));
	connection->waiting = mysql_real_query_start(&connection->failed, connection->mysql, sql, length);
	connection->operation = connection->waiting ? OPERATION_QUERY : OPERATION_NONE;
	return connection->waiting ? DATABASE_WAIT : query_done(connection, error);
}

/* The kernel watches over a server that vanishes without a word, so that no idle connection needs a ping. */
static void watch_peer(int descriptor)
{
	int on = 1, idle_s = 10, interval_s = 3, probes = 3;
	unsigned unanswered_ms = 20000;

	if (setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)) < 0)
		return;
	(void)setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
	(void)setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof(interval_s));
	(void)setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
	(void)setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &unanswered_ms, sizeof(unanswered_ms));
}

static enum database_step connect_done(struct driver_connection *connection, struct database_error *error)
{
	if (connection->connected == NULL) {
		fail(connection, error);
		error->status = STATUS_AWAY; /* whatever the reason is, nothing can be asked */
		return DATABASE_LOST;
	}
	watch_peer((int)mysql_get_socket(connection->mysql));
#ifndef FAULT_NO_TRAITS /* a build in which every server is one that can do the least, for the tests */
	if (mariadb_connection(connection->mysql)) {
		unsigned long version = mysql_get_server_version(connection->mysql);

		connection->traits.returning = version >= MARIADB_RETURNING;
		connection->traits.fault_row = version >= MARIADB_FAULT_ROW;
	}
#endif
	return DATABASE_OPEN;
}

static enum database_step connect_to(struct driver_connection **made, const struct database_url *url,
                                     const char *address, struct database_error *error)
{
	struct driver_connection *connection = memory_alloc(sizeof(*connection));
	unsigned local_files = 0, protocol = MYSQL_PROTOCOL_TCP;
	const char *host = address;

	*made = connection;
	memset(error, 0, sizeof(*error));
	if ((connection->mysql = mysql_init(NULL)) == NULL) {
		error->status = STATUS_AWAY;
		strcpy(error->text, "out of memory");
		return DATABASE_LOST;
	}
	if (address == NULL) {
		protocol = MYSQL_PROTOCOL_SOCKET;
		host = "localhost";
	}
	mysql_options(connection->mysql, MYSQL_OPT_NONBLOCK, NULL);
	mysql_options(connection->mysql, MYSQL_OPT_PROTOCOL, &protocol);
	mysql_options(connection->mysql, MYSQL_OPT_LOCAL_INFILE, &local_files); /* a server must not read our files */
	mysql_options(connection->mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	mysql_options4(connection->mysql, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "myrest");
	connection->waiting = mysql_real_connect_start(&connection->connected, connection->mysql, host, url->user,
	                                               url->password, url->database, url->port ? url->port : 3306,
	                                               url->socket, CLIENT_FOUND_ROWS);
	connection->operation = connection->waiting ? OPERATION_CONNECT : OPERATION_NONE;
	return connection->waiting ? DATABASE_WAIT : connect_done(connection, error);
}

static bool setup(struct driver_connection *connection, unsigned n, long statement_timeout_s, struct text *sql)
{
	if (n == 1) { /* what one snapshot is, rows and their count together, whatever the server's own default is */
		text_add_string(sql, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
		return true;
	}
	if (n > 1)
		return false;
	/* Strict, so that nothing is ever cut or zeroed in silence, string literals as standard SQL has them, and a zero that
	 * is written stays one. */
	text_add_string(sql, "SET SESSION time_zone='+00:00',sql_mode='STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,"
	                     "NO_ENGINE_SUBSTITUTION,NO_BACKSLASH_ESCAPES,NO_AUTO_VALUE_ON_ZERO',");
	/* Who waits for another's lock is told so well before its time is over, and tries again. */
	text_printf(sql, "innodb_lock_wait_timeout=LEAST(@@innodb_lock_wait_timeout,%ld),",
	            statement_timeout_s / 5 > 0 ? statement_timeout_s / 5 : 1);
	if (mariadb_connection(connection->mysql))
		text_printf(sql, "max_statement_time=%ld", statement_timeout_s);
	else
		text_printf(sql, "max_execution_time=%ld", statement_timeout_s * 1000);
	return true;
}

static enum database_step resume(struct driver_connection *connection, unsigned ready, struct database_error *error)
{
	int flags = 0;

	if (ready & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP))
		flags |= MYSQL_WAIT_READ;
	if (ready & (EPOLLOUT | EPOLLHUP | EPOLLERR))
		flags |= MYSQL_WAIT_WRITE;
	flags &= connection->waiting;
	if (flags == 0)
		return DATABASE_WAIT;
	switch (connection->operation) {
	case OPERATION_CONNECT:
		connection->waiting = mysql_real_connect_cont(&connection->connected, connection->mysql, flags);
		if (connection->waiting)
			return DATABASE_WAIT;
		connection->operation = OPERATION_NONE;
		return connect_done(connection, error);
	case OPERATION_QUERY:
		connection->waiting = mysql_real_query_cont(&connection->failed, connection->mysql, flags);
		if (connection->waiting)
			return DATABASE_WAIT;
		connection->operation = OPERATION_NONE;
		return query_done(connection, error);
	case OPERATION_ROW:
		connection->waiting = mysql_fetch_row_cont(&connection->row, connection->result, flags);
		if (connection->waiting)
			return DATABASE_WAIT;
		connection->operation = OPERATION_NONE;
		return row_came(connection, error);
	case OPERATION_NONE:
		break;
	}
	return DATABASE_WAIT;
}

static void get_row(struct driver_connection *connection, struct row *row)
{
	row->count = mysql_num_fields(connection->result);
	row->values = (const char *const *)connection->row;
	row->lengths = mysql_fetch_lengths(connection->result);
}

static uint64_t affected(const struct driver_connection *connection)
{
	return mysql_affected_rows(connection->mysql);
}

static uint64_t generated(const struct driver_connection *connection)
{
	return mysql_insert_id(connection->mysql);
}

static const struct database_traits *traits(const struct driver_connection *connection)
{
	return &connection->traits;
}

/* MySQL always says what part of the rows remains, and does not know the word any more. */
static const char *explain(const struct driver_connection *connection)
{
	return mariadb_connection(connection->mysql) ? "EXPLAIN EXTENDED " : "EXPLAIN ";
}

static int descriptor(const struct driver_connection *connection)
{
	my_socket socket = mysql_get_socket(connection->mysql);

	return socket == MARIADB_INVALID_SOCKET ? -1 : (int)socket;
}

static unsigned wants(const struct driver_connection *connection)
{
	return (connection->waiting & MYSQL_WAIT_READ ? EPOLLIN : 0) |
	       (connection->waiting & MYSQL_WAIT_WRITE ? EPOLLOUT : 0);
}

/* The library's own close reads what is left of a result and so may wait: the socket is shut first, after which every
 * call that is under way ends at once. */
static void close_connection(struct driver_connection *connection, bool polite)
{
	const int all = MYSQL_WAIT_READ | MYSQL_WAIT_WRITE | MYSQL_WAIT_EXCEPT | MYSQL_WAIT_TIMEOUT;

	if (connection->mysql != NULL) {
		if (!polite && descriptor(connection) >= 0)
			shutdown(descriptor(connection), SHUT_RDWR);
		for (int tries = 0; connection->operation != OPERATION_NONE && tries < 100; tries++) {
			switch (connection->operation) {
			case OPERATION_CONNECT:
				connection->waiting =
				    mysql_real_connect_cont(&connection->connected, connection->mysql, all);
				break;
			case OPERATION_QUERY:
				connection->waiting =
				    mysql_real_query_cont(&connection->failed, connection->mysql, all);
				break;
			case OPERATION_ROW:
				connection->waiting =
				    mysql_fetch_row_cont(&connection->row, connection->result, all);
				break;
			case OPERATION_NONE:
				break;
			}
			if (!connection->waiting)
				connection->operation = OPERATION_NONE;
		}
		if (connection->result != NULL)
			mysql_free_result(connection->result);
		mysql_close(connection->mysql);
	}
	free(connection);
}

static struct catalogue *catalogue_new(const struct driver_connection *connection,
                                       const struct table_choices *choices, const struct table_choices *writable)
{
	return mysql_catalogue_new(choices, writable, mariadb_connection(connection->mysql));
}

const struct driver mysql_driver = {
	.start = start,
	.connect = connect_to,
	.setup = setup,
	.send = send_statement,
	.next = next,
	.resume = resume,
	.affected = affected,
	.generated = generated,
	.traits = traits,
	.explain = explain,
	.row = get_row,
	.descriptor = descriptor,
	.wants = wants,
	.close = close_connection,
	.catalogue_new = catalogue_new,
	.catalogue_statement = mysql_catalogue_statement,
	.catalogue_row = mysql_catalogue_row,
	.catalogue_finish = mysql_catalogue_finish,
};
