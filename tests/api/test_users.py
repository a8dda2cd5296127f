# SPDX-License-Identifier: MIT
"""The first example: users, through the real nginx."""
import pytest

from web import error_of
from servers import ADMIN, GUEST


def test_the_list_holds_both_users(users):
    assert users.json("/users") == [ADMIN, GUEST]


def test_the_list_is_compact_json_in_the_order_of_the_columns(users):
    body = users.get("/users").body
    assert body.replace(b"\n", b"") == (
        b'[{"id":1,"username":"admin","email":"admin@example.com"},'
        b'{"id":2,"username":"guest","email":"guest@example.com"}]'
    )


def test_the_list_says_its_type_and_length(users):
    response = users.get("/users")
    assert response.headers["content-type"].startswith("application/json")
    assert int(response.headers["content-length"]) == len(response.body)


def test_the_list_says_its_window(users):
    assert users.get("/users").headers["content-range"] == "0-1/*"


def test_a_key_gives_one_object(users):
    assert users.json("/users/1") == ADMIN
    assert users.json("/users/2") == GUEST


def test_a_key_takes_select(users):
    assert users.json("/users/2?select=username") == {"username": "guest"}


def test_a_key_that_is_not_there_is_404(users):
    error_of(users.get("/users/3"), 404, "PGRST116")


def test_a_table_that_is_not_there_is_404(users):
    error_of(users.get("/nothing"), 404, "PGRST205")


def test_a_path_below_a_key_is_404(users):
    error_of(users.get("/users/1/more"), 404)


def test_names_of_tables_are_exact_in_case(users):
    error_of(users.get("/Users"), 404, "PGRST205")


@pytest.mark.parametrize("target", ["/users", "/users/1", "/users?select=id&order=id.desc&limit=1"])
def test_head_says_what_get_says_without_the_body(users, target):
    got, head = users.get(target), users.head(target)
    assert head.status == got.status == 200
    assert head.body == b""
    for name in ("content-type", "content-range"):
        assert head.headers.get(name) == got.headers.get(name)
    if "content-length" in head.headers:
        assert head.headers["content-length"] == got.headers["content-length"]


def test_head_of_a_key_that_is_not_there_is_404_without_a_body(users):
    response = users.head("/users/3")
    assert (response.status, response.body) == (404, b"")


@pytest.mark.parametrize("method", ["PROPFIND", "LOCK", "TRACK", "get"])
def test_a_method_nobody_knows_is_405_with_allow(users, method):
    answer = users.pool.ask("/users", method)
    error_of(answer, 405, "PGRST117")
    assert {"GET", "HEAD"} <= {name.strip() for name in answer.headers["allow"].split(",")}


@pytest.mark.parametrize("target", ["/users", "/users/1"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_what_cannot_be_written_yet_is_405_with_allow(users, method, target):
    response = users.get(target, method=method, body=b'{"username":"x","email":"y"}' if method != "DELETE" else None)
    error_of(response, 405, "PGRST117")
    allowed = {name.strip() for name in response.headers["allow"].split(",")}
    assert {"GET", "HEAD"} <= allowed and method not in allowed
    assert users.json("/users") == [ADMIN, GUEST]


def test_a_row_written_by_somebody_else_is_seen_at_once(users):
    users.schema.sql("INSERT INTO users VALUES (7, 'late', 'late@example.com')")
    try:
        assert users.json("/users/7") == {"id": 7, "username": "late", "email": "late@example.com"}
        assert [row["id"] for row in users.json("/users?order=id")] == [1, 2, 7]
        users.schema.sql("UPDATE users SET email = 'new@example.com' WHERE id = 7")
        assert users.json("/users/7")["email"] == "new@example.com"
    finally:
        users.schema.sql("DELETE FROM users WHERE id = 7")
    assert users.get("/users/7").status == 404


def test_an_empty_table_is_an_empty_list(service):
    empty = service("CREATE TABLE users (id INT PRIMARY KEY)")
    response = empty.get("/users")
    assert (response.status, response.json()) == (200, [])
    assert response.headers["content-range"] == "*/*"


def test_without_kept_connections_all_is_the_same(users, start_nginx):
    front = start_nginx(users.pool, kept=False)
    for _ in range(50):
        assert front.json("/users") == [ADMIN, GUEST]
        assert front.json("/users/2") == GUEST
        assert front.get("/users/3").status == 404
