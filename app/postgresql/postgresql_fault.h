/* SPDX-License-Identifier: MIT
 *
 * postgresql_fault.h: what an error of a PostgreSQL server, or of the connection to it, means, by its SQLSTATE and its
 * words.
 */
#ifndef MYREST_POSTGRESQL_FAULT_H
#define MYREST_POSTGRESQL_FAULT_H

#include "database/database.h"

/* What stands in the statement where the server found the error. */
enum postgresql_place {
	PLACE_UNKNOWN,   /* the server says no place: most errors are found while the statement runs */
	PLACE_VALUE,     /* a literal: its text cannot be read as its type */
	PLACE_LANGUAGE,  /* that which names the language of a search */
	PLACE_STATEMENT, /* anything else: an operator that is not there, a name */
};

/* The fields of the server's error; each may be NULL. No state: the connection broke, and the message is the library's.
 * Of the server's detail, in which there are values of rows, only a duplicate's key is taken. */
struct postgresql_fault {
	const char *state, *message, *column, *constraint;
	const char *detail;
	const char *function; /* of the server, which found the error */
	const char *severity; /* ERROR, FATAL or PANIC */
	enum postgresql_place place;
};

/* What stands at that byte of the statement. */
enum postgresql_place postgresql_fault_place(struct slice sql, size_t offset);

/* Fills in the error; its text is "STATE: message (name)", but of a trigger's own words those alone. Answers whether the connection is gone. */
bool postgresql_fault_read(struct database_error *, const struct postgresql_fault *) MUST_CHECK;

#endif
