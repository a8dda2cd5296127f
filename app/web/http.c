/* SPDX-License-Identifier: MIT */
#include "web/http.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"

/* Lines that are joined with others, in one request: no client has so many, and each copies what came before. */
enum { MOST_JOINED = 64 };

static enum method method_of(struct slice name)
{
	static const struct {
		const char *name;
		enum method method;
	} methods[] = {
		{ "GET", METHOD_GET },       { "HEAD", METHOD_HEAD },     { "POST", METHOD_POST },
		{ "PUT", METHOD_PUT },       { "PATCH", METHOD_PATCH },   { "DELETE", METHOD_DELETE },
		{ "OPTIONS", METHOD_OPTIONS },
	};

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (slice_is(name, methods[i].name))
			return methods[i].method;
	return METHOD_OTHER;
}

static bool is_named(struct slice name, const char *other)
{
	return memcmp(name.bytes, other, name.length) == 0;
}

static bool is_same(struct slice one, struct slice other)
{
	return one.length == other.length && memcmp(one.bytes, other.bytes, one.length) == 0;
}

/* A line of a header that is a list. A variable that is empty is none (RFC 3875 section 4.1). */
static void take_line(struct request *request, struct slice *list, struct slice line, const char *name)
{
	char *joined;

	if (line.length == 0 || (list->length > 0 && is_same(*list, line)))
		return;
	if (list->length == 0) {
		*list = line;
		return;
	}
	if (request->joined++ == MOST_JOINED) {
		request->repeated = name;
		return;
	}
	joined = arena_alloc(request->arena, list->length + 2 + line.length);
	memcpy(joined, list->bytes, list->length);
	memcpy(joined + list->length, ", ", 2);
	memcpy(joined + list->length + 2, line.bytes, line.length);
	*list = (struct slice){ joined, list->length + 2 + line.length };
}

/* A line of a header that has one value. */
static void take_value(struct request *request, struct slice *value, struct slice line, const char *name)
{
	if (line.length == 0)
		return;
	if (value->length > 0 && !is_same(*value, line))
		request->repeated = name;
	*value = line;
}

void http_take_variable(struct request *request, struct slice name, struct slice value)
{
	switch (name.length) { /* most variables are told apart by their length alone */
	case 10:
		if (is_named(name, "REQUEST_ID"))
			request->id = value;
		else if (is_named(name, "HTTP_RANGE"))
			take_line(request, &request->range, value, "Range");
		break;
	case 11:
		if (is_named(name, "REQUEST_URI"))
			request->uri = value;
		else if (is_named(name, "HTTP_ACCEPT"))
			take_line(request, &request->accept, value, "Accept");
		else if (is_named(name, "HTTP_PREFER"))
			prefer_parse(value, &request->preferences);
		break;
	case 12:
		if (is_named(name, "CONTENT_TYPE"))
			request->content_type = value;
		break;
	case 13:
		if (is_named(name, "HTTP_IF_MATCH"))
			take_line(request, &request->if_match, value, "If-Match");
		break;
	case 14:
		if (is_named(name, "REQUEST_METHOD")) {
			request->method_name = value;
			request->method = method_of(value);
		} else if (is_named(name, "CONTENT_LENGTH"))
			request->content_length = value;
		break;
	case 15:
		if (is_named(name, "HTTP_RANGE_UNIT"))
			take_line(request, &request->range_unit, value, "Range-Unit");
		break;
	case 17:
		if (is_named(name, "HTTP_CONTENT_TYPE"))
			take_line(request, &request->content_types, value, "Content-Type");
		break;
	case 18:
		if (is_named(name, "HTTP_IF_NONE_MATCH"))
			take_line(request, &request->if_none_match, value, "If-None-Match");
		else if (is_named(name, "HTTP_MYREST_MERGED"))
			request->wants_merged = true;
		break;
	case 19:
		if (is_named(name, "HTTP_ACCEPT_PROFILE"))
			take_value(request, &request->accept_profile, value, "Accept-Profile");
		break;
	case 20:
		if (is_named(name, "HTTP_IDEMPOTENCY_KEY"))
			take_value(request, &request->idempotency_key, value, "Idempotency-Key");
		else if (is_named(name, "HTTP_CONTENT_PROFILE"))
			take_value(request, &request->content_profile, value, "Content-Profile");
		break;
	case 21:
		if (is_named(name, "HTTP_X_FORWARDED_HOST"))
			take_line(request, &request->host, value, "X-Forwarded-Host");
		else if (is_named(name, "HTTP_CONTENT_ENCODING"))
			take_line(request, &request->content_coding, value, "Content-Encoding");
		break;
	case 22:
		if (is_named(name, "HTTP_X_FORWARDED_PROTO"))
			take_line(request, &request->scheme, value, "X-Forwarded-Proto");
		break;
	default:
		break;
	}
}

bool http_is_single(struct slice list, struct slice *first)
{
	const char *end = list.bytes + list.length, *next;
	struct slice member;

	*first = (struct slice){ list.bytes, 0 };
	for (const char *at = list.bytes; at < end; at = next + 1) {
		next = slice_find_unquoted(at, end, ',');
		member = slice_trim(at, next);
		if (first->length == 0)
			*first = member;
		else if (member.length > 0 && !is_same(member, *first))
			return false;
	}
	return true;
}

static bool take_number(const char **at, const char *end, uint64_t *number)
{
	const char *from = *at;

	*number = 0;
	for (; *at < end && **at >= '0' && **at <= '9'; (*at)++) {
		if (*number > (uint64_t)INT64_MAX / 10 - 1)
			return false;
		*number = *number * 10 + (uint64_t)(**at - '0');
	}
	return *at > from;
}

enum status http_range(struct slice unit, struct slice range, struct row_range *rows)
{
	struct slice text = slice_trim(range.bytes, range.bytes + range.length);
	const char *at = text.bytes, *end = at + text.length;

	*rows = (struct row_range){ .given = false };
	if (text.length > 6 && strncasecmp(at, "items=", 6) == 0)
		at += 6;
	else if (unit.length > 0 && !slice_is_word(unit, "items"))
		return STATUS_OK;
	if (!take_number(&at, end, &rows->first) || at == end || *at++ != '-')
		return STATUS_OK;
	rows->last = UINT64_MAX;
	if (at < end && (!take_number(&at, end, &rows->last) || at != end))
		return STATUS_OK;
	rows->given = true;
	return rows->first <= rows->last ? STATUS_OK : STATUS_BAD_RANGE;
}

bool http_names_tag(struct slice list, const char *tag)
{
	const char *at = list.bytes, *end = at + list.length;
	size_t length = strlen(tag);

	for (; at < end; at++) {
		while (at < end && (*at == ' ' || *at == '\t' || *at == ','))
			at++;
		if (at < end && *at == '*')
			return true;
		if (end - at > 2 && at[0] == 'W' && at[1] == '/')
			at += 2;
		if ((size_t)(end - at) >= length && memcmp(at, tag, length) == 0)
			return true;
		if (at < end && *at == '"') /* to the end of another tag, which may contain commas */
			at = slice_find(at + 1, end, '"');
		else
			at = slice_find(at, end, ',');
	}
	return false;
}

void http_add_origin(struct text *out, const struct request *request)
{
	if (!slice_is(request->scheme, "http") && !slice_is(request->scheme, "https"))
		return;
	for (size_t i = 0; i < request->host.length; i++) {
		char byte = request->host.bytes[i];

		if (!((byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
		      (byte != '\0' && strchr("-._:[]", byte) != NULL)))
			return;
	}
	if (request->host.length == 0)
		return;
	text_add_slice(out, request->scheme);
	text_add_string(out, "://");
	text_add_slice(out, request->host);
}

static const char *reason(int status)
{
	switch (status) {
	case 200: return "OK";
	case 201: return "Created";
	case 204: return "No Content";
	case 206: return "Partial Content";
	case 304: return "Not Modified";
	case 400: return "Bad Request";
	case 403: return "Forbidden";
	case 404: return "Not Found";
	case 405: return "Method Not Allowed";
	case 406: return "Not Acceptable";
	case 409: return "Conflict";
	case 412: return "Precondition Failed";
	case 413: return "Content Too Large";
	case 414: return "URI Too Long";
	case 415: return "Unsupported Media Type";
	case 416: return "Range Not Satisfiable";
	case 422: return "Unprocessable Content";
	case 500: return "Internal Server Error";
	case 502: return "Bad Gateway";
	case 503: return "Service Unavailable";
	case 504: return "Gateway Timeout";
	default: return "-";
	}
}

static void add_content_range(struct text *out, const struct answer_head *head)
{
	text_add_string(out, "\r\nContent-Range: ");
	if (head->rows == 0)
		text_add_char(out, '*');
	else {
		text_add_unsigned(out, head->first_row);
		text_add_char(out, '-');
		text_add_unsigned(out, head->first_row + head->rows - 1);
	}
	text_add_char(out, '/');
	if (head->has_total)
		text_add_unsigned(out, head->total);
	else
		text_add_char(out, '*');
}

void http_add_head(struct text *out, const struct answer_head *head)
{
	text_add_string(out, "Status: ");
	text_add_unsigned(out, (uint64_t)head->status);
	text_add_char(out, ' ');
	text_add_string(out, reason(head->status));
	if (head->content_type != NULL) {
		text_add_string(out, "\r\nContent-Type: ");
		text_add_string(out, head->content_type);
	}
	if (head->has_length) {
		text_add_string(out, "\r\nContent-Length: ");
		text_add_unsigned(out, head->length);
	}
	if (head->has_range)
		add_content_range(out, head);
	if (head->tag != NULL) {
		text_add_string(out, "\r\nETag: ");
		text_add_string(out, head->tag);
	}
	if (head->location.length > 0) {
		text_add_string(out, "\r\nLocation: ");
		text_add_slice(out, head->location);
	}
	if (head->next.length > 0) {
		text_add_string(out, "\r\nLink: <");
		text_add_slice(out, head->next);
		text_add_string(out, ">; rel=\"next\"");
	}
	if (head->varies)
		text_add_string(out, "\r\nVary: Accept, Prefer, Range");
	if (head->applied != NULL) {
		text_add_string(out, "\r\nPreference-Applied: ");
		text_add_string(out, head->applied);
	}
	if (head->merged > 0) {
		text_add_string(out, "\r\nMyREST-Merged: ");
		text_add_unsigned(out, head->merged);
	}
	if (head->allow != NULL) {
		text_add_string(out, "\r\nAllow: ");
		text_add_string(out, head->allow);
	}
	if (head->retry_after_s > 0) {
		text_add_string(out, "\r\nRetry-After: ");
		text_add_unsigned(out, head->retry_after_s);
	}
	if (head->codings != NULL) {
		text_add_string(out, "\r\nAccept-Encoding: ");
		text_add_string(out, head->codings);
	}
	text_add_string(out, "\r\n\r\n");
}

static void add_field(struct text *out, const char *name, const char *value)
{
	text_add_string(out, name);
	if (value != NULL)
		json_add_string(out, value, strlen(value));
	else
		text_add_string(out, "null");
}

void http_add_fault(struct text *out, const struct fault *fault)
{
	add_field(out, "{\"code\":", fault->code != NULL ? fault->code : status_code(fault->status));
	add_field(out, ",\"message\":", fault->message != NULL ? fault->message : status_message(fault->status));
	add_field(out, ",\"details\":", fault->details);
	add_field(out, ",\"hint\":", fault->hint);
	text_add_char(out, '}');
}
