/* SPDX-License-Identifier: MIT
 *
 * Accept: its answer depends neither on the case nor on a range that does not match.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http.h"
#include "prefer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum media choose(const char *bytes, size_t length)
{
	enum media media;

	return http_negotiate((struct slice){ bytes, length }, &media) == STATUS_OK ? media : MEDIA_COUNT;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct text other;
	enum media media = choose((const char *)data, size);
	struct preferences preferences = { .count = COUNT_NONE };
	struct row_range range;
	struct slice given = { (const char *)data, size };

	text_clear(&other);
	for (size_t i = 0; i < size; i++)
		text_add_char(&other, (char)toupper(data[i]));
	if (choose(other.bytes, other.length) != media)
		abort();
	text_add_string(&other, ",image/png;q=0.5");
	if (size > 0 && choose(other.bytes, other.length) != media)
		abort();
	prefer_parse(given, &preferences);
	if (http_range((struct slice){ "", 0 }, given, &range) == STATUS_OK && range.given && range.first > range.last)
		abort();
	(void)http_names_tag(given, "\"0123456789abcdef0123456789abcdef\"");
	return 0;
}
