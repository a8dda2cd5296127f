/* SPDX-License-Identifier: MIT
 *
 * unit.h: what every unit test uses: cmocka, and comparisons that say what was there.
 */
#ifndef MYREST_UNIT_H
#define MYREST_UNIT_H

/* cmocka wants these four before it */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "strict.h"
#include "base/text.h"

#define LENGTH_OF(array) (sizeof(array) / sizeof((array)[0]))

static inline struct slice slice_of(const char *string)
{
	return (struct slice){ string, strlen(string) };
}

static inline void expect_bytes(const char *got, size_t length, const char *wanted, const char *file, int line)
{
	if (length == strlen(wanted) && (length == 0 || memcmp(got, wanted, length) == 0))
		return;
	print_error("%s:%d: got <%.*s>\n    wanted <%s>\n", file, line, (int)length, length > 0 ? got : "", wanted);
	_fail(file, line);
}

/* The bytes of a text or a slice are those of the string. */
#define assert_is(bytes_of, wanted) \
	expect_bytes((bytes_of).bytes, (bytes_of).length, (wanted), __FILE__, __LINE__)
/* The same of two strings of which the first may be NULL. */
#define assert_says(got, wanted) \
	expect_bytes((got) != NULL ? (got) : "(NULL)", strlen((got) != NULL ? (got) : "(NULL)"), (wanted), __FILE__, \
	             __LINE__)

/* The bytes are one JSON text that a strict parser takes; the value is the caller's to put. */
static inline struct json_object *expect_json(const char *bytes, size_t length, const char *file, int line)
{
	struct json_object *value;

	if (strict_json(bytes, length, &value))
		return value;
	print_error("%s:%d: not JSON: <%.*s>\n", file, line, (int)length, bytes);
	_fail(file, line);
	return NULL;
}

#define assert_json(bytes, length) expect_json((bytes), (length), __FILE__, __LINE__)

/* The bytes in a block of exactly their size, so that AddressSanitizer and valgrind see a read behind them. */
static inline struct slice exact(const char *bytes, size_t length)
{
	char *copy = malloc(length > 0 ? length : 1);

	assert_non_null(copy);
	if (length > 0)
		memcpy(copy, bytes, length);
	return (struct slice){ copy, length };
}

static inline void exact_free(struct slice slice)
{
	free((void *)(uintptr_t)slice.bytes);
}

/* The same numbers on every run. */
static inline uint32_t dice(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

#endif
