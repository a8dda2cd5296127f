# SPDX-License-Identifier: MIT
"""Idempotency-Key: a request that is sent again writes once, and is answered as it was."""
import re
import threading
from types import SimpleNamespace

import pytest

import servers
from write_tables import EXPOSED, IDEMPOTENCY, TABLES, WRITABLE
from write_tables import unchanged, w, writable  # noqa: F401 (fixtures)
from writing import GRANT, REPRESENTATION, Tables, done, refused, send, shown


@pytest.fixture(scope="module")
def remembering(writable, lab):
    assert IDEMPOTENCY.is_file(), f"{IDEMPOTENCY} is to hold the table's definition"
    text = "\n".join(line for line in IDEMPOTENCY.read_text("utf-8").splitlines() if not line.lstrip().startswith(("--", "#")))
    assert "myrest_idempotency" in text
    writable.schema.sql(*(part for part in re.split(r";\s*(?:\n|$)", text.replace("myrest_idempotency", "retries")) if part.strip()))
    pool = servers.Pool(lab, writable.schema.url(), EXPOSED, workers=3, MYREST_WRITABLE=WRITABLE, MYREST_IDEMPOTENCY_TABLE="retries")
    front = servers.Nginx(lab, pool)
    yield Tables(SimpleNamespace(schema=writable.schema, pool=pool, web=front, get=front.get, json=front.json), TABLES)
    front.stop()
    pool.close()


@pytest.fixture
def retrying(w, remembering):
    remembering.schema.sql("DELETE FROM retries")
    return remembering


NEW = {"username": "ada", "email": "ada@x"}


def test_an_idempotency_key_is_refused_without_a_table_for_it(unchanged):
    refused(unchanged.post("/users", NEW, Idempotency_Key="k1"), 400)


@pytest.mark.parametrize("prefer", [None, "return=headers-only", REPRESENTATION, (REPRESENTATION, "count=exact")])
def test_the_same_key_and_request_is_the_same_answer(retrying, prefer):
    first = retrying.post("/users", NEW, prefer=prefer, Idempotency_Key="k1")
    assert first.status == 201 and "idempotency-replayed" not in first.headers, first
    for _ in range(3):
        again = retrying.post("/users", NEW, prefer=prefer, Idempotency_Key="k1")
        assert again.headers.get("idempotency-replayed") == "true", again
        assert (again.status, again.body) == (first.status, first.body)
        for name in ("location", "content-type", "content-range", "preference-applied"):
            assert again.headers.get(name) == first.headers.get(name), name
    assert retrying.value("SELECT COUNT(*) FROM users") == 3


def test_the_first_answer_stays_what_it_was(retrying):
    first = retrying.post("/users", NEW, prefer=REPRESENTATION, Idempotency_Key="k1")
    number = shown(first, 201)[0]["id"]
    retrying.schema.sql(f"UPDATE users SET email = 'changed' WHERE id = {number}")
    assert retrying.post("/users", NEW, prefer=REPRESENTATION, Idempotency_Key="k1").body == first.body
    retrying.schema.sql(f"DELETE FROM users WHERE id = {number}")
    assert retrying.post("/users", NEW, prefer=REPRESENTATION, Idempotency_Key="k1").body == first.body
    assert retrying.value("SELECT COUNT(*) FROM users") == 2


def test_many_rows_and_csv_are_remembered(retrying):
    for how in ({"body": [{"name": f"a{n}"} for n in range(300)]}, {"csv": "name\nx\ny\n"}):
        key = "many" if "body" in how else "csv"
        first = retrying.send("POST", "/authors", prefer=REPRESENTATION, Idempotency_Key=key, **how)
        again = retrying.send("POST", "/authors", prefer=REPRESENTATION, Idempotency_Key=key, **how)
        assert first.status == 201 and again.body == first.body and again.headers["idempotency-replayed"] == "true"
    assert retrying.value("SELECT COUNT(*) FROM authors") == 304


@pytest.mark.parametrize(
    "target, body, how",
    [
        ("/users", {"username": "bob", "email": "bob@x"}, {}),
        ("/users", [NEW], {}),
        ("/authors", {"name": "x"}, {}),
        ("/users?select=id", NEW, {}),
    ],
)
def test_the_same_key_for_another_request_is_422(retrying, target, body, how):
    done(retrying.post("/users", NEW, Idempotency_Key="k1"), 201)
    before = retrying.snapshot()
    refused(retrying.post(target, body, Idempotency_Key="k1", **how), 422)
    assert retrying.snapshot() == before
    assert retrying.post("/users", NEW, Idempotency_Key="k1").headers["idempotency-replayed"] == "true"


def test_what_was_refused_is_not_remembered(retrying):
    refused(retrying.post("/users", {**NEW, "username": "admin"}, Idempotency_Key="k1"), 409, "23505")
    retrying.schema.sql("DELETE FROM users WHERE username = 'admin'")
    response = done(retrying.post("/users", {**NEW, "username": "admin"}, Idempotency_Key="k1"), 201)
    assert "idempotency-replayed" not in response.headers
    refused(retrying.post("/users", {"username": "x" * 81, "email": "y"}, Idempotency_Key="k2"), 422, "22001")
    done(retrying.post("/users", {"username": "x", "email": "y"}, Idempotency_Key="k2"), 201)


@pytest.mark.parametrize("one, other", [("abc", "ABC"), ("a", "á"), ("k-1", "k-1x"), ("x" * 60 + "1", "x" * 60 + "2"), ('"q"', "q2"), ("ß", "ss")], ids=lambda key: key[-4:])
def test_keys_that_are_not_the_same_are_not_mixed_up(retrying, one, other):
    done(retrying.post("/authors", {"name": "n"}, Idempotency_Key=one), 201)
    done(retrying.post("/authors", {"name": "n"}, Idempotency_Key=other), 201)
    assert retrying.value("SELECT COUNT(*) FROM authors") == 4


@pytest.mark.parametrize("key", ["", "x" * 300, "x" * 4000, "'; DROP TABLE users; --", "\\", "😀"], ids=lambda key: f"{len(key)}-{key[:4]}")
def test_an_odd_key_is_a_key_or_refused(retrying, key):
    response = retrying.post("/authors", {"name": "n"}, Idempotency_Key=key)
    assert response.status in (201, 400), response
    if response.status == 400:
        refused(response, 400)
        assert retrying.value("SELECT COUNT(*) FROM authors") == 2
    else:
        assert retrying.value("SELECT COUNT(*) FROM authors") == 3


def test_the_same_key_at_the_same_time_writes_once(retrying):
    for turn in range(5):
        answers, go = [], threading.Barrier(8)

        def client():
            go.wait()
            answers.append(retrying.post("/authors", {"name": f"once{turn}"}, prefer=REPRESENTATION, Idempotency_Key=f"t{turn}"))

        threads = [threading.Thread(target=client) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {answer.status for answer in answers} <= {201, 409, 503}, answers
        good = [answer for answer in answers if answer.status == 201]
        assert len({answer.body for answer in good}) == 1, answers
        assert sum("idempotency-replayed" not in answer.headers for answer in good) == 1, "one was the first, the others are told so"
        assert retrying.value(f"SELECT COUNT(*) FROM authors WHERE name = 'once{turn}'") == 1


def test_the_table_of_keys_is_nobody_s_to_read(retrying):
    refused(retrying.get("/retries"), 404, "PGRST205")


def test_post_without_a_key_is_not_remembered(retrying):
    done(retrying.post("/authors", {"name": "n"}), 201)
    assert "idempotency-replayed" not in done(retrying.post("/authors", {"name": "n"}), 201).headers
    assert retrying.value("SELECT COUNT(*) FROM authors") == 4


def test_a_table_of_keys_that_does_not_find_them_again(database, start_pool, start_nginx):
    """A BINARY is filled up, so that the key is there and is not what was written: this is told, and not tried for ever."""
    schema = database.schema(
        "CREATE TABLE notes (id INT PRIMARY KEY)",
        "CREATE TABLE padded (id BINARY(16) PRIMARY KEY, request BINARY(16) NOT NULL, answer MEDIUMBLOB)",
        grant=GRANT,
    )
    settings = {"MYREST_WRITABLE": "notes", "MYREST_IDEMPOTENCY_TABLE": "padded"}
    front = start_nginx(start_pool(schema.url(), "notes", workers=1, **settings))
    done(send(front, "POST", "/notes", {"id": 1}, Idempotency_Key="k"), 201)
    refused(send(front, "POST", "/notes", {"id": 2}, Idempotency_Key="k"), 503, "40001")
    assert front.json("/notes") == [{"id": 1}]
