/* SPDX-License-Identifier: MIT */
#include "plan/plan_write.h"

#include <string.h>

#include "plan/writing.h"
#include "schema/dialect.h"
#include "schema/literal.h"
#include "schema/literal_compare.h"
#include "web/etag.h"
#include "web/negotiate.h"

enum { MAX_IDEMPOTENCY_KEY = 255 };

/* --- What is not for writes --- */

static enum status check_query(const struct writing *writing)
{
	const struct query *query = writing->planning->query;
	enum write_kind kind = writing->write->kind;

	if (kind == WRITE_PUT && (query->has_limit || query->has_offset))
		return writing_refuse(writing, STATUS_PUT_WINDOW, NULL, NULL);
	if (query->has_offset || query->after != NULL)
		return writing_refuse(writing, STATUS_BAD_QUERY, "offset and after apply to reads only", NULL);
	if (kind == WRITE_INSERT && (query->has_limit || query->order_count > 0 || query->conditions != NULL))
		return writing_refuse(writing, STATUS_BAD_QUERY, "filters, order and limit do not apply to POST", NULL);
	if (query->has_limit && query->order_count == 0)
		return writing_refuse(writing, STATUS_BAD_QUERY, "limit needs an order here, which determines the rows", NULL);
	if (kind != WRITE_INSERT && query->on_conflict.at != NULL)
		return writing_refuse(writing, STATUS_BAD_QUERY, "on_conflict applies to POST only", NULL);
	if ((kind == WRITE_DELETE || kind == WRITE_PUT) && query->body_columns.at != NULL)
		return writing_refuse(writing, STATUS_BAD_QUERY, "columns applies to POST and PATCH only", NULL);
	return STATUS_OK;
}

static enum status check_conditions(const struct writing *writing)
{
	const struct request *request = writing->request;
	struct write *write = writing->write;

	if (write->rollback && writing->planning->plan->table->undoes_nothing)
		return writing_refuse(writing, STATUS_BAD_PREFERENCE, "tx=rollback is not available: the table's engine has no transactions",
		              NULL);
	if (request->if_match.length > 0) {
		if (!writing->route->has_key)
			return writing_refuse(writing, STATUS_BAD_REQUEST, "If-Match applies to /TABLE/KEY only", NULL);
		write->if_match = request->if_match;
	}
	if (request->if_none_match.length > 0) {
		if (write->kind != WRITE_PUT || !slice_is(request->if_none_match, "*"))
			return writing_refuse(writing, STATUS_BAD_REQUEST, "If-None-Match applies to reads, and as * to PUT", NULL);
		write->unless_there = true;
	}
	return STATUS_OK;
}

/* Of all that the answer depends on. It is kept in the customer's table, where a later release has to find the same:
 * preferences count by their words, and not as this release has them in memory. */
static struct etag hash_request(const struct request *request, const struct text *preferences)
{
	const struct slice parts[] = { request->method_name, request->uri, request->accept,
		                       { preferences->bytes, preferences->length }, request->content_type, request->body };
	const char *bytes[sizeof(parts) / sizeof(parts[0])];
	unsigned long lengths[sizeof(parts) / sizeof(parts[0])];

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		bytes[i] = parts[i].bytes != NULL ? parts[i].bytes : "";
		lengths[i] = parts[i].length;
	}
	return etag_of_row(bytes, lengths, sizeof(parts) / sizeof(parts[0]));
}

static enum status check_idempotency(const struct writing *writing)
{
	const struct request *request = writing->request;
	struct write *write = writing->write;
	struct text preferences = { 0 };
	struct etag hash;

	if (request->idempotency_key.length == 0 || write->kind != WRITE_INSERT)
		return STATUS_OK;
	if (writing->config->idempotency_table.length == 0)
		return writing_refuse(writing, STATUS_BAD_REQUEST, "Idempotency-Key is not supported here",
		              "MYREST_IDEMPOTENCY_TABLE names no table");
	if (request->idempotency_key.length > MAX_IDEMPOTENCY_KEY)
		return writing_refuse(writing, STATUS_BAD_REQUEST, "the Idempotency-Key has more than 255 bytes", NULL);
	write->idempotency_key = request->idempotency_key;
	prefer_words(&request->preferences, &preferences);
	hash = hash_request(request, &preferences);
	text_release(&preferences);
	memcpy(write->request_hash, &hash, sizeof(write->request_hash));
	return STATUS_OK;
}

/* --- What is done about a row that is there --- */

static bool has_name(const struct query_names *names, const struct column *column)
{
	for (unsigned i = 0; i < names->count; i++)
		if (names->names[i].text.length == column->name.length &&
		    memcmp(names->names[i].text.bytes, column->name.bytes, column->name.length) == 0)
			return table_is_known(column);
	return false;
}

/* All of the key's columns, and none twice. */
static bool is_named(const struct writing *writing, const struct key *key, const struct query_names *names)
{
	const struct table *table = writing->planning->plan->table;

	for (unsigned i = 0; i < key->column_count; i++)
		if (!has_name(names, &table->columns[key->columns[i]]))
			return false;
	return key->unique && !key->fulltext && key->column_count == names->count;
}

/* Whether there may be a row for one of those of the body. */
static bool may_meet(const struct write *write, const struct table *table)
{
	for (unsigned i = 0; i < write->row_count; i++)
		if (!write_makes_key(write, table, write->conflict, i))
			return true;
	return false;
}

static enum status refuse_unreadable(const struct writing *writing, const struct column *column)
{
	writing->planning->fault->hint = arena_printf(writing->planning->arena,
	                                              "on table '%s' the account has no SELECT (%s)",
	                                              writing->planning->plan->table->name.bytes, column->name.bytes);
	return writing_refuse(writing, STATUS_FORBIDDEN,
	              arena_printf(writing->planning->arena,
	                           "column '%s' can be written, but not read, which this upsert needs", column->name.bytes),
	              NULL);
}

/* To the database an upsert reads the key's columns, which it compares, and those of the new row that it takes over. */
static enum status check_conflict(const struct writing *writing)
{
	const struct table *table = writing->planning->plan->table;
	const struct write *write = writing->write;
	const struct key *key = write->conflict;

	if (write->resolution == RESOLUTION_NONE || (key != NULL && !may_meet(write, table)))
		return STATUS_OK;
	for (unsigned i = 0; key != NULL && i < key->column_count; i++) {
		const struct column *column = &table->columns[key->columns[i]];

		if (column->unreadable && table_is_known(column))
			return refuse_unreadable(writing, column);
		if (column->unreadable)
			key = NULL;
	}
	if (key == NULL)
		return writing_refuse(writing, STATUS_NO_CONFLICT_KEY, "the table has no primary key: on_conflict must name another key",
		              NULL);
	for (unsigned i = 0; i < write->column_count && write->resolution == RESOLUTION_MERGE; i++)
		if (write->columns[i]->unreadable)
			return refuse_unreadable(writing, write->columns[i]);
	return STATUS_OK;
}

static enum status find_conflict(const struct writing *writing)
{
	const struct query_names *names = &writing->planning->query->on_conflict;
	const struct table *table = writing->planning->plan->table;
	struct write *write = writing->write;

	write->resolution = writing->request->preferences.resolution;
	for (unsigned i = 0; i < table->key_count && write->conflict == NULL; i++)
		if (names->at != NULL ? is_named(writing, &table->keys[i], names) : table->keys[i].primary)
			write->conflict = &table->keys[i];
	if (write->conflict == NULL && names->at != NULL)
		return writing_refuse(writing, STATUS_NO_CONFLICT_KEY, NULL, NULL);
	return check_conflict(writing);
}

/* --- Which rows, and what is shown of them --- */

static enum status plan_rows(const struct writing *writing)
{
	const struct planning *planning = writing->planning;
	struct plan *plan = planning->plan;
	struct write *write = writing->write;
	enum status status;

	plan->limit = UINT64_MAX;
	if ((write->returned == RETURN_REPRESENTATION || write->kind == WRITE_PUT) &&
	    (status = planner_readable(planning)) != STATUS_OK)
		return status;
	if ((status = plan_outputs(planning)) != STATUS_OK || write->kind == WRITE_INSERT)
		return status;
	if ((status = plan_conditions(planning, writing->route)) != STATUS_OK || (status = plan_orders(planning)) != STATUS_OK)
		return status;
	if (planning->query->has_limit)
		plan->limit = planning->query->limit;
	if (plan->condition_count == 0 && write->kind != WRITE_PUT && !writing->config->allow_unfiltered)
		return writing_refuse(writing, STATUS_UNFILTERED, NULL, NULL);
	return STATUS_OK;
}

/* Rows that a PATCH gives another key are found again by that, unless it is a default that nobody knows. */
static enum status check_new_key(const struct writing *writing)
{
	const struct planning *planning = writing->planning;
	const struct table *table = planning->plan->table;
	const struct write *write = writing->write;

	for (unsigned i = 0; i < write->column_count; i++) {
		const struct column *column = write->columns[i];

		text_clear(planning->scratch);
		if (writing_is_in_key(write, table, column) && slice_is(write->values[i], "DEFAULT") &&
		    !table->dialect->fallback(planning->scratch, column))
			return writing_refuse(writing, STATUS_BAD_PREFERENCE,
			              "the changed rows cannot be found again: use return=minimal",
			              arena_printf(planning->arena, "column '%s' of the key has a default that is known only once the row exists",
			                           column->name.bytes));
	}
	return STATUS_OK;
}

/* Rows that were locked are found again by their key. */
static enum status plan_key(const struct writing *writing)
{
	struct plan *plan = writing->planning->plan;
	struct write *write = writing->write;
	bool returns = write->returned == RETURN_REPRESENTATION;
	enum status status;

	if (write->key == NULL) {
		bool limited = plan->limit != UINT64_MAX;

		write->returning = returns && plan->table->dialect->returns_changes &&
		                   (write->kind == WRITE_UPDATE || write->kind == WRITE_DELETE);
		if (limited && plan->table->is_view && plan->table->dialect->returns_changes)
			return writing_refuse(writing, STATUS_BAD_QUERY, "limit needs a primary key, which views do not have", NULL);
		if (returns && !write->returning &&
		    (write->kind == WRITE_UPDATE || (write->kind == WRITE_DELETE && limited)))
			return writing_refuse(writing, STATUS_BAD_PREFERENCE,
			              "return=representation of a PATCH, or with limit, needs a table with a primary key", NULL);
		return STATUS_OK;
	}
	if (!write_returns(write, plan) && !write_looks_first(write))
		return STATUS_OK;
	if (returns && write->kind == WRITE_UPDATE && (status = check_new_key(writing)) != STATUS_OK)
		return status;
	write->key_outputs = arena_alloc(writing->planning->arena, write->key->column_count * sizeof(unsigned));
	for (unsigned i = 0; i < write->key->column_count; i++)
		write->key_outputs[i] = plan_find_output(plan, &plan->table->columns[write->key->columns[i]]);
	return STATUS_OK;
}

static bool is_readable_key(const struct table *table, const struct key *key)
{
	for (unsigned i = 0; i < key->column_count; i++)
		if (table->columns[key->columns[i]].unreadable)
			return false;
	return true;
}

/* By which rows are found again: clients need not see it. */
static const struct key *primary_key(const struct table *table)
{
	for (unsigned i = 0; i < table->key_count; i++)
		if (table->keys[i].primary)
			return is_readable_key(table, &table->keys[i]) ? &table->keys[i] : NULL;
	return NULL;
}

static enum status plan_all(const struct writing *writing)
{
	struct write *write = writing->write;
	enum status status;

	if ((status = plan_rows(writing)) != STATUS_OK || (status = check_query(writing)) != STATUS_OK ||
	    (status = check_conditions(writing)) != STATUS_OK || (status = check_idempotency(writing)) != STATUS_OK ||
	    (status = writing_take_content(writing)) != STATUS_OK)
		return status;
	if (write->kind == WRITE_INSERT && (status = find_conflict(writing)) != STATUS_OK)
		return status;
	if (write->kind == WRITE_INSERT && write->singular && write->row_count != 1)
		return writing_refuse(writing, STATUS_NOT_SINGULAR, NULL,
		              arena_printf(writing->planning->arena, "The result contains %u rows", write->row_count));
	return plan_key(writing);
}

static enum write_kind kind_of(enum method method)
{
	return method == METHOD_POST ? WRITE_INSERT : method == METHOD_PUT ? WRITE_PUT
	       : method == METHOD_PATCH                                    ? WRITE_UPDATE
	                                                                   : WRITE_DELETE;
}

enum status plan_write(const struct route *route, const struct request *request, enum media media,
                       const struct config *config, struct arena *arena, struct plan *plan,
                       struct write *write, struct fault *fault)
{
	static struct text scratch;
	struct query query;
	const struct planning planning = { plan, &query, arena, fault, &scratch };
	const struct writing writing = { &planning, route, request, config, write };
	const struct preferences *preferences = &request->preferences;
	enum status status;

	memset(plan, 0, sizeof(*plan));
	memset(write, 0, sizeof(*write));
	plan->table = route->table;
	plan->one_row = route->has_key;
	write->kind = kind_of(request->method);
	write->key = primary_key(route->table);
	write->returned = preferences->returned;
	write->max_rows = (unsigned)config->max_rows;
	write->singular = media == MEDIA_OBJECT;
	write->rollback = preferences->tx == TX_ROLLBACK && config->allow_rollback;
	write->has_max_affected = preferences->has_max_affected && preferences->handling == HANDLING_STRICT;
	write->max_affected = preferences->max_affected;
	write->counts_first = (write->has_max_affected || write->singular) && route->table->undoes_nothing;
	if ((status = query_parse(route->query, arena, &query, fault)) != STATUS_OK)
		return status;
	return plan_all(&writing);
}
