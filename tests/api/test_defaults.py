# SPDX-License-Identifier: MIT
"""What the database adds to a row: defaults, generated columns, what triggers and sequences make."""
import os
import re

import pytest

import mysql
from postgresql import fraction
from write_tables import w, writable  # noqa: F401 (fixtures)
from writing import GRANT, REPRESENTATION, done, refused, send, shown


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
