/* SPDX-License-Identifier: MIT */
#include "web/fastcgi.h"

#include <errno.h>
#include <fcgiapp.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "records.h"
#include "unit.h"

enum { LIMIT = 1 << 20 };

/* Feeds bytes in pieces of exactly that size until something comes of them; 0: all at once. Each piece is a block of
 * its own. */
static enum fastcgi_event feed(struct fastcgi_reader *reader, struct slice bytes, size_t piece, size_t *used)
{
	enum fastcgi_event event = FASTCGI_MORE;
	size_t at = 0, step, taken;

	while (event == FASTCGI_MORE && at < bytes.length) {
		struct slice part;

		step = piece == 0 || bytes.length - at < piece ? bytes.length - at : piece;
		part = exact(bytes.bytes + at, step);
		event = fastcgi_feed(reader, part.bytes, step, &taken);
		exact_free(part);
		assert_true(taken <= step);
		if (event == FASTCGI_MORE)
			assert_int_equal(taken, step);
		at += taken;
	}
	*used = at;
	return event;
}

static struct slice slice_text(const struct text *text)
{
	return (struct slice){ text->bytes, text->length };
}

static void a_request_is_the_same_however_it_comes(void **state)
{
	struct text bytes = { 0 }, variables = { 0 };
	size_t whole, used;

	(void)state;
	add_variable(&variables, "REQUEST_METHOD", "POST");
	add_variable(&variables, "EMPTY", "");
	add_variable(&variables, "REQUEST_URI", "/users?a=b");
	add_variable(&variables, "HTTP_ACCEPT", "*/*");
	add_begin(&bytes, 0x0102, 1, true);
	add_stream(&bytes, PARAMS, 0x0102, variables.bytes, variables.length, 7, 5);
	add_stream(&bytes, STDIN, 0x0102, "the body", 8, 3, 0);
	whole = bytes.length;
	add_get(&bytes, 9, "/next", false);
	for (size_t piece = 0; piece < whole + 2; piece++) {
		struct fastcgi_reader reader = { .limit = LIMIT };
		struct request request;

		assert_int_equal(feed(&reader, slice_text(&bytes), piece, &used), FASTCGI_REQUEST);
		assert_int_equal(used, whole);
		assert_int_equal(reader.id, 0x0102);
		assert_true(reader.keep);
		assert_true(fastcgi_variables(&reader, &request));
		assert_int_equal(request.method, METHOD_POST);
		assert_is(request.uri, "/users?a=b");
		assert_is(request.accept, "*/*");
		assert_is(request.body, "the body");
		assert_int_equal(request.id.length, 0);
		fastcgi_reader_clear(&reader); /* and the next one */
		assert_int_equal(feed(&reader, (struct slice){ bytes.bytes + whole, bytes.length - whole }, piece, &used),
		                 FASTCGI_REQUEST);
		assert_int_equal(used, bytes.length - whole);
		assert_true(fastcgi_variables(&reader, &request));
		assert_is(request.uri, "/next");
		assert_int_equal(request.body.length, 0);
		assert_false(reader.keep);
		assert_int_equal(reader.id, 9);
		fastcgi_reader_release(&reader);
	}
	text_release(&bytes);
	text_release(&variables);
}

static void a_part_of_a_request_is_none(void **state)
{
	struct text bytes = { 0 };
	size_t used;

	(void)state;
	add_get(&bytes, 1, "/", true);
	for (size_t length = 0; length < bytes.length; length++) {
		struct fastcgi_reader reader = { .limit = LIMIT };

		assert_int_equal(feed(&reader, (struct slice){ bytes.bytes, length }, 0, &used), FASTCGI_MORE);
		assert_int_equal(used, length);
		fastcgi_reader_release(&reader);
	}
	text_release(&bytes);
}

static enum fastcgi_event fed(const struct text *bytes)
{
	struct fastcgi_reader reader = { .limit = LIMIT };
	enum fastcgi_event event, piecewise;
	size_t used;

	event = feed(&reader, slice_text(bytes), 0, &used);
	fastcgi_reader_release(&reader);
	memset(&reader, 0, sizeof(reader));
	reader.limit = LIMIT;
	piecewise = feed(&reader, slice_text(bytes), 1, &used);
	fastcgi_reader_release(&reader);
	assert_int_equal(event, piecewise);
	return event;
}

#define EXPECT(event, ...) \
	do { \
		text_clear(&bytes); \
		__VA_ARGS__; \
		assert_int_equal(fed(&bytes), (event)); \
	} while (0)

static void garbage_is_told(void **state)
{
	struct text bytes = { 0 };
	char nothing[2000] = { 0 };

	(void)state;
	EXPECT(FASTCGI_GARBAGE, text_add_string(&bytes, "GET / HTTP/1.1\r\n\r\n"));
	EXPECT(FASTCGI_GARBAGE, text_add(&bytes, nothing, 8));
	EXPECT(FASTCGI_GARBAGE, text_add(&bytes, "\x02\x01\0\x01\0\x08\0\0", 8)); /* another version */
	EXPECT(FASTCGI_GARBAGE, add_record(&bytes, PARAMS, 1, NULL, 0, 0));       /* before a beginning */
	EXPECT(FASTCGI_GARBAGE, add_record(&bytes, STDIN, 1, NULL, 0, 0));
	EXPECT(FASTCGI_GARBAGE, add_record(&bytes, STDOUT, 1, NULL, 0, 0)); /* a responder's */
	EXPECT(FASTCGI_GARBAGE, add_record(&bytes, END, 1, nothing, 8, 0));
	EXPECT(FASTCGI_GARBAGE, add_record(&bytes, 8, 1, NULL, 0, 0)); /* DATA is for filters */
	EXPECT(FASTCGI_GARBAGE, add_record(&bytes, 99, 1, NULL, 0, 0));
	EXPECT(FASTCGI_GARBAGE, add_record(&bytes, BEGIN, 1, nothing, 7, 0));
	EXPECT(FASTCGI_GARBAGE, add_record(&bytes, BEGIN, 1, nothing, 9, 0));
	EXPECT(FASTCGI_GARBAGE, add_begin(&bytes, 1, 1, true); add_record(&bytes, STDIN, 1, NULL, 0, 0));
	EXPECT(FASTCGI_GARBAGE, add_begin(&bytes, 1, 1, true); add_record(&bytes, PARAMS, 1, NULL, 0, 0);
	       add_record(&bytes, PARAMS, 1, NULL, 0, 0));
	EXPECT(FASTCGI_GARBAGE, add_record(&bytes, GET_VALUES, 0, nothing, 1025, 0)); /* no end of questions */
	text_release(&bytes);
}

static void there_is_one_request_at_a_time(void **state)
{
	struct text bytes = { 0 };

	(void)state;
	EXPECT(FASTCGI_GARBAGE, add_begin(&bytes, 1, 1, true); add_begin(&bytes, 1, 1, true));
	EXPECT(FASTCGI_GARBAGE, add_begin(&bytes, 1, 1, true); add_record(&bytes, PARAMS, 2, NULL, 0, 0));
	EXPECT(FASTCGI_GARBAGE, add_begin(&bytes, 1, 1, true); add_record(&bytes, PARAMS, 1, NULL, 0, 0);
	       add_record(&bytes, STDIN, 257, NULL, 0, 0));
	text_release(&bytes);
}

/* Feeds bytes that end in something to reply to, and says what the reply is. */
static struct fastcgi_reader replied(const struct text *bytes, const struct text *wanted)
{
	struct fastcgi_reader reader = { .limit = LIMIT };
	size_t used;

	assert_int_equal(feed(&reader, slice_text(bytes), 1, &used), FASTCGI_CONTROL);
	assert_int_equal(used, bytes->length);
	assert_int_equal(fastcgi_reply(&reader).length, wanted->length);
	assert_memory_equal(fastcgi_reply(&reader).bytes, wanted->bytes, wanted->length);
	return reader;
}

static void questions_of_the_web_server_are_answered(void **state)
{
	struct text bytes = { 0 }, values = { 0 }, wanted = { 0 };
	struct fastcgi_reader reader;

	(void)state;
	add_variable(&values, "FCGI_MAX_CONNS", "");
	add_variable(&values, "FCGI_MPXS_CONNS", "");
	add_record(&bytes, GET_VALUES, 0, values.bytes, values.length, 2);
	text_clear(&values);
	add_variable(&values, "FCGI_MPXS_CONNS", "0");
	add_record(&wanted, VALUES, 0, values.bytes, values.length, 0);
	reader = replied(&bytes, &wanted);
	fastcgi_reader_release(&reader);

	text_clear(&bytes);
	text_clear(&wanted);
	add_record(&bytes, GET_VALUES, 0, NULL, 0, 0); /* no question at all */
	add_record(&wanted, VALUES, 0, NULL, 0, 0);
	reader = replied(&bytes, &wanted);
	fastcgi_reader_release(&reader);

	text_clear(&bytes);
	text_clear(&wanted);
	add_record(&bytes, 77, 0, "x", 1, 7);
	add_record(&wanted, UNKNOWN, 0, "\x4d\0\0\0\0\0\0", 8, 0);
	reader = replied(&bytes, &wanted);
	fastcgi_reader_release(&reader);
	text_release(&bytes);
	text_release(&values);
	text_release(&wanted);
}

static void a_question_in_the_middle_of_a_request_changes_nothing(void **state)
{
	struct text bytes = { 0 }, variables = { 0 };
	struct fastcgi_reader reader = { .limit = LIMIT };
	struct request request;
	struct slice rest;
	size_t used;

	(void)state;
	add_variable(&variables, "REQUEST_URI", "/a");
	add_begin(&bytes, 1, 1, true);
	add_record(&bytes, PARAMS, 1, variables.bytes, 4, 0);
	add_record(&bytes, GET_VALUES, 0, NULL, 0, 0);
	add_stream(&bytes, PARAMS, 1, variables.bytes + 4, variables.length - 4, 100, 0);
	add_record(&bytes, STDIN, 1, NULL, 0, 0);
	assert_int_equal(feed(&reader, slice_text(&bytes), 1, &used), FASTCGI_CONTROL);
	rest = (struct slice){ bytes.bytes + used, bytes.length - used };
	assert_int_equal(feed(&reader, rest, 1, &used), FASTCGI_REQUEST);
	assert_true(fastcgi_variables(&reader, &request));
	assert_is(request.uri, "/a");
	fastcgi_reader_release(&reader);
	text_release(&bytes);
	text_release(&variables);
}

static void other_roles_are_refused(void **state)
{
	struct text bytes = { 0 }, wanted = { 0 };

	(void)state;
	for (int role = 0; role < 256; role++) {
		struct fastcgi_reader reader;

		if (role == 1)
			continue;
		text_clear(&bytes);
		text_clear(&wanted);
		add_begin(&bytes, 5, role, true);
		add_record(&wanted, END, 5, "\0\0\0\0\x03\0\0", 8, 0); /* FCGI_UNKNOWN_ROLE */
		reader = replied(&bytes, &wanted);
		fastcgi_reader_release(&reader);
	}
	text_clear(&bytes);
	text_clear(&wanted);
	add_record(&bytes, BEGIN, 5, "\x01\x01\0\0\0\0\0", 8, 0); /* role 257 is no responder */
	add_record(&wanted, END, 5, "\0\0\0\0\x03\0\0", 8, 0);
	{
		struct fastcgi_reader reader = replied(&bytes, &wanted);

		fastcgi_reader_release(&reader);
	}
	text_release(&bytes);
	text_release(&wanted);
}

/* Section 3.3: what still comes of it is ignored; the connection is good for others. */
static void the_rest_of_what_was_refused_is_ignored(void **state)
{
	struct text bytes = { 0 }, wanted = { 0 };
	struct fastcgi_reader reader;
	struct request request;
	size_t used;

	(void)state;
	for (int keep = 0; keep < 2; keep++) {
		text_clear(&bytes);
		text_clear(&wanted);
		add_begin(&bytes, 5, 2, keep == 1);
		add_record(&wanted, END, 5, "\0\0\0\0\x03\0\0", 8, 0);
		reader = replied(&bytes, &wanted);
		assert_true(reader.over);
		assert_int_equal(reader.keep, keep);
		text_clear(&bytes);
		add_stream(&bytes, PARAMS, 5, "\x0b\x04REQUEST_URI/old", 17, 5, 3);
		add_stream(&bytes, STDIN, 5, "body", 4, 3, 0);
		add_stream(&bytes, DATA, 5, "data", 4, 3, 0);
		for (size_t at = 0; at < bytes.length; at += used) {
			assert_int_equal(feed(&reader, (struct slice){ bytes.bytes + at, bytes.length - at }, 1, &used),
			                 FASTCGI_CONTROL);
			assert_int_equal(fastcgi_reply(&reader).length, 0);
			assert_false(reader.over);
		}
		text_clear(&bytes);
		add_get(&bytes, 5, "/new", true);
		assert_int_equal(feed(&reader, slice_text(&bytes), 1, &used), FASTCGI_REQUEST);
		assert_true(fastcgi_variables(&reader, &request));
		assert_is(request.uri, "/new");
		assert_int_equal(request.body.length, 0);
		fastcgi_reader_clear(&reader);
		text_clear(&bytes);
		add_record(&bytes, STDIN, 5, NULL, 0, 0); /* of what was answered nothing comes any more */
		assert_int_equal(feed(&reader, slice_text(&bytes), 1, &used), FASTCGI_GARBAGE);
		fastcgi_reader_release(&reader);
	}
	text_release(&bytes);
	text_release(&wanted);
}

static void a_second_request_at_once_is_refused(void **state)
{
	struct text bytes = { 0 }, wanted = { 0 };
	struct fastcgi_reader reader;
	struct request request;
	unsigned ignored = 0;
	size_t used, at = 0;

	(void)state;
	add_begin(&bytes, 1, 1, true);
	add_begin(&bytes, 2, 1, false);
	add_record(&wanted, END, 2, "\0\0\0\0\x01\0\0", 8, 0); /* FCGI_CANT_MPX_CONN */
	reader = replied(&bytes, &wanted);
	assert_false(reader.over); /* the other one goes on */
	assert_true(reader.keep);
	text_clear(&bytes);
	add_record(&bytes, PARAMS, 2, "\x0b\x02REQUEST_URI/b", 15, 0);
	add_record(&bytes, PARAMS, 1, "\x0b\x02REQUEST_URI/a", 15, 0);
	add_record(&bytes, PARAMS, 2, NULL, 0, 0);
	add_record(&bytes, PARAMS, 1, NULL, 0, 0);
	add_stream(&bytes, STDIN, 2, "b", 1, 10, 0);
	add_stream(&bytes, STDIN, 1, "a", 1, 10, 0);
	for (; feed(&reader, (struct slice){ bytes.bytes + at, bytes.length - at }, 1, &used) == FASTCGI_CONTROL; at += used) {
		assert_int_equal(fastcgi_reply(&reader).length, 0);
		ignored++;
	}
	assert_int_equal(at + used, bytes.length);
	assert_int_equal(ignored, 4);
	assert_true(fastcgi_variables(&reader, &request));
	assert_int_equal(reader.id, 1);
	assert_is(request.uri, "/a");
	assert_is(request.body, "a");
	fastcgi_reader_release(&reader);
	text_release(&bytes);
	text_release(&wanted);
}

static void an_aborted_request_leaves_nothing_behind(void **state)
{
	struct text bytes = { 0 }, wanted = { 0 };
	struct fastcgi_reader reader;
	struct request request;
	size_t used;

	(void)state;
	add_begin(&bytes, 1, 1, true);
	add_stream(&bytes, PARAMS, 1, "\x0b\x04REQUEST_URI/old", 17, 100, 0);
	add_record(&bytes, STDIN, 1, "old body", 8, 0);
	add_record(&bytes, ABORT, 1, NULL, 0, 0);
	add_record(&wanted, END, 1, "\0\0\0\0\0\0\0", 8, 0);
	reader = replied(&bytes, &wanted);
	text_clear(&bytes);
	add_record(&bytes, ABORT, 1, NULL, 0, 4); /* too late: of a request that is over */
	assert_int_equal(feed(&reader, slice_text(&bytes), 1, &used), FASTCGI_CONTROL);
	assert_int_equal(used, bytes.length);
	assert_int_equal(fastcgi_reply(&reader).length, 0);
	text_clear(&bytes);
	add_get(&bytes, 2, "/new", true);
	assert_int_equal(feed(&reader, slice_text(&bytes), 1, &used), FASTCGI_REQUEST);
	assert_true(fastcgi_variables(&reader, &request));
	assert_is(request.uri, "/new");
	assert_int_equal(request.body.length, 0);
	fastcgi_reader_release(&reader);
	text_release(&bytes);
	text_release(&wanted);
}

static void what_is_beyond_the_limit_is_dropped_and_told(void **state)
{
	static char large[70000];
	struct text bytes = { 0 }, variables = { 0 };
	struct fastcgi_reader reader = { .limit = 5000 };
	struct request request;
	size_t used;

	(void)state;
	memset(large, 'x', sizeof(large));
	large[sizeof(large) - 1] = '\0';
	add_variable(&variables, "REQUEST_URI", "/u");
	add_begin(&bytes, 1, 1, true);
	add_stream(&bytes, PARAMS, 1, variables.bytes, variables.length, 65535, 0);
	add_stream(&bytes, STDIN, 1, large, 5000 - variables.length, 999, 0);
	assert_int_equal(feed(&reader, slice_text(&bytes), 100, &used), FASTCGI_REQUEST);
	assert_false(reader.params_too_large || reader.body_too_large); /* it just fits */
	fastcgi_reader_clear(&reader);
	text_clear(&bytes);
	add_begin(&bytes, 1, 1, true);
	add_stream(&bytes, PARAMS, 1, variables.bytes, variables.length, 65535, 0);
	add_stream(&bytes, STDIN, 1, large, 5000 - variables.length + 1, 65535, 0);
	assert_int_equal(feed(&reader, slice_text(&bytes), 100, &used), FASTCGI_REQUEST);
	assert_int_equal(used, bytes.length);
	assert_false(reader.params_too_large);
	assert_true(reader.body_too_large);
	assert_true(fastcgi_variables(&reader, &request));
	assert_is(request.uri, "/u");
	assert_int_equal(request.body.length, 5000 - variables.length);

	fastcgi_reader_clear(&reader);
	assert_false(reader.body_too_large);
	text_clear(&bytes);
	add_variable(&variables, "HTTP_COOKIE", large);
	add_variable(&variables, "HTTP_ACCEPT", "a/b");
	add_begin(&bytes, 1, 1, true);
	add_stream(&bytes, PARAMS, 1, variables.bytes, variables.length, 65535, 0);
	add_stream(&bytes, STDIN, 1, "body", 4, 65535, 0);
	assert_int_equal(feed(&reader, slice_text(&bytes), 4096, &used), FASTCGI_REQUEST);
	assert_true(reader.params_too_large);
	assert_true(reader.params.size + reader.body.size < 20000); /* it does not cost the memory */
	assert_true(fastcgi_variables(&reader, &request));
	assert_is(request.uri, "/u"); /* what came before the cut */
	assert_int_equal(request.accept.length, 0);
	fastcgi_reader_release(&reader);
	text_release(&bytes);
	text_release(&variables);
}

static bool variables_of(const char *bytes, size_t length, struct request *request)
{
	struct slice given = exact(bytes, length);
	struct fastcgi_reader reader = { .params = { (char *)(uintptr_t)given.bytes, length, length } };
	bool good = fastcgi_variables(&reader, request);

	exact_free(given);
	return good;
}

static void malformed_variables_are_told(void **state)
{
	static const char good[] = "\x0b\x80\0\0\x04REQUEST_URI/old";
	struct request request;

	(void)state;
	assert_true(variables_of(good, sizeof(good) - 1, &request));
	assert_int_equal(request.uri.length, 4);
	for (size_t length = 1; length < sizeof(good) - 1; length++)
		assert_false(variables_of(good, length, &request));
	assert_true(variables_of("", 0, &request));
	assert_true(variables_of("\0\0", 2, &request)); /* no name, no value */
	assert_false(variables_of("\xff\xff\xff\xff\xff\xff\xff\xff", 8, &request));
	assert_false(variables_of("\x01\xff\xff\xff\xff" "a", 6, &request));
	assert_false(variables_of("\xff\xff\xff\xff\x01" "a", 6, &request));
	assert_false(variables_of("\x80\0\0", 3, &request));
}

/* The differential test: libfcgi reads the same variables and the same body from the same bytes. */

struct writer {
	int socket;
	const struct text *bytes;
};

static void *write_all(void *argument)
{
	const struct writer *writer = argument;
	size_t at = 0;
	ssize_t written;

	while (at < writer->bytes->length &&
	       (written = write(writer->socket, writer->bytes->bytes + at, writer->bytes->length - at)) > 0)
		at += (size_t)written;
	return NULL;
}

static void add_random(struct text *to, uint32_t *seed, size_t length)
{
	for (; length > 0; length--)
		text_add_char(to, (char)('!' + dice(seed) % 94)); /* libfcgi's are C strings */
}

static void expect_variable(struct slice ours, const char *theirs)
{
	assert_is(ours, theirs != NULL ? theirs : "");
}

static void libfcgi_reads_the_same(void **state)
{
	static const char *const names[] = { "REQUEST_METHOD", "REQUEST_URI", "HTTP_ACCEPT", "REQUEST_ID", "SCRIPT_NAME",
		                             "HTTP_X" };
	static char theirs_body[200000];
	uint32_t seed = 2024;

	(void)state;
	assert_int_equal(FCGX_Init(), 0);
	for (int round = 0; round < 300; round++) {
		struct text bytes = { 0 }, variables = { 0 }, body = { 0 }, values[LENGTH_OF(names)] = { { 0 } };
		struct fastcgi_reader reader = { .limit = LIMIT };
		struct request request;
		FCGX_Request theirs;
		unsigned id = 1 + dice(&seed) % 65535;
		size_t used, length;
		int ends[2];
		pthread_t thread;
		struct writer writer;

		for (size_t i = 0; i < LENGTH_OF(names); i++) {
			if (dice(&seed) % 4 == 0)
				continue;
			length = dice(&seed) % (dice(&seed) % 20 == 0 ? 60000 : 200);
			if (i == 0 && dice(&seed) % 2 == 0)
				text_add_string(&values[i], "GET");
			else
				add_random(&values[i], &seed, length);
			add_length(&variables, strlen(names[i]), dice(&seed) % 3 == 0);
			add_length(&variables, values[i].length, dice(&seed) % 3 == 0);
			text_add_string(&variables, names[i]);
			text_add(&variables, values[i].bytes, values[i].length);
		}
		length = dice(&seed) % (dice(&seed) % 10 == 0 ? 150000 : 1000);
		for (size_t i = 0; i < length; i++)
			text_add_char(&body, (char)dice(&seed));
		add_begin(&bytes, id, 1, true);
		add_stream(&bytes, PARAMS, id, variables.bytes, variables.length, 1 + dice(&seed) % 65535, dice(&seed) % 256);
		add_stream(&bytes, STDIN, id, body.bytes, body.length, 1 + dice(&seed) % 65535, dice(&seed) % 256);

		assert_int_equal(feed(&reader, slice_text(&bytes), dice(&seed) % 5000, &used), FASTCGI_REQUEST);
		assert_int_equal(used, bytes.length);
		assert_true(fastcgi_variables(&reader, &request));

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
		assert_int_equal(FCGX_InitRequest(&theirs, -1, 0), 0);
		theirs.ipcFd = ends[0];
		theirs.keepConnection = 1;
		writer = (struct writer){ ends[1], &bytes };
		assert_int_equal(pthread_create(&thread, NULL, write_all, &writer), 0);
		assert_int_equal(FCGX_Accept_r(&theirs), 0);
		expect_variable(request.method_name, FCGX_GetParam("REQUEST_METHOD", theirs.envp));
		expect_variable(request.uri, FCGX_GetParam("REQUEST_URI", theirs.envp));
		expect_variable(request.accept, FCGX_GetParam("HTTP_ACCEPT", theirs.envp));
		expect_variable(request.id, FCGX_GetParam("REQUEST_ID", theirs.envp));
		assert_int_equal(reader.id, theirs.requestId);
		length = 0;
		for (int got; (got = FCGX_GetStr(theirs_body + length, (int)(sizeof(theirs_body) - length), theirs.in)) > 0;)
			length += (size_t)got;
		assert_int_equal(request.body.length, length);
		if (length > 0)
			assert_memory_equal(request.body.bytes, theirs_body, length);
		pthread_join(thread, NULL);
		FCGX_Finish_r(&theirs);
		FCGX_Free(&theirs, 0); /* 1 would wait for the other end to close */
		close(ends[0]);
		close(ends[1]);
		fastcgi_reader_release(&reader);
		for (size_t i = 0; i < LENGTH_OF(names); i++)
			text_release(&values[i]);
		text_release(&bytes);
		text_release(&variables);
		text_release(&body);
	}
}

/* Writing. */

static void make_output(struct fastcgi_output *output, size_t head, size_t middle, size_t tail)
{
	uint32_t seed = 5;

	memset(output, 0, sizeof(*output));
	output->id = 0x0304;
	add_random(&output->head, &seed, head);
	output->shared = shared_text_new();
	add_random(&output->shared->text, &seed, middle + tail);
	output->middle = (struct slice){ output->shared->text.bytes, middle };
	output->tail = (struct slice){ middle + tail > 0 ? output->shared->text.bytes + middle : NULL, tail };
}

static void drop_output(struct fastcgi_output *output)
{
	fastcgi_output_clear(output);
	text_release(&output->head);
}

/* What has to be on the wire, made the other way, record by record. */
static void make_wire(const struct fastcgi_output *output, struct text *stream, struct text *wire)
{
	struct text read = { 0 };
	const char *fault;

	text_clear(stream);
	text_clear(wire);
	text_add(stream, output->head.bytes, output->head.length);
	text_add(stream, output->middle.bytes, output->middle.length);
	text_add(stream, output->tail.bytes, output->tail.length);
	fastcgi_add_stdout(wire, output->id, stream->bytes, stream->length);
	fastcgi_add_end(wire, output->id);
	if ((fault = read_answer(wire->bytes, wire->length, output->id, &read)) != NULL)
		fail_msg("%s", fault);
	assert_int_equal(read.length, stream->length);
	if (read.length > 0)
		assert_memory_equal(read.bytes, stream->bytes, stream->length);
	text_release(&read);
}

/* Writes from where it stands to the end through a socket of its own, which takes little at a time; says what came. */
static void write_out(struct fastcgi_output *output, struct text *got, uint32_t *seed, int buffer)
{
	static char bytes[100000];
	enum fastcgi_write result;
	int ends[2];
	ssize_t length;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	if (buffer > 0)
		setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
	text_clear(got);
	do {
		result = fastcgi_write(ends[0], output);
		assert_int_not_equal(result, FASTCGI_BROKEN);
		length = recv(ends[1], bytes, 1 + dice(seed) % sizeof(bytes), MSG_DONTWAIT);
		if (length > 0)
			text_add(got, bytes, (size_t)length);
	} while (result != FASTCGI_WRITTEN);
	while ((length = recv(ends[1], bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
		text_add(got, bytes, (size_t)length);
	assert_int_equal(fastcgi_write(ends[0], output), FASTCGI_WRITTEN); /* nothing more */
	assert_int_equal(recv(ends[1], bytes, sizeof(bytes), MSG_DONTWAIT), -1);
	close(ends[0]);
	close(ends[1]);
}

static void expect_same(const struct text *got, const struct text *wire, size_t from)
{
	assert_int_equal(got->length, wire->length - from);
	if (got->length > 0)
		assert_memory_equal(got->bytes, wire->bytes + from, got->length);
}

static void writing_goes_on_from_every_byte(void **state)
{
	static const size_t lengths[][3] = { { 20, 30, 1 }, { 1, 0, 0 }, { 10, 0, 1 }, { 0, 0, 0 }, { 0, 7, 0 } };
	struct text stream = { 0 }, wire = { 0 }, got = { 0 };
	struct fastcgi_output output;
	uint32_t seed = 11;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(lengths); i++) {
		make_output(&output, lengths[i][0], lengths[i][1], lengths[i][2]);
		make_wire(&output, &stream, &wire);
		for (size_t from = 0; from <= wire.length; from++) {
			output.sent = from;
			write_out(&output, &got, &seed, 0);
			expect_same(&got, &wire, from);
		}
		drop_output(&output);
	}
	text_release(&stream);
	text_release(&wire);
	text_release(&got);
}

static void writing_goes_on_around_every_border_of_records(void **state)
{
	enum { RECORD = 65528 };
	static const size_t lengths[][3] = {
		{ 100, RECORD - 101, 1 }, { 100, RECORD - 100, 1 }, { 100, RECORD - 102, 1 }, { RECORD, RECORD, RECORD },
		{ RECORD - 1, 2, 1 }, { 50, 10 * RECORD + 3, 1 }, { 7, RECORD * 8 - 7, 0 }, { 7, RECORD * 8 - 6, 0 },
	};
	struct text stream = { 0 }, wire = { 0 }, got = { 0 };
	struct fastcgi_output output;
	uint32_t seed = 12;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(lengths); i++) {
		make_output(&output, lengths[i][0], lengths[i][1], lengths[i][2]);
		make_wire(&output, &stream, &wire);
		for (size_t record = 0; record * (RECORD + 8) < wire.length; record++)
			for (int around = -3; around <= 11; around++) {
				size_t from = record * (RECORD + 8) + (size_t)around;

				if ((record == 0 && around < 0) || from > wire.length)
					continue;
				output.sent = from;
				write_out(&output, &got, &seed, 0);
				expect_same(&got, &wire, from);
			}
		drop_output(&output);
	}
	text_release(&stream);
	text_release(&wire);
	text_release(&got);
}

static void a_slow_reader_gets_the_same_stream(void **state)
{
	struct text stream = { 0 }, wire = { 0 }, got = { 0 };
	struct fastcgi_output output;
	uint32_t seed = 13;

	(void)state;
	for (int round = 0; round < 30; round++) {
		make_output(&output, dice(&seed) % 3000, dice(&seed) % 400000, dice(&seed) % 3);
		make_wire(&output, &stream, &wire);
		write_out(&output, &got, &seed, 1 + (int)(dice(&seed) % 20000));
		expect_same(&got, &wire, 0);
		drop_output(&output);
	}
	text_release(&stream);
	text_release(&wire);
	text_release(&got);
}

static void a_reader_that_is_gone_is_told_without_a_signal(void **state)
{
	struct fastcgi_output output;
	int ends[2];

	(void)state;
	make_output(&output, 10, 10, 1);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	close(ends[1]);
	assert_int_equal(fastcgi_write(ends[0], &output), FASTCGI_BROKEN);
	close(ends[0]);
	assert_int_equal(fastcgi_write(-1, &output), FASTCGI_BROKEN);
	drop_output(&output);
}

static void shared_bytes_live_as_long_as_the_last_answer(void **state)
{
	struct shared_text *shared = shared_text_new();
	struct fastcgi_output a = { .shared = shared }, b = { .shared = shared };

	(void)state;
	text_add_string(&shared->text, "x");
	shared->references += 2;
	fastcgi_output_clear(&a);
	assert_int_equal(shared->references, 2);
	assert_null(a.shared);
	fastcgi_output_clear(&a); /* once only */
	assert_int_equal(shared->references, 2);
	fastcgi_output_clear(&b);
	assert_is(shared->text, "x");
	shared_text_drop(shared);
	shared_text_drop(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_the_same_however_it_comes),
		cmocka_unit_test(a_part_of_a_request_is_none),
		cmocka_unit_test(garbage_is_told),
		cmocka_unit_test(there_is_one_request_at_a_time),
		cmocka_unit_test(questions_of_the_web_server_are_answered),
		cmocka_unit_test(a_question_in_the_middle_of_a_request_changes_nothing),
		cmocka_unit_test(other_roles_are_refused),
		cmocka_unit_test(the_rest_of_what_was_refused_is_ignored),
		cmocka_unit_test(a_second_request_at_once_is_refused),
		cmocka_unit_test(an_aborted_request_leaves_nothing_behind),
		cmocka_unit_test(what_is_beyond_the_limit_is_dropped_and_told),
		cmocka_unit_test(malformed_variables_are_told),
		cmocka_unit_test(libfcgi_reads_the_same),
		cmocka_unit_test(writing_goes_on_from_every_byte),
		cmocka_unit_test(writing_goes_on_around_every_border_of_records),
		cmocka_unit_test(a_slow_reader_gets_the_same_stream),
		cmocka_unit_test(a_reader_that_is_gone_is_told_without_a_signal),
		cmocka_unit_test(shared_bytes_live_as_long_as_the_last_answer),
	};

	return cmocka_run_group_tests_name("fastcgi", tests, NULL, NULL);
}
