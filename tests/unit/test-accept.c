/* SPDX-License-Identifier: MIT */
#include "worker/accept.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/metrics.h"
#include "database/engine.h"
#include "worker/balance.h"
#include "worker/db_session.h"
#include "worker/peer_list.h"
#include "records.h"
#include "unit.h"
#include "worker/worker_state.h"

/* A database that nobody connects to. */
static const struct url_rules rules = { .database = "none" };
static const struct driver driver;
static const struct engine engine = { .url = &rules, .driver = &driver };
static const struct engine *const engines[] = { &engine, NULL };
static struct config config = {
	.database = { .rules = &rules }, .workers = 2, .max_request_bytes = 1 << 20, .request_timeout_s = 5
};
static struct handover handover;

static int64_t now_us; /* the time, which goes on with every look at it */

int clock_gettime(clockid_t clock, struct timespec *now)
{
	(void)clock;
	*now = (struct timespec){ now_us / 1000000, now_us % 1000000 * 1000 };
	now_us++;
	return 0;
}

/* Whoever left the entrances to another worker comes back to them, however its looks at the clock fall. */
static void time_that_passes_between_two_looks_is_seen(void **state)
{
	static struct metrics page;

	(void)state;
	metrics_page = &page;
	page.used = 3;
	page.slots[1].state = WORKER_READY;
	metrics_own = &page.slots[2];
	worker.listener = worker.epoll = -1;
	for (int64_t early = 5; early >= 0; early--) {
		balance_begin();
		accept_close();
		now_us = 998000;
		page.slots[1].pid = 1;
		assert_true(accept_is_left_to_another()); /* until 1000000 */
		page.slots[1].pid = 0;
		now_us = 1000000 - early;
		accept_open();
		assert_true(accept_watches_queue() || accept_deadline_us() == 1000000);
		now_us = 1000000;
		accept_open();
		assert_true(accept_watches_queue());
		accept_timers(now_us);
		assert_int_not_equal(accept_deadline_us(), 1000000); /* nothing is left to wait for */
	}
}

/* A socket that listens, and one that is connected to it. */
static int connect_one(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX }; /* the kernel chooses a name */
	socklen_t length = sizeof(sa_family_t);
	int client = socket(AF_UNIX, SOCK_STREAM, 0);

	worker.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(worker.listener, (struct sockaddr *)&address, length), 0);
	assert_int_equal(listen(worker.listener, 10), 0);
	length = sizeof(address);
	assert_int_equal(getsockname(worker.listener, (struct sockaddr *)&address, &length), 0);
	assert_int_equal(connect(client, (struct sockaddr *)&address, length), 0);
	return client;
}

/* As the event loop goes round, but for its waiting. */
static void go_round(void)
{
	peer_list_look_again();
	assert_true(peer_list_unwatched() == NULL || peer_list_unwatched()->state != PEER_CLOSED);
	peer_list_free_closed();
	peer_list_settle();
}

/* Requests that are answered without the database, all at once on a connection that is new, and perhaps its end. */
static void requests_that_come_at_once_are_answered_one_by_one(void **state)
{
	(void)state;
	for (unsigned count = 1; count <= 4; count++)
		for (int ends = 0; ends < 2; ends++) {
			struct text bytes = { 0 };
			char got[8192];
			ssize_t length;
			unsigned answers = 0;
			int client = connect_one();

			worker.epoll = epoll_create1(EPOLL_CLOEXEC);
			for (unsigned i = 1; i <= count; i++)
				add_get(&bytes, i, "/nothing", true);
			assert_int_equal(send(client, bytes.bytes, bytes.length, 0), (ssize_t)bytes.length);
			if (ends)
				shutdown(client, SHUT_WR);
			accept_new();
			for (unsigned i = 0; i < count + 2; i++)
				go_round();
			length = recv(client, got, sizeof(got), MSG_DONTWAIT);
			for (ssize_t at = 0; at + 8 <= length; at += 8 + (unsigned char)got[at + 4] * 256 + (unsigned char)got[at + 5] +
			                                              (unsigned char)got[at + 6])
				answers += got[at + 1] == END;
			assert_int_equal(answers, count);
			assert_true(ends || !TAILQ_EMPTY(&worker.peers[PEER_IDLE]));
			while (!TAILQ_EMPTY(&worker.peers[PEER_IDLE]))
				peer_list_hang_up(TAILQ_FIRST(&worker.peers[PEER_IDLE]));
			peer_list_free_closed();
			assert_null(peer_list_unwatched());
			text_release(&bytes);
			close(client);
			close(worker.listener);
			close(worker.epoll);
		}
}

/* The rest of the descriptors is not for connections. Idle ones make room for others, and the others wait. */
static void there_are_no_more_connections_than_descriptors_for_them(void **state)
{
	struct sockaddr_un address = { 0 };
	socklen_t length = sizeof(address);
	int clients[6];
	char byte = 1;

	(void)state;
	accept_begin(3);
	worker.epoll = epoll_create1(EPOLL_CLOEXEC);
	clients[0] = connect_one();
	assert_int_equal(getsockname(worker.listener, (struct sockaddr *)&address, &length), 0);
	for (int i = 1; i < 6; i++) {
		clients[i] = socket(AF_UNIX, SOCK_STREAM, 0);
		assert_int_equal(connect(clients[i], (struct sockaddr *)&address, length), 0);
		if (i == 2 || i > 3) /* a request begins */
			assert_int_equal(send(clients[i], &byte, 1, 0), 1);
	}
	metrics_own->strained_us = 0;
	accept_new();
	peer_list_free_closed();
	assert_int_equal(peer_list_count(), 3); /* 2, 4 and 5 */
	assert_int_not_equal(metrics_own->strained_us, 0); /* so that others take who comes */
	for (int i = 0; i < 6; i++)
		assert_int_equal(recv(clients[i], &byte, 1, MSG_DONTWAIT), i == 2 || i > 3 ? -1 : 0);
	accept_open();
	assert_false(accept_watches_listener());
	assert_false(accept_watches_queue());
	peer_list_hang_up(TAILQ_FIRST(&worker.peers[PEER_PARTIAL]));
	peer_list_free_closed();
	assert_int_equal(peer_list_count(), 2);
	accept_open();
	assert_true(accept_watches_listener());
	assert_true(accept_watches_queue());
	while (!TAILQ_EMPTY(&worker.peers[PEER_PARTIAL]))
		peer_list_hang_up(TAILQ_FIRST(&worker.peers[PEER_PARTIAL]));
	peer_list_free_closed();
	assert_int_equal(peer_list_count(), 0);
	/* One that retires and can give nothing away waits, and does not go round for ever. */
	accept_begin(1);
	for (int i = 0; i < 2; i++) {
		close(clients[i]);
		clients[i] = socket(AF_UNIX, SOCK_STREAM, 0);
		assert_int_equal(connect(clients[i], (struct sockaddr *)&address, length), 0);
		worker.retiring = i == 1;
		worker.handover = &(const struct handover){ .give = -1, .take = -1 };
		accept_new();
		assert_int_equal(peer_list_count(), 1);
		assert_false(TAILQ_EMPTY(&worker.peers[PEER_IDLE]));
	}
	worker.retiring = false;
	worker.handover = &handover;
	peer_list_hang_up(TAILQ_FIRST(&worker.peers[PEER_IDLE]));
	peer_list_free_closed();
	for (int i = 0; i < 6; i++)
		close(clients[i]);
	close(worker.listener);
	close(worker.epoll);
}

/* Those that were given away wait in the queue until there is room, and do not wake the worker meanwhile, although a
 * statement runs. */
static void who_is_given_to_a_worker_without_room_waits(void **state)
{
	struct plan plan = { .limit = 0 };
	struct handover_item item = { .bytes = SLICE("\1") };
	int ends[2];

	(void)state;
	worker.listener = -1;
	accept_begin(1);
	worker.epoll = epoll_create1(EPOLL_CLOEXEC);
	accept_close();
	accept_open();
	assert_true(accept_watches_queue());
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	for (int i = 0; i < 2; i++) {
		item.connection = ends[i];
		assert_true(handover_give(&handover, &item));
		close(ends[i]);
	}
	worker.batch.plan = &plan;
	accept_take(ACCEPT_TAKES);
	assert_int_equal(peer_list_count(), 1);
	accept_open();
	assert_false(accept_watches_queue());
	worker.batch.plan = NULL;
	for (int i = 0; i < 2; i++) {
		peer_list_hang_up(TAILQ_FIRST(&worker.peers[PEER_AGAIN]));
		accept_open();
		assert_true(accept_watches_queue());
		accept_take(ACCEPT_TAKES);
		assert_int_equal(peer_list_count(), 1 - i);
	}
	peer_list_free_closed();
	close(worker.epoll);
}

static int begin(void **state)
{
	(void)state;
	worker.config = &config;
	worker.handover = &handover;
	engine_register(engines);
	worker.database = database_new(&config, 0);
	db_session_begin(-1);
	accept_begin(100);
	peer_list_begin();
	return handover_open(&handover);
}

static int end(void **state)
{
	(void)state;
	database_free(worker.database);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_that_passes_between_two_looks_is_seen),
		cmocka_unit_test(requests_that_come_at_once_are_answered_one_by_one),
		cmocka_unit_test(there_are_no_more_connections_than_descriptors_for_them),
		cmocka_unit_test(who_is_given_to_a_worker_without_room_waits),
	};

	return cmocka_run_group_tests_name("entrance", tests, begin, end);
}
