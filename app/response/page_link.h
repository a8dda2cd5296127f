/* SPDX-License-Identifier: MIT
 *
 * page_link.h: the Link (RFC 8288) to the next page of a list, and the Location of a row that was inserted.
 */
#ifndef MYREST_PAGE_LINK_H
#define MYREST_PAGE_LINK_H

#include "plan/write.h"
#include "web/http.h"

/* Adds where the row stands in the plan's order, as after=(…) takes it, percent-encoded. false: it cannot be said. */
bool page_link_add_place(struct text *, const struct plan *, const struct row *) MUST_CHECK;

/* Adds the target of the link to the page behind that place (no bytes: by offset): the request's own with another
 * window, absolute where the web server tells the scheme and host that the client sees. Where that were longer than
 * headers may be it is by offset, and nothing where the request's own query is. */
void page_link_add(struct text *, const struct request *, const struct plan *, struct slice place);

/* Adds the Location of a row that was inserted, by its primary key: /TABLE?id=eq.5; nothing, when clients may not see all
 * of the key, or it is longer than web servers have room for. The row is in the plan's outputs. */
void page_link_add_location(struct text *, const struct request *, const struct plan *, const struct write *,
                            const struct row *);

#endif
