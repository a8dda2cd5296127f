/* SPDX-License-Identifier: MIT
 *
 * database_state.h: what database.c knows of its connection, database_info.c tells of it, and database_kill.c ends in it. For
 * them alone.
 */
#ifndef MYREST_DATABASE_STATE_H
#define MYREST_DATABASE_STATE_H

#include "database/address_walk.h"
#include "database/database.h"
#include "database/driver.h"
#include "database/endpoint.h"
#include "database/host_watch.h"
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
	struct address_walk walk; /* of the current host */
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

/* The host that the connection is to, for a trial connect beside it; that where the worker belongs. */
struct host_probe_place database_place(const struct database *);
struct host_probe_place database_home(const struct database *);
/* Whether an attempt that has failed is followed by one at another address of the host. */
bool database_has_another_address(const struct database *);
/* The newest description; the one before it stays for those that have it. */
void database_take_schema(struct database *, struct schema *);
/* The error is our own: there is no connection. what: in words; detail: what they end with. */
void database_set_error(struct database *, const char *what, const char *detail);
/* What takes longer than it may, in words; of a phase that has a deadline. */
const char *database_overrun(const struct database *);
/* FAILED, since the server takes no more than so many bytes. */
enum database_step database_refuse_long(struct database *, size_t length, uint64_t most) MUST_CHECK;

#endif
