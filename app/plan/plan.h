/* SPDX-License-Identifier: MIT
 *
 * plan.h: what a request asks of the database: a read of a known table, every name looked up, every value turned into a
 * literal of its column's type. Knows the tables' description, not SQL's grammar and no connection.
 */
#ifndef MYREST_PLAN_H
#define MYREST_PLAN_H

#include "base/integer.h"
#include "plan/route.h"
#include "request/query.h"
#include "schema/literal.h"

/* A column, or what a path leads to in a JSON column. */
struct plan_field {
	const struct column *column;
	enum { FIELD_COLUMN, FIELD_JSON, FIELD_TEXT } kind; /* column, column->a, column->>a */
	struct slice sql; /* its value */
};

/* One column of the answer. */
struct plan_output {
	struct slice name;
	struct slice json_key; /* "name": with quotes and colon */
	enum column_type type; /* how its values are shown */
	uint64_t length;       /* of a BIT */
	uint64_t characters;   /* the most that a value has, as the column says (table.h); 0: nobody knows */
	struct slice sql;
};

struct plan_literal {
	struct slice sql;     /* no bytes: NULL */
	enum literal_json json; /* of a field of kind JSON: what kind of value it is */
	signed char between;  /* the value is no value of the column's type, but behind this one (1) or before it (-1), and next to it */
	bool exact;           /* an integer that a double may not hold, with all of its digits */
	bool outside_charset; /* of a place in an order: it has characters that the column's character set may lack */
};

/* A filter, or a group of filters. */
struct plan_condition {
	enum { PLAN_FILTER, PLAN_AND, PLAN_OR } kind;
	bool negated;
	bool under_not; /* an odd number of negations above or here: NULL must not pass for false */
	struct plan_condition *next;
	struct plan_condition *first; /* of a group */
	struct plan_field field;      /* of a filter, like all that follows */
	enum query_operator op;
	enum query_quantifier quantifier;
	enum query_is is;
	bool outside_charset; /* a literal has characters that the column's character set may lack */
	struct slice language; /* of a full-text search, as a literal; no bytes: none */
	unsigned literal_count;
	struct plan_literal *literals;
};

struct plan_order {
	struct plan_field field;
	bool descending, nulls_first;
	unsigned output; /* of a keyset: where its column stands among the plan's */
};

struct plan {
	const struct table *table;
	unsigned column_count, condition_count, order_count; /* conditions: those that stand side by side */
	/* Of the answer, in its order; behind them, of one object that is not asked for whole, all of its columns once more,
	 * unseen: its tag (etag.h) is over all of them. */
	struct plan_output *columns;
	unsigned hidden_count;
	struct plan_condition *conditions;                   /* all of them have to hold */
	struct plan_order *orders;
	uint64_t limit, offset;
	bool lookahead; /* one row more than the limit is asked for, which tells whether there are more */
	bool keyset; /* the order tells all rows apart: a page can begin after a row */
	struct plan_condition *after; /* that page's beginning; it does not count as a filter; NULL: none */
	bool casts;  /* a column is shown as another type, as the request asks for */
	bool one_row; /* one object, 404 when there is none; otherwise an array */
	/* A lookup of one row by an integer key alone, which may share a statement with lookups of other keys: */
	const struct column *key_column; /* NULL: it is none */
	struct integer key;
	struct slice sql; /* the statement (sql_keep_read), */
	size_t sql_head;  /* of which so many bytes come before the first value */
};

/* Plans a GET or HEAD. STATUS_OK, or *fault; everything in the arena and in the schema. */
enum status plan_read(const struct route *, uint64_t max_rows, struct arena *, struct plan *,
                      struct fault *) MUST_CHECK;

#endif
