/* SPDX-License-Identifier: MIT */
#include "postgresql/postgresql_row.h"

#include <string.h>

/* The types whose text is not what all databases' values are here (table.h), by their numbers in pg_type. */
enum { TYPE_BOOL = 16, TYPE_BYTEA = 17, TYPE_BPCHAR = 1042, TYPE_TIMESTAMPTZ = 1184 };

bool postgresql_row_is_bytes(Oid type)
{
	return type == TYPE_BYTEA;
}

static int digit(char byte)
{
	return byte <= '9' ? byte - '0' : byte - 'a' + 10;
}

/* \x and two digits for each byte; there is room for them. */
static void take_bytes(struct text *bytes, const char **value, unsigned long *length)
{
	const char *at = *value + 2, *end = *value + *length;
	size_t before = bytes->length;

	for (; at + 1 < end; at += 2)
		text_add_char(bytes, (char)(digit(at[0]) << 4 | digit(at[1])));
	*value = bytes->bytes + before;
	*length = bytes->length - before;
}

void postgresql_row_convert(Oid type, const char **value, unsigned long *length, struct text *bytes)
{
	switch (type) {
	case TYPE_BOOL:
		*value = **value == 't' ? "1" : "0";
		break;
	case TYPE_BYTEA:
		take_bytes(bytes, value, length);
		break;
	case TYPE_BPCHAR: /* padded with spaces that are not the value's */
		while (*length > 0 && (*value)[*length - 1] == ' ')
			--*length;
		break;
	case TYPE_TIMESTAMPTZ: /* the session is in UTC */
		if (*length > 3 && memcmp(*value + *length - 3, "+00", 3) == 0)
			*length -= 3;
		break;
	default:
		break;
	}
}
