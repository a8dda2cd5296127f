/* SPDX-License-Identifier: MIT
 *
 * plan.h: what a request asks of the database: a read of a known table, every name looked up, every value turned into a
 * literal of its column's type. Knows the tables' description, not SQL's grammar and no connection.
 */
#ifndef MYREST_PLAN_H
#define MYREST_PLAN_H

#include "query.h"
#include "route.h"
#include "value.h"

struct plan_filter { /* column = literal */
	const struct column *column;
	struct slice literal;
};

struct plan_order {
	const struct column *column;
	bool descending, nulls_first;
};

struct plan {
	const struct table *table;
	unsigned column_count, filter_count, order_count;
	const struct column **columns; /* of the answer, in its order */
	struct plan_filter *filters;
	struct plan_order *orders;
	uint64_t limit, offset;
	bool single; /* one object, 404 when there is none; otherwise an array */
	/* A lookup of one row by an integer key alone, which may share a statement with lookups of other keys: */
	const struct column *key_column; /* NULL: it is none */
	struct integer key;
	struct slice sql; /* the statement; equal text means equal plans */
};

/* Plans a GET or HEAD. STATUS_OK, or *fault; everything in the arena and in the schema. */
enum status plan_read(const struct route *, uint64_t max_rows, struct arena *, struct plan *,
                      struct fault *) MUST_CHECK;

#endif
