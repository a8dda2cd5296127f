/* SPDX-License-Identifier: MIT */
#include "base/json_template.h"

#include <stdarg.h>
#include <string.h>

#include "base/json.h"

static void add_string(struct text *out, const char *string, bool bare)
{
	size_t from = out->length;

	(void)json_add_string(out, string, strlen(string));
	if (!bare)
		return;
	memmove(out->bytes + from, out->bytes + from + 1, out->length - from - 2);
	out->length -= 2;
}

static bool begins_a_list(const struct text *out)
{
	return out->length == 0 || out->bytes[out->length - 1] == '{' || out->bytes[out->length - 1] == '[';
}

void json_template_add(struct text *out, const char *template, ...)
{
	bool quoted = false;
	va_list arguments;

	va_start(arguments, template);
	for (; *template != '\0'; template++) {
		if (*template == '\'') {
			quoted = !quoted;
			text_add_char(out, '"');
		} else if (*template == '%') {
			template++;
			if (*template == 's')
				add_string(out, va_arg(arguments, const char *), quoted);
			else if (*template == 'r')
				text_add_string(out, va_arg(arguments, const char *));
			else
				text_add_unsigned(out, va_arg(arguments, uint64_t));
		} else if (quoted || *template != ',' || !begins_a_list(out))
			text_add_char(out, *template);
	}
	va_end(arguments);
}
