# SPDX-License-Identifier: MIT
"""What the tests of slow statements share: clients that ask without pause, what is slow, bursts."""
import threading
import time

import pytest

import fcgi
from writing import GRANT

WORKERS, CLIENTS = 4, 16


class Clients:
    """Each asks without pause, each on a connection that it keeps; .took has the times of each one's answers."""

    def __init__(self, web, count, target, limit=None):
        self.web, self.stop, self.took, self.wrong = web, threading.Event(), [[] for _ in range(count)], []
        self.threads = [threading.Thread(target=self.ask, args=(number, target), daemon=True) for number in range(count)]
        self.limit = limit

    def ask(self, number, target):
        turn = 0
        while not self.stop.is_set():
            turn += 1
            began = time.monotonic()
            answer = self.web.get(target(number, turn))
            self.took[number].append(time.monotonic() - began)
            if answer.status != 200:
                self.wrong.append(answer)
            if self.limit:
                time.sleep(self.limit)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join(60)

    def all(self):
        return sorted(one for each in self.took for one in each)


@pytest.fixture(params=[0])
def mixed(request, database, start_pool, start_nginx):
    schema = database.schema(
        "CREATE TABLE notes (id INT PRIMARY KEY, v INT NOT NULL)",
        "INSERT INTO notes SELECT seq, 0 FROM seq_1_to_500",
        "CREATE VIEW slow AS SELECT id, v, SLEEP(0.5) AS pause FROM notes",
        grant=GRANT,
    )
    pool = start_pool(schema.url(), "notes,slow", workers=WORKERS, MYREST_WRITABLE="notes", MYREST_QUEUE_MS=20000,
                      MYREST_SLOW_WORKERS=request.param)  # fmt: skip
    return pool, schema, start_nginx(pool)


def slow(number, turn):
    return f"/slow?id=eq.{number + 1}&v=gt.-{turn}"


def burst(pool, requests):
    """All at the same moment, each on a connection of its own."""
    asked = [pool.fcgi(60) for _ in requests]
    for connection, request in zip(asked, requests):
        connection.send(fcgi.encode(*request))
    return asked


def lookups(web, seconds):
    """How long key lookups take, one after the other, of the longest ones."""
    took, ending = [], time.monotonic() + seconds
    while time.monotonic() < ending:
        began = time.monotonic()
        answer = web.get(f"/notes/{len(took) % 200 + 200}")
        assert answer.status == 200, answer.body
        took.append(time.monotonic() - began)
    return sorted(took)[-3:]


JSON = {"Content-Type": "application/json"}
SHOWN = {**JSON, "Prefer": "return=representation"}


def patches(count):
    return [("PATCH", f"/notes/{number + 1}", JSON, b'{"v":2}') for number in range(count)]


def posts(count):
    return [("POST", "/marks", SHOWN, b'[{"note":%d},{"note":500}]' % (number + 1)) for number in range(count)]
