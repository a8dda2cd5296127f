/* SPDX-License-Identifier: MIT */
#include "mysql/mysql_json.h"

#include "base/json.h"
#include "schema/literal.h"

/* Doubles the quotes in what stands from there on. */
static void double_quotes(struct text *sql, size_t from)
{
	size_t quotes = 0, in = sql->length, out;

	for (size_t i = from; i < sql->length; i++)
		quotes += sql->bytes[i] == '\'';
	if (quotes == 0)
		return;
	text_reserve(sql, quotes);
	sql->length += quotes;
	for (out = sql->length; out > in;) {
		sql->bytes[--out] = sql->bytes[--in];
		if (sql->bytes[in] == '\'')
			sql->bytes[--out] = '\'';
	}
}

void mysql_json_add_path(struct text *sql, const struct slice *keys, const int *indices, unsigned count)
{
	size_t from;

	text_add_char(sql, '\'');
	from = sql->length;
	text_add_char(sql, '$');
	for (unsigned i = 0; i < count; i++) {
		if (keys[i].bytes != NULL) {
			text_add_char(sql, '.');
			(void)json_add_string(sql, keys[i].bytes, keys[i].length);
			continue;
		}
		text_add_string(sql, indices[i] >= 0 ? "[" : "[last");
		if (indices[i] < -1)
			text_add_char(sql, '-');
		if (indices[i] != -1)
			text_add_unsigned(sql, (uint64_t)(indices[i] >= 0 ? indices[i] : -1 - indices[i]));
		text_add_char(sql, ']');
	}
	double_quotes(sql, from);
	text_add_char(sql, '\'');
}

static void add_extract(struct text *sql, const struct column *column, const struct slice *keys, const int *indices,
                        unsigned count)
{
	text_add_string(sql, "JSON_EXTRACT(");
	text_add_slice(sql, column->quoted);
	text_add_char(sql, ',');
	mysql_json_add_path(sql, keys, indices, count);
	text_add_char(sql, ')');
}

/* To the server everything is an array of one element, itself; to the dialect it is not. */
void mysql_json_path(struct text *sql, const struct column *column, const struct slice *keys, const int *indices,
                      unsigned count)
{
	bool guarded = false;

	for (unsigned i = 0; i < count; i++) {
		if (keys[i].bytes != NULL || (indices[i] != 0 && indices[i] != -1))
			continue;
		text_add_string(sql, guarded ? " AND JSON_TYPE(" : "IF(JSON_TYPE(");
		if (i == 0)
			text_add_slice(sql, column->quoted);
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

/* JSON's null is NULL as text. */
void mysql_json_text(struct text *sql, struct slice json)
{
	text_add_string(sql, "IF(JSON_TYPE(");
	text_add_slice(sql, json);
	text_add_string(sql, ")='NULL',NULL,JSON_UNQUOTE(");
	text_add_slice(sql, json);
	text_add_string(sql, "))");
}

static void add_json_bytes(struct text *sql, struct slice json)
{
	text_add_string(sql, MYSQL_BYTES_BEGIN);
	text_add_string(sql, "JSON_UNQUOTE(");
	text_add_slice(sql, json);
	text_add_char(sql, ')');
	text_add_string(sql, MYSQL_BYTES_END);
}

/* Whether it is a number. */
static void add_json_number(struct text *sql, struct slice json)
{
	text_add_string(sql, "JSON_TYPE(");
	text_add_slice(sql, json);
	text_add_string(sql, ") IN ('INTEGER','DOUBLE','DECIMAL','UNSIGNED INTEGER')");
}

static void add_direction(struct text *sql, const struct plan_order *order)
{
	if (order->descending)
		text_add_string(sql, " DESC");
}

/* JSON in PostgreSQL's order: null, texts, numbers, false, true, arrays, objects; where the path leads nowhere in front of
 * all that or behind. (MariaDB reads all of a document for each path, so there are as few as can be.) */
void mysql_json_order(struct text *sql, const struct plan_order *order)
{
	struct slice json = order->field.sql;

	text_add_string(sql, "CASE IFNULL(JSON_TYPE(");
	text_add_slice(sql, json);
	text_add_string(sql, "),'') WHEN '' THEN ");
	text_add_string(sql, order->nulls_first == order->descending ? "7" : "0");
	text_add_string(sql, " WHEN 'NULL' THEN 1 WHEN 'STRING' THEN 2 WHEN 'BOOLEAN' THEN 4 WHEN 'ARRAY' THEN 5"
	                     " WHEN 'OBJECT' THEN 6 ELSE 3 END");
	add_direction(sql, order);
	text_add_string(sql, ",CASE WHEN ");
	add_json_number(sql, json);
	text_add_string(sql, " THEN ");
	text_add_slice(sql, json);
	text_add_string(sql, "+0e0 END");
	add_direction(sql, order);
	text_add_char(sql, ',');
	add_json_bytes(sql, json);
	add_direction(sql, order);
}

/* A text of JSON; where NULL is to be at the other end, each text has a sign in front, and NULL is a larger one. */
void mysql_json_text_order(struct text *sql, const struct plan_order *order)
{
	bool marked = order->nulls_first == order->descending;

	text_add_string(sql, MYSQL_BYTES_BEGIN);
	if (marked)
		text_add_string(sql, "IFNULL(CONCAT('0',");
	text_add_slice(sql, order->field.sql);
	if (marked)
		text_add_string(sql, "),'1')");
	text_add_string(sql, MYSQL_BYTES_END);
	add_direction(sql, order);
}

/* Of integers each digit counts: there are ids beyond 2^53. */
static void add_integer_comparison(struct text *sql, struct slice json, const char *sign, const struct plan_literal *literal)
{
	text_add_string(sql, "JSON_TYPE(");
	text_add_slice(sql, json);
	text_add_string(sql, ") IN ('INTEGER','UNSIGNED INTEGER') AND CAST(");
	text_add_slice(sql, json);
	text_add_string(sql, " AS DECIMAL(65))");
	text_add_string(sql, sign);
	text_add_slice(sql, literal->sql);
	text_add_string(sql, " OR JSON_TYPE(");
	text_add_slice(sql, json);
	text_add_string(sql, ") IN ('DOUBLE','DECIMAL') AND ");
	text_add_slice(sql, json);
	text_add_string(sql, "+0e0");
	text_add_string(sql, sign);
	text_add_slice(sql, literal->sql);
}

/* A part of a JSON value has the type of the literal, and compares with it; with any other type it is false, not
 * NULL. Where the path leads nowhere it is NULL. */
void mysql_json_comparison(struct text *sql, const struct plan_condition *condition, const char *sign,
                            const struct plan_literal *literal)
{
	struct slice json = condition->field.sql;

	text_add_char(sql, '(');
	switch (literal->json) {
	case LITERAL_NUMBER:
		if (literal->exact) {
			add_integer_comparison(sql, json, sign, literal);
			break;
		}
		add_json_number(sql, json);
		text_add_string(sql, " AND ");
		text_add_slice(sql, json);
		text_add_string(sql, "+0e0");
		text_add_string(sql, sign);
		text_add_slice(sql, literal->sql);
		break;
	case LITERAL_TEXT:
		text_add_string(sql, "JSON_TYPE(");
		text_add_slice(sql, json);
		text_add_string(sql, ")='STRING' AND ");
		add_json_bytes(sql, json);
		text_add_string(sql, sign);
		text_add_string(sql, "JSON_UNQUOTE(");
		text_add_slice(sql, literal->sql);
		text_add_char(sql, ')');
		break;
	case LITERAL_TRUE:
	case LITERAL_FALSE:
		text_add_string(sql, "JSON_TYPE(");
		text_add_slice(sql, json);
		text_add_string(sql, ")='BOOLEAN' AND ");
		add_json_bytes(sql, json);
		text_add_string(sql, literal->json == LITERAL_TRUE ? "='true'" : "='false'");
		break;
	case LITERAL_NULL:
	case LITERAL_STRUCTURE: /* refused before */
		text_add_string(sql, "JSON_TYPE(");
		text_add_slice(sql, json);
		text_add_string(sql, ")='NULL'");
		break;
	}
	text_add_char(sql, ')');
}
