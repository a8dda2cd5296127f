/* SPDX-License-Identifier: MIT */
#include "web/handover.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

static struct handover queue;
static struct handover_item got;

static bool give(int connection, unsigned char mark, const char *bytes, size_t length)
{
	const struct handover_note note = { .since_us = 1000 + mark, .waits_since_us = 2000 + mark, .mark = mark };

	return handover_give(&queue, &(struct handover_item){ connection, note, { bytes, length } });
}

static int take(void)
{
	return handover_take(&queue, &got) ? got.connection : -1;
}

static int open_queue(void **state)
{
	(void)state;
	return handover_open(&queue);
}

static int close_queue(void **state)
{
	(void)state;
	close(queue.give);
	close(queue.take);
	return 0;
}

static void an_empty_queue_has_nothing_and_does_not_wait(void **state)
{
	(void)state;
	assert_int_equal(take(), -1);
}

static void the_descriptor_travels_to_another_process(void **state)
{
	int ends[2], status;
	char word[10] = "";
	pid_t child;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	if ((child = fork()) == 0) {
		int taken;

		close(ends[0]); /* its own copies are gone */
		close(ends[1]);
		for (int i = 0; (taken = take()) < 0 && i < 5000; i++)
			usleep(1000);
		_exit(taken >= 0 && (fcntl(taken, F_GETFD) & FD_CLOEXEC) && write(taken, "hello", 5) == 5 ? 0 : 1);
	}
	assert_true(give(ends[1], 0, NULL, 0));
	close(ends[1]); /* it lives on in the queue */
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(read(ends[0], word, sizeof(word)), 5);
	assert_string_equal(word, "hello");
	assert_int_equal(read(ends[0], word, sizeof(word)), 0); /* nobody holds it any more */
	close(ends[0]);
}

static void first_in_is_first_out_and_each_once(void **state)
{
	int ends[3][2];

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(pipe(ends[i]), 0);
		assert_true(give(ends[i][1], 0, NULL, 0));
		close(ends[i][1]);
	}
	for (int i = 0; i < 3; i++) {
		int taken = take();
		char byte;

		assert_true(taken >= 0);
		assert_int_equal(write(taken, "x", 1), 1);
		close(taken);
		assert_int_equal(read(ends[i][0], &byte, 1), 1);
		close(ends[i][0]);
	}
	assert_int_equal(take(), -1);
}

static void a_full_queue_says_so_and_keeps_what_it_has(void **state)
{
	int ends[2], given = 0, taken;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	while (given < 100000 && give(ends[1], 0, NULL, 0))
		given++;
	assert_in_range(given, 64, 99999);
	assert_false(give(ends[1], 0, NULL, 0));
	assert_true(write(ends[1], "x", 1) == 1); /* the caller's own is as it was */
	for (int i = 0; i < given; i++) {
		taken = take();
		assert_true(taken >= 0);
		close(taken);
	}
	assert_int_equal(take(), -1);
	assert_true(give(ends[1], 0, NULL, 0)); /* and it works again */
	close(ends[0]);
	close(ends[1]);
}

static void the_bytes_travel_with_it(void **state)
{
	static char sent[HANDOVER_BYTES + 1];
	static const size_t lengths[] = { 0, 1, 300, 65536, HANDOVER_BYTES };
	int ends[2], taken;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (char)(i * 7 + i / 256);
	for (size_t i = 0; i < LENGTH_OF(lengths); i++) {
		assert_true(give(ends[1], (unsigned char)(i + 1), sent, lengths[i]));
		taken = take();
		assert_true(taken >= 0);
		close(taken);
		assert_int_equal(got.note.mark, i + 1);
		assert_int_equal(got.note.since_us, 1001 + i);
		assert_int_equal(got.note.waits_since_us, 2001 + i);
		assert_int_equal(got.bytes.length, lengths[i]);
		assert_memory_equal(got.bytes.bytes, sent, lengths[i]);
	}
	assert_false(give(ends[1], 0, sent, HANDOVER_BYTES + 1));
	assert_int_equal(take(), -1);
	close(ends[0]);
	close(ends[1]);
}

static void a_look_at_the_first_takes_nothing(void **state)
{
	struct handover_note note;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_false(handover_peek(&queue, &note));
	assert_true(give(ends[1], 5, "abc", 3) && give(ends[1], 6, NULL, 0));
	for (int i = 0; i < 3; i++) {
		assert_true(handover_peek(&queue, &note));
		assert_int_equal(note.mark, 5);
		assert_int_equal(note.waits_since_us, 2005);
	}
	close(take());
	assert_int_equal(got.bytes.length, 3);
	assert_true(handover_peek(&queue, &note));
	assert_int_equal(note.mark, 6);
	close(take());
	assert_false(handover_peek(&queue, &note));
	close(ends[0]);
	close(ends[1]);
}

static void what_is_no_descriptor_is_not_given(void **state)
{
	(void)state;
	assert_false(give(-1, 0, NULL, 0));
	assert_int_equal(take(), -1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_queue, close_queue)
	const struct CMUnitTest tests[] = {
		TEST(an_empty_queue_has_nothing_and_does_not_wait),
		TEST(the_descriptor_travels_to_another_process),
		TEST(first_in_is_first_out_and_each_once),
		TEST(a_full_queue_says_so_and_keeps_what_it_has),
		TEST(the_bytes_travel_with_it),
		TEST(a_look_at_the_first_takes_nothing),
		TEST(what_is_no_descriptor_is_not_given),
	};

	return cmocka_run_group_tests_name("handover", tests, NULL, NULL);
}
