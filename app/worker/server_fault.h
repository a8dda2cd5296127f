/* SPDX-License-Identifier: MIT
 *
 * server_fault.h: what the database refuses, as far as it is told alike of reads and writes, and what it refuses of a
 * read (write_fault.h has the writes). Texts in the arena.
 */
#ifndef MYREST_SERVER_FAULT_H
#define MYREST_SERVER_FAULT_H

#include "database/database.h"
#include "plan/plan.h"

/* The fault of a read; sql: the statement. */
struct fault server_fault_of_read(const struct database_error *, const struct plan *, struct slice sql, struct arena *);

/* Of a sort that fails where the request asks for no order it is not the request that can be mended; of a search for which
 * there is no memory it is. */
enum status server_fault_status(const struct database_error *, const struct plan *);
/* Says of a fault which column of a filter or an order it is about, by the place that the server gives, if it is about
 * one. */
void server_fault_tell_operand(struct fault *, const struct database_error *, const struct plan *, struct slice sql,
                               struct arena *);
/* What a value of the column looks like, to stand behind a message: ": expected int4range, as [a,b)". Empty where all
 * databases have the type, and what is refused has its form. */
const char *server_fault_form(const struct column *, struct arena *);
/* Whether the server's words say that a right to the table is missing, and not to another one that a view or a trigger uses.
 * *right: which one; NULL: they do not say it. */
bool server_fault_lacks_right(const char *text, const struct table *, const char **right);
void server_fault_tell_right(struct fault *, const struct table *, const char *right, struct arena *); /* NULL: nothing */
/* The server's own state becomes the code where nobody else knows more. Of a fault that the client cannot mend (5xx),
 * and whose code it is not, the server's number or state stands in the details: by it the operator finds the error in the
 * server's manual. Comes last. */
void server_fault_tell(struct fault *, const struct database_error *, struct arena *);
/* Of a statement that was ended: by which limit, or by whom. */
const char *server_fault_limit(const struct database_error *);
/* Whether the tables are not as they were described: all types that are known have all operators which are used of
 * them. */
bool server_fault_is_outdated(const struct database_error *, const struct plan *, struct slice sql);

#endif
