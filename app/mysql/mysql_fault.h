/* SPDX-License-Identifier: MIT
 *
 * mysql_fault.h: what an error of a MySQL or MariaDB server, or of the client library, means, by its number, its
 * SQLSTATE and its words.
 */
#ifndef MYREST_MYSQL_FAULT_H
#define MYREST_MYSQL_FAULT_H

#include "database/database.h"

/* Fills in the error. Answers whether the connection is gone. */
bool mysql_fault_read(struct database_error *, unsigned number, const char *state, const char *text) MUST_CHECK;

#endif
