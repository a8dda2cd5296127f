/* SPDX-License-Identifier: MIT
 *
 * scan.h: the words that the parts of a query string are made of: names, quoted names, fields with JSON paths; and how
 * a fault in one of them is told. What they mean is query.c's and filter.c's.
 */
#ifndef MYREST_SCAN_H
#define MYREST_SCAN_H

#include "request/query.h"

/* The decoded bytes of one part that are being read. They are ours to change behind us. */
struct scanner {
	char *at, *end;
	struct slice part; /* whose value it is: select, order, a column; no bytes: none */
	struct query *query;
	struct arena *arena;
	struct fault *fault;
	unsigned items; /* of lists, so far */
};

/* Where in the raw query string a text began, from 1. */
unsigned scan_position(const struct query *, const char *at);

/* Sets the fault: the message is what, the details give the part and the scanner's position. Returns STATUS_BAD_QUERY. */
enum status scan_refuse(const struct scanner *, const char *what);
/* The same: more of something than there may be. */
enum status scan_too_many(const struct scanner *, unsigned limit, const char *what);

bool scan_is(const struct scanner *, char byte); /* whether that is the next one */
bool scan_take(struct scanner *, char byte);     /* takes it, if it is */
bool scan_ahead(const struct scanner *, const char *word);
bool scan_take_word(struct scanner *, const char *word);
void scan_spaces(struct scanner *);

/* "…" with \" and \\ inside, whose opening quote is the next byte. false: it does not end, and nothing was taken. */
bool scan_quoted(struct scanner *, struct query_text *);
/* A column's name: quoted, or up to a byte of stop or an arrow. */
enum status scan_name(struct scanner *, const char *stop, struct query_text *) MUST_CHECK;
/* A name, and a JSON path behind it. */
enum status scan_field(struct scanner *, const char *stop, struct query_field *) MUST_CHECK;
/* The path alone, whose first arrow is ahead (or none). */
enum status scan_path(struct scanner *, const char *stop, struct query_field *) MUST_CHECK;

#endif
