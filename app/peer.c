/* SPDX-License-Identifier: MIT */
#include "peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	LOOK_BYTES = 65536,
	STREAM_KEEP_BYTES = 262144, /* a stream's memory is given back after the answer when it is more than that */
	REQUEST_KEEP_BYTES = 65536, /* and so is a request's */
	STREAM_SENT_BYTES = 65536,  /* this much that is sent makes room for what is to come */
};

static char look_bytes[LOOK_BYTES]; /* never kept across calls */

struct peer *peer_new(int socket, size_t request_limit)
{
	struct peer *peer = memory_alloc(sizeof(*peer));

	peer->socket = socket;
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
	fastcgi_reader_release(&peer->reader);
	arena_release(&peer->arena);
	free(peer);
}

static bool discard(struct peer *peer, size_t length)
{
	ssize_t got;

	while (length > 0) {
		got = recv(peer->socket, look_bytes, length < LOOK_BYTES ? length : LOOK_BYTES, MSG_DONTWAIT);
		if (got <= 0)
			return false;
		length -= (size_t)got;
	}
	return true;
}

static enum peer_look whole(struct peer *peer)
{
	return fastcgi_variables(&peer->reader, &peer->request) ? PEER_LOOK_REQUEST : PEER_LOOK_BROKEN;
}

enum peer_look peer_look(struct peer *peer)
{
	struct slice reply;
	size_t used;
	ssize_t got;

	for (;;) {
		got = recv(peer->socket, look_bytes, LOOK_BYTES, MSG_PEEK | MSG_DONTWAIT);
		if (got == 0)
			return PEER_LOOK_GONE;
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return peer->consuming ? PEER_LOOK_PARTIAL : PEER_LOOK_NOTHING;
		if (got < 0)
			return PEER_LOOK_GONE;
		if (!peer->consuming)
			fastcgi_reader_clear(&peer->reader);
		switch (fastcgi_feed(&peer->reader, look_bytes, (size_t)got, &used)) {
		case FASTCGI_REQUEST:
			peer->more = used < (size_t)got || got == LOOK_BYTES;
			peer->unread = used;
			if (peer->consuming && !peer_consume(peer))
				return PEER_LOOK_GONE;
			return whole(peer);
		case FASTCGI_MORE:
			/* It does not fit into one look, or has not come whole. What is not taken might fill the
			 * socket, and then the rest would never come: a byte costs the system as much as a page. */
			peer->consuming = true;
			if (!discard(peer, used))
				return PEER_LOOK_GONE;
			break;
		case FASTCGI_CONTROL:
			if (!discard(peer, used))
				return PEER_LOOK_GONE;
			reply = fastcgi_reply(&peer->reader);
			if (send(peer->socket, reply.bytes, reply.length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
				return PEER_LOOK_GONE;
			peer->consuming = peer->reader.active; /* it came amid a request, whose bytes so far are taken */
			if (!peer->consuming)
				fastcgi_reader_clear(&peer->reader);
			break;
		case FASTCGI_GARBAGE:
			return PEER_LOOK_BROKEN;
		}
	}
}

bool peer_consume(struct peer *peer)
{
	size_t unread = peer->unread;

	peer->unread = 0;
	return discard(peer, unread);
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
	peer->consuming = peer->alone = peer->retried = peer->merged = peer->stream_ended = false;
	peer->unread = 0;
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
