/* SPDX-License-Identifier: MIT */
#include "database/endpoint.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

/* Reads are spread; writes of all workers go to one host, the first that takes them. */
static void know_hosts(struct endpoint *endpoint)
{
	host_order_init(&endpoint->hosts, endpoint->url->host_count,
	           endpoint->url->target == URL_TARGET_ANY ? endpoint->place : 0);
}

void endpoint_init(struct endpoint *endpoint, const struct config *config, unsigned place)
{
	memset(endpoint, 0, sizeof(*endpoint));
	endpoint->url = &config->database;
	endpoint->place = place;
	know_hosts(endpoint);
}

void endpoint_release(struct endpoint *endpoint)
{
	arena_release(&endpoint->arena);
}

static const char *read_again(const struct endpoint *endpoint, struct arena *arena, struct database_url *url)
{
	const char *fault = config_read_url_again(arena, url);

	return fault == NULL && url->rules != endpoint->url->rules ? "another database needs a restart" : fault;
}

static void read_url_again(struct endpoint *endpoint)
{
	struct arena arena = { 0 };
	struct database_url url;
	const char *fault = read_again(endpoint, &arena, &url);
	bool same = fault == NULL && url_is_same_place(&url, endpoint->url);

	if (fault != NULL) {
		if (!endpoint->warned)
			log_event(LOG_WARNING, "database-url", "DATABASE_URL_FILE: %s; the connection is opened as before", fault);
		endpoint->warned = true;
		arena_release(&arena);
		return;
	}
	endpoint->warned = false;
	arena_release(&endpoint->arena);
	endpoint->arena = arena;
	endpoint->read_again = url;
	endpoint->url = &endpoint->read_again;
	if (!same)
		know_hosts(endpoint);
}

void endpoint_begin(struct endpoint *endpoint)
{
	if (config_url_is_in_file())
		read_url_again(endpoint);
	host_order_begin(&endpoint->hosts);
}

static void name_host(struct endpoint *endpoint)
{
	const struct url_host *host = endpoint_host(endpoint);
	size_t size = sizeof(endpoint->name);
	int length;

	if (host == NULL) {
		strcpy(endpoint->name, "socket");
		return;
	}
	length = strchr(host->name, ':') != NULL ? snprintf(endpoint->name, size, "[%.250s]", host->name) :
	                                           snprintf(endpoint->name, size, "%.250s", host->name);
	if (host->port != 0)
		snprintf(endpoint->name + length, size - (size_t)length, ":%u", host->port);
}

bool endpoint_next(struct endpoint *endpoint)
{
	if (!host_order_next(&endpoint->hosts, clock_now_us()))
		return false;
	name_host(endpoint);
	return true;
}

const struct url_host *endpoint_host(const struct endpoint *endpoint)
{
	return url_is_local(endpoint->url) ? NULL : &endpoint->url->hosts[endpoint->hosts.current];
}
