/* SPDX-License-Identifier: MIT
 *
 * probe.h: a connection that is made only to learn whether a host can be reached, beside the one that works. It has no
 * descriptor in an event loop: it is looked at from time to time.
 */
#ifndef MYREST_PROBE_H
#define MYREST_PROBE_H

#include "driver.h"
#include "resolve.h"

enum { PROBE_LOOK_US = 20000 }; /* how often it is looked at */

enum probe_says {
	PROBE_WAITS,
	PROBE_OPEN,
	PROBE_REFUSED, /* something answers, but lets us not in */
	PROBE_SILENT,  /* nothing has answered in time */
};

/* Zeroes are a probe that is idle. */
struct probe {
	const struct driver *driver;
	const struct database_url *url;
	const struct url_host *host;
	struct driver_connection *connection;
	bool active, resolving;
	int resolver;
	long timeout_s;
	int64_t until_us;
};

/* address: of the host, if it is known; NULL: it is looked up. All of it has to stay until the probe is over. */
void probe_start(struct probe *, const struct driver *, const struct database_url *, const struct url_host *,
                 const char *address, long timeout_s);
/* Whatever it says but PROBE_WAITS, the probe is over then. */
enum probe_says probe_look(struct probe *);
void probe_stop(struct probe *);

#endif
