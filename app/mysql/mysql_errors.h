/* SPDX-License-Identifier: MIT
 *
 * mysql_errors.h: what the numbers of the servers' errors mean: all that a client's value, the owner's schema (a trigger,
 * a generated column, a check, a partition, a view) or the server's state can cause.
 */
#ifndef MYREST_MYSQL_ERRORS_H
#define MYREST_MYSQL_ERRORS_H

#include "base/status.h"

enum status mysql_error_status(unsigned number); /* STATUS_FAULT: none that is known */
enum status mysql_error_status_of_engine(unsigned number); /* the same of a MySQL's storage engine */

#endif
