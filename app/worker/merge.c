/* SPDX-License-Identifier: MIT */
#include "worker/merge.h"

#include <string.h>

static bool is_equal(struct slice a, struct slice b)
{
	return a.length == b.length && (a.bytes == b.bytes || memcmp(a.bytes, b.bytes, a.length) == 0);
}

/* Whether the rows look the same: an alias and how a value is shown are not in the statement. */
static bool has_same_columns(const struct plan *a, const struct plan *b, bool with_sql)
{
	if (a->column_count != b->column_count || a->hidden_count != b->hidden_count)
		return false;
	for (unsigned i = 0; i < a->column_count; i++)
		if (!is_equal(a->columns[i].json_key, b->columns[i].json_key) ||
		    a->columns[i].type != b->columns[i].type || a->columns[i].length != b->columns[i].length ||
		    (with_sql && !is_equal(a->columns[i].sql, b->columns[i].sql)))
			return false;
	return true;
}

/* A list of at most 999 rows asks for 1000, to see whether there are more, as the lookup of one key does in which others
 * may join: it is answered in another way. */
bool merge_same(const struct plan *a, const struct plan *b)
{
	return a->key_column == b->key_column && a->lookahead == b->lookahead && is_equal(a->sql, b->sql) &&
	       has_same_columns(a, b, false);
}

bool merge_same_but_key(const struct plan *a, const struct plan *b)
{
	return a->key_column != NULL && a->key_column == b->key_column && a->table == b->table &&
	       has_same_columns(a, b, true);
}

int merge_find_key(const struct merge_keys *keys, struct integer key)
{
	for (unsigned i = 0; i < keys->count; i++)
		if (integer_equal(keys->keys[i], key))
			return (int)i;
	return -1;
}

int merge_add_key(struct merge_keys *keys, struct integer key)
{
	int place = merge_find_key(keys, key);

	if (place >= 0 || keys->count == MERGE_KEYS)
		return place;
	keys->keys[keys->count] = key;
	return (int)keys->count++;
}
