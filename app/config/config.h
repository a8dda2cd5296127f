/* SPDX-License-Identifier: MIT
 *
 * config.h: the configuration, which is read from the environment alone. variables.h has the table of what there is.
 */
#ifndef MYREST_CONFIG_H
#define MYREST_CONFIG_H

#include <stdbool.h>
#include <stdio.h>

#include "base/log.h"
#include "config/listen.h"
#include "config/table_choices.h"
#include "config/url.h"

struct config {
	struct arena arena; /* everything below lives here */
	struct database_url database;
	struct listen_address listen;
	struct listen_address admin;
	bool has_admin;
	struct table_choices tables;
	struct table_choices writable; /* of these */
	struct slice prefix; /* "/api", without a '/' at its end; "" for none */
	long workers;
	long max_rows;
	long buffer_bytes;
	long max_request_bytes;
	long drain_timeout_s;
	long slow_workers; /* 0: all workers but one */
	long queue_ms; /* 0: for ever */
	long watchdog_s; /* 0: none */
	long request_timeout_s;
	long statement_timeout_s;
	long connect_timeout_s;
	long hedge_ms; /* 0: never */
	enum log_level log_level;
	bool access_log;
	bool merge;
	bool sandbox;
	bool allow_unfiltered, allow_rollback;
	struct slice idempotency_table; /* no bytes: Idempotency-Key is refused */
};

/* Reads the environment. Every mistake is written to faults, one line each, by variable; answers how many there were.
 * Release it either way. */
int config_load(struct config *, FILE *faults) MUST_CHECK;
void config_release(struct config *);

/* DATABASE_URL_FILE read again: a password may change underneath. *url is filled in, its texts live in the arena. NULL; or
 * what is wrong with it, without a secret, and then *url is of no use. */
const char *config_read_url_again(struct arena *, struct database_url *url) MUST_CHECK;
bool config_url_is_in_file(void);

/* "_FILE" where NAME_FILE gives the variable's value, or else "": what a message about the value has behind NAME. */
const char *config_suffix(const char *name);

/* The variable's value, from NAME or from the file that NAME_FILE names; the text lives in the environment or the arena. NULL:
 * neither is set, or *fault says what is wrong. */
struct variable;
const char *config_value(const struct variable *, struct arena *, const char **fault);

/* Warns in the log of variables that begin with MYREST_ and are none of this release's. */
void config_warn_unknown(void);

#endif
