/* SPDX-License-Identifier: MIT
 *
 * Whole answers. Lines: method and database (an 'h' is a HEAD, a 'p' PostgreSQL), URI, Accept, Prefer, If-None-Match, X-Forwarded-Host;
 * behind them what the database gives, values with tabs between them (\N is NULL): a row, or with '=' before it one of EXPLAIN, with
 * '#' the number of all rows.
 *
 * The head is lines of names and printable values with one empty line behind them; the body is as long as it says, and
 * of the type that it says; who has it by its tag gets a 304; kept for an Idempotency-Key it comes again as it was.
 */
#include <stdint.h>

#include "base/utf8.h"
#include "oracle.h"
#include "sql/sql.h"
#include "strict.h"
#include "tables.h"
#include "web/negotiate.h"
#include "worker/batch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_OUTPUTS = 100, MAX_ROWS = 1000 };

struct answer {
	struct text bytes; /* terminated */
	const char *body;
	size_t body_length;
	int status;
};

static void take_answer(struct answer *answer, const struct peer *peer)
{
	const char *end;

	text_clear(&answer->bytes);
	text_add(&answer->bytes, peer->output.head.bytes, peer->output.head.length);
	text_add(&answer->bytes, peer->output.middle.bytes, peer->output.middle.length);
	text_add(&answer->bytes, peer->output.tail.bytes, peer->output.tail.length);
	(void)text_terminate(&answer->bytes);
	end = memmem(answer->bytes.bytes, answer->bytes.length, "\r\n\r\n", 4);
	DEMAND(end != NULL);
	answer->body = end + 4;
	answer->body_length = answer->bytes.length - (size_t)(end + 4 - answer->bytes.bytes);
	answer->status = peer->status;
}

/* The value of a header; without bytes: there is none. */
static struct slice header(const struct answer *answer, const char *name)
{
	const char *at = memmem(answer->bytes.bytes, (size_t)(answer->body - answer->bytes.bytes), name, strlen(name));

	if (at == NULL)
		return (struct slice){ "", 0 };
	at += strlen(name);
	return (struct slice){ at, (size_t)(strstr(at, "\r\n") - at) };
}

static void head_holds(const struct answer *answer, bool is_head)
{
	const char *at = answer->bytes.bytes, *end = answer->body - 2;
	struct slice length = header(answer, "\r\nContent-Length: ");

	DEMAND(strncmp(at, "Status: ", 8) == 0 && atoi(at + 8) == answer->status && at[11] == ' ' && at[12] != '-');
	for (const char *line = at; line < end;) {
		const char *stop = strstr(line, "\r\n"), *colon = memchr(line, ':', (size_t)(stop - line));

		DEMAND(colon != NULL && colon > line && colon[1] == ' ' && colon + 2 < stop);
		for (const char *byte = line; byte < stop; byte++)
			DEMAND(*byte >= ' ' && *byte < 0x7f);
		line = stop + 2;
	}
	DEMAND((answer->status == 304) == (length.length == 0));
	if (!is_head && answer->status != 304)
		DEMAND(strtoull(length.bytes, NULL, 10) == answer->body_length);
	else
		DEMAND(answer->body_length == 0);
}

static void json_holds(const char *bytes, size_t length)
{
	struct json_object *value;

	DEMAND(strict_json(bytes, length, &value));
	json_object_put(value);
}

static void body_holds(const struct answer *answer)
{
	struct slice type = header(answer, "\r\nContent-Type: ");

	DEMAND(utf8_span(answer->body, answer->body_length) == answer->body_length);
	if (answer->body_length == 0)
		return;
	DEMAND(type.length > 0);
	if (memmem(type.bytes, type.length, "json", 4) == NULL)
		DEMAND(strncmp(type.bytes, "text/csv", 8) == 0 && answer->body[answer->body_length - 1] == '\n');
	else if (memmem(type.bytes, type.length, "ndjson", 6) == NULL)
		json_holds(answer->body, answer->body_length);
	else
		for (const char *line = answer->body; *line != '\0'; line = strchr(line, '\n') + 1) {
			DEMAND(strchr(line, '\n') != NULL);
			json_holds(line, (size_t)(strchr(line, '\n') - line));
		}
}

/* Values up to the end of the line; those that are missing are NULL. */
static void take_values(struct slice line, struct row *row, const char **values, unsigned long *lengths, unsigned count)
{
	static struct text text;
	const char *at, *end, *stop;

	text_clear(&text);
	text_add(&text, line.bytes, line.length);
	at = text_terminate(&text);
	end = at + line.length;
	*row = (struct row){ count, values, lengths };
	for (unsigned i = 0; i < count; i++) {
		values[i] = NULL;
		lengths[i] = 0;
		if (at > end)
			continue;
		stop = memchr(at, '\t', (size_t)(end - at));
		stop = stop != NULL ? stop : end;
		if (stop - at != 2 || memcmp(at, "\\N", 2) != 0) {
			values[i] = at;
			lengths[i] = (unsigned long)(stop - at);
			text.bytes[stop - text.bytes] = '\0';
		}
		at = stop + 1;
	}
}

static void take_rows(struct batch *batch, const struct plan *plan, struct slice rest)
{
	unsigned count = plan->column_count + plan->hidden_count, most = (unsigned)(plan->limit < MAX_ROWS ? plan->limit : MAX_ROWS);
	const char *values[MAX_OUTPUTS];
	unsigned long lengths[MAX_OUTPUTS];
	struct row row;

	DEMAND(count <= MAX_OUTPUTS);
	for (unsigned rows = 0; rest.length > 0;) {
		struct slice line = oracle_line(&rest), behind = { line.bytes + 1, line.length > 0 ? line.length - 1 : 0 };

		if (line.length > 0 && *line.bytes == '=') {
			take_values(behind, &row, values, lengths, 10);
			batch_planned_row(batch, &row);
		} else if (line.length > 0 && *line.bytes == '#') {
			take_values(behind, &row, values, lengths, 1);
			batch_exact_row(batch, &row);
		} else if (rows < most + plan->lookahead) {
			take_values(line, &row, values, lengths, count);
			batch_row(batch, &row);
			rows++;
		}
	}
}

/* Has the peer's request answered. false: it is refused before. */
static bool answer(struct answer *answer, struct peer *peer, const struct schema *schema, struct slice rest)
{
	static struct batch batch;
	struct route route;
	struct fault fault = { 0 };

	if (route_find(&peer->request, schema, SLICE(""), &peer->arena, &route, &fault) != STATUS_OK || route.table == NULL)
		return false;
	if (plan_read(&route, MAX_ROWS, &peer->arena, &peer->plan, &fault) != STATUS_OK)
		return false;
	sql_keep_read(&peer->plan, &peer->arena);
	batch_begin(&batch, peer);
	(void)batch_sql(&batch);
	if (batch.by_keys) { /* whose key comes first, and who is not told by it gets nothing */
		batch_end(&batch);
		return false;
	}
	take_rows(&batch, &peer->plan, rest);
	batch_answer(&batch, peer);
	take_answer(answer, peer);
	batch_end(&batch);
	return true;
}

static struct peer *ask(const struct request *request, enum media media)
{
	struct peer *peer = peer_new(&(struct handover_item){ .connection = -1 }, 1000);

	peer->request = *request;
	peer->request.arena = &peer->arena;
	peer->media = media;
	return peer;
}

/* Whoever has it already. */
static void tag_holds(const struct answer *first, struct request request, enum media media, const struct schema *schema, struct slice rest)
{
	static struct answer again;
	struct slice tag = header(first, "\r\nETag: ");
	struct peer *peer;

	if (tag.length == 0 || first->status == 304)
		return;
	request.if_none_match = tag;
	peer = ask(&request, media);
	DEMAND(answer(&again, peer, schema, rest) && again.status == 304);
	head_holds(&again, false);
	peer_free(peer);
}

static void replay_holds(const struct answer *first, const struct request *request)
{
	static const char replayed[] = "Idempotency-Replayed: true\r\n";
	static struct answer again;
	struct peer *peer = ask(request, MEDIA_JSON);

	answer_replay(peer, (struct slice){ first->bytes.bytes, first->bytes.length });
	take_answer(&again, peer);
	DEMAND(again.status == first->status && again.bytes.length == first->bytes.length + sizeof(replayed) - 1);
	DEMAND(memcmp(again.bytes.bytes + sizeof(replayed) - 1, first->bytes.bytes, first->bytes.length) == 0);
	peer_free(peer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct schema *schemas[2];
	static struct answer first;
	struct slice rest = { (const char *)data, size }, line = oracle_line(&rest), accept;
	struct request request = { .method = METHOD_GET, .method_name = SLICE("GET"), .scheme = SLICE("https") };
	const struct schema *schema;
	enum media media;
	struct peer *peer;

	for (unsigned i = 0; i < 2 && schemas[i] == NULL; i++) {
		tables_dialect = i == 0 ? &mysql_dialect : &postgresql_dialect;
		schemas[i] = tables_make();
	}
	if (line.length > 0 && line.bytes[0] == 'h')
		request.method = METHOD_HEAD;
	schema = schemas[line.length > 0 && line.bytes[line.length - 1] == 'p'];
	request.uri = oracle_line(&rest);
	accept = oracle_line(&rest);
	prefer_parse(oracle_line(&rest), &request.preferences);
	request.if_none_match = oracle_line(&rest);
	request.host = oracle_line(&rest);
	if (negotiate_rows(accept, &media) != STATUS_OK)
		return 0;
	peer = ask(&request, media);
	if (answer(&first, peer, schema, rest)) {
		head_holds(&first, request.method == METHOD_HEAD);
		body_holds(&first);
		tag_holds(&first, request, media, schema, rest);
		replay_holds(&first, &request);
	}
	peer_free(peer);
	return 0;
}
