/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include "unit.h"

static void texts_grow(void **state)
{
	struct text text = { 0 };

	(void)state;
	text_add(&text, NULL, 0);
	text_add_string(&text, "");
	assert_int_equal(text.length, 0);
	for (int i = 0; i < 1000; i++)
		text_add_char(&text, (char)('a' + i % 26));
	assert_int_equal(text.length, 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(text.bytes[i], 'a' + i % 26);
	text_clear(&text);
	text_printf(&text, "%s-%d", "x", 5);
	text_printf(&text, "%s", "");
	assert_is(text, "x-5");
	for (size_t length = 0; length < 600; length++) { /* across every size of the allocation */
		text_release(&text);
		text_printf(&text, "%*s", (int)length, "");
		assert_int_equal(text.length, length);
		assert_int_equal(strlen(text_terminate(&text)), length);
		assert_int_equal(text.length, length);
	}
	text_release(&text);
	assert_null(text.bytes);
	assert_int_equal(text.size, 0);
}

static void unsigned_numbers_to_the_last_digit(void **state)
{
	static const struct {
		uint64_t number;
		const char *wanted;
	} cases[] = { { 0, "0" }, { 9, "9" }, { 10, "10" }, { 1234567890, "1234567890" },
		      { UINT64_MAX, "18446744073709551615" }, { 10000000000000000000u, "10000000000000000000" } };
	struct text text = { 0 };

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		text_clear(&text);
		text_add_unsigned(&text, cases[i].number);
		assert_is(text, cases[i].wanted);
	}
	text_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_grow),
		cmocka_unit_test(unsigned_numbers_to_the_last_digit),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
