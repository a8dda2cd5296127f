/* SPDX-License-Identifier: MIT
 *
 * From a method's letter (none: a read), a raw URI, preferences and a range, a line each, and a body to PostgreSQL's
 * statements over fixed tables: nothing of what the client writes stands outside of literals, and what else is there are
 * words that the program knows and names that the table has. In a write the range is what the server gives as the values of
 * the row's key, and the Idempotency-Key: the same holds of the statements about that row, and the row's address fits into a
 * header and leads to it. Of either database: a request with other digits has the shape of its own (plan_shape.h), and the same
 * request planned again too.
 */
#include <stdint.h>

#include "base/utf8.h"
#include "declare.h"
#include "oracle.h"
#include "plan/plan_write.h"
#include "plan/plan_shape.h"
#include "response/page_link.h"
#include "sql/sql.h"
#include "sql_tokens.h"
#include "tables.h"
#include "web/negotiate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* All that PostgreSQL's statements are made of, beside names and values. */
static const char words[] =
    " SELECT FROM WHERE AND OR NOT IN IS NULL DISTINCT ORDER BY DESC NULLS FIRST LAST LIMIT OFFSET AS CASE WHEN THEN ELSE END"
    " LIKE ILIKE ESCAPE COLLATE TRUE FALSE UNKNOWN ANY ALL ARRAY CAST FOR SHARE UPDATE INSERT INTO VALUES DEFAULT ON CONFLICT DO"
    " NOTHING SET EXCLUDED DELETE WITH RETURNING MATERIALIZED t v w tableoid ctid e0 excluded"
    " jsonb json text numeric int integer bigint boolean date time timestamp timestamptz float8 bytea smallint real double"
    " precision phraseto_tsquery plainto_tsquery to_tsquery websearch_to_tsquery to_tsvector jsonb_typeof to_jsonb"
    " jsonb_path_query_first convert_from inet abbrev AT TIME ZONE trim_scale round lower upper left rtrim ";

enum { MAX_ROWS = 1000, MAX_OUTPUTS = 100 };

struct parts {
	struct slice letter, uri, preferences, range, body;
};

struct planned {
	enum status status;
	struct request request;
	struct plan plan;
	struct write write;
	struct fault fault;
	bool reads, is_table;
};

static void plan_request(struct planned *planned, const struct parts *parts, const struct schema *schema, struct arena *arena)
{
	static const char *const methods[] = { "GET", "POST", "PATCH", "PUT", "DELETE" };
	static const struct config config = { .max_rows = MAX_ROWS };
	const char *method = methods[parts->letter.length % 5];
	struct request *request = &planned->request;
	struct route route;

	memset(planned, 0, sizeof(*planned));
	request->method = METHOD_OTHER;
	http_take_variable(request, SLICE("REQUEST_METHOD"), (struct slice){ method, strlen(method) });
	request->content_type = parts->letter.length > 0 && parts->letter.bytes[0] == 'c' ? SLICE("text/csv") : SLICE("");
	request->uri = parts->uri;
	request->range = parts->range;
	request->body = parts->body;
	prefer_parse(parts->preferences, &request->preferences);
	planned->reads = request->method == METHOD_GET;
	if ((planned->status = route_find(request, schema, SLICE(""), arena, &route, &planned->fault)) != STATUS_OK ||
	    route.table == NULL)
		return;
	planned->is_table = true;
	planned->status = planned->reads ? plan_read(&route, MAX_ROWS, arena, &planned->plan, &planned->fault)
	                                 : plan_write(&route, request, MEDIA_JSON, &config, arena, &planned->plan,
	                                              &planned->write, &planned->fault);
	if (planned->reads && planned->status == STATUS_OK)
		sql_keep_read(&planned->plan, arena);
}

static void statement_holds(const struct text *sql, const struct table *table)
{
	static struct text bare;
	struct slice unknown = { "", 0 };

	text_clear(&bare);
	DEMAND(utf8_span(sql->bytes, sql->length) == sql->length);
	DEMAND(tokens_bare(&bare, (struct slice){ sql->bytes, sql->length }, table->dialect->quote, table));
	if (table->dialect == &mysql_dialect) /* whose grammar sql_shape.h has */
		return;
	DEMAND(memchr(bare.bytes, ';', bare.length) == NULL && memchr(bare.bytes, '$', bare.length) == NULL);
	if (!tokens_are_words((struct slice){ bare.bytes, bare.length }, words, &unknown))
		fprintf(stderr, "unknown: %.*s in %.*s\n", (int)unknown.length, unknown.bytes, (int)sql->length, sql->bytes);
	DEMAND(tokens_are_words((struct slice){ bare.bytes, bare.length }, words, &unknown));
}

static void read_holds(const struct plan *plan)
{
	static struct text sql;
	const struct integer keys[] = { plan->key, { UINT64_MAX, false }, { 1, true } };

	text_clear(&sql);
	text_add(&sql, plan->sql.bytes, plan->sql.length);
	statement_holds(&sql, plan->table);
	text_clear(&sql);
	sql_count(&sql, plan, "1");
	statement_holds(&sql, plan->table);
	if (plan->key_column == NULL)
		return;
	text_clear(&sql);
	sql_read_keys(&sql, plan, keys, 3);
	statement_holds(&sql, plan->table);
}

/* Statements about the rows that have these keys. */
static void keys_hold(const struct plan *plan, const struct write *write, const struct text *keys)
{
	static struct text sql;
	const struct slice slice = { keys->bytes, keys->length };

	text_clear(&sql);
	sql_read_back(&sql, plan, slice);
	statement_holds(&sql, plan->table);
	text_clear(&sql);
	sql_seek(&sql, plan, slice);
	statement_holds(&sql, plan->table);
	if (write->kind != WRITE_DELETE && write->column_count == 0)
		return;
	text_clear(&sql);
	if (write->kind == WRITE_DELETE)
		sql_delete(&sql, plan, write, slice);
	else if (write->kind == WRITE_UPDATE)
		sql_update(&sql, plan, write, slice);
	statement_holds(&sql, plan->table);
}

/* Whether a server could give it: no key of the tables has another type. */
static bool is_value_of(const struct column *column, struct slice value)
{
	static const char digits[] = "0123456789";
	bool number = value.length > 0 && value.length < 10;

	for (size_t i = 0; i < value.length && number; i++)
		number = memchr(digits, value.bytes[i], 10) != NULL;
	if (column->type == COLUMN_INTEGER)
		return number;
	return column->type == COLUMN_STRING;
}

static void location_holds(const struct planned *planned, const struct row *row,
                           const struct schema *schema)
{
	static struct text location;
	static struct arena arena;
	struct request request = { .method = METHOD_GET, .method_name = SLICE("GET") };
	struct route route;
	struct plan plan;
	struct fault fault = { 0 };

	text_clear(&location);
	page_link_add_location(&location, &planned->request, &planned->plan, &planned->write, row);
	for (size_t i = 0; i < location.length; i++)
		DEMAND(location.bytes[i] > ' ' && location.bytes[i] < 0x7f && strchr("\"<>\\^`{|}", location.bytes[i]) == NULL);
	if (location.length == 0)
		return;
	for (unsigned i = 0; i < planned->write.key->column_count; i++)
		if (!is_value_of(&planned->plan.table->columns[planned->write.key->columns[i]],
		                 (struct slice){ row->values[0], row->lengths[0] }))
			return;
	arena_clear(&arena);
	request.uri = (struct slice){ location.bytes, location.length };
	DEMAND(route_find(&request, schema, SLICE(""), &arena, &route, &fault) == STATUS_OK);
	DEMAND(route.table == planned->plan.table && plan_read(&route, MAX_ROWS, &arena, &plan, &fault) == STATUS_OK);
	DEMAND(plan.condition_count == planned->write.key->column_count + route.has_key);
}

/* The row that was written, by what the server says of it. */
static void row_holds(const struct parts *parts, struct planned *planned, const struct schema *schema)
{
	static struct text keys;
	const struct write *write = &planned->write;
	const char *values[MAX_OUTPUTS];
	unsigned long lengths[MAX_OUTPUTS];
	struct row row = { planned->plan.column_count + planned->plan.hidden_count, values, lengths };

	DEMAND(row.count <= MAX_OUTPUTS);
	for (unsigned i = 0; i < row.count; i++) {
		values[i] = parts->range.bytes;
		lengths[i] = parts->range.length;
	}
	text_clear(&keys);
	if (write->key != NULL && write->key_outputs != NULL && sql_add_key(&keys, &planned->plan, write, &row, false)) {
		keys_hold(&planned->plan, write, &keys);
		location_holds(planned, &row, schema);
		text_clear(&keys);
		if (sql_add_key(&keys, &planned->plan, write, &row, true))
			keys_hold(&planned->plan, write, &keys);
	}
	text_clear(&keys);
	if (write->kind == WRITE_INSERT && write->key != NULL && write->row_count > 0 &&
	    sql_add_inserted_key(&keys, &planned->plan, write, write->key, 0, 7))
		keys_hold(&planned->plan, write, &keys);
	text_clear(&keys);
	if (write->kind == WRITE_INSERT && write->conflict != NULL && write->row_count > 0 &&
	    sql_add_meant_key(&keys, &planned->plan, write, 0))
		keys_hold(&planned->plan, write, &keys);
}

/* Whatever the key and the answer are, what is not text is the same. */
static void idempotency_holds(struct slice key, struct slice answer, const struct dialect *dialect)
{
	static struct text sql, bare, plain;
	static const struct slice table = SLICE("keys \"`'");
	struct write write = { .idempotency_key = key };
	struct fastcgi_output output = { .head = { (char *)(uintptr_t)answer.bytes, answer.length, answer.length }, .tail = answer };

	text_clear(&plain);
	for (unsigned i = 0; i < 2; i++) {
		text_clear(&sql);
		text_clear(&bare);
		sql_claim(&sql, dialect, table, &write);
		text_add_char(&sql, ' ');
		sql_recall(&sql, dialect, table, &write);
		text_add_char(&sql, ' ');
		sql_remember(&sql, dialect, table, &write, &output);
		DEMAND(tokens_bare(&bare, (struct slice){ sql.bytes, sql.length }, dialect->quote, NULL));
		if (i == 0)
			text_add(&plain, bare.bytes, bare.length);
		write.idempotency_key = SLICE("a");
		output = (struct fastcgi_output){ .tail = SLICE("b") };
	}
	DEMAND(plain.length == bare.length && memcmp(plain.bytes, bare.bytes, bare.length) == 0);
}

static void write_holds(const struct plan *plan, struct write *write)
{
	static struct text sql;

	if (write_is_empty(write, plan))
		return;
	if (write_looks_first(write)) {
		text_clear(&sql);
		sql_lock(&sql, plan, write);
		statement_holds(&sql, plan->table);
	}
	if (write->kind == WRITE_INSERT || write->kind == WRITE_PUT) {
		text_clear(&sql);
		sql_insert(&sql, plan, write, 0, write->row_count, write_returns(write, plan));
		statement_holds(&sql, plan->table);
	}
	if (write->kind == WRITE_DELETE || ((write->kind == WRITE_UPDATE || write->kind == WRITE_PUT) && write->column_count > 0)) {
		text_clear(&sql);
		if (write->kind == WRITE_DELETE)
			sql_delete(&sql, plan, write, (struct slice){ "", 0 });
		else
			sql_update(&sql, plan, write, (struct slice){ "", 0 });
		statement_holds(&sql, plan->table);
	}
}

static uint32_t shape(const struct planned *planned)
{
	uint32_t number = plan_shape_of(&planned->plan, planned->reads ? NULL : &planned->write, planned->request.preferences.count);

	DEMAND(number != 0);
	return number;
}

/* 5 for 6 and 6 for 5, where one stands by itself as a value. */
static struct slice with_other_digits(struct slice uri)
{
	static struct text text;

	text_clear(&text);
	text_add(&text, uri.bytes, uri.length);
	for (size_t i = 1; i < text.length; i++)
		if ((text.bytes[i] == '5' || text.bytes[i] == '6') && strchr("=.(,", uri.bytes[i - 1]) != NULL && uri.bytes[i - 1] != '\0' &&
		    (i + 1 == text.length || (strchr("&,)}", uri.bytes[i + 1]) != NULL && uri.bytes[i + 1] != '\0')))
			text.bytes[i] = text.bytes[i] == '5' ? '6' : '5';
	return (struct slice){ text.bytes, text.length };
}

static void shape_holds(const struct parts *parts, const struct planned *planned, const struct schema *schema)
{
	static struct arena arena;
	struct planned again;
	struct parts other = *parts;

	arena_clear(&arena);
	plan_request(&again, parts, schema, &arena);
	DEMAND(again.status == STATUS_OK && shape(&again) == shape(planned));
	/* A window of both may have another magnitude; a path is no value; the key of a PUT is its body's. */
	if (parts->range.length > 0 || memmem(parts->uri.bytes, parts->uri.length, "->", 2) != NULL ||
	    planned->request.method == METHOD_PUT)
		return;
	arena_clear(&arena);
	other.uri = with_other_digits(parts->uri);
	plan_request(&again, &other, schema, &arena);
	DEMAND(again.status == planned->status && shape(&again) == shape(planned));
}

static void fault_holds(const struct planned *planned)
{
	struct text body = { 0 };

	DEMAND(planned->fault.status == planned->status);
	http_add_fault(&body, &planned->fault);
	text_release(&body);
}

/* As MySQL has them; tables.h calls them by their names. */
static void declare_types(struct table *things, struct arena *arena)
{
	static const struct {
		const char *column, *declared;
	} types[] = {
		{ "string", "varchar(8)" }, { "string_n", "char(8)" },      { "latin", "tinytext" },        { "binary", "binary(8)" },
		{ "integer", "int(11)" },   { "enum", "enum('a','b''c')" }, { "set", "set('a','b''c')" },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		declare_column(tables_named(things, types[i].column), types[i].declared, arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct schema *schemas[2];
	static struct arena arena;
	struct slice rest = { (const char *)data, size };
	struct parts parts;
	struct planned planned;

	for (unsigned i = 0; i < 2 && schemas[i] == NULL; i++) {
		tables_dialect = i == 0 ? &mysql_dialect : &postgresql_dialect;
		schemas[i] = tables_make();
		tables_allow_writing(schemas[i]);
		if (i == 0)
			declare_types(&schemas[0]->tables[1], &schemas[0]->arena);
	}
	parts.letter = oracle_line(&rest);
	parts.uri = oracle_line(&rest);
	parts.preferences = oracle_line(&rest);
	parts.range = oracle_line(&rest);
	parts.body = rest;
	for (unsigned i = 0; i < 2; i++) {
		idempotency_holds(parts.range, parts.body, i == 0 ? &mysql_dialect : &postgresql_dialect);
		arena_clear(&arena);
		plan_request(&planned, &parts, schemas[i], &arena);
		if (planned.status != STATUS_OK)
			fault_holds(&planned);
		else if (planned.is_table) {
			if (planned.reads)
				read_holds(&planned.plan);
			else
				write_holds(&planned.plan, &planned.write);
			if (!planned.reads && memchr(parts.range.bytes, '\0', parts.range.length) == NULL &&
			    utf8_span(parts.range.bytes, parts.range.length) == parts.range.length)
				row_holds(&parts, &planned, schemas[i]);
			shape_holds(&parts, &planned, schemas[i]);
		}
	}
	return 0;
}
