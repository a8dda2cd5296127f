/* SPDX-License-Identifier: MIT */
#include "response/openapi.h"

#include "build.h"
#include "declare.h"
#include "tables.h"
#include "unit.h"

static struct schema *schema;
static struct config config;
static struct text out;
static struct json_object *document;

static int make_schema(void **state)
{
	(void)state;
	schema = tables_make();
	memset(&config, 0, sizeof(config));
	return 0;
}

static int drop_schema(void **state)
{
	(void)state;
	json_object_put(document);
	document = NULL;
	text_release(&out);
	schema_free(schema);
	return 0;
}

static void make_at(const char *origin, const char *prefix)
{
	json_object_put(document);
	text_clear(&out);
	openapi_add_opening(&out, slice_of(origin), slice_of(prefix));
	openapi_add_body(&out, schema, &config);
	document = assert_json(out.bytes, out.length);
}

static void make(void)
{
	make_at("", "");
}

static struct json_object *member(struct json_object *object, const char *name)
{
	struct json_object *value;

	return object != NULL && json_object_is_type(object, json_type_object) &&
	       json_object_object_get_ex(object, name, &value) ? value : NULL;
}

static struct json_object *component(const char *kind, const char *name)
{
	return member(member(member(document, "components"), kind), name);
}

static struct json_object *operation(const char *path, const char *method)
{
	return member(member(member(document, "paths"), path), method);
}

static const char *print(struct json_object *value)
{
	return json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

static const char *property(const char *table, const char *column)
{
	return print(member(member(component("schemas", table), "properties"), column));
}

/* Every $ref leads somewhere; names of components have the bytes they may. Answers how many references there are. */
static int check_references(struct json_object *value)
{
	struct json_object *target = document;
	int count = 0;

	if (json_object_is_type(value, json_type_array))
		for (size_t i = 0; i < json_object_array_length(value); i++)
			count += check_references(json_object_array_get_idx(value, i));
	if (!json_object_is_type(value, json_type_object))
		return count;
	json_object_object_foreach(value, name, part) {
		char *copy, *at, *step;

		if (strcmp(name, "$ref") != 0) {
			count += check_references(part);
			continue;
		}
		copy = at = strdup(json_object_get_string(part));
		assert_int_equal(strspn(copy, "#/abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"),
		                 strlen(copy));
		assert_string_equal(strsep(&at, "/"), "#");
		while ((step = strsep(&at, "/")) != NULL)
			target = member(target, step);
		if (target == NULL)
			fail_msg("%s leads nowhere", json_object_get_string(part));
		target = document;
		free(copy);
		count++;
	}
	return count;
}

/* The names of an object, separated by spaces. */
static const char *names(struct json_object *object)
{
	static char list[4096];

	list[0] = '\0';
	json_object_object_foreach(object, name, value) {
		(void)value;
		assert_true(strlen(list) + strlen(name) + 2 < sizeof(list));
		strcat(strcat(list, *list != '\0' ? " " : ""), name);
	}
	return list;
}

static void it_begins_with_what_it_is(void **state)
{
	(void)state;
	make();
	assert_string_equal(json_object_get_string(member(document, "openapi")), "3.1.0");
	assert_string_equal(json_object_get_string(member(member(document, "info"), "title")), "MyREST");
	assert_string_equal(json_object_get_string(member(member(document, "info"), "version")), PACKAGE_VERSION);
}

static void it_says_where_the_service_is(void **state)
{
	(void)state;
	make();
	assert_string_equal(print(member(document, "servers")), "[{\"url\":\"/\"}]");
	make_at("", "/api");
	assert_string_equal(print(member(document, "servers")), "[{\"url\":\"/api\"}]");
	make_at("https://example.com", "/api");
	assert_string_equal(print(member(document, "servers")), "[{\"url\":\"https://example.com/api\"}]");
	make_at("https://example.com", "");
	assert_string_equal(print(member(document, "servers")), "[{\"url\":\"https://example.com\"}]");
}

static void every_table_has_its_paths_in_order(void **state)
{
	(void)state;
	make();
	assert_string_equal(names(member(document, "paths")),
	                    "/ /users /users/{key} /things /things/{key} /by_name /by_name/{key} /pairs /lines "
	                    "/odd%20%60%22%27%20name /odd%20%60%22%27%20name/{key}");
}

static void what_cannot_be_written_is_only_read(void **state)
{
	(void)state;
	make();
	assert_string_equal(names(member(member(document, "paths"), "/users")), "get");
	assert_string_equal(names(member(member(document, "paths"), "/users/{key}")), "get");
	assert_null(component("schemas", "users.new"));
}

static void what_can_be_written_says_how(void **state)
{
	(void)state;
	tables_allow_writing(schema);
	make();
	assert_string_equal(names(member(member(document, "paths"), "/users")), "get post patch delete put");
	assert_string_equal(names(member(member(document, "paths"), "/users/{key}")), "get patch delete put");
	assert_string_equal(names(member(member(document, "paths"), "/pairs")), "get post patch delete put");
	assert_string_equal(names(member(member(document, "paths"), "/lines")), "get");
	assert_string_equal(print(component("schemas", "pairs.new")),
	                    "{\"allOf\":[{\"$ref\":\"#/components/schemas/pairs\"}],\"required\":[\"a\",\"b\"]}");
	assert_string_equal(print(member(operation("/pairs", "put"), "parameters")),
	                    "[{\"$ref\":\"#/components/parameters/pairs.filter.a\"},"
	                    "{\"$ref\":\"#/components/parameters/pairs.filter.b\"},"
	                    "{\"$ref\":\"#/components/parameters/select\"},"
	                    "{\"$ref\":\"#/components/parameters/columns\"},"
	                    "{\"$ref\":\"#/components/parameters/Prefer.put\"}]");
	assert_string_equal(print(member(operation("/users", "post"), "requestBody")),
	                    "{\"required\":true,\"content\":{\"application/json\":{\"schema\":{\"oneOf\":["
	                    "{\"$ref\":\"#/components/schemas/users.new\"},{\"type\":\"array\",\"items\":"
	                    "{\"$ref\":\"#/components/schemas/users.new\"}}]},"
	                    "\"example\":{\"id\":1,\"username\":\"text\",\"email\":\"text\"}},"
	                    "\"text/csv\":{\"schema\":{\"type\":\"string\"}}}}");
	assert_null(strstr(property("users", "username"), "readOnly"));
	assert_non_null(strstr(property("things", "generated"), "\"readOnly\":true"));
}

/* The page for people resolves references in an operation alone, and asks for `{key}` to the letter otherwise. */
static void every_operation_of_one_row_has_its_key(void **state)
{
	int count = 0;

	(void)state;
	tables_allow_writing(schema);
	make();
	json_object_object_foreach(member(document, "paths"), path, item) {
		assert_null(member(item, "parameters"));
		json_object_object_foreach(item, method, one) {
			struct json_object *list = member(one, "parameters");
			int keys = 0;

			(void)method;
			for (size_t i = 0; i < json_object_array_length(list); i++) {
				const char *at = json_object_get_string(member(json_object_array_get_idx(list, i), "$ref"));
				const char *id = at == NULL ? NULL : strrchr(at, '/') + 1;
				const char *in = id == NULL ? NULL :
				                 json_object_get_string(member(component("parameters", id), "in"));

				keys += in != NULL && strcmp(in, "path") == 0;
			}
			assert_int_equal(keys, strstr(path, "{key}") != NULL);
			count += keys;
		}
	}
	assert_true(count >= 8);
	assert_string_equal(print(json_object_array_get_idx(member(operation("/users/{key}", "patch"), "parameters"), 0)),
	                    "{\"$ref\":\"#/components/parameters/users.key\"}");
}

static void references_lead_somewhere(void **state)
{
	(void)state;
	make();
	assert_true(check_references(document) > 100);
	tables_allow_writing(schema);
	config.idempotency_table = slice_of("kept");
	config.allow_rollback = true;
	make();
	assert_true(check_references(document) > 300);
}

static void only_what_clients_may_see_is_named(void **state)
{
	(void)state;
	tables_allow_writing(schema);
	make();
	assert_null(memmem(out.bytes, out.length, "secret", 6));
}

static void types_are_those_of_the_answers(void **state)
{
	static const struct {
		const char *column, *schema;
	} types[] = {
		{ "generated", "{\"type\":[\"integer\",\"null\"],\"readOnly\":true,\"description\":\"Computed by the "
		               "database.\"}" },
		{ "boolean", "{\"type\":[\"boolean\",\"integer\"],\"format\":\"int32\",\"minimum\":-128,\"maximum\":127,\"readOnly\":true,\"description\":\"0 and 1 are false and "
		             "true; other numbers stay numbers.\"}" },
		{ "year", "{\"type\":\"integer\",\"anyOf\":[{\"const\":0},{\"minimum\":1901,\"maximum\":2155}],\"readOnly\":true}" },
		{ "decimal", "{\"type\":\"number\",\"format\":\"decimal\",\"minimum\":-9999999999,\"maximum\":9999999999,\"readOnly\":true}" },
		{ "bit", "{\"type\":\"boolean\",\"readOnly\":true}" },
		{ "bits", "{\"type\":\"integer\",\"minimum\":0,\"maximum\":255,\"readOnly\":true}" },
		{ "string_n", "{\"type\":[\"string\",\"null\"],\"maxLength\":8,\"readOnly\":true}" },
		{ "date", "{\"type\":\"string\",\"format\":\"date\",\"readOnly\":true}" },
		{ "timestamp_n", "{\"type\":[\"string\",\"null\"],\"format\":\"date-time\",\"readOnly\":true}" },
		{ "json", "{\"readOnly\":true,\"description\":\"Any JSON.\"}" },
		{ "binary", "{\"type\":\"string\",\"contentEncoding\":\"base64\",\"maxLength\":12,\"readOnly\":true}" },
		{ "uuid", "{\"type\":\"string\",\"format\":\"uuid\",\"readOnly\":true}" },
	};

	(void)state;
	make();
	for (size_t i = 0; i < LENGTH_OF(types); i++)
		assert_string_equal(property("things", types[i].column), types[i].schema);
}

/* The column integer of things, declared otherwise. */
static struct column *declare(const char *declared, enum column_type type)
{
	struct column *column = tables_named(&schema->tables[1], "integer");

	declare_column(column, declared, &schema->arena);
	column->type = type;
	column->writable = true;
	column->length = 0;
	return column;
}

static void expect(const char *wanted)
{
	make();
	assert_string_equal(property("things", "integer"), wanted);
}

static void integers_have_the_bounds_of_their_declaration(void **state)
{
	(void)state;
	declare("tinyint(4)", COLUMN_INTEGER);
	expect("{\"type\":\"integer\",\"format\":\"int32\",\"minimum\":-128,\"maximum\":127}");
	declare("int(10) unsigned", COLUMN_INTEGER);
	expect("{\"type\":\"integer\",\"format\":\"int64\",\"minimum\":0,\"maximum\":4294967295}");
	declare("bigint(20)", COLUMN_INTEGER);
	expect("{\"type\":\"integer\",\"format\":\"int64\",\"minimum\":-9223372036854775808,"
	       "\"maximum\":9223372036854775807}");
	declare("bigint(20) unsigned", COLUMN_INTEGER);
	expect("{\"type\":\"integer\",\"format\":\"uint64\",\"minimum\":0,\"maximum\":18446744073709551615}");
}

static void decimals_have_the_bounds_of_their_digits(void **state)
{
	struct column *column = declare("decimal(8,2)", COLUMN_DECIMAL);

	(void)state;
	column->precision = 8;
	column->scale = 2;
	expect("{\"type\":\"number\",\"format\":\"decimal\",\"minimum\":-999999.99,\"maximum\":999999.99}");
	column->scale = 8;
	expect("{\"type\":\"number\",\"format\":\"decimal\",\"minimum\":-0.99999999,\"maximum\":0.99999999}");
	column->scale = 0;
	column->is_unsigned = true;
	expect("{\"type\":\"number\",\"format\":\"decimal\",\"minimum\":0,\"maximum\":99999999}");
	column->precision = UINT32_MAX; /* which no server has */
	expect("{\"type\":\"number\",\"format\":\"decimal\"}");
}

static void an_enum_names_its_values(void **state)
{
	struct column *column = declare("enum('a','it''s','b\\\\s','\\n','''q')", COLUMN_STRING);

	(void)state;
	expect("{\"type\":\"string\",\"enum\":[\"a\",\"it's\",\"b\\\\s\",\"\\n\",\"'q\"]}");
	column->nullable = true;
	column->fallback = "'it''s'";
	expect("{\"type\":[\"string\",\"null\"],\"enum\":[\"a\",\"it's\",\"b\\\\s\",\"\\n\",\"'q\",null],"
	       "\"default\":\"it's\"}");
}

static void an_example_is_a_value_of_its_column(void **state)
{
	static const struct {
		const char *declared;
		enum column_type type;
		unsigned length, precision, scale;
		const char *example; /* NULL: none */
	} cases[] = {
		{ "int(11)", COLUMN_INTEGER, 0, 0, 0, "1" },
		{ "tinyint(1)", COLUMN_BOOLEAN, 0, 0, 0, "true" },
		{ "bit(1)", COLUMN_BIT, 1, 0, 0, "true" },
		{ "bit(12)", COLUMN_BIT, 12, 0, 0, "1" },
		{ "year(4)", COLUMN_YEAR, 0, 0, 0, "2024" },
		{ "decimal(8,2)", COLUMN_DECIMAL, 0, 8, 2, "1" },
		{ "decimal(2,2)", COLUMN_DECIMAL, 0, 2, 2, "0" },
		{ "numeric", COLUMN_DECIMAL, 0, 0, 0, "1" },
		{ "varchar(40)", COLUMN_STRING, 40, 0, 0, "\"text\"" },
		{ "char(2)", COLUMN_STRING, 2, 0, 0, "\"te\"" },
		{ "enum('it''s','b')", COLUMN_STRING, 0, 0, 0, "\"it's\"" },
		{ "set('p','q')", COLUMN_STRING, 0, 0, 0, "\"p\"" },
		{ "datetime(6)", COLUMN_DATETIME, 0, 6, 0, "\"2024-01-31T12:30:00\"" },
		{ "timestamp", COLUMN_TIMESTAMP, 0, 0, 0, "\"2024-01-31T12:30:00Z\"" },
		{ "varbinary(9)", COLUMN_BINARY, 9, 0, 0, "\"AA==\"" },
		{ "binary(1)", COLUMN_BINARY, 1, 0, 0, "\"AA==\"" },
		{ "binary(2)", COLUMN_BINARY, 2, 0, 0, "\"AAA=\"" },
		{ "binary(3)", COLUMN_BINARY, 3, 0, 0, "\"AAAA\"" },
		{ "binary(4)", COLUMN_BINARY, 4, 0, 0, "\"AAAAAA==\"" },
		{ "vector(3)", COLUMN_BINARY, 12, 0, 0, "\"AAAAAAAAAAAAAAAA\"" },
		{ "geometry", COLUMN_GEOMETRY, 0, 0, 0, NULL },
	};
	static const struct {
		enum column_kind kind;
		const char *example;
	} others[] = {
		{ KIND_UUID, "\"00000000-0000-4000-8000-000000000000\"" },
		{ KIND_INET6, "\"2001:db8::1\"" },
		{ KIND_INET4, "\"192.0.2.1\"" },
		{ KIND_INET, "\"192.0.2.1\"" },
		{ KIND_INTERVAL, "\"01:30:00\"" },
		{ KIND_XML, "\"<a/>\"" },
		{ KIND_RANGE, "" },
		{ KIND_PLAIN, "" },
	};
	struct column *column;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		column = declare(cases[i].declared, cases[i].type);
		column->length = cases[i].length;
		column->precision = cases[i].precision;
		column->scale = cases[i].scale;
		text_clear(&out);
		assert_int_equal(openapi_add_example(&out, column), cases[i].example != NULL);
		assert_string_equal(text_terminate(&out), cases[i].example != NULL ? cases[i].example : "");
	}
	column = tables_named(&schema->tables[1], "integer");
	column->type = COLUMN_STRING;
	column->is_opaque = true;
	for (size_t i = 0; i < LENGTH_OF(others); i++) {
		column->kind = others[i].kind;
		text_clear(&out);
		assert_int_equal(openapi_add_example(&out, column), *others[i].example != '\0');
		assert_string_equal(text_terminate(&out), others[i].example);
	}
}

static void what_no_server_says_is_not_told(void **state)
{
	struct column *column = declare("binary(3)", COLUMN_BINARY);

	(void)state;
	column->length = UINT64_MAX / 8;
	text_clear(&out);
	assert_false(openapi_add_example(&out, column));
	assert_int_equal(out.length, 0);
	(void)declare("set(", COLUMN_STRING);
	expect("{\"type\":\"string\"}");
}

static void only_a_literal_is_a_default(void **state)
{
	static const struct {
		enum column_type type;
		const char *fallback, *wanted; /* NULL: none */
	} defaults[] = {
		{ COLUMN_INTEGER, "-5", "-5" },
		{ COLUMN_INTEGER, "(1 + 1)", NULL },
		{ COLUMN_INTEGER, "1 + 1", NULL },
		{ COLUMN_INTEGER, "NULL", NULL },
		{ COLUMN_DECIMAL, "1.50", "1.50" },
		{ COLUMN_BOOLEAN, "1", "true" },
		{ COLUMN_BOOLEAN, "7", "7" },
		{ COLUMN_STRING, "'x''y\\\\'", "\"x'y\\\\\"" },
		{ COLUMN_STRING, "''", "\"\"" },
		{ COLUMN_STRING, "'a'", "\"a\"" },
		{ COLUMN_STRING, "concat('a','b')", NULL },
		{ COLUMN_STRING, "'a' || 'b'", NULL },
		{ COLUMN_STRING, "uuid()", NULL },
		{ COLUMN_DATE, "'2024-01-02'", "\"2024-01-02\"" },
		{ COLUMN_DATE, "curdate()", NULL },
		{ COLUMN_TIMESTAMP, "'2024-01-02 00:00:00'", NULL },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(defaults); i++) {
		struct json_object *value;

		declare("", defaults[i].type)->fallback = defaults[i].fallback;
		make();
		value = member(member(member(component("schemas", "things"), "properties"), "integer"), "default");
		assert_says(value != NULL ? print(value) : "none", defaults[i].wanted != NULL ? defaults[i].wanted : "none");
	}
}

static void keys_are_marked_as_postgrest_marks_them(void **state)
{
	static uint16_t columns[] = { 0 };
	static const char *targets[] = { "id", "secret" };
	static struct foreign_key key = { .name = "fk", .target = "users", .column_count = 1, .columns = columns,
		                          .target_columns = targets };

	(void)state;
	schema->tables[4].foreign_keys = &key;
	schema->tables[4].foreign_key_count = 1;
	make();
	assert_string_equal(property("lines", "n"),
	                    "{\"type\":\"integer\",\"readOnly\":true,\"description\":\"Note:\\nThis is a Foreign Key to "
	                    "`users.id`.<fk table='users' column='id'/>\"}");
	assert_non_null(strstr(property("pairs", "b"), "Note:\\nThis is a Primary Key.<pk/>"));
	key.target = "elsewhere"; /* not served */
	make();
	assert_null(strstr(property("lines", "n"), "fk"));
	key.target = "users";
	key.target_columns = targets + 1; /* not to be seen */
	make();
	assert_null(strstr(property("lines", "n"), "fk"));
}

static void comments_are_told(void **state)
{
	(void)state;
	schema->tables[0].comment = "who \"they\" are";
	schema->tables[0].columns[0].comment = "a\nnumber";
	make();
	assert_string_equal(json_object_get_string(member(component("schemas", "users"), "description")),
	                    "who \"they\" are");
	assert_non_null(strstr(property("users", "id"), "\"description\":\"a\\nnumber\\n\\nNote:"));
}

/* Two tables whose names differ in bytes that components may not have, and one that is called as our own is. */
static void names_of_components_are_unique(void **state)
{
	static const char *const tables[] = { "a.b", "a b", "a_b", "Error", "a.2Eb" };

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(tables); i++)
		schema->tables[i].name = slice_of(tables[i]);
	make();
	(void)check_references(document);
	assert_string_equal(names(member(member(document, "components"), "schemas")),
	                    "Error a.2Eb a.20b a_b .45rror a.2E2Eb odd.20.60.22.27.20name");
	assert_non_null(member(member(component("schemas", "Error"), "properties"), "hint"));
}

static const char *filter(const char *id)
{
	return json_object_get_string(member(component("parameters", id), "name"));
}

/* A filter on a column is written in quotes where its name would mean something else. */
static void filters_are_named_as_the_query_wants_it(void **state)
{
	(void)state;
	schema->tables[0].columns[0].name = slice_of("order");
	schema->tables[0].columns[1].name = slice_of("\"a\\");
	schema->tables[0].columns[2].name = slice_of("a->b");
	make();
	assert_string_equal(filter("users.filter.order"), "\"order\"");
	assert_string_equal(filter("users.filter..22a.5C"), "\"\\\"a\\\\\"");
	assert_string_equal(filter("users.filter.a-.3Eb"), "\"a->b\"");
	assert_string_equal(filter("by_name.filter.rank"), "rank");
	assert_string_equal(filter("odd.20.60.22.27.20name.filter.c.22d.2Ce.2Ef"), "c\"d,e.f");
}

static void headers_follow_the_configuration(void **state)
{
	(void)state;
	tables_allow_writing(schema);
	make();
	assert_null(component("parameters", "Idempotency-Key"));
	assert_null(memmem(out.bytes, out.length, "rollback", 8));
	config.idempotency_table = slice_of("kept");
	config.allow_rollback = true;
	make();
	assert_non_null(component("parameters", "Idempotency-Key"));
	assert_non_null(memmem(out.bytes, out.length, "tx=rollback", 11));
	assert_null(memmem(out.bytes, out.length, "kept", 4));
}

static void errors_are_told_with_their_codes(void **state)
{
	struct json_object *answer;

	(void)state;
	make();
	answer = component("responses", "Error.503");
	assert_non_null(strstr(json_object_get_string(member(answer, "description")), "`PGRST001`"));
	assert_non_null(member(member(answer, "headers"), "Retry-After"));
	assert_non_null(member(member(operation("/users", "get"), "responses"), "416"));
	assert_null(member(member(operation("/users/{key}", "get"), "responses"), "416"));
}

static void the_same_tables_are_the_same_text(void **state)
{
	struct text before = { 0 };

	(void)state;
	make();
	text_add(&before, out.bytes, out.length);
	make();
	assert_is(out, text_terminate(&before));
	text_release(&before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_begins_with_what_it_is, make_schema, drop_schema),
		cmocka_unit_test_setup_teardown(it_says_where_the_service_is, make_schema, drop_schema),
		cmocka_unit_test_setup_teardown(every_table_has_its_paths_in_order, make_schema, drop_schema),
		cmocka_unit_test_setup_teardown(what_cannot_be_written_is_only_read, make_schema, drop_schema),
		cmocka_unit_test_setup_teardown(what_can_be_written_says_how, make_schema, drop_schema),
		cmocka_unit_test_setup_teardown(every_operation_of_one_row_has_its_key, make_schema, drop_schema),
		cmocka_unit_test_setup_teardown(references_lead_somewhere, make_schema, drop_schema),
		cmocka_unit_test_setup_teardown(only_what_clients_may_see_is_named, make_schema, drop_schema),
		cmocka_unit_test_setup_teardown(types_are_those_of_the_answers, make_schema, drop_schema),
		cmocka_unit_test_setup_teardown(integers_have_the_bounds_of_their_declaration, make_schema, drop_schema),
		cmocka_unit_test_setup_teardown(decimals_have_the_bounds_of_their_digits, make_schema, drop_schema),
		cmocka_unit_test_setup_teardown(an_enum_names_its_values, make_schema, drop_schema),
		cmocka_unit_test_setup_teardown(an_example_is_a_value_of_its_column, make_schema, drop_schema),
		cmocka_unit_test_setup_teardown(what_no_server_says_is_not_told, make_schema, drop_schema),
		cmocka_unit_test_setup_teardown(only_a_literal_is_a_default, make_schema, drop_schema),
		cmocka_unit_test_setup_teardown(keys_are_marked_as_postgrest_marks_them, make_schema, drop_schema),
		cmocka_unit_test_setup_teardown(comments_are_told, make_schema, drop_schema),
		cmocka_unit_test_setup_teardown(names_of_components_are_unique, make_schema, drop_schema),
		cmocka_unit_test_setup_teardown(filters_are_named_as_the_query_wants_it, make_schema, drop_schema),
		cmocka_unit_test_setup_teardown(headers_follow_the_configuration, make_schema, drop_schema),
		cmocka_unit_test_setup_teardown(errors_are_told_with_their_codes, make_schema, drop_schema),
		cmocka_unit_test_setup_teardown(the_same_tables_are_the_same_text, make_schema, drop_schema),
	};

	return cmocka_run_group_tests_name("openapi", tests, NULL, NULL);
}
