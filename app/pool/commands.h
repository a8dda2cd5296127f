/* SPDX-License-Identifier: MIT
 *
 * commands.h: the commands that ask the database once, print what they found, and end.
 */
#ifndef MYREST_COMMANDS_H
#define MYREST_COMMANDS_H

#include "config/config.h"

/* `myrest check`: connects, describes the tables and prints what it found; answers the exit status: 0, 69
 * (EX_UNAVAILABLE) when the database is away or a table is missing, or 77 (EX_NOPERM) when a right is missing to write
 * what MYREST_WRITABLE or MYREST_IDEMPOTENCY_TABLE promises. The rights are tried by EXPLAIN, which changes nothing. */
int commands_check(const struct config *);
/* `myrest openapi`: prints the OpenAPI document of the tables that are there. The same exit status. */
int commands_openapi(const struct config *);

#endif
