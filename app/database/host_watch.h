/* SPDX-License-Identifier: MIT
 *
 * host_watch.h: two things to know of hosts beside the connection: whether the one that says nothing, while it should, is still
 * there; and whether the one where the worker belongs is back. Both by a trial connect.
 */
#ifndef MYREST_HOST_WATCH_H
#define MYREST_HOST_WATCH_H

#include "database/host_probe.h"

/* Zeroes: nothing is watched. */
struct host_watch {
	struct host_probe silence, home;
	int64_t silence_us, home_us; /* when they have something to do; 0: nothing */
	int64_t silence_wait_us;
};

/* The host has said something, or is about to be asked. Where there is no other one its silence is suffered. */
void host_watch_heard(struct host_watch *, bool has_others);
/* Nothing is expected of it. */
void host_watch_rest(struct host_watch *);
/* There is a connection; at_home: to the host where the worker belongs, or it belongs nowhere. */
void host_watch_opened(struct host_watch *, bool at_home);
/* The time has come. Whether the host does not answer any more; whether that where the worker belongs is back. */
bool host_watch_is_silent(struct host_watch *, const struct host_probe_place *, int64_t now_us);
bool host_watch_is_home_back(struct host_watch *, const struct host_probe_place *, int64_t now_us);

#endif
