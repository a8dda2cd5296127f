/* SPDX-License-Identifier: MIT
 *
 * The rows are those that PostgreSQL 15 gives.
 */
#include "postgresql/postgresql_catalogue.h"

#define CATALOGUE_STATEMENT postgresql_catalogue_statement
#define CATALOGUE_ROW postgresql_catalogue_row
#include "catalogue_rows.h"

static void begin(const char *tables)
{
	assert_null(table_choices_parse(tables, &arena, &choices));
	catalogue = postgresql_catalogue_new(&choices, &writable);
	assert_true(next("BEGIN ISOLATION LEVEL REPEATABLE READ"));
	ROW("t", "0", "1", "0", NULL, "1"); /* which only a server that is none gives here */
}

/* A relation of that name, and on to its columns. */
static void table(const char *name)
{
	assert_true(next("reltuples"));
	ROW(name, "0", "1", "0", NULL, "1", "public");
	assert_true(next("pg_attribute"));
}

/* relname, attname, typname, format_type, atttypmod, labels, nullable, attidentity, attgenerated, fallback,
 * comment */
static void column(const char *table, const char *name, const char *type, const char *declared)
{
	ROW(table, name, type, declared, "-1", NULL, "0", "", "", NULL, NULL);
}

static struct schema *finish(void)
{
	return postgresql_catalogue_finish(catalogue, false, missing, sizeof(missing));
}

static void the_users_of_the_example(void **state)
{
	struct schema *schema;
	struct table *users;

	(void)state;
	begin("users");
	assert_true(next(" WHERE pg_table_is_visible(c.oid) AND c.relkind IN ('r','p','v','m','f') AND c.relname IN ('users')"));
	ROW("users", "0", "1", "50", "who may come in", "1", "public");
	assert_true(next(" AND c.relname IN ('users') UNION ALL "));
	ROW("users", "id", "int4", "integer", "-1", NULL, "0", "d", "", NULL, "the number");
	ROW("users", "username", "varchar", "character varying(80)", "84", NULL, "0", "", "", NULL, NULL);
	ROW("users", "email", "varchar", "character varying(120)", "124", NULL, "1", "", "", NULL, NULL);
	assert_true(next(" AND c.relname IN ('users') AND k.place<=i.indnkeyatts ORDER BY c.relname,x.relname,k.place"));
	ROW("users", "email_key", "0", "1", "email", NULL);
	ROW("users", "users_pkey", "1", "1", "id", NULL);
	ROW("users", "username", "0", "0", "username", NULL);
	assert_true(next("f.contype='f'"));
	assert_true(next("COMMIT"));
	assert_false(next(""));
	schema = finish();
	assert_string_equal(missing, "");
	assert_int_equal(schema->table_count, 1);
	users = &schema->tables[0];
	assert_is(users->name, "users");
	assert_is(users->quoted, "\"public\".\"users\"");
	assert_string_equal(users->comment, "who may come in");
	assert_int_equal(users->row_estimate, 50);
	assert_false(users->is_view || users->writable);
	assert_int_equal(users->column_count, 3);
	assert_int_equal(users->columns[0].type, COLUMN_INTEGER);
	assert_true(users->columns[0].auto_increment);
	assert_false(users->columns[0].generated || users->columns[0].nullable || users->columns[0].is_unsigned);
	assert_null(users->columns[0].fallback);
	assert_string_equal(users->columns[0].comment, "the number");
	assert_is(users->columns[1].declared, "varchar(80)");
	assert_int_equal(users->columns[1].length, 80);
	assert_false(users->columns[1].auto_increment || users->columns[1].is_opaque);
	assert_string_equal(users->columns[1].comment, "");
	assert_true(users->columns[2].nullable);
	assert_is(users->columns[2].json_key, "\"email\":");
	assert_int_equal(users->key_count, 3);
	assert_true(users->keys[0].unique && !users->keys[0].primary);
	assert_int_equal(users->keys[0].columns[0], 2);
	assert_string_equal(users->keys[1].name, "users_pkey");
	assert_true(users->keys[1].primary && users->keys[1].unique);
	assert_false(users->keys[2].unique);
	assert_int_equal(users->key_column, 0);
	assert_true(table_integer_key(users, &users->columns[0]));
	schema_free(schema);
}

static void every_type_is_known(void **state)
{
	static const struct {
		const char *name, *format, *modifier, *declared; /* NULL: format's words */
		enum column_type type;
		enum column_kind kind;
		bool other;
		unsigned length, precision, scale;
	} types[] = {
		{ "int2", "smallint", "-1", NULL, COLUMN_INTEGER, KIND_PLAIN, false, 0, 0, 0 },
		{ "int4", "integer", "-1", NULL, COLUMN_INTEGER, KIND_PLAIN, false, 0, 0, 0 },
		{ "int8", "bigint", "-1", NULL, COLUMN_INTEGER, KIND_PLAIN, false, 0, 0, 0 },
		{ "bool", "boolean", "-1", NULL, COLUMN_BOOLEAN, KIND_PLAIN, false, 0, 0, 0 },
		{ "numeric", "numeric", "-1", NULL, COLUMN_DECIMAL, KIND_PLAIN, false, 0, 0, 0 },
		{ "numeric", "numeric(10,2)", "655366", NULL, COLUMN_DECIMAL, KIND_PLAIN, false, 0, 10, 2 },
		{ "numeric", "numeric(1000,0)", "65536004", NULL, COLUMN_DECIMAL, KIND_PLAIN, false, 0, 1000, 0 },
		{ "numeric", "numeric(2,-3)", "133121", NULL, COLUMN_DECIMAL, KIND_PLAIN, false, 0, 5, 0 },
		{ "numeric", "numeric(3,5)", "196617", NULL, COLUMN_DECIMAL, KIND_PLAIN, false, 0, 5, 5 },
		{ "float4", "real", "-1", NULL, COLUMN_FLOAT, KIND_PLAIN, false, 0, 0, 0 },
		{ "float8", "double precision", "-1", NULL, COLUMN_DOUBLE, KIND_PLAIN, false, 0, 0, 0 },
		{ "date", "date", "-1", NULL, COLUMN_DATE, KIND_PLAIN, false, 0, 0, 0 },
		{ "time", "time without time zone", "-1", "time", COLUMN_TIME, KIND_PLAIN, false, 0, 6, 0 },
		{ "time", "time(3) without time zone", "3", "time(3)", COLUMN_TIME, KIND_PLAIN, false, 0, 3, 0 },
		{ "timetz", "time with time zone", "-1", NULL, COLUMN_STRING, KIND_TIMETZ, true, 0, 0, 0 },
		{ "timestamp", "timestamp without time zone", "-1", "timestamp", COLUMN_DATETIME, KIND_PLAIN, false, 0, 6, 0 },
		{ "timestamp", "timestamp(0) without time zone", "0", "timestamp(0)", COLUMN_DATETIME, KIND_PLAIN, false, 0, 0, 0 },
		{ "timestamptz", "timestamp with time zone", "-1", "timestamptz", COLUMN_TIMESTAMP, KIND_PLAIN, false, 0, 6, 0 },
		{ "timestamptz", "timestamp(3) with time zone", "3", "timestamptz(3)", COLUMN_TIMESTAMP, KIND_PLAIN, false, 0, 3, 0 },
		{ "json", "json", "-1", NULL, COLUMN_JSON, KIND_JSON_TEXT, false, 0, 0, 0 },
		{ "jsonb", "jsonb", "-1", NULL, COLUMN_JSON, KIND_PLAIN, false, 0, 0, 0 },
		{ "bytea", "bytea", "-1", NULL, COLUMN_BINARY, KIND_PLAIN, false, 0, 0, 0 },
		{ "text", "text", "-1", NULL, COLUMN_STRING, KIND_TEXT, false, 0, 0, 0 },
		{ "name", "name", "-1", NULL, COLUMN_STRING, KIND_PLAIN, false, 0, 0, 0 },
		{ "citext", "extensions.citext", "-1", "citext", COLUMN_STRING, KIND_PLAIN, false, 0, 0, 0 },
		{ "varchar", "character varying", "-1", "varchar", COLUMN_STRING, KIND_VARCHAR, false, 0, 0, 0 },
		{ "varchar", "character varying(9)", "13", "varchar(9)", COLUMN_STRING, KIND_VARCHAR, false, 9, 0, 0 },
		{ "varchar", "character varying(10485760)", "10485764", "varchar(10485760)", COLUMN_STRING, KIND_VARCHAR, false, 10485760, 0, 0 },
		{ "bpchar", "character(5)", "9", "char(5)", COLUMN_STRING, KIND_CHAR, false, 5, 0, 0 },
		{ "bpchar", "character", "-1", "bpchar", COLUMN_STRING, KIND_BPCHAR, false, 0, 0, 0 },
		{ "char", "\"char\"", "-1", NULL, COLUMN_STRING, KIND_BYTE, true, 0, 0, 0 },
		{ "uuid", "uuid", "-1", NULL, COLUMN_STRING, KIND_UUID, true, 0, 0, 0 },
		{ "interval", "interval day to second(2)", "470286338", NULL, COLUMN_STRING, KIND_INTERVAL, true, 0, 0, 0 },
		{ "bit", "bit(4)", "4", NULL, COLUMN_STRING, KIND_BITS, true, 4, 0, 0 },
		{ "_int4", "integer[]", "-1", NULL, COLUMN_ARRAY, KIND_PLAIN, true, 0, 0, 0 },
		{ "_varchar", "character varying(3)[]", "7", NULL, COLUMN_ARRAY, KIND_PLAIN, true, 0, 0, 0 },
		{ "int4range", "int4range", "-1", NULL, COLUMN_STRING, KIND_RANGE, true, 0, 0, 0 },
		{ "varbit", "bit varying", "-1", NULL, COLUMN_STRING, KIND_VARBITS, true, 0, 0, 0 },
		{ "_jsonb", "jsonb[]", "-1", NULL, COLUMN_ARRAY, KIND_JSON_ARRAY, true, 0, 0, 0 },
		{ "inet", "inet", "-1", NULL, COLUMN_STRING, KIND_INET, true, 0, 0, 0 },
		{ "macaddr8", "macaddr8", "-1", NULL, COLUMN_STRING, KIND_MACADDR, true, 0, 0, 0 },
		{ "xml", "xml", "-1", NULL, COLUMN_STRING, KIND_XML, true, 0, 0, 0 },
		{ "tsvector", "tsvector", "-1", NULL, COLUMN_STRING, KIND_TSVECTOR, true, 0, 0, 0 },
		{ "datemultirange", "datemultirange", "-1", NULL, COLUMN_STRING, KIND_MULTIRANGE, true, 0, 0, 0 },
		{ NULL, "app.floatrange", "-1", NULL, COLUMN_STRING, KIND_RANGE, true, 0, 0, 0 },
		{ NULL, "app.date", "-1", NULL, COLUMN_STRING, KIND_PLAIN, true, 0, 0, 0 }, /* of another schema, whatever it is called */
	};
	const struct column *columns;
	struct schema *schema;

	(void)state;
	begin("t");
	table("t");
	for (size_t i = 0; i < LENGTH_OF(types); i++)
		ROW("t", "c", types[i].name, types[i].format, types[i].modifier, NULL, "1", "", "", NULL, NULL);
	schema = finish();
	assert_int_equal(schema->tables[0].column_count, LENGTH_OF(types));
	for (size_t i = 0; i < LENGTH_OF(types); i++) {
		const struct column *got = &schema->tables[0].columns[i];

		assert_is(got->declared, types[i].declared != NULL ? types[i].declared : types[i].format);
		if (got->type != types[i].type || got->kind != types[i].kind || got->is_opaque != types[i].other || got->length != types[i].length ||
		    got->precision != types[i].precision || got->scale != types[i].scale)
			fail_msg("%s: %d, %d%s, length %llu, precision %u, scale %u", types[i].format, got->type, got->kind,
			         got->is_opaque ? " other" : "", (unsigned long long)got->length, got->precision, got->scale);
		assert_int_equal(got->last_character, 0);
	}
	columns = schema->tables[0].columns;
	assert_true(columns[0].bits == 16 && columns[1].bits == 32 && columns[2].bits == 64 && columns[3].bits == 0);
	for (size_t i = 0; i < LENGTH_OF(types); i++) /* what a text beside it means nobody knows but the server */
		assert_int_equal(columns[i].sorts_otherwise,
		                 columns[i].type == COLUMN_ARRAY || columns[i].kind == KIND_XML || columns[i].kind == KIND_MULTIRANGE ||
		                     strncmp(types[i].format, "app.", 4) == 0);
	schema_free(schema);
}

static void the_members_of_an_enum(void **state)
{
	struct schema *schema;

	(void)state;
	begin("t");
	table("t");
	assert_non_null(strstr(sql.bytes, "string_agg(''''||replace(replace(e.enumlabel,'''',''''''),'\\','\\\\')||'''',','"));
	ROW("t", "m", NULL, "mood", "-1", "'sad','o''k','back\\\\slash'", "1", "", "", NULL, NULL);
	schema = finish();
	assert_is(schema->tables[0].columns[0].declared, "enum('sad','o''k','back\\\\slash')");
	assert_int_equal(schema->tables[0].columns[0].type, COLUMN_STRING);
	assert_true(schema->tables[0].columns[0].is_opaque);
	assert_true(schema->tables[0].columns[0].sorts_otherwise);
	assert_int_equal(schema->tables[0].columns[0].kind, KIND_ENUM);
	assert_int_equal(schema->tables[0].columns[0].member_count, 3);
	assert_is(schema->tables[0].columns[0].members[1], "o'k");
	assert_is(schema->tables[0].columns[0].members[2], "back\\slash");
	schema_free(schema);
}

static void what_the_server_fills_in(void **state)
{
	static const struct {
		const char *identity, *generated, *expression, *fallback;
		bool counts, computed;
	} cases[] = {
		{ "", "", NULL, NULL, false, false },
		{ "d", "", NULL, NULL, true, false },
		{ "a", "", NULL, NULL, true, true },
		{ "", "", "nextval('seq'::regclass)", NULL, true, false },
		{ "", "", "next", "next", false, false },
		{ "", "", "'nextval('::text", "'nextval('::text", false, false },
		{ "", "s", "(1 + 1)", NULL, false, true },
		{ "", "v", "nextval('seq'::regclass)", NULL, false, true },
		{ "", "", "now()", "now()", false, false },
		{ "", "", "'abc'::character varying", "'abc'::character varying", false, false },
	};
	struct schema *schema;

	(void)state;
	assert_null(table_choices_parse("t", &arena, &writable));
	begin("t");
	table("t");
	for (size_t i = 0; i < LENGTH_OF(cases); i++)
		ROW("t", "c", "int4", "integer", "-1", NULL, "0", cases[i].identity, cases[i].generated, cases[i].expression,
		    NULL);
	schema = finish();
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		const struct column *got = &schema->tables[0].columns[i];

		assert_int_equal(got->auto_increment, cases[i].counts);
		assert_int_equal(got->generated, cases[i].computed);
		assert_int_equal(got->writable, !cases[i].computed);
		if (cases[i].fallback != NULL)
			assert_says(got->fallback, cases[i].fallback);
		else
			assert_null(got->fallback);
	}
	schema_free(schema);
}

/* What a view, or a wrapper's table, says of one of its columns. */
static void write(const char *table, const char *writes, const char *column, const char *updatable)
{
	ROW(table, writes, column, updatable);
}

static void what_can_be_written(void **state)
{
	const struct database_error refused = { .text = "foreign-data wrapper \"none\" has no handler" };
	struct schema *schema;
	const struct table *tables;

	(void)state;
	assert_null(table_choices_parse("users(id,email),lines,sums,added,gone,far,broken", &arena, &writable));
	begin("users,lines,sums,fixed,added,gone,far,broken,view");
	assert_true(next("reltuples"));
	assert_null(strstr(sql.bytes, "pg_relation_is_updatable"));
	ROW("users", "0", "1", "2", NULL, "1", "public");
	ROW("lines", "1", "0", "0", NULL, "0", "public");
	ROW("sums", "1", "0", "0", NULL, "1", "public");
	ROW("fixed", "0", "1", "2", NULL, "1", "public");
	ROW("added", "1", "0", "2", NULL, "1", "public");
	ROW("gone", "1", "0", "2", NULL, "1", "public");
	ROW("far", "0", "0", "2", NULL, "1", "public");
	ROW("broken", "0", "0", "2", NULL, "1", "public");
	ROW("view", "1", "0", "2", NULL, "1", "public");
	assert_true(next("pg_attribute"));
	assert_null(strstr(sql.bytes, "pg_column_is_updatable"));
	column("users", "id", "int4", "integer");
	column("users", "username", "text", "text");
	column("lines", "n", "int4", "integer");
	column("lines", "sum", "int4", "integer");
	for (size_t i = 0; i < 7; i++)
		column((const char *[]){ "sums", "fixed", "added", "gone", "far", "broken", "view" }[i], "n", "int4", "integer");
	assert_true(next("pg_index"));
	assert_false(postgresql_catalogue_failed(catalogue, &refused)); /* of all tables */
	assert_true(next("pg_constraint"));
	assert_true(next("COMMIT"));
	assert_true(next("c.relkind IN ('v','f') AND c.relname='lines'"));
	write("lines", "28", "n", "1");
	write("lines", "28", "sum", "0");
	write("view", "28", "n", "1"); /* whatever the server says of others */
	assert_true(next("c.relname='sums'"));
	write("sums", "0", "n", "0");
	assert_true(next("c.relname='added'"));
	write("added", "8", "n", "1");
	assert_true(next("c.relname='gone'"));
	write("gone", "16", "n", "1");
	assert_true(next("c.relname='far'"));
	write("far", "28", "n", "1");
	assert_true(next("c.relname='broken'"));
	assert_true(postgresql_catalogue_failed(catalogue, &refused));
	assert_false(next("")); /* who writes only reads is not asked for */
	schema = finish();
	tables = schema->tables;
	assert_false(tables[0].no_insert || tables[0].no_update || tables[0].no_delete);
	assert_false(tables[1].no_insert || tables[1].no_update || tables[1].no_delete);
	assert_true(tables[4].writable && !tables[4].no_insert && tables[4].no_update && tables[4].no_delete);
	assert_true(tables[4].columns[0].writable);
	assert_true(tables[5].writable && tables[5].no_insert && tables[5].no_update && !tables[5].no_delete);
	assert_false(tables[5].columns[0].writable);
	assert_true(tables[0].writable && tables[0].columns[0].writable);
	assert_false(tables[0].is_view || tables[0].columns[1].writable); /* not named */
	assert_true(tables[0].lockable && !tables[1].lockable);
	assert_true(tables[1].is_view && tables[1].writable && tables[1].columns[0].writable);
	assert_true(tables[1].columns[1].generated && !tables[1].columns[1].writable); /* the view computes it */
	assert_false(tables[2].columns[0].generated); /* nobody knows */
	assert_false(tables[2].writable || tables[2].columns[0].writable);
	assert_false(tables[3].writable || tables[3].columns[0].writable);
	assert_true(tables[6].writable && !tables[6].is_view && tables[6].columns[0].writable);
	assert_false(tables[7].writable || tables[8].writable);
	for (size_t i = 0; i < 9; i++)
		assert_int_equal(tables[i].untold != NULL, i == 7);
	assert_int_equal(tables[7].refusal, STATUS_UNDESCRIBED);
	assert_true(schema->incomplete);
	assert_string_equal(missing, "the database does not describe table 'broken': foreign-data wrapper \"none\" has no handler; "
	                             "table 'users' has no column 'email', or does not show it to the account");
	schema_free(schema);
}

static void indexes_of_words(void **state)
{
	static const struct {
		const char *expression;
		int column; /* -1: it is none that is sure to be of one column */
	} cases[] = {
		{ "to_tsvector('english'::regconfig, body)", 0 },
		{ "to_tsvector('public.mine'::regconfig, body)", 0 },
		{ "to_tsvector('\"a''::regconfig, b\"'::regconfig, body)", 0 }, /* and not the column that is called like the end */
		{ "to_tsvector('\"a''::regconfig, b\"'::text, body)", -1 },
		{ "to_tsvector('o''dd'::regconfig, body)", 0 },
		{ "to_tsvector('simple'::regconfig, (title)::text)", 1 },
		{ "to_tsvector('simple'::regconfig, \"A b\")", 2 },
		{ "to_tsvector('simple'::regconfig, (\"q\"\"q\")::text)", 3 },
		{ "to_tsvector('simple'::regconfig, \"select\")", 4 },
		{ "to_tsvector('simple'::regconfig, (((title)::text || ' '::text) || body))", -1 },
		{ "to_tsvector('simple'::regconfig, COALESCE(body, ''::text))", -1 },
		{ "to_tsvector('simple'::regconfig, (body || (title)::text))", -1 },
		{ "to_tsvector(lang, body)", -1 },
		{ "to_tsvector('simple'::regconfig, other)", -1 },
		{ "to_tsvector('simple'::regconfig, bod)", -1 },
		{ "to_tsvector('simple'::regconfig, title)::text)", -1 },
		{ "to_tsvector('simple'::regconfig, )", -1 },
		{ "to_tsvector('simple'::regconfig, body", -1 },
		{ "to_tsvector('", -1 },
		{ "to_tsvector(')", -1 },
		{ "setweight(to_tsvector('simple'::regconfig, body), 'A'::\"char\")", -1 },
		{ "lower(body)", -1 },
		{ " ", -1 },
		{ NULL, -1 },
	};
	struct schema *schema;
	const struct table *t;
	char name[20];

	(void)state;
	begin("t");
	table("t");
	column("t", "body", "text", "text");
	column("t", "title", "varchar", "character varying");
	column("t", "A b", "text", "text");
	column("t", "q\"q", "varchar", "character varying");
	column("t", "select", "text", "text");
	column("t", "b\"'::regconfig, body", "text", "text");
	assert_true(next("m.amname IN ('gin','gist')"));
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		sprintf(name, "k%02zu", i);
		ROW("t", name, "0", "0", NULL, cases[i].expression);
	}
	ROW("t", "plain", "0", "0", "body", NULL);
	schema = finish();
	t = &schema->tables[0];
	assert_int_equal(t->key_count, LENGTH_OF(cases) + 1);
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		if (t->keys[i].fulltext != (cases[i].column >= 0) || t->keys[i].column_count != (cases[i].column >= 0) ||
		    (cases[i].column >= 0 && t->keys[i].columns[0] != cases[i].column))
			fail_msg("%s: %d", cases[i].expression, t->keys[i].fulltext);
		assert_false(t->keys[i].unique);
	}
	assert_false(t->keys[LENGTH_OF(cases)].fulltext);
	assert_true(table_fulltext(t, &t->columns[0]));
	assert_is(t->columns[0].language, "'o''dd'"); /* of several indices it is the last one's */
	schema_free(schema);
}

static void a_table_whose_expressions_cannot_be_read_now_is_told_of_later(void **state)
{
	struct schema *schema;

	(void)state;
	begin("t");
	table("t");
	column("t", "body", "text", "text");
	assert_true(next("l.mode='AccessExclusiveLock'"));
	ROW("t", "words", "0", "0", NULL, "");
	schema = finish();
	assert_true(schema->incomplete && schema->tables[0].untold != NULL);
	assert_int_equal(schema->tables[0].refusal, STATUS_UNDESCRIBED);
	schema_free(schema);
}

static void a_key_over_an_expression_is_no_key_of_columns(void **state)
{
	struct schema *schema;
	struct table *t;

	(void)state;
	begin("t");
	table("t");
	column("t", "a", "int4", "integer");
	column("t", "b", "int4", "integer");
	assert_true(next("i.indpred IS NULL AND i.indexprs IS NULL"));
	ROW("t", "after", "0", "1", "a", NULL);
	ROW("t", "after", "0", "1", NULL, NULL);
	ROW("t", "before", "0", "1", NULL, NULL);
	ROW("t", "before", "0", "1", "b", NULL);
	ROW("t", "only", "0", "1", NULL, NULL);
	ROW("t", "system", "0", "1", "ctid", NULL);
	schema = finish();
	t = &schema->tables[0];
	assert_int_equal(t->key_count, 4);
	for (unsigned i = 0; i < 4; i++)
		assert_false(t->keys[i].unique || t->keys[i].fulltext);
	assert_int_equal(t->keys[1].column_count, 1);
	assert_int_equal(t->keys[2].column_count, 0);
	assert_false(table_integer_key(t, &t->columns[0]));
	schema_free(schema);
}

static void keys_of_several_columns_keep_their_order(void **state)
{
	struct schema *schema;
	struct table *t, *u;
	char name[20];

	(void)state;
	begin("t,u");
	assert_true(next("reltuples"));
	ROW("u", "0", "1", "0", NULL, "1", "public");
	ROW("t", "0", "1", "0", NULL, "1", "public");
	assert_true(next("pg_attribute"));
	for (int i = 0; i < 40; i++) {
		sprintf(name, "c%d", i);
		column("t", name, "int4", "integer");
	}
	column("u", "id", "int4", "integer");
	assert_true(next("pg_index"));
	ROW("t", "t_pkey", "1", "1", "c7", NULL);
	ROW("t", "t_pkey", "1", "1", "c3", NULL);
	ROW("u", "u_id_key", "0", "1", "id", NULL);
	assert_true(next("pg_constraint"));
	ROW("t", "fk", "c3", "u", "x");
	ROW("t", "fk", "c2", "u", "y");
	ROW("t", "fk2", "c5", "u", "id");
	schema = finish();
	u = &schema->tables[0];
	t = &schema->tables[1];
	assert_int_equal(t->column_count, 40);
	assert_int_equal(t->key_count, 1);
	assert_int_equal(t->keys[0].column_count, 2);
	assert_int_equal(t->keys[0].columns[0], 7);
	assert_int_equal(t->keys[0].columns[1], 3);
	assert_int_equal(t->key_column, -1);
	assert_int_equal(u->key_column, -1); /* unique, but not primary */
	assert_true(u->keys[0].unique);
	assert_int_equal(t->foreign_key_count, 2);
	assert_int_equal(t->foreign_keys[0].column_count, 2);
	assert_int_equal(t->foreign_keys[0].columns[0], 3);
	assert_string_equal(t->foreign_keys[0].target, "u");
	assert_string_equal(t->foreign_keys[0].target_columns[1], "y");
	assert_string_equal(t->foreign_keys[1].name, "fk2");
	schema_free(schema);
}

static void names_are_quoted_and_compared_exactly(void **state)
{
	struct schema *schema;

	(void)state;
	begin("\"o'dd \"\"n\"\" \\\"(\"a\"\"b\"),users");
	assert_true(next("c.relname IN ('o''dd \"n\" \\','users')"));
	ROW("o'dd \"n\" \\", "0", "1", "0", NULL, "1", "s'o\".me");
	ROW("users", "0", "1", "0", NULL, "1", "public");
	ROW("users", "0", "1", "0", NULL, "1", "other"); /* twice */
	ROW("Users", "0", "1", "0", NULL, "1", "public"); /* not asked for */
	assert_true(next("pg_attribute"));
	column("o'dd \"n\" \\", "a\"b", "int4", "integer");
	column("o'dd \"n\" \\", "A\"b", "int4", "integer");
	column("Users", "id", "int4", "integer");
	column("users", "id", "int4", "integer");
	assert_true(next("pg_index"));
	ROW("Users", "k", "1", "1", "id", NULL);
	assert_true(next("pg_constraint"));
	ROW("Users", "k", "id", "users", "id");
	schema = finish();
	assert_string_equal(missing, "");
	assert_int_equal(schema->table_count, 2);
	assert_is(schema->tables[0].quoted, "\"s'o\"\".me\".\"o'dd \"\"n\"\" \\\"");
	assert_is(schema->tables[1].quoted, "\"public\".\"users\"");
	assert_is(schema->tables[0].columns[0].quoted, "\"a\"\"b\"");
	assert_true(schema->tables[0].columns[0].exposed);
	assert_false(schema->tables[0].columns[1].exposed);
	assert_int_equal(schema->tables[1].column_count, 1);
	assert_int_equal(schema->tables[1].key_count, 0);
	assert_int_equal(schema->tables[1].foreign_key_count, 0);
	schema_free(schema);
}

static void what_is_missing_is_told(void **state)
{
	(void)state;
	begin("users(id,nothing)");
	table("users");
	column("users", "id", "int4", "integer");
	schema_free(finish());
	assert_string_equal(missing, "table 'users' has no column 'nothing', or does not show it to the account");
	begin("users,orders");
	table("users");
	schema_free(finish());
	assert_string_equal(missing, "the database has no table 'orders', or does not show it to the account");
}

static void a_description_may_be_abandoned(void **state)
{
	(void)state;
	begin("users");
	table("users");
	assert_null(postgresql_catalogue_finish(catalogue, true, missing, sizeof(missing)));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, forget)
	const struct CMUnitTest tests[] = {
		TEST(the_users_of_the_example),
		TEST(every_type_is_known),
		TEST(the_members_of_an_enum),
		TEST(what_the_server_fills_in),
		TEST(what_can_be_written),
		TEST(indexes_of_words),
		TEST(a_table_whose_expressions_cannot_be_read_now_is_told_of_later),
		TEST(a_key_over_an_expression_is_no_key_of_columns),
		TEST(keys_of_several_columns_keep_their_order),
		TEST(names_are_quoted_and_compared_exactly),
		TEST(what_is_missing_is_told),
		TEST(a_description_may_be_abandoned),
	};

	return cmocka_run_group_tests_name("postgresql_catalogue", tests, NULL, NULL);
}
