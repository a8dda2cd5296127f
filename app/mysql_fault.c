/* SPDX-License-Identifier: MIT */
#include "mysql_fault.h"

#include <errmsg.h>
#include <mysql.h>
#include <mysqld_error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Numbers that the connector's header lacks, or has under MariaDB's names alone. */
enum {
	MARIADB_CONNECTION_KILLED = 1927,
	MARIADB_STATEMENT_TIMEOUT = 1969,
	MARIADB_CHECK = 4025,
	MYSQL_STATEMENT_TIMEOUT = 3024,
	MARIADB_GENERATED = 1906,
	MARIADB_ROLE = 1959, /* that the account does not have */
	MYSQL_ROLE = 3530,
	MYSQL_GENERATED = 3105,
	MYSQL_BAD_JSON = 3140, /* for a column, */
	MYSQL_BAD_JSON_ARGUMENT = 3141, /* or a function */
	MYSQL_JSON_CHARSET = 3144,
	MYSQL_JSON_TYPE = 3146,
	MYSQL_JSON_DEPTH = 3157,
	MYSQL_BAD_GEOMETRY = 3037,
	MYSQL_SRS_UNKNOWN = 3548,
	MYSQL_LONGITUDE = 3616,
	MYSQL_LATITUDE = 3617,
	MYSQL_SRID_OF_ANOTHER = 3643,
	MYSQL_BAD_VECTOR = 6136,
	MYSQL_VECTOR_TEXT = 6138,
	MYSQL_CHECK = 3819,
	MYSQL_READ_ONLY = 1836,
	MYSQL_IDLE_TOO_LONG = 4031,
	MYSQL_REGULAR_FIRST = 3685, /* of MySQL 8, which has a library of its own for them */
	MYSQL_REGULAR_LAST = 3700,
	MYSQL_REGULAR_GROUP = 3887,
	MYSQL_REGULAR_FLAG = 3900,
	MYSQL_REGULAR_CHARSET = 3995,
	NO_MORE_IDS = 167, /* of the storage engine */
	/* No server's errors have these numbers: MYSQL_ERRNO of a SIGNAL may. */
	USERS_FIRST = 20000,
	USERS_LAST = 65535,
	RECORD_CHANGED = 1020,
};

static enum status status_of(unsigned number)
{
	switch (number) {
	case ER_TABLEACCESS_DENIED_ERROR:
	case ER_COLUMNACCESS_DENIED_ERROR:
	case ER_DBACCESS_DENIED_ERROR:
	case ER_PROCACCESS_DENIED_ERROR:
	case MARIADB_ROLE:
	case MYSQL_ROLE:
		return STATUS_FORBIDDEN;
	case ER_LOCK_WAIT_TIMEOUT:
	case ER_LOCK_DEADLOCK:
	case RECORD_CHANGED:
		return STATUS_LOCKED;
	case ER_CON_COUNT_ERROR:
	case ER_TOO_MANY_USER_CONNECTIONS:
	case ER_TABLE_DEF_CHANGED: /* again and again */
		return STATUS_BUSY;
	case ER_OPTION_PREVENTS_STATEMENT: /* --read-only */
	case ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION:
	case MYSQL_READ_ONLY:
		return STATUS_READ_ONLY;
	case ER_TRUNCATED_WRONG_VALUE:
	case ER_WRONG_VALUE: /* a date that is none */
	case ER_TRUNCATED_WRONG_VALUE_FOR_FIELD:
	case ER_CANT_CREATE_GEOMETRY_OBJECT:
	case MYSQL_BAD_JSON:
	case MYSQL_BAD_JSON_ARGUMENT:
	case MYSQL_JSON_CHARSET:
	case MYSQL_JSON_TYPE:
	case MYSQL_BAD_GEOMETRY:
	case MYSQL_SRS_UNKNOWN:
	case MYSQL_LONGITUDE:
	case MYSQL_LATITUDE:
	case MYSQL_SRID_OF_ANOTHER:
	case MYSQL_BAD_VECTOR:
	case MYSQL_VECTOR_TEXT:
		return STATUS_BAD_VALUE;
	case MYSQL_JSON_DEPTH:
		return STATUS_TOO_DEEP;
	case ER_REGEXP_ERROR:
	case MYSQL_REGULAR_GROUP:
	case MYSQL_REGULAR_FLAG:
	case MYSQL_REGULAR_CHARSET:
		return STATUS_BAD_REGULAR;
	case ER_QUERY_INTERRUPTED:
	case MARIADB_STATEMENT_TIMEOUT:
	case MYSQL_STATEMENT_TIMEOUT:
		return STATUS_TIMEOUT;
	case ER_DUP_ENTRY:
	case ER_DUP_ENTRY_WITH_KEY_NAME:
	case ER_DUP_UNIQUE:
		return STATUS_DUPLICATE;
	case ER_NO_REFERENCED_ROW:
	case ER_NO_REFERENCED_ROW_2:
	case ER_ROW_IS_REFERENCED:
	case ER_ROW_IS_REFERENCED_2:
		return STATUS_FOREIGN_KEY;
	case ER_BAD_NULL_ERROR:
	case ER_NO_DEFAULT_FOR_FIELD:
	case ER_NO_DEFAULT_FOR_VIEW_FIELD:
		return STATUS_NULL;
	case MARIADB_CHECK:
	case MYSQL_CHECK:
	case ER_VIEW_CHECK_FAILED:
		return STATUS_CHECK;
	case ER_NO_PARTITION_FOR_GIVEN_VALUE:
	case ER_NO_PARTITION_FOR_GIVEN_VALUE_SILENT:
	case ER_ROW_DOES_NOT_MATCH_GIVEN_PARTITION_SET:
		return STATUS_NO_PARTITION;
	case ER_DATA_TOO_LONG:
		return STATUS_TOO_LONG;
	case ER_WARN_DATA_OUT_OF_RANGE:
	case ER_DATA_OUT_OF_RANGE:
		return STATUS_NO_FIT;
	case WARN_DATA_TRUNCATED:
		return STATUS_NO_MEMBER;
	case ER_NON_UPDATABLE_TABLE:
	case ER_NON_INSERTABLE_TABLE:
	case ER_NONUPDATEABLE_COLUMN:
	case ER_VIEW_MULTIUPDATE:
	case ER_VIEW_NO_INSERT_FIELD_LIST:
	case ER_VIEW_DELETE_MERGE_VIEW:
		return STATUS_NOT_UPDATABLE;
	case MARIADB_GENERATED:
	case MYSQL_GENERATED:
		return STATUS_NOT_WRITABLE;
	case NO_MORE_IDS:
	case ER_AUTOINC_READ_FAILED:
		return STATUS_NO_MORE_IDS;
	case ER_SIGNAL_EXCEPTION:
	case ER_SIGNAL_NOT_FOUND:
	case ER_SIGNAL_WARN:
		return STATUS_RAISED;
	case ER_ERROR_DURING_COMMIT: /* a cluster has lost it, or not */
		return STATUS_UNKNOWN;
	case ER_NET_PACKET_TOO_LARGE:
		return STATUS_BODY_TOO_LARGE;
	default:
		return number >= MYSQL_REGULAR_FIRST && number <= MYSQL_REGULAR_LAST ? STATUS_BAD_REGULAR : STATUS_FAULT;
	}
}

/* Whether a trigger's author has chosen the error: by SIGNAL an error gets any SQLSTATE and any number, which may be
 * one that means something else here. Classes that begin with 5 to 9 or I to Z are left by the standard to whoever wants
 * one; of them the servers have but 70 and XA. 45 is what the servers' manuals tell authors to use. */
static bool is_users_own(unsigned number, const char *state)
{
	bool free = (*state >= '5' && *state <= '9') || (*state >= 'I' && *state <= 'Z');

	return strncmp(state, "45", 2) == 0 || (number >= USERS_FIRST && number <= USERS_LAST) ||
	       (free && strncmp(state, "70", 2) != 0 && strncmp(state, "XA", 2) != 0);
}

static bool is_loss(unsigned number)
{
	switch (number) {
	case CR_SERVER_GONE_ERROR:
	case CR_SERVER_LOST:
	case CR_SERVER_LOST_EXTENDED:
	case CR_COMMANDS_OUT_OF_SYNC:
	case CR_MALFORMED_PACKET:
	case MARIADB_CONNECTION_KILLED:
	case MYSQL_IDLE_TOO_LONG:
	case ER_SERVER_SHUTDOWN:
		return true;
	default:
		return false;
	}
}

/* The last place of the words: what stands in front of it can be a value, which may say anything. */
static const char *last(const char *text, const char *end, const char *words)
{
	size_t length = strlen(words);

	for (const char *at = end - length; at >= text; at--)
		if (memcmp(at, words, length) == 0)
			return at + length;
	return NULL;
}

/* 'x', `x`, or the last of `database`.`table`.`x`. */
static struct slice quoted_name(const char *at, const char *end)
{
	char quote = at < end ? *at : '\0';
	const char *from, *to;

	if (quote != '\'' && quote != '`')
		return (struct slice){ "", 0 };
	for (to = end; to > at + 1 && to[-1] != quote;)
		to--;
	if (to <= at + 1)
		return (struct slice){ "", 0 };
	to--;
	for (from = to; from > at + 1 && !(from[-1] == quote && from - 2 > at && from[-2] == '.');)
		from--;
	return (struct slice){ from, (size_t)(to - from) };
}

/* From the place up to the last of the words, which a name may have in it too; or up to the end. */
static struct slice named_before(const char *at, const char *end, const char *words)
{
	const char *behind = words != NULL ? last(at, end, words) : NULL;

	return quoted_name(at, behind != NULL ? behind - strlen(words) : end);
}

/* Where the servers' words name what they are about. */
static const struct {
	enum status status;
	bool begins; /* the words before the name are the first ones; otherwise the last that there are */
	const char *before, *behind; /* behind NULL: up to the end */
} names[] = {
	{ STATUS_DUPLICATE, false, " for key ", NULL },
	{ STATUS_NULL, true, "Field ", " doesn't" },
	{ STATUS_NULL, true, "Column ", " cannot" },
	{ STATUS_FOREIGN_KEY, false, "CONSTRAINT ", " FOREIGN KEY" },
	{ STATUS_CHECK, true, "Check constraint ", " is violated" },
	{ STATUS_CHECK, true, "CONSTRAINT ", " failed for" },
	{ STATUS_NOT_WRITABLE, true, "The value specified for generated column ", " in table " },
	{ STATUS_TOO_LONG, false, " for column ", NULL },
	{ STATUS_NO_FIT, false, " for column ", NULL },
	{ STATUS_NO_MEMBER, false, " for column ", NULL },
	{ STATUS_NO_CHARACTER, false, " for column ", NULL },
	{ STATUS_BAD_VALUE, false, " for column ", NULL },
};

/* Where the name begins; NULL: the text is another one. */
static const char *name_begin(const char *text, const char *end, size_t i)
{
	size_t length = strlen(names[i].before);

	if (!names[i].begins)
		return last(text, end, names[i].before);
	return (size_t)(end - text) >= length && memcmp(text, names[i].before, length) == 0 ? text + length : NULL;
}

static void find_names(struct database_error *error)
{
	const char *text = error->text, *end = text + strlen(text), *row = last(text, end, " at row "), *at;

	if (row != NULL && strspn(row, "0123456789") == strlen(row)) {
		error->row = strtoull(row, NULL, 10);
		end = row - strlen(" at row ");
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].status == error->status && (at = name_begin(text, end, i)) != NULL)
			error->object = named_before(at, end, names[i].behind);
}

bool mysql_fault_read(struct database_error *error, unsigned number, const char *state, const char *text)
{
	error->number = number;
	error->state[0] = '\0';
	error->row = 0;
	error->referenced = number == ER_ROW_IS_REFERENCED || number == ER_ROW_IS_REFERENCED_2;
	error->object = (struct slice){ "", 0 };
	snprintf(error->text, sizeof(error->text), "%s", text);
	if (is_users_own(number, state)) { /* nor are its words the server's, which would name something */
		error->status = STATUS_RAISED;
		error->referenced = error->schema_changed = error->snapshot_old = error->not_run = false;
		return false;
	}
	error->schema_changed = number == ER_BAD_FIELD_ERROR || number == ER_NO_SUCH_TABLE || number == ER_VIEW_INVALID;
	error->snapshot_old = number == ER_TABLE_DEF_CHANGED;
	/* A node that does not belong to its cluster says so to every statement before it begins. */
	error->not_run = number == ER_UNKNOWN_COM_ERROR && strstr(text, "WSREP") != NULL;
	if (is_loss(number) || error->not_run) {
		error->status = STATUS_AWAY;
		return true;
	}
	error->status = status_of(number);
	if (error->status == STATUS_BAD_VALUE && strncmp(text, "Incorrect string value", 22) == 0)
		error->status = STATUS_NO_CHARACTER;
	if (error->status != STATUS_RAISED)
		find_names(error);
	/* What is written has the form of its column's type (written.h): it is the value that the column cannot have. */
	if (number == ER_TRUNCATED_WRONG_VALUE && error->object.length > 0)
		error->status = STATUS_NO_FIT;
	return false;
}
