/* SPDX-License-Identifier: MIT
 *
 * balance.h: which worker should have a connection: whether new ones are left to another worker, idle ones go to it, and
 * those that wait go to one that is idle; when a busy worker looks at the entrances (accept.h). It decides by the metrics
 * page and the clock, and touches no connection.
 */
#ifndef MYREST_BALANCE_H
#define MYREST_BALANCE_H

#include <stdbool.h>
#include <stdint.h>

void balance_begin(void); /* nothing is known yet */
/* Whether there is another worker to hand over to: while all drain, each keeps what it has. */
bool balance_has_siblings(void);
/* This worker has more to do than it can do at once: the others leave nothing to it for a while. */
void balance_tell_strained(int64_t now_us);

/* Somebody waits at an entrance: whether a worker in a lower slot, which keeps up, is to have it. Not longer than for a
 * moment, and not again right after that: the kernel may have told this worker alone. */
bool balance_leaves_to_senior(void);
/* Whether the entrances are still left to it. */
bool balance_is_aside(void);

enum balance_look {
	LOOK_NONE,
	LOOK_OWED,   /* at all entrances: whoever was left to another worker and is still there */
	LOOK_UNTOLD, /* at those that are watched: the kernel may have told a worker that had no room, or has ended since */
};

/* Which look at the entrances is due, which is then taken to be made. watches: this worker watches one. */
enum balance_look balance_take_look(int64_t now_us, bool watches);
int64_t balance_aside_deadline_us(void); /* when the entrances are no longer left to another worker; 0: they are not */

/* A connection has nothing to do: whether it goes to a worker that has room, one at a time, so that its load is seen to
 * grow. Where few workers serve all connections more requests meet, and share a statement. */
bool balance_may_regroup(void);
/* Whether the loop takes nearly all of a processor while another worker is idle; to be asked while it has something to do. */
bool balance_is_overloaded(int64_t now_us);

/* A statement is being sent: from now on whoever waits for too long goes to another worker. */
void balance_statement_sent(int64_t now_us);
/* It has just been sent, and requests wait that cannot share it: whether half of them go to a worker that is idle. */
bool balance_may_share(void);
/* When those that wait for it are to be given away; then whether they are, and how many workers are idle. */
int64_t balance_hand_over_us(void);
bool balance_may_hand_over(int64_t now_us, unsigned *idle);

/* When a busy worker looks for those at the entrances that wait for too long; then whether it does, since no other worker
 * would. */
int64_t balance_look_us(void);
bool balance_may_look(int64_t now_us);
/* It has looked at the listening socket: whether all that wait there are let in. */
bool balance_lets_in_crowd(bool somebody_waits, int64_t now_us);

#endif
