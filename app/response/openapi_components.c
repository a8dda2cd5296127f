/* SPDX-License-Identifier: MIT
 *
 * The components of the document: schemas, parameters, headers and errors.
 */
#include <string.h>

#include "base/json.h"
#include "base/json_template.h"
#include "response/openapi.h"
#include "response/openapi_parts.h"
#include "schema/dialect.h"

#define LENGTH_OF(array) (sizeof(array) / sizeof((array)[0]))

static bool is_word_of_the_query(struct slice name)
{
	static const char *const words[] = { "after", "columns", "on_conflict" };

	for (size_t i = 0; i < LENGTH_OF(words); i++)
		if (slice_is(name, words[i]))
			return true;
	for (size_t i = 0; i < openapi_parameter_count; i++)
		if (strcmp(openapi_parameters[i].in, "query") == 0 && slice_is(name, openapi_parameters[i].name))
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
	switch (column->type) {
	case COLUMN_STRING:
		if (column->kind == KIND_RANGE || column->kind == KIND_MULTIRANGE)
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

void openapi_add_schemas(struct openapi_writing *writing)
{
	const struct table *table = writing->table;
	struct text *out = writing->out;

	json_template_add(out, ",%s:{'type':'object'", writing->id.bytes);
	if (*table->comment != '\0')
		json_template_add(out, ",'description':%s", table->comment);
	json_template_add(out, ",'properties':{");
	for (unsigned i = 0; i < table->column_count; i++)
		if (table_is_known(&table->columns[i])) {
			json_template_add(out, ",%s:{", table->columns[i].name.bytes);
			openapi_add_column(out, writing->schema, table, &table->columns[i]);
			json_template_add(out, "}");
		}
	json_template_add(out, "}}");
	if (!table->writable || (table->no_insert && table->no_update))
		return;
	json_template_add(out, ",'%s.new':{'allOf':[{'$ref':'#/components/schemas/%s'}],'required':[", writing->id.bytes,
	             writing->id.bytes);
	for (unsigned i = 0; i < table->column_count; i++) {
		const struct column *column = &table->columns[i];

		if (column->writable && !column->nullable && !column->auto_increment && column->fallback == NULL)
			json_template_add(out, ",%s", column->name.bytes);
	}
	json_template_add(out, "]}");
}

void openapi_add_parameters(struct openapi_writing *writing)
{
	const struct table *table = writing->table;
	struct text *out = writing->out;

	for (unsigned i = 0; i < table->column_count; i++) {
		const struct column *column = &table->columns[i];

		if (!column->exposed)
			continue;
		json_template_add(out, ",'%s.filter.%s':{'name':", writing->id.bytes, openapi_column_id(writing, column));
		add_filter_name(out, column);
		json_template_add(out, ",'in':'query','description':'`operator.value`, with one of: %s.','schema':{'type':'string'}}",
		             operators_of(table, column));
	}
	if (table->key_column < 0)
		return;
	json_template_add(out, ",'%s.key':{'name':'key','in':'path','required':true,'description':'%s','schema':{",
	             writing->id.bytes, table->columns[table->key_column].name.bytes);
	openapi_add_type(out, &table->columns[table->key_column], false);
	json_template_add(out, "}}");
}

void openapi_add_shared_parameters(const struct openapi_writing *writing)
{
	struct text tokens = { 0 };

	for (size_t i = 0; i < openapi_parameter_count; i++)
		if (openapi_has_parameter(writing->config, &openapi_parameters[i], writing->used)) {
			json_template_add(writing->out, ",%s:{'name':%s,'in':%s,'description':%s,'schema':{", openapi_parameters[i].id,
			             openapi_parameters[i].name, openapi_parameters[i].in, openapi_parameters[i].description);
			json_template_add(writing->out, openapi_parameters[i].schema);
			json_template_add(writing->out, "}}");
		}
	for (size_t i = 0; i < openapi_preferer_count; i++) {
		if (!(openapi_preferers[i].kinds & writing->used))
			continue;
		text_clear(&tokens);
		for (size_t t = 0; t < openapi_preference_count; t++)
			if ((openapi_preferences[t].kinds & openapi_preferers[i].kinds) &&
			    (openapi_preferences[t].when == ANYHOW || writing->config->allow_rollback))
				text_printf(&tokens, "%s%s", tokens.length > 0 ? "; " : "", openapi_preferences[t].tokens);
		json_template_add(writing->out,
		             ",%s:{'name':'Prefer','in':'header','description':'Of these, separated by commas: %s.',"
		             "'schema':{'type':'string'}}", openapi_preferers[i].id, text_terminate(&tokens));
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
	json_template_add(out, ",'Error.%u':{'description':'%s.'", (uint64_t)http, text_terminate(&told));
	for (size_t i = 0; i < openapi_header_count; i++)
		if (openapi_headers[i].kinds == 0 && openapi_headers[i].status == http)
			json_template_add(out, ",'headers':{%s:{'$ref':'#/components/headers/%s'}}", openapi_headers[i].name, openapi_headers[i].name);
	json_template_add(out, ",'content':{'application/json':{'schema':{'$ref':'#/components/schemas/Error'}}}}");
	text_release(&told);
}

void openapi_add_error_responses(const struct openapi_writing *writing)
{
	struct text *out = writing->out;

	for (size_t i = 0; i < openapi_error_count; i++)
		if ((openapi_errors[i].kinds & writing->used) && openapi_has_status(openapi_errors[i].status))
			add_error_response(out, openapi_errors[i].status);
	json_template_add(out, ",'Error':{'description':'Any other error; some are the web server\xe2\x80\x99s own.','content':"
	                  "{'application/json':{'schema':{'$ref':'#/components/schemas/Error'}}}}");
}

void openapi_add_headers(const struct openapi_writing *writing)
{
	struct text *out = writing->out;

	for (size_t i = 0; i < openapi_header_count; i++)
		if (openapi_headers[i].schema != NULL && (openapi_headers[i].kinds == 0 || (openapi_headers[i].kinds & writing->used))) {
			json_template_add(out, ",%s:{'description':%s,'schema':{", openapi_headers[i].name, openapi_headers[i].description);
			json_template_add(out, openapi_headers[i].schema);
			json_template_add(out, "}}");
		}
}
