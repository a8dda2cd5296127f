/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/metrics.h"
#include "base/utf8.h"

enum {
	LINE_MAX_BYTES = 4096,
	VALUE_MAX_BYTES = 1024,
	STRINGS_MAX_BYTES = LINE_MAX_BYTES - 256, /* what is left is for the numbers behind them */
};

struct log_line {
	struct text text;
};

static struct log_line line;
static enum log_level least_level = LOG_WARNING;
static int descriptor = STDERR_FILENO;
static bool is_socket;
static uint64_t dropped_unsaid;

/* A write that waits for a slow reader would stop a worker. Making stderr itself non-blocking would change it for
 * every process that shares it, so a pipe or terminal is opened once more for ourselves. */
void log_open(enum log_level least)
{
	struct stat status;
	int again;

	log_set_level(least);
	if (fstat(STDERR_FILENO, &status) < 0)
		return;
	is_socket = S_ISSOCK(status.st_mode);
	if (!S_ISFIFO(status.st_mode) && !S_ISCHR(status.st_mode))
		return;
	again = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_APPEND | O_NOCTTY | O_CLOEXEC);
	if (again >= 0)
		descriptor = again;
	else /* a pipe that somebody else opened for us: then it is for us, and may be made so for all who share it */
		(void)fcntl(STDERR_FILENO, F_SETFL, fcntl(STDERR_FILENO, F_GETFL) | O_NONBLOCK);
}

void log_set_level(enum log_level least)
{
	least_level = least == LOG_WARNING ? LOG_NOTICE : least;
}

bool log_wants(enum log_level level)
{
	return level <= least_level;
}

static bool put(const char *bytes, size_t length)
{
	ssize_t written;

	if (is_socket)
		written = send(descriptor, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	else
		written = write(descriptor, bytes, length);
	return written == (ssize_t)length;
}

static void add_name(struct log_line *to, const char *name)
{
	text_add_string(&to->text, ",\"");
	text_add_string(&to->text, name);
	text_add_string(&to->text, "\":");
}

struct log_line *log_begin_always(enum log_level level, const char *event)
{
	static const char *const names[] = { "error", "warning", "notice", "info", "debug" };
	struct timespec now;
	struct tm parts;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &parts);
	text_clear(&line.text);
	text_printf(&line.text, "{\"time\":\"%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ\",\"level\":\"%s\",\"event\":\"%s\","
	            "\"pid\":%ld", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
	            parts.tm_sec, now.tv_nsec / 1000000, names[level], event, (long)getpid());
	return &line;
}

struct log_line *log_begin(enum log_level level, const char *event)
{
	return log_wants(level) ? log_begin_always(level, event) : NULL;
}

void log_bytes(struct log_line *to, const char *name, const char *bytes, size_t length)
{
	size_t before, span;

	if (to == NULL || bytes == NULL)
		return;
	if (length > VALUE_MAX_BYTES) { /* cut between characters */
		span = utf8_span(bytes, VALUE_MAX_BYTES);
		length = span >= VALUE_MAX_BYTES - 3 ? span : VALUE_MAX_BYTES;
	}
	before = to->text.length;
	add_name(to, name);
	json_add_string(&to->text, bytes, length);
	if (to->text.length > STRINGS_MAX_BYTES) { /* no room: the field is left out */
		to->text.length = before;
		if (before < STRINGS_MAX_BYTES) {
			add_name(to, name);
			text_add_string(&to->text, "\"(too long)\"");
		}
	}
}

void log_string(struct log_line *to, const char *name, const char *value)
{
	if (value != NULL)
		log_bytes(to, name, value, strlen(value));
}

/* A value that needs no quotes; left out when it leaves no room for the line's end. */
static void add_plain(struct log_line *to, const char *name, const char *value)
{
	size_t before;

	if (to == NULL)
		return;
	before = to->text.length;
	add_name(to, name);
	text_add_string(&to->text, value);
	if (to->text.length > LINE_MAX_BYTES - 2)
		to->text.length = before;
}

void log_number(struct log_line *to, const char *name, int64_t value)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%lld", (long long)value);
	add_plain(to, name, digits);
}

void log_milliseconds(struct log_line *to, const char *name, int64_t microseconds)
{
	char digits[32];

	snprintf(digits, sizeof(digits), "%lld.%03d", (long long)(microseconds / 1000), (int)(microseconds % 1000));
	add_plain(to, name, digits);
}

void log_boolean(struct log_line *to, const char *name, bool value)
{
	add_plain(to, name, value ? "true" : "false");
}

void log_end(struct log_line *to)
{
	static struct text notice; /* what was said of dropped lines must not overwrite the line itself */
	struct text swap;

	if (to == NULL)
		return;
	text_add_string(&to->text, "}\n");
	if (dropped_unsaid > 0) {
		swap = to->text;
		to->text = notice;
		log_begin_always(LOG_WARNING, "log-lines-dropped");
		log_number(to, "lines", (int64_t)dropped_unsaid);
		text_add_string(&to->text, "}\n");
		if (put(to->text.bytes, to->text.length))
			dropped_unsaid = 0;
		notice = to->text;
		to->text = swap;
	}
	if (dropped_unsaid > 0 || !put(to->text.bytes, to->text.length)) {
		dropped_unsaid++;
		METRICS_ADD(metrics_own->log_lines_dropped, 1);
	}
}

void log_event(enum log_level level, const char *event, const char *format, ...)
{
	struct log_line *to = log_begin(level, event);
	char message[VALUE_MAX_BYTES];
	va_list arguments;

	if (to == NULL)
		return;
	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	log_string(to, "message", message);
	log_end(to);
}
