/* SPDX-License-Identifier: MIT */
#include "worker/accept.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "worker/db_session.h"
#include "worker/lanes.h"
#include "worker/peer_list.h"
#include "worker/shed.h"
#include "worker/worker_state.h"

enum {
	ENTRANCE_ACCEPTS = 16, /* as many connections at once, so that others get their turn */
	HANDOVER_ANYWAY_US = 6000, /* how long a statement may run before who waits for it goes to whichever is idle first */
	HANDOVER_RETRY_US = 1000,
	SHARE_AGAIN_US = 2000, /* after requests were shared out as a statement started; as long as one may hold them up */
	ENTRANCES_AGAIN_US = 50000, /* while they are left to workers that have a database connection */
	ACCEPT_AGAIN_US = 100000, /* after there was no descriptor left in the whole system */
	FULL_AGAIN_US = 60000000, /* between two times that it is said that there is no room */
	ASIDE_US = 2000, /* how long the entrances are left to another worker */
	ASIDE_ONCE_US = 10000, /* after which they may be left to it again */
	LOAD_WINDOW_US = 50000,
	UNTOLD_US = 1000000, /* between two looks at entrances that are watched */
	LOOK_ACCEPTS = 256, /* at most, at one look at the listening socket */
	CROWDED = 4,        /* this part of MYREST_QUEUE_MS may somebody be found waiting there before all are let in */
};

/* The part of a processor that a worker's loop takes when it should get no more connections, and when it has too many. */
#define LOAD_STRAINED 0.6
#define LOAD_FULL 0.9

/* Whether there is anyone to hand over to: while all drain, everyone keeps what it has. */
static bool has_siblings(void)
{
	return worker.config->workers > 1 && !worker.draining;
}

static void strained(int64_t now)
{
	metrics_own->strained_us = now;
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
	watch_one(worker.listener, &worker.listener, wanted, &worker.watching_listener);
	worker.left_listener = false;
}

static void watch(bool wanted)
{
	if (wanted && worker.retiring)
		return;
	watch_listener(wanted);
	watch_one(worker.handover->take, &worker.handover, wanted, &worker.watching_queue);
}

/* The rest of the descriptors is the database's, and the worker's own. */
static bool has_room(void)
{
	return worker.connections < worker.most_connections;
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
	strained(now);
	if (worker.full_told_us == 0 || now - worker.full_told_us >= FULL_AGAIN_US) {
		log_event(LOG_WARNING, "connections-full", "%u connections are open, as many as the limit of descriptors allows:"
		          " idle ones are closed for others (ulimit -n, LimitNOFILE=)", worker.connections);
		worker.full_told_us = now;
	}
	while (!worker.retiring && !has_room() && (idle = TAILQ_FIRST(&worker.peers[PEER_IDLE])) != NULL)
		peer_list_part_with(idle);
	return has_room();
}

void accept_open(void)
{
	worker.aside = worker.aside_until_us > clock_now_us();
	if (worker.batch.plan == NULL && !worker.describing && !worker.draining && worker.notify < 0 &&
	    worker.accept_again_us == 0 && !worker.aside)
		watch((has_room() || !TAILQ_EMPTY(&worker.peers[PEER_IDLE])) &&
		      (database_is_open(worker.database) || !metrics_ready_sibling()));
}

void accept_close(void)
{
	watch(false);
}

/* Somebody waits at an entrance. A worker in a lower slot that keeps up is to have them, if it has been told as well; but
 * the kernel may have told this one alone (EPOLLEXCLUSIVE), so whoever still waits a little later is this worker's,
 * whatever it does by then, and is not left to the other again. */
bool accept_is_left_to_another(void)
{
	int64_t now = clock_now_us();

	if (now - worker.aside_until_us < ASIDE_ONCE_US || !metrics_steady_senior())
		return false;
	watch(false);
	worker.aside_until_us = now + ASIDE_US;
	worker.owes_look = true;
	return true;
}

/* A write that has nothing to wait for need not be watched: its connection mostly ends with it. */
static bool starts_at_once(const struct peer *peer)
{
	return peer->state == PEER_WAITING && peer->write != NULL && has_siblings() && db_session_is_free() &&
	       peer == TAILQ_FIRST(&worker.peers[PEER_WAITING]);
}

/* A connection has been made by who has something to ask, which is there by now, mostly. NULL: there is none. */
static struct peer *accept_one(void)
{
	struct handover_item fresh = { .connection = -1 };
	struct peer *peer;

	if (!make_room(worker.listener)) {
		watch(false);
		return NULL;
	}
	if ((fresh.connection = accept4(worker.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
			log_event(LOG_ERROR, "accept", "cannot accept a connection: %s", strerror(errno));
			watch(false);
			worker.accept_again_us = clock_now_us() + ACCEPT_AGAIN_US;
		}
		return NULL;
	}
	METRICS_ADD(metrics_own->connections, 1);
	peer = peer_list_admit(&fresh);
	peer->sole_owner = true;
	peer_list_look_at(peer);
	if (peer->state != PEER_CLOSED && !peer->watched && peer != worker.unwatched && !starts_at_once(peer) &&
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
	if (!has_siblings() || !worker.watching_listener)
		return;
	watch_listener(false);
	worker.left_listener = true;
}

void accept_accept_left(void)
{
	if (!worker.left_listener || worker.draining || !database_is_open(worker.database) || !accept_some())
		return;
	strained(clock_now_us());
	if (worker.accept_again_us == 0 && !write_waits())
		watch_listener(has_room());
}

static bool take_one(void)
{
	struct handover_item item;
	struct peer *peer;

	if (!make_room(worker.handover->take)) { /* what waits would wake us without end */
		watch(false);
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
	return worker.lanes && lanes_have_room(worker.slow_most);
}

static bool anyone_waits(void)
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
	if (!has_siblings())
		return;
	strained(worker.statement_since_us);
	if (worker.statement_since_us < worker.share_again_us || !metrics_idle_sibling())
		return;
	worker.share_again_us = worker.statement_since_us + SHARE_AGAIN_US;
	watch(false);
	give_waiting(2, &metrics_own->handovers_busy);
}

/* How much of a processor the loop takes, from time to time while it has something to do. Where it is nearly all of one,
 * every second request that waits goes to a worker that is idle, and its connection with it. */
static void weigh_load(int64_t now)
{
	int64_t length = now - worker.load_since_us, cpu;

	if (length < LOAD_WINDOW_US)
		return;
	cpu = clock_cpu_us();
	if (length < 2 * LOAD_WINDOW_US) {
		if (cpu - worker.load_cpu_us > length * LOAD_STRAINED)
			strained(now);
		if (cpu - worker.load_cpu_us > length * LOAD_FULL && metrics_idle_sibling())
			give_waiting(2, &metrics_own->handovers_load);
	}
	worker.load_since_us = now;
	worker.load_cpu_us = cpu;
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

static struct peer *first_movable(bool *room)
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

	while (idle-- > 0 && (leader = first_movable(&room)) != NULL && give_group(leader))
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
	unsigned idle = metrics_idle_siblings();

	worker.handover_again_us = now + HANDOVER_RETRY_US;
	peer_list_settle();
	strained(now);
	if (idle == 0 && now - worker.statement_since_us < HANDOVER_ANYWAY_US)
		return;
	watch(false);
	if (!give_fresh())
		give_to_idle(idle);
}

/* How long those in the listening socket have been there nobody knows, and busy workers let none in, or one write at a
 * time. Where it has not been found empty for a while all are let in, and their wait counts. */
static void let_in_crowd(int64_t now)
{
	struct pollfd listener = { .fd = worker.listener, .events = POLLIN };
	int left = LOOK_ACCEPTS;

	if (worker.watching_listener || worker.listener < 0)
		return;
	if (poll(&listener, 1, 0) <= 0)
		worker.crowded_since_us = 0;
	else if (worker.crowded_since_us == 0)
		worker.crowded_since_us = now;
	else if (now - worker.crowded_since_us >= worker.config->queue_ms * 1000 / CROWDED)
		while (left-- > 0 && accept_one() != NULL)
			;
}

/* Where all workers are busy, nobody would refuse those at the entrances who wait for too long. Of those in the queue, the
 * oldest is in front. An idle connection, which would hide those behind it, is taken as well. */
static void look_at_entrances(int64_t now)
{
	struct handover_note note;

	worker.look_again_us = now + LOOK_AFTER_US;
	if (worker.config->queue_ms == 0 || worker.gone_since_us != 0 || metrics_idle_sibling())
		return;
	let_in_crowd(now);
	while (!worker.watching_queue && handover_peek(worker.handover, &note) &&
	       (note.waits_since_us == 0 || shed_is_overdue(note.waits_since_us, now)) && take_one())
		;
}

/* Whether a statement runs for which a request might wait. */
static bool is_busy(void)
{
	return (worker.batch.plan != NULL || worker.describing) && has_siblings();
}

static void look_now(bool listener, bool queue)
{
	if (listener && worker.listener >= 0)
		(void)accept_some();
	if (queue)
		accept_take(ACCEPT_TAKES);
}

/* Who was left to another worker and is still there; and, once in a while, who came when the kernel told a worker that
 * had no room, or has ended since. */
static void look_for_untold(int64_t now)
{
	if (worker.owes_look && worker.aside_until_us <= now) {
		worker.owes_look = false;
		if (!worker.draining)
			look_now(true, true);
	} else if ((worker.watching_listener || worker.watching_queue) && worker.look_untold_us <= now)
		look_now(worker.watching_listener, worker.watching_queue);
	else
		return;
	worker.look_untold_us = now + UNTOLD_US;
}

void accept_timers(int64_t now_us)
{
	look_for_untold(now_us);
	if (worker.accept_again_us != 0 && worker.accept_again_us <= now_us)
		worker.accept_again_us = 0;
	if (is_busy() && worker.handover_again_us <= now_us)
		hand_over();
	if (is_busy() && worker.look_again_us <= now_us)
		look_at_entrances(now_us);
	if (has_siblings())
		weigh_load(now_us);
}

int64_t accept_deadline_us(void)
{
	int64_t deadline = worker.accept_again_us;

	if (worker.aside) /* by now it may be in the past: accept_open has to see it once more */
		deadline = clock_earlier(deadline, worker.aside_until_us);
	if (worker.owes_look)
		deadline = clock_earlier(deadline, worker.aside_until_us);
	if (!worker.watching_queue && !database_is_open(worker.database)) /* the others may have lost theirs */
		deadline = clock_earlier(deadline, clock_now_us() + ENTRANCES_AGAIN_US);
	if (is_busy() && (worker.watching_queue || anyone_waits()))
		deadline = clock_earlier(deadline, worker.handover_again_us);
	if (is_busy() && worker.config->queue_ms > 0)
		deadline = clock_earlier(deadline, worker.look_again_us);
	return deadline;
}
