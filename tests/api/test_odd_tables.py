# SPDX-License-Identifier: MIT
"""Tables as few are made: each is served as the server itself serves it, or as any other table would be.

On MariaDB and MySQL; statements are what both understand, but for those that say otherwise.
"""
import re
from urllib.parse import quote

import pytest

import mysql
import postgresql
from writing import CSV, GRANT, REPRESENTATION, Tables, done, refused, send, shown, statements_of

pytestmark = pytest.mark.skipif(postgresql.HERE, reason="tables of MySQL and MariaDB")

TABLES = {
    "days": (
        [
            "CREATE TABLE days (id INT PRIMARY KEY, d DATE NOT NULL, t DATETIME NOT NULL, n DATE)",
            "CREATE VIEW day_of AS SELECT e.id, days.d, days.t FROM days RIGHT JOIN (SELECT 1 AS id UNION SELECT 9) AS e USING (id)",
        ],
        None,
    ),
    "veiled": (
        [
            "CREATE TABLE veiled (id INT PRIMARY KEY, name VARCHAR(20), veil VARCHAR(20) INVISIBLE DEFAULT 'none', n INT)",
            "CREATE VIEW veiled_all AS SELECT * FROM veiled",
            "CREATE VIEW veiled_named AS SELECT id, veil FROM veiled",
            "CREATE TABLE veiled_chosen (id INT PRIMARY KEY, veil INT INVISIBLE DEFAULT 1)",
            "CREATE TABLE veiled_only (seen INT, id INT INVISIBLE AUTO_INCREMENT PRIMARY KEY, v INT INVISIBLE DEFAULT 1)",
            "INSERT INTO veiled_chosen (id) VALUES (1)",
            "INSERT INTO veiled_only (seen, id) VALUES (1, 1)",
        ],
        "(id, name, veil) VALUES (1, 'a', 'x'), (2, 'b', 'y')",
    ),
    "tags": (
        "CREATE TABLE tags (tag VARCHAR(20) COLLATE utf8mb4_general_ci PRIMARY KEY, n INT)",
        "VALUES ('🎩', 1), ('bar', 1), ('é', 1)",
    ),
    "twos": (
        "CREATE TABLE twos (a INT, tag CHAR(5) COLLATE utf8mb4_general_ci, kind ENUM('x', 'y'), n INT, PRIMARY KEY (a, tag, kind))",
        "VALUES (1, 'bar', 'x', 1)",
    ),
    "loose": (
        ["CREATE TABLE loose (id INT PRIMARY KEY, n INT) ENGINE=MyISAM", "CREATE TABLE firm (id INT PRIMARY KEY, n INT NOT NULL)"],
        "VALUES (1, 1)",
    ),
}
EXPOSED = "tags,twos,loose,firm,days,day_of,veiled,veiled_all,veiled_named,veiled_chosen(id,veil),veiled_only"
if not mysql.HERE:
    PERIOD = (
        "rs TIMESTAMP(6) GENERATED ALWAYS AS ROW START, re TIMESTAMP(6) GENERATED ALWAYS AS ROW END{},"
        " PERIOD FOR SYSTEM_TIME (rs, re)) WITH SYSTEM VERSIONING"
    )
    TABLES["kept"] = ("CREATE TABLE kept (id INT PRIMARY KEY, name VARCHAR(9) UNIQUE, v INT) WITH SYSTEM VERSIONING", "VALUES (1, 'a', 1), (2, 'b', 2)")
    TABLES["named"] = (
        "CREATE TABLE named (id INT PRIMARY KEY, name VARCHAR(9) UNIQUE, v INT, " + PERIOD.format(""),
        "(id, name, v) VALUES (1, 'a', 1), (2, 'b', 2)",
    )
    TABLES["unseen"] = (
        "CREATE TABLE unseen (id INT PRIMARY KEY, name VARCHAR(9) UNIQUE, v INT, " + PERIOD.replace("ROW START", "ROW START INVISIBLE").format(" INVISIBLE"),
        "(id, name, v) VALUES (1, 'a', 1), (2, 'b', 2)",
    )
    EXPOSED += ",kept,named,unseen"


@pytest.fixture(scope="module")
def tables(service):
    made = service(*statements_of(TABLES), grant=GRANT, tables=EXPOSED, MYREST_WRITABLE=EXPOSED, MYREST_LOG_LEVEL="info",
                   MYREST_ALLOW_ROLLBACK="on")  # fmt: skip
    return Tables(made, TABLES)


@pytest.fixture
def w(tables):
    tables.renew()
    return tables


# --- days that are none


@pytest.fixture
def days(w):
    w.ask(
        "SET sql_mode = ''",
        "DELETE FROM days",
        "INSERT INTO days VALUES (1, '0000-00-00', '0000-00-00 00:00:00', NULL), (2, '2024-01-01', '2024-01-01 00:00:00', '2024-01-01')",
        "SET sql_mode = 'STRICT_ALL_TABLES'",
    )
    return w


@pytest.mark.parametrize(
    "query, found",
    [
        ("d=is.null", []),
        ("t=is.null", []),
        ("d=not.is.null", [1, 2]),
        ("d=is.not_null", [1, 2]),
        ("not.or=(d.is.null,t.is.null)", [1, 2]),
        ("or=(t.is.null,id.eq.9)", []),
        ("or=(d.is.null,d.gt.2000-01-01)", [2]),
        ("n=is.null", [1]),
        ("n=not.is.null", [2]),
    ],
)
def test_the_day_0000_00_00_is_not_null(days, query, found):
    """Of columns that have no NULL the servers say IS NULL of it, for ODBC's sake: it is shown as a day."""
    assert [row["id"] for row in days.json(f"/days?select=id&order=id&{query}")] == found


def test_days_that_a_writer_has_let_in_are_found(days):
    """Parts of them are not known, and a filter may ask for that; what no calendar has is found by its key or between others."""
    let_in = ["2024-02-00", "2024-00-00", "2023-00-31", "2024-02-30"]
    days.ask("SET sql_mode = 'ALLOW_INVALID_DATES'", *(f"INSERT INTO days VALUES ({id}, '{day}', '{day} 01:02:03', NULL)" for id, day in enumerate(let_in, 3)),
             "SET sql_mode = 'STRICT_ALL_TABLES'")  # fmt: skip
    for id, day in enumerate(["0000-00-00", *let_in[:3]]):
        id += 2 if id else 1
        for query in (f"d=eq.{day}", f"d=in.({day})", f"d=gte.{day}&d=lte.{day}", f"t=eq.{day}" + ("T01:02:03" if id > 1 else "")):
            assert [row["id"] for row in days.json(f"/days?select=id&{query}")] == [id], query
    assert [row["d"] for row in days.json("/days?select=d&d=gt.2024-02-29&d=lt.2024-03-01")] == ["2024-02-30"]
    refused(days.get("/days?d=eq.2024-02-30"), 400, "22P02", "d")


def test_no_such_day_is_deleted_as_null(days):
    response = done(days.delete("/days?d=is.null", prefer="count=exact"), 204)
    assert response.headers["content-range"] == "*/0"
    assert days.rows("SELECT id FROM days") == [(1,), (2,)]


def test_a_day_of_an_outer_join_is_null_where_there_is_none(days):
    assert days.json("/day_of?d=is.null") == [{"id": 9, "d": None, "t": None}]
    assert days.json("/day_of?t=is.null&select=id") == [{"id": 9}]


# --- columns that SELECT * does not show


def test_an_invisible_column_is_shown_where_it_is_named(w):
    assert w.json("/veiled") == [{"id": 1, "name": "a", "n": None}, {"id": 2, "name": "b", "n": None}]
    assert w.json("/veiled?select=*&id=eq.1") == [{"id": 1, "name": "a", "n": None}]
    assert w.json("/veiled?select=*,veil&id=eq.1") == [{"id": 1, "name": "a", "n": None, "veil": "x"}]
    assert w.json("/veiled?select=id,veil&id=eq.1") == [{"id": 1, "veil": "x"}]
    assert w.json("/veiled?veil=eq.y") == [{"id": 2, "name": "b", "n": None}]
    assert [row["id"] for row in w.json("/veiled?order=veil.desc")] == [2, 1]
    assert w.get("/veiled?limit=1", headers={"Accept": CSV}).body.decode() == "id,name,n\n1,a,\n"
    assert w.json("/veiled_all?id=eq.1") == [{"id": 1, "name": "a", "n": None}]
    assert w.json("/veiled_named?id=eq.1") == [{"id": 1, "veil": "x"}]


def test_a_page_by_an_invisible_column(w):
    page = w.get("/veiled?order=veil.desc&limit=1")
    assert page.json() == [{"id": 2, "name": "b", "n": None}]
    target = re.match("<https?://[^/]+(/[^>]+)>", page.headers["link"]).group(1)
    assert w.json(target) == [{"id": 1, "name": "a", "n": None}]


def test_an_invisible_column_that_the_operator_names_is_shown(w):
    assert w.json("/veiled_chosen") == [{"id": 1, "veil": 1}]
    assert w.json("/veiled_only") == [{"seen": 1}]
    assert w.json("/veiled_only/1") == {"seen": 1}


def test_what_is_written_has_the_invisible_column_where_it_is_named(w):
    made = shown(w.post("/veiled", {"id": 3, "name": "c", "veil": "z"}, prefer=REPRESENTATION), 201)
    assert made == [{"id": 3, "name": "c", "n": None}]
    assert w.rows("SELECT veil FROM veiled WHERE id = 3") == [("z",)]
    assert shown(w.patch("/veiled/3", {"n": 1}, prefer=REPRESENTATION)) == {"id": 3, "name": "c", "n": 1}
    done(w.post("/veiled", {"id": 4, "name": "d"}), 201)
    assert w.rows("SELECT veil FROM veiled WHERE id IN (3, 4)") == [("none",), ("z",)]


def test_the_tag_of_a_row_is_over_its_invisible_columns_as_well(w):
    """As it is over those that select leaves out."""
    tag = w.get("/veiled/1").headers["etag"]
    assert w.get("/veiled/1?select=*,veil").headers["etag"] == tag == w.get("/veiled/1?select=id").headers["etag"]
    done(w.patch("/veiled/1", {"veil": "other"}), 204)
    assert w.get("/veiled/1").headers["etag"] != tag
    refused(w.patch("/veiled/1", {"n": 5}, If_Match=tag), 412, "40001")
    done(w.patch("/veiled/1", {"n": 5}, If_Match=w.get("/veiled/1").headers["etag"]), 204)


# --- tables with versions


@pytest.mark.skipif(mysql.HERE, reason="versions are MariaDB's")
@pytest.mark.parametrize("table", ["kept", "named", "unseen"])
def test_a_table_with_versions_has_its_keys(w, table):
    """Rows of now are told apart by them, though those of a table with versions end with the row's end."""
    row = {"id": 1, "name": "a", "v": 1}
    got = w.json(f"/{table}/1")
    assert {name: got[name] for name in row} == row and (table == "named") == ("re" in got)
    assert "after=(1)" in w.get(f"/{table}?limit=1").headers["link"]
    assert "after=(1,1)" in w.get(f"/{table}?limit=1&order=v").headers["link"]
    merge = "resolution=merge-duplicates"
    assert w.post(f"/{table}?on_conflict=id", {"id": 1, "v": 9}, prefer=merge).status in (200, 201)
    assert w.post(f"/{table}?on_conflict=name", {"id": 1, "name": "a", "v": 8}, prefer=merge).status in (200, 201)
    assert w.rows(f"SELECT v FROM {table} WHERE id = 1") == [(8,)]
    changed = shown(w.patch(f"/{table}/1?select=id,name,v", {"v": 5}, prefer=REPRESENTATION))
    assert changed == {"id": 1, "name": "a", "v": 5}
    done(w.put(f"/{table}/4", {"id": 4, "name": "d", "v": 4}), 201)
    error = refused(w.post(f"/{table}", {"id": 5, "name": "a"}), 409, "23505", "name")
    assert error["details"] == "Key (name) already exists."
    done(w.delete(f"/{table}/2"), 204)
    assert w.rows(f"SELECT id FROM {table}") == [(1,), (4,)]


# --- keys that a collation calls equal


@pytest.mark.parametrize("there, key", [("🎩", "💥"), ("bar", "BAR"), ("bar", "bar "), ("é", "E"), ("é", "e\u0301")])
@pytest.mark.parametrize("prefer", [None, REPRESENTATION])
def test_a_put_gives_no_row_another_spelling_of_its_key(w, there, key, prefer):
    """It would take the row of another resource."""
    target = f"/tags/{quote(key, safe='')}"
    found = w.get(target)
    if found.status == 404:  # not equal to this server's collation
        done(w.put(target, {"n": 2}), 201)
        return
    assert found.json() == {"tag": there, "n": 1}
    for body in ({"tag": key, "n": 2}, {"n": 2}):
        refused(w.put(target, body, prefer=prefer), 409, "23505")
    refused(w.put(f"/tags?tag=eq.{quote(key, safe='')}", {"tag": key, "n": 2}), 409, "23505")
    assert w.rows(f"SELECT n FROM tags WHERE tag = '{there}'") == [(1,)]
    assert w.put(f"/tags/{quote(there, safe='')}", {"tag": there, "n": 3}).status == 204
    assert w.json(f"/tags/{quote(there, safe='')}") == {"tag": there, "n": 3}


def test_a_put_by_a_key_of_several_columns(w):
    def put(a, tag, kind):
        return w.put(f"/twos?a=eq.{a}&tag=eq.{tag}&kind=eq.{kind}", {"a": a, "tag": tag, "kind": kind, "n": 2})

    done(put(1, "bar", "x"), 204)
    refused(put(1, "Bar", "x"), 409, "23505")
    done(put(1, "Bar", "y"), 201)
    assert w.rows("SELECT tag, kind, n FROM twos ORDER BY kind") == [("bar", "x", 2), ("Bar", "y", 2)]


# --- a table without transactions


def test_a_merge_table_that_is_broken(service):
    made = service("CREATE TABLE m (id INT, v INT, KEY (id)) ENGINE=MERGE UNION=(nothing)", grant=GRANT, tables="m", MYREST_WRITABLE="m")
    for answer in (made.get("/m"), send(made.web, "POST", "/m", {"id": 1})):
        assert "owner" in refused(answer, 500, "42P17")["message"]


def test_what_cannot_be_undone_is_not_tried(w):
    for method, target, body in (
        ("POST", "/loose", {"id": 2}), ("PATCH", "/loose?id=eq.1", {"n": 5}), ("PUT", "/loose/1", {"n": 5}), ("DELETE", "/loose/1", None),
    ):  # fmt: skip
        error = refused(w.send(method, target, body, prefer="tx=rollback"), 400, "PGRST122")
        assert "transactions" in error["message"]
    assert w.rows("SELECT * FROM loose") == [(1, 1)]
    done(w.post("/loose", {"id": 3}, prefer="tx=commit"), 201)
    assert w.post("/firm", {"id": 1, "n": 1}, prefer="tx=rollback").headers["preference-applied"] == "tx=rollback"
    assert w.rows("SELECT * FROM firm") == []
