/* SPDX-License-Identifier: MIT
 *
 * peer.h: one connection from the web server, and the request on it: looked at while its bytes still wait in the socket,
 * consumed when its turn comes, answered without waiting. Knows no database.
 */
#ifndef MYREST_PEER_H
#define MYREST_PEER_H

#include <sys/queue.h>

#include "fastcgi.h"
#include "plan.h"

enum peer_state {
	PEER_IDLE,    /* nothing of a request has come */
	PEER_PARTIAL, /* a part of one has come; it has a deadline */
	PEER_WAITING, /* a whole request, planned, waits for its statement */
	PEER_RUNNING, /* its statement runs */
	PEER_WRITING, /* its answer waits for the web server to read on; it has a deadline */
	PEER_CLOSED,  /* to be freed when the events at hand are done with */
	PEER_STATES
};

struct peer {
	TAILQ_ENTRY(peer) link; /* in the list of its state */
	enum peer_state state;
	int socket;
	int64_t deadline_us; /* PARTIAL, WRITING */
	/* The request. */
	struct fastcgi_reader reader;
	size_t unread;   /* how many of its bytes are still in the socket; 0: it has been consumed */
	bool consuming;  /* it is larger than a look, or comes in pieces, and is read as it comes */
	bool watches_output; /* the event loop is told when its socket takes more */
	bool more;       /* further bytes came behind it */
	bool alone;      /* must not share its statement: the shared one failed, or streams */
	bool retried;    /* its statement ran once before, and the connection was lost or the schema had changed */
	bool merged;     /* answered from a shared statement */
	int64_t since_us; /* when it was first seen */
	struct request request; /* points into reader */
	struct arena arena;     /* of the plan */
	struct plan plan;
	/* The answer: whole, or streaming when stream.length > 0. */
	struct fastcgi_output output;
	struct text stream;
	size_t stream_sent;
	bool stream_ended;
	int status;
	uint64_t rows;
};

TAILQ_HEAD(peer_list, peer);

enum peer_look {
	PEER_LOOK_NOTHING, /* no (further) byte */
	PEER_LOOK_PARTIAL, /* a part of a request */
	PEER_LOOK_REQUEST, /* a whole one; peer->request is filled in */
	PEER_LOOK_BROKEN,  /* it sent what is not FastCGI */
	PEER_LOOK_GONE,    /* it has hung up */
};

struct peer *peer_new(int socket, size_t request_limit); /* takes the socket */
void peer_free(struct peer *); /* closes the socket */

/* Looks at what has come, without consuming a request that has come whole and fits into one look. */
enum peer_look peer_look(struct peer *) MUST_CHECK;
/* Takes the request's bytes out of the socket. false: they are not there any more, the connection is useless. */
bool peer_consume(struct peer *) MUST_CHECK;
/* Makes it ready for the next request. */
void peer_clear(struct peer *);
/* Writes on, be it a whole answer or a stream. */
enum fastcgi_write peer_write(struct peer *) MUST_CHECK;

#endif
