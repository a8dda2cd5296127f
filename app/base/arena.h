/* SPDX-License-Identifier: MIT
 *
 * arena.h: memory that is given back all at once. What a request needs lives in its arena and is cleared after the
 * answer, so that nothing on its way frees anything. Memory that cannot be had ends the process (the pool starts
 * another worker), so no function here returns NULL.
 */
#ifndef MYREST_ARENA_H
#define MYREST_ARENA_H

#include <stddef.h>

#include "base/status.h"

struct arena_block;

struct arena {
	struct arena_block *blocks; /* newest first */
	char *next;                 /* the first free byte */
	size_t left;
};

/* An arena of zeroes is empty and ready for use. */
void *arena_alloc(struct arena *, size_t size); /* zeroed, aligned for any type */
char *arena_text(struct arena *, const char *bytes, size_t length); /* a copy with a NUL behind it */
char *arena_printf(struct arena *, const char *format, ...) PRINTF_LIKE(2, 3);

void arena_clear(struct arena *);   /* empties it and keeps one block for the next use */
void arena_release(struct arena *); /* gives everything back */

/* malloc and realloc that end the process rather than return NULL. */
void *memory_alloc(size_t size); /* zeroed */
void *memory_grow(void *, size_t size);

#endif
