/* SPDX-License-Identifier: MIT
 *
 * myrest: puts MySQL, MariaDB and PostgreSQL tables behind a web server as a REST interface. The command line.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/process_title.h"
#include "build.h"
#include "config/config.h"
#include "config/config_print.h"
#include "mysql/mysql_engine.h"
#include "pool/commands.h"
#include "pool/supervisor.h"
#include "postgresql/postgresql_engine.h"

static const struct engine *const engines[] = { &mysql_engine, &postgresql_engine, NULL };

static const char usage[] =
    "usage: myrest            run the pool in the foreground, configured by the environment\n"
    "       myrest check      check the configuration, then the database\n"
    "       myrest openapi    print the OpenAPI document of the tables\n"
    "       myrest env        print every variable with its value, default and meaning\n"
    "       myrest env --example | --markdown | --man\n"
    "                         print the variables as a file to copy, or for the documents\n"
    "       myrest --version  print the release\n"
    "       myrest --help     print this\n"
    "\n"
    "DATABASE_URL has to be set: mysql:// or postgresql://user:password@host:port/database\n"
    "Signals: TERM, INT, QUIT drain and stop; HUP renews the workers. See myrest(8) and myrest.env(5).\n";

/* Lest a socket become one of them, and what is meant for people be written there. */
static void open_standard_descriptors(void)
{
	int descriptor;

	while ((descriptor = open("/dev/null", O_RDWR)) >= 0 && descriptor <= STDERR_FILENO)
		;
	if (descriptor > STDERR_FILENO)
		close(descriptor);
}

/* The forms in which the variables are printed. */
static const struct {
	const char *option;
	void (*print)(FILE *);
} forms[] = { { "", config_print_values },
	      { "--example", config_print_example },
	      { "--markdown", config_print_markdown },
	      { "--man", config_print_man } };

/* Whether there is a form that is called so. */
static bool print_variables(const char *option)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (strcmp(option, forms[i].option) == 0) {
			forms[i].print(stdout);
			return true;
		}
	return false;
}

static int finish(struct config *config, int status)
{
	config_release(config);
	return fflush(stdout) == 0 ? status : EX_IOERR;
}

int main(int argc, char **argv)
{
	static struct config config;
	const char *command = argc > 1 ? argv[1] : "";

	open_standard_descriptors();
	process_title_open(argv);
	engine_register(engines);
	if (strcmp(command, "env") == 0 && argc <= 3 && print_variables(argc > 2 ? argv[2] : ""))
		return finish(&config, 0);
	if (argc > 2) {
		fprintf(stderr, "myrest: unexpected argument '%s'\n%s", argv[argc - 1], usage);
		return EX_USAGE;
	}
	if (strcmp(command, "--version") == 0) {
		printf("myrest %s\n", PACKAGE_VERSION);
		return finish(&config, 0);
	}
	if (strcmp(command, "--help") == 0) {
		fputs(usage, stdout);
		return finish(&config, 0);
	}
	if (*command != '\0' && strcmp(command, "check") != 0 && strcmp(command, "openapi") != 0) {
		fprintf(stderr, "myrest: unknown command '%s'\n%s", command, usage);
		return EX_USAGE;
	}
	if (config_load(&config, stderr) > 0)
		return finish(&config, EX_CONFIG);
	if (strcmp(command, "openapi") == 0)
		return finish(&config, commands_openapi(&config));
	if (*command != '\0')
		return finish(&config, commands_check(&config));
	log_open(config.log_level);
	return finish(&config, supervisor_run(&config));
}
