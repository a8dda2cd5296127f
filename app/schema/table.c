/* SPDX-License-Identifier: MIT */
#include "schema/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"

const struct table *schema_table(const struct schema *schema, struct slice name)
{
	for (unsigned i = 0; i < schema->table_count; i++)
		if (schema->tables[i].name.length == name.length &&
		    memcmp(schema->tables[i].name.bytes, name.bytes, name.length) == 0)
			return &schema->tables[i];
	return NULL;
}

bool table_is_known(const struct column *column)
{
	return column->exposed || column->writable;
}

const struct column *table_known_column(const struct table *table, const char *name, size_t length)
{
	for (unsigned i = 0; i < table->column_count; i++)
		if (table_is_known(&table->columns[i]) && table->columns[i].name.length == length &&
		    memcmp(table->columns[i].name.bytes, name, length) == 0)
			return &table->columns[i];
	return NULL;
}

const struct column *table_column(const struct table *table, const char *name, size_t length)
{
	const struct column *column = table_known_column(table, name, length);

	return column != NULL && column->exposed ? column : NULL;
}

bool table_fulltext(const struct table *table, const struct column *column)
{
	for (unsigned i = 0; i < table->key_count; i++)
		if (table->keys[i].fulltext && table->keys[i].column_count == 1 &&
		    &table->columns[table->keys[i].columns[0]] == column)
			return true;
	return false;
}

bool table_integer_key(const struct table *table, const struct column *column)
{
	if (column->type != COLUMN_INTEGER || column->nullable)
		return false;
	for (unsigned i = 0; i < table->key_count; i++)
		if (table->keys[i].unique && table->keys[i].column_count == 1 &&
		    &table->columns[table->keys[i].columns[0]] == column)
			return true;
	return false;
}

const struct key *table_primary(const struct table *table)
{
	for (unsigned i = 0; i < table->key_count; i++) {
		const struct key *key = &table->keys[i];
		unsigned seen = 0;

		for (unsigned c = 0; c < key->column_count; c++)
			seen += table->columns[key->columns[c]].exposed;
		if (key->primary)
			return seen == key->column_count ? key : NULL;
	}
	return NULL;
}

bool table_key_compares(const struct table *table, const struct key *key)
{
	for (unsigned i = 0; i < key->column_count; i++) {
		const struct column *column = &table->columns[key->columns[i]];

		if (column->type == COLUMN_JSON || column->incomparable)
			return false;
	}
	return true;
}

/* No member has more characters than bytes. */
static uint64_t longest_member(const struct column *column)
{
	uint64_t most = 0;

	for (unsigned i = 0; i < column->member_count; i++)
		if (column->members[i].length > most)
			most = column->members[i].length;
	return most;
}

/* With room for what is rare: -Infinity, years with six digits, BC, zones. */
static uint64_t most_characters(const struct column *column)
{
	enum { BESIDE_DIGITS = 9, DOUBLE = 32, MOMENT = 40, UUID = 36 };

	switch (column->type) {
	case COLUMN_INTEGER:
	case COLUMN_BOOLEAN:
	case COLUMN_YEAR:
		return INTEGER_CHARACTERS;
	case COLUMN_DECIMAL:
		return column->precision > 0 ? column->precision + BESIDE_DIGITS : 0;
	case COLUMN_FLOAT:
	case COLUMN_DOUBLE:
		return DOUBLE;
	case COLUMN_DATE:
	case COLUMN_TIME:
	case COLUMN_DATETIME:
	case COLUMN_TIMESTAMP:
		return MOMENT;
	case COLUMN_STRING:
		if (column->kind == KIND_UUID)
			return UUID;
		return column->kind == KIND_ENUM ? longest_member(column) : column->length;
	case COLUMN_BIT:
	case COLUMN_BINARY:
		return column->length;
	case COLUMN_JSON:
	case COLUMN_GEOMETRY:
	case COLUMN_ARRAY:
		break;
	}
	return 0;
}

/* Where clients may see no others, the invisible ones are shown as any. */
static void find_invisible(struct table *table)
{
	bool others = false;

	for (unsigned i = 0; i < table->column_count; i++)
		others = others || (table->columns[i].exposed && !table->columns[i].invisible);
	for (unsigned i = 0; i < table->column_count; i++) {
		table->columns[i].invisible = table->columns[i].invisible && others;
		table->has_invisible = table->has_invisible || (table->columns[i].exposed && table->columns[i].invisible);
	}
}

void table_finish(struct table *table, struct arena *arena)
{
	const struct key *primary;
	struct text json = { 0 };

	for (unsigned i = 0; i < table->column_count; i++) {
		struct column *column = &table->columns[i];

		text_clear(&json);
		json_add_string(&json, column->name.bytes, column->name.length);
		text_add_char(&json, ':');
		column->json_key = (struct slice){ arena_text(arena, json.bytes, json.length), json.length };
		column->characters = most_characters(column);
	}
	text_release(&json);
	find_invisible(table);
	primary = table_primary(table);
	table->key_column = -1;
	if (primary != NULL && primary->column_count == 1 && table_key_compares(table, primary))
		table->key_column = primary->columns[0];
}

void schema_free(struct schema *schema)
{
	if (schema == NULL)
		return;
	arena_release(&schema->arena);
	free(schema);
}
