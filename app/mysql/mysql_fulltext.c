/* SPDX-License-Identifier: MIT */
#include "mysql/mysql_fulltext.h"

#include <string.h>
#include <strings.h>

enum { MAX_DEPTH = 16 };

struct search {
	const char *at, *end;
	struct text *out;
	const char *why;
};

/* What can be part of a word for every parser; all else separates words, so that no operator gets through. */
static bool is_word(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
	       byte == '_' || (unsigned char)byte >= 0x80;
}

static struct slice take_word(struct search *search)
{
	const char *from = search->at;

	while (search->at < search->end && is_word(*search->at))
		search->at++;
	return (struct slice){ from, (size_t)(search->at - from) };
}

static void skip_to_word(struct search *search)
{
	while (search->at < search->end && !is_word(*search->at))
		search->at++;
}

static void skip_spaces(struct search *search)
{
	while (search->at < search->end && memchr(" \t\r\n", *search->at, 4) != NULL)
		search->at++;
}

static bool fail(struct search *search, const char *why)
{
	if (search->why == NULL)
		search->why = why;
	return false;
}

/* Whether indices usually leave the word out (InnoDB's list, and what is shorter than its least length). To demand such
 * a word would be to find nothing. */
static bool is_left_out(struct slice word)
{
	static const char *const stopwords[] = { "about", "are", "com",  "for",  "from", "how",
		                                 "that",  "the", "this", "was",  "what", "when",
		                                 "where", "who", "will", "with", "und",  "www" };
	size_t characters = 0;

	for (size_t i = 0; i < word.length; i++)
		characters += ((unsigned char)word.bytes[i] & 0xc0) != 0x80;
	if (characters < 3)
		return true;
	for (size_t i = 0; i < sizeof(stopwords) / sizeof(stopwords[0]); i++)
		if (strlen(stopwords[i]) == word.length && strncasecmp(stopwords[i], word.bytes, word.length) == 0)
			return true;
	return false;
}

static void begin_term(struct search *search)
{
	if (search->out->length > 0 && search->out->bytes[search->out->length - 1] != '(')
		text_add_char(search->out, ' ');
}

static void add_demanded(struct search *search, struct slice word)
{
	begin_term(search);
	if (!is_left_out(word))
		text_add_char(search->out, '+');
	text_add_slice(search->out, word);
}

static bool plain(struct search *search)
{
	for (skip_to_word(search); search->at < search->end; skip_to_word(search))
		add_demanded(search, take_word(search));
	return true;
}

/* "the words", up to a '"' or the end; false: there is none. */
static bool add_phrase(struct search *search, const char *end, char sign)
{
	const char *whole = search->end;
	bool any = false;

	search->end = end;
	for (skip_to_word(search); search->at < search->end; skip_to_word(search)) {
		struct slice word = take_word(search);

		if (any)
			text_add_char(search->out, ' ');
		else {
			begin_term(search);
			if (sign != '\0')
				text_add_char(search->out, sign);
			text_add_char(search->out, '"');
		}
		any = true;
		text_add_slice(search->out, word);
	}
	if (any)
		text_add_char(search->out, '"');
	search->end = whole;
	return any;
}

/* One word or phrase of a web search; false: at the end, or at an 'or'. */
static bool web_term(struct search *search, bool *demanded)
{
	const char *from, *end;
	struct slice word;
	char sign = '+';

	while (search->at < search->end && !is_word(*search->at) && *search->at != '"' && *search->at != '-')
		search->at++;
	from = search->at;
	if (from == search->end)
		return false;
	if (*search->at == '-') {
		search->at++;
		sign = '-';
	}
	if (search->at < search->end && *search->at == '"') {
		search->at++;
		end = memchr(search->at, '"', (size_t)(search->end - search->at));
		if (add_phrase(search, end != NULL ? end : search->end, sign))
			*demanded = *demanded || sign == '+';
		search->at = end != NULL ? end + 1 : search->end;
		return true;
	}
	word = take_word(search);
	if (word.length == 0)
		return true;
	if (sign == '+' && word.length == 2 && strncasecmp(word.bytes, "or", 2) == 0) {
		search->at = from;
		return false;
	}
	if (sign == '+') {
		add_demanded(search, word);
		*demanded = true;
	} else {
		begin_term(search);
		text_add_char(search->out, '-');
		text_add_slice(search->out, word);
	}
	return true;
}

/* Alternatives, each of which is a list of words: (+a +b) (+c). */
static bool web(struct search *search)
{
	do {
		bool demanded = false;

		begin_term(search);
		text_add_char(search->out, '(');
		while (web_term(search, &demanded))
			;
		text_add_char(search->out, ')');
		if (!demanded)
			return fail(search, "a search cannot consist of negations alone");
		search->at += search->at < search->end ? 2 : 0; /* or */
	} while (search->at < search->end);
	return true;
}

static bool either(struct search *search, char sign, unsigned depth);

/* word, word:*, 'some words', a <-> b, (…) */
static bool primary(struct search *search, char sign, unsigned depth)
{
	const char *from, *end;
	struct slice word;

	skip_spaces(search);
	if (search->at < search->end && *search->at == '(') {
		search->at++;
		if (depth == MAX_DEPTH)
			return fail(search, "the search is nested more than 16 deep");
		if (!either(search, sign, depth + 1))
			return false;
		skip_spaces(search);
		if (search->at == search->end || *search->at++ != ')')
			return fail(search, "a '(' in the search has no ')'");
		return true;
	}
	if (search->at < search->end && *search->at == '\'') {
		from = search->at + 1;
		if ((end = memchr(from, '\'', (size_t)(search->end - from))) == NULL)
			return fail(search, "a quote in the search is not closed");
		search->at = from;
		if (!add_phrase(search, end, sign))
			return fail(search, "expected a word in the search");
		search->at = end + 1;
		return true;
	}
	word = take_word(search);
	if (word.length == 0)
		return fail(search, "expected a word in the search");
	from = word.bytes;
	end = search->at;
	for (;;) { /* words that follow each other */
		skip_spaces(search);
		if (search->end - search->at < 3 || memcmp(search->at, "<->", 3) != 0)
			break;
		search->at += 3;
		skip_spaces(search);
		if (take_word(search).length == 0)
			return fail(search, "expected a word after '<->' in the search");
		end = search->at;
	}
	if (end > from + word.length) {
		const char *behind = search->at;

		search->at = from;
		(void)add_phrase(search, end, sign);
		search->at = behind;
		return true;
	}
	if (sign == '+' && !(search->end - search->at >= 2 && memcmp(search->at, ":*", 2) == 0))
		add_demanded(search, word);
	else {
		begin_term(search);
		if (sign != '\0')
			text_add_char(search->out, sign);
		text_add_slice(search->out, word);
	}
	if (search->end - search->at >= 2 && memcmp(search->at, ":*", 2) == 0) {
		text_add_char(search->out, '*');
		search->at += 2;
	}
	return true;
}

/* The operators of one level: how many, and whether the terms are all negated, is known only behind them; so a group
 * is opened for each level and its terms say themselves what they are. */
static bool both(struct search *search, unsigned depth, bool *demanded)
{
	for (;;) {
		char sign = '+';

		for (skip_spaces(search); search->at < search->end && *search->at == '!'; skip_spaces(search)) {
			sign = sign == '+' ? '-' : '+';
			search->at++;
		}
		*demanded = *demanded || sign == '+';
		if (!primary(search, sign, depth))
			return false;
		skip_spaces(search);
		if (search->at == search->end || *search->at != '&')
			return true;
		search->at++;
	}
}

static bool either(struct search *search, char sign, unsigned depth)
{
	begin_term(search);
	if (sign != '\0')
		text_add_char(search->out, sign);
	text_add_char(search->out, '(');
	for (;;) {
		bool demanded = false;

		begin_term(search);
		text_add_char(search->out, '(');
		if (!both(search, depth, &demanded))
			return false;
		text_add_char(search->out, ')');
		if (!demanded)
			return fail(search, "a search cannot consist of negations alone");
		if (search->at == search->end || *search->at != '|')
			break;
		search->at++;
	}
	text_add_char(search->out, ')');
	return true;
}

static bool operators(struct search *search)
{
	if (!either(search, '\0', 0))
		return false;
	return search->at == search->end || fail(search, "expected '&', '|' or the end of the search");
}

bool mysql_fulltext_translate(struct text *out, enum fulltext_form form, struct slice given, const char **why)
{
	struct search search = { given.bytes, given.bytes + given.length, out, NULL };
	bool good = false;

	switch (form) {
	case FULLTEXT_OPERATORS:
		good = operators(&search);
		break;
	case FULLTEXT_PLAIN:
		good = plain(&search);
		break;
	case FULLTEXT_PHRASE:
		(void)add_phrase(&search, search.end, '\0');
		good = true;
		break;
	case FULLTEXT_WEB:
		good = web(&search);
		break;
	}
	*why = search.why;
	return good;
}
