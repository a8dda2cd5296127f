/* SPDX-License-Identifier: MIT */
#include "worker/read_end.h"

#include "base/log.h"
#include "response/answer.h"
#include "worker/db_session.h"
#include "worker/kill.h"
#include "worker/peer_list.h"
#include "worker/server_fault.h"
#include "worker/stream.h"
#include "worker/worker_state.h"

enum { SNAPSHOTS = 20 }; /* the most that are begun for one request, because its table is being altered */

static void end_batch(void)
{
	if (worker.batch.plan != NULL) /* or the end of its transaction was lost */
		db_session_done();
	batch_end(&worker.batch);
	stream_clear();
}

static void log_failure(const struct peer *peer, enum log_level level, const char *event)
{
	const struct database_error *error = database_error(worker.database);
	struct log_line *line = log_begin(level, event);

	log_bytes(line, "id", peer->request.id.bytes, peer->request.id.length);
	log_number(line, "number", error->number);
	log_string(line, "table", peer->plan.table->name.bytes);
	log_string(line, "message", error->text);
	log_bytes(line, "sql", peer->plan.sql.bytes, peer->plan.sql.length);
	log_end(line);
}

/* A new snapshot has the table as it is now. Whoever alters it for ever is not waited for. */
static bool is_snapshot_old(const struct peer *peer)
{
#ifdef FAULT_OLD_SNAPSHOT
	(void)peer;
	return false;
#else
	return database_error(worker.database)->snapshot_old && peer->snapshots < SNAPSHOTS;
#endif
}

/* What is counted is read in a snapshot of ours, which is read-only; without it the view's functions may write. */
static bool is_count_at_fault(bool in_transaction)
{
	return in_transaction && database_error(worker.database)->status == STATUS_READ_ONLY;
}

/* The statement failed and the connection lives. */
void read_end_failed(struct slice sent, bool in_transaction)
{
	const struct database_error *error = database_error(worker.database);
	struct peer_list *running = &worker.peers[PEER_RUNNING];
	bool shared = worker.batch.count > 1;
	struct peer *peer;

	db_session_not_busy();
	while ((peer = TAILQ_FIRST(running)) != NULL) {
		if (kill_reason() == KILL_PUT_BACK && error->status == STATUS_TIMEOUT)
			peer_list_put_back(peer);
		else if (kill_reason() == KILL_ABANDONED && error->status == STATUS_TIMEOUT)
			peer_list_abandon(peer);
		else if (peer == stream_peer()) { /* a cut, which no client takes for an answer */
			log_failure(peer, LOG_ERROR, "stream-cut");
			peer_list_hang_up(peer);
		} else if (server_fault_is_outdated(error, &peer->plan, sent) && !peer->retried &&
		           db_session_may_describe()) {
			peer->retried = true;
			db_session_want_describe();
			peer_list_run_again(peer, false);
		} else if (is_snapshot_old(peer)) {
			peer->snapshots++;
			if (db_session_may_describe())
				db_session_want_describe();
			peer_list_run_again(peer, false);
		} else if (shared && error->status != STATUS_TIMEOUT && error->status != STATUS_BUSY &&
		         error->status != STATUS_LOCKED)
			peer_list_run_again(peer, true); /* one of them may be at fault; time and locks are nobody's */
		else {
			struct fault fault = server_fault_of_read(error, &peer->plan, sent, &peer->arena);

			if (is_count_at_fault(in_transaction))
				fault = (struct fault){ .status = STATUS_UNSUPPORTED, .hint = "Prefer: count=planned",
				                        .message = "rows cannot be counted exactly where reading them writes" };
			if (status_http(fault.status) >= 500)
				log_failure(peer, LOG_ERROR, "statement-failed");
			else if (fault.status == STATUS_FORBIDDEN) /* a right is missing, which no client can mend */
				log_failure(peer, LOG_WARNING, "statement-failed");
			answer_fault(peer, &fault, NULL);
			peer_list_write_on(peer);
		}
	}
	end_batch();
}

/* The connection to the database is gone, and the statement with it. Reads are repeated: once, or on each other host. */
void read_end_lost(void)
{
	const struct database_error *error = database_error(worker.database);
	struct peer_list *running = &worker.peers[PEER_RUNNING];
	struct fault fault = { .status = error->status };
	struct peer *peer;

	if (fault.status == STATUS_TIMEOUT)
		fault.details = server_fault_limit(error);

	db_session_not_busy();
	while ((peer = TAILQ_FIRST(running)) != NULL) {
		if (peer == stream_peer()) {
			log_failure(peer, LOG_ERROR, "stream-cut");
			peer_list_hang_up(peer);
		} else if (peer->losses < database_host_count(worker.database) && error->status != STATUS_TIMEOUT) {
			peer->losses++;
			peer_list_run_again(peer, false);
		} else {
			log_failure(peer, LOG_ERROR, "statement-lost");
			answer_fault(peer, &fault, NULL);
			peer_list_write_on(peer);
		}
	}
	end_batch();
}

void read_end_done(void)
{
	struct peer_list *running = &worker.peers[PEER_RUNNING];
	struct peer *peer;

	db_session_not_busy();
	if (worker.batch.mistyped && db_session_may_describe()) {
		log_event(LOG_WARNING, "schema-changed", "a value is not of its column's type: describing the tables again");
		db_session_want_describe();
	}
	if (worker.batch.replaced > 0 && (peer = TAILQ_FIRST(running)) != NULL) {
		struct log_line *line = log_begin(LOG_ERROR, "invalid-utf8");

		log_bytes(line, "id", peer->request.id.bytes, peer->request.id.length);
		log_string(line, "table", peer->plan.table->name.bytes);
		log_number(line, "places", (int64_t)worker.batch.replaced);
		log_end(line);
	}
	while ((peer = TAILQ_FIRST(running)) != NULL) {
		/* MySQL ends some without an error, such as a SLEEP. */
		if (kill_reason() == KILL_ABANDONED && !peer_list_still_waits(peer)) {
			peer_list_abandon(peer);
			continue;
		}
		if (peer == stream_peer()) {
			peer->rows = worker.batch.rows;
			answer_stream_end(peer);
		} else if (stream_is_discarding()) { /* too large to share: one by one */
			peer_list_run_again(peer, true);
			continue;
		} else
			batch_answer(&worker.batch, peer);
		peer_list_write_on(peer);
	}
	end_batch();
}

/* It has ended, by itself or as it was to: MySQL does not tell of each. */
void read_end_put_back(void)
{
	struct peer *peer;

	db_session_not_busy();
	while ((peer = TAILQ_FIRST(&worker.peers[PEER_RUNNING])) != NULL)
		peer_list_put_back(peer);
	end_batch();
}
