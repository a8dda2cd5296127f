/* SPDX-License-Identifier: MIT */
#include "web/negotiate.h"

#include <string.h>
#include <strings.h>

struct media_type {
	const char *type, *subtype, *content_type;
	enum media media;
};

static const struct media_type media_types[] = {
	{ "application", "json", "application/json; charset=utf-8", MEDIA_JSON },
	{ "application", "vnd.pgrst.object+json", "application/vnd.pgrst.object+json; charset=utf-8", MEDIA_OBJECT },
	{ "text", "csv", "text/csv; charset=utf-8", MEDIA_CSV },
	{ "application", "x-ndjson", "application/x-ndjson; charset=utf-8", MEDIA_NDJSON },
	/* other names of these */
	{ "application", "vnd.pgrst.array+json", NULL, MEDIA_JSON },
	{ "application", "vnd.pgrst.array", NULL, MEDIA_JSON },
	{ "application", "vnd.pgrst.object", NULL, MEDIA_OBJECT },
};

/* Of the document that tells of the tables. */
static const struct media_type document_types[] = {
	{ "application", "json", "application/json; charset=utf-8", MEDIA_JSON },
	{ "application", "openapi+json", "application/openapi+json; charset=utf-8", MEDIA_JSON },
	{ "application", "vnd.oai.openapi+json", "application/vnd.oai.openapi+json;version=3.1", MEDIA_JSON },
};

enum {
	MEDIA_TYPES = sizeof(media_types) / sizeof(media_types[0]),
	DOCUMENT_TYPES = sizeof(document_types) / sizeof(document_types[0]),
};

/* How specific the range is for the type: 0 no match, 1 any type, 2 any subtype, 3 exact. */
static int match_range(struct slice range, const char *type, const char *subtype)
{
	const char *end = range.bytes + range.length, *slash = slice_find(range.bytes, end, '/');
	struct slice first = { range.bytes, (size_t)(slash - range.bytes) }, second;

	if (slash == end)
		return 0;
	second = (struct slice){ slash + 1, (size_t)(end - slash - 1) };
	if (slice_is_word(first, "*"))
		return slice_is_word(second, "*") ? 1 : 0;
	if (!slice_is_word(first, type))
		return 0;
	return slice_is_word(second, "*") ? 2 : slice_is_word(second, subtype) ? 3 : 0;
}

/* The quality that the parameters behind a range say, in thousandths (RFC 9110 section 12.4.2). */
static int quality(const char *at, const char *end)
{
	struct slice parameter;
	const char *next;
	int value, digit;

	for (; at < end; at = next) {
		next = slice_find_unquoted(at + 1, end, ';');
		parameter = slice_trim(at + 1, next);
		if (parameter.length < 3 || (parameter.bytes[0] | 32) != 'q' || parameter.bytes[1] != '=')
			continue;
		value = parameter.bytes[2] == '1' ? 1000 : 0;
		for (size_t i = 4, unit = 100; i < parameter.length && i < 7 && value < 1000; i++, unit /= 10) {
			digit = parameter.bytes[i] - '0';
			value += digit >= 0 && digit <= 9 ? digit * (int)unit : 0;
		}
		return value;
	}
	return 1000;
}

const char *negotiate_content_type(enum media media)
{
	return media_types[media].content_type;
}

const char *negotiate_media_list(void)
{
	return "available media types: application/json, application/vnd.pgrst.object+json, text/csv, application/x-ndjson; "
	       "none with nulls=stripped";
}

/* Parameters that ask for another form of a type than the one that is made: objects without their nulls. */
static bool asks_for_another_form(const char *at, const char *end)
{
	const char *next;

	for (; at < end; at = next) {
		next = slice_find_unquoted(at + 1, end, ';');
		if (slice_is_word(slice_trim(at + 1, next), "nulls=stripped"))
			return true;
	}
	return false;
}

/* The one of so many types that Accept likes best; NULL: none. */
static const struct media_type *find_best(struct slice accept, const struct media_type *types, int count)
{
	struct { int specific, quality; const char *place; } liked[MEDIA_TYPES] = { { 0, 0, NULL } };
	const char *at = accept.bytes, *end = at + accept.length, *next, *parameters;
	int best = -1, match;

	_Static_assert(DOCUMENT_TYPES <= MEDIA_TYPES, "there is room for either");
	if (accept.length == 0)
		return types;
	for (; at < end; at = next + 1) {
		next = slice_find_unquoted(at, end, ',');
		parameters = slice_find_unquoted(at, next, ';');
		if (asks_for_another_form(parameters, next))
			continue;
		for (int i = 0; i < count; i++) {
			match = match_range(slice_trim(at, parameters), types[i].type, types[i].subtype);
			/* A wildcard means rows, not the one object that only its own name asks for. */
			if (match <= liked[i].specific || (match < 3 && types[i].media == MEDIA_OBJECT))
				continue;
			liked[i].specific = match;
			liked[i].quality = quality(parameters, next);
			liked[i].place = at;
		}
	}
	for (int i = 0; i < count; i++)
		if (liked[i].quality > 0 &&
		    (best < 0 || liked[i].quality > liked[best].quality ||
		     (liked[i].quality == liked[best].quality && liked[i].place < liked[best].place)))
			best = i;
	return best < 0 ? NULL : &types[best];
}

enum status negotiate_rows(struct slice accept, enum media *media)
{
	const struct media_type *type = find_best(accept, media_types, MEDIA_TYPES);

	*media = type != NULL ? type->media : MEDIA_JSON;
	return type != NULL ? STATUS_OK : STATUS_NOT_ACCEPTABLE;
}

enum status negotiate_document(struct slice accept, const char **content_type)
{
	const struct media_type *type = find_best(accept, document_types, DOCUMENT_TYPES);

	*content_type = type != NULL ? type->content_type : NULL;
	return type != NULL ? STATUS_OK : STATUS_NOT_ACCEPTABLE;
}
