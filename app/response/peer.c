/* SPDX-License-Identifier: MIT */
#include "response/peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

enum {
	LOOK_BYTES = 65536,
	LOOK_READS = 8, /* in one look, so that one connection that never ends does not keep the others waiting */
	STREAM_KEEP_BYTES = 262144, /* a stream's memory is given back after the answer when it is more than that */
	REQUEST_KEEP_BYTES = 65536, /* and so is a request's */
	STREAM_SENT_BYTES = 65536,  /* this much that is sent makes room for what is to come */
};

enum { MARK_ALONE = 1, MARK_GIVEN = 2, MARK_LOSS = 4, MARK_MOST_LOSSES = 63 }; /* in one byte */

static char look_bytes[LOOK_BYTES]; /* never kept across calls */

struct peer *peer_new(const struct handover_item *item, size_t request_limit)
{
	struct peer *peer = memory_alloc(sizeof(*peer));

	text_add_slice(&peer->raw, item->bytes);
	peer->socket = item->connection;
	peer->since_us = item->note.since_us;
	peer->waits_since_us = item->note.waits_since_us;
	peer->alone = (item->note.mark & MARK_ALONE) != 0;
	peer->given = (item->note.mark & MARK_GIVEN) != 0;
	peer->losses = item->note.mark / MARK_LOSS;
	peer->reader.limit = request_limit;
	return peer;
}

void peer_free(struct peer *peer)
{
	if (peer->socket >= 0)
		close(peer->socket);
	fastcgi_output_clear(&peer->output);
	text_release(&peer->output.head);
	text_release(&peer->stream);
	text_release(&peer->raw);
	fastcgi_reader_release(&peer->reader);
	arena_release(&peer->arena);
	free(peer);
}

static enum peer_look whole(struct peer *peer)
{
	return fastcgi_variables(&peer->reader, &peer->request) ? PEER_LOOK_REQUEST : PEER_LOOK_BROKEN;
}

/* Forgets the first bytes, which the reader has had. */
static void drop(struct peer *peer, size_t length)
{
	peer->raw.length -= length;
	if (length > 0 && peer->raw.length > 0)
		memmove(peer->raw.bytes, peer->raw.bytes + length, peer->raw.length);
	peer->fed -= length;
}

/* Something else than a request was read, which may have come amid one. */
static bool answer_control(struct peer *peer)
{
	struct slice reply = fastcgi_reply(&peer->reader);

	peer->dropped = peer->reader.active;
	if (reply.length > 0 && send(peer->socket, reply.bytes, reply.length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return false;
	if (peer->reader.over && !peer->reader.keep) /* the web server closes it; what it still sends must not meet a reset */
		(void)shutdown(peer->socket, SHUT_WR);
	if (!peer->reader.active)
		fastcgi_reader_clear(&peer->reader);
	return true;
}

static enum peer_look nothing_more(const struct peer *peer)
{
	return peer->fed > 0 || peer->dropped ? PEER_LOOK_PARTIAL : PEER_LOOK_NOTHING;
}

/* Reads once. REQUEST: something was read. */
static enum peer_look receive(struct peer *peer)
{
	ssize_t got = recv(peer->socket, look_bytes, LOOK_BYTES, MSG_DONTWAIT);

	if (got > 0) {
		text_add(&peer->raw, look_bytes, (size_t)got);
		peer->more = got == LOOK_BYTES;
		return PEER_LOOK_REQUEST;
	}
	if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
		peer->more = errno == EINTR;
		return nothing_more(peer);
	}
	return PEER_LOOK_GONE;
}

/* spent: of the bytes that the reader has had, those that are not the request's. */
static enum peer_look look(struct peer *peer, size_t *spent)
{
	enum peer_look received;
	unsigned reads = 0;
	size_t used;

	for (;;) {
		if (peer->fed == peer->raw.length) {
			drop(peer, *spent);
			*spent = 0;
			if (reads++ == LOOK_READS) {
				peer->more = true; /* if but the end of the connection, which is told once */
				return nothing_more(peer);
			}
			if ((received = receive(peer)) != PEER_LOOK_REQUEST)
				return received;
		}
		switch (fastcgi_feed(&peer->reader, peer->raw.bytes + peer->fed, peer->raw.length - peer->fed, &used)) {
		case FASTCGI_REQUEST:
			peer->fed += used;
			return whole(peer);
		case FASTCGI_MORE:
			peer->fed += used;
			if (peer->raw.length >= LOOK_BYTES) {
				peer->dropped = true;
				*spent = peer->fed;
			}
			break;
		case FASTCGI_CONTROL:
			peer->fed += used;
			*spent = peer->fed;
			if (!answer_control(peer))
				return PEER_LOOK_GONE;
			break;
		case FASTCGI_GARBAGE:
			return PEER_LOOK_BROKEN;
		}
	}
}

enum peer_look peer_look(struct peer *peer)
{
	size_t spent = 0;
	enum peer_look found = look(peer, &spent);

	drop(peer, spent);
	return found;
}

bool peer_can_move(const struct peer *peer)
{
	/* What it is repeated for has been mended here, perhaps not there. */
	return peer_can_move_at_last(peer) && peer->losses == 0;
}

bool peer_can_move_at_last(const struct peer *peer)
{
	return !peer->dropped && !peer->retried && peer->snapshots == 0;
}

bool peer_is_untried(const struct peer *peer)
{
	return !peer->retried && !peer->alone && peer->losses == 0 && peer->snapshots == 0;
}

struct handover_item peer_item(const struct peer *peer)
{
	unsigned losses = peer->losses < MARK_MOST_LOSSES ? peer->losses : MARK_MOST_LOSSES;
	unsigned mark = (peer->alone ? MARK_ALONE : 0) + (peer->given ? MARK_GIVEN : 0) + losses * MARK_LOSS;

	return (struct handover_item){
		.connection = peer->socket,
		.note = { .since_us = peer->since_us, .waits_since_us = peer->waits_since_us, .mark = (unsigned char)mark },
		.bytes = { peer->raw.bytes, peer->raw.length },
	};
}

void peer_clear(struct peer *peer)
{
	if (peer->reader.params.size > REQUEST_KEEP_BYTES || peer->reader.body.size > REQUEST_KEEP_BYTES)
		fastcgi_reader_release(&peer->reader);
	fastcgi_reader_clear(&peer->reader);
	fastcgi_output_clear(&peer->output);
	arena_clear(&peer->arena);
	if (peer->stream.size > STREAM_KEEP_BYTES)
		text_release(&peer->stream);
	text_clear(&peer->stream);
	peer->stream_sent = 0;
	drop(peer, peer->fed);
	if (peer->raw.length == 0 && peer->raw.size > LOOK_BYTES)
		text_release(&peer->raw);
	peer->losses = peer->snapshots = 0;
	peer->since_us = peer->waits_since_us = 0;
	peer->dropped = peer->more = peer->given = peer->alone = peer->retried = peer->merged = peer->stream_ended = false;
	peer->put_back = false;
	peer->rows = 0;
}

static void drop_sent(struct peer *peer)
{
	peer->stream.length -= peer->stream_sent;
	memmove(peer->stream.bytes, peer->stream.bytes + peer->stream_sent, peer->stream.length);
	peer->stream_sent = 0;
}

static enum fastcgi_write write_stream(struct peer *peer)
{
	ssize_t written;

	while (peer->stream_sent < peer->stream.length) {
		written = send(peer->socket, peer->stream.bytes + peer->stream_sent,
		               peer->stream.length - peer->stream_sent, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (written < 0 && errno != EAGAIN && errno != EINTR)
			return FASTCGI_BROKEN;
		if (written < 0) {
			if (peer->stream_sent >= STREAM_SENT_BYTES)
				drop_sent(peer);
			return FASTCGI_BLOCKED;
		}
		peer->stream_sent += (size_t)written;
	}
	text_clear(&peer->stream);
	peer->stream_sent = 0;
	return FASTCGI_WRITTEN;
}

enum fastcgi_write peer_write(struct peer *peer)
{
	return peer->output.head.length > 0 ? fastcgi_write(peer->socket, &peer->output) : write_stream(peer);
}

void peer_queue_up(struct peer *peer, struct peer_list *waiting)
{
	struct peer *before = TAILQ_LAST(waiting, peer_list);

	while (before != NULL && before->waits_since_us > peer->waits_since_us)
		before = TAILQ_PREV(before, peer_list, link);
	if (before != NULL)
		TAILQ_INSERT_AFTER(waiting, before, peer, link);
	else
		TAILQ_INSERT_HEAD(waiting, peer, link);
}

void peer_hear_no_more(struct peer *peer)
{
	(void)shutdown(peer->socket, SHUT_RD);
}

void peer_log_access(const struct peer *peer)
{
	struct log_line *line = log_begin_always(LOG_INFO, "access");

	log_bytes(line, "id", peer->request.id.bytes, peer->request.id.length);
	log_bytes(line, "method", peer->request.method_name.bytes, peer->request.method_name.length);
	log_bytes(line, "path", peer->request.uri.bytes, peer->request.uri.length);
	log_number(line, "status", peer->status);
	log_milliseconds(line, "duration_ms", clock_now_us() - peer->since_us);
	log_number(line, "rows", (int64_t)peer->rows);
	log_boolean(line, "merged", peer->merged);
	log_end(line);
}
