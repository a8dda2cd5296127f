/* SPDX-License-Identifier: MIT
 *
 * postgresql_driver.h: libpq as database/driver.h wants it.
 */
#ifndef MYREST_POSTGRESQL_DRIVER_H
#define MYREST_POSTGRESQL_DRIVER_H

#include "database/driver.h"

extern const struct driver postgresql_driver;

#endif
