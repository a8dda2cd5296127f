/* SPDX-License-Identifier: MIT
 *
 * clock.h: time that only goes forward, for durations and deadlines.
 */
#ifndef MYREST_CLOCK_H
#define MYREST_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Microseconds since some fixed moment (CLOCK_MONOTONIC). */
static inline int64_t clock_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Microseconds of a processor that this thread has had. */
static inline int64_t clock_cpu_us(void)
{
	struct timespec used;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (int64_t)used.tv_sec * 1000000 + used.tv_nsec / 1000;
}

/* The earlier of two moments, of which 0 is none. */
static inline int64_t clock_earlier(int64_t a, int64_t b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

#endif
