/* SPDX-License-Identifier: MIT
 *
 * worker.h: one worker process: an event loop over the web server's connections and one database connection. It gathers
 * the requests that have come, plans them, runs a statement for those that may share it, answers, and gives away what
 * would have to wait for a slow statement. It never waits anywhere but in epoll_wait(2).
 */
#ifndef MYREST_WORKER_H
#define MYREST_WORKER_H

#include <signal.h>

#include "config/config.h"
#include "web/handover.h"

/* The signal by which the supervisor retires a worker: its connections go to the other workers, then it leaves. */
#define WORKER_RETIRE SIGUSR2

/* Runs until it has drained after TERM, INT or QUIT, or has been retired; answers the exit status. place: among the
 * workers, from 0. notify: a pipe of which one byte is written when the first attempt at the database is over. The
 * signals must be blocked. */
int worker_run(const struct config *, unsigned place, int listener, const struct handover *, int notify);

/* The parts of it: all is there, and no connection yet (false: it cannot be); one turn of the loop, which may wait (false: it
 * was the last one); the end. */
bool worker_begin(const struct config *, unsigned place, int listener, const struct handover *, int notify) MUST_CHECK;
bool worker_turn(void);
void worker_end(void);

#endif
