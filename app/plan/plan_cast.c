/* SPDX-License-Identifier: MIT
 *
 * column::type. What a value cannot become is NULL, never another value; what a whole type cannot become is refused.
 */
#include <string.h>
#include <strings.h>

#include "plan/planner.h"
#include "schema/dialect.h"

static const struct {
	const char *name;
	enum cast_target target;
} types[] = {
	{ "text", CAST_TEXT },         { "varchar", CAST_TEXT },
	{ "char", CAST_TEXT },         { "character varying", CAST_TEXT },
	{ "int", CAST_INTEGER },       { "integer", CAST_INTEGER },
	{ "bigint", CAST_INTEGER },    { "smallint", CAST_INTEGER },
	{ "int2", CAST_INTEGER },      { "int4", CAST_INTEGER },
	{ "int8", CAST_INTEGER },      { "signed", CAST_INTEGER },
	{ "unsigned", CAST_UNSIGNED }, { "numeric", CAST_DECIMAL },
	{ "decimal", CAST_DECIMAL },   { "double precision", CAST_DOUBLE },
	{ "double", CAST_DOUBLE },     { "float", CAST_DOUBLE },
	{ "real", CAST_DOUBLE },       { "float4", CAST_DOUBLE },
	{ "float8", CAST_DOUBLE },     { "boolean", CAST_BOOLEAN },
	{ "bool", CAST_BOOLEAN },      { "date", CAST_DATE },
	{ "time", CAST_TIME },         { "timestamp", CAST_DATETIME },
	{ "datetime", CAST_DATETIME }, { "timestamptz", CAST_TIMESTAMP },
	{ "json", CAST_JSON },         { "jsonb", CAST_JSON },
};

enum status plan_cast_field(const struct planning *planning, const struct plan_field *field, const struct query_text *type,
                       struct plan_output *output)
{
	struct cast cast = { .column = field->column, .type = field->column->type, .value = field->sql };
	struct slice name = type->text;
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strlen(types[i].name) == name.length && strncasecmp(types[i].name, name.bytes, name.length) == 0)
			break;
	if (i == sizeof(types) / sizeof(types[0]))
		return planner_refuse(planning, STATUS_NO_SUCH_TYPE,
		                       arena_printf(planning->arena, "type '%.*s' does not exist for casts",
		                                    (int)name.length, name.bytes),
		                       type->at);
	if (field->kind == FIELD_TEXT)
		cast.type = COLUMN_STRING;
	else
		cast.is_opaque = field->kind == FIELD_COLUMN && cast.type == COLUMN_STRING && field->column->is_opaque;
	text_clear(planning->scratch);
	if (!planning->plan->table->dialect->cast(planning->scratch, &cast, types[i].target, &output->type))
		return planner_refuse(planning, STATUS_NO_SUCH_CAST,
		                       arena_printf(planning->arena, "%s cannot be cast to '%.*s'",
		                                    planner_name(planning, field), (int)name.length, name.bytes),
		                       type->at);
	output->length = output->type == COLUMN_BIT ? field->column->length : 0;
	output->sql = planner_keep(planning);
	return STATUS_OK;
}
