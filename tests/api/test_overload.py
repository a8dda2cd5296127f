# SPDX-License-Identifier: MIT
"""More is asked than can be done: what nobody waits for is not begun, and what waits for too long is refused."""
import json
import os
import pathlib
import signal
import socket
import time

import pytest

import fcgi
import servers
from test_kill import Relay
from web import error_of
from writing import GRANT, send

SLOW = 1.5  # seconds that a worker is kept busy


@pytest.fixture(params=["unix", "tcp"])
def busy(request, database, start_pool, start_nginx):
    """make(): a pool of one worker which is busy for SLOW seconds from now on; with an nginx before it."""
    schema = database.schema(
        "CREATE TABLE notes (id INT PRIMARY KEY, v INT NOT NULL)",
        "INSERT INTO notes VALUES (1, 0), (2, 0), (3, 0)",
        f"CREATE VIEW slow AS SELECT id, SLEEP({SLOW}) AS pause FROM notes WHERE id = 1",
        grant=GRANT,
    )
    listen = f"127.0.0.1:{servers.free_port()}" if request.param == "tcp" else None
    pool = start_pool(schema.url(), "notes,slow", workers=1, listen=listen, ready=listen is None, MYREST_WRITABLE="notes")
    if listen is not None:
        host, _, port = listen.rpartition(":")
        pool.address = (host, int(port))
        servers.until(pool.is_ready)
    connections = []

    def keep_busy():
        connections.append(pool.fcgi())
        connections[-1].send(fcgi.encode("GET", "/slow"))
        servers.until(lambda: pool.metric("myrest_statements_total") > 0)
        return connections[-1]

    keep_busy.pool, keep_busy.schema, keep_busy.web = pool, schema, lambda: start_nginx(pool)
    yield keep_busy
    for connection in connections:
        connection.close()


def patch(number):
    body = json.dumps({"v": number}).encode()
    return fcgi.encode("PATCH", f"/notes/{number}", {"Content-Type": "application/json"}, body)


def written(schema):
    return [value for [value] in schema.sql("SELECT v FROM notes ORDER BY id")]


def test_what_nobody_waits_for_is_not_begun(busy):
    waiting = busy()
    gone = [busy.pool.fcgi() for _ in range(5)]
    for number, connection in enumerate(gone):
        connection.send(patch(2) if number % 2 else fcgi.encode("GET", f"/notes?v=eq.{number}"))
    stays = busy.pool.fcgi()
    stays.send(patch(3))
    time.sleep(0.2)
    for connection in gone:
        connection.close()
    assert waiting.read().status == 200
    assert stays.read().status == 204
    assert written(busy.schema) == [0, 0, 3]
    metrics = busy.pool.counted(2)
    assert metrics["myrest_requests_abandoned_total"] == 5
    assert metrics["myrest_statements_total"] == 2 and metrics["myrest_requests_total"] == 2
    stays.close()


def test_a_client_of_the_web_server_that_hangs_up_writes_nothing(busy):
    web = busy.web()
    waiting = busy()
    with socket.create_connection((web.host, web.port)) as client:
        client.sendall(
            b"PATCH /notes/2 HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n"
            b'{"v":2}'
        )
        time.sleep(0.3)
    assert waiting.read().status == 200
    assert busy.pool.ask("/notes/1").status == 200
    assert written(busy.schema) == [0, 0, 0]
    assert busy.pool.metric("myrest_requests_abandoned_total") == 1


def test_who_has_asked_and_gone_at_once_writes_nothing(busy):
    """The worker learns of both at the same moment, on a connection that it watches."""
    [worker] = busy.pool.workers()
    with busy.pool.fcgi() as connection:
        assert connection.request("GET", "/notes").status == 200
        assert busy.pool.ask("/notes/1").status == 200  # so that the other one is watched by now
        os.kill(worker, signal.SIGSTOP)
        servers.until(lambda: "\nState:\tT" in pathlib.Path(f"/proc/{worker}/status").read_text("utf-8"))
        connection.send(patch(2))
    os.kill(worker, signal.SIGCONT)
    servers.until(lambda: busy.pool.metric("myrest_requests_abandoned_total") == 1)
    assert busy.pool.ask("/notes/1").status == 200
    assert written(busy.schema) == [0, 0, 0]


def test_who_has_gone_is_not_begun_again_for(busy):
    """The connection to the database is lost while the statement runs, and a read is repeated then."""
    busy().close()
    time.sleep(0.2)
    busy.schema.kill_pool_connections()
    servers.until(lambda: busy.pool.metric("myrest_requests_abandoned_total") == 1)
    assert busy.pool.ask("/notes/1").status == 200
    assert busy.pool.metric("myrest_statements_total") == 2


@pytest.mark.parametrize("prefer", ["resolution=ignore-duplicates,return=representation", "return=representation"])
def test_a_write_has_its_time_as_a_whole(database, start_pool, prefer):
    """Each row takes a fifth of the time that a statement may take."""
    schema = database.schema(
        "CREATE TABLE notes (id INT PRIMARY KEY, v INT)",
        "CREATE TRIGGER slowly BEFORE INSERT ON notes FOR EACH ROW SET NEW.v = SLEEP(0.2)",
        grant=GRANT,
    )
    pool = start_pool(schema.url(), "notes", workers=1, MYREST_WRITABLE="notes", MYREST_STATEMENT_TIMEOUT=1)
    body = json.dumps([{"id": number} for number in range(40)]).encode()
    began = time.monotonic()
    answer = pool.ask(
        "/notes", "POST", headers={"Content-Type": "application/json", "Prefer": prefer}, body=body, timeout=20
    )
    took = time.monotonic() - began
    assert "MYREST_STATEMENT_TIMEOUT" in error_of(answer, 504, "57014")["details"]
    assert took < 3 * servers.FACTOR
    assert pool.log("write-timeout") or pool.log("write-failed")
    assert schema.sql("SELECT COUNT(*) FROM notes") == ((0,),) and pool.ask("/notes").body == b"[]"


def test_those_that_wait_do_not_go_round(database, start_pool):
    """More clients than workers, whose statements take 20 ms and cannot be shared."""
    schema = database.schema(
        "CREATE TABLE notes (id INT PRIMARY KEY, v INT NOT NULL)",
        "INSERT INTO notes VALUES (1, 0)",
        "CREATE VIEW slow AS SELECT id, v, SLEEP(0.02) AS pause FROM notes",
    )
    pool = start_pool(schema.url(), "slow", workers=4)
    connections = [pool.fcgi() for _ in range(100)]
    for turn in range(3):
        for number, connection in enumerate(connections):
            connection.send(fcgi.encode("GET", f"/slow?v=lt.{1000 * turn + number + 1}"))
        for connection in connections:
            assert connection.read().status == 200
    metrics = pool.counted(300)
    assert metrics["myrest_statements_total"] >= 250
    # to another worker, and later from one that has more than it gets done to one that has less
    handed = pool.metric("myrest_handovers_total")
    print("hand-overs for each:", handed / 300)
    assert handed <= 5 * 300
    for connection in connections:
        connection.close()


# --- MYREST_QUEUE_MS


@pytest.fixture(params=[1, 3], ids=["one worker", "three workers"])
def held(request, database, start_pool, start_nginx):
    """hold(seconds): all workers of a pool are kept busy that long from now on. Requests may wait for LIMIT."""
    schema = database.schema(
        "CREATE TABLE notes (id INT PRIMARY KEY, v INT NOT NULL)",
        "INSERT INTO notes VALUES (1, 0), (2, 0), (3, 0)",
        "CREATE TABLE pauses (seconds DOUBLE)",
        "INSERT INTO pauses VALUES (0)",
        "CREATE VIEW slow AS SELECT notes.id, SLEEP(pauses.seconds) AS pause FROM notes, pauses",
        grant=GRANT,
    )
    pool = start_pool(schema.url(), "notes,slow", workers=request.param, MYREST_WRITABLE="notes", MYREST_QUEUE_MS=round(LIMIT * 1000))
    connections = []

    def hold(seconds):
        schema.sql(f"UPDATE pauses SET seconds = {seconds}")
        before = pool.metric("myrest_statements_total")
        for number in range(request.param):
            connections.append(pool.fcgi())
            connections[-1].send(fcgi.encode("GET", f"/slow?id=eq.{number + 1}"))
            servers.until(lambda: pool.metric("myrest_statements_total") == before + number + 1)
        return connections[-request.param :]

    hold.pool, hold.schema, hold.web = pool, schema, start_nginx(pool)
    yield hold
    for connection in connections:
        connection.close()


LIMIT = 0.5  # seconds


def is_shed(answer, began):
    took = time.monotonic() - began
    error = error_of(answer, 503, "PGRST003")
    assert "MYREST_QUEUE_MS" in error["details"] and answer.headers["retry-after"] == "1", answer
    assert LIMIT * 0.9 < took < LIMIT + 0.5 * servers.FACTOR, took


def test_who_waits_for_too_long_is_refused(held):
    with held.pool.fcgi() as kept:
        assert kept.request("GET", "/notes/1").status == 200
        running = held(4)
        began = time.monotonic()
        fresh = [held.pool.fcgi() for _ in range(100)]
        for number, connection in enumerate(fresh):
            connection.send(patch(2) if number % 2 else fcgi.encode("GET", f"/notes?v=eq.{number}"))
        kept.send(fcgi.encode("GET", "/notes/1"))
        for connection in (kept, *fresh):
            is_shed(connection.read(), began)
        for connection in fresh:
            connection.close()
    began = time.monotonic()
    is_shed(held.web.get("/notes/1"), began)
    began = time.monotonic()
    is_shed(send(held.web, "PATCH", "/notes/2", {"v": 2}), began)
    assert all(connection.read().status == 200 for connection in running)
    assert held.schema.sql("SELECT v FROM notes") == ((0,), (0,), (0,))
    servers.until(lambda: held.pool.metric("myrest_requests_shed_total") == 103)
    assert held.pool.log("requests-shed")


def test_who_waits_for_less_is_answered(held):
    running = held(LIMIT * 0.6)
    waiting = [held.pool.fcgi() for _ in range(20)]
    for number, connection in enumerate(waiting):
        connection.send(fcgi.encode("GET", f"/notes?v=eq.{number}"))
    for connection in (*running, *waiting):
        assert connection.read().status == 200
        connection.close()
    assert held.pool.metric("myrest_requests_shed_total") == 0


def test_a_request_waits_for_ever_where_that_is_asked_for(database, start_pool):
    schema = database.schema("CREATE VIEW slow AS SELECT 1 AS id, SLEEP(2.5) AS pause")
    pool = start_pool(schema.url(), "slow", workers=1, MYREST_QUEUE_MS=0)
    with pool.fcgi() as first, pool.fcgi() as second:
        first.send(fcgi.encode("GET", "/slow"))
        servers.until(lambda: pool.metric("myrest_statements_total") == 1)
        second.send(fcgi.encode("GET", "/slow?id=eq.1"))
        assert first.read().status == 200 and second.read().status == 200


def test_what_was_begun_once_is_not_refused(database, start_pool):
    """A read whose connection is lost is repeated, however long it has waited by then."""
    schema = database.schema("CREATE VIEW slow AS SELECT 1 AS id, SLEEP(1) AS pause")
    pool = start_pool(schema.url(), "slow", workers=1, MYREST_QUEUE_MS=300)
    with pool.fcgi() as first:
        first.send(fcgi.encode("GET", "/slow"))
        servers.until(lambda: pool.metric("myrest_statements_total") == 1)
        time.sleep(0.6)
        schema.kill_pool_connections()
        assert first.read().status == 200


class Late(Relay):
    """Connections through it take their time."""

    def carry(self, source, target):
        time.sleep(self.late)
        super().carry(source, target)


@pytest.mark.parametrize("late", [0, 0.15])
def test_a_connection_that_is_renewed_is_no_new_wait(database, start_pool, late):
    """The rows of a long HEAD are not read to the end: the connection is given up instead."""
    schema = database.schema(
        "CREATE TABLE big (id INT PRIMARY KEY, words VARCHAR(2000))",
        "INSERT INTO big VALUES " + ", ".join(f"({number}, '{'x' * 2000}')" for number in range(300)),
        "CREATE VIEW wide AS SELECT big.id, big.words, SLEEP(0.002) AS pause FROM big",
    )
    Late.late = late
    relay = Late(database.port)
    url = schema.url(tcp=True).replace(str(database.port), str(relay.listener.getsockname()[1]))
    pool = start_pool(url, "wide", workers=1, MYREST_QUEUE_MS=round(LIMIT * 1000), MYREST_BUFFER_BYTES=4096)
    connections = [pool.fcgi() for _ in range(30)]
    began = time.monotonic()
    for number, connection in enumerate(connections):
        connection.send(fcgi.encode("HEAD", f"/wide?id=gte.-{number}"))
    answers = []
    for connection in connections:
        answers.append((connection.read().status, time.monotonic() - began))
        connection.close()
    relay.close()
    assert {status for status, _ in answers} == {200, 503}, answers
    assert all(took < LIMIT * (1 + 10 * late) + 0.5 * servers.FACTOR for _, took in answers), answers
    assert pool.metric("myrest_database_connects_total") > 2  # or it proves nothing
