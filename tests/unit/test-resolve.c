/* SPDX-License-Identifier: MIT
 *
 * No name but localhost is asked for: no test may depend on a network.
 */
#include "database/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "unit.h"

static void addresses_are_known_from_names(void **state)
{
	(void)state;
	assert_true(resolve_is_numeric("127.0.0.1"));
	assert_true(resolve_is_numeric("::1"));
	assert_true(resolve_is_numeric("2001:db8::ffff:1.2.3.4"));
	assert_false(resolve_is_numeric(""));
	assert_false(resolve_is_numeric("localhost"));
	assert_false(resolve_is_numeric("127.0.0"));
	assert_false(resolve_is_numeric("127.0.0.256"));
	assert_false(resolve_is_numeric("[::1]"));
	assert_false(resolve_is_numeric("::1%lo"));
}

static void a_name_becomes_addresses(void **state)
{
	struct resolve_result result;
	int descriptor = resolve_start("localhost");
	struct pollfd readable = { descriptor, POLLIN, 0 };
	bool loopback = false;

	(void)state;
	assert_true(descriptor >= 0);
	assert_true(fcntl(descriptor, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(poll(&readable, 1, 10000), 1);
	assert_int_equal(resolve_finish(descriptor, &result), 0);
	close(descriptor);
	assert_int_equal(result.error, 0);
	assert_in_range(result.count, 1, RESOLVE_MAX);
	for (int i = 0; i < result.count; i++) {
		assert_true(resolve_is_numeric(result.addresses[i]));
		loopback = loopback || strcmp(result.addresses[i], "127.0.0.1") == 0 ||
		           strcmp(result.addresses[i], "::1") == 0;
	}
	assert_true(loopback);
}

static void a_look_up_may_be_given_up(void **state)
{
	int descriptors[20];

	(void)state;
	for (int i = 0; i < 20; i++)
		assert_true((descriptors[i] = resolve_start("localhost")) >= 0);
	for (int i = 0; i < 20; i++)
		close(descriptors[i]);
	usleep(300000); /* the threads end by themselves, without a signal */
}

static void what_cannot_be_a_name_is_refused(void **state)
{
	char name[300];

	(void)state;
	memset(name, 'a', sizeof(name));
	name[256] = '\0';
	errno = 0;
	assert_int_equal(resolve_start(name), -1);
	assert_int_equal(errno, ENAMETOOLONG);
}

static void there_is_no_result_before_there_is_one(void **state)
{
	struct resolve_result result;
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	assert_int_equal(resolve_finish(ends[0], &result), -1);
	assert_int_equal(write(ends[1], "short", 5), 5);
	assert_int_equal(resolve_finish(ends[0], &result), -1);
	close(ends[1]);
	assert_int_equal(resolve_finish(ends[0], &result), -1);
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_known_from_names),
		cmocka_unit_test(a_name_becomes_addresses),
		cmocka_unit_test(a_look_up_may_be_given_up),
		cmocka_unit_test(what_cannot_be_a_name_is_refused),
		cmocka_unit_test(there_is_no_result_before_there_is_one),
	};

	return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}
