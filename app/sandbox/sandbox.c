/* SPDX-License-Identifier: MIT */
#include "sandbox/sandbox.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "build.h"

enum {
	LOOK_AGAIN_US = 5000000,
	LACKS_FILES = 1, /* bits of sandbox_lacks */
	LACKS_CALLS = 2,
	LACKS_CAPABILITIES = 4,
	LACKS_RIGHTS = 8,
};

#ifdef WITH_GCOV
static const bool is_of_use = false; /* the counters are files, written at the end */
#else
static const bool is_of_use = true;
#endif
static bool is_inside;
static uint64_t generation; /* of workers; an older one is about to be retired, and asks for nothing */

/* Without CAP_SETPCAP the bounding set stays; it gives nothing to a process that cannot gain privileges. A filter of system
 * calls (systemd's) may refuse capset to a process that has nothing to drop. */
static bool drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct held[_LINUX_CAPABILITY_U32S_3], none[_LINUX_CAPABILITY_U32S_3];

	memset(none, 0, sizeof(none));
	for (int capability = 0; prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0; capability++)
		;
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capget, &header, held) == 0 && memcmp(held, none, sizeof(none)) == 0)
		return true;
	return syscall(SYS_capset, &header, none) == 0;
}

/* Each process of the pool finds the same missing: the first one tells. */
static void tell(unsigned bit, const char *what)
{
	if (what != NULL && (metrics_page == NULL || !(atomic_fetch_or(&metrics_page->sandbox_lacks, bit) & bit)))
		log_event(LOG_WARNING, "sandbox", "%s (MYREST_SANDBOX)", what);
}

void sandbox_enter(const struct config *config, enum sandbox_for purpose)
{
	if (!is_of_use || !config->sandbox)
		return;
	is_inside = true;
	generation = metrics_page != NULL ? metrics_page->reloads : 0;
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	tell(LACKS_FILES, sandbox_files(config, purpose)); /* opens folders that only the capabilities may let it */
	tell(LACKS_CAPABILITIES, drop_capabilities() ? NULL : "the workers keep their capabilities");
	tell(LACKS_CALLS, sandbox_calls());
	if (purpose == SANDBOX_WORKER && sandbox_files_are_others(config))
		tell(LACKS_RIGHTS, "the workers cannot read a file of DATABASE_URL or DATABASE_URL_FILE without root's capabilities");
}

void sandbox_look(const struct config *config, bool at_once)
{
	static int64_t look_us;
	int64_t now = clock_now_us();

	if (!is_inside || (!at_once && now < look_us) || metrics_page->reloads != generation)
		return;
	look_us = now + LOOK_AGAIN_US;
	/* However many of them find it at about the same time, one tells. */
	if (sandbox_files_are_outdated(config) &&
	    atomic_exchange(&metrics_page->sandbox_outdated, generation + 1) != generation + 1)
		log_event(LOG_NOTICE, "sandbox", "a file that connecting needs has been replaced: the workers are renewed to read it");
}
