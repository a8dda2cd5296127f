# SPDX-License-Identifier: MIT
"""PUT: the row with this key is what the body says."""
import pytest

from servers import ADMIN, GUEST
from write_tables import unchanged, w, writable  # noqa: F401 (fixtures)
from writing import OBJECT, REPRESENTATION, done, refused, shown


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
    assert error["message"] == "the row exists already"
    assert w.json("/users/1") == ADMIN
    done(w.put("/users/5", {"username": "ada", "email": "ada@x"}, If_None_Match="*"), 201)
    refused(w.put("/users/5", {"username": "bob", "email": "bob@x"}, If_None_Match="*"), 412)
    assert w.json("/users/5")["username"] == "ada"
