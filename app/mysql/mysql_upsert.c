/* SPDX-License-Identifier: MIT */
#include "mysql/mysql_upsert.h"

#include "schema/dialect.h"
#include "sql/sql.h"

/* EXP of this is an overflow as well, which is no alarm. */
#define OVERFLOW "1000"

static void add_new(struct text *sql, const struct column *column)
{
	text_add_string(sql, "VALUES(");
	text_add_slice(sql, column->quoted);
	text_add_char(sql, ')');
}

static bool has_value_by_itself(const struct column *column)
{
	return column->nullable || column->fallback != NULL || column->auto_increment;
}

/* The column that is assigned first, and reads of the row what it was: of the key, or another one where the body has none
 * of those. To the servers a column that is assigned has got a value: one without a default that the body lacks would be
 * empty in a new row, without a word. NULL: there is no other. */
static const struct column *first_assigned(const struct plan *plan, const struct write *write)
{
	const struct key *key = write->conflict;
	const struct table *table = plan->table;

	for (unsigned i = 0; i < key->column_count; i++)
		if (sql_find_written(write, sql_key_column(plan, key, i)) >= 0)
			return sql_key_column(plan, key, i);
	for (unsigned i = 0; i < write->column_count; i++)
		if (!write->columns[i]->unreadable)
			return write->columns[i];
	for (unsigned i = 0; i < table->column_count; i++) {
		const struct column *column = &table->columns[i];

		if (!column->generated && !column->unreadable && has_value_by_itself(column))
			return column;
	}
	return NULL;
}

/* Whether all of the key is equal, so that it is this key which the rows have in common. Whatever other keys are known:
 * MariaDB does not show those of whose columns the account may not see one. */
static void add_common_key(struct text *sql, const struct plan *plan, const struct key *key)
{
	for (unsigned i = 0; i < key->column_count; i++) {
		if (i > 0)
			text_add_string(sql, " AND ");
		text_add_slice(sql, sql_key_column(plan, key, i)->quoted);
		text_add_char(sql, '=');
		add_new(sql, sql_key_column(plan, key, i));
	}
}

/* Fails when it is computed. LENGTH keeps the server from doing so before there is a row; of a NULL EXP would be NULL,
 * which is no error. */
static void add_overflow(struct text *sql, const char *number, const struct column *first)
{
	text_add_string(sql, "EXP(");
	text_add_string(sql, number);
	text_add_string(sql, "+0*IFNULL(LENGTH(");
	text_add_slice(sql, first->quoted);
	text_add_string(sql, "),0))");
}

/* The first column becomes what it is, or is to be. Both are of the column's type: the alarm's would make a long number
 * another one. */
void mysql_upsert_resolution(struct text *sql, const struct plan *plan, const struct write *write, unsigned row)
{
	const struct column *first = first_assigned(plan, write);
	int place;

	if (first == NULL) /* nothing can be added, so nothing can be met */
		return;
	place = sql_find_written(write, first);
	text_add_string(sql, " ON DUPLICATE KEY UPDATE ");
	text_add_slice(sql, first->quoted);
	text_add_string(sql, "=IF(");
	add_common_key(sql, plan, write->conflict);
	text_add_string(sql, " OR ");
	add_overflow(sql, MYSQL_ALARM, first);
	text_add_char(sql, ',');
	if (place >= 0 && !write_makes_value(write, plan->table, row, (unsigned)place))
		add_new(sql, first);
	else
		text_add_slice(sql, first->quoted);
	text_add_char(sql, ',');
	text_add_slice(sql, first->quoted);
	text_add_char(sql, ')');
	for (unsigned i = 0; i < write->column_count; i++) {
		if (write->columns[i] == first || write_makes_value(write, plan->table, row, i))
			continue;
		text_add_char(sql, ',');
		text_add_slice(sql, write->columns[i]->quoted);
		text_add_char(sql, '=');
		add_new(sql, write->columns[i]);
	}
}

/* An UPDATE that fails before it changes anything runs no trigger. */
void mysql_upsert_judge(struct text *sql, const struct plan *plan, const struct write *write)
{
	const struct column *first = first_assigned(plan, write);

	if (first == NULL)
		first = sql_key_column(plan, write->conflict, 0);
	text_add_string(sql, " ON DUPLICATE KEY UPDATE ");
	text_add_slice(sql, first->quoted);
	text_add_string(sql, "=IF(IF(");
	add_common_key(sql, plan, write->conflict);
	text_add_char(sql, ',');
	add_overflow(sql, MYSQL_ALARM, first);
	text_add_char(sql, ',');
	add_overflow(sql, OVERFLOW, first);
	text_add_string(sql, "),");
	text_add_slice(sql, first->quoted); /* of its type, as some columns demand it */
	text_add_char(sql, ',');
	text_add_slice(sql, first->quoted);
	text_add_char(sql, ')');
}
