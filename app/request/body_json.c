/* SPDX-License-Identifier: MIT */
#include "request/body_json.h"

#include <string.h>

#include "base/json.h"

static const bool ends_plain[256] = { [0 ... 0x1f] = true, ['"'] = true, ['\\'] = true };

static const char *skip_plain(const char *at, const char *end)
{
	while (at < end && !ends_plain[(unsigned char)*at])
		at++;
	return at;
}

static void skip_space(struct body_reader *reader)
{
	while (reader->at < reader->end &&
	       (*reader->at == ' ' || *reader->at == '\n' || *reader->at == '\r' || *reader->at == '\t'))
		reader->at++;
}

static enum status expect(struct body_reader *reader, char byte, const char *what)
{
	return body_take(reader, byte) ? STATUS_OK : body_refuse(reader, reader->at, what);
}

/* --- Strings */

static bool is_high(long unit)
{
	return unit >= 0xd800 && unit <= 0xdbff;
}

static bool is_low(long unit)
{
	return unit >= 0xdc00 && unit <= 0xdfff;
}

/* The backslash is here. */
static enum status skip_escape(struct body_reader *reader)
{
	const char *at = reader->at;
	long unit;

	if (reader->end - at < 2 || memchr("\"\\/bfnrtu", at[1], 9) == NULL)
		return body_refuse(reader, at, "an escape that JSON does not have");
	reader->at += 2;
	if (at[1] != 'u')
		return STATUS_OK;
	if ((unit = json_unit(at, reader->end)) < 0)
		return body_refuse(reader, at, "expected four hexadecimal digits after '\\u'");
	reader->at += 4;
	if (is_high(unit) && is_low(json_unit(reader->at, reader->end)))
		reader->at += 6;
	else if (is_high(unit) || is_low(unit))
		return body_refuse(reader, at, "half of a surrogate pair");
	return STATUS_OK;
}

/* The opening quote is here; raw is what is between the quotes. */
static enum status skip_string(struct body_reader *reader, struct slice *raw, bool *escaped)
{
	const char *from = reader->at++;
	enum status status;

	*escaped = false;
	for (;;) {
		reader->at = skip_plain(reader->at, reader->end);
		if (reader->at == reader->end)
			return body_refuse(reader, from, "the quoted text has no closing '\"'");
		if (*reader->at == '"')
			break;
		if (*reader->at != '\\')
			return body_refuse(reader, reader->at, "a control character that is not escaped");
		*escaped = true;
		if ((status = skip_escape(reader)) != STATUS_OK)
			return status;
	}
	*raw = (struct slice){ from + 1, (size_t)(reader->at - from) - 1 };
	reader->at++;
	return STATUS_OK;
}

/* What skip_string has let pass, without its escapes. */
static struct slice decode(struct body_reader *reader, struct slice raw)
{
	char *text = arena_text(reader->arena, raw.bytes, raw.length);

	return (struct slice){ text, json_unescape(text, raw.length) };
}

/* --- Values */

static enum status skip_digits(struct body_reader *reader)
{
	const char *from = reader->at;

	while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9')
		reader->at++;
	return reader->at > from ? STATUS_OK : body_refuse(reader, from, "expected a digit");
}

static enum status skip_number(struct body_reader *reader)
{
	const char *from;
	enum status status;

	(void)body_take(reader, '-');
	from = reader->at;
	if ((status = skip_digits(reader)) != STATUS_OK)
		return status;
	if (*from == '0' && reader->at > from + 1)
		return body_refuse(reader, from, "a number that begins with 0");
	if (body_take(reader, '.') && (status = skip_digits(reader)) != STATUS_OK)
		return status;
	if (!body_take(reader, 'e') && !body_take(reader, 'E'))
		return STATUS_OK;
	if (!body_take(reader, '-'))
		(void)body_take(reader, '+');
	return skip_digits(reader);
}

static enum status skip_word(struct body_reader *reader, const char *word)
{
	size_t length = strlen(word);

	if ((size_t)(reader->end - reader->at) < length || memcmp(reader->at, word, length) != 0)
		return body_refuse(reader, reader->at, "expected a value");
	reader->at += length;
	return STATUS_OK;
}

static enum status skip_structure(struct body_reader *, unsigned open);

/* A value of which nothing but its kind is wanted, inside of so many arrays and objects. */
static enum status skip_value(struct body_reader *reader, unsigned open, enum body_kind *kind, bool *escaped)
{
	struct slice raw;

	switch (reader->at < reader->end ? *reader->at : '\0') {
	case '"':
		*kind = BODY_TEXT;
		return skip_string(reader, &raw, escaped);
	case '{':
	case '[':
		*kind = BODY_STRUCTURE;
		return skip_structure(reader, open);
	case 't':
		*kind = BODY_TRUE;
		return skip_word(reader, "true");
	case 'f':
		*kind = BODY_FALSE;
		return skip_word(reader, "false");
	case 'n':
		*kind = BODY_NULL;
		return skip_word(reader, "null");
	case '-':
	case '0' ... '9':
		*kind = BODY_NUMBER;
		return skip_number(reader);
	default:
		return body_refuse(reader, reader->at, "expected a value");
	}
}

/* A name and its colon, and the space up to the value. */
static enum status skip_name(struct body_reader *reader, struct slice *raw, bool *escaped)
{
	enum status status;

	skip_space(reader);
	if (!body_is(reader, '"'))
		return body_refuse(reader, reader->at, "expected a name in '\"'");
	if ((status = skip_string(reader, raw, escaped)) != STATUS_OK)
		return status;
	skip_space(reader);
	if ((status = expect(reader, ':', "expected ':' after the name")) != STATUS_OK)
		return status;
	skip_space(reader);
	return STATUS_OK;
}

static enum status skip_structure(struct body_reader *reader, unsigned open)
{
	bool object = *reader->at == '{', escaped;
	enum body_kind kind;
	struct slice raw;
	enum status status;

	if (open == BODY_MAX_DEPTH)
		return body_refuse(reader, reader->at,
		                   arena_printf(reader->arena, "arrays and objects are nested more than %d deep",
		                                BODY_MAX_DEPTH));
	reader->at++;
	skip_space(reader);
	if (body_take(reader, object ? '}' : ']'))
		return STATUS_OK;
	do {
		if (object && (status = skip_name(reader, &raw, &escaped)) != STATUS_OK)
			return status;
		skip_space(reader);
		if ((status = skip_value(reader, open + 1, &kind, &escaped)) != STATUS_OK)
			return status;
		skip_space(reader);
	} while (body_take(reader, ','));
	return object ? expect(reader, '}', "expected ',' or '}'") : expect(reader, ']', "expected ',' or ']'");
}

static enum status read_value(struct body_reader *reader, unsigned open, struct body_value *value)
{
	const char *from = reader->at;
	bool escaped = false;
	enum status status;

	if ((status = skip_value(reader, open, &value->kind, &escaped)) != STATUS_OK)
		return status;
	value->json = value->text = (struct slice){ from, (size_t)(reader->at - from) };
	if (value->kind != BODY_TEXT)
		return STATUS_OK;
	value->text = (struct slice){ from + 1, value->json.length - 2 };
	if (escaped)
		value->text = decode(reader, value->text);
	return STATUS_OK;
}

/* --- Rows */

static enum status read_member(struct body_reader *reader, unsigned open)
{
	struct slice name;
	enum status status;
	unsigned place;
	bool escaped;

	if ((status = skip_name(reader, &name, &escaped)) != STATUS_OK)
		return status;
	if (escaped)
		name = decode(reader, name);
	if ((status = body_add_name(reader, name, &place)) != STATUS_OK ||
	    (status = read_value(reader, open, body_value_at(reader, place))) != STATUS_OK)
		return status;
	skip_space(reader);
	return STATUS_OK;
}

/* One object, inside of so many arrays, with the space around it. */
static enum status read_row(struct body_reader *reader, unsigned open)
{
	enum status status;

	skip_space(reader);
	if (!body_take(reader, '{'))
		return body_refuse(reader, reader->at, "expected an object or an array of objects");
	body_begin_row(reader);
	body_begin_object(reader);
	skip_space(reader);
	if (!body_take(reader, '}')) {
		do {
			if ((status = read_member(reader, open + 1)) != STATUS_OK)
				return status;
		} while (body_take(reader, ','));
		if ((status = expect(reader, '}', "expected ',' or '}'")) != STATUS_OK)
			return status;
	}
	skip_space(reader);
	return body_end_row(reader);
}

static enum status read_rows(struct body_reader *reader)
{
	enum status status;

	skip_space(reader);
	if (body_take(reader, ']'))
		return STATUS_OK;
	do {
		if ((status = read_row(reader, 1)) != STATUS_OK)
			return status;
	} while (body_take(reader, ','));
	return expect(reader, ']', "expected ',' or ']'");
}

enum status body_read_json(struct body_reader *reader, bool *is_list)
{
	enum status status;

	skip_space(reader);
	if (reader->at == reader->end)
		return body_refuse(reader, reader->at, "the body is empty");
	if (body_is(reader, '\xef') && memcmp(reader->at, "\xef\xbb\xbf", 3) == 0) /* it is UTF-8 */
		return body_refuse(reader, reader->at, "a byte order mark is not JSON");
	*is_list = body_take(reader, '[');
	status = *is_list ? read_rows(reader) : read_row(reader, 0);
	if (status != STATUS_OK)
		return status;
	skip_space(reader);
	return reader->at == reader->end ? STATUS_OK : body_refuse(reader, reader->at, "expected the end of the body");
}
