/* SPDX-License-Identifier: MIT */
#include "mysql/mysql_catalogue.h"

#include <string.h>

#include "mysql/mysql_dialect.h"
#include "mysql/mysql_type.h"
#include "schema/catalogue.h"

/* What a view is of is not there, or closed to the account, or to its definer; who that is, is not there. MariaDB tells of
 * the last as it tells of a wrong password. */
enum { VIEW_INVALID = 1356, NO_SUCH_USER = 1449, ACCESS_DENIED = 1045 };

enum statement { TABLES, VIEWS, COLUMNS, KEYS, FOREIGN_KEYS, CHECKS, JSON, STATEMENTS };

static const char *const statements[JSON] = {
	[TABLES] = ("SELECT TABLE_NAME,TABLE_TYPE,TABLE_COMMENT,TABLE_ROWS,(SELECT TRANSACTIONS FROM information_schema.ENGINES"
	            " WHERE ENGINES.ENGINE=TABLES.ENGINE),"
	            /* MariaDB's paths, from 10.9 on, do not find such a name, and say nothing of it. */
	            "JSON_EXTRACT('{\"-\":1}','$.\"-\"') IS NULL FROM information_schema.TABLES"),
	[VIEWS] = "SELECT TABLE_NAME,IS_UPDATABLE FROM information_schema.VIEWS",
	[COLUMNS] = ("SELECT TABLE_NAME,COLUMN_NAME,DATA_TYPE,COLUMN_TYPE,IS_NULLABLE,CHARACTER_MAXIMUM_LENGTH,"
	             "NUMERIC_PRECISION,NUMERIC_SCALE,DATETIME_PRECISION,EXTRA,COLUMN_DEFAULT,COLUMN_COMMENT,"
	             "CHARACTER_SET_NAME,PRIVILEGES,"
	             /* Of collations of several levels MariaDB sorts long columns by the first level alone. Some of both
	              * servers compare with a text in another way than they sort. */
	             "(VERSION() LIKE '%MariaDB%' AND COLLATION_NAME RLIKE '_(as_ci|as_cs|ai_cs|w2)$')"
	             " OR COLLATION_NAME RLIKE '^(big5_chinese|cp1250_czech|gb18030_chinese|latin7)_',"
	             "GENERATION_EXPRESSION='ROW END',COLLATION_NAME"
	             " FROM information_schema.COLUMNS"),
	[KEYS] = "SELECT TABLE_NAME,INDEX_NAME,NON_UNIQUE,COLUMN_NAME,",
	[FOREIGN_KEYS] = ("SELECT TABLE_NAME,CONSTRAINT_NAME,COLUMN_NAME,REFERENCED_TABLE_NAME,REFERENCED_COLUMN_NAME"
	                  " FROM information_schema.KEY_COLUMN_USAGE"),
	[CHECKS] = "SELECT TABLE_NAME,CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS",
};

static const char *const endings[JSON] = {
	[TABLES] = "",
	[VIEWS] = "",
	[COLUMNS] = " ORDER BY TABLE_NAME,ORDINAL_POSITION",
	[KEYS] = " ORDER BY TABLE_NAME,INDEX_NAME,SEQ_IN_INDEX",
	[FOREIGN_KEYS] = (" AND REFERENCED_TABLE_SCHEMA=DATABASE()"
	                  " ORDER BY TABLE_NAME,CONSTRAINT_NAME,ORDINAL_POSITION"),
	[CHECKS] = " AND CHECK_CLAUSE LIKE 'json_valid(%'",
};

/* Names are utf8mb3, which has three bytes for a character at most; MySQL refuses to compare them with what has more. */
static bool is_name(struct slice name)
{
	enum { FIRST_OF_FOUR = 0xf0 };

	for (size_t i = 0; i < name.length; i++)
		if ((unsigned char)name.bytes[i] >= FIRST_OF_FOUR)
			return false;
	return true;
}

struct catalogue *mysql_catalogue_new(const struct table_choices *choices, const struct table_choices *writable,
                                      const struct schema *known, const struct mysql_server *server)
{
	/* Where JSON is no type of its own, it is a LONGTEXT with a CHECK. */
	int count = server->json_type ? CHECKS : server->json_told ? STATEMENTS : JSON;
	struct catalogue *catalogue = catalogue_new(choices, writable, count, &mysql_dialect);

	catalogue->known = known;
	catalogue->is_name = is_name;
	catalogue->json_forward = server->json_forward;
	catalogue->json_type = server->json_type;
	catalogue->index_type = server->index_type;
	catalogue->null_is_now = server->null_is_now;
	return catalogue;
}

static bool has_writable_views(const struct catalogue *catalogue)
{
	for (unsigned i = 0; i < catalogue->schema->table_count; i++)
		if (catalogue->schema->tables[i].is_view &&
		    catalogue_wants_writable(catalogue, &catalogue->schema->tables[i]))
			return true;
	return false;
}

/* What the catalogue calls text, though it may be JSON: MariaDB shows no CHECK to whoever has rights on tables alone, and a
 * view's columns have none. */
static bool may_be_json(const struct table *table, const struct column *column)
{
	return column->exposed && column->type == COLUMN_STRING && !column->is_opaque &&
	       (table->is_view || slice_is(column->declared, "longtext"));
}

/* The result of such columns, without any row; false: the table has none. Who waits for another's lock would keep all
 * the other tables waiting: it fails at once instead. */
static bool ask_for_columns(const struct table *table, struct text *sql)
{
	unsigned count = 0;

	for (unsigned i = 0; i < table->column_count; i++)
		if (may_be_json(table, &table->columns[i])) {
			text_add_string(sql, count++ == 0 ? "SET STATEMENT lock_wait_timeout=0 FOR SELECT " : ",");
			text_add_slice(sql, table->columns[i].quoted);
		}
	if (count == 0)
		return false;
	text_add_string(sql, " FROM ");
	text_add_slice(sql, table->quoted);
	text_add_string(sql, " LIMIT 0");
	return true;
}

static bool ask_for_json(struct catalogue *catalogue, struct text *sql)
{
	while (catalogue->asked < catalogue->schema->table_count)
		if (ask_for_columns(&catalogue->schema->tables[catalogue->asked++], sql))
			return true;
	return false;
}

bool mysql_catalogue_statement(struct catalogue *catalogue, struct text *sql, enum database_rows *rows)
{
	int n = catalogue->statement == JSON ? JSON : ++catalogue->statement;

	*rows = n == JSON ? DATABASE_COLUMNS : DATABASE_ONE_BY_ONE;
	if (n == JSON && n < catalogue->statements)
		return ask_for_json(catalogue, sql);
	if (n == VIEWS && !has_writable_views(catalogue))
		n = ++catalogue->statement;
	if (n >= catalogue->statements)
		return false;
	text_add_string(sql, statements[n]);
	if (n == KEYS) {
		text_add_string(sql, catalogue->index_type);
		text_add_string(sql, " FROM information_schema.STATISTICS");
	}
	text_add_string(sql, n == CHECKS ? " WHERE CONSTRAINT_SCHEMA=DATABASE()" : " WHERE TABLE_SCHEMA=DATABASE()");
	text_add_string(sql, " AND TABLE_NAME IN ");
	catalogue_add_names(catalogue, sql);
	text_add_string(sql, endings[n]);
	return true;
}

static bool contains(struct slice text, const char *word)
{
	return memmem(text.bytes, text.length, word, strlen(word)) != NULL;
}

static void take_table(struct catalogue *catalogue, const struct row *row)
{
	struct table *table = catalogue_add_table(catalogue, catalogue_value(row, 0));

	if (table == NULL)
		return;
	table->is_view = contains(catalogue_value(row, 1), "VIEW");
	if (!table->is_view) /* a view's is but the word VIEW */
		table->comment = catalogue_keep(catalogue, catalogue_value(row, 2)).bytes;
	table->row_estimate = catalogue_number(row, 3);
	table->undoes_nothing = row->count > 4 && slice_is(catalogue_value(row, 4), "NO");
	table->json_undashed = row->count > 5 && slice_is(catalogue_value(row, 5), "1");
	table->writable = !table->is_view && catalogue_wants_writable(catalogue, table);
}

static void take_view(struct catalogue *catalogue, const struct row *row)
{
	struct table *table = catalogue_table(catalogue, row);

	if (table != NULL)
		table->writable = slice_is(catalogue_value(row, 1), "YES") && catalogue_wants_writable(catalogue, table);
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

/* MySQL does not tell the value of an expression, and to MariaDB one of other columns is one of the rows that are
 * looked through; the columns' names are in it. */
static bool is_untold(struct slice fallback, struct slice extra)
{
	return contains(extra, "DEFAULT_GENERATED") || (contains(fallback, "`") && fallback.bytes[0] != '\'');
}

/* ENUM and SET sort by their declaration, and compare as texts. */
static bool sorts_otherwise(const struct column *column)
{
	return column->kind == KIND_ENUM || column->kind == KIND_SET ||
	       (column->is_opaque && column->kind != KIND_UUID && column->kind != KIND_INET4 && column->kind != KIND_INET6);
}

static void take_column(struct catalogue *catalogue, const struct row *row)
{
	struct table *table = catalogue_table(catalogue, row);
	struct column *column = table != NULL ? catalogue_add_column(catalogue, table, catalogue_value(row, 1)) : NULL;
	struct slice extra = catalogue_value(row, 9);

	if (column == NULL)
		return;
	column->declared = catalogue_keep(catalogue, catalogue_value(row, 3));
	mysql_type_take(column, catalogue_value(row, 2), &catalogue->schema->arena);
	column->nullable = slice_is(catalogue_value(row, 4), "YES");
	column->null_is_now = catalogue->null_is_now && column->type == COLUMN_TIMESTAMP && !column->nullable;
	column->length = column->type == COLUMN_BIT ? catalogue_number(row, 6) : catalogue_number(row, 5);
	column->precision = (unsigned)(!catalogue_is_null(row, 8) ? catalogue_number(row, 8) : catalogue_number(row, 6));
	column->scale = (unsigned)catalogue_number(row, 7);
	if (column->type == COLUMN_STRING || column->type == COLUMN_JSON) {
		column->is_opaque = row->count > 12 && catalogue_is_null(row, 12);
		column->last_character = column->is_opaque || row->count <= 12 ? 0 : last_character(catalogue_value(row, 12));
	}
	if (column->last_character > 0) {
		column->character_set = catalogue_keep(catalogue, catalogue_value(row, 12));
		column->collation = catalogue_keep(catalogue, catalogue_value(row, 16));
	}
	column->incomparable = catalogue->json_type && column->kind == KIND_VECTOR;
	column->auto_increment = contains(extra, "auto_increment");
	column->invisible = contains(extra, "INVISIBLE");
	column->row_end = row->count > 15 && slice_is(catalogue_value(row, 15), "1");
	column->generated = contains(extra, "GENERATED") && !contains(extra, "DEFAULT_GENERATED");
	column->fallback = !catalogue_is_null(row, 10) ? catalogue_keep(catalogue, catalogue_value(row, 10)).bytes : NULL;
	column->fallback_untold = column->fallback != NULL && is_untold(catalogue_value(row, 10), extra);
	column->comment = catalogue_keep(catalogue, catalogue_value(row, 11)).bytes;
	column->sorts_otherwise = sorts_otherwise(column) || (row->count > 14 && slice_is(catalogue_value(row, 14), "1"));
	column->unreadable = row->count > 13 && !contains(catalogue_value(row, 13), "select");
	catalogue_expose(catalogue, table, column);
}

static void take_key(struct catalogue *catalogue, const struct row *row)
{
	struct table *table = catalogue_table(catalogue, row);
	struct key *key;
	bool is_new;
	int column;

	if (table == NULL)
		return;
	key = catalogue_add_key(catalogue, table, catalogue_value(row, 1), &is_new);
	if (is_new) {
		key->primary = strcmp(key->name, "PRIMARY") == 0;
		key->unique = slice_is(catalogue_value(row, 2), "0");
		key->fulltext = slice_is(catalogue_value(row, 4), "FULLTEXT");
	}
	if ((column = catalogue_column_index(table, catalogue_value(row, 3))) >= 0 && !table->columns[column].row_end)
		catalogue_add_key_column(catalogue, key, (unsigned)column);
	else if (column >= 0)
		return;
	else /* over an expression, or a column that is not shown to us: MySQL has both */
		catalogue_obscure_key(key);
}

static void take_foreign_key(struct catalogue *catalogue, const struct row *row)
{
	struct table *table = catalogue_table(catalogue, row);

	if (table != NULL)
		catalogue_add_foreign_key_column(catalogue, table, catalogue_value(row, 1), catalogue_value(row, 2),
		                                catalogue_value(row, 3), catalogue_value(row, 4));
}

/* MariaDB's JSON is LONGTEXT with CHECK (json_valid(`name`)). Servers before 10.5 say so in no other way. */
static void take_check(struct catalogue *catalogue, const struct row *row)
{
	struct table *table = catalogue_table(catalogue, row);
	struct slice clause = catalogue_value(row, 1);

	for (unsigned i = 0; table != NULL && i < table->column_count; i++) {
		struct column *column = &table->columns[i];

		if (clause.length == column->quoted.length + 12 && column->type == COLUMN_STRING &&
		    memcmp(clause.bytes, "json_valid(", 11) == 0 &&
		    memcmp(clause.bytes + 11, column->quoted.bytes, column->quoted.length) == 0)
			column->type = COLUMN_JSON;
	}
}

/* A column of a result of the table that was asked last. */
static void take_json(struct catalogue *catalogue, const struct row *row)
{
	struct table *table = &catalogue->schema->tables[catalogue->asked - 1];
	int column = catalogue_column_index(table, catalogue_value(row, 0));

	if (column >= 0 && may_be_json(table, &table->columns[column]) && slice_is(catalogue_value(row, 1), "json"))
		table->columns[column].type = COLUMN_JSON;
}

/* The column as it was known, if it has the same form; NULL: it was not. */
static const struct column *known_column(const struct table *known, const struct column *column)
{
	const struct column *found = table_column(known, column->name.bytes, column->name.length);

	if (found == NULL || found->declared.length != column->declared.length ||
	    memcmp(found->declared.bytes, column->declared.bytes, column->declared.length) != 0)
		return NULL;
	return found->type == COLUMN_JSON || found->type == COLUMN_STRING ? found : NULL;
}

/* False: of some column it is not known whether it is JSON. */
static bool keep_types(const struct catalogue *catalogue, struct table *table)
{
	const struct table *known = catalogue->known != NULL ? schema_table(catalogue->known, table->name) : NULL;
	const struct column *column;

	if (known == NULL || known->untold != NULL || known->is_view != table->is_view)
		return false;
	for (unsigned i = 0; i < table->column_count; i++) {
		if (!may_be_json(table, &table->columns[i]))
			continue;
		if ((column = known_column(known, &table->columns[i])) == NULL)
			return false;
		table->columns[i].type = column->type;
	}
	return true;
}

/* Whatever failed may succeed the next moment, and then values of a wrong type would be answered and stored: a lock is
 * given back, a right is granted. */
bool mysql_catalogue_failed(struct catalogue *catalogue, const struct database_error *error)
{
	struct table *table = &catalogue->schema->tables[catalogue->asked - 1];
	bool forbidden = error->status == STATUS_FORBIDDEN || error->number == VIEW_INVALID ||
	                 error->number == NO_SUCH_USER || error->number == ACCESS_DENIED;

	if (catalogue->statement != JSON)
		return false;
	catalogue->schema->incomplete = true;
	if (!keep_types(catalogue, table))
		catalogue_untold(catalogue, table, error->text, forbidden ? STATUS_FORBIDDEN : STATUS_UNDESCRIBED);
	return true;
}

void mysql_catalogue_row(struct catalogue *catalogue, const struct row *row)
{
	static void (*const takers[STATEMENTS])(struct catalogue *, const struct row *) = {
		[TABLES] = take_table, [VIEWS] = take_view,        [COLUMNS] = take_column,
		[KEYS] = take_key,     [FOREIGN_KEYS] = take_foreign_key, [CHECKS] = take_check,
		[JSON] = take_json,
	};

	takers[catalogue->statement](catalogue, row);
}

struct schema *mysql_catalogue_finish(struct catalogue *catalogue, bool abandon, char *missing, size_t size)
{
	/* Every table has columns: they are not shown to us. */
	for (unsigned i = 0; i < catalogue->schema->table_count; i++)
		catalogue->schema->tables[i].unreadable = catalogue->schema->tables[i].column_count == 0;
	return catalogue_finish(catalogue, abandon, missing, size);
}
