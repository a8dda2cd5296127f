/* SPDX-License-Identifier: MIT
 *
 * listen.h: listening sockets, opened or inherited. Knows addresses and descriptors, not what is spoken over them.
 */
#ifndef MYREST_LISTEN_H
#define MYREST_LISTEN_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"

/* unix:PATH?mode=0660&group=NAME, a bare /path, host:port or [v6]:port. */
struct listen_address {
	const char *path; /* of a unix socket; NULL: TCP */
	const char *host; /* "" or "*": every address */
	const char *port;
	mode_t mode;
	const char *group; /* NULL: the process's own */
};

/* NULL, or what is wrong with the text. Texts live in the arena. */
const char *listen_parse(const char *text, struct arena *, struct listen_address *) MUST_CHECK;

/* Opens the socket, non-blocking and close-on-exec. A unix socket that nobody answers on is replaced, one that is
 * answered is never taken, however many pools start at once. Answers the descriptor, or -1 and *fault (in the arena). */
int listen_open(const struct listen_address *, struct arena *, const char **fault) MUST_CHECK;

/* The listening socket that this process was started with: LISTEN_FDS (sd_listen_fds(3)) or descriptor 0
 * (FastCGI's convention, spawn-fcgi(1)). -1: there is none. */
int listen_inherited(void);

/* Whether it takes connections of TCP, of either family. */
bool listen_is_tcp(int listener);

/* Removes the path of the unix socket that listen_open made, if it is still that one. */
void listen_unlink(void);

#endif
