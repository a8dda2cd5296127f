/* SPDX-License-Identifier: MIT
 *
 * absence.h: how long the worker has been without a database connection, and what becomes of its requests meanwhile.
 * db_session.c tells it; whoever has requests asks.
 */
#ifndef MYREST_ABSENCE_H
#define MYREST_ABSENCE_H

#include <stdbool.h>
#include <stdint.h>

/* What becomes of requests that need the database connection while there is none. */
enum patience {
	PATIENCE_FRESH, /* they wait for it */
	PATIENCE_SPENT, /* they go to a worker that has one, or else wait */
	PATIENCE_OVER,  /* they go to a worker that has one, or else are refused */
};

void absence_reset(void); /* as a worker begins: no connection has been opened or lost */
void absence_begin(void); /* there is no connection; said again, it goes on */
/* There is one. */
void absence_end(void);
/* Of an absence that goes on. */
void absence_set_patience(enum patience);
enum patience absence_patience(void);
bool absence_is_on(void);
int64_t absence_since_us(void); /* 0: there is a connection */
int64_t absence_ended_us(void); /* when the last one was over; 0: none has been */

#endif
