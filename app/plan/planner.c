/* SPDX-License-Identifier: MIT */
#include "plan/planner.h"

#include "request/scan.h"
#include "schema/dialect.h"

enum status planner_refuse(const struct planning *planning, enum status status, const char *message, const char *at)
{
	planning->fault->status = status;
	planning->fault->message = message;
	planning->fault->details = at != NULL ? arena_printf(planning->arena, "at character %u of the query string",
	                                                     scan_position(planning->query, at))
	                                      : "in the key of the path";
	return status;
}

struct slice planner_keep(const struct planning *planning)
{
	return (struct slice){ arena_text(planning->arena, planning->scratch->bytes, planning->scratch->length),
		               planning->scratch->length };
}

const char *planner_name(const struct planning *planning, const struct plan_field *field)
{
	return arena_printf(planning->arena, "%scolumn '%s'",
	                    field->kind == FIELD_COLUMN ? ""
	                    : field->kind == FIELD_JSON ? "a part of "
	                                                : "a text in ",
	                    field->column->name.bytes);
}

static enum status find_path(const struct planning *planning, const struct query_field *named, struct plan_field *field)
{
	struct slice keys[QUERY_MAX_STEPS];
	int indices[QUERY_MAX_STEPS];
	const struct dialect *dialect = planning->plan->table->dialect;

	if (field->column->type != COLUMN_JSON)
		return planner_refuse(planning, STATUS_NO_SUCH_OPERATOR,
		                       arena_printf(planning->arena,
		                                    "column '%s' is not JSON: the -> operator does not apply to it",
		                                    field->column->name.bytes),
		                       named->column.at);
	for (unsigned i = 0; i < named->step_count; i++) {
		keys[i] = named->steps[i].is_index ? (struct slice){ NULL, 0 } : named->steps[i].key.text;
		indices[i] = named->steps[i].index;
		if (named->steps[i].is_index && indices[i] < 0 && planning->plan->table->json_forward)
			return planner_refuse(planning, STATUS_NO_SUCH_OPERATOR,
			                       "this server does not count from the end of an array: MariaDB does since 10.9",
			                       named->column.at);
		if (planning->plan->table->json_undashed && keys[i].length > 0 && keys[i].bytes[0] == '-')
			return planner_refuse(planning, STATUS_NO_SUCH_OPERATOR,
			                       "this server does not find names in JSON that begin with '-'", named->column.at);
	}
	field->kind = named->as_text ? FIELD_TEXT : FIELD_JSON;
	text_clear(planning->scratch);
	dialect->json_path(planning->scratch, field->column, keys, indices, named->step_count);
	field->sql = planner_keep(planning);
	if (named->as_text) {
		text_clear(planning->scratch);
		dialect->json_text(planning->scratch, field->sql);
		field->sql = planner_keep(planning);
	}
	return STATUS_OK;
}

enum status planner_field(const struct planning *planning, const struct query_field *named, struct plan_field *field)
{
	const struct table *table = planning->plan->table;
	struct slice name = named->column.text;

	field->column = table_known_column(table, name.bytes, name.length);
	if (field->column != NULL && !field->column->exposed) {
		planning->fault->hint = arena_printf(planning->arena, "on table '%s' the account has no SELECT (%s)",
		                                     table->name.bytes, field->column->name.bytes);
		return planner_refuse(planning, STATUS_FORBIDDEN,
		                       arena_printf(planning->arena, "column '%s' can be written, but not read",
		                                    field->column->name.bytes),
		                       named->column.at);
	}
	if (field->column == NULL)
		return planner_refuse(planning, STATUS_NO_SUCH_COLUMN,
		                       arena_printf(planning->arena, "column %s.%.*s does not exist", table->name.bytes,
		                                    (int)name.length, name.bytes),
		                       named->column.at);
	field->kind = FIELD_COLUMN;
	field->sql = field->column->quoted;
	return named->step_count > 0 ? find_path(planning, named, field) : STATUS_OK;
}

/* What the account lacks, or the server does not say it. */
static const char *hint_of_unreadable(const struct table *table, struct arena *arena)
{
	if (table->column_count > 0)
		return arena_printf(arena, "on table '%s' the account has no SELECT", table->name.bytes);
	return table->is_view ? "it is broken, or the account has no right to what it uses" :
	                        "the account has no right to any of its columns";
}

enum status planner_readable(const struct planning *planning)
{
	const struct table *table = planning->plan->table;

	if (!table->unreadable)
		return STATUS_OK;
	*planning->fault = (struct fault){
		.status = STATUS_FORBIDDEN,
		.message = arena_printf(planning->arena, "table '%s' has no column that can be read", table->name.bytes),
		.hint = hint_of_unreadable(table, planning->arena),
	};
	return STATUS_FORBIDDEN;
}

struct plan_output plan_whole_column(const struct column *column)
{
	return (struct plan_output){ column->name, column->json_key, column->type, column->length, column->characters,
		                     column->quoted };
}

unsigned plan_find_output(struct plan *plan, const struct column *column)
{
	unsigned count = plan->column_count + plan->hidden_count;

	for (unsigned i = 0; i < count; i++)
		if (plan->columns[i].sql.bytes == column->quoted.bytes && plan->columns[i].type == column->type)
			return i;
	plan->columns[count] = plan_whole_column(column);
	plan->hidden_count++;
	return count;
}
