/* SPDX-License-Identifier: MIT
 *
 * Why the worker reads FastCGI itself: one request as nginx sends it, taken from a socket and answered with 113 bytes,
 * by libfcgi and by app/peer.c. Prints nanoseconds per request; the client's side is in both.
 *
 *     tests/bench/reader [requests]
 */
#include <fcgiapp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "response/answer.h"
#include "base/clock.h"
#include "response/peer.h"

enum { ROUNDS = 5 };

static const char body[] = "[{\"id\":1,\"username\":\"admin\",\"email\":\"admin@example.com\"},"
                           "{\"id\":2,\"username\":\"guest\",\"email\":\"guest@example.com\"}]";

static void add_variable(struct text *params, const char *name, const char *value)
{
	text_add_char(params, (char)strlen(name));
	text_add_char(params, (char)strlen(value));
	text_add_string(params, name);
	text_add_string(params, value);
}

static void add_record(struct text *out, int type, const char *content, size_t length)
{
	const unsigned char header[8] = { 1, (unsigned char)type, 0, 1, (unsigned char)(length >> 8),
		                          (unsigned char)length, 0, 0 };

	text_add(out, header, sizeof(header));
	text_add(out, content, length);
}

static void make_request(struct text *out)
{
	struct text params = { 0 };

	add_variable(&params, "REQUEST_METHOD", "GET");
	add_variable(&params, "REQUEST_URI", "/users");
	add_variable(&params, "QUERY_STRING", "");
	add_variable(&params, "SERVER_PROTOCOL", "HTTP/1.1");
	add_variable(&params, "REMOTE_ADDR", "127.0.0.1");
	add_variable(&params, "REQUEST_ID", "0123456789abcdef0123456789abcdef");
	add_variable(&params, "HTTP_X_FORWARDED_PROTO", "http");
	add_variable(&params, "HTTP_X_FORWARDED_HOST", "127.0.0.1:8080");
	add_variable(&params, "HTTP_HOST", "127.0.0.1:8080");
	add_variable(&params, "HTTP_USER_AGENT", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36");
	add_variable(&params, "HTTP_ACCEPT", "application/json");
	add_record(out, 1, "\0\1\1\0\0\0\0\0", 8);
	add_record(out, 4, params.bytes, params.length);
	add_record(out, 4, "", 0);
	add_record(out, 5, "", 0);
	text_release(&params);
}

static void drain(int client)
{
	static char bytes[65536];

	if (recv(client, bytes, sizeof(bytes), 0) <= 0)
		exit(1);
}

static void by_libfcgi(FCGX_Request *request, int client, const struct text *bytes)
{
	static char look[65536];

	if (send(client, bytes->bytes, bytes->length, 0) < 0 || recv(request->ipcFd, look, sizeof(look), MSG_PEEK) < 0 ||
	    FCGX_Accept_r(request) < 0 || FCGX_GetParam("REQUEST_URI", request->envp) == NULL)
		exit(1);
	FCGX_FPrintF(request->out, "Status: 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
	                           "Content-Range: 0-1/*\r\n\r\n", (int)sizeof(body) - 1);
	FCGX_PutStr(body, sizeof(body) - 1, request->out);
	FCGX_Finish_r(request);
	drain(client);
}

static void by_peer(struct peer *peer, struct shared_text *shared, int client, const struct text *bytes)
{
	if (send(client, bytes->bytes, bytes->length, 0) < 0 || peer_look(peer) != PEER_LOOK_REQUEST)
		exit(1);
	answer_rows(peer, &(struct answer_rows){ .shared = shared, .rows = { shared->text.bytes + 1, sizeof(body) - 3 },
	                                         .count = 2 });
	if (peer_write(peer) != FASTCGI_WRITTEN)
		exit(1);
	peer_clear(peer);
	drain(client);
}

int main(int argc, char **argv)
{
	long requests = argc > 1 ? strtol(argv[1], NULL, 10) : 100000;
	struct text bytes = { 0 };
	struct shared_text *shared = shared_text_new();
	FCGX_Request library;
	struct peer *peer;
	int one[2], other[2];
	int64_t start, best[2] = { INT64_MAX, INT64_MAX };

	text_add(&shared->text, body, sizeof(body) - 1);
	make_request(&bytes);
	if (FCGX_Init() != 0 || FCGX_InitRequest(&library, -1, 0) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, one) < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, other) < 0)
		return 1;
	library.ipcFd = one[0];
	library.keepConnection = 1;
	peer = peer_new(&(struct handover_item){ .connection = other[0] }, 65536);
	for (int round = 0; round < ROUNDS; round++) {
		start = clock_now_us();
		for (long i = 0; i < requests; i++)
			by_libfcgi(&library, one[1], &bytes);
		if (clock_now_us() - start < best[0])
			best[0] = clock_now_us() - start;
		start = clock_now_us();
		for (long i = 0; i < requests; i++)
			by_peer(peer, shared, other[1], &bytes);
		if (clock_now_us() - start < best[1])
			best[1] = clock_now_us() - start;
	}
	printf("libfcgi      %6lld ns a request\n", (long long)(best[0] * 1000 / requests));
	printf("app/peer.c   %6lld ns a request\n", (long long)(best[1] * 1000 / requests));
	peer_free(peer);
	shared_text_drop(shared);
	text_release(&bytes);
	return 0;
}
