/* SPDX-License-Identifier: MIT */
#include "plan.h"

#include <string.h>

#include "sql.h"

static enum status no_such_column(const struct table *table, const struct query_text *name, struct arena *arena,
                                  struct fault *fault)
{
	fault->status = STATUS_NO_SUCH_COLUMN;
	fault->message = arena_printf(arena, "column %s.%.*s does not exist", table->name.bytes, (int)name->text.length,
	                              name->text.bytes);
	fault->details = arena_printf(arena, "at character %u of the query string", name->position);
	return STATUS_NO_SUCH_COLUMN;
}

static enum status find_column(const struct table *table, const struct query_text *name, struct arena *arena,
                               const struct column **column, struct fault *fault)
{
	*column = table_column(table, name->text.bytes, name->text.length);
	return *column != NULL ? STATUS_OK : no_such_column(table, name, arena, fault);
}

static enum status plan_columns(struct plan *plan, const struct query *query, struct arena *arena,
                                struct fault *fault)
{
	const struct table *table = plan->table;
	enum status status;

	plan->columns = arena_alloc(arena, (table->column_count + query->select_count) * sizeof(*plan->columns));
	if (query->select_all)
		for (unsigned i = 0; i < table->column_count; i++)
			if (table->columns[i].exposed)
				plan->columns[plan->column_count++] = &table->columns[i];
	for (unsigned i = 0; i < query->select_count; i++) {
		const struct column *column;
		unsigned before;

		if ((status = find_column(table, &query->select[i], arena, &column, fault)) != STATUS_OK)
			return status;
		for (before = 0; before < plan->column_count && plan->columns[before] != column; before++)
			;
		if (before == plan->column_count) /* an object cannot have the same name twice */
			plan->columns[plan->column_count++] = column;
	}
	return STATUS_OK;
}

static enum status add_filter(struct plan *plan, const struct column *column, struct slice value, const char *where,
                              struct arena *arena, struct fault *fault)
{
	struct text literal = { 0 };
	const char *why;
	enum status status = value_add_literal(&literal, column, value, &why);

	if (status == STATUS_OK)
		plan->filters[plan->filter_count++] = (struct plan_filter){
			column, { arena_text(arena, literal.bytes, literal.length), literal.length } };
	else {
		fault->status = status;
		fault->message = arena_printf(arena, "%s for column '%s'",
		                              status == STATUS_VALUE_RANGE ? "the value is out of range" : why,
		                              column->name.bytes);
		fault->details = where;
	}
	text_release(&literal);
	return status;
}

static enum status plan_filters(struct plan *plan, const struct route *route, const struct query *query,
                                struct arena *arena, struct fault *fault)
{
	const struct table *table = plan->table;
	const struct column *column;
	enum status status;

	plan->filters = arena_alloc(arena, (query->filter_count + 1) * sizeof(*plan->filters));
	if (route->has_key &&
	    (status = add_filter(plan, &table->columns[table->key_column], route->key, "in the key of the path", arena,
	                         fault)) != STATUS_OK)
		return status;
	for (unsigned i = 0; i < query->filter_count; i++) {
		const struct query_filter *filter = &query->filters[i];

		if ((status = find_column(table, &filter->column, arena, &column, fault)) != STATUS_OK ||
		    (status = add_filter(plan, column, filter->value.text,
		                         arena_printf(arena, "at character %u of the query string",
		                                      filter->value.position),
		                         arena, fault)) != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

static enum status plan_orders(struct plan *plan, const struct query *query, struct arena *arena, struct fault *fault)
{
	enum status status;

	plan->orders = arena_alloc(arena, (query->order_count + 1) * sizeof(*plan->orders));
	for (unsigned i = 0; i < query->order_count; i++) {
		struct plan_order *order = &plan->orders[plan->order_count++];

		status = find_column(plan->table, &query->orders[i].column, arena, &order->column, fault);
		if (status != STATUS_OK)
			return status;
		order->descending = query->orders[i].descending;
		order->nulls_first = query->orders[i].nulls_first;
	}
	return STATUS_OK;
}

enum status plan_read(const struct route *route, uint64_t max_rows, struct arena *arena, struct plan *plan,
                      struct fault *fault)
{
	struct query query;
	struct text sql = { 0 };
	enum status status;

	memset(plan, 0, sizeof(*plan));
	plan->table = route->table;
	plan->single = route->has_key;
	if ((status = query_parse(route->query, arena, &query, fault)) != STATUS_OK ||
	    (status = plan_columns(plan, &query, arena, fault)) != STATUS_OK ||
	    (status = plan_filters(plan, route, &query, arena, fault)) != STATUS_OK ||
	    (status = plan_orders(plan, &query, arena, fault)) != STATUS_OK)
		return status;
	plan->limit = query.has_limit && query.limit < max_rows ? query.limit : max_rows;
	plan->offset = query.offset;
	if (plan->filter_count == 1 && !query.has_limit && !query.has_offset &&
	    table_integer_key(plan->table, plan->filters[0].column)) {
		plan->key_column = plan->filters[0].column;
		if (value_integer(plan->filters[0].literal, &plan->key) != STATUS_OK) /* cannot be: it is our own text */
			plan->key_column = NULL;
	}
	sql_read(&sql, plan);
	plan->sql = (struct slice){ arena_text(arena, sql.bytes, sql.length), sql.length };
	text_release(&sql);
	return STATUS_OK;
}
