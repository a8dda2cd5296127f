/* SPDX-License-Identifier: MIT
 *
 * kill.h: the statement that runs is ended before it is over: nobody waits for it any more, or it is one too many of those
 * that take long. Another session ends it (database_kill).
 */
#ifndef MYREST_KILL_H
#define MYREST_KILL_H

#include <stdbool.h>
#include <stdint.h>

/* Why the worker has the server end the statement that runs. */
enum kill {
	KILL_NONE,
	KILL_ABANDONED, /* nobody waits for it any more */
	KILL_PUT_BACK,  /* more workers run what is slow than may: its requests go back to those that wait */
};

/* With which right a statement has begun. */
enum turn {
	TURN_QUICK,   /* it was not known to take long */
	TURN_SLOW,    /* it was, and had its turn */
	TURN_DOUBTED, /* it was, and has begun without its turn, as if it were quick */
};

/* One is being sent, for all that the batch has. */
void kill_begin_statement(enum turn, int64_t now_us);
bool kill_is_doubted(void); /* it has begun without its turn */
enum kill kill_reason(void); /* why it is being ended */
/* Of one that is to be put back: its rows cannot be answered with any more. */
void kill_drop_rows(void);
/* The statement of a write that was to be ended was over before; the next one is looked at anew. */
void kill_look_at_next(void);
/* Has the server end what runs. false: it cannot. */
bool kill_statement(enum kill);
/* It was to be ended, and the server has not been told so: it goes on as if nothing had been. */
void kill_look_whether_spared(void);
/* may_kill: nothing is kept of the one that runs; may_put_back: nor has anything been answered. */
void kill_timers(int64_t now_us, bool may_kill, bool may_put_back);
int64_t kill_deadline_us(void); /* when kill_timers has something to do; 0: nothing */

#endif
