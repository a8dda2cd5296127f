/* SPDX-License-Identifier: MIT */
#include "pool/check_idempotency.h"

#include <stdio.h>
#include <sysexits.h>

#include "database/engine.h"
#include "pool/ask.h"
#include "pool/check_rights.h"
#include "schema/dialect.h"
#include "sql/sql.h"

/* A statement that needs the right alone. A recall locks its row besides, which takes a right to change it, and what
 * remembers reads the key. */
static void add_idempotency_trial(struct text *sql, const struct dialect *dialect, struct slice table, unsigned right)
{
	struct write write = { .kind = WRITE_INSERT, .idempotency_key = { "", 0 } };

	text_clear(sql);
	text_add_string(sql, "EXPLAIN ");
	switch (right) {
	case 0:
		sql_claim(sql, dialect, table, &write);
		break;
	case 1:
		sql_recall(sql, dialect, table, &write);
		sql->length -= strlen(dialect->share_lock);
		break;
	default:
		text_add_string(sql, "UPDATE ");
		sql_add_name(sql, dialect->quote, table);
		text_add_string(sql, " SET answer=");
		text_add_string(sql, dialect->bytes);
		text_add_string(sql, "' WHERE 1=0");
		break;
	}
}

/* Why the table of idempotency keys does not serve; where it is not there, or not as we need it, what makes it. */
static void tell_unusable(const struct database_error *error, struct slice table, const char *made_by)
{
	bool shape = error->schema_changed || error->status == STATUS_DEFINITION;

	ask_begin_fault("", "MYREST_IDEMPOTENCY_TABLE");
	fprintf(stderr, "table '%.*s': %s%s%s\n", (int)table.length, table.bytes, error->text,
	        shape ? "; it must be as this creates it: " : "", shape ? made_by : "");
}

/* Explains what a request with an Idempotency-Key would ask of its table (sql.h); the exit status. */
int check_idempotency(struct database *database, const struct config *config)
{
	enum { NEEDED = 3 };
	static const char *const names[NEEDED] = { "INSERT", "SELECT", "UPDATE" };
	const struct engine *engine = engine_of(&config->database);
	struct slice table = config->idempotency_table;
	struct text sql = { 0 }, rights = { 0 }, quoted = { 0 };
	unsigned missing = 0;
	char remark[80];
	int status = 0;

	for (unsigned i = 0; i < NEEDED && status == 0 && database_is_open(database); i++) {
		add_idempotency_trial(&sql, engine->dialect, table, i);
		if (!ask_fails(database, &sql))
			continue;
		if (database_error(database)->status != STATUS_FORBIDDEN) {
			tell_unusable(database_error(database), table, engine->idempotency_sql);
			status = EX_UNAVAILABLE;
			break;
		}
		text_add_string(&rights, missing++ > 0 ? ", " : "");
		text_add_string(&rights, names[i]);
	}
	if (status == 0 && missing > 0) {
		sql_add_name(&quoted, engine->dialect->quote, table);
		/* MySQL does not tell who has no right on a table whether there is one. */
		snprintf(remark, sizeof(remark), ", or there is no such table (%s creates it)", engine->idempotency_sql);
		check_rights_tell_missing(database, "", "MYREST_IDEMPOTENCY_TABLE", "table", table,
		             (struct slice){ quoted.bytes, quoted.length }, &rights, missing == NEEDED ? remark : "");
		status = EX_NOPERM;
	}
	text_release(&sql);
	text_release(&rights);
	text_release(&quoted);
	return status;
}
