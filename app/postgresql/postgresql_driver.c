/* SPDX-License-Identifier: MIT
 *
 * The driver for PostgreSQL on libpq, by its calls that never wait
 * (https://www.postgresql.org/docs/current/libpq-async.html).
 */
#include "postgresql/postgresql_driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/utf8.h"
#include "build.h"
#include "postgresql/postgresql_catalogue.h"
#include "postgresql/postgresql_fault.h"
#include "postgresql/postgresql_library.h"
#include "postgresql/postgresql_row.h"

struct driver_connection {
	PGconn *pg;
	PostgresPollingStatusType polling; /* while it connects */
	bool connecting;
	bool unsent;      /* of the statement's text */
	bool failed;      /* the statement has; what follows is read to its end */
	bool ended;       /* the server has said, unasked, that it ends the connection */
	PGresult *result; /* with the row, and perhaps others */
	int at;           /* of the row */
	uint64_t affected;
	bool read_only;
	char since[32]; /* since when the server's process of this session is one, in microseconds; empty: not told */
	enum url_target target;
	bool typed;       /* the types are those of the statement that runs */
	char protection[80];
	unsigned size;    /* of the arrays */
	Oid *types;       /* of the statement's columns; of the row: */
	const char **values;
	unsigned long *lengths;
	struct text bytes; /* those that were written as hexadecimal digits */
};

/* What the server says unasked is for nobody's eyes; only its good-bye matters. */
static void take_notice(void *argument, const PGresult *notice)
{
	struct driver_connection *connection = argument;
	const char *severity = libpq.PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);

	if (severity != NULL && (strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0))
		connection->ended = true;
}

/* libpq takes the addresses beside the name, which it verifies a certificate by. */
static bool takes_name(const struct database_url *url, const struct url_host *host)
{
	(void)url;
	(void)host;
	return false;
}

/* The library's own words, on one line. The connection is of no use any more. */
static enum database_step lost(struct driver_connection *connection, struct database_error *error)
{
	const char *words = connection->pg != NULL ? libpq.PQerrorMessage(connection->pg) : postgresql_library_fault();
	size_t length = 0;

	database_error_clear(error);
	error->status = STATUS_AWAY;
	for (; *words != '\0' && length < sizeof(error->text) - 1; words++)
		if ((unsigned char)*words > ' ')
			error->text[length++] = *words;
		else if (length > 0 && error->text[length - 1] != ' ')
			error->text[length++] = ' ';
	while (length > 0 && error->text[length - 1] == ' ')
		length--;
	error->text[length] = '\0';
	return DATABASE_LOST;
}

static const char *tls_word(const struct database_url *url)
{
	static const char *const words[] = {
		[URL_TLS_UNSAID] = "prefer",      [URL_TLS_DISABLED] = "disable",
		[URL_TLS_PREFERRED] = "prefer",   [URL_TLS_REQUIRED] = "require",
		[URL_TLS_VERIFY_CA] = "verify-ca", [URL_TLS_VERIFY_IDENTITY] = "verify-full",
	};

	return url_is_local(url) ? "disable" : words[url->tls];
}

static bool has_require_auth(void)
{
	return *postgresql_library_fault() == '\0' && libpq.PQlibVersion() >= 160000;
}

static enum database_step connect_to(struct driver_connection **made, const struct database_url *url,
                                     const struct url_host *host, const char *address, long timeout_s,
                                     struct database_error *error)
{
	struct driver_connection *connection = memory_alloc(sizeof(*connection));
	char port[16] = "5432";
	/* What is not said here the library looks for in the home folder; there is none, even to look for. */
	const char *const options[][2] = {
		{ "host", host != NULL ? host->name : url->socket },
		{ "hostaddr", host != NULL ? address : NULL },
		{ "port", port },
		{ "user", url->user },
		{ "password", url->password },
		{ "passfile", POSTGRESQL_NOWHERE },
		{ "dbname", url->database },
		{ "sslmode", tls_word(url) },
		{ "sslrootcert", url->tls_ca != NULL ? url->tls_ca : POSTGRESQL_NOWHERE },
		{ "sslcrl", POSTGRESQL_NOWHERE },
		{ "sslcert", url->tls_certificate != NULL ? url->tls_certificate : POSTGRESQL_NOWHERE },
		{ "sslkey", url->tls_key != NULL ? url->tls_key : POSTGRESQL_NOWHERE },
		{ "gssencmode", "disable" }, /* its handshake waits, */
		{ "require_auth", has_require_auth() ? "!gss,!sspi" : NULL }, /* and so do theirs */
		{ "target_session_attrs", "any" },
		{ "client_encoding", "UTF8" },
		{ "fallback_application_name", "myrest" },
		/* The kernel watches over a server that vanishes without a word, so that no idle connection needs a ping. */
		{ "keepalives_idle", "10" },
		{ "keepalives_interval", "3" },
		{ "keepalives_count", "3" },
		{ "tcp_user_timeout", "20000" },
		{ NULL, NULL },
	};
	const char *names[sizeof(options) / sizeof(options[0])], *values[sizeof(options) / sizeof(options[0])];
	unsigned count = 0, host_port;

	(void)timeout_s; /* nothing here waits */
	*made = connection;
	database_error_clear(error);
	connection->target = url->target;
	if (*postgresql_library_fault() != '\0')
		return lost(connection, error);
	if (host == NULL && url->host_count == 1) /* localhost:5433 beside a socket */
		host_port = url->hosts[0].port;
	else
		host_port = host != NULL ? host->port : url->socket_port;
	if (host_port != 0)
		snprintf(port, sizeof(port), "%u", host_port);
	for (unsigned i = 0; options[i][0] != NULL; i++)
		if (options[i][1] != NULL) {
			names[count] = options[i][0];
			values[count++] = options[i][1];
		}
	names[count] = values[count] = NULL;
	connection->pg = libpq.PQconnectStartParams(names, values, 0);
	if (connection->pg == NULL || libpq.PQstatus(connection->pg) == CONNECTION_BAD)
		return lost(connection, error);
	libpq.PQsetNoticeReceiver(connection->pg, take_notice, connection);
	connection->connecting = true;
	connection->polling = PGRES_POLLING_WRITING;
	return DATABASE_WAIT;
}

static enum database_step connect_on(struct driver_connection *connection, struct database_error *error)
{
	connection->polling = libpq.PQconnectPoll(connection->pg);
	switch (connection->polling) {
	case PGRES_POLLING_FAILED:
		return lost(connection, error);
	case PGRES_POLLING_OK:
		break;
	case PGRES_POLLING_READING:
	case PGRES_POLLING_WRITING:
	case PGRES_POLLING_ACTIVE:
		return DATABASE_WAIT;
	}
	connection->connecting = false;
	if (libpq.PQsetnonblocking(connection->pg, 1) != 0)
		return lost(connection, error);
	if (libpq.PQsslInUse(connection->pg)) {
		const char *version = libpq.PQsslAttribute(connection->pg, "protocol");
		const char *cipher = libpq.PQsslAttribute(connection->pg, "cipher");

		snprintf(connection->protection, sizeof(connection->protection), "%s %s", version != NULL ? version : "TLS",
		         cipher != NULL ? cipher : "");
	}
	return DATABASE_OPEN;
}

/* What texts look like and mean, whatever the server's or the role's own defaults are. */
static const char session_texts[] = "SET TimeZone='UTC';SET DateStyle='ISO,YMD';SET IntervalStyle='postgres';"
				    "SET standard_conforming_strings=on;SET client_encoding='UTF8';SET bytea_output='hex';"
				    "SET extra_float_digits=1";

/* Processes have numbers that others had before, and have on other servers behind the same address. */
#define SINCE "(pg_catalog.date_part('epoch',backend_start)*1000000)::bigint"

enum { SETTINGS = 5 }; /* the columns of the set-up's one row */

static bool setup(struct driver_connection *connection, unsigned n, long statement_timeout_s, struct text *sql)
{
	(void)connection;
	switch (n) {
	case 0:
		text_add_string(sql, session_texts);
		/* Who waits for another's lock is told so well before its time is over (1), and tries again. */
		text_printf(sql, ";SET default_transaction_isolation='read committed';SET default_transaction_deferrable=off;"
		                 "SET statement_timeout='%lds'",
		            statement_timeout_s);
		/* What NULL in an array is, which rows are seen, how definitions are written, and that no error is the end. */
		text_add_string(sql, ";SET array_nulls=on;SET transform_null_equals=off;SET xmloption=content;SET row_security=on;"
		                     "SET gin_fuzzy_search_limit=0;SET quote_all_identifiers=off;SET exit_on_error=off;"
		                     "SET client_min_messages=warning");
		return true;
	case 1: /* what the server or the role has for it, if it is less; 0 is for ever */
		text_printf(sql, "SELECT 'read_only',current_setting('transaction_read_only'),set_config('lock_timeout',"
		                 "least(nullif(setting::int,0),%ld)::text,false),"
		                 /* those that the version has */
		                 "(SELECT count(set_config(name,value,false)) FROM pg_settings JOIN (VALUES"
		                 "('idle_in_transaction_session_timeout','0'),('idle_session_timeout','0'),"
		                 "('transaction_timeout','0'),('restrict_nonsystem_relation_kind','')) wanted(of,value) ON of=name),"
		                 "(SELECT " SINCE " FROM pg_catalog.pg_stat_activity WHERE pid=pg_catalog.pg_backend_pid())"
		                 " FROM pg_settings WHERE name='lock_timeout'",
		            statement_timeout_s / 5 > 0 ? statement_timeout_s / 5 * 1000 : 1000);
		return true;
	default:
		return false;
	}
}

static void setup_row(struct driver_connection *connection, const struct row *row)
{
	if (row->count >= 2 && row->values[1] != NULL)
		connection->read_only = strcmp(row->values[1], "on") == 0;
	if (row->count == SETTINGS && row->values[SETTINGS - 1] != NULL)
		snprintf(connection->since, sizeof(connection->since), "%s", row->values[SETTINGS - 1]);
}

static const char *unfit(const struct driver_connection *connection)
{
	return connection->read_only && connection->target == URL_TARGET_WRITABLE ? "the server is read-only" : NULL;
}

static const char *protection(const struct driver_connection *connection)
{
	return connection->protection[0] != '\0' ? connection->protection : NULL;
}

/* --- Statements --- */

static bool take_error(struct driver_connection *connection, const PGresult *result, struct database_error *error)
{
	struct postgresql_fault fault = {
		.state = libpq.PQresultErrorField(result, PG_DIAG_SQLSTATE),
		.message = libpq.PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY),
		.column = libpq.PQresultErrorField(result, PG_DIAG_COLUMN_NAME),
		.constraint = libpq.PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME),
		.detail = libpq.PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL),
		.function = libpq.PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION),
		.severity = libpq.PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED),
	};
	const char *place = libpq.PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
	/* The statement; rows, whose bytes take its place, come after all that is found before it runs. */
	struct slice sql = { connection->bytes.bytes, connection->bytes.length };
	bool gone;

	if (fault.message == NULL)
		fault.message = libpq.PQerrorMessage(connection->pg);
	error->place = place != NULL ? strtoul(place, NULL, 10) : 0;
	if (error->place > 0)
		fault.place = postgresql_fault_place(sql, utf8_offset(sql, error->place));
	gone = postgresql_fault_read(error, &fault);
	return gone;
}

static void take_types(struct driver_connection *connection, unsigned count)
{
	connection->typed = true;
	if (count > connection->size) {
		connection->types = memory_grow(connection->types, count * sizeof(*connection->types));
		connection->values = memory_grow(connection->values, count * sizeof(*connection->values));
		connection->lengths = memory_grow(connection->lengths, count * sizeof(*connection->lengths));
		connection->size = count;
	}
	for (unsigned i = 0; i < count; i++)
		connection->types[i] = libpq.PQftype(connection->result, (int)i);
}

static void drop_result(struct driver_connection *connection)
{
	libpq.PQclear(connection->result);
	connection->result = NULL;
	connection->at = 0;
}

/* The library takes as much from TLS as it has room for. What is left of a record has been read from the socket, which
 * will wake nobody for it. */
static bool has_more(const struct driver_connection *connection)
{
	void *tls = connection->protection[0] != '\0' ? libpq.PQsslStruct(connection->pg, "OpenSSL") : NULL;

	return tls != NULL && libpq_tls_pending != NULL && libpq_tls_pending(tls) > 0;
}

/* What the library has of the statement so far. */
static enum database_step read_on(struct driver_connection *connection, struct database_error *error)
{
	drop_result(connection);
	for (;;) {
		PGresult *result;

		if (libpq.PQisBusy(connection->pg)) {
			if (!has_more(connection))
				return DATABASE_WAIT;
			if (!libpq.PQconsumeInput(connection->pg))
				return lost(connection, error);
			continue;
		}
		result = libpq.PQgetResult(connection->pg);
		if (result == NULL) {
			return connection->failed ? DATABASE_FAILED : DATABASE_END;
		}
		switch (libpq.PQresultStatus(result)) {
		case PGRES_SINGLE_TUPLE:
			connection->result = result;
			return DATABASE_ROW;
		case PGRES_TUPLES_OK: /* all of them, or the end of them */
			connection->affected = strtoull(libpq.PQcmdTuples(result), NULL, 10);
			if (libpq.PQntuples(result) == 0)
				break;
			connection->result = result;
			return DATABASE_ROW;
		case PGRES_COMMAND_OK:
			connection->affected = strtoull(libpq.PQcmdTuples(result), NULL, 10);
			break;
		case PGRES_FATAL_ERROR:
			if (take_error(connection, result, error)) {
				libpq.PQclear(result);
				return DATABASE_LOST;
			}
			connection->failed = true;
			break;
		case PGRES_EMPTY_QUERY:
		case PGRES_COPY_OUT: /* we ask for none of these */
		case PGRES_COPY_IN:
		case PGRES_COPY_BOTH:
		case PGRES_BAD_RESPONSE:
		case PGRES_NONFATAL_ERROR:
		case PGRES_PIPELINE_SYNC:
		case PGRES_PIPELINE_ABORTED:
		default:
			libpq.PQclear(result);
			return lost(connection, error);
		}
		libpq.PQclear(result);
	}
}

static enum database_step send_statement(struct driver_connection *connection, const char *sql, size_t length,
                                         enum database_rows rows, struct database_error *error)
{
	int unsent;

	database_error_clear(error);
	if (memchr(sql, '\0', length) != NULL) { /* a name in a JSON path can have one; it would end the statement */
		error->status = STATUS_BAD_VALUE;
		error->place = 1; /* it is of what is asked */
		snprintf(error->text, sizeof(error->text), "the statement has a U+0000");
		return DATABASE_FAILED;
	}
	connection->failed = connection->typed = false;
	connection->affected = 0;
	/* The caller's text ends with its length, not with a NUL. */
	text_clear(&connection->bytes);
	text_add(&connection->bytes, sql, length);
	if (!libpq.PQsendQuery(connection->pg, text_terminate(&connection->bytes)) ||
	    (rows == DATABASE_ONE_BY_ONE && !libpq.PQsetSingleRowMode(connection->pg)) ||
	    (unsent = libpq.PQflush(connection->pg)) < 0)
		return lost(connection, error);
	connection->unsent = unsent > 0;
	return DATABASE_WAIT;
}

static enum database_step next(struct driver_connection *connection, struct database_error *error)
{
	if (connection->at + 1 < libpq.PQntuples(connection->result)) {
		connection->at++;
		return DATABASE_ROW;
	}
	return read_on(connection, error);
}

static enum database_step resume(struct driver_connection *connection, unsigned ready, struct database_error *error)
{
	int unsent;

	if (connection->connecting)
		return connect_on(connection, error);
	if (!libpq.PQconsumeInput(connection->pg))
		return lost(connection, error);
	if (connection->unsent && (ready & EPOLLOUT)) {
		if ((unsent = libpq.PQflush(connection->pg)) < 0)
			return lost(connection, error);
		connection->unsent = unsent > 0;
	}
	return read_on(connection, error);
}

static bool is_alive(struct driver_connection *connection)
{
	/* PQisBusy reads what came, which take_notice is told. */
	return libpq.PQconsumeInput(connection->pg) && libpq.PQstatus(connection->pg) == CONNECTION_OK &&
	       !libpq.PQisBusy(connection->pg) && !connection->ended;
}

/* The server tells of these whenever they change; a proxy may not tell of all. What a transaction changes for itself goes
 * with it: until then only what literals mean matters, the first two. */
static enum driver_session session(const struct driver_connection *connection, bool in_transaction)
{
	static const char *const values[][2] = {
		{ "standard_conforming_strings", "on" }, { "client_encoding", "UTF8" },    { "TimeZone", "UTC" },
		{ "DateStyle", "ISO, YMD" },             { "IntervalStyle", "postgres" },
	};

	for (size_t i = 0; i < (in_transaction ? 2 : sizeof(values) / sizeof(values[0])); i++) {
		const char *value = libpq.PQparameterStatus(connection->pg, values[i][0]);

		if (value != NULL && strcmp(value, values[i][1]) != 0)
			return SESSION_CHANGED;
	}
	if (in_transaction || libpq.PQtransactionStatus(connection->pg) == PQTRANS_IDLE)
		return SESSION_AS_SET_UP;
	return SESSION_CHANGED;
}

static const char *session_restore(const struct driver_connection *connection)
{
	(void)connection;
	return session_texts;
}

/* What waits for a replica (synchronous_standby_names) is committed: the server would end the wait with a warning. */
static bool kill_statement(const struct driver_connection *connection, unsigned n, bool spares_commit, struct text *sql)
{
	if (n > 0 || connection->since[0] == '\0')
		return false;
	text_printf(sql, "SELECT (SELECT pg_catalog.pg_cancel_backend(pid)::integer FROM pg_catalog.pg_stat_activity WHERE pid=%d"
	                 " AND " SINCE "=%s%s)", libpq.PQbackendPID(connection->pg), connection->since,
	            spares_commit ? " AND wait_event IS DISTINCT FROM 'SyncRep'" : "");
	return true;
}

/* --- Rows --- */

static void get_row(struct driver_connection *connection, struct row *row)
{
	unsigned count = (unsigned)libpq.PQnfields(connection->result);
	size_t digits = 0;

	if (!connection->typed)
		take_types(connection, count);
	for (unsigned i = 0; i < count; i++) {
		connection->lengths[i] = (unsigned long)libpq.PQgetlength(connection->result, connection->at, (int)i);
		digits += postgresql_row_is_bytes(connection->types[i]) ? connection->lengths[i] : 0;
	}
	text_clear(&connection->bytes);
	text_reserve(&connection->bytes, digits / 2 + 1); /* they stay where they are while the row is read */
	for (unsigned i = 0; i < count; i++) {
		connection->values[i] = NULL;
		if (connection->lengths[i] == 0 && libpq.PQgetisnull(connection->result, connection->at, (int)i))
			continue;
		connection->values[i] = libpq.PQgetvalue(connection->result, connection->at, (int)i);
		postgresql_row_convert(connection->types[i], &connection->values[i], &connection->lengths[i], &connection->bytes);
	}
	row->count = count;
	row->values = connection->values;
	row->lengths = connection->lengths;
}

static uint64_t affected(const struct driver_connection *connection)
{
	return connection->affected;
}

static uint64_t generated(const struct driver_connection *connection)
{
	(void)connection; /* RETURNING tells it */
	return 0;
}

static const struct database_traits *traits(const struct driver_connection *connection)
{
	static const struct database_traits all = { .returning = true, .returning_unread = true };

	(void)connection;
	return &all;
}

static const char *explain(const struct driver_connection *connection)
{
	(void)connection;
	return "EXPLAIN ";
}

static int descriptor(const struct driver_connection *connection)
{
	return connection->pg != NULL ? libpq.PQsocket(connection->pg) : -1;
}

static unsigned wants(const struct driver_connection *connection)
{
	if (connection->connecting)
		return connection->polling == PGRES_POLLING_WRITING ? EPOLLOUT : EPOLLIN;
	return EPOLLIN | (connection->unsent ? (unsigned)EPOLLOUT : 0);
}

/* The good-bye is not waited for; without one the socket is shut first, so that none is sent. */
static void close_connection(struct driver_connection *connection, bool polite)
{
	if (connection->pg != NULL) {
		if (!polite && descriptor(connection) >= 0)
			shutdown(descriptor(connection), SHUT_RDWR);
		libpq.PQclear(connection->result);
		libpq.PQfinish(connection->pg);
	}
	text_release(&connection->bytes);
	free(connection->types);
	free(connection->values);
	free(connection->lengths);
	free(connection);
}

static struct catalogue *catalogue_new(const struct driver_connection *connection,
                                       const struct table_choices *choices, const struct table_choices *writable,
                                       const struct schema *known)
{
	(void)connection;
	(void)known; /* the catalogue tells all types */
	return postgresql_catalogue_new(choices, writable);
}

const struct driver postgresql_driver = {
	.start = postgresql_library_start,
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
	.catalogue_statement = postgresql_catalogue_statement,
	.catalogue_row = postgresql_catalogue_row,
	.catalogue_failed = postgresql_catalogue_failed,
	.catalogue_finish = postgresql_catalogue_finish,
};
