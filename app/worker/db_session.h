/* SPDX-License-Identifier: MIT
 *
 * db_session.h: a worker's one database connection: opened, opened again, described, and told to the metrics page. Runs
 * no statement of a request.
 */
#ifndef MYREST_DB_SESSION_H
#define MYREST_DB_SESSION_H

#include "database/database.h"

void session_open(void);
/* Goes on with opening or describing from what the database said. */
void session_step(enum database_step);
/* The connection is gone: the metrics page is told why. */
void session_lost(void);
/* Nothing runs: this worker may be given what others wait with. Before a client has its answer. */
void session_not_busy(void);
/* The statement, or all of a write, is over: what is learned of it. */
void session_done(void);
bool session_is_free(void); /* a statement could be sent */
/* Watches its descriptor for what it waits for; to be called before each wait. */
void session_watch(void);
/* A statement is being sent: from now on, who waits for too long is handed over. */
void session_busy(void);
void session_describe(void);
/* Whether the tables may be described again on a request's behalf: what stays broken is not to cost a description for
 * each request. */
bool session_may_describe(void);
void session_want_describe(void);
void session_timers(int64_t now_us);
int64_t session_deadline_us(void); /* when session_timers has something to do; 0: nothing */

#endif
