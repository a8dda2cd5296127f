/* SPDX-License-Identifier: MIT
 *
 * postgresql_catalogue.h: the tables of the current schema of a PostgreSQL database (13 and later), read from its
 * pg_catalog, which any role may read. Writes the statements and takes their rows; who runs them is another's business,
 * so that it can be tested without a server.
 */
#ifndef MYREST_POSTGRESQL_CATALOGUE_H
#define MYREST_POSTGRESQL_CATALOGUE_H

#include "database/database.h"

struct catalogue;

/* What is served and what of that can be written; both must outlive it. */
struct catalogue *postgresql_catalogue_new(const struct table_choices *, const struct table_choices *writable);
/* The next statement; false: there are no more. Its rows go to postgresql_catalogue_row before the next is asked for.
 * The session must have standard_conforming_strings, and give values as text in UTF-8. */
bool postgresql_catalogue_statement(struct catalogue *, struct text *sql, enum database_rows *);
void postgresql_catalogue_row(struct catalogue *, const struct row *);
bool postgresql_catalogue_failed(struct catalogue *, const struct database_error *); /* as driver.h has it */
/* Frees the catalogue. abandon: NULL; otherwise the schema, the caller's to free, and in missing what of the choices is
 * not there ("" when all is). */
struct schema *postgresql_catalogue_finish(struct catalogue *, bool abandon, char *missing, size_t size);

#endif
