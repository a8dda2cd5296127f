/* SPDX-License-Identifier: MIT
 *
 * postgresql_cast.h: column::type for PostgreSQL; the cast of its dialect (dialect.h).
 */
#ifndef MYREST_POSTGRESQL_CAST_H
#define MYREST_POSTGRESQL_CAST_H

#include "schema/dialect.h"

bool postgresql_cast(struct text *, const struct cast *, enum cast_target, enum column_type *);

#endif
