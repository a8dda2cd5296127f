/* SPDX-License-Identifier: MIT */
#include "worker/db_session.h"

#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/must.h"
#include "response/openapi_document.h"
#include "sandbox/sandbox.h"
#include "worker/absence.h"
#include "worker/balance.h"
#include "worker/lanes.h"
#include "worker/peer_list.h"
#include "worker/worker_state.h"

enum {
	PASS_ON_US = 100000, /* how long requests wait here for a connection that is gone, before they look for another worker, */
	GRACE_AGAIN_US = 50000, /* and how often they do so then */
	GRACE_US = 500000, /* with one host: how long they wait in all; a PostgreSQL that is busy takes as long to let us in */
	GRACE_OTHERS_US = 1000000, /* with several: the same, beside what it takes to find all hosts but one silent; */
	GRACE_MOST_US = 10000000,  /* the two together at most */
	RECONNECT_FIRST_US = 50000,
	RECONNECT_MOST_US = 500000,
	RECONNECT_WAITED_US = 100000, /* the most while requests wait for it */
	DESCRIBE_AGAIN_US = 1000000, /* while something of MYREST_TABLES is missing, or the description incomplete */
};

static struct db_session {
	int notify; /* tells the supervisor that the first attempt at the database is over; -1: told */
	int socket; /* as it is in the epoll set; -1: not */
	unsigned events;
	bool opening, describing; /* under way */
	bool reserved;            /* for the end of a transaction */
	bool describe_wanted;     /* the tables are to be described again before the next statement */
	bool away;                /* the last attempt to connect failed */
	bool missing_told; /* what is missing has been, and nothing has changed since: it is looked for once a second */
	int64_t described_us;     /* when a request last had the tables described */
	int64_t open_again_us, pause_us, describe_again_us; /* pause: between two attempts to connect */
	int64_t statement_since_us;
} session;

void db_session_begin(int notify)
{
	session = (struct db_session){ .notify = notify, .socket = -1 };
	absence_reset();
}

bool db_session_was_tried(void)
{
	return session.notify < 0;
}

bool db_session_is_opening(void)
{
	return session.opening;
}

bool db_session_is_describing(void)
{
	return session.describing;
}

bool db_session_wants_describe(void)
{
	return session.describe_wanted;
}

int64_t db_session_statement_since_us(void)
{
	return session.statement_since_us;
}

void db_session_set_reserved(bool reserved)
{
	session.reserved = reserved;
}

bool db_session_is_reserved(void)
{
	return session.reserved;
}

void db_session_watch(bool paused)
{
	int socket = database_descriptor(worker.database);
	unsigned events = database_wants(worker.database);
	struct epoll_event event = { .events = events, .data.ptr = &worker.database };

	if (paused || socket < 0) { /* nothing of the socket may wake us meanwhile */
		if (session.socket >= 0)
			(void)epoll_ctl(worker.epoll, EPOLL_CTL_DEL, session.socket, &event);
		session.socket = -1;
		return;
	}
	/* While it opens, one descriptor may follow another under the same number. */
	if (socket == session.socket && events == session.events && !session.opening)
		return;
	if (epoll_ctl(worker.epoll, EPOLL_CTL_MOD, socket, &event) < 0)
		(void)epoll_ctl(worker.epoll, EPOLL_CTL_ADD, socket, &event);
	session.socket = socket;
	session.events = events;
}

void db_session_busy(void)
{
	session.statement_since_us = clock_now_us();
	metrics_own->busy_since_us = session.statement_since_us;
	balance_statement_sent(session.statement_since_us);
}

/* The others are told before a client is: it may be the next to ask one of them. */
void db_session_not_busy(void)
{
	metrics_own->busy_since_us = 0;
}

void db_session_done(void)
{
	int64_t us = clock_now_us() - session.statement_since_us;

	metrics_observe(&metrics_own->statement, us);
	lanes_end_statement(us);
}

bool db_session_is_free(void)
{
	return worker.batch.plan == NULL && !session.reserved && !session.opening && !session.describing &&
	       database_is_open(worker.database);
}

bool db_session_may_describe(void)
{
	return session.describe_wanted || clock_now_us() - session.described_us >= DESCRIBE_AGAIN_US;
}

void db_session_want_describe(void)
{
	if (!session.describe_wanted)
		session.described_us = clock_now_us();
	session.describe_wanted = true;
}

static void tell_state(enum worker_state state)
{
	if (!worker.draining)
		metrics_own->state = state;
}

static void set_reason(const char *reason)
{
	size_t length = strlen(reason);

	if (length >= sizeof(metrics_own->reason))
		length = sizeof(metrics_own->reason) - 1;
	memcpy(metrics_own->reason, reason, length);
	metrics_own->reason[length] = '\0';
}

void db_session_lost(void)
{
	const struct database_error *error = database_error(worker.database);

	METRICS_ADD(metrics_own->database_losses, 1);
	tell_state(WORKER_AWAY);
	set_reason(error->text);
}

static void tell_first_attempt(void)
{
	if (session.notify < 0)
		return;
	(void)!write(session.notify, "", 1); /* how it went is in the metrics page */
	close(session.notify);
	session.notify = -1;
}

static void log_opened(const char *event)
{
	const char *protection = database_protection(worker.database);
	struct log_line *line = log_begin(LOG_NOTICE, event);

	log_string(line, "message", "the database answers");
	log_string(line, "host", database_host(worker.database));
	log_string(line, "tls", protection != NULL ? protection : "none");
	log_end(line);
}

static void begin_serving(void)
{
	const char *missing = database_missing(worker.database);
	int64_t gone_since_us;
	bool ready = *missing == '\0', again = !ready || database_schema(worker.database)->incomplete;

	session.opening = session.describing = session.describe_wanted = false;
	metrics_own->busy_since_us = 0;
	session.describe_again_us = again ? clock_now_us() + DESCRIBE_AGAIN_US : 0;
	set_reason(missing);
	if (!ready && (!session.missing_told || session.away))
		log_event(LOG_WARNING, "table-missing", "%s", missing);
	session.missing_told = !ready;
	if (session.away || (ready && metrics_own->state != WORKER_READY))
		log_opened(session.away ? "database-back" : "database-open");
	tell_state(ready ? WORKER_READY : WORKER_AWAY);
	session.away = false;
	gone_since_us = absence_since_us();
	absence_end();
	if (gone_since_us != 0)
		peer_list_have_waited_for_nobody(gone_since_us);
	session.pause_us = 0;
	openapi_document_forget();
	peer_list_plan_again();
	database_forget_old(worker.database);
	tell_first_attempt();
}

/* How long requests wait for a connection. A cluster that gives one of its nodes up may have none that will do until it
 * has done so, so a round of attempts that fails is not the end where there are other hosts. */
static int64_t grace_us(void)
{
	unsigned others = database_host_count(worker.database) - 1;
	int64_t grace = others * worker.config->connect_timeout_s * 1000000 + GRACE_OTHERS_US;

	if (others == 0)
		return GRACE_US;
	return grace < GRACE_MOST_US ? grace : GRACE_MOST_US;
}

/* failed: an attempt to connect has. */
static void lose_patience(bool failed)
{
	int64_t gone_us = clock_now_us() - absence_since_us();

	if (absence_patience() == PATIENCE_OVER)
		return;
	if (gone_us > grace_us() || (failed && database_host_count(worker.database) == 1)) {
		absence_set_patience(PATIENCE_OVER);
		peer_list_refuse_waiting();
	} else if (failed || gone_us > PASS_ON_US) {
		absence_set_patience(PATIENCE_SPENT);
		peer_list_pass_on_waiting();
	}
}

static int64_t reconnect_most_us(void)
{
	return absence_patience() == PATIENCE_OVER ? RECONNECT_MOST_US : RECONNECT_WAITED_US;
}

void db_session_step(enum database_step step)
{
	if (step == DATABASE_WAIT)
		return;
	if (step == DATABASE_OPEN) {
		METRICS_ADD(metrics_own->database_connects, session.opening);
		begin_serving();
		return;
	}
	must(step == DATABASE_LOST); /* a failure while it opens or is described costs the connection */
	session.opening = session.describing = false;
	session.describe_again_us = 0;
	metrics_own->busy_since_us = 0;
	db_session_lost();
	if (!session.away) {
		const struct database_error *error = database_error(worker.database);
		struct log_line *line = log_begin(LOG_WARNING, "database-away");

		log_number(line, "number", error->number);
		log_string(line, "message", error->text);
		log_end(line);
	}
	session.away = true;
	absence_begin();
	lose_patience(true);
	session.pause_us = session.pause_us == 0 ? RECONNECT_FIRST_US : session.pause_us * 2;
	if (session.pause_us > reconnect_most_us())
		session.pause_us = reconnect_most_us();
	session.open_again_us = clock_now_us() + session.pause_us;
	tell_first_attempt();
}

void db_session_open(void)
{
	session.opening = true;
	sandbox_look(worker.config, true);
	absence_begin();
	session.socket = -1; /* the next one may have the same number, and is not in the epoll set */
	session.open_again_us = 0;
	db_session_step(database_open(worker.database));
}

void db_session_open_at_once(void)
{
	session.pause_us = 0;
	db_session_open();
}

void db_session_describe(void)
{
	session.describe_wanted = false;
	session.describing = true;
	db_session_busy();
	db_session_step(database_describe(worker.database));
}

void db_session_timers(int64_t now_us)
{
	if (session.open_again_us != 0 && session.open_again_us <= now_us)
		db_session_open();
	if (absence_is_on()) {
		lose_patience(false);
		if (absence_patience() == PATIENCE_OVER)
			tell_first_attempt();
	}
	if (session.describe_again_us != 0 && session.describe_again_us <= now_us && db_session_is_free()) {
		session.describe_again_us = 0;
		session.describe_wanted = true;
	}
}

int64_t db_session_deadline_us(void)
{
	int64_t deadline = session.open_again_us;

	if (db_session_is_free())
		deadline = clock_earlier(deadline, session.describe_again_us);
	if (absence_is_on() && absence_patience() == PATIENCE_FRESH)
		deadline = clock_earlier(deadline, absence_since_us() + PASS_ON_US + 1000);
	if (absence_patience() == PATIENCE_SPENT)
		deadline = clock_earlier(deadline, clock_now_us() + GRACE_AGAIN_US);
	return deadline;
}
