/* SPDX-License-Identifier: MIT */
#include "plan/plan_write.h"

#include <string.h>

#include "plan/planner.h"
#include "plan/write_value.h"
#include "request/body.h"
#include "schema/dialect.h"
#include "schema/literal.h"
#include "web/etag.h"
#include "web/negotiate.h"

enum { MAX_IDEMPOTENCY_KEY = 255 };

/* What the parts of planning a write share. */
struct writing {
	const struct planning *planning;
	const struct route *route;
	const struct request *request;
	const struct config *config;
	struct write *write;
};

static enum status refuse(const struct writing *writing, enum status status, const char *message, const char *details)
{
	struct fault *fault = writing->planning->fault;

	fault->status = status;
	fault->message = message;
	fault->details = details;
	return status;
}

/* --- What is not for writes --- */

static enum status check_query(const struct writing *writing)
{
	const struct query *query = writing->planning->query;
	enum write_kind kind = writing->write->kind;

	if (kind == WRITE_PUT && (query->has_limit || query->has_offset))
		return refuse(writing, STATUS_PUT_WINDOW, NULL, NULL);
	if (query->has_offset || query->after != NULL)
		return refuse(writing, STATUS_BAD_QUERY, "offset and after have a meaning for reads only", NULL);
	if (kind == WRITE_INSERT && (query->has_limit || query->order_count > 0 || query->conditions != NULL))
		return refuse(writing, STATUS_BAD_QUERY, "filters, order and limit have no meaning with POST", NULL);
	if (query->has_limit && query->order_count == 0)
		return refuse(writing, STATUS_BAD_QUERY, "limit needs an order here, which says whose turn it is", NULL);
	if (kind != WRITE_INSERT && query->on_conflict.at != NULL)
		return refuse(writing, STATUS_BAD_QUERY, "on_conflict has a meaning for POST only", NULL);
	if ((kind == WRITE_DELETE || kind == WRITE_PUT) && query->body_columns.at != NULL)
		return refuse(writing, STATUS_BAD_QUERY, "columns has a meaning for POST and PATCH only", NULL);
	return STATUS_OK;
}

static enum status check_conditions(const struct writing *writing)
{
	const struct request *request = writing->request;
	struct write *write = writing->write;

	if (write->rollback && writing->planning->plan->table->undoes_nothing)
		return refuse(writing, STATUS_BAD_PREFERENCE, "tx=rollback cannot be had: the table's engine has no transactions",
		              NULL);
	if (request->if_match.length > 0) {
		if (!writing->route->has_key)
			return refuse(writing, STATUS_BAD_REQUEST, "If-Match has a meaning for /TABLE/KEY only", NULL);
		write->if_match = request->if_match;
	}
	if (request->if_none_match.length > 0) {
		if (write->kind != WRITE_PUT || !slice_is(request->if_none_match, "*"))
			return refuse(writing, STATUS_BAD_REQUEST, "If-None-Match has a meaning for reads, and as * for PUT", NULL);
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
		return refuse(writing, STATUS_BAD_REQUEST, "Idempotency-Key is not supported here",
		              "MYREST_IDEMPOTENCY_TABLE names no table");
	if (request->idempotency_key.length > MAX_IDEMPOTENCY_KEY)
		return refuse(writing, STATUS_BAD_REQUEST, "the Idempotency-Key has more than 255 bytes", NULL);
	write->idempotency_key = request->idempotency_key;
	prefer_words(&request->preferences, &preferences);
	hash = hash_request(request, &preferences);
	text_release(&preferences);
	memcpy(write->request_hash, &hash, sizeof(write->request_hash));
	return STATUS_OK;
}

/* --- The body --- */

/* Whether the body is as it was, and not compressed. */
static bool is_plain(struct slice codings)
{
	const char *end = codings.bytes + codings.length, *next;
	struct slice coding;

	for (const char *at = codings.bytes; at < end; at = next + 1) {
		next = slice_find(at, end, ',');
		coding = slice_trim(at, next);
		if (coding.length > 0 && !slice_is_word(coding, "identity"))
			return false;
	}
	return true;
}

/* In the one way of writing it that most clients have, or not said. */
static bool is_plain_json(struct slice type)
{
	return type.length == 0 || slice_is(type, "application/json");
}

static enum status find_form(const struct writing *writing, enum body_form *form)
{
	const struct request *request = writing->request;
	struct slice type, line;

	if (!is_plain(writing->request->content_coding))
		return refuse(writing, STATUS_BAD_CODING, NULL, "Content-Encoding has to be identity: send it as it is");
	*form = BODY_JSON;
	if (is_plain_json(request->content_type) && is_plain_json(request->content_types))
		return STATUS_OK;
	if (!http_is_single(request->content_type, &type) || !http_is_single(request->content_types, &line))
		return refuse(writing, STATUS_BAD_REQUEST, "the header Content-Type is given more than once", NULL);
	type = slice_trim(type.bytes, slice_find(type.bytes, type.bytes + type.length, ';'));
	if (type.length == 0 || slice_is_word(type, "application/json") ||
	    slice_is_word(type, "application/vnd.pgrst.object+json") || slice_is_word(type, "application/vnd.pgrst.array+json"))
		return STATUS_OK;
	if (slice_is_word(type, "text/csv"))
		*form = BODY_CSV;
	else
		return refuse(writing, STATUS_BAD_MEDIA, NULL, "what can be read: application/json, text/csv");
	return STATUS_OK;
}

static const struct column *find_column(const struct writing *writing, struct slice name, enum status *status)
{
	const struct table *table = writing->planning->plan->table;
	const struct column *column = table_known_column(table, name.bytes, name.length);

	if (column == NULL)
		*status = refuse(writing, STATUS_NO_SUCH_KEY,
		                 arena_printf(writing->planning->arena, "Could not find the '%.*s' column of '%s'",
		                              (int)name.length, name.bytes, table->name.bytes), NULL);
	else if (!column->writable)
		*status = refuse(writing, STATUS_NOT_WRITABLE,
		                 arena_printf(writing->planning->arena, "column '%s' cannot be written", column->name.bytes),
		                 column->generated ? "the database computes it" : "MYREST_WRITABLE does not name it");
	else
		return column;
	return NULL;
}

static enum status find_columns(const struct writing *writing, const struct body *body)
{
	struct write *write = writing->write;
	enum status status = STATUS_OK;

	write->column_count = body->name_count;
	write->columns = arena_alloc(writing->planning->arena, body->name_count * sizeof(struct column *));
	for (unsigned i = 0; i < body->name_count; i++)
		if ((write->columns[i] = find_column(writing, body->names[i], &status)) == NULL)
			return status;
	return status;
}

static const char *row_details(const struct writing *writing, unsigned row)
{
	return writing->write->is_list ? arena_printf(writing->planning->arena, "in row %u of the body", row + 1) : NULL;
}

/* Whether the database makes an id of the value in a new row. One that is there is given none: it has its own. */
static bool makes_id(const struct column *column, const struct body_value *value)
{
	return column->auto_increment && (value->kind == BODY_ABSENT || value->kind == BODY_NULL);
}

/* Adds the literal of a value; on a fault says what it is and where. */
static enum status add_value(const struct writing *writing, const struct column *column, const struct body_value *value,
                             unsigned row, struct text *sql)
{
	const struct planning *planning = writing->planning;
	const struct dialect *dialect = planning->plan->table->dialect;
	const char *why;
	enum status status;

	if (writing->write->kind != WRITE_UPDATE && makes_id(column, value)) {
		text_add_string(sql, dialect->next_id);
		return STATUS_OK;
	}
	status = written_add(sql, dialect, column, value, planning->arena, &why);
	if (status == STATUS_NULL) /* in the words of write_fault.c */
		refuse(writing, status,
		       arena_printf(planning->arena, "null value in column '%s' violates not-null constraint",
		                    column->name.bytes),
		       row_details(writing, row));
	else if (status != STATUS_OK)
		refuse(writing, status, arena_printf(planning->arena, "%s for column '%s'", why, column->name.bytes),
		       row_details(writing, row));
	return status;
}

/* All values as literals, which lie one behind the other. */
static enum status take_values(const struct writing *writing, const struct body *body)
{
	static struct text sql;
	struct write *write = writing->write;
	size_t count = (size_t)body->row_count * body->name_count, from = 0;
	bool by_default = writing->request->preferences.missing == MISSING_DEFAULT;
	char *kept;
	enum status status;

	text_clear(&sql);
	write->row_count = body->row_count;
	write->values = arena_alloc(writing->planning->arena, count * sizeof(*write->values));
	for (size_t i = 0; i < count; i++) {
		struct body_value value = body->values[i];

		if (value.kind == BODY_ABSENT && !by_default)
			value.kind = BODY_NULL;
		status = add_value(writing, write->columns[i % body->name_count], &value, (unsigned)(i / body->name_count),
		                   &sql);
		if (status != STATUS_OK)
			return status;
		write->values[i].length = sql.length - from;
		from = sql.length;
	}
	kept = arena_text(writing->planning->arena, sql.bytes, sql.length);
	for (size_t i = 0; i < count; kept += write->values[i++].length)
		write->values[i].bytes = kept;
	text_release(&sql);
	return STATUS_OK;
}

/* Columns of ids that an UPDATE would set to their default stay as they are. */
static void leave_ids(const struct writing *writing, struct body *body)
{
	struct write *write = writing->write;
	unsigned kept = 0;

	for (unsigned i = 0; i < body->name_count; i++) {
		if (body->values[i].kind == BODY_ABSENT && write->columns[i]->auto_increment &&
		    writing->request->preferences.missing == MISSING_DEFAULT)
			continue;
		write->columns[kept] = write->columns[i];
		body->values[kept++] = body->values[i];
	}
	write->column_count = body->name_count = kept;
}

static enum status parse_body(const struct writing *writing, struct body *body)
{
	const struct planning *planning = writing->planning;
	const struct query_names *asked = &planning->query->body_columns;
	struct slice *names = NULL;
	enum body_form form;
	enum status status;

	if ((status = find_form(writing, &form)) != STATUS_OK)
		return status;
	if (asked->at != NULL) {
		names = arena_alloc(planning->arena, asked->count * sizeof(*names));
		for (unsigned i = 0; i < asked->count; i++) {
			names[i] = asked->names[i].text;
			for (unsigned j = 0; j < i; j++)
				if (names[i].length == names[j].length && memcmp(names[i].bytes, names[j].bytes, names[i].length) == 0)
					return planning_refuse(planning, STATUS_BAD_QUERY, "a column is named twice", asked->names[i].at);
		}
	}
	status = body_parse(writing->request->body, form, names, asked->count, planning->arena, body, planning->fault);
	if (status != STATUS_OK)
		return status;
	writing->write->is_list = body->is_list;
	if (writing->write->kind != WRITE_INSERT && body->row_count != 1)
		return refuse(writing, STATUS_BAD_BODY, "one object is expected",
		              arena_printf(planning->arena, "the body has %u", body->row_count));
	return STATUS_OK;
}

static enum status take_body(const struct writing *writing)
{
	struct body body;
	enum status status;

	if ((status = parse_body(writing, &body)) != STATUS_OK || (status = find_columns(writing, &body)) != STATUS_OK)
		return status;
	if (writing->write->kind == WRITE_UPDATE)
		leave_ids(writing, &body);
	return take_values(writing, &body);
}

/* --- PUT: the whole row --- */

/* The filter of the key's column: plain eq, and there is no second one. */
static const struct query_condition *key_filter(const struct query *query, const struct column *column)
{
	const struct query_condition *found = NULL;

	for (const struct query_condition *each = query->conditions; each != NULL; each = each->next) {
		if (each->kind != QUERY_FILTER || each->field.column.text.length != column->name.length ||
		    memcmp(each->field.column.text.bytes, column->name.bytes, column->name.length) != 0)
			continue;
		if (found != NULL || each->op != QUERY_EQ || each->negated || each->quantifier != QUERY_ONE ||
		    each->field.step_count > 0)
			return NULL;
		found = each;
	}
	return found;
}

/* What the path or the query says that the key is. */
static enum status find_key_text(const struct writing *writing, const struct column *column, struct slice *text)
{
	const struct query *query = writing->planning->query;
	const struct query_condition *filter;

	if (writing->route->has_key) {
		*text = writing->route->key;
		return query->conditions == NULL ? STATUS_OK : refuse(writing, STATUS_BAD_PUT, NULL, NULL);
	}
	if ((filter = key_filter(query, column)) == NULL)
		return refuse(writing, STATUS_BAD_PUT, NULL, NULL);
	*text = filter->values->text.text;
	return STATUS_OK;
}

static const struct body_value *find_value(const struct body *body, const struct column *column)
{
	for (unsigned i = 0; i < body->name_count; i++)
		if (body->names[i].length == column->name.length &&
		    memcmp(body->names[i].bytes, column->name.bytes, column->name.length) == 0)
			return &body->values[i];
	return NULL;
}

static bool is_in_key(const struct write *write, const struct table *table, const struct column *column)
{
	for (unsigned i = 0; i < write->key->column_count; i++)
		if (&table->columns[write->key->columns[i]] == column)
			return true;
	return false;
}

/* The literal of the key's column, which the body may say once more. */
static enum status take_key(const struct writing *writing, const struct column *column, const struct body_value *given,
                            struct text *sql)
{
	struct body_value value = { .kind = BODY_TEXT };
	size_t from = sql->length, length;
	bool is_given = given->kind != BODY_ABSENT;
	bool same;
	enum status status;

	if ((status = find_key_text(writing, column, &value.text)) != STATUS_OK ||
	    (status = add_value(writing, column, &value, 0, sql)) != STATUS_OK || (!is_given && writing->route->has_key))
		return status;
	if (!is_given)
		return refuse(writing, STATUS_KEY_MISMATCH, NULL,
		              arena_printf(writing->planning->arena, "column '%s' is missing", column->name.bytes));
	length = sql->length - from;
	if ((status = add_value(writing, column, given, 0, sql)) != STATUS_OK)
		return status;
	same = value_is_same(column, (struct slice){ sql->bytes + from, length },
	                     (struct slice){ sql->bytes + from + length, sql->length - from - length });
	sql->length = from + length;
	return same ? STATUS_OK
	            : refuse(writing, STATUS_KEY_MISMATCH, NULL,
	                     arena_printf(writing->planning->arena, "column '%s'", column->name.bytes));
}

/* Every column that can be written: as the body says, or its default. */
static enum status take_row(const struct writing *writing, const struct body *body)
{
	static const struct body_value absent = { .kind = BODY_ABSENT };
	const struct planning *planning = writing->planning;
	const struct table *table = planning->plan->table;
	struct write *write = writing->write;
	enum status status;

	write->row_count = 1;
	write->columns = arena_alloc(planning->arena, table->column_count * sizeof(struct column *));
	write->values = arena_alloc(planning->arena, table->column_count * sizeof(*write->values));
	write->changes = arena_alloc(planning->arena, table->column_count * sizeof(*write->changes));
	for (unsigned i = 0; i < table->column_count; i++) {
		const struct column *column = &table->columns[i];
		const struct body_value *value;
		struct slice literal;
		bool in_key = is_in_key(write, table, column);

		if (!column->writable)
			continue;
		if ((value = find_value(body, column)) == NULL)
			value = &absent;
		text_clear(planning->scratch);
		status = in_key ? take_key(writing, column, value, planning->scratch)
		                : add_value(writing, column, value, 0, planning->scratch);
		if (status != STATUS_OK)
			return status;
		literal = planning_keep(planning);
		write->columns[write->column_count] = column;
		write->values[write->column_count] = literal;
		if (!in_key && makes_id(column, value))
			literal = value->kind == BODY_NULL ? (struct slice){ "NULL", 4 } : (struct slice){ "", 0 };
		write->changes[write->column_count++] = literal;
	}
	return STATUS_OK;
}

static enum status take_put(const struct writing *writing)
{
	const struct query *query = writing->planning->query;
	const struct table *table = writing->planning->plan->table;
	struct write *write = writing->write;
	struct body body;
	unsigned filters = 0;
	enum status status = STATUS_OK;

	for (const struct query_condition *each = query->conditions; each != NULL; each = each->next)
		filters++;
	if (!writing->route->has_key && filters != write->key->column_count)
		return refuse(writing, STATUS_BAD_PUT, NULL, NULL);
	for (unsigned i = 0; i < write->key->column_count; i++)
		if (find_column(writing, table->columns[write->key->columns[i]].name, &status) == NULL)
			return status;
	if ((status = parse_body(writing, &body)) != STATUS_OK)
		return status;
	for (unsigned i = 0; i < body.name_count; i++)
		if (find_column(writing, body.names[i], &status) == NULL)
			return status;
	return take_row(writing, &body);
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
	return refuse(writing, STATUS_FORBIDDEN,
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
		return refuse(writing, STATUS_NO_CONFLICT_KEY, "the table has no primary key: on_conflict has to name another",
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
		return refuse(writing, STATUS_NO_CONFLICT_KEY, NULL, NULL);
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
	    (status = planning_readable(planning)) != STATUS_OK)
		return status;
	if ((status = plan_outputs(planning)) != STATUS_OK || write->kind == WRITE_INSERT)
		return status;
	if ((status = plan_conditions(planning, writing->route)) != STATUS_OK || (status = plan_orders(planning)) != STATUS_OK)
		return status;
	if (planning->query->has_limit)
		plan->limit = planning->query->limit;
	if (plan->condition_count == 0 && write->kind != WRITE_PUT && !writing->config->allow_unfiltered)
		return refuse(writing, STATUS_UNFILTERED, NULL, NULL);
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
		if (is_in_key(write, table, column) && slice_is(write->values[i], "DEFAULT") &&
		    !table->dialect->fallback(planning->scratch, column))
			return refuse(writing, STATUS_BAD_PREFERENCE,
			              "the changed rows cannot be found again: return=minimal can be had",
			              arena_printf(planning->arena, "column '%s' of the key has a default that only a new row tells",
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
			return refuse(writing, STATUS_BAD_QUERY, "limit needs a primary key, which no view has", NULL);
		if (returns && !write->returning &&
		    (write->kind == WRITE_UPDATE || (write->kind == WRITE_DELETE && limited)))
			return refuse(writing, STATUS_BAD_PREFERENCE,
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

static enum status take_content(const struct writing *writing)
{
	switch (writing->write->kind) {
	case WRITE_INSERT:
	case WRITE_UPDATE:
		return take_body(writing);
	case WRITE_PUT:
		return take_put(writing);
	case WRITE_DELETE:
		break;
	}
	return STATUS_OK;
}

static enum status plan_all(const struct writing *writing)
{
	struct write *write = writing->write;
	enum status status;

	if ((status = plan_rows(writing)) != STATUS_OK || (status = check_query(writing)) != STATUS_OK ||
	    (status = check_conditions(writing)) != STATUS_OK || (status = check_idempotency(writing)) != STATUS_OK ||
	    (status = take_content(writing)) != STATUS_OK)
		return status;
	if (write->kind == WRITE_INSERT && (status = find_conflict(writing)) != STATUS_OK)
		return status;
	if (write->kind == WRITE_INSERT && write->singular && write->row_count != 1)
		return refuse(writing, STATUS_NOT_SINGULAR, NULL,
		              arena_printf(writing->planning->arena, "The result contains %u rows", write->row_count));
	return plan_key(writing);
}

static enum write_kind kind_of(enum method method)
{
	return method == METHOD_POST ? WRITE_INSERT : method == METHOD_PUT ? WRITE_PUT
	       : method == METHOD_PATCH                                    ? WRITE_UPDATE
	                                                                   : WRITE_DELETE;
}

enum status write_plan(const struct route *route, const struct request *request, enum media media,
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
	plan->single = route->has_key;
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

bool write_makes_value(const struct write *write, const struct table *table, unsigned row, unsigned place)
{
	return write->columns[place]->auto_increment &&
	       slice_is(write->values[(size_t)row * write->column_count + place], table->dialect->next_id);
}

bool write_makes_key(const struct write *write, const struct table *table, const struct key *key, unsigned row)
{
	for (unsigned i = 0; i < key->column_count; i++) {
		const struct column *column = &table->columns[key->columns[i]];
		unsigned place = 0;

		if (!column->auto_increment)
			continue;
		while (place < write->column_count && write->columns[place] != column)
			place++;
		if (place == write->column_count || write_makes_value(write, table, row, place))
			return true;
	}
	return false;
}

/* Whether one INSERT may have both rows. */
static bool are_alike(const struct write *write, const struct table *table, unsigned one, unsigned other)
{
	if (write_makes_key(write, table, write->conflict, one) != write_makes_key(write, table, write->conflict, other))
		return false;
	for (unsigned i = 0; i < write->column_count && write->resolution == RESOLUTION_MERGE; i++)
		if (write_makes_value(write, table, one, i) != write_makes_value(write, table, other, i))
			return false;
	return true;
}

unsigned write_run(const struct write *write, const struct table *table, unsigned row)
{
	unsigned end = row + 1;

	if (write->resolution == RESOLUTION_NONE)
		return write->row_count - row;
	while (end < write->row_count && are_alike(write, table, row, end))
		end++;
	return end - row;
}

bool write_is_empty(const struct write *write, const struct plan *plan)
{
	return (write->kind == WRITE_INSERT && write->row_count == 0) ||
	       (write->kind == WRITE_UPDATE && write->column_count == 0 && !plan->single);
}

bool write_returns(const struct write *write, const struct plan *plan)
{
	return write->returned == RETURN_REPRESENTATION ||
	       (write->returned == RETURN_HEADERS && write->kind == WRITE_INSERT && write->row_count == 1 &&
	        table_primary(plan->table) != NULL);
}

bool write_looks_first(const struct write *write)
{
	switch (write->kind) {
	case WRITE_INSERT:
		return false;
	case WRITE_UPDATE:
		return (write->returned == RETURN_REPRESENTATION && !write->returning) || write->if_match.length > 0 ||
		       write->counts_first || write->column_count == 0;
	case WRITE_DELETE:
		return (write->returned == RETURN_REPRESENTATION && !write->returning) || write->if_match.length > 0 ||
		       write->counts_first;
	case WRITE_PUT:
		return true;
	}
	return false;
}
