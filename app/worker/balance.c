/* SPDX-License-Identifier: MIT */
#include "worker/balance.h"

#include "base/clock.h"
#include "base/metrics.h"
#include "worker/worker_state.h"

enum {
	ASIDE_US = 2000, /* how long the entrances are left to another worker */
	ASIDE_ONCE_US = 10000, /* after which they may be left to it again */
	UNTOLD_US = 1000000, /* between two looks at entrances that are watched */
	REGROUP_US = 2000, /* between two connections that go to a worker that has room */
	LOAD_WINDOW_US = 50000,
	SHARE_AGAIN_US = 2000, /* after requests were shared out as a statement started; as long as one may hold them up */
	HAND_OVER_AFTER_US = 2000, /* how long a statement may run before who waits for it goes to an idle worker, */
	HAND_OVER_ANYWAY_US = 6000, /* and before it goes to whichever is idle first */
	HAND_OVER_RETRY_US = 1000,
	LOOK_AFTER_US = 50000, /* how often a busy worker looks for those at the entrances who wait for too long */
	CROWDED = 4, /* this part of MYREST_QUEUE_MS may somebody be found waiting there before all are let in */
};

/* The part of a processor that a worker's loop takes when it should get no more connections, and when it has too many. */
#define LOAD_STRAINED 0.6
#define LOAD_FULL 0.9

static struct balance {
	int64_t aside_until_us; /* when it last left the entrances to another worker, until then */
	bool owes_look;         /* it has to look whether somebody still waits there then */
	bool aside;             /* balance_is_aside found that they are still left to it */
	int64_t untold_us;      /* when it looks at the entrances that it watches, though nothing was told */
	int64_t regrouped_us;   /* when a connection last went to another worker that has room */
	int64_t load_since_us, load_cpu_us; /* the window in which its use of the processor is measured */
	int64_t statement_since_us;
	int64_t share_us, hand_over_us, look_us; /* when each may be done next */
	int64_t crowded_since_us; /* since when somebody has been found in the listening socket at each look; 0: nobody was */
} balance;

void balance_begin(void)
{
	balance = (struct balance){ 0 };
}

bool balance_has_siblings(void)
{
	return worker.config->workers > 1 && !worker.draining;
}

void balance_tell_strained(int64_t now_us)
{
	metrics_own->strained_us = now_us;
}

/* --- The entrances --- */

bool balance_leaves_to_senior(void)
{
	int64_t now = clock_now_us();

	if (now - balance.aside_until_us < ASIDE_ONCE_US || !metrics_steady_senior())
		return false;
	balance.aside_until_us = now + ASIDE_US;
	balance.owes_look = true;
	return true;
}

bool balance_is_aside(void)
{
	return balance.aside = balance.aside_until_us > clock_now_us();
}

enum balance_look balance_take_look(int64_t now_us, bool watches)
{
	enum balance_look look = LOOK_NONE;

	if (balance.owes_look && balance.aside_until_us <= now_us)
		look = LOOK_OWED;
	else if (watches && balance.untold_us <= now_us)
		look = LOOK_UNTOLD;
	else
		return LOOK_NONE;
	balance.owes_look = balance.owes_look && look != LOOK_OWED;
	balance.untold_us = now_us + UNTOLD_US;
	return look;
}

/* By now it may be in the past: balance_is_aside has to see it once more. */
int64_t balance_aside_deadline_us(void)
{
	return balance.aside || balance.owes_look ? balance.aside_until_us : 0;
}

int64_t balance_look_us(void)
{
	return balance.look_us;
}

bool balance_may_look(int64_t now_us)
{
	balance.look_us = now_us + LOOK_AFTER_US;
	return worker.config->queue_ms > 0 && !metrics_idle_sibling();
}

/* How long those in the listening socket have been there nobody knows. Where it has not been found empty for a while all are
 * let in, and their wait counts. */
bool balance_lets_in_crowd(bool somebody_waits, int64_t now_us)
{
	if (!somebody_waits)
		balance.crowded_since_us = 0;
	else if (balance.crowded_since_us == 0)
		balance.crowded_since_us = now_us;
	else
		return now_us - balance.crowded_since_us >= worker.config->queue_ms * 1000 / CROWDED;
	return false;
}

/* --- Connections that are there --- */

bool balance_may_regroup(void)
{
	int64_t now;

	if (!metrics_steady_senior() || (now = clock_now_us()) - balance.regrouped_us < REGROUP_US)
		return false;
	balance.regrouped_us = now;
	return true;
}

bool balance_is_overloaded(int64_t now_us)
{
	int64_t length = now_us - balance.load_since_us, cpu, used;
	bool full = false;

	if (length < LOAD_WINDOW_US)
		return false;
	cpu = clock_cpu_us();
	used = cpu - balance.load_cpu_us;
	if (length < 2 * LOAD_WINDOW_US) { /* otherwise it has slept meanwhile */
		if (used > length * LOAD_STRAINED)
			balance_tell_strained(now_us);
		full = used > length * LOAD_FULL && metrics_idle_sibling();
	}
	balance.load_since_us = now_us;
	balance.load_cpu_us = cpu;
	return full;
}

void balance_statement_sent(int64_t now_us)
{
	balance.statement_since_us = now_us;
	balance.hand_over_us = now_us + HAND_OVER_AFTER_US;
	if (balance.look_us < now_us) { /* it has been idle meanwhile */
		balance.look_us = now_us + LOOK_AFTER_US;
		balance.crowded_since_us = 0;
	}
}

bool balance_may_share(void)
{
	if (!balance_has_siblings())
		return false;
	balance_tell_strained(balance.statement_since_us);
	if (balance.statement_since_us < balance.share_us || !metrics_idle_sibling())
		return false;
	balance.share_us = balance.statement_since_us + SHARE_AGAIN_US;
	return true;
}

int64_t balance_hand_over_us(void)
{
	return balance.hand_over_us;
}

bool balance_may_hand_over(int64_t now_us, unsigned *idle)
{
	balance.hand_over_us = now_us + HAND_OVER_RETRY_US;
	balance_tell_strained(now_us);
	*idle = metrics_idle_siblings();
	return *idle > 0 || now_us - balance.statement_since_us >= HAND_OVER_ANYWAY_US;
}
