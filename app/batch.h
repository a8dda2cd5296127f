/* SPDX-License-Identifier: MIT
 *
 * batch.h: the statement that runs and the requests that share it: who may join, what is asked, which rows are whose.
 * Knows no connection and no event loop.
 */
#ifndef MYREST_BATCH_H
#define MYREST_BATCH_H

#include "merge.h"
#include "peer.h"
#include "render.h"

struct batch {
	const struct plan *plan; /* of the peer that leads; NULL: nothing runs */
	unsigned count;          /* requests that share */
	bool by_keys;            /* the statement asks for several keys */
	struct merge_keys keys;
	struct text sql;
	struct shared_text *text; /* the rows, rendered, joined by commas */
	size_t first_length;      /* of the first row's text */
	uint64_t rows;
	uint64_t replaced; /* places that were not valid UTF-8 */
	bool mistyped;     /* a value was not of its column's type */
};

void batch_begin(struct batch *, struct peer *leader);
/* Whether the peer's request may share the batch's statement, which has not been sent; if so it counts in. */
bool batch_join(struct batch *, const struct peer *);
/* The statement; call it when all have joined. Belongs to the batch. */
struct slice batch_sql(struct batch *);
/* Renders one row; answers its text with the comma before it, in batch->text. */
struct slice batch_row(struct batch *, const struct row *);
/* Fills in the peer's answer once all rows have come. */
void batch_answer(const struct batch *, struct peer *);
void batch_end(struct batch *);

#endif
