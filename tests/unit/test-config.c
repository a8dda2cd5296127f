/* SPDX-License-Identifier: MIT */
#include "config/config.h"
#include "config/config_print.h"
#include "config/variables.h"

#include <unistd.h>

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

static const char *const all_names[] = {
	"DATABASE_URL", "MYREST_LISTEN", "MYREST_ADMIN_LISTEN", "WEB_CONCURRENCY", "MYREST_TABLES", "MYREST_WRITABLE",
	"MYREST_ALLOW_UNFILTERED", "MYREST_ALLOW_ROLLBACK", "MYREST_IDEMPOTENCY_TABLE", "MYREST_PREFIX",
	"MYREST_MAX_ROWS", "MYREST_BUFFER_BYTES", "MYREST_MERGE", "MYREST_MAX_REQUEST_BYTES", "MYREST_REQUEST_TIMEOUT",
	"MYREST_STATEMENT_TIMEOUT", "MYREST_CONNECT_TIMEOUT", "MYREST_HEDGE_MS", "MYREST_DRAIN_TIMEOUT", "MYREST_LOG_LEVEL",
	"MYREST_ACCESS_LOG", "MYREST_SANDBOX",
};

static char *text; /* of the last load or print */

static int nothing_is_set(void **state)
{
	char name[64];

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(all_names); i++) {
		unsetenv(all_names[i]);
		snprintf(name, sizeof(name), "%s_FILE", all_names[i]);
		unsetenv(name);
	}
	unsetenv("MYREST_LISTENN");
	setenv("DATABASE_URL", "mysql://u:p@h/db", 1);
	return 0;
}

static int forget(void **state)
{
	(void)state;
	free(text);
	text = NULL;
	return 0;
}

static int load(struct config *config)
{
	size_t size;
	FILE *faults;
	int count;

	free(text);
	faults = open_memstream(&text, &size);
	assert_non_null(faults);
	count = config_load(config, faults);
	fclose(faults);
	return count;
}

static const char *print_as(void (*form)(FILE *))
{
	size_t size;
	FILE *out;

	free(text);
	out = open_memstream(&text, &size);
	assert_non_null(out);
	form(out);
	fclose(out);
	return text;
}

static const char *print(void)
{
	return print_as(config_print_values);
}

/* What the documents are made from has every variable, whatever is set, and no secret. */
static void each_form_has_every_variable(void **state)
{
	static const struct {
		void (*form)(FILE *);
		const char *before, *after; /* the name of a variable */
		const char *example;        /* what there is of one, word by word */
	} forms[] = {
		{ config_print_values, "\n", "=", "\n# The maximum number of rows in one answer.\n# default: 1000\n# from: environment\n"
		                               "MYREST_MAX_ROWS=17\n" },
		{ config_print_example, "\n#", "=", "\n# The maximum number of rows in one answer.\n#MYREST_MAX_ROWS=1000\n" },
		{ config_print_markdown, "\n| `", "` | ",
		  "\n| `MYREST_MAX_ROWS` | `1000` | The maximum number of rows in one answer. |\n" },
		{ config_print_man, "\n.It Ev ", "\n",
		  "\n.It Ev MYREST_MAX_ROWS\nThe maximum number of rows in one answer.\nDefault:\n.Li 1000 .\n" },
	};
	char line[80];

	(void)state;
	setenv("MYREST_MAX_ROWS", "17", 1);
	setenv("DATABASE_URL", "mysql://u:XYZZY@h/db", 1);
	for (size_t f = 0; f < LENGTH_OF(forms); f++) {
		print_as(forms[f].form);
		for (const struct variable *variable = variables; variable->name != NULL; variable++) {
			snprintf(line, sizeof(line), "%s%s%s", forms[f].before, variable->name, forms[f].after);
			assert_non_null(strstr(text, line));
		}
		assert_non_null(strstr(text, forms[f].example));
		assert_null(strstr(text, "XYZZY"));
	}
}

/* Code is bold in the manual page, and no byte of a text is roff's; a comment has no backtick and no long line. */
static void texts_are_escaped(void **state)
{
	(void)state;
	print_as(config_print_man);
	assert_non_null(strstr(text, "\\fBusers(id,username),orders,\\(dqodd, name\\(dq\\fR."));
	assert_non_null(strstr(text, "group=www\\-data"));
	assert_null(strstr(text, "`"));
	print_as(config_print_example);
	for (const char *line = strstr(text, "#DATABASE_URL="); line != NULL; line = strchr(line + 1, '\n'))
		assert_true(strcspn(line + 1, "\n") <= 100);
	assert_null(strstr(strstr(text, "\n\n"), "`"));
}

static void defaults(void **state)
{
	struct config config;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	(void)state;
	assert_int_equal(load(&config), 0);
	assert_string_equal(text, "");
	assert_string_equal(config.database.hosts[0].name, "h");
	assert_int_equal(config.database.host_count, 1);
	assert_string_equal(config.listen.path, "/run/myrest/myrest.sock");
	assert_int_equal(config.listen.mode, 0660);
	assert_null(config.listen.group);
	assert_false(config.has_admin);
	assert_int_equal(config.workers, cores > 254 ? 256 : cores + 2);
	assert_int_equal(config.tables.count, 1);
	assert_is(config.tables.entries[0].name, "users");
	assert_is(config.prefix, "");
	assert_int_equal(config.max_rows, 1000);
	assert_int_equal(config.buffer_bytes, 262144);
	assert_true(config.merge);
	assert_true(config.sandbox);
	assert_int_equal(config.max_request_bytes, 1048576);
	assert_int_equal(config.request_timeout_s, 10);
	assert_int_equal(config.statement_timeout_s, 30);
	assert_int_equal(config.connect_timeout_s, 2);
	assert_int_equal(config.drain_timeout_s, 25);
	assert_int_equal(config.log_level, LOG_WARNING);
	assert_false(config.access_log);
	config_release(&config);
}

static void every_value_is_taken(void **state)
{
	static const struct {
		const char *name;
		enum log_level level;
	} levels[] = { { "error", LOG_ERROR }, { "warning", LOG_WARNING }, { "info", LOG_INFO }, { "debug", LOG_DEBUG } };
	struct config config;

	(void)state;
	setenv("MYREST_LISTEN", "127.0.0.1:9000", 1);
	setenv("MYREST_ADMIN_LISTEN", "[::1]:9001", 1);
	setenv("WEB_CONCURRENCY", "256", 1);
	setenv("MYREST_TABLES", "a(b,c),d", 1);
	setenv("MYREST_WRITABLE", "a(c)", 1);
	setenv("MYREST_ALLOW_UNFILTERED", "on", 1);
	setenv("MYREST_ALLOW_ROLLBACK", "on", 1);
	setenv("MYREST_IDEMPOTENCY_TABLE", "\"my keys\"", 1);
	setenv("MYREST_PREFIX", "/api/v1/", 1);
	setenv("MYREST_MAX_ROWS", "1", 1);
	setenv("MYREST_BUFFER_BYTES", "1024", 1);
	setenv("MYREST_MERGE", "off", 1);
	setenv("MYREST_MAX_REQUEST_BYTES", "4096", 1);
	setenv("MYREST_REQUEST_TIMEOUT", "3600", 1);
	setenv("MYREST_STATEMENT_TIMEOUT", "86400", 1);
	setenv("MYREST_CONNECT_TIMEOUT", "60", 1);
	setenv("MYREST_DRAIN_TIMEOUT", "0", 1);
	setenv("MYREST_ACCESS_LOG", "on", 1);
	setenv("MYREST_SANDBOX", "off", 1);
	for (size_t i = 0; i < LENGTH_OF(levels); i++) {
		setenv("MYREST_LOG_LEVEL", levels[i].name, 1);
		if (load(&config) != 0)
			fail_msg("%s", text);
		assert_int_equal(config.log_level, levels[i].level);
		assert_string_equal(config.listen.port, "9000");
		assert_true(config.has_admin);
		assert_string_equal(config.admin.host, "::1");
		assert_int_equal(config.workers, 256);
		assert_int_equal(config.tables.count, 2);
		assert_int_equal(config.writable.count, 1);
		assert_true(config.allow_unfiltered && config.allow_rollback);
		assert_is(config.idempotency_table, "my keys");
		assert_is(config.prefix, "/api/v1");
		assert_int_equal(config.max_rows, 1);
		assert_int_equal(config.buffer_bytes, 1024);
		assert_false(config.merge);
		assert_int_equal(config.max_request_bytes, 4096);
		assert_int_equal(config.request_timeout_s, 3600);
		assert_int_equal(config.statement_timeout_s, 86400);
		assert_int_equal(config.connect_timeout_s, 60);
		assert_int_equal(config.drain_timeout_s, 0);
		assert_true(config.access_log);
		assert_false(config.sandbox);
		config_release(&config);
	}
}

/* One variable with one value is one fault, which begins with its name. */
static void expect_fault(const char *name, const char *value, const char *words)
{
	struct config config;
	char *before = getenv(name), beginning[80], file[60];

	before = before != NULL ? strdup(before) : NULL;
	if (value != NULL)
		setenv(name, value, 1);
	else
		unsetenv(name);
	if (load(&config) != 1)
		fail_msg("%s=%s: %s", name, value, text);
	config_release(&config);
	snprintf(file, sizeof(file), "%s_FILE", name);
	snprintf(beginning, sizeof(beginning), "myrest: %s: ", getenv(file) != NULL ? file : name);
	if (strncmp(text, beginning, strlen(beginning)) != 0 || strchr(text, '\n') != text + strlen(text) - 1 ||
	    strstr(text, words) == NULL)
		fail_msg("%s=%s: %s", name, value, text);
	if (before != NULL)
		setenv(name, before, 1);
	else
		unsetenv(name);
	free(before);
}

static void wrong_values_are_told(void **state)
{
	static const char *const numbers[] = { "", "x", "-1", "1x", " 1", "1 ", "1.5", "0x10", "+2",
		                               "99999999999999999999", "9223372036854775807" };
	static const struct {
		const char *name, *low, *high;
	} limits[] = { { "WEB_CONCURRENCY", "0", "257" },
		       { "MYREST_MAX_ROWS", "0", "1000000001" },
		       { "MYREST_BUFFER_BYTES", "1023", "1073741825" },
		       { "MYREST_MAX_REQUEST_BYTES", "4095", "1073741825" },
		       { "MYREST_REQUEST_TIMEOUT", "0", "3601" },
		       { "MYREST_STATEMENT_TIMEOUT", "0", "86401" },
		       { "MYREST_CONNECT_TIMEOUT", "0", "61" },
		       { "MYREST_DRAIN_TIMEOUT", "-1", "3601" } };

	(void)state;
	for (size_t n = 0; n < LENGTH_OF(limits); n++) {
		for (size_t i = 0; i < LENGTH_OF(numbers); i++)
			expect_fault(limits[n].name, numbers[i], "expected a number from ");
		expect_fault(limits[n].name, limits[n].low, "expected a number from ");
		expect_fault(limits[n].name, limits[n].high, "expected a number from ");
	}
	expect_fault("DATABASE_URL", NULL, "is not set");
	expect_fault("DATABASE_URL", "", "scheme");
	expect_fault("MYREST_LISTEN", "", "expected");
	expect_fault("MYREST_LISTEN", "nowhere", "expected");
	expect_fault("MYREST_ADMIN_LISTEN", "unix:/a", "host:port");
	expect_fault("MYREST_ADMIN_LISTEN", "h:0", "port");
	expect_fault("MYREST_TABLES", "", "name is missing");
	expect_fault("MYREST_TABLES", "a,a", "twice");
	expect_fault("MYREST_WRITABLE", "a,", "name is missing");
	expect_fault("MYREST_WRITABLE", "users,orders", "MYREST_TABLES does not name 'orders'");
	setenv("MYREST_TABLES", "users(id,username)", 1);
	expect_fault("MYREST_WRITABLE", "users(id,email)", "MYREST_TABLES does not show the column 'email' of 'users'");
	setenv("MYREST_WRITABLE", "users(id)", 1); /* it is not held against what could not be read */
	expect_fault("MYREST_TABLES", "users(id,", "name is missing");
	expect_fault("MYREST_TABLES", "users(id,\"a", "has no closing");
	expect_fault("MYREST_TABLES", "a,users(id", "expected");
	unsetenv("MYREST_WRITABLE");
	unsetenv("MYREST_TABLES");
	expect_fault("MYREST_IDEMPOTENCY_TABLE", "a,b", "one table");
	expect_fault("MYREST_IDEMPOTENCY_TABLE", "a(b)", "one table");
	expect_fault("MYREST_ALLOW_UNFILTERED", "true", "on or off");
	expect_fault("MYREST_ALLOW_ROLLBACK", "1", "on or off");
	expect_fault("MYREST_PREFIX", "", "begins with '/'");
	expect_fault("MYREST_PREFIX", "api", "begins with '/'");
	expect_fault("MYREST_PREFIX", "/a?b", "prefix");
	expect_fault("MYREST_PREFIX", "/a b", "prefix");
	expect_fault("MYREST_PREFIX", "/a\r", "prefix"); /* of a file with the line ends of another system */
	expect_fault("MYREST_PREFIX", "/a\x7f", "prefix");
	expect_fault("MYREST_PREFIX", "//", "prefix");
	expect_fault("MYREST_MERGE", "yes", "on or off");
	expect_fault("MYREST_MERGE", "", "on or off");
	expect_fault("MYREST_MERGE", "ON", "on or off");
	expect_fault("MYREST_ACCESS_LOG", "1", "on or off");
	expect_fault("MYREST_LOG_LEVEL", "notice", "expected error, warning, info or debug");
	expect_fault("MYREST_LOG_LEVEL", "", "expected error, warning, info or debug");
}

static void all_faults_are_told_in_one_go(void **state)
{
	struct config config;
	char line[80];

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(all_names); i++)
		setenv(all_names[i], ",", 1);
	assert_int_equal(load(&config), LENGTH_OF(all_names));
	for (size_t i = 0; i < LENGTH_OF(all_names); i++) {
		snprintf(line, sizeof(line), "myrest: %s: ", all_names[i]);
		assert_non_null(strstr(text, line));
	}
	config_release(&config);
}

static char file_name[] = "/tmp/myrest-unit-XXXXXX", pem_name[] = "/tmp/myrest-pem-XXXXXX";

static void write_file(const char *bytes, size_t length)
{
	FILE *file = fopen(file_name, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	fclose(file);
}

/* They are named by their option: a path could be a piece of a password. */
static void files_for_tls_have_to_be_there(void **state)
{
	static const char *const options[] = { "ssl-ca", "ssl-cert", "ssl-key" };
	static const char outside_charset[] = "mysql://u:p@h/db?ssl-mode=verify-identity&ssl-ca=%s&ssl-cert=%s&ssl-key=%s";
	struct config config;
	char url[200];
	int file = mkstemp(pem_name);

	(void)state;
	assert_int_equal(write(file, "no certificate\n", 15), 15);
	for (int wrong = 0; wrong < 3; wrong++) {
		const char *paths[3];

		for (int other = 0; other < 3; other++)
			paths[other] = other < wrong ? pem_name : "/nowhere/XYZZY";
		if (wrong > 0)
			assert_int_equal(pwrite(file, "-----BEGIN STH-", 15, 0), 15);
		snprintf(url, sizeof(url), outside_charset, paths[0], paths[1], paths[2]);
		expect_fault("DATABASE_URL", url, options[wrong]);
		assert_non_null(strstr(text, "cannot be read: No such file"));
		assert_null(strstr(text, "XYZZY"));
	}
	snprintf(url, sizeof(url), outside_charset, pem_name, pem_name, pem_name);
	setenv("DATABASE_URL", url, 1);
	assert_int_equal(load(&config), 0);
	config_release(&config);
	assert_int_equal(pwrite(file, "no certificate\n", 15, 0), 15);
	expect_fault("DATABASE_URL", url, "the file of ssl-ca is not in PEM form");
	snprintf(url, sizeof(url), outside_charset, "/tmp", "/tmp", "/tmp");
	expect_fault("DATABASE_URL", url, "Is a directory");
#ifndef HAVE_POSTGRESQL
	expect_fault("DATABASE_URL", "postgresql://u:p@h/db", "no PostgreSQL");
#endif
	close(file);
	unlink(pem_name);
	setenv("DATABASE_URL", "mysql://u:p@h/db", 1);
}

static void a_value_may_come_from_a_file(void **state)
{
	static const char *const ends[] = { "", "\n", "\r\n" };
	static char large[65536 + 2];
	struct config config;
	char bytes[64];

	(void)state;
	close(mkstemp(file_name));
	unsetenv("DATABASE_URL");
	setenv("DATABASE_URL_FILE", file_name, 1);
	for (size_t i = 0; i < LENGTH_OF(ends); i++) {
		snprintf(bytes, sizeof(bytes), "mysql://u:p%%20 @h/from_file%s", ends[i]);
		write_file(bytes, strlen(bytes));
		assert_int_equal(load(&config), 0);
		assert_string_equal(config.database.database, "from_file");
		assert_string_equal(config.database.password, "p  ");
		config_release(&config);
	}
	write_file("mysql://u@h/db\n\n", 16); /* one newline is removed, the other is the value's */
	assert_int_equal(load(&config), 0);
	assert_string_equal(config.database.database, "db\n");
	config_release(&config);

	expect_fault("DATABASE_URL", "mysql://h/db", "DATABASE_URL and DATABASE_URL_FILE are both set");
	write_file("mysql://u@h/db\0x", 16);
	expect_fault("DATABASE_URL", NULL, "contains a NUL");
	memset(large, 'a', sizeof(large));
	write_file(large, 65537);
	expect_fault("DATABASE_URL", NULL, "larger than 65536");
	memcpy(large, "mysql://h/", 10);
	write_file(large, 65536);
	assert_int_equal(load(&config), 0);
	config_release(&config);
	unlink(file_name);
	expect_fault("DATABASE_URL", NULL, file_name);
	setenv("DATABASE_URL_FILE", "/tmp", 1);
	expect_fault("DATABASE_URL", NULL, "/tmp");
	setenv("DATABASE_URL_FILE", "", 1);
	expect_fault("DATABASE_URL", NULL, "cannot read");
	unsetenv("DATABASE_URL_FILE");
	setenv("DATABASE_URL", "mysql://h/db", 1);
	setenv("MYREST_MAX_ROWS_FILE", "/dev/null", 1); /* every variable has one */
	expect_fault("MYREST_MAX_ROWS", NULL, "expected a number");
}

static void nothing_prints_a_secret(void **state)
{
	static const char *const urls[] = { "mysql://u:XYZZY@h/db", "mysql://u:XYZZY@h:x/db", "XYZZY",
		                            "mysql://u:XYZZY@h/", "mysql://u:1/x?XYZZY@h/db" };
	struct config config;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(urls); i++) {
		setenv("DATABASE_URL", urls[i], 1);
		(void)!load(&config);
		config_release(&config);
		assert_null(strstr(text, "XYZZY"));
		assert_null(strstr(print(), "XYZZY"));
		assert_non_null(strstr(text, "DATABASE_URL=***\n"));
	}
	strcpy(file_name, "/tmp/myrest-unit-XXXXXX");
	close(mkstemp(file_name));
	unsetenv("DATABASE_URL");
	setenv("DATABASE_URL_FILE", file_name, 1);
	write_file("mysql://u:XYZZY@h/db", 20);
	assert_null(strstr(print(), "XYZZY"));
	assert_non_null(strstr(text, "DATABASE_URL=***\n"));
	setenv("DATABASE_URL", "mysql://u:XYZZY@h/db", 1);
	assert_null(strstr(print(), "XYZZY"));
	unlink(file_name);
}

static void everything_is_printed(void **state)
{
	char line[80];

	(void)state;
	unsetenv("DATABASE_URL");
	setenv("MYREST_MAX_ROWS", "77", 1);
	print();
	for (size_t i = 0; i < LENGTH_OF(all_names); i++) {
		snprintf(line, sizeof(line), "\n%s=", all_names[i]);
		if (strstr(text, line) == NULL)
			fail_msg("%s is not printed", all_names[i]);
	}
	assert_non_null(strstr(text, "\n# default: 1000\n# from: environment\nMYREST_MAX_ROWS=77\n"));
	assert_non_null(strstr(text, "\n# default: on\n# from: default\nMYREST_MERGE=on\n"));
	assert_non_null(strstr(text, "\n# from: nowhere\nDATABASE_URL=\n"));
	assert_non_null(strstr(text, "\nMYREST_LISTEN=unix:/run/myrest/myrest.sock\n"));
	assert_null(strstr(text, "(null)"));
}

static void unknown_variables_are_warned_of(void **state)
{
	FILE *log = tmpfile();
	char got[2000];
	int before = dup(STDERR_FILENO);
	size_t length;

	(void)state;
	setenv("MYREST_LISTENN", "XYZZY", 1);
	setenv("MYREST_MAX_ROWS_FILE", "/x", 1);
	setenv("MYREST_MERGE", "on", 1);
	dup2(fileno(log), STDERR_FILENO);
	config_warn_unknown();
	dup2(before, STDERR_FILENO);
	close(before);
	rewind(log);
	length = fread(got, 1, sizeof(got) - 1, log);
	got[length] = '\0';
	fclose(log);
	json_object_put(assert_json(got, length));
	assert_non_null(strstr(got, "MYREST_LISTENN is not a variable"));
	assert_null(strstr(got, "XYZZY"));
	assert_null(strstr(got, "MYREST_MAX_ROWS"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, nothing_is_set, forget)
	const struct CMUnitTest tests[] = {
		TEST(defaults),
		TEST(every_value_is_taken),
		TEST(wrong_values_are_told),
		TEST(all_faults_are_told_in_one_go),
		TEST(files_for_tls_have_to_be_there),
		TEST(a_value_may_come_from_a_file),
		TEST(nothing_prints_a_secret),
		TEST(everything_is_printed),
		TEST(each_form_has_every_variable),
		TEST(texts_are_escaped),
		TEST(unknown_variables_are_warned_of),
	};

	return cmocka_run_group_tests_name("config", tests, register_urls, NULL);
}
