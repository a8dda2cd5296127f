/* SPDX-License-Identifier: MIT */
#include "response/peer.h"

#include <sys/socket.h>
#include <unistd.h>

#include "records.h"
#include "unit.h"

enum { LIMIT = 1 << 20, LOOK = 65536 };

static int web; /* the web server's end */
static struct peer *peer;
static struct text bytes;

static int connect_peer(void **state)
{
	int ends[2], size = 1 << 20;

	(void)state;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		return -1;
	setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	web = ends[0];
	peer = peer_new(&(struct handover_item){ .connection = ends[1] }, LIMIT);
	return 0;
}

static int disconnect(void **state)
{
	(void)state;
	peer_free(peer);
	if (web >= 0)
		close(web);
	text_release(&bytes);
	return 0;
}

static void put(const char *from, size_t length)
{
	assert_int_equal(send(web, from, length, MSG_DONTWAIT), (ssize_t)length);
}

static size_t waiting(void)
{
	static char space[1 << 20];
	ssize_t got = recv(peer->socket, space, sizeof(space), MSG_PEEK | MSG_DONTWAIT);

	return got < 0 ? 0 : (size_t)got;
}

/* A request whose records are exactly so many bytes together. */
static void make_request(const char *uri, size_t size)
{
	static char body[LOOK * 4];
	struct text plain = { 0 }, variables = { 0 };
	size_t length;

	text_clear(&bytes);
	add_get(&plain, 1, uri, true);
	assert_true(size >= plain.length + 8);
	add_variable(&variables, "REQUEST_METHOD", "GET");
	add_variable(&variables, "REQUEST_URI", uri);
	add_variable(&variables, "REQUEST_ID", "0123456789abcdef");
	add_begin(&bytes, 1, 1, true);
	add_stream(&bytes, PARAMS, 1, variables.bytes, variables.length, 65535, 3);
	for (size_t left = size - plain.length; left > 0; left -= length) {
		length = left > 30000 + 8 ? 20000 : left;
		memset(body, (int)('a' + left % 26), length);
		add_record(&bytes, STDIN, 1, body, length - 8, 0);
	}
	add_record(&bytes, STDIN, 1, NULL, 0, 0);
	assert_int_equal(bytes.length, size);
	text_release(&plain);
	text_release(&variables);
}

static void many_small_pieces_do_not_fill_the_socket(void **state)
{
	(void)state;
	make_request("/a", 200);
	for (size_t sent = 0; sent < bytes.length; sent++) {
		put(bytes.bytes + sent, 1);
		assert_int_equal(peer_look(peer), sent + 1 < bytes.length ? PEER_LOOK_PARTIAL : PEER_LOOK_REQUEST);
		assert_int_equal(waiting(), 0);
	}
	assert_is(peer->request.uri, "/a");
	assert_true(peer_can_move(peer));
	assert_int_equal(peer->raw.length, bytes.length); /* whole, though it came byte by byte */
	assert_memory_equal(peer->raw.bytes, bytes.bytes, bytes.length);
}

static void one_request_after_the_other_is_looked_at(void **state)
{
	size_t first;

	(void)state;
	assert_int_equal(peer_look(peer), PEER_LOOK_NOTHING);
	make_request("/a", 200);
	first = bytes.length;
	add_get(&bytes, 2, "/b", false);
	put(bytes.bytes, bytes.length); /* two at once */
	assert_int_equal(peer_look(peer), PEER_LOOK_REQUEST);
	assert_is(peer->request.uri, "/a");
	assert_int_equal(peer->request.method, METHOD_GET);
	assert_false(peer->more); /* nothing is left in the socket */
	assert_int_equal(waiting(), 0);
	assert_int_equal(peer->fed, first);
	peer_clear(peer);
	assert_int_equal(peer->raw.length, bytes.length - first);
	assert_int_equal(peer_look(peer), PEER_LOOK_REQUEST);
	assert_is(peer->request.uri, "/b");
	assert_int_equal(peer->reader.id, 2);
	assert_false(peer->reader.keep);
	peer_clear(peer);
	assert_int_equal(peer->raw.length, 0);
	assert_int_equal(peer_look(peer), PEER_LOOK_NOTHING);
}

static struct peer *moved(void)
{
	struct handover_item item = peer_item(peer);

	item.connection = dup(item.connection);
	return peer_new(&item, LIMIT);
}

/* What has been tried once is not like what only waits. */
static void what_was_tried_is_known(void **state)
{
	(void)state;
	assert_true(peer_is_untried(peer));
	peer->given = true;
	assert_true(peer_is_untried(peer));
	for (int i = 0; i < 4; i++) {
		peer->alone = i == 0;
		peer->retried = i == 1;
		peer->losses = i == 2;
		peer->snapshots = i == 3;
		assert_false(peer_is_untried(peer));
	}
}

/* What one worker has read, another one goes on with: a request with what came behind it. */
static void it_moves_with_its_bytes(void **state)
{
	struct peer *other;

	(void)state;
	make_request("/a", 200);
	add_get(&bytes, 2, "/b", false);
	put(bytes.bytes, bytes.length);
	assert_int_equal(peer_look(peer), PEER_LOOK_REQUEST);
	assert_true(peer_can_move(peer));
	peer->since_us = 17;
	peer->waits_since_us = 18;
	other = moved();
	assert_int_equal(other->since_us, 17);
	assert_int_equal(other->waits_since_us, 18);
	assert_int_equal(peer_look(other), PEER_LOOK_REQUEST);
	assert_is(other->request.uri, "/a");
	peer_clear(other);
	assert_int_equal(peer_look(other), PEER_LOOK_REQUEST);
	assert_is(other->request.uri, "/b");
	peer_free(other);
	peer->retried = true; /* its statement is repeated here */
	assert_false(peer_can_move(peer));
	peer->retried = false;
	peer->alone = peer->given = true; /* the other one has to know */
	other = moved();
	assert_true(other->alone && other->given);
	assert_int_equal(peer_look(other), PEER_LOOK_REQUEST);
	peer_clear(other); /* of this request only */
	assert_int_equal(peer_item(other).note.mark, 0);
	assert_true(other->since_us == 0 && other->waits_since_us == 0);
	peer_free(other);
	for (unsigned losses = 1; losses < 200; losses += 31) {
		peer->alone = losses % 2 != 0;
		peer->given = losses % 3 != 0;
		peer->losses = losses; /* it stays where it is repeated, unless nothing is left there that could do so */
		assert_false(peer_can_move(peer));
		assert_true(peer_can_move_at_last(peer));
		other = moved();
		assert_int_equal(other->losses, losses < 63 ? losses : 63); /* a byte is what goes with it */
		assert_int_equal(other->alone, peer->alone);
		assert_int_equal(other->given, peer->given);
		peer_free(other);
	}
	peer->retried = true;
	assert_false(peer_can_move_at_last(peer));
}

/* Around the size of one look, above which a request is not kept as it came. */
static void a_request_may_be_larger_than_one_look(void **state)
{
	static const size_t sizes[] = { LOOK - 1, LOOK, LOOK + 1, LOOK + 8, LOOK * 2, LOOK * 3 + 17 };
	static const size_t steps[] = { 1 << 20, LOOK, 40000, 12345 };

	for (size_t i = 0; i < LENGTH_OF(sizes) * LENGTH_OF(steps); i++) {
		size_t size = sizes[i / LENGTH_OF(steps)], step = steps[i % LENGTH_OF(steps)], at, part;
		enum peer_look look = PEER_LOOK_NOTHING;

		make_request("/a", size);
		for (at = 0; at < size; at += part) {
			part = size - at < step ? size - at : step;
			if (at + part < size && size - at - part < 20)
				part = size - at - 20; /* so that the last part does not come alone */
			put(bytes.bytes + at, part);
			look = peer_look(peer);
			assert_int_equal(look, at + part < size ? PEER_LOOK_PARTIAL : PEER_LOOK_REQUEST);
		}
		assert_int_equal(look, PEER_LOOK_REQUEST);
		assert_is(peer->request.uri, "/a");
		assert_true(size >= LOOK || !peer->more); /* a full look cannot tell what is behind it */
		assert_true(size > LOOK || peer_can_move(peer));
		assert_true(size < 2 * LOOK || !peer_can_move(peer));
		assert_true(!peer_can_move(peer) || peer->raw.length == size);
		assert_in_range(peer->raw.size, 0, 4 * LOOK);
		assert_int_equal(waiting(), 0);
		assert_int_equal(peer->request.body.length, peer->reader.body.length);
		assert_false(peer->reader.body_too_large);
		peer_clear(peer); /* the connection is good for the next one */
		text_clear(&bytes);
		add_get(&bytes, 7, "/next", true);
		put(bytes.bytes, bytes.length);
		assert_int_equal(peer_look(peer), PEER_LOOK_REQUEST);
		assert_is(peer->request.uri, "/next");
		disconnect(state);
		connect_peer(state);
	}
}

static void a_large_request_ends_where_the_next_begins(void **state)
{
	struct text next = { 0 };

	(void)state;
	make_request("/large", LOOK * 2 + 100);
	add_get(&next, 3, "/next", true);
	text_add(&bytes, next.bytes, next.length);
	put(bytes.bytes, bytes.length);
	assert_int_equal(peer_look(peer), PEER_LOOK_REQUEST);
	assert_is(peer->request.uri, "/large");
	peer_clear(peer);
	assert_int_equal(peer_look(peer), PEER_LOOK_REQUEST);
	assert_is(peer->request.uri, "/next");
	text_release(&next);
}

static void a_hang_up_is_told(void **state)
{
	(void)state;
	make_request("/a", 200);
	put(bytes.bytes, 100);
	assert_int_equal(peer_look(peer), PEER_LOOK_PARTIAL);
	close(web);
	web = -1;
	assert_int_equal(peer_look(peer), PEER_LOOK_GONE);
}

static void garbage_is_told(void **state)
{
	(void)state;
	put("GET / HTTP/1.1\r\n\r\n", 18);
	assert_int_equal(peer_look(peer), PEER_LOOK_BROKEN);
}

static void malformed_variables_are_told(void **state)
{
	(void)state;
	add_begin(&bytes, 1, 1, true);
	add_stream(&bytes, PARAMS, 1, "\x0b\x7fREQUEST_URI/a", 15, 100, 0);
	add_record(&bytes, STDIN, 1, NULL, 0, 0);
	put(bytes.bytes, bytes.length);
	assert_int_equal(peer_look(peer), PEER_LOOK_BROKEN);
}

static void questions_are_answered_before_the_request(void **state)
{
	char reply[100];

	(void)state;
	add_record(&bytes, GET_VALUES, 0, "\x0f\0FCGI_MPXS_CONNS", 17, 0);
	add_get(&bytes, 1, "/a", true);
	put(bytes.bytes, bytes.length);
	assert_int_equal(peer_look(peer), PEER_LOOK_REQUEST);
	assert_is(peer->request.uri, "/a");
	assert_int_equal(recv(web, reply, sizeof(reply), MSG_DONTWAIT), 26);
	assert_memory_equal(reply + 8, "\x0f\x01" "FCGI_MPXS_CONNS0", 18);
	assert_true(peer_can_move(peer));
	assert_int_equal(waiting(), 0);
	assert_int_equal(peer->raw.length, bytes.length - 25); /* the question is answered: it does not move along */
}

static void an_abort_that_comes_too_late_is_no_part_of_a_request(void **state)
{
	char reply[100];

	(void)state;
	make_request("/a", 200);
	put(bytes.bytes, bytes.length);
	assert_int_equal(peer_look(peer), PEER_LOOK_REQUEST);
	peer_clear(peer);
	text_clear(&bytes);
	add_record(&bytes, ABORT, 1, NULL, 0, 3);
	put(bytes.bytes, bytes.length);
	assert_int_equal(peer_look(peer), PEER_LOOK_NOTHING);
	assert_int_equal(peer->raw.length, 0);
	assert_int_equal(recv(web, reply, sizeof(reply), MSG_DONTWAIT), -1);
	make_request("/b", 200);
	put(bytes.bytes, bytes.length);
	assert_int_equal(peer_look(peer), PEER_LOOK_REQUEST);
	assert_is(peer->request.uri, "/b");
	assert_true(peer_can_move(peer));
}

/* Aborts of a request that is not there: they are read as long as they come, and others have their turn in between. */
static void what_never_ends_is_left_for_a_while(void **state)
{
	static struct text aborts;
	unsigned looks = 0;

	(void)state;
	for (int i = 0; i < 100000; i++)
		add_record(&aborts, ABORT, 9, NULL, 0, 0);
	put(aborts.bytes, aborts.length);
	for (;;) {
		assert_int_equal(peer_look(peer), PEER_LOOK_NOTHING);
		assert_int_equal(peer->raw.length, 0);
		if (!peer->more)
			break;
		looks++;
		assert_int_equal(waiting(), aborts.length - looks * 8 * LOOK);
	}
	assert_int_equal(looks, aborts.length / (8 * LOOK));
	assert_int_equal(waiting(), 0);
	make_request("/a", 200);
	put(bytes.bytes, bytes.length);
	assert_int_equal(peer_look(peer), PEER_LOOK_REQUEST);
	assert_true(peer_can_move(peer));
	assert_memory_equal(peer->raw.bytes, bytes.bytes, bytes.length);
	text_release(&aborts);
}

/* Which the event loop tells of but once, together with the bytes before it. */
static void an_end_behind_as_much_as_one_look_reads_is_told(void **state)
{
	static struct text aborts;

	(void)state;
	while (aborts.length <= 7 * LOOK)
		add_record(&aborts, ABORT, 9, NULL, 0, 0);
	put(aborts.bytes, aborts.length);
	close(web);
	web = -1;
	assert_int_equal(peer_look(peer), PEER_LOOK_NOTHING);
	assert_true(peer->more);
	assert_int_equal(peer_look(peer), PEER_LOOK_GONE);
	text_release(&aborts);
}

static void an_answer_is_written(void **state)
{
	struct text stream = { 0 };
	char got[1000];
	ssize_t length;
	const char *fault;

	(void)state;
	text_add_string(&peer->output.head, "Status: 200 OK\r\n\r\n");
	peer->output.tail = SLICE("[]");
	peer->output.id = 9;
	assert_int_equal(peer_write(peer), FASTCGI_WRITTEN);
	length = recv(web, got, sizeof(got), MSG_DONTWAIT);
	assert_true(length > 0);
	if ((fault = read_answer(got, (size_t)length, 9, &stream)) != NULL)
		fail_msg("%s", fault);
	assert_is(stream, "Status: 200 OK\r\n\r\n[]");
	text_release(&stream);
}

static void a_stream_is_written_piece_by_piece(void **state)
{
	static char got[1 << 20];
	struct text stream = { 0 }, wire = { 0 }, wanted = { 0 };
	const char *fault;
	int small = 5000, blocked = 0;

	(void)state;
	setsockopt(peer->socket, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	for (int i = 0; i < 50; i++) {
		char row[3000];
		enum fastcgi_write result;

		memset(row, 'a' + i % 26, sizeof(row));
		text_add(&wanted, row, sizeof(row));
		fastcgi_add_stdout(&peer->stream, 4, row, sizeof(row));
		if (i == 49)
			fastcgi_add_end(&peer->stream, 4);
		for (;;) {
			ssize_t length;

			result = peer_write(peer);
			assert_int_not_equal(result, FASTCGI_BROKEN);
			blocked += result == FASTCGI_BLOCKED;
			if (result == FASTCGI_BLOCKED || i == 49)
				while ((length = recv(web, got, 777, MSG_DONTWAIT)) > 0)
					text_add(&wire, got, (size_t)length);
			if (result == FASTCGI_WRITTEN)
				break;
		}
		assert_int_equal(peer->stream.length, 0);
	}
	assert_true(blocked > 0);
	if ((fault = read_answer(wire.bytes, wire.length, 4, &stream)) != NULL)
		fail_msg("%s", fault);
	assert_int_equal(stream.length, wanted.length);
	assert_memory_equal(stream.bytes, wanted.bytes, wanted.length);
	text_release(&stream);
	text_release(&wire);
	text_release(&wanted);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, connect_peer, disconnect)
	const struct CMUnitTest tests[] = {
		TEST(many_small_pieces_do_not_fill_the_socket),
		TEST(one_request_after_the_other_is_looked_at),
		TEST(it_moves_with_its_bytes),
		TEST(what_was_tried_is_known),
		TEST(a_request_may_be_larger_than_one_look),
		TEST(a_large_request_ends_where_the_next_begins),
		TEST(a_hang_up_is_told),
		TEST(garbage_is_told),
		TEST(malformed_variables_are_told),
		TEST(questions_are_answered_before_the_request),
		TEST(an_abort_that_comes_too_late_is_no_part_of_a_request),
		TEST(what_never_ends_is_left_for_a_while),
		TEST(an_end_behind_as_much_as_one_look_reads_is_told),
		TEST(an_answer_is_written),
		TEST(a_stream_is_written_piece_by_piece),
	};

	return cmocka_run_group_tests_name("peer", tests, NULL, NULL);
}
