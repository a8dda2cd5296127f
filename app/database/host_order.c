/* SPDX-License-Identifier: MIT */
#include "database/host_order.h"

#include <string.h>

void hosts_init(struct hosts *hosts, unsigned count, unsigned home)
{
	memset(hosts, 0, sizeof(*hosts));
	hosts->count = count > 0 ? count : 1;
	hosts->home = hosts->start = hosts->current = home % hosts->count;
}

void hosts_begin(struct hosts *hosts)
{
	hosts->tried = 0;
}

static bool is_avoided(const struct hosts *hosts, unsigned host, int64_t now_us)
{
	return hosts->failed_us[host] != 0 && now_us - hosts->failed_us[host] < HOSTS_AVOIDED_US;
}

static bool choose(struct hosts *hosts, bool avoided, int64_t now_us)
{
	for (unsigned i = 0; i < hosts->count; i++) {
		unsigned host = (hosts->start + i) % hosts->count;

		if ((hosts->tried & (UINT32_C(1) << host)) != 0 || is_avoided(hosts, host, now_us) != avoided)
			continue;
		hosts->tried |= UINT32_C(1) << host;
		hosts->current = host;
		return true;
	}
	return false;
}

bool hosts_next(struct hosts *hosts, int64_t now_us)
{
	return choose(hosts, false, now_us) || choose(hosts, true, now_us);
}

void hosts_failed(struct hosts *hosts, int64_t now_us)
{
	hosts->failed_us[hosts->current] = now_us;
	hosts->start = (hosts->current + 1) % hosts->count;
}

void hosts_good(struct hosts *hosts)
{
	hosts->failed_us[hosts->current] = 0;
}

void hosts_go_home(struct hosts *hosts)
{
	hosts->start = hosts->home;
	hosts->failed_us[hosts->home] = 0;
}

bool hosts_is_home(const struct hosts *hosts)
{
	return hosts->current == hosts->home;
}
