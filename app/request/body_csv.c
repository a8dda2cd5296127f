/* SPDX-License-Identifier: MIT */
#include "request/body_csv.h"

#include <string.h>

static const bool ends_plain[256] = { ['"'] = true, [','] = true, ['\n'] = true, ['\r'] = true };

static const char *skip_plain(const char *at, const char *end)
{
	while (at < end && !ends_plain[(unsigned char)*at])
		at++;
	return at;
}

/* CRLF or LF, or the end: taken. */
static bool take_line_end(struct body_reader *reader)
{
	if (reader->end - reader->at >= 2 && reader->at[0] == '\r' && reader->at[1] == '\n')
		reader->at += 2;
	else if (reader->at < reader->end && !body_take(reader, '\n'))
		return false;
	return true;
}

/* The bytes between quotes, with each doubled quote once. */
static struct slice undouble(struct body_reader *reader, struct slice raw)
{
	char *text = arena_text(reader->arena, raw.bytes, raw.length), *out = text;
	const char *in = raw.bytes, *end = raw.bytes + raw.length, *quote;

	while ((quote = memchr(in, '"', (size_t)(end - in))) != NULL) {
		memcpy(out, in, (size_t)(quote - in) + 1);
		out += quote - in + 1;
		in = quote + 2;
	}
	memcpy(out, in, (size_t)(end - in));
	out += end - in;
	return (struct slice){ text, (size_t)(out - text) };
}

/* The opening quote is here. */
static enum status read_quoted(struct body_reader *reader, struct slice *text)
{
	const char *from = reader->at + 1, *quote;
	bool doubled = false;

	for (reader->at = from;; reader->at = quote + 2, doubled = true) {
		if ((quote = memchr(reader->at, '"', (size_t)(reader->end - reader->at))) == NULL)
			return body_refuse(reader, from - 1, "the quoted field has no closing '\"'");
		if (quote + 1 == reader->end || quote[1] != '"')
			break;
	}
	reader->at = quote + 1;
	*text = (struct slice){ from, (size_t)(quote - from) };
	if (doubled)
		*text = undouble(reader, *text);
	return STATUS_OK;
}

/* Behind a field are a comma, which is taken, or the line's end, which is not. */
static enum status read_field(struct body_reader *reader, struct body_value *value)
{
	const char *from = reader->at;
	bool quoted = body_is(reader, '"');
	enum status status;

	if (quoted) {
		if ((status = read_quoted(reader, &value->text)) != STATUS_OK)
			return status;
	} else {
		reader->at = skip_plain(from, reader->end);
		value->text = (struct slice){ from, (size_t)(reader->at - from) };
	}
	value->kind = quoted || value->text.length > 0 ? BODY_TEXT : BODY_NULL;
	return STATUS_OK;
}

/* Whether another field follows; a fault if the line does not go on with one, and does not end. */
static enum status take_separator(struct body_reader *reader, bool *more)
{
	if ((*more = body_take(reader, ',')) || take_line_end(reader))
		return STATUS_OK;
	if (*reader->at == '\r')
		return body_refuse(reader, reader->at, "a carriage return without a line feed outside of quotes");
	return body_refuse(reader, reader->at,
	                   reader->at[-1] == '"' ? "',' or the line's end was expected behind '\"'"
	                                         : "a '\"' in a field that does not begin with one");
}

/* Where the values of each column go. */
static enum status read_names(struct body_reader *reader, unsigned *places)
{
	struct body_value field;
	enum status status;
	bool more;

	if (body_is(reader, '\n') || body_is(reader, '\r'))
		return body_refuse(reader, reader->at, "the first line does not name the columns");
	body_begin_object(reader);
	do {
		if ((status = read_field(reader, &field)) != STATUS_OK ||
		    (status = take_separator(reader, &more)) != STATUS_OK ||
		    (status = body_add_name(reader, field.text, &places[reader->members])) != STATUS_OK)
			return status;
	} while (more);
	return STATUS_OK;
}

static enum status refuse_count(struct body_reader *reader, unsigned fields)
{
	unsigned names = reader->members;

	return body_refuse_row(reader, arena_printf(reader->arena, "%u field%s, and %u name%s in the first line",
	                                            fields, fields == 1 ? "" : "s", names, names == 1 ? "" : "s"));
}

static enum status read_row(struct body_reader *reader, const unsigned *places)
{
	struct body_value surplus;
	unsigned fields = 0;
	enum status status;
	bool more;

	body_begin_row(reader);
	do {
		status = read_field(reader,
		                    fields < reader->members ? body_value_at(reader, places[fields]) : &surplus);
		if (status != STATUS_OK || (status = take_separator(reader, &more)) != STATUS_OK)
			return status;
		fields++;
	} while (more);
	return fields == reader->members ? body_end_row(reader) : refuse_count(reader, fields);
}

/* At the end, or one line without a byte before it. */
static bool is_over(const struct body_reader *reader)
{
	size_t left = (size_t)(reader->end - reader->at);

	return left == 0 || (left == 1 && reader->at[0] == '\n') || (left == 2 && memcmp(reader->at, "\r\n", 2) == 0);
}

enum status body_read_csv(struct body_reader *reader)
{
	unsigned places[BODY_MAX_NAMES];
	enum status status;

	if (body_is(reader, '\xef') &&
	    memcmp(reader->at, "\xef\xbb\xbf", 3) == 0) /* it is UTF-8; spreadsheets begin so */
		reader->at += 3;
	if (reader->at == reader->end)
		return body_refuse(reader, reader->at, "the body is empty");
	if ((status = read_names(reader, places)) != STATUS_OK)
		return status;
	while (!is_over(reader))
		if ((status = read_row(reader, places)) != STATUS_OK)
			return status;
	return STATUS_OK;
}
