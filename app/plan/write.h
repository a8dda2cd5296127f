/* SPDX-License-Identifier: MIT
 *
 * write.h: what a request asks to be written: every name looked up, every value a literal of its column's type. Which rows
 * it is about and what the answer shows of them stands in a struct plan beside it. Knows no connection; who makes the changes
 * is run_write.h.
 */
#ifndef MYREST_WRITE_H
#define MYREST_WRITE_H

#include "plan/plan.h"
#include "web/prefer.h"

enum write_kind { WRITE_INSERT, WRITE_UPDATE, WRITE_DELETE, WRITE_PUT };

struct write {
	enum write_kind kind;
	/* What is written; nothing by a DELETE. */
	bool is_list; /* the body is a list: faults name the row */
	unsigned column_count, row_count;
	const struct column **columns;
	struct slice *values; /* literals, row by row; of an UPDATE and a PUT there is one row */
	struct slice *changes; /* PUT: what they are where the row is there; no bytes: the column stays as it is */
	/* INSERT: what is done about a row that is there already. */
	enum prefer_resolution resolution;
	const struct key *conflict; /* by which it is told; with a resolution alone */
	/* Set by who makes the changes: */
	bool one_by_one; /* each row has a statement of its own; */
	bool plain;      /* the next statement changes nothing that is there already: it is an error */
	bool returning;  /* UPDATE, DELETE: without a key the statement itself gives back the rows that it changes */
	/* What else is wanted. */
	enum prefer_return returned;
	const struct key *key;      /* the primary key, whether clients may see it or not; NULL: none */
	unsigned *key_outputs;      /* where its columns stand among the plan's outputs, once they have been asked for */
	unsigned max_rows;          /* the most that may be returned */
	bool singular;              /* one object is asked for: not exactly one row is a fault */
	bool has_max_affected;
	uint64_t max_affected;
	bool counts_first;          /* UPDATE, DELETE: their number has to be known before, as nothing can be undone */
	bool rollback;              /* it is only tried */
	struct slice if_match;      /* no bytes: none */
	bool unless_there;          /* PUT with If-None-Match: * */
	struct slice idempotency_key; /* no bytes: none */
	unsigned char request_hash[16]; /* of all that the answer depends on */
};

/* Whether the database makes a part of the key in that row of the body, which names none: an id that was never there.
 * It meets no row by that key, then, whatever the server finds there. */
bool write_makes_key(const struct write *, const struct table *, const struct key *, unsigned row);
/* Whether the database makes the value at that place of the row, an id. The row that an upsert meets keeps its own. */
bool write_makes_value(const struct write *, const struct table *, unsigned row, unsigned place);
/* How many rows there are from that one on which have one INSERT: those for which a row may be there already, or those
 * for which none can be (see above); of those that change what is there, those for which the same ids are made. */
unsigned write_run(const struct write *, const struct table *, unsigned row);

/* Whether nothing is there to be written, and the answer is known. */
bool write_is_empty(const struct write *, const struct plan *);
/* Whether rows are wanted back, to be shown or for Location. */
bool write_returns(const struct write *, const struct plan *);
/* Whether the rows have to be locked and looked at first. */
bool write_looks_first(const struct write *);

#endif
