/* SPDX-License-Identifier: MIT
 *
 * The driver for MySQL and MariaDB on MariaDB Connector/C, by its calls that never wait
 * (https://mariadb.com/kb/en/using-the-non-blocking-library/): X_start begins and X_cont goes on, each answers 0 when
 * done or else the MYSQL_WAIT_ flags of what to wait for.
 */
#include "mysql/mysql_driver.h"

#include <errno.h>
#include <errmsg.h>
#include <fcntl.h>
#include <mysql.h>
#include <mysqld_error.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "mysql/mysql_catalogue.h"
#include "mysql/mysql_connect.h"
#include "mysql/mysql_fault.h"
#include "mysql/mysql_server.h"

enum { DEFAULT_PORT = 3306, COLUMN_VALUES = 2 };

enum operation { OPERATION_NONE, OPERATION_QUERY, OPERATION_ROW };

struct driver_connection {
	struct mysql_connect *attempt; /* to which the MYSQL belongs while it connects */
	MYSQL *mysql;
	enum url_tls tls;
	enum url_target target;
	struct mysql_server server;
	char protection[80];
	MYSQL_RES *result;
	MYSQL_ROW row;
	enum operation operation; /* that waits for its _cont */
	int waiting;              /* its MYSQL_WAIT_ flags */
	int failed;               /* of the query */
	bool columns_wanted;      /* the result's columns come in the place of its rows, */
	unsigned column;          /* so many of them have come, */
	const char *column_values[COLUMN_VALUES]; /* and this is the last one */
	unsigned long column_lengths[COLUMN_VALUES];
};

static void start(void)
{
	/* What OpenSSL has is not given back when the process ends: an attempt to connect that was abandoned may still use it,
	 * in a thread of its own. To be said before anything else is said to OpenSSL. */
	(void)OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
	mysql_library_init(0, NULL, NULL);
}

static enum database_step fail(struct driver_connection *connection, struct database_error *error)
{
	MYSQL *mysql = connection->mysql;

	return mysql_fault_read(error, mysql_errno(mysql), mysql_sqlstate(mysql), mysql_error(mysql)) ? DATABASE_LOST :
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

/* MariaDB says what a LONGTEXT holds, as it does for what a view or a function makes of it. */
static bool is_json(const MYSQL_FIELD *field)
{
	MARIADB_CONST_STRING format;

	return mariadb_field_attr(&format, field, MARIADB_FIELD_ATTR_FORMAT_NAME) == 0 && format.length == 4 &&
	       memcmp(format.str, "json", 4) == 0;
}

/* False: all of them have come. */
static bool take_column(struct driver_connection *connection)
{
	const MYSQL_FIELD *field;
	bool json;

	if (!connection->columns_wanted || connection->column == mysql_num_fields(connection->result))
		return false;
	field = mysql_fetch_field_direct(connection->result, connection->column++);
	json = is_json(field);
	connection->column_values[0] = field->name;
	connection->column_lengths[0] = field->name_length;
	connection->column_values[1] = json ? "json" : NULL;
	connection->column_lengths[1] = json ? 4 : 0;
	return true;
}

static enum database_step next(struct driver_connection *connection, struct database_error *error)
{
	if (take_column(connection))
		return DATABASE_ROW;
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
                                         enum database_rows rows, struct database_error *error)
{
	connection->columns_wanted = rows == DATABASE_COLUMNS; /* one by one costs no more here */
	connection->column = 0;
	database_error_clear(error);
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

/* Whatever the reason is, nothing can be asked. */
static enum database_step no_connection(struct database_error *error, const char *words)
{
	error->status = STATUS_AWAY;
	snprintf(error->text, sizeof(error->text), "%s", words);
	return DATABASE_LOST;
}

/* The library goes on in plain text with a server that offers no TLS, unless it verifies its name. */
static bool is_unprotected(struct driver_connection *connection)
{
	const char *cipher = mysql_get_ssl_cipher(connection->mysql), *version = NULL;

	if (cipher == NULL)
		return connection->tls >= URL_TLS_REQUIRED;
	if (mariadb_get_infov(connection->mysql, MARIADB_CONNECTION_TLS_VERSION, &version) != 0 || version == NULL)
		version = "TLS";
	snprintf(connection->protection, sizeof(connection->protection), "%s %s", version, cipher);
	return false;
}

static enum database_step connect_done(struct driver_connection *connection, struct database_error *error)
{
	bool connected = mysql_connect_finish(connection->attempt, &connection->mysql);
	int socket;

	connection->attempt = NULL;
	if (!connected) {
		(void)fail(connection, error);
		error->status = STATUS_AWAY;
		return DATABASE_LOST;
	}
	if (is_unprotected(connection))
		return no_connection(error, "the server offers no TLS, but DATABASE_URL requires it");
	socket = (int)mysql_get_socket(connection->mysql);
	/* TLS reads and writes as the socket does; without it the library asks for what it needs. */
	(void)fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK);
	watch_peer(socket);
	mysql_server_describe(&connection->server, mysql_get_server_info(connection->mysql));
	return DATABASE_OPEN;
}

/* Of a name that a certificate is verified by; to an address the library connects as it is. */
static bool takes_name(const struct database_url *url, const struct url_host *host)
{
	(void)host;
	return url->tls == URL_TLS_VERIFY_IDENTITY;
}

static void set_tls(MYSQL *mysql, enum url_tls mode, const struct database_url *url)
{
	my_bool wanted = mode >= URL_TLS_PREFERRED, verified = mode == URL_TLS_VERIFY_IDENTITY;

	mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &wanted); /* which it is not: see is_unprotected */
	mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verified);
	if (!wanted)
		return;
	if (url->tls_ca != NULL)
		mysql_options(mysql, MYSQL_OPT_SSL_CA, url->tls_ca);
	if (url->tls_certificate != NULL) {
		mysql_options(mysql, MYSQL_OPT_SSL_CERT, url->tls_certificate);
		mysql_options(mysql, MYSQL_OPT_SSL_KEY, url->tls_key);
	}
}

static enum url_tls mode_of(const struct database_url *url)
{
	if (url_is_local(url))
		return URL_TLS_DISABLED;
	return url->tls == URL_TLS_UNSAID ? URL_TLS_PREFERRED : url->tls;
}

static void set_options(MYSQL *mysql, enum url_tls mode, const struct database_url *url, long timeout_s)
{
	unsigned local_files = 0, seconds = (unsigned)timeout_s;
	unsigned protocol = url_is_local(url) ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;

	mysql_options(mysql, MYSQL_OPT_NONBLOCK, NULL);
	mysql_options(mysql, MYSQL_OPT_PROTOCOL, &protocol);
	mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &local_files); /* a server must not read our files */
	mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	mysql_options4(mysql, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "myrest");
	/* These are for the connect alone: the calls that never wait have their time from the event loop. */
	mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
	mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &seconds);
	mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &seconds);
	set_tls(mysql, mode, url);
}

static enum database_step connect_to(struct driver_connection **made, const struct database_url *url,
                                     const struct url_host *host, const char *address, long timeout_s,
                                     struct database_error *error)
{
	struct driver_connection *connection = memory_alloc(sizeof(*connection));
	struct mysql_destination destination = { .host = address, .url = url, .port = DEFAULT_PORT };

	*made = connection;
	database_error_clear(error);
	connection->tls = mode_of(url);
	connection->target = url->target;
	if ((connection->mysql = mysql_init(NULL)) == NULL)
		return no_connection(error, "out of memory");
	set_options(connection->mysql, connection->tls, url, timeout_s);
	if (host != NULL && host->port != 0)
		destination.port = host->port;
	if (host != NULL && takes_name(url, host))
		destination.host = host->name;
	if ((connection->attempt = mysql_connect_start(connection->mysql, &destination)) == NULL)
		return no_connection(error, strerror(errno));
	connection->mysql = NULL;
	return DATABASE_WAIT;
}

static bool setup(struct driver_connection *connection, unsigned n, long statement_timeout_s, struct text *sql)
{
	return mysql_server_setup(&connection->server, connection->target, n, statement_timeout_s, sql);
}

static void setup_row(struct driver_connection *connection, const struct row *row)
{
	mysql_server_variable(&connection->server, row);
}

static const char *unfit(const struct driver_connection *connection)
{
	return mysql_server_unfit(&connection->server, connection->target);
}

static const char *protection(const struct driver_connection *connection)
{
	return connection->protection[0] != '\0' ? connection->protection : NULL;
}

static enum database_step resume(struct driver_connection *connection, unsigned ready, struct database_error *error)
{
	int flags = 0;

	if (connection->attempt != NULL)
		return ready != 0 ? connect_done(connection, error) : DATABASE_WAIT;
	if (ready & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP))
		flags |= MYSQL_WAIT_READ;
	if (ready & (EPOLLOUT | EPOLLHUP | EPOLLERR))
		flags |= MYSQL_WAIT_WRITE;
	flags &= connection->waiting;
	if (flags == 0)
		return DATABASE_WAIT;
	switch (connection->operation) {
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

/* It says nothing but that it hangs up. */
static bool is_alive(struct driver_connection *connection)
{
	(void)connection;
	return false;
}

/* The status that comes with each answer but an error, which leaves the last one, and what was set before it failed stays
 * set. MySQL says with a statement that gives no rows that a variable was set, in it or before it, MariaDB with rows as
 * well. The bit of NO_BACKSLASH_ESCAPES says nothing: it stays as a function or trigger has left it, though the server
 * puts its sql_mode back. */
static enum driver_session session(const struct driver_connection *connection, bool in_transaction)
{
	unsigned status = connection->mysql->server_status;
	bool failed = mysql_errno(connection->mysql) != 0;

	if ((status & SERVER_STATUS_AUTOCOMMIT) == 0 ||
	    (!in_transaction && (status & SERVER_STATUS_IN_TRANS) != 0 && !failed))
		return SESSION_CHANGED;
	return failed || status & SERVER_SESSION_STATE_CHANGED ? SESSION_UNSURE : SESSION_AS_SET_UP;
}

static const char *session_check(const struct driver_connection *connection)
{
	(void)connection;
	return MYSQL_SERVER_SESSION_CHECK;
}

static const char *session_restore(const struct driver_connection *connection)
{
	(void)connection;
	return MYSQL_SERVER_SESSION;
}

static void get_row(struct driver_connection *connection, struct row *row)
{
	if (connection->columns_wanted) {
		*row = (struct row){ COLUMN_VALUES, connection->column_values, connection->column_lengths };
		return;
	}
	row->count = mysql_num_fields(connection->result);
	row->values = (const char *const *)connection->row;
	row->lengths = mysql_fetch_lengths(connection->result);
}

static bool kill_statement(const struct driver_connection *connection, unsigned n, bool spares_commit, struct text *sql)
{
	return mysql_server_kill(&connection->server, mysql_thread_id(connection->mysql), n, spares_commit, sql);
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
	return &connection->server.traits;
}

static const char *explain(const struct driver_connection *connection)
{
	return connection->server.explain;
}

static int descriptor(const struct driver_connection *connection)
{
	my_socket socket;

	if (connection->attempt != NULL)
		return mysql_connect_descriptor(connection->attempt);
	socket = connection->mysql != NULL ? mysql_get_socket(connection->mysql) : MARIADB_INVALID_SOCKET;
	return socket == MARIADB_INVALID_SOCKET ? -1 : (int)socket;
}

static unsigned wants(const struct driver_connection *connection)
{
	if (connection->attempt != NULL)
		return EPOLLIN;
	return (connection->waiting & MYSQL_WAIT_READ ? EPOLLIN : 0) |
	       (connection->waiting & MYSQL_WAIT_WRITE ? EPOLLOUT : 0);
}

/* The library's own close reads what is left of a result and so may wait: the socket is shut first, after which every
 * call that is under way ends at once. */
static void close_connection(struct driver_connection *connection, bool polite)
{
	const int all = MYSQL_WAIT_READ | MYSQL_WAIT_WRITE | MYSQL_WAIT_EXCEPT | MYSQL_WAIT_TIMEOUT;

	if (connection->attempt != NULL)
		mysql_connect_abandon(connection->attempt);
	if (connection->mysql != NULL) {
		if (!polite && descriptor(connection) >= 0)
			shutdown(descriptor(connection), SHUT_RDWR);
		for (int tries = 0; connection->operation != OPERATION_NONE && tries < 100; tries++) {
			switch (connection->operation) {
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
	/* OpenSSL keeps what went wrong for the whole thread, and the client library does not ask it to forget: the next
	 * connection would take it for its own as soon as it has to wait. Whatever this one or its attempt left ends here. */
	ERR_clear_error();
	free(connection);
}

static struct catalogue *catalogue_new(const struct driver_connection *connection,
                                       const struct table_choices *choices, const struct table_choices *writable,
                                       const struct schema *known)
{
	return mysql_catalogue_new(choices, writable, known, &connection->server);
}

const struct driver mysql_driver = {
	.start = start,
	.takes_name = takes_name,
	.connect = connect_to,
	.setup = setup,
	.setup_row = setup_row,
	.unfit = unfit,
	.protection = protection,
	.send = send_statement,
	.next = next,
	.resume = resume,
	.is_alive = is_alive,
	.session = session,
	.session_check = session_check,
	.session_restore = session_restore,
	.kill = kill_statement,
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
	.catalogue_failed = mysql_catalogue_failed,
	.catalogue_finish = mysql_catalogue_finish,
};
