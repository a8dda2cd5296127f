/* SPDX-License-Identifier: MIT */
#include "postgresql/postgresql_connect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"

/* What the server says unasked is for nobody's eyes; only its good-bye matters. */
static void take_notice(void *argument, const PGresult *notice)
{
	struct driver_connection *connection = argument;
	const char *severity = libpq.PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);

	if (severity != NULL && (strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0))
		connection->ended = true;
}

/* libpq takes the addresses beside the name, which it verifies a certificate by. */
bool postgresql_connect_takes_name(const struct database_url *url, const struct url_host *host)
{
	(void)url;
	(void)host;
	return false;
}

enum database_step postgresql_connect_lost(struct driver_connection *connection, struct database_error *error)
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

enum database_step postgresql_connect_begin(struct driver_connection **made, const struct database_url *url,
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
		return postgresql_connect_lost(connection, error);
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
		return postgresql_connect_lost(connection, error);
	libpq.PQsetNoticeReceiver(connection->pg, take_notice, connection);
	connection->connecting = true;
	connection->polling = PGRES_POLLING_WRITING;
	return DATABASE_WAIT;
}

enum database_step postgresql_connect_go_on(struct driver_connection *connection, struct database_error *error)
{
	connection->polling = libpq.PQconnectPoll(connection->pg);
	switch (connection->polling) {
	case PGRES_POLLING_FAILED:
		return postgresql_connect_lost(connection, error);
	case PGRES_POLLING_OK:
		break;
	case PGRES_POLLING_READING:
	case PGRES_POLLING_WRITING:
	case PGRES_POLLING_ACTIVE:
		return DATABASE_WAIT;
	}
	connection->connecting = false;
	if (libpq.PQsetnonblocking(connection->pg, 1) != 0)
		return postgresql_connect_lost(connection, error);
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

bool postgresql_connect_setup(struct driver_connection *connection, unsigned n, long statement_timeout_s, struct text *sql)
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

void postgresql_connect_setup_row(struct driver_connection *connection, const struct row *row)
{
	if (row->count >= 2 && row->values[1] != NULL)
		connection->read_only = strcmp(row->values[1], "on") == 0;
	if (row->count == SETTINGS && row->values[SETTINGS - 1] != NULL)
		snprintf(connection->since, sizeof(connection->since), "%s", row->values[SETTINGS - 1]);
}

const char *postgresql_connect_unfit(const struct driver_connection *connection)
{
	return connection->read_only && connection->target == URL_TARGET_WRITABLE ? "the server is read-only" : NULL;
}

const char *postgresql_connect_protection(const struct driver_connection *connection)
{
	return connection->protection[0] != '\0' ? connection->protection : NULL;
}

const char *postgresql_connect_session_restore(const struct driver_connection *connection)
{
	(void)connection;
	return session_texts;
}

/* What waits for a replica (synchronous_standby_names) is committed: the server would end the wait with a warning. */
bool postgresql_connect_kill(const struct driver_connection *connection, unsigned n, bool spares_commit, struct text *sql)
{
	if (n > 0 || connection->since[0] == '\0')
		return false;
	text_printf(sql, "SELECT (SELECT pg_catalog.pg_cancel_backend(pid)::integer FROM pg_catalog.pg_stat_activity WHERE pid=%d"
	                 " AND " SINCE "=%s%s)", libpq.PQbackendPID(connection->pg), connection->since,
	            spares_commit ? " AND wait_event IS DISTINCT FROM 'SyncRep'" : "");
	return true;
}
