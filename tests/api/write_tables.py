# SPDX-License-Identifier: MIT
"""The tables that tests of writing write to, as new for each test, and what serves them."""
from pathlib import Path
from types import SimpleNamespace

import pytest

import servers
from differences import here
from table_data import NEW_UUID, NOW, Column, Foreign, Table, by_name
from writing import GRANT, Tables, statements_of

TABLES = {
    **by_name(
        servers.USERS_TABLE,
        Table(
            "kinds",
            Column("id", "integer", counted=True), Column("i", "integer"), Column("big", "big unsigned"), Column("price", "decimal", 12, 4),
            Column("f", "float"), Column("d", "double"), Column("flag", "truth"), Column("bits", "bits", 4), Column("one", "bit"),
            Column("word", "words", 40), Column("fixed", "padded", 4), Column("story", "text"), Column("kind", "one of", "a", "b"),
            Column("marks", "some of", "x", "y", "z"), Column("day", "date"), Column("clock", "time", 3), Column("at", "moment", 6),
            Column("stamp", "moment in UTC", 3), Column("y", "year"), Column("doc", "json"), Column("raw", "few bytes", 20),
            Column("data", "bytes"), Column("place", "point"), Column("u", "uuid"),
            key=["id"],
        ),
        Table(
            "defaults",
            Column("id", "integer", counted=True), Column("name", "words", 20, default="nobody"), Column("n", "integer", default=7),
            Column("at", "moment", 6, default="2001-02-03 04:05:06.5"), Column("made", "moment", default=NOW),
            Column("must", "integer", required=True, default=3), Column("twice", "integer", computed="n * 2"),
            Column("thrice", "integer", computed="n * 3", kept=False),
            key=["id"], filled=["id", "name", "n"], rows=[(1, "one", 1), (2, "two", 2)],
        ),
        Table(
            "tidy",
            Column("id", "integer", counted=True), Column("name", "words", 20), Column("changes", "integer", default=0),
            key=["id"], rows=[(1, "first", 0)],
            also=[
                "CREATE TRIGGER tidy_in BEFORE INSERT ON tidy FOR EACH ROW SET NEW.name = UPPER(TRIM(NEW.name))",
                "CREATE TRIGGER tidy_up BEFORE UPDATE ON tidy FOR EACH ROW SET NEW.name = UPPER(TRIM(NEW.name)),"
                " NEW.changes = OLD.changes + 1",
            ],
        ),
        Table("tokens", Column("id", "padded", 36, default=NEW_UUID), Column("name", "words", 20), key=["id"]),
        Table(
            "cells",
            Column("x", "integer", required=True), Column("y", "words", 20, required=True), Column("v", "integer"),
            Column("note", "words", 20, default="none"),
            key=["x", "y"], rows=[(1, "a", 1, "n1"), (1, "b c", 2, "n2"), (2, "a", 3, "n3")],
        ),
        Table(
            "authors", Column("id", "integer", counted=True), Column("name", "words", 40, required=True),
            key=["id"], rows=[(1, "Ada"), (2, "Bob")],
        ),
        Table(
            "books", Column("id", "integer", counted=True), Column("author_id", "integer"), Column("title", "words", 40),
            key=["id"], foreign=[Foreign("books_author", ["author_id"], "authors", ["id"])], rows=[(1, 1, "Notes")],
        ),
        Table(
            "checked", Column("id", "integer"), Column("n", "integer"),
            key=["id"], checks={"small_n": "n BETWEEN 0 AND 10"}, rows=[(n, n) for n in range(1, 6)],
        ),
        Table(
            "people",
            Column("id", "integer", counted=True), Column("email", "words", 40, required=True, unique=True),
            Column("first", "words", 20, required=True), Column("last", "words", 20, required=True), Column("age", "integer", default=30),
            key=["id"], unique={"full_name": ["first", "last"]},
            rows=[(1, "a@x", "Ann", "Ash", 20), (2, "b@x", "Bea", "Box", 21)],
        ),
        Table("heap", Column("a", "integer"), Column("b", "words", 20), rows=[(1, "one"), (1, "one"), (2, "two")]),
        Table(
            "secrets",
            Column("id", "integer", counted=True), Column("shown", "words", 20), Column("hidden", "words", 20, required=True, default="h0"),
            Column("salt", "integer", default=5),
            key=["id"], rows=[(1, "one", "secret1", 51), (2, "two", "secret2", 52)],
        ),
        Table(
            "things",
            Column("id", "integer", counted=True), Column("a", "integer", default=10), Column("b", "integer", default=20),
            Column("c", "integer", default=30),
            key=["id"], rows=[(1, 1, 1, 1), (2, 2, 2, 2)],
        ),
        Table(
            "numbered",
            Column("id", "integer"), Column("n", "integer", required=True, counted=True, unique=True), Column("name", "words", 20),
            key=["id"], rows=[(1, 1011, "one"), (2, 1012, "two")],
        ),
        Table("fixed", Column("id", "integer"), Column("n", "integer"), key=["id"], rows=[(1, 1)]),
    ),
    "few": ("CREATE VIEW few AS SELECT id, username, email FROM users WHERE id < 1000", None),
    "totals": ("CREATE VIEW totals AS SELECT COUNT(*) AS n FROM users", None),
}  # fmt: skip
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
