# SPDX-License-Identifier: MIT
"""Writes beside a server that does not write, rights that go, connections that are killed, statements that take long."""
import json
import socket
import threading
import time
from types import SimpleNamespace

import pytest

import load
import servers
import web
from differences import here
from servers import until
from web import error_of
from write_faults import EXPOSED, MARK, in_background
from write_faults import unchanged, w, writable  # noqa: F401 (fixtures)
from writing import GRANT, done, encode, refused, send


# --- a server that does not write, an account that may not


def test_a_read_only_server_is_503_and_reads_go_on(unchanged):
    database = unchanged.schema.database
    database.sql("SET GLOBAL read_only = 1")
    try:
        for method, target, body in (
            ("POST", "/needy", {"must": 1}), ("PATCH", "/accounts/1", {"n": 1}), ("PUT", "/accounts/1", {"n": 1}), ("DELETE", "/accounts/1", None),
            ("POST", "/accounts", [{"id": 100, "n": 1}]),
        ):  # fmt: skip
            response = unchanged.send(method, target, body)
            refused(response, 503, "25006")
            assert "retry-after" in response.headers
            assert unchanged.get("/accounts/1").status == 200
    finally:
        database.sql("SET GLOBAL read_only = 0")
    done(unchanged.patch("/accounts/1", {"n": 0}), 204)


@pytest.fixture
def revoked(database, lab, start_pool, start_nginx):
    """Tables whose privileges are the table's own: they end at once, also for a connection that is open."""
    schema = database.schema(
        "CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT)", "INSERT INTO t VALUES (1, 1, 1)",
    )  # fmt: skip
    schema.sql(f"GRANT INSERT, UPDATE, DELETE ON {schema.name}.t TO rest@'%'")
    front = start_nginx(start_pool(schema.url(), "t", MYREST_WRITABLE="t"))
    return SimpleNamespace(schema=schema, web=front)


@pytest.mark.parametrize(
    "privilege, method, target, body",
    [
        ("INSERT", "POST", "/t", {"id": 2, "a": 1}),
        ("UPDATE", "PATCH", "/t?id=eq.1", {"a": 5}),
        ("UPDATE", "PATCH", "/t/1", {"a": 5}),
        ("DELETE", "DELETE", "/t?id=eq.1", None),
        ("INSERT", "PUT", "/t/2", {"a": 5}),
    ],
)
def test_a_privilege_that_is_gone_is_403(revoked, privilege, method, target, body):
    done(send(revoked.web, "POST", "/t", {"id": 9, "a": 9}), 201)
    revoked.schema.sql(f"REVOKE {privilege} ON {revoked.schema.name}.t FROM rest@'%'")
    before = revoked.schema.sql("SELECT * FROM t")
    error = refused(send(revoked.web, method, target, body), 403, "42501")
    assert "rest" not in json.dumps(error).replace("restrict", "") and "localhost" not in json.dumps(error), error
    assert revoked.schema.sql("SELECT * FROM t") == before
    assert revoked.web.get("/t").status == 200
    revoked.schema.sql(f"GRANT {privilege} ON {revoked.schema.name}.t TO rest@'%'")
    assert send(revoked.web, method, target, body).status in (200, 201, 204)


# --- connections that are killed, statements that take long


def writers_of(w, state="%"):
    """The connections that run a statement; by "User sleep" those that are inside of a trigger's SLEEP, where they have
    the name of the trigger's maker."""
    return [row[0] for row in w.schema.sql(
        "SELECT id FROM information_schema.processlist"
        f" WHERE id <> CONNECTION_ID() AND db = '{w.schema.name}' AND command <> 'Sleep' AND state LIKE '{state}'"
    )]  # fmt: skip


@pytest.mark.parametrize(
    "method, target, body", [("POST", "/slow", {"n": 5, "pause": 3}), ("POST", "/slow", [{"n": 4, "pause": 0}, {"n": 5, "pause": 3}]), ("PATCH", "/slow/1", {"n": 5, "pause": 3}), ("PUT", "/slow/1", {"n": 5, "pause": 3})]
)  # fmt: skip
def test_a_connection_that_dies_under_a_write_is_502_and_it_is_never_repeated(w, method, target, body):
    before = w.snapshot()
    waiting = in_background(w.send, method, target, body, timeout=60)
    [number] = until(lambda: writers_of(w, "User sleep"), 5, why="the write does not run")
    w.schema.sql(f"KILL {number}")
    response = waiting.result()
    error_of(response, 502)
    refused(response, 502)
    time.sleep(0.3)
    assert w.rows("SELECT n FROM slow_runs WHERE n = 5") == [(5,)], "it was run again"
    assert w.snapshot() == before, "a write that was cut is there in part"
    tried = [upstream for _, _, upstream, asked, where in w.web.tried() if asked == method and where == target][-1]
    assert len(tried) == 1, f"nginx has asked {len(tried)} times"
    done(w.patch("/slow/1", {"n": 1, "pause": 0}), 204)


def test_a_connection_that_died_before_costs_no_write(w):
    for _ in range(5):
        w.schema.kill_pool_connections()
        response = w.post("/needy", {"must": 1})
        assert response.status in (201, 502, 503), response
    until(lambda: w.post("/needy", {"must": 2}).status == 201, 5)
    assert w.value("SELECT COUNT(*) FROM needy WHERE must = 2") == 1


def test_a_query_that_is_killed_is_no_success(w):
    before = w.snapshot()
    waiting = in_background(w.post, "/slow", {"n": 5, "pause": 3}, timeout=60)
    [number] = until(lambda: writers_of(w, "User sleep"), 5, why="the write does not run")
    w.schema.sql(f"KILL QUERY {number}")
    response = waiting.result()
    assert response.status in (500, 502, 503, 504), response
    refused(response, response.status)
    assert w.snapshot() == before


def test_a_write_that_takes_too_long_is_504_and_no_half(w, start_pool, start_nginx):
    front = start_nginx(start_pool(w.schema.url(), EXPOSED, MYREST_WRITABLE=EXPOSED, MYREST_STATEMENT_TIMEOUT=1))
    before = w.snapshot()
    for method, target, body in (("POST", "/slow", {"n": 5, "pause": 30}), ("PATCH", "/slow/1", {"n": 5, "pause": 30})):
        began = time.monotonic()
        refused(send(front, method, target, body, timeout=60), 504)
        assert time.monotonic() - began < 5 * servers.FACTOR
    until(lambda: not writers_of(w), 5, why="the statement runs on")
    after = w.snapshot()
    assert sorted(row[1:] for row in after["slow"]) == here("write_errors.after_its_time", [(0, 0.0)])
    assert {**after, "slow": before["slow"]} == before
    done(send(front, "PATCH", "/slow/1", {"n": 3, "pause": 0}), 204)


def test_a_client_that_leaves_gets_its_write_whole_or_not_at_all(w):
    body = encode([{"n": n, "pause": 0.05} for n in range(10)])
    with socket.create_connection((w.web.host, w.web.port)) as connection:
        connection.sendall(b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        until(lambda: writers_of(w, "User sleep"), 5, why="the write does not run")

    def is_over():  # not only between two rows
        return not any(writers_of(w) or time.sleep(0.02) for _ in range(15))

    until(is_over, 20)
    assert w.value("SELECT COUNT(*) FROM slow") in (1, 11)


def test_a_cut_body_writes_nothing(unchanged):
    body = b'[{"must":1},{"must":2}]'
    with socket.create_connection((unchanged.web.host, unchanged.web.port)) as connection:
        connection.sendall(b"POST /needy HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body) + 5, body))
    time.sleep(0.2)


def test_the_database_is_away_is_503_and_no_write_is_lost_or_doubled(lab, start_pool, start_nginx):
    database = servers.Database(lab)
    try:
        schema = database.schema("CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, n INT)", grant=GRANT)
        front = start_nginx(start_pool(schema.url(), "t", MYREST_WRITABLE="t"))
        done(send(front, "POST", "/t", {"n": 1}), 201)
        database.stop()
        response = until(lambda: (answer := send(front, "POST", "/t", {"n": 2})).status == 503 and answer, 10)
        refused(response, 503)
        assert "retry-after" in response.headers
        database.start()
        until(lambda: send(front, "POST", "/t", {"n": 3}).status == 201, 20)
        assert [row[0] for row in schema.sql("SELECT n FROM t ORDER BY id")] == [1, 3]
    finally:
        database.kill()


def test_errors_under_load_stay_their_own(w):
    """Each client gets the error of its own request, and good writes beside it are not touched."""
    result = load.InProcess(mixed, w.web.port)
    good, faults = result.result(60)
    assert not faults, faults[0]
    assert w.value("SELECT COUNT(*) FROM needy") == good
    assert w.value("SELECT COUNT(*) FROM strict") == 2


def mixed(port):
    """8 clients, of whom 6 write what is refused."""
    faults, good, front = [], [], web.Web(port)
    stop = time.monotonic() + 2

    def client(number):
        while time.monotonic() < stop:
            if number < 6:
                column, value, code = [("name", "toolong", "22001"), (*here("write_errors.beyond", ("tiny", 300)), "22003"), ("parent", 77, "23503"),
                                       ("code", f"{MARK}code", "23505"), ("positive", -1, "23514"), ("kind", "q", "22P02")][number]  # fmt: skip
                response = send(front, "POST", "/strict", {column: value})
                if not (400 <= response.status < 500 and response.json()["code"] == code and column in response.body.decode()):
                    faults.append((column, repr(response)))
            else:
                response = send(front, "POST", "/needy", {"must": number})
                if response.status == 201:
                    good.append(1)
                else:
                    faults.append(repr(response))

    threads = [threading.Thread(target=client, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(good), faults
