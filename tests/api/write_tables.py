# SPDX-License-Identifier: MIT
"""The tables that tests of writing write to, as new for each test, and what serves them."""
from pathlib import Path
from types import SimpleNamespace

import pytest

import servers
from differences import here
from writing import GRANT, Tables, statements_of

# name -> (what makes it, what is in it before every test; None: nothing of its own)
TABLES = {
    "users": (servers.USERS[0], "VALUES (1, 'admin', 'admin@example.com'), (2, 'guest', 'guest@example.com')"),
    "kinds": (
        "CREATE TABLE kinds (id INT PRIMARY KEY AUTO_INCREMENT, i INT, big BIGINT UNSIGNED, price DECIMAL(12,4), f FLOAT,"
        " d DOUBLE, flag BOOL, bits BIT(4), one BIT(1), word VARCHAR(40), fixed CHAR(4), story TEXT, kind ENUM('a','b'),"
        " marks SET('x','y','z'), day DATE, clock TIME(3), at DATETIME(6), stamp TIMESTAMP(3) NULL, y YEAR, doc JSON,"
        " raw VARBINARY(20), data BLOB, place POINT, u UUID)",
        "",
    ),
    "defaults": (
        "CREATE TABLE defaults (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(20) DEFAULT 'nobody', n INT DEFAULT 7,"
        " at DATETIME(6) DEFAULT '2001-02-03 04:05:06.5', made DATETIME DEFAULT CURRENT_TIMESTAMP,"
        " must INT NOT NULL DEFAULT 3, twice INT GENERATED ALWAYS AS (n * 2) STORED, thrice INT AS (n * 3) VIRTUAL)",
        "(id, name, n) VALUES (1, 'one', 1), (2, 'two', 2)",
    ),
    "tidy": (
        [
            "CREATE TABLE tidy (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(20), changes INT DEFAULT 0)",
            "CREATE TRIGGER tidy_in BEFORE INSERT ON tidy FOR EACH ROW SET NEW.name = UPPER(TRIM(NEW.name))",
            "CREATE TRIGGER tidy_up BEFORE UPDATE ON tidy FOR EACH ROW SET NEW.name = UPPER(TRIM(NEW.name)),"
            " NEW.changes = OLD.changes + 1",
        ],
        "VALUES (1, 'first', 0)",
    ),
    "tokens": ("CREATE TABLE tokens (id CHAR(36) PRIMARY KEY DEFAULT (UUID()), name VARCHAR(20))", ""),
    "cells": (
        "CREATE TABLE cells (x INT NOT NULL, y VARCHAR(20) NOT NULL, v INT, note VARCHAR(20) DEFAULT 'none',"
        " PRIMARY KEY (x, y))",
        "VALUES (1, 'a', 1, 'n1'), (1, 'b c', 2, 'n2'), (2, 'a', 3, 'n3')",
    ),
    "authors": ("CREATE TABLE authors (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(40) NOT NULL)", "VALUES (1, 'Ada'), (2, 'Bob')"),
    "books": (
        "CREATE TABLE books (id INT PRIMARY KEY AUTO_INCREMENT, author_id INT, title VARCHAR(40),"
        " CONSTRAINT books_author FOREIGN KEY (author_id) REFERENCES authors (id) ON DELETE RESTRICT ON UPDATE RESTRICT)",
        "VALUES (1, 1, 'Notes')",
    ),
    "checked": (
        "CREATE TABLE checked (id INT PRIMARY KEY, n INT, CONSTRAINT small_n CHECK (n BETWEEN 0 AND 10))",
        "VALUES (1, 1), (2, 2), (3, 3), (4, 4), (5, 5)",
    ),
    "people": (
        "CREATE TABLE people (id INT PRIMARY KEY AUTO_INCREMENT, email VARCHAR(40) NOT NULL UNIQUE, first VARCHAR(20) NOT NULL,"
        " last VARCHAR(20) NOT NULL, age INT DEFAULT 30, UNIQUE KEY full_name (first, last))",
        "VALUES (1, 'a@x', 'Ann', 'Ash', 20), (2, 'b@x', 'Bea', 'Box', 21)",
    ),
    "heap": ("CREATE TABLE heap (a INT, b VARCHAR(20))", "VALUES (1, 'one'), (1, 'one'), (2, 'two')"),
    "secrets": (
        "CREATE TABLE secrets (id INT PRIMARY KEY AUTO_INCREMENT, shown VARCHAR(20), hidden VARCHAR(20) NOT NULL DEFAULT 'h0',"
        " salt INT DEFAULT 5)",
        "VALUES (1, 'one', 'secret1', 51), (2, 'two', 'secret2', 52)",
    ),
    "things": (
        "CREATE TABLE things (id INT PRIMARY KEY AUTO_INCREMENT, a INT DEFAULT 10, b INT DEFAULT 20, c INT DEFAULT 30)",
        "VALUES (1, 1, 1, 1), (2, 2, 2, 2)",
    ),
    "numbered": (
        "CREATE TABLE numbered (id INT PRIMARY KEY, n INT NOT NULL AUTO_INCREMENT, name VARCHAR(20), UNIQUE KEY (n))",
        "VALUES (1, 1011, 'one'), (2, 1012, 'two')",
    ),
    "fixed": ("CREATE TABLE fixed (id INT PRIMARY KEY, n INT)", "VALUES (1, 1)"),
    "few": ("CREATE VIEW few AS SELECT id, username, email FROM users WHERE id < 1000", None),
    "totals": ("CREATE VIEW totals AS SELECT COUNT(*) AS n FROM users", None),
}
EXPOSED = "users,kinds,defaults,tidy,tokens,cells,authors,books,checked,people,heap,secrets(id,shown),things,numbered,fixed,few,totals"
WRITABLE = "users,kinds,defaults,tidy,tokens,cells,authors,books,checked,people,heap,secrets,things(a,b),numbered,few"


@pytest.fixture(scope="module")
def writable(service):
    made = service(*statements_of(TABLES), grant=GRANT, tables=EXPOSED, MYREST_WRITABLE=WRITABLE)
    return Tables(made, TABLES)


@pytest.fixture
def w(writable):
    writable.renew()
    return writable


@pytest.fixture(scope="module")
def lenient(writable, lab):
    """The same tables, where the operator allows what is not allowed otherwise."""
    pool = servers.Pool(lab, writable.schema.url(), EXPOSED, MYREST_WRITABLE=WRITABLE, MYREST_ALLOW_UNFILTERED="on",
                        MYREST_ALLOW_ROLLBACK="on")  # fmt: skip
    front = servers.Nginx(lab, pool)
    yield Tables(SimpleNamespace(schema=writable.schema, pool=pool, web=front, get=front.get, json=front.json), TABLES)
    front.stop()
    pool.close()


@pytest.fixture
def free(w, lenient):
    return lenient


@pytest.fixture
def unchanged(w):
    """What the test refuses has changed nothing in any table."""
    before = w.snapshot()
    yield w
    assert w.snapshot() == before, "what was refused has changed something"


# --- what the database adds

EVERY = {
    "i": -5, "big": 18446744073709551615, "price": 12.5, "f": 0.1, "d": 0.30000000000000004, "flag": True, "bits": here("write.bits", 9),
    "one": False, "word": "naïve 😀", "fixed": "abcd", "story": "line\nline\t\"q\" \\ '", "kind": "b", "marks": "x,z",
    "day": "2024-02-29", "clock": here("write.time", "-12:34:56.789"), "at": "2024-01-02T03:04:05.678901", "stamp": "2024-01-02T03:04:05.678+00:00",
    "y": 2024, "doc": {"a": [1, None, "x"], "b": {"c": True}}, "raw": "AAEC/w==", "data": "", "u": "123e4567-e89b-12d3-a456-426614174000",
}  # fmt: skip


# --- upsert

MERGE, IGNORE = "resolution=merge-duplicates", "resolution=ignore-duplicates"


def merged(response):
    """The answer to a merge: 201, or 200 when no row is new."""
    assert response.status in (200, 201), response
    return response


# --- Idempotency-Key

IDEMPOTENCY = Path(__file__).resolve().parents[2] / "conf" / "idempotency.sql"
