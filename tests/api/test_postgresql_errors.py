# SPDX-License-Identifier: MIT
"""What PostgreSQL refuses is told by code, column or constraint."""
import json
import re
import time
from urllib.parse import quote

import pytest

import servers
from postgresql_own import serve, strict, unchanged  # noqa: F401 (fixtures)
from servers import until
from web import error_of
from writing import REPRESENTATION, done, failed, refused, send, shown


@pytest.fixture(scope="module")
def formed(serve, database):
    [[version]] = database.sql("SHOW server_version_num")
    several = ", several int4multirange" if version >= "140000" else ""
    made = serve(f"CREATE TABLE t (id integer PRIMARY KEY, tags text[], n integer[], r int4range, days daterange, gap interval{several})")
    made.has_several = several != ""
    return made


@pytest.mark.parametrize("column, wrong, form", [
    ("tags", "x", "text[], as {a,b} or JSON"), ("n", "{x}", "integer[], as {a,b} or JSON"), ("r", "5", "int4range, as [a,b)"),
    ("days", "[2024-01-01", "daterange, as [a,b)"), ("several", "[1,2)", "int4multirange, as {[a,b),[c,d)}"), ("gap", "long", "interval"),
])  # fmt: skip
def test_the_form_of_a_value_is_told(formed, column, wrong, form):
    """Of types that other databases do not have, and whose values are not written as a program would."""
    if column == "several" and not formed.has_several:
        pytest.skip("no such type before PostgreSQL 14")
    for word in ("eq", "in", "gt") + (() if column == "gap" else ("cs",)):
        value = f'("{wrong}")' if word == "in" else wrong
        error = refused(formed.get(f"/t?{column}={word}.{quote(value, safe='')}"), 400, "22P02")
        assert error["message"] == f"the value is not of the column's type for column '{column}': expected {form}", word
    for method, target in (("POST", "/t"), ("PATCH", "/t?id=eq.1")):
        error = refused(send(formed.web, method, target, {"id": 1, column: wrong}), 400, "22P02")
        assert error["message"] == f"the value is not of the type of column '{column}': expected {form}", method


@pytest.fixture(scope="module")
def computing(serve):
    """Views and triggers that cannot do for each row what they are to do."""
    return serve(
        "CREATE TABLE pairs (id integer PRIMARY KEY, a smallint, b smallint)", "INSERT INTO pairs VALUES (1, 5, 0), (2, 3, 5)",
        "CREATE VIEW less AS SELECT id, a - (b * 20000)::smallint AS d FROM pairs",
        "CREATE VIEW divided AS SELECT id, a / (b - 5) AS q FROM pairs",
        "CREATE FUNCTION grumble(n integer) RETURNS integer LANGUAGE plpgsql"
        " AS $$BEGIN IF n = 2 THEN RAISE 'a secret of the owner'; END IF; RETURN n; END$$",
        "CREATE VIEW grumbling AS SELECT id, grumble(id) AS n FROM pairs",
        "CREATE FUNCTION deeper(n integer) RETURNS integer LANGUAGE plpgsql AS $$BEGIN RETURN deeper(n + 1) + 1; END$$",
        "CREATE VIEW bottomless AS SELECT id, deeper(id) AS n FROM pairs",
        "CREATE TABLE computed (id integer PRIMARY KEY, n integer, inverse integer GENERATED ALWAYS AS (1 / n) STORED)",
        "INSERT INTO computed (id, n) VALUES (1, 4)",
        "CREATE TABLE selfish (id integer PRIMARY KEY, n integer)", "INSERT INTO selfish VALUES (1, 0)",
        "CREATE FUNCTION selfish() RETURNS trigger LANGUAGE plpgsql AS $$DECLARE x integer; BEGIN"
        " IF NEW.n = 1 THEN PERFORM nothing_like_it(); END IF;"
        " IF NEW.n = 2 THEN EXECUTE 'INSERT INTO nowhere VALUES (1)'; END IF;"
        " IF NEW.n = 3 THEN SELECT 1 INTO STRICT x WHERE false; END IF;"
        " IF NEW.n = 4 THEN NEW.n = (SELECT 1 UNION SELECT 2); END IF;"
        " IF NEW.n = 5 THEN ASSERT false, 'never'; END IF;"
        " IF NEW.n = 6 THEN NEW.n = deeper(1); END IF;"
        " IF NEW.n = 11 THEN RAISE 'n must not be 11' USING ERRCODE = '08006'; END IF;"
        " IF NEW.n = 12 THEN RAISE 'n must not be 12' USING ERRCODE = '53100'; END IF;"
        " IF NEW.n = 13 THEN RAISE 'n must not be 13' USING ERRCODE = '57P01'; END IF;"
        " IF NEW.n = 14 THEN RAISE 'n must not be 14' USING ERRCODE = '42P01'; END IF;"
        " IF NEW.n = 15 THEN RAISE 'n must not be 15' USING ERRCODE = '57014'; END IF;"
        " RETURN NEW; END$$",
        "CREATE TRIGGER selfish BEFORE INSERT ON selfish FOR EACH ROW EXECUTE FUNCTION selfish()",
        "CREATE TABLE huge (id integer PRIMARY KEY, a text, b text, c text, d text, e text, f text, g text, h text, i text)",
        *(f"ALTER TABLE huge ALTER {column} SET STORAGE PLAIN" for column in "abcdefghi"),
        tables="less,divided,grumbling,bottomless,computed,selfish,huge", MYREST_LOG_LEVEL="info",
    )  # fmt: skip


@pytest.mark.parametrize(
    "view, state", [("less", "22003"), ("divided", "22012"), ("grumbling", "a secret of the owner"), ("bottomless", "54001")]
)
@pytest.mark.parametrize("query", ["", "?id=gt.0", "?order=id.desc&id=in.(1,2)"])
def test_a_view_that_cannot_compute_a_row(computing, view, state, query):
    """No client has sent that value: a 5xx, which does not say what the view's function says."""
    response = computing.get(f"/{view}{query}")
    if state == "a secret of the owner":  # what is raised has no state in the log's words
        assert "secret" not in str(refused(response, 500, "P0001"))
    else:
        failed(computing, response, 500, state, state, "statement-failed")
    if view != "bottomless":
        assert len(shown(computing.get(f"/{view}?id=eq.{2 if view == 'less' else 1}&select=id"))) == 1


def test_a_value_of_the_query_s_is_still_the_client_s(computing):
    error_of(computing.get("/computed?n=eq.x"), 400, "22P02")
    error_of(computing.get(f"/computed?n=eq.{10**30}"), 400, "22003")
    error_of(computing.get("/huge?a=match.(a"), 400, "2201B")


def test_a_text_that_an_extension_s_type_cannot_read(serve):
    """Its reader chooses the state: an internal error's, as hstore's does."""
    made = serve("CREATE EXTENSION IF NOT EXISTS hstore", "CREATE TABLE t (id integer PRIMARY KEY, h hstore)", "INSERT INTO t VALUES (1, 'a=>1')")
    for query in ("h=eq.x", "h=cs.x", "h=in.(a=>1,x)", "not.and=(h.eq.x)"):
        assert "'h'" in error_of(made.get(f"/t?{query}"), 400, "22P02")["message"]
    for method, target, body in (("POST", "/t", [{"id": 2, "h": "a=>2"}, {"id": 3, "h": "x"}]), ("PATCH", "/t?id=eq.1", {"h": "x"})):
        assert "'h'" in error_of(send(made.web, method, target, body), 400, "22P02")["message"]
    assert made.json("/t?h=cs.a%3D%3E1") == [{"id": 1, "h": '"a"=>"1"'}]


@pytest.mark.parametrize("select, code", [("v::json", "22P02"), ("v::date", "22P02"), ("id,v::float8", "22003")])
def test_a_cast_that_cannot_be_made_is_the_client_s(serve, select, code):
    value = {"v::json": "sad", "v::date": "2024-02-31"}.get(select, "1e999")
    made = serve("CREATE TABLE t (id integer PRIMARY KEY, v text)", f"INSERT INTO t VALUES (1, '{value}')")
    error_of(made.get(f"/t?select={select}"), 400, code)
    assert made.json("/t?select=id") == [{"id": 1}]


@pytest.mark.parametrize("method, target", [("POST", "/computed"), ("PATCH", "/computed?id=eq.1"), ("PUT", "/computed?id=eq.1")])
def test_a_column_that_cannot_be_computed(computing, method, target):
    refused(send(computing.web, method, target, {"id": 1 if method == "PUT" else 5, "n": 0}), 422, "22012")
    assert list(computing.sql("SELECT id, n FROM computed")) == [(1, 4)]
    error = refused(send(computing.web, "POST", "/computed", [{"id": 5, "n": 1}, {"id": 6, "n": 0}]), 422, "22012")
    assert "row 2" in error["details"]


@pytest.mark.parametrize("n, state", [(1, "42883"), (2, "42P01"), (3, "P0002"), (4, "21000"), (5, "P0004"), (6, "54001")])
def test_a_trigger_that_cannot_do_what_it_is_to_do(computing, n, state):
    failed(computing, send(computing.web, "POST", "/selfish", {"id": 5, "n": n}), 500, state, state, "write-failed")
    assert list(computing.sql("SELECT id FROM selfish")) == [(1,)]


@pytest.mark.parametrize("n, state", [(11, "08006"), (12, "53100"), (13, "57P01"), (14, "42P01"), (15, "57014")])
@pytest.mark.parametrize("prefer", [None, REPRESENTATION])
def test_what_a_trigger_raises_goes_before_its_state(computing, n, state, prefer):
    """Its author may give it a state that says of the server that it is gone, or full."""
    error = refused(send(computing.web, "POST", "/selfish", {"id": 5, "n": n}, prefer=prefer), 400, state)
    assert error["message"] == f"n must not be {n}"
    assert list(computing.sql("SELECT id FROM selfish")) == [(1,)]


def test_a_row_that_is_larger_than_a_table_can_have_it(computing):
    body = {"id": 1, **{column: "x" * 1000 for column in "abcdefghi"}}
    refused(send(computing.web, "POST", "/huge", body), 422, "54000")
    assert list(computing.sql("SELECT count(*) FROM huge")) == [(0,)]


def test_a_put_gives_no_row_another_spelling_of_its_key(serve):
    """Where the collation calls them equal; a character(n) is filled up with spaces."""
    tags = serve(
        "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
        "CREATE TABLE tags (tag text COLLATE loose PRIMARY KEY, n integer)", "INSERT INTO tags VALUES ('bar', 1)",
        "CREATE TABLE fixed (tag character(5) PRIMARY KEY, n integer)", "INSERT INTO fixed VALUES ('bar', 1)", tables="tags,fixed",
    )  # fmt: skip
    assert tags.json("/tags?tag=eq.BAR") == [{"tag": "bar", "n": 1}]
    error_of(send(tags.web, "PUT", "/tags?tag=eq.BAR", {"tag": "BAR", "n": 2}), 409, "23505")
    done(send(tags.web, "PUT", "/tags?tag=eq.bar", {"tag": "bar", "n": 3}), 204)
    done(send(tags.web, "PUT", "/fixed?tag=eq.bar", {"tag": "bar", "n": 3}), 204)
    assert list(tags.sql("SELECT * FROM tags")) == [("bar", 3)]


def test_a_key_that_is_longer_than_a_header(serve):
    """PostgreSQL packs what repeats itself, so that an index takes it: the row is written, and has no Location."""
    long = serve("CREATE TABLE long (k text PRIMARY KEY, v integer)", tables="long")
    for length, told in ((4000, True), (12000, True), (12500, False), (60000, False)):
        for prefer in ("return=headers-only", REPRESENTATION):
            key = f"{prefer[7]}{'a' * (length - 1)}"
            response = send(long.web, "POST", "/long", {"k": key}, prefer=prefer)
            assert response.status == 201 and ("location" in response.headers) == told, (length, prefer)
            assert not told or response.headers["location"] == f"/long?k=eq.{key}"
    assert list(long.sql("SELECT count(*) FROM long")) == [(8,)]
    key = "é" * 3000
    assert "location" not in send(long.web, "POST", "/long", {"k": key}, prefer="return=headers-only").headers


FAULTS = [
    ({"code": "zq9"}, 409, "23505", ("code",)),
    ({"code": "ZQ9"}, 409, "23505", ()),
    ({"a": 71, "b": 72}, 409, "23505", ("a", "b")),
    ({"id": 1}, 409, "23505", ("id",)),
    ({"parent": 99}, 409, "23503", ("parent",)),
    ({"must": None}, 422, "23502", ("must",)),
    ({"positive": 0}, 422, "23514", ()),
    ({"a": 13, "b": 13}, 422, "23514", ("two_columns",)),
    ({"short": "abcd"}, 422, "22001", ("short",)),
    ({"a": 2147483648}, 422, "22003", ("a",)),
    ({"a": "x"}, 400, "22P02", ("a",)),
    ({"span": "[2,3)"}, 409, ("23P01", "23505"), ()),
]


@pytest.mark.parametrize("body, status, code, names", FAULTS, ids=[json.dumps(fault[0]) for fault in FAULTS])
@pytest.mark.parametrize("how", ["POST", "representation", "rows", "merge"])
def test_what_the_database_refuses(unchanged, how, body, status, code, names):
    if how == "rows":
        good = [{**{name: None for name in body if name not in ("must", "id")}, **({"must": 0} if "must" in body else {})} for _ in range(20)]
        if "id" in body:
            good = [{"id": 1000 + number} for number in range(20)]
        good[6] = body
        response = send(unchanged.web, "POST", "/strict", good)
    elif how == "merge":
        if "id" in body:
            return
        response = send(unchanged.web, "POST", "/strict", {"id": 500, **body}, prefer="resolution=merge-duplicates")
    else:
        response = send(unchanged.web, "POST", "/strict", body, prefer=REPRESENTATION if how == "representation" else None)
    error = refused(response, status, code, *names)
    assert "zq9" not in json.dumps(error).replace("Key (code)=(zq9)", ""), "another row's data"
    if code == "23505" and names:
        wanted = f"Key ({', '.join(names)})=({', '.join(str(body[name]) for name in names)}) already exists."
        assert error["details"] == wanted + (" (row 7 of the body)" if how == "rows" else "")
    if how == "rows":
        assert re.search(r"\brow 7\b", f"{error['message']} {error['details']}"), f"row 7 is not named: {error}"


def test_a_parent_that_has_children(unchanged):
    refused(send(unchanged.web, "DELETE", "/parents/1"), 409, "23503")
    refused(send(unchanged.web, "PATCH", "/parents/1", {"id": 50}), 409, "23503")


def test_a_constraint_that_is_looked_at_by_the_commit(unchanged):
    """The client is not told 201 before the database has said so."""
    refused(send(unchanged.web, "POST", "/late", {"id": 1, "parent": 77}), 409, "23503")
    refused(send(unchanged.web, "POST", "/late", {"id": 1, "parent": 77}, prefer=REPRESENTATION), 409, "23503")
    done(send(unchanged.web, "POST", "/late", {"id": 1, "parent": 1}), 201)
    done(send(unchanged.web, "DELETE", "/late/1"), 204)


def test_what_a_trigger_raises(unchanged):
    for kind in ("plain", "own"):
        error = refused(send(unchanged.web, "POST", "/strict", {"kind": kind}), 400, ("P0001", "UE001"))
        assert error["message"]
    until(lambda: "is not for clients" in unchanged.pool.text(), 3, why="its words are not in the log")


def test_a_statement_that_takes_too_long_is_504(unchanged):
    began = time.monotonic()
    error_of(send(unchanged.web, "POST", "/strict", {"kind": "slow"}, timeout=30), 504, "57014")
    assert time.monotonic() - began < 6 * servers.FACTOR
    until(lambda: not unchanged.sql("SELECT 1 FROM pg_stat_activity WHERE usename = 'rest' AND wait_event = 'PgSleep'"), 5, why="it runs on in the server")
    assert unchanged.get("/parents").status == 200


@pytest.mark.parametrize("right, method, target, body", [
    ("SELECT", "GET", "/closed", None), ("INSERT", "POST", "/closed", {"id": 2}), ("UPDATE", "PATCH", "/closed/1", {"v": "z"}), ("DELETE", "DELETE", "/closed/1", None),
])  # fmt: skip
def test_a_right_that_is_gone_is_403(unchanged, right, method, target, body):
    unchanged.sql(f"REVOKE {right} ON closed FROM rest")
    try:
        refused(send(unchanged.web, method, target, body), 403, "42501")
    finally:
        unchanged.sql(f"GRANT {right} ON closed TO rest")
    assert unchanged.get("/closed").status == 200


def test_rows_that_a_policy_hides(serve):
    made = serve(
        "CREATE TABLE t (id integer PRIMARY KEY, owner text)", "INSERT INTO t VALUES (1, 'rest'), (2, 'other')", "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY own ON t USING (owner = current_user)",
    )  # fmt: skip
    assert made.json("/t") == [{"id": 1, "owner": "rest"}]
    assert made.get("/t/2").status == 404
    refused(send(made.web, "POST", "/t", {"id": 3, "owner": "other"}), 403, "42501")
    done(send(made.web, "POST", "/t", {"id": 3, "owner": "rest"}), 201)


def test_an_error_is_logged_with_the_server_s_code(unchanged):
    before = len(unchanged.pool.log())
    refused(send(unchanged.web, "POST", "/strict", {"code": "zq9"}), 409, "23505")
    until(lambda: any("23505" in json.dumps(entry) for entry in unchanged.pool.log()[before:]), 3, why="the log does not say the server's code")
