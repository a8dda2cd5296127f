# SPDX-License-Identifier: MIT
"""PATCH: what the filter or the key finds is changed, and nothing else."""
import pytest

import mysql
import postgresql
from servers import ADMIN
from write_tables import unchanged, w, writable  # noqa: F401 (fixtures)
from writing import CSV, GRANT, OBJECT, REPRESENTATION, applied, done, refused, send, shown


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


# --- one row by its key


def test_patch_by_key(w):
    done(w.patch("/users/1", {"username": "root"}), 204)
    assert w.rows("SELECT * FROM users WHERE id = 1") == [(1, "root", "admin@example.com")]
    row = shown(w.patch("/users/1", {"username": "boss"}, prefer=REPRESENTATION))
    assert row == {**ADMIN, "username": "boss"}
    assert shown(w.patch("/users/1?select=email", {"email": "e"}, prefer=REPRESENTATION)) == {"email": "e"}


def test_patch_by_key_that_changes_nothing_is_no_404(w):
    done(w.patch("/users/1", {"username": "admin"}), 204)


def test_patch_by_key_with_the_key_in_the_body(w):
    row = shown(w.patch("/users/1", {"id": 50}, prefer=REPRESENTATION))
    assert row == {**ADMIN, "id": 50}
    assert w.json("/users/50") == {**ADMIN, "id": 50}
