/* SPDX-License-Identifier: MIT */
#include "web/prefer.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *name, *value;
	size_t field; /* an enum in struct preferences */
	int means;
} known[] = {
#define FIELD(name) offsetof(struct preferences, name)
	{ "count", "exact", FIELD(count), COUNT_EXACT },
	{ "count", "planned", FIELD(count), COUNT_PLANNED },
	{ "count", "estimated", FIELD(count), COUNT_ESTIMATED },
	{ "return", "minimal", FIELD(returned), RETURN_MINIMAL },
	{ "return", "headers-only", FIELD(returned), RETURN_HEADERS },
	{ "return", "representation", FIELD(returned), RETURN_REPRESENTATION },
	{ "resolution", "merge-duplicates", FIELD(resolution), RESOLUTION_MERGE },
	{ "resolution", "ignore-duplicates", FIELD(resolution), RESOLUTION_IGNORE },
	{ "missing", "default", FIELD(missing), MISSING_DEFAULT },
	{ "missing", "null", FIELD(missing), MISSING_NULL },
	{ "tx", "commit", FIELD(tx), TX_COMMIT },
	{ "tx", "rollback", FIELD(tx), TX_ROLLBACK },
	{ "handling", "strict", FIELD(handling), HANDLING_STRICT },
	{ "handling", "lenient", FIELD(handling), HANDLING_LENIENT },
#undef FIELD
};

static bool take_number(struct slice text, uint64_t *number)
{
	*number = 0;
	for (size_t i = 0; i < text.length; i++) {
		if (text.bytes[i] < '0' || text.bytes[i] > '9' || *number > UINT64_MAX / 10 - 1)
			return false;
		*number = *number * 10 + (uint64_t)(text.bytes[i] - '0');
	}
	return text.length > 0;
}

static bool take(struct preferences *preferences, struct slice name, struct slice value)
{
	uint64_t number;
	int now;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!slice_is_word(name, known[i].name) || !slice_is_word(value, known[i].value))
			continue;
		memcpy(&now, (char *)preferences + known[i].field, sizeof(now));
		if (now == 0)
			memcpy((char *)preferences + known[i].field, &known[i].means, sizeof(now));
		return true;
	}
	if (slice_is_word(name, "max-affected") && take_number(value, &number)) {
		if (!preferences->has_max_affected)
			preferences->max_affected = number;
		preferences->has_max_affected = true;
		return true;
	}
	/* All times are UTC. */
	return slice_is_word(name, "timezone") && (slice_is_word(value, "UTC") || slice_is_word(value, "Etc/UTC"));
}

void prefer_parse(struct slice header, struct preferences *preferences)
{
	const char *at = header.bytes, *end = at + header.length, *next, *equals;
	struct slice name, value;

	for (; at < end; at = next + 1) {
		next = slice_find_unquoted(at, end, ',');
		equals = slice_find_unquoted(at, next, '=');
		name = slice_trim(at, equals);
		value = equals < next ? slice_trim(equals + 1, slice_find_unquoted(equals, next, ';')) : (struct slice){ next, 0 };
		if (value.length > 1 && value.bytes[0] == '"' && value.bytes[value.length - 1] == '"')
			value = (struct slice){ value.bytes + 1, value.length - 2 };
		if (name.length == 0 || take(preferences, name, value))
			continue;
		if (preferences->unknown_count < PREFER_MOST_UNKNOWN)
			preferences->unknown[preferences->unknown_count] = slice_trim(at, next);
		preferences->unknown_count++;
	}
}

void prefer_words(const struct preferences *preferences, struct text *out)
{
	int now;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		memcpy(&now, (const char *)preferences + known[i].field, sizeof(now));
		if (now != known[i].means)
			continue;
		text_add_string(out, known[i].name);
		text_add_char(out, '=');
		text_add_string(out, known[i].value);
		text_add_char(out, ',');
	}
	if (!preferences->has_max_affected)
		return;
	text_add_string(out, "max-affected=");
	text_add_unsigned(out, preferences->max_affected);
	text_add_char(out, ',');
}
