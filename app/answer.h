/* SPDX-License-Identifier: MIT
 *
 * answer.h: what a peer is sent: heads, bodies, and where they come from. Fills in peer->output or peer->stream; sending
 * is the worker's.
 */
#ifndef MYREST_ANSWER_H
#define MYREST_ANSWER_H

#include "peer.h"

/* An error. allow: for 405. */
void answer_fault(struct peer *, const struct fault *, const char *allow);
/* OPTIONS: what is allowed here. */
void answer_options(struct peer *, const char *allow);
/* Rows that are rendered, joined by commas; the peer keeps a reference to shared. A single object without a row is a
 * 404. */
void answer_rows(struct peer *, struct shared_text *shared, struct slice rows, uint64_t count);
/* The beginning of an answer whose end is not known yet, with the rows so far. */
void answer_stream(struct peer *, struct slice rows);
void answer_stream_row(struct peer *, struct slice row); /* with the comma before it */
void answer_stream_end(struct peer *);

#endif
