/* SPDX-License-Identifier: MIT
 *
 * host_probe.h: a connection beside the one that works, made to learn whether a host can be reached, or to run a few statements
 * there. It has no descriptor in an event loop: it is looked at from time to time.
 */
#ifndef MYREST_HOST_PROBE_H
#define MYREST_HOST_PROBE_H

#include "database/driver.h"
#include "database/resolve.h"

enum { PROBE_LOOK_US = 20000 }; /* how often it is looked at */

enum host_probe_says {
	PROBE_WAITS,
	PROBE_OPEN,    /* and each of its statements has done what it was to do */
	PROBE_REFUSED, /* something answers, but lets us not in, or a statement was refused */
	PROBE_SILENT,  /* nothing has answered in time */
	PROBE_UNSURE,  /* the last statement has been sent, and whether it has been run is not known */
};

enum { PROBE_STATEMENTS = 2 }; /* at most */

/* Where one goes. All of it has to stay until the probe is over, unless the address is known or it is a socket. */
struct host_probe_place {
	const struct driver *driver;
	const struct database_url *url;
	const struct url_host *host; /* NULL: the socket */
	const char *address;         /* of the host, if it is known; NULL: it is looked up */
	long timeout_s;
};

/* Zeroes are a probe that is idle. */
struct host_probe {
	struct host_probe_place place;
	struct driver_connection *connection;
	bool active, resolving, open;
	int resolver;
	int64_t until_us;
	/* What it runs when it is open, filled in between the start and the first look. A statement that gives a row has to give
	 * 1, or nothing more is done. */
	struct text statements[PROBE_STATEMENTS];
	unsigned statement_count, sent;
	char reason[512]; /* why it is not PROBE_OPEN, for the log; stays when the probe is over */
};

void host_probe_start(struct host_probe *, const struct host_probe_place *);
/* Whatever it says but PROBE_WAITS, the probe is over then. */
enum host_probe_says host_probe_look(struct host_probe *);
void host_probe_stop(struct host_probe *);

#endif
