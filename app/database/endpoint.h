/* SPDX-License-Identifier: MIT
 *
 * endpoint.h: where a worker's connection leads: what DATABASE_URL says at present, and which of its hosts is meant.
 * Connects to none.
 */
#ifndef MYREST_ENDPOINT_H
#define MYREST_ENDPOINT_H

#include "config/config.h"
#include "database/host_order.h"

struct target {
	const struct database_url *url; /* the configuration's, or what DATABASE_URL_FILE has said since */
	struct hosts hosts;
	char name[280];                 /* of the host: "db2:3306", "[::1]", "socket" */
	unsigned place;
	struct database_url read_again;
	struct arena arena;             /* of that */
	bool warned;                    /* that the file cannot be used */
};

/* place: of the worker among all, from 0. */
void target_init(struct target *, const struct config *, unsigned place);
void target_release(struct target *);
/* Begins a round of all hosts. A password that was changed underneath is in DATABASE_URL_FILE, which is read again; what
 * cannot be used leaves all as it was. Nothing may point into the URL then. */
void target_begin(struct target *);
/* Goes on to the next host of the round, or to the socket; false: there are no more. */
bool target_next(struct target *);
const struct url_host *target_host(const struct target *); /* NULL: the socket */

#endif
