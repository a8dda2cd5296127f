/* SPDX-License-Identifier: MIT
 *
 * From a method's letter, a raw URI and preferences, a line each, and a body to the statements of a write over fixed tables:
 * whatever the client writes, each has the one shape that it can have, and writes writable columns alone.
 */
#include <stdint.h>

#include "base/utf8.h"
#include "oracle.h"
#include "plan/plan_write.h"
#include "sql/sql.h"
#include "sql_shape.h"
#include "tables.h"
#include "web/negotiate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct slice as_slice(const struct text *text)
{
	return (struct slice){ text->bytes, text->length };
}

static bool is_utf8(const struct text *text)
{
	return utf8_span(text->bytes, text->length) == text->length;
}

static void check_statements(const struct plan *plan, struct write *write)
{
	static struct text sql;

	if (write_is_empty(write, plan))
		return;
	if (write_looks_first(write)) {
		text_clear(&sql);
		sql_lock(&sql, plan, write);
		DEMAND(shape_is_lock(as_slice(&sql), plan->table) && is_utf8(&sql));
	}
	if (write->kind == WRITE_INSERT || write->kind == WRITE_PUT) {
		text_clear(&sql);
		sql_insert(&sql, plan, write, 0, write->row_count, write_returns(write, plan));
		DEMAND(shape_is_insert(as_slice(&sql), plan->table, write->row_count) && is_utf8(&sql));
		text_clear(&sql);
		write->one_by_one = write->plain = true;
		sql_insert(&sql, plan, write, write->row_count - 1, 1, false);
		DEMAND(shape_is_insert(as_slice(&sql), plan->table, 1) && is_utf8(&sql));
		if (write->resolution == RESOLUTION_IGNORE && write->conflict != NULL) {
			text_clear(&sql);
			sql_judge(&sql, plan, write, write->row_count - 1);
			DEMAND(shape_is_insert(as_slice(&sql), plan->table, 1) && is_utf8(&sql));
		}
	}
	if (write->kind == WRITE_DELETE || ((write->kind == WRITE_UPDATE || write->kind == WRITE_PUT) && write->column_count > 0)) {
		text_clear(&sql);
		if (write->kind == WRITE_DELETE)
			sql_delete(&sql, plan, write, (struct slice){ "", 0 });
		else
			sql_update(&sql, plan, write, (struct slice){ "", 0 });
		DEMAND(shape_is_change(as_slice(&sql), plan->table) && is_utf8(&sql));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const methods[] = { "POST", "PATCH", "PUT", "DELETE" };
	static struct schema *schema;
	static struct arena arena;
	static const struct config config = { .max_rows = 1000 };
	struct slice rest = { (const char *)data, size }, line;
	struct request request = { .method = METHOD_OTHER };
	struct route route;
	struct plan plan;
	struct write write;
	struct fault fault = { 0 };
	enum status status;

	if (schema == NULL) {
		schema = tables_make();
		tables_allow_writing(schema);
	}
	arena_clear(&arena);
	line = oracle_line(&rest);
	http_take_variable(&request, SLICE("REQUEST_METHOD"), slice_trim(methods[line.length % 4], strchr(methods[line.length % 4], 0)));
	request.content_type = line.length > 0 && line.bytes[0] == 'c' ? SLICE("text/csv") : SLICE("");
	request.uri = oracle_line(&rest);
	prefer_parse(oracle_line(&rest), &request.preferences);
	request.body = rest;
	if ((status = route_find(&request, schema, SLICE(""), &arena, &route, &fault)) == STATUS_OK && route.table != NULL &&
	    (status = plan_write(&route, &request, MEDIA_JSON, &config, &arena, &plan, &write, &fault)) == STATUS_OK) {
		check_statements(&plan, &write);
	} else if (status != STATUS_OK) {
		struct text body = { 0 };

		DEMAND(fault.status == status);
		http_add_fault(&body, &fault);
		text_release(&body);
	}
	return 0;
}
