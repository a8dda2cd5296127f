/* SPDX-License-Identifier: MIT
 *
 * Texts of others as JSON: in lines of the log, and in documents made from templates. The first line of the input is the
 * template's string, the second one that of the log; the rest is one of the log, too. What is written is one JSON text
 * that says what was given, and a line of the log is one line and no longer than a pipe takes whole.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <unistd.h>

#include "base/json_template.h"
#include "base/log.h"
#include "base/utf8.h"
#include "oracle.h"
#include "strict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The read end of what is logged; the descriptor 2 is as it was. */
static int open_log(void)
{
	int ends[2], before = dup(STDERR_FILENO);

	DEMAND(before >= 0 && pipe2(ends, O_NONBLOCK) == 0);
	DEMAND(dup2(ends[1], STDERR_FILENO) >= 0);
	log_open(LOG_DEBUG);
	DEMAND(dup2(before, STDERR_FILENO) >= 0);
	close(before);
	close(ends[1]);
	return ends[0];
}

static bool says(struct json_object *object, const char *name, struct slice given)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, name, &value))
		return false;
	if (utf8_span(given.bytes, given.length) != given.length)
		return json_object_is_type(value, json_type_string); /* with other characters for those that are none */
	return (size_t)json_object_get_string_len(value) == given.length &&
	       memcmp(json_object_get_string(value), given.bytes, given.length) == 0;
}

static void line_holds(int reads, struct slice first, struct slice second, struct slice ended)
{
	enum { VALUE = 1024 };
	char line[2 * PIPE_BUF];
	struct json_object *object, *message;
	ssize_t length;
	struct log_line *to = log_begin(LOG_INFO, "fuzz");

	log_bytes(to, "first", first.bytes, first.length);
	log_bytes(to, "second", second.bytes, second.length);
	log_number(to, "number", INT64_MIN);
	log_milliseconds(to, "ms", INT64_MAX);
	log_boolean(to, "boolean", true);
	log_end(to);
	length = read(reads, line, sizeof(line));
	DEMAND(length > 0 && length <= PIPE_BUF && memchr(line, '\n', (size_t)length) == line + length - 1);
	DEMAND(strict_json(line, (size_t)length - 1, &object));
	DEMAND(first.length > VALUE / 6 || says(object, "first", first));
	DEMAND(first.length + second.length > VALUE / 6 || says(object, "second", second));
	json_object_put(object);
	log_event(LOG_ERROR, "fuzz", "%s", ended.bytes);
	length = read(reads, line, sizeof(line));
	DEMAND(length > 0 && length <= PIPE_BUF && memchr(line, '\n', (size_t)length) == line + length - 1);
	DEMAND(strict_json(line, (size_t)length - 1, &object) && json_object_object_get_ex(object, "message", &message));
	DEMAND(ended.length > VALUE / 6 || says(object, "message", ended));
	json_object_put(object);
}

static void template_holds(struct slice ended)
{
	static struct text out;
	struct json_object *object;

	text_clear(&out);
	json_template_add(&out, "{,'a':%s,'b-%s':[,%u", ended.bytes, ended.bytes, (uint64_t)ended.length);
	json_template_add(&out, ",%r],'c':%s}", "null", ended.bytes);
	DEMAND(strict_json(out.bytes, out.length, &object));
	DEMAND(says(object, "a", ended) && says(object, "c", ended));
	json_object_put(object);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int reads = -1;
	static struct text text;
	struct slice rest = { (const char *)data, size }, first, second;

	if (reads < 0)
		reads = open_log();
	first = oracle_line(&rest);
	second = oracle_line(&rest);
	text_clear(&text);
	text_add(&text, first.bytes, first.length);
	first.length = strlen(text_terminate(&text));
	template_holds((struct slice){ text.bytes, first.length });
	line_holds(reads, second, rest, (struct slice){ text.bytes, first.length });
	return 0;
}
