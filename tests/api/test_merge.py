# SPDX-License-Identifier: MIT
"""Requests that share a statement get what each would have got alone."""
import json
import random
import threading
import time

import pytest

import fcgi
import servers
from differences import here
from servers import USERS

TOP = here("merge.top", 18446744073709551615)
TABLES = (
    *USERS,
    f"CREATE TABLE numbers (id {here('merge.key', 'BIGINT UNSIGNED')} PRIMARY KEY, square BIGINT UNSIGNED, name VARCHAR(20))",
    "INSERT INTO numbers SELECT seq, seq * seq, CONCAT('n', seq) FROM seq_1_to_500",
    f"INSERT INTO numbers VALUES ({TOP}, 0, 'top')",
    "CREATE TABLE words (word VARCHAR(20) PRIMARY KEY, n INT)",
    "INSERT INTO words VALUES ('Admin', 1), ('guest', 2)",
    "CREATE TABLE codes (code INT UNIQUE, n INT)",
    "INSERT INTO codes VALUES (1, 1), (NULL, 2), (NULL, 3)",
    "CREATE VIEW slow AS SELECT 1 AS id, SLEEP(0.3) AS pause",
    "CREATE VIEW never AS SELECT 1 AS id, SLEEP(60) AS pause",
)
NAMES = "users,numbers,words,codes,slow,never"


@pytest.fixture(scope="module")
def schema(database):
    return database.schema(*TABLES)


def together(pool, requests, slow=True):
    """All the requests while the only worker is busy, so that it reads all of them before its next statement."""
    busy = pool.fcgi()
    connections = [pool.fcgi() for _ in requests]
    try:
        if slow:
            busy.send(fcgi.encode("GET", "/slow"))
            time.sleep(0.1)
        for connection, (method, target, *headers) in zip(connections, requests):
            connection.send(fcgi.encode(method, target, *headers))
        answers = [connection.read() for connection in connections]
        if slow:
            assert busy.read().status == 200
        return answers
    finally:
        for connection in [busy, *connections]:
            connection.close()


def told(answer):
    assert answer.ended, answer
    head = {
        name: value
        for name, value in answer.headers.items()
        if name in ("status", "content-type", "content-range", "content-length", "allow", "etag")
    }
    return answer.status, head, answer.body


def test_equal_lists_share_one_statement(schema, start_pool):
    pool = start_pool(schema.url(), NAMES, workers=1)
    pool.ask("/users")
    before = pool.counted(1)
    answers = together(pool, [("GET", "/users")] * 40)
    after = pool.counted(42)
    assert {answer.body for answer in answers} == {answers[0].body} and json.loads(answers[0].body)[0] == servers.ADMIN
    assert after["myrest_requests_total"] - before["myrest_requests_total"] == 41
    assert after["myrest_statements_total"] - before["myrest_statements_total"] <= 6
    assert after["myrest_requests_merged_total"] - before["myrest_requests_merged_total"] >= 35


def test_keys_share_one_statement(schema, start_pool):
    pool = start_pool(schema.url(), NAMES, workers=1)
    keys = list(range(1, 101)) + [5, 5, 7, 100000, TOP]
    pool.ask("/numbers/1")
    before = pool.counted(1)
    answers = together(pool, [("GET", f"/numbers/{key}") for key in keys])
    after = pool.counted(len(keys) + 2)
    for key, answer in zip(keys, answers):
        if key == 100000:
            assert answer.status == 404
        elif key <= 500:
            assert json.loads(answer.body) == {"id": key, "square": key * key, "name": f"n{key}"}
        else:
            assert json.loads(answer.body) == {"id": key, "square": 0, "name": "top"}
    assert after["myrest_statements_total"] - before["myrest_statements_total"] <= 8


def test_more_keys_than_fit_in_one_statement(schema, start_pool):
    pool = start_pool(schema.url(), NAMES, workers=1)
    answers = together(pool, [("GET", f"/numbers/{key}") for key in range(1, 401)])
    assert [json.loads(answer.body)["id"] for answer in answers] == list(range(1, 401))


def test_with_merging_off_every_request_has_its_statement(schema, start_pool):
    pool = start_pool(schema.url(), NAMES, workers=1, MYREST_MERGE="off")
    pool.ask("/users")
    before = pool.counted(1)
    together(pool, [("GET", "/users")] * 20 + [("GET", f"/numbers/{key}") for key in range(20)])
    after = pool.counted(42)
    assert after["myrest_statements_total"] - before["myrest_statements_total"] >= 41
    assert after["myrest_requests_merged_total"] == 0


def test_a_list_with_a_limit_is_no_lookup_of_a_key(schema, start_pool):
    """Its statement is that of a lookup, where it asks for one row more than its limit; in a lookup other keys may join."""
    pool = start_pool(schema.url(), NAMES, workers=1, MYREST_MAX_ROWS=10)
    for lookup in ("/numbers/5", "/numbers?id=eq.5", "/numbers?limit=10&id=eq.5"):
        answers = together(pool, [("GET", lookup), ("GET", "/numbers?id=eq.5&limit=9"), ("GET", "/numbers/6")] * 3)
        assert [json.loads(answer.body) for answer in answers[1::3]] == [[{"id": 5, "square": 25, "name": "n5"}]] * 3
        assert [json.loads(answer.body) for answer in answers[2::3]] == [{"id": 6, "square": 36, "name": "n6"}] * 3


NUMBERS = ["01", "+1", "-0", "-1", "1.0", "%31", "%201", "18446744073709551615", "18446744073709551616", "x", "1x", ""]
WORDS = ["Admin", "admin", "ADMIN", "guest", "GUEST%20", "none"]
KINDS = [
    lambda dice: ("GET", "/users"),
    lambda dice: ("HEAD", "/users"),
    lambda dice: ("GET", "/users?select=id"),
    lambda dice: ("GET", "/users?order=id.desc"),
    lambda dice: ("GET", f"/users?limit={dice.randint(0, 3)}&order=id"),
    lambda dice: ("GET", f"/users/{dice.randint(0, 3)}"),
    lambda dice: ("GET", f"/numbers?id=eq.{dice.randint(0, 9)}"),
    lambda dice: ("GET", f"/numbers/{dice.randint(0, 20)}"),
    lambda dice: ("GET", f"/numbers/{dice.randint(1, 5)}?select=name"),
    lambda dice: ("HEAD", f"/numbers/{dice.randint(0, 9)}"),
    lambda dice: ("GET", f"/numbers/{dice.choice(NUMBERS)}"),
    lambda dice: ("GET", f"/numbers?order=id&limit=3&offset={dice.randint(0, 3)}"),
    lambda dice: ("GET", f"/numbers?name=eq.n{dice.randint(1, 4)}&id=eq.{dice.randint(1, 4)}"),
    lambda dice: ("GET", f"/words/{dice.choice(WORDS)}"),
    lambda dice: ("GET", f"/codes?code=eq.{dice.randint(0, 2)}"),
    lambda dice: ("GET", "/nothing"),
    lambda dice: ("GET", "/users?nosuch=eq.1"),
    lambda dice: ("POST", "/users"),
]


def test_any_mixture_is_answered_as_one_by_one(schema, start_pool):
    alone = start_pool(schema.url(), NAMES, workers=1, MYREST_MERGE="off")
    shared = start_pool(schema.url(), NAMES, workers=1)
    dice = random.Random(20240102)
    for _ in range(12):
        requests = [dice.choice(KINDS)(dice) for _ in range(80)]
        answers = together(shared, requests)
        for request, answer in zip(requests, answers):
            with alone.fcgi() as connection:
                expected = connection.request(*request)
            assert told(answer) == told(expected), request
    assert shared.metric("myrest_requests_merged_total") > 300


FORMATS = [{}, {"Accept": "text/csv"}, {"Accept": "application/x-ndjson"}]


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
@pytest.mark.parametrize("rows", [10, 40, 75, 120, 300])
def test_an_answer_is_not_large_since_others_want_other_formats(schema, start_pool, rows, order):
    """Of these lists JSON and NDJSON, or none, or all outgrow the buffer; CSV is a third as long as they are."""
    pool = start_pool(schema.url(), NAMES, workers=1, MYREST_BUFFER_BYTES=1024)
    requests = [("GET", f"/numbers?select=name&order=id&limit={rows}", FORMATS[at]) for at in order] * 2
    alone = [pool.ask(target, headers=headers) for _, target, headers in requests]
    assert [told(answer) for answer in together(pool, requests)] == [told(answer) for answer in alone]
    for answer in alone:
        assert ("content-length" in answer.headers) == ("etag" in answer.headers) == (len(answer.body) <= 1024)


@pytest.mark.parametrize("length", [400, 3000])
def test_one_row_is_whole_however_long_it_is(database, start_pool, length):
    schema = database.schema(
        "CREATE TABLE texts (id INT PRIMARY KEY, body TEXT)",
        f"INSERT INTO texts VALUES (1, REPEAT('x', {length})), (2, REPEAT('y', {length}))",
        "CREATE VIEW slow AS SELECT 1 AS id, SLEEP(0.3) AS pause",
    )
    pool = start_pool(schema.url(), "texts,slow", workers=1, MYREST_BUFFER_BYTES=1024)
    row, other = [("GET", "/texts/1", headers) for headers in FORMATS], ("GET", "/texts?id=eq.2", {})
    alone = [pool.ask(target, headers=headers) for _, target, headers in row]
    tag = alone[0].headers["etag"]
    unchanged = ("GET", "/texts/1", {"If-None-Match": tag})
    assert len({answer.headers["etag"] for answer in alone}) == 3
    assert pool.ask("/texts/1", headers=unchanged[2]).status == 304
    for others in [], [other], [other] * 30:
        answers = together(pool, [unchanged, *row, *others])
        assert (answers[0].status, answers[0].headers["etag"]) == (304, tag)
        assert [told(answer) for answer in answers[1:4]] == [told(answer) for answer in alone]


def test_a_statement_that_fails_for_one_does_not_fail_for_the_others(database, start_pool):
    schema = database.schema(
        "CREATE TABLE t (id INT PRIMARY KEY, n INT)",
        "INSERT INTO t SELECT seq, seq FROM seq_1_to_20",
        "CREATE FUNCTION odd(n INT) RETURNS INT BEGIN IF n = 13 THEN SIGNAL SQLSTATE '45000'; END IF; RETURN n; END",
        "CREATE VIEW slow AS SELECT 1 AS id, SLEEP(0.3) AS pause",
        "ALTER TABLE t ADD COLUMN more INT",
    )
    pool = start_pool(schema.url(), "t,slow", workers=1)
    answers = together(pool, [("GET", f"/t/{key}") for key in range(1, 21)])
    assert all(answer.status == 200 for answer in answers)
    schema.sql("ALTER TABLE t DROP COLUMN more")
    answers = together(pool, [("GET", f"/t/{key}") for key in range(1, 21)])
    assert [json.loads(answer.body) for answer in answers] == [{"id": key, "n": key} for key in range(1, 21)]


def test_a_row_changed_between_two_statements_is_seen_by_the_second(schema, start_pool):
    pool = start_pool(schema.url(), NAMES, workers=1)
    for at in range(20):
        schema.sql(f"UPDATE numbers SET name = 'now {at}' WHERE id = 42")
        answers = together(pool, [("GET", "/numbers/42"), ("GET", "/numbers?id=eq.42")] * 5, slow=at % 5 == 0)
        for answer in answers:
            assert f'"now {at}"' in answer.body.decode()
    schema.sql("UPDATE numbers SET name = 'n42' WHERE id = 42")


def test_a_shared_statement_past_its_time_is_told_to_all_at_once(schema, start_pool):
    pool = start_pool(schema.url(), NAMES, workers=1, MYREST_STATEMENT_TIMEOUT=1)
    answers, began = [], time.monotonic()
    clients = [threading.Thread(target=lambda: answers.append(pool.ask("/never", timeout=30))) for _ in range(6)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert [answer.status for answer in answers] == [504] * 6
    # One statement for who came first, one for the others; not one after the other for each.
    assert time.monotonic() - began < 4.5 * servers.FACTOR
