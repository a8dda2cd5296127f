/* SPDX-License-Identifier: MIT
 *
 * What MySQL and MariaDB want said otherwise than standard SQL, alike for both.
 */
#include "mysql/mysql_dialect.h"

#include <stdlib.h>
#include <string.h>

#include "mysql/mysql_cast.h"
#include "mysql/mysql_fulltext.h"
#include "mysql/mysql_json.h"
#include "mysql/mysql_server.h"
#include "mysql/mysql_upsert.h"
#include "mysql/mysql_value.h"
#include "sql/sql.h"

/* --- Reads --- */

static enum status add_search(struct text *sql, enum query_operator op, struct slice text, const char **why)
{
	static const enum fulltext_form forms[] = { FULLTEXT_OPERATORS, FULLTEXT_PLAIN, FULLTEXT_PHRASE, FULLTEXT_WEB };
	struct text search = { 0 };
	bool good = mysql_fulltext_translate(&search, forms[op - QUERY_FTS], text, why);

	if (good)
		literal_add_string(sql, (struct slice){ search.bytes, search.length });
	text_release(&search);
	return good ? STATUS_OK : STATUS_BAD_SEARCH;
}

/* A table that is altered meanwhile is told by an error (ER_TABLE_DEF_CHANGED). */
static void begin_snapshot(struct text *sql, const struct table *table, bool again)
{
	(void)table;
	(void)again;
	text_add_string(sql, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
}

static void output(struct text *sql, const struct plan_output *output)
{
	text_add_slice(sql, output->sql);
	if (output->type == COLUMN_FLOAT)
		text_add_string(sql, "+0e0"); /* as DOUBLE: a FLOAT's own text has but six digits */
	else if (output->type == COLUMN_BIT)
		text_add_string(sql, "+0"); /* as a number: the BIT of a view is its bytes, or the digits of an expression's number */
}

/* MySQL sorts NULL as the smallest value. Where the client wants it at the other end, a term in front says so; where
 * it does not, and for NOT NULL columns, the order is the column's alone and an index can serve it. */
static void add_order(struct text *sql, const struct plan *plan, const struct plan_order *order)
{
	const struct plan_field *field = &order->field;

	(void)plan;
	switch (field->kind) {
	case FIELD_COLUMN:
		if (field->column->nullable && order->nulls_first == order->descending) {
			text_add_slice(sql, field->sql);
			text_add_string(sql, order->nulls_first ? " IS NULL DESC," : " IS NULL,");
		}
		text_add_slice(sql, field->sql);
		if (order->descending)
			text_add_string(sql, " DESC");
		break;
	case FIELD_JSON:
		mysql_json_order(sql, order);
		break;
	case FIELD_TEXT:
		mysql_json_text_order(sql, order);
		break;
	}
}

static bool is_value(const struct row *row, unsigned n, const char *text)
{
	return row->values[n] != NULL && strcmp(row->values[n], text) == 0;
}

/* EXPLAIN's columns begin with id, select_type and table, and end with rows, filtered (in percent) and Extra. There is
 * a row for each table that a view joins. Subqueries (id 2 and so on) add no rows to those of the first SELECT, nor
 * does the result of one to which rows are compared, <subquery2>, nor a table of one of which only the first match is
 * looked for. */
static bool planned(const struct row *row, bool first, double *rows)
{
	enum { ID, SELECT_TYPE, TABLE, COLUMNS = 9 };
	double here = 0, filtered = 100;

	if (row->count < COLUMNS || !is_value(row, ID, "1") ||
	    (row->values[TABLE] != NULL && strncmp(row->values[TABLE], "<subquery", 9) == 0) ||
	    (row->values[row->count - 1] != NULL && strstr(row->values[row->count - 1], "FirstMatch") != NULL))
		return false;
	if (row->values[row->count - 3] != NULL)
		here = strtod(row->values[row->count - 3], NULL);
	if (row->values[row->count - 2] != NULL)
		filtered = strtod(row->values[row->count - 2], NULL);
	here = here * filtered / 100;
	*rows = (first ? here : *rows * here) + 0.5;
	return true;
}

/* --- Conditions --- */

/* The field as text of the character set that has all characters. */
static void add_converted(struct text *sql, const struct plan_field *field)
{
	text_add_string(sql, "CONVERT(");
	text_add_slice(sql, field->sql);
	text_add_string(sql, " USING utf8mb4)");
}

/* A column as it is, so that an index can serve. */
static void operand(struct text *sql, const struct plan_condition *condition)
{
	if (condition->field.kind == FIELD_TEXT) {
		text_add_string(sql, MYSQL_BYTES_BEGIN);
		text_add_slice(sql, condition->field.sql);
		text_add_string(sql, MYSQL_BYTES_END);
	} else
		text_add_slice(sql, condition->field.sql);
}

/* The literal in the column's character set, and in its collation where it is compared; '?' stands for what is not in the
 * set. */
static void add_in_its_set(struct text *sql, const struct column *column, const struct plan_literal *literal)
{
	text_add_string(sql, "CONVERT(");
	text_add_slice(sql, literal->sql);
	text_add_string(sql, " USING ");
	text_add_slice(sql, column->character_set);
	text_add_char(sql, ')');
}

static void add_collation(struct text *sql, const struct column *column)
{
	text_add_string(sql, " COLLATE ");
	text_add_slice(sql, column->collation);
}

/* Whether the set has all of it. */
static void add_is_in_its_set(struct text *sql, const struct column *column, const struct plan_literal *literal)
{
	text_add_string(sql, "CONVERT(");
	add_in_its_set(sql, column, literal);
	text_add_string(sql, " USING utf8mb4) COLLATE utf8mb4_bin=");
	text_add_slice(sql, literal->sql);
}

/* Texts are compared in the column's own collation, which tells other texts apart than those of utf8mb4 do. Only one that
 * is not in its set is compared in the latter. */
static void outside_charset(struct text *sql, const struct plan_condition *condition, const char *sign,
                   const struct plan_literal *literal)
{
	const struct column *column = condition->field.column;
	bool seeks = strcmp(sign, "=") == 0 && !condition->under_not; /* an index can serve */

	if (seeks) {
		text_add_slice(sql, condition->field.sql);
		text_add_string(sql, "=");
	}
	text_add_string(sql, "IF(");
	add_is_in_its_set(sql, column, literal);
	text_add_char(sql, ',');
	if (!seeks) {
		text_add_slice(sql, condition->field.sql);
		text_add_string(sql, sign);
	}
	add_in_its_set(sql, column, literal);
	if (seeks)
		text_add_string(sql, ",NULL)");
	add_collation(sql, column);
	if (seeks)
		return;
	text_add_char(sql, ',');
	add_converted(sql, &condition->field);
	text_add_string(sql, sign);
	text_add_slice(sql, literal->sql);
	text_add_char(sql, ')');
}

static void distinct(struct text *sql, const struct plan_condition *condition, const struct plan_literal *literal)
{
	text_add_string(sql, "NOT(");
	if (condition->outside_charset)
		outside_charset(sql, condition, "<=>", literal);
	else {
		operand(sql, condition);
		text_add_string(sql, "<=>");
		text_add_slice(sql, literal->sql);
	}
	text_add_char(sql, ')');
}

static void add_matching(struct text *sql, const struct plan_condition *condition, bool exact, const char *op,
                         const struct plan_literal *literal)
{
	add_converted(sql, &condition->field);
	text_add_string(sql, exact ? " COLLATE utf8mb4_bin" : " COLLATE utf8mb4_unicode_520_ci");
	text_add_string(sql, op);
	text_add_slice(sql, literal->sql);
}

/* What equals the pattern exactly equals it in the column's own collation too, which is what an index can find. */
static bool narrows(const struct plan_condition *condition, const struct plan_literal *literal)
{
	return condition->op == QUERY_LIKE && condition->field.kind == FIELD_COLUMN && !condition->field.column->is_opaque &&
	       !condition->outside_charset && literal->sql.bytes[1] != '%' && literal->sql.bytes[1] != '_';
}

static void match(struct text *sql, const struct plan_condition *condition, const struct plan_literal *literal)
{
	static const char escape[] = " ESCAPE '\\'"; /* which is not the default without backslash escapes */
	bool narrow = narrows(condition, literal);

	if (condition->op == QUERY_MATCH || condition->op == QUERY_IMATCH) {
		add_matching(sql, condition, condition->op == QUERY_MATCH, " REGEXP ", literal);
		return;
	}
	if (narrow) {
		text_add_char(sql, '(');
		text_add_slice(sql, condition->field.sql);
		text_add_string(sql, " LIKE ");
		text_add_slice(sql, literal->sql);
		text_add_string(sql, escape);
		text_add_string(sql, " AND ");
	}
	add_matching(sql, condition, condition->op == QUERY_LIKE, " LIKE ", literal);
	text_add_string(sql, escape);
	if (narrow)
		text_add_char(sql, ')');
}

/* With NULL a search says 0. It must not become true by a NOT. */
static void fulltext(struct text *sql, const struct plan_condition *condition)
{
	bool guarded = condition->under_not && condition->field.column->nullable;

	if (guarded)
		text_add_char(sql, '(');
	text_add_string(sql, "MATCH(");
	text_add_slice(sql, condition->field.sql);
	text_add_string(sql, ") AGAINST(");
	text_add_slice(sql, condition->literals[0].sql);
	text_add_string(sql, " IN BOOLEAN MODE)");
	if (!guarded)
		return;
	text_add_string(sql, " OR (");
	text_add_slice(sql, condition->field.sql);
	text_add_string(sql, " IS NULL AND NULL))");
}

static void containment(struct text *sql, const struct plan_condition *condition)
{
	struct slice field = condition->field.sql, literal = condition->literals[0].sql;

	text_add_string(sql, "JSON_CONTAINS(");
	text_add_slice(sql, condition->op == QUERY_CS ? field : literal);
	text_add_char(sql, ',');
	text_add_slice(sql, condition->op == QUERY_CS ? literal : field);
	text_add_char(sql, ')');
}

static void truth(struct text *sql, const struct plan_field *field)
{
	text_add_slice(sql, field->sql);
}

static void window(struct text *sql, const struct plan *plan, const struct write *write)
{
	(void)write;
	sql_add_where(sql, plan);
	sql_add_orders(sql, plan);
	text_add_string(sql, " LIMIT ");
	text_add_unsigned(sql, plan->limit);
}

/* The word DEFAULT alone can only be written. */
static bool fallback(struct text *sql, const struct column *column)
{
	if (column->generated || column->fallback_untold)
		return false;
	text_add_string(sql, "DEFAULT(");
	text_add_slice(sql, column->quoted);
	text_add_char(sql, ')');
	return true;
}

const struct dialect mysql_dialect = {
	.quote = '`',
	.sort_bytes = MYSQL_SORT_BYTES,
	.fulltext_indexed = true,
	.last_id_again = true,
	.alarm = MYSQL_ALARM,
	.json_names_plain = true,
	.null_is_a_day = true,
	.any_day = true,
	.takes_empty_rows = true,
	.next_id = "NULL", /* DEFAULT would be 0 */
	.claim_ending = "",
	.share_lock = " LOCK IN SHARE MODE",
	.bytes = MYSQL_HEX,
	.literal = mysql_literal,
	.stored = mysql_stored,
	.json_number = mysql_json_number,
	.name_time = mysql_name_time,
	.check_text = mysql_check_text,
	.check = mysql_check,
	.search = add_search,
	.begin_snapshot = begin_snapshot,
	.output = output,
	.json_path = mysql_json_path,
	.json_text = mysql_json_text,
	.order = add_order,
	.cast = mysql_cast,
	.planned = planned,
	.operand = operand,
	.distinct = distinct,
	.outside_charset = outside_charset,
	.json_comparison = mysql_json_comparison,
	.match = match,
	.fulltext = fulltext,
	.containment = containment,
	.truth = truth,
	.resolution = mysql_upsert_resolution,
	.judge = mysql_upsert_judge,
	.window = window,
	.fallback = fallback,
};
