/* SPDX-License-Identifier: MIT */
#include "postgresql_fault.h"

#include <stdio.h>
#include <string.h>

struct meaning {
	const char *state; /* or how it begins */
	const char *words; /* that the message must have; NULL: any will do */
	enum status status;
};

/* The first one that fits. Where the state alone does not tell, the words do. They are English; a server whose
 * lc_messages is another language has none of these, and the next one that fits is what is left to say. */
static const struct meaning meanings[] = {
	{ "08", NULL, STATUS_AWAY },
	{ "57P01", NULL, STATUS_AWAY }, /* shutdown */
	{ "57P02", NULL, STATUS_AWAY }, /* crash */
	{ "57P03", NULL, STATUS_AWAY }, /* it starts, or is about to end */
	{ "57P04", NULL, STATUS_AWAY }, /* the database is dropped */
	{ "57P05", NULL, STATUS_AWAY }, /* idle for too long */
	{ "25P03", NULL, STATUS_AWAY }, /* the same in a transaction */
	{ "25P04", NULL, STATUS_AWAY }, /* the transaction took too long */
	{ "23505", NULL, STATUS_DUPLICATE },
	{ "23P01", NULL, STATUS_DUPLICATE }, /* an exclusion constraint */
	{ "23503", NULL, STATUS_FOREIGN_KEY },
	{ "23001", NULL, STATUS_FOREIGN_KEY }, /* ON DELETE RESTRICT, from 18 on */
	{ "23502", NULL, STATUS_NULL },
	{ "23514", NULL, STATUS_CHECK },
	{ "44000", NULL, STATUS_CHECK }, /* WITH CHECK OPTION */
	{ "22001", NULL, STATUS_TOO_LONG },
	{ "22003", NULL, STATUS_NO_FIT },
	{ "2200H", NULL, STATUS_NO_MORE_IDS },
	{ "22P05", NULL, STATUS_NO_CHARACTER },
	{ "22021", NULL, STATUS_NO_CHARACTER },
	{ "2201B", NULL, STATUS_BAD_REGULAR },
	{ "22025", NULL, STATUS_BAD_PATTERN },
	{ "22023", "phrase operator", STATUS_BAD_SEARCH }, /* word <99999> word */
	{ "22", NULL, STATUS_BAD_VALUE },
	{ "42601", "in tsquery", STATUS_BAD_SEARCH },
	{ "42601", "escaped character", STATUS_BAD_SEARCH },
	{ "42601", "qualified name", STATUS_BAD_SEARCH }, /* of a language, as the next ones */
	{ "42602", NULL, STATUS_BAD_SEARCH },
	{ "3F000", NULL, STATUS_BAD_SEARCH },
	{ "XX000", "text search configuration", STATUS_BAD_SEARCH }, /* a number that is none's */
	{ "54000", "in tsquery", STATUS_BAD_SEARCH },
	{ "42704", "text search configuration", STATUS_BAD_SEARCH },
	{ "54000", NULL, STATUS_TOO_LONG }, /* for an index, or for any value of its type */
	{ "42501", NULL, STATUS_FORBIDDEN },
	{ "428C9", NULL, STATUS_NOT_WRITABLE }, /* GENERATED ALWAYS */
	{ "42P10", "ON CONFLICT", STATUS_NO_CONFLICT_KEY },
	{ "55000", "ON CONFLICT", STATUS_NO_CONFLICT_KEY }, /* a key that is checked later */
	{ "55000", "cannot insert into view", STATUS_NOT_UPDATABLE },
	{ "55000", "cannot update view", STATUS_NOT_UPDATABLE },
	{ "55000", "cannot delete from view", STATUS_NOT_UPDATABLE },
	{ "55000", "does not allow ", STATUS_NOT_UPDATABLE }, /* a foreign table */
	{ "0A000", " of view ", STATUS_NOT_UPDATABLE },       /* a column that the view computes */
	{ "0A000", "foreign table", STATUS_NOT_UPDATABLE },
	{ "25006", NULL, STATUS_READ_ONLY },
	{ "40001", "terminating connection", STATUS_AWAY }, /* a replica that has to go on */
	{ "40001", NULL, STATUS_LOCKED },
	{ "40P01", NULL, STATUS_LOCKED },
	{ "55P03", NULL, STATUS_LOCKED },
	{ "57014", NULL, STATUS_TIMEOUT },
	{ "53300", NULL, STATUS_BUSY },
	{ "P0001", NULL, STATUS_RAISED },
	{ "21000", "ON CONFLICT", STATUS_SAME_ROW },
};

static bool begins(const char *text, const char *words)
{
	return strncmp(text, words, strlen(words)) == 0;
}

static enum status status_of(const char *state, const char *message)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (begins(state, meanings[i].state) &&
		    (meanings[i].words == NULL || strstr(message, meanings[i].words) != NULL))
			return meanings[i].status;
	return STATUS_FAULT;
}

/* A table, a column or a key of the description is not there, or not as it was. */
static bool is_changed(const char *state, const char *message)
{
	return strcmp(state, "42P01") == 0 || strcmp(state, "42703") == 0 || strcmp(state, "42P10") == 0 ||
	       (strcmp(state, "0A000") == 0 && strstr(message, "cached plan must not change result type") != NULL);
}

/* The message, and behind it the name of what it is about, for which a long message makes room. */
static void set_text(struct database_error *error, const char *state, const char *message, const char *name)
{
	size_t size = sizeof(error->text), room = strlen(name) + strlen(" ()");
	bool named = *name != '\0' && room < size / 2;
	size_t length, limit = named ? size - room : size;

	length = (size_t)snprintf(error->text, limit, "%s%s%s", state, *state != '\0' ? ": " : "", message);
	if (length >= limit)
		length = limit - 1;
	if (!named)
		return;
	snprintf(error->text + length, size - length, " (%s)", name);
	error->object = (struct slice){ error->text + length + strlen(" ("), strlen(name) };
}

static const char *given(const char *field)
{
	return field != NULL ? field : "";
}

/* A row that no partition takes has the state of a CHECK, and no constraint's name. The words may be of any language;
 * the server's functions are called alike in all releases. */
static bool is_partition_fault(const struct postgresql_fault *fault)
{
	const char *function = given(fault->function);

	return *given(fault->constraint) == '\0' &&
	       (strcmp(function, "ExecFindPartition") == 0 || strcmp(function, "ExecPartitionCheckEmitError") == 0);
}

bool postgresql_fault_read(struct database_error *error, const struct postgresql_fault *fault)
{
	const char *state = given(fault->state), *message = given(fault->message), *name = given(fault->constraint);

	if (*name == '\0')
		name = given(fault->column);
	error->number = 0;
	error->row = 0;
	error->object = (struct slice){ "", 0 };
	error->status = *state != '\0' ? status_of(state, message) : STATUS_AWAY;
	/* RAISE with a SQLSTATE that only its author knows. */
	if (error->status == STATUS_FAULT && strcmp(given(fault->function), "exec_stmt_raise") == 0)
		error->status = STATUS_RAISED;
	if (error->status == STATUS_CHECK && is_partition_fault(fault))
		error->status = STATUS_NO_PARTITION;
	error->schema_changed = is_changed(state, message);
	error->referenced = strcmp(state, "23001") == 0 ||
	                    (strcmp(state, "23503") == 0 && begins(message, "update or delete on table "));
	error->not_run = strcmp(state, "57P03") == 0; /* it takes no statements yet */
	if (error->status == STATUS_RAISED) /* a trigger's own words, which are meant for clients */
		set_text(error, "", message, "");
	else
		set_text(error, state, message, name);
	return error->status == STATUS_AWAY;
}
