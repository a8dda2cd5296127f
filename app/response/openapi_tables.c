/* SPDX-License-Identifier: MIT
 *
 * The paths of a table: its operations with their parameters, bodies and answers.
 */
#include "base/json_template.h"
#include "response/openapi.h"
#include "response/openapi_parts.h"

#define LENGTH_OF(array) (sizeof(array) / sizeof((array)[0]))

static const char *const rows_of_media[] = { "text/csv", "application/x-ndjson" };

static bool has_operations(const struct openapi_writing *writing)
{
	for (size_t i = 0; i < openapi_operation_count; i++)
		if (openapi_has_operation(writing, &openapi_operations[i]))
			return true;
	return false;
}

static void add_reference(struct text *out, const char *kind, const char *id)
{
	json_template_add(out, ",{'$ref':'#/components/%s/%s'}", kind, id);
}

/* PUT names its row by the primary key. */
static void add_filters(struct openapi_writing *writing, unsigned kind)
{
	for (unsigned i = 0; i < writing->table->column_count; i++) {
		const struct column *column = &writing->table->columns[i];

		if (!column->exposed || !((kind & FILTERED) || (kind == PUT && openapi_is_of_primary(writing->table, i))))
			continue;
		json_template_add(writing->out, ",{'$ref':'#/components/parameters/%s.filter.%s'}", writing->id.bytes,
		             openapi_column_id(writing, column));
	}
}

static void add_parameters(struct openapi_writing *writing, unsigned kind)
{
	json_template_add(writing->out, ",'parameters':[");
	/* Not once in the path: swagger-ui leaves references there as they are, and asks for `{key}` to the letter. */
	if (kind & ONES)
		json_template_add(writing->out, ",{'$ref':'#/components/parameters/%s.key'}", writing->id.bytes);
	add_filters(writing, kind);
	for (size_t i = 0; i < openapi_parameter_count; i++)
		if (openapi_has_parameter(writing->config, &openapi_parameters[i], kind))
			add_reference(writing->out, "parameters", openapi_parameters[i].id);
	for (size_t i = 0; i < openapi_preferer_count; i++)
		if (openapi_preferers[i].kinds & kind)
			add_reference(writing->out, "parameters", openapi_preferers[i].id);
	json_template_add(writing->out, "]");
}

/* Whether an example of the body names the column: not the number that the database makes, which would be of no use for
 * the next row, nor the key that a change leaves as it is. */
static bool is_in_example(const struct openapi_writing *writing, unsigned place, unsigned kind)
{
	const struct column *column = &writing->table->columns[place];

	if (!column->writable || ((kind & INSERT) && column->auto_increment))
		return false;
	return (kind & (INSERT | PUTS)) || !openapi_is_of_primary(writing->table, place);
}

/* What a page for people offers to send. Without it, it would make a row of the columns' bounds. */
static void add_example(struct openapi_writing *writing, unsigned kind)
{
	struct text value = { 0 };

	json_template_add(writing->out, ",'example':{");
	for (unsigned i = 0; i < writing->table->column_count; i++) {
		text_clear(&value);
		if (is_in_example(writing, i, kind) && openapi_add_example(&value, &writing->table->columns[i]))
			json_template_add(writing->out, ",%s:%r", writing->table->columns[i].name.bytes, text_terminate(&value));
	}
	json_template_add(writing->out, "}");
	text_release(&value);
}

static void add_request_body(struct openapi_writing *writing, unsigned kind)
{
	const char *id = writing->id.bytes;

	if (!(kind & BODIES))
		return;
	json_template_add(writing->out, ",'requestBody':{'required':true,'content':{'application/json':{'schema':{");
	if (kind & INSERT)
		json_template_add(writing->out,
		             "'oneOf':[{'$ref':'#/components/schemas/%s.new'},"
		             "{'type':'array','items':{'$ref':'#/components/schemas/%s.new'}}]}", id, id);
	else
		json_template_add(writing->out, "'$ref':'#/components/schemas/%s%r'}", id, kind & PUTS ? ".new" : "");
	add_example(writing, kind);
	json_template_add(writing->out, kind & INSERT ? "},'text/csv':{'schema':{'type':'string'}}}}" : "}}}");
}

static void add_content(struct openapi_writing *writing, unsigned kind)
{
	const char *id = writing->id.bytes;

	json_template_add(writing->out, kind & ONES ? ",'content':{'application/json':{'schema':{'$ref':'#/components/schemas/%s'}}"
	                                       : ",'content':{'application/json':{'schema':{'type':'array',"
	                                         "'items':{'$ref':'#/components/schemas/%s'}}}", id);
	json_template_add(writing->out, ",'application/vnd.pgrst.object+json':{'schema':{'$ref':'#/components/schemas/%s'}}", id);
	for (size_t i = 0; i < LENGTH_OF(rows_of_media); i++)
		json_template_add(writing->out, ",%s:{'schema':{'type':'string'}}", rows_of_media[i]);
	json_template_add(writing->out, "}");
}

static void add_success(struct openapi_writing *writing, const struct openapi_success *success, unsigned kind)
{
	json_template_add(writing->out, ",'%u':{'description':%s,'headers':{", (uint64_t)success->status, success->description);
	for (size_t i = 0; i < openapi_header_count; i++)
		if ((openapi_headers[i].kinds & kind) && (openapi_headers[i].status == 0 || openapi_headers[i].status == success->status))
			json_template_add(writing->out, ",%s:{'$ref':'#/components/headers/%s'}", openapi_headers[i].name, openapi_headers[i].name);
	json_template_add(writing->out, "}");
	if (success->has_rows)
		add_content(writing, kind);
	json_template_add(writing->out, "}");
}

static void add_responses(struct openapi_writing *writing, unsigned kind)
{
	json_template_add(writing->out, ",'responses':{");
	for (size_t i = 0; i < openapi_success_count; i++)
		if (openapi_successes[i].kinds & kind)
			add_success(writing, &openapi_successes[i], kind);
	for (size_t i = 0; i < openapi_error_count; i++)
		if ((openapi_errors[i].kinds & kind) && openapi_has_status(openapi_errors[i].status))
			json_template_add(writing->out, ",'%u':{'$ref':'#/components/responses/Error.%u'}",
			             (uint64_t)openapi_errors[i].status, (uint64_t)openapi_errors[i].status);
	json_template_add(writing->out, ",'default':{'$ref':'#/components/responses/Error'}}");
}

static void add_operations(struct openapi_writing *writing, bool of_key)
{
	for (size_t i = 0; i < openapi_operation_count; i++) {
		const struct openapi_operation *operation = &openapi_operations[i];

		if (((operation->kind & ONES) != 0) != of_key || !openapi_has_operation(writing, operation))
			continue;
		json_template_add(writing->out, ",%s:{'operationId':'%s.%s','tags':[%s],'summary':'%s %s%s'", operation->name,
		             operation->id, writing->id.bytes, writing->table->name.bytes, operation->summary,
		             writing->table->name.bytes, operation->rest);
		add_parameters(writing, operation->kind);
		add_request_body(writing, operation->kind);
		add_responses(writing, operation->kind);
		json_template_add(writing->out, "}");
	}
}

void openapi_add_paths(struct openapi_writing *writing)
{
	if (!has_operations(writing))
		return;
	json_template_add(writing->out, ",'/%s':{", writing->path.bytes);
	add_operations(writing, false);
	json_template_add(writing->out, "}");
	if (writing->table->key_column < 0)
		return;
	json_template_add(writing->out, ",'/%s/{key}':{", writing->path.bytes);
	add_operations(writing, true);
	json_template_add(writing->out, "}");
}
