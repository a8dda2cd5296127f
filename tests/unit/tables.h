/* SPDX-License-Identifier: MIT
 *
 * tables.h: tables described by hand, as the catalogue would: no database is needed to test what stands on them.
 *
 *   users   id integer unsigned primary key; username unique; email; secret (not exposed)
 *   things  one column of each type, each named after it (with the suffix _n when it may be NULL); id is the key;
 *           searched and searched_n have a full-text index, latin has not all characters, uuid is a string that is none
 *   by_name a table whose primary key `name` is a string, with an integer `rank` that is unique but may be NULL
 *   pairs   a primary key of two columns
 *   lines   a view: no keys
 *   odd `"' name   columns that are named as strangely, and one of them in Greek
 *
 * They are MySQL's, or those of tables_dialect.
 */
#ifndef MYREST_TABLES_H
#define MYREST_TABLES_H

#include <string.h>

#include "mysql/mysql_dialect.h"
#include "postgresql/postgresql_dialect.h"
#include "schema/table.h"

static const struct dialect *tables_dialect = &mysql_dialect; /* of the tables that are made */

static inline struct slice tables_quote(struct arena *arena, struct slice name)
{
	char quote = tables_dialect->quote;
	struct text quoted = { 0 };
	char *copy;

	text_add_char(&quoted, quote);
	for (size_t i = 0; i < name.length; i++) {
		if (name.bytes[i] == quote)
			text_add_char(&quoted, quote);
		text_add_char(&quoted, name.bytes[i]);
	}
	text_add_char(&quoted, quote);
	copy = arena_text(arena, quoted.bytes, quoted.length);
	name = (struct slice){ copy, quoted.length };
	text_release(&quoted);
	return name;
}

static inline struct table *tables_add(struct schema *schema, const char *name)
{
	struct table *table = &schema->tables[schema->table_count++];

	table->dialect = tables_dialect;
	table->name = (struct slice){ name, strlen(name) };
	table->quoted = table->quoted_name = tables_quote(&schema->arena, table->name);
	if (tables_dialect != &mysql_dialect) {
		char *qualified = arena_printf(&schema->arena, "\"public\".%.*s", (int)table->quoted.length, table->quoted.bytes);

		table->quoted = (struct slice){ qualified, strlen(qualified) };
	}
	table->comment = "";
	table->columns = arena_alloc(&schema->arena, 40 * sizeof(*table->columns));
	table->keys = arena_alloc(&schema->arena, 8 * sizeof(*table->keys));
	return table;
}

static inline struct column *tables_column(struct schema *schema, struct table *table, const char *name,
                                           enum column_type type, bool nullable)
{
	struct column *column = &table->columns[table->column_count++];

	column->name = (struct slice){ name, strlen(name) };
	column->quoted = tables_quote(&schema->arena, column->name);
	column->declared = column->name;
	column->type = type;
	column->nullable = nullable;
	column->exposed = true;
	column->comment = "";
	return column;
}

/* A unique key of one or two columns; the first one made is the primary key when it is named PRIMARY. */
static inline void tables_key(struct schema *schema, struct table *table, const char *name, int first, int second)
{
	struct key *key = &table->keys[table->key_count++];

	key->name = name;
	key->primary = strcmp(name, "PRIMARY") == 0;
	key->unique = true;
	key->column_count = second < 0 ? 1 : 2;
	key->columns = arena_alloc(&schema->arena, 2 * sizeof(*key->columns));
	key->columns[0] = (uint16_t)first;
	key->columns[1] = (uint16_t)(second < 0 ? 0 : second);
}

static inline struct column *tables_named(struct table *table, const char *name)
{
	struct column *column = table->columns;

	while (!slice_is(column->name, name))
		column++;
	return column;
}

/* A full-text index of one column. */
static inline void tables_search(struct schema *schema, struct table *table, const char *name)
{
	tables_key(schema, table, name, (int)(tables_named(table, name) - table->columns), -1);
	table->keys[table->key_count - 1].unique = false;
	table->keys[table->key_count - 1].fulltext = true;
}

/* Types that PostgreSQL has not are others there. */
static inline void tables_adapt(struct column *column)
{
	static const struct {
		enum column_type type;
		const char *declared;
	} types[] = {
		[COLUMN_INTEGER] = { COLUMN_INTEGER, "integer" },   [COLUMN_BOOLEAN] = { COLUMN_BOOLEAN, "boolean" },
		[COLUMN_YEAR] = { COLUMN_INTEGER, "smallint" },     [COLUMN_DECIMAL] = { COLUMN_DECIMAL, "numeric(10,0)" },
		[COLUMN_FLOAT] = { COLUMN_FLOAT, "real" },          [COLUMN_DOUBLE] = { COLUMN_DOUBLE, "double precision" },
		[COLUMN_BIT] = { COLUMN_STRING, "bit(8)" },         [COLUMN_STRING] = { COLUMN_STRING, "text" },
		[COLUMN_DATE] = { COLUMN_DATE, "date" },            [COLUMN_TIME] = { COLUMN_TIME, "time" },
		[COLUMN_DATETIME] = { COLUMN_DATETIME, "timestamp" }, [COLUMN_TIMESTAMP] = { COLUMN_TIMESTAMP, "timestamptz" },
		[COLUMN_JSON] = { COLUMN_JSON, "jsonb" },           [COLUMN_BINARY] = { COLUMN_BINARY, "bytea" },
		[COLUMN_GEOMETRY] = { COLUMN_STRING, "point" },
	};

	column->is_opaque = column->type == COLUMN_BIT || column->type == COLUMN_GEOMETRY;
	column->precision = column->type == COLUMN_DATETIME || column->type == COLUMN_TIMESTAMP || column->type == COLUMN_TIME ? 6 : 0;
	column->declared = (struct slice){ types[column->type].declared, strlen(types[column->type].declared) };
	column->length = 0;
	column->is_unsigned = false;
	column->sorts_otherwise = column->type == COLUMN_GEOMETRY;
	column->kind = column->type == COLUMN_BIT ? KIND_BITS : KIND_PLAIN;
	column->bits = column->type == COLUMN_INTEGER ? 32 : column->type == COLUMN_YEAR ? 16 : 0;
	if (slice_is(column->name, "uuid")) {
		column->declared = SLICE("uuid");
		column->kind = KIND_UUID;
		column->is_opaque = true;
	}
	if (slice_is(column->name, "json_not_null")) {
		column->declared = SLICE("json");
		column->kind = KIND_JSON_TEXT;
	}
	if (slice_is(column->name, "enum")) {
		static const struct slice members[] = { { "a", 1 }, { "b", 1 } };

		column->declared = SLICE("enum('a','b')");
		column->kind = KIND_ENUM;
		column->members = members;
		column->member_count = 2;
		column->is_opaque = column->sorts_otherwise = true;
	}
	column->type = types[column->type].type;
}

/* Belongs to the caller; schema_free. */
static inline struct schema *tables_make(void)
{
	static const struct {
		const char *name;
		enum column_type type;
		bool nullable;
	} types[] = {
		{ "integer", COLUMN_INTEGER, false },     { "integer_n", COLUMN_INTEGER, true },
		{ "boolean", COLUMN_BOOLEAN, false },     { "year", COLUMN_YEAR, false },
		{ "decimal", COLUMN_DECIMAL, false },     { "float", COLUMN_FLOAT, false },
		{ "double", COLUMN_DOUBLE, false },       { "bit", COLUMN_BIT, false },
		{ "bits", COLUMN_BIT, false },            { "string", COLUMN_STRING, false },
		{ "string_n", COLUMN_STRING, true },      { "date", COLUMN_DATE, false },
		{ "time", COLUMN_TIME, false },           { "datetime", COLUMN_DATETIME, false },
		{ "timestamp", COLUMN_TIMESTAMP, false }, { "json", COLUMN_JSON, true },
		{ "binary", COLUMN_BINARY, false },       { "geometry", COLUMN_GEOMETRY, true },
		{ "enum", COLUMN_STRING, false },         { "set", COLUMN_STRING, true },
		{ "uuid", COLUMN_STRING, false },         { "latin", COLUMN_STRING, false },
		{ "searched", COLUMN_STRING, false },     { "searched_n", COLUMN_STRING, true },
		{ "generated", COLUMN_INTEGER, true },    { "boolean_n", COLUMN_BOOLEAN, true },
		{ "timestamp_n", COLUMN_TIMESTAMP, true }, { "json_not_null", COLUMN_JSON, false },
	};
	struct schema *schema = memory_alloc(sizeof(*schema));
	struct table *table;

	schema->tables = arena_alloc(&schema->arena, 8 * sizeof(*schema->tables));

	table = tables_add(schema, "users");
	tables_column(schema, table, "id", COLUMN_INTEGER, false)->is_unsigned = true;
	tables_column(schema, table, "username", COLUMN_STRING, false)->length = 80;
	tables_column(schema, table, "email", COLUMN_STRING, false)->length = 120;
	tables_column(schema, table, "secret", COLUMN_STRING, false)->exposed = false;
	tables_key(schema, table, "PRIMARY", 0, -1);
	tables_key(schema, table, "username", 1, -1);

	table = tables_add(schema, "things");
	tables_column(schema, table, "id", COLUMN_INTEGER, false);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		tables_column(schema, table, types[i].name, types[i].type, types[i].nullable)->length =
		    strcmp(types[i].name, "bit") == 0 ? 1 : 8;
	tables_key(schema, table, "PRIMARY", 0, -1);
	tables_named(table, "decimal")->precision = 10;
	tables_named(table, "uuid")->is_opaque = true;
	tables_named(table, "uuid")->kind = KIND_UUID;
	tables_named(table, "binary")->kind = KIND_BINARY;
	tables_named(table, "enum")->sorts_otherwise = tables_named(table, "set")->sorts_otherwise = true;
	tables_named(table, "integer")->bits = tables_named(table, "integer_n")->bits = 32;
	tables_named(table, "boolean")->declared = tables_named(table, "boolean_n")->declared = SLICE("tinyint(1)");
	tables_named(table, "boolean")->bits = tables_named(table, "boolean_n")->bits = 8;
	tables_named(table, "latin")->last_character = tables_dialect == &mysql_dialect ? 0xff : 0;
	tables_named(table, "latin")->character_set = SLICE("latin1");
	tables_named(table, "latin")->collation = SLICE("latin1_bin");
	tables_named(table, "generated")->generated = true;
	tables_search(schema, table, "searched");
	tables_search(schema, table, "searched_n");

	table = tables_add(schema, "by_name");
	tables_column(schema, table, "name", COLUMN_STRING, false);
	tables_column(schema, table, "rank", COLUMN_INTEGER, true);
	tables_column(schema, table, "number", COLUMN_INTEGER, false);
	tables_key(schema, table, "PRIMARY", 0, -1);
	tables_key(schema, table, "rank", 1, -1);
	tables_key(schema, table, "number", 2, -1);

	table = tables_add(schema, "pairs");
	tables_column(schema, table, "a", COLUMN_INTEGER, false);
	tables_column(schema, table, "b", COLUMN_INTEGER, false);
	tables_key(schema, table, "PRIMARY", 0, 1);

	table = tables_add(schema, "lines");
	tables_column(schema, table, "n", COLUMN_INTEGER, false);
	table->is_view = true;

	table = tables_add(schema, "odd `\"' name");
	tables_column(schema, table, "a`b", COLUMN_INTEGER, false);
	tables_column(schema, table, "c\"d,e.f", COLUMN_STRING, true);
	tables_column(schema, table, "\xce\xba\xcf\x8c\xcf\x83\xce\xbc\xce\xbf\xcf\x82", COLUMN_STRING, false);
	tables_key(schema, table, "PRIMARY", 0, -1);

	for (unsigned i = 0; i < schema->table_count; i++) {
		table = &schema->tables[i];
		for (unsigned c = 0; c < table->column_count && tables_dialect != &mysql_dialect; c++)
			tables_adapt(&table->columns[c]);
		table_finish(table, &schema->arena);
	}
	return schema;
}

/* All that the server could write may be written. */
static inline void tables_allow_writing(struct schema *schema)
{
	for (unsigned i = 0; i < schema->table_count; i++) {
		struct table *table = &schema->tables[i];

		table->writable = !table->is_view;
		for (unsigned c = 0; c < table->column_count; c++)
			table->columns[c].writable =
			    table->writable && table->columns[c].exposed && !table->columns[c].generated;
	}
}

#endif
