/* SPDX-License-Identifier: MIT
 *
 * The link to the next page, from the URI, Range and X-Forwarded-Host of a request and the values of the page's last
 * row, a line each: it can be followed, asks for the same rows in the same order, and begins behind that row. The link
 * of the next page is that of this one.
 */
#include <stdint.h>

#include "oracle.h"
#include "response/page_link.h"
#include "sql/sql.h"
#include "tables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_COLUMNS = 64, MAX_ROWS = 1000 };

struct last_row {
	struct row row;
	const char *values[MAX_COLUMNS];
	unsigned long lengths[MAX_COLUMNS];
};

/* What a server has in a column of that type; a line chooses. */
static const char *value_of(const struct column *column, struct slice line)
{
	static const char *const values[][5] = {
		[COLUMN_INTEGER] = { "0", "-9223372036854775808", "9223372036854775807", "0042", "-1" },
		[COLUMN_BOOLEAN] = { "0", "1", "-128", "127", "2" },
		[COLUMN_DECIMAL] = { "0.00", "-12.50", "99999999999999999999999999999999999.5", "1", "-0.1" },
		[COLUMN_FLOAT] = { "0", "0.10000000149011612", "1.401298464324817e-45", "-3.4028234663852886e38",
		                   "16777216" },
		[COLUMN_DOUBLE] = { "-0", "0.1", "5e-324", "-1.7976931348623157e308", /* and that of a DOUBLE(80,30) */
		                    "10000000000000000303786028427003666890752.000000000000000000000000000000" },
		[COLUMN_DATE] = { "2024-02-29", "9999-12-31", "1000-01-01", "0000-00-00", "2024-01-00" },
		[COLUMN_TIME] = { "00:00:00", "-838:59:59.999999", "838:59:59", "01:02:03.4", "-00:00:01" },
		[COLUMN_DATETIME] = { "2024-02-29 23:59:59", "9999-12-31 23:59:59.999999", "1000-01-01 00:00:00",
		                      "0000-00-00 00:00:00", "2024-01-02 03:04:05.6" },
		[COLUMN_TIMESTAMP] = { "2024-02-29 23:59:59", "2038-01-19 03:14:07", "1970-01-01 00:00:01",
		                       "0000-00-00 00:00:00", "2024-01-02 03:04:05.6" },
	};
	const char *value;

	if (column->kind == KIND_UUID)
		return "00112233-4455-6677-8899-aabbccddeeff";
	if ((size_t)column->type >= sizeof(values) / sizeof(values[0]) || values[column->type][0] == NULL)
		return NULL;
	value = values[column->type][line.length % 5];
	return column->is_unsigned && value[0] == '-' ? "18446744073709551615" : value;
}

static void make_row(const struct plan *plan, struct slice lines, struct last_row *last)
{
	DEMAND(plan->column_count + plan->hidden_count <= MAX_COLUMNS);
	last->row = (struct row){ plan->column_count + plan->hidden_count, last->values, last->lengths };
	for (unsigned i = 0; i < plan->order_count; i++) {
		const struct column *column = plan->orders[i].field.column;
		struct slice line = oracle_line(&lines);
		const char *value = value_of(column, line);
		unsigned place = plan->orders[i].output;

		DEMAND(place < last->row.count);
		last->values[place] = value != NULL ? value : line.bytes;
		last->lengths[place] = value != NULL ? strlen(value) : line.length;
		if (column->nullable && slice_is(line, "NULL"))
			last->values[place] = NULL;
	}
}

static bool make_plan(const struct request *request, struct arena *arena, struct plan *plan)
{
	static struct schema *schema;
	struct route route;
	struct fault fault = { 0 };

	if (schema == NULL)
		schema = tables_make();
	if (route_find(request, schema, SLICE(""), arena, &route, &fault) != STATUS_OK || route.table == NULL ||
	    plan_read(&route, MAX_ROWS, arena, plan, &fault) != STATUS_OK)
		return false;
	sql_keep_read(plan, arena);
	return true;
}

/* The statement of the plan, wherever its page begins. */
static struct slice statement_of(const struct plan *plan, struct arena *arena)
{
	struct text sql = { 0 };
	struct plan from_start = *plan;
	struct slice statement;

	from_start.after = NULL;
	from_start.offset = 0;
	sql_read(&sql, &from_start);
	statement = (struct slice){ arena_text(arena, sql.bytes, sql.length), sql.length };
	text_release(&sql);
	return statement;
}

static bool same(struct slice one, struct slice other)
{
	return one.length == other.length && (one.length == 0 || memcmp(one.bytes, other.bytes, one.length) == 0);
}

/* Every text of the row is in the statement, as a literal. */
static void texts_stand_in(const struct plan *next, const struct plan *plan, const struct last_row *last)
{
	struct text literal = { 0 };

	for (unsigned i = 0; i < plan->order_count; i++) {
		unsigned place = plan->orders[i].output;

		if (plan->orders[i].field.column->type != COLUMN_STRING || last->values[place] == NULL)
			continue;
		text_clear(&literal);
		literal_add_string(&literal, (struct slice){ last->values[place], last->lengths[place] });
		DEMAND(memmem(next->sql.bytes, next->sql.length, literal.bytes, literal.length) != NULL);
	}
	text_release(&literal);
}

/* Without scheme and host, which no byte of the client's can change. */
static struct slice target_of(struct slice link, const struct request *request)
{
	size_t origin = strlen("https://") + request->host.length;

	for (size_t i = 0; i < link.length; i++)
		DEMAND(link.bytes[i] > ' ' && link.bytes[i] < 127 && strchr("<>\"\\", link.bytes[i]) == NULL);
	if (link.length > origin && memcmp(link.bytes, "https://", 8) == 0)
		return (struct slice){ link.bytes + origin, link.length - origin };
	return link;
}

static void link_holds(const struct request *request, const struct plan *plan, struct slice lines, struct arena *arena)
{
	static struct text place, link, again;
	struct last_row last;
	struct request request_again;
	struct plan next;

	text_clear(&place);
	text_clear(&link);
	text_clear(&again);
	if (plan->keyset) {
		make_row(plan, lines, &last);
		if (!page_link_add_place(&place, plan, &last.row)) /* it cannot be said */
			return;
	}
	page_link_add(&link, request, plan, (struct slice){ place.bytes, place.length });
	request_again = *request;
	request_again.range = (struct slice){ "", 0 };
	request_again.uri = target_of((struct slice){ link.bytes, link.length }, request);
	DEMAND(make_plan(&request_again, arena, &next));
	DEMAND(next.keyset == plan->keyset && (next.after != NULL) == plan->keyset);
	DEMAND(next.offset == (plan->keyset ? 0 : plan->offset + plan->limit));
	DEMAND(same(statement_of(&next, arena), statement_of(plan, arena)));
	if (!plan->keyset)
		return;
	texts_stand_in(&next, plan, &last);
	page_link_add(&again, &request_again, &next, (struct slice){ place.bytes, place.length });
	DEMAND(same((struct slice){ again.bytes, again.length }, (struct slice){ link.bytes, link.length }));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena arena;
	struct slice rest = { (const char *)data, size };
	struct request request = { .method = METHOD_GET, .method_name = SLICE("GET"), .scheme = SLICE("https") };
	struct plan plan;

	arena_clear(&arena);
	request.uri = oracle_line(&rest);
	request.range = oracle_line(&rest);
	request.host = oracle_line(&rest);
	if (!make_plan(&request, &arena, &plan) || !plan.lookahead || plan.offset > INT64_MAX - MAX_ROWS)
		return 0;
	link_holds(&request, &plan, rest, &arena);
	return 0;
}
