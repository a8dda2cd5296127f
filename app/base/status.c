/* SPDX-License-Identifier: MIT */
#include "base/status.h"

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

bool status_is_the_databases(enum status status)
{
	switch ((int)status) {
	case STATUS_UNSUPPORTED:
	case STATUS_RAISED:
	case STATUS_NOT_COMPUTED:
	case STATUS_FAULT:
	case STATUS_NOT_SHOWN:
	case STATUS_DEFINITION:
	case STATUS_TOO_COMPLEX:
	case STATUS_NOT_TAKEN:
	case STATUS_INTERNAL:
	case STATUS_STORAGE:
	case STATUS_DAMAGED:
	case STATUS_FULL:
	case STATUS_NO_MEMORY:
	case STATUS_QUOTA:
	case STATUS_EXHAUSTED:
	case STATUS_FOREIGN_AWAY:
		return true;
	default:
		return false;
	}
}
