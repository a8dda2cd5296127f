/* SPDX-License-Identifier: MIT */
#include "config/url.h"

#ifdef HAVE_CONFIG_H
#include "build.h"
#endif

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

#define LENGTH_OF_TABLE(table) (sizeof(table) / sizeof((table)[0]))

/* --- What can be said --- */

static const struct {
	const char *name;
	enum url_scheme scheme;
} schemes[] = {
	{ "mysql", URL_MYSQL },
	{ "mariadb", URL_MYSQL },
	{ "postgresql", URL_POSTGRESQL },
	{ "postgres", URL_POSTGRESQL },
};

/* A word that an option can have as its value. */
struct word {
	enum url_scheme scheme;
	const char *name;
	int value;
};

static const struct word tls_words[] = {
	{ URL_MYSQL, "disabled", URL_TLS_DISABLED },
	{ URL_MYSQL, "preferred", URL_TLS_PREFERRED },
	{ URL_MYSQL, "required", URL_TLS_REQUIRED },
	{ URL_MYSQL, "verify-ca", URL_TLS_VERIFY_CA },
	{ URL_MYSQL, "verify-identity", URL_TLS_VERIFY_IDENTITY },
	{ URL_POSTGRESQL, "disable", URL_TLS_DISABLED },
	{ URL_POSTGRESQL, "prefer", URL_TLS_PREFERRED },
	{ URL_POSTGRESQL, "require", URL_TLS_REQUIRED },
	{ URL_POSTGRESQL, "verify-ca", URL_TLS_VERIFY_CA },
	{ URL_POSTGRESQL, "verify-full", URL_TLS_VERIFY_IDENTITY },
	{ 0, NULL, 0 },
};

static const struct word target_words[] = {
	{ URL_MYSQL, "any", URL_TARGET_ANY },
	{ URL_MYSQL, "writable", URL_TARGET_WRITABLE },
	{ URL_POSTGRESQL, "any", URL_TARGET_ANY },
	{ URL_POSTGRESQL, "read-write", URL_TARGET_WRITABLE },
	{ 0, NULL, 0 },
};

static const struct word a_port[] = { { 0, NULL, 0 } }; /* a number, none of a few words */

#define FIELD(name) offsetof(struct database_url, name)

/* The options of each scheme, in its client's own words. */
static const struct option {
	enum url_scheme scheme;
	const char *name;
	size_t field;
	const struct word *words; /* NULL: an absolute path */
	const char *expected;
} options[] = {
	{ URL_MYSQL, "target", FIELD(target), target_words, "target is not any or writable" },
	{ URL_MYSQL, "ssl-mode", FIELD(tls), tls_words,
	  "ssl-mode is not disabled, preferred, required, verify-ca or verify-identity" },
	{ URL_MYSQL, "ssl-ca", FIELD(tls_ca), NULL, "ssl-ca is not an absolute path" },
	{ URL_MYSQL, "ssl-cert", FIELD(tls_certificate), NULL, "ssl-cert is not an absolute path" },
	{ URL_MYSQL, "ssl-key", FIELD(tls_key), NULL, "ssl-key is not an absolute path" },
	{ URL_MYSQL, "socket", FIELD(socket), NULL, "the socket is not an absolute path" },
	{ URL_POSTGRESQL, "target_session_attrs", FIELD(target), target_words,
	  "target_session_attrs is not any or read-write" },
	{ URL_POSTGRESQL, "sslmode", FIELD(tls), tls_words,
	  "sslmode is not disable, prefer, require, verify-ca or verify-full" },
	{ URL_POSTGRESQL, "sslrootcert", FIELD(tls_ca), NULL, "sslrootcert is not an absolute path" },
	{ URL_POSTGRESQL, "sslcert", FIELD(tls_certificate), NULL, "sslcert is not an absolute path" },
	{ URL_POSTGRESQL, "sslkey", FIELD(tls_key), NULL, "sslkey is not an absolute path" },
	{ URL_POSTGRESQL, "host", FIELD(socket), NULL,
	  "the option host is the folder of the socket, an absolute path: hosts stand behind the '@'" },
	{ URL_POSTGRESQL, "port", FIELD(socket_port), a_port, "the option port is not a number from 1 to 65535" },
};

enum { OPTIONS = LENGTH_OF_TABLE(options) };

/* MySQL's clients write the same word as ssl-mode, sslMode and ssl_mode, and its value as VERIFY_IDENTITY. */
static bool is_same_word(const char *given, const char *name)
{
	for (;; given++, name++) {
		while (*given == '-' || *given == '_')
			given++;
		while (*name == '-' || *name == '_')
			name++;
		if (tolower((unsigned char)*given) != *name)
			return false;
		if (*name == '\0')
			return true;
	}
}

/* --- Parts --- */

/* What is read: the text's bytes are the URL's, of which nothing is repeated. */
struct parser {
	struct arena *arena;
	struct database_url *url;
	bool given[OPTIONS];
};

/* A part of the URL, decoded, or NULL when its percent-encoding is broken or hides a NUL. */
static const char *decoded(struct arena *arena, const char *from, const char *to)
{
	size_t length = (size_t)(to - from);
	char *copy = arena_text(arena, from, length);

	if (!text_percent_decode(copy, &length) || memchr(copy, '\0', length) != NULL)
		return NULL;
	copy[length] = '\0';
	return copy;
}

static bool parse_port(const char *from, const char *to, unsigned *port)
{
	unsigned value = 0;

	if (from == to || to - from > 5)
		return false;
	for (; from < to; from++) {
		if (*from < '0' || *from > '9')
			return false;
		value = value * 10 + (unsigned)(*from - '0');
	}
	*port = value;
	return value >= 1 && value <= 65535;
}

/* "[address]" with what follows; *end is behind the ']'. */
static const char *parse_address(struct parser *parser, const char *from, const char *to, struct url_host *host,
                                 const char **end)
{
	unsigned char bytes[sizeof(struct in6_addr)];
	const char *close = memchr(from, ']', (size_t)(to - from));

	if (close == NULL)
		return "the IPv6 address lacks its ']'";
	if (close == from + 1)
		return "the host is empty between '[' and ']'";
	host->name = arena_text(parser->arena, from + 1, (size_t)(close - from - 1));
	if (inet_pton(AF_INET6, host->name, bytes) != 1)
		return "what stands as host between '[' and ']' is no IPv6 address";
	*end = close + 1;
	return *end < to && **end != ':' ? "only ':port' may follow the ']' of the host" : NULL;
}

static const char *parse_name(struct parser *parser, const char *from, const char *to, struct url_host *host,
                              const char **end)
{
	const char *colon = memchr(from, ':', (size_t)(to - from));

	*end = colon != NULL ? colon : to;
	if (colon != NULL && memchr(colon + 1, ':', (size_t)(to - colon - 1)) != NULL)
		return "a host has more than one ':': an IPv6 address stands between '[' and ']', a ':' of the password is %3A";
	if (*end == from)
		return colon != NULL ? "a port without a host" : "a host is empty: a ',' too many";
	if ((host->name = decoded(parser->arena, from, *end)) == NULL)
		return "the host's percent-encoding is broken";
	for (const char *at = host->name; *at != '\0'; at++)
		if ((unsigned char)*at <= ' ' || *at == 0x7f)
			return "the host has a space or a control character in it";
	return NULL;
}

static bool is_host_known(const struct database_url *url, const struct url_host *host)
{
	for (unsigned i = 0; i < url->host_count; i++)
		if (strcasecmp(url->hosts[i].name, host->name) == 0 && url->hosts[i].port == host->port)
			return true;
	return false;
}

static const char *parse_host(struct parser *parser, const char *from, const char *to)
{
	struct database_url *url = parser->url;
	struct url_host host = { NULL, 0 };
	const char *end, *fault;

	fault = from < to && *from == '[' ? parse_address(parser, from, to, &host, &end)
	                                  : parse_name(parser, from, to, &host, &end);
	if (fault != NULL)
		return fault;
	if (end < to && !parse_port(end + 1, to, &host.port))
		return "the port is not a number from 1 to 65535";
	if (url->scheme == URL_POSTGRESQL && *host.name == '/') {
		if (url->socket != NULL)
			return "two folders of a socket as hosts: name one of them";
		url->socket = host.name;
		return NULL;
	}
	if (is_host_known(url, &host))
		return "a host is named twice";
	if (url->host_count == URL_HOSTS_MAX)
		return "more than 16 hosts";
	url->hosts[url->host_count++] = host;
	return NULL;
}

static const char *parse_hosts(struct parser *parser, const char *from, const char *to)
{
	const char *fault, *comma;

	if (from == to)
		return NULL;
	for (;; from = comma + 1) {
		if ((comma = memchr(from, ',', (size_t)(to - from))) == NULL)
			comma = to;
		if ((fault = parse_host(parser, from, comma)) != NULL || comma == to)
			return fault;
	}
}

static const char *set_option(struct parser *parser, int option, const char *value)
{
	void *field = (char *)parser->url + options[option].field;

	if (options[option].words == NULL) {
		if (*value != '/')
			return options[option].expected;
		*(const char **)field = value;
		return NULL;
	}
	if (options[option].words == a_port)
		return parse_port(value, value + strlen(value), field) ? NULL : options[option].expected;
	for (const struct word *word = options[option].words; word->name != NULL; word++)
		if (word->scheme == parser->url->scheme && is_same_word(value, word->name)) {
			*(unsigned *)field = (unsigned)word->value; /* of an enum */
			return NULL;
		}
	return options[option].expected;
}

/* The name is not repeated: it may be a piece of a password that was not encoded. */
static const char *unknown_option(const struct parser *parser)
{
	return parser->url->scheme == URL_MYSQL ?
	               "unknown option (known: target, ssl-mode, ssl-ca, ssl-cert, ssl-key, socket)" :
	               "unknown option (known: target_session_attrs, sslmode, sslrootcert, sslcert, sslkey, host, port)";
}

static const char *parse_option(struct parser *parser, const char *from, const char *to)
{
	const char *equals = memchr(from, '=', (size_t)(to - from)), *name, *value;
	int option = 0;

	if (equals == NULL)
		equals = to;
	if ((name = decoded(parser->arena, from, equals)) == NULL)
		return "the options' percent-encoding is broken";
	while (option < OPTIONS &&
	       (options[option].scheme != parser->url->scheme || !is_same_word(name, options[option].name)))
		option++;
	if (option == OPTIONS)
		return unknown_option(parser);
	if (parser->given[option])
		return arena_printf(parser->arena, "the option %s is given twice", options[option].name);
	parser->given[option] = true;
	if ((value = decoded(parser->arena, equals < to ? equals + 1 : to, to)) == NULL)
		return arena_printf(parser->arena, "the percent-encoding of %s is broken", options[option].name);
	return set_option(parser, option, value);
}

static const char *parse_options(struct parser *parser, const char *from, const char *to)
{
	const char *fault, *next;

	for (; from < to; from = next) {
		next = from + 1 + strcspn(from + 1, "&");
		if (next > from + 1 && (fault = parse_option(parser, from + 1, next)) != NULL)
			return fault;
	}
	return NULL;
}

/* --- What does not go together --- */

static const char *check_socket(const struct database_url *url)
{
	if (url->socket_port != 0 && url->host_count > 0)
		return "the option port is the socket's: a host's port stands behind it";
	if (url->socket == NULL)
		return NULL;
	if (url->host_count > 1)
		return "a socket and several hosts: name one or the other";
	if (url->host_count == 1 && strcmp(url->hosts[0].name, "localhost") != 0)
		return "a socket and a host that is not localhost: name one of them";
	if (url->host_count == 1 && url->hosts[0].port != 0 && url->scheme == URL_MYSQL)
		return "a socket and a port: name one of them";
	return NULL;
}

static const char *check_tls(const struct database_url *url)
{
	bool files = url->tls_ca != NULL || url->tls_certificate != NULL || url->tls_key != NULL;
	bool mysql = url->scheme == URL_MYSQL;

	if (url_is_local(url) && (files || url->tls > URL_TLS_PREFERRED))
		return url->socket == NULL && url->host_count == 1 ?
		               "TLS to localhost without a port, which is the local socket: write localhost:3306" :
		               "TLS on a local socket: leave the options of TLS out, or name a host";
	if (url->tls_certificate != NULL && url->tls_key == NULL)
		return mysql ? "ssl-cert without ssl-key (a file that has both is named twice)" :
		               "sslcert without sslkey (a file that has both is named twice)";
	if (url->tls_key != NULL && url->tls_certificate == NULL)
		return mysql ? "ssl-key without ssl-cert (a file that has both is named twice)" :
		               "sslkey without sslcert (a file that has both is named twice)";
	if (files && url->tls == URL_TLS_DISABLED)
		return "TLS is disabled, and files for it are named";
	if (files && url->tls < URL_TLS_REQUIRED)
		return mysql ? "files for TLS and no ssl-mode that demands it: say required, verify-ca or verify-identity" :
		               "files for TLS and no sslmode that demands it: say require, verify-ca or verify-full";
	if (mysql && url->tls_ca != NULL && url->tls == URL_TLS_REQUIRED)
		return "ssl-ca and ssl-mode=required, which verifies nothing: say verify-ca or verify-identity";
	if (url->tls == URL_TLS_VERIFY_CA && url->tls_ca == NULL)
		return mysql ? "verify-ca without ssl-ca: there is no authority to verify by" :
		               "verify-ca without sslrootcert: there is no authority to verify by";
	if (!mysql && url->tls == URL_TLS_VERIFY_IDENTITY && url->tls_ca == NULL)
		return "verify-full without sslrootcert: there is no authority to verify by (Debian has the well-known ones in "
		       "/etc/ssl/certs/ca-certificates.crt)";
	return NULL;
}

static const char *check(const struct database_url *url)
{
	const char *fault = check_socket(url);

	return fault != NULL ? fault : check_tls(url);
}

/* --- The whole --- */

static const char *parse_scheme(const char *text, const char **rest, struct database_url *url)
{
	const char *end = strstr(text, "://");

	if (end == NULL)
		return "no scheme: expected mysql://user:password@host:port/database";
	*rest = end + 3;
	for (size_t i = 0; i < LENGTH_OF_TABLE(schemes); i++)
		if (strlen(schemes[i].name) == (size_t)(end - text) &&
		    strncmp(text, schemes[i].name, (size_t)(end - text)) == 0) {
			url->scheme = schemes[i].scheme;
			return NULL;
		}
	return "unknown scheme (known: mysql, mariadb, postgresql, postgres)";
}

/* user:password, up to the last '@' */
static const char *parse_account(struct parser *parser, const char *from, const char *to)
{
	const char *colon = memchr(from, ':', (size_t)(to - from));

	if (colon == NULL)
		colon = to;
	if ((parser->url->user = decoded(parser->arena, from, colon)) == NULL)
		return "the user's percent-encoding is broken";
	if (colon < to && (parser->url->password = decoded(parser->arena, colon + 1, to)) == NULL)
		return "the password's percent-encoding is broken";
	return NULL;
}

const char *url_parse(const char *text, struct arena *arena, struct database_url *url)
{
	struct parser parser = { .arena = arena, .url = url };
	const char *authority, *path, *query, *end, *at, *fault;

	memset(url, 0, sizeof(*url));
	url->user = url->password = "";
	if ((fault = parse_scheme(text, &authority, url)) != NULL)
		return fault;
	path = authority + strcspn(authority, "/?#");
	query = path + strcspn(path, "?#");
	end = query + strcspn(query, "#");
	if (*end == '#')
		return "a '#' must be written %23";
	for (at = path; at > authority && at[-1] != '@'; at--)
		;
	if (at > authority && (fault = parse_account(&parser, authority, at - 1)) != NULL)
		return fault;
	if ((fault = parse_hosts(&parser, at, path)) != NULL)
		return fault;
	if (query - path < 2)
		return "no database: expected /database behind the host";
	if (memchr(path + 1, '/', (size_t)(query - path - 1)) != NULL)
		return "a '/' in the database's name must be written %2F";
	if ((url->database = decoded(arena, path + 1, query)) == NULL)
		return "the database's percent-encoding is broken";
	if ((fault = parse_options(&parser, query, end)) != NULL)
		return fault;
	return check(url);
}

const char *url_unserved(const struct database_url *url)
{
#ifdef HAVE_POSTGRESQL
	(void)url;
	return NULL;
#else
	return url->scheme == URL_POSTGRESQL ? "this build has no PostgreSQL: expected mysql://" : NULL;
#endif
}

bool url_is_same_place(const struct database_url *a, const struct database_url *b)
{
	if (a->host_count != b->host_count || a->target != b->target)
		return false;
	for (unsigned i = 0; i < a->host_count; i++)
		if (strcmp(a->hosts[i].name, b->hosts[i].name) != 0 || a->hosts[i].port != b->hosts[i].port)
			return false;
	return true;
}

bool url_is_local(const struct database_url *url)
{
	if (url->socket != NULL || url->host_count == 0)
		return true;
	/* To MySQL's clients localhost is the socket, unless a port says that it is not. */
	return url->scheme == URL_MYSQL && url->host_count == 1 && strcmp(url->hosts[0].name, "localhost") == 0 &&
	       url->hosts[0].port == 0;
}
