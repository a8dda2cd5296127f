/* SPDX-License-Identifier: MIT
 *
 * negotiate.h: the form of an answer, by the Accept header (RFC 9110 section 12.5.1).
 */
#ifndef MYREST_NEGOTIATE_H
#define MYREST_NEGOTIATE_H

#include "base/text.h"

/* What rows can be sent as. */
enum media { MEDIA_JSON, MEDIA_OBJECT, MEDIA_CSV, MEDIA_NDJSON, MEDIA_COUNT };

/* The media type that Accept likes best (RFC 9110 section 12.5.1): by its quality, then by its place in Accept. An empty
 * Accept takes JSON. STATUS_NOT_ACCEPTABLE when it takes none. */
enum status negotiate_rows(struct slice accept, enum media *) MUST_CHECK;
/* The same for the document that tells of the tables. */
enum status negotiate_document(struct slice accept, const char **content_type) MUST_CHECK;
const char *negotiate_content_type(enum media);
/* All of them, for an error's details. */
const char *negotiate_media_list(void);

#endif
