# SPDX-License-Identifier: MIT
"""A statement that nobody waits for any more is ended in the database, and nothing else is ended in its place."""
import json
import random
import socket
import struct
import threading
import time

import pytest

import fcgi
import postgresql
from certificates import OPTION, WITHOUT
import servers
from servers import until
from write_faults import Holder
from web import error_of
from writing import GRANT

LONG = 25  # seconds


@pytest.fixture(params=["socket", "tcp"])
def slow(request, database, start_pool):
    """A pool of one worker, before a view whose rows take as long as the table `pauses` says."""
    schema = database.schema(
        "CREATE TABLE notes (id INT PRIMARY KEY, v INT NOT NULL)",
        "INSERT INTO notes VALUES (1, 0), (2, 0), (3, 0)",
        "CREATE TABLE pauses (seconds DOUBLE)",
        f"INSERT INTO pauses VALUES ({LONG})",
        "CREATE VIEW slow AS SELECT notes.id, SLEEP(pauses.seconds) AS pause FROM notes, pauses",
        "CREATE VIEW next_one AS SELECT id, SLEEP(0.03) AS pause FROM notes",
        grant=GRANT,
    )
    pool = start_pool(schema.url(tcp=request.param == "tcp"), "notes,slow,next_one", workers=1, MYREST_WRITABLE="notes")
    return pool, schema


def running(schema):
    return schema.sql(
        f"SELECT id FROM information_schema.processlist WHERE user = 'rest' AND db = '{schema.name}' AND command <> 'Sleep'"
    )


def begin(pool, schema, target, method="GET", body=b"", **headers):
    connection = pool.fcgi()
    connection.send(fcgi.encode(method, target, headers, body))
    until(lambda: running(schema), 3, why="the statement does not run")
    return connection


@pytest.mark.parametrize("target", ["/slow?id=eq.1", "/slow", "/slow?limit=2&offset=0"])
@pytest.mark.parametrize("prefer", ["", "count=exact"])
def test_a_read_that_nobody_waits_for_is_ended(slow, target, prefer):
    pool, schema = slow
    connects = pool.metric("myrest_database_connects_total")
    connection = begin(pool, schema, target, prefer=prefer)
    time.sleep(0.2)
    assert running(schema)
    connection.close()
    began = time.monotonic()
    assert pool.ask("/notes/1", timeout=LONG + 10).status == 200
    assert time.monotonic() - began < 1 * servers.FACTOR
    until(lambda: not running(schema), 1)  # the session that has ended it may end a moment later
    metrics = pool.counted(1)
    assert metrics["myrest_statements_killed_total"] == 1
    assert metrics["myrest_database_connects_total"] == connects  # the connection is the same
    assert not pool.log("statement-failed")


def test_it_goes_on_while_one_waits(slow):
    pool, schema = slow
    schema.sql("UPDATE pauses SET seconds = 1.2")
    both = [pool.fcgi() for _ in range(2)]
    first = begin(pool, schema, "/slow?id=eq.2")  # while which the two meet
    for connection in both:
        connection.send(fcgi.encode("GET", "/slow?id=eq.1"))
    assert first.read().status == 200
    until(lambda: pool.metric("myrest_statements_total") == 2)
    both[0].close()
    answer = both[1].read()
    assert answer.status == 200 and json.loads(answer.body) == [{"id": 1, "pause": 0}]
    assert pool.metric("myrest_statements_killed_total") == 0
    for connection in (first, both[1]):
        connection.close()


def test_a_write_that_nobody_waits_for_is_ended_and_undone(slow):
    """It waits for another's lock."""
    pool, schema = slow
    with Holder(schema) as other:
        other.sql("UPDATE notes SET v = 5 WHERE id = 2")
        body = b'{"v":7}'
        connection = begin(pool, schema, "/notes?id=gt.0&order=id&limit=3", "PATCH", body, content_type="application/json")
        time.sleep(0.2)
        connection.close()
        began = time.monotonic()
        assert pool.ask("/notes/1", timeout=LONG + 10).status == 200
        assert time.monotonic() - began < 1 * servers.FACTOR
        assert pool.metric("myrest_statements_killed_total") == 1
    assert schema.sql("SELECT v FROM notes ORDER BY id") == ((0,), (0,), (0,))
    assert pool.ask("/notes/2", "PATCH", headers={"Content-Type": "application/json"}, body=b'{"v":8}').status == 204
    assert not pool.log("write-failed")


def test_no_other_statement_is_ended(slow):
    """Clients leave just before and after their statements end by themselves, while others read and write."""
    pool, schema = slow
    schema.sql("UPDATE pauses SET seconds = 0.07")
    wrong, number = [], 0
    stop = time.monotonic() + 12

    def others():
        count = 0
        while time.monotonic() < stop:
            count += 1
            body = json.dumps({"v": count}).encode()
            for answer in (
                pool.ask(f"/next_one?id=eq.1&pause=gte.-{count}", timeout=30),
                pool.ask("/notes/3", "PATCH", headers={"Content-Type": "application/json"}, body=body, timeout=30),
            ):
                if (answer.status, answer.body) not in ((200, b'[{"id":1,"pause":0}]'), (204, b"")):
                    wrong.append(answer)

    thread = threading.Thread(target=others)
    thread.start()
    chance = random.Random(7)
    while time.monotonic() < stop:
        number += 1
        with pool.fcgi() as connection:
            connection.send(fcgi.encode("GET", f"/slow?id=eq.1&pause=gte.-{number}"))
            time.sleep(chance.uniform(0.04, 0.09))
    thread.join()
    assert not wrong, wrong[:3]
    assert pool.metric("myrest_statements_killed_total") >= 5
    assert pool.metric("myrest_database_losses_total") == 0


def test_where_no_other_connection_is_to_be_had_it_goes_on(database, start_pool):
    schema = database.schema("CREATE TABLE notes (id INT)", "CREATE VIEW slow AS SELECT 1 AS id, SLEEP(1.5) AS pause")
    word, none = ("ALTER ROLE rest CONNECTION LIMIT", -1) if postgresql.HERE else ("ALTER USER rest@'%' WITH MAX_USER_CONNECTIONS", 0)

    def run(statement):
        with schema.connect() as connection, connection.cursor() as cursor:
            (cursor.plainly if postgresql.HERE else cursor.execute)(statement)

    try:
        run(f"{word} 1")
        pool = start_pool(schema.url(), "notes,slow", workers=1, MYREST_LOG_LEVEL="info")
        begin(pool, schema, "/slow").close()
        began = time.monotonic()
        assert pool.ask("/notes", timeout=30).status == 200
        assert time.monotonic() - began > 1
        [*_, said] = pool.log("kill-failed")
        assert ("too many connections" if postgresql.HERE else "max_user_connections") in said["message"]
        assert pool.metric("myrest_database_losses_total") == 0
    finally:
        run(f"{word} {none}")


def test_a_statement_that_runs_past_its_time_is_ended_there_too(database, start_pool):
    """MySQL is not told how long what writes may run."""
    schema = database.schema(
        "CREATE TABLE notes (id INT PRIMARY KEY, v INT)",
        "INSERT INTO notes VALUES (1, 0)",
        f"CREATE TRIGGER slowly BEFORE UPDATE ON notes FOR EACH ROW SET NEW.v = SLEEP({LONG})",
        grant=GRANT,
    )
    pool = start_pool(schema.url(), "notes", workers=1, MYREST_WRITABLE="notes", MYREST_STATEMENT_TIMEOUT=1)
    body = b'{"v":7}'
    answer = pool.ask("/notes/1", "PATCH", headers={"Content-Type": "application/json"}, body=body, timeout=30)
    assert "MYREST_STATEMENT_TIMEOUT" in error_of(answer, 504, "57014")["details"]
    until(lambda: not running(schema), 2)
    assert schema.sql("SELECT v FROM notes") == ((0,),)


class Relay:
    """An address that leads to the server at a port, from then on to that at another."""

    def __init__(self, port):
        self.port, self.listener, self.open = port, socket.create_server(("127.0.0.1", 0)), []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.port))
            except OSError:
                return
            self.open += [client, server]
            for ends in ((client, server), (server, client)):
                threading.Thread(target=self.carry, args=ends, daemon=True).start()

    def carry(self, source, target):
        try:
            while bytes_read := source.recv(65536):
                target.sendall(bytes_read)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        for one in (self.listener, *self.open):
            try:
                one.shutdown(socket.SHUT_RDWR)  # a close alone leaves it to the thread that reads from it
            except OSError:
                pass
            one.close()


def number_of(session):
    with session.cursor() as cursor:
        cursor.execute("SELECT CONNECTION_ID()")
        return cursor.fetchone()[0]


def advance(schema, number, **account):
    """Opens sessions until one has that number, or a greater one, which it returns."""
    for _ in range(20000):
        session = schema.connect(**account)
        if number_of(session) >= number:
            return session
        session.close()
    raise AssertionError("the server's numbers do not grow")


@pytest.mark.skipif(postgresql.HERE, reason="there a session is known by the moment at which it began as well")
def test_another_server_behind_the_same_address_is_let_alone(database, lab, start_pool):
    """Its session of the same number is somebody else's."""
    schema = database.schema("CREATE TABLE notes (id INT)", "CREATE VIEW slow AS SELECT 1 AS id, SLEEP(2) AS pause")
    other = type(database)(lab)
    relay = Relay(database.port)
    try:
        other.names = int(schema.name[1:]) - 1  # where the account finds a schema of the same name
        theirs = other.schema("CREATE TABLE notes (id INT)")
        assert theirs.name == schema.name
        advance(schema, number_of(theirs.connect()) + 20)
        url = schema.url(tcp=True).replace(str(database.port), str(relay.listener.getsockname()[1]))
        pool = start_pool(url, "notes,slow", workers=1, MYREST_LOG_LEVEL="info")
        [ours] = schema.pool_connections()
        session = advance(theirs, ours, user="rest", password=servers.SECRET)
        assert number_of(session) == ours
        connection = begin(pool, schema, "/slow")
        relay.port = other.port
        slept = []
        thread = threading.Thread(target=lambda: slept.append(asleep(session)))
        thread.start()
        connection.close()
        until(lambda: pool.log("kill-failed"), 3)
        assert "the address leads to another server" in pool.log("kill-failed")[0]["message"]
        thread.join()
        assert slept == [0]
    finally:
        relay.close()
        other.stop()


def asleep(session):
    with session.cursor() as cursor:
        cursor.execute("SELECT SLEEP(1.5)")
        return cursor.fetchone()[0]


class Holding(Relay):
    """The first word that ends a statement is kept until `release` is set; `deaf`, and who connects is told nothing; a
    connection that says `cut` is. `number`, and each greeting is that of the session of that number."""

    def __init__(self, port):
        self.release, self.held = threading.Event(), threading.Event()
        self.deaf, self.cut, self.number = False, None, None
        super().__init__(port)

    def carry(self, source, target):
        deaf, greets = self.deaf, self.number and source in self.open[1::2]
        try:
            while bytes_read := source.recv(65536):
                if greets:
                    at = bytes_read.index(b"\0", 5) + 1  # behind a header, the protocol and the server's version
                    bytes_read = bytes_read[:at] + struct.pack("<I", self.number) + bytes_read[at + 4 :]
                    greets = False
                if deaf:
                    continue
                if self.cut and self.cut in bytes_read:
                    source.shutdown(socket.SHUT_RDWR)
                    return
                if not self.held.is_set() and (b"KILL QUERY" in bytes_read or b"pg_cancel_backend" in bytes_read):
                    self.held.set()
                    self.release.wait(LONG)
                target.sendall(bytes_read)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        self.release.set()
        super().close()


@pytest.fixture
def behind(database, start_pool):
    """A pool of one worker, whose connections to the database go through a Holding."""
    schema = database.schema(
        "CREATE TABLE notes (id INT PRIMARY KEY)",
        "INSERT INTO notes VALUES (1), (2)",
        "CREATE TABLE pauses (seconds DOUBLE)",
        f"INSERT INTO pauses VALUES ({LONG})",
        "CREATE VIEW slow AS SELECT notes.id, SLEEP(pauses.seconds) AS pause FROM notes, pauses",
    )
    relay = Holding(database.port)
    url = schema.url(tcp=True).replace(str(database.port), str(relay.listener.getsockname()[1]))

    def start(**settings):
        url_of_relay = f"{url}?{OPTION}={WITHOUT}"
        return start_pool(url_of_relay, "notes,slow", workers=1, MYREST_LOG_LEVEL="info", **settings), schema, relay

    start.schema, start.relay = schema, relay
    yield start
    relay.close()


def test_an_end_that_comes_late_finds_nothing(behind):
    """Of two that were sent the first one is on its way still."""
    pool, schema, relay = behind(MYREST_CONNECT_TIMEOUT=1)
    begin(pool, schema, "/slow").close()
    until(relay.held.is_set, 3)
    until(lambda: pool.log("kill-failed"), 3)
    until(lambda: not running(schema), 5, why="it is not ended by the second")
    schema.sql("UPDATE pauses SET seconds = 1")
    connection = begin(pool, schema, "/slow?id=eq.1")
    relay.release.set()
    answer = connection.read()
    assert answer.status == 200 and json.loads(answer.body) == [{"id": 1, "pause": 0}]
    connection.close()


@pytest.mark.skipif(postgresql.HERE, reason="there a session is known by the moment at which it began as well")
def test_where_a_proxy_has_numbers_of_its_own_nothing_is_ended(behind):
    """They are others' at the server."""
    with behind.schema.connect(user="rest", password=servers.SECRET) as session:
        behind.relay.number = number_of(session)
        behind.relay.release.set()
        pool, schema, _ = behind()
        schema.sql("UPDATE pauses SET seconds = 1")
        connection = begin(pool, schema, "/slow?id=eq.1")
        slept = []
        thread = threading.Thread(target=lambda: slept.append(asleep(session)))
        thread.start()
        connection.close()
        assert pool.ask("/notes/1").status == 200
        thread.join()
        assert slept == [0] and pool.metric("myrest_statements_killed_total") == 0


def test_a_statement_has_its_time_from_when_it_is_sent(behind):
    """It waits for the end of the one before, which the server does not take."""
    pool, schema, relay = behind(MYREST_CONNECT_TIMEOUT=3, MYREST_STATEMENT_TIMEOUT=3)
    schema.sql("UPDATE pauses SET seconds = 0.5")
    connection = begin(pool, schema, "/slow?id=eq.1")
    relay.deaf = True
    connection.close()
    until(lambda: pool.metric("myrest_statements_killed_total") == 1, 3)
    until(lambda: not running(schema), 3)
    schema.sql("UPDATE pauses SET seconds = 2.6")
    assert pool.ask("/slow?id=eq.1", timeout=20).status == 200
    assert pool.log("kill-failed") and pool.metric("myrest_database_losses_total") == 0


def test_a_read_is_counted_once_though_the_end_of_its_transaction_is_lost(behind):
    pool, schema, relay = behind()
    losses = pool.metric("myrest_database_losses_total")
    relay.cut = b"COMMIT"
    answer = pool.ask("/notes?limit=1", headers={"Prefer": "count=exact"})
    assert answer.status == 206 and answer.headers["content-range"] == "0-0/2"
    until(lambda: pool.metric("myrest_database_losses_total") == losses + 1)
    relay.cut = None
    assert pool.ask("/notes/1").status == 200
    assert pool.counted(2)["myrest_statement_seconds_count"] == 2 == pool.metric("myrest_request_wait_seconds_count")
