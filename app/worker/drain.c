/* SPDX-License-Identifier: MIT */
#include "worker/drain.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "worker/accept.h"
#include "worker/balance.h"
#include "worker/lanes.h"
#include "worker/peer_list.h"
#include "worker/worker_state.h"

enum { TAKES = 4 }; /* while all drain: what others have shared out is for all who have nothing left */

static int64_t deadline_us; /* when the worker ends, whatever is left; set by drain_begin */

static void part_with_idle(void)
{
	struct peer *peer, *next;

	for (peer = TAILQ_FIRST(&worker.peers[PEER_IDLE]); peer != NULL; peer = next) {
		next = TAILQ_NEXT(peer, link);
		peer_list_part_with(peer);
	}
}

/* Their requests are the last ones of their connections: who goes on asking must not keep us. */
static void hear_no_more(enum peer_state state)
{
	struct peer *peer;

	TAILQ_FOREACH(peer, &worker.peers[state], link)
		peer_hear_no_more(peer);
}

void drain_begin(bool retire)
{
	if (worker.draining && (retire || !worker.retiring)) /* platforms say TERM more than once */
		return;
	if (!retire)
		peer_list_look_again(); /* what has just been taken over is shared out as well */
	worker.draining = true;
	metrics_own->state = WORKER_LEAVING;
	worker.retiring = retire; /* TERM while retiring: who would take the connections drains as well */
	deadline_us = clock_now_us() + worker.config->drain_timeout_s * 1000000;
	accept_close();
	if (!retire) { /* whoever waits to be accepted is served as well */
		accept_share_slow(); /* who is heard no more seems to have left, to a worker that does not drain yet */
		accept_all();
		hear_no_more(PEER_WAITING);
		hear_no_more(PEER_RUNNING);
		hear_no_more(PEER_WRITING);
	}
	if (worker.listener >= 0)
		close(worker.listener);
	worker.listener = -1;
	part_with_idle();
	if (retire)
		accept_give_waiting();
}

static bool is_nothing_left(void)
{
	for (int state = PEER_IDLE; state < PEER_CLOSED; state++)
		if (!TAILQ_EMPTY(&worker.peers[state]))
			return false;
	return true;
}

/* The whole pool drains, and another worker, which may not know so yet, has something to share out. */
static bool is_more_to_come(void)
{
	return lanes_are_kept() && !worker.retiring && metrics_page->draining && lanes_others_wait();
}

bool drain_may(void)
{
	if (!worker.draining)
		return false;
	part_with_idle(); /* who has become idle since, or for whom the queue had no room */
	if (worker.retiring) {
		if (worker.batch.plan == NULL || clock_now_us() >= balance_hand_over_us())
			accept_give_waiting();
	} else if (is_nothing_left())
		accept_take(TAKES); /* what others handed over and nobody took */
	if (is_nothing_left() && worker.batch.plan == NULL && !is_more_to_come())
		return true;
	if (clock_now_us() < deadline_us)
		return false;
	log_event(LOG_WARNING, "drain-timeout", "requests remain unanswered after %ld s",
	          worker.config->drain_timeout_s);
	return true;
}
