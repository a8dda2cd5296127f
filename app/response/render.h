/* SPDX-License-Identifier: MIT
 *
 * render.h: rows as text of a media type. A value's form follows from its output column alone. Knows not where rows come from.
 */
#ifndef MYREST_RENDER_H
#define MYREST_RENDER_H

#include "plan/plan.h"

/* Adds {"name":value,…} for the columns, whose values begin at row->values[0]. Answers in how many places text had to be
 * replaced because it was not valid UTF-8. A value that is not of its column's type (the table has changed since it was
 * described) becomes a string, and *mistyped true; it is left alone otherwise. */
size_t render_json_object(struct text *, const struct plan_output *columns, unsigned count, const struct row *,
                          bool *mistyped);

/* CSV (RFC 4180, but for lines that end with LF alone): the names, and a row. NULL is the empty field, an empty text is
 * "". The same answers. */
void render_csv_names(struct text *, const struct plan_output *columns, unsigned count);
size_t render_csv_row(struct text *, const struct plan_output *columns, unsigned count, const struct row *,
                      bool *mistyped);

/* Adds one value that is not NULL; the same answers. */
size_t render_json_value(struct text *, const struct plan_output *, const char *bytes, size_t length, bool *mistyped);

#endif
