/* SPDX-License-Identifier: MIT
 *
 * children.h: the supervisor's processes: started, watched, buried, followed by others. And what it knows of them, which
 * supervisor.c shares; there is one supervisor in a process.
 */
#ifndef MYREST_CHILDREN_H
#define MYREST_CHILDREN_H

#include <sys/types.h>

#include "base/metrics.h"
#include "config/config.h"
#include "pool/watchdog.h"
#include "web/handover.h"

enum { MAX_CHILDREN = METRICS_SLOTS - 1 }; /* slot 0 is the supervisor's */

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

struct pool {
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
};

extern struct pool pool; /* children.c */

/* The admin process has the first place; the workers' are made anew by each configuration. */
void children_set_places(void);
/* Starts a child in each place whose time has come. */
void children_start_due(void);
/* Those that have ended. */
void children_bury(void);
/* Whether the workers go on, once a second (watchdog.h). */
void children_look_after(void);
void children_signal(int number, bool retired_only);
bool children_are_there(void);
/* How many workers are ready, of the older generation or of the newest one. */
int children_ready(bool retired);

#endif
