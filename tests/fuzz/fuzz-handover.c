/* SPDX-License-Identifier: MIT
 *
 * The queue of handed-over connections. What is given is what is taken, and what was peeked at before; messages of
 * another form, which no worker writes, are none. The first byte says what comes: a request, or a message as it is.
 */
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include "oracle.h"
#include "web/handover.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct handover queue;

static void holds(const uint8_t *data, size_t size)
{
	struct handover_item given = { .connection = queue.give }, taken;
	struct handover_note peeked;
	size_t head = size < 17 ? size : 17;

	if (head >= 8)
		memcpy(&given.note.since_us, data, 8);
	if (head >= 16)
		memcpy(&given.note.waits_since_us, data + 8, 8);
	if (head == 17)
		given.note.mark = data[16];
	given.bytes = (struct slice){ (const char *)data + head, size - head };
	DEMAND(!handover_peek(&queue, &peeked));
	DEMAND(handover_give(&queue, &given));
	for (int i = 0; i < 2; i++) /* it leaves all as it is */
		DEMAND(handover_peek(&queue, &peeked) && peeked.since_us == given.note.since_us &&
		       peeked.waits_since_us == given.note.waits_since_us && peeked.mark == given.note.mark);
	DEMAND(handover_take(&queue, &taken) && taken.connection >= 0 && taken.connection != queue.give);
	close(taken.connection);
	DEMAND(taken.note.since_us == given.note.since_us && taken.note.waits_since_us == given.note.waits_since_us &&
	       taken.note.mark == given.note.mark && taken.bytes.length == given.bytes.length &&
	       (taken.bytes.length == 0 || memcmp(taken.bytes.bytes, given.bytes.bytes, taken.bytes.length) == 0));
	DEMAND(!handover_take(&queue, &taken));
}

/* Without a descriptor. */
static void message_is_none(const uint8_t *data, size_t size)
{
	struct handover_item taken;
	struct handover_note peeked;

	DEMAND(send(queue.give, data, size, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)size);
	DEMAND(handover_peek(&queue, &peeked) == (size >= sizeof(peeked)));
	DEMAND(!handover_take(&queue, &taken) && !handover_peek(&queue, &peeked));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool opened;

	if (!opened)
		DEMAND(handover_open(&queue) == 0);
	opened = true;
	if (size == 0)
		return 0;
	if (data[0] % 4 != 0)
		holds(data + 1, size - 1);
	else
		message_is_none(data + 1, size - 1);
	return 0;
}
