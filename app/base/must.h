/* SPDX-License-Identifier: MIT
 *
 * must.h: what holds unless the program itself is wrong. A process that finds it broken knows nothing of its own state any
 * more, so it ends: the supervisor starts another one, and the web server repeats the reads. Never for what a client, the
 * database or the configuration can cause.
 */
#ifndef MYREST_MUST_H
#define MYREST_MUST_H

#include <stdbool.h>
#include <sysexits.h>

enum { MUST_STATUS = EX_SOFTWARE }; /* the exit status, which nothing else in the program has */

/* The condition is evaluated once, in every build. */
#define must(condition) \
	do { \
		if (__builtin_expect(!(condition), false)) \
			must_end(__FILE__, __LINE__, #condition); \
	} while (0)

/* Logs the event "must" and ends the process at once. */
_Noreturn void must_end(const char *file, int line, const char *condition) __attribute__((cold));

#endif
