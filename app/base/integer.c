/* SPDX-License-Identifier: MIT */
#include "base/integer.h"

enum status integer_read(struct slice text, struct integer *integer)
{
	const char *at = text.bytes, *end = at + text.length;
	unsigned digit;

	integer->magnitude = 0;
	integer->negative = at < end && *at == '-';
	if (at < end && (*at == '-' || *at == '+'))
		at++;
	if (at == end)
		return STATUS_BAD_VALUE;
	for (const char *each = at; each < end; each++)
		if (*each < '0' || *each > '9')
			return STATUS_BAD_VALUE;
	for (; at < end; at++) {
		digit = (unsigned)(*at - '0');
		if (integer->magnitude > (UINT64_MAX - digit) / 10)
			return STATUS_VALUE_RANGE;
		integer->magnitude = integer->magnitude * 10 + digit;
	}
	if (integer->negative && integer->magnitude > (uint64_t)INT64_MAX + 1)
		return STATUS_VALUE_RANGE;
	if (integer->magnitude == 0)
		integer->negative = false;
	return STATUS_OK;
}

void integer_add(struct text *out, struct integer integer)
{
	if (integer.negative)
		text_add_char(out, '-');
	text_add_unsigned(out, integer.magnitude);
}
