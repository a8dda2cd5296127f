/* SPDX-License-Identifier: MIT
 *
 * drain.h: how a worker ends without losing a request: on TERM it answers what has come, when it is renewed it gives
 * its connections to its successors.
 */
#ifndef MYREST_DRAIN_H
#define MYREST_DRAIN_H

#include <stdbool.h>

void drain_begin(bool retire); /* retire: others take over */
bool drain_may(void);          /* nothing is left to do, or no time */

#endif
