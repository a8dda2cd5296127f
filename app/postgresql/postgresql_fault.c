/* SPDX-License-Identifier: MIT */
#include "postgresql/postgresql_fault.h"

#include <stdio.h>
#include <string.h>

struct meaning {
	const char *state; /* or how it begins */
	enum postgresql_place place; /* where the server found it; PLACE_UNKNOWN: anywhere */
	const char *words; /* that the message must have; NULL: any will do */
	enum status status;
};

/* The first one that fits; of each class (appendix A of PostgreSQL's manual) the last line takes what is left. Where
 * neither the state nor the place tells, the words do. They are English; a server whose lc_messages is another language
 * has none of these, and the next one that fits is what is left to say. */
static const struct meaning meanings[] = {
	/* A type's own reader of texts chooses any state: 42601 of a tsvector, 42P01 of a regclass, XX000 of an hstore. */
	{ "42501", PLACE_UNKNOWN, NULL, STATUS_FORBIDDEN },
	{ "54001", PLACE_VALUE, NULL, STATUS_TOO_DEEP },
	{ "42", PLACE_VALUE, NULL, STATUS_BAD_VALUE },
	{ "3F", PLACE_VALUE, NULL, STATUS_BAD_VALUE },
	{ "XX000", PLACE_VALUE, NULL, STATUS_BAD_VALUE },
	{ "22", PLACE_LANGUAGE, NULL, STATUS_BAD_SEARCH },
	{ "42", PLACE_LANGUAGE, NULL, STATUS_BAD_SEARCH },
	{ "3F", PLACE_LANGUAGE, NULL, STATUS_BAD_SEARCH },
	{ "0A", PLACE_LANGUAGE, NULL, STATUS_BAD_SEARCH },

	{ "08", PLACE_UNKNOWN, NULL, STATUS_AWAY },
	{ "0A000", PLACE_UNKNOWN, " of view ", STATUS_NOT_UPDATABLE }, /* a column that the view computes */
	{ "0A000", PLACE_UNKNOWN, "foreign table", STATUS_NOT_UPDATABLE },
	{ "0A000", PLACE_UNKNOWN, "RETURNING on relation", STATUS_UNRETURNED }, /* rules that do not say it */
	{ "0A000", PLACE_UNKNOWN, "data-modifying statements in WITH", STATUS_UNRETURNED }, /* nor can these rules */
	{ "0A", PLACE_UNKNOWN, NULL, STATUS_UNSUPPORTED },
	{ "21000", PLACE_UNKNOWN, "ON CONFLICT", STATUS_SAME_ROW },

	{ "22001", PLACE_UNKNOWN, NULL, STATUS_TOO_LONG },
	{ "22003", PLACE_UNKNOWN, NULL, STATUS_NO_FIT },
	{ "2200H", PLACE_UNKNOWN, NULL, STATUS_NO_MORE_IDS },
	{ "22P05", PLACE_UNKNOWN, NULL, STATUS_NO_CHARACTER },
	{ "22021", PLACE_UNKNOWN, NULL, STATUS_NO_CHARACTER },
	{ "2201B", PLACE_UNKNOWN, NULL, STATUS_BAD_REGULAR },
	{ "22025", PLACE_UNKNOWN, NULL, STATUS_BAD_PATTERN },
	{ "22023", PLACE_UNKNOWN, "phrase operator", STATUS_BAD_SEARCH }, /* word <99999> word */
	{ "22012", PLACE_UNKNOWN, NULL, STATUS_NOT_COMPUTED }, /* a division by zero; logarithms, powers, … */
	{ "22013", PLACE_UNKNOWN, NULL, STATUS_NOT_COMPUTED },
	{ "22014", PLACE_UNKNOWN, NULL, STATUS_NOT_COMPUTED },
	{ "22016", PLACE_UNKNOWN, NULL, STATUS_NOT_COMPUTED },
	{ "2201E", PLACE_UNKNOWN, NULL, STATUS_NOT_COMPUTED },
	{ "2201F", PLACE_UNKNOWN, NULL, STATUS_NOT_COMPUTED },
	{ "2201G", PLACE_UNKNOWN, NULL, STATUS_NOT_COMPUTED },
	{ "2201W", PLACE_UNKNOWN, NULL, STATUS_NOT_COMPUTED },
	{ "2201X", PLACE_UNKNOWN, NULL, STATUS_NOT_COMPUTED },
	{ "2202G", PLACE_UNKNOWN, NULL, STATUS_NOT_COMPUTED },
	{ "2202H", PLACE_UNKNOWN, NULL, STATUS_NOT_COMPUTED },
	{ "2203", PLACE_UNKNOWN, NULL, STATUS_NOT_COMPUTED }, /* SQL's paths into JSON */
	{ "22", PLACE_UNKNOWN, NULL, STATUS_BAD_VALUE },

	{ "23505", PLACE_UNKNOWN, NULL, STATUS_DUPLICATE },
	{ "23P01", PLACE_UNKNOWN, NULL, STATUS_DUPLICATE }, /* an exclusion constraint */
	{ "23503", PLACE_UNKNOWN, NULL, STATUS_FOREIGN_KEY },
	{ "23001", PLACE_UNKNOWN, NULL, STATUS_FOREIGN_KEY }, /* ON DELETE RESTRICT, from 18 on */
	{ "23502", PLACE_UNKNOWN, NULL, STATUS_NULL },
	{ "23", PLACE_UNKNOWN, NULL, STATUS_CHECK },

	{ "25P03", PLACE_UNKNOWN, NULL, STATUS_AWAY }, /* idle for too long in a transaction */
	{ "25P04", PLACE_UNKNOWN, NULL, STATUS_AWAY }, /* the transaction took too long */
	{ "25006", PLACE_UNKNOWN, NULL, STATUS_READ_ONLY },
	{ "40001", PLACE_UNKNOWN, "terminating connection", STATUS_AWAY }, /* a replica that has to go on */
	{ "40", PLACE_UNKNOWN, NULL, STATUS_LOCKED },

	{ "42601", PLACE_UNKNOWN, "in tsquery", STATUS_BAD_SEARCH },
	{ "42601", PLACE_UNKNOWN, "escaped character", STATUS_BAD_SEARCH },
	{ "42883", PLACE_STATEMENT, NULL, STATUS_NO_SUCH_OPERATOR },
	{ "42725", PLACE_STATEMENT, NULL, STATUS_NO_SUCH_OPERATOR }, /* several would do, for several types */
	{ "428C9", PLACE_UNKNOWN, NULL, STATUS_NOT_WRITABLE }, /* GENERATED ALWAYS */
	{ "42P10", PLACE_UNKNOWN, "ON CONFLICT", STATUS_NO_CONFLICT_KEY },
	{ "44", PLACE_UNKNOWN, NULL, STATUS_CHECK }, /* WITH CHECK OPTION */

	{ "53300", PLACE_UNKNOWN, NULL, STATUS_BUSY },
	{ "53100", PLACE_UNKNOWN, NULL, STATUS_FULL },
	{ "53200", PLACE_UNKNOWN, NULL, STATUS_NO_MEMORY },
	{ "53400", PLACE_UNKNOWN, NULL, STATUS_QUOTA },
	{ "53", PLACE_UNKNOWN, NULL, STATUS_EXHAUSTED },
	{ "54000", PLACE_UNKNOWN, "in tsquery", STATUS_BAD_SEARCH },
	{ "54000", PLACE_VALUE, NULL, STATUS_BAD_VALUE }, /* more dimensions than an array may have */
	{ "54000", PLACE_UNKNOWN, "row is too big", STATUS_ROW_TOO_LARGE },
	{ "54000", PLACE_UNKNOWN, NULL, STATUS_TOO_LONG }, /* for an index, or for any value of its type */
	{ "54", PLACE_UNKNOWN, NULL, STATUS_TOO_COMPLEX },
	{ "55000", PLACE_UNKNOWN, "ON CONFLICT", STATUS_NO_CONFLICT_KEY }, /* a key that is checked later */
	{ "55000", PLACE_UNKNOWN, "cannot insert into view", STATUS_NOT_UPDATABLE },
	{ "55000", PLACE_UNKNOWN, "cannot update view", STATUS_NOT_UPDATABLE },
	{ "55000", PLACE_UNKNOWN, "cannot delete from view", STATUS_NOT_UPDATABLE },
	{ "55000", PLACE_UNKNOWN, "does not allow ", STATUS_NOT_UPDATABLE }, /* a foreign table */
	{ "55006", PLACE_UNKNOWN, NULL, STATUS_LOCKED },
	{ "55P03", PLACE_UNKNOWN, NULL, STATUS_LOCKED },
	{ "57014", PLACE_UNKNOWN, NULL, STATUS_TIMEOUT },
	{ "57P01", PLACE_UNKNOWN, NULL, STATUS_AWAY }, /* shutdown */
	{ "57P02", PLACE_UNKNOWN, NULL, STATUS_AWAY }, /* crash */
	{ "57P03", PLACE_UNKNOWN, NULL, STATUS_AWAY }, /* it starts, or is about to end */
	{ "57P04", PLACE_UNKNOWN, NULL, STATUS_AWAY }, /* the database is dropped */
	{ "57P05", PLACE_UNKNOWN, NULL, STATUS_AWAY }, /* idle for too long */
	{ "57", PLACE_UNKNOWN, NULL, STATUS_INTERNAL },
	{ "58", PLACE_UNKNOWN, NULL, STATUS_STORAGE },
	{ "72", PLACE_UNKNOWN, NULL, STATUS_INTERNAL },
	{ "F0", PLACE_UNKNOWN, NULL, STATUS_INTERNAL },
	{ "HV00N", PLACE_UNKNOWN, NULL, STATUS_FOREIGN_AWAY },
	{ "P0001", PLACE_UNKNOWN, NULL, STATUS_RAISED },
	{ "XX000", PLACE_UNKNOWN, "text search configuration", STATUS_BAD_SEARCH }, /* a number that is none's */
	{ "XX000", PLACE_UNKNOWN, "tsquery stack too small", STATUS_SEARCH_TOO_LARGE }, /* !!!…word */
	{ "XX001", PLACE_UNKNOWN, NULL, STATUS_DAMAGED },
	{ "XX002", PLACE_UNKNOWN, NULL, STATUS_DAMAGED },
	{ "XX", PLACE_UNKNOWN, NULL, STATUS_INTERNAL },
	/* All others are found in what the statement runs: 42P17 in rules, P0002 in functions, HV in foreign tables. */
	{ "", PLACE_VALUE, NULL, STATUS_BAD_VALUE },
	{ "", PLACE_STATEMENT, NULL, STATUS_NOT_TAKEN },
	{ "", PLACE_UNKNOWN, NULL, STATUS_DEFINITION },
};

static bool begins(const char *text, const char *words)
{
	return strncmp(text, words, strlen(words)) == 0;
}

static enum status status_of(const struct postgresql_fault *fault, const char *state, const char *message)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (begins(state, meanings[i].state) &&
		    (meanings[i].place == PLACE_UNKNOWN || meanings[i].place == fault->place) &&
		    (meanings[i].words == NULL || strstr(message, meanings[i].words) != NULL))
			return meanings[i].status;
	return STATUS_DEFINITION;
}

static const char *given(const char *field)
{
	return field != NULL ? field : "";
}

/* A table, a column or a key of the description is not there, or not as it was. */
static bool is_changed(const struct postgresql_fault *fault, const char *state, const char *message)
{
	if (strcmp(state, "42804") == 0) /* a number for a column that is no number any more */
		return strcmp(given(fault->function), "transformAssignedExpr") == 0;
	if (strcmp(state, "3F000") == 0) /* the schema of what LOCK TABLE names, which gives no place; other statements say 42P01 */
		return fault->place == PLACE_UNKNOWN;
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
	error->subject = (struct slice){ error->text + length + strlen(" ("), strlen(name) };
}

/* A column that a table computes is named by the words alone, in English ones between double quotes. */
static void find_computed(struct database_error *error)
{
	const char *from = strchr(error->text, '"'), *to = strrchr(error->text, '"');

	if (from != to)
		error->subject = (struct slice){ from + 1, (size_t)(to - from - 1) };
}

/* A row that no partition takes has the state of a CHECK, and no constraint's name. The words may be of any language;
 * the server's functions are called alike in all releases. */
static bool is_partition_fault(const struct postgresql_fault *fault)
{
	const char *function = given(fault->function);

	return *given(fault->constraint) == '\0' &&
	       (strcmp(function, "ExecFindPartition") == 0 || strcmp(function, "ExecPartitionCheckEmitError") == 0);
}

/* By RAISE a function's author gives an error any state. What says of the request no more than that is said in the
 * author's own words; constraints, rights and locks are told as those of the server. */
static bool is_authors_own(enum status status)
{
	switch (status_http(status)) {
	case 403:
	case 409:
	case 422:
		return status == STATUS_NOT_COMPUTED;
	default:
		return status != STATUS_LOCKED;
	}
}

/* The arguments in front of which the language of a search stands. */
static bool is_language(struct slice before)
{
	static const char *const functions[] = { "to_tsvector(", "tsquery(" };

	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		size_t length = strlen(functions[i]);

		if (before.length >= length && memcmp(before.bytes + before.length - length, functions[i], length) == 0)
			return true;
	}
	return false;
}

enum postgresql_place postgresql_fault_place(struct slice sql, size_t offset)
{
	if (offset >= sql.length || sql.bytes[offset] != '\'')
		return PLACE_STATEMENT;
	return is_language((struct slice){ sql.bytes, offset }) ? PLACE_LANGUAGE : PLACE_VALUE;
}

/* The elements of an array, or the parts of a row, have no operator, which the server finds by the values, and gives no
 * place; or the operator is one that makes another value, as that which joins two queries for texts. */
static bool is_incomparable(const struct postgresql_fault *fault, const char *state)
{
	const char *function = given(fault->function);

	if (strcmp(state, "42804") == 0) /* the second one by PostgreSQL 13, where several operators would do */
		return strcmp(function, "coerce_to_boolean") == 0 ||
		       strcmp(function, "enforce_generic_type_consistency") == 0;
	return strcmp(state, "42883") == 0 &&
	       (begins(function, "array_") || begins(function, "arrayoverlap") || begins(function, "record_"));
}

/* "Key (a, b)=(1, 2) already exists.", in any language. That of an exclusion constraint has another row's as well. */
static void take_values(struct database_error *error, const char *detail)
{
	const char *from = strchr(detail, '('), *to = strrchr(detail, ')');

	error->values = (struct slice){ "", 0 };
	if (from == NULL || to == NULL || to < from || (size_t)(to + 1 - from) > sizeof(error->detail))
		return;
	error->values = (struct slice){ error->detail, (size_t)(to + 1 - from) };
	memcpy(error->detail, from, error->values.length);
}

bool postgresql_fault_read(struct database_error *error, const struct postgresql_fault *fault)
{
	const char *state = given(fault->state), *message = given(fault->message), *name = given(fault->constraint);

	if (*name == '\0')
		name = given(fault->column);
	error->number = 0;
	error->row = 0;
	error->subject = (struct slice){ "", 0 };
	take_values(error, strcmp(state, "23505") == 0 ? given(fault->detail) : "");
	snprintf(error->state, sizeof(error->state), "%s", state);
	error->status = *state != '\0' ? status_of(fault, state, message) : STATUS_AWAY;
	if (strcmp(given(fault->function), "exec_stmt_raise") == 0 && is_authors_own(error->status))
		error->status = STATUS_RAISED;
	if (is_incomparable(fault, state))
		error->status = STATUS_NO_SUCH_OPERATOR;
	if (error->status == STATUS_CHECK && is_partition_fault(fault))
		error->status = STATUS_NO_PARTITION;
	if (error->status == STATUS_AWAY && strcmp(given(fault->severity), "ERROR") == 0)
		error->status = STATUS_FOREIGN_AWAY; /* our own connection lives */
	error->schema_changed = error->status != STATUS_RAISED && is_changed(fault, state, message);
	error->referenced = strcmp(state, "23001") == 0 ||
	                    (strcmp(state, "23503") == 0 && begins(message, "update or delete on table "));
	error->not_run = strcmp(state, "57P03") == 0 && error->status == STATUS_AWAY; /* it takes no statements yet */
	if (error->status == STATUS_RAISED) /* a trigger's own words, which are meant for clients */
		set_text(error, "", message, "");
	else
		set_text(error, state, message, name);
	if (error->status == STATUS_NOT_WRITABLE && error->subject.length == 0)
		find_computed(error);
	return error->status == STATUS_AWAY;
}
