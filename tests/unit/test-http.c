/* SPDX-License-Identifier: MIT */
#include "web/http.h"

#include "unit.h"
#include "web/negotiate.h"

static void variables_are_taken_by_their_exact_name(void **state)
{
	static const struct {
		const char *name;
		enum method method;
	} methods[] = { { "GET", METHOD_GET },       { "HEAD", METHOD_HEAD },       { "POST", METHOD_POST },
		        { "PUT", METHOD_PUT },       { "PATCH", METHOD_PATCH },     { "DELETE", METHOD_DELETE },
		        { "OPTIONS", METHOD_OPTIONS }, { "get", METHOD_OTHER },     { "GETT", METHOD_OTHER },
		        { "GE", METHOD_OTHER },      { "TRACE", METHOD_OTHER } };
	static const char *const names[] = { "REQUEST_IX", "request_id", "HTTP_ACCEPX", "REQUEST_UR", "REQUEST_URI_",
		                             "REQUEST_METHOX", "HTTP_REQUEST_ID", "", "ACCEPT" };
	struct request request = { .method = METHOD_OTHER };

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(methods); i++) {
		http_take_variable(&request, SLICE("REQUEST_METHOD"), slice_of(methods[i].name));
		assert_int_equal(request.method, methods[i].method);
		assert_is(request.method_name, methods[i].name);
	}
	memset(&request, 0, sizeof(request));
	for (size_t i = 0; i < LENGTH_OF(names); i++)
		http_take_variable(&request, slice_of(names[i]), SLICE("x"));
	assert_int_equal(request.uri.length + request.accept.length + request.id.length + request.method_name.length, 0);
	http_take_variable(&request, SLICE("REQUEST_URI"), SLICE("/u"));
	http_take_variable(&request, SLICE("HTTP_ACCEPT"), SLICE("a/b"));
	http_take_variable(&request, SLICE("REQUEST_ID"), SLICE("77"));
	assert_is(request.uri, "/u");
	assert_is(request.accept, "a/b");
	assert_is(request.id, "77");
}

static bool accepts(const char *accept)
{
	struct slice given = exact(accept, strlen(accept));
	enum media media;
	bool answer = negotiate_rows(given, &media) == STATUS_OK && media == MEDIA_JSON;

	exact_free(given);
	return answer;
}

static void accept_is_negotiated(void **state)
{
	static const struct {
		const char *accept;
		bool wanted;
	} cases[] = {
		{ "", true },
		{ "*/*", true },
		{ "application/json", true },
		{ "application/*", true },
		{ "APPLICATION/Json", true },
		{ " \tapplication/json \t", true },
		{ "text/html, application/json", true },
		{ "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true }, /* a browser */
		{ "application/json;charset=utf-8", true },
		{ "application/json;q=1", true },
		{ "application/json;q=0.001", true },
		{ "application/json; q=0.5", true },
		{ "application/json ; q=0.5", true },
		{ "text/html;q=0, */*", true },
		{ "*/*;q=0, application/json", true },
		{ "application/*;q=0, application/json;q=0.1", true },
		{ ", ,application/json", true },
		{ "text/html;x=\"a, b\",application/json", true },
		{ "application/json;x=\";q=0\"", true },
		{ "text/html;x=\"a, application/json\"", false },
		{ "text/html;x=\"\\\", application/json;\"", false },
		{ "text/html", false },
		{ "application/xml", false },
		{ "application/jsonx", false },
		{ "application/jso", false },
		{ "xapplication/json", false },
		{ "application", false },
		{ "application/", false },
		{ "/json", false },
		{ "*/json", false },
		{ "*", false },
		{ "json", false },
		{ "application/json;q=0", false },
		{ "application/json;Q=0.000", false },
		{ "application/json;charset=utf-8;q=0.0", false },
		{ "application/json;q=0, */*", false },
		{ "application/*;q=0, */*;q=1", false },
		{ "*/*;q=0", false },
		{ "*/*;q=0.", false },
		{ ",", false },
		{ ";", false },
		{ ";q=0", false },
		{ "/", false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++)
		if (accepts(cases[i].accept) != cases[i].wanted)
			fail_msg("%s", cases[i].accept);
}

static void the_best_media_type_is_chosen(void **state)
{
	static const struct {
		const char *accept;
		enum media media; /* MEDIA_COUNT: none */
	} cases[] = {
		{ "text/csv", MEDIA_CSV },
		{ "text/*", MEDIA_CSV },
		{ "application/x-ndjson", MEDIA_NDJSON },
		{ "application/vnd.pgrst.object+json", MEDIA_OBJECT },
		{ "application/vnd.pgrst.object", MEDIA_OBJECT },
		{ "application/vnd.pgrst.array+json", MEDIA_JSON },
		{ "text/csv, application/json", MEDIA_CSV }, /* as they stand */
		{ "application/json, text/csv", MEDIA_JSON },
		{ "text/csv;q=0.5, application/json", MEDIA_JSON },
		{ "text/csv;q=0.5, application/json;q=0.49", MEDIA_CSV },
		{ "text/csv;q=0.005, application/json;q=0.05", MEDIA_JSON },
		{ "text/csv;q=1.000, application/json;q=0.999", MEDIA_CSV },
		{ "*/*, text/csv;q=0.1", MEDIA_JSON },
		{ "application/json;q=0.1, */*", MEDIA_CSV },
		{ "text/csv;q=0", MEDIA_COUNT },
		{ "text/html, image/*", MEDIA_COUNT },
		{ "application/vnd.pgrst.array+json;nulls=stripped", MEDIA_COUNT },
		{ "application/vnd.pgrst.object+json; q=0.9; NULLS=Stripped", MEDIA_COUNT },
		{ "application/vnd.pgrst.array+json;nulls=stripped, application/json;q=0.1", MEDIA_JSON },
		{ "application/json;nulls=kept", MEDIA_JSON },
		{ "application/vnd.pgrst.object+json, application/json", MEDIA_OBJECT },
	};
	enum media media;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		if (negotiate_rows(slice_of(cases[i].accept), &media) != STATUS_OK)
			media = MEDIA_COUNT;
		if (media != cases[i].media)
			fail_msg("%s: %d", cases[i].accept, (int)media);
	}
}

/* nginx before 1.23 hands each header on by itself. */
static void several_prefer_headers_are_one(void **state)
{
	struct request request = { .method = METHOD_GET };

	(void)state;
	http_take_variable(&request, SLICE("HTTP_PREFER"), SLICE("count=exact"));
	http_take_variable(&request, SLICE("HTTP_PREFER"), SLICE("handling=strict, x=y"));
	http_take_variable(&request, SLICE("HTTP_PREFER"), SLICE("return=minimal,z"));
	assert_int_equal(request.preferences.count, COUNT_EXACT);
	assert_int_equal(request.preferences.returned, RETURN_MINIMAL);
	assert_int_equal(request.preferences.handling, HANDLING_STRICT);
	assert_int_equal(request.preferences.unknown_count, 2);
	assert_is(request.preferences.unknown[0], "x=y");
	assert_is(request.preferences.unknown[1], "z");
}

/* As nginx since 1.23 gives them, joined. */
static void several_lines_of_a_list_are_one(void **state)
{
	static const char *const names[] = { "HTTP_ACCEPT",   "HTTP_IF_MATCH",   "HTTP_IF_NONE_MATCH",    "HTTP_CONTENT_ENCODING",
		                             "HTTP_RANGE",    "HTTP_RANGE_UNIT", "HTTP_CONTENT_TYPE",     "HTTP_X_FORWARDED_HOST",
		                             "HTTP_X_FORWARDED_PROTO" };
	struct arena arena = { NULL };

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(names); i++) {
		struct request request = { .arena = &arena };
		const struct slice *lists[] = { &request.accept,     &request.if_match,      &request.if_none_match,
			                        &request.content_coding, &request.range, &request.range_unit,
			                        &request.content_types, &request.host,       &request.scheme };

		http_take_variable(&request, slice_of(names[i]), SLICE(""));
		http_take_variable(&request, slice_of(names[i]), SLICE("a"));
		http_take_variable(&request, slice_of(names[i]), SLICE("a"));
		http_take_variable(&request, slice_of(names[i]), SLICE(""));
		assert_is(*lists[i], "a");
		http_take_variable(&request, slice_of(names[i]), SLICE("b, c"));
		http_take_variable(&request, slice_of(names[i]), SLICE("d"));
		assert_is(*lists[i], "a, b, c, d");
		assert_null(request.repeated);
		for (int n = 0; n < 100; n++)
			http_take_variable(&request, slice_of(names[i]), SLICE("e"));
		assert_non_null(request.repeated); /* too many to be joined */
	}
	arena_release(&arena);
}

static void what_has_one_value_is_not_given_another(void **state)
{
	static const struct {
		const char *variable, *name;
	} cases[] = { { "HTTP_IDEMPOTENCY_KEY", "Idempotency-Key" },
		      { "HTTP_ACCEPT_PROFILE", "Accept-Profile" },
		      { "HTTP_CONTENT_PROFILE", "Content-Profile" } };

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		struct request request = { .method = METHOD_GET };

		http_take_variable(&request, slice_of(cases[i].variable), SLICE("a"));
		http_take_variable(&request, slice_of(cases[i].variable), SLICE(""));
		http_take_variable(&request, slice_of(cases[i].variable), SLICE("a"));
		assert_null(request.repeated);
		http_take_variable(&request, slice_of(cases[i].variable), SLICE("b"));
		assert_string_equal(request.repeated, cases[i].name);
	}
}

static void a_list_may_be_one_value(void **state)
{
	static const struct {
		const char *list, *first; /* first: NULL: several */
	} cases[] = {
		{ "", "" },          { "a", "a" },          { " a\t, a", "a" },          { ", ,a,", "a" },
		{ "a,b", NULL },     { "a, A", NULL },      { "a;x=\"b,c\"", "a;x=\"b,c\"" }, { "a;x=\"\\\",\"", "a;x=\"\\\",\"" },
		{ "\"a\",b", NULL }, { "a;x=\",b", "a;x=\",b" },
	};
	struct slice first;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		struct slice list = exact(cases[i].list, strlen(cases[i].list));

		if (http_is_single(list, &first) != (cases[i].first != NULL) ||
		    (cases[i].first != NULL && !slice_is(first, cases[i].first)))
			fail_msg("%s", cases[i].list);
		exact_free(list);
	}
}

static void a_range_is_rows(void **state)
{
	static const struct {
		const char *unit, *range;
		bool given;
		uint64_t first, last;
	} cases[] = {
		{ "", "0-9", true, 0, 9 },
		{ "items", "0-9", true, 0, 9 },
		{ "", "items=5-5", true, 5, 5 },
		{ "Items", " 10- ", true, 10, UINT64_MAX },
		{ "bytes", "0-9", false, 0, 0 },
		{ "", "bytes=0-9", false, 0, 0 },
		{ "", "", false, 0, 0 },
		{ "", "-5", false, 0, 0 },
		{ "", "5", false, 0, 0 },
		{ "", "0-9,20-29", false, 0, 0 },
		{ "", "0-99999999999999999999", false, 0, 0 },
		{ "", "a-b", false, 0, 0 },
	};
	struct row_range range;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		assert_int_equal(http_range(slice_of(cases[i].unit), slice_of(cases[i].range), &range), STATUS_OK);
		if (range.given != cases[i].given ||
		    (range.given && (range.first != cases[i].first || range.last != cases[i].last)))
			fail_msg("%s %s", cases[i].unit, cases[i].range);
	}
	assert_int_equal(http_range(SLICE(""), SLICE("9-0"), &range), STATUS_BAD_RANGE);
}

static void tags_are_found_in_lists(void **state)
{
	static const char *const with[] = { "\"a\"", "W/\"a\"", "*", "\"b\", \"a\"", "\"b\",W/\"a\" ,\"c\"", "\"x,y\",\"a\"" };
	static const char *const without[] = { "", "\"b\"", "a", "\"ab\"", "\"b,\"", "W/\"b\"", "\"", "," };

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(with); i++)
		if (!http_names_tag(slice_of(with[i]), "\"a\""))
			fail_msg("%s", with[i]);
	for (size_t i = 0; i < LENGTH_OF(without); i++)
		if (http_names_tag(slice_of(without[i]), "\"a\""))
			fail_msg("%s", without[i]);
}

static void no_byte_of_accept_hurts(void **state)
{
	static const char good[] = "text/html;q=0.5;a=b, application/*;q=0.0,*/*;q=0.";
	char bytes[sizeof(good)];

	(void)state;
	for (size_t length = 1; length < sizeof(good); length++) {
		memcpy(bytes, good, length);
		bytes[length] = '\0';
		(void)accepts(bytes);
		bytes[length - 1] = '0';
		(void)accepts(bytes);
		bytes[length - 1] = ';';
		(void)accepts(bytes);
	}
}

static void heads(void **state)
{
	static const struct {
		struct answer_head head;
		const char *wanted;
	} cases[] = {
		{ { .status = 200, .content_type = "application/json", .has_length = true, .length = 0 },
		  "Status: 200 OK\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n" },
		{ { .status = 200, .content_type = "a/b", .has_range = true, .first_row = 0, .rows = 2 },
		  "Status: 200 OK\r\nContent-Type: a/b\r\nContent-Range: 0-1/*\r\n\r\n" },
		{ { .status = 200, .has_range = true, .first_row = 10, .rows = 1 },
		  "Status: 200 OK\r\nContent-Range: 10-10/*\r\n\r\n" },
		{ { .status = 200, .has_range = true, .first_row = 10 }, "Status: 200 OK\r\nContent-Range: */*\r\n\r\n" },
		{ { .status = 405, .allow = "OPTIONS, GET, HEAD", .has_length = true, .length = 12 },
		  "Status: 405 Method Not Allowed\r\nContent-Length: 12\r\nAllow: OPTIONS, GET, HEAD\r\n\r\n" },
		{ { .status = 503, .retry_after_s = 2 }, "Status: 503 Service Unavailable\r\nRetry-After: 2\r\n\r\n" },
		{ { .status = 415, .codings = "identity" },
		  "Status: 415 Unsupported Media Type\r\nAccept-Encoding: identity\r\n\r\n" },
		{ { .status = 200, .has_range = true, .first_row = UINT64_MAX - 5, .rows = 3, .has_length = true,
		    .length = SIZE_MAX },
		  "Status: 200 OK\r\nContent-Length: 18446744073709551615\r\n"
		  "Content-Range: 18446744073709551610-18446744073709551612/*\r\n\r\n" },
	};
	struct text out = { 0 };

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		text_clear(&out);
		http_add_head(&out, &cases[i].head);
		assert_is(out, cases[i].wanted);
	}
	for (int status = 0; status < STATUS_COUNT; status++) { /* every status has its words */
		text_clear(&out);
		http_add_head(&out, &(struct answer_head){ .status = status_http((enum status)status) });
		assert_null(strstr(text_terminate(&out), " -\r\n"));
	}
	text_release(&out);
}

static void expect_field(struct json_object *body, const char *name, const char *wanted)
{
	struct json_object *field;

	assert_true(json_object_object_get_ex(body, name, &field));
	if (wanted == NULL)
		assert_null(field);
	else
		assert_string_equal(json_object_get_string(field), wanted);
}

static void fault_bodies_have_the_one_shape(void **state)
{
	static const struct fault faults[] = {
		{ STATUS_NO_SUCH_ROW, NULL, NULL, NULL, NULL },
		{ STATUS_BAD_QUERY, "a \"quoted\"\n\\ message", "details \xc3\xa9", "a hint", NULL },
		{ STATUS_AWAY, "", "", "", NULL },
		{ STATUS_DEFINITION, NULL, NULL, NULL, "P0002" },
	};
	struct text out = { 0 };
	struct json_object *body;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(faults); i++) {
		text_clear(&out);
		http_add_fault(&out, &faults[i]);
		body = assert_json(out.bytes, out.length);
		assert_int_equal(json_object_object_length(body), 4);
		expect_field(body, "code", faults[i].code ? faults[i].code : status_code(faults[i].status));
		expect_field(body, "message", faults[i].message ? faults[i].message : status_message(faults[i].status));
		expect_field(body, "details", faults[i].details);
		expect_field(body, "hint", faults[i].hint);
		json_object_put(body);
	}
	text_clear(&out);
	http_add_fault(&out, &(struct fault){ .status = STATUS_FAULT, .message = "bad \xff byte" });
	json_object_put(assert_json(out.bytes, out.length));
	text_release(&out);
}

static void every_status_is_complete(void **state)
{
	(void)state;
	for (int status = 1; status < STATUS_COUNT; status++) {
		assert_in_range(status_http((enum status)status), 400, 504);
		assert_true(strlen(status_code((enum status)status)) >= 5);
		assert_true(strlen(status_message((enum status)status)) > 5);
	}
	assert_int_equal(status_http(STATUS_OK), 200);
}

static void a_document_is_called_as_it_is_asked_for(void **state)
{
	static const struct {
		const char *accept, *type;
	} cases[] = {
		{ "", "application/json; charset=utf-8" },
		{ "*/*", "application/json; charset=utf-8" },
		{ "text/html, application/*;q=0.9", "application/json; charset=utf-8" },
		{ "application/openapi+json", "application/openapi+json; charset=utf-8" },
		{ "application/openapi+json, application/json", "application/openapi+json; charset=utf-8" },
		{ "application/vnd.oai.openapi+json;version=3.1", "application/vnd.oai.openapi+json;version=3.1" },
	};
	const char *type;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		assert_int_equal(negotiate_document(slice_of(cases[i].accept), &type), STATUS_OK);
		assert_string_equal(type, cases[i].type);
	}
	assert_int_equal(negotiate_document(slice_of("text/csv"), &type), STATUS_NOT_ACCEPTABLE);
	assert_int_equal(negotiate_document(slice_of("application/json;q=0"), &type), STATUS_NOT_ACCEPTABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(variables_are_taken_by_their_exact_name),
		cmocka_unit_test(accept_is_negotiated),
		cmocka_unit_test(no_byte_of_accept_hurts),
		cmocka_unit_test(the_best_media_type_is_chosen),
		cmocka_unit_test(several_prefer_headers_are_one),
		cmocka_unit_test(several_lines_of_a_list_are_one),
		cmocka_unit_test(what_has_one_value_is_not_given_another),
		cmocka_unit_test(a_list_may_be_one_value),
		cmocka_unit_test(a_range_is_rows),
		cmocka_unit_test(tags_are_found_in_lists),
		cmocka_unit_test(heads),
		cmocka_unit_test(fault_bodies_have_the_one_shape),
		cmocka_unit_test(every_status_is_complete),
		cmocka_unit_test(a_document_is_called_as_it_is_asked_for),
	};

	return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
