/* SPDX-License-Identifier: MIT
 *
 * mysql_cast.h: column::type for MySQL and MariaDB; the cast of their dialect (dialect.h).
 */
#ifndef MYREST_MYSQL_CAST_H
#define MYREST_MYSQL_CAST_H

#include "schema/dialect.h"

bool mysql_cast(struct text *, const struct cast *, enum cast_target, enum column_type *);

#endif
