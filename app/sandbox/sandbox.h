/* SPDX-License-Identifier: MIT
 *
 * sandbox.h: what the processes that serve give up before they meet a client, so that one that has been taken over can do
 * little: no new privileges, no capabilities, no file but those that connecting to the database reads (Landlock), no program
 * and no process (seccomp). MYREST_SANDBOX=off leaves all of it out. What the kernel, or the container, does not know is
 * left out as well and told once per pool.
 */
#ifndef MYREST_SANDBOX_H
#define MYREST_SANDBOX_H

#include <stdbool.h>

#include "config/config.h"

/* AddressSanitizer looks for leaks at the end, from a process that traces this one, and reads /proc and the program's own
 * file to tell where they are: such a build may. */
#if defined(__SANITIZE_ADDRESS__)
#define SANDBOX_WITH_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANDBOX_WITH_SANITIZER 1
#endif
#endif

enum sandbox_for {
	SANDBOX_WORKER, /* may read what connecting reads */
	SANDBOX_ADMIN,  /* may open nothing */
};

/* Called once by a child of the pool, before it has a thread. What it has open stays open; nothing of this can be undone. */
void sandbox_enter(const struct config *, enum sandbox_for);

/* Asks the supervisor for a renewal of the workers (metrics.h, sandbox_outdated) where a file that connecting reads has been
 * put in another's place, outside of the folders that may be read: the sandbox refuses it, and does not to a successor.
 * Looks at most every few seconds, unless at_once: before connecting. */
void sandbox_look(const struct config *, bool at_once);

/* --- The parts --- */

/* NULL, or what the kernel lacks, for people (static memory). */
const char *sandbox_files(const struct config *, enum sandbox_for);
const char *sandbox_calls(void);

/* Whether permissions keep one of the files that the configuration names from being read: then it was root's capabilities
 * that the supervisor has read it by. */
bool sandbox_files_are_others(const struct config *);

/* Whether the sandbox, and not the permissions, keeps a file from being read. */
bool sandbox_refuses(const char *path);
/* Whether that is so of a file that connecting reads, and was not so from the start. */
bool sandbox_files_are_outdated(const struct config *);

#endif
