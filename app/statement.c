/* SPDX-License-Identifier: MIT */
#include "statement.h"

#include <sys/epoll.h>

#include "answer.h"
#include "clock.h"
#include "entrance.h"
#include "metrics.h"
#include "peers.h"
#include "session.h"
#include "worker_state.h"

enum {
	ROWS_AT_ONCE = 512, /* before other events get their turn */
	KEYS_TIMES_BUFFER = 16, /* how many times MYREST_BUFFER_BYTES the rows of several keys may be together */
	STREAM_AHEAD_BYTES = 65536, /* of a stream that the web server has not taken: no more rows are read */
	DISCARD_US = 100000, /* how long rows that nobody wants are read before the connection is given up */
};

static void batch_over(void)
{
	batch_end(&worker.batch);
	metrics_own->busy_since_us = 0;
	worker.stream = NULL;
	worker.row_pending = worker.discarding = false;
}

/* Back to those that wait, to be run once more. */
static void run_again(struct peer *peer, bool alone)
{
	peer->alone = peer->alone || alone;
	peers_move(peer, PEER_WAITING);
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
			peers_hang_up(peer);
		} else if (error->schema_changed && !peer->retried && session_may_describe()) {
			peer->retried = true;
			session_want_describe();
			run_again(peer, false);
		} else if (shared && error->status != STATUS_TIMEOUT && error->status != STATUS_BUSY)
			run_again(peer, true); /* one of them may be at fault; time and locks are nobody's */
		else {
			if (status_http(error->status) >= 500)
				log_failure(peer, "statement-failed");
			answer_fault(peer, &fault, NULL);
			peers_write_on(peer);
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
			peers_hang_up(peer);
		} else if (!peer->retried && error->status != STATUS_TIMEOUT) {
			peer->retried = true;
			run_again(peer, false);
		} else {
			log_failure(peer, "statement-lost");
			answer_fault(peer, &fault, NULL);
			peers_write_on(peer);
		}
	}
	batch_over();
}

static void batch_done(void)
{
	struct peer_list *running = &worker.peers[PEER_RUNNING];
	struct peer *peer;

	if (worker.batch.mistyped && session_may_describe()) {
		log_event(LOG_WARNING, "schema-changed", "a value is not of its column's type: describing the tables again");
		session_want_describe();
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
		peers_write_on(peer);
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

bool statement_stream_is_ahead(void)
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
			(void)peers_watch(peer, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
		peer->deadline_us = clock_now_us() + worker.config->request_timeout_s * 1000000;
		return !statement_stream_is_ahead();
	case FASTCGI_BROKEN:
		break;
	}
	worker.stream = NULL;
	peers_hang_up(peer);
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

/* The rest of a result that nobody wants costs more than a new connection. */
static void give_up_rest(void)
{
	batch_done();
	database_drop(worker.database);
	session_open();
}

void statement_take_rows(void)
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
		    ((statement_stream_is_ahead() && !flush_stream()) || rows >= ROWS_AT_ONCE)) {
			worker.row_pending = true;
			return;
		}
	}
	statement_step(step);
}

void statement_step(enum database_step step)
{
	switch (step) {
	case DATABASE_WAIT:
		if (worker.stream != NULL && worker.stream->stream.length > 0)
			(void)flush_stream();
		break;
	case DATABASE_ROW:
		statement_take_rows();
		break;
	case DATABASE_END:
		batch_done();
		break;
	case DATABASE_FAILED:
		batch_failed();
		break;
	case DATABASE_LOST:
		session_lost();
		batch_lost();
		worker.reconnect_us = 0;
		session_open();
		break;
	case DATABASE_OPEN:
		break;
	}
}

void statement_start(void)
{
	struct peer_list *waiting = &worker.peers[PEER_WAITING];
	struct peer *leader, *peer, *next;
	struct slice sql;

	if ((leader = TAILQ_FIRST(waiting)) == NULL)
		return;
	next = TAILQ_NEXT(leader, link);
	batch_begin(&worker.batch, leader);
	peers_move(leader, PEER_RUNNING);
	for (peer = next; peer != NULL && worker.config->merge && !leader->alone; peer = next) {
		next = TAILQ_NEXT(peer, link);
		if (!peer->alone && batch_join(&worker.batch, peer))
			peers_move(peer, PEER_RUNNING);
	}
	sql = batch_sql(&worker.batch);
	METRICS_ADD(metrics_own->statements, 1);
	session_busy();
	if (!TAILQ_EMPTY(waiting))
		entrance_some_are_left();
	statement_step(database_send(worker.database, sql.bytes, sql.length));
}

void statement_stream_writable(void)
{
	if (flush_stream() && worker.row_pending)
		statement_take_rows();
}

void statement_timers(int64_t now_us)
{
	struct peer *peer = worker.stream;

	if (peer != NULL && worker.row_pending && peer->deadline_us != 0 && peer->deadline_us <= now_us) {
		METRICS_ADD(metrics_own->protocol_errors, 1);
		log_event(LOG_WARNING, "answer-timeout", "a stream was not taken further in time; it is cut");
		worker.stream = NULL;
		peers_hang_up(peer);
		discard_rest();
		statement_take_rows();
	}
	if (worker.discarding && now_us - worker.discarding_since_us > DISCARD_US)
		give_up_rest();
}

int64_t statement_deadline_us(void)
{
	int64_t deadline;

	if (worker.stream != NULL && worker.row_pending)
		deadline = worker.stream->deadline_us;
	else
		deadline = database_deadline_us(worker.database);
	return worker.discarding ? clock_earlier(deadline, worker.discarding_since_us + DISCARD_US + 1000) : deadline;
}
