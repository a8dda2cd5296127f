/* SPDX-License-Identifier: MIT */
#include "database/host_order.h"

#include <string.h>

void host_order_init(struct host_order *order, unsigned count, unsigned home)
{
	memset(order, 0, sizeof(*order));
	order->count = count > 0 ? count : 1;
	order->home = order->start = order->current = home % order->count;
}

void host_order_begin(struct host_order *order)
{
	order->tried = 0;
}

static bool is_avoided(const struct host_order *order, unsigned host, int64_t now_us)
{
	return order->failed_us[host] != 0 && now_us - order->failed_us[host] < HOSTS_AVOIDED_US;
}

static bool choose_host(struct host_order *order, bool avoided, int64_t now_us)
{
	for (unsigned i = 0; i < order->count; i++) {
		unsigned host = (order->start + i) % order->count;

		if ((order->tried & (UINT32_C(1) << host)) != 0 || is_avoided(order, host, now_us) != avoided)
			continue;
		order->tried |= UINT32_C(1) << host;
		order->current = host;
		return true;
	}
	return false;
}

bool host_order_next(struct host_order *order, int64_t now_us)
{
	return choose_host(order, false, now_us) || choose_host(order, true, now_us);
}

void host_order_failed(struct host_order *order, int64_t now_us)
{
	order->failed_us[order->current] = now_us;
	order->start = (order->current + 1) % order->count;
}

void host_order_good(struct host_order *order)
{
	order->failed_us[order->current] = 0;
}

void host_order_go_home(struct host_order *order)
{
	order->start = order->home;
	order->failed_us[order->home] = 0;
}

bool host_order_is_home(const struct host_order *order)
{
	return order->current == order->home;
}
