/* SPDX-License-Identifier: MIT
 *
 * openapi.h: the OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.0) of the tables that are served: every path,
 * parameter, header, body and answer, from the tables' description and the configuration. Knows no database.
 */
#ifndef MYREST_OPENAPI_H
#define MYREST_OPENAPI_H

#include "config/config.h"
#include "schema/table.h"

/* The document is the opening and then the body. The opening says where the service lives: origin is scheme://host, or
 * no bytes. */
void openapi_add_opening(struct text *, struct slice origin, struct slice prefix);
/* The same for the same tables and the same configuration. */
void openapi_add_body(struct text *, const struct schema *, const struct config *);

/* openapi_column.c: the members of a JSON Schema that say what values the column has, each with a comma before it. */
void openapi_add_type(struct text *, const struct column *, bool nullable);
/* These, and what else is known of the column. */
void openapi_add_column(struct text *, const struct schema *, const struct table *, const struct column *);
/* A value that the column can have, as JSON. false: none is known, and nothing is added. */
bool openapi_add_example(struct text *, const struct column *);

#endif
