/* SPDX-License-Identifier: MIT
 *
 * entrance.h: how connections come to a worker (the listening socket, the queue that all workers share), and how they
 * leave it for another one while a statement runs.
 */
#ifndef MYREST_ENTRANCE_H
#define MYREST_ENTRANCE_H

#include <stdbool.h>
#include <stdint.h>

enum { ENTRANCE_ACCEPTS = 16, ENTRANCE_TAKES = 32 }; /* how many at once, so that others get their turn */

/* Takes new connections from now on, when this worker is the one to do so; to be called before each wait. */
void entrance_open(void);
void entrance_close(void);
void entrance_accept(int most); /* from the listening socket */
void entrance_take(int most);   /* from the queue */
/* What has come but not been consumed is still in the sockets, where another worker finds it. */
void entrance_give_unread(void);
void entrance_timers(int64_t now_us);
int64_t entrance_deadline_us(void); /* when entrance_timers has something to do; 0: nothing */

#endif
