/* SPDX-License-Identifier: MIT */
#include "sql/sql.h"

#include <string.h>

#include "base/utf8.h"
#include "schema/dialect.h"

void sql_add_columns(struct text *sql, const struct plan *plan)
{
	for (unsigned i = 0; i < plan->column_count + plan->hidden_count; i++) {
		if (i > 0)
			text_add_char(sql, ',');
		plan->table->dialect->output(sql, &plan->columns[i]);
	}
	if (plan->column_count + plan->hidden_count == 0)
		text_add_char(sql, '1');
}

static void add_from(struct text *sql, const struct plan *plan)
{
	text_add_string(sql, " FROM ");
	text_add_slice(sql, plan->table->quoted);
}

void sql_add_orders(struct text *sql, const struct plan *plan)
{
	for (unsigned i = 0; i < plan->order_count; i++) {
		text_add_string(sql, i == 0 ? " ORDER BY " : ",");
		plan->table->dialect->order(sql, plan, &plan->orders[i]);
	}
}

void sql_add_where(struct text *sql, const struct plan *plan)
{
	const struct plan_condition *condition = plan->conditions;

	for (; condition != NULL; condition = condition->next) {
		text_add_string(sql, condition == plan->conditions ? " WHERE " : " AND ");
		sql_add_condition(sql, plan->table->dialect, condition);
	}
}

void sql_count(struct text *sql, const struct plan *plan, const char *what)
{
	text_add_string(sql, "SELECT ");
	text_add_string(sql, what);
	add_from(sql, plan);
	sql_add_where(sql, plan);
}

size_t sql_read(struct text *sql, const struct plan *plan)
{
	size_t begin = sql->length, head;

	text_reserve(sql, 512);
	text_add_string(sql, "SELECT ");
	sql_add_columns(sql, plan);
	add_from(sql, plan);
	head = sql->length - begin;
	sql_add_where(sql, plan);
	if (plan->after != NULL) {
		text_add_string(sql, plan->conditions == NULL ? " WHERE " : " AND ");
		sql_add_condition(sql, plan->table->dialect, plan->after);
	}
	sql_add_orders(sql, plan);
	text_add_string(sql, " LIMIT ");
	text_add_unsigned(sql, plan->limit + plan->lookahead);
	if (plan->offset > 0) {
		text_add_string(sql, " OFFSET ");
		text_add_unsigned(sql, plan->offset < INT64_MAX ? plan->offset : INT64_MAX);
	}
	return head;
}

void sql_keep_read(struct plan *plan, struct arena *arena)
{
	enum { KEEP_BYTES = 1 << 16 };
	static struct text sql; /* of the process: every plan would allocate it anew */

	text_clear(&sql);
	plan->sql_head = sql_read(&sql, plan);
	plan->sql = (struct slice){ arena_text(arena, sql.bytes, sql.length), sql.length };
	if (sql.size > KEEP_BYTES)
		text_release(&sql);
}

void sql_read_keys(struct text *sql, const struct plan *plan, const struct integer *keys, unsigned count)
{
	text_reserve(sql, 512);
	text_add_string(sql, "SELECT ");
	text_add_slice(sql, plan->key_column->quoted);
	text_add_char(sql, ',');
	sql_add_columns(sql, plan);
	add_from(sql, plan);
	text_add_string(sql, " WHERE ");
	text_add_slice(sql, plan->key_column->quoted);
	text_add_string(sql, " IN (");
	for (unsigned i = 0; i < count; i++) {
		if (i > 0)
			text_add_char(sql, ',');
		integer_add(sql, keys[i]);
	}
	text_add_char(sql, ')');
}

/* Behind the text or the name that begins there. In both a quote is doubled. */
static size_t end_of_quoted(struct slice sql, size_t at)
{
	char quote = sql.bytes[at++];

	for (; at < sql.length; at++)
		if (sql.bytes[at] == quote && (at + 1 == sql.length || sql.bytes[++at] != quote))
			return at;
	return at;
}

/* In every condition the column stands before the operator and the values; in an order it stands for itself, perhaps
 * behind its table. */
const struct column *sql_find_operand(const struct plan *plan, struct slice sql, size_t place, bool *named)
{
	const struct table *table = plan->table;
	struct slice name = { NULL, 0 };
	size_t offset = utf8_offset(sql, place), end;
	char quote = table->dialect->quote;

	*named = offset < sql.length && sql.bytes[offset] == quote;
	if (*named && (end = end_of_quoted(sql, offset)) + 1 < sql.length && sql.bytes[end] == '.' &&
	    sql.bytes[end + 1] == quote)
		offset = end + 1;
	for (size_t at = 0; at < offset + *named; at = end) {
		bool is_name = sql.bytes[at] == quote;

		end = is_name || sql.bytes[at] == '\'' ? end_of_quoted(sql, at) : at + 1;
		if (is_name)
			name = (struct slice){ sql.bytes + at, end - at };
	}
	for (unsigned i = 0; i < table->column_count; i++) {
		const struct column *column = &table->columns[i];

		if (column->exposed && column->quoted.length == name.length &&
		    memcmp(column->quoted.bytes, name.bytes, name.length) == 0)
			return column;
	}
	return NULL;
}
