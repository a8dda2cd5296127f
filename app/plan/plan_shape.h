/* SPDX-License-Identifier: MIT
 *
 * plan_shape.h: what a request asks of the database apart from its values, as a number: requests of one shape mostly take alike
 * long. All workers make the same number of the same shape. Knows no connection.
 */
#ifndef MYREST_PLAN_SHAPE_H
#define MYREST_PLAN_SHAPE_H

#include "plan/write.h"

/* write NULL: a read, planned whole. count: how its rows are counted. Numbers of rows (a limit, an offset, a body's) count by
 * their order of magnitude. Never 0. */
uint32_t plan_shape_of(const struct plan *, const struct write *, enum prefer_count count);

#endif
