/* SPDX-License-Identifier: MIT
 *
 * What follows when a statement of a write has failed (write_script.h).
 */
#include "base/log.h"
#include "schema/dialect.h"
#include "sql/sql.h"
#include "worker/db_session.h"
#include "worker/server_fault.h"
#include "worker/write_fault.h"
#include "worker/write_script.h"

enum { LOG_SQL_BYTES = 2048 };

void script_log_failure(struct write_script *script, enum log_level level, const char *event)
{
	const struct database_error *error = script->error;
	struct log_line *line = log_begin(level, event);

	log_bytes(line, "id", script->peer->request.id.bytes, script->peer->request.id.length);
	log_number(line, "number", error->number);
	log_string(line, "table", script->plan->table->name.bytes);
	log_string(line, "message", error->text);
	log_bytes(line, "sql", script->sql.bytes, script->sql.length < LOG_SQL_BYTES ? script->sql.length : LOG_SQL_BYTES);
	log_end(line);
}

/* What a client does wrong is its own business; a missing right is the administrator's. */
static enum log_level choose_level(enum status status)
{
	if (status == STATUS_FORBIDDEN)
		return LOG_WARNING;
	return status_http(status) >= 500 ? LOG_ERROR : LOG_INFO;
}

/* Which of many rows is at fault, and what by: the server is asked, or it is found out one by one. */
static enum script_next locate_fault(struct write_script *script, bool alarmed)
{
	if (script->traits->fault_row && !alarmed)
		return script_send_word(script, SCRIPT_FAULT_ROW, DATABASE_KEEP_FAULT_ROW);
	if (script->plan->table->undoes_nothing) /* what is inserted for it would stay */
		return script_undo(script);
	script->locating = script->peer->write->one_by_one = true;
	script->again = true;
	return script_undo(script);
}

static bool is_row_unknown(struct write_script *script, uint64_t row, bool alarmed)
{
	if (script->fault.status == STATUS_BODY_TOO_LARGE) /* by all of them */
		return false;
	return alarmed || (script->write->kind == WRITE_INSERT && script->write->row_count > 1 && !script->write->one_by_one &&
	       row == 0 && script->fault.status != STATUS_FAULT && status_http(script->fault.status) < 500);
}

/* What the database says, with the column and the row that it only gives the place of. */
static struct database_error locate_error(struct write_script *script)
{
	struct database_error error = *script->error;
	const struct column *column;
	unsigned row;

	if (script->stage != SCRIPT_WRITE || error.place == 0 || error.subject.length > 0 ||
	    !sql_find_value(script->plan, script->write, script->row, &script->sql, error.place, &column, &row))
		return error;
	error.subject = column->name;
	if (error.row == 0 && !script->write->one_by_one)
		error.row = row + 1 - script->row;
	return error;
}

/* Whether the statement is about the table of Idempotency-Keys alone. */
static bool is_of_keys(struct write_script *script)
{
	return script->stage == SCRIPT_CLAIM || script->stage == SCRIPT_RECALL || script->stage == SCRIPT_REMEMBER;
}

/* Whether the statement can have failed by one row of the body alone. */
static bool has_one_row(struct write_script *script)
{
	if (is_of_keys(script))
		return false;
	return script->write->one_by_one ||
	       (script->stage == SCRIPT_WRITE && script->write->kind == WRITE_INSERT && script_rows_at_once(script) == 1);
}

/* PostgreSQL looks for a row by the key that is meant before it inserts. One that is added meanwhile is a duplicate by
 * whichever of its keys is inserted first; when it is tried again, it is found by the one that is meant. So is the row
 * of a PUT, which LOCK has not found: others may add it, unless the engine locks the place where it would be. */
static bool may_be_raced(struct write_script *script, const struct database_error *error)
{
	const struct write *write = script->write;
	const struct table *table = script->plan->table;

	if (error->status != STATUS_DUPLICATE || script->stage != SCRIPT_WRITE || script->raced || script->locating)
		return false;
	if (write->kind == WRITE_PUT)
		return !script->there;
	return write->kind == WRITE_INSERT && write->resolution != RESOLUTION_NONE && table->dialect->conflict_by_key &&
	       !write_makes_key(write, table, write->conflict, script->row);
}

/* Whether nothing is kept of what was done. */
static bool may_begin_anew(struct write_script *script)
{
	return script->stage <= SCRIPT_LOCK || !script->plan->table->undoes_nothing;
}

/* Whether it says nothing of what SEEK or JUDGE asks. A trigger that does not work may be one of changes, for which
 * nobody has asked. */
static bool is_passing(enum status status)
{
	return status == STATUS_BODY_TOO_LARGE ||
	       (status_http(status) >= 500 && status != STATUS_FAULT && status != STATUS_DEFINITION);
}

/* A row is a duplicate. Of several that were inserted at once it is found out one by one. */
static enum script_next take_duplicate(struct write_script *script, const struct fault *fault)
{
	if (script_rows_at_once(script) > 1) {
		script->peer->write->one_by_one = script->again = true;
		return script_undo(script);
	}
	script->duplicate = *fault;
	return script_seek(script);
}

/* JUDGE was refused, as it is for every duplicate, or where the right to change rows is missing. */
static enum script_next finish_judging(struct write_script *script, bool alarmed)
{
	script->left_out = alarmed;
	if (alarmed)
		return script_next_row(script);
	if (script->duplicate.status == STATUS_OK)
		return script_send_insert(script, false);
	if (!script->locating)
		script_log_failure(script, choose_level(script->duplicate.status), "write-failed");
	script->failed = true;
	script->fault = script->duplicate;
	return script_undo(script);
}

/* The answer is longer than the column that is to keep it, or than a statement may be with all of it. */
static bool is_too_long_to_keep(struct write_script *script, enum status status)
{
	return script->stage == SCRIPT_REMEMBER && (status == STATUS_BODY_TOO_LARGE || status == STATUS_TOO_LONG);
}

/* A statement failed, which has changed nothing; the connection lives. */
enum script_next script_stage_failed(struct write_script *script)
{
	const struct database_error located = locate_error(script), *error = &located;
	struct peer *peer = script->peer;
	uint64_t row = script_row_of_body(script, has_one_row(script) ? 1 : error->row);
	bool alarmed = (script->stage == SCRIPT_WRITE || script->stage == SCRIPT_JUDGE) &&
	               write_fault_is_alarm(error, script->plan->table->dialect);
	struct slice sql = { script->sql.bytes, script->sql.length };

	if (script->killed == KILL_PUT_BACK && error->status == STATUS_TIMEOUT) {
		script->put_back = true;
		return script_undo(script);
	}
	if (script->killed == KILL_ABANDONED && error->status == STATUS_TIMEOUT)
		return script_fail(script, STATUS_TIMEOUT, NULL, NULL);
	if (script->stage == SCRIPT_CLAIM && error->status == STATUS_DUPLICATE)
		return script_send_recall(script);
	if (is_too_long_to_keep(script, error->status)) {
		script_log_failure(script, LOG_INFO, "write-failed");
		return script_fail(script, STATUS_BAD_PREFERENCE,
		            "the answer is too large to be stored for its Idempotency-Key: use return=minimal", NULL);
	}
	if (script->stage == SCRIPT_WRITE && script_may_leave_out(script) && error->status == STATUS_DUPLICATE) {
		struct fault duplicate = write_fault_make(error, script->plan, script->write, sql, row, &peer->arena);

		return take_duplicate(script, &duplicate);
	}
	if ((script->stage == SCRIPT_SEEK || script->stage == SCRIPT_JUDGE) && !is_passing(error->status))
		return script->stage == SCRIPT_SEEK ? script_judge(script) : finish_judging(script, alarmed);
	if (alarmed && script->locating) /* inserted as it is, it is told by which key it cannot be */
		return script_send_insert(script, true);
	if (script->locating && script->stage == SCRIPT_WRITE)
		script->fault = write_fault_make(error, script->plan, script->write, sql, row, &peer->arena);
	if (script->locating || script->stage == SCRIPT_FAULT_ROW || script->stage == SCRIPT_TELL_ROW)
		return script_undo(script);
	if (may_be_raced(script, error)) {
		script->raced = script->again = true;
		return script_undo(script);
	}
	if (error->status == STATUS_LOCKED && may_begin_anew(script) && ++script->attempts < SCRIPT_ATTEMPTS) {
		script->again = true;
		return script_undo(script);
	}
	script->failed = true;
	if (is_of_keys(script))
		script->fault = write_fault_of_keys(error, script->plan, script->config->idempotency_table, &peer->arena);
	else
		script->fault = write_fault_make(error, script->plan, script->write, sql, row, &peer->arena);
	if (!is_of_keys(script) && server_fault_is_outdated(error, script->plan, sql) && !peer->retried && db_session_may_describe()) {
		peer->retried = true;
		db_session_want_describe();
	} else
		script_log_failure(script, write_fault_is_unseen(&script->fault, error) ? LOG_WARNING : choose_level(script->fault.status),
		            "write-failed");
	return script->stage == SCRIPT_WRITE && is_row_unknown(script, row, alarmed) ? locate_fault(script, alarmed) : script_undo(script);
}
