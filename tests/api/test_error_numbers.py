# SPDX-License-Identifier: MIT
"""What a client's value, the owner's schema or the server's state makes the database refuse: a 4xx or a 5xx that says what
it is, and never only that something went wrong; of a 5xx the server's own number, and a line in the log.

Statements are what MySQL and MariaDB both understand."""
import time

import pytest

import mysql
import postgresql
from servers import SECRET
from writing import GRANT, REPRESENTATION, Tables, done, failed, refused, send, shown, statements_of

pytestmark = pytest.mark.skipif(postgresql.HERE, reason="errors of MySQL and MariaDB; PostgreSQL's are in test_postgresql_errors.py and test_postgresql_faults.py")

TABLES = {
    "pairs": (
        [
            "CREATE TABLE pairs (id INT PRIMARY KEY, a INT UNSIGNED, b INT UNSIGNED)",
            "CREATE VIEW less AS SELECT id, a - b AS d FROM pairs",
        ],
        "VALUES (1, 5, 3), (2, 3, 5)",
    ),
    "computed": ("CREATE TABLE computed (id INT PRIMARY KEY, n INT, inverse DOUBLE AS (1 / n) STORED)", "(id, n) VALUES (1, 4)"),
    "wide": (
        ["SET SESSION innodb_strict_mode = 0", "CREATE TABLE wide (id INT PRIMARY KEY) ROW_FORMAT=COMPACT"]
        + [f"ALTER TABLE wide ADD COLUMN t{n} TEXT" for n in range(11)],
        "(id) VALUES (1)",
    ),
    "heap": (["SET SESSION max_heap_table_size = 16384", "CREATE TABLE heap (id INT PRIMARY KEY, s CHAR(200)) ENGINE=MEMORY"], ""),
    "selfish": (
        [
            "CREATE TABLE selfish (id INT PRIMARY KEY, n INT)",
            "CREATE TRIGGER selfish_in BEFORE INSERT ON selfish FOR EACH ROW BEGIN"
            " IF NEW.n = 1 THEN UPDATE selfish SET n = 0; END IF;"
            " IF NEW.n = 2 THEN INSERT INTO nowhere VALUES (1); END IF;"
            " IF NEW.n = 3 THEN CASE NEW.id WHEN 0 THEN SET NEW.n = 0; END CASE; END IF;"
            " IF NEW.n = 4 THEN SET NEW.n = (SELECT 1 UNION SELECT 2); END IF;"
            " IF NEW.n = 5 THEN SET NEW.n = nowhere_to_be(1); END IF;"
            " IF NEW.n = 6 THEN SET time_zone = 'nowhere'; END IF;"
            " IF NEW.n = 7 THEN SET sql_mode = 'no such mode'; END IF;"
            " IF NEW.n = 8 THEN INSERT INTO pairs VALUES (1); END IF; END",
        ],
        "VALUES (1, 0)",
    ),
    "lean": (
        [
            "CREATE TABLE lean (id INT PRIMARY KEY, n INT)",
            "CREATE FUNCTION grumble(n INT) RETURNS INT DETERMINISTIC"
            " BEGIN IF n = 1 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'a secret of the owner'; END IF; RETURN n; END",
            "CREATE VIEW grumbling AS SELECT id, grumble(id) AS n FROM lean",
        ],
        "VALUES (1, 1)",
    ),
    "odd": (
        [
            "CREATE TABLE odd (id INT PRIMARY KEY, n INT, s TEXT)",
            "CREATE TRIGGER odd_in BEFORE INSERT ON odd FOR EACH ROW SET NEW.s = CASE NEW.n"
            " WHEN 1 THEN JSON_REMOVE('{\"a\": 1}', '$') WHEN 2 THEN JSON_CONTAINS_PATH('{}', 'some', '$.a')"
            " WHEN 3 THEN EXTRACTVALUE('<a/>', '/b[') WHEN 4 THEN JSON_SET('{}', '$.*', 1) END",
        ],
        "",
    ),
    "lazy": (
        [
            "CREATE TABLE lazy (id INT PRIMARY KEY, k INT UNIQUE)",
            "CREATE TRIGGER lazy_up BEFORE UPDATE ON lazy FOR EACH ROW INSERT INTO nowhere VALUES (1)",
        ],
        "VALUES (1, 1)",
    ),
    "heavy": ("CREATE TABLE heavy (id INT PRIMARY KEY, n INT, doc JSON)", ""),
}
if not mysql.HERE:
    TABLES["stays"] = (
        "CREATE TABLE stays (room INT, s DATE, e DATE, PERIOD FOR p (s, e), PRIMARY KEY (room, p WITHOUT OVERLAPS))",
        "VALUES (1, '2024-01-01', '2024-02-01')",
    )
EXPOSED = ",".join([*TABLES, "less", "grumbling"])


@pytest.fixture(scope="module")
def tables(service):
    made = service(*statements_of(TABLES), grant=GRANT, tables=EXPOSED, MYREST_WRITABLE=EXPOSED, MYREST_LOG_LEVEL="info")
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


@pytest.mark.parametrize("target", ["/less", "/less?id=gt.0", "/less?order=id.desc", "/less?id=gt.0&limit=5"])
def test_a_view_that_computes_beyond_its_type(w, target):
    """No client has sent that value."""
    failed(w, w.get(target), 500, "22000", 1690, "statement-failed")
    assert shown(w.get("/less?id=eq.1")) == [{"id": 1, "d": 2}]


def test_a_view_whose_function_signals(w):
    """The words are for whoever writes."""
    error = failed(w, w.get("/grumbling"), 500, "22000", 1644, "statement-failed")
    assert "secret" not in str(error)


@pytest.mark.parametrize("method, target", [("POST", "/computed"), ("PATCH", "/computed?id=eq.1"), ("PUT", "/computed/1")])
def test_a_column_that_cannot_be_computed(unchanged, method, target):
    refused(unchanged.send(method, target, {"id": 1 if method == "PUT" else 5, "n": 0}), 422, "22000")


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_what_a_trigger_cannot_compute(unchanged, n):
    refused(unchanged.post("/odd", {"id": 5, "n": n}), 422, "22000")


def test_which_row_cannot_be_computed(unchanged):
    error = refused(unchanged.post("/computed", [{"id": 5, "n": 1}, {"id": 6, "n": 0}]), 422, "22000")
    assert "row 2" in error["details"]


def test_a_row_that_is_larger_than_the_table_can_have_it(unchanged):
    refused(unchanged.post("/wide", {"id": 5, **{f"t{n}": "x" * 1000 for n in range(11)}}), 422, "54000")
    refused(unchanged.patch("/wide?id=eq.1", {f"t{n}": "x" * 1000 for n in range(11)}), 422, "54000")


def test_a_table_that_is_full(w):
    body = [{"id": n, "s": "x"} for n in range(200)]
    response = w.post("/heap", body)
    failed(w, response, 503, "53100", 1114, "write-failed")
    assert response.headers["retry-after"]


@pytest.mark.skipif(mysql.HERE, reason="a key WITHOUT OVERLAPS is MariaDB's")
def test_an_upsert_that_the_table_cannot_have(unchanged):
    body = {"room": 1, "s": "2024-01-15", "e": "2024-03-01"}
    error = refused(unchanged.post("/stays", body, prefer="resolution=merge-duplicates"), 400, "55000")
    assert "cannot be written in this way" in error["message"]
    for prefer in (None, "resolution=ignore-duplicates"):
        refused(unchanged.post("/stays", body, prefer=prefer), 409, "23505")


@pytest.mark.parametrize("n, number", [(1, 1442), (2, 1146), (3, 1339), (4, 1242), (5, 1305), (6, 1298), (7, 1231), (8, 1136)])
@pytest.mark.parametrize("prefer", [None, REPRESENTATION])
def test_a_trigger_that_cannot_do_what_it_is_to_do(unchanged, n, number, prefer):
    """That the tables are described again does not help, once that has been tried."""
    failed(unchanged, unchanged.post("/selfish", {"id": 5, "n": n}, prefer=prefer), 500, "42P17", number, "write-failed")


def test_writes_that_fail_again_and_again_have_the_tables_described_once_a_second(w, start_pool, start_nginx):
    """A column that is not there may mean that the tables have changed, and that is what the description would show."""
    pool = start_pool(w.schema.url(), "selfish", MYREST_WRITABLE="selfish", WEB_CONCURRENCY=1)
    web = start_nginx(pool)

    def statements_of_failing(count):
        [(_, before)] = w.schema.sql("SHOW GLOBAL STATUS LIKE 'Com_select'")
        for _ in range(count):
            failed(pool, send(web, "POST", "/selfish", {"id": 5, "n": 2}), 500, "42P17", 1146, "write-failed")
        [(_, after)] = w.schema.sql("SHOW GLOBAL STATUS LIKE 'Com_select'")
        return int(after) - int(before)

    time.sleep(1.1)
    once = statements_of_failing(1)
    assert once > 2  # it is described, by several statements
    began = time.monotonic()
    often = statements_of_failing(20)
    assert often <= 20 + once * (1 + time.monotonic() - began)  # each write has one of its own


@pytest.mark.parametrize("prefer", [[], [REPRESENTATION]])
def test_a_trigger_of_changes_is_none_of_an_ignore_s(unchanged, prefer):
    """Which key it is that is there already is found out by a change that is undone."""
    ignore = "resolution=ignore-duplicates"
    refused(unchanged.post("/lazy?on_conflict=id", {"id": 9, "k": 1}, prefer=[ignore, *prefer]), 409, "23505")
    assert unchanged.post("/lazy?on_conflict=id", {"id": 1, "k": 5}, prefer=[ignore, *prefer]).status == 200


@pytest.mark.skipif(not mysql.HERE, reason="MariaDB sorts rows by their places when they are large")
def test_rows_that_are_too_large_to_be_sorted(w):
    """MySQL sorts JSON along with the row; an answer without it is in order."""
    w.ask("INSERT INTO heavy SELECT n, 1, CONCAT('\"', REPEAT('x', 17000000), '\"') FROM (SELECT 1 AS n UNION SELECT 2) AS two")
    error = refused(w.get("/heavy?order=n"), 400, "53200")
    assert "sort" in error["message"]
    assert shown(w.get("/heavy?order=n&select=id")) == [{"id": 1}, {"id": 2}]


def test_an_account_that_has_used_up_what_it_may(w, start_pool, start_nginx):
    w.schema.sql(
        f"CREATE USER frugal@'%' IDENTIFIED BY '{SECRET}' WITH MAX_UPDATES_PER_HOUR 1",
        f"GRANT SELECT, INSERT ON {w.schema.name}.lean TO frugal@'%'",
    )
    try:
        pool = start_pool(w.schema.url(user="frugal"), "lean", MYREST_WRITABLE="lean", WEB_CONCURRENCY=1)
        web = start_nginx(pool)
        done(send(web, "POST", "/lean", {"id": 7}), 201)
        response = send(web, "POST", "/lean", {"id": 8})
        failed(pool, response, 503, "53400", 1226, "write-failed")
    finally:
        w.schema.sql("DROP USER frugal@'%'")
