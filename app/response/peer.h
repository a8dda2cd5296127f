/* SPDX-License-Identifier: MIT
 *
 * peer.h: one connection from the web server, and the request on it: read and understood, kept as it came until it is
 * answered, so that it can go to another worker with its connection; answered without waiting. Knows no database.
 */
#ifndef MYREST_PEER_H
#define MYREST_PEER_H

#include <sys/queue.h>

#include "plan/plan.h"
#include "plan/write.h"
#include "web/fastcgi.h"
#include "web/handover.h"
#include "web/negotiate.h"

enum peer_state {
	PEER_IDLE,    /* nothing of a request has come */
	PEER_AGAIN,   /* bytes of one have been read that nobody has looked at yet */
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
	struct text raw; /* as it came, and behind it what of the next one has been read */
	size_t fed;      /* how much of that the reader has had */
	bool dropped;    /* it is too large to be kept as it came: its first bytes are not in raw any more */
	bool watched;    /* by the event loop, */
	uint64_t watched_in; /* since that round of it, the last time */
	bool sole_owner; /* no other worker has or had the socket: to close it ends it, and all watching for it */
	bool watches_output; /* the event loop is told when its socket takes more */
	bool more;       /* further bytes may wait in the socket */
	bool ended;      /* the web server sends no more: behind what is in the socket is its end */
	bool left;       /* the web server has hung up, which the event loop tells once */
	bool given;      /* another worker had it, and gave it away because a statement was running */
	bool alone;      /* must not share its statement: the shared one failed, or streams */
	bool retried;    /* its statement ran once before, and the connection was lost or the schema had changed */
	bool put_back;   /* its statement was ended, since too many workers ran something slow: it waits for a turn as such */
	unsigned snapshots; /* that were older than their table */
	unsigned losses; /* of connections while its statement read */
	bool merged;     /* answered from a shared statement */
	int64_t since_us; /* when its request was first seen; 0: not yet */
	int64_t waits_since_us; /* since when it waits for its statement, here or at another worker; 0: not yet */
	struct request request; /* points into reader */
	enum media media;       /* what its rows are sent as */
	struct arena arena;     /* of the plan */
	struct plan plan;
	uint32_t shape;         /* where slow ones are kept apart (lanes.h) */
	struct write *write;    /* NULL: it is a read */
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

/* Takes the socket of one that has just been accepted, or what peer_item made where it was. */
struct peer *peer_new(const struct handover_item *, size_t request_limit);
void peer_free(struct peer *); /* closes the socket */

/* Reads what has come, up to the end of one request, but not for ever: peer->more tells that there may be more. */
enum peer_look peer_look(struct peer *) MUST_CHECK;
/* Whether the request, of which nothing has been answered, can go to another worker: its bytes, peer->raw, with its
 * socket. */
bool peer_can_move(const struct peer *);
bool peer_can_move_at_last(const struct peer *); /* and if not, where there is nothing to be mended here any more */
/* What another worker is to have of it; valid as long as the peer is as it is. */
struct handover_item peer_item(const struct peer *);
/* Whether no statement has been run for it. */
bool peer_is_untried(const struct peer *);
/* Makes it ready for the next request. */
void peer_clear(struct peer *);
/* Writes on, be it a whole answer or a stream. */
enum fastcgi_write peer_write(struct peer *) MUST_CHECK;
/* Puts it into a list of those that wait, which stand in the order in which they began to, be it at another worker. */
void peer_queue_up(struct peer *, struct peer_list *);
/* Of a worker that leaves: what has come on the connection is still served, and no more is taken. On a unix socket who
 * writes after that is told so before a byte is taken, so no request is lost between a last look and the close; on TCP
 * it is but a hint. */
void peer_hear_no_more(struct peer *);
/* The line of the access log, once the answer has been written. */
void peer_log_access(const struct peer *);

#endif
