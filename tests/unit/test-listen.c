/* SPDX-License-Identifier: MIT */
#include "config/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

static char folder[] = "/tmp/myrest-unit-XXXXXX";
static char path[sizeof(folder) + 10];

static int make_folder(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	sprintf(path, "%s/a.sock", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void addresses_are_read(void **state)
{
	static const struct {
		const char *text, *path, *host, *port, *group;
		mode_t mode;
	} cases[] = {
		{ "unix:/run/a.sock", "/run/a.sock", NULL, NULL, NULL, 0660 },
		{ "unix:/run/a.sock?mode=0600", "/run/a.sock", NULL, NULL, NULL, 0600 },
		{ "unix:/run/a.sock?mode=777&group=www-data", "/run/a.sock", NULL, NULL, "www-data", 0777 },
		{ "unix:/run/a.sock?group=33&mode=0", "/run/a.sock", NULL, NULL, "33", 0 },
		{ "/run/a.sock", "/run/a.sock", NULL, NULL, NULL, 0660 },
		{ "/run/a%20b%3fc", "/run/a b?c", NULL, NULL, NULL, 0660 },
		{ "/run/a:9000", "/run/a:9000", NULL, NULL, NULL, 0660 },
		{ "127.0.0.1:9000", NULL, "127.0.0.1", "9000", NULL, 0660 },
		{ "localhost:1", NULL, "localhost", "1", NULL, 0660 },
		{ ":65535", NULL, "", "65535", NULL, 0660 },
		{ "*:9000", NULL, "*", "9000", NULL, 0660 },
		{ "[::1]:9000", NULL, "::1", "9000", NULL, 0660 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		struct arena arena = { 0 };
		struct listen_address address;
		const char *fault = listen_parse(cases[i].text, &arena, &address);

		if (fault != NULL)
			fail_msg("%s: %s", cases[i].text, fault);
		assert_says(address.path, cases[i].path != NULL ? cases[i].path : "(NULL)");
		assert_says(address.host, cases[i].host != NULL ? cases[i].host : "(NULL)");
		assert_says(address.port, cases[i].port != NULL ? cases[i].port : "(NULL)");
		assert_says(address.group, cases[i].group != NULL ? cases[i].group : "(NULL)");
		assert_int_equal(address.mode, cases[i].mode);
		arena_release(&arena);
	}
}

static void faults_say_what_is_wrong(void **state)
{
	static const struct {
		const char *text, *word;
	} cases[] = {
		{ "", "expected" },
		{ "localhost", "expected" },
		{ "unix:", "absolute" },
		{ "unix:a.sock", "absolute" },
		{ "unix:/a?mode=", "octal" },
		{ "unix:/a?mode=-1", "octal" },
		{ "unix:/a?mode=888", "octal" },
		{ "unix:/a?mode=01000", "octal" },
		{ "unix:/a?mode=0660x", "octal" },
		{ "unix:/a?group=", "unknown option" },
		{ "unix:/a?owner=me", "owner=me" },
		{ "unix:/a?", "unknown option" },
		{ "unix:/a%2", "percent" },
		{ "unix:/a%00b", "percent" },
		{ "host:", "port" },
		{ "host:0", "port" },
		{ "host:65536", "port" },
		{ "host:99999999999999999999", "port" },
		{ "host:80x", "port" },
		{ "host:+80", "port" },
		{ "host: 80", "port" },
		{ "::1:9000", "[address]:port" },
		{ "[::1:9000", "[address]:port" },
		{ "[]:9000", "[address]:port" },
	};
	struct arena arena = { 0 };
	struct listen_address address;
	char longest[120] = "unix:/";
	const char *fault;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		fault = listen_parse(cases[i].text, &arena, &address);
		if (fault == NULL || strstr(fault, cases[i].word) == NULL)
			fail_msg("%s: %s", cases[i].text, fault != NULL ? fault : "taken");
	}
	memset(longest + 6, 'a', 106);
	assert_null(listen_parse(longest, &arena, &address)); /* 107 bytes, and the NUL */
	longest[6 + 106] = 'a';
	fault = listen_parse(longest, &arena, &address);
	assert_non_null(fault);
	assert_non_null(strstr(fault, "107"));
	arena_release(&arena);
}

static int open_path(const char *options, const char **fault, struct listen_address *address, struct arena *arena)
{
	*fault = listen_parse(arena_printf(arena, "unix:%s%s", path, options), arena, address);
	assert_null(*fault);
	return listen_open(address, arena, fault);
}

static int connect_to(const char *where)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int socket_ = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(name.sun_path, where);
	if (connect(socket_, (struct sockaddr *)&name, sizeof(name)) == 0)
		return socket_;
	close(socket_);
	return -1;
}

static void a_unix_socket_has_its_mode_whatever_the_umask(void **state)
{
	static const mode_t modes[] = { 0660, 0600, 0666, 0777, 0 };
	mode_t before = umask(0);
	struct arena arena = { 0 };
	struct listen_address address;
	struct stat status;
	const char *fault;
	char options[20];

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(modes) * 2; i++) {
		mode_t mask = i % 2 == 0 ? 0 : 0777;
		int listener;

		umask(mask);
		sprintf(options, "?mode=%o", (unsigned)modes[i / 2]);
		listener = open_path(options, &fault, &address, &arena);
		assert_int_equal(umask(0), mask); /* it is put back */
		assert_true(listener >= 0);
		assert_int_equal(stat(path, &status), 0);
		assert_int_equal(status.st_mode, S_IFSOCK | modes[i / 2]);
		assert_true(fcntl(listener, F_GETFL) & O_NONBLOCK);
		assert_true(fcntl(listener, F_GETFD) & FD_CLOEXEC);
		close(listener);
		listen_unlink();
		assert_int_equal(access(path, F_OK), -1);
	}
	umask(before);
	arena_release(&arena);
}

static void the_group_is_set_or_told_to_be_unknown(void **state)
{
	struct arena arena = { 0 };
	struct listen_address address;
	struct stat status;
	const char *fault;
	char options[40];
	int listener;

	(void)state;
	assert_non_null(listen_parse("unix:/tmp/x?group=4294967296", &arena, &address)); /* it is not cut down to root's */
	assert_non_null(listen_parse("unix:/tmp/x?group=4294967295", &arena, &address)); /* nor means none */
	fault = listen_parse("unix:/tmp/x?group=no-such-group-here", &arena, &address);
	assert_non_null(fault);
	assert_non_null(strstr(fault, "no-such-group-here"));
	address.path = path;
	address.group = "no-such-group-here"; /* which may have gone since */
	assert_int_equal(listen_open(&address, &arena, &fault), -1);
	assert_non_null(strstr(fault, "no-such-group-here"));
	assert_int_equal(access(path, F_OK), -1);
	sprintf(options, "?group=%u", (unsigned)getgid());
	listener = open_path(options, &fault, &address, &arena);
	assert_true(listener >= 0);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_gid, getgid());
	close(listener);
	listen_unlink();
	arena_release(&arena);
}

static void a_live_socket_is_not_stolen(void **state)
{
	struct arena arena = { 0 };
	struct listen_address address;
	const char *fault;
	int listener = open_path("", &fault, &address, &arena), client;

	(void)state;
	assert_true(listener >= 0);
	assert_int_equal(open_path("", &fault, &address, &arena), -1);
	assert_non_null(strstr(fault, "another process listens"));
	assert_true((client = connect_to(path)) >= 0);
	close(client);
	close(listener);
	listen_unlink();
	arena_release(&arena);
}

static void a_socket_too_busy_to_answer_is_live(void **state)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	struct arena arena = { 0 };
	struct listen_address address;
	const char *fault;
	int busy = socket(AF_UNIX, SOCK_STREAM, 0), clients[3];

	(void)state;
	strcpy(name.sun_path, path);
	assert_int_equal(bind(busy, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(listen(busy, 0), 0);
	for (int i = 0; i < 3; i++) { /* until nobody more may wait */
		clients[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)!connect(clients[i], (struct sockaddr *)&name, sizeof(name));
	}
	assert_int_equal(open_path("", &fault, &address, &arena), -1);
	assert_non_null(strstr(fault, "another process listens"));
	for (int i = 0; i < 3; i++)
		close(clients[i]);
	close(busy);
	assert_int_equal(unlink(path), 0);
	arena_release(&arena);
}

static void a_stale_socket_is_replaced(void **state)
{
	struct arena arena = { 0 };
	struct listen_address address;
	const char *fault;
	int listener = open_path("", &fault, &address, &arena), client;

	(void)state;
	close(listener); /* the file stays */
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(connect_to(path), -1);
	listener = open_path("", &fault, &address, &arena);
	assert_true(listener >= 0);
	assert_true((client = connect_to(path)) >= 0);
	close(client);
	close(listener);
	listen_unlink();
	arena_release(&arena);
}

static void what_is_not_a_socket_stays_where_it_is(void **state)
{
	struct arena arena = { 0 };
	struct listen_address address;
	const char *fault;

	(void)state;
	close(open(path, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(open_path("", &fault, &address, &arena), -1);
	assert_non_null(strstr(fault, "not a socket"));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/dev/null", path), 0);
	assert_int_equal(open_path("", &fault, &address, &arena), -1);
	assert_int_equal(unlink(path), 0);
	arena_release(&arena);
}

static void only_the_own_socket_is_unlinked(void **state)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	struct arena arena = { 0 };
	struct listen_address address;
	const char *fault;
	int listener = open_path("", &fault, &address, &arena), other = socket(AF_UNIX, SOCK_STREAM, 0);
	char aside[sizeof(path) + 2];

	(void)state;
	sprintf(aside, "%s.x", path); /* kept, so that its inode cannot be given to the other one */
	assert_int_equal(rename(path, aside), 0);
	strcpy(name.sun_path, path);
	assert_int_equal(bind(other, (struct sockaddr *)&name, sizeof(name)), 0);
	listen_unlink();
	assert_int_equal(access(path, F_OK), 0);
	close(other);
	close(listener);
	assert_int_equal(unlink(aside), 0);
	assert_int_equal(unlink(path), 0);
	arena_release(&arena);
}

static void a_folder_that_is_not_there_is_told(void **state)
{
	struct arena arena = { 0 };
	struct listen_address address;
	const char *fault = listen_parse("/no-such-folder-here/a", &arena, &address);

	(void)state;
	assert_null(fault);
	assert_int_equal(listen_open(&address, &arena, &fault), -1);
	assert_non_null(strstr(fault, "/no-such-folder-here/a"));
	assert_non_null(strstr(fault, strerror(ENOENT)));
	arena_release(&arena);
}

static void tcp_takes_connections_and_is_not_stolen(void **state)
{
	struct arena arena = { 0 };
	struct sockaddr_in name;
	socklen_t size = sizeof(name);
	struct listen_address address;
	const char *fault;
	int busy = socket(AF_INET, SOCK_STREAM, 0), listener;

	(void)state;
	memset(&name, 0, sizeof(name));
	name.sin_family = AF_INET;
	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(busy, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(listen(busy, 1), 0);
	assert_int_equal(getsockname(busy, (struct sockaddr *)&name, &size), 0);
	fault = listen_parse(arena_printf(&arena, "127.0.0.1:%u", ntohs(name.sin_port)), &arena, &address);
	assert_null(fault);
	assert_int_equal(listen_open(&address, &arena, &fault), -1);
	assert_non_null(strstr(fault, strerror(EADDRINUSE)));
	close(busy);
	listener = listen_open(&address, &arena, &fault);
	assert_true(listener >= 0);
	busy = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(busy, (struct sockaddr *)&name, sizeof(name)), 0);
	close(busy);
	close(listener);
	arena_release(&arena);
}

/* In a child, whose descriptors are its own: which descriptor is inherited when these are listening sockets? */
static int inherited(bool on_stdin, bool on_three, const char *fds, bool own_pid)
{
	int status = 0;
	pid_t child = fork();
	char pid[20];

	if (child == 0) {
		int plain = open("/dev/null", O_RDONLY), listener = socket(AF_INET, SOCK_STREAM, 0), found;

		if (listen(listener, 1) < 0)
			_exit(100);
		dup2(fcntl(on_stdin ? listener : plain, F_DUPFD, 20), 0);
		dup2(fcntl(on_three ? listener : plain, F_DUPFD, 20), 3);
		sprintf(pid, "%d", own_pid ? (int)getpid() : (int)getppid());
		if (fds != NULL) {
			setenv("LISTEN_FDS", fds, 1);
			setenv("LISTEN_PID", pid, 1);
		}
		found = listen_inherited();
		if (getenv("LISTEN_FDS") != NULL || getenv("LISTEN_PID") != NULL)
			_exit(101);
		if (found >= 0 && (fcntl(found, F_GETFL) & O_NONBLOCK) == 0)
			_exit(102);
		_exit(found < 0 ? 99 : found);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void listening_sockets_are_inherited(void **state)
{
	(void)state;
	assert_int_equal(inherited(false, false, NULL, true), 99);
	assert_int_equal(inherited(true, false, NULL, true), 0);
	assert_int_equal(inherited(false, true, "1", true), 3);
	assert_int_equal(inherited(true, true, "1", true), 3);
	assert_int_equal(inherited(false, true, "1", false), 99); /* meant for another process */
	assert_int_equal(inherited(false, true, "0", true), 99);
	assert_int_equal(inherited(false, true, NULL, true), 99);
	assert_int_equal(inherited(true, false, "1", true), 0); /* descriptor 3 is no socket */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_read),
		cmocka_unit_test(faults_say_what_is_wrong),
		cmocka_unit_test(a_unix_socket_has_its_mode_whatever_the_umask),
		cmocka_unit_test(the_group_is_set_or_told_to_be_unknown),
		cmocka_unit_test(a_live_socket_is_not_stolen),
		cmocka_unit_test(a_socket_too_busy_to_answer_is_live),
		cmocka_unit_test(a_stale_socket_is_replaced),
		cmocka_unit_test(what_is_not_a_socket_stays_where_it_is),
		cmocka_unit_test(only_the_own_socket_is_unlinked),
		cmocka_unit_test(a_folder_that_is_not_there_is_told),
		cmocka_unit_test(tcp_takes_connections_and_is_not_stolen),
		cmocka_unit_test(listening_sockets_are_inherited),
	};

	return cmocka_run_group_tests_name("listen", tests, make_folder, remove_folder);
}
