/* SPDX-License-Identifier: MIT */
#include "worker/peer_list.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "plan/plan_shape.h"
#include "plan/route.h"
#include "response/answer.h"
#include "response/openapi_document.h"
#include "worker/absence.h"
#include "worker/balance.h"
#include "worker/lanes.h"
#include "worker/prepare.h"
#ifdef FAULT_JOIN_RUNNING
#include "worker/stream.h"
#endif
#include "worker/worker_state.h"

static unsigned count; /* of connections that are open */
/* The one that was answered and is not watched yet: its web server mostly hangs up now, and need not wake us for that while a
 * statement runs. NULL: none. */
static struct peer *unwatched;
static int64_t overdue_us; /* when the first of those that wait may have waited for too long; 0: none may */

void peer_list_begin(void)
{
	for (int state = 0; state < PEER_STATES; state++)
		TAILQ_INIT(&worker.peers[state]);
	count = 0;
	unwatched = NULL;
	overdue_us = 0;
}

static void free_all(enum peer_state state)
{
	struct peer *peer;

	while ((peer = TAILQ_FIRST(&worker.peers[state])) != NULL) {
		TAILQ_REMOVE(&worker.peers[state], peer, link);
		peer_free(peer);
	}
}

void peer_list_free_closed(void)
{
	free_all(PEER_CLOSED);
}

void peer_list_end(void)
{
	for (int state = 0; state < PEER_STATES; state++)
		free_all((enum peer_state)state);
}

unsigned peer_list_count(void)
{
	return count;
}

const struct peer *peer_list_unwatched(void)
{
	return unwatched;
}

void peer_list_move(struct peer *peer, enum peer_state state)
{
	TAILQ_REMOVE(&worker.peers[peer->state], peer, link);
	peer->state = state;
	if (state == PEER_WAITING)
		peer_queue_up(peer, &worker.peers[PEER_WAITING]);
	else
		TAILQ_INSERT_TAIL(&worker.peers[state], peer, link);
}

bool peer_list_watch(struct peer *peer, unsigned events)
{
	struct epoll_event event = { .events = EPOLLET | EPOLLRDHUP | events, .data.ptr = peer };
	int operation = peer->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

	peer->watches_output = (events & EPOLLOUT) != 0;
	peer->watched = epoll_ctl(worker.epoll, operation, peer->socket, &event) == 0;
	peer->watched_in = worker.round;
	return peer->watched;
}

/* Where no other worker has or had the socket, its close ends the watching as well. */
static void stop_watching(struct peer *peer)
{
	struct epoll_event event = { .events = 0 };

	if (peer->watched && !peer->sole_owner)
		(void)epoll_ctl(worker.epoll, EPOLL_CTL_DEL, peer->socket, &event);
	peer->watched = false;
	if (unwatched == peer)
		unwatched = NULL;
}

void peer_list_hang_up(struct peer *peer)
{
	if (peer->state == PEER_CLOSED)
		return;
	if (peer->socket >= 0) {
		stop_watching(peer);
		close(peer->socket);
		peer->socket = -1;
		count--;
	}
	peer_list_move(peer, PEER_CLOSED);
}

struct peer *peer_list_admit(const struct handover_item *item)
{
	struct peer *peer = peer_new(item, (size_t)worker.config->max_request_bytes);
	int on = 1;

	count++;
	if (worker.listener_is_tcp)
		(void)setsockopt(peer->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	peer->state = item->bytes.length > 0 ? PEER_AGAIN : PEER_IDLE;
	TAILQ_INSERT_TAIL(&worker.peers[peer->state], peer, link);
	return peer;
}

/* On TCP a web server that goes away shows as one that sends no more. On a unix socket the two differ, and so does what
 * we closed ourselves: a worker that drains hears no more. */
bool peer_list_has_left(const struct peer *peer, unsigned events)
{
	return peer->left || (events & (EPOLLHUP | EPOLLERR)) ||
	       (worker.listener_is_tcp && !worker.draining && (peer->ended || (events & EPOLLRDHUP)));
}

bool peer_list_still_waits(const struct peer *peer)
{
	struct pollfd socket = { .fd = peer->socket, .events = POLLRDHUP };

	if (peer->watched && peer->watched_in < worker.round) /* the event loop would have told */
		return !peer_list_has_left(peer, 0);
	return poll(&socket, 1, 0) <= 0 || !peer_list_has_left(peer, (unsigned)socket.revents);
}

void peer_list_abandon(struct peer *peer)
{
	METRICS_ADD(metrics_own->requests_abandoned, 1);
	peer_list_hang_up(peer);
}

bool peer_list_give_away(struct peer *peer, _Atomic uint64_t *cause)
{
	const struct handover_item item = peer_item(peer);

	if (!handover_give(worker.handover, &item))
		return false;
	METRICS_ADD(*cause, 1);
	peer->sole_owner = false;
	peer_list_hang_up(peer);
	return true;
}

/* --- Answers on their way --- */

static void finish_answer(struct peer *peer)
{
	bool rearm;

	METRICS_ADD(metrics_own->requests, 1);
	if (peer->status >= 500)
		METRICS_ADD(metrics_own->requests_failed, 1);
	if (peer->merged)
		METRICS_ADD(metrics_own->requests_merged, 1);
	if (worker.config->access_log)
		peer_log_access(peer);
	if (!peer->reader.keep) {
		peer_list_hang_up(peer);
		return;
	}
	rearm = peer->more || peer->ended || peer->watches_output;
	peer_clear(peer);
	peer_list_move(peer, peer->raw.length > 0 ? PEER_AGAIN : PEER_IDLE);
	if (!peer->watched && !worker.draining) {
		if (unwatched != peer) { /* which it is still when two requests came at once */
			peer_list_settle();
			unwatched = peer;
		}
	} else if (rearm) /* which reports again what has come meanwhile */
		(void)peer_list_watch(peer, EPOLLIN);
	else if (peer->state == PEER_AGAIN)
		return;
	else if (worker.draining) /* at once, lest a client that goes on asking keeps us */
		peer_list_part_with(peer);
	else if (balance_may_regroup())
		(void)peer_list_give_away(peer, &metrics_own->handovers_room);
}

void peer_list_settle(void)
{
	struct peer *peer = unwatched;

	if (peer == NULL)
		return;
	unwatched = NULL;
	if (peer->state == PEER_IDLE)
		peer_list_look_at(peer);
	if (peer->state != PEER_CLOSED && !peer->watched && !peer_list_watch(peer, EPOLLIN))
		peer_list_hang_up(peer);
}

void peer_list_write_on(struct peer *peer)
{
	switch (peer_write(peer)) {
	case FASTCGI_WRITTEN:
		finish_answer(peer);
		break;
	case FASTCGI_BLOCKED:
		peer->deadline_us = clock_now_us() + worker.config->request_timeout_s * 1000000;
		if (!peer->watches_output)
			(void)peer_list_watch(peer, EPOLLIN | EPOLLOUT);
		peer_list_move(peer, PEER_WRITING); /* to the end of the list, which is in the order of the deadlines */
		break;
	case FASTCGI_BROKEN:
		peer_list_hang_up(peer);
		break;
	}
}

void peer_list_limit_wait(const struct peer *peer)
{
	if (worker.config->queue_ms > 0)
		overdue_us = clock_earlier(overdue_us, peer->waits_since_us + worker.config->queue_ms * 1000);
}

bool peer_list_take_overdue(int64_t now_us)
{
	if (overdue_us == 0 || overdue_us > now_us)
		return false;
	overdue_us = 0;
	return true;
}

void peer_list_put_back(struct peer *peer)
{
	peer->put_back = true;
	peer_list_move(peer, PEER_WAITING);
	peer_list_limit_wait(peer);
}

void peer_list_run_again(struct peer *peer, bool alone)
{
	peer->alone = peer->alone || alone;
	peer_list_move(peer, PEER_WAITING);
}

/* What was put back is slow, whatever another shape of the same place says: it would begin again at once. */
bool peer_list_is_slow(const struct peer *peer)
{
	return lanes_are_kept() && (peer->put_back || lanes_is_slow(peer->shape));
}

/* The request is the peer's own affair from here: its bytes are taken and the answer goes out. */
static void refuse_request(struct peer *peer, const struct fault *fault, const char *allow)
{
	answer_fault(peer, fault, allow);
	peer_list_write_on(peer);
}

/* There is no database connection: another worker may have one. */
static bool pass_on(struct peer *peer)
{
	if (worker.draining || !metrics_ready_sibling())
		return false;
	peer->waits_since_us = clock_now_us(); /* it has waited for a host that is away, which does not count */
	return peer_list_give_away(peer, &metrics_own->handovers_away);
}

/* It has waited for long enough here, also if this worker lost the connection that it ran on. */
static void refuse_away(struct peer *peer)
{
	struct fault fault = { .status = STATUS_AWAY };

	if (!peer_can_move_at_last(peer) || !pass_on(peer))
		refuse_request(peer, &fault, NULL);
}

void peer_list_pass_on_waiting(void)
{
	struct peer *peer, *next;

	for (peer = TAILQ_FIRST(&worker.peers[PEER_WAITING]); peer != NULL; peer = next) {
		next = TAILQ_NEXT(peer, link);
		if (peer_can_move(peer))
			(void)pass_on(peer);
	}
}

void peer_list_refuse_waiting(void)
{
	struct peer *peer;

	while ((peer = TAILQ_FIRST(&worker.peers[PEER_WAITING])) != NULL)
		refuse_away(peer);
}

/* --- Requests --- */

#ifdef FAULT_JOIN_RUNNING
/* Wrong on purpose, for the freshness test, which has to find it: a request joins a statement that is running. */
static void join_running(struct peer *peer)
{
	if (worker.batch.plan == NULL || stream_peer() != NULL || stream_is_discarding())
		return;
	if (merge_same(worker.batch.plan, &peer->plan) ||
	    (worker.batch.by_keys && merge_same_but_key(worker.batch.plan, &peer->plan) &&
	     merge_find_key(&worker.batch.keys, peer->plan.key) >= 0)) {
		worker.batch.count++;
		peer_list_move(peer, PEER_RUNNING);
	}
}
#endif

/* A whole request: it is answered at once, or waits for its statement. */
static void begin_request(struct peer *peer)
{
	struct fault fault = { .status = STATUS_OK };
	struct route route = { .allow = NULL };

	arena_clear(&peer->arena);
	peer->write = NULL;
	if (prepare_request(peer, &route, &fault) != STATUS_OK) {
		if (fault.status == STATUS_AWAY)
			refuse_away(peer);
		else
			refuse_request(peer, &fault, fault.status == STATUS_BAD_METHOD ? route.allow : NULL);
		return;
	}
	if (peer->request.method == METHOD_OPTIONS) {
		answer_options(peer, route.allow);
		peer_list_write_on(peer);
		return;
	}
	if (route.table == NULL) {
		openapi_document_answer(peer, database_schema(worker.database), worker.config);
		peer_list_write_on(peer);
		return;
	}
	if (peer->write != NULL && write_is_empty(peer->write, &peer->plan)) {
		bool adds = peer->write->kind == WRITE_INSERT && peer->write->resolution != RESOLUTION_IGNORE;

		answer_written(peer, &(struct answer_written){ .created = adds });
		peer_list_write_on(peer);
		return;
	}
	if (absence_patience() == PATIENCE_OVER) {
		refuse_away(peer);
		return;
	}
	if (absence_patience() == PATIENCE_SPENT && peer_can_move(peer) && pass_on(peer))
		return;
	if (lanes_are_kept())
		peer->shape = plan_shape_of(&peer->plan, peer->write, peer->request.preferences.count);
	peer_list_move(peer, PEER_WAITING);
	peer_list_limit_wait(peer);
#ifdef FAULT_JOIN_RUNNING
	join_running(peer);
#endif
}

void peer_list_plan_again(void)
{
	struct peer_list waiting = TAILQ_HEAD_INITIALIZER(waiting);
	struct peer *peer;

	TAILQ_CONCAT(&waiting, &worker.peers[PEER_WAITING], link);
	while ((peer = TAILQ_FIRST(&waiting)) != NULL) {
		TAILQ_REMOVE(&waiting, peer, link);
		TAILQ_INSERT_TAIL(&worker.peers[PEER_WAITING], peer, link);
		begin_request(peer);
	}
}

/* Something of its request is there, now. */
static int64_t mark_seen(struct peer *peer)
{
	int64_t now = clock_now_us();

	if (peer->since_us == 0)
		peer->since_us = now;
	return now;
}

void peer_list_look_at(struct peer *peer)
{
	int64_t now;

	if (peer->state > PEER_PARTIAL) { /* one request at a time; this one comes after */
		peer->more = true;
		return;
	}
	switch (peer_look(peer)) {
	case PEER_LOOK_REQUEST:
		now = mark_seen(peer);
		if (peer->waits_since_us == 0)
			peer->waits_since_us = now;
		if (worker.draining && !worker.retiring)
			peer_hear_no_more(peer);
		begin_request(peer);
		break;
	case PEER_LOOK_PARTIAL:
		if (peer->state != PEER_PARTIAL) {
			peer->deadline_us = mark_seen(peer) + worker.config->request_timeout_s * 1000000;
			peer_list_move(peer, PEER_PARTIAL);
		}
		break;
	case PEER_LOOK_NOTHING:
		if (peer->state != PEER_IDLE) { /* it was aborted */
			peer->since_us = 0;
			peer_list_move(peer, PEER_IDLE);
		}
		break;
	case PEER_LOOK_BROKEN:
		METRICS_ADD(metrics_own->protocol_errors, 1);
		log_event(LOG_WARNING, "protocol-error", "the web server sent something that is not FastCGI; the connection is closed");
		peer_list_hang_up(peer);
		break;
	case PEER_LOOK_GONE:
		peer_list_hang_up(peer);
		break;
	}
	if (peer->more && (peer->state == PEER_IDLE || peer->state == PEER_PARTIAL) && !peer_list_watch(peer, EPOLLIN))
		peer_list_hang_up(peer); /* or it reports at once that there is more, after others have had their turn */
}

void peer_list_look_again(void)
{
	struct peer *peer;
	unsigned again = 0;

	TAILQ_FOREACH(peer, &worker.peers[PEER_AGAIN], link)
		again++;
	/* Who comes to this list meanwhile has its turn in the next round; some may leave it. */
	while (again-- > 0 && (peer = TAILQ_FIRST(&worker.peers[PEER_AGAIN])) != NULL)
		peer_list_look_at(peer);
}

void peer_list_part_with(struct peer *peer)
{
	if (worker.retiring) {
		(void)peer_list_give_away(peer, &metrics_own->handovers_leaving);
		return;
	}
	peer_list_look_at(peer);
	if (peer->state != PEER_IDLE)
		return;
	peer_hear_no_more(peer);
	peer_list_look_at(peer);
	if (peer->state == PEER_IDLE)
		peer_list_hang_up(peer);
}

void peer_list_expire(enum peer_state state, int64_t now)
{
	struct peer *peer;

	while ((peer = TAILQ_FIRST(&worker.peers[state])) != NULL && peer->deadline_us <= now) {
		METRICS_ADD(metrics_own->protocol_errors, 1);
		log_event(LOG_WARNING, state == PEER_PARTIAL ? "request-timeout" : "answer-timeout",
		          state == PEER_PARTIAL ? "a request was not complete in time; the connection is closed"
		                                : "the web server did not read an answer in time; the connection is closed");
		peer_list_hang_up(peer);
	}
}

/* Only that time is left out: a connection that is given up and opened again, many times a second perhaps, would otherwise
 * let everybody wait for ever. */
void peer_list_have_waited_for_nobody(int64_t gone_since_us)
{
	int64_t now = clock_now_us();
	struct peer *peer;

	TAILQ_FOREACH(peer, &worker.peers[PEER_WAITING], link)
		peer->waits_since_us += now - (peer->waits_since_us > gone_since_us ? peer->waits_since_us : gone_since_us);
}

int64_t peer_list_deadline_us(void)
{
	const struct peer *partial = TAILQ_FIRST(&worker.peers[PEER_PARTIAL]);
	const struct peer *writing = TAILQ_FIRST(&worker.peers[PEER_WRITING]);
	int64_t deadline = clock_earlier(partial != NULL ? partial->deadline_us : 0, writing != NULL ? writing->deadline_us : 0);

	if (!TAILQ_EMPTY(&worker.peers[PEER_WAITING]) && !worker.draining && !absence_is_on())
		deadline = clock_earlier(deadline, overdue_us);
	return deadline;
}
