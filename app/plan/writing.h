/* SPDX-License-Identifier: MIT
 *
 * writing.h: what the parts of planning a write share: plan_write.c (which rows, what is done about those that are there),
 * plan_body.c (what is written).
 */
#ifndef MYREST_WRITING_H
#define MYREST_WRITING_H

#include "config/config.h"
#include "plan/planner.h"
#include "plan/route.h"
#include "plan/write.h"
#include "web/http.h"

struct writing {
	const struct planning *planning;
	const struct route *route;
	const struct request *request;
	const struct config *config;
	struct write *write;
};

/* Fills in the fault, and answers its status. */
static inline enum status writing_refuse(const struct writing *writing, enum status status, const char *message,
                                         const char *details)
{
	struct fault *fault = writing->planning->fault;

	fault->status = status;
	fault->message = message;
	fault->details = details;
	return status;
}

/* The columns that are written, with their values: of the body, of a PUT those of the path's key as well. */
enum status writing_take_content(const struct writing *) MUST_CHECK;
bool writing_is_in_key(const struct write *, const struct table *, const struct column *); /* the primary one */

#endif
