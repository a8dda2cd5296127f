/* SPDX-License-Identifier: MIT */
#include "config/url.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/encoding.h"
#include "base/text.h"

#define FIELD(name) offsetof(struct database_url, name)

static const struct url_rules *const *all_rules;

void url_register(const struct url_rules *const *rules)
{
	all_rules = rules;
}

static const struct url_option *find_option(const struct url_rules *rules, size_t field)
{
	const struct url_option *option = rules->options;

	while (option->field != field)
		option++;
	return option;
}

const char *url_option_name(const struct url_rules *rules, size_t field)
{
	return find_option(rules, field)->name;
}

/* Clients write the same word as ssl-mode, sslMode and ssl_mode, and its value as VERIFY_IDENTITY. */
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
	bool given[URL_OPTIONS_MAX];
};

/* A part of the URL, decoded, or NULL when its percent-encoding is broken or hides a NUL. */
static const char *decoded(struct arena *arena, const char *from, const char *to)
{
	size_t length = (size_t)(to - from);
	char *copy = arena_text(arena, from, length);

	if (!encoding_decode_percent(copy, &length) || memchr(copy, '\0', length) != NULL)
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
		return "the host between '[' and ']' is not an IPv6 address";
	*end = close + 1;
	return *end < to && **end != ':' ? "only ':port' may follow the ']' of the host" : NULL;
}

static const char *parse_name(struct parser *parser, const char *from, const char *to, struct url_host *host,
                              const char **end)
{
	const char *colon = memchr(from, ':', (size_t)(to - from));

	*end = colon != NULL ? colon : to;
	if (colon != NULL && memchr(colon + 1, ':', (size_t)(to - colon - 1)) != NULL)
		return "a host has more than one ':': enclose an IPv6 address in '[' and ']', and write a ':' of the password as %3A";
	if (*end == from)
		return colon != NULL ? "a port without a host" : "a host is empty: there is one ',' too many";
	if ((host->name = decoded(parser->arena, from, *end)) == NULL)
		return "the host's percent-encoding is invalid";
	for (const char *at = host->name; *at != '\0'; at++)
		if ((unsigned char)*at <= ' ' || *at == 0x7f)
			return "the host contains a space or a control character";
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
	if (url->rules->socket_has_port && *host.name == '/') {
		if (url->socket != NULL)
			return "two hosts are folders of a socket: name one of them";
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

/* "disabled, preferred or required": the words from that value on. */
static const char *list_words(struct arena *arena, const struct url_word *word, int least)
{
	const char *list = "";

	for (bool first = true; word->name != NULL; word++) {
		if (word->value < least)
			continue;
		list = arena_printf(arena, "%s%s%s", list, first ? "" : word[1].name != NULL ? ", " : " or ", word->name);
		first = false;
	}
	return list;
}

static const char *expected_of(const struct parser *parser, const struct url_option *option)
{
	if (option->expected != NULL)
		return option->expected;
	if (option->words == NULL)
		return arena_printf(parser->arena, "%s is not an absolute path", option->name);
	return arena_printf(parser->arena, "%s is not %s", option->name, list_words(parser->arena, option->words, 0));
}

static const char *set_option(struct parser *parser, const struct url_option *option, const char *value)
{
	void *field = (char *)parser->url + option->field;

	if (option->is_port)
		return parse_port(value, value + strlen(value), field) ? NULL : expected_of(parser, option);
	if (option->words == NULL) {
		if (*value != '/')
			return expected_of(parser, option);
		*(const char **)field = value;
		return NULL;
	}
	for (const struct url_word *word = option->words; word->name != NULL; word++)
		if (is_same_word(value, word->name)) {
			*(unsigned *)field = (unsigned)word->value; /* of an enum */
			return NULL;
		}
	return expected_of(parser, option);
}

/* The name is not repeated: it may be a piece of a password that was not encoded. */
static const char *unknown_option(const struct parser *parser)
{
	const struct url_option *options = parser->url->rules->options;
	const char *known = "";

	for (unsigned i = 0; i < URL_OPTIONS_MAX && options[i].name != NULL; i++)
		known = arena_printf(parser->arena, "%s%s%s", known, i > 0 ? ", " : "", options[i].name);
	return arena_printf(parser->arena, "unknown option (known: %s)", known);
}

static const char *parse_option(struct parser *parser, const char *from, const char *to)
{
	const struct url_option *options = parser->url->rules->options;
	const char *equals = memchr(from, '=', (size_t)(to - from)), *name, *value;
	unsigned i = 0;

	if (equals == NULL)
		equals = to;
	if ((name = decoded(parser->arena, from, equals)) == NULL)
		return "the options' percent-encoding is invalid";
	while (i < URL_OPTIONS_MAX && options[i].name != NULL && !is_same_word(name, options[i].name))
		i++;
	if (i == URL_OPTIONS_MAX || options[i].name == NULL)
		return unknown_option(parser);
	if (parser->given[i])
		return arena_printf(parser->arena, "the option %s is given twice", options[i].name);
	parser->given[i] = true;
	if ((value = decoded(parser->arena, equals < to ? equals + 1 : to, to)) == NULL)
		return arena_printf(parser->arena, "the percent-encoding of %s is invalid", options[i].name);
	return set_option(parser, &options[i], value);
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
		return "the option port applies to a socket: write a host's port after the host";
	if (url->socket == NULL)
		return NULL;
	if (url->host_count > 1)
		return "a socket and several hosts: name one or the other";
	if (url->host_count == 1 && strcmp(url->hosts[0].name, "localhost") != 0)
		return "a socket and a host that is not localhost: name one of them";
	if (url->host_count == 1 && url->hosts[0].port != 0 && !url->rules->socket_has_port)
		return "a socket and a port: name one of them";
	return NULL;
}

static const char *check_tls(const struct database_url *url, struct arena *arena)
{
	const struct url_rules *rules = url->rules;
	const struct url_option *mode = find_option(rules, FIELD(tls));
	const char *ca = url_option_name(rules, FIELD(tls_ca));
	const char *certificate = url_option_name(rules, FIELD(tls_certificate)), *key = url_option_name(rules, FIELD(tls_key));
	bool files = url->tls_ca != NULL || url->tls_certificate != NULL || url->tls_key != NULL;

	if (url_is_local(url) && (files || url->tls > URL_TLS_PREFERRED))
		return url->socket == NULL && url->host_count == 1 ?
		               "TLS to localhost without a port, which is the local socket: write localhost:3306" :
		               "TLS on a local socket: omit the TLS options, or name a host";
	if ((url->tls_certificate == NULL) != (url->tls_key == NULL))
		return arena_printf(arena, "%s without %s (name a file that has both twice)",
		                    url->tls_key == NULL ? certificate : key, url->tls_key == NULL ? key : certificate);
	if (files && url->tls == URL_TLS_DISABLED)
		return "TLS is disabled, but files for it are named";
	if (files && url->tls < URL_TLS_REQUIRED)
		return arena_printf(arena, "files for TLS are named, but %s does not require TLS: use %s", mode->name,
		                    list_words(arena, mode->words, URL_TLS_REQUIRED));
	if (!rules->required_verifies_ca && url->tls_ca != NULL && url->tls == URL_TLS_REQUIRED)
		return arena_printf(arena, "%s is given with %s=required, which verifies nothing: use %s", ca, mode->name,
		                    list_words(arena, mode->words, URL_TLS_VERIFY_CA));
	if (url->tls == URL_TLS_VERIFY_CA && url->tls_ca == NULL)
		return arena_printf(arena, "verify-ca without %s: there is no authority to verify the certificate", ca);
	if (rules->identity_needs_ca && url->tls == URL_TLS_VERIFY_IDENTITY && url->tls_ca == NULL)
		return arena_printf(arena, "verify-full without %s: there is no authority to verify the certificate (Debian has the well-known "
		                    "ones in /etc/ssl/certs/ca-certificates.crt)", ca);
	return NULL;
}

/* --- The whole --- */

static const char *unknown_scheme(struct arena *arena)
{
	const char *known = "";

	for (unsigned i = 0; all_rules[i] != NULL; i++)
		for (unsigned s = 0; s < URL_SCHEMES_MAX; s++)
			known = arena_printf(arena, "%s%s%s", known, *known != '\0' ? ", " : "", all_rules[i]->schemes[s]);
	return arena_printf(arena, "unknown scheme (known: %s)", known);
}

static const char *parse_scheme(const char *text, const char **rest, struct arena *arena, struct database_url *url)
{
	const char *end = strstr(text, "://");

	if (end == NULL)
		return "no scheme: expected mysql://user:password@host:port/database";
	*rest = end + 3;
	for (unsigned i = 0; all_rules[i] != NULL; i++)
		for (unsigned s = 0; s < URL_SCHEMES_MAX; s++)
			if (slice_is((struct slice){ text, (size_t)(end - text) }, all_rules[i]->schemes[s])) {
				url->rules = all_rules[i];
				return NULL;
			}
	return unknown_scheme(arena);
}

/* user:password, up to the last '@' */
static const char *parse_account(struct parser *parser, const char *from, const char *to)
{
	const char *colon = memchr(from, ':', (size_t)(to - from));

	if (colon == NULL)
		colon = to;
	if ((parser->url->user = decoded(parser->arena, from, colon)) == NULL)
		return "the user's percent-encoding is invalid";
	if (colon < to && (parser->url->password = decoded(parser->arena, colon + 1, to)) == NULL)
		return "the password's percent-encoding is invalid";
	return NULL;
}

const char *url_parse(const char *text, struct arena *arena, struct database_url *url)
{
	struct parser parser = { .arena = arena, .url = url };
	const char *authority, *path, *query, *end, *at, *fault;

	memset(url, 0, sizeof(*url));
	url->user = url->password = "";
	if ((fault = parse_scheme(text, &authority, arena, url)) != NULL)
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
		return "no database: expected /database after the host";
	if (memchr(path + 1, '/', (size_t)(query - path - 1)) != NULL)
		return "a '/' in the database's name must be written %2F";
	if ((url->database = decoded(arena, path + 1, query)) == NULL)
		return "the database's percent-encoding is invalid";
	if ((fault = parse_options(&parser, query, end)) != NULL)
		return fault;
	fault = check_socket(url);
	return fault != NULL ? fault : check_tls(url, arena);
}

const char *url_unserved(const struct database_url *url, struct arena *arena)
{
	if (!url->rules->is_missing)
		return NULL;
	return arena_printf(arena, "this build has no %s: expected %s://", url->rules->database, all_rules[0]->schemes[0]);
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
	return url->rules->localhost_is_local && url->host_count == 1 && strcmp(url->hosts[0].name, "localhost") == 0 &&
	       url->hosts[0].port == 0;
}
