/* SPDX-License-Identifier: MIT
 *
 * What a MySQL or MariaDB server says of itself when a connection opens: its version, and behind it rows of name, value
 * and session, with tabs between them. The version means what sscanf reads in it; the statements that follow are closed and
 * do not depend on what the server has said beyond what it can do, and nor does the one that looks for the same server.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

#include "mysql/mysql_server.h"
#include "oracle.h"
#include "sql_tokens.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *terminated(struct slice slice)
{
	static struct text text;

	text_clear(&text);
	text_add(&text, slice.bytes, slice.length);
	return text_terminate(&text);
}

static void version_holds(const struct mysql_server *server, const char *version)
{
	bool mariadb = strstr(version, "MariaDB") != NULL;
	unsigned major = 0, minor = 0, patch = 0;

	DEMAND(server->mariadb == mariadb && server->json_type == !mariadb);
	DEMAND(!server->traits.returning || mariadb);
	if (mariadb && strncmp(version, "5.5.5-", 6) == 0)
		version += 6;
	for (const char *at = version; at < version + strspn(version, "0123456789."); at++)
		if (strspn(at, "0123456789") > 3) /* no server's */
			return;
	if (*version < '0' || *version > '9' || sscanf(version, "%u.%u.%u", &major, &minor, &patch) != 3)
		return;
	if (minor > 99 || patch > 99)
		return;
	DEMAND(server->json_told == (mariadb && (major > 10 || (major == 10 && (minor > 5 || (minor == 5 && patch >= 2))))));
	DEMAND(server->json_forward == (mariadb && (major < 10 || (major == 10 && minor < 9))));
	DEMAND(server->traits.returning == (mariadb && (major > 10 || (major == 10 && minor >= 5))));
	DEMAND((strchr(server->index_type, '(') != NULL) ==
	       (mariadb ? major > 10 || (major == 10 && minor >= 6) : major >= 8));
}

static void row_is_told(struct mysql_server *server, struct slice line)
{
	static struct text texts[3];
	const char *values[3];
	unsigned long lengths[3];
	struct row row = { 0, values, lengths };

	while (row.count < 3) {
		const char *tab = line.length > 0 ? memchr(line.bytes, '\t', line.length) : NULL;
		size_t length = tab != NULL ? (size_t)(tab - line.bytes) : line.length;

		text_clear(&texts[row.count]);
		text_add(&texts[row.count], line.bytes, length);
		values[row.count] = length == 2 && memcmp(line.bytes, "\\N", 2) == 0 ? NULL : text_terminate(&texts[row.count]);
		lengths[row.count++] = length;
		if (tab == NULL)
			break;
		line = (struct slice){ tab + 1, line.length - length - 1 };
	}
	mysql_server_variable(server, &row);
}

static void statements_hold(const struct mysql_server *server, enum url_target target)
{
	static struct text sql, bare;

	for (unsigned n = 0;; n++) {
		text_clear(&sql);
		if (!mysql_server_setup(server, target, n, 30, &sql))
			break;
		DEMAND(n < 10 && sql.length > 0);
		text_clear(&bare);
		DEMAND(tokens_bare(&bare, (struct slice){ sql.bytes, sql.length }, '`', NULL));
	}
	for (unsigned n = 0;; n++) {
		text_clear(&sql);
		if (!mysql_server_kill(server, server->session, n, target == URL_TARGET_WRITABLE, &sql))
			break;
		DEMAND(n < 3 && server->identity[0] != '\0');
		text_clear(&bare);
		DEMAND(tokens_bare(&bare, (struct slice){ sql.bytes, sql.length }, '`', NULL));
		DEMAND(n != 0 || strspn(server->identity, "0123456789abcdef") == strlen(server->identity));
	}
	text_clear(&sql);
	DEMAND(!mysql_server_kill(server, server->session + 1, 0, true, &sql) && sql.length == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = { (const char *)data, size }, line = oracle_line(&rest);
	struct mysql_server server;
	const char *version = terminated(line);

	mysql_server_describe(&server, version);
	version_holds(&server, version);
	for (unsigned i = 0; rest.length > 0 && i < 40; i++)
		row_is_told(&server, oracle_line(&rest));
	DEMAND(memchr(server.identity, '\0', sizeof(server.identity)) != NULL);
	DEMAND(mysql_server_unfit(&server, URL_TARGET_ANY) == NULL || (server.galera && !server.galera_ready));
	DEMAND(!server.read_only || mysql_server_unfit(&server, URL_TARGET_WRITABLE) != NULL);
	statements_hold(&server, URL_TARGET_ANY);
	statements_hold(&server, URL_TARGET_WRITABLE);
	return 0;
}
