/* SPDX-License-Identifier: MIT
 *
 * The environment: NAME=value, a line each. What is taken lies within its bounds; each mistake is one line that names its
 * variable; what is printed, read again, is the same; and from files (NAME_FILE) the same comes as from values. A password that
 * was not encoded is repeated nowhere.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config/config.h"
#include "config/config_print.h"
#include "mysql/mysql_url.h"
#include "postgresql/postgresql_url.h"
#include "oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINES = 12 };

struct setting {
	char *name, *value;
};

struct loaded {
	int count;
	struct text faults, printed;
};

static struct loaded nothing; /* of an empty environment */
static struct setting settings[LINES];
static unsigned setting_count;

/* Takes the lines that are names and values, each name once. */
static void take_settings(struct slice rest)
{
	setting_count = 0;
	while (rest.length > 0 && setting_count < LINES) {
		struct slice line = oracle_line(&rest);
		char *name = strndup(line.bytes, line.length), *equals = name != NULL ? strchr(name, '=') : NULL;
		bool known = equals == NULL || equals == name || strchr("DMW", *name) == NULL || strlen(name) != line.length;

		if (equals != NULL)
			*equals = '\0';
		for (unsigned i = 0; i < setting_count; i++)
			known = known || strcmp(settings[i].name, name) == 0;
		if (known || strstr(name, "_FILE") != NULL || (strncmp(name, "MYREST_", 7) != 0 && strcmp(name, "DATABASE_URL") != 0 &&
		                                               strcmp(name, "WEB_CONCURRENCY") != 0))
			free(name);
		else
			settings[setting_count++] = (struct setting){ name, equals + 1 };
	}
}

static void add_stream(struct text *to, FILE *stream, char **bytes, size_t *length)
{
	DEMAND(fclose(stream) == 0);
	text_clear(to);
	text_add(to, *bytes, *length);
	text_terminate(to);
	free(*bytes);
}

static void load(struct loaded *loaded, struct config *config)
{
	char *bytes;
	size_t length;
	static const struct url_rules *const rules[] = { &mysql_url, &postgresql_url, NULL };
	FILE *stream = open_memstream(&bytes, &length);

	DEMAND(stream != NULL);
	url_register(rules);
	loaded->count = config_load(config, stream);
	add_stream(&loaded->faults, stream, &bytes, &length);
	DEMAND((stream = open_memstream(&bytes, &length)) != NULL);
	config_print_values(stream);
	add_stream(&loaded->printed, stream, &bytes, &length);
}

static void bounds_hold(const struct config *config)
{
	DEMAND(config->workers >= 1 && config->workers <= 256 && config->slow_workers >= 0 && config->slow_workers <= 256);
	DEMAND(config->max_rows >= 1 && config->buffer_bytes >= 1024 && config->max_request_bytes >= 4096);
	DEMAND(config->tables.count > 0 && config->database.database != NULL && *config->database.database != '\0');
	DEMAND(config->prefix.length == 0 ||
	       (config->prefix.bytes[0] == '/' && config->prefix.bytes[config->prefix.length - 1] != '/'));
	for (size_t i = 0; i < config->prefix.length; i++) /* it is written into headers */
		DEMAND((unsigned char)config->prefix.bytes[i] > ' ' && config->prefix.bytes[i] != 0x7f);
	for (unsigned i = 0; i < config->writable.count; i++)
		DEMAND(table_choice_find(&config->tables, config->writable.entries[i].name) != NULL);
	DEMAND(!config->has_admin || config->admin.path == NULL);
	DEMAND(config->listen.path != NULL || config->listen.port != NULL);
}

/* "myrest: NAME: words", or NAME_FILE. */
static void faults_hold(const struct loaded *loaded)
{
	int lines = 0;

	for (const char *at = loaded->faults.bytes; *at != '\0'; lines++) {
		const char *end = strchr(at, '\n');

		DEMAND(end != NULL && strncmp(at, "myrest: ", 8) == 0);
		DEMAND(strncmp(at + 8, "MYREST_", 7) == 0 || strncmp(at + 8, "DATABASE_URL", 12) == 0 ||
		       strncmp(at + 8, "WEB_CONCURRENCY", 15) == 0);
		at = end + 1;
	}
	DEMAND(lines == loaded->count);
}

/* What stands between the first ':' behind "://" and the last '@' may be a password. */
static void secret_is_kept(const struct loaded *loaded, const char *url)
{
	enum { LEAST = 8 }; /* what is shorter may be a word of ours, or a part of one */
	const char *from = strstr(url, "://"), *to = strrchr(url, '@'), *colon;
	char *secret;

	if (from == NULL || to == NULL || to <= from || (colon = strchr(from + 3, ':')) == NULL || colon >= to ||
	    to - colon - 1 < LEAST)
		return;
	secret = strndup(colon + 1, (size_t)(to - colon - 1));
	DEMAND(secret != NULL);
	if (strstr(nothing.printed.bytes, secret) != NULL || strstr(nothing.faults.bytes, secret) != NULL) {
		free(secret);
		return;
	}
	for (unsigned i = 0; i < setting_count; i++)
		if (strcmp(settings[i].name, "DATABASE_URL") != 0 && strstr(settings[i].value, secret) != NULL) {
			free(secret); /* another one has it, too */
			return;
		}
	DEMAND(strstr(loaded->faults.bytes, secret) == NULL && strstr(loaded->printed.bytes, secret) == NULL);
	free(secret);
}

/* Without the lines that say where values come from, and _FILE behind names. */
static void add_comparable(struct text *to, const struct text *from)
{
	text_clear(to);
	for (const char *at = from->bytes; *at != '\0';) {
		const char *end = strchrnul(at, '\n'), *suffix = memmem(at, (size_t)(end - at), "_FILE: ", 7);

		if (strncmp(at, "# from: ", 8) != 0) {
			text_add(to, at, (size_t)((suffix != NULL ? suffix : end) - at));
			if (suffix != NULL)
				text_add(to, suffix + 5, (size_t)(end - suffix - 5));
			text_add_char(to, '\n');
		}
		at = *end == '\0' ? end : end + 1;
	}
}

static bool same_but_for_the_source(const struct text *a, const struct text *b)
{
	static struct text first, second;

	add_comparable(&first, a);
	add_comparable(&second, b);
	return first.length == second.length && memcmp(first.bytes, second.bytes, first.length) == 0;
}

static void files_mean_the_same(const struct loaded *loaded)
{
	static struct loaded from_files;
	struct config config;
	int files[LINES];
	char path[40], name[4200];

	for (unsigned i = 0; i < setting_count; i++) {
		size_t length = strlen(settings[i].value);

		if (length > 4000 || strlen(settings[i].name) > 50 || (length > 0 && settings[i].value[length - 1] == '\r'))
			return; /* which a file may end with */
	}
	clearenv();
	for (unsigned i = 0; i < setting_count; i++) {
		size_t length = strlen(settings[i].value);

		files[i] = memfd_create("value", 0);
		DEMAND(files[i] >= 0 && write(files[i], settings[i].value, length) == (ssize_t)length);
		DEMAND(i % 2 == 0 || write(files[i], "\n", 1) == 1);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", files[i]);
		snprintf(name, sizeof(name), "%s_FILE", settings[i].name);
		setenv(name, path, 1);
	}
	load(&from_files, &config);
	config_release(&config);
	for (unsigned i = 0; i < setting_count; i++)
		close(files[i]);
	DEMAND(from_files.count == loaded->count && same_but_for_the_source(&from_files.printed, &loaded->printed));
	DEMAND(same_but_for_the_source(&from_files.faults, &loaded->faults));
}

/* Of a configuration without a mistake. */
static void printed_means_the_same(const struct loaded *loaded)
{
	static struct loaded again;
	struct config config;
	const char *url = NULL;

	for (unsigned i = 0; i < setting_count; i++)
		if (strcmp(settings[i].name, "DATABASE_URL") == 0)
			url = settings[i].value;
	clearenv();
	for (const char *at = loaded->printed.bytes; *at != '\0';) {
		const char *end = strchrnul(at, '\n'), *equals = memchr(at, '=', (size_t)(end - at));
		char name[64];

		if (*at != '#' && equals != NULL && (size_t)(equals - at) < sizeof(name)) {
			char *value = strndup(equals + 1, (size_t)(end - equals - 1));

			snprintf(name, sizeof(name), "%.*s", (int)(equals - at), at);
			setenv(name, strcmp(name, "DATABASE_URL") == 0 ? url : value, 1);
			free(value);
		}
		at = *end == '\0' ? end : end + 1;
	}
	load(&again, &config);
	config_release(&config);
	DEMAND(again.count == 0 && same_but_for_the_source(&again.printed, &loaded->printed));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct loaded loaded;
	struct config config;

	clearenv();
	if (nothing.printed.bytes == NULL) {
		load(&nothing, &config);
		config_release(&config);
	}
	take_settings((struct slice){ (const char *)data, size });
	for (unsigned i = 0; i < setting_count; i++)
		setenv(settings[i].name, settings[i].value, 1);
	load(&loaded, &config);
	faults_hold(&loaded);
	if (loaded.count == 0)
		bounds_hold(&config);
	config_release(&config);
	for (unsigned i = 0; i < setting_count; i++)
		if (strcmp(settings[i].name, "DATABASE_URL") == 0)
			secret_is_kept(&loaded, settings[i].value);
	files_mean_the_same(&loaded);
	if (loaded.count == 0)
		printed_means_the_same(&loaded);
	for (unsigned i = 0; i < setting_count; i++)
		free(settings[i].name);
	return 0;
}
