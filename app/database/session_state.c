/* SPDX-License-Identifier: MIT */
#include "database/session_state.h"

#include <string.h>

#include "base/log.h"

const char session_state_changed[] = "the session is not as it was set up: a function or trigger has changed it";

static bool is_word(const char *sql, size_t length, const char *word)
{
	return length == strlen(word) && memcmp(sql, word, length) == 0;
}

/* The two databases begin transactions with the same words, and followed by others. */
void session_state_sent(struct session_state *state, const char *sql, size_t length)
{
	static const char begin[] = "START TRANSACTION";

	state->is_empty = length >= sizeof(begin) - 1 && memcmp(sql, begin, sizeof(begin) - 1) == 0;
	if (state->is_empty)
		state->in_transaction = true;
	else if (is_word(sql, length, "COMMIT") || is_word(sql, length, "ROLLBACK"))
		state->in_transaction = false;
}

void session_state_found_unclean(struct session_state *state)
{
	state->unclean = true;
	log_event(LOG_WARNING, "session-changed", "%s", session_state_changed);
}

void session_state_look(struct session_state *state, const struct driver *driver, const struct driver_connection *connection)
{
	if (state->unclean)
		return;
	switch (driver->session(connection, state->in_transaction)) {
	case SESSION_AS_SET_UP:
		break;
	case SESSION_UNSURE:
		state->unsure = true;
		break;
	case SESSION_CHANGED:
		session_state_found_unclean(state);
		break;
	}
}

bool session_state_has_run_nothing(const struct session_state *state)
{
	return !state->in_transaction || state->is_empty;
}

/* The statements that end a transaction have no literals, and what was answered is to stay; nor have those that ask what
 * failed, which another statement between would make forgotten. */
bool session_state_needs_clean(const char *sql, size_t length)
{
	return !is_word(sql, length, "COMMIT") && !is_word(sql, length, "ROLLBACK") &&
	       !is_word(sql, length, DATABASE_KEEP_FAULT_ROW) && !is_word(sql, length, DATABASE_TELL_FAULT_ROW);
}
