/* SPDX-License-Identifier: MIT */
#include "web/etag.h"

#include <xxhash.h>

#include "web/negotiate.h"

enum { ROW_KEEP_BYTES = 1 << 16 };

static struct etag from_hash(XXH128_hash_t hash)
{
	return (struct etag){ hash.high64, hash.low64 };
}

struct etag etag_of_bytes(struct slice bytes)
{
	return from_hash(XXH3_128bits(bytes.bytes, bytes.length));
}

struct etag etag_of_row(const char *const *values, const unsigned long *lengths, unsigned count)
{
	static struct text bytes; /* hashing a short run at once is several times as fast as piece by piece */
	uint64_t length;

	text_clear(&bytes);
	for (unsigned i = 0; i < count; i++) {
		length = values[i] != NULL ? lengths[i] : UINT64_MAX; /* so that no two rows are the same bytes */
		text_add(&bytes, &length, sizeof(length));
		if (values[i] != NULL)
			text_add(&bytes, values[i], lengths[i]);
	}
	if (bytes.size > ROW_KEEP_BYTES) {
		struct etag etag = etag_of_bytes((struct slice){ bytes.bytes, bytes.length });

		text_release(&bytes);
		return etag;
	}
	return etag_of_bytes((struct slice){ bytes.bytes, bytes.length });
}

void etag_print(char printed[ETAG_BYTES], struct etag etag, enum media media)
{
	static const char digits[] = "0123456789abcdef";
	uint64_t halves[] = { etag.high, etag.low + (uint64_t)media };

	printed[0] = printed[33] = '"';
	printed[34] = '\0';
	for (int i = 0; i < 32; i++)
		printed[1 + i] = digits[halves[i / 16] >> (60 - i % 16 * 4) & 15];
}
