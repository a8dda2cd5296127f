/* SPDX-License-Identifier: MIT */
#include "worker/lanes.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "unit.h"

enum { SLOW = 100000, QUICK = 300 };

static struct metrics *metrics;

static int open_metrics(void **state)
{
	(void)state;
	if ((metrics = metrics_open()) == NULL)
		return -1;
	metrics->used = 6;
	for (int i = 2; i < 6; i++) { /* four workers */
		metrics->slots[i].pid = 100 + i;
		metrics->slots[i].state = WORKER_READY;
	}
	metrics_own = &metrics->slots[2];
	return 0;
}

static void what_nobody_has_run_is_not_slow(void **state)
{
	(void)state;
	assert_false(lanes_is_slow(7));
	lanes_learn(7, SLOW);
	assert_true(lanes_is_slow(7));
	assert_false(lanes_is_slow(8));
	assert_false(lanes_is_slow(7 + METRICS_SHAPES)); /* which has the same place */
}

/* A worker that gets no processor for a moment, or one row that was locked, tells nothing of the others. */
static void one_that_takes_long_among_others_does_not_count(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		lanes_learn(7, i % 3 == 2 ? 50 * SLOW : QUICK);
		assert_false(lanes_is_slow(7));
	}
	for (int i = 0; i < 3; i++)
		lanes_learn(7, SLOW);
	assert_true(lanes_is_slow(7));
	for (int i = 0; i < 10; i++)
		lanes_learn(7, QUICK);
	assert_false(lanes_is_slow(7));
}

static void what_is_not_over_after_a_while_is_slow_at_once(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		lanes_learn(7, QUICK);
	lanes_condemn(7, SLOW);
	assert_true(lanes_is_slow(7));
	lanes_learn(7, SLOW); /* alone among others */
	for (int i = 0; i < 4; i++)
		lanes_learn(7, QUICK);
	assert_false(lanes_is_slow(7));
}

static void what_is_slow_keeps_the_place_that_two_have(void **state)
{
	(void)state;
	lanes_learn(7, SLOW);
	lanes_learn(7 + METRICS_SHAPES, QUICK);
	assert_true(lanes_is_slow(7));
	lanes_learn(7 + METRICS_SHAPES, SLOW);
	assert_true(lanes_is_slow(7 + METRICS_SHAPES) && !lanes_is_slow(7));
	lanes_learn(9, (int64_t)UINT32_MAX * 5);
	assert_true(lanes_is_slow(9));
	lanes_condemn(10, (int64_t)UINT32_MAX + 2);
	assert_true(lanes_is_slow(10));
}

static void as_many_run_it_as_may(void **state)
{
	(void)state;
	lanes_begin(4, 4);
	assert_false(lanes_are_kept());
	lanes_begin(0, 1);
	assert_false(lanes_are_kept());
	lanes_begin(0, 4); /* all but one */
	assert_true(lanes_are_kept());
	lanes_begin(3, 4);
	assert_true(lanes_are_kept());
	for (int i = 3; i < 6; i++)
		metrics->slots[i].slow = 1;
	assert_false(lanes_have_room());
	assert_false(lanes_enter(clock_now_us()));
	assert_int_equal(metrics_own->slow, 0);
	metrics->slots[4].slow = 0;
	assert_true(lanes_have_room());
	assert_true(lanes_enter(clock_now_us()));
	assert_int_equal(metrics_own->slow, 1);
	lanes_leave();
	assert_int_equal(metrics_own->slow, 0);
	metrics->slots[4].slow = 1;
	metrics->slots[5].hangs = 1; /* it is about to be replaced */
	assert_true(lanes_have_room());
	metrics->slots[5].hangs = 0;
	metrics->slots[3].pid = 0; /* it has ended */
	assert_true(lanes_have_room());
	metrics->slots[3].pid = 103;
	assert_false(lanes_have_room());
	metrics->slots[3].state = WORKER_LEAVING; /* what it runs keeps nobody waiting */
	assert_true(lanes_have_room());
	lanes_mark(LANE_SLOW);
	assert_int_equal(metrics_own->slow, LANE_SLOW);
}

/* What has been running for a while is counted alone, so that of several the last one yields. */
static void the_last_one_finds_that_it_is_one_too_many(void **state)
{
	(void)state;
	for (int i = 3; i < 6; i++)
		metrics->slots[i].slow = LANE_SETTLED;
	lanes_mark(LANE_SLOW);
	assert_false(lanes_are_overfull(LANE_SETTLED));
	assert_true(lanes_are_overfull(LANE_SLOW));
	lanes_mark(LANE_SETTLED);
	assert_true(lanes_are_overfull(LANE_SETTLED));
	metrics->slots[4].slow = LANE_SLOW; /* it is being ended */
	assert_false(lanes_are_overfull(LANE_SETTLED));
	lanes_leave();
	assert_false(lanes_enter(clock_now_us()));
}

static void what_nobody_has_seen_to_be_slow_for_a_while_is_doubted(void **state)
{
	struct lane_shape *place = &metrics->shapes[7];

	(void)state;
	lanes_learn(7, SLOW);
	assert_false(lanes_is_doubtful(7));
	place->slow_us -= 600000;
	assert_true(lanes_is_doubtful(7));
	lanes_doubt(7); /* in vain */
	lanes_condemn(7, SLOW);
	place->slow_us -= 600000;
	assert_false(lanes_is_doubtful(7));
	place->slow_us -= 600000;
	assert_true(lanes_is_doubtful(7));
	for (int i = 0; i < 40; i++)
		lanes_doubt(7);
	place->slow_us -= 9000000;
	assert_true(lanes_is_doubtful(7));
	lanes_learn(7, QUICK); /* and then it is not slow */
	assert_true(lanes_is_slow(7) && lanes_is_doubtful(7));
	for (int i = 0; i < 5; i++)
		lanes_learn(7, QUICK);
	assert_false(lanes_is_slow(7));
	lanes_doubt(7);
	lanes_learn(7 + METRICS_SHAPES, SLOW); /* another one's place knows nothing of that */
	place->slow_us -= 600000;
	assert_true(lanes_is_doubtful(7 + METRICS_SHAPES));
}

static void who_has_waited_for_longest_is_first(void **state)
{
	int64_t now = clock_now_us(), denied;

	(void)state;
	lanes_tell_waiting(now - 100000); /* one's own are no others' */
	metrics->slots[4].slow_waits_since_us = now - 10000;
	assert_true(lanes_enter(now)); /* nearly at the same moment */
	lanes_leave();
	metrics->slots[4].slow_waits_since_us = now - 200000;
	assert_false(lanes_enter(now));
	assert_true(lanes_enter(now - 300000));
	lanes_leave();
	denied = clock_now_us();
	assert_false(lanes_enter(now));
	usleep(5000);
	assert_true(!lanes_enter(now) || clock_now_us() - denied > 50000); /* where the machine stood still */
	lanes_leave();
	assert_false(lanes_enter(now));
	usleep(60000); /* the other does not come */
	assert_true(lanes_enter(now));
	lanes_leave();
	assert_false(lanes_enter(now)); /* but it may do now */
	metrics->slots[4].state = WORKER_AWAY; /* some table is missing: it has others */
	assert_false(lanes_enter(now));
	metrics->slots[4].state = WORKER_LEAVING;
	assert_true(lanes_enter(now));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, open_metrics)
	const struct CMUnitTest tests[] = {
		TEST(what_nobody_has_run_is_not_slow),
		TEST(one_that_takes_long_among_others_does_not_count),
		TEST(what_is_not_over_after_a_while_is_slow_at_once),
		TEST(what_is_slow_keeps_the_place_that_two_have),
		TEST(as_many_run_it_as_may),
		TEST(the_last_one_finds_that_it_is_one_too_many),
		TEST(what_nobody_has_seen_to_be_slow_for_a_while_is_doubted),
		TEST(who_has_waited_for_longest_is_first),
	};

	return cmocka_run_group_tests_name("lanes", tests, NULL, NULL);
}
