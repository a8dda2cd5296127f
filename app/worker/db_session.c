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

void db_session_watch(void)
{
	int socket = database_descriptor(worker.database);
	unsigned events = database_wants(worker.database);
	struct epoll_event event = { .events = events, .data.ptr = &worker.database };

	if (worker_is_paused() || socket < 0) { /* nothing of the socket may wake us meanwhile */
		if (worker.database_socket >= 0)
			(void)epoll_ctl(worker.epoll, EPOLL_CTL_DEL, worker.database_socket, &event);
		worker.database_socket = -1;
		return;
	}
	/* While it opens, one descriptor may follow another under the same number. */
	if (socket == worker.database_socket && events == worker.database_events && !worker.opening)
		return;
	if (epoll_ctl(worker.epoll, EPOLL_CTL_MOD, socket, &event) < 0)
		(void)epoll_ctl(worker.epoll, EPOLL_CTL_ADD, socket, &event);
	worker.database_socket = socket;
	worker.database_events = events;
}

void db_session_busy(void)
{
	worker.statement_since_us = clock_now_us();
	metrics_own->busy_since_us = worker.statement_since_us;
	balance_statement_sent(worker.statement_since_us);
}

/* The others are told before a client is: it may be the next to ask one of them. */
void db_session_not_busy(void)
{
	metrics_own->busy_since_us = 0;
}

void db_session_done(void)
{
	int64_t us = clock_now_us() - worker.statement_since_us;

	metrics_observe(&metrics_own->statement, us);
	if (!worker.lanes)
		return;
	lanes_learn(worker.shape, us);
	lanes_leave();
}

bool db_session_is_free(void)
{
	return worker.batch.plan == NULL && !worker.ending_transaction && !worker.opening && !worker.describing &&
	       database_is_open(worker.database);
}

bool db_session_may_describe(void)
{
	return worker.describe_wanted || clock_now_us() - worker.described_us >= DESCRIBE_AGAIN_US;
}

void db_session_want_describe(void)
{
	if (!worker.describe_wanted)
		worker.described_us = clock_now_us();
	worker.describe_wanted = true;
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

static void first_attempt_over(void)
{
	if (worker.notify < 0)
		return;
	(void)!write(worker.notify, "", 1); /* how it went is in the metrics page */
	close(worker.notify);
	worker.notify = -1;
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

static void opened(void)
{
	static bool told; /* what is missing has been, and nothing has changed since: it is looked for once a second */
	const char *missing = database_missing(worker.database);
	bool ready = *missing == '\0', again = !ready || database_schema(worker.database)->incomplete;

	worker.opening = worker.describing = worker.describe_wanted = false;
	metrics_own->busy_since_us = 0;
	worker.describe_again_us = again ? clock_now_us() + DESCRIBE_AGAIN_US : 0;
	set_reason(missing);
	if (!ready && (!told || worker.away))
		log_event(LOG_WARNING, "table-missing", "%s", missing);
	told = !ready;
	if (worker.away || (ready && metrics_own->state != WORKER_READY))
		log_opened(worker.away ? "database-back" : "database-open");
	tell_state(ready ? WORKER_READY : WORKER_AWAY);
	worker.away = false;
	worker.patience = PATIENCE_FRESH;
	if (worker.gone_since_us != 0) {
		worker.open_since_us = clock_now_us();
		peer_list_have_waited_for_nobody(worker.gone_since_us);
	}
	worker.gone_since_us = 0;
	worker.reconnect_us = 0;
	openapi_document_forget();
	peer_list_plan_again();
	database_forget_old(worker.database);
	first_attempt_over();
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
	int64_t gone_us = clock_now_us() - worker.gone_since_us;

	if (worker.patience == PATIENCE_OVER)
		return;
	if (gone_us > grace_us() || (failed && database_host_count(worker.database) == 1)) {
		worker.patience = PATIENCE_OVER;
		peer_list_refuse_waiting();
	} else if (failed || gone_us > PASS_ON_US) {
		worker.patience = PATIENCE_SPENT;
		peer_list_pass_on_waiting();
	}
}

static int64_t reconnect_most_us(void)
{
	return worker.patience == PATIENCE_OVER ? RECONNECT_MOST_US : RECONNECT_WAITED_US;
}

static void gone(void)
{
	if (worker.gone_since_us == 0)
		worker.gone_since_us = clock_now_us();
}

void db_session_step(enum database_step step)
{
	if (step == DATABASE_WAIT)
		return;
	if (step == DATABASE_OPEN) {
		METRICS_ADD(metrics_own->database_connects, worker.opening);
		opened();
		return;
	}
	must(step == DATABASE_LOST); /* a failure while it opens or is described costs the connection */
	worker.opening = worker.describing = false;
	worker.describe_again_us = 0;
	metrics_own->busy_since_us = 0;
	db_session_lost();
	if (!worker.away) {
		const struct database_error *error = database_error(worker.database);
		struct log_line *line = log_begin(LOG_WARNING, "database-away");

		log_number(line, "number", error->number);
		log_string(line, "message", error->text);
		log_end(line);
	}
	worker.away = true;
	gone();
	lose_patience(true);
	worker.reconnect_us = worker.reconnect_us == 0 ? RECONNECT_FIRST_US : worker.reconnect_us * 2;
	if (worker.reconnect_us > reconnect_most_us())
		worker.reconnect_us = reconnect_most_us();
	worker.open_again_us = clock_now_us() + worker.reconnect_us;
	first_attempt_over();
}

void db_session_open(void)
{
	worker.opening = true;
	sandbox_look(worker.config, true);
	gone();
	worker.database_socket = -1; /* the next one may have the same number, and is not in the epoll set */
	worker.open_again_us = 0;
	db_session_step(database_open(worker.database));
}

void db_session_describe(void)
{
	worker.describe_wanted = false;
	worker.describing = true;
	db_session_busy();
	db_session_step(database_describe(worker.database));
}

void db_session_timers(int64_t now_us)
{
	if (worker.open_again_us != 0 && worker.open_again_us <= now_us)
		db_session_open();
	if (worker.gone_since_us != 0) {
		lose_patience(false);
		if (worker.patience == PATIENCE_OVER)
			first_attempt_over();
	}
	if (worker.describe_again_us != 0 && worker.describe_again_us <= now_us && db_session_is_free()) {
		worker.describe_again_us = 0;
		worker.describe_wanted = true;
	}
}

int64_t db_session_deadline_us(void)
{
	int64_t deadline = worker.open_again_us;

	if (db_session_is_free())
		deadline = clock_earlier(deadline, worker.describe_again_us);
	if (worker.gone_since_us != 0 && worker.patience == PATIENCE_FRESH)
		deadline = clock_earlier(deadline, worker.gone_since_us + PASS_ON_US + 1000);
	if (worker.patience == PATIENCE_SPENT)
		deadline = clock_earlier(deadline, clock_now_us() + GRACE_AGAIN_US);
	return deadline;
}
