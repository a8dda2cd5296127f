/* SPDX-License-Identifier: MIT
 *
 * oracle.h: an input that is several texts, a line each, and how a program says what does not hold.
 */
#ifndef MYREST_FUZZ_ORACLE_H
#define MYREST_FUZZ_ORACLE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define DEMAND(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "ERROR: %s:%d: %s\n", __FILE__, __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

/* Takes the next line off; without bytes when there is none. */
static inline struct slice oracle_line(struct slice *rest)
{
	const char *end = rest->length > 0 ? memchr(rest->bytes, '\n', rest->length) : NULL;
	struct slice line = { rest->bytes, end != NULL ? (size_t)(end - rest->bytes) : rest->length };
	size_t taken = line.length + (end != NULL);

	if (rest->length == 0)
		line.bytes = "";
	else
		*rest = (struct slice){ rest->bytes + taken, rest->length - taken };
	return line;
}

#endif
