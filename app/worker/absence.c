/* SPDX-License-Identifier: MIT */
#include "worker/absence.h"

#include "base/clock.h"

static struct absence {
	int64_t since_us; /* 0: there is a connection */
	int64_t ended_us;
	enum patience patience;
} absence;

void absence_reset(void)
{
	absence = (struct absence){ 0 };
}

void absence_begin(void)
{
	if (absence.since_us == 0)
		absence.since_us = clock_now_us();
}

void absence_end(void)
{
	if (absence.since_us != 0)
		absence.ended_us = clock_now_us();
	absence.since_us = 0;
	absence.patience = PATIENCE_FRESH;
}

void absence_set_patience(enum patience patience)
{
	absence.patience = patience;
}

enum patience absence_patience(void)
{
	return absence.patience;
}

bool absence_is_on(void)
{
	return absence.since_us != 0;
}

int64_t absence_since_us(void)
{
	return absence.since_us;
}

int64_t absence_ended_us(void)
{
	return absence.ended_us;
}
