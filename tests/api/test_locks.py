# SPDX-License-Identifier: MIT
"""Locks: waiting, deadlocks, what is freed in time and what never is."""
import threading
import time
from types import SimpleNamespace

import pytest

import servers
from write_faults import EXPOSED, TABLES, Holder, in_background
from write_faults import w, writable  # noqa: F401 (fixtures)
from writing import Tables, done, refused


@pytest.fixture(scope="module")
def hasty(writable, lab):
    """A pool whose sessions wait for a lock for one second, as the operator has set it on the server."""
    database = writable.schema.database
    [(_, before)] = database.sql("SHOW GLOBAL VARIABLES LIKE 'innodb_lock_wait_timeout'")
    database.sql("SET GLOBAL innodb_lock_wait_timeout = 1")
    pool = servers.Pool(lab, writable.schema.url(), EXPOSED, MYREST_WRITABLE=EXPOSED)
    front = servers.Nginx(lab, pool)
    yield Tables(SimpleNamespace(schema=writable.schema, pool=pool, web=front, get=front.get, json=front.json), TABLES)
    front.stop()
    pool.close()
    database.sql(f"SET GLOBAL innodb_lock_wait_timeout = {before}")


@pytest.fixture
def locked(w, hasty):
    return hasty


@pytest.mark.parametrize(
    "method, target, body",
    [
        ("PATCH", "/accounts/1", {"n": 1}),
        ("PATCH", "/accounts?id=in.(1,2)", {"n": 1}),
        ("DELETE", "/accounts/1", None),
        ("PUT", "/accounts/1", {"n": 1}),
        ("POST", "/accounts", {"id": 1, "n": 1}),
    ],
)
def test_a_lock_that_is_never_freed_is_503_with_retry_after(locked, method, target, body):
    with Holder(locked.schema) as other:
        other.sql("SELECT * FROM accounts WHERE id = 1 FOR UPDATE")
        response = locked.send(method, target, body, timeout=60)
        refused(response, 503, "40001")
        assert int(response.headers["retry-after"]) >= 1
    assert locked.rows("SELECT n FROM accounts WHERE id IN (1, 2)") == [(0,), (0,)]


def test_a_lock_that_is_freed_in_time_costs_only_time(locked):
    with Holder(locked.schema) as other:
        other.sql("UPDATE accounts SET n = 50 WHERE id = 1")
        waiting = in_background(locked.patch, "/accounts/1", {"n": 1})
        time.sleep(0.4)
        assert not waiting.answer
        other.connection.commit()
        done(waiting.result(), 204)
    assert locked.value("SELECT n FROM accounts WHERE id = 1") == 1


def test_a_lock_that_is_freed_after_the_first_try_is_waited_for(locked):
    """The wait of one second failed once: the write is tried again before the client is told."""
    with Holder(locked.schema) as other:
        other.sql("UPDATE accounts SET n = 50 WHERE id = 1")
        waiting = in_background(locked.patch, "/accounts/1", {"n": 1})
        time.sleep(1.25)
        other.connection.commit()
        done(waiting.result(), 204)
    assert locked.value("SELECT n FROM accounts WHERE id = 1") == 1


def test_reading_goes_on_while_a_write_waits_for_a_lock(locked):
    with Holder(locked.schema) as other:
        other.sql("SELECT * FROM accounts WHERE id = 1 FOR UPDATE")
        waiting = in_background(locked.patch, "/accounts/1", {"n": 1}, timeout=60)
        time.sleep(0.1)
        slowest = 0
        while not waiting.answer and slowest < 1:
            began = time.monotonic()
            assert locked.get("/parents").status == 200
            slowest = max(slowest, time.monotonic() - began)
        refused(waiting.result(), 503, "40001")
    assert slowest < 0.5 * servers.FACTOR, f"a read took {slowest:.2f} s while a write waited"


def test_if_match_meets_a_change_that_was_not_yet_committed(locked):
    """The tag is compared in the transaction that writes: whoever waited for the lock sees what was changed meanwhile."""
    tag = locked.get("/accounts/1").headers["etag"]
    with Holder(locked.schema) as other:
        other.sql("UPDATE accounts SET n = 50 WHERE id = 1")
        waiting = in_background(locked.patch, "/accounts/1", {"n": 1}, If_Match=tag)
        time.sleep(0.3)
        other.connection.commit()
        refused(waiting.result(), 412, "40001")
    assert locked.value("SELECT n FROM accounts WHERE id = 1") == 50


def test_a_deadlock_is_tried_again(locked):
    """The pool's transaction is the lighter one, so it is the one that the server ends."""
    with Holder(locked.schema) as other:
        other.sql("INSERT INTO needy (must) SELECT seq FROM seq_1_to_2000")
        other.sql("UPDATE accounts SET n = 50 WHERE id = 2")
        waiting = in_background(locked.patch, "/accounts?id=in.(1,2)&order=id", {"n": 7})
        time.sleep(0.4)
        other.sql("UPDATE accounts SET n = 50 WHERE id = 1")
        time.sleep(0.2)
        other.connection.commit()
        done(waiting.result(), 204)
    assert locked.rows("SELECT n FROM accounts WHERE id IN (1, 2)") == [(7,), (7,)]


def test_many_who_lock_in_all_orders_end_well(w):
    """Deadlocks by the dozen: every answer is 204 or 503 to try again, and each write is there whole or not at all."""
    answers, stop = [], time.monotonic() + 4

    def client(number):
        turn = 0
        while time.monotonic() < stop:
            turn += 1
            order = "id" if (number + turn) % 2 else "id.desc"
            n = number * 10000 + turn
            response = w.patch(f"/accounts?id=gt.0&order={order}&limit=20", {"n": n}, timeout=60)
            answers.append((response.status, n, response))

    threads = [threading.Thread(target=client, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    odd = [response for status, _, response in answers if status not in (204, 503)]
    assert not odd, odd[0]
    for status, _, response in answers:
        if status == 503:
            refused(response, 503, "40001")
    values = {row[0] for row in w.rows("SELECT n FROM accounts")}
    assert len(values) == 1, f"a write is there in parts: {values}"
    assert values <= {n for status, n, _ in answers if status == 204}
    assert len(answers) > 20
