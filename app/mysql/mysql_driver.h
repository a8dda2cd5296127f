/* SPDX-License-Identifier: MIT
 *
 * mysql_driver.h: MariaDB Connector/C as database/driver.h wants it.
 */
#ifndef MYREST_MYSQL_DRIVER_H
#define MYREST_MYSQL_DRIVER_H

#include "database/driver.h"

extern const struct driver mysql_driver;

#endif
