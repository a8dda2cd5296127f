/* SPDX-License-Identifier: MIT
 *
 * prefer.h: the Prefer header (RFC 7240), in PostgREST's words (https://docs.postgrest.org, "Prefer Header").
 */
#ifndef MYREST_PREFER_H
#define MYREST_PREFER_H

#include "base/text.h"

enum prefer_count { COUNT_NONE, COUNT_EXACT, COUNT_PLANNED, COUNT_ESTIMATED };
enum prefer_return { RETURN_UNSAID, RETURN_MINIMAL, RETURN_HEADERS, RETURN_REPRESENTATION };
enum prefer_resolution { RESOLUTION_NONE, RESOLUTION_MERGE, RESOLUTION_IGNORE };
enum prefer_missing { MISSING_UNSAID, MISSING_DEFAULT, MISSING_NULL };
enum prefer_tx { TX_UNSAID, TX_COMMIT, TX_ROLLBACK };
enum prefer_handling { HANDLING_UNSAID, HANDLING_STRICT, HANDLING_LENIENT };

enum { PREFER_MOST_UNKNOWN = 8 }; /* that are named */

struct preferences {
	enum prefer_count count;
	enum prefer_return returned;
	enum prefer_resolution resolution;
	enum prefer_missing missing;
	enum prefer_tx tx;
	enum prefer_handling handling; /* strict: what is not known is refused */
	bool has_max_affected;         /* heeded with handling=strict alone */
	uint64_t max_affected;
	unsigned unknown_count;
	struct slice unknown[PREFER_MOST_UNKNOWN]; /* the first ones that are not known, as they were written */
};

/* Adds what one header says to what others said (zeroes: none did). Of several values of one preference the first one
 * counts (RFC 7240 section 2). */
void prefer_parse(struct slice header, struct preferences *);

/* Appends the preferences that hold, as "name=value," in an order of its own: equal preferences give equal text, in each
 * release and on each machine. Unknown ones are left out. */
void prefer_words(const struct preferences *, struct text *);

#endif
