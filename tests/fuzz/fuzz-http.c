/* SPDX-License-Identifier: MIT
 *
 * The headers of a request, one a line: Accept, Prefer, Range, Range-Unit, If-None-Match. None depends on the case, and
 * what is put behind a list changes it as the rules of that header say. The line of If-None-Match is a host, too.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "oracle.h"
#include "web/http.h"
#include "web/negotiate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In capitals, and with something behind it. */
static struct slice changed(struct slice given, const char *behind)
{
	static struct text text;

	text_clear(&text);
	for (size_t i = 0; i < given.length; i++)
		text_add_char(&text, (char)toupper((unsigned char)given.bytes[i]));
	text_add_string(&text, behind);
	return (struct slice){ text.bytes, text.length };
}

static enum media choose(struct slice accept)
{
	enum media media;

	return negotiate_rows(accept, &media) == STATUS_OK ? media : MEDIA_COUNT;
}

static void accept_holds(struct slice given)
{
	enum media media = choose(given);

	DEMAND(choose(changed(given, "")) == media);
	if (given.length == 0)
		return;
	DEMAND(choose(changed(given, ",image/png;q=0.5")) == media);
	if (media != MEDIA_COUNT) /* what is liked already comes first */
		DEMAND(choose(changed(given, ",text/html,*/*;q=0.001")) == media);
}

/* A document's type is one of three, whatever the case; and an origin has nothing that would end a header or a URI. */
static void document_holds(struct slice accept, struct slice host)
{
	static struct text origin;
	struct request request = { .scheme = SLICE("https"), .host = host };
	const char *type, *other;
	enum status status = negotiate_document(accept, &type);

	DEMAND((status == STATUS_OK) == (type != NULL) && negotiate_document(changed(accept, ""), &other) == status);
	DEMAND(type == other && (type == NULL || strstr(type, "json") != NULL));
	text_clear(&origin);
	http_add_origin(&origin, &request);
	DEMAND(origin.length == 0 || origin.length == host.length + 8);
	for (size_t i = 0; i < origin.length; i++)
		DEMAND(isalnum((unsigned char)origin.bytes[i]) || strchr("-._:[]/", origin.bytes[i]) != NULL);
	DEMAND(origin.length == 0 || memchr(origin.bytes + 8, '/', origin.length - 8) == NULL);
}

static struct preferences preferences_of(struct slice header)
{
	struct preferences preferences = { .count = COUNT_NONE };

	prefer_parse(header, &preferences);
	return preferences;
}

static void prefer_holds(struct slice given)
{
	bool quoted = memchr(given.bytes, '"', given.length) != NULL;
	struct preferences first = preferences_of(given), other = preferences_of(changed(given, ""));

	DEMAND(other.count == first.count && other.handling == first.handling &&
	       other.unknown_count == first.unknown_count);
	for (unsigned i = 0; i < first.unknown_count && i < PREFER_MOST_UNKNOWN; i++)
		DEMAND(first.unknown[i].bytes >= given.bytes && first.unknown[i].length > 0 &&
		       first.unknown[i].bytes + first.unknown[i].length <= given.bytes + given.length &&
		       (quoted || memchr(first.unknown[i].bytes, ',', first.unknown[i].length) == NULL));
	if (quoted) /* what follows might be in quotes */
		return;
	/* RFC 7240 section 2: the first one counts */
	other = preferences_of(changed(given, ", count=planned, wait"));
	DEMAND(other.count == (first.count != COUNT_NONE ? first.count : COUNT_PLANNED));
	DEMAND(other.handling == first.handling && other.unknown_count == first.unknown_count + 1);
}

static bool same_number(const char **at, const char *end, uint64_t number)
{
	struct text digits = { 0 };
	bool same;

	while (end - *at > 1 && **at == '0' && (*at)[1] >= '0' && (*at)[1] <= '9')
		(*at)++;
	text_add_unsigned(&digits, number);
	same = (size_t)(end - *at) >= digits.length && memcmp(*at, digits.bytes, digits.length) == 0;
	*at += same ? digits.length : 0;
	text_release(&digits);
	return same;
}

static void range_holds(struct slice given, struct slice unit)
{
	struct row_range range;
	const char *at = given.bytes, *end = at + given.length;
	enum status status = http_range(unit, given, &range);

	DEMAND(status == STATUS_OK || (status == STATUS_BAD_RANGE && range.given));
	if (!range.given)
		return;
	DEMAND((status == STATUS_OK) == (range.first <= range.last));
	for (; at < end && strchr(" \t", *at) != NULL; at++)
		;
	for (; end > at && strchr(" \t", end[-1]) != NULL; end--)
		;
	if (at < end && (*at | 32) == 'i')
		at += 6;
	DEMAND(same_number(&at, end, range.first) && at < end && *at++ == '-');
	DEMAND(range.last == UINT64_MAX ? at == end : same_number(&at, end, range.last) && at == end);
}

static void match_holds(struct slice given)
{
	static const char tag[] = "\"0123456789abcdef0123456789abcdef\"";
	struct text longer = { 0 };
	bool named = http_names_tag(given, tag);

	DEMAND(!named || memmem(given.bytes, given.length, tag, strlen(tag)) != NULL ||
	       memchr(given.bytes, '*', given.length) != NULL);
	text_add(&longer, given.bytes, given.length);
	text_add_string(&longer, ",W/");
	text_add_string(&longer, tag);
	if (memchr(given.bytes, '"', given.length) == NULL)
		DEMAND(http_names_tag((struct slice){ longer.bytes, longer.length }, tag));
	text_release(&longer);
}

static void variables_hold(struct slice line)
{
	struct arena arena = { 0 };
	struct request request = { .method = METHOD_OTHER, .arena = &arena };
	struct slice first;

	http_take_variable(&request, line, line); /* whatever it is called */
	request = (struct request){ .method = METHOD_OTHER, .arena = &arena };
	http_take_variable(&request, SLICE("HTTP_RANGE_UNIT"), line);
	http_take_variable(&request, SLICE("REQUEST_METHOD"), line);
	http_take_variable(&request, SLICE("HTTP_IF_NONE_MATCH"), line);
	http_take_variable(&request, SLICE("HTTP_X_FORWARDED_HOST"), line);
	http_take_variable(&request, SLICE("HTTP_X_FORWARDED_PROTO"), line);
	DEMAND(request.method_name.bytes == line.bytes);
	DEMAND(line.length == 0 ||
	       (request.range_unit.bytes == line.bytes && request.if_none_match.bytes == line.bytes &&
	        request.host.bytes == line.bytes && request.scheme.bytes == line.bytes));
	DEMAND((request.method == METHOD_GET) == slice_is(line, "GET"));
	http_take_variable(&request, SLICE("HTTP_ACCEPT"), SLICE("text/csv"));
	http_take_variable(&request, SLICE("HTTP_ACCEPT"), line);
	DEMAND(line.length == 0 || slice_is(line, "text/csv") || request.accept.length == line.length + 10);
	DEMAND(!http_is_single(line, &first) || first.length <= line.length);
	arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = { (const char *)data, size }, accept = oracle_line(&rest), prefer = oracle_line(&rest),
	             range = oracle_line(&rest), unit = oracle_line(&rest), match = oracle_line(&rest);

	accept_holds(accept);
	document_holds(accept, match);
	prefer_holds(prefer);
	range_holds(range, unit);
	match_holds(match);
	variables_hold(oracle_line(&rest));
	return 0;
}
