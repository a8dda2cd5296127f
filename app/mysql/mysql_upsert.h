/* SPDX-License-Identifier: MIT
 *
 * mysql_upsert.h: INSERT ... ON DUPLICATE KEY UPDATE, told by which key a row is there already.
 */
#ifndef MYREST_MYSQL_UPSERT_H
#define MYREST_MYSQL_UPSERT_H

#include "plan/write.h"

/* EXP of this is an overflow, whose words have the number in them, so that it is none of a trigger's. */
#define MYSQL_ALARM "10000019"

/* As dialect.h has them. */
void mysql_upsert_resolution(struct text *, const struct plan *, const struct write *, unsigned row);
void mysql_upsert_judge(struct text *, const struct plan *, const struct write *);

#endif
