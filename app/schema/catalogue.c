/* SPDX-License-Identifier: MIT */
#include "schema/catalogue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/dialect.h"
#include "schema/literal.h"

struct catalogue *catalogue_new(const struct table_choices *choices, const struct table_choices *writable,
                               int statements, const struct dialect *dialect)
{
	struct catalogue *catalogue = memory_alloc(sizeof(*catalogue));

	catalogue->choices = choices;
	catalogue->writable = writable;
	catalogue->statement = -1;
	catalogue->statements = statements;
	catalogue->dialect = dialect;
	catalogue->schema = memory_alloc(sizeof(*catalogue->schema));
	catalogue->schema->choices = choices;
	catalogue->schema->writable = writable;
	catalogue->schema->tables = arena_alloc(&catalogue->schema->arena, choices->count * sizeof(struct table));
	return catalogue;
}

void catalogue_add_names(const struct catalogue *catalogue, struct text *sql)
{
	unsigned count = 0;

	text_add_char(sql, '(');
	for (unsigned i = 0; i < catalogue->choices->count; i++)
		if (catalogue->is_name == NULL || catalogue->is_name(catalogue->choices->entries[i].name)) {
			if (count++ > 0)
				text_add_char(sql, ',');
			literal_add_string(sql, catalogue->choices->entries[i].name);
		}
	if (count == 0)
		text_add_string(sql, "NULL"); /* no table */
	text_add_char(sql, ')');
}

bool catalogue_is_null(const struct row *row, unsigned n)
{
	return n >= row->count || row->values[n] == NULL;
}

struct slice catalogue_value(const struct row *row, unsigned n)
{
	if (catalogue_is_null(row, n))
		return (struct slice){ "", 0 };
	return (struct slice){ row->values[n], row->lengths[n] };
}

uint64_t catalogue_number(const struct row *row, unsigned n)
{
	return strtoull(catalogue_value(row, n).bytes, NULL, 10);
}

struct slice catalogue_keep(struct catalogue *catalogue, struct slice slice)
{
	return (struct slice){ arena_text(&catalogue->schema->arena, slice.bytes, slice.length), slice.length };
}

static struct slice quoted(struct catalogue *catalogue, struct slice name)
{
	char *copy = arena_alloc(&catalogue->schema->arena, name.length * 2 + 3);
	size_t length = 0;

	copy[length++] = catalogue->dialect->quote;
	for (size_t i = 0; i < name.length; i++) {
		if (name.bytes[i] == catalogue->dialect->quote)
			copy[length++] = catalogue->dialect->quote;
		copy[length++] = name.bytes[i];
	}
	copy[length++] = catalogue->dialect->quote;
	return (struct slice){ copy, length };
}

/* Arrays of a table grow in the schema's arena by doubling: what is left behind is little, and goes with the arena. */
static void *grown(struct catalogue *catalogue, void *array, unsigned count, size_t size)
{
	void *larger;

	if (count != 0 && (count < 8 || (count & (count - 1)) != 0))
		return array;
	larger = arena_alloc(&catalogue->schema->arena, (count == 0 ? 8 : count * 2) * size);
	return count == 0 ? larger : memcpy(larger, array, count * size);
}

static struct table *find_table(struct catalogue *catalogue, struct slice name)
{
	return (struct table *)(uintptr_t)schema_table(catalogue->schema, name);
}

struct table *catalogue_table(struct catalogue *catalogue, const struct row *row)
{
	return find_table(catalogue, catalogue_value(row, 0));
}

struct table *catalogue_add_table(struct catalogue *catalogue, struct slice name)
{
	struct schema *schema = catalogue->schema;
	struct table *table;

	if (table_choice_find(catalogue->choices, name) == NULL || find_table(catalogue, name) != NULL)
		return NULL;
	table = &schema->tables[schema->table_count++];
	table->name = catalogue_keep(catalogue, name);
	table->dialect = catalogue->dialect;
	table->json_forward = catalogue->json_forward;
	table->quoted = table->quoted_name = quoted(catalogue, table->name);
	table->comment = "";
	return table;
}

void catalogue_qualify(struct catalogue *catalogue, struct table *table, struct slice schema)
{
	struct slice before = quoted(catalogue, schema);
	size_t length = before.length + 1 + table->quoted.length;
	char *both = arena_alloc(&catalogue->schema->arena, length + 1);

	memcpy(both, before.bytes, before.length);
	both[before.length] = '.';
	memcpy(both + before.length + 1, table->quoted.bytes, table->quoted.length);
	table->quoted = (struct slice){ both, length };
}

bool catalogue_wants_writable(const struct catalogue *catalogue, const struct table *table)
{
	return table_choice_find(catalogue->writable, table->name) != NULL;
}

void catalogue_untold(struct catalogue *catalogue, struct table *table, const char *why, enum status refusal)
{
	catalogue->schema->incomplete = true;
	table->untold = catalogue_keep(catalogue, (struct slice){ why, strlen(why) }).bytes;
	table->refusal = refusal;
}

struct column *catalogue_add_column(struct catalogue *catalogue, struct table *table, struct slice name)
{
	struct column *column;

	if (table->column_count == UINT16_MAX)
		return NULL;
	table->columns = grown(catalogue, table->columns, table->column_count, sizeof(*table->columns));
	column = &table->columns[table->column_count++];
	column->name = catalogue_keep(catalogue, name);
	column->quoted = quoted(catalogue, column->name);
	column->comment = "";
	return column;
}

void catalogue_expose(struct catalogue *catalogue, const struct table *table, struct column *column)
{
	const struct table_choice *choice = table_choice_find(catalogue->choices, table->name);
	bool chosen = table_choice_has(choice, column->name);

	column->invisible = column->invisible && choice->column_count == 0;
	column->exposed = chosen && !column->unreadable;
	column->writable = chosen && !column->generated && table->writable &&
	                   table_choice_has(table_choice_find(catalogue->writable, table->name), column->name);
}

void catalogue_take_members(struct column *column, struct slice list, struct arena *arena)
{
	const char *at = list.bytes, *end = at + list.length;
	struct text member = { 0 };
	struct slice *members;
	unsigned count = 0;

	while ((at = literal_take_string(at, end, &member)) != NULL)
		count++;
	members = arena_alloc(arena, (count + 1) * sizeof(*members));
	at = list.bytes;
	for (unsigned i = 0; i < count; i++) {
		at = literal_take_string(at, end, &member);
		members[i] = (struct slice){ arena_text(arena, member.bytes, member.length), member.length };
	}
	text_release(&member);
	column->members = members;
	column->member_count = count;
}

int catalogue_column_index(const struct table *table, struct slice name)
{
	for (unsigned i = 0; i < table->column_count; i++)
		if (table->columns[i].name.length == name.length &&
		    memcmp(table->columns[i].name.bytes, name.bytes, name.length) == 0)
			return (int)i;
	return -1;
}

struct key *catalogue_add_key(struct catalogue *catalogue, struct table *table, struct slice name, bool *is_new)
{
	struct key *key = table->key_count > 0 ? &table->keys[table->key_count - 1] : NULL;

	*is_new = key == NULL || !slice_is(name, key->name);
	if (*is_new) {
		table->keys = grown(catalogue, table->keys, table->key_count, sizeof(*table->keys));
		key = &table->keys[table->key_count++];
		key->name = catalogue_keep(catalogue, name).bytes;
	}
	return key;
}

void catalogue_add_key_column(struct catalogue *catalogue, struct key *key, unsigned column)
{
	key->columns = grown(catalogue, key->columns, key->column_count, sizeof(*key->columns));
	key->columns[key->column_count++] = (uint16_t)column;
}

void catalogue_obscure_key(struct key *key)
{
	key->obscure = true;
	key->unique = key->primary = key->fulltext = false; /* of its columns alone */
}

void catalogue_add_foreign_key_column(struct catalogue *catalogue, struct table *table, struct slice name,
                                     struct slice column, struct slice target, struct slice target_column)
{
	struct foreign_key *key = table->foreign_key_count > 0 ? &table->foreign_keys[table->foreign_key_count - 1] : NULL;
	int index = catalogue_column_index(table, column);

	if (index < 0)
		return;
	if (key == NULL || !slice_is(name, key->name)) {
		table->foreign_keys =
		    grown(catalogue, table->foreign_keys, table->foreign_key_count, sizeof(*table->foreign_keys));
		key = &table->foreign_keys[table->foreign_key_count++];
		key->name = catalogue_keep(catalogue, name).bytes;
		key->target = catalogue_keep(catalogue, target).bytes;
	}
	key->columns = grown(catalogue, key->columns, key->column_count, sizeof(*key->columns));
	key->target_columns = grown(catalogue, key->target_columns, key->column_count, sizeof(*key->target_columns));
	key->target_columns[key->column_count] = catalogue_keep(catalogue, target_column).bytes;
	key->columns[key->column_count++] = (uint16_t)index;
}

/* A column that is hidden from clients on purpose is not missing. */
enum catalogue_missing catalogue_missing(const struct schema *schema, const struct table_choice *choice, char *missing,
                                       size_t size)
{
	const struct table *table = schema_table(schema, choice->name);
	bool known = table != NULL && !table->unreadable;

	if (table == NULL) {
		snprintf(missing, size, "the database has no table '%s', or does not show it to the account", choice->name.bytes);
		return DESCRIBE_MISSING;
	}
	if (table->untold != NULL) {
		snprintf(missing, size, "the database does not describe %s '%s': %s",
		         table->is_view ? "view" : "table", choice->name.bytes, table->untold);
		return DESCRIBE_MISSING;
	}
	for (unsigned c = 0; c < choice->column_count; c++) {
		int column = catalogue_column_index(table, choice->columns[c]);

		if (column < 0) {
			snprintf(missing, size, "%s '%s' has no column '%s', or does not show it to the account",
			         table->is_view ? "view" : "table", choice->name.bytes, choice->columns[c].bytes);
			return DESCRIBE_MISSING;
		}
		if (table->columns[column].unreadable && !table->columns[column].writable) {
			snprintf(missing, size, "the account has no SELECT on column '%s' of %s '%s'",
			         choice->columns[c].bytes, table->is_view ? "view" : "table", choice->name.bytes);
			return DESCRIBE_UNREADABLE;
		}
	}
	for (unsigned i = 0; i < table->column_count; i++)
		known = known || table->columns[i].writable;
	if (known)
		return DESCRIBE_COMPLETE;
	if (table->column_count > 0)
		snprintf(missing, size, "the account has no SELECT on %s '%s'", table->is_view ? "view" : "table",
		         choice->name.bytes);
	else
		snprintf(missing, size,
		         table->is_view ? "the database shows the account no column of view '%s': it is broken, or the account"
		                          " has no right to what it uses, such as EXECUTE on a function"
		                        : "the account has no right on any column of table '%s'",
		         choice->name.bytes);
	return table->column_count > 0 || !table->is_view ? DESCRIBE_UNREADABLE : DESCRIBE_MISSING;
}

/* Whether there are columns for clients, but none that the account may read. */
static bool is_unreadable(const struct table *table)
{
	bool unreadable = false;

	for (unsigned i = 0; i < table->column_count; i++)
		if (table->columns[i].exposed)
			return false;
		else
			unreadable = unreadable || table->columns[i].unreadable;
	return unreadable;
}

/* One more of what is missing; what has no room any more is but hinted at. */
static void add_missing(const char *one, char *missing, size_t size)
{
	static const char more[] = "; ...";
	size_t length = strlen(missing), room = size - length;

	if (length >= sizeof(more) && strcmp(missing + length - sizeof(more) + 1, more) == 0)
		return;
	if (strlen(one) + 2 + sizeof(more) <= room)
		snprintf(missing + length, room, "%s%s", length > 0 ? "; " : "", one);
	else if (room >= sizeof(more))
		snprintf(missing + length, room, "%s", more);
}

static void find_missing_of(const struct catalogue *catalogue, const struct table_choices *choices,
                            const struct table_choices *told, char *missing, size_t size)
{
	char one[512];

	for (unsigned i = 0; i < choices->count; i++) {
		const struct table_choice *choice = &choices->entries[i];

		if (told != NULL && table_choice_find(told, choice->name) != NULL &&
		    schema_table(catalogue->schema, choice->name) == NULL)
			continue;
		if (catalogue_missing(catalogue->schema, choice, one, sizeof(one)) == DESCRIBE_COMPLETE)
			continue;
		if (strstr(missing, one) == NULL)
			add_missing(one, missing, size);
	}
}

/* All that is: who mends it should not have to find out one by one. */
static void find_missing(const struct catalogue *catalogue, char *missing, size_t size)
{
	missing[0] = '\0';
	find_missing_of(catalogue, catalogue->choices, NULL, missing, size);
	find_missing_of(catalogue, catalogue->writable, catalogue->choices, missing, size);
}

struct schema *catalogue_finish(struct catalogue *catalogue, bool abandon, char *missing, size_t size)
{
	struct schema *schema = catalogue->schema;

	if (abandon) {
		schema_free(schema);
		schema = NULL;
	} else {
		for (unsigned i = 0; i < schema->table_count; i++) {
			struct table *table = &schema->tables[i];

			table_finish(table, &schema->arena);
			table->unreadable = table->unreadable || is_unreadable(table);
			/* PostgreSQL has tables without columns; MySQL shows none to an account that may but DELETE. */
			if (table->column_count == 0)
				table->no_insert = table->no_update = true;
		}
		find_missing(catalogue, missing, size);
	}
	free(catalogue);
	return schema;
}
