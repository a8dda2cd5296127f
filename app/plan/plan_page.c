/* SPDX-License-Identifier: MIT */
#include "plan/plan_page.h"

#include <string.h>
#include <strings.h>

#include "schema/dialect.h"

/* --- What makes an order complete --- */

static bool is_ordered_by(const struct plan *plan, const struct column *column)
{
	for (unsigned i = 0; i < plan->order_count; i++)
		if (plan->orders[i].field.kind == FIELD_COLUMN && plan->orders[i].field.column == column)
			return true;
	return false;
}

/* Whether the key tells all rows apart and clients may see it: its values stand in the link. */
static bool is_complete_key(const struct table *table, const struct key *key)
{
	if (!key->unique || key->fulltext)
		return false;
	for (unsigned i = 0; i < key->column_count; i++)
		if (table->columns[key->columns[i]].nullable || !table->columns[key->columns[i]].exposed)
			return false;
	return true;
}

static bool is_covered(const struct plan *plan, const struct key *key)
{
	for (unsigned i = 0; i < key->column_count; i++)
		if (!is_ordered_by(plan, &plan->table->columns[key->columns[i]]))
			return false;
	return true;
}

/* The key that is covered already, or the one that is to be added: the primary one, if there is one. */
static const struct key *choose_key(const struct plan *plan, bool *covered)
{
	const struct key *best = NULL;

	*covered = false;
	for (unsigned i = 0; i < plan->table->key_count; i++) {
		const struct key *key = &plan->table->keys[i];

		if (!is_complete_key(plan->table, key))
			continue;
		if ((*covered = is_covered(plan, key)))
			return key;
		if (best == NULL || key->primary)
			best = key;
	}
	return best;
}

/* Whether the column's values sort as they compare, and can be written down. */
static bool can_be_compared(const struct column *column)
{
	return !column->sorts_otherwise && !column->incomparable && column->type != COLUMN_JSON &&
	       column->type != COLUMN_ARRAY && column->type != COLUMN_GEOMETRY && column->type != COLUMN_BIT &&
	       column->type != COLUMN_YEAR;
}

static bool complete_order(struct plan *plan)
{
	bool covered, descending = plan->order_count > 0 && plan->orders[plan->order_count - 1].descending;
	const struct key *key = choose_key(plan, &covered);

	if (key == NULL || (plan->order_count == 0 && plan->condition_count > 0))
		return false; /* an order that nobody asked for could cost the index that serves the filters */
	for (unsigned i = 0; !covered && i < key->column_count; i++) {
		const struct column *column = &plan->table->columns[key->columns[i]];

		if (!is_ordered_by(plan, column))
			plan->orders[plan->order_count++] = /* the way it goes already: an index goes one way */
			    (struct plan_order){ .field = { column, FIELD_COLUMN, column->quoted }, .descending = descending };
	}
	for (unsigned i = 0; i < plan->order_count; i++) {
		const struct plan_field *field = &plan->orders[i].field;

		if (field->kind != FIELD_COLUMN || !can_be_compared(field->column))
			return false;
		for (unsigned j = 0; j < i; j++)
			if (plan->orders[j].field.column == field->column)
				return false;
	}
	for (unsigned i = 0; i < plan->order_count; i++)
		plan->orders[i].output = plan_find_output(plan, plan->orders[i].field.column);
	return true;
}

/* --- What comes after a place --- */

static struct plan_condition *filter(const struct planning *planning, const struct plan_order *order,
                                     enum query_operator op, struct plan_literal *literal)
{
	struct plan_condition *condition = arena_alloc(planning->arena, sizeof(*condition));

	condition->kind = PLAN_FILTER;
	condition->field = order->field;
	condition->op = op;
	condition->literals = literal;
	condition->literal_count = op != QUERY_IS;
	condition->outside_charset = literal != NULL && literal->outside_charset;
	return condition;
}

static struct plan_condition *is_null(const struct planning *planning, const struct plan_order *order, enum query_is is)
{
	struct plan_condition *condition = filter(planning, order, QUERY_IS, NULL);

	condition->is = is;
	return condition;
}

/* Both, either of which may be missing. */
static struct plan_condition *group(const struct planning *planning, bool or_else, struct plan_condition *one,
                                    struct plan_condition *other)
{
	struct plan_condition *condition;

	if (one == NULL || other == NULL)
		return one != NULL ? one : other;
	condition = arena_alloc(planning->arena, sizeof(*condition));
	condition->kind = or_else ? PLAN_OR : PLAN_AND;
	condition->first = one;
	one->next = other;
	return condition;
}

/* What sorts behind the value in this column alone; NULL: nothing does. */
static struct plan_condition *behind(const struct planning *planning, const struct plan_order *order,
                                     struct plan_literal *value)
{
	struct plan_condition *nulls = NULL;

	if (value->sql.length == 0)
		return order->nulls_first ? is_null(planning, order, QUERY_NOT_NULL) : NULL;
	if (order->field.column->nullable && !order->nulls_first)
		nulls = is_null(planning, order, QUERY_NULL);
	return group(planning, true, filter(planning, order, order->descending ? QUERY_LT : QUERY_GT, value), nulls);
}

/* What sorts behind the values from there on; NULL: nothing does. */
static struct plan_condition *after(const struct planning *planning, struct plan_literal *values, unsigned from)
{
	const struct plan_order *order = &planning->plan->orders[from];
	struct plan_condition *same, *rest;

	if (from + 1 == planning->plan->order_count)
		return behind(planning, order, &values[from]);
	if ((rest = after(planning, values, from + 1)) == NULL) /* the row is the last one of those with the same value */
		return behind(planning, order, &values[from]);
	same = values[from].sql.length == 0 ? is_null(planning, order, QUERY_NULL)
	                                    : filter(planning, order, QUERY_EQ, &values[from]);
	return group(planning, true, behind(planning, order, &values[from]), group(planning, false, same, rest));
}

static enum status refuse(const struct planning *planning, const char *why, const char *at)
{
	planning->fault->hint = "follow the Link of an answer";
	return planner_refuse(planning, STATUS_BAD_QUERY, why, at);
}

/* As many bytes of weights as a character has at the most, by its first byte in UTF-8, and some more, in a collation of
 * which only so many decide. MySQL takes all of the weights of those without PAD SPACE (utf8mb4_0900_as_cs and its kin
 * have more than these), and by MariaDB's of several levels no page begins (mysql_catalogue.c). */
static unsigned weights_of(unsigned char first)
{
	if (first < 0x80)
		return 6;
	if (first < 0xc0) /* within a character */
		return 0;
	if (first < 0xe0)
		return 20;
	if (first >= 0xe4 && first <= 0xed) /* ideographs, and Hangul of three parts */
		return 18;
	return first < 0xf0 ? 48 : 24;
}

bool plan_page_decides(const struct dialect *dialect, enum column_type type, const char *bytes, size_t length)
{
	size_t weights = 8; /* what separates the levels, or the number of bytes, which the server adds to a BINARY's */

	if (dialect->sort_bytes == 0 || (type != COLUMN_STRING && type != COLUMN_BINARY))
		return true;
	if (type == COLUMN_BINARY)
		return weights + length <= dialect->sort_bytes;
	for (size_t i = 0; i < length && weights <= dialect->sort_bytes; i++)
		weights += weights_of((unsigned char)bytes[i]);
	return weights <= dialect->sort_bytes;
}

/* The same of a value that a client wrote, as base64 if the column has bytes. The literal is X'…' then. */
static bool given_decides(const struct dialect *dialect, const struct column *column, struct slice given,
                          const struct text *literal)
{
	return plan_page_decides(dialect, column->type, given.bytes,
	               column->type == COLUMN_BINARY ? (literal->length - strlen("X''")) / 2 : given.length);
}

static enum status plan_after(const struct planning *planning)
{
	struct plan *plan = planning->plan;
	const struct query_condition *given = planning->query->after;
	struct plan_literal *values = arena_alloc(planning->arena, plan->order_count * sizeof(*values));
	const struct query_value *value = given->values;
	const char *why;

	if (!plan->keyset)
		return refuse(planning, "'after' does not apply to this order", given->at);
	if (given->value_count != plan->order_count)
		return refuse(planning, arena_printf(planning->arena, "'after' has %u values for %u columns of the order",
		                                     given->value_count, plan->order_count), given->at);
	for (unsigned i = 0; i < plan->order_count; i++, value = value->next) {
		const struct column *column = plan->orders[i].field.column;

		if (value->text.at[0] != '"' && slice_is(value->text.text, "null") && column->nullable)
			continue;
		text_clear(planning->scratch);
		if (plan->table->dialect->literal(planning->scratch, column, value->text.text, &why) != STATUS_OK)
			return refuse(planning, arena_printf(planning->arena, "'after' has an invalid value for column '%s'",
			                                     column->name.bytes), value->text.at);
		if (!given_decides(plan->table->dialect, column, value->text.text, planning->scratch))
			return refuse(planning, arena_printf(planning->arena, "'after' has a value that is too long for "
			                                     "the order of column '%s'", column->name.bytes),
			              value->text.at);
		values[i].sql = planner_keep(planning);
		values[i].outside_charset = !literal_fits(column, value->text.text);
	}
	plan->after = after(planning, values, 0);
	/* So that the index is entered at the right place, whatever the server makes of the rest. */
	if (plan->order_count > 1 && values[0].sql.length > 0 && !plan->orders[0].field.column->nullable)
		plan->after = group(planning, false, filter(planning, &plan->orders[0],
		                                            plan->orders[0].descending ? QUERY_LTE : QUERY_GTE, &values[0]),
		                    plan->after);
	return STATUS_OK;
}

enum status plan_page(const struct planning *planning)
{
	struct plan *plan = planning->plan;

	plan->lookahead = !plan->one_row && plan->key_column == NULL && plan->limit > 0;
	if (!plan->one_row && plan->key_column == NULL)
		plan->keyset = complete_order(plan);
	return planning->query->after != NULL ? plan_after(planning) : STATUS_OK;
}
