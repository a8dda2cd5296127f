/* SPDX-License-Identifier: MIT
 *
 * The limit: the fastest honest answer this machine, this nginx and libfcgi can give. The same loop as a worker of
 * MyREST has (epoll over kept connections, a request is looked at before it is read), constant bytes, no database.
 * What MyREST loses against this program is what its own work and the database cost.
 *
 *     limit SOCKET FOLDER [WORKERS]
 *
 * Every file of FOLDER is one body: the file `users` answers /users and /users/KEY. A body that begins with `[` is a
 * list and is sent with Content-Range. Written once, then left alone: making it faster or slower moves every ratio.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* accept4 */
#endif

#include <dirent.h>
#include <errno.h>
#include <fcgiapp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_ANSWERS 16
#define MAX_EVENTS 64
#define MAX_WORKERS 64
#define MAX_REQUEST (64 * 1024) /* a request of wrk through nginx is under 1 KB */
#define BACKLOG 4096
#define RECORD_HEADER 8
#define RECORD_STDIN 5

struct answer {
    char path[64]; /* "/users" */
    size_t path_length;
    char *bytes; /* FastCGI stdout: header, empty line, body */
    int length;
};

static struct answer answers[MAX_ANSWERS];
static size_t answer_count;
static pid_t workers[MAX_WORKERS];
static int worker_count = 2;

static void die(const char *what)
{
    fprintf(stderr, "limit: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* ---- answers: made once, before the fork ---- */

static char *read_whole(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    size_t capacity = 0;

    if (file == NULL) {
        die(path);
    }
    ssize_t got = getdelim(&text, &capacity, '\0', file);
    if (got <= 0) {
        die(path);
    }
    fclose(file);
    *length = (size_t)got;
    return text;
}

/* The rows are flat objects, so there are as many rows as opening braces. */
static int count_rows(const char *body, size_t length)
{
    int rows = 0;

    for (size_t i = 0; i < length; i++) {
        rows += body[i] == '{';
    }
    return rows;
}

static void load_answer(const char *folder, const char *name)
{
    char path[4096];
    char range[64] = "";
    char head[256];
    size_t body_length;
    struct answer *answer = &answers[answer_count];

    if (answer_count == MAX_ANSWERS) {
        errno = E2BIG;
        die(folder);
    }
    snprintf(path, sizeof path, "%s/%s", folder, name);
    char *body = read_whole(path, &body_length);
    if (body[0] == '[') {
        snprintf(range, sizeof range, "Content-Range: 0-%d/*\r\n", count_rows(body, body_length) - 1);
    }
    int head_length = snprintf(head, sizeof head,
                               "Status: 200\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: %zu\r\n%s\r\n",
                               body_length, range);
    answer->bytes = malloc((size_t)head_length + body_length);
    if (answer->bytes == NULL) {
        die("malloc");
    }
    memcpy(answer->bytes, head, (size_t)head_length);
    memcpy(answer->bytes + head_length, body, body_length);
    answer->length = head_length + (int)body_length;
    answer->path_length = (size_t)snprintf(answer->path, sizeof answer->path, "/%s", name);
    answer_count++;
    free(body);
}

static void load_answers(const char *folder)
{
    DIR *directory = opendir(folder);

    if (directory == NULL) {
        die(folder);
    }
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (entry->d_name[0] != '.') {
            load_answer(folder, entry->d_name);
        }
    }
    closedir(directory);
}

/* "/users" and "/users/KEY", with or without a query, are answered by `users`. */
static const struct answer *find_answer(const char *uri)
{
    size_t length = 0;

    if (uri != NULL && uri[0] == '/') {
        length = 1 + strcspn(uri + 1, "/?");
    }
    for (size_t i = 0; i < answer_count; i++) {
        if (answers[i].path_length == length && memcmp(answers[i].path, uri, length) == 0) {
            return &answers[i];
        }
    }
    return NULL;
}

/* ---- one connection ---- */

enum look { LOOK_COMPLETE, LOOK_PARTIAL, LOOK_CLOSED };

/* Is there one whole request? libfcgi would block on a part of one, so walk the records up to the empty STDIN. */
static enum look look(int fd)
{
    static unsigned char seen[MAX_REQUEST];
    ssize_t length = recv(fd, seen, sizeof seen, MSG_PEEK | MSG_DONTWAIT);

    if (length < 0 && (errno == EAGAIN || errno == EINTR)) {
        return LOOK_PARTIAL;
    }
    if (length <= 0 || length == (ssize_t)sizeof seen) {
        return LOOK_CLOSED;
    }
    for (ssize_t at = 0; at + RECORD_HEADER <= length;) {
        const unsigned char *record = seen + at;
        ssize_t content = record[4] << 8 | record[5];

        if (record[1] == RECORD_STDIN && content == 0) {
            return LOOK_COMPLETE;
        }
        at += RECORD_HEADER + content + record[6];
    }
    return LOOK_PARTIAL;
}

static void close_connection(FCGX_Request *request)
{
    int fd = request->ipcFd;

    FCGX_Free(request, 0);
    if (fd >= 0) {
        close(fd); /* also leaves the epoll set: nobody else holds the file */
    }
    free(request);
}

static void answer_request(FCGX_Request *request)
{
    static const char not_found[] = "Status: 404\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: 2\r\n\r\n{}";
    char rest[4096];

    if (FCGX_Accept_r(request) < 0) {
        close_connection(request);
        return;
    }
    while (FCGX_GetStr(rest, sizeof rest, request->in) > 0) {
        /* what is left of a body would become the start of the next request */
    }
    const struct answer *answer = find_answer(FCGX_GetParam("REQUEST_URI", request->envp));
    if (answer != NULL) {
        FCGX_PutStr(answer->bytes, answer->length, request->out);
    } else {
        FCGX_PutStr(not_found, (int)sizeof not_found - 1, request->out);
    }
    FCGX_Finish_r(request);
    if (request->ipcFd < 0) { /* nginx did not ask to keep it */
        free(request);
    }
}

static void serve_connection(FCGX_Request *request)
{
    switch (look(request->ipcFd)) {
    case LOOK_COMPLETE:
        answer_request(request);
        break;
    case LOOK_PARTIAL: /* nginx writes a request in one go: the rest is here in a moment */
        break;
    case LOOK_CLOSED:
        close_connection(request);
        break;
    }
}

/* ---- one worker ---- */

static void accept_connection(int epoll, int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

    if (fd < 0) {
        return; /* a sibling was faster */
    }
    FCGX_Request *request = malloc(sizeof *request);
    if (request == NULL || FCGX_InitRequest(request, -1, 0) != 0) {
        die("connection");
    }
    request->ipcFd = fd;
    request->keepConnection = 1; /* or FCGX_Accept_r closes it before the first request */
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = request};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        die("epoll_ctl");
    }
}

static void on_term(int number)
{
    (void)number;
    _exit(0);
}

static void on_pipe(int number)
{
    (void)number;
}

static void work(int listener)
{
    struct epoll_event events[MAX_EVENTS];
    struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE, .data.ptr = NULL};
    int epoll = epoll_create1(EPOLL_CLOEXEC);

    signal(SIGTERM, on_term); /* before FCGX_Init, which leaves handlers alone that it finds */
    signal(SIGPIPE, on_pipe);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (FCGX_Init() != 0 || epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) != 0) {
        die("worker");
    }
    for (;;) {
        int count = epoll_wait(epoll, events, MAX_EVENTS, -1);

        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == NULL) {
                accept_connection(epoll, listener);
            } else {
                serve_connection(events[i].data.ptr);
            }
        }
    }
}

/* ---- the pool ---- */

static int open_listener(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        die(path);
    }
    memcpy(address.sun_path, path, strlen(path));
    unlink(path);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, BACKLOG) != 0) {
        die(path);
    }
    return fd;
}

static void stop_workers(int number)
{
    (void)number;
    for (int i = 0; i < worker_count; i++) {
        if (workers[i] > 0) {
            kill(workers[i], SIGTERM);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc < 3 || argc > 4 || (argc == 4 && (worker_count = atoi(argv[3])) < 1) || worker_count > MAX_WORKERS) {
        fprintf(stderr, "usage: limit SOCKET FOLDER [WORKERS]\n");
        return 64;
    }
    load_answers(argv[2]);
    int listener = open_listener(argv[1]);
    for (int i = 0; i < worker_count; i++) {
        workers[i] = fork();
        if (workers[i] < 0) {
            die("fork");
        }
        if (workers[i] == 0) {
            work(listener);
        }
    }
    signal(SIGTERM, stop_workers);
    signal(SIGINT, stop_workers);
    while (wait(NULL) > 0 || errno == EINTR) {
        /* until all are gone */
    }
    unlink(argv[1]);
    return 0;
}
