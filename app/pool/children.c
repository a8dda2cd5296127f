/* SPDX-License-Identifier: MIT */
#include "pool/children.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/process_title.h"
#include "pool/admin.h"
#include "worker/worker.h"

enum {
	YOUNG_US = 1000000, /* dying before that age by its own fault is not to be repeated at full speed */
	BACKOFF_FIRST_US = 100000,
	BACKOFF_MOST_US = 5000000,
};

struct pool pool;

static int free_slot(void)
{
	for (int slot = 1; slot <= MAX_CHILDREN; slot++)
		if (pool.children[slot].kind == KIND_NONE)
			return slot;
	return -1;
}

/* What a child does with its life; does not return. */
static void run_child(struct child *child, int notify, pid_t parent)
{
	int status;

	prctl(PR_SET_PDEATHSIG, SIGTERM); /* a worker whose supervisor is gone drains and leaves */
	if (getppid() != parent)
		_exit(0);
	close(pool.signals);
	for (int slot = 1; slot <= MAX_CHILDREN; slot++)
		if (&pool.children[slot] != child && pool.children[slot].kind != KIND_NONE &&
		    pool.children[slot].notify >= 0)
			close(pool.children[slot].notify);
	if (child->kind == KIND_ADMIN) {
		process_title_set("admin", 0);
		close(pool.listener);
		status = admin_run(pool.config, pool.admin_listener, pool.metrics);
	} else {
		process_title_set("worker", child->number);
		if (pool.admin_listener >= 0)
			close(pool.admin_listener);
		status = worker_run(pool.config, (unsigned)child->number - 1, pool.listener, &pool.handover, notify);
	}
	config_release(pool.config);
	exit(status);
}

static void start_child(struct place *place)
{
	int slot = free_slot(), ends[2] = { -1, -1 };
	struct child *child;
	pid_t parent = getpid();

	place->start_us = 0;
	if (slot < 0 || pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) {
		place->start_us = clock_now_us() + BACKOFF_FIRST_US;
		return;
	}
	if (slot >= pool.metrics->used)
		pool.metrics->used = slot + 1;
	child = &pool.children[slot];
	*child = (struct child){ .kind = place->kind, .number = place->number, .notify = ends[0],
		                 .started_us = clock_now_us() };
	child->pid = fork();
	if (child->pid == 0) {
		close(ends[0]);
		child->notify = -1;
		metrics_own = &pool.metrics->slots[slot];
		metrics_own->pid = getpid();
		metrics_own->reason[0] = '\0';
		metrics_own->busy_since_us = 0;
		metrics_own->slow_waits_since_us = 0;
		metrics_own->slow = 0;
		metrics_own->hangs = 0;
		metrics_own->state = child->kind == KIND_WORKER ? WORKER_STARTING : WORKER_NONE;
		run_child(child, ends[1], parent);
	}
	close(ends[1]);
	if (child->pid < 0) {
		log_event(LOG_ERROR, "fork", "cannot start a process: %s", strerror(errno));
		close(ends[0]);
		child->kind = KIND_NONE;
		place->start_us = clock_now_us() + BACKOFF_FIRST_US;
		return;
	}
	if (log_wants(LOG_INFO)) {
		struct log_line *line = log_begin(LOG_INFO, child->kind == KIND_WORKER ? "worker-start" : "admin-start");

		log_number(line, "worker", child->number);
		log_number(line, "child", child->pid);
		log_end(line);
	}
}

static struct place *place_of(const struct child *child)
{
	for (int i = 0; i < pool.place_count; i++)
		if (pool.places[i].kind == child->kind && pool.places[i].number == child->number)
			return &pool.places[i];
	return NULL;
}

static void log_exit(const struct child *child, int status, bool expected)
{
	struct log_line *line = log_begin(expected ? LOG_INFO : LOG_WARNING,
	                                  child->kind == KIND_WORKER ? "worker-exit" : "admin-exit");

	log_number(line, "worker", child->number);
	log_number(line, "child", child->pid);
	if (WIFSIGNALED(status))
		log_number(line, "signal", WTERMSIG(status));
	else
		log_number(line, "status", WEXITSTATUS(status));
	log_end(line);
}

static void bury_child(struct child *child, int status)
{
	bool expected = pool.draining || child->retired, clean = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	int64_t now = clock_now_us(), wait = 0;
	struct metrics_slot *slot = &pool.metrics->slots[child - pool.children];
	struct place *place = place_of(child);

	log_exit(child, status, expected && clean);
	slot->state = WORKER_NONE;
	slot->pid = 0;
	if (child->notify >= 0)
		close(child->notify);
	child->kind = KIND_NONE;
	if (expected || place == NULL)
		return;
	pool.metrics->worker_restarts++;
	/* What a worker does to itself when young, it would do again; KILL comes from outside, but for the kernel's when
	 * there is no memory to start with. */
	if (now - child->started_us < YOUNG_US &&
	    !(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && child->concluded))
		place->failures++;
	else
		place->failures = 0;
	if (place->failures > 0) {
		wait = (int64_t)BACKOFF_FIRST_US << (place->failures < 7 ? place->failures - 1 : 6);
		wait = wait > BACKOFF_MOST_US ? BACKOFF_MOST_US : wait;
	}
	place->start_us = now + wait;
}

void children_bury(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (int slot = 1; slot <= MAX_CHILDREN; slot++)
			if (pool.children[slot].kind != KIND_NONE && pool.children[slot].pid == pid) {
				bury_child(&pool.children[slot], status);
				break;
			}
}

static void log_hang(const struct child *child, enum log_level level, const char *event, const char *message)
{
	struct log_line *line = log_begin(level, event);

	log_number(line, "worker", child->number);
	log_number(line, "child", child->pid);
	log_string(line, "message", message);
	log_end(line);
}

/* Who hangs gets nothing more, and is killed if it goes on: what it holds is asked for again then, where that is safe. */
static void look_after(struct child *child, struct metrics_slot *slot)
{
	long looks = watchdog_look(&child->watchdog, slot), limit = pool.config->watchdog_s;

	if (looks > WATCHDOG_HANGS && looks >= limit) {
		if (child->given_up)
			return;
		child->given_up = true;
		log_hang(child, LOG_ERROR, "worker-killed", "a worker has hung for MYREST_WATCHDOG and is replaced");
		kill(child->pid, SIGKILL);
	} else if (looks >= WATCHDOG_HANGS && !slot->hangs) {
		slot->hangs = 1;
		pool.metrics->worker_hangs++;
		log_hang(child, LOG_WARNING, "worker-hangs", "a worker hangs");
	} else if (looks == 0 && slot->hangs) {
		slot->hangs = 0;
		log_hang(child, LOG_NOTICE, "worker-goes-on", "a worker that hung continues");
	}
}

void children_look_after(void)
{
	int64_t now = clock_now_us();

	if (now < pool.look_at_us)
		return;
	pool.look_at_us = now + WATCHDOG_LOOK_US;
	if (pool.config->watchdog_s == 0)
		return;
	for (int slot = 1; slot <= MAX_CHILDREN; slot++)
		if (pool.children[slot].kind == KIND_WORKER)
			look_after(&pool.children[slot], &pool.metrics->slots[slot]);
}

void children_signal(int number, bool retired_only)
{
	for (int slot = 1; slot <= MAX_CHILDREN; slot++) {
		const struct child *child = &pool.children[slot];

		if (child->kind != KIND_NONE && (!retired_only || child->retired))
			kill(child->pid, number);
	}
}

bool children_are_there(void)
{
	for (int slot = 1; slot <= MAX_CHILDREN; slot++)
		if (pool.children[slot].kind != KIND_NONE)
			return true;
	return false;
}

/* The admin process has the first place; the workers' are made anew by each configuration. */
void children_set_places(void)
{
	if (pool.place_count == 0)
		pool.places[pool.place_count++] =
		    (struct place){ .kind = KIND_ADMIN, .start_us = pool.admin_listener >= 0 };
	pool.place_count = 1;
	for (int i = 0; i < pool.config->workers; i++)
		pool.places[pool.place_count++] =
		    (struct place){ .kind = KIND_WORKER, .number = i + 1, .start_us = 1 };
	pool.metrics->workers = (int32_t)pool.config->workers;
}

/* Of the older generation, or of the newest one. */
int children_ready(bool retired)
{
	int ready = 0;

	for (int slot = 1; slot <= MAX_CHILDREN; slot++) {
		const struct child *child = &pool.children[slot];

		ready += child->kind == KIND_WORKER && child->retired == retired &&
		         pool.metrics->slots[slot].state == WORKER_READY;
	}
	return ready;
}

void children_start_due(void)
{
	for (int i = 0; i < pool.place_count; i++)
		if (pool.places[i].start_us != 0 && pool.places[i].start_us <= clock_now_us())
			start_child(&pool.places[i]);
}
