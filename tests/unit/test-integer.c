/* SPDX-License-Identifier: MIT */
#include "base/integer.h"

#include "unit.h"

static void equal_integers_have_equal_fields(void **state)
{
	struct integer a, b;

	(void)state;
	assert_int_equal(integer_read(SLICE("-0"), &a), STATUS_OK);
	assert_int_equal(integer_read(SLICE("00"), &b), STATUS_OK);
	assert_true(integer_equal(a, b));
	assert_int_equal(integer_read(SLICE("-1"), &a), STATUS_OK);
	assert_int_equal(integer_read(SLICE("1"), &b), STATUS_OK);
	assert_false(integer_equal(a, b));
	assert_int_equal(integer_read(SLICE("+1"), &a), STATUS_OK);
	assert_true(integer_equal(a, b));
	assert_int_equal(integer_read((struct slice){ NULL, 0 }, &a), STATUS_BAD_VALUE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_integers_have_equal_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
