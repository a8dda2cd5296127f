/* SPDX-License-Identifier: MIT
 *
 * check_rights.h: of `myrest check`: whether the account has the rights that a table needs which MYREST_WRITABLE names.
 */
#ifndef MYREST_CHECK_RIGHTS_H
#define MYREST_CHECK_RIGHTS_H

#include "database/database.h"

/* Prints what there is to be known of the table; false: rights are missing, which is said on standard error. */
bool check_rights_of(struct database *, const struct table *);
/* Says that the account lacks these rights, and how they are granted. */
void check_rights_tell_missing(struct database *database, const char *warning, const char *variable, const char *object,
                         struct slice name, struct slice quoted, struct text *rights, const char *remark);
/* The account as the server writes it, quoted. */
void check_rights_find_account(struct text *account, struct database *database, char quote);

#endif
