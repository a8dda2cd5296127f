/* SPDX-License-Identifier: MIT
 *
 * driver.h: what a client library has to do for database.c, without ever waiting. One file per library implements it
 * (mysql_driver.c, postgresql_driver.c). Every call that returns a step may return DATABASE_WAIT: then the descriptor is to be watched for what
 * `wants` says, and `resume` called when it is there.
 */
#ifndef MYREST_DRIVER_H
#define MYREST_DRIVER_H

#include "config/url.h"
#include "database/database.h"

struct driver_connection; /* a library's own */
struct catalogue;         /* a description under way (catalogue.h) */

enum driver_session {
	SESSION_AS_SET_UP,
	SESSION_UNSURE, /* something has been set in it, perhaps to what it was before */
	SESSION_CHANGED,
};

struct driver {
	/* Before any fork, and again when the configuration is read again; what fails is told by connect. */
	void (*start)(void);
	/* Whether the host's name goes to the library, which tries its addresses itself, because it verifies a certificate
	 * by it. */
	bool (*takes_name)(const struct database_url *, const struct url_host *);
	/* Starts to connect to the address of the host, which is numeric (or to the host itself, see takes_name); both NULL:
	 * to the socket. timeout_s bounds each wait of the library's own. Ends with DATABASE_OPEN. */
	enum database_step (*connect)(struct driver_connection **, const struct database_url *, const struct url_host *,
	                              const char *address, long timeout_s, struct database_error *);
	/* The n-th statement that prepares the session, from 0; false: there are no more. */
	bool (*setup)(struct driver_connection *, unsigned n, long statement_timeout_s, struct text *sql);
	void (*setup_row)(struct driver_connection *, const struct row *); /* that one of them gave */
	/* After them all: NULL, or why the server will not do, though it answers. */
	const char *(*unfit)(const struct driver_connection *);
	/* How the open connection is protected, in words; NULL: it is not. */
	const char *(*protection)(const struct driver_connection *);
	/* The text must stay until the step is another than DATABASE_WAIT. Ends with ROW, END, FAILED or LOST. */
	enum database_step (*send)(struct driver_connection *, const char *sql, size_t length, enum database_rows,
	                           struct database_error *);
	/* After ROW: the next one. */
	enum database_step (*next)(struct driver_connection *, struct database_error *);
	enum database_step (*resume)(struct driver_connection *, unsigned ready, struct database_error *);
	/* The server has said something, and nobody asked: whether the connection is still one. */
	bool (*is_alive)(struct driver_connection *);
	/* After a statement: whether the session is still as it was set up, by what the server says of it unasked. What the
	 * statement called can have changed it. */
	enum driver_session (*session)(const struct driver_connection *, bool in_transaction);
	/* The statement that asks where that is not enough: its row has one value, 1 if the session is as it was
	 * set up. NULL: SESSION_UNSURE is never said. */
	const char *(*session_check)(const struct driver_connection *);
	/* The statement that makes again what the server tells of, amid a transaction as well. */
	const char *(*session_restore)(const struct driver_connection *);
	/* The n-th statement, from 0, by which another session ends the statement that runs in this one and nothing else, as
	 * host_probe.h runs them; false: there are no more. Those before the last look whether it is this server, and still this
	 * session: an address may lead to several. spares_commit: as database.h has it. */
	bool (*kill)(const struct driver_connection *, unsigned n, bool spares_commit, struct text *sql);
	/* As database.h has them. */
	uint64_t (*affected)(const struct driver_connection *);
	uint64_t (*generated)(const struct driver_connection *);
	const struct database_traits *(*traits)(const struct driver_connection *);
	/* How the statement begins that tells a plan with its guess of rows and of their part that remains (filtered). */
	const char *(*explain)(const struct driver_connection *);
	/* After ROW, until the next call. */
	void (*row)(struct driver_connection *, struct row *);
	int (*descriptor)(const struct driver_connection *); /* -1: none yet */
	unsigned (*wants)(const struct driver_connection *); /* EPOLLIN, EPOLLOUT */
	/* Never waits; polite says good-bye to the server, which only an idle connection may. */
	void (*close)(struct driver_connection *, bool polite);

	/* Description: statements whose rows fill a schema. known: the one that was had last, which must outlive it;
	 * NULL: none. */
	struct catalogue *(*catalogue_new)(const struct driver_connection *, const struct table_choices *,
	                                   const struct table_choices *writable, const struct schema *known);
	/* False: there are no more. With DATABASE_COLUMNS the rows are the columns of the result, each its name and, when the
	 * server says that it holds JSON, "json" (otherwise NULL). */
	bool (*catalogue_statement)(struct catalogue *, struct text *sql, enum database_rows *);
	void (*catalogue_row)(struct catalogue *, const struct row *);
	/* The server refused the statement. True: what it was about is described as untold, and the next may be sent; false:
	 * nothing comes of the description. */
	bool (*catalogue_failed)(struct catalogue *, const struct database_error *);
	/* Ends it. What MYREST_TABLES names and is not there is written into missing. NULL schema: abandoned. */
	struct schema *(*catalogue_finish)(struct catalogue *, bool abandon, char *missing, size_t size);
};

#endif
