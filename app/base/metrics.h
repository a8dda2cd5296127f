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

#include "base/text.h"

enum { METRICS_SLOTS = 514 }; /* two generations of at most 256 workers, the supervisor, the admin process */

/* Where a worker stands with its database. */
enum worker_state { WORKER_NONE, WORKER_STARTING, WORKER_READY, WORKER_AWAY, WORKER_LEAVING };

/* X(member, name, labels, help). Those of one name stand together. */
#define HANDOVERS "connections given to another worker, by why: a statement was running (busy), the processor was at its end (load)," \
	" the other had room, the database was away, the worker was leaving"
#define METRICS_COUNTERS(X) \
	X(requests, "requests_total", "", "requests answered") \
	X(requests_failed, "requests_failed_total", "", "requests answered with a status of 500 or above") \
	X(requests_merged, "requests_merged_total", "", "requests answered from a statement that they shared with another request") \
	X(statements, "statements_total", "", "statements sent to the database on behalf of requests") \
	X(statements_slow, "statements_slow_total", "", "statements of a shape that usually takes long (MYREST_SLOW_WORKERS)") \
	X(requests_abandoned, "requests_abandoned_total", "", "requests dropped because their client had gone when their turn came") \
	X(statements_killed, "statements_killed_total", "", "statements that the database was told to end because their clients had gone") \
	X(statements_put_back, "statements_put_back_total", "", "statements that the database was told to end because too many workers ran slow ones; their requests waited for another turn") \
	X(requests_shed, "requests_shed_total", "", "requests refused because they had waited too long for a worker (MYREST_QUEUE_MS)") \
	X(rows, "rows_total", "", "rows read from the database") \
	X(handovers_busy, "handovers_total", "cause=\"busy\"", HANDOVERS) /* a statement was running */ \
	X(handovers_load, "handovers_total", "cause=\"load\"", HANDOVERS) /* the worker's processor was at its end */ \
	X(handovers_room, "handovers_total", "cause=\"room\"", HANDOVERS) /* the other one had room */ \
	X(handovers_away, "handovers_total", "cause=\"away\"", HANDOVERS) /* the worker had no database connection */ \
	X(handovers_leaving, "handovers_total", "cause=\"leaving\"", HANDOVERS) /* the worker was about to leave */ \
	X(connections, "connections_total", "", "connections accepted from the web server") \
	X(protocol_errors, "protocol_errors_total", "", "connections closed because of what they sent, or did not send in time") \
	X(database_connects, "database_connects_total", "", "connections opened to the database") \
	X(database_losses, "database_losses_total", "", "connections to the database that were lost or could not be opened") \
	X(log_lines_dropped, "log_lines_dropped_total", "", "log lines dropped because they were not read in time")

/* X(member, help): how many lasted for how long. */
#define METRICS_HISTOGRAMS(X) \
	X(request_wait, "how long requests waited until their statement was sent") \
	X(statement, "how long statements ran, a write with all of its statements, a stream to its end")

/* Upper ends in microseconds; what is longer than the last one counts among all alone. */
#define METRICS_BOUNDS { 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000 }

enum { METRICS_BUCKETS = 14 };

struct metrics_histogram {
	_Atomic uint64_t counts[METRICS_BUCKETS]; /* of each bucket alone */
	_Atomic uint64_t sum_us;
};

struct metrics_slot {
	_Alignas(64) _Atomic int32_t state; /* enum worker_state */
	_Atomic int32_t pid;                /* 0: free */
	_Atomic uint64_t turns;             /* of its loop, one a second at least: what does not turn hangs */
	_Atomic int32_t hangs;              /* the supervisor has seen no turn for a while, and says so here */
	_Atomic int32_t slow;               /* enum lane_mark (lanes.h) of what it runs */
	_Atomic int64_t slow_waits_since_us; /* since when one that does waits for it to be run; 0: none */
	_Atomic int64_t busy_since_us;      /* when its statement was sent (clock.h); 0: none runs */
	_Atomic int64_t strained_us;        /* when it last had more to do than it could do at once (clock.h); 0: never */
	char reason[1024];                  /* why it is away, one line without secrets; may be torn, never unterminated */
#define X(member, name, labels, help) _Atomic uint64_t member;
	METRICS_COUNTERS(X)
#undef X
#define X(member, help) struct metrics_histogram member;
	METRICS_HISTOGRAMS(X)
#undef X
};

/* How long requests of a shape take (lanes.h). */
struct lane_shape {
	_Atomic uint32_t shape;
	_Atomic uint32_t us;      /* the average, */
	_Atomic uint32_t last_us; /* and the last one */
	_Atomic uint32_t doubts;  /* how often its being slow has been doubted in vain */
	_Atomic int64_t slow_us;  /* when it was last seen to be slow (clock.h) */
};

enum { METRICS_SHAPES = 4096 };

struct metrics {
	_Atomic uint64_t worker_restarts;
	_Atomic uint64_t worker_hangs;
	_Atomic uint64_t reloads;
	_Atomic int32_t draining;
	_Atomic int32_t workers; /* how many there should be */
	_Atomic uint32_t sandbox_lacks;    /* bits: what has been told to be missing (sandbox.c) */
	_Atomic uint64_t sandbox_outdated; /* reloads + 1, when a worker of that generation has asked for a renewal (sandbox.h) */
	_Atomic int32_t used;    /* slots, from the first one, that have ever had a process */
	struct lane_shape shapes[METRICS_SHAPES];
	struct metrics_slot slots[METRICS_SLOTS];
};

/* Adds to a counter that only this process writes. */
#define METRICS_ADD(counter, n) \
	atomic_store_explicit(&(counter), atomic_load_explicit(&(counter), memory_order_relaxed) + (n), \
	                      memory_order_relaxed)

/* Counts one that lasted for so long, in a histogram of this process. */
void metrics_observe(struct metrics_histogram *, int64_t us);

/* Maps the page; call it once, before any fork. NULL and errno when there is no memory. */
struct metrics *metrics_open(void);

/* The page, and the slot that this process writes to; metrics_open and supervisor.c set them. */
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
