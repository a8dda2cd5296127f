/* SPDX-License-Identifier: MIT */
#include "postgresql/postgresql_engine.h"

#ifdef HAVE_CONFIG_H
#include "build.h"
#endif

#include "postgresql/postgresql_dialect.h"
#include "postgresql/postgresql_driver.h"
#include "postgresql/postgresql_url.h"

const struct engine postgresql_engine = {
	.url = &postgresql_url,
#ifdef HAVE_POSTGRESQL
	.driver = &postgresql_driver,
#endif
	.dialect = &postgresql_dialect,
	.idempotency_sql = "conf/idempotency.postgresql.sql",
};
