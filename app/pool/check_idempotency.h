/* SPDX-License-Identifier: MIT
 *
 * check_idempotency.h: of `myrest check`: whether the table of Idempotency-Keys serves.
 */
#ifndef MYREST_CHECK_IDEMPOTENCY_H
#define MYREST_CHECK_IDEMPOTENCY_H

#include "config/config.h"
#include "database/database.h"

/* The exit status; what is wrong is said on standard error. */
int check_idempotency(struct database *, const struct config *);

#endif
