/* SPDX-License-Identifier: MIT */
#include "worker/shed.h"

#include "base/clock.h"
#include "base/metrics.h"
#include "response/answer.h"
#include "worker/absence.h"
#include "worker/peer_list.h"
#include "worker/worker_state.h"

enum { SHED_TOLD_US = 10000000 }; /* between two times that it is said how many were refused for their wait */

static int64_t told_us;       /* when it was last said how many were refused for their wait, */
static unsigned long untold; /* and how many have been since */

void shed_begin(void)
{
	told_us = 0;
	untold = 0;
}

bool shed_is_overdue(int64_t waits_since_us, int64_t now)
{
	int64_t open_us = absence_ended_us(), since = waits_since_us > open_us ? waits_since_us : open_us;

	return worker.config->queue_ms > 0 && waits_since_us != 0 && since + worker.config->queue_ms * 1000 <= now;
}

/* Once in a while: there may be thousands a second. */
static void tell_shed(unsigned count, int64_t now)
{
	untold += count;
	if (untold == 0 || (told_us != 0 && now - told_us < SHED_TOLD_US))
		return;
	log_event(LOG_WARNING, "requests-shed", "%lu requests were refused because they had waited longer than MYREST_QUEUE_MS (%ld)",
	          untold, worker.config->queue_ms);
	untold = 0;
	told_us = now;
}

/* What has been begun once is not refused for its wait: the client has waited for it long enough to get it. What was put
 * back waits as if it had not. */
void shed_overdue(int64_t now)
{
	struct fault fault = { .status = STATUS_BUSY,
		               .message = "the service is too busy: the request has waited too long",
		               .details = "MYREST_QUEUE_MS limits the time until its statement starts" };
	struct peer *peer, *next;
	unsigned count = 0;

	if (worker.draining || absence_is_on() || !peer_list_take_overdue(now))
		return;
	for (peer = TAILQ_FIRST(&worker.peers[PEER_WAITING]); peer != NULL; peer = next) {
		next = TAILQ_NEXT(peer, link);
		if (!peer_is_untried(peer))
			continue;
		if (peer->waits_since_us + worker.config->queue_ms * 1000 > now) {
			peer_list_limit_wait(peer);
			continue;
		}
		METRICS_ADD(metrics_own->requests_shed, 1);
		count++;
		answer_fault(peer, &fault, NULL);
		peer_list_write_on(peer);
	}
	tell_shed(count, now);
}
