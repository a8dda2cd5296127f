/* SPDX-License-Identifier: MIT
 *
 * http.h: a request as HTTP means it, the heads of answers, media types, error bodies. Knows neither FastCGI nor the
 * database. Rules: RFC 9110 (methods, negotiation), RFC 3875 section 6.3 (the CGI head, with its Status line).
 */
#ifndef MYREST_HTTP_H
#define MYREST_HTTP_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"
#include "web/prefer.h"

enum method { METHOD_GET, METHOD_HEAD, METHOD_POST, METHOD_PUT, METHOD_PATCH, METHOD_DELETE, METHOD_OPTIONS,
	      METHOD_OTHER };

/* Slices point into memory of whoever read the request; empty when the web server did not send them. */
struct request {
	struct arena *arena; /* where the lines of one header are joined */
	unsigned joined;     /* how many were */
	enum method method;
	struct slice method_name;
	struct slice uri; /* raw: path and query as the client wrote them */
	struct slice accept, range, range_unit, if_none_match;
	struct slice if_match, idempotency_key, content_coding; /* of writes */
	struct slice content_type;  /* what the web server says of it, */
	struct slice content_types; /* and the client's own lines */
	struct slice content_length;
	struct preferences preferences;
	struct slice accept_profile, content_profile; /* the schema that the client means */
	const char *repeated; /* a header that has one value and was given several; NULL: none */
	struct slice scheme, host; /* as the client sees the web server: X-Forwarded-Proto, X-Forwarded-Host */
	bool wants_merged;         /* the answer is to say how many requests shared its statement (MyREST-Merged) */
	struct slice id; /* the web server's name for this request */
	struct slice body;
};

/* Takes one CGI variable (RFC 3875 section 4.1) into the request, if it is one that is read. Web servers give the lines
 * of one header joined or one by one; they mean the same (RFC 9110 section 5.3). */
void http_take_variable(struct request *, struct slice name, struct slice value);
/* Whether all members of the list are one and the same: *first, without the spaces around it. */
bool http_is_single(struct slice list, struct slice *first);

/* Range: first-last or first-, counted in rows from 0 (Range-Unit: items, or items= before it). */
struct row_range {
	bool given;
	uint64_t first, last; /* UINT64_MAX: to the end */
};
/* What cannot be understood is ignored, as RFC 9110 section 14.2 wants it; STATUS_BAD_RANGE: it ends before it begins. */
enum status http_range(struct slice unit, struct slice range, struct row_range *) MUST_CHECK;

/* Whether If-None-Match names the tag, which comes with its quotes; the weak comparison of RFC 9110 section 13.1.2. */
bool http_names_tag(struct slice list, const char *tag);

/* Adds scheme://host, as the client sees the web server, when both look like it. */
void http_add_origin(struct text *, const struct request *);

/* What the head of an answer says. */
struct answer_head {
	int status;
	const char *content_type; /* NULL: no body */
	bool has_length;
	size_t length;
	bool has_range; /* Content-Range: first-last of the rows, or * for none */
	uint64_t first_row, rows;
	bool has_total;
	uint64_t total;    /* of all rows, in Content-Range */
	struct slice location; /* no bytes: no such header */
	const char *tag;   /* ETag, with its quotes; NULL: no such header */
	struct slice next;   /* Link, the target of rel="next"; no bytes: no such header */
	const char *applied; /* Preference-Applied; NULL: no such header */
	bool varies;       /* Vary: what else the answer depends on */
	unsigned merged;   /* MyREST-Merged; 0: no such header */
	const char *allow;  /* NULL: no such header */
	unsigned retry_after_s; /* 0: no such header */
	const char *codings; /* Accept-Encoding; NULL: no such header */
};

/* Adds the CGI head with the empty line behind it. */
void http_add_head(struct text *, const struct answer_head *);
/* Adds the body of an error: {"code","message","details","hint"}. */
void http_add_fault(struct text *, const struct fault *);

#endif
