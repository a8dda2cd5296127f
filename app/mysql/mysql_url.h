/* SPDX-License-Identifier: MIT
 *
 * mysql_url.h: mysql://, mariadb://, with the options of their clients.
 */
#ifndef MYREST_MYSQL_URL_H
#define MYREST_MYSQL_URL_H

#include "config/url.h"

extern const struct url_rules mysql_url;

#endif
