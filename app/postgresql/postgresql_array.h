/* SPDX-License-Identifier: MIT
 *
 * postgresql_array.h: a JSON array as PostgreSQL writes its arrays: [1,"a b",null,[2]] is {1,"a b",NULL,{2}}
 * (https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO).
 */
#ifndef MYREST_POSTGRESQL_ARRAY_H
#define MYREST_POSTGRESQL_ARRAY_H

#include "base/text.h"

/* The text is a valid JSON array. of_json: its elements are JSON, so that texts keep their quotes, and arrays inside of it
 * are values, too. */
void postgresql_array_add(struct text *, struct slice json, bool of_json);

#endif
