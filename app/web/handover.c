/* SPDX-License-Identifier: MIT */
#include "web/handover.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

enum { QUEUE_BYTES = 1 << 20 };

int handover_open(struct handover *handover)
{
	int ends[2], bytes = QUEUE_BYTES;

	/* SEQPACKET: unlike DGRAM it is bounded by bytes alone, not by net.unix.max_dgram_qlen. */
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	(void)setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)); /* as much as the system grants */
	handover->give = ends[0];
	handover->take = ends[1];
	return 0;
}

bool handover_give(const struct handover *handover, const struct handover_item *item)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct handover_note note; /* with which no message is ever empty */
	struct iovec pieces[] = { { &note, sizeof(note) }, { (void *)(uintptr_t)item->bytes.bytes, item->bytes.length } };
	struct msghdr message = { .msg_iov = pieces, .msg_iovlen = 2, .msg_control = control,
		                  .msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	if (item->bytes.length > HANDOVER_BYTES)
		return false;
	memset(&note, 0, sizeof(note)); /* what lies between its members */
	note.since_us = item->note.since_us;
	note.waits_since_us = item->note.waits_since_us;
	note.mark = item->note.mark;
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &item->connection, sizeof(int));
	return sendmsg(handover->give, &message, MSG_NOSIGNAL | MSG_DONTWAIT) ==
	       (ssize_t)(sizeof(note) + item->bytes.length);
}

bool handover_take(const struct handover *handover, struct handover_item *item)
{
	static char bytes[HANDOVER_BYTES];
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct iovec pieces[] = { { &item->note, sizeof(item->note) }, { bytes, sizeof(bytes) } };
	struct msghdr message = { .msg_iov = pieces, .msg_iovlen = 2, .msg_control = control,
		                  .msg_controllen = sizeof(control) };
	struct cmsghdr *header;
	ssize_t got = recvmsg(handover->take, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (got >= (ssize_t)sizeof(item->note) && (message.msg_flags & MSG_CTRUNC))
		log_event(LOG_ERROR, "handover-lost", "no descriptor is left for a connection from another worker; the connection is closed");
	if (got < (ssize_t)sizeof(item->note) || (header = CMSG_FIRSTHDR(&message)) == NULL || header->cmsg_type != SCM_RIGHTS)
		return false;
	memcpy(&item->connection, CMSG_DATA(header), sizeof(int));
	item->bytes = (struct slice){ bytes, (size_t)got - sizeof(item->note) };
	return true;
}

bool handover_peek(const struct handover *handover, struct handover_note *note)
{
	return recv(handover->take, note, sizeof(*note), MSG_DONTWAIT | MSG_PEEK) == (ssize_t)sizeof(*note);
}
