/* SPDX-License-Identifier: MIT */
#include "mysql/mysql_fault.h"

#include <errmsg.h>
#include <mysql.h>
#include <mysqld_error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mysql/mysql_errors.h"

/* Numbers that the connector's header lacks, or has under MariaDB's names alone. */
enum {
	MARIADB_CONNECTION_KILLED = 1927,
	MYSQL_OFFLINE_MODE = 3032,
	MYSQL_SESSION_KILLED = 3169,
	MYSQL_IDLE_TOO_LONG = 4031,
	MYSQL_OFFLINE_REASON = 6400,
	/* No server's errors have these numbers: MYSQL_ERRNO of a SIGNAL may. */
	USERS_FIRST = 20000,
	USERS_LAST = 65535,
};

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
	case MYSQL_SESSION_KILLED:
	case MYSQL_IDLE_TOO_LONG:
	case MYSQL_OFFLINE_MODE:
	case MYSQL_OFFLINE_REASON:
	case ER_SERVER_SHUTDOWN:
	case ER_FORCING_CLOSE:
	case ER_NET_READ_ERROR:
	case ER_NET_READ_INTERRUPTED:
	case ER_NET_ERROR_ON_WRITE:
	case ER_NET_WRITE_INTERRUPTED:
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

/* Duplicate entry 'admin' for key 'users.username' */
static void find_values(struct database_error *error)
{
	static const char before[] = "Duplicate entry '", behind[] = "' for key ";
	const char *at = error->text + sizeof(before) - 1, *end;

	if (strncmp(error->text, before, sizeof(before) - 1) != 0 ||
	    (end = last(at, error->text + strlen(error->text), behind)) == NULL)
		return;
	error->values = (struct slice){ at, (size_t)(end - strlen(behind) - at) };
}

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
			error->subject = named_before(at, end, names[i].behind);
}

/* What was in the way of a file or a storage engine stands in the words: the operating system's error, or the engine's. */
static enum status status_of_storage(unsigned number, const char *text)
{
	static const char before[] = "Got error ";
	enum status status;
	char *behind;

	if (strstr(text, "No space left on device") != NULL || strstr(text, "Disk quota exceeded") != NULL)
		return STATUS_FULL;
	if (strstr(text, "Cannot allocate memory") != NULL)
		return STATUS_NO_MEMORY;
	if (number != ER_GET_ERRNO || strncmp(text, before, sizeof(before) - 1) != 0)
		return STATUS_STORAGE;
	number = (unsigned)strtoul(text + sizeof(before) - 1, &behind, 10);
	/* MariaDB's own words have no dash between the number and what it means. */
	status = strncmp(behind, " - ", 3) == 0 ? mysql_error_status_of_engine(number) : mysql_error_status(number);
	return status != STATUS_FAULT ? status : STATUS_STORAGE;
}

static enum status status_of(unsigned number, const char *text)
{
	enum status status = mysql_error_status(number);

	if (status == STATUS_STORAGE)
		return status_of_storage(number, text);
	if (strncmp(text, "FTS query exceeds", 17) == 0) /* whose number is another error's on MariaDB */
		return mysql_error_status_of_engine(number);
	if (status == STATUS_INTERNAL && strncmp(text, "XPATH ", 6) == 0) /* which have no number of their own */
		return STATUS_NOT_COMPUTED;
	if (number == ER_OPTION_PREVENTS_STATEMENT && strstr(text, "read-only") == NULL) /* --secure-file-priv, for one */
		return STATUS_DEFINITION;
	if (status == STATUS_BAD_VALUE && strncmp(text, "Incorrect string value", 22) == 0)
		return STATUS_NO_CHARACTER;
	/* Of a cluster: more than it sends to its nodes at once, which is not sent. */
	if (status == STATUS_UNKNOWN && strstr(text, "Message too long") != NULL)
		return STATUS_CHANGE_TOO_LARGE;
	return status;
}

bool mysql_fault_read(struct database_error *error, unsigned number, const char *state, const char *text)
{
	error->number = number;
	error->state[0] = '\0';
	error->row = 0;
	error->referenced = number == ER_ROW_IS_REFERENCED || number == ER_ROW_IS_REFERENCED_2;
	error->subject = error->values = (struct slice){ "", 0 };
	snprintf(error->text, sizeof(error->text), "%s", text);
	if (is_users_own(number, state)) { /* nor are its words the server's, which would name something */
		error->status = STATUS_RAISED;
		error->referenced = error->schema_changed = error->snapshot_old = error->not_run = false;
		return false;
	}
	error->schema_changed = number == ER_BAD_FIELD_ERROR || number == ER_NO_SUCH_TABLE || number == ER_VIEW_INVALID ||
	                        number == ER_FT_MATCHING_KEY_NOT_FOUND;
	error->snapshot_old = number == ER_TABLE_DEF_CHANGED;
	/* A node that does not belong to its cluster says so to every statement before it begins. */
	error->not_run = number == ER_UNKNOWN_COM_ERROR && strstr(text, "WSREP") != NULL;
	if (is_loss(number) || error->not_run) {
		error->status = STATUS_AWAY;
		return true;
	}
	error->status = status_of(number, text);
	if (error->status != STATUS_RAISED)
		find_names(error);
	if (error->status == STATUS_DUPLICATE)
		find_values(error);
	/* What is written has the form of its column's type (write_value.h): it is the value that the column cannot have. */
	if (number == ER_TRUNCATED_WRONG_VALUE && error->subject.length > 0)
		error->status = STATUS_NO_FIT;
	return false;
}
