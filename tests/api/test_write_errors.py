# SPDX-License-Identifier: MIT
"""What the database refuses is told by code, column or constraint, and row; never by another row's data or by SQL.

And what goes wrong beside it: locks, deadlocks, a server that is read-only, privileges that are gone, connections that are
killed, statements that take too long.
"""
import fnmatch
import itertools
import json
import re
import socket
import threading
import time
from types import SimpleNamespace

import pytest

import load
import servers
import web
from differences import here
from servers import until
from web import error_of
from writing import CSV, GRANT, OBJECT, REPRESENTATION, Tables, done, encode, refused, send, shown, statements_of

# What other rows have in them, and no error may show.
MARK = "zq9"
TABLES = {
    "parents": ("CREATE TABLE parents (id INT PRIMARY KEY, name VARCHAR(20))", f"VALUES (1, '{MARK}a'), (2, '{MARK}b')"),
    "strict": (
        "CREATE TABLE strict (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(5), fixed CHAR(3), story TINYTEXT, tiny TINYINT,"
        " tiny_u TINYINT UNSIGNED, small SMALLINT, i INT, i_u INT UNSIGNED, big BIGINT, big_u BIGINT UNSIGNED, money DECIMAL(5,2),"
        " whole DECIMAL(4,0), f FLOAT, d DOUBLE, at DATETIME, at3 DATETIME(3), ts TIMESTAMP NULL, day DATE, clock TIME, y YEAR,"
        " kind ENUM('a','b','cc'), marks SET('x','y','z'), flag BOOL, bits BIT(4), one BIT(1), raw VARBINARY(4), blob_ TINYBLOB,"
        " doc JSON, u UUID, ip INET6, latin VARCHAR(10) CHARACTER SET latin1, must VARCHAR(10) NOT NULL DEFAULT 'x', positive INT,"
        " stamp TIMESTAMP NOT NULL DEFAULT '2020-01-02 03:04:05', code VARCHAR(10), a INT, b INT, parent INT, CONSTRAINT positive_ck CHECK (positive > 0), UNIQUE KEY code_key (code),"
        " UNIQUE KEY ab_key (a, b), CONSTRAINT parent_fk FOREIGN KEY (parent) REFERENCES parents (id))"
        " CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
        f"(id, name, code, a, b, parent) VALUES (1, '{MARK}1', '{MARK}code', 71, 72, 1), (2, '{MARK}2', 'free', 81, 82, NULL)",
    ),
    "needy": ("CREATE TABLE needy (id INT PRIMARY KEY AUTO_INCREMENT, must INT NOT NULL, may INT)", ""),
    "pairs": (
        "CREATE TABLE pairs (x INT, y INT, name VARCHAR(20), PRIMARY KEY (x, y))",
        f"VALUES (1, 1, '{MARK}p'), (1, 2, '{MARK}q')",
    ),
    "accounts": ("CREATE TABLE accounts (id INT PRIMARY KEY, n INT NOT NULL)", "SELECT seq, 0 FROM seq_1_to_20"),
    "slow": (
        [
            "CREATE TABLE slow (id INT PRIMARY KEY AUTO_INCREMENT, n INT, pause DOUBLE DEFAULT 0)",
            # what it writes survives a rollback: it tells how often a statement ran
            "CREATE TABLE slow_runs (n INT) ENGINE=Aria",
            "CREATE TRIGGER slow_in BEFORE INSERT ON slow FOR EACH ROW BEGIN DECLARE ignored INT;"
            " INSERT INTO slow_runs VALUES (NEW.n); SET ignored = SLEEP(NEW.pause); END",
            "CREATE TRIGGER slow_up BEFORE UPDATE ON slow FOR EACH ROW BEGIN DECLARE ignored INT;"
            " INSERT INTO slow_runs VALUES (NEW.n); SET ignored = SLEEP(NEW.pause); END",
        ],
        "VALUES (1, 0, 0)",
    ),
    "loud": (
        [
            "CREATE TABLE loud (id INT PRIMARY KEY AUTO_INCREMENT, n INT)",
            "CREATE TRIGGER loud_in BEFORE INSERT ON loud FOR EACH ROW IF NEW.n < 0 THEN SIGNAL SQLSTATE '45000'"
            " SET MESSAGE_TEXT = 'n must not be negative', MYSQL_ERRNO = 1644; END IF",
        ],
        "",
    ),
    "guarded": ("CREATE VIEW guarded AS SELECT id, i, code FROM strict WHERE i < 10 WITH CHECK OPTION", None),
}
EXPOSED = "parents,strict,needy,pairs,accounts,slow,loud,guarded"


@pytest.fixture(scope="module")
def writable(service):
    made = service(*statements_of(TABLES), grant=GRANT, tables=EXPOSED, MYREST_WRITABLE=EXPOSED, MYREST_LOG_LEVEL="info", MYREST_STATEMENT_TIMEOUT=5)
    return Tables(made, TABLES)


@pytest.fixture
def w(writable):
    writable.renew()
    writable.schema.sql("DELETE FROM slow_runs")
    return writable


@pytest.fixture
def unchanged(w):
    before = w.snapshot()
    yield w
    assert w.snapshot() == before, "what was refused has changed something"


def told(response, status, code, *words):
    """refused(), and nothing of other rows in it."""
    error = refused(response, status, code, *words)
    assert MARK not in json.dumps(error), f"another row's data: {error}"
    return error


class Fault:
    """A value that a column refuses. column: None when the body is another one than {column: value}."""

    def __init__(self, column, value, status, code, names=None, csv=None):
        self.column, self.value, self.status, self.code, self.csv = column, value, status, code, csv
        self.names = names or (column,)

    def __repr__(self):
        text = self.value.decode("ascii", "replace") if isinstance(self.value, bytes) else json.dumps(self.value, ensure_ascii=False)
        return f"{self.column}={text[:24]}"

    def json(self):
        return self.value if isinstance(self.value, bytes) else encode(self.value)

    def text(self):
        """As a field of CSV, None when CSV cannot say it."""
        if self.csv is not None:
            return self.csv
        if self.value is None:
            return ""
        text = self.value if isinstance(self.value, str) else self.json().decode()
        return '"' + text.replace('"', '""') + '"'


LONG, RANGE, MEMBER, TYPE = (422, "22001"), (422, "22003"), (422, "22P02"), (400, "22P02")
# A date that no calendar has is not of the type, or out of its range: clients' handling is the same.
DATE = ((400, 422), ("22P02", "22007", "22008", "22003"))
VALUES = [
    Fault("name", "abcdef", *LONG), Fault("name", "abcde ", *LONG), Fault("name", "      ", *LONG), Fault("name", "😀" * 6, *LONG),
    Fault("fixed", "abcd", *LONG), Fault("fixed", "ab ", *LONG), Fault("fixed", " ", *LONG), Fault("fixed", "abc ", *LONG),
    Fault("story", "x" * 256, *LONG), Fault("story", "é" * 128, *LONG),
    Fault("raw", "AAECAwQ=", *LONG), Fault("blob_", "A" * 344, *LONG),
    Fault("tiny", 128, *RANGE), Fault("tiny", -129, *RANGE), Fault("tiny_u", 256, *RANGE), Fault("tiny_u", -1, *RANGE),
    Fault("small", 32768, *RANGE), Fault("i", 2147483648, *RANGE), Fault("i", "-2147483649", *RANGE), Fault("i_u", -1, *RANGE),
    Fault("i_u", 4294967296, *RANGE), Fault("big", 9223372036854775808, *RANGE), Fault("big", -9223372036854775809, *RANGE),
    Fault("big_u", 18446744073709551616, *RANGE), Fault("big_u", -1, *RANGE), Fault("big", b"1" + b"0" * 100, *RANGE),
    Fault("money", 1000, *RANGE), Fault("money", b"999.995", *RANGE), Fault("money", b"1.234", *RANGE), Fault("money", "0.001", *RANGE),
    Fault("money", b"1e3", *RANGE), Fault("money", b"1e-3", *RANGE), Fault("whole", b"0.5", *RANGE), Fault("whole", 10000, *RANGE),
    Fault("f", b"1e39", *RANGE), Fault("d", b"1e309", *RANGE), Fault("d", b"-1e400", *RANGE),
    Fault("at", "2024-01-02T03:04:05.5", *RANGE), Fault("at3", "2024-01-02T03:04:05.1234", *RANGE), Fault("ts", "2024-01-02T03:04:05.1", *RANGE),
    Fault("clock", "01:02:03.5", *RANGE), Fault("clock", "839:00:00", *RANGE), Fault("clock", "-838:59:60", (400, 422), ("22003", "22P02", "22007", "22008")),
    Fault("ts", "2038-01-19T03:14:08Z", *RANGE), Fault("ts", "1969-12-31T23:59:59Z", *RANGE), Fault("y", 1900, *RANGE), Fault("y", 2156, *RANGE),
    Fault("flag", 128, *RANGE), Fault("bits", 16, *RANGE), Fault("one", 2, *RANGE),
    Fault("kind", "c", *MEMBER), Fault("kind", "1", *MEMBER), Fault("kind", "", *MEMBER), Fault("kind", "a ", *MEMBER), Fault("marks", "x,q", *MEMBER),
    Fault("marks", "1", *MEMBER), Fault("marks", "x,", *MEMBER), Fault("marks", "x,,y", *MEMBER),
    Fault("i", "abc", *TYPE), Fault("i", "", *TYPE, csv='""'), Fault("i", "1x", *TYPE), Fault("i", " 1", *TYPE), Fault("i", {"a": 1}, *TYPE),
    Fault("i", [1], *TYPE), Fault("i", b"1.5", (400, 422), ("22P02", "22003")), Fault("big", "0x10", *TYPE), Fault("money", "1,5", *TYPE),
    Fault("money", "1.2.3", *TYPE), Fault("d", "NaN", *TYPE), Fault("d", "Infinity", *TYPE), Fault("flag", "maybe", *TYPE),
    Fault("one", "maybe", *TYPE), Fault("at", "yesterday", *TYPE), Fault("at", "2024-13-01T00:00:00", *DATE), Fault("at", "2023-02-29T00:00:00", *DATE),
    Fault("at", "2024-01-02T24:00:00", *DATE), Fault("at", "2024-01-02T03:04:05+02:00", *DATE), Fault("at3", "2024-01-02T03:04:05-00:30", *DATE),
    Fault("day", "2024-02-30", *DATE), Fault("day", "2024-01-02T03:04:05", *DATE), Fault("day", "", *TYPE, csv='""'), Fault("day", 20240102, *TYPE, csv="x"),
    Fault("clock", "noon", *TYPE), Fault("clock", "00:60:00", *DATE), Fault("ts", "2024-01-02T03:04:05+25:00", *DATE), Fault("y", "soon", *TYPE),
    Fault("raw", "!!!!", *TYPE), Fault("u", "123", (400, 422), "22P02"), Fault("ip", "1.2.3.4.5", (400, 422), "22P02"),
    Fault("latin", "日本", (400, 422), ("22P02", "22P05", "22021", "22001")), Fault("must", None, 422, "23502"),
    Fault("stamp", None, 422, "23502"),  # of which MariaDB would make the present time
    Fault("bits", -1, (400, 422), ("22003", "22P02")), Fault("bits", "x", *TYPE),
]  # fmt: skip
VALUES = [fault for fault in VALUES if not any(fnmatch.fnmatchcase(repr(fault), form) for form in here("write_errors.held", ()))]
for fault, (form, (status, code)) in itertools.product(VALUES, here("write_errors.codes", {}).items()):
    if fnmatch.fnmatchcase(repr(fault), form):
        fault.status, fault.code = status, code
CONSTRAINTS = [
    Fault("code", f"{MARK}code", 409, "23505"), Fault("positive", 0, 422, "23514", ("positive_ck",)), Fault("positive", -5, 422, "23514", ("positive_ck",)),
    Fault("parent", 99, 409, "23503"), Fault("id", 1, 409, "23505"),
]  # fmt: skip


def expect(response, fault, *words):
    assert response.status in (fault.status if isinstance(fault.status, tuple) else (fault.status,)), f"{fault}: {response}"
    error = refused(response, response.status, fault.code, *fault.names, *words)
    if fault.value != f"{MARK}code":
        assert MARK not in json.dumps(error), f"another row's data: {error}"
    return error


# --- one row


@pytest.mark.parametrize("fault", VALUES + CONSTRAINTS, ids=repr)
def test_post_one_row(unchanged, fault):
    expect(unchanged.post("/strict", b'{"%s":%s}' % (fault.column.encode(), fault.json())), fault)


@pytest.mark.parametrize("fault", VALUES + CONSTRAINTS, ids=repr)
def test_post_one_row_back(unchanged, fault):
    body = b'[{"%s":%s}]' % (fault.column.encode(), fault.json())
    expect(unchanged.post("/strict", body, prefer=REPRESENTATION), fault)


@pytest.mark.parametrize("fault", [fault for fault in VALUES + CONSTRAINTS if fault.value is not None], ids=repr)
def test_post_csv(unchanged, fault):
    expect(unchanged.post("/strict", csv=f"b,{fault.column}\n5,{fault.text()}\n"), fault)


@pytest.mark.parametrize("fault", VALUES + CONSTRAINTS, ids=repr)
@pytest.mark.parametrize("target", ["/strict?id=eq.2", "/strict/2"])
def test_patch(unchanged, target, fault):
    expect(unchanged.patch(target, b'{"%s":%s}' % (fault.column.encode(), fault.json())), fault)


@pytest.mark.parametrize("fault", VALUES + CONSTRAINTS[:-1], ids=repr)
@pytest.mark.parametrize("key", [2, 9])
def test_put(unchanged, key, fault):
    expect(unchanged.put(f"/strict/{key}", b'{"%s":%s}' % (fault.column.encode(), fault.json())), fault)


@pytest.mark.parametrize("fault", VALUES + CONSTRAINTS[1:-1], ids=repr)
@pytest.mark.parametrize("resolution", ["merge", "ignore"])
def test_upsert(unchanged, resolution, fault):
    body = b'{"id":9,"%s":%s}' % (fault.column.encode(), fault.json())
    expect(unchanged.post("/strict", body, prefer=f"resolution={resolution}-duplicates"), fault)


# --- 1,000 rows, of which the 7th is at fault

BULK = 1000


def beside(fault):
    """A column that the fault is not about."""
    return "story" if fault.column == "name" else "name"


def bulk(fault, at=7, rows=BULK):
    """A body in which only one row, counted from 1, is at fault."""
    good = {"must": b'"x"', "stamp": b'"2024-01-02T03:04:05"', "id": None}.get(fault.column, b"null")
    lines = []
    for number in range(1, rows + 1):
        value = fault.json() if number == at else good or b"%d" % (1000 + number)
        lines.append(b'{"%s":"r","%s":%s}' % (beside(fault).encode(), fault.column.encode(), value))
    return b"[" + b",\n".join(lines) + b"]"


@pytest.mark.parametrize("fault", VALUES + CONSTRAINTS, ids=repr)
def test_a_fault_in_row_7_of_1000(unchanged, fault):
    response = unchanged.post("/strict", bulk(fault), timeout=60)
    said = expect(response, fault)
    assert re.search(r"\brow 7\b", f"{said['message']} {said['details']}"), f"row 7 is not named: {said}"


@pytest.mark.parametrize("fault", [VALUES[0], CONSTRAINTS[0], CONSTRAINTS[1], CONSTRAINTS[3]], ids=repr)
@pytest.mark.parametrize("at", [1, 2, 999, 1000])
def test_a_fault_in_any_row_of_1000(unchanged, at, fault):
    said = expect(unchanged.post("/strict", bulk(fault, at), timeout=60), fault)
    assert re.search(rf"\brow {at}\b", f"{said['message']} {said['details']}"), f"row {at} is not named: {said}"


@pytest.mark.parametrize(
    "fault", [f for f in VALUES + CONSTRAINTS if f.value is not None and f.column not in ("must", "id")], ids=repr
)
def test_a_fault_in_row_7_of_csv(unchanged, fault):
    lines = [f"{beside(fault)},{fault.column}"] + [f"r,{fault.text() if number == 7 else ''}" for number in range(1, 301)]
    said = expect(unchanged.post("/strict", csv="\n".join(lines) + "\n", timeout=60), fault)
    assert re.search(r"\brow 7\b", f"{said['message']} {said['details']}"), f"row 7 is not named: {said}"


@pytest.mark.parametrize("prefer", [None, REPRESENTATION, "resolution=ignore-duplicates", "resolution=merge-duplicates"])
@pytest.mark.parametrize("fault", [VALUES[0], VALUES[12], CONSTRAINTS[1], CONSTRAINTS[3]], ids=repr)
def test_a_fault_in_row_7_however_it_is_written(unchanged, prefer, fault):
    said = expect(unchanged.post("/strict", bulk(fault), prefer=prefer, timeout=60), fault)
    assert re.search(r"\brow 7\b", f"{said['message']} {said['details']}"), f"row 7 is not named: {said}"


def test_a_row_that_is_twice_in_one_body(unchanged):
    rows = [{"name": "r", "code": f"c{number}"} for number in range(1, 1001)]
    rows[6]["code"] = "c3"
    told(unchanged.post("/strict", rows, timeout=60), 409, "23505", "code", "row 7")
    rows = [{"a": number, "b": number} for number in range(1, 1001)]
    rows[6] = {"a": 3, "b": 3}
    told(unchanged.post("/strict", rows, timeout=60), 409, "23505", "a", "b", "row 7")


def test_a_duplicate_has_the_values_that_the_server_tells(unchanged):
    """Those of the row that is refused. MariaDB does not say whose they are: a trigger may have written another table."""
    one, several = here("write_errors.duplicate", ("", ""))
    error = refused(unchanged.post("/strict", {"code": f"{MARK}code"}), 409, "23505")
    assert error["details"] == f"Key (code){one} already exists."
    error = refused(unchanged.post("/strict", {"a": 71, "b": 72}), 409, "23505")
    assert error["details"] == f"Key (a, b){several} already exists."


def test_a_row_that_differs_only_by_collation_is_a_duplicate(unchanged):
    error = refused(unchanged.post("/strict", [{"code": "new"}, {"code": f"{MARK.upper()}CODE"}]), 409, "23505", "code", "row 2")
    assert f"{MARK}code" not in json.dumps(error), "the other row's own spelling is its data"


def test_other_keys_in_row_7(unchanged):
    rows = [{"name": "r", "i": 1} for _ in range(1000)]
    rows[6] = {"name": "r", "tiny": 1}
    told(unchanged.post("/strict", rows), 400, "PGRST102", "row 7")
    rows[6] = {"name": "r"}
    told(unchanged.post("/strict", rows), 400, "PGRST102", "row 7")


def test_a_missing_field_in_row_7_of_csv(unchanged):
    text = "name,i\n" + "".join("r\n" if number == 7 else "r,1\n" for number in range(1, 1001))
    told(unchanged.post("/strict", csv=text), 400, "PGRST102", "row 7")


def test_rows_that_begin_with_many_good_ones_leave_nothing(unchanged):
    """All or nothing, also where the body is too long for one statement of a careful program."""
    rows = [{"story": "s" * 200, "name": "r"} for _ in range(3000)]
    rows[-1]["name"] = "toolong"
    told(unchanged.post("/strict", rows, timeout=60), 422, "22001", "name", "row 3000")


# --- constraints of several columns, both directions of a foreign key, NOT NULL without a default


def test_a_duplicate_of_a_key_of_several_columns(unchanged):
    told(unchanged.post("/strict", {"a": 71, "b": 72}), 409, "23505", "a", "b")
    told(unchanged.patch("/strict?id=eq.2", {"a": 71, "b": 72}), 409, "23505", "a", "b")
    told(unchanged.post("/pairs", {"x": 1, "y": 1}), 409, "23505", "x", "y")
    told(unchanged.patch("/pairs?y=eq.2", {"y": 1}), 409, "23505", "x", "y")


def test_a_patch_that_makes_all_rows_alike(unchanged):
    told(unchanged.patch("/strict?id=lt.3", {"code": "same"}), 409, "23505", "code")


def test_a_parent_that_has_children(unchanged):
    told(unchanged.delete("/parents?id=eq.1"), 409, "23503")
    told(unchanged.delete("/parents/1"), 409, "23503")
    told(unchanged.delete("/parents?id=lt.3", prefer=REPRESENTATION), 409, "23503")
    told(unchanged.patch("/parents/1", {"id": 50}), 409, "23503")


def test_a_child_without_its_parent(unchanged):
    told(unchanged.post("/strict", {"parent": 50}), 409, "23503", "parent")
    told(unchanged.patch("/strict?id=eq.2", {"parent": 50}), 409, "23503", "parent")


@pytest.mark.parametrize("body", [{"may": 1}, {}, [{"may": 1}, {"may": 2}], {"must": None}])
def test_a_column_that_must_have_a_value(unchanged, body):
    told(unchanged.post("/needy", body), 422, "23502", "must")


def test_a_put_without_what_must_have_a_value(unchanged):
    told(unchanged.put("/needy/1", {"may": 1}), 422, "23502", "must")


def test_what_a_trigger_refuses(unchanged):
    response = unchanged.post("/loud", [{"n": 1}, {"n": -1}])
    assert response.status in (400, 409, 422), response
    refused(response, response.status)


def test_what_a_view_s_own_condition_refuses(unchanged):
    response = unchanged.post("/guarded", {"i": 50})
    assert response.status in (400, 422), response
    refused(response, response.status, ("44000", "23514"))


def test_a_view_says_the_same_as_its_table(unchanged):
    told(unchanged.post("/guarded", {"i": 2147483648}), 422, "22003", "i")
    refused(unchanged.post("/guarded", {"i": 1, "code": "x" * 11}), 422, "22001", "code")


def test_every_fault_leaves_a_service_that_writes(w):
    for fault in VALUES + CONSTRAINTS:
        w.post("/strict", b'{"%s":%s}' % (fault.column.encode(), fault.json()))
        done(w.post("/needy", {"must": 1}), 201)
    assert w.value("SELECT COUNT(*) FROM needy") == len(VALUES) + len(CONSTRAINTS)
    assert w.value("SELECT COUNT(*) FROM strict") == 2


def test_an_error_is_logged_with_the_server_s_number(w):
    before = len(w.pool.log())
    refused(w.post("/strict", {"code": f"{MARK}code"}), 409, "23505")
    number = here("write_errors.number", "1062")
    until(lambda: any(number in json.dumps(entry) for entry in w.pool.log()[before:]), 3,
          why=f"the log does not say the server's number {number}")  # fmt: skip


def test_a_value_with_quotes_in_an_error_is_no_sql(unchanged):
    for value in ("a'b'c'd", 'a"b"c"d', "a\\b\\c\\d", "x'; DROP TABLE strict; --", "%s%n%d%d", "é" * 6):
        error = error_of(unchanged.post("/strict", {"name": value}), 422, "22001")
        assert "name" in error["message"] + (error["details"] or ""), error
        assert error_of(unchanged.post("/strict", {"kind": value}), 422, "22P02")
        assert error_of(unchanged.post("/strict", {value: 1}), 400, "PGRST204")


# --- locks


class Holder:
    """Another client of the database, in a transaction."""

    def __init__(self, schema):
        self.connection = schema.connect()
        self.connection.begin()
        self.cursor = self.connection.cursor()
        self.sql = self.cursor.execute

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.rollback()
        self.connection.close()


def in_background(function, *arguments, **how):
    """Runs it in a thread; .result() waits for what it returns."""
    answer = []
    thread = threading.Thread(target=lambda: answer.append(function(*arguments, **how)))
    thread.start()

    def result(seconds=60):
        thread.join(seconds)
        assert answer, f"no answer within {seconds} s"
        return answer[0]

    return SimpleNamespace(result=result, thread=thread, answer=answer)


@pytest.fixture(scope="module")
def hasty(writable, lab):
    """A pool whose sessions wait for a lock for one second, as the operator has set it on the server."""
    database = writable.schema.database
    [(_, before)] = database.sql("SHOW GLOBAL VARIABLES LIKE 'innodb_lock_wait_timeout'")
    database.sql("SET GLOBAL innodb_lock_wait_timeout = 1")
    pool = servers.Pool(lab, writable.schema.url(), EXPOSED, MYREST_WRITABLE=EXPOSED)
    front = servers.Nginx(lab, pool)
    yield Tables(SimpleNamespace(schema=writable.schema, pool=pool, web=front, get=front.get, json=front.json), TABLES)
    front.stop()
    pool.close()
    database.sql(f"SET GLOBAL innodb_lock_wait_timeout = {before}")


@pytest.fixture
def locked(w, hasty):
    return hasty


@pytest.mark.parametrize(
    "method, target, body",
    [
        ("PATCH", "/accounts/1", {"n": 1}),
        ("PATCH", "/accounts?id=in.(1,2)", {"n": 1}),
        ("DELETE", "/accounts/1", None),
        ("PUT", "/accounts/1", {"n": 1}),
        ("POST", "/accounts", {"id": 1, "n": 1}),
    ],
)
def test_a_lock_that_is_never_freed_is_503_with_retry_after(locked, method, target, body):
    with Holder(locked.schema) as other:
        other.sql("SELECT * FROM accounts WHERE id = 1 FOR UPDATE")
        response = locked.send(method, target, body, timeout=60)
        refused(response, 503, "40001")
        assert int(response.headers["retry-after"]) >= 1
    assert locked.rows("SELECT n FROM accounts WHERE id IN (1, 2)") == [(0,), (0,)]


def test_a_lock_that_is_freed_in_time_costs_only_time(locked):
    with Holder(locked.schema) as other:
        other.sql("UPDATE accounts SET n = 50 WHERE id = 1")
        waiting = in_background(locked.patch, "/accounts/1", {"n": 1})
        time.sleep(0.4)
        assert not waiting.answer
        other.connection.commit()
        done(waiting.result(), 204)
    assert locked.value("SELECT n FROM accounts WHERE id = 1") == 1


def test_a_lock_that_is_freed_after_the_first_try_is_waited_for(locked):
    """The wait of one second failed once: the write is tried again before the client is told."""
    with Holder(locked.schema) as other:
        other.sql("UPDATE accounts SET n = 50 WHERE id = 1")
        waiting = in_background(locked.patch, "/accounts/1", {"n": 1})
        time.sleep(1.25)
        other.connection.commit()
        done(waiting.result(), 204)
    assert locked.value("SELECT n FROM accounts WHERE id = 1") == 1


def test_reading_goes_on_while_a_write_waits_for_a_lock(locked):
    with Holder(locked.schema) as other:
        other.sql("SELECT * FROM accounts WHERE id = 1 FOR UPDATE")
        waiting = in_background(locked.patch, "/accounts/1", {"n": 1}, timeout=60)
        time.sleep(0.1)
        slowest = 0
        while not waiting.answer and slowest < 1:
            began = time.monotonic()
            assert locked.get("/parents").status == 200
            slowest = max(slowest, time.monotonic() - began)
        refused(waiting.result(), 503, "40001")
    assert slowest < 0.5 * servers.FACTOR, f"a read took {slowest:.2f} s while a write waited"


def test_if_match_meets_a_change_that_was_not_yet_committed(locked):
    """The tag is compared in the transaction that writes: whoever waited for the lock sees what was changed meanwhile."""
    tag = locked.get("/accounts/1").headers["etag"]
    with Holder(locked.schema) as other:
        other.sql("UPDATE accounts SET n = 50 WHERE id = 1")
        waiting = in_background(locked.patch, "/accounts/1", {"n": 1}, If_Match=tag)
        time.sleep(0.3)
        other.connection.commit()
        refused(waiting.result(), 412, "40001")
    assert locked.value("SELECT n FROM accounts WHERE id = 1") == 50


def test_a_deadlock_is_tried_again(locked):
    """The pool's transaction is the lighter one, so it is the one that the server ends."""
    with Holder(locked.schema) as other:
        other.sql("INSERT INTO needy (must) SELECT seq FROM seq_1_to_2000")
        other.sql("UPDATE accounts SET n = 50 WHERE id = 2")
        waiting = in_background(locked.patch, "/accounts?id=in.(1,2)&order=id", {"n": 7})
        time.sleep(0.4)
        other.sql("UPDATE accounts SET n = 50 WHERE id = 1")
        time.sleep(0.2)
        other.connection.commit()
        done(waiting.result(), 204)
    assert locked.rows("SELECT n FROM accounts WHERE id IN (1, 2)") == [(7,), (7,)]


def test_many_who_lock_in_all_orders_end_well(w):
    """Deadlocks by the dozen: every answer is 204 or 503 to try again, and each write is there whole or not at all."""
    answers, stop = [], time.monotonic() + 4

    def client(number):
        turn = 0
        while time.monotonic() < stop:
            turn += 1
            order = "id" if (number + turn) % 2 else "id.desc"
            n = number * 10000 + turn
            response = w.patch(f"/accounts?id=gt.0&order={order}&limit=20", {"n": n}, timeout=60)
            answers.append((response.status, n, response))

    threads = [threading.Thread(target=client, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    odd = [response for status, _, response in answers if status not in (204, 503)]
    assert not odd, odd[0]
    for status, _, response in answers:
        if status == 503:
            refused(response, 503, "40001")
    values = {row[0] for row in w.rows("SELECT n FROM accounts")}
    assert len(values) == 1, f"a write is there in parts: {values}"
    assert values <= {n for status, n, _ in answers if status == 204}
    assert len(answers) > 20


# --- a server that does not write, an account that may not


def test_a_read_only_server_is_503_and_reads_go_on(unchanged):
    database = unchanged.schema.database
    database.sql("SET GLOBAL read_only = 1")
    try:
        for method, target, body in (
            ("POST", "/needy", {"must": 1}), ("PATCH", "/accounts/1", {"n": 1}), ("PUT", "/accounts/1", {"n": 1}), ("DELETE", "/accounts/1", None),
            ("POST", "/accounts", [{"id": 100, "n": 1}]),
        ):  # fmt: skip
            response = unchanged.send(method, target, body)
            refused(response, 503, "25006")
            assert "retry-after" in response.headers
            assert unchanged.get("/accounts/1").status == 200
    finally:
        database.sql("SET GLOBAL read_only = 0")
    done(unchanged.patch("/accounts/1", {"n": 0}), 204)


@pytest.fixture
def revoked(database, lab, start_pool, start_nginx):
    """Tables whose privileges are the table's own: they end at once, also for a connection that is open."""
    schema = database.schema(
        "CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT)", "INSERT INTO t VALUES (1, 1, 1)",
    )  # fmt: skip
    schema.sql(f"GRANT INSERT, UPDATE, DELETE ON {schema.name}.t TO rest@'%'")
    front = start_nginx(start_pool(schema.url(), "t", MYREST_WRITABLE="t"))
    return SimpleNamespace(schema=schema, web=front)


@pytest.mark.parametrize(
    "privilege, method, target, body",
    [
        ("INSERT", "POST", "/t", {"id": 2, "a": 1}),
        ("UPDATE", "PATCH", "/t?id=eq.1", {"a": 5}),
        ("UPDATE", "PATCH", "/t/1", {"a": 5}),
        ("DELETE", "DELETE", "/t?id=eq.1", None),
        ("INSERT", "PUT", "/t/2", {"a": 5}),
    ],
)
def test_a_privilege_that_is_gone_is_403(revoked, privilege, method, target, body):
    done(send(revoked.web, "POST", "/t", {"id": 9, "a": 9}), 201)
    revoked.schema.sql(f"REVOKE {privilege} ON {revoked.schema.name}.t FROM rest@'%'")
    before = revoked.schema.sql("SELECT * FROM t")
    error = refused(send(revoked.web, method, target, body), 403, "42501")
    assert "rest" not in json.dumps(error).replace("restrict", "") and "localhost" not in json.dumps(error), error
    assert revoked.schema.sql("SELECT * FROM t") == before
    assert revoked.web.get("/t").status == 200
    revoked.schema.sql(f"GRANT {privilege} ON {revoked.schema.name}.t TO rest@'%'")
    assert send(revoked.web, method, target, body).status in (200, 201, 204)


# --- connections that are killed, statements that take long


def writers_of(w, state="%"):
    """The connections that run a statement; by "User sleep" those that are inside of a trigger's SLEEP, where they have
    the name of the trigger's maker."""
    return [row[0] for row in w.schema.sql(
        "SELECT id FROM information_schema.processlist"
        f" WHERE id <> CONNECTION_ID() AND db = '{w.schema.name}' AND command <> 'Sleep' AND state LIKE '{state}'"
    )]  # fmt: skip


@pytest.mark.parametrize(
    "method, target, body", [("POST", "/slow", {"n": 5, "pause": 3}), ("POST", "/slow", [{"n": 4, "pause": 0}, {"n": 5, "pause": 3}]), ("PATCH", "/slow/1", {"n": 5, "pause": 3}), ("PUT", "/slow/1", {"n": 5, "pause": 3})]
)  # fmt: skip
def test_a_connection_that_dies_under_a_write_is_502_and_it_is_never_repeated(w, method, target, body):
    before = w.snapshot()
    waiting = in_background(w.send, method, target, body, timeout=60)
    [number] = until(lambda: writers_of(w, "User sleep"), 5, why="the write does not run")
    w.schema.sql(f"KILL {number}")
    response = waiting.result()
    error_of(response, 502)
    refused(response, 502)
    time.sleep(0.3)
    assert w.rows("SELECT n FROM slow_runs WHERE n = 5") == [(5,)], "it was run again"
    assert w.snapshot() == before, "a write that was cut is there in part"
    tried = [upstream for _, _, upstream, asked, where in w.web.tried() if asked == method and where == target][-1]
    assert len(tried) == 1, f"nginx has asked {len(tried)} times"
    done(w.patch("/slow/1", {"n": 1, "pause": 0}), 204)


def test_a_connection_that_died_before_costs_no_write(w):
    for _ in range(5):
        w.schema.kill_pool_connections()
        response = w.post("/needy", {"must": 1})
        assert response.status in (201, 502, 503), response
    until(lambda: w.post("/needy", {"must": 2}).status == 201, 5)
    assert w.value("SELECT COUNT(*) FROM needy WHERE must = 2") == 1


def test_a_query_that_is_killed_is_no_success(w):
    before = w.snapshot()
    waiting = in_background(w.post, "/slow", {"n": 5, "pause": 3}, timeout=60)
    [number] = until(lambda: writers_of(w, "User sleep"), 5, why="the write does not run")
    w.schema.sql(f"KILL QUERY {number}")
    response = waiting.result()
    assert response.status in (500, 502, 503, 504), response
    refused(response, response.status)
    assert w.snapshot() == before


def test_a_write_that_takes_too_long_is_504_and_no_half(w, start_pool, start_nginx):
    front = start_nginx(start_pool(w.schema.url(), EXPOSED, MYREST_WRITABLE=EXPOSED, MYREST_STATEMENT_TIMEOUT=1))
    before = w.snapshot()
    for method, target, body in (("POST", "/slow", {"n": 5, "pause": 30}), ("PATCH", "/slow/1", {"n": 5, "pause": 30})):
        began = time.monotonic()
        refused(send(front, method, target, body, timeout=60), 504)
        assert time.monotonic() - began < 5 * servers.FACTOR
    until(lambda: not writers_of(w), 5, why="the statement runs on")
    after = w.snapshot()
    assert sorted(row[1:] for row in after["slow"]) == here("write_errors.after_its_time", [(0, 0.0)])
    assert {**after, "slow": before["slow"]} == before
    done(send(front, "PATCH", "/slow/1", {"n": 3, "pause": 0}), 204)


def test_a_client_that_leaves_gets_its_write_whole_or_not_at_all(w):
    body = encode([{"n": n, "pause": 0.05} for n in range(10)])
    with socket.create_connection((w.web.host, w.web.port)) as connection:
        connection.sendall(b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        until(lambda: writers_of(w, "User sleep"), 5, why="the write does not run")

    def is_over():  # not only between two rows
        return not any(writers_of(w) or time.sleep(0.02) for _ in range(15))

    until(is_over, 20)
    assert w.value("SELECT COUNT(*) FROM slow") in (1, 11)


def test_a_cut_body_writes_nothing(unchanged):
    body = b'[{"must":1},{"must":2}]'
    with socket.create_connection((unchanged.web.host, unchanged.web.port)) as connection:
        connection.sendall(b"POST /needy HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body) + 5, body))
    time.sleep(0.2)


def test_the_database_is_away_is_503_and_no_write_is_lost_or_doubled(lab, start_pool, start_nginx):
    database = servers.Database(lab)
    try:
        schema = database.schema("CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, n INT)", grant=GRANT)
        front = start_nginx(start_pool(schema.url(), "t", MYREST_WRITABLE="t"))
        done(send(front, "POST", "/t", {"n": 1}), 201)
        database.stop()
        response = until(lambda: (answer := send(front, "POST", "/t", {"n": 2})).status == 503 and answer, 10)
        refused(response, 503)
        assert "retry-after" in response.headers
        database.start()
        until(lambda: send(front, "POST", "/t", {"n": 3}).status == 201, 20)
        assert [row[0] for row in schema.sql("SELECT n FROM t ORDER BY id")] == [1, 3]
    finally:
        database.kill()


@pytest.mark.parametrize("accept", [CSV, OBJECT, "application/x-ndjson"])
def test_an_error_has_its_one_shape_whatever_is_accepted(unchanged, accept):
    refused(unchanged.post("/strict", {"i": "x"}, prefer=REPRESENTATION, accept=accept), 400, "22P02", "i")
    refused(unchanged.post("/strict", {"name": "toolong"}, prefer=REPRESENTATION, accept=accept), 422, "22001", "name")


def test_errors_under_load_stay_their_own(w):
    """Each client gets the error of its own request, and good writes beside it are not touched."""
    result = load.InProcess(mixed, w.web.port)
    good, faults = result.result(60)
    assert not faults, faults[0]
    assert w.value("SELECT COUNT(*) FROM needy") == good
    assert w.value("SELECT COUNT(*) FROM strict") == 2


def mixed(port):
    """8 clients, of whom 6 write what is refused."""
    faults, good, front = [], [], web.Web(port)
    stop = time.monotonic() + 2

    def client(number):
        while time.monotonic() < stop:
            if number < 6:
                column, value, code = [("name", "toolong", "22001"), (*here("write_errors.beyond", ("tiny", 300)), "22003"), ("parent", 77, "23503"),
                                       ("code", f"{MARK}code", "23505"), ("positive", -1, "23514"), ("kind", "q", "22P02")][number]  # fmt: skip
                response = send(front, "POST", "/strict", {column: value})
                if not (400 <= response.status < 500 and response.json()["code"] == code and column in response.body.decode()):
                    faults.append((column, repr(response)))
            else:
                response = send(front, "POST", "/needy", {"must": number})
                if response.status == 201:
                    good.append(1)
                else:
                    faults.append(repr(response))

    threads = [threading.Thread(target=client, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(good), faults


def test_what_is_shown_of_a_row_in_an_error_is_the_client_s_own(w, start_pool, start_nginx):
    """A trigger and a constraint name that come from the schema may be named; values of rows may not."""
    w.schema.sql(f"UPDATE strict SET latin = '{MARK}', a = 5, b = 6 WHERE id = 2")
    for body in ({"code": "free"}, {"a": 5, "b": 6}, {"id": 2}):
        told(w.post("/strict", body), 409, "23505")
    told(w.patch("/strict/1", {"code": "free"}), 409, "23505", "code")
    told(w.patch("/strict?id=gt.0", {"positive": 0}), 422, "23514")
    told(w.delete("/parents?id=gt.0"), 409, "23503")
    assert shown(w.get("/strict?select=latin&id=eq.2")) == [{"latin": MARK}]


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_column_that_is_not_served_and_has_to_have_a_value(database, start_pool, method):
    schema = database.schema(
        "CREATE TABLE goods (id INT PRIMARY KEY, name VARCHAR(20), hush VARCHAR(20) NOT NULL)", grant=GRANT
    )
    pool = start_pool(schema.url(), "goods(id,name)", MYREST_WRITABLE="goods")
    answer = pool.ask(
        "/goods" if method == "POST" else "/goods/1", method, headers={"Content-Type": "application/json"},
        body=b'{"id":1,"name":"a"}',
    )  # fmt: skip
    error = json.loads(answer.body)
    assert (answer.status, error["code"]) == (422, "23502"), answer
    assert "not served" in error["hint"] and "hush" not in answer.out.decode()
    [event] = pool.log("write-failed")
    assert event["level"] == "warning" and "hush" in event["message"]
