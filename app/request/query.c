/* SPDX-License-Identifier: MIT */
#include "request/query.h"

#include <string.h>

#include "base/encoding.h"
#include "base/integer.h"
#include "base/utf8.h"
#include "request/filter.h"
#include "request/scan.h"

/* How many items a list has at most: its commas and one. */
static unsigned count_items(const struct scanner *scanner)
{
	unsigned count = 1;

	for (const char *at = scanner->at; at < scanner->end; at++)
		count += *at == ',';
	return count;
}

/* What stands before a '(' is no column: a function over rows, or rows of another table. */
static enum status refuse_call(struct scanner *scanner, const struct query_field *field)
{
	static const char *const aggregates[] = { "count", "sum", "avg", "min", "max" };
	struct slice name = field->step_count > 0 ? field->steps[field->step_count - 1].key.text : field->column.text;
	const char *dot = memrchr(name.bytes, '.', name.length);

	if (dot != NULL)
		name = (struct slice){ dot + 1, (size_t)(name.bytes + name.length - dot) - 1 };
	if (scan_ahead(scanner, "()"))
		for (size_t i = 0; i < sizeof(aggregates) / sizeof(aggregates[0]); i++)
			if (slice_is(name, aggregates[i])) {
				(void)scan_refuse(scanner,
				                  arena_printf(scanner->arena, "the aggregate '%s()' is not supported",
				                               aggregates[i]));
				return scanner->fault->status = STATUS_NO_AGGREGATES;
			}
	(void)scan_refuse(scanner, "rows of another table are not supported");
	return scanner->fault->status = STATUS_NO_RELATION;
}

static enum status parse_column(struct scanner *scanner, struct query_column *column)
{
	static const char stop[] = ",:()";
	enum status status;

	scan_spaces(scanner);
	column->field.column.at = scanner->at;
	if (scan_take(scanner, '*')) {
		column->all = true;
		return STATUS_OK;
	}
	if (scan_ahead(scanner, "...")) {
		(void)scan_refuse(scanner, "a spread of another table's rows is not supported");
		return scanner->fault->status = STATUS_NO_RELATION;
	}
	if ((status = scan_field(scanner, stop, &column->field)) != STATUS_OK)
		return status;
	if (scan_is(scanner, ':') && !scan_ahead(scanner, "::")) {
		if (column->field.step_count > 0)
			return scan_refuse(scanner, "an alias cannot be a path");
		scanner->at++;
		column->alias = column->field.column;
		if ((status = scan_field(scanner, stop, &column->field)) != STATUS_OK)
			return status;
	}
	if (scan_is(scanner, '('))
		return refuse_call(scanner, &column->field);
	if (scan_take_word(scanner, "::")) {
		column->cast.at = scanner->at;
		while (scanner->at < scanner->end && strchr(stop, *scanner->at) == NULL)
			scanner->at++;
		column->cast.text = (struct slice){ column->cast.at, (size_t)(scanner->at - column->cast.at) };
		if (column->cast.text.length == 0)
			return scan_refuse(scanner, "a type is missing after '::'");
	}
	return STATUS_OK;
}

static enum status parse_select(struct scanner *scanner, struct query *query)
{
	unsigned most = count_items(scanner);
	enum status status;

	if (scanner->at == scanner->end)
		return STATUS_OK;
	if (most > QUERY_MAX_PARTS)
		return scan_too_many(scanner, QUERY_MAX_PARTS, "columns in select");
	query->columns = arena_alloc(scanner->arena, most * sizeof(*query->columns));
	for (;;) {
		if ((status = parse_column(scanner, &query->columns[query->column_count++])) != STATUS_OK)
			return status;
		scan_spaces(scanner);
		if (scanner->at == scanner->end)
			return STATUS_OK;
		if (!scan_take(scanner, ','))
			return scan_refuse(scanner, "expected ',' or the end of select");
	}
}

static bool take_word(struct scanner *scanner, const char *word)
{
	size_t length = strlen(word);

	if (!scan_ahead(scanner, word))
		return false;
	if (scanner->at + length < scanner->end && strchr(",. \t\r\n", scanner->at[length]) == NULL)
		return false;
	scanner->at += length;
	return true;
}

static enum status parse_order_term(struct scanner *scanner, struct query_order *term)
{
	enum status status = scan_field(scanner, ",.", &term->field);
	bool directed = false, placed = false;

	if (status != STATUS_OK)
		return status;
	while (scan_take(scanner, '.')) {
		if (!directed && !placed && take_word(scanner, "asc"))
			directed = true;
		else if (!directed && !placed && take_word(scanner, "desc"))
			directed = term->descending = true;
		else if (!placed && take_word(scanner, "nullsfirst"))
			placed = term->nulls_first = true;
		else if (!placed && take_word(scanner, "nullslast"))
			placed = true;
		else
			return scan_refuse(scanner, "expected asc, desc, nullsfirst or nullslast");
	}
	if (!placed) /* NULL counts as the largest value */
		term->nulls_first = term->descending;
	return STATUS_OK;
}

static enum status parse_order(struct scanner *scanner, struct query *query)
{
	unsigned most = count_items(scanner), paths = 0;
	enum status status;

	if (most > QUERY_MAX_PARTS)
		return scan_too_many(scanner, QUERY_MAX_PARTS, "columns in order");
	query->orders = arena_alloc(scanner->arena, most * sizeof(*query->orders));
	for (;;) {
		struct query_order *term = &query->orders[query->order_count++];

		if ((status = parse_order_term(scanner, term)) != STATUS_OK)
			return status;
		if (term->field.step_count > 0 && ++paths > QUERY_MAX_PATHS)
			return scan_too_many(scanner, QUERY_MAX_PATHS, "JSON paths in order");
		scan_spaces(scanner);
		if (scanner->at == scanner->end)
			return STATUS_OK;
		if (!scan_take(scanner, ','))
			return scan_refuse(scanner, "expected ',' or the end of order");
	}
}

static enum status parse_names(struct scanner *scanner, struct query_names *names)
{
	unsigned most = count_items(scanner);
	enum status status;

	if (most > QUERY_MAX_PARTS)
		return scan_too_many(scanner, QUERY_MAX_PARTS, "columns");
	names->at = scanner->part.bytes;
	names->names = arena_alloc(scanner->arena, most * sizeof(*names->names));
	for (;;) {
		if ((status = scan_name(scanner, ",", &names->names[names->count++])) != STATUS_OK)
			return status;
		if (scanner->at == scanner->end)
			return STATUS_OK;
		if (!scan_take(scanner, ','))
			return scan_refuse(scanner, "expected ',' or the end");
	}
}

static enum status parse_count(struct scanner *scanner, uint64_t *number)
{
	struct integer integer;
	struct slice rest = { scanner->at, (size_t)(scanner->end - scanner->at) };

	if (integer_read(rest, &integer) != STATUS_OK || integer.negative || integer.magnitude > INT64_MAX)
		return scan_refuse(scanner, "expected a non-negative integer");
	*number = integer.magnitude;
	return STATUS_OK;
}

/* Decodes one side of a name=value pair where it stands: what the scanner is at. */
static enum status decode(struct scanner *scanner)
{
	char *start = scanner->at;
	size_t length = encoding_decode_form(start, (size_t)(scanner->end - start)), span;

	scanner->end = start + length;
	span = utf8_span(start, length);
	if (span == length && (span = strnlen(start, length)) == length)
		return STATUS_OK;
	scanner->at = start + span;
	return scan_refuse(scanner, *scanner->at == '\0' ? "the text contains NUL" : "the text is not valid UTF-8");
}

static enum status refuse_part(struct scanner *scanner, struct slice name, const char *how)
{
	scanner->at = (char *)(uintptr_t)name.bytes;
	scanner->part.bytes = NULL;
	return scan_refuse(scanner, arena_printf(scanner->arena, "'%.*s' %s", (int)name.length, name.bytes, how));
}

enum word { FILTER, SELECT, ORDER, LIMIT, OFFSET, COLUMNS, ON_CONFLICT, LOGIC };

static enum word word_of(struct slice name)
{
	static const struct {
		const char *name;
		enum word word;
	} words[] = { { "select", SELECT }, { "order", ORDER },      { "limit", LIMIT },  { "offset", OFFSET },
		      { "or", LOGIC },      { "and", LOGIC },        { "not.or", LOGIC }, { "not.and", LOGIC },
		      { "columns", COLUMNS }, { "on_conflict", ON_CONFLICT } };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (slice_is(name, words[i].name))
			return words[i].word;
	return FILTER;
}

/* One name=value between from and to. */
static enum status parse_pair(struct scanner *scanner, char *from, char *to, unsigned *seen)
{
	char *equals = memchr(from, '=', (size_t)(to - from));
	struct query *query = scanner->query;
	struct scanner name = *scanner;
	enum status status;
	enum word word;

	name.part.bytes = scanner->part.bytes = NULL;
	name.at = from;
	name.end = equals != NULL ? equals : to;
	if ((status = decode(&name)) != STATUS_OK)
		return status;
	if (equals == NULL)
		return scan_refuse(&name, "expected name=value");
	scanner->at = equals + 1;
	scanner->end = to;
	if ((status = decode(scanner)) != STATUS_OK)
		return status;
	scanner->part = (struct slice){ name.at, (size_t)(name.end - name.at) };
	word = word_of(scanner->part);
	if (word >= SELECT && word <= ON_CONFLICT) {
		if ((*seen & 1U << word) != 0)
			return refuse_part(scanner, scanner->part, "is given more than once");
		*seen |= 1U << word;
	}
	/* A filter on a column of that name begins with an operator. */
	if (word == FILTER && slice_is(scanner->part, "after") && scan_is(scanner, '('))
		return query->after == NULL ? filter_parse_after(scanner) :
		                              refuse_part(scanner, scanner->part, "is given more than once");
	switch (word) {
	case SELECT:
		return parse_select(scanner, query);
	case ORDER:
		return parse_order(scanner, query);
	case LIMIT:
		query->has_limit = true;
		return parse_count(scanner, &query->limit);
	case OFFSET:
		query->has_offset = true;
		return parse_count(scanner, &query->offset);
	case LOGIC:
		return filter_parse_logic(scanner);
	case COLUMNS:
		return parse_names(scanner, &query->body_columns);
	case ON_CONFLICT:
		return parse_names(scanner, &query->on_conflict);
	case FILTER:
		break;
	}
	return filter_parse(&name, scanner);
}

enum status query_parse(struct slice raw, struct arena *arena, struct query *query, struct fault *fault)
{
	struct scanner scanner = { .query = query, .arena = arena, .fault = fault };
	char *at, *end, *next;
	unsigned parts = 1, seen = 0;
	enum status status;

	memset(query, 0, sizeof(*query));
	if (raw.length > QUERY_MAX_BYTES) {
		fault->status = STATUS_URI_TOO_LONG;
		fault->details = arena_printf(arena, "the query string has more than %d bytes", QUERY_MAX_BYTES);
		return STATUS_URI_TOO_LONG;
	}
	if (raw.length == 0)
		return STATUS_OK;
	query->raw = (struct slice){ arena_text(arena, raw.bytes, raw.length), raw.length };
	query->decoded = at = arena_text(arena, raw.bytes, raw.length);
	end = at + raw.length;
	for (const char *each = at; (each = memchr(each, '&', (size_t)(end - each))) != NULL; each++)
		parts++;
	if (parts > QUERY_MAX_PARTS) {
		fault->status = STATUS_BAD_QUERY;
		fault->message = arena_printf(arena, "more than %d parts in the query string", QUERY_MAX_PARTS);
		return STATUS_BAD_QUERY;
	}
	for (; at < end; at = next + 1) {
		next = memchr(at, '&', (size_t)(end - at));
		if (next == NULL)
			next = end;
		if (next == at)
			continue;
		if ((status = parse_pair(&scanner, at, next, &seen)) != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}
