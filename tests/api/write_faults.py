# SPDX-License-Identifier: MIT
"""Values and rows that the database refuses, each with what has to be told, and tables that refuse them."""
import fnmatch
import itertools
import json
import threading
from types import SimpleNamespace

import pytest

from differences import here
from table_data import Column, Table, by_name
from writing import GRANT, Tables, encode, refused, statements_of

# What other rows have in them, and no error may show.
MARK = "zq9"
TABLES = {
    **by_name(
        Table("parents", Column("id", "integer"), Column("name", "words", 20), key=["id"], rows=[(1, f"{MARK}a"), (2, f"{MARK}b")]),
    ),
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
    **by_name(
        Table(
            "needy", Column("id", "integer", counted=True), Column("must", "integer", required=True), Column("may", "integer"), key=["id"],
        ),
        Table(
            "pairs", Column("x", "integer"), Column("y", "integer"), Column("name", "words", 20),
            key=["x", "y"], rows=[(1, 1, f"{MARK}p"), (1, 2, f"{MARK}q")],
        ),
        Table(
            "accounts", Column("id", "integer"), Column("n", "integer", required=True),
            key=["id"], rows=[(number, 0) for number in range(1, 21)],
        ),
        Table(
            "slow", Column("id", "integer", counted=True), Column("n", "integer"), Column("pause", "double", default=0),
            key=["id"], rows=[(1, 0, 0)],
            also=[
                # what it writes survives a rollback: it tells how often a statement ran
                "CREATE TABLE slow_runs (n INT) ENGINE=Aria",
                "CREATE TRIGGER slow_in BEFORE INSERT ON slow FOR EACH ROW BEGIN DECLARE ignored INT;"
                " INSERT INTO slow_runs VALUES (NEW.n); SET ignored = SLEEP(NEW.pause); END",
                "CREATE TRIGGER slow_up BEFORE UPDATE ON slow FOR EACH ROW BEGIN DECLARE ignored INT;"
                " INSERT INTO slow_runs VALUES (NEW.n); SET ignored = SLEEP(NEW.pause); END",
            ],
        ),
        Table(
            "loud", Column("id", "integer", counted=True), Column("n", "integer"), key=["id"],
            also=[
                "CREATE TRIGGER loud_in BEFORE INSERT ON loud FOR EACH ROW IF NEW.n < 0 THEN SIGNAL SQLSTATE '45000'"
                " SET MESSAGE_TEXT = 'n must not be negative', MYSQL_ERRNO = 1644; END IF",
            ],
        ),
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
