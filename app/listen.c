/* SPDX-License-Identifier: MIT */
#include "listen.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "text.h"

enum { BACKLOG = 4096 }; /* net.core.somaxconn has the last word; a full backlog is a 502 at once in nginx */

static char made_path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
static ino_t made_inode;
static dev_t made_device;

static bool find_group(const char *name, gid_t *gid)
{
	const struct group *group = getgrnam(name);
	char *end;

	*gid = group != NULL ? group->gr_gid : (gid_t)strtoul(name, &end, 10);
	return group != NULL || (*name >= '0' && *name <= '9' && *end == '\0');
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
	if (!text_percent_decode(path, &length, false) || memchr(path, '\0', length) != NULL)
		return "the path's percent-encoding is broken";
	path[length] = '\0';
	if (path[0] != '/')
		return "the socket is not an absolute path";
	if (length >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return "the socket's path is longer than the 107 bytes that the system takes";
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

static int open_unix(const struct listen_address *address, struct arena *arena, const char **fault)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	struct stat status;
	gid_t gid = (gid_t)-1;
	mode_t mask;
	int listener, failed;

	if (address->group != NULL && !find_group(address->group, &gid)) {
		*fault = arena_printf(arena, "no such group: '%s'", address->group);
		return -1;
	}
	strcpy(name.sun_path, address->path); /* listen_parse saw to the length */
	if (lstat(address->path, &status) == 0) {
		if (!S_ISSOCK(status.st_mode)) {
			*fault = arena_printf(arena, "'%s' is in the way and is not a socket", address->path);
			return -1;
		}
		if (is_live(&name)) {
			*fault = arena_printf(arena, "another process listens on '%s'", address->path);
			return -1;
		}
		unlink(address->path);
	}
	if ((listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0)
		goto fail;
	mask = umask(0777 & ~address->mode); /* so that it never has a wider mode, not even for a moment */
	failed = bind(listener, (struct sockaddr *)&name, sizeof(name));
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
	*fault = arena_printf(arena, "cannot listen on '%s': %s", address->path, strerror(errno));
	if (listener >= 0)
		close(listener);
	return -1;
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

void listen_unlink(void)
{
	struct stat status;

	if (made_path[0] != '\0' && lstat(made_path, &status) == 0 && status.st_ino == made_inode &&
	    status.st_dev == made_device)
		unlink(made_path);
	made_path[0] = '\0';
}
