/* SPDX-License-Identifier: MIT */
#include "mysql_catalogue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialect.h"
#include "value.h"

enum statement { TABLES, VIEWS, COLUMNS, KEYS, FOREIGN_KEYS, CHECKS, STATEMENTS };

struct catalogue {
	const struct table_choices *choices, *writable;
	bool mariadb;
	int statement; /* that runs; -1 before the first */
	struct schema *schema;
};

static const char *const statements[STATEMENTS] = {
	[TABLES] = "SELECT TABLE_NAME,TABLE_TYPE,TABLE_COMMENT,TABLE_ROWS FROM information_schema.TABLES",
	[VIEWS] = "SELECT TABLE_NAME,IS_UPDATABLE FROM information_schema.VIEWS",
	[COLUMNS] = ("SELECT TABLE_NAME,COLUMN_NAME,DATA_TYPE,COLUMN_TYPE,IS_NULLABLE,CHARACTER_MAXIMUM_LENGTH,"
	             "NUMERIC_PRECISION,NUMERIC_SCALE,DATETIME_PRECISION,EXTRA,COLUMN_DEFAULT,COLUMN_COMMENT,"
	             "CHARACTER_SET_NAME"
	             " FROM information_schema.COLUMNS"),
	[KEYS] = "SELECT TABLE_NAME,INDEX_NAME,NON_UNIQUE,COLUMN_NAME,INDEX_TYPE FROM information_schema.STATISTICS",
	[FOREIGN_KEYS] = ("SELECT TABLE_NAME,CONSTRAINT_NAME,COLUMN_NAME,REFERENCED_TABLE_NAME,REFERENCED_COLUMN_NAME"
	                  " FROM information_schema.KEY_COLUMN_USAGE"),
	[CHECKS] = "SELECT TABLE_NAME,CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS",
};

static const char *const endings[STATEMENTS] = {
	[TABLES] = "",
	[VIEWS] = "",
	[COLUMNS] = " ORDER BY TABLE_NAME,ORDINAL_POSITION",
	[KEYS] = " ORDER BY TABLE_NAME,INDEX_NAME,SEQ_IN_INDEX",
	[FOREIGN_KEYS] = (" AND REFERENCED_TABLE_SCHEMA=DATABASE()"
	                  " ORDER BY TABLE_NAME,CONSTRAINT_NAME,ORDINAL_POSITION"),
	[CHECKS] = " AND CHECK_CLAUSE LIKE 'json_valid(%'",
};

static struct slice quoted(struct arena *arena, struct slice name)
{
	char *copy = arena_alloc(arena, name.length * 2 + 3);
	size_t length = 0;

	copy[length++] = '`';
	for (size_t i = 0; i < name.length; i++) {
		if (name.bytes[i] == '`')
			copy[length++] = '`';
		copy[length++] = name.bytes[i];
	}
	copy[length++] = '`';
	return (struct slice){ copy, length };
}

struct catalogue *mysql_catalogue_new(const struct table_choices *choices, const struct table_choices *writable,
                                      bool mariadb)
{
	struct catalogue *catalogue = memory_alloc(sizeof(*catalogue));

	catalogue->choices = choices;
	catalogue->writable = writable;
	catalogue->mariadb = mariadb;
	catalogue->statement = -1;
	catalogue->schema = memory_alloc(sizeof(*catalogue->schema));
	catalogue->schema->tables = arena_alloc(&catalogue->schema->arena, choices->count * sizeof(struct table));
	return catalogue;
}

static bool has_writable_views(const struct catalogue *catalogue)
{
	for (unsigned i = 0; i < catalogue->schema->table_count; i++)
		if (catalogue->schema->tables[i].is_view &&
		    table_choice_find(catalogue->writable, catalogue->schema->tables[i].name) != NULL)
			return true;
	return false;
}

bool mysql_catalogue_statement(struct catalogue *catalogue, struct text *sql)
{
	int n = ++catalogue->statement;

	if (n == VIEWS && !has_writable_views(catalogue))
		n = ++catalogue->statement;
	if (n == CHECKS && !catalogue->mariadb) /* a MySQL server has the type JSON itself */
		n = STATEMENTS;
	if (n >= STATEMENTS)
		return false;
	text_add_string(sql, statements[n]);
	text_add_string(sql, n == CHECKS ? " WHERE CONSTRAINT_SCHEMA=DATABASE()" : " WHERE TABLE_SCHEMA=DATABASE()");
	text_add_string(sql, " AND TABLE_NAME IN (");
	for (unsigned i = 0; i < catalogue->choices->count; i++) {
		if (i > 0)
			text_add_char(sql, ',');
		value_add_string(sql, catalogue->choices->entries[i].name);
	}
	text_add_char(sql, ')');
	text_add_string(sql, endings[n]);
	return true;
}

static struct slice value(const struct row *row, unsigned n)
{
	if (n >= row->count || row->values[n] == NULL)
		return (struct slice){ "", 0 };
	return (struct slice){ row->values[n], row->lengths[n] };
}

static uint64_t number(const struct row *row, unsigned n)
{
	return strtoull(value(row, n).bytes, NULL, 10);
}

static struct slice keep(struct catalogue *catalogue, struct slice slice)
{
	return (struct slice){ arena_text(&catalogue->schema->arena, slice.bytes, slice.length), slice.length };
}

static struct table *table_of(struct catalogue *catalogue, const struct row *row)
{
	return (struct table *)(uintptr_t)schema_table(catalogue->schema, value(row, 0));
}

static bool contains(struct slice text, const char *word)
{
	return memmem(text.bytes, text.length, word, strlen(word)) != NULL;
}

static void take_table(struct catalogue *catalogue, const struct row *row)
{
	struct schema *schema = catalogue->schema;
	struct table *table;

	if (table_choice_find(catalogue->choices, value(row, 0)) == NULL || table_of(catalogue, row) != NULL)
		return; /* the server compares names more loosely than we do */
	table = &schema->tables[schema->table_count++];
	table->dialect = &mysql_dialect;
	table->name = keep(catalogue, value(row, 0));
	table->quoted = quoted(&schema->arena, table->name);
	table->is_view = contains(value(row, 1), "VIEW");
	table->comment = table->is_view ? "" : keep(catalogue, value(row, 2)).bytes;
	table->row_estimate = number(row, 3);
	table->writable = !table->is_view && table_choice_find(catalogue->writable, table->name) != NULL;
}

static void take_view(struct catalogue *catalogue, const struct row *row)
{
	struct table *table = table_of(catalogue, row);

	if (table != NULL)
		table->writable = slice_is(value(row, 1), "YES") &&
		                  table_choice_find(catalogue->writable, table->name) != NULL;
}

static enum column_type type_of(struct slice data_type, struct slice declared)
{
	static const struct {
		const char *name;
		enum column_type type;
	} types[] = {
		{ "tinyint", COLUMN_INTEGER },    { "smallint", COLUMN_INTEGER },   { "mediumint", COLUMN_INTEGER },
		{ "int", COLUMN_INTEGER },        { "bigint", COLUMN_INTEGER },     { "year", COLUMN_YEAR },
		{ "decimal", COLUMN_DECIMAL },    { "float", COLUMN_FLOAT },        { "double", COLUMN_DOUBLE },
		{ "bit", COLUMN_BIT },            { "date", COLUMN_DATE },          { "time", COLUMN_TIME },
		{ "datetime", COLUMN_DATETIME },  { "timestamp", COLUMN_TIMESTAMP }, { "json", COLUMN_JSON },
		{ "binary", COLUMN_BINARY },      { "varbinary", COLUMN_BINARY },   { "tinyblob", COLUMN_BINARY },
		{ "blob", COLUMN_BINARY },        { "mediumblob", COLUMN_BINARY },  { "longblob", COLUMN_BINARY },
		{ "vector", COLUMN_BINARY },      { "geometry", COLUMN_GEOMETRY },  { "point", COLUMN_GEOMETRY },
		{ "linestring", COLUMN_GEOMETRY }, { "polygon", COLUMN_GEOMETRY },  { "multipoint", COLUMN_GEOMETRY },
		{ "multilinestring", COLUMN_GEOMETRY }, { "multipolygon", COLUMN_GEOMETRY },
		{ "geometrycollection", COLUMN_GEOMETRY }, { "geomcollection", COLUMN_GEOMETRY },
	};

	if (slice_is(declared, "tinyint(1)"))
		return COLUMN_BOOLEAN;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (slice_is(data_type, types[i].name))
			return types[i].type;
	return COLUMN_STRING;
}

/* The highest code point that is surely in the character set; 0: all are. */
static uint32_t last_character(struct slice set)
{
	static const struct {
		const char *name;
		uint32_t last;
	} sets[] = {
		{ "utf8mb4", 0 },      { "utf16", 0 },        { "utf16le", 0 },   { "utf32", 0 },       { "gb18030", 0 },
		{ "utf8mb3", 0xffff }, { "utf8", 0xffff },    { "ucs2", 0xffff }, { "latin1", 0xff },
	};

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		if (slice_is(set, sets[i].name))
			return sets[i].last;
	return 0x7f;
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

static void take_column(struct catalogue *catalogue, const struct row *row)
{
	struct table *table = table_of(catalogue, row);
	struct column *column;
	struct slice extra = value(row, 9);

	if (table == NULL || table->column_count == UINT16_MAX)
		return;
	table->columns = grown(catalogue, table->columns, table->column_count, sizeof(*table->columns));
	column = &table->columns[table->column_count++];
	column->name = keep(catalogue, value(row, 1));
	column->quoted = quoted(&catalogue->schema->arena, column->name);
	column->declared = keep(catalogue, value(row, 3));
	column->type = type_of(value(row, 2), column->declared);
	column->nullable = slice_is(value(row, 4), "YES");
	column->length = column->type == COLUMN_BIT ? number(row, 6) : number(row, 5);
	column->precision = (unsigned)(row->values[8] != NULL ? number(row, 8) : number(row, 6));
	column->scale = (unsigned)number(row, 7);
	if (column->type == COLUMN_STRING || column->type == COLUMN_JSON) {
		column->is_other = row->count > 12 && row->values[12] == NULL;
		column->last_character = column->is_other || row->count <= 12 ? 0 : last_character(value(row, 12));
	}
	column->is_unsigned = contains(column->declared, " unsigned");
	column->auto_increment = contains(extra, "auto_increment");
	column->generated = contains(extra, "GENERATED") && !contains(extra, "DEFAULT_GENERATED");
	column->fallback = row->values[10] != NULL ? keep(catalogue, value(row, 10)).bytes : NULL;
	column->comment = keep(catalogue, value(row, 11)).bytes;
	column->exposed = table_choice_has(table_choice_find(catalogue->choices, table->name), column->name);
	column->writable = column->exposed && !column->generated && table->writable &&
	                   table_choice_has(table_choice_find(catalogue->writable, table->name), column->name);
}

static int column_index(const struct table *table, struct slice name)
{
	for (unsigned i = 0; i < table->column_count; i++)
		if (table->columns[i].name.length == name.length &&
		    memcmp(table->columns[i].name.bytes, name.bytes, name.length) == 0)
			return (int)i;
	return -1;
}

static void take_key(struct catalogue *catalogue, const struct row *row)
{
	struct table *table = table_of(catalogue, row);
	struct key *key;
	int column;

	if (table == NULL)
		return;
	key = table->key_count > 0 ? &table->keys[table->key_count - 1] : NULL;
	if (key == NULL || !slice_is(value(row, 1), key->name)) {
		table->keys = grown(catalogue, table->keys, table->key_count, sizeof(*table->keys));
		key = &table->keys[table->key_count++];
		key->name = keep(catalogue, value(row, 1)).bytes;
		key->primary = strcmp(key->name, "PRIMARY") == 0;
		key->unique = slice_is(value(row, 2), "0");
		key->fulltext = slice_is(value(row, 4), "FULLTEXT");
	}
	if ((column = column_index(table, value(row, 3))) < 0) {
		key->unique = false; /* over an expression (MySQL 8): not a key of columns */
		return;
	}
	key->columns = grown(catalogue, key->columns, key->column_count, sizeof(*key->columns));
	key->columns[key->column_count++] = (uint16_t)column;
}

static void take_foreign_key(struct catalogue *catalogue, const struct row *row)
{
	struct table *table = table_of(catalogue, row);
	struct foreign_key *key;
	int column;

	if (table == NULL || (column = column_index(table, value(row, 2))) < 0)
		return;
	key = table->foreign_key_count > 0 ? &table->foreign_keys[table->foreign_key_count - 1] : NULL;
	if (key == NULL || !slice_is(value(row, 1), key->name)) {
		table->foreign_keys =
		    grown(catalogue, table->foreign_keys, table->foreign_key_count, sizeof(*table->foreign_keys));
		key = &table->foreign_keys[table->foreign_key_count++];
		key->name = keep(catalogue, value(row, 1)).bytes;
		key->target = keep(catalogue, value(row, 3)).bytes;
	}
	key->columns = grown(catalogue, key->columns, key->column_count, sizeof(*key->columns));
	key->target_columns =
	    grown(catalogue, key->target_columns, key->column_count, sizeof(*key->target_columns));
	key->target_columns[key->column_count] = keep(catalogue, value(row, 4)).bytes;
	key->columns[key->column_count++] = (uint16_t)column;
}

/* MariaDB's JSON is LONGTEXT with CHECK (json_valid(`name`)). */
static void take_check(struct catalogue *catalogue, const struct row *row)
{
	struct table *table = table_of(catalogue, row);
	struct slice clause = value(row, 1);

	for (unsigned i = 0; table != NULL && i < table->column_count; i++) {
		struct column *column = &table->columns[i];

		if (clause.length == column->quoted.length + 12 && column->type == COLUMN_STRING &&
		    memcmp(clause.bytes, "json_valid(", 11) == 0 &&
		    memcmp(clause.bytes + 11, column->quoted.bytes, column->quoted.length) == 0)
			column->type = COLUMN_JSON;
	}
}

void mysql_catalogue_row(struct catalogue *catalogue, const struct row *row)
{
	static void (*const takers[STATEMENTS])(struct catalogue *, const struct row *) = {
		[TABLES] = take_table, [VIEWS] = take_view,        [COLUMNS] = take_column,
		[KEYS] = take_key,     [FOREIGN_KEYS] = take_foreign_key, [CHECKS] = take_check,
	};

	takers[catalogue->statement](catalogue, row);
}

static void find_missing_of(const struct catalogue *catalogue, const struct table_choices *choices, char *missing,
                            size_t size)
{
	for (unsigned i = 0; i < choices->count; i++) {
		const struct table_choice *choice = &choices->entries[i];
		const struct table *table = schema_table(catalogue->schema, choice->name);

		if (table == NULL) {
			snprintf(missing, size, "the database has no table '%s', or does not show it to us",
			         choice->name.bytes);
			return;
		}
		for (unsigned c = 0; c < choice->column_count; c++)
			if (column_index(table, choice->columns[c]) < 0) {
				snprintf(missing, size, "table '%s' has no column '%s'", choice->name.bytes,
				         choice->columns[c].bytes);
				return;
			}
	}
}

static void find_missing(const struct catalogue *catalogue, char *missing, size_t size)
{
	missing[0] = '\0';
	find_missing_of(catalogue, catalogue->choices, missing, size);
	if (missing[0] == '\0')
		find_missing_of(catalogue, catalogue->writable, missing, size);
}

struct schema *mysql_catalogue_finish(struct catalogue *catalogue, bool abandon, char *missing, size_t size)
{
	struct schema *schema = catalogue->schema;

	if (abandon) {
		schema_free(schema);
		schema = NULL;
	} else {
		for (unsigned i = 0; i < schema->table_count; i++)
			table_finish(&schema->tables[i], &schema->arena);
		find_missing(catalogue, missing, size);
	}
	free(catalogue);
	return schema;
}
