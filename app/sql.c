/* SPDX-License-Identifier: MIT */
#include "sql.h"

void sql_add_slice(struct text *sql, struct slice slice)
{
	text_add(sql, slice.bytes, slice.length);
}

static void add_extract(struct text *sql, const struct column *column, const struct slice *keys, const int *indices,
                        unsigned count)
{
	text_add_string(sql, "JSON_EXTRACT(");
	sql_add_slice(sql, column->quoted);
	text_add_char(sql, ',');
	value_add_path(sql, keys, indices, count);
	text_add_char(sql, ')');
}

/* To the server everything is an array of one element, itself; to the dialect it is not. */
void sql_json_path(struct text *sql, const struct column *column, const struct slice *keys, const int *indices,
                   unsigned count)
{
	bool guarded = false;

	for (unsigned i = 0; i < count; i++) {
		if (keys[i].bytes != NULL || (indices[i] != 0 && indices[i] != -1))
			continue;
		text_add_string(sql, guarded ? " AND JSON_TYPE(" : "IF(JSON_TYPE(");
		if (i == 0)
			sql_add_slice(sql, column->quoted);
		else
			add_extract(sql, column, keys, indices, i);
		text_add_string(sql, ")='ARRAY'");
		guarded = true;
	}
	if (guarded)
		text_add_char(sql, ',');
	add_extract(sql, column, keys, indices, count);
	if (guarded)
		text_add_string(sql, ",NULL)");
}

void sql_add_field(struct text *sql, const struct plan_field *field)
{
	if (field->kind != FIELD_TEXT) {
		sql_add_slice(sql, field->sql);
		return;
	}
	text_add_string(sql, "IF(JSON_TYPE("); /* JSON's null is NULL as text */
	sql_add_slice(sql, field->sql);
	text_add_string(sql, ")='NULL',NULL,JSON_UNQUOTE(");
	sql_add_slice(sql, field->sql);
	text_add_string(sql, "))");
}

void sql_add_json_text(struct text *sql, struct slice json)
{
	text_add_string(sql, "CONVERT(JSON_UNQUOTE(");
	sql_add_slice(sql, json);
	text_add_string(sql, ") USING utf8mb4) COLLATE utf8mb4_bin");
}

void sql_add_json_number(struct text *sql, struct slice json)
{
	text_add_string(sql, "JSON_TYPE(");
	sql_add_slice(sql, json);
	text_add_string(sql, ") IN ('INTEGER','DOUBLE','DECIMAL','UNSIGNED INTEGER')");
}

static void add_output(struct text *sql, const struct plan_output *output)
{
	sql_add_slice(sql, output->sql);
	if (output->type == COLUMN_FLOAT)
		text_add_string(sql, "+0e0"); /* as DOUBLE: a FLOAT's own text has but six digits */
}

void sql_add_columns(struct text *sql, const struct plan *plan)
{
	for (unsigned i = 0; i < plan->column_count + plan->hidden_count; i++) {
		if (i > 0)
			text_add_char(sql, ',');
		add_output(sql, &plan->columns[i]);
	}
	if (plan->column_count + plan->hidden_count == 0)
		text_add_char(sql, '1');
}

static void add_from(struct text *sql, const struct plan *plan)
{
	text_add_string(sql, " FROM ");
	sql_add_slice(sql, plan->table->quoted);
}

static void add_direction(struct text *sql, const struct plan_order *order)
{
	if (order->descending)
		text_add_string(sql, " DESC");
}

/* JSON in PostgreSQL's order: null, texts, numbers, false, true, arrays, objects. */
static void add_json_order(struct text *sql, const struct plan_order *order)
{
	struct slice json = order->field.sql;

	text_add_string(sql, "CASE JSON_TYPE(");
	sql_add_slice(sql, json);
	text_add_string(sql, ") WHEN 'NULL' THEN 0 WHEN 'STRING' THEN 1 WHEN 'BOOLEAN' THEN 3 WHEN 'ARRAY' THEN 4"
	                     " WHEN 'OBJECT' THEN 5 ELSE 2 END");
	add_direction(sql, order);
	text_add_string(sql, ",CASE WHEN ");
	sql_add_json_number(sql, json);
	text_add_string(sql, " THEN ");
	sql_add_slice(sql, json);
	text_add_string(sql, "+0e0 END");
	add_direction(sql, order);
	text_add_char(sql, ',');
	sql_add_json_text(sql, json);
	add_direction(sql, order);
}

/* MySQL sorts NULL as the smallest value. Where the client wants it at the other end, a term in front says so; where
 * it does not, and for NOT NULL columns, the order is the column's alone and an index can serve it. */
static void add_order(struct text *sql, const struct plan_order *order)
{
	const struct plan_field *field = &order->field;

	if ((field->kind != FIELD_COLUMN || field->column->nullable) && order->nulls_first == order->descending) {
		sql_add_field(sql, field);
		text_add_string(sql, order->nulls_first ? " IS NULL DESC," : " IS NULL,");
	}
	switch (field->kind) {
	case FIELD_COLUMN:
		sql_add_slice(sql, field->sql);
		add_direction(sql, order);
		break;
	case FIELD_JSON:
		if (order->nulls_first != order->descending) { /* what follows does not know NULL from a number */
			sql_add_field(sql, field);
			text_add_string(sql, order->nulls_first ? " IS NULL DESC," : " IS NULL,");
		}
		add_json_order(sql, order);
		break;
	case FIELD_TEXT:
		text_add_string(sql, "CONVERT(");
		sql_add_field(sql, field);
		text_add_string(sql, " USING utf8mb4) COLLATE utf8mb4_bin");
		add_direction(sql, order);
		break;
	}
}

void sql_add_orders(struct text *sql, const struct plan *plan)
{
	for (unsigned i = 0; i < plan->order_count; i++) {
		text_add_string(sql, i == 0 ? " ORDER BY " : ",");
		add_order(sql, &plan->orders[i]);
	}
}

void sql_add_where(struct text *sql, const struct plan *plan)
{
	const struct plan_condition *condition = plan->conditions;

	for (; condition != NULL; condition = condition->next) {
		text_add_string(sql, condition == plan->conditions ? " WHERE " : " AND ");
		sql_add_condition(sql, condition);
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
		sql_add_condition(sql, plan->after);
	}
	sql_add_orders(sql, plan);
	text_add_string(sql, " LIMIT ");
	text_add_unsigned(sql, plan->limit + plan->probes);
	if (plan->offset > 0) {
		text_add_string(sql, " OFFSET ");
		text_add_unsigned(sql, plan->offset);
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
