/* SPDX-License-Identifier: MIT */
#include "pool/admin.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <signal.h>
#include <string.h>
#include <sysexits.h>

#include "base/json.h"
#include "base/log.h"
#include "build.h"
#include "sandbox/sandbox.h"

/* Who connects and asks nothing keeps a place from probes for IDLE_S at most, and never all of them. A scraper that comes
 * every 15 seconds connects again. */
enum { IDLE_S = 2, CONNECTIONS = 512, CONNECTIONS_OF_ADDRESS = 384, THREAD_STACK = 65536 };

/* libmicrohttpd is loaded here and not linked: it brings GnuTLS, which no worker should carry (configure.ac found its
 * file name). */
static struct {
	__typeof__(MHD_start_daemon) *start_daemon;
	__typeof__(MHD_stop_daemon) *stop_daemon;
	__typeof__(MHD_create_response_from_buffer) *create_response;
	__typeof__(MHD_add_response_header) *add_header;
	__typeof__(MHD_queue_response) *queue_response;
	__typeof__(MHD_destroy_response) *destroy_response;
} http;

static bool load_library(void)
{
	static const struct {
		void *place;
		const char *name;
	} functions[] = {
		{ &http.start_daemon, "MHD_start_daemon" },
		{ &http.stop_daemon, "MHD_stop_daemon" },
		{ &http.create_response, "MHD_create_response_from_buffer" },
		{ &http.add_header, "MHD_add_response_header" },
		{ &http.queue_response, "MHD_queue_response" },
		{ &http.destroy_response, "MHD_destroy_response" },
	};
	void *library = dlopen(MICROHTTPD_SONAME, RTLD_LAZY | RTLD_LOCAL), *function;

	for (size_t i = 0; library != NULL && i < sizeof(functions) / sizeof(functions[0]); i++) {
		if ((function = dlsym(library, functions[i].name)) == NULL)
			library = NULL;
		else
			memcpy(functions[i].place, &function, sizeof(function));
	}
	if (library == NULL)
		log_event(LOG_ERROR, "admin-start", "cannot load %s: %s", MICROHTTPD_SONAME, dlerror());
	return library != NULL;
}

static enum MHD_Result send_text(struct MHD_Connection *connection, unsigned status, const char *type,
                                 struct text *body, const char *header, const char *value)
{
	struct MHD_Response *response = http.create_response(body->length, body->bytes, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result = MHD_NO;

	if (response != NULL) {
		http.add_header(response, "Content-Type", type);
		http.add_header(response, "Cache-Control", "no-store");
		if (header != NULL)
			http.add_header(response, header, value);
		result = http.queue_response(connection, status, response);
		http.destroy_response(response);
	}
	text_release(body);
	return result;
}

static enum MHD_Result send_ready(struct MHD_Connection *connection, struct metrics *metrics)
{
	struct text body = { 0 };
	const char *reason;
	int ready = metrics_ready(metrics, &reason);

	if (ready > 0 && !metrics->draining) {
		text_printf(&body, "{\"status\":\"ready\",\"workers\":%d,\"workers_ready\":%d}\n", (int)metrics->workers,
		            ready);
		return send_text(connection, 200, "application/json", &body, NULL, NULL);
	}
	text_add_string(&body, "{\"status\":\"unavailable\",\"reason\":");
	json_add_string(&body, reason, strlen(reason));
	text_add_string(&body, "}\n");
	return send_text(connection, 503, "application/json", &body, "Retry-After", "1");
}

static enum MHD_Result answer_request(void *context, struct MHD_Connection *connection, const char *path, const char *method,
                                      const char *version, const char *upload, size_t *upload_size, void **state)
{
	struct metrics *metrics = context;
	struct text body = { 0 };

	(void)version;
	(void)upload;
	if (*state == NULL) { /* the head has come; answer when the request is whole */
		*state = context;
		return MHD_YES;
	}
	if (*upload_size > 0) { /* a body, which nobody wants; the answer comes behind it */
		*upload_size = 0;
		return MHD_YES;
	}
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
		text_add_string(&body, "{\"message\":\"only GET and HEAD are allowed\"}\n");
		return send_text(connection, 405, "application/json", &body, "Allow", "GET, HEAD");
	}
	if (strcmp(path, "/live") == 0) {
		text_add_string(&body, "{\"status\":\"live\"}\n");
		return send_text(connection, 200, "application/json", &body, NULL, NULL);
	}
	if (strcmp(path, "/ready") == 0)
		return send_ready(connection, metrics);
	if (strcmp(path, "/metrics") == 0) {
		metrics_render(metrics, &body);
		return send_text(connection, 200, "text/plain; version=0.0.4; charset=utf-8", &body, NULL, NULL);
	}
	text_add_string(&body, "{\"message\":\"the paths are /live, /ready and /metrics\"}\n");
	return send_text(connection, 404, "application/json", &body, NULL, NULL);
}

int admin_run(const struct config *config, int listener, struct metrics *metrics)
{
	struct MHD_Daemon *daemon;
	sigset_t set;
	int number;

	if (!load_library())
		return EX_UNAVAILABLE;
	sandbox_enter(config, SANDBOX_ADMIN); /* the library is loaded, and its thread comes now */
	daemon = http.start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, answer_request, metrics,
	                           MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_CONNECTION_TIMEOUT,
	                           (unsigned)IDLE_S, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
	                           MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)CONNECTIONS_OF_ADDRESS,
	                           MHD_OPTION_THREAD_STACK_SIZE, (size_t)THREAD_STACK, MHD_OPTION_END);
	if (daemon == NULL) {
		log_event(LOG_ERROR, "admin-start", "libmicrohttpd cannot serve the admin listener");
		return EX_UNAVAILABLE;
	}
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGQUIT);
	do
		number = sigwaitinfo(&set, NULL);
	while (number < 0);
	http.stop_daemon(daemon);
	return 0;
}
