/* SPDX-License-Identifier: MIT
 *
 * What there is to be known of the connection (database.h).
 */
#include <sys/epoll.h>

#include "database/database_state.h"

bool database_is_open(const struct database *database)
{
	return (database->phase == IDLE && !database->session.unclean && !database->doomed) || database->phase > IDLE;
}

int database_descriptor(const struct database *database)
{
	if (database->resolver >= 0)
		return database->resolver;
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
