/* SPDX-License-Identifier: MIT
 *
 * metrics.h: the counters and states of the pool, in one page that all of its processes share. Each slot has one
 * writer at a time, the worker that holds it (of `hangs`: the supervisor); readers may see it a moment late, never
 * torn. Counters outlive the worker: its successor goes on counting in the same slot.
 */
#ifndef MYREST_METRICS_H
#define MYREST_METRICS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "text.h"

enum { METRICS_SLOTS = 514 }; /* two generations of at most 256 workers, the supervisor, the admin process */

/* Where a worker stands with its database. */
enum worker_state { WORKER_NONE, WORKER_STARTING, WORKER_READY, WORKER_AWAY, WORKER_LEAVING };

/* X(name, Prometheus type, help) */
#define METRICS_COUNTERS(X) \
	X(requests, "requests answered") \
	X(requests_failed, "requests answered with a status of 500 or above") \
	X(requests_merged, "requests answered from a statement that they shared with another request") \
	X(statements, "statements sent to the database on behalf of requests") \
	X(requests_abandoned, "requests dropped because nobody waited for them any more when their turn came") \
	X(statements_killed, "statements that the database was told to end because nobody waited for them any more") \
	X(requests_shed, "requests refused because they had waited for a worker for too long (MYREST_QUEUE_MS)") \
	X(rows, "rows read from the database") \
	X(handovers, "connections given to another worker because a statement was running") \
	X(regroupings, "connections given to another worker because it has room, or because this one has too much to do") \
	X(connections, "connections accepted from the web server") \
	X(protocol_errors, "connections closed because of what they sent, or did not send in time") \
	X(database_connects, "connections opened to the database") \
	X(database_losses, "connections to the database that were lost or could not be opened") \
	X(log_lines_dropped, "log lines dropped because nobody read them in time")

struct metrics_slot {
	_Alignas(64) _Atomic int32_t state; /* enum worker_state */
	_Atomic int32_t pid;                /* 0: free */
	_Atomic uint64_t turns;             /* of its loop, one a second at least: what does not turn hangs */
	_Atomic int32_t hangs;              /* the supervisor has seen no turn for a while, and says so here */
	_Atomic int64_t busy_since_us;      /* when its statement was sent (clock.h); 0: none runs */
	_Atomic int64_t strained_us;        /* when it last had more to do than it could do at once (clock.h); 0: never */
	char reason[1024];                  /* why it is away, one line without secrets; may be torn, never unterminated */
#define X(name, help) _Atomic uint64_t name;
	METRICS_COUNTERS(X)
#undef X
};

struct metrics {
	_Atomic uint64_t worker_restarts;
	_Atomic uint64_t worker_hangs;
	_Atomic uint64_t reloads;
	_Atomic int32_t draining;
	_Atomic int32_t workers; /* how many there should be */
	_Atomic int32_t used;    /* slots, from the first one, that have ever had a process */
	struct metrics_slot slots[METRICS_SLOTS];
};

/* Adds to a counter that only this process writes. */
#define METRICS_ADD(counter, n) \
	atomic_store_explicit(&(counter), atomic_load_explicit(&(counter), memory_order_relaxed) + (n), \
	                      memory_order_relaxed)

/* Maps the page; call it once, before any fork. NULL and errno when there is no memory. */
struct metrics *metrics_open(void);

/* The page, and the slot that this process writes to; metrics_open and pool.c set them. */
extern struct metrics *metrics_page; /* NULL: metrics_open has not been called */
extern struct metrics_slot *metrics_own;

/* How many workers are ready and do not hang; when none is and reason is not NULL, *reason is why (static memory). */
int metrics_ready(struct metrics *, const char **reason);
/* Whether another worker than this process's has a database connection that seems to work (no statement has been running
 * on it for a second); whether it could run a statement at once. */
bool metrics_ready_sibling(void);
bool metrics_idle_sibling(void);
unsigned metrics_idle_siblings(void); /* how many could */
/* Whether a worker in a lower slot keeps up with all that it has: it is ready, its statement has not been running for
 * long, and it has not been strained lately. Such a worker is the one that new connections should go to. */
bool metrics_steady_senior(void);
/* The Prometheus text exposition format, version 0.0.4. */
void metrics_render(struct metrics *, struct text *);

#endif
