/* SPDX-License-Identifier: MIT
 *
 * write_fault.h: what the database refused, as the client is told it: the column or the key by the names that it may
 * see, the row of its own body; never another row's data, never SQL.
 */
#ifndef MYREST_WRITE_FAULT_H
#define MYREST_WRITE_FAULT_H

#include "database/database.h"
#include "plan/write.h"

/* The fault of a write; sql: the statement that was refused; row: which of the body's it is about, from 1; 0: not
 * known. Texts in the arena. */
struct fault write_fault_make(const struct database_error *, const struct plan *, const struct write *,
                               struct slice sql, uint64_t row, struct arena *);
/* Of a statement about the table of Idempotency-Keys alone, which is the operator's. */
struct fault write_fault_of_keys(const struct database_error *, const struct plan *, struct slice keys, struct arena *);
/* Says of a fault which row it is about, once that is known. */
void write_fault_tell_row(struct fault *, const struct write *, uint64_t row, struct arena *);
/* Whether it is about a column that clients may not know, of this table or of another one: no client can mend it. */
bool write_fault_is_unseen(const struct fault *, const struct database_error *);
/* Whether a statement has raised the alarm by itself (dialect.h), which names no key. */
bool write_fault_is_alarm(const struct database_error *, const struct dialect *);

#endif
