/* SPDX-License-Identifier: MIT */
#include "request/body_reader.h"

#include <string.h>
#include <sys/random.h>

#include "base/utf8.h"

enum { LEAST_INDEX = 16, SHOWN_NAME = 64 };

struct name {
	struct slice text;
	unsigned met;  /* the last object that has it */
	unsigned next; /* the place of the name that stood behind it the last time */
};

static struct name *names_of(const struct body_reader *reader)
{
	return (struct name *)(void *)reader->names.bytes;
}

/* --- Faults */

static enum status refuse(struct body_reader *reader, const char *what, const char *where)
{
	reader->fault->status = STATUS_BAD_BODY;
	reader->fault->message = what;
	reader->fault->details = where;
	return STATUS_BAD_BODY;
}

enum status body_refuse(struct body_reader *reader, const char *at, const char *what)
{
	if (at == reader->end)
		return refuse(reader, what, "at the end of the body");
	return refuse(reader, what,
	              arena_printf(reader->arena, "at byte %zu of the body", (size_t)(at - reader->body.bytes) + 1));
}

static const char *present_row(struct body_reader *reader)
{
	if (reader->row_count == 0)
		return "in the first line";
	return arena_printf(reader->arena, "in row %u", reader->row_count);
}

enum status body_refuse_row(struct body_reader *reader, const char *what)
{
	return refuse(reader, what, present_row(reader));
}

/* A name in quotes, not more of it than one wants to read, no half character. */
static const char *shown(struct body_reader *reader, struct slice name)
{
	size_t length = name.length <= SHOWN_NAME ? name.length : utf8_span(name.bytes, SHOWN_NAME);

	return arena_printf(reader->arena, "'%.*s%s'", (int)length, name.bytes, length < name.length ? "..." : "");
}

static enum status refuse_mismatch(struct body_reader *reader, struct slice name, const char *how)
{
	return refuse(reader, "All object keys must match",
	              arena_printf(reader->arena, "%s: %s %s", present_row(reader), shown(reader, name), how));
}

/* --- Names
 *
 * Objects mostly have their names in the order of the one before: then a name is found by one comparison, where it
 * stood the last time. Otherwise by a hash with a secret key, so that nobody can choose names that meet in it. */

static uint64_t rotate(uint64_t bits, int by)
{
	return bits << by | bits >> (64 - by);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] = rotate(v[0], 32) + v[3];
	v[2] += v[1];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static void sip_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	v[0] ^= word;
}

/* SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF"). */
static uint64_t hash(struct slice name)
{
	static uint64_t key[2];
	uint64_t v[4], word;
	size_t left;

	if (key[0] == 0 && getrandom(key, sizeof(key), 0) != sizeof(key))
		key[0] = (uintptr_t)&v | 1; /* where the stack is, is no secret, but not easily known either */
	v[0] = key[0] ^ 0x736f6d6570736575;
	v[1] = key[1] ^ 0x646f72616e646f6d;
	v[2] = key[0] ^ 0x6c7967656e657261;
	v[3] = key[1] ^ 0x7465646279746573;
	for (left = name.length; left >= sizeof(word); left -= sizeof(word)) {
		memcpy(&word, name.bytes + name.length - left, sizeof(word));
		sip_word(v, word);
	}
	word = 0;
	if (left > 0)
		memcpy(&word, name.bytes + name.length - left, left);
	sip_word(v, word | (uint64_t)name.length << 56);
	v[2] ^= 0xff;
	for (int round = 0; round < 3; round++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static bool same(struct slice a, struct slice b)
{
	return a.length == b.length && (a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0);
}

/* The slot of the index that has the name, or in which it belongs. */
static unsigned *find_slot(const struct body_reader *reader, struct slice name)
{
	unsigned slot = (unsigned)hash(name) & (reader->index_size - 1);

	while (reader->index[slot] != 0 && !same(names_of(reader)[reader->index[slot] - 1].text, name))
		slot = (slot + 1) & (reader->index_size - 1);
	return &reader->index[slot];
}

static void grow_index(struct body_reader *reader)
{
	reader->index_size = reader->index_size > 0 ? reader->index_size * 2 : LEAST_INDEX;
	reader->index = arena_alloc(reader->arena, reader->index_size * sizeof(*reader->index));
	for (unsigned place = 0; place < reader->name_count; place++)
		*find_slot(reader, names_of(reader)[place].text) = place + 1;
}

static void new_name(struct body_reader *reader, struct slice text, unsigned *slot)
{
	struct name name = { .text = text, .next = reader->name_count + 1 };

	text_add(&reader->names, &name, sizeof(name));
	*slot = ++reader->name_count;
	if (reader->name_count >= reader->index_size / 2)
		grow_index(reader);
}

void body_give_names(struct body_reader *reader, const struct slice *names, unsigned count)
{
	grow_index(reader);
	for (unsigned i = 0; i < count; i++)
		new_name(reader, names[i], find_slot(reader, names[i]));
	reader->names_given = names != NULL;
	reader->names_open = names == NULL;
	reader->column_count = count;
}

void body_begin_object(struct body_reader *reader)
{
	reader->objects++;
	reader->members = reader->columns = 0;
	reader->last = 0;
}

/* The place of the name that stood here the last time. */
static unsigned *likely_place(struct body_reader *reader)
{
	return reader->last == 0 ? &reader->first : &names_of(reader)[reader->last - 1].next;
}

static enum status find_name(struct body_reader *reader, struct slice text, unsigned *place)
{
	unsigned *slot = find_slot(reader, text);

	if (*slot != 0) {
		*place = *slot - 1;
		return STATUS_OK;
	}
	if (!reader->names_given && !reader->names_open)
		return refuse_mismatch(reader, text, "is not in row 1");
	*place = reader->name_count;
	new_name(reader, text, slot);
	reader->column_count += reader->names_open;
	return STATUS_OK;
}

enum status body_add_name(struct body_reader *reader, struct slice text, unsigned *place)
{
	enum status status;
	struct name *name;

	if (reader->members++ == BODY_MAX_NAMES)
		return body_refuse_row(reader, arena_printf(reader->arena, "more than %d names", BODY_MAX_NAMES));
	*place = *likely_place(reader);
	if (*place >= reader->name_count || !same(names_of(reader)[*place].text, text)) {
		if ((status = find_name(reader, text, place)) != STATUS_OK)
			return status;
		*likely_place(reader) = *place;
	}
	name = &names_of(reader)[*place];
	if (name->met == reader->objects)
		return body_refuse_row(reader, arena_printf(reader->arena, "the name %s is given twice", shown(reader, text)));
	name->met = reader->objects;
	reader->columns += *place < reader->column_count;
	reader->last = *place + 1;
	return STATUS_OK;
}

/* --- Rows */

void body_begin_row(struct body_reader *reader)
{
	reader->row_count++;
}

struct body_value *body_value_at(struct body_reader *reader, unsigned place)
{
	size_t size = reader->column_count * sizeof(struct body_value);
	size_t needed = reader->row_count * size;

	if (place >= reader->column_count)
		return &reader->left_out;
	if (reader->values.length < needed) {
		text_reserve(&reader->values, needed - reader->values.length);
		memset(reader->values.bytes + reader->values.length, 0, needed - reader->values.length);
		reader->values.length = needed;
	}
	return (struct body_value *)(void *)(reader->values.bytes + needed - size) + place;
}

enum status body_end_row(struct body_reader *reader)
{
	unsigned missing = reader->column_count - reader->columns, place = 0;

	reader->names_open = false;
	if (missing == 0)
		return STATUS_OK;
	if (!reader->names_given) {
		while (names_of(reader)[place].met == reader->objects)
			place++;
		return refuse_mismatch(reader, names_of(reader)[place].text, "is missing");
	}
	reader->absent += missing;
	if (reader->absent > BODY_MAX_ABSENT)
		return body_refuse_row(
			reader, arena_printf(reader->arena, "more than %d values are omitted", BODY_MAX_ABSENT));
	(void)body_value_at(reader, 0);
	return STATUS_OK;
}

struct slice body_name_at(const struct body_reader *reader, unsigned place)
{
	return names_of(reader)[place].text;
}
