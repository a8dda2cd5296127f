/* SPDX-License-Identifier: MIT
 *
 * host_order.h: in which order a worker tries the hosts of DATABASE_URL. Connects to none.
 */
#ifndef MYREST_HOST_ORDER_H
#define MYREST_HOST_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "config/url.h"

enum { HOSTS_AVOIDED_US = 10000000 }; /* how long a host that failed is tried after all others */

/* Zeroes and host_order_init. A round tries each host once; the hosts are numbered as the URL has them. */
struct host_order {
	unsigned count, home; /* where it belongs when all are well */
	unsigned start;       /* of the next round */
	unsigned current;
	uint32_t tried;       /* in this round; bit 0 is the first host */
	int64_t failed_us[URL_HOSTS_MAX]; /* when it last did (clock.h); 0: it has not since it was good */
};

/* count 0: the socket, which counts as one. */
void host_order_init(struct host_order *, unsigned count, unsigned home);
void host_order_begin(struct host_order *);
/* Makes the round's next host the current one; false: all have been tried. */
bool host_order_next(struct host_order *, int64_t now_us);
/* The current one is lost, or was not to be had: the next round begins with another. */
void host_order_failed(struct host_order *, int64_t now_us);
void host_order_good(struct host_order *);
/* The next round begins where the worker belongs. */
void host_order_go_home(struct host_order *);
bool host_order_is_home(const struct host_order *);

#endif
