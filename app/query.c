/* SPDX-License-Identifier: MIT */
#include "query.h"

#include <string.h>

#include "value.h"

/* Decoded bytes that are being read, with the raw ones beside them so that places can be told. */
struct scanner {
	const char *at, *end;
	const char *decoded; /* the start of the decoded bytes */
	struct slice raw;
	unsigned raw_position; /* of raw's first byte, from 1 */
	const char *part;      /* whose value it is: select, order, a column */
	struct arena *arena;
	struct fault *fault;
};

/* The place in the raw query string of a place in the decoded bytes. */
static unsigned position(const struct scanner *scanner, const char *place)
{
	size_t decoded = (size_t)(place - scanner->decoded), raw = 0;

	for (; decoded > 0 && raw < scanner->raw.length; decoded--)
		raw += scanner->raw.bytes[raw] == '%' ? 3 : 1;
	return scanner->raw_position + (unsigned)raw;
}

static enum status refuse_at(struct arena *arena, struct fault *fault, unsigned place, const char *what)
{
	fault->status = STATUS_BAD_QUERY;
	fault->message = arena_printf(arena, "%s at character %u of the query string", what, place);
	return STATUS_BAD_QUERY;
}

static enum status refuse(const struct scanner *scanner, const char *what)
{
	if (scanner->part != NULL)
		what = arena_printf(scanner->arena, "%s in '%s',", what, scanner->part);
	return refuse_at(scanner->arena, scanner->fault, position(scanner, scanner->at), what);
}

static enum status too_many(const struct scanner *scanner, const char *what)
{
	return refuse(scanner, arena_printf(scanner->arena, "more than %d %s", QUERY_MAX_PARTS, what));
}

/* A column's name: up to a byte of stop, or in double quotes with \" and \\ inside. */
static enum status take_name(struct scanner *scanner, const char *stop, struct query_text *name)
{
	const char *from = scanner->at;
	char *copy;
	size_t length = 0;

	name->position = position(scanner, from);
	if (from == scanner->end || *from != '"') {
		while (scanner->at < scanner->end && strchr(stop, *scanner->at) == NULL)
			scanner->at++;
		name->text = (struct slice){ from, (size_t)(scanner->at - from) };
		return name->text.length > 0 ? STATUS_OK : refuse(scanner, "a column's name is missing");
	}
	copy = arena_alloc(scanner->arena, (size_t)(scanner->end - from));
	for (scanner->at++; scanner->at < scanner->end && *scanner->at != '"'; scanner->at++) {
		if (*scanner->at == '\\' && scanner->at + 1 < scanner->end)
			scanner->at++;
		copy[length++] = *scanner->at;
	}
	if (scanner->at == scanner->end) {
		scanner->at = from;
		return refuse(scanner, "no '\"' ends the name that begins");
	}
	scanner->at++;
	name->text = (struct slice){ copy, length };
	return length > 0 ? STATUS_OK : refuse(scanner, "an empty name");
}

/* How many items a list has at most: its commas and one. */
static unsigned count_items(const struct scanner *scanner)
{
	unsigned count = 1;

	for (const char *at = scanner->at; at < scanner->end; at++)
		count += *at == ',';
	return count;
}

static enum status parse_select(struct scanner *scanner, struct query *query)
{
	unsigned most = count_items(scanner);
	enum status status;

	query->select_all = scanner->at == scanner->end;
	if (query->select_all)
		return STATUS_OK;
	if (most > QUERY_MAX_PARTS)
		return too_many(scanner, "columns in select");
	query->select = arena_alloc(scanner->arena, most * sizeof(*query->select));
	for (;;) {
		if (scanner->at < scanner->end && *scanner->at == '*') {
			query->select_all = true;
			scanner->at++;
		} else {
			status = take_name(scanner, ",:()->", &query->select[query->select_count++]);
			if (status != STATUS_OK)
				return status;
		}
		if (scanner->at == scanner->end)
			return STATUS_OK;
		if (*scanner->at != ',')
			return refuse(scanner, "expected ',' or the end of select");
		scanner->at++;
	}
}

static bool take_word(struct scanner *scanner, const char *word)
{
	size_t length = strlen(word);

	if ((size_t)(scanner->end - scanner->at) < length || memcmp(scanner->at, word, length) != 0)
		return false;
	if (scanner->at + length < scanner->end && scanner->at[length] != ',' && scanner->at[length] != '.')
		return false;
	scanner->at += length;
	return true;
}

static enum status parse_order_term(struct scanner *scanner, struct query_order *term)
{
	enum status status = take_name(scanner, ",.", &term->column);
	bool directed = false, placed = false;

	if (status != STATUS_OK)
		return status;
	while (scanner->at < scanner->end && *scanner->at == '.') {
		scanner->at++;
		if (!directed && !placed && take_word(scanner, "asc"))
			directed = true;
		else if (!directed && !placed && take_word(scanner, "desc"))
			directed = term->descending = true;
		else if (!placed && take_word(scanner, "nullsfirst"))
			placed = term->nulls_first = true;
		else if (!placed && take_word(scanner, "nullslast"))
			placed = true;
		else
			return refuse(scanner, "expected asc, desc, nullsfirst or nullslast");
	}
	if (!placed) /* NULL counts as the largest value */
		term->nulls_first = term->descending;
	return STATUS_OK;
}

static enum status parse_order(struct scanner *scanner, struct query *query)
{
	unsigned most = count_items(scanner);
	enum status status;

	if (most > QUERY_MAX_PARTS)
		return too_many(scanner, "columns in order");
	query->orders = arena_alloc(scanner->arena, most * sizeof(*query->orders));
	for (;;) {
		status = parse_order_term(scanner, &query->orders[query->order_count++]);
		if (status != STATUS_OK)
			return status;
		if (scanner->at == scanner->end)
			return STATUS_OK;
		if (*scanner->at != ',')
			return refuse(scanner, "expected ',' or the end of order");
		scanner->at++;
	}
}

static enum status parse_count(struct scanner *scanner, uint64_t *number)
{
	struct integer integer;
	struct slice rest = { scanner->at, (size_t)(scanner->end - scanner->at) };

	if (value_integer(rest, &integer) != STATUS_OK || integer.negative || integer.magnitude > INT64_MAX)
		return refuse(scanner, "expected a number from 0 on");
	*number = integer.magnitude;
	return STATUS_OK;
}

static enum status parse_filter(struct scanner *scanner, struct query_text name, struct query_filter *filter)
{
	if (scanner->end - scanner->at < 3 || memcmp(scanner->at, "eq.", 3) != 0) {
		scanner->fault->hint = "filters are written column=eq.value";
		return refuse(scanner, "expected 'eq.' and a value");
	}
	filter->column = name;
	filter->value.position = position(scanner, scanner->at + 3);
	filter->value.text = (struct slice){ scanner->at + 3, (size_t)(scanner->end - scanner->at) - 3 };
	return STATUS_OK;
}

/* Decodes one side of a name=value pair into the arena. */
static enum status decode(struct slice raw, unsigned place, struct arena *arena, struct fault *fault,
                          struct slice *decoded)
{
	char *copy = arena_text(arena, raw.bytes, raw.length);
	size_t length = raw.length, span;

	if (!text_percent_decode(copy, &length, true))
		return refuse_at(arena, fault, place + (unsigned)length, "a '%' without two hexadecimal digits");
	copy[length] = '\0';
	*decoded = (struct slice){ copy, length };
	span = text_utf8_span(copy, length);
	if (span < length || (span = strnlen(copy, length)) < length) {
		struct scanner scanner = { copy + span, copy + length, copy, raw, place, NULL, arena, fault };

		return refuse(&scanner, copy[span] == '\0' ? "a NUL" : "bytes that are not UTF-8");
	}
	return STATUS_OK;
}

static enum status parse_pair(struct slice raw, unsigned place, struct arena *arena, struct query *query,
                              struct fault *fault, unsigned *seen)
{
	enum { SELECT = 1, ORDER = 2, LIMIT = 4, OFFSET = 8 };
	static const struct {
		const char *name;
		unsigned bit;
	} words[] = { { "select", SELECT }, { "order", ORDER }, { "limit", LIMIT }, { "offset", OFFSET } };
	static const char *const later[] = { "or", "and", "not.or", "not.and", "columns", "on_conflict" };
	const char *equals = memchr(raw.bytes, '=', raw.length);
	struct slice raw_name = { raw.bytes, equals != NULL ? (size_t)(equals - raw.bytes) : raw.length }, value;
	struct scanner scanner = { .arena = arena, .fault = fault };
	struct query_text name = { .position = place };
	enum status status = decode(raw_name, place, arena, fault, &name.text);
	unsigned word = 0;

	if (status != STATUS_OK)
		return status;
	if (equals == NULL)
		return refuse_at(arena, fault, place, "expected name=value");
	scanner.raw = (struct slice){ equals + 1, raw.length - raw_name.length - 1 };
	scanner.raw_position = place + (unsigned)raw_name.length + 1;
	if ((status = decode(scanner.raw, scanner.raw_position, arena, fault, &value)) != STATUS_OK)
		return status;
	scanner.part = name.text.bytes;
	scanner.decoded = scanner.at = value.bytes;
	scanner.end = value.bytes + value.length;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (slice_is(name.text, words[i].name))
			word = words[i].bit;
	if ((*seen & word) != 0)
		return refuse_at(arena, fault, place, arena_printf(arena, "'%s' a second time", name.text.bytes));
	*seen |= word;
	switch (word) {
	case SELECT:
		return parse_select(&scanner, query);
	case ORDER:
		return parse_order(&scanner, query);
	case LIMIT:
		query->has_limit = true;
		return parse_count(&scanner, &query->limit);
	case OFFSET:
		query->has_offset = true;
		return parse_count(&scanner, &query->offset);
	default:
		break;
	}
	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++)
		if (slice_is(name.text, later[i]))
			return refuse_at(arena, fault, place, arena_printf(arena, "'%s' is not supported", later[i]));
	return parse_filter(&scanner, name, &query->filters[query->filter_count++]);
}

enum status query_parse(struct slice raw, struct arena *arena, struct query *query, struct fault *fault)
{
	const char *at = raw.bytes, *end = at + raw.length, *next;
	unsigned parts = 1, seen = 0;
	enum status status;

	memset(query, 0, sizeof(*query));
	query->select_all = true;
	if (raw.length > QUERY_MAX_BYTES) {
		fault->status = STATUS_URI_TOO_LONG;
		fault->details = arena_printf(arena, "the query string has more than %d bytes", QUERY_MAX_BYTES);
		return STATUS_URI_TOO_LONG;
	}
	if (raw.length == 0)
		return STATUS_OK;
	for (const char *each = at; each < end; each++)
		parts += *each == '&';
	if (parts > QUERY_MAX_PARTS) {
		fault->status = STATUS_BAD_QUERY;
		fault->message = arena_printf(arena, "more than %d parts in the query string", QUERY_MAX_PARTS);
		return STATUS_BAD_QUERY;
	}
	query->filters = arena_alloc(arena, parts * sizeof(*query->filters));
	for (; at < end; at = next + 1) {
		next = memchr(at, '&', (size_t)(end - at));
		if (next == NULL)
			next = end;
		if (next == at)
			continue;
		status = parse_pair((struct slice){ at, (size_t)(next - at) }, (unsigned)(at - raw.bytes) + 1, arena, query,
		                    fault, &seen);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}
