/* SPDX-License-Identifier: MIT
 *
 * session_state.h: whether a session is still as it was set up, and in which transaction it is, by what has been sent in it.
 */
#ifndef MYREST_SESSION_STATE_H
#define MYREST_SESSION_STATE_H

#include "database/driver.h"

/* Zeroes: as it was set up, in no transaction. */
struct session_state {
	bool in_transaction; /* which our statements have begun and not ended */
	bool is_empty;       /* nothing has been sent in it */
	bool unclean; /* the session is not as it was set up: it takes no other request */
	bool unsure;  /* it may not be so, which is asked before another statement */
};

extern const char session_state_changed[]; /* in words */

/* The statement is sent. */
void session_state_sent(struct session_state *, const char *sql, size_t length);
/* The statement is over. */
void session_state_look(struct session_state *, const struct driver *, const struct driver_connection *);
/* What has ended is answered by what is known of it. Nothing else is sent but what ends its transaction: literals may mean
 * something else by now, and what is written may be lost with the connection. */
void session_state_found_unclean(struct session_state *);
/* What is not sent yet has not run, nor is anything kept of a transaction in which nothing has been sent. */
bool session_state_has_run_nothing(const struct session_state *);
/* Whether the statement may not be sent where the session is not as it was set up. */
bool session_state_needs_clean(const char *sql, size_t length);

#endif
