# SPDX-License-Identifier: MIT
"""What was acknowledged is read by whoever asks afterwards."""
import collections
import socket
import time

import load
import servers
from write_killing import together
from write_killing import w, writable  # noqa: F401 (fixtures)
from writing import encode


class Reader(load.Script):
    """Reads what the writers write, so that their own reads share statements with others."""

    TARGETS = ["/counters", "/counters/1", "/counters/2", "/counters?id=eq.3", "/counters?order=id", "/counters/4"]

    def __init__(self, number, end):
        self.number, self.end, self.count, self.failed = number, end, 0, []

    def request(self):
        if time.monotonic() > self.end:
            return None
        self.count += 1
        return load.get(self.TARGETS[(self.number + self.count) % len(self.TARGETS)])

    def answer(self, status, head, body, began, ended):
        if status != 200:
            self.failed.append((status, bytes(body[:200])))


def read_on(address, seconds, clients):
    scripts = [Reader(number, time.monotonic() + seconds) for number in range(clients)]
    load.drive(address, scripts)
    return sum(script.count for script in scripts), [failure for script in scripts for failure in script.failed]


def test_what_was_acknowledged_is_read_by_whoever_asks_afterwards(w):
    """A read that begins after the answer to a write sees it: the writer's own, and everybody else's."""
    seconds = 5
    merged_before = w.pool.metric("myrest_requests_total")
    background = load.InProcess(read_on, ("127.0.0.1", w.web.port), seconds, 24)
    stop = time.monotonic() + seconds
    published = [0] * 9
    checks = collections.Counter()

    def writer(number):
        mine = number + 1
        n = 0
        while time.monotonic() < stop:
            n += 1
            target = f"/counters/{mine}" if n % 2 else f"/counters?id=eq.{mine}"
            response = w.patch(target, {"n": n, "twin": n})
            assert response.status == 204, response
            published[mine] = n
            for read in (f"/counters/{mine}", f"/counters?id=eq.{mine}", "/counters", "/counters?order=id"):
                answer = w.json(read)
                rows = answer if isinstance(answer, list) else [answer]
                [row] = [row for row in rows if row["id"] == mine]
                assert row["n"] == row["twin"] == n, f"{read}: {row['n']}, {row['twin']} was read after {n} had been acknowledged"
                checks["own"] += 1

    def other(number):
        while time.monotonic() < stop:
            before = list(published)
            rows = w.json("/counters")
            for row in rows:
                if row["id"] <= 4:
                    assert row["n"] >= before[row["id"]], f"counter {row['id']}: {row['n']} was read, {before[row['id']]} had been acknowledged"
                    assert row["n"] == row["twin"]
            checks["others"] += 1

    together(6, lambda number: writer(number) if number < 4 else other(number))
    count, failed = background.result(30 * servers.FACTOR)
    print(checks, count, "reads beside")
    assert not failed, failed[:3]
    assert checks["own"] > 100 and checks["others"] > 20
    assert w.pool.metric("myrest_requests_total") > merged_before


def test_a_row_that_was_made_is_found_and_one_that_was_deleted_is_not(w):
    stop = time.monotonic() + 3
    background = load.InProcess(read_on, ("127.0.0.1", w.web.port), 3, 16)

    def client(number):
        turns = 0
        while time.monotonic() < stop:
            turns += 1
            key = 100000 + number * 10000 + turns
            assert w.post("/items", {"id": key, "owner": number, "code": f"c{key}"}).status == 201
            assert w.get(f"/items/{key}").status == 200, "made, and not found"
            assert w.json(f"/items?code=eq.c{key}&select=id") == [{"id": key}]
            assert w.delete(f"/items/{key}").status == 204
            assert w.get(f"/items/{key}").status == 404, "deleted, and found"
            assert w.json(f"/items?code=eq.c{key}") == []
        return turns

    assert sum(together(6, client)) > 20
    background.result(30 * servers.FACTOR)


def test_two_writes_of_one_client_are_in_their_order(w):
    """Requests one after another on one kept connection, over whichever worker has it."""
    with socket.create_connection((w.web.host, w.web.port), 20) as connection:
        file = connection.makefile("rb")
        for n in range(200):
            body = encode({"n": n, "twin": n})
            connection.sendall(b"PATCH /counters/5 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            line = file.readline()
            assert line.startswith(b"HTTP/1.1 204"), line
            while file.readline() not in (b"\r\n", b""):
                pass
    assert w.rows("SELECT n FROM counters WHERE id = 5") == [(199,)]
