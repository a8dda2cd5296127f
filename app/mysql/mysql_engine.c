/* SPDX-License-Identifier: MIT */
#include "mysql/mysql_engine.h"

#include "mysql/mysql_dialect.h"
#include "mysql/mysql_driver.h"
#include "mysql/mysql_url.h"

const struct engine mysql_engine = {
	.url = &mysql_url,
	.driver = &mysql_driver,
	.dialect = &mysql_dialect,
	.idempotency_sql = "conf/idempotency.sql",
};
