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
#include "postgresql/postgresql_catalogue.h"
#include "postgresql/postgresql_connect.h"
#include "postgresql/postgresql_fault.h"
#include "postgresql/postgresql_library.h"
#include "postgresql/postgresql_row.h"

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
				return postgresql_connect_lost(connection, error);
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
			return postgresql_connect_lost(connection, error);
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
		snprintf(error->text, sizeof(error->text), "the statement contains U+0000");
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
		return postgresql_connect_lost(connection, error);
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
		return postgresql_connect_go_on(connection, error);
	if (!libpq.PQconsumeInput(connection->pg))
		return postgresql_connect_lost(connection, error);
	if (connection->unsent && (ready & EPOLLOUT)) {
		if ((unsent = libpq.PQflush(connection->pg)) < 0)
			return postgresql_connect_lost(connection, error);
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
	.takes_name = postgresql_connect_takes_name,
	.connect = postgresql_connect_begin,
	.setup = postgresql_connect_setup,
	.setup_row = postgresql_connect_setup_row,
	.unfit = postgresql_connect_unfit,
	.protection = postgresql_connect_protection,
	.send = send_statement,
	.next = next,
	.resume = resume,
	.is_alive = is_alive,
	.session = session,
	.session_restore = postgresql_connect_session_restore,
	.kill = postgresql_connect_kill,
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
