/* SPDX-License-Identifier: MIT
 *
 * literal.h: a client's text for a column, as a literal in SQL of the column's type, or the reason why it is none. This
 * is the only way from a client's bytes into SQL text. A number column never meets a quoted string: that would change
 * the comparison's meaning and lose the index.
 *
 * Literals are standard SQL, so the session must not treat backslashes as escapes (mysql_server.c
 * sets NO_BACKSLASH_ESCAPES, postgresql_server.c standard_conforming_strings).
 */
#ifndef MYREST_LITERAL_H
#define MYREST_LITERAL_H

#include "schema/table.h"

/* Adds the literal for `column = literal`. On another status *sql is as it was and *why says what was expected. */
enum status literal_add_literal(struct text *sql, const struct column *, struct slice text, const char **why) MUST_CHECK;

/* Whether the character set of a string column surely has all of the text's characters. Where it has not, the server
 * refuses to compare. */
bool literal_fits(const struct column *, struct slice text);

/* Adds the literal for LIKE … ESCAPE '\', in which '*' is '%'. STATUS_BAD_PATTERN: as literal_add_literal. */
enum status literal_add_pattern(struct text *sql, struct slice text, const char **why) MUST_CHECK;

/* What JSON there is. */
enum literal_json { LITERAL_NUMBER, LITERAL_TEXT, LITERAL_TRUE, LITERAL_FALSE, LITERAL_NULL, LITERAL_STRUCTURE };

/* Adds JSON text as a literal, and says what it is. STATUS_BAD_VALUE: as literal_add_literal. */
enum status literal_add_json(struct text *sql, struct slice text, enum literal_json *, const char **why) MUST_CHECK;

/* Adds a JSON path as a literal: '$."key"[0]'. A key of NULL bytes: the index beside it, from the end when negative. */
void literal_add_path(struct text *sql, const struct slice *keys, const int *indices, unsigned count);

/* Adds two hexadecimal digits for each byte. */
void literal_add_hex(struct text *sql, struct slice bytes);

/* Adds a value that the database gave for the column, as a literal that is equal to it. */
enum status literal_add_stored(struct text *sql, const struct column *, struct slice bytes) MUST_CHECK;

/* Reads the next text in single quotes as a catalogue writes it: quotes are doubled, and some bytes stand behind a
 * backslash. Returns where it goes on; NULL: there is none. */
const char *literal_take_string(const char *at, const char *end, struct text *value);

/* Adds 'text' with its quotes doubled. */
void literal_add_string(struct text *sql, struct slice text);

#endif
