/* SPDX-License-Identifier: MIT
 *
 * batch.h: the statement that runs and the requests that share it: who may join, what is asked, which rows are whose,
 * how many there are in all. Knows no connection and no event loop.
 */
#ifndef MYREST_BATCH_H
#define MYREST_BATCH_H

#include "response/answer.h"
#include "response/peer.h"
#include "response/render.h"
#include "web/etag.h"
#include "worker/merge.h"

/* As what rows are rendered; one rendering serves all requests that want it. */
enum rendering { RENDERING_JSON, RENDERING_CSV, RENDERING_NDJSON, RENDERINGS };

struct batch {
	const struct plan *plan; /* of the peer that leads; NULL: nothing runs */
	unsigned count;          /* requests that share */
	bool by_keys;            /* the statement asks for several keys */
	struct merge_keys keys;
	struct text sql;
	bool wanted[RENDERINGS];
	struct shared_text *texts[RENDERINGS]; /* the rows, rendered, in JSON joined by commas */
	struct {
		size_t from, length; /* length 0: no such row */
	} places[RENDERINGS][MERGE_KEYS]; /* of each key's row, or of the first row, in the text */
	bool wants_tags;                  /* one object is asked for */
	struct etag tags[MERGE_KEYS];     /* of each key's row, or of the first row */
	bool has_list_tag[RENDERINGS];
	struct etag list_tags[RENDERINGS]; /* of all rows together, once it has been asked for */
	bool more;               /* there are rows behind the last one */
	struct text place;       /* where the last one stands in the order; empty: it cannot be said */
	bool counts_only;                 /* the rows need not be kept any more */
	uint64_t rows;
	uint64_t replaced; /* places that were not valid UTF-8 */
	bool mistyped;     /* a value was not of its column's type */
	/* How many rows there are in all. */
	bool wants_count[COUNT_ESTIMATED + 1], has_exact, has_planned;
	bool unlocked; /* the database has refused to lock the table for its snapshot */
	uint64_t exact, planned;
};

/* Whether two requests that wait could share a statement. */
bool batch_may_share(const struct peer *, const struct peer *);
void batch_begin(struct batch *, struct peer *leader);
/* Whether the peer's request may share the batch's statement, which has not been sent; if so it counts in. */
bool batch_join(struct batch *, const struct peer *);
/* The statement; call it when all have joined. Belongs to the batch. */
struct slice batch_sql(struct batch *);
/* Whether its rows surely have no more than so many characters together, or are but one; after batch_sql. */
bool batch_is_small(const struct batch *, size_t characters);
/* Whether the planner is to be asked; whether all are to be counted, in one snapshot with the rows (call it after the
 * planner's answer, if it is asked). */
bool batch_wants_planned(const struct batch *);
bool batch_wants_exact(const struct batch *, uint64_t max_rows);
/* The statements for both; explain is how the server's EXPLAIN begins. */
struct slice batch_planned_sql(struct batch *, const char *explain);
struct slice batch_exact_sql(struct batch *);
/* Their rows. */
void batch_planned_row(struct batch *, const struct row *);
/* Begins a transaction in which the count and the rows are of one moment. */
struct slice batch_begin_sql(struct batch *);
void batch_no_guess(struct batch *); /* there is none, whatever rows have come: it is counted */
void batch_exact_row(struct batch *, const struct row *);
/* Renders one row. */
void batch_row(struct batch *, const struct row *);
/* Whether nobody gets more than one row: an answer that is whole once it is rendered, however long. */
bool batch_is_of_single_rows(const struct batch *);
size_t batch_length(const struct batch *); /* of all that is rendered */
/* Whether some rendering has more bytes than this; whether the peer's has. */
bool batch_exceeds(const struct batch *, size_t bytes);
bool batch_exceeds_for(const struct batch *, const struct peer *, size_t bytes);
/* Makes the renderings no more that have more bytes than this; whether the peer's is still made. */
void batch_drop_large(struct batch *, size_t bytes);
bool batch_serves(const struct batch *, const struct peer *);
/* What has been rendered for the peer, for its stream; batch_clear_text makes room for the next rows. */
struct slice batch_rendered(const struct batch *, const struct peer *);
void batch_clear_text(struct batch *);
/* Fills in the peer's answer once all rows have come. */
void batch_answer(struct batch *, struct peer *);
/* The rows in the batch are those that the peer's write gives back; the rest of the answer stands in it. */
void batch_answer_written(struct batch *, struct peer *, struct answer_written *);
/* Whether a list of tags names that of the one object in the batch, as any media type. */
bool batch_has_tag(const struct batch *, struct slice list);
void batch_end(struct batch *);
void batch_release(struct batch *);

#endif
