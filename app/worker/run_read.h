/* SPDX-License-Identifier: MIT
 *
 * run_read.h: the statement that a worker runs for the requests that share it: chosen, sent, its rows taken as they
 * come, its requests answered, or told why not. Asks the session for a connection, and never waits.
 */
#ifndef MYREST_RUN_READ_H
#define MYREST_RUN_READ_H

#include "database/database.h"

/* Chooses the oldest request that waits and all that may share its statement, and sends it. */
void statement_start(void);
/* Goes on from what the database said. */
void statement_step(enum database_step);
/* Takes rows until the database has to be waited for, the statement is over, the stream's reader falls behind, or
 * others should get their turn. */
void statement_take_rows(void);
/* Ends a pause: takes rows, or waits for the next one. */
void statement_go_on(void);
/* The stream's reader takes more. */
void statement_stream_writable(void);
/* Whether the stream's reader is so far behind that no more rows are to be read. */
bool statement_stream_is_ahead(void);
void statement_timers(int64_t now_us);
int64_t statement_deadline_us(void); /* when statement_timers has something to do; 0: nothing */

#endif
