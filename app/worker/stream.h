/* SPDX-License-Identifier: MIT
 *
 * stream.h: an answer that is too large to be made whole: it goes to one request alone, as its rows come and its reader takes
 * them.
 */
#ifndef MYREST_STREAM_H
#define MYREST_STREAM_H

#include <stdbool.h>

/* The first of the running requests streams from here on; the others get a statement of their own. */
void stream_begin(void);
/* Whether its reader is so far behind that no more rows are to be read. */
bool stream_is_ahead(void);
/* Writes what it has; whether its reader keeps up. */
bool stream_flush(void);
/* Nobody wants the rows that are still to come. */
void stream_discard_rest(void);

#endif
