/* SPDX-License-Identifier: MIT */
#include "schema/literal_compare.h"

#include <arpa/inet.h>
#include <string.h>

static struct slice unquoted(struct slice literal)
{
	if (literal.length >= 2 && literal.bytes[0] == '\'')
		return (struct slice){ literal.bytes + 1, literal.length - 2 };
	return literal;
}

/* Without its quotes, and without zeros at the end of a fraction. */
static struct slice bare(struct slice literal)
{
	struct slice text = unquoted(literal);
	const char *end = text.bytes + text.length, *point = slice_find(text.bytes, end, '.');

	while (point < end && end[-1] == '0')
		end--;
	if (point < end && end[-1] == '.')
		end--;
	return (struct slice){ text.bytes, (size_t)(end - text.bytes) };
}

/* Whatever its sign. */
static bool is_zero(struct slice literal)
{
	for (size_t i = 0; i < literal.length; i++)
		if (memchr("'-+.:0e", literal.bytes[i], 7) == NULL)
			return false;
	return true;
}

static bool is_same_uuid(struct slice a, struct slice b)
{
	size_t i = 0, j = 0;

	for (;; i++, j++) {
		while (i < a.length && memchr("-{}", a.bytes[i], 3) != NULL)
			i++;
		while (j < b.length && memchr("-{}", b.bytes[j], 3) != NULL)
			j++;
		if (i == a.length || j == b.length)
			return i == a.length && j == b.length;
		if ((a.bytes[i] | 0x20) != (b.bytes[j] | 0x20))
			return false;
	}
}

/* To the server an IPv4 address that is an IPv6 one as well is the same. */
static bool take_address(struct slice text, struct in6_addr *address)
{
	char copy[INET6_ADDRSTRLEN];

	if (text.length >= sizeof(copy))
		return false;
	memcpy(copy, text.bytes, text.length);
	copy[text.length] = '\0';
	memcpy(address, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
	return inet_pton(AF_INET, copy, (char *)address + 12) == 1 || inet_pton(AF_INET6, copy, address) == 1;
}

static bool is_same_address(struct slice a, struct slice b)
{
	struct in6_addr one, other;

	return take_address(a, &one) && take_address(b, &other) && memcmp(&one, &other, sizeof(one)) == 0;
}

static bool are_equal(struct slice a, struct slice b)
{
	return a.length == b.length && memcmp(a.bytes, b.bytes, a.length) == 0;
}

bool literal_is_same(const struct column *column, struct slice a, struct slice b)
{
	if (are_equal(a, b))
		return true;
	switch (column->type) {
	case COLUMN_FLOAT:
	case COLUMN_DOUBLE:
		return is_zero(a) && is_zero(b);
	case COLUMN_DECIMAL:
	case COLUMN_TIME:
		return are_equal(bare(a), bare(b)) || (is_zero(a) && is_zero(b));
	case COLUMN_DATETIME:
	case COLUMN_TIMESTAMP:
		return are_equal(bare(a), bare(b));
	case COLUMN_STRING:
		if (column->kind == KIND_UUID)
			return is_same_uuid(unquoted(a), unquoted(b));
		return (column->kind == KIND_INET6 || column->kind == KIND_INET4) && is_same_address(unquoted(a), unquoted(b));
	case COLUMN_INTEGER:
	case COLUMN_BOOLEAN:
	case COLUMN_YEAR:
	case COLUMN_BIT:
	case COLUMN_DATE:
	case COLUMN_JSON:
	case COLUMN_BINARY:
	case COLUMN_GEOMETRY:
	case COLUMN_ARRAY:
		break;
	}
	return false;
}
