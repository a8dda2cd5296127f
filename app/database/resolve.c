/* SPDX-License-Identifier: MIT */
#include "database/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct look_up {
	int reply;
	char host[256];
};

int resolve_is_numeric(const char *host)
{
	unsigned char address[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

static void *look_up(void *argument)
{
	struct look_up *job = argument;
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG }, *found = NULL, *each;
	struct resolve_result result;

	memset(&result, 0, sizeof(result));
	result.error = getaddrinfo(job->host, NULL, &hints, &found);
	for (each = found; result.error == 0 && each != NULL && result.count < RESOLVE_MAX; each = each->ai_next)
		if (getnameinfo(each->ai_addr, each->ai_addrlen, result.addresses[result.count],
		                sizeof(result.addresses[0]), NULL, 0, NI_NUMERICHOST) == 0)
			result.count++;
	if (found != NULL)
		freeaddrinfo(found);
	(void)!write(job->reply, &result, sizeof(result)); /* smaller than PIPE_BUF: whole or not at all */
	close(job->reply);
	free(job);
	return NULL;
}

int resolve_start(const char *host)
{
	struct look_up *job;
	pthread_attr_t attributes;
	pthread_t thread;
	sigset_t all, before;
	int ends[2], error;

	if (strlen(host) >= sizeof(job->host)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	if ((job = malloc(sizeof(*job))) == NULL) {
		close(ends[0]);
		close(ends[1]);
		errno = ENOMEM;
		return -1;
	}
	job->reply = ends[1];
	strcpy(job->host, host);
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	sigfillset(&all); /* signals are the main thread's */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&thread, &attributes, look_up, job);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	if (error != 0) {
		close(ends[0]);
		close(ends[1]);
		free(job);
		errno = error;
		return -1;
	}
	return ends[0];
}

int resolve_finish(int descriptor, struct resolve_result *result)
{
	return read(descriptor, result, sizeof(*result)) == (ssize_t)sizeof(*result) ? 0 : -1;
}
