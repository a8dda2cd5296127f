/* SPDX-License-Identifier: MIT
 *
 * plan_page.h: the next page of a list, by key where the order allows it: what makes an order complete, and what comes
 * after a row in it.
 */
#ifndef MYREST_PLAN_PAGE_H
#define MYREST_PLAN_PAGE_H

#include "plan/planner.h"
#include "schema/table.h"

/* Once columns, conditions and order are planned: makes the order complete, where rows can be told apart by it, and
 * plans after=(…). */
enum status plan_page(const struct planning *) MUST_CHECK;

/* Whether all of the value decides on its row's place. Rows that are equal as far as the server compares them stand in
 * the order of the key that completes it, so that a page can begin after a value only that is shorter than that: those
 * that are larger all stand behind it. Each byte of a BINARY is a weight of its own. */
bool plan_page_decides(const struct dialect *, enum column_type, const char *bytes, size_t length);

#endif
