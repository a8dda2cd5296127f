/* SPDX-License-Identifier: MIT */
#include "config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

enum { FILE_MAX_BYTES = 65536 };

/* Each reads a value into the field it is given: NULL, or what is wrong. */
typedef const char *reader(const char *value, struct config *, void *field);

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
	return arena_printf(arena, "the file of %s is open to others: its mode is to be 0600, or 0640 if it is root's", option);
}

static const char *load_url(const char *value, struct arena *arena, struct database_url *url)
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
	return load_url(value, &config->arena, field);
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

/* The table: a new variable is a new row here, in conf/myrest.env and in the manual page (tests compare them). */
static const struct variable {
	const char *name;
	const char *fallback; /* NULL: has to be set */
	const char *sentence;
	reader *read; /* NULL: a number from least to most */
	size_t field;
	long least, most;
	bool secret;
} variables[] = {
	{ "DATABASE_URL", NULL,
	  "mysql://user:password@host:port,host:port/database?ssl-mode=...&target=..., percent-encoded, or "
	  "mysql://user@/database?socket=/path",
	  read_url, FIELD(database), 0, 0, true },
	{ "MYREST_LISTEN", "unix:/run/myrest/myrest.sock",
	  "where the web server finds the pool: unix:/path?mode=0660&group=www-data, /path, host:port or [address]:port; "
	  "a socket that was inherited (descriptor 0, LISTEN_FDS) goes before",
	  read_listen, FIELD(listen), 0, 0, false },
	{ "MYREST_ADMIN_LISTEN", "",
	  "host:port of the operator's plain HTTP listener (/live, /ready, /metrics); empty: none",
	  read_admin, FIELD(admin), 0, 0, false },
	{ "WEB_CONCURRENCY", "cores + 2", "worker processes, each with one database connection",
	  NULL, FIELD(workers), 1, 256, false },
	{ "MYREST_TABLES", "users",
	  "the tables and views that exist for clients, and their columns: users(id,username),orders,\"odd, name\"",
	  read_tables, FIELD(tables), 0, 0, false },
	{ "MYREST_WRITABLE", "",
	  "those of them that clients may write, and their columns that they may; empty: none",
	  read_writable, FIELD(writable), 0, 0, false },
	{ "MYREST_ALLOW_UNFILTERED", "off", "whether PATCH and DELETE without a filter may change all rows (on, off)",
	  read_switch, FIELD(allow_unfiltered), 0, 0, false },
	{ "MYREST_ALLOW_ROLLBACK", "off", "whether clients may try a write and have it undone (Prefer: tx=rollback)",
	  read_switch, FIELD(allow_rollback), 0, 0, false },
	{ "MYREST_IDEMPOTENCY_TABLE", "",
	  "the table that remembers the answers to Idempotency-Key; empty: the header is refused",
	  read_table_name, FIELD(idempotency_table), 0, 0, false },
	{ "MYREST_PREFIX", "/", "the path the service lives under, such as /api",
	  read_prefix, FIELD(prefix), 0, 0, false },
	{ "MYREST_MAX_ROWS", "1000", "the most rows that one answer carries",
	  NULL, FIELD(max_rows), 1, 1000000000, false },
	{ "MYREST_BUFFER_BYTES", "262144", "lists up to this size are made whole and shared, larger ones stream",
	  NULL, FIELD(buffer_bytes), 1024, 1073741824, false },
	{ "MYREST_MERGE", "on", "whether equal reads that wait together share one statement (on, off)",
	  read_switch, FIELD(merge), 0, 0, false },
	{ "MYREST_MAX_REQUEST_BYTES", "1048576", "the largest request, headers and body together, that is taken",
	  NULL, FIELD(max_request_bytes), 4096, 1073741824, false },
	{ "MYREST_REQUEST_TIMEOUT", "10",
	  "seconds in which a whole request must come in, and an answer be taken further",
	  NULL, FIELD(request_timeout_s), 1, 3600, false },
	{ "MYREST_STATEMENT_TIMEOUT", "30", "seconds that a statement, or all of a write, may run before a 504",
	  NULL, FIELD(statement_timeout_s), 1, 86400, false },
	{ "MYREST_CONNECT_TIMEOUT", "2", "seconds that an attempt to connect to one address of the database may take",
	  NULL, FIELD(connect_timeout_s), 1, 60, false },
	{ "MYREST_HEDGE_MS", "0",
	  "milliseconds without a byte after which a read is given up and asked of another host; 0: never",
	  NULL, FIELD(hedge_ms), 0, 3600000, false },
	{ "MYREST_SLOW_WORKERS", "0",
	  "the most workers that run at once what takes more than 10 ms as a rule; 0: all but one",
	  NULL, FIELD(slow_workers), 0, 256, false },
	{ "MYREST_QUEUE_MS", "1000",
	  "milliseconds that a request may wait for a worker before a 503; 0: for ever",
	  NULL, FIELD(queue_ms), 0, 3600000, false },
	{ "MYREST_DRAIN_TIMEOUT", "25", "seconds that TERM and HUP leave to the requests under way",
	  NULL, FIELD(drain_timeout_s), 0, 3600, false },
	{ "MYREST_WATCHDOG", "7", "seconds after which a worker that hangs is killed and replaced; 0: never",
	  NULL, FIELD(watchdog_s), 0, 3600, false },
	{ "MYREST_SANDBOX", "on",
	  "whether workers give up capabilities, other files than connecting reads, and running programs (on, off)",
	  read_switch, FIELD(sandbox), 0, 0, false },
	{ "MYREST_LOG_LEVEL", "warning", "the least that is logged: error, warning (and starts and stops), info, debug",
	  read_level, FIELD(log_level), 0, 0, false },
	{ "MYREST_ACCESS_LOG", "off", "whether every request is logged (on, off)",
	  read_switch, FIELD(access_log), 0, 0, false },
};

enum { VARIABLES = sizeof(variables) / sizeof(variables[0]) };

/* More than cores: a worker whose statement runs, or waits for a lock, takes no processor; those that are not needed are
 * left out (accept.h). */
static const char *default_workers(struct arena *arena)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN), workers = (cores < 1 ? 1 : cores) + 2;

	return arena_printf(arena, "%ld", workers > 256 ? 256 : workers);
}

/* The content of the file without the newline at its end, or NULL and *fault. */
static const char *read_file(const char *path, struct arena *arena, const char **fault)
{
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char *content = arena_alloc(arena, FILE_MAX_BYTES + 1);
	size_t length = 0;
	ssize_t got = -1;

	while (file >= 0 && length <= FILE_MAX_BYTES &&
	       (got = read(file, content + length, FILE_MAX_BYTES + 1 - length)) > 0)
		length += (size_t)got;
	if (got < 0)
		*fault = arena_printf(arena, "cannot read '%s': %s", path, strerror(errno));
	else if (length > FILE_MAX_BYTES)
		*fault = arena_printf(arena, "'%s' is larger than %d bytes", path, FILE_MAX_BYTES);
	if (file >= 0)
		close(file);
	if (*fault != NULL)
		return NULL;
	if (length > 0 && content[length - 1] == '\n')
		length--;
	if (length > 0 && content[length - 1] == '\r')
		length--;
	content[length] = '\0';
	if (strlen(content) != length) {
		*fault = arena_printf(arena, "'%s' contains a NUL", path);
		return NULL;
	}
	return content;
}

/* The variable's value from NAME or the file that NAME_FILE names; NULL without *fault: neither is set. */
static const char *value_of(const struct variable *variable, struct arena *arena, const char **fault)
{
	const char *value = getenv(variable->name), *path = getenv(arena_printf(arena, "%s_FILE", variable->name));

	if (value != NULL && path != NULL) {
		*fault = arena_printf(arena, "%s and %s_FILE are both set", variable->name, variable->name);
		return NULL;
	}
	return path != NULL ? read_file(path, arena, fault) : value;
}

static const char *read_number(const struct variable *variable, const char *value, struct arena *arena, long *field)
{
	char *end;
	long number;

	errno = 0;
	number = strtol(value, &end, 10);
	if (*value < '0' || *value > '9' || *end != '\0' || errno != 0 || number < variable->least ||
	    number > variable->most)
		return arena_printf(arena, "expected a number from %ld to %ld, not '%.40s'", variable->least, variable->most,
		                    value);
	*field = number;
	return NULL;
}

static const char *load_one(const struct variable *variable, struct config *config)
{
	void *field = (char *)config + variable->field;
	const char *fault = NULL, *value = value_of(variable, &config->arena, &fault);

	if (fault != NULL)
		return fault;
	if (value == NULL && variable->fallback == NULL)
		return arena_printf(&config->arena, "is not set (%s)", variable->sentence);
	if (value == NULL)
		value = variable->field == FIELD(workers) ? default_workers(&config->arena) : variable->fallback;
	if (variable->read == NULL)
		return read_number(variable, value, &config->arena, field);
	return variable->read(value, config, field);
}

const char *config_suffix(const char *name)
{
	char file[64];

	snprintf(file, sizeof(file), "%s_FILE", name);
	return getenv(file) != NULL ? "_FILE" : "";
}

int config_load(struct config *config, FILE *faults)
{
	const char *fault;
	int count = 0;

	memset(config, 0, sizeof(*config));
	for (int i = 0; i < VARIABLES; i++)
		if ((fault = load_one(&variables[i], config)) != NULL) {
			fprintf(faults, "myrest: %s%s: %s\n", variables[i].name, config_suffix(variables[i].name), fault);
			count++;
		}
	return count;
}

bool config_url_is_in_file(void)
{
	return *config_suffix("DATABASE_URL") != '\0';
}

const char *config_read_url_again(struct arena *arena, struct database_url *url)
{
	const char *fault = NULL, *value = read_file(getenv("DATABASE_URL_FILE"), arena, &fault);

	return value != NULL ? load_url(value, arena, url) : fault;
}

void config_release(struct config *config)
{
	arena_release(&config->arena);
}

void config_print(FILE *out)
{
	struct arena arena = { 0 };
	const char *value, *fault, *source;

	for (int i = 0; i < VARIABLES; i++) {
		fault = NULL;
		value = value_of(&variables[i], &arena, &fault);
		source = *config_suffix(variables[i].name) != '\0' ? "file" : "environment";
		if (value == NULL && variables[i].field == FIELD(workers)) {
			source = "default";
			value = default_workers(&arena);
		} else if (value == NULL) {
			source = fault != NULL ? fault : "default";
			value = variables[i].fallback != NULL ? variables[i].fallback : "";
		} else if (variables[i].secret)
			value = "***";
		fprintf(out, "# %s\n# default: %s\n# from: %s\n%s=%s\n\n", variables[i].sentence,
		        variables[i].fallback != NULL ? variables[i].fallback : "none, it has to be set",
		        value[0] == '\0' && variables[i].fallback == NULL ? "nowhere" : source, variables[i].name, value);
	}
	arena_release(&arena);
}

void config_warn_unknown(void)
{
	for (char **entry = environ; *entry != NULL; entry++) {
		size_t length = strcspn(*entry, "=");
		int i;

		if (strncmp(*entry, "MYREST_", 7) != 0)
			continue;
		for (i = 0; i < VARIABLES; i++) {
			size_t known = strlen(variables[i].name);

			if (strncmp(*entry, variables[i].name, known) == 0 &&
			    (length == known || (length == known + 5 && strncmp(*entry + known, "_FILE", 5) == 0)))
				break;
		}
		if (i == VARIABLES)
			log_event(LOG_WARNING, "unknown-variable", "%.*s means nothing to this release", (int)length, *entry);
	}
}
