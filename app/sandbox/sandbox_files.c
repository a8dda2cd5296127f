/* SPDX-License-Identifier: MIT */
#include "sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__has_include)
#if __has_include(<linux/landlock.h>) && defined(SYS_landlock_restrict_self)
#include <linux/landlock.h>
#define HAVE_LANDLOCK 1
#endif
#endif

enum { PATHS_MAX = 128 };

/* The texts live in the arena. */
struct paths {
	struct arena arena;
	const char *path[PATHS_MAX];
	unsigned count;
};

/* What a connect reads beside the libraries and what the URL names: names of hosts, what TLS trusts, and how OpenSSL is set
 * up, as Debian, Fedora, SUSE, Arch, Alpine and NixOS lay it out. What is not there is passed over. */
static const char *const system_paths[] = {
	"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf", "/etc/services",
	"/etc/ssl/certs", "/etc/ssl/cert.pem", "/etc/ssl/openssl.cnf", "/etc/ssl/openssl.cnf.d", "/etc/ssl/ca-bundle.pem",
	"/etc/pki/tls/certs", "/etc/pki/tls/cert.pem", "/etc/pki/tls/openssl.cnf", "/etc/pki/tls/openssl.d",
	"/etc/pki/ca-trust", "/etc/crypto-policies", "/etc/ca-certificates", "/usr/share/ca-certificates",
	"/usr/local/share/ca-certificates", "/usr/share/pki", "/usr/share/crypto-policies", "/usr/local/ssl",
	/* what is loaded while a connection is made: plugins for passwords, modules of the C library's look-ups and of OpenSSL */
	"/etc/ld.so.cache", "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64",
	"/nix/store",
	/* whether OpenSSL has to keep to FIPS, and its randomness where getrandom(2) is not there */
	"/proc/sys/crypto/fips_enabled", "/dev/urandom", "/dev/random",
	/* how many processors there are, which the C library asks for its memory */
	"/sys/devices/system/cpu/online", "/sys/devices/system/cpu/possible",
};

/* Others' files as well are in these, so they are never let in as a whole for one file in them. */
static const char *const shared_folders[] = {
	"/", "/bin", "/boot", "/dev", "/dev/shm", "/etc", "/home", "/media", "/mnt", "/opt", "/proc", "/root", "/run",
	"/run/lock", "/sbin", "/srv", "/sys", "/tmp", "/usr", "/usr/local", "/usr/share", "/var", "/var/cache", "/var/lib",
	"/var/log", "/var/spool", "/var/tmp",
};

static void add(struct paths *paths, const char *path)
{
	if (path != NULL && *path != '\0' && paths->count < PATHS_MAX)
		paths->path[paths->count++] = arena_text(&paths->arena, path, strlen(path));
}

/* As in PATH. */
static void add_list(struct paths *paths, const char *list)
{
	size_t length;

	for (; list != NULL && *list != '\0'; list += length + (list[length] == ':')) {
		length = strcspn(list, ":");
		add(paths, arena_text(&paths->arena, list, length));
	}
}

static void add_url(struct paths *paths, const struct database_url *url)
{
	add(paths, url->tls_ca);
	add(paths, url->tls_certificate);
	add(paths, url->tls_key);
}

/* Libraries that are not where the system has its own have their plugins beside them. */
static int add_library(struct dl_phdr_info *library, size_t size, void *paths)
{
	const char *slash = strrchr(library->dlpi_name, '/');
	struct paths *to = paths;

	(void)size;
	if (slash != NULL && slash != library->dlpi_name && strncmp(library->dlpi_name, "/usr/", 5) != 0 &&
	    strncmp(library->dlpi_name, "/lib", 4) != 0)
		add(to, arena_text(&to->arena, library->dlpi_name, (size_t)(slash - library->dlpi_name)));
	return 0;
}

/* Others (a pipe, say) are not to be read again and again. */
static bool is_file(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

/* What connecting reads, as the configuration is and as DATABASE_URL_FILE says now. */
static void find_paths(struct paths *paths, const struct config *config)
{
	static const char *const variables[] = { "SSL_CERT_FILE", "OPENSSL_CONF", "OPENSSL_MODULES", "MARIADB_PLUGIN_DIR",
		                                 "HOSTALIASES" };
	struct database_url url;

	for (size_t i = 0; i < sizeof(system_paths) / sizeof(system_paths[0]); i++)
		add(paths, system_paths[i]);
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		add(paths, getenv(variables[i]));
	add_list(paths, getenv("SSL_CERT_DIR"));
	add_list(paths, getenv("LD_LIBRARY_PATH"));
	dl_iterate_phdr(add_library, paths);
	add_url(paths, &config->database);
	if (!config_url_is_in_file())
		return;
	add(paths, getenv("DATABASE_URL_FILE"));
	if (!is_file(getenv("DATABASE_URL_FILE")))
		return;
	memset(&url, 0, sizeof(url));
	(void)!config_read_url_again(&paths->arena, &url); /* where it is of no use, what there is of it does no harm */
	add_url(paths, &url);
}

bool sandbox_refuses(const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (file >= 0)
		close(file);
	return file < 0 && errno == EACCES && faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0;
}

bool sandbox_files_are_others(const struct config *config)
{
	struct paths paths = { .count = 0 };
	bool others = false;

	add_url(&paths, &config->database);
	add(&paths, config_url_is_in_file() ? getenv("DATABASE_URL_FILE") : NULL);
	for (unsigned i = 0; i < paths.count && !others; i++)
		others = faccessat(AT_FDCWD, paths.path[i], R_OK, AT_EACCESS) < 0 && errno == EACCES;
	arena_release(&paths.arena);
	return others;
}

#ifdef HAVE_LANDLOCK

/* Rights that are younger than the header that this may be built with. */
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15)
#endif
#ifndef LANDLOCK_ACCESS_NET_BIND_TCP
#define LANDLOCK_ACCESS_NET_BIND_TCP (1ULL << 0)
#endif
#ifndef LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET
#define LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET (1ULL << 0)
#define LANDLOCK_SCOPE_SIGNAL (1ULL << 1)
#endif

/* landlock_ruleset_attr, of which the header may have the first member alone. */
struct ruleset {
	uint64_t files, network, scoped;
};

/* All that the kernel can refuse. Connecting over TCP stays free, since the URL may name another port tomorrow; an abstract
 * socket it cannot name, and no process of the pool is signalled by a worker. */
static struct ruleset all_rights(int version)
{
	struct ruleset rights = { .files = LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1 }; /* the last one of the first version */

	if (version >= 2)
		rights.files |= LANDLOCK_ACCESS_FS_REFER;
	if (version >= 3)
		rights.files |= LANDLOCK_ACCESS_FS_TRUNCATE;
	if (version >= 4)
		rights.network = LANDLOCK_ACCESS_NET_BIND_TCP;
	if (version >= 5)
		rights.files |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
	if (version >= 6)
		rights.scoped = LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | LANDLOCK_SCOPE_SIGNAL;
	return rights;
}

/* A file, or a folder with all that is beneath it. */
static void allow_one(int rules, const char *path)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE };
	struct stat status;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return;
	if (fstat(rule.parent_fd, &status) == 0) {
		if (S_ISDIR(status.st_mode))
			rule.allowed_access |= LANDLOCK_ACCESS_FS_READ_DIR;
		(void)syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	}
	close(rule.parent_fd);
}

/* Also somebody's home. */
static bool is_shared(const char *folder)
{
	const char *slash = strrchr(folder, '/');

	for (size_t i = 0; i < sizeof(shared_folders) / sizeof(shared_folders[0]); i++)
		if (strcmp(folder, shared_folders[i]) == 0)
			return true;
	return slash - folder == 5 && strncmp(folder, "/home/", 6) == 0;
}

/* The folder that a path is in, where a file is that others are renamed over. */
static void allow_folder_of(int rules, const char *path)
{
	char folder[PATH_MAX], real[PATH_MAX], *slash;

	if (snprintf(folder, sizeof(folder), "%s%s", *path == '/' ? "" : "./", path) >= (int)sizeof(folder))
		return;
	slash = strrchr(folder, '/');
	slash[slash == folder] = '\0';
	if (realpath(folder, real) != NULL && !is_shared(real))
		allow_one(rules, real);
}

/* Not files that others take the place of; and those of /proc may be others each time that they are looked for. */
static bool is_of_kernel(const char *path)
{
	return strncmp(path, "/dev/", 5) == 0 || strncmp(path, "/proc/", 6) == 0 || strncmp(path, "/sys/", 5) == 0;
}

static void allow(int rules, const char *path)
{
	char real[PATH_MAX];
	struct stat status;

	allow_one(rules, path);
	if (is_of_kernel(path) || (stat(path, &status) == 0 && S_ISDIR(status.st_mode)))
		return;
	allow_folder_of(rules, path);
	if (realpath(path, real) != NULL) /* where a link leads */
		allow_folder_of(rules, real);
}

static const char *lacks(const char *why)
{
	static char what[128];

	snprintf(what, sizeof(what), "the files of the workers are not limited: Landlock is not available: %s", why);
	return what;
}

/* Files that were refused at once: those of other security modules, or that Landlock has no rule for. */
static struct paths never;

static bool is_in(const struct paths *paths, const char *path)
{
	for (unsigned i = 0; i < paths->count; i++)
		if (strcmp(paths->path[i], path) == 0)
			return true;
	return false;
}

static void allow_all(int rules, const struct paths *paths)
{
	for (unsigned i = 0; i < paths->count; i++)
		allow(rules, paths->path[i]);
#ifdef SANDBOX_WITH_SANITIZER
	allow_one(rules, "/proc");
	allow_one(rules, "/usr");
	allow_one(rules, "/proc/self/exe");
#endif
}

const char *sandbox_files(const struct config *config, enum sandbox_for purpose)
{
	int version = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION), rules;
	struct ruleset rights = all_rights(version);
	struct paths paths = { .count = 0 };
	const char *what = NULL;

	if (version < 1)
		return lacks(strerror(errno));
	if ((rules = (int)syscall(SYS_landlock_create_ruleset, &rights, sizeof(rights), 0)) < 0)
		return lacks(strerror(errno));
	if (purpose == SANDBOX_WORKER)
		find_paths(&paths, config);
	allow_all(rules, &paths);
	if (syscall(SYS_landlock_restrict_self, rules, 0) < 0)
		what = lacks(strerror(errno));
	close(rules);
	for (unsigned i = 0; i < paths.count; i++)
		if (sandbox_refuses(paths.path[i]))
			add(&never, paths.path[i]);
	arena_release(&paths.arena);
	return what;
}

bool sandbox_files_are_outdated(const struct config *config)
{
	struct paths paths = { .count = 0 };
	bool outdated = false;

	find_paths(&paths, config);
	for (unsigned i = 0; i < paths.count && !outdated; i++)
		outdated = !is_of_kernel(paths.path[i]) && sandbox_refuses(paths.path[i]) && !is_in(&never, paths.path[i]);
	arena_release(&paths.arena);
	return outdated;
}

#else

const char *sandbox_files(const struct config *config, enum sandbox_for purpose)
{
	(void)config;
	(void)purpose;
	return "the files of the workers are not limited: this build has no Landlock";
}

bool sandbox_files_are_outdated(const struct config *config)
{
	(void)config;
	return false;
}

#endif
