/* SPDX-License-Identifier: MIT
 *
 * handover.h: one queue of connections that all workers share: whoever is busy puts in, whoever is idle takes out
 * (descriptors over a socketpair, SCM_RIGHTS, unix(7)).
 */
#ifndef MYREST_HANDOVER_H
#define MYREST_HANDOVER_H

#include <stdbool.h>

struct handover {
	int give, take; /* descriptors, non-blocking; shared by all processes of the pool */
};

/* 0, or -1 and errno. Before any fork. */
int handover_open(struct handover *);
/* Puts a connection into the queue; the caller still has to close its own descriptor. false: the queue is full, or too
 * many descriptors are in flight: keep the connection. */
bool handover_give(const struct handover *, int connection);
/* Takes one out; -1: there is none. */
int handover_take(const struct handover *);

#endif
