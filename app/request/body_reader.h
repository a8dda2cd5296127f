/* SPDX-License-Identifier: MIT
 *
 * body_reader.h: a body while it is read: the place, the names that were met, the rows so far. For body.c, body_json.c and
 * body_csv.c alone.
 */
#ifndef MYREST_BODY_READER_H
#define MYREST_BODY_READER_H

#include "request/body.h"

struct body_reader {
	const char *at, *end;
	struct slice body;
	struct arena *arena;
	struct fault *fault;

	struct text names; /* each a struct name (body_reader.c); the first column_count are the rows' */
	unsigned name_count, column_count;
	bool names_given, names_open; /* open: new names become columns */
	unsigned *index, index_size;  /* hash of a name -> its place + 1, 0: none */

	unsigned objects;          /* so far: what a name is marked with as met in the present one */
	unsigned members, columns; /* of the present object: its names, and those of them that are columns */
	unsigned first, last;      /* the place of its first name, as far as one knows; of the last one so far, + 1 */

	struct text values; /* each a struct body_value, row by row */
	unsigned row_count;
	size_t absent;
	struct body_value left_out; /* where values go that are nobody's */
};

/* STATUS_BAD_BODY, told with the place. */
enum status body_refuse(struct body_reader *, const char *at, const char *what);
/* The same, of the present row as a whole. */
enum status body_refuse_row(struct body_reader *, const char *what);

/* Before all else: the names of the columns, none of them twice; NULL: they are those of the first object. */
void body_give_names(struct body_reader *, const struct slice *names, unsigned count);
struct slice body_name_at(const struct body_reader *, unsigned place);

/* An object begins, or CSV's first line. */
void body_begin_object(struct body_reader *);
/* Its next name, and the place of that among the columns; not below column_count: it is left out. */
enum status body_add_name(struct body_reader *, struct slice name, unsigned *place) MUST_CHECK;

/* A row begins; its values are ABSENT. */
void body_begin_row(struct body_reader *);
/* Where the present row's value is to be written; until the next call of any function here. */
struct body_value *body_value_at(struct body_reader *, unsigned place);
/* The row is whole. */
enum status body_end_row(struct body_reader *) MUST_CHECK;

static inline bool body_is(const struct body_reader *reader, char byte)
{
	return reader->at < reader->end && *reader->at == byte;
}

static inline bool body_take(struct body_reader *reader, char byte)
{
	if (!body_is(reader, byte))
		return false;
	reader->at++;
	return true;
}

#endif
