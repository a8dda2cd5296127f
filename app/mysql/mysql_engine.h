/* SPDX-License-Identifier: MIT
 *
 * mysql_engine.h: MySQL and MariaDB, as one record.
 */
#ifndef MYREST_MYSQL_ENGINE_H
#define MYREST_MYSQL_ENGINE_H

#include "database/engine.h"

extern const struct engine mysql_engine;

#endif
