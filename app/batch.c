/* SPDX-License-Identifier: MIT */
#include "batch.h"

#include <string.h>

#include "answer.h"
#include "sql.h"

enum { TEXT_KEEP_BYTES = 1 << 20 };

void batch_begin(struct batch *batch, struct peer *leader)
{
	batch->plan = &leader->plan;
	batch->count = 1;
	batch->by_keys = batch->mistyped = false;
	batch->keys.count = 0;
	batch->rows = batch->replaced = 0;
	batch->first_length = 0;
	if (batch->plan->key_column != NULL)
		merge_add_key(&batch->keys, batch->plan->key);
}

bool batch_join(struct batch *batch, const struct peer *peer)
{
	if (!merge_same(batch->plan, &peer->plan) &&
	    !(merge_same_but_key(batch->plan, &peer->plan) && merge_add_key(&batch->keys, peer->plan.key) >= 0))
		return false;
	batch->count++;
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

struct slice batch_row(struct batch *batch, const struct row *row)
{
	struct text *text;
	size_t before, from;
	struct row values = *row;
	struct integer key;
	int place;

	if (batch->text == NULL)
		batch->text = shared_text_new();
	text = &batch->text->text;
	before = text->length;
	if (batch->rows > 0)
		text_add_char(text, ',');
	from = text->length;
	if (batch->by_keys) { /* the key comes first, before the plan's columns */
		values.values++;
		values.lengths++;
		values.count--;
	}
	batch->replaced += render_json_object(text, batch->plan->columns, batch->plan->column_count, &values,
	                                      &batch->mistyped);
	if (batch->by_keys &&
	    value_integer((struct slice){ row->values[0], row->lengths[0] }, &key) == STATUS_OK &&
	    (place = merge_find_key(&batch->keys, key)) >= 0) {
		batch->keys.from[place] = from;
		batch->keys.length[place] = text->length - from;
	}
	if (batch->rows++ == 0)
		batch->first_length = text->length;
	return (struct slice){ text->bytes + before, text->length - before };
}

void batch_answer(const struct batch *batch, struct peer *peer)
{
	struct slice rows = { "", 0 };
	uint64_t count = batch->rows;
	int place;

	if (batch->text != NULL)
		rows = (struct slice){ batch->text->text.bytes, batch->text->text.length };
	if (batch->by_keys) {
		place = merge_find_key(&batch->keys, peer->plan.key);
		rows.length = place >= 0 ? batch->keys.length[place] : 0;
		if (rows.length > 0)
			rows.bytes += batch->keys.from[place];
		count = rows.length > 0 ? 1 : 0;
	} else if (peer->plan.single && count > 0) {
		rows.length = batch->first_length;
		count = 1;
	}
	answer_rows(peer, batch->text, rows, count);
	peer->merged = batch->count > 1;
}

void batch_end(struct batch *batch)
{
	struct shared_text *text = batch->text;

	batch->plan = NULL;
	batch->count = 0;
	/* Once every answer has been written the text is nobody else's, and its memory serves the next batch. */
	if (text == NULL)
		return;
	if (text->references > 1 || text->text.size > TEXT_KEEP_BYTES) {
		shared_text_drop(text);
		batch->text = NULL;
	} else
		text_clear(&text->text);
}
