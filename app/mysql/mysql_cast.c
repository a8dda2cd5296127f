/* SPDX-License-Identifier: MIT
 *
 * column::type, as MySQL and MariaDB write it.
 */
#include "mysql/mysql_cast.h"

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

static bool to_text(struct casting *casting)
{
	if (casting->what->type == COLUMN_FLOAT) { /* its own text has six digits; where they are not enough, as DOUBLE */
		add(casting, "CASE WHEN ABS(CAST(", " AS CHAR)-");
		add(casting, "", ")<=ABS(");
		add(casting, "", ")*2.9e-8 THEN CAST(");
		add(casting, "", " AS CHAR) ELSE CAST(");
		add(casting, "", "+0e0 AS CHAR) END");
	} else if (casting->what->type == COLUMN_BOOLEAN) {
		add(casting, "CASE ", " WHEN 0 THEN 'false' WHEN 1 THEN 'true' ELSE ");
		add(casting, "CAST(", " AS CHAR) END");
	} else if (casting->what->type == COLUMN_BIT)
		add(casting, "CAST(", "+0 AS CHAR)");
	else if (casting->what->type == COLUMN_BINARY)
		add(casting, "CONVERT(", " USING utf8mb4)");
	else if (casting->what->type == COLUMN_GEOMETRY)
		add(casting, "ST_AsText(", ")");
	else
		add(casting, "CAST(", " AS CHAR)");
	return true;
}

/* A text becomes a number when all of it is one: the server would take what it begins with, or 0. */
static bool guarded(struct casting *casting, const char *pattern, const char *before, const char *behind)
{
	if (is_text(casting->what->type)) {
		add(casting, "CASE WHEN ", " REGEXP '");
		text_add_string(casting->sql, pattern);
		text_add_string(casting->sql, "' THEN ");
		add(casting, before, behind);
		text_add_string(casting->sql, " END");
		return true;
	}
	if (!is_number(casting->what->type))
		return false;
	add(casting, before, behind);
	return true;
}

/* Of the last number below 2^63 in a DOUBLE column MySQL makes another one, and of all from there on the largest
 * SIGNED, even AS UNSIGNED. Of a DOUBLE that is computed, and below 2^63, both servers make the number that it is;
 * halves of those beyond are exact. */
static void add_floating(struct casting *casting, bool with_sign)
{
	add(casting, "CASE WHEN ", with_sign ? ">=-9223372036854775808 AND " : ">=0 AND ");
	add(casting, "", "<9223372036854775808 THEN CAST(");
	add(casting, "", with_sign ? "+0e0 AS SIGNED)" : "+0e0 AS UNSIGNED)");
	if (!with_sign) {
		add(casting, " WHEN ", ">=9223372036854775808 AND ");
		add(casting, "", "<18446744073709551616 THEN CAST(");
		add(casting, "", "*0.5e0 AS UNSIGNED)*2");
	}
	text_add_string(casting->sql, " END");
}

/* The server would take the nearest number that the type has, or count the 64 bits otherwise. */
static bool to_integer(struct casting *casting, bool with_sign)
{
	static const char natural[] = "^ *[+]?[0-9]{1,19} *$", integer[] = "^ *[-+]?[0-9]{1,18} *$";
	const char *behind = with_sign ? " AS SIGNED)" : " AS UNSIGNED)";
	enum column_type type = casting->what->type;
	bool within = with_sign && (type == COLUMN_BOOLEAN || type == COLUMN_YEAR ||
	                            (type == COLUMN_INTEGER && !casting->what->column->is_unsigned));

	if (!is_number(type) || within)
		return guarded(casting, with_sign ? integer : natural, "CAST(", behind);
	if (type == COLUMN_FLOAT || type == COLUMN_DOUBLE) {
		add_floating(casting, with_sign);
		return true;
	}
	add(casting, "CASE WHEN ", with_sign ? ">=-9223372036854775808 AND " : ">=0 AND ");
	add(casting, "", with_sign ? "<9223372036854775808 THEN CAST(" : "<18446744073709551616 THEN CAST(");
	add(casting, "", behind);
	text_add_string(casting->sql, " END");
	return true;
}

static bool to_decimal(struct casting *casting)
{
	static const char trim[] = "TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM CAST(";
	enum column_type type = casting->what->type;

	if (type == COLUMN_DECIMAL || type == COLUMN_INTEGER || type == COLUMN_YEAR) {
		add(casting, "", "");
		return true;
	}
	if (type == COLUMN_BOOLEAN || type == COLUMN_BIT) {
		add(casting, "", "+0");
		return true;
	}
	return guarded(casting, "^ *[-+]?([0-9]{1,35}(\\.[0-9]*)?|\\.[0-9]+) *$", trim, " AS DECIMAL(65,30))))");
}

static bool to_boolean(struct casting *casting)
{
	if (is_text(casting->what->type)) {
		add(casting, "CASE LOWER(",
		    ") WHEN 'true' THEN 1 WHEN 't' THEN 1 WHEN 'yes' THEN 1 WHEN 'on' THEN 1"
		    " WHEN '1' THEN 1 WHEN 'false' THEN 0 WHEN 'f' THEN 0 WHEN 'no' THEN 0"
		    " WHEN 'off' THEN 0 WHEN '0' THEN 0 END");
		return true;
	}
	if (!is_number(casting->what->type))
		return false;
	add(casting, "", "<>0");
	return true;
}

static bool to_moment(struct casting *casting, const char *type, const char *pattern)
{
	bool text = is_text(casting->what->type);
	bool has_digits = is_moment(casting->what->type) && casting->what->type != COLUMN_DATE;
	unsigned digits = has_digits ? casting->what->column->precision : 6;

	if (!is_moment(casting->what->type) && !text)
		return false;
	if (text) { /* the server would take what the text begins with, and forget a zone */
		add(casting, "CASE WHEN ", " REGEXP '");
		text_add_string(casting->sql, pattern);
		text_add_string(casting->sql, "' THEN ");
	}
	add(casting, "CAST(", " AS ");
	text_add_string(casting->sql, type);
	if (type[0] != 'D' || type[4] != '\0') { /* not a DATE */
		text_add_char(casting->sql, '(');
		text_add_unsigned(casting->sql, casting->what->type == COLUMN_DATE ? 0 : digits);
		text_add_char(casting->sql, ')');
	}
	text_add_string(casting->sql, text ? ") END" : ")");
	return true;
}

static bool add_cast(struct casting *casting, enum cast_target target, enum column_type *type)
{
	static const char date[] = "^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?$",
			  time[] = "^-?[0-9]+:[0-9]{2}(:[0-9]{2}(\\.[0-9]+)?)?$",
			  moment[] = "^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]+)?)?)?Z?$",
			  number[] = "^ *[-+]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][-+]?[0-9]{1,3})? *$";

	switch (target) {
	case CAST_TEXT:
		*type = COLUMN_STRING;
		return to_text(casting);
	case CAST_INTEGER:
		*type = COLUMN_INTEGER;
		return to_integer(casting, true);
	case CAST_UNSIGNED:
		*type = COLUMN_INTEGER;
		return to_integer(casting, false);
	case CAST_DECIMAL:
		*type = COLUMN_DECIMAL;
		return to_decimal(casting);
	case CAST_DOUBLE:
		*type = COLUMN_DOUBLE;
		return guarded(casting, number, "", "+0e0");
	case CAST_BOOLEAN:
		*type = COLUMN_BOOLEAN;
		return to_boolean(casting);
	case CAST_DATE:
		*type = COLUMN_DATE;
		return casting->what->type != COLUMN_TIME && to_moment(casting, "DATE", date);
	case CAST_TIME:
		*type = COLUMN_TIME;
		return to_moment(casting, "TIME", time);
	case CAST_DATETIME:
	case CAST_TIMESTAMP:
		*type = target == CAST_DATETIME ? COLUMN_DATETIME : COLUMN_TIMESTAMP;
		return casting->what->type != COLUMN_TIME && to_moment(casting, "DATETIME", moment);
	case CAST_JSON:
		*type = is_text(casting->what->type) ? COLUMN_JSON : casting->what->type;
		if (casting->what->type == COLUMN_STRING) {
			add(casting, "CASE WHEN JSON_VALID(", ") THEN ");
			add(casting, "", " END");
		} else
			add(casting, "", "");
		return true;
	}
	return false;
}

bool mysql_cast(struct text *sql, const struct cast *cast, enum cast_target target, enum column_type *type)
{
	struct text converted = { 0 };
	struct cast plain = *cast;
	struct casting casting = { sql, &plain };
	bool done;

	if (cast->column->incomparable)
		return false;
	if (cast->is_opaque) { /* UUID, INET6: the server casts them to nothing but text */
		struct casting conversion = { &converted, cast };

		add(&conversion, "CONVERT(", " USING utf8mb4)");
		plain.value = (struct slice){ converted.bytes, converted.length };
	}
	done = add_cast(&casting, target, type);
	text_release(&converted);
	return done;
}
