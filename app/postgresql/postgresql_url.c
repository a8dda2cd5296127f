/* SPDX-License-Identifier: MIT */
#include "postgresql/postgresql_url.h"

#ifdef HAVE_CONFIG_H
#include "build.h"
#endif

static const struct url_word tls_words[] = {
	{ "disable", URL_TLS_DISABLED },
	{ "prefer", URL_TLS_PREFERRED },
	{ "require", URL_TLS_REQUIRED },
	{ "verify-ca", URL_TLS_VERIFY_CA },
	{ "verify-full", URL_TLS_VERIFY_IDENTITY },
	{ NULL, 0 },
};

static const struct url_word target_words[] = {
	{ "any", URL_TARGET_ANY },
	{ "read-write", URL_TARGET_WRITABLE },
	{ NULL, 0 },
};

#define FIELD(name) offsetof(struct database_url, name)

const struct url_rules postgresql_url = {
	.database = "PostgreSQL",
	.schemes = { "postgresql", "postgres" },
	.options = {
		{ "target_session_attrs", FIELD(target), target_words, false, NULL },
		{ "sslmode", FIELD(tls), tls_words, false, NULL },
		{ "sslrootcert", FIELD(tls_ca), NULL, false, NULL },
		{ "sslcert", FIELD(tls_certificate), NULL, false, NULL },
		{ "sslkey", FIELD(tls_key), NULL, false, NULL },
		{ "host", FIELD(socket), NULL, false,
		  "the option host is the folder of the socket, an absolute path: write hosts after the '@'" },
		{ "port", FIELD(socket_port), NULL, true, "the option port is not a number from 1 to 65535" },
	},
	.socket_has_port = true,
	.required_verifies_ca = true,
	.identity_needs_ca = true,
	.key_is_private = true,
#ifndef HAVE_POSTGRESQL
	.is_missing = true,
#endif
};
