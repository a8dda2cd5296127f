/* SPDX-License-Identifier: MIT */
#include "worker/write_fault.h"

#include <string.h>

#include "schema/dialect.h"
#include "worker/server_fault.h"

/* Some servers name the check of one column with its table in front. */
static bool is_called(struct slice given, const char *name)
{
	size_t length = strlen(name);

	return given.length >= length && memcmp(given.bytes + given.length - length, name, length) == 0 &&
	       (given.length == length || given.bytes[given.length - length - 1] == '.');
}

/* a, b: the columns of a key; NULL when there is one that clients may not see. */
static const char *column_list(const struct table *table, unsigned count, const uint16_t *columns, struct arena *arena)
{
	struct text list = { 0 };
	const char *copy = NULL;
	unsigned i;

	for (i = 0; i < count && table_is_known(&table->columns[columns[i]]); i++) {
		if (i > 0)
			text_add_string(&list, ", ");
		text_add_slice(&list, table->columns[columns[i]].name);
	}
	if (i == count)
		copy = arena_text(arena, list.bytes, list.length);
	text_release(&list);
	return copy;
}

/* Whether it is the table's name, a point and the other name. */
static bool is_of_table(struct slice given, const struct table *table, const char *name)
{
	size_t before = table->name.length + 1;

	return given.length > before && given.bytes[before - 1] == '.' &&
	       memcmp(given.bytes, table->name.bytes, before - 1) == 0 &&
	       slice_is((struct slice){ given.bytes + before, given.length - before }, name);
}

/* MySQL names a key with its table in front: another table is one that a trigger writes. Any name may have points in
 * it. */
static const struct key *find_key(const struct table *table, struct slice name, bool *with_table)
{
	*with_table = false;
	for (unsigned i = 0; i < table->key_count; i++)
		if (slice_is(name, table->keys[i].name))
			return &table->keys[i];
	*with_table = true;
	for (unsigned i = 0; i < table->key_count; i++)
		if (is_of_table(name, table, table->keys[i].name))
			return &table->keys[i];
	return NULL;
}

static const struct foreign_key *find_foreign_key(const struct table *table, struct slice name)
{
	for (unsigned i = 0; i < table->foreign_key_count; i++)
		if (is_called(name, table->foreign_keys[i].name))
			return &table->foreign_keys[i];
	return NULL;
}

static const struct column *find_column(const struct table *table, struct slice name)
{
	const struct column *column = table_known_column(table, name.bytes, name.length);

	for (unsigned i = 0; column == NULL && i < table->column_count; i++)
		if (table_is_known(&table->columns[i]) && is_called(name, table->columns[i].name.bytes))
			column = &table->columns[i];
	return column;
}

/* What stands behind the name, as it is or quoted; NULL: it is not there. */
static const char *skip_name(const char *at, const char *end, const struct column *column)
{
	const struct slice forms[] = { column->name, column->quoted };

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if ((size_t)(end - at) > forms[i].length && memcmp(at, forms[i].bytes, forms[i].length) == 0 &&
		    (at[forms[i].length] == ',' || at[forms[i].length] == ')'))
			return at + forms[i].length;
	return NULL;
}

/* Of (a, b)=(1, 2) what stands in the second parentheses; NULL: the columns are not those of the key. */
static struct slice find_values(struct slice given, const struct table *table, const struct key *key)
{
	static const char between[] = ")=(";
	const char *at = given.bytes + 1, *end = given.bytes + given.length;

	for (unsigned i = 0; i < key->column_count; i++) {
		if ((at = skip_name(at, end, &table->columns[key->columns[i]])) == NULL)
			return (struct slice){ NULL, 0 };
		if (i + 1 < key->column_count && end - at > 2 && memcmp(at, ", ", 2) == 0)
			at += 2;
	}
	if ((size_t)(end - at) <= sizeof(between) - 1 || memcmp(at, between, sizeof(between) - 1) != 0)
		return (struct slice){ NULL, 0 };
	at += sizeof(between) - 1;
	return (struct slice){ at, (size_t)(end - 1 - at) };
}

/* MySQL writes the values of several columns so that nobody knows where one ends, bytes in a way of its own, and what
 * is long is cut. */
static bool is_one_value(const struct column *column, struct slice values)
{
	enum { MOST = 128 };

	return values.length < MOST && (column->type == COLUMN_INTEGER || column->type == COLUMN_STRING ||
	                                column->type == COLUMN_DECIMAL || column->type == COLUMN_DATE);
}

/* The key's values in the row that was refused, where clients may read all of its columns; otherwise NULL. */
static struct slice find_key_values(const struct table *table, const struct key *key, const struct database_error *error,
                                    bool with_table)
{
	struct slice given = error->values;

	for (unsigned i = 0; key != NULL && i < key->column_count; i++)
		if (!table->columns[key->columns[i]].exposed)
			return (struct slice){ NULL, 0 };
	if (key == NULL || key->obscure || given.length == 0)
		return (struct slice){ NULL, 0 };
	if (error->state[0] != '\0') /* PostgreSQL's own words */
		return find_values(given, table, key);
	/* Where the server does not say whose key it is, it may be that of a table which a trigger writes. */
	if (with_table && key->column_count == 1 && is_one_value(&table->columns[key->columns[0]], given))
		return given;
	return (struct slice){ NULL, 0 };
}

static void tell_duplicate(struct fault *fault, const struct table *table, const struct key *key, struct slice values,
                           struct arena *arena)
{
	const char *columns =
	    key != NULL && !key->obscure ? column_list(table, key->column_count, key->columns, arena) : NULL;

	if (columns == NULL)
		return;
	fault->message = arena_printf(arena, "duplicate key value violates unique constraint \"%s\"", key->name);
	if (values.bytes != NULL)
		fault->details = arena_printf(arena, "Key (%s)=(%.*s) already exists.", columns, (int)values.length,
		                              values.bytes);
	else
		fault->details = arena_printf(arena, "Key (%s) already exists.", columns);
}

/* Rows that refer to this one may be of this very table. */
static void tell_foreign_key(struct fault *fault, const struct table *table, const struct database_error *error,
                             struct arena *arena)
{
	const struct foreign_key *key = find_foreign_key(table, error->subject);
	const char *columns = key != NULL ? column_list(table, key->column_count, key->columns, arena) : NULL;

	if (error->referenced)
		fault->message = "other rows refer to this row";
	if (error->referenced || columns == NULL)
		return;
	fault->message = arena_printf(arena, "the change violates foreign key constraint \"%s\"", key->name);
	fault->details = arena_printf(arena, "Key (%s) refers to no row.", columns);
}

/* A view's column may be called as another one of its table: what is not written cannot be the one that is refused. */
static bool is_written(const struct write *write, const struct column *column)
{
	for (unsigned i = 0; i < write->column_count; i++)
		if (write->columns[i] == column)
			return true;
	return false;
}

static void tell_column(struct fault *fault, const struct table *table, const struct write *write, struct slice name,
                        struct arena *arena)
{
	/* What the servers' words would say, around the column's name. */
	static const struct {
		enum status status;
		const char *before, *behind;
	} words[] = {
		{ STATUS_NULL, "null value in column ", " violates not-null constraint" },
		{ STATUS_TOO_LONG, "the value is too long for column ", "" },
		{ STATUS_NO_FIT, "the value is out of range for column ", "" },
		{ STATUS_NO_MEMBER, "the value is not among those that are allowed in column ", "" },
		{ STATUS_NO_CHARACTER, "the value has characters that cannot be stored in column ", "" },
		{ STATUS_BAD_VALUE, "the value is not of the type of column ", "" },
		{ STATUS_TOO_DEEP, "JSON is nested deeper than the database allows in column ", "" },
		{ STATUS_NOT_WRITABLE, "the database computes column ", "" },
	};
	const struct column *column = name.length > 0 ? find_column(table, name) : NULL;

	if (column != NULL && fault->status == STATUS_NOT_WRITABLE && !is_written(write, column))
		column = NULL;
	for (size_t i = 0; column != NULL && i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].status == fault->status)
			fault->message = arena_printf(arena, "%s'%s'%s", words[i].before, column->name.bytes,
			                              fault->status == STATUS_BAD_VALUE ? server_fault_form(column, arena) :
			                                                                  words[i].behind);
}

/* The check of one column has the column's name, which clients may not know. */
static void tell_check(struct fault *fault, const struct table *table, struct slice name, struct arena *arena)
{
	for (unsigned i = 0; i < table->column_count; i++)
		if (!table_is_known(&table->columns[i]) && is_called(name, table->columns[i].name.bytes))
			return;
	if (name.length > 0)
		fault->message = arena_printf(arena, "the row violates check constraint \"%.*s\"", (int)name.length, name.bytes);
}

/* Whether the database makes a part of the key in that row, or in any that it can be. */
static bool is_made(const struct table *table, const struct write *write, const struct key *key, uint64_t row)
{
	if (write->kind != WRITE_INSERT)
		return false;
	if (row > 0)
		return row <= write->row_count && write_makes_key(write, table, key, (unsigned)row - 1);
	for (unsigned i = 0; i < write->row_count; i++)
		if (!write_makes_key(write, table, key, i))
			return false;
	return write->row_count > 0;
}

/* The id of a row that names none is the database's choice. MySQL, which has come to the last one, chooses it again.
 * MariaDB never makes one that is there, nor does it say whose key it is: a table's that a trigger writes. */
static void tell_key(struct fault *fault, const struct table *table, const struct write *write,
                     const struct database_error *error, uint64_t row, struct arena *arena)
{
	bool with_table;
	const struct key *key = find_key(table, error->subject, &with_table);

	if (key == NULL || !table->dialect->last_id_again || !is_made(table, write, key, row))
		tell_duplicate(fault, table, key, find_key_values(table, key, error, with_table), arena);
	else if (with_table)
		fault->status = STATUS_NO_MORE_IDS;
}

/* MariaDB's type JSON is a check of the column, which has the column's name. All that is written is valid JSON
 * (write_value.h), so that it can fail for one reason only. */
static bool is_json_check(const struct table *table, struct slice name)
{
	const struct column *column = memchr(name.bytes, '.', name.length) != NULL ? find_column(table, name) : NULL;

	return column != NULL && column->type == COLUMN_JSON;
}

static bool ends_with(struct slice sql, const char *words)
{
	size_t length = strlen(words);

	return sql.length >= length && memcmp(sql.bytes + sql.length - length, words, length) == 0;
}

/* Of the columns that a statement reads, those that the account may not: their names with commas between them. */
struct unreadable {
	struct text names;
	bool hidden; /* one of them clients may not know */
};

static void add_unreadable(struct unreadable *unreadable, const struct column *column)
{
	if (!column->unreadable)
		return;
	unreadable->hidden = unreadable->hidden || !table_is_known(column);
	text_add_string(&unreadable->names, unreadable->names.length > 0 ? ", " : "");
	text_add_slice(&unreadable->names, column->name);
}

static bool has_column(const struct table *table, const struct key *key, const struct column *column)
{
	for (unsigned i = 0; i < key->column_count; i++)
		if (column == &table->columns[key->columns[i]])
			return true;
	return false;
}

static const struct key *find_primary_key(const struct table *table)
{
	for (unsigned i = 0; i < table->key_count; i++)
		if (table->keys[i].primary)
			return &table->keys[i];
	return NULL;
}

/* A limit of PostgreSQL reads the primary key, or without one the rows' places (ctid), which need SELECT on all columns.
 * What else a write reads can be read, or it would have been refused. */
static void find_unreadable(struct unreadable *unreadable, const struct table *table)
{
	const struct key *key = find_primary_key(table);

	for (unsigned i = 0; i < table->column_count; i++)
		if (key == NULL || has_column(table, key, &table->columns[i]))
			add_unreadable(unreadable, &table->columns[i]);
}

/* PostgreSQL does not say which right is missing. So it is SELECT on those columns which the statement reads and the
 * account may not, by the table's description; where there are none, it is one of those to write that the statement
 * needs. A lock (FOR UPDATE) needs UPDATE as well. */
static const char *needed_rights(const struct plan *plan, const struct write *write, struct slice sql,
                                 struct arena *arena)
{
	char verb = sql.length > 0 ? sql.bytes[0] : '\0';
	bool upserts = verb == 'I' && write->resolution != RESOLUTION_NONE && write->conflict != NULL;
	bool windowed;
	struct unreadable unreadable = { .hidden = false };
	const char *rights = NULL;

	if (verb == 'W') /* a WITH in front of it */
		verb = write->kind == WRITE_DELETE ? 'D' : 'U';
	windowed = (verb == 'U' || verb == 'D') && plan->limit != UINT64_MAX && !write_looks_first(write);
	if (windowed)
		find_unreadable(&unreadable, plan->table);
	if (unreadable.hidden)
		rights = "SELECT on all columns that this reads";
	else if (unreadable.names.length > 0)
		rights = arena_printf(arena, "SELECT (%s)", text_terminate(&unreadable.names));
	else if (verb == 'I')
		rights = upserts && write->resolution == RESOLUTION_MERGE ? "INSERT, or no UPDATE" : "INSERT";
	else if (verb == 'U')
		rights = "UPDATE";
	else if (verb == 'D')
		rights = windowed ? "DELETE, or no UPDATE, which a limit needs" : "DELETE";
	else if (ends_with(sql, " FOR UPDATE"))
		rights = "UPDATE, which locks the rows";
	text_release(&unreadable.names);
	return rights;
}

/* sql: the statement that was refused. */
static void tell_right(struct fault *fault, const struct plan *plan, const struct write *write, struct slice sql,
                       const char *text, struct arena *arena)
{
	static const char sequence[] = "42501: permission denied for sequence ";
	const char *table = plan->table->name.bytes, *right;

	if (strncmp(text, sequence, sizeof(sequence) - 1) == 0)
		fault->hint = arena_printf(arena, "the account has no USAGE on a sequence of table '%s'", table);
	else if (server_fault_lacks_right(text, plan->table, &right))
		server_fault_tell_right(fault, plan->table, right != NULL ? right : needed_rights(plan, write, sql, arena), arena);
}

void write_fault_tell_row(struct fault *fault, const struct write *write, uint64_t row, struct arena *arena)
{
	if (row == 0 || !write->is_list || status_http(fault->status) >= 500)
		return;
	if (fault->details != NULL)
		fault->details = arena_printf(arena, "%s (row %llu of the body)", fault->details, (unsigned long long)row);
	else
		fault->details = arena_printf(arena, "in row %llu of the body", (unsigned long long)row);
}

struct fault write_fault_make(const struct database_error *error, const struct plan *plan, const struct write *write,
                               struct slice sql, uint64_t row, struct arena *arena)
{
	const struct table *table = plan->table;
	struct fault fault = { .status = server_fault_status(error, plan) };

	if (write_fault_is_alarm(error, table->dialect))
		fault.status = STATUS_DUPLICATE;
	if (fault.status == STATUS_CHECK && is_json_check(table, error->subject))
		fault.status = STATUS_TOO_DEEP;
	if (fault.status == STATUS_DUPLICATE)
		tell_key(&fault, table, write, error, row, arena);
	else if (fault.status == STATUS_FOREIGN_KEY)
		tell_foreign_key(&fault, table, error, arena);
	else if (fault.status == STATUS_CHECK)
		tell_check(&fault, table, error->subject, arena);
	else if (fault.status == STATUS_FORBIDDEN)
		tell_right(&fault, plan, write, sql, error->text, arena);
	else if (fault.status == STATUS_BODY_TOO_LARGE)
		fault.details = STATEMENT_TOO_LONG;
	else if (fault.status == STATUS_RAISED) /* a trigger's own words, which are meant for the client */
		fault.message = arena_text(arena, error->text, strlen(error->text));
	else if (error->subject.length > 0)
		tell_column(&fault, table, write, error->subject, arena);
	else if (sql.length > 0 && sql.bytes[0] != 'I')
		server_fault_tell_operand(&fault, error, plan, sql, arena);
	if (write_fault_is_unseen(&fault, error))
		fault.hint = "a column that is not served needs a value: give it a default, or name it in MYREST_TABLES; the log"
		             " has its name";
	else if (fault.status == STATUS_NULL && write->kind == WRITE_INSERT && write->resolution != RESOLUTION_NONE)
		fault.hint = "a row of an upsert must be complete even if it exists already: use PATCH to change some of its columns";
	write_fault_tell_row(&fault, write, row, arena);
	server_fault_tell(&fault, error, arena);
	return fault;
}

struct fault write_fault_of_keys(const struct database_error *error, const struct plan *plan, struct slice keys,
                                  struct arena *arena)
{
	struct fault fault = { .status = server_fault_status(error, plan) };
	bool of_table = fault.status == STATUS_DEFINITION || fault.status == STATUS_NOT_TAKEN ||
	                fault.status == STATUS_NOT_SHOWN;

	if (fault.status == STATUS_FORBIDDEN) {
		fault.hint = arena_printf(arena, "the account needs SELECT, INSERT and UPDATE on table '%.*s' of"
		                                 " MYREST_IDEMPOTENCY_TABLE%s", (int)keys.length, keys.bytes,
		                          error->number > 0 ? ", or there is no such table" : "");
	} else if (of_table || status_http(fault.status) < 500) { /* what it says of a request is said of our own */
		fault.status = STATUS_DEFINITION;
		fault.message = arena_printf(arena, "the table '%.*s' of MYREST_IDEMPOTENCY_TABLE does not exist, or differs from"
		                                    " what conf/idempotency*.sql creates; the log has the cause",
		                             (int)keys.length, keys.bytes);
	}
	server_fault_tell(&fault, error, arena);
	return fault;
}

bool write_fault_is_unseen(const struct fault *fault, const struct database_error *error)
{
	return fault->status == STATUS_NULL && error->subject.length > 0 && fault->message == NULL;
}

bool write_fault_is_alarm(const struct database_error *error, const struct dialect *dialect)
{
	return error->status == STATUS_NO_FIT && dialect->alarm != NULL && strstr(error->text, dialect->alarm) != NULL;
}
