# SPDX-License-Identifier: MIT
"""Keys of which the account may not see a column."""
from types import SimpleNamespace

import pytest

import postgresql
import servers
from rights import SECRETS, bare, may
from rights import serve  # noqa: F401 (fixtures)
from web import error_of
from writing import REPRESENTATION, refused, send

UNSEEN = {
    "low": (
        "CREATE TABLE low (id INT PRIMARY KEY, a VARCHAR(10), b INT,"
        " la VARCHAR(10) GENERATED ALWAYS AS (lower(a)) STORED, UNIQUE KEY fx (la))",
        "INSERT INTO low (id, a, b) VALUES (1, 'q', 1)",
    ),
    "numbered": (
        "CREATE TABLE numbered (id INT PRIMARY KEY AUTO_INCREMENT, a VARCHAR(10), b INT)",
        "INSERT INTO numbered (a, b) VALUES ('x', 1), ('y', 2)",
    ),
    "regions": (
        "CREATE TABLE regions (id INT, h INT NOT NULL DEFAULT 0, a VARCHAR(10), b INT, PRIMARY KEY (id, h))",
        "INSERT INTO regions VALUES (1, 0, 'x', 1), (1, 1, 'y', 2), (1, 2, 'z', 3)",
    ),
    "codes": (
        "CREATE TABLE codes (id INT PRIMARY KEY, a VARCHAR(20), b INT, kind INT DEFAULT 5, UNIQUE KEY ak (a, kind))",
        "INSERT INTO codes VALUES (1, 'x', 1, 5)",
    ),
}  # fmt: skip
SHOWN = {"low": "id,a,b", "numbered": "a,b", "regions": "id,a,b", "codes": "id,a,b"}
MERGE, IGNORE = "resolution=merge-duplicates", "resolution=ignore-duplicates"


@pytest.fixture(params=["columns alone", "DELETE as well"])
def unseen(request, database, serve):
    """MariaDB shows a key with such a column when the account has any right on the table, and otherwise not at all."""
    schema = bare(database, *(statement for statements in UNSEEN.values() for statement in statements))
    for table, columns in SHOWN.items():
        may(schema, *(f"{right} ({columns}) ON {table}" for right in ("SELECT", "INSERT", "UPDATE")))
        if request.param == "DELETE as well":
            may(schema, f"DELETE ON {table}")
    names = ",".join(f"{table}({columns})" for table, columns in SHOWN.items())
    made = SimpleNamespace(schema=schema, web=serve(schema, ",".join(UNSEEN), MYREST_WRITABLE=names))
    made.rows = lambda: {table: sorted(schema.sql(f"SELECT * FROM {table}")) for table in UNSEEN}
    return made


COLLIDING = pytest.mark.parametrize("target, row", [("/low", {"id": 8, "a": "Q"}), ("/codes", {"id": 8, "a": "x"})],
                                    ids=["low", "codes"])  # fmt: skip


@pytest.mark.parametrize("prefer", [MERGE, IGNORE])
@COLLIDING
def test_an_upsert_does_not_change_the_row_of_a_key_that_is_not_shown(unseen, prefer, target, row):
    before = unseen.rows()
    for body in (row, [{"id": 7, "a": "new"}, row]):
        for returned in ("return=minimal", REPRESENTATION):
            error = refused(send(unseen.web, "POST", target, body, prefer=[prefer, returned]), 409, "23505")
            assert error["message"] == "another row has this key already"
    assert unseen.rows() == before


def test_an_upsert_beside_a_key_that_is_not_shown(unseen):
    rows = [{"id": 1, "a": "Z", "b": 2}, {"id": 2, "a": "q", "b": 3}]
    for table in ("low", "codes"):
        assert send(unseen.web, "POST", f"/{table}", rows, prefer=MERGE).status == 201
        again = [{"id": 1, "a": "y", "b": 9}, {"id": 3, "a": "w", "b": 4}]
        assert send(unseen.web, "POST", f"/{table}", again, prefer=IGNORE).status == 201
        found = unseen.schema.sql(f"SELECT id, a, b FROM {table} ORDER BY id")
        assert found == ((1, "Z", 2), (2, "q", 3), (3, "w", 4)), table


@COLLIDING
def test_a_duplicate_of_a_key_that_is_not_shown_names_none_of_it(unseen, target, row):
    error = refused(send(unseen.web, "POST", target, row), 409, "23505")
    assert (error["message"], error["details"]) == ("another row has this key already", None)
    error = refused(send(unseen.web, "POST", target, [{"id": 9, "a": "n"}, row]), 409, "23505")
    assert (error["message"], error["details"]) == ("another row has this key already", "in row 2 of the body")


@pytest.mark.parametrize("table", ["numbered", "regions"])
def test_a_primary_key_with_a_column_that_is_not_shown_is_none(unseen, table):
    before, row = unseen.rows(), {"a": "w", "b": 2}
    full = row if table == "numbered" else {"id": 1, **row}
    inserts = postgresql.HERE and table == "numbered"  # it shows which column the id is, which no new row needs to read
    for body in () if inserts else (full, [full, full]):
        for prefer in (MERGE, IGNORE, [MERGE, REPRESENTATION], [IGNORE, REPRESENTATION]):
            refused(send(unseen.web, "POST", f"/{table}", body, prefer=prefer), 400, "42P10")
    refused(send(unseen.web, "POST", f"/{table}?on_conflict=id", full, prefer=MERGE), 400, "42P10")
    if not postgresql.HERE:  # where the change itself gives its rows back
        refused(send(unseen.web, "PATCH", f"/{table}?b=eq.2", {"a": "w"}, prefer=REPRESENTATION), 400, "PGRST122")
    error_of(unseen.web.get(f"/{table}/1"), 404)
    error_of(send(unseen.web, "PUT", f"/{table}/1", full), 404)
    error_of(send(unseen.web, "PATCH", f"/{table}/1", row), 404)
    error_of(send(unseen.web, "PUT", f"/{table}?id=eq.1", full), 405)
    assert unseen.rows() == before
    assert len(unseen.web.json(f"/{table}?order=b.desc&limit=9")) == len(before[table])
    assert send(unseen.web, "PATCH", f"/{table}?b=eq.2", {"a": "w"}).status == 204
    changed = [(*line[:-2], "w", 2) if line[-1] == 2 else line for line in before[table]]
    assert unseen.rows()[table] == changed
    if postgresql.HERE:
        answer = send(unseen.web, "PATCH", f"/{table}?b=eq.2", {"a": "w"}, prefer=REPRESENTATION)
        assert answer.status == 200 and answer.json() == unseen.web.json(f"/{table}?b=eq.2") != []
    paths = unseen.web.json("/")["paths"]
    assert f"/{table}/{{key}}" not in paths and "put" not in paths[f"/{table}"]


@pytest.mark.skipif(postgresql.HERE, reason="no index is needed for a search there")
def test_what_is_left_of_a_fulltext_index_serves_no_search(database, serve):
    schema = bare(
        database,
        "CREATE TABLE t (id INT PRIMARY KEY, a TEXT, b TEXT, c TEXT, FULLTEXT KEY ab (a, b), FULLTEXT KEY ca (c, a),"
        " FULLTEXT KEY only (c))",
        "INSERT INTO t VALUES (1, 'some words', 'some words', 'some words')",
    )
    may(schema, "SELECT (id, b, c) ON t", "DELETE ON t")
    web = serve(schema, "t")
    assert web.json("/t?c=fts.words&select=id") == [{"id": 1}]
    assert "'b'" in refused(web.get("/t?b=fts.words"), 400)["message"]


UNREADABLE = (
    "CREATE TABLE t (id INT DEFAULT 9 PRIMARY KEY, u INT, v INT, UNIQUE KEY uk (u))",
    "INSERT INTO t VALUES (1, 1, 1)",
)


@pytest.mark.parametrize(
    "read, query, named", [("id, v", "?on_conflict=u", "u"), ("u, v", "", "id"), ("u, v", "?on_conflict=id", "id")]
)
def test_an_upsert_by_a_key_that_cannot_be_read_is_403(database, serve, read, query, named):
    schema = bare(database, *UNREADABLE)
    may(schema, f"SELECT ({read}) ON t", "INSERT ON t", "UPDATE ON t")
    web = serve(schema, "t", MYREST_WRITABLE="t")
    for prefer in (MERGE, IGNORE):
        error = refused(send(web, "POST", f"/t{query}", {"id": 1, "u": 1, "v": 2}, prefer=prefer), 403, "42501")
        assert f"'{named}'" in error["message"] and error["hint"] == f"on table 't' the account has no SELECT ({named})"
    assert schema.sql("SELECT * FROM t") == ((1, 1, 1),)
    assert send(web, "POST", f"/t{query}", {"id": 2, "u": 2}).status == 201
    other = "id" if named == "u" else "u"
    assert send(web, "POST", f"/t?on_conflict={other}", {other: 1, "v": 3}, prefer=MERGE).status == 201
    assert schema.sql("SELECT v FROM t WHERE id = 1") == ((3,),)
    error = refused(send(web, "POST", f"/t?on_conflict={other}", {"id": 1, "u": 1}, prefer=MERGE), 403, "42501")
    assert f"'{named}'" in error["message"], "the database reads it in the new row"
    assert send(web, "POST", f"/t?on_conflict={other}", {"id": 1, "u": 1}, prefer=IGNORE).status == 200
    refused(send(web, "POST", "/t?on_conflict=v", {"id": 1, "v": 2}, prefer=MERGE), 400, "42P10")


def test_a_new_row_with_a_column_that_cannot_be_read_can_be_an_upsert(database, serve):
    """A row whose id the database makes meets none."""
    schema = bare(database, "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(9), pw VARCHAR(9))")
    may(schema, "SELECT (id, name) ON t", "INSERT ON t", "UPDATE ON t")
    web = serve(schema, "t", MYREST_WRITABLE="t")
    assert send(web, "POST", "/t", [{"name": "a", "pw": "x"}, {"name": "b", "pw": "y"}], prefer=MERGE).status == 201
    assert schema.sql("SELECT name, pw FROM t ORDER BY id") == (("a", "x"), ("b", "y"))
    body = [{"id": 1, "name": "c", "pw": "z"}, {"id": 9, "name": "d", "pw": "w"}]
    assert "'pw'" in refused(send(web, "POST", "/t", body, prefer=MERGE), 403, "42501")["message"]
    assert send(web, "POST", "/t", body, prefer=IGNORE).status == 201
    assert schema.sql("SELECT id, name, pw FROM t ORDER BY id") == ((1, "a", "x"), (2, "b", "y"), (9, "d", "w"))


@pytest.mark.parametrize("rights, writable, unfiltered, wanted", [
    (["INSERT"], "t", "off", {"post"}),
    (["INSERT", "UPDATE", "DELETE"], "t", "on", {"post", "patch", "delete"}),
    (["INSERT"], "", "off", None),
])  # fmt: skip
def test_the_document_has_what_works_of_a_table_that_cannot_be_read(
    database, start_pool, start_nginx, rights, writable, unfiltered, wanted
):
    schema = bare(database, *SECRETS, "CREATE TABLE other (id INT PRIMARY KEY)")
    may(schema, "SELECT ON other", *(f"{right} ON t" for right in rights))
    settings = {"MYREST_WRITABLE": writable, "MYREST_ALLOW_UNFILTERED": unfiltered}
    web = start_nginx(start_pool(schema.url(), "other,t", ready=wanted is not None, **settings))
    servers.until(lambda: web.get("/other").status == 200, 10)
    document = web.json("/")
    assert set(document["paths"].get("/t", ())) == (wanted or set()) and ("/t" in document["paths"]) == bool(wanted)
    assert set(document["paths"]["/other"]) == {"get"}
    if wanted == {"post", "patch", "delete"}:
        assert send(web, "PATCH", "/t", {"name": "b"}).status == 204
        assert schema.sql("SELECT name FROM t") == (("b",),)
        assert send(web, "DELETE", "/t").status == 204
        assert schema.sql("SELECT name FROM t") == ()
