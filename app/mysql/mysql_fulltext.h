/* SPDX-License-Identifier: MIT
 *
 * mysql_fulltext.h: PostgreSQL's four ways to write a full-text search, as MySQL's boolean mode has it. Knows neither
 * columns nor SQL: the result is a text, still to be quoted.
 */
#ifndef MYREST_MYSQL_FULLTEXT_H
#define MYREST_MYSQL_FULLTEXT_H

#include "base/text.h"

enum fulltext_form {
	FULLTEXT_OPERATORS, /* fts, to_tsquery: a & (b | c) & !d & e:* & f <-> g */
	FULLTEXT_PLAIN,     /* plfts: all of the words */
	FULLTEXT_PHRASE,    /* phfts: the words as they follow each other */
	FULLTEXT_WEB,       /* wfts: a "b c" or d -e */
};

/* Adds the search. false: *why says what cannot be understood, or not be said in boolean mode. */
bool mysql_fulltext_translate(struct text *, enum fulltext_form, struct slice given, const char **why) MUST_CHECK;

#endif
