/* SPDX-License-Identifier: MIT
 *
 * sql.h: the text of statements, and nothing else: what to ask is the plan's, what it may contain is value.h's.
 */
#ifndef MYREST_SQL_H
#define MYREST_SQL_H

#include "plan.h"

/* The read that the plan describes. */
void sql_read(struct text *, const struct plan *);
/* One read for the keys of several plans that differ in nothing but the key. The key comes as the first column, before
 * the plan's own. */
void sql_read_keys(struct text *, const struct plan *, const struct integer *keys, unsigned count);

#endif
