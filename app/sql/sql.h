/* SPDX-License-Identifier: MIT
 *
 * sql.h: the text of statements, and nothing else: what to ask is the plan's, what it may contain is literal.h's, and how the
 * table's own database wants it said is dialect.h's.
 */
#ifndef MYREST_SQL_H
#define MYREST_SQL_H

#include "plan/plan.h"
#include "plan/write.h"
#include "web/fastcgi.h"

/* The read that the plan describes. Answers how many bytes come before the first value. */
size_t sql_read(struct text *, const struct plan *);
/* The same, kept in the arena as the plan's own. */
void sql_keep_read(struct plan *, struct arena *);
/* SELECT what of all rows of the plan, whatever its window is. */
void sql_count(struct text *, const struct plan *, const char *what);
/* One read for the keys of several plans that differ in nothing but the key. The key comes as the first column, before
 * the plan's own. */
void sql_read_keys(struct text *, const struct plan *, const struct integer *keys, unsigned count);

/* The column that stands at that place, in characters from 1, of a statement (*named: alone, as in an order), or is
 * compared by the operator or with the value there; NULL: none is that clients may see. */
const struct column *sql_find_operand(const struct plan *, struct slice sql, size_t place, bool *named);

/* The statements of a write (sql_write.c). The rows that it is about, locked, in the plan's outputs, one more than may be
 * returned: */
void sql_lock(struct text *, const struct plan *, const struct write *);
/* From that row on so many of them, which have one INSERT (write_run) or go one by one; returning: the server is to
 * give the outputs back (database_traits). */
void sql_insert(struct text *, const struct plan *, const struct write *, unsigned row, unsigned count, bool returning);
/* MySQL: the row once more, which is a duplicate. It fails by whatever key it is one, and with the alarm (dialect.h) if
 * by the one that is meant, as triggers and generated columns have made it. */
void sql_judge(struct text *, const struct plan *, const struct write *, unsigned row);
/* keys: a condition for the rows that were locked; no bytes: the plan's own conditions. */
void sql_update(struct text *, const struct plan *, const struct write *, struct slice keys);
void sql_delete(struct text *, const struct plan *, const struct write *, struct slice keys);
/* Which value stands at that place, in characters from 1, of a statement that sql_insert has written from that first
 * row on, or sql_update (0); row: from 0. false: none does. */
bool sql_find_value(const struct plan *, const struct write *, unsigned first, const struct text *sql, size_t place,
                    const struct column **, unsigned *row) MUST_CHECK;
/* The outputs of the rows that have these keys. */
void sql_read_back(struct text *, const struct plan *, struct slice keys);
/* Whether there is a row with one of these keys: gives a row for each. */
void sql_seek(struct text *, const struct plan *, struct slice keys);
/* Adds one row's key to the condition: the primary one of a row in the plan's outputs, as it is after an UPDATE when
 * written says so; one of a row that was inserted, whose generated id is given (0: none); the one by which a row of the
 * body is there already, as far as the body and the columns' defaults tell. false: it cannot be said. */
bool sql_add_key(struct text *, const struct plan *, const struct write *, const struct row *, bool written) MUST_CHECK;
bool sql_add_inserted_key(struct text *, const struct plan *, const struct write *, const struct key *, unsigned row,
                          uint64_t generated) MUST_CHECK;
bool sql_add_meant_key(struct text *, const struct plan *, const struct write *, unsigned row) MUST_CHECK;

void sql_add_name(struct text *, char quote, struct slice name); /* as an identifier */
/* Idempotency keys, in a table as conf/idempotency.sql has it: to take one, with what the request is; to see who has it;
 * to keep the answer with it. */
void sql_claim(struct text *, const struct dialect *, struct slice table, const struct write *);
void sql_recall(struct text *, const struct dialect *, struct slice table, const struct write *);
void sql_remember(struct text *, const struct dialect *, struct slice table, const struct write *,
                  const struct fastcgi_output *);

/* The pieces that reads are made of. */
void sql_add_columns(struct text *, const struct plan *); /* the outputs, the hidden ones too */
void sql_add_where(struct text *, const struct plan *);   /* with WHERE; or nothing */
void sql_add_orders(struct text *, const struct plan *);  /* with ORDER BY; or nothing */
/* Of writes: a column of a key; where the column stands among those that are written, -1: it does not. */
const struct column *sql_key_column(const struct plan *, const struct key *, unsigned i);
int sql_find_written(const struct write *, const struct column *);
/* One condition, that can stand beside AND. */
void sql_add_condition(struct text *, const struct dialect *, const struct plan_condition *);

#endif
