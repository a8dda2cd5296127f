/* SPDX-License-Identifier: MIT */
#include "request/query.h"
#include "request/scan.h"

#include "unit.h"

static struct arena arena;
static struct query query;
static struct fault fault;
static struct text form; /* the query in a normal form: what was asked, with the position of each part */

static int forget(void **state)
{
	(void)state;
	arena_release(&arena);
	text_release(&form);
	return 0;
}

static enum status parse_bytes(const char *bytes, size_t length)
{
	struct slice given = exact(bytes, length);
	enum status status;

	arena_clear(&arena);
	memset(&fault, 0, sizeof(fault));
	status = query_parse(given, &arena, &query, &fault);
	exact_free(given); /* nothing of the query may point into it */
	return status;
}

static void parse(const char *text)
{
	if (parse_bytes(text, strlen(text)) != STATUS_OK)
		fail_msg("%s: %s", text, fault.message);
}

static void put(const struct query_text *text)
{
	text_printf(&form, "%.*s@%u", (int)text->text.length, text->text.bytes, scan_position(&query, text->at));
}

static void put_field(const struct query_field *field)
{
	put(&field->column);
	for (unsigned i = 0; i < field->step_count; i++) {
		text_add_string(&form, field->as_text && i + 1 == field->step_count ? "->>" : "->");
		if (field->steps[i].is_index)
			text_printf(&form, "[%d]", field->steps[i].index);
		else
			text_printf(&form, "%.*s", (int)field->steps[i].key.text.length, field->steps[i].key.text.bytes);
	}
}

static void put_condition(const struct query_condition *condition)
{
	static const char *const quantifiers[] = { "", "(any)", "(all)" };
	static const char *const states[] = { "null", "not_null", "true", "false", "unknown" };

	text_add_string(&form, condition->negated ? "!" : "");
	if (condition->kind != QUERY_FILTER) {
		text_add_string(&form, condition->kind == QUERY_OR ? "or{" : "and{");
		for (const struct query_condition *each = condition->first; each != NULL; each = each->next) {
			if (each != condition->first)
				text_add_char(&form, ' ');
			put_condition(each);
		}
		text_add_char(&form, '}');
		return;
	}
	text_add_char(&form, '[');
	put_field(&condition->field);
	text_printf(&form, " %s%s", query_operator_word(condition->op), quantifiers[condition->quantifier]);
	if (condition->language.text.length > 0) {
		text_add_char(&form, ' ');
		put(&condition->language);
	}
	if (condition->op == QUERY_IS)
		text_printf(&form, " %s", states[condition->is]);
	for (const struct query_value *each = condition->values; each != NULL; each = each->next) {
		text_add_char(&form, ' ');
		put(&each->text);
		text_add_string(&form, each->is_null ? "?" : "");
	}
	text_add_char(&form, ']');
}

static void expect(const char *given, const char *wanted)
{
	parse(given);
	text_clear(&form);
	text_add_string(&form, query.column_count == 0 ? "*" : "");
	for (unsigned i = 0; i < query.column_count; i++) {
		const struct query_column *column = &query.columns[i];

		text_add_char(&form, ' ');
		if (column->all) {
			text_add_char(&form, '*');
			continue;
		}
		if (column->alias.text.length > 0) {
			put(&column->alias);
			text_add_char(&form, ':');
		}
		put_field(&column->field);
		if (column->cast.text.length > 0) {
			text_add_string(&form, "::");
			put(&column->cast);
		}
	}
	for (const struct query_condition *each = query.conditions; each != NULL; each = each->next) {
		text_add_char(&form, ' ');
		put_condition(each);
	}
	for (unsigned i = 0; i < query.order_count; i++) {
		text_add_string(&form, " <");
		put_field(&query.orders[i].field);
		text_printf(&form, "%s%s>", query.orders[i].descending ? " desc" : "",
		            query.orders[i].nulls_first ? " first" : "");
	}
	if (query.has_limit)
		text_printf(&form, " limit %llu", (unsigned long long)query.limit);
	if (query.has_offset)
		text_printf(&form, " offset %llu", (unsigned long long)query.offset);
	if (form.length != strlen(wanted) || memcmp(form.bytes, wanted, form.length) != 0)
		fail_msg("%s:\n    got    %s\n    wanted %s", given, text_terminate(&form), wanted);
}

static void an_empty_query_asks_for_all(void **state)
{
	(void)state;
	assert_int_equal(query_parse((struct slice){ NULL, 0 }, &arena, &query, &fault), STATUS_OK);
	assert_int_equal(query.condition_count + query.order_count + query.column_count, 0);
	assert_false(query.has_limit || query.has_offset);
	expect("", "*");
	expect("&", "*");
	expect("&&&", "*");
}

static void select_names_columns(void **state)
{
	(void)state;
	expect("select=id", " id@8");
	expect("select=id,username", " id@8 username@11");
	expect("select=", "*");
	expect("select=*", " *");
	expect("select=*,id", " * id@10");
	expect("select=id,*", " id@8 *");
	expect("select=a+b,c%20d", " a b@8 c d@12");
	expect("select=%61%62,c", " ab@8 c@15");
	expect("select=\"a,b\",\"c\\\"d\",\"e\\\\f\"", " a,b@8 c\"d@14 e\\f@21");
	expect("select=%22a%2Cb%22", " a,b@8");
	expect("s%65lect=id", " id@10");
	expect("select=a%2Cb", " a@8 b@12"); /* an encoded comma is a comma: decoded once, then read */
	expect("select=\xce\xba\xcf\x8c", " \xce\xba\xcf\x8c@8");
	expect("select=a.b", " a.b@8");
}

static void order_has_directions_and_nulls(void **state)
{
	(void)state;
	expect("order=a", "* <a@7>");
	expect("order=a.asc", "* <a@7>");
	expect("order=a.desc", "* <a@7 desc first>"); /* NULL counts as the largest value */
	expect("order=a.nullsfirst", "* <a@7 first>");
	expect("order=a.nullslast", "* <a@7>");
	expect("order=a.desc.nullslast", "* <a@7 desc>");
	expect("order=a.desc.nullsfirst", "* <a@7 desc first>");
	expect("order=a.asc.nullsfirst,b.desc,c", "* <a@7 first> <b@24 desc first> <c@31>");
	expect("order=\"a.b\".desc", "* <a.b@7 desc first>");
}

static void windows(void **state)
{
	(void)state;
	expect("limit=5", "* limit 5");
	expect("limit=0", "* limit 0");
	expect("offset=0&limit=9223372036854775807", "* limit 9223372036854775807 offset 0");
	expect("offset=007", "* offset 7");
}

static void select_has_aliases_and_casts(void **state)
{
	(void)state;
	expect("select=a:b", " a@8:b@10");
	expect("select=a:b,c", " a@8:b@10 c@12");
	expect("select=a::text", " a@8::text@11");
	expect("select=a:b::int,c::double%20precision", " a@8:b@10::int@13 c@17::double precision@20");
	expect("select=\"a:b\":\"c,d\"", " a:b@8:c,d@14");
	expect("select=d->a", " d@8->a");
	expect("select=d->a->0->>b", " d@8->a->[0]->>b");
	expect("select=d->-1", " d@8->[-1]");
	expect("select=d->\"0\"", " d@8->0");
	expect("select=d->\"\",d->>\"\"", " d@8-> d@14->>");
	expect("select=d->>\"a->b,c\",e", " d@8->>a->b,c e@21");
	expect("select=x:d->>a-b::int", " x@8:d@10->>a-b::int@19");
	expect("select=a-b,c-", " a-b@8 c-@12");
}

static void filters(void **state)
{
	(void)state;
	expect("id=eq.1", "* [id@1 eq 1@7]");
	expect("id=eq.", "* [id@1 eq @7]");
	expect("a=eq.1&a=eq.2", "* [a@1 eq 1@6] [a@8 eq 2@13]");
	expect("a=eq.b=c", "* [a@1 eq b=c@6]");
	expect("a=eq.eq.1", "* [a@1 eq eq.1@6]");
	expect("a%20b=eq.c%26d", "* [a b@1 eq c&d@10]");
	expect("a+b=eq.c+d", "* [a b@1 eq c d@8]");
	expect("a=%65q.1", "* [a@1 eq 1@8]");
	expect("&a=eq.1&", "* [a@2 eq 1@7]");
	expect("a=eq.'\"", "* [a@1 eq '\"@6]");
	expect("a=eq.\"b\"", "* [a@1 eq \"b\"@6]"); /* outside of lists and trees a quote is a quote */
	expect("a=eq.(b,c)", "* [a@1 eq (b,c)@6]");
	expect("=eq.1", "* [@1 eq 1@5]"); /* refused later: no column has this name */
	expect("a.b=eq.1", "* [a.b@1 eq 1@8]");
	expect("\"a\\\"b\"=eq.1", "* [a\"b@1 eq 1@11]");
	expect("\"select\"=eq.1&\"or\"=eq.2", "* [select@1 eq 1@13] [or@15 eq 2@23]");
	expect("d->a->>b=eq.1", "* [d@1->a->>b eq 1@13]");
	expect("d->0=eq.1", "* [d@1->[0] eq 1@9]");
	expect("id=eq.1&select=id&order=id&limit=1&offset=2", " id@16 [id@1 eq 1@7] <id@25> limit 1 offset 2");
}

static void operators(void **state)
{
	static const char *const words[] = { "eq", "neq", "gt", "gte", "lt", "lte", "like", "ilike", "match", "imatch",
		                             "isdistinct", "fts", "plfts", "phfts", "wfts", "cs", "cd", "ov", "sl", "sr",
		                             "nxr", "nxl", "adj" };

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(words); i++)
		for (int negated = 0; negated < 2; negated++) {
			char given[60], wanted[60];

			sprintf(given, "a=%s%s.x", negated ? "not." : "", words[i]);
			sprintf(wanted, "* %s[a@1 %s x@%u]", negated ? "!" : "", words[i], (unsigned)strlen(given));
			expect(given, wanted);
		}
	expect("a=is.null", "* [a@1 is null]");
	expect("a=is.NULL", "* [a@1 is null]");
	expect("a=not.is.Not_Null", "* ![a@1 is not_null]");
	expect("a=is.true&b=is.false&c=is.unknown", "* [a@1 is true] [b@11 is false] [c@22 is unknown]");
	expect("a=fts(english).x%20y", "* [a@1 fts english@7 x y@16]");
	expect("a=eq(any).{1,2}", "* [a@1 eq(any) 1@12 2@14]");
	expect("a=not.like(all).{a*,*b}", "* ![a@1 like(all) a*@18 *b@21]");
	expect("a=eq.null", "* [a@1 eq null@6]"); /* a text: only is.null asks for NULL */
}

static void lists(void **state)
{
	(void)state;
	expect("a=in.(1)", "* [a@1 in 1@7]");
	expect("a=in.()", "* [a@1 in]");
	expect("a=in.(%20)", "* [a@1 in]");
	expect("a=in.(\"\")", "* [a@1 in @7]");
	expect("a=in.(,)", "* [a@1 in @7 @8]");
	expect("a=in.(a,b%20c,d)", "* [a@1 in a@7 b c@9 d@15]");
	expect("a=in.(\"a,b\",\"c)d\",\"e\\\"f\",\"g\\\\\")", "* [a@1 in a,b@7 c)d@13 e\"f@19 g\\@26]");
	expect("a=in.(a\"b,\"c\"d)", "* [a@1 in a\"b@7 \"c\"d@11]"); /* a quote that does not enclose is a quote */
	expect("a=in.(\"a)", "* [a@1 in \"a@7]");
	expect("a=eq(any).{}", "* [a@1 eq(any)]");
	expect("a=eq(any).{%20a%20,%20b%20c%20}", "* [a@1 eq(any) a@15 b c@23]");
	expect("a=eq(any).{NULL,null,\"NULL\",\\NULL}", "* [a@1 eq(any) NULL@12? null@17? NULL@22 NULL@29]");
	expect("a=eq(any).{\"a,b\",\"}\",\"\",c\\,d}", "* [a@1 eq(any) a,b@12 }@18 @22 c,d@25]");
}

static void trees(void **state)
{
	(void)state;
	expect("or=(a.eq.1,b.gt.2)", "* or{[a@5 eq 1@10] [b@12 gt 2@17]}");
	expect("and=(a.eq.1)", "* and{[a@6 eq 1@11]}");
	expect("not.or=(a.eq.1,b.eq.2)", "* !or{[a@9 eq 1@14] [b@16 eq 2@21]}");
	expect("not.and=(a.not.eq.1)", "* !and{![a@10 eq 1@19]}");
	expect("or=(a.is.null,and(b.gt.1,not.or(c.in.(1,2),d.like.*x)),e.not.is.true)",
	       "* or{[a@5 is null] and{[b@19 gt 1@24] !or{[c@33 in 1@39 2@41] [d@44 like *x@51]}} ![e@56 is true]}");
	expect("or=(%20a.eq.1,%20b.eq.2)", "* or{[a@8 eq 1@13] [b@18 eq 2@23]}");
	expect("or=(a.eq.\"b,c)\",d.eq.\"e\\\"f\")", "* or{[a@5 eq b,c)@10] [d@17 eq e\"f@22]}");
	expect("or=(a.eq.\"b\"c,d.eq.)", "* or{[a@5 eq \"b\"c@10] [d@15 eq @20]}");
	expect("or=(a.eq.b.c(d,e.eq.f)", "* or{[a@5 eq b.c(d@10] [e@16 eq f@21]}");
	expect("or=(a.cs.{\"k\":[1,{\"l\":\"}\"}]},b.eq.1)", "* or{[a@5 cs {\"k\":[1,{\"l\":\"}\"}]}@10] [b@30 eq 1@35]}");
	expect("or=(a.eq(any).{1,2},b.like(all).{a*,\"b,*\"})",
	       "* or{[a@5 eq(any) 1@16 2@18] [b@21 like(all) a*@34 b,*@37]}");
	expect("or=(\"a.b\".eq.1,d->x->>\"y.z\".eq.2)", "* or{[a.b@5 eq 1@14] [d@16->x->>y.z eq 2@32]}");
	expect("or=(and.eq.1,or.eq.2,not.eq.3,order.eq.4)",
	       "* or{[and@5 eq 1@12] [or@14 eq 2@20] [not@22 eq 3@29] [order@31 eq 4@40]}"); /* columns of such names */
	expect("or=(a.eq.1)&or=(b.eq.2)", "* or{[a@5 eq 1@10]} or{[b@17 eq 2@22]}");
	expect("and=(and(and(a.eq.1)))", "* and{and{and{[a@14 eq 1@19]}}}");
}

static void faults_say_where(void **state)
{
	static const struct {
		const char *text, *message; /* and the details, after a space */
	} cases[] = {
		{ "a", "expected name=value at character 1 of the query string" },
		{ "a=eq.1&b", "expected name=value at character 8 of the query string" },
		{ "a=1",
		  "expected an operator, a '.' and a value in 'a', at character 3 of the query string" },
		{ "a=",
		  "expected an operator, a '.' and a value in 'a', at character 3 of the query string" },
		{ "a=eq",
		  "expected an operator, a '.' and a value in 'a', at character 3 of the query string" },
		{ "a=EQ.5",
		  "expected an operator, a '.' and a value in 'a', at character 3 of the query string" },
		{ "a=not",
		  "expected an operator, a '.' and a value in 'a', at character 3 of the query string" },
		{ "a=not.",
		  "expected an operator, a '.' and a value in 'a', at character 7 of the query string" },
		{ "a=not.not.eq.1",
		  "expected an operator, a '.' and a value in 'a', at character 7 of the query string" },
		{ "a=equ.5",
		  "expected an operator, a '.' and a value in 'a', at character 3 of the query string" },
		{ "a=e.5",
		  "expected an operator, a '.' and a value in 'a', at character 3 of the query string" },
		{ "a=.5",
		  "expected an operator, a '.' and a value in 'a', at character 3 of the query string" },
		{ "a=in",
		  "expected an operator, a '.' and a value in 'a', at character 3 of the query string" },
		{ "a=neq(any).{1}",
		  "expected an operator, a '.' and a value in 'a', at character 6 of the query string" },
		{ "a=in(any).(1)",
		  "expected an operator, a '.' and a value in 'a', at character 5 of the query string" },
		{ "a=eq(any){1}",
		  "expected an operator, a '.' and a value in 'a', at character 10 of the query string" },
		{ "a=is(any).null",
		  "expected an operator, a '.' and a value in 'a', at character 5 of the query string" },
		{ "a=fts().x",
		  "expected an operator, a '.' and a value in 'a', at character 6 of the query string" },
		{ "a=fts(a.x",
		  "expected an operator, a '.' and a value in 'a', at character 6 of the query string" },
		{ "a=cs(x).1",
		  "expected an operator, a '.' and a value in 'a', at character 5 of the query string" },
		{ "a=eq.1&b=2",
		  "expected an operator, a '.' and a value in 'b', at character 10 of the query string" },
		{ "a=eq(some).{1}",
		  "expected (any) or (all) after the operator in 'a', at character 5 of the query string" },
		{ "a=eq(any).1",
		  "expected '{' and a list after (any) or (all) in 'a', at character 11 of the query string" },
		{ "a=eq(any).{1",
		  "expected ',' or '}' in the list in 'a', at character 13 of the query string" },
		{ "a=eq(any).{1}x",
		  "expected the end of the value in 'a', at character 14 of the query string" },
		{ "a=eq(any).{1,}",
		  "an element is missing in 'a', at character 14 of the query string" },
		{ "a=eq(any).{{1}}",
		  "a list cannot contain a list in 'a', at character 12 of the query string" },
		{ "a=eq(any).{\"1}",
		  "the quoted text has no closing '\"' in 'a', at character 12 of the query string" },
		{ "a=eq(any).{\"1\"2}",
		  "expected ',' or '}' in the list in 'a', at character 15 of the query string" },
		{ "a=in.1",
		  "expected '(' and a list after 'in.' in 'a', at character 6 of the query string" },
		{ "a=in.(1",
		  "expected ',' or ')' in the list in 'a', at character 8 of the query string" },
		{ "a=in.(1)2",
		  "expected the end of the value in 'a', at character 9 of the query string" },
		{ "a=is.nul",
		  "expected null, not_null, true, false or unknown in 'a', at character 6 of the query string" },
		{ "a=is.",
		  "expected null, not_null, true, false or unknown in 'a', at character 6 of the query string" },
		{ "a=is.null)",
		  "expected the end of the value in 'a', at character 10 of the query string" },
		{ "or=",
		  "expected '(' and filters in 'or', at character 4 of the query string" },
		{ "or=a.eq.1",
		  "expected '(' and filters in 'or', at character 4 of the query string" },
		{ "or=()",
		  "a column's name is missing in 'or', at character 5 of the query string" },
		{ "or=(a)",
		  "expected '.' and an operator in 'or', at character 6 of the query string" },
		{ "or=(a.eq.1",
		  "expected ',' or ')' in 'or', at character 11 of the query string" },
		{ "or=(a.eq.1,)",
		  "a column's name is missing in 'or', at character 12 of the query string" },
		{ "or=(a.eq.1)x",
		  "expected the end of the value in 'or', at character 12 of the query string" },
		{ "or=(a.eq.1))",
		  "expected the end of the value in 'or', at character 12 of the query string" },
		{ "or=(and)",
		  "expected '.' and an operator in 'or', at character 8 of the query string" },
		{ "or=(and())",
		  "a column's name is missing in 'or', at character 9 of the query string" },
		{ "or=(xor(a.eq.1))",
		  "expected '.' and an operator in 'or', at character 8 of the query string" },
		{ "not.and=(a.nope.1)",
		  "expected an operator, a '.' and a value in 'not.and', at character 12 of the query string" },
		{ "or=(a.cs.{1)",
		  "the value has no closing '}' in 'or', at character 10 of the query string" },
		{ "or=(\"a.eq.1)",
		  "the quoted name has no closing '\"' in 'or', at character 5 of the query string" },
		{ "select=a:",
		  "a column's name is missing in 'select', at character 10 of the query string" },
		{ "select=a::",
		  "a type is missing after '::' in 'select', at character 11 of the query string" },
		{ "select=a:b:c",
		  "expected ',' or the end of select in 'select', at character 11 of the query string" },
		{ "select=d->k:a",
		  "an alias cannot be a path in 'select', at character 12 of the query string" },
		{ "select=d->",
		  "a key or an index is missing after the arrow in 'select', at character 11 of the query string" },
		{ "select=d->>a->b",
		  "an arrow cannot follow '->>', whose result is text in 'select', at character 15 of the query string" },
		{ "select=d->,b",
		  "a key or an index is missing after the arrow in 'select', at character 11 of the query string" },
		{ "select=d->1234567890",
		  "an array index has more than 9 digits in 'select', at character 21 of the query string" },
		{ "d->\"a=eq.1",
		  "the quoted name has no closing '\"' at character 4 of the query string" },
		{ "\"a\"b=eq.1",
		  "expected the end of the column's name at character 4 of the query string" },
		{ "order=d->.desc",
		  "a key or an index is missing after the arrow in 'order', at character 10 of the query string" },
		{ "a=eq.b%00", "the text contains NUL at character 7 of the query string" },
		{ "%00=eq.b", "the text contains NUL at character 1 of the query string" },
		{ "a=eq.%41\xff", "the text is not valid UTF-8 at character 9 of the query string" },
		{ "a=eq.%FF", "the text is not valid UTF-8 at character 6 of the query string" },
		{ "a=eq.%C3", "the text is not valid UTF-8 at character 6 of the query string" },
		{ "a=eq.%C0%80", "the text is not valid UTF-8 at character 6 of the query string" },
		{ "\xff=eq.1", "the text is not valid UTF-8 at character 1 of the query string" },
		{ "select=,a", "a column's name is missing in 'select', at character 8 of the query string" },
		{ "select=a,", "a column's name is missing in 'select', at character 10 of the query string" },
		{ "select=a,,b", "a column's name is missing in 'select', at character 10 of the query string" },
		{ "select=**", "expected ',' or the end of select in 'select', at character 9 of the query string" },
		{ "select=%2A%2A", "expected ',' or the end of select in 'select', at character 11 of the query string" },
		{ "select=\"a", "the quoted name has no closing '\"' in 'select', at character 8 of the query string" },
		{ "select=\"a\\\"", "the quoted name has no closing '\"' in 'select', at character 8 of the query string" },
		{ "select=\"\"", "a name is empty in 'select', at character 10 of the query string" },
		{ "select=\"a\"b", "expected ',' or the end of select in 'select', at character 11 of the query string" },
		{ "select=a&select=b", "'select' is given more than once at character 10 of the query string" },
		{ "order=", "a column's name is missing in 'order', at character 7 of the query string" },
		{ "order=a,", "a column's name is missing in 'order', at character 9 of the query string" },
		{ "order=.desc", "a column's name is missing in 'order', at character 7 of the query string" },
		{ "order=a.", "expected asc, desc, nullsfirst or nullslast in 'order', at character 9 of the query string" },
		{ "order=a.DESC",
		  "expected asc, desc, nullsfirst or nullslast in 'order', at character 9 of the query string" },
		{ "order=a.descending",
		  "expected asc, desc, nullsfirst or nullslast in 'order', at character 9 of the query string" },
		{ "order=a.asc.desc",
		  "expected asc, desc, nullsfirst or nullslast in 'order', at character 13 of the query string" },
		{ "order=a.nullsfirst.desc",
		  "expected asc, desc, nullsfirst or nullslast in 'order', at character 20 of the query string" },
		{ "order=a.nullslast.nullslast",
		  "expected asc, desc, nullsfirst or nullslast in 'order', at character 19 of the query string" },
		{ "order=\"a\"b", "expected ',' or the end of order in 'order', at character 10 of the query string" },
		{ "order=a&order=a", "'order' is given more than once at character 9 of the query string" },
		{ "limit=", "expected a non-negative integer in 'limit', at character 7 of the query string" },
		{ "limit=-1", "expected a non-negative integer in 'limit', at character 7 of the query string" },
		{ "limit=1.5", "expected a non-negative integer in 'limit', at character 7 of the query string" },
		{ "limit=+5", "expected a non-negative integer in 'limit', at character 7 of the query string" },
		{ "limit=1;", "expected a non-negative integer in 'limit', at character 7 of the query string" },
		{ "limit=9223372036854775808", "expected a non-negative integer in 'limit', at character 7 of the query string" },
		{ "offset=99999999999999999999",
		  "expected a non-negative integer in 'offset', at character 8 of the query string" },
		{ "limit=1&limit=1", "'limit' is given more than once at character 9 of the query string" },
		{ "offset=1&offset=2", "'offset' is given more than once at character 10 of the query string" },
		{ "columns=", "a column's name is missing in 'columns', at character 9 of the query string" },
		{ "on_conflict=a,", "a column's name is missing in 'on_conflict', at character 15 of the query string" },
		{ "columns=a&columns=b", "'columns' is given more than once at character 11 of the query string" },
		/* where a '%' is three bytes, and where it stands for itself */
		{ "or=(a.eq.%25,b.xx.1)",
		  "expected an operator, a '.' and a value in 'or', at character 16 of the query string" },
		{ "or=(a.eq.%,b.xx.1)", "expected an operator, a '.' and a value in 'or', at character 14 of the query string" },
		{ "or=(a.like.%%%2,b.xx.1)",
		  "expected an operator, a '.' and a value in 'or', at character 19 of the query string" },
		{ "select=%,%a)", "expected ',' or the end of select in 'select', at character 12 of the query string" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		const char *said;

		if (parse_bytes(cases[i].text, strlen(cases[i].text)) != STATUS_BAD_QUERY)
			fail_msg("%s: taken", cases[i].text);
		assert_int_equal(fault.status, STATUS_BAD_QUERY);
		said = arena_printf(&arena, "%s %s", fault.message, fault.details);
		if (strcmp(said, cases[i].message) != 0)
			fail_msg("%s: %s", cases[i].text, said);
	}
}

static void limits_of_size(void **state)
{
	struct text text = { 0 };

	(void)state;
	text_add_string(&text, "a=eq.");
	while (text.length < QUERY_MAX_BYTES)
		text_add_char(&text, 'x');
	assert_int_equal(parse_bytes(text.bytes, text.length), STATUS_OK);
	text_add_char(&text, 'x');
	assert_int_equal(parse_bytes(text.bytes, text.length), STATUS_URI_TOO_LONG);
	assert_int_equal(fault.status, STATUS_URI_TOO_LONG);

	text_clear(&text);
	for (int i = 0; i < QUERY_MAX_PARTS; i++)
		text_add_string(&text, i > 0 ? "&a=eq.1" : "a=eq.1");
	assert_int_equal(parse_bytes(text.bytes, text.length), STATUS_OK);
	assert_int_equal(query.condition_count, QUERY_MAX_PARTS);
	text_add_string(&text, "&a=eq.1");
	assert_int_equal(parse_bytes(text.bytes, text.length), STATUS_BAD_QUERY);
	assert_int_equal(fault.status, STATUS_BAD_QUERY);

	text_clear(&text);
	text_add_string(&text, "a=in.(1");
	for (int i = 1; i < QUERY_MAX_ITEMS; i++)
		text_add_string(&text, ",1");
	text_add_char(&text, ')');
	assert_int_equal(parse_bytes(text.bytes, text.length), STATUS_OK);
	assert_int_equal(query.conditions->value_count, QUERY_MAX_ITEMS);
	text_add_string(&text, "&b=eq(any).{1}");
	assert_int_equal(parse_bytes(text.bytes, text.length), STATUS_BAD_QUERY);
	assert_string_equal(fault.message, "more than 10000 items in lists");
	assert_non_null(strstr(fault.details, "in 'b',"));

	text_clear(&text);
	text_add_string(&text, "or=(a.eq.1");
	for (int i = 2; i < QUERY_MAX_PARTS; i++)
		text_add_string(&text, ",a.eq.1");
	text_add_char(&text, ')');
	assert_int_equal(parse_bytes(text.bytes, text.length), STATUS_OK);
	assert_int_equal(query.condition_count, QUERY_MAX_PARTS);
	text_add_string(&text, "&b=eq.1");
	assert_int_equal(parse_bytes(text.bytes, text.length), STATUS_BAD_QUERY);
	assert_string_equal(fault.message, "more than 1000 filters");
	assert_non_null(strstr(fault.details, "in 'b',"));

	for (int depth = QUERY_MAX_DEPTH; depth <= QUERY_MAX_DEPTH + 1; depth++) {
		text_clear(&text);
		text_add_string(&text, "and=(");
		for (int i = 1; i < depth; i++)
			text_add_string(&text, i % 2 ? "or(" : "and(");
		text_add_string(&text, "a.eq.1");
		for (int i = 0; i < depth; i++)
			text_add_char(&text, ')');
		assert_int_equal(parse_bytes(text.bytes, text.length),
		                 depth > QUERY_MAX_DEPTH ? STATUS_BAD_QUERY : STATUS_OK);
	}
	assert_string_equal(fault.message, "filters are nested more than 32 deep");
	assert_non_null(strstr(fault.details, "in 'and',"));

	for (int steps = QUERY_MAX_STEPS; steps <= QUERY_MAX_STEPS + 1; steps++) {
		text_clear(&text);
		text_add_string(&text, "select=d");
		for (int i = 0; i < steps; i++)
			text_add_string(&text, "->k");
		assert_int_equal(parse_bytes(text.bytes, text.length),
		                 steps > QUERY_MAX_STEPS ? STATUS_BAD_QUERY : STATUS_OK);
	}
	assert_string_equal(fault.message, "more than 16 steps in a JSON path");
	assert_non_null(strstr(fault.details, "in 'select',"));

	text_clear(&text);
	text_add_string(&text, "order=a,d->k");
	for (int i = 1; i < QUERY_MAX_PATHS; i++)
		text_add_string(&text, ",d->>k");
	assert_int_equal(parse_bytes(text.bytes, text.length), STATUS_OK);
	text_add_string(&text, ",a,d->k");
	assert_int_equal(parse_bytes(text.bytes, text.length), STATUS_BAD_QUERY);
	assert_string_equal(fault.message, "more than 64 JSON paths in order");
	assert_non_null(strstr(fault.details, "in 'order',"));

	for (int list = 0; list < 2; list++) {
		text_clear(&text);
		text_add_string(&text, list == 0 ? "select=a" : "order=a");
		for (int i = 1; i < QUERY_MAX_PARTS; i++)
			text_add_string(&text, ",a");
		assert_int_equal(parse_bytes(text.bytes, text.length), STATUS_OK);
		assert_int_equal(list == 0 ? query.column_count : query.order_count, QUERY_MAX_PARTS);
		text_add_string(&text, ",a");
		assert_int_equal(parse_bytes(text.bytes, text.length), STATUS_BAD_QUERY);
	}
	text_release(&text);
}

static void what_is_not_there_has_a_code_of_its_own(void **state)
{
	static const struct {
		const char *text;
		enum status status;
	} cases[] = {
		{ "select=count()", STATUS_NO_AGGREGATES },    { "select=a.sum()", STATUS_NO_AGGREGATES },
		{ "select=x:a.avg()", STATUS_NO_AGGREGATES },  { "select=d->a.max()", STATUS_NO_AGGREGATES },
		{ "select=rel(*)", STATUS_NO_RELATION },       { "select=id,rel(id,name)", STATUS_NO_RELATION },
		{ "select=x:rel!inner(id)", STATUS_NO_RELATION }, { "select=...rel(id)", STATUS_NO_RELATION },
		{ "select=rel()", STATUS_NO_RELATION },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		assert_int_equal(parse_bytes(cases[i].text, strlen(cases[i].text)), cases[i].status);
		assert_int_equal(fault.status, cases[i].status);
		assert_non_null(strstr(fault.message, "not supported"));
	}
}

/* Every prefix and every single wrong byte: an answer, never a crash. */
static void no_byte_hurts(void **state)
{
	static const char *const good[] = {
		"select=a,\"b\\\"c\",*,x:d->a->-1->>b::int&order=a.desc.nullslast,\"d.e\"&id=eq.%27x&limit=5&offset=6",
		"or=(a.eq.\"b,c\",not.and(c.in.(1,\"2\"),d.like(any).{a*,\"b\"}),e.cs.{\"a\":{}})&f=not.fts(en).x&d->>k=is.null",
	};
	char bytes[256];

	(void)state;
	for (size_t text = 0; text < LENGTH_OF(good); text++) {
		size_t whole = strlen(good[text]);

		parse(good[text]);
		for (size_t length = 0; length < whole; length++)
			(void)!parse_bytes(good[text], length);
		for (size_t at = 0; at < whole; at++)
			for (int byte = 0; byte < 256; byte++) {
				memcpy(bytes, good[text], whole);
				bytes[at] = (char)byte;
				if (parse_bytes(bytes, whole) != STATUS_OK) {
					assert_int_equal(status_http(fault.status), 400);
					assert_non_null(fault.message);
				}
			}
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, forget)
	const struct CMUnitTest tests[] = {
		TEST(an_empty_query_asks_for_all),
		TEST(select_names_columns),
		TEST(order_has_directions_and_nulls),
		TEST(windows),
		TEST(select_has_aliases_and_casts),
		TEST(filters),
		TEST(operators),
		TEST(lists),
		TEST(trees),
		TEST(faults_say_where),
		TEST(limits_of_size),
		TEST(what_is_not_there_has_a_code_of_its_own),
		TEST(no_byte_hurts),
	};

	return cmocka_run_group_tests_name("query", tests, NULL, NULL);
}
