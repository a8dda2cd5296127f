/* SPDX-License-Identifier: MIT */
#include "worker/batch.h"

#include <stdlib.h>
#include <string.h>

#include "response/answer.h"
#include "response/page_link.h"
#include "schema/dialect.h"
#include "sql/sql.h"
#include "web/negotiate.h"

enum { TEXT_KEEP_BYTES = 1 << 20 };

static enum rendering rendering_of(const struct peer *peer)
{
	static const enum rendering renderings[MEDIA_COUNT] = {
		[MEDIA_JSON] = RENDERING_JSON,
		[MEDIA_OBJECT] = RENDERING_JSON,
		[MEDIA_CSV] = RENDERING_CSV,
		[MEDIA_NDJSON] = RENDERING_NDJSON,
	};

	return renderings[peer->media];
}

static void count_in(struct batch *batch, const struct peer *peer)
{
	batch->count++;
	batch->wanted[rendering_of(peer)] = true;
	batch->wants_tags = batch->wants_tags || peer->plan.one_row;
	/* Of one key there is one row or none. */
	batch->wants_count[peer->plan.key_column == NULL && !peer->plan.one_row ? peer->request.preferences.count :
	                                                                       COUNT_NONE] = true;
}

void batch_begin(struct batch *batch, struct peer *leader)
{
	batch->plan = &leader->plan;
	batch->count = 0;
	batch->by_keys = batch->mistyped = batch->wants_tags = batch->counts_only = false;
	batch->has_exact = batch->has_planned = batch->more = batch->unlocked = false;
	text_clear(&batch->place);
	memset(batch->wanted, 0, sizeof(batch->wanted));
	memset(batch->has_list_tag, 0, sizeof(batch->has_list_tag));
	memset(batch->wants_count, 0, sizeof(batch->wants_count));
	batch->keys.count = 0;
	batch->rows = batch->replaced = 0;
	for (int r = 0; r < RENDERINGS; r++)
		batch->places[r][0].length = 0;
	if (batch->plan->key_column != NULL)
		merge_add_key(&batch->keys, batch->plan->key);
	count_in(batch, leader);
}

/* The key's place; new ones have no row yet. */
static bool add_key(struct batch *batch, struct integer key)
{
	unsigned before = batch->keys.count;
	int place = merge_add_key(&batch->keys, key);

	if (batch->keys.count > before)
		for (int r = 0; r < RENDERINGS; r++)
			batch->places[r][place].length = 0;
	return place >= 0;
}

bool batch_may_share(const struct peer *one, const struct peer *other)
{
	return one->write == NULL && other->write == NULL && !one->alone && !other->alone &&
	       (merge_same(&one->plan, &other->plan) || merge_same_but_key(&one->plan, &other->plan));
}

bool batch_join(struct batch *batch, const struct peer *peer)
{
	if (!merge_same(batch->plan, &peer->plan) &&
	    !(merge_same_but_key(batch->plan, &peer->plan) && add_key(batch, peer->plan.key)))
		return false;
	count_in(batch, peer);
	return true;
}

struct slice batch_sql(struct batch *batch)
{
	batch->by_keys = batch->keys.count > 1;
	if (!batch->by_keys)
		return batch->plan->sql;
	text_clear(&batch->sql);
	sql_read_keys(&batch->sql, batch->plan, batch->keys.keys, batch->keys.count);
	return (struct slice){ batch->sql.bytes, batch->sql.length };
}

bool batch_is_small(const struct batch *batch, size_t characters)
{
	enum { VALUE = 16 }; /* what one takes beside its characters */
	const struct plan *plan = batch->plan;
	uint64_t rows = plan->limit + plan->lookahead, row = batch->by_keys ? VALUE + INTEGER_CHARACTERS : 0;
	unsigned count = plan->column_count + plan->hidden_count;

	if (batch->by_keys)
		rows = batch->keys.count;
	else if (batch_is_of_single_rows(batch))
		return true;
	for (unsigned i = 0; i < count; i++) {
		if (plan->columns[i].characters == 0)
			return rows <= 1;
		row += VALUE + plan->columns[i].characters;
	}
	return rows <= 1 || row <= characters / rows;
}

/* --- How many there are --- */

bool batch_wants_planned(const struct batch *batch)
{
	return batch->wants_count[COUNT_PLANNED] || batch->wants_count[COUNT_ESTIMATED];
}

bool batch_wants_exact(const struct batch *batch, uint64_t max_rows)
{
	return batch->wants_count[COUNT_EXACT] || (batch->wants_count[COUNT_PLANNED] && !batch->has_planned) ||
	       (batch->wants_count[COUNT_ESTIMATED] && (!batch->has_planned || batch->planned <= max_rows));
}

static struct slice count_sql(struct batch *batch, const char *explain, const char *what)
{
	text_clear(&batch->sql);
	text_add_string(&batch->sql, explain);
	sql_count(&batch->sql, batch->plan, what);
	return (struct slice){ batch->sql.bytes, batch->sql.length };
}

struct slice batch_planned_sql(struct batch *batch, const char *explain)
{
	return count_sql(batch, explain, "1");
}

struct slice batch_exact_sql(struct batch *batch)
{
	return count_sql(batch, "", "COUNT(*)");
}

void batch_planned_row(struct batch *batch, const struct row *row)
{
	double rows = (double)batch->planned;

	if (!batch->plan->table->dialect->planned(row, !batch->has_planned, &rows))
		return;
	batch->planned = rows >= 1e18 ? (uint64_t)1e18 : rows >= 0 ? (uint64_t)rows : 0; /* 0 also for what is no number */
	batch->has_planned = true;
}

struct slice batch_begin_sql(struct batch *batch)
{
	const struct table *table = batch->plan->table;

	text_clear(&batch->sql);
	table->dialect->begin_snapshot(&batch->sql, table, batch->unlocked);
	return (struct slice){ batch->sql.bytes, batch->sql.length };
}

void batch_no_guess(struct batch *batch)
{
	batch->has_planned = false;
}

void batch_exact_row(struct batch *batch, const struct row *row)
{
	batch->exact = row->values[0] != NULL ? strtoull(row->values[0], NULL, 10) : 0;
	batch->has_exact = true;
}

/* --- The rows --- */

static struct text *text_of(struct batch *batch, enum rendering rendering)
{
	if (batch->texts[rendering] == NULL)
		batch->texts[rendering] = shared_text_new();
	return &batch->texts[rendering]->text;
}

static void render_row(struct batch *batch, enum rendering rendering, const struct row *row, int place)
{
	const struct plan *plan = batch->plan;
	struct text *text = text_of(batch, rendering);
	size_t from;

	if (rendering == RENDERING_JSON && batch->rows > 0)
		text_add_char(text, ',');
	from = text->length;
	if (rendering == RENDERING_CSV)
		batch->replaced += render_csv_row(text, plan->columns, plan->column_count, row, &batch->mistyped);
	else
		batch->replaced += render_json_object(text, plan->columns, plan->column_count, row, &batch->mistyped);
	if (rendering == RENDERING_NDJSON)
		text_add_char(text, '\n');
	if (place >= 0) {
		batch->places[rendering][place].from = from;
		batch->places[rendering][place].length = text->length - from;
	}
}

void batch_row(struct batch *batch, const struct row *row)
{
	const struct plan *plan = batch->plan;
	struct row values = *row;
	struct integer key;
	int place = batch->rows == 0 ? 0 : -1;
	unsigned from = plan->hidden_count > 0 ? plan->column_count : 0;

	if (!batch->by_keys && plan->lookahead && batch->rows == plan->limit) { /* nobody gets it */
		batch->more = true;
		return;
	}
	if (!batch->by_keys && plan->keyset && batch->rows + 1 == plan->limit &&
	    !page_link_add_place(&batch->place, plan, row))
		text_clear(&batch->place);
	if (batch->by_keys) { /* the key comes first, before the plan's columns */
		values.values++;
		values.lengths++;
		values.count--;
		place = -1;
		if (integer_read((struct slice){ row->values[0], row->lengths[0] }, &key) == STATUS_OK)
			place = merge_find_key(&batch->keys, key);
	}
	if (batch->wants_tags && place >= 0)
		batch->tags[place] = etag_of_row(values.values + from, values.lengths + from, values.count - from);
	for (int r = 0; r < RENDERINGS; r++)
		if (batch->wanted[r] && !batch->counts_only)
			render_row(batch, (enum rendering)r, &values, place);
	batch->rows++;
}

bool batch_is_of_single_rows(const struct batch *batch)
{
	return batch->plan->one_row || batch->plan->key_column != NULL;
}

static size_t length_of(const struct batch *batch, enum rendering rendering)
{
	return batch->texts[rendering] != NULL ? batch->texts[rendering]->text.length : 0;
}

size_t batch_length(const struct batch *batch)
{
	size_t length = 0;

	for (int r = 0; r < RENDERINGS; r++)
		length += length_of(batch, (enum rendering)r);
	return length;
}

bool batch_exceeds(const struct batch *batch, size_t bytes)
{
	for (int r = 0; r < RENDERINGS; r++)
		if (length_of(batch, (enum rendering)r) > bytes)
			return true;
	return false;
}

bool batch_exceeds_for(const struct batch *batch, const struct peer *peer, size_t bytes)
{
	return length_of(batch, rendering_of(peer)) > bytes;
}

void batch_drop_large(struct batch *batch, size_t bytes)
{
	for (int r = 0; r < RENDERINGS; r++)
		if (length_of(batch, (enum rendering)r) > bytes) {
			batch->wanted[r] = false;
			text_clear(&batch->texts[r]->text);
		}
}

bool batch_serves(const struct batch *batch, const struct peer *peer)
{
	return batch->wanted[rendering_of(peer)];
}

struct slice batch_rendered(const struct batch *batch, const struct peer *peer)
{
	const struct shared_text *shared = batch->texts[rendering_of(peer)];

	return shared != NULL ? (struct slice){ shared->text.bytes, shared->text.length } : (struct slice){ "", 0 };
}

void batch_clear_text(struct batch *batch)
{
	for (int r = 0; r < RENDERINGS; r++)
		if (batch->texts[r] != NULL)
			text_clear(&batch->texts[r]->text);
}

/* --- The answers --- */

static void set_total(const struct batch *batch, const struct peer *peer, struct answer_rows *answer)
{
	uint64_t seen = peer->plan.offset + answer->count;

	if (peer->request.preferences.count == COUNT_NONE)
		return;
	answer->has_total = true;
	if (peer->plan.key_column != NULL)
		answer->total = answer->count;
	else if (batch->has_exact && (!batch->has_planned || peer->request.preferences.count != COUNT_PLANNED))
		answer->total = batch->exact;
	else /* a guess that the rows themselves disprove is mended */
		answer->total = answer->count > 0 && batch->planned < seen ? seen : batch->planned;
}

static struct etag make_list_tag(struct batch *batch, enum rendering rendering, struct slice rows)
{
	if (!batch->has_list_tag[rendering])
		batch->list_tags[rendering] = etag_of_bytes(rows);
	batch->has_list_tag[rendering] = true;
	return batch->list_tags[rendering];
}

void batch_answer(struct batch *batch, struct peer *peer)
{
	enum rendering rendering = rendering_of(peer);
	struct answer_rows answer = { .shared = batch->texts[rendering], .rows = batch_rendered(batch, peer),
		                      .count = batch->rows, .merged = batch->count };
	int place = 0;

	if (batch->by_keys)
		place = merge_find_key(&batch->keys, peer->plan.key);
	if (batch->by_keys || peer->plan.one_row) { /* one of the rows */
		answer.rows.length = place >= 0 && batch->rows > 0 ? batch->places[rendering][place].length : 0;
		if (answer.rows.length > 0)
			answer.rows.bytes += batch->places[rendering][place].from;
		answer.count = answer.rows.length > 0 ? 1 : 0;
	}
	if (batch->more)
		answer.place = (struct slice){ batch->place.bytes, batch->place.length };
	answer.more = batch->more;
	set_total(batch, peer, &answer);
	if (peer->plan.one_row && answer.count > 0)
		answer.etag = batch->tags[place];
	else
		answer.etag = batch->by_keys ? etag_of_bytes(answer.rows) : make_list_tag(batch, rendering, answer.rows);
	answer_rows(peer, &answer);
	peer->merged = batch->count > 1;
}

void batch_answer_written(struct batch *batch, struct peer *peer, struct answer_written *answer)
{
	answer->shared = batch->texts[rendering_of(peer)];
	answer->rows = batch_rendered(batch, peer);
	answer->has_tag = peer->plan.one_row && batch->rows == 1;
	answer->etag = batch->tags[0];
	answer_written(peer, answer);
}

bool batch_has_tag(const struct batch *batch, struct slice list)
{
	char tag[ETAG_BYTES];

	for (int media = 0; media < MEDIA_COUNT; media++) {
		etag_print(tag, batch->tags[0], (enum media)media);
		if (http_names_tag(list, tag))
			return true;
	}
	return false;
}

void batch_end(struct batch *batch)
{
	batch->plan = NULL;
	batch->count = 0;
	/* Once every answer has been written the text is nobody else's, and its memory serves the next batch. */
	for (int r = 0; r < RENDERINGS; r++) {
		struct shared_text *text = batch->texts[r];

		if (text == NULL)
			continue;
		if (text->references > 1 || text->text.size > TEXT_KEEP_BYTES) {
			shared_text_drop(text);
			batch->texts[r] = NULL;
		} else
			text_clear(&text->text);
	}
}

void batch_release(struct batch *batch)
{
	batch_end(batch);
	for (int r = 0; r < RENDERINGS; r++)
		shared_text_drop(batch->texts[r]);
	text_release(&batch->sql);
	text_release(&batch->place);
}
