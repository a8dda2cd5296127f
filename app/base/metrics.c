/* SPDX-License-Identifier: MIT */
#include "base/metrics.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "build.h"

enum {
	STUCK_US = 1000000,
	STEADY_STATEMENT_US = 2000, /* longer statements have waiting requests handed over (accept.c) */
	STRAIN_LASTS_US = 250000,
};

static struct metrics_slot unshared; /* until there is a page */
struct metrics_slot *metrics_own = &unshared;
struct metrics *metrics_page;

static const struct {
	const char *name, *labels, *help;
	size_t offset;
} counters[] = {
#define X(member, name, labels, help) { name, labels, help, offsetof(struct metrics_slot, member) },
	METRICS_COUNTERS(X)
#undef X
};

static const struct {
	const char *name, *help;
	size_t offset;
} histograms[] = {
#define X(member, help) { #member, help, offsetof(struct metrics_slot, member) },
	METRICS_HISTOGRAMS(X)
#undef X
};

static const int64_t bounds[] = METRICS_BOUNDS;

void metrics_observe(struct metrics_histogram *histogram, int64_t us)
{
	unsigned bucket = 0;

	_Static_assert(sizeof(bounds) / sizeof(bounds[0]) == METRICS_BUCKETS - 1, "and one for all that is longer");
	while (bucket < METRICS_BUCKETS - 1 && us > bounds[bucket])
		bucket++;
	METRICS_ADD(histogram->counts[bucket], 1);
	METRICS_ADD(histogram->sum_us, (uint64_t)us);
}

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

static void render_head(struct text *out, const char *name, const char *type, const char *help)
{
	text_printf(out, "# HELP myrest_%s %s\n# TYPE myrest_%s %s\n", name, help, name, type);
}

static void render_one(struct text *out, const char *name, const char *type, const char *help, uint64_t value)
{
	render_head(out, name, type, help);
	text_printf(out, "myrest_%s %llu\n", name, (unsigned long long)value);
}

/* Of all slots; offset: of the counter in a slot. */
static uint64_t sum_of(struct metrics *metrics, size_t offset)
{
	uint64_t sum = 0;

	for (int i = 0; i < METRICS_SLOTS; i++)
		sum += atomic_load_explicit((_Atomic uint64_t *)(void *)((char *)&metrics->slots[i] + offset),
		                            memory_order_relaxed);
	return sum;
}

static void render_counters(struct metrics *metrics, struct text *out)
{
	const char *before = "";

	for (size_t c = 0; c < sizeof(counters) / sizeof(counters[0]); c++) {
		if (strcmp(counters[c].name, before) != 0)
			render_head(out, counters[c].name, "counter", counters[c].help);
		before = counters[c].name;
		text_printf(out, "myrest_%s", counters[c].name);
		if (counters[c].labels[0] != '\0')
			text_printf(out, "{%s}", counters[c].labels);
		text_printf(out, " %llu\n", (unsigned long long)sum_of(metrics, counters[c].offset));
	}
}

/* Buckets are told with those below. */
static void render_histogram(struct metrics *metrics, struct text *out, const char *member, const char *help, size_t offset)
{
	uint64_t count = 0;
	char name[64];

	snprintf(name, sizeof(name), "%s_seconds", member);
	render_head(out, name, "histogram", help);
	for (size_t i = 0; i < METRICS_BUCKETS; i++) {
		count += sum_of(metrics, offset + offsetof(struct metrics_histogram, counts) + i * sizeof(_Atomic uint64_t));
		if (i < METRICS_BUCKETS - 1)
			text_printf(out, "myrest_%s_bucket{le=\"%g\"} %llu\n", name, (double)bounds[i] / 1e6,
			            (unsigned long long)count);
		else
			text_printf(out, "myrest_%s_bucket{le=\"+Inf\"} %llu\n", name, (unsigned long long)count);
	}
	text_printf(out, "myrest_%s_sum %.6f\nmyrest_%s_count %llu\n", name,
	            (double)sum_of(metrics, offset + offsetof(struct metrics_histogram, sum_us)) / 1e6, name,
	            (unsigned long long)count);
}

void metrics_render(struct metrics *metrics, struct text *out)
{
	render_counters(metrics, out);
	for (size_t i = 0; i < sizeof(histograms) / sizeof(histograms[0]); i++)
		render_histogram(metrics, out, histograms[i].name, histograms[i].help, histograms[i].offset);
	render_one(out, "worker_restarts_total", "counter", "workers restarted after they ended unexpectedly",
	           metrics->worker_restarts);
	render_one(out, "worker_hangs_total", "counter", "times that a worker was found hanging (MYREST_WATCHDOG)",
	           metrics->worker_hangs);
	render_one(out, "reloads_total", "counter", "times that the workers were renewed: by HUP, or for a file that was replaced (MYREST_SANDBOX)", metrics->reloads);
	render_one(out, "workers", "gauge", "workers that should run", (uint64_t)metrics->workers);
	render_one(out, "workers_ready", "gauge", "workers with an open, described database connection",
	           (uint64_t)metrics_ready(metrics, NULL));
	text_printf(out, "# HELP myrest_build_info the release that runs\n# TYPE myrest_build_info gauge\n"
	                 "myrest_build_info{version=\"%s\"} 1\n", PACKAGE_VERSION);
}
