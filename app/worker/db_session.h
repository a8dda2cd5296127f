/* SPDX-License-Identifier: MIT
 *
 * db_session.h: a worker's one database connection: opened, opened again, described, and told to the metrics page. Runs
 * no statement of a request.
 */
#ifndef MYREST_DB_SESSION_H
#define MYREST_DB_SESSION_H

#include "database/database.h"

/* Nothing is open yet. notify: a pipe of which one byte is written when the first attempt is over; -1: it is not to be. */
void db_session_begin(int notify);
bool db_session_was_tried(void); /* the first attempt is over */
void db_session_open(void);
/* The connection was lost under way: the pauses between attempts begin anew. */
void db_session_open_at_once(void);
bool db_session_is_opening(void);
bool db_session_is_describing(void);
/* Goes on with opening or describing from what the database said. */
void db_session_step(enum database_step);
/* The connection is gone: the metrics page is told why. */
void db_session_lost(void);
/* Nothing runs: this worker may be given what others wait with. Before a client has its answer. */
void db_session_not_busy(void);
/* The statement, or all of a write, is over: what is learned of it. */
void db_session_done(void);
bool db_session_is_free(void); /* a statement could be sent */
/* The end of a transaction is under way: nobody waits for it, but the next statement does. */
void db_session_set_reserved(bool);
bool db_session_is_reserved(void);
/* Watches its descriptor for what it waits for; to be called before each wait. paused: nothing is taken from it for now. */
void db_session_watch(bool paused);
/* A statement is being sent: from now on, who waits for too long is handed over. */
void db_session_busy(void);
int64_t db_session_statement_since_us(void); /* when that was, last */
void db_session_describe(void);
/* Whether the tables may be described again on a request's behalf: what stays broken is not to cost a description for
 * each request. */
bool db_session_may_describe(void);
void db_session_want_describe(void);
bool db_session_wants_describe(void); /* they are to be, before the next statement */
void db_session_timers(int64_t now_us);
int64_t db_session_deadline_us(void); /* when db_session_timers has something to do; 0: nothing */

#endif
