/* SPDX-License-Identifier: MIT
 *
 * What a body has to say: its form, the columns that it names, each value as a literal; of a PUT the whole row.
 */
#include "plan/writing.h"

#include <string.h>

#include "plan/write_value.h"
#include "request/body.h"
#include "schema/dialect.h"
#include "schema/literal.h"
#include "schema/literal_compare.h"

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
		return writing_refuse(writing, STATUS_BAD_CODING, NULL, "Content-Encoding must be identity: send the body as it is");
	*form = BODY_JSON;
	if (is_plain_json(request->content_type) && is_plain_json(request->content_types))
		return STATUS_OK;
	if (!http_is_single(request->content_type, &type) || !http_is_single(request->content_types, &line))
		return writing_refuse(writing, STATUS_BAD_REQUEST, "the header Content-Type is given more than once", NULL);
	type = slice_trim(type.bytes, slice_find(type.bytes, type.bytes + type.length, ';'));
	if (type.length == 0 || slice_is_word(type, "application/json") ||
	    slice_is_word(type, "application/vnd.pgrst.object+json") || slice_is_word(type, "application/vnd.pgrst.array+json"))
		return STATUS_OK;
	if (slice_is_word(type, "text/csv"))
		*form = BODY_CSV;
	else
		return writing_refuse(writing, STATUS_BAD_MEDIA, NULL, "supported media types: application/json, text/csv");
	return STATUS_OK;
}

static const struct column *find_column(const struct writing *writing, struct slice name, enum status *status)
{
	const struct table *table = writing->planning->plan->table;
	const struct column *column = table_known_column(table, name.bytes, name.length);

	if (column == NULL)
		*status = writing_refuse(writing, STATUS_NO_SUCH_KEY,
		                 arena_printf(writing->planning->arena, "Could not find the '%.*s' column of '%s'",
		                              (int)name.length, name.bytes, table->name.bytes), NULL);
	else if (!column->writable)
		*status = writing_refuse(writing, STATUS_NOT_WRITABLE,
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
	status = write_value_add(sql, dialect, column, value, planning->arena, &why);
	if (status == STATUS_NULL) /* in the words of write_fault.c */
		writing_refuse(writing, status,
		       arena_printf(planning->arena, "null value in column '%s' violates not-null constraint",
		                    column->name.bytes),
		       row_details(writing, row));
	else if (status != STATUS_OK)
		writing_refuse(writing, status, arena_printf(planning->arena, "%s for column '%s'", why, column->name.bytes),
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
					return planner_refuse(planning, STATUS_BAD_QUERY, "a column is named twice", asked->names[i].at);
		}
	}
	status = body_parse(writing->request->body, form, names, asked->count, planning->arena, body, planning->fault);
	if (status != STATUS_OK)
		return status;
	writing->write->is_list = body->is_list;
	if (writing->write->kind != WRITE_INSERT && body->row_count != 1)
		return writing_refuse(writing, STATUS_BAD_BODY, "expected one object",
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
		return query->conditions == NULL ? STATUS_OK : writing_refuse(writing, STATUS_BAD_PUT, NULL, NULL);
	}
	if ((filter = key_filter(query, column)) == NULL)
		return writing_refuse(writing, STATUS_BAD_PUT, NULL, NULL);
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

bool writing_is_in_key(const struct write *write, const struct table *table, const struct column *column)
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
		return writing_refuse(writing, STATUS_KEY_MISMATCH, NULL,
		              arena_printf(writing->planning->arena, "column '%s' is missing", column->name.bytes));
	length = sql->length - from;
	if ((status = add_value(writing, column, given, 0, sql)) != STATUS_OK)
		return status;
	same = literal_is_same(column, (struct slice){ sql->bytes + from, length },
	                     (struct slice){ sql->bytes + from + length, sql->length - from - length });
	sql->length = from + length;
	return same ? STATUS_OK
	            : writing_refuse(writing, STATUS_KEY_MISMATCH, NULL,
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
		bool in_key = writing_is_in_key(write, table, column);

		if (!column->writable)
			continue;
		if ((value = find_value(body, column)) == NULL)
			value = &absent;
		text_clear(planning->scratch);
		status = in_key ? take_key(writing, column, value, planning->scratch)
		                : add_value(writing, column, value, 0, planning->scratch);
		if (status != STATUS_OK)
			return status;
		literal = planner_keep(planning);
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
		return writing_refuse(writing, STATUS_BAD_PUT, NULL, NULL);
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

enum status writing_take_content(const struct writing *writing)
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
