/* SPDX-License-Identifier: MIT */
#include "base/must.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "unit.h"

/* Runs it in a process of its own, whose log is read. Answers the exit status. */
static int run(bool holds, struct text *log)
{
	char bytes[4096];
	ssize_t length;
	int ends[2], status;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	assert_true((child = fork()) >= 0);
	if (child == 0) {
		dup2(ends[1], STDERR_FILENO);
		log_open(LOG_ERROR);
		must(holds);
		_exit(0);
	}
	close(ends[1]);
	while ((length = read(ends[0], bytes, sizeof(bytes))) > 0)
		text_add(log, bytes, (size_t)length);
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void what_holds_goes_on_in_silence(void **state)
{
	struct text log = { 0 };

	(void)state;
	assert_int_equal(run(true, &log), 0);
	assert_int_equal(log.length, 0);
}

static void what_does_not_hold_ends_the_process_and_is_logged(void **state)
{
	struct text log = { 0 };
	struct json_object *line;

	(void)state;
	assert_int_equal(run(false, &log), 70);
	assert_int_equal(log.bytes[log.length - 1], '\n');
	line = assert_json(log.bytes, log.length - 1);
	assert_string_equal(json_object_get_string(json_object_object_get(line, "level")), "error");
	assert_string_equal(json_object_get_string(json_object_object_get(line, "event")), "must");
	assert_non_null(strstr(json_object_get_string(json_object_object_get(line, "file")), "test-must.c"));
	assert_true(json_object_get_int(json_object_object_get(line, "line")) > 0);
	assert_string_equal(json_object_get_string(json_object_object_get(line, "condition")), "holds");
	json_object_put(line);
	text_release(&log);
}

static void the_condition_is_evaluated_once(void **state)
{
	int count = 0;

	(void)state;
	must(++count == 1);
	assert_int_equal(count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_holds_goes_on_in_silence),
		cmocka_unit_test(what_does_not_hold_ends_the_process_and_is_logged),
		cmocka_unit_test(the_condition_is_evaluated_once),
	};

	return cmocka_run_group_tests_name("must", tests, NULL, NULL);
}
