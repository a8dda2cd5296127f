/* SPDX-License-Identifier: MIT */
#include "url.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

/* A part of the URL, decoded, or NULL when its percent-encoding is broken or hides a NUL. */
static const char *decoded(struct arena *arena, const char *from, const char *to)
{
	size_t length = (size_t)(to - from);
	char *copy = arena_text(arena, from, length);

	if (!text_percent_decode(copy, &length, false) || memchr(copy, '\0', length) != NULL)
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

static const char *parse_host(const char *from, const char *to, struct arena *arena, struct database_url *url)
{
	const char *end = to, *port;

	if (from < to && *from == '[') {
		if ((end = memchr(from, ']', (size_t)(to - from))) == NULL)
			return "the IPv6 address lacks its ']'";
		if (end == from + 1)
			return "the host is empty between '[' and ']'";
		url->host = arena_text(arena, from + 1, (size_t)(end - from - 1));
		end++;
		if (end < to && *end != ':')
			return "only ':port' may follow the ']' of the host";
	} else {
		if ((port = memchr(from, ':', (size_t)(to - from))) != NULL)
			end = port;
		if (memchr(from, ',', (size_t)(to - from)) != NULL)
			return "several hosts are not supported";
		if (end > from && (url->host = decoded(arena, from, end)) == NULL)
			return "the host's percent-encoding is broken";
	}
	if (end < to && !parse_port(end + 1, to, &url->port))
		return "the port is not a number from 1 to 65535";
	if (url->host == NULL && url->port != 0)
		return "a port without a host";
	return NULL;
}

static const char *parse_option(const char *from, const char *to, struct arena *arena, struct database_url *url)
{
	const char *equals = memchr(from, '=', (size_t)(to - from)), *name, *value;

	if (equals == NULL)
		equals = to;
	if ((name = decoded(arena, from, equals)) == NULL)
		return "the options' percent-encoding is broken";
	if (strcmp(name, "socket") != 0)
		return "unknown option (known: socket)"; /* its name may be a piece of a password that was not encoded */
	if ((value = decoded(arena, equals < to ? equals + 1 : to, to)) == NULL)
		return "the socket's percent-encoding is broken";
	if (*value != '/')
		return "the socket is not an absolute path";
	url->socket = value;
	return NULL;
}

const char *url_parse(const char *text, struct arena *arena, struct database_url *url)
{
	const char *scheme_end = strstr(text, "://"), *authority, *path, *query, *end, *at, *colon, *fault, *next;

	memset(url, 0, sizeof(*url));
	if (scheme_end == NULL)
		return "no scheme: expected mysql://user:password@host:port/database";
	if (!(scheme_end - text == 5 && strncmp(text, "mysql", 5) == 0) &&
	    !(scheme_end - text == 7 && strncmp(text, "mariadb", 7) == 0))
		return "unknown scheme (known: mysql, mariadb)";
	authority = scheme_end + 3;
	path = authority + strcspn(authority, "/?#");
	query = path + strcspn(path, "?#");
	end = query + strcspn(query, "#");
	if (*end == '#')
		return "a '#' must be written %23";

	for (at = path; at > authority && at[-1] != '@'; at--)
		;
	url->user = url->password = "";
	if (at > authority) {
		if ((colon = memchr(authority, ':', (size_t)(at - authority))) == NULL)
			colon = at - 1;
		if ((url->user = decoded(arena, authority, colon)) == NULL)
			return "the user's percent-encoding is broken";
		if (colon < at - 1 && (url->password = decoded(arena, colon + 1, at - 1)) == NULL)
			return "the password's percent-encoding is broken";
	}
	if ((fault = parse_host(at, path, arena, url)) != NULL)
		return fault;
	if (query - path < 2)
		return "no database: expected /database behind the host";
	if (memchr(path + 1, '/', (size_t)(query - path - 1)) != NULL)
		return "a '/' in the database's name must be written %2F";
	if ((url->database = decoded(arena, path + 1, query)) == NULL)
		return "the database's percent-encoding is broken";
	for (; query < end; query = next) {
		next = query + 1 + strcspn(query + 1, "&#");
		if (next > query + 1 && (fault = parse_option(query + 1, next, arena, url)) != NULL)
			return fault;
	}
	if (url->socket != NULL && url->host != NULL && strcmp(url->host, "localhost") != 0)
		return "a socket and a host that is not localhost: name one of them";
	return NULL;
}
