/* SPDX-License-Identifier: MIT
 *
 * JSON: what we take json-c takes, what json-c writes we take, and strings come back as they were.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <json_visit.h>

#include "base/json.h"
#include "base/text.h"
#include "base/utf8.h"
#include "strict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* json-c keeps the text of a number, even "-.5" or "0.": let it write its own. */
static int forget_text(json_object *value, int flags, json_object *parent, const char *key, size_t *index, void *user)
{
	(void)flags, (void)parent, (void)key, (void)index, (void)user;
	if (json_object_is_type(value, json_type_double))
		json_object_set_serializer(value, NULL, NULL, NULL);
	return JSON_C_VISIT_RETURN_CONTINUE;
}

/* It also knows words that JSON does not, lets surrogates pass in UTF-8, and nests deeper. */
static bool is_ours_too(const char *json)
{
	size_t depth = 0;

	if (strstr(json, "NaN") != NULL || strstr(json, "Infinity") != NULL ||
	    utf8_span(json, strlen(json)) != strlen(json))
		return false;
	for (; *json != '\0'; json++)
		depth += *json == '[' || *json == '{';
	return depth <= 512;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct text ours;
	struct json_object *value;
	const char *again;
	size_t replaced;
	bool theirs = strict_json((const char *)data, size, &value);

	text_clear(&ours);
	if (json_add(&ours, (const char *)data, size) ? !theirs || ours.length != size : ours.length != 0)
		abort();
	if (theirs) {
		json_c_visit(value, 0, forget_text, NULL);
		again = json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN);
		text_clear(&ours);
		if (is_ours_too(again) && !json_add(&ours, again, strlen(again)))
			abort();
	}
	json_object_put(value);

	text_clear(&ours);
	replaced = json_add_string(&ours, (const char *)data, size);
	if (!strict_json(ours.bytes, ours.length, &value) || json_object_get_type(value) != json_type_string)
		abort();
	if ((replaced == 0) != (utf8_span((const char *)data, size) == size))
		abort();
	if (replaced == 0 && ((size_t)json_object_get_string_len(value) != size ||
	                      memcmp(json_object_get_string(value), data, size) != 0))
		abort();
	json_object_put(value);
	return 0;
}
