/* SPDX-License-Identifier: MIT
 *
 * endpoint.h: where a worker's connection leads: what DATABASE_URL says at present, and which of its hosts is meant.
 * Connects to none.
 */
#ifndef MYREST_ENDPOINT_H
#define MYREST_ENDPOINT_H

#include "config/config.h"
#include "database/host_order.h"

struct endpoint {
	const struct database_url *url; /* the configuration's, or what DATABASE_URL_FILE has said since */
	struct host_order hosts;
	char name[280];                 /* of the host: "db2:3306", "[::1]", "socket" */
	unsigned place;
	struct database_url read_again;
	struct arena arena;             /* of that */
	bool warned;                    /* that the file cannot be used */
};

/* place: of the worker among all, from 0. */
void endpoint_init(struct endpoint *, const struct config *, unsigned place);
void endpoint_release(struct endpoint *);
/* Begins a round of all hosts. A password that was changed underneath is in DATABASE_URL_FILE, which is read again; what
 * cannot be used leaves all as it was. Nothing may point into the URL then. */
void endpoint_begin(struct endpoint *);
/* Goes on to the next host of the round, or to the socket; false: there are no more. */
bool endpoint_next(struct endpoint *);
const struct url_host *endpoint_host(const struct endpoint *); /* NULL: the socket */

#endif
