/* SPDX-License-Identifier: MIT
 *
 * postgresql_library.h: libpq, which is loaded when a URL asks for it: it brings TLS and Kerberos along, which nobody should
 * carry whose database is another one.
 */
#ifndef MYREST_POSTGRESQL_LIBRARY_H
#define MYREST_POSTGRESQL_LIBRARY_H

#include <libpq-fe.h>

/* What is used of it. */
#define LIBPQ_FUNCTIONS(X) \
	X(PQbackendPID) X(PQclear) X(PQcmdTuples) X(PQconnectPoll) X(PQconnectStartParams) X(PQconsumeInput) X(PQerrorMessage) \
	X(PQfinish) X(PQflush) X(PQftype) X(PQgetisnull) X(PQgetlength) X(PQgetResult) X(PQgetvalue) X(PQisBusy) \
	X(PQlibVersion) X(PQnfields) X(PQntuples) X(PQparameterStatus) X(PQresultErrorField) X(PQresultStatus) X(PQsendQuery) \
	X(PQsetnonblocking) X(PQsetNoticeReceiver) X(PQsetSingleRowMode) X(PQsocket) X(PQsslAttribute) X(PQsslInUse) \
	X(PQsslStruct) X(PQstatus) X(PQtransactionStatus)

struct libpq {
#define X(name) __typeof__(&name) name;
	LIBPQ_FUNCTIONS(X)
#undef X
};

extern struct libpq libpq;
extern int (*libpq_tls_pending)(const void *); /* OpenSSL's SSL_pending, if that is what the library has for TLS */

/* No file has this name. */
#define POSTGRESQL_NOWHERE "/dev/null/none"

/* Before any fork, and again when the configuration is read again. */
void postgresql_library_start(void);
/* Why it cannot be used; empty: it can. */
const char *postgresql_library_fault(void);

#endif
