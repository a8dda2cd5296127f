/* SPDX-License-Identifier: MIT */
#include "plan/write_value.h"

#include <string.h>

#include "base/integer.h"
#include "base/json.h"
#include "schema/dialect.h"
#include "schema/literal.h"

/* Whether it is that member of the column's. Where the catalogue cannot write a character, beyond U+FFFF, it has a '?'. */
static bool is_member(struct slice member, struct slice text)
{
	const char *byte = text.bytes, *end = byte + text.length;

	for (size_t i = 0; i < member.length; i++)
		if (member.bytes[i] == '?' && end - byte >= 4 && (unsigned char)*byte >= 0xf0)
			byte += 4;
		else if (byte == end || *byte++ != member.bytes[i])
			return false;
	return byte == end;
}

static bool has_member(const struct column *column, struct slice text)
{
	for (unsigned i = 0; i < column->member_count; i++)
		if (is_member(column->members[i], text))
			return true;
	return false;
}

/* To the server a text that is no member may be a member's number, and another case the same member. */
static bool is_of_members(const struct column *column, struct slice text)
{
	const char *at = text.bytes, *end = at + text.length, *comma;

	if (column->kind == KIND_ENUM)
		return has_member(column, text);
	for (; at < end; at = comma + 1) {
		comma = slice_find(at, end, ',');
		if (!has_member(column, (struct slice){ at, (size_t)(comma - at) }))
			return false;
	}
	return text.length == 0 || end[-1] != ',';
}

static uint64_t count_characters(struct slice text)
{
	uint64_t count = 0;

	for (size_t i = 0; i < text.length; i++)
		count += ((unsigned char)text.bytes[i] & 0xc0) != 0x80;
	return count;
}

/* The server cuts spaces at the end of what is too long, and all of a CHAR's, without a word. */
static enum status check_text(const struct column *column, struct slice text, struct arena *arena, const char **why)
{
	uint64_t characters;

	if (column->kind == KIND_ENUM || column->kind == KIND_SET) {
		*why = arena_printf(arena, "expected %s", column->declared.bytes);
		return is_of_members(column, text) ? STATUS_OK : STATUS_NO_MEMBER;
	}
	if (column->length > 0 && (column->kind == KIND_CHAR || column->kind == KIND_VARCHAR) &&
	    text.length > column->length && (characters = count_characters(text)) > column->length) {
		*why = arena_printf(arena, "%llu characters are too many, there is room for %llu",
		                    (unsigned long long)characters, (unsigned long long)column->length);
		return STATUS_TOO_LONG;
	}
	if (column->kind == KIND_CHAR && text.length > 0 && text.bytes[text.length - 1] == ' ') {
		*why = "spaces at the end are not kept";
		return STATUS_TOO_LONG;
	}
	if (column->length > 0 && column->last_character == 0 && column->kind == KIND_TEXT &&
	    text.length > column->length) { /* counted in bytes */
		*why = arena_printf(arena, "%llu bytes are too many, there is room for %llu",
		                    (unsigned long long)text.length, (unsigned long long)column->length);
		return STATUS_TOO_LONG;
	}
	return STATUS_OK;
}

/* The digits behind the point of the literal, but for zeros at its end, and for what is behind them: a quote, or BC. */
static size_t count_fraction(const char *literal, const char *end)
{
	const char *point = slice_find(literal, end, '.');

	while (end > point && (end[-1] < '1' || end[-1] > '9'))
		end--;
	return end > point ? (size_t)(end - point - 1) : 0;
}

static enum status refuse_fraction(unsigned most, struct arena *arena, const char **why)
{
	*why = most > 0 ? arena_printf(arena, "expected at most %u digits behind the point", most) :
	                  "expected no digits behind the point";
	return STATUS_NO_FIT;
}

/* FLOAT(7,2) and its like are rounded as DECIMALs are. */
static enum status check_scaled(const struct column *column, struct slice number, struct text *sql, struct arena *arena,
                                const char **why)
{
	const struct column decimal = { .type = COLUMN_DECIMAL };
	size_t before = sql->length, digits = 0;
	const char *unused;

	if (column->kind != KIND_SCALED)
		return STATUS_OK;
	if (literal_add_literal(sql, &decimal, number, &unused) == STATUS_OK)
		digits = count_fraction(sql->bytes + before, sql->bytes + sql->length);
	sql->length = before;
	return digits <= column->scale ? STATUS_OK : refuse_fraction(column->scale, arena, why);
}

static enum status check_fraction(const struct column *column, const char *literal, const char *end,
                                  struct arena *arena, const char **why)
{
	unsigned most = column->type == COLUMN_DECIMAL ? column->scale : column->precision;

	if (column->type != COLUMN_DECIMAL && column->type != COLUMN_TIME && column->type != COLUMN_DATETIME &&
	    column->type != COLUMN_TIMESTAMP)
		return STATUS_OK;
	if (column->type == COLUMN_DECIMAL && column->precision == 0) /* PostgreSQL: as many as there are */
		return STATUS_OK;
	return count_fraction(literal, end) <= most ? STATUS_OK : refuse_fraction(most, arena, why);
}

/* The server would call it too long. */
static enum status check_bits(const struct column *column, const char *literal, const char *end)
{
	struct integer bits;

	if (column->type != COLUMN_BIT)
		return STATUS_OK;
	if (integer_read((struct slice){ literal, (size_t)(end - literal) }, &bits) != STATUS_OK || bits.negative ||
	    (column->length < 64 && bits.magnitude >> column->length != 0))
		return STATUS_VALUE_RANGE;
	return STATUS_OK;
}

/* The server fills a BINARY up with NULs. The literal is X'…'. */
static enum status check_bytes(const struct column *column, size_t literal, struct arena *arena, const char **why)
{
	if (column->kind != KIND_BINARY || (literal - 3) / 2 >= column->length)
		return STATUS_OK;
	*why = arena_printf(arena, "expected %llu bytes", (unsigned long long)column->length);
	return STATUS_NO_FIT;
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

/* What stands between the literal's first byte and the end of the text. */
static enum status check_literal(struct text *sql, size_t from, const struct dialect *dialect,
                                 const struct column *column, struct slice given, struct arena *arena, const char **why)
{
	const char *literal = sql->bytes + from, *end = sql->bytes + sql->length;
	enum status status = check_bytes(column, sql->length - from, arena, why);

	if (status == STATUS_OK)
		status = check_bits(column, literal, end);
	if (status == STATUS_OK)
		status = check_fraction(column, literal, end, arena, why);
	if (status == STATUS_OK && dialect->check != NULL)
		status = dialect->check(column, (struct slice){ literal, (size_t)(end - literal) }, arena, why);
	return status == STATUS_OK ? check_scaled(column, given, sql, arena, why) : status;
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
	if (column->type == COLUMN_STRING && (status = check_text(column, value->text, arena, why)) != STATUS_OK)
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
