/* SPDX-License-Identifier: MIT
 *
 * column::type, as PostgreSQL writes it. Its own cast of a text that is no number is an error, which one row would be
 * enough for; here it is NULL, as everywhere (plan_cast.c).
 */
#include "postgresql/postgresql_cast.h"

#include <string.h>

#include "sql/sql.h"

struct casting {
	struct text *sql;
	const struct cast *what;
};

static void add(struct casting *casting, const char *before, const char *behind)
{
	text_add_string(casting->sql, before);
	text_add_slice(casting->sql, casting->what->value);
	text_add_string(casting->sql, behind);
}

static bool is_text(const struct casting *casting)
{
	return casting->what->type == COLUMN_STRING || casting->what->type == COLUMN_JSON;
}

static bool is_number(const struct casting *casting)
{
	enum column_type type = casting->what->type;

	return type == COLUMN_INTEGER || type == COLUMN_BOOLEAN || type == COLUMN_DECIMAL || type == COLUMN_FLOAT ||
	       type == COLUMN_DOUBLE;
}

static bool is_moment(const struct casting *casting)
{
	enum column_type type = casting->what->type;

	return type == COLUMN_DATE || type == COLUMN_TIME || type == COLUMN_DATETIME || type == COLUMN_TIMESTAMP;
}

/* What a text has to be like, and what is made of it then. */
static bool when(struct casting *casting, const char *pattern, const char *before, const char *behind)
{
	if (!is_text(casting))
		return false;
	add(casting, "CASE WHEN ", "::text ~ '");
	text_add_string(casting->sql, pattern);
	text_add_string(casting->sql, "' THEN ");
	add(casting, before, behind);
	text_add_string(casting->sql, " END");
	return true;
}

static bool plain(struct casting *casting, bool possible, const char *before, const char *behind)
{
	if (possible)
		add(casting, before, behind);
	return possible;
}

static bool to_text(struct casting *casting)
{
	if (casting->what->type == COLUMN_BINARY)
		add(casting, "convert_from(", ",'UTF8')");
	else if (casting->what->is_opaque && casting->what->column->kind == KIND_INET)
		add(casting, "abbrev(", ")"); /* as it is answered: ::text says /32 of each host */
	else if (casting->what->type == COLUMN_TIMESTAMP)
		add(casting, "(", " AT TIME ZONE 'UTC')::text");
	else
		add(casting, "", "::text");
	return true;
}

static bool to_integer(struct casting *casting)
{
	enum column_type type = casting->what->type;

	if (is_text(casting))
		return when(casting, "^ *[-+]?[0-9]{1,18} *$", "", "::text::bigint");
	if (type == COLUMN_BOOLEAN || type == COLUMN_INTEGER)
		return plain(casting, true, "", type == COLUMN_BOOLEAN ? "::int" : "");
	if (!is_number(casting))
		return false;
	add(casting, "CASE WHEN ", ">=-9223372036854775808 AND ");
	add(casting, "", "<9223372036854775807.5 THEN "); /* what is not less is rounded to more */
	add(casting, "", "::bigint END");
	return true;
}

static bool to_unsigned(struct casting *casting)
{
	if (is_text(casting))
		return when(casting, "^ *[+]?[0-9]{1,19} *$", "", "::text::numeric");
	if (casting->what->type == COLUMN_BOOLEAN)
		return plain(casting, true, "", "::int");
	if (!is_number(casting))
		return false;
	add(casting, "CASE WHEN ", ">=0 AND ");
	add(casting, "", "<18446744073709551615.5 THEN round(");
	add(casting, "", "::numeric) END");
	return true;
}

static bool to_decimal(struct casting *casting)
{
	enum column_type type = casting->what->type;

	if (is_text(casting))
		return when(casting, "^ *[-+]?([0-9]{1,35}([.][0-9]*)?|[.][0-9]+) *$", "trim_scale(", "::text::numeric)");
	if (type == COLUMN_BOOLEAN)
		return plain(casting, true, "", "::int");
	if (type == COLUMN_FLOAT || type == COLUMN_DOUBLE)
		return plain(casting, true, "trim_scale(", "::numeric)");
	return plain(casting, is_number(casting), "", "");
}

static bool to_double(struct casting *casting)
{
	if (is_text(casting))
		return when(casting, "^ *[-+]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][-+]?[0-9]{1,3})? *$", "", "::text::float8");
	return plain(casting, is_number(casting), "", casting->what->type == COLUMN_BOOLEAN ? "::int::float8" : "::float8");
}

static bool to_boolean(struct casting *casting)
{
	if (is_text(casting)) {
		add(casting, "CASE WHEN lower(", "::text) IN ('true','t','yes','on','1') THEN TRUE WHEN lower(");
		add(casting, "", "::text) IN ('false','f','no','off','0') THEN FALSE END");
		return true;
	}
	return plain(casting, is_number(casting), "", casting->what->type == COLUMN_BOOLEAN ? "" : "<>0");
}

static bool to_date(struct casting *casting)
{
	if (is_text(casting))
		return when(casting, "^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?$", "left(", "::text,10)::date");
	return plain(casting, is_moment(casting) && casting->what->type != COLUMN_TIME, "", "::date");
}

static bool to_time(struct casting *casting)
{
	if (is_text(casting))
		return when(casting, "^([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?$", "", "::text::time");
	return plain(casting, is_moment(casting), "", casting->what->type == COLUMN_DATE ? "::timestamp::time" : "::time");
}

static bool to_moment(struct casting *casting, bool zone)
{
	static const char pattern[] = "^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?)?Z?$";

	if (is_text(casting))
		return when(casting, pattern, "rtrim(", zone ? "::text,'Z')::timestamptz" : "::text,'Z')::timestamp");
	return plain(casting, is_moment(casting) && casting->what->type != COLUMN_TIME, "",
	             zone ? "::timestamptz" : "::timestamp");
}

static bool add_cast(struct casting *casting, enum cast_target target, enum column_type *type)
{
	switch (target) {
	case CAST_TEXT:
		*type = COLUMN_STRING;
		return to_text(casting);
	case CAST_INTEGER:
		*type = COLUMN_INTEGER;
		return to_integer(casting);
	case CAST_UNSIGNED:
		*type = COLUMN_INTEGER;
		return to_unsigned(casting);
	case CAST_DECIMAL:
		*type = COLUMN_DECIMAL;
		return to_decimal(casting);
	case CAST_DOUBLE:
		*type = COLUMN_DOUBLE;
		return to_double(casting);
	case CAST_BOOLEAN:
		*type = COLUMN_BOOLEAN;
		return to_boolean(casting);
	case CAST_DATE:
		*type = COLUMN_DATE;
		return to_date(casting);
	case CAST_TIME:
		*type = COLUMN_TIME;
		return to_time(casting);
	case CAST_DATETIME:
		*type = COLUMN_DATETIME;
		return to_moment(casting, false);
	case CAST_TIMESTAMP:
		*type = COLUMN_TIMESTAMP;
		return to_moment(casting, true);
	case CAST_JSON:
		*type = is_text(casting) ? COLUMN_JSON : casting->what->type;
		add(casting, "", casting->what->type != COLUMN_STRING ? "" : /* an array is shown as JSON anyway */
		                 casting->what->is_opaque              ? "::text::jsonb" : /* an enum */
		                                                        "::jsonb");
		return true;
	}
	return false;
}

/* NULL of the type that was asked for. */
static bool nothing(struct text *sql, enum cast_target target, enum column_type *type)
{
	static const struct {
		enum column_type type;
		const char *name;
	} types[] = {
		[CAST_INTEGER] = { COLUMN_INTEGER, "bigint" },        [CAST_UNSIGNED] = { COLUMN_INTEGER, "numeric" },
		[CAST_DECIMAL] = { COLUMN_DECIMAL, "numeric" },       [CAST_DOUBLE] = { COLUMN_DOUBLE, "float8" },
		[CAST_BOOLEAN] = { COLUMN_BOOLEAN, "boolean" },       [CAST_DATE] = { COLUMN_DATE, "date" },
		[CAST_TIME] = { COLUMN_TIME, "time" },                [CAST_DATETIME] = { COLUMN_DATETIME, "timestamp" },
		[CAST_TIMESTAMP] = { COLUMN_TIMESTAMP, "timestamptz" }, [CAST_JSON] = { COLUMN_JSON, "jsonb" },
	};

	*type = types[target].type;
	text_add_string(sql, "NULL::");
	text_add_string(sql, types[target].name);
	return true;
}

bool postgresql_cast(struct text *sql, const struct cast *cast, enum cast_target target, enum column_type *type)
{
	struct casting casting = { sql, cast };

	/* A text by its looks alone (UUID, INET, BIT): the server casts it to nothing but text. */
	if (cast->is_opaque && target != CAST_TEXT && cast->column->kind != KIND_ENUM)
		return nothing(sql, target, type);
	return add_cast(&casting, target, type);
}
