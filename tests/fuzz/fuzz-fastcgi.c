/* SPDX-License-Identifier: MIT
 *
 * The FastCGI reader: what it makes of bytes does not depend on the pieces they come in.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "web/fastcgi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Feeds all that comes and writes down what became of it. */
static void run(const uint8_t *data, size_t size, size_t piece, struct text *story)
{
	struct fastcgi_reader reader = { .limit = 3000 };
	enum fastcgi_event event = FASTCGI_MORE;
	struct request request;
	size_t at = 0, step, used;

	while (at < size && event != FASTCGI_GARBAGE) {
		step = size - at < piece ? size - at : piece;
		event = fastcgi_feed(&reader, data + at, step, &used);
		if (used > step || (event == FASTCGI_MORE && used != step))
			abort();
		at += used;
		switch (event) {
		case FASTCGI_MORE:
			break;
		case FASTCGI_GARBAGE:
			text_printf(story, "garbage at %zu\n", at);
			break;
		case FASTCGI_CONTROL:
			text_printf(story, "control at %zu ", at);
			text_add(story, fastcgi_reply(&reader).bytes, fastcgi_reply(&reader).length);
			break;
		case FASTCGI_REQUEST:
			if (reader.params.length + reader.body.length > reader.limit)
				abort();
			text_printf(story, "request at %zu, id %u, keep %d, cut %d %d ", at, reader.id, reader.keep,
			            reader.params_too_large, reader.body_too_large);
			text_add(story, reader.params.bytes, reader.params.length);
			text_add(story, reader.body.bytes, reader.body.length);
			if (fastcgi_variables(&reader, &request)) {
				text_add(story, request.uri.bytes, request.uri.length);
				text_add(story, request.accept.bytes, request.accept.length);
				text_add(story, request.id.bytes, request.id.length);
				text_printf(story, "%d", (int)request.method);
			}
			fastcgi_reader_clear(&reader);
			break;
		}
	}
	fastcgi_reader_release(&reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct text whole, pieces;
	size_t piece = size > 0 ? 1 + data[0] % 23 : 1;

	text_clear(&whole);
	text_clear(&pieces);
	run(data, size, SIZE_MAX, &whole);
	run(data, size, piece, &pieces);
	if (whole.length != pieces.length || (whole.length > 0 && memcmp(whole.bytes, pieces.bytes, whole.length) != 0))
		abort();
	return 0;
}
