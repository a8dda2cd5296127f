/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

struct arena_block {
	struct arena_block *older;
	size_t size; /* of the bytes behind this header */
	max_align_t bytes[];
};

enum { BLOCK_SIZE = 4096 - sizeof(struct arena_block) };

static void out_of_memory(void)
{
	static const char line[] = "{\"level\":\"error\",\"event\":\"out-of-memory\"}\n";

	(void)!write(STDERR_FILENO, line, sizeof(line) - 1);
	_exit(EX_OSERR);
}

void *memory_alloc(size_t size)
{
	void *memory = calloc(1, size ? size : 1);

	if (memory == NULL)
		out_of_memory();
	return memory;
}

void *memory_grow(void *old, size_t size)
{
	void *memory = realloc(old, size ? size : 1);

	if (memory == NULL)
		out_of_memory();
	return memory;
}

static void add_block(struct arena *arena, size_t least)
{
	size_t size = least > BLOCK_SIZE ? least : BLOCK_SIZE;
	struct arena_block *block;

	if (size > SIZE_MAX - sizeof(*block) || (block = malloc(sizeof(*block) + size)) == NULL)
		out_of_memory();
	else {
		block->older = arena->blocks;
		block->size = size;
		arena->blocks = block;
		arena->next = (char *)block->bytes;
		arena->left = size;
	}
}

static void *take(struct arena *arena, size_t size)
{
	size_t align = -(uintptr_t)arena->next & (_Alignof(max_align_t) - 1);
	char *memory;

	if (arena->next == NULL || arena->left < align || arena->left - align < size) {
		add_block(arena, size);
		align = 0;
	}
	memory = arena->next + align;
	arena->next += align + size;
	arena->left -= align + size;
	return memory;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	return memset(take(arena, size), 0, size);
}

char *arena_text(struct arena *arena, const char *bytes, size_t length)
{
	char *copy = take(arena, length + 1);

	if (length > 0)
		memcpy(copy, bytes, length);
	copy[length] = '\0';
	return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list arguments;
	char *text;
	int length;

	va_start(arguments, format);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length < 0)
		length = 0;
	text = take(arena, (size_t)length + 1);
	va_start(arguments, format);
	vsnprintf(text, (size_t)length + 1, format, arguments);
	va_end(arguments);
	return text;
}

void arena_clear(struct arena *arena)
{
	struct arena_block *block, *older;

	if (arena->blocks == NULL)
		return;
	for (block = arena->blocks; block->older != NULL; block = older) {
		older = block->older;
		free(block);
	}
	if (block->size > BLOCK_SIZE) { /* not worth keeping for one large request */
		free(block);
		block = NULL;
	}
	arena->blocks = block;
	arena->next = block != NULL ? (char *)block->bytes : NULL;
	arena->left = block != NULL ? block->size : 0;
}

void arena_release(struct arena *arena)
{
	struct arena_block *block = arena->blocks, *older;

	for (; block != NULL; block = older) {
		older = block->older;
		free(block);
	}
	memset(arena, 0, sizeof(*arena));
}
