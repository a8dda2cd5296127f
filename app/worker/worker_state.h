/* SPDX-License-Identifier: MIT
 *
 * worker_state.h: what the parts of a worker (ARCHITECTURE.md) know together. What one of them alone knows is a static of its
 * module, set by its _begin, and asked for. There is one worker in a process, and one thread in a worker.
 */
#ifndef MYREST_WORKER_STATE_H
#define MYREST_WORKER_STATE_H

#include "config/config.h"
#include "database/database.h"
#include "response/peer.h"
#include "web/handover.h"
#include "worker/batch.h"

/* In the epoll set, an event's data.ptr is a peer or the address of one of the first four members. */
struct worker {
	int listener;                    /* -1: closed */
	const struct handover *handover; /* the queue that all workers share */
	int signals;                     /* a signalfd */
	struct database *database;
	const struct config *config;
	struct peer_list peers[PEER_STATES];
	struct batch batch;
	int epoll;
	uint64_t round; /* of the loop: how many times it has waited for events */
	bool listener_is_tcp;
	bool draining, retiring; /* it leaves (drain.c); its connections go to its successors */
};

extern struct worker worker; /* worker_state.c */

#endif
