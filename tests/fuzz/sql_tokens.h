/* SPDX-License-Identifier: MIT
 *
 * sql_tokens.h: what of a statement is not text: each literal becomes ' and each name the quote that it stands in, and
 * lists of these become one. Standard SQL, as in sql_shape.h, but no grammar: two statements that differ in their values
 * alone are the same then, whatever the values are, and what is left can be held against the words that the program has.
 */
#ifndef MYREST_SQL_TOKENS_H
#define MYREST_SQL_TOKENS_H

#include <stdbool.h>
#include <string.h>

#include "schema/table.h"

/* Behind the text or name that begins there; NULL: it has no end. */
static inline const char *tokens_behind(const char *at, const char *end)
{
	char quote = *at++;

	while ((at = memchr(at, quote, (size_t)(end - at))) != NULL) {
		at++;
		if (at == end || *at != quote)
			return at;
		at++;
	}
	return NULL;
}

/* Whether the table has that name, with its quotes, or a column of it, or its schema; or it is that of PostgreSQL's collation. */
static inline bool tokens_has_name(const struct table *table, struct slice name)
{
	if (slice_is(name, "\"C\""))
		return true;
	if (table->quoted_name.length == name.length && memcmp(table->quoted_name.bytes, name.bytes, name.length) == 0)
		return true;
	if (table->quoted.length == name.length + 1 + table->quoted_name.length &&
	    memcmp(table->quoted.bytes, name.bytes, name.length) == 0) /* its schema */
		return true;
	for (unsigned i = 0; i < table->column_count; i++)
		if (table->columns[i].quoted.length == name.length &&
		    memcmp(table->columns[i].quoted.bytes, name.bytes, name.length) == 0)
			return true;
	return false;
}

/* Whether it ends with that quote, a comma, and now the quote again. */
static inline bool tokens_repeat(const struct text *bare, char quote)
{
	return bare->length > 1 && bare->bytes[bare->length - 1] == ',' && bare->bytes[bare->length - 2] == quote;
}

/* Adds what is left. quote: of names. table: whose names alone may stand there; NULL: any. false: a text has no end, a name
 * is none of the table's, or outside of texts there is a control character, a byte above ASCII or a comment. */
static inline bool tokens_bare(struct text *bare, struct slice sql, char quote, const struct table *table)
{
	const char *at = sql.bytes, *end = at + sql.length, *from;

	while (at < end) {
		from = at;
		if (*at == '\'' || *at == quote) {
			if ((at = tokens_behind(at, end)) == NULL)
				return false;
			if (*from == quote && table != NULL &&
			    !tokens_has_name(table, (struct slice){ from, (size_t)(at - from) }))
				return false;
			if (memchr(from, '\0', (size_t)(at - from)) != NULL)
				return false;
			if (tokens_repeat(bare, *from))
				bare->length--;
			else
				text_add_char(bare, *from);
			continue;
		}
		if (*at < ' ' || *at == 0x7f || *at == '\\' || (end - at > 1 && (memcmp(at, "--", 2) == 0 || memcmp(at, "/*", 2) == 0)))
			return false;
		text_add_char(bare, *at++);
	}
	return true;
}

static inline bool tokens_is_letter(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
}

/* Whether all words of what is left are among these, which stand between spaces; *unknown: the first one that is not. */
static inline bool tokens_are_words(struct slice bare, const char *words, struct slice *unknown)
{
	static struct text word;
	const char *at = bare.bytes, *end = at + bare.length, *from;

	while (at < end) {
		if (!tokens_is_letter(*at)) {
			at++;
			continue;
		}
		for (from = at; at < end && (tokens_is_letter(*at) || (*at >= '0' && *at <= '9')); at++)
			;
		*unknown = (struct slice){ from, (size_t)(at - from) };
		text_clear(&word);
		text_add_char(&word, ' ');
		text_add(&word, from, unknown->length);
		text_add_char(&word, ' ');
		if (strstr(words, text_terminate(&word)) == NULL)
			return false;
	}
	return true;
}

#endif
