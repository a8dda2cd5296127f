/* SPDX-License-Identifier: MIT */
#include "pool/commands.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "database/database.h"
#include "pool/ask.h"
#include "pool/check_idempotency.h"
#include "pool/check_rights.h"
#include "response/openapi.h"
#include "schema/catalogue.h"
#include "schema/dialect.h"
#include "sql/sql.h"

/* Connects and describes the tables; NULL: it cannot, and that is said. */
static struct database *connect_database(const struct config *config)
{
	struct database *database;

	signal(SIGPIPE, SIG_IGN);
	database_start(config);
	database = database_new(config, 0);
	if (ask_wait(database, database_open(database)) == DATABASE_OPEN)
		return database;
	ask_begin_fault("", "DATABASE_URL");
	fprintf(stderr, "cannot connect: %s\n", database_error(database)->text);
	database_free(database);
	return NULL;
}

/* Whether rights were left untried, which is said. */
static bool is_lost(const struct database *database)
{
	if (database_is_open(database))
		return false;
	fflush(stdout);
	ask_begin_fault("", "DATABASE_URL");
	fprintf(stderr, "the connection was lost: %s\n", database_error(database)->text);
	return true;
}

/* " (`a`, `b`)": of the columns that are named those that cannot be read; nothing where all of the table are meant. */
static void add_unreadable(struct text *rights, const struct table *table, const struct table_choice *choice)
{
	unsigned count = 0;

	for (unsigned i = 0; choice->column_count > 0 && i < table->column_count; i++) {
		const struct column *column = &table->columns[i];

		if (!column->unreadable || column->writable || !table_choice_has(choice, column->name))
			continue;
		text_add_string(rights, count++ > 0 ? ", " : " (");
		text_add_slice(rights, column->quoted);
	}
	text_add_string(rights, count > 0 ? ")" : "");
}

/* The GRANT that lets the account read what is named. */
static void tell_grant(struct database *database, const struct table *table, const struct table_choice *choice)
{
	struct text account = { 0 }, columns = { 0 };

	if (database_is_open(database))
		check_rights_find_account(&account, database, table->quoted.bytes[0]);
	add_unreadable(&columns, table, choice);
	if (account.length > 0)
		fprintf(stderr, ": GRANT SELECT%s ON %.*s TO %s", text_terminate(&columns), (int)table->quoted.length,
		        table->quoted.bytes, text_terminate(&account));
	text_release(&account);
	text_release(&columns);
}

/* Says what the variable names and the database does not have, or not for us, a line each, but for what has been said
 * of another variable; whether that is anything. */
static bool tell_absent(struct database *database, const char *variable, const struct table_choices *choices,
                        const struct table_choices *others)
{
	const struct schema *schema = database_schema(database);
	char words[512], said[512];
	bool any = false;

	for (unsigned i = 0; i < choices->count; i++) {
		const struct table_choice *choice = &choices->entries[i];
		const struct table_choice *other = others != NULL ? table_choice_find(others, choice->name) : NULL;
		enum catalogue_missing missing = catalogue_missing(schema, choice, words, sizeof(words));

		if (missing == DESCRIBE_COMPLETE)
			continue;
		any = true;
		if (other != NULL && catalogue_missing(schema, other, said, sizeof(said)) != DESCRIBE_COMPLETE &&
		    strcmp(words, said) == 0)
			continue;
		ask_begin_fault("", variable);
		fputs(words, stderr);
		if (missing == DESCRIBE_UNREADABLE)
			tell_grant(database, schema_table(schema, choice->name), choice);
		fputc('\n', stderr);
	}
	return any;
}

/* The exit status, once all is printed. */
static int finish_command(struct database *database, const struct config *config)
{
	bool absent;

	fflush(stdout);
	absent = tell_absent(database, "MYREST_TABLES", &config->tables, NULL);
	if (tell_absent(database, "MYREST_WRITABLE", &config->writable, &config->tables))
		absent = true;
	database_free(database);
	return absent ? EX_UNAVAILABLE : 0;
}

int commands_check(const struct config *config)
{
	const struct schema *schema;
	struct database *database;
	const char *protection;
	bool allowed = true;
	int status, remembered = 0;

	printf("configuration: good\n");
	fflush(stdout);
	if ((database = connect_database(config)) == NULL)
		return EX_UNAVAILABLE;
	schema = database_schema(database);
	protection = database_protection(database);
	printf("database: %s answers, %s\n", database_host(database), protection != NULL ? protection : "without TLS");
	for (unsigned i = 0; i < schema->table_count; i++)
		if (schema->tables[i].untold == NULL)
			allowed = check_rights_of(database, &schema->tables[i]) && allowed;
	if (config->idempotency_table.length > 0)
		remembered = check_idempotency(database, config);
	if (is_lost(database))
		remembered = EX_UNAVAILABLE;
	status = finish_command(database, config);
	if (status == 0 && remembered == EX_UNAVAILABLE)
		status = remembered;
	return status != 0 ? status : allowed ? remembered : EX_NOPERM;
}

int commands_openapi(const struct config *config)
{
	struct database *database = connect_database(config);
	struct text document = { 0 };
	bool written;
	int status;

	if (database == NULL)
		return EX_UNAVAILABLE;
	openapi_add_opening(&document, (struct slice){ "", 0 }, config->prefix);
	openapi_add_body(&document, database_schema(database), config);
	text_add_char(&document, '\n');
	written = fwrite(document.bytes, 1, document.length, stdout) == document.length;
	text_release(&document);
	status = finish_command(database, config);
	return written ? status : EX_IOERR;
}
