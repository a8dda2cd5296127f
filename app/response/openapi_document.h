/* SPDX-License-Identifier: MIT
 *
 * openapi_document.h: the OpenAPI document as a worker answers it: made once for each description of the tables, and shared by all
 * who ask for it.
 */
#ifndef MYREST_OPENAPI_DOCUMENT_H
#define MYREST_OPENAPI_DOCUMENT_H

#include "config/config.h"
#include "response/peer.h"

/* 200, 304 or 406 to a GET or HEAD. */
void openapi_document_answer(struct peer *, const struct schema *, const struct config *);
/* The tables are described anew, or nobody will ask any more. */
void openapi_document_forget(void);

#endif
