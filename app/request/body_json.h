/* SPDX-License-Identifier: MIT
 *
 * body_json.h: a body in JSON (RFC 8259), as body.h says.
 */
#ifndef MYREST_BODY_JSON_H
#define MYREST_BODY_JSON_H

#include "request/body_reader.h"

/* From the reader's place to the end. */
enum status body_read_json(struct body_reader *, bool *is_list) MUST_CHECK;

#endif
