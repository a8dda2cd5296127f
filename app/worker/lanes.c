/* SPDX-License-Identifier: MIT */
#include "worker/lanes.h"

#include "base/clock.h"
#include "base/metrics.h"

enum {
	WEIGHT_LONGER = 4,   /* a new duration counts for this part of the average where it is longer, */
	WEIGHT_SHORTER = 2,  /* and where it is not: the first one, after a start, is often longer than those after it */
	TOLERANCE_US = 20000, /* who has waited for no longer than this before another is not let pass */
	DENIED_MOST_US = 50000, /* a worker that waits for longer than this for one that is due is not waited for */
	DOUBT_US = 500000,      /* nobody has seen a shape to be slow for so long: it may be doubted, */
	DOUBLINGS = 4,          /* and after so many times in vain at most as often as that */
};

static bool kept;        /* what takes long is kept apart: */
static long most;        /* so many workers run it at most */
static uint32_t runs;    /* the shape of this worker's statement */
static int64_t denied_since_us; /* since when there has been room, and another was due; 0: that is not so */

void lanes_begin(long slow_workers, long workers)
{
	most = slow_workers > 0 ? slow_workers : workers > 1 ? workers - 1 : 1;
	kept = metrics_page != NULL && most < workers;
	denied_since_us = 0;
}

bool lanes_are_kept(void)
{
	return kept;
}

static struct lane_shape *place_of(uint32_t shape)
{
	return &metrics_page->shapes[shape % METRICS_SHAPES];
}

bool lanes_is_slow(uint32_t shape)
{
	const struct lane_shape *place = place_of(shape);

	return atomic_load_explicit(&place->us, memory_order_relaxed) > LANES_SLOW_US &&
	       atomic_load_explicit(&place->shape, memory_order_relaxed) == shape;
}

static void take_place(struct lane_shape *place, uint32_t shape)
{
	atomic_store_explicit(&place->shape, shape, memory_order_relaxed);
	atomic_store_explicit(&place->doubts, 0, memory_order_relaxed);
}

static void seen_slow(struct lane_shape *place)
{
	atomic_store_explicit(&place->slow_us, clock_now_us(), memory_order_relaxed);
}

bool lanes_is_doubtful(uint32_t shape)
{
	const struct lane_shape *place = place_of(shape);
	uint32_t doubts = atomic_load_explicit(&place->doubts, memory_order_relaxed);
	int64_t since_us = clock_now_us() - atomic_load_explicit(&place->slow_us, memory_order_relaxed);

	return since_us >= (int64_t)DOUBT_US << (doubts < DOUBLINGS ? doubts : DOUBLINGS);
}

void lanes_doubt(uint32_t shape)
{
	struct lane_shape *place = place_of(shape);

	seen_slow(place);
	atomic_fetch_add_explicit(&place->doubts, 1, memory_order_relaxed);
}

/* What takes long, or belongs to a shape that does: not the way of the many. */
static void __attribute__((noinline)) see_duration(struct lane_shape *place, int64_t us)
{
	if (us > LANES_SLOW_US) {
		seen_slow(place);
		return;
	}
	atomic_store_explicit(&place->slow_us, 0, memory_order_relaxed); /* then the next one may be quick, too */
	atomic_store_explicit(&place->doubts, 0, memory_order_relaxed);
}

/* One that takes long among others that do not has met something: of two in a row the shorter counts. Two workers may write
 * at once: then one of the two durations is forgotten, or a shape has another's for a moment. */
void lanes_learn(uint32_t shape, int64_t us)
{
	struct lane_shape *place = place_of(shape);
	int64_t known = atomic_load_explicit(&place->us, memory_order_relaxed), last, counts;

	if (us > UINT32_MAX)
		us = UINT32_MAX;
	if (atomic_load_explicit(&place->shape, memory_order_relaxed) != shape) {
		if (us <= LANES_SLOW_US && known > LANES_SLOW_US)
			return; /* what is slow keeps the place that two shapes have in common */
		known = last = us;
		take_place(place, shape);
	} else
		last = atomic_load_explicit(&place->last_us, memory_order_relaxed);
	atomic_store_explicit(&place->last_us, (uint32_t)us, memory_order_relaxed);
	if (us > LANES_SLOW_US || known > LANES_SLOW_US)
		see_duration(place, us);
	counts = us < last ? us : last;
	if (counts > known)
		known += (counts - known) / WEIGHT_LONGER;
	else
		known -= (known - counts) / WEIGHT_SHORTER;
	atomic_store_explicit(&place->us, (uint32_t)known, memory_order_relaxed);
}

void lanes_begin_statement(uint32_t shape)
{
	runs = shape;
}

void lanes_end_statement(int64_t us)
{
	if (!kept)
		return;
	lanes_learn(runs, us);
	lanes_leave();
}

void lanes_condemn_statement(int64_t us)
{
	if (!kept)
		return;
	lanes_condemn(runs, us);
	lanes_mark(LANE_SETTLED);
}

void lanes_condemn(uint32_t shape, int64_t us)
{
	struct lane_shape *place = place_of(shape);

	if (us > UINT32_MAX) /* a stream, whose reader takes hours */
		us = UINT32_MAX;
	if (atomic_load_explicit(&place->shape, memory_order_relaxed) != shape)
		take_place(place, shape);
	if (atomic_load_explicit(&place->us, memory_order_relaxed) < us)
		atomic_store_explicit(&place->us, (uint32_t)us, memory_order_relaxed);
	seen_slow(place);
}

/* Those that run what is so slow at least. */
static long count_running(enum lane_mark mark, int64_t *oldest_us)
{
	int used = metrics_page->used;
	long running = 0;

	*oldest_us = 0;
	for (int i = 1; i < used; i++) {
		const struct metrics_slot *slot = &metrics_page->slots[i];

		if (slot->pid == 0 || slot->hangs || slot->state == WORKER_LEAVING) /* who leaves takes nothing else either */
			continue;
		running += slot->slow >= (int32_t)mark;
		if (slot != metrics_own)
			*oldest_us = clock_earlier(*oldest_us, slot->slow_waits_since_us);
	}
	return running;
}

bool lanes_enter(int64_t waits_since_us)
{
	int64_t oldest_us, now = clock_now_us();
	bool room;

	metrics_own->slow = LANE_SLOW; /* before the others are counted: of two who do so at once neither may miss the other */
	room = count_running(LANE_SLOW, &oldest_us) <= most;
	if (!room || oldest_us == 0 || oldest_us >= waits_since_us - TOLERANCE_US)
		denied_since_us = 0;
	else if (denied_since_us == 0)
		denied_since_us = now;
	if (room && (denied_since_us == 0 || now - denied_since_us > DENIED_MOST_US)) {
		denied_since_us = 0; /* the other is waited for again: it would never find room where all go on at once */
		return true;
	}
	metrics_own->slow = LANE_QUICK;
	return false;
}

void lanes_mark(enum lane_mark mark)
{
	metrics_own->slow = (int32_t)mark;
}

void lanes_leave(void)
{
	if (metrics_own->slow != LANE_QUICK)
		metrics_own->slow = LANE_QUICK;
}

bool lanes_have_room(void)
{
	int64_t oldest_us;

	return count_running(LANE_SLOW, &oldest_us) < most;
}

bool lanes_are_overfull(enum lane_mark mark)
{
	int64_t oldest_us;

	return count_running(mark, &oldest_us) > most;
}

bool lanes_others_wait(void)
{
	for (int i = 1; i < metrics_page->used; i++) {
		const struct metrics_slot *slot = &metrics_page->slots[i];

		if (slot != metrics_own && slot->pid != 0 && !slot->hangs && slot->slow_waits_since_us != 0)
			return true;
	}
	return false;
}

void lanes_tell_waiting(int64_t since_us)
{
	if (metrics_own->slow_waits_since_us != since_us)
		metrics_own->slow_waits_since_us = since_us;
}
