/* SPDX-License-Identifier: MIT */
#include "response/openapi_parts.h"

#include "base/encoding.h"
#include "plan/route.h"

#define LENGTH_OF(array) (sizeof(array) / sizeof((array)[0]))

const struct openapi_operation openapi_operations[] = {
	{ READ, METHOD_GET, "get", "read", "Rows of", "" },
	{ INSERT, METHOD_POST, "post", "insert", "Adds rows to", "" },
	{ UPDATE, METHOD_PATCH, "patch", "update", "Changes the rows of", " that the filters name" },
	{ DELETE, METHOD_DELETE, "delete", "delete", "Deletes the rows of", " that the filters name" },
	{ PUT, METHOD_PUT, "put", "put", "Makes one row of", ", named by its primary key, this one" },
	{ READ_ONE, METHOD_GET, "get", "readOne", "One row of", "" },
	{ UPDATE_ONE, METHOD_PATCH, "patch", "updateOne", "Changes one row of", "" },
	{ DELETE_ONE, METHOD_DELETE, "delete", "deleteOne", "Deletes one row of", "" },
	{ PUT_ONE, METHOD_PUT, "put", "putOne", "Makes one row of", " this one" },
};

const size_t openapi_operation_count = LENGTH_OF(openapi_operations);

const struct openapi_parameter openapi_parameters[] = {
	{ ALL, "select", "select", "query", "'type':'string'",
	  "The columns of the answer: `*`, `column`, `alias:column`, `column::type`, `column->key`, `column->>key`, "
	  "separated by commas. All of them without it.", ALWAYS },
	{ READ, "order", "order", "query", "'type':'string'",
	  "`column.asc` or `column.desc`, then perhaps `.nullsfirst` or `.nullslast`; several are separated by commas.",
	  ALWAYS },
	{ READ, "limit", "limit", "query", "'type':'integer','minimum':0", "How many rows at most.", ALWAYS },
	{ READ, "offset", "offset", "query", "'type':'integer','minimum':0", "How many rows to leave out in front.",
	  ALWAYS },
	{ READ, "after", "after", "query", "'type':'string'",
	  "Where the page begins: as the `Link` of the page before has it.", ALWAYS },
	{ FILTERED, "and", "and", "query", "'type':'string'",
	  "`(column.operator.value,...)`: all of these hold. Groups may stand in groups: `or(...)`, `not.and(...)`.",
	  ALWAYS },
	{ FILTERED, "or", "or", "query", "'type':'string'", "`(column.operator.value,...)`: one of these holds.",
	  ALWAYS },
	{ FILTERED, "not.and", "not.and", "query", "'type':'string'", "Not all of these hold.", ALWAYS },
	{ FILTERED, "not.or", "not.or", "query", "'type':'string'", "None of these holds.", ALWAYS },
	{ BODIES, "columns", "columns", "query", "'type':'string'",
	  "The columns that are written, separated by commas; what else the body has is left out.", ALWAYS },
	{ INSERT, "on_conflict", "on_conflict", "query", "'type':'string'",
	  "The columns of the unique key that says which rows are there already, for `Prefer: resolution`; the primary "
	  "key without it.", ALWAYS },
	{ READ, "Range", "Range", "header", "'type':'string','pattern':'^(items=)?[0-9]+-[0-9]*$'",
	  "A window of rows, counted from 0.", ALWAYS },
	{ READ, "Range-Unit", "Range-Unit", "header", "'type':'string','enum':['items']", "What `Range` counts.", ALWAYS },
	{ READS, "If-None-Match", "If-None-Match", "header", "'type':'string'",
	  "An `ETag`: the answer is 304 while it is still this one.", ALWAYS },
	{ ONES & ~READ_ONE, "If-Match", "If-Match", "header", "'type':'string'",
	  "The `ETag` of the row: the answer is 412 when it has changed.", ALWAYS },
	{ INSERT, "Idempotency-Key", "Idempotency-Key", "header", "'type':'string'",
	  "A name for this request: when it comes again, the first answer is given again.", WITH_IDEMPOTENCY },
	{ READS, "MyREST-Merged", "MyREST-Merged", "header", "'type':'string'",
	  "With any value: the answer says how many requests shared its statement.", ALWAYS },
};

const size_t openapi_parameter_count = LENGTH_OF(openapi_parameters);

const struct openapi_preference openapi_preferences[] = {
	{ READ, "`count=exact`, `count=planned`, `count=estimated`", ANYHOW },
	{ COUNTED, "`count=exact`", ANYHOW },
	{ WRITES, "`return=minimal`, `return=headers-only`, `return=representation`", ANYHOW },
	{ INSERT, "`resolution=merge-duplicates`, `resolution=ignore-duplicates`", ANYHOW },
	{ BODIES, "`missing=default`, `missing=null`", ANYHOW },
	{ UPDATES | DELETES, "`max-affected=N`, heeded with `handling=strict`", ANYHOW },
	{ WRITES, "`tx=commit`, `tx=rollback`", WITH_ROLLBACK },
	{ ALL, "`handling=strict`, `handling=lenient`", ANYHOW },
};

const size_t openapi_preference_count = LENGTH_OF(openapi_preferences);

const struct openapi_success openapi_successes[] = {
	{ READS, 200, true, "What was asked for." },
	{ INSERT, 200, true, "All rows were there already, and were left as they are." },
	{ WRITES & ~INSERT, 200, true, "Done, with the rows when `Prefer: return=representation` asks for them." },
	{ INSERT | PUTS, 201, true, "Added, with the rows when `Prefer: return=representation` asks for them." },
	{ WRITES & ~INSERT, 204, false, "Done." },
	{ READ, 206, true, "A part of the rows, whose number was asked for." },
	{ READS, 304, false, "It is still the one of `If-None-Match`." },
};

const size_t openapi_success_count = LENGTH_OF(openapi_successes);

const struct openapi_header openapi_headers[] = {
	{ READ | COUNTED, 200, "Content-Range", "'type':'string'",
	  "`first-last/total`, counted from 0; `*` where there is none." },
	{ INSERT | PUT, 201, "Content-Range", NULL, NULL },
	{ COUNTED & ~INSERT, 204, "Content-Range", NULL, NULL },
	{ READ, 206, "Content-Range", NULL, NULL },
	{ READ, 200, "Link", "'type':'string'", "The next page, when there is one: `<...>; rel=\"next\"`." },
	{ READ, 206, "Link", NULL, NULL },
	{ READS, 0, "ETag", "'type':'string'", "For `If-None-Match` and `If-Match`." },
	{ ONES & ~READ_ONE, 200, "ETag", NULL, NULL },
	{ PUT_ONE, 201, "ETag", NULL, NULL },
	{ READS, 0, "MyREST-Merged", "'type':'integer','minimum':1", "How many requests shared the statement." },
	{ INSERT, 201, "Location", "'type':'string'", 
	  "Where the one row is that was added, with `Prefer: return=headers-only` or `return=representation`." },
	{ ALL, 0, "Preference-Applied", "'type':'string'", "Which preferences were heeded." },
	{ 0, 503, "Retry-After", "'type':'integer'", "Seconds after which it may be tried again." },
};

const size_t openapi_header_count = LENGTH_OF(openapi_headers);

const struct openapi_preferer openapi_preferers[] = {
	{ "Prefer.read", READ },    { "Prefer.readOne", READ_ONE }, { "Prefer.insert", INSERT },
	{ "Prefer.put", PUTS },     { "Prefer.update", UPDATES },   { "Prefer.delete", DELETES },
};

const size_t openapi_preferer_count = LENGTH_OF(openapi_preferers);

const struct openapi_error openapi_errors[] = {
	{ ALL, 400 },  { ALL, 403 },  { ALL, 404 },    { ALL, 406 },  { WRITES, 409 }, { ONES & ~READ_ONE, 412 },
	{ BODIES, 413 }, { ALL, 414 }, { BODIES, 415 }, { READ, 416 }, { WRITES, 422 }, { ALL, 500 },
	{ ALL, 503 },  { ALL, 504 },
};

const size_t openapi_error_count = LENGTH_OF(openapi_errors);

/* A name of a component has but some bytes (^[a-zA-Z0-9._-]+$): others become '.' and two digits, so that two names
 * stay two. "Error" is the one of our own. */
static void add_id(struct text *out, struct slice name)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < name.length; i++) {
		unsigned char byte = (unsigned char)name.bytes[i];
		bool plain = (byte >= '0' && byte <= '9') || ((byte | 32) >= 'a' && (byte | 32) <= 'z') || byte == '_' ||
		             byte == '-';

		if (plain && !(i == 0 && slice_is(name, "Error"))) {
			text_add_char(out, (char)byte);
			continue;
		}
		text_add_char(out, '.');
		text_add_char(out, digits[byte >> 4]);
		text_add_char(out, digits[byte & 15]);
	}
}

void openapi_begin_table(struct openapi_writing *writing, const struct table *table)
{
	writing->table = table;
	text_clear(&writing->id);
	add_id(&writing->id, table->name);
	text_terminate(&writing->id);
	text_clear(&writing->path);
	encoding_add_percent(&writing->path, table->name.bytes, table->name.length);
	text_terminate(&writing->path);
}

const char *openapi_column_id(struct openapi_writing *writing, const struct column *column)
{
	text_clear(&writing->column);
	add_id(&writing->column, column->name);
	return text_terminate(&writing->column);
}

/* What is refused whatever is asked is not in the document: of a table that cannot be read no row can be named. */
bool openapi_has_operation(const struct openapi_writing *writing, const struct openapi_operation *operation)
{
	const struct table *table = writing->table;
	bool of_key = (operation->kind & ONES) != 0;

	if ((of_key && table->key_column < 0) || !route_allows(table, of_key, operation->method))
		return false;
	if (!table->unreadable)
		return true;
	return table->column_count > 0 &&
	       (operation->kind == INSERT ||
	        ((operation->kind & (UPDATE | DELETE)) && writing->config->allow_unfiltered));
}

bool openapi_has_parameter(const struct config *config, const struct openapi_parameter *parameter, unsigned kinds)
{
	if (!(parameter->kinds & kinds))
		return false;
	return parameter->when == ALWAYS || config->idempotency_table.length > 0;
}

bool openapi_is_of_primary(const struct table *table, unsigned place)
{
	const struct key *primary = table_primary(table);

	for (unsigned i = 0; primary != NULL && i < primary->column_count; i++)
		if (primary->columns[i] == place)
			return true;
	return false;
}

bool openapi_has_status(int http)
{
	for (int status = STATUS_OK + 1; status < STATUS_COUNT; status++)
		if (status_http((enum status)status) == http)
			return true;
	return false;
}
