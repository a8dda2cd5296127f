/* SPDX-License-Identifier: MIT */
#include "sandbox/sandbox.h"

#include "build.h"

#ifdef HAVE_SECCOMP

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The argument of clone(2) that has the flags. */
#if defined(__s390x__) || defined(__s390__)
enum { CLONE_FLAGS = 1 };
#else
enum { CLONE_FLAGS = 0 };
#endif

/* What a worker never does. All else is let through: what a C library, OpenSSL or a plugin of the database's client calls
 * changes with each release, and a list of what is allowed would end workers for it. Names that this system does not have
 * are passed over. */
static const char *const refused[] = {
	/* other programs, and other processes */
	"execve", "execveat", "fork", "vfork", "setns", "unshare", "process_vm_readv", "process_vm_writev", "process_madvise",
	"pidfd_getfd", "pidfd_send_signal", "kcmp", "personality", "modify_ldt", "uselib",
	/* what is on a disk: beside what Landlock governs, modes, owners and times; and all of it where there is no Landlock */
	"chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "chown32", "fchown", "fchown32", "fchownat", "lchown", "lchown32",
	"utime", "utimes", "futimesat", "utimensat", "utimensat_time64", "setxattr", "lsetxattr", "fsetxattr", "setxattrat",
	"removexattr", "lremovexattr", "fremovexattr", "removexattrat", "file_setattr", "creat", "truncate", "truncate64", "link",
	"linkat", "symlink", "symlinkat", "rename", "renameat", "renameat2", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir",
	"mknod", "mknodat", "name_to_handle_at", "open_by_handle_at", "fanotify_init", "quotactl", "quotactl_fd", "acct",
	/* serving others: the sockets are there */
	"listen",
	/* file systems */
	"mount", "umount", "umount2", "pivot_root", "chroot", "open_tree", "open_tree_attr", "move_mount", "fsopen", "fsconfig",
	"fsmount", "fspick", "mount_setattr", "statmount", "listmount", "swapon", "swapoff",
	/* users */
	"setuid", "setuid32", "setgid", "setgid32", "setreuid", "setreuid32", "setregid", "setregid32", "setresuid",
	"setresuid32", "setresgid", "setresgid32", "setfsuid", "setfsuid32", "setfsgid", "setfsgid32", "setgroups", "setgroups32",
	/* the kernel's larger and younger doors */
	"bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "keyctl", "add_key",
	"request_key", "lookup_dcookie", "vmsplice", "nfsservctl", "_sysctl", "syslog", "kexec_load", "kexec_file_load",
	"init_module", "finit_module", "delete_module", "ioperm", "iopl", "vhangup", "reboot", "sethostname", "setdomainname",
	"settimeofday", "stime", "clock_settime", "clock_settime64", "clock_adjtime", "clock_adjtime64", "adjtimex",
	"move_pages", "migrate_pages", "mbind", "set_mempolicy",
#ifndef SANDBOX_WITH_SANITIZER
	"ptrace",
#ifdef __GLIBC__ /* which signals its own threads by tgkill; musl does by this */
	"tkill",
#endif
#endif
};

static int refuse(scmp_filter_ctx filter, int error, const char *name)
{
	int number = seccomp_syscall_resolve_name(name);

	return number == __NR_SCMP_ERROR ? 0 : seccomp_rule_add(filter, SCMP_ACT_ERRNO(error), number, 0);
}

struct condition {
	int call;
	struct scmp_arg_cmp argument;
};

/* Files are opened for reading alone, which Landlock says as well, but for emptying one on kernels before 6.2. A terminal
 * is not typed into, for the shell on it. */
static const struct condition refused_if[] = {
#define OPENS(mask, flags) \
	{ SCMP_SYS(open), { 1, SCMP_CMP_MASKED_EQ, (mask), (flags) } }, \
	{ SCMP_SYS(openat), { 2, SCMP_CMP_MASKED_EQ, (mask), (flags) } }
	OPENS(O_ACCMODE, O_WRONLY),
	OPENS(O_ACCMODE, O_RDWR),
	OPENS(O_CREAT, O_CREAT),
	OPENS(O_TRUNC, O_TRUNC),
#undef OPENS
	{ SCMP_SYS(ioctl), { 1, SCMP_CMP_MASKED_EQ, UINT32_MAX, TIOCSTI } },
	{ SCMP_SYS(ioctl), { 1, SCMP_CMP_MASKED_EQ, UINT32_MAX, TIOCLINUX } },
	/* Limits are one's own. */
	{ SCMP_SYS(prlimit64), { 0, SCMP_CMP_NE, 0, 0 } },
#ifndef SANDBOX_WITH_SANITIZER
	/* Threads only. */
	{ SCMP_SYS(clone), { CLONE_FLAGS, SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0 } },
#endif
};

static int add_conditions(scmp_filter_ctx filter)
{
	int fault = 0;

	for (size_t i = 0; fault == 0 && i < sizeof(refused_if) / sizeof(refused_if[0]); i++)
		fault = seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EPERM), refused_if[i].call, 1, &refused_if[i].argument);
	return fault;
}

static int add_rules(scmp_filter_ctx filter)
{
#ifndef SANDBOX_WITH_SANITIZER
	static const int signals[] = { SCMP_SYS(kill), SCMP_SYS(tgkill), SCMP_SYS(rt_sigqueueinfo),
		                       SCMP_SYS(rt_tgsigqueueinfo) };
	struct scmp_arg_cmp is_another = { 0, SCMP_CMP_NE, (scmp_datum_t)getpid(), 0 };
#endif
	int fault = 0;

	for (size_t i = 0; fault == 0 && i < sizeof(refused) / sizeof(refused[0]); i++)
		fault = refuse(filter, EPERM, refused[i]);
#ifndef SANDBOX_WITH_SANITIZER
	/* What these are asked for is in memory, where a filter cannot look: libraries take clone and openat instead. */
	if (fault == 0)
		fault = refuse(filter, ENOSYS, "clone3");
	/* To no other process: not to the supervisor. */
	for (size_t i = 0; fault == 0 && i < sizeof(signals) / sizeof(signals[0]); i++)
		fault = seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EPERM), signals[i], 1, &is_another);
#endif
	if (fault == 0)
		fault = refuse(filter, ENOSYS, "openat2");
	return fault == 0 ? add_conditions(filter) : fault;
}

const char *sandbox_calls(void)
{
	static char what[128];
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int fault = filter != NULL ? 0 : -ENOMEM;

	if (fault == 0) {
		(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a tree: less to go through in each call */
		/* Older kernels slow a filtered process down, in case that it runs others' code, as a browser does. */
		(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
		fault = add_rules(filter);
	}
	if (fault == 0)
		fault = seccomp_load(filter);
	seccomp_release(filter);
	if (fault == 0)
		return NULL;
	snprintf(what, sizeof(what), "the system calls of the workers are not limited: seccomp is not available: %s", strerror(-fault));
	return what;
}

#else

const char *sandbox_calls(void)
{
	return "the system calls of the workers are not limited: this build has no seccomp";
}

#endif
