/* SPDX-License-Identifier: MIT */
#include "database/statement_kill.h"

#include "base/clock.h"
#include "base/log.h"

enum {
	LOOK_US = 5000,        /* between two looks at what is to end a statement */
	FAILED_US = 10000000,  /* after one that was refused another would be, too, for so long, */
	FAILED_DOUBLINGS = 6,  /* and after each one in a row for twice as long, as often as that */
};

bool statement_kill_begin(struct statement_kill *kill, const struct host_probe_place *place,
                          const struct driver_connection *connection, bool spares_commit)
{
	struct host_probe *probe = &kill->probe;

	if (probe->active)
		return false;
	host_probe_start(probe, place);
	while (probe->statement_count < PROBE_STATEMENTS &&
	       place->driver->kill(connection, probe->statement_count, spares_commit, &probe->statements[probe->statement_count]))
		probe->statement_count++;
	if (probe->statement_count == 0) {
		host_probe_stop(probe);
		return false;
	}
	kill->is_ours = true;
	kill->failed = false;
	kill->look_us = clock_now_us() + LOOK_US;
	return true;
}

enum host_probe_says statement_kill_look(struct statement_kill *kill, int64_t now_us)
{
	enum host_probe_says says = host_probe_look(&kill->probe);

	kill->look_us = now_us + LOOK_US;
	if (says == PROBE_WAITS)
		return says;
	if (says != PROBE_OPEN)
		log_event(LOG_INFO, "kill-failed", "%s: %s",
		          says == PROBE_UNSURE ? "it is unknown whether a statement was ended"
		                               : "a statement that should have been ended continues",
		          kill->probe.reason);
	kill->failed = says != PROBE_OPEN && says != PROBE_UNSURE;
	kill->failures = kill->failed ? kill->failures + 1 : 0;
	kill->failed_us = now_us;
	return says;
}

bool statement_kill_may_try(const struct statement_kill *kill)
{
	unsigned more = kill->failures > 0 ? kill->failures - 1 : 0;
	int64_t lasts_us = (int64_t)FAILED_US << (more < FAILED_DOUBLINGS ? more : FAILED_DOUBLINGS);

	return kill->failures == 0 || clock_now_us() - kill->failed_us >= lasts_us;
}
