/* SPDX-License-Identifier: MIT */
#include "worker/write_script.h"

#include "base/metrics.h"
#include "base/must.h"
#include "response/answer.h"
#include "response/page_link.h"
#include "schema/dialect.h"
#include "sql/sql.h"

/* How many rows the INSERT has. */
unsigned script_rows_at_once(struct write_script *script)
{
	return script->write->one_by_one ? 1 : write_run(script->write, script->plan->table, script->row);
}

static struct text *begin_sql(struct write_script *script, enum script_stage stage)
{
	script->stage = stage;
	text_clear(&script->sql);
	return &script->sql;
}

enum script_next script_send_word(struct write_script *script, enum script_stage stage, const char *sql)
{
	text_add_string(begin_sql(script, stage), sql);
	return SCRIPT_SEND;
}

static struct slice as_slice(const struct text *text)
{
	return (struct slice){ text->bytes, text->length };
}

enum script_next script_undo(struct write_script *script)
{
	return script->in_transaction ? script_send_word(script, SCRIPT_ROLLBACK, "ROLLBACK") : script_undone(script);
}

enum script_next script_fail(struct write_script *script, enum status status, const char *message, const char *details)
{
	script->failed = true;
	script->fault = (struct fault){ .status = status, .message = message, .details = details };
	return script_undo(script);
}

static const char *word_rows(struct write_script *script, const char *before, uint64_t rows, const char *behind)
{
	return arena_printf(&script->peer->arena, "%s %llu rows%s", before, (unsigned long long)rows, behind);
}

/* What LOCK's rows and READ's become; what was there before is forgotten. */
static void forget_rows(struct write_script *script)
{
	batch_end(script->batch);
	batch_begin(script->batch, script->peer);
}

static enum script_next send_lock(struct write_script *script)
{
	script->rows = 0;
	text_clear(&script->keys);
	text_clear(&script->new_keys);
	forget_rows(script);
	sql_lock(begin_sql(script, SCRIPT_LOCK), script->plan, script->write);
	return SCRIPT_SEND;
}

/* Whether a row that is refused as a duplicate may be left out, which MySQL does not tell: it is one by any key. */
bool script_may_leave_out(struct write_script *script)
{
	const struct write *write = script->write;
	const struct table *table = script->plan->table;

	return write->kind == WRITE_INSERT && write->resolution == RESOLUTION_IGNORE &&
	       !table->dialect->conflict_by_key && !write_makes_key(write, table, write->conflict, script->row);
}

static enum script_next send_judge(struct write_script *script)
{
	METRICS_ADD(metrics_own->statements, 1);
	sql_judge(begin_sql(script, SCRIPT_JUDGE), script->plan, script->write, script->row);
	return SCRIPT_SEND;
}

enum script_next script_send_insert(struct write_script *script, bool plain)
{
	const struct write *write = script->write;
	struct text *sql = begin_sql(script, SCRIPT_WRITE);

	METRICS_ADD(metrics_own->statements, 1);
	script->peer->write->plain = plain;
	sql_insert(sql, script->plan, write, script->row, script_rows_at_once(script),
	           write_returns(write, script->plan) && !write->one_by_one);
	return SCRIPT_SEND;
}

/* The rows that were locked, by their key; by the request's own conditions where there is none. */
static struct slice locked_rows(struct write_script *script)
{
	return write_looks_first(script->write) ? as_slice(&script->keys) : (struct slice){ "", 0 };
}

static enum script_next send_write(struct write_script *script)
{
	const struct write *write = script->write;
	struct text *sql;

	if (write->kind == WRITE_INSERT) {
		script->duplicate.status = STATUS_OK;
		return script->judging && script_may_leave_out(script) ? send_judge(script) : script_send_insert(script, false);
	}
	sql = begin_sql(script, SCRIPT_WRITE);
	METRICS_ADD(metrics_own->statements, 1);
	if (write->kind == WRITE_PUT && !script->there)
		sql_insert(sql, script->plan, write, 0, 1, false);
	else if (write->kind == WRITE_DELETE)
		sql_delete(sql, script->plan, write, locked_rows(script));
	else
		sql_update(sql, script->plan, write, locked_rows(script));
	return SCRIPT_SEND;
}

/* JUDGE needs the lock of the row that is there alone. Who has it by a WRITE in this transaction shares it with others
 * who do the same, and would wait for them as they for him: it is begun anew, with JUDGE first. */
enum script_next script_judge(struct write_script *script)
{
	if (!script->in_transaction || script->judging || script->plan->table->undoes_nothing)
		return send_judge(script);
	script->judging = script->peer->write->one_by_one = script->again = true;
	return script_undo(script);
}

enum script_next script_seek(struct write_script *script)
{
	text_clear(&script->new_keys);
	if (!sql_add_meant_key(&script->new_keys, script->plan, script->write, script->row))
		return script_judge(script);
	sql_seek(begin_sql(script, SCRIPT_SEEK), script->plan, as_slice(&script->new_keys));
	return SCRIPT_SEND;
}

static enum script_next send_read_back(struct write_script *script)
{
	struct text *sql = begin_sql(script, SCRIPT_READ);

	script->found = 0;
	sql_read_back(sql, script->plan, as_slice(&script->new_keys));
	/* What a merge has found as it is to be is not changed: a snapshot that is older than the row does not have it. */
	if (script->write->one_by_one && script->write->resolution == RESOLUTION_MERGE)
		text_add_string(sql, script->plan->table->dialect->share_lock);
	return SCRIPT_SEND;
}

enum script_next script_send_recall(struct write_script *script)
{
	sql_recall(begin_sql(script, SCRIPT_RECALL), script->plan->table->dialect, script->config->idempotency_table, script->write);
	return SCRIPT_SEND;
}

static enum script_next send_claim(struct write_script *script)
{
	sql_claim(begin_sql(script, SCRIPT_CLAIM), script->plan->table->dialect, script->config->idempotency_table, script->write);
	return SCRIPT_SEND;
}

/* Whether there are more or fewer rows than were asked for; *next then says what follows. */
static bool is_refused_for_count(struct write_script *script, enum script_next *next)
{
	const struct write *write = script->write;

	if (write->has_max_affected && script->rows > write->max_affected)
		*next = script_fail(script, STATUS_TOO_MANY_AFFECTED, NULL, word_rows(script, "The query affects", script->rows, ""));
	else if (script->plan->one_row && script->rows == 0)
		*next = script_fail(script, STATUS_NO_SUCH_ROW, NULL, "The result contains 0 rows");
	else if (write->singular && script->rows != 1)
		*next = script_fail(script, STATUS_NOT_SINGULAR, NULL, word_rows(script, "The result contains", script->rows, ""));
	else
		return false;
	return true;
}

/* All is written: it is answered, remembered, kept. */
static enum script_next finish_script(struct write_script *script)
{
	const struct write *write = script->write;
	enum script_next next;
	bool adds = write->kind == WRITE_INSERT && (write->resolution != RESOLUTION_IGNORE || script->rows > 0);
	struct answer_written answer = { .affected = script->rows, .created = script->created || adds,
		                         .location = as_slice(&script->location) };

	if (is_refused_for_count(script, &next))
		return next;
	batch_answer_written(script->batch, script->peer, &answer);
	if (write->rollback)
		return script_undo(script);
	if (write->idempotency_key.length > 0) {
		sql_remember(begin_sql(script, SCRIPT_REMEMBER), script->plan->table->dialect, script->config->idempotency_table, write,
		             &script->peer->output);
		return SCRIPT_SEND;
	}
	return script->in_transaction ? script_send_word(script, SCRIPT_COMMIT, "COMMIT") : SCRIPT_OVER;
}

enum script_next script_next_row(struct write_script *script)
{
	script->rows += !script->left_out;
	script->left_out = false;
	if (++script->row < script->write->row_count)
		return send_write(script);
	return script->locating ? script_undo(script) : finish_script(script);
}

static enum script_next refuse_unfound(struct write_script *script)
{
	if (script->write->returned != RETURN_REPRESENTATION)
		return script_next_row(script);
	return script_fail(script, STATUS_BAD_PREFERENCE, "the new row cannot be found again: use return=minimal",
	            script->write->key == NULL ? "the table has no primary key" :
	                                        "the database generates the key and does not report it");
}

static enum script_next finish_inserted(struct write_script *script)
{
	if (!write_returns(script->write, script->plan) || script->left_out || script->locating)
		return script_next_row(script);
	if (!script_find_inserted(script))
		return refuse_unfound(script);
	return send_read_back(script);
}

/* What was written and is not found has another key by now than the statement gave it, by a trigger for example. */
static enum script_next finish_reading(struct write_script *script)
{
	const struct write *write = script->write;

	if (write->returned == RETURN_REPRESENTATION && script->found < (write->one_by_one ? 1 : script->rows))
		return script_fail(script, STATUS_BAD_PREFERENCE, "what was written cannot be found again: use return=minimal",
		            "its key is not the one that it was given; perhaps a trigger changed it");
	return write->one_by_one ? script_next_row(script) : finish_script(script);
}

static enum script_next finish_insert(struct write_script *script)
{
	const struct write *write = script->write;
	uint64_t added = write->resolution == RESOLUTION_IGNORE ? script->affected : script_rows_at_once(script);

	if (write->one_by_one) {
		script->left_out = added == 0;
		return finish_inserted(script);
	}
	script->rows += added;
	script->row += script_rows_at_once(script);
	return script->row < write->row_count ? send_write(script) : finish_script(script);
}

/* What was changed is not what was locked: the table's engine knows no locks, or a trigger interferes, which the next
 * attempt would meet as well. Only PostgreSQL has triggers that leave rows out. */
static enum script_next refuse_left_out(struct write_script *script)
{
	if (!script->plan->table->dialect->returns_changes)
		return script_fail(script, STATUS_LOCKED, NULL, NULL);
	return script_fail(script, STATUS_BAD_PREFERENCE, "a trigger or rule has skipped rows; nothing was written",
	            NULL);
}

static enum script_next finish_put(struct write_script *script)
{
	const struct write *write = script->write;

	if (script->there && script->affected != script->rows)
		return refuse_left_out(script);
	script->created = !script->there;
	script->rows = 1;
	if (!write_returns(write, script->plan))
		return finish_script(script);
	if (script->created && !sql_add_inserted_key(&script->new_keys, script->plan, write, write->key, 0, 0))
		return script_fail(script, STATUS_FAULT, NULL, NULL);
	forget_rows(script);
	return send_read_back(script);
}

static bool shows_too_many(struct write_script *script)
{
	return script->write->returned == RETURN_REPRESENTATION && script->rows > script->write->max_rows;
}

static enum script_next refuse_to_show(struct write_script *script)
{
	return script_fail(script, STATUS_BAD_PREFERENCE,
	            word_rows(script, "more than", script->write->max_rows, " cannot be returned: use return=minimal"),
	            NULL);
}

static enum script_next finish_writing(struct write_script *script)
{
	const struct write *write = script->write;

	if (write->kind == WRITE_INSERT)
		return finish_insert(script);
	if (write->kind == WRITE_PUT)
		return finish_put(script);
	if (!write_looks_first(write)) {
		script->rows = script->affected;
		return shows_too_many(script) ? refuse_to_show(script) : finish_script(script);
	}
	if (script->affected != script->rows)
		return refuse_left_out(script);
	if (write->kind == WRITE_DELETE || !write_returns(write, script->plan))
		return finish_script(script);
	forget_rows(script);
	return send_read_back(script);
}

/* Whether the row that is locked is the one that the client knows. */
static bool is_condition_met(struct write_script *script)
{
	const struct write *write = script->write;

	if (write->unless_there && script->rows > 0)
		return false;
	return write->if_match.length == 0 || (script->rows > 0 && batch_has_tag(script->batch, write->if_match));
}

static enum script_next finish_locking(struct write_script *script)
{
	const struct write *write = script->write;
	enum script_next next;

	script->there = script->rows > 0;
	if (!is_condition_met(script))
		return script_fail(script, STATUS_CONDITION, write->unless_there && script->rows > 0 ? "the row exists already" : NULL, NULL);
	if (shows_too_many(script))
		return refuse_to_show(script);
	if (script->renames)
		return script_fail(script, STATUS_DUPLICATE, "the key belongs to another row, with a different spelling",
		            "they are equal under the column's collation");
	if (write->kind == WRITE_PUT)
		return send_write(script);
	if (is_refused_for_count(script, &next))
		return next;
	return script->rows == 0 || (write->kind == WRITE_UPDATE && write->column_count == 0) ? finish_script(script) : send_write(script);
}

static enum script_next follow_claim(struct write_script *script)
{
	return write_looks_first(script->write) ? send_lock(script) : send_write(script);
}

static enum script_next finish_recall(struct write_script *script)
{
	if (!script->claimed) { /* who had it has let it go, or the table's id is not what the key was written as */
		if (++script->attempts == SCRIPT_ATTEMPTS)
			return script_fail(script, STATUS_LOCKED, NULL, NULL);
		script->again = true;
		return script_undo(script);
	}
	return script->replayed ? script_undo(script) : script_fail(script, STATUS_KEY_REUSED, NULL, NULL);
}

static bool needs_transaction(struct write_script *script)
{
	const struct write *write = script->write;

	return write_looks_first(write) || write->returning || write->has_max_affected || write->rollback ||
	       write->one_by_one ||
	       write->idempotency_key.length > 0 ||
	       (write->kind == WRITE_INSERT && write_run(write, script->plan->table, 0) < write->row_count) ||
	       (write->singular && (write->kind != WRITE_INSERT || write->resolution == RESOLUTION_IGNORE));
}

enum script_next script_first(struct write_script *script)
{
	script->row = 0;
	script->rows = 0;
	script->renames = script->left_out = script->there = script->created = script->claimed = script->replayed = false;
	text_clear(&script->location);
	text_clear(&script->new_keys);
	forget_rows(script);
	if (!needs_transaction(script))
		return send_write(script);
	script->in_transaction = true;
	return script_send_word(script, SCRIPT_BEGIN, "START TRANSACTION");
}

/* After the ROLLBACK, or where there is nothing to undo. */
enum script_next script_undone(struct write_script *script)
{
	script->in_transaction = false;
	if (script->again) {
		script->again = false;
		return script_first(script);
	}
	if (script->failed && !script->put_back)
		answer_fault(script->peer, &script->fault, NULL);
	return SCRIPT_OVER;
}

enum script_next script_stage_done(struct write_script *script)
{
	switch (script->stage) {
	case SCRIPT_BEGIN:
		return script->write->idempotency_key.length > 0 && !script->locating ? send_claim(script) : follow_claim(script);
	case SCRIPT_CLAIM:
		return script->affected > 0 ? follow_claim(script) : script_send_recall(script);
	case SCRIPT_RECALL:
		return finish_recall(script);
	case SCRIPT_LOCK:
		return finish_locking(script);
	case SCRIPT_WRITE:
		return finish_writing(script);
	case SCRIPT_SEEK:
		return script->left_out ? script_next_row(script) : script_judge(script);
	case SCRIPT_JUDGE: /* no other row is there, or not any more, and this one is inserted */
		return finish_insert(script);
	case SCRIPT_FAULT_ROW:
		return script_send_word(script, SCRIPT_TELL_ROW, DATABASE_TELL_FAULT_ROW);
	case SCRIPT_TELL_ROW:
		return script_undo(script);
	case SCRIPT_READ:
		return finish_reading(script);
	case SCRIPT_REMEMBER:
		return script_send_word(script, SCRIPT_COMMIT, "COMMIT");
	case SCRIPT_COMMIT:
		script->in_transaction = false;
		return SCRIPT_OVER;
	case SCRIPT_ROLLBACK:
		return script_undone(script);
	}
	must(script->stage <= SCRIPT_ROLLBACK); /* each stage has its successor */
	return SCRIPT_OVER;
}

static bool gives_rows_back(const struct write_script *script)
{
	const struct database_traits *traits = script->traits;
	const struct write *write = script->write;

	for (unsigned i = 0; i < write->column_count; i++)
		if (write->columns[i]->unreadable && !traits->returning_unread)
			return false;
	return traits->returning;
}

/* Whether each row needs a statement of its own: to be found again where the server does not give it back, or not to be
 * given back when it was there already. Where nothing is undone a list cannot be begun anew when one row is there. */
bool script_goes_one_by_one(const struct write_script *script)
{
	const struct write *write = script->write;
	const struct table *table = script->plan->table;
	bool leaves_out = write->resolution == RESOLUTION_IGNORE && !table->dialect->conflict_by_key;

	if (write->kind != WRITE_INSERT)
		return false;
	return write_returns(write, script->plan) ? leaves_out || !gives_rows_back(script)
	                                          : leaves_out && table->undoes_nothing;
}
