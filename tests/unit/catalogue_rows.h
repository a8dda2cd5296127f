/* SPDX-License-Identifier: MIT
 *
 * catalogue_rows.h: a description under way, whose statements are looked at and whose rows are written by hand. Who
 * includes it has defined CATALOGUE_STATEMENT and CATALOGUE_ROW as a driver's own (driver.h).
 */
#ifndef MYREST_CATALOGUE_ROWS_H
#define MYREST_CATALOGUE_ROWS_H

#include "unit.h"

static struct arena arena;
static struct table_choices choices, writable;
static struct catalogue *catalogue;
static struct text sql;
static char missing[300];
static enum database_rows rows; /* of the statement that was asked for last */

static int forget(void **state)
{
	(void)state;
	arena_release(&arena);
	text_release(&sql);
	writable.count = 0;
	return 0;
}

/* The next statement, that has these words; false: there is none. */
static bool next(const char *about)
{
	text_clear(&sql);
	if (!CATALOGUE_STATEMENT(catalogue, &sql, &rows))
		return false;
	if (strstr(text_terminate(&sql), about) == NULL)
		fail_msg("wanted %s, got %s", about, sql.bytes);
	return true;
}

/* One row; the values end with END, and NULL is NULL. */
#define END_OF_ROW ((const char *)&catalogue)

static void row(const char *first, ...)
{
	const char *values[20], *value = first;
	unsigned long lengths[20];
	struct row made = { 0, values, lengths };
	va_list arguments;

	va_start(arguments, first);
	for (; value != END_OF_ROW; value = va_arg(arguments, const char *)) {
		lengths[made.count] = value != NULL ? strlen(value) : 0;
		values[made.count] = value != NULL ? exact(value, strlen(value) + 1).bytes : NULL;
		made.count++;
	}
	va_end(arguments);
	CATALOGUE_ROW(catalogue, &made);
	for (unsigned i = 0; i < made.count; i++)
		free((void *)(uintptr_t)values[i]); /* nothing may point into a row */
}

#define ROW(...) row(__VA_ARGS__, END_OF_ROW)

#endif
