# SPDX-License-Identifier: MIT
"""What a standstill has made slow is doubted, and is quick again."""
import json
import os
import signal
import threading
import time

import pytest

import postgresql
import servers
from certificates import OPTION, WITHOUT
from lanes import JSON, burst, patches
from lanes import mixed  # noqa: F401 (fixtures)
from test_kill import Holding, number_of
from write_faults import Holder
from writing import GRANT


def test_lookups_that_a_standstill_has_made_slow_are_quick_again(mixed, database):
    """Those that wait for others' locks have the lane for what is slow, for as long as it lasts."""
    pool, schema, web = mixed
    for number in range(20):
        assert web.get(f"/notes/{number + 300}").status == 200
    pids = (database.process.pid, *servers.children(database.process.pid))
    stop, took = threading.Event(), []

    def look():
        while not stop.is_set():
            began = time.monotonic()
            assert web.get(f"/notes/{len(took) % 100 + 300}").status == 200
            took.append(time.monotonic() - began)

    with Holder(schema) as other:
        other.sql("UPDATE notes SET v = 1 WHERE id < 100")
        writers = burst(pool, patches(12))
        time.sleep(0.5)
        looking = [threading.Thread(target=look) for _ in range(2)]
        for thread in looking:
            thread.start()
        time.sleep(0.3)
        for how in (signal.SIGSTOP, signal.SIGCONT):
            for pid in pids:
                os.kill(pid, how)
            time.sleep(0.2 * servers.FACTOR)
        before = len(took)
        time.sleep(3)
        stop.set()
        after = len(took) - before
        for thread in looking:
            thread.join(30)
    for writer in writers:
        assert writer.read().status == 204
    print(f"{after} in 3 s, the longest {max(took):.2f} s")
    assert max(took) < 0.2 * servers.FACTOR + 1.2 and after > 50


def known(pool, target):
    """What it is known to take is slow, and nobody has seen it for a while."""
    assert pool.ask(target, timeout=20).status == 200
    time.sleep(0.7)


@pytest.fixture
def doubtful(database, start_pool):
    """Two workers, of which one runs what is known to take four seconds."""
    schema = database.schema(
        "CREATE TABLE notes (id INT PRIMARY KEY, v INT NOT NULL)",
        "INSERT INTO notes SELECT seq, 0 FROM seq_1_to_500",
        "CREATE VIEW shown AS SELECT id, v FROM notes",
        "CREATE VIEW brief AS SELECT id, v, SLEEP(2) AS pause FROM notes",
        "CREATE VIEW lengthy AS SELECT id, v, SLEEP(4) AS pause FROM notes",
        "CREATE TABLE many (id INT PRIMARY KEY, words VARCHAR(16000))",
        "INSERT INTO many SELECT seq, REPEAT('x', 16000) FROM seq_1_to_500",
        "CREATE VIEW few AS SELECT id, words, SLEEP(CASE WHEN id < 4 THEN 0 ELSE 0.25 END) AS pause FROM many WHERE id < 12",
        grant=GRANT,
    )
    asked = []

    def start(url=None, **settings):
        pool = start_pool(url or schema.url(), "notes,shown,brief,lengthy,many,few", workers=2, MYREST_WRITABLE="notes,shown",
                          MYREST_QUEUE_MS=20000, MYREST_SLOW_WORKERS=0, **settings)  # fmt: skip
        known(pool, "/lengthy?id=eq.1")
        return pool

    def begin(pool, request):
        """It begins, if it does, since nobody has seen for a while that it is slow; and others look rows up."""
        asked.extend(burst(pool, [("GET", "/lengthy?id=eq.2")]))
        time.sleep(0.3)
        asked.extend(burst(pool, [request]))
        time.sleep(0.3)
        began = time.monotonic()
        assert pool.ask("/notes/1", timeout=20).status == 200
        took = time.monotonic() - began
        print(f"{took * 1000:.0f} ms")
        assert took < 0.3 * servers.FACTOR
        return asked

    start.schema, start.begin = schema, begin
    yield start
    for connection in asked:
        connection.close()


@pytest.mark.skipif(postgresql.HERE, reason="there a proxy's numbers show when it is tried")
def test_nothing_is_doubted_where_a_proxy_lets_nothing_be_ended(doubtful, database):
    relay = Holding(database.port)
    try:
        with doubtful.schema.connect(user="rest", password=servers.SECRET) as session:
            relay.number = number_of(session)
            relay.release.set()
            url = doubtful.schema.url(tcp=True).replace(str(database.port), str(relay.listener.getsockname()[1]))
            pool = doubtful(f"{url}?{OPTION}={WITHOUT}")
            known(pool, "/brief?id=eq.1")
            answers = [connection.read().status for connection in doubtful.begin(pool, ("GET", "/brief?id=eq.2"))]
            assert answers == [200, 200] and pool.metric("myrest_statements_put_back_total") == 0
    finally:
        relay.close()


def test_a_write_to_a_view_is_not_doubted(doubtful):
    """It is not ended: the view may be over a table without transactions."""
    pool = doubtful()
    request = ("PATCH", "/shown?id=eq.1", JSON, b'{"v":2}')
    with Holder(doubtful.schema) as other:
        other.sql("UPDATE notes SET v = 1 WHERE id = 1")
        [connection] = burst(pool, [request])
        time.sleep(0.3)
    assert connection.read().status == 204
    connection.close()
    time.sleep(0.7)
    with Holder(doubtful.schema) as other:
        other.sql("UPDATE notes SET v = 1 WHERE id = 1")
        asked = doubtful.begin(pool, request)
    assert [connection.read().status for connection in asked] == [200, 204]


@pytest.mark.slow
def test_what_is_doubted_becomes_no_stream(doubtful):
    """Which lasts as long as its reader likes."""
    pool = doubtful()
    request = ("GET", "/many?limit=400")
    [connection] = burst(pool, [request])
    time.sleep(0.3)
    assert len(json.loads(connection.read().body)) == 400
    connection.close()
    time.sleep(0.7)
    asked = doubtful.begin(pool, request)
    assert pool.metric("myrest_statements_put_back_total") >= 1
    assert asked[0].read().status == 200 and len(json.loads(asked[1].read().body)) == 400


@pytest.mark.slow
def test_what_is_doubted_is_put_back_with_the_rows_that_it_has(doubtful):
    pool = doubtful()
    known(pool, "/few")
    asked = doubtful.begin(pool, ("GET", "/few"))
    assert pool.metric("myrest_statements_put_back_total") >= 1
    assert asked[0].read().status == 200 and [row["id"] for row in json.loads(asked[1].read().body)] == list(range(1, 12))
