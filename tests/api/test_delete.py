# SPDX-License-Identifier: MIT
"""DELETE: what the filter or the key finds is gone, and nothing else."""
import pytest

from servers import ADMIN, GUEST
from write_tables import unchanged, w, writable  # noqa: F401 (fixtures)
from writing import OBJECT, REPRESENTATION, applied, done, refused, shown


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
