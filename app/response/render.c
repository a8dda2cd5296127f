/* SPDX-License-Identifier: MIT */
#include "response/render.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/json.h"
#include "base/utf8.h"

/* A number as the server prints it, without what JSON does not know: the zeros of ZEROFILL and YEAR in front. */
static void add_number(struct text *out, const char *bytes, size_t length)
{
	if (length > 0 && *bytes == '-') {
		text_add_char(out, '-');
		bytes++;
		length--;
	}
	while (length > 1 && bytes[0] == '0' && bytes[1] >= '0' && bytes[1] <= '9') {
		bytes++;
		length--;
	}
	if (length == 0 || *bytes == '.')
		text_add_char(out, '0');
	text_add(out, bytes, length);
}

/* A FLOAT, asked for as DOUBLE: the shortest text that is the same FLOAT again. */
static void add_float(struct text *out, const char *bytes, size_t length)
{
	char copy[400], shortest[32]; /* the server writes a DOUBLE in at most 331 characters */
	float number;

	number = HUGE_VALF;
	if (length < sizeof(copy)) {
		memcpy(copy, bytes, length);
		copy[length] = '\0';
		number = strtof(copy, NULL);
	}
	if (isinf(number)) { /* cannot be; JSON has no word for it */
		add_number(out, bytes, length);
		return;
	}
	/* six digits always read back as written, but below FLT_MIN, where there may be fewer to tell apart */
	for (int digits = fabsf(number) < FLT_MIN ? 1 : 6; digits <= 9; digits++) {
		snprintf(shortest, sizeof(shortest), "%.*g", digits, (double)number);
		if (strtof(shortest, NULL) == number)
			break;
	}
	text_add_string(out, shortest);
}

static void add_boolean(struct text *out, const char *bytes, size_t length)
{
	if (length == 1 && (*bytes == '0' || *bytes == '1'))
		text_add_string(out, *bytes == '1' ? "true" : "false");
	else
		add_number(out, bytes, length);
}

/* BIT is asked for as a number. */
static void add_bits(struct text *out, const struct plan_output *column, const char *bytes, size_t length)
{
	if (column->length == 1)
		add_boolean(out, bytes, length);
	else
		add_number(out, bytes, length);
}

/* 2024-01-02 03:04:05 as ISO 8601 writes it. */
static void add_moment(struct text *out, const char *bytes, size_t length, bool utc)
{
	text_add_char(out, '"');
	text_add(out, bytes, length);
	if (length > 10 && out->bytes[out->length - length + 10] == ' ')
		out->bytes[out->length - length + 10] = 'T';
	/* PostgreSQL's infinity has no zone. */
	text_add_string(out, utc && length > 0 && bytes[length - 1] <= '9' ? "+00:00\"" : "\"");
}

static size_t add_json(struct text *out, const char *bytes, size_t length)
{
	if (json_add(out, bytes, length))
		return 0;
	return json_add_string(out, bytes, length); /* the CHECK was off when it was written */
}

/* Whether the bytes are what the server writes for a value of the column's type: no more is asked than that they cannot
 * break out of their place in the JSON. */
static bool is_of_type(const struct plan_output *column, const char *bytes, size_t length)
{
	bool digits = false, point = false;
	size_t i = 0;

	switch (column->type) {
	case COLUMN_INTEGER:
	case COLUMN_BOOLEAN:
	case COLUMN_YEAR:
	case COLUMN_BIT:
	case COLUMN_DECIMAL:
	case COLUMN_FLOAT:
	case COLUMN_DOUBLE: /* -digits.digits, and an exponent with digits behind it */
		if (length > 0 && bytes[0] == '-')
			i++;
		for (; i < length && ((bytes[i] >= '0' && bytes[i] <= '9') || (bytes[i] == '.' && !point)); i++) {
			point = point || bytes[i] == '.';
			digits = bytes[i] != '.';
		}
		if (digits && i < length && (bytes[i] == 'e' || bytes[i] == 'E')) {
			i += i + 1 < length && (bytes[i + 1] == '+' || bytes[i + 1] == '-') ? 2 : 1;
			for (digits = false; i < length && bytes[i] >= '0' && bytes[i] <= '9'; i++)
				digits = true;
		}
		return digits && i == length;
	case COLUMN_DATE:
	case COLUMN_TIME:
	case COLUMN_DATETIME:
	case COLUMN_TIMESTAMP:
		for (; i < length && bytes[i] != '"' && bytes[i] != '\\' && bytes[i] >= ' ' && bytes[i] < 127; i++)
			;
		return i == length;
	case COLUMN_STRING:
	case COLUMN_JSON:
	case COLUMN_BINARY:
	case COLUMN_GEOMETRY:
	case COLUMN_ARRAY:
		break;
	}
	return true;
}

/* Numbers of PostgreSQL for which JSON has none: they are texts there. */
static bool is_no_number(const struct plan_output *column, const char *bytes, size_t length)
{
	const struct slice word = { bytes, length };

	return (column->type == COLUMN_FLOAT || column->type == COLUMN_DOUBLE || column->type == COLUMN_DECIMAL) &&
	       (slice_is(word, "NaN") || slice_is(word, "Infinity") || slice_is(word, "-Infinity"));
}

size_t render_json_value(struct text *out, const struct plan_output *column, const char *bytes, size_t length,
                         bool *mistyped)
{
	if (!is_of_type(column, bytes, length)) {
		*mistyped = *mistyped || !is_no_number(column, bytes, length);
		return json_add_string(out, bytes, length);
	}
	switch (column->type) {
	case COLUMN_INTEGER:
	case COLUMN_YEAR:
	case COLUMN_DECIMAL:
	case COLUMN_DOUBLE:
		add_number(out, bytes, length);
		return 0;
	case COLUMN_FLOAT:
		add_float(out, bytes, length);
		return 0;
	case COLUMN_BOOLEAN:
		add_boolean(out, bytes, length);
		return 0;
	case COLUMN_BIT:
		add_bits(out, column, bytes, length);
		return 0;
	case COLUMN_DATETIME:
	case COLUMN_TIMESTAMP:
		add_moment(out, bytes, length, column->type == COLUMN_TIMESTAMP);
		return 0;
	case COLUMN_DATE:
	case COLUMN_TIME:
		text_add_char(out, '"');
		text_add(out, bytes, length);
		text_add_char(out, '"');
		return 0;
	case COLUMN_JSON:
	case COLUMN_ARRAY:
		return add_json(out, bytes, length);
	case COLUMN_BINARY:
	case COLUMN_GEOMETRY:
		text_add_char(out, '"');
		encoding_add_base64(out, bytes, length);
		text_add_char(out, '"');
		return 0;
	case COLUMN_STRING:
		break;
	}
	return json_add_string(out, bytes, length);
}

size_t render_json_object(struct text *out, const struct plan_output *columns, unsigned count,
                          const struct row *row, bool *mistyped)
{
	size_t replaced = 0;

	text_add_char(out, '{');
	for (unsigned i = 0; i < count; i++) {
		if (i > 0)
			text_add_char(out, ',');
		text_add_slice(out, columns[i].json_key);
		if (row->values[i] == NULL)
			text_add(out, "null", 4);
		else
			replaced += render_json_value(out, &columns[i], row->values[i], row->lengths[i], mistyped);
	}
	text_add_char(out, '}');
	return replaced;
}

/* A field of CSV, in quotes where it needs them; what is not valid UTF-8 becomes U+FFFD. */
static size_t add_csv_text(struct text *out, const char *bytes, size_t length)
{
	const char *at = bytes, *end = bytes + length;
	size_t replaced = 0, span;
	bool quoted = length == 0;

	for (size_t i = 0; i < length && !quoted; i++)
		quoted = bytes[i] == '"' || bytes[i] == ',' || bytes[i] == '\n' || bytes[i] == '\r';
	if (quoted)
		text_add_char(out, '"');
	while (at < end) {
		span = utf8_span(at, (size_t)(end - at));
		for (size_t i = 0; i < span; i++) {
			if (at[i] == '"')
				text_add_char(out, '"');
			text_add_char(out, at[i]);
		}
		at += span;
		if (at < end) {
			text_add_string(out, "\xef\xbf\xbd");
			replaced++;
			at++;
		}
	}
	if (quoted)
		text_add_char(out, '"');
	return replaced;
}

void render_csv_names(struct text *out, const struct plan_output *columns, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (i > 0)
			text_add_char(out, ',');
		(void)add_csv_text(out, columns[i].name.bytes, columns[i].name.length);
	}
	text_add_char(out, '\n');
}

/* Numbers and the like are written as in JSON; of what is a string there only dates and base64 are as they are. */
static size_t add_csv_value(struct text *out, const struct plan_output *column, const char *bytes, size_t length,
                            bool *mistyped)
{
	static struct text json;
	size_t replaced;

	if (column->type == COLUMN_STRING)
		return add_csv_text(out, bytes, length);
	text_clear(&json);
	replaced = render_json_value(&json, column, bytes, length, mistyped);
	if (column->type == COLUMN_JSON || column->type == COLUMN_ARRAY)
		(void)add_csv_text(out, json.bytes, json.length);
	else if (json.bytes[0] != '"')
		text_add(out, json.bytes, json.length);
	else if (json.length == 2 || memchr(json.bytes, '\\', json.length) != NULL ||
	         memchr(json.bytes, ',', json.length) != NULL) /* empty, or a value that is not of its column's type */
		return add_csv_text(out, bytes, length);
	else
		text_add(out, json.bytes + 1, json.length - 2);
	return replaced;
}

size_t render_csv_row(struct text *out, const struct plan_output *columns, unsigned count, const struct row *row,
                      bool *mistyped)
{
	size_t replaced = 0;

	for (unsigned i = 0; i < count; i++) {
		if (i > 0)
			text_add_char(out, ',');
		if (row->values[i] != NULL)
			replaced += add_csv_value(out, &columns[i], row->values[i], row->lengths[i], mistyped);
	}
	text_add_char(out, '\n');
	return replaced;
}
