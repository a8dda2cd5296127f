/* SPDX-License-Identifier: MIT */
#include "base/metrics.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "unit.h"

static struct metrics *metrics;

static int open_metrics(void **state)
{
	(void)state;
	return (metrics = metrics_open()) != NULL ? 0 : -1;
}

static const char *value_of(struct text *out, const char *name)
{
	static char value[100];
	char line[100], *at;

	snprintf(line, sizeof(line), "\n%s ", name);
	at = strstr(text_terminate(out), line);
	if (at == NULL)
		return "(not there)";
	snprintf(value, sizeof(value), "%.*s", (int)strcspn(at + strlen(line), "\n"), at + strlen(line));
	return value;
}

static void counters_are_the_sum_of_all_slots(void **state)
{
	struct text out = { 0 };

	(void)state;
	METRICS_ADD(metrics->slots[0].requests, 1);
	METRICS_ADD(metrics->slots[5].requests, 2);
	METRICS_ADD(metrics->slots[METRICS_SLOTS - 1].requests, 4000000000u);
	METRICS_ADD(metrics->slots[METRICS_SLOTS - 1].requests, 4000000000u);
	METRICS_ADD(metrics->slots[3].log_lines_dropped, 7);
	metrics->worker_restarts = 3;
	metrics->workers = 4;
	metrics_render(metrics, &out);
	assert_string_equal(value_of(&out, "myrest_requests_total"), "8000000003");
	assert_string_equal(value_of(&out, "myrest_log_lines_dropped_total"), "7");
	assert_string_equal(value_of(&out, "myrest_worker_restarts_total"), "3");
	assert_string_equal(value_of(&out, "myrest_workers"), "4");
	text_release(&out);
}

static void histograms_count_what_is_shorter(void **state)
{
	struct text out = { 0 };

	(void)state;
	metrics_observe(&metrics->slots[1].statement, 0);
	metrics_observe(&metrics->slots[1].statement, 1000);
	metrics_observe(&metrics->slots[2].statement, 1001);
	metrics_observe(&metrics->slots[2].statement, 40000000);
	metrics_render(metrics, &out);
	assert_string_equal(value_of(&out, "myrest_statement_seconds_bucket{le=\"0.001\"}"), "2");
	assert_string_equal(value_of(&out, "myrest_statement_seconds_bucket{le=\"0.0025\"}"), "3");
	assert_string_equal(value_of(&out, "myrest_statement_seconds_bucket{le=\"10\"}"), "3");
	assert_string_equal(value_of(&out, "myrest_statement_seconds_bucket{le=\"+Inf\"}"), "4");
	assert_string_equal(value_of(&out, "myrest_statement_seconds_sum"), "40.002001");
	assert_string_equal(value_of(&out, "myrest_statement_seconds_count"), "4");
	assert_string_equal(value_of(&out, "myrest_request_wait_seconds_count"), "0");
	text_release(&out);
}

static void what_is_documented_is_there(void **state)
{
	static const char *const names[] = { "myrest_requests_total", "myrest_requests_merged_total",
		                             "myrest_statements_total", "myrest_handovers_total{cause=\"busy\"}",
		                             "myrest_log_lines_dropped_total", "myrest_worker_restarts_total",
		                             "myrest_workers", "myrest_workers_ready" };
	struct text out = { 0 };

	(void)state;
	metrics_render(metrics, &out);
	for (size_t i = 0; i < LENGTH_OF(names); i++)
		assert_string_not_equal(value_of(&out, names[i]), "(not there)");
	assert_non_null(strstr(text_terminate(&out), "\nmyrest_build_info{version=\""));
	text_release(&out);
}

/* Every sample behind its HELP and TYPE, each name once (the exposition format, version 0.0.4). */
static void the_text_is_what_prometheus_reads(void **state)
{
	struct text out = { 0 };
	char *at, *newline, name[64], type[16], other[64];
	bool histogram;

	(void)state;
	metrics_render(metrics, &out);
	text_terminate(&out);
	for (at = out.bytes; *at != '\0'; at = newline + 1) {
		assert_int_equal(sscanf(at, "# HELP %63s ", name), 1);
		newline = strchr(at, '\n');
		assert_non_null(newline);
		at = newline + 1;
		assert_int_equal(sscanf(at, "# TYPE %63s %15s\n", other, type), 2);
		assert_string_equal(other, name);
		histogram = strcmp(type, "histogram") == 0;
		assert_true(histogram || strcmp(type, "counter") == 0 || strcmp(type, "gauge") == 0);
		assert_int_equal(strcmp(type, "counter") == 0, strcmp(name + strlen(name) - 6, "_total") == 0);
		at = strchr(at, '\n') + 1;
		do { /* each sample of that name */
			assert_int_equal(strncmp(at, name, strlen(name)), 0);
			if (histogram)
				assert_true(at[strlen(name)] == '_');
			else
				assert_true(at[strlen(name)] == ' ' || at[strlen(name)] == '{');
			newline = strchr(at, '\n');
			assert_non_null(newline);
			assert_true(newline[-1] >= '0' && newline[-1] <= '9');
			at = newline + 1;
		} while (*at != '#' && *at != '\0');
		snprintf(other, sizeof(other), "# TYPE %.50s ", name);
		assert_null(strstr(newline, other));
	}
	text_release(&out);
}

static void ready_is_told_with_the_reason_when_it_is_not(void **state)
{
	const char *reason = NULL;

	(void)state;
	assert_int_equal(metrics_ready(metrics, &reason), 0);
	assert_string_equal(reason, "no worker is ready yet");
	assert_int_equal(metrics_ready(metrics, NULL), 0);
	metrics->slots[1].pid = 100;
	metrics->slots[1].state = WORKER_AWAY;
	strcpy(metrics->slots[1].reason, "the database is away");
	metrics->slots[2].state = WORKER_READY; /* a free slot does not count */
	assert_int_equal(metrics_ready(metrics, &reason), 0);
	assert_string_equal(reason, "the database is away");
	memset(metrics->slots[1].reason, 'x', sizeof(metrics->slots[1].reason)); /* torn: still no end beyond the field */
	assert_int_equal(metrics_ready(metrics, &reason), 0);
	assert_int_equal(strlen(reason), sizeof(metrics->slots[1].reason) - 1);
	metrics->draining = 1;
	(void)metrics_ready(metrics, &reason);
	assert_string_equal(reason, "draining");
	metrics->draining = 0;
	metrics->slots[2].pid = 101;
	metrics->slots[3].pid = 102;
	metrics->slots[3].state = WORKER_STARTING;
	assert_int_equal(metrics_ready(metrics, &reason), 1);
	metrics->slots[3].state = WORKER_READY;
	assert_int_equal(metrics_ready(metrics, NULL), 2);
}

static void a_senior_is_steady_while_it_keeps_up(void **state)
{
	int64_t now = clock_now_us();

	(void)state;
	metrics->workers = 3;
	metrics_own = &metrics->slots[3];
	assert_false(metrics_steady_senior()); /* nobody is there */
	metrics->slots[2].state = WORKER_READY;
	assert_false(metrics_steady_senior()); /* a free slot */
	metrics->slots[2].pid = 100;
	assert_true(metrics_steady_senior());
	metrics->slots[2].busy_since_us = now + 60000000; /* later than now, so that a test that is slow is right as well */
	assert_true(metrics_steady_senior()); /* statements are run all the time */
	metrics->slots[2].busy_since_us = now - 100000;
	assert_false(metrics_steady_senior());
	metrics->slots[2].busy_since_us = 0;
	metrics->slots[2].strained_us = now + 60000000;
	assert_false(metrics_steady_senior());
	metrics->slots[2].strained_us = now - 10000000;
	assert_true(metrics_steady_senior()); /* it was, long ago */
	metrics->slots[2].state = WORKER_LEAVING;
	assert_false(metrics_steady_senior());
	metrics->slots[2].state = WORKER_AWAY;
	assert_false(metrics_steady_senior());
	metrics->slots[4].state = WORKER_READY;
	metrics->slots[4].pid = 101;
	assert_false(metrics_steady_senior()); /* not before us */
	metrics_own = &metrics->slots[5];
	assert_true(metrics_steady_senior());
	metrics_own = &metrics->slots[1];
	assert_false(metrics_steady_senior());
	metrics_own = &metrics->slots[0];
	assert_false(metrics_steady_senior());
}

static void a_sibling_is_seen_in_whichever_slot_it_is(void **state)
{
	(void)state;
	metrics->workers = 2;
	metrics->used = 10; /* generations that leave slowly are in those below */
	metrics_own = &metrics->slots[8];
	metrics_own->state = WORKER_READY;
	metrics_own->pid = 100;
	assert_false(metrics_ready_sibling());
	assert_false(metrics_idle_sibling());
	metrics->slots[9].state = WORKER_READY;
	assert_false(metrics_idle_sibling()); /* a free slot */
	metrics->slots[9].pid = 101;
	assert_true(metrics_ready_sibling());
	assert_true(metrics_idle_sibling());
	metrics->slots[9].busy_since_us = clock_now_us();
	assert_true(metrics_ready_sibling());
	assert_false(metrics_idle_sibling());
	metrics_own = &metrics->slots[0];
}

static void the_page_is_shared_with_children(void **state)
{
	int status;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		metrics_own = &metrics->slots[7];
		METRICS_ADD(metrics_own->requests, 5);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(metrics->slots[7].requests, 5);
	assert_ptr_equal(metrics_own, &metrics->slots[0]);
	assert_int_equal((uintptr_t)&metrics->slots[1] % 64, 0); /* no two writers on one cache line */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, open_metrics)
	const struct CMUnitTest tests[] = {
		TEST(counters_are_the_sum_of_all_slots),
		TEST(histograms_count_what_is_shorter),
		TEST(what_is_documented_is_there),
		TEST(the_text_is_what_prometheus_reads),
		TEST(ready_is_told_with_the_reason_when_it_is_not),
		TEST(a_senior_is_steady_while_it_keeps_up),
		TEST(a_sibling_is_seen_in_whichever_slot_it_is),
		TEST(the_page_is_shared_with_children),
	};

	return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
