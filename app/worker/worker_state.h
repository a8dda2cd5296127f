/* SPDX-License-Identifier: MIT
 *
 * worker_state.h: what the parts of a worker (ARCHITECTURE.md) know together. There
 * is one worker in a process, and one thread in a worker.
 */
#ifndef MYREST_WORKER_STATE_H
#define MYREST_WORKER_STATE_H

#include "config/config.h"
#include "database/database.h"
#include "response/peer.h"
#include "web/handover.h"
#include "worker/batch.h"

/* A statement's requests may want to know how many rows there are: then it is several. */
enum statement_stage { STAGE_PLANNED, STAGE_BEGIN, STAGE_EXACT, STAGE_ROWS };

/* Why the worker has the server end the statement that runs. */
enum kill {
	KILL_NONE,
	KILL_ABANDONED, /* nobody waits for it any more */
	KILL_PUT_BACK,  /* more workers run what is slow than may: its requests go back to those that wait */
};

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
	/* statement, run_read, stream, kill; its requests are in peers[PEER_RUNNING] */
	bool slow_denied; /* something slow waits, though the connection is free */
	bool began_quick; /* it was not known to take long when it began, or that was doubted: */
	bool doubting;    /* it was known to, and has begun without its turn */
	enum statement_stage stage;
	struct slice sent; /* the statement of the batch that runs */
	bool in_transaction;     /* rows and their count, in one snapshot */
	bool ending_transaction; /* its COMMIT is under way; nobody waits for it, but the next statement does */
	struct peer *stream; /* the one request, when its answer streams */
	bool row_pending;    /* a row is there that has not been taken: the stream's reader is slow, or others' turn */
	bool row_unread;     /* the next row is not read from the database: the stream's reader is slow */
	enum kill killed;    /* the server has been told to end what runs */
	bool rows_dropped;   /* because of that: they cannot be answered with any more */
	int64_t kill_look_us; /* when it is next looked whether that has to be */
	bool discarding;     /* nobody wants the rows that are still to come */
	int64_t discarding_since_us;
};

extern struct worker worker; /* worker_state.c */

/* Whether nothing is taken from the database for now, though its statement runs. */
static inline bool worker_is_paused(void)
{
	return worker.row_pending || worker.row_unread;
}

#endif
