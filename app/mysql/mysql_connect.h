/* SPDX-License-Identifier: MIT
 *
 * mysql_connect.h: one connect to a server, on a thread of its own: the client library's handshake of TLS waits, even in
 * its calls that never do, and so does its look-up of the name by which a certificate is verified.
 */
#ifndef MYREST_MYSQL_CONNECT_H
#define MYREST_MYSQL_CONNECT_H

#include <mysql.h>

#include "base/status.h"
#include "config/url.h"

struct mysql_connect; /* an attempt under way */

/* Where to; the texts are copied. */
struct mysql_destination {
	const char *host; /* a name or an address; NULL: the socket */
	unsigned port;
	const struct database_url *url; /* of which user, password, database and socket are taken */
};

/* Starts to connect with a MYSQL that has its options, which bound how long it may take; it belongs to the attempt until
 * mysql_connect_finish. NULL and errno: there is no thread to be had, and the MYSQL is still the caller's. */
struct mysql_connect *mysql_connect_start(MYSQL *, const struct mysql_destination *) MUST_CHECK;
/* Becomes readable when the attempt is over. */
int mysql_connect_descriptor(const struct mysql_connect *);
/* Of an attempt that is over; ends it and gives the MYSQL back. Answers whether it is connected. */
bool mysql_connect_finish(struct mysql_connect *, MYSQL **) MUST_CHECK;
/* Ends an attempt that nobody wants any more, the MYSQL with it; does not wait. */
void mysql_connect_abandon(struct mysql_connect *);

#endif
