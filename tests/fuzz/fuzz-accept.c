/* SPDX-License-Identifier: MIT
 *
 * Accept: its answer depends neither on the case nor on a range that does not match.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct text other;
	bool answer = http_accepts((struct slice){ (const char *)data, size }, "application", "json");

	text_clear(&other);
	for (size_t i = 0; i < size; i++)
		text_add_char(&other, (char)toupper(data[i]));
	if (http_accepts((struct slice){ other.bytes, other.length }, "application", "json") != answer)
		abort();
	text_add_string(&other, ",image/png;q=0.5");
	if (size > 0 && http_accepts((struct slice){ other.bytes, other.length }, "application", "json") != answer)
		abort();
	return 0;
}
