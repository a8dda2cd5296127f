/* SPDX-License-Identifier: MIT
 *
 * resolve.h: a host's addresses, looked up on a thread of its own, because getaddrinfo(3) waits.
 */
#ifndef MYREST_RESOLVE_H
#define MYREST_RESOLVE_H

#include <netinet/in.h>

enum { RESOLVE_MAX = 8 };

struct resolve_result {
	int error; /* of getaddrinfo, or 0 */
	int count;
	char addresses[RESOLVE_MAX][INET6_ADDRSTRLEN]; /* numeric */
};

/* Whether the host is an address already. */
int resolve_is_numeric(const char *host);
/* Starts a look-up. Answers a descriptor that becomes readable when it is done, or -1 and errno; the caller closes it,
 * at any time. */
int resolve_start(const char *host);
/* Takes the result from the readable descriptor; 0, or -1 when there is none. */
int resolve_finish(int descriptor, struct resolve_result *);

#endif
