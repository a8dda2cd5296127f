/* SPDX-License-Identifier: MIT
 *
 * openapi_parts.h: what the parts of the OpenAPI document share: which operations, parameters, headers and answers there are.
 * For openapi.c, openapi_tables.c and openapi_components.c alone.
 */
#ifndef MYREST_OPENAPI_PARTS_H
#define MYREST_OPENAPI_PARTS_H

#include "config/config.h"
#include "schema/table.h"
#include "web/http.h"

/* What can be done with a table. */
enum {
	READ = 1 << 0,
	INSERT = 1 << 1,
	UPDATE = 1 << 2,
	DELETE = 1 << 3,
	PUT = 1 << 4,
	READ_ONE = 1 << 5, /* of /TABLE/KEY, like all that follow */
	UPDATE_ONE = 1 << 6,
	DELETE_ONE = 1 << 7,
	PUT_ONE = 1 << 8,

	READS = READ | READ_ONE,
	UPDATES = UPDATE | UPDATE_ONE,
	DELETES = DELETE | DELETE_ONE,
	PUTS = PUT | PUT_ONE,
	ONES = READ_ONE | UPDATE_ONE | DELETE_ONE | PUT_ONE,
	FILTERED = READ | UPDATE | DELETE,
	COUNTED = INSERT | UPDATE | DELETE | PUT, /* writes that tell how many rows they were */
	BODIES = INSERT | UPDATES | PUTS,
	WRITES = BODIES | DELETES,
	ALL = READS | WRITES,
};

struct openapi_operation {
	unsigned kind;
	enum method method;
	const char *name, *id, *summary, *rest; /* the summary: before and behind the table's name */
};
extern const struct openapi_operation openapi_operations[];
extern const size_t openapi_operation_count;

/* What all tables share. What asks for a part of the configuration is there when that is. */
struct openapi_parameter {
	unsigned kinds;
	const char *id, *name, *in, *schema, *description;
	enum { ALWAYS, WITH_IDEMPOTENCY } when;
};
extern const struct openapi_parameter openapi_parameters[];
extern const size_t openapi_parameter_count;

/* The tokens of Prefer that mean something to these. */
struct openapi_preference {
	unsigned kinds;
	const char *tokens;
	enum { ANYHOW, WITH_ROLLBACK } when;
};
extern const struct openapi_preference openapi_preferences[];
extern const size_t openapi_preference_count;

/* Answers that are no errors. */
struct openapi_success {
	unsigned kinds;
	int status;
	bool has_rows;
	const char *description;
};
extern const struct openapi_success openapi_successes[];
extern const size_t openapi_success_count;

struct openapi_header {
	unsigned kinds;
	int status; /* of the answers that have it; 0: all */
	const char *name, *schema, *description;
};
extern const struct openapi_header openapi_headers[];
extern const size_t openapi_header_count;

/* Who has the same ones. */
struct openapi_preferer { const char *id; unsigned kinds; };
extern const struct openapi_preferer openapi_preferers[];
extern const size_t openapi_preferer_count;

/* The errors of these, as far as status.h has them. */
struct openapi_error { unsigned kinds; int status; };
extern const struct openapi_error openapi_errors[];
extern const size_t openapi_error_count;

/* What is written of one table, and its names. */
struct openapi_writing {
	struct text *out;
	const struct schema *schema;
	const struct config *config;
	const struct table *table;
	struct text id;     /* of its components, terminated */
	struct text path;   /* percent-encoded, terminated */
	struct text column; /* the id of a column, terminated */
	unsigned used;      /* the kinds of operations that there are: what only others need is left out */
};

void openapi_begin_table(struct openapi_writing *, const struct table *);
const char *openapi_column_id(struct openapi_writing *, const struct column *); /* until the next call */
/* What is refused whatever is asked is not in the document. */
bool openapi_has_operation(const struct openapi_writing *, const struct openapi_operation *);
bool openapi_has_parameter(const struct config *, const struct openapi_parameter *, unsigned kinds);
bool openapi_has_status(int http); /* whether an error has it */
bool openapi_is_of_primary(const struct table *, unsigned column);

/* The table's paths. */
void openapi_add_paths(struct openapi_writing *);
/* The table's components; */
void openapi_add_schemas(struct openapi_writing *);
void openapi_add_parameters(struct openapi_writing *);
/* those that all tables share. */
void openapi_add_shared_parameters(const struct openapi_writing *);
void openapi_add_error_responses(const struct openapi_writing *);
void openapi_add_headers(const struct openapi_writing *);

#endif
