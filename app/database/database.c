/* SPDX-License-Identifier: MIT */
#include "database/database.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/must.h"
#include "database/database_state.h"
#include "database/engine.h"

void database_start(const struct config *config)
{
	engine_of(&config->database)->driver->start();
}

struct database *database_new(const struct config *config, unsigned place)
{
	struct database *database = memory_alloc(sizeof(*database));

	database->config = config;
	database->driver = engine_of(&config->database)->driver;
	address_walk_init(&database->walk);
	endpoint_init(&database->endpoint, config, place);
	return database;
}

static void set_deadline(struct database *database, long seconds)
{
	database->deadline_us = clock_now_us() + seconds * 1000000;
}

static void watch_host(struct database *database)
{
	host_watch_heard(&database->watch, database_host_count(database) > 1);
}

static void become_idle(struct database *database)
{
	database->phase = IDLE;
	database->deadline_us = 0;
	host_watch_rest(&database->watch);
}

static void close_connection(struct database *database, bool polite)
{
	address_walk_stop(&database->walk);
	if (database->catalogue != NULL)
		database->driver->catalogue_finish(database->catalogue, true, NULL, 0);
	database->catalogue = NULL;
	if (database->connection != NULL)
		database->driver->close(database->connection, polite);
	database->connection = NULL;
	database->session = (struct session_state){ 0 };
	database->doomed = database->kill.is_ours = false;
	host_watch_rest(&database->watch);
	database->phase = CLOSED;
	database->deadline_us = 0;
}

void database_drop(struct database *database)
{
	(void)database_kill(database, false);
	database->endpoint.hosts.start = database->endpoint.hosts.current;
	close_connection(database, false);
}

void database_free(struct database *database)
{
	host_probe_stop(&database->watch.home);
	host_probe_stop(&database->kill.probe);
	close_connection(database, database->phase == IDLE);
	schema_free(database->schema);
	schema_free(database->old_schema);
	text_release(&database->sql);
	endpoint_release(&database->endpoint);
	free(database);
}

static enum database_step connect_next(struct database *database);
static enum database_step try_next_host(struct database *database);

/* The connection, or what was to become one, is no more. While it opens, the next address is tried, and the next host. */
static enum database_step lose_connection(struct database *database)
{
	bool another = database_has_another_address(database);

	if (database->phase == SETTLING || database->phase == CHECKING || database->phase == RESTORING)
		database->error.not_run = session_state_has_run_nothing(&database->session);
	if (database->opening && database_host_count(database) > 1) {
		char words[sizeof(database->error.text)];

		strcpy(words, database->error.text);
		snprintf(database->error.text, sizeof(database->error.text), "%.200s: %.300s", database->endpoint.name, words);
	}
	close_connection(database, false);
	if (database->opening && another)
		return connect_next(database);
	host_order_failed(&database->endpoint.hosts, clock_now_us());
	return database->opening ? try_next_host(database) : DATABASE_LOST;
}

/* The host is not to blame. */
static enum database_step renew_session(struct database *database, const char *why)
{
	database_set_error(database, why, "");
	database->error.not_run = session_state_has_run_nothing(&database->session);
	database->endpoint.hosts.start = database->endpoint.hosts.current;
	close_connection(database, true);
	return DATABASE_LOST;
}

static enum database_step fail_open(struct database *database, const char *what, const char *detail)
{
	database_set_error(database, what, detail);
	return lose_connection(database);
}

static enum database_step advance_phase(struct database *database, enum database_step step);

static enum database_step send_own(struct database *database, enum database_rows rows)
{
	return advance_phase(database, database->driver->send(database->connection, database->sql.bytes, database->sql.length,
	                                                rows, &database->error));
}

static enum database_step finish_opening(struct database *database)
{
	database->opening = false;
	database->kill.failures = 0; /* it may be another server */
	address_walk_keep(&database->walk);
	host_order_good(&database->endpoint.hosts);
	host_watch_opened(&database->watch, database->endpoint.url->target != URL_TARGET_ANY || host_order_is_home(&database->endpoint.hosts));
	return DATABASE_OPEN;
}

static enum database_step describe_next(struct database *database)
{
	enum database_rows rows = DATABASE_ONE_BY_ONE;
	struct schema *schema;

	text_clear(&database->sql);
	if (database->driver->catalogue_statement(database->catalogue, &database->sql, &rows))
		return send_own(database, rows);
	schema = database->driver->catalogue_finish(database->catalogue, false, database->missing,
	                                            sizeof(database->missing));
	database->catalogue = NULL;
	database_take_schema(database, schema);
	become_idle(database);
	return database->opening ? finish_opening(database) : DATABASE_OPEN;
}

static enum database_step describe_begin(struct database *database)
{
	database->phase = DESCRIBING;
	set_deadline(database, database->config->statement_timeout_s);
	watch_host(database);
	database->catalogue = database->driver->catalogue_new(database->connection, &database->config->tables,
	                                                      &database->config->writable, database->schema);
	return describe_next(database);
}

static enum database_step set_up_next(struct database *database)
{
	const char *unfit;

	text_clear(&database->sql);
	if (database->driver->setup(database->connection, database->step++, database->config->statement_timeout_s,
	                            &database->sql))
		return send_own(database, DATABASE_ONE_BY_ONE);
	if ((unfit = database->driver->unfit(database->connection)) != NULL)
		return fail_open(database, unfit, "");
	return describe_begin(database);
}

static enum database_step send_held(struct database *database)
{
	session_state_sent(&database->session, database->held, database->held_length);
	database->phase = RUNNING;
	return database->driver->send(database->connection, database->held, database->held_length, database->held_rows,
	                              &database->error);
}

/* The session is not as it was set up, and there is more to send, for which it is made again what it was. */
static enum database_step restore_session(struct database *database)
{
	database->phase = RESTORING;
	text_clear(&database->sql);
	text_add_string(&database->sql, database->driver->session_restore(database->connection));
	return send_own(database, DATABASE_ONE_BY_ONE);
}

static enum database_step finish_restoring(struct database *database)
{
	return database->held == NULL ? describe_begin(database) : advance_phase(database, send_held(database));
}

/* The session has been asked. What a request has sent, or sends as its first statement, is not given up for what
 * another statement has left behind: the same might be left in the next session before it has its turn again. */
static enum database_step finish_checking(struct database *database)
{
	if (!database->session.unsure)
		return advance_phase(database, send_held(database));
	session_state_found_unclean(&database->session);
	return restore_session(database);
}

/* Goes on from what the driver said, until the caller has to know or there is something to wait for. */
static enum database_step advance_phase(struct database *database, enum database_step step)
{
	struct row row;

	for (;;) {
		if (step == DATABASE_WAIT)
			return step;
		if (step == DATABASE_LOST)
			return lose_connection(database);
		switch (database->phase) {
		case CONNECTING:
			database->phase = SETTING_UP;
			database->step = 0;
			return set_up_next(database);
		case SETTING_UP:
			if (step == DATABASE_FAILED)
				return lose_connection(database);
			if (step == DATABASE_END)
				return set_up_next(database);
			database->driver->row(database->connection, &row);
			database->driver->setup_row(database->connection, &row);
			step = database->driver->next(database->connection, &database->error);
			break;
		case DESCRIBING:
			if (step == DATABASE_FAILED &&
			    !database->driver->catalogue_failed(database->catalogue, &database->error))
				return lose_connection(database);
			if (step == DATABASE_END || step == DATABASE_FAILED)
				return describe_next(database);
			database->driver->row(database->connection, &row);
			database->driver->catalogue_row(database->catalogue, &row);
			step = database->driver->next(database->connection, &database->error);
			break;
		case CHECKING:
			if (step == DATABASE_END || step == DATABASE_FAILED)
				return finish_checking(database);
			database->driver->row(database->connection, &row);
			database->session.unsure = row.count != 1 || row.values[0] == NULL || strcmp(row.values[0], "1") != 0;
			step = database->driver->next(database->connection, &database->error);
			break;
		case RESTORING: /* which gives no rows */
			return step == DATABASE_END ? finish_restoring(database) : renew_session(database, session_state_changed);
		case CLOSED:
		case RESOLVING:
			must(database->phase >= CONNECTING); /* there is no connection that the driver could report of */
			return step;
		case IDLE:
		case SETTLING:
		case RUNNING:
			if (step == DATABASE_END || step == DATABASE_FAILED) {
				become_idle(database);
				session_state_look(&database->session, database->driver, database->connection);
			}
			return step;
		}
	}
}

static enum database_step connect_host(struct database *database)
{
	database->phase = CONNECTING;
	return advance_phase(database, database->driver->connect(&database->connection, database->endpoint.url,
	                                                   endpoint_host(&database->endpoint), database->walk.address,
	                                                   database->config->connect_timeout_s, &database->error));
}

/* The next of the host's addresses. Each has a whole attempt's time, or one that is silent would use up that of all. */
static enum database_step connect_next(struct database *database)
{
	bool all = database->driver->takes_name(database->endpoint.url, endpoint_host(&database->endpoint));

	set_deadline(database, database->config->connect_timeout_s * (all ? address_walk_count(&database->walk) : 1));
	address_walk_take(&database->walk);
	return connect_host(database);
}

static enum database_step try_host(struct database *database)
{
	const struct url_host *host = endpoint_host(&database->endpoint);

	set_deadline(database, database->config->connect_timeout_s);
	switch (address_walk_begin(&database->walk, host != NULL ? host->name : NULL)) {
	case ADDRESS_FOUND:
		return connect_host(database);
	case ADDRESS_LOOK_UP:
		database->phase = RESOLVING;
		break;
	case ADDRESS_FAILED:
		return fail_open(database, "cannot start to look up the host: ", strerror(errno));
	}
	return DATABASE_WAIT;
}

static enum database_step try_next_host(struct database *database)
{
	unsigned before = database->endpoint.hosts.current;

	if (!endpoint_next(&database->endpoint)) {
		database->opening = false;
		return DATABASE_LOST;
	}
	if (database->endpoint.hosts.current != before) /* the good address was another host's */
		address_walk_forget(&database->walk);
	return try_host(database);
}

enum database_step database_open(struct database *database)
{
	host_probe_stop(&database->watch.home);
	close_connection(database, false);
	database_error_clear(&database->error);
	endpoint_begin(&database->endpoint);
	database->opening = true;
	return try_next_host(database);
}

static enum database_step finish_look_up(struct database *database)
{
	const char *why = address_walk_resolve(&database->walk);

	if (why != NULL)
		return fail_open(database, "cannot look up the host: ", why);
	return connect_next(database);
}

static enum database_step expire_phase(struct database *database)
{
	bool running = database->phase == RUNNING;

	database_set_error(database, database_overrun(database), "");
	if (running) {
		database->error.status = STATUS_TIMEOUT;
		(void)database_kill(database, false); /* not every server has been told how long it may run (MySQL: only reads) */
	}
	return lose_connection(database);
}

static enum database_step check_session(struct database *database)
{
	database->phase = CHECKING;
	text_clear(&database->sql);
	text_add_string(&database->sql, database->driver->session_check(database->connection));
	return send_own(database, DATABASE_ONE_BY_ONE);
}

static const char perhaps_killed[] = "whether another statement is ended in the place of one before it is not known";

/* What is held is sent, for which the session is checked or restored first where it has to be. */
static enum database_step send_on(struct database *database)
{
	bool needs = database->held == NULL || session_state_needs_clean(database->held, database->held_length);

	if (database->doomed)
		return renew_session(database, perhaps_killed);
	if (database->held == NULL || (database->session.unclean && needs))
		return restore_session(database);
	if (database->session.unsure && needs)
		return check_session(database);
	return advance_phase(database, send_held(database));
}

static void begin_time(struct database *database)
{
	set_deadline(database, database->config->statement_timeout_s + 1);
	watch_host(database);
}

/* No statement is ended in the place of that which was meant: until it is over with that, nothing is sent. */
static enum database_step send_when_settled(struct database *database)
{
	begin_time(database);
	if (!database->kill.probe.active || !database->kill.is_ours)
		return send_on(database);
	database->phase = SETTLING;
	return DATABASE_WAIT;
}

static enum database_step look_at_kill(struct database *database, int64_t now)
{
	enum host_probe_says says = statement_kill_look(&database->kill, now);

	if (says == PROBE_WAITS)
		return DATABASE_WAIT;
	if (says == PROBE_UNSURE && database->kill.is_ours) /* whatever becomes of another one */
		database->doomed = true;
	if (database->phase != SETTLING)
		return DATABASE_WAIT;
	begin_time(database);
	return send_on(database);
}

/* A host that says nothing while it should: it works, or it is gone. */
static enum database_step look_at_silence(struct database *database, int64_t now)
{
	const struct host_probe_place place = database_place(database);

	if (!host_watch_is_silent(&database->watch, &place, now))
		return DATABASE_WAIT;
	return fail_open(database, "the host does not answer any more", "");
}

/* The host where the worker belongs may be back. Between two statements the worker goes there. */
static enum database_step look_for_home(struct database *database, int64_t now)
{
	const struct host_probe_place home = database_home(database);

	if (!host_watch_is_home_back(&database->watch, &home, now))
		return DATABASE_WAIT;
	database_set_error(database, "going back to the host where this worker belongs", "");
	close_connection(database, true);
	host_order_go_home(&database->endpoint.hosts);
	return DATABASE_LOST;
}

static enum database_step look_at_clock(struct database *database)
{
	int64_t now = clock_now_us();

	if (database->kill.probe.active && now >= database->kill.look_us)
		return look_at_kill(database, now);
	if (database->phase == IDLE && (database->session.unclean || database->doomed))
		return renew_session(database, database->doomed ? perhaps_killed : session_state_changed);
	if (database->deadline_us != 0 && now >= database->deadline_us)
		return expire_phase(database);
	if (database->watch.silence_us != 0 && now >= database->watch.silence_us)
		return look_at_silence(database, now);
	if (database->phase == IDLE && database->watch.home_us != 0 && now >= database->watch.home_us)
		return look_for_home(database, now);
	return DATABASE_WAIT;
}

enum database_step database_resume(struct database *database, unsigned ready)
{
	bool silent = database->phase == IDLE || database->phase == SETTLING;

	if (silent && ready != 0 && database->driver->is_alive(database->connection))
		return DATABASE_WAIT;
	if (silent && ready != 0) /* nobody asked: the server has hung up, or says that it will */
		return fail_open(database, "the server has closed the connection", "");
	if (ready == 0)
		return look_at_clock(database);
	if (database->phase == RESOLVING)
		return finish_look_up(database);
	if (database->phase == RUNNING) /* it makes progress; how long it may run in all is the server's to watch */
		set_deadline(database, database->config->statement_timeout_s + 1);
	if (database->phase >= CHECKING || database->phase == DESCRIBING)
		watch_host(database);
	return advance_phase(database, database->driver->resume(database->connection, ready, &database->error));
}

enum database_step database_send(struct database *database, const char *sql, size_t length, enum database_rows rows)
{
	uint64_t most = database_traits(database)->statement_bytes;

	if (most > 0 && length > most)
		return database_refuse_long(database, length, most);
	database->held = sql;
	database->held_length = length;
	database->held_rows = rows;
	return send_when_settled(database);
}

enum database_step database_next(struct database *database)
{
	return advance_phase(database, database->driver->next(database->connection, &database->error));
}

void database_go_on(struct database *database)
{
	if (database->phase != RUNNING)
		return;
	begin_time(database);
}

/* What a statement has set that the server has not told of would hide tables and columns. */
enum database_step database_describe(struct database *database)
{
	database->held = NULL;
	return send_when_settled(database);
}

void database_leave_host(struct database *database, const char *why)
{
	(void)database_kill(database, false);
	database_set_error(database, why, "");
	close_connection(database, false);
	host_order_failed(&database->endpoint.hosts, clock_now_us());
}
