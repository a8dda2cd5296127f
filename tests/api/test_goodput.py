# SPDX-License-Identifier: MIT
"""Four times as much is asked as can be done, by clients that do not wait for each other's answers."""
import collections
import json
import select
import socket
import time

import pytest

import servers
from writing import GRANT

WORKERS = 4
SECONDS = 6
PATIENCE = 10  # seconds after which a client gives up


class Load:
    """Requests that begin when they are due, whatever has become of those before them, each on a connection of its own."""

    def __init__(self, web, request):
        self.web, self.request = web, request
        self.answers = []  # (when it was due, when it came, status, body)
        self.waiting = {}
        self.poll = select.epoll()

    def begin(self, number, due):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex((self.web.host, self.web.port))
        self.waiting[client.fileno()] = [client, due, self.request(number), b""]
        self.poll.register(client.fileno(), select.EPOLLOUT)

    def end(self, descriptor, status=None):
        client, due, _, got = self.waiting.pop(descriptor)
        self.poll.unregister(descriptor)
        client.close()
        self.answers.append((due, time.monotonic(), status or int(got[9:12] or 0), got))

    def step(self):
        for descriptor, events in self.poll.poll(0.002):
            client, _, request, got = self.waiting[descriptor]
            try:
                if request:
                    client.send(request)
                    self.waiting[descriptor][2] = b""
                    self.poll.modify(descriptor, select.EPOLLIN)
                    continue
                more = client.recv(65536)
            except OSError:
                self.end(descriptor, -1)
                continue
            self.waiting[descriptor][3] = got + more
            if not more:
                self.end(descriptor)
        for descriptor, (_, due, *_) in [*self.waiting.items()][:20]:
            if time.monotonic() - due > PATIENCE:
                self.end(descriptor, -2)

    def closed(self, clients, seconds):
        """So many at a time."""
        started, number = time.monotonic(), 0
        while time.monotonic() - started < seconds:
            while len(self.waiting) < clients:
                self.begin(number, time.monotonic())
                number += 1
            self.step()
        while self.waiting:
            self.step()
        return started

    def open(self, rate, seconds):
        started, number = time.monotonic(), 0
        while time.monotonic() - started < seconds:
            while number < (time.monotonic() - started) * rate:
                self.begin(number, started + number / rate)
                number += 1
            self.step()
        while self.waiting:
            self.step()
        return started

    def good(self, began, ended):
        return sum(1 for _, when, status, _ in self.answers if status in (200, 204) and began <= when < ended)


def read(number):
    """No two that wait together can share a statement."""
    return f"GET /slow?id=eq.{number % 500 + 1}&v=gt.-{number + 1} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()


def write(number):
    body = json.dumps({"v": number}).encode()
    head = f"PATCH /notes/{number % 500 + 1} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json"
    return f"{head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.mark.parametrize("request_of", [read, write])
def test_goodput_under_four_times_the_capacity(database, start_pool, start_nginx, request_of):
    schema = database.schema(
        "CREATE TABLE notes (id INT PRIMARY KEY, v INT NOT NULL)",
        "INSERT INTO notes SELECT seq, 0 FROM seq_1_to_500",
        "CREATE TRIGGER slowly BEFORE UPDATE ON notes FOR EACH ROW SET NEW.v = NEW.v + SLEEP(0.02)",
        "CREATE VIEW slow AS SELECT id, v, SLEEP(0.02) AS pause FROM notes",
        grant=GRANT,
    )
    pool = start_pool(schema.url(), "notes,slow", workers=WORKERS, MYREST_WRITABLE="notes", MYREST_QUEUE_MS=1000,
                      MYREST_SLOW_WORKERS=0)  # fmt: skip
    web = start_nginx(pool)
    load = Load(web, request_of)
    started = load.closed(2 * WORKERS, 2)
    peak = load.good(started + 0.5, started + 2) / 1.5

    load = Load(web, request_of)
    started = load.open(4 * peak, SECONDS)
    goodput = load.good(started + 2, started + SECONDS) / (SECONDS - 2)
    waits = sorted(came - due for due, came, status, _ in load.answers if status in (200, 204))
    slow = waits[int(len(waits) * 0.99)]
    counts = collections.Counter(status for _, _, status, _ in load.answers)
    recovered = time.monotonic()
    servers.until(lambda: web.get("/notes/1").status == 200, 1)
    recovered = time.monotonic() - recovered
    print(f"peak {peak:.0f}/s, at four times as much {goodput:.0f}/s ({goodput / peak:.2f}), p99 {slow:.2f} s, {dict(counts)}, "
          f"recovery {recovered:.2f} s, hand-overs {pool.metric('myrest_handovers_total') / len(load.answers):.2f} each")  # fmt: skip
    assert set(counts) == {200 if request_of is read else 204, 503}, counts
    assert all(b'"PGRST003"' in body for _, _, status, body in load.answers if status == 503)
    assert goodput > 0.8 * peak
    assert slow < 3
    assert recovered < 1
