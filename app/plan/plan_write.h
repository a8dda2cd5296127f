/* SPDX-License-Identifier: MIT
 *
 * plan_write.h: plans POST, PUT, PATCH and DELETE of a known table.
 */
#ifndef MYREST_PLAN_WRITE_H
#define MYREST_PLAN_WRITE_H

#include "config/config.h"
#include "plan/route.h"
#include "plan/write.h"
#include "web/http.h"
#include "web/negotiate.h"

/* Plans a POST, PUT, PATCH or DELETE; the answer's media type is known. STATUS_OK, or *fault;
 * everything in the arena, in the schema and in the request. */
enum status plan_write(const struct route *, const struct request *, enum media,
                       const struct config *, struct arena *, struct plan *, struct write *, struct fault *) MUST_CHECK;

#endif
