/* SPDX-License-Identifier: MIT */
#include "request/scan.h"

#include <string.h>

#include "base/encoding.h"

/* Each part is decoded where it stood (which makes it shorter), so a decoded byte is found again by its part's beginning
 * and the number of bytes that came before it. */
unsigned scan_position(const struct query *query, const char *at)
{
	size_t place = (size_t)(at - query->decoded), start = 0, raw;
	bool in_value = false;

	for (raw = 0; raw < place && raw < query->raw.length; raw++)
		if (query->raw.bytes[raw] == '&' || (query->raw.bytes[raw] == '=' && !in_value)) {
			in_value = query->raw.bytes[raw] == '=';
			start = raw + 1;
		}
	raw = start;
	for (size_t left = place - start; left > 0 && raw < query->raw.length; left--)
		raw += encoding_is_percent(query->raw.bytes + raw, query->raw.bytes + query->raw.length) ? 3 : 1;
	return (unsigned)raw + 1;
}

enum { MAX_INDEX_DIGITS = 9 };

enum status scan_refuse(const struct scanner *scanner, const char *what)
{
	unsigned position = scan_position(scanner->query, scanner->at);

	scanner->fault->status = STATUS_BAD_QUERY;
	scanner->fault->message = what;
	if (scanner->part.bytes != NULL)
		scanner->fault->details = arena_printf(scanner->arena, "in '%.*s', at character %u of the query string",
		                                       (int)scanner->part.length, scanner->part.bytes, position);
	else
		scanner->fault->details = arena_printf(scanner->arena, "at character %u of the query string", position);
	return STATUS_BAD_QUERY;
}

enum status scan_too_many(const struct scanner *scanner, unsigned limit, const char *what)
{
	return scan_refuse(scanner, arena_printf(scanner->arena, "more than %u %s", limit, what));
}

bool scan_is(const struct scanner *scanner, char byte)
{
	return scanner->at < scanner->end && *scanner->at == byte;
}

bool scan_take(struct scanner *scanner, char byte)
{
	if (!scan_is(scanner, byte))
		return false;
	scanner->at++;
	return true;
}

bool scan_ahead(const struct scanner *scanner, const char *word)
{
	size_t length = strlen(word);

	return (size_t)(scanner->end - scanner->at) >= length && memcmp(scanner->at, word, length) == 0;
}

bool scan_take_word(struct scanner *scanner, const char *word)
{
	if (!scan_ahead(scanner, word))
		return false;
	scanner->at += strlen(word);
	return true;
}

void scan_spaces(struct scanner *scanner)
{
	while (scanner->at < scanner->end && memchr(" \t\r\n", *scanner->at, 4) != NULL)
		scanner->at++;
}

bool scan_quoted(struct scanner *scanner, struct query_text *text)
{
	char *from = scanner->at + 1, *end, *out = from;

	for (end = from; end < scanner->end && *end != '"'; end++)
		if (*end == '\\' && end + 1 < scanner->end)
			end++;
	if (end >= scanner->end)
		return false;
	text->at = scanner->at;
	scanner->at = end + 1;
	for (const char *in = from; in < end; in++) { /* in place: it only gets shorter */
		if (*in == '\\')
			in++;
		*out++ = *in;
	}
	text->text = (struct slice){ from, (size_t)(out - from) };
	return true;
}

enum status scan_name(struct scanner *scanner, const char *stop, struct query_text *name)
{
	if (scan_is(scanner, '"')) {
		if (!scan_quoted(scanner, name))
			return scan_refuse(scanner, "the quoted name has no closing '\"'");
		return name->text.length > 0 ? STATUS_OK : scan_refuse(scanner, "a name is empty");
	}
	name->at = scanner->at;
	while (scanner->at < scanner->end && strchr(stop, *scanner->at) == NULL &&
	       !(*scanner->at == '-' && scan_ahead(scanner, "->")))
		scanner->at++;
	name->text = (struct slice){ name->at, (size_t)(scanner->at - name->at) };
	return name->text.length > 0 ? STATUS_OK : scan_refuse(scanner, "a column's name is missing");
}

/* Whether the key is an array's index, as one that is written without quotes may be. */
static enum status take_index(struct scanner *scanner, struct query_step *step)
{
	struct slice text = step->key.text;
	bool negative = text.length > 0 && text.bytes[0] == '-';
	size_t first = negative ? 1 : 0;

	if (text.length == first)
		return STATUS_OK;
	for (size_t i = first; i < text.length; i++) {
		if (text.bytes[i] < '0' || text.bytes[i] > '9')
			return STATUS_OK;
		if (i - first < MAX_INDEX_DIGITS)
			step->index = step->index * 10 + (text.bytes[i] - '0');
	}
	if (text.length - first > MAX_INDEX_DIGITS)
		return scan_refuse(scanner, arena_printf(scanner->arena, "an array index has more than %d digits",
		                                         MAX_INDEX_DIGITS));
	step->is_index = true;
	if (negative)
		step->index = -step->index;
	return STATUS_OK;
}

enum status scan_path(struct scanner *scanner, const char *stop, struct query_field *field)
{
	struct query_step steps[QUERY_MAX_STEPS];
	unsigned count = 0;
	enum status status;
	bool quoted;

	while (scan_take_word(scanner, "->")) {
		if (field->as_text)
			return scan_refuse(scanner, "an arrow cannot follow '->>', whose result is text");
		field->as_text = scan_take(scanner, '>');
		if (count == QUERY_MAX_STEPS)
			return scan_too_many(scanner, QUERY_MAX_STEPS, "steps in a JSON path");
		memset(&steps[count], 0, sizeof(steps[count]));
		quoted = scan_is(scanner, '"');
		if (!quoted && (scanner->at == scanner->end || strchr(stop, *scanner->at) != NULL))
			return scan_refuse(scanner, "a key or an index is missing after the arrow");
		if (!quoted || !scan_quoted(scanner, &steps[count].key)) { /* in quotes even an empty key is one */
			if ((status = scan_name(scanner, stop, &steps[count].key)) != STATUS_OK)
				return status;
		}
		if (!quoted && (status = take_index(scanner, &steps[count])) != STATUS_OK)
			return status;
		count++;
	}
	if (count > 0) {
		field->step_count = count;
		field->steps = arena_alloc(scanner->arena, count * sizeof(*steps));
		memcpy(field->steps, steps, count * sizeof(*steps));
	}
	return STATUS_OK;
}

/* Spaces around a name are for the eye, as the dialect has it; in quotes they belong to it. */
static enum status scan_column(struct scanner *scanner, const char *stop, struct query_text *name)
{
	enum status status;
	bool quoted;

	scan_spaces(scanner);
	quoted = scan_is(scanner, '"');
	if ((status = scan_name(scanner, stop, name)) != STATUS_OK)
		return status;
	if (quoted)
		scan_spaces(scanner);
	else if ((name->text = text_trimmed(name->text)).length == 0)
		return scan_refuse(scanner, "a column's name is missing");
	return STATUS_OK;
}

enum status scan_field(struct scanner *scanner, const char *stop, struct query_field *field)
{
	enum status status = scan_column(scanner, stop, &field->column);

	return status == STATUS_OK ? scan_path(scanner, stop, field) : status;
}
