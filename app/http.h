/* SPDX-License-Identifier: MIT
 *
 * http.h: a request as HTTP means it, the heads of answers, media types, error bodies. Knows neither FastCGI nor the
 * database. Rules: RFC 9110 (methods, negotiation), RFC 3875 section 6.3 (the CGI head, with its Status line).
 */
#ifndef MYREST_HTTP_H
#define MYREST_HTTP_H

#include <stdbool.h>

#include "text.h"

enum method { METHOD_GET, METHOD_HEAD, METHOD_POST, METHOD_PUT, METHOD_PATCH, METHOD_DELETE, METHOD_OPTIONS,
	      METHOD_OTHER };

/* Slices point into memory of whoever read the request; empty when the web server did not send them. */
struct request {
	enum method method;
	struct slice method_name;
	struct slice uri; /* raw: path and query as the client wrote them */
	struct slice accept;
	struct slice id; /* the web server's name for this request */
	struct slice body;
};

/* Takes one CGI variable (RFC 3875 section 4.1) into the request, if it is one that is read. */
void http_take_variable(struct request *, struct slice name, struct slice value);

/* Whether Accept allows the media type (RFC 9110 section 12.5.1; an empty Accept allows all). */
bool http_accepts(struct slice accept, const char *type, const char *subtype);

/* What the head of an answer says. */
struct answer_head {
	int status;
	const char *content_type; /* NULL: no body */
	bool has_length;
	size_t length;
	bool has_range; /* Content-Range: first-last of the rows, or * for none */
	uint64_t first_row, rows;
	const char *allow;  /* NULL: no such header */
	unsigned retry_after_s; /* 0: no such header */
};

/* Adds the CGI head with the empty line behind it. */
void http_add_head(struct text *, const struct answer_head *);
/* Adds the body of an error: {"code","message","details","hint"}. */
void http_add_fault(struct text *, const struct fault *);

#endif
