/* SPDX-License-Identifier: MIT
 *
 * The rows are written by hand, as MariaDB 10.11 and MySQL 8 give them.
 */
#include "mysql/mysql_catalogue.h"
#include "mysql/mysql_server.h"

#define CATALOGUE_STATEMENT mysql_catalogue_statement
#define CATALOGUE_ROW mysql_catalogue_row
#include "catalogue_rows.h"
#include "declare.h"

static const struct schema *known;

static void begin_on(const char *version, const char *tables)
{
	struct mysql_server server;

	mysql_server_describe(&server, version);
	assert_null(table_choices_parse(tables, &arena, &choices));
	catalogue = mysql_catalogue_new(&choices, &writable, known, &server);
}

static void begin(const char *tables, bool mariadb)
{
	begin_on(mariadb ? "10.11.6-MariaDB" : "9.7.4", tables);
}

/* TABLE_NAME,COLUMN_NAME,DATA_TYPE,COLUMN_TYPE,IS_NULLABLE,CHARACTER_MAXIMUM_LENGTH,NUMERIC_PRECISION,NUMERIC_SCALE,
 * DATETIME_PRECISION,EXTRA,COLUMN_DEFAULT,COLUMN_COMMENT,CHARACTER_SET_NAME */
static void column(const char *table, const char *name, const char *data_type, const char *declared)
{
	ROW(table, name, data_type, declared, "NO", NULL, NULL, NULL, NULL, "", NULL, "");
}

static struct schema *finish(void)
{
	return mysql_catalogue_finish(catalogue, false, missing, sizeof(missing));
}

static void what_can_be_written(void **state)
{
	struct schema *schema;
	struct table *users, *lines;

	(void)state;
	assert_null(table_choices_parse("users(id,email,initial),lines", &arena, &writable));
	begin("users,lines,fixed", true);
	assert_true(next("TABLES"));
	ROW("users", "BASE TABLE", "", "2");
	ROW("lines", "VIEW", "VIEW", NULL);
	ROW("fixed", "BASE TABLE", "", "2");
	assert_true(next("information_schema.VIEWS"));
	ROW("lines", "YES");
	assert_true(next("COLUMNS"));
	column("users", "id", "int", "int(11)");
	column("users", "username", "varchar", "varchar(80)");
	ROW("users", "initial", "char", "char(1)", "YES", "1", NULL, NULL, NULL, "VIRTUAL GENERATED", NULL, "");
	column("lines", "n", "int", "int(11)");
	column("fixed", "n", "int", "int(11)");
	schema = finish();
	users = &schema->tables[0];
	lines = &schema->tables[1];
	assert_true(users->writable && lines->writable && lines->columns[0].writable);
	assert_true(users->columns[0].writable);
	assert_false(users->columns[1].writable); /* not named */
	assert_false(users->columns[2].writable); /* computed by the server */
	assert_false(schema->tables[2].writable || schema->tables[2].columns[0].writable);
	assert_string_equal(missing, "table 'users' has no column 'email', or does not show it to the account");
	schema_free(schema);

	assert_null(table_choices_parse("lines", &arena, &writable));
	begin("lines", true);
	assert_true(next("TABLES"));
	ROW("lines", "VIEW", "VIEW", NULL);
	assert_true(next("information_schema.VIEWS"));
	ROW("lines", "NO"); /* it is a join, or a sum */
	assert_true(next("COLUMNS"));
	column("lines", "n", "int", "int(11)");
	schema = finish();
	assert_false(schema->tables[0].writable || schema->tables[0].columns[0].writable);
	schema_free(schema);
	writable.count = 0;
}

static void the_users_of_the_example(void **state)
{
	struct schema *schema;
	struct table *users;

	(void)state;
	begin("users", true);
	assert_true(next("information_schema.TABLES"));
	assert_non_null(strstr(sql.bytes, " WHERE TABLE_SCHEMA=DATABASE() AND TABLE_NAME IN ('users')"));
	ROW("users", "BASE TABLE", "who may come in", "2");
	assert_true(next("information_schema.COLUMNS"));
	assert_non_null(strstr(sql.bytes, "ORDER BY TABLE_NAME,ORDINAL_POSITION"));
	ROW("users", "id", "int", "int(10) unsigned", "NO", NULL, "10", "0", NULL, "auto_increment", NULL, "the number");
	ROW("users", "username", "varchar", "varchar(80)", "NO", "80", NULL, NULL, NULL, "", NULL, "");
	ROW("users", "email", "varchar", "varchar(120)", "YES", "120", NULL, NULL, NULL, "", "NULL", "");
	assert_true(next("information_schema.STATISTICS"));
	assert_non_null(strstr(sql.bytes, "SEQ_IN_INDEX"));
	ROW("users", "PRIMARY", "0", "id", "BTREE");
	ROW("users", "email", "0", "email", "BTREE");
	ROW("users", "username", "1", "username", "BTREE");
	assert_true(next("information_schema.KEY_COLUMN_USAGE"));
	assert_true(next("information_schema.CHECK_CONSTRAINTS"));
	assert_non_null(strstr(sql.bytes, "CONSTRAINT_SCHEMA=DATABASE()"));
	assert_false(next(""));
	schema = finish();
	assert_string_equal(missing, "");
	assert_int_equal(schema->table_count, 1);
	users = &schema->tables[0];
	assert_is(users->name, "users");
	assert_is(users->quoted, "`users`");
	assert_string_equal(users->comment, "who may come in");
	assert_int_equal(users->row_estimate, 2);
	assert_false(users->is_view);
	assert_int_equal(users->column_count, 3);
	assert_int_equal(users->columns[0].type, COLUMN_INTEGER);
	assert_true(users->columns[0].is_unsigned);
	assert_true(users->columns[0].auto_increment);
	assert_int_equal(users->columns[0].precision, 10);
	assert_string_equal(users->columns[0].comment, "the number");
	assert_false(users->columns[0].nullable);
	assert_null(users->columns[0].fallback);
	assert_int_equal(users->columns[1].type, COLUMN_STRING);
	assert_int_equal(users->columns[1].length, 80);
	assert_is(users->columns[1].declared, "varchar(80)");
	assert_false(users->columns[1].is_unsigned);
	assert_true(users->columns[2].nullable);
	assert_is(users->columns[2].json_key, "\"email\":");
	assert_int_equal(users->key_count, 3);
	assert_true(users->keys[0].primary && users->keys[0].unique);
	assert_true(users->keys[1].unique && !users->keys[1].primary);
	assert_int_equal(users->keys[1].columns[0], 2);
	assert_false(users->keys[2].unique);
	assert_int_equal(users->key_column, 0);
	assert_true(table_integer_key(users, &users->columns[0]));
	schema_free(schema);
}

static void every_type_is_known(void **state)
{
	static const struct {
		const char *data_type, *declared;
		enum column_type type;
	} types[] = {
		{ "tinyint", "tinyint(4)", COLUMN_INTEGER }, { "tinyint", "tinyint(1)", COLUMN_BOOLEAN },
		{ "tinyint", "tinyint(1) unsigned", COLUMN_INTEGER }, { "tinyint", "tinyint", COLUMN_INTEGER },
		{ "smallint", "smallint(6)", COLUMN_INTEGER }, { "mediumint", "mediumint", COLUMN_INTEGER },
		{ "bigint", "bigint(20) unsigned zerofill", COLUMN_INTEGER }, { "year", "year(4)", COLUMN_YEAR },
		{ "decimal", "decimal(65,30)", COLUMN_DECIMAL }, { "float", "float", COLUMN_FLOAT },
		{ "double", "double", COLUMN_DOUBLE }, { "bit", "bit(8)", COLUMN_BIT }, { "char", "char(3)", COLUMN_STRING },
		{ "longtext", "longtext", COLUMN_STRING }, { "enum", "enum('a','b')", COLUMN_STRING },
		{ "set", "set('a','b')", COLUMN_STRING }, { "uuid", "uuid", COLUMN_STRING }, { "inet6", "inet6", COLUMN_STRING },
		{ "date", "date", COLUMN_DATE }, { "time", "time(6)", COLUMN_TIME }, { "datetime", "datetime", COLUMN_DATETIME },
		{ "timestamp", "timestamp(3)", COLUMN_TIMESTAMP }, { "json", "json", COLUMN_JSON },
		{ "binary", "binary(16)", COLUMN_BINARY }, { "varbinary", "varbinary(9)", COLUMN_BINARY },
		{ "tinyblob", "tinyblob", COLUMN_BINARY }, { "blob", "blob", COLUMN_BINARY },
		{ "mediumblob", "mediumblob", COLUMN_BINARY }, { "longblob", "longblob", COLUMN_BINARY },
		{ "point", "point", COLUMN_GEOMETRY }, { "geomcollection", "geomcollection", COLUMN_GEOMETRY },
		{ "geometry", "geometry", COLUMN_GEOMETRY }, { "new_type", "new_type(3)", COLUMN_STRING },
	};
	struct schema *schema;
	char name[20];

	(void)state;
	begin("t", false);
	assert_true(next("TABLES"));
	ROW("t", "BASE TABLE", "", NULL);
	assert_true(next("COLUMNS"));
	for (size_t i = 0; i < LENGTH_OF(types); i++) {
		sprintf(name, "c%zu", i);
		column("t", name, types[i].data_type, types[i].declared);
	}
	schema = finish();
	assert_int_equal(schema->tables[0].column_count, LENGTH_OF(types));
	assert_int_equal(schema->tables[0].row_estimate, 0);
	for (size_t i = 0; i < LENGTH_OF(types); i++)
		if (schema->tables[0].columns[i].type != types[i].type)
			fail_msg("%s: %d", types[i].declared, schema->tables[0].columns[i].type);
	schema_free(schema);
}

static void what_a_declaration_says_is_read_once(void **state)
{
	static const struct {
		const char *declared;
		enum column_type type;
		enum column_kind kind;
		unsigned bits, members;
		bool is_unsigned;
	} types[] = {
		{ "tinyint(1)", COLUMN_BOOLEAN, KIND_PLAIN, 8, 0, false },
		{ "tinyint(4) unsigned", COLUMN_INTEGER, KIND_PLAIN, 8, 0, true },
		{ "mediumint", COLUMN_INTEGER, KIND_PLAIN, 24, 0, false },
		{ "int(10) unsigned zerofill", COLUMN_INTEGER, KIND_PLAIN, 32, 0, true },
		{ "bigint(20)", COLUMN_INTEGER, KIND_PLAIN, 64, 0, false },
		{ "decimal(10,2)", COLUMN_DECIMAL, KIND_PLAIN, 0, 0, false },
		{ "float", COLUMN_FLOAT, KIND_PLAIN, 0, 0, false },
		{ "float(7,2)", COLUMN_FLOAT, KIND_SCALED, 0, 0, false },
		{ "double(9,0) unsigned", COLUMN_DOUBLE, KIND_SCALED, 0, 0, true },
		{ "char(3)", COLUMN_STRING, KIND_CHAR, 0, 0, false },
		{ "varchar(3)", COLUMN_STRING, KIND_VARCHAR, 0, 0, false },
		{ "mediumtext", COLUMN_STRING, KIND_TEXT, 0, 0, false },
		{ "enum('text',' unsigned','','it''s')", COLUMN_STRING, KIND_ENUM, 0, 4, true }, /* which means nothing there */
		{ "set('a','b')", COLUMN_STRING, KIND_SET, 0, 2, false },
		{ "set(", COLUMN_STRING, KIND_SET, 0, 0, false },
		{ "uuid", COLUMN_STRING, KIND_UUID, 0, 0, false },
		{ "inet6", COLUMN_STRING, KIND_INET6, 0, 0, false },
		{ "binary(16)", COLUMN_BINARY, KIND_BINARY, 0, 0, false },
		{ "varbinary(16)", COLUMN_BINARY, KIND_PLAIN, 0, 0, false },
		{ "vector(3)", COLUMN_BINARY, KIND_VECTOR, 0, 0, false },
	};
	struct arena own = { 0 };
	struct column column;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(types); i++) {
		column = (struct column){ .name = SLICE("c") };
		declare_column(&column, types[i].declared, &own);
		if (column.type != types[i].type || column.kind != types[i].kind || column.bits != types[i].bits ||
		    column.member_count != types[i].members || column.is_unsigned != types[i].is_unsigned)
			fail_msg("%s: %d, %d, %u bits, %u members", types[i].declared, column.type, column.kind, column.bits,
			         column.member_count);
	}
	declare_column(&column, "enum('a','it''s','b\\\\s','\\n','''q','d,e','','\\0')", &own);
	assert_int_equal(column.member_count, 8);
	assert_is(column.members[1], "it's");
	assert_is(column.members[2], "b\\s");
	assert_is(column.members[3], "\n");
	assert_is(column.members[4], "'q");
	assert_is(column.members[5], "d,e");
	assert_int_equal(column.members[6].length, 0);
	assert_true(column.members[7].length == 1 && column.members[7].bytes[0] == '\0');
	arena_release(&own);
}

static void lengths_and_precisions(void **state)
{
	struct schema *schema;
	struct column *columns;

	(void)state;
	begin("t", true);
	assert_true(next("TABLES"));
	ROW("t", "BASE TABLE", "", "0");
	assert_true(next("COLUMNS"));
	ROW("t", "a", "decimal", "decimal(10,2)", "NO", NULL, "10", "2", NULL, "", NULL, "");
	ROW("t", "b", "datetime", "datetime(3)", "NO", NULL, NULL, NULL, "3", "", NULL, "");
	ROW("t", "c", "bit", "bit(12)", "NO", NULL, "12", NULL, NULL, "", NULL, "");
	ROW("t", "d", "longtext", "longtext", "NO", "4294967295", NULL, NULL, NULL, "", NULL, "");
	ROW("t", "e", "datetime", "datetime", "NO", NULL, NULL, NULL, "0", "", "current_timestamp()", "");
	schema = finish();
	columns = schema->tables[0].columns;
	assert_int_equal(columns[0].precision, 10);
	assert_int_equal(columns[0].scale, 2);
	assert_int_equal(columns[1].precision, 3);
	assert_int_equal(columns[2].length, 12);
	assert_int_equal(columns[3].length, 4294967295u);
	assert_int_equal(columns[4].precision, 0);
	assert_string_equal(columns[4].fallback, "current_timestamp()");
	schema_free(schema);
}

static void mariadb_has_json_by_a_check(void **state)
{
	struct schema *schema;
	struct column *columns;

	(void)state;
	begin("t,u", true);
	assert_true(next("TABLES"));
	ROW("t", "BASE TABLE", "", "0");
	ROW("u", "BASE TABLE", "", "0");
	assert_true(next("COLUMNS"));
	column("t", "doc", "longtext", "longtext");
	column("t", "a`b", "longtext", "longtext");
	column("t", "plain", "longtext", "longtext");
	column("t", "doc2", "longtext", "longtext");
	column("t", "bytes", "longblob", "longblob");
	column("u", "doc", "longtext", "longtext");
	assert_true(next("STATISTICS"));
	assert_true(next("KEY_COLUMN_USAGE"));
	assert_true(next("CHECK_CONSTRAINTS"));
	assert_non_null(strstr(sql.bytes, "CHECK_CLAUSE LIKE 'json_valid(%'"));
	ROW("t", "json_valid(`doc`)");
	ROW("t", "json_valid(`a``b`)");
	ROW("t", "json_valid(`doc2`) and `doc2` <> ''"); /* more than that: not the type's own check */
	ROW("t", "json_valid(`bytes`)");
	ROW("t", "json_valid(`nothing`)");
	ROW("other", "json_valid(`doc`)");
	ROW("t", NULL);
	schema = finish();
	columns = schema->tables[0].columns;
	assert_int_equal(columns[0].type, COLUMN_JSON);
	assert_int_equal(columns[1].type, COLUMN_JSON);
	assert_int_equal(columns[2].type, COLUMN_STRING);
	assert_int_equal(columns[3].type, COLUMN_STRING);
	assert_int_equal(columns[4].type, COLUMN_BINARY);
	assert_int_equal(schema->tables[1].columns[0].type, COLUMN_STRING); /* another table's column of the name */
	schema_free(schema);
}

static void mariadb_has_json_by_the_columns_of_a_result(void **state)
{
	struct schema *schema;
	struct table *tables;

	(void)state;
	begin("t(id,doc,`x),plain,v,checked", true);
	assert_true(next("TABLES"));
	ROW("t", "BASE TABLE", "", "0");
	ROW("plain", "BASE TABLE", "", "0");
	ROW("v", "VIEW", "VIEW", NULL);
	ROW("checked", "BASE TABLE", "", "0");
	assert_true(next("COLUMNS"));
	column("t", "id", "int", "int(11)");
	column("t", "doc", "longtext", "longtext");
	column("t", "`x", "longtext", "longtext");
	column("t", "hidden", "longtext", "longtext");
	column("t", "name", "varchar", "varchar(9)");
	column("plain", "name", "varchar", "varchar(9)");
	column("v", "id", "int", "int(11)");
	column("v", "made", "varchar", "varchar(20)"); /* JSON_OBJECT, which a view has as any text */
	ROW("v", "uuid", "uuid", "uuid", "NO", NULL, NULL, NULL, NULL, "", NULL, "", NULL);
	column("checked", "doc", "longtext", "longtext");
	assert_true(next("STATISTICS"));
	assert_true(next("KEY_COLUMN_USAGE"));
	assert_true(next("CHECK_CONSTRAINTS"));
	ROW("checked", "json_valid(`doc`)");
	assert_int_equal(rows, DATABASE_ONE_BY_ONE);
	/* It waits for no lock. */
	assert_true(next("SET STATEMENT lock_wait_timeout=0 FOR SELECT `doc`,```x` FROM `t` LIMIT 0"));
	assert_int_equal(rows, DATABASE_COLUMNS);
	ROW("doc", "json");
	ROW("`x", NULL);
	ROW("id", "json"); /* which was not asked for */
	ROW("nothing", "json");
	assert_true(next("SELECT `made` FROM `v` LIMIT 0"));
	ROW("made", "json");
	assert_false(next("")); /* nothing else may be JSON, or is known already */
	assert_false(next(""));
	schema = finish();
	tables = schema->tables;
	assert_int_equal(tables[0].columns[0].type, COLUMN_INTEGER);
	assert_int_equal(tables[0].columns[1].type, COLUMN_JSON);
	assert_int_equal(tables[0].columns[2].type, COLUMN_STRING);
	assert_int_equal(tables[0].columns[3].type, COLUMN_STRING);
	assert_int_equal(tables[2].columns[1].type, COLUMN_JSON);
	assert_int_equal(tables[2].columns[2].type, COLUMN_STRING);
	assert_int_equal(tables[3].columns[0].type, COLUMN_JSON);
	schema_free(schema);
}

/* Two tables and a view of MariaDB, up to the first statement that asks for the columns of a result. */
static void begin_documents(const char *declared)
{
	begin("t,u,v", true);
	assert_true(next("TABLES"));
	ROW("t", "BASE TABLE", "", "0");
	ROW("u", "BASE TABLE", "", "0");
	ROW("v", "VIEW", "VIEW", NULL);
	assert_true(next("COLUMNS"));
	column("t", "doc", "longtext", "longtext");
	column("t", "text", declared, declared);
	column("u", "doc", "longtext", "longtext");
	column("v", "doc", "longtext", "longtext");
	assert_true(next("STATISTICS"));
	assert_true(next("KEY_COLUMN_USAGE"));
	assert_true(next("CHECK_CONSTRAINTS"));
}

static void fails(unsigned number, enum status status, const char *words)
{
	struct database_error error = { .number = number, .status = status };

	snprintf(error.text, sizeof(error.text), "%s", words);
	mysql_catalogue_failed(catalogue, &error);
}

static void a_table_whose_columns_are_not_told_is_not_served_as_text(void **state)
{
	static const struct {
		unsigned number;
		enum status status, refusal;
	} cases[] = {
		{ 1205, STATUS_LOCKED, STATUS_UNDESCRIBED },  { 1317, STATUS_TIMEOUT, STATUS_UNDESCRIBED },
		{ 1969, STATUS_TIMEOUT, STATUS_UNDESCRIBED }, { 1142, STATUS_FORBIDDEN, STATUS_FORBIDDEN },
		{ 1356, STATUS_FAULT, STATUS_FORBIDDEN },     { 1, STATUS_FAULT, STATUS_UNDESCRIBED },
		{ 1045, STATUS_DEFINITION, STATUS_FORBIDDEN }, { 1449, STATUS_DEFINITION, STATUS_FORBIDDEN },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		struct schema *schema;
		struct table *tables;

		begin_documents("varchar");
		assert_true(next(" `t` "));
		fails(cases[i].number, cases[i].status, "no words");
		assert_true(next(" `u` "));
		ROW("doc", "json");
		assert_true(next(" `v` "));
		fails(cases[i].number, cases[i].status, "others");
		assert_false(next(""));
		schema = finish();
		tables = schema->tables;
		assert_true(schema->incomplete);
		assert_string_equal(missing, "the database does not describe table 't': no words; "
		                             "the database does not describe view 'v': others");
		assert_string_equal(tables[0].untold, "no words");
		assert_string_equal(tables[2].untold, "others");
		assert_int_equal(tables[0].refusal, cases[i].refusal);
		assert_null(tables[1].untold);
		assert_int_equal(tables[1].columns[0].type, COLUMN_JSON);
		schema_free(schema);
	}
}

static void types_that_are_known_stay_when_they_are_not_told(void **state)
{
	struct schema *first, *second, *third;

	(void)state;
	begin_documents("longtext");
	assert_true(next(" `t` "));
	ROW("doc", "json");
	ROW("text", NULL);
	assert_true(next(" `u` "));
	fails(1205, STATUS_LOCKED, "locked");
	assert_true(next(" `v` "));
	ROW("doc", "json");
	first = finish();
	assert_true(first->incomplete);

	known = first;
	begin_documents("longtext");
	assert_true(next(" `t` "));
	fails(1205, STATUS_LOCKED, "locked");
	assert_true(next(" `u` "));
	fails(1205, STATUS_LOCKED, "still locked"); /* it was not known */
	assert_true(next(" `v` "));
	fails(1317, STATUS_TIMEOUT, "interrupted");
	second = finish();
	assert_true(second->incomplete);
	assert_null(second->tables[0].untold);
	assert_int_equal(second->tables[0].columns[0].type, COLUMN_JSON);
	assert_int_equal(second->tables[0].columns[1].type, COLUMN_STRING);
	assert_string_equal(second->tables[1].untold, "still locked");
	assert_null(second->tables[2].untold);
	assert_int_equal(second->tables[2].columns[0].type, COLUMN_JSON);
	schema_free(first);

	known = second;
	begin_documents("longtext");
	assert_true(next(" `t` "));
	ROW("doc", "json");
	assert_true(next(" `u` "));
	ROW("doc", "json");
	assert_true(next(" `v` "));
	ROW("doc", NULL);
	third = finish();
	assert_false(third->incomplete);
	assert_string_equal(missing, "");
	assert_null(third->tables[1].untold);
	assert_int_equal(third->tables[2].columns[0].type, COLUMN_STRING);
	schema_free(second);
	schema_free(third);
}

static void types_of_columns_with_another_form_do_not_stay(void **state)
{
	struct schema *first, *second;

	(void)state;
	begin_documents("varchar");
	assert_true(next(" `t` "));
	ROW("doc", "json");
	assert_true(next(" `u` "));
	assert_true(next(" `v` "));
	first = finish();
	assert_false(first->incomplete);

	known = first;
	begin_documents("longtext");
	assert_true(next(" `t` "));
	fails(1205, STATUS_LOCKED, "locked");
	second = finish();
	assert_string_equal(second->tables[0].untold, "locked");
	schema_free(first);
	schema_free(second);
}

static void an_old_mariadb_is_not_asked_for_what_it_does_not_say(void **state)
{
	static const char *const versions[] = { "10.5.1-MariaDB", "10.5.2-MariaDB" };

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(versions); i++) {
		begin_on(versions[i], "t");
		assert_true(next("TABLES"));
		ROW("t", "BASE TABLE", "", "0");
		assert_true(next("COLUMNS"));
		column("t", "doc", "longtext", "longtext");
		assert_true(next("STATISTICS"));
		assert_true(next("KEY_COLUMN_USAGE"));
		assert_true(next("CHECK_CONSTRAINTS"));
		assert_int_equal(next(" LIMIT 0"), i > 0);
		schema_free(finish());
	}
}

static void mysql_is_not_asked_for_checks(void **state)
{
	(void)state;
	begin("t", false);
	assert_true(next("TABLES"));
	assert_true(next("COLUMNS"));
	assert_true(next("STATISTICS"));
	assert_true(next("KEY_COLUMN_USAGE"));
	assert_false(next("")); /* its CHECK_CONSTRAINTS has no TABLE_NAME, and JSON is a type */
	schema_free(finish());
}

static void generated_columns_are_those_the_server_computes(void **state)
{
	static const struct {
		const char *extra;
		bool generated;
	} extras[] = { { "VIRTUAL GENERATED", true }, { "STORED GENERATED", true }, { "DEFAULT_GENERATED", false },
		       { "DEFAULT_GENERATED on update CURRENT_TIMESTAMP", false }, { "on update current_timestamp()", false },
		       { "", false }, { "auto_increment", false }, { "VIRTUAL GENERATED INVISIBLE", true } };
	struct schema *schema;
	char name[20];

	(void)state;
	begin("t", false);
	assert_true(next("TABLES"));
	ROW("t", "BASE TABLE", "", "0");
	assert_true(next("COLUMNS"));
	for (size_t i = 0; i < LENGTH_OF(extras); i++) {
		sprintf(name, "c%zu", i);
		ROW("t", name, "int", "int", "NO", NULL, NULL, NULL, NULL, extras[i].extra, NULL, "");
	}
	schema = finish();
	for (size_t i = 0; i < LENGTH_OF(extras); i++) {
		assert_int_equal(schema->tables[0].columns[i].generated, extras[i].generated);
		assert_int_equal(schema->tables[0].columns[i].auto_increment, i == 6);
	}
	schema_free(schema);
}

static void a_default_that_only_a_new_row_has_is_told(void **state)
{
	static const struct {
		const char *fallback, *extra;
		bool untold;
	} cases[] = { { "(3 + 4)", "DEFAULT_GENERATED", true }, { "(3 + 4)", "", false }, { "7", "", false },
		      { "(`a` + 1)", "", true }, { "nextval(`shop`.`s`)", "", true }, { "'`'", "", false },
		      { "current_timestamp()", "", false }, { "", "", false }, { NULL, "", false } };
	struct schema *schema;
	char name[20];

	(void)state;
	begin("t", false);
	assert_true(next("TABLES"));
	ROW("t", "BASE TABLE", "", "0");
	assert_true(next("COLUMNS"));
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		sprintf(name, "c%zu", i);
		ROW("t", name, "int", "int", "NO", NULL, NULL, NULL, NULL, cases[i].extra, cases[i].fallback, "");
	}
	schema = finish();
	for (size_t i = 0; i < LENGTH_OF(cases); i++)
		assert_int_equal(schema->tables[0].columns[i].fallback_untold, cases[i].untold);
	schema_free(schema);
}

/* MySQL shows it to accounts that may not see all of its columns. */
static void a_primary_key_with_a_column_that_is_not_shown_is_none(void **state)
{
	struct schema *schema;

	(void)state;
	begin("t", false);
	assert_true(next("TABLES"));
	ROW("t", "BASE TABLE", "", "0");
	assert_true(next("COLUMNS"));
	column("t", "id", "int", "int");
	assert_true(next("IF(IS_VISIBLE='YES',INDEX_TYPE,NULL) FROM information_schema.STATISTICS"));
	ROW("t", "PRIMARY", "0", "id", "BTREE");
	ROW("t", "PRIMARY", "0", "region", "BTREE");
	schema = finish();
	assert_false(schema->tables[0].keys[0].primary);
	assert_true(schema->tables[0].keys[0].obscure);
	assert_null(table_primary(&schema->tables[0]));
	assert_int_equal(schema->tables[0].key_column, -1);
	schema_free(schema);
}

static void a_text_that_sorts_otherwise_than_it_compares(void **state)
{
	struct schema *schema;

	(void)state;
	begin("t", true);
	assert_true(next("TABLES"));
	ROW("t", "BASE TABLE", "", "0");
	assert_true(next("COLUMNS"));
	ROW("t", "a", "text", "text", "NO", NULL, NULL, NULL, NULL, "", NULL, "", "utf8mb4", "select", "1");
	ROW("t", "b", "text", "text", "NO", NULL, NULL, NULL, NULL, "", NULL, "", "utf8mb4", "select", "0");
	ROW("t", "c", "int", "int", "NO", NULL, NULL, NULL, NULL, "", NULL, "", NULL, "select", NULL);
	schema = finish();
	assert_true(schema->tables[0].columns[0].sorts_otherwise);
	assert_false(schema->tables[0].columns[1].sorts_otherwise);
	assert_false(schema->tables[0].columns[2].sorts_otherwise);
	schema_free(schema);
}

static void a_null_that_the_server_takes_for_now(void **state)
{
	(void)state;
	for (unsigned mariadb = 0; mariadb < 2; mariadb++) {
		struct schema *schema;

		begin("t", mariadb != 0);
		assert_true(next("TABLES"));
		ROW("t", "BASE TABLE", "", "0");
		assert_true(next("COLUMNS"));
		column("t", "stamp", "timestamp", "timestamp");
		column("t", "at", "datetime", "datetime");
		ROW("t", "may", "timestamp", "timestamp", "YES", NULL, NULL, NULL, NULL, "", NULL, "");
		schema = finish();
		for (unsigned i = 0; i < 3; i++)
			assert_int_equal(schema->tables[0].columns[i].null_is_now, mariadb && i == 0);
		schema_free(schema);
	}
}

static void a_key_over_an_expression_is_no_key_of_columns(void **state)
{
	struct schema *schema;
	struct table *table;

	(void)state;
	begin("t", false);
	assert_true(next("TABLES"));
	ROW("t", "BASE TABLE", "", "0");
	assert_true(next("COLUMNS"));
	column("t", "a", "int", "int");
	column("t", "b", "int", "int");
	column("t", "c", "text", "text");
	assert_true(next("STATISTICS"));
	ROW("t", "after", "0", "a", "BTREE");
	ROW("t", "after", "0", NULL, "BTREE");
	ROW("t", "before", "0", NULL, "BTREE");
	ROW("t", "before", "0", "b", "BTREE");
	ROW("t", "only", "0", NULL, "BTREE");
	ROW("t", "words", "1", "c", "FULLTEXT");
	ROW("t", "plain", "1", "a", "BTREE");
	ROW("t", "plain", "1", NULL, "BTREE");
	ROW("t", "unused", "1", "c", NULL); /* an index that is invisible to statements */
	ROW("t", "left", "1", "c", "FULLTEXT"); /* with columns that are not shown, which comes to the same */
	ROW("t", "left", "1", "d", "FULLTEXT");
	ROW("t", "right", "1", "d", "FULLTEXT");
	ROW("t", "right", "1", "a", "FULLTEXT");
	schema = finish();
	table = &schema->tables[0];
	assert_int_equal(table->key_count, 8);
	for (unsigned i = 0; i < 8; i++) {
		assert_false(table->keys[i].unique);
		assert_int_equal(table->keys[i].obscure, i != 3 && i != 5);
	}
	assert_true(table->keys[3].fulltext);
	assert_true(table_fulltext(table, &table->columns[2]));
	assert_false(table->keys[6].fulltext || table->keys[7].fulltext || table_fulltext(table, &table->columns[0]));
	assert_false(table->keys[5].fulltext);
	assert_false(table->keys[0].fulltext);
	assert_false(table_integer_key(table, &table->columns[0]));
	assert_false(table_integer_key(table, &table->columns[1]));
	assert_int_equal(table->key_column, -1);
	schema_free(schema);
}

static void keys_of_several_columns_keep_their_order(void **state)
{
	struct schema *schema;
	struct table *t, *u;
	char name[20];

	(void)state;
	begin("t,u", true);
	assert_true(next("TABLES"));
	ROW("u", "BASE TABLE", "", "0");
	ROW("t", "BASE TABLE", "", "0");
	assert_true(next("COLUMNS"));
	for (int i = 0; i < 40; i++) {
		sprintf(name, "c%d", i);
		column("t", name, "int", "int");
	}
	column("u", "id", "int", "int");
	assert_true(next("STATISTICS"));
	for (int i = 0; i < 20; i++) { /* many keys: the array grows */
		sprintf(name, "k%02d", i);
		ROW("t", name, "0", "c1", "BTREE");
		ROW("t", name, "0", "c0", "BTREE");
	}
	ROW("u", "k19", "0", "id", "BTREE"); /* the same name in another table */
	assert_true(next("KEY_COLUMN_USAGE"));
	ROW("t", "fk", "c3", "u", "x");
	ROW("t", "fk", "c2", "u", "y");
	ROW("t", "fk2", "c5", "u", "id");
	ROW("t", "fk3", "nothing", "u", "id");
	schema = finish();
	u = &schema->tables[0];
	t = &schema->tables[1];
	assert_is(u->name, "u");
	assert_int_equal(t->column_count, 40);
	assert_is(t->columns[39].name, "c39");
	assert_int_equal(t->key_count, 20);
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(t->keys[i].column_count, 2);
		assert_int_equal(t->keys[i].columns[0], 1);
		assert_int_equal(t->keys[i].columns[1], 0);
	}
	assert_int_equal(u->key_count, 1);
	assert_int_equal(u->keys[0].column_count, 1);
	assert_int_equal(u->key_column, -1); /* unique, but not primary */
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
	begin("\"o'dd `n`\"(\"a`b\"),users", true);
	assert_true(next("TABLES"));
	assert_non_null(strstr(sql.bytes, "TABLE_NAME IN ('o''dd `n`','users')"));
	ROW("o'dd `n`", "VIEW", "VIEW", NULL);
	ROW("USERS", "BASE TABLE", "", "0"); /* the server's collation found it, we did not ask for it */
	ROW("users", "BASE TABLE", "", "0");
	ROW("users", "BASE TABLE", "", "0"); /* twice */
	assert_true(next("COLUMNS"));
	column("o'dd `n`", "a`b", "int", "int");
	column("o'dd `n`", "A`B", "int", "int");
	column("USERS", "id", "int", "int");
	column("users", "id", "int", "int");
	schema = finish();
	assert_string_equal(missing, "");
	assert_int_equal(schema->table_count, 2);
	assert_is(schema->tables[0].quoted, "`o'dd ``n```");
	assert_true(schema->tables[0].is_view);
	assert_string_equal(schema->tables[0].comment, ""); /* a view's is but the word VIEW */
	assert_is(schema->tables[0].columns[0].quoted, "`a``b`");
	assert_true(schema->tables[0].columns[0].exposed);
	assert_false(schema->tables[0].columns[1].exposed);
	assert_int_equal(schema->tables[1].column_count, 1);
	assert_true(schema->tables[1].columns[0].exposed);
	schema_free(schema);
}

static void what_is_missing_is_told(void **state)
{
	struct schema *schema;

	(void)state;
	begin("users(id,nothing)", true);
	assert_true(next("TABLES"));
	ROW("users", "BASE TABLE", "", "0");
	assert_true(next("COLUMNS"));
	column("users", "id", "int", "int");
	schema_free(finish());
	assert_string_equal(missing, "table 'users' has no column 'nothing', or does not show it to the account");
	begin("users,orders", true);
	assert_true(next("TABLES"));
	ROW("users", "BASE TABLE", "", "0");
	assert_true(next("COLUMNS"));
	column("users", "id", "int", "int");
	schema = finish();
	assert_string_equal(missing, "the database has no table 'orders', or does not show it to the account");
	assert_int_equal(schema->table_count, 1); /* what is there is served */
	schema_free(schema);

	/* all that is missing is told, but for what has no room */
	assert_null(table_choices_parse("users,orders,lines", &arena, &writable));
	begin("users(id,nothing),orders", true);
	assert_true(next("TABLES"));
	ROW("users", "BASE TABLE", "", "0");
	assert_true(next("COLUMNS"));
	column("users", "id", "int", "int");
	schema_free(finish());
	assert_string_equal(missing, "table 'users' has no column 'nothing', or does not show it to the account; "
	                             "the database has no table 'orders', or does not show it to the account; "
	                             "the database has no table 'lines', or does not show it to the account");
	writable.count = 0;
	begin("a,b,c,d,e,f,g", true);
	assert_true(next("TABLES"));
	schema_free(finish());
	assert_non_null(strstr(missing, "'a'"));
	assert_non_null(strstr(missing, "'d'"));
	assert_string_equal(missing + strlen(missing) - 12, "account; ...");
}

static void privileged_column(const char *name, const char *privileges)
{
	ROW("t", name, "int", "int(11)", "NO", NULL, NULL, NULL, NULL, "", NULL, "", NULL, privileges);
}

static void rights_by_column(void **state)
{
	struct schema *schema;
	struct table *table;

	(void)state;
	assert_null(table_choices_parse("t", &arena, &writable));
	begin("t", true);
	assert_true(next("TABLES"));
	ROW("t", "BASE TABLE", "", "0");
	assert_true(next("COLUMNS"));
	assert_non_null(strstr(sql.bytes, ",PRIVILEGES,"));
	privileged_column("id", "select,insert,update,references");
	privileged_column("pw", "insert,update");
	schema = finish();
	table = &schema->tables[0];
	assert_string_equal(missing, "");
	assert_true(table->columns[0].exposed && table->columns[0].writable && !table->columns[0].unreadable);
	assert_true(!table->columns[1].exposed && table->columns[1].writable && table->columns[1].unreadable);
	assert_null(table_column(table, "pw", 2));
	assert_ptr_equal(table_known_column(table, "pw", 2), &table->columns[1]);
	assert_false(table->unreadable);
	schema_free(schema);

	writable.count = 0;
	begin("t(id,pw)", true);
	assert_true(next("TABLES"));
	ROW("t", "BASE TABLE", "", "0");
	assert_true(next("COLUMNS"));
	privileged_column("id", "select");
	privileged_column("pw", "insert");
	schema = finish();
	assert_string_equal(missing, "the account has no SELECT on column 'pw' of table 't'");
	assert_null(table_known_column(&schema->tables[0], "pw", 2));
	schema_free(schema);

	begin("t", true);
	assert_true(next("TABLES"));
	ROW("t", "BASE TABLE", "", "0");
	assert_true(next("COLUMNS"));
	privileged_column("id", "insert");
	schema = finish();
	assert_string_equal(missing, "the account has no SELECT on table 't'");
	assert_true(schema->tables[0].unreadable);
	schema_free(schema);

	begin("t", true);
	assert_true(next("TABLES"));
	ROW("t", "VIEW", "VIEW", NULL); /* of which no column is shown */
	schema = finish();
	assert_non_null(strstr(missing, "no column of view 't'"));
	assert_true(schema->tables[0].unreadable);
	schema_free(schema);
}

static void a_description_may_be_abandoned(void **state)
{
	(void)state;
	begin("users", true);
	assert_null(mysql_catalogue_finish(catalogue, true, missing, sizeof(missing)));
	begin("users", true);
	assert_true(next("TABLES"));
	ROW("users", "BASE TABLE", "", "0");
	assert_null(mysql_catalogue_finish(catalogue, true, missing, sizeof(missing)));
}

/* What a column can be compared with follows from its character set. */
static void character_sets(void **state)
{
	static const struct {
		const char *set, *type;
		uint32_t last;
		bool other;
	} cases[] = {
		{ "utf8mb4", "varchar", 0, false }, { "utf8mb3", "text", 0xffff, false }, { "utf8", "char", 0xffff, false },
		{ "latin1", "enum", 0xff, false },  { "ascii", "set", 0x7f, false },      { "cp1250", "varchar", 0x7f, false },
		{ NULL, "uuid", 0, true },          { NULL, "int", 0, false },
	};
	struct schema *schema;

	(void)state;
	begin("t", true);
	assert_true(next("TABLES"));
	ROW("t", "BASE TABLE", "", NULL);
	assert_true(next("COLUMNS"));
	for (size_t i = 0; i < LENGTH_OF(cases); i++)
		ROW("t", "c", cases[i].type, cases[i].type, "NO", NULL, NULL, NULL, NULL, "", NULL, "", cases[i].set, "select", "0",
		    NULL, "a_collation");
	schema = finish();
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		bool lacks = cases[i].last > 0; /* some characters */

		if (lacks) {
			assert_true(slice_is(schema->tables[0].columns[i].character_set, cases[i].set));
			assert_true(slice_is(schema->tables[0].columns[i].collation, "a_collation"));
		} else
			assert_int_equal(schema->tables[0].columns[i].collation.length, 0);
		assert_int_equal(schema->tables[0].columns[i].last_character, cases[i].last);
		assert_int_equal(schema->tables[0].columns[i].is_opaque, cases[i].other);
	}
	schema_free(schema);
}

static int forget_all(void **state)
{
	known = NULL;
	return forget(state);
}

/* A whole row of a column. */
static void column_with(const char *name, const char *extra, const char *row_end)
{
	ROW("kept", name, "int", "int(11)", "NO", NULL, NULL, NULL, NULL, extra, NULL, "", NULL, "select,insert,update", "0",
	    row_end);
}

static struct schema *kept(const char *tables)
{
	begin(tables, true);
	assert_true(next("TABLES"));
	ROW("kept", "SYSTEM VERSIONED", "", "2");
	assert_true(next("GENERATION_EXPRESSION='ROW END'"));
	column_with("id", "", NULL);
	column_with("veil", "INVISIBLE", NULL);
	column_with("re", "STORED GENERATED, INVISIBLE", "1");
	assert_true(next("STATISTICS"));
	ROW("kept", "PRIMARY", "0", "id", "BTREE");
	ROW("kept", "PRIMARY", "0", "re", "BTREE");
	return finish();
}

static void what_select_does_not_show(void **state)
{
	struct schema *schema = kept("kept");
	const struct table *table = &schema->tables[0];

	(void)state;
	assert_true(table->has_invisible);
	assert_false(table->columns[0].invisible);
	assert_true(table->columns[1].invisible && table->columns[2].invisible);
	assert_true(table->columns[1].exposed);
	assert_int_equal(table->keys[0].column_count, 1); /* without the row's end, */
	assert_true(table->keys[0].unique && !table->keys[0].obscure);
	assert_int_equal(table->key_column, 0);
	schema_free(schema);

	schema = kept("kept(id,veil)"); /* named by the operator */
	assert_false(schema->tables[0].has_invisible || schema->tables[0].columns[1].invisible);
	schema_free(schema);

	schema = kept("kept(veil)");
	assert_false(schema->tables[0].has_invisible);
	schema_free(schema);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, forget_all)
	const struct CMUnitTest tests[] = {
		TEST(what_select_does_not_show),
		TEST(the_users_of_the_example),
		TEST(what_can_be_written),
		TEST(every_type_is_known),
		TEST(what_a_declaration_says_is_read_once),
		TEST(lengths_and_precisions),
		TEST(mariadb_has_json_by_a_check),
		TEST(mariadb_has_json_by_the_columns_of_a_result),
		TEST(a_table_whose_columns_are_not_told_is_not_served_as_text),
		TEST(types_that_are_known_stay_when_they_are_not_told),
		TEST(types_of_columns_with_another_form_do_not_stay),
		TEST(an_old_mariadb_is_not_asked_for_what_it_does_not_say),
		TEST(mysql_is_not_asked_for_checks),
		TEST(generated_columns_are_those_the_server_computes),
		TEST(a_default_that_only_a_new_row_has_is_told),
		TEST(a_primary_key_with_a_column_that_is_not_shown_is_none),
		TEST(a_text_that_sorts_otherwise_than_it_compares),
		TEST(a_null_that_the_server_takes_for_now),
		TEST(a_key_over_an_expression_is_no_key_of_columns),
		TEST(keys_of_several_columns_keep_their_order),
		TEST(names_are_quoted_and_compared_exactly),
		TEST(what_is_missing_is_told),
		TEST(rights_by_column),
		TEST(character_sets),
		TEST(a_description_may_be_abandoned),
	};

	return cmocka_run_group_tests_name("mysql_catalogue", tests, NULL, NULL);
}
