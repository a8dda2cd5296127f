/* SPDX-License-Identifier: MIT */
#include "config/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/encoding.h"
#include "base/text.h"

enum {
	BACKLOG = 4096, /* net.core.somaxconn has the last word; a full backlog is a 502 at once in nginx */
	LOCK_TRIES = 200,
	LOCK_PAUSE_NS = 10000000,
};

static char made_path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
static ino_t made_inode;
static dev_t made_device;

static bool find_group(const char *name, gid_t *gid)
{
	const struct group *group = getgrnam(name);
	unsigned long number;
	char *end;

	number = group != NULL ? group->gr_gid : strtoul(name, &end, 10);
	*gid = (gid_t)number;
	/* The last number of the type means that the group is to stay as it is (chown(2)). */
	return group != NULL || (*name >= '0' && *name <= '9' && *end == '\0' && number < (gid_t)-1);
}

static const char *parse_unix_option(const char *option, struct arena *arena, struct listen_address *address)
{
	char *end;
	unsigned long mode;
	gid_t gid;

	if (strncmp(option, "mode=", 5) == 0) {
		mode = strtoul(option + 5, &end, 8);
		if (option[5] < '0' || option[5] > '7' || *end != '\0' || mode > 0777)
			return "the mode is not octal, such as 0660";
		address->mode = (mode_t)mode;
		return NULL;
	}
	if (strncmp(option, "group=", 6) == 0 && option[6] != '\0') {
		address->group = option + 6;
		return find_group(address->group, &gid) ? NULL : arena_printf(arena, "no such group: '%s'", option + 6);
	}
	return arena_printf(arena, "unknown option '%.40s' (known: mode, group)", option);
}

static const char *parse_unix(char *path, struct arena *arena, struct listen_address *address)
{
	char *options = strchr(path, '?'), *option;
	const char *fault;
	size_t length;

	if (options != NULL) {
		*options++ = '\0';
		while ((option = strsep(&options, "&")) != NULL)
			if ((fault = parse_unix_option(option, arena, address)) != NULL)
				return fault;
	}
	length = strlen(path);
	if (!encoding_decode_percent(path, &length) || memchr(path, '\0', length) != NULL)
		return "the path's percent-encoding is invalid";
	path[length] = '\0';
	if (path[0] != '/')
		return "the socket is not an absolute path";
	if (length >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return "the socket's path is longer than the 107 bytes that the system allows";
	address->path = path;
	return NULL;
}

const char *listen_parse(const char *text, struct arena *arena, struct listen_address *address)
{
	char *copy = arena_text(arena, text, strlen(text)), *colon, *end;
	unsigned long port;

	memset(address, 0, sizeof(*address));
	address->mode = 0660;
	if (strncmp(text, "unix:", 5) == 0)
		return parse_unix(copy + 5, arena, address);
	if (text[0] == '/')
		return parse_unix(copy, arena, address);
	if ((colon = strrchr(copy, ':')) == NULL)
		return "expected unix:/path, /path, host:port or [address]:port";
	*colon = '\0';
	port = strtoul(colon + 1, &end, 10);
	if (colon[1] < '0' || colon[1] > '9' || *end != '\0' || port < 1 || port > 65535)
		return "the port is not a number from 1 to 65535";
	address->port = colon + 1;
	address->host = copy;
	if (copy[0] == '[') {
		if (colon[-1] != ']' || colon - copy < 3)
			return "an IPv6 address is written [address]:port";
		colon[-1] = '\0';
		address->host = copy + 1;
	} else if (strchr(copy, ':') != NULL)
		return "an IPv6 address is written [address]:port";
	return NULL;
}

/* Is somebody answering on this path? A socket file without a listener refuses. */
static bool is_live(const struct sockaddr_un *name)
{
	int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool live = false;

	if (probe >= 0) {
		live = connect(probe, (const struct sockaddr *)name, sizeof(*name)) == 0 || errno != ECONNREFUSED;
		close(probe);
	}
	return live;
}

/* One pool at a time looks at a path, replaces what is stale there and listens: two that found it stale would take each
 * other's new socket away. The folder itself is locked, which leaves no file behind and needs no right but to read it.
 * Answers the lock, or -1 and errno; who has none must not replace anything. */
static int lock_folder(const char *path)
{
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE_NS };
	char folder[sizeof(((struct sockaddr_un *)NULL)->sun_path)], *slash;
	int lock, failed;

	strcpy(folder, path);
	slash = strrchr(folder, '/');
	slash[slash == folder] = '\0';
	lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int tries = 0; lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) < 0; tries++) {
		if ((errno != EWOULDBLOCK && errno != EINTR) || tries == LOCK_TRIES) {
			failed = errno;
			close(lock);
			errno = failed;
			return -1;
		}
		nanosleep(&pause, NULL);
	}
	return lock;
}

/* Makes room at the path, when nobody listens there. */
static const char *clear_path(const struct sockaddr_un *name, int lock, int lock_failed, struct arena *arena)
{
	struct stat status;

	if (lstat(name->sun_path, &status) < 0)
		return NULL;
	if (!S_ISSOCK(status.st_mode))
		return arena_printf(arena, "'%s' is in the way and is not a socket", name->sun_path);
	if (is_live(name))
		return arena_printf(arena, "another process listens on '%s'", name->sun_path);
	if (lock < 0)
		return arena_printf(arena, "nobody listens on '%s', but its folder cannot be locked to replace it: %s",
		                    name->sun_path, strerror(lock_failed));
	unlink(name->sun_path);
	return NULL;
}

static int bind_unix(const struct listen_address *address, gid_t gid, const struct sockaddr_un *name)
{
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), failed;
	struct stat status;
	mode_t mask;

	if (listener < 0)
		return -1;
	mask = umask(0777 & ~address->mode); /* so that it never has a wider mode, not even for a moment */
	failed = bind(listener, (const struct sockaddr *)name, sizeof(*name));
	umask(mask);
	if (failed < 0)
		goto fail;
	if ((gid != (gid_t)-1 && chown(address->path, (uid_t)-1, gid) < 0) || chmod(address->path, address->mode) < 0 ||
	    listen(listener, BACKLOG) < 0) {
		failed = errno;
		unlink(address->path);
		errno = failed;
		goto fail;
	}
	if (lstat(address->path, &status) == 0) {
		strcpy(made_path, address->path);
		made_inode = status.st_ino;
		made_device = status.st_dev;
	}
	return listener;
fail:
	failed = errno;
	close(listener);
	errno = failed;
	return -1;
}

static int open_unix(const struct listen_address *address, struct arena *arena, const char **fault)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	gid_t gid = (gid_t)-1;
	int listener = -1, lock, lock_failed;

	if (address->group != NULL && !find_group(address->group, &gid)) {
		*fault = arena_printf(arena, "no such group: '%s'", address->group);
		return -1;
	}
	strcpy(name.sun_path, address->path); /* listen_parse saw to the length */
	lock = lock_folder(address->path);
	lock_failed = errno;
	if ((*fault = clear_path(&name, lock, lock_failed, arena)) == NULL &&
	    (listener = bind_unix(address, gid, &name)) < 0)
		*fault = arena_printf(arena, "cannot listen on '%s': %s", address->path, strerror(errno));
	if (lock >= 0)
		close(lock);
	return listener;
}

static int open_tcp(const struct listen_address *address, struct arena *arena, const char **fault)
{
	struct addrinfo hints = { .ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM }, *found, *each;
	bool any = address->host[0] == '\0' || strcmp(address->host, "*") == 0;
	int error = getaddrinfo(any ? NULL : address->host, address->port, &hints, &found), listener = -1, on = 1;
	int failed = 0;

	if (error != 0) {
		*fault = arena_printf(arena, "cannot resolve '%s': %s", address->host, gai_strerror(error));
		return -1;
	}
	for (each = found; each != NULL && listener < 0; each = each->ai_next) {
		listener = socket(each->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (listener < 0) {
			failed = errno;
			continue;
		}
		setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)); /* not SO_REUSEPORT: that would steal */
		if (bind(listener, each->ai_addr, each->ai_addrlen) < 0 || listen(listener, BACKLOG) < 0) {
			failed = errno;
			close(listener);
			listener = -1;
		}
	}
	freeaddrinfo(found);
	if (listener < 0)
		*fault = arena_printf(arena, "cannot listen on '%s' port %s: %s", address->host, address->port,
		                      strerror(failed));
	return listener;
}

int listen_open(const struct listen_address *address, struct arena *arena, const char **fault)
{
	return address->path != NULL ? open_unix(address, arena, fault) : open_tcp(address, arena, fault);
}

static bool is_listening(int descriptor)
{
	int listening = 0;
	socklen_t size = sizeof(listening);

	return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening;
}

int listen_inherited(void)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	int listener = -1;

	if (count != NULL && strtol(count, NULL, 10) >= 1 && (pid == NULL || strtol(pid, NULL, 10) == getpid()) &&
	    is_listening(3))
		listener = 3;
	else if (is_listening(STDIN_FILENO))
		listener = STDIN_FILENO;
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (listener >= 0) {
		fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | O_NONBLOCK);
		fcntl(listener, F_SETFD, FD_CLOEXEC);
	}
	return listener;
}

bool listen_is_tcp(int listener)
{
	int domain = AF_UNIX;
	socklen_t length = sizeof(domain);

	return getsockopt(listener, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 && domain != AF_UNIX;
}

void listen_unlink(void)
{
	struct stat status;

	if (made_path[0] != '\0' && lstat(made_path, &status) == 0 && status.st_ino == made_inode &&
	    status.st_dev == made_device)
		unlink(made_path);
	made_path[0] = '\0';
}
