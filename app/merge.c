/* SPDX-License-Identifier: MIT */
#include "merge.h"

#include <string.h>

bool merge_same(const struct plan *a, const struct plan *b)
{
	return a->sql.length == b->sql.length && memcmp(a->sql.bytes, b->sql.bytes, a->sql.length) == 0;
}

bool merge_same_but_key(const struct plan *a, const struct plan *b)
{
	return a->key_column != NULL && a->key_column == b->key_column && a->table == b->table &&
	       a->column_count == b->column_count &&
	       memcmp(a->columns, b->columns, a->column_count * sizeof(*a->columns)) == 0;
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
	keys->from[keys->count] = keys->length[keys->count] = 0;
	return (int)keys->count++;
}
