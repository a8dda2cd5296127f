/* SPDX-License-Identifier: MIT */
#include "worker/worker.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "config/listen.h"
#include "response/openapi_document.h"
#include "sandbox/sandbox.h"
#include "worker/accept.h"
#include "worker/balance.h"
#include "worker/db_session.h"
#include "worker/drain.h"
#include "worker/lanes.h"
#include "worker/peer_list.h"
#include "worker/run_read.h"
#include "worker/shed.h"
#include "worker/statement.h"
#include "worker/stream.h"
#include "worker/worker_state.h"
#ifdef FAULT_TRY_ALL
#include "tries.h"
#endif

enum {
	EVENTS_AT_ONCE = 128,
	SLOW_AGAIN_US = 2000, /* while what is slow waits for its turn */
	DRAIN_AGAIN_US = 20000, /* while it drains */
	TURN_MS = 1000, /* the longest time without a turn of the loop (watchdog.h) */
	OTHER_DESCRIPTORS = 32, /* for what is not a connection from the web server: the database, look-ups, the pool's own */
};

static void take_database_event(unsigned ready)
{
	enum database_step step;

	if (stream_is_paused()) /* the connection will tell again when it goes on */
		return;
	step = database_resume(worker.database, ready);
	if (db_session_is_opening() || db_session_is_describing())
		db_session_step(step);
	else if (worker.batch.plan != NULL || db_session_is_reserved())
		statement_step(step);
	else if (step == DATABASE_LOST) {
		db_session_lost();
		log_event(LOG_INFO, "database-lost", "%s", database_error(worker.database)->text);
		db_session_open();
	}
}

static void take_signals(void)
{
	struct signalfd_siginfo signal;

	while (read(worker.signals, &signal, sizeof(signal)) == (ssize_t)sizeof(signal))
		if (signal.ssi_signo == (uint32_t)WORKER_RETIRE)
			drain_begin(true);
		else if (signal.ssi_signo != SIGHUP)
			drain_begin(false);
}

static void take_peer_event(struct peer *peer, unsigned events)
{
	if (peer->state == PEER_CLOSED)
		return;
	peer->ended = peer->ended || (events & EPOLLRDHUP);
	peer->left = peer->left || (events & (EPOLLHUP | EPOLLERR));
	if (peer == stream_peer() && (events & EPOLLOUT)) {
		run_read_stream_writable();
		return;
	}
	if (peer->state == PEER_WRITING && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP))) {
		peer_list_write_on(peer);
		return;
	}
	if (peer->state == PEER_AGAIN) /* what came before may be a whole request, and this be read later */
		peer->more = true;
	else if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		peer_list_look_at(peer);
	if (peer->state == PEER_WAITING && peer_list_has_left(peer, 0)) /* as it has asked, perhaps */
		peer_list_abandon(peer);
}

static void dispatch_event(const struct epoll_event *event)
{
	if (event->data.ptr == &worker.listener) {
		if (!accept_is_left_to_another())
			accept_new();
	} else if (event->data.ptr == &worker.handover) {
		if (!worker.draining && !accept_is_left_to_another()) /* since this round began */
			accept_take(ACCEPT_TAKES);
	} else if (event->data.ptr == &worker.signals)
		take_signals();
	else if (event->data.ptr != &worker.database)
		take_peer_event(event->data.ptr, event->events);
}

static void run_timers(void)
{
	int64_t now = clock_now_us(), deadline = database_deadline_us(worker.database);

	peer_list_expire(PEER_PARTIAL, now);
	peer_list_expire(PEER_WRITING, now);
	shed_overdue(now);
	statement_timers(now);
	if (deadline != 0 && deadline <= now && !stream_is_paused())
		take_database_event(0);
	db_session_timers(now);
	accept_timers(now);
	sandbox_look(worker.config, false);
}

static int choose_timeout_ms(void)
{
	int64_t deadline, left;

	if ((db_session_is_free() && !statement_waits_for_turn() && !TAILQ_EMPTY(&worker.peers[PEER_WAITING])) ||
	    !TAILQ_EMPTY(&worker.peers[PEER_AGAIN]))
		return 0;
	if (stream_is_paused() && !stream_is_ahead())
		return 0;
	deadline = clock_earlier(peer_list_deadline_us(), statement_deadline_us());
	deadline = clock_earlier(deadline, db_session_deadline_us());
	deadline = clock_earlier(deadline, accept_deadline_us());
	if (db_session_is_free() && statement_waits_for_turn())
		deadline = clock_earlier(deadline, clock_now_us() + SLOW_AGAIN_US);
	if (worker.draining)
		deadline = clock_earlier(deadline, clock_now_us() + DRAIN_AGAIN_US);
	if (deadline == 0)
		return TURN_MS;
	left = deadline - clock_now_us();
	return left <= 0 ? 0 : left > TURN_MS * 1000 ? TURN_MS : (int)((left + 999) / 1000);
}

bool worker_turn(void)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	unsigned ready = 0;
	int count;

	if (worker.batch.plan == NULL)
		peer_list_settle();
	accept_open();
	db_session_watch(stream_is_paused());
	worker.round++;
	METRICS_ADD(metrics_own->turns, 1);
	count = epoll_wait(worker.epoll, events, EVENTS_AT_ONCE, choose_timeout_ms());
	for (int i = 0; i < count; i++)
		if (events[i].data.ptr == &worker.database)
			ready = events[i].events;
		else
			dispatch_event(&events[i]);
	peer_list_look_again();
	if (ready != 0)
		peer_list_settle();
	/* The database comes last, so that its answers meet all the requests that came before them. */
	if (ready != 0)
		take_database_event(ready);
	else if (stream_is_paused() && !stream_is_ahead())
		run_read_go_on();
	run_timers();
	peer_list_free_closed();
	if (db_session_is_free() && db_session_wants_describe())
		db_session_describe();
	if (count < EVENTS_AT_ONCE && db_session_is_free()) {
		accept_accept_left();
		statement_start();
	}
	if (lanes_are_kept())
		statement_tell_slow();
	return !drain_may();
}

static int make_signals(void)
{
	static const int wanted[] = { SIGTERM, SIGINT, SIGQUIT, SIGHUP, WORKER_RETIRE };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		sigaddset(&set, wanted[i]);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* That descriptors are for. */
static unsigned limit_connections(void)
{
	struct rlimit files;
	unsigned descriptors;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return UINT32_MAX;
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files);
	if (files.rlim_max >= UINT32_MAX)
		return UINT32_MAX;
	descriptors = (unsigned)files.rlim_max;
	return descriptors > 2 * OTHER_DESCRIPTORS ? descriptors - OTHER_DESCRIPTORS : descriptors / 2;
}

bool worker_begin(const struct config *config, unsigned place, int listener, const struct handover *handover, int notify)
{
	struct epoll_event signal_event = { .events = EPOLLIN, .data.ptr = &worker.signals };

	worker.config = config;
	worker.handover = handover;
	worker.listener = listener;
	worker.listener_is_tcp = listen_is_tcp(listener);
	peer_list_begin();
	balance_begin();
	accept_begin(limit_connections());
	db_session_begin(notify);
	statement_begin();
	shed_begin();
	lanes_begin(config->slow_workers, config->workers);
	worker.epoll = epoll_create1(EPOLL_CLOEXEC);
	worker.signals = make_signals();
	if (worker.epoll < 0 || worker.signals < 0 ||
	    epoll_ctl(worker.epoll, EPOLL_CTL_ADD, worker.signals, &signal_event) < 0) {
		log_event(LOG_ERROR, "worker-start", "cannot start a worker: %s", strerror(errno));
		return false;
	}
	worker.database = database_new(config, place);
	metrics_own->state = WORKER_STARTING;
	return true;
}

void worker_end(void)
{
	peer_list_end();
	batch_release(&worker.batch);
	openapi_document_forget();
	database_free(worker.database);
	close(worker.epoll);
	close(worker.signals);
}

int worker_run(const struct config *config, unsigned place, int listener, const struct handover *handover, int notify)
{
	if (!worker_begin(config, place, listener, handover, notify))
		return 1;
	sandbox_enter(config, SANDBOX_WORKER);
	db_session_open();
#ifdef FAULT_TRY_ALL
	tries_log();
#endif
	while (worker_turn())
		continue;
	worker_end();
	return 0;
}
