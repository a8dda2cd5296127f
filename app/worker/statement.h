/* SPDX-License-Identifier: MIT
 *
 * statement.h: what runs on the database connection: chosen among the requests that wait, a read for all that may share it, or
 * a write; what the database says, and what the clock, goes to the one that runs.
 */
#ifndef MYREST_STATEMENT_H
#define MYREST_STATEMENT_H

#include "database/database.h"

void statement_begin(void); /* none runs */
/* Chooses the oldest request that may begin and all that may share its statement, and begins it. */
void statement_start(void);
/* Whether what waits is slow and has to wait for its turn, though the connection is free. */
bool statement_waits_for_turn(void);
/* Goes on from what the database said. */
void statement_step(enum database_step);
/* Tells the others since when something slow waits here, and could begin, here or there (lanes.h). */
void statement_tell_slow(void);
void statement_timers(int64_t now_us);
int64_t statement_deadline_us(void); /* when statement_timers has something to do; 0: nothing */

#endif
