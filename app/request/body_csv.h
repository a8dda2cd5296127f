/* SPDX-License-Identifier: MIT
 *
 * body_csv.h: a body in CSV (RFC 4180), as body.h says.
 */
#ifndef MYREST_BODY_CSV_H
#define MYREST_BODY_CSV_H

#include "request/body_reader.h"

/* From the reader's place to the end. */
enum status body_read_csv(struct body_reader *) MUST_CHECK;

#endif
