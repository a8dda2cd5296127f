# SPDX-License-Identifier: MIT
"""Large answers stream: memory stays small, and a fault in the middle is a cut, never valid JSON."""
import concurrent.futures
import json
import os
import signal
import socket
import threading
import time

import pytest

import fcgi
import servers
from differences import here
from servers import USERS, until
from web import error_of

LONG_NAME = "n" * 60
VIEWS = (
    *USERS,
    "CREATE VIEW million AS SELECT seq AS id, CONCAT('name number ', seq) AS name FROM seq_1_to_1000000",
    "CREATE VIEW wide AS SELECT seq AS id, REPEAT(CHAR(65 + seq % 26 USING utf8mb4), 20000) AS body FROM seq_1_to_100",
    "CREATE VIEW trickle AS SELECT seq AS id, REPEAT('x', 20000) AS body, SLEEP(0.02) AS pause FROM seq_1_to_100",
    "CREATE FUNCTION fuse(n INT, at INT) RETURNS INT"
    " BEGIN IF n >= at THEN SIGNAL SQLSTATE '45000'; END IF; RETURN n; END",
    "CREATE VIEW late AS SELECT fuse(seq, 90) AS id, REPEAT('x', 20000) AS body FROM seq_1_to_100",
    "CREATE VIEW early AS SELECT fuse(seq, 3) AS id, 'x' AS body FROM seq_1_to_100",
    "CREATE VIEW edge AS SELECT seq AS id, REPEAT('y', 1000) AS body FROM seq_1_to_600",
    "CREATE TABLE one (id INT PRIMARY KEY, body LONGTEXT)",
    "INSERT INTO one VALUES (1, REPEAT('z', 3000000))",
    "CREATE VIEW heavy AS SELECT seq AS id, REPEAT('x', 600000) AS body FROM seq_1_to_100",
    f"CREATE TABLE narrow (id INT PRIMARY KEY, {LONG_NAME} VARCHAR(4))",
    "INSERT INTO narrow SELECT seq, CONCAT('n', seq) FROM seq_1_to_100",
)


@pytest.fixture(scope="module")
def large(service):
    return service(*VIEWS, tables="users,million,wide,trickle,late,early,edge,one,heavy,narrow", workers=2, MYREST_MAX_ROWS=2000000)


def test_a_large_answer_is_whole(large):
    rows = large.json("/wide")
    assert rows == [{"id": at, "body": chr(65 + at % 26) * 20000} for at in range(1, 101)]


def test_answers_around_the_buffers_size_are_whole(large):
    for limit in (1, 100, 240, 250, 254, 255, 256, 257, 258, 259, 260, 261, 270, 400, 600):
        response = large.get(f"/edge?limit={limit}&order=id")
        assert [row["id"] for row in response.json()] == list(range(1, limit + 1))
        if "content-length" in response.headers:
            assert int(response.headers["content-length"]) == len(response.body)
            assert response.headers["content-range"] == f"0-{limit - 1}/*"
        else:
            assert limit > 200


def test_a_single_row_larger_than_the_buffer_is_whole(large):
    assert large.json("/one/1") == {"id": 1, "body": "z" * 3000000}
    assert large.json("/one") == [{"id": 1, "body": "z" * 3000000}]
    assert large.json("/one?select=id") == [{"id": 1}]


def test_head_of_a_large_answer(large):
    response = large.head("/wide")
    assert (response.status, response.body) == (200, b"")
    assert large.head("/million?limit=300000").status == 200


def test_after_a_stream_the_connection_is_good_again(large):
    with large.pool.fcgi() as connection:
        for _ in range(5):
            answer = connection.request(target="/wide")
            assert len(json.loads(answer.body)) == 100 and answer.ended
            assert json.loads(connection.request(target="/users/1").body)["id"] == 1


def test_a_million_rows_in_small_memory(large):
    """Both workers, two large answers at a time."""
    total, last = 0, None
    connections = [large.pool.fcgi(timeout=60) for _ in range(2)]
    for connection in connections:
        connection.send(fcgi.encode("GET", "/million?order=id"))
    # Read side by side: an answer that nobody takes for MYREST_REQUEST_TIMEOUT is cut.
    answers = [None, None]

    def read(number):
        answers[number] = connections[number].read(timeout=60 * servers.FACTOR)

    readers = [threading.Thread(target=read, args=(number,)) for number in range(2)]
    for reader in readers:
        reader.start()
    for connection, reader, number in zip(connections, readers, range(2)):
        reader.join()
        answer = answers[number]
        assert answer.ended
        rows = json.loads(answer.body)
        total, last = total + len(rows), rows[-1]
        connection.close()
    assert total == 2000000 and last == {"id": 1000000, "name": "name number 1000000"}
    if not servers.instrumented():
        for pid in large.pool.workers():
            assert servers.memory(pid) < here("stream.memory", 16) * 1024, f"worker {pid}: {servers.memory(pid)} KiB"


def test_a_few_heavy_rows_in_small_memory(large, start_pool):
    """30 rows of 600 kB: how many there are says nothing of their size."""
    pool = start_pool(large.schema.url(), "heavy", workers=1)
    with pool.fcgi(timeout=60) as connection:
        rows = json.loads(connection.request(target="/heavy?limit=30&order=id").body)
    assert rows == [{"id": at, "body": "x" * 600000} for at in range(1, 31)]
    if not servers.instrumented():
        assert max(servers.memory(pid) for pid in pool.workers()) < 16 * 1024


@pytest.mark.parametrize("limit", [1, 2, 10, 11, 12, 13, 14, 20, 71, 72, 73, 74, 99])
def test_short_rows_that_outgrow_the_buffer_are_whole(large, start_pool, limit):
    """Their values are short enough to be taken from the database all at once, their names are not."""
    pool = start_pool(large.schema.url(), "narrow", MYREST_BUFFER_BYTES=1024)
    with pool.fcgi() as connection:
        for _ in range(2):
            answer = connection.request(target=f"/narrow?limit={limit}&order=id")
            assert answer.ended
            assert json.loads(answer.body) == [{"id": at, LONG_NAME: f"n{at}"} for at in range(1, limit + 1)]


def test_a_slow_reader_does_not_fill_the_workers_memory(large):
    connection = large.pool.fcgi()
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.send(fcgi.encode("GET", "/million"))
    time.sleep(1)
    try:
        for _ in range(100):
            assert large.pool.ask("/users").status == 200
        if not servers.instrumented():
            for pid in large.pool.workers():
                assert servers.memory(pid, "VmRSS") < 16 * 1024
    finally:
        connection.close()


def test_a_slow_reader_of_heavy_rows_does_not_fill_the_workers_memory(large, start_pool):
    """Each comes from the database in many pieces: a row that is not there yet is waited for without taking it."""
    pool = start_pool(large.schema.url(), "heavy", workers=1)
    with pool.fcgi(timeout=60) as connection:
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.send(fcgi.encode("GET", "/heavy?limit=100&order=id"))
        parts = []
        for _ in range(20):
            parts.append(connection.socket.recv(4096))
            time.sleep(0.1)
        assert sum(map(len, parts)) < 600000, "the reader was not slow"
        connection.pending = b"".join(parts)
        answer = connection.read(timeout=60 * servers.FACTOR)
    assert answer.ended and json.loads(answer.body) == [{"id": at, "body": "x" * 600000} for at in range(1, 101)]
    if not servers.instrumented():
        assert max(servers.memory(pid) for pid in pool.workers()) < 16 * 1024


def test_a_slow_reader_over_tcp_does_not_fill_the_workers_memory(large, start_pool):
    """Socket buffers of TCP grow to megabytes by themselves; what waits in the worker must not."""
    port = servers.free_port()
    pool = start_pool(large.schema.url(), "million", listen=f"127.0.0.1:{port}", MYREST_MAX_ROWS=2000000)
    pool.address = ("127.0.0.1", port)
    workers = pool.workers()
    with pool.fcgi(timeout=60) as connection:
        connection.send(fcgi.encode("GET", "/million?order=id"))
        parts, most = [], 0
        ends = time.monotonic() + 3
        while time.monotonic() < ends:
            parts.append(connection.socket.recv(16384))
            time.sleep(0.01)
            most = max(most, *(servers.memory(pid, "VmRSS") for pid in workers))
        taken = sum(map(len, parts))
        connection.pending = b"".join(parts)
        answer = connection.read(timeout=60 * servers.FACTOR)
    assert taken < 8 * 1024 * 1024 < len(answer.body), "the reader was not slow"
    rows = json.loads(answer.body)
    assert answer.ended and len(rows) == 1000000 and rows[-1] == {"id": 1000000, "name": "name number 1000000"}
    if not servers.instrumented():
        assert most < 16 * 1024, f"{most} KiB"
        assert max(servers.memory(pid) for pid in workers) < 16 * 1024


def is_json(data):
    try:
        json.loads(data)
        return True
    except ValueError:
        return False


def check_cut_behind_nginx(response):
    assert response.cut, response
    assert not is_json(response.body)


def test_a_fault_after_the_first_byte_is_a_cut(large):
    answer = None
    with large.pool.fcgi() as connection:
        answer = connection.request(target="/late")
    assert answer.status == 200 and not answer.ended and answer.cut in ("eof", "reset"), answer
    assert not is_json(answer.body)
    check_cut_behind_nginx(large.get("/late"))
    assert large.get("/users").status == 200


def test_a_fault_before_the_first_byte_is_an_error(large):
    response = large.get("/early")
    assert response.status >= 400
    error = error_of(response, response.status)
    assert "fuse" not in json.dumps(error)


@pytest.mark.parametrize("how", ["KILL", "KILL QUERY"])
def test_a_kill_after_the_first_byte_is_a_cut(large, how):
    with large.pool.fcgi() as connection:
        connection.send(fcgi.encode("GET", "/trickle"))
        connection.socket.settimeout(10 * servers.FACTOR)
        assert connection.socket.recv(1, socket.MSG_PEEK)
        busy = large.schema.sql(
            "SELECT id FROM information_schema.processlist WHERE user = 'rest' AND "
            f"db = '{large.schema.name}' AND info LIKE '%trickle%' AND id <> CONNECTION_ID()"
        )
        large.schema.sql(f"{how} {busy[0][0]}")
        answer = connection.read()
    assert not answer.ended and answer.cut in ("eof", "reset"), answer
    assert not is_json(answer.body)
    assert [large.get("/users").status for _ in range(10)] == [200] * 10


def test_a_statement_past_its_time_in_a_stream_is_a_cut(large, start_pool):
    pool = start_pool(large.schema.url(), "trickle", MYREST_STATEMENT_TIMEOUT=1)
    with pool.fcgi() as connection:
        answer = connection.request(target="/trickle")
    if answer.ended:
        assert answer.status == 504
    else:
        assert not is_json(answer.body)


def test_a_worker_killed_in_a_stream_is_a_cut_and_others_live(database, start_pool, start_nginx):
    schema = database.schema(*VIEWS)
    pool = start_pool(schema.url(), "users,trickle")
    pool.deaths_expected = True
    with pool.fcgi() as connection:
        connection.send(fcgi.encode("GET", "/trickle"))
        connection.socket.settimeout(10 * servers.FACTOR)
        assert connection.socket.recv(1, socket.MSG_PEEK)
        for pid in pool.workers():
            os.kill(pid, signal.SIGKILL)
        answer = connection.read()
    assert not answer.ended and not is_json(answer.body)
    front = start_nginx(pool)
    until(lambda: front.get("/users").status == 200, 5)


def test_who_takes_no_answer_is_left_behind(large, start_pool):
    pool = start_pool(large.schema.url(), "users,million", workers=2, MYREST_MAX_ROWS=2000000, MYREST_REQUEST_TIMEOUT=1)
    idle = [pool.fcgi() for _ in range(2)]
    for connection in idle:
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.send(fcgi.encode("GET", "/million"))
    busy = (
        "SELECT id FROM information_schema.processlist WHERE user = 'rest' AND "
        f"db = '{large.schema.name}' AND info LIKE '%million%' AND id <> CONNECTION_ID()"
    )
    until(lambda: len(large.schema.sql(busy)) == 2, 6, why="the statements do not begin")
    until(lambda: not large.schema.sql(busy), 6, why="the statements of readers that do not read still run")
    assert pool.ask("/users").status == 200
    for connection in idle:
        answer = connection.read()
        assert not answer.ended and not is_json(answer.body)
        connection.close()


def test_a_reader_that_stops_holds_nobody_up_who_asked_the_same(large, start_pool):
    pool = start_pool(large.schema.url(), "users,million", workers=2, MYREST_MAX_ROWS=2000000)
    asked = fcgi.encode("GET", "/million?limit=20000")
    with pool.fcgi() as stopped:
        stopped.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        readers = [pool.fcgi() for _ in range(5)]
        for connection in [stopped, *readers]:
            connection.send(asked)
        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(len(readers)) as threads:
            for answer in threads.map(lambda connection: connection.read(), readers):
                assert answer.ended and len(json.loads(answer.body)) == 20000, answer
        assert time.monotonic() - began < 8 * servers.FACTOR
        assert len(json.loads(stopped.read().body)) == 20000
        for connection in readers:
            connection.close()


def test_a_slow_reader_that_makes_progress_gets_all(large, start_pool):
    pool = start_pool(large.schema.url(), "wide", MYREST_REQUEST_TIMEOUT=1)
    with pool.fcgi() as connection:
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        connection.send(fcgi.encode("GET", "/wide"))
        received = b""
        connection.socket.settimeout(5 * servers.FACTOR)
        began = time.monotonic()
        while time.monotonic() - began < 2:
            received += connection.socket.recv(50000)
            time.sleep(0.1)
        connection.pending = received
        answer = connection.read()
    assert answer.ended and len(json.loads(answer.body)) == 100


def test_a_client_that_leaves_in_a_stream_frees_the_worker(large, start_pool):
    pool = start_pool(large.schema.url(), "users,trickle", workers=1)
    for _ in range(3):
        connection = pool.fcgi()
        connection.send(fcgi.encode("GET", "/trickle"))
        connection.socket.settimeout(10 * servers.FACTOR)
        connection.socket.recv(1000)
        connection.close()
    began = time.monotonic()
    assert pool.ask("/users", timeout=20).status == 200
    assert time.monotonic() - began < 10 * servers.FACTOR


def test_an_answer_that_is_made_at_once_is_whole_however_large(service):
    """It is the first of its connection, is there when that is accepted, and is more than the socket takes."""
    names = [f"shelf_{n}" for n in range(30)]
    shelves = service(
        *[f"CREATE TABLE {name} (id INT PRIMARY KEY, label TEXT, amount NUMERIC(10,2), made DATE)" for name in names],
        tables=",".join(names), workers=1, MYREST_WRITABLE=",".join(names), MYREST_REQUEST_TIMEOUT=3,
    )  # fmt: skip
    for _ in range(20):
        with shelves.pool.fcgi() as connection:
            connection.send(fcgi.encode("GET", "/"))
            time.sleep(0.05)
            answer = connection.read()
            assert answer.ended, (answer.cut, len(answer.out))
            assert len(answer.body) == int(answer.headers["content-length"]) > 400000
            assert "/shelf_29" in json.loads(answer.body)["paths"]
    assert shelves.pool.log("answer-timeout") == []
