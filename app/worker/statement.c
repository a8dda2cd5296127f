/* SPDX-License-Identifier: MIT */
#include "worker/statement.h"

#include "base/clock.h"
#include "base/metrics.h"
#include "worker/accept.h"
#include "worker/db_session.h"
#include "worker/kill.h"
#include "worker/lanes.h"
#include "worker/peer_list.h"
#include "worker/run_read.h"
#include "worker/run_write.h"
#include "worker/stream.h"
#include "worker/worker_state.h"

static bool denied_slow; /* something slow waits, though the connection is free */

void statement_begin(void)
{
	denied_slow = false;
	stream_clear();
	run_read_begin();
	run_write_begin();
}

bool statement_waits_for_turn(void)
{
	return denied_slow;
}

static bool may_be_put_back(const struct peer *peer)
{
	return peer->write == NULL || run_write_is_undone(peer->plan.table);
}

/* Who has waited for longest and may begin, or NULL. What is slow may not where enough workers run something slow, unless
 * nobody has seen for a while that it is, and it can be put back. */
static struct peer *choose_leader(enum turn *turn)
{
	struct peer *peer, *next, *denied = NULL;

	denied_slow = false;
	*turn = TURN_QUICK;
	for (peer = TAILQ_FIRST(&worker.peers[PEER_WAITING]); peer != NULL; peer = next) {
		next = TAILQ_NEXT(peer, link);
		if (!peer_list_still_waits(peer)) {
			peer_list_abandon(peer);
			continue;
		}
		if (!peer_list_is_slow(peer))
			return peer;
		if (!peer_is_untried(peer) || worker.draining) /* who leaves keeps nobody waiting, and has not much time */
			lanes_mark(LANE_SLOW);
		else if (denied_slow || !lanes_enter(peer->waits_since_us)) {
			denied_slow = true;
			if (denied == NULL && may_be_put_back(peer) && lanes_is_doubtful(peer->shape))
				denied = peer;
			continue;
		}
		METRICS_ADD(metrics_own->statements_slow, 1);
		*turn = TURN_SLOW;
		return peer;
	}
	if (denied == NULL || !database_may_kill(worker.database))
		return NULL;
	lanes_doubt(denied->shape);
	*turn = TURN_DOUBTED;
	return denied;
}

void statement_start(void)
{
	struct peer_list *waiting = &worker.peers[PEER_WAITING];
	enum turn turn;
	struct peer *leader = choose_leader(&turn), *peer, *next;
	int64_t since_us;
	bool slow;

	if (leader == NULL) {
		if (metrics_own->busy_since_us != 0) /* others read it: no line of the cache is taken from them for nothing */
			db_session_not_busy();
		return;
	}
	next = TAILQ_NEXT(leader, link);
	/* Equal rows may be slow to count, and then make slow those that are not counted. */
	slow = next != NULL && peer_list_is_slow(leader);
	batch_begin(&worker.batch, leader);
	peer_list_move(leader, PEER_RUNNING);
	for (peer = next; peer != NULL && worker.config->merge && !leader->alone && leader->write == NULL; peer = next) {
		next = TAILQ_NEXT(peer, link);
		if (!peer->alone && peer->write == NULL && peer_list_is_slow(peer) == slow && batch_join(&worker.batch, peer))
			peer_list_move(peer, PEER_RUNNING);
	}
	db_session_busy();
	since_us = db_session_statement_since_us();
	lanes_begin_statement(leader->shape);
	TAILQ_FOREACH(peer, &worker.peers[PEER_RUNNING], link)
		metrics_observe(&metrics_own->request_wait, since_us - peer->waits_since_us);
	kill_begin_statement(turn, since_us);
	if (!TAILQ_EMPTY(waiting))
		accept_some_are_left();
	if (leader->write != NULL) {
		accept_leave();
		run_write_start(leader);
		return;
	}
	run_read_start();
}

void statement_step(enum database_step step)
{
	kill_look_whether_spared();
	if (run_write_runs())
		run_write_step(step);
	else
		run_read_step(step);
}

void statement_timers(int64_t now_us)
{
	run_read_timers(now_us);
	kill_timers(now_us, !run_write_runs() || run_write_may_be_killed(), stream_peer() == NULL && !stream_is_discarding());
	run_read_hedge(now_us);
}

int64_t statement_deadline_us(void)
{
	return clock_earlier(run_read_deadline_us(), kill_deadline_us());
}

void statement_tell_slow(void)
{
	const struct peer *peer = NULL;

	if (!TAILQ_EMPTY(&worker.peers[PEER_WAITING]) && database_is_open(worker.database))
		TAILQ_FOREACH(peer, &worker.peers[PEER_WAITING], link)
			if (peer_list_is_slow(peer) && (worker.batch.plan == NULL || peer_can_move(peer)))
				break;
	lanes_tell_waiting(peer != NULL ? peer->waits_since_us : 0);
}
