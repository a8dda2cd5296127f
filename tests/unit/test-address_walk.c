/* SPDX-License-Identifier: MIT */
#include "database/address_walk.h"

#include <poll.h>

#include "unit.h"

static struct address_walk walk;

static int begin(void **state)
{
	(void)state;
	memset(&walk, 0, sizeof(walk));
	address_walk_init(&walk);
	return 0;
}

/* As if a look-up had found them. */
static void find(int count)
{
	walk.addresses.count = count;
	walk.tried = 0;
	for (int i = 0; i < count; i++)
		snprintf(walk.addresses.addresses[i], sizeof(walk.addresses.addresses[i]), "10.0.0.%d", i + 1);
}

static void what_needs_no_look_up_is_there_at_once(void **state)
{
	(void)state;
	assert_int_equal(address_walk_begin(&walk, NULL), ADDRESS_FOUND);
	assert_null(walk.address);
	assert_int_equal(address_walk_begin(&walk, "::1"), ADDRESS_FOUND);
	assert_string_equal(walk.address, "::1");
	assert_false(address_walk_has_more(&walk));
	assert_int_equal(walk.resolver, -1);
}

static void a_name_is_looked_up(void **state)
{
	struct pollfd looked_up = { .events = POLLIN };

	(void)state;
	assert_int_equal(address_walk_begin(&walk, "localhost"), ADDRESS_LOOK_UP);
	looked_up.fd = walk.resolver;
	assert_int_equal(poll(&looked_up, 1, 10000), 1);
	assert_null(address_walk_resolve(&walk));
	assert_int_equal(walk.resolver, -1);
	assert_true(address_walk_has_more(&walk));
	address_walk_take(&walk);
	assert_non_null(walk.address);
}

static void a_look_up_can_be_given_up(void **state)
{
	(void)state;
	assert_int_equal(address_walk_begin(&walk, "localhost"), ADDRESS_LOOK_UP);
	address_walk_stop(&walk);
	assert_int_equal(walk.resolver, -1);
	address_walk_stop(&walk);
}

static void all_are_tried_from_the_one_that_was_good(void **state)
{
	(void)state;
	find(3);
	address_walk_take(&walk);
	assert_string_equal(walk.address, "10.0.0.1");
	address_walk_take(&walk);
	assert_string_equal(walk.address, "10.0.0.2");
	address_walk_keep(&walk);
	find(3);
	address_walk_take(&walk);
	assert_string_equal(walk.address, "10.0.0.2");
	address_walk_take(&walk);
	assert_string_equal(walk.address, "10.0.0.3");
	assert_true(address_walk_has_more(&walk));
	address_walk_take(&walk);
	assert_string_equal(walk.address, "10.0.0.1");
	assert_false(address_walk_has_more(&walk));
	address_walk_forget(&walk); /* another host */
	find(2);
	address_walk_take(&walk);
	assert_string_equal(walk.address, "10.0.0.1");
}

/* An address without a look-up is no place among others. */
static void one_that_is_good_by_itself_changes_nothing(void **state)
{
	(void)state;
	assert_int_equal(address_walk_begin(&walk, "10.0.0.9"), ADDRESS_FOUND);
	address_walk_keep(&walk);
	assert_int_equal(walk.first, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_needs_no_look_up_is_there_at_once, begin),
		cmocka_unit_test_setup(a_name_is_looked_up, begin),
		cmocka_unit_test_setup(a_look_up_can_be_given_up, begin),
		cmocka_unit_test_setup(all_are_tried_from_the_one_that_was_good, begin),
		cmocka_unit_test_setup(one_that_is_good_by_itself_changes_nothing, begin),
	};

	return cmocka_run_group_tests_name("address_walk", tests, NULL, NULL);
}
