/* SPDX-License-Identifier: MIT
 *
 * The bare statement: what a request's SQL costs a C program that sends it by MariaDB Connector/C on one connection to
 * the server's unix socket and takes all rows, without HTTP and without JSON.
 *
 *     tests/bench/bare SOCKET SECONDS <REQUESTS
 *
 * A line of REQUESTS is a request, its statements parted by tabs. All lines are run in turn, again and again, for so
 * many seconds. Prints one line of JSON; a request's time is from its first statement's bytes to its last row.
 */
#include <mysql.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define ACCOUNT "bench" /* user, password and database of the benchmark's private server */

enum { MAX_REQUESTS = 4096, MAX_TIMES = 1 << 21 };

static char *requests[MAX_REQUESTS];
static size_t request_count;
static uint32_t times_us[MAX_TIMES];

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "bare: %s: %s\n", what, why);
	exit(1);
}

static void read_requests(void)
{
	char *line = NULL;
	size_t capacity = 0;
	ssize_t length;

	while ((length = getline(&line, &capacity, stdin)) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (request_count == MAX_REQUESTS || (requests[request_count++] = strdup(line)) == NULL)
			fail("requests", "too many");
	}
	free(line);
	if (request_count == 0)
		fail("requests", "none");
}

/* All rows of one statement are taken, one by one, as MyREST takes them. */
static uint64_t run_statement(MYSQL *mysql, const char *sql, size_t length)
{
	MYSQL_RES *result;
	uint64_t rows = 0;

	if (mysql_real_query(mysql, sql, length) != 0)
		fail(sql, mysql_error(mysql));
	if ((result = mysql_use_result(mysql)) == NULL && mysql_field_count(mysql) == 0)
		return 0;
	while (result != NULL && mysql_fetch_row(result) != NULL)
		rows++;
	if (mysql_errno(mysql) != 0)
		fail(sql, mysql_error(mysql));
	mysql_free_result(result);
	return rows;
}

static uint64_t run_request(MYSQL *mysql, const char *request)
{
	uint64_t rows = 0;

	for (;;) {
		size_t length = strcspn(request, "\t");

		rows += run_statement(mysql, request, length);
		if (request[length] == '\0')
			return rows;
		request += length + 1;
	}
}

static int compare(const void *one, const void *other)
{
	uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;

	return (a > b) - (a < b);
}

int main(int argc, char **argv)
{
	MYSQL *mysql = mysql_init(NULL);
	uint64_t rows = 0;
	size_t count = 0;
	int64_t end_us;

	if (argc != 3 || mysql == NULL) {
		fprintf(stderr, "usage: bare SOCKET SECONDS <REQUESTS\n");
		return 64;
	}
	read_requests();
	mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	if (mysql_real_connect(mysql, "localhost", ACCOUNT, ACCOUNT, ACCOUNT, 0, argv[1], 0) == NULL)
		fail("connect", mysql_error(mysql));
	end_us = clock_now_us() + (int64_t)(atof(argv[2]) * 1e6);
	while (count < MAX_TIMES) {
		int64_t began_us = clock_now_us();

		if (began_us >= end_us)
			break;
		rows += run_request(mysql, requests[count % request_count]);
		times_us[count++] = (uint32_t)(clock_now_us() - began_us);
	}
	mysql_close(mysql);
	if (count == 0)
		fail("requests", "no time for any");
	qsort(times_us, count, sizeof(times_us[0]), compare);
	printf("{\"requests\": %zu, \"rows\": %llu, \"p50_us\": %u, \"p99_us\": %u}\n", count,
	       (unsigned long long)rows, times_us[count / 2], times_us[count * 99 / 100]);
	return 0;
}
