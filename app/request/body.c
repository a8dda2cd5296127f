/* SPDX-License-Identifier: MIT */
#include "request/body.h"

#include <string.h>

#include "base/utf8.h"
#include "request/body_csv.h"
#include "request/body_json.h"

static enum status read_all(struct body_reader *reader, enum body_form form, bool *is_list)
{
	size_t span = utf8_span(reader->body.bytes, reader->body.length);

	if (span < reader->body.length)
		return body_refuse(reader, reader->body.bytes + span, "the text is not valid UTF-8");
	*is_list = true;
	return form == BODY_JSON ? body_read_json(reader, is_list) : body_read_csv(reader);
}

static void keep(struct body_reader *reader, const struct slice *given, struct body *body)
{
	struct slice *names;

	body->name_count = reader->column_count;
	body->row_count = reader->row_count;
	body->names = given;
	if (given == NULL) {
		body->names = names = arena_alloc(reader->arena, body->name_count * sizeof(*names));
		for (unsigned i = 0; i < body->name_count; i++)
			names[i] = body_name_at(reader, i);
	}
	body->values = arena_alloc(reader->arena, reader->values.length);
	if (reader->values.length > 0)
		memcpy(body->values, reader->values.bytes, reader->values.length);
}

enum status body_parse(struct slice bytes, enum body_form form, const struct slice *names, unsigned name_count,
                       struct arena *arena, struct body *body, struct fault *fault)
{
	struct body_reader reader = {
		.at = bytes.bytes, .end = bytes.bytes + bytes.length, .body = bytes, .arena = arena, .fault = fault
	};
	enum status status;

	body_give_names(&reader, names, names != NULL ? name_count : 0);
	if ((status = read_all(&reader, form, &body->is_list)) == STATUS_OK)
		keep(&reader, names, body);
	text_release(&reader.names);
	text_release(&reader.values);
	return status;
}
