/* SPDX-License-Identifier: MIT */
#include "sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "build.h"
#include "tries.h"
#include "unit.h"

/* Each test enters it in a child, and looks at what that has found. */
struct found {
	int outcomes[64];
	int allowed[64];
	bool done;
};

static char folder[] = "/tmp/test-sandbox.XXXXXX";
static struct found *found;

static bool has_landlock(void)
{
#ifdef SYS_landlock_create_ruleset
	return syscall(SYS_landlock_create_ruleset, NULL, 0, 1) > 0;
#else
	return false;
#endif
}

static bool can_filter(void)
{
#ifdef HAVE_SECCOMP
	return prctl(PR_GET_SECCOMP) >= 0;
#else
	return false;
#endif
}

static void in_child(void (*what)(void))
{
	pid_t child;
	int status;

	memset(found, 0, sizeof(*found));
	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		what();
		found->done = true;
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && found->done);
}

static void enter(enum sandbox_for purpose)
{
	static struct config config = { .sandbox = true };

	sandbox_enter(&config, purpose);
}

static void *nothing(void *argument)
{
	return argument;
}

/* What a worker has to be able to do. */
static void look_at_allowed(void)
{
	pthread_t thread;
	int ends[2], next = 0;

	found->allowed[next++] = pthread_create(&thread, NULL, nothing, NULL);
	pthread_join(thread, NULL);
	found->allowed[next++] = pipe2(ends, O_CLOEXEC) < 0 ? errno : 0;
	found->allowed[next++] = socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0 ? errno : 0;
	found->allowed[next++] = raise(0) != 0 ? errno : 0;
	found->allowed[next++] = kill(getpid(), 0) < 0 ? errno : 0;
	found->allowed[next++] = prctl(PR_SET_NAME, "tried") < 0 ? errno : 0;
}

static void try_as_worker(void)
{
	enter(SANDBOX_WORKER);
	for (unsigned i = 0; i < try_count; i++)
		found->outcomes[i] = tries[i].how(folder);
	look_at_allowed();
	found->allowed[10] = open("/etc/nsswitch.conf", O_RDONLY) < 0 && errno != ENOENT ? errno : 0;
	found->allowed[11] = open("/usr/lib", O_RDONLY | O_DIRECTORY) < 0 ? errno : 0;
}

static void a_worker_can_do_nothing_of_it(void **state)
{
	(void)state;
	if (!has_landlock() || !can_filter())
		skip(); /* the kernel, or the build, has no Landlock or no seccomp */
	in_child(try_as_worker);
	for (unsigned i = 0; i < try_count; i++) {
#ifdef SANDBOX_WITH_SANITIZER
		if (strstr(tries[i].name, "make a process") != NULL || strstr(tries[i].name, "supervisor") != NULL)
			continue; /* who looks for leaks has to */
#endif
		if (found->outcomes[i] == 0)
			print_error("possible: %s\n", tries[i].name);
		assert_int_not_equal(found->outcomes[i], 0);
	}
}

static void what_connecting_needs_is_possible(void **state)
{
	(void)state;
	in_child(try_as_worker);
	for (unsigned i = 0; i < 64; i++)
		assert_int_equal(found->allowed[i], 0);
}

static void look_as_admin(void)
{
	enter(SANDBOX_ADMIN);
	found->outcomes[0] = open("/etc/nsswitch.conf", O_RDONLY) < 0 ? errno : 0;
	found->outcomes[1] = open("/usr/lib", O_RDONLY | O_DIRECTORY) < 0 ? errno : 0;
	look_at_allowed();
}

static void the_admin_process_opens_nothing(void **state)
{
	(void)state;
	if (!has_landlock())
		skip(); /* the kernel, or the build, has no Landlock */
#ifdef SANDBOX_WITH_SANITIZER
	skip(); /* that reads its own program */
#endif
	in_child(look_as_admin);
	assert_int_equal(found->outcomes[0], EACCES);
	assert_int_equal(found->outcomes[1], EACCES);
	for (unsigned i = 0; i < 64; i++)
		assert_int_equal(found->allowed[i], 0);
}

/* Root's too: those of nobody are none before. */
static void read_status(void)
{
	char line[256];
	FILE *file = fopen("/proc/self/status", "re");
	unsigned long long value;

	enter(SANDBOX_WORKER);
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		if (sscanf(line, "CapInh: %llx", &value) == 1 || sscanf(line, "CapPrm: %llx", &value) == 1 ||
		    sscanf(line, "CapEff: %llx", &value) == 1 || sscanf(line, "CapAmb: %llx", &value) == 1 ||
		    (geteuid() == 0 && sscanf(line, "CapBnd: %llx", &value) == 1))
			found->outcomes[0] |= value != 0;
		if (sscanf(line, "NoNewPrivs: %llu", &value) == 1)
			found->outcomes[1] = (int)value;
	}
}

static void no_capability_is_left(void **state)
{
	(void)state;
	in_child(read_status);
	assert_int_equal(found->outcomes[0], 0);
	assert_int_equal(found->outcomes[1], 1);
}

static void look_at_refusals(void)
{
	char path[128];

	enter(SANDBOX_WORKER);
	snprintf(path, sizeof(path), "%s/there", folder);
	found->outcomes[0] = sandbox_refuses(path);
	found->outcomes[1] = sandbox_refuses("/no/such/file");
	found->outcomes[2] = sandbox_refuses("/usr/lib");
}

static void a_refusal_is_told_from_a_missing_right(void **state)
{
	(void)state;
	if (!has_landlock())
		skip(); /* the kernel, or the build, has no Landlock */
	in_child(look_at_refusals);
	assert_true(found->outcomes[0]);
	assert_false(found->outcomes[1]);
	assert_false(found->outcomes[2]);
}

static void look_without(void)
{
	static struct config config = { .sandbox = false };

	sandbox_enter(&config, SANDBOX_WORKER);
	found->outcomes[0] = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	found->outcomes[1] = open("/etc/passwd", O_RDONLY) < 0;
}

static void off_is_off(void **state)
{
	(void)state;
	in_child(look_without);
	assert_int_equal(found->outcomes[0], prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	assert_int_equal(found->outcomes[1], 0);
}

static int make_folder(void **state)
{
	static const char *const names[] = { "there", "removed", "program" };
	char path[128];

	(void)state;
	found = mmap(NULL, sizeof(*found), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (found == MAP_FAILED || mkdtemp(folder) == NULL || try_count > 64)
		return -1;
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0700));
	}
	return 0;
}

static int remove_folder(void **state)
{
	static const char *const names[] = { "there", "removed", "program" };
	char path[128];

	(void)state;
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	return rmdir(folder); /* where nothing else is */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_worker_can_do_nothing_of_it),
		cmocka_unit_test(what_connecting_needs_is_possible),
		cmocka_unit_test(the_admin_process_opens_nothing),
		cmocka_unit_test(no_capability_is_left),
		cmocka_unit_test(a_refusal_is_told_from_a_missing_right),
		cmocka_unit_test(off_is_off),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
