/* SPDX-License-Identifier: MIT */
#include "schema/literal_check.h"

static uint64_t count_characters(struct slice text)
{
	uint64_t count = 0;

	for (size_t i = 0; i < text.length; i++)
		count += ((unsigned char)text.bytes[i] & 0xc0) != 0x80;
	return count;
}

enum status literal_check_characters(const struct column *column, struct slice text, struct arena *arena, const char **why)
{
	uint64_t characters;

	if (column->kind != KIND_CHAR && column->kind != KIND_VARCHAR)
		return STATUS_OK;
	if (column->length > 0 && text.length > column->length && (characters = count_characters(text)) > column->length) {
		*why = arena_printf(arena, "the value has %llu characters, the maximum is %llu",
		                    (unsigned long long)characters, (unsigned long long)column->length);
		return STATUS_TOO_LONG;
	}
	if (column->kind == KIND_CHAR && text.length > 0 && text.bytes[text.length - 1] == ' ') {
		*why = "spaces at the end would be removed";
		return STATUS_TOO_LONG;
	}
	return STATUS_OK;
}

/* The digits after the point of the literal, but for zeros at its end, and for what is behind them: a quote, or BC. */
static size_t count_fraction(const char *literal, const char *end)
{
	const char *point = slice_find(literal, end, '.');

	while (end > point && (end[-1] < '1' || end[-1] > '9'))
		end--;
	return end > point ? (size_t)(end - point - 1) : 0;
}

enum status literal_check_fraction(struct slice literal, unsigned most, struct arena *arena, const char **why)
{
	if (count_fraction(literal.bytes, literal.bytes + literal.length) <= most)
		return STATUS_OK;
	*why = most > 0 ? arena_printf(arena, "expected at most %u digits after the point", most) :
	                  "expected no digits after the point";
	return STATUS_NO_FIT;
}
