/* SPDX-License-Identifier: MIT
 *
 * The link to the next page: what of the request's own URI stands in it.
 */
#include "response/page_link.h"

#include "unit.h"

static struct text made;

static void expect_link(const char *uri, const char *range, const char *place, const char *wanted)
{
	struct request request = { .uri = slice_of(uri), .range = slice_of(range) };
	struct plan plan = { .offset = 20, .limit = 10 };

	text_clear(&made);
	page_link_add(&made, &request, &plan, slice_of(place));
	assert_is(made, wanted);
}

static void another_window(void **state)
{
	(void)state;
	expect_link("/users", "", "(1)", "/users?after=(1)");
	expect_link("/users?", "", "", "/users?offset=30");
	expect_link("/users?offset=20&id=gt.5&&limit=10", "", "", "/users?id=gt.5&limit=10&offset=30");
	expect_link("/users?limit=40&after=(1)&select=id", "20-29", "(7)", "/users?select=id&limit=10&after=(7)");
	expect_link("/users?after=eq.1&offsets=eq.2&off=eq.3", "", "(7)",
	            "/users?after=eq.1&offsets=eq.2&off=eq.3&after=(7)");
}

/* As far as headers go: by offset, which counts from where the page itself began, or none. */
static void what_is_too_long(void **state)
{
	char place[12300], uri[12300];

	(void)state;
	memset(place, 'x', sizeof(place));
	memcpy(place, "(", 1);
	memcpy(place + sizeof(place) - 2, ")", 2);
	expect_link("/users?order=name&after=(1)", "", place, "/users?order=name&after=(1)&offset=30");
	expect_link("/users?order=name", "", place, "/users?order=name&offset=30");
	memset(uri, 'y', sizeof(uri));
	memcpy(uri, "/users?y=", 9);
	uri[sizeof(uri) - 1] = '\0';
	expect_link(uri, "", "(7)", "");
	expect_link(uri, "", "", "");
}

/* The reader of the query knows these names and signs in percent-encoding too. */
static void an_old_window_in_percent_encoding(void **state)
{
	(void)state;
	expect_link("/users?%6fffset=20&id=gt.5", "", "", "/users?id=gt.5&offset=30");
	expect_link("/users?%61fter=%28%221%22%29", "", "(7)", "/users?after=(7)");
	expect_link("/users?l%69mit=40&limi%74=1", "20-29", "(7)", "/users?limit=10&after=(7)");
	/* not this sign: it makes another name */
	expect_link("/users?offset%3D=eq.1&limit%3d=eq.2", "20-29", "",
	            "/users?offset%3D=eq.1&limit%3d=eq.2&limit=10&offset=30");
	expect_link("/users?offs%", "", "", "/users?offs%25&offset=30");
	expect_link("/users?offs%65", "", "", "/users?offs%65&offset=30");
}

static void what_a_header_cannot_hold(void **state)
{
	(void)state;
	expect_link("/a\r\n<b>?c=eq.\"d\\ \xc3\xa9", "", "", "/a%0D%0A%3Cb%3E?c=eq.%22d%5C%20%C3%A9&offset=30");
}

static void scheme_and_host(void **state)
{
	static const struct {
		const char *scheme, *host, *wanted;
	} cases[] = {
		{ "https", "example.org:8080", "https://example.org:8080/a?offset=30" },
		{ "http", "[::1]", "http://[::1]/a?offset=30" },
		{ "http", "", "/a?offset=30" },
		{ "", "example.org", "/a?offset=30" },
		{ "javascript", "example.org", "/a?offset=30" },
		{ "http", "example.org/b", "/a?offset=30" },
		{ "http", "a\r\nb", "/a?offset=30" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		struct request request = { .uri = SLICE("/a"), .scheme = slice_of(cases[i].scheme),
			                   .host = slice_of(cases[i].host) };
		struct plan plan = { .offset = 20, .limit = 10 };

		text_clear(&made);
		page_link_add(&made, &request, &plan, (struct slice){ "", 0 });
		assert_is(made, cases[i].wanted);
	}
}

static int release(void **state)
{
	(void)state;
	text_release(&made);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_window),
		cmocka_unit_test(what_is_too_long),
		cmocka_unit_test(an_old_window_in_percent_encoding),
		cmocka_unit_test(what_a_header_cannot_hold),
		cmocka_unit_test(scheme_and_host),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
