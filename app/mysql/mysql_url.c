/* SPDX-License-Identifier: MIT */
#include "mysql/mysql_url.h"

static const struct url_word tls_words[] = {
	{ "disabled", URL_TLS_DISABLED },
	{ "preferred", URL_TLS_PREFERRED },
	{ "required", URL_TLS_REQUIRED },
	{ "verify-ca", URL_TLS_VERIFY_CA },
	{ "verify-identity", URL_TLS_VERIFY_IDENTITY },
	{ NULL, 0 },
};

static const struct url_word target_words[] = {
	{ "any", URL_TARGET_ANY },
	{ "writable", URL_TARGET_WRITABLE },
	{ NULL, 0 },
};

#define FIELD(name) offsetof(struct database_url, name)

const struct url_rules mysql_url = {
	.database = "MySQL",
	.schemes = { "mysql", "mariadb" },
	.options = {
		{ "target", FIELD(target), target_words, false, NULL },
		{ "ssl-mode", FIELD(tls), tls_words, false, NULL },
		{ "ssl-ca", FIELD(tls_ca), NULL, false, NULL },
		{ "ssl-cert", FIELD(tls_certificate), NULL, false, NULL },
		{ "ssl-key", FIELD(tls_key), NULL, false, NULL },
		{ "socket", FIELD(socket), NULL, false, "the socket is not an absolute path" },
	},
	.localhost_is_local = true,
};
