/* SPDX-License-Identifier: MIT */
#include "response/answer.h"

#include <stdlib.h>
#include <string.h>

#include "response/page_link.h"
#include "response/render.h"
#include "web/negotiate.h"

enum { RETRY_AFTER_S = 1 };

static void begin(struct peer *peer, const struct answer_head *head)
{
	fastcgi_output_clear(&peer->output);
	peer->output.id = peer->reader.id;
	peer->status = head->status;
	http_add_head(&peer->output.head, head);
}

/* An error, with what else its head says. */
static void answer_fault_with(struct peer *peer, const struct fault *fault, struct answer_head *head)
{
	struct text body = { 0 };

	http_add_fault(&body, fault);
	head->status = status_http(fault->status);
	head->content_type = negotiate_content_type(MEDIA_JSON);
	head->has_length = true;
	head->length = body.length;
	if (head->status == 503)
		head->retry_after_s = RETRY_AFTER_S;
	if (fault->status == STATUS_BAD_CODING) /* which tells it from a media type (RFC 9110 section 12.5.3) */
		head->codings = "identity";
	begin(peer, head);
	if (peer->request.method != METHOD_HEAD)
		text_add(&peer->output.head, body.bytes, body.length);
	text_release(&body);
	peer->rows = 0;
}

void answer_fault(struct peer *peer, const struct fault *fault, const char *allow)
{
	struct answer_head head = { .allow = allow };

	answer_fault_with(peer, fault, &head);
}

void answer_options(struct peer *peer, const char *allow)
{
	struct answer_head head = { .status = 200, .has_length = true, .allow = allow };

	begin(peer, &head);
}

void answer_text(struct peer *peer, const char *content_type, const char *tag, struct slice opening, struct shared_text *rest)
{
	struct answer_head head = { .status = 200, .content_type = content_type, .has_length = true,
		                    .length = opening.length + rest->text.length, .tag = tag, .varies = true };

	if (peer->request.if_none_match.length > 0 && http_names_tag(peer->request.if_none_match, tag)) {
		head.status = 304;
		head.content_type = NULL;
		head.has_length = false;
	}
	begin(peer, &head);
	if (head.status != 200 || peer->request.method == METHOD_HEAD)
		return;
	text_add_slice(&peer->output.head, opening);
	rest->references++;
	peer->output.shared = rest;
	peer->output.middle = (struct slice){ rest->text.bytes, rest->text.length };
}

static void refuse(struct peer *peer, enum status status, const char *details)
{
	struct fault fault = { .status = status, .details = details };

	answer_fault(peer, &fault, NULL);
}

static const char *const counts[] = { NULL, "count=exact", "count=planned", "count=estimated" };

static const char *const handlings[] = { NULL, "handling=strict", "handling=lenient" };

static void add_applied(struct text *list, const char *preference)
{
	if (preference == NULL)
		return;
	if (list->length > 0)
		text_add_string(list, ", ");
	text_add_string(list, preference);
}

/* All that a read heeds; whatever tx says, nothing is kept of it. */
static const char *applied_to_read(const struct peer *peer)
{
	static const char *const ends[] = { NULL, "tx=commit", "tx=rollback" };
	static struct text list;
	const struct preferences *preferences = &peer->request.preferences;

	if (preferences->tx == TX_UNSAID && preferences->handling == HANDLING_UNSAID)
		return counts[preferences->count];
	text_clear(&list);
	add_applied(&list, counts[preferences->count]);
	add_applied(&list, ends[preferences->tx]);
	add_applied(&list, handlings[preferences->handling]);
	return text_terminate(&list);
}

/* All that a write heeds. */
static const char *applied_to_write(struct peer *peer)
{
	static const char *const returns[] = { NULL, "return=minimal", "return=headers-only", "return=representation" };
	static const char *const resolutions[] = { NULL, "resolution=merge-duplicates", "resolution=ignore-duplicates" };
	static const char *const missing[] = { NULL, "missing=default", "missing=null" };
	static struct text list;
	const struct preferences *preferences = &peer->request.preferences;
	const struct write *write = peer->write;

	text_clear(&list);
	add_applied(&list, resolutions[write->resolution]);
	if (write->kind == WRITE_INSERT || write->kind == WRITE_UPDATE)
		add_applied(&list, missing[preferences->missing]);
	add_applied(&list, returns[preferences->returned]);
	add_applied(&list, counts[preferences->count]);
	if (write->rollback)
		add_applied(&list, "tx=rollback");
	else if (preferences->tx == TX_COMMIT)
		add_applied(&list, "tx=commit");
	add_applied(&list, handlings[preferences->handling]);
	if (write->has_max_affected)
		add_applied(&list, arena_printf(&peer->arena, "max-affected=%llu",
		                                (unsigned long long)write->max_affected));
	return list.length > 0 ? text_terminate(&list) : NULL;
}

/* What begins the body and what ends it. */
static void wrap(const struct peer *peer, struct text *begin_with, struct slice *end_with)
{
	*end_with = (struct slice){ "", 0 };
	if (peer->media == MEDIA_CSV)
		render_csv_names(begin_with, peer->plan.columns, peer->plan.column_count);
	else if (peer->media == MEDIA_JSON && !peer->plan.one_row) {
		text_add_char(begin_with, '[');
		*end_with = SLICE("]");
	}
}

/* Behind the end, when it is known. */
static bool is_behind(const struct peer *peer, const struct answer_rows *answer)
{
	return answer->has_total && answer->count == 0 && peer->plan.offset > answer->total;
}

static void answer_behind(struct peer *peer, const struct answer_rows *answer)
{
	struct fault fault = { .status = STATUS_BAD_RANGE,
		               .details = arena_printf(&peer->arena,
		                                       "An offset of %llu was requested, but there are only %llu rows.",
		                                       (unsigned long long)peer->plan.offset,
		                                       (unsigned long long)answer->total) };
	struct answer_head head = { .has_range = true, .has_total = true, .total = answer->total };

	answer_fault_with(peer, &fault, &head);
}

static void add_body(struct peer *peer, struct shared_text *shared, struct slice opening, struct slice rows,
                     struct slice closing)
{
	text_add_slice(&peer->output.head, opening);
	peer->output.tail = closing;
	if (rows.length == 0)
		return;
	shared->references++;
	peer->output.shared = shared;
	peer->output.middle = rows;
}

void answer_rows(struct peer *peer, const struct answer_rows *answer)
{
	static struct text opening, next;
	char tag[ETAG_BYTES];
	struct slice closing;
	struct answer_head head = { .status = 200, .content_type = negotiate_content_type(peer->media), .has_length = true,
		                    .has_range = !peer->plan.one_row, .first_row = peer->plan.offset, .rows = answer->count,
		                    .has_total = answer->has_total, .total = answer->total, .tag = tag, .varies = true,
		                    .applied = applied_to_read(peer),
		                    .merged = peer->request.wants_merged ? answer->merged : 0 };

	if (peer->plan.one_row && answer->count == 0) {
		refuse(peer, STATUS_NO_SUCH_ROW, "The result contains 0 rows");
		return;
	}
	if (is_behind(peer, answer)) {
		answer_behind(peer, answer);
		return;
	}
	if (peer->media == MEDIA_OBJECT && answer->count != 1) {
		refuse(peer, STATUS_NOT_SINGULAR, arena_printf(&peer->arena, "The result contains %llu rows",
		                                               (unsigned long long)answer->count));
		return;
	}
	peer->rows = answer->count;
	etag_print(tag, answer->etag, peer->media);
	if (peer->request.if_none_match.length > 0 && http_names_tag(peer->request.if_none_match, tag)) {
		head.status = 304;
		head.content_type = NULL;
		head.has_length = head.has_range = false;
		begin(peer, &head);
		return;
	}
	if (answer->has_total && answer->count < answer->total && !peer->plan.one_row)
		head.status = 206;
	text_clear(&next);
	if (answer->more && peer->media != MEDIA_OBJECT) {
		page_link_add(&next, &peer->request, &peer->plan, answer->place);
		head.next = (struct slice){ next.bytes, next.length };
	}
	text_clear(&opening);
	wrap(peer, &opening, &closing);
	head.length = opening.length + answer->rows.length + closing.length;
	begin(peer, &head);
	if (peer->request.method == METHOD_HEAD)
		return;
	add_body(peer, answer->shared, (struct slice){ opening.bytes, opening.length }, answer->rows, closing);
}

void answer_written(struct peer *peer, const struct answer_written *written)
{
	static struct text opening;
	const struct write *write = peer->write;
	bool shows = write->returned == RETURN_REPRESENTATION, keeps = write->kind == WRITE_UPDATE || write->kind == WRITE_PUT;
	char tag[ETAG_BYTES];
	struct slice closing = { "", 0 };
	bool ok = shows || write->kind == WRITE_INSERT; /* not 204 */
	struct answer_head head = { .status = written->created ? 201 : ok ? 200 : 204,
		                    .has_length = written->created || ok, .has_range = !peer->plan.one_row,
		                    .rows = keeps ? written->affected : 0,
		                    .has_total = peer->request.preferences.count != COUNT_NONE, .total = written->affected,
		                    .location = written->location, .applied = applied_to_write(peer) };

	text_clear(&opening);
	peer->rows = written->affected;
	if (shows) {
		wrap(peer, &opening, &closing);
		head.content_type = negotiate_content_type(peer->media);
		head.length = opening.length + written->rows.length + closing.length;
		if (written->has_tag) {
			etag_print(tag, written->etag, peer->media);
			head.tag = tag;
		}
	}
	begin(peer, &head);
	if (shows)
		add_body(peer, written->shared, (struct slice){ opening.bytes, opening.length }, written->rows, closing);
}

void answer_replay(struct peer *peer, struct slice bytes)
{
	const char *status = memmem(bytes.bytes, bytes.length, "Status: ", 8);

	fastcgi_output_clear(&peer->output);
	peer->output.id = peer->reader.id;
	peer->status = status != NULL ? atoi(status + 8) : 200;
	text_add_string(&peer->output.head, "Idempotency-Replayed: true\r\n");
	text_add_slice(&peer->output.head, bytes);
}

void answer_stream(struct peer *peer, struct slice rows)
{
	struct answer_head head = { .status = 200, .content_type = negotiate_content_type(peer->media), .varies = true };
	struct slice closing;

	begin(peer, &head);
	if (peer->request.method != METHOD_HEAD)
		wrap(peer, &peer->output.head, &closing);
	fastcgi_add_stdout(&peer->stream, peer->reader.id, peer->output.head.bytes, peer->output.head.length);
	text_clear(&peer->output.head);
	if (peer->request.method != METHOD_HEAD)
		fastcgi_add_stdout(&peer->stream, peer->reader.id, rows.bytes, rows.length);
}

void answer_stream_row(struct peer *peer, struct slice row)
{
	if (peer->request.method != METHOD_HEAD)
		fastcgi_add_stdout(&peer->stream, peer->reader.id, row.bytes, row.length);
}

void answer_stream_end(struct peer *peer)
{
	if (peer->request.method != METHOD_HEAD && peer->media == MEDIA_JSON)
		fastcgi_add_stdout(&peer->stream, peer->reader.id, "]", 1);
	fastcgi_add_end(&peer->stream, peer->reader.id);
	peer->stream_ended = true;
}
