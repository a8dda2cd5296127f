/* SPDX-License-Identifier: MIT */
#include "worker/run_write.h"

#include "base/clock.h"
#include "base/metrics.h"
#include "base/must.h"
#include "response/answer.h"
#include "worker/db_session.h"
#include "worker/peer_list.h"
#include "worker/server_fault.h"
#include "worker/worker_state.h"
#include "worker/write_script.h"

enum { KEEP_BYTES = 1 << 18 }; /* of the memory for statements */

/* There is one at a time; its peer is NULL while none runs. */
static struct write_script change;

void run_write_begin(void)
{
	change.peer = NULL;
}

bool run_write_runs(void)
{
	return change.peer != NULL;
}

static void end_write(void)
{
	struct peer *peer = change.peer;
	bool again = change.failed && peer->retried && db_session_wants_describe();

	db_session_done();
	change.peer = NULL;
	if (TAILQ_EMPTY(&worker.peers[PEER_WAITING])) /* who seems idle is given what others wait with */
		metrics_own->busy_since_us = 0;
	batch_end(&worker.batch);
	if (change.sql.size > KEEP_BYTES)
		text_release(&change.sql);
	if (change.keys.size > KEEP_BYTES)
		text_release(&change.keys);
	if (change.new_keys.size > KEEP_BYTES)
		text_release(&change.new_keys);
	if (change.put_back)
		peer_list_put_back(peer);
	else if (again)
		peer_list_move(peer, PEER_WAITING); /* planned again once the tables are described */
	else
		peer_list_write_on(peer);
}

/* The connection is gone. Whether the statement that writes was made is not known, nor what it did that no transaction
 * undoes, unless it is certain that it was not; before it, nothing was done. While the row at fault is looked for, what
 * failed is known already, and that is the answer. */
static void lose_write(bool not_run)
{
	const struct database_error *error = database_error(worker.database);
	struct peer *peer = change.peer;
	bool nothing_done = not_run || (change.in_transaction && change.stage <= SCRIPT_LOCK);
	bool answered = change.locating || (change.stage == SCRIPT_ROLLBACK && !change.again);

	db_session_lost();
	change.error = error;
	change.in_transaction = false;
	script_log_failure(&change, LOG_ERROR, "write-lost");
	if (answered) {
		change.again = false;
		(void)script_undone(&change);
		end_write();
	} else if (nothing_done && !peer->retried && error->status != STATUS_TIMEOUT) {
		peer->retried = true;
		change.peer = NULL;
		db_session_done();
		batch_end(&worker.batch);
		peer_list_move(peer, PEER_WAITING);
	} else {
		change.failed = true;
		change.fault = (struct fault){ .status = error->status == STATUS_TIMEOUT ? STATUS_TIMEOUT
			                                 : nothing_done                  ? STATUS_AWAY
			                                                                 : STATUS_UNKNOWN };
		if (error->status == STATUS_TIMEOUT)
			change.fault.details = server_fault_limit(error);
		answer_fault(peer, &change.fault, NULL);
		end_write();
	}
	db_session_open_at_once();
}

/* The host takes no writes any more, and another may: what it refuses it has not done, nor is anything kept of a
 * transaction whose connection ends. */
static bool is_elsewhere(void)
{
	return database_error(worker.database)->status == STATUS_READ_ONLY && database_wants_writable(worker.database) &&
	       !change.peer->retried;
}

static enum script_next finish_write_stage(void)
{
	change.affected = database_affected(worker.database);
	change.generated = database_generated(worker.database);
	return script_stage_done(&change);
}

/* A statement failed. false: the connection is given up, and all that there was to do is done. */
static bool fail_write_stage(enum script_next *next)
{
	/* In a cluster a transaction on another node may have ended ours before ROLLBACK came, which is then told so: there is
	 * nothing left to undo. In no other way can it fail and leave a connection of use. */
	if (change.stage == SCRIPT_ROLLBACK && database_error(worker.database)->status == STATUS_LOCKED) {
		*next = finish_write_stage();
		return true;
	}
	if (change.stage == SCRIPT_ROLLBACK) {
		database_drop(worker.database);
		lose_write(false);
		return false;
	}
	if (is_elsewhere()) {
		database_leave_host(worker.database, "the host has become read-only");
		lose_write(true);
		return false;
	}
	change.error = database_error(worker.database);
	change.killed = kill_reason();
	*next = script_stage_failed(&change);
	return true;
}

/* Each statement has its time, but there may be one for each row of the body. What is found out of a fault in vain is no
 * fault of its own. */
static enum script_next limit_time(enum script_next next)
{
	if (next == SCRIPT_OVER || change.stage == SCRIPT_COMMIT || change.stage == SCRIPT_ROLLBACK ||
	    clock_now_us() < change.deadline_us)
		return next;
	change.again = false;
	if (change.locating || change.stage == SCRIPT_FAULT_ROW || change.stage == SCRIPT_TELL_ROW)
		return script_undo(&change);
	if (change.attempts > 0) /* the time went by behind others' locks, and another try may do it */
		return script_fail(&change, STATUS_LOCKED, NULL, NULL);
	log_event(LOG_ERROR, "write-timeout", "a write of table '%s' exceeded MYREST_STATEMENT_TIMEOUT as a whole",
	          change.plan->table->name.bytes);
	return script_fail(&change, STATUS_TIMEOUT, "the write exceeded its time limit",
	            "MYREST_STATEMENT_TIMEOUT limits all statements of a write together");
}

static enum database_step send_sql(void)
{
	if (kill_reason() == KILL_PUT_BACK && !change.put_back) /* the one before it was not hit, and may not be enough */
		kill_look_at_next();
	return database_send(worker.database, change.sql.bytes, change.sql.length, DATABASE_ONE_BY_ONE);
}

void run_write_step(enum database_step step)
{
	enum script_next next = SCRIPT_SEND;
	struct row row;

	for (;;) {
		switch (step) {
		case DATABASE_OPEN:
			must(step != DATABASE_OPEN); /* which ends an opening or a description alone */
			return;
		case DATABASE_WAIT:
			return;
		case DATABASE_ROW:
			database_row(worker.database, &row);
			script_take_row(&change, &row);
			step = database_next(worker.database);
			continue;
		case DATABASE_LOST:
			lose_write(database_error(worker.database)->not_run);
			return;
		case DATABASE_END:
			next = finish_write_stage();
			break;
		case DATABASE_FAILED:
			if (!fail_write_stage(&next))
				return;
			break;
		}
		if ((next = limit_time(next)) == SCRIPT_OVER) {
			end_write();
			return;
		}
		step = send_sql();
	}
}

bool run_write_is_undone(const struct table *table)
{
	return !table->undoes_nothing && !table->is_view; /* which may be over one that undoes nothing */
}

bool run_write_may_be_killed(void)
{
	return change.stage != SCRIPT_COMMIT && change.stage != SCRIPT_ROLLBACK && run_write_is_undone(change.plan->table);
}

void run_write_start(struct peer *peer)
{
	enum script_next next;

	change.peer = peer;
	change.config = worker.config;
	change.batch = &worker.batch;
	change.traits = database_traits(worker.database);
	change.plan = &peer->plan;
	change.write = peer->write;
	change.attempts = 0;
	change.deadline_us = db_session_statement_since_us() + worker.config->statement_timeout_s * 1000000; /* that is, from now */
	change.failed = change.again = change.put_back = false;
	change.locating = change.judging = change.in_transaction = change.raced = false;
	peer->write->one_by_one = script_goes_one_by_one(&change);
	next = script_first(&change);
	if (next == SCRIPT_SEND)
		run_write_step(send_sql());
}
