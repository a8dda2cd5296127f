/* SPDX-License-Identifier: MIT */
#include "pool/commands.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sysexits.h>

#include "base/clock.h"
#include "database/database.h"
#include "database/engine.h"
#include "response/openapi.h"
#include "schema/catalogue.h"
#include "schema/dialect.h"
#include "sql/sql.h"

/* The database is driven as a worker drives it; here there is nothing else to wait for. */
static enum database_step wait_for(struct database *database, enum database_step step)
{
	while (step == DATABASE_WAIT) {
		unsigned wants = database_wants(database), ready = 0;
		int64_t left_us = database_deadline_us(database) - clock_now_us();
		struct pollfd watched = { database_descriptor(database), 0, 0 };

		watched.events = (short)((wants & EPOLLIN ? POLLIN : 0) | (wants & EPOLLOUT ? POLLOUT : 0));
		if (poll(&watched, 1, left_us > 0 ? (int)(left_us / 1000) + 1 : 0) > 0)
			ready = (watched.revents & (POLLIN | POLLHUP | POLLERR) ? EPOLLIN : 0) |
			        (watched.revents & (POLLOUT | POLLHUP | POLLERR) ? EPOLLOUT : 0);
		step = database_resume(database, ready);
	}
	return step;
}

/* Begins a line about what the variable says. */
static void begin_fault(const char *warning, const char *variable)
{
	fprintf(stderr, "myrest: %s%s%s: ", warning, variable, config_suffix(variable));
}

/* Connects and describes the tables; NULL: it cannot, and that is said. */
static struct database *connect_database(const struct config *config)
{
	struct database *database;

	signal(SIGPIPE, SIG_IGN);
	database_start(config);
	database = database_new(config, 0);
	if (wait_for(database, database_open(database)) == DATABASE_OPEN)
		return database;
	begin_fault("", "DATABASE_URL");
	fprintf(stderr, "cannot connect: %s\n", database_error(database)->text);
	database_free(database);
	return NULL;
}

enum right { INSERT, UPDATE, DELETE, RIGHTS };

static const char *const right_names[RIGHTS] = { "INSERT", "UPDATE", "DELETE" };

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

/* Whether the statement fails; database_error says why. */
static bool fails(struct database *database, const struct text *sql)
{
	enum database_step step = wait_for(database, database_send(database, sql->bytes, sql->length, DATABASE_AT_ONCE));

	while (step == DATABASE_ROW)
		step = wait_for(database, database_next(database));
	return step == DATABASE_FAILED;
}

/* Other refusals than that of a right say nothing: a view whose tables the account may not see cannot be explained. */
static bool is_forbidden(struct database *database, const struct text *sql)
{
	return fails(database, sql) && database_error(database)->status == STATUS_FORBIDDEN;
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
		if (is_forbidden(database, &sql)) {
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

static void find_account(struct text *account, struct database *database, char quote)
{
	static const char sql[] = "SELECT CURRENT_USER";
	enum database_step step = wait_for(database, database_send(database, sql, sizeof(sql) - 1, DATABASE_AT_ONCE));
	struct row row;

	while (step == DATABASE_ROW) {
		database_row(database, &row);
		add_account(account, &row, quote);
		step = wait_for(database, database_next(database));
	}
}

/* Says which rights are missing and the GRANT that gives them, to be pasted. */
static void tell_missing(struct database *database, const char *warning, const char *variable, const char *object,
                         struct slice name, struct slice quoted, struct text *rights, const char *remark)
{
	struct text account = { 0 };
	const char *missing = text_terminate(rights);

	if (database_is_open(database))
		find_account(&account, database, quoted.bytes[0]);
	if (account.length > 0) { /* or else the connection is lost, which is told instead (is_lost) */
		begin_fault(warning, variable);
		fprintf(stderr, "on %s '%.*s' the account has no %s%s: GRANT %s ON %.*s TO %s\n", object, (int)name.length,
		        name.bytes, missing, remark, missing, (int)quoted.length, quoted.bytes, text_terminate(&account));
	}
	text_release(&account);
}

static bool is_impossible(const struct table *table, enum right right)
{
	return right == INSERT ? table->no_insert : right == UPDATE ? table->no_update : table->no_delete;
}

/* What of the rights that MYREST_WRITABLE needs the account lacks. */
struct lack {
	struct text rights; /* INSERT, UPDATE (`a`) */
	bool whole[RIGHTS]; /* on the whole table */
	unsigned missing;   /* how many of these */
	unsigned tried;
	bool by_column; /* one is missing on some columns alone */
};

/* Tries what MYREST_WRITABLE promises. */
static void try_rights(struct database *database, const struct table *table, struct lack *lack)
{
	struct text sql = { 0 };

	for (int right = INSERT; right < RIGHTS && database_is_open(database); right++) {
		if ((right != DELETE && !has_writable_column(table)) || is_impossible(table, (enum right)right))
			continue;
		lack->tried++;
		add_trial(&sql, table, (enum right)right, NULL);
		if (!is_forbidden(database, &sql))
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
static bool check_table(struct database *database, const struct table *table)
{
	struct lack lack = { 0 };
	bool error;

	if (table->writable)
		try_rights(database, table, &lack);
	error = lack.by_column || (lack.missing > 0 && lack.missing == lack.tried);
	print_table(table, &lack);
	fflush(stdout);
	if (lack.rights.length > 0)
		tell_missing(database, error ? "" : "warning: ", "MYREST_WRITABLE", table->is_view ? "view" : "table",
		             table->name, table->quoted, &lack.rights, "");
	text_release(&lack.rights);
	return !error;
}

/* A statement that needs the right alone. A recall locks its row besides, which takes a right to change it, and what
 * remembers reads the key. */
static void add_idempotency_trial(struct text *sql, const struct dialect *dialect, struct slice table, unsigned right)
{
	struct write write = { .kind = WRITE_INSERT, .idempotency_key = { "", 0 } };

	text_clear(sql);
	text_add_string(sql, "EXPLAIN ");
	switch (right) {
	case 0:
		sql_claim(sql, dialect, table, &write);
		break;
	case 1:
		sql_recall(sql, dialect, table, &write);
		sql->length -= strlen(dialect->share_lock);
		break;
	default:
		text_add_string(sql, "UPDATE ");
		sql_add_name(sql, dialect->quote, table);
		text_add_string(sql, " SET answer=");
		text_add_string(sql, dialect->bytes);
		text_add_string(sql, "' WHERE 1=0");
		break;
	}
}

/* Why the table of idempotency keys does not serve; where it is not there, or not as we need it, what makes it. */
static void tell_unusable(const struct database_error *error, struct slice table, const char *made_by)
{
	bool shape = error->schema_changed || error->status == STATUS_DEFINITION;

	begin_fault("", "MYREST_IDEMPOTENCY_TABLE");
	fprintf(stderr, "table '%.*s': %s%s%s\n", (int)table.length, table.bytes, error->text,
	        shape ? "; it is to be as this makes it: " : "", shape ? made_by : "");
}

/* Explains what a request with an Idempotency-Key would ask of its table (sql.h); the exit status. */
static int try_idempotency(struct database *database, const struct config *config)
{
	enum { NEEDED = 3 };
	static const char *const names[NEEDED] = { "INSERT", "SELECT", "UPDATE" };
	const struct engine *engine = engine_of(&config->database);
	struct slice table = config->idempotency_table;
	struct text sql = { 0 }, rights = { 0 }, quoted = { 0 };
	unsigned missing = 0;
	char remark[80];
	int status = 0;

	for (unsigned i = 0; i < NEEDED && status == 0 && database_is_open(database); i++) {
		add_idempotency_trial(&sql, engine->dialect, table, i);
		if (!fails(database, &sql))
			continue;
		if (database_error(database)->status != STATUS_FORBIDDEN) {
			tell_unusable(database_error(database), table, engine->idempotency_sql);
			status = EX_UNAVAILABLE;
			break;
		}
		text_add_string(&rights, missing++ > 0 ? ", " : "");
		text_add_string(&rights, names[i]);
	}
	if (status == 0 && missing > 0) {
		sql_add_name(&quoted, engine->dialect->quote, table);
		/* MySQL does not tell who has no right on a table whether there is one. */
		snprintf(remark, sizeof(remark), ", or there is no such table (%s makes it)", engine->idempotency_sql);
		tell_missing(database, "", "MYREST_IDEMPOTENCY_TABLE", "table", table,
		             (struct slice){ quoted.bytes, quoted.length }, &rights, missing == NEEDED ? remark : "");
		status = EX_NOPERM;
	}
	text_release(&sql);
	text_release(&rights);
	text_release(&quoted);
	return status;
}

/* Whether rights were left untried, which is said. */
static bool is_lost(const struct database *database)
{
	if (database_is_open(database))
		return false;
	fflush(stdout);
	begin_fault("", "DATABASE_URL");
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
		find_account(&account, database, table->quoted.bytes[0]);
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
		enum describe_missing missing = describe_missing(schema, choice, words, sizeof(words));

		if (missing == DESCRIBE_COMPLETE)
			continue;
		any = true;
		if (other != NULL && describe_missing(schema, other, said, sizeof(said)) != DESCRIBE_COMPLETE &&
		    strcmp(words, said) == 0)
			continue;
		begin_fault("", variable);
		fputs(words, stderr);
		if (missing == DESCRIBE_UNREADABLE)
			tell_grant(database, schema_table(schema, choice->name), choice);
		fputc('\n', stderr);
	}
	return any;
}

/* The exit status, once all is printed. */
static int finish(struct database *database, const struct config *config)
{
	bool absent;

	fflush(stdout);
	absent = tell_absent(database, "MYREST_TABLES", &config->tables, NULL);
	if (tell_absent(database, "MYREST_WRITABLE", &config->writable, &config->tables))
		absent = true;
	database_free(database);
	return absent ? EX_UNAVAILABLE : 0;
}

int check_run(const struct config *config)
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
			allowed = check_table(database, &schema->tables[i]) && allowed;
	if (config->idempotency_table.length > 0)
		remembered = try_idempotency(database, config);
	if (is_lost(database))
		remembered = EX_UNAVAILABLE;
	status = finish(database, config);
	if (status == 0 && remembered == EX_UNAVAILABLE)
		status = remembered;
	return status != 0 ? status : allowed ? remembered : EX_NOPERM;
}

int check_openapi(const struct config *config)
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
	status = finish(database, config);
	return written ? status : EX_IOERR;
}
