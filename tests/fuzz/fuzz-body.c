/* SPDX-License-Identifier: MIT
 *
 * Bodies. JSON: what we take json-c takes, and both have read the same; what we take json_add takes, and what only
 * it takes is refused for another reason than the syntax. CSV: the rows that were read, written again, are read as the
 * same. Both: names that are given choose from what is read without.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "request/body.h"
#include "strict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct arena arena;
static struct text text;

static void expect(bool good)
{
	if (!good)
		abort();
}

static bool same(struct slice a, struct slice b)
{
	return a.length == b.length && (a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0);
}

/* --- JSON */

/* Refused for what the syntax does not forbid. */
static bool is_refused_otherwise(const struct fault *fault)
{
	static const char *const reasons[] = { "expected an object or an array of objects",
		                               "All object keys must match", "the name '", "half of a surrogate pair" };

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strncmp(fault->message, reasons[i], strlen(reasons[i])) == 0)
			return true;
	return false;
}

static void compare_value(const struct body_value *value, struct json_object *theirs)
{
	static const enum json_type types[] = {
		[BODY_NULL] = json_type_null,   [BODY_TRUE] = json_type_boolean, [BODY_FALSE] = json_type_boolean,
		[BODY_NUMBER] = json_type_null, [BODY_TEXT] = json_type_string,  [BODY_STRUCTURE] = json_type_null,
	};
	enum json_type type = json_object_get_type(theirs);
	struct json_object *ours;

	expect(strict_json(value->json.bytes, value->json.length, &ours));
	expect(json_object_equal(ours, theirs) == 1);
	json_object_put(ours);
	if (value->kind == BODY_NUMBER)
		expect(type == json_type_int || type == json_type_double);
	else if (value->kind == BODY_STRUCTURE)
		expect(type == json_type_object || type == json_type_array);
	else
		expect(type == types[value->kind]);
	if (value->kind == BODY_TEXT)
		expect(same(value->text, (struct slice){ json_object_get_string(theirs),
		                                         (size_t)json_object_get_string_len(theirs) }));
	else
		expect(same(value->text, value->json));
	if (type == json_type_boolean)
		expect(json_object_get_boolean(theirs) == (value->kind == BODY_TRUE));
}

/* json-c ends a name at a NUL. */
static bool has_nul(const struct body *body)
{
	for (unsigned i = 0; i < body->name_count; i++)
		if (body->names[i].length > 0 && memchr(body->names[i].bytes, '\0', body->names[i].length) != NULL)
			return true;
	return false;
}

static void compare_row(const struct body *body, unsigned row, struct json_object *theirs)
{
	struct json_object *value;

	expect(json_object_is_type(theirs, json_type_object));
	if (has_nul(body))
		return;
	expect((unsigned)json_object_object_length(theirs) == body->name_count);
	for (unsigned i = 0; i < body->name_count; i++) {
		const char *name = arena_text(&arena, body->names[i].bytes, body->names[i].length);

		expect(json_object_object_get_ex(theirs, name, &value));
		compare_value(&body->values[row * body->name_count + i], value);
	}
}

static void check_json(struct slice given, enum status status, const struct body *body, const struct fault *fault)
{
	struct json_object *theirs;

	text_clear(&text);
	if (status != STATUS_OK) {
		expect(is_refused_otherwise(fault) || !json_add(&text, given.bytes, given.length));
		return;
	}
	expect(json_add(&text, given.bytes, given.length));
	expect(strict_json(given.bytes, given.length, &theirs));
	expect(body->is_list == json_object_is_type(theirs, json_type_array));
	if (!body->is_list)
		compare_row(body, 0, theirs);
	else {
		expect(json_object_array_length(theirs) == body->row_count);
		for (unsigned row = 0; row < body->row_count; row++)
			compare_row(body, row, json_object_array_get_idx(theirs, row));
	}
	json_object_put(theirs);
}

/* --- CSV */

static void add_field(struct slice field, bool null, bool always)
{
	bool quotes = always || field.length == 0;

	for (size_t i = 0; i < field.length && !quotes; i++)
		quotes = strchr("\",\r\n", field.bytes[i]) != NULL && field.bytes[i] != '\0';
	if (null)
		return;
	if (quotes)
		text_add_char(&text, '"');
	for (size_t i = 0; i < field.length; i++) {
		if (field.bytes[i] == '"')
			text_add_char(&text, '"');
		text_add_char(&text, field.bytes[i]);
	}
	if (quotes)
		text_add_char(&text, '"');
}

static void write_csv(const struct body *body, bool always)
{
	text_clear(&text);
	text_add_string(&text, "\xef\xbb\xbf");
	for (unsigned i = 0; i < body->name_count; i++) {
		text_add(&text, ",", i > 0);
		add_field(body->names[i], false, always);
	}
	for (unsigned i = 0; i < body->row_count * body->name_count; i++) {
		text_add_string(&text, i % body->name_count > 0 ? "," : always ? "\r\n" : "\n");
		add_field(body->values[i].text, body->values[i].kind == BODY_NULL, always);
	}
	text_add_string(&text, "\n\n"); /* the first is the last row's */
}

static void check_csv(const struct body *body, bool always)
{
	struct fault fault = { 0 };
	struct body again;

	write_csv(body, always);
	expect(body_parse((struct slice){ text.bytes, text.length }, BODY_CSV, NULL, 0, &arena, &again, &fault) ==
	       STATUS_OK);
	expect(again.is_list && again.name_count == body->name_count && again.row_count == body->row_count);
	for (unsigned i = 0; i < body->name_count; i++)
		expect(same(body->names[i], again.names[i]));
	for (unsigned i = 0; i < body->name_count * body->row_count; i++)
		expect(body->values[i].kind == again.values[i].kind &&
		       same(body->values[i].text, again.values[i].text));
}

/* --- Names that are given */

/* Every second name, backwards, behind one that is no UTF-8 and so in no body. */
static void check_names(struct slice given, enum body_form form, const struct body *body)
{
	unsigned count = 1 + body->name_count / 2;
	struct slice *names = arena_alloc(&arena, count * sizeof(*names));
	struct fault fault = { 0 };
	struct body chosen;

	names[0] = SLICE("\xff");
	for (unsigned i = 1; i < count; i++)
		names[i] = body->names[(count - i) * 2 - 1];
	expect(body_parse(given, form, names, count, &arena, &chosen, &fault) == STATUS_OK);
	expect(chosen.is_list == body->is_list && chosen.name_count == count && chosen.row_count == body->row_count);
	for (unsigned row = 0; row < body->row_count; row++) {
		const struct body_value *values = &chosen.values[row * count];

		expect(values[0].kind == BODY_ABSENT);
		for (unsigned i = 1; i < count; i++) {
			const struct body_value *value = &body->values[row * body->name_count + (count - i) * 2 - 1];

			expect(values[i].kind == value->kind && same(values[i].text, value->text) &&
			       same(values[i].json, value->json));
		}
	}
}

/* What is refused without names is refused with them, unless it is for the names. */
static void check_names_refuse(struct slice given, enum body_form form, const struct fault *fault)
{
	const struct slice names[] = { SLICE("b"), SLICE("a") };
	struct fault other = { 0 };
	struct body body;
	enum status status = body_parse(given, form, names, 2, &arena, &body, &other);

	if (strcmp(fault->message, "All object keys must match") != 0)
		expect(status == STATUS_BAD_BODY && strcmp(fault->message, other.message) == 0 &&
		       strcmp(fault->details, other.details) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice given = { (const char *)data + 1, size - 1 };
	struct fault fault = { 0 };
	enum body_form form;
	enum status status;
	struct body body;

	if (size == 0)
		return 0;
	form = data[0] & 1 ? BODY_CSV : BODY_JSON;
	status = body_parse(given, form, NULL, 0, &arena, &body, &fault);
	if (form == BODY_JSON)
		check_json(given, status, &body, &fault);
	if (status == STATUS_OK) {
		if (form == BODY_CSV)
			check_csv(&body, data[0] & 2);
		check_names(given, form, &body);
	} else {
		expect(status == STATUS_BAD_BODY && fault.status == status);
		expect(utf8_span(fault.details, strlen(fault.details)) == strlen(fault.details));
		check_names_refuse(given, form, &fault);
	}
	arena_clear(&arena);
	return 0;
}
