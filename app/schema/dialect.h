/* SPDX-License-Identifier: MIT
 *
 * dialect.h: what is said to one database otherwise than to another: literals, and the pieces of SQL that the standard does
 * not have. A table has the dialect of the database that it is in (table.h); whoever writes SQL (sql.h) asks it. What all
 * databases say alike stands there, not here.
 */
#ifndef MYREST_DIALECT_H
#define MYREST_DIALECT_H

#include "request/query.h"
#include "schema/literal.h"

/* What a statement is written from (plan/), by pointer alone. */
struct plan;
struct plan_condition;
struct plan_field;
struct plan_literal;
struct plan_order;
struct plan_output;
struct write;

/* What ::type names. */
enum cast_target {
	CAST_TEXT,
	CAST_INTEGER,
	CAST_UNSIGNED,
	CAST_DECIMAL,
	CAST_DOUBLE,
	CAST_BOOLEAN,
	CAST_DATE,
	CAST_TIME,
	CAST_DATETIME,
	CAST_TIMESTAMP,
	CAST_JSON
};

/* What is cast. */
struct cast {
	struct slice value; /* as SQL; what is JSON is its text by now */
	enum column_type type;
	const struct column *column;
	bool is_opaque; /* a column whose values only look like texts (table.h) */
};

struct dialect {
	char quote;            /* around an identifier */
	bool fulltext_indexed; /* full-text searches need an index of the column alone, and know no languages */
	bool conflict_by_key;  /* an upsert names the key by which rows are there already; otherwise it is any */
	unsigned sort_bytes;   /* of a text's weights, which decide on its place in an order; 0: all of them do */
	bool last_id_again;    /* when no ids are left the server makes the last one again, which is a duplicate then */
	bool json_names_plain; /* a name in JSON that is written with escapes is not found by a path */
	bool null_is_a_day;    /* IS NULL finds the day 0000-00-00 as well, in columns that have no NULL; <=>NULL does not */
	bool any_day;          /* a literal may be a day that no calendar has, such as a writer's sql_mode may have let in */
	bool takes_empty_rows; /* INSERT INTO t () VALUES (), unless t is a view */
	bool other_operators;  /* ranges, arrays and others have their own, which the server knows */
	bool returns_changes;  /* UPDATE … RETURNING, DELETE … RETURNING, whose rows another statement may take */
	/* In the words of the error which is told when a merge meets a row by another key than the one that is meant, or
	 * when an ignored row has it (judge). NULL: that cannot be (conflict_by_key). */
	const char *alarm;
	const char *next_id;        /* what is written for the database to make an id */
	const char *new_rows;       /* what ON CONFLICT calls those of the INSERT, so no table can be called that; NULL: nothing */
	const char *claim_ending;   /* of an INSERT that is to fail, or to do nothing, where the key is there already */
	const char *share_lock;     /* of a SELECT that waits for who writes its row */
	const char *bytes;          /* how a literal of bytes begins; hexadecimal digits and a quote end it */

	/* Values. Adds the literal for `column = literal`, which is what is written into the column, too. On another status
	 * (STATUS_BAD_VALUE, STATUS_VALUE_RANGE, STATUS_NO_CHARACTER) the text is as it was and *why says what was expected. */
	enum status (*literal)(struct text *, const struct column *, struct slice text, const char **why);
	/* Adds a value that the database gave for the column, as a literal that is equal to it. */
	enum status (*stored)(struct text *, const struct column *, struct slice bytes);
	/* A number in JSON as the literal that JSON is compared with; *exact: it is one of a DECIMAL, otherwise of a double. As
	 * literal. NULL: JSON's numbers are compared as they are written. */
	enum status (*json_number)(struct text *, struct slice json, bool *exact, const char **why);
	/* Makes the literal of a time, which is all of the text, one that is compared with what a view computes as a time, and not as
	 * a text. NULL: it is one. */
	void (*name_time)(struct text *literal);
	/* Whether a column of texts keeps the text as it is, instead of cutting it, stripping it, or taking it for another
	 * (STATUS_TOO_LONG, STATUS_NO_MEMBER); asked before it is a literal. */
	enum status (*check_text)(const struct column *, struct slice text, struct arena *, const char **why);
	/* Whether a column keeps the value whose literal that is, instead of rounding it or filling it up, and whether it can have
	 * it, as far as the database would refuse it without naming the column. given: the client's text. Otherwise *why says what
	 * is wrong, or nothing if the status is STATUS_VALUE_RANGE. */
	enum status (*check)(const struct column *, struct slice given, struct slice literal, struct arena *, const char **why);
	/* JSON that is valid, as far as the database takes all of that. NULL: it does. */
	enum status (*check_json)(struct slice json, const char **why);
	/* What is searched for, as a literal; as literal. */
	enum status (*search)(struct text *, enum query_operator, struct slice text, const char **why);

	/* Of reads. A transaction whose reads of the table all see the same rows; again: without a lock, which was refused, in
	 * the transaction that this ended. */
	void (*begin_snapshot)(struct text *, const struct table *, bool again);
	void (*output)(struct text *, const struct plan_output *);
	/* The JSON that a path leads to; a key of NULL bytes: the index beside it, from the end when negative. NULL when it leads
	 * nowhere. */
	void (*json_path)(struct text *, const struct column *, const struct slice *keys, const int *indices, unsigned count);
	void (*json_text)(struct text *, struct slice json); /* what ->> gives of it */
	void (*order)(struct text *, const struct plan *, const struct plan_order *); /* without the comma in front */
	/* false: it cannot be cast to this. */
	bool (*cast)(struct text *, const struct cast *, enum cast_target, enum column_type *);
	/* The planner's guess by a row that EXPLAIN gives; false: it says nothing. */
	bool (*planned)(const struct row *, bool first, double *rows);

	/* Of conditions; each can stand beside AND and inside of NOT(…). */
	void (*operand)(struct text *, const struct plan_condition *); /* what stands left of = and its kin */
	void (*distinct)(struct text *, const struct plan_condition *, const struct plan_literal *);
	/* column sign literal, where the column's character set may lack a character of the literal. NULL: none lacks any. */
	void (*outside_charset)(struct text *, const struct plan_condition *, const char *sign, const struct plan_literal *);
	void (*json_comparison)(struct text *, const struct plan_condition *, const char *sign, const struct plan_literal *);
	void (*match)(struct text *, const struct plan_condition *, const struct plan_literal *); /* like, match and their kin */
	void (*fulltext)(struct text *, const struct plan_condition *);
	void (*containment)(struct text *, const struct plan_condition *);
	void (*truth)(struct text *, const struct plan_field *); /* what IS TRUE is asked of */

	/* Of writes. */
	/* Behind an INSERT that has this row, and others for which the database makes ids alike (write_run). */
	void (*resolution)(struct text *, const struct plan *, const struct write *, unsigned row);
	/* Behind an INSERT of one row: what sql_judge asks. NULL: nothing is (conflict_by_key). */
	void (*judge)(struct text *, const struct plan *, const struct write *);
	/* Of an UPDATE or DELETE with a limit: what stands in front (NULL: nothing), and its WHERE, ORDER BY, LIMIT. */
	void (*begin_window)(struct text *, const struct plan *, const struct write *);
	void (*window)(struct text *, const struct plan *, const struct write *);
	bool (*fallback)(struct text *, const struct column *); /* the column's default, to be compared with; false: nobody knows */
};

#endif
