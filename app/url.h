/* SPDX-License-Identifier: MIT
 *
 * url.h: what DATABASE_URL says. A library for generic URIs (RFC 3986) does not serve: the authority may name several
 * hosts, and a fault has to be told without repeating the secret.
 */
#ifndef MYREST_URL_H
#define MYREST_URL_H

#include "arena.h"
#include "status.h"

struct database_url {
	const char *user;     /* never NULL; decoded, like all of them */
	const char *password; /* never NULL */
	const char *host;     /* NULL: the socket, or the client library's default */
	unsigned port;        /* 0: none given */
	const char *database; /* never empty */
	const char *socket;   /* NULL: none given */
};

/* Reads mysql://user:password@host:port/database?socket=/path (or mariadb://) into *url, whose texts live in the arena.
 * Answers NULL, or what is wrong, lower case, naming the part and never the password. */
const char *url_parse(const char *text, struct arena *, struct database_url *url) MUST_CHECK;

#endif
