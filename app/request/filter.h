/* SPDX-License-Identifier: MIT
 *
 * filter.h: the filters of a query string, column=operator.value and trees of them: or=(a.eq.1,not.and(b.is.null,…)).
 * Knows the dialect's quoting; what a column can be compared with is plan_condition.c's.
 */
#ifndef MYREST_FILTER_H
#define MYREST_FILTER_H

#include "request/scan.h"

/* Each adds one condition to the scanner's query. */
enum status filter_parse(struct scanner *name, struct scanner *value) MUST_CHECK; /* of name=value */
enum status filter_parse_after(struct scanner *) MUST_CHECK; /* (…), into the query's after */
enum status filter_parse_logic(struct scanner *) MUST_CHECK; /* of or=(…), and its kin; the part's name says which */

#endif
