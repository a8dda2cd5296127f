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

	printf("configuration: good\n");
	fflush(stdout);
	if ((database = connect_database(config)) == NULL)
		return EX_UNAVAILABLE;
	schema = database_schema(database);
	protection = database_protection(database);
	printf("database: %s answers, %s\n", database_host(database), protection != NULL ? protection : "without TLS");
	for (unsigned i = 0; i < schema->table_count; i++)
		print_table(&schema->tables[i]);
	return finish(database);
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
