/* SPDX-License-Identifier: MIT
 *
 * address_walk.h: the addresses of a host, one after the other, from the one that was good last. Its name is looked up beside
 * the event loop (resolve.h). Connects to none of them.
 */
#ifndef MYREST_ADDRESS_WALK_H
#define MYREST_ADDRESS_WALK_H

#include <stdbool.h>

#include "database/resolve.h"

enum address_walk_step {
	ADDRESS_FOUND,   /* walk->address has it */
	ADDRESS_LOOK_UP, /* wait for walk->resolver, then address_walk_resolve */
	ADDRESS_FAILED,  /* the look-up cannot be started: errno */
};

struct address_walk {
	int resolver;        /* the look-up under way; -1: none */
	const char *address; /* the one that is to be connected to; NULL: the host needs none */
	struct resolve_result addresses;
	int first, tried; /* the address that is tried first, and how many have been tried since the look-up */
};

void address_walk_init(struct address_walk *);
void address_walk_stop(struct address_walk *); /* ends a look-up */
/* Begins with a host, by its name or address; NULL: a local one, without either. */
enum address_walk_step address_walk_begin(struct address_walk *, const char *name);
/* Takes what the look-up has found. NULL: an address can be taken; otherwise why there is none. */
const char *address_walk_resolve(struct address_walk *);
bool address_walk_has_more(const struct address_walk *);
int address_walk_count(const struct address_walk *);
void address_walk_take(struct address_walk *); /* the next one */
/* The one that was taken last is good, for the next time as well; another host's is not that. */
void address_walk_keep(struct address_walk *);
void address_walk_forget(struct address_walk *);

#endif
