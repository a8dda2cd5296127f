/* SPDX-License-Identifier: MIT
 *
 * shed.h: requests that have waited for longer than MYREST_QUEUE_MS are refused, so that the others have their turn while
 * somebody still waits for them.
 */
#ifndef MYREST_SHED_H
#define MYREST_SHED_H

#include <stdbool.h>
#include <stdint.h>

void shed_begin(void); /* none has been refused */
/* Whether a request that has been waiting elsewhere since then is to be refused. */
bool shed_is_overdue(int64_t waits_since_us, int64_t now_us);
/* Refuses those of this worker that are. Not while it drains, or has no connection. */
void shed_overdue(int64_t now_us);

#endif
