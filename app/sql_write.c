/* SPDX-License-Identifier: MIT
 *
 * The statements of a write. MySQL and MariaDB know them alike, but for RETURNING.
 */
#include "sql.h"

/* A row of another unique key is met: no value of the statement's own could be the cause of an error like this one, which
 * is told as a duplicate (change.c). The argument keeps the server from computing it before there is such a row. */
static const char *const alarm[] = { "EXP(1000+0*LENGTH(", "))" };

static const struct column *key_column(const struct plan *plan, const struct key *key, unsigned i)
{
	return &plan->table->columns[key->columns[i]];
}

static void add_names(struct text *sql, const struct write *write)
{
	text_add_char(sql, '(');
	for (unsigned i = 0; i < write->column_count; i++) {
		if (i > 0)
			text_add_char(sql, ',');
		sql_add_slice(sql, write->columns[i]->quoted);
	}
	text_add_char(sql, ')');
}

static void add_row(struct text *sql, const struct write *write, unsigned row)
{
	const struct slice *values = &write->values[(size_t)row * write->column_count];

	text_add_char(sql, '(');
	for (unsigned i = 0; i < write->column_count; i++) {
		if (i > 0)
			text_add_char(sql, ',');
		sql_add_slice(sql, values[i]);
	}
	text_add_char(sql, ')');
}

static int find_column(const struct write *write, const struct column *column)
{
	for (unsigned i = 0; i < write->column_count; i++)
		if (write->columns[i] == column)
			return (int)i;
	return -1;
}

static void add_new(struct text *sql, const struct column *column)
{
	text_add_string(sql, "VALUES(");
	sql_add_slice(sql, column->quoted);
	text_add_char(sql, ')');
}

/* The first column of the key becomes what it is, or what equals it; of the guarded kind only if all of the key is equal,
 * so that it was this key which the rows have in common. */
static void add_conflict_key(struct text *sql, const struct plan *plan, const struct write *write)
{
	const struct key *key = write->conflict;
	const struct column *first = key_column(plan, key, 0);
	bool merges = write->resolution == RESOLUTION_MERGE && find_column(write, first) >= 0;

	sql_add_slice(sql, first->quoted);
	text_add_char(sql, '=');
	if (write->guarded) {
		for (unsigned i = 0; i < key->column_count; i++) {
			text_add_string(sql, i == 0 ? "IF(" : " AND ");
			sql_add_slice(sql, key_column(plan, key, i)->quoted);
			text_add_char(sql, '=');
			add_new(sql, key_column(plan, key, i));
		}
		text_add_char(sql, ',');
	}
	if (merges)
		add_new(sql, first);
	else
		sql_add_slice(sql, first->quoted);
	if (write->guarded) {
		text_add_char(sql, ',');
		text_add_string(sql, alarm[0]);
		sql_add_slice(sql, first->quoted);
		text_add_string(sql, alarm[1]);
		text_add_char(sql, ')');
	}
}

static void add_resolution(struct text *sql, const struct plan *plan, const struct write *write)
{
	const struct column *first = key_column(plan, write->conflict, 0);

	text_add_string(sql, " ON DUPLICATE KEY UPDATE ");
	add_conflict_key(sql, plan, write);
	for (unsigned i = 0; i < write->column_count && write->resolution == RESOLUTION_MERGE; i++) {
		if (write->columns[i] == first)
			continue;
		text_add_char(sql, ',');
		sql_add_slice(sql, write->columns[i]->quoted);
		text_add_char(sql, '=');
		add_new(sql, write->columns[i]);
	}
}

void sql_insert(struct text *sql, const struct plan *plan, const struct write *write, unsigned row, unsigned count,
                bool returning)
{
	text_add_string(sql, "INSERT INTO ");
	sql_add_slice(sql, plan->table->quoted);
	text_add_char(sql, ' ');
	add_names(sql, write);
	text_add_string(sql, " VALUES ");
	for (unsigned i = 0; i < count; i++) {
		if (i > 0)
			text_add_char(sql, ',');
		add_row(sql, write, row + i);
	}
	/* Of those that are left out, one by one, the caller takes the error. */
	if (write->resolution == RESOLUTION_MERGE || (write->resolution == RESOLUTION_IGNORE && !write->one_by_one))
		add_resolution(sql, plan, write);
	if (returning) {
		text_add_string(sql, " RETURNING ");
		sql_add_columns(sql, plan);
	}
}

static void add_window(struct text *sql, const struct plan *plan)
{
	sql_add_orders(sql, plan);
	if (plan->limit != UINT64_MAX) {
		text_add_string(sql, " LIMIT ");
		text_add_unsigned(sql, plan->limit);
	}
}

static void add_rows(struct text *sql, const struct plan *plan, struct slice keys)
{
	if (keys.length > 0) {
		text_add_string(sql, " WHERE ");
		sql_add_slice(sql, keys);
		return;
	}
	sql_add_where(sql, plan);
	if (plan->limit != UINT64_MAX)
		add_window(sql, plan);
}

void sql_update(struct text *sql, const struct plan *plan, const struct write *write, struct slice keys)
{
	text_add_string(sql, "UPDATE ");
	sql_add_slice(sql, plan->table->quoted);
	for (unsigned i = 0; i < write->column_count; i++) {
		text_add_string(sql, i == 0 ? " SET " : ",");
		sql_add_slice(sql, write->columns[i]->quoted);
		text_add_char(sql, '=');
		sql_add_slice(sql, write->values[i]);
	}
	add_rows(sql, plan, keys);
}

void sql_delete(struct text *sql, const struct plan *plan, struct slice keys)
{
	text_add_string(sql, "DELETE FROM ");
	sql_add_slice(sql, plan->table->quoted);
	add_rows(sql, plan, keys);
}

static void add_select(struct text *sql, const struct plan *plan)
{
	text_add_string(sql, "SELECT ");
	sql_add_columns(sql, plan);
	text_add_string(sql, " FROM ");
	sql_add_slice(sql, plan->table->quoted);
}

void sql_lock(struct text *sql, const struct plan *plan, const struct write *write)
{
	uint64_t most = write->returned == RETURN_REPRESENTATION ? (uint64_t)write->max_rows + 1 : UINT64_MAX;

	add_select(sql, plan);
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
	add_select(sql, plan);
	text_add_string(sql, " WHERE ");
	sql_add_slice(sql, keys);
	sql_add_orders(sql, plan);
}

/* Begins one column of one key. */
static void begin_key(struct text *sql, const struct column *column, unsigned i)
{
	if (i == 0)
		text_add_string(sql, sql->length > 0 ? " OR (" : "(");
	else
		text_add_string(sql, " AND ");
	sql_add_slice(sql, column->quoted);
	text_add_char(sql, '=');
}

bool sql_add_key(struct text *sql, const struct plan *plan, const struct write *write, const struct row *row,
                 bool written)
{
	for (unsigned i = 0; i < write->key->column_count; i++) {
		const struct column *column = key_column(plan, write->key, i);
		unsigned place = write->key_outputs[i];
		int value = written && write->kind != WRITE_DELETE ? find_column(write, column) : -1;

		begin_key(sql, column, i);
		if (value >= 0 && slice_is(write->values[value], "DEFAULT")) {
			text_add_string(sql, "DEFAULT("); /* the word alone can only be written */
			sql_add_slice(sql, column->quoted);
			text_add_char(sql, ')');
		} else if (value >= 0)
			sql_add_slice(sql, write->values[value]);
		else if (row->values[place] == NULL ||
		         value_add_stored(sql, column, (struct slice){ row->values[place], row->lengths[place] }) != STATUS_OK)
			return false;
	}
	text_add_char(sql, ')');
	return true;
}

bool sql_add_inserted_key(struct text *sql, const struct plan *plan, const struct write *write, unsigned row,
                          uint64_t generated)
{
	const struct key *key = write->resolution == RESOLUTION_MERGE ? write->conflict : write->key;

	if (key == NULL)
		return false;
	for (unsigned i = 0; i < key->column_count; i++) {
		const struct column *column = key_column(plan, key, i);
		int place = find_column(write, column);
		struct slice value = { "", 0 };

		if (place >= 0)
			value = write->values[(size_t)row * write->column_count + (unsigned)place];
		begin_key(sql, column, i);
		if (value.length > 0 && !slice_is(value, "NULL") && !slice_is(value, "DEFAULT"))
			sql_add_slice(sql, value);
		else if (column->auto_increment && generated != 0)
			text_add_unsigned(sql, generated);
		else
			return false;
	}
	text_add_char(sql, ')');
	return true;
}

/* --- Idempotency keys --- */

static void add_name(struct text *sql, struct slice name)
{
	text_add_char(sql, '`');
	for (size_t i = 0; i < name.length; i++) {
		if (name.bytes[i] == '`')
			text_add_char(sql, '`');
		text_add_char(sql, name.bytes[i]);
	}
	text_add_char(sql, '`');
}

static void add_id(struct text *sql, const struct write *write)
{
	text_add_string(sql, "X'");
	value_add_hex(sql, write->idempotency_key);
	text_add_char(sql, '\'');
}

void sql_claim(struct text *sql, struct slice table, const struct write *write)
{
	text_add_string(sql, "INSERT INTO ");
	add_name(sql, table);
	text_add_string(sql, " (id,request) VALUES (");
	add_id(sql, write);
	text_add_string(sql, ",X'");
	value_add_hex(sql, (struct slice){ (const char *)write->request_hash, sizeof(write->request_hash) });
	text_add_string(sql, "')");
}

void sql_recall(struct text *sql, struct slice table, const struct write *write)
{
	text_add_string(sql, "SELECT request,answer FROM ");
	add_name(sql, table);
	text_add_string(sql, " WHERE id=");
	add_id(sql, write);
	text_add_string(sql, " LOCK IN SHARE MODE");
}

void sql_remember(struct text *sql, struct slice table, const struct write *write, const struct fastcgi_output *output)
{
	text_add_string(sql, "UPDATE ");
	add_name(sql, table);
	text_add_string(sql, " SET answer=X'");
	value_add_hex(sql, (struct slice){ output->head.bytes, output->head.length });
	value_add_hex(sql, output->middle);
	value_add_hex(sql, output->tail);
	text_add_string(sql, "' WHERE id=");
	add_id(sql, write);
}
