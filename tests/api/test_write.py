# SPDX-License-Identifier: MIT
"""What is written is there, whole; what is answered is what is there; what is refused has changed nothing."""
import csv
import gzip
import io
import json
import os
import re
import socket
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

import mysql
import postgresql
import servers
import web
from differences import here
from postgresql import fraction
from servers import ADMIN, GUEST
from web import error_of
from writing import CSV, GRANT, NDJSON, OBJECT, REPRESENTATION, Tables, applied, done, refused, send, shown, statements_of

# name -> (what makes it, what is in it before every test; None: nothing of its own)
TABLES = {
    "users": (servers.USERS[0], "VALUES (1, 'admin', 'admin@example.com'), (2, 'guest', 'guest@example.com')"),
    "kinds": (
        "CREATE TABLE kinds (id INT PRIMARY KEY AUTO_INCREMENT, i INT, big BIGINT UNSIGNED, price DECIMAL(12,4), f FLOAT,"
        " d DOUBLE, flag BOOL, bits BIT(4), one BIT(1), word VARCHAR(40), fixed CHAR(4), story TEXT, kind ENUM('a','b'),"
        " marks SET('x','y','z'), day DATE, clock TIME(3), at DATETIME(6), stamp TIMESTAMP(3) NULL, y YEAR, doc JSON,"
        " raw VARBINARY(20), data BLOB, place POINT, u UUID)",
        "",
    ),
    "defaults": (
        "CREATE TABLE defaults (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(20) DEFAULT 'nobody', n INT DEFAULT 7,"
        " at DATETIME(6) DEFAULT '2001-02-03 04:05:06.5', made DATETIME DEFAULT CURRENT_TIMESTAMP,"
        " must INT NOT NULL DEFAULT 3, twice INT GENERATED ALWAYS AS (n * 2) STORED, thrice INT AS (n * 3) VIRTUAL)",
        "(id, name, n) VALUES (1, 'one', 1), (2, 'two', 2)",
    ),
    "tidy": (
        [
            "CREATE TABLE tidy (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(20), changes INT DEFAULT 0)",
            "CREATE TRIGGER tidy_in BEFORE INSERT ON tidy FOR EACH ROW SET NEW.name = UPPER(TRIM(NEW.name))",
            "CREATE TRIGGER tidy_up BEFORE UPDATE ON tidy FOR EACH ROW SET NEW.name = UPPER(TRIM(NEW.name)),"
            " NEW.changes = OLD.changes + 1",
        ],
        "VALUES (1, 'first', 0)",
    ),
    "tokens": ("CREATE TABLE tokens (id CHAR(36) PRIMARY KEY DEFAULT (UUID()), name VARCHAR(20))", ""),
    "cells": (
        "CREATE TABLE cells (x INT NOT NULL, y VARCHAR(20) NOT NULL, v INT, note VARCHAR(20) DEFAULT 'none',"
        " PRIMARY KEY (x, y))",
        "VALUES (1, 'a', 1, 'n1'), (1, 'b c', 2, 'n2'), (2, 'a', 3, 'n3')",
    ),
    "authors": ("CREATE TABLE authors (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(40) NOT NULL)", "VALUES (1, 'Ada'), (2, 'Bob')"),
    "books": (
        "CREATE TABLE books (id INT PRIMARY KEY AUTO_INCREMENT, author_id INT, title VARCHAR(40),"
        " CONSTRAINT books_author FOREIGN KEY (author_id) REFERENCES authors (id) ON DELETE RESTRICT ON UPDATE RESTRICT)",
        "VALUES (1, 1, 'Notes')",
    ),
    "checked": (
        "CREATE TABLE checked (id INT PRIMARY KEY, n INT, CONSTRAINT small_n CHECK (n BETWEEN 0 AND 10))",
        "VALUES (1, 1), (2, 2), (3, 3), (4, 4), (5, 5)",
    ),
    "people": (
        "CREATE TABLE people (id INT PRIMARY KEY AUTO_INCREMENT, email VARCHAR(40) NOT NULL UNIQUE, first VARCHAR(20) NOT NULL,"
        " last VARCHAR(20) NOT NULL, age INT DEFAULT 30, UNIQUE KEY full_name (first, last))",
        "VALUES (1, 'a@x', 'Ann', 'Ash', 20), (2, 'b@x', 'Bea', 'Box', 21)",
    ),
    "heap": ("CREATE TABLE heap (a INT, b VARCHAR(20))", "VALUES (1, 'one'), (1, 'one'), (2, 'two')"),
    "secrets": (
        "CREATE TABLE secrets (id INT PRIMARY KEY AUTO_INCREMENT, shown VARCHAR(20), hidden VARCHAR(20) NOT NULL DEFAULT 'h0',"
        " salt INT DEFAULT 5)",
        "VALUES (1, 'one', 'secret1', 51), (2, 'two', 'secret2', 52)",
    ),
    "things": (
        "CREATE TABLE things (id INT PRIMARY KEY AUTO_INCREMENT, a INT DEFAULT 10, b INT DEFAULT 20, c INT DEFAULT 30)",
        "VALUES (1, 1, 1, 1), (2, 2, 2, 2)",
    ),
    "numbered": (
        "CREATE TABLE numbered (id INT PRIMARY KEY, n INT NOT NULL AUTO_INCREMENT, name VARCHAR(20), UNIQUE KEY (n))",
        "VALUES (1, 1011, 'one'), (2, 1012, 'two')",
    ),
    "fixed": ("CREATE TABLE fixed (id INT PRIMARY KEY, n INT)", "VALUES (1, 1)"),
    "few": ("CREATE VIEW few AS SELECT id, username, email FROM users WHERE id < 1000", None),
    "totals": ("CREATE VIEW totals AS SELECT COUNT(*) AS n FROM users", None),
}
EXPOSED = "users,kinds,defaults,tidy,tokens,cells,authors,books,checked,people,heap,secrets(id,shown),things,numbered,fixed,few,totals"
WRITABLE = "users,kinds,defaults,tidy,tokens,cells,authors,books,checked,people,heap,secrets,things(a,b),numbered,few"


@pytest.fixture(scope="module")
def writable(service):
    made = service(*statements_of(TABLES), grant=GRANT, tables=EXPOSED, MYREST_WRITABLE=WRITABLE)
    return Tables(made, TABLES)


@pytest.fixture
def w(writable):
    writable.renew()
    return writable


@pytest.fixture(scope="module")
def lenient(writable, lab):
    """The same tables, where the operator allows what is not allowed otherwise."""
    pool = servers.Pool(lab, writable.schema.url(), EXPOSED, MYREST_WRITABLE=WRITABLE, MYREST_ALLOW_UNFILTERED="on",
                        MYREST_ALLOW_ROLLBACK="on")  # fmt: skip
    front = servers.Nginx(lab, pool)
    yield Tables(SimpleNamespace(schema=writable.schema, pool=pool, web=front, get=front.get, json=front.json), TABLES)
    front.stop()
    pool.close()


@pytest.fixture
def free(w, lenient):
    return lenient


@pytest.fixture
def unchanged(w):
    """What the test refuses has changed nothing in any table."""
    before = w.snapshot()
    yield w
    assert w.snapshot() == before, "what was refused has changed something"


# --- who may write what


@pytest.mark.parametrize("table", ["fixed", "totals"])
@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
def test_a_table_that_is_not_writable_is_405_with_a_truthful_allow(unchanged, method, table):
    response = unchanged.send(method, f"/{table}?n=eq.1", {"n": 2})
    assert error_of(response, 405)["hint"] == f"MYREST_WRITABLE does not name '{table}'"
    assert response.headers["allow"] == "OPTIONS, GET, HEAD"


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
def test_a_view_that_cannot_be_written_says_why_it_is_405(unchanged, start_pool, method):
    pool = start_pool(unchanged.schema.url(), "totals", MYREST_WRITABLE="totals")
    answer = pool.ask("/totals?n=eq.1", method, body=b'{"n":2}' if method != "DELETE" else b"")
    assert error_of(answer, 405)["hint"] == "the database takes no such change of it"


def test_by_default_nothing_is_writable(unchanged, start_pool):
    pool = start_pool(unchanged.schema.url(), "users")
    for method in ("POST", "PATCH", "PUT", "DELETE"):
        answer = pool.ask("/users?id=eq.1", method, body=b"{}" if method != "DELETE" else b"")
        assert (answer.status, answer.headers["allow"]) == (405, "OPTIONS, GET, HEAD")


@pytest.mark.parametrize(
    "target, allow",
    [
        ("/users", "OPTIONS, GET, HEAD, POST, PUT, PATCH, DELETE"),
        ("/users/1", "OPTIONS, GET, HEAD, PUT, PATCH, DELETE"),
        ("/cells", "OPTIONS, GET, HEAD, POST, PUT, PATCH, DELETE"),
        ("/heap", "OPTIONS, GET, HEAD, POST, PATCH, DELETE"),
        ("/few", "OPTIONS, GET, HEAD, POST, PATCH, DELETE"),
        ("/fixed", "OPTIONS, GET, HEAD"),
        ("/fixed/1", "OPTIONS, GET, HEAD"),
        ("/totals", "OPTIONS, GET, HEAD"),
    ],
)
def test_options_says_what_is_allowed(w, target, allow):
    response = w.send("OPTIONS", target)
    assert response.status in (200, 204), response
    assert response.headers["allow"] == allow


def test_a_method_that_is_not_there_says_what_is(unchanged):
    response = unchanged.post("/users/1", {"username": "x", "email": "y"})
    assert error_of(response, 405)["hint"] == "POST adds rows to the table, whose path has no key"
    assert response.headers["allow"] == "OPTIONS, GET, HEAD, PUT, PATCH, DELETE"
    response = unchanged.put("/heap?a=eq.1", {"a": 1, "b": "x"})
    assert error_of(response, 405)["hint"] == "PUT needs a primary key that clients may read and write, without JSON in it"
    assert response.headers["allow"] == "OPTIONS, GET, HEAD, POST, PATCH, DELETE"


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "PUT"])
def test_a_table_nobody_has_is_404(unchanged, method):
    refused(unchanged.send(method, "/nothing?id=eq.1", {"id": 1}), 404, "PGRST205")


@pytest.mark.parametrize("method, target", [("POST", "/things"), ("PATCH", "/things?id=eq.1"), ("PATCH", "/things/1")])
@pytest.mark.parametrize("column", ["c", "id"])
def test_a_column_that_is_not_writable_is_400(unchanged, method, target, column):
    refused(unchanged.send(method, target, {"a": 1, column: 99}), 400, "428C9", column)


@pytest.mark.parametrize("column", ["twice", "thrice"])
@pytest.mark.parametrize("method, target", [("POST", "/defaults"), ("PATCH", "/defaults?id=eq.1"), ("PUT", "/defaults/1")])
def test_a_generated_column_is_400(unchanged, method, target, column):
    refused(unchanged.send(method, target, {"n": 1, column: 2}), 400, "428C9", column)


@pytest.mark.parametrize("column", ["hidden", "salt", "nothing", "id ", ""])
@pytest.mark.parametrize("method, target", [("POST", "/secrets"), ("PATCH", "/secrets?id=eq.1"), ("PUT", "/secrets/1")])
def test_a_column_that_nobody_sees_is_400_as_if_it_were_not_there(unchanged, method, target, column):
    error = refused(unchanged.send(method, target, {"shown": "x", column: 1}), 400, "PGRST204")
    assert "secret" not in json.dumps(error).replace("'secrets'", "").replace("secrets", ""), error


@pytest.mark.parametrize("query", ["columns=hidden", "columns=shown,hidden", "columns=nothing", "columns=%22no%22"])
def test_a_column_that_nobody_sees_in_columns_is_400(unchanged, query):
    refused(unchanged.post(f"/secrets?{query}", [{"shown": "x"}]), 400, "PGRST204")


@pytest.mark.parametrize("query", ["columns=", "columns=,", "columns=shown,", "columns=(shown)", "columns=shown&columns=id"])
def test_columns_that_cannot_be_understood_are_400(unchanged, query):
    refused(unchanged.post(f"/secrets?{query}", [{"shown": "x"}]), 400)


def test_a_hidden_column_cannot_be_asked_back(unchanged):
    refused(unchanged.post("/secrets?select=hidden", {"shown": "x"}, prefer=REPRESENTATION), 400, "42703", "hidden")
    refused(unchanged.patch("/secrets?hidden=eq.secret1", {"shown": "x"}), 400, "42703")
    refused(unchanged.delete("/secrets?salt=gt.1"), 400, "42703")


def test_hidden_columns_get_their_defaults_and_keep_their_values(w):
    done(w.post("/secrets", {"shown": "three"}), 201)
    assert w.rows("SELECT hidden, salt FROM secrets WHERE shown = 'three'") == [("h0", 5)]
    done(w.patch("/secrets?id=eq.1", {"shown": "uno"}), 204)
    assert w.rows("SELECT * FROM secrets WHERE id = 1") == [(1, "uno", "secret1", 51)]
    answer = shown(w.post("/secrets", {"shown": "four"}, prefer=REPRESENTATION), 201)
    assert list(answer[0]) == ["id", "shown"]


# --- POST one


def test_post_one_is_201_and_empty(w):
    response = done(w.post("/users", {"username": "ada", "email": "ada@x"}), 201)
    assert response.headers["content-range"] == "*/*"
    assert "location" not in response.headers
    assert w.rows("SELECT username, email FROM users WHERE id > 2") == [("ada", "ada@x")]


def test_post_minimal_is_the_same(w):
    response = done(w.post("/users", {"username": "ada", "email": "ada@x"}, prefer="return=minimal"), 201)
    assert applied(response) == {"return=minimal"}
    assert w.value("SELECT COUNT(*) FROM users") == 3


def test_post_headers_only_says_where_it_is(w):
    response = done(w.post("/users", {"username": "ada", "email": "ada@x"}, prefer="return=headers-only"), 201)
    number = w.value("SELECT id FROM users WHERE username = 'ada'")
    assert response.headers["location"] == f"/users?id=eq.{number}"
    assert applied(response) == {"return=headers-only"}
    assert w.json(response.headers["location"]) == [{"id": number, "username": "ada", "email": "ada@x"}]


def test_post_representation_is_a_list_of_what_is_there(w):
    response = w.post("/users", {"username": "ada", "email": "ada@x"}, prefer=REPRESENTATION)
    number = w.value("SELECT id FROM users WHERE username = 'ada'")
    assert shown(response, 201) == [{"id": number, "username": "ada", "email": "ada@x"}]
    assert response.headers["location"] == f"/users?id=eq.{number}"
    assert response.headers["content-type"].startswith("application/json")
    assert response.headers["content-range"] == "*/*"
    assert applied(response) == {"return=representation"}


def test_post_an_array_of_one_is_the_same_as_one(w):
    response = w.post("/users", [{"username": "ada", "email": "ada@x"}], prefer=REPRESENTATION)
    assert [row["username"] for row in shown(response, 201)] == ["ada"]
    assert response.headers["location"] == f"/users?id=eq.{response.json()[0]['id']}"


def test_post_one_object_back(w):
    response = w.post("/users", {"username": "ada", "email": "ada@x"}, prefer=REPRESENTATION, accept=OBJECT)
    row = shown(response, 201)
    assert row == {"id": row["id"], "username": "ada", "email": "ada@x"}
    assert response.headers["content-type"].startswith(OBJECT)


def test_post_several_where_one_object_is_asked_back_is_406_and_nothing(unchanged):
    body = [{"username": "ada", "email": "ada@x"}, {"username": "bob", "email": "bob@x"}]
    error = refused(unchanged.post("/users", body, prefer=REPRESENTATION, accept=OBJECT), 406, "PGRST116")
    assert "2 rows" in error["details"]


def test_post_back_as_csv_and_ndjson(w):
    body = [{"username": "ada", "email": "a,b"}, {"username": "bob", "email": "c\nd"}]
    response = w.post("/users?select=username,email", body, prefer=REPRESENTATION, accept=CSV)
    assert response.status == 201 and response.headers["content-type"].startswith(CSV), response
    assert response.body == b'username,email\nada,"a,b"\nbob,"c\nd"\n'
    body = [{"username": "cyd", "email": "cyd@x"}, {"username": "dan", "email": "dan@x"}]
    response = w.post("/users?select=username", body, prefer=REPRESENTATION, accept=NDJSON)
    assert response.status == 201 and response.headers["content-type"].startswith(NDJSON), response
    assert response.body == b'{"username":"cyd"}\n{"username":"dan"}\n'


@pytest.mark.parametrize("accept", ["image/png", "application/vnd.pgrst.plan+json"])
def test_post_back_as_what_cannot_be_made_is_406_and_nothing(unchanged, accept):
    body = {"username": "ada", "email": "ada@x"}
    error_of(unchanged.post("/users", body, prefer=REPRESENTATION, accept=accept), 406)


@pytest.mark.parametrize(
    "select, row",
    [
        ("username", {"username": "ada"}),
        ("name:username,email", {"name": "ada", "email": "ada@x"}),
        ("*,mail:email", None),
        ("email,username", {"email": "ada@x", "username": "ada"}),
        ("a:email,b:email::text", {"a": "ada@x", "b": "ada@x"}),
    ],
)
def test_post_select_says_what_is_shown(w, select, row):
    [answer] = shown(w.post(f"/users?select={select}", {"username": "ada", "email": "ada@x"}, prefer=REPRESENTATION), 201)
    if row is None:
        row = {"id": answer["id"], "username": "ada", "email": "ada@x", "mail": "ada@x"}
    assert answer == row and list(answer) == list(row)


def test_post_select_may_look_into_json(w):
    body = {"doc": {"a": [1, {"b": "x"}]}}
    answer = shown(w.post("/kinds?select=v:doc->a->1->>b,doc->a->0,doc", body, prefer=REPRESENTATION), 201)
    assert answer == [{"v": "x", "0": 1, "doc": body["doc"]}] or answer[0]["v"] == "x", answer


def test_post_select_of_what_is_not_there_is_400_and_nothing(unchanged):
    body = {"username": "ada", "email": "ada@x"}
    refused(unchanged.post("/users?select=nothing", body, prefer=REPRESENTATION), 400, "42703", "nothing")
    refused(unchanged.post("/users?select=id,", body, prefer=REPRESENTATION), 400, "PGRST100")


def test_a_location_leads_there_whatever_the_key_is(w):
    for x, y in ((7, "a"), (-1, "b c"), (3, "a&b=c"), (4, "ä%2F?#"), (5, "'\""), (6, "x,y.(z)"), (8, "😀+")):
        response = done(w.post("/cells", {"x": x, "y": y, "v": 5}, prefer="return=headers-only"), 201)
        location = response.headers["location"]
        assert re.fullmatch(r"/cells\?x=eq\.[-0-9]+&y=eq\.[^ #&]+", location), location
        assert [(row["x"], row["y"]) for row in w.json(location)] == [(x, y)], location


def test_a_location_is_below_the_prefix(w, start_pool, start_nginx):
    pool = start_pool(w.schema.url(), "users", MYREST_WRITABLE="users", MYREST_PREFIX="/api/v1")
    front = start_nginx(pool)
    response = send(front, "POST", "/api/v1/users", {"username": "ada", "email": "ada@x"}, prefer="return=headers-only")
    done(response, 201)
    assert response.headers["location"] == f"/api/v1/users?id=eq.{w.value('SELECT MAX(id) FROM users')}"
    assert front.json(response.headers["location"])[0]["username"] == "ada"


def test_no_location_without_a_primary_key_that_all_may_see(w):
    assert "location" not in done(w.post("/heap", {"a": 5, "b": "x"}, prefer="return=headers-only"), 201).headers


def test_a_new_row_without_a_primary_key_is_shown(w):
    response = w.post("/heap", {"a": 5, "b": "x"}, prefer=REPRESENTATION)
    assert shown(response, 201) == [{"a": 5, "b": "x"}] and "location" not in response.headers


# --- what the database adds


def test_an_empty_object_is_a_row_of_defaults(w):
    [row] = shown(w.post("/defaults", {}, prefer=REPRESENTATION), 201)
    made = row.pop("made")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", made)
    assert row == {
        "id": row["id"], "name": "nobody", "n": 7, "at": fraction("2001-02-03T04:05:06.500000"), "must": 3, "twice": 14, "thrice": 21,
    }  # fmt: skip
    done(w.post("/heap", {}), 201)
    assert w.rows("SELECT * FROM heap WHERE a IS NULL") == [(None, None)]


def test_several_empty_objects_are_as_many_rows(w):
    assert [row["n"] for row in shown(w.post("/defaults", [{}, {}, {}], prefer=REPRESENTATION), 201)] == [7, 7, 7]
    assert w.value("SELECT COUNT(*) FROM defaults") == 5


def test_absent_is_the_default_and_null_is_null(w):
    rows = shown(w.post("/defaults?select=name,n,twice,thrice", {"n": None}, prefer=REPRESENTATION), 201)
    assert rows == [{"name": "nobody", "n": None, "twice": None, "thrice": None}]
    rows = shown(w.post("/defaults?select=name,n,twice", {"name": None, "n": 4}, prefer=REPRESENTATION), 201)
    assert rows == [{"name": None, "n": 4, "twice": 8}]


def test_generated_columns_are_shown_as_they_are(w):
    rows = shown(w.post("/defaults?select=n,twice,thrice", [{"n": n} for n in (1, 2, 3)], prefer=REPRESENTATION), 201)
    assert rows == [{"n": n, "twice": 2 * n, "thrice": 3 * n} for n in (1, 2, 3)]
    rows = shown(w.patch("/defaults?id=eq.1&select=n,twice,thrice", {"n": 50}, prefer=REPRESENTATION))
    assert rows == [{"n": 50, "twice": 100, "thrice": 150}]


def test_what_a_trigger_changes_is_shown(w):
    rows = shown(w.post("/tidy?select=name,changes", [{"name": " a "}, {"name": "b"}], prefer=REPRESENTATION), 201)
    assert rows == [{"name": "A", "changes": 0}, {"name": "B", "changes": 0}]
    assert shown(w.patch("/tidy?id=eq.1", {"name": " new "}, prefer=REPRESENTATION)) == [{"id": 1, "name": "NEW", "changes": 1}]
    assert shown(w.put("/tidy/1", {"name": "put", "changes": 5}, prefer=REPRESENTATION))["name"] == "PUT"
    response = w.post("/tidy", {"id": 1, "name": "up"}, prefer=("resolution=merge-duplicates", REPRESENTATION))
    assert response.status in (200, 201) and response.json()[0]["name"] == "UP", response


@pytest.fixture(scope="module")
def renaming(service):
    """A table whose triggers give a row another key than the statement does."""
    return service(
        "CREATE TABLE renamed (code VARCHAR(20) PRIMARY KEY, name VARCHAR(20))",
        "CREATE TRIGGER renamed_in BEFORE INSERT ON renamed FOR EACH ROW SET NEW.code = CONCAT('x', NEW.code)",
        "CREATE TRIGGER renamed_up BEFORE UPDATE ON renamed FOR EACH ROW SET NEW.code = CONCAT('y', NEW.code)",
        tables="renamed", grant=GRANT, MYREST_WRITABLE="renamed",
    )  # fmt: skip


@pytest.fixture
def renamed(renaming):
    renaming.schema.sql("DELETE FROM renamed")
    renaming.schema.sql("INSERT INTO renamed VALUES ('a', 'first')")
    return renaming


def gives_rows_back():
    return not mysql.HERE and "no-traits" not in os.environ.get("MYREST_BIN", "")


def test_a_row_whose_key_a_trigger_changes(renamed):
    """A server that gives rows back shows it; of another it is not found again, and nothing is written."""

    def rows():
        return sorted(renamed.schema.sql("SELECT code, name FROM renamed"))

    before = rows()
    answer = send(renamed.web, "POST", "/renamed", [{"code": "b", "name": "b"}, {"code": "c", "name": "c"}], REPRESENTATION)
    if answer.status == 201:
        assert answer.json() == [{"code": "xb", "name": "b"}, {"code": "xc", "name": "c"}]
        before = rows()
    else:
        assert not gives_rows_back(), answer
        refused(answer, 400, "PGRST122", "return=minimal")
    assert rows() == before
    done(send(renamed.web, "POST", "/renamed", {"code": "d", "name": "d"}), 201)
    location = done(send(renamed.web, "POST", "/renamed", {"code": "e", "name": "e"}, "return=headers-only"), 201).headers.get("location")
    assert location in (None, "/renamed?code=eq.xe")
    assert {("xd", "d"), ("xe", "e")} <= set(rows())


def test_a_row_whose_key_a_trigger_changes_where_there_is_one_of_its_own(renamed):
    """A server that does not give rows back does not tell them apart, as README.md says."""
    answer = send(renamed.web, "POST", "/renamed", {"code": "xa", "name": "new"}, REPRESENTATION)
    shows = {"code": "xxa", "name": "new"} if gives_rows_back() else {"code": "xa", "name": "first"}
    assert shown(answer, 201) == [shows] and answer.headers["location"] == f"/renamed?code=eq.{shows['code']}"
    assert sorted(renamed.schema.sql("SELECT code, name FROM renamed")) == [("xa", "first"), ("xxa", "new")]


@pytest.mark.parametrize("method, target", [("PATCH", "/renamed?name=eq.first"), ("PUT", "/renamed/xa")])
def test_a_row_whose_key_an_update_s_trigger_changes(renamed, method, target):
    """It is not found again, on any server: then nothing is written."""
    before = renamed.schema.sql("SELECT code, name FROM renamed")
    assert before == (("xa", "first"),)
    refused(send(renamed.web, method, target, {"name": "b"}, REPRESENTATION), 400, "PGRST122", "return=minimal")
    assert renamed.schema.sql("SELECT code, name FROM renamed") == before
    done(send(renamed.web, method, target, {"name": "b"}), 204)
    assert renamed.schema.sql("SELECT code, name FROM renamed") == (("yxa", "b"),)


def test_a_key_that_the_database_makes_is_shown(w):
    response = w.post("/tokens", {"name": "x"}, prefer=REPRESENTATION)
    [row] = shown(response, 201)
    assert re.fullmatch(r"[0-9a-f-]{36}", row["id"])
    assert response.headers["location"] == f"/tokens?id=eq.{row['id']}"
    assert w.rows("SELECT id, name FROM tokens") == [(row["id"], "x")]
    rows = shown(w.post("/tokens", [{"name": f"n{n}"} for n in range(20)], prefer=REPRESENTATION), 201)
    assert [row["name"] for row in rows] == [f"n{n}" for n in range(20)]
    assert dict(w.rows("SELECT id, name FROM tokens WHERE name <> 'x'")) == {row["id"]: row["name"] for row in rows}


def test_a_location_is_of_the_key_that_the_database_made(w):
    response = done(w.post("/tokens", {"name": "x"}, prefer="return=headers-only"), 201)
    assert response.headers["location"] == f"/tokens?id=eq.{w.value('SELECT id FROM tokens')}"


EVERY = {
    "i": -5, "big": 18446744073709551615, "price": 12.5, "f": 0.1, "d": 0.30000000000000004, "flag": True, "bits": here("write.bits", 9),
    "one": False, "word": "naïve 😀", "fixed": "abcd", "story": "line\nline\t\"q\" \\ '", "kind": "b", "marks": "x,z",
    "day": "2024-02-29", "clock": here("write.time", "-12:34:56.789"), "at": "2024-01-02T03:04:05.678901", "stamp": "2024-01-02T03:04:05.678+00:00",
    "y": 2024, "doc": {"a": [1, None, "x"], "b": {"c": True}}, "raw": "AAEC/w==", "data": "", "u": "123e4567-e89b-12d3-a456-426614174000",
}  # fmt: skip


def test_a_row_of_every_type_comes_back_as_it_went_in(w):
    [row] = shown(w.post("/kinds", EVERY, prefer=REPRESENTATION), 201)
    assert {name: row[name] for name in EVERY} == EVERY
    assert row["place"] is None
    assert w.json(f"/kinds/{row['id']}") == row
    [again] = shown(w.post("/kinds", {**row, "id": row["id"] + 100}, prefer=REPRESENTATION), 201)
    assert again == {**row, "id": row["id"] + 100}, "what was read can be written"
    changed = shown(w.patch(f"/kinds?id=eq.{row['id']}", dict.fromkeys(EVERY), prefer=REPRESENTATION))
    assert changed == [{"id": row["id"], "place": None, **dict.fromkeys(EVERY)}]
    assert shown(w.put(f"/kinds/{row['id']}", EVERY, prefer=REPRESENTATION)) == row


def test_a_place_comes_back_as_it_went_in(w):
    point = "AAAAAAEBAAAAAAAAAAAA8D8AAAAAAAAAQA=="
    [row] = shown(w.post("/kinds?select=place", {"place": point}, prefer=REPRESENTATION), 201)
    assert row == {"place": point}
    assert w.rows("SELECT ST_X(place), ST_Y(place) FROM kinds") == [(1.0, 2.0)]


@pytest.mark.parametrize(
    "column, sent, answered",
    [
        ("price", '"12.5"', "12.5000"),
        ("price", "12.50000", "12.5000"),
        ("price", "1e2", "100.0000"),
        ("price", "99999999.9999", "99999999.9999"),
        ("big", '"18446744073709551615"', "18446744073709551615"),
        ("i", '"-5"', "-5"),
        ("flag", "1", "true"),
        ("flag", "0", "false"),
        *here("write.more_forms", [("flag", "2", "2"), ("bits", "15", "15")]),
        ("one", "1", "true"),
        ("d", "1e300", "1e300"),
        ("d", '"0.5"', "0.5"),
        ("at", '"2024-01-02 03:04:05"', '"2024-01-02T03:04:05.000000"'),
        ("at", '"2024-01-02T03:04:05Z"', '"2024-01-02T03:04:05.000000"'),
        ("at", '"2024-01-02T03:04:05.1+00:00"', '"2024-01-02T03:04:05.100000"'),
        ("stamp", '"2024-01-02T03:04:05+02:00"', '"2024-01-02T01:04:05.000+00:00"'),
        ("stamp", '"2024-01-02T03:04:05-05:30"', '"2024-01-02T08:34:05.000+00:00"'),
        ("stamp", '"2024-01-02T03:04:05Z"', '"2024-01-02T03:04:05.000+00:00"'),
        ("stamp", '"2024-01-02T03:04:05"', '"2024-01-02T03:04:05.000+00:00"'),
        ("word", '"\\ud83d\\ude00\\n\\/"', json.dumps("😀\n/", ensure_ascii=False)),
        ("doc", "null", "null"),
        ("doc", '"text"', '"text"'),
        ("doc", "[1.50,2]", here("write.list", "[1.50,2]")),
        ("doc", '{"b":1,"a":"é"}', '{"b":1,"a":"é"}'),
        ("kind", '"a"', '"a"'),
        ("marks", '""', '""'),
        ("word", '""', '""'),
        ("word", '"null"', '"null"'),
    ],
)
def test_a_value_in_another_form_is_the_same_value(w, column, sent, answered):
    body = f'{{"{column}":{sent}}}'.encode()
    response = w.post(f"/kinds?select={column}", body, kind="application/json", prefer=REPRESENTATION)
    assert response.status == 201, response
    got = response.json(exact=True)[0][column]
    answered = fraction(answered)
    assert got == json.loads(answered, parse_float=str) or str(got) == answered or (
        column == "d" and float(got) == float(answered)
    ), response


# --- POST many


def test_post_many_in_their_order(w):
    body = [{"username": f"u{n}", "email": f"{n}@x"} for n in range(50)]
    response = w.post("/users", body, prefer=REPRESENTATION)
    rows = shown(response, 201)
    assert [(row["username"], row["email"]) for row in rows] == [(row["username"], row["email"]) for row in body]
    assert response.headers["content-range"] == "*/*" and "location" not in response.headers
    assert {row["id"]: row["username"] for row in rows} == dict(w.rows("SELECT id, username FROM users WHERE id > 2"))


def test_post_many_has_no_location(w):
    body = [{"username": f"u{n}", "email": f"{n}@x"} for n in range(2)]
    assert "location" not in done(w.post("/users", body, prefer="return=headers-only"), 201).headers


@pytest.mark.parametrize("prefer, content_range", [("count=exact", "*/3"), (("count=exact", REPRESENTATION), "*/3"), (REPRESENTATION, "*/*")])
def test_post_says_how_many(w, prefer, content_range):
    response = w.post("/authors", [{"name": n} for n in "abc"], prefer=prefer)
    assert response.status == 201 and response.headers["content-range"] == content_range, response
    assert applied(response) == ({prefer} if isinstance(prefer, str) else set(prefer))


def test_post_nothing_is_201_and_nothing(unchanged):
    response = done(unchanged.post("/users", []), 201)
    assert response.headers["content-range"] == "*/*"
    assert shown(unchanged.post("/users", [], prefer=REPRESENTATION), 201) == []
    assert done(unchanged.post("/users", [], prefer="count=exact"), 201).headers["content-range"] == "*/0"


def test_post_ids_of_which_some_are_given(w):
    body = [{"id": 100, "name": "a"}, {"id": None, "name": "b"}, {"id": 200, "name": "c"}, {"id": None, "name": "d"}]
    rows = shown(w.post("/authors", body, prefer=REPRESENTATION), 201)
    assert [row["name"] for row in rows] == ["a", "b", "c", "d"]
    assert {row["id"]: row["name"] for row in rows} == dict(w.rows("SELECT id, name FROM authors WHERE id > 2"))
    assert rows[0]["id"] == 100 and rows[2]["id"] == 200


def test_post_1500_rows_back_all_of_them(w):
    body = [{"name": f"name {n} " + "x" * 20} for n in range(1500)]
    rows = shown(w.post("/authors", body, prefer=REPRESENTATION), 201)
    assert [row["name"] for row in rows] == [row["name"] for row in body]
    assert dict(w.rows("SELECT id, name FROM authors WHERE id > 2")) == {row["id"]: row["name"] for row in rows}


def test_an_answer_larger_than_the_buffer_is_whole_and_kept(w):
    body = [{"story": "é" * 900, "i": n} for n in range(400)]
    rows = shown(w.post("/kinds?select=i,story,again:story", body, prefer=REPRESENTATION), 201)
    assert [(row["i"], row["story"], row["again"]) for row in rows] == [(n, "é" * 900, "é" * 900) for n in range(400)]
    assert w.value("SELECT COUNT(*) FROM kinds") == 400
    rows = shown(w.patch("/kinds?i=gte.0&select=i,story,again:story&order=i", {"word": "w"}, prefer=REPRESENTATION))
    assert len(rows) == 400
    assert w.value("SELECT COUNT(*) FROM kinds WHERE word = 'w'") == 400


def test_what_many_get_is_theirs_while_others_write(w):
    """The ids of a bulk insert are those of its own rows, whoever inserts beside it."""
    faults = []

    def client(number):
        for turn in range(8):
            names = [f"{number}-{turn}-{at}" for at in range(40)]
            response = w.post("/authors", [{"name": name} for name in names], prefer=REPRESENTATION)
            if response.status != 201 or [row["name"] for row in response.json()] != names:
                faults.append(response)
            else:
                answers.update({row["id"]: row["name"] for row in response.json()})

    answers = {}
    threads = [threading.Thread(target=client, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults, faults[0]
    assert len(answers) == 6 * 8 * 40
    assert answers == dict(w.rows("SELECT id, name FROM authors WHERE id > 2"))


@pytest.mark.parametrize(
    "rows",
    [
        [{"name": "a"}, {"name": "b", "n": 1}],
        [{"name": "a", "n": 1}, {"name": "b"}],
        [{"name": "a"}, {"n": 1}],
        [{}, {"name": "a"}],
        [{"name": "a"}, {}],
    ],
)
def test_objects_with_other_keys_are_refused(unchanged, rows):
    refused(unchanged.post("/defaults", rows), 400, "PGRST102")


def test_the_order_of_the_keys_does_not_matter(w):
    rows = [{"name": "a", "n": 1}, {"n": 2, "name": "b"}]
    assert shown(w.post("/defaults?select=name,n", rows, prefer=REPRESENTATION), 201) == rows


# --- columns=, missing=default


def test_columns_name_what_is_written(w):
    rows = [{"name": "a", "n": 1}, {"name": "b"}, {"n": 3}, {}]
    answer = shown(w.post("/defaults?columns=name,n&select=name,n,must", rows, prefer=REPRESENTATION), 201)
    assert answer == [
        {"name": "a", "n": 1, "must": 3}, {"name": "b", "n": None, "must": 3}, {"name": None, "n": 3, "must": 3},
        {"name": None, "n": None, "must": 3},
    ]  # fmt: skip


def test_columns_with_missing_default(w):
    rows = [{"name": "a", "n": 1}, {"name": "b"}, {"n": 3}, {}, {"name": None, "n": None}]
    response = w.post("/defaults?columns=name,n&select=name,n", rows, prefer=("missing=default", REPRESENTATION))
    assert shown(response, 201) == [
        {"name": "a", "n": 1}, {"name": "b", "n": 7}, {"name": "nobody", "n": 3}, {"name": "nobody", "n": 7},
        {"name": None, "n": None},
    ]  # fmt: skip
    assert applied(response) == {"missing=default", "return=representation"}


def test_missing_default_of_an_id_is_the_next_one(w):
    rows = [{"id": 500, "name": "a"}, {"name": "b"}, {"id": 600, "name": "c"}, {"name": "d"}]
    answer = shown(w.post("/authors?columns=id,name", rows, prefer=("missing=default", REPRESENTATION)), 201)
    assert [row["name"] for row in answer] == ["a", "b", "c", "d"]
    assert {row["id"]: row["name"] for row in answer} == dict(w.rows("SELECT id, name FROM authors WHERE id > 2"))


def test_columns_leave_out_what_they_do_not_name(w):
    body = {"name": "a", "n": 1, "unheard": [1, 2], "twice": 7}
    assert shown(w.post("/defaults?columns=name&select=name,n", body, prefer=REPRESENTATION), 201) == [{"name": "a", "n": 7}]
    assert shown(w.patch("/defaults?id=eq.1&columns=n&select=name,n", {"name": "x", "n": 9}, prefer=REPRESENTATION)) == [
        {"name": "one", "n": 9}
    ]


def test_columns_may_be_quoted(w):
    body = [{"name": "a", "n": 1}, {"name": "b"}]
    response = w.post("/defaults?columns=%22name%22,%22n%22&select=name,n", body, prefer=REPRESENTATION)
    assert shown(response, 201) == [{"name": "a", "n": 1}, {"name": "b", "n": None}]


def test_missing_null_of_a_column_that_must_be_is_422(unchanged):
    refused(unchanged.post("/defaults?columns=name,must", [{"name": "a"}]), 422, "23502", "must")


@pytest.mark.parametrize("column", ["twice", "id"])
def test_columns_that_cannot_be_written(unchanged, column):
    target = "/defaults?columns=twice" if column == "twice" else "/things?columns=id,a"
    refused(unchanged.post(target, [{"a": 1, "n": 1}]), 400, "428C9", column)


# --- bodies


@pytest.mark.parametrize(
    "kind", [None, "application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8", "Application/JSON"]
)
def test_a_body_is_json_when_nothing_else_is_said(w, kind):
    done(w.post("/users", b' \r\n{"username" : "ada",\t"email":"ada@x" } \n', kind=kind), 201)
    assert w.value("SELECT email FROM users WHERE username = 'ada'") == "ada@x"


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/x-www-form-urlencoded", "image/png", "json", "text/csv2"])
@pytest.mark.parametrize("method, target", [("POST", "/users"), ("PATCH", "/users?id=eq.1"), ("PUT", "/users/1")])
def test_a_body_of_another_kind_is_415(unchanged, method, target, kind):
    refused(unchanged.send(method, target, b'{"username":"x","email":"y"}', kind=kind), 415, "PGRST107")


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "zstd", "identity, gzip", "GZIP", "x"])
@pytest.mark.parametrize("method, target", [("POST", "/users"), ("PATCH", "/users?id=eq.1"), ("PUT", "/users/1")])
def test_a_body_that_is_said_to_be_compressed_is_415(unchanged, method, target, coding):
    """Neither one that is, nor one that only says so."""
    plain = b'{"username":"x","email":"y"}'
    for body in (plain, gzip.compress(plain)):
        response = unchanged.send(method, target, body, kind="application/json", Content_Encoding=coding)
        refused(response, 415, "PGRST107", "Content-Encoding")
        assert response.headers["accept-encoding"] == "identity"
    assert "accept-encoding" not in unchanged.send(method, target, plain, kind="image/png").headers


@pytest.mark.parametrize("coding", ["identity", "Identity", "identity, identity", ""])
def test_a_body_that_is_said_to_be_as_it_was_is_taken(w, coding):
    done(w.post("/users", {"username": "ada", "email": "ada@x"}, Content_Encoding=coding), 201)


BROKEN = [
    b"", b" ", b"{", b"[", b"{}x", b"[{}", b"[{},]", b'{"username":}', b'{"username":"x",}', b"{'username':'x'}", b'{"a":NaN}',
    b'{"username":"a","username":"b"}', b'{"username":"\xff"}', b'{"username":"\\ud800"}', b'{"username":"\\x"}', b'{"username":"a\nb"}',
    b'{"username":01}', b'{"username":1.}', b'{"username":+1}', b"[[]]", b"[1]", b"1", b'"x"', b"null", b"[null]", b'[{},"x"]',
    b'{"username":"x"}{"username":"y"}', b"\xef\xbb\xbf{", b"[" * 2000, b'{"a":' * 2000, b'{"username":tru}', b'{"username":"x"',
]  # fmt: skip


@pytest.mark.parametrize("body", BROKEN, ids=lambda body: repr(body[:24]))
@pytest.mark.parametrize("method, target", [("POST", "/users"), ("PATCH", "/users?id=eq.1"), ("PUT", "/users/1")])
def test_json_that_is_broken_is_400(unchanged, method, target, body):
    refused(unchanged.send(method, target, body, kind="application/json"), 400, "PGRST102")


@pytest.mark.parametrize("body", [b"[{},]", b'{"username":"x",}', b'{"username":}'])
def test_a_fault_in_json_has_a_place(unchanged, body):
    error = refused(unchanged.post("/users", body, kind="application/json"), 400, "PGRST102")
    assert re.search(r"\d", f"{error['message']} {error['details']}"), error


def test_a_body_that_is_too_large_is_413(unchanged):
    refused(unchanged.post("/kinds", {"story": "x" * (1 << 20)}, timeout=30), 413)


# --- CSV


def test_csv_many_rows(w):
    response = w.post("/users?select=username,email", csv="username,email\r\nada,ada@x\r\n\"b,\"\"b\",\"x\ny\"\n", prefer=REPRESENTATION)
    assert shown(response, 201) == [{"username": "ada", "email": "ada@x"}, {"username": 'b,"b', "email": "x\ny"}]


def test_csv_the_empty_field_is_null_and_quotes_are_the_empty_text(w):
    done(w.post("/heap", csv='a,b\n5,\n6,""\n,x\n7,NULL\n8,null\n'), 201)
    assert w.rows("SELECT a, b FROM heap WHERE a > 4 OR a IS NULL") == [
        (None, "x"), (5, None), (6, ""), (7, "NULL"), (8, "null"),
    ]  # fmt: skip


def test_csv_without_a_last_line_end_and_without_rows(w):
    done(w.post("/heap", csv="b,a\nx,5"), 201)
    assert w.rows("SELECT a, b FROM heap WHERE a = 5") == [(5, "x")]
    before = w.snapshot()
    done(w.post("/heap", csv="a,b\n"), 201)
    done(w.post("/heap", csv="a,b"), 201)
    assert w.snapshot() == before


def test_csv_values_of_every_type(w):
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(EVERY)
    out.writerow([
        value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for value in EVERY.values()
    ])  # fmt: skip
    sent = text.getvalue().replace(",,", ',"",')
    [row] = shown(w.post("/kinds", csv=sent, prefer=REPRESENTATION), 201)
    assert {name: row[name] for name in EVERY} == EVERY


def test_csv_out_is_csv_in(w):
    done(w.post("/kinds", [EVERY, dict.fromkeys(EVERY), {**EVERY, "word": "", "i": None}]), 201)
    target = f"/kinds?select={','.join(EVERY)}&order=id"
    text = w.get(target, headers={"Accept": CSV}).body
    w.schema.sql("DELETE FROM kinds")
    done(w.post("/kinds", csv=text), 201)
    assert w.get(target, headers={"Accept": CSV}).body == text


def test_csv_with_columns(w):
    response = w.post("/defaults?columns=n&select=name,n", csv="name,n\nx,5\n", prefer=REPRESENTATION)
    assert shown(response, 201) == [{"name": "nobody", "n": 5}]


@pytest.mark.parametrize(
    "text",
    ["a,b\n1\n", "a,b\n1,2,3\n", 'a,b\n1,"x\n', 'a,b\n1,"x"y\n', 'a,b\n1,x"y"\n', "a,a\n1,2\n", "", b"a,b\n1,\xff\n"],
    ids=repr,
)
def test_csv_that_is_broken_is_400(unchanged, text):
    refused(unchanged.post("/heap", csv=text), 400, "PGRST102")


def test_csv_of_a_column_nobody_sees(unchanged):
    refused(unchanged.post("/secrets", csv="shown,hidden\na,b\n"), 400, "PGRST204", "hidden")


# --- PATCH


def test_patch_changes_what_the_filter_finds(w):
    response = done(w.patch("/checked?id=gt.3", {"n": 9}), 204)
    assert response.headers["content-range"] == "0-1/*"
    assert w.rows("SELECT * FROM checked ORDER BY id") == [(1, 1), (2, 2), (3, 3), (4, 9), (5, 9)]


def test_patch_shows_what_is_there_then(w):
    response = w.patch("/checked?id=gt.3&select=n,id&order=id", {"n": 9}, prefer=REPRESENTATION)
    assert shown(response) == [{"n": 9, "id": 4}, {"n": 9, "id": 5}]
    assert response.headers["content-range"] == "0-1/*"
    assert applied(response) == {"return=representation"}


@pytest.mark.parametrize("prefer", ["return=minimal", "return=headers-only"])
def test_patch_without_a_representation_is_204(w, prefer):
    response = done(w.patch("/checked?id=eq.1", {"n": 9}, prefer=prefer), 204)
    assert applied(response) == {prefer}


@pytest.mark.parametrize(
    "query, prefer, status, content_range",
    [
        ("id=eq.1", None, 204, "0-0/*"),
        ("id=eq.99", None, 204, "*/*"),
        ("id=lte.3", "count=exact", 204, "0-2/3"),
        ("id=eq.99", "count=exact", 204, "*/0"),
        ("id=lte.3", "count=exact, return=representation", 200, "0-2/3"),
        ("id=eq.99", REPRESENTATION, 200, "*/*"),
    ],
)
def test_patch_says_how_many(w, query, prefer, status, content_range):
    response = w.patch(f"/checked?{query}", {"n": 0}, prefer=prefer)
    assert (response.status, response.headers["content-range"]) == (status, content_range), response
    if status == 200:
        assert len(response.json()) == w.value("SELECT COUNT(*) FROM checked WHERE n = 0")


def test_patch_counts_rows_that_had_the_value_already(w):
    response = w.patch("/checked?id=in.(1,2)", {"n": 1}, prefer=(REPRESENTATION, "count=exact"))
    assert len(shown(response)) == 2, "a row that is already as wanted belongs to those that were changed"
    assert response.headers["content-range"] == "0-1/2"
    assert done(w.patch("/checked?id=in.(1,2)", {"n": 1}), 204).headers["content-range"] == "0-1/*"


def test_patch_shows_the_rows_that_it_changed_though_they_meet_the_filter_no_more(w):
    rows = shown(w.patch("/checked?n=lt.3&order=id", {"n": 8}, prefer=REPRESENTATION))
    assert rows == [{"id": 1, "n": 8}, {"id": 2, "n": 8}]
    rows = shown(w.patch("/checked?id=eq.3", {"id": 33}, prefer=REPRESENTATION))
    assert rows == [{"id": 33, "n": 3}]


def test_patch_shows_only_what_it_changed_though_others_meet_the_new_value(w):
    rows = shown(w.patch("/checked?id=eq.1", {"n": 5}, prefer=REPRESENTATION))
    assert rows == [{"id": 1, "n": 5}]


def test_patch_nothing_changes_nothing(unchanged):
    assert done(unchanged.patch("/users?id=eq.1", {}), 204).headers["content-range"] == "*/*"
    assert shown(unchanged.patch("/users?id=eq.1", {}, prefer=REPRESENTATION)) == []


def test_patch_null_and_several_columns(w):
    done(w.patch("/defaults?id=eq.1", {"name": None, "n": 70, "at": "2020-01-01T00:00:00"}), 204)
    assert w.rows("SELECT name, n, twice FROM defaults WHERE id = 1") == [(None, 70, 140)]
    assert w.rows("SELECT name, n FROM defaults WHERE id = 2") == [("two", 2)]


@pytest.mark.parametrize("prefer", [None, REPRESENTATION])
@pytest.mark.parametrize("target", ["/people/1", "/people?age=eq.20", "/people?age=eq.20&columns=id,age"])
def test_patch_an_id_to_null_is_422(unchanged, target, prefer):
    """Only a new row is given an id by the database."""
    refused(unchanged.patch(target, {"age": 21} if "columns" in target else {"id": None, "age": 21}, prefer=prefer), 422, "23502", "id")


def test_patch_a_number_of_the_database_s(unchanged):
    refused(unchanged.patch("/numbered/1", {"n": None, "name": "new"}), 422, "23502", "n")


@pytest.mark.parametrize("table, column, key", [("people", "age", "id"), ("numbered", "name", "n")])
def test_patch_leaves_an_id_whose_default_is_asked_for(w, table, column, key):
    prefer = ("missing=default", REPRESENTATION)
    before = w.rows(f"SELECT {key} FROM {table}")
    assert shown(w.patch(f"/{table}?id=eq.1&columns={key},{column}&select=id,{column}", {column: 5}, prefer=prefer)) == [
        {"id": 1, column: 5 if column == "age" else "5"}
    ]
    done(w.patch(f"/{table}?id=eq.1&columns={key}", {}, prefer="missing=default"), 204)
    assert w.rows(f"SELECT {key} FROM {table}") == before


@pytest.mark.parametrize("fallback", ["7", "(3 + 4)", *([] if postgresql.HERE else ["(id + 6)"])])
def test_patch_a_key_to_its_default(database, start_pool, start_nginx, fallback):
    """MySQL does not tell a default that is an expression, nor MariaDB one of other columns: the rows cannot be shown."""
    schema = database.schema(
        f"CREATE TABLE pieces (id INT NOT NULL, kind INT NOT NULL DEFAULT {fallback}, name VARCHAR(20),"
        " PRIMARY KEY (kind, id))",
        "INSERT INTO pieces VALUES (1, 1, 'old'), (2, 8, 'old')",
        grant=GRANT,
    )
    front = start_nginx(start_pool(schema.url(), "pieces", MYREST_WRITABLE="pieces"))
    target = "/pieces?id=eq.1&columns=kind,name"
    answer = send(front, "PATCH", target, {"name": "new"}, prefer=["missing=default", REPRESENTATION])
    if fallback == "(id + 6)" or (mysql.HERE and fallback != "7"):
        refused(answer, 400, "PGRST122", "kind", "return=minimal")
        assert schema.sql("SELECT * FROM pieces WHERE id = 1") == ((1, 1, "old"),)
        done(send(front, "PATCH", target, {"name": "new"}, prefer="missing=default"), 204)
    else:
        assert shown(answer) == [{"id": 1, "kind": 7, "name": "new"}]
    assert sorted(schema.sql("SELECT * FROM pieces")) == [(1, 7, "new"), (2, 8, "old")]


def test_patch_a_key_to_a_new_one_of_the_database_s(w):
    mine = "m" * 36  # as long as one of the database's
    done(w.post("/tokens", {"id": mine, "name": "old"}), 201)
    target, prefer = f"/tokens/{mine}?columns=id,name", ["missing=default"]
    refused(w.patch(target, {"name": "new"}, prefer=[*prefer, REPRESENTATION]), 400, "PGRST122", "return=minimal")
    assert w.rows("SELECT id, name FROM tokens") == [(mine, "old")]
    done(w.patch(target, {"name": "new"}, prefer=prefer, If_Match=w.get(f"/tokens/{mine}").headers["etag"]), 204)
    [(token, name)] = w.rows("SELECT id, name FROM tokens")
    assert token != mine and len(token) == 36 and name == "new"


@pytest.mark.parametrize("body", [[{"n": 9}], None])
def test_patch_by_an_array_or_csv_of_one(w, body):
    done(w.patch("/checked?id=eq.1", body) if body else w.patch("/checked?id=eq.1", csv="n\n9\n"), 204)
    assert w.value("SELECT n FROM checked WHERE id = 1") == 9


@pytest.mark.parametrize("how", [{"body": []}, {"body": [{"n": 1}, {"n": 2}]}, {"csv": "n\n1\n2\n"}, {"csv": "n\n"}])
@pytest.mark.parametrize("target", ["/checked?id=eq.1", "/checked/1"])
def test_patch_by_none_or_several_is_400(unchanged, target, how):
    refused(unchanged.send("PATCH", target, **how), 400)


@pytest.mark.parametrize(
    "query, changed",
    [
        ("or=(id.eq.1,n.gt.4)", [1, 5]),
        ("id=in.(1,2,77)", [1, 2]),
        ("not.and=(id.gt.1,id.lt.5)", [1, 5]),
        ("id=not.in.(1,2)&n=lt.5", [3, 4]),
        ("n=isdistinct.3", [1, 2, 4, 5]),
        ("n=gt(any).{3,9}", [4, 5]),
        ("n=is.not_null", [1, 2, 3, 4, 5]),
    ],
)
@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_the_filters_of_reading_say_what_is_written(w, method, query, changed):
    response = w.send(method, f"/checked?{query}&select=id&order=id", {"n": 0} if method == "PATCH" else None, prefer=REPRESENTATION)
    assert [row["id"] for row in shown(response)] == changed
    left = "n <> 0" if method == "PATCH" else "TRUE"
    assert [row[0] for row in w.rows(f"SELECT id FROM checked WHERE {left} ORDER BY id")] == [
        number for number in range(1, 6) if number not in changed
    ]


def test_patch_by_what_json_has(w):
    done(w.post("/kinds", [{"i": n, "doc": {"lang": lang}} for n, lang in ((1, "de"), (2, "en"))]), 201)
    done(w.patch("/kinds?doc->>lang=eq.de", {"word": "deutsch"}), 204)
    assert w.rows("SELECT i, word FROM kinds ORDER BY i") == [(1, "deutsch"), (2, None)]


@pytest.mark.parametrize("query, changed", [("order=id&limit=2", [1, 2]), ("order=id.desc&limit=1", [5]), ("order=n.desc,id&limit=3", [3, 4, 5]), ("order=id&limit=99", [1, 2, 3, 4, 5])])
@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_limit_says_how_many_rows_change(w, method, query, changed):
    response = w.send(method, f"/checked?id=gt.0&{query}", {"n": 0} if method == "PATCH" else None, prefer=REPRESENTATION)
    assert sorted(row["id"] for row in shown(response)) == changed
    left = "n <> 0" if method == "PATCH" else "TRUE"
    assert [row[0] for row in w.rows(f"SELECT id FROM checked WHERE {left} ORDER BY id")] == [
        number for number in range(1, 6) if number not in changed
    ]


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_limit_0_changes_nothing(unchanged, method):
    response = unchanged.send(method, "/checked?id=gt.0&order=id&limit=0", {"n": 0} if method == "PATCH" else None)
    assert response.status in (204, 400), response


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
@pytest.mark.parametrize(
    "query, headers", [("order=id&limit=2&offset=1", {}), ("order=id&offset=1", {}), ("order=id&limit=1&after=(1)", {})]
)
def test_a_window_that_is_no_limit_is_400(unchanged, method, query, headers):
    refused(unchanged.send(method, f"/checked?id=gt.0&{query}", {"n": 0} if method == "PATCH" else None, **headers), 400)


@pytest.mark.parametrize("given", ["0-0", "1-1", "items=5-9", "9-3"])
def test_a_range_means_nothing_in_a_write(w, given):
    """RFC 9110, 14.2: a server ignores it in methods that it defines no ranges for."""
    headers = {"Range": given, "Range-Unit": "items"}
    assert w.send("POST", "/users", {"username": "ranged", "email": "r@example.com"}, **headers).status == 201
    assert w.send("PATCH", "/users?username=in.(admin,ranged)", {"email": None}, **headers).status == 422
    assert w.send("PATCH", "/users?username=eq.ranged", {"email": "s@example.com"}, **headers).status == 204
    row = {"id": 1, "username": "admin", "email": "put@example.com"}
    assert w.send("PUT", "/users?id=eq.1", row, **headers).status == 204
    assert w.send("DELETE", "/users?id=gt.1", None, **headers).status == 204
    assert w.json("/users") == [row]


def test_patch_of_two_rows_where_one_object_is_asked_is_406_and_nothing(unchanged):
    error = refused(unchanged.patch("/checked?id=lt.3", {"n": 0}, prefer=REPRESENTATION, accept=OBJECT), 406, "PGRST116")
    assert "2 rows" in error["details"]
    error = refused(unchanged.patch("/checked?id=eq.99", {"n": 0}, prefer=REPRESENTATION, accept=OBJECT), 406, "PGRST116")
    assert "0 rows" in error["details"]
    refused(unchanged.patch("/checked?id=lt.3", {"n": 0}, accept=OBJECT), 406, "PGRST116")


def test_patch_of_one_row_as_one_object(w):
    response = w.patch("/checked?id=eq.1", {"n": 0}, prefer=REPRESENTATION, accept=OBJECT)
    assert shown(response) == {"id": 1, "n": 0} and response.headers["content-type"].startswith(OBJECT)


def test_patch_back_as_csv(w):
    response = w.patch("/checked?id=lt.3&order=id", {"n": 0}, prefer=REPRESENTATION, accept=CSV)
    assert (response.status, response.body) == (200, b"id,n\n1,0\n2,0\n"), response


def test_patch_of_a_table_without_a_key(w):
    assert done(w.patch("/heap?a=eq.1", {"b": "uno"}), 204).headers["content-range"] == "0-1/*"
    assert sorted(w.rows("SELECT * FROM heap")) == [(1, "uno"), (1, "uno"), (2, "two")]


def test_patch_of_a_table_without_a_key_is_shown_exactly_or_refused(w):
    response = w.patch("/heap?b=eq.one", {"b": "uno"}, prefer=REPRESENTATION)
    if response.status == 200:
        assert response.json() == [{"a": 1, "b": "uno"}] * 2
        assert sorted(w.rows("SELECT * FROM heap")) == [(1, "uno"), (1, "uno"), (2, "two")]
    else:
        refused(response, 400)
        assert sorted(w.rows("SELECT * FROM heap")) == [(1, "one"), (1, "one"), (2, "two")]


def test_patch_part_of_a_composite_key(w):
    rows = shown(w.patch("/cells?x=eq.1&order=y", {"x": 9}, prefer=REPRESENTATION))
    assert [(row["x"], row["y"], row["v"]) for row in rows] == [(9, "a", 1), (9, "b c", 2)]


# --- DELETE


def test_delete_what_the_filter_finds(w):
    response = done(w.delete("/checked?id=gt.3"), 204)
    assert response.headers["content-range"] == "*/*"
    assert w.rows("SELECT id FROM checked") == [(1,), (2,), (3,)]


def test_delete_shows_what_was_there(w):
    response = w.delete("/users?id=eq.1", prefer=REPRESENTATION)
    assert shown(response) == [ADMIN]
    assert response.headers["content-range"] == "*/*" and applied(response) == {"return=representation"}
    assert shown(w.delete("/users?id=eq.1", prefer=REPRESENTATION)) == []
    assert w.json("/users") == [GUEST]


def test_delete_select_says_what_is_shown(w):
    rows = shown(w.delete("/checked?id=lt.3&select=k:id,n::text&order=id", prefer=REPRESENTATION))
    assert rows == [{"k": 1, "n": "1"}, {"k": 2, "n": "2"}]


@pytest.mark.parametrize(
    "query, prefer, status, content_range",
    [
        ("id=lt.3", "count=exact", 204, "*/2"),
        ("id=eq.99", "count=exact", 204, "*/0"),
        ("id=lt.3", ("count=exact", REPRESENTATION), 200, "*/2"),
        ("id=eq.99", None, 204, "*/*"),
    ],
)
def test_delete_says_how_many(w, query, prefer, status, content_range):
    response = w.delete(f"/checked?{query}", prefer=prefer)
    assert (response.status, response.headers["content-range"]) == (status, content_range), response


def test_delete_where_one_object_is_asked(w):
    before = w.snapshot()
    assert "2 rows" in refused(w.delete("/checked?id=lt.3", prefer=REPRESENTATION, accept=OBJECT), 406, "PGRST116")["details"]
    refused(w.delete("/checked?id=eq.99", prefer=REPRESENTATION, accept=OBJECT), 406, "PGRST116")
    refused(w.delete("/checked?id=lt.3", accept=OBJECT), 406, "PGRST116")
    assert w.snapshot() == before
    assert shown(w.delete("/checked?id=eq.1", prefer=REPRESENTATION, accept=OBJECT)) == {"id": 1, "n": 1}


def test_delete_from_a_table_without_a_key(w):
    assert shown(w.delete("/heap?a=eq.1", prefer=REPRESENTATION)) == [{"a": 1, "b": "one"}] * 2
    assert w.rows("SELECT * FROM heap") == [(2, "two")]


# --- one row by its key


def test_patch_by_key(w):
    done(w.patch("/users/1", {"username": "root"}), 204)
    assert w.rows("SELECT * FROM users WHERE id = 1") == [(1, "root", "admin@example.com")]
    row = shown(w.patch("/users/1", {"username": "boss"}, prefer=REPRESENTATION))
    assert row == {**ADMIN, "username": "boss"}
    assert shown(w.patch("/users/1?select=email", {"email": "e"}, prefer=REPRESENTATION)) == {"email": "e"}


def test_delete_by_key(w):
    assert shown(w.delete("/users/1", prefer=REPRESENTATION)) == ADMIN
    done(w.delete("/users/2"), 204)
    assert w.json("/users") == []


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_key_nobody_has_is_404(unchanged, method):
    body = {"username": "x"} if method == "PATCH" else None
    refused(unchanged.send(method, "/users/99", body), 404, "PGRST116")
    refused(unchanged.send(method, "/users/99", body, prefer=REPRESENTATION), 404, "PGRST116")
    refused(unchanged.send(method, "/users/abc", body), 400, "22P02")


def test_patch_by_key_that_changes_nothing_is_no_404(w):
    done(w.patch("/users/1", {"username": "admin"}), 204)


def test_patch_by_key_with_the_key_in_the_body(w):
    row = shown(w.patch("/users/1", {"id": 50}, prefer=REPRESENTATION))
    assert row == {**ADMIN, "id": 50}
    assert w.json("/users/50") == {**ADMIN, "id": 50}


# --- PUT


def test_put_makes_a_row(w):
    done(w.put("/users/5", {"username": "ada", "email": "ada@x"}), 201)
    done(w.put("/users?id=eq.6", {"id": 6, "username": "bob", "email": "bob@x"}), 201)
    assert w.rows("SELECT * FROM users WHERE id > 2") == [(5, "ada", "ada@x"), (6, "bob", "bob@x")]


def test_put_replaces_a_row(w):
    done(w.put("/users/1", {"id": 1, "username": "root", "email": "r@x"}), 204)
    done(w.put("/users?id=eq.2", {"id": 2, "username": "user", "email": "u@x"}), 204)
    assert w.rows("SELECT * FROM users") == [(1, "root", "r@x"), (2, "user", "u@x")]


def test_put_what_is_there_already_is_204(w):
    done(w.put("/users/1", ADMIN), 204)
    assert w.json("/users") == [ADMIN, GUEST]


def test_put_shows_what_is_there_then(w):
    new = {"id": 5, "username": "ada", "email": "ada@x"}
    assert shown(w.put("/users/5", new, prefer=REPRESENTATION), 201) == new
    assert shown(w.put("/users/5", {**new, "email": "e"}, prefer=REPRESENTATION), 200) == {**new, "email": "e"}
    assert shown(w.put("/users?id=eq.5&select=email", {**new, "email": "f"}, prefer=REPRESENTATION)) == [{"email": "f"}]
    response = w.put("/users?id=eq.5", {**new, "email": "g"}, prefer=REPRESENTATION, accept=OBJECT)
    assert shown(response) == {**new, "email": "g"}


def test_put_gives_absent_columns_their_defaults(w):
    w.schema.sql("UPDATE defaults SET name = 'set', n = 99, must = 98 WHERE id = 1")
    done(w.put("/defaults/1", {"n": 5}), 204)
    assert w.rows("SELECT name, n, must FROM defaults WHERE id = 1") == [("nobody", 5, 3)]


@pytest.mark.parametrize("prefer", [None, REPRESENTATION])
def test_put_leaves_a_number_of_the_database_s(w, prefer):
    for name in ("a", "b"):
        assert w.put("/numbered/1", {"name": name}, prefer=prefer).status in (200, 204)
    assert w.rows("SELECT * FROM numbered WHERE id = 1") == [(1, 1011, "b")]
    assert w.put("/numbered/1", {"name": "c", "n": 500}, prefer=prefer).status in (200, 204)
    for name, n in (("a", {}), ("b", {"n": None})):
        assert w.put("/numbered/3", {"name": name, **n}, prefer=prefer).status == 201
        assert w.rows("SELECT name FROM numbered WHERE id = 3 AND n NOT IN (500, 1011, 1012)") == [(name,)]
        done(w.delete("/numbered/3"), 204)
    assert w.rows("SELECT * FROM numbered WHERE id = 1") == [(1, 500, "c")]


@pytest.mark.parametrize("prefer", [None, REPRESENTATION])
def test_put_a_number_of_the_database_s_to_null_is_422(unchanged, prefer):
    refused(unchanged.put("/numbered/1", {"n": None, "name": "new"}, prefer=prefer), 422, "23502", "n")


def test_put_of_a_composite_key(w):
    done(w.put("/cells?x=eq.1&y=eq.b%20c", {"x": 1, "y": "b c", "v": 22}), 204)
    done(w.put("/cells?y=eq.new&x=eq.7", {"x": 7, "y": "new", "v": 70, "note": "made"}), 201)
    assert w.rows("SELECT * FROM cells WHERE x = 7 OR y = 'b c' ORDER BY x") == [(1, "b c", 22, "none"), (7, "new", 70, "made")]


@pytest.mark.parametrize(
    "query",
    ["", "?id=gt.5", "?id=in.(5)", "?username=eq.x", "?id=eq.5&username=eq.x", "?id=not.eq.5", "?or=(id.eq.5)", "?id=is.null"],
)
def test_put_by_anything_but_the_key_is_405(unchanged, query):
    refused(unchanged.put(f"/users{query}", {"id": 5, "username": "x", "email": "y"}), 405, "PGRST105")


@pytest.mark.parametrize("query", ["x=eq.1", "y=eq.a", "x=eq.1&y=eq.a&v=eq.1", "x=eq.1&y=gt.a"])
def test_put_by_a_part_of_the_key_is_405(unchanged, query):
    refused(unchanged.put(f"/cells?{query}", {"x": 1, "y": "a", "v": 5}), 405, "PGRST105")


@pytest.mark.parametrize("target", ["/users/1", "/users?id=eq.1"])
def test_put_of_another_key_than_the_url_s_is_400(unchanged, target):
    refused(unchanged.put(target, {"id": 2, "username": "x", "email": "y"}), 400, "PGRST115")


def test_put_without_the_key_in_the_body(unchanged):
    refused(unchanged.put("/users?id=eq.1", {"username": "x", "email": "y"}), 400, "PGRST115")


@pytest.mark.parametrize("query", ["limit=1", "offset=0", "limit=1&offset=1"])
def test_put_with_a_window_is_400(unchanged, query):
    refused(unchanged.put(f"/users?id=eq.1&{query}", {"id": 1, "username": "x", "email": "y"}), 400, "PGRST114")


@pytest.mark.parametrize("body", [[], [ADMIN, GUEST]])
@pytest.mark.parametrize("target", ["/users/1", "/users?id=eq.1"])
def test_put_of_none_or_several_is_400(unchanged, target, body):
    refused(unchanged.put(target, body), 400)


def test_put_that_meets_another_unique_key_is_409(unchanged):
    refused(unchanged.put("/people/1", {"email": "b@x", "first": "Ann", "last": "Ash"}), 409, "23505", "email")
    refused(unchanged.put("/people/9", {"email": "b@x", "first": "New", "last": "One"}), 409, "23505", "email")


def test_put_of_what_a_child_refers_to_keeps_the_child(w):
    done(w.put("/authors/1", {"name": "Ada Lovelace"}), 204)
    assert w.rows("SELECT author_id FROM books") == [(1,)]
    assert w.value("SELECT name FROM authors WHERE id = 1") == "Ada Lovelace"


def test_put_only_if_nothing_is_there(w):
    error = refused(w.put("/users/1", ADMIN | {"username": "x"}, If_None_Match="*"), 412, "40001")
    assert error["message"] == "the row is there already"
    assert w.json("/users/1") == ADMIN
    done(w.put("/users/5", {"username": "ada", "email": "ada@x"}, If_None_Match="*"), 201)
    refused(w.put("/users/5", {"username": "bob", "email": "bob@x"}, If_None_Match="*"), 412)
    assert w.json("/users/5")["username"] == "ada"


# --- upsert

MERGE, IGNORE = "resolution=merge-duplicates", "resolution=ignore-duplicates"


@pytest.mark.parametrize("kind, value", [
    ("BIGINT", 9007199254740993),
    ("BIGINT UNSIGNED", 18446744073709551615),
    ("DECIMAL(40,10)", "123456789012345678901234567890.0123456789"),
    ("DOUBLE", 0.1),
    ("FLOAT", 0.1),
    ("TINYINT(1)", True),
    pytest.param("BIT(64)", 2**64 - 1, marks=pytest.mark.skipif(postgresql.HERE, reason="a text of digits there")),
    ("VARCHAR(20)", "κόσμος"),
    ("CHAR(4) CHARACTER SET latin1", "é"),
    ("VARBINARY(20)", "/wD/"),
    ("ENUM('b','a')", "a"),
    ("UUID", "00000000-0000-0000-0000-000000000001"),
    ("INET6", "::1"),
    ("DATE", "2020-01-01"),
    ("DATETIME(6)", "2020-01-01T00:00:00.123456"),
    ("TIMESTAMP(6)", "2020-01-01T00:00:00.123456Z"),
    ("TIME(6)", "12:00:00.123456"),
    ("YEAR", 2020),
])  # fmt: skip
def test_an_upsert_leaves_its_key_as_it_is(database, start_pool, start_nginx, kind, value):
    """Of every type, to the last digit, where it is compared because there are other unique keys."""
    made = f"CREATE TABLE t (k {kind} NOT NULL, other INT, v INT, PRIMARY KEY (k), UNIQUE KEY o (other))"
    schema = database.schema(made, grant=GRANT)
    front = start_nginx(start_pool(schema.url(), "t", MYREST_WRITABLE="t"))
    made = shown(send(front, "POST", "/t", {"k": value, "other": 1, "v": 1}, prefer=REPRESENTATION), 201)
    before = schema.sql("SELECT k FROM t")
    for number, resolution in enumerate((MERGE, MERGE, IGNORE, IGNORE)):
        body = {"k": value, "v": 2 + number}
        done(send(front, "POST", "/t", body, prefer=resolution), 200 if resolution == IGNORE else 201)
        assert send(front, "POST", "/t", [body], prefer=[resolution, REPRESENTATION]).status in (200, 201)
        assert schema.sql("SELECT k FROM t") == before
    assert shown(front.get("/t")) == [{**made[0], "v": 3}]


def merged(response):
    """The answer to a merge: 201, or 200 when no row is new."""
    assert response.status in (200, 201), response
    return response


def test_merge_changes_who_is_there_and_adds_who_is_not(w):
    body = [{"id": 1, "username": "root", "email": "r@x"}, {"id": 7, "username": "ada", "email": "ada@x"}]
    response = merged(w.post("/users", body, prefer=(MERGE, REPRESENTATION)))
    assert response.json() == body
    assert applied(response) == {MERGE, "return=representation"}
    assert w.rows("SELECT * FROM users ORDER BY id") == [(1, "root", "r@x"), (2, "guest", "guest@example.com"), (7, "ada", "ada@x")]


def test_merge_without_a_key_adds(w):
    rows = merged(w.post("/users", {"username": "ada", "email": "ada@x"}, prefer=(MERGE, REPRESENTATION))).json()
    assert rows == [{"id": rows[0]["id"], "username": "ada", "email": "ada@x"}]
    assert w.value("SELECT COUNT(*) FROM users") == 3


def test_merge_shows_rows_that_are_the_same_as_well(w):
    body = [ADMIN, {**GUEST, "email": "new"}]
    assert merged(w.post("/users", body, prefer=(MERGE, REPRESENTATION))).json() == body


def test_merge_changes_only_the_columns_that_are_given(w):
    response = merged(w.post("/people", {"id": 1, "email": "a@x", "first": "Ann", "last": "New"}, prefer=MERGE))
    assert response.body == b""
    assert w.rows("SELECT * FROM people WHERE id = 1") == [(1, "a@x", "Ann", "New", 20)]


@pytest.mark.parametrize(
    "conflict, body, row",
    [
        ("email", {"email": "a@x", "first": "New", "last": "Name"}, (1, "a@x", "New", "Name", 20)),
        ("first,last", {"email": "new@x", "first": "Ann", "last": "Ash", "age": 99}, (1, "new@x", "Ann", "Ash", 99)),
        ("last,first", {"email": "new@x", "first": "Ann", "last": "Ash"}, (1, "new@x", "Ann", "Ash", 20)),
        ("%22email%22", {"email": "a@x", "first": "X", "last": "Y"}, (1, "a@x", "X", "Y", 20)),
    ],
)
def test_merge_by_another_unique_key(w, conflict, body, row):
    [answer] = merged(w.post(f"/people?on_conflict={conflict}", body, prefer=(MERGE, REPRESENTATION))).json()
    assert tuple(answer.values()) == row
    assert w.rows("SELECT * FROM people WHERE id = 1") == [row]
    assert w.value("SELECT COUNT(*) FROM people") == 2


@pytest.mark.parametrize("resolution", [MERGE, IGNORE])
@pytest.mark.parametrize(
    "conflict, body, column",
    [
        ("", {"id": 9, "email": "b@x", "first": "New", "last": "Name"}, "email"),
        ("", {"id": 1, "email": "b@x", "first": "Ann", "last": "Ash"}, "email"),
        ("?on_conflict=email", {"email": "new@x", "first": "Bea", "last": "Box"}, "first"),
        ("?on_conflict=first,last", {"email": "b@x", "first": "New", "last": "Name"}, "email"),
        ("?on_conflict=email", {"id": 2, "email": "new@x", "first": "New", "last": "Name"}, "id"),
    ],
)
def test_a_conflict_with_another_key_is_409(unchanged, resolution, conflict, body, column):
    if resolution == IGNORE and body.get("id") == 1:  # the row of the key is there: it is left as it is
        done(unchanged.post(f"/people{conflict}", body, prefer=resolution), 200)
        return
    refused(unchanged.post(f"/people{conflict}", body, prefer=resolution), 409, "23505", column)


@pytest.mark.parametrize("resolution", [MERGE, IGNORE])
@pytest.mark.parametrize("conflict", ["email", "email,first"])
def test_a_conflict_with_another_key_is_409_where_the_row_has_null_in_the_one_that_is_meant(
    database, start_pool, start_nginx, conflict, resolution
):
    """A comparison with NULL must not pass for one that holds."""
    schema = database.schema(
        "CREATE TABLE t (id INT PRIMARY KEY, email VARCHAR(20), first VARCHAR(20), name VARCHAR(20), UNIQUE KEY e (email),"
        " UNIQUE KEY ef (email, first))",
        "INSERT INTO t VALUES (1, NULL, 'a', 'old'), (2, NULL, NULL, 'old')",
        grant=GRANT,
    )
    before = schema.sql("SELECT * FROM t ORDER BY id")
    front = start_nginx(start_pool(schema.url(), "t", MYREST_WRITABLE="t"))
    for number in (1, 2):
        for values in ({"email": "x", "first": "a"}, {"email": None, "first": "a"}, {"email": None, "first": None}, {}):
            body = {"id": number, **values, "name": "new"}
            other = {"id": 9, **{column: "z" for column in values}, "name": "new"}
            for sent in (body, [other, body]):
                answer = send(front, "POST", f"/t?on_conflict={conflict}", sent, prefer=resolution)
                refused(answer, 409, "23505", "id", *(["row 2"] if sent != body else []))
                assert schema.sql("SELECT * FROM t ORDER BY id") == before, sent


def test_ignore_adds_who_is_not_there_and_leaves_who_is(w):
    body = [{"id": 1, "username": "root", "email": "r@x"}, {"id": 7, "username": "ada", "email": "ada@x"}]
    response = w.post("/users", body, prefer=(IGNORE, REPRESENTATION))
    assert shown(response, 201) == [body[1]]
    assert applied(response) == {IGNORE, "return=representation"}
    assert w.rows("SELECT * FROM users ORDER BY id") == [
        (1, "admin", "admin@example.com"), (2, "guest", "guest@example.com"), (7, "ada", "ada@x"),
    ]  # fmt: skip


def test_ignore_all_of_them(unchanged):
    response = unchanged.post("/users", [ADMIN, GUEST], prefer=(IGNORE, REPRESENTATION))
    assert response.status == 200 and response.json() == [], response


def test_ignore_ids_are_those_of_the_rows_that_were_added(w):
    body = [{"email": f"{n}@x", "first": f"F{n}", "last": "L"} for n in range(10)]
    done(w.post("/people", body[::3]), 201)
    rows = shown(w.post("/people?on_conflict=email", body, prefer=(IGNORE, REPRESENTATION)), 201)
    assert [row["email"] for row in rows] == [row["email"] for n, row in enumerate(body) if n % 3]
    assert {row["id"]: row["email"] for row in rows}.items() <= dict(w.rows("SELECT id, email FROM people")).items()


def test_merge_ids_are_those_of_the_rows(w):
    body = [{"email": f"{n}@x", "first": f"F{n}", "last": "L"} for n in range(10)]
    done(w.post("/people", body[::3]), 201)
    rows = merged(w.post("/people?on_conflict=email", [row | {"age": 5} for row in body], prefer=(MERGE, REPRESENTATION))).json()
    assert [(row["email"], row["age"]) for row in rows] == [(row["email"], 5) for row in body]
    assert {row["id"]: row["email"] for row in rows} == dict(w.rows("SELECT id, email FROM people WHERE age = 5"))


@pytest.mark.parametrize("prefer", [MERGE, (MERGE, REPRESENTATION), (MERGE, REPRESENTATION, "missing=default")])
def test_merge_by_another_key_leaves_ids_that_are_not_named(w, prefer):
    """Each row as it says: with an id, with null for it, or without one."""
    names = {"first": "F", "last": "L"}
    body = [
        {"id": None, "email": "b@x", **names},
        {"id": 1, "email": "a@x", **names, "last": "A"},
        {"email": "new@x", **names, "last": "N"},
        {"id": 70, "email": "seventy@x", **names, "last": "S"},
        {"id": None, "email": "a@x", **names, "last": "B"},
    ]
    answer = w.post("/people?on_conflict=email&columns=id,email,first,last", body, prefer=prefer)
    assert answer.status in (200, 201), answer
    rows = w.rows("SELECT id, email, last FROM people ORDER BY email")
    assert rows[:2] + rows[3:] == [(1, "a@x", "B"), (2, "b@x", "L"), (70, "seventy@x", "S")] and rows[2][1] == "new@x"
    if prefer != MERGE:
        assert [(row["id"], row["last"]) for row in answer.json()] == [(2, "L"), (1, "A"), (rows[2][0], "N"), (70, "S"), (1, "B")]


@pytest.mark.parametrize("body", [{"id": None, "email": "b@x"}, [{"id": 1, "email": "a@x"}, {"id": None, "email": "b@x"}]])
@pytest.mark.parametrize("resolution", [MERGE, IGNORE])
def test_null_for_the_id_of_a_row_that_another_key_finds(w, resolution, body):
    given = [{**row, "first": "F", "last": row["email"]} for row in (body if isinstance(body, list) else [body])]
    answer = w.post("/people?on_conflict=email", given if isinstance(body, list) else given[0], prefer=resolution)
    assert answer.status in (200, 201), answer
    assert w.rows("SELECT id, email FROM people") == [(1, "a@x"), (2, "b@x")]


def test_merge_leaves_a_number_of_the_database_s(w):
    body = [{"id": 1, "n": None, "name": "a"}, {"id": 2, "n": 500, "name": "b"}]
    answer = merged(w.post("/numbered", body, prefer=(MERGE, REPRESENTATION)))
    assert answer.json() == [{"id": 1, "n": 1011, "name": "a"}, body[1]] == w.json("/numbered?order=id")
    merged(w.post("/numbered?on_conflict=n", {"id": 3, "n": 500, "name": "c"}, prefer=MERGE))
    assert w.rows("SELECT * FROM numbered") == [(1, 1011, "a"), (3, 500, "c")]


@pytest.mark.parametrize(
    "table, body, status, code, column",
    [
        ("users", {"id": 9, "username": "x" * 81, "email": "y"}, 422, "22001", "username"),
        ("users", {"id": 9, "username": None, "email": "y"}, 422, "23502", "username"),
        ("users", {"id": 9, "username": "x"}, 422, "23502", "email"),
        ("books", {"id": 9, "author_id": 77}, 409, "23503", "author_id"),
        ("checked", {"id": 9, "n": 11}, 422, "23514", "small_n"),
        ("checked", {"id": 9, "n": 2147483648}, 422, "22003", "n"),
        ("kinds", {"id": 9, "kind": "c"}, 422, "22P02", "kind"),
    ],
)
@pytest.mark.parametrize("resolution", [MERGE, IGNORE])
def test_only_duplicates_are_resolved(unchanged, resolution, table, body, status, code, column):
    """IGNORE in the server's own sense would cut values off and leave rows out."""
    refused(unchanged.post(f"/{table}", body, prefer=resolution), status, code, column)


@pytest.mark.parametrize("conflict", ["age", "first", "first,age", "email,first", "email,id"])
@pytest.mark.parametrize("resolution", [MERGE, IGNORE])
def test_on_conflict_that_is_no_unique_key_is_400(unchanged, resolution, conflict):
    body = {"email": "a@x", "first": "New", "last": "Name"}
    refused(unchanged.post(f"/people?on_conflict={conflict}", body, prefer=resolution), 400, "42P10")


def test_on_conflict_of_a_column_nobody_sees_is_400(unchanged):
    for column in ("hidden", "nothing"):
        refused(unchanged.post(f"/secrets?on_conflict={column}", {"shown": "x"}, prefer=MERGE), 400)


def test_upsert_where_there_is_no_key(w):
    response = w.post("/heap", {"a": 1, "b": "x"}, prefer=MERGE)
    assert response.status in (201, 400), response
    assert w.value("SELECT COUNT(*) FROM heap") == (4 if response.status == 201 else 3)


def test_merge_by_a_composite_key(w):
    body = [{"x": 1, "y": "a", "v": 100}, {"x": 5, "y": "e", "v": 500}]
    rows = merged(w.post("/cells?select=x,y,v,note", body, prefer=(MERGE, REPRESENTATION))).json()
    assert rows == [body[0] | {"note": "n1"}, body[1] | {"note": "none"}]


def test_merge_by_csv(w):
    merged(w.post("/users", csv="id,username,email\n1,root,r@x\n8,eve,e@x\n", prefer=MERGE))
    assert w.rows("SELECT * FROM users ORDER BY id") == [(1, "root", "r@x"), (2, "guest", "guest@example.com"), (8, "eve", "e@x")]


def test_a_duplicate_without_a_resolution_is_409(unchanged):
    refused(unchanged.post("/users?on_conflict=username", ADMIN), 409, "23505")


# --- guards


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
@pytest.mark.parametrize("query", ["", "?", "?select=id", "?columns=n", "?order=id"])
def test_without_a_filter_it_is_refused(unchanged, method, query):
    refused(unchanged.send(method, f"/checked{query}", {"n": 1} if method == "PATCH" else None), 400, "21000")


def test_without_a_filter_where_the_operator_allows_it(free):
    assert done(free.patch("/checked", {"n": 0}), 204).headers["content-range"] == "0-4/*"
    assert free.rows("SELECT DISTINCT n FROM checked") == [(0,)]
    assert len(shown(free.delete("/checked", prefer=REPRESENTATION))) == 5
    assert free.rows("SELECT * FROM checked") == []


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_more_rows_than_max_affected_are_refused(unchanged, method):
    body = {"n": 0} if method == "PATCH" else None
    prefer = "handling=strict, max-affected=2"
    refused(unchanged.send(method, "/checked?id=lte.3", body, prefer=prefer), 400, "PGRST124")
    refused(unchanged.send(method, "/checked?id=lte.3", body, prefer=f"{prefer}, return=representation"), 400, "PGRST124")


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_as_many_as_max_affected_are_not(w, method):
    response = w.send(method, "/checked?id=lte.3", {"n": 0} if method == "PATCH" else None, prefer="handling=strict, max-affected=3")
    done(response, 204)
    assert applied(response) == {"handling=strict", "max-affected=3"}
    assert w.value("SELECT COUNT(*) FROM checked WHERE n > 0 AND id <= 3") == 0


def test_max_affected_counts_rows_that_had_the_value_already(unchanged):
    refused(unchanged.patch("/checked?id=eq.1", {"n": 1}, prefer="handling=strict, max-affected=0"), 400, "PGRST124")


def test_max_affected_without_strict_is_not_heeded(w):
    response = done(w.patch("/checked?id=lte.3", {"n": 0}, prefer="max-affected=2"), 204)
    assert "max-affected=2" not in applied(response)
    assert w.value("SELECT COUNT(*) FROM checked WHERE n = 0") == 3


@pytest.mark.parametrize("method, target", [("POST", "/users"), ("PATCH", "/users?id=eq.1"), ("DELETE", "/users?id=eq.1"), ("PUT", "/users/1")])
def test_strict_refuses_what_it_does_not_know(unchanged, method, target):
    response = unchanged.send(method, target, {"username": "x", "email": "y"}, prefer="handling=strict, wait=5")
    assert "wait=5" in refused(response, 400, "PGRST122")["details"]
    response = unchanged.send(method, target, {"username": "x", "email": "y"}, prefer="wait=5, handling=strict, missing=default, count=all")
    assert refused(response, 400, "PGRST122")["details"] == "not known: wait=5, count=all"
    many = ", ".join(f"x{number}" for number in range(20))
    response = unchanged.send(method, target, {"username": "x", "email": "y"}, prefer=f"{many}, handling=strict")
    assert refused(response, 400, "PGRST122")["details"] == "not known: x0, x1, x2, x3, x4, x5, x6, x7 and 12 more"


def test_strict_and_known_is_applied(w):
    response = done(w.post("/users", {"username": "x", "email": "y"}, prefer=("handling=strict", "return=minimal")), 201)
    assert applied(response) == {"handling=strict", "return=minimal"}
    assert applied(done(w.post("/users", {"username": "z", "email": "z"}, prefer="wait=5"), 201)) == set()


def test_prefer_in_several_headers_is_one(w):
    lines = b"POST /users HTTP/1.1\r\nHost: x\r\nConnection: close\r\nPrefer: return=representation\r\nPrefer: count=exact\r\n"
    body = b'{"username":"ada","email":"ada@x"}'
    with socket.create_connection((w.web.host, w.web.port), 10) as connection:
        connection.sendall(lines + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        response = web.read_response(connection.makefile("rb"))
    assert response.status == 201 and response.headers["content-range"] == "*/1", response
    assert applied(response) == {"return=representation", "count=exact"}


# --- If-Match


def tag(w, target="/users/1"):
    return w.get(target).headers["etag"]


def test_if_match_of_what_is_there(w):
    done(w.patch("/users/1", {"username": "root"}, If_Match=tag(w)), 204)
    done(w.put("/users/1", {"username": "boss", "email": "b@x"}, If_Match=tag(w)), 204)
    done(w.delete("/users/1", If_Match=tag(w)), 204)
    assert w.json("/users") == [GUEST]


@pytest.mark.parametrize("form", ["W/{}", '"other", {}', '{}, "other"', '"other" , W/{} ,"x"', "*"])
def test_if_match_in_every_form(w, form):
    done(w.patch("/users/1", {"username": "root"}, If_Match=form.format(tag(w))), 204)
    assert w.json("/users/1")["username"] == "root"


@pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE"])
def test_if_match_of_what_has_changed_is_412(w, method):
    old = tag(w)
    w.schema.sql("UPDATE users SET email = 'other@x' WHERE id = 1")
    body = {"username": "mine", "email": "mine@x"} if method != "DELETE" else None
    refused(w.send(method, "/users/1", body, If_Match=old), 412, "40001")
    refused(w.send(method, "/users/1", body, If_Match=f'"x", W/{old}', prefer=REPRESENTATION), 412, "40001")
    assert w.rows("SELECT * FROM users WHERE id = 1") == [(1, "admin", "other@x")]


@pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE"])
@pytest.mark.parametrize("sent", ["*", '"00000000000000000000000000000000"'])
def test_if_match_of_what_is_not_there_is_412(unchanged, method, sent):
    body = {"username": "x", "email": "y"} if method != "DELETE" else None
    refused(unchanged.send(method, "/users/99", body, If_Match=sent), 412)


@pytest.mark.parametrize("target", ["/users?id=eq.1", "/users"])
@pytest.mark.parametrize("method", ["PATCH", "DELETE", "PUT", "POST"])
def test_if_match_on_a_list_is_400(unchanged, method, target):
    if (method, target) == ("POST", "/users?id=eq.1"):
        target = "/users?select=id"
    response = unchanged.send(method, target, {"id": 1, "username": "x", "email": "y"}, If_Match=tag(unchanged))
    assert response.status == 400 or (method, target, response.status) == ("PUT", "/users", 405), response


def test_a_tag_is_over_hidden_nothing_and_all_that_is_seen(w):
    old = tag(w, "/secrets/1")
    done(w.patch("/secrets/1?select=id", {"shown": "uno"}, If_Match=tag(w, "/secrets/1?select=id")), 204)
    refused(w.patch("/secrets/1", {"shown": "due"}, If_Match=old), 412, "40001")


def test_of_many_who_have_the_same_tag_one_wins(w):
    for turn in range(5):
        old, statuses = tag(w, "/checked/1"), []
        go = threading.Barrier(12)

        def client(number):
            go.wait()
            statuses.append(w.patch("/checked/1", {"n": number % 10}, If_Match=old).status)

        w.schema.sql(f"UPDATE checked SET n = 10 - {turn} % 2 WHERE id = 1")
        old = tag(w, "/checked/1")
        threads = [threading.Thread(target=client, args=(number % 8,)) for number in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(statuses) == [204] + [412] * 11, statuses


# --- foreign keys, CHECK, unique keys, views: that the good passes (test_write_errors.py has the bad)


def test_a_child_of_its_parent(w):
    [row] = shown(w.post("/books", {"author_id": 2, "title": "New"}, prefer=REPRESENTATION), 201)
    assert row["author_id"] == 2
    done(w.patch(f"/books/{row['id']}", {"author_id": None}), 204)
    done(w.delete("/books?author_id=eq.1"), 204)
    done(w.delete("/authors/1"), 204)


def test_an_updatable_view(w):
    done(w.post("/few", {"username": "ada", "email": "ada@x"}), 201)
    assert done(w.patch("/few?username=eq.ada", {"email": "new@x"}), 204).headers["content-range"] == "0-0/*"
    assert w.rows("SELECT username, email FROM users WHERE id > 2") == [("ada", "new@x")]
    done(w.delete("/few?username=eq.ada"), 204)
    assert w.value("SELECT COUNT(*) FROM users") == 2


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_a_view_s_representation_is_exact_or_refused(w, method):
    body = {"username": "ada", "email": "ada@x"} if method != "DELETE" else None
    before = w.snapshot()
    response = w.send(method, "/few" if method == "POST" else "/few?id=eq.1", body, prefer=REPRESENTATION)
    if response.status == 400:
        refused(response, 400)
        assert w.snapshot() == before
    else:
        [row] = shown(response, 201 if method == "POST" else 200)
        assert row["username"] == ("admin" if method == "DELETE" else "ada")
        assert method == "DELETE" or w.rows(f"SELECT * FROM users WHERE id = {row['id']}") == [tuple(row.values())]


@pytest.mark.parametrize("view", ["t, n", "n, id", "id", "n", "id + 1 AS later, t", "t"])
def test_empty_objects_by_a_view_are_rows_of_defaults(database, start_pool, start_nginx, view):
    schema = database.schema(
        "CREATE TABLE base (id INT PRIMARY KEY AUTO_INCREMENT, n INT NOT NULL DEFAULT 7, t VARCHAR(9))",
        f"CREATE VIEW seen AS SELECT {view} FROM base",
        grant=GRANT,
    )
    front = start_nginx(start_pool(schema.url(), "base,seen", MYREST_WRITABLE="base,seen"))
    for body in {}, [{}, {}], [{}]:
        response = send(front, "POST", "/seen", body)
        if " AS " in view and response.status != 201:  # there are servers that insert by no such view
            assert refused(response, 400)["code"] != "PGRST000"
        else:
            done(response, 201)
    if response.status == 201:
        assert [tuple(row) for row in schema.sql("SELECT n, t FROM base")] == [(7, None)] * 4


def test_what_a_client_writes_the_next_one_reads(w):
    for number in range(50):
        [row] = shown(w.post("/users", {"username": f"u{number}", "email": f"{number}@x"}, prefer=REPRESENTATION), 201)
        assert w.json(f"/users/{row['id']}") == row
        assert w.json(f"/users?username=eq.u{number}") == [row]
        done(w.delete(f"/users/{row['id']}"), 204)
        refused(w.get(f"/users/{row['id']}"), 404, "PGRST116")


# --- tx=rollback

ROLLBACK = "tx=rollback"


def test_a_write_that_is_undone_is_answered_as_if_it_were_not(free):
    before = free.snapshot()
    new = {"username": "ada", "email": "ada@x"}
    response = free.post("/users", new, prefer=(ROLLBACK, REPRESENTATION, "count=exact"))
    rows = shown(response, 201)
    assert [row["username"] for row in rows] == ["ada"] and response.headers["content-range"] == "*/1"
    assert applied(response) == {ROLLBACK, REPRESENTATION, "count=exact"}
    assert free.snapshot() == before

    response = free.patch("/users?id=eq.1", {"username": "root"}, prefer=(ROLLBACK, REPRESENTATION))
    assert shown(response) == [{**ADMIN, "username": "root"}] and ROLLBACK in applied(response)
    response = done(free.patch("/users/1", {"username": "root"}, prefer=ROLLBACK), 204)
    assert applied(response) == {ROLLBACK}
    assert shown(free.delete("/users?id=eq.1", prefer=(ROLLBACK, REPRESENTATION))) == [ADMIN]
    assert shown(free.put("/users/1", {"username": "x", "email": "y"}, prefer=(ROLLBACK, REPRESENTATION)))["username"] == "x"
    done(free.put("/users/9", {"username": "x", "email": "y"}, prefer=ROLLBACK), 201)
    assert merged(free.post("/users", {**ADMIN, "email": "e"}, prefer=(ROLLBACK, REPRESENTATION, MERGE))).json()[0]["email"] == "e"
    assert free.snapshot() == before
    assert free.json("/users") == [ADMIN, GUEST]


def test_what_would_be_refused_is_refused_when_it_would_be_undone(free):
    refused(free.post("/users", ADMIN, prefer=ROLLBACK), 409, "23505")
    refused(free.post("/users", {"username": "x"}, prefer=ROLLBACK), 422, "23502", "email")


def test_tx_commit_is_what_happens_anyway(free):
    response = done(free.post("/users", {"username": "ada", "email": "ada@x"}, prefer="tx=commit"), 201)
    assert applied(response) <= {"tx=commit"}
    assert free.value("SELECT COUNT(*) FROM users") == 3


def test_tx_rollback_where_it_is_not_allowed_is_never_said_to_be_heeded(w):
    response = w.post("/users", {"username": "ada", "email": "ada@x"}, prefer=ROLLBACK)
    count = w.value("SELECT COUNT(*) FROM users")
    if response.status == 201:
        assert ROLLBACK not in applied(response) and count == 3
    else:
        refused(response, 400)
        assert count == 2


# --- Idempotency-Key

IDEMPOTENCY = Path(__file__).resolve().parents[2] / "conf" / "idempotency.sql"


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
