# SPDX-License-Identifier: MIT
"""What the tests of writing under KILL share: tables, who kills, what an answer says of its write."""
import os
import random
import signal
import threading
import time
import traceback
from types import SimpleNamespace

import pytest

import servers
from servers import until
from table_data import Column, Table, by_name
from writing import GRANT, Tables, send, statements_of

CLIENTS, RANGE = 8, 5000
TABLES = by_name(
    Table(
        "items",
        Column("id", "integer"), Column("owner", "integer", required=True), Column("n", "integer", default=5), Column("word", "words", 20),
        Column("code", "words", 20, unique=True),
        key=["id"], checks={None: "n >= 0"}, indices=[["owner"]],
    ),
    Table(
        "counters",
        Column("id", "integer"), Column("n", "integer", required=True), Column("twin", "integer", required=True),
        Column("pad", "words", 200, required=True),
        key=["id"], rows=[(number, 0, 0, "pad " * 40) for number in range(1, 9)],
    ),
    Table(
        "marks",
        Column("id", "integer", counted=True), Column("mark", "words", 40, required=True), Column("part", "integer", default=0),
        key=["id"], indices=[["mark"]],
    ),
)  # fmt: skip
NAMES = ",".join(TABLES)


@pytest.fixture(scope="module")
def writable(service):
    """A pool that nobody kills."""
    made = service(*statements_of(TABLES), grant=GRANT, tables=NAMES, workers=4, MYREST_WRITABLE=NAMES)
    return Tables(made, TABLES)


@pytest.fixture
def w(writable):
    writable.renew()
    return writable


@pytest.fixture
def killed(w, start_pool, start_nginx):
    """One whose workers are killed by killing()."""
    pool = start_pool(w.schema.url(), NAMES, workers=4, MYREST_WRITABLE=NAMES)
    pool.deaths_expected = True
    front = start_nginx(pool)
    return Tables(SimpleNamespace(schema=w.schema, pool=pool, web=front, get=front.get, json=front.json), TABLES)


class Killing:
    """Kills one worker every 100 ms while it is entered."""

    def __init__(self, pool, every=0.1):
        self.pool, self.every, self.count, self.stop = pool, every, 0, threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        dice = random.Random(3)
        while not self.stop.wait(self.every):
            workers = self.pool.workers()
            if workers:
                try:
                    os.kill(dice.choice(workers), signal.SIGKILL)
                    self.count += 1
                except ProcessLookupError:
                    pass

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()
        until(lambda: len(self.pool.workers()) == self.pool.count(), 10)


LOST = 0  # in place of a status: the connection broke


def ask(web, method, target, body=None, **how):
    """(status, response): what it says, or LOST."""
    try:
        response = send(web, method, target, body, timeout=30 * servers.FACTOR, **how)
    except (OSError, AssertionError):
        return LOST, None
    if response.cut:
        return LOST, response
    return response.status, response


def outcome(status):
    """done, refused or unknown. 503 says that it was not done; anything else is a fault of the service."""
    if 200 <= status < 300:
        return "done"
    if 400 <= status < 500 or status == 503:
        return "refused"
    if status in (LOST, 502, 504):
        return "unknown"
    raise AssertionError(f"an answer that no write should get: {status}")


def settled(schema):
    """Waits until what ran for a worker that is gone has ended: each connection there is now has rested or left."""
    time.sleep(0.05)
    left = set(schema.pool_connections())

    def all_rested():
        resting = {
            row[0]: row[1]
            for row in schema.sql(
                f"SELECT id, command FROM information_schema.processlist WHERE user = 'rest' AND db = '{schema.name}'"
            )
        }
        left.intersection_update(number for number, command in resting.items() if command != "Sleep")
        return not left

    until(all_rested, 20, why="a statement of a killed worker does not end")


def together(count, function, *arguments):
    """Runs function(number, ...) in so many threads; what each returned."""
    results, faults = [None] * count, []

    def one(number):
        try:
            results[number] = function(number, *arguments)
        except BaseException:
            faults.append(traceback.format_exc())

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults, faults[0]
    return results
