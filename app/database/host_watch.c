/* SPDX-License-Identifier: MIT */
#include "database/host_watch.h"

#include "base/clock.h"

enum {
	SILENT_US = 500000,       /* how long a host may say nothing before it is probed, if there are others */
	SILENT_MOST_US = 8000000, /* between two probes of a host that answers them while a statement runs on */
	HOME_AGAIN_US = 10000000, /* between two looks for the host where the worker belongs */
};

void host_watch_heard(struct host_watch *watch, bool has_others)
{
	host_probe_stop(&watch->silence);
	watch->silence_wait_us = SILENT_US;
	watch->silence_us = has_others ? clock_now_us() + SILENT_US : 0;
}

void host_watch_rest(struct host_watch *watch)
{
	watch->silence_us = 0;
	host_probe_stop(&watch->silence);
}

void host_watch_opened(struct host_watch *watch, bool at_home)
{
	host_probe_stop(&watch->home);
	watch->home_us = at_home ? 0 : clock_now_us() + HOME_AGAIN_US;
}

bool host_watch_is_silent(struct host_watch *watch, const struct host_probe_place *place, int64_t now_us)
{
	if (!watch->silence.active) {
		host_probe_start(&watch->silence, place);
		watch->silence_us = now_us + PROBE_LOOK_US;
		return false;
	}
	switch (host_probe_look(&watch->silence)) {
	case PROBE_SILENT:
	case PROBE_UNSURE: /* it has nothing to say there */
		return true;
	case PROBE_WAITS:
		watch->silence_us = now_us + PROBE_LOOK_US;
		break;
	case PROBE_OPEN:
	case PROBE_REFUSED: /* it lives */
		watch->silence_wait_us *= 2;
		if (watch->silence_wait_us > SILENT_MOST_US)
			watch->silence_wait_us = SILENT_MOST_US;
		watch->silence_us = now_us + watch->silence_wait_us;
		break;
	}
	return false;
}

bool host_watch_is_home_back(struct host_watch *watch, const struct host_probe_place *place, int64_t now_us)
{
	if (!watch->home.active) {
		host_probe_start(&watch->home, place);
		watch->home_us = now_us + PROBE_LOOK_US;
		return false;
	}
	switch (host_probe_look(&watch->home)) {
	case PROBE_WAITS:
		watch->home_us = now_us + PROBE_LOOK_US;
		return false;
	case PROBE_SILENT:
	case PROBE_REFUSED:
	case PROBE_UNSURE:
		watch->home_us = now_us + HOME_AGAIN_US;
		return false;
	case PROBE_OPEN:
		break;
	}
	return true;
}
