/* SPDX-License-Identifier: MIT */
#include "worker/balance.h"

#include <time.h>

#include "base/metrics.h"
#include "unit.h"
#include "worker/worker_state.h"

static struct config config;
static struct metrics *metrics;
static int64_t now_us, cpu_us; /* what the clocks say */

int clock_gettime(clockid_t clock, struct timespec *now)
{
	int64_t us = clock == CLOCK_THREAD_CPUTIME_ID ? cpu_us : now_us;

	*now = (struct timespec){ us / 1000000, us % 1000000 * 1000 };
	return 0;
}

/* Three workers that are ready and idle; this one is in the middle. */
static int begin(void **state)
{
	(void)state;
	now_us = 100000000;
	cpu_us = 0;
	config = (struct config){ .workers = 3, .queue_ms = 1000 };
	worker.config = &config;
	worker.draining = false;
	memset(metrics->slots, 0, sizeof(metrics->slots));
	metrics->used = 4;
	for (int i = 1; i < 4; i++) {
		metrics->slots[i].pid = 100 + i;
		metrics->slots[i].state = WORKER_READY;
	}
	metrics_own = &metrics->slots[2];
	balance_begin();
	return 0;
}

static void only_a_worker_with_others_beside_it_hands_over(void **state)
{
	(void)state;
	assert_true(balance_has_siblings());
	worker.draining = true;
	assert_false(balance_has_siblings());
	worker.draining = false;
	config.workers = 1;
	assert_false(balance_has_siblings());
}

static void the_entrances_are_left_to_a_lower_slot_that_keeps_up(void **state)
{
	(void)state;
	metrics->slots[1].strained_us = now_us - 1000;
	assert_false(balance_leaves_to_senior());
	assert_int_equal(balance_aside_deadline_us(), 0);
	metrics->slots[1].strained_us = now_us - 300000;
	assert_true(balance_leaves_to_senior());
	assert_true(balance_is_aside());
	assert_int_equal(balance_aside_deadline_us(), now_us + 2000);
	/* Then this one looks, once, and leaves nothing for a while. */
	assert_int_equal(balance_take_look(now_us + 1999, false), LOOK_NONE);
	now_us += 2000;
	assert_false(balance_is_aside());
	assert_int_equal(balance_aside_deadline_us(), now_us); /* the look is owed */
	assert_int_equal(balance_take_look(now_us, false), LOOK_OWED);
	assert_int_equal(balance_take_look(now_us, false), LOOK_NONE);
	assert_int_equal(balance_aside_deadline_us(), 0);
	assert_false(balance_leaves_to_senior());
	now_us += 10000;
	assert_true(balance_leaves_to_senior());
}

static void the_first_slot_leaves_nothing_to_those_above(void **state)
{
	(void)state;
	metrics_own = &metrics->slots[1];
	assert_false(balance_leaves_to_senior());
	assert_false(balance_may_regroup());
}

static void entrances_that_are_watched_are_looked_at_once_a_second(void **state)
{
	(void)state;
	assert_int_equal(balance_take_look(now_us, false), LOOK_NONE);
	assert_int_equal(balance_take_look(now_us, true), LOOK_UNTOLD);
	assert_int_equal(balance_take_look(now_us + 999999, true), LOOK_NONE);
	assert_int_equal(balance_take_look(now_us + 1000000, true), LOOK_UNTOLD);
}

static void idle_connections_go_to_a_worker_with_room_one_by_one(void **state)
{
	(void)state;
	assert_true(balance_may_regroup());
	assert_false(balance_may_regroup());
	now_us += 1999;
	assert_false(balance_may_regroup());
	now_us += 1;
	metrics->slots[1].busy_since_us = now_us - 2000; /* its statement takes long */
	assert_false(balance_may_regroup());
	metrics->slots[1].busy_since_us = 0;
	assert_true(balance_may_regroup());
}

/* The windows of time, one after the other: how much of it the loop has taken. */
static bool weigh(int64_t length_us, int64_t used_us)
{
	now_us += length_us;
	cpu_us += used_us;
	return balance_is_overloaded(now_us);
}

static void a_loop_that_takes_a_processor_is_strained_then_overloaded(void **state)
{
	(void)state;
	assert_false(weigh(60000, 60000)); /* the first window began long ago */
	assert_false(weigh(60000, 30000));
	assert_int_equal(metrics_own->strained_us, 0);
	assert_false(weigh(60000, 40000));
	assert_int_equal(metrics_own->strained_us, now_us);
	assert_true(weigh(60000, 58000));
	assert_false(weigh(40000, 40000)); /* the window is not over */
	assert_false(weigh(200000, 200000)); /* it slept in between: of no moment */
	metrics->slots[1].busy_since_us = metrics->slots[3].busy_since_us = now_us; /* nobody is idle */
	assert_false(weigh(60000, 58000));
}

static void half_of_those_that_wait_are_shared_out_as_a_statement_starts(void **state)
{
	(void)state;
	balance_statement_sent(now_us);
	assert_true(balance_may_share());
	assert_int_equal(metrics_own->strained_us, now_us);
	balance_statement_sent(now_us + 1999);
	assert_false(balance_may_share());
	balance_statement_sent(now_us + 2000);
	metrics->slots[1].busy_since_us = metrics->slots[3].busy_since_us = now_us;
	assert_false(balance_may_share());
	metrics->slots[3].busy_since_us = 0;
	assert_true(balance_may_share());
	config.workers = 1;
	balance_statement_sent(now_us + 4000);
	assert_false(balance_may_share());
}

static void those_that_wait_go_to_idle_workers_and_after_a_while_to_any(void **state)
{
	unsigned idle;

	(void)state;
	balance_statement_sent(now_us);
	assert_int_equal(balance_hand_over_us(), now_us + 2000);
	assert_true(balance_may_hand_over(now_us + 2000, &idle));
	assert_int_equal(idle, 2);
	assert_int_equal(balance_hand_over_us(), now_us + 3000);
	assert_int_equal(metrics_own->strained_us, now_us + 2000);
	metrics->slots[1].busy_since_us = metrics->slots[3].busy_since_us = now_us;
	assert_false(balance_may_hand_over(now_us + 5999, &idle));
	assert_int_equal(idle, 0);
	assert_true(balance_may_hand_over(now_us + 6000, &idle));
}

static void busy_workers_look_for_those_that_wait_for_too_long(void **state)
{
	(void)state;
	balance_statement_sent(now_us);
	assert_int_equal(balance_look_us(), now_us + 50000);
	balance_statement_sent(now_us + 20000); /* many short statements put no look off */
	assert_int_equal(balance_look_us(), now_us + 50000);
	assert_false(balance_may_look(now_us + 50000)); /* an idle worker takes them */
	assert_int_equal(balance_look_us(), now_us + 100000);
	metrics->slots[1].busy_since_us = metrics->slots[3].busy_since_us = now_us;
	assert_true(balance_may_look(now_us + 100000));
	config.queue_ms = 0;
	assert_false(balance_may_look(now_us + 150000));
}

static void a_crowd_is_let_in_where_somebody_always_waits(void **state)
{
	(void)state;
	assert_false(balance_lets_in_crowd(true, now_us));
	assert_false(balance_lets_in_crowd(true, now_us + 249999));
	assert_true(balance_lets_in_crowd(true, now_us + 250000)); /* a quarter of MYREST_QUEUE_MS */
	assert_false(balance_lets_in_crowd(false, now_us + 300000));
	assert_false(balance_lets_in_crowd(true, now_us + 600000));
	assert_false(balance_lets_in_crowd(true, now_us + 700000));
	balance_statement_sent(now_us + 1000000); /* it has been idle meanwhile */
	assert_false(balance_lets_in_crowd(true, now_us + 1050000));
	assert_true(balance_lets_in_crowd(true, now_us + 1300000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(only_a_worker_with_others_beside_it_hands_over, begin),
		cmocka_unit_test_setup(the_entrances_are_left_to_a_lower_slot_that_keeps_up, begin),
		cmocka_unit_test_setup(the_first_slot_leaves_nothing_to_those_above, begin),
		cmocka_unit_test_setup(entrances_that_are_watched_are_looked_at_once_a_second, begin),
		cmocka_unit_test_setup(idle_connections_go_to_a_worker_with_room_one_by_one, begin),
		cmocka_unit_test_setup(a_loop_that_takes_a_processor_is_strained_then_overloaded, begin),
		cmocka_unit_test_setup(half_of_those_that_wait_are_shared_out_as_a_statement_starts, begin),
		cmocka_unit_test_setup(those_that_wait_go_to_idle_workers_and_after_a_while_to_any, begin),
		cmocka_unit_test_setup(busy_workers_look_for_those_that_wait_for_too_long, begin),
		cmocka_unit_test_setup(a_crowd_is_let_in_where_somebody_always_waits, begin),
	};

	metrics = metrics_open();
	return metrics == NULL || cmocka_run_group_tests_name("balance", tests, NULL, NULL);
}
