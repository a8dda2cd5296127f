/* SPDX-License-Identifier: MIT */
#include "database/address_walk.h"

#include <netdb.h>
#include <stddef.h>
#include <unistd.h>

void address_walk_init(struct address_walk *walk)
{
	walk->resolver = -1;
}

void address_walk_stop(struct address_walk *walk)
{
	if (walk->resolver >= 0)
		close(walk->resolver);
	walk->resolver = -1;
}

enum address_walk_step address_walk_begin(struct address_walk *walk, const char *name)
{
	walk->tried = walk->addresses.count = 0;
	walk->address = name;
	if (name == NULL || resolve_is_numeric(name))
		return ADDRESS_FOUND;
	walk->address = NULL;
	return (walk->resolver = resolve_start(name)) < 0 ? ADDRESS_FAILED : ADDRESS_LOOK_UP;
}

const char *address_walk_resolve(struct address_walk *walk)
{
	int failed = resolve_finish(walk->resolver, &walk->addresses);

	address_walk_stop(walk);
	walk->tried = 0;
	if (failed)
		return "no answer";
	return walk->addresses.error != 0 || walk->addresses.count == 0 ? gai_strerror(walk->addresses.error) : NULL;
}

bool address_walk_has_more(const struct address_walk *walk)
{
	return walk->tried < walk->addresses.count;
}

int address_walk_count(const struct address_walk *walk)
{
	return walk->addresses.count;
}

void address_walk_take(struct address_walk *walk)
{
	int place = (walk->first + walk->tried++) % walk->addresses.count;

	walk->address = walk->addresses.addresses[place];
}

void address_walk_keep(struct address_walk *walk)
{
	if (walk->addresses.count > 0)
		walk->first = (walk->first + walk->tried - 1) % walk->addresses.count;
}

void address_walk_forget(struct address_walk *walk)
{
	walk->first = 0;
}
