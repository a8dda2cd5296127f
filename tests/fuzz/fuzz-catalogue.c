/* SPDX-License-Identifier: MIT
 *
 * What a server's catalogue says of the tables. The first line is an 'm' with MySQL's or MariaDB's version behind it, or a 'p' for
 * PostgreSQL; the second and the third are MYREST_TABLES and MYREST_WRITABLE; then come rows, values with tabs between them
 * (\N is NULL), up to an empty line, behind which the next statement begins. A row that begins with '!' is the server's refusal.
 * What comes behind !! is MySQL's second description, made while the first one is known.
 *
 * What is asked does not depend on the tables' names but in literals. What comes of it is as it was asked for: no table or
 * column that is not named is shown or written, names are quoted as they are, places of columns are columns. A read of each
 * table is one statement, and its document is one JSON text whose objects name nothing twice and whose references lead somewhere.
 */
#include <json.h>
#include <json_pointer.h>
#include <stdint.h>

#include "base/encoding.h"
#include "mysql/mysql_catalogue.h"
#include "oracle.h"
#include "plan/plan.h"
#include "postgresql/postgresql_catalogue.h"
#include "response/openapi.h"
#include "schema/catalogue.h"
#include "sql/sql.h"
#include "sql_tokens.h"
#include "strict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { VALUES = 20, ROWS = 60 };

static struct arena arena;
static struct table_choices choices, writable;

/* --- The rows */

static bool ask(struct catalogue *catalogue, bool mysql)
{
	static struct text sql, bare;
	enum database_rows rows;

	text_clear(&sql);
	text_clear(&bare);
	if (!(mysql ? mysql_catalogue_statement(catalogue, &sql, &rows) : postgresql_catalogue_statement(catalogue, &sql, &rows)))
		return false;
	DEMAND(tokens_bare(&bare, (struct slice){ sql.bytes, sql.length }, mysql ? '`' : '"', NULL));
	if (!mysql && (strncmp(text_terminate(&bare), "RESET search_path;BEGIN ", 24) == 0 || strcmp(text_terminate(&bare), "COMMIT") == 0))
		return true; /* all are read as they were at one moment */
	DEMAND(memchr(bare.bytes, ';', bare.length) == NULL);
	/* one literal for all names, or none where there is no name */
	DEMAND(memmem(bare.bytes, bare.length, "IN (')", 6) != NULL || memmem(bare.bytes, bare.length, "IN (NULL)", 9) != NULL ||
	       memmem(bare.bytes, bare.length, "c.relname='", 11) != NULL || memmem(bare.bytes, bare.length, " LIMIT 0", 8) != NULL);
	return true;
}

/* Each value is memory of its own, with a NUL behind it, as the client libraries give it. */
static void take_row(struct catalogue *catalogue, struct slice line, bool mysql)
{
	const char *values[VALUES];
	unsigned long lengths[VALUES];
	struct row row = { 0, values, lengths };
	bool more = true;

	while (more && row.count < VALUES) {
		const char *tab = line.length > 0 ? memchr(line.bytes, '\t', line.length) : NULL;
		size_t length = tab != NULL ? (size_t)(tab - line.bytes) : line.length;
		bool is_null = length == 2 && memcmp(line.bytes, "\\N", 2) == 0;
		char *copy = is_null ? NULL : malloc(length + 1);

		if (copy != NULL) {
			memcpy(copy, line.bytes, length);
			copy[length] = '\0';
			length = strlen(copy); /* no catalogue's text has a NUL */
		}
		values[row.count] = copy;
		lengths[row.count++] = is_null ? 0 : length;
		more = tab != NULL;
		if (more)
			line = (struct slice){ tab + 1, (size_t)(line.bytes + line.length - tab - 1) };
	}
	if (mysql)
		mysql_catalogue_row(catalogue, &row);
	else
		postgresql_catalogue_row(catalogue, &row);
	for (unsigned i = 0; i < row.count; i++)
		free((void *)(uintptr_t)values[i]); /* nothing may point into a row */
}

static bool refuse(struct catalogue *catalogue, struct slice line, bool mysql)
{
	struct database_error error;

	database_error_clear(&error);
	error.status = line.length % 2 == 0 ? STATUS_FORBIDDEN : STATUS_INTERNAL;
	snprintf(error.text, sizeof(error.text), "%.*s", (int)line.length, line.bytes);
	return mysql ? mysql_catalogue_failed(catalogue, &error) : postgresql_catalogue_failed(catalogue, &error);
}

/* false: the server refused what has to be told. */
static bool take_rows(struct catalogue *catalogue, struct slice *rest, bool mysql)
{
	enum { MOST = 8 };

	for (unsigned asked = 0; ask(catalogue, mysql); asked++) {
		DEMAND(asked < MOST + choices.count);
		for (unsigned i = 0; i < ROWS && rest->length > 0; i++) {
			struct slice line = oracle_line(rest);

			if (line.length == 0)
				break;
			if (line.bytes[0] == '!') {
				if (!refuse(catalogue, line, mysql))
					return false;
				break;
			}
			take_row(catalogue, line, mysql);
		}
	}
	return true;
}

/* --- The description */

static bool is_quoted(struct slice name, struct slice quoted, char quote)
{
	static struct text text;

	text_clear(&text);
	text_add_char(&text, quote);
	for (size_t i = 0; i < name.length; i++) {
		text_add_char(&text, name.bytes[i]);
		if (name.bytes[i] == quote)
			text_add_char(&text, quote);
	}
	text_add_char(&text, quote);
	return text.length == quoted.length && memcmp(text.bytes, quoted.bytes, text.length) == 0;
}

static void column_holds(const struct table *table, const struct column *column, char quote)
{
	const struct table_choice *choice = table_choice_find(&choices, table->name);
	const struct table_choice *written = table_choice_find(&writable, table->name);

	DEMAND(is_quoted(column->name, column->quoted, quote) && strlen(column->name.bytes) == column->name.length);
	DEMAND(column->comment != NULL && column->declared.bytes != NULL && column->type <= COLUMN_ARRAY);
	DEMAND(!column->exposed || (table_choice_has(choice, column->name) && !column->unreadable));
	DEMAND(!column->writable || (written != NULL && table_choice_has(written, column->name) &&
	                             table_choice_has(choice, column->name) && !column->generated));
	DEMAND(!column->writable || table->writable || quote == '"'); /* PostgreSQL tells of a view after its columns */
	if (column->language.length > 0)
		DEMAND(column->language.length > 1 && column->language.bytes[0] == '\'' &&
		       tokens_behind(column->language.bytes, column->language.bytes + column->language.length) ==
		           column->language.bytes + column->language.length);
}

static void table_holds(const struct schema *schema, const struct table *table, char quote)
{
	DEMAND(table_choice_find(&choices, table->name) != NULL && is_quoted(table->name, table->quoted_name, quote));
	DEMAND(table->quoted.length >= table->quoted_name.length &&
	       memcmp(table->quoted.bytes + table->quoted.length - table->quoted_name.length, table->quoted_name.bytes,
	              table->quoted_name.length) == 0);
	DEMAND(schema_table(schema, table->name) == table); /* there is no other of that name */
	DEMAND(!table->writable || table_choice_find(&writable, table->name) != NULL);
	for (unsigned i = 0; i < table->column_count; i++)
		column_holds(table, &table->columns[i], quote);
	for (unsigned i = 0; i < table->key_count; i++) {
		DEMAND(!table->keys[i].obscure || (!table->keys[i].unique && !table->keys[i].primary));
		for (unsigned c = 0; c < table->keys[i].column_count; c++)
			DEMAND(table->keys[i].columns[c] < table->column_count);
	}
	for (unsigned i = 0; i < table->foreign_key_count; i++) {
		DEMAND(table->foreign_keys[i].target != NULL && table->foreign_keys[i].column_count > 0);
		for (unsigned c = 0; c < table->foreign_keys[i].column_count; c++)
			DEMAND(table->foreign_keys[i].columns[c] < table->column_count &&
			       table->foreign_keys[i].target_columns[c] != NULL);
	}
	DEMAND(table->key_column < (int)table->column_count);
	DEMAND(table->key_column < 0 || table->columns[table->key_column].exposed);
}

/* A read of all of it. */
static void read_holds(const struct schema *schema, const struct table *table, char quote)
{
	static struct text uri, bare;
	static struct arena plans;
	struct request request = { .method = METHOD_GET, .method_name = SLICE("GET") };
	struct route route;
	struct plan plan;
	struct fault fault = { 0 };

	arena_clear(&plans);
	text_clear(&uri);
	text_add_char(&uri, '/');
	encoding_add_percent(&uri, table->name.bytes, table->name.length);
	request.uri = (struct slice){ uri.bytes, uri.length };
	if (route_find(&request, schema, SLICE(""), &plans, &route, &fault) != STATUS_OK)
		return; /* it is untold, or has another name in a URI: . or .. */
	DEMAND(route.table == table);
	if (plan_read(&route, 1000, &plans, &plan, &fault) != STATUS_OK)
		return;
	sql_keep_read(&plan, &plans);
	text_clear(&bare);
	DEMAND(tokens_bare(&bare, plan.sql, quote, table));
	for (unsigned i = 0; i < plan.column_count; i++) {
		const struct column *column = table_column(table, plan.columns[i].name.bytes, plan.columns[i].name.length);

		DEMAND(column != NULL && column->exposed);
	}
}

/* --- The document */

static void references_lead_somewhere(struct json_object *document, struct json_object *value)
{
	struct json_object *found;

	if (json_object_is_type(value, json_type_array))
		for (size_t i = 0; i < json_object_array_length(value); i++)
			references_lead_somewhere(document, json_object_array_get_idx(value, i));
	if (!json_object_is_type(value, json_type_object))
		return;
	json_object_object_foreach(value, name, member) {
		if (strcmp(name, "$ref") == 0 && json_object_is_type(member, json_type_string))
			DEMAND(json_pointer_get(document, json_object_get_string(member) + 1, &found) == 0);
		else
			references_lead_somewhere(document, member);
	}
}

/* The members of all objects: in a text each is a string with a colon behind it. */
static size_t members_written(const struct text *json)
{
	size_t count = 0;

	for (const char *at = json->bytes, *end = at + json->length; at < end; at++) {
		if (*at != '"')
			continue;
		for (at++; *at != '"'; at++)
			at += *at == '\\';
		count += at + 1 < end && at[1] == ':';
	}
	return count;
}

static size_t members_read(struct json_object *value)
{
	size_t count = 0;

	if (json_object_is_type(value, json_type_array))
		for (size_t i = 0; i < json_object_array_length(value); i++)
			count += members_read(json_object_array_get_idx(value, i));
	if (!json_object_is_type(value, json_type_object))
		return count;
	json_object_object_foreach(value, name, member) {
		(void)name;
		count += 1 + members_read(member);
	}
	return count;
}

static void document_holds(const struct schema *schema, bool unfiltered)
{
	static struct text out;
	const struct config config = { .max_rows = 1000, .allow_unfiltered = unfiltered, .allow_rollback = unfiltered };
	struct json_object *document;

	text_clear(&out);
	openapi_add_opening(&out, SLICE("http://h"), SLICE("/api"));
	openapi_add_body(&out, schema, &config);
	DEMAND(strict_json(out.bytes, out.length, &document));
	references_lead_somewhere(document, document);
	DEMAND(members_written(&out) == members_read(document)); /* of two with one name json-c keeps one */
	json_object_put(document);
}

/* Which no server says. */
static bool has_column_twice(const struct schema *schema)
{
	for (unsigned i = 0; i < schema->table_count; i++)
		for (unsigned c = 0; c < schema->tables[i].column_count; c++)
			if (catalogue_column_index(&schema->tables[i], schema->tables[i].columns[c].name) != (int)c)
				return true;
	return false;
}

static void schema_holds(const struct schema *schema, bool mysql, bool unfiltered)
{
	char quote = mysql ? '`' : '"';

	if (has_column_twice(schema))
		return;
	for (unsigned i = 0; i < schema->table_count; i++) {
		table_holds(schema, &schema->tables[i], quote);
		read_holds(schema, &schema->tables[i], quote);
	}
	document_holds(schema, unfiltered);
}

static struct schema *describe(const struct mysql_server *server, const struct schema *known, struct slice rest, bool mysql)
{
	struct catalogue *catalogue = mysql ? mysql_catalogue_new(&choices, &writable, known, server)
	                                    : postgresql_catalogue_new(&choices, &writable);
	bool told = take_rows(catalogue, &rest, mysql);
	char missing[300] = "";
	struct schema *schema = mysql ? mysql_catalogue_finish(catalogue, !told, missing, sizeof(missing))
	                              : postgresql_catalogue_finish(catalogue, !told, missing, sizeof(missing));

	DEMAND(told == (schema != NULL) && memchr(missing, '\0', sizeof(missing)) != NULL);
	return schema;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = { (const char *)data, size }, line = oracle_line(&rest), shown, written;
	bool mysql = line.length == 0 || line.bytes[0] != 'p';
	struct mysql_server server;
	struct schema *schema, *again;

	arena_clear(&arena);
	memset(&choices, 0, sizeof(choices));
	memset(&writable, 0, sizeof(writable));
	shown = oracle_line(&rest);
	written = oracle_line(&rest);
	if (table_choices_parse(arena_text(&arena, shown.bytes, shown.length), &arena, &choices) != NULL ||
	    (written.length > 0 && table_choices_parse(arena_text(&arena, written.bytes, written.length), &arena, &writable) != NULL))
		return 0;
	mysql_server_describe(&server, line.length > 0 ? arena_text(&arena, line.bytes + 1, line.length - 1) : "");
	schema = describe(&server, NULL, rest, mysql);
	if (schema == NULL)
		return 0;
	schema_holds(schema, mysql, written.length % 2 == 1);
	if (mysql && (rest.bytes = memmem(rest.bytes, rest.length, "!!", 2)) != NULL) { /* again, with what is known now */
		rest = (struct slice){ rest.bytes + 2, (size_t)((const char *)data + size - rest.bytes - 2) };
		if ((again = describe(&server, schema, rest, true)) != NULL) {
			schema_holds(again, true, false);
			schema_free(again);
		}
	}
	schema_free(schema);
	return 0;
}
