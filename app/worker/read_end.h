/* SPDX-License-Identifier: MIT
 *
 * read_end.h: the statement of a read is over: each of its requests is answered, told why not, or waits to be run again.
 */
#ifndef MYREST_READ_END_H
#define MYREST_READ_END_H

#include <stdbool.h>

#include "base/text.h"

/* All rows have been taken. */
void read_end_done(void);
/* It failed, and the connection lives. sent: its text; in_transaction: in a snapshot, for a count. */
void read_end_failed(struct slice sent, bool in_transaction);
/* The connection is gone, and the statement with it. Reads are repeated: once, or on each other host. */
void read_end_lost(void);
/* It was ended so that others have their turn. */
void read_end_put_back(void);

#endif
