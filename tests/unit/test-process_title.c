/* SPDX-License-Identifier: MIT */
#include "base/process_title.h"

#include <sys/prctl.h>
#include <unistd.h>

#include "unit.h"

static char **old_environment;

/* Arguments and environment as the kernel lays them out: one behind the other. */
struct process {
	char memory[200];
	char *arguments[8], *variables[8];
	size_t used;
};

static char *lay(struct process *process, const char *string)
{
	char *place = process->memory + process->used;

	strcpy(place, string);
	process->used += strlen(string) + 1;
	return place;
}

static void leave(void)
{
	free(environ); /* one piece of memory */
	environ = old_environment;
}

static void the_secret_is_gone_and_the_environment_stays(void **state)
{
	static char elsewhere[] = "LATER=set by a shared library";
	struct process process = { .used = 0 };
	char name[17];

	(void)state;
	process.arguments[0] = lay(&process, "./myrest");
	process.arguments[1] = lay(&process, "--an-argument");
	process.variables[0] = lay(&process, "DATABASE_URL=mysql://u:XYZZY@h/db");
	process.variables[1] = elsewhere;
	process.variables[2] = lay(&process, "MYREST_TABLES=users");
	memset(process.memory + process.used, '~', sizeof(process.memory) - process.used);
	old_environment = environ;
	environ = process.variables;
	process_title_open(process.arguments);
	process_title_set("worker", 12);
	assert_string_equal(process.memory, "myrest: worker 12");
	assert_null(memmem(process.memory, sizeof(process.memory), "XYZZY", 5));
	assert_int_equal(process.memory[process.used], '~'); /* not a byte further */
	assert_string_equal(getenv("DATABASE_URL"), "mysql://u:XYZZY@h/db");
	assert_string_equal(getenv("MYREST_TABLES"), "users");
	assert_string_equal(getenv("LATER"), "set by a shared library");
	assert_string_equal(elsewhere, "LATER=set by a shared library");
	process_title_set("supervisor", 0);
	assert_string_equal(process.memory, "myrest: supervisor");
	prctl(PR_GET_NAME, name);
	assert_string_equal(name, "myrest-supervis");
	leave();
}

static void a_title_is_cut_to_the_room_there_is(void **state)
{
	struct process process = { .used = 0 };

	(void)state;
	process.arguments[0] = lay(&process, "./myrest");
	process.memory[process.used] = '~';
	old_environment = environ;
	environ = process.variables; /* none */
	process_title_open(process.arguments);
	process_title_set("worker", 1);
	assert_string_equal(process.memory, "myrest:");
	assert_int_equal(process.memory[process.used], '~');
	leave();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_secret_is_gone_and_the_environment_stays),
		cmocka_unit_test(a_title_is_cut_to_the_room_there_is),
	};

	return cmocka_run_group_tests_name("title", tests, NULL, NULL);
}
