/* SPDX-License-Identifier: MIT
 *
 * fastcgi.h: the FastCGI records of a responder (FastCGI Specification 1.0, sections 3 to 5), bytes in and bytes out.
 * Knows no routes and no JSON.
 *
 * libfcgi's FCGX_Accept_r cannot serve here: a request is kept as it came until its statement runs (so that another
 * worker can take it), and an answer has to be written without ever waiting. ARCHITECTURE.md has the
 * measurements. The record layouts are libfcgi's <fastcgi.h>, and a unit test has libfcgi read what we read.
 */
#ifndef MYREST_FASTCGI_H
#define MYREST_FASTCGI_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "web/http.h"

enum fastcgi_event {
	FASTCGI_MORE,    /* all bytes are used and the request is not whole */
	FASTCGI_REQUEST, /* a request is whole */
	FASTCGI_CONTROL, /* something that fastcgi_reply answers was read; go on */
	FASTCGI_GARBAGE, /* not FastCGI, or a use of it that no web server makes: close the connection */
};

/* Reads one request after the other, fed in pieces of any size. Zeroes are a fresh reader; set limit. */
struct fastcgi_reader {
	size_t limit; /* of params and body together; what is beyond it is dropped and told by too_large */
	struct text params, body;
	uint16_t id;
	bool keep; /* the web server wants the connection kept after this request */
	bool over; /* after FASTCGI_CONTROL: the reply ends the request; where keep is false it is the connection's last */
	bool params_too_large, body_too_large;
	/* the rest is the reader's own */
	unsigned char header[8], begin[8];
	unsigned header_length, content_left, padding_left;
	bool active, params_ended;
	bool refused; /* a request of this connection was: what still comes of it is ignored */
	struct text control;
	struct arena joined; /* of variables that come several times */
	unsigned char reply[32];
	unsigned reply_length;
};

void fastcgi_reader_clear(struct fastcgi_reader *); /* for the next request; memory kept */
void fastcgi_reader_release(struct fastcgi_reader *);

/* Takes bytes up to the end of one request, and says how many were used. */
enum fastcgi_event fastcgi_feed(struct fastcgi_reader *, const void *bytes, size_t length, size_t *used) MUST_CHECK;
/* After FASTCGI_CONTROL: what to send back (possibly nothing), in the reader's memory. */
struct slice fastcgi_reply(const struct fastcgi_reader *);
/* After FASTCGI_REQUEST: the variables, into *request, which points into the reader. false: malformed. */
bool fastcgi_variables(struct fastcgi_reader *, struct request *) MUST_CHECK;

/* Bytes that several answers share; freed with the last reference. One process, so no locks. */
struct shared_text {
	unsigned references;
	struct text text;
};

struct shared_text *shared_text_new(void); /* one reference */
void shared_text_drop(struct shared_text *); /* NULL is fine */

/* A whole answer on its way out: the stream's bytes are head, then middle, then tail. */
struct fastcgi_output {
	struct text head;
	struct shared_text *shared; /* what keeps middle alive; NULL: nothing */
	struct slice middle, tail;
	uint16_t id;
	size_t sent; /* bytes on the wire so far, record headers among them */
};

enum fastcgi_write { FASTCGI_WRITTEN, FASTCGI_BLOCKED, FASTCGI_BROKEN };

/* Writes as much as the socket takes at once. After FASTCGI_WRITTEN the whole answer with its END_REQUEST is out. */
enum fastcgi_write fastcgi_write(int socket, struct fastcgi_output *) MUST_CHECK;
void fastcgi_output_clear(struct fastcgi_output *); /* drops the shared bytes, keeps head's memory */

/* For answers that stream: wraps bytes into STDOUT records, and ends the request. */
void fastcgi_add_stdout(struct text *, uint16_t id, const char *bytes, size_t length);
void fastcgi_add_end(struct text *, uint16_t id);

#endif
