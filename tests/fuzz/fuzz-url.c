/* SPDX-License-Identifier: MIT
 *
 * DATABASE_URL and MYREST_LISTEN.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/listen.h"
#include "config/url.h"
#include "mysql/mysql_url.h"
#include "postgresql/postgresql_url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	static const struct url_rules *const rules[] = { &mysql_url, &postgresql_url, NULL };
	struct arena arena = { 0 };
	struct database_url url;
	struct listen_address address;
	bool url_parsed;

	if (text == NULL)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	url_register(rules);
	url_parsed = url_parse(text, &arena, &url) == NULL;
	if (url_parsed &&
	    (url.user == NULL || url.password == NULL || url.database == NULL || *url.database == '\0' ||
	     url.host_count > URL_HOSTS_MAX || url.socket_port > 65535 || (url.socket != NULL && *url.socket != '/')))
		abort();
	for (unsigned i = 0; url_parsed && i < url.host_count; i++)
		if (url.hosts[i].name == NULL || *url.hosts[i].name == '\0' || url.hosts[i].port > 65535)
			abort();
	if (listen_parse(text, &arena, &address) == NULL &&
	    ((address.path == NULL) == (address.host == NULL) || (address.path != NULL && strlen(address.path) > 107) ||
	     (address.path != NULL && *address.path != '/') || address.mode > 0777))
		abort();
	arena_release(&arena);
	free(text);
	return 0;
}
