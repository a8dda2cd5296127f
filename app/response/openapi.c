/* SPDX-License-Identifier: MIT */
#include "response/openapi.h"

#include "base/json_template.h"
#include "build.h"
#include "response/openapi_parts.h"

static const char about[] =
    "Tables as [PostgREST](https://postgrest.org) would serve them.\n\n"
    "A filter is `column=operator.value`, and `not.` may stand before the operator; several filters are ANDed. "
    "`eq(any).{1,2}` and `eq(all).{1,2}` compare with several values. NULL is neither equal nor unequal to anything. "
    "In a JSON column `column->key` is JSON and `column->>key` is text.\n\n"
    "HEAD is answered wherever GET is, OPTIONS everywhere. Properties of a row are missing where `select` leaves them "
    "out.";

static void for_each_table(struct openapi_writing *writing, void (*add)(struct openapi_writing *))
{
	for (unsigned i = 0; i < writing->schema->table_count; i++) {
		if (writing->schema->tables[i].untold != NULL) /* it would be told wrongly */
			continue;
		openapi_begin_table(writing, &writing->schema->tables[i]);
		add(writing);
	}
}

static void note_operations(struct openapi_writing *writing)
{
	for (size_t i = 0; i < openapi_operation_count; i++)
		if (openapi_has_operation(writing, &openapi_operations[i]))
			writing->used |= openapi_operations[i].kind;
}

static void add_tag(struct openapi_writing *writing)
{
	json_template_add(writing->out, ",{'name':%s", writing->table->name.bytes);
	if (*writing->table->comment != '\0')
		json_template_add(writing->out, ",'description':%s", writing->table->comment);
	json_template_add(writing->out, "}");
}

void openapi_add_opening(struct text *out, struct slice origin, struct slice prefix)
{
	struct text url = { 0 };

	text_add_slice(&url, origin);
	text_add_slice(&url, prefix);
	if (url.length == 0)
		text_add_char(&url, '/');
	json_template_add(out, "{'openapi':'3.1.0','servers':[{'url':%s}],", text_terminate(&url));
	text_release(&url);
}

void openapi_add_body(struct text *out, const struct schema *schema, const struct config *config)
{
	struct openapi_writing writing = { .out = out, .schema = schema, .config = config, .used = READ };

	json_template_add(out, "'info':{'title':'MyREST','version':%s,'description':%s},'security':[],'tags':[", PACKAGE_VERSION,
	             about);
	for_each_table(&writing, note_operations);
	for_each_table(&writing, add_tag);
	json_template_add(out, "],'paths':{'/':{'get':{'operationId':'document','summary':'This document',"
	                  "'parameters':[{'$ref':'#/components/parameters/If-None-Match'}],'responses':{"
	                  "'200':{'description':'It.','headers':{'ETag':{'$ref':'#/components/headers/ETag'}},'content':{"
	                  "'application/json':{'schema':{'type':'object'}},"
	                  "'application/openapi+json':{'schema':{'type':'object'}}}},"
	                  "'304':{'description':'It is still the one of `If-None-Match`.'},"
	                  "'406':{'$ref':'#/components/responses/Error.406'},"
	                  "'default':{'$ref':'#/components/responses/Error'}}}}");
	for_each_table(&writing, openapi_add_paths);
	json_template_add(out, "},'components':{'schemas':{'Error':{'type':'object',"
	                  "'required':['code','message','details','hint'],'properties':{"
	                  "'code':{'type':'string','description':'Of PostgREST, or a SQLSTATE of PostgreSQL.'},"
	                  "'message':{'type':'string'},'details':{'type':['string','null']},"
	                  "'hint':{'type':['string','null']}}}");
	for_each_table(&writing, openapi_add_schemas);
	json_template_add(out, "},'parameters':{");
	openapi_add_shared_parameters(&writing);
	for_each_table(&writing, openapi_add_parameters);
	json_template_add(out, "},'headers':{");
	openapi_add_headers(&writing);
	json_template_add(out, "},'responses':{");
	openapi_add_error_responses(&writing);
	json_template_add(out, "}}}");
	text_release(&writing.id);
	text_release(&writing.path);
	text_release(&writing.column);
}
