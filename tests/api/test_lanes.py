# SPDX-License-Identifier: MIT
"""What takes long never takes the last worker, and shares what it has."""
import threading
import time

import pytest

import fcgi
import servers
from lanes import CLIENTS, WORKERS, Clients, slow
from lanes import mixed  # noqa: F401 (fixtures)
from write_faults import Holder


def test_slow_statements_leave_a_worker_to_the_others(mixed):
    pool, _, web = mixed
    assert web.get(slow(0, 1)).status == 200 and web.get("/notes/1").status == 200
    with Clients(web, CLIENTS, slow) as long:
        time.sleep(1)
        with Clients(web, 2, lambda number, turn: f"/notes/{turn % 500 + 1}", 0.002) as short:
            time.sleep(8)
        took = short.all()
    assert not long.wrong and not short.wrong, (long.wrong[:1], short.wrong[:1])
    p99, most = took[int(len(took) * 0.99)], took[-1]
    rounds = [len(each) for each in long.took]
    rate = sum(rounds) / 9
    print(f"{len(took)} lookups, p99 {p99 * 1000:.1f} ms, the longest {most * 1000:.1f} ms; slow ones each {rounds}, {rate:.1f} a second,"
          f" the longest wait {long.all()[-1]:.2f} s; hand-overs {pool.metric('myrest_handovers_total'):.0f}")  # fmt: skip
    assert p99 < 0.020 * servers.FACTOR and most < 0.150 * servers.FACTOR
    assert rate > 0.85 * (WORKERS - 1) / 0.5
    assert max(rounds) - min(rounds) <= 2, "they are not served in turn"
    assert pool.metric("myrest_statements_slow_total") >= sum(rounds) - 3


@pytest.mark.parametrize("mixed", [1], indirect=True)
def test_as_many_workers_as_are_named_run_what_is_slow(mixed):
    pool, _, web = mixed
    assert web.get(slow(0, 1)).status == 200
    with Clients(web, 4, slow) as long:
        time.sleep(3)
    assert not long.wrong
    assert 4 <= sum(map(len, long.took)) <= 11  # one after the other


def test_those_that_wait_for_others_locks_leave_a_worker(mixed):
    """The first of them tells, by the time that it has waited already."""
    pool, schema, web = mixed
    assert pool.ask("/notes/1", "PATCH", headers={"Content-Type": "application/json"}, body=b'{"v":1}').status == 204
    writers, took = [], []
    with Holder(schema) as other:
        other.sql("UPDATE notes SET v = 1 WHERE id < 100")
        for number in range(12):
            writers.append(pool.fcgi())
            writers[-1].send(fcgi.encode("PATCH", f"/notes/{number + 1}", {"Content-Type": "application/json"}, b'{"v":2}'))
            time.sleep(0.15)
        for number in range(200):
            began = time.monotonic()
            assert web.get(f"/notes/{number + 200}").status == 200
            took.append(time.monotonic() - began)
    for writer in writers:
        answer = writer.read()
        assert answer.status == 204, answer.body
        writer.close()
    took.sort()
    print(f"p99 {took[197] * 1000:.1f} ms, the longest {took[-1] * 1000:.1f} ms")
    assert took[197] < 0.020 * servers.FACTOR and took[-1] < 0.150 * servers.FACTOR
    began = time.monotonic()
    for number in range(20):
        assert web.get("/notes/1").status == 200
        answer = pool.ask("/notes/1", "PATCH", headers={"Content-Type": "application/json"}, body=b'{"v":%d}' % number)
        assert answer.status == 204
    assert time.monotonic() - began < 1 * servers.FACTOR  # they are quick again


def test_equal_slow_reads_still_share_a_statement(mixed):
    pool, _, web = mixed
    assert web.get(slow(0, 1)).status == 200
    before = pool.metric("myrest_statements_total")
    asked = [pool.fcgi() for _ in range(30)]
    for connection in asked:
        connection.send(fcgi.encode("GET", "/slow?id=eq.7"))
    for connection in asked:
        assert connection.read().status == 200
        connection.close()
    assert pool.metric("myrest_statements_total") - before <= 2 * WORKERS


def test_what_is_slow_waits_no_longer_than_the_rest(mixed, start_pool):
    _, schema, _ = mixed
    pool = start_pool(schema.url(), "notes,slow", workers=2, MYREST_QUEUE_MS=700, MYREST_SLOW_WORKERS=0)
    assert pool.ask(slow(0, 1)).status == 200
    asked = [pool.fcgi() for _ in range(8)]
    began = time.monotonic()
    for number, connection in enumerate(asked):
        connection.send(fcgi.encode("GET", slow(number, 1)))
    answers = [connection.read().status for connection in asked]
    assert time.monotonic() - began < 1.8 * servers.FACTOR
    assert answers.count(200) in (2, 3) and answers.count(503) == 8 - answers.count(200), answers
    for connection in asked:
        connection.close()


def test_rows_that_are_slow_to_count_delay_nobody_who_counts_none(database, start_pool):
    schema = database.schema(
        "CREATE TABLE notes (id INT PRIMARY KEY, v INT NOT NULL)",
        "INSERT INTO notes SELECT seq, 0 FROM seq_1_to_500",
        "CREATE VIEW many AS SELECT id, SLEEP(0.0007) AS pause FROM notes",
    )
    pool = start_pool(schema.url(), "many", workers=WORKERS, MYREST_SLOW_WORKERS=0)
    target, counted = "/many?pause=eq.0&limit=1", {"Prefer": "count=exact"}
    for _ in range(2):
        assert pool.ask(target, headers=counted).status == 206
    stop, took = threading.Event(), []

    def ask(times, **how):
        with pool.fcgi(20) as connection:
            while not stop.is_set():
                began = time.monotonic()
                answer = connection.request("GET", target, **how)
                assert answer.status in (200, 206)
                times.append(time.monotonic() - began)

    asking = [threading.Thread(target=ask, args=(took,)) for _ in range(3)]
    asking += [threading.Thread(target=ask, args=([],), kwargs={"headers": counted}) for _ in range(3 * WORKERS)]
    for thread in asking:
        thread.start()
    time.sleep(4)
    stop.set()
    for thread in asking:
        thread.join(60)
    took.sort()
    p97 = took[len(took) * 97 // 100]
    print(f"{len(took)}, p97 {p97 * 1000:.1f} ms")
    assert p97 < 0.100 * servers.FACTOR
