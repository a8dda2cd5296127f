/* SPDX-License-Identifier: MIT
 *
 * stream.h: an answer that is too large to be made whole: it goes to one request alone, as its rows come and its reader takes
 * them.
 */
#ifndef MYREST_STREAM_H
#define MYREST_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "response/peer.h"

/* Why nothing is taken from the database for now, though its statement runs. */
enum stream_pause {
	PAUSE_NONE,
	PAUSE_AT_ROW,     /* a row is there that has not been taken: the stream's reader is slow, or others' turn */
	PAUSE_BEFORE_ROW, /* the next row is not read from the database: the stream's reader is slow */
};

/* There is none, and no pause: a statement is over, or the worker begins. */
void stream_clear(void);
struct peer *stream_peer(void); /* the one request whose answer streams; NULL: none does */
bool stream_is_paused(void);
void stream_set_pause(enum stream_pause);
enum stream_pause stream_end_pause(void); /* and which it was */
/* The first of the running requests streams from here on; the others get a statement of their own. */
void stream_begin(void);
/* Whether its reader is so far behind that no more rows are to be read. */
bool stream_is_ahead(void);
/* Writes what it has; whether its reader keeps up. */
bool stream_flush(void);
/* The reader has gone, or is given up: nothing more is written, and nobody wants the rest. */
void stream_hang_up(void);
/* Nobody wants the rows that are still to come. */
void stream_discard_rest(void);
bool stream_is_discarding(void);
/* Of rows that are discarded: whether this goes on for so long that the connection is given up instead. */
bool stream_has_discarded_enough(int64_t now_us);
int64_t stream_discard_deadline_us(void); /* when that may be; 0: none are */

#endif
