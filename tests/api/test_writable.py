# SPDX-License-Identifier: MIT
"""Who may write what: tables, methods, columns; what is refused has changed nothing."""
import json

import pytest

from web import error_of
from write_tables import unchanged, w, writable  # noqa: F401 (fixtures)
from writing import REPRESENTATION, done, refused, shown


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
    assert error_of(answer, 405)["hint"] == "the database does not allow this change of it"


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
    assert error_of(response, 405)["hint"] == "POST adds rows at the table's path, which has no key"
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
