/* SPDX-License-Identifier: MIT
 *
 * check.h: the commands that ask the database once, print what they found, and end.
 */
#ifndef MYREST_CHECK_H
#define MYREST_CHECK_H

#include "config.h"

/* `myrest check`: connects, describes the tables and prints what it found; answers the exit status: 0, 69 (EX_UNAVAILABLE) when the
 * database is away or lacks a table, or 77 (EX_NOPERM) when the account lacks a right to write that MYREST_WRITABLE
 * promises, which is tried by EXPLAIN and changes nothing. */
int check_run(const struct config *);
/* `myrest openapi`: prints the OpenAPI document of the tables that are there. The same exit status. */
int check_openapi(const struct config *);

#endif
