/* SPDX-License-Identifier: MIT */
#include "base/process_title.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/arena.h"

/* The environment, for as long as the process lives. Only written, but to be found by leak checkers. */
static char **moved __attribute__((used));
static char *start;
static size_t size;

void process_title_open(char **argv)
{
	char *end = argv[0] + strlen(argv[0]), *copy;
	size_t count = 0, bytes = 0;

	for (int i = 1; argv[i] != NULL && argv[i] == end + 1; i++)
		end = argv[i] + strlen(argv[i]);
	for (; environ[count] != NULL; count++) {
		if (environ[count] == end + 1)
			end = environ[count] + strlen(environ[count]);
		bytes += strlen(environ[count]) + 1;
	}
	moved = memory_alloc((count + 1) * sizeof(*moved) + bytes);
	copy = (char *)(moved + count + 1);
	for (size_t i = 0; i < count; i++) {
		moved[i] = strcpy(copy, environ[i]);
		copy += strlen(copy) + 1;
	}
	environ = moved;
	start = argv[0];
	size = (size_t)(end - start);
}

void process_title_set(const char *role, int number)
{
	char text[64], name[16];
	int length;

	length = number > 0 ? snprintf(text, sizeof(text), "myrest: %s %d", role, number)
	                    : snprintf(text, sizeof(text), "myrest: %s", role);
	snprintf(name, sizeof(name), "myrest-%.8s", role);
	(void)prctl(PR_SET_NAME, name);
	if (start == NULL || size == 0)
		return;
	memset(start, 0, size);
	memcpy(start, text, (size_t)length < size ? (size_t)length : size - 1);
}
