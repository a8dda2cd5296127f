/* SPDX-License-Identifier: MIT */
#include "pool/ask.h"

#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>

#include "base/clock.h"

/* The database is driven as a worker drives it; here there is nothing else to wait for. */
enum database_step ask_wait(struct database *database, enum database_step step)
{
	while (step == DATABASE_WAIT) {
		unsigned wants = database_wants(database), ready = 0;
		int64_t left_us = database_deadline_us(database) - clock_now_us();
		struct pollfd watched = { database_descriptor(database), 0, 0 };

		watched.events = (short)((wants & EPOLLIN ? POLLIN : 0) | (wants & EPOLLOUT ? POLLOUT : 0));
		if (poll(&watched, 1, left_us > 0 ? (int)(left_us / 1000) + 1 : 0) > 0)
			ready = (watched.revents & (POLLIN | POLLHUP | POLLERR) ? EPOLLIN : 0) |
			        (watched.revents & (POLLOUT | POLLHUP | POLLERR) ? EPOLLOUT : 0);
		step = database_resume(database, ready);
	}
	return step;
}

bool ask_fails(struct database *database, const struct text *sql)
{
	enum database_step step = ask_wait(database, database_send(database, sql->bytes, sql->length, DATABASE_AT_ONCE));

	while (step == DATABASE_ROW)
		step = ask_wait(database, database_next(database));
	return step == DATABASE_FAILED;
}

bool ask_is_forbidden(struct database *database, const struct text *sql)
{
	return ask_fails(database, sql) && database_error(database)->status == STATUS_FORBIDDEN;
}

void ask_begin_fault(const char *warning, const char *variable)
{
	fprintf(stderr, "myrest: %s%s%s: ", warning, variable, config_suffix(variable));
}
