/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "base/metrics.h"
#include "unit.h"

static int ends[2], old_stderr;
static struct text got;

static int open_log(void **state)
{
	(void)state;
	old_stderr = dup(STDERR_FILENO);
	if (pipe2(ends, O_NONBLOCK) < 0)
		return -1;
	fcntl(ends[1], F_SETFL, 0); /* it is our log that must not wait, whatever the descriptor does */
	fcntl(ends[1], F_SETPIPE_SZ, 65536);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	log_open(LOG_DEBUG);
	dup2(old_stderr, STDERR_FILENO); /* for cmocka; the log has a descriptor of its own */
	return 0;
}

static int close_log(void **state)
{
	(void)state;
	close(ends[0]);
	close(old_stderr);
	text_release(&got);
	return 0;
}

/* What has been logged since. */
static void read_log(void)
{
	char bytes[4096];
	ssize_t length;

	text_clear(&got);
	while ((length = read(ends[0], bytes, sizeof(bytes))) > 0)
		text_add(&got, bytes, (size_t)length);
}

/* The one line that was logged. */
static struct json_object *read_line(void)
{
	const char *newline;

	read_log();
	assert_in_range(got.length, 1, PIPE_BUF);
	newline = memchr(got.bytes, '\n', got.length);
	assert_ptr_equal(newline, got.bytes + got.length - 1);
	return assert_json(got.bytes, got.length - 1);
}

static const char *field(struct json_object *line, const char *name)
{
	struct json_object *value;

	return json_object_object_get_ex(line, name, &value) ? json_object_get_string(value) : NULL;
}

static void a_line_is_one_object(void **state)
{
	struct json_object *line;
	struct log_line *to = log_begin(LOG_WARNING, "an-event");
	const char *time;
	char pid[20];

	(void)state;
	log_string(to, "text", "a \"b\"\n\\ \xff");
	log_string(to, "nothing", NULL);
	log_bytes(to, "bytes", "a\0b", 3);
	log_number(to, "number", INT64_MIN);
	log_milliseconds(to, "ms", 1234567);
	log_milliseconds(to, "short", 7);
	log_boolean(to, "yes", true);
	log_boolean(to, "no", false);
	log_end(to);
	line = read_line();
	sprintf(pid, "%ld", (long)getpid());
	assert_says(field(line, "level"), "warning");
	assert_says(field(line, "event"), "an-event");
	assert_says(field(line, "pid"), pid);
	assert_says(field(line, "text"), "a \"b\"\n\\ \xef\xbf\xbd");
	assert_null(field(line, "nothing"));
	assert_says(field(line, "number"), "-9223372036854775808");
	assert_says(field(line, "ms"), "1234.567");
	assert_says(field(line, "short"), "0.007");
	assert_says(field(line, "yes"), "true");
	assert_says(field(line, "no"), "false");
	time = field(line, "time");
	assert_true(time != NULL && strlen(time) == strlen("2024-01-02T03:04:05.678Z") && time[23] == 'Z');
	json_object_put(line);
	log_event(LOG_ERROR, "told", "%d%%", 5);
	line = read_line();
	assert_says(field(line, "message"), "5%");
	assert_says(field(line, "level"), "error");
	json_object_put(line);
}

static void levels_are_kept(void **state)
{
	static const struct {
		enum log_level least;
		bool wanted[5];
	} cases[] = { { LOG_ERROR, { true, false, false, false, false } },
		      { LOG_WARNING, { true, true, true, false, false } }, /* starts and stops too */
		      { LOG_INFO, { true, true, true, true, false } },
		      { LOG_DEBUG, { true, true, true, true, true } } };

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		struct log_line *to;

		log_open(cases[i].least);
		for (int level = LOG_ERROR; level <= LOG_DEBUG; level++) {
			assert_int_equal(log_wants((enum log_level)level), cases[i].wanted[level]);
			to = log_begin((enum log_level)level, "x");
			assert_int_equal(to != NULL, cases[i].wanted[level]);
		}
		assert_non_null(log_begin_always(LOG_DEBUG, "x"));
	}
	log_string(NULL, "a", "b"); /* all take a line that is not wanted */
	log_bytes(NULL, "a", "b", 1);
	log_number(NULL, "a", 1);
	log_milliseconds(NULL, "a", 1);
	log_boolean(NULL, "a", true);
	log_end(NULL);
}

/* What a hostile request may bring along; the numbers behind it are still there. */
static void no_line_is_longer_than_a_pipe_takes_at_once(void **state)
{
	static const char *const fillers[] = { "x", "\"", "\x01", "\xff", "\xe2\x82\xac" };
	static char value[20000];

	(void)state;
	for (size_t f = 0; f < LENGTH_OF(fillers); f++)
		for (size_t length = 0; length < sizeof(value); length = length < 1400 ? length + 13 : length * 3) {
			struct json_object *line;
			struct log_line *to;

			for (size_t i = 0; i < length; i++)
				value[i] = fillers[f][i % strlen(fillers[f])];
			to = log_begin(LOG_INFO, "access");
			for (int i = 0; i < 6; i++)
				log_bytes(to, "value", value, length);
			log_number(to, "status", 200);
			log_milliseconds(to, "duration_ms", INT64_MAX);
			log_number(to, "rows", INT64_MAX);
			log_boolean(to, "merged", false);
			log_end(to);
			line = read_line();
			assert_says(field(line, "status"), "200");
			assert_says(field(line, "merged"), "false");
			json_object_put(line);
		}
	for (int count = 1; count < 400; count += 7) { /* nor of numbers alone */
		struct log_line *to = log_begin(LOG_INFO, "many");

		for (int i = 0; i < count; i++)
			log_number(to, "n", INT64_MIN + i);
		log_boolean(to, "b", false);
		log_milliseconds(to, "m", INT64_MAX);
		log_end(to);
		json_object_put(read_line());
	}
}

static void long_values_are_cut_between_characters(void **state)
{
	static char value[3000];
	struct json_object *line;

	(void)state;
	for (int offset = 0; offset < 4; offset++) {
		struct log_line *to = log_begin(LOG_INFO, "x");
		const char *text;

		memset(value, 'x', sizeof(value));
		for (size_t i = (size_t)offset; i + 3 <= sizeof(value); i += 3)
			memcpy(value + i, "\xe2\x82\xac", 3);
		log_bytes(to, "value", value, sizeof(value));
		log_end(to);
		line = read_line();
		text = field(line, "value");
		assert_non_null(text);
		assert_null(strstr(text, "\xef\xbf\xbd"));
		assert_in_range(strlen(text), 1000, 1024);
		json_object_put(line);
	}
}

static void a_stalled_reader_costs_lines_that_are_counted(void **state)
{
	uint64_t before = metrics_own->log_lines_dropped, lost;
	struct json_object *line;
	unsigned written = 0, last = 0;
	char *at, *newline;

	(void)state;
	for (unsigned i = 1; i <= 3000; i++) /* far more than the pipe takes; none of these may wait */
		log_event(LOG_INFO, "flood", "%u%0100d", i, 0);
	lost = metrics_own->log_lines_dropped - before;
	assert_in_range(lost, 1, 2999);
	read_log();
	for (at = got.bytes; at < got.bytes + got.length; at = newline + 1) {
		newline = memchr(at, '\n', (size_t)(got.bytes + got.length - at));
		assert_non_null(newline); /* whole lines only */
		json_object_put(assert_json(at, (size_t)(newline - at)));
		written++;
	}
	assert_int_equal(written + lost, 3000);
	log_event(LOG_INFO, "after", "the reader is back");
	read_log();
	newline = memchr(got.bytes, '\n', got.length);
	assert_non_null(newline);
	line = assert_json(got.bytes, (size_t)(newline - got.bytes)); /* it says so before anything else */
	assert_says(field(line, "event"), "log-lines-dropped");
	assert_says(field(line, "level"), "warning");
	last = (unsigned)atoi(field(line, "lines"));
	assert_int_equal(last, lost);
	json_object_put(line);
	line = assert_json(newline + 1, got.length - (size_t)(newline + 1 - got.bytes) - 1);
	assert_says(field(line, "event"), "after");
	json_object_put(line);
	log_event(LOG_INFO, "later", "x"); /* and says it once */
	json_object_put(read_line());
	assert_int_equal(metrics_own->log_lines_dropped - before, lost);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_log, close_log)
	const struct CMUnitTest tests[] = {
		TEST(a_line_is_one_object),
		TEST(no_line_is_longer_than_a_pipe_takes_at_once),
		TEST(long_values_are_cut_between_characters),
		TEST(a_stalled_reader_costs_lines_that_are_counted),
		TEST(levels_are_kept),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
