/* SPDX-License-Identifier: MIT */
#include "plan/route.h"

#include <string.h>

#include "base/encoding.h"
#include "base/utf8.h"

static enum status refuse(struct fault *fault, enum status status, const char *message)
{
	fault->status = status;
	fault->message = message;
	return status;
}

/* One segment of the path, decoded. */
static bool decode(struct slice raw, struct arena *arena, struct slice *decoded)
{
	char *copy = arena_text(arena, raw.bytes, raw.length);
	size_t length = raw.length;

	if (!encoding_decode_percent(copy, &length) || memchr(copy, '\0', length) != NULL ||
	    utf8_span(copy, length) != length)
		return false;
	copy[length] = '\0';
	*decoded = (struct slice){ copy, length };
	return true;
}

/* A row that is put is named by filters, and may be new: then its key is written. */
static bool can_put(const struct table *table)
{
	const struct key *key = table->writable && !table->no_insert && !table->no_update ? table_primary(table) : NULL;

	if (key != NULL && !table_key_compares(table, key))
		return false;
	for (unsigned i = 0; key != NULL && i < key->column_count; i++)
		if (!table->columns[key->columns[i]].writable)
			return false;
	return key != NULL;
}

bool route_allows(const struct table *table, bool of_key, enum method method)
{
	switch (method) {
	case METHOD_GET:
	case METHOD_HEAD:
	case METHOD_OPTIONS:
		return true;
	case METHOD_POST:
		return table->writable && !table->no_insert && !of_key;
	case METHOD_PUT:
		return can_put(table);
	case METHOD_PATCH:
		return table->writable && !table->no_update;
	case METHOD_DELETE:
		return table->writable && !table->no_delete;
	case METHOD_OTHER:
		break;
	}
	return false;
}

static bool is_allowed(enum method method, const struct route *route)
{
	if (route->table == NULL)
		return method == METHOD_GET || method == METHOD_HEAD || method == METHOD_OPTIONS;
	return route_allows(route->table, route->has_key, method);
}

static const char *allowed(const struct route *route, struct arena *arena)
{
	static const struct {
		enum method method;
		const char *word;
	} methods[] = {
		{ METHOD_POST, ", POST" },
		{ METHOD_PUT, ", PUT" },
		{ METHOD_PATCH, ", PATCH" },
		{ METHOD_DELETE, ", DELETE" },
	};
	const char *list = "OPTIONS, GET, HEAD";

	for (size_t i = 0; route->table != NULL && i < sizeof(methods) / sizeof(methods[0]); i++)
		if (route_allows(route->table, route->has_key, methods[i].method))
			list = arena_printf(arena, "%s%s", list, methods[i].word);
	return list;
}

static bool is_named(const struct table_choices *choices, struct slice name)
{
	return choices != NULL && table_choice_find(choices, name) != NULL;
}

/* Why the table does not have it. */
static const char *objection(enum method method, const struct schema *schema, const struct route *route,
                             struct arena *arena)
{
	const struct table *table = route->table;

	if (table == NULL || method == METHOD_OTHER)
		return NULL;
	if (!table->writable && !is_named(schema->writable, table->name))
		return arena_printf(arena, "MYREST_WRITABLE does not name '%s'", table->name.bytes);
	if (table->writable && method == METHOD_POST && route->has_key)
		return "POST adds rows at the table's path, which has no key";
	if (table->writable && method == METHOD_PUT && !table->no_insert && !table->no_update)
		return "PUT needs a primary key that clients may read and write, without JSON in it";
	return "the database does not allow this change of it";
}

static enum status check_method(const struct request *request, const struct schema *schema, struct arena *arena,
                                struct route *route, struct fault *fault)
{
	if (is_allowed(request->method, route) && request->method != METHOD_OPTIONS)
		return STATUS_OK;
	route->allow = allowed(route, arena);
	if (is_allowed(request->method, route))
		return STATUS_OK;
	fault->hint = objection(request->method, schema, route, arena);
	return refuse(fault, STATUS_BAD_METHOD, arena_printf(arena, "%.*s is not allowed here",
	                                                     (int)request->method_name.length,
	                                                     request->method_name.bytes));
}

/* A web server takes such a segment away before it chooses who is to answer the path, so whoever is asked may not be whom
 * the administrator meant (RFC 3986, 5.2.4). It does so once it has decoded the path, so that a slash in a key ends a
 * segment as well. */
static bool has_dots(struct slice decoded)
{
	const char *at = decoded.bytes, *end = at + decoded.length, *slash;

	for (; at < end; at = slash + 1) {
		slash = slice_find(at, end, '/');
		if (*at == '.' && (slash == at + 1 || (slash == at + 2 && at[1] == '.')))
			return true;
	}
	return false;
}

/* Why no row has an address. */
static const char *keyless(const struct table *table, struct arena *arena)
{
	const struct key *key = table_primary(table);

	if (key != NULL && key->column_count == 1)
		return arena_printf(arena, "the primary key of '%s' is of type %s, which no filter compares as a whole",
		                    table->name.bytes, table->columns[key->columns[0]].declared.bytes);
	return arena_printf(arena, "'%s' has no primary key of one column", table->name.bytes);
}

enum status route_find(const struct request *request, const struct schema *schema, struct slice prefix,
                       struct arena *arena, struct route *route, struct fault *fault)
{
	const char *at = request->uri.bytes, *end = at + request->uri.length, *question, *slash;
	struct slice name;

	memset(route, 0, sizeof(*route));
	if (request->uri.length == 0 || request->method_name.length == 0)
		return refuse(fault, STATUS_BAD_REQUEST,
		              "the web server does not pass REQUEST_METHOD and REQUEST_URI");
	question = memchr(at, '?', request->uri.length);
	if (question != NULL) {
		route->query = (struct slice){ question + 1, (size_t)(end - question - 1) };
		end = question;
	}
	if (end - at > PATH_MAX_BYTES) {
		fault->details = arena_printf(arena, "the path has more than %d bytes", PATH_MAX_BYTES);
		return refuse(fault, STATUS_URI_TOO_LONG, NULL);
	}
	if ((size_t)(end - at) < prefix.length || memcmp(at, prefix.bytes, prefix.length) != 0)
		return refuse(fault, STATUS_NO_SUCH_PATH, NULL);
	at += prefix.length;
	if ((at == end && prefix.length > 0) || (at + 1 == end && *at == '/'))
		return check_method(request, schema, arena, route, fault);
	if (at == end || *at++ != '/')
		return refuse(fault, STATUS_NO_SUCH_PATH, NULL);
	if ((slash = memchr(at, '/', (size_t)(end - at))) == NULL)
		slash = end;
	if (!decode((struct slice){ at, (size_t)(slash - at) }, arena, &name))
		return refuse(fault, STATUS_BAD_REQUEST, "the path's percent-encoding is invalid or not UTF-8");
	if (has_dots(name))
		return refuse(fault, STATUS_BAD_REQUEST, "a segment of the path is '.' or '..'");
	if ((route->table = schema_table(schema, name)) == NULL) {
		route->awaited = is_named(schema->choices, name);
		fault->hint = route->awaited ?
		                  "MYREST_TABLES names it, but the database does not have it, or does not show it to the account" :
		                  "tables and views are served when MYREST_TABLES names them";
		return refuse(fault, STATUS_NO_SUCH_TABLE,
		              arena_printf(arena, "no table '%s' is served here", name.bytes));
	}
	if (route->table->untold != NULL) {
		if (route->table->refusal == STATUS_FORBIDDEN)
			fault->hint = "it is broken, or the account has no right to what it uses";
		return refuse(fault, route->table->refusal, NULL);
	}
	if (slash < end) {
		route->has_key = true;
		if (slash + 1 == end || memchr(slash + 1, '/', (size_t)(end - slash - 1)) != NULL)
			return refuse(fault, STATUS_NO_SUCH_PATH, NULL);
		if (route->table->key_column < 0) {
			fault->details = keyless(route->table, arena);
			return refuse(fault, STATUS_NO_SUCH_PATH, NULL);
		}
		if (!decode((struct slice){ slash + 1, (size_t)(end - slash - 1) }, arena, &route->key))
			return refuse(fault, STATUS_BAD_REQUEST, "the key's percent-encoding is invalid or not UTF-8");
		if (has_dots(route->key)) {
			fault->hint = "use a filter for this key, such as ?key=eq..";
			return refuse(fault, STATUS_BAD_REQUEST, "a segment of the path is '.' or '..'");
		}
	}
	/* RFC 9110, 14.2: no other method has ranges */
	if ((request->method == METHOD_GET || request->method == METHOD_HEAD) &&
	    http_range(request->range_unit, request->range, &route->range) != STATUS_OK) {
		fault->details = "the range ends before it begins";
		return refuse(fault, STATUS_BAD_RANGE, NULL);
	}
	return check_method(request, schema, arena, route, fault);
}
