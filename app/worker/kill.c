/* SPDX-License-Identifier: MIT */
#include "worker/kill.h"

#include "base/clock.h"
#include "base/metrics.h"
#include "worker/db_session.h"
#include "worker/lanes.h"
#include "worker/peer_list.h"
#include "worker/worker_state.h"

enum {
	LOOK_US = 50000, /* between two looks whether the statement that runs is to be ended */
	AGAIN_US = 1000000, /* until a statement that goes on although it was ended, or one after it, is ended again */
};

/* Of the statement that runs. */
static struct killing {
	enum turn turn;
	enum kill reason;
	bool rows_dropped; /* because of that: they cannot be answered with any more */
	int64_t look_us;   /* when it is next looked whether it has to be ended */
} killing;

void kill_begin_statement(enum turn turn, int64_t now_us)
{
	killing = (struct killing){ .turn = turn, .look_us = now_us + LOOK_US };
}

bool kill_is_doubted(void)
{
	return killing.turn == TURN_DOUBTED;
}

enum kill kill_reason(void)
{
	return killing.reason;
}

void kill_drop_rows(void)
{
	killing.rows_dropped = true;
}

void kill_look_at_next(void)
{
	killing.reason = KILL_NONE;
	killing.look_us = clock_now_us();
}

/* Has the server end what runs. */
bool kill_statement(enum kill kill)
{
	if (!database_kill(worker.database, kill == KILL_PUT_BACK))
		return false;
	killing.reason = kill;
	killing.look_us = clock_now_us() + AGAIN_US;
	if (kill == KILL_PUT_BACK) {
		lanes_mark(LANE_SLOW); /* one is enough */
		METRICS_ADD(metrics_own->statements_put_back, 1);
	} else
		METRICS_ADD(metrics_own->statements_killed, 1);
	return true;
}

/* It was to be ended, and the server has not been told so, having no connection to spare. */
static bool is_spared(void)
{
	return killing.reason == KILL_PUT_BACK && !killing.rows_dropped && database_kill_failed(worker.database);
}

void kill_look_whether_spared(void)
{
	if (is_spared())
		killing.reason = KILL_NONE;
}

static bool is_waited_for(void)
{
	struct peer *peer;

	TAILQ_FOREACH(peer, &worker.peers[PEER_RUNNING], link)
		if (peer_list_still_waits(peer))
			return true;
	return false;
}

/* Several that were not known to be slow began at the same moment, and no worker is left to the others. Whoever leaves has
 * not much time. What was known to be slow had its turn. */
static bool is_one_too_many(void)
{
	struct peer *peer;

	if (!lanes_are_kept() || killing.turn == TURN_SLOW || worker.draining ||
	    (worker.batch.rows > 0 && killing.turn != TURN_DOUBTED))
		return false;
	TAILQ_FOREACH(peer, &worker.peers[PEER_RUNNING], link)
		if (!peer_is_untried(peer)) /* it needs no turn, and would begin again at once */
			return false;
	return lanes_are_overfull(LANE_SETTLED);
}

/* A statement that ends by itself soon is not worth a connection of its own. */
static void look_whether_to_kill(int64_t now_us, bool may_kill, bool may_put_back)
{
	enum kill kill = KILL_NONE;

	if (worker.batch.plan == NULL || killing.look_us > now_us)
		return;
	lanes_condemn_statement(now_us - db_session_statement_since_us());
	killing.look_us = now_us + LOOK_US;
	if (TAILQ_EMPTY(&worker.peers[PEER_RUNNING]) || !may_kill)
		return;
	if (!is_waited_for())
		kill = KILL_ABANDONED;
	else if (may_put_back && is_one_too_many())
		kill = KILL_PUT_BACK;
	if (kill != KILL_NONE)
		(void)kill_statement(kill);
}

/* What was not known to take long does. */
static bool is_unmarked(void)
{
	return lanes_are_kept() && worker.batch.plan != NULL && metrics_own->slow == LANE_QUICK;
}

void kill_timers(int64_t now_us, bool may_kill, bool may_put_back)
{
	kill_look_whether_spared();
	if (is_unmarked() && now_us - db_session_statement_since_us() > LANES_SLOW_US)
		lanes_mark(LANE_SLOW);
	look_whether_to_kill(now_us, may_kill, may_put_back);
}

int64_t kill_deadline_us(void)
{
	int64_t deadline = worker.batch.plan != NULL ? killing.look_us : 0;

	return is_unmarked() ? clock_earlier(deadline, db_session_statement_since_us() + LANES_SLOW_US + 1) : deadline;
}
