/* SPDX-License-Identifier: MIT
 *
 * mysql_catalogue.h: the tables of a MySQL or MariaDB database, read from its information_schema. Writes the statements
 * and takes their rows; who runs them is another's business, so that it can be tested without a server.
 */
#ifndef MYREST_MYSQL_CATALOGUE_H
#define MYREST_MYSQL_CATALOGUE_H

#include "database/database.h"
#include "mysql/mysql_server.h"

struct catalogue;

/* What is served, what of that can be written, and what was known before (NULL: nothing), all of which must outlive it,
 * as the server has to. */
struct catalogue *mysql_catalogue_new(const struct table_choices *, const struct table_choices *writable,
                                      const struct schema *known, const struct mysql_server *);
/* The next statement; false: there are no more. Its rows go to mysql_catalogue_row before the next is asked for. */
bool mysql_catalogue_statement(struct catalogue *, struct text *sql, enum database_rows *);
void mysql_catalogue_row(struct catalogue *, const struct row *);
/* As driver.h has it. A table that is asked for by itself keeps the types that are known, or has none for now. */
bool mysql_catalogue_failed(struct catalogue *, const struct database_error *);
/* Frees the catalogue. abandon: NULL; otherwise the schema, the caller's to free, and in missing what of the choices is
 * not there ("" when all is). */
struct schema *mysql_catalogue_finish(struct catalogue *, bool abandon, char *missing, size_t size);

#endif
