/* SPDX-License-Identifier: MIT
 *
 * plan_page.h: the next page of a list, by key where the order allows it: what makes an order complete, what comes after a
 * row in it, and the Link (RFC 8288) that says so. By offset otherwise.
 */
#ifndef MYREST_PLAN_PAGE_H
#define MYREST_PLAN_PAGE_H

#include "plan/plan_write.h"
#include "plan/planner.h"
#include "schema/table.h"
#include "web/http.h"

/* Once columns, conditions and order are planned: makes the order complete, where rows can be told apart by it, and
 * plans after=(…). */
enum status page_plan(const struct planning *) MUST_CHECK;

/* Adds where the row stands in the plan's order, as after=(…) takes it, percent-encoded. false: it cannot be said. */
bool page_add_place(struct text *, const struct plan *, const struct row *) MUST_CHECK;

/* Adds the target of the link to the page behind that place (no bytes: by offset): the request's own with another
 * window, absolute where the web server tells the scheme and host that the client sees. Where that were longer than
 * headers may be it is by offset, and nothing where the request's own query is. */
void page_add_link(struct text *, const struct request *, const struct plan *, struct slice place);

/* Adds the Location of a row that was inserted, by its primary key: /TABLE?id=eq.5; nothing, when clients may not see all
 * of the key, or it is longer than web servers have room for. The row is in the plan's outputs. */
void page_add_location(struct text *, const struct request *, const struct plan *, const struct write *,
                       const struct row *);

#endif
