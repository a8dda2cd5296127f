/* SPDX-License-Identifier: MIT
 *
 * Conditions. Each is written so that it can stand beside AND and inside of NOT(…): what has an AND or OR of its own
 * comes in parentheses.
 */
#include "schema/dialect.h"
#include "sql/sql.h"

static const char *const signs[QUERY_OPERATOR_COUNT] = {
	[QUERY_EQ] = "=", [QUERY_NEQ] = "<>", [QUERY_GT] = ">",  [QUERY_GTE] = ">=",
	[QUERY_LT] = "<", [QUERY_LTE] = "<=", [QUERY_IN] = "=",
};

static void add_literal(struct text *sql, const struct plan_literal *literal)
{
	if (literal->sql.bytes == NULL)
		text_add_string(sql, "NULL");
	else
		text_add_slice(sql, literal->sql);
}

static void add_json(struct text *sql, const struct dialect *dialect, const struct plan_condition *condition,
                     const struct plan_literal *literal)
{
	bool equal = condition->op == QUERY_NEQ || condition->op == QUERY_ISDISTINCT;

	if (condition->op == QUERY_NEQ)
		text_add_string(sql, "NOT");
	else if (condition->op == QUERY_ISDISTINCT)
		text_add_char(sql, '(');
	dialect->json_comparison(sql, condition, equal ? "=" : signs[condition->op], literal);
	if (condition->op == QUERY_ISDISTINCT)
		text_add_string(sql, " IS NOT TRUE)");
}

static bool is_day(const struct plan_field *field)
{
	return field->kind == FIELD_COLUMN && (field->column->type == COLUMN_DATE || field->column->type == COLUMN_DATETIME);
}

static void add_is(struct text *sql, const struct dialect *dialect, const struct plan_condition *condition)
{
	static const char *const words[] = {
		[QUERY_NULL] = " IS NULL",   [QUERY_NOT_NULL] = " IS NOT NULL", [QUERY_TRUE] = " IS TRUE",
		[QUERY_FALSE] = " IS FALSE", [QUERY_UNKNOWN] = " IS UNKNOWN",
	};

	if (condition->is == QUERY_NULL && dialect->null_is_a_day && is_day(&condition->field)) {
		text_add_slice(sql, condition->field.sql);
		text_add_string(sql, "<=>NULL");
		return;
	}
	if (condition->is == QUERY_NULL || condition->is == QUERY_NOT_NULL)
		text_add_slice(sql, condition->field.sql);
	else
		dialect->truth(sql, &condition->field);
	text_add_string(sql, words[condition->is]);
}

/* The field and a value that lies beside the literal: nothing is equal to it, and what is not NULL is unequal. */
static void add_beside(struct text *sql, const struct dialect *dialect, const struct plan_condition *condition,
                       const struct plan_literal *literal)
{
	bool behind = literal->between > 0, above = condition->op == QUERY_GT || condition->op == QUERY_GTE;
	bool ordered = above || condition->op == QUERY_LT || condition->op == QUERY_LTE;
	const char *below_sign = behind ? "<=" : "<", *above_sign = behind ? ">" : ">=";

	if (condition->op == QUERY_ISDISTINCT) {
		text_add_string(sql, "TRUE");
		return;
	}
	if (!ordered)
		text_add_char(sql, '(');
	dialect->operand(sql, condition);
	text_add_string(sql, above ? above_sign : below_sign);
	text_add_slice(sql, literal->sql);
	if (ordered)
		return;
	text_add_string(sql, condition->op == QUERY_NEQ ? " OR " : " AND ");
	dialect->operand(sql, condition);
	text_add_string(sql, above_sign);
	text_add_slice(sql, literal->sql);
	text_add_char(sql, ')');
}

/* The field and one value. */
static void add_one(struct text *sql, const struct dialect *dialect, const struct plan_condition *condition,
                    const struct plan_literal *literal)
{
	if (literal->sql.bytes == NULL)
		text_add_string(sql, "NULL");
	else if (literal->between != 0)
		add_beside(sql, dialect, condition, literal);
	else if (condition->op == QUERY_LIKE || condition->op == QUERY_ILIKE || condition->op == QUERY_MATCH ||
	         condition->op == QUERY_IMATCH)
		dialect->match(sql, condition, literal);
	else if (condition->field.kind == FIELD_JSON)
		add_json(sql, dialect, condition, literal);
	else if (condition->op == QUERY_ISDISTINCT)
		dialect->distinct(sql, condition, literal);
	else if (condition->outside_charset)
		dialect->outside_charset(sql, condition, signs[condition->op], literal);
	else {
		dialect->operand(sql, condition);
		text_add_string(sql, signs[condition->op]);
		text_add_slice(sql, literal->sql);
	}
}

/* column IN (…), or one condition for each value. */
static void add_several(struct text *sql, const struct dialect *dialect, const struct plan_condition *condition)
{
	bool all = condition->quantifier == QUERY_ALL;
	bool list = !all && condition->field.kind != FIELD_JSON && !condition->outside_charset &&
	            (condition->op == QUERY_IN || condition->op == QUERY_EQ);

	for (unsigned i = 0; list && i < condition->literal_count; i++)
		list = condition->literals[i].between == 0;
	if (condition->literal_count == 0) {
		text_add_string(sql, all ? "TRUE" : "FALSE");
		return;
	}
	if (list) {
		dialect->operand(sql, condition);
		text_add_string(sql, " IN ");
	}
	text_add_char(sql, '(');
	for (unsigned i = 0; i < condition->literal_count; i++) {
		if (i > 0)
			text_add_string(sql, list ? "," : all ? " AND " : " OR ");
		if (list)
			add_literal(sql, &condition->literals[i]);
		else
			add_one(sql, dialect, condition, &condition->literals[i]);
	}
	text_add_char(sql, ')');
}

static void add_filter(struct text *sql, const struct dialect *dialect, const struct plan_condition *condition)
{
	if (condition->op == QUERY_IS)
		add_is(sql, dialect, condition);
	else if (condition->op >= QUERY_FTS && condition->op <= QUERY_WFTS)
		dialect->fulltext(sql, condition);
	else if (condition->op >= QUERY_CS && condition->op <= QUERY_ADJ)
		dialect->containment(sql, condition);
	else if (condition->op == QUERY_IN || condition->quantifier != QUERY_ONE)
		add_several(sql, dialect, condition);
	else
		add_one(sql, dialect, condition, &condition->literals[0]);
}

void sql_add_condition(struct text *sql, const struct dialect *dialect, const struct plan_condition *condition)
{
	const struct plan_condition *member = condition->first;

	if (condition->negated)
		text_add_string(sql, "NOT(");
	if (condition->kind == PLAN_FILTER)
		add_filter(sql, dialect, condition);
	else {
		text_add_char(sql, '(');
		for (; member != NULL; member = member->next) {
			if (member != condition->first)
				text_add_string(sql, condition->kind == PLAN_OR ? " OR " : " AND ");
			sql_add_condition(sql, dialect, member);
		}
		text_add_char(sql, ')');
	}
	if (condition->negated)
		text_add_char(sql, ')');
}
