/* SPDX-License-Identifier: MIT */
#include "worker/stream.h"

#include <sys/epoll.h>

#include "base/clock.h"
#include "response/answer.h"
#include "worker/kill.h"
#include "worker/lanes.h"
#include "worker/peer_list.h"
#include "worker/worker_state.h"

enum {
	STREAM_AHEAD_BYTES = 65536, /* that the web server has not taken: no more rows are read */
	DISCARD_US = 100000, /* how long rows that nobody wants are read before the connection is given up */
};

static struct stream {
	struct peer *peer; /* the one request, when its answer streams */
	enum stream_pause pause;
	bool discarding; /* nobody wants the rows that are still to come */
	int64_t discarding_since_us;
} stream;

void stream_clear(void)
{
	stream.peer = NULL;
	stream.pause = PAUSE_NONE;
	stream.discarding = false;
}

struct peer *stream_peer(void)
{
	return stream.peer;
}

bool stream_is_paused(void)
{
	return stream.pause != PAUSE_NONE;
}

void stream_set_pause(enum stream_pause pause)
{
	stream.pause = pause;
}

enum stream_pause stream_end_pause(void)
{
	enum stream_pause pause = stream.pause;

	stream.pause = PAUSE_NONE;
	return pause;
}

void stream_discard_rest(void)
{
	stream.discarding = true;
	stream.discarding_since_us = clock_now_us();
}

bool stream_is_discarding(void)
{
	return stream.discarding;
}

bool stream_has_discarded_enough(int64_t now_us)
{
	return now_us - stream.discarding_since_us > DISCARD_US;
}

int64_t stream_discard_deadline_us(void)
{
	return stream.discarding ? stream.discarding_since_us + DISCARD_US + 1000 : 0;
}

void stream_hang_up(void)
{
	struct peer *peer = stream.peer;

	stream.peer = NULL;
	peer_list_hang_up(peer);
	stream_discard_rest();
}

/* A stream cannot be put back, and lasts as long as its reader likes: what began since it was doubted that it is slow does
 * not become one where as many run something slow as may. */
static bool is_doubt_over(void)
{
	if (!kill_is_doubted() || worker.draining)
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
	stream.peer = first;
	if (first->request.method == METHOD_HEAD)
		stream_discard_rest();
}

bool stream_is_ahead(void)
{
	return stream.peer != NULL && stream.peer->stream.length - stream.peer->stream_sent >= STREAM_AHEAD_BYTES;
}

/* Writes what the stream has; true when its reader keeps up. */
bool stream_flush(void)
{
	struct peer *peer = stream.peer;

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
	stream_hang_up();
	return true;
}
