/* SPDX-License-Identifier: MIT
 *
 * How the statement that runs on the connection is ended (database.h), by another session beside it (statement_kill.h).
 */
#include "database/database_state.h"

bool database_kill(struct database *database, bool spares_commit)
{
	const struct host_probe_place place = database_place(database);

	return database->phase == RUNNING &&
	       statement_kill_begin(&database->kill, &place, database->connection, spares_commit);
}

bool database_kill_failed(const struct database *database)
{
	return !database->kill.probe.active && database->kill.failed;
}

bool database_may_kill(struct database *database)
{
	text_clear(&database->sql);
	return statement_kill_may_try(&database->kill) &&
	       database->driver->kill(database->connection, 0, true, &database->sql);
}
