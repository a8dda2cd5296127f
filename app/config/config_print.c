/* SPDX-License-Identifier: MIT */
#include "config/config_print.h"

#include <string.h>

#include "config/config.h"
#include "config/variables.h"

enum { COMMENT_COLUMNS = 100 };

/* The text as comment lines, without its backticks, broken between words. */
static void print_comment(FILE *out, const char *text)
{
	size_t column = 1;

	putc('#', out);
	while (*text != '\0') {
		size_t length = strcspn(text, " ");

		if (column > 1 && column + 1 + length > COMMENT_COLUMNS) {
			fputs("\n#", out);
			column = 1;
		}
		putc(' ', out);
		for (size_t i = 0; i < length; i++)
			if (text[i] != '`')
				putc(text[i], out);
		column += 1 + length;
		text += length;
		text += strspn(text, " ");
	}
	putc('\n', out);
}

void config_print_values(FILE *out)
{
	struct arena arena = { 0 };

	for (const struct variable *variable = variables; variable->name != NULL; variable++) {
		const char *fault = NULL, *value = config_value(variable, &arena, &fault);
		const char *source = *config_suffix(variable->name) != '\0' ? "file" : "environment";

		if (value == NULL) {
			source = fault != NULL ? fault : variable->fallback != NULL ? "default" : "nowhere";
			value = variable_default(variable, &arena);
		} else if (variable->is_secret)
			value = "***";
		print_comment(out, variable->text);
		fprintf(out, "# default: %s\n# from: %s\n%s=%s\n\n",
		        variable->fallback != NULL ? variable->fallback : "none, it must be set", source, variable->name,
		        value != NULL ? value : "");
	}
	arena_release(&arena);
}

void config_print_example(FILE *out)
{
	fputs("# The environment of MyREST: every variable, with its default. Copy this file to\n"
	      "# /etc/myrest/myrest.env and remove the '#' of the lines that you change. systemd (EnvironmentFile=) and the\n"
	      "# shell (set -a; . ./myrest.env) read it, so enclose a value with a space, '&', ';' or a quote in single quotes.\n"
	      "#\n"
	      "# Each variable may be given as NAME_FILE instead: the path of a file that contains the value. Both at once\n"
	      "# are an error. `myrest env` prints what is set, `myrest check` tries it; the manual page is myrest.env(5).\n",
	      out);
	for (const struct variable *variable = variables; variable->name != NULL; variable++) {
		putc('\n', out);
		print_comment(out, variable->text);
		fprintf(out, "#%s=%s\n", variable->name,
		        variable->fallback != NULL && !variable->is_by_machine ? variable->fallback : "");
	}
}

void config_print_markdown(FILE *out)
{
	fputs("| variable | default | meaning |\n|---|---|---|\n", out);
	for (const struct variable *variable = variables; variable->name != NULL; variable++) {
		if (variable->fallback == NULL)
			fprintf(out, "| `%s` | must be set | ", variable->name);
		else if (*variable->fallback == '\0' || variable->is_by_machine)
			fprintf(out, "| `%s` | %s | ", variable->name, *variable->fallback == '\0' ? "none" : variable->fallback);
		else
			fprintf(out, "| `%s` | `%s` | ", variable->name, variable->fallback);
		for (const char *text = variable->text; *text != '\0'; text++) {
			if (*text == '|') /* it would end the cell */
				putc('\\', out);
			putc(*text, out);
		}
		fputs(" |\n", out);
	}
}

/* Text of mdoc: code is bold, and a byte that is one of roff's is escaped. Each sentence begins a line, as is the custom. */
static void print_roff(FILE *out, const char *text)
{
	bool in_code = false, line_begins = true;

	for (; *text != '\0'; text++) {
		bool sentence_ends = !in_code && *text == ' ' && !line_begins && text[-1] == '.';

		if (*text == '`') {
			in_code = !in_code;
			fputs(in_code ? "\\fB" : "\\fR", out);
		} else if (*text == '\\')
			fputs("\\e", out);
		else if (*text == '-' && in_code)
			fputs("\\-", out);
		else if (*text == '"' && in_code)
			fputs("\\(dq", out);
		else if (*text == '\'' && in_code)
			fputs("\\(aq", out);
		else if (line_begins && (*text == '.' || *text == '\''))
			fprintf(out, "\\&%c", *text);
		else
			putc(sentence_ends ? '\n' : *text, out);
		line_begins = sentence_ends;
	}
	putc('\n', out);
}

void config_print_man(FILE *out)
{
	fputs(".Bl -tag -width 4n\n", out);
	for (const struct variable *variable = variables; variable->name != NULL; variable++) {
		fprintf(out, ".It Ev %s\n", variable->name);
		print_roff(out, variable->text);
		if (variable->fallback == NULL)
			fputs("It must be set.\n", out);
		else if (*variable->fallback != '\0')
			fprintf(out, "Default:\n.Li %s .\n", variable->fallback);
	}
	fputs(".El\n", out);
}
