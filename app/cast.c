/* SPDX-License-Identifier: MIT
 *
 * column::type. What a value cannot become is NULL, never another value; what a whole type cannot become is refused.
 */
#include <string.h>
#include <strings.h>

#include "planning.h"
#include "sql.h"

enum target {
	TO_TEXT,
	TO_INTEGER,
	TO_UNSIGNED,
	TO_DECIMAL,
	TO_DOUBLE,
	TO_BOOLEAN,
	TO_DATE,
	TO_TIME,
	TO_DATETIME,
	TO_TIMESTAMP,
	TO_JSON
};

static const struct {
	const char *name;
	enum target target;
} types[] = {
	{ "text", TO_TEXT },         { "varchar", TO_TEXT },
	{ "char", TO_TEXT },         { "character varying", TO_TEXT },
	{ "int", TO_INTEGER },       { "integer", TO_INTEGER },
	{ "bigint", TO_INTEGER },    { "smallint", TO_INTEGER },
	{ "int2", TO_INTEGER },      { "int4", TO_INTEGER },
	{ "int8", TO_INTEGER },      { "signed", TO_INTEGER },
	{ "unsigned", TO_UNSIGNED }, { "numeric", TO_DECIMAL },
	{ "decimal", TO_DECIMAL },   { "double precision", TO_DOUBLE },
	{ "double", TO_DOUBLE },     { "float", TO_DOUBLE },
	{ "real", TO_DOUBLE },       { "float4", TO_DOUBLE },
	{ "float8", TO_DOUBLE },     { "boolean", TO_BOOLEAN },
	{ "bool", TO_BOOLEAN },      { "date", TO_DATE },
	{ "time", TO_TIME },         { "timestamp", TO_DATETIME },
	{ "datetime", TO_DATETIME }, { "timestamptz", TO_TIMESTAMP },
	{ "json", TO_JSON },         { "jsonb", TO_JSON },
};

/* What is cast, and as what. */
struct cast {
	struct text *sql;
	struct slice value; /* as SQL; what is JSON is its text by now */
	enum column_type type;
	const struct column *column;
};

static void add(struct cast *cast, const char *before, const char *behind)
{
	text_add_string(cast->sql, before);
	sql_add_slice(cast->sql, cast->value);
	text_add_string(cast->sql, behind);
}

static bool is_number(enum column_type type)
{
	return type == COLUMN_INTEGER || type == COLUMN_BOOLEAN || type == COLUMN_YEAR || type == COLUMN_DECIMAL ||
	       type == COLUMN_FLOAT || type == COLUMN_DOUBLE || type == COLUMN_BIT;
}

static bool is_text(enum column_type type)
{
	return type == COLUMN_STRING || type == COLUMN_JSON;
}

static bool is_moment(enum column_type type)
{
	return type == COLUMN_DATE || type == COLUMN_TIME || type == COLUMN_DATETIME || type == COLUMN_TIMESTAMP;
}

static bool to_text(struct cast *cast)
{
	if (cast->type == COLUMN_FLOAT) { /* its own text has six digits; where they are not enough, as DOUBLE */
		add(cast, "CASE WHEN ABS(CAST(", " AS CHAR)-");
		add(cast, "", ")<=ABS(");
		add(cast, "", ")*2.9e-8 THEN CAST(");
		add(cast, "", " AS CHAR) ELSE CAST(");
		add(cast, "", "+0e0 AS CHAR) END");
	} else if (cast->type == COLUMN_BOOLEAN) {
		add(cast, "CASE ", " WHEN 0 THEN 'false' WHEN 1 THEN 'true' ELSE ");
		add(cast, "CAST(", " AS CHAR) END");
	} else if (cast->type == COLUMN_BIT)
		add(cast, "CAST(", "+0 AS CHAR)");
	else if (cast->type == COLUMN_BINARY)
		add(cast, "CONVERT(", " USING utf8mb4)");
	else if (cast->type == COLUMN_GEOMETRY)
		add(cast, "ST_AsText(", ")");
	else
		add(cast, "CAST(", " AS CHAR)");
	return true;
}

/* A text becomes a number when all of it is one: the server would take what it begins with, or 0. */
static bool guarded(struct cast *cast, const char *pattern, const char *before, const char *behind)
{
	if (is_text(cast->type)) {
		add(cast, "CASE WHEN ", " REGEXP '");
		text_add_string(cast->sql, pattern);
		text_add_string(cast->sql, "' THEN ");
		add(cast, before, behind);
		text_add_string(cast->sql, " END");
		return true;
	}
	if (!is_number(cast->type))
		return false;
	add(cast, before, behind);
	return true;
}

/* The server would take the nearest number that the type has, or count the 64 bits otherwise. */
static bool to_integer(struct cast *cast, bool with_sign)
{
	static const char natural[] = "^ *[+]?[0-9]{1,19} *$", integer[] = "^ *[-+]?[0-9]{1,18} *$";
	const char *behind = with_sign ? " AS SIGNED)" : " AS UNSIGNED)";
	bool within = with_sign && (cast->type == COLUMN_BOOLEAN || cast->type == COLUMN_YEAR ||
	                            (cast->type == COLUMN_INTEGER && !cast->column->is_unsigned));

	if (!is_number(cast->type) || within)
		return guarded(cast, with_sign ? integer : natural, "CAST(", behind);
	add(cast, "CASE WHEN ", with_sign ? ">=-9223372036854775808 AND " : ">=0 AND ");
	add(cast, "", with_sign ? "<9223372036854775808 THEN CAST(" : "<18446744073709551616 THEN CAST(");
	add(cast, "", behind);
	text_add_string(cast->sql, " END");
	return true;
}

static bool to_decimal(struct cast *cast)
{
	static const char trim[] = "TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM CAST(";

	if (cast->type == COLUMN_DECIMAL || cast->type == COLUMN_INTEGER || cast->type == COLUMN_YEAR) {
		add(cast, "", "");
		return true;
	}
	if (cast->type == COLUMN_BOOLEAN || cast->type == COLUMN_BIT) {
		add(cast, "", "+0");
		return true;
	}
	return guarded(cast, "^ *[-+]?([0-9]{1,35}(\\.[0-9]*)?|\\.[0-9]+) *$", trim, " AS DECIMAL(65,30))))");
}

static bool to_boolean(struct cast *cast)
{
	if (is_text(cast->type)) {
		add(cast, "CASE LOWER(",
		    ") WHEN 'true' THEN 1 WHEN 't' THEN 1 WHEN 'yes' THEN 1 WHEN 'on' THEN 1"
		    " WHEN '1' THEN 1 WHEN 'false' THEN 0 WHEN 'f' THEN 0 WHEN 'no' THEN 0"
		    " WHEN 'off' THEN 0 WHEN '0' THEN 0 END");
		return true;
	}
	if (!is_number(cast->type))
		return false;
	add(cast, "", "<>0");
	return true;
}

static bool to_moment(struct cast *cast, const char *type, const char *pattern)
{
	bool text = is_text(cast->type);
	unsigned digits = is_moment(cast->type) && cast->type != COLUMN_DATE ? cast->column->precision : 6;

	if (!is_moment(cast->type) && !text)
		return false;
	if (text) { /* the server would take what the text begins with, and forget a zone */
		add(cast, "CASE WHEN ", " REGEXP '");
		text_add_string(cast->sql, pattern);
		text_add_string(cast->sql, "' THEN ");
	}
	add(cast, "CAST(", " AS ");
	text_add_string(cast->sql, type);
	if (type[0] != 'D' || type[4] != '\0') { /* not a DATE */
		text_add_char(cast->sql, '(');
		text_add_unsigned(cast->sql, cast->type == COLUMN_DATE ? 0 : digits);
		text_add_char(cast->sql, ')');
	}
	text_add_string(cast->sql, text ? ") END" : ")");
	return true;
}

static bool add_cast(struct cast *cast, enum target target, enum column_type *type)
{
	static const char date[] = "^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?$",
			  time[] = "^-?[0-9]+:[0-9]{2}(:[0-9]{2}(\\.[0-9]+)?)?$",
			  moment[] = "^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]+)?)?)?Z?$",
			  number[] = "^ *[-+]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][-+]?[0-9]{1,3})? *$";

	switch (target) {
	case TO_TEXT:
		*type = COLUMN_STRING;
		return to_text(cast);
	case TO_INTEGER:
		*type = COLUMN_INTEGER;
		return to_integer(cast, true);
	case TO_UNSIGNED:
		*type = COLUMN_INTEGER;
		return to_integer(cast, false);
	case TO_DECIMAL:
		*type = COLUMN_DECIMAL;
		return to_decimal(cast);
	case TO_DOUBLE:
		*type = COLUMN_DOUBLE;
		return guarded(cast, number, "", "+0e0");
	case TO_BOOLEAN:
		*type = COLUMN_BOOLEAN;
		return to_boolean(cast);
	case TO_DATE:
		*type = COLUMN_DATE;
		return cast->type != COLUMN_TIME && to_moment(cast, "DATE", date);
	case TO_TIME:
		*type = COLUMN_TIME;
		return to_moment(cast, "TIME", time);
	case TO_DATETIME:
	case TO_TIMESTAMP:
		*type = target == TO_DATETIME ? COLUMN_DATETIME : COLUMN_TIMESTAMP;
		return cast->type != COLUMN_TIME && to_moment(cast, "DATETIME", moment);
	case TO_JSON:
		*type = is_text(cast->type) ? COLUMN_JSON : cast->type;
		if (cast->type == COLUMN_STRING) {
			add(cast, "CASE WHEN JSON_VALID(", ") THEN ");
			add(cast, "", " END");
		} else
			add(cast, "", "");
		return true;
	}
	return false;
}

enum status cast_field(const struct planning *planning, const struct plan_field *field, const struct query_text *type,
                       struct plan_output *output)
{
	struct cast cast = { .sql = planning->scratch, .column = field->column, .type = field->column->type };
	struct slice name = type->text;
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strlen(types[i].name) == name.length && strncasecmp(types[i].name, name.bytes, name.length) == 0)
			break;
	if (i == sizeof(types) / sizeof(types[0]))
		return planning_refuse(planning, STATUS_NO_SUCH_TYPE,
		                       arena_printf(planning->arena, "there is no type '%.*s' to cast to",
		                                    (int)name.length, name.bytes),
		                       type->at);
	cast.value = field->sql;
	if (field->kind == FIELD_TEXT) {
		cast.type = COLUMN_STRING;
		text_clear(planning->scratch);
		sql_add_field(planning->scratch, field);
		cast.value = planning_keep(planning);
	}
	if (field->kind == FIELD_COLUMN && cast.type == COLUMN_STRING && field->column->is_other) {
		text_clear(planning->scratch); /* UUID, INET6: the server casts them to nothing but text */
		add(&cast, "CONVERT(", " USING utf8mb4)");
		cast.value = planning_keep(planning);
	}
	text_clear(planning->scratch);
	if (!add_cast(&cast, types[i].target, &output->type))
		return planning_refuse(planning, STATUS_NO_SUCH_CAST,
		                       arena_printf(planning->arena, "%s cannot be cast to '%.*s'",
		                                    planning_name(planning, field), (int)name.length, name.bytes),
		                       type->at);
	output->length = output->type == COLUMN_BIT ? field->column->length : 0;
	output->sql = planning_keep(planning);
	return STATUS_OK;
}
