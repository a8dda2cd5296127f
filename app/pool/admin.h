/* SPDX-License-Identifier: MIT
 *
 * admin.h: the operator's plain HTTP: /live, /ready, /metrics, from a process of its own, so that it answers when every
 * worker is busy. It reads the metrics page and touches nothing else, never the database.
 */
#ifndef MYREST_ADMIN_H
#define MYREST_ADMIN_H

#include "base/metrics.h"
#include "config/config.h"

/* Serves the listening socket until TERM, INT or QUIT, which must be blocked; answers the exit status. */
int admin_run(const struct config *, int listener, struct metrics *);

#endif
