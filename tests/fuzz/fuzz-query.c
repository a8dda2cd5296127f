/* SPDX-License-Identifier: MIT
 *
 * From a raw URI to SQL over fixed tables: whatever the client writes, the statement has the one shape a read has.
 */
#include <stdint.h>
#include <stdlib.h>

#include "plan.h"
#include "sql_shape.h"
#include "tables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct schema *schema;
	static struct arena arena;
	struct request request = { .method = METHOD_GET, .method_name = SLICE("GET"),
		                   .uri = { (const char *)data, size } };
	struct route route;
	struct plan plan;
	struct fault fault = { 0 };
	enum status status;

	if (schema == NULL)
		schema = tables_make();
	arena_clear(&arena);
	if ((status = route_find(&request, schema, SLICE(""), &arena, &route, &fault)) == STATUS_OK && route.table != NULL &&
	    (status = plan_read(&route, 1000, &arena, &plan, &fault)) == STATUS_OK) {
		if (!shape_is_read(plan.sql, plan.table) || plan.limit > 1000 ||
		    text_utf8_span(plan.sql.bytes, plan.sql.length) != plan.sql.length)
			abort();
	} else {
		struct text body = { 0 };

		if (fault.status != status)
			abort();
		http_add_fault(&body, &fault);
		text_release(&body);
	}
	return 0;
}
