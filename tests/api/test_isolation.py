# SPDX-License-Identifier: MIT
"""Two clients with slow statements, without a pause: the others do not feel them.

The fast requests come in bursts, and the slow ones come in the middle of a burst, so that a worker reads both at once.
Strict (MYREST_STRICT=1): p99 under 20 ms and none over 150 ms; otherwise five times that, for a busy machine.
"""
import random
import time

import pytest

import load
import servers

LOOSE = 1 if servers.STRICT else 5
SECONDS, TICK, FAST = 10, 0.025, 16

STATEMENTS = (
    *servers.USERS,
    "CREATE VIEW late AS SELECT u.id, SLEEP(0.5) AS pause FROM users u WHERE u.id = 1",
    "CREATE VIEW drip AS SELECT seq AS id, REPEAT('x', 20000) AS body, SLEEP(0.02) AS pause FROM seq_1_to_30",
)


class Fast(load.Script):
    """Asks at every tick, with all the others of its kind."""

    def __init__(self, start, number):
        self.start, self.end, self.next, self.number, self.took = start, start + SECONDS, start, number, []

    def due(self):
        return self.next

    def request(self):
        if self.next > self.end:
            return None
        return load.get(("/users", "/users/1", "/users/2", "/users?order=id.desc")[self.number % 4])

    def answer(self, status, head, body, began, ended):
        assert status == 200 and body
        self.took.append(ended - began)
        self.next = self.start + (int((ended - self.start) / TICK) + 1) * TICK


class Slow(load.Script):
    def __init__(self, start, target, rows):
        self.end, self.target, self.rows, self.took = start + SECONDS, target, rows, []

    def request(self):
        return load.get(self.target) if time.monotonic() < self.end else None

    def answer(self, status, head, body, began, ended):
        assert status == 200 and body.count(b'"id"') == self.rows, (status, body[:200])
        self.took.append(ended - began)


def run(address):
    start = time.monotonic() + 0.1
    slow = [Slow(start, "/late", 1), Slow(start, "/drip", 30)]
    fast = [Fast(start, number) for number in range(FAST)]
    scripts = fast + slow
    random.Random(1).shuffle(scripts)
    load.drive(address, scripts)
    return [took for script in fast for took in script.took], [len(script.took) for script in slow]


def measure(pool, front):
    for target in ("/users", "/users/1") * 20:
        assert front.get(target).status == 200
    took, slow = load.InProcess(run, ("127.0.0.1", front.port)).result((SECONDS + 20) * servers.FACTOR)
    middle, late = (load.percentile(took, part) * 1000 for part in (0.5, 0.99))
    print(f"{len(took)} fast, p50 {middle:.1f} ms, p99 {late:.1f} ms, max {max(took) * 1000:.1f} ms; slow {slow}")
    return took, slow


def check(took, slow):
    assert min(slow) >= 0.5 * SECONDS / servers.FACTOR, "the slow clients were starved"
    assert len(took) > 0.5 * FAST * SECONDS / TICK / servers.FACTOR
    assert load.percentile(took, 0.99) < 0.020 * LOOSE * servers.FACTOR
    assert max(took) < 0.150 * LOOSE * servers.FACTOR


def test_slow_statements_do_not_delay_fast_ones(database, start_pool, start_nginx):
    schema = database.schema(*STATEMENTS)
    pool = start_pool(schema.url(), "users,late,drip", workers=4, MYREST_SLOW_WORKERS=0)
    front = start_nginx(pool)
    check(*measure(pool, front))
    assert pool.metric("myrest_handovers_total") > 0


@pytest.mark.slow
def test_slow_statements_do_not_delay_fast_ones_without_merging(database, start_pool, start_nginx):
    schema = database.schema(*STATEMENTS)
    pool = start_pool(schema.url(), "users,late,drip", workers=4, MYREST_MERGE="off", MYREST_SLOW_WORKERS=0)
    took, slow = measure(pool, start_nginx(pool))
    assert min(slow) >= 0.5 * SECONDS / servers.FACTOR
    assert max(took) < 0.750 * servers.FACTOR
