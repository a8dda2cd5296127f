# SPDX-License-Identifier: MIT
"""Errors of every kind: what a type does not have, what an owner, a trigger or a wrapper gets wrong, what a duplicate's details say."""
import json
import signal
import time
from urllib.parse import quote

import pytest

from postgresql_own import plainly, plpgsql, q
from postgresql_own import serve  # noqa: F401 (fixtures)
from servers import until
from web import error_of
from writing import REPRESENTATION, done, refused, send


# --- rights


def test_a_hint_names_the_right_that_is_missing(serve):
    """The server names none; those to write are there on t and k, those to read on r."""
    made = serve(
        "CREATE TABLE t (id int PRIMARY KEY, name text, pw text)", "INSERT INTO t VALUES (1, 'a', 'x')",
        "CREATE TABLE r (id int PRIMARY KEY, name text, pw text)", "INSERT INTO r VALUES (1, 'a', 'x')",
        "CREATE TABLE k (name text, pw text)", "INSERT INTO k VALUES ('a', 'x')",
        "REVOKE ALL ON t, r, k FROM rest", "GRANT SELECT ON r TO rest", "GRANT SELECT (name), UPDATE ON k TO rest",
        tables="t,r,k", grant="GRANT SELECT (name), INSERT, UPDATE, DELETE ON t TO rest",
    )  # fmt: skip

    def hint(method, target, body=None, **options):
        return error_of(send(made.web, method, target, body, **options), 403, "42501")["hint"]

    row, merge = {"id": 1, "name": "b"}, "resolution=merge-duplicates"
    for body, prefer in ((row, merge), (row, "resolution=ignore-duplicates"), ({**row, "pw": "y"}, merge)):  # known before
        error = error_of(send(made.web, "POST", "/t", body, prefer=prefer), 403, "42501")
        assert error["message"] == "column 'id' can be written, but not read, which this upsert needs"
    for method, body in (("PATCH", {"pw": "y"}), ("DELETE", None)):
        assert hint(method, "/t?name=eq.a&limit=1&order=name", body) == "on table 't' the account has no SELECT (id)"
    done(send(made.web, "PATCH", "/t?name=eq.a", {"pw": "z"}), 204)
    assert hint("PATCH", "/k?name=eq.a&limit=1&order=name", {"pw": "y"}) == "on table 'k' the account has no SELECT (pw)"
    assert hint("POST", "/r", row) == "on table 'r' the account has no INSERT"
    assert hint("POST", "/r", row, prefer=merge) == "on table 'r' the account has no INSERT, or no UPDATE"
    assert hint("PATCH", "/r?id=eq.1", {"name": "b"}) == "on table 'r' the account has no UPDATE"
    assert hint("DELETE", "/r?id=eq.1") == "on table 'r' the account has no DELETE"
    made.sql("GRANT DELETE ON r TO rest")
    assert hint("DELETE", "/r?id=gt.0&limit=1&order=id") == "on table 'r' the account has no DELETE, or no UPDATE, which a limit needs"
    assert hint("DELETE", "/r?id=eq.1", prefer=REPRESENTATION) == "on table 'r' the account has no UPDATE, which locks the rows"
    done(send(made.web, "DELETE", "/r?id=eq.1"), 204)


# --- keys over expressions


def test_a_duplicate_of_a_key_over_an_expression_names_none_of_its_columns(serve):
    """What is left of it would be another key, which nothing breaks."""
    made = serve(
        "CREATE TABLE t (id int PRIMARY KEY, a text, b int)",
        "CREATE UNIQUE INDEX ta ON t (lower(a))",
        "CREATE UNIQUE INDEX tb ON t (b, (id % 10))",
        "INSERT INTO t VALUES (1, 'q', 1)",
    )
    for row in ({"id": 8, "a": "Q", "b": 2}, {"id": 11, "a": "x", "b": 1}):
        for prefer in ("return=minimal", "resolution=merge-duplicates", "resolution=ignore-duplicates"):
            error = refused(send(made.web, "POST", "/t", row, prefer=prefer), 409, "23505")
            assert (error["message"], error["details"]) == ("another row has this key already", None)
    for names in ("a", "b", "b,id"):
        row = {"id": 8, "a": "Q", "b": 1}
        response = send(made.web, "POST", f"/t?on_conflict={names}", row, prefer="resolution=merge-duplicates")
        refused(response, 400, "42P10")
    assert made.sql("SELECT * FROM t") == ((1, "q", 1),)


# --- errors of every kind

# A value of each type that PostgreSQL has for columns. Of those that are not here it is a text that no type can read.
SAMPLES = {
    "xml": "<a/>", "point": "(1,2)", "box": "(2,2),(1,1)", "line": "{1,2,3}", "lseg": "[(1,2),(3,4)]", "path": "((1,2),(3,4))",
    "polygon": "((1,2),(3,4))", "circle": "<(1,2),3>", "json": "[1]", "jsonb": "[1]", "jsonpath": "$.a", "tsvector": "'a':1", "tsquery": "'a'",
    "xid": "1", "xid8": "1", "cid": "1", "tid": "(0,1)", "oid": "1", "aclitem": "rest=r/postgres", "pg_lsn": "0/1", "regclass": "pg_class",
    "txid_snapshot": "1:1:", "pg_snapshot": "1:1:", "refcursor": "c", "int2vector": "1 2", "oidvector": "1 2", "time with time zone": "01:02:03+00",
    "regtype": "integer", "regproc": "now", "regnamespace": "pg_catalog", "regrole": "rest", "regconfig": "english", "regdictionary": "simple",
    "regoperator": "+(integer,integer)", "regprocedure": "now()", "regoper": "pg_catalog.||/", "regcollation": "pg_catalog.default",
    "\"char\"": "a", "macaddr8": "08:00:2b:01:02:03:04:05", "point[]": "{\"(1,2)\"}", "xml[]": "{<a/>}", "pair": "(1,2)", "place": "(1,\"(1,2)\")",
    "mood5": "sad", "int4range": "[1,2)", "daterange": "[2024-01-01,2024-01-02)", "interval": "1 day", "money": "1.00", "inet": "10.0.0.1", "bit(3)": "101",
}  # fmt: skip
WORDS = ("eq", "neq", "gt", "lte", "in", "isdistinct", "like", "imatch", "fts", "cs", "cd", "ov", "sl", "adj", "eq(any)")
CASTS = ("text", "int", "numeric", "float8", "bool", "date", "time", "timestamp", "timestamptz", "json")


@pytest.fixture(scope="module")
def kinds(serve):
    names = {name: f"c{number}" for number, name in enumerate(SAMPLES)}
    columns = ", ".join(f"{column} {name}" for name, column in names.items())
    values = ", ".join("'" + value.replace("'", "''") + "'" for value in SAMPLES.values())
    made = serve(
        "CREATE TYPE pair AS (a integer, b integer)", "CREATE TYPE place AS (a integer, b point)", "CREATE TYPE mood5 AS ENUM ('sad')",
        f"CREATE TABLE t (id integer PRIMARY KEY, {columns})", f"INSERT INTO t VALUES (1, {values})", "INSERT INTO t (id) VALUES (2), (3)",
        MYREST_ALLOW_ROLLBACK="on",
    )  # fmt: skip
    made.names = names
    return made


def told(response, column):
    """An answer, or a refusal that names the column."""
    if response.status == 200:
        return True
    error = error_of(response, 400)
    assert "an internal error" not in error["message"] and error["code"] != "PGRST100", error
    if error["code"] not in ("42601", "2201B"):  # these are about the client's own words
        assert f"'{column}'" in error["message"], error
    return False


@pytest.mark.parametrize("name", SAMPLES)
def test_what_a_type_does_not_have_is_a_400_by_name(kinds, name):
    """Every operator, order and cast, with a value of the type and with one that is none."""
    column, runtime = kinds.names[name], name in ("point[]", "xml[]", "place")  # no place is told of what only the values lack
    runtime = runtime or kinds.sql("SHOW server_version_num")[0][0] < "140000"  # which gives no place where several operators would do
    for value in (SAMPLES[name], "a:b:c(", ""):
        for word in WORDS:
            given = f"({json.dumps(value)})" if word == "in" else "{" + json.dumps(value) + "}" if word == "eq(any)" else value
            response = kinds.get(f"/t?select=id&{column}={word}.{q(given)}")
            if word in ("eq", "in", "gt") and name in ("xml", "point", "polygon", "jsonpath"):
                error_of(response, 400, "42883" if value == SAMPLES[name] else None)
            if runtime and response.status == 400 and f"'{column}'" not in response.body.decode():
                error_of(response, 400, ("42883", "42601", "2201B"))
            else:
                told(response, column)
        for method, target in (("PATCH", f"/t?{column}=eq.{q(value)}"), ("DELETE", f"/t?id=eq.9&{column}=gt.{q(value)}")):
            response = send(kinds.web, method, target, {"id": 1} if method == "PATCH" else None, prefer="tx=rollback")
            if response.status not in (200, 204):
                assert f"'{column}'" in error_of(response, 400)["message"] or runtime
        response = send(kinds.web, "POST", "/t", {"id": 9, column: value}, prefer="tx=rollback")
        if response.status != 201:
            refused(response, response.status, response.json()["code"], column)
            assert response.status in (400, 422)
    told(kinds.get(f"/t?select=id&order={column}"), column)
    told(kinds.get(f"/t?select=x:id::text&order={column}.desc,id"), column)
    for cast in CASTS:
        response = kinds.get(f"/t?select={column}::{cast}")
        assert response.status in (200, 400), response
        assert "an internal error" not in response.body.decode()
    assert kinds.json("/t?select=id&order=id") == [{"id": 1}, {"id": 2}, {"id": 3}]


def test_a_type_without_an_order_says_so(kinds):
    for name, words in (("xml", "cannot be ordered"), ("box", "cannot be ordered")):
        assert words in error_of(kinds.get(f"/t?order={kinds.names[name]}"), 400, "42883")["message"]
    assert "cannot be compared" in error_of(kinds.get(f"/t?{kinds.names['point']}=eq.(1,2)"), 400, "42883")["message"]
    assert kinds.json(f"/t?select=id&{kinds.names['box']}=eq.{q('(2,2),(1,1)')}") == [{"id": 1}], "a box is compared by its area"
    assert not [line for line in kinds.pool.text().splitlines() if "statement-failed" in line or "write-failed" in line]


def test_a_view_that_writes_is_not_counted(serve):
    """A snapshot is read-only: to come again later is no use."""
    made = serve("CREATE TABLE seen (n integer)", plpgsql("look()", "INSERT INTO seen VALUES (1); RETURN 1;", "integer"),
                 "CREATE VIEW looking AS SELECT 1 AS id, look() AS n", tables="looking")  # fmt: skip
    assert made.json("/looking") == [{"id": 1, "n": 1}]
    error = error_of(made.get("/looking", headers={"Prefer": "count=exact"}), 400, "0A000")
    assert "where reading them writes" in error["message"] and error["hint"] == "Prefer: count=planned"
    assert made.get("/looking", headers={"Prefer": "count=planned"}).status == 200
    assert list(made.sql("SELECT n FROM seen")) == [(1,), (1,)]


def triggered(table, body, more="n integer"):
    """A table whose trigger does that with each row that is written."""
    return (
        f"CREATE TABLE {table} (id integer PRIMARY KEY, {more})", plpgsql(f"{table}_in()", f"{body}; RETURN NEW;"),
        f"CREATE TRIGGER t BEFORE INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_in()",
    )  # fmt: skip


# What a table's owner can have defined, and how a request that meets it is answered: its statements, status, code, words.
OWNERS = {
    "rules_in_a_circle": (("CREATE TABLE {} (id integer)", "CREATE RULE r AS ON INSERT TO {} DO ALSO INSERT INTO {} VALUES (NEW.id)"),
                          "POST", 500, "42P17", "a view, rule, trigger or function"),
    "triggers_without_end": (triggered("{}", "INSERT INTO {} VALUES (NEW.id + 1)"), "POST", 500, "54001", "nested too deep"),
    "a_trigger_that_divides": (triggered("{}", "NEW.n := 1 / (NEW.id - 1)"), "POST", 422, "22012", "division by zero"),
    "a_trigger_of_wrong_names": (triggered("{}", "PERFORM nothing FROM nowhere"), "POST", 500, "42P01", "a view, rule, trigger or function"),
    "a_trigger_without_a_function": (triggered("{}", "PERFORM nothing(1)"), "POST", 500, "42883", "a view, rule, trigger or function"),
    "a_trigger_that_finds_nothing": (triggered("{}", "SELECT 1 INTO STRICT NEW.n WHERE FALSE"), "POST", 500, "P0002", "a view, rule, trigger or function"),
    "a_trigger_that_asserts": (triggered("{}", "ASSERT FALSE"), "POST", 500, "P0004", "a view, rule, trigger or function"),
    "a_trigger_without_a_case": (triggered("{}", "CASE NEW.id WHEN 99 THEN NULL; END CASE"), "POST", 500, "20000", "a view, rule, trigger or function"),
    "a_trigger_that_commits": (triggered("{}", "COMMIT"), "POST", 500, "2D000", "a view, rule, trigger or function"),
    "a_function_that_gives_nothing": (("CREATE TABLE {} (id integer, n integer DEFAULT {}_n())",), "POST", 500, "2F005", "a view, rule, trigger or function"),
    "a_view_that_divides": (("CREATE VIEW {} AS SELECT 1 / (n - 1) AS id FROM generate_series(1, 2) AS n",), "GET", 500, "22012", "an expression of a view or of the table fails"),
    "a_view_of_several_rows": (("CREATE VIEW {} AS SELECT (SELECT n FROM generate_series(1, 2) AS n) AS id",), "GET", 500, "21000", "a view, rule, trigger or function"),
    "a_view_that_raises": ((plpgsql("{}_n()", "RAISE EXCEPTION 'secret'; RETURN 1;", "integer"), "CREATE VIEW {} AS SELECT {}_n() AS id"),
                           "GET", 500, "P0001", "an expression of a view or of the table fails"),
    "a_view_that_calls_too_deep": ((plpgsql("{}_n()", "RETURN {}_n();", "integer"), "CREATE VIEW {} AS SELECT {}_n() AS id"), "GET", 500, "54001", "nested too deep"),
    "a_view_that_breaks_a_domain": (("CREATE DOMAIN {}_d AS integer CHECK (VALUE > 0)", "CREATE VIEW {} AS SELECT (n::text)::{}_d AS id FROM generate_series(0, 1) AS n"),
                                    "GET", 500, "23514", "an expression of a view or of the table fails"),
    "a_view_that_writes_a_row_twice": (("CREATE TABLE {}_t (n integer UNIQUE)", plpgsql("{}_n()", "INSERT INTO {}_t VALUES (1), (1) ON CONFLICT (n) DO UPDATE SET n = 1; RETURN 1;", "integer"),
                                        "CREATE VIEW {} AS SELECT {}_n() AS id"), "GET", 500, "21000", "an expression of a view or of the table fails"),
    "a_view_that_writes_by_no_key": (("CREATE TABLE {}_t (n integer)", plpgsql("{}_n()", "INSERT INTO {}_t VALUES (1) ON CONFLICT (n) DO NOTHING; RETURN 1;", "integer"),
                                      "CREATE VIEW {} AS SELECT {}_n() AS id"), "GET", 500, "42P10", "a view, rule, trigger or function"),
    "a_view_that_writes_what_is_computed": (("CREATE TABLE {}_t (n integer GENERATED ALWAYS AS (1) STORED)", plpgsql("{}_n()", "INSERT INTO {}_t VALUES (1); RETURN 1;", "integer"),
                                             "CREATE VIEW {} AS SELECT {}_n() AS id"), "GET", 500, "428C9", "a view, rule, trigger or function"),
    "a_view_that_is_not_filled": (("CREATE MATERIALIZED VIEW {} AS SELECT 1 AS id WITH NO DATA",), "GET", 500, "55000", "a view, rule, trigger or function"),
    "a_foreign_table_whose_server_is_gone": (("CREATE FOREIGN TABLE {} (id integer) SERVER gone",), "GET", 503, "08001", "another server"),
    "a_foreign_table_without_a_file": (("CREATE FOREIGN TABLE {} (id integer) SERVER files OPTIONS (filename '/nowhere/at/all')",), "GET", 500, "58P01", "read or write the files"),
}  # fmt: skip


@pytest.fixture(scope="module")
def owners(serve):
    fixed = [
        *(f"CREATE EXTENSION IF NOT EXISTS {name}" for name in ("postgres_fdw", "file_fdw")), "CREATE SERVER files FOREIGN DATA WRAPPER file_fdw",
        "CREATE SERVER gone FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '/nowhere', port '1')",
        "CREATE USER MAPPING FOR PUBLIC SERVER gone OPTIONS (user 'x', password 'x')", "GRANT USAGE ON FOREIGN SERVER gone TO rest",
        plpgsql("a_function_that_gives_nothing_n()", "IF FALSE THEN RETURN 1; END IF;", "integer"),
        *triggered("raises", "RAISE EXCEPTION 'own words' USING ERRCODE = NEW.state", "state text"),
        "CREATE TABLE fine (id integer PRIMARY KEY)", "INSERT INTO fine VALUES (1)",
    ]  # fmt: skip
    made = [statement.replace("{}", name) for name, (statements, *_) in OWNERS.items() for statement in statements]
    return serve(*fixed, *made, tables=",".join(["raises", "fine", *OWNERS]), WEB_CONCURRENCY=1)


@pytest.mark.parametrize("name", OWNERS)
def test_what_the_owner_of_a_table_has_defined_wrongly(owners, name):
    """The client gets the database's code and words; the log says all of it; the connection lives."""
    _, method, status, code, words = OWNERS[name]
    before = owners.sql("SELECT pid FROM pg_stat_activity WHERE usename = 'rest'")
    response = send(owners.web, method, f"/{name}", {"id": 1} if method == "POST" else None)
    error = error_of(response, status, code)
    assert words in error["message"] and "secret" not in response.body.decode(), error
    if status >= 500:
        until(lambda: f'"{code}: ' in owners.pool.text() or "secret" in owners.pool.text(), 3, why="the log does not have it")
    if method == "GET":
        error_of(send(owners.web, "GET", f"/{name}?id=eq.7", prefer="count=planned"), status, code)
    assert owners.json("/fine") == [{"id": 1}]
    assert owners.sql("SELECT pid FROM pg_stat_activity WHERE usename = 'rest'") == before


def test_a_foreign_table_whose_wrapper_cannot_be_had_spoils_nothing(serve):
    """Whether it can be written only its wrapper knows. Who names it for reading asks nobody."""
    made = serve(
        "CREATE TABLE fine (id integer PRIMARY KEY)", "CREATE FOREIGN DATA WRAPPER unhandled", "CREATE SERVER nowhere FOREIGN DATA WRAPPER unhandled",
        "CREATE FOREIGN TABLE broken (id integer) SERVER nowhere", "CREATE VIEW over AS SELECT id FROM broken",
        "CREATE FOREIGN TABLE only_read (id integer) SERVER nowhere", "CREATE VIEW view AS SELECT id, id + 1 AS more FROM fine",
        tables="fine,broken,over,only_read,view", writable="fine,broken,over,view", ready=False, WEB_CONCURRENCY=1,
    )  # fmt: skip
    until(lambda: made.get("/fine").status == 200, 10)
    for name in ("broken", "over"):
        for response in (made.get(f"/{name}"), send(made.web, "POST", f"/{name}", {"id": 1})):
            error_of(response, 503, "PGRST002")
        assert f"'{name}': 55000: foreign-data wrapper \"unhandled\" has no handler" in made.pool.text().replace('\\"', '"')
    error_of(made.get("/only_read"), made.get("/only_read").status, "55000")
    done(send(made.web, "POST", "/fine", {"id": 1}), 201)
    done(send(made.web, "POST", "/view", {"id": 2}), 201)
    error_of(send(made.web, "POST", "/view", {"id": 3, "more": 1}), 400)
    assert made.json("/view?order=id") == [{"id": 1, "more": 2}, {"id": 2, "more": 3}]
    made.sql("DROP FOREIGN TABLE broken CASCADE", "CREATE TABLE broken (id integer)", "CREATE VIEW over AS SELECT id FROM broken",
             "GRANT SELECT, INSERT ON broken, over TO rest")  # fmt: skip
    until(lambda: made.get("/over").status == 200, 10, why="it is not described anew")
    done(send(made.web, "POST", "/over", {"id": 1}), 201)


def test_a_table_that_is_called_as_the_new_rows_are(serve):
    made = serve("CREATE TABLE excluded (id integer PRIMARY KEY, t text, n integer)", "INSERT INTO excluded VALUES (1, 'a', 1)", tables="excluded")
    for prefer in ("return=representation", "return=minimal", "return=headers-only"):
        for there in (1, 2):
            made.sql("DELETE FROM excluded WHERE id > 1")
            response = send(made.web, "POST", "/excluded", {"id": there, "t": prefer}, prefer=f"resolution=merge-duplicates,{prefer}")
            assert response.status == 201, response
            assert list(made.sql(f"SELECT t, n FROM excluded WHERE id = {there}")) == [(prefer, 1 if there == 1 else None)]
    done(send(made.web, "POST", "/excluded", [{"id": 1, "n": 5}, {"id": 3, "n": 5}], prefer="resolution=ignore-duplicates"), 201)
    done(send(made.web, "PUT", "/excluded/1", {"t": "put", "n": 2}), 204)
    assert list(made.sql("SELECT t, n FROM excluded WHERE id = 1")) == [("put", 2)]


@pytest.mark.parametrize("key", ["doc", "id, doc"])
def test_a_key_that_is_json_names_no_row_in_an_address(serve, key):
    """JSON as a whole is compared by no filter."""
    made = serve(f"CREATE TABLE t (id integer, doc jsonb, v text, PRIMARY KEY ({key}))", 'INSERT INTO t VALUES (1, \'{"a": 1}\', \'x\')')
    response = send(made.web, "POST", "/t", {"id": 2, "doc": [1]}, prefer="return=headers-only")
    assert response.status == 201 and "location" not in response.headers
    for method in ("GET", "PUT", "DELETE"):
        error = error_of(send(made.web, method, "/t/" + quote('{"a": 1}', safe=""), {"id": 1, "v": "y"} if method == "PUT" else None), 404)
        assert error["details"] == ("the primary key of 't' is of type jsonb, which no filter compares as a whole" if key == "doc"
                                    else "'t' has no primary key of one column")  # fmt: skip
    # nor a PUT, which names its row by filters alone
    error = error_of(send(made.web, "PUT", "/t?doc=eq.5" + ("&id=eq.1" if key != "doc" else ""), {"id": 1, "doc": 5}), 405)
    assert "without JSON in it" in error["hint"]
    assert made.get("/t", method="OPTIONS").headers["allow"] == "OPTIONS, GET, HEAD, POST, PATCH, DELETE"
    document = made.get("/").json()
    assert "/t/{" not in json.dumps(document) and set(document["paths"]["/t"]) & {"post", "put", "patch", "delete"} == {"post", "patch", "delete"}
    done(send(made.web, "POST", "/t", {"id": 1, "doc": {"a": 1}, "v": "y"}, prefer="resolution=merge-duplicates"), 201)
    assert made.json("/t?order=id&select=id,v") == [{"id": 1, "v": "y"}, {"id": 2, "v": None}]
    page = made.get("/t?limit=1&order=id")
    assert page.status in (200, 206) and len(page.json()) == 1


# One state of each class of the manual's, and what is made of it when a trigger raises it.
RAISED = {
    "01000": 400, "02000": 400, "03000": 400, "08006": 400, "09000": 400, "0A000": 400, "0B000": 400, "0F000": 400, "0L000": 400,
    "0P000": 400, "0Z002": 400, "20000": 400, "21000": 400, "22012": 400, "22023": 400, "23505": 409, "23503": 409, "23514": 422, "24000": 400, "25006": 400,
    "26000": 400, "27000": 400, "28P01": 400, "2B000": 400, "2D000": 400, "2F000": 400, "34000": 400, "38000": 400, "39000": 400, "3B000": 400,
    "3D000": 400, "3F000": 400, "40001": 503, "42P17": 400, "42501": 403, "44000": 422, "53100": 400, "54001": 400, "55000": 400, "55P03": 503,
    "57P01": 400, "57014": 400, "58030": 400, "F0000": 400, "HV00N": 400, "P0001": 400, "P0002": 400, "XX001": 400, "UE001": 400,
}  # fmt: skip


def test_what_a_trigger_raises_by_any_state(owners):
    before = owners.sql("SELECT pid FROM pg_stat_activity WHERE usename = 'rest'")
    for state, status in RAISED.items():
        error = refused(send(owners.web, "POST", "/raises", {"id": 1, "state": state}), status)
        if status == 400:
            assert (error["code"], error["message"]) == (state, "own words")
    assert owners.sql("SELECT pid FROM pg_stat_activity WHERE usename = 'rest'") == before


def test_what_a_collation_cannot_do(serve):
    made = serve(
        "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
        "CREATE TABLE t (id integer PRIMARY KEY, v text COLLATE loose)", "INSERT INTO t VALUES (1, 'Abc')",
    )  # fmt: skip
    assert made.json("/t?v=eq.abc&select=id") == [{"id": 1}]
    for word in ("like.a*", "ilike.a*", "match.a", "imatch.a"):
        response = made.get(f"/t?v={word}&select=id")
        if response.status != 200:  # what is not supported yet may be some day
            assert "does not support this" in error_of(response, 400, "0A000")["message"]


def test_a_statement_that_needs_more_than_the_server_gives_is_503(serve, database):
    limits = "ALTER ROLE rest SET work_mem = '64kB'", "ALTER ROLE rest SET temp_file_limit = '3MB'"
    table = "CREATE TABLE t (id integer, v text)", "INSERT INTO t SELECT n, repeat(md5(n::text), 40) FROM generate_series(1, 5000) AS n"
    try:
        made = serve(*limits, *table, MYREST_MAX_ROWS=10000)
        assert "reached a limit that the database sets" in error_of(made.get("/t?order=v"), 503, "53400")["message"]
        assert made.json("/t?id=eq.7&select=id") == [{"id": 7}]
    finally:
        plainly(database.schema(), "ALTER ROLE rest RESET work_mem", "ALTER ROLE rest RESET temp_file_limit")


def test_a_column_of_another_type_than_it_was(serve):
    """What the description says of the column is wrong by now, and the statement that it leads to has no operator."""
    made = serve(
        *(f"CREATE TABLE {table} (id integer PRIMARY KEY, v integer)" for table in ("t", "u")), *(f"INSERT INTO {table} VALUES (1, 5)" for table in ("t", "u")),
        tables="t,u", WEB_CONCURRENCY=1,
    )  # fmt: skip
    time.sleep(1.1)  # so often the tables are described
    made.sql("ALTER TABLE t ALTER v TYPE text")
    assert made.json("/t?v=eq.5") == [{"id": 1, "v": "5"}]
    time.sleep(1.1)
    made.sql("ALTER TABLE u ALTER v TYPE text")
    done(send(made.web, "PATCH", "/u?v=eq.5", {"id": 2}), 204)
    assert made.json("/u") == [{"id": 2, "v": "5"}]
    for table, method, target in (("u", "POST", "/u"), ("t", "PATCH", "/t?id=eq.1")):
        made.sql(f"ALTER TABLE {table} ALTER v TYPE integer USING 1")
        made.pool.signal(signal.SIGHUP)
        time.sleep(1.5)
        made.sql(f"ALTER TABLE {table} ALTER v TYPE boolean USING TRUE")
        answer = send(made.web, method, target, {"id": 1 if method == "PATCH" else 3, "v": 1})
        assert answer.status in (201, 204), answer


# --- what a duplicate's details say


def test_a_duplicate_has_the_values_of_its_key(serve):
    made = serve(
        'CREATE TABLE t (id integer PRIMARY KEY, "a.b" text, "it\'s (x)=(" text, "Order" text, n numeric(6,2), d date, u uuid, hidden text, b bytea, c text,'
        ' UNIQUE ("a.b", "it\'s (x)=("), UNIQUE ("Order", n), UNIQUE (d), UNIQUE (u), UNIQUE (hidden, c), UNIQUE (b))',
        "CREATE UNIQUE INDEX lower_c ON t (lower(c))",
        "INSERT INTO t VALUES (1, 'x', 'y', 'o', 1.5, '2024-01-02', '123e4567-e89b-12d3-a456-426655440000', 'secret', '\\x4142', 'C')",
        "CREATE TABLE other (id integer PRIMARY KEY, c text UNIQUE)", "INSERT INTO other VALUES (7, 'secret')",
        plpgsql("t_in()", "IF NEW.id = 50 THEN INSERT INTO other VALUES (8, 'secret'); END IF; IF NEW.c = 'h' THEN NEW.hidden := 'secret'; NEW.c := 'C'; END IF; RETURN NEW;"),
        "CREATE TRIGGER t BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION t_in()",
        grant="GRANT SELECT, INSERT, UPDATE ON t, other TO rest", tables="t(id,\"a.b\",\"it's (x)=(\",\"Order\",n,d,u,b,c),other", writable="t,other",
    )  # fmt: skip
    cases = [
        ({"id": 1}, "(id)=(1)"), ({"a.b": "x", "it's (x)=(": "y"}, "(a.b, it's (x)=()=(x, y)"), ({"Order": "o", "n": 1.5}, "(Order, n)=(o, 1.50)"),
        ({"d": "2024-01-02"}, "(d)=(2024-01-02)"), ({"u": "123E4567-e89b-12d3-a456-426655440000"}, "(u)=(123e4567-e89b-12d3-a456-426655440000)"),
        ({"b": "QUI="}, "(b)=(\\x4142)"),
    ]  # fmt: skip
    for number, (body, key) in enumerate(cases):
        error = error_of(send(made.web, "POST", "/t", {"id": 100 + number, **body}), 409, "23505")
        assert error["details"] == f"Key {key} already exists.", error
    made.sql("INSERT INTO t (id) VALUES (2)")
    error = error_of(send(made.web, "PATCH", "/t?id=eq.2", {"id": 1}), 409, "23505")
    assert error["details"] == "Key (id)=(1) already exists."
    for body in ({"id": 200, "c": "c"}, {"id": 50}, {"id": 201, "c": "h"}):  # by an expression; of another table; of a column that is not shown
        assert "secret" not in send(made.web, "POST", "/t", body).body.decode()
        assert error_of(send(made.web, "POST", "/t", body), 409, "23505")["details"] is None
    empty = {"id": 300, "a.b": "", "it's (x)=(": ""}
    done(send(made.web, "POST", "/t", empty), 201)
    assert error_of(send(made.web, "POST", "/t", empty | {"id": 301}), 409)["details"] == "Key (a.b, it's (x)=()=(, ) already exists."
    long = {"a.b": "x" * 1500, "it's (x)=(": "y"}
    done(send(made.web, "POST", "/t", {"id": 400, **long}), 201)
    assert error_of(send(made.web, "POST", "/t", {"id": 401, **long}), 409)["details"] == "Key (a.b, it's (x)=() already exists."
    made.sql("REVOKE SELECT ON t FROM rest", "GRANT SELECT (c) ON t TO rest")  # the server tells no values of what may not be read
    assert error_of(send(made.web, "POST", "/t", {"id": 1}), 409, "23505")["details"] in (None, "Key (id) already exists.")
    assert "x" * 100 not in made.pool.text()
