/* SPDX-License-Identifier: MIT
 *
 * Conditions. Each is written so that it can stand beside AND and inside of NOT(…): what has an AND or OR of its own
 * comes in parentheses.
 */
#include "sql.h"

static const char *const signs[QUERY_OPERATOR_COUNT] = {
	[QUERY_EQ] = "=", [QUERY_NEQ] = "<>", [QUERY_GT] = ">", [QUERY_GTE] = ">=",
	[QUERY_LT] = "<", [QUERY_LTE] = "<=", [QUERY_IN] = "=", [QUERY_ISDISTINCT] = "<=>",
};

static void add_literal(struct text *sql, const struct plan_literal *literal)
{
	if (literal->sql.bytes == NULL)
		text_add_string(sql, "NULL");
	else
		sql_add_slice(sql, literal->sql);
}

/* The field as text of the character set that has all characters. */
static void add_converted(struct text *sql, const struct plan_field *field)
{
	text_add_string(sql, "CONVERT(");
	sql_add_field(sql, field);
	text_add_string(sql, " USING utf8mb4)");
}

/* What stands left of an operator: a column as it is, so that an index can serve. */
static void add_operand(struct text *sql, const struct plan_condition *condition)
{
	if (condition->field.kind == FIELD_TEXT) {
		add_converted(sql, &condition->field);
		text_add_string(sql, " COLLATE utf8mb4_bin");
	} else if (condition->beyond)
		add_converted(sql, &condition->field);
	else
		sql_add_slice(sql, condition->field.sql);
}

/* A part of a JSON value has the type of the literal, and compares with it; with any other type it is false, not
 * NULL. Where the path leads nowhere it is NULL. */
static void add_json_comparison(struct text *sql, const struct plan_condition *condition, const char *sign,
                                const struct plan_literal *literal)
{
	struct slice json = condition->field.sql;

	text_add_char(sql, '(');
	switch (literal->json) {
	case VALUE_NUMBER:
		sql_add_json_number(sql, json);
		text_add_string(sql, " AND ");
		sql_add_slice(sql, json);
		text_add_string(sql, "+0e0");
		text_add_string(sql, sign);
		sql_add_slice(sql, literal->sql);
		break;
	case VALUE_TEXT:
		text_add_string(sql, "JSON_TYPE(");
		sql_add_slice(sql, json);
		text_add_string(sql, ")='STRING' AND ");
		sql_add_json_text(sql, json);
		text_add_string(sql, sign);
		text_add_string(sql, "JSON_UNQUOTE(");
		sql_add_slice(sql, literal->sql);
		text_add_char(sql, ')');
		break;
	case VALUE_TRUE:
	case VALUE_FALSE:
		text_add_string(sql, "JSON_TYPE(");
		sql_add_slice(sql, json);
		text_add_string(sql, ")='BOOLEAN' AND ");
		sql_add_json_text(sql, json);
		text_add_string(sql, literal->json == VALUE_TRUE ? "='true'" : "='false'");
		break;
	case VALUE_NULL:
	case VALUE_STRUCTURE: /* refused before */
		text_add_string(sql, "JSON_TYPE(");
		sql_add_slice(sql, json);
		text_add_string(sql, ")='NULL'");
		break;
	}
	text_add_char(sql, ')');
}

static void add_json(struct text *sql, const struct plan_condition *condition, const struct plan_literal *literal)
{
	if (condition->op == QUERY_NEQ)
		text_add_string(sql, "NOT");
	else if (condition->op == QUERY_ISDISTINCT)
		text_add_char(sql, '(');
	add_json_comparison(
		sql, condition,
		condition->op == QUERY_NEQ || condition->op == QUERY_ISDISTINCT ? "=" : signs[condition->op], literal);
	if (condition->op == QUERY_ISDISTINCT)
		text_add_string(sql, " IS NOT TRUE)");
}

static void add_matching(struct text *sql, const struct plan_condition *condition, const char *collation,
                         const char *op, const struct plan_literal *literal)
{
	add_converted(sql, &condition->field);
	text_add_string(sql, " COLLATE ");
	text_add_string(sql, collation);
	text_add_string(sql, op);
	sql_add_slice(sql, literal->sql);
}

/* What equals the pattern exactly equals it in the column's own collation too, which is what an index can find. */
static bool narrows(const struct plan_condition *condition, const struct plan_literal *literal)
{
	return condition->field.kind == FIELD_COLUMN && !condition->field.column->is_other && !condition->beyond &&
	       literal->sql.bytes[1] != '%' && literal->sql.bytes[1] != '_';
}

static void add_like(struct text *sql, const struct plan_condition *condition, const struct plan_literal *literal)
{
	static const char escape[] = " ESCAPE '\\'"; /* which is not the default without backslash escapes */
	bool narrow = condition->op == QUERY_LIKE && narrows(condition, literal);

	if (narrow) {
		text_add_char(sql, '(');
		sql_add_slice(sql, condition->field.sql);
		text_add_string(sql, " LIKE ");
		sql_add_slice(sql, literal->sql);
		text_add_string(sql, escape);
		text_add_string(sql, " AND ");
	}
	add_matching(sql, condition, condition->op == QUERY_LIKE ? "utf8mb4_bin" : "utf8mb4_unicode_520_ci", " LIKE ",
	             literal);
	text_add_string(sql, escape);
	if (narrow)
		text_add_char(sql, ')');
}

/* With NULL a search says 0. It must not become true by a NOT. */
static void add_search(struct text *sql, const struct plan_condition *condition)
{
	bool guarded = condition->loose && condition->field.column->nullable;

	if (guarded)
		text_add_char(sql, '(');
	text_add_string(sql, "MATCH(");
	sql_add_slice(sql, condition->field.sql);
	text_add_string(sql, ") AGAINST(");
	sql_add_slice(sql, condition->literals[0].sql);
	text_add_string(sql, " IN BOOLEAN MODE)");
	if (!guarded)
		return;
	text_add_string(sql, " OR (");
	sql_add_slice(sql, condition->field.sql);
	text_add_string(sql, " IS NULL AND NULL))");
}

static void add_containment(struct text *sql, const struct plan_condition *condition)
{
	text_add_string(sql, "JSON_CONTAINS(");
	if (condition->op == QUERY_CS)
		sql_add_slice(sql, condition->field.sql);
	else
		sql_add_slice(sql, condition->literals[0].sql);
	text_add_char(sql, ',');
	if (condition->op == QUERY_CS)
		sql_add_slice(sql, condition->literals[0].sql);
	else
		sql_add_slice(sql, condition->field.sql);
	text_add_char(sql, ')');
}

static void add_is(struct text *sql, const struct plan_condition *condition)
{
	static const char *const words[] = {
		[QUERY_NULL] = " IS NULL",   [QUERY_NOT_NULL] = " IS NOT NULL", [QUERY_TRUE] = " IS TRUE",
		[QUERY_FALSE] = " IS FALSE", [QUERY_UNKNOWN] = " IS UNKNOWN",
	};

	sql_add_field(sql, &condition->field);
	text_add_string(sql, words[condition->is]);
}

/* The field and one value. */
static void add_one(struct text *sql, const struct plan_condition *condition, const struct plan_literal *literal)
{
	if (literal->sql.bytes == NULL) {
		text_add_string(sql, "NULL");
		return;
	}
	if (condition->op == QUERY_LIKE || condition->op == QUERY_ILIKE) {
		add_like(sql, condition, literal);
		return;
	}
	if (condition->op == QUERY_MATCH || condition->op == QUERY_IMATCH) {
		add_matching(sql, condition, condition->op == QUERY_MATCH ? "utf8mb4_bin" : "utf8mb4_unicode_520_ci",
		             " REGEXP ", literal);
		return;
	}
	if (condition->field.kind == FIELD_JSON) {
		add_json(sql, condition, literal);
		return;
	}
	if (condition->op == QUERY_ISDISTINCT)
		text_add_string(sql, "NOT(");
	add_operand(sql, condition);
	text_add_string(sql, signs[condition->op]);
	sql_add_slice(sql, literal->sql);
	if (condition->op == QUERY_ISDISTINCT)
		text_add_char(sql, ')');
}

/* column IN (…), or one condition for each value. */
static void add_several(struct text *sql, const struct plan_condition *condition)
{
	bool all = condition->quantifier == QUERY_ALL;
	bool list = !all && condition->field.kind != FIELD_JSON &&
	            (condition->op == QUERY_IN || condition->op == QUERY_EQ);

	if (condition->literal_count == 0) {
		text_add_string(sql, all ? "TRUE" : "FALSE");
		return;
	}
	if (list) {
		add_operand(sql, condition);
		text_add_string(sql, " IN ");
	}
	text_add_char(sql, '(');
	for (unsigned i = 0; i < condition->literal_count; i++) {
		if (i > 0)
			text_add_string(sql, list ? "," : all ? " AND " : " OR ");
		if (list)
			add_literal(sql, &condition->literals[i]);
		else
			add_one(sql, condition, &condition->literals[i]);
	}
	text_add_char(sql, ')');
}

static void add_filter(struct text *sql, const struct plan_condition *condition)
{
	if (condition->op == QUERY_IS)
		add_is(sql, condition);
	else if (condition->op >= QUERY_FTS && condition->op <= QUERY_WFTS)
		add_search(sql, condition);
	else if (condition->op == QUERY_CS || condition->op == QUERY_CD)
		add_containment(sql, condition);
	else if (condition->op == QUERY_IN || condition->quantifier != QUERY_ONE)
		add_several(sql, condition);
	else
		add_one(sql, condition, &condition->literals[0]);
}

void sql_add_condition(struct text *sql, const struct plan_condition *condition)
{
	const struct plan_condition *member = condition->first;

	if (condition->negated)
		text_add_string(sql, "NOT(");
	if (condition->kind == PLAN_FILTER)
		add_filter(sql, condition);
	else {
		text_add_char(sql, '(');
		for (; member != NULL; member = member->next) {
			if (member != condition->first)
				text_add_string(sql, condition->kind == PLAN_OR ? " OR " : " AND ");
			sql_add_condition(sql, member);
		}
		text_add_char(sql, ')');
	}
	if (condition->negated)
		text_add_char(sql, ')');
}
