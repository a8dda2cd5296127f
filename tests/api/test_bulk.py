# SPDX-License-Identifier: MIT
"""POST of many rows: their order and number, columns= and missing=default."""
import threading

import pytest

from write_tables import unchanged, w, writable  # noqa: F401 (fixtures)
from writing import REPRESENTATION, applied, done, refused, shown


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
