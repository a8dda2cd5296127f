/* SPDX-License-Identifier: MIT
 *
 * etag.h: entity tags (RFC 9110 section 8.8.3), strong ones: of one object over all of its columns, so that it says
 * whether the row has changed whatever is shown of it; of a list over its bytes. Not meant to withstand an attacker.
 */
#ifndef MYREST_ETAG_H
#define MYREST_ETAG_H

#include "base/text.h"
#include "web/negotiate.h"

enum { ETAG_BYTES = 2 + 32 + 1 }; /* with quotes and NUL */

struct etag {
	uint64_t high, low;
};

struct etag etag_of_bytes(struct slice);
/* Of so many values, as the database gives them. */
struct etag etag_of_row(const char *const *values, const unsigned long *lengths, unsigned count);
/* The tag; that of another media type is another one. */
void etag_print(char printed[ETAG_BYTES], struct etag, enum media);

#endif
