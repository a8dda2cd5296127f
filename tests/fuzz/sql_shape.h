/* SPDX-License-Identifier: MIT
 *
 * sql_shape.h: whether a statement has the one shape a read can have, whatever the client wrote: a small tokenizer and
 * the grammar of sql.c and its kin, apart from them. Standard SQL: in a literal only '' is a quote, a backslash is a
 * backslash.
 *
 *     SELECT list FROM table [WHERE condition] [ORDER BY list] LIMIT n [OFFSET n]
 *     SELECT list FROM table [WHERE condition]
 *
 * and whether those of a write are these, whose values are each a literal, NULL or DEFAULT, and whose columns are
 * writable:
 *
 *     INSERT INTO table (columns) VALUES (values),... [ON DUPLICATE KEY UPDATE column=expression,...] [RETURNING list]
 *     UPDATE table SET column=value,... [WHERE condition] [ORDER BY list] [LIMIT n]
 *     DELETE FROM table [WHERE condition] [ORDER BY list] [LIMIT n]
 *     SELECT list FROM table [WHERE condition] [ORDER BY list] [LIMIT n] [FOR UPDATE]
 *
 * A list and a condition are made of words: the table's exposed columns, literals, signs, and a few names of functions
 * and keywords, none of which can begin another clause. Their parentheses are balanced, and a literal, a column and a
 * closed parenthesis never stand side by side without an operator.
 */
#ifndef MYREST_SQL_SHAPE_H
#define MYREST_SQL_SHAPE_H

#include <stdbool.h>
#include <string.h>

#include "schema/table.h"

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

static inline bool shape_any(struct shape *shape, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (shape_word(shape, words[i]))
			return true;
	return false;
}

#define SHAPE_ANY(shape, words) shape_any((shape), (words), sizeof(words) / sizeof((words)[0]))

/* A value, which operators join to others: column, literal, f(…), (…), CASE … END. depth: of parentheses. */
static inline bool shape_expression(struct shape *shape, unsigned depth);

static inline bool shape_case(struct shape *shape, unsigned depth)
{
	if (!shape_word(shape, "WHEN ")) {
		if (!shape_expression(shape, depth + 1) || !shape_word(shape, " WHEN "))
			return false;
	}
	do {
		if (!shape_expression(shape, depth + 1) || !shape_word(shape, " THEN ") ||
		    !shape_expression(shape, depth + 1))
			return false;
	} while (shape_word(shape, " WHEN "));
	if (shape_word(shape, " ELSE ") && !shape_expression(shape, depth + 1))
		return false;
	return shape_word(shape, " END");
}

/* The arguments of a function, and the words that stand behind an argument in some of them. */
static inline bool shape_arguments(struct shape *shape, unsigned depth)
{
	static const char *const endings[] = { " AS CHAR",           " AS SIGNED",     " AS UNSIGNED",
		                               " AS DECIMAL(65,30)", " USING utf8mb4", " IN BOOLEAN MODE",
		                               " AS DATETIME",       " AS DATE",       " AS TIME",
		                               " USING latin1",      " AS BINARY",     " AS DECIMAL(65)" };

	do {
		if (shape_word(shape, "TRAILING ")) {
			if (!shape_literal(shape) || !shape_word(shape, " FROM "))
				return false;
		}
		if (!shape_expression(shape, depth + 1))
			return false;
		if (SHAPE_ANY(shape, endings) && shape_word(shape, "(") &&
		    !(shape_digits(shape) && shape_word(shape, ")")))
			return false;
	} while (shape_word(shape, ","));
	return shape_word(shape, ")");
}

static inline bool shape_value(struct shape *shape, unsigned depth)
{
	static const char *const functions[] = { "JSON_EXTRACT(", "JSON_TYPE(", "JSON_UNQUOTE(", "JSON_CONTAINS(",
		                                 "IF(",           "CONVERT(",   "CAST(",         "TRIM(",
		                                 "LOWER(",        "ST_AsText(", "JSON_VALID(", "ABS(",
		                                 "IFNULL(",       "CONCAT(" };
	static const char *const words[] = { "NULL", "TRUE", "FALSE" };

	if (depth > 1000)
		return false;
	if (shape_word(shape, "MATCH("))
		return shape_column(shape) && shape_word(shape, ") AGAINST(") && shape_literal(shape) &&
		       shape_word(shape, " IN BOOLEAN MODE)");
	if (SHAPE_ANY(shape, functions))
		return shape_arguments(shape, depth);
	if (shape_word(shape, "CASE "))
		return shape_case(shape, depth);
	if (shape_word(shape, "NOT(") || shape_word(shape, "("))
		return shape_expression(shape, depth + 1) && shape_word(shape, ")");
	if (shape_word(shape, "TIME"))
		return shape_literal(shape);
	return SHAPE_ANY(shape, words) || shape_column(shape) || shape_literal(shape);
}

static inline bool shape_list(struct shape *shape, unsigned depth)
{
	do {
		if (!shape_expression(shape, depth + 1))
			return false;
	} while (shape_word(shape, ","));
	return shape_word(shape, ")");
}

static inline bool shape_expression(struct shape *shape, unsigned depth)
{
	static const char *const operators[] = { "<=>", "<=", ">=",     "<>",       "=",     "<",
		                                 ">",   "+",  " LIKE ", " REGEXP ", " AND ", " OR ", "*" };
	static const char *const endings[] = { " COLLATE utf8mb4_bin",
		                               " COLLATE utf8mb4_unicode_520_ci",
		                               " COLLATE latin1_bin",
		                               " IS NULL",
		                               " IS NOT NULL",
		                               " IS TRUE",
		                               " IS NOT TRUE",
		                               " IS FALSE",
		                               " IS UNKNOWN",
		                               " ESCAPE '\\'" };

	do {
		if (!shape_value(shape, depth))
			return false;
		do
			if (shape_word(shape, " IN (") && !shape_list(shape, depth))
				return false;
		while (SHAPE_ANY(shape, endings));
	} while (SHAPE_ANY(shape, operators) || /* no comment begins */
	         (shape->end - shape->at > 1 && shape->at[1] == '`' && shape_word(shape, "-")));
	return true;
}

/* windowed: with a LIMIT, and perhaps an order. */
static inline bool shape_is_read(struct slice sql, const struct table *table, bool windowed)
{
	struct shape shape = { sql.bytes, sql.bytes + sql.length, table };

	if (!shape_word(&shape, "SELECT "))
		return false;
	do {
		if (!shape_expression(&shape, 0))
			return false;
	} while (shape_word(&shape, ","));
	if (!shape_word(&shape, " FROM ") || (size_t)(shape.end - shape.at) < table->quoted.length ||
	    memcmp(shape.at, table->quoted.bytes, table->quoted.length) != 0)
		return false;
	shape.at += table->quoted.length;
	if (shape_word(&shape, " WHERE ") && !shape_expression(&shape, 0))
		return false;
	if (!windowed)
		return shape.at == shape.end;
	if (shape_word(&shape, " ORDER BY "))
		do {
			if (!shape_expression(&shape, 0))
				return false;
			(void)shape_word(&shape, " DESC");
		} while (shape_word(&shape, ","));
	return shape_word(&shape, " LIMIT ") && shape_digits(&shape) &&
	       (!shape_word(&shape, " OFFSET ") || shape_digits(&shape)) && shape.at == shape.end;
}

/* --- Writes --- */

static inline bool shape_table(struct shape *shape)
{
	struct slice quoted = shape->table->quoted;

	if ((size_t)(shape->end - shape->at) < quoted.length || memcmp(shape->at, quoted.bytes, quoted.length) != 0)
		return false;
	shape->at += quoted.length;
	return true;
}

static inline bool shape_writable(struct shape *shape)
{
	const char *from = shape->at;

	if (!shape_column(shape))
		return false;
	for (unsigned i = 0; i < shape->table->column_count; i++) {
		const struct column *column = &shape->table->columns[i];

		if (column->quoted.length == (size_t)(shape->at - from) &&
		    memcmp(column->quoted.bytes, from, column->quoted.length) == 0)
			return column->writable;
	}
	return false;
}

static inline bool shape_written(struct shape *shape)
{
	return shape_word(shape, "NULL") || shape_word(shape, "DEFAULT") || shape_literal(shape);
}

/* (…,…) of columns or values; the count of them, or -1. */
static inline int shape_row(struct shape *shape, bool (*part)(struct shape *))
{
	int count = 0;

	if (!shape_word(shape, "("))
		return -1;
	if (shape_word(shape, ")"))
		return 0;
	do {
		if (!part(shape))
			return -1;
		count++;
	} while (shape_word(shape, ","));
	return shape_word(shape, ")") ? count : -1;
}

static inline bool shape_new(struct shape *shape)
{
	return shape_word(shape, "VALUES(") && shape_column(shape) && shape_word(shape, ")");
}

static inline bool shape_overflow(struct shape *shape, const char *begin)
{
	return shape_word(shape, begin) && shape_word(shape, "+0*IFNULL(LENGTH(") && shape_column(shape) &&
	       shape_word(shape, "),0))");
}

/* column, VALUES(column) or IF(column=VALUES(column) AND … OR the alarm,one of these,column), or what only fails:
 * IF(IF(column=VALUES(column) AND …,the alarm,another overflow),column,column). */
static inline bool shape_resolved(struct shape *shape)
{
	bool fails;

	if (!shape_word(shape, "IF("))
		return shape_new(shape) || shape_column(shape);
	fails = shape_word(shape, "IF(");
	do {
		if (!shape_column(shape) || !shape_word(shape, "=") || !shape_new(shape))
			return false;
	} while (shape_word(shape, " AND "));
	if (!shape_overflow(shape, fails ? ",EXP(10000019" : " OR EXP(10000019"))
		return false;
	if (fails && (!shape_overflow(shape, ",EXP(1000") || !shape_word(shape, ")")))
		return false;
	return shape_word(shape, ",") && ((!fails && shape_new(shape)) || shape_column(shape)) &&
	       shape_word(shape, ",") && shape_column(shape) && shape_word(shape, ")");
}

static inline bool shape_is_insert(struct slice sql, const struct table *table, unsigned rows)
{
	struct shape shape = { sql.bytes, sql.bytes + sql.length, table };
	int columns;

	if (!shape_word(&shape, "INSERT INTO ") || !shape_table(&shape) || !shape_word(&shape, " ") ||
	    (columns = shape_row(&shape, shape_writable)) < 0 || !shape_word(&shape, " VALUES "))
		return false;
	do {
		if (rows-- == 0 || shape_row(&shape, shape_written) != columns)
			return false;
	} while (shape_word(&shape, ","));
	if (shape_word(&shape, " ON DUPLICATE KEY UPDATE "))
		do {
			if (!shape_column(&shape) || !shape_word(&shape, "=") || !shape_resolved(&shape))
				return false;
		} while (shape_word(&shape, ","));
	if (shape_word(&shape, " RETURNING "))
		do {
			if (!shape_expression(&shape, 0))
				return false;
		} while (shape_word(&shape, ","));
	return rows == 0 && shape.at == shape.end;
}

/* What follows the table or the SET. filtered: there has to be a condition. */
static inline bool shape_rows(struct shape *shape, bool filtered)
{
	if (shape_word(shape, " WHERE ")) {
		if (!shape_expression(shape, 0))
			return false;
	} else if (filtered) {
		return false;
	}
	if (shape_word(shape, " ORDER BY "))
		do {
			if (!shape_expression(shape, 0))
				return false;
			(void)shape_word(shape, " DESC");
		} while (shape_word(shape, ","));
	return !shape_word(shape, " LIMIT ") || shape_digits(shape);
}

static inline bool shape_is_change(struct slice sql, const struct table *table)
{
	struct shape shape = { sql.bytes, sql.bytes + sql.length, table };

	if (shape_word(&shape, "DELETE FROM "))
		return shape_table(&shape) && shape_rows(&shape, true) && shape.at == shape.end;
	if (!shape_word(&shape, "UPDATE ") || !shape_table(&shape) || !shape_word(&shape, " SET "))
		return false;
	do {
		if (!shape_writable(&shape) || !shape_word(&shape, "=") || !shape_written(&shape))
			return false;
	} while (shape_word(&shape, ","));
	return shape_rows(&shape, true) && shape.at == shape.end;
}

static inline bool shape_is_lock(struct slice sql, const struct table *table)
{
	struct shape shape = { sql.bytes, sql.bytes + sql.length, table };

	if (!shape_word(&shape, "SELECT "))
		return false;
	do {
		if (!shape_expression(&shape, 0))
			return false;
	} while (shape_word(&shape, ","));
	return shape_word(&shape, " FROM ") && shape_table(&shape) && shape_rows(&shape, true) &&
	       shape_word(&shape, " FOR UPDATE") && shape.at == shape.end;
}

#endif
