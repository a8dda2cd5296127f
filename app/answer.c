/* SPDX-License-Identifier: MIT */
#include "answer.h"

#include <string.h>

static const char json_type[] = "application/json; charset=utf-8";

enum { RETRY_AFTER_S = 1 };

static void begin(struct peer *peer, const struct answer_head *head)
{
	fastcgi_output_clear(&peer->output);
	peer->output.id = peer->reader.id;
	peer->status = head->status;
	http_add_head(&peer->output.head, head);
}

void answer_fault(struct peer *peer, const struct fault *fault, const char *allow)
{
	struct text body = { 0 };
	struct answer_head head = { .status = status_http(fault->status), .content_type = json_type,
		                    .has_length = true, .allow = allow };

	http_add_fault(&body, fault);
	head.length = body.length;
	if (head.status == 503)
		head.retry_after_s = RETRY_AFTER_S;
	begin(peer, &head);
	if (peer->request.method != METHOD_HEAD)
		text_add(&peer->output.head, body.bytes, body.length);
	text_release(&body);
	peer->rows = 0;
}

void answer_options(struct peer *peer, const char *allow)
{
	struct answer_head head = { .status = 200, .has_length = true, .allow = allow };

	begin(peer, &head);
}

static void answer_no_row(struct peer *peer)
{
	struct fault fault = { .status = STATUS_NO_SUCH_ROW, .details = "The result contains 0 rows" };

	answer_fault(peer, &fault, NULL);
}

void answer_rows(struct peer *peer, struct shared_text *shared, struct slice rows, uint64_t count)
{
	bool single = peer->plan.single;
	struct answer_head head = { .status = 200, .content_type = json_type, .has_length = true,
		                    .length = rows.length + (single ? 0 : 2), .has_range = !single,
		                    .first_row = peer->plan.offset, .rows = count };

	if (single && count == 0) {
		answer_no_row(peer);
		return;
	}
	begin(peer, &head);
	peer->rows = count;
	if (peer->request.method == METHOD_HEAD)
		return;
	if (!single) {
		text_add_char(&peer->output.head, '[');
		peer->output.tail = SLICE("]");
	}
	if (rows.length == 0)
		return;
	shared->references++;
	peer->output.shared = shared;
	peer->output.middle = rows;
}

void answer_stream(struct peer *peer, struct slice rows)
{
	struct answer_head head = { .status = 200, .content_type = json_type };

	begin(peer, &head);
	fastcgi_add_stdout(&peer->stream, peer->reader.id, peer->output.head.bytes, peer->output.head.length);
	text_clear(&peer->output.head);
	if (peer->request.method == METHOD_HEAD)
		return;
	if (!peer->plan.single)
		fastcgi_add_stdout(&peer->stream, peer->reader.id, "[", 1);
	fastcgi_add_stdout(&peer->stream, peer->reader.id, rows.bytes, rows.length);
}

void answer_stream_row(struct peer *peer, struct slice row)
{
	if (peer->request.method != METHOD_HEAD)
		fastcgi_add_stdout(&peer->stream, peer->reader.id, row.bytes, row.length);
}

void answer_stream_end(struct peer *peer)
{
	if (peer->request.method != METHOD_HEAD && !peer->plan.single)
		fastcgi_add_stdout(&peer->stream, peer->reader.id, "]", 1);
	fastcgi_add_end(&peer->stream, peer->reader.id);
	peer->stream_ended = true;
}
