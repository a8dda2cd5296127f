/* SPDX-License-Identifier: MIT */
#include "database.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "clock.h"
#include "driver.h"
#include "resolve.h"

enum phase { CLOSED, RESOLVING, CONNECTING, SETTING_UP, DESCRIBING, IDLE, RUNNING };

struct database {
	const struct config *config;
	const struct driver *driver;
	struct driver_connection *connection;
	enum phase phase;
	int resolver; /* the look-up under way; -1: none */
	struct resolve_result addresses;
	int first, tried; /* the address that is tried first, and how many have been tried since the look-up */
	unsigned step;    /* of setting up */
	int64_t deadline_us;
	struct catalogue *catalogue;
	struct schema *schema, *old_schema;
	struct text sql; /* of our own statements */
	struct database_error error;
	char missing[192];
};

void database_start(void)
{
	mysql_driver.start();
}

struct database *database_new(const struct config *config)
{
	struct database *database = memory_alloc(sizeof(*database));

	database->config = config;
	database->driver = &mysql_driver;
	database->resolver = -1;
	return database;
}

static void close_connection(struct database *database, bool polite)
{
	if (database->resolver >= 0)
		close(database->resolver);
	database->resolver = -1;
	if (database->catalogue != NULL)
		database->driver->catalogue_finish(database->catalogue, true, NULL, 0);
	database->catalogue = NULL;
	if (database->connection != NULL)
		database->driver->close(database->connection, polite);
	database->connection = NULL;
	database->phase = CLOSED;
	database->deadline_us = 0;
}

void database_drop(struct database *database)
{
	close_connection(database, false);
}

void database_free(struct database *database)
{
	close_connection(database, database->phase == IDLE);
	schema_free(database->schema);
	schema_free(database->old_schema);
	text_release(&database->sql);
	free(database);
}

static enum database_step lost(struct database *database)
{
	/* A server that takes the connection and then no statement: next time it is the turn of the next address. */
	if ((database->phase == SETTING_UP || database->phase == DESCRIBING) && database->addresses.count > 0)
		database->first = (database->first + 1) % database->addresses.count;
	close_connection(database, false);
	return DATABASE_LOST;
}

static enum database_step fail_open(struct database *database, const char *what, const char *detail)
{
	database->error.status = STATUS_AWAY;
	database->error.number = 0;
	snprintf(database->error.text, sizeof(database->error.text), "%s%s", what, detail);
	return lost(database);
}

static void set_deadline(struct database *database, long seconds)
{
	database->deadline_us = clock_now_us() + seconds * 1000000;
}

static enum database_step advance(struct database *database, enum database_step step);
static enum database_step connect_next(struct database *database);

static enum database_step send_own(struct database *database)
{
	return advance(database, database->driver->send(database->connection, database->sql.bytes, database->sql.length,
	                                                &database->error));
}

static enum database_step describe_next(struct database *database)
{
	struct schema *schema;

	text_clear(&database->sql);
	if (database->driver->catalogue_statement(database->catalogue, &database->sql))
		return send_own(database);
	schema = database->driver->catalogue_finish(database->catalogue, false, database->missing,
	                                            sizeof(database->missing));
	database->catalogue = NULL;
	if (database->old_schema == NULL)
		database->old_schema = database->schema;
	else
		schema_free(database->schema); /* nobody has seen it yet */
	database->schema = schema;
	database->phase = IDLE;
	database->deadline_us = 0;
	return DATABASE_OPEN;
}

static enum database_step describe_begin(struct database *database)
{
	database->phase = DESCRIBING;
	set_deadline(database, database->config->statement_timeout_s);
	database->catalogue = database->driver->catalogue_new(database->connection, &database->config->tables,
	                                                      &database->config->writable);
	return describe_next(database);
}

static enum database_step set_up_next(struct database *database)
{
	text_clear(&database->sql);
	if (database->driver->setup(database->connection, database->step++, database->config->statement_timeout_s,
	                            &database->sql))
		return send_own(database);
	return describe_begin(database);
}

static bool another_address(const struct database *database)
{
	return database->phase == CONNECTING && database->tried < database->addresses.count;
}

/* Goes on from what the driver said, until the caller has to know or there is something to wait for. */
static enum database_step advance(struct database *database, enum database_step step)
{
	struct row row;

	for (;;) {
		if (step == DATABASE_WAIT)
			return step;
		if (step == DATABASE_LOST && another_address(database))
			return connect_next(database);
		if (step == DATABASE_LOST)
			return lost(database);
		switch (database->phase) {
		case CONNECTING:
			if (database->addresses.count > 0) /* this address is good, for the next time as well */
				database->first = (database->first + database->tried - 1) % database->addresses.count;
			database->phase = SETTING_UP;
			database->step = 0;
			return set_up_next(database);
		case SETTING_UP:
			if (step == DATABASE_FAILED)
				return lost(database);
			if (step == DATABASE_END)
				return set_up_next(database);
			step = database->driver->next(database->connection, &database->error);
			break;
		case DESCRIBING:
			if (step == DATABASE_FAILED)
				return lost(database);
			if (step == DATABASE_END)
				return describe_next(database);
			database->driver->row(database->connection, &row);
			database->driver->catalogue_row(database->catalogue, &row);
			step = database->driver->next(database->connection, &database->error);
			break;
		case CLOSED:
		case RESOLVING:
		case IDLE:
		case RUNNING:
			if (step == DATABASE_END || step == DATABASE_FAILED) {
				database->phase = IDLE;
				database->deadline_us = 0;
			}
			return step;
		}
	}
}

static enum database_step connect_to(struct database *database, const char *address)
{
	database->phase = CONNECTING;
	return advance(database, database->driver->connect(&database->connection, &database->config->database, address,
	                                                   &database->error));
}

/* The next of the host's addresses. Each has a whole attempt's time, or one that is silent would use up that of all. */
static enum database_step connect_next(struct database *database)
{
	int place = (database->first + database->tried++) % database->addresses.count;

	if (database->connection != NULL)
		database->driver->close(database->connection, false);
	database->connection = NULL;
	set_deadline(database, database->config->connect_timeout_s);
	return connect_to(database, database->addresses.addresses[place]);
}

enum database_step database_open(struct database *database)
{
	const char *host = database->config->database.host;

	close_connection(database, false);
	memset(&database->error, 0, sizeof(database->error));
	database->addresses.count = 0;
	set_deadline(database, database->config->connect_timeout_s);
	if (host == NULL || database->config->database.socket != NULL ||
	    (strcmp(host, "localhost") == 0 && database->config->database.port == 0))
		return connect_to(database, NULL); /* the client library's local socket */
	if (resolve_is_numeric(host))
		return connect_to(database, host);
	if ((database->resolver = resolve_start(host)) < 0)
		return fail_open(database, "cannot start to look up the host: ", strerror(errno));
	database->phase = RESOLVING;
	return DATABASE_WAIT;
}

static enum database_step resolved(struct database *database)
{
	int failed = resolve_finish(database->resolver, &database->addresses);

	close(database->resolver);
	database->resolver = -1;
	if (failed || database->addresses.error != 0 || database->addresses.count == 0)
		return fail_open(database, "cannot look up the host: ",
		                 failed ? "no answer" : gai_strerror(database->addresses.error));
	database->tried = 0;
	return connect_next(database);
}

static enum database_step expired(struct database *database)
{
	static const char *const what[] = {
		[CLOSED] = "",
		[RESOLVING] = "the look-up of the host took too long",
		[CONNECTING] = "the connect took too long",
		[SETTING_UP] = "the preparation of the session took too long",
		[DESCRIBING] = "the description of the tables took too long",
		[IDLE] = "",
		[RUNNING] = "the statement ran past its time, and the server did not end it",
	};

	if (another_address(database))
		return connect_next(database);
	database->error.status = database->phase == RUNNING ? STATUS_TIMEOUT : STATUS_AWAY;
	database->error.number = 0;
	snprintf(database->error.text, sizeof(database->error.text), "%s", what[database->phase]);
	return lost(database);
}

enum database_step database_resume(struct database *database, unsigned ready)
{
	if (database->phase == IDLE && ready != 0) /* nobody asked: the server has hung up, or says that it will */
		return fail_open(database, "the server has closed the connection", "");
	if (ready == 0 && database->deadline_us != 0 && clock_now_us() >= database->deadline_us)
		return expired(database);
	if (ready == 0)
		return DATABASE_WAIT;
	if (database->phase == RESOLVING)
		return resolved(database);
	if (database->phase == RUNNING) /* it makes progress; how long it may run in all is the server's to watch */
		set_deadline(database, database->config->statement_timeout_s + 1);
	return advance(database, database->driver->resume(database->connection, ready, &database->error));
}

enum database_step database_send(struct database *database, const char *sql, size_t length)
{
	database->phase = RUNNING;
	set_deadline(database, database->config->statement_timeout_s + 1);
	return advance(database, database->driver->send(database->connection, sql, length, &database->error));
}

enum database_step database_next(struct database *database)
{
	return advance(database, database->driver->next(database->connection, &database->error));
}

enum database_step database_describe(struct database *database)
{
	return describe_begin(database);
}

bool database_is_open(const struct database *database)
{
	return database->phase == IDLE || database->phase == RUNNING;
}

int database_descriptor(const struct database *database)
{
	if (database->resolver >= 0)
		return database->resolver;
	return database->connection != NULL ? database->driver->descriptor(database->connection) : -1;
}

unsigned database_wants(const struct database *database)
{
	if (database->connection == NULL || database->phase == IDLE)
		return EPOLLIN;
	return database->driver->wants(database->connection);
}

int64_t database_deadline_us(const struct database *database)
{
	return database->deadline_us;
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

const char *database_missing(const struct database *database)
{
	return database->missing;
}
