/* SPDX-License-Identifier: MIT */
#include "mysql/mysql_connect.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STACK_BYTES = 512 * 1024 };

/* Whoever of the two comes second gives the attempt's memory back. */
enum stage { UNDER_WAY, OVER, ABANDONED };

struct mysql_connect {
	_Atomic int stage;
	pthread_t thread;
	int waits, tells; /* a pipe: nothing is ever written, its end is what is read */
	MYSQL *mysql;
	bool connected;
	struct arena arena; /* of the texts */
	const char *host, *user, *password, *database, *socket;
	unsigned port;
};

static void give_back(struct mysql_connect *attempt)
{
	if (attempt->mysql != NULL)
		mysql_close(attempt->mysql);
	if (attempt->waits >= 0)
		close(attempt->waits);
	arena_release(&attempt->arena);
	free(attempt);
}

static void *run(void *argument)
{
	struct mysql_connect *attempt = argument;
	int tells = attempt->tells, stage = UNDER_WAY;

	attempt->connected = mysql_real_connect(attempt->mysql, attempt->host, attempt->user, attempt->password,
	                                        attempt->database, attempt->port, attempt->socket,
	                                        CLIENT_FOUND_ROWS) != NULL;
	if (!atomic_compare_exchange_strong(&attempt->stage, &stage, OVER))
		give_back(attempt);
	close(tells); /* from here on it is the other's */
	return NULL;
}

static int start_thread(struct mysql_connect *attempt)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	int error;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	sigfillset(&all); /* signals are the main thread's */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&attempt->thread, &attributes, run, attempt);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return error;
}

static const char *copied(struct arena *arena, const char *text)
{
	return text != NULL ? arena_text(arena, text, strlen(text)) : NULL;
}

struct mysql_connect *mysql_connect_start(MYSQL *mysql, const struct mysql_destination *destination)
{
	struct mysql_connect *attempt = memory_alloc(sizeof(*attempt));
	const struct database_url *url = destination->url;
	int ends[2], error;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) {
		free(attempt);
		return NULL;
	}
	attempt->waits = ends[0];
	attempt->tells = ends[1];
	attempt->mysql = mysql;
	attempt->host = copied(&attempt->arena, destination->host);
	attempt->user = copied(&attempt->arena, url->user);
	attempt->password = copied(&attempt->arena, url->password);
	attempt->database = copied(&attempt->arena, url->database);
	attempt->socket = copied(&attempt->arena, url->socket);
	attempt->port = destination->port;
	if ((error = start_thread(attempt)) == 0)
		return attempt;
	close(attempt->tells);
	attempt->mysql = NULL;
	give_back(attempt);
	errno = error;
	return NULL;
}

/* Of a thread that is over, but for what the libraries keep for each thread and free at its end. */
static void take_over(struct mysql_connect *attempt)
{
	pthread_join(attempt->thread, NULL);
	give_back(attempt);
}

int mysql_connect_descriptor(const struct mysql_connect *attempt)
{
	return attempt->waits;
}

bool mysql_connect_finish(struct mysql_connect *attempt, MYSQL **mysql)
{
	bool connected = attempt->connected;

	*mysql = attempt->mysql;
	attempt->mysql = NULL;
	take_over(attempt);
	return connected;
}

void mysql_connect_abandon(struct mysql_connect *attempt)
{
	pthread_t thread = attempt->thread;
	int stage = UNDER_WAY;

	close(attempt->waits); /* lest the event loop hear of it */
	attempt->waits = -1;
	if (atomic_compare_exchange_strong(&attempt->stage, &stage, ABANDONED))
		pthread_detach(thread);
	else
		take_over(attempt);
}
