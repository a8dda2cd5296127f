/* SPDX-License-Identifier: MIT
 *
 * postgresql_engine.h: PostgreSQL, as one record.
 */
#ifndef MYREST_POSTGRESQL_ENGINE_H
#define MYREST_POSTGRESQL_ENGINE_H

#include "database/engine.h"

extern const struct engine postgresql_engine;

#endif
