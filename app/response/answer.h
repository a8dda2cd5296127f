/* SPDX-License-Identifier: MIT
 *
 * answer.h: what a peer is sent: heads, bodies, and where they come from. Fills in peer->output or peer->stream; sending
 * is the worker's.
 */
#ifndef MYREST_ANSWER_H
#define MYREST_ANSWER_H

#include "response/peer.h"
#include "web/etag.h"

/* An error. allow: for 405. */
void answer_fault(struct peer *, const struct fault *, const char *allow);
/* OPTIONS: what is allowed here. */
void answer_options(struct peer *, const char *allow);
/* A text that is known whole, an opening of the request's own and a rest that is shared: 200, or 304. */
void answer_text(struct peer *, const char *content_type, const char *tag, struct slice opening, struct shared_text *rest);

/* Rows that are rendered, and what is known of them. */
struct answer_rows {
	struct shared_text *shared; /* what keeps rows alive; the peer keeps a reference */
	struct slice rows;
	uint64_t count; /* how many they are */
	bool has_total;
	uint64_t total;   /* how many there are in all, whatever the window */
	struct etag etag; /* of one object, or of the rows' bytes */
	bool more;          /* there are rows behind these */
	struct slice place; /* where the last of these stands in the order (page_link.h); no bytes: it cannot be said */
	unsigned merged;  /* how many requests shared the statement */
};

/* 200, 206, 304; a key without a row is a 404, one object that is not exactly one a 406, a window behind the end of a
 * known number of rows a 416. */
void answer_rows(struct peer *, const struct answer_rows *);
/* What was written. */
struct answer_written {
	struct shared_text *shared; /* as of rows */
	struct slice rows;          /* to be shown, when that is asked for */
	uint64_t affected;
	bool created;          /* POST, unless all was left out; PUT of what was not there */
	struct slice location; /* no bytes: no such header */
	bool has_tag;
	struct etag etag;
};

/* 201, 200 with what was written, 204. */
void answer_written(struct peer *, const struct answer_written *);
/* An answer that was made before: its CGI head and body. */
void answer_replay(struct peer *, struct slice bytes);
/* The beginning of an answer whose end is not known yet, with the rows so far. */
void answer_stream(struct peer *, struct slice rows);
void answer_stream_row(struct peer *, struct slice row); /* with the comma before it, in JSON */
void answer_stream_end(struct peer *);

#endif
