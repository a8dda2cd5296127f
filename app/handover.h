/* SPDX-License-Identifier: MIT
 *
 * handover.h: one queue of connections that all workers share: whoever is busy puts in, whoever is idle takes out
 * (descriptors over a socketpair, SCM_RIGHTS, unix(7)), with the bytes that have been read from each.
 */
#ifndef MYREST_HANDOVER_H
#define MYREST_HANDOVER_H

#include <stdbool.h>

#include "text.h"

struct handover {
	int give, take; /* descriptors, non-blocking; shared by all processes of the pool */
};

/* 0, or -1 and errno. Before any fork. */
int handover_open(struct handover *);
enum { HANDOVER_BYTES = 1 << 17 };

/* Puts a connection into the queue, and what has been read from it; the caller still has to close its own descriptor.
 * false: the queue is full, too many descriptors are in flight, or there are more than HANDOVER_BYTES: keep it. */
bool handover_give(const struct handover *, int connection, struct slice bytes);
/* Takes one out; -1: there is none. *bytes stay until the next call. */
int handover_take(const struct handover *, struct slice *bytes);

#endif
