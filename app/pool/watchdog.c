/* SPDX-License-Identifier: MIT */
#include "pool/watchdog.h"

unsigned watchdog_look(struct watchdog *watchdog, const struct metrics_slot *slot)
{
	uint64_t turns = slot->turns;

	if (turns != watchdog->turns) {
		watchdog->turns = turns;
		watchdog->looks = 0;
	} else
		watchdog->looks++;
	return watchdog->looks;
}
