# SPDX-License-Identifier: MIT
"""No write is repeated or halved: not by KILLed workers, by nginx, by renewal, by an end."""
import collections
import random
import signal
import threading
import time

import pytest

import servers
from write_killing import LOST, NAMES, Killing, ask, outcome, settled, together
from write_killing import killed, w, writable  # noqa: F401 (fixtures)
from write_tables import IDEMPOTENCY
from writing import REPRESENTATION


# --- nothing is written twice


def post_marks(number, web, until_when, results, **how):
    """POSTs of 1 or 3 rows with a mark of their own; (mark, rows, what came)."""
    turn = 0
    while time.monotonic() < until_when:
        turn += 1
        mark, count = f"{number}-{turn}", 1 if turn % 2 else 3
        body = [{"mark": mark, "part": part} for part in range(count)]
        status, _ = ask(web, "POST", "/marks", body if count > 1 else body[0], **how)
        results.append((mark, count, outcome(status)))


def counted(schema):
    return dict(schema.sql("SELECT mark, COUNT(*) FROM marks GROUP BY mark"))


def test_a_write_is_never_repeated_while_workers_are_killed(killed):
    results, stop = [], time.monotonic() + 10
    with Killing(killed.pool) as killing:
        together(16, post_marks, killed.web, stop, results)
    settled(killed.schema)
    there = counted(killed.schema)
    tally = collections.Counter(what for _, _, what in results)
    print(killing.count, "kills", tally)
    assert killing.count > 30 and tally["done"] > 200
    for mark, count, what in results:
        found = there.get(mark, 0)
        allowed = {"done": (count,), "refused": (0,), "unknown": (0, count)}[what]
        assert found in allowed, f"{mark} of {count} rows was {what} and is there {found} times"
    again = [(method, upstream) for _, _, upstream, method, _ in killed.web.tried() if method == "POST" and len(upstream) > 1]
    assert not again, f"nginx has repeated a write: {again[:3]}"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "POST"])
def test_nginx_asks_once_for_a_write_that_is_lost(killed, method):
    """Whatever its method: the web server must not ask again when a worker dies with a write in its hands."""
    stop = time.monotonic() + 3

    def client(number):
        while time.monotonic() < stop:
            body = {"n": 1, "twin": 1, "pad": ""} if method != "DELETE" else None
            ask(killed.web, method, f"/counters/{number}" if method != "POST" else "/marks", body if method != "POST" else {"mark": "m"})

    with Killing(killed.pool, 0.05):
        together(8, client)
    tried = [upstream for _, _, upstream, asked, _ in killed.web.tried() if asked == method]
    assert len(tried) > 50
    assert [upstream for upstream in tried if len(upstream) > 1] == []


def test_with_a_key_every_write_is_there_exactly_once_while_workers_are_killed(w, start_pool, start_nginx):
    """The client repeats what it does not know the outcome of, with the same Idempotency-Key."""
    assert IDEMPOTENCY.is_file(), f"{IDEMPOTENCY} is to hold the table's definition"
    text = "\n".join(line for line in IDEMPOTENCY.read_text("utf-8").splitlines() if not line.lstrip().startswith(("--", "#")))
    w.schema.sql(*(part for part in text.split(";") if part.strip()))
    pool = start_pool(w.schema.url(), NAMES, workers=4, MYREST_WRITABLE=NAMES, MYREST_IDEMPOTENCY_TABLE="myrest_idempotency")
    pool.deaths_expected = True
    front = start_nginx(pool)
    stop, marks, replayed = time.monotonic() + 10, [], []

    def client(number):
        turn = 0
        while time.monotonic() < stop:
            turn += 1
            mark, count = f"{number}-{turn}", 1 if turn % 2 else 3
            body = [{"mark": mark, "part": part} for part in range(count)]
            while True:
                status, response = ask(front, "POST", "/marks", body, prefer=REPRESENTATION, Idempotency_Key=mark)
                if outcome(status) == "done":
                    break
                assert status in (LOST, 409, 502, 503, 504), response
                time.sleep(0.005)
            if response.headers.get("idempotency-replayed"):
                replayed.append(mark)
            marks.append((mark, count, [row["id"] for row in response.json()]))

    with Killing(pool) as killing:
        together(8, client)
    there = counted(w.schema)
    print(killing.count, "kills", len(marks), "writes", len(replayed), "answered again")
    assert len(marks) > 100
    for mark, count, ids in marks:
        assert there.get(mark, 0) == count, f"{mark} of {count} rows is there {there.get(mark, 0)} times"
    kept = {row[0] for row in w.schema.sql("SELECT id FROM marks")}
    assert kept == {number for _, _, ids in marks for number in ids}, "an answer named rows that are not there, or others are"
    w.schema.sql("DROP TABLE myrest_idempotency")


# --- renewal and ending


def test_hup_under_writes_loses_none_and_repeats_none(w, start_pool, start_nginx):
    pool = start_pool(w.schema.url(), NAMES, workers=2, MYREST_WRITABLE=NAMES)
    front = start_nginx(pool)
    results, stop = [], time.monotonic() + 5
    beside = threading.Thread(target=lambda: [(time.sleep(0.5), pool.signal(signal.SIGHUP)) for _ in range(8)])
    beside.start()
    together(12, post_marks, front, stop, results)
    beside.join()
    there = counted(w.schema)
    assert len(results) > 100
    assert {what for _, _, what in results} == {"done"}, collections.Counter(what for _, _, what in results)
    assert there == {mark: count for mark, count, _ in results}


def test_term_under_writes_leaves_each_whole_or_not_at_all(w, start_pool, start_nginx):
    pool = start_pool(w.schema.url(), NAMES, workers=2, MYREST_WRITABLE=NAMES)
    front = start_nginx(pool)
    results, stop = [], time.monotonic() + 2
    threading.Timer(1, lambda: pool.process.send_signal(signal.SIGTERM)).start()
    together(12, post_marks, front, stop, results)
    assert pool.process.wait(20 * servers.FACTOR) == 0
    there = counted(w.schema)
    for mark, count, what in results:
        allowed = {"done": (count,), "refused": (0,), "unknown": (0, count)}[what]
        assert there.get(mark, 0) in allowed, f"{mark} of {count} rows was {what} and is there {there.get(mark, 0)} times"


def test_killed_database_connections_leave_each_write_whole_or_not_at_all(killed):
    """The connections are killed on the server's side, the workers live."""
    results, stop = [], time.monotonic() + 5
    end = threading.Event()

    def kill():
        dice = random.Random(7)
        while not end.wait(0.1):
            numbers = killed.schema.pool_connections()
            if numbers:
                try:
                    killed.schema.sql(f"KILL {dice.choice(numbers)}")
                except Exception:
                    pass

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        together(8, post_marks, killed.web, stop, results)
    finally:
        end.set()
        killer.join()
    there = counted(killed.schema)
    assert len(results) > 100
    for mark, count, what in results:
        allowed = {"done": (count,), "refused": (0,), "unknown": (0, count)}[what]
        assert there.get(mark, 0) in allowed, f"{mark} of {count} rows was {what} and is there {there.get(mark, 0)} times"
