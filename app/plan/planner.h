/* SPDX-License-Identifier: MIT
 *
 * planner.h: what the parts of planning share: plan.c (columns, order), plan_condition.c (conditions), plan_cast.c (::type).
 */
#ifndef MYREST_PLANNER_H
#define MYREST_PLANNER_H

#include "plan/plan.h"

struct planning {
	struct plan *plan;
	const struct query *query;
	struct arena *arena;
	struct fault *fault;
	struct text *scratch; /* for texts that end in the arena; whoever writes empties it first */
};

/* Fills in the fault; details say where in the query string. Answers the status. */
enum status planner_refuse(const struct planning *, enum status, const char *message, const char *at);
/* Refuses where the account may read nothing of the table. */
enum status planner_readable(const struct planning *) MUST_CHECK;
/* Looks up a field. */
enum status planner_field(const struct planning *, const struct query_field *, struct plan_field *) MUST_CHECK;
/* A field as the client writes it, for messages. */
const char *planner_name(const struct planning *, const struct plan_field *);
/* What the scratch holds, in the arena. */
struct slice planner_keep(const struct planning *);

/* The columns of the answer, as select names them or all, and of one object its hidden ones; the order that is asked for. */
enum status plan_outputs(const struct planning *) MUST_CHECK;
enum status plan_orders(const struct planning *) MUST_CHECK;
/* Where the column stands among the outputs; adds it, unseen, when it does not. */
unsigned plan_find_output(struct plan *, const struct column *);
struct plan_output plan_whole_column(const struct column *);

/* Adds the condition of the path's key, and those of the query. */
enum status plan_conditions(const struct planning *, const struct route *) MUST_CHECK;

/* column::type. Fills in how the output is shown and asked for. */
enum status plan_cast_field(const struct planning *, const struct plan_field *, const struct query_text *type,
                       struct plan_output *) MUST_CHECK;

#endif
