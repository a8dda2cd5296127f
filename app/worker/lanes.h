/* SPDX-License-Identifier: MIT
 *
 * lanes.h: which requests take long, as all workers have learned it by their shapes (plan_shape.h), and how many workers run such
 * ones at once: never all of them, so that those that are short find a worker. In the page that all workers share
 * (metrics.h); knows no connection.
 */
#ifndef MYREST_LANES_H
#define MYREST_LANES_H

#include <stdbool.h>
#include <stdint.h>

enum { LANES_SLOW_US = 10000 }; /* what takes longer, on the average of the last ones, is slow */

/* So many workers may run what is slow (0: all but one); from the number of workers on there is nothing to be kept. */
void lanes_begin(long slow_workers, long workers);
bool lanes_are_kept(void);
bool lanes_is_slow(uint32_t shape); /* one that nobody has run yet is not */
void lanes_learn(uint32_t shape, int64_t us);
/* This worker would run what is slow, and has waited since then. false: as many do as may, or another worker has one that
 * has waited for longer. */
bool lanes_enter(int64_t waits_since_us);
/* What a worker runs. */
enum lane_mark {
	LANE_QUICK,
	LANE_SLOW,   /* it is known to take long, or does by now; or it is being ended */
	LANE_SETTLED, /* it has taken so long that it is condemned */
};

/* It runs something slow, whoever does so besides. */
void lanes_mark(enum lane_mark);
/* What it runs has taken so long by now, and is not over: others of its shape would have to wait for the same, for a row that
 * is locked perhaps. */
void lanes_condemn(uint32_t shape, int64_t us);
/* This worker's statement is of the shape; it is over, and has taken so long; it has so far, and is condemned. */
void lanes_begin_statement(uint32_t shape);
void lanes_end_statement(int64_t us);
void lanes_condemn_statement(int64_t us);
/* Whether a shape that is slow may be run as if it were not, since nobody has seen it to be so for a while: a machine that
 * stood still makes slow what is not, and where what is slow holds its lane for long, nobody would ever learn better. */
bool lanes_is_doubtful(uint32_t shape);
/* This worker does so: if it is in vain, nobody does for a longer time, up to some seconds. */
void lanes_doubt(uint32_t shape);
void lanes_leave(void);
/* Whether another one could be run by somebody. */
bool lanes_have_room(void);
/* Whether more workers run what is so slow than may: it was not known to be. The last whose statement is condemned is the
 * first to see it. */
bool lanes_are_overfull(enum lane_mark);
/* Whether something slow waits with another worker. */
bool lanes_others_wait(void);
/* Since when the one of this worker's that has waited for longest waits; 0: none does. */
void lanes_tell_waiting(int64_t since_us);

#endif
