/* SPDX-License-Identifier: MIT */
#include "entrance.h"

#include <time.h>

#include "unit.h"
#include "worker_state.h"

static int64_t now_us; /* the time, which goes on with every look at it */

int clock_gettime(clockid_t clock, struct timespec *now)
{
	(void)clock;
	*now = (struct timespec){ now_us / 1000000, now_us % 1000000 * 1000 };
	now_us++;
	return 0;
}

/* Whoever left the entrances to another worker comes back to them, however its looks at the clock fall. */
static void time_that_passes_between_two_looks_is_seen(void **state)
{
	struct config config = { .workers = 2 };
	struct handover handover;

	(void)state;
	assert_int_equal(handover_open(&handover), 0);
	worker.config = &config;
	worker.handover = &handover;
	worker.database = database_new(&config, 0);
	worker.listener = worker.notify = worker.epoll = -1;
	for (int64_t early = 5; early >= 0; early--) {
		worker.watching_queue = false;
		worker.aside_until_us = 1000000;
		now_us = 1000000 - early;
		entrance_open();
		assert_true(worker.watching_queue || entrance_deadline_us() == 1000000);
		now_us = 1000000;
		entrance_open();
		assert_true(worker.watching_queue);
		assert_int_not_equal(entrance_deadline_us(), 1000000); /* nothing is left to wait for */
	}
	database_free(worker.database);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_that_passes_between_two_looks_is_seen),
	};

	return cmocka_run_group_tests_name("entrance", tests, NULL, NULL);
}
