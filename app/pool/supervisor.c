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
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/process_title.h"
#include "build.h"
#include "database/database.h"
#include "pool/children.h"
#include "web/handover.h"
#include "worker/worker.h"

enum {
	RELOAD_WAIT_US = 5000000, /* how long new workers may take to be ready before the old ones are retired all the same */
	REFUSED_WAIT_US = 60000000, /* until a configuration that was refused is looked at again, for files that were replaced */
	KILL_AFTER_US = 2000000, /* beyond MYREST_DRAIN_TIMEOUT */
};

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

/* Before a third generation starts, one of the two goes at once: the older one, unless nobody but it has a database
 * connection. */
static void retire_one_generation(void)
{
	bool older = children_ready(false) > 0 || children_ready(true) == 0;

	for (int slot = 1; slot <= MAX_CHILDREN; slot++) {
		const struct child *child = &pool.children[slot];

		if (child->kind == KIND_WORKER && child->retired == older)
			kill(child->pid, WORKER_RETIRE);
	}
}

/* HUP: a new generation from the configuration as it is now; the old one is retired when the new one is ready. false: it
 * is refused, and all stays as it is. */
static bool reload_config(void)
{
	struct config *fresh = memory_alloc(sizeof(*fresh));
	char *faults = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&faults, &size);

	if (memory == NULL || config_load(fresh, memory) > 0) {
		if (memory != NULL)
			fclose(memory);
		log_event(LOG_ERROR, "reload-refused", "the workers are not renewed: %s", faults != NULL ? faults : "");
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
	children_set_places();
	pool.retire_at_us = clock_now_us() + RELOAD_WAIT_US;
	return true;
}

/* Workers that cannot see a file that has been replaced are renewed, when a renewal that is under way is over. */
static void renew_outdated(void)
{
	int64_t now = clock_now_us();

	if (pool.metrics->sandbox_outdated != pool.metrics->reloads + 1 || pool.retire_at_us != 0 || now < pool.renew_at_us)
		return;
	pool.renew_at_us = now + (reload_config() ? RELOAD_WAIT_US : REFUSED_WAIT_US);
}

static void drain_pool(void)
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
			drain_pool();
			break;
		case SIGHUP:
			if (!pool.draining)
				(void)reload_config();
			break;
		default: /* SIGCHLD: children_bury() follows */
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
	return "they are not ready yet";
}

/* The older generation goes when the new one answers, or when it would not answer either: a new password that is wrong
 * must not end workers that have a connection. */
static void retire_when_ready(void)
{
	int concluded = 0, ready = children_ready(false), old_ready = children_ready(true);
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
	children_signal(WORKER_RETIRE, true);
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

static void supervise_pool(void)
{
	do {
		if (!pool.draining)
			children_start_due();
		wait_for_events();
		children_bury();
		children_look_after();
		if (!pool.draining)
			renew_outdated();
		if (pool.retire_at_us != 0 && !pool.draining)
			retire_when_ready();
		if (pool.draining)
			release_admin();
		if (pool.draining && !pool.killed && clock_now_us() >= pool.drain_deadline_us) {
			log_event(LOG_ERROR, "stop", "workers are still running after the drain and are killed");
			children_signal(SIGKILL, false);
			pool.killed = true;
		}
	} while (!pool.draining || children_are_there());
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

int supervisor_run(struct config *config)
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
	children_set_places();
	process_title_set("supervisor", 0);
	log_event(LOG_NOTICE, "start", "MyREST " PACKAGE_VERSION " with %ld workers%s", config->workers,
	          pool.inherited ? " on the inherited socket" : "");
	config_warn_unknown();
	supervise_pool();
	if (pool.listener >= 0)
		close(pool.listener);
	log_event(LOG_NOTICE, "stopped", "all workers have ended");
	return 0;
}
