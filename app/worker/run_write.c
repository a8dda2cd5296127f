/* SPDX-License-Identifier: MIT */
#include "worker/run_write.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "response/answer.h"
#include "response/page_link.h"
#include "schema/dialect.h"
#include "sql/sql.h"
#include "worker/db_session.h"
#include "worker/peer_list.h"
#include "worker/server_fault.h"
#include "worker/worker_state.h"
#include "worker/write_fault.h"

enum {
	ATTEMPTS = 3,         /* of a write that others' locks are in the way of */
	KEEP_BYTES = 1 << 18, /* of the memory for statements */
	LOG_SQL_BYTES = 2048,
};

enum stage { BEGIN, CLAIM, RECALL, LOCK, WRITE, SEEK, JUDGE, FAULT_ROW, TELL_ROW, READ, REMEMBER, COMMIT, ROLLBACK };

/* What a stage that is over leads to. */
enum next { SEND, OVER }; /* the statement that stands in change.sql; the answer, which is made */

/* There is one at a time. */
static struct {
	struct peer *peer; /* NULL: none runs */
	const struct write *write;
	struct plan *plan;
	enum stage stage;
	bool in_transaction;
	int64_t deadline_us; /* after which nothing but the end of the transaction is sent */
	unsigned attempts;
	bool raced;      /* tried once more, since another may have added the same row at the same moment */
	unsigned row;    /* INSERT: whose turn it is, or that of which and those behind it */
	bool renames;    /* PUT: LOCK's row has the key spelled otherwise */
	bool left_out;   /* it is there already */
	bool judging;    /* JUDGE comes before WRITE */
	struct fault duplicate; /* what is told if it is not there; STATUS_OK: WRITE has to tell */
	bool locating;   /* one by one: to learn which row is at fault; nothing will be kept */
	uint64_t rows;   /* that are written, or found by LOCK */
	uint64_t found;  /* by READ */
	bool there;      /* PUT: the row is */
	bool created;
	bool claimed;    /* RECALL has found the key, */
	bool replayed;   /* and it was this very request */
	struct text keys, new_keys; /* the condition for the rows that LOCK has found, as they are and as they will be */
	struct text location;
	bool failed, again, put_back; /* what follows the ROLLBACK: an answer, the same write, others' turn */
	struct fault fault;
	struct text sql;
} change;

bool change_runs(void)
{
	return change.peer != NULL;
}

/* --- Statements --- */

/* How many rows the INSERT has. */
static unsigned rows_at_once(void)
{
	return change.write->one_by_one ? 1 : write_run(change.write, change.plan->table, change.row);
}

static struct text *begin_sql(enum stage stage)
{
	change.stage = stage;
	text_clear(&change.sql);
	return &change.sql;
}

static enum next send_word(enum stage stage, const char *sql)
{
	text_add_string(begin_sql(stage), sql);
	return SEND;
}

static struct slice as_slice(const struct text *text)
{
	return (struct slice){ text->bytes, text->length };
}

static enum next undone(void);

static enum next undo(void)
{
	return change.in_transaction ? send_word(ROLLBACK, "ROLLBACK") : undone();
}

static enum next fail(enum status status, const char *message, const char *details)
{
	change.failed = true;
	change.fault = (struct fault){ .status = status, .message = message, .details = details };
	return undo();
}

static const char *rows_between(const char *before, uint64_t rows, const char *behind)
{
	return arena_printf(&change.peer->arena, "%s %llu rows%s", before, (unsigned long long)rows, behind);
}

/* What LOCK's rows and READ's become; what was there before is forgotten. */
static void forget_rows(void)
{
	batch_end(&worker.batch);
	batch_begin(&worker.batch, change.peer);
}

static enum next send_lock(void)
{
	change.rows = 0;
	text_clear(&change.keys);
	text_clear(&change.new_keys);
	forget_rows();
	sql_lock(begin_sql(LOCK), change.plan, change.write);
	return SEND;
}

/* Whether a row that is refused as a duplicate may be left out, which MySQL does not tell: it is one by any key. */
static bool may_leave_out(void)
{
	const struct write *write = change.write;
	const struct table *table = change.plan->table;

	return write->kind == WRITE_INSERT && write->resolution == RESOLUTION_IGNORE &&
	       !table->dialect->conflict_by_key && !write_makes_key(write, table, write->conflict, change.row);
}

static enum next send_judge(void)
{
	METRICS_ADD(metrics_own->statements, 1);
	sql_judge(begin_sql(JUDGE), change.plan, change.write, change.row);
	return SEND;
}

static enum next send_insert(bool plain)
{
	const struct write *write = change.write;
	struct text *sql = begin_sql(WRITE);

	METRICS_ADD(metrics_own->statements, 1);
	change.peer->write->plain = plain;
	sql_insert(sql, change.plan, write, change.row, rows_at_once(),
	           write_returns(write, change.plan) && !write->one_by_one);
	return SEND;
}

/* The rows that were locked, by their key; by the request's own conditions where there is none. */
static struct slice locked_rows(void)
{
	return write_looks_first(change.write) ? as_slice(&change.keys) : (struct slice){ "", 0 };
}

static enum next send_write(void)
{
	const struct write *write = change.write;
	struct text *sql;

	if (write->kind == WRITE_INSERT) {
		change.duplicate.status = STATUS_OK;
		return change.judging && may_leave_out() ? send_judge() : send_insert(false);
	}
	sql = begin_sql(WRITE);
	METRICS_ADD(metrics_own->statements, 1);
	if (write->kind == WRITE_PUT && !change.there)
		sql_insert(sql, change.plan, write, 0, 1, false);
	else if (write->kind == WRITE_DELETE)
		sql_delete(sql, change.plan, write, locked_rows());
	else
		sql_update(sql, change.plan, write, locked_rows());
	return SEND;
}

/* JUDGE needs the lock of the row that is there alone. Who has it by a WRITE in this transaction shares it with others
 * who do the same, and would wait for them as they for him: it is begun anew, with JUDGE first. */
static enum next judge(void)
{
	if (!change.in_transaction || change.judging || change.plan->table->undoes_nothing)
		return send_judge();
	change.judging = change.peer->write->one_by_one = change.again = true;
	return undo();
}

static enum next seek(void)
{
	text_clear(&change.new_keys);
	if (!sql_add_meant_key(&change.new_keys, change.plan, change.write, change.row))
		return judge();
	sql_seek(begin_sql(SEEK), change.plan, as_slice(&change.new_keys));
	return SEND;
}

static enum next send_read_back(void)
{
	struct text *sql = begin_sql(READ);

	change.found = 0;
	sql_read_back(sql, change.plan, as_slice(&change.new_keys));
	/* What a merge has found as it is to be is not changed: a snapshot that is older than the row does not have it. */
	if (change.write->one_by_one && change.write->resolution == RESOLUTION_MERGE)
		text_add_string(sql, change.plan->table->dialect->share_lock);
	return SEND;
}

static enum next send_recall(void)
{
	sql_recall(begin_sql(RECALL), change.plan->table->dialect, worker.config->idempotency_table, change.write);
	return SEND;
}

static enum next send_claim(void)
{
	sql_claim(begin_sql(CLAIM), change.plan->table->dialect, worker.config->idempotency_table, change.write);
	return SEND;
}

/* --- Rows --- */

static bool shows_rows(void)
{
	if (change.stage == LOCK) /* as the answer, or for the tag */
		return change.write->kind == WRITE_DELETE || change.plan->single;
	return (change.stage == WRITE || change.stage == READ) && write_returns(change.write, change.plan);
}

/* Without the spaces at its end. */
static struct slice bare(struct slice text)
{
	while (text.length > 0 && text.bytes[text.length - 1] == ' ')
		text.length--;
	return text;
}

/* Whether the key that is written is another text than that of the row, which its collation calls equal. */
static bool is_spelled_otherwise(const struct column *column, struct slice there, struct slice written)
{
	const struct dialect *dialect = change.plan->table->dialect;
	struct text literal = { 0 };
	const char *why;
	bool otherwise;

	if (column->type != COLUMN_STRING || column->is_other || strncmp(column->declared.bytes, "enum(", 5) == 0 ||
	    strncmp(column->declared.bytes, "set(", 4) == 0)
		return false;
	if (strncmp(column->declared.bytes, "char", 4) == 0) /* some servers fill it up */
		there = bare(there);
	otherwise = dialect->literal(&literal, column, there, &why) != STATUS_OK || literal.length != written.length ||
	            memcmp(literal.bytes, written.bytes, written.length) != 0;
	text_release(&literal);
	return otherwise;
}

/* Of a PUT: whether the row would get another key than it has. */
static bool renames(const struct row *row)
{
	const struct write *write = change.write;
	const struct key *key = write->key;

	for (unsigned i = 0; write->kind == WRITE_PUT && i < key->column_count; i++) {
		const struct column *column = sql_key_column(change.plan, key, i);
		unsigned place = write->key_outputs[i];
		int value = sql_find_written(write, column);

		if (value >= 0 && row->values[place] != NULL &&
		    is_spelled_otherwise(column, (struct slice){ row->values[place], row->lengths[place] }, write->values[value]))
			return true;
	}
	return false;
}

static void take_locked(const struct row *row)
{
	change.rows++;
	if (change.write->key == NULL)
		return;
	change.renames = change.renames || renames(row);
	if (!sql_add_key(&change.keys, change.plan, change.write, row, false) ||
	    (write_returns(change.write, change.plan) &&
	     !sql_add_key(&change.new_keys, change.plan, change.write, row, true))) {
		text_clear(&change.keys); /* cannot happen: a primary key is never NULL, nor one that nobody knows (plan_write.c) */
		text_clear(&change.new_keys);
	}
}

static void take_recalled(const struct row *row)
{
	const struct write *write = change.write;

	change.claimed = true;
	change.replayed = row->values[0] != NULL && row->lengths[0] == sizeof(write->request_hash) &&
	                  memcmp(row->values[0], write->request_hash, sizeof(write->request_hash)) == 0 &&
	                  row->values[1] != NULL;
	if (change.replayed)
		answer_replay(change.peer, (struct slice){ row->values[1], row->lengths[1] });
}

/* Of the row that the server says it is, which counts those of the statement. */
static uint64_t row_of_body(uint64_t row)
{
	return row > 0 ? change.row + row : 0;
}

static void take_row(void)
{
	const struct write *write = change.write;
	struct row row;

	database_row(worker.database, &row);
	/* Those that a change gives back itself may be more than are shown. */
	if (shows_rows() && !(write->returning && change.rows++ > write->max_rows))
		batch_row(&worker.batch, &row);
	if ((change.stage == WRITE || change.stage == READ) && write->kind == WRITE_INSERT && write->row_count == 1) {
		text_clear(&change.location);
		page_link_add_location(&change.location, &change.peer->request, change.plan, write, &row);
	}
	if (change.stage == LOCK)
		take_locked(&row);
	else if (change.stage == SEEK)
		change.left_out = true;
	else if (change.stage == READ)
		change.found++;
	else if (change.stage == RECALL)
		take_recalled(&row);
	else if (change.stage == TELL_ROW && row.values[0] != NULL)
		change_fault_tell_row(&change.fault, write, row_of_body(strtoull(row.values[0], NULL, 10)),
		                      &change.peer->arena);
}

/* --- What comes after what --- */

/* Whether there are more or fewer rows than were asked for; *next then says what follows. */
static bool is_refused_for_count(enum next *next)
{
	const struct write *write = change.write;

	if (write->has_max_affected && change.rows > write->max_affected)
		*next = fail(STATUS_TOO_MANY_AFFECTED, NULL, rows_between("The query affects", change.rows, ""));
	else if (change.plan->single && change.rows == 0)
		*next = fail(STATUS_NO_SUCH_ROW, NULL, "The result contains 0 rows");
	else if (write->singular && change.rows != 1)
		*next = fail(STATUS_NOT_SINGULAR, NULL, rows_between("The result contains", change.rows, ""));
	else
		return false;
	return true;
}

/* All is written: it is answered, remembered, kept. */
static enum next finish(void)
{
	const struct write *write = change.write;
	enum next next;
	bool adds = write->kind == WRITE_INSERT && (write->resolution != RESOLUTION_IGNORE || change.rows > 0);
	struct answer_written answer = { .affected = change.rows, .created = change.created || adds,
		                         .location = as_slice(&change.location) };

	if (is_refused_for_count(&next))
		return next;
	batch_answer_written(&worker.batch, change.peer, &answer);
	if (write->rollback)
		return undo();
	if (write->idempotency_key.length > 0) {
		sql_remember(begin_sql(REMEMBER), change.plan->table->dialect, worker.config->idempotency_table, write,
		             &change.peer->output);
		return SEND;
	}
	return change.in_transaction ? send_word(COMMIT, "COMMIT") : OVER;
}

static enum next next_row(void)
{
	change.rows += !change.left_out;
	change.left_out = false;
	if (++change.row < change.write->row_count)
		return send_write();
	return change.locating ? undo() : finish();
}

static bool find_by(const struct key *key, uint64_t generated)
{
	text_clear(&change.new_keys);
	return key != NULL &&
	       sql_add_inserted_key(&change.new_keys, change.plan, change.write, key, change.row, generated);
}

/* Whether the row of the body has NULL in the key that is meant, which meets no other. */
static bool has_null(void)
{
	const struct write *write = change.write;

	for (unsigned i = 0; i < write->conflict->column_count; i++) {
		const struct column *column = sql_key_column(change.plan, write->conflict, i);
		int place = sql_find_written(write, column);
		struct slice value = column->fallback == NULL ? SLICE("NULL") : SLICE("DEFAULT");

		if (place >= 0)
			value = write->values[(size_t)change.row * write->column_count + (unsigned)place];
		if (slice_is(value, "NULL"))
			return true;
	}
	return false;
}

/* By the key that is meant, where a part of it is a default that the body does not have. */
static bool find_by_default(void)
{
	text_clear(&change.new_keys);
	return !has_null() && sql_add_meant_key(&change.new_keys, change.plan, change.write, change.row);
}

/* The condition for the row that was written: by the primary key, or that which is meant. A merge that has met a row
 * has given it all that the body says, and generated nothing. */
static bool find_inserted(void)
{
	uint64_t generated = database_generated(worker.database);

	if (change.write->resolution != RESOLUTION_MERGE)
		return find_by(change.write->key, generated) ||
		       (change.write->resolution == RESOLUTION_IGNORE && find_by(change.write->conflict, generated));
	return find_by(change.write->conflict, generated) || find_by(change.write->key, has_null() ? generated : 0) ||
	       find_by_default();
}

static enum next not_found_again(void)
{
	if (change.write->returned != RETURN_REPRESENTATION)
		return next_row();
	return fail(STATUS_BAD_PREFERENCE, "the new row cannot be found again: return=minimal can be had",
	            change.write->key == NULL ? "the table has no primary key" :
	                                        "the database makes the key, and does not tell it");
}

static enum next inserted_one(void)
{
	if (!write_returns(change.write, change.plan) || change.left_out || change.locating)
		return next_row();
	if (!find_inserted())
		return not_found_again();
	return send_read_back();
}

/* What was written and is not found has another key by now than the statement gave it, by a trigger for example. */
static enum next read_done(void)
{
	const struct write *write = change.write;

	if (write->returned == RETURN_REPRESENTATION && change.found < (write->one_by_one ? 1 : change.rows))
		return fail(STATUS_BAD_PREFERENCE, "what was written cannot be found again: return=minimal can be had",
		            "it has another key now than it was given, by a trigger perhaps");
	return write->one_by_one ? next_row() : finish();
}

static enum next insert_done(void)
{
	const struct write *write = change.write;
	uint64_t added = write->resolution == RESOLUTION_IGNORE ? database_affected(worker.database) : rows_at_once();

	if (write->one_by_one) {
		change.left_out = added == 0;
		return inserted_one();
	}
	change.rows += added;
	change.row += rows_at_once();
	return change.row < write->row_count ? send_write() : finish();
}

/* What was changed is not what was locked: the table's engine knows no locks, or a trigger interferes, which the next
 * attempt would meet as well. Only PostgreSQL has triggers that leave rows out. */
static enum next refuse_left_out(void)
{
	if (!change.plan->table->dialect->returns_changes)
		return fail(STATUS_LOCKED, NULL, NULL);
	return fail(STATUS_BAD_PREFERENCE, "a trigger or rule has left out rows that were to be written; nothing was written",
	            NULL);
}

static enum next put_done(void)
{
	const struct write *write = change.write;

	if (change.there && database_affected(worker.database) != change.rows)
		return refuse_left_out();
	change.created = !change.there;
	change.rows = 1;
	if (!write_returns(write, change.plan))
		return finish();
	if (change.created && !sql_add_inserted_key(&change.new_keys, change.plan, write, write->key, 0, 0))
		return fail(STATUS_FAULT, NULL, NULL);
	forget_rows();
	return send_read_back();
}

static bool too_many_are_shown(void)
{
	return change.write->returned == RETURN_REPRESENTATION && change.rows > change.write->max_rows;
}

static enum next refuse_to_show(void)
{
	return fail(STATUS_BAD_PREFERENCE,
	            rows_between("more than", change.write->max_rows, " cannot be returned: return=minimal can be had"),
	            NULL);
}

static enum next write_done(void)
{
	const struct write *write = change.write;

	if (write->kind == WRITE_INSERT)
		return insert_done();
	if (write->kind == WRITE_PUT)
		return put_done();
	if (!write_looks_first(write)) {
		change.rows = database_affected(worker.database);
		return too_many_are_shown() ? refuse_to_show() : finish();
	}
	if (database_affected(worker.database) != change.rows)
		return refuse_left_out();
	if (write->kind == WRITE_DELETE || !write_returns(write, change.plan))
		return finish();
	forget_rows();
	return send_read_back();
}

/* Whether the row that is locked is the one that the client knows. */
static bool condition_holds(void)
{
	const struct write *write = change.write;

	if (write->unless_there && change.rows > 0)
		return false;
	return write->if_match.length == 0 || (change.rows > 0 && batch_has_tag(&worker.batch, write->if_match));
}

static enum next lock_done(void)
{
	const struct write *write = change.write;
	enum next next;

	change.there = change.rows > 0;
	if (!condition_holds())
		return fail(STATUS_CONDITION, write->unless_there && change.rows > 0 ? "the row is there already" : NULL, NULL);
	if (too_many_are_shown())
		return refuse_to_show();
	if (change.renames)
		return fail(STATUS_DUPLICATE, "the key is that of another row, which is spelled otherwise",
		            "to the column's collation they are equal");
	if (write->kind == WRITE_PUT)
		return send_write();
	if (is_refused_for_count(&next))
		return next;
	return change.rows == 0 || (write->kind == WRITE_UPDATE && write->column_count == 0) ? finish() : send_write();
}

static enum next after_claim(void)
{
	return write_looks_first(change.write) ? send_lock() : send_write();
}

static enum next recall_done(void)
{
	if (!change.claimed) { /* who had it has let it go, or the table's id is not what the key was written as */
		if (++change.attempts == ATTEMPTS)
			return fail(STATUS_LOCKED, NULL, NULL);
		change.again = true;
		return undo();
	}
	return change.replayed ? undo() : fail(STATUS_KEY_REUSED, NULL, NULL);
}

static bool needs_transaction(void)
{
	const struct write *write = change.write;

	return write_looks_first(write) || write->returning || write->has_max_affected || write->rollback ||
	       write->one_by_one ||
	       write->idempotency_key.length > 0 ||
	       (write->kind == WRITE_INSERT && write_run(write, change.plan->table, 0) < write->row_count) ||
	       (write->singular && (write->kind != WRITE_INSERT || write->resolution == RESOLUTION_IGNORE));
}

static enum next first(void)
{
	change.row = 0;
	change.rows = 0;
	change.renames = change.left_out = change.there = change.created = change.claimed = change.replayed = false;
	text_clear(&change.location);
	text_clear(&change.new_keys);
	forget_rows();
	if (!needs_transaction())
		return send_write();
	change.in_transaction = true;
	return send_word(BEGIN, "START TRANSACTION");
}

/* After the ROLLBACK, or where there is nothing to undo. */
static enum next undone(void)
{
	change.in_transaction = false;
	if (change.again) {
		change.again = false;
		return first();
	}
	if (change.failed && !change.put_back)
		answer_fault(change.peer, &change.fault, NULL);
	return OVER;
}

static enum next stage_done(void)
{
	switch (change.stage) {
	case BEGIN:
		return change.write->idempotency_key.length > 0 && !change.locating ? send_claim() : after_claim();
	case CLAIM:
		return database_affected(worker.database) > 0 ? after_claim() : send_recall();
	case RECALL:
		return recall_done();
	case LOCK:
		return lock_done();
	case WRITE:
		return write_done();
	case SEEK:
		return change.left_out ? next_row() : judge();
	case JUDGE: /* no other row is there, or not any more, and this one is inserted */
		return insert_done();
	case FAULT_ROW:
		return send_word(TELL_ROW, DATABASE_TELL_FAULT_ROW);
	case TELL_ROW:
		return undo();
	case READ:
		return read_done();
	case REMEMBER:
		return send_word(COMMIT, "COMMIT");
	case COMMIT:
		change.in_transaction = false;
		return OVER;
	case ROLLBACK:
		return undone();
	}
	return OVER;
}

/* --- What goes wrong --- */

static void log_failure(enum log_level level, const char *event)
{
	const struct database_error *error = database_error(worker.database);
	struct log_line *line = log_begin(level, event);

	log_bytes(line, "id", change.peer->request.id.bytes, change.peer->request.id.length);
	log_number(line, "number", error->number);
	log_string(line, "table", change.plan->table->name.bytes);
	log_string(line, "message", error->text);
	log_bytes(line, "sql", change.sql.bytes, change.sql.length < LOG_SQL_BYTES ? change.sql.length : LOG_SQL_BYTES);
	log_end(line);
}

/* What a client does wrong is its own business; a missing right is the administrator's. */
static enum log_level failure_level(enum status status)
{
	if (status == STATUS_FORBIDDEN)
		return LOG_WARNING;
	return status_http(status) >= 500 ? LOG_ERROR : LOG_INFO;
}

/* Which of many rows is at fault, and what by: the server is asked, or it is found out one by one. */
static enum next locate(bool alarmed)
{
	if (database_traits(worker.database)->fault_row && !alarmed)
		return send_word(FAULT_ROW, DATABASE_KEEP_FAULT_ROW);
	if (change.plan->table->undoes_nothing) /* what is inserted for it would stay */
		return undo();
	change.locating = change.peer->write->one_by_one = true;
	change.again = true;
	return undo();
}

static bool is_row_unknown(uint64_t row, bool alarmed)
{
	if (change.fault.status == STATUS_BODY_TOO_LARGE) /* by all of them */
		return false;
	return alarmed || (change.write->kind == WRITE_INSERT && change.write->row_count > 1 && !change.write->one_by_one &&
	       row == 0 && change.fault.status != STATUS_FAULT && status_http(change.fault.status) < 500);
}

/* What the database says, with the column and the row that it only gives the place of. */
static struct database_error located_error(void)
{
	struct database_error error = *database_error(worker.database);
	const struct column *column;
	unsigned row;

	if (change.stage != WRITE || error.place == 0 || error.object.length > 0 ||
	    !sql_find_value(change.plan, change.write, change.row, &change.sql, error.place, &column, &row))
		return error;
	error.object = column->name;
	if (error.row == 0 && !change.write->one_by_one)
		error.row = row + 1 - change.row;
	return error;
}

/* Whether the statement is about the table of Idempotency-Keys alone. */
static bool is_of_keys(void)
{
	return change.stage == CLAIM || change.stage == RECALL || change.stage == REMEMBER;
}

/* Whether the statement can have failed by one row of the body alone. */
static bool has_one_row(void)
{
	if (is_of_keys())
		return false;
	return change.write->one_by_one ||
	       (change.stage == WRITE && change.write->kind == WRITE_INSERT && rows_at_once() == 1);
}

/* PostgreSQL looks for a row by the key that is meant before it inserts. One that is added meanwhile is a duplicate by
 * whichever of its keys is inserted first; when it is tried again, it is found by the one that is meant. So is the row
 * of a PUT, which LOCK has not found: others may add it, unless the engine locks the place where it would be. */
static bool may_be_raced(const struct database_error *error)
{
	const struct write *write = change.write;
	const struct table *table = change.plan->table;

	if (error->status != STATUS_DUPLICATE || change.stage != WRITE || change.raced || change.locating)
		return false;
	if (write->kind == WRITE_PUT)
		return !change.there;
	return write->kind == WRITE_INSERT && write->resolution != RESOLUTION_NONE && table->dialect->conflict_by_key &&
	       !write_makes_key(write, table, write->conflict, change.row);
}

/* Whether nothing is kept of what was done. */
static bool may_begin_anew(void)
{
	return change.stage <= LOCK || !change.plan->table->undoes_nothing;
}

/* Whether it says nothing of what SEEK or JUDGE asks. A trigger that does not work may be one of changes, for which
 * nobody has asked. */
static bool is_passing(enum status status)
{
	return status == STATUS_BODY_TOO_LARGE ||
	       (status_http(status) >= 500 && status != STATUS_FAULT && status != STATUS_DEFINITION);
}

/* A row is a duplicate. Of several that were inserted at once it is found out one by one. */
static enum next take_duplicate(const struct fault *fault)
{
	if (rows_at_once() > 1) {
		change.peer->write->one_by_one = change.again = true;
		return undo();
	}
	change.duplicate = *fault;
	return seek();
}

/* JUDGE was refused, as it is for every duplicate, or where the right to change rows is missing. */
static enum next judged(bool alarmed)
{
	change.left_out = alarmed;
	if (alarmed)
		return next_row();
	if (change.duplicate.status == STATUS_OK)
		return send_insert(false);
	if (!change.locating)
		log_failure(failure_level(change.duplicate.status), "write-failed");
	change.failed = true;
	change.fault = change.duplicate;
	return undo();
}

/* The answer is longer than the column that is to keep it, or than a statement may be with all of it. */
static bool cannot_be_kept(enum status status)
{
	return change.stage == REMEMBER && (status == STATUS_BODY_TOO_LARGE || status == STATUS_TOO_LONG);
}

/* A statement failed, which has changed nothing; the connection lives. */
static enum next stage_failed(void)
{
	const struct database_error located = located_error(), *error = &located;
	struct peer *peer = change.peer;
	uint64_t row = row_of_body(has_one_row() ? 1 : error->row);
	bool alarmed = (change.stage == WRITE || change.stage == JUDGE) &&
	               change_fault_is_alarm(error, change.plan->table->dialect);
	struct slice sql = { change.sql.bytes, change.sql.length };

	if (worker.killed == KILL_PUT_BACK && error->status == STATUS_TIMEOUT) {
		change.put_back = true;
		return undo();
	}
	if (worker.killed == KILL_ABANDONED && error->status == STATUS_TIMEOUT)
		return fail(STATUS_TIMEOUT, NULL, NULL);
	if (change.stage == CLAIM && error->status == STATUS_DUPLICATE)
		return send_recall();
	if (cannot_be_kept(error->status)) {
		log_failure(LOG_INFO, "write-failed");
		return fail(STATUS_BAD_PREFERENCE,
		            "the answer is too large to be kept for its Idempotency-Key: return=minimal can be had", NULL);
	}
	if (change.stage == WRITE && may_leave_out() && error->status == STATUS_DUPLICATE) {
		struct fault duplicate = change_fault_make(error, change.plan, change.write, sql, row, &peer->arena);

		return take_duplicate(&duplicate);
	}
	if ((change.stage == SEEK || change.stage == JUDGE) && !is_passing(error->status))
		return change.stage == SEEK ? judge() : judged(alarmed);
	if (alarmed && change.locating) /* inserted as it is, it is told by which key it cannot be */
		return send_insert(true);
	if (change.locating && change.stage == WRITE)
		change.fault = change_fault_make(error, change.plan, change.write, sql, row, &peer->arena);
	if (change.locating || change.stage == FAULT_ROW || change.stage == TELL_ROW)
		return undo();
	if (may_be_raced(error)) {
		change.raced = change.again = true;
		return undo();
	}
	if (error->status == STATUS_LOCKED && may_begin_anew() && ++change.attempts < ATTEMPTS) {
		change.again = true;
		return undo();
	}
	change.failed = true;
	if (is_of_keys())
		change.fault = change_fault_of_keys(error, change.plan, worker.config->idempotency_table, &peer->arena);
	else
		change.fault = change_fault_make(error, change.plan, change.write, sql, row, &peer->arena);
	if (!is_of_keys() && server_fault_is_outdated(error, change.plan, sql) && !peer->retried && session_may_describe()) {
		peer->retried = true;
		session_want_describe();
	} else
		log_failure(change_fault_is_unseen(&change.fault, error) ? LOG_WARNING : failure_level(change.fault.status),
		            "write-failed");
	return change.stage == WRITE && is_row_unknown(row, alarmed) ? locate(alarmed) : undo();
}

static void over(void)
{
	struct peer *peer = change.peer;
	bool again = change.failed && peer->retried && worker.describe_wanted;

	session_done();
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
		peers_put_back(peer);
	else if (again)
		peers_move(peer, PEER_WAITING); /* planned again once the tables are described */
	else
		peers_write_on(peer);
}

/* The connection is gone. Whether the statement that writes was made is not known, nor what it did that no transaction
 * undoes, unless it is certain that it was not; before it, nothing was done. While the row at fault is looked for, what
 * failed is known already, and that is the answer. */
static void lost(bool not_run)
{
	const struct database_error *error = database_error(worker.database);
	struct peer *peer = change.peer;
	bool nothing_done = not_run || (change.in_transaction && change.stage <= LOCK);
	bool answered = change.locating || (change.stage == ROLLBACK && !change.again);

	session_lost();
	change.in_transaction = false;
	log_failure(LOG_ERROR, "write-lost");
	if (answered) {
		change.again = false;
		(void)undone();
		over();
	} else if (nothing_done && !peer->retried && error->status != STATUS_TIMEOUT) {
		peer->retried = true;
		change.peer = NULL;
		session_done();
		batch_end(&worker.batch);
		peers_move(peer, PEER_WAITING);
	} else {
		change.failed = true;
		change.fault = (struct fault){ .status = error->status == STATUS_TIMEOUT ? STATUS_TIMEOUT
			                                 : nothing_done                  ? STATUS_AWAY
			                                                                 : STATUS_UNKNOWN };
		if (error->status == STATUS_TIMEOUT)
			change.fault.details = server_fault_limit(error);
		answer_fault(peer, &change.fault, NULL);
		over();
	}
	worker.reconnect_us = 0;
	session_open();
}

/* The host takes no writes any more, and another may: what it refuses it has not done, nor is anything kept of a
 * transaction whose connection ends. */
static bool is_elsewhere(void)
{
	return database_error(worker.database)->status == STATUS_READ_ONLY && database_wants_writable(worker.database) &&
	       !change.peer->retried;
}

/* A statement failed. false: the connection is given up, and all that there was to do is done. */
static bool failed(enum next *next)
{
	/* In a cluster a transaction on another node may have ended ours before ROLLBACK came, which is then told so: there is
	 * nothing left to undo. In no other way can it fail and leave a connection of use. */
	if (change.stage == ROLLBACK && database_error(worker.database)->status == STATUS_LOCKED) {
		*next = stage_done();
		return true;
	}
	if (change.stage == ROLLBACK) {
		database_drop(worker.database);
		lost(false);
		return false;
	}
	if (is_elsewhere()) {
		database_leave_host(worker.database, "the host has become read-only");
		lost(true);
		return false;
	}
	*next = stage_failed();
	return true;
}

/* Each statement has its time, but there may be one for each row of the body. What is found out of a fault in vain is no
 * fault of its own. */
static enum next in_time(enum next next)
{
	if (next == OVER || change.stage == COMMIT || change.stage == ROLLBACK || clock_now_us() < change.deadline_us)
		return next;
	change.again = false;
	if (change.locating || change.stage == FAULT_ROW || change.stage == TELL_ROW)
		return undo();
	if (change.attempts > 0) /* the time went by behind others' locks, and another try may do it */
		return fail(STATUS_LOCKED, NULL, NULL);
	log_event(LOG_ERROR, "write-timeout", "a write of table '%s' ran past MYREST_STATEMENT_TIMEOUT as a whole",
	          change.plan->table->name.bytes);
	return fail(STATUS_TIMEOUT, "the write ran past its time",
	            "MYREST_STATEMENT_TIMEOUT is how long all statements of a write may run together");
}

static enum database_step send_sql(void)
{
	if (worker.killed == KILL_PUT_BACK && !change.put_back) { /* the one before it was not hit */
		worker.killed = KILL_NONE;
		worker.kill_look_us = clock_now_us(); /* and may not be enough */
	}
	return database_send(worker.database, change.sql.bytes, change.sql.length, DATABASE_ONE_BY_ONE);
}

void change_step(enum database_step step)
{
	enum next next = SEND;

	for (;;) {
		switch (step) {
		case DATABASE_WAIT:
		case DATABASE_OPEN:
			return;
		case DATABASE_ROW:
			take_row();
			step = database_next(worker.database);
			continue;
		case DATABASE_LOST:
			lost(database_error(worker.database)->not_run);
			return;
		case DATABASE_END:
			next = stage_done();
			break;
		case DATABASE_FAILED:
			if (!failed(&next))
				return;
			break;
		}
		if ((next = in_time(next)) == OVER) {
			over();
			return;
		}
		step = send_sql();
	}
}

bool change_is_undone(const struct table *table)
{
	return !table->undoes_nothing && !table->is_view; /* which may be over one that undoes nothing */
}

bool change_may_be_killed(void)
{
	return change.stage != COMMIT && change.stage != ROLLBACK && change_is_undone(change.plan->table);
}

static bool gives_rows_back(const struct write *write)
{
	const struct database_traits *traits = database_traits(worker.database);

	for (unsigned i = 0; i < write->column_count; i++)
		if (write->columns[i]->unreadable && !traits->returning_unread)
			return false;
	return traits->returning;
}

/* Whether each row needs a statement of its own: to be found again where the server does not give it back, or not to be
 * given back when it was there already. Where nothing is undone a list cannot be begun anew when one row is there. */
static bool goes_one_by_one(const struct write *write)
{
	const struct table *table = change.plan->table;
	bool leaves_out = write->resolution == RESOLUTION_IGNORE && !table->dialect->conflict_by_key;

	if (write->kind != WRITE_INSERT)
		return false;
	return write_returns(write, change.plan) ? leaves_out || !gives_rows_back(write) : leaves_out && table->undoes_nothing;
}

void change_start(struct peer *peer)
{
	enum next next;

	change.peer = peer;
	change.plan = &peer->plan;
	change.write = peer->write;
	change.attempts = 0;
	change.deadline_us = worker.statement_since_us + worker.config->statement_timeout_s * 1000000; /* that is, from now */
	change.failed = change.again = change.put_back = false;
	change.locating = change.judging = change.in_transaction = change.raced = false;
	peer->write->one_by_one = goes_one_by_one(peer->write);
	next = first();
	if (next == SEND)
		change_step(send_sql());
}
