# SPDX-License-Identifier: MIT
"""POST of one row: what is answered, and that it is there."""
import re

import pytest

from web import error_of
from write_tables import unchanged, w, writable  # noqa: F401 (fixtures)
from writing import CSV, NDJSON, OBJECT, REPRESENTATION, applied, done, refused, send, shown


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
