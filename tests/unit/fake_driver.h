/* SPDX-License-Identifier: MIT
 *
 * fake_driver.h: a database whose server is the test: what is sent to it is written down, and what it answers is queued. Its
 * descriptor can be read as long as something is queued, so that the real event loop serves it.
 */
#ifndef MYREST_FAKE_DRIVER_H
#define MYREST_FAKE_DRIVER_H

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "database/engine.h"
#include "schema/catalogue.h"

enum { FAKE_COLUMNS = 32, FAKE_EVENTS = 64 };

struct fake_event {
	enum database_step step; /* ROW, END, FAILED, LOST, OPEN */
	char *row;               /* ROW: fields with a NUL behind each, "\\N" is NULL */
	unsigned fields;
	struct database_error error;
	uint64_t affected, generated;
};

struct driver_connection {
	int descriptor;
	bool is_main;   /* not one that ends statements or looks whether a host is there */
	struct fake_event event; /* the last one that was taken */
	const char *values[FAKE_COLUMNS];
	unsigned long lengths[FAKE_COLUMNS];
};

/* What the test sets and reads. */
static struct fake {
	struct text *transcript;
	struct fake_event events[FAKE_EVENTS];
	unsigned first, count;
	struct driver_connection *main; /* NULL: there is none */
	unsigned refused;               /* so many connects are, from the next on */
	bool waits;                     /* connects wait for an OPEN, */
	bool silent;                    /* and those beside for ever */
	bool returning;                 /* INSERT … RETURNING is known */
	enum driver_session session;
	struct schema *(*make_schema)(void);
} fake;

static void fake_tell(struct driver_connection *connection)
{
	uint64_t one = 1;

	if (connection != NULL)
		(void)!write(connection->descriptor, &one, sizeof(one));
}

static void fake_queue(struct fake_event event)
{
	fake.events[(fake.first + fake.count++) % FAKE_EVENTS] = event;
	fake_tell(fake.main);
}

static void fake_error(struct database_error *error, enum status status, unsigned number, const char *text)
{
	database_error_clear(error);
	error->status = status;
	error->number = number;
	strcpy(error->text, text);
}

static void fake_write(const char *what, const char *bytes, size_t length)
{
	text_add_string(fake.transcript, what);
	text_add(fake.transcript, bytes, length);
	text_add_char(fake.transcript, '\n');
}

static void fake_start(void)
{
}

static bool fake_takes_name(const struct database_url *url, const struct url_host *host)
{
	(void)url;
	(void)host;
	return true;
}

static enum database_step fake_connect(struct driver_connection **made, const struct database_url *url,
                                       const struct url_host *host, const char *address, long timeout_s,
                                       struct database_error *error)
{
	struct driver_connection *connection = calloc(1, sizeof(*connection));

	(void)url;
	(void)address;
	(void)timeout_s;
	connection->descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	connection->is_main = fake.main == NULL;
	*made = connection;
	fake_write(connection->is_main ? "  connect" : "  beside: connect", host != NULL ? " " : "", host != NULL);
	if (host != NULL) {
		fake.transcript->length--;
		fake_write("", host->name, strlen(host->name));
	}
	if (fake.refused > 0) {
		fake.refused--;
		fake_error(error, STATUS_AWAY, 2002, "refused");
		return DATABASE_LOST;
	}
	if (!connection->is_main) {
		if (!fake.silent)
			fake_tell(connection);
		return DATABASE_WAIT;
	}
	fake.main = connection;
	return fake.waits ? DATABASE_WAIT : DATABASE_OPEN;
}

static bool fake_setup(struct driver_connection *connection, unsigned n, long timeout_s, struct text *sql)
{
	(void)connection;
	(void)n;
	(void)timeout_s;
	(void)sql;
	return false;
}

static void fake_setup_row(struct driver_connection *connection, const struct row *row)
{
	(void)connection;
	(void)row;
}

static const char *fake_nothing(const struct driver_connection *connection)
{
	(void)connection;
	return NULL;
}

static const char *fake_session_check(const struct driver_connection *connection)
{
	(void)connection;
	return "CHECK";
}

static const char *fake_session_restore(const struct driver_connection *connection)
{
	(void)connection;
	return "RESTORE";
}

/* The next event that is queued, if there is one. */
static enum database_step fake_next(struct driver_connection *connection, struct database_error *error)
{
	uint64_t all;

	(void)!read(connection->descriptor, &all, sizeof(all));
	if (fake.count == 0)
		return DATABASE_WAIT;
	free(connection->event.row);
	connection->event = fake.events[fake.first];
	fake.first = (fake.first + 1) % FAKE_EVENTS;
	if (--fake.count > 0)
		fake_tell(connection);
	if (connection->event.step == DATABASE_FAILED || connection->event.step == DATABASE_LOST)
		*error = connection->event.error;
	return connection->event.step;
}

static enum database_step fake_send(struct driver_connection *connection, const char *sql, size_t length,
                                    enum database_rows rows, struct database_error *error)
{
	(void)rows;
	fake_write(connection->is_main ? "  " : "  beside: ", sql, length);
	if (!connection->is_main)
		return DATABASE_END;
	return fake_next(connection, error);
}

static enum database_step fake_resume(struct driver_connection *connection, unsigned ready, struct database_error *error)
{
	(void)ready;
	return connection->is_main ? fake_next(connection, error) : DATABASE_OPEN;
}

static bool fake_is_alive(struct driver_connection *connection)
{
	uint64_t all;

	(void)!read(connection->descriptor, &all, sizeof(all));
	return fake.count == 0; /* whatever comes then is a good-bye */
}

static enum driver_session fake_session(const struct driver_connection *connection, bool in_transaction)
{
	(void)connection;
	(void)in_transaction;
	return fake.session;
}

static bool fake_kill(const struct driver_connection *connection, unsigned n, bool spares_commit, struct text *sql)
{
	(void)connection;
	if (n > 0)
		return false;
	text_add_string(sql, spares_commit ? "KILL, but no COMMIT" : "KILL");
	return true;
}

static uint64_t fake_affected(const struct driver_connection *connection)
{
	return connection->event.affected;
}

static uint64_t fake_generated(const struct driver_connection *connection)
{
	return connection->event.generated;
}

static const struct database_traits *fake_traits(const struct driver_connection *connection)
{
	static struct database_traits traits;

	(void)connection;
	traits.returning = fake.returning;
	return &traits;
}

static const char *fake_explain(const struct driver_connection *connection)
{
	(void)connection;
	return "EXPLAIN ";
}

static void fake_row(struct driver_connection *connection, struct row *row)
{
	const char *at = connection->event.row;

	row->count = connection->event.fields;
	for (unsigned i = 0; i < row->count; i++, at += strlen(at) + 1) {
		connection->values[i] = strcmp(at, "\\N") == 0 ? NULL : at;
		connection->lengths[i] = connection->values[i] != NULL ? strlen(at) : 0;
	}
	row->values = connection->values;
	row->lengths = connection->lengths;
}

static int fake_descriptor(const struct driver_connection *connection)
{
	return connection->descriptor;
}

static unsigned fake_wants(const struct driver_connection *connection)
{
	(void)connection;
	return EPOLLIN;
}

/* What was still to come on a connection is gone with it. */
static void fake_forget(void)
{
	while (fake.count > 0) {
		free(fake.events[fake.first].row);
		fake.first = (fake.first + 1) % FAKE_EVENTS;
		fake.count--;
	}
}

static void fake_close(struct driver_connection *connection, bool polite)
{
	if (connection->is_main) {
		fake_forget();
		fake_write(polite ? "  close, with a good-bye" : "  close", "", 0);
		fake.main = NULL;
	}
	free(connection->event.row);
	close(connection->descriptor);
	free(connection);
}

static struct catalogue *fake_catalogue_new(const struct driver_connection *connection, const struct table_choices *choices,
                                            const struct table_choices *writable, const struct schema *known)
{
	static int nothing;

	(void)connection;
	(void)choices;
	(void)writable;
	(void)known;
	return (struct catalogue *)(void *)&nothing;
}

static bool fake_catalogue_statement(struct catalogue *catalogue, struct text *sql, enum database_rows *rows)
{
	(void)catalogue;
	(void)sql;
	(void)rows;
	return false;
}

static void fake_catalogue_row(struct catalogue *catalogue, const struct row *row)
{
	(void)catalogue;
	(void)row;
}

static bool fake_catalogue_failed(struct catalogue *catalogue, const struct database_error *error)
{
	(void)catalogue;
	(void)error;
	return false;
}

static struct schema *fake_catalogue_finish(struct catalogue *catalogue, bool abandon, char *missing, size_t size)
{
	(void)catalogue;
	if (abandon)
		return NULL;
	(void)size;
	*missing = '\0';
	fake_write("  describe", "", 0);
	return fake.make_schema();
}

static const struct driver fake_driver = {
	.start = fake_start,
	.takes_name = fake_takes_name,
	.connect = fake_connect,
	.setup = fake_setup,
	.setup_row = fake_setup_row,
	.unfit = fake_nothing,
	.protection = fake_nothing,
	.send = fake_send,
	.next = fake_next,
	.resume = fake_resume,
	.is_alive = fake_is_alive,
	.session = fake_session,
	.session_check = fake_session_check,
	.session_restore = fake_session_restore,
	.kill = fake_kill,
	.affected = fake_affected,
	.generated = fake_generated,
	.traits = fake_traits,
	.explain = fake_explain,
	.row = fake_row,
	.descriptor = fake_descriptor,
	.wants = fake_wants,
	.close = fake_close,
	.catalogue_new = fake_catalogue_new,
	.catalogue_statement = fake_catalogue_statement,
	.catalogue_row = fake_catalogue_row,
	.catalogue_failed = fake_catalogue_failed,
	.catalogue_finish = fake_catalogue_finish,
};

static const struct url_rules fake_url = { .database = "fake" };
static const struct engine fake_engine = { .url = &fake_url, .driver = &fake_driver };
static const struct engine *const fake_engines[] = { &fake_engine, NULL };

#endif
