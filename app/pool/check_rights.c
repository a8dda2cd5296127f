/* SPDX-License-Identifier: MIT */
#include "pool/check_rights.h"

#include <stdio.h>
#include <string.h>

#include "pool/ask.h"
#include "schema/dialect.h"
#include "sql/sql.h"

enum right { INSERT, UPDATE, DELETE, RIGHTS };

static const char *const right_names[RIGHTS] = { "INSERT", "UPDATE", "DELETE" };

/* What of the rights that MYREST_WRITABLE needs the account lacks. */
struct lack {
	struct text rights; /* INSERT, UPDATE (`a`) */
	bool whole[RIGHTS]; /* on the whole table */
	unsigned missing;   /* how many of these */
	unsigned tried;
	bool by_column; /* one is missing on some columns alone */
};

/* Adds the columns that can be written, or only the one, with commas between them. */
static void add_columns(struct text *sql, const struct table *table, const struct column *only, const char *behind)
{
	unsigned count = 0;

	for (unsigned i = 0; i < table->column_count; i++)
		if (only != NULL ? &table->columns[i] == only : table->columns[i].writable) {
			text_add_string(sql, count++ > 0 ? "," : "");
			text_add_slice(sql, table->columns[i].quoted);
			text_add_string(sql, behind);
		}
}

/* A statement that needs the right, on the one column or on all that can be written, and is explained alone. It would
 * change nothing if it ran. */
static void add_trial(struct text *sql, const struct table *table, enum right right, const struct column *only)
{
	static const char *const beginnings[RIGHTS] = { "EXPLAIN INSERT INTO ", "EXPLAIN UPDATE ", "EXPLAIN DELETE FROM " };
	const char *separator = "";

	text_clear(sql);
	text_add_string(sql, beginnings[right]);
	text_add_slice(sql, table->quoted);
	if (right == UPDATE) {
		text_add_string(sql, " SET ");
		add_columns(sql, table, only, "=NULL");
	} else if (right == INSERT) {
		text_add_string(sql, " (");
		add_columns(sql, table, only, "");
		text_add_string(sql, ") SELECT ");
		for (unsigned i = 0; i < table->column_count; i++)
			if (only != NULL ? &table->columns[i] == only : table->columns[i].writable) {
				text_add_string(sql, separator);
				text_add_string(sql, "NULL");
				separator = ",";
			}
		text_add_string(sql, " FROM (SELECT 1 AS n) AS one");
	}
	text_add_string(sql, " WHERE 1=0");
}

static bool has_writable_column(const struct table *table)
{
	for (unsigned i = 0; i < table->column_count; i++)
		if (table->columns[i].writable)
			return true;
	return false;
}

/* Adds " (`a`, `b`)", the columns on which alone the right is missing; false: it is missing on all of them. */
static bool add_missing_columns(struct text *rights, struct database *database, const struct table *table,
                                enum right right)
{
	struct text sql = { 0 }, names = { 0 };
	unsigned missing = 0, count = 0;

	for (unsigned i = 0; i < table->column_count && database_is_open(database); i++) {
		const struct column *column = &table->columns[i];

		if (!column->writable)
			continue;
		count++;
		add_trial(&sql, table, right, column);
		if (ask_is_forbidden(database, &sql)) {
			text_add_string(&names, missing++ > 0 ? ", " : "");
			text_add_slice(&names, column->quoted);
		}
	}
	if (missing > 0 && missing < count) {
		text_add_string(rights, " (");
		text_add(rights, names.bytes, names.length);
		text_add_char(rights, ')');
	}
	text_release(&sql);
	text_release(&names);
	return missing > 0 && missing < count;
}

/* The account as a GRANT names it; the server's own words for it are in the row. */
static void add_account(struct text *account, const struct row *row, char quote)
{
	const char *name = row->count > 0 && row->values[0] != NULL ? row->values[0] : "", *host = NULL;

	/* MySQL has a host behind the last '@'. */
	if (quote == '`')
		host = strrchr(name, '@');
	text_add_char(account, quote);
	for (const char *at = name; *at != '\0'; at++) {
		if (at == host) {
			text_add_string(account, "`@`");
			continue;
		}
		if (*at == quote)
			text_add_char(account, quote);
		text_add_char(account, *at);
	}
	text_add_char(account, quote);
}

void check_rights_find_account(struct text *account, struct database *database, char quote)
{
	static const char sql[] = "SELECT CURRENT_USER";
	enum database_step step = ask_wait(database, database_send(database, sql, sizeof(sql) - 1, DATABASE_AT_ONCE));
	struct row row;

	while (step == DATABASE_ROW) {
		database_row(database, &row);
		add_account(account, &row, quote);
		step = ask_wait(database, database_next(database));
	}
}

/* Says which rights are missing and the GRANT that gives them, to be pasted. */
void check_rights_tell_missing(struct database *database, const char *warning, const char *variable, const char *object,
                         struct slice name, struct slice quoted, struct text *rights, const char *remark)
{
	struct text account = { 0 };
	const char *missing = text_terminate(rights);

	if (database_is_open(database))
		check_rights_find_account(&account, database, quoted.bytes[0]);
	if (account.length > 0) { /* or else the connection is lost, which is told instead (is_lost) */
		ask_begin_fault(warning, variable);
		fprintf(stderr, "on %s '%.*s' the account has no %s%s: GRANT %s ON %.*s TO %s\n", object, (int)name.length,
		        name.bytes, missing, remark, missing, (int)quoted.length, quoted.bytes, text_terminate(&account));
	}
	text_release(&account);
}

static bool is_impossible(const struct table *table, enum right right)
{
	return right == INSERT ? table->no_insert : right == UPDATE ? table->no_update : table->no_delete;
}

/* Tries what MYREST_WRITABLE promises. */
static void try_rights(struct database *database, const struct table *table, struct lack *lack)
{
	struct text sql = { 0 };

	for (int right = INSERT; right < RIGHTS && database_is_open(database); right++) {
		if ((right != DELETE && !has_writable_column(table)) || is_impossible(table, (enum right)right))
			continue;
		lack->tried++;
		add_trial(&sql, table, (enum right)right, NULL);
		if (!ask_is_forbidden(database, &sql))
			continue;
		text_add_string(&lack->rights, lack->rights.length > 0 ? ", " : "");
		text_add_string(&lack->rights, right_names[right]);
		if (right != DELETE && add_missing_columns(&lack->rights, database, table, (enum right)right)) {
			lack->by_column = true;
			continue;
		}
		lack->whole[right] = true;
		lack->missing++;
	}
	text_release(&sql);
}

/* How it can be written, by the rights as well. */
static void print_writable(const struct table *table, const struct lack *lack)
{
	static const char *const methods[RIGHTS] = { " POST", " PATCH", " DELETE" };
	unsigned count = 0;

	if (!table->writable) {
		printf(", read only");
		return;
	}
	if (lack->missing > 0 && lack->missing == lack->tried) {
		printf(", not writable: rights are missing");
		return;
	}
	for (int right = INSERT; right < RIGHTS; right++)
		count += !is_impossible(table, (enum right)right) && !lack->whole[right];
	printf(count < RIGHTS ? ", writable by" : ", writable");
	for (int right = INSERT; right < RIGHTS && count < RIGHTS; right++)
		if (!is_impossible(table, (enum right)right) && !lack->whole[right])
			printf("%s", methods[right]);
	printf("%s%s", count < RIGHTS ? " alone" : "", lack->by_column ? ", but not all of its columns" : "");
}

static void print_table(const struct table *table, const struct lack *lack)
{
	unsigned exposed = 0;

	for (unsigned i = 0; i < table->column_count; i++)
		exposed += table->columns[i].exposed;
	printf("%s %s: %u of %u columns", table->is_view ? "view" : "table", table->name.bytes, exposed,
	       table->column_count);
	if (table->key_column >= 0)
		printf(", /%s/KEY by %s", table->name.bytes, table->columns[table->key_column].name.bytes);
	print_writable(table, lack);
	printf("\n");
}

/* Prints what there is to know of the table, and says what is missing; false: that is an error. A right that is missing
 * on the whole table while another one is there is only a warning: the table may be meant for POST alone, which
 * MYREST_WRITABLE cannot say. */
bool check_rights_of(struct database *database, const struct table *table)
{
	struct lack lack = { 0 };
	bool error;

	if (table->writable)
		try_rights(database, table, &lack);
	error = lack.by_column || (lack.missing > 0 && lack.missing == lack.tried);
	print_table(table, &lack);
	fflush(stdout);
	if (lack.rights.length > 0)
		check_rights_tell_missing(database, error ? "" : "warning: ", "MYREST_WRITABLE", table->is_view ? "view" : "table",
		             table->name, table->quoted, &lack.rights, "");
	text_release(&lack.rights);
	return !error;
}
