/* SPDX-License-Identifier: MIT
 *
 * config_print.h: the table of the variables (variables.h) in the forms in which people read it. All write to the stream and
 * leave it to the caller to see whether it has failed.
 */
#ifndef MYREST_CONFIG_PRINT_H
#define MYREST_CONFIG_PRINT_H

#include <stdio.h>

/* Each variable as it is set now, in a form that a shell and systemd can read: its text, default and origin as comments,
 * then NAME=value. A secret's value is ***. */
void config_print_values(FILE *);

/* A file to copy to /etc/myrest/myrest.env: each variable with its text, and its default in a comment. */
void config_print_example(FILE *);

/* The table of README.md. */
void config_print_markdown(FILE *);

/* The list of the manual page myrest.env(5), as mdoc(7). */
void config_print_man(FILE *);

#endif
