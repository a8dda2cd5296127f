/* SPDX-License-Identifier: MIT
 *
 * statement_kill.h: another session ends the statement that runs in this one (driver.h's kill).
 */
#ifndef MYREST_STATEMENT_KILL_H
#define MYREST_STATEMENT_KILL_H

#include "database/host_probe.h"

/* Zeroes: nothing is ended. */
struct statement_kill {
	struct host_probe probe;
	bool is_ours;       /* it is of the present connection, not of one that was given up meanwhile */
	bool failed;        /* the last one; it has ended nothing */
	unsigned failures;  /* of the present connection, in a row; */
	int64_t failed_us;  /* the last one */
	int64_t look_us;    /* when it is looked at again */
};

/* false: one is under way, or the server has not told what it takes. */
bool statement_kill_begin(struct statement_kill *, const struct host_probe_place *, const struct driver_connection *,
                          bool spares_commit);
/* Looks at it; what it says is logged where it has ended nothing. Whatever it says but PROBE_WAITS, it is over. */
enum host_probe_says statement_kill_look(struct statement_kill *, int64_t now_us);
/* Whether another one might not be refused, as the last ones were. */
bool statement_kill_may_try(const struct statement_kill *);

#endif
