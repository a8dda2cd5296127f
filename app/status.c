/* SPDX-License-Identifier: MIT */
#include "status.h"

static const struct {
	int http;
	const char *code, *message;
} statuses[] = {
#define X(name, http, code, message) { http, code, message },
	STATUS_LIST(X)
#undef X
};

int status_http(enum status status)
{
	return statuses[status].http;
}

const char *status_code(enum status status)
{
	return statuses[status].code;
}

const char *status_message(enum status status)
{
	return statuses[status].message;
}
