/* SPDX-License-Identifier: MIT
 *
 * url.h: what DATABASE_URL says. A library for generic URIs (RFC 3986) does not serve: the authority may name several
 * hosts, and a fault has to be told without repeating the secret. Opens no file and looks nothing up.
 */
#ifndef MYREST_URL_H
#define MYREST_URL_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/status.h"

enum { URL_HOSTS_MAX = 16 };

enum url_scheme { URL_MYSQL, URL_POSTGRESQL };

/* How a connection is protected. libpq's words for the same stand in url.c beside MySQL's. */
enum url_tls {
	URL_TLS_UNSAID, /* on a socket none, on TCP as preferred */
	URL_TLS_DISABLED,
	URL_TLS_PREFERRED,       /* if the server offers it; its certificate is not looked at */
	URL_TLS_REQUIRED,        /* or no connection; its certificate is not looked at */
	URL_TLS_VERIFY_CA,       /* the certificate must come from this authority, for whichever name */
	URL_TLS_VERIFY_IDENTITY, /* and be that of the host which the URL names */
};

/* Which of the hosts will do. */
enum url_target { URL_TARGET_ANY, URL_TARGET_WRITABLE };

struct url_host {
	const char *name; /* decoded, without the '[' and ']' of an address */
	unsigned port;    /* 0: none given */
};

struct database_url {
	enum url_scheme scheme;
	const char *user;     /* never NULL; decoded, like all of them */
	const char *password; /* never NULL */
	struct url_host hosts[URL_HOSTS_MAX];
	unsigned host_count;  /* 0: the socket, or the client library's default one */
	const char *database; /* never empty */
	const char *socket;   /* NULL: none given. PostgreSQL: the folder in which it is */
	unsigned socket_port; /* of PostgreSQL's socket, in whose name it is; 0: none given */
	enum url_target target;
	enum url_tls tls;
	const char *tls_ca, *tls_certificate, *tls_key; /* paths; NULL: none given. The latter two are both given or none */
};

/* Reads mysql://user:password@host:port,host:port/database?option=value&... (or mariadb://, postgresql://, postgres://)
 * into *url, whose texts live in the arena. Answers NULL, or what is wrong, lower case, naming the part and never a
 * piece of what could be the password. */
const char *url_parse(const char *text, struct arena *, struct database_url *url) MUST_CHECK;

/* NULL, or why this build cannot serve the URL: the one place that knows which databases were built in. */
const char *url_unserved(const struct database_url *) MUST_CHECK;

/* Whether both name the same hosts in the same order, for the same purpose. */
bool url_is_same_place(const struct database_url *, const struct database_url *);

/* Whether the connection goes through the local socket: then there is no TLS. */
bool url_is_local(const struct database_url *);

#endif
