/* SPDX-License-Identifier: MIT */
#include "request/filter.h"

#include <string.h>
#include <strings.h>

static const struct {
	const char *word;
	size_t length;
	bool quantifiable;
} operators[] = {
#define X(name, word, quantifiable) { word, sizeof(word) - 1, quantifiable },
	QUERY_OPERATORS(X)
#undef X
};

const char *query_operator_word(enum query_operator op)
{
	return operators[op].word;
}

static bool is_fulltext(enum query_operator op)
{
	return op >= QUERY_FTS && op <= QUERY_WFTS;
}

/* NULL: there are too many, and that is told. */
static struct query_condition *new_condition(struct scanner *scanner)
{
	struct query_condition *condition;

	if (scanner->query->condition_count == QUERY_MAX_PARTS) {
		(void)scan_too_many(scanner, QUERY_MAX_PARTS, "filters");
		return NULL;
	}
	scanner->query->condition_count++;
	condition = arena_alloc(scanner->arena, sizeof(*condition));
	condition->at = scanner->at;
	return condition;
}

static enum status new_value(struct scanner *scanner, struct query_condition *condition, struct query_value ***last)
{
	if (scanner->items == QUERY_MAX_ITEMS)
		return scan_too_many(scanner, QUERY_MAX_ITEMS, "items in lists");
	scanner->items++;
	condition->value_count++;
	**last = arena_alloc(scanner->arena, sizeof(***last));
	(**last)->text.at = scanner->at;
	return STATUS_OK;
}

/* What is left of the part, or in a tree the text up to what ends it. */
static struct slice take_until(struct scanner *scanner, const char *stop)
{
	const char *from = scanner->at;

	while (scanner->at < scanner->end && strchr(stop, *scanner->at) == NULL)
		scanner->at++;
	return (struct slice){ from, (size_t)(scanner->at - from) };
}

/* Whether a '"' here begins a text that ends before a byte of stop, or before the end; else it is a text like others. */
static bool is_quoted(const struct scanner *scanner, const char *stop)
{
	const char *at = scanner->at;

	if (at == scanner->end || *at++ != '"')
		return false;
	for (; at < scanner->end && *at != '"'; at++)
		if (*at == '\\' && at + 1 < scanner->end)
			at++;
	return at < scanner->end && (at + 1 == scanner->end || strchr(stop, at[1]) != NULL);
}

static void take_item(struct scanner *scanner, struct query_text *text)
{
	if (is_quoted(scanner, ",)"))
		(void)scan_quoted(scanner, text);
	else
		text->text = take_until(scanner, ",)");
}

/* (a,"b,c",d) */
static enum status parse_list(struct scanner *scanner, struct query_condition *condition)
{
	struct query_value **last = &condition->values;
	enum status status;

	if (!scan_take(scanner, '('))
		return scan_refuse(scanner, "expected '(' and a list after 'in.'");
	scan_spaces(scanner);
	if (scan_take(scanner, ')'))
		return STATUS_OK; /* no row is in nothing */
	for (;;) {
		if ((status = new_value(scanner, condition, &last)) != STATUS_OK)
			return status;
		take_item(scanner, &(*last)->text);
		last = &(*last)->next;
		if (scan_take(scanner, ')'))
			return STATUS_OK;
		if (!scan_take(scanner, ','))
			return scan_refuse(scanner, "expected ',' or ')' in the list");
	}
}

enum status filter_parse_after(struct scanner *scanner)
{
	struct query_condition *after = new_condition(scanner);
	enum status status;

	if (after == NULL)
		return STATUS_BAD_QUERY;
	scanner->query->condition_count--; /* it is none */
	if ((status = parse_list(scanner, after)) != STATUS_OK)
		return status;
	scanner->query->after = after;
	return scanner->at == scanner->end ? STATUS_OK : scan_refuse(scanner, "expected the end after ')'");
}

/* One element of {…}: quoted or not, a backslash takes the next byte as it is. */
static enum status take_element(struct scanner *scanner, struct query_value *value)
{
	char *from, *out, *trimmed;
	bool as_it_is = false;

	if (scan_is(scanner, '"')) {
		if (!scan_quoted(scanner, &value->text))
			return scan_refuse(scanner, "the quoted text has no closing '\"'");
		scan_spaces(scanner);
		return STATUS_OK;
	}
	for (from = out = trimmed = scanner->at; scanner->at < scanner->end && strchr(",{}\"", *scanner->at) == NULL;
	     scanner->at++) {
		bool escaped = *scanner->at == '\\' && scanner->at + 1 < scanner->end;

		scanner->at += escaped;
		as_it_is = as_it_is || escaped;
		*out++ = *scanner->at;
		if (escaped || strchr(" \t\r\n", *scanner->at) == NULL)
			trimmed = out;
	}
	if (trimmed == from)
		return scan_refuse(scanner,
		                   scan_is(scanner, '{') ? "a list cannot contain a list" : "an element is missing");
	value->text.text = (struct slice){ from, (size_t)(trimmed - from) };
	value->is_null = !as_it_is && value->text.text.length == 4 && strncasecmp(from, "null", 4) == 0;
	return STATUS_OK;
}

/* {a,"b,c",NULL}, as PostgreSQL writes arrays */
static enum status parse_array(struct scanner *scanner, struct query_condition *condition)
{
	struct query_value **last = &condition->values;
	enum status status;

	if (!scan_take(scanner, '{'))
		return scan_refuse(scanner, "expected '{' and a list after (any) or (all)");
	scan_spaces(scanner);
	if (scan_take(scanner, '}'))
		return STATUS_OK;
	for (;;) {
		scan_spaces(scanner);
		if ((status = new_value(scanner, condition, &last)) != STATUS_OK ||
		    (status = take_element(scanner, *last)) != STATUS_OK)
			return status;
		last = &(*last)->next;
		if (scan_take(scanner, '}'))
			return STATUS_OK;
		if (!scan_take(scanner, ','))
			return scan_refuse(scanner, "expected ',' or '}' in the list");
	}
}

/* In a tree: a text from '{' to the '}' that belongs to it, such as JSON. */
static enum status take_braces(struct scanner *scanner, struct query_text *text)
{
	char *from = scanner->at;
	unsigned depth = 0;
	bool quoted = false;

	for (; scanner->at < scanner->end; scanner->at++) {
		if (*scanner->at == '"')
			quoted = !quoted;
		else if (quoted && *scanner->at == '\\' && scanner->at + 1 < scanner->end)
			scanner->at++;
		else if (!quoted && *scanner->at == '{')
			depth++;
		else if (!quoted && *scanner->at == '}' && --depth == 0) {
			scanner->at++;
			text->text = (struct slice){ from, (size_t)(scanner->at - from) };
			return STATUS_OK;
		}
	}
	scanner->at = from;
	return scan_refuse(scanner, "the value has no closing '}'");
}

static enum status parse_one(struct scanner *scanner, struct query_condition *condition, bool in_tree)
{
	struct query_value *value = arena_alloc(scanner->arena, sizeof(*value));

	condition->value_count = 1;
	condition->values = value;
	value->text.at = scanner->at;
	if (!in_tree) {
		value->text.text = (struct slice){ scanner->at, (size_t)(scanner->end - scanner->at) };
		scanner->at = scanner->end;
		return STATUS_OK;
	}
	if (scan_is(scanner, '{'))
		return take_braces(scanner, &value->text);
	take_item(scanner, &value->text);
	return STATUS_OK;
}

static enum status parse_is(struct scanner *scanner, struct query_condition *condition)
{
	static const char *const words[] = {
		[QUERY_NULL] = "null",   [QUERY_NOT_NULL] = "not_null", [QUERY_TRUE] = "true",
		[QUERY_FALSE] = "false", [QUERY_UNKNOWN] = "unknown",
	};
	char *from = scanner->at;
	struct slice word = take_until(scanner, ",)");

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (word.length == strlen(words[i]) && strncasecmp(word.bytes, words[i], word.length) == 0) {
			condition->is = (enum query_is)i;
			return STATUS_OK;
		}
	scanner->at = from;
	return scan_refuse(scanner, "expected null, not_null, true, false or unknown");
}

static enum status refuse_operator(struct scanner *scanner)
{
	scanner->fault->hint = "filters are written column=operator.value, such as id=eq.1 or name=not.is.null";
	return scan_refuse(scanner, "expected an operator, a '.' and a value");
}

/* What is said of another table's rows: posts.order=id, posts.or=(…). A column's name in quotes is never meant. */
static bool is_of_another_table(struct slice name)
{
	static const char *const words[] = { ".order", ".limit", ".offset", ".or", ".and" };
	size_t length;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		length = strlen(words[i]);
		if (name.length > length && memcmp(name.bytes + name.length - length, words[i], length) == 0)
			return true;
	}
	return false;
}

/* (any), (all); of a full-text search (language) */
static enum status parse_modifier(struct scanner *scanner, struct query_condition *condition)
{
	char *from = scanner->at++;

	if (is_fulltext(condition->op)) {
		condition->language.at = scanner->at;
		condition->language.text = take_until(scanner, "().,");
		if (condition->language.text.length > 0 && scan_take(scanner, ')'))
			return STATUS_OK;
	} else if (operators[condition->op].quantifiable) {
		condition->quantifier = scan_ahead(scanner, "any)") ? QUERY_ANY : QUERY_ALL;
		if (scan_take_word(scanner, "any)") || scan_take_word(scanner, "all)"))
			return STATUS_OK;
		scanner->at = from;
		return scan_refuse(scanner, "expected (any) or (all) after the operator");
	}
	scanner->at = from;
	return refuse_operator(scanner);
}

/* not.operator(any).value */
static enum status parse_operation(struct scanner *scanner, struct query_condition *condition, bool in_tree)
{
	char *from;
	size_t length, i;
	enum status status;

	condition->negated = scan_take_word(scanner, "not.");
	from = scanner->at;
	while (scanner->at < scanner->end && *scanner->at >= 'a' && *scanner->at <= 'z')
		scanner->at++;
	length = (size_t)(scanner->at - from);
	for (i = 0; i < QUERY_OPERATOR_COUNT; i++)
		if (operators[i].length == length && memcmp(operators[i].word, from, length) == 0)
			break;
	if (i == QUERY_OPERATOR_COUNT || scanner->at == scanner->end || (*scanner->at != '.' && *scanner->at != '(')) {
		scanner->at = from;
		if (!in_tree && is_of_another_table(scanner->part)) {
			(void)scan_refuse(scanner, "rows of another table are not supported");
			return scanner->fault->status = STATUS_NO_RELATION;
		}
		return refuse_operator(scanner);
	}
	condition->op = (enum query_operator)i;
	if (*scanner->at == '(' && (status = parse_modifier(scanner, condition)) != STATUS_OK)
		return status;
	if (!scan_take(scanner, '.'))
		return refuse_operator(scanner);
	if (condition->op == QUERY_IN)
		return parse_list(scanner, condition);
	if (condition->op == QUERY_IS)
		return parse_is(scanner, condition);
	if (condition->quantifier != QUERY_ONE)
		return parse_array(scanner, condition);
	return parse_one(scanner, condition, in_tree);
}

static enum status parse_group(struct scanner *scanner, struct query_condition *group, unsigned depth) MUST_CHECK;

/* A filter of a tree, or a group. */
static enum status parse_member(struct scanner *scanner, struct query_condition *condition, unsigned depth)
{
	char *from = scanner->at;
	bool negated = scan_take_word(scanner, "not."), either = scan_take_word(scanner, "or");
	enum status status;

	if (either || scan_take_word(scanner, "and")) {
		scan_spaces(scanner);
		if (scan_is(scanner, '(')) {
			condition->kind = either ? QUERY_OR : QUERY_AND;
			condition->negated = negated;
			return parse_group(scanner, condition, depth + 1);
		}
	}
	scanner->at = from; /* a column may begin with these letters */
	if ((status = scan_field(scanner, ".,()", &condition->field)) != STATUS_OK)
		return status;
	if (!scan_take(scanner, '.'))
		return scan_refuse(scanner, "expected '.' and an operator");
	return parse_operation(scanner, condition, true);
}

static enum status parse_group(struct scanner *scanner, struct query_condition *group, unsigned depth)
{
	struct query_condition **last = &group->first;
	enum status status;

	if (depth > QUERY_MAX_DEPTH)
		return scan_refuse(scanner, arena_printf(scanner->arena, "filters are nested more than %d deep", QUERY_MAX_DEPTH));
	if (!scan_take(scanner, '('))
		return scan_refuse(scanner, "expected '(' and filters");
	do {
		scan_spaces(scanner);
		if ((*last = new_condition(scanner)) == NULL)
			return STATUS_BAD_QUERY;
		if ((status = parse_member(scanner, *last, depth)) != STATUS_OK)
			return status;
		last = &(*last)->next;
		scan_spaces(scanner);
	} while (scan_take(scanner, ','));
	return scan_take(scanner, ')') ? STATUS_OK : scan_refuse(scanner, "expected ',' or ')'");
}

/* Conditions stand in the order of the query string. */
static void append(struct query *query, struct query_condition *condition)
{
	if (query->conditions == NULL)
		query->conditions = condition;
	else
		query->last->next = condition;
	query->last = condition;
}

static enum status expect_end(struct scanner *scanner)
{
	return scanner->at == scanner->end ? STATUS_OK : scan_refuse(scanner, "expected the end of the value");
}

enum status filter_parse_logic(struct scanner *scanner)
{
	struct query_condition *group = new_condition(scanner);
	enum status status;

	if (group == NULL)
		return STATUS_BAD_QUERY;
	group->negated = scanner->part.length > 3; /* not.or, not.and */
	group->kind = scanner->part.bytes[scanner->part.length - 1] == 'r' ? QUERY_OR : QUERY_AND;
	scan_spaces(scanner);
	if ((status = parse_group(scanner, group, 1)) != STATUS_OK)
		return status;
	append(scanner->query, group);
	scan_spaces(scanner);
	return expect_end(scanner);
}

enum status filter_parse(struct scanner *name, struct scanner *value)
{
	struct query_condition *condition = new_condition(value);
	enum status status;

	if (condition == NULL)
		return STATUS_BAD_QUERY;
	if (name->at == name->end) { /* no column has this name, which is for others to say */
		condition->field.column = (struct query_text){ { name->at, 0 }, name->at };
	} else if ((status = scan_field(name, "", &condition->field)) != STATUS_OK)
		return status;
	if (name->at != name->end)
		return scan_refuse(name, "expected the end of the column's name");
	if ((status = parse_operation(value, condition, false)) != STATUS_OK)
		return status;
	append(value->query, condition);
	return expect_end(value);
}
