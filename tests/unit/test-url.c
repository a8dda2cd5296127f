/* SPDX-License-Identifier: MIT */
#include "url.h"

#include "unit.h"

static void every_part_is_read_and_decoded(void **state)
{
	static const struct {
		const char *text, *user, *password, *host, *database, *socket;
		unsigned port;
	} cases[] = {
		{ "mysql://u:p@h:3306/db", "u", "p", "h", "db", NULL, 3306 },
		{ "mariadb://u:p@h/db", "u", "p", "h", "db", NULL, 0 },
		{ "mysql://h/db", "", "", "h", "db", NULL, 0 },
		{ "mysql:///db", "", "", NULL, "db", NULL, 0 },
		{ "mysql://u@/db?socket=/run/a.sock", "u", "", NULL, "db", "/run/a.sock", 0 },
		{ "mysql://u@localhost/db?socket=/run/a%20b.sock", "u", "", "localhost", "db", "/run/a b.sock", 0 },
		{ "mysql://u:p%40%3A%2F%3F%23%25@h/d%2Fb", "u", "p@:/?#%", "h", "d/b", NULL, 0 },
		{ "mysql://u:p@w@h/db", "u", "p@w", "h", "db", NULL, 0 }, /* the last '@' ends the password */
		{ "mysql://u:a:b@h/db", "u", "a:b", "h", "db", NULL, 0 },
		{ "mysql://u:@h/db", "u", "", "h", "db", NULL, 0 },
		{ "mysql://@h/db", "", "", "h", "db", NULL, 0 },
		{ "mysql://u+v:p+q@h/db", "u+v", "p+q", "h", "db", NULL, 0 }, /* '+' is no space here */
		{ "mysql://u:p@[::1]:3307/db", "u", "p", "::1", "db", NULL, 3307 },
		{ "mysql://u:p@[2001:db8::1]/db", "u", "p", "2001:db8::1", "db", NULL, 0 },
		{ "mysql://u:p@h:1/db", "u", "p", "h", "db", NULL, 1 },
		{ "mysql://u:p@h:65535/db?", "u", "p", "h", "db", NULL, 65535 },
		{ "mysql://h/db?&&", "", "", "h", "db", NULL, 0 },
		{ "mysql://\xc3\xbc:\xc3\xa4@h/\xc3\xb6", "\xc3\xbc", "\xc3\xa4", "h", "\xc3\xb6", NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		struct arena arena = { 0 };
		struct database_url url;
		const char *fault = url_parse(cases[i].text, &arena, &url);

		if (fault != NULL)
			fail_msg("%s: %s", cases[i].text, fault);
		assert_string_equal(url.user, cases[i].user);
		assert_string_equal(url.password, cases[i].password);
		assert_says(url.host, cases[i].host != NULL ? cases[i].host : "(NULL)");
		assert_string_equal(url.database, cases[i].database);
		assert_says(url.socket, cases[i].socket != NULL ? cases[i].socket : "(NULL)");
		assert_int_equal(url.port, cases[i].port);
		arena_release(&arena);
	}
}

static void faults_name_the_part(void **state)
{
	static const struct {
		const char *text, *part;
	} cases[] = {
		{ "", "scheme" },
		{ "h/db", "scheme" },
		{ "://h/db", "scheme" },
		{ "postgresql://h/db", "scheme" },
		{ "mysqlx://h/db", "scheme" },
		{ "MySQL://h/db", "scheme" },
		{ "mysql://h", "database" },
		{ "mysql://h/", "database" },
		{ "mysql://h/?socket=/a", "database" },
		{ "mysql://h/a/b", "database" },
		{ "mysql://h/a%", "database" },
		{ "mysql://h/a%00", "database" },
		{ "mysql://%zz@h/db", "user" },
		{ "mysql://u:%1@h/db", "password" },
		{ "mysql://u:%00@h/db", "password" },
		{ "mysql://%2/db", "host" },
		{ "mysql://h:/db", "port" },
		{ "mysql://h:0/db", "port" },
		{ "mysql://h:65536/db", "port" },
		{ "mysql://h:99999999999/db", "port" },
		{ "mysql://h:3306x/db", "port" },
		{ "mysql://h:-1/db", "port" },
		{ "mysql://:3306/db", "port" },
		{ "mysql://[::1/db", "]" },
		{ "mysql://[::1]x/db", "]" },
		{ "mysql://[]/db", "host" },
		{ "mysql://a,b/db", "hosts" },
		{ "mysql://a:1,b:2/db", "hosts" },
		{ "mysql://u:p#w@h/db", "#" },
		{ "mysql://h/db#x", "#" },
		{ "mysql://h/db?ssl=1", "option" },
		{ "mysql://h/db?socket", "socket" },
		{ "mysql://h/db?socket=", "socket" },
		{ "mysql://h/db?socket=a", "socket" },
		{ "mysql://h/db?socket=/%", "socket" },
		{ "mysql://h/db?%=1", "options" },
		{ "mysql://h/db?socket=/a", "host" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		struct arena arena = { 0 };
		struct database_url url;
		const char *fault = url_parse(cases[i].text, &arena, &url);

		if (fault == NULL || strstr(fault, cases[i].part) == NULL)
			fail_msg("%s: %s", cases[i].text, fault != NULL ? fault : "taken");
		arena_release(&arena);
	}
}

/* However the password breaks the URL, no fault repeats a piece of it. */
static void no_fault_tells_the_password(void **state)
{
	static const char *const forms[] = {
		"mysql://u:%sXYZZY@h:x/db", "mysql://u:12%sXYZZY@h/db", "mysql://u:XYZZY%s@h/", "mysql:/u:XYZZY%s@h/db",
		"XYZZY%s", "mysql://u:12/x?XYZZY%s@h/db", "mysql://u:1/d?a&XYZZY%s", "mysql://u:XYZZY%s", "pg://u:XYZZY%s@h/d",
		"mysql://u:12/x?socket=XYZZY%s@h/db", "mysql://u:12%s/XYZZY@h/db",
	};
	static const char *const middles[] = { "", "%%", "#", "/", "?", "@", ":", "[", ",", "&", "=", "?x=", "://" };
	char text[100];

	(void)state;
	for (size_t f = 0; f < LENGTH_OF(forms); f++)
		for (size_t m = 0; m < LENGTH_OF(middles); m++) {
			struct arena arena = { 0 };
			struct database_url url;
			const char *hole = strstr(forms[f], "%s"), *fault;

			snprintf(text, sizeof(text), "%.*s%s%s", (int)(hole - forms[f]), forms[f], middles[m], hole + 2);
			fault = url_parse(text, &arena, &url);
			if (fault != NULL && strstr(fault, "XYZZY") != NULL)
				fail_msg("%s: %s", text, fault);
			arena_release(&arena);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_part_is_read_and_decoded),
		cmocka_unit_test(faults_name_the_part),
		cmocka_unit_test(no_fault_tells_the_password),
	};

	return cmocka_run_group_tests_name("url", tests, NULL, NULL);
}
