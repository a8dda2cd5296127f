# SPDX-License-Identifier: MIT
"""The pool's database connections: killed ones, statements past their time, who is ready when."""
import json
import threading
import time

import pytest

import fcgi
import servers
from pools import SLOW
from pools import pool  # noqa: F401 (fixtures)
from servers import ADMIN, GUEST, USERS, until
from web import error_of


# the connection to the database
def test_a_killed_database_connection_is_invisible(users, pool, start_nginx):
    front = start_nginx(pool)
    for _ in range(5):
        users.schema.kill_pool_connections()
        for _ in range(6):
            assert front.json("/users") == [ADMIN, GUEST]
            assert front.json("/users/1") == ADMIN


def test_a_connection_killed_in_the_middle_of_a_statement_is_invisible(database, start_pool):
    schema = database.schema(*USERS, *SLOW)
    pool = start_pool(schema.url(), "users,slow")
    with pool.fcgi() as connection:
        connection.send(fcgi.encode("GET", "/slow"))
        busy = until(
            lambda: schema.sql(
                "SELECT id FROM information_schema.processlist WHERE user = 'rest' AND "
                f"db = '{schema.name}' AND command <> 'Sleep'"
            ),
            3,
        )
        schema.sql(f"KILL {busy[0][0]}")
        answer = connection.read()
    assert answer.status == 200 and json.loads(answer.body) == [{"id": 1, "pause": 0}], answer


def test_a_killed_query_is_answered_by_an_error_or_asked_again(database, start_pool):
    schema = database.schema(*USERS, "CREATE VIEW slow AS SELECT u.id, SLEEP(0.4) AS pause FROM users u")
    pool = start_pool(schema.url(), "users,slow")
    with pool.fcgi() as connection:
        connection.send(fcgi.encode("GET", "/slow"))
        busy = until(
            lambda: schema.sql(
                "SELECT id FROM information_schema.processlist WHERE user = 'rest' AND "
                f"db = '{schema.name}' AND command <> 'Sleep'"
            ),
            3,
        )
        schema.sql(f"KILL QUERY {busy[0][0]}")
        answer = connection.read()
        assert answer.ended
        if answer.status != 200:
            error_of(answer, answer.status)
            assert answer.status in (503, 504)
        assert connection.request(target="/users").status == 200


def test_each_worker_keeps_one_connection(users, start_pool, database):
    schema = database.schema(*USERS)
    pool = start_pool(schema.url(), workers=3)
    for _ in range(100):
        pool.ask("/users")
    assert 1 <= len(schema.pool_connections()) <= 3


# statements that take too long
@pytest.fixture
def impatient(database, start_pool):
    schema = database.schema(*USERS, *SLOW)
    return schema, start_pool(schema.url(), "users,slow,slower", MYREST_STATEMENT_TIMEOUT=1)


def test_a_statement_past_its_time_is_504_and_ends_in_the_server(impatient):
    schema, pool = impatient
    began = time.monotonic()
    assert "MYREST_STATEMENT_TIMEOUT" in error_of(pool.ask("/slower"), 504, "57014")["details"]
    assert 0.8 < time.monotonic() - began < 2.5 * servers.FACTOR
    until(
        lambda: not schema.sql(
            "SELECT id FROM information_schema.processlist WHERE user = 'rest' AND "
            f"db = '{schema.name}' AND command <> 'Sleep'"
        ),
        2,
        why="the statement still runs",
    )
    assert pool.ask("/users").status == 200
    assert pool.ask("/slow").status == 200


def test_statements_past_their_time_do_not_delay_others(impatient):
    _, pool = impatient
    ended = []
    threads = [threading.Thread(target=lambda: ended.append(pool.ask("/slower").status)) for _ in range(1)]
    for thread in threads:
        thread.start()
    slowest = 0.0
    while any(thread.is_alive() for thread in threads):
        began = time.monotonic()
        assert pool.ask("/users").status == 200
        slowest = max(slowest, time.monotonic() - began)
    assert ended == [504] and slowest < 0.5 * servers.FACTOR


def test_more_statements_past_their_time_than_workers_end_all(impatient):
    _, pool = impatient
    ended = []
    threads = [
        threading.Thread(target=lambda at=at: ended.append(pool.ask(f"/slower?id=eq.{at}", timeout=15).status))
        for at in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(ended) <= {200, 504} and len(ended) == 4
    assert pool.ask("/users").status == 200


def test_a_table_somebody_locks_is_504_and_good_again(impatient):
    schema, pool = impatient
    with schema.connect() as writer, writer.cursor() as cursor:
        cursor.execute("LOCK TABLES users WRITE")
        error_of(pool.ask("/users"), 504, "57014")
        cursor.execute("UNLOCK TABLES")
    until(lambda: pool.ask("/users").status == 200, 3)


# at the start
def test_when_it_says_ready_nobody_is_turned_away(users, start_pool):
    for _ in range(10):
        pool = start_pool(users.schema.url(), workers=4, ready=False)
        until(lambda: says_ready(pool), 5, step=0.0005)
        connections = [pool.fcgi() for _ in range(40)]
        for connection in connections:
            connection.send(fcgi.encode("GET", "/users/1"))
        assert {connection.read().status for connection in connections} == {200}
        for connection in connections:
            connection.close()
        pool.stop()


def test_the_first_request_after_the_start_is_answered_when_the_database_is_there(users, start_pool):
    """nginx may ask as soon as the socket is there: no 503 only because a connection is being made."""
    for _ in range(10):
        pool = start_pool(users.schema.url(), workers=4, ready=False)
        until(lambda: connected(pool), 5, step=0.0005)
        assert {pool.ask("/users/1").status for _ in range(20)} == {200}
        pool.stop()


def says_ready(pool):
    try:
        return pool.web.get("/ready").status == 200
    except OSError:
        return False


def connected(pool):
    try:
        pool.fcgi().close()
        return True
    except OSError:
        return False
