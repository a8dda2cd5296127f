# SPDX-License-Identifier: MIT
"""Nothing is lost: not by KILL of a worker or of its connection to the database, not by TERM, not by HUP. The pool runs
as an unprivileged user, as everywhere here, and connects by a unix socket, and once more by TCP with TLS."""
import collections
import errno
import os
import random
import re
import select
import signal
import time

import pytest

import certificates
import fcgi
import load
import mysql
import servers
from servers import USERS, until


SLOW = "CREATE VIEW slow AS SELECT u.id, SLEEP(0.3) AS pause FROM users u WHERE u.id = 1"


def opened(pool):
    """Of each connection to the database what is logged of it."""
    return [*pool.log("database-open"), *pool.log("database-back")]


class Shop:
    """A schema, and how the pool gets there."""

    def __init__(self, database, tls):
        self.database, self.tls = database, tls
        self.schema = database.schema(*USERS, SLOW)
        self.url = self.schema.url(tcp=tls) + (f"?{certificates.OPTION}={certificates.WITH}" if tls else "")

    def check(self, pool):
        """Its connections were what they had to be."""
        assert opened(pool) and {entry["tls"][:6] for entry in opened(pool)} == {"TLSv1." if self.tls else "none"}


@pytest.fixture(scope="module", params=["plain", pytest.param("tls", marks=pytest.mark.slow)])
def shop(request, lab, database):
    tls = request.param == "tls"
    if not tls or mysql.HERE:  # a MySQL offers TLS by itself
        yield Shop(database, tls)
        return
    own = certificates.Protected(lab, *certificates.authority_and_pair(lab))
    yield Shop(own, tls)
    own.kill()


@pytest.fixture
def start_pool(start_pool, shop):
    pools = []

    def start(*arguments, **settings):
        pools.append(start_pool(shop.url, *arguments, **settings))
        return pools[-1]

    yield start
    for pool in pools:
        shop.check(pool)


class Checked(load.Script):
    """Asks until the end; remembers what was not the right answer."""

    ASKED = (("/users", b'[{"id":1,"username":"admin"'), ("/users/2", b'{"id":2,"username":"guest"'))

    def __init__(self, end):
        self.end, self.count, self.failed, self.at = end, 0, [], 0

    def request(self):
        self.at = (self.at + 1) % len(self.ASKED)
        return load.get(self.ASKED[self.at][0]) if time.monotonic() < self.end else None

    def answer(self, status, head, body, began, ended):
        self.count += 1
        if status != 200 or not body.startswith(self.ASKED[self.at][1]):
            self.failed.append((status, bytes(body[:100]), round(ended - began, 3)))

    def broken(self, why):
        self.failed.append((0, why, 0))


def run(address, seconds, clients):
    end = time.monotonic() + seconds
    scripts = [Checked(end) for _ in range(clients)]
    load.drive(address, scripts)
    return sum(script.count for script in scripts), [failure for script in scripts for failure in script.failed]


def test_a_kill_every_100_ms_costs_no_get(start_pool, start_nginx):
    pool = start_pool(workers=4)
    pool.deaths_expected = True
    front = start_nginx(pool)
    clients = load.InProcess(run, ("127.0.0.1", front.port), 10, 32)
    dice, killed, until_when = random.Random(3), 0, time.monotonic() + 10
    while time.monotonic() < until_when:
        time.sleep(0.1)
        if servers.FACTOR > 1:  # in a build in which a connect by TLS takes half a second: some have to be there
            until(lambda: pool.metric("myrest_workers_ready") >= 3, 10)
        workers = pool.workers()
        if workers:
            os.kill(dice.choice(workers), signal.SIGKILL)
            killed += 1
    count, failed = clients.result(40 * servers.FACTOR)
    print(f"{killed} kills, {count} requests, {len(failed)} failed")
    assert killed > 30 / servers.FACTOR and count > 1000
    assert not failed, failed[:5]
    until(lambda: len(pool.workers()) == 4, 10)
    assert pool.metric("myrest_worker_restarts_total") >= killed * 0.9


@pytest.mark.parametrize("shop", ["plain", "tls"], indirect=True)
def test_a_kill_of_a_connection_to_the_database_costs_no_get(shop, start_pool, start_nginx):
    """Nor a worker. What was asked is asked once more, so all are back before the next one is killed."""
    pool = start_pool(workers=4)
    front = start_nginx(pool)
    clients = load.InProcess(run, ("127.0.0.1", front.port), 6, 32)
    dice, killed, until_when = random.Random(3), 0, time.monotonic() + 6
    while time.monotonic() < until_when:
        time.sleep(0.1)
        there = until(lambda: len(found := shop.schema.pool_connections()) == 4 and found, 5)
        shop.schema.sql(f"KILL {dice.choice(there)}")
        killed += 1
        until(lambda: len(opened(pool)) == 4 + killed, 5, why="a connection did not come back")
    count, failed = clients.result(40 * servers.FACTOR)
    print(f"{killed} kills, {count} requests, {len(failed)} failed")
    assert killed > 10 / servers.FACTOR and count > 1000
    assert not failed, failed[:5]
    until(lambda: pool.metric("myrest_workers_ready") == 4, 5)
    assert not pool.log("worker-exit")


class Marked(load.Script):
    """Every request has a name of its own, which stands in its statement."""

    def __init__(self, number, end):
        self.number, self.end, self.asked, self.failed = number, end, 0, []

    def request(self):
        if time.monotonic() > self.end:
            return None
        self.asked += 1
        return load.get(f"/users?username=eq.mark-{self.number}-{self.asked}-")

    def answer(self, status, head, body, began, ended):
        if status != 200 or body.strip() != b"[]":
            self.failed.append((status, bytes(body[:100])))

    def broken(self, why):
        self.failed.append((0, why))


def run_marked(address, seconds, clients):
    end = time.monotonic() + seconds
    scripts = [Marked(number, end) for number in range(clients)]
    load.drive(address, scripts)
    return sum(script.asked for script in scripts), [failure for script in scripts for failure in script.failed]


def test_ten_hups_under_load_lose_nothing_and_ask_nothing_twice(shop, start_pool, start_nginx):
    database = shop.database
    pool = start_pool()
    front = start_nginx(pool)
    log = database.home / f"general-hup{front.port}"  # another one has the same marks
    database.sql(f"SET GLOBAL general_log_file = '{log}'", "SET GLOBAL general_log = 1")
    try:
        before = pool.metric("myrest_requests_total")
        clients = load.InProcess(run_marked, ("127.0.0.1", front.port), 6, 32)
        seen = set(pool.workers())
        for _ in range(10):
            time.sleep(0.5)
            pool.signal(signal.SIGHUP)
            time.sleep(0.02)
            seen |= set(pool.workers())
        count, failed = clients.result(40 * servers.FACTOR)
        until(lambda: len(pool.workers()) == 2, 10)
    finally:
        database.sql("SET GLOBAL general_log = 0")
    assert count > 1000
    assert not failed, failed[:5]
    marks = collections.Counter(
        re.findall(r"\b(?:Query|Execute)\b.*?(mark-\d+-\d+-)", log.read_text("utf-8", "replace"))
    )
    twice = {mark: times for mark, times in marks.items() if times != 1}
    assert not twice, list(twice.items())[:5]
    assert len(marks) == count
    assert pool.counted(before + count)["myrest_requests_total"] == before + count
    tried = [upstream for _, _, upstream, _, target in front.tried() if "mark-" in target]
    assert len(tried) == count
    assert [upstream for upstream in tried if upstream != ["200"]] == []
    assert len(pool.log("reload")) == 10
    assert not seen & set(pool.workers()) or len(seen) >= 6


class Kept:
    """One kept FastCGI connection, driven by hand. On a unix socket a close with unread bytes is a reset, a close
    after all was read is an end of file: so one can tell a request that was read from one that was not."""

    def __init__(self, pool, target):
        self.connection = pool.fcgi()
        self.socket, self.target = self.connection.socket, target
        self.socket.setblocking(False)
        self.pending, self.asked, self.buffer, self.answered, self.end = None, 0, b"", 0, None

    def ask(self, now, data=None):
        try:
            self.socket.send(fcgi.encode("GET", self.target) if data is None else data)
            self.pending, self.asked, self.buffer = now, self.asked + 1, b""
        except OSError as why:
            self.end = ("not sent", why.errno)

    def read(self):
        try:
            data = self.socket.recv(1 << 16)
        except BlockingIOError:
            return False
        except OSError as why:
            self.end = ("reset", why.errno)
            return False
        if not data:
            self.end = ("eof", 0)
            return False
        self.buffer += data
        if fcgi.record(fcgi.END, b"\0" * 8) in self.buffer:
            assert b"Status: 200" in self.buffer or b"Status" not in self.buffer, self.buffer[:200]
            self.pending = None
            self.answered += 1
            return True
        return False


def test_term_under_load_answers_every_request_that_was_read(start_pool):
    for round_number in range(5):
        pool = start_pool("users,slow", workers=4)
        fast = [Kept(pool, "/users") for _ in range(32)]
        slow = [Kept(pool, "/slow") for _ in range(2)]
        half = [Kept(pool, "/users/1") for _ in range(4)]
        connections = {kept.socket.fileno(): kept for kept in fast + slow + half}
        poll = select.epoll()
        for descriptor in connections:
            poll.register(descriptor, select.EPOLLIN)
        now = began = time.monotonic()
        for kept in fast + slow + half:
            kept.ask(now)
        data = fcgi.encode("GET", "/users/1")
        term = finished = None
        begun = False
        while now - began < 15 * servers.FACTOR:
            now = time.monotonic()
            if not begun and now - began > 0.6:
                for kept in half:
                    kept.ask(now, data[:40])
                begun = True
            if term is None and now - began > 0.7 + round_number * 0.013:
                pool.process.send_signal(signal.SIGTERM)
                term = time.monotonic()
            if term and not finished and now - term > 0.1:
                for kept in half:
                    kept.socket.send(data[40:])
                finished = now
            for descriptor, _ in poll.poll(0.005):
                kept = connections[descriptor]
                if kept.read() and kept not in half:
                    kept.ask(time.monotonic())
                if kept.end:
                    poll.unregister(descriptor)
                    del connections[descriptor]
            if not connections:
                break
        left = {kept.target: kept.asked for kept in connections.values()}
        assert not connections, f"the drain does not end while clients go on asking: {left}"
        assert time.monotonic() - term < 5 * servers.FACTOR, "the drain takes long while clients go on asking"
        assert pool.process.wait(10 * servers.FACTOR) == 0
        pool.check_log()
        everybody = fast + slow + half
        assert sum(kept.answered for kept in fast) > 100
        for kept in everybody:
            if kept.pending is None:
                continue
            assert (
                kept.pending > term
            ), f"asked {term - kept.pending:.3f} s before TERM, never answered: {kept.end} {kept.target}"
            assert kept.end[0] != "eof", f"read and not answered: {kept.target} {kept.buffer!r}"
            assert kept.end in (("reset", errno.ECONNRESET), ("not sent", errno.EPIPE)), kept.end
        for kept in half:
            assert kept.answered == 2, (kept.end, kept.answered)


def test_term_under_load_behind_nginx_gives_whole_answers_or_502(start_pool, start_nginx):
    pool = start_pool()
    front = start_nginx(pool)
    clients = load.InProcess(run, ("127.0.0.1", front.port), 2, 32)
    time.sleep(1)
    pool.process.send_signal(signal.SIGTERM)
    assert pool.process.wait(10 * servers.FACTOR) == 0
    count, failed = clients.result(30 * servers.FACTOR)
    assert count - len(failed) > 200
    assert {failure[0] for failure in failed} <= {502}, failed[:3]
