# SPDX-License-Identifier: MIT
"""Raw FastCGI, all that a client can do to a connection at once, while workers are renewed and killed.

No worker ends but by KILL; what is answered is right; what is sent whole is answered, unless the worker was killed over
it; a write that is acknowledged is there once. `make check-storm` runs it for half an hour.
"""
import collections
import errno
import json
import os
import random
import signal
import socket
import struct
import threading
import time

import pytest

import fcgi
import servers
from servers import ADMIN, GUEST, until

SECONDS = float(os.environ.get("MYREST_STORM_SECONDS", "8"))
SEED = int(os.environ.get("MYREST_STORM_SEED", "1"))
CLIENTS = 6
WAIT = 20 * servers.FACTOR
TABLES = (
    *servers.USERS,
    "CREATE TABLE tokens (token VARCHAR(40))",
    "CREATE TABLE large (id INT PRIMARY KEY, body VARCHAR(200))",
    "INSERT INTO large SELECT seq, REPEAT('x', 200) FROM seq_1_to_2000",
)
LARGE = 2000


def is_users(answer):
    return answer.status == 200 and json.loads(answer.body) == [ADMIN, GUEST]


def is_admin(answer):
    return answer.status == 200 and json.loads(answer.body) == ADMIN


def is_large(answer):
    return answer.status == 200 and [row["id"] for row in json.loads(answer.body)] == list(range(1, LARGE + 1))


def has_status(status):
    return lambda answer: answer.status == status


READS = [
    ("GET", "/users", is_users),
    ("GET", "/users", is_users),
    ("GET", "/users/1", is_admin),
    ("GET", "/users?id=eq.1&select=id", has_status(200)),
    ("HEAD", "/users", has_status(200)),
    ("GET", "/large?order=id", is_large),
    ("GET", "/", has_status(200)),
]
AT_ONCE = [  # without the database
    ("GET", "/nothing", has_status(404)),
    ("GET", "/users/99", has_status(404)),
    ("GET", "/users?x", has_status(400)),
    ("OPTIONS", "/users", has_status(200)),
    ("DELETE", "/users", has_status(405)),
    ("POST", "/tokens", has_status(400)),
]


class Storm:
    def __init__(self, pool):
        self.pool = pool
        self.ending = time.monotonic() + SECONDS
        self.kills, self.renewals = [], []  # moments
        self.done = collections.Counter()
        self.faults = []
        self.sent, self.acknowledged = set(), set()
        self.lock = threading.Lock()

    def over(self):
        return time.monotonic() > self.ending or self.faults

    def happened(self, moments, began):
        """Whether one of the moments lies in the time since then; what follows from it may be seen a little later."""
        return any(moment > began - 1 for moment in list(moments))

    def connect(self):
        return until(self.try_to_connect, WAIT / servers.FACTOR)

    def try_to_connect(self):
        try:
            return self.pool.fcgi(WAIT / servers.FACTOR)
        except OSError:  # the backlog is full
            return None


class Client(threading.Thread):
    def __init__(self, storm, number):
        super().__init__()
        self.storm, self.number = storm, number
        self.dice = random.Random(SEED * 1000 + number)
        self.count = 0

    def run(self):
        ways = [self.alone, self.alone, self.kept, self.pipelined, self.pipelined, self.half_closed, self.half_closed,
                self.aborted, self.reset, self.cut_short, self.dribbled, self.unread, self.garbage]  # fmt: skip
        try:
            while not self.storm.over():
                way = self.dice.choice(ways)
                began = time.monotonic()
                try:
                    with self.storm.connect() as connection:
                        way(connection, began)
                except OSError as fault:  # while sending: the worker was killed, retires, or refuses what comes
                    assert fault.errno in (errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN), fault
                with self.storm.lock:
                    self.storm.done[way.__name__] += 1
        except Exception as fault:  # for the test to show
            self.storm.faults.append(f"{self.number}: {fault!r}")

    def new_request(self, writes=0.15):
        """Method, target, body, what the answer has to be, and the token that is written, or None."""
        if self.dice.random() < writes:
            self.count += 1
            token = f"{self.number}.{self.count}"
            with self.storm.lock:
                self.storm.sent.add(token)
            return "POST", "/tokens", json.dumps({"token": token}).encode(), has_status(201), token
        method, target, right = self.dice.choice(READS + AT_ONCE)
        return method, target, b"{" if method == "POST" else b"", right, None

    def encoded(self, request, keep=True):
        method, target, body = request[:3]
        extra = {"CONTENT_TYPE": "application/json"} if body else None
        return fcgi.encode(method, target, body=body, keep=keep, extra=extra, padding=self.dice.choice((0, 0, 7)))

    def judge(self, request, answer, began, must_come):
        """must_come: by what alone it may be missing."""
        if answer.ended:
            if answer.status == 503 and self.storm.happened(self.storm.kills, began):
                return
            assert request[3](answer), f"{request[:2]}: {answer}"
            if request[4] is not None:
                with self.storm.lock:
                    self.storm.acknowledged.add(request[4])
            return
        assert answer.cut != "timeout", f"{request[:2]} hangs: {answer}"
        assert self.storm.happened(must_come, began), f"{request[:2]} is lost: {answer}"

    def alone(self, connection, began):
        request = self.new_request()
        connection.send(self.encoded(request, keep=False))
        self.judge(request, connection.read(), began, self.storm.kills)

    def kept(self, connection, began):
        """One after the other. Between two of them a worker that retires may close the connection."""
        for number in range(self.dice.randint(2, 10)):
            request = self.new_request()
            connection.send(self.encoded(request))
            answer = connection.read()
            self.judge(request, answer, began, self.storm.kills if number == 0 else self.storm.kills + self.storm.renewals)
            if not answer.ended:
                return

    def pipelined(self, connection, began):
        requests = [self.new_request() for _ in range(self.dice.randint(2, 20))]
        connection.send(b"".join(self.encoded(request) for request in requests))
        for number, request in enumerate(requests):
            answer = connection.read()
            self.judge(request, answer, began, self.storm.kills if number == 0 else self.storm.kills + self.storm.renewals)
            if not answer.ended:
                return

    def half_closed(self, connection, began):
        requests = [self.new_request() for _ in range(self.dice.randint(1, 4))]
        connection.send(b"".join(self.encoded(request) for request in requests))
        connection.socket.shutdown(socket.SHUT_WR)
        for request in requests:  # answered, or left: nobody waits, by the look of it
            answer = connection.read()
            if not answer.ended:
                assert answer.cut != "timeout", f"{request[:2]} hangs"
                return
            self.judge(request, answer, began, self.storm.kills)

    def aborted(self, connection, began):
        request = self.new_request()
        data = self.encoded(request)
        connection.send(data[: self.dice.choice((16, len(data) // 2, len(data)))])
        for _ in range(self.dice.randint(1, 3)):
            connection.send(fcgi.record(fcgi.ABORT, ident=self.dice.choice((1, 1, 2))))
        if self.dice.random() < 0.5:
            connection.send(self.encoded(self.new_request()))
        connection.socket.settimeout(self.dice.random() * 0.1)
        try:
            connection.socket.recv(1000)
        except (OSError, socket.timeout):
            pass

    def reset(self, connection, began):
        data = b"".join(self.encoded(self.new_request()) for _ in range(self.dice.randint(1, 3)))
        connection.send(data[: self.dice.randint(1, len(data))])
        time.sleep(self.dice.choice((0, 0, 0.002)))
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def cut_short(self, connection, began):
        data = self.encoded(self.new_request())
        connection.send(data[: self.dice.randint(1, len(data) - 1)])
        if self.dice.random() < 0.5:
            connection.socket.shutdown(socket.SHUT_WR)
            assert connection.closed_within(WAIT) is not None, "a request that is cut short is waited for"

    def dribbled(self, connection, began):
        request = self.new_request()
        data = self.encoded(request)
        while data:
            size = self.dice.choice((1, 3, 7, 100, 5000))
            connection.send(data[:size])
            data = data[size:]
        self.judge(request, connection.read(), began, self.storm.kills)

    def unread(self, connection, began):
        """A part of a long answer, and then no more."""
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.send(fcgi.encode("GET", "/large?order=id"))
        connection.socket.recv(self.dice.choice((1, 1000, 30000)))

    def garbage(self, connection, began):
        data = bytearray(self.encoded(self.new_request(writes=0)))
        for _ in range(self.dice.randint(1, 20)):
            data[self.dice.randrange(len(data))] = self.dice.randrange(256)
        connection.send(bytes(data))
        connection.socket.shutdown(socket.SHUT_WR)
        connection.closed_within(1)


def trouble(storm, dice):
    """HUP and KILL, apart and together."""
    while not storm.over():
        time.sleep(dice.choice((0.05, 0.3, 0.6)) * servers.FACTOR)
        if dice.random() < 0.5:
            storm.renewals.append(time.monotonic())
            storm.pool.signal(signal.SIGHUP)
            time.sleep(0.1)
            storm.renewals.append(time.monotonic())
        elif workers := storm.pool.workers():
            storm.kills.append(time.monotonic())  # before anybody can see what follows from it
            try:
                os.kill(dice.choice(workers), signal.SIGKILL)
            except ProcessLookupError:
                pass
            storm.kills.append(time.monotonic())


@pytest.mark.parametrize("listen", ["unix", "tcp"])
def test_a_storm(database, start_pool, listen):
    schema = database.schema(*TABLES, grant="SELECT, INSERT")
    port = servers.free_port()
    settings = {"listen": f"127.0.0.1:{port}"} if listen == "tcp" else {}
    pool = start_pool(schema.url(), "users,tokens,large", workers=3, MYREST_WRITABLE="tokens", MYREST_MAX_ROWS=LARGE,
                      MYREST_BUFFER_BYTES=65536, MYREST_REQUEST_TIMEOUT=round(5 * servers.FACTOR), **settings)  # fmt: skip
    pool.deaths_expected = True
    if listen == "tcp":
        pool.address = ("127.0.0.1", port)
    storm = Storm(pool)
    clients = [Client(storm, number) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    trouble(storm, random.Random(SEED))
    for client in clients:
        client.join()
    assert not storm.faults, storm.faults
    ended = [(entry.get("status"), entry.get("signal")) for entry in pool.log("worker-exit")]
    odd = [each for each in ended if each[1] not in (None, 0, 9) or (not each[1] and each[0] not in (None, 0))]
    assert not odd, f"workers ended by themselves: {odd}"
    assert sum(each[1] == 9 for each in ended) <= len(storm.kills) // 2
    assert len(storm.done) >= 8 and storm.kills and storm.renewals, storm.done  # of ten ways
    until(lambda: pool.metric("myrest_workers_ready") == 3, 10)
    for _ in range(30):
        assert is_users(pool.ask("/users")) and is_large(pool.ask("/large?order=id"))
    rows = collections.Counter(row[0] for row in schema.sql("SELECT token FROM tokens"))
    assert storm.acknowledged and storm.acknowledged <= rows.keys() <= storm.sent
    assert set(rows.values()) == {1}
    until(lambda: max(len(os.listdir(f"/proc/{pid}/fd")) for pid in pool.workers()) < 40, 10)
    print(dict(storm.done), f"{len(storm.kills) // 2} kills, {len(storm.acknowledged)} of {len(storm.sent)} writes")
