/* SPDX-License-Identifier: MIT */
#include "database/host_order.h"

#include "unit.h"

enum { SECOND = 1000000 };

/* The hosts of one round, in the order in which they are tried when all fail at once, at this moment. */
static const char *round_of(struct host_order *hosts, int64_t now_us)
{
	static char order[URL_HOSTS_MAX + 1];
	size_t length = 0;
	struct host_order copy = *hosts;

	host_order_begin(&copy);
	while (host_order_next(&copy, now_us))
		order[length++] = (char)('a' + copy.current);
	order[length] = '\0';
	return order;
}

static void a_round_begins_at_home_and_tries_each_once(void **state)
{
	struct host_order hosts;

	(void)state;
	host_order_init(&hosts, 3, 0);
	assert_string_equal(round_of(&hosts, SECOND), "abc");
	host_order_init(&hosts, 3, 1);
	assert_string_equal(round_of(&hosts, SECOND), "bca");
	host_order_init(&hosts, 3, 8); /* the ninth worker */
	assert_string_equal(round_of(&hosts, SECOND), "cab");
	host_order_init(&hosts, 1, 5);
	assert_string_equal(round_of(&hosts, SECOND), "a");
	host_order_init(&hosts, 0, 5); /* the socket */
	assert_string_equal(round_of(&hosts, SECOND), "a");
	host_order_init(&hosts, URL_HOSTS_MAX, 15);
	assert_string_equal(round_of(&hosts, SECOND), "pabcdefghijklmno");
}

static void after_a_loss_it_is_the_turn_of_another(void **state)
{
	struct host_order hosts;

	(void)state;
	host_order_init(&hosts, 3, 1);
	host_order_begin(&hosts);
	assert_true(host_order_next(&hosts, SECOND));
	host_order_good(&hosts);
	assert_true(host_order_is_home(&hosts));
	host_order_failed(&hosts, 2 * SECOND);
	assert_string_equal(round_of(&hosts, 2 * SECOND), "cab");
	host_order_begin(&hosts);
	assert_true(host_order_next(&hosts, 2 * SECOND));
	host_order_good(&hosts);
	assert_false(host_order_is_home(&hosts));
	host_order_failed(&hosts, 3 * SECOND); /* both b and c have failed by now: a first */
	assert_string_equal(round_of(&hosts, 3 * SECOND), "abc");
}

static void who_failed_lately_comes_last_and_comes(void **state)
{
	struct host_order hosts;

	(void)state;
	host_order_init(&hosts, 3, 0);
	host_order_begin(&hosts);
	for (int i = 0; i < 3; i++) {
		assert_true(host_order_next(&hosts, SECOND));
		host_order_failed(&hosts, SECOND);
	}
	assert_false(host_order_next(&hosts, SECOND)); /* the round is over */
	assert_string_equal(round_of(&hosts, SECOND), "abc");
	host_order_init(&hosts, 3, 0);
	host_order_begin(&hosts);
	assert_true(host_order_next(&hosts, SECOND)); /* a */
	host_order_failed(&hosts, SECOND);
	assert_true(host_order_next(&hosts, SECOND)); /* b, which is good and stays so for long */
	host_order_good(&hosts);
	host_order_failed(&hosts, 5 * SECOND);
	assert_string_equal(round_of(&hosts, 5 * SECOND), "cab");
	assert_string_equal(round_of(&hosts, 5 * SECOND + HOSTS_AVOIDED_US), "cab");
	hosts.start = 0;
	assert_string_equal(round_of(&hosts, 5 * SECOND), "cab");
	assert_string_equal(round_of(&hosts, 5 * SECOND + HOSTS_AVOIDED_US), "abc");
}

static void going_home(void **state)
{
	struct host_order hosts;

	(void)state;
	host_order_init(&hosts, 2, 0);
	host_order_begin(&hosts);
	assert_true(host_order_next(&hosts, SECOND));
	host_order_failed(&hosts, SECOND);
	assert_true(host_order_next(&hosts, SECOND));
	host_order_good(&hosts);
	assert_false(host_order_is_home(&hosts));
	host_order_go_home(&hosts);
	assert_string_equal(round_of(&hosts, 2 * SECOND), "ab");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_round_begins_at_home_and_tries_each_once),
		cmocka_unit_test(after_a_loss_it_is_the_turn_of_another),
		cmocka_unit_test(who_failed_lately_comes_last_and_comes),
		cmocka_unit_test(going_home),
	};

	return cmocka_run_group_tests_name("hosts", tests, NULL, NULL);
}
