/* SPDX-License-Identifier: MIT */
#include "plan/plan_shape.h"

#include <xxhash.h>

static uint64_t with(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 32;
}

/* Powers of two are told apart, and no more. */
static unsigned magnitude(uint64_t number)
{
	return number == 0 ? 0 : 64 - (unsigned)__builtin_clzll(number);
}

static uint64_t number_of_field(const struct plan *plan, const struct plan_field *field)
{
	return (uint64_t)(field->column - plan->table->columns) << 2 | (uint64_t)field->kind;
}

static uint64_t with_conditions(uint64_t hash, const struct plan *plan, const struct plan_condition *condition);

static uint64_t with_condition(uint64_t hash, const struct plan *plan, const struct plan_condition *condition)
{
	uint64_t number = (uint64_t)condition->kind << 60 | (uint64_t)condition->negated << 59;

	if (condition->kind != PLAN_FILTER)
		return with_conditions(with(hash, number), plan, condition->first);
	return with(hash, number | number_of_field(plan, &condition->field) << 32 | (uint64_t)condition->op << 24 |
	                      (uint64_t)condition->quantifier << 16 | (uint64_t)condition->is << 8 |
	                      magnitude(condition->literal_count));
}

static uint64_t with_conditions(uint64_t hash, const struct plan *plan, const struct plan_condition *condition)
{
	for (; condition != NULL; condition = condition->next)
		hash = with_condition(hash, plan, condition);
	return hash;
}

static uint64_t with_orders(uint64_t hash, const struct plan *plan)
{
	for (unsigned i = 0; i < plan->order_count; i++)
		hash = with(hash, number_of_field(plan, &plan->orders[i].field) << 1 | plan->orders[i].descending);
	return hash;
}

uint32_t plan_shape_of(const struct plan *plan, const struct write *write, enum prefer_count count)
{
	uint64_t hash;

	if (write == NULL)
		hash = with(XXH3_64bits(plan->sql.bytes, plan->sql_head), (uint64_t)count);
	else
		hash = with(XXH3_64bits(plan->table->name.bytes, plan->table->name.length),
		            (uint64_t)write->kind << 16 | (uint64_t)write->resolution << 8 | magnitude(write->row_count));
	for (const struct plan_condition *condition = plan->conditions; condition != NULL; condition = condition->next)
		hash = with_condition(hash, plan, condition);
	hash = with_orders(hash, plan);
	if (!plan->one_row && plan->key_column == NULL)
		hash = with(hash, magnitude(plan->limit) << 8 | magnitude(plan->offset) | (uint64_t)(plan->after != NULL) << 16);
	return (uint32_t)hash != 0 ? (uint32_t)hash : 1;
}
