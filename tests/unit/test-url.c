/* SPDX-License-Identifier: MIT */
#include "config/url.h"

#include "build.h"
#include "mysql/mysql_url.h"
#include "postgresql/postgresql_url.h"
#include "unit.h"

static int register_urls(void **state)
{
	static const struct url_rules *const rules[] = { &mysql_url, &postgresql_url, NULL };

	(void)state;
	url_register(rules);
	return 0;
}

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
		assert_int_equal(url.host_count, cases[i].host != NULL);
		assert_says(url.hosts[0].name, cases[i].host != NULL ? cases[i].host : "(NULL)");
		assert_string_equal(url.database, cases[i].database);
		assert_says(url.socket, cases[i].socket != NULL ? cases[i].socket : "(NULL)");
		assert_int_equal(url.hosts[0].port, cases[i].port);
		arena_release(&arena);
	}
}

/* The lines of tests/golden/database-url.refused.txt. */
static void faults_name_the_part(void **state)
{
	const char *source = getenv("srcdir");
	char path[4096], *line = NULL, *arrow;
	size_t size = 0;
	int ran = 0, failed = 0;
	FILE *file;

	(void)state;
	snprintf(path, sizeof(path), "%s/tests/golden/database-url.refused.txt", source != NULL ? source : ".");
	if ((file = fopen(path, "r")) == NULL)
		fail_msg("cannot read %s", path);
	while (getline(&line, &size, file) >= 0) {
		struct arena arena = { 0 };
		struct database_url url;
		const char *fault;

		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '\0' || line[0] == '#')
			continue;
		if ((arrow = strstr(line, " => ")) == NULL)
			fail_msg("expected URL => FAULT: %s", line);
		*arrow = '\0';
		fault = url_parse(line, &arena, &url);
		if (fault == NULL || strcmp(fault, arrow + 4) != 0) {
			print_error("%s\n    got    %s\n    wanted %s\n", line, fault != NULL ? fault : "(taken)", arrow + 4);
			failed++;
		}
		ran++;
		arena_release(&arena);
	}
	free(line);
	fclose(file);
	if (failed > 0)
		fail_msg("%d of %d lines", failed, ran);
	assert_true(ran >= 60);
}

static void hosts_are_read_in_their_order(void **state)
{
	static const struct {
		const char *text, *hosts;
	} cases[] = {
		{ "mysql://u:p@db1:3306,db2,[::1]:3307/app", "db1 3306,db2 0,::1 3307" },
		{ "mysql://db1,db1:3307/app", "db1 0,db1 3307" },
		{ "mysql://u:a,b@10.0.0.1,10.0.0.2:3306/app", "10.0.0.1 0,10.0.0.2 3306" },
		{ "mysql://a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p/app",
		  "a 0,b 0,c 0,d 0,e 0,f 0,g 0,h 0,i 0,j 0,k 0,l 0,m 0,n 0,o 0,p 0" },
		{ "postgresql://u@a:5432,b/app", "a 5432,b 0" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		struct arena arena = { 0 };
		struct text hosts = { 0 };
		struct database_url url;

		assert_null(url_parse(cases[i].text, &arena, &url));
		for (unsigned h = 0; h < url.host_count; h++)
			text_printf(&hosts, "%s%s %u", h > 0 ? "," : "", url.hosts[h].name, url.hosts[h].port);
		assert_is(hosts, cases[i].hosts);
		assert_false(url_is_local(&url));
		text_release(&hosts);
		arena_release(&arena);
	}
}

static void options_are_read(void **state)
{
	static const struct {
		const char *text, *ca, *certificate, *key, *socket;
		enum url_tls tls;
		enum url_target target;
		bool local;
	} cases[] = {
		{ "mysql://h/d", NULL, NULL, NULL, NULL, URL_TLS_UNSAID, URL_TARGET_ANY, false },
		{ "mysql://h/d?target=any", NULL, NULL, NULL, NULL, URL_TLS_UNSAID, URL_TARGET_ANY, false },
		{ "mysql://a,b/d?target=writable", NULL, NULL, NULL, NULL, URL_TLS_UNSAID, URL_TARGET_WRITABLE, false },
		{ "mysql://h/d?ssl-mode=disabled", NULL, NULL, NULL, NULL, URL_TLS_DISABLED, URL_TARGET_ANY, false },
		{ "mysql://h/d?ssl-mode=preferred", NULL, NULL, NULL, NULL, URL_TLS_PREFERRED, URL_TARGET_ANY, false },
		{ "mysql://h/d?ssl-mode=required", NULL, NULL, NULL, NULL, URL_TLS_REQUIRED, URL_TARGET_ANY, false },
		{ "mysql://h/d?ssl-mode=verify-ca&ssl-ca=/c%20a", "/c a", NULL, NULL, NULL, URL_TLS_VERIFY_CA, URL_TARGET_ANY,
		  false },
		{ "mysql://h/d?ssl-mode=verify-identity", NULL, NULL, NULL, NULL, URL_TLS_VERIFY_IDENTITY, URL_TARGET_ANY,
		  false },
		{ "mysql://h/d?sslMode=VERIFY_IDENTITY&ssl_ca=/a&SSL-CERT=/b&ssl_key=/c", "/a", "/b", "/c", NULL,
		  URL_TLS_VERIFY_IDENTITY, URL_TARGET_ANY, false },
		{ "mysql://localhost/d", NULL, NULL, NULL, NULL, URL_TLS_UNSAID, URL_TARGET_ANY, true },
		{ "mysql://localhost/d?ssl-mode=preferred", NULL, NULL, NULL, NULL, URL_TLS_PREFERRED, URL_TARGET_ANY, true },
		{ "mysql://localhost:3306/d?ssl-mode=required", NULL, NULL, NULL, NULL, URL_TLS_REQUIRED, URL_TARGET_ANY,
		  false },
		{ "mysql:///d?socket=/s&target=writable", NULL, NULL, NULL, "/s", URL_TLS_UNSAID, URL_TARGET_WRITABLE, true },
		{ "postgresql://h/d?sslmode=disable", NULL, NULL, NULL, NULL, URL_TLS_DISABLED, URL_TARGET_ANY, false },
		{ "postgres://h/d?sslmode=prefer", NULL, NULL, NULL, NULL, URL_TLS_PREFERRED, URL_TARGET_ANY, false },
		{ "postgresql://h/d?sslmode=require&sslrootcert=/a", "/a", NULL, NULL, NULL, URL_TLS_REQUIRED,
		  URL_TARGET_ANY, false },
		{ "postgresql://h/d?sslmode=verify-full&sslrootcert=/a&sslcert=/b&sslkey=/c", "/a", "/b", "/c", NULL,
		  URL_TLS_VERIFY_IDENTITY, URL_TARGET_ANY, false },
		{ "postgresql://a,b/d?target_session_attrs=read-write", NULL, NULL, NULL, NULL, URL_TLS_UNSAID,
		  URL_TARGET_WRITABLE, false },
		{ "postgresql:///d?host=/run/postgresql", NULL, NULL, NULL, "/run/postgresql", URL_TLS_UNSAID, URL_TARGET_ANY,
		  true },
		{ "postgresql://%2Frun%2Fpostgresql/d", NULL, NULL, NULL, "/run/postgresql", URL_TLS_UNSAID, URL_TARGET_ANY,
		  true },
		{ "postgresql://localhost/d", NULL, NULL, NULL, NULL, URL_TLS_UNSAID, URL_TARGET_ANY, false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		struct arena arena = { 0 };
		struct database_url url;
		const char *fault = url_parse(cases[i].text, &arena, &url);

		if (fault != NULL)
			fail_msg("%s: %s", cases[i].text, fault);
		assert_int_equal(url.rules, cases[i].text[0] == 'p' ? &postgresql_url : &mysql_url);
		assert_int_equal(url.tls, cases[i].tls);
		assert_int_equal(url.target, cases[i].target);
		assert_says(url.tls_ca, cases[i].ca != NULL ? cases[i].ca : "(NULL)");
		assert_says(url.tls_certificate, cases[i].certificate != NULL ? cases[i].certificate : "(NULL)");
		assert_says(url.tls_key, cases[i].key != NULL ? cases[i].key : "(NULL)");
		assert_says(url.socket, cases[i].socket != NULL ? cases[i].socket : "(NULL)");
		assert_int_equal(url_is_local(&url), cases[i].local);
		arena_release(&arena);
	}
}

static void a_database_that_was_not_built_in_is_named(void **state)
{
	struct arena arena = { 0 };
	struct database_url url;

	(void)state;
	assert_null(url_parse("mysql://h/d", &arena, &url));
	assert_null(url_unserved(&url, &arena));
	assert_null(url_parse("postgres://h/d", &arena, &url));
#ifdef HAVE_POSTGRESQL
	assert_null(url_unserved(&url, &arena));
#else
	assert_non_null(strstr(url_unserved(&url, &arena), "PostgreSQL"));
#endif
	arena_release(&arena);
}

static void a_socket_of_postgresql_has_a_port(void **state)
{
	struct arena arena = { 0 };
	struct database_url url;

	(void)state;
	assert_null(url_parse("postgresql://u@/d?host=/run/postgresql&port=5433", &arena, &url));
	assert_says(url.socket, "/run/postgresql");
	assert_int_equal(url.socket_port, 5433);
	assert_null(url_parse("postgresql:///d?port=5433", &arena, &url));
	assert_true(url_is_local(&url));
	assert_int_equal(url.socket_port, 5433);
	arena_release(&arena);
}

/* However the password breaks the URL, no fault repeats a piece of it. */
static void no_fault_tells_the_password(void **state)
{
	static const char *const forms[] = {
		"mysql://u:%sXYZZY@h:x/db", "mysql://u:12%sXYZZY@h/db", "mysql://u:XYZZY%s@h/", "mysql:/u:XYZZY%s@h/db",
		"XYZZY%s", "mysql://u:12/x?XYZZY%s@h/db", "mysql://u:1/d?a&XYZZY%s", "mysql://u:XYZZY%s", "pg://u:XYZZY%s@h/d",
		"mysql://u:12/x?socket=XYZZY%s@h/db", "mysql://u:12%s/XYZZY@h/db",
		"mysql://u:12/x?ssl-mode=XYZZY%s@h/db", "mysql://u:12/x?ssl-ca=/XYZZY%s@h/db", "mysql://u:12,XYZZY%s/@h/db",
		"mysql://u:12/x?target=XYZZY%s@h/db", "postgresql://u:12/x?sslmode=XYZZY%s@h/db",
		"postgresql://u:XYZZY%s@h/d?host=XYZZY",
	};
	static const char *const middles[] = { "", "%%", "#", "/", "?", "@", ":", "[", ",", "&", "=", "?x=", "://", "?target=any&", "&ssl-ca=" };
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
		cmocka_unit_test(hosts_are_read_in_their_order),
		cmocka_unit_test(options_are_read),
		cmocka_unit_test(a_socket_of_postgresql_has_a_port),
		cmocka_unit_test(a_database_that_was_not_built_in_is_named),
		cmocka_unit_test(faults_name_the_part),
		cmocka_unit_test(no_fault_tells_the_password),
	};

	return cmocka_run_group_tests_name("url", tests, register_urls, NULL);
}
