/* SPDX-License-Identifier: MIT */
#include "web/prefer.h"

#include "unit.h"

static struct preferences read_header(const char *header)
{
	struct preferences preferences = { .count = COUNT_NONE };
	struct slice given = exact(header, strlen(header));

	prefer_parse(given, &preferences);
	for (unsigned i = 0; i < preferences.unknown_count && i < PREFER_MOST_UNKNOWN; i++) /* what they point into goes */
		preferences.unknown[i].bytes = header + (preferences.unknown[i].bytes - given.bytes);
	exact_free(given);
	return preferences;
}

static void nothing_said_is_nothing_wanted(void **state)
{
	struct preferences wanted = { .count = COUNT_NONE }, preferences = read_header("");

	(void)state;
	assert_memory_equal(&preferences, &wanted, sizeof(wanted));
	preferences = read_header(" , ,,\t");
	assert_memory_equal(&preferences, &wanted, sizeof(wanted));
}

static void what_is_known_is_read(void **state)
{
	struct preferences preferences = read_header("return=minimal, count=exact");

	(void)state;
	assert_int_equal(preferences.count, COUNT_EXACT);
	assert_int_equal(preferences.returned, RETURN_MINIMAL);
	assert_int_equal(preferences.handling, HANDLING_UNSAID);
	assert_int_equal(preferences.unknown_count, 0);
	preferences = read_header("count=planned;x=y , handling=strict,max-affected=10");
	assert_int_equal(preferences.count, COUNT_PLANNED);
	assert_int_equal(preferences.handling, HANDLING_STRICT);
	assert_true(preferences.has_max_affected);
	assert_int_equal(preferences.max_affected, 10);
	preferences = read_header("COUNT=Estimated,handling=lenient,,timezone=UTC");
	assert_int_equal(preferences.count, COUNT_ESTIMATED);
	assert_int_equal(preferences.handling, HANDLING_LENIENT);
	assert_int_equal(preferences.unknown_count, 0);
	preferences = read_header("resolution=merge-duplicates,missing=default,tx=rollback,return=\"headers-only\"");
	assert_int_equal(preferences.resolution, RESOLUTION_MERGE);
	assert_int_equal(preferences.missing, MISSING_DEFAULT);
	assert_int_equal(preferences.tx, TX_ROLLBACK);
	assert_int_equal(preferences.returned, RETURN_HEADERS);
	preferences = read_header("resolution=ignore-duplicates,missing=null,tx=commit,return=representation");
	assert_int_equal(preferences.resolution, RESOLUTION_IGNORE);
	assert_int_equal(preferences.missing, MISSING_NULL);
	assert_int_equal(preferences.tx, TX_COMMIT);
	assert_int_equal(preferences.returned, RETURN_REPRESENTATION);
}

static void what_stands_in_quotes_is_one_value(void **state)
{
	struct preferences preferences = read_header("x=\"a, count=exact\",y=\"\\\"; return=minimal\",tx=commit;z=\",\"");

	(void)state;
	assert_int_equal(preferences.count, COUNT_NONE);
	assert_int_equal(preferences.returned, RETURN_UNSAID);
	assert_int_equal(preferences.tx, TX_COMMIT);
	assert_int_equal(preferences.unknown_count, 2);
	assert_is(preferences.unknown[0], "x=\"a, count=exact\"");
	assert_is(preferences.unknown[1], "y=\"\\\"; return=minimal\"");
}

static void the_first_one_counts(void **state)
{
	struct preferences preferences = read_header("return=representation,return=minimal,max-affected=1,max-affected=2");

	(void)state;
	assert_int_equal(preferences.returned, RETURN_REPRESENTATION);
	assert_int_equal(preferences.max_affected, 1);
}

static void what_is_not_known_is_named(void **state)
{
	static const char *const headers[] = {
		"count=all", "wait=10", "return", "return=", "max-affected=", "max-affected=-1", "max-affected=1x",
		"max-affected=99999999999999999999", "timezone=Europe/Berlin",
	};
	struct preferences preferences = read_header("count=exact, wait=10, tx=commit , count=all;x,handling=strict");

	(void)state;
	assert_int_equal(preferences.unknown_count, 2);
	assert_is(preferences.unknown[0], "wait=10");
	assert_is(preferences.unknown[1], "count=all;x");
	preferences = read_header("a,b=1,c,d,e,f,g,h,i,j");
	assert_int_equal(preferences.unknown_count, 10);
	assert_is(preferences.unknown[PREFER_MOST_UNKNOWN - 1], "h");
	for (size_t i = 0; i < LENGTH_OF(headers); i++) {
		preferences = read_header(headers[i]);
		assert_int_equal(preferences.unknown_count, 1);
		assert_is(preferences.unknown[0], headers[i]);
	}
}

static void words_are_the_same_whoever_wrote_them(void **state)
{
	static const struct {
		const char *header, *words;
	} cases[] = {
		{ "", "" },
		{ "wait=10", "" },
		{ "return=representation", "return=representation," },
		{ "handling=lenient, max-affected=12,tx=rollback , count=exact", "count=exact,tx=rollback,handling=lenient,max-affected=12," },
		{ "count=exact, tx=rollback, handling=lenient; max-affected=1", "count=exact,tx=rollback,handling=lenient," },
		{ "resolution=merge-duplicates,missing=null,return=headers-only", "return=headers-only,resolution=merge-duplicates,missing=null," },
	};
	struct text words = { 0 };

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		struct preferences preferences = read_header(cases[i].header);

		text_clear(&words);
		prefer_words(&preferences, &words);
		assert_is(((struct slice){ words.bytes, words.length }), cases[i].words);
	}
	text_release(&words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_said_is_nothing_wanted),
		cmocka_unit_test(what_is_known_is_read),
		cmocka_unit_test(what_stands_in_quotes_is_one_value),
		cmocka_unit_test(the_first_one_counts),
		cmocka_unit_test(what_is_not_known_is_named),
		cmocka_unit_test(words_are_the_same_whoever_wrote_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
