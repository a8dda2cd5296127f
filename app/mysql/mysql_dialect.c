/* SPDX-License-Identifier: MIT
 *
 * What MySQL and MariaDB want said otherwise than standard SQL, alike for both.
 */
#include "mysql/mysql_dialect.h"

#include <stdlib.h>
#include <string.h>

#include "mysql/mysql_cast.h"
#include "mysql/mysql_fulltext.h"
#include "mysql/mysql_server.h"
#include "sql/sql.h"

/* EXP of this is an overflow, whose words have the number in them, so that it is none of a trigger's; */
#define ALARM "10000019"
/* of this it is one as well, which is no alarm. */
#define OVERFLOW "1000"

/* --- JSON --- */

static void add_extract(struct text *sql, const struct column *column, const struct slice *keys, const int *indices,
                        unsigned count)
{
	text_add_string(sql, "JSON_EXTRACT(");
	text_add_slice(sql, column->quoted);
	text_add_char(sql, ',');
	value_add_path(sql, keys, indices, count);
	text_add_char(sql, ')');
}

/* To the server everything is an array of one element, itself; to the dialect it is not. */
static void json_path(struct text *sql, const struct column *column, const struct slice *keys, const int *indices,
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
static void json_text(struct text *sql, struct slice json)
{
	text_add_string(sql, "IF(JSON_TYPE(");
	text_add_slice(sql, json);
	text_add_string(sql, ")='NULL',NULL,JSON_UNQUOTE(");
	text_add_slice(sql, json);
	text_add_string(sql, "))");
}

/* A text of JSON is compared byte by byte. All collations that both servers have take no heed of spaces at the end. */
static const char bytes_begin[] = "CAST(CONVERT(", bytes_end[] = " USING utf8mb4) AS BINARY)";

static void add_json_bytes(struct text *sql, struct slice json)
{
	text_add_string(sql, bytes_begin);
	text_add_string(sql, "JSON_UNQUOTE(");
	text_add_slice(sql, json);
	text_add_char(sql, ')');
	text_add_string(sql, bytes_end);
}

/* Whether it is a number. */
static void add_json_number(struct text *sql, struct slice json)
{
	text_add_string(sql, "JSON_TYPE(");
	text_add_slice(sql, json);
	text_add_string(sql, ") IN ('INTEGER','DOUBLE','DECIMAL','UNSIGNED INTEGER')");
}

/* --- Reads --- */

static enum status add_search(struct text *sql, enum query_operator op, struct slice text, const char **why)
{
	static const enum fulltext_form forms[] = { FULLTEXT_OPERATORS, FULLTEXT_PLAIN, FULLTEXT_PHRASE, FULLTEXT_WEB };
	struct text search = { 0 };
	bool good = fulltext_translate(&search, forms[op - QUERY_FTS], text, why);

	if (good)
		value_add_string(sql, (struct slice){ search.bytes, search.length });
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

static void add_direction(struct text *sql, const struct plan_order *order)
{
	if (order->descending)
		text_add_string(sql, " DESC");
}

/* JSON in PostgreSQL's order: null, texts, numbers, false, true, arrays, objects; where the path leads nowhere in front of
 * all that or behind. (MariaDB reads all of a document for each path, so there are as few as can be.) */
static void add_json_order(struct text *sql, const struct plan_order *order)
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
static void add_text_order(struct text *sql, const struct plan_order *order)
{
	bool marked = order->nulls_first == order->descending;

	text_add_string(sql, bytes_begin);
	if (marked)
		text_add_string(sql, "IFNULL(CONCAT('0',");
	text_add_slice(sql, order->field.sql);
	if (marked)
		text_add_string(sql, "),'1')");
	text_add_string(sql, bytes_end);
	add_direction(sql, order);
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
		add_direction(sql, order);
		break;
	case FIELD_JSON:
		add_json_order(sql, order);
		break;
	case FIELD_TEXT:
		add_text_order(sql, order);
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
		text_add_string(sql, bytes_begin);
		text_add_slice(sql, condition->field.sql);
		text_add_string(sql, bytes_end);
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
static void beyond(struct text *sql, const struct plan_condition *condition, const char *sign,
                   const struct plan_literal *literal)
{
	const struct column *column = condition->field.column;
	bool seeks = strcmp(sign, "=") == 0 && !condition->loose; /* an index can serve */

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
	if (condition->beyond)
		beyond(sql, condition, "<=>", literal);
	else {
		operand(sql, condition);
		text_add_string(sql, "<=>");
		text_add_slice(sql, literal->sql);
	}
	text_add_char(sql, ')');
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
static void json_comparison(struct text *sql, const struct plan_condition *condition, const char *sign,
                            const struct plan_literal *literal)
{
	struct slice json = condition->field.sql;

	text_add_char(sql, '(');
	switch (literal->json) {
	case VALUE_NUMBER:
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
	case VALUE_TEXT:
		text_add_string(sql, "JSON_TYPE(");
		text_add_slice(sql, json);
		text_add_string(sql, ")='STRING' AND ");
		add_json_bytes(sql, json);
		text_add_string(sql, sign);
		text_add_string(sql, "JSON_UNQUOTE(");
		text_add_slice(sql, literal->sql);
		text_add_char(sql, ')');
		break;
	case VALUE_TRUE:
	case VALUE_FALSE:
		text_add_string(sql, "JSON_TYPE(");
		text_add_slice(sql, json);
		text_add_string(sql, ")='BOOLEAN' AND ");
		add_json_bytes(sql, json);
		text_add_string(sql, literal->json == VALUE_TRUE ? "='true'" : "='false'");
		break;
	case VALUE_NULL:
	case VALUE_STRUCTURE: /* refused before */
		text_add_string(sql, "JSON_TYPE(");
		text_add_slice(sql, json);
		text_add_string(sql, ")='NULL'");
		break;
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
	return condition->op == QUERY_LIKE && condition->field.kind == FIELD_COLUMN && !condition->field.column->is_other &&
	       !condition->beyond && literal->sql.bytes[1] != '%' && literal->sql.bytes[1] != '_';
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
	bool guarded = condition->loose && condition->field.column->nullable;

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

/* --- Writes --- */

static void add_new(struct text *sql, const struct column *column)
{
	text_add_string(sql, "VALUES(");
	text_add_slice(sql, column->quoted);
	text_add_char(sql, ')');
}

static bool has_value_by_itself(const struct column *column)
{
	return column->nullable || column->fallback != NULL || column->auto_increment;
}

/* The column that is assigned first, and reads of the row what it was: of the key, or another one where the body has none
 * of those. To the servers a column that is assigned has got a value: one without a default that the body lacks would be
 * empty in a new row, without a word. NULL: there is no other. */
static const struct column *first_assigned(const struct plan *plan, const struct write *write)
{
	const struct key *key = write->conflict;
	const struct table *table = plan->table;

	for (unsigned i = 0; i < key->column_count; i++)
		if (sql_find_written(write, sql_key_column(plan, key, i)) >= 0)
			return sql_key_column(plan, key, i);
	for (unsigned i = 0; i < write->column_count; i++)
		if (!write->columns[i]->unreadable)
			return write->columns[i];
	for (unsigned i = 0; i < table->column_count; i++) {
		const struct column *column = &table->columns[i];

		if (!column->generated && !column->unreadable && has_value_by_itself(column))
			return column;
	}
	return NULL;
}

/* Whether all of the key is equal, so that it is this key which the rows have in common. Whatever other keys are known:
 * MariaDB does not show those of whose columns the account may not see one. */
static void add_common_key(struct text *sql, const struct plan *plan, const struct key *key)
{
	for (unsigned i = 0; i < key->column_count; i++) {
		if (i > 0)
			text_add_string(sql, " AND ");
		text_add_slice(sql, sql_key_column(plan, key, i)->quoted);
		text_add_char(sql, '=');
		add_new(sql, sql_key_column(plan, key, i));
	}
}

/* Fails when it is computed. LENGTH keeps the server from doing so before there is a row; of a NULL EXP would be NULL,
 * which is no error. */
static void add_overflow(struct text *sql, const char *number, const struct column *first)
{
	text_add_string(sql, "EXP(");
	text_add_string(sql, number);
	text_add_string(sql, "+0*IFNULL(LENGTH(");
	text_add_slice(sql, first->quoted);
	text_add_string(sql, "),0))");
}

/* The first column becomes what it is, or is to be. Both are of the column's type: the alarm's would make a long number
 * another one. */
static void resolution(struct text *sql, const struct plan *plan, const struct write *write, unsigned row)
{
	const struct column *first = first_assigned(plan, write);
	int place;

	if (first == NULL) /* nothing can be added, so nothing can be met */
		return;
	place = sql_find_written(write, first);
	text_add_string(sql, " ON DUPLICATE KEY UPDATE ");
	text_add_slice(sql, first->quoted);
	text_add_string(sql, "=IF(");
	add_common_key(sql, plan, write->conflict);
	text_add_string(sql, " OR ");
	add_overflow(sql, ALARM, first);
	text_add_char(sql, ',');
	if (place >= 0 && !write_makes_value(write, plan->table, row, (unsigned)place))
		add_new(sql, first);
	else
		text_add_slice(sql, first->quoted);
	text_add_char(sql, ',');
	text_add_slice(sql, first->quoted);
	text_add_char(sql, ')');
	for (unsigned i = 0; i < write->column_count; i++) {
		if (write->columns[i] == first || write_makes_value(write, plan->table, row, i))
			continue;
		text_add_char(sql, ',');
		text_add_slice(sql, write->columns[i]->quoted);
		text_add_char(sql, '=');
		add_new(sql, write->columns[i]);
	}
}

/* An UPDATE that fails before it changes anything runs no trigger. */
static void judge(struct text *sql, const struct plan *plan, const struct write *write)
{
	const struct column *first = first_assigned(plan, write);

	if (first == NULL)
		first = sql_key_column(plan, write->conflict, 0);
	text_add_string(sql, " ON DUPLICATE KEY UPDATE ");
	text_add_slice(sql, first->quoted);
	text_add_string(sql, "=IF(IF(");
	add_common_key(sql, plan, write->conflict);
	text_add_char(sql, ',');
	add_overflow(sql, ALARM, first);
	text_add_char(sql, ',');
	add_overflow(sql, OVERFLOW, first);
	text_add_string(sql, "),");
	text_add_slice(sql, first->quoted); /* of its type, as some columns demand it */
	text_add_char(sql, ',');
	text_add_slice(sql, first->quoted);
	text_add_char(sql, ')');
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
	.alarm = ALARM,
	.json_names_plain = true,
	.null_is_a_day = true,
	.any_day = true,
	.times_named = true,
	.takes_empty_rows = true,
	.next_id = "NULL", /* DEFAULT would be 0 */
	.claim_ending = "",
	.share_lock = " LOCK IN SHARE MODE",
	.bytes = "X'",
	.literal = value_add_literal,
	.stored = value_add_stored,
	.search = add_search,
	.begin_snapshot = begin_snapshot,
	.output = output,
	.json_path = json_path,
	.json_text = json_text,
	.order = add_order,
	.cast = mysql_cast,
	.planned = planned,
	.operand = operand,
	.distinct = distinct,
	.beyond = beyond,
	.json_comparison = json_comparison,
	.match = match,
	.fulltext = fulltext,
	.containment = containment,
	.truth = truth,
	.resolution = resolution,
	.judge = judge,
	.window = window,
	.fallback = fallback,
};
