/* SPDX-License-Identifier: MIT */
#include "worker/server_fault.h"

#include <string.h>

#include "sql/sql.h"

/* Whether a text of the statement has a character beyond ASCII. All texts come from the request: values of filters, of
 * the place where a page begins, names in JSON. */
static bool says_more_than_ascii(struct slice sql)
{
	char quote = '\0';

	for (size_t i = 0; i < sql.length; i++) {
		char byte = sql.bytes[i];

		if (quote == '\'' && (unsigned char)byte >= 0x80)
			return true;
		if (quote == '\0' && (byte == '\'' || byte == '"'))
			quote = byte;
		else if (byte == quote)
			quote = '\0';
	}
	return false;
}

/* Whether it may be the query that asks for what the database cannot do; otherwise a view does. The query's values have
 * been looked at already, so that MySQL and MariaDB find no number out of range, and what they say of others has no
 * place; casts that cannot be made are NULL there. PostgreSQL gives the place of a value; but it refuses a statement with
 * a character that the database's encoding does not have before it reads it, and makes casts while it runs. */
static bool is_of_query(const struct database_error *error, const struct plan *plan, struct slice sql)
{
	if (error->number > 0)
		return plan->condition_count > 0 && error->status != STATUS_NO_FIT;
	return error->place > 0 || plan->casts || (error->status == STATUS_NO_CHARACTER && says_more_than_ascii(sql));
}

/* What is said of a body's values is said of the query's. What is said of a write is said of what a function writes that
 * a view calls. */
static enum status status_of_read(const struct database_error *error, const struct plan *plan, struct slice sql)
{
	switch ((int)error->status) {
	case STATUS_NO_FIT:
		return is_of_query(error, plan, sql) ? STATUS_VALUE_RANGE : STATUS_NOT_SHOWN;
	case STATUS_BAD_VALUE:
	case STATUS_NO_CHARACTER:
	case STATUS_TOO_DEEP:
		return is_of_query(error, plan, sql) ? STATUS_BAD_VALUE : STATUS_NOT_SHOWN;
	case STATUS_BODY_TOO_LARGE: /* all that a read is made of stands there */
		return STATUS_URI_TOO_LONG;
	case STATUS_TOO_LONG: /* what is there already is too long to be searched, or to be sorted */
	case STATUS_ROW_TOO_LARGE:
		return STATUS_TOO_COMPLEX;
	case STATUS_RAISED: /* what a trigger or a function raises is meant for who writes (write_fault.h) */
	case STATUS_DUPLICATE:
	case STATUS_FOREIGN_KEY:
	case STATUS_NULL:
	case STATUS_CHECK:
	case STATUS_NO_PARTITION:
	case STATUS_NO_MEMBER:
	case STATUS_NOT_COMPUTED:
	case STATUS_SAME_ROW:
	case STATUS_CHANGE_TOO_LARGE:
		return STATUS_NOT_SHOWN;
	case STATUS_NOT_UPDATABLE:
	case STATUS_NOT_WRITABLE:
	case STATUS_NO_CONFLICT_KEY:
	case STATUS_UNRETURNED:
		return STATUS_DEFINITION;
	case STATUS_UNKNOWN: /* nobody asked for what would be made or not */
		return STATUS_STORAGE;
	default:
		return server_fault_status(error, plan);
	}
}

/* Whether the server's words are about the table, and not about one that a trigger or a view uses. */
static bool names_table(struct slice words, struct slice table)
{
	const char *at = memmem(words.bytes, words.length, " for ", 5);
	const char *end = words.bytes + words.length;

	if (at == NULL)
		return false;
	at++; /* the account stands before */
	while ((at = memmem(at, (size_t)(end - at), table.bytes, table.length)) != NULL) {
		char before = at[-1], behind = at[table.length];

		if ((before == behind && (before == '`' || before == '\'')) || (before == ' ' && behind == '\0'))
			return true;
		at++;
	}
	return false;
}

/* The right that MySQL's or MariaDB's words name; NULL: none. */
static const char *find_right(struct slice words)
{
	static const char *const rights[] = { "SELECT", "INSERT", "UPDATE", "DELETE" };
	static const char denied[] = " command denied to user ";

	for (size_t i = 0; i < sizeof(rights) / sizeof(rights[0]); i++)
		if (words.length > 6 + sizeof(denied) && memcmp(words.bytes, rights[i], 6) == 0 &&
		    memcmp(words.bytes + 6, denied, sizeof(denied) - 1) == 0)
			return rights[i];
	return NULL;
}

bool server_fault_lacks_right(const char *text, const struct table *table, const char **right)
{
	static const char permission[] = "42501: permission denied for ";
	struct slice words = { text, strlen(text) };

	*right = find_right(words);
	return names_table(words, table->name) &&
	       (*right != NULL || strncmp(text, permission, sizeof(permission) - 1) == 0);
}

void server_fault_tell_right(struct fault *fault, const struct table *table, const char *right, struct arena *arena)
{
	if (right != NULL)
		fault->hint = arena_printf(arena, "on table '%s' the account has no %s", table->name.bytes, right);
}

struct fault server_fault_of_read(const struct database_error *error, const struct plan *plan, struct slice sql,
                                  struct arena *arena)
{
	struct fault fault = { .status = status_of_read(error, plan, sql) };
	const char *right;

	if (fault.status == STATUS_URI_TOO_LONG)
		fault.details = STATEMENT_TOO_LONG;
	else if (fault.status == STATUS_LOCKED)
		fault.message = "the rows are locked by another transaction";
	else if (fault.status == STATUS_FORBIDDEN && server_fault_lacks_right(error->text, plan->table, &right))
		server_fault_tell_right(&fault, plan->table, right != NULL ? right : "SELECT", arena);
	server_fault_tell_operand(&fault, error, plan, sql, arena);
	server_fault_tell(&fault, error, arena);
	return fault;
}

static bool has_search(const struct plan_condition *condition)
{
	for (; condition != NULL; condition = condition->next)
		if (condition->kind != PLAN_FILTER ? has_search(condition->first)
		                                   : condition->op >= QUERY_FTS && condition->op <= QUERY_WFTS)
			return true;
	return false;
}

enum status server_fault_status(const struct database_error *error, const struct plan *plan)
{
	enum { ENGINE_OUT_OF_MEMORY = 128 }; /* so MariaDB calls it, where MySQL has an error of its own */

	if (error->number == ENGINE_OUT_OF_MEMORY && has_search(plan->conditions))
		return STATUS_SEARCH_TOO_LARGE;
	return error->status == STATUS_SORT && plan->order_count == 0 ? STATUS_NO_MEMORY : error->status;
}

const char *server_fault_form(const struct column *column, struct arena *arena)
{
	const char *declared = column->declared.bytes;

	if (column->type == COLUMN_ARRAY)
		return arena_printf(arena, ": expected %s, as {a,b} or JSON", declared);
	if (!column->is_opaque)
		return "";
	return arena_printf(arena, ": expected %s%s", declared,
	                    column->kind == KIND_RANGE        ? ", as [a,b)"
	                    : column->kind == KIND_MULTIRANGE ? ", as {[a,b),[c,d)}"
	                                                      : "");
}

void server_fault_tell_operand(struct fault *fault, const struct database_error *error, const struct plan *plan,
                               struct slice sql, struct arena *arena)
{
	enum status status = status_of_read(error, plan, sql);
	const struct column *column;
	bool named;

	if (error->place == 0 || (status != STATUS_BAD_VALUE && status != STATUS_VALUE_RANGE &&
	                          status != STATUS_NO_SUCH_OPERATOR && status != STATUS_UNSUPPORTED) ||
	    (column = sql_find_operand(plan, sql, error->place, &named)) == NULL)
		return;
	fault->status = status;
	if (status != STATUS_NO_SUCH_OPERATOR)
		fault->message = arena_printf(arena, "%s for column '%s'%s", status_message(status), column->name.bytes,
		                              status == STATUS_BAD_VALUE ? server_fault_form(column, arena) : "");
	else
		fault->message = arena_printf(arena,
		                              named && strcmp(error->state, "42804") != 0
		                                    ? "column '%s' cannot be ordered: type %s has no order"
		                                    : "column '%s' cannot be compared like this: type %s has no such operator",
		                              column->name.bytes, column->declared.bytes);
}

const char *server_fault_limit(const struct database_error *error)
{
	enum { INTERRUPTED = 1317 }; /* of MySQL; PostgreSQL has one state for both, and words, of the server's language */
	static const char state[] = "57014: ";

	if (error->number == INTERRUPTED || strstr(error->text, "due to user request") != NULL)
		return "it was ended in the database";
	if (strncmp(error->text, state, sizeof(state) - 1) == 0 && strstr(error->text, "due to statement timeout") == NULL)
		return "MYREST_STATEMENT_TIMEOUT limits it, or it was ended in the database";
	return "MYREST_STATEMENT_TIMEOUT limits it";
}

void server_fault_tell(struct fault *fault, const struct database_error *error, struct arena *arena)
{
	if (fault->status == STATUS_TIMEOUT && fault->details == NULL)
		fault->details = server_fault_limit(error);
	if (error->state[0] != '\0' && status_is_the_databases(fault->status))
		fault->code = arena_text(arena, error->state, strlen(error->state));
	if (status_http(fault->status) < 500 || fault->details != NULL)
		return;
	if (error->number > 0)
		fault->details = arena_printf(arena, "the database's error %u", error->number);
	else if (error->state[0] != '\0' && fault->code == NULL && strcmp(error->state, status_code(fault->status)) != 0)
		fault->details = arena_printf(arena, "the database's error %s", error->state);
}

bool server_fault_is_outdated(const struct database_error *error, const struct plan *plan, struct slice sql)
{
	const struct column *column = NULL;
	bool named;

	if (error->status == STATUS_NO_SUCH_OPERATOR && error->place > 0)
		column = sql_find_operand(plan, sql, error->place, &named);
	return error->schema_changed || (column != NULL && !column->is_opaque);
}
