/* SPDX-License-Identifier: MIT */
#include "worker/prepare.h"

#include "plan/plan_write.h"
#include "sql/sql.h"
#include "web/negotiate.h"
#include "worker/absence.h"
#include "worker/worker_state.h"

/* There is one schema, the database, which clients of PostgreSQL call public unless they are told. */
static bool is_our_schema(struct slice profile)
{
	if (profile.length == 0)
		return true;
	profile = text_trimmed(profile);
	return profile.length == 0 || slice_is(profile, "public") || slice_is(profile, worker.config->database.database);
}

static enum status check_profile(struct peer *peer, struct fault *fault)
{
	if (is_our_schema(peer->request.accept_profile) && is_our_schema(peer->request.content_profile))
		return STATUS_OK;
	fault->hint = "there is one schema: omit Accept-Profile, or set it to public";
	return fault->status = STATUS_NO_SUCH_SCHEMA;
}

/* What the answer is to look like. */
static enum status read_preferences(struct peer *peer, struct fault *fault)
{
	const struct preferences *preferences = &peer->request.preferences;

	if (negotiate_rows(peer->request.accept, &peer->media) != STATUS_OK) {
		fault->details = negotiate_media_list();
		return fault->status = STATUS_NOT_ACCEPTABLE;
	}
	if (preferences->handling != HANDLING_STRICT || preferences->unknown_count == 0)
		return STATUS_OK;
	fault->details = "not known: ";
	for (unsigned i = 0; i < preferences->unknown_count && i < PREFER_MOST_UNKNOWN; i++)
		fault->details = arena_printf(&peer->arena, "%s%s%.*s", fault->details, i > 0 ? ", " : "",
		                              (int)preferences->unknown[i].length, preferences->unknown[i].bytes);
	if (preferences->unknown_count > PREFER_MOST_UNKNOWN)
		fault->details = arena_printf(&peer->arena, "%s and %u more", fault->details,
		                              preferences->unknown_count - PREFER_MOST_UNKNOWN);
	return fault->status = STATUS_BAD_PREFERENCE;
}

/* Whether all of the body has come, as far as the web server says how long it is. A CSV that is cut would be one of fewer
 * rows. */
static bool is_whole(const struct request *request)
{
	struct slice told = request->content_length;
	uint64_t length = 0;

	if (request->method == METHOD_GET || request->method == METHOD_HEAD || told.length == 0)
		return true;
	for (size_t i = 0; i < told.length; i++) {
		if (told.bytes[i] < '0' || told.bytes[i] > '9')
			return true;
		if (length < UINT64_MAX / 16)
			length = length * 10 + (uint64_t)(told.bytes[i] - '0');
	}
	return length == request->body.length;
}

/* What the headers say, apart from what any one part of the plan makes of them. */
static enum status check_headers(struct peer *peer, struct fault *fault)
{
	const struct request *request = &peer->request;

	if (request->repeated != NULL)
		fault->message = arena_printf(&peer->arena, "the header %s is given more than once", request->repeated);
	else if (!is_whole(request))
		fault->message = arena_printf(&peer->arena, "Content-Length is %.*s, but the body has %zu bytes",
		                              (int)request->content_length.length, request->content_length.bytes,
		                              request->body.length);
	else
		return check_profile(peer, fault);
	return fault->status = STATUS_BAD_REQUEST;
}

enum status prepare_request(struct peer *peer, struct route *route, struct fault *fault)
{
	const struct schema *schema = database_schema(worker.database);
	const struct request *request = &peer->request;
	enum status status;

	if (peer->reader.params_too_large)
		return fault->status = STATUS_URI_TOO_LONG;
	if (peer->reader.body_too_large)
		return fault->status = STATUS_BODY_TOO_LARGE;
	if (schema == NULL)
		return fault->status = STATUS_AWAY;
	if ((status = route_find(request, schema, worker.config->prefix, &peer->arena, route, fault)) != STATUS_OK) {
		/* What the database lacked when it was asked last may be there by now. */
		if (route->awaited && absence_is_on())
			fault->status = status = STATUS_AWAY;
		return status;
	}
	if (request->method == METHOD_OPTIONS)
		return STATUS_OK;
	if ((status = check_headers(peer, fault)) != STATUS_OK || route->table == NULL)
		return status;
	if ((status = read_preferences(peer, fault)) != STATUS_OK)
		return status;
	if (request->method == METHOD_GET || request->method == METHOD_HEAD) {
		status = plan_read(route, (uint64_t)worker.config->max_rows, &peer->arena, &peer->plan, fault);
		if (status == STATUS_OK)
			sql_keep_read(&peer->plan, &peer->arena);
		return status;
	}
	peer->write = arena_alloc(&peer->arena, sizeof(*peer->write));
	return plan_write(route, request, peer->media, worker.config, &peer->arena, &peer->plan,
	                  peer->write, fault);
}
