/* SPDX-License-Identifier: MIT */
#include "metrics.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include "build.h"
#include "clock.h"

enum {
	STUCK_US = 1000000,
	STEADY_STATEMENT_US = 2000, /* longer statements have waiting requests handed over (entrance.c) */
	STRAIN_LASTS_US = 250000,
};

static struct metrics_slot unshared; /* until there is a page */
struct metrics_slot *metrics_own = &unshared;
struct metrics *metrics_page;

static const struct {
	const char *name, *help;
	size_t offset;
} counters[] = {
#define X(name, help) { #name, help, offsetof(struct metrics_slot, name) },
	METRICS_COUNTERS(X)
#undef X
};

struct metrics *metrics_open(void)
{
	void *page = mmap(NULL, sizeof(struct metrics), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct metrics *metrics = page;

	if (page == MAP_FAILED)
		return NULL;
	metrics_page = metrics;
	metrics_own = &metrics->slots[0]; /* the supervisor's */
	return metrics;
}

int metrics_ready(struct metrics *metrics, const char **reason)
{
	static char copy[sizeof(metrics->slots[0].reason)];
	int ready = 0, state;

	copy[0] = '\0';
	for (int i = 0; i < METRICS_SLOTS; i++) {
		if (metrics->slots[i].pid == 0)
			continue;
		state = metrics->slots[i].state;
		if (metrics->slots[i].hangs) {
			if (copy[0] == '\0')
				strcpy(copy, "a worker hangs");
		} else if (state == WORKER_READY)
			ready++;
		else if (state == WORKER_AWAY && copy[0] == '\0') {
			memcpy(copy, metrics->slots[i].reason, sizeof(copy));
			copy[sizeof(copy) - 1] = '\0';
		}
	}
	if (reason != NULL)
		*reason = metrics->draining ? "draining" : copy[0] != '\0' ? copy : "no worker is ready yet";
	return ready;
}

/* most: there are no more than that to be counted. */
static unsigned count_siblings(bool idle, unsigned most)
{
	unsigned count = 0;
	int used = metrics_page == NULL ? 0 : metrics_page->used;

	for (int i = 1; i < used && count < most; i++) {
		const struct metrics_slot *slot = &metrics_page->slots[i];

		if (slot != metrics_own && slot->pid != 0 && slot->state == WORKER_READY && !slot->hangs &&
		    (slot->busy_since_us == 0 || (!idle && clock_now_us() - slot->busy_since_us < STUCK_US)))
			count++;
	}
	return count;
}

bool metrics_ready_sibling(void)
{
	return count_siblings(false, 1) > 0;
}

bool metrics_idle_sibling(void)
{
	return count_siblings(true, 1) > 0;
}

unsigned metrics_idle_siblings(void)
{
	return count_siblings(true, UINT_MAX);
}

bool metrics_steady_senior(void)
{
	int64_t now, busy_since;

	if (metrics_page == NULL || metrics_own <= &metrics_page->slots[1])
		return false;
	now = clock_now_us();
	for (const struct metrics_slot *slot = &metrics_page->slots[1]; slot < metrics_own; slot++) {
		busy_since = slot->busy_since_us;
		if (slot->pid != 0 && slot->state == WORKER_READY && !slot->hangs && now - slot->strained_us > STRAIN_LASTS_US &&
		    (busy_since == 0 || now - busy_since < STEADY_STATEMENT_US))
			return true;
	}
	return false;
}

static void render_one(struct text *out, const char *name, const char *type, const char *help, uint64_t value)
{
	text_printf(out, "# HELP myrest_%s %s\n# TYPE myrest_%s %s\nmyrest_%s %llu\n", name, help, name, type, name,
	            (unsigned long long)value);
}

void metrics_render(struct metrics *metrics, struct text *out)
{
	char name[64];
	uint64_t sum;

	for (size_t c = 0; c < sizeof(counters) / sizeof(counters[0]); c++) {
		sum = 0;
		for (int i = 0; i < METRICS_SLOTS; i++)
			sum += atomic_load_explicit(
			    (_Atomic uint64_t *)(void *)((char *)&metrics->slots[i] + counters[c].offset),
			    memory_order_relaxed);
		strcpy(name, counters[c].name);
		strcat(name, "_total");
		render_one(out, name, "counter", counters[c].help, sum);
	}
	render_one(out, "worker_restarts_total", "counter", "workers started again after they ended unasked",
	           metrics->worker_restarts);
	render_one(out, "worker_hangs_total", "counter", "times that a worker was found to hang (MYREST_WATCHDOG)",
	           metrics->worker_hangs);
	render_one(out, "reloads_total", "counter", "times that HUP renewed the workers", metrics->reloads);
	render_one(out, "workers", "gauge", "workers there should be", (uint64_t)metrics->workers);
	render_one(out, "workers_ready", "gauge", "workers with an open, described database connection",
	           (uint64_t)metrics_ready(metrics, NULL));
	text_printf(out, "# HELP myrest_build_info the release that runs\n# TYPE myrest_build_info gauge\n"
	                 "myrest_build_info{version=\"%s\"} 1\n", PACKAGE_VERSION);
}
