/* SPDX-License-Identifier: MIT
 *
 * peer_list.h: a worker's connections from the web server: the list each is in, from its admission to its end; the request
 * on it, planned and answered or put among those that wait. Runs no statement.
 */
#ifndef MYREST_PEER_LIST_H
#define MYREST_PEER_LIST_H

#include "response/peer.h"
#include "web/handover.h"

void peer_list_begin(void); /* the lists are empty */
void peer_list_end(void);   /* frees those that are left */
unsigned peer_list_count(void); /* how many connections are open */
struct peer *peer_list_admit(const struct handover_item *); /* takes the connection, which is still to be watched */
void peer_list_move(struct peer *, enum peer_state);
/* Watches it for these events (EPOLLIN, EPOLLOUT) and the hang-up, and reports again what is there already. */
bool peer_list_watch(struct peer *, unsigned events);
/* The one that has been answered and is not watched yet, NULL: none is; looks at it, and has it watched. */
const struct peer *peer_list_unwatched(void);
void peer_list_settle(void);
void peer_list_hang_up(struct peer *); /* the peer stays in memory until peer_list_free_closed */
void peer_list_free_closed(void);
/* Whether somebody waits for the answer, when its turn has come; asks the socket where the event loop has not looked yet
 * since it is watched. Whether these events say that nobody does. */
bool peer_list_still_waits(const struct peer *);
bool peer_list_has_left(const struct peer *, unsigned events);
void peer_list_abandon(struct peer *); /* hangs up, and counts it */
/* It waits again, to be run once more; alone: without sharing. */
void peer_list_run_again(struct peer *, bool alone);
/* What it asked for was ended, and it waits for another turn. */
void peer_list_put_back(struct peer *);
/* From MYREST_QUEUE_MS on it is refused. */
void peer_list_limit_wait(const struct peer *);
/* Whether one that waits may have done so for too long; then those that go on waiting are to be limited again. */
bool peer_list_take_overdue(int64_t now_us);
/* Whether it takes long, as far as is known, and has to wait for its turn with the others that do (lanes.h). */
bool peer_list_is_slow(const struct peer *);

/* Looks at those that have bytes which nobody has looked at yet. */
void peer_list_look_again(void);
/* Something has come: a request is planned and waits, or is answered at once. */
void peer_list_look_at(struct peer *);
/* Plans those that wait once more: the tables have another description. */
void peer_list_plan_again(void);
/* The answer stands in the peer: writes as much of it as can be, and goes on when more can be. */
void peer_list_write_on(struct peer *);
/* There is no database connection: those that wait go to a worker that has one, as far as they can. */
void peer_list_pass_on_waiting(void);
/* The same, and the others are told so. */
void peer_list_refuse_waiting(void);

/* Gives the connection to whichever worker takes it next, and counts it (metrics.h). false: it stays. */
bool peer_list_give_away(struct peer *, _Atomic uint64_t *cause);
/* An idle connection of a worker that leaves: handed over, or looked at for the last time and closed. */
void peer_list_part_with(struct peer *);
/* There is a connection again, and was none since then: the wait for it does not count. */
void peer_list_have_waited_for_nobody(int64_t gone_since_us);
/* Closes those of a list that is in the order of deadlines whose time has passed. */
void peer_list_expire(enum peer_state, int64_t now_us);
int64_t peer_list_deadline_us(void); /* when peer_list_expire or shed_overdue (shed.h) has something to do; 0: nothing */

#endif
