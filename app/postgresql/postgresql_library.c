/* SPDX-License-Identifier: MIT */
#include "postgresql/postgresql_library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build.h"

struct libpq libpq;
int (*libpq_tls_pending)(const void *);

static char fault[256];

/* What PGHOST, PGOPTIONS, PGSERVICE and the like say to other programs would add to what the URL says. */
static void forget_environment(void)
{
	for (char **entry = environ; *entry != NULL;) {
		char name[64];
		size_t length = strcspn(*entry, "=");

		if (strncmp(*entry, "PG", 2) != 0 || length >= sizeof(name)) {
			entry++;
			continue;
		}
		memcpy(name, *entry, length);
		name[length] = '\0';
		unsetenv(name); /* the next entry takes its place */
	}
}

void postgresql_library_start(void)
{
	void *library = dlopen(LIBPQ_SONAME, RTLD_NOW | RTLD_LOCAL);

	forget_environment();
	/* A server may ask for Kerberos, which looks names up, and waits; without a configuration it gives up at once. The
	 * library can refuse it by itself only from 16 on (require_auth). */
	setenv("KRB5_CONFIG", POSTGRESQL_NOWHERE, 1);
	*fault = '\0';
	if (library == NULL) {
		snprintf(fault, sizeof(fault), "the client library cannot be loaded: %s", dlerror());
		return;
	}
#define X(name) \
	if ((libpq.name = (__typeof__(&name))dlsym(library, #name)) == NULL) \
		snprintf(fault, sizeof(fault), "the client library has no %s", #name);
	LIBPQ_FUNCTIONS(X)
#undef X
	libpq_tls_pending = (__typeof__(libpq_tls_pending))dlsym(library, "SSL_pending");
}

const char *postgresql_library_fault(void)
{
	return fault;
}
