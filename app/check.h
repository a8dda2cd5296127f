/* SPDX-License-Identifier: MIT
 *
 * check.h: `myrest check`: the configuration, then the database, told to a person.
 */
#ifndef MYREST_CHECK_H
#define MYREST_CHECK_H

#include "config.h"

/* Connects, describes the tables and prints what it found; answers the exit status: 0, or 69 (EX_UNAVAILABLE) when the
 * database is away or lacks a table. */
int check_run(const struct config *);

#endif
