/* SPDX-License-Identifier: MIT
 *
 * Values: the first byte says of which type, or that it is a pattern, JSON, a JSON path or a full-text search; the rest
 * is the client's. What comes out is one literal or nothing.
 */
#include <stdint.h>
#include <stdlib.h>

#include "mysql/mysql_fulltext.h"
#include "mysql/mysql_json.h"
#include "mysql/mysql_value.h"
#include "sql_shape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PATTERN = COLUMN_GEOMETRY + 1, JSON, PATH, SEARCH, KINDS = SEARCH + 4 };

static enum status add(struct text *sql, unsigned kind, struct slice text, const char **why)
{
	struct column column = { .length = 1, .type = (enum column_type)kind };
	struct text search = { 0 };
	enum literal_json json;

	if (kind == PATTERN)
		return literal_add_pattern(sql, text, why);
	if (kind == JSON)
		return literal_add_json(sql, text, &json, why);
	if (kind == PATH) {
		struct slice keys[] = { text, { NULL, 0 }, { text.bytes, text.length / 2 } };
		int indices[] = { 0, (int)text.length - 5, 0 };

		mysql_json_add_path(sql, keys, indices, 3);
		return STATUS_OK;
	}
	if (kind < SEARCH)
		return mysql_literal(sql, &column, text, why);
	if (mysql_fulltext_translate(&search, (enum fulltext_form)(kind - SEARCH), text, why)) {
		for (size_t i = 0; i < search.length; i++) /* nothing but words and boolean mode's signs */
			if ((unsigned char)search.bytes[i] < 0x80 && memchr("+-*()\" _", search.bytes[i], 8) == NULL &&
			    !((search.bytes[i] | 32) >= 'a' && (search.bytes[i] | 32) <= 'z') &&
			    !(search.bytes[i] >= '0' && search.bytes[i] <= '9'))
				abort();
		literal_add_string(sql, (struct slice){ search.bytes, search.length });
		text_release(&search);
		return STATUS_OK;
	}
	text_release(&search);
	return STATUS_BAD_SEARCH;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct text sql;
	struct shape shape;
	const char *why = NULL;

	if (size == 0)
		return 0;
	text_clear(&sql);
	text_add_char(&sql, '=');
	if (add(&sql, data[0] % KINDS, (struct slice){ (const char *)data + 1, size - 1 }, &why) == STATUS_OK) {
		shape = (struct shape){ sql.bytes + 1, sql.bytes + sql.length, NULL };
		if (!shape_literal(&shape) || shape.at != shape.end)
			abort();
	} else if (sql.length != 1 || why == NULL)
		abort();
	return 0;
}
