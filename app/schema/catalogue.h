/* SPDX-License-Identifier: MIT
 *
 * catalogue.h: a schema while a catalogue's rows fill it: what the servers' catalogues have in common. Knows no statement
 * and no server's words; those are mysql_catalogue.c's and postgresql_catalogue.c's.
 */
#ifndef MYREST_CATALOGUE_H
#define MYREST_CATALOGUE_H

#include "schema/table.h"

/* A description under way. */
struct catalogue {
	const struct table_choices *choices, *writable;
	const struct schema *known; /* that was had last; NULL: none */
	int statement;  /* that runs; -1 before the first */
	int statements; /* how many there are */
	unsigned asked; /* tables that were asked for the columns of a result, or passed over */
	const struct dialect *dialect; /* of the tables */
	bool (*is_name)(struct slice); /* false: no table has it, and the server may not even compare with it; NULL: all are */
	bool json_forward;             /* as they have it */
	bool json_type;                /* MySQL, which has JSON as a type of its own, and compares no vectors */
	const char *index_type; /* MySQL, MariaDB: as mysql_server.h has it */
	bool null_is_now; /* in the columns of which column->null_is_now says it */
	struct schema *schema;
};

/* What is served and what of that can be written must outlive it. */
struct catalogue *catalogue_new(const struct table_choices *, const struct table_choices *writable, int statements,
                               const struct dialect *);
/* Frees the catalogue. abandon: NULL; otherwise the schema, the caller's to free, and in missing what of the choices is
 * not there ("" when all is). */
struct schema *catalogue_finish(struct catalogue *, bool abandon, char *missing, size_t size);

/* What of a choice the description lacks. */
enum catalogue_missing {
	DESCRIBE_COMPLETE,
	DESCRIBE_MISSING,
	DESCRIBE_UNREADABLE /* the account has no SELECT on columns that the choice is about, or on any */
};

/* Says it in words; of several faults the first. */
enum catalogue_missing catalogue_missing(const struct schema *, const struct table_choice *, char *words, size_t size);

/* Adds ('users','orders'): the tables that are served, but for names that no table can have. */
void catalogue_add_names(const struct catalogue *, struct text *sql);

/* Of a row: no bytes where there is NULL or no value at all, and 0. */
struct slice catalogue_value(const struct row *, unsigned n);
uint64_t catalogue_number(const struct row *, unsigned n);
bool catalogue_is_null(const struct row *, unsigned n);
/* A copy that lives as long as the schema, with a NUL behind it. */
struct slice catalogue_keep(struct catalogue *, struct slice);

/* The table that the row's first value names; NULL: none that was added. */
struct table *catalogue_table(struct catalogue *, const struct row *);
/* A new table of that name. NULL: it is not asked for (a server may compare names more loosely than we do), or is there
 * already. */
struct table *catalogue_add_table(struct catalogue *, struct slice name);
/* Statements name the table with its schema in front. */
void catalogue_qualify(struct catalogue *, struct table *, struct slice schema);
/* Whether it is to be written as far as the choices go. */
bool catalogue_wants_writable(const struct catalogue *, const struct table *);
/* The server failed to say what there is to know of the table: requests are refused with that status, and it is asked again
 * soon. */
void catalogue_untold(struct catalogue *, struct table *, const char *why, enum status refusal);

/* A new last column; NULL: there are too many. catalogue_expose says who may see and write it, once it is filled. */
struct column *catalogue_add_column(struct catalogue *, struct table *, struct slice name);
void catalogue_expose(struct catalogue *, const struct table *, struct column *);
/* Its members: the texts in single quotes that the list has, as both servers write it. */
void catalogue_take_members(struct column *, struct slice list, struct arena *);
int catalogue_column_index(const struct table *, struct slice name); /* -1: none */

/* The last key, when it has that name; otherwise a new one, and *is_new is true. */
struct key *catalogue_add_key(struct catalogue *, struct table *, struct slice name, bool *is_new);
void catalogue_add_key_column(struct catalogue *, struct key *, unsigned column);
/* A part of the key is no column that is known: it is neither unique by the others, nor are they what it indexes. */
void catalogue_obscure_key(struct key *);
/* Adds the column to the last foreign key, when it has that name, or to a new one; a name that is no column's: nothing. */
void catalogue_add_foreign_key_column(struct catalogue *, struct table *, struct slice name, struct slice column,
                                     struct slice target, struct slice target_column);

#endif
