/* SPDX-License-Identifier: MIT
 *
 * database_state.h: what database.c knows of its connection, and database_info.c tells of it. For them alone.
 */
#ifndef MYREST_DATABASE_STATE_H
#define MYREST_DATABASE_STATE_H

#include "database/database.h"
#include "database/driver.h"
#include "database/endpoint.h"
#include "database/host_watch.h"
#include "database/resolve.h"
#include "database/session_state.h"
#include "database/statement_kill.h"

enum phase { CLOSED, RESOLVING, CONNECTING, SETTING_UP, DESCRIBING, IDLE, SETTLING, CHECKING, RESTORING, RUNNING };

struct database {
	const struct config *config;
	struct endpoint endpoint;
	const struct driver *driver;
	struct driver_connection *connection;
	enum phase phase;
	struct session_state session;
	bool doomed;  /* the next statement might be ended for one before it: the connection is to be given up */
	const char *held; /* the statement that waits for that, the caller's; NULL: a description does */
	size_t held_length;
	enum database_rows held_rows;
	bool opening; /* not only described again: there are other addresses and hosts to try */
	int resolver; /* the look-up under way; -1: none */
	struct resolve_result addresses; /* of the current host */
	int first, tried; /* the address that is tried first, and how many have been tried since the look-up */
	const char *address; /* of the connection */
	unsigned step;       /* of setting up */
	int64_t deadline_us;
	struct host_watch watch;
	struct statement_kill kill;
	struct catalogue *catalogue;
	struct schema *schema, *old_schema;
	struct text sql; /* of our own statements */
	struct database_error error;
	char missing[1024];
};

#endif
