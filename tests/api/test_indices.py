# SPDX-License-Identifier: MIT
"""Filters and orders use the indices that are there."""
import re

import pytest

from differences import here
from filter_tables import q
from postgresql import HERE


@pytest.fixture(scope="module")
def explained(service):
    made = service(
        "CREATE TABLE big (id INT PRIMARY KEY, name VARCHAR(40) COLLATE utf8mb4_general_ci NOT NULL, maybe INT NULL,"
        " at DATETIME NOT NULL, kind ENUM('a','b','c') NOT NULL, latin VARCHAR(40) CHARACTER SET latin1 NOT NULL,"
        " amount DECIMAL(10,2) NOT NULL, words VARCHAR(200), INDEX (name), INDEX (maybe), INDEX (at), INDEX (kind),"
        " INDEX (latin), INDEX (amount), FULLTEXT (words))",
        "INSERT INTO big SELECT seq, CONCAT('n', seq), IF(seq % 7, seq, NULL), '2024-01-01' + INTERVAL seq MINUTE,"
        " IF(seq > 4990, 'c', ELT(1 + seq % 2, 'a', 'b')), CONCAT('é', seq), seq / 4, CONCAT('word', seq) FROM seq_1_to_5000",
        "ANALYZE TABLE big",
        tables="big",
        MYREST_LOG_LEVEL="debug",
    )
    log = made.schema.database.home / "explained"

    def explain(query):
        database = made.schema.database
        database.sql(f"SET GLOBAL general_log_file = '{log}'", "SET GLOBAL general_log = 1")
        try:
            assert made.get(f"/big?{query}").status == 200
        finally:
            database.sql("SET GLOBAL general_log = 0")
        statement = re.findall(r"Query\t(SELECT .* FROM (?:\"public\"\.)?[`\"]big[`\"] .*)$", log.read_text("utf-8"), re.M)[-1]
        with made.schema.connect() as connection, connection.cursor() as cursor:
            if HERE:
                return cursor.explain(statement)
            cursor.execute("SET SESSION sql_mode='NO_BACKSLASH_ESCAPES'")
            cursor.execute("EXPLAIN " + statement)
            row = dict(zip([column[0] for column in cursor.description], cursor.fetchone()))
        return row["key"], row["type"], row["Extra"] or ""

    return explain


@pytest.mark.parametrize(
    "query,key,kind",
    [
        ("id=eq.5", "PRIMARY", "const"),
        ("id=in.(1,2,3)", "PRIMARY", "range"),
        ("id=eq(any).{1,2}", "PRIMARY", "range"),
        ("or=(id.eq.1,id.eq.2)", "PRIMARY", "range"),
        ("and=(id.gt.10,id.lt.20)", "PRIMARY", "range"),
        ("id=gte.10&id=lte.20", "PRIMARY", "range"),
        ("name=eq.n5", "name", "ref"),
        ("name=in.(n1,n2)", "name", "range"),
        ("name=like.n123*", "name", "range"),
        ("name=like.n123", "name", "range"),
        ("name=like.N\\_*", "name", "range"),
        ("name=gt.n999", "name", "range"),
        ("maybe=eq.5", "maybe", "ref"),
        ("maybe=lt.9", "maybe", "range"),
        ("at=gt.2024-01-04T11:00:00", "at", "range"),
        ("kind=eq.c", "kind", "ref"),
        ("latin=eq." + q("é5"), "latin", "ref"),
        ("latin=like." + q("é500") + "*", "latin", "range"),
        ("amount=eq.17.25", "amount", "ref"),
        ("amount=lt.1e0", "amount", "range"),
        ("words=plfts.word17", "words", "fulltext"),
        ("not.or=(id.lte.4990,id.gt.5000)", "PRIMARY", "range"),
        ("id=not.lte.4990", "PRIMARY", "range"),
    ],
)
def test_filters_use_the_index(explained, query, key, kind):
    assert explained(query)[:2] == (key, here("filters.kind_of_use", kind))


@pytest.mark.parametrize(
    "query,key",
    [
        ("order=id&limit=10", "PRIMARY"),
        ("order=id.desc&limit=10", "PRIMARY"),
        ("order=id.desc.nullslast&limit=10", "PRIMARY"),
        ("order=name&limit=10", "name"),
        ("order=name.desc.nullslast&limit=10&select=id", "name"),
        ("order=maybe.nullsfirst&limit=10", "maybe"),
        ("order=maybe.desc.nullslast&limit=10", "maybe"),
        ("order=at,id&limit=10&select=id", "at"),
        ("id=gt.100&order=id&limit=10", "PRIMARY"),
        ("name=like.n1*&order=name&limit=10", "name"),
    ],
)
def test_orders_use_the_index(explained, query, key):
    used, _, extra = explained(query)
    assert used == key and "filesort" not in extra, extra
