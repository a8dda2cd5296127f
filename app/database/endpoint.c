/* SPDX-License-Identifier: MIT */
#include "database/endpoint.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

/* Reads are spread; writes of all workers go to one host, the first that takes them. */
static void know_hosts(struct target *target)
{
	hosts_init(&target->hosts, target->url->host_count,
	           target->url->target == URL_TARGET_ANY ? target->place : 0);
}

void target_init(struct target *target, const struct config *config, unsigned place)
{
	memset(target, 0, sizeof(*target));
	target->url = &config->database;
	target->place = place;
	know_hosts(target);
}

void target_release(struct target *target)
{
	arena_release(&target->arena);
}

static const char *read_again(const struct target *target, struct arena *arena, struct database_url *url)
{
	const char *fault = config_read_url_again(arena, url);

	return fault == NULL && url->rules != target->url->rules ? "another database needs a restart" : fault;
}

static void read_url_again(struct target *target)
{
	struct arena arena = { 0 };
	struct database_url url;
	const char *fault = read_again(target, &arena, &url);
	bool same = fault == NULL && url_is_same_place(&url, target->url);

	if (fault != NULL) {
		if (!target->warned)
			log_event(LOG_WARNING, "database-url", "DATABASE_URL_FILE: %s; the connection is opened as before", fault);
		target->warned = true;
		arena_release(&arena);
		return;
	}
	target->warned = false;
	arena_release(&target->arena);
	target->arena = arena;
	target->read_again = url;
	target->url = &target->read_again;
	if (!same)
		know_hosts(target);
}

void target_begin(struct target *target)
{
	if (config_url_is_in_file())
		read_url_again(target);
	hosts_begin(&target->hosts);
}

static void name_host(struct target *target)
{
	const struct url_host *host = target_host(target);
	size_t size = sizeof(target->name);
	int length;

	if (host == NULL) {
		strcpy(target->name, "socket");
		return;
	}
	length = strchr(host->name, ':') != NULL ? snprintf(target->name, size, "[%.250s]", host->name) :
	                                           snprintf(target->name, size, "%.250s", host->name);
	if (host->port != 0)
		snprintf(target->name + length, size - (size_t)length, ":%u", host->port);
}

bool target_next(struct target *target)
{
	if (!hosts_next(&target->hosts, clock_now_us()))
		return false;
	name_host(target);
	return true;
}

const struct url_host *target_host(const struct target *target)
{
	return url_is_local(target->url) ? NULL : &target->url->hosts[target->hosts.current];
}
