/* SPDX-License-Identifier: MIT
 *
 * log.h: one line of JSON per event on stderr, one write each, never waiting: when nobody reads, lines are dropped
 * and counted (metrics_own->log_lines_dropped), and the next line that goes out is preceded by one that says how many.
 * A line is at most 4096 bytes (PIPE_BUF), so that lines of several processes never mix; longer values are cut.
 *
 * Never give it a secret: a database URL, a password.
 */
#ifndef MYREST_LOG_H
#define MYREST_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* NOTICE: start and stop of things, printed at level warning and below. */
enum log_level { LOG_ERROR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG };

/* A line begins with log_begin, which answers NULL when its level is not wanted, takes fields, and ends with log_end;
 * all of them accept that NULL. */
struct log_line;

void log_open(enum log_level least);
void log_set_level(enum log_level least);
bool log_wants(enum log_level);
struct log_line *log_begin(enum log_level, const char *event);
struct log_line *log_begin_always(enum log_level, const char *event); /* wanted whatever the level is */
void log_string(struct log_line *, const char *name, const char *value); /* value NULL: no field */
void log_bytes(struct log_line *, const char *name, const char *bytes, size_t length);
void log_number(struct log_line *, const char *name, int64_t value);
void log_milliseconds(struct log_line *, const char *name, int64_t microseconds);
void log_boolean(struct log_line *, const char *name, bool value);
void log_end(struct log_line *);

/* A line with one field "message". */
void log_event(enum log_level, const char *event, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
