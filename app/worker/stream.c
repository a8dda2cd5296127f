/* SPDX-License-Identifier: MIT */
#include "worker/stream.h"

#include <sys/epoll.h>

#include "base/clock.h"
#include "response/answer.h"
#include "worker/kill.h"
#include "worker/lanes.h"
#include "worker/peer_list.h"
#include "worker/worker_state.h"

enum { STREAM_AHEAD_BYTES = 65536 }; /* that the web server has not taken: no more rows are read */

void stream_discard_rest(void)
{
	worker.discarding = true;
	worker.discarding_since_us = clock_now_us();
}

/* A stream cannot be put back, and lasts as long as its reader likes: what began since it was doubted that it is slow does
 * not become one where as many run something slow as may. */
static bool is_doubt_over(void)
{
	if (!worker.doubting || worker.draining)
		return false;
	lanes_mark(LANE_SLOW);
	return lanes_are_overfull(LANE_SLOW) && kill_statement(KILL_PUT_BACK);
}

/* The first request's answer streams from here on, alone; the others get a statement of their own. */
void stream_begin(void)
{
	struct peer_list *running = &worker.peers[PEER_RUNNING];
	struct peer *first = TAILQ_FIRST(running), *peer;
	struct batch *batch = &worker.batch;

	if (is_doubt_over())
		return;
	while ((peer = TAILQ_NEXT(first, link)) != NULL)
		peer_list_run_again(peer, true);
	batch->count = 1;
	if (first->media == MEDIA_OBJECT) { /* whether it is the only one is known at the end */
		batch->counts_only = batch->rows > 1;
		return;
	}
	answer_stream(first, batch_rendered(batch, first));
	first->deadline_us = 0;
	worker.stream = first;
	if (first->request.method == METHOD_HEAD)
		stream_discard_rest();
}

bool stream_is_ahead(void)
{
	return worker.stream != NULL &&
	       worker.stream->stream.length - worker.stream->stream_sent >= STREAM_AHEAD_BYTES;
}

/* Writes what the stream has; true when its reader keeps up. */
bool stream_flush(void)
{
	struct peer *peer = worker.stream;

	switch (peer_write(peer)) {
	case FASTCGI_WRITTEN:
		peer->deadline_us = 0;
		return true;
	case FASTCGI_BLOCKED:
		if (!peer->watches_output)
			(void)peer_list_watch(peer, EPOLLIN | EPOLLOUT);
		peer->deadline_us = clock_now_us() + worker.config->request_timeout_s * 1000000;
		return !stream_is_ahead();
	case FASTCGI_BROKEN:
		break;
	}
	worker.stream = NULL;
	peer_list_hang_up(peer);
	stream_discard_rest();
	return true;
}
