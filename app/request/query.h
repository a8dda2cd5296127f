/* SPDX-License-Identifier: MIT
 *
 * query.h: the query string of a read, as the client meant it: a tree of names and values, decoded, with their places.
 * Knows the dialect (PostgREST's), no table and no SQL.
 */
#ifndef MYREST_QUERY_H
#define MYREST_QUERY_H

#include "base/arena.h"
#include "base/text.h"

/* What a client may ask for at most; each limit has an error of its own that names it. */
enum {
	QUERY_MAX_BYTES = 65536,
	QUERY_MAX_PARTS = 1000,  /* each: names with values; columns; order terms; filters, with those inside of others */
	QUERY_MAX_DEPTH = 32,    /* and(or(…)) */
	QUERY_MAX_ITEMS = 10000, /* of all lists, in.(…) and {…}, together */
	QUERY_MAX_STEPS = 16,    /* of a JSON path */
	QUERY_MAX_PATHS = 64,    /* order terms that are JSON paths: each is several of SQL's, to be sorted by */
};

/* Decoded text, and where it began: a place that scan_position knows. */
struct query_text {
	struct slice text;
	const char *at;
};

/* One step of a JSON path: a key of an object, or an element of an array (-1 is the last one). */
struct query_step {
	struct query_text key;
	bool is_index;
	int index;
};

/* A column, or what a path leads to in it: column->key->0->>key */
struct query_field {
	struct query_text column;
	unsigned step_count;
	struct query_step *steps;
	bool as_text; /* the last arrow is ->> */
};

struct query_column { /* alias:field::cast */
	struct query_field field;
	struct query_text alias, cast; /* empty: none */
	bool all;                      /* '*' */
};

/* X(name, word, may have (any) or (all)) */
#define QUERY_OPERATORS(X) \
	X(EQ, "eq", true) \
	X(NEQ, "neq", false) \
	X(GT, "gt", true) \
	X(GTE, "gte", true) \
	X(LT, "lt", true) \
	X(LTE, "lte", true) \
	X(LIKE, "like", true) \
	X(ILIKE, "ilike", true) \
	X(MATCH, "match", true) \
	X(IMATCH, "imatch", true) \
	X(IN, "in", false) \
	X(IS, "is", false) \
	X(ISDISTINCT, "isdistinct", false) \
	X(FTS, "fts", false) \
	X(PLFTS, "plfts", false) \
	X(PHFTS, "phfts", false) \
	X(WFTS, "wfts", false) \
	X(CS, "cs", false) \
	X(CD, "cd", false) \
	X(OV, "ov", false) \
	X(SL, "sl", false) \
	X(SR, "sr", false) \
	X(NXR, "nxr", false) \
	X(NXL, "nxl", false) \
	X(ADJ, "adj", false)

enum query_operator {
#define X(name, word, quantifiable) QUERY_##name,
	QUERY_OPERATORS(X)
#undef X
	QUERY_OPERATOR_COUNT
};

enum query_quantifier { QUERY_ONE, QUERY_ANY, QUERY_ALL };
enum query_is { QUERY_NULL, QUERY_NOT_NULL, QUERY_TRUE, QUERY_FALSE, QUERY_UNKNOWN };

struct query_value {
	struct query_text text;
	bool is_null; /* an unquoted NULL in {…} */
	struct query_value *next;
};

/* A filter, or a group of filters. */
struct query_condition {
	enum { QUERY_FILTER, QUERY_AND, QUERY_OR } kind;
	bool negated;
	struct query_condition *next;
	struct query_condition *first; /* of a group: never empty */
	struct query_field field;      /* of a filter, like all that follows */
	enum query_operator op;
	enum query_quantifier quantifier;
	enum query_is is;
	struct query_text language; /* of fts and its kin; empty: none */
	unsigned value_count;       /* 1, but for in.(…) and {…} */
	struct query_value *values;
	const char *at; /* where it stands */
};

struct query_order {
	struct query_field field;
	bool descending, nulls_first;
};

struct query {
	unsigned column_count, order_count;
	unsigned condition_count;           /* all of them, with those inside of groups */
	struct query_column *columns;       /* none: all */
	struct query_condition *conditions; /* all of them have to hold */
	struct query_condition *last;       /* of these */
	struct query_order *orders;
	bool has_limit, has_offset;
	uint64_t limit, offset;
	struct query_condition *after; /* after=(…): its values; NULL: none */
	/* Of writes: the names in columns= and on_conflict=; at: where they stand, NULL: they do not. */
	struct query_names {
		unsigned count;
		struct query_text *names;
		const char *at;
	} body_columns, on_conflict;
	struct slice raw; /* what was given, and beside it, part by part, decoded: for scan_position */
	char *decoded;
};

/* Reads the raw query string (without '?'). STATUS_OK, or another status with *fault filled in; all in the arena. */
enum status query_parse(struct slice raw, struct arena *, struct query *, struct fault *fault) MUST_CHECK;

const char *query_operator_word(enum query_operator);

#endif
