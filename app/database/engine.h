/* SPDX-License-Identifier: MIT
 *
 * engine.h: the kinds of database that there are, each as one record. main.c registers them; no other module names one.
 */
#ifndef MYREST_ENGINE_H
#define MYREST_ENGINE_H

#include "database/driver.h"
#include "schema/dialect.h"

struct engine {
	const struct url_rules *url;
	const struct driver *driver;   /* NULL: this build cannot serve it (url_unserved) */
	const struct dialect *dialect;
	const char *idempotency_sql;   /* the file that makes the table of MYREST_IDEMPOTENCY_TABLE */
};

enum { ENGINES_MAX = 8 };

/* Before the configuration is read; NULL behind the last one. The list stays the caller's. */
void engine_register(const struct engine *const *);
const struct engine *engine_of(const struct database_url *);

#endif
