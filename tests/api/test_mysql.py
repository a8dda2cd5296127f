# SPDX-License-Identifier: MIT
"""What MySQL has and MariaDB has not, or has otherwise. It is run over a real MySQL alone (mysql_server.py)."""
import json
import signal
from urllib.parse import unquote

import pytest

import mysql_server
import servers
import writing
from servers import until
from web import error_of
from writing import GRANT, REPRESENTATION, Tables, done, refused, shown, statements_of

TABLES = {
    "hidden": (
        "CREATE TABLE hidden (id INT PRIMARY KEY AUTO_INCREMENT, seen INT, unseen INT DEFAULT 7 INVISIBLE)",
        "(id, seen, unseen) VALUES (1, 1, 1)",
    ),
    "bare": (
        [
            "SET SESSION sql_generate_invisible_primary_key = ON",
            "CREATE TABLE bare (v INT)",
            "SET SESSION sql_generate_invisible_primary_key = OFF",
        ],
        "(my_row_id, v) VALUES (1, 10), (2, 20), (3, NULL)",
    ),
    "people": (
        "CREATE TABLE people (id INT PRIMARY KEY, name VARCHAR(20), age INT, UNIQUE KEY lower_name ((LOWER(name))),"
        " UNIQUE KEY age_and_name (age, (UPPER(name))), KEY by_half ((age DIV 2), name))",
        "VALUES (1, 'ann', 30), (2, 'bob', 40)",
    ),
    "checked": (
        "CREATE TABLE checked (id INT PRIMARY KEY, n INT CHECK (n > 0), m INT, CONSTRAINT m_is_small CHECK (m < 10),"
        " CONSTRAINT ignored CHECK (m <> 5) NOT ENFORCED)",
        "VALUES (1, 1, 1)",
    ),
    "quiet": (
        "CREATE TABLE quiet (id INT PRIMARY KEY, code VARCHAR(10), t TEXT, loud TEXT,"
        " UNIQUE KEY code_key (code) INVISIBLE, FULLTEXT KEY t_words (t) INVISIBLE, FULLTEXT KEY loud_words (loud))",
        "VALUES (1, 'one', 'some words', 'some words')",
    ),
    "documents": ("CREATE TABLE documents (id INT PRIMARY KEY, doc JSON)", "VALUES (1, '[1]')"),
    "regions": (
        "CREATE TABLE regions (id INT, region INT NOT NULL DEFAULT 1, name VARCHAR(20), kind INT DEFAULT 5, v INT,"
        " PRIMARY KEY (id, region), UNIQUE KEY name_and_kind (name, kind))",
        "VALUES (1, 1, 'a', 5, 1), (1, 2, 'b', 5, 2)",
    ),
    "codes": (
        "CREATE TABLE codes (id INT PRIMARY KEY, name VARCHAR(20), kind INT DEFAULT 5,"
        " UNIQUE KEY name_and_kind (name, kind))",
        "VALUES (1, 'a', 5), (2, 'b', 6)",
    ),
    "heap": ("CREATE TABLE heap (a INT)", "VALUES (1)"),
    "tokens": ("CREATE TABLE tokens (id CHAR(36) PRIMARY KEY DEFAULT (UUID()), name VARCHAR(9))", ""),
    "views": (
        [
            "CREATE TABLE many (id INT PRIMARY KEY, n INT)",
            "INSERT INTO many SELECT seq, seq % 10 FROM seq_1_to_1000",
            "ANALYZE TABLE many",
            "CREATE VIEW gathered AS SELECT n, JSON_ARRAYAGG(id) AS ids, JSON_OBJECTAGG(id, n) AS pairs,"
            " JSON_OBJECT('n', n) AS made FROM many WHERE id < 5 GROUP BY n",
        ],
        None,
    ),
}
EXPOSED = "heap,tokens,hidden,bare,people,checked,quiet,documents,many,gathered"
MERGE = "resolution=merge-duplicates"
SHOWN = "SELECT id, name, age FROM people ORDER BY id"


@pytest.fixture(scope="module")
def tables(service):
    made = service(*statements_of(TABLES), grant=GRANT, tables=EXPOSED, MYREST_WRITABLE=EXPOSED)
    return Tables(made, TABLES)


@pytest.fixture
def w(tables):
    tables.renew()
    return tables


@pytest.fixture
def unchanged(w):
    before = w.snapshot()
    yield w
    assert w.snapshot() == before, "what was refused has changed something"


@pytest.fixture
def by_default(database):
    """by_default("name", value): of connections that are opened from then on, until the test is over."""
    changed = []

    def change(name, value):
        changed.append(name)
        database.sql(f"SET GLOBAL {name} = {value}")

    yield change
    for name in changed:
        database.sql(f"SET GLOBAL {name} = DEFAULT")


def send(front, method, target, body, prefer):
    headers = {"Content-Type": "application/json", "Prefer": prefer}
    return front.get(target, method=method, headers=headers, body=json.dumps(body).encode())


# --- columns and keys that SELECT * does not show


def test_an_invisible_column_is_one_as_any_other_where_it_is_named(w):
    """It is kept from clients by MYREST_TABLES, as any other is."""
    assert w.json("/hidden") == [{"id": 1, "seen": 1}]
    made = shown(w.post("/hidden", {"id": 2, "seen": 2}, prefer=REPRESENTATION), 201)
    assert made == [{"id": 2, "seen": 2}]
    done(w.post("/hidden", [{"id": 3, "unseen": 4}, {"id": 4, "unseen": 5}]), 201)
    assert w.json("/hidden?unseen=gt.3&order=unseen.desc&select=id,unseen") == [
        {"id": 2, "unseen": 7}, {"id": 4, "unseen": 5}, {"id": 3, "unseen": 4},
    ]  # fmt: skip
    done(w.patch("/hidden/1", {"unseen": 9}), 204)
    assert shown(w.put("/hidden/1?select=*,unseen", {"seen": 8}, prefer=REPRESENTATION)) == {"id": 1, "seen": 8, "unseen": 7}
    properties = w.json("/")["components"]["schemas"]["hidden"]["properties"]
    assert list(properties) == ["id", "seen", "unseen"]


@pytest.mark.parametrize("told", ["ON", "OFF"])
def test_a_primary_key_that_the_server_has_made(w, by_default, start_pool, start_nginx, told):
    """Whether the server tells of it by itself or not."""
    by_default("show_gipk_in_create_table_and_information_schema", told)
    front = start_nginx(start_pool(w.schema.url(), "bare", MYREST_WRITABLE="bare"))
    assert front.json("/bare") == [{"v": 10}, {"v": 20}, {"v": None}]
    assert front.json("/bare?select=*,my_row_id") == [{"v": 10, "my_row_id": 1}, {"v": 20, "my_row_id": 2}, {"v": None, "my_row_id": 3}]
    assert front.json("/bare/2") == {"v": 20}
    page = front.get("/bare?limit=2&order=v.desc.nullslast&select=v")
    assert page.json() == [{"v": 20}, {"v": 10}] and "after=(10,1)" in unquote(page.headers["link"])
    [made] = shown(send(front, "POST", "/bare?select=my_row_id", {"v": 40}, REPRESENTATION), 201)
    assert made["my_row_id"] > 3 and front.json(f"/bare/{made['my_row_id']}") == {"v": 40}
    changed = shown(send(front, "PATCH", "/bare?v=is.null", {"v": 30}, REPRESENTATION))
    assert changed == [{"v": 30}]


# --- unique keys that are not of columns alone


@pytest.mark.parametrize("resolution", ["merge", "ignore"])
@pytest.mark.parametrize("body", [{"id": 5, "name": "ANN"}, [{"id": 6, "name": "new"}, {"id": 5, "name": "ANN"}]])
def test_a_key_over_an_expression_is_not_met_by_an_upsert(unchanged, resolution, body):
    """It is none that the upsert means: the row that has it stays as it is."""
    error = refused(unchanged.post("/people", body, prefer=f"resolution={resolution}-duplicates"), 409, "23505")
    assert "ann" not in json.dumps(error).lower()


def test_a_key_over_an_expression(unchanged):
    error = refused(unchanged.post("/people", {"id": 5, "name": "Bob"}), 409, "23505")
    assert (error["message"], error["details"]) == ("another row has this key already", None)
    error = refused(unchanged.post("/people", {"id": 5, "name": "Ann", "age": 30}), 409, "23505")
    assert (error["message"], error["details"]) == ("another row has this key already", None)
    refused(unchanged.post("/people", [{"id": 5, "name": "x"}, {"id": 6, "name": "Bob"}]), 409, "23505", "row 2")
    refused(unchanged.patch("/people?id=eq.1", {"name": "BOB", "age": 40}), 409, "23505")
    for names in ("name", "age", "age,name"):
        response = unchanged.post(f"/people?on_conflict={names}", {"id": 5, "name": "ann", "age": 30}, prefer=MERGE)
        refused(response, 400, "42P10")


def test_an_upsert_beside_a_key_over_an_expression(w):
    rows = [{"id": 2, "name": "BOB", "age": 41}, {"id": 3, "name": "cid", "age": 1}]
    done(w.post("/people", rows, prefer=MERGE), 201)
    assert w.ask(SHOWN) == ((1, "ann", 30), (2, "BOB", 41), (3, "cid", 1))
    rows = [{"id": 2, "name": "x", "age": 1}, {"id": 4, "name": "dan", "age": 2}]
    done(w.post("/people", rows, prefer="resolution=ignore-duplicates"), 201)
    assert w.ask(SHOWN) == ((1, "ann", 30), (2, "BOB", 41), (3, "cid", 1), (4, "dan", 2))


@pytest.fixture
def partial(w, start_pool, start_nginx):
    """Before an account that may not see all columns of the keys, which MySQL shows it all the same."""
    name = w.schema.name
    w.schema.sql(
        "CREATE USER partial@'%' IDENTIFIED BY 'partial'",
        f"GRANT SELECT (id, name, v), INSERT (id, name, v), UPDATE (id, name, v) ON {name}.regions TO partial@'%'",
        f"GRANT SELECT (id, name), INSERT (id, name), UPDATE (id, name) ON {name}.codes TO partial@'%'",
    )
    url = w.schema.url(user="partial", password="partial")
    pool = start_pool(url, "regions,codes", MYREST_WRITABLE="regions,codes")
    yield start_nginx(pool)
    w.schema.sql("DROP USER partial@'%'")


def test_a_primary_key_of_which_a_column_is_not_shown(w, partial):
    """What is left of it tells no rows apart: it is no key."""
    assert sorted(row["v"] for row in partial.json("/regions?select=id,v")) == [1, 2]
    error_of(partial.get("/regions/1"), 404)
    before = w.rows("SELECT * FROM regions")
    error_of(send(partial, "PATCH", "/regions?v=eq.1", {"v": 9}, REPRESENTATION), 400)
    error_of(send(partial, "POST", "/regions", {"id": 1, "name": "c", "v": 9}, MERGE), 400, "42P10")
    error_of(send(partial, "POST", "/regions", {"id": 1, "name": "c", "v": 9}, "return=minimal"), 409, "23505")
    assert w.rows("SELECT * FROM regions") == before
    done(send(partial, "PATCH", "/regions?v=eq.1", {"v": 9}, "return=minimal"), 204)
    assert w.rows("SELECT region, v FROM regions") == [(1, 9), (2, 2)]


@pytest.mark.parametrize("resolution", ["merge", "ignore"])
def test_a_unique_key_of_which_a_column_is_not_shown(w, partial, resolution):
    before = w.rows("SELECT * FROM codes")
    response = send(partial, "POST", "/codes", {"id": 3, "name": "a"}, f"resolution={resolution}-duplicates")
    error_of(response, 409, "23505")
    assert w.rows("SELECT * FROM codes") == before
    done(send(partial, "POST", "/codes", [{"id": 1, "name": "z"}, {"id": 3, "name": "b"}], MERGE), 201)
    assert w.rows("SELECT * FROM codes") == [(1, "z", 5), (2, "b", 6), (3, "b", 5)]


# --- indexes that statements do not use


def test_an_invisible_unique_index_is_one(w):
    refused(w.post("/quiet", {"id": 2, "code": "one"}), 409, "23505", "code")
    done(w.post("/quiet?on_conflict=code", {"id": 1, "code": "one", "t": "new"}, prefer=MERGE), 201)
    assert w.rows("SELECT id, code, t FROM quiet") == [(1, "one", "new")]


def test_an_invisible_fulltext_index_serves_no_search(w):
    assert w.json("/quiet?loud=fts.words&select=id") == [{"id": 1}]
    without, invisible = (error_of(w.get(f"/quiet?{column}=fts.words"), 400) for column in ("code", "t"))
    assert invisible["code"] == without["code"] and "'t'" in invisible["message"]
    w.schema.sql("ALTER TABLE quiet ALTER INDEX t_words VISIBLE")
    try:
        w.pool.signal(signal.SIGHUP)
        until(lambda: w.get("/quiet?t=fts.words").status == 200, 10)
    finally:
        w.schema.sql("ALTER TABLE quiet ALTER INDEX t_words INVISIBLE")


# --- new rows, which INSERT does not give back


@pytest.mark.parametrize("table, body", [("heap", {"a": 2}), ("tokens", {"name": "x"})])
def test_a_new_row_that_cannot_be_found_again(w, table, body):
    """It has no primary key, or one that the server makes and does not tell of."""
    before = w.snapshot()
    for rows in (body, [body, body]):
        refused(w.post(f"/{table}", rows, prefer=REPRESENTATION), 400, "PGRST122")
    assert w.snapshot() == before, "what was refused has changed something"
    assert "location" not in done(w.post(f"/{table}", body, prefer="return=headers-only"), 201).headers
    done(w.post(f"/{table}", [body, body]), 201)
    assert len(w.rows(f"SELECT * FROM {table}")) == len(before[table]) + 3


# --- checks


def test_checks_are_told_by_their_names(unchanged):
    refused(unchanged.post("/checked", {"id": 2, "n": 0}), 422, "23514", "checked_chk_1")
    refused(unchanged.post("/checked", [{"id": 2, "m": 1}, {"id": 3, "m": 10}]), 422, "23514", "m_is_small", "row 2")
    refused(unchanged.patch("/checked/1", {"m": 11}), 422, "23514", "m_is_small")
    refused(unchanged.put("/checked/1", {"n": -1, "m": 1}), 422, "23514", "checked_chk_1")
    refused(unchanged.post("/checked", {"id": 1, "m": 12}, prefer=MERGE), 422, "23514", "m_is_small")


def test_a_check_that_is_not_enforced(w):
    done(w.post("/checked", {"id": 2, "m": 5}), 201)


# --- JSON


def test_json_that_views_make_is_json(w):
    rows = w.json("/gathered?order=n")
    assert rows[0] == {"n": 1, "ids": [1], "pairs": {"1": 1}, "made": {"n": 1}} and len(rows) == 4
    assert w.json("/gathered?select=first:ids->0,made->>n&ids=cs.[2]") == [{"first": 2, "n": "2"}]
    assert w.get("/gathered?select=ids&limit=1", headers={"Accept": "text/csv"}).body == b"ids\n[1]\n"


def test_numbers_of_json_that_the_server_does_not_keep(unchanged):
    refused(unchanged.post("/documents", b'{"id":2,"doc":1e400}'), 400, "22P02", "doc")
    refused(unchanged.post("/documents", b'[{"id":2,"doc":1},{"id":3,"doc":[-1e400]}]'), 400, "22P02", "doc", "row 2")
    refused(unchanged.patch("/documents/1", b'{"doc":{"a":1e400}}'), 400, "22P02", "doc")
    error_of(unchanged.get("/documents?doc=cs.[1e400]"), 400, "22P02")


def test_numbers_of_json_beyond_64_bits_are_doubles(w):
    body = b'{"id":2,"doc":[18446744073709551615,-9223372036854775808,18446744073709551616,0.10]}'
    [row] = w.post("/documents", body, prefer=REPRESENTATION).json(exact=True)
    wanted = ["18446744073709551615", "-9223372036854775808", "1.8446744073709552e19", "0.1"]
    assert [str(number) for number in row["doc"]] == wanted
    assert w.json("/documents?doc->2=eq.18446744073709551616&select=id") == [{"id": 2}]


# --- JSON duality views


@pytest.fixture(scope="module")
def dual(service):
    return service(
        "CREATE TABLE b (id INT PRIMARY KEY, n VARCHAR(10) NOT NULL)", "INSERT INTO b VALUES (1, 'a')",
        "CREATE JSON DUALITY VIEW dual_view AS SELECT JSON_DUALITY_OBJECT(WITH (UPDATE) '_id': id, 'n': n) FROM b",
        grant=GRANT, tables="dual_view", MYREST_WRITABLE="dual_view", MYREST_LOG_LEVEL="info",
    )  # fmt: skip


@pytest.mark.parametrize(
    "method, body, status, code",
    [
        ("POST", {"_id": 2, "n": "b"}, 400, "55000"),
        ("DELETE", None, 400, "55000"),
        ("PATCH", {"_id": 2, "n": "b"}, 400, "428C9"),
        ("PATCH", {"_id": 1, "n": "b", "more": 1}, 400, "22P02"),
        ("PATCH", [1], 400, "22P02"),
        ("PATCH", {"_id": 1}, 422, "23502"),
        ("PATCH", {"_id": 1, "n": "b", "_metadata": {"etag": "0" * 32}}, 412, "40001"),
    ],
)
def test_what_a_json_duality_view_refuses(dual, method, body, status, code):
    """Its errors have numbers of their own."""
    before = dual.json("/dual_view")
    response = writing.send(dual.web, method, "/dual_view" + ("" if method == "POST" else "?data->_id=eq.1"), body and {"data": body})
    error = error_of(response, status, code)
    assert "an internal error" not in error["message"]
    assert dual.json("/dual_view") == before
    data = {"_id": 1, "n": "b" if before[0]["data"]["n"] == "a" else "a", "_metadata": before[0]["data"]["_metadata"]}
    done(writing.send(dual.web, "PATCH", "/dual_view?data->_id=eq.1", {"data": data}), 204)
    assert dual.json("/dual_view")[0]["data"]["n"] == data["n"]


# --- vectors


def test_a_vector_is_compared_with_nothing(service):
    """The server's = and <=> take none, and no cast does; a page cannot begin after one."""
    made = service(
        "CREATE TABLE arrows (id INT PRIMARY KEY, v VECTOR(3))",
        "INSERT INTO arrows VALUES (1, STRING_TO_VECTOR('[1,2,3]')), (2, STRING_TO_VECTOR('[3,2,1]')), (3, NULL)",
        tables="arrows", MYREST_LOG_LEVEL="info",
    )  # fmt: skip
    for query in ("v=eq.AAAAAAAAAAAAAAAA", "v=neq.AAAA", "v=gt.", "v=in.(AAAA)", "v=isdistinct.AAAA", "not.or=(v.lte.AAAA,id.eq.1)"):
        assert "does not apply to vectors" in error_of(made.get(f"/arrows?{query}"), 400, "42883")["message"]
    error_of(made.get("/arrows?select=v::text"), 400, "42846")
    assert [row["id"] for row in made.json("/arrows?v=is.null&select=id")] == [3]
    page = made.get("/arrows?order=v.desc.nullslast,id&limit=1")
    assert len(page.json()) == 1 and "after=" not in page.headers["link"]
    assert [row["v"] is None for row in made.json("/arrows?select=v&order=id")] == [False, False, True]


# --- plans


@pytest.mark.parametrize(
    "name, value",
    [
        ("explain_format", "'TRADITIONAL'"),
        ("explain_format", "'TREE'"),
        ("explain_format", "'JSON'"),
        ("explain_json_format_version", "1"),
        ("explain_json_format_version", "2"),
        ("optimizer_switch", "'hypergraph_optimizer=on'"),
    ],
)
def test_the_guess_of_the_planner(w, by_default, start_pool, start_nginx, name, value):
    """In whatever form the server explains. The hypergraph optimizer explains in no table: all are counted."""
    by_default(name, value)
    front = start_nginx(start_pool(w.schema.url(), "many"))
    for count in ("planned", "estimated"):
        response = front.get("/many?limit=1&id=gt.500", headers={"Prefer": f"count={count}"})
        assert response.status == 206, response
        assert 300 < int(response.headers["content-range"].rpartition("/")[2]) < 700, response
    assert front.get("/many?limit=1&id=gt.500", headers={"Prefer": "count=exact"}).headers["content-range"] == "0-0/500"


# --- accounts


@pytest.fixture
def member(database, w):
    made = []

    def make(*grants, plugin="caching_sha2_password", password=servers.SECRET):
        name = f"member{len(made)}"
        made.append(name)
        database.sql(f"CREATE USER {name}@'%' IDENTIFIED WITH {plugin} BY '{password}'")
        database.sql(*(f"{grant} TO {name}@'%'" for grant in grants))
        return name

    yield make
    for name in made:
        database.sql(f"DROP USER {name}@'%'")


@pytest.mark.parametrize("plugin", ["caching_sha2_password", "sha256_password"])
@pytest.mark.parametrize("password", [servers.SECRET, "p" * 100, ""])
@pytest.mark.parametrize("way", ["socket", "required", "preferred", "disabled"])
def test_a_password_that_the_server_has_not_seen_yet(database, w, member, start_pool, plugin, password, way):
    """By the socket or TLS it is sent; without TLS it is enciphered for the server's key."""
    name = member(f"GRANT SELECT ON {w.schema.name}.*", plugin=plugin, password=password)
    url = w.schema.url(tcp=way != "socket", user=name, password=password)
    url += "" if way == "socket" else f"?ssl-mode={way}"
    for forgotten in (False, False, True):  # the second time it has
        if forgotten:
            database.sql("FLUSH PRIVILEGES")
        pool = start_pool(url, "many", workers=1)
        assert pool.ask("/many/1").status == 200
        assert (pool.log("database-open")[0]["tls"] != "none") == (way in ("required", "preferred"))
        pool.stop()


@pytest.mark.slow
def test_a_password_that_a_server_without_tls_and_key_has_not_seen_yet(lab, start_pool):
    """It refuses it, in the words for a wrong one, until somebody has come with it by the socket."""
    database = mysql_server.WithoutTls(lab)
    try:
        schema = database.schema("CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t VALUES (1)")
        database.sql("FLUSH PRIVILEGES")
        pool = start_pool(schema.url(tcp=True), "t", workers=1, ready=False)
        until(lambda: pool.log("database-away"), 10)
        assert "Access denied" in pool.log("database-away")[0]["message"]
        assert pool.ask("/t").status == 503
        database.connect(user="rest", password=servers.SECRET).close()
        until(pool.is_ready, 10)
        assert pool.ask("/t").status == 200
        pool.stop()
    finally:
        database.kill()


def test_vectors_are_shown_and_compared_with_nothing(database, service):
    if int(database.sql("SELECT VERSION()")[0][0].split(".")[0]) < 9:
        pytest.skip("there are vectors from MySQL 9 on")
    vectors = service("CREATE TABLE vectors (id INT PRIMARY KEY, v VECTOR(2))",
                      "INSERT INTO vectors VALUES (1, STRING_TO_VECTOR('[1,2]')), (2, NULL)", tables="vectors")  # fmt: skip
    assert vectors.json("/vectors?order=id") == [{"id": 1, "v": "AACAPwAAAEA="}, {"id": 2, "v": None}]
    assert vectors.json("/vectors?v=is.null&select=id") == [{"id": 2}]
    for operator in ("eq", "neq", "gt", "lte", "isdistinct"):
        assert "vectors" in error_of(vectors.get(f"/vectors?v={operator}.AACAPwAAAEA="), 400, "42883")["message"]


@pytest.mark.parametrize("way", ["required", "disabled"])
def test_a_wrong_password(w, member, start_pool, way):
    name = member(f"GRANT SELECT ON {w.schema.name}.*")
    url = w.schema.url(tcp=True, user=name, password="another") + f"?ssl-mode={way}"
    pool = start_pool(url, "many", workers=1, ready=False)
    until(lambda: pool.log("database-away"), 10)
    assert "Access denied" in json.dumps(pool.log("database-away")[0])
    assert pool.ask("/many/1").status == 503


def test_rights_that_come_by_roles(database, w, member, start_pool, start_nginx):
    """The account has those of its default roles; a role that is taken from it is gone at once."""
    name = member(f"GRANT SELECT ON {w.schema.name}.hidden")
    database.sql(
        "CREATE ROLE reader, writer", f"GRANT SELECT ON {w.schema.name}.documents TO reader",
        f"GRANT INSERT, UPDATE ON {w.schema.name}.documents TO writer", f"GRANT reader, writer TO {name}@'%'",
    )  # fmt: skip
    try:
        url = w.schema.url(user=name)
        pool = start_pool(url, "hidden,documents", MYREST_WRITABLE="documents", ready=False)
        until(lambda: pool.log("table-missing"), 10)
        assert pool.ask("/hidden/1").status == 200
        error_of(start_nginx(pool).get("/documents"), 404)
        database.sql(f"SET DEFAULT ROLE reader TO {name}@'%'")
        front = start_nginx(start_pool(url, "hidden,documents", MYREST_WRITABLE="documents"))
        assert front.json("/documents") == [{"id": 1, "doc": [1]}]
        error_of(send(front, "POST", "/documents", {"id": 2, "doc": []}, "return=minimal"), 403, "42501")
        database.sql(f"SET DEFAULT ROLE ALL TO {name}@'%'")
        front = start_nginx(start_pool(url, "hidden,documents", MYREST_WRITABLE="documents"))
        made = shown(send(front, "POST", "/documents", {"id": 2, "doc": []}, REPRESENTATION), 201)
        assert made == [{"id": 2, "doc": []}]
        done(send(front, "PATCH", "/documents/2", {"doc": [2]}, "return=minimal"), 204)
        database.sql(f"REVOKE writer FROM {name}@'%'")
        error_of(send(front, "PATCH", "/documents/2", {"doc": [3]}, "return=minimal"), 403, "42501")
        assert front.json("/documents/2") == {"id": 2, "doc": [2]}
    finally:
        database.sql("DROP ROLE reader, writer")
