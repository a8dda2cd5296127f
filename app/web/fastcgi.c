/* SPDX-License-Identifier: MIT */
#include "web/fastcgi.h"

#include <errno.h>
#include <fastcgi.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/arena.h"

enum {
	/* content of one full STDOUT record: the largest multiple of eight, so that no padding is needed */
	RECORD_CONTENT = 65528,
	RECORD = FCGI_HEADER_LEN + RECORD_CONTENT,
	/* an empty STDOUT record and END_REQUEST */
	TRAILER = FCGI_HEADER_LEN + FCGI_HEADER_LEN + 8,
	CONTROL_MAX = 1024,
	RECORDS_AT_ONCE = 8,
};

void fastcgi_reader_clear(struct fastcgi_reader *reader)
{
	text_clear(&reader->params);
	text_clear(&reader->body);
	text_clear(&reader->control);
	arena_clear(&reader->joined);
	reader->params_too_large = reader->body_too_large = false;
	reader->header_length = reader->content_left = reader->padding_left = 0;
	reader->active = reader->params_ended = false;
	reader->reply_length = 0;
}

void fastcgi_reader_release(struct fastcgi_reader *reader)
{
	text_release(&reader->params);
	text_release(&reader->body);
	text_release(&reader->control);
	arena_release(&reader->joined);
}

static void make_header(unsigned char *header, unsigned char type, uint16_t id, size_t length)
{
	header[0] = FCGI_VERSION_1;
	header[1] = type;
	header[2] = (unsigned char)(id >> 8);
	header[3] = (unsigned char)id;
	header[4] = (unsigned char)(length >> 8);
	header[5] = (unsigned char)length;
	header[6] = header[7] = 0;
}

static void make_end(unsigned char *record, uint16_t id, unsigned char protocol_status)
{
	make_header(record, FCGI_END_REQUEST, id, 8);
	memset(record + FCGI_HEADER_LEN, 0, 8);
	record[FCGI_HEADER_LEN + 4] = protocol_status;
}

static enum fastcgi_event reply_end(struct fastcgi_reader *reader, uint16_t id, unsigned char protocol_status)
{
	make_end(reader->reply, id, protocol_status);
	reader->reply_length = FCGI_HEADER_LEN + 8;
	return FASTCGI_CONTROL;
}

/* What is read needs no reply, and is no part of a request. */
static enum fastcgi_event ignore(struct fastcgi_reader *reader)
{
	reader->reply_length = 0;
	return FASTCGI_CONTROL;
}

/* A management record (section 4) that is whole. Of FCGI_GET_VALUES only FCGI_MPXS_CONNS has a fixed answer. */
static enum fastcgi_event management(struct fastcgi_reader *reader, unsigned char type)
{
	static const char question[] = FCGI_MPXS_CONNS;
	unsigned char *reply = reader->reply;
	size_t length = sizeof(question) - 1;

	if (type == FCGI_GET_VALUES) {
		reader->reply_length = FCGI_HEADER_LEN;
		if (reader->control.length > 0 &&
		    memmem(reader->control.bytes, reader->control.length, question, length) != NULL) {
			reply[8] = (unsigned char)length;
			reply[9] = 1;
			memcpy(reply + 10, question, length);
			reply[10 + length] = '0';
			reader->reply_length += (unsigned)length + 3;
		}
		make_header(reply, FCGI_GET_VALUES_RESULT, 0, reader->reply_length - FCGI_HEADER_LEN);
	} else {
		make_header(reply, FCGI_UNKNOWN_TYPE, 0, 8);
		memset(reply + FCGI_HEADER_LEN, 0, 8);
		reply[FCGI_HEADER_LEN] = type;
		reader->reply_length = FCGI_HEADER_LEN + 8;
	}
	return FASTCGI_CONTROL;
}

/* Section 3.3: records of a request that is over are ignored. To close the connection instead would be a reset, which
 * may take the refusal along. */
static bool is_of_refused(const struct fastcgi_reader *reader)
{
	const unsigned char *header = reader->header;
	uint16_t id;

	if (!reader->refused)
		return false;
	id = (uint16_t)(header[2] << 8 | header[3]);
	return (!reader->active || id != reader->id) &&
	       (header[1] == FCGI_PARAMS || header[1] == FCGI_STDIN || header[1] == FCGI_DATA);
}

/* A record's header has come. */
static enum fastcgi_event record_begins(struct fastcgi_reader *reader)
{
	const unsigned char *header = reader->header;
	uint16_t id = (uint16_t)(header[2] << 8 | header[3]);

	if (header[0] != FCGI_VERSION_1)
		return FASTCGI_GARBAGE;
	reader->content_left = (unsigned)(header[4] << 8 | header[5]);
	reader->padding_left = header[6];
	text_clear(&reader->control);
	reader->over = false;
	if (id == FCGI_NULL_REQUEST_ID)
		return reader->content_left > CONTROL_MAX ? FASTCGI_GARBAGE : FASTCGI_MORE;
	if (is_of_refused(reader))
		return FASTCGI_MORE;
	switch (header[1]) {
	case FCGI_BEGIN_REQUEST:
		return (reader->active && id == reader->id) || reader->content_left != sizeof(reader->begin) ?
		           FASTCGI_GARBAGE : FASTCGI_MORE;
	case FCGI_PARAMS:
		return reader->active && id == reader->id && !reader->params_ended ? FASTCGI_MORE : FASTCGI_GARBAGE;
	case FCGI_STDIN:
		return reader->active && id == reader->id && reader->params_ended ? FASTCGI_MORE : FASTCGI_GARBAGE;
	case FCGI_ABORT_REQUEST:
		return FASTCGI_MORE;
	default:
		return FASTCGI_GARBAGE;
	}
}

static void keep_content(struct fastcgi_reader *reader, struct text *to, bool *too_large, const void *bytes,
                         size_t length)
{
	size_t room = reader->limit - reader->params.length - reader->body.length;

	if (length > room) {
		*too_large = true;
		length = room;
	}
	text_add(to, bytes, length);
}

static void record_content(struct fastcgi_reader *reader, const unsigned char *bytes, size_t length)
{
	if (reader->header[2] == 0 && reader->header[3] == 0) {
		text_add(&reader->control, bytes, length);
		return;
	}
	if (is_of_refused(reader))
		return;
	switch (reader->header[1]) {
	case FCGI_BEGIN_REQUEST:
		memcpy(reader->begin + sizeof(reader->begin) - reader->content_left, bytes, length);
		break;
	case FCGI_PARAMS:
		keep_content(reader, &reader->params, &reader->params_too_large, bytes, length);
		break;
	case FCGI_STDIN:
		keep_content(reader, &reader->body, &reader->body_too_large, bytes, length);
		break;
	default:
		break;
	}
}

/* A record's last byte has come. */
static enum fastcgi_event record_ends(struct fastcgi_reader *reader)
{
	const unsigned char *header = reader->header;
	bool empty = header[4] == 0 && header[5] == 0;
	uint16_t id = (uint16_t)(header[2] << 8 | header[3]);

	if (id == FCGI_NULL_REQUEST_ID)
		return management(reader, header[1]);
	if (is_of_refused(reader))
		return ignore(reader);
	switch (header[1]) {
	case FCGI_BEGIN_REQUEST:
		if (reader->active) { /* a second request at once */
			reader->refused = true;
			return reply_end(reader, id, FCGI_CANT_MPX_CONN);
		}
		reader->keep = (reader->begin[2] & FCGI_KEEP_CONN) != 0;
		reader->refused = reader->over = reader->begin[0] != 0 || reader->begin[1] != FCGI_RESPONDER;
		if (reader->refused)
			return reply_end(reader, id, FCGI_UNKNOWN_ROLE);
		reader->id = id;
		text_clear(&reader->params); /* of a request that was aborted */
		text_clear(&reader->body);
		reader->params_too_large = reader->body_too_large = reader->params_ended = false;
		reader->active = true;
		return FASTCGI_MORE;
	case FCGI_PARAMS:
		if (empty)
			reader->params_ended = true;
		return FASTCGI_MORE;
	case FCGI_STDIN:
		return empty ? FASTCGI_REQUEST : FASTCGI_MORE;
	case FCGI_ABORT_REQUEST:
		if (reader->active && id != reader->id)
			return FASTCGI_MORE;
		if (!reader->active) /* of a request that has been answered: no part of the next one */
			return ignore(reader);
		reader->active = false;
		reader->over = true;
		return reply_end(reader, id, FCGI_REQUEST_COMPLETE);
	default:
		return FASTCGI_GARBAGE;
	}
}

enum fastcgi_event fastcgi_feed(struct fastcgi_reader *reader, const void *bytes, size_t length, size_t *used)
{
	const unsigned char *at = bytes, *end = at + length;
	enum fastcgi_event event = FASTCGI_MORE;
	size_t step;

	while (event == FASTCGI_MORE && at < end) {
		if (reader->header_length < FCGI_HEADER_LEN) {
			reader->header[reader->header_length++] = *at++;
			if (reader->header_length < FCGI_HEADER_LEN)
				continue;
			event = record_begins(reader);
			if (event != FASTCGI_MORE)
				break;
		} else if (reader->content_left > 0) {
			step = (size_t)(end - at) < reader->content_left ? (size_t)(end - at) : reader->content_left;
			record_content(reader, at, step);
			reader->content_left -= (unsigned)step;
			at += step;
		} else {
			step = (size_t)(end - at) < reader->padding_left ? (size_t)(end - at) : reader->padding_left;
			reader->padding_left -= (unsigned)step;
			at += step;
		}
		if (reader->content_left == 0 && reader->padding_left == 0) {
			reader->header_length = 0;
			event = record_ends(reader);
		}
	}
	*used = (size_t)(at - (const unsigned char *)bytes);
	return event;
}

struct slice fastcgi_reply(const struct fastcgi_reader *reader)
{
	return (struct slice){ (const char *)reader->reply, reader->reply_length };
}

/* A length of a name or value (section 3.4): one byte, or four with the high bit set. */
static bool take_length(const unsigned char **at, const unsigned char *end, size_t *length)
{
	const unsigned char *from = *at;

	if (from == end)
		return false;
	if (*from < 0x80) {
		*length = *from;
		*at = from + 1;
		return true;
	}
	if (end - from < 4)
		return false;
	*length = (size_t)(from[0] & 0x7f) << 24 | (size_t)from[1] << 16 | (size_t)from[2] << 8 | from[3];
	*at = from + 4;
	return true;
}

bool fastcgi_variables(struct fastcgi_reader *reader, struct request *request)
{
	const unsigned char *at = (const unsigned char *)reader->params.bytes, *end = at + reader->params.length;
	size_t name, value;

	memset(request, 0, sizeof(*request));
	request->arena = &reader->joined;
	request->method = METHOD_OTHER;
	while (at < end) {
		if (end - at >= 2 && (at[0] | at[1]) < 0x80) { /* both are short, as they mostly are */
			name = at[0];
			value = at[1];
			at += 2;
			if ((size_t)(end - at) < name + value)
				return reader->params_too_large;
		} else if (!take_length(&at, end, &name) || !take_length(&at, end, &value) || (size_t)(end - at) < name ||
		    (size_t)(end - at) - name < value)
			return reader->params_too_large; /* cut by us: what came before the cut is still true */
		http_take_variable(request, (struct slice){ (const char *)at, name },
		                   (struct slice){ (const char *)at + name, value });
		at += name + value;
	}
	request->body = (struct slice){ reader->body.bytes, reader->body.length };
	return true;
}

struct shared_text *shared_text_new(void)
{
	struct shared_text *shared = memory_alloc(sizeof(*shared));

	shared->references = 1;
	return shared;
}

void shared_text_drop(struct shared_text *shared)
{
	if (shared != NULL && --shared->references == 0) {
		text_release(&shared->text);
		free(shared);
	}
}

/* Adds the part of one segment that lies in [from, from + *length) of the stream, which begins *skip bytes behind the
 * segment's start. */
static void add_piece(struct iovec *pieces, int *count, struct slice segment, size_t *skip, size_t *length)
{
	size_t part;

	if (*skip >= segment.length) {
		*skip -= segment.length;
		return;
	}
	part = segment.length - *skip < *length ? segment.length - *skip : *length;
	if (part == 0)
		return;
	pieces[*count].iov_base = (void *)(uintptr_t)(segment.bytes + *skip);
	pieces[*count].iov_len = part;
	(*count)++;
	*length -= part;
	*skip = 0;
}

/* What is on the wire is a function of the stream's bytes alone (full records, one shorter one, the trailer), so an
 * interrupted write goes on from the number of bytes sent. */
enum fastcgi_write fastcgi_write(int socket, struct fastcgi_output *output)
{
	size_t total = output->head.length + output->middle.length + output->tail.length;
	size_t records = (total + RECORD_CONTENT - 1) / RECORD_CONTENT;
	size_t whole = total + records * FCGI_HEADER_LEN + TRAILER;
	unsigned char headers[RECORDS_AT_ONCE][FCGI_HEADER_LEN], trailer[TRAILER];
	struct iovec pieces[RECORDS_AT_ONCE * 4 + 1];
	struct slice head = { output->head.bytes, output->head.length };
	ssize_t written;

	make_header(trailer, FCGI_STDOUT, output->id, 0);
	make_end(trailer + FCGI_HEADER_LEN, output->id, FCGI_REQUEST_COMPLETE);
	while (output->sent < whole) {
		size_t record = output->sent < whole - TRAILER ? output->sent / RECORD : records;
		size_t within = output->sent % RECORD;
		struct msghdr message = { .msg_iov = pieces };
		int count = 0;

		for (int i = 0; i < RECORDS_AT_ONCE && record < records; i++, record++, within = 0) {
			size_t skip = record * RECORD_CONTENT;
			size_t length = total - skip < RECORD_CONTENT ? total - skip : RECORD_CONTENT;

			make_header(headers[i], FCGI_STDOUT, output->id, length);
			if (within < FCGI_HEADER_LEN) {
				pieces[count].iov_base = headers[i] + within;
				pieces[count++].iov_len = FCGI_HEADER_LEN - within;
				within = 0;
			} else
				within -= FCGI_HEADER_LEN;
			skip += within;
			length -= within;
			add_piece(pieces, &count, head, &skip, &length);
			add_piece(pieces, &count, output->middle, &skip, &length);
			add_piece(pieces, &count, output->tail, &skip, &length);
		}
		if (record == records) {
			size_t done = output->sent > whole - TRAILER ? output->sent - (whole - TRAILER) : 0;

			pieces[count].iov_base = trailer + done;
			pieces[count++].iov_len = TRAILER - done;
		}
		message.msg_iovlen = (size_t)count;
		written = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (written < 0)
			return errno == EAGAIN || errno == EINTR ? FASTCGI_BLOCKED : FASTCGI_BROKEN;
		output->sent += (size_t)written;
	}
	return FASTCGI_WRITTEN;
}

void fastcgi_output_clear(struct fastcgi_output *output)
{
	shared_text_drop(output->shared);
	output->shared = NULL;
	output->middle = output->tail = (struct slice){ NULL, 0 };
	output->sent = 0;
	text_clear(&output->head);
}

void fastcgi_add_stdout(struct text *out, uint16_t id, const char *bytes, size_t length)
{
	unsigned char header[FCGI_HEADER_LEN];
	size_t step;

	for (; length > 0; bytes += step, length -= step) {
		step = length < RECORD_CONTENT ? length : RECORD_CONTENT;
		make_header(header, FCGI_STDOUT, id, step);
		text_add(out, header, sizeof(header));
		text_add(out, bytes, step);
	}
}

void fastcgi_add_end(struct text *out, uint16_t id)
{
	unsigned char trailer[TRAILER];

	make_header(trailer, FCGI_STDOUT, id, 0);
	make_end(trailer + FCGI_HEADER_LEN, id, FCGI_REQUEST_COMPLETE);
	text_add(out, trailer, sizeof(trailer));
}
