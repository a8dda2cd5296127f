/* SPDX-License-Identifier: MIT
 *
 * run_read.h: the read that runs for the requests that share it: its statements sent, its rows taken as they come, its
 * requests answered, or told why not. Asks the session for a connection, and never waits.
 */
#ifndef MYREST_RUN_READ_H
#define MYREST_RUN_READ_H

#include "database/database.h"

void run_read_begin(void); /* none runs */
/* Begins what the batch asks for. */
void run_read_start(void);
/* Goes on from what the database said. */
void run_read_step(enum database_step);
/* Ends a pause: takes rows, or waits for the next one. */
void run_read_go_on(void);
/* The stream's reader takes more. */
void run_read_stream_writable(void);
/* Tries another host when no byte has come in time (MYREST_HEDGE_MS). */
void run_read_hedge(int64_t now_us);
void run_read_timers(int64_t now_us);
int64_t run_read_deadline_us(void); /* when these have something to do; 0: nothing */

#endif
