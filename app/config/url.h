/* SPDX-License-Identifier: MIT
 *
 * url.h: what DATABASE_URL says. A library for generic URIs (RFC 3986) does not serve: the authority may name several
 * hosts, and a fault has to be told without repeating the secret. Opens no file and looks nothing up.
 */
#ifndef MYREST_URL_H
#define MYREST_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/status.h"

enum { URL_HOSTS_MAX = 16 };

/* How a connection is protected. Each kind of database has words of its own for it (struct url_rules). */
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
	const struct url_rules *rules;
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

/* What an option may have as its value. */
struct url_word {
	const char *name;
	int value;
};

struct url_option {
	const char *name;
	size_t field;                 /* of struct database_url */
	const struct url_word *words; /* the last one has no name; NULL: the value is an absolute path, */
	bool is_port;                 /* or a port */
	const char *expected;         /* what a client is told of another value; NULL: what follows from the rest */
};

enum { URL_SCHEMES_MAX = 2, URL_OPTIONS_MAX = 8 };

/* What the URLs of one kind of database look like. The options that fill in tls, tls_ca, tls_certificate and tls_key are
 * always there. */
struct url_rules {
	const char *database; /* its name, for people */
	const char *schemes[URL_SCHEMES_MAX];
	struct url_option options[URL_OPTIONS_MAX]; /* those that have a name, from the first on */
	bool localhost_is_local;   /* localhost without a port is the local socket */
	bool socket_has_port;      /* a host may be the folder of the socket, in whose name there is a port */
	bool required_verifies_ca; /* URL_TLS_REQUIRED looks at the certificate when there is an authority to verify by */
	bool identity_needs_ca;    /* URL_TLS_VERIFY_IDENTITY knows no authorities of the system's own */
	bool is_missing;           /* this build cannot serve it */
	bool key_is_private;       /* the client library takes no key whose file others may read */
};

/* Before any URL is read: the kinds that there are, NULL behind the last one. */
void url_register(const struct url_rules *const *);

/* Reads SCHEME://user:password@host:port,host:port/database?option=value&... into *url, whose texts live in the arena. Answers NULL, or what is wrong, lower case, naming the part and never a
 * piece of what could be the password. */
const char *url_parse(const char *text, struct arena *, struct database_url *url) MUST_CHECK;

/* NULL, or why this build cannot serve the URL. */
const char *url_unserved(const struct database_url *, struct arena *) MUST_CHECK;

/* How the option is called that fills in the field of struct database_url. */
const char *url_option_name(const struct url_rules *, size_t field);

/* Whether both name the same hosts in the same order, for the same purpose. */
bool url_is_same_place(const struct database_url *, const struct database_url *);

/* Whether the connection goes through the local socket: then there is no TLS. */
bool url_is_local(const struct database_url *);

#endif
