/* SPDX-License-Identifier: MIT
 *
 * query.h: the query string of a read, as the client meant it: names and values, decoded, with their places. Knows
 * the dialect (PostgREST's), no table and no SQL.
 */
#ifndef MYREST_QUERY_H
#define MYREST_QUERY_H

#include "arena.h"
#include "text.h"

/* Decoded text, and where it began: the position of its first byte in the raw query string, from 1. */
struct query_text {
	struct slice text;
	unsigned position;
};

struct query_filter { /* column=eq.value */
	struct query_text column, value;
};

struct query_order {
	struct query_text column;
	bool descending, nulls_first;
};

struct query {
	unsigned select_count, filter_count, order_count;
	bool select_all; /* no select, or a '*' in it: all columns stand before the named ones */
	struct query_text *select;
	struct query_filter *filters;
	struct query_order *orders;
	bool has_limit, has_offset;
	uint64_t limit, offset;
};

enum { QUERY_MAX_BYTES = 65536, QUERY_MAX_PARTS = 1000 };

/* Reads the raw query string (without '?'). STATUS_OK, or another status with *fault filled in; all in the arena. */
enum status query_parse(struct slice raw, struct arena *, struct query *, struct fault *fault) MUST_CHECK;

#endif
