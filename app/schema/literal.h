/* SPDX-License-Identifier: MIT
 *
 * literal.h: what literals in SQL have in common: a client's text as a number, a text, bytes, a pattern or JSON, or the reason
 * why it is none. Which of them a column's type has is its database's (dialect.h: literal). These are the only way from a
 * client's bytes into SQL text. A number column never meets a quoted string: that would change the comparison's meaning and
 * lose the index.
 *
 * Literals are standard SQL, so the session must not treat backslashes as escapes (mysql_server.c
 * sets NO_BACKSLASH_ESCAPES, postgresql_server.c standard_conforming_strings).
 */
#ifndef MYREST_LITERAL_H
#define MYREST_LITERAL_H

#include "schema/table.h"

/* Each adds a literal. On another status (STATUS_BAD_VALUE, STATUS_VALUE_RANGE) *sql is as it was and *why says what was
 * expected. */

enum status literal_add_integer(struct text *sql, struct slice text, const char **why) MUST_CHECK;
/* [+-]digits[.digits][e[+-]digits], written without its exponent, so that the server keeps it exact. */
enum status literal_add_decimal(struct text *sql, struct slice text, const char **why) MUST_CHECK;
/* The exact value of the nearest number that a double, or a single, can hold; with an exponent. */
enum status literal_add_float(struct text *sql, struct slice text, bool single, const char **why) MUST_CHECK;
enum status literal_add_uuid(struct text *sql, struct slice text, const char **why) MUST_CHECK;
/* The bytes that the text means; begin: how a literal of bytes begins (dialect.h). */
enum status literal_add_base64(struct text *sql, const char *begin, struct slice text, const char **why) MUST_CHECK;

/* Whether the character set of a string column surely has all of the text's characters. Where it has not, the server
 * refuses to compare. */
bool literal_fits(const struct column *, struct slice text);

/* Adds the literal for LIKE … ESCAPE '\', in which '*' is '%'. STATUS_BAD_PATTERN: as STATUS_BAD_VALUE. */
enum status literal_add_pattern(struct text *sql, struct slice text, const char **why) MUST_CHECK;

/* What JSON there is. */
enum literal_json { LITERAL_NUMBER, LITERAL_TEXT, LITERAL_TRUE, LITERAL_FALSE, LITERAL_NULL, LITERAL_STRUCTURE };

/* Adds JSON text as a literal, and says what it is. STATUS_BAD_VALUE: as above. */
enum status literal_add_json(struct text *sql, struct slice text, enum literal_json *, const char **why) MUST_CHECK;

/* Adds two hexadecimal digits for each byte. */
void literal_add_hex(struct text *sql, struct slice bytes);

/* Adds the bytes, hexadecimal. */
void literal_add_bytes(struct text *sql, const char *begin, struct slice bytes);

/* Reads the next text in single quotes as a catalogue writes it: quotes are doubled, and some bytes stand behind a
 * backslash. Returns where it goes on; NULL: there is none. */
const char *literal_take_string(const char *at, const char *end, struct text *value);

/* Adds 'text' with its quotes doubled. */
void literal_add_string(struct text *sql, struct slice text);

#endif
