/* SPDX-License-Identifier: MIT
 *
 * Which operators have a meaning on which columns, and their values as literals of the column's type.
 */
#include <string.h>

#include "plan/planner.h"
#include "schema/datetime.h"
#include "schema/dialect.h"

/* What an operator does, as far as it matters which columns it is for. */
enum purpose { EQUALITY, ORDER, PATTERN, STATE, SEARCH, CONTAINMENT, RANGE };

static const enum purpose purposes[QUERY_OPERATOR_COUNT] = {
	[QUERY_EQ] = EQUALITY,  [QUERY_NEQ] = EQUALITY,   [QUERY_IN] = EQUALITY,    [QUERY_ISDISTINCT] = EQUALITY,
	[QUERY_GT] = ORDER,     [QUERY_GTE] = ORDER,      [QUERY_LT] = ORDER,       [QUERY_LTE] = ORDER,
	[QUERY_LIKE] = PATTERN, [QUERY_ILIKE] = PATTERN,  [QUERY_MATCH] = PATTERN,  [QUERY_IMATCH] = PATTERN,
	[QUERY_IS] = STATE,     [QUERY_FTS] = SEARCH,     [QUERY_PLFTS] = SEARCH,   [QUERY_PHFTS] = SEARCH,
	[QUERY_WFTS] = SEARCH,  [QUERY_CS] = CONTAINMENT, [QUERY_CD] = CONTAINMENT, [QUERY_OV] = RANGE,
	[QUERY_SL] = RANGE,     [QUERY_SR] = RANGE,       [QUERY_NXR] = RANGE,      [QUERY_NXL] = RANGE,
	[QUERY_ADJ] = RANGE,
};

static bool is_truth(const struct plan_field *field)
{
	return field->kind == FIELD_COLUMN &&
	       (field->column->type == COLUMN_BOOLEAN || field->column->type == COLUMN_INTEGER ||
	        (field->column->type == COLUMN_BIT && field->column->length == 1));
}

/* Why the operator has no meaning on the field; NULL: it has one. */
static const char *objection(const struct planning *planning, const struct query_condition *asked,
                             const struct plan_field *field)
{
	const struct dialect *dialect = planning->plan->table->dialect;
	/* Whether it has the operator only the server knows, which says so (change_fault_tell_operand). */
	bool other = dialect->other_operators && field->kind == FIELD_COLUMN && field->column->is_opaque;
	bool whole_json = field->kind == FIELD_COLUMN && field->column->type == COLUMN_JSON;
	bool text = field->kind == FIELD_TEXT || (field->kind == FIELD_COLUMN && field->column->type == COLUMN_STRING);

	switch (purposes[asked->op]) {
	case EQUALITY:
		if (field->column->incomparable)
			return "does not apply to vectors";
		return whole_json ? "does not compare JSON as a whole: compare a part of it (->>key), or use cs" : NULL;
	case ORDER:
		if (field->column->incomparable)
			return "does not apply to vectors";
		if (field->column->type == COLUMN_GEOMETRY)
			return "needs an order, which geometries do not have";
		return whole_json ? "does not compare JSON as a whole: compare a part of it (->>key)" : NULL;
	case PATTERN:
		return text ? NULL : "applies to texts only";
	case STATE:
		return asked->is == QUERY_NULL || asked->is == QUERY_NOT_NULL || is_truth(field)
		               ? NULL
		               : "applies true, false and unknown to truth values only";
	case SEARCH:
		if (!dialect->fulltext_indexed)
			return text ? NULL : "applies to texts only";
		if (!text || field->kind != FIELD_COLUMN || !table_fulltext(planning->plan->table, field->column))
			return "needs a FULLTEXT index of the column alone";
		return asked->language.text.length > 0 ? "does not support languages: the index determines how words are found"
		                                       : NULL;
	case CONTAINMENT:
		if (whole_json || other || field->kind == FIELD_JSON)
			return NULL;
		return dialect->other_operators ? "applies to JSON, arrays, ranges and similar types only"
		                                : "applies to JSON only";
	case RANGE:
		if (other)
			return NULL;
		break;
	}
	return dialect->other_operators ? "applies to ranges, arrays and similar types only"
	                                : "is not supported: there are no ranges and no arrays";
}

static enum status bad_value(const struct planning *planning, const struct plan_field *field, enum status status,
                             const char *why, const char *at)
{
	return planner_refuse(planning, status,
	                       arena_printf(planning->arena, "%s for %s", why, planner_name(planning, field)), at);
}

static bool is_moment(enum column_type type)
{
	return type == COLUMN_DATE || type == COLUMN_TIME || type == COLUMN_DATETIME || type == COLUMN_TIMESTAMP;
}

/* Of the literal what the column's type has: of a moment the date, of a fraction six digits. The server would round. */
static signed char cut_moment(struct text *literal, enum column_type type)
{
	static const char before_christ[] = " BC'";
	const char *end = literal->bytes + literal->length, *point = slice_find(literal->bytes, end, '.');
	size_t from = (size_t)(point - literal->bytes) + 1 + DATETIME_DIGITS, era = sizeof(before_christ) - 1;
	signed char between = literal->bytes[1] == '-' ? -1 : 1;

	if (literal->length < era || memcmp(end - era, before_christ, era) != 0)
		era = 1;
	if (type == COLUMN_DATE) {
		from = (size_t)(slice_find(literal->bytes, end, ' ') - literal->bytes);
		if (from < literal->length && strcspn(text_terminate(literal) + from, "123456789") == literal->length - from)
			between = 0;
	}
	if (literal->length <= from + era)
		return 0;
	memmove(literal->bytes + from, literal->bytes + literal->length - era, era);
	literal->length = from + era;
	return between;
}

/* A day that no calendar has is a mistake: MariaDB compares with it as with any other, and MySQL refuses it without naming
 * the column, or in a list finds nothing equal to it. A row that a writer's ALLOW_INVALID_DATES has let in is found
 * between the days around it, and on MariaDB by its key in the path. */
static bool is_no_day(const struct dialect *dialect, const struct column *column, const struct text *literal)
{
	return dialect->any_day && column->type != COLUMN_TIME &&
	       !datetime_is_day((struct slice){ literal->bytes, literal->length });
}

/* A value of the field's type; at: NULL for the key in the path. */
static enum status take_value(const struct planning *planning, const struct plan_field *field, struct slice text,
                              const char *at, struct plan_literal *literal)
{
	static const struct column any_text = { .type = COLUMN_STRING }, any_moment = { .type = COLUMN_DATETIME };
	const struct dialect *dialect = planning->plan->table->dialect;
	const struct column *column = field->kind == FIELD_TEXT ? &any_text : field->column;
	bool moment = field->kind == FIELD_COLUMN && is_moment(column->type);
	const char *why = NULL;
	enum status status;

	if (moment && column->type == COLUMN_DATE && memchr(text.bytes, ':', text.length) != NULL)
		column = &any_moment;
	text_clear(planning->scratch);
	if (field->kind == FIELD_JSON) {
		status = literal_add_json(planning->scratch, text, &literal->json, &why);
		if (status == STATUS_OK && literal->json == LITERAL_NUMBER && dialect->json_number != NULL) {
			text_clear(planning->scratch);
			status = dialect->json_number(planning->scratch, text, &literal->exact, &why);
		}
	} else
		status = dialect->literal(planning->scratch, column, text, &why);
	if (status == STATUS_OK && moment && at != NULL && is_no_day(dialect, column, planning->scratch)) {
		status = STATUS_BAD_VALUE;
		why = "expected a valid calendar date";
	}
	if (status == STATUS_OK && moment)
		literal->between = cut_moment(planning->scratch, field->column->type);
	if (status == STATUS_OK) {
		if (moment && field->column->type == COLUMN_TIME && planning->plan->table->is_view && dialect->name_time != NULL)
			dialect->name_time(planning->scratch);
		literal->sql = planner_keep(planning);
		return STATUS_OK;
	}
	if (status == STATUS_NO_CHARACTER) /* as a body's value is told it */
		status = STATUS_BAD_VALUE;
	return bad_value(planning, field, status, status == STATUS_VALUE_RANGE ? "the value is out of range" : why, at);
}

static enum status take_pattern(const struct planning *planning, const struct plan_field *field, enum query_operator op,
                                const struct query_text *text, struct plan_literal *literal)
{
	const char *why = NULL;
	enum status status;

	text_clear(planning->scratch);
	if (op == QUERY_MATCH || op == QUERY_IMATCH) {
		literal_add_string(planning->scratch, text->text);
		status = STATUS_OK;
	} else
		status = literal_add_pattern(planning->scratch, text->text, &why);
	if (status != STATUS_OK)
		return bad_value(planning, field, status, why, text->at);
	literal->sql = planner_keep(planning);
	return STATUS_OK;
}

static enum status take_search(const struct planning *planning, const struct plan_field *field, enum query_operator op,
                               const struct query_text *text, struct plan_literal *literal)
{
	const char *why = NULL;
	enum status status;

	text_clear(planning->scratch);
	status = planning->plan->table->dialect->search(planning->scratch, op, text->text, &why);
	if (status != STATUS_OK)
		return bad_value(planning, field, status, why, text->at);
	literal->sql = planner_keep(planning);
	return STATUS_OK;
}

/* For cs and cd, any JSON. */
static enum status take_json(const struct planning *planning, const struct plan_field *field,
                             const struct query_text *text, struct plan_literal *literal)
{
	const char *why = NULL;
	enum status status;

	text_clear(planning->scratch);
	status = literal_add_json(planning->scratch, text->text, &literal->json, &why);
	if (status != STATUS_OK)
		return bad_value(planning, field, status, why, text->at);
	literal->sql = planner_keep(planning);
	return STATUS_OK;
}

/* Spaces around what is no text mean nothing, as in in.(1, 2). */
static struct slice bare(const struct plan_field *field, struct slice text)
{
	enum column_type type = field->column->type;

	if (field->kind != FIELD_COLUMN || type == COLUMN_STRING || type == COLUMN_JSON || type == COLUMN_BINARY ||
	    type == COLUMN_ARRAY || type == COLUMN_GEOMETRY)
		return text;
	return text_trimmed(text);
}

static enum status take_literal(const struct planning *planning, struct plan_condition *condition,
                                const struct query_value *value, struct plan_literal *literal)
{
	const struct plan_field *field = &condition->field;

	if (value->is_null)
		return STATUS_OK;
	if (field->kind == FIELD_COLUMN && !literal_fits(field->column, value->text.text))
		condition->outside_charset = true;
	switch (purposes[condition->op]) {
	case PATTERN:
		return take_pattern(planning, field, condition->op, &value->text, literal);
	case SEARCH:
		return take_search(planning, field, condition->op, &value->text, literal);
	case CONTAINMENT:
		if (field->kind == FIELD_COLUMN && field->column->type != COLUMN_JSON)
			break;
		return take_json(planning, field, &value->text, literal);
	case EQUALITY:
	case ORDER:
	case STATE:
	case RANGE:
		break;
	}
	return take_value(planning, field, bare(field, value->text.text), value->text.at, literal);
}

/* The parts of a JSON value are of many types; what has no order, or is not one value, is refused. */
static enum status check_json(const struct planning *planning, const struct plan_condition *condition,
                              const struct query_value *value)
{
	for (unsigned i = 0; i < condition->literal_count; i++, value = value->next) {
		enum literal_json json = condition->literals[i].json;

		if (value->is_null)
			continue;
		if (json == LITERAL_STRUCTURE)
			return bad_value(planning, &condition->field, STATUS_NO_SUCH_OPERATOR,
			                 "objects and arrays can be compared by cs and cd only", value->text.at);
		if (purposes[condition->op] == ORDER && json != LITERAL_NUMBER && json != LITERAL_TEXT)
			return bad_value(planning, &condition->field, STATUS_NO_SUCH_OPERATOR,
			                 "true, false and null have no order", value->text.at);
	}
	return STATUS_OK;
}

static enum status plan_filter(const struct planning *planning, const struct query_condition *asked,
                               struct plan_condition *condition)
{
	const struct query_value *value = asked->values;
	const char *why;
	enum status status;

	if ((status = planner_field(planning, &asked->field, &condition->field)) != STATUS_OK)
		return status;
	condition->op = asked->op;
	condition->quantifier = asked->quantifier;
	condition->is = asked->is;
	if ((why = objection(planning, asked, &condition->field)) != NULL)
		return planner_refuse(planning, STATUS_NO_SUCH_OPERATOR,
		                       arena_printf(planning->arena, "%s: '%s' %s",
		                                    planner_name(planning, &condition->field),
		                                    query_operator_word(asked->op), why),
		                       asked->at);
	if (asked->language.text.length > 0) {
		text_clear(planning->scratch);
		literal_add_string(planning->scratch, asked->language.text);
		condition->language = planner_keep(planning);
	}
	else if (condition->field.kind == FIELD_COLUMN) /* in which it is indexed */
		condition->language = condition->field.column->language;
	condition->literal_count = asked->value_count;
	condition->literals = arena_alloc(planning->arena, asked->value_count * sizeof(*condition->literals));
	for (unsigned i = 0; i < asked->value_count; i++, value = value->next)
		if ((status = take_literal(planning, condition, value, &condition->literals[i])) != STATUS_OK)
			return status;
	if (condition->field.kind == FIELD_JSON && purposes[asked->op] != CONTAINMENT)
		return check_json(planning, condition, asked->values);
	return STATUS_OK;
}

/* As deep as the query is (QUERY_MAX_DEPTH). */
static enum status plan_list(const struct planning *planning, const struct query_condition *asked, bool under_not,
                             struct plan_condition **last, unsigned *count)
{
	struct plan_condition *condition;
	enum status status;

	for (; asked != NULL; asked = asked->next) {
		condition = *last = arena_alloc(planning->arena, sizeof(*condition));
		last = &condition->next;
		++*count;
		condition->negated = asked->negated;
		condition->under_not = under_not != asked->negated;
		if (asked->kind == QUERY_FILTER)
			status = plan_filter(planning, asked, condition);
		else {
			unsigned members = 0;

			condition->kind = asked->kind == QUERY_AND ? PLAN_AND : PLAN_OR;
			status = plan_list(planning, asked->first, condition->under_not, &condition->first, &members);
		}
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

enum status plan_conditions(const struct planning *planning, const struct route *route)
{
	struct plan *plan = planning->plan;
	struct plan_condition **last = &plan->conditions, *key;
	enum status status;

	if (route->has_key) {
		key = *last = arena_alloc(planning->arena, sizeof(*key));
		last = &key->next;
		plan->condition_count = 1;
		key->field.column = &plan->table->columns[plan->table->key_column];
		key->field.sql = key->field.column->quoted;
		key->literal_count = 1;
		key->literals = arena_alloc(planning->arena, sizeof(*key->literals));
		key->outside_charset = !literal_fits(key->field.column, route->key);
		status = take_value(planning, &key->field, route->key, NULL, key->literals);
		if (status != STATUS_OK)
			return status;
	}
	return plan_list(planning, planning->query->conditions, false, last, &plan->condition_count);
}
