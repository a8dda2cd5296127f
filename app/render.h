/* SPDX-License-Identifier: MIT
 *
 * render.h: rows as text of a media type. A value's form follows from its column alone. Knows not where rows come from.
 */
#ifndef MYREST_RENDER_H
#define MYREST_RENDER_H

#include "plan.h"

/* Adds {"name":value,…} for the columns, whose values begin at row->values[0]. Answers in how many places text had to be
 * replaced because it was not valid UTF-8. */
size_t render_json_object(struct text *, const struct column *const *columns, unsigned count, const struct row *);

/* Adds one value that is not NULL; the same answer. */
size_t render_json_value(struct text *, const struct column *, const char *bytes, size_t length);

#endif
