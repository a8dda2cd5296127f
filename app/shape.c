/* SPDX-License-Identifier: MIT */
#include "shape.h"

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

static uint64_t with_field(uint64_t hash, const struct plan *plan, const struct plan_field *field)
{
	return with(hash, (uint64_t)(field->column - plan->table->columns) << 2 | (uint64_t)field->kind);
}

static uint64_t with_conditions(uint64_t hash, const struct plan *plan, const struct plan_condition *condition)
{
	for (; condition != NULL; condition = condition->next) {
		hash = with(hash, (uint64_t)condition->kind << 8 | (uint64_t)condition->negated);
		if (condition->kind != PLAN_FILTER) {
			hash = with_conditions(hash, plan, condition->first);
			continue;
		}
		hash = with_field(hash, plan, &condition->field);
		hash = with(hash, (uint64_t)condition->op << 24 | (uint64_t)condition->quantifier << 16 |
		                      (uint64_t)condition->is << 8 | magnitude(condition->literal_count));
	}
	return hash;
}

static uint64_t with_orders(uint64_t hash, const struct plan *plan)
{
	for (unsigned i = 0; i < plan->order_count; i++)
		hash = with(with_field(hash, plan, &plan->orders[i].field), plan->orders[i].descending);
	return hash;
}

uint32_t shape_of(const struct plan *plan, const struct write *write, enum prefer_count count)
{
	uint64_t hash;

	if (write == NULL)
		hash = with(XXH3_64bits(plan->sql.bytes, plan->sql_head), (uint64_t)count);
	else
		hash = with(XXH3_64bits(plan->table->name.bytes, plan->table->name.length),
		            (uint64_t)write->kind << 16 | (uint64_t)write->resolution << 8 | magnitude(write->row_count));
	hash = with_conditions(hash, plan, plan->conditions);
	hash = with_orders(hash, plan);
	if (!plan->single && plan->key_column == NULL)
		hash = with(hash, magnitude(plan->limit) << 8 | magnitude(plan->offset) | (uint64_t)(plan->after != NULL) << 16);
	return (uint32_t)hash != 0 ? (uint32_t)hash : 1;
}
