/* SPDX-License-Identifier: MIT
 *
 * What PostgreSQL wants said otherwise than standard SQL.
 */
#include "postgresql/postgresql_dialect.h"

#include <stdlib.h>
#include <string.h>

#include "postgresql/postgresql_cast.h"
#include "postgresql/postgresql_value.h"
#include "sql/sql.h"

/* --- Reads --- */

/* In a snapshot that is older than the commit of an ALTER TABLE which rewrites the table, or of a TRUNCATE, the table
 * looks empty, and no error tells. LOCK TABLE takes no snapshot: what was committed while it waited is seen, and
 * whoever alters the table waits from then on. Where it is refused, the moments of the count and of the rows may differ a
 * little, but rows are not lost. */
static void begin_snapshot(struct text *sql, const struct table *table, bool again)
{
	bool locks = table->lockable && !again;

	if (again)
		text_add_string(sql, "ROLLBACK;");
	text_printf(sql, "START TRANSACTION ISOLATION LEVEL %s, READ ONLY", locks ? "REPEATABLE READ" : "READ COMMITTED");
	if (!locks)
		return;
#ifndef FAULT_OLD_SNAPSHOT /* a build whose snapshots may be older than their tables, for the tests */
	text_add_string(sql, ";LOCK TABLE ");
	text_add_slice(sql, table->quoted);
	text_add_string(sql, " IN ACCESS SHARE MODE");
#endif
}

static void output(struct text *sql, const struct plan_output *output)
{
	bool array = output->type == COLUMN_ARRAY;

	if (array)
		text_add_string(sql, "to_jsonb(");
	text_add_slice(sql, output->sql);
	if (array)
		text_add_char(sql, ')');
}

/* JSON, a whole column or a part, as what has comparisons. A json's part is a json, written as it was. */
static void add_jsonb(struct text *sql, const struct plan_field *field)
{
	text_add_slice(sql, field->sql);
	if (field->column->kind == KIND_JSON_TEXT)
		text_add_string(sql, "::jsonb");
}

/* To jsonb's -> a text or a number is an array of one, itself; to a path that is strict it is none. */
static const char *strict_step(const struct column *column, struct slice key, int index)
{
	if (key.bytes != NULL || index < -1 || index > 0 || column->kind == KIND_JSON_TEXT)
		return NULL;
	return index == 0 ? ",'strict $[0]','{}',TRUE)" : ",'strict $[last]','{}',TRUE)";
}

static void json_path(struct text *sql, const struct column *column, const struct slice *keys, const int *indices,
                      unsigned count)
{
	const char *strict;

	text_add_char(sql, '(');
	for (unsigned i = 0; i < count; i++)
		if (strict_step(column, keys[i], indices[i]) != NULL)
			text_add_string(sql, "jsonb_path_query_first(");
	text_add_slice(sql, column->quoted);
	for (unsigned i = 0; i < count; i++) {
		if ((strict = strict_step(column, keys[i], indices[i])) != NULL) {
			text_add_string(sql, strict);
			continue;
		}
		text_add_string(sql, "->");
		if (keys[i].bytes != NULL)
			literal_add_string(sql, keys[i]);
		else {
			if (indices[i] < 0)
				text_add_char(sql, '-');
			text_add_unsigned(sql, (uint64_t)(indices[i] < 0 ? -(int64_t)indices[i] : indices[i]));
		}
	}
	text_add_char(sql, ')');
}

static void json_text(struct text *sql, struct slice json)
{
	text_add_char(sql, '(');
	text_add_slice(sql, json);
	text_add_string(sql, "#>>'{}')");
}

/* In ORDER BY a name alone is one of what is asked for, and the server calls "id"::text "id", too. */
static bool is_cast(const struct plan *plan)
{
	for (unsigned i = 0; i < plan->column_count; i++)
		if (plan->columns[i].sql.bytes[plan->columns[i].sql.length - 1] != '"')
			return true;
	return false;
}

/* NULL is the largest value where nothing is said. */
static void add_order(struct text *sql, const struct plan *plan, const struct plan_order *order)
{
	const struct plan_field *field = &order->field;

	if (field->kind != FIELD_TEXT && field->column->type == COLUMN_JSON)
		add_jsonb(sql, field);
	else {
		if (field->kind == FIELD_COLUMN && is_cast(plan)) {
			text_add_slice(sql, plan->table->quoted_name);
			text_add_char(sql, '.');
		}
		text_add_slice(sql, field->sql);
	}
	if (field->kind == FIELD_TEXT)
		text_add_string(sql, " COLLATE \"C\"");
	if (order->descending)
		text_add_string(sql, " DESC");
	if ((field->kind != FIELD_COLUMN || field->column->nullable) && order->nulls_first != order->descending)
		text_add_string(sql, order->nulls_first ? " NULLS FIRST" : " NULLS LAST");
}

/* The first line of the plan: Seq Scan on users  (cost=0.00..1.05 rows=5 width=36) */
static bool planned(const struct row *row, bool first, double *rows)
{
	const char *line = row->count > 0 ? row->values[0] : NULL, *found = NULL;

	while (first && line != NULL && (line = strstr(line, " rows=")) != NULL)
		found = line += 6;
	if (found == NULL)
		return false;
	*rows = strtod(found, NULL);
	return true;
}

/* --- Conditions --- */

static void operand(struct text *sql, const struct plan_condition *condition)
{
	text_add_slice(sql, condition->field.sql);
	if (condition->field.kind == FIELD_TEXT)
		text_add_string(sql, " COLLATE \"C\"");
}

static void distinct(struct text *sql, const struct plan_condition *condition, const struct plan_literal *literal)
{
	text_add_char(sql, '(');
	operand(sql, condition);
	text_add_string(sql, " IS DISTINCT FROM ");
	text_add_slice(sql, literal->sql);
	text_add_char(sql, ')');
}

/* JSON of another type than the literal's compares as its type does; to the dialect it is false. */
static void json_comparison(struct text *sql, const struct plan_condition *condition, const char *sign,
                            const struct plan_literal *literal)
{
	text_add_char(sql, '(');
	if (strcmp(sign, "=") != 0) {
		text_add_string(sql, "jsonb_typeof(");
		add_jsonb(sql, &condition->field);
		text_add_string(sql, literal->json == LITERAL_NUMBER ? ")='number' AND " : ")='string' AND ");
	}
	add_jsonb(sql, &condition->field);
	text_add_string(sql, sign);
	text_add_slice(sql, literal->sql);
	text_add_string(sql, "::jsonb)");
}

/* The field as a text. */
static void add_text(struct text *sql, const struct plan_field *field)
{
	text_add_slice(sql, field->sql);
	if (field->kind == FIELD_COLUMN && (field->column->is_opaque || field->column->kind == KIND_CHAR ||
	                                    field->column->kind == KIND_BPCHAR))
		text_add_string(sql, "::text"); /* of a char(n), or what a view makes of one, without the spaces at its end */
}

static void match(struct text *sql, const struct plan_condition *condition, const struct plan_literal *literal)
{
	add_text(sql, &condition->field);
	text_add_string(sql, condition->op == QUERY_LIKE    ? " LIKE "
	                     : condition->op == QUERY_ILIKE ? " ILIKE "
	                     : condition->op == QUERY_MATCH ? " ~ "
	                                                    : " ~* ");
	text_add_slice(sql, literal->sql);
}

static void fulltext(struct text *sql, const struct plan_condition *condition)
{
	static const char *const functions[] = { " @@ to_tsquery(", " @@ plainto_tsquery(", " @@ phraseto_tsquery(",
		                                 " @@ websearch_to_tsquery(" };
	bool searchable = condition->field.kind == FIELD_COLUMN && condition->field.column->kind == KIND_TSVECTOR;

	if (searchable)
		text_add_slice(sql, condition->field.sql);
	else {
		text_add_string(sql, "to_tsvector(");
		if (condition->language.length > 0) {
			text_add_slice(sql, condition->language);
			text_add_char(sql, ',');
		}
		add_text(sql, &condition->field);
		text_add_char(sql, ')');
	}
	text_add_string(sql, functions[condition->op - QUERY_FTS]);
	if (condition->language.length > 0) {
		text_add_slice(sql, condition->language);
		text_add_char(sql, ',');
	}
	text_add_slice(sql, condition->literals[0].sql);
	text_add_char(sql, ')');
}

static void containment(struct text *sql, const struct plan_condition *condition)
{
	static const char *const signs[QUERY_OPERATOR_COUNT] = {
		[QUERY_CS] = " @> ",  [QUERY_CD] = " <@ ",  [QUERY_OV] = " && ",   [QUERY_SL] = " << ",
		[QUERY_SR] = " >> ",  [QUERY_NXR] = " &< ", [QUERY_NXL] = " &> ", [QUERY_ADJ] = " -|- ",
	};
	bool json = condition->field.kind == FIELD_JSON || condition->field.column->type == COLUMN_JSON;

	if (json)
		add_jsonb(sql, &condition->field);
	else
		text_add_slice(sql, condition->field.sql);
	text_add_string(sql, signs[condition->op]);
	text_add_slice(sql, condition->literals[0].sql);
	if (json)
		text_add_string(sql, "::jsonb");
}

static void truth(struct text *sql, const struct plan_field *field)
{
	if (field->column->type == COLUMN_BOOLEAN) {
		text_add_slice(sql, field->sql);
		return;
	}
	text_add_char(sql, '(');
	text_add_slice(sql, field->sql);
	text_add_string(sql, "<>0)");
}

/* --- Writes --- */

static void add_key(struct text *sql, const struct plan *plan, const struct key *key)
{
	for (unsigned i = 0; i < key->column_count; i++) {
		text_add_char(sql, i == 0 ? '(' : ',');
		text_add_slice(sql, sql_key_column(plan, key, i)->quoted);
	}
	text_add_char(sql, ')');
}

static void resolution(struct text *sql, const struct plan *plan, const struct write *write, unsigned row)
{
	const char *separator = " DO UPDATE SET ";

	text_add_string(sql, " ON CONFLICT ");
	add_key(sql, plan, write->conflict);
	for (unsigned i = 0; i < write->column_count && write->resolution == RESOLUTION_MERGE; i++) {
		if (write_makes_value(write, plan->table, row, i))
			continue;
		text_add_string(sql, separator);
		text_add_slice(sql, write->columns[i]->quoted);
		text_add_string(sql, "=EXCLUDED.");
		text_add_slice(sql, write->columns[i]->quoted);
		separator = ",";
	}
	if (separator[0] == ' ')
		text_add_string(sql, " DO NOTHING");
}

/* An UPDATE has no LIMIT: the rows are found first, by their key or by their place. */
static void add_place(struct text *sql, const struct plan *plan, const struct write *write)
{
	for (unsigned i = 0; write->key != NULL && i < write->key->column_count; i++) {
		if (i > 0)
			text_add_char(sql, ',');
		text_add_slice(sql, sql_key_column(plan, write->key, i)->quoted);
	}
	if (write->key == NULL)
		text_add_string(sql, "tableoid,ctid"); /* rows of two partitions may have the same place */
}

/* The name of those that were found, which is not the table's. */
static const char *found_name(const struct plan *plan)
{
	return slice_is(plan->table->name, "w") ? "v" : "w";
}

/* PostgreSQL 13 changes one partition after the other, and would look for the rows anew for each of them, if they were
 * not asked for in front. */
static void begin_window(struct text *sql, const struct plan *plan, const struct write *write)
{
	text_printf(sql, "WITH %s AS MATERIALIZED (SELECT ", found_name(plan));
	add_place(sql, plan, write);
	text_add_string(sql, " FROM ");
	text_add_slice(sql, plan->table->quoted);
	sql_add_where(sql, plan);
	sql_add_orders(sql, plan);
	text_add_string(sql, " LIMIT ");
	text_add_unsigned(sql, plan->limit < INT64_MAX ? plan->limit : INT64_MAX);
	text_add_string(sql, " FOR UPDATE) ");
}

static void window(struct text *sql, const struct plan *plan, const struct write *write)
{
	text_add_string(sql, " WHERE (");
	add_place(sql, plan, write);
	text_add_string(sql, ") IN (SELECT ");
	add_place(sql, plan, write);
	text_printf(sql, " FROM %s)", found_name(plan));
}

static bool fallback(struct text *sql, const struct column *column)
{
	if (column->auto_increment)
		return false;
	text_add_char(sql, '(');
	text_add_string(sql, column->fallback != NULL ? column->fallback : "NULL");
	text_add_char(sql, ')');
	return true;
}

const struct dialect postgresql_dialect = {
	.quote = '"',
	.conflict_by_key = true,
	.other_operators = true,
	.returns_changes = true,
	.next_id = "DEFAULT",
	.new_rows = "excluded",
	.claim_ending = " ON CONFLICT DO NOTHING", /* after an error nothing but ROLLBACK would be possible */
	.share_lock = " FOR SHARE",
	.bytes = POSTGRESQL_BYTES,
	.literal = postgresql_literal,
	.stored = postgresql_stored,
	.check_text = postgresql_check_text,
	.check = postgresql_check,
	.check_json = postgresql_check_json,
	.search = postgresql_search,
	.begin_snapshot = begin_snapshot,
	.output = output,
	.json_path = json_path,
	.json_text = json_text,
	.order = add_order,
	.cast = postgresql_cast,
	.planned = planned,
	.operand = operand,
	.distinct = distinct,
	.json_comparison = json_comparison,
	.match = match,
	.fulltext = fulltext,
	.containment = containment,
	.truth = truth,
	.resolution = resolution,
	.begin_window = begin_window,
	.window = window,
	.fallback = fallback,
};
