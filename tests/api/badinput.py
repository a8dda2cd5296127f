# SPDX-License-Identifier: MIT
"""What the tests of bad input share: a pool whose memory and processes are watched."""
import json
import threading
import time

import pytest

import fcgi
import servers
from servers import ADMIN, GUEST, USERS

DEADLINE = 2


@pytest.fixture(scope="module")
def target(service):
    """The pool's account may do everything in the schema, so that an injection would work."""
    return service(
        *USERS,
        "CREATE TABLE prey (id INT PRIMARY KEY, t VARCHAR(200))",
        "INSERT INTO prey VALUES (1, 'x')",
        "CREATE VIEW slow AS SELECT 1 AS id, SLEEP(0.4) AS pause",
        tables="users,prey,slow",
        grant="ALL PRIVILEGES",
        whole=True,
        MYREST_REQUEST_TIMEOUT=DEADLINE,
    )


@pytest.fixture(autouse=True)
def nobody_died(target):
    """After every test here the same workers serve the same rows."""
    before = target.pool.workers()
    yield
    assert json.loads(target.pool.ask("/users?order=id").body) == [ADMIN, GUEST]
    assert target.pool.workers() == before, target.pool.text()[-2000:]


class Watch:
    """Asks all the time; worst is the longest anybody had to wait."""

    def __init__(self, pool):
        self.pool, self.worst, self.count, self.done = pool, 0.0, 0, threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        while not self.done.is_set():
            began = time.monotonic()
            if self.pool.ask("/users").status == 200:
                self.count += 1
                self.worst = max(self.worst, time.monotonic() - began)
            time.sleep(0.002)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()
        assert self.count > 0 and self.worst < 0.25 * servers.FACTOR, (self.count, self.worst)


GOOD = fcgi.encode("GET", "/users/1")


def harmless(target, data, answered=None):
    """Sends the bytes; a word or a closed door comes in time."""
    with target.pool.fcgi() as connection:
        try:
            connection.send(data)
        except ConnectionError:
            return None
        answer = connection.read(timeout=(DEADLINE + 3) * servers.FACTOR)
    assert answer.cut != "timeout", f"neither an answer nor a close for {data[:60]!r}"
    return answer
