/* SPDX-License-Identifier: MIT
 *
 * postgresql_url.h: postgresql://, postgres://, with libpq's options.
 */
#ifndef MYREST_POSTGRESQL_URL_H
#define MYREST_POSTGRESQL_URL_H

#include "config/url.h"

extern const struct url_rules postgresql_url;

#endif
