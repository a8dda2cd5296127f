/* SPDX-License-Identifier: MIT */
#include "config/table_choices.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_TABLES = 1000, MAX_COLUMNS = 4096 };

struct cursor {
	const char *start, *at;
	struct arena *arena;
	const char *fault;
};

static void skip_space(struct cursor *cursor)
{
	cursor->at += strspn(cursor->at, " \t\r\n");
}

static bool refuse(struct cursor *cursor, const char *what)
{
	cursor->fault = arena_printf(cursor->arena, "%s at character %d", what, (int)(cursor->at - cursor->start) + 1);
	return false;
}

static bool parse_name(struct cursor *cursor, struct slice *name)
{
	const char *end;
	char *copy;
	size_t length = 0;

	skip_space(cursor);
	if (*cursor->at != '"') {
		end = cursor->at + strcspn(cursor->at, ",()\"");
		if (*end == '"')
			return cursor->at = end, refuse(cursor, "a '\"' inside of an unquoted name");
		while (end > cursor->at && strchr(" \t\r\n", end[-1]) != NULL)
			end--;
		if (end == cursor->at)
			return refuse(cursor, "a name is missing");
		*name = (struct slice){ arena_text(cursor->arena, cursor->at, (size_t)(end - cursor->at)),
		                        (size_t)(end - cursor->at) };
		cursor->at = end;
		skip_space(cursor);
		return true;
	}
	copy = arena_alloc(cursor->arena, strlen(cursor->at));
	for (end = cursor->at + 1; *end != '"' || end[1] == '"'; end++) {
		if (*end == '\0')
			return refuse(cursor, "the quoted name has no closing '\"'");
		if (*end == '"')
			end++;
		copy[length++] = *end;
	}
	if (length == 0)
		return refuse(cursor, "a name is empty");
	*name = (struct slice){ copy, length };
	cursor->at = end + 1;
	skip_space(cursor);
	return true;
}

static bool parse_columns(struct cursor *cursor, struct table_choice *choice)
{
	struct slice *columns = NULL;

	do {
		cursor->at++; /* '(' or ',' */
		if (choice->column_count == MAX_COLUMNS) {
			free(columns);
			return refuse(cursor, "more columns than a table can have");
		}
		columns = memory_grow(columns, (choice->column_count + 1) * sizeof(*columns));
		if (!parse_name(cursor, &columns[choice->column_count++])) {
			free(columns);
			return false;
		}
	} while (*cursor->at == ',');
	choice->columns = arena_alloc(cursor->arena, choice->column_count * sizeof(*columns));
	memcpy(choice->columns, columns, choice->column_count * sizeof(*columns));
	free(columns);
	if (*cursor->at != ')')
		return refuse(cursor, "expected ',' or ')'");
	cursor->at++;
	skip_space(cursor);
	return true;
}

static const char *parse_choices(const char *text, struct arena *arena, struct table_choices *choices)
{
	struct cursor cursor = { text, text, arena, NULL };
	struct table_choice *choice;

	for (;;) {
		choice = &choices->entries[choices->count];
		if (choices->count == MAX_TABLES) {
			refuse(&cursor, "more than 1000 tables");
			return cursor.fault;
		}
		if (!parse_name(&cursor, &choice->name))
			return cursor.fault;
		for (unsigned i = 0; i < choices->count; i++)
			if (choices->entries[i].name.length == choice->name.length &&
			    memcmp(choices->entries[i].name.bytes, choice->name.bytes, choice->name.length) == 0)
				return arena_printf(arena, "'%.*s' is named twice", (int)choice->name.length,
				                    choice->name.bytes);
		choices->count++;
		if (*cursor.at == '(' && !parse_columns(&cursor, choice))
			return cursor.fault;
		if (*cursor.at == '\0')
			return NULL;
		if (*cursor.at != ',') {
			refuse(&cursor, "expected ','");
			return cursor.fault;
		}
		cursor.at++;
	}
}

const char *table_choices_parse(const char *text, struct arena *arena, struct table_choices *choices)
{
	const char *fault;

	choices->count = 0;
	choices->entries = arena_alloc(arena, MAX_TABLES * sizeof(*choices->entries));
	if ((fault = parse_choices(text, arena, choices)) != NULL)
		choices->count = 0; /* the last one may be half read */
	return fault;
}

static bool same(struct slice a, struct slice b)
{
	return a.length == b.length && memcmp(a.bytes, b.bytes, a.length) == 0;
}

const struct table_choice *table_choice_find(const struct table_choices *choices, struct slice name)
{
	for (unsigned i = 0; i < choices->count; i++)
		if (same(choices->entries[i].name, name))
			return &choices->entries[i];
	return NULL;
}

bool table_choice_has(const struct table_choice *choice, struct slice column)
{
	for (unsigned i = 0; i < choice->column_count; i++)
		if (same(choice->columns[i], column))
			return true;
	return choice->column_count == 0;
}
