/* SPDX-License-Identifier: MIT */
#include "sql.h"

#include "dialect.h"

void sql_add_slice(struct text *sql, struct slice slice)
{
	text_add(sql, slice.bytes, slice.length);
}

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
	sql_add_slice(sql, plan->table->quoted);
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

void sql_read(struct text *sql, const struct plan *plan)
{
	text_reserve(sql, 512);
	text_add_string(sql, "SELECT ");
	sql_add_columns(sql, plan);
	add_from(sql, plan);
	sql_add_where(sql, plan);
	if (plan->after != NULL) {
		text_add_string(sql, plan->conditions == NULL ? " WHERE " : " AND ");
		sql_add_condition(sql, plan->table->dialect, plan->after);
	}
	sql_add_orders(sql, plan);
	text_add_string(sql, " LIMIT ");
	text_add_unsigned(sql, plan->limit + plan->probes);
	if (plan->offset > 0) {
		text_add_string(sql, " OFFSET ");
		text_add_unsigned(sql, plan->offset < INT64_MAX ? plan->offset : INT64_MAX);
	}
}

void sql_read_keys(struct text *sql, const struct plan *plan, const struct integer *keys, unsigned count)
{
	text_reserve(sql, 512);
	text_add_string(sql, "SELECT ");
	sql_add_slice(sql, plan->key_column->quoted);
	text_add_char(sql, ',');
	sql_add_columns(sql, plan);
	add_from(sql, plan);
	text_add_string(sql, " WHERE ");
	sql_add_slice(sql, plan->key_column->quoted);
	text_add_string(sql, " IN (");
	for (unsigned i = 0; i < count; i++) {
		if (i > 0)
			text_add_char(sql, ',');
		value_add_integer(sql, keys[i]);
	}
	text_add_char(sql, ')');
}
