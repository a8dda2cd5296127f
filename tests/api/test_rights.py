# SPDX-License-Identifier: MIT
"""An account that has no more rights than it needs: tables and columns that it may read or not."""
import json
from types import SimpleNamespace

import pytest

import postgresql
import servers
from rights import SECRETS, bare, may
from rights import serve  # noqa: F401 (fixtures)
from web import error_of
from writing import REPRESENTATION, send

DOCUMENT = '{"a":[1,2],"b":"x"}'


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


# --- rights to write that are missing


def test_a_read_that_is_refused_is_told_in_the_log(database, start_pool, start_nginx):
    schema = bare(database, *SECRETS)
    may(schema, "SELECT ON t")
    pool = start_pool(schema.url(), "t", workers=1)
    web = start_nginx(pool)
    schema.sql(f"REVOKE SELECT ON {schema.name}.t FROM rest@'%'")
    error_of(web.get("/t"), 403, "42501")
    entry, = pool.log("statement-failed")
    assert entry["level"] == "warning" and entry["table"] == "t", entry
