/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sysexits.h>

#include "clock.h"
#include "database.h"
#include "openapi.h"

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

static void print_table(const struct table *table)
{
	unsigned exposed = 0;

	for (unsigned i = 0; i < table->column_count; i++)
		exposed += table->columns[i].exposed;
	printf("%s %s: %u of %u columns", table->is_view ? "view" : "table", table->name.bytes, exposed,
	       table->column_count);
	if (table->key_column >= 0)
		printf(", /%s/KEY by %s", table->name.bytes, table->columns[table->key_column].name.bytes);
	printf(table->writable ? ", writable" : ", read only");
	printf("\n");
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
	fprintf(stderr, "myrest: DATABASE_URL: cannot connect: %s\n", database_error(database)->text);
	database_free(database);
	return NULL;
}

static void add_columns(struct text *sql, const struct table *table, const char *behind)
{
	unsigned count = 0;

	for (unsigned i = 0; i < table->column_count; i++)
		if (table->columns[i].writable) {
			text_add_string(sql, count++ > 0 ? "," : "");
			text_add(sql, table->columns[i].quoted.bytes, table->columns[i].quoted.length);
			text_add_string(sql, behind);
		}
}

enum right { INSERT, UPDATE, DELETE, RIGHTS };

static const char *const right_names[RIGHTS] = { "INSERT", "UPDATE", "DELETE" };

/* A statement that needs the right and is explained alone. It would change nothing if it ran. */
static void add_trial(struct text *sql, const struct table *table, enum right right)
{
	static const char *const beginnings[RIGHTS] = { "EXPLAIN INSERT INTO ", "EXPLAIN UPDATE ", "EXPLAIN DELETE FROM " };
	const char *separator = "";

	text_clear(sql);
	text_add_string(sql, beginnings[right]);
	text_add(sql, table->quoted.bytes, table->quoted.length);
	if (right == UPDATE) {
		text_add_string(sql, " SET ");
		add_columns(sql, table, "=NULL");
	} else if (right == INSERT) {
		text_add_string(sql, " (");
		add_columns(sql, table, "");
		text_add_string(sql, ") SELECT ");
		for (unsigned i = 0; i < table->column_count; i++)
			if (table->columns[i].writable) {
				text_add_string(sql, separator);
				text_add_string(sql, "NULL");
				separator = ",";
			}
		text_add_string(sql, " FROM (SELECT 1 AS n) AS one");
	}
	text_add_string(sql, " WHERE 1=0");
}

/* Other refusals than that of a right say nothing: a view whose tables the account may not see cannot be explained. */
static bool may(struct database *database, const struct table *table, enum right right)
{
	struct text sql = { 0 };
	enum database_step step;
	bool refused;

	add_trial(&sql, table, right);
	step = wait_for(database, database_send(database, sql.bytes, sql.length, DATABASE_AT_ONCE));
	while (step == DATABASE_ROW)
		step = wait_for(database, database_next(database));
	refused = step == DATABASE_FAILED && database_error(database)->status == STATUS_FORBIDDEN;
	text_release(&sql);
	return !refused;
}

static bool has_writable_column(const struct table *table)
{
	for (unsigned i = 0; i < table->column_count; i++)
		if (table->columns[i].writable)
			return true;
	return false;
}

/* Tries what MYREST_WRITABLE promises; false: rights lack, which is said. */
static bool try_rights(struct database *database, const struct table *table)
{
	struct text lacking = { 0 };
	bool good;

	for (int right = INSERT; right < RIGHTS && database_is_open(database); right++)
		if ((right == DELETE || has_writable_column(table)) && !may(database, table, (enum right)right)) {
			text_add_string(&lacking, lacking.length > 0 ? ", " : "");
			text_add_string(&lacking, right_names[right]);
		}
	good = lacking.length == 0;
	if (!good) {
		const char *rights = text_terminate(&lacking);

		fprintf(stderr, "myrest: MYREST_WRITABLE: on %s '%s' the account lacks %s: GRANT %s ON %s TO it\n",
		        table->is_view ? "view" : "table", table->name.bytes, rights, rights, table->quoted.bytes);
	}
	text_release(&lacking);
	return good;
}

/* The exit status, once all is printed. */
static int finish(struct database *database)
{
	int status = 0;

	if (*database_missing(database) != '\0') {
		fflush(stdout);
		fprintf(stderr, "myrest: MYREST_TABLES: %s\n", database_missing(database));
		status = EX_UNAVAILABLE;
	}
	database_free(database);
	return status;
}

int check_run(const struct config *config)
{
	const struct schema *schema;
	struct database *database;
	const char *protection;
	bool allowed = true;
	int status;

	printf("configuration: good\n");
	fflush(stdout);
	if ((database = connect_database(config)) == NULL)
		return EX_UNAVAILABLE;
	schema = database_schema(database);
	protection = database_protection(database);
	printf("database: %s answers, %s\n", database_host(database), protection != NULL ? protection : "without TLS");
	for (unsigned i = 0; i < schema->table_count; i++)
		print_table(&schema->tables[i]);
	fflush(stdout);
	for (unsigned i = 0; i < schema->table_count; i++)
		if (schema->tables[i].writable)
			allowed = try_rights(database, &schema->tables[i]) && allowed;
	status = finish(database);
	return status == 0 && !allowed ? EX_NOPERM : status;
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
	status = finish(database);
	return written ? status : EX_IOERR;
}
