/* SPDX-License-Identifier: MIT */
#include "response/openapi.h"

#include <string.h>

#include "base/encoding.h"
#include "base/json.h"
#include "base/json_template.h"
#include "build.h"
#include "plan/route.h"
#include "schema/dialect.h"

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

static const struct operation {
	unsigned kind;
	enum method method;
	const char *name, *id, *summary, *rest; /* the summary: before and behind the table's name */
} operations[] = {
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

/* What all tables share. What asks for a part of the configuration is there when that is. */
static const struct parameter {
	unsigned kinds;
	const char *id, *name, *in, *schema, *description;
	enum { ALWAYS, WITH_IDEMPOTENCY } when;
} parameters[] = {
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

/* The tokens of Prefer that mean something to these. */
static const struct preference {
	unsigned kinds;
	const char *tokens;
	enum { ANYHOW, WITH_ROLLBACK } when;
} preferences[] = {
	{ READ, "`count=exact`, `count=planned`, `count=estimated`", ANYHOW },
	{ COUNTED, "`count=exact`", ANYHOW },
	{ WRITES, "`return=minimal`, `return=headers-only`, `return=representation`", ANYHOW },
	{ INSERT, "`resolution=merge-duplicates`, `resolution=ignore-duplicates`", ANYHOW },
	{ BODIES, "`missing=default`, `missing=null`", ANYHOW },
	{ UPDATES | DELETES, "`max-affected=N`, heeded with `handling=strict`", ANYHOW },
	{ WRITES, "`tx=commit`, `tx=rollback`", WITH_ROLLBACK },
	{ ALL, "`handling=strict`, `handling=lenient`", ANYHOW },
};

/* Who has the same ones. */
static const struct { const char *id; unsigned kinds; } preferers[] = {
	{ "Prefer.read", READ },    { "Prefer.readOne", READ_ONE }, { "Prefer.insert", INSERT },
	{ "Prefer.put", PUTS },     { "Prefer.update", UPDATES },   { "Prefer.delete", DELETES },
};

/* Answers that are no errors. */
static const struct success {
	unsigned kinds;
	int status;
	bool has_rows;
	const char *description;
} successes[] = {
	{ READS, 200, true, "What was asked for." },
	{ INSERT, 200, true, "All rows were there already, and were left as they are." },
	{ WRITES & ~INSERT, 200, true, "Done, with the rows when `Prefer: return=representation` asks for them." },
	{ INSERT | PUTS, 201, true, "Added, with the rows when `Prefer: return=representation` asks for them." },
	{ WRITES & ~INSERT, 204, false, "Done." },
	{ READ, 206, true, "A part of the rows, whose number was asked for." },
	{ READS, 304, false, "It is still the one of `If-None-Match`." },
};

static const struct header {
	unsigned kinds;
	int status; /* of the answers that have it; 0: all */
	const char *name, *schema, *description;
} headers[] = {
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

/* The errors of these, as far as status.h has them. */
static const struct { unsigned kinds; int status; } errors[] = {
	{ ALL, 400 },  { ALL, 403 },  { ALL, 404 },    { ALL, 406 },  { WRITES, 409 }, { ONES & ~READ_ONE, 412 },
	{ BODIES, 413 }, { ALL, 414 }, { BODIES, 415 }, { READ, 416 }, { WRITES, 422 }, { ALL, 500 },
	{ ALL, 503 },  { ALL, 504 },
};

#define LENGTH_OF(array) (sizeof(array) / sizeof((array)[0]))

static const char about[] =
    "Tables as [PostgREST](https://postgrest.org) would serve them.\n\n"
    "A filter is `column=operator.value`, and `not.` may stand before the operator; several filters are ANDed. "
    "`eq(any).{1,2}` and `eq(all).{1,2}` compare with several values. NULL is neither equal nor unequal to anything. "
    "In a JSON column `column->key` is JSON and `column->>key` is text.\n\n"
    "HEAD is answered wherever GET is, OPTIONS everywhere. Properties of a row are missing where `select` leaves them "
    "out.";

static const char *rows_of_media[] = { "text/csv", "application/x-ndjson" };

/* --- Names --- */

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

/* What is written of one table, and its names. */
struct writing {
	struct text *out;
	const struct schema *schema;
	const struct config *config;
	const struct table *table;
	struct text id;     /* of its components, terminated */
	struct text path;   /* percent-encoded, terminated */
	struct text column; /* the id of a column, terminated */
	unsigned used;      /* the kinds of operations that there are: what only others need is left out */
};

static void begin_table(struct writing *writing, const struct table *table)
{
	writing->table = table;
	text_clear(&writing->id);
	add_id(&writing->id, table->name);
	text_terminate(&writing->id);
	text_clear(&writing->path);
	encoding_add_percent(&writing->path, table->name.bytes, table->name.length);
	text_terminate(&writing->path);
}

static const char *column_id(struct writing *writing, const struct column *column)
{
	text_clear(&writing->column);
	add_id(&writing->column, column->name);
	return text_terminate(&writing->column);
}

static bool is_word_of_the_query(struct slice name)
{
	static const char *const words[] = { "after", "columns", "on_conflict" };

	for (size_t i = 0; i < LENGTH_OF(words); i++)
		if (slice_is(name, words[i]))
			return true;
	for (size_t i = 0; i < LENGTH_OF(parameters); i++)
		if (strcmp(parameters[i].in, "query") == 0 && slice_is(name, parameters[i].name))
			return true;
	return false;
}

/* The column as the name of a filter: in double quotes where it would mean something else. */
static void add_filter_name(struct text *out, const struct column *column)
{
	struct slice name = column->name;
	struct text quoted = { 0 };

	if (!is_word_of_the_query(name) && name.bytes[0] != '"' && memmem(name.bytes, name.length, "->", 2) == NULL) {
		(void)json_add_string(out, name.bytes, name.length);
		return;
	}
	text_add_char(&quoted, '"');
	for (size_t i = 0; i < name.length; i++) {
		if (name.bytes[i] == '"' || name.bytes[i] == '\\')
			text_add_char(&quoted, '\\');
		text_add_char(&quoted, name.bytes[i]);
	}
	text_add_char(&quoted, '"');
	(void)json_add_string(out, quoted.bytes, quoted.length);
	text_release(&quoted);
}

/* The operators that have a meaning on the column (plan_condition.c). */
static const char *operators_of(const struct table *table, const struct column *column)
{
	static const char range[] = "range";
	size_t length = column->declared.length, ending = sizeof(range) - 1;

	switch (column->type) {
	case COLUMN_STRING:
		if (table->dialect->other_operators && column->is_other && length >= ending &&
		    memcmp(column->declared.bytes + length - ending, range, ending) == 0)
			return "eq neq gt gte lt lte in isdistinct is cs cd ov sl sr nxr nxl adj";
		return table_fulltext(table, column) || !table->dialect->fulltext_indexed
		               ? "eq neq gt gte lt lte in isdistinct is like ilike match imatch fts plfts phfts wfts"
		               : "eq neq gt gte lt lte in isdistinct is like ilike match imatch";
	case COLUMN_JSON:
		return "is cs cd";
	case COLUMN_ARRAY:
		return "eq neq gt gte lt lte in isdistinct is cs cd ov";
	case COLUMN_BINARY:
		if (column->incomparable)
			return "is";
		break;
	case COLUMN_GEOMETRY:
		return "eq neq in isdistinct is";
	case COLUMN_INTEGER:
	case COLUMN_BOOLEAN:
	case COLUMN_YEAR:
	case COLUMN_DECIMAL:
	case COLUMN_FLOAT:
	case COLUMN_DOUBLE:
	case COLUMN_BIT:
	case COLUMN_DATE:
	case COLUMN_TIME:
	case COLUMN_DATETIME:
	case COLUMN_TIMESTAMP:
		break;
	}
	return "eq neq gt gte lt lte in isdistinct is";
}

/* --- Operations --- */

/* What is refused whatever is asked is not in the document: of a table that cannot be read no row can be named. */
static bool is_operation(const struct writing *writing, const struct operation *operation)
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

static bool has_operations(const struct writing *writing)
{
	for (size_t i = 0; i < LENGTH_OF(operations); i++)
		if (is_operation(writing, &operations[i]))
			return true;
	return false;
}

static void add_reference(struct text *out, const char *kind, const char *id)
{
	template_add(out, ",{'$ref':'#/components/%s/%s'}", kind, id);
}

static bool is_there(const struct config *config, const struct parameter *parameter, unsigned kinds)
{
	if (!(parameter->kinds & kinds))
		return false;
	return parameter->when == ALWAYS || config->idempotency_table.length > 0;
}

static bool is_of_primary(const struct table *table, unsigned place)
{
	const struct key *primary = table_primary(table);

	for (unsigned i = 0; primary != NULL && i < primary->column_count; i++)
		if (primary->columns[i] == place)
			return true;
	return false;
}

/* PUT names its row by the primary key. */
static void add_filters(struct writing *writing, unsigned kind)
{
	for (unsigned i = 0; i < writing->table->column_count; i++) {
		const struct column *column = &writing->table->columns[i];

		if (!column->exposed || !((kind & FILTERED) || (kind == PUT && is_of_primary(writing->table, i))))
			continue;
		template_add(writing->out, ",{'$ref':'#/components/parameters/%s.filter.%s'}", writing->id.bytes,
		             column_id(writing, column));
	}
}

static void add_parameters(struct writing *writing, unsigned kind)
{
	template_add(writing->out, ",'parameters':[");
	/* Not once in the path: swagger-ui leaves references there as they are, and asks for `{key}` to the letter. */
	if (kind & ONES)
		template_add(writing->out, ",{'$ref':'#/components/parameters/%s.key'}", writing->id.bytes);
	add_filters(writing, kind);
	for (size_t i = 0; i < LENGTH_OF(parameters); i++)
		if (is_there(writing->config, &parameters[i], kind))
			add_reference(writing->out, "parameters", parameters[i].id);
	for (size_t i = 0; i < LENGTH_OF(preferers); i++)
		if (preferers[i].kinds & kind)
			add_reference(writing->out, "parameters", preferers[i].id);
	template_add(writing->out, "]");
}

/* Whether an example of the body names the column: not the number that the database makes, which would be of no use for
 * the next row, nor the key that a change leaves as it is. */
static bool is_in_example(const struct writing *writing, unsigned place, unsigned kind)
{
	const struct column *column = &writing->table->columns[place];

	if (!column->writable || ((kind & INSERT) && column->auto_increment))
		return false;
	return (kind & (INSERT | PUTS)) || !is_of_primary(writing->table, place);
}

/* What a page for people offers to send. Without it, it would make a row of the columns' bounds. */
static void add_example(struct writing *writing, unsigned kind)
{
	struct text value = { 0 };

	template_add(writing->out, ",'example':{");
	for (unsigned i = 0; i < writing->table->column_count; i++) {
		text_clear(&value);
		if (is_in_example(writing, i, kind) && openapi_add_example(&value, &writing->table->columns[i]))
			template_add(writing->out, ",%s:%r", writing->table->columns[i].name.bytes, text_terminate(&value));
	}
	template_add(writing->out, "}");
	text_release(&value);
}

static void add_request_body(struct writing *writing, unsigned kind)
{
	const char *id = writing->id.bytes;

	if (!(kind & BODIES))
		return;
	template_add(writing->out, ",'requestBody':{'required':true,'content':{'application/json':{'schema':{");
	if (kind & INSERT)
		template_add(writing->out,
		             "'oneOf':[{'$ref':'#/components/schemas/%s.new'},"
		             "{'type':'array','items':{'$ref':'#/components/schemas/%s.new'}}]}", id, id);
	else
		template_add(writing->out, "'$ref':'#/components/schemas/%s%r'}", id, kind & PUTS ? ".new" : "");
	add_example(writing, kind);
	template_add(writing->out, kind & INSERT ? "},'text/csv':{'schema':{'type':'string'}}}}" : "}}}");
}

static void add_content(struct writing *writing, unsigned kind)
{
	const char *id = writing->id.bytes;

	template_add(writing->out, kind & ONES ? ",'content':{'application/json':{'schema':{'$ref':'#/components/schemas/%s'}}"
	                                       : ",'content':{'application/json':{'schema':{'type':'array',"
	                                         "'items':{'$ref':'#/components/schemas/%s'}}}", id);
	template_add(writing->out, ",'application/vnd.pgrst.object+json':{'schema':{'$ref':'#/components/schemas/%s'}}", id);
	for (size_t i = 0; i < LENGTH_OF(rows_of_media); i++)
		template_add(writing->out, ",%s:{'schema':{'type':'string'}}", rows_of_media[i]);
	template_add(writing->out, "}");
}

static void add_success(struct writing *writing, const struct success *success, unsigned kind)
{
	template_add(writing->out, ",'%u':{'description':%s,'headers':{", (uint64_t)success->status, success->description);
	for (size_t i = 0; i < LENGTH_OF(headers); i++)
		if ((headers[i].kinds & kind) && (headers[i].status == 0 || headers[i].status == success->status))
			template_add(writing->out, ",%s:{'$ref':'#/components/headers/%s'}", headers[i].name, headers[i].name);
	template_add(writing->out, "}");
	if (success->has_rows)
		add_content(writing, kind);
	template_add(writing->out, "}");
}

static bool has_status(int http)
{
	for (int status = STATUS_OK + 1; status < STATUS_COUNT; status++)
		if (status_http((enum status)status) == http)
			return true;
	return false;
}

static void add_responses(struct writing *writing, unsigned kind)
{
	template_add(writing->out, ",'responses':{");
	for (size_t i = 0; i < LENGTH_OF(successes); i++)
		if (successes[i].kinds & kind)
			add_success(writing, &successes[i], kind);
	for (size_t i = 0; i < LENGTH_OF(errors); i++)
		if ((errors[i].kinds & kind) && has_status(errors[i].status))
			template_add(writing->out, ",'%u':{'$ref':'#/components/responses/Error.%u'}",
			             (uint64_t)errors[i].status, (uint64_t)errors[i].status);
	template_add(writing->out, ",'default':{'$ref':'#/components/responses/Error'}}");
}

static void add_operations(struct writing *writing, bool of_key)
{
	for (size_t i = 0; i < LENGTH_OF(operations); i++) {
		const struct operation *operation = &operations[i];

		if (((operation->kind & ONES) != 0) != of_key || !is_operation(writing, operation))
			continue;
		template_add(writing->out, ",%s:{'operationId':'%s.%s','tags':[%s],'summary':'%s %s%s'", operation->name,
		             operation->id, writing->id.bytes, writing->table->name.bytes, operation->summary,
		             writing->table->name.bytes, operation->rest);
		add_parameters(writing, operation->kind);
		add_request_body(writing, operation->kind);
		add_responses(writing, operation->kind);
		template_add(writing->out, "}");
	}
}

static void add_paths_of_table(struct writing *writing)
{
	if (!has_operations(writing))
		return;
	template_add(writing->out, ",'/%s':{", writing->path.bytes);
	add_operations(writing, false);
	template_add(writing->out, "}");
	if (writing->table->key_column < 0)
		return;
	template_add(writing->out, ",'/%s/{key}':{", writing->path.bytes);
	add_operations(writing, true);
	template_add(writing->out, "}");
}

/* --- Components --- */

static void add_schemas_of_table(struct writing *writing)
{
	const struct table *table = writing->table;
	struct text *out = writing->out;

	template_add(out, ",%s:{'type':'object'", writing->id.bytes);
	if (*table->comment != '\0')
		template_add(out, ",'description':%s", table->comment);
	template_add(out, ",'properties':{");
	for (unsigned i = 0; i < table->column_count; i++)
		if (table_is_known(&table->columns[i])) {
			template_add(out, ",%s:{", table->columns[i].name.bytes);
			openapi_add_column(out, writing->schema, table, &table->columns[i]);
			template_add(out, "}");
		}
	template_add(out, "}}");
	if (!table->writable || (table->no_insert && table->no_update))
		return;
	template_add(out, ",'%s.new':{'allOf':[{'$ref':'#/components/schemas/%s'}],'required':[", writing->id.bytes,
	             writing->id.bytes);
	for (unsigned i = 0; i < table->column_count; i++) {
		const struct column *column = &table->columns[i];

		if (column->writable && !column->nullable && !column->auto_increment && column->fallback == NULL)
			template_add(out, ",%s", column->name.bytes);
	}
	template_add(out, "]}");
}

static void add_parameters_of_table(struct writing *writing)
{
	const struct table *table = writing->table;
	struct text *out = writing->out;

	for (unsigned i = 0; i < table->column_count; i++) {
		const struct column *column = &table->columns[i];

		if (!column->exposed)
			continue;
		template_add(out, ",'%s.filter.%s':{'name':", writing->id.bytes, column_id(writing, column));
		add_filter_name(out, column);
		template_add(out, ",'in':'query','description':'`operator.value`, with one of: %s.','schema':{'type':'string'}}",
		             operators_of(table, column));
	}
	if (table->key_column < 0)
		return;
	template_add(out, ",'%s.key':{'name':'key','in':'path','required':true,'description':'%s','schema':{",
	             writing->id.bytes, table->columns[table->key_column].name.bytes);
	openapi_add_type(out, &table->columns[table->key_column], false);
	template_add(out, "}}");
}

static void add_shared_parameters(const struct writing *writing)
{
	struct text tokens = { 0 };

	for (size_t i = 0; i < LENGTH_OF(parameters); i++)
		if (is_there(writing->config, &parameters[i], writing->used)) {
			template_add(writing->out, ",%s:{'name':%s,'in':%s,'description':%s,'schema':{", parameters[i].id,
			             parameters[i].name, parameters[i].in, parameters[i].description);
			template_add(writing->out, parameters[i].schema);
			template_add(writing->out, "}}");
		}
	for (size_t i = 0; i < LENGTH_OF(preferers); i++) {
		if (!(preferers[i].kinds & writing->used))
			continue;
		text_clear(&tokens);
		for (size_t t = 0; t < LENGTH_OF(preferences); t++)
			if ((preferences[t].kinds & preferers[i].kinds) &&
			    (preferences[t].when == ANYHOW || writing->config->allow_rollback))
				text_printf(&tokens, "%s%s", tokens.length > 0 ? "; " : "", preferences[t].tokens);
		template_add(writing->out,
		             ",%s:{'name':'Prefer','in':'header','description':'Of these, separated by commas: %s.',"
		             "'schema':{'type':'string'}}", preferers[i].id, text_terminate(&tokens));
	}
	text_release(&tokens);
}

/* The errors of one HTTP status, with their codes. */
static void add_error_response(struct text *out, int http)
{
	struct text told = { 0 };

	for (int status = STATUS_OK + 1; status < STATUS_COUNT; status++)
		if (status_http((enum status)status) == http)
			text_printf(&told, "%s`%s`: %s", told.length > 0 ? "; " : "", status_code((enum status)status),
			            status_message((enum status)status));
	template_add(out, ",'Error.%u':{'description':'%s.'", (uint64_t)http, text_terminate(&told));
	for (size_t i = 0; i < LENGTH_OF(headers); i++)
		if (headers[i].kinds == 0 && headers[i].status == http)
			template_add(out, ",'headers':{%s:{'$ref':'#/components/headers/%s'}}", headers[i].name, headers[i].name);
	template_add(out, ",'content':{'application/json':{'schema':{'$ref':'#/components/schemas/Error'}}}}");
	text_release(&told);
}

static void add_error_responses(const struct writing *writing)
{
	struct text *out = writing->out;

	for (size_t i = 0; i < LENGTH_OF(errors); i++)
		if ((errors[i].kinds & writing->used) && has_status(errors[i].status))
			add_error_response(out, errors[i].status);
	template_add(out, ",'Error':{'description':'Any other error; some are the web server\xe2\x80\x99s own.','content':"
	                  "{'application/json':{'schema':{'$ref':'#/components/schemas/Error'}}}}");
}

static void add_headers(const struct writing *writing)
{
	struct text *out = writing->out;

	for (size_t i = 0; i < LENGTH_OF(headers); i++)
		if (headers[i].schema != NULL && (headers[i].kinds == 0 || (headers[i].kinds & writing->used))) {
			template_add(out, ",%s:{'description':%s,'schema':{", headers[i].name, headers[i].description);
			template_add(out, headers[i].schema);
			template_add(out, "}}");
		}
}

static void for_each_table(struct writing *writing, void (*add)(struct writing *))
{
	for (unsigned i = 0; i < writing->schema->table_count; i++) {
		if (writing->schema->tables[i].untold != NULL) /* it would be told wrongly */
			continue;
		begin_table(writing, &writing->schema->tables[i]);
		add(writing);
	}
}

static void note_operations(struct writing *writing)
{
	for (size_t i = 0; i < LENGTH_OF(operations); i++)
		if (is_operation(writing, &operations[i]))
			writing->used |= operations[i].kind;
}

static void add_tag(struct writing *writing)
{
	template_add(writing->out, ",{'name':%s", writing->table->name.bytes);
	if (*writing->table->comment != '\0')
		template_add(writing->out, ",'description':%s", writing->table->comment);
	template_add(writing->out, "}");
}

void openapi_add_opening(struct text *out, struct slice origin, struct slice prefix)
{
	struct text url = { 0 };

	text_add_slice(&url, origin);
	text_add_slice(&url, prefix);
	if (url.length == 0)
		text_add_char(&url, '/');
	template_add(out, "{'openapi':'3.1.0','servers':[{'url':%s}],", text_terminate(&url));
	text_release(&url);
}

void openapi_add_body(struct text *out, const struct schema *schema, const struct config *config)
{
	struct writing writing = { .out = out, .schema = schema, .config = config, .used = READ };

	template_add(out, "'info':{'title':'MyREST','version':%s,'description':%s},'security':[],'tags':[", PACKAGE_VERSION,
	             about);
	for_each_table(&writing, note_operations);
	for_each_table(&writing, add_tag);
	template_add(out, "],'paths':{'/':{'get':{'operationId':'document','summary':'This document',"
	                  "'parameters':[{'$ref':'#/components/parameters/If-None-Match'}],'responses':{"
	                  "'200':{'description':'It.','headers':{'ETag':{'$ref':'#/components/headers/ETag'}},'content':{"
	                  "'application/json':{'schema':{'type':'object'}},"
	                  "'application/openapi+json':{'schema':{'type':'object'}}}},"
	                  "'304':{'description':'It is still the one of `If-None-Match`.'},"
	                  "'406':{'$ref':'#/components/responses/Error.406'},"
	                  "'default':{'$ref':'#/components/responses/Error'}}}}");
	for_each_table(&writing, add_paths_of_table);
	template_add(out, "},'components':{'schemas':{'Error':{'type':'object',"
	                  "'required':['code','message','details','hint'],'properties':{"
	                  "'code':{'type':'string','description':'Of PostgREST, or a SQLSTATE of PostgreSQL.'},"
	                  "'message':{'type':'string'},'details':{'type':['string','null']},"
	                  "'hint':{'type':['string','null']}}}");
	for_each_table(&writing, add_schemas_of_table);
	template_add(out, "},'parameters':{");
	add_shared_parameters(&writing);
	for_each_table(&writing, add_parameters_of_table);
	template_add(out, "},'headers':{");
	add_headers(&writing);
	template_add(out, "},'responses':{");
	add_error_responses(&writing);
	template_add(out, "}}}");
	text_release(&writing.id);
	text_release(&writing.path);
	text_release(&writing.column);
}
