/* SPDX-License-Identifier: MIT
 *
 * The statements of a write.
 */
#include <string.h>

#include "base/utf8.h"
#include "schema/dialect.h"
#include "sql/sql.h"

const struct column *sql_key_column(const struct plan *plan, const struct key *key, unsigned i)
{
	return &plan->table->columns[key->columns[i]];
}

/* Whether a row has no columns where the database wants one. */
static bool is_empty(const struct plan *plan, const struct write *write)
{
	return write->column_count == 0 && (plan->table->is_view || !plan->table->dialect->takes_empty_rows);
}

/* What MySQL and MariaDB say of a view's column that makes ids, as of one whose default is 0. */
static bool may_make_ids(const struct table *table, const struct column *column)
{
	return table->is_view && table->dialect->takes_empty_rows && column->fallback != NULL &&
	       strcmp(column->fallback, "0") == 0;
}

/* The column that such a row names: the likeliest to have a default, and to be a column of the view's table. */
static const struct column *empty_column(const struct table *table)
{
	enum { OTHER, MUST, MAKES_IDS, HAS_DEFAULT, NULLABLE } best = OTHER;
	const struct column *found = &table->columns[0];

	for (unsigned i = 0; i < table->column_count; i++) {
		const struct column *column = &table->columns[i];
		int kind = !column->writable             ? OTHER :
		           column->nullable              ? NULLABLE :
		           column->fallback == NULL      ? MUST :
		           may_make_ids(table, column) ? MAKES_IDS :
		                                           HAS_DEFAULT;

		if (kind > (int)best) {
			found = column;
			best = kind;
		}
	}
	return found;
}

static const char *empty_value(const struct table *table)
{
	return may_make_ids(table, empty_column(table)) ? table->dialect->next_id : "DEFAULT";
}

static void add_names(struct text *sql, const struct plan *plan, const struct write *write)
{
	text_add_char(sql, '(');
	if (is_empty(plan, write))
		text_add_slice(sql, empty_column(plan->table)->quoted);
	for (unsigned i = 0; i < write->column_count; i++) {
		if (i > 0)
			text_add_char(sql, ',');
		text_add_slice(sql, write->columns[i]->quoted);
	}
	text_add_char(sql, ')');
}

static void add_row(struct text *sql, const struct plan *plan, const struct write *write, unsigned row)
{
	const struct slice *values = &write->values[(size_t)row * write->column_count];

	text_add_char(sql, '(');
	if (is_empty(plan, write))
		text_add_string(sql, empty_value(plan->table));
	for (unsigned i = 0; i < write->column_count; i++) {
		if (i > 0)
			text_add_char(sql, ',');
		text_add_slice(sql, values[i]);
	}
	text_add_char(sql, ')');
}

int sql_find_written(const struct write *write, const struct column *column)
{
	for (unsigned i = 0; i < write->column_count; i++)
		if (write->columns[i] == column)
			return (int)i;
	return -1;
}

static void begin_insert(struct text *sql, const struct plan *plan, const struct write *write)
{
	text_add_string(sql, "INSERT INTO ");
	text_add_slice(sql, plan->table->quoted);
	if (plan->table->dialect->new_rows != NULL && slice_is(plan->table->name, plan->table->dialect->new_rows))
		text_add_string(sql, " AS t");
	text_add_char(sql, ' ');
	add_names(sql, plan, write);
	text_add_string(sql, " VALUES ");
}

/* Whether the INSERT is to resolve what is there already. */
static bool resolves(const struct plan *plan, const struct write *write, unsigned row)
{
	const struct table *table = plan->table;

	if (write->resolution == RESOLUTION_NONE || write->plain || write_makes_key(write, table, write->conflict, row))
		return false;
	return write->resolution == RESOLUTION_MERGE || table->dialect->conflict_by_key;
}

void sql_insert(struct text *sql, const struct plan *plan, const struct write *write, unsigned row, unsigned count,
                bool returning)
{
	begin_insert(sql, plan, write);
	for (unsigned i = 0; i < count; i++) {
		if (i > 0)
			text_add_char(sql, ',');
		add_row(sql, plan, write, row + i);
	}
	if (resolves(plan, write, row))
		plan->table->dialect->resolution(sql, plan, write, row);
	if (returning) {
		text_add_string(sql, " RETURNING ");
		sql_add_columns(sql, plan);
	}
}

void sql_judge(struct text *sql, const struct plan *plan, const struct write *write, unsigned row)
{
	begin_insert(sql, plan, write);
	add_row(sql, plan, write, row);
	plan->table->dialect->judge(sql, plan, write);
}

static void add_rows(struct text *sql, const struct plan *plan, const struct write *write, struct slice keys)
{
	if (keys.length > 0) {
		text_add_string(sql, " WHERE ");
		text_add_slice(sql, keys);
	} else if (plan->limit != UINT64_MAX)
		plan->table->dialect->window(sql, plan, write);
	else
		sql_add_where(sql, plan);
}

static void add_select(struct text *sql, const struct plan *plan, struct slice from)
{
	text_add_string(sql, "SELECT ");
	sql_add_columns(sql, plan);
	text_add_string(sql, " FROM ");
	text_add_slice(sql, from);
}

/* Where the statement itself gives its rows back, they are asked for as those of the table, under whose name they come:
 * what is shown of them, and in which order, is said as in any read. */
static void begin_returning(struct text *sql, const struct plan *plan, const struct write *write)
{
	if (!write->returning)
		return;
	text_add_string(sql, "WITH ");
	text_add_slice(sql, plan->table->quoted_name);
	text_add_string(sql, " AS (");
}

static void end_returning(struct text *sql, const struct plan *plan, const struct write *write)
{
	const char *separator = " RETURNING ";

	if (!write->returning)
		return;
	for (unsigned i = 0; i < plan->table->column_count; i++) {
		if (!plan->table->columns[i].exposed)
			continue;
		text_add_string(sql, separator);
		text_add_slice(sql, plan->table->columns[i].quoted);
		separator = ",";
	}
	text_add_string(sql, ") ");
	add_select(sql, plan, plan->table->quoted_name);
	sql_add_orders(sql, plan);
}

static void begin_window(struct text *sql, const struct plan *plan, const struct write *write, bool of_keys)
{
	if (!of_keys && plan->limit != UINT64_MAX && plan->table->dialect->begin_window != NULL)
		plan->table->dialect->begin_window(sql, plan, write);
}

/* of_keys: its rows are known by their keys. */
static void begin_update(struct text *sql, const struct plan *plan, const struct write *write, bool of_keys)
{
	begin_returning(sql, plan, write);
	begin_window(sql, plan, write, of_keys);
	text_add_string(sql, "UPDATE ");
	text_add_slice(sql, plan->table->quoted);
	text_add_string(sql, " SET");
}

/* What an UPDATE sets a column to; no bytes: it stays as it is. */
static struct slice new_value(const struct write *write, unsigned i)
{
	return write->changes != NULL ? write->changes[i] : write->values[i];
}

void sql_update(struct text *sql, const struct plan *plan, const struct write *write, struct slice keys)
{
	char separator = ' ';

	begin_update(sql, plan, write, keys.length > 0);
	for (unsigned i = 0; i < write->column_count; i++) {
		if (new_value(write, i).length == 0)
			continue;
		text_add_char(sql, separator);
		text_add_slice(sql, write->columns[i]->quoted);
		text_add_char(sql, '=');
		text_add_slice(sql, new_value(write, i));
		separator = ',';
	}
	add_rows(sql, plan, write, keys);
	end_returning(sql, plan, write);
}

bool sql_find_value(const struct plan *plan, const struct write *write, unsigned first, const struct text *sql,
                    size_t place, const struct column **column, unsigned *row)
{
	struct text beginning = { 0 };
	bool insert = sql->length > 0 && sql->bytes[0] == 'I';
	size_t offset = utf8_offset((struct slice){ sql->bytes, sql->length }, place), at;

	if (insert)
		begin_insert(&beginning, plan, write);
	else
		begin_update(&beginning, plan, write, write_looks_first(write));
	at = beginning.length;
	text_release(&beginning);
	for (*row = first; *row < write->row_count; ++*row)
		for (unsigned c = 0; c < write->column_count; c++) {
			struct slice value = insert ? write->values[(size_t)*row * write->column_count + c] : new_value(write, c);

			if (!insert && value.length == 0)
				continue;
			*column = write->columns[c];
			at += 1 + (!insert                   ? (*column)->quoted.length + strlen("=")
			           : c == 0 && *row > first ? strlen("),")
			                                    : 0);
			if (offset < at + value.length)
				return offset >= at;
			at += value.length;
		}
	return false;
}

void sql_delete(struct text *sql, const struct plan *plan, const struct write *write, struct slice keys)
{
	begin_returning(sql, plan, write);
	begin_window(sql, plan, write, keys.length > 0);
	text_add_string(sql, "DELETE FROM ");
	text_add_slice(sql, plan->table->quoted);
	add_rows(sql, plan, write, keys);
	end_returning(sql, plan, write);
}

void sql_lock(struct text *sql, const struct plan *plan, const struct write *write)
{
	uint64_t most = write->returned == RETURN_REPRESENTATION ? (uint64_t)write->max_rows + 1 : UINT64_MAX;

	add_select(sql, plan, plan->table->quoted);
	sql_add_where(sql, plan);
	sql_add_orders(sql, plan);
	if (plan->limit < most)
		most = plan->limit;
	if (most != UINT64_MAX) {
		text_add_string(sql, " LIMIT ");
		text_add_unsigned(sql, most);
	}
	text_add_string(sql, " FOR UPDATE");
}

void sql_read_back(struct text *sql, const struct plan *plan, struct slice keys)
{
	add_select(sql, plan, plan->table->quoted);
	text_add_string(sql, " WHERE ");
	text_add_slice(sql, keys);
	sql_add_orders(sql, plan);
}

void sql_seek(struct text *sql, const struct plan *plan, struct slice keys)
{
	text_add_string(sql, "SELECT 1 FROM ");
	text_add_slice(sql, plan->table->quoted);
	text_add_string(sql, " WHERE ");
	text_add_slice(sql, keys);
	text_add_string(sql, plan->table->dialect->share_lock);
}

/* Begins one column of one key. */
static void begin_key(struct text *sql, const struct column *column, unsigned i)
{
	if (i == 0)
		text_add_string(sql, sql->length > 0 ? " OR (" : "(");
	else
		text_add_string(sql, " AND ");
	text_add_slice(sql, column->quoted);
	text_add_char(sql, '=');
}

bool sql_add_key(struct text *sql, const struct plan *plan, const struct write *write, const struct row *row,
                 bool written)
{
	for (unsigned i = 0; i < write->key->column_count; i++) {
		const struct column *column = sql_key_column(plan, write->key, i);
		unsigned place = write->key_outputs[i];
		int value = written && write->kind != WRITE_DELETE ? sql_find_written(write, column) : -1;

		begin_key(sql, column, i);
		if (value >= 0 && slice_is(write->values[value], "DEFAULT")) {
			if (!plan->table->dialect->fallback(sql, column))
				return false;
		} else if (value >= 0)
			text_add_slice(sql, write->values[value]);
		else if (row->values[place] == NULL ||
		         plan->table->dialect->stored(sql, column, (struct slice){ row->values[place], row->lengths[place] }) !=
		             STATUS_OK)
			return false;
	}
	text_add_char(sql, ')');
	return true;
}

bool sql_add_inserted_key(struct text *sql, const struct plan *plan, const struct write *write, const struct key *key,
                          unsigned row, uint64_t generated)
{
	for (unsigned i = 0; i < key->column_count; i++) {
		const struct column *column = sql_key_column(plan, key, i);
		int place = sql_find_written(write, column);
		struct slice value = { "", 0 };

		if (place >= 0)
			value = write->values[(size_t)row * write->column_count + (unsigned)place];
		begin_key(sql, column, i);
		if (value.length > 0 && !slice_is(value, "NULL") && !slice_is(value, "DEFAULT"))
			text_add_slice(sql, value);
		else if (column->auto_increment && generated != 0)
			text_add_unsigned(sql, generated);
		else
			return false;
	}
	text_add_char(sql, ')');
	return true;
}

bool sql_add_meant_key(struct text *sql, const struct plan *plan, const struct write *write, unsigned row)
{
	const struct key *key = write->conflict;

	for (unsigned i = 0; i < key->column_count; i++) {
		const struct column *column = sql_key_column(plan, key, i);
		int place = sql_find_written(write, column);
		struct slice value = SLICE("DEFAULT");

		if (place >= 0)
			value = write->values[(size_t)row * write->column_count + (unsigned)place];
		begin_key(sql, column, i);
		if (!slice_is(value, "DEFAULT"))
			text_add_slice(sql, value);
		else if (!plan->table->dialect->fallback(sql, column))
			return false;
	}
	text_add_char(sql, ')');
	return true;
}

/* --- Idempotency keys --- */

void sql_add_name(struct text *sql, char quote, struct slice name)
{
	text_add_char(sql, quote);
	for (size_t i = 0; i < name.length; i++) {
		if (name.bytes[i] == quote)
			text_add_char(sql, quote);
		text_add_char(sql, name.bytes[i]);
	}
	text_add_char(sql, quote);
}

static void add_bytes(struct text *sql, const struct dialect *dialect, struct slice bytes)
{
	text_add_string(sql, dialect->bytes);
	literal_add_hex(sql, bytes);
	text_add_char(sql, '\'');
}

void sql_claim(struct text *sql, const struct dialect *dialect, struct slice table, const struct write *write)
{
	text_add_string(sql, "INSERT INTO ");
	sql_add_name(sql, dialect->quote, table);
	text_add_string(sql, " (id,request) VALUES (");
	add_bytes(sql, dialect, write->idempotency_key);
	text_add_char(sql, ',');
	add_bytes(sql, dialect, (struct slice){ (const char *)write->request_hash, sizeof(write->request_hash) });
	text_add_char(sql, ')');
	text_add_string(sql, dialect->claim_ending);
}

void sql_recall(struct text *sql, const struct dialect *dialect, struct slice table, const struct write *write)
{
	text_add_string(sql, "SELECT request,answer FROM ");
	sql_add_name(sql, dialect->quote, table);
	text_add_string(sql, " WHERE id=");
	add_bytes(sql, dialect, write->idempotency_key);
	text_add_string(sql, dialect->share_lock);
}

void sql_remember(struct text *sql, const struct dialect *dialect, struct slice table, const struct write *write,
                  const struct fastcgi_output *output)
{
	text_add_string(sql, "UPDATE ");
	sql_add_name(sql, dialect->quote, table);
	text_add_string(sql, " SET answer=");
	text_add_string(sql, dialect->bytes);
	literal_add_hex(sql, (struct slice){ output->head.bytes, output->head.length });
	literal_add_hex(sql, output->middle);
	literal_add_hex(sql, output->tail);
	text_add_string(sql, "' WHERE id=");
	add_bytes(sql, dialect, write->idempotency_key);
}
