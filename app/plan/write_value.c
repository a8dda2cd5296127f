/* SPDX-License-Identifier: MIT */
#include "plan/write_value.h"

#include <string.h>

#include "base/json.h"
#include "schema/dialect.h"
#include "schema/literal.h"
#include "schema/literal_check.h"

static enum status check_fraction(const struct column *column, struct slice literal, struct arena *arena, const char **why)
{
	if (column->type == COLUMN_DECIMAL && column->precision > 0) /* otherwise it has as many digits as there are */
		return literal_check_fraction(literal, column->scale, arena, why);
	if (column->type == COLUMN_TIME || column->type == COLUMN_DATETIME || column->type == COLUMN_TIMESTAMP)
		return literal_check_fraction(literal, column->precision, arena, why);
	return STATUS_OK;
}

/* MariaDB keeps JSON as it was written, and its paths look for a name as it is written; programs write names of other
 * alphabets with escapes. */
static void add_plain_json(struct text *sql, struct slice json)
{
	struct text plain = { 0 };

	json_add_names(&plain, json.bytes, json.length);
	literal_add_string(sql, (struct slice){ plain.bytes, plain.length });
	text_release(&plain);
}

static enum status add_json(struct text *sql, const struct dialect *dialect, const struct body_value *value,
                            const char **why)
{
	struct slice json = value->json.bytes != NULL ? value->json : value->text;
	enum literal_json kind;
	size_t before = sql->length;
	enum status status = literal_add_json(sql, json, &kind, why);

	if (status == STATUS_OK && dialect->json_names_plain && memchr(json.bytes, '\\', json.length) != NULL) {
		sql->length = before;
		add_plain_json(sql, json);
	}
	if (status == STATUS_OK && dialect->check_json != NULL && (status = dialect->check_json(json, why)) != STATUS_OK)
		sql->length = before;
	return status;
}

/* The literal is what stands from there on. */
static enum status check_literal(struct text *sql, size_t from, const struct dialect *dialect,
                                 const struct column *column, struct slice given, struct arena *arena, const char **why)
{
	struct slice literal = { sql->bytes + from, sql->length - from };
	enum status status = check_fraction(column, literal, arena, why);

	return status == STATUS_OK ? dialect->check(column, given, literal, arena, why) : status;
}

enum status write_value_add(struct text *sql, const struct dialect *dialect, const struct column *column,
                        const struct body_value *value, struct arena *arena, const char **why)
{
	size_t before = sql->length;
	enum status status;

	*why = NULL;
	if (value->kind == BODY_NULL && column->null_is_now)
		return STATUS_NULL;
	if (value->kind == BODY_ABSENT || value->kind == BODY_NULL) {
		text_add_string(sql, value->kind == BODY_ABSENT ? "DEFAULT" : "NULL");
		return STATUS_OK;
	}
	if (column->type == COLUMN_JSON)
		return add_json(sql, dialect, value, why);
	if (column->type == COLUMN_STRING && (status = dialect->check_text(column, value->text, arena, why)) != STATUS_OK)
		return status;
	status = dialect->literal(sql, column, value->text, why);
	if (status == STATUS_OK)
		status = check_literal(sql, before, dialect, column, value->text, arena, why);
	if (status == STATUS_VALUE_RANGE) {
		*why = "the value is out of range";
		status = STATUS_NO_FIT;
	}
	if (status != STATUS_OK)
		sql->length = before;
	return status;
}
