/* SPDX-License-Identifier: MIT
 *
 * accept.h: how connections come to a worker (the listening socket, the queue that all workers share), and how they
 * leave it for another one while a statement runs.
 */
#ifndef MYREST_ACCEPT_H
#define MYREST_ACCEPT_H

#include <stdbool.h>
#include <stdint.h>

enum { ACCEPT_TAKES = 32 }; /* how many at once, so that others get their turn */

/* It is not watched for any yet. most_connections: that may be open. */
void accept_begin(unsigned most_connections);
/* Whether a new connection, or one that was handed over, wakes the worker. */
bool accept_watches_listener(void);
bool accept_watches_queue(void);
/* Takes new connections from now on, when this worker is the one to do so; to be called before each wait. */
void accept_open(void);
void accept_close(void);
/* Somebody waits at an entrance: whether another worker should have them. */
bool accept_is_left_to_another(void);
void accept_new(void);     /* some of the listening socket's, up to the first that writes */
void accept_all(void); /* all of them */
void accept_take(int most);   /* from the queue */
/* A write starts, which nobody can share: until it is over new connections are left in the listening socket, where each
 * worker finds them. */
void accept_leave(void);
/* The database connection is free again: takes what was left there. */
void accept_accept_left(void);
/* Requests that wait go to other workers, with their connections. */
void accept_give_waiting(void);
/* The same of what is slow and cannot share a statement with the first, before this worker drains: mostly all do. */
void accept_share_slow(void);
/* A statement starts, and requests wait that cannot share it: half of them go to a worker that is idle, if that was not
 * done just now: giving all away with each of many short statements, they come back as fast as they go. */
void accept_some_are_left(void);
void accept_timers(int64_t now_us);
int64_t accept_deadline_us(void); /* when accept_timers has something to do; 0: nothing */

#endif
