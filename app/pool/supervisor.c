/* SPDX-License-Identifier: MIT */
#include "pool/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/process_title.h"
#include "build.h"
#include "database/database.h"
#include "pool/admin.h"
#include "pool/watchdog.h"
#include "web/handover.h"
#include "worker/worker.h"

enum {
	MAX_CHILDREN = METRICS_SLOTS - 1, /* slot 0 is the supervisor's */
	YOUNG_US = 1000000, /* dying before that age by its own fault is not to be repeated at full speed */
	BACKOFF_FIRST_US = 100000,
	BACKOFF_MOST_US = 5000000,
	RELOAD_WAIT_US = 5000000, /* how long new workers may take to be ready before the old ones are retired all the same */
	REFUSED_WAIT_US = 60000000, /* a configuration that was refused is looked at again after that, for files that were replaced */
	KILL_AFTER_US = 2000000, /* beyond MYREST_DRAIN_TIMEOUT */
};

enum kind { KIND_NONE, KIND_WORKER, KIND_ADMIN };

/* A child, and the metrics slot of the same number. */
struct child {
	enum kind kind;
	pid_t pid;
	int number;     /* of the worker, from 1 */
	bool retired;   /* of an older generation: it is leaving and nobody follows it */
	bool concluded; /* its first attempt at the database is over, well or not */
	int notify;     /* the pipe that tells so; -1: closed */
	int64_t started_us;
	struct watchdog watchdog;
	bool given_up;  /* by the watchdog, which has killed it */
};

/* A place that wants a child. */
struct place {
	enum kind kind;
	int number;
	unsigned failures; /* young deaths in a row */
	int64_t start_us;  /* when to start its next child; 0: it has one */
};

static struct pool {
	struct config *config;
	struct metrics *metrics;
	struct handover handover;
	int listener, admin_listener, signals;
	bool inherited;
	struct child children[MAX_CHILDREN + 1]; /* by slot */
	struct place places[257];
	int place_count;
	bool draining;
	int64_t drain_deadline_us;
	int64_t retire_at_us; /* when the older generation is retired at the latest; 0: there is none to retire */
	bool killed, said_ready;
	int64_t look_at_us; /* when the workers are looked at next */
	int64_t renew_at_us; /* before that they are not renewed for files that were replaced */
} pool;

static void block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, WORKER_RETIRE);
	sigprocmask(SIG_BLOCK, &set, NULL);
	pool.signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	signal(SIGPIPE, SIG_IGN);
}

static int free_slot(void)
{
	for (int slot = 1; slot <= MAX_CHILDREN; slot++)
		if (pool.children[slot].kind == KIND_NONE)
			return slot;
	return -1;
}

/* What a child does with its life; does not return. */
static void live(struct child *child, int notify, pid_t parent)
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
		title_set("admin", 0);
		close(pool.listener);
		status = admin_run(pool.config, pool.admin_listener, pool.metrics);
	} else {
		title_set("worker", child->number);
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
		live(child, ends[1], parent);
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

static void buried(struct child *child, int status)
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

static void bury(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (int slot = 1; slot <= MAX_CHILDREN; slot++)
			if (pool.children[slot].kind != KIND_NONE && pool.children[slot].pid == pid) {
				buried(&pool.children[slot], status);
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
		log_hang(child, LOG_ERROR, "worker-killed", "a worker hangs for MYREST_WATCHDOG: it is replaced");
		kill(child->pid, SIGKILL);
	} else if (looks >= WATCHDOG_HANGS && !slot->hangs) {
		slot->hangs = 1;
		pool.metrics->worker_hangs++;
		log_hang(child, LOG_WARNING, "worker-hangs", "a worker does not go on");
	} else if (looks == 0 && slot->hangs) {
		slot->hangs = 0;
		log_hang(child, LOG_NOTICE, "worker-goes-on", "a worker goes on that hung");
	}
}

static void look_after_workers(void)
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

static void signal_children(int number, bool retired_only)
{
	for (int slot = 1; slot <= MAX_CHILDREN; slot++) {
		const struct child *child = &pool.children[slot];

		if (child->kind != KIND_NONE && (!retired_only || child->retired))
			kill(child->pid, number);
	}
}

static bool any_child(void)
{
	for (int slot = 1; slot <= MAX_CHILDREN; slot++)
		if (pool.children[slot].kind != KIND_NONE)
			return true;
	return false;
}

/* The admin process has the first place; the workers' are made anew by each configuration. */
static void set_places(void)
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
static int ready_workers(bool retired)
{
	int ready = 0;

	for (int slot = 1; slot <= MAX_CHILDREN; slot++) {
		const struct child *child = &pool.children[slot];

		ready += child->kind == KIND_WORKER && child->retired == retired &&
		         pool.metrics->slots[slot].state == WORKER_READY;
	}
	return ready;
}

/* Before a third generation starts, one of the two goes at once: the older one, unless nobody but it has a database
 * connection. */
static void retire_one_generation(void)
{
	bool older = ready_workers(false) > 0 || ready_workers(true) == 0;

	for (int slot = 1; slot <= MAX_CHILDREN; slot++) {
		const struct child *child = &pool.children[slot];

		if (child->kind == KIND_WORKER && child->retired == older)
			kill(child->pid, WORKER_RETIRE);
	}
}

/* HUP: a new generation from the configuration as it is now; the old one is retired when the new one is ready. false: it
 * is refused, and all stays as it is. */
static bool reload(void)
{
	struct config *fresh = memory_alloc(sizeof(*fresh));
	char *faults = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&faults, &size);

	if (memory == NULL || config_load(fresh, memory) > 0) {
		if (memory != NULL)
			fclose(memory);
		log_event(LOG_ERROR, "reload-refused", "the workers stay as they are: %s", faults != NULL ? faults : "");
		config_release(fresh);
		free(fresh);
		free(faults);
		return false;
	}
	fclose(memory);
	free(faults);
	log_event(LOG_NOTICE, "reload", "renewing %ld workers", fresh->workers);
	pool.metrics->reloads++;
	if (pool.retire_at_us != 0)
		retire_one_generation();
	for (int slot = 1; slot <= MAX_CHILDREN; slot++)
		if (pool.children[slot].kind == KIND_WORKER)
			pool.children[slot].retired = true;
	config_release(pool.config);
	*pool.config = *fresh;
	free(fresh);
	database_start(pool.config); /* it may be another database than before */
	log_set_level(pool.config->log_level);
	set_places();
	pool.retire_at_us = clock_now_us() + RELOAD_WAIT_US;
	return true;
}

/* Workers that cannot see a file that has been replaced are renewed, when a renewal that is under way is over. */
static void renew_outdated(void)
{
	int64_t now = clock_now_us();

	if (pool.metrics->sandbox_outdated != pool.metrics->reloads + 1 || pool.retire_at_us != 0 || now < pool.renew_at_us)
		return;
	pool.renew_at_us = now + (reload() ? RELOAD_WAIT_US : REFUSED_WAIT_US);
}

static void drain(void)
{
	if (pool.draining) /* platforms say TERM more than once */
		return;
	log_event(LOG_NOTICE, "stop", "draining for at most %ld s", pool.config->drain_timeout_s);
	pool.draining = true;
	pool.metrics->draining = 1;
	pool.drain_deadline_us = clock_now_us() + pool.config->drain_timeout_s * 1000000 + KILL_AFTER_US;
	if (!pool.inherited)
		listen_unlink(); /* so that nobody comes any more while the workers empty the backlog */
	for (int slot = 1; slot <= MAX_CHILDREN; slot++)
		if (pool.children[slot].kind == KIND_WORKER)
			kill(pool.children[slot].pid, SIGTERM);
	close(pool.listener);
	pool.listener = -1;
}

static void take_signals(void)
{
	struct signalfd_siginfo signal;

	while (read(pool.signals, &signal, sizeof(signal)) == (ssize_t)sizeof(signal)) {
		switch (signal.ssi_signo) {
		case SIGTERM:
		case SIGINT:
		case SIGQUIT:
			drain();
			break;
		case SIGHUP:
			if (!pool.draining)
				(void)reload();
			break;
		default: /* SIGCHLD: bury() follows */
			break;
		}
	}
}

/* Why one of the newest generation is not ready. */
static const char *reason_of_new(void)
{
	for (int slot = 1; slot <= MAX_CHILDREN; slot++) {
		const struct child *child = &pool.children[slot];

		if (child->kind == KIND_WORKER && !child->retired && pool.metrics->slots[slot].state == WORKER_AWAY &&
		    pool.metrics->slots[slot].reason[0] != '\0')
			return pool.metrics->slots[slot].reason;
	}
	return "they have not come so far";
}

/* The older generation goes when the new one answers, or when it would not answer either: a new password that is wrong
 * must not end workers that have a connection. */
static void retire_when_ready(void)
{
	int concluded = 0, ready = ready_workers(false), old_ready = ready_workers(true);
	int wanted = (int)pool.config->workers;
	bool late = clock_now_us() >= pool.retire_at_us;

	for (int slot = 1; slot <= MAX_CHILDREN; slot++) {
		const struct child *child = &pool.children[slot];

		concluded += child->kind == KIND_WORKER && !child->retired && child->concluded;
	}
	if (ready < wanted && !(concluded == wanted && old_ready == 0) && !(late && (ready > 0 || old_ready == 0))) {
		if (late) {
			log_event(LOG_ERROR, "reload-waits", "the new workers are not ready, the old ones stay: %s", reason_of_new());
			pool.retire_at_us = clock_now_us() + RELOAD_WAIT_US;
		}
		return;
	}
	pool.retire_at_us = 0;
	signal_children(WORKER_RETIRE, true);
}

/* The admin process answers probes until the last worker has left. */
static void release_admin(void)
{
	for (int slot = 1; slot <= MAX_CHILDREN; slot++)
		if (pool.children[slot].kind == KIND_WORKER)
			return;
	for (int slot = 1; slot <= MAX_CHILDREN; slot++)
		if (pool.children[slot].kind == KIND_ADMIN)
			kill(pool.children[slot].pid, SIGTERM);
}

static int wait_ms(void)
{
	int64_t now = clock_now_us(), deadline = 0;

	if (pool.draining)
		deadline = pool.drain_deadline_us;
	else {
		deadline = pool.retire_at_us;
		for (int i = 0; i < pool.place_count; i++)
			if (pool.places[i].start_us != 0 && (deadline == 0 || pool.places[i].start_us < deadline))
				deadline = pool.places[i].start_us;
	}
	if (pool.config->watchdog_s != 0 || pool.config->sandbox)
		deadline = clock_earlier(deadline, pool.look_at_us > now ? pool.look_at_us : now + WATCHDOG_LOOK_US);
	if (deadline == 0)
		return -1;
	return deadline <= now ? (pool.killed ? 1000 : 0) : (int)((deadline - now) / 1000 + 1);
}

/* Once, when every worker of the first generation has its database connection. */
static void say_ready(void)
{
	if (pool.said_ready || metrics_ready(pool.metrics, NULL) < pool.config->workers)
		return;
	pool.said_ready = true;
	log_event(LOG_NOTICE, "ready", "%ld workers are ready", pool.config->workers);
}

static void wait_for_events(void)
{
	struct pollfd watched[MAX_CHILDREN + 2];
	int slots[MAX_CHILDREN + 2], count = 0;
	char byte;

	watched[count++] = (struct pollfd){ pool.signals, POLLIN, 0 };
	for (int slot = 1; slot <= MAX_CHILDREN; slot++)
		if (pool.children[slot].kind != KIND_NONE && pool.children[slot].notify >= 0) {
			slots[count] = slot;
			watched[count++] = (struct pollfd){ pool.children[slot].notify, POLLIN, 0 };
		}
	if (poll(watched, (nfds_t)count, wait_ms()) <= 0)
		return;
	for (int i = 1; i < count; i++)
		if (watched[i].revents != 0) {
			struct child *child = &pool.children[slots[i]];

			child->concluded = read(child->notify, &byte, 1) == 1;
			close(child->notify);
			child->notify = -1;
		}
	say_ready();
	take_signals();
}

static void start_what_is_due(void)
{
	for (int i = 0; i < pool.place_count; i++)
		if (pool.places[i].start_us != 0 && pool.places[i].start_us <= clock_now_us())
			start_child(&pool.places[i]);
}

static void supervise(void)
{
	do {
		if (!pool.draining)
			start_what_is_due();
		wait_for_events();
		bury();
		look_after_workers();
		if (!pool.draining)
			renew_outdated();
		if (pool.retire_at_us != 0 && !pool.draining)
			retire_when_ready();
		if (pool.draining)
			release_admin();
		if (pool.draining && !pool.killed && clock_now_us() >= pool.drain_deadline_us) {
			log_event(LOG_ERROR, "stop", "workers are still there after the drain: killing them");
			signal_children(SIGKILL, false);
			pool.killed = true;
		}
	} while (!pool.draining || any_child());
}

static bool open_listeners(void)
{
	const char *fault;

	pool.listener = listen_inherited();
	pool.inherited = pool.listener >= 0;
	pool.admin_listener = -1;
	if (!pool.inherited && (pool.listener = listen_open(&pool.config->listen, &pool.config->arena, &fault)) < 0) {
		log_event(LOG_ERROR, "listen", "MYREST_LISTEN: %s", fault);
		return false;
	}
	if (pool.config->has_admin &&
	    (pool.admin_listener = listen_open(&pool.config->admin, &pool.config->arena, &fault)) < 0) {
		log_event(LOG_ERROR, "listen", "MYREST_ADMIN_LISTEN: %s", fault);
		if (!pool.inherited)
			listen_unlink();
		return false;
	}
	return true;
}

int pool_run(struct config *config)
{
	pool.config = config;
	if ((pool.metrics = metrics_open()) == NULL || handover_open(&pool.handover) < 0) {
		log_event(LOG_ERROR, "start", "cannot start: %s", strerror(errno));
		return EX_OSERR;
	}
	block_signals();
	if (!open_listeners())
		return EX_UNAVAILABLE;
	database_start(config);
	set_places();
	title_set("supervisor", 0);
	log_event(LOG_NOTICE, "start", "MyREST " PACKAGE_VERSION " with %ld workers%s", config->workers,
	          pool.inherited ? " on the socket it was given" : "");
	config_warn_unknown();
	supervise();
	if (pool.listener >= 0)
		close(pool.listener);
	log_event(LOG_NOTICE, "stopped", "all workers have left");
	return 0;
}
