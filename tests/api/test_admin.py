# SPDX-License-Identifier: MIT
"""The operator's listener: /live, /ready, /metrics."""
import re
import socket
import time

import pytest

import fcgi
import servers


def test_live(users):
    response = users.pool.web.get("/live")
    assert (response.status, response.json()) == (200, {"status": "live"})


def test_ready(users):
    response = users.pool.web.get("/ready")
    assert (response.status, response.json()["status"]) == (200, "ready")


def test_head_and_other_methods_and_paths(users):
    assert users.pool.web.head("/live").status == 200
    assert users.pool.web.get("/live", method="POST", body=b"x").status == 405
    assert users.pool.web.get("/nothing").status == 404
    assert users.pool.web.get("/users").status == 404


def test_the_operators_paths_are_not_among_the_tables(users):
    for target in ("/live", "/ready", "/metrics"):
        assert users.get(target).status == 404


def test_metrics_are_prometheus_text(users):
    response = users.pool.web.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    for line in response.body.decode().splitlines():
        assert re.fullmatch(
            r"# (HELP|TYPE) [a-z_]+ .*|[a-z_]+(\{[a-z_]+=\"[^\"]*\"(,[a-z_]+=\"[^\"]*\")*\})? [-0-9.e+]+|", line
        ), line
    for name in (
        "requests_total",
        "requests_merged_total",
        "statements_total",
        "handovers_total",
        "requests_shed_total",
        "statements_killed_total",
        "statements_put_back_total",
        "request_wait_seconds_bucket",
        "statement_seconds_count",
        "log_lines_dropped_total",
        "worker_restarts_total",
        "workers",
        "workers_ready",
    ):
        assert users.pool.metric(f"myrest_{name}") >= 0
    causes = {key for key in users.pool.metrics() if key.startswith("myrest_handovers_total")}
    assert causes == {f'myrest_handovers_total{{cause="{cause}"}}' for cause in ("busy", "load", "room", "away", "leaving")}
    assert users.pool.metric("myrest_workers") == users.pool.metric("myrest_workers_ready") == 2
    assert 'myrest_build_info{version="' in response.body.decode()


def test_every_request_is_counted_once(users):
    time.sleep(0.2)
    before = users.pool.metric("myrest_requests_total")
    for target in ("/users", "/users/1", "/users/9", "/nothing", "/users?x") * 4:
        users.get(target)
    users.pool.counted(before + 20)
    time.sleep(0.2)
    assert users.pool.metric("myrest_requests_total") == before + 20


def test_statements_and_waits_are_measured(database, start_pool):
    schema = database.schema("CREATE TABLE t (id INT)", "CREATE VIEW slow AS SELECT 1 AS id, SLEEP(0.3) AS pause")
    pool = start_pool(schema.url(), "t,slow", workers=1)
    with pool.fcgi() as first, pool.fcgi() as second:
        first.send(fcgi.encode("GET", "/slow"))
        servers.until(lambda: pool.metric("myrest_statements_total") == 1)
        second.send(fcgi.encode("GET", "/t"))
        assert first.read().status == second.read().status == 200
    metrics = pool.counted(2)
    for name in ("request_wait", "statement"):  # one was sent at once, and took long; the other waited for it
        name = f"myrest_{name}_seconds"
        assert metrics[f"{name}_count"] == metrics[f'{name}_bucket{{le="+Inf"}}'] == 2
        assert metrics[f'{name}_bucket{{le="0.1"}}'] == 1
        assert 0.1 < metrics[f"{name}_sum"] < 0.5 * servers.FACTOR


def test_the_version_is_the_same_everywhere(users, lab):
    said = servers.run(lab, "--version").stdout
    version = re.search(r'myrest_build_info\{version="([^"]+)"', users.pool.web.get("/metrics").body.decode()).group(1)
    assert version in said


def test_live_never_touches_the_database(users):
    before = users.schema.sql("SHOW GLOBAL STATUS LIKE 'Questions'")[0][1]
    for _ in range(50):
        users.pool.web.get("/live")
    after = users.schema.sql("SHOW GLOBAL STATUS LIKE 'Questions'")[0][1]
    assert int(after) - int(before) < 25


def test_the_listener_survives_nonsense(users):
    for data in (
        b"\0" * 100,
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /live HTTP/9.9\r\n\r\n",
        b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n",
        b"G",
    ):
        with socket.create_connection(("127.0.0.1", users.pool.admin_port), 5) as connection:
            connection.sendall(data)
    assert users.pool.web.get("/live").status == 200


def test_the_listener_answers_while_others_say_nothing(users):
    silent = [socket.create_connection(("127.0.0.1", users.pool.admin_port), 5) for _ in range(20)]
    assert users.pool.web.get("/live", timeout=2 * servers.FACTOR).status == 200
    for connection in silent:
        connection.close()


def live_from(port, address, seconds):
    """How long /live takes for a client of the address: at most so long, however many connections are refused."""
    began = time.monotonic()
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), seconds, source_address=(address, 0)) as connection:
                connection.sendall(b"GET /live HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
                answer = connection.recv(100)
        except ConnectionError:
            answer = b""
        took = time.monotonic() - began
        assert took < seconds
        if answer:
            assert answer.startswith(b"HTTP/1.1 200")
            return took


@pytest.mark.parametrize("count, seconds", [(100, 1), (600, 4)])
def test_idle_connections_keep_nobody_from_probing(users, count, seconds):
    port = users.pool.admin_port
    silent = [socket.create_connection(("127.0.0.1", port), 5) for _ in range(count)]
    try:
        live_from(port, "127.0.0.2", 1 * servers.FACTOR)
        live_from(port, "127.0.0.1", seconds * servers.FACTOR)
    finally:
        for connection in silent:
            connection.close()


def test_without_an_admin_listener_the_pool_serves_all_the_same(users, start_pool):
    pool = start_pool(users.schema.url(), admin=False)
    assert pool.ask("/users").status == 200
