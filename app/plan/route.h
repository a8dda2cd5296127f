/* SPDX-License-Identifier: MIT
 *
 * route.h: from method and path to a table and perhaps a key, or a 404, 405. Knows no column.
 */
#ifndef MYREST_ROUTE_H
#define MYREST_ROUTE_H

#include "schema/table.h"
#include "web/http.h"

struct route {
	const struct table *table; /* NULL: the path is that of the service itself, / */
	bool has_key;
	struct slice key;   /* /TABLE/KEY, decoded */
	struct slice query; /* raw, without the '?' */
	struct row_range range;
	const char *allow;  /* with STATUS_BAD_METHOD and for OPTIONS: what would be allowed */
	bool awaited;       /* with STATUS_NO_SUCH_TABLE: MYREST_TABLES names it, so it may be made at any time */
};

enum { PATH_MAX_BYTES = 8192 };

/* Whether the method is one for the table, or with of_key for one row of it by its key. */
bool route_allows(const struct table *, bool of_key, enum method);

/* Paths are read raw, so that %2F in a key is part of the key. STATUS_OK, or *fault; texts in the arena. */
enum status route_find(const struct request *, const struct schema *, struct slice prefix, struct arena *,
                       struct route *, struct fault *) MUST_CHECK;

#endif
