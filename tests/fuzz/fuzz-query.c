/* SPDX-License-Identifier: MIT
 *
 * From a raw URI and a Range, a line each, to SQL over fixed tables: whatever the client writes, each statement has the
 * one shape a read has (that of the plan itself, that for several keys and that which counts), and the plan's window is
 * the one that was named.
 */
#include <stdint.h>

#include "base/utf8.h"
#include "oracle.h"
#include "plan/plan.h"
#include "sql/sql.h"
#include "sql_shape.h"
#include "tables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_ROWS = 1000 };

static bool is_read(struct slice sql, const struct plan *plan, bool windowed)
{
	return shape_is_read(sql, plan->table, windowed) && utf8_span(sql.bytes, sql.length) == sql.length;
}

static bool others_are_reads(const struct plan *plan)
{
	static struct text sql;
	const struct integer keys[] = { plan->key, { UINT64_MAX, false }, { 1, true } };

	text_clear(&sql);
	sql_count(&sql, plan, "1");
	if (!is_read((struct slice){ sql.bytes, sql.length }, plan, false))
		return false;
	if (plan->key_column == NULL)
		return true;
	text_clear(&sql);
	sql_read_keys(&sql, plan, keys, 3);
	return is_read((struct slice){ sql.bytes, sql.length }, plan, false);
}

/* The rows that limit and offset name, and Range, and no more than are allowed; worked out another way. */
static bool is_window(const struct route *route, const struct plan *plan, struct arena *arena)
{
	struct query query;
	struct fault fault;
	unsigned __int128 first, end, last = route->range.last;

	if (query_parse(route->query, arena, &query, &fault) != STATUS_OK)
		return false;
	first = query.offset;
	end = query.has_limit ? first + query.limit : UINT64_MAX;
	if (route->range.given && !plan->one_row) {
		first = first > route->range.first ? first : route->range.first;
		end = end < last + 1 ? end : last + 1;
	}
	end = end < first ? first : end;
	return plan->offset == first && plan->limit == (end - first < MAX_ROWS ? end - first : MAX_ROWS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct schema *schema;
	static struct arena arena;
	struct slice rest = { (const char *)data, size };
	struct request request = { .method = METHOD_GET, .method_name = SLICE("GET") };
	struct route route;
	struct plan plan;
	struct fault fault = { 0 };
	enum status status;

	if (schema == NULL)
		schema = tables_make();
	arena_clear(&arena);
	request.uri = oracle_line(&rest);
	request.range = oracle_line(&rest);
	if ((status = route_find(&request, schema, SLICE(""), &arena, &route, &fault)) == STATUS_OK && route.table != NULL &&
	    (status = plan_read(&route, MAX_ROWS, &arena, &plan, &fault)) == STATUS_OK) {
		sql_keep_read(&plan, &arena);
		DEMAND(is_read(plan.sql, &plan, true));
		DEMAND(others_are_reads(&plan));
		DEMAND(is_window(&route, &plan, &arena));
	} else {
		struct text body = { 0 };

		DEMAND(fault.status == status);
		http_add_fault(&body, &fault);
		text_release(&body);
	}
	return 0;
}
