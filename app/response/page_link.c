/* SPDX-License-Identifier: MIT */
#include "response/page_link.h"

#include <string.h>

#include "base/encoding.h"
#include "plan/plan_page.h"
#include "response/render.h"
#include "schema/dialect.h"

/* Web servers have room for so much in an answer's headers and in a request's line (nginx/: 16 and 32 KiB). */
enum { LINK_MOST_BYTES = 12288 };

/* Bytes that stand for themselves in a query, in a header, between < and >. */
static bool is_plain(char byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte != '\0' && strchr("-._~!$'()*,;:@/?", byte) != NULL);
}

static void add_byte(struct text *out, char byte)
{
	static const char digits[] = "0123456789ABCDEF";

	text_add_char(out, '%');
	text_add_char(out, digits[(unsigned char)byte >> 4]);
	text_add_char(out, digits[byte & 15]);
}

static void add_encoded(struct text *out, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (is_plain(bytes[i]))
			text_add_char(out, bytes[i]);
		else
			add_byte(out, bytes[i]);
}

static void add_quoted(struct text *out, const char *bytes, size_t length)
{
	add_byte(out, '"');
	for (size_t i = 0; i < length; i++) {
		if (bytes[i] == '"' || bytes[i] == '\\')
			add_byte(out, '\\');
		add_encoded(out, &bytes[i], 1);
	}
	add_byte(out, '"');
}

/* Whether the value, as the link says it, can be compared with the column when it comes back. */
static bool can_come_back(const struct plan *plan, unsigned order, struct slice said)
{
	struct text literal = { 0 };
	const char *why;
	bool good = plan->table->dialect->literal(&literal, plan->orders[order].field.column, said, &why) == STATUS_OK;

	text_release(&literal);
	return good;
}

bool page_link_add_place(struct text *out, const struct plan *plan, const struct row *row)
{
	struct text json = { 0 };
	struct slice said;
	bool unsayable = false;

	for (unsigned i = 0; i < plan->order_count && !unsayable; i++) {
		unsigned place = plan->orders[i].output;
		const char *value = row->values[place];
		size_t length = row->lengths[place];

		text_add_char(out, i == 0 ? '(' : ',');
		if (value == NULL) {
			text_add_string(out, "null");
			continue;
		}
		if ((unsayable = length > LINK_MOST_BYTES ||
		                 !plan_page_decides(plan->table->dialect, plan->columns[place].type, value, length)))
			break;
		if (plan->columns[place].type == COLUMN_STRING) {
			said = (struct slice){ value, length };
			unsayable = memchr(value, '\0', length) != NULL || !can_come_back(plan, i, said);
			add_quoted(out, value, length);
			continue;
		}
		text_clear(&json);
		(void)render_json_value(&json, &plan->columns[place], value, length, &unsayable);
		said = (struct slice){ json.bytes, json.length };
		if (json.bytes[0] == '"')
			said = (struct slice){ json.bytes + 1, json.length - 2 };
		unsayable = unsayable || !can_come_back(plan, i, said);
		if (json.bytes[0] == '"')
			add_quoted(out, said.bytes, said.length);
		else
			add_encoded(out, said.bytes, said.length);
	}
	text_add_char(out, ')');
	text_release(&json);
	return !unsayable;
}

/* Whether the part of a query, decoded as the query's reader does it, begins with the word. The first '=' is a sign. */
static bool begins(struct slice part, const char *word)
{
	const char *at = part.bytes, *end = at + part.length;

	for (; *word != '\0'; word++) {
		char bytes[3] = { 0 };
		size_t length = *word != '=' && encoding_is_percent(at, end) ? 3 : 1;

		if (at == end)
			return false;
		memcpy(bytes, at, length);
		at += length;
		if (encoding_decode_form(bytes, length) != 1 || bytes[0] != *word)
			return false;
	}
	return true;
}

/* As the client wrote it, but for what a header or <…> cannot hold, and for a '%' that encodes nothing. */
static void add_as_written(struct text *out, struct slice raw)
{
	for (size_t i = 0; i < raw.length; i++)
		if (raw.bytes[i] > ' ' && raw.bytes[i] < 127 && strchr("<>\"\\^`{|}", raw.bytes[i]) == NULL &&
		    (raw.bytes[i] != '%' || encoding_is_percent(raw.bytes + i, raw.bytes + raw.length)))
			text_add_char(out, raw.bytes[i]);
		else
			add_byte(out, raw.bytes[i]);
}

static void begin_part(struct text *out, bool *first)
{
	text_add_char(out, *first ? '?' : '&');
	*first = false;
}

/* place: no bytes for a link by offset, which counts from where this page's own 'after' is. */
static void add_link(struct text *out, const struct request *request, const struct plan *plan, struct slice place)
{
	const char *at = request->uri.bytes, *end = at + request->uri.length, *question, *next;
	bool first = true, ranged = request->range.length > 0;

	http_add_origin(out, request);
	if ((question = memchr(at, '?', request->uri.length)) == NULL)
		question = end;
	add_as_written(out, (struct slice){ at, (size_t)(question - at) });
	for (at = question < end ? question + 1 : end; at < end; at = next + 1) {
		struct slice part;

		if ((next = memchr(at, '&', (size_t)(end - at))) == NULL)
			next = end;
		part = (struct slice){ at, (size_t)(next - at) };
		if (part.length == 0 || begins(part, "offset=") || (place.length > 0 && begins(part, "after=(")) ||
		    (ranged && begins(part, "limit=")))
			continue;
		begin_part(out, &first);
		add_as_written(out, part);
	}
	if (ranged) {
		begin_part(out, &first);
		text_add_string(out, "limit=");
		text_add_unsigned(out, plan->limit);
	}
	begin_part(out, &first);
	if (place.length > 0) {
		text_add_string(out, "after=");
		text_add_slice(out, place);
	} else {
		text_add_string(out, "offset=");
		text_add_unsigned(out, plan->offset + plan->limit);
	}
}

void page_link_add(struct text *out, const struct request *request, const struct plan *plan, struct slice place)
{
	size_t before = out->length;

	add_link(out, request, plan, place);
	if (place.length > 0 && out->length - before > LINK_MOST_BYTES) {
		out->length = before;
		add_link(out, request, plan, (struct slice){ "", 0 });
	}
	if (out->length - before > LINK_MOST_BYTES)
		out->length = before;
}

void page_link_add_location(struct text *out, const struct request *request, const struct plan *plan,
                       const struct write *write, const struct row *row)
{
	const char *at = request->uri.bytes, *end = at + request->uri.length;
	const struct key *key = table_primary(plan->table);
	struct text json = { 0 };
	size_t before = out->length;
	bool mistyped = false;

	if (key == NULL || write->key_outputs == NULL || !table_key_compares(plan->table, key))
		return;
	add_as_written(out, (struct slice){ at, (size_t)(slice_find(at, end, '?') - at) });
	for (unsigned i = 0; i < key->column_count; i++) {
		unsigned place = write->key_outputs[i];
		const struct plan_output *output = &plan->columns[place];
		const struct column *column = &plan->table->columns[key->columns[i]];

		text_add_char(out, i == 0 ? '?' : '&');
		add_encoded(out, column->name.bytes, column->name.length);
		text_add_string(out, "=eq.");
		if (output->type == COLUMN_STRING) {
			add_encoded(out, row->values[place], row->lengths[place]);
			continue;
		}
		text_clear(&json);
		(void)render_json_value(&json, output, row->values[place], row->lengths[place], &mistyped);
		if (json.bytes[0] == '"')
			add_encoded(out, json.bytes + 1, json.length - 2);
		else
			add_encoded(out, json.bytes, json.length);
	}
	text_release(&json);
	if (out->length - before > LINK_MOST_BYTES) /* what is written is not to be told as an error for its key's sake */
		out->length = before;
}
