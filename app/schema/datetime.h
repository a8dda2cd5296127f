/* SPDX-License-Identifier: MIT
 *
 * datetime.h: dates and times as ISO 8601 writes them, as literals in SQL.
 */
#ifndef MYREST_DATETIME_H
#define MYREST_DATETIME_H

#include "base/text.h"

enum { DATETIME_DIGITS = 6 }; /* behind the point, that a database keeps of a second */

/* Each adds a literal, or nothing: STATUS_BAD_VALUE, STATUS_VALUE_RANGE. *why says what was expected, or which part there is
 * that the type has not. A fraction of a second has as many digits as were given, but for zeros beyond the sixth. */
enum status datetime_add_date(struct text *, struct slice, const char **why) MUST_CHECK;
/* zone: it is moved to UTC; without, only UTC's own (Z, +00:00) may stand there. */
enum status datetime_add_datetime(struct text *, struct slice, bool zone, const char **why) MUST_CHECK;
enum status datetime_add_time(struct text *, struct slice, int most_hours) MUST_CHECK; /* of either sign; below 1000 */

/* Whether the literal, which one of these has added, has a day of the calendar, or one with zeros for what is not known. */
bool datetime_is_day(struct slice literal) MUST_CHECK;

#endif
