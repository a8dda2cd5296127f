# SPDX-License-Identifier: MIT
"""One JSON line per event; a reader that stalls costs lines, never requests."""
import datetime
import os
import threading
import time

import pytest

import servers
import web


@pytest.fixture
def logged(users, start_pool, start_nginx):
    pool = start_pool(users.schema.url(), MYREST_ACCESS_LOG="on")
    return pool, start_nginx(pool)


def access(pool, count):
    return servers.until(lambda: len(pool.log("access")) >= count and pool.log("access"), 5)


def test_start_ready_and_stop_are_told_at_the_default_level(users, start_pool):
    pool = start_pool(users.schema.url())
    pool.stop()
    events = [entry["event"] for entry in pool.log()]
    assert events[0] == "start" and "ready" in events and "stop" in events
    assert "access" not in events


def test_every_line_has_time_level_event_and_pid(users, start_pool):
    pool = start_pool(users.schema.url(), MYREST_ACCESS_LOG="on", MYREST_LOG_LEVEL="debug")
    pool.ask("/users")
    pool.ask("/nothing")
    pool.stop()
    for entry in pool.log():
        assert entry["level"] in ("error", "warning", "notice", "info", "debug"), entry
        assert isinstance(entry["pid"], int) and entry["event"], entry
        moment = datetime.datetime.fromisoformat(entry["time"].replace("Z", "+00:00"))
        assert abs(moment.timestamp() - time.time()) < 60 * servers.FACTOR, entry


def test_an_access_line_tells_of_the_request(logged):
    pool, front = logged
    assert front.get("/users?select=id&order=id").status == 200
    entry = access(pool, 1)[-1]
    ident = servers.until(front.tried, 3)[-1][0]
    assert entry["id"] == ident
    assert (entry["method"], entry["status"], entry["rows"], entry["merged"]) == ("GET", 200, 2, False)
    assert entry["path"].partition("?")[0] == "/users"
    assert 0 <= entry["duration_ms"] < 5000 * servers.FACTOR


def test_every_request_has_a_line_whatever_became_of_it(logged):
    pool, front = logged
    asked = [
        ("GET", "/users/1", 200, 1),
        ("GET", "/users/9", 404, 0),
        ("GET", "/nothing", 404, 0),
        ("HEAD", "/users", 200, None),
        ("POST", "/users", 405, 0),
        ("GET", "/users?x", 400, 0),
    ]
    entries = []
    for method, target, status, _ in asked:
        assert front.get(target, method=method).status == status
        entries = access(pool, len(entries) + 1)  # it is written behind the answer, and by whichever worker it was
    assert len(entries) == len(asked)
    assert [(entry["method"], entry["status"]) for entry in entries] == [
        (method, status) for method, _, status, _ in asked
    ]
    for entry, (_, _, _, rows) in zip(entries, asked):
        assert rows is None or entry["rows"] == rows, entry


def test_what_a_client_sends_never_breaks_a_line(logged):
    pool, _ = logged
    targets = [
        b"/users?a=%22%0A",
        b'/users/"x\\',
        b"/users/\xff\xfe",
        b"/users/\x01\x02\n{\"event\":\"fake\"}",
        b"/" + b"x" * 5000,
    ]
    for target in targets:
        pool.ask(target, extra={"REQUEST_ID": 'id"\n\\'})
    entries = access(pool, len(targets))
    assert len(entries) == len(targets)
    assert not pool.log("fake")


def test_the_levels(users, start_pool):
    lines = {}
    for level in ("error", "warning", "info", "debug"):
        pool = start_pool(users.schema.url(), MYREST_LOG_LEVEL=level)
        pool.ask("/users")
        pool.stop()
        lines[level] = len(pool.log())
    assert lines["error"] <= lines["warning"] <= lines["info"] <= lines["debug"], lines


def test_the_servers_words_go_to_the_log_with_the_requests_id(users, service):
    broken = service(
        "CREATE FUNCTION boom(n INT) RETURNS INT"
        " BEGIN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'kaputt'; RETURN n; END",
        "CREATE VIEW users AS SELECT boom(1) AS id",
        "SET @unused = 1",
    )
    answer = broken.pool.ask("/users", extra={"REQUEST_ID": "my-own-id"})
    assert answer.status >= 400 and b"kaputt" not in answer.body
    said = servers.until(lambda: [entry for entry in broken.pool.log() if "kaputt" in str(entry)], 5)
    assert said[0]["id"] == "my-own-id"


def stalled(users, start_pool, **settings):
    """A pool whose log goes into a pipe that nobody reads."""
    reading, writing = os.pipe()
    os.set_blocking(writing, True)
    try:
        pool = start_pool(
            users.schema.url(), stderr=writing, MYREST_ACCESS_LOG="on", MYREST_LOG_LEVEL="debug", **settings
        )
    finally:
        os.close(writing)
    return pool, reading


def test_a_stalled_reader_of_the_log_costs_lines_but_no_request(users, start_pool):
    pool, reading = stalled(users, start_pool)
    try:
        with pool.fcgi() as connection:
            slowest = 0.0
            for _ in range(3000):
                began = time.monotonic()
                assert connection.request(target="/users?select=id").status == 200
                slowest = max(slowest, time.monotonic() - began)
        assert slowest < 0.5 * servers.FACTOR
        dropped = pool.metric("myrest_log_lines_dropped_total")
        assert dropped > 1000
        assert pool.web.get("/ready").status == 200

        # when the reader comes back, what it reads are whole lines again, and new lines come
        collected = bytearray()

        def read():
            while data := os.read(reading, 65536):
                collected.extend(data)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        servers.until(lambda: len(collected) > 1000, 5)
        pool.ask("/users/2", extra={"REQUEST_ID": "after-the-stall"})
        servers.until(lambda: b"after-the-stall" in collected, 5, why="no new line after the stall")
        assert pool.metric("myrest_log_lines_dropped_total") >= dropped
        pool.stop()
        reader.join(5)
        lines = bytes(collected).splitlines()
        if not servers.WRAPPER:
            for line in lines:
                web.parse(line)
        total = sum(b'"access"' in line for line in lines) + dropped
        assert total >= 3000
    finally:
        os.close(reading)


def test_a_stalled_reader_does_not_keep_the_pool_from_leaving(users, start_pool):
    pool, reading = stalled(users, start_pool)
    try:
        with pool.fcgi() as connection:
            for _ in range(1500):
                assert connection.request(target="/users/1").status == 200
        began = time.monotonic()
        pool.stop()
        assert time.monotonic() - began < 5 * servers.FACTOR
    finally:
        os.close(reading)


def test_a_reader_of_the_log_that_is_gone_costs_nothing(users, start_pool):
    pool, reading = stalled(users, start_pool)
    os.close(reading)
    for _ in range(50):
        assert pool.ask("/users").status == 200
    pool.stop()
