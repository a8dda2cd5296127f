/* SPDX-License-Identifier: MIT */
#include "base/encoding.h"

#include "unit.h"

static void base64_is_rfc_4648s(void **state)
{
	static const struct {
		const char *plain, *encoded;
	} cases[] = { { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		      { "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" }, { "\xff\xfe\xfb", "//77" } };
	struct text text = { 0 };

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		text_release(&text);
		encoding_add_base64(&text, cases[i].plain, strlen(cases[i].plain));
		assert_is(text, cases[i].encoded);
	}
	text_release(&text);
}

static void base64_comes_back_with_and_without_padding(void **state)
{
	unsigned char plain[100];
	struct text text = { 0 };
	uint32_t seed = 7;

	(void)state;
	for (size_t length = 0; length < sizeof(plain); length++) {
		for (size_t i = 0; i < length; i++)
			plain[i] = (unsigned char)dice(&seed);
		for (int form = 0; form < 3; form++) { /* as it is, without padding, in the alphabet of URLs */
			struct slice given;
			char *bytes;
			size_t decoded;

			text_clear(&text);
			text_add_char(&text, '!'); /* behind something */
			encoding_add_base64(&text, plain, length);
			while (form > 0 && text.length > 1 && text.bytes[text.length - 1] == '=')
				text.length--;
			for (size_t i = 1; form == 2 && i < text.length; i++)
				text.bytes[i] = text.bytes[i] == '+' ? '-' : text.bytes[i] == '/' ? '_' : text.bytes[i];
			given = exact(text.bytes + 1, text.length - 1);
			bytes = (char *)(uintptr_t)given.bytes;
			decoded = given.length;
			assert_true(encoding_decode_base64(bytes, &decoded));
			assert_int_equal(decoded, length);
			assert_memory_equal(bytes, plain, length);
			exact_free(given);
		}
	}
	text_release(&text);
}

static void what_is_not_base64_is_refused(void **state)
{
	static const char *const bad[] = { "A", "AAAAA", "A===", "====", "AA=A", "=AAA", "AA A", "AA\n", "AAA*", "\xff\xff",
		                           "=", "==", "AAAA=", "AA=", "AAA==", "AAAA==" };

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(bad); i++) {
		char copy[16];
		size_t length = strlen(bad[i]);

		memcpy(copy, bad[i], length);
		if (encoding_decode_base64(copy, &length))
			fail_msg("taken: %s", bad[i]);
	}
}

static void percent_encoding_is_decoded_in_place(void **state)
{
	static const struct {
		const char *given, *wanted; /* NULL: it is broken */
		size_t place;
		const char *query; /* what it is in a query string */
	} cases[] = {
		{ "", "", 0, "" },
		{ "abc", "abc", 0, "abc" },
		{ "a+b", "a+b", 0, "a b" },
		{ "a%2Bb", "a+b", 0, "a+b" },
		{ "%41%62%c3%A9", "Ab\xc3\xa9", 0, "Ab\xc3\xa9" },
		{ "%2541", "%41", 0, "%41" }, /* once only */
		{ "%", NULL, 0, "%" },
		{ "ab%4", NULL, 2, "ab%4" },
		{ "%41%4g", NULL, 3, "A%4g" },
		{ "%g4", NULL, 0, "%g4" },
		{ "%%41", NULL, 0, "%A" },
		{ "%+1", NULL, 0, "% 1" },
		{ "%x%", NULL, 0, "%x%" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		struct slice given = exact(cases[i].given, strlen(cases[i].given));
		char *bytes = (char *)(uintptr_t)given.bytes;
		size_t length = given.length;

		assert_int_equal(encoding_decode_percent(bytes, &length), cases[i].wanted != NULL);
		if (cases[i].wanted != NULL)
			expect_bytes(bytes, length, cases[i].wanted, __FILE__, __LINE__);
		else
			assert_int_equal(length, cases[i].place);
		exact_free(given);
		given = exact(cases[i].given, strlen(cases[i].given));
		bytes = (char *)(uintptr_t)given.bytes;
		expect_bytes(bytes, encoding_decode_form(bytes, given.length), cases[i].query, __FILE__, __LINE__);
		exact_free(given);
	}
}

static void what_is_not_unreserved_is_percent_encoded(void **state)
{
	struct text text = { 0 };

	(void)state;
	encoding_add_percent(&text, "aZ09-._~ /%{}@[`\xc3\xa9\0", 19);
	assert_is(text, "aZ09-._~%20%2F%25%7B%7D%40%5B%60%C3%A9%00");
	text_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64_is_rfc_4648s),
		cmocka_unit_test(base64_comes_back_with_and_without_padding),
		cmocka_unit_test(what_is_not_base64_is_refused),
		cmocka_unit_test(percent_encoding_is_decoded_in_place),
		cmocka_unit_test(what_is_not_unreserved_is_percent_encoded),
	};

	return cmocka_run_group_tests_name("encoding", tests, NULL, NULL);
}
