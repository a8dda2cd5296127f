/* SPDX-License-Identifier: MIT
 *
 * watchdog.h: whether the workers' loops turn. Nothing in a worker ever waits but its loop, which turns once a second when
 * there is nothing to do; so one that does not is stopped, or held up in a library, and so is all that it has taken. Looks
 * are counted, not time: who looks may have been stopped as well.
 */
#ifndef MYREST_WATCHDOG_H
#define MYREST_WATCHDOG_H

#include "base/metrics.h"

enum {
	WATCHDOG_LOOK_US = 1000000, /* between two looks */
	WATCHDOG_HANGS = 3,         /* looks without a turn after which it is said */
};

/* What was seen of a worker. */
struct watchdog {
	uint64_t turns;
	unsigned looks; /* since it has turned */
};

/* One look at it; the number of looks in a row that have found no turn. */
unsigned watchdog_look(struct watchdog *, const struct metrics_slot *);

#endif
