/* SPDX-License-Identifier: MIT
 *
 * What there is to be known of the connection (database.h).
 */
#include <stdio.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/must.h"
#include "database/database_state.h"

bool database_is_open(const struct database *database)
{
	return (database->phase == IDLE && !database->session.unclean && !database->doomed) || database->phase > IDLE;
}

int database_descriptor(const struct database *database)
{
	if (database->walk.resolver >= 0)
		return database->walk.resolver;
	return database->connection != NULL ? database->driver->descriptor(database->connection) : -1;
}

unsigned database_wants(const struct database *database)
{
	if (database->connection == NULL || database->phase == IDLE || database->phase == SETTLING)
		return EPOLLIN;
	return database->driver->wants(database->connection);
}

unsigned database_host_count(const struct database *database)
{
	return database->endpoint.url->host_count > 1 ? database->endpoint.url->host_count : 1;
}

bool database_wants_writable(const struct database *database)
{
	return database->endpoint.url->target == URL_TARGET_WRITABLE;
}

const char *database_host(const struct database *database)
{
	return database->endpoint.name;
}

const char *database_protection(const struct database *database)
{
	return database->driver->protection(database->connection);
}

void database_row(struct database *database, struct row *row)
{
	database->driver->row(database->connection, row);
}

uint64_t database_affected(const struct database *database)
{
	return database->driver->affected(database->connection);
}

uint64_t database_generated(const struct database *database)
{
	return database->driver->generated(database->connection);
}

const struct database_traits *database_traits(const struct database *database)
{
	return database->driver->traits(database->connection);
}

const char *database_explain(const struct database *database)
{
	return database->driver->explain(database->connection);
}

const struct database_error *database_error(const struct database *database)
{
	return &database->error;
}

const struct schema *database_schema(const struct database *database)
{
	return database->schema;
}

void database_forget_old(struct database *database)
{
	schema_free(database->old_schema);
	database->old_schema = NULL;
}

void database_forget_lock(struct database *database, const struct table *table)
{
	struct schema *schema = database->schema;

	for (unsigned i = 0; schema != NULL && i < schema->table_count; i++)
		if (&schema->tables[i] == table)
			schema->tables[i].lockable = false;
}

const char *database_missing(const struct database *database)
{
	return database->missing;
}

int64_t database_deadline_us(const struct database *database)
{
	int64_t deadline = clock_earlier(database->deadline_us, database->watch.silence_us);

	if (database->phase == IDLE && (database->session.unclean || database->doomed))
		return 1; /* at once */
	if (database->kill.probe.active)
		deadline = clock_earlier(deadline, database->kill.look_us);
	return database->phase == IDLE ? clock_earlier(deadline, database->watch.home_us) : deadline;
}

void database_take_schema(struct database *database, struct schema *schema)
{
	if (database->old_schema == NULL)
		database->old_schema = database->schema;
	else
		schema_free(database->schema); /* nobody has seen it yet */
	database->schema = schema;
}

bool database_has_another_address(const struct database *database)
{
	const struct url_host *host = endpoint_host(&database->endpoint);

	return host != NULL && database->phase != RESOLVING && !database->driver->takes_name(database->endpoint.url, host) &&
	       address_walk_has_more(&database->walk);
}

struct host_probe_place database_place(const struct database *database)
{
	return (struct host_probe_place){ database->driver, database->endpoint.url, endpoint_host(&database->endpoint), database->walk.address,
		                     database->config->connect_timeout_s };
}

struct host_probe_place database_home(const struct database *database)
{
	return (struct host_probe_place){ database->driver, database->endpoint.url,
		                          &database->endpoint.url->hosts[database->endpoint.hosts.home], NULL,
		                          database->config->connect_timeout_s };
}

void database_set_error(struct database *database, const char *what, const char *detail)
{
	database_error_clear(&database->error);
	database->error.status = STATUS_AWAY;
	snprintf(database->error.text, sizeof(database->error.text), "%s%s", what, detail);
}

const char *database_overrun(const struct database *database)
{
	static const char *const what[] = {
		[RESOLVING] = "the look-up of the host took too long",
		[CONNECTING] = "the connect took too long",
		[SETTING_UP] = "the preparation of the session took too long",
		[DESCRIBING] = "the description of the tables took too long",
		[SETTLING] = "the end of a statement that nobody waited for took too long",
		[CHECKING] = "the question for the session's state took too long",
		[RESTORING] = "the preparation of the session took too long",
		[RUNNING] = "the statement exceeded its time limit, and the server did not end it",
	};

	must(what[database->phase] != NULL); /* a phase that waits for nothing has no deadline */
	return what[database->phase];
}

/* Nothing is sent: the server would hang up, and whoever waits would not know what has happened. */
enum database_step database_refuse_long(struct database *database, size_t length, uint64_t most)
{
	database_set_error(database, "", "");
	database->error.status = STATUS_BODY_TOO_LARGE;
	snprintf(database->error.text, sizeof(database->error.text),
	         "the statement has %zu bytes, of which the server takes %llu (max_allowed_packet): it was not sent", length,
	         (unsigned long long)most);
	return DATABASE_FAILED;
}
