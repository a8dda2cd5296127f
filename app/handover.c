/* SPDX-License-Identifier: MIT */
#include "handover.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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

bool handover_give(const struct handover *handover, int connection)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = { 0 };
	char byte = 0;
	struct iovec piece = { &byte, 1 };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control,
		                  .msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &connection, sizeof(int));
	return sendmsg(handover->give, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == 1;
}

int handover_take(const struct handover *handover)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	char byte;
	struct iovec piece = { &byte, 1 };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control,
		                  .msg_controllen = sizeof(control) };
	struct cmsghdr *header;
	int connection = -1;

	if (recvmsg(handover->take, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1)
		return -1;
	if ((header = CMSG_FIRSTHDR(&message)) != NULL && header->cmsg_type == SCM_RIGHTS)
		memcpy(&connection, CMSG_DATA(header), sizeof(int));
	return connection;
}
