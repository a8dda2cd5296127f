/* SPDX-License-Identifier: MIT
 *
 * write_script.h: what the statements of a write are, one after the other, by what the ones before gave. Sends nothing: who
 * does (run_write.c) tells it what came of each. write_refused.c has what follows a refusal.
 */
#ifndef MYREST_WRITE_SCRIPT_H
#define MYREST_WRITE_SCRIPT_H

#include "worker/kill.h"
#include "worker/worker_state.h"

/* In the order that run_write.h has. */
enum script_stage {
	SCRIPT_BEGIN,
	SCRIPT_CLAIM,
	SCRIPT_RECALL,
	SCRIPT_LOCK,
	SCRIPT_WRITE,
	SCRIPT_SEEK,
	SCRIPT_JUDGE,
	SCRIPT_FAULT_ROW,
	SCRIPT_TELL_ROW,
	SCRIPT_READ,
	SCRIPT_REMEMBER,
	SCRIPT_COMMIT,
	SCRIPT_ROLLBACK,
};

/* What a stage that is over leads to: the statement that stands in the script's sql; the answer, which is made. */
enum script_next { SCRIPT_SEND, SCRIPT_OVER };

enum { SCRIPT_ATTEMPTS = 3 }; /* of a write that others' locks are in the way of */

struct write_script {
	struct peer *peer; /* NULL: none runs */
	const struct config *config;
	struct batch *batch; /* the rows for the answer */
	/* Of the statement that is over: */
	uint64_t affected, generated;
	const struct database_error *error;
	enum kill killed; /* why it was ended */
	const struct database_traits *traits; /* of the server */
	const struct write *write;
	struct plan *plan;
	enum script_stage stage;
	bool in_transaction;
	int64_t deadline_us; /* after which nothing but the end of the transaction is sent */
	unsigned attempts;
	bool raced;      /* tried once more, since another may have added the same row at the same moment */
	unsigned row;    /* INSERT: whose turn it is, or that of which and those behind it */
	bool renames;    /* PUT: LOCK's row has the key spelled otherwise */
	bool left_out;   /* it is there already */
	bool judging;    /* JUDGE comes before WRITE */
	struct fault duplicate; /* what is told if it is not there; STATUS_OK: WRITE has to tell */
	bool locating;   /* one by one: to learn which row is at fault; nothing will be kept */
	uint64_t rows;   /* that are written, or found by LOCK */
	uint64_t found;  /* by READ */
	bool there;      /* PUT: the row is */
	bool created;
	bool claimed;    /* RECALL has found the key, */
	bool replayed;   /* and it was this very request */
	struct text keys, new_keys; /* the condition for the rows that LOCK has found, as they are and as they will be */
	struct text location;
	bool failed, again, put_back; /* what follows the ROLLBACK: an answer, the same write, others' turn */
	struct fault fault;
	struct text sql;
};

/* Whether each row needs a statement of its own. To be asked before the first statement. */
bool script_goes_one_by_one(const struct write_script *);
enum script_next script_first(struct write_script *);
void script_take_row(struct write_script *, const struct row *);
/* The statement is over, and was good; it has failed, which has changed nothing, and the connection lives. */
enum script_next script_stage_done(struct write_script *);
enum script_next script_stage_failed(struct write_script *);
/* Nothing is kept, and the client is told so. */
enum script_next script_fail(struct write_script *, enum status, const char *message, const char *details);
enum script_next script_undo(struct write_script *);
/* After the ROLLBACK, or where there is nothing to undo. */
enum script_next script_undone(struct write_script *);

/* Of the row that was inserted last: writes the condition for it into new_keys. false: there is none. */
bool script_find_inserted(struct write_script *);

/* For write_refused.c. */
enum script_next script_send_word(struct write_script *, enum script_stage, const char *sql);
enum script_next script_send_insert(struct write_script *, bool plain);
enum script_next script_send_recall(struct write_script *);
enum script_next script_judge(struct write_script *);
enum script_next script_seek(struct write_script *);
enum script_next script_next_row(struct write_script *);
unsigned script_rows_at_once(struct write_script *);
uint64_t script_row_of_body(struct write_script *, uint64_t row);
bool script_may_leave_out(struct write_script *);
void script_log_failure(struct write_script *, enum log_level, const char *event);

#endif
