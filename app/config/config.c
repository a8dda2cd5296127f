/* SPDX-License-Identifier: MIT */
#include "config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/variables.h"

extern char **environ;

enum { FILE_MAX_BYTES = 65536 };

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

const char *config_value(const struct variable *variable, struct arena *arena, const char **fault)
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
	const char *fault = NULL, *value = config_value(variable, &config->arena, &fault);

	if (fault != NULL)
		return fault;
	if (value == NULL && variable->fallback == NULL)
		return arena_printf(&config->arena, "is not set: expected %s", variable->form);
	if (value == NULL)
		value = variable_default(variable, &config->arena);
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
	for (const struct variable *variable = variables; variable->name != NULL; variable++)
		if ((fault = load_one(variable, config)) != NULL) {
			fprintf(faults, "myrest: %s%s: %s\n", variable->name, config_suffix(variable->name), fault);
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

	return value != NULL ? variable_read_url(value, arena, url) : fault;
}

void config_release(struct config *config)
{
	arena_release(&config->arena);
}

/* Whether the first bytes of the text, which are as many as length says, are the variable's name or NAME_FILE. */
static bool names_variable(const struct variable *variable, const char *text, size_t length)
{
	size_t known = strlen(variable->name);

	return strncmp(text, variable->name, known) == 0 &&
	       (length == known || (length == known + 5 && strncmp(text + known, "_FILE", 5) == 0));
}

void config_warn_unknown(void)
{
	for (char **entry = environ; *entry != NULL; entry++) {
		const struct variable *variable = variables;
		size_t length = strcspn(*entry, "=");

		if (strncmp(*entry, "MYREST_", 7) != 0)
			continue;
		while (variable->name != NULL && !names_variable(variable, *entry, length))
			variable++;
		if (variable->name == NULL)
			log_event(LOG_WARNING, "unknown-variable", "%.*s is not a variable of this release", (int)length, *entry);
	}
}
