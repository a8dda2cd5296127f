/* SPDX-License-Identifier: MIT
 *
 * What a query string costs before the database is asked: parse, plan and SQL, microseconds per query, the least of
 * some rounds. Under `valgrind --tool=callgrind` give it few queries: it tells instructions then.
 *
 *     tests/bench/query_cost [queries [only]]     only: the one case of that number, from 0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "plan/plan.h"
#include "sql/sql.h"
#include "tables.h"

enum { ROUNDS = 7 };

static const struct {
	const char *what, *uri;
} cases[] = {
	{ "no query", "/users" },
	{ "a key", "/users/12345" },
	{ "one filter", "/users?username=eq.admin" },
	{ "ten filters",
	  "/things?select=id,string&integer=gte.10&integer_n=lt.500&boolean=is.true&decimal=gt.1.50&string=like.abc*"
	  "&string_n=neq.xyz&date=gte.2024-01-01&datetime=lt.2024-12-31T23:59:59&enum=in.(new,paid,sent)&year=eq.2024"
	  "&order=date.desc,id&limit=20" },
	{ "ten filters in a tree",
	  "/users?or=(id.eq.1,id.gt.100,and(username.like.a*,email.ilike.*example*,id.lt.50),not.and(username.eq.\"a,b\","
	  "email.is.null,id.neq.7),username.in.(admin,guest),email.match.^x)" },
	{ "ten filters on JSON",
	  "/things?select=id,json->a->>b&json->>a=eq.x&json->>b=eq.x&json->>c=eq.x&json->>d=eq.x&json->>e=eq.x"
	  "&json->f=eq.1&json->g=gt.2&json->h=eq.true&json->i->>0=like.x*&json=cs.{\"a\":1}" },
	{ "in.() of 100", NULL },
};

static char *list_of_100(void)
{
	static char uri[2000];
	size_t length = (size_t)sprintf(uri, "/users?id=in.(1000");

	for (int i = 1; i < 100; i++)
		length += (size_t)sprintf(uri + length, ",%d", 1000 + i);
	strcpy(uri + length, ")");
	return uri;
}

static void plan_once(const struct schema *schema, struct arena *arena, const char *uri)
{
	struct request request = { .method = METHOD_GET, .method_name = SLICE("GET"), .uri = { uri, strlen(uri) } };
	struct route route;
	struct plan plan;
	struct fault fault = { 0 };

	if (route_find(&request, schema, SLICE(""), arena, &route, &fault) != STATUS_OK ||
	    plan_read(&route, 1000, arena, &plan, &fault) != STATUS_OK) {
		fprintf(stderr, "%s: %s\n", uri, fault.message);
		exit(1);
	}
	sql_keep_read(&plan, arena);
	arena_clear(arena);
}

int main(int argc, char **argv)
{
	long queries = argc > 1 ? atol(argv[1]) : 100000;
	long only = argc > 2 ? atol(argv[2]) : -1;
	struct schema *schema = tables_make();
	struct arena arena = { 0 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *uri = cases[i].uri != NULL ? cases[i].uri : list_of_100();
		double best = 1e9;

		if (only >= 0 && only != (long)i)
			continue;
		for (int round = 0; round < ROUNDS; round++) {
			int64_t began = clock_now_us();
			double took;

			for (long n = 0; n < queries; n++)
				plan_once(schema, &arena, uri);
			took = (double)(clock_now_us() - began) / (double)queries;
			best = took < best ? took : best;
		}
		printf("%-24s %7.2f us\n", cases[i].what, best);
	}
	schema_free(schema);
	arena_release(&arena);
	return 0;
}
