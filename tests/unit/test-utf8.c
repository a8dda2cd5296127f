/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

#include "unit.h"

static void span_ends_before_the_first_bad_byte(void **state)
{
	(void)state;
	assert_int_equal(utf8_span("", 0), 0);
	assert_int_equal(utf8_span("abc", 3), 3);
	assert_int_equal(utf8_span("a\0c", 3), 3);
	assert_int_equal(utf8_span("ab\xff", 3), 2);
	assert_int_equal(utf8_span("\xe2\x82\xac\xe2\x82", 5), 3);
	assert_int_equal(utf8_span("\xf0\x9f\x98\x80x", 5), 5);
	assert_int_equal(utf8_span("\xc1\xbf", 2), 0); /* the last overlong form of each length */
	assert_int_equal(utf8_span("\xe0\x9f\xbf", 3), 0);
	assert_int_equal(utf8_span("\xf0\x8f\xbf\xbf", 4), 0);
	for (size_t length = 1; length < 40; length++) /* wherever it falls */
		for (size_t place = 0; place < length; place++) {
			char bytes[40];
			struct slice given;

			memset(bytes, 'x', sizeof(bytes));
			bytes[place] = '\xff';
			given = exact(bytes, length);
			assert_int_equal(utf8_span(given.bytes, length), place);
			assert_int_equal(utf8_span(given.bytes, place), place);
			exact_free(given);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(span_ends_before_the_first_bad_byte),
	};

	return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
