/* SPDX-License-Identifier: MIT */
#include "base/must.h"

#include <string.h>
#include <unistd.h>

#include "base/log.h"

void must_end(const char *file, int line, const char *condition)
{
	const char *in_tree = strstr(file, "app/"); /* without the way from the build's folder */
	struct log_line *to = log_begin(LOG_ERROR, "must");

	log_string(to, "message", "the program is wrong: what has to hold does not; the process ends");
	log_string(to, "file", in_tree != NULL ? in_tree : file);
	log_number(to, "line", line);
	log_string(to, "condition", condition);
	log_end(to);
	_exit(MUST_STATUS);
}
