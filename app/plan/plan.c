/* SPDX-License-Identifier: MIT */
#include "plan/plan.h"

#include <string.h>

#include "base/json.h"
#include "plan/plan_page.h"
#include "plan/planner.h"
#include "schema/dialect.h"

enum { SCRATCH_KEEP_BYTES = 1 << 16 };

static void set_name(const struct planning *planning, struct plan_output *output, struct slice name)
{
	output->name = name;
	text_clear(planning->scratch);
	json_add_string(planning->scratch, name.bytes, name.length);
	text_add_char(planning->scratch, ':');
	output->json_key = planner_keep(planning);
}

/* The name in the answer: the alias; the last key of a path; the column's own. */
static void name_output(const struct planning *planning, const struct query_column *asked, struct plan_output *output)
{
	if (asked->alias.text.length > 0) {
		set_name(planning, output, asked->alias.text);
		return;
	}
	for (unsigned i = asked->field.step_count; i > 0; i--)
		if (!asked->field.steps[i - 1].is_index) {
			set_name(planning, output, asked->field.steps[i - 1].key.text);
			return;
		}
}

static bool slice_equal(struct slice a, struct slice b)
{
	return a.length == b.length && (a.bytes == b.bytes || memcmp(a.bytes, b.bytes, a.length) == 0);
}

/* An object cannot have the same name twice: the same column again is nothing new, another one is a fault. */
static enum status add_output(const struct planning *planning, struct plan_output output, const char *at)
{
	struct plan *plan = planning->plan;

	for (unsigned i = 0; i < plan->column_count; i++) {
		const struct plan_output *other = &plan->columns[i];

		if (!slice_equal(other->json_key, output.json_key))
			continue;
		if (other->type == output.type && slice_equal(other->sql, output.sql))
			return STATUS_OK;
		planning->fault->hint = "give one of them an alias: alias:column";
		return planner_refuse(planning, STATUS_BAD_QUERY,
		                       arena_printf(planning->arena, "two columns of the answer are named %.*s",
		                                    (int)output.json_key.length - 1, output.json_key.bytes),
		                       at);
	}
	plan->columns[plan->column_count++] = output;
	return STATUS_OK;
}

static enum status plan_column(const struct planning *planning, const struct query_column *asked)
{
	struct plan_field field;
	struct plan_output output;
	enum status status;

	if ((status = planner_field(planning, &asked->field, &field)) != STATUS_OK)
		return status;
	output = plan_whole_column(field.column);
	name_output(planning, asked, &output);
	if (asked->cast.text.length > 0 || field.kind != FIELD_COLUMN)
		output.characters = 0;
	if (asked->cast.text.length > 0) {
		planning->plan->casts = true;
		status = plan_cast_field(planning, &field, &asked->cast, &output);
	} else if (field.kind != FIELD_COLUMN) {
		output.type = field.kind == FIELD_JSON ? COLUMN_JSON : COLUMN_STRING;
		output.sql = field.sql;
	}
	return status == STATUS_OK ? add_output(planning, output, asked->field.column.at) : status;
}

/* Every column that clients may see, but for those that the server shows only to whoever names them. */
static enum status plan_all(const struct planning *planning, const char *at)
{
	const struct table *table = planning->plan->table;
	struct plan *plan = planning->plan;
	bool first = plan->column_count == 0; /* a table's names differ: there is nothing to compare with */
	enum status status;

	for (unsigned i = 0; i < table->column_count; i++)
		if (!table->columns[i].exposed || table->columns[i].invisible)
			continue;
		else if (first)
			plan->columns[plan->column_count++] = plan_whole_column(&table->columns[i]);
		else if ((status = add_output(planning, plan_whole_column(&table->columns[i]), at)) != STATUS_OK)
			return status;
	return STATUS_OK;
}

enum status plan_outputs(const struct planning *planning)
{
	const struct query *query = planning->query;
	struct plan *plan = planning->plan;
	enum status status;

	/* with room for the hidden ones */
	plan->columns = arena_alloc(planning->arena,
	                            (query->column_count + 3 * plan->table->column_count) * sizeof(*plan->columns));
	if (query->column_count == 0 && ((status = plan_all(planning, NULL)) != STATUS_OK || !plan->table->has_invisible))
		return status;
	for (unsigned i = 0; i < query->column_count; i++) {
		status = query->columns[i].all ? plan_all(planning, query->columns[i].field.column.at)
		                               : plan_column(planning, &query->columns[i]);
		if (status != STATUS_OK)
			return status;
	}
	for (unsigned i = 0; plan->one_row && i < plan->table->column_count; i++)
		if (plan->table->columns[i].exposed)
			plan->columns[plan->column_count + plan->hidden_count++] = plan_whole_column(&plan->table->columns[i]);
	return STATUS_OK;
}

enum status plan_orders(const struct planning *planning)
{
	const struct query *query = planning->query;
	struct plan *plan = planning->plan;
	enum status status;

	/* with room for what makes it complete */
	plan->orders = arena_alloc(planning->arena,
	                           (query->order_count + plan->table->column_count) * sizeof(*plan->orders));
	for (unsigned i = 0; i < query->order_count; i++) {
		struct plan_order *order = &plan->orders[plan->order_count++];

		if ((status = planner_field(planning, &query->orders[i].field, &order->field)) != STATUS_OK)
			return status;
		order->descending = query->orders[i].descending;
		order->nulls_first = query->orders[i].nulls_first;
	}
	return STATUS_OK;
}

/* One plain filter by such a key, and nothing that says which rows of the result are wanted. */
static void find_key(struct plan *plan, const struct query *query)
{
	const struct plan_condition *only = plan->conditions;

	if (plan->condition_count != 1 || query->has_limit || query->has_offset || only->kind != PLAN_FILTER ||
	    only->op != QUERY_EQ || only->quantifier != QUERY_ONE || only->negated ||
	    only->field.kind != FIELD_COLUMN || !table_integer_key(plan->table, only->field.column))
		return;
	if (integer_read(only->literals[0].sql, &plan->key) == STATUS_OK) /* always: it is our own text */
		plan->key_column = only->field.column;
}

/* The rows that limit and offset name, those among them that Range names, and of these no more than are allowed. */
static void plan_window(struct plan *plan, const struct query *query, const struct row_range *range, uint64_t max_rows)
{
	uint64_t first = query->offset, length = query->has_limit ? query->limit : UINT64_MAX, left;

	if (range->given && !plan->one_row) {
		if (range->first > first) {
			left = range->first - first;
			length = length > left ? length - left : 0;
			first = range->first;
		}
		if (range->last != UINT64_MAX && (range->last < first || range->last - first < length))
			length = range->last < first ? 0 : range->last - first + 1;
	}
	plan->offset = first;
	plan->limit = length < max_rows ? length : max_rows;
}

static enum status refuse_names(const struct planning *planning)
{
	const struct query *query = planning->query;

	if (query->body_columns.at != NULL || query->on_conflict.at != NULL)
		return planner_refuse(planning, STATUS_BAD_QUERY, "'columns' and 'on_conflict' apply to writes only",
		                       query->body_columns.at != NULL ? query->body_columns.at : query->on_conflict.at);
	return STATUS_OK;
}

enum status plan_read(const struct route *route, uint64_t max_rows, struct arena *arena, struct plan *plan,
                      struct fault *fault)
{
	static struct text scratch; /* of the process: every plan would allocate it anew */
	struct query query;
	const struct planning planning = { plan, &query, arena, fault, &scratch };
	enum status status;

	memset(plan, 0, sizeof(*plan));
	plan->table = route->table;
	plan->one_row = route->has_key;
	if ((status = query_parse(route->query, arena, &query, fault)) != STATUS_OK ||
	    (status = refuse_names(&planning)) != STATUS_OK || (status = planner_readable(&planning)) != STATUS_OK ||
	    (status = plan_outputs(&planning)) != STATUS_OK ||
	    (status = plan_conditions(&planning, route)) != STATUS_OK || (status = plan_orders(&planning)) != STATUS_OK)
		return status;
	plan_window(plan, &query, &route->range, max_rows);
	if ((!route->range.given && query.after == NULL) || plan->one_row)
		find_key(plan, &query);
	status = plan_page(&planning);
	if (scratch.size > SCRATCH_KEEP_BYTES)
		text_release(&scratch);
	return status;
}
