/* SPDX-License-Identifier: MIT
 *
 * postgresql_connect.h: how a connection to PostgreSQL is begun, set up and ended, and what the driver knows of it.
 */
#ifndef MYREST_POSTGRESQL_CONNECT_H
#define MYREST_POSTGRESQL_CONNECT_H

#include "database/driver.h"
#include "postgresql/postgresql_library.h"

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

/* As driver.h has them. */
bool postgresql_connect_takes_name(const struct database_url *, const struct url_host *);
enum database_step postgresql_connect_begin(struct driver_connection **, const struct database_url *, const struct url_host *,
                                            const char *address, long timeout_s, struct database_error *);
bool postgresql_connect_setup(struct driver_connection *, unsigned n, long statement_timeout_s, struct text *sql);
void postgresql_connect_setup_row(struct driver_connection *, const struct row *);
const char *postgresql_connect_unfit(const struct driver_connection *);
const char *postgresql_connect_protection(const struct driver_connection *);
const char *postgresql_connect_session_restore(const struct driver_connection *);
bool postgresql_connect_kill(const struct driver_connection *, unsigned n, bool spares_commit, struct text *sql);

/* While it connects: its socket is ready. */
enum database_step postgresql_connect_go_on(struct driver_connection *, struct database_error *);
/* The library's own words, on one line. The connection is of no use any more. */
enum database_step postgresql_connect_lost(struct driver_connection *, struct database_error *);

#endif
