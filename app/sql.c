/* SPDX-License-Identifier: MIT */
#include "sql.h"

static void add_slice(struct text *sql, struct slice slice)
{
	text_add(sql, slice.bytes, slice.length);
}

static void add_output(struct text *sql, const struct column *column)
{
	add_slice(sql, column->quoted);
	if (column->type == COLUMN_FLOAT)
		text_add_string(sql, "+0e0"); /* as DOUBLE: a FLOAT's own text has but six digits */
}

static void add_columns(struct text *sql, const struct plan *plan)
{
	for (unsigned i = 0; i < plan->column_count; i++) {
		if (i > 0)
			text_add_char(sql, ',');
		add_output(sql, plan->columns[i]);
	}
	if (plan->column_count == 0)
		text_add_char(sql, '1');
}

static void add_from(struct text *sql, const struct plan *plan)
{
	text_add_string(sql, " FROM ");
	add_slice(sql, plan->table->quoted);
}

/* MySQL sorts NULL as the smallest value. Where the client wants it at the other end, a term in front says so; where
 * it does not, and for NOT NULL columns, the order is the column's alone and an index can serve it. */
static void add_order(struct text *sql, const struct plan_order *order)
{
	if (order->column->nullable && order->nulls_first == order->descending) {
		add_slice(sql, order->column->quoted);
		text_add_string(sql, order->nulls_first ? " IS NULL DESC," : " IS NULL,");
	}
	add_slice(sql, order->column->quoted);
	if (order->descending)
		text_add_string(sql, " DESC");
}

void sql_read(struct text *sql, const struct plan *plan)
{
	text_reserve(sql, 512);
	text_add_string(sql, "SELECT ");
	add_columns(sql, plan);
	add_from(sql, plan);
	for (unsigned i = 0; i < plan->filter_count; i++) {
		text_add_string(sql, i == 0 ? " WHERE " : " AND ");
		add_slice(sql, plan->filters[i].column->quoted);
		text_add_char(sql, '=');
		add_slice(sql, plan->filters[i].literal);
	}
	for (unsigned i = 0; i < plan->order_count; i++) {
		text_add_string(sql, i == 0 ? " ORDER BY " : ",");
		add_order(sql, &plan->orders[i]);
	}
	text_add_string(sql, " LIMIT ");
	text_add_unsigned(sql, plan->limit);
	if (plan->offset > 0) {
		text_add_string(sql, " OFFSET ");
		text_add_unsigned(sql, plan->offset);
	}
}

void sql_read_keys(struct text *sql, const struct plan *plan, const struct integer *keys, unsigned count)
{
	text_reserve(sql, 512);
	text_add_string(sql, "SELECT ");
	add_slice(sql, plan->key_column->quoted);
	text_add_char(sql, ',');
	add_columns(sql, plan);
	add_from(sql, plan);
	text_add_string(sql, " WHERE ");
	add_slice(sql, plan->key_column->quoted);
	text_add_string(sql, " IN (");
	for (unsigned i = 0; i < count; i++) {
		if (i > 0)
			text_add_char(sql, ',');
		value_add_integer(sql, keys[i]);
	}
	text_add_char(sql, ')');
}
