/* SPDX-License-Identifier: MIT
 *
 * run_write.h: the write that runs: one request, one transaction, whose statements follow from what the ones before gave.
 * Nothing is repeated but what surely was not done.
 *
 *   one statement that is all or nothing by itself: it alone. Otherwise
 *   BEGIN, [CLAIM the idempotency key], [LOCK the rows and look at them], WRITE, [SEEK the row that is there already,
 *   let the database JUDGE], [READ them back], [REMEMBER the answer], COMMIT; or ROLLBACK, when it is only tried, when
 *   something is at fault, and before it is tried again.
 */
#ifndef MYREST_RUN_WRITE_H
#define MYREST_RUN_WRITE_H

#include "database/database.h"
#include "response/peer.h"

void run_write_begin(void); /* none runs */
/* Begins the peer's write; it is among those that run. */
void run_write_start(struct peer *);
/* Whether one runs; then what the database says is for run_write_step. */
bool run_write_runs(void);
void run_write_step(enum database_step);
/* Whether nothing is kept of the one that runs if its statement is ended now; of a write of the table, before its COMMIT. */
bool run_write_may_be_killed(void);
bool run_write_is_undone(const struct table *);

#endif
