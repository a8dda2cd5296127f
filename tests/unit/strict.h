/* SPDX-License-Identifier: MIT
 *
 * strict.h: a second opinion on JSON: json-c's parser at its strictest.
 */
#ifndef MYREST_STRICT_H
#define MYREST_STRICT_H

#include <json.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Whether json-c takes the bytes as one JSON text; then *value is the caller's to put (NULL for null). */
static inline bool strict_json(const char *bytes, size_t length, struct json_object **value)
{
	struct json_tokener *tokener = json_tokener_new_ex(1000);
	char *copy = malloc(length + 1);
	bool good;

	*value = NULL;
	if (tokener == NULL || copy == NULL)
		abort();
	if (length > 0)
		memcpy(copy, bytes, length);
	copy[length] = '\0'; /* it ends a number at the end of the text only when it sees the NUL */
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	*value = json_tokener_parse_ex(tokener, copy, (int)length + 1);
	good = json_tokener_get_error(tokener) == json_tokener_success &&
	       json_tokener_get_parse_end(tokener) >= length;
	if (!good) {
		json_object_put(*value);
		*value = NULL;
	}
	json_tokener_free(tokener);
	free(copy);
	return good;
}

#endif
