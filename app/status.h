/* SPDX-License-Identifier: MIT
 *
 * status.h: every way in which a request or a step can end, each with what HTTP and the clients' error handling
 * call it. One list; all tables are made from it.
 *
 * Codes: PGRSTnnn are PostgREST's own (https://postgrest.org, "Errors"), five characters are SQLSTATEs as
 * PostgreSQL numbers them, because the clients that exist branch on those.
 */
#ifndef MYREST_STATUS_H
#define MYREST_STATUS_H

/* X(name, HTTP status, code, default message) */
#define STATUS_LIST(X) \
	X(STATUS_OK, 200, "", "") \
	X(STATUS_BAD_QUERY, 400, "PGRST100", "the query string cannot be understood") \
	X(STATUS_BAD_REQUEST, 400, "PGRST100", "the request cannot be understood") \
	X(STATUS_BAD_PREFERENCE, 400, "PGRST122", "a preference is not known, and handling=strict") \
	X(STATUS_NO_RELATION, 400, "PGRST200", "rows of another table are not supported") \
	X(STATUS_NO_AGGREGATES, 400, "PGRST123", "aggregates are not supported") \
	X(STATUS_NO_SUCH_COLUMN, 400, "42703", "no such column") \
	X(STATUS_NO_SUCH_OPERATOR, 400, "42883", "the operator does not exist for the column's type") \
	X(STATUS_NO_SUCH_TYPE, 400, "42704", "no such type") \
	X(STATUS_NO_SUCH_CAST, 400, "42846", "the column's type cannot be cast to this one") \
	X(STATUS_BAD_VALUE, 400, "22P02", "the value is not of the column's type") \
	X(STATUS_VALUE_RANGE, 400, "22003", "the value is out of range") \
	X(STATUS_BAD_PATTERN, 400, "22025", "the pattern ends with its escape character") \
	X(STATUS_BAD_REGULAR, 400, "2201B", "the regular expression cannot be understood") \
	X(STATUS_BAD_SEARCH, 400, "42601", "the full-text search cannot be understood") \
	X(STATUS_FORBIDDEN, 403, "42501", "the database refuses the statement") \
	X(STATUS_NO_SUCH_PATH, 404, "PGRST125", "nothing at this path") \
	X(STATUS_NO_SUCH_TABLE, 404, "PGRST205", "no such table") \
	X(STATUS_NO_SUCH_ROW, 404, "PGRST116", "no row has this key") \
	X(STATUS_BAD_METHOD, 405, "PGRST117", "this method is not allowed here") \
	X(STATUS_NOT_ACCEPTABLE, 406, "PGRST107", "none of the accepted media types can be made") \
	X(STATUS_NO_SUCH_SCHEMA, 406, "PGRST106", "no such schema is served here") \
	X(STATUS_NOT_SINGULAR, 406, "PGRST116", "one object was asked for, and there are none or several") \
	X(STATUS_BODY_TOO_LARGE, 413, "PGRST100", "the request is too large") \
	X(STATUS_URI_TOO_LONG, 414, "PGRST100", "the request's path and query are too long") \
	X(STATUS_BAD_RANGE, 416, "PGRST103", "the range cannot be satisfied") \
	X(STATUS_FAULT, 500, "PGRSTX00", "something went wrong here; the log says what, under the request's id") \
	X(STATUS_AWAY, 503, "PGRST001", "the database cannot be reached") \
	X(STATUS_BUSY, 503, "PGRST003", "the database is too busy") \
	X(STATUS_TIMEOUT, 504, "57014", "the statement ran past its time")

enum status {
#define X(name, http, code, message) name,
	STATUS_LIST(X)
#undef X
	STATUS_COUNT
};

/* Something is wrong and the caller must look: the compiler says so when it does not. */
#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))

/* A fault as a client is told it. Texts live as long as the arena they were made in; details and hint may be NULL. */
struct fault {
	enum status status;
	const char *message; /* NULL: the status's own */
	const char *details;
	const char *hint;
};

int status_http(enum status);
const char *status_code(enum status);
const char *status_message(enum status);

#endif
