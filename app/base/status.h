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

#include <stdbool.h>

/* X(name, HTTP status, code, default message) */
#define STATUS_LIST(X) \
	X(STATUS_OK, 200, "", "") \
	X(STATUS_BAD_QUERY, 400, "PGRST100", "the query string cannot be parsed") \
	X(STATUS_BAD_REQUEST, 400, "PGRST100", "the request cannot be parsed") \
	X(STATUS_BAD_PREFERENCE, 400, "PGRST122", "unknown preference (handling=strict)") \
	X(STATUS_BAD_BODY, 400, "PGRST102", "the body cannot be parsed") \
	X(STATUS_NO_SUCH_KEY, 400, "PGRST204", "the table has no such column") \
	X(STATUS_KEY_MISMATCH, 400, "PGRST115", "the key in the body differs from the key in the path") \
	X(STATUS_PUT_WINDOW, 400, "PGRST114", "limit and offset do not apply to PUT") \
	X(STATUS_TOO_MANY_AFFECTED, 400, "PGRST124", "more rows are affected than max-affected allows") \
	X(STATUS_UNFILTERED, 400, "21000", "a change of all rows is not allowed: add a filter") \
	X(STATUS_NOT_WRITABLE, 400, "428C9", "the column cannot be written") \
	X(STATUS_NO_CONFLICT_KEY, 400, "42P10", "on_conflict does not match a unique key of the table") \
	X(STATUS_RAISED, 400, "P0001", "a trigger refused the change") \
	X(STATUS_NOT_UPDATABLE, 400, "55000", "the table or view cannot be written in this way") \
	X(STATUS_SORT, 400, "53200", \
	  "the database does not have enough memory to sort these rows: select fewer columns, or order by fewer") \
	X(STATUS_NO_RELATION, 400, "PGRST200", "rows of another table are not supported") \
	X(STATUS_NO_AGGREGATES, 400, "PGRST123", "aggregates are not supported") \
	X(STATUS_NO_SUCH_COLUMN, 400, "42703", "no such column") \
	X(STATUS_NO_SUCH_OPERATOR, 400, "42883", "the operator does not exist for the column's type") \
	X(STATUS_NO_SUCH_TYPE, 400, "42704", "no such type") \
	X(STATUS_NO_SUCH_CAST, 400, "42846", "the column's type cannot be cast to this one") \
	X(STATUS_BAD_VALUE, 400, "22P02", "the value is not of the column's type") \
	X(STATUS_VALUE_RANGE, 400, "22003", "the value is out of range") \
	X(STATUS_BAD_PATTERN, 400, "22025", "the pattern ends with its escape character") \
	X(STATUS_BAD_REGULAR, 400, "2201B", "the regular expression cannot be parsed") \
	X(STATUS_BAD_SEARCH, 400, "42601", "the full-text search cannot be parsed") \
	X(STATUS_SEARCH_TOO_LARGE, 400, "54000", \
	  "the full-text search exceeds a limit of the database: use fewer words, or rarer ones") \
	X(STATUS_UNSUPPORTED, 400, "0A000", "the database does not support this") \
	X(STATUS_UNRETURNED, 400, "0A000", \
	  "the database cannot return rows that are written by rules: use return=minimal") \
	X(STATUS_FORBIDDEN, 403, "42501", "the database refused the statement") \
	X(STATUS_NO_SUCH_PATH, 404, "PGRST125", "there is nothing at this path") \
	X(STATUS_NO_SUCH_TABLE, 404, "PGRST205", "no such table") \
	X(STATUS_NO_SUCH_ROW, 404, "PGRST116", "no row has this key") \
	X(STATUS_BAD_METHOD, 405, "PGRST117", "this method is not allowed here") \
	X(STATUS_BAD_PUT, 405, "PGRST105", "PUT needs filters that are the primary key's columns, each once, with eq") \
	X(STATUS_NOT_ACCEPTABLE, 406, "PGRST107", "none of the accepted media types is available") \
	X(STATUS_NO_SUCH_SCHEMA, 406, "PGRST106", "no such schema is served here") \
	X(STATUS_NOT_SINGULAR, 406, "PGRST116", "one object was requested, but the result has none or several") \
	X(STATUS_DUPLICATE, 409, "23505", "another row has this key already") \
	X(STATUS_SAME_ROW, 409, "21000", "two rows of the body have the same key") \
	X(STATUS_FOREIGN_KEY, 409, "23503", "a foreign key does not allow the change") \
	X(STATUS_CONDITION, 412, "40001", "the row has changed or does not exist any more") \
	X(STATUS_BODY_TOO_LARGE, 413, "PGRST100", "the request is too large") \
	X(STATUS_URI_TOO_LONG, 414, "PGRST100", "the request's path and query are too long") \
	X(STATUS_BAD_MEDIA, 415, "PGRST107", "a body of this media type cannot be read") \
	X(STATUS_BAD_CODING, 415, "PGRST107", "a body of this content coding cannot be read") \
	X(STATUS_BAD_RANGE, 416, "PGRST103", "the range cannot be satisfied") \
	X(STATUS_NULL, 422, "23502", "the column cannot be null") \
	X(STATUS_CHECK, 422, "23514", "a check constraint does not allow the change") \
	X(STATUS_NO_PARTITION, 422, "23514", "the table has no partition for the row") \
	X(STATUS_TOO_LONG, 422, "22001", "the value is too long for its column") \
	X(STATUS_NO_FIT, 422, "22003", "the value is out of its column's range") \
	X(STATUS_ROW_TOO_LARGE, 422, "54000", "the row is larger than the table allows") \
	X(STATUS_CHANGE_TOO_LARGE, 422, "54000", \
	  "the change is larger than the database allows at once: split it") \
	X(STATUS_NOT_COMPUTED, 422, "22000", \
	  "the database cannot compute with these values, such as a division by zero") \
	X(STATUS_NO_MEMBER, 422, "22P02", "the value is not among those that the column allows") \
	X(STATUS_NO_CHARACTER, 422, "22P05", "the column's character set does not have all of these characters") \
	X(STATUS_TOO_DEEP, 422, "22P02", "JSON is nested deeper than the database allows") \
	X(STATUS_KEY_REUSED, 422, "PGRST100", "the Idempotency-Key was used for another request") \
	X(STATUS_FAULT, 500, "PGRSTX00", "an internal error occurred; the log has the cause under the request's id") \
	X(STATUS_NOT_SHOWN, 500, "22000", \
	  "an expression of a view or of the table fails for one of the rows; the log has the cause") \
	X(STATUS_DEFINITION, 500, "42P17", \
	  "a view, rule, trigger or function of the table is broken: its owner must fix it; the log has the cause") \
	X(STATUS_TOO_COMPLEX, 500, "54001", \
	  "a limit of the database was reached: what the statement runs is nested too deeply, or too large") \
	X(STATUS_NOT_TAKEN, 500, "42000", \
	  "the database refused the statement that was generated for this request; the log has the cause") \
	X(STATUS_INTERNAL, 500, "XX000", \
	  "the database reported an internal error: its operator must examine it; the log has the cause") \
	X(STATUS_NO_MORE_IDS, 500, "2200H", "the table has no ids left for new rows: its operator must widen the column") \
	X(STATUS_STORAGE, 500, "58030", "the database cannot read or write the files of the table") \
	X(STATUS_DAMAGED, 500, "XX001", "the database reports that the table is damaged") \
	X(STATUS_UNKNOWN, 502, "08007", "the connection to the database was lost: the write may or may not have been made") \
	X(STATUS_AWAY, 503, "PGRST001", "the database cannot be reached") \
	X(STATUS_UNDESCRIBED, 503, "PGRST002", "the database does not describe the table at the moment") \
	X(STATUS_BUSY, 503, "PGRST003", "the database is too busy") \
	X(STATUS_FULL, 503, "53100", "the database has no room left") \
	X(STATUS_NO_MEMORY, 503, "53200", "the database has no memory left for this request") \
	X(STATUS_QUOTA, 503, "53400", "the service's account has reached a limit that the database sets for it") \
	X(STATUS_EXHAUSTED, 503, "53000", "the database lacks a resource that the request needs") \
	X(STATUS_FOREIGN_AWAY, 503, "08001", "another server that the database needs for this request cannot be reached") \
	X(STATUS_LOCKED, 503, "40001", "the rows are locked by another transaction; nothing was written") \
	X(STATUS_READ_ONLY, 503, "25006", "the database accepts no writes at the moment") \
	X(STATUS_TIMEOUT, 504, "57014", "the statement exceeded its time limit")

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
	const char *code; /* NULL: the status's own */
};

int status_http(enum status);
const char *status_code(enum status);
const char *status_message(enum status);
/* Whether the error is told by the code that the database gives it: nobody else knows more. */
bool status_is_the_databases(enum status);

#endif
