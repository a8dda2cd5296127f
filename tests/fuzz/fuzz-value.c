/* SPDX-License-Identifier: MIT
 *
 * Values: the first byte says of which type, the rest is the client's; what comes out is one literal or nothing.
 */
#include <stdint.h>
#include <stdlib.h>

#include "sql_shape.h"
#include "value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct text sql;
	struct column column = { .length = 1 };
	struct shape shape;
	const char *why = NULL;

	if (size == 0)
		return 0;
	column.type = (enum column_type)(data[0] % (COLUMN_GEOMETRY + 1));
	text_clear(&sql);
	text_add_char(&sql, '=');
	if (value_add_literal(&sql, &column, (struct slice){ (const char *)data + 1, size - 1 }, &why) == STATUS_OK) {
		shape = (struct shape){ sql.bytes + 1, sql.bytes + sql.length, NULL };
		if (!shape_literal(&shape) || shape.at != shape.end)
			abort();
	} else if (sql.length != 1 || why == NULL)
		abort();
	return 0;
}
