/* SPDX-License-Identifier: MIT */
#include "database/database.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "build.h"
#include "database/driver.h"
#include "database/endpoint.h"
#include "database/engine.h"
#include "database/host_probe.h"
#include "database/resolve.h"

enum {
	SILENT_US = 500000,         /* how long a host may say nothing before it is probed, if there are others */
	SILENT_MOST_US = 8000000,   /* between two probes of a host that answers them while a statement runs on */
	KILL_LOOK_US = 5000,        /* between two looks at what is to end a statement */
	KILL_FAILED_US = 10000000,  /* after one that was refused another would be, too, for so long, */
	KILL_FAILED_DOUBLINGS = 6,  /* and after each one in a row for twice as long, as often as that */
	HOME_AGAIN_US = 10000000,   /* between two looks for the host where the worker belongs */
};

enum phase { CLOSED, RESOLVING, CONNECTING, SETTING_UP, DESCRIBING, IDLE, SETTLING, CHECKING, RESTORING, RUNNING };

struct database {
	const struct config *config;
	struct target target;
	const struct driver *driver;
	struct driver_connection *connection;
	enum phase phase;
	bool in_transaction; /* which our statements have begun and not ended */
	bool is_empty;       /* nothing has been sent in it */
	bool unclean; /* the session is not as it was set up: it takes no other request */
	bool unsure;  /* it may not be so, which is asked before another statement */
	bool doomed;  /* the next statement might be ended for one before it: the connection is to be given up */
	const char *held; /* the statement that waits for that, the caller's; NULL: a description does */
	size_t held_length;
	enum database_rows held_rows;
	bool opening; /* not only described again: there are other addresses and hosts to try */
	int resolver; /* the look-up under way; -1: none */
	struct resolve_result addresses; /* of the current host */
	int first, tried; /* the address that is tried first, and how many have been tried since the look-up */
	const char *address; /* of the connection */
	unsigned step;       /* of setting up */
	int64_t deadline_us;
	struct probe silence, home; /* of the host that says nothing; of the one where the worker belongs */
	struct probe kill;  /* that is to end a statement, */
	bool kill_is_ours;  /* of this connection, not of one that was given up meanwhile */
	bool kill_failed;   /* the last one; it has ended nothing */
	unsigned kill_failures; /* of this connection, in a row; */
	int64_t kill_failed_us; /* the last one */
	int64_t kill_us;    /* when it is looked at again */
	int64_t silence_us, home_us; /* when they have something to do; 0: nothing */
	int64_t silence_wait_us;
	struct catalogue *catalogue;
	struct schema *schema, *old_schema;
	struct text sql; /* of our own statements */
	struct database_error error;
	char missing[1024];
};

void database_start(const struct config *config)
{
	engine_of(&config->database)->driver->start();
}

struct database *database_new(const struct config *config, unsigned place)
{
	struct database *database = memory_alloc(sizeof(*database));

	database->config = config;
	database->driver = engine_of(&config->database)->driver;
	database->resolver = -1;
	target_init(&database->target, config, place);
	return database;
}

static void set_deadline(struct database *database, long seconds)
{
	database->deadline_us = clock_now_us() + seconds * 1000000;
}

/* The host has said something, or is about to be asked. */
static void watch_silence(struct database *database)
{
	probe_stop(&database->silence);
	database->silence_wait_us = SILENT_US;
	database->silence_us = database_host_count(database) > 1 ? clock_now_us() + SILENT_US : 0;
}

static void idle(struct database *database)
{
	database->phase = IDLE;
	database->deadline_us = database->silence_us = 0;
	probe_stop(&database->silence);
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
	database->in_transaction = database->unclean = database->unsure = database->doomed = database->kill_is_ours = false;
	probe_stop(&database->silence);
	database->phase = CLOSED;
	database->deadline_us = database->silence_us = 0;
}

bool database_kill(struct database *database, bool spares_commit)
{
	struct probe *kill = &database->kill;

	if (database->phase != RUNNING || kill->active)
		return false;
	probe_start(kill, database->driver, database->target.url, target_host(&database->target), database->address,
	            database->config->connect_timeout_s);
	while (kill->statement_count < PROBE_STATEMENTS &&
	       database->driver->kill(database->connection, kill->statement_count, spares_commit,
	                              &kill->statements[kill->statement_count]))
		kill->statement_count++;
	if (kill->statement_count == 0) { /* the server has not told what it takes */
		probe_stop(kill);
		return false;
	}
	database->kill_is_ours = true;
	database->kill_failed = false;
	database->kill_us = clock_now_us() + KILL_LOOK_US;
	return true;
}

bool database_kill_failed(const struct database *database)
{
	return !database->kill.active && database->kill_failed;
}

bool database_may_kill(struct database *database)
{
	unsigned more = database->kill_failures > 0 ? database->kill_failures - 1 : 0;
	int64_t lasts_us = (int64_t)KILL_FAILED_US << (more < KILL_FAILED_DOUBLINGS ? more : KILL_FAILED_DOUBLINGS);

	if (database->kill_failures > 0 && clock_now_us() - database->kill_failed_us < lasts_us)
		return false;
	text_clear(&database->sql);
	return database->driver->kill(database->connection, 0, true, &database->sql);
}

void database_drop(struct database *database)
{
	(void)database_kill(database, false);
	database->target.hosts.start = database->target.hosts.current;
	close_connection(database, false);
}

void database_free(struct database *database)
{
	probe_stop(&database->home);
	probe_stop(&database->kill);
	close_connection(database, database->phase == IDLE);
	schema_free(database->schema);
	schema_free(database->old_schema);
	text_release(&database->sql);
	target_release(&database->target);
	free(database);
}

static enum database_step connect_next(struct database *database);

static bool another_address(const struct database *database)
{
	const struct url_host *host = target_host(&database->target);

	return host != NULL && database->phase != RESOLVING && !database->driver->takes_name(database->target.url, host) &&
	       database->tried < database->addresses.count;
}

static enum database_step try_next_host(struct database *database);

/* What is not sent yet has not run, nor is anything kept of a transaction in which nothing has been sent. */
static bool nothing_has_run(const struct database *database)
{
	return !database->in_transaction || database->is_empty;
}

/* The connection, or what was to become one, is no more. While it opens, the next address is tried, and the next host. */
static enum database_step lost(struct database *database)
{
	bool another = another_address(database);

	if (database->phase == SETTLING || database->phase == CHECKING || database->phase == RESTORING)
		database->error.not_run = nothing_has_run(database);
	if (database->opening && database_host_count(database) > 1) {
		char words[sizeof(database->error.text)];

		strcpy(words, database->error.text);
		snprintf(database->error.text, sizeof(database->error.text), "%.200s: %.300s", database->target.name, words);
	}
	close_connection(database, false);
	if (database->opening && another)
		return connect_next(database);
	hosts_failed(&database->target.hosts, clock_now_us());
	return database->opening ? try_next_host(database) : DATABASE_LOST;
}

static void tell(struct database *database, const char *what, const char *detail)
{
	database_error_clear(&database->error);
	database->error.status = STATUS_AWAY;
	snprintf(database->error.text, sizeof(database->error.text), "%s%s", what, detail);
}

static const char changed[] = "the session is not as it was set up: a function or trigger has changed it";

/* The host is not to blame. */
static enum database_step renew(struct database *database, const char *why)
{
	tell(database, why, "");
	database->error.not_run = nothing_has_run(database);
	database->target.hosts.start = database->target.hosts.current;
	close_connection(database, true);
	return DATABASE_LOST;
}

static bool is_word(const char *sql, size_t length, const char *word)
{
	return length == strlen(word) && memcmp(sql, word, length) == 0;
}

/* Of the statement that is sent. The two databases begin transactions with the same words, and followed by others. */
static void watch_transaction(struct database *database, const char *sql, size_t length)
{
	static const char begin[] = "START TRANSACTION";

	database->is_empty = length >= sizeof(begin) - 1 && memcmp(sql, begin, sizeof(begin) - 1) == 0;
	if (database->is_empty)
		database->in_transaction = true;
	else if (is_word(sql, length, "COMMIT") || is_word(sql, length, "ROLLBACK"))
		database->in_transaction = false;
}

static enum database_step fail_open(struct database *database, const char *what, const char *detail)
{
	tell(database, what, detail);
	return lost(database);
}

static enum database_step advance(struct database *database, enum database_step step);

static enum database_step send_own(struct database *database, enum database_rows rows)
{
	return advance(database, database->driver->send(database->connection, database->sql.bytes, database->sql.length,
	                                                rows, &database->error));
}

static enum database_step opened(struct database *database)
{
	database->opening = false;
	database->kill_failures = 0; /* it may be another server */
	if (database->addresses.count > 0) /* this address is good, for the next time as well */
		database->first = (database->first + database->tried - 1) % database->addresses.count;
	hosts_good(&database->target.hosts);
	probe_stop(&database->home);
	database->home_us = database->target.url->target == URL_TARGET_ANY && !hosts_is_home(&database->target.hosts) ?
	                            clock_now_us() + HOME_AGAIN_US : 0;
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
	if (database->old_schema == NULL)
		database->old_schema = database->schema;
	else
		schema_free(database->schema); /* nobody has seen it yet */
	database->schema = schema;
	idle(database);
	return database->opening ? opened(database) : DATABASE_OPEN;
}

static enum database_step describe_begin(struct database *database)
{
	database->phase = DESCRIBING;
	set_deadline(database, database->config->statement_timeout_s);
	watch_silence(database);
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

/* What has ended is answered by what is known of it. Nothing else is sent but what ends its transaction: literals may
 * mean something else by now, and what is written may be lost with the connection. */
static void found_unclean(struct database *database)
{
	database->unclean = true;
	log_event(LOG_WARNING, "session-changed", "%s", changed);
}

static void look_whether_clean(struct database *database)
{
	if (database->unclean)
		return;
	switch (database->driver->session(database->connection, database->in_transaction)) {
	case SESSION_AS_SET_UP:
		break;
	case SESSION_UNSURE:
		database->unsure = true;
		break;
	case SESSION_CHANGED:
		found_unclean(database);
		break;
	}
}

/* The statements that end a transaction have no literals, and what was answered is to stay; nor have those that ask what
 * failed, which another statement between would make forgotten. */
static bool needs_clean(const char *sql, size_t length)
{
	return !is_word(sql, length, "COMMIT") && !is_word(sql, length, "ROLLBACK") &&
	       !is_word(sql, length, DATABASE_KEEP_FAULT_ROW) && !is_word(sql, length, DATABASE_TELL_FAULT_ROW);
}

static enum database_step send_held(struct database *database)
{
	watch_transaction(database, database->held, database->held_length);
	database->phase = RUNNING;
	return database->driver->send(database->connection, database->held, database->held_length, database->held_rows,
	                              &database->error);
}

/* The session is not as it was set up, and there is more to send, for which it is made again what it was. */
static enum database_step restore(struct database *database)
{
	database->phase = RESTORING;
	text_clear(&database->sql);
	text_add_string(&database->sql, database->driver->session_restore(database->connection));
	return send_own(database, DATABASE_ONE_BY_ONE);
}

static enum database_step restored(struct database *database)
{
	return database->held == NULL ? describe_begin(database) : advance(database, send_held(database));
}

/* The session has been asked. What a request has sent, or sends as its first statement, is not given up for what
 * another statement has left behind: the same might be left in the next session before it has its turn again. */
static enum database_step checked(struct database *database)
{
	if (!database->unsure)
		return advance(database, send_held(database));
	found_unclean(database);
	return restore(database);
}

/* Goes on from what the driver said, until the caller has to know or there is something to wait for. */
static enum database_step advance(struct database *database, enum database_step step)
{
	struct row row;

	for (;;) {
		if (step == DATABASE_WAIT)
			return step;
		if (step == DATABASE_LOST)
			return lost(database);
		switch (database->phase) {
		case CONNECTING:
			database->phase = SETTING_UP;
			database->step = 0;
			return set_up_next(database);
		case SETTING_UP:
			if (step == DATABASE_FAILED)
				return lost(database);
			if (step == DATABASE_END)
				return set_up_next(database);
			database->driver->row(database->connection, &row);
			database->driver->setup_row(database->connection, &row);
			step = database->driver->next(database->connection, &database->error);
			break;
		case DESCRIBING:
			if (step == DATABASE_FAILED &&
			    !database->driver->catalogue_failed(database->catalogue, &database->error))
				return lost(database);
			if (step == DATABASE_END || step == DATABASE_FAILED)
				return describe_next(database);
			database->driver->row(database->connection, &row);
			database->driver->catalogue_row(database->catalogue, &row);
			step = database->driver->next(database->connection, &database->error);
			break;
		case CHECKING:
			if (step == DATABASE_END || step == DATABASE_FAILED)
				return checked(database);
			database->driver->row(database->connection, &row);
			database->unsure = row.count != 1 || row.values[0] == NULL || strcmp(row.values[0], "1") != 0;
			step = database->driver->next(database->connection, &database->error);
			break;
		case RESTORING: /* which gives no rows */
			return step == DATABASE_END ? restored(database) : renew(database, changed);
		case CLOSED:
		case RESOLVING:
		case IDLE:
		case SETTLING:
		case RUNNING:
			if (step == DATABASE_END || step == DATABASE_FAILED) {
				idle(database);
				look_whether_clean(database);
			}
			return step;
		}
	}
}

static enum database_step connect_to(struct database *database, const char *address)
{
	database->phase = CONNECTING;
	database->address = address;
	return advance(database, database->driver->connect(&database->connection, database->target.url,
	                                                   target_host(&database->target), address,
	                                                   database->config->connect_timeout_s, &database->error));
}

/* The next of the host's addresses. Each has a whole attempt's time, or one that is silent would use up that of all. */
static enum database_step connect_next(struct database *database)
{
	int place = (database->first + database->tried++) % database->addresses.count;
	bool all = database->driver->takes_name(database->target.url, target_host(&database->target));

	set_deadline(database, database->config->connect_timeout_s * (all ? database->addresses.count : 1));
	return connect_to(database, database->addresses.addresses[place]);
}

static enum database_step try_host(struct database *database)
{
	const struct url_host *host = target_host(&database->target);

	database->tried = database->addresses.count = 0;
	set_deadline(database, database->config->connect_timeout_s);
	if (host == NULL)
		return connect_to(database, NULL);
	if (resolve_is_numeric(host->name))
		return connect_to(database, host->name);
	if ((database->resolver = resolve_start(host->name)) < 0)
		return fail_open(database, "cannot start to look up the host: ", strerror(errno));
	database->phase = RESOLVING;
	return DATABASE_WAIT;
}

static enum database_step try_next_host(struct database *database)
{
	unsigned before = database->target.hosts.current;

	if (!target_next(&database->target)) {
		database->opening = false;
		return DATABASE_LOST;
	}
	if (database->target.hosts.current != before) /* the good address was another host's */
		database->first = 0;
	return try_host(database);
}

enum database_step database_open(struct database *database)
{
	probe_stop(&database->home);
	close_connection(database, false);
	database_error_clear(&database->error);
	target_begin(&database->target);
	database->opening = true;
	return try_next_host(database);
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
		[SETTLING] = "the end of a statement that nobody waited for took too long",
		[CHECKING] = "the question for the session's state took too long",
		[RESTORING] = "the preparation of the session took too long",
		[RUNNING] = "the statement ran past its time, and the server did not end it",
	};
	bool running = database->phase == RUNNING;

	tell(database, what[database->phase], "");
	if (running) {
		database->error.status = STATUS_TIMEOUT;
		(void)database_kill(database, false); /* not every server has been told how long it may run (MySQL: only reads) */
	}
	return lost(database);
}

/* A host that says nothing while it should: it works, or it is gone. A connect tells. */
static enum database_step look_at_silence(struct database *database, int64_t now)
{
	if (!database->silence.active) {
		probe_start(&database->silence, database->driver, database->target.url, target_host(&database->target),
		            database->address, database->config->connect_timeout_s);
		database->silence_us = now + PROBE_LOOK_US;
		return DATABASE_WAIT;
	}
	switch (probe_look(&database->silence)) {
	case PROBE_SILENT:
	case PROBE_UNSURE: /* it has nothing to say there */
		return fail_open(database, "the host does not answer any more", "");
	case PROBE_WAITS:
		database->silence_us = now + PROBE_LOOK_US;
		break;
	case PROBE_OPEN:
	case PROBE_REFUSED: /* it lives */
		database->silence_wait_us *= 2;
		if (database->silence_wait_us > SILENT_MOST_US)
			database->silence_wait_us = SILENT_MOST_US;
		database->silence_us = now + database->silence_wait_us;
		break;
	}
	return DATABASE_WAIT;
}

/* The host where the worker belongs may be back. Between two statements the worker goes there. */
static enum database_step look_for_home(struct database *database, int64_t now)
{
	if (!database->home.active) {
		probe_start(&database->home, database->driver, database->target.url,
		            &database->target.url->hosts[database->target.hosts.home], NULL, database->config->connect_timeout_s);
		database->home_us = now + PROBE_LOOK_US;
		return DATABASE_WAIT;
	}
	switch (probe_look(&database->home)) {
	case PROBE_WAITS:
		database->home_us = now + PROBE_LOOK_US;
		return DATABASE_WAIT;
	case PROBE_SILENT:
	case PROBE_REFUSED:
	case PROBE_UNSURE:
		database->home_us = now + HOME_AGAIN_US;
		return DATABASE_WAIT;
	case PROBE_OPEN:
		break;
	}
	tell(database, "going back to the host where this worker belongs", "");
	close_connection(database, true);
	hosts_go_home(&database->target.hosts);
	return DATABASE_LOST;
}

static enum database_step check(struct database *database)
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
	bool needs = database->held == NULL || needs_clean(database->held, database->held_length);

	if (database->doomed)
		return renew(database, perhaps_killed);
	if (database->held == NULL || (database->unclean && needs))
		return restore(database);
	if (database->unsure && needs)
		return check(database);
	return advance(database, send_held(database));
}

static void begin_time(struct database *database)
{
	set_deadline(database, database->config->statement_timeout_s + 1);
	watch_silence(database);
}

/* No statement is ended in the place of that which was meant: until it is over with that, nothing is sent. */
static enum database_step send_when_settled(struct database *database)
{
	begin_time(database);
	if (!database->kill.active || !database->kill_is_ours)
		return send_on(database);
	database->phase = SETTLING;
	return DATABASE_WAIT;
}

static enum database_step look_at_kill(struct database *database, int64_t now)
{
	enum probe_says says = probe_look(&database->kill);

	database->kill_us = now + KILL_LOOK_US;
	if (says == PROBE_WAITS)
		return DATABASE_WAIT;
	if (says != PROBE_OPEN)
		log_event(LOG_INFO, "kill-failed", "%s: %s",
		          says == PROBE_UNSURE ? "it is not known whether a statement was ended"
		                               : "a statement that was to be ended goes on",
		          database->kill.reason);
	database->kill_failed = says != PROBE_OPEN && says != PROBE_UNSURE;
	database->kill_failures = database->kill_failed ? database->kill_failures + 1 : 0;
	database->kill_failed_us = now;
	if (says == PROBE_UNSURE && database->kill_is_ours) /* whatever becomes of another one */
		database->doomed = true;
	if (database->phase != SETTLING)
		return DATABASE_WAIT;
	begin_time(database);
	return send_on(database);
}

static enum database_step timers(struct database *database)
{
	int64_t now = clock_now_us();

	if (database->kill.active && now >= database->kill_us)
		return look_at_kill(database, now);
	if (database->phase == IDLE && (database->unclean || database->doomed))
		return renew(database, database->doomed ? perhaps_killed : changed);
	if (database->deadline_us != 0 && now >= database->deadline_us)
		return expired(database);
	if (database->silence_us != 0 && now >= database->silence_us)
		return look_at_silence(database, now);
	if (database->phase == IDLE && database->home_us != 0 && now >= database->home_us)
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
		return timers(database);
	if (database->phase == RESOLVING)
		return resolved(database);
	if (database->phase == RUNNING) /* it makes progress; how long it may run in all is the server's to watch */
		set_deadline(database, database->config->statement_timeout_s + 1);
	if (database->phase >= CHECKING || database->phase == DESCRIBING)
		watch_silence(database);
	return advance(database, database->driver->resume(database->connection, ready, &database->error));
}

/* Nothing is sent: the server would hang up, and whoever waits would not know what has happened. */
static enum database_step refuse_long(struct database *database, size_t length, uint64_t most)
{
	tell(database, "", "");
	database->error.status = STATUS_BODY_TOO_LARGE;
	snprintf(database->error.text, sizeof(database->error.text),
	         "the statement has %zu bytes, of which the server takes %llu (max_allowed_packet): it was not sent", length,
	         (unsigned long long)most);
	return DATABASE_FAILED;
}

enum database_step database_send(struct database *database, const char *sql, size_t length, enum database_rows rows)
{
	uint64_t most = database_traits(database)->statement_bytes;

	if (most > 0 && length > most)
		return refuse_long(database, length, most);
	database->held = sql;
	database->held_length = length;
	database->held_rows = rows;
	return send_when_settled(database);
}

enum database_step database_next(struct database *database)
{
	return advance(database, database->driver->next(database->connection, &database->error));
}

void database_go_on(struct database *database)
{
	if (database->phase != RUNNING)
		return;
	set_deadline(database, database->config->statement_timeout_s + 1);
	watch_silence(database);
}

/* What a statement has set that the server has not told of would hide tables and columns. */
enum database_step database_describe(struct database *database)
{
	database->held = NULL;
	return send_when_settled(database);
}

bool database_is_open(const struct database *database)
{
	return (database->phase == IDLE && !database->unclean && !database->doomed) || database->phase > IDLE;
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

int64_t database_deadline_us(const struct database *database)
{
	int64_t deadline = clock_earlier(database->deadline_us, database->silence_us);

	if (database->phase == IDLE && (database->unclean || database->doomed))
		return 1; /* at once */
	if (database->kill.active)
		deadline = clock_earlier(deadline, database->kill_us);
	return database->phase == IDLE ? clock_earlier(deadline, database->home_us) : deadline;
}

void database_leave_host(struct database *database, const char *why)
{
	(void)database_kill(database, false);
	tell(database, why, "");
	close_connection(database, false);
	hosts_failed(&database->target.hosts, clock_now_us());
}

unsigned database_host_count(const struct database *database)
{
	return database->target.url->host_count > 1 ? database->target.url->host_count : 1;
}

bool database_wants_writable(const struct database *database)
{
	return database->target.url->target == URL_TARGET_WRITABLE;
}

const char *database_host(const struct database *database)
{
	return database->target.name;
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
