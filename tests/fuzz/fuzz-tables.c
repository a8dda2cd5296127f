/* SPDX-License-Identifier: MIT
 *
 * MYREST_TABLES: what was read, written again with every name quoted, reads the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "schema/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add_quoted(struct text *to, struct slice name)
{
	text_add_char(to, '"');
	for (size_t i = 0; i < name.length; i++) {
		if (name.bytes[i] == '"')
			text_add_char(to, '"');
		text_add_char(to, name.bytes[i]);
	}
	text_add_char(to, '"');
}

static void write_choices(struct text *to, const struct table_choices *choices)
{
	for (unsigned i = 0; i < choices->count; i++) {
		if (i > 0)
			text_add_char(to, ',');
		add_quoted(to, choices->entries[i].name);
		for (unsigned c = 0; c < choices->entries[i].column_count; c++) {
			text_add_char(to, c == 0 ? '(' : ',');
			add_quoted(to, choices->entries[i].columns[c]);
		}
		if (choices->entries[i].column_count > 0)
			text_add_char(to, ')');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = { 0 };
	struct table_choices choices, again;
	struct text text = { 0 }, once = { 0 }, twice = { 0 };

	text_add(&text, data, size);
	if (table_choices_parse(text_terminate(&text), &arena, &choices) == NULL) {
		if (choices.count == 0)
			abort();
		write_choices(&once, &choices);
		if (table_choices_parse(text_terminate(&once), &arena, &again) != NULL)
			abort();
		write_choices(&twice, &again);
		if (once.length != twice.length || memcmp(once.bytes, twice.bytes, once.length) != 0)
			abort();
	}
	text_release(&text);
	text_release(&once);
	text_release(&twice);
	arena_release(&arena);
	return 0;
}
