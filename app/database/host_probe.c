/* SPDX-License-Identifier: MIT */
#include "database/host_probe.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"

static enum host_probe_says fail_probe(struct host_probe *probe, enum host_probe_says says, const char *reason)
{
	(void)snprintf(probe->reason, sizeof(probe->reason), "%s", reason);
	return says;
}

static void connect_to(struct host_probe *probe, const char *address)
{
	struct database_error error;

	database_error_clear(&error);
	/* The probe's own time is over before the library's, or who is silent would seem to refuse. */
	if (probe->place.driver->connect(&probe->connection, probe->place.url, probe->place.host, address, probe->place.timeout_s + 1, &error) !=
	    DATABASE_LOST)
		return;
	(void)fail_probe(probe, PROBE_REFUSED, error.text);
	probe->place.driver->close(probe->connection, false);
	probe->connection = NULL;
}

void host_probe_start(struct host_probe *probe, const struct host_probe_place *place)
{
	const struct url_host *host = place->host;
	const char *address = place->address;

	*probe = (struct host_probe){ .place = *place, .active = true, .resolver = -1,
		                 .until_us = clock_now_us() + place->timeout_s * 1000000 };
	if (address == NULL && host != NULL && resolve_is_numeric(host->name))
		address = host->name;
	if (address != NULL || host == NULL)
		connect_to(probe, address);
	else {
		probe->resolver = resolve_start(host->name);
		probe->resolving = true;
	}
}

void host_probe_stop(struct host_probe *probe)
{
	if (!probe->active)
		return;
	if (probe->resolver >= 0)
		close(probe->resolver);
	if (probe->connection != NULL)
		probe->place.driver->close(probe->connection, false);
	for (unsigned i = 0; i < probe->statement_count; i++)
		text_release(&probe->statements[i]);
	probe->connection = NULL;
	probe->statement_count = 0;
	probe->active = false;
	probe->resolver = -1;
}

static unsigned poll_descriptor(int descriptor, unsigned wants)
{
	struct pollfd watched = { descriptor, 0, 0 };

	watched.events = (short)((wants & EPOLLIN ? POLLIN : 0) | (wants & EPOLLOUT ? POLLOUT : 0));
	if (descriptor < 0 || poll(&watched, 1, 0) <= 0)
		return 0;
	return (watched.revents & (POLLIN | POLLHUP | POLLERR) ? EPOLLIN : 0) |
	       (watched.revents & (POLLOUT | POLLHUP | POLLERR) ? EPOLLOUT : 0);
}

static enum host_probe_says look_up(struct host_probe *probe)
{
	struct resolve_result found;
	int failure;

	if (probe->resolver < 0)
		return fail_probe(probe, PROBE_REFUSED, "the host's name cannot be looked up");
	if (poll_descriptor(probe->resolver, EPOLLIN) == 0)
		return PROBE_WAITS;
	failure = resolve_finish(probe->resolver, &found);
	close(probe->resolver);
	probe->resolver = -1;
	probe->resolving = false;
	if (failure || found.count == 0)
		return fail_probe(probe, PROBE_REFUSED, "the host's name is not known");
	connect_to(probe, found.addresses[0]);
	return PROBE_WAITS;
}

static bool is_one(struct host_probe *probe)
{
	struct row row;

	probe->place.driver->row(probe->connection, &row);
	return row.count == 1 && row.values[0] != NULL && strcmp(row.values[0], "1") == 0;
}

static bool is_last_sent(const struct host_probe *probe)
{
	return probe->sent > 0 && probe->sent == probe->statement_count;
}

/* It is open, or goes on from what a statement has said. */
static enum host_probe_says go_on(struct host_probe *probe, enum database_step step, struct database_error *error)
{
	const struct text *sql;

	for (;;)
		switch (step) {
		case DATABASE_WAIT:
			return PROBE_WAITS;
		case DATABASE_OPEN:
		case DATABASE_END:
			probe->open = true;
			if (probe->sent == probe->statement_count)
				return PROBE_OPEN;
			sql = &probe->statements[probe->sent++];
			step = probe->place.driver->send(probe->connection, sql->bytes, sql->length, DATABASE_AT_ONCE, error);
			break;
		case DATABASE_ROW:
			if (!is_one(probe))
				return fail_probe(probe, PROBE_REFUSED,
				                  "the address leads to another server than before, or a change waits for a replica");
			step = probe->place.driver->next(probe->connection, error);
			break;
		case DATABASE_LOST:
			return fail_probe(probe, is_last_sent(probe) ? PROBE_UNSURE : PROBE_REFUSED, error->text);
		case DATABASE_FAILED:
			return fail_probe(probe, PROBE_REFUSED, error->text);
		}
}

static enum host_probe_says look_at_probe(struct host_probe *probe)
{
	struct database_error error;
	unsigned events;

	if (probe->resolving)
		return look_up(probe);
	if (probe->connection == NULL)
		return PROBE_REFUSED;
	database_error_clear(&error);
	events = poll_descriptor(probe->place.driver->descriptor(probe->connection), probe->place.driver->wants(probe->connection));
	if (events == 0)
		return PROBE_WAITS;
	return go_on(probe, probe->place.driver->resume(probe->connection, events, &error), &error);
}

enum host_probe_says host_probe_look(struct host_probe *probe)
{
	enum host_probe_says says = look_at_probe(probe);

	if (says == PROBE_WAITS && clock_now_us() >= probe->until_us)
		says = fail_probe(probe, is_last_sent(probe) ? PROBE_UNSURE : PROBE_SILENT, "no answer in time");
	if (says == PROBE_OPEN) { /* the server would count a good-bye that is missing as our mistake */
		probe->place.driver->close(probe->connection, true);
		probe->connection = NULL;
	}
	if (says != PROBE_WAITS)
		host_probe_stop(probe);
	return says;
}
