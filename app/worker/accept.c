/* SPDX-License-Identifier: MIT */
#include "worker/accept.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "worker/absence.h"
#include "worker/balance.h"
#include "worker/db_session.h"
#include "worker/lanes.h"
#include "worker/peer_list.h"
#include "worker/shed.h"
#include "worker/worker_state.h"

enum {
	ENTRANCE_ACCEPTS = 16, /* as many connections at once, so that others get their turn */
	ENTRANCES_AGAIN_US = 50000, /* while they are left to workers that have a database connection */
	ACCEPT_AGAIN_US = 100000, /* after there was no descriptor left in the whole system */
	FULL_AGAIN_US = 60000000, /* between two times that it is said that there is no room */
	LOOK_ACCEPTS = 256, /* at most, at one look at the listening socket */
};

static struct entrances {
	bool watching_listener, watching_queue; /* they are in the epoll set */
	bool left_listener;        /* since a write began: whoever came meanwhile waits in the socket, for all workers */
	unsigned most_connections; /* that descriptors are for */
	int64_t full_told_us;      /* when it was last said that there are as many as that */
	int64_t again_us;          /* when connections are accepted again; 0: they are */
} entrances;

void accept_begin(unsigned most_connections)
{
	entrances = (struct entrances){ .most_connections = most_connections };
}

bool accept_watches_listener(void)
{
	return entrances.watching_listener;
}

bool accept_watches_queue(void)
{
	return entrances.watching_queue;
}

static void watch_one(int entrance, void *mark, bool wanted, bool *watching)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLEXCLUSIVE, .data.ptr = mark };

	if (wanted == *watching || entrance < 0)
		return;
	(void)epoll_ctl(worker.epoll, wanted ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, entrance, &event);
	*watching = wanted;
}

static void watch_listener(bool wanted)
{
	watch_one(worker.listener, &worker.listener, wanted, &entrances.watching_listener);
	entrances.left_listener = false;
}

static void watch_entrances(bool wanted)
{
	if (wanted && worker.retiring)
		return;
	watch_listener(wanted);
	watch_one(worker.handover->take, &worker.handover, wanted, &entrances.watching_queue);
}

/* The rest of the descriptors is the database's, and the worker's own. */
static bool has_room(void)
{
	return peer_list_count() < entrances.most_connections;
}

/* Who has asked nothing for the longest time goes, so that many idle connections keep nobody out. Other workers, which
 * may have room, leave nothing to this one meanwhile. A worker that retires gives its own away, which may have to wait. */
static bool make_room(int entrance)
{
	struct pollfd waits = { .fd = entrance, .events = POLLIN };
	struct peer *idle;
	int64_t now;

	if (has_room())
		return true;
	if (poll(&waits, 1, 0) <= 0) /* nobody does */
		return false;
	now = clock_now_us();
	balance_tell_strained(now);
	if (entrances.full_told_us == 0 || now - entrances.full_told_us >= FULL_AGAIN_US) {
		log_event(LOG_WARNING, "connections-full", "%u connections are open, which is the limit of descriptors: idle"
		          " connections are closed for new ones (ulimit -n, LimitNOFILE=)", peer_list_count());
		entrances.full_told_us = now;
	}
	while (!worker.retiring && !has_room() && (idle = TAILQ_FIRST(&worker.peers[PEER_IDLE])) != NULL)
		peer_list_part_with(idle);
	return has_room();
}

void accept_open(void)
{
	bool aside = balance_is_aside();

	if (worker.batch.plan == NULL && !db_session_is_describing() && !worker.draining && db_session_was_tried() &&
	    entrances.again_us == 0 && !aside)
		watch_entrances((has_room() || !TAILQ_EMPTY(&worker.peers[PEER_IDLE])) &&
		                (database_is_open(worker.database) || !metrics_ready_sibling()));
}

void accept_close(void)
{
	watch_entrances(false);
}

/* A worker in a lower slot that keeps up is to have them, if it has been told as well; but the kernel may have told this one
 * alone (EPOLLEXCLUSIVE), so whoever still waits a little later is this worker's, whatever it does by then, and is not left
 * to the other again. */
bool accept_is_left_to_another(void)
{
	if (!balance_leaves_to_senior())
		return false;
	watch_entrances(false);
	return true;
}

/* A write that has nothing to wait for need not be watched: its connection mostly ends with it. */
static bool starts_at_once(const struct peer *peer)
{
	return peer->state == PEER_WAITING && peer->write != NULL && balance_has_siblings() && db_session_is_free() &&
	       peer == TAILQ_FIRST(&worker.peers[PEER_WAITING]);
}

/* A connection has been made by who has something to ask, which is there by now, mostly. NULL: there is none. */
static struct peer *accept_one(void)
{
	struct handover_item fresh = { .connection = -1 };
	struct peer *peer;

	if (!make_room(worker.listener)) {
		watch_entrances(false);
		return NULL;
	}
	if ((fresh.connection = accept4(worker.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
			log_event(LOG_ERROR, "accept", "cannot accept a connection: %s", strerror(errno));
			watch_entrances(false);
			entrances.again_us = clock_now_us() + ACCEPT_AGAIN_US;
		}
		return NULL;
	}
	METRICS_ADD(metrics_own->connections, 1);
	peer = peer_list_admit(&fresh);
	peer->sole_owner = true;
	peer_list_look_at(peer);
	if (peer->state != PEER_CLOSED && !peer->watched && peer != peer_list_unwatched() && !starts_at_once(peer) &&
	    !peer_list_watch(peer, EPOLLIN))
		peer_list_hang_up(peer);
	return peer;
}

/* Whether the last that came waits, and wants the database connection for itself. */
static bool write_waits(void)
{
	const struct peer *last = TAILQ_LAST(&worker.peers[PEER_WAITING], peer_list);

	return last != NULL && last->write != NULL;
}

/* Who waits behind a write may be another worker's. */
static bool accept_some(void)
{
	int taken = 0;

	while (taken < ENTRANCE_ACCEPTS && accept_one() != NULL) {
		taken++;
		if (write_waits())
			break;
	}
	return taken > 0;
}

void accept_new(void)
{
	(void)accept_some();
}

void accept_all(void)
{
	while (worker.listener >= 0 && accept_one() != NULL)
		;
}

void accept_leave(void)
{
	if (!balance_has_siblings() || !entrances.watching_listener)
		return;
	watch_listener(false);
	entrances.left_listener = true;
}

void accept_accept_left(void)
{
	if (!entrances.left_listener || worker.draining || !database_is_open(worker.database) || !accept_some())
		return;
	balance_tell_strained(clock_now_us());
	if (entrances.again_us == 0 && !write_waits())
		watch_listener(has_room());
}

static bool take_one(void)
{
	struct handover_item item;
	struct peer *peer;

	if (!make_room(worker.handover->take)) { /* what waits would wake us without end */
		watch_entrances(false);
		return false;
	}
	if (!handover_take(worker.handover, &item))
		return false;
	if (!peer_list_watch(peer = peer_list_admit(&item), EPOLLIN))
		peer_list_hang_up(peer);
	return true;
}

void accept_take(int most)
{
	while (most-- > 0 && take_one())
		;
}

/* What is slow goes where it can begin, one at a time, and waits here otherwise. */
static bool may_go(const struct peer *peer, bool *room)
{
	if (!peer_can_move(peer))
		return false;
	if (!peer_list_is_slow(peer))
		return true;
	if (!*room)
		return false;
	*room = false;
	return true;
}

static bool is_room_for_slow(void)
{
	return lanes_are_kept() && lanes_have_room();
}

static bool has_movable(void)
{
	struct peer *peer;

	TAILQ_FOREACH(peer, &worker.peers[PEER_WAITING], link)
		if (peer_can_move(peer))
			return true;
	return false;
}

static void give_waiting(unsigned one_in, _Atomic uint64_t *cause)
{
	struct peer *peer, *next;
	unsigned seen = 0;
	bool all = one_in == 1, room = !all && is_room_for_slow();

	for (peer = TAILQ_FIRST(&worker.peers[PEER_WAITING]); peer != NULL; peer = next) {
		next = TAILQ_NEXT(peer, link);
		if ((all ? !peer_can_move(peer) : !may_go(peer, &room)) || seen++ % one_in > 0)
			continue;
		if (!peer_list_give_away(peer, cause))
			return; /* the queue is full: later */
	}
}

void accept_give_waiting(void)
{
	give_waiting(1, &metrics_own->handovers_leaving);
}

void accept_share_slow(void)
{
	struct peer *first = NULL, *peer, *next;

	for (peer = TAILQ_FIRST(&worker.peers[PEER_WAITING]); peer != NULL; peer = next) {
		next = TAILQ_NEXT(peer, link);
		if (!peer_list_is_slow(peer))
			continue;
		if (first == NULL)
			first = peer;
		else if (peer_can_move(peer) && !(worker.config->merge && batch_may_share(first, peer)) &&
		         !peer_list_give_away(peer, &metrics_own->handovers_leaving))
			return;
	}
}

void accept_some_are_left(void)
{
	if (!balance_may_share())
		return;
	watch_entrances(false);
	give_waiting(2, &metrics_own->handovers_busy);
}

/* Gives one away, and with it all behind it that could share its statement. false: the queue is full. */
static bool give_group(struct peer *leader)
{
	struct peer *peer, *next;

	for (peer = leader; peer != NULL; peer = next) {
		next = TAILQ_NEXT(peer, link);
		if (peer != leader &&
		    !(worker.config->merge && peer_can_move(peer) && batch_may_share(leader, peer)))
			continue;
		if (!peer_list_give_away(peer, &metrics_own->handovers_busy)) /* which leaves the leader's plan where it is */
			return false;
	}
	return true;
}

static struct peer *find_movable(bool *room)
{
	struct peer *peer;

	TAILQ_FOREACH(peer, &worker.peers[PEER_WAITING], link)
		if (may_go(peer, room))
			break;
	return peer;
}

/* As many as idle workers can begin at once, the oldest first. What is more would come back, or wait there instead of
 * here: under more load than can be served all of it went round, hundreds of times a request. */
static void give_to_idle(unsigned idle)
{
	bool room = is_room_for_slow();
	struct peer *leader;

	while (idle-- > 0 && (leader = find_movable(&room)) != NULL && give_group(leader))
		;
}

/* All that come from nobody, to whoever is idle, or will be first. false: there were none. */
static bool give_fresh(void)
{
	struct peer *peer, *next;
	bool any = false, room = is_room_for_slow();

	for (peer = TAILQ_FIRST(&worker.peers[PEER_WAITING]); peer != NULL; peer = next) {
		next = TAILQ_NEXT(peer, link);
		if (peer->given || !may_go(peer, &room))
			continue;
		any = peer->given = true;
		if (!peer_list_give_away(peer, &metrics_own->handovers_busy)) {
			peer->given = false;
			break;
		}
	}
	return any;
}

/* A statement has been running for a while: whoever has to wait for it goes to a worker that is idle. */
static void hand_over(void)
{
	int64_t now = clock_now_us();
	unsigned idle;

	peer_list_settle();
	if (!balance_may_hand_over(now, &idle))
		return;
	watch_entrances(false);
	if (!give_fresh())
		give_to_idle(idle);
}

/* Busy workers let none in, or one write at a time, until too many seem to wait. */
static void let_in_crowd(int64_t now)
{
	struct pollfd listener = { .fd = worker.listener, .events = POLLIN };
	int left = LOOK_ACCEPTS;

	if (entrances.watching_listener || worker.listener < 0)
		return;
	if (balance_lets_in_crowd(poll(&listener, 1, 0) > 0, now))
		while (left-- > 0 && accept_one() != NULL)
			;
}

/* Where all workers are busy, nobody would refuse those at the entrances who wait for too long. Of those in the queue, the
 * oldest is in front. An idle connection, which would hide those behind it, is taken as well. */
static void look_at_entrances(int64_t now)
{
	struct handover_note note;

	if (!balance_may_look(now) || absence_is_on())
		return;
	let_in_crowd(now);
	while (!entrances.watching_queue && handover_peek(worker.handover, &note) &&
	       (note.waits_since_us == 0 || shed_is_overdue(note.waits_since_us, now)) && take_one())
		;
}

/* Whether a statement runs for which a request might wait. */
static bool is_busy(void)
{
	return (worker.batch.plan != NULL || db_session_is_describing()) && balance_has_siblings();
}

static void look_now(bool listener, bool queue)
{
	if (listener && worker.listener >= 0)
		(void)accept_some();
	if (queue)
		accept_take(ACCEPT_TAKES);
}

static void look_for_untold(int64_t now)
{
	switch (balance_take_look(now, entrances.watching_listener || entrances.watching_queue)) {
	case LOOK_NONE:
		break;
	case LOOK_OWED:
		if (!worker.draining)
			look_now(true, true);
		break;
	case LOOK_UNTOLD:
		look_now(entrances.watching_listener, entrances.watching_queue);
		break;
	}
}

void accept_timers(int64_t now_us)
{
	look_for_untold(now_us);
	if (entrances.again_us != 0 && entrances.again_us <= now_us)
		entrances.again_us = 0;
	if (is_busy() && balance_hand_over_us() <= now_us)
		hand_over();
	if (is_busy() && balance_look_us() <= now_us)
		look_at_entrances(now_us);
	if (balance_has_siblings() && balance_is_overloaded(now_us))
		give_waiting(2, &metrics_own->handovers_load); /* every second one, and its connection with it */
}

int64_t accept_deadline_us(void)
{
	int64_t deadline = clock_earlier(entrances.again_us, balance_aside_deadline_us());

	if (!entrances.watching_queue && !database_is_open(worker.database)) /* the others may have lost theirs */
		deadline = clock_earlier(deadline, clock_now_us() + ENTRANCES_AGAIN_US);
	if (is_busy() && (entrances.watching_queue || has_movable()))
		deadline = clock_earlier(deadline, balance_hand_over_us());
	if (is_busy() && worker.config->queue_ms > 0)
		deadline = clock_earlier(deadline, balance_look_us());
	return deadline;
}
