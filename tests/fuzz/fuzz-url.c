/* SPDX-License-Identifier: MIT
 *
 * DATABASE_URL and MYREST_LISTEN.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "listen.h"
#include "url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct arena arena = { 0 };
	struct database_url url;
	struct listen_address address;

	if (text == NULL)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	if (url_parse(text, &arena, &url) == NULL &&
	    (url.user == NULL || url.password == NULL || url.database == NULL || *url.database == '\0' ||
	     url.port > 65535 || (url.host == NULL && url.port != 0) || (url.socket != NULL && *url.socket != '/')))
		abort();
	if (listen_parse(text, &arena, &address) == NULL &&
	    ((address.path == NULL) == (address.host == NULL) || (address.path != NULL && strlen(address.path) > 107) ||
	     (address.path != NULL && *address.path != '/') || address.mode > 0777))
		abort();
	arena_release(&arena);
	free(text);
	return 0;
}
