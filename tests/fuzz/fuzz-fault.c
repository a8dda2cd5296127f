/* SPDX-License-Identifier: MIT
 *
 * What a server says of a statement that it refuses. The first line chooses: an 'm' for MySQL, an 'e' or an 'f' for PostgreSQL,
 * and then the method of the request that the statement is of. The lines of MySQL: number, SQLSTATE, words; of PostgreSQL:
 * SQLSTATE, words, column, constraint, detail, function, severity, place; of both then what the words of a duplicate are made of.
 *
 * Names and values are pieces of what the server said, a row's number is that at its end, and what a client is told is one
 * JSON text with a known status, in which neither the statement nor a column that it may not see is named. The words that the
 * servers have for a duplicate give back what they were made of.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

#include "mysql/mysql_fault.h"
#include "oracle.h"
#include "plan/plan_write.h"
#include "postgresql/postgresql_fault.h"
#include "sql/sql.h"
#include "strict.h"
#include "tables.h"
#include "web/negotiate.h"
#include "worker/server_fault.h"
#include "worker/write_fault.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct arena arena;

static bool lies_in(struct slice piece, const char *text, size_t size)
{
	return piece.length == 0 || (piece.bytes >= text && piece.bytes + piece.length <= text + size);
}

static void error_holds(const struct database_error *error, bool is_lost)
{
	size_t length = strnlen(error->text, sizeof(error->text));

	DEMAND(length < sizeof(error->text) && strnlen(error->state, sizeof(error->state)) < sizeof(error->state));
	DEMAND(lies_in(error->subject, error->text, length));
	DEMAND(lies_in(error->values, error->text, length) || lies_in(error->values, error->detail, sizeof(error->detail)));
	DEMAND((int)error->status > STATUS_OK && error->status < STATUS_COUNT && status_http(error->status) >= 400);
	DEMAND(is_lost == (error->status == STATUS_AWAY));
	DEMAND(!error->not_run || is_lost);
}

static const char *line_of(struct slice *rest)
{
	struct slice line = oracle_line(rest);

	return arena_text(&arena, line.bytes, line.length);
}

static bool read_mysql(struct database_error *error, struct slice *rest)
{
	unsigned number = (unsigned)strtoul(line_of(rest), NULL, 10) % 70000;
	const char *state = line_of(rest), *text = line_of(rest), *row = NULL;
	bool is_lost = mysql_fault_read(error, number, state, text);

	for (const char *at = error->text; (at = strstr(at, " at row ")) != NULL; at++)
		row = at + 8;
	if (row != NULL && strspn(row, "0123456789") == strlen(row) && error->status != STATUS_RAISED && !is_lost)
		DEMAND(error->row == (uint64_t)strtoull(row, NULL, 10));
	else
		DEMAND(error->row == 0);
	return is_lost;
}

static bool read_postgresql(struct database_error *error, struct slice *rest, bool all)
{
	struct postgresql_fault fault = { .state = line_of(rest), .message = line_of(rest), .column = line_of(rest),
		                              .constraint = line_of(rest), .detail = line_of(rest), .function = line_of(rest),
		                              .severity = line_of(rest) };

	fault.place = (enum postgresql_place)(strlen(line_of(rest)) % (PLACE_STATEMENT + 1));
	if (!all)
		fault.column = fault.constraint = fault.detail = fault.function = fault.severity = NULL;
	return postgresql_fault_read(error, &fault);
}

static bool names(const char *told, const char *word)
{
	return told != NULL && strstr(told, word) != NULL;
}

/* What is told does not depend on the column that clients may not see: its name comes from the server alone. */
static void fault_holds(const struct fault *fault, const struct database_error *error)
{
	static struct text body;
	struct json_object *object;
	bool authors = error->status == STATUS_RAISED || error->status == STATUS_CHECK;

	text_clear(&body);
	http_add_fault(&body, fault);
	DEMAND(strict_json(body.bytes, body.length, &object));
	json_object_put(object);
	DEMAND((int)fault->status > STATUS_OK && fault->status < STATUS_COUNT && status_http(fault->status) >= 400);
	DEMAND(authors || (!names(fault->message, "secret") && !names(fault->hint, "secret")));
	DEMAND(authors || error->values.length > 0 || !names(fault->details, "secret"));
	/* No part of the statement is told; the values of a duplicate are the client's, who may write what looks like one. */
	DEMAND(!names(fault->hint, "INTO `"));
	DEMAND(error->values.length > 0 || (!names(fault->details, "INTO `") && !names(fault->details, "INTO \"")));
	/* of a duplicate the values, where clients may read them: never those of a key that has another column */
	if (error->values.length > 0 && names(fault->details, ")=("))
		DEMAND(fault->status == STATUS_DUPLICATE && memmem(fault->details, strlen(fault->details), ")=(", 3) != NULL);
}

/* The request that the statement is of; false: it is a read. */
static bool plan_one(unsigned which, const struct schema *schema, struct plan *plan, struct write *write, struct text *sql)
{
	static const struct { const char *method, *uri, *body; } requests[] = {
		{ "GET", "/users?username=eq.a&order=email", "" },
		{ "POST", "/users", "[{\"username\":\"a\",\"email\":\"b\"},{\"username\":\"c\",\"email\":\"d\"}]" },
		{ "PATCH", "/users?id=eq.1", "{\"email\":\"x\"}" },
		{ "DELETE", "/users?id=eq.1", "" },
		{ "PUT", "/pairs?a=eq.1&b=eq.2", "{\"a\":1,\"b\":2}" },
		{ "POST", "/things", "{\"decimal\":1.0,\"json\":{},\"date\":\"2024-02-29\"}" },
		{ "GET", "/things?select=json->a,integer::text&searched=fts.a", "" },
		{ "DELETE", "/pairs?a=gt.1&order=a,b&limit=1", "" },
	};
	static const struct config config = { .max_rows = 1000 };
	const size_t chosen = which % (sizeof(requests) / sizeof(requests[0]));
	const char *method = requests[chosen].method, *body = requests[chosen].body, *uri = requests[chosen].uri;
	static struct request request;
	struct route route;
	struct fault fault = { 0 };

	memset(&request, 0, sizeof(request));
	request.method = METHOD_OTHER;
	http_take_variable(&request, SLICE("REQUEST_METHOD"), (struct slice){ method, strlen(method) });
	request.uri = (struct slice){ uri, strlen(uri) };
	request.body = (struct slice){ body, strlen(body) };
	text_clear(sql);
	DEMAND(route_find(&request, schema, SLICE(""), &arena, &route, &fault) == STATUS_OK);
	if (*method == 'G') {
		DEMAND(plan_read(&route, 1000, &arena, plan, &fault) == STATUS_OK);
		sql_keep_read(plan, &arena);
		text_add(sql, plan->sql.bytes, plan->sql.length);
		return false;
	}
	DEMAND(plan_write(&route, &request, MEDIA_JSON, &config, &arena, plan, write, &fault) == STATUS_OK);
	if (write->kind == WRITE_INSERT || write->kind == WRITE_PUT)
		sql_insert(sql, plan, write, 0, write->row_count, false);
	else if (write->kind == WRITE_DELETE)
		sql_delete(sql, plan, write, (struct slice){ "", 0 });
	else
		sql_update(sql, plan, write, (struct slice){ "", 0 });
	return true;
}

/* A literal stands where its quote does, and nowhere else. */
static void place_holds(const struct text *sql)
{
	for (size_t i = 0; i <= sql->length; i++)
		DEMAND((postgresql_fault_place((struct slice){ sql->bytes, sql->length }, i) == PLACE_STATEMENT) ==
		       (i == sql->length || sql->bytes[i] != '\''));
}

/* The servers' own words of a duplicate, around a value and the name of a key. */
static void duplicate_holds(struct database_error *error, struct slice *rest)
{
	const char *value = line_of(rest), *key = line_of(rest), *words;
	struct postgresql_fault fault = { .state = "23505", .message = "duplicate", .constraint = key };

	if (strlen(value) > 200 || strlen(key) > 200 || *key == '\0')
		return; /* no name is as long, and what is longer is cut */
	words = arena_printf(&arena, "Duplicate entry '%s' for key '%s'", value, key);
	(void)mysql_fault_read(error, 1062, "23000", words);
	DEMAND(error->status == STATUS_DUPLICATE);
	if (strchr(key, '\'') == NULL && strchr(key, '`') == NULL && strstr(key, " for key ") == NULL)
		DEMAND(slice_is(error->subject, key) && slice_is(error->values, value));
	fault.detail = arena_printf(&arena, "Key (%s)=(1) already exists.", value);
	(void)postgresql_fault_read(error, &fault);
	DEMAND(error->status == STATUS_DUPLICATE && slice_is(error->subject, key));
	DEMAND(slice_is(error->values, arena_printf(&arena, "(%s)=(1)", value)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct schema *schemas[2];
	static struct text sql;
	static struct database_error error;
	struct slice rest = { (const char *)data, size }, line, told;
	const struct schema *schema;
	struct plan plan;
	struct write write;
	struct fault fault;
	bool mysql, is_lost;

	for (unsigned i = 0; i < 2 && schemas[i] == NULL; i++) {
		tables_dialect = i == 0 ? &mysql_dialect : &postgresql_dialect;
		schemas[i] = tables_make();
		tables_allow_writing(schemas[i]);
	}
	arena_clear(&arena);
	line = oracle_line(&rest);
	mysql = line.length == 0 || line.bytes[0] == 'm';
	schema = schemas[mysql ? 0 : 1];
	database_error_clear(&error);
	is_lost = mysql ? read_mysql(&error, &rest) : read_postgresql(&error, &rest, line.bytes[0] != 'f');
	error_holds(&error, is_lost);
	told = (struct slice){ sql.bytes, 0 };
	error.place = line.length > 2 ? (size_t)(unsigned char)line.bytes[2] : 0;
	if (plan_one((unsigned)(line.length > 1 ? (unsigned char)line.bytes[1] : 0), schema, &plan, &write, &sql)) {
		told = (struct slice){ sql.bytes, sql.length };
		fault = write_fault_make(&error, &plan, &write, told, error.row, &arena);
		fault_holds(&fault, &error);
		fault = write_fault_of_keys(&error, &plan, SLICE("keys"), &arena);
	} else {
		told = (struct slice){ sql.bytes, sql.length };
		fault = server_fault_of_read(&error, &plan, told, &arena);
	}
	place_holds(&sql);
	fault_holds(&fault, &error);
	(void)server_fault_is_outdated(&error, &plan, told);
	duplicate_holds(&error, &rest);
	return 0;
}
