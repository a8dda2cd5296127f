/* SPDX-License-Identifier: MIT */
#include "mysql/mysql_fulltext.h"

#include "unit.h"

static struct text out;

static int forget(void **state)
{
	(void)state;
	text_release(&out);
	return 0;
}

static void expect(enum fulltext_form form, const char *given, const char *wanted)
{
	struct slice text = exact(given, strlen(given));
	const char *why = NULL;

	text_clear(&out);
	if (!mysql_fulltext_translate(&out, form, text, &why))
		fail_msg("%s: %s", given, why);
	exact_free(text);
	assert_is(out, wanted);
}

static void refuse(enum fulltext_form form, const char *given, const char *wanted)
{
	struct slice text = exact(given, strlen(given));
	const char *why = NULL;

	text_clear(&out);
	if (mysql_fulltext_translate(&out, form, text, &why))
		fail_msg("%s: taken", given);
	exact_free(text);
	assert_says(why, wanted);
}

static void plain_words_are_all_demanded(void **state)
{
	(void)state;
	expect(FULLTEXT_PLAIN, "", "");
	expect(FULLTEXT_PLAIN, "cat", "+cat");
	expect(FULLTEXT_PLAIN, "  fat  cats ", "+fat +cats");
	expect(FULLTEXT_PLAIN, "+fat -cats* \"x_y\" (dogs) ~@><'", "+fat +cats +x_y +dogs");
	expect(FULLTEXT_PLAIN,
	       "gr\xc3\xb6\xc3\x9f"
	       "e",
	       "+gr\xc3\xb6\xc3\x9f"
	       "e");
	expect(FULLTEXT_PLAIN, "The cat of a \xc3\xa9t\xc3\xa9",
	       "The +cat of a +\xc3\xa9t\xc3\xa9"); /* no index has these */
}

static void phrases(void **state)
{
	(void)state;
	expect(FULLTEXT_PHRASE, "fat cats", "\"fat cats\"");
	expect(FULLTEXT_PHRASE, "fat\" +cats", "\"fat cats\"");
	expect(FULLTEXT_PHRASE, "\"'", "");
}

static void web_searches(void **state)
{
	(void)state;
	expect(FULLTEXT_WEB, "cat", "(+cat)");
	expect(FULLTEXT_WEB, "fat cat -dog", "(+fat +cat -dog)");
	expect(FULLTEXT_WEB, "\"fat cat\" -\"mad dog\"", "(+\"fat cat\" -\"mad dog\")");
	expect(FULLTEXT_WEB, "cat or dog OR bird", "(+cat) (+dog) (+bird)");
	expect(FULLTEXT_WEB, "\"or\" orange", "(+\"or\" +orange)");
	expect(FULLTEXT_WEB, "\"fat cat", "(+\"fat cat\")");
	expect(FULLTEXT_WEB, "cat \"\" -", "(+cat)");
	refuse(FULLTEXT_WEB, "", "a search cannot consist of negations alone");
	refuse(FULLTEXT_WEB, "-cat", "a search cannot consist of negations alone");
	refuse(FULLTEXT_WEB, "cat or -dog", "a search cannot consist of negations alone");
	refuse(FULLTEXT_WEB, "or", "a search cannot consist of negations alone");
}

static void operators(void **state)
{
	(void)state;
	expect(FULLTEXT_OPERATORS, "cat", "((+cat))");
	expect(FULLTEXT_OPERATORS, "cat & dog", "((+cat +dog))");
	expect(FULLTEXT_OPERATORS, "cat|dog&bird", "((+cat) (+dog +bird))");
	expect(FULLTEXT_OPERATORS, "cat & !dog & !!bird", "((+cat -dog +bird))");
	expect(FULLTEXT_OPERATORS, "(cat | dog) & !(bird | fish)", "((+((+cat) (+dog)) -((+bird) (+fish))))");
	expect(FULLTEXT_OPERATORS, "ca:* & !do:*", "((+ca* -do*))");
	expect(FULLTEXT_OPERATORS, "fat <-> cat & dog", "((+\"fat cat\" +dog))");
	expect(FULLTEXT_OPERATORS, "'fat cat' & !'mad dog'", "((+\"fat cat\" -\"mad dog\"))");
	refuse(FULLTEXT_OPERATORS, "", "expected a word in the search");
	refuse(FULLTEXT_OPERATORS, "fat cat", "expected '&', '|' or the end of the search");
	refuse(FULLTEXT_OPERATORS, "cat &", "expected a word in the search");
	refuse(FULLTEXT_OPERATORS, "& cat", "expected a word in the search");
	refuse(FULLTEXT_OPERATORS, "!cat", "a search cannot consist of negations alone");
	refuse(FULLTEXT_OPERATORS, "cat | !dog", "a search cannot consist of negations alone");
	refuse(FULLTEXT_OPERATORS, "(cat", "a '(' in the search has no ')'");
	refuse(FULLTEXT_OPERATORS, "cat)", "expected '&', '|' or the end of the search");
	refuse(FULLTEXT_OPERATORS, "'cat", "a quote in the search is not closed");
	refuse(FULLTEXT_OPERATORS, "''", "expected a word in the search");
	refuse(FULLTEXT_OPERATORS, "cat <-> ", "expected a word after '<->' in the search");
	refuse(FULLTEXT_OPERATORS, "cat\"", "expected '&', '|' or the end of the search");
	refuse(FULLTEXT_OPERATORS, "((((((((((((((((((((cat))))))))))))))))))))", "the search is nested more than 16 deep");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, forget)
	const struct CMUnitTest tests[] = {
		TEST(plain_words_are_all_demanded),
		TEST(phrases),
		TEST(web_searches),
		TEST(operators),
	};

	return cmocka_run_group_tests_name("fulltext", tests, NULL, NULL);
}
