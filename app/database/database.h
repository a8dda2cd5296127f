/* SPDX-License-Identifier: MIT
 *
 * database.h: one connection to the database named by DATABASE_URL, driven by the caller's event loop: nothing here ever
 * waits, not for a connection, not for a name, not for a row. Knows no HTTP.
 *
 * The life of a connection: database_open, WAIT and database_resume until OPEN; then any number of statements, each
 * database_send, (WAIT, ROW, database_next)*, END or FAILED; LOST can come at any moment, after which only
 * database_open is possible.
 */
#ifndef MYREST_DATABASE_H
#define MYREST_DATABASE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "config/config.h"
#include "schema/table.h"

enum database_step {
	DATABASE_WAIT,   /* watch database_descriptor for database_wants, then database_resume */
	DATABASE_OPEN,   /* the connection is open, prepared and described */
	DATABASE_ROW,    /* database_row has it */
	DATABASE_END,    /* the statement is over */
	DATABASE_FAILED, /* the statement failed, the connection lives: database_error */
	DATABASE_LOST,   /* there is no connection (any more): database_error */
};

struct database_error {
	enum status status;  /* how a client is told */
	unsigned number;     /* the server's own, or the client library's */
	char state[8];       /* PostgreSQL: its SQLSTATE; otherwise empty */
	bool schema_changed; /* a table or column of the description is not there */
	bool snapshot_old;   /* the table has got another form since the transaction began: in another one it can be read */
	bool not_run;        /* the statement certainly did not run, though the connection is lost */
	bool referenced;     /* of a foreign key: other rows refer to the one that would change */
	struct slice subject; /* in the text: the column, key or constraint it is about; no bytes: it names none */
	/* Of a duplicate, as the server writes them, those of the row that was refused. MySQL has them in the text.
	 * PostgreSQL: (a, b)=(1, 2). No bytes: it does not tell, or they are too long. */
	struct slice values;
	uint64_t row;        /* of those that were written, from 1; 0: it does not say */
	size_t place;        /* in the statement: the literal it is about, in characters from 1; 0: it does not say */
	char text[512];      /* the driver's words, for the log only */
	char detail[1024];   /* that the values are in; never for the log */
};

/* No error, as every statement begins. Zeroing the texts would cost each of them more than all the rest of it. */
static inline void database_error_clear(struct database_error *error)
{
	memset(error, 0, offsetof(struct database_error, text));
	error->text[0] = error->detail[0] = '\0';
}

/* What the server can do that others cannot. */
struct database_traits {
	bool returning; /* INSERT … RETURNING */
	bool returning_unread; /* which asks for no right to read what is written and not returned */
	bool fault_row; /* the next two statements tell which row of an INSERT was at fault */
	uint64_t statement_bytes; /* the most that a statement may have; 0: nothing is known of a limit */
};

/* What a client is told in details when its statement has more than statement_bytes. */
#define STATEMENT_TOO_LONG "The statement that it makes is longer than the database server takes."

/* Sent right after the INSERT that failed; the second gives one row of one value. */
#define DATABASE_KEEP_FAULT_ROW "GET DIAGNOSTICS CONDITION 1 @myrest_row=ROW_NUMBER"
#define DATABASE_TELL_FAULT_ROW "SELECT @myrest_row"

/* How the rows of a statement are to come: where the client library can hold them all at once, that is cheaper, and is for
 * those that are few and small. */
enum database_rows {
	DATABASE_ONE_BY_ONE,
	DATABASE_AT_ONCE,
	DATABASE_COLUMNS, /* of a description: none of its rows, but one for each column of the result, as driver.h says */
};

struct database;

/* Before any fork: what the client library does once. */
void database_start(const struct config *);

/* place: of the worker among all, from 0: with target=any each begins with another host. */
struct database *database_new(const struct config *, unsigned place);
void database_free(struct database *);

/* Tries the hosts one after the other, from another than the one that was lost, until one will do. */
enum database_step database_open(struct database *) MUST_CHECK;
/* The SQL text must stay until the statement is over. */
enum database_step database_send(struct database *, const char *sql, size_t length, enum database_rows) MUST_CHECK;
enum database_step database_next(struct database *) MUST_CHECK;
/* After a while in which nothing was taken from the connection: the limits of time begin anew. */
void database_go_on(struct database *);
/* ready: EPOLLIN, EPOLLOUT as they came; 0 when only the deadline has passed. LOST may come without any statement. */
enum database_step database_resume(struct database *, unsigned ready) MUST_CHECK;
/* Describes the tables again on an open, idle connection; ends like database_open. */
enum database_step database_describe(struct database *) MUST_CHECK;
/* Has the server end the statement that runs, by another connection to the same host, which counts among those that it
 * allows. The statement ends as FAILED then, or as it would have; nothing else is sent on this connection before it is known
 * which. Whoever gives the connection up first has it ended all the same. spares_commit: not where a change is made and waits to
 * be kept by other servers as well, for which an end would only mean that it is told to be kept before it is. false: none
 * runs, or it is under way already. */
bool database_kill(struct database *, bool spares_commit);
/* Whether the last one is over and has ended nothing. */
bool database_kill_failed(const struct database *);
/* Of an open, idle connection: whether the next statement could be ended, as far as is known. */
bool database_may_kill(struct database *);
/* Gives the connection up, whatever it is doing; the next one is to the same host, if that can be had. */
void database_drop(struct database *);
/* The same, and the next one is to another host, if there is one. why becomes the error's text. */
void database_leave_host(struct database *, const char *why);

bool database_is_open(const struct database *);
unsigned database_host_count(const struct database *); /* at least 1 */
bool database_wants_writable(const struct database *); /* target=writable */
/* Of the connection, open or under way: "db2:3306", "socket"; how it is protected, NULL: it is not. */
const char *database_host(const struct database *);
const char *database_protection(const struct database *);
int database_descriptor(const struct database *); /* -1: none */
unsigned database_wants(const struct database *);
int64_t database_deadline_us(const struct database *); /* when database_resume has to be called at the latest; or 0 */
void database_row(struct database *, struct row *);
/* After END of a statement that writes: the rows that it found (not only those that it changed), and the id that it
 * generated; 0: none. An INSERT counts the rows that it has added, unless it changes others (a merge). */
uint64_t database_affected(const struct database *);
uint64_t database_generated(const struct database *);
const struct database_traits *database_traits(const struct database *); /* of an open connection */
const char *database_explain(const struct database *); /* how EXPLAIN begins, on an open connection */
const struct database_error *database_error(const struct database *);

/* The newest description; NULL: none yet. It stays valid until database_forget_old is called after the next one came. */
const struct schema *database_schema(const struct database *);
void database_forget_old(struct database *);
/* The server has refused to lock the table: it is not asked again until the tables are described anew. */
void database_forget_lock(struct database *, const struct table *);
/* What MYREST_TABLES names and is not there, or not for the account; empty when all is there. */
const char *database_missing(const struct database *);

#endif
