# SPDX-License-Identifier: MIT
"""Every value of every type comes out equal, in JSON, CSV and NDJSON, by list, by key and by a filter on itself.

Values are made by hypothesis, written to the database directly and read through nginx.
"""
import itertools
from urllib.parse import quote

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from value_kinds import (
    BIN, BYTES, CSV, GROUPS, KINDS, NDJSON, NULL, ROWS, TEXT, base64_of, bounded, check_filters, check_formats, fields,
    moment, rows_of, written,
)
from web import parse


# --- the types: what is written, what must be answered, what a client writes into a filter


class Values:
    def __init__(self, made):
        self.made, self.next = made, itertools.count(1)
        self.get, self.kept = made.get, {}

    def write(self, group, rows):
        """Puts the rows into the table; their ids."""
        numbers = [next(self.next) for _ in rows]
        names = list(group)
        given = []
        for number, row in zip(numbers, rows):
            values = [None if row[name] is NULL else getattr(group[name], "write", lambda v: v)(row[name]) for name in names]
            given.append((number, *values))
        with self.made.schema.connect() as connection, connection.cursor() as cursor:
            cursor.execute("SET time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES'")
            marks = ", ".join(["%s"] * (1 + len(names)))
            cursor.executemany(f"INSERT INTO v ({', '.join(['id', *names])}) VALUES ({marks})", given)
        return numbers

    def rows(self, target, headers=None):
        response = self.get(target, headers=headers)
        assert response.status == 200, (target, response)
        return response


@pytest.fixture(scope="module")
def values(service):
    columns = ", ".join(f"{name} {kind.definition} NULL" for name, kind in KINDS.items())
    return Values(
        service(
            f"CREATE TABLE v (id INT PRIMARY KEY, {columns})",
            f"CREATE TABLE k_text (k VARCHAR(200) {BIN} PRIMARY KEY, n INT)",
            "CREATE TABLE k_big (k BIGINT UNSIGNED PRIMARY KEY, n INT)",
            "CREATE TABLE k_decimal (k DECIMAL(65,30) PRIMARY KEY, n INT)",
            "CREATE TABLE k_moment (k DATETIME(6) PRIMARY KEY, n INT)",
            "CREATE TABLE k_bytes (k VARBINARY(20) PRIMARY KEY, n INT)",
            tables="v,k_text,k_big,k_decimal,k_moment,k_bytes",
            workers=2,
            MYREST_MAX_ROWS=100000,
        )
    )


# --- filters on the values themselves


@pytest.mark.parametrize("name", GROUPS)
def test_values_come_out_as_they_went_in(values, name):
    group = GROUPS[name]

    @bounded(100)
    @given(rows_of(group))
    def property(rows):
        numbers = values.write(group, rows)
        expected = dict(zip(numbers, rows))
        note(f"id {numbers[0]} and on")
        columns = f"select=id,{','.join(group)}"
        answered = check_formats(values, f"/v?{columns}&id=gte.{numbers[0]}&order=id", group, expected)
        for row in answered:
            assert values.rows(f"/v/{row['id']}?{columns}").json(exact=True) == row
        check_filters(values, group, answered)
        values.kept.update({number: {**dict.fromkeys(KINDS, NULL), **row} for number, row in expected.items()})

    property()


def test_all_of_them_at_once(values):
    """The whole table, every column of every row that the tests before this one have left."""
    if not values.kept:
        values.kept.update(dict.fromkeys(values.write({}, [{}]), dict.fromkeys(KINDS, NULL)))
    chosen = dict(list(values.kept.items())[:: max(1, len(values.kept) // 800)])
    numbers = list(chosen)
    for start in range(0, len(numbers), 400):
        some = numbers[start : start + 400]
        target = f"/v?id=in.({','.join(map(str, some))})&order=id"
        check_formats(values, target, KINDS, {number: chosen[number] for number in some})


def test_the_reader_of_csv_sees_what_is_null():
    assert fields(b'a,"b ""x""",,""\n"1\n2",,"",\n') == [["a", 'b "x"', None, ""], ["1\n2", None, "", None]]


# --- keys

KEYS = {
    # NUL cannot stand in a path; . and .. are steps of one; the empty key is the table
    "k_text": TEXT.filter(lambda text: "\0" not in text and text not in ("", ".", "..")),
    "k_big": KINDS["big_u"].strategy,
    "k_decimal": KINDS["long_decimal"].strategy,
    "k_moment": KINDS["at"].strategy,
    "k_bytes": BYTES.filter(bool),
}


@pytest.mark.parametrize("table", KEYS)
def test_every_value_can_be_a_key(values, table):
    @bounded(50)
    @given(st.lists(KEYS[table], min_size=1, max_size=ROWS, unique=True))
    def property(keys):
        mark = "_binary %s" if table == "k_bytes" else "%s"
        with values.made.schema.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table}")
            for number, key in enumerate(keys):
                cursor.execute(f"INSERT INTO {table} VALUES ({mark}, %s)", (str(key) if table == "k_decimal" else key, number))
        for number, key in enumerate(keys):
            answered = base64_of(key) if table == "k_bytes" else moment(key) if table == "k_moment" else key
            path = f"/{table}/{quote(written(answered), safe='')}"
            assert values.rows(path).json(exact=True) == {"k": answered, "n": number}, path
            line = fields(values.rows(path, CSV).body)
            assert line == [["k", "n"], [written(answered), str(number)]]
            assert parse(values.rows(path, NDJSON).body, exact=True) == {"k": answered, "n": number}

    property()
