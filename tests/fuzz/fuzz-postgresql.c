/* SPDX-License-Identifier: MIT
 *
 * PostgreSQL's literals: the first byte says of which type, the rest is the client's. What comes out is one literal without
 * a NUL, or nothing. An array that is JSON comes out with the elements that it has.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "postgresql/postgresql_array.h"
#include "postgresql/postgresql_value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DEMAND(what) \
	do \
		if (!(what)) \
			abort(); \
	while (0)

enum { KINDS = COLUMN_ARRAY + 4 };

/* 'it''s', TRUE, -1.5 */
static bool is_literal(const char *at, const char *end)
{
	if ((size_t)(end - at) == 4 && memcmp(at, "TRUE", 4) == 0)
		return true;
	if ((size_t)(end - at) == 5 && memcmp(at, "FALSE", 5) == 0)
		return true;
	if (at < end && *at == '\'') {
		for (at++; at + 1 < end; at++)
			if (*at == '\'' && (at + 2 >= end || *++at != '\''))
				return false;
		return at + 1 == end && *at == '\'';
	}
	if (at < end && *at == '-')
		at++;
	for (const char *digit = at; digit < end; digit++)
		if ((*digit < '0' || *digit > '9') && *digit != '.')
			return false;
	return at < end;
}

/* What PostgreSQL reads: brackets that match, elements that are quoted or plain, and how many there are. */
static unsigned count_elements(struct slice array)
{
	unsigned open = 0, count = 0;
	bool quoted = false, inside = false;

	for (size_t i = 0; i < array.length; i++) {
		char byte = array.bytes[i];

		if (quoted && byte == '\\')
			i++;
		else if (byte == '"') {
			quoted = !quoted;
			inside = true;
		} else if (quoted)
			continue;
		else if (byte == '{')
			open++;
		else if (byte == '}' || byte == ',') {
			count += inside;
			inside = false;
			DEMAND(open > 0);
			open -= byte == '}';
		} else
			inside = true;
	}
	DEMAND(!quoted && open == 0);
	return count;
}

/* The same of JSON, whose arrays and texts are told apart in the same way, but for objects. */
static void check_array(struct slice json, bool of_json)
{
	struct text array = { 0 }, valid = { 0 };
	unsigned wanted = 0, open = 0, object = 0;
	bool quoted = false, inside = false;

	if (json.length > 0 && json.bytes[0] == '[' && json_add(&valid, json.bytes, json.length)) {
		postgresql_array_add(&array, json, of_json);
		for (size_t i = 0; i < json.length; i++) {
			char byte = json.bytes[i];

			if (quoted && byte == '\\')
				i++;
			else if (byte == '"') {
				quoted = !quoted;
				inside = true;
			} else if (quoted || strchr(" \t\r\n", byte) != NULL)
				continue;
			else if (byte == '{' || (byte == '[' && (object > 0 || (of_json && open > 0)))) {
				object++;
				inside = true;
			} else if (object > 0 && (byte == '}' || byte == ']'))
				object--;
			else if (object > 0)
				continue;
			else if (byte == '[')
				open++;
			else if (byte == ']' || byte == ',') {
				wanted += inside;
				inside = false;
				open -= byte == ']';
			} else
				inside = true;
		}
		DEMAND(count_elements((struct slice){ array.bytes, array.length }) == wanted);
	}
	text_release(&array);
	text_release(&valid);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum column_kind kinds[] = { KIND_PLAIN, KIND_UUID, KIND_BITS, KIND_JSON_ARRAY };
	static struct text sql;
	struct arena arena = { 0 };
	struct column column = { .precision = 5, .scale = 2 };
	struct slice text;
	const char *why = NULL;
	unsigned kind;
	enum status status;

	if (size == 0)
		return 0;
	kind = data[0] % KINDS;
	column.type = kind <= COLUMN_ARRAY ? (enum column_type)kind : kind == KINDS - 1 ? COLUMN_ARRAY : COLUMN_STRING;
	column.kind = kinds[kind < COLUMN_ARRAY ? 0 : kind - COLUMN_ARRAY];
	column.length = column.kind == KIND_BITS ? 4 : 0;
	column.bits = 64;
	column.is_opaque = kind >= COLUMN_ARRAY;
	if (column.type == COLUMN_YEAR || column.type == COLUMN_BIT || column.type == COLUMN_GEOMETRY)
		return 0; /* MySQL's */
	text = (struct slice){ (const char *)data + 1, size - 1 };
	text_clear(&sql);
	text_add_char(&sql, '=');
	status = postgresql_literal(&sql, &column, text, &why);
	DEMAND(status == STATUS_OK ? sql.length > 1 : sql.length == 1 && why != NULL);
	if (status == STATUS_OK) {
		DEMAND(memchr(sql.bytes, '\0', sql.length) == NULL);
		DEMAND(is_literal(sql.bytes + 1, sql.bytes + sql.length));
		status = postgresql_check(&column, text, (struct slice){ sql.bytes + 1, sql.length - 1 }, &arena, &why);
		DEMAND(status == STATUS_OK || status_http(status) < 500);
	}
	check_array(text, false);
	check_array(text, true);
	arena_release(&arena);
	return 0;
}
