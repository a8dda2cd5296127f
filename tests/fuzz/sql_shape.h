/* SPDX-License-Identifier: MIT
 *
 * sql_shape.h: whether a statement has the one shape a read can have, whatever the client wrote: a small tokenizer and
 * the grammar of sql.c, apart from it. Standard SQL: in a literal only '' is a quote, a backslash is a backslash.
 */
#ifndef MYREST_SQL_SHAPE_H
#define MYREST_SQL_SHAPE_H

#include <stdbool.h>
#include <string.h>

#include "table.h"

struct shape {
	const char *at, *end;
	const struct table *table;
};

static inline bool shape_word(struct shape *shape, const char *word)
{
	size_t length = strlen(word);

	if ((size_t)(shape->end - shape->at) < length || memcmp(shape->at, word, length) != 0)
		return false;
	shape->at += length;
	return true;
}

/* One of the table's exposed columns, in backquotes. */
static inline bool shape_column(struct shape *shape)
{
	for (unsigned i = 0; i < shape->table->column_count; i++) {
		const struct column *column = &shape->table->columns[i];

		if (column->exposed && (size_t)(shape->end - shape->at) >= column->quoted.length &&
		    memcmp(shape->at, column->quoted.bytes, column->quoted.length) == 0) {
			shape->at += column->quoted.length;
			return true;
		}
	}
	return false;
}

static inline bool shape_digits(struct shape *shape)
{
	const char *from = shape->at;

	while (shape->at < shape->end && *shape->at >= '0' && *shape->at <= '9')
		shape->at++;
	return shape->at > from;
}

static inline bool shape_literal(struct shape *shape)
{
	if (shape_word(shape, "X'")) {
		while (shape->at < shape->end && memchr("0123456789ABCDEF", *shape->at, 16) != NULL)
			shape->at++;
		return shape_word(shape, "'");
	}
	if (shape_word(shape, "'")) {
		for (;;) {
			const char *quote = memchr(shape->at, '\'', (size_t)(shape->end - shape->at));

			if (quote == NULL)
				return false;
			shape->at = quote + 1;
			if (!shape_word(shape, "'"))
				return true;
		}
	}
	(void)shape_word(shape, "-");
	if (!shape_digits(shape))
		return false;
	if (shape_word(shape, ".") && !shape_digits(shape))
		return false;
	if (shape_word(shape, "e")) {
		if (!shape_word(shape, "+"))
			(void)shape_word(shape, "-");
		return shape_digits(shape);
	}
	return true;
}

/* filters, orders: how many of them there have to be. */
static inline bool shape_is_read(struct slice sql, const struct table *table, unsigned filters)
{
	struct shape shape = { sql.bytes, sql.bytes + sql.length, table };

	if (!shape_word(&shape, "SELECT "))
		return false;
	do {
		if (!shape_column(&shape))
			return false;
		(void)shape_word(&shape, "+0e0");
	} while (shape_word(&shape, ","));
	if (!shape_word(&shape, " FROM ") || (size_t)(shape.end - shape.at) < table->quoted.length ||
	    memcmp(shape.at, table->quoted.bytes, table->quoted.length) != 0)
		return false;
	shape.at += table->quoted.length;
	for (unsigned i = 0; i < filters; i++)
		if (!shape_word(&shape, i == 0 ? " WHERE " : " AND ") || !shape_column(&shape) || !shape_word(&shape, "=") ||
		    !shape_literal(&shape))
			return false;
	if (shape_word(&shape, " ORDER BY "))
		do {
			if (!shape_column(&shape))
				return false;
			(void)shape_word(&shape, " IS NULL");
			(void)shape_word(&shape, " DESC");
		} while (shape_word(&shape, ","));
	return shape_word(&shape, " LIMIT ") && shape_digits(&shape) &&
	       (!shape_word(&shape, " OFFSET ") || shape_digits(&shape)) && shape.at == shape.end;
}

#endif
