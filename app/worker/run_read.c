/* SPDX-License-Identifier: MIT */
#include "worker/run_read.h"

#include <string.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/must.h"
#include "response/answer.h"
#include "schema/dialect.h"
#include "sql/sql.h"
#include "web/negotiate.h"
#include "worker/db_session.h"
#include "worker/kill.h"
#include "worker/peer_list.h"
#include "worker/read_end.h"
#include "worker/server_fault.h"
#include "worker/stream.h"
#include "worker/worker_state.h"

enum {
	ROWS_AT_ONCE = 512, /* before other events get their turn */
	/* The characters that rows may have by their types to be taken at once: most have far fewer. */
	AT_ONCE_TIMES_BUFFER = 4,
	KEYS_TIMES_BUFFER = 16, /* how many times MYREST_BUFFER_BYTES the rows of several keys may be together */
};

/* A read's requests may want to know how many rows there are: then it is several statements. */
enum stage { STAGE_PLANNED, STAGE_BEGIN, STAGE_EXACT, STAGE_ROWS };

static struct reading {
	enum stage stage;
	struct slice sent;   /* the statement of the batch that runs */
	bool in_transaction; /* rows and their count, in one snapshot */
} reading;

void run_read_begin(void)
{
	reading = (struct reading){ .in_transaction = false };
}

/* Those whose answer is large get a statement of their own. The others go on sharing: nobody is to see in the answer
 * that somebody else has asked for another format. */
static void part_with_large(size_t bytes)
{
	struct peer *peer, *next;

	batch_drop_large(&worker.batch, bytes);
	for (peer = TAILQ_FIRST(&worker.peers[PEER_RUNNING]); peer != NULL; peer = next) {
		next = TAILQ_NEXT(peer, link);
		if (batch_serves(&worker.batch, peer))
			continue;
		worker.batch.count--;
		peer_list_run_again(peer, true);
	}
}

/* Up to MYREST_BUFFER_BYTES an answer is made whole. A row that comes alone is here already, however long it is. */
static void look_at_length(void)
{
	struct batch *batch = &worker.batch;
	size_t bytes = (size_t)worker.config->buffer_bytes;

	if (batch->by_keys) { /* each answer is but one of the rows: together they may be more */
		if (batch_length(batch) > KEYS_TIMES_BUFFER * bytes)
			stream_discard_rest();
	} else if (!batch_exceeds(batch, bytes) || batch_is_of_single_rows(batch))
		return;
	else if (batch_exceeds_for(batch, TAILQ_FIRST(&worker.peers[PEER_RUNNING]), bytes))
		stream_begin();
	else
		part_with_large(bytes);
	if (stream_peer() != NULL || stream_is_discarding() || batch->counts_only)
		batch_clear_text(batch);
}

static void take_row(void)
{
	struct peer *peer = stream_peer();
	struct row row;

	METRICS_ADD(metrics_own->rows, 1);
	if (stream_is_discarding())
		return;
	if (kill_reason() == KILL_PUT_BACK) {
		kill_drop_rows();
		return;
	}
	database_row(worker.database, &row);
	batch_row(&worker.batch, &row);
	if (peer != NULL) {
		answer_stream_row(peer, batch_rendered(&worker.batch, peer));
		batch_clear_text(&worker.batch);
	} else
		look_at_length();
}

/* The rest of a result that nobody wants costs more than a new connection. */
static void give_up_rest(void)
{
	read_end_done();
	reading.in_transaction = false;
	database_drop(worker.database);
	db_session_open();
}

static void take_rows(void)
{
	enum database_step step = DATABASE_ROW;

	stream_set_pause(PAUSE_NONE);
	for (int rows = 0; step == DATABASE_ROW; rows++) {
		take_row();
		if (stream_is_discarding() && stream_has_discarded_enough(clock_now_us())) {
			give_up_rest();
			return;
		}
		step = database_next(worker.database);
		if (step == DATABASE_ROW &&
		    ((stream_is_ahead() && !stream_flush()) || rows >= ROWS_AT_ONCE)) {
			stream_set_pause(PAUSE_AT_ROW);
			return;
		}
	}
	run_read_step(step);
}

void run_read_go_on(void)
{
	enum stream_pause pause = stream_end_pause();

	database_go_on(worker.database);
	if (pause == PAUSE_AT_ROW)
		take_rows();
}

/* The connection went, and with it whatever was under way. */
static void lose_read(void)
{
	reading.in_transaction = false;
	db_session_set_reserved(false);
	db_session_lost();
	log_event(LOG_INFO, "database-lost", "%s", database_error(worker.database)->text);
	read_end_lost();
	db_session_open_at_once();
}

static void send_stage(enum stage stage)
{
	enum database_rows rows = DATABASE_AT_ONCE;
	struct slice sql;

	reading.stage = stage;
	if (stage == STAGE_BEGIN) {
		sql = batch_begin_sql(&worker.batch);
		reading.in_transaction = true;
	} else {
		METRICS_ADD(metrics_own->statements, 1);
		sql = stage == STAGE_PLANNED ? batch_planned_sql(&worker.batch, database_explain(worker.database)) :
		      stage == STAGE_EXACT   ? batch_exact_sql(&worker.batch) :
		                               batch_sql(&worker.batch);
	}
	if (stage == STAGE_ROWS &&
	    !batch_is_small(&worker.batch, AT_ONCE_TIMES_BUFFER * (size_t)worker.config->buffer_bytes))
		rows = DATABASE_ONE_BY_ONE;
	reading.sent = sql;
	run_read_step(database_send(worker.database, sql.bytes, sql.length, rows));
}

/* The answers are on their way; the snapshot is let go. */
static void end_transaction(void)
{
	if (!reading.in_transaction)
		return;
	reading.in_transaction = false;
	db_session_set_reserved(true);
	db_session_busy();
	run_read_step(database_send(worker.database, "COMMIT", 6, DATABASE_AT_ONCE));
}

static void finish_transaction(enum database_step step)
{
	if (step == DATABASE_WAIT)
		return;
	if (step != DATABASE_END) { /* it cannot fail and leave a connection of use */
		database_drop(worker.database);
		lose_read();
		return;
	}
	db_session_set_reserved(false);
	db_session_not_busy();
}

/* The guess is of no moment, so it needs no snapshot; a count has to be of the rows' own. */
static enum stage choose_stage(void)
{
	return batch_wants_exact(&worker.batch, (uint64_t)worker.config->max_rows) ? STAGE_BEGIN : STAGE_ROWS;
}

/* A stage is over: what comes after it. */
static void finish_read_stage(void)
{
	if (kill_reason() == KILL_PUT_BACK) {
		read_end_put_back();
		end_transaction();
		return;
	}
	switch (reading.stage) {
	case STAGE_PLANNED:
		send_stage(choose_stage());
		break;
	case STAGE_BEGIN:
		send_stage(STAGE_EXACT);
		break;
	case STAGE_EXACT:
		send_stage(STAGE_ROWS);
		break;
	case STAGE_ROWS:
		read_end_done();
		end_transaction();
		break;
	}
}

/* The few rows that tell how many there are. */
static void take_count(void)
{
	enum database_step step = DATABASE_ROW;
	struct row row;

	while (step == DATABASE_ROW) {
		database_row(worker.database, &row);
		if (reading.stage == STAGE_PLANNED)
			batch_planned_row(&worker.batch, &row);
		else
			batch_exact_row(&worker.batch, &row);
		step = database_next(worker.database);
	}
	run_read_step(step);
}

/* The server refuses a lock that the description took for possible: the account's rights have changed, or a view's
 * owner, as whom the server locks the view's tables, does not have them. */
static bool is_unlocked(void)
{
	return reading.stage == STAGE_BEGIN && !worker.batch.unlocked &&
	       database_error(worker.database)->status == STATUS_FORBIDDEN;
}

/* The server plans the rows and does not tell: the account may read a view and not see the view's tables, or a planner
 * has no such words. What is wrong with the read itself the count meets as well. */
static bool is_unexplained(void)
{
	const struct database_error *error = database_error(worker.database);

	return reading.stage == STAGE_PLANNED && !error->schema_changed &&
	       (status_http(error->status) == 500 || error->status == STATUS_FORBIDDEN);
}

/* A read waits for nobody's lock: it is the cluster's newest writes that a node could not wait for. Another may. */
static bool is_out_of_touch(void)
{
	return database_error(worker.database)->status == STATUS_LOCKED && database_host_count(worker.database) > 1 &&
	       stream_peer() == NULL;
}

void run_read_stream_writable(void)
{
	if (stream_flush() && stream_is_paused())
		run_read_go_on();
}

/* When the read that runs is to be tried on another host, because it has had no byte by then; 0: it is not. */
static int64_t hedge_at_us(void)
{
	const struct peer *first = TAILQ_FIRST(&worker.peers[PEER_RUNNING]);

	if (worker.config->hedge_ms == 0 || first == NULL || first->write != NULL || first->losses > 0 ||
	    worker.batch.rows > 0 || stream_peer() != NULL || stream_is_discarding() || database_host_count(worker.database) < 2)
		return 0;
	return db_session_statement_since_us() + worker.config->hedge_ms * 1000;
}

void run_read_hedge(int64_t now_us)
{
	int64_t at_us = hedge_at_us();

	if (at_us == 0 || now_us < at_us)
		return;
	database_leave_host(worker.database, "no byte of a read within MYREST_HEDGE_MS");
	lose_read();
}

void run_read_step(enum database_step step)
{
	if (db_session_is_reserved()) {
		finish_transaction(step);
		return;
	}
	switch (step) {
	case DATABASE_WAIT:
		/* A row may come in many pieces: it must not get ahead of the reader either. */
		if (stream_peer() != NULL && stream_peer()->stream.length > 0 && !stream_flush())
			stream_set_pause(PAUSE_BEFORE_ROW);
		break;
	case DATABASE_ROW:
		if (reading.stage == STAGE_ROWS)
			take_rows();
		else
			take_count();
		break;
	case DATABASE_END:
		finish_read_stage();
		break;
	case DATABASE_FAILED:
		if (is_out_of_touch()) {
			database_leave_host(worker.database, "the node has lost contact with its cluster");
			lose_read();
			break;
		}
		if (is_unlocked()) {
			worker.batch.unlocked = true;
			database_forget_lock(worker.database, worker.batch.plan->table);
			send_stage(STAGE_BEGIN);
			break;
		}
		if (is_unexplained()) {
			batch_no_guess(&worker.batch);
			send_stage(choose_stage());
			break;
		}
		read_end_failed(reading.sent, reading.in_transaction);
		end_transaction();
		break;
	case DATABASE_LOST:
		lose_read();
		break;
	case DATABASE_OPEN:
		must(step != DATABASE_OPEN); /* which ends an opening or a description alone */
		break;
	}
}

void run_read_start(void)
{
	send_stage(batch_wants_planned(&worker.batch) ? STAGE_PLANNED : choose_stage());
}

void run_read_timers(int64_t now_us)
{
	const struct peer *peer = stream_peer();

	if (peer != NULL && stream_is_paused() && peer->deadline_us != 0 && peer->deadline_us <= now_us) {
		METRICS_ADD(metrics_own->protocol_errors, 1);
		log_event(LOG_WARNING, "answer-timeout", "the client stopped reading a streamed answer; the connection is closed");
		stream_hang_up();
		run_read_go_on();
	}
	if (stream_is_discarding() && stream_has_discarded_enough(now_us))
		give_up_rest();
}

int64_t run_read_deadline_us(void)
{
	int64_t deadline;

	if (stream_peer() != NULL && stream_is_paused())
		deadline = stream_peer()->deadline_us;
	else
		deadline = clock_earlier(database_deadline_us(worker.database), hedge_at_us());
	return clock_earlier(deadline, stream_discard_deadline_us());
}
