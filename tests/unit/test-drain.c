/* SPDX-License-Identifier: MIT */
#include "worker/drain.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/metrics.h"
#include "database/engine.h"
#include "records.h"
#include "unit.h"
#include "worker/accept.h"
#include "worker/balance.h"
#include "worker/db_session.h"
#include "worker/peer_list.h"
#include "worker/worker_state.h"

/* A database that nobody connects to. */
static const struct url_rules rules = { .database = "none" };
static const struct driver driver;
static const struct engine engine = { .url = &rules, .driver = &driver };
static const struct engine *const engines[] = { &engine, NULL };
static struct config config = {
	.database = { .rules = &rules }, .workers = 2, .max_request_bytes = 1 << 20, .request_timeout_s = 5, .drain_timeout_s = 30,
};
static struct handover handover;
static struct metrics *metrics;
static int64_t now_us; /* what the clock says */
static int client;

int clock_gettime(clockid_t clock, struct timespec *now)
{
	(void)clock;
	*now = (struct timespec){ now_us / 1000000, now_us % 1000000 * 1000 };
	return 0;
}

/* A worker with one connection, on which nothing has been asked. */
static int begin(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX }; /* the kernel chooses a name */
	socklen_t length = sizeof(sa_family_t);

	(void)state;
	now_us = 1000000;
	memset(&worker, 0, sizeof(worker));
	worker.config = &config;
	worker.handover = &handover;
	db_session_begin(-1);
	worker.database = database_new(&config, 0);
	worker.epoll = epoll_create1(EPOLL_CLOEXEC);
	worker.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	metrics->draining = 0;
	metrics_own->handovers_leaving = 0;
	metrics_own->state = WORKER_READY;
	peer_list_begin();
	balance_begin();
	accept_begin(100);
	client = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(worker.listener, (struct sockaddr *)&address, length) < 0 || listen(worker.listener, 10) < 0)
		return -1;
	length = sizeof(address);
	if (getsockname(worker.listener, (struct sockaddr *)&address, &length) < 0 ||
	    connect(client, (struct sockaddr *)&address, length) < 0)
		return -1;
	accept_new();
	return handover_open(&handover);
}

static int end(void **state)
{
	(void)state;
	peer_list_end();
	database_free(worker.database);
	if (worker.listener >= 0)
		close(worker.listener);
	close(worker.epoll);
	close(client);
	close(handover.give);
	close(handover.take);
	return 0;
}

/* Whether the client sees the end of its connection. */
static bool is_cut(void)
{
	char byte;

	return recv(client, &byte, 1, MSG_DONTWAIT) == 0;
}

/* A request that needs the database, and waits for it. */
static struct peer *wait_for_database(void)
{
	struct peer *peer = TAILQ_FIRST(&worker.peers[PEER_IDLE]);

	peer_list_move(peer, PEER_WAITING);
	return peer;
}

static void a_worker_that_does_not_drain_goes_on(void **state)
{
	(void)state;
	assert_false(drain_may());
	assert_false(is_cut());
}

static void on_term_idle_connections_are_closed_and_the_worker_ends(void **state)
{
	(void)state;
	drain_begin(false);
	assert_true(worker.draining && !worker.retiring);
	assert_int_equal(worker.listener, -1);
	assert_int_equal(metrics_own->state, WORKER_LEAVING);
	assert_true(is_cut());
	assert_true(drain_may());
}

static void on_term_whoever_is_in_the_socket_is_still_let_in(void **state)
{
	struct sockaddr_un address;
	socklen_t length = sizeof(address);
	struct text bytes = { 0 };
	char got[4096];
	int late = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	assert_int_equal(getsockname(worker.listener, (struct sockaddr *)&address, &length), 0);
	assert_int_equal(connect(late, (struct sockaddr *)&address, length), 0);
	add_get(&bytes, 1, "/nothing", true);
	assert_int_equal(send(late, bytes.bytes, bytes.length, 0), (ssize_t)bytes.length);
	drain_begin(false);
	assert_true(recv(late, got, sizeof(got), MSG_DONTWAIT) > 0);
	text_release(&bytes);
	close(late);
}

static void requests_that_wait_are_answered_before_it_ends(void **state)
{
	struct peer *peer = wait_for_database();

	(void)state;
	drain_begin(false);
	assert_false(drain_may());
	assert_int_equal(send(client, "x", 1, MSG_NOSIGNAL), -1); /* it is told so before a byte is taken */
	peer_list_hang_up(peer);
	assert_true(drain_may());
}

static void a_second_term_changes_nothing(void **state)
{
	(void)state;
	(void)wait_for_database();
	drain_begin(false);
	now_us += 20000000;
	drain_begin(false);
	assert_false(drain_may());
	now_us += 10000000;
	assert_true(drain_may()); /* 30 s after the first */
}

static void it_does_not_wait_for_longer_than_its_time(void **state)
{
	(void)state;
	(void)wait_for_database();
	drain_begin(false);
	now_us += 29999999;
	assert_false(drain_may());
	now_us += 1;
	assert_true(drain_may());
}

static void one_that_is_renewed_gives_its_connections_away(void **state)
{
	struct handover_item item;

	(void)state;
	drain_begin(true);
	assert_true(worker.draining && worker.retiring);
	assert_true(drain_may());
	assert_false(is_cut());
	assert_true(handover_take(&handover, &item));
	assert_int_equal(metrics_own->handovers_leaving, 1);
	close(item.connection);
}

/* The queue has no room, so that they go when it has. */
static void what_cannot_be_given_away_yet_is_kept(void **state)
{
	(void)state;
	worker.handover = &(const struct handover){ .give = -1, .take = -1 };
	drain_begin(true);
	assert_false(drain_may());
	assert_false(is_cut());
	worker.handover = &handover;
	assert_true(drain_may());
}

/* Then those who would take its connections drain as well. */
static void term_while_it_is_renewed_closes_what_is_idle(void **state)
{
	(void)state;
	worker.handover = &(const struct handover){ .give = -1, .take = -1 };
	drain_begin(true);
	drain_begin(true);
	assert_true(worker.retiring);
	worker.handover = &handover;
	drain_begin(false);
	assert_false(worker.retiring);
	assert_true(is_cut());
	assert_true(drain_may());
	drain_begin(true); /* too late */
	assert_false(worker.retiring);
}

static void what_others_handed_over_and_nobody_took_is_served(void **state)
{
	struct text bytes = { 0 };
	struct handover_item item = { .connection = -1 };
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	add_get(&bytes, 1, "/nothing", true);
	item.connection = ends[1];
	item.bytes = (struct slice){ bytes.bytes, bytes.length };
	assert_true(handover_give(&handover, &item));
	close(ends[1]);
	drain_begin(false);
	assert_false(drain_may());
	assert_int_equal(peer_list_count(), 1);
	peer_list_look_again();
	assert_true(drain_may());
	text_release(&bytes);
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_worker_that_does_not_drain_goes_on, begin, end),
		cmocka_unit_test_setup_teardown(on_term_idle_connections_are_closed_and_the_worker_ends, begin, end),
		cmocka_unit_test_setup_teardown(on_term_whoever_is_in_the_socket_is_still_let_in, begin, end),
		cmocka_unit_test_setup_teardown(requests_that_wait_are_answered_before_it_ends, begin, end),
		cmocka_unit_test_setup_teardown(a_second_term_changes_nothing, begin, end),
		cmocka_unit_test_setup_teardown(it_does_not_wait_for_longer_than_its_time, begin, end),
		cmocka_unit_test_setup_teardown(one_that_is_renewed_gives_its_connections_away, begin, end),
		cmocka_unit_test_setup_teardown(what_cannot_be_given_away_yet_is_kept, begin, end),
		cmocka_unit_test_setup_teardown(term_while_it_is_renewed_closes_what_is_idle, begin, end),
		cmocka_unit_test_setup_teardown(what_others_handed_over_and_nobody_took_is_served, begin, end),
	};

	metrics = metrics_open();
	engine_register(engines);
	return metrics == NULL || cmocka_run_group_tests_name("drain", tests, NULL, NULL);
}
