/* SPDX-License-Identifier: MIT
 *
 * ask.h: for the commands: the database driven as a worker drives it, where there is nothing else to wait for.
 */
#ifndef MYREST_ASK_H
#define MYREST_ASK_H

#include "database/database.h"

/* Waits until there is something to know. */
enum database_step ask_wait(struct database *, enum database_step);
/* Whether the statement fails; database_error says why. */
bool ask_fails(struct database *, const struct text *sql);
/* Other refusals than that of a right say nothing: a view whose tables the account may not see cannot be explained. */
bool ask_is_forbidden(struct database *, const struct text *sql);
/* Begins a line on standard error about what the variable says. */
void ask_begin_fault(const char *warning, const char *variable);

#endif
