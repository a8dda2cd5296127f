/* SPDX-License-Identifier: MIT */
#include "entrance.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "clock.h"
#include "metrics.h"
#include "peers.h"
#include "worker_state.h"

enum {
	HANDOVER_ANYWAY_US = 6000, /* how long a statement may run before who waits for it goes to whichever is idle first */
	HANDOVER_RETRY_US = 1000,
	ENTRANCES_AGAIN_US = 50000, /* while they are left to workers that have a database connection */
	ACCEPT_AGAIN_US = 100000, /* after there was no descriptor left */
};

static void watch(bool wanted)
{
	struct epoll_event listener = { .events = EPOLLIN | EPOLLEXCLUSIVE, .data.ptr = &worker.listener };
	struct epoll_event queue = { .events = EPOLLIN | EPOLLEXCLUSIVE, .data.ptr = &worker.handover };
	int operation = wanted ? EPOLL_CTL_ADD : EPOLL_CTL_DEL;

	if (wanted == worker.watching_entrances || (wanted && worker.retiring))
		return;
	if (worker.listener >= 0)
		(void)epoll_ctl(worker.epoll, operation, worker.listener, &listener);
	(void)epoll_ctl(worker.epoll, operation, worker.handover->take, &queue);
	worker.watching_entrances = wanted;
}

void entrance_open(void)
{
	if (worker.batch.plan == NULL && !worker.describing && !worker.draining && worker.notify < 0 &&
	    worker.accept_again_us == 0)
		watch(database_is_open(worker.database) || !metrics_ready_sibling());
}

void entrance_close(void)
{
	watch(false);
}

void entrance_accept(int most)
{
	int socket;

	while (most-- > 0) {
		if ((socket = accept4(worker.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) < 0) {
			if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
				log_event(LOG_ERROR, "accept", "cannot accept a connection: %s", strerror(errno));
				watch(false);
				worker.accept_again_us = clock_now_us() + ACCEPT_AGAIN_US;
			}
			return;
		}
		METRICS_ADD(metrics_own->connections, 1);
		peers_admit(socket);
	}
}

void entrance_take(int most)
{
	int socket;

	while (most-- > 0 && (socket = handover_take(worker.handover)) >= 0)
		peers_admit(socket);
}

/* Whether there is anyone to hand over to: while all drain, everyone keeps what it has. */
static bool has_siblings(void)
{
	return worker.config->workers > 1 && !worker.draining;
}

static bool anyone_waits(void)
{
	struct peer *peer;

	TAILQ_FOREACH(peer, &worker.peers[PEER_WAITING], link)
		if (peer->unread > 0)
			return true;
	return false;
}

void entrance_give_unread(void)
{
	struct peer *peer, *next;

	for (peer = TAILQ_FIRST(&worker.peers[PEER_WAITING]); peer != NULL; peer = next) {
		next = TAILQ_NEXT(peer, link);
		if (peer->unread > 0 && !peers_give_away(peer))
			return; /* the queue is full: later */
	}
}

/* A statement has been running for a while: whoever has to wait for it goes to a worker that is idle. */
static void hand_over(void)
{
	int64_t now = clock_now_us();

	worker.handover_again_us = now + HANDOVER_RETRY_US;
	if (now - worker.statement_since_us < HANDOVER_ANYWAY_US && !metrics_idle_sibling())
		return;
	watch(false);
	entrance_give_unread();
}

/* Whether a statement runs for which a request might wait. */
static bool is_busy(void)
{
	return (worker.batch.plan != NULL || worker.describing) && has_siblings();
}

void entrance_timers(int64_t now_us)
{
	if (worker.accept_again_us != 0 && worker.accept_again_us <= now_us)
		worker.accept_again_us = 0;
	if (is_busy() && worker.handover_again_us <= now_us)
		hand_over();
}

int64_t entrance_deadline_us(void)
{
	int64_t deadline = worker.accept_again_us;

	if (!worker.watching_entrances && !database_is_open(worker.database)) /* the others may have lost theirs */
		deadline = clock_earlier(deadline, clock_now_us() + ENTRANCES_AGAIN_US);
	if (is_busy() && (worker.watching_entrances || anyone_waits()))
		deadline = clock_earlier(deadline, worker.handover_again_us);
	return deadline;
}
