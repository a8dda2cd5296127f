/* SPDX-License-Identifier: MIT
 *
 * integer.h: integers of 64 bits and either sign, from text and as text.
 */
#ifndef MYREST_INTEGER_H
#define MYREST_INTEGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* Equal values have equal fields. */
struct integer {
	uint64_t magnitude;
	bool negative; /* never with a magnitude of 0 */
};

/* Reads [+-]digits. STATUS_BAD_VALUE: not an integer; STATUS_VALUE_RANGE: beyond 64 bits. */
enum status integer_read(struct slice text, struct integer *) MUST_CHECK;

static inline bool integer_equal(struct integer a, struct integer b)
{
	return a.magnitude == b.magnitude && a.negative == b.negative;
}

/* Adds its decimal digits, without leading zeros. */
void integer_add(struct text *, struct integer);

#endif
