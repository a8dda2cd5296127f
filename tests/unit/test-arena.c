/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include "unit.h"

static void memory_is_zeroed_even_when_it_was_used_before(void **state)
{
	struct arena arena = { 0 };
	char *memory;

	(void)state;
	for (int round = 0; round < 3; round++) {
		memory = arena_alloc(&arena, 1000);
		for (int i = 0; i < 1000; i++)
			assert_int_equal(memory[i], 0);
		memset(memory, 0xff, 1000);
		arena_clear(&arena);
	}
	arena_release(&arena);
}

static void memory_is_aligned_for_any_type(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (size_t size = 1; size < 300; size++)
		assert_int_equal((uintptr_t)arena_alloc(&arena, size) % _Alignof(max_align_t), 0);
	arena_release(&arena);
}

static void pieces_do_not_overlap(void **state)
{
	enum { PIECES = 3000 };
	struct arena arena = { 0 };
	static unsigned char *pieces[PIECES];
	static size_t sizes[PIECES];
	uint32_t seed = 1;

	(void)state;
	for (int i = 0; i < PIECES; i++) { /* some of them larger than a block */
		sizes[i] = dice(&seed) % (i % 100 == 0 ? 20000 : 200);
		pieces[i] = arena_alloc(&arena, sizes[i]);
		memset(pieces[i], i, sizes[i]);
	}
	for (int i = 0; i < PIECES; i++)
		for (size_t at = 0; at < sizes[i]; at++)
			assert_int_equal(pieces[i][at], (unsigned char)i);
	arena_release(&arena);
	assert_null(arena.blocks);
}

static void nothing_can_be_asked_of_an_empty_arena(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	assert_non_null(arena_alloc(&arena, 0));
	arena_clear(&arena);
	arena_release(&arena);
	arena_clear(&arena);
	arena_release(&arena);
	free(memory_grow(memory_alloc(0), 0));
}

static void a_text_is_a_copy_with_a_nul_behind_it(void **state)
{
	struct arena arena = { 0 };
	char bytes[] = { 'a', '\0', 'b', 'x' }, *copy = arena_text(&arena, bytes, 3);

	(void)state;
	bytes[0] = 'z';
	assert_memory_equal(copy, "a\0b", 4);
	assert_string_equal(arena_text(&arena, NULL, 0), "");
	arena_release(&arena);
}

static void printf_takes_what_is_longer_than_a_block(void **state)
{
	struct arena arena = { 0 };
	char *text = arena_printf(&arena, "%09000d|%s", 7, "end");

	(void)state;
	assert_int_equal(strlen(text), 9004);
	assert_string_equal(text + 8999, "7|end");
	arena_release(&arena);
}

static void clearing_keeps_one_block_for_the_next_use(void **state)
{
	struct arena arena = { 0 };
	void *first = arena_alloc(&arena, 100), *blocks = arena.blocks;

	(void)state;
	for (int i = 0; i < 100; i++)
		(void)arena_alloc(&arena, 3000);
	arena_clear(&arena);
	assert_ptr_equal(arena.blocks, blocks);
	assert_ptr_equal(arena_alloc(&arena, 100), first);
	arena_release(&arena);
}

static void clearing_gives_a_large_first_block_back(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	memset(arena_alloc(&arena, 1000000), 1, 1000000);
	arena_clear(&arena);
	assert_null(arena.blocks);
	assert_int_equal(arena.left, 0);
	memset(arena_alloc(&arena, 100), 1, 100);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_even_when_it_was_used_before),
		cmocka_unit_test(memory_is_aligned_for_any_type),
		cmocka_unit_test(pieces_do_not_overlap),
		cmocka_unit_test(nothing_can_be_asked_of_an_empty_arena),
		cmocka_unit_test(a_text_is_a_copy_with_a_nul_behind_it),
		cmocka_unit_test(printf_takes_what_is_longer_than_a_block),
		cmocka_unit_test(clearing_keeps_one_block_for_the_next_use),
		cmocka_unit_test(clearing_gives_a_large_first_block_back),
	};

	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
