/* SPDX-License-Identifier: MIT
 *
 * The rows of a write's statements (write_script.h): what they say of those that are there, and by what the new ones are found.
 */
#include <stdlib.h>
#include <string.h>

#include "response/answer.h"
#include "response/page_link.h"
#include "schema/dialect.h"
#include "sql/sql.h"
#include "worker/write_fault.h"
#include "worker/write_script.h"

static bool shows_rows(struct write_script *script)
{
	if (script->stage == SCRIPT_LOCK) /* as the answer, or for the tag */
		return script->write->kind == WRITE_DELETE || script->plan->one_row;
	return (script->stage == SCRIPT_WRITE || script->stage == SCRIPT_READ) && write_returns(script->write, script->plan);
}

/* Without the spaces at its end. */
static struct slice bare(struct slice text)
{
	while (text.length > 0 && text.bytes[text.length - 1] == ' ')
		text.length--;
	return text;
}

/* Whether the key that is written is another text than that of the row, which its collation calls equal. */
static bool is_spelled_otherwise(struct write_script *script, const struct column *column, struct slice there, struct slice written)
{
	const struct dialect *dialect = script->plan->table->dialect;
	struct text literal = { 0 };
	const char *why;
	bool otherwise;

	if (column->type != COLUMN_STRING || column->is_opaque || column->kind == KIND_ENUM || column->kind == KIND_SET)
		return false;
	if (column->kind == KIND_CHAR) /* some servers fill it up */
		there = bare(there);
	otherwise = dialect->literal(&literal, column, there, &why) != STATUS_OK || literal.length != written.length ||
	            memcmp(literal.bytes, written.bytes, written.length) != 0;
	text_release(&literal);
	return otherwise;
}

/* Of a PUT: whether the row would get another key than it has. */
static bool changes_key(struct write_script *script, const struct row *row)
{
	const struct write *write = script->write;
	const struct key *key = write->key;

	for (unsigned i = 0; write->kind == WRITE_PUT && i < key->column_count; i++) {
		const struct column *column = sql_key_column(script->plan, key, i);
		unsigned place = write->key_outputs[i];
		int value = sql_find_written(write, column);

		if (value >= 0 && row->values[place] != NULL &&
		    is_spelled_otherwise(script, column, (struct slice){ row->values[place], row->lengths[place] }, write->values[value]))
			return true;
	}
	return false;
}

static void take_locked(struct write_script *script, const struct row *row)
{
	script->rows++;
	if (script->write->key == NULL)
		return;
	script->renames = script->renames || changes_key(script, row);
	if (!sql_add_key(&script->keys, script->plan, script->write, row, false) ||
	    (write_returns(script->write, script->plan) &&
	     !sql_add_key(&script->new_keys, script->plan, script->write, row, true))) {
		/* The server's word alone keeps it from coming: a primary key is never NULL, nor one that nobody knows
		 * (plan_write.c). Then the request's own conditions name the rows. */
		text_clear(&script->keys);
		text_clear(&script->new_keys);
	}
}

static void take_recalled(struct write_script *script, const struct row *row)
{
	const struct write *write = script->write;

	script->claimed = true;
	script->replayed = row->values[0] != NULL && row->lengths[0] == sizeof(write->request_hash) &&
	                  memcmp(row->values[0], write->request_hash, sizeof(write->request_hash)) == 0 &&
	                  row->values[1] != NULL;
	if (script->replayed)
		answer_replay(script->peer, (struct slice){ row->values[1], row->lengths[1] });
}

/* Of the row that the server says it is, which counts those of the statement. */
uint64_t script_row_of_body(struct write_script *script, uint64_t row)
{
	return row > 0 ? script->row + row : 0;
}

void script_take_row(struct write_script *script, const struct row *row)
{
	const struct write *write = script->write;
	/* Those that a change gives back itself may be more than are shown. */
	if (shows_rows(script) && !(write->returning && script->rows++ > write->max_rows))
		batch_row(script->batch, row);
	if ((script->stage == SCRIPT_WRITE || script->stage == SCRIPT_READ) && write->kind == WRITE_INSERT && write->row_count == 1) {
		text_clear(&script->location);
		page_link_add_location(&script->location, &script->peer->request, script->plan, write, row);
	}
	if (script->stage == SCRIPT_LOCK)
		take_locked(script, row);
	else if (script->stage == SCRIPT_SEEK)
		script->left_out = true;
	else if (script->stage == SCRIPT_READ)
		script->found++;
	else if (script->stage == SCRIPT_RECALL)
		take_recalled(script, row);
	else if (script->stage == SCRIPT_TELL_ROW && row->values[0] != NULL)
		write_fault_tell_row(&script->fault, write, script_row_of_body(script, strtoull(row->values[0], NULL, 10)),
		                      &script->peer->arena);
}

static bool find_by(struct write_script *script, const struct key *key, uint64_t generated)
{
	text_clear(&script->new_keys);
	return key != NULL &&
	       sql_add_inserted_key(&script->new_keys, script->plan, script->write, key, script->row, generated);
}

/* Whether the row of the body has NULL in the key that is meant, which meets no other. */
static bool has_null(struct write_script *script)
{
	const struct write *write = script->write;

	for (unsigned i = 0; i < write->conflict->column_count; i++) {
		const struct column *column = sql_key_column(script->plan, write->conflict, i);
		int place = sql_find_written(write, column);
		struct slice value = column->fallback == NULL ? SLICE("NULL") : SLICE("DEFAULT");

		if (place >= 0)
			value = write->values[(size_t)script->row * write->column_count + (unsigned)place];
		if (slice_is(value, "NULL"))
			return true;
	}
	return false;
}

/* By the key that is meant, where a part of it is a default that the body does not have. */
static bool find_by_default(struct write_script *script)
{
	text_clear(&script->new_keys);
	return !has_null(script) && sql_add_meant_key(&script->new_keys, script->plan, script->write, script->row);
}

/* The condition for the row that was written: by the primary key, or that which is meant. A merge that has met a row
 * has given it all that the body says, and generated nothing. */
bool script_find_inserted(struct write_script *script)
{
	uint64_t generated = script->generated;

	if (script->write->resolution != RESOLUTION_MERGE)
		return find_by(script, script->write->key, generated) ||
		       (script->write->resolution == RESOLUTION_IGNORE && find_by(script, script->write->conflict, generated));
	return find_by(script, script->write->conflict, generated) || find_by(script, script->write->key, has_null(script) ? generated : 0) ||
	       find_by_default(script);
}
