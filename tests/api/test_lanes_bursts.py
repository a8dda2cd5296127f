# SPDX-License-Identifier: MIT
"""Bursts of what nobody knows to be slow: what is put back, and what cannot be."""
import json
import select
import threading
import time

import pytest

import mysql
import postgresql
import servers
from lanes import JSON, WORKERS, burst, lookups, patches, posts
from lanes import mixed  # noqa: F401 (fixtures)
from servers import until
from write_faults import Holder
from writing import GRANT


@pytest.mark.parametrize("requests, status, count", [
    (patches, 204, WORKERS), (posts, 201, 12),
    pytest.param(patches, 204, 12, marks=pytest.mark.slow), pytest.param(posts, 201, WORKERS, marks=pytest.mark.slow),
])  # fmt: skip
def test_a_burst_of_what_waits_for_others_locks_leaves_a_worker(database, start_pool, start_nginx, requests, status, count):
    """None of them is known to be slow when it begins. One is ended, and made when it is its turn."""
    schema = database.schema(
        "CREATE TABLE notes (id INT PRIMARY KEY, v INT NOT NULL)",
        "INSERT INTO notes SELECT seq, 0 FROM seq_1_to_500",
        "CREATE TABLE marks (id INT PRIMARY KEY AUTO_INCREMENT, note INT NOT NULL, FOREIGN KEY (note) REFERENCES notes (id))",
        grant=GRANT,
    )
    pool = start_pool(schema.url(), "notes,marks", workers=WORKERS, MYREST_WRITABLE="notes,marks", MYREST_QUEUE_MS=20000,
                      MYREST_SLOW_WORKERS=0)  # fmt: skip
    web = start_nginx(pool)
    with Holder(schema) as other:
        other.sql("UPDATE notes SET v = 1 WHERE id < 100")
        if requests is posts:  # the rows that they refer to
            other.sql("DELETE FROM notes WHERE id < 100")
        writers = burst(pool, requests(count))
        longest = lookups(web, 3)
    answers = [writer.read() for writer in writers]
    assert [answer.status for answer in answers] == [status] * count, [answer.body for answer in answers]
    put_back = pool.metric("myrest_statements_put_back_total")
    print(f"the longest {longest[-1] * 1000:.0f} ms, {put_back:.0f} put back")
    assert longest[-1] < 0.3 * servers.FACTOR and 1 <= put_back <= WORKERS
    if requests is posts:
        assert schema.sql("SELECT COUNT(*), COUNT(DISTINCT note) FROM marks") == ((2 * count, count + 1),)
        assert len({row["id"] for answer in answers for row in json.loads(answer.body)}) == 2 * count
    else:
        assert schema.sql("SELECT COUNT(*) FROM notes WHERE v = 2") == ((count,),)
    assert pool.metric("myrest_requests_failed_total") == 0 and not pool.log("write-failed")


@pytest.mark.parametrize("prefer", ["", "count=exact", pytest.param("count=planned", marks=pytest.mark.slow)])
def test_a_burst_of_slow_reads_that_nobody_knows_leaves_a_worker(mixed, prefer):
    pool, _, web = mixed
    targets = [f"/slow?id=eq.{number + 1}&v=gt.-1" for number in range(WORKERS)]
    longest = []
    looking = threading.Thread(target=lambda: longest.extend(lookups(web, 1.5)))
    for connection in burst(pool, [("GET", "/notes/1")] * WORKERS):  # each of the workers is there
        assert connection.read().status == 200
        connection.close()
    asked = burst(pool, [("GET", target, {"Prefer": prefer}) for target in targets])
    looking.start()
    for number, connection in enumerate(asked):
        answer = connection.read()
        assert answer.status == 200 and json.loads(answer.body) == [{"id": number + 1, "v": 0, "pause": 0}], answer.body
        connection.close()
    looking.join(30)
    print(f"the longest {longest[-1] * 1000:.0f} ms")
    assert longest[-1] < 0.3 * servers.FACTOR
    assert 1 <= pool.metric("myrest_statements_put_back_total") <= WORKERS and not pool.log("statement-failed")


@pytest.fixture
def two(database, start_pool):
    """A view of which a row takes two seconds, and one of which it takes four."""
    schema = database.schema(
        "CREATE TABLE notes (id INT PRIMARY KEY, v INT NOT NULL)",
        "INSERT INTO notes SELECT seq, 0 FROM seq_1_to_500",
        "CREATE VIEW brief AS SELECT id, v, SLEEP(2) AS pause FROM notes",
        "CREATE VIEW lengthy AS SELECT id, v, SLEEP(4) AS pause FROM notes",
    )

    def start(workers, **settings):
        return start_pool(schema.url(), "notes,brief,lengthy", workers=workers, MYREST_SLOW_WORKERS=0, **settings)

    start.schema = schema
    return start


def test_what_was_known_and_has_run_for_long_is_not_put_back_for_what_was_not(two):
    pool = two(WORKERS, MYREST_QUEUE_MS=20000)
    assert pool.ask("/lengthy?id=eq.1").status == 200  # it is known
    for connection in burst(pool, [("GET", "/notes/1")] * WORKERS):
        assert connection.read().status == 200
        connection.close()
    began = time.monotonic()
    old = burst(pool, [("GET", f"/lengthy?id=eq.{number}") for number in range(2, WORKERS + 1)])
    time.sleep(2)
    [new] = burst(pool, [("GET", "/brief?id=eq.1")])
    assert [connection.read().status for connection in old] == [200] * len(old)
    took = time.monotonic() - began
    assert new.read().status == 200
    print(f"{took:.2f} s")
    assert took < 5.5  # one that began anew would take 6
    for connection in (*old, new):
        connection.close()


def test_what_is_put_back_waits_no_longer_than_the_rest(two):
    pool = two(2, MYREST_QUEUE_MS=40)
    asked = burst(pool, [("GET", "/lengthy?id=eq.1"), ("GET", "/lengthy?id=eq.2")])
    until(lambda: pool.metric("myrest_statements_put_back_total") == 1, 3)
    until(lambda: pool.metric("myrest_requests_shed_total") == 1, 2)
    assert sorted(connection.read().status for connection in asked) == [200, 503]
    for connection in asked:
        connection.close()


def test_what_cannot_be_ended_counts_as_what_it_is(two):
    """The server takes no connection for it."""
    schema = two.schema
    word, none = ("ALTER ROLE rest CONNECTION LIMIT", -1) if postgresql.HERE else ("ALTER USER rest@'%' WITH MAX_USER_CONNECTIONS", 0)

    def run(statement):
        with schema.connect() as connection, connection.cursor() as cursor:
            (cursor.plainly if postgresql.HERE else cursor.execute)(statement)

    try:
        run(f"{word} 2")
        pool = two(2, MYREST_QUEUE_MS=20000, MYREST_LOG_LEVEL="info")
        assert pool.ask("/brief?id=eq.1").status == 200  # it is known, and so is not the one to be ended
        asked = burst(pool, [("GET", "/brief?id=eq.1")])
        time.sleep(0.5)
        began = time.monotonic()
        [lengthy] = burst(pool, [("GET", "/lengthy?id=eq.1")])
        until(lambda: pool.log("kill-failed"), 2)
        assert asked[0].read().status == 200
        asked += burst(pool, [("GET", f"/brief?id=eq.{number}") for number in range(2, 6)])
        time.sleep(0.3)  # that it takes the last worker
        asking = time.monotonic()
        assert pool.ask("/notes/1").status == 200
        took = time.monotonic() - asking
        print(f"{took * 1000:.0f} ms")
        assert took < 0.3 * servers.FACTOR
        answer = lengthy.read()
        assert json.loads(answer.body) == [{"id": 1, "v": 0, "pause": 0}]
        assert time.monotonic() - began < 6  # and it is not run twice
        for connection in (lengthy, *asked):
            connection.close()
    finally:
        run(f"{word} {none}")


def primary_of(database, lab):
    """A server that can wait for replicas, and how it does, or does not any more, for one that never comes."""
    if postgresql.HERE:
        primary = type(database)(lab, synchronous_commit="on", wal_level="replica", max_wal_senders="2")
        return primary, lambda waits: primary.configure("synchronous_standby_names", "ghost" if waits else None)
    primary = type(database)(lab)
    primary.stop()
    primary.options += ["--log-bin=log", "--server-id=7", "--rpl-semi-sync-master-timeout=60000"]
    primary.start()
    return primary, lambda waits: primary.sql(f"SET GLOBAL rpl_semi_sync_master_enabled = {waits:d}")


@pytest.mark.skipif(mysql.HERE, reason="there KILL does not end the wait")
def test_what_waits_for_a_replica_is_not_put_back(database, lab, start_pool):
    """It is committed, and the end of the wait would only have it told so before the replica has it."""
    primary, wait_for_replica = primary_of(database, lab)
    try:
        schema = primary.schema("CREATE TABLE marks (id INT PRIMARY KEY)", grant=GRANT)
        pool = start_pool(schema.url(), "marks", workers=2, MYREST_WRITABLE="marks", MYREST_SLOW_WORKERS=0, MYREST_LOG_LEVEL="info")
        wait_for_replica(True)
        asked = burst(pool, [("POST", "/marks", JSON, b'{"id":%d}' % number) for number in range(2)])
        until(lambda: pool.log("kill-failed"), 5)
        time.sleep(0.5)
        assert select.select([connection.socket for connection in asked], [], [], 0)[0] == []
        wait_for_replica(False)
        assert [connection.read().status for connection in asked] == [201, 201]
        for connection in asked:
            connection.close()
    finally:
        primary.stop()
