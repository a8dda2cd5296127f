# SPDX-License-Identifier: MIT
"""What the server refuses by errors that few tables meet: each is told as what it is, and never as a fault of MyREST's.

On MariaDB and MySQL; statements are what both understand.
"""
import threading
from urllib.parse import quote

import pytest

import mysql
import postgresql
import servers
from writing import GRANT, REPRESENTATION, Tables, done, refused, send, shown, statements_of

pytestmark = pytest.mark.skipif(postgresql.HERE, reason="errors of MySQL and MariaDB")

SIGNALS = {  # what a trigger says for each n
    1: "SQLSTATE '45000' SET MESSAGE_TEXT = 'n must not be 1', MYSQL_ERRNO = 30001",
    2: "SQLSTATE '45000' SET MESSAGE_TEXT = 'n must not be 2', MYSQL_ERRNO = 1213",
    3: "SQLSTATE '45000' SET MESSAGE_TEXT = 'n must not be 3', MYSQL_ERRNO = 1062",
    4: "SQLSTATE '45000' SET MESSAGE_TEXT = 'n must not be 4', MYSQL_ERRNO = 1205",
    5: "SQLSTATE '45000' SET MESSAGE_TEXT = 'n must not be 5', MYSQL_ERRNO = 1047",
    6: "SQLSTATE '45000' SET MESSAGE_TEXT = 'n must not be 6', MYSQL_ERRNO = 1053",
    7: "SQLSTATE '45000' SET MESSAGE_TEXT = 'n must not be 7', MYSQL_ERRNO = 1146",
    8: "SQLSTATE '02000' SET MESSAGE_TEXT = 'n must not be 8'",
    9: "SQLSTATE 'U0001' SET MESSAGE_TEXT = 'n must not be 9'",
}
CASES = " ".join(f"WHEN {n} THEN SIGNAL {signal};" for n, signal in SIGNALS.items())
TABLES = {
    "sums": (
        [
            "CREATE TABLE sums (id INT PRIMARY KEY, n INT, g INT AS (n + 1) STORED)",
            "CREATE VIEW sums_view AS SELECT id, n, g FROM sums",
        ],
        "(id, n) VALUES (1, 1)",
    ),
    "parts": (
        "CREATE TABLE parts (id INT PRIMARY KEY) PARTITION BY RANGE (id)"
        " (PARTITION low VALUES LESS THAN (10), PARTITION high VALUES LESS THAN (20))",
        "VALUES (1)",
    ),
    "docs": ("CREATE TABLE docs (id INT PRIMARY KEY, doc JSON, CONSTRAINT mine CHECK (id < 100))", "VALUES (1, '[1]')"),
    "texts": (
        "CREATE TABLE texts (id INT PRIMARY KEY, t VARCHAR(20), unused TEXT,"
        f" FULLTEXT KEY unused_words (unused) {'INVISIBLE' if mysql.HERE else '/*M!100600 IGNORED */'})",
        "VALUES (1, 'a', 'words')",
    ),
    "seen": (
        [
            "CREATE TABLE seen (id INT PRIMARY KEY, at INT)",
            "CREATE FUNCTION look(n INT) RETURNS INT MODIFIES SQL DATA BEGIN INSERT INTO seen VALUES (n, 1) ON DUPLICATE KEY"
            " UPDATE at = at + 1; RETURN n; END",
            "CREATE VIEW looking AS SELECT 1 AS id, look(1) AS n",
        ],
        "",
    ),
    "found": ("CREATE TABLE found (id INT AUTO_INCREMENT PRIMARY KEY, s VARCHAR(20), FULLTEXT (s))", ""),
    "full": ("CREATE TABLE full (id TINYINT AUTO_INCREMENT PRIMARY KEY, v INT)", "VALUES (127, 0)"),
    "named": ("CREATE TABLE named (id TINYINT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(9) UNIQUE, v INT)", "VALUES (127, 'a', 0), (3, 'b', 0)"),
    "twofold": ("CREATE TABLE twofold (a INT, id TINYINT AUTO_INCREMENT, v INT, PRIMARY KEY (a, id), KEY (id))", "VALUES (1, 127, 0), (2, 5, 0)"),
    "loud": (
        [
            "CREATE TABLE loud (id INT PRIMARY KEY, n INT)",
            f"CREATE TRIGGER loud_in BEFORE INSERT ON loud FOR EACH ROW CASE NEW.n {CASES} ELSE BEGIN END; END CASE",
        ],
        "",
    ),
    "many": (
        [
            "CREATE TABLE many (id INT PRIMARY KEY, bucket INT NOT NULL, KEY (bucket))",
            "INSERT INTO many WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)"
            " SELECT i + 900 * k, i % 10 FROM n JOIN (SELECT 0 AS k UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3) AS k",
            "CREATE VIEW lone AS SELECT id FROM many WHERE NOT EXISTS (SELECT 1 FROM many b WHERE b.bucket = many.id + 100)",
            "CREATE VIEW apart AS SELECT id FROM many WHERE id NOT IN (SELECT bucket + 9000 FROM many b)",
            "CREATE VIEW met AS SELECT id FROM many WHERE id IN (SELECT b.id FROM many b WHERE b.bucket < 9)",
            "ANALYZE TABLE many",
        ],
        None,
    ),
    "shown": (
        [  # of another database, of which the account sees nothing
            "CREATE DATABASE hidden_from_rest",
            "CREATE TABLE hidden_from_rest.hidden (id INT PRIMARY KEY)",
            "INSERT INTO hidden_from_rest.hidden VALUES (1), (2), (3)",
            "CREATE VIEW shown AS SELECT id FROM hidden_from_rest.hidden",
        ],
        None,
    ),
}
EXPOSED = "sums,sums_view,parts,docs,texts,looking,found,full,named,twofold,loud,shown,many,lone,apart,met"


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


def nested(levels):
    return b"[" * levels + b"]" * levels


def logged(w, event, seen):
    """The lines of the event since the log had so many lines."""
    return [line for line in w.pool.log()[seen:] if line.get("event") == event]


@pytest.mark.parametrize("method, target", [("POST", "/sums_view"), ("PATCH", "/sums_view?id=eq.1")])
def test_a_column_that_the_view_s_table_computes(unchanged, method, target):
    """Of a view's columns the catalogue does not say that the database computes them."""
    refused(unchanged.send(method, target, {"id": 5, "n": 1, "g": 7}), 400, "428C9", "g")


@pytest.mark.parametrize("prefer", [None, REPRESENTATION])
def test_a_row_for_which_there_is_no_partition(unchanged, prefer):
    error = refused(unchanged.post("/parts", {"id": 99}, prefer=prefer), 422, "23514")
    assert "partition" in error["message"]
    error = refused(unchanged.post("/parts", [{"id": 2}, {"id": 99}], prefer=prefer), 422, "23514")
    assert "row 2" in error["details"]


@pytest.mark.parametrize("levels", [101, 300, 511])
@pytest.mark.parametrize("method, target", [("POST", "/docs"), ("PATCH", "/docs?id=eq.1")])
def test_json_deeper_than_the_server_takes_it(unchanged, method, target, levels):
    error = refused(unchanged.send(method, target, b'{"id":2,"doc":%s}' % nested(levels)), 422, "22P02")
    assert "deep" in error["message"] and "check" not in error["message"]


def test_json_of_few_levels_and_the_check_beside_it(w):
    assert w.post("/docs", b'{"id":2,"doc":%s}' % nested(30)).status == 201
    refused(w.post("/docs", b'{"id":100,"doc":[]}'), 422, "23514", "mine")


@pytest.mark.parametrize("pattern", ["(?i", "(a", "a{2,1}", "[b", "a**", "*", "(?<n>a)\\k<zz>", "(?Z)a"])
def test_regular_expressions_that_are_none(w, pattern):
    response = w.get(f"/texts?t=match.{quote(pattern, safe='')}")
    if response.status == 200:  # one server's library takes what the other's does not
        assert pattern in ("a**", "(?Z)a")
    else:
        refused(response, 400, "2201B")


def test_a_search_by_an_index_that_statements_do_not_use(w):
    """MariaDB has no such indexes before 10.6."""
    response = w.get("/texts?unused=fts.words")
    if "10.5." in w.value("SELECT VERSION()"):
        assert shown(response) != []
    else:
        error = refused(response, 400)
        assert error["code"] == refused(w.get("/texts?t=fts.words"), 400)["code"] and "'unused'" in error["message"]


def test_a_view_that_writes_is_not_counted(w):
    """A snapshot is read-only: to come again later is no use."""
    assert shown(w.get("/looking")) == [{"id": 1, "n": 1}]
    error = refused(w.get("/looking", headers={"Prefer": "count=exact"}), 400, "0A000")
    assert "where reading them writes" in error["message"] and error["hint"] == "Prefer: count=planned"
    assert w.get("/looking", headers={"Prefer": "count=planned"}).status == 200


def a_search_is_too_large(response):
    assert "full-text search exceeds" in refused(response, 400, "54000")["message"]


@pytest.mark.parametrize("words", [128, 129, 500])
@pytest.mark.parametrize("form", ["phfts", "wfts", "fts"])
def test_a_search_for_a_long_phrase(w, form, words):
    """InnoDB's limit; MyISAM has none."""
    phrase = [f"word{n}" for n in range(words)]
    search = quote({"phfts": " ".join(phrase), "wfts": '"%s"' % " ".join(phrase), "fts": " <-> ".join(phrase)}[form], safe="")
    response = w.get(f"/found?s={form}.{search}")
    if words == 128:
        assert shown(response) == []
        return
    a_search_is_too_large(response)
    a_search_is_too_large(w.delete(f"/found?s={form}.{search}"))


def test_a_search_for_one_of_many_words(w):
    """Only MySQL has a limit."""
    response = w.get(f"/found?s=wfts.{quote(' or '.join(f'word{n}' for n in range(600)), safe='')}")
    if mysql.HERE:
        a_search_is_too_large(response)
    else:
        assert shown(response) == []


def test_a_search_that_finds_more_than_the_server_has_memory_for(w):
    """It has none for that search; to come again later is no use."""
    w.ask("INSERT INTO found (s) VALUES " + ",".join(["('hello')"] * 3000), *["INSERT INTO found (s) SELECT s FROM found"] * 2)
    w.ask("SET GLOBAL innodb_ft_result_cache_limit = 1000000")
    try:
        a_search_is_too_large(w.get("/found?s=fts.hello&limit=1"))
        assert shown(w.get("/found?s=fts.nothing")) == []
    finally:
        w.ask("SET GLOBAL innodb_ft_result_cache_limit = DEFAULT")
    assert len(shown(w.get("/found?s=fts.hello&limit=1"))) == 1


UPSERTS = ["resolution=merge-duplicates", "resolution=ignore-duplicates"]


@pytest.mark.parametrize("body", [{"v": 1}, [{"v": 1}, {"v": 2}], {"id": None, "v": 1}])
@pytest.mark.parametrize("prefer", [None, REPRESENTATION, *UPSERTS, *[f"{each}, {REPRESENTATION}" for each in UPSERTS]])
def test_the_ids_are_used_up(unchanged, body, prefer):
    """The client, which has sent no id, cannot mend it: it is told, and so is the operator. Nor is the row that has the last id
    the one that an upsert without an id means."""
    seen = len(unchanged.pool.log())
    response = unchanged.post("/full", body, prefer=prefer)
    error = refused(response, 500, "2200H")
    assert "ids" in error["message"]
    assert [line["level"] for line in logged(unchanged, "write-failed", seen)] == ["error"]


def test_an_id_that_is_there_is_still_a_duplicate(unchanged):
    refused(unchanged.post("/full", {"id": 127, "v": 1}), 409, "23505", "id")


@pytest.mark.parametrize("prefer", [None, REPRESENTATION, *UPSERTS, f"{UPSERTS[0]}, {REPRESENTATION}"])
@pytest.mark.parametrize("order", [1, -1])
def test_the_ids_are_used_up_for_one_row_of_two(unchanged, prefer, order):
    """The other one has its own."""
    body = [{"id": 5, "v": 1}, {"id": None, "v": 2}][::order]
    refused(unchanged.post("/full", body, prefer=prefer), 500, "2200H")


@pytest.mark.parametrize("prefer", UPSERTS)
def test_the_ids_are_used_up_beside_a_key_of_the_client_s(unchanged, prefer):
    refused(unchanged.post("/named?on_conflict=name", {"name": "c", "v": 1}, prefer=prefer), 500, "2200H")
    refused(unchanged.post("/named", {"name": "c", "v": 1}, prefer=prefer), 500, "2200H")
    for a in (1, 2):
        if a == 1 or not mysql.HERE:  # MySQL makes the last one for each a
            refused(unchanged.post("/twofold", {"a": a, "v": 1}, prefer=prefer), 500, "2200H")


@pytest.mark.parametrize("prefer", [[], [REPRESENTATION]])
def test_an_upsert_of_rows_with_and_without_an_id(w, prefer):
    """One statement, to the client: rows come back in the order of the body, and all are written or none."""
    w.ask("DELETE FROM named WHERE id = 127", "ALTER TABLE named AUTO_INCREMENT = 10")
    rows = [{"id": 3, "name": "B"}, {"name": "c"}, {"name": "d"}, {"id": 4, "name": "e"}, {"id": None, "name": "f"}]
    response = w.post("/named?columns=id,name", rows, prefer=["missing=default", UPSERTS[0], *prefer])
    assert response.status == 201
    if prefer:
        made = response.json()
        assert [row["name"] for row in made] == ["B", "c", "d", "e", "f"]
        assert [made[0]["id"], made[3]["id"]] == [3, 4] and min(made[n]["id"] for n in (1, 2, 4)) >= 10
    assert [row[1:] for row in w.rows("SELECT id, name, v FROM named ORDER BY name")] == [
        ("B", 0), ("c", None), ("d", None), ("e", None), ("f", None),
    ]  # fmt: skip
    before = w.snapshot()
    for at, name in ((2, "c"), (3, "d"), (5, "e")):  # in each of the statements
        rows = [{"id": 3, "name": "x"}, {"name": "y"}, {"name": "z"}, {"id": 20, "name": "u"}, {"name": "v"}]
        rows[at - 1]["name"] = name
        error = refused(w.post("/named?columns=id,name", rows, prefer=["missing=default", UPSERTS[0], *prefer]), 409, "23505", "name")
        assert f"row {at}" in error["details"], error
        rows[at - 1]["name"] = "too long for it"
        error = refused(w.post("/named?columns=id,name", rows, prefer=["missing=default", UPSERTS[1], *prefer]), 422, "22001", "name")
        assert f"row {at}" in error["details"], error
    assert w.snapshot() == before


@pytest.mark.parametrize("n", SIGNALS)
@pytest.mark.parametrize("prefer", [None, REPRESENTATION])
def test_what_a_trigger_raises_goes_before_its_number(unchanged, n, prefer):
    error = refused(unchanged.post("/loud", {"id": 1, "n": n}, prefer=prefer), 400, "P0001")
    assert error["message"] == f"n must not be {n}"
    error = refused(unchanged.post("/loud", [{"id": 1, "n": 99}, {"id": 2, "n": n}], prefer=prefer), 400, "P0001")
    assert error["message"] == f"n must not be {n}"


@pytest.mark.parametrize("count", ["planned", "estimated", "exact"])
def test_a_view_that_may_not_be_explained_is_counted(w, count):
    """EXPLAIN wants to see the tables that it reads."""
    response = w.get("/shown?id=gt.1&limit=1", headers={"Prefer": f"count={count}"})
    assert shown(response, 206) == [{"id": 2}]
    assert response.headers["content-range"] == "0-0/2"
    assert response.headers["preference-applied"] == f"count={count}"


@pytest.mark.parametrize("view, least", [("lone", 3000), ("apart", 3000), ("met", 1500)])
def test_the_guess_of_a_view_is_of_its_rows_alone(w, view, least):
    """What a subquery looks at for each row is no row of the view's."""
    for count in ("planned", "estimated"):
        response = w.get(f"/{view}?limit=1", headers={"Prefer": f"count={count}"})
        assert least < int(response.headers["content-range"].rpartition("/")[2]) < 4500, response


def read_beside_an_alteration(schema, web, reads=150):
    """The statuses of reads with a count while their table is altered all the time."""
    stop = threading.Event()

    def alter():
        with schema.connect() as connection, connection.cursor() as cursor:
            while not stop.is_set():
                # reads that have begun meanwhile wait, with a snapshot that is older than the table they find then
                for statement in ("LOCK TABLES altered WRITE", "ALTER TABLE altered FORCE", "UNLOCK TABLES"):
                    cursor.execute(statement)
                stop.wait(0.005)

    altering = threading.Thread(target=alter)
    altering.start()
    try:
        answers = [web.get("/altered?order=id", headers={"Prefer": "count=exact"}) for _ in range(reads)]
    finally:
        stop.set()
        altering.join()
    for response in answers:
        assert response.status != 200 or response.headers["content-range"] == "0-2/3", response
    return {response.status for response in answers}


@pytest.mark.parametrize("faulty", [False, True])
def test_counts_beside_a_table_that_is_altered(database, start_pool, start_nginx, faulty):
    """The server gives up each snapshot that is older than its table: another one is begun, as often as needed."""
    schema = database.schema("CREATE TABLE altered (id INT PRIMARY KEY)", "INSERT INTO altered VALUES (1), (2), (3)")
    statuses = read_beside_an_alteration(schema, start_nginx(start_pool(schema.url(), "altered", faulty=faulty)))
    assert (statuses == {200}) is not faulty, statuses


# --- max_allowed_packet

PACKET = 1 << 18
IDEMPOTENCY = (servers.SOURCE / "conf" / "idempotency.sql").read_text("utf-8").split(";")[0]


@pytest.fixture(scope="module")
def narrow(database, lab):
    """A pool whose connections take statements of 256 KiB."""
    schema = database.schema(
        "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, b LONGTEXT, js JSON)",
        f"CREATE TABLE d (id INT PRIMARY KEY AUTO_INCREMENT, x VARCHAR(200) NOT NULL DEFAULT '{'d' * 200}')",
        "CREATE TABLE g (id INT PRIMARY KEY, b LONGTEXT, low VARCHAR(3) GENERATED ALWAYS AS (LEFT(b, 3)) STORED, UNIQUE KEY by_low (low))",
        IDEMPOTENCY,
        grant=GRANT,
    )
    [[before]] = database.sql("SELECT @@GLOBAL.max_allowed_packet")
    database.sql(f"SET GLOBAL max_allowed_packet = {PACKET}")
    settings = {"MYREST_WRITABLE": "t,d,g", "MYREST_IDEMPOTENCY_TABLE": "myrest_idempotency"}
    pool = servers.Pool(lab, schema.url(), "t,d,g", workers=1, **settings)
    front = servers.Nginx(lab, pool)
    yield schema, pool, front
    front.stop()
    pool.close()
    database.sql(f"SET GLOBAL max_allowed_packet = {before}")


@pytest.fixture
def packet(narrow):
    """Whose connection is still there after the test, and whose table is as it was."""
    schema, pool, front = narrow
    schema.sql("DELETE FROM t", "DELETE FROM d", "DELETE FROM myrest_idempotency", "INSERT INTO t (id, b) VALUES (1, 'x')")
    before = pool.counted(0)["myrest_database_connects_total"]
    yield schema, pool, front
    assert pool.counted(0)["myrest_database_connects_total"] == before
    assert schema.sql("SELECT id, b FROM t") == ((1, "x"),) and schema.sql("SELECT COUNT(*) FROM d") == ((0,),)


QUOTES = "'" * 200000  # each is two characters in SQL


LONG = [
    ("POST", "/t", {"b": QUOTES}),
    ("POST", "/t", [{"b": "short"}, {"b": QUOTES}]),
    ("POST", "/t", [{"b": QUOTES}, {"b": QUOTES}]),
    ("PATCH", "/t/1", {"b": QUOTES}),
    ("PATCH", "/t?id=eq.1", {"b": QUOTES}),
    ("PUT", "/t/1", {"id": 1, "b": QUOTES, "js": None}),
    ("PUT", "/t/2", {"id": 2, "b": QUOTES, "js": None}),
]
WAYS = [(), (REPRESENTATION,), (REPRESENTATION, "max-affected=5", "handling=strict")]


@pytest.mark.parametrize(
    "method, path, body, prefer",
    [(*write, way) for write in LONG for way in WAYS + ([(each,) for each in UPSERTS] if write[0] == "POST" else [])],
)
def test_a_write_that_is_longer_than_a_packet_is_not_sent(packet, method, path, body, prefer):
    error = refused(send(packet[2], method, path, body, prefer=prefer), 413)
    assert "longer than the database server takes" in error["details"], error


def test_a_duplicate_of_which_too_long_a_statement_would_tell_is_413(packet):
    """Whether the row is there by the key that is meant is not known."""
    row = {"id": 1, "b": "x" * (PACKET - len("INSERT INTO `g` (`id`,`b`) VALUES (1,'')") - 50)}
    done(send(packet[2], "POST", "/g?columns=id,b", row), 201)
    for prefer in ((UPSERTS[1],), (UPSERTS[1], REPRESENTATION)):
        refused(send(packet[2], "POST", "/g?columns=id,b&on_conflict=low", {**row, "id": 2}, prefer=prefer), 413)
    assert packet[0].sql("SELECT id FROM g") == ((1,),)


def test_rows_that_are_longer_than_a_packet_together_are_not_sent(packet):
    refused(send(packet[2], "POST", "/t", [{"b": QUOTES[:100000]}] * 2), 413)


def test_a_read_that_is_longer_than_a_packet_is_not_sent(packet):
    conditions = "&".join("js->" + "0->" * 14 + f">a=eq.{at}" for at in range(380))
    for prefer in ({}, {"Prefer": "count=exact"}, {"Prefer": "count=planned"}):
        response = packet[2].get("/t?" + conditions, headers=prefer)
        error = refused(response, 414)
        assert "longer than the database server takes" in error["details"], error
    assert packet[2].json("/t?select=id") == [{"id": 1}]


def test_an_answer_that_is_too_large_to_be_kept_is_not_made(packet):
    response = send(packet[2], "POST", "/d", [{}] * 1000, prefer=REPRESENTATION, Idempotency_Key="large")
    error = refused(response, 400)
    assert "too large to be stored for its Idempotency-Key" in error["message"] and error["details"] is None
    packet[0].sql("ALTER TABLE myrest_idempotency MODIFY answer VARBINARY(1000)")
    response = send(packet[2], "POST", "/d", [{}] * 100, prefer=REPRESENTATION, Idempotency_Key="small")
    assert refused(response, 400) == error
    packet[0].sql("ALTER TABLE myrest_idempotency MODIFY answer MEDIUMBLOB")
    made = send(packet[2], "POST", "/d", [{}] * 100, prefer=REPRESENTATION, Idempotency_Key="small")
    assert len(shown(made, 201)) == 100
    packet[0].sql("DELETE FROM d")
