/* SPDX-License-Identifier: MIT
 *
 * postgresql_dialect.h: what is said to PostgreSQL otherwise than to others.
 */
#ifndef MYREST_POSTGRESQL_DIALECT_H
#define MYREST_POSTGRESQL_DIALECT_H

#include "schema/dialect.h"

extern const struct dialect postgresql_dialect;

#endif
