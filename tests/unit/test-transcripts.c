/* SPDX-License-Identifier: MIT
 *
 * What a worker does, line by line: tests/golden/transcripts/NAME.txt has what clients, the database and the clock do, and
 * between these lines what came of it: statements and answers. The worker is the real one, from its sockets to its state
 * machines; its database is fake_driver.h.
 *
 *   == OPTIONS: TITLE    another worker; options are words that begin() knows
 *   > A METHOD URI [Header: value]... BODY       a client called A asks
 *   < row a|b            the database: a row (\N is NULL),
 *   < end [affected=N] [generated=N]             the end of the statement,
 *   < fail NUMBER STATUS [FLAG]... TEXT          its failure (a status of status.h without STATUS_),
 *   < lost [unrun] TEXT  the end of the connection,
 *   < open               a connection that was waited for
 *   ! N ms               the time goes on
 *   ! A leaves           the client hangs up
 *   ! refuse N           so many connects are refused; ! connects wait: for an open; ! silence: nothing
 *                        answers beside the connection
 *   ! unsure, ! changed, ! as set up             what the server says of the session from now on
 *   ! TERM, ! RETIRE     the worker is to leave
 *   two spaces           what came of it
 *
 * With GOLDEN_OUT=FOLDER in the environment the files are written there as they are now.
 */
#include "worker/worker.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/metrics.h"
#include "fake_driver.h"
#include "records.h"
#include "tables.h"
#include "unit.h"
#include "worker/db_session.h"
#include "worker/drain.h"
#include "worker/worker_state.h"

enum { CLIENTS = 26, TURNS = 40 };

static struct config config;
static struct handover handover;
static struct metrics *metrics;
static struct text transcript;
static int clients[CLIENTS];
static bool running;
static int64_t now_us;

/* The time goes on when the transcript says so, and a little with every look. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
	(void)clock;
	*now = (struct timespec){ now_us / 1000000, now_us % 1000000 * 1000 };
	now_us++;
	return 0;
}

/* Nobody waits for what the transcript does not bring. */
int epoll_wait(int epoll, struct epoll_event *events, int most, int timeout)
{
	(void)timeout;
	return (int)syscall(SYS_epoll_wait, epoll, events, most, 0);
}

static struct schema *make_schema(void)
{
	struct schema *schema = tables_make();

	tables_allow_writing(schema);
	schema->tables[0].columns[0].auto_increment = true;
	return schema;
}

/* --- The worker --- */

static int make_listener(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX }; /* the kernel chooses a name */
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(sa_family_t)), 0);
	assert_int_equal(listen(listener, CLIENTS), 0);
	return listener;
}

static void end(void)
{
	if (!running)
		return;
	running = false;
	worker_end();
	for (int i = 0; i < CLIENTS; i++)
		if (clients[i] >= 0)
			close(clients[i]);
	if (worker.listener >= 0)
		close(worker.listener);
	fake_forget();
	arena_release(&config.arena);
}

static void add_host(const char *name)
{
	config.database.hosts[config.database.host_count++] = (struct url_host){ .name = name };
}

static void begin(char *words)
{
	words[strcspn(words, ":")] = '\0';
	end();
	memset(&worker, 0, sizeof(worker));
	memset(&fake, 0, sizeof(fake));
	for (int i = 0; i < CLIENTS; i++)
		clients[i] = -1;
	config = (struct config){
		.database = { .rules = &fake_url, .database = "shop", .user = "", .password = "" }, .workers = 1, .max_rows = 1000,
		.prefix = { "", 0 },
		.buffer_bytes = 1 << 18, .max_request_bytes = 1 << 20, .request_timeout_s = 5, .statement_timeout_s = 30,
		.connect_timeout_s = 5, .drain_timeout_s = 30, .merge = true, .log_level = LOG_ERROR,
	};
	tables_dialect = strstr(words, "postgresql") != NULL ? &postgresql_dialect : &mysql_dialect;
	fake.transcript = &transcript;
	fake.make_schema = make_schema;
	fake.returning = strstr(words, "returning") != NULL;
	fake.waits = strstr(words, "waits") != NULL;
	config.merge = strstr(words, "alone") == NULL;
	config.allow_unfiltered = strstr(words, "unfiltered") != NULL;
	config.allow_rollback = strstr(words, "rollback") != NULL;
	config.hedge_ms = strstr(words, "hedge") != NULL ? 100 : 0;
	config.queue_ms = strstr(words, "queue") != NULL ? 1000 : 0;
	if (strstr(words, "small") != NULL)
		config.buffer_bytes = 64;
	if (strstr(words, "keys") != NULL)
		config.idempotency_table = SLICE("kept");
	if (strstr(words, "lanes") != NULL)
		config.workers = 2;
	if (strstr(words, "hosts") != NULL) {
		add_host("10.0.0.1");
		add_host("10.0.0.2");
		if (strstr(words, "writable") != NULL)
			config.database.target = URL_TARGET_WRITABLE;
	}
	memset(metrics->slots, 0, sizeof(metrics->slots));
	memset(metrics->shapes, 0, sizeof(metrics->shapes));
	metrics->used = 2;
	metrics_own = &metrics->slots[1];
	metrics_own->pid = getpid();
	assert_true(worker_begin(&config, 0, make_listener(), &handover, -1));
	running = true;
	db_session_open();
}

/* --- What comes --- */

static char *take_word(char **at)
{
	char *word = *at, *end = word + strcspn(word, " ");

	*at = *end != '\0' ? end + 1 : end;
	*end = '\0';
	return word;
}

static void add_header(struct text *variables, const char *name, const char *value)
{
	struct text variable = { 0 };

	text_add_string(&variable, strcmp(name, "Content-Type") == 0 ? "" : "HTTP_");
	for (const char *c = name; *c != '\0'; c++)
		text_add_char(&variable, *c == '-' ? '_' : *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c);
	add_variable(variables, text_terminate(&variable), value);
	text_release(&variable);
}

static void ask(char *at)
{
	struct sockaddr_un address;
	socklen_t length = sizeof(address);
	struct text variables = { 0 }, bytes = { 0 };
	int client = *take_word(&at) - 'A';

	if (clients[client] < 0) {
		clients[client] = socket(AF_UNIX, SOCK_STREAM, 0);
		assert_int_equal(getsockname(worker.listener, (struct sockaddr *)&address, &length), 0);
		assert_int_equal(connect(clients[client], (struct sockaddr *)&address, length), 0);
	}
	add_variable(&variables, "REQUEST_METHOD", take_word(&at));
	add_variable(&variables, "REQUEST_URI", take_word(&at));
	while (*at == '[' && strchr(at, ':') != NULL && strchr(at, ':') < strchr(at, ']') && at[1] >= 'A' && at[1] <= 'Z') {
		char *colon = strchr(at, ':'), *close = strchr(at, ']');

		*colon = *close = '\0';
		add_header(&variables, at + 1, colon + 2);
		at = close + 1 + (close[1] == ' ');
	}
	add_begin(&bytes, 1, 1, true);
	add_stream(&bytes, PARAMS, 1, variables.bytes, variables.length, 65535, 0);
	add_stream(&bytes, STDIN, 1, at, strlen(at), 65535, 0);
	assert_int_equal(send(clients[client], bytes.bytes, bytes.length, 0), (ssize_t)bytes.length);
	text_release(&variables);
	text_release(&bytes);
}

static enum status status_named(const char *name)
{
	static const char *const names[] = {
#define X(status, http, code, message) [status] = #status,
		STATUS_LIST(X)
#undef X
	};

	for (size_t i = 0; i < LENGTH_OF(names); i++)
		if (names[i] != NULL && strcmp(names[i] + strlen("STATUS_"), name) == 0)
			return (enum status)i;
	fail_msg("no status is called %s", name);
	return STATUS_OK;
}

static struct fake_event row_of(const char *fields)
{
	struct fake_event event = { .step = DATABASE_ROW, .row = strdup(fields), .fields = 1 };

	for (char *c = event.row; *c != '\0'; c++)
		if (*c == '|') {
			*c = '\0';
			event.fields++;
		}
	return event;
}

static uint64_t number_of(const char *text, const char *name)
{
	const char *found = strstr(text, name);

	return found != NULL ? strtoull(found + strlen(name), NULL, 10) : 0;
}

static void serve(char *at)
{
	char *word = take_word(&at);
	struct fake_event event = { .step = DATABASE_END };

	if (strcmp(word, "row") == 0)
		event = row_of(at);
	else if (strcmp(word, "open") == 0)
		event.step = DATABASE_OPEN;
	else if (strcmp(word, "end") == 0) {
		event.affected = number_of(at, "affected=");
		event.generated = number_of(at, "generated=");
	} else {
		bool lost = strcmp(word, "lost") == 0;
		unsigned number = lost ? 2013 : (unsigned)atoi(take_word(&at));
		enum status status = lost ? STATUS_AWAY : status_named(take_word(&at));

		event.step = lost ? DATABASE_LOST : DATABASE_FAILED;
		fake_error(&event.error, status, number, at);
		event.error.schema_changed = strstr(at, "changed") != NULL;
		event.error.snapshot_old = strstr(at, "snapshot") != NULL;
		event.error.not_run = strstr(at, "unrun") != NULL;
		event.error.row = number_of(at, "row=");
	}
	fake_queue(event);
}

static void happen(char *at)
{
	if (*at >= '0' && *at <= '9')
		now_us += strtoll(at, NULL, 10) * 1000;
	else if (strncmp(at, "refuse ", 7) == 0)
		fake.refused = (unsigned)atoi(at + 7);
	else if (strcmp(at, "connects wait") == 0)
		fake.waits = true;
	else if (strcmp(at, "silence") == 0)
		fake.silent = true;
	else if (strcmp(at, "unsure") == 0)
		fake.session = SESSION_UNSURE;
	else if (strcmp(at, "changed") == 0)
		fake.session = SESSION_CHANGED;
	else if (strcmp(at, "as set up") == 0)
		fake.session = SESSION_AS_SET_UP;
	else if (strcmp(at, "TERM") == 0 || strcmp(at, "RETIRE") == 0)
		drain_begin(*at == 'R');
	else {
		close(clients[*at - 'A']);
		clients[*at - 'A'] = -1;
	}
}

/* --- What comes of it --- */

/* The head in one line, without what is the same in all. */
static void add_answer(struct text *stream)
{
	const char *at = text_terminate(stream), *end = at + stream->length, *next, *body = memmem(at, stream->length, "\r\n\r\n", 4);

	for (; body != NULL && at < body + 2; at = next + 2) {
		struct slice line;

		next = memmem(at, (size_t)(end - at), "\r\n", 2);
		line = (struct slice){ at, (size_t)(next - at) };
		if (memmem(line.bytes, line.length, "Content-Type: application/json", 30) == line.bytes ||
		    memmem(line.bytes, line.length, "Content-Length", 14) == line.bytes ||
		    memmem(line.bytes, line.length, "Vary", 4) == line.bytes ||
		    memmem(line.bytes, line.length, "Accept-Encoding", 15) == line.bytes)
			continue;
		if (memmem(line.bytes, line.length, "Status: ", 8) == line.bytes)
			line = (struct slice){ line.bytes + 8, 3 };
		text_add_slice(&transcript, line);
		text_add_char(&transcript, ' ');
	}
	for (at = body != NULL ? body + 4 : end; at < end; at++)
		if (*at == '\n')
			text_add_string(&transcript, "\\n");
		else
			text_add_char(&transcript, *at);
}

/* What the client has got: whole answers, or that it was cut. */
static void receive(int client)
{
	static char got[1 << 20];
	struct text stream = { 0 };
	const char *wrong;
	ssize_t length;

	if (clients[client] < 0 || (length = recv(clients[client], got, sizeof(got), MSG_DONTWAIT)) < 0)
		return;
	text_printf(&transcript, "  %c: ", 'A' + client);
	if (length == 0) {
		text_add_string(&transcript, "closed");
		close(clients[client]);
		clients[client] = -1;
	} else if ((wrong = read_answer(got, (size_t)length, 1, &stream)) != NULL) {
		text_printf(&transcript, "(%s) ", wrong);
		add_answer(&stream);
	} else
		add_answer(&stream);
	text_add_char(&transcript, '\n');
	text_release(&stream);
}

static void turn(void)
{
	size_t before;
	bool more = true;

	for (int quiet = 0; quiet < 3 && more;) {
		before = transcript.length;
		more = worker_turn();
		for (int i = 0; i < CLIENTS; i++)
			receive(i);
		quiet = transcript.length == before ? quiet + 1 : 0;
	}
	if (!more) {
		text_add_string(&transcript, "  gone\n");
		end();
	}
}

static void play(const char *line)
{
	char *copy = strdup(line);

	text_add_string(&transcript, line);
	text_add_char(&transcript, '\n');
	switch (*line) {
	case '=':
		begin(copy + 2);
		break;
	case '>':
		ask(copy + 2);
		break;
	case '<':
		serve(copy + 2);
		break;
	case '!':
		happen(copy + 2);
		break;
	default:
		free(copy);
		return;
	}
	free(copy);
	if (running)
		turn();
}

static void compare(const char *name, const char *wanted)
{
	const char *got = text_terminate(&transcript);
	int line = 1;

	for (; *got == *wanted && *got != '\0'; got++, wanted++)
		line += *got == '\n';
	if (*got == *wanted)
		return;
	while (got > transcript.bytes && got[-1] != '\n')
		got--, wanted--;
	fail_msg("%s:%d:\n    got    <%.*s>\n    wanted <%.*s>", name, line, (int)strcspn(got, "\n"), got,
	         (int)strcspn(wanted, "\n"), wanted);
}

static void run_file(const char *name)
{
	const char *source = getenv("srcdir"), *out = getenv("GOLDEN_OUT");
	char path[4096], *line = NULL;
	struct text wanted = { 0 };
	size_t size = 0;
	ssize_t length;
	FILE *file;

	snprintf(path, sizeof(path), "%s/tests/golden/transcripts/%s.txt", source != NULL ? source : ".", name);
	if ((file = fopen(path, "r")) == NULL)
		fail_msg("cannot read %s", path);
	text_clear(&transcript);
	now_us = 1000000000;
	while ((length = getline(&line, &size, file)) >= 0) {
		text_add(&wanted, line, (size_t)length);
		if (strncmp(line, "  ", 2) == 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		play(line);
	}
	end();
	fclose(file);
	free(line);
	if (out != NULL) {
		snprintf(path, sizeof(path), "%s/%s.txt", out, name);
		assert_non_null(file = fopen(path, "w"));
		fwrite(transcript.bytes, 1, transcript.length, file);
		fclose(file);
	} else
		compare(name, text_terminate(&wanted));
	text_release(&wanted);
}

static void reads(void **state)
{
	(void)state;
	run_file("reads");
}

static void writes(void **state)
{
	(void)state;
	run_file("writes");
}

static void connections(void **state)
{
	(void)state;
	run_file("connections");
}

static int prepare(void **state)
{
	(void)state;
	engine_register(fake_engines);
	log_open(LOG_ERROR);
	if ((metrics = metrics_open()) == NULL)
		return -1;
	metrics_page = metrics;
	return handover_open(&handover);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(writes),
		cmocka_unit_test(connections),
	};

	return cmocka_run_group_tests_name("transcripts", tests, prepare, NULL);
}
