/* SPDX-License-Identifier: MIT
 *
 * variables.h: the table of the environment's variables. Each is described once, here; the configuration is read by
 * it (config.h), and what `myrest env` prints, the tables of the documents and the manual page are made from it
 * (config_print.h).
 */
#ifndef MYREST_VARIABLES_H
#define MYREST_VARIABLES_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"

/* Reads the value into the field of the configuration. Returns NULL, or what is wrong with the value: lower case, without
 * the variable's name and without a secret, static or in the configuration's arena. */
typedef const char *variable_reader(const char *value, struct config *, void *field);

struct variable {
	const char *name;
	const char *fallback; /* the default; NULL: the variable must be set, */
	const char *form;     /* in this form */
	/* Whole sentences for people, in one line. What is code is enclosed in backticks, as in Markdown. */
	const char *text;
	variable_reader *read; /* NULL: the value is a number from least to most */
	size_t field;          /* of struct config */
	long least, most;
	bool is_secret;     /* its value is never shown */
	bool is_by_machine; /* the fallback describes a value that depends on the machine (variable_default) */
};

extern const struct variable variables[]; /* the last one has no name */

/* The value that the variable has when it is not set; NULL if it must be set. */
const char *variable_default(const struct variable *, struct arena *);

/* Reads a URL of a database and checks that the files that it names can be used. Returns NULL, or what is wrong, without
 * a secret; the texts live in the arena. */
const char *variable_read_url(const char *value, struct arena *, struct database_url *) MUST_CHECK;

#endif
