/* SPDX-License-Identifier: MIT */
#include "postgresql/postgresql_catalogue.h"

#include <stdlib.h>
#include <string.h>

#include "postgresql/postgresql_dialect.h"
#include "schema/catalogue.h"
#include "schema/literal.h"

enum statement { SNAPSHOT, TABLES, COLUMNS, KEYS, FOREIGN_KEYS, OVER, WRITES, STATEMENTS };

#define ALONE "(c.relkind<>'r' OR NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhparent=c.oid))"
/* For the name of a column pg_get_expr waits until it may read the table. */
#define LOCKED \
	"EXISTS (SELECT FROM pg_locks l WHERE l.relation=i.indrelid AND l.mode='AccessExclusiveLock'" \
	" AND l.database=(SELECT d.oid FROM pg_database d WHERE d.datname=current_database()))"
#define RELATIONS " FROM pg_class c JOIN pg_namespace n ON n.oid=c.relnamespace"

static const char *const statements[STATEMENTS] = {
	/* All of them see the same moment: a table that is renamed between two of them would have no columns, or no keys, until
	 * something else has it described again. What may fail by itself comes when it is over. Tables are found by the
	 * search_path that the session had at first, and not by what a function has made of it. */
	[SNAPSHOT] = "RESET search_path;BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
	[OVER] = "COMMIT",
	/* The rows of a table are also those of its partitions, or whatever inherits from it. */
	[TABLES] = ("SELECT c.relname,c.relkind IN ('v','m'),c.relkind IN ('r','p'),"
	            "(WITH RECURSIVE h AS (SELECT c.oid UNION ALL"
	            " SELECT i.inhrelid FROM h JOIN pg_inherits i ON i.inhparent=h.oid)"
	            " SELECT sum(greatest(r.reltuples,0)::bigint)"
	            " FROM h JOIN pg_class r ON r.oid=h.oid WHERE r.relkind<>'p'),"
	            "obj_description(c.oid,'pg_class'),"
	            "c.relkind IN ('r','p','v') AND has_table_privilege(c.oid,'SELECT'),n.nspname" RELATIONS),
	/* A domain is followed to the type at its bottom, and gives its default and NOT NULL on the way; but an outer join
	 * in a view has NULL whatever the domain says. A default has no columns in it, so pg_get_expr need not be told the
	 * table, for which it would wait. */
	[COLUMNS] = ("WITH RECURSIVE a AS (SELECT c.relname,c.relkind,a.attrelid,a.attnum,a.attname,a.attnotnull,"
	             "a.attidentity,a.attgenerated,a.atttypid,a.atttypmod,pg_get_expr(d.adbin,0) AS fallback" RELATIONS
	             " JOIN pg_attribute a ON a.attrelid=c.oid AND a.attnum>0 AND NOT a.attisdropped"
	             " LEFT JOIN pg_attrdef d ON d.adrelid=a.attrelid AND d.adnum=a.attnum AND a.attgenerated=''"),
	/* A key that is checked at the end of a transaction settles no conflict; one of a table from which others inherit
	 * holds for that table alone; one by another collation than the column's tells apart what the column calls equal. The
	 * expression of one that is searched by is empty where nobody may read it now. */
	[KEYS] = ("SELECT c.relname,x.relname,i.indisprimary AND " ALONE ","
	          "i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL AND " ALONE
	          " AND NOT EXISTS (SELECT FROM unnest(i.indkey,i.indcollation) u(attnum,coll)"
	          " JOIN pg_attribute b ON b.attrelid=c.oid AND b.attnum=u.attnum AND b.attcollation<>u.coll),a.attname,"
	          "CASE WHEN m.amname IN ('gin','gist') AND i.indnkeyatts=1 AND i.indisvalid AND i.indpred IS NULL"
	          " THEN CASE WHEN i.indexprs IS NOT NULL AND " LOCKED " THEN ''"
	          " ELSE pg_get_expr(i.indexprs,i.indrelid) END END" RELATIONS
	          " JOIN pg_index i ON i.indrelid=c.oid"
	          " JOIN pg_class x ON x.oid=i.indexrelid JOIN pg_am m ON m.oid=x.relam"
	          " CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY k(attnum,place)"
	          " LEFT JOIN pg_attribute a ON a.attrelid=c.oid AND a.attnum=k.attnum"),
	/* The names are not joined: the planner would try all orders of so many tables, for longer than all the rest takes. */
	[FOREIGN_KEYS] = ("SELECT c.relname,f.conname,"
	                  "(SELECT a.attname FROM pg_attribute a WHERE a.attrelid=c.oid AND a.attnum=k.own),t.relname,"
	                  "(SELECT b.attname FROM pg_attribute b WHERE b.attrelid=t.oid AND b.attnum=k.other)" RELATIONS
	                  " JOIN pg_constraint f ON f.conrelid=c.oid AND f.contype='f'"
	                  " JOIN pg_class t ON t.oid=f.confrelid AND t.relnamespace=c.relnamespace"
	                  " CROSS JOIN LATERAL unnest(f.conkey,f.confkey) WITH ORDINALITY k(own,other,place)"),
	/* What only the server knows, or the wrapper of a foreign table. Both functions wait for whoever alters the relation,
	 * and fail where the wrapper cannot be had, so each table is asked for by itself. A view whose columns a trigger
	 * (64: INSTEAD OF, 20: INSERT or UPDATE) or a rule (2: UPDATE, 3: INSERT) writes takes all of them. */
	[WRITES] = ("SELECT c.relname,pg_relation_is_updatable(c.oid,true),a.attname,"
	            "c.relkind<>'v' OR pg_column_is_updatable(a.attrelid,a.attnum,true)"
	            " OR EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid=a.attrelid AND g.tgtype&64<>0"
	            " AND g.tgtype&20<>0) OR EXISTS (SELECT FROM pg_rewrite w WHERE w.ev_class=a.attrelid"
	            " AND w.is_instead AND w.ev_type IN ('2','3'))"
	            " FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid=c.oid AND a.attnum>0 AND NOT a.attisdropped"),
};

static const char *const endings[WRITES] = {
	[TABLES] = " ORDER BY c.relname",
	[COLUMNS] = (" UNION ALL SELECT a.relname,a.relkind,a.attrelid,a.attnum,a.attname,"
	             "a.attnotnull OR (t.typnotnull AND a.relkind NOT IN ('v','m')),a.attidentity,a.attgenerated,"
	             "t.typbasetype,t.typtypmod,coalesce(a.fallback,pg_get_expr(t.typdefaultbin,0))"
	             " FROM a JOIN pg_type t ON t.oid=a.atttypid WHERE t.typtype='d')"
	             " SELECT a.relname,a.attname,"
	             "CASE WHEN n.nspname='pg_catalog' OR t.typname='citext' THEN t.typname END,"
	             "format_type(a.atttypid,a.atttypmod),a.atttypmod,"
	             "(SELECT string_agg(''''||replace(replace(e.enumlabel,'''',''''''),'\\','\\\\')||'''',','"
	             " ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid=t.oid),"
	             "NOT a.attnotnull,a.attidentity,a.attgenerated,a.fallback,"
	             "col_description(a.attrelid,a.attnum),has_column_privilege(a.attrelid,a.attnum,'SELECT')"
	             " FROM a JOIN pg_type t ON t.oid=a.atttypid JOIN pg_namespace n ON n.oid=t.typnamespace"
	             " WHERE t.typtype<>'d' ORDER BY a.relname,a.attnum"),
	[KEYS] = " AND k.place<=i.indnkeyatts ORDER BY c.relname,x.relname,k.place",
	/* For each partition that is referred to the server has another one, below that which was declared. */
	[FOREIGN_KEYS] = (" AND NOT EXISTS"
	                  " (SELECT FROM pg_constraint p WHERE p.oid=f.conparentid AND p.conrelid=f.conrelid)"
	                  " ORDER BY c.relname,f.conname,k.place"),
};

struct catalogue *postgresql_catalogue_new(const struct table_choices *choices, const struct table_choices *writable)
{
	return catalogue_new(choices, writable, STATEMENTS, &postgresql_dialect);
}

static bool ask_for_writes(struct catalogue *catalogue, struct text *sql)
{
	while (catalogue->asked < catalogue->schema->table_count) {
		const struct table *table = &catalogue->schema->tables[catalogue->asked++];

		if (table->writable || !catalogue_wants_writable(catalogue, table))
			continue;
		text_add_string(sql, statements[WRITES]);
		text_add_string(sql, " WHERE pg_table_is_visible(c.oid) AND c.relkind IN ('v','f') AND c.relname=");
		literal_add_string(sql, table->name);
		return true;
	}
	return false;
}

bool postgresql_catalogue_statement(struct catalogue *catalogue, struct text *sql, enum database_rows *rows)
{
	int n = catalogue->statement == WRITES ? WRITES : ++catalogue->statement;

	*rows = DATABASE_ONE_BY_ONE;
	if (n == WRITES)
		return ask_for_writes(catalogue, sql);
	text_add_string(sql, statements[n]);
	if (n == SNAPSHOT || n == OVER)
		return true;
	text_add_string(sql, " WHERE pg_table_is_visible(c.oid) AND c.relkind IN ('r','p','v','m','f')");
	text_add_string(sql, " AND c.relname IN ");
	catalogue_add_names(catalogue, sql);
	text_add_string(sql, endings[n]);
	return true;
}

static bool is_true(const struct row *row, unsigned n)
{
	return slice_is(catalogue_value(row, n), "1");
}

static void take_table(struct catalogue *catalogue, const struct row *row)
{
	struct table *table = catalogue_add_table(catalogue, catalogue_value(row, 0));

	if (table == NULL)
		return;
	table->is_view = is_true(row, 1);
	table->writable = is_true(row, 2) && catalogue_wants_writable(catalogue, table);
	table->no_insert = table->no_update = table->no_delete = !is_true(row, 2); /* as long as WRITES says nothing else */
	table->row_estimate = catalogue_number(row, 3);
	table->comment = catalogue_keep(catalogue, catalogue_value(row, 4)).bytes;
	table->lockable = is_true(row, 5);
	/* A statement means the table that is described here, whatever a function, a view or a role makes of search_path, or
	 * whoever makes one of the same name in an earlier schema. */
	catalogue_qualify(catalogue, table, catalogue_value(row, 6));
}

/* What a type's modifier says. */
enum modifier { NOTHING, LENGTH, DIGITS, FRACTION, BITS };

struct type {
	const char *name; /* in pg_type */
	enum column_type type;
	enum column_kind kind;
	enum modifier modifier;
	unsigned bits;
	const char *declared; /* NULL: format_type's words */
};

static const struct type *find_type(struct slice name)
{
	static const struct type types[] = {
		{ "int2", COLUMN_INTEGER, KIND_PLAIN, NOTHING, 16, NULL },
		{ "int4", COLUMN_INTEGER, KIND_PLAIN, NOTHING, 32, NULL },
		{ "int8", COLUMN_INTEGER, KIND_PLAIN, NOTHING, 64, NULL },
		{ "bool", COLUMN_BOOLEAN, KIND_PLAIN, NOTHING, 0, NULL },
		{ "numeric", COLUMN_DECIMAL, KIND_PLAIN, DIGITS, 0, NULL },
		{ "float4", COLUMN_FLOAT, KIND_PLAIN, NOTHING, 0, NULL },
		{ "float8", COLUMN_DOUBLE, KIND_PLAIN, NOTHING, 0, NULL },
		{ "date", COLUMN_DATE, KIND_PLAIN, NOTHING, 0, NULL },
		{ "time", COLUMN_TIME, KIND_PLAIN, FRACTION, 0, "time" },
		{ "timestamp", COLUMN_DATETIME, KIND_PLAIN, FRACTION, 0, "timestamp" },
		{ "timestamptz", COLUMN_TIMESTAMP, KIND_PLAIN, FRACTION, 0, "timestamptz" },
		{ "json", COLUMN_JSON, KIND_JSON_TEXT, NOTHING, 0, NULL },
		{ "jsonb", COLUMN_JSON, KIND_PLAIN, NOTHING, 0, NULL },
		{ "bytea", COLUMN_BINARY, KIND_PLAIN, NOTHING, 0, NULL },
		{ "text", COLUMN_STRING, KIND_TEXT, NOTHING, 0, NULL },
		{ "name", COLUMN_STRING, KIND_PLAIN, NOTHING, 0, NULL },
		{ "citext", COLUMN_STRING, KIND_PLAIN, NOTHING, 0, "citext" }, /* of whatever schema the extension is in */
		{ "varchar", COLUMN_STRING, KIND_VARCHAR, LENGTH, 0, "varchar" },
		{ "bpchar", COLUMN_STRING, KIND_BPCHAR, LENGTH, 0, "bpchar" }, /* with a length it is a char */
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (slice_is(name, types[i].name))
			return &types[i];
	return NULL;
}

/* Those whose values look like texts, and are compared with a text as they sort. Of others only the server knows whether there
 * is an operator, and what a text means beside it (xml, hstore, regclass). */
static bool find_opaque(struct slice name, enum column_kind *kind)
{
	static const struct {
		const char *name;
		enum column_kind kind;
	} types[] = {
		{ "uuid", KIND_UUID },         { "inet", KIND_INET },           { "cidr", KIND_CIDR },
		{ "macaddr", KIND_MACADDR },   { "macaddr8", KIND_MACADDR },    { "interval", KIND_INTERVAL },
		{ "timetz", KIND_TIMETZ },     { "money", KIND_MONEY },         { "oid", KIND_PLAIN },
		{ "bit", KIND_BITS },          { "varbit", KIND_VARBITS },      { "pg_lsn", KIND_PLAIN },
		{ "int4range", KIND_RANGE },   { "int8range", KIND_RANGE },     { "numrange", KIND_RANGE },
		{ "daterange", KIND_RANGE },   { "tsrange", KIND_RANGE },       { "tstzrange", KIND_RANGE },
		{ "tsvector", KIND_TSVECTOR }, { "tsquery", KIND_PLAIN },       { "char", KIND_BYTE },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (slice_is(name, types[i].name)) {
			*kind = types[i].kind;
			return true;
		}
	return false;
}

static bool ends_with(struct slice text, const char *ending)
{
	size_t length = strlen(ending);

	return text.length >= length && memcmp(text.bytes + text.length - length, ending, length) == 0;
}

/* What else looks like a text, or is an array. Ranges have their names by custom alone. */
static enum column_kind find_other(struct slice name, struct slice declared)
{
	return slice_is(name, "xml")                                             ? KIND_XML
	       : slice_is(declared, "json[]") || slice_is(declared, "jsonb[]") ? KIND_JSON_ARRAY
	       : ends_with(declared, "multirange")                             ? KIND_MULTIRANGE
	       : ends_with(declared, "range")                                  ? KIND_RANGE
	                                                                       : KIND_PLAIN;
}

/* modifier: the type's, -1 when it has none. */
static void take_modifier(struct column *column, enum modifier meaning, int modifier)
{
	enum { HEADER = 4, SCALE_BITS = 0x7ff, SCALE_SIGN = 0x400, FRACTION_DIGITS = 6 };
	int digits, scale;

	if (meaning == BITS) {
		column->length = modifier > 0 ? (uint64_t)modifier : 0;
	} else if (meaning == FRACTION) {
		column->precision = modifier >= 0 ? (unsigned)modifier : FRACTION_DIGITS;
	} else if (meaning == LENGTH && modifier > HEADER) {
		column->length = (uint64_t)(modifier - HEADER);
	} else if (meaning == DIGITS && modifier >= HEADER) {
		digits = (modifier - HEADER) >> 16 & 0xffff;
		scale = (((modifier - HEADER) & SCALE_BITS) ^ SCALE_SIGN) - SCALE_SIGN;
		/* From PostgreSQL 15 on a scale may be negative (zeros before the point), or more than the digits. */
		column->scale = scale > 0 ? (unsigned)scale : 0;
		column->precision = (unsigned)(scale < 0 ? digits - scale : digits > scale ? digits : scale);
	}
}

/* The words for the type; what MySQL has too is called as there. */
static struct slice name_type(struct catalogue *catalogue, const struct column *column, const struct type *type,
                              const struct row *row)
{
	struct arena *arena = &catalogue->schema->arena;
	const char *declared;

	if (column->kind == KIND_ENUM)
		declared = arena_printf(arena, "enum(%s)", catalogue_value(row, 5).bytes);
	else if (type != NULL && type->modifier == LENGTH && column->length > 0)
		declared = arena_printf(arena, "%s(%llu)", column->kind == KIND_CHAR ? "char" : type->declared,
		                        (unsigned long long)column->length);
	else if (type != NULL && type->modifier == FRACTION && atoi(catalogue_value(row, 4).bytes) >= 0)
		declared = arena_printf(arena, "%s(%u)", type->declared, column->precision);
	else if (type != NULL && type->declared != NULL)
		declared = type->declared;
	else
		return catalogue_keep(catalogue, catalogue_value(row, 3));
	return (struct slice){ declared, strlen(declared) };
}

static void take_opaque(struct column *column, struct slice name, struct slice declared, int modifier)
{
	column->type = declared.length > 2 && ends_with(declared, "[]") ? COLUMN_ARRAY : COLUMN_STRING;
	column->is_opaque = true;
	column->sorts_otherwise = !find_opaque(name, &column->kind);
	if (column->sorts_otherwise)
		column->kind = find_other(name, declared);
	if (column->kind == KIND_BITS || column->kind == KIND_VARBITS)
		take_modifier(column, BITS, modifier);
}

static void take_type(struct catalogue *catalogue, struct column *column, const struct row *row)
{
	struct slice name = catalogue_value(row, 2);
	const struct type *type = find_type(name);
	int modifier = atoi(catalogue_value(row, 4).bytes);

	if (type != NULL) {
		column->type = type->type;
		column->kind = type->kind;
		column->bits = type->bits;
		take_modifier(column, type->modifier, modifier);
		if (type->kind == KIND_BPCHAR && column->length > 0)
			column->kind = KIND_CHAR;
	} else
		take_opaque(column, name, catalogue_value(row, 3), modifier);
	if (!catalogue_is_null(row, 5)) {
		column->kind = KIND_ENUM;
		catalogue_take_members(column, catalogue_value(row, 5), &catalogue->schema->arena);
	}
	column->declared = name_type(catalogue, column, type, row);
}

static void take_column(struct catalogue *catalogue, const struct row *row)
{
	struct table *table = catalogue_table(catalogue, row);
	struct column *column = table != NULL ? catalogue_add_column(catalogue, table, catalogue_value(row, 1)) : NULL;
	struct slice identity = catalogue_value(row, 7), fallback = catalogue_value(row, 9);
	bool computed = catalogue_value(row, 8).length > 0, counts;

	if (column == NULL)
		return;
	take_type(catalogue, column, row);
	column->nullable = is_true(row, 6);
	counts = !computed && fallback.length > 8 && memcmp(fallback.bytes, "nextval(", 8) == 0;
	column->auto_increment = identity.length > 0 || counts;
	column->generated = computed || slice_is(identity, "a"); /* GENERATED ALWAYS, which clients cannot write */
	if (fallback.length > 0 && !column->auto_increment && !computed)
		column->fallback = catalogue_keep(catalogue, fallback).bytes;
	column->comment = catalogue_keep(catalogue, catalogue_value(row, 10)).bytes;
	column->unreadable = !catalogue_is_null(row, 11) && !is_true(row, 11);
	catalogue_expose(catalogue, table, column);
}

/* A name as the server writes it into an expression: quoted only where it must be. */
static bool is_named(const struct column *column, struct slice written)
{
	struct slice name = written.length > 0 && written.bytes[0] == '"' ? column->quoted : column->name;

	return name.length == written.length && memcmp(name.bytes, written.bytes, name.length) == 0;
}

/* Takes the words from the beginning, or from the end; false: they are not there. */
static bool strip(struct slice *text, const char *words, bool from_end)
{
	size_t length = strlen(words);

	if (text->length < length || memcmp(text->bytes + (from_end ? text->length - length : 0), words, length) != 0)
		return false;
	text->bytes += from_end ? 0 : length;
	text->length -= length;
	return true;
}

/* The quote that ends the literal, from within it on; NULL: there is none. */
static const char *end_of_literal(const char *at, const char *end)
{
	while ((at = memchr(at, '\'', (size_t)(end - at))) != NULL && at + 1 < end && at[1] == '\'')
		at += 2;
	return at;
}

/* The one column of to_tsvector('english'::regconfig, COLUMN), in which a VARCHAR is (COLUMN)::text; -1: it is another
 * expression. language: 'english', with its quotes. */
static int searched_column(const struct table *table, struct slice expression, struct slice *language)
{
	const char *from, *end;

	if (!strip(&expression, "to_tsvector('", false) || !strip(&expression, ")", true) ||
	    (end = end_of_literal(expression.bytes, expression.bytes + expression.length)) == NULL)
		return -1;
	from = expression.bytes - 1; /* the quote */
	*language = (struct slice){ from, (size_t)(end + 1 - from) };
	expression.length -= (size_t)(end - expression.bytes);
	expression.bytes = end;
	if (!strip(&expression, "'::regconfig, ", false)) /* which a name may have in it, too */
		return -1;
	if (strip(&expression, ")::text", true) && !strip(&expression, "(", false))
		return -1;
	for (unsigned i = 0; i < table->column_count; i++)
		if (is_named(&table->columns[i], expression))
			return (int)i;
	return -1;
}

static void take_key(struct catalogue *catalogue, const struct row *row)
{
	struct table *table = catalogue_table(catalogue, row);
	struct slice language;
	struct key *key;
	bool is_new;
	int column;

	if (table == NULL)
		return;
	if (!catalogue_is_null(row, 5) && catalogue_value(row, 5).length == 0) {
		catalogue_untold(catalogue, table, "another transaction locks it", STATUS_UNDESCRIBED);
		return;
	}
	key = catalogue_add_key(catalogue, table, catalogue_value(row, 1), &is_new);
	if (is_new) {
		key->primary = is_true(row, 2);
		key->unique = is_true(row, 3);
	}
	column = catalogue_column_index(table, catalogue_value(row, 4));
	if (column < 0 && (column = searched_column(table, catalogue_value(row, 5), &language)) >= 0) {
		key->fulltext = true;
		table->columns[column].language = catalogue_keep(catalogue, language);
	}
	if (column >= 0)
		catalogue_add_key_column(catalogue, key, (unsigned)column);
	else /* over an expression */
		catalogue_obscure_key(key);
}

static void take_foreign_key(struct catalogue *catalogue, const struct row *row)
{
	struct table *table = catalogue_table(catalogue, row);

	if (table != NULL)
		catalogue_add_foreign_key_column(catalogue, table, catalogue_value(row, 1), catalogue_value(row, 2),
		                                catalogue_value(row, 3), catalogue_value(row, 4));
}

/* A column, with what holds for all of its table. */
static void take_write(struct catalogue *catalogue, const struct row *row)
{
	enum { CAN_UPDATE = 4, CAN_INSERT = 8, CAN_DELETE = 16 }; /* in what pg_relation_is_updatable gives */
	struct table *table = catalogue_table(catalogue, row);
	uint64_t writes = catalogue_number(row, 1);
	struct column *column;
	int index;

	if (table == NULL || !catalogue_wants_writable(catalogue, table)) /* which alone is asked for */
		return;
	table->no_insert = !(writes & CAN_INSERT);
	table->no_update = !(writes & CAN_UPDATE);
	table->no_delete = !(writes & CAN_DELETE);
	table->writable = !table->no_insert || !table->no_update || !table->no_delete;
	if ((index = catalogue_column_index(table, catalogue_value(row, 2))) < 0)
		return;
	column = &table->columns[index];
	/* What a view computes; one that cannot be written at all does not say which. */
	column->generated = column->generated || (table->writable && !is_true(row, 3));
	catalogue_expose(catalogue, table, column);
	column->writable = column->writable && !(table->no_insert && table->no_update);
}

void postgresql_catalogue_row(struct catalogue *catalogue, const struct row *row)
{
	static void (*const takers[STATEMENTS])(struct catalogue *, const struct row *) = {
		[TABLES] = take_table,
		[COLUMNS] = take_column,
		[KEYS] = take_key,
		[FOREIGN_KEYS] = take_foreign_key,
		[WRITES] = take_write,
	};

	if (takers[catalogue->statement] != NULL) /* BEGIN and COMMIT give none, whatever is behind the address */
		takers[catalogue->statement](catalogue, row);
}

/* A wrapper cannot be had, or another alters the table. */
bool postgresql_catalogue_failed(struct catalogue *catalogue, const struct database_error *error)
{
	if (catalogue->statement != WRITES)
		return false;
	catalogue_untold(catalogue, &catalogue->schema->tables[catalogue->asked - 1], error->text, STATUS_UNDESCRIBED);
	return true;
}

struct schema *postgresql_catalogue_finish(struct catalogue *catalogue, bool abandon, char *missing, size_t size)
{
	return catalogue_finish(catalogue, abandon, missing, size);
}
