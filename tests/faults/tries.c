/* SPDX-License-Identifier: MIT */
#include "tries.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/log.h"

static char text[2][4096];

static const char *in(const char *folder, const char *name, int which)
{
	snprintf(text[which], sizeof(text[which]), "%s/%s", folder, name);
	return text[which];
}

static int outcome(long result)
{
	return result < 0 ? errno : 0;
}

static int opened(const char *path, int flags)
{
	int file = open(path, flags | O_CLOEXEC, 0600), error = outcome(file);

	if (file >= 0)
		close(file);
	return error;
}

/* --- Files --- */

static int read_passwd(const char *folder)
{
	(void)folder;
	return opened("/etc/passwd", O_RDONLY);
}

static int read_shadow(const char *folder)
{
	(void)folder;
	return opened("/etc/shadow", O_RDONLY);
}

static int read_file(const char *folder)
{
	return opened(in(folder, "there", 0), O_RDONLY);
}

static int read_folder(const char *folder)
{
	return opened(folder, O_RDONLY | O_DIRECTORY);
}

static int read_home(const char *folder)
{
	(void)folder;
	return opened("/", O_RDONLY | O_DIRECTORY);
}

static int read_environment(const char *folder)
{
	snprintf(text[0], sizeof(text[0]), "/proc/%d/environ", (int)getppid());
	(void)folder;
	return opened(text[0], O_RDONLY);
}

static int write_file(const char *folder)
{
	return opened(in(folder, "there", 0), O_WRONLY);
}

static int append_file(const char *folder)
{
	return opened(in(folder, "there", 0), O_RDWR | O_APPEND);
}

static int empty_file(const char *folder)
{
	return opened(in(folder, "there", 0), O_RDONLY | O_TRUNC);
}

static int truncate_file(const char *folder)
{
	return outcome(truncate(in(folder, "there", 0), 0));
}

static int create_file(const char *folder)
{
	return opened(in(folder, "new", 0), O_WRONLY | O_CREAT);
}

static int create_nameless(const char *folder)
{
	return opened(folder, O_WRONLY | O_TMPFILE);
}

static int create_shared_memory(const char *folder)
{
	int file = shm_open("/myrest-tries", O_RDWR | O_CREAT, 0600);

	(void)folder;
	if (file >= 0) {
		close(file);
		shm_unlink("/myrest-tries");
	}
	return outcome(file);
}

/* What is made is there once, so that a second worker can make it too. */
static int make_folder(const char *folder)
{
	int error = outcome(mkdir(in(folder, "folder", 0), 0700));

	rmdir(text[0]);
	return error;
}

static int make_pipe(const char *folder)
{
	int error = outcome(mkfifo(in(folder, "pipe", 0), 0600));

	unlink(text[0]);
	return error;
}

static int make_socket(const char *folder)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int socket_ = socket(AF_UNIX, SOCK_STREAM, 0), error;

	snprintf(name.sun_path, sizeof(name.sun_path), "%.100s/s", folder);
	error = outcome(bind(socket_, (struct sockaddr *)&name, sizeof(name)));
	close(socket_);
	unlink(name.sun_path);
	return error;
}

static int make_link(const char *folder)
{
	int error = outcome(link(in(folder, "there", 0), in(folder, "link", 1)));

	unlink(text[1]);
	return error;
}

static int make_symbolic_link(const char *folder)
{
	int error = outcome(symlink("there", in(folder, "symbolic", 1)));

	unlink(text[1]);
	return error;
}

static int rename_file(const char *folder)
{
	int error = outcome(rename(in(folder, "there", 0), in(folder, "renamed", 1)));

	(void)!rename(text[1], text[0]);
	return error;
}

static int remove_file(const char *folder)
{
	int error = outcome(unlink(in(folder, "removed", 0)));

	if (error == 0)
		close(open(text[0], O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	return error;
}

static int change_mode(const char *folder)
{
	return outcome(chmod(in(folder, "there", 0), 0600));
}

static int change_owner(const char *folder)
{
	return outcome(chown(in(folder, "there", 0), geteuid(), getegid()));
}

static int change_time(const char *folder)
{
	return outcome(utimensat(AT_FDCWD, in(folder, "there", 0), NULL, 0));
}

static int change_attribute(const char *folder)
{
	return outcome(setxattr(in(folder, "there", 0), "user.tries", "1", 1, 0));
}

/* --- Programs and processes --- */

/* What the system call says to a path that leads to no program is said after the permission. */
static int execute(const char *folder)
{
	char *arguments[] = { text[0], NULL }, *none[] = { NULL };
	pid_t child;
	int status;

	in(folder, "program", 0);
	if ((child = fork()) < 0) { /* at once then */
		execve(text[0], arguments, none);
		return errno;
	}
	if (child == 0) {
		execve(text[0], arguments, none);
		_exit(errno);
	}
	return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

static int execute_shell(const char *folder)
{
	int status = system("exit 0");

	(void)folder;
	return status == 0 ? 0 : EPERM;
}

static int execute_memory(const char *folder)
{
	int file = memfd_create("program", MFD_CLOEXEC), error;
	char *none[] = { NULL };

	(void)folder;
	(void)!write(file, "#!", 2); /* no program: ENOEXEC where it is allowed */
	error = outcome(syscall(SYS_execveat, file, "", none, none, AT_EMPTY_PATH));
	close(file);
	return error == ENOEXEC || error == ENOENT ? 0 : error;
}

static int spawn(const char *folder)
{
	char *arguments[] = { text[0], NULL };
	pid_t child;
	int error;

	in(folder, "program", 0);
	error = posix_spawn(&child, text[0], NULL, NULL, arguments, NULL);
	if (error == 0)
		(void)waitpid(child, NULL, 0);
	return error;
}

static int make_process(const char *folder)
{
	pid_t child = fork();

	(void)folder;
	if (child == 0)
		_exit(0);
	if (child > 0)
		(void)waitpid(child, NULL, 0);
	return outcome(child);
}

static int make_process_untold(const char *folder)
{
	long child = syscall(SYS_clone3, NULL, 0); /* EINVAL where it is allowed */

	(void)folder;
	return child < 0 && errno == EINVAL ? 0 : outcome(child);
}

static int trace_parent(const char *folder)
{
	int error = outcome(ptrace(PTRACE_SEIZE, getppid(), NULL, NULL));

	(void)folder;
	(void)ptrace(PTRACE_DETACH, getppid(), NULL, NULL);
	return error;
}

static int read_parent(const char *folder)
{
	struct iovec here = { text[0], 1 }, there = { text[1], 1 };

	(void)folder;
	return outcome(process_vm_readv(getppid(), &here, 1, &there, 1, 0));
}

static int signal_parent(const char *folder)
{
	(void)folder;
	return outcome(kill(getppid(), 0));
}

static int type_into_terminal(const char *folder)
{
	int error = outcome(ioctl(STDERR_FILENO, TIOCSTI, "x"));

	(void)folder;
	return error == ENOTTY ? 0 : error;
}

/* --- The kernel --- */

static int new_user_namespace(const char *folder)
{
	(void)folder;
	return outcome(syscall(SYS_unshare, CLONE_FILES)); /* which everybody may */
}

static int own_ring(const char *folder)
{
	long ring = syscall(SYS_io_uring_setup, 1, NULL); /* EFAULT where it is allowed */

	(void)folder;
	return ring < 0 && errno == EFAULT ? 0 : outcome(ring);
}

static int own_key(const char *folder)
{
	(void)folder;
	return outcome(syscall(SYS_keyctl, 0, -4, 0)); /* KEYCTL_GET_KEYRING_ID of one that everybody has */
}

static int become(const char *folder)
{
	(void)folder;
	return outcome(syscall(SYS_setuid, geteuid())); /* who one is, which everybody may */
}

static int serve_tcp(const char *folder)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int socket_ = socket(AF_INET, SOCK_STREAM, 0), error = outcome(bind(socket_, (struct sockaddr *)&name, sizeof(name)));

	(void)folder;
	if (error == 0)
		error = outcome(listen(socket_, 1));
	close(socket_);
	return error;
}

const struct try tries[] = {
	{ "read /etc/passwd", read_passwd },
	{ "read /etc/shadow", read_shadow },
	{ "read a file", read_file },
	{ "read a folder", read_folder },
	{ "read the root folder", read_home },
	{ "read the supervisor's environment", read_environment },
	{ "write a file", write_file },
	{ "append to a file", append_file },
	{ "empty a file", empty_file },
	{ "truncate a file", truncate_file },
	{ "create a file", create_file },
	{ "create a file without a name", create_nameless },
	{ "create shared memory", create_shared_memory },
	{ "make a folder", make_folder },
	{ "make a pipe", make_pipe },
	{ "make a socket", make_socket },
	{ "make a link", make_link },
	{ "make a symbolic link", make_symbolic_link },
	{ "rename a file", rename_file },
	{ "remove a file", remove_file },
	{ "change a mode", change_mode },
	{ "change an owner", change_owner },
	{ "change a time", change_time },
	{ "change an attribute", change_attribute },
	{ "execute a program", execute },
	{ "execute a shell", execute_shell },
	{ "execute what is in memory", execute_memory },
	{ "spawn a program", spawn },
	{ "make a process", make_process },
	{ "make a process by clone3", make_process_untold },
	{ "trace the supervisor", trace_parent },
	{ "read the supervisor's memory", read_parent },
	{ "signal the supervisor", signal_parent },
	{ "type into the terminal", type_into_terminal },
	{ "leave a namespace", new_user_namespace },
	{ "make a ring", own_ring },
	{ "use keys", own_key },
	{ "become a user", become },
	{ "serve TCP", serve_tcp },
};

const unsigned try_count = sizeof(tries) / sizeof(tries[0]);

void tries_log(void)
{
	const char *folder = getenv("TRIES_FOLDER");

	for (unsigned i = 0; folder != NULL && i < try_count; i++) {
		struct log_line *line = log_begin_always(LOG_WARNING, "tried");
		int error = tries[i].how(folder);

		log_string(line, "what", tries[i].name);
		log_string(line, "outcome", error == 0 ? "possible" : strerror(error));
		log_end(line);
	}
}
