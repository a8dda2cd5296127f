/* SPDX-License-Identifier: MIT
 *
 * mysql_server.h: what differs between MySQL, MariaDB and Galera, in one place: told by the server's version and by its
 * variables, asked when a connection opens. Knows no client library, so that a server can be described without one.
 */
#ifndef MYREST_MYSQL_SERVER_H
#define MYREST_MYSQL_SERVER_H

#include "config/url.h"
#include "database/database.h"

/* Of a text's weights so many bytes decide on its place in an order (max_sort_length). Servers make sort keys of this
 * length for each row, so that more costs time and memory in every order by a text: 64 KiB makes it 20 times as slow. */
#define MYSQL_SORT_BYTES 1024

struct mysql_server {
	struct database_traits traits;
	bool mariadb;
	bool json_type;      /* JSON is a type of its own, not a LONGTEXT with a check */
	bool json_told;      /* with the columns of a result, whatever they are made of */
	bool json_forward;   /* a path counts an array's elements from its beginning alone */
	const char *explain; /* how the statement begins that tells a plan with rows and filtered, in columns */
	const char *index_type; /* of information_schema.STATISTICS, as SQL; NULL of an index that statements ignore */
	const char *time_limit;      /* the variable that ends a statement (of MySQL: only one that reads) */
	long time_limit_per_second;  /* its unit */
	bool null_is_now;    /* a NULL becomes the present time in a TIMESTAMP that is NOT NULL */
	bool read_only;      /* takes no writes */
	bool galera;         /* is a node of a cluster, */
	bool galera_ready;   /* which belongs to the part that may go on */
	char identity[65];   /* which server it is, as its own words make it (SHA-256, hexadecimal); empty: not told */
	unsigned long session; /* which of its sessions this is, as it says itself; 0: not told */
	uint32_t known;      /* those of our session's variables that it has, a bit each */
};

/* What statements mean and do, which what they call can change: the first statement of the set-up. The collation is the
 * client library's. Strict, so that nothing is ever cut or zeroed in silence, string literals as standard SQL has them,
 * and a zero that is written stays one. */
#define MYSQL_SERVER_SESSION \
	"SET NAMES utf8mb4 COLLATE utf8mb4_general_ci,SESSION sql_select_limit=18446744073709551615,sql_safe_updates=0," \
	"foreign_key_checks=1,unique_checks=1,time_zone='+00:00',sql_mode='STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO," \
	"NO_ENGINE_SUBSTITUTION,NO_BACKSLASH_ESCAPES,NO_AUTO_VALUE_ON_ZERO'"
/* 1 when what the server tells of (session_track_system_variables) is as the set-up has made it, the sql_mode in the
 * order in which the servers write it. */
#define MYSQL_SERVER_SESSION_CHECK \
	"SELECT @@time_zone='+00:00' AND @@sql_mode='NO_AUTO_VALUE_ON_ZERO,NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES," \
	"ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION' AND @@foreign_key_checks=1 AND @@unique_checks=1" \
	" AND @@sql_safe_updates=0 AND @@sql_select_limit=18446744073709551615 AND @@character_set_client='utf8mb4'" \
	" AND @@character_set_connection='utf8mb4' AND @@character_set_results='utf8mb4'"

/* What the version says, such as "8.0.36", "10.11.6-MariaDB-log" or "5.5.5-10.11.6-MariaDB". */
void mysql_server_describe(struct mysql_server *, const char *version);
/* The n-th statement that prepares the session, from 0; false: there are no more. Those before it have been run, and their
 * rows been told. */
bool mysql_server_setup(const struct mysql_server *, enum url_target, unsigned n, long statement_timeout_s,
                        struct text *sql);
/* The n-th statement by which another session ends the statement that runs in the session of that id, which is what the
 * connection was told when it was made; false: there are no more, or the server has not told which one it is, or calls the
 * session otherwise: a proxy has numbers of its own. The first tells whether it is the same server, by a row of 1. */
bool mysql_server_kill(const struct mysql_server *, unsigned long id, unsigned n, bool spares_commit,
                       struct text *sql);
/* A row of name and value that one of them has given. */
void mysql_server_variable(struct mysql_server *, const struct row *);
/* After them all: NULL, or why this server will not do. */
const char *mysql_server_unfit(const struct mysql_server *, enum url_target);

#endif
