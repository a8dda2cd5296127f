/* SPDX-License-Identifier: MIT */
#include "http.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

void http_take_variable(struct request *request, struct slice name, struct slice value)
{
	switch (name.length) { /* most variables are told apart by their length alone */
	case 10:
		if (memcmp(name.bytes, "REQUEST_ID", 10) == 0)
			request->id = value;
		break;
	case 11:
		if (memcmp(name.bytes, "REQUEST_URI", 11) == 0)
			request->uri = value;
		else if (memcmp(name.bytes, "HTTP_ACCEPT", 11) == 0)
			request->accept = value;
		break;
	case 14:
		if (memcmp(name.bytes, "REQUEST_METHOD", 14) == 0) {
			request->method_name = value;
			request->method = method_of(value);
		}
		break;
	default:
		break;
	}
}

static struct slice trimmed(const char *from, const char *to)
{
	while (from < to && (*from == ' ' || *from == '\t'))
		from++;
	while (to > from && (to[-1] == ' ' || to[-1] == '\t'))
		to--;
	return (struct slice){ from, (size_t)(to - from) };
}

static bool same_word(struct slice word, const char *other)
{
	return word.length == strlen(other) && strncasecmp(word.bytes, other, word.length) == 0;
}

static const char *find(const char *from, const char *to, char byte)
{
	const char *found = from < to ? memchr(from, byte, (size_t)(to - from)) : NULL;

	return found != NULL ? found : to;
}

/* How specific the range is for the type: 0 no match, 1 any type, 2 any subtype, 3 exact. */
static int match_range(struct slice range, const char *type, const char *subtype)
{
	const char *end = range.bytes + range.length, *slash = find(range.bytes, end, '/');
	struct slice first = { range.bytes, (size_t)(slash - range.bytes) }, second;

	if (slash == end)
		return 0;
	second = (struct slice){ slash + 1, (size_t)(end - slash - 1) };
	if (same_word(first, "*"))
		return same_word(second, "*") ? 1 : 0;
	if (!same_word(first, type))
		return 0;
	return same_word(second, "*") ? 2 : same_word(second, subtype) ? 3 : 0;
}

static bool is_zero(struct slice number)
{
	for (size_t i = 0; i < number.length; i++)
		if (number.bytes[i] != '0' && number.bytes[i] != '.')
			return false;
	return true;
}

/* Whether the parameters behind a range say q=0. */
static bool is_refused(const char *at, const char *end)
{
	struct slice parameter;
	const char *next;

	for (; at < end; at = next) {
		next = find(at + 1, end, ';');
		parameter = trimmed(at + 1, next);
		if (parameter.length > 2 && (parameter.bytes[0] | 32) == 'q' && parameter.bytes[1] == '=')
			return is_zero((struct slice){ parameter.bytes + 2, parameter.length - 2 });
	}
	return false;
}

bool http_accepts(struct slice accept, const char *type, const char *subtype)
{
	const char *at = accept.bytes, *end = at + accept.length, *next, *parameters;
	int best = 0, match;
	bool allowed = false;

	if (accept.length == 0)
		return true;
	for (; at < end; at = next + 1) {
		next = find(at, end, ',');
		parameters = find(at, next, ';');
		match = match_range(trimmed(at, parameters), type, subtype);
		if (match > best) {
			best = match;
			allowed = !is_refused(parameters, next);
		}
	}
	return allowed;
}

static const char *reason(int status)
{
	switch (status) {
	case 200: return "OK";
	case 400: return "Bad Request";
	case 403: return "Forbidden";
	case 404: return "Not Found";
	case 405: return "Method Not Allowed";
	case 406: return "Not Acceptable";
	case 413: return "Content Too Large";
	case 414: return "URI Too Long";
	case 500: return "Internal Server Error";
	case 503: return "Service Unavailable";
	case 504: return "Gateway Timeout";
	default: return "-";
	}
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
	if (head->has_range) {
		text_add_string(out, "\r\nContent-Range: ");
		if (head->rows == 0)
			text_add_string(out, "*/*");
		else {
			text_add_unsigned(out, head->first_row);
			text_add_char(out, '-');
			text_add_unsigned(out, head->first_row + head->rows - 1);
			text_add_string(out, "/*");
		}
	}
	if (head->allow != NULL) {
		text_add_string(out, "\r\nAllow: ");
		text_add_string(out, head->allow);
	}
	if (head->retry_after_s > 0) {
		text_add_string(out, "\r\nRetry-After: ");
		text_add_unsigned(out, head->retry_after_s);
	}
	text_add_string(out, "\r\n\r\n");
}

static void add_field(struct text *out, const char *name, const char *value)
{
	text_add_string(out, name);
	if (value != NULL)
		text_add_json_string(out, value, strlen(value));
	else
		text_add_string(out, "null");
}

void http_add_fault(struct text *out, const struct fault *fault)
{
	add_field(out, "{\"code\":", status_code(fault->status));
	add_field(out, ",\"message\":", fault->message != NULL ? fault->message : status_message(fault->status));
	add_field(out, ",\"details\":", fault->details);
	add_field(out, ",\"hint\":", fault->hint);
	text_add_char(out, '}');
}
