/* SPDX-License-Identifier: MIT */
#include "worker.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "answer.h"
#include "batch.h"
#include "clock.h"
#include "database.h"
#include "metrics.h"
#include "route.h"

enum {
	EVENTS_AT_ONCE = 128,
	ACCEPTS_AT_ONCE = 16,
	TAKES_AT_ONCE = 32,
	ROWS_AT_ONCE = 512, /* before other events get their turn */
	KEYS_TIMES_BUFFER = 16, /* how many times MYREST_BUFFER_BYTES the rows of several keys may be together */
	STREAM_AHEAD_BYTES = 65536, /* of a stream that the web server has not taken: no more rows are read */
	HANDOVER_AFTER_US = 2000, /* how long a statement may run before who waits for it goes to an idle worker, */
	HANDOVER_ANYWAY_US = 6000, /* and before they go to whichever is idle first */
	HANDOVER_RETRY_US = 1000,
	GRACE_US = 100000, /* how long a request waits for the first attempt to reconnect */
	RECONNECT_FIRST_US = 50000,
	RECONNECT_MOST_US = 500000,
	DESCRIBE_AGAIN_US = 1000000, /* while something of MYREST_TABLES is missing */
	ENTRANCES_AGAIN_US = 50000, /* while they are left to workers that have a database connection */
	ACCEPT_AGAIN_US = 100000, /* after there was no descriptor left */
	DISCARD_US = 100000, /* how long rows that nobody wants are read before the connection is given up */
};

static struct worker {
	const struct config *config;
	const struct handover *handover;
	struct database *database;
	struct peer_list peers[PEER_STATES];
	struct batch batch;
	int epoll, listener, signals, notify;
	bool watching_entrances; /* the listening socket and the queue are in the epoll set */
	bool draining, retiring, entrances_closed;
	int64_t drain_deadline_us, accept_again_us;
	/* The database connection. */
	int database_socket; /* as it is in the epoll set; -1: not */
	unsigned database_events;
	bool opening, describing; /* under way */
	bool describe_wanted;     /* the tables are to be described again before the next statement */
	bool away; /* the last attempt to connect failed; requests are told so at once */
	bool grace_over; /* the attempt under way has taken so long that they are told so, too */
	int64_t described_us; /* when a request last had the tables described */
	int64_t opening_since_us, open_again_us, reconnect_us, describe_again_us;
	/* The statement that runs; its requests are in peers[PEER_RUNNING]. */
	int64_t statement_since_us, handover_again_us;
	struct peer *stream;     /* the one request, when its answer streams */
	bool row_pending;        /* a row is there that has not been taken: the stream's reader is slow, or others' turn */
	bool discarding;         /* nobody wants the rows that are still to come */
	int64_t discarding_since_us;
} worker;

/* What an event's data.ptr points to when it is not a peer. */
static char is_listener, is_queue, is_signal, is_database;

/* --- Peers and their lists --- */

static void move(struct peer *peer, enum peer_state state)
{
	TAILQ_REMOVE(&worker.peers[peer->state], peer, link);
	peer->state = state;
	TAILQ_INSERT_TAIL(&worker.peers[state], peer, link);
}

static bool watch_peer(struct peer *peer, int operation, unsigned events)
{
	struct epoll_event event = { .events = EPOLLET | EPOLLRDHUP | events, .data.ptr = peer };

	peer->watches_output = (events & EPOLLOUT) != 0;
	return epoll_ctl(worker.epoll, operation, peer->socket, &event) == 0;
}

static void hang_up(struct peer *peer)
{
	if (peer->state == PEER_CLOSED)
		return;
	if (peer->socket >= 0) {
		(void)watch_peer(peer, EPOLL_CTL_DEL, 0);
		close(peer->socket);
		peer->socket = -1;
	}
	move(peer, PEER_CLOSED);
}

static void admit(int socket)
{
	struct peer *peer = peer_new(socket, (size_t)worker.config->max_request_bytes);
	int on = 1;

	(void)setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* fails on a unix socket, no matter */
	TAILQ_INSERT_TAIL(&worker.peers[PEER_IDLE], peer, link);
	if (!watch_peer(peer, EPOLL_CTL_ADD, EPOLLIN))
		hang_up(peer);
}

static void free_closed(void)
{
	struct peer *peer;

	while ((peer = TAILQ_FIRST(&worker.peers[PEER_CLOSED])) != NULL) {
		TAILQ_REMOVE(&worker.peers[PEER_CLOSED], peer, link);
		peer_free(peer);
	}
}

/* Gives the connection to whichever worker is idle next. false: it stays. */
static bool give_away(struct peer *peer)
{
	if (!handover_give(worker.handover, peer->socket))
		return false;
	METRICS_ADD(metrics_own->handovers, 1);
	hang_up(peer);
	return true;
}

static void look(struct peer *peer);

/* An idle connection of a worker that leaves. On a unix socket nothing can come after SHUT_RD, and who writes then is
 * told so before a byte is taken: so no request is lost between a last look and the close. */
static void part_with(struct peer *peer)
{
	if (worker.retiring) {
		(void)give_away(peer);
		return;
	}
	look(peer);
	if (peer->state != PEER_IDLE)
		return;
	shutdown(peer->socket, SHUT_RD);
	look(peer);
	if (peer->state == PEER_IDLE)
		hang_up(peer);
}

/* --- Answers on their way --- */

static void log_access(const struct peer *peer)
{
	struct log_line *line = log_begin_always(LOG_INFO, "access");

	log_bytes(line, "id", peer->request.id.bytes, peer->request.id.length);
	log_bytes(line, "method", peer->request.method_name.bytes, peer->request.method_name.length);
	log_bytes(line, "path", peer->request.uri.bytes, peer->request.uri.length);
	log_number(line, "status", peer->status);
	log_milliseconds(line, "duration_ms", clock_now_us() - peer->since_us);
	log_number(line, "rows", (int64_t)peer->rows);
	log_boolean(line, "merged", peer->merged);
	log_end(line);
}

static void answered(struct peer *peer)
{
	bool rearm;

	METRICS_ADD(metrics_own->requests, 1);
	if (peer->status >= 500)
		METRICS_ADD(metrics_own->requests_failed, 1);
	if (peer->merged)
		METRICS_ADD(metrics_own->requests_merged, 1);
	if (worker.config->access_log)
		log_access(peer);
	if (!peer->reader.keep) {
		hang_up(peer);
		return;
	}
	rearm = peer->more || peer->watches_output;
	peer_clear(peer);
	move(peer, PEER_IDLE);
	if (rearm) /* which reports again what has come meanwhile */
		(void)watch_peer(peer, EPOLL_CTL_MOD, EPOLLIN);
	else if (worker.draining) /* at once, lest a client that goes on asking keeps us */
		part_with(peer);
}

static void write_on(struct peer *peer)
{
	switch (peer_write(peer)) {
	case FASTCGI_WRITTEN:
		answered(peer);
		break;
	case FASTCGI_BLOCKED:
		peer->deadline_us = clock_now_us() + worker.config->request_timeout_s * 1000000;
		if (!peer->watches_output)
			(void)watch_peer(peer, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
		move(peer, PEER_WRITING); /* to the end of the list, which is in the order of the deadlines */
		break;
	case FASTCGI_BROKEN:
		hang_up(peer);
		break;
	}
}

/* The request is the peer's own affair from here: its bytes are taken and the answer goes out. */
static void refuse(struct peer *peer, const struct fault *fault, const char *allow)
{
	if (peer->unread > 0 && !peer_consume(peer)) {
		hang_up(peer);
		return;
	}
	answer_fault(peer, fault, allow);
	write_on(peer);
}

/* There is no database connection: another worker may have one. */
static void refuse_away(struct peer *peer)
{
	struct fault fault = { .status = STATUS_AWAY };

	if (peer->unread > 0 && !worker.draining && metrics_ready_sibling() && give_away(peer))
		return;
	refuse(peer, &fault, NULL);
}

static void refuse_waiting(void)
{
	struct peer *peer;

	while ((peer = TAILQ_FIRST(&worker.peers[PEER_WAITING])) != NULL)
		refuse_away(peer);
}

/* --- Requests --- */

#ifdef FAULT_JOIN_RUNNING
/* Wrong on purpose, for the freshness test, which has to find it: a request joins a statement that is running. */
static void join_running(struct peer *peer)
{
	if (worker.batch.plan == NULL || worker.stream != NULL || worker.discarding || !peer_consume(peer))
		return;
	if (merge_same(worker.batch.plan, &peer->plan) ||
	    (worker.batch.by_keys && merge_same_but_key(worker.batch.plan, &peer->plan) &&
	     merge_find_key(&worker.batch.keys, peer->plan.key) >= 0)) {
		worker.batch.count++;
		move(peer, PEER_RUNNING);
	}
}
#endif

static enum status plan_request(struct peer *peer, struct route *route, struct fault *fault)
{
	const struct schema *schema = database_schema(worker.database);
	const struct request *request = &peer->request;
	enum status status;

	if (peer->reader.params_too_large)
		return fault->status = STATUS_URI_TOO_LONG;
	if (peer->reader.body_too_large)
		return fault->status = STATUS_BODY_TOO_LARGE;
	if (schema == NULL)
		return fault->status = STATUS_AWAY;
	if ((status = route_find(request, schema, worker.config->prefix, &peer->arena, route, fault)) != STATUS_OK)
		return status;
	if (request->method == METHOD_OPTIONS)
		return STATUS_OK;
	if (!http_accepts(request->accept, "application", "json")) {
		fault->details = "what can be made: application/json";
		return fault->status = STATUS_NOT_ACCEPTABLE;
	}
	return plan_read(route, (uint64_t)worker.config->max_rows, &peer->arena, &peer->plan, fault);
}

/* Plans a whole request: it is answered at once, or waits for its statement. */
static void prepare(struct peer *peer)
{
	struct fault fault = { .status = STATUS_OK };
	struct route route = { .allow = NULL };

	arena_clear(&peer->arena);
	if (plan_request(peer, &route, &fault) != STATUS_OK) {
		refuse(peer, &fault, fault.status == STATUS_BAD_METHOD ? route.allow : NULL);
		return;
	}
	if (peer->request.method == METHOD_OPTIONS) {
		if (peer->unread > 0 && !peer_consume(peer))
			hang_up(peer);
		else {
			answer_options(peer, route.allow);
			write_on(peer);
		}
		return;
	}
	if (worker.away || worker.grace_over) {
		refuse_away(peer);
		return;
	}
	move(peer, PEER_WAITING);
#ifdef FAULT_JOIN_RUNNING
	join_running(peer);
#endif
}

static void look(struct peer *peer)
{
	if (peer->state != PEER_IDLE && peer->state != PEER_PARTIAL) { /* one request at a time; this one comes after */
		peer->more = true;
		return;
	}
	switch (peer_look(peer)) {
	case PEER_LOOK_REQUEST:
		if (peer->state == PEER_IDLE)
			peer->since_us = clock_now_us();
		prepare(peer);
		break;
	case PEER_LOOK_PARTIAL:
		if (peer->state == PEER_IDLE) {
			peer->since_us = clock_now_us();
			peer->deadline_us = peer->since_us + worker.config->request_timeout_s * 1000000;
			move(peer, PEER_PARTIAL);
		}
		break;
	case PEER_LOOK_NOTHING:
		if (peer->state == PEER_PARTIAL) /* it was aborted */
			move(peer, PEER_IDLE);
		break;
	case PEER_LOOK_BROKEN:
		METRICS_ADD(metrics_own->protocol_errors, 1);
		log_event(LOG_WARNING, "protocol-error", "what came is not FastCGI; the connection is closed");
		hang_up(peer);
		break;
	case PEER_LOOK_GONE:
		hang_up(peer);
		break;
	}
}

/* --- The statement that runs --- */

static void watch_database(void)
{
	int socket = database_descriptor(worker.database);
	unsigned events = database_wants(worker.database);
	struct epoll_event event = { .events = events, .data.ptr = &is_database };

	if (worker.row_pending || socket < 0) { /* while a row waits to be taken, nothing of the socket may wake us */
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

static void batch_over(void)
{
	batch_end(&worker.batch);
	metrics_own->busy_since_us = 0;
	worker.stream = NULL;
	worker.row_pending = worker.discarding = false;
}

/* Back to those that wait, consumed as it is, to be run once more. */
static void run_again(struct peer *peer, bool alone)
{
	peer->alone = peer->alone || alone;
	move(peer, PEER_WAITING);
}

static void log_failure(const struct peer *peer, const char *event)
{
	const struct database_error *error = database_error(worker.database);
	struct log_line *line = log_begin(LOG_ERROR, event);

	log_bytes(line, "id", peer->request.id.bytes, peer->request.id.length);
	log_number(line, "number", error->number);
	log_string(line, "message", error->text);
	log_bytes(line, "sql", peer->plan.sql.bytes, peer->plan.sql.length);
	log_end(line);
}

/* Whether the tables may be described again on a request's behalf: what stays broken is not to cost a description for
 * each request. */
static bool may_describe(void)
{
	return worker.describe_wanted || clock_now_us() - worker.described_us >= DESCRIBE_AGAIN_US;
}

static void want_describe(void)
{
	if (!worker.describe_wanted)
		worker.described_us = clock_now_us();
	worker.describe_wanted = true;
}

/* The statement failed and the connection lives. */
static void batch_failed(void)
{
	const struct database_error *error = database_error(worker.database);
	struct peer_list *running = &worker.peers[PEER_RUNNING];
	struct fault fault = { .status = error->status };
	bool shared = worker.batch.count > 1;
	struct peer *peer;

	while ((peer = TAILQ_FIRST(running)) != NULL) {
		if (peer == worker.stream) { /* a cut, which no client takes for an answer */
			log_failure(peer, "stream-cut");
			hang_up(peer);
		} else if (error->schema_changed && !peer->retried && may_describe()) {
			peer->retried = true;
			want_describe();
			run_again(peer, false);
		} else if (shared && error->status != STATUS_TIMEOUT && error->status != STATUS_BUSY)
			run_again(peer, true); /* one of them may be at fault; time and locks are nobody's */
		else {
			if (status_http(error->status) >= 500)
				log_failure(peer, "statement-failed");
			answer_fault(peer, &fault, NULL);
			write_on(peer);
		}
	}
	batch_over();
}

/* The connection to the database is gone, and the statement with it. Reads are repeated, once. */
static void batch_lost(void)
{
	const struct database_error *error = database_error(worker.database);
	struct peer_list *running = &worker.peers[PEER_RUNNING];
	struct fault fault = { .status = error->status };
	struct peer *peer;

	while ((peer = TAILQ_FIRST(running)) != NULL) {
		if (peer == worker.stream) {
			log_failure(peer, "stream-cut");
			hang_up(peer);
		} else if (!peer->retried && error->status != STATUS_TIMEOUT) {
			peer->retried = true;
			run_again(peer, false);
		} else {
			log_failure(peer, "statement-lost");
			answer_fault(peer, &fault, NULL);
			write_on(peer);
		}
	}
	batch_over();
}

static void batch_done(void)
{
	struct peer_list *running = &worker.peers[PEER_RUNNING];
	struct peer *peer;

	if (worker.batch.mistyped && may_describe()) {
		log_event(LOG_WARNING, "schema-changed", "a value is not of its column's type: describing the tables again");
		want_describe();
	}
	if (worker.batch.replaced > 0 && (peer = TAILQ_FIRST(running)) != NULL) {
		struct log_line *line = log_begin(LOG_ERROR, "invalid-utf8");

		log_bytes(line, "id", peer->request.id.bytes, peer->request.id.length);
		log_string(line, "table", peer->plan.table->name.bytes);
		log_number(line, "places", (int64_t)worker.batch.replaced);
		log_end(line);
	}
	while ((peer = TAILQ_FIRST(running)) != NULL) {
		if (peer == worker.stream) {
			peer->rows = worker.batch.rows;
			answer_stream_end(peer);
		} else if (worker.discarding) { /* too large to share: one by one */
			run_again(peer, true);
			continue;
		} else
			batch_answer(&worker.batch, peer);
		write_on(peer);
	}
	batch_over();
}

static void discard_rest(void)
{
	worker.discarding = true;
	worker.discarding_since_us = clock_now_us();
}

/* The answer has outgrown MYREST_BUFFER_BYTES: the first request's streams from here on, alone, and the others get a
 * statement of their own. */
static void outgrown(struct slice rows)
{
	struct peer_list *running = &worker.peers[PEER_RUNNING];
	struct peer *first = TAILQ_FIRST(running), *peer;

	if (worker.batch.by_keys) { /* each answer is but one of the rows: together they may be more */
		if (worker.batch.text->text.length > KEYS_TIMES_BUFFER * (size_t)worker.config->buffer_bytes)
			discard_rest();
		return;
	}
	while ((peer = TAILQ_NEXT(first, link)) != NULL)
		run_again(peer, true);
	answer_stream(first, rows);
	first->deadline_us = 0;
	worker.batch.count = 1;
	worker.stream = first;
	if (first->request.method == METHOD_HEAD)
		discard_rest();
}

/* Whether the stream's reader is so far behind that no more rows are to be read. */
static bool stream_is_ahead(void)
{
	return worker.stream != NULL &&
	       worker.stream->stream.length - worker.stream->stream_sent >= STREAM_AHEAD_BYTES;
}

/* Writes what the stream has; true when its reader keeps up. */
static bool flush_stream(void)
{
	struct peer *peer = worker.stream;

	switch (peer_write(peer)) {
	case FASTCGI_WRITTEN:
		peer->deadline_us = 0;
		return true;
	case FASTCGI_BLOCKED:
		if (!peer->watches_output)
			(void)watch_peer(peer, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
		peer->deadline_us = clock_now_us() + worker.config->request_timeout_s * 1000000;
		return !stream_is_ahead();
	case FASTCGI_BROKEN:
		break;
	}
	worker.stream = NULL;
	hang_up(peer);
	discard_rest();
	return true;
}

static void take_row(void)
{
	struct text *text;
	struct slice added;
	struct row row;

	METRICS_ADD(metrics_own->rows, 1);
	if (worker.discarding)
		return;
	database_row(worker.database, &row);
	added = batch_row(&worker.batch, &row);
	text = &worker.batch.text->text;
	if (worker.stream != NULL) {
		answer_stream_row(worker.stream, added);
		text_clear(text);
	} else if (text->length > (size_t)worker.config->buffer_bytes) {
		outgrown((struct slice){ text->bytes, text->length });
		if (worker.stream != NULL || worker.discarding)
			text_clear(text);
	}
}

static void statement_step(enum database_step step);
static void open_database(void);

/* The rest of a result that nobody wants costs more than a new connection. */
static void give_up_rest(void)
{
	batch_done();
	database_drop(worker.database);
	open_database();
}

/* Takes rows until the database has to be waited for, the statement is over, the stream's reader falls behind, or others
 * should get their turn. */
static void take_rows(void)
{
	enum database_step step = DATABASE_ROW;

	worker.row_pending = false;
	for (int rows = 0; step == DATABASE_ROW; rows++) {
		take_row();
		if (worker.discarding && clock_now_us() - worker.discarding_since_us > DISCARD_US) {
			give_up_rest();
			return;
		}
		step = database_next(worker.database);
		if (step == DATABASE_ROW &&
		    ((stream_is_ahead() && !flush_stream()) || rows >= ROWS_AT_ONCE)) {
			worker.row_pending = true;
			return;
		}
	}
	statement_step(step);
}

static void set_reason(const char *reason)
{
	size_t length = strnlen(reason, sizeof(metrics_own->reason) - 1);

	memcpy(metrics_own->reason, reason, length);
	metrics_own->reason[length] = '\0';
}

static void lost_connection(void)
{
	const struct database_error *error = database_error(worker.database);

	METRICS_ADD(metrics_own->database_losses, 1);
	metrics_own->state = WORKER_AWAY;
	set_reason(error->text);
}

static void statement_step(enum database_step step)
{
	switch (step) {
	case DATABASE_WAIT:
		if (worker.stream != NULL && worker.stream->stream.length > 0)
			(void)flush_stream();
		break;
	case DATABASE_ROW:
		take_rows();
		break;
	case DATABASE_END:
		batch_done();
		break;
	case DATABASE_FAILED:
		batch_failed();
		break;
	case DATABASE_LOST:
		lost_connection();
		batch_lost();
		worker.reconnect_us = 0;
		open_database();
		break;
	case DATABASE_OPEN:
		break;
	}
}

static void watch_entrances(bool watch)
{
	struct epoll_event listener = { .events = EPOLLIN | EPOLLEXCLUSIVE, .data.ptr = &is_listener };
	struct epoll_event queue = { .events = EPOLLIN | EPOLLEXCLUSIVE, .data.ptr = &is_queue };
	int operation = watch ? EPOLL_CTL_ADD : EPOLL_CTL_DEL;

	if (watch == worker.watching_entrances || (watch && worker.retiring))
		return;
	if (worker.listener >= 0)
		(void)epoll_ctl(worker.epoll, operation, worker.listener, &listener);
	(void)epoll_ctl(worker.epoll, operation, worker.handover->take, &queue);
	worker.watching_entrances = watch;
}

/* From now on, who waits for too long is handed over. */
static void database_is_busy(void)
{
	worker.statement_since_us = clock_now_us();
	metrics_own->busy_since_us = worker.statement_since_us;
	worker.handover_again_us = worker.statement_since_us + HANDOVER_AFTER_US;
}

/* Chooses the oldest request that waits and all that may share its statement, and sends it. */
static void start_statement(void)
{
	struct peer_list *waiting = &worker.peers[PEER_WAITING];
	struct peer *leader, *peer, *next;
	struct slice sql;

	do {
		if ((leader = TAILQ_FIRST(waiting)) == NULL)
			return;
		if (leader->unread > 0 && !peer_consume(leader)) {
			hang_up(leader);
			leader = NULL;
		}
	} while (leader == NULL);
	next = TAILQ_NEXT(leader, link);
	batch_begin(&worker.batch, leader);
	move(leader, PEER_RUNNING);
	for (peer = next; peer != NULL && worker.config->merge && !leader->alone; peer = next) {
		next = TAILQ_NEXT(peer, link);
		if (peer->alone || !batch_join(&worker.batch, peer))
			continue;
		if (peer->unread > 0 && !peer_consume(peer)) {
			hang_up(peer);
			worker.batch.count--;
		} else
			move(peer, PEER_RUNNING);
	}
	sql = batch_sql(&worker.batch);
	METRICS_ADD(metrics_own->statements, 1);
	database_is_busy();
	statement_step(database_send(worker.database, sql.bytes, sql.length));
}

/* Whether there is anyone to hand over to: while all drain, everyone keeps what it has. */
static bool has_siblings(void)
{
	return worker.config->workers > 1 && !worker.draining;
}

static bool anyone_to_hand_over(void)
{
	struct peer *peer;

	TAILQ_FOREACH(peer, &worker.peers[PEER_WAITING], link)
		if (peer->unread > 0)
			return true;
	return false;
}

/* What has come but not been consumed is still in the sockets, where another worker finds it. */
static void give_unread(void)
{
	struct peer *peer, *next;

	for (peer = TAILQ_FIRST(&worker.peers[PEER_WAITING]); peer != NULL; peer = next) {
		next = TAILQ_NEXT(peer, link);
		if (peer->unread > 0 && !give_away(peer))
			return; /* the queue is full: later */
	}
}

/* A statement has been running for a while: whoever has to wait for it goes to a worker that is idle. */
static void hand_over_waiting(void)
{
	int64_t now = clock_now_us();

	worker.handover_again_us = now + HANDOVER_RETRY_US;
	if (now - worker.statement_since_us < HANDOVER_ANYWAY_US && !metrics_idle_sibling())
		return;
	watch_entrances(false);
	give_unread();
}

/* --- The database connection --- */

static void first_attempt_over(void)
{
	if (worker.notify < 0)
		return;
	(void)!write(worker.notify, "", 1); /* how it went is in the metrics page */
	close(worker.notify);
	worker.notify = -1;
}

static void plan_again(void)
{
	struct peer_list waiting = TAILQ_HEAD_INITIALIZER(waiting);
	struct peer *peer;

	TAILQ_CONCAT(&waiting, &worker.peers[PEER_WAITING], link);
	while ((peer = TAILQ_FIRST(&waiting)) != NULL) {
		TAILQ_REMOVE(&waiting, peer, link);
		TAILQ_INSERT_TAIL(&worker.peers[PEER_WAITING], peer, link);
		prepare(peer);
	}
}

static void opened(void)
{
	const char *missing = database_missing(worker.database);
	bool ready = *missing == '\0';

	worker.opening = worker.describing = worker.describe_wanted = false;
	metrics_own->busy_since_us = 0;
	worker.describe_again_us = ready ? 0 : clock_now_us() + DESCRIBE_AGAIN_US;
	set_reason(missing);
	if (!ready && metrics_own->state != WORKER_AWAY)
		log_event(LOG_WARNING, "table-missing", "%s", missing);
	if (worker.away || (ready && metrics_own->state != WORKER_READY))
		log_event(LOG_NOTICE, worker.away ? "database-back" : "database-open", "the database answers");
	metrics_own->state = ready ? WORKER_READY : WORKER_AWAY;
	worker.away = worker.grace_over = false;
	worker.reconnect_us = 0;
	plan_again();
	database_forget_old(worker.database);
	first_attempt_over();
}

static void opening_step(enum database_step step)
{
	if (step == DATABASE_WAIT)
		return;
	if (step == DATABASE_OPEN) {
		METRICS_ADD(metrics_own->database_connects, worker.opening);
		opened();
		return;
	}
	worker.opening = worker.describing = false;
	worker.describe_again_us = 0;
	metrics_own->busy_since_us = 0;
	lost_connection();
	if (!worker.away) {
		const struct database_error *error = database_error(worker.database);
		struct log_line *line = log_begin(LOG_WARNING, "database-away");

		log_number(line, "number", error->number);
		log_string(line, "message", error->text);
		log_end(line);
	}
	worker.away = true;
	worker.reconnect_us = worker.reconnect_us == 0 ? RECONNECT_FIRST_US : worker.reconnect_us * 2;
	if (worker.reconnect_us > RECONNECT_MOST_US)
		worker.reconnect_us = RECONNECT_MOST_US;
	worker.open_again_us = clock_now_us() + worker.reconnect_us;
	refuse_waiting();
	first_attempt_over();
}

static void open_database(void)
{
	worker.opening = true;
	worker.grace_over = false;
	worker.database_socket = -1; /* the next one may have the same number, and is not in the epoll set */
	worker.open_again_us = 0;
	worker.opening_since_us = clock_now_us();
	opening_step(database_open(worker.database));
}

static void database_event(unsigned ready)
{
	enum database_step step;

	if (worker.row_pending) /* the connection will tell again when its rows are taken */
		return;
	step = database_resume(worker.database, ready);
	if (worker.opening || worker.describing)
		opening_step(step);
	else if (worker.batch.plan != NULL)
		statement_step(step);
	else if (step == DATABASE_LOST) {
		lost_connection();
		log_event(LOG_INFO, "database-lost", "%s", database_error(worker.database)->text);
		open_database();
	}
}

static bool database_is_free(void)
{
	return worker.batch.plan == NULL && !worker.opening && !worker.describing &&
	       database_is_open(worker.database);
}

/* --- Coming and leaving --- */

static void accept_peers(int most)
{
	int socket;

	while (most-- > 0) {
		if ((socket = accept4(worker.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) < 0) {
			if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
				log_event(LOG_ERROR, "accept", "cannot accept a connection: %s", strerror(errno));
				watch_entrances(false);
				worker.accept_again_us = clock_now_us() + ACCEPT_AGAIN_US;
			}
			return;
		}
		METRICS_ADD(metrics_own->connections, 1);
		admit(socket);
	}
}

static void take_peers(int most)
{
	int socket;

	while (most-- > 0 && (socket = handover_take(worker.handover)) >= 0)
		admit(socket);
}

static void part_with_idle(void)
{
	struct peer *peer, *next;

	for (peer = TAILQ_FIRST(&worker.peers[PEER_IDLE]); peer != NULL; peer = next) {
		next = TAILQ_NEXT(peer, link);
		part_with(peer);
	}
}

static void begin_drain(bool retire)
{
	if (worker.draining && (worker.retiring || !retire)) {
		if (worker.retiring && !retire) /* TERM while retiring: who would take the connections drains as well */
			worker.retiring = false;
		return;
	}
	worker.draining = true;
	worker.retiring = retire;
	worker.drain_deadline_us = clock_now_us() + worker.config->drain_timeout_s * 1000000;
	watch_entrances(false);
	if (!retire) {
		accept_peers(1 << 16); /* whoever waits to be accepted is served as well */
		take_peers(1 << 16);
	}
	if (worker.listener >= 0)
		close(worker.listener);
	worker.listener = -1;
	part_with_idle();
	if (retire)
		give_unread();
}

static void take_signals(void)
{
	struct signalfd_siginfo signal;

	while (read(worker.signals, &signal, sizeof(signal)) == (ssize_t)sizeof(signal))
		if (signal.ssi_signo == (uint32_t)WORKER_RETIRE)
			begin_drain(true);
		else if (signal.ssi_signo != SIGHUP)
			begin_drain(false);
}

static bool nothing_left(void)
{
	for (int state = PEER_IDLE; state < PEER_CLOSED; state++)
		if (!TAILQ_EMPTY(&worker.peers[state]))
			return false;
	return true;
}

static bool may_leave(void)
{
	if (!worker.draining)
		return false;
	part_with_idle(); /* who has become idle since, or for whom the queue had no room */
	if (worker.retiring) {
		if (worker.batch.plan == NULL || clock_now_us() >= worker.handover_again_us)
			give_unread();
	} else if (nothing_left())
		take_peers(TAKES_AT_ONCE); /* what others handed over and nobody took */
	if (nothing_left() && worker.batch.plan == NULL)
		return true;
	if (clock_now_us() < worker.drain_deadline_us)
		return false;
	log_event(LOG_WARNING, "drain-timeout", "requests are left unanswered after %ld s",
	          worker.config->drain_timeout_s);
	return true;
}

/* --- The loop --- */

static void peer_event(struct peer *peer, unsigned events)
{
	if (peer->state == PEER_CLOSED)
		return;
	if (peer == worker.stream && (events & EPOLLOUT)) {
		if (flush_stream() && worker.row_pending)
			take_rows();
		return;
	}
	if (peer->state == PEER_WRITING && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP))) {
		write_on(peer);
		return;
	}
	if (peer->state == PEER_WAITING && (events & (EPOLLHUP | EPOLLERR))) { /* nobody waits for the answer */
		hang_up(peer);
		return;
	}
	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		look(peer);
}

static void dispatch(const struct epoll_event *event)
{
	if (event->data.ptr == &is_listener)
		accept_peers(ACCEPTS_AT_ONCE);
	else if (event->data.ptr == &is_queue)
		take_peers(TAKES_AT_ONCE);
	else if (event->data.ptr == &is_signal)
		take_signals();
	else if (event->data.ptr != &is_database)
		peer_event(event->data.ptr, event->events);
}

/* Peers of a list that is in the order of deadlines. */
static void expire(enum peer_state state, int64_t now)
{
	struct peer *peer;

	while ((peer = TAILQ_FIRST(&worker.peers[state])) != NULL && peer->deadline_us <= now) {
		METRICS_ADD(metrics_own->protocol_errors, 1);
		log_event(LOG_WARNING, state == PEER_PARTIAL ? "request-timeout" : "answer-timeout",
		          state == PEER_PARTIAL ? "a request did not come in whole in time; the connection is closed"
		                                : "an answer was not taken in time; the connection is closed");
		hang_up(peer);
	}
}

static void timers(void)
{
	int64_t now = clock_now_us(), deadline = database_deadline_us(worker.database);

	expire(PEER_PARTIAL, now);
	expire(PEER_WRITING, now);
	if (worker.stream != NULL && worker.row_pending && worker.stream->deadline_us != 0 &&
	    worker.stream->deadline_us <= now) {
		struct peer *peer = worker.stream;

		METRICS_ADD(metrics_own->protocol_errors, 1);
		log_event(LOG_WARNING, "answer-timeout", "a stream was not taken further in time; it is cut");
		worker.stream = NULL;
		hang_up(peer);
		discard_rest();
		take_rows();
	}
	if (worker.discarding && now - worker.discarding_since_us > DISCARD_US)
		give_up_rest();
	if (deadline != 0 && deadline <= now && !worker.row_pending)
		database_event(0);
	if (worker.open_again_us != 0 && worker.open_again_us <= now)
		open_database();
	if (worker.opening && !worker.away && !worker.grace_over && now - worker.opening_since_us > GRACE_US) {
		worker.grace_over = true;
		refuse_waiting();
		first_attempt_over();
	}
	if (worker.accept_again_us != 0 && worker.accept_again_us <= now)
		worker.accept_again_us = 0;
	if (worker.describe_again_us != 0 && worker.describe_again_us <= now && database_is_free()) {
		worker.describe_again_us = 0;
		worker.describe_wanted = true;
	}
	if ((worker.batch.plan != NULL || worker.describing) && worker.handover_again_us <= now && has_siblings())
		hand_over_waiting();
}

static void earliest(int64_t *deadline, int64_t other)
{
	if (other != 0 && (*deadline == 0 || other < *deadline))
		*deadline = other;
}

static int next_timeout_ms(void)
{
	struct peer *partial = TAILQ_FIRST(&worker.peers[PEER_PARTIAL]);
	struct peer *writing = TAILQ_FIRST(&worker.peers[PEER_WRITING]);
	int64_t deadline = 0, left;

	if (database_is_free() && (!TAILQ_EMPTY(&worker.peers[PEER_WAITING])))
		return 0;
	if (worker.row_pending && !stream_is_ahead())
		return 0;
	earliest(&deadline, partial != NULL ? partial->deadline_us : 0);
	earliest(&deadline, writing != NULL ? writing->deadline_us : 0);
	if (worker.stream != NULL && worker.row_pending)
		earliest(&deadline, worker.stream->deadline_us);
	else
		earliest(&deadline, database_deadline_us(worker.database));
	if (worker.discarding)
		earliest(&deadline, worker.discarding_since_us + DISCARD_US + 1000);
	earliest(&deadline, worker.open_again_us);
	if (database_is_free())
		earliest(&deadline, worker.describe_again_us);
	earliest(&deadline, worker.accept_again_us);
	if (!worker.watching_entrances && !database_is_open(worker.database)) /* the others may have lost theirs */
		earliest(&deadline, clock_now_us() + ENTRANCES_AGAIN_US);
	if (worker.opening && !worker.away && !worker.grace_over)
		earliest(&deadline, worker.opening_since_us + GRACE_US + 1000);
	if ((worker.batch.plan != NULL || worker.describing) && has_siblings() &&
	    (worker.watching_entrances || anyone_to_hand_over()))
		earliest(&deadline, worker.handover_again_us);
	if (worker.draining)
		earliest(&deadline, clock_now_us() + 20000);
	if (deadline == 0)
		return -1;
	left = deadline - clock_now_us();
	return left <= 0 ? 0 : left > 3600000000 ? 3600000 : (int)((left + 999) / 1000);
}

static void describe(void)
{
	worker.describe_wanted = false;
	worker.describing = true;
	database_is_busy();
	opening_step(database_describe(worker.database));
}

static void loop(void)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	unsigned ready;
	int count;

	do {
		if (worker.batch.plan == NULL && !worker.describing && !worker.draining && worker.notify < 0 &&
		    worker.accept_again_us == 0)
			watch_entrances(database_is_open(worker.database) || !metrics_ready_sibling());
		watch_database();
		count = epoll_wait(worker.epoll, events, EVENTS_AT_ONCE, next_timeout_ms());
		ready = 0;
		for (int i = 0; i < count; i++)
			if (events[i].data.ptr == &is_database)
				ready = events[i].events;
			else
				dispatch(&events[i]);
		/* The database comes last, so that its answers meet all the requests that came before them. */
		if (ready != 0)
			database_event(ready);
		else if (worker.row_pending && !stream_is_ahead())
			take_rows();
		timers();
		free_closed();
		if (database_is_free() && worker.describe_wanted)
			describe();
		if (count < EVENTS_AT_ONCE && database_is_free())
			start_statement();
	} while (!may_leave());
}

static int make_signals(void)
{
	static const int wanted[] = { SIGTERM, SIGINT, SIGQUIT, SIGHUP, WORKER_RETIRE };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		sigaddset(&set, wanted[i]);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int worker_run(const struct config *config, int listener, const struct handover *handover, int notify)
{
	struct epoll_event signal_event = { .events = EPOLLIN, .data.ptr = &is_signal };
	struct rlimit files;

	worker.config = config;
	worker.handover = handover;
	worker.listener = listener;
	worker.notify = notify;
	worker.database_socket = -1;
	for (int state = 0; state < PEER_STATES; state++)
		TAILQ_INIT(&worker.peers[state]);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	worker.epoll = epoll_create1(EPOLL_CLOEXEC);
	worker.signals = make_signals();
	if (worker.epoll < 0 || worker.signals < 0 ||
	    epoll_ctl(worker.epoll, EPOLL_CTL_ADD, worker.signals, &signal_event) < 0) {
		log_event(LOG_ERROR, "worker-start", "cannot start a worker: %s", strerror(errno));
		return 1;
	}
	worker.database = database_new(config);
	metrics_own->state = WORKER_STARTING;
	open_database();
	loop();
	for (int state = 0; state < PEER_STATES; state++) {
		struct peer *peer;

		while ((peer = TAILQ_FIRST(&worker.peers[state])) != NULL) {
			TAILQ_REMOVE(&worker.peers[state], peer, link);
			peer_free(peer);
		}
	}
	batch_end(&worker.batch);
	shared_text_drop(worker.batch.text);
	text_release(&worker.batch.sql);
	database_free(worker.database);
	close(worker.epoll);
	close(worker.signals);
	return 0;
}
