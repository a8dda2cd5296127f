# SPDX-License-Identifier: MIT
"""An account that has no more rights than it needs: table by table, column by column, and some that are missing."""
import json
import re
import threading
from types import SimpleNamespace

import pytest

import postgresql
import servers
from servers import SECRET
from web import error_of
from writing import REPRESENTATION, refused, send

DOCUMENT = '{"a":[1,2],"b":"x"}'


def may(schema, *rights):
    """Grants the pool's account rights such as "SELECT ON t"."""
    for right in rights:
        schema.sql(f"GRANT {right.replace(' ON ', f' ON {schema.name}.')} TO rest@'%'")


def bare(database, *statements):
    """A schema on which the account has no right but that to be there."""
    return database.schema(*statements, grant="USAGE")


@pytest.fixture
def serve(start_pool, start_nginx):
    def serve(schema, tables, **settings):
        return start_nginx(start_pool(schema.url(), tables, **settings))

    return serve


# --- JSON is known by what the server says of a result


@pytest.fixture
def documents(database, serve):
    schema = bare(
        database,
        "CREATE TABLE docs (id INT PRIMARY KEY, doc JSON)", f"INSERT INTO docs VALUES (1, '{DOCUMENT}')",
        "CREATE VIEW seen AS SELECT id, doc FROM docs",
        "CREATE TABLE plain (id INT PRIMARY KEY, doc LONGTEXT)", f"INSERT INTO plain VALUES (1, '{DOCUMENT}')",
        "CREATE VIEW texts AS SELECT id, doc, 'x' AS x FROM plain",
    )  # fmt: skip
    tables = ("docs", "seen", "plain", "texts")
    may(schema, *(f"SELECT ON {table}" for table in tables))
    return serve(schema, ",".join(tables))


def test_json_is_json_with_rights_on_the_table_alone(documents):
    for table in ("docs", "seen"):
        assert documents.json(f"/{table}") == [{"id": 1, "doc": json.loads(DOCUMENT)}], table
        assert documents.json(f"/{table}?select=doc->a->0,t:doc->>b&doc->>b=eq.x") == [{"a": 1, "t": "x"}], table


def test_a_text_that_looks_like_json_stays_a_text(documents):
    assert documents.json("/plain") == [{"id": 1, "doc": DOCUMENT}]
    assert documents.json("/texts") == [{"id": 1, "doc": DOCUMENT, "x": "x"}]


@pytest.mark.skipif(postgresql.HERE, reason="the functions are MySQL's")
def test_json_that_a_view_makes(database, serve):
    schema = bare(
        database, "CREATE TABLE t (id INT PRIMARY KEY, g INT)", "INSERT INTO t VALUES (1, 1), (2, 1)",
        "CREATE VIEW v AS SELECT g, JSON_ARRAYAGG(id) AS ids, JSON_OBJECT('g', g) AS o FROM t GROUP BY g",
    )  # fmt: skip
    may(schema, "SELECT ON v")
    web = serve(schema, "v")
    assert web.json("/v") == [{"g": 1, "ids": [1, 2], "o": {"g": 1}}]
    assert web.json("/v?select=o->g") == [{"g": 1}]


@pytest.mark.skipif(postgresql.HERE, reason="JSON is a type there, whatever is checked")
def test_json_with_another_check(database, serve):
    schema = bare(
        database, "CREATE TABLE t (id INT PRIMARY KEY, doc JSON CHECK (JSON_VALID(doc) AND JSON_TYPE(doc) = 'OBJECT'))",
        "INSERT INTO t VALUES (1, '{}')",
    )  # fmt: skip
    may(schema, "SELECT ON t")
    assert serve(schema, "t").json("/t") == [{"id": 1, "doc": {}}]


@pytest.mark.skipif(postgresql.HERE, reason="views do not break there")
def test_a_view_that_is_broken_spoils_nothing(database, start_pool, start_nginx):
    """It cannot be asked for its columns."""
    schema = bare(
        database, "CREATE TABLE gone (id INT, doc LONGTEXT)", "CREATE VIEW broken AS SELECT id, doc FROM gone",
        "CREATE TABLE closed (id INT, doc LONGTEXT)",
        "CREATE SQL SECURITY INVOKER VIEW refused AS SELECT id, doc FROM closed", *servers.USERS,
    )  # fmt: skip
    may(schema, "SELECT ON broken", "SELECT ON refused", "SELECT ON users")
    schema.sql("DROP TABLE gone")
    pool = start_pool(schema.url(), "users,broken,refused", ready=False)
    web = start_nginx(pool)
    servers.until(lambda: web.get("/users").status == 200, 10)
    assert "broken" in error_of(web.get("/broken"), 403, "42501")["hint"]
    assert "view 'broken'" in pool.text()


@pytest.mark.skipif(postgresql.HERE, reason="an owner of views cannot be dropped there")
def test_a_view_whose_definer_is_gone(database, start_pool, start_nginx):
    """MariaDB tells an account without SUPER no more than that access was denied."""
    schema = bare(
        database, *servers.USERS, "CREATE DEFINER='ghost'@'localhost' SQL SECURITY DEFINER VIEW v AS SELECT id, username FROM users",
        "CREATE DEFINER='ghost'@'localhost' SQL SECURITY DEFINER VIEW numbers AS SELECT id FROM users",
    )  # fmt: skip
    may(schema, *(f"{right} ON {table}" for table in ("v", "numbers", "users") for right in ("SELECT", "INSERT", "SHOW VIEW")))
    pool = start_pool(schema.url(), "users,v,numbers", ready=False, MYREST_WRITABLE="v,numbers")
    web = start_nginx(pool)
    servers.until(lambda: web.get("/users").status == 200, 10)
    for name in ("v", "numbers"):
        for answer in (web.get(f"/{name}"), send(web, "POST", f"/{name}", {"id": 9})):
            error = error_of(answer, answer.status, ("42501", "42P17"))
            assert answer.status == (500 if error["code"] == "42P17" else 403)
    assert len(web.json("/users")) == 2


@pytest.mark.skipif(postgresql.HERE, reason="the functions are MySQL's")
def test_a_view_whose_columns_are_not_shown(database, start_pool, start_nginx):
    """MariaDB runs it, but its catalogue opens it as the account that lacks EXECUTE; MySQL shows them."""
    schema = bare(
        database, "CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t VALUES (1)",
        "CREATE FUNCTION f(x INT) RETURNS INT DETERMINISTIC RETURN x + 1", "CREATE VIEW v AS SELECT id, f(id) AS n FROM t",
    )  # fmt: skip
    may(schema, "SELECT ON v")
    pool = start_pool(schema.url(), "v", ready=False)
    web = start_nginx(pool)
    servers.until(lambda: web.get("/v").status not in (502, 503), 10)  # it may not listen yet
    if web.get("/v").status != 200:
        error = error_of(web.get("/v"), 403, "42501")
        assert error["details"] is None and "no right to what it uses" in error["hint"]
        assert "EXECUTE" in pool.text()
        assert pool.web.get("/ready").status == 503
        schema.sql(f"GRANT EXECUTE ON FUNCTION {schema.name}.f TO rest@'%'")
        servers.until(lambda: web.get("/v").status == 200, 10)
    assert web.json("/v") == [{"id": 1, "n": 2}]


# --- columns: some are to be read, others only to be written


SECRETS = ("CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(9), pw VARCHAR(9) DEFAULT 'none')", "INSERT INTO t VALUES (1, 'a', 'x')")


@pytest.fixture
def secrets(database, serve):
    schema = bare(database, *SECRETS)
    may(schema, "SELECT (id, name) ON t", "INSERT ON t", "UPDATE ON t", "DELETE ON t")
    return SimpleNamespace(schema=schema, web=serve(schema, "t", MYREST_WRITABLE="t"))


def test_a_column_that_cannot_be_read_is_not_in_the_answer(secrets):
    row = {"id": 1, "name": "a"}
    assert secrets.web.json("/t") == [row]
    assert secrets.web.json("/t?select=*") == [row]
    assert secrets.web.json("/t/1") == row
    assert secrets.web.get("/t/1").headers["etag"]
    assert secrets.web.get("/t?order=name", headers={"Accept": "text/csv"}).body == b"id,name\n1,a\n"


@pytest.mark.parametrize("query", ["select=pw", "select=id,p:pw", "pw=eq.x", "or=(id.eq.1,pw.eq.x)", "order=pw", "select=pw->a"])
def test_naming_a_column_that_cannot_be_read_is_403(secrets, query):
    error = error_of(secrets.web.get(f"/t?{query}"), 403, "42501")
    assert "'pw'" in error["message"] and error["hint"] == "on table 't' the account has no SELECT (pw)"


def test_a_column_that_cannot_be_read_can_be_written(secrets):
    ask = secrets.schema.sql
    assert send(secrets.web, "PATCH", "/t/1", {"pw": "y"}).status == 204
    assert ask("SELECT pw FROM t WHERE id = 1") == (("y",),)
    made = send(secrets.web, "POST", "/t", {"id": 2, "pw": "z"}, prefer=REPRESENTATION)
    assert (made.status, json.loads(made.body)) == (201, [{"id": 2, "name": None}])
    assert ask("SELECT pw FROM t WHERE id = 2") == (("z",),)
    changed = send(secrets.web, "PATCH", "/t?id=eq.2", {"pw": "v", "name": "b"}, prefer=REPRESENTATION)
    assert (changed.status, json.loads(changed.body)) == (200, [{"id": 2, "name": "b"}])
    assert send(secrets.web, "PUT", "/t/3", {"id": 3, "name": "c", "pw": "w"}).status == 201
    assert send(secrets.web, "PUT", "/t/3", {"id": 3, "name": "d", "pw": "u"}).status in (200, 204)
    assert ask("SELECT name, pw FROM t WHERE id = 3") == (("d", "u"),)
    gone = send(secrets.web, "DELETE", "/t/3", prefer=REPRESENTATION)
    assert (gone.status, json.loads(gone.body)) == (200, {"id": 3, "name": "d"})
    assert send(secrets.web, "POST", "/t", csv="id,pw\n4,p\n").status == 201
    assert ask("SELECT pw FROM t WHERE id = 4") == (("p",),)


def test_the_document_calls_it_write_only(secrets):
    document = secrets.web.json("/")
    columns = document["components"]["schemas"]["t"]["properties"]
    assert columns["pw"]["writeOnly"] is True
    assert not any("writeOnly" in columns[name] for name in ("id", "name"))
    assert "t.filter.pw" not in document["components"]["parameters"]
    assert "t.filter.name" in document["components"]["parameters"]


def test_a_column_without_any_right_is_none(database, serve):
    schema = bare(database, *SECRETS)
    may(schema, "SELECT (id, name) ON t")
    web = serve(schema, "t", MYREST_WRITABLE="")
    assert web.json("/t") == [{"id": 1, "name": "a"}]
    error_of(web.get("/t?select=pw"), 400, "42703")
    assert "pw" not in web.json("/")["components"]["schemas"]["t"]["properties"]


def test_a_key_that_cannot_be_read_names_no_row(database, serve):
    schema = bare(database, *SECRETS)
    may(schema, "SELECT (name) ON t", "INSERT ON t", "UPDATE ON t")
    web = serve(schema, "t", MYREST_WRITABLE="t")
    assert web.json("/t?order=name") == [{"name": "a"}]
    assert web.get("/t/1").status == 404
    assert send(web, "PATCH", "/t?name=eq.a", {"pw": "y"}).status == 204
    assert schema.sql("SELECT pw FROM t") == (("y",),)
    assert send(web, "POST", "/t", {"id": 2}).status == 201


def test_a_table_that_can_only_be_inserted_into(database, serve):
    schema = bare(database, *SECRETS)
    may(schema, "INSERT ON t")
    web = serve(schema, "t", MYREST_WRITABLE="t")
    assert send(web, "POST", "/t", {"id": 2, "pw": "z"}).status == 201
    assert send(web, "POST", "/t", [{"id": 3}, {"id": 4}], prefer="return=minimal").status == 201
    assert schema.sql("SELECT COUNT(*) FROM t") == ((4,),)
    for method, body, prefer in (("GET", None, None), ("POST", {"id": 5}, REPRESENTATION)):
        error = error_of(send(web, method, "/t", body, prefer=prefer), 403, "42501")
        assert "'t'" in error["message"] and error["hint"] == "on table 't' the account has no SELECT"
    assert schema.sql("SELECT COUNT(*) FROM t") == ((4,),)


@pytest.mark.parametrize("body", [{}, [{}], [{}, {}]])
@pytest.mark.parametrize("prefer", [None, REPRESENTATION, "resolution=merge-duplicates", "resolution=ignore-duplicates"])
def test_an_account_that_may_but_delete_adds_no_row(database, start_pool, start_nginx, body, prefer):
    """MySQL shows it no column."""
    schema = bare(database, *SECRETS, "CREATE VIEW v AS SELECT id, name FROM t WHERE id > 0")
    may(schema, "DELETE ON t", "DELETE ON v")
    pool = start_pool(schema.url(), "t,v", ready=False, MYREST_WRITABLE="t,v", MYREST_ALLOW_UNFILTERED="on")
    web = start_nginx(pool)
    servers.until(lambda: web.get("/t").status == 403, 10)
    for name in ("v", "t"):
        answer = send(web, "POST", f"/{name}", body, prefer=prefer)
        error_of(answer, answer.status, ("42501", "PGRST117", "42P10"))
        assert answer.status == {"42501": 403, "PGRST117": 405, "42P10": 400}[answer.json()["code"]]
        assert schema.sql("SELECT COUNT(*) FROM t") == ((1,),)
    answer = send(web, "DELETE", "/v")
    assert answer.status == 204 or error_of(answer, 403, "42501")
    assert send(web, "DELETE", "/t").status == 204
    assert schema.sql("SELECT COUNT(*) FROM t") == ((0,),)


def test_a_right_to_read_that_is_taken_away_is_told(database, serve):
    schema = bare(database, *SECRETS, "CREATE VIEW v AS SELECT id FROM t")
    may(schema, "SELECT ON t", "SELECT ON v")
    web = serve(schema, "t,v")
    for name in ("t", "v"):
        assert web.get(f"/{name}").status == 200
        schema.sql(f"REVOKE SELECT ON {schema.name}.{name} FROM rest@'%'")
        for target in (f"/{name}", f"/{name}?id=eq.1&select=id"):
            for prefer in ({}, {"Prefer": "count=exact"}):
                error = error_of(web.get(target, headers=prefer), 403, "42501")
                assert error["hint"] == f"on table '{name}' the account has no SELECT", error


def test_an_account_with_every_right_is_as_before(database, serve):
    schema = database.schema(*SECRETS)
    assert serve(schema, "t").json("/t") == [{"id": 1, "name": "a", "pw": "x"}]


# --- keys, of which the account may not see a column


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


# --- rights to write that lack


# --- rights to write that are missing


WRITERS = (
    ("INSERT", "POST", "/t", {"id": 2, "name": "b"}),
    ("UPDATE", "PATCH", "/t/1", {"name": "b"}),
    ("DELETE", "DELETE", "/t/1", None),
)


@pytest.mark.parametrize("right, method, target, body", WRITERS)
def test_a_missing_right_is_told(database, lab, start_pool, start_nginx, right, method, target, body):
    schema = bare(database, *SECRETS)
    rights = {"INSERT", "UPDATE", "DELETE"} - {right}
    may(schema, "SELECT ON t", *(f"{one} ON t" for one in rights))
    pool = start_pool(schema.url(), "t", MYREST_WRITABLE="t")
    fault = error_of(send(start_nginx(pool), method, target, body), 403, "42501")
    assert fault["hint"] == f"on table 't' the account has no {right}"
    logged = [entry for entry in pool.log("write-failed") if entry["level"] == "warning"]
    assert len(logged) == 1 and logged[0]["table"] == "t" and "denied" in logged[0]["message"], pool.text()
    ended = check(lab, schema)
    assert ended.returncode == 0, ended  # a table may be meant for some of the methods alone
    left = {"INSERT": "PATCH DELETE", "UPDATE": "POST DELETE", "DELETE": "POST PATCH"}[right]
    assert f"table t: 3 of 3 columns, /t/KEY by id, writable by {left} alone\n" in ended.stdout
    assert f"warning: MYREST_WRITABLE: on table 't' the account has no {right}: GRANT {right} ON " in ended.stderr
    assert ended.stderr.count("myrest:") == 1 and not any(one in ended.stderr for one in rights), ended.stderr
    assert schema.sql("SELECT * FROM t") == ((1, "a", "x"),)
    follow(schema, ended)
    ended = check(lab, schema)
    assert (ended.returncode, ended.stderr) == (0, ""), ended
    assert "table t: 3 of 3 columns, /t/KEY by id, writable\n" in ended.stdout
    assert schema.sql("SELECT * FROM t") == ((1, "a", "x"),)


@pytest.mark.parametrize(
    "preference, rights",
    [
        ("merge-duplicates", ["SELECT (id, name)", "INSERT", "UPDATE (id, name)"]),
        ("ignore-duplicates", ["SELECT (id)", "INSERT"]),
        (f"ignore-duplicates, {REPRESENTATION}", ["SELECT", "INSERT"]),
        ("ignore-duplicates, count=exact", ["SELECT (id)", "INSERT"]),
    ],
)
def test_an_upsert_needs_no_more_rights_than_it_is_said_to(database, serve, preference, rights):
    schema = bare(database, "CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20), pw VARCHAR(20))", "INSERT INTO t VALUES (1, 'a', 'x')")
    body = [{"id": 1, "name": "b"}, {"id": 2, "name": "c"}]
    may(schema, *(f"{right} ON t" for right in rights))
    web = serve(schema, "t", MYREST_WRITABLE="t")
    answer = send(web, "POST", "/t", body, prefer=f"resolution={preference}")
    assert answer.status in (200, 201), answer
    assert schema.sql("SELECT * FROM t ORDER BY id") == ((1, "b" if "merge" in preference else "a", "x"), (2, "c", None))


@pytest.mark.parametrize(
    "rights",
    [
        ["SELECT", "INSERT"],
        ["SELECT (id)", "INSERT", "UPDATE"],
    ],
)
def test_a_merge_that_lacks_a_right_is_403(database, serve, rights):
    schema = bare(database, "CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20), pw VARCHAR(20))", "INSERT INTO t VALUES (1, 'a', 'x')")
    may(schema, *(f"{right} ON t" for right in rights))
    web = serve(schema, "t", MYREST_WRITABLE="t")
    refused(send(web, "POST", "/t", {"id": 1, "name": "b"}, prefer="resolution=merge-duplicates"), 403, "42501")
    assert schema.sql("SELECT * FROM t") == ((1, "a", "x"),)


def check(lab, schema, tables="t", writable="t", **settings):
    return servers.run(lab, "check", DATABASE_URL=schema.url(), MYREST_TABLES=tables, MYREST_WRITABLE=writable, **settings)


def follow(schema, ended):
    """Runs the GRANT that `myrest check` has told, as it stands there."""
    statement = ended.stderr[ended.stderr.index("GRANT ") :].splitlines()[0]
    with schema.connect() as connection, connection.cursor() as cursor:
        servers.execute_as_it_is(cursor, statement)


def test_check_asks_for_no_right_that_is_not_needed(database, lab):
    schema = bare(database, *SECRETS)
    may(schema, "SELECT ON t")
    ended = check(lab, schema, writable="")
    assert (ended.returncode, ended.stderr) == (0, ""), ended
    assert "read only" in ended.stdout
    ended = check(lab, schema)
    told = "myrest: MYREST_WRITABLE: on table 't' the account has no INSERT, UPDATE, DELETE: GRANT INSERT, UPDATE, DELETE ON "
    assert ended.returncode == 77 and ended.stderr.startswith(told), ended
    assert ended.stdout.endswith(", /t/KEY by id, not writable: rights are missing\n"), ended
    follow(schema, ended)
    assert check(lab, schema).returncode == 0


def test_check_takes_a_table_for_post_alone(database, lab):
    schema = bare(database, *SECRETS)
    may(schema, "INSERT ON t")
    ended = check(lab, schema)
    assert ended.returncode == 0, ended
    assert ended.stderr.startswith("myrest: warning: MYREST_WRITABLE: on table 't' the account has no UPDATE, DELETE: GRANT UPDATE, DELETE ON ")
    assert ended.stdout.endswith(" columns, writable by POST alone\n"), ended


def test_check_is_content_with_rights_on_the_columns_that_are_written(database, lab):
    schema = bare(database, *SECRETS)
    may(schema, "SELECT (id, name) ON t", "INSERT (id, pw) ON t", "UPDATE (id, pw) ON t", "DELETE ON t")
    ended = check(lab, schema, writable="t(id,pw)")
    assert (ended.returncode, ended.stderr) == (0, ""), ended
    ended = check(lab, schema)
    name = '"name"' if postgresql.HERE else "`name`"
    told = f"on table 't' the account has no INSERT ({name}), UPDATE ({name}): GRANT INSERT ({name}), UPDATE ({name}) ON "
    assert ended.returncode == 77 and told in ended.stderr, ended
    assert ended.stdout.endswith(", writable, but not all of its columns\n"), ended
    follow(schema, ended)
    ended = check(lab, schema)
    assert ended.stdout.endswith(", writable\n"), ended
    assert (ended.returncode, ended.stderr) == (0, ""), ended


def test_check_names_the_account(database, lab):
    """By a name that has to be quoted, with the signs that quote."""
    user = """o'd`d"@x"""
    schema = bare(database, *SECRETS)
    if postgresql.HERE:
        name = '"{}"'.format(user.replace('"', '""'))
        made = f"CREATE ROLE {name} LOGIN PASSWORD '{SECRET}'"
    else:
        name = "`{}`@`%`".format(user.replace("`", "``"))
        made = f"CREATE USER {name} IDENTIFIED BY '{SECRET}'"
    with schema.connect() as connection, connection.cursor() as cursor:
        for statement in (made, f"GRANT SELECT ON t TO {name}"):
            servers.execute_as_it_is(cursor, statement)
        try:
            for status in (77, 0):
                ended = servers.run(lab, "check", DATABASE_URL=schema.url(user=user), MYREST_TABLES="t", MYREST_WRITABLE="t")
                assert ended.returncode == status, ended
                if status:
                    assert ended.stderr.endswith(f" TO {name}\n"), ended
                    follow(schema, ended)
        finally:
            if postgresql.HERE:
                servers.execute_as_it_is(cursor, f"DROP OWNED BY {name}")
            servers.execute_as_it_is(cursor, f"DROP USER {name}")


def test_check_looks_for_the_table_of_idempotency_keys(database, lab):
    lines = (servers.SOURCE / "conf" / "idempotency.sql").read_text("utf-8").replace("myrest_idempotency", "keys_").splitlines()
    text = "\n".join(line for line in lines if not line.startswith("--"))
    schema = bare(database, *SECRETS)
    may(schema, "SELECT ON t", "INSERT ON t", "UPDATE ON t", "DELETE ON t")
    ended = check(lab, schema, MYREST_IDEMPOTENCY_TABLE="keys_")
    assert ended.returncode in (69, 77) and ended.stderr.count("myrest:") == 1, ended
    assert ended.stderr.startswith("myrest: MYREST_IDEMPOTENCY_TABLE: ") and "'keys_'" in ended.stderr, ended
    made_by = "conf/idempotency.postgresql.sql" if postgresql.HERE else "conf/idempotency.sql"
    assert made_by in ended.stderr and (servers.SOURCE / made_by).exists(), ended
    schema.sql(*(part for part in re.split(r";\s*(?:\n|$)", text) if part.strip()))
    rights = ("INSERT", "SELECT", "UPDATE")
    for missing in [[right] for right in rights] + [[one for one in rights if one != right] for right in rights] + [rights]:
        may(schema, *(f"{one} ON keys_" for one in rights if one not in missing))
        ended = check(lab, schema, MYREST_IDEMPOTENCY_TABLE="keys_")
        told, nothing = ", ".join(missing), f", or there is no such table ({made_by} makes it)" if missing == rights else ""
        assert ended.returncode == 77 and ended.stderr.count("myrest:") == 1, ended
        assert f"on table 'keys_' the account has no {told}{nothing}: GRANT {told} ON " in ended.stderr, ended
        follow(schema, ended)
        ended = check(lab, schema, MYREST_IDEMPOTENCY_TABLE="keys_")
        assert (ended.returncode, ended.stderr) == (0, ""), ended
        schema.sql(f"REVOKE INSERT, SELECT, UPDATE ON {schema.name}.keys_ FROM rest@'%'")
    assert schema.sql("SELECT COUNT(*) FROM keys_") == ((0,),)
    may(schema, "INSERT ON keys_", "SELECT ON keys_", "UPDATE ON keys_")
    schema.sql("ALTER TABLE keys_ DROP COLUMN answer")
    ended = check(lab, schema, MYREST_IDEMPOTENCY_TABLE="keys_")
    assert ended.returncode == 69 and "answer" in ended.stderr and made_by in ended.stderr, ended
    schema.sql("DROP TABLE keys_")
    if not postgresql.HERE:  # who has rights on all tables is told
        schema.sql(f"GRANT SELECT, INSERT, UPDATE ON {schema.name}.* TO rest@'%'")
    ended = check(lab, schema, MYREST_IDEMPOTENCY_TABLE="keys_")
    assert ended.returncode == 69 and f"exist; it is to be as this makes it: {made_by}\n" in ended.stderr, ended


@pytest.mark.parametrize("name, kind", [("t", "table"), ("v", "view")])
def test_check_does_not_say_that_a_column_is_not_there_which_it_is_not_shown(database, lab, name, kind):
    schema = bare(database, *SECRETS, "CREATE VIEW v AS SELECT id, name, pw FROM t")
    may(schema, f"SELECT (id, name) ON {name}")
    ended = check(lab, schema, f"{name}(id,pw)", "")
    unreadable = f"the account has no SELECT on column 'pw' of {kind} '{name}'"
    unshown = f"{kind} '{name}' has no column 'pw', or does not show it to us"
    assert (unreadable if postgresql.HERE else unshown) in ended.stderr and ended.returncode == 69, ended
    ended = check(lab, schema, f"{name}(id,nothing)", "")
    assert f"{kind} '{name}' has no column 'nothing', or does not show it to us" in ended.stderr, ended


def test_check_tells_of_all_that_is_missing_a_line_each_with_the_grants(database, lab):
    schema = bare(database, *SECRETS, "CREATE TABLE other (id INT PRIMARY KEY, a INT, b INT)", "CREATE VIEW v AS SELECT id FROM t")
    may(schema, "INSERT ON t", "SELECT (id) ON other", "INSERT (a, b) ON other", "UPDATE ON v")
    long = [f"gone_{n:02}" for n in range(40)]
    ended = check(lab, schema, ",".join(["t", "other(id,a,b)", "v", *long]), "")
    assert ended.returncode == 69, ended
    lines = [line.removeprefix("myrest: MYREST_TABLES: ") for line in ended.stderr.splitlines()]
    assert lines[3:] == [f"the database has no table '{name}', or does not show it to us" for name in long]
    quoted = (lambda name: f'"{name}"') if postgresql.HERE else (lambda name: f"`{name}`")
    account = '"rest"' if postgresql.HERE else "`rest`@`%`"
    a, b = map(quoted, ("a", "b"))
    t, other, v = (('"public".' if postgresql.HERE else "") + quoted(name) for name in ("t", "other", "v"))
    assert lines[:3] == [
        f"the account has no SELECT on table 't': GRANT SELECT ON {t} TO {account}",
        f"the account has no SELECT on column 'a' of table 'other': GRANT SELECT ({a}, {b}) ON {other} TO {account}",
        f"the account has no SELECT on view 'v': GRANT SELECT ON {v} TO {account}",
    ]
    for tables in ("t", "other(id,a,b)", "v"):
        ended = check(lab, schema, tables, "")
        assert ended.returncode == 69, ended
        follow(schema, ended)
        ended = check(lab, schema, tables, "")
        assert (ended.returncode, ended.stderr) == (0, ""), ended


def test_check_tells_by_which_variable_a_column_is_named(database, lab):
    schema = bare(database, *SECRETS)
    may(schema, "SELECT ON t", "INSERT ON t", "UPDATE ON t", "DELETE ON t")
    fault = "table 't' has no column 'nothing', or does not show it to us\n"
    for tables, variable in (("t", "MYREST_WRITABLE"), ("t(id,nothing)", "MYREST_TABLES")):
        ended = check(lab, schema, tables, "t(id,nothing)")
        assert (ended.returncode, ended.stderr) == (69, f"myrest: {variable}: {fault}"), ended


@pytest.mark.parametrize("in_files", [[], ["DATABASE_URL"], ["MYREST_TABLES", "MYREST_WRITABLE", "MYREST_IDEMPOTENCY_TABLE"]])
def test_check_names_the_variable_that_the_fault_is_in(database, lab, in_files):
    """The one that is set: NAME_FILE, where the value is in a file."""
    schema = bare(database, *SECRETS)
    may(schema, "SELECT ON t")

    def told(url):
        values = {"DATABASE_URL": url, "MYREST_TABLES": "t,ghosts", "MYREST_WRITABLE": "t", "MYREST_IDEMPOTENCY_TABLE": "ghosts"}
        for name in in_files:
            path = lab.folder("values") / name
            path.write_text(values.pop(name))
            path.chmod(0o644)
            values[f"{name}_FILE"] = path
        ended = servers.run(lab, "check", **values)
        assert ended.returncode == 69, ended
        names = re.findall(r"^myrest: ([A-Z_]+): ", ended.stderr, re.M)
        assert all(name.endswith("_FILE") == (name.removesuffix("_FILE") in in_files) for name in names), ended
        return {name.removesuffix("_FILE") for name in names}

    assert told(schema.url(password="wrong")) == {"DATABASE_URL"}
    assert told(schema.url()) == {"MYREST_TABLES", "MYREST_WRITABLE", "MYREST_IDEMPOTENCY_TABLE"}


KEYS = (servers.SOURCE / "conf" / "idempotency.sql").read_text("utf-8").split(";")[0].replace("myrest_idempotency", "keys_")


def test_a_table_of_idempotency_keys_that_does_not_serve_is_named(database, serve):
    """It is nothing that a client asked for, and no fault of the table that it writes."""
    schema = database.schema(*SECRETS, grant="SELECT, INSERT, UPDATE, DELETE", whole=True)
    front = serve(schema, "t", MYREST_WRITABLE="t", MYREST_IDEMPOTENCY_TABLE="keys_")

    def ask():
        return send(front, "POST", "/t", {"id": 2}, Idempotency_Key="k")

    def told():
        error = refused(ask(), 500, None)
        assert "the table 'keys_' of MYREST_IDEMPOTENCY_TABLE is not there, or not as conf/idempotency" in error["message"], error
        return error

    told()
    for column in ("answer", "request"):
        schema.sql(KEYS, f"ALTER TABLE keys_ DROP COLUMN {column}")
        told()
        schema.sql("DROP TABLE keys_")
    schema.sql(KEYS, "ALTER TABLE keys_ ADD COLUMN another INT NOT NULL")
    told()
    schema.sql("ALTER TABLE keys_ DROP COLUMN another")
    assert schema.sql("SELECT id FROM t ORDER BY id") == ((1,),)
    assert ask().status == 201 and ask().headers.get("idempotency-replayed") == "true"


def test_rights_on_the_table_of_idempotency_keys_are_named(database, serve):
    schema = bare(database, *SECRETS, KEYS)
    may(schema, *(f"{right} ON t" for right in ("SELECT", "INSERT", "UPDATE", "DELETE")))
    front = serve(schema, "t", MYREST_WRITABLE="t", MYREST_IDEMPOTENCY_TABLE="keys_")
    for right in ("INSERT", "UPDATE", "SELECT"):
        error = refused(send(front, "POST", "/t", {"id": 2}, Idempotency_Key="k"), 403, "42501")
        assert error["hint"].startswith("the account needs SELECT, INSERT and UPDATE on table 'keys_' of MYREST_IDEMPOTENCY_TABLE"), error
        may(schema, f"{right} ON keys_")
    for replayed in (None, "true"):
        response = send(front, "POST", "/t", {"id": 2}, Idempotency_Key="k")
        assert response.status == 201 and response.headers.get("idempotency-replayed") == replayed


@pytest.mark.parametrize("waits_for", ["t", "keys_"])
def test_check_whose_connection_is_lost_is_not_content(database, lab, waits_for):
    """It has to wait for a table that somebody else has locked, and the server ends its connection meanwhile."""
    schema = bare(database, *SECRETS, "CREATE TABLE keys_ (id VARBINARY(255) PRIMARY KEY, request BINARY(16), answer MEDIUMBLOB)")
    may(schema, *(f"{right} ON {table}" for right in ("SELECT", "INSERT", "UPDATE") for table in ("t", "keys_")))
    ended = []
    with schema.connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLES {waits_for} WRITE")
        running = threading.Thread(target=lambda: ended.append(check(lab, schema, MYREST_IDEMPOTENCY_TABLE="keys_")))
        running.start()
        servers.until(lambda: waiting(schema))
        for number in schema.pool_connections():
            schema.sql(f"KILL {number}")
        running.join()
        cursor.execute("UNLOCK TABLES")
    assert ended[0].returncode == 69 and "myrest: DATABASE_URL: the connection was lost: " in ended[0].stderr, ended
    assert ("GRANT DELETE ON " in ended[0].stderr) == (waits_for == "keys_"), ended


def waiting(schema):
    """Whether a statement of the pool's account waits for a lock."""
    if postgresql.HERE:
        return schema.sql("SELECT 1 FROM pg_stat_activity WHERE usename = 'rest' AND wait_event_type = 'Lock'")
    return schema.sql("SELECT 1 FROM information_schema.processlist WHERE user = 'rest' AND state LIKE 'Waiting for%lock'")


def test_a_read_that_is_refused_is_told_in_the_log(database, start_pool, start_nginx):
    schema = bare(database, *SECRETS)
    may(schema, "SELECT ON t")
    pool = start_pool(schema.url(), "t", workers=1)
    web = start_nginx(pool)
    schema.sql(f"REVOKE SELECT ON {schema.name}.t FROM rest@'%'")
    error_of(web.get("/t"), 403, "42501")
    entry, = pool.log("statement-failed")
    assert entry["level"] == "warning" and entry["table"] == "t", entry
