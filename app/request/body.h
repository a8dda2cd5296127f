/* SPDX-License-Identifier: MIT
 *
 * body.h: what a client sends to be written, as rows of named values: JSON (RFC 8259: one object or an array of
 * objects) or CSV (RFC 4180, lines that end with CRLF or LF; the first one names the columns; an empty field is NULL,
 * "" an empty text). Knows no table and no SQL.
 *
 * JSON is read by our own code: numbers have to stay the digits that were sent (a library would make doubles of
 * DECIMALs), parts for JSON columns the text that was sent, and what is not RFC 8259 (NaN, comments), or is and cannot
 * be kept (a row's name twice, lone surrogates), is refused with its place. An object inside of a row's value is text
 * to us: a name may be there twice, as the database likes it.
 */
#ifndef MYREST_BODY_H
#define MYREST_BODY_H

#include "base/arena.h"
#include "base/text.h"

enum {
	BODY_MAX_NAMES = 4096,     /* of one object or of CSV; what a table can have */
	BODY_MAX_DEPTH = 512,      /* arrays and objects that are open at a time, the outermost counted */
	BODY_MAX_ABSENT = 1 << 20, /* values: each takes memory, and no byte of the body */
};

enum body_form { BODY_JSON, BODY_CSV };

enum body_kind {
	BODY_ABSENT, /* the object does not have the name; only when names were given */
	BODY_NULL,
	BODY_TRUE,
	BODY_FALSE,
	BODY_NUMBER,
	BODY_TEXT,
	BODY_STRUCTURE, /* an object or an array */
};

struct body_value {
	enum body_kind kind;
	/* TEXT: decoded, valid UTF-8, may contain NUL; otherwise as it stands: null (CSV: no bytes), true, 1.50, {…} */
	struct slice text;
	struct slice json; /* of JSON: as it stands, with the quotes of a text; of CSV: no bytes */
};

struct body {
	bool is_list; /* an array or CSV, not one object */
	unsigned name_count, row_count;
	const struct slice *names; /* decoded */
	struct body_value *values; /* row_count times name_count, row by row */
};

/* Reads a body. Without names (NULL) they are those of the first object, and the others must have the same; with names
 * (none of them twice) the values are theirs, absent ones are ABSENT, and others are left out. A name that an object
 * (or CSV's first line) has twice is a fault, left out or not. CSV may begin with a byte order mark; a line without a
 * byte is a row of one NULL, but one such line at the end is none.
 *
 * STATUS_OK, or STATUS_BAD_BODY and *fault, whose details say where: `at byte 17 of the body`, `at the end of the
 * body`, `in row 3`, `in row 3: 'id' is missing`, `in the first line` (bytes and rows count from 1, CSV's first line is
 * no row). Takes time and memory in proportion to the body, whoever chose its names, and BODY_MAX_ABSENT values beside.
 * Slices point into the body, the names or the arena; the fault's texts into the arena. */
enum status body_parse(struct slice body, enum body_form, const struct slice *names, unsigned name_count,
                       struct arena *, struct body *, struct fault *) MUST_CHECK;

#endif
