/* SPDX-License-Identifier: MIT
 *
 * mysql_dialect.h: what is said to MySQL and MariaDB otherwise than to others.
 */
#ifndef MYREST_MYSQL_DIALECT_H
#define MYREST_MYSQL_DIALECT_H

#include "schema/dialect.h"

extern const struct dialect mysql_dialect;

#endif
