/* SPDX-License-Identifier: MIT */
#include "config/variables.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file in PEM form that TLS needs. The path is not repeated: it may be a piece of a password that was not encoded. */
static const char *check_pem(const char *option, const char *path, struct arena *arena)
{
	char start[8192];
	ssize_t length;
	int file;

	if (path == NULL)
		return NULL;
	if ((file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)) < 0)
		return arena_printf(arena, "the file of %s cannot be read: %s", option, strerror(errno));
	length = read(file, start, sizeof(start));
	close(file);
	if (length < 0)
		return arena_printf(arena, "the file of %s cannot be read: %s", option, strerror(errno));
	return memmem(start, (size_t)length, "-----BEGIN ", 11) == NULL ?
	               arena_printf(arena, "the file of %s is not in PEM form: no -----BEGIN", option) :
	               NULL;
}

/* libpq takes no key that others may read, but for one of root's, which its group may. */
static const char *check_private(const char *option, const char *path, struct arena *arena)
{
	struct stat status;

	if (path == NULL || stat(path, &status) < 0)
		return NULL;
	if ((status.st_mode & (status.st_uid == 0 ? S_IWGRP | S_IXGRP | S_IRWXO : S_IRWXG | S_IRWXO)) == 0)
		return NULL;
	return arena_printf(arena, "the file of %s can be read by others: its mode must be 0600, or 0640 if root owns it", option);
}

const char *variable_read_url(const char *value, struct arena *arena, struct database_url *url)
{
	static const size_t files[] = { offsetof(struct database_url, tls_ca), offsetof(struct database_url, tls_certificate),
		                        offsetof(struct database_url, tls_key) };
	const char *fault = url_parse(value, arena, url);

	if (fault == NULL)
		fault = url_unserved(url, arena);
	/* A file that is missing is a mistake of the configuration; the client library would say so at each connect. */
	for (size_t i = 0; fault == NULL && i < sizeof(files) / sizeof(files[0]); i++)
		fault = check_pem(url_option_name(url->rules, files[i]), *(const char **)((char *)url + files[i]), arena);
	if (fault == NULL && url->rules->key_is_private)
		fault = check_private(url_option_name(url->rules, offsetof(struct database_url, tls_key)), url->tls_key, arena);
	return fault;
}

static const char *read_url(const char *value, struct config *config, void *field)
{
	return variable_read_url(value, &config->arena, field);
}

static const char *read_listen(const char *value, struct config *config, void *field)
{
	return listen_parse(value, &config->arena, field);
}

static const char *read_admin(const char *value, struct config *config, void *field)
{
	const char *fault;

	if (*value == '\0')
		return NULL;
	if ((fault = listen_parse(value, &config->arena, field)) == NULL && config->admin.path != NULL)
		fault = "probes and Prometheus need host:port, not a unix socket";
	config->has_admin = fault == NULL;
	return fault;
}

static const char *read_tables(const char *value, struct config *config, void *field)
{
	return table_choices_parse(value, &config->arena, field);
}

/* What can be written can be seen: who reads the configuration of tables knows all that clients may see. */
static const char *read_writable(const char *value, struct config *config, void *field)
{
	struct table_choices *writable = field;
	const char *fault;

	if (*value == '\0')
		return NULL;
	if ((fault = table_choices_parse(value, &config->arena, writable)) != NULL)
		return fault;
	if (config->tables.count == 0) /* what is wrong with MYREST_TABLES has been said */
		return NULL;
	for (unsigned i = 0; i < writable->count; i++) {
		const struct table_choice *choice = &writable->entries[i];
		const struct table_choice *shown = table_choice_find(&config->tables, choice->name);

		if (shown == NULL)
			return arena_printf(&config->arena, "MYREST_TABLES does not name '%s'", choice->name.bytes);
		for (unsigned c = 0; c < choice->column_count; c++)
			if (!table_choice_has(shown, choice->columns[c]))
				return arena_printf(&config->arena, "MYREST_TABLES does not show the column '%s' of '%s'",
				                    choice->columns[c].bytes, choice->name.bytes);
	}
	return NULL;
}

static const char *read_table_name(const char *value, struct config *config, void *field)
{
	struct table_choices choices;
	const char *fault;

	if (*value == '\0')
		return NULL;
	if ((fault = table_choices_parse(value, &config->arena, &choices)) != NULL)
		return fault;
	if (choices.count > 1 || choices.entries[0].column_count > 0)
		return "expected the name of one table";
	*(struct slice *)field = choices.entries[0].name;
	return NULL;
}

static const char *read_prefix(const char *value, struct config *config, void *field)
{
	struct slice *prefix = field;
	size_t length = strlen(value);

	if (*value != '/')
		return "a prefix begins with '/'";
	if (strpbrk(value, "?#") != NULL || strstr(value, "//") != NULL)
		return "a prefix is a path such as /api: no '?', '#' or '//'";
	for (size_t i = 0; i < length; i++) /* no URI has one, so that nothing would ever be found */
		if ((unsigned char)value[i] <= ' ' || value[i] == 0x7f)
			return "a prefix is a path such as /api: no space and no control character";
	while (length > 0 && value[length - 1] == '/')
		length--;
	*prefix = (struct slice){ arena_text(&config->arena, value, length), length };
	return NULL;
}

static const char *read_switch(const char *value, struct config *config, void *field)
{
	(void)config;
	*(bool *)field = strcmp(value, "on") == 0;
	return strcmp(value, "on") == 0 || strcmp(value, "off") == 0 ? NULL : "expected on or off";
}

static const char *read_level(const char *value, struct config *config, void *field)
{
	static const struct {
		const char *name;
		enum log_level level;
	} levels[] = { { "error", LOG_ERROR }, { "warning", LOG_WARNING }, { "info", LOG_INFO }, { "debug", LOG_DEBUG } };

	(void)config;
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (strcmp(value, levels[i].name) == 0) {
			*(enum log_level *)field = levels[i].level;
			return NULL;
		}
	return "expected error, warning, info or debug";
}

#define FIELD(name) offsetof(struct config, name)

const struct variable variables[] = {
	{ .name = "DATABASE_URL", .form = "mysql:// or postgresql://user:password@host:port/database",
	  .text = "The database, as `mysql://user:password@host:port/database` or "
	          "`postgresql://user:password@host:port/database`; each part is percent-encoded. Several `host:port` are "
	          "separated by commas and tried in turn. Options for TLS, the choice of the host and unix sockets follow "
	          "after a `?`. As `DATABASE_URL_FILE` it is read again whenever a connection is opened, so that the "
	          "password may change.",
	  .read = read_url, .field = FIELD(database), .is_secret = true },
	{ .name = "MYREST_LISTEN", .fallback = "unix:/run/myrest/myrest.sock",
	  .text = "The socket on which the web server reaches the pool: `unix:/path?mode=0660&group=www-data`, `/path`, "
	          "`host:port` or `[address]:port`. A listening socket that the process inherits (descriptor 0 from "
	          "spawn-fcgi, `LISTEN_FDS` from systemd) takes precedence. A socket on which another process listens is "
	          "never removed.",
	  .read = read_listen, .field = FIELD(listen) },
	{ .name = "MYREST_ADMIN_LISTEN", .fallback = "",
	  .text = "The `host:port` of the operator's plain HTTP listener, which serves `/live`, `/ready` and `/metrics`. "
	          "Empty: no listener.",
	  .read = read_admin, .field = FIELD(admin) },
	{ .name = "WEB_CONCURRENCY", .fallback = "cores + 2", .is_by_machine = true,
	  .text = "The number of worker processes, each with one database connection.",
	  .field = FIELD(workers), .least = 1, .most = 256 },
	{ .name = "MYREST_TABLES", .fallback = "users",
	  .text = "The tables and views that exist for clients, separated by commas, each with all of its columns or with "
	          "those in parentheses: `users(id,username),orders,\"odd, name\"`. A name that contains a comma, a "
	          "parenthesis or a quote, or that begins or ends with a space, is enclosed in double quotes; a double "
	          "quote in it is doubled.",
	  .read = read_tables, .field = FIELD(tables) },
	{ .name = "MYREST_WRITABLE", .fallback = "",
	  .text = "The tables of `MYREST_TABLES` that clients may write, and the columns that they may write, in the same "
	          "form: `users(username,email)`. Empty: none.",
	  .read = read_writable, .field = FIELD(writable) },
	{ .name = "MYREST_ALLOW_UNFILTERED", .fallback = "off",
	  .text = "Whether PATCH and DELETE without a filter may change all rows of a table: `on` or `off`.",
	  .read = read_switch, .field = FIELD(allow_unfiltered) },
	{ .name = "MYREST_ALLOW_ROLLBACK", .fallback = "off",
	  .text = "Whether clients may try a write that is rolled back (`Prefer: tx=rollback`): `on` or `off`.",
	  .read = read_switch, .field = FIELD(allow_rollback) },
	{ .name = "MYREST_IDEMPOTENCY_TABLE", .fallback = "",
	  .text = "The table that stores the answers to requests with an `Idempotency-Key`. Empty: the header is refused.",
	  .read = read_table_name, .field = FIELD(idempotency_table) },
	{ .name = "MYREST_PREFIX", .fallback = "/",
	  .text = "The path under which the service is reached, such as `/api`.",
	  .read = read_prefix, .field = FIELD(prefix) },
	{ .name = "MYREST_MAX_ROWS", .fallback = "1000",
	  .text = "The maximum number of rows in one answer.",
	  .field = FIELD(max_rows), .least = 1, .most = 1000000000 },
	{ .name = "MYREST_BUFFER_BYTES", .fallback = "262144",
	  .text = "Lists of up to this many bytes are built as a whole, carry their length and are shared by equal "
	          "requests; larger lists are streamed.",
	  .field = FIELD(buffer_bytes), .least = 1024, .most = 1073741824 },
	{ .name = "MYREST_MERGE", .fallback = "on",
	  .text = "Whether equal reads that wait at the same time share one statement: `on` or `off`.",
	  .read = read_switch, .field = FIELD(merge) },
	{ .name = "MYREST_MAX_REQUEST_BYTES", .fallback = "1048576",
	  .text = "The maximum size of a request in bytes, headers and body together; a larger request is answered with 413 "
	          "or 414. nginx's `client_max_body_size` should be the same.",
	  .field = FIELD(max_request_bytes), .least = 4096, .most = 1073741824 },
	{ .name = "MYREST_REQUEST_TIMEOUT", .fallback = "10",
	  .text = "Seconds within which the web server must send a whole request, and within which it must read more of an "
	          "answer.",
	  .field = FIELD(request_timeout_s), .least = 1, .most = 3600 },
	{ .name = "MYREST_STATEMENT_TIMEOUT", .fallback = "30",
	  .text = "Seconds that a statement may run, or all statements of a write together, or a streamed answer until its "
	          "end; then the answer is 504. nginx's `fastcgi_read_timeout` must be longer.",
	  .field = FIELD(statement_timeout_s), .least = 1, .most = 86400 },
	{ .name = "MYREST_CONNECT_TIMEOUT", .fallback = "2",
	  .text = "Seconds that an attempt to connect to one address of the database may take.",
	  .field = FIELD(connect_timeout_s), .least = 1, .most = 60 },
	{ .name = "MYREST_HEDGE_MS", .fallback = "0",
	  .text = "Milliseconds without a byte from the database after which a read is abandoned and sent to another host of "
	          "`DATABASE_URL`. 0: never.",
	  .field = FIELD(hedge_ms), .least = 0, .most = 3600000 },
	{ .name = "MYREST_SLOW_WORKERS", .fallback = "0",
	  .text = "The maximum number of workers that run at the same time statements that usually take more than 10 ms, so "
	          "that quick ones never wait for them. 0: all workers but one. `WEB_CONCURRENCY` or more: no limit, which "
	          "suits a database that takes that long for every statement.",
	  .field = FIELD(slow_workers), .least = 0, .most = 256 },
	{ .name = "MYREST_QUEUE_MS", .fallback = "1000",
	  .text = "Milliseconds that a request may wait until its statement starts; then it is refused with 503 and "
	          "`Retry-After`. Waiting for a database that cannot be reached does not count. 0: no limit.",
	  .field = FIELD(queue_ms), .least = 0, .most = 3600000 },
	{ .name = "MYREST_DRAIN_TIMEOUT", .fallback = "25",
	  .text = "Seconds that TERM and HUP leave to the requests in progress.",
	  .field = FIELD(drain_timeout_s), .least = 0, .most = 3600 },
	{ .name = "MYREST_WATCHDOG", .fallback = "7",
	  .text = "Seconds after which a worker that hangs (stopped, or blocked in a library) is killed and replaced. It "
	          "must be less than nginx's `fastcgi_next_upstream_timeout` (10 s), after which nginx does not repeat the "
	          "reads that the worker held. 0: never.",
	  .field = FIELD(watchdog_s), .least = 0, .most = 3600 },
	{ .name = "MYREST_SANDBOX", .fallback = "on",
	  .text = "Whether workers, before they serve, give up capabilities, reading files that connecting to the database "
	          "does not need, writing files, and running programs: `on` or `off`. What the kernel does not support is "
	          "left out, and the log says so once. The files of TLS and `DATABASE_URL_FILE` should have a folder of "
	          "their own: where such a file is replaced in a folder like `/etc`, the workers are renewed.",
	  .read = read_switch, .field = FIELD(sandbox) },
	{ .name = "MYREST_LOG_LEVEL", .fallback = "warning",
	  .text = "The lowest level that is logged: `error`, `warning` (with starts and stops), `info` or `debug`.",
	  .read = read_level, .field = FIELD(log_level) },
	{ .name = "MYREST_ACCESS_LOG", .fallback = "off",
	  .text = "Whether every request is logged: `on` or `off`.",
	  .read = read_switch, .field = FIELD(access_log) },
	{ 0 },
};

/* More than cores: a worker whose statement runs, or waits for a lock, takes no processor; those that are not needed are
 * left out (accept.h). */
const char *variable_default(const struct variable *variable, struct arena *arena)
{
	long cores, workers;

	if (!variable->is_by_machine)
		return variable->fallback;
	cores = sysconf(_SC_NPROCESSORS_ONLN);
	workers = (cores < 1 ? 1 : cores) + 2;
	return arena_printf(arena, "%ld", workers > 256 ? 256 : workers);
}
