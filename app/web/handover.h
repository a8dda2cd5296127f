/* SPDX-License-Identifier: MIT
 *
 * handover.h: one queue of connections that all workers share: whoever is busy puts in, whoever is idle takes out
 * (descriptors over a socketpair, SCM_RIGHTS, unix(7)), with the bytes that have been read from each.
 */
#ifndef MYREST_HANDOVER_H
#define MYREST_HANDOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct handover {
	int give, take; /* descriptors, non-blocking; shared by all processes of the pool */
};

/* 0, or -1 and errno. Before any fork. */
int handover_open(struct handover *);
enum { HANDOVER_BYTES = 1 << 17 };

/* What the taker has to know of a request beside its bytes (peer.h). Times are clock.h's, which is one for all processes. */
struct handover_note {
	int64_t since_us, waits_since_us; /* 0: not yet */
	unsigned char mark;               /* the giver's */
};

/* A connection, and what has been read from it and not been answered. */
struct handover_item {
	int connection;
	struct handover_note note;
	struct slice bytes; /* of an item taken: valid until the next one is */
};

/* Puts one into the queue; the caller still has to close its own descriptor. false: the queue is full, too many
 * descriptors are in flight, or there are more than HANDOVER_BYTES: keep it. */
bool handover_give(const struct handover *, const struct handover_item *);
/* Takes one out; false: there is none. There has to be room for a descriptor: without it the connection is lost, which is
 * logged. */
bool handover_take(const struct handover *, struct handover_item *) MUST_CHECK;
/* Looks at the note of the one that would be taken next. false: there is none. */
bool handover_peek(const struct handover *, struct handover_note *) MUST_CHECK;

#endif
