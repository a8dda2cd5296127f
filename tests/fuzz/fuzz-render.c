/* SPDX-License-Identifier: MIT
 *
 * Values as the database gives them: the first byte says of which type; the rest are the bytes, whatever they are. What
 * is written is JSON, or one line of CSV of which a reader makes as many fields.
 */
#include <stdint.h>

#include "base/utf8.h"
#include "oracle.h"
#include "response/render.h"
#include "strict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The next field of RFC 4180, with what ends it. */
static char read_field(const char **at, const char *end, struct text *field)
{
	bool quoted = *at < end && **at == '"';

	text_clear(field);
	for (*at += quoted; *at < end; (*at)++) {
		if (quoted ? **at == '"' : **at == ',' || **at == '\n')
			break;
		DEMAND(quoted || (**at != '"' && **at != '\r'));
		text_add_char(field, **at);
		continue;
	}
	while (quoted && *at + 1 < end && (*at)[1] == '"') { /* a quote that is doubled */
		text_add_char(field, '"');
		for (*at += 2; *at < end && **at != '"'; (*at)++)
			text_add_char(field, **at);
	}
	*at += quoted;
	DEMAND(*at < end && (**at == ',' || **at == '\n'));
	return *(*at)++;
}

static void csv_holds(const struct plan_output *columns, const struct row *row)
{
	static struct text csv, field;
	const char *at, *end;
	bool mistyped = false;

	text_clear(&csv);
	(void)render_csv_row(&csv, columns, 2, row, &mistyped);
	at = csv.bytes;
	end = at + csv.length;
	DEMAND(utf8_span(at, csv.length) == csv.length);
	DEMAND(read_field(&at, end, &field) == ',' && read_field(&at, end, &field) == '\n' && at == end);
	if (utf8_span(row->values[1], row->lengths[1]) == row->lengths[1])
		DEMAND(field.length == row->lengths[1] &&
		       (field.length == 0 || memcmp(field.bytes, row->values[1], field.length) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct text json;
	struct plan_output columns[] = { { .name = SLICE("a"), .json_key = SLICE("\"a\":"), .length = 1 },
		                         { .name = SLICE("b"), .json_key = SLICE("\"b\":"), .type = COLUMN_STRING } };
	const char *values[2] = { (const char *)data + 1, (const char *)data + 1 };
	unsigned long lengths[2] = { size - 1, size - 1 };
	struct row row = { 2, values, lengths };
	struct json_object *value;
	bool mistyped = false;

	if (size == 0)
		return 0;
	columns[0].type = (enum column_type)(data[0] % (COLUMN_GEOMETRY + 1));
	columns[0].length = data[0] < 128 ? 1 : 8;
	text_clear(&json);
	(void)render_json_object(&json, columns, 2, &row, &mistyped);
	DEMAND(strict_json(json.bytes, json.length, &value));
	json_object_put(value);
	csv_holds(columns, &row);
	return 0;
}
