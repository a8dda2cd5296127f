# SPDX-License-Identifier: MIT
"""select: aliases and casts."""
import struct

import pytest

from differences import here
from filter_tables import data  # noqa: F401 (fixtures)
from web import error_of


def test_aliases(data):
    assert data.json("/facts?select=key:id,truth:yes&id=eq.1") == [{"key": 1, "truth": True}]
    assert data.json('/facts?select="a,b":id,"q\\"q":id,κ:id&id=eq.1') == [{"a,b": 1, 'q"q': 1, "κ": 1}]
    assert list(data.json("/facts?select=big,*&id=eq.1")[0]) == ["big", "id", "yes", "one"]
    assert data.json("/facts/2?select=x:id") == {"x": 2}
    error_of(data.get("/facts?select=x:id,x:yes"), 400, "PGRST100")
    error_of(data.get("/facts?select=*,yes:id"), 400, "PGRST100")


@pytest.mark.parametrize(
    "cast,expected",
    [
        ("i::text", ["7", "-1", None, "0"]),
        ("t::int", [12, None, None, None]),
        ("t::numeric", [12, 1.5, None, None]),
        ("t::float", [12, 1.5, None, None]),
        ("t::boolean", [None, None, None, True]),
        ("yes::text", ["true", "false", None, here("filters.two_as_text", "2")]),
        ("yes::int", [1, 0, None, here("filters.two_as_int", 2)]),
        ("i::boolean", [True, True, None, False]),
        ("d::text", ["1.500", "0.000", None, "0.000"]),
        ("d::int", [2, 0, None, 0]),
        ("f::numeric", [2.5, 100000000000000000000, None, 0]),
        ("i::double%20precision", [7, -1, None, 0]),
        ("at::text", ["2024-01-02 03:04:05.678", None, None, None]),
        ("at::date", ["2024-01-02", None, None, None]),
        ("at::time", ["03:04:05.678", None, None, None]),
        ("day::timestamp", ["2024-02-29T00:00:00", None, None, None]),
        ("day::timestamptz", ["2024-02-29T00:00:00+00:00", None, None, None]),
        ("clock::text", ["10:11:12", None, None, None]),
        ("bin::text", ["héllo", None, None, None]),
        ("bits::text", [here("filters.bits_as_text", "5"), None, None, None]),
        ("bits::int", [here("filters.bits_as_int", 5), None, None, None]),
        ("place::text", ["POINT(1 2)", None, None, None]),
        ("i::json", [7, -1, None, 0]),
        ("t::json", [12, 1.5, None, True]),
        ("t::char", ["12", "1.50", "x1", "true"]),
        ("i::unsigned", [7, None, None, 0]),
    ],
)
def test_casts(data, cast, expected):
    assert [row["v"] for row in data.json(f"/casts?select=v:{cast}&order=id&limit=4")] == expected


def test_a_cast_gives_no_other_value(service):
    """What the type does not hold is NULL: the server would count its bits otherwise, or take the nearest."""
    numbers = service(
        "CREATE TABLE numbers (id INT PRIMARY KEY, u BIGINT UNSIGNED, i BIGINT, d DECIMAL(30,2), f FLOAT, x DOUBLE, b BIT(64))",
        "INSERT INTO numbers VALUES (1, 18446744073709551615, -9223372036854775808, 9223372036854775808.25, 1234567,"
        " 9223372036854775808, 18446744073709551615), (2, 9223372036854775807, 5, -9223372036854775808, 16777216, 1e300,"
        " 7), (3, 0, -1, -0.5, 0.1, -3, 0), (4, 1, 1, 99999999999999999999, -1e30, 18446744073709549568, 1)",
        "CREATE TABLE ends (id INT PRIMARY KEY, x DOUBLE)",
        "INSERT INTO ends VALUES (1, 9223372036854774784), (2, 9223372036854777856), (3, -9223372036854775808), (4, 9007199254740991)",
        tables="numbers,ends",
    )
    low, high = -(2**63), 2**63 - 1
    for cast, expected in (
        ("u::bigint", [None, high, 0, 1]),
        ("i::unsigned", [None, 5, None, 1]),
        ("i::int", [low, 5, -1, 1]),
        ("d::int", [None, low, -1, None]),
        ("d::unsigned", [9223372036854775808, None, None, None]),
        ("x::int", [None, None, -3, None]),
        ("x::unsigned", here("filters.double_as_integer", [9223372036854775808, None, None, 18446744073709549568])),
        *here("filters.bits_as_numbers", [("b::int", [None, 7, 0, 1]), ("b::unsigned", [2**64 - 1, 7, 0, 1])]),
        ("f::int", [1234567, 16777216, 0, None]),
    ):
        assert [row["v"] for row in numbers.json(f"/numbers?select=v:{cast}&order=id")] == expected, cast
    for cast, expected in here(
        "filters.ends_of_doubles",
        [("int", [2**63 - 1024, None, low, 2**53 - 1]), ("unsigned", [2**63 - 1024, 2**63 + 2048, None, 2**53 - 1])],
    ):
        assert [row["v"] for row in numbers.json(f"/ends?select=v:x::{cast}&order=id")] == expected, cast
    rows = numbers.json("/numbers?select=f,text:f::text&order=id")
    assert [row["text"] for row in rows[:3]] == here("filters.floats_as_texts", ["1234567", "16777216", "0.1"])
    for row in rows:
        single = [struct.pack("f", float(value)) for value in (row["f"], row["text"])]
        assert single[0] == single[1]


def test_casts_of_texts_to_moments(data):
    row = data.json("/casts?select=a:t::timestamp,b:t::date,c:t::timestamptz,d:t::time&id=eq.5")[0]
    fraction = here("filters.fraction", ".000000")
    assert row == {"a": f"2024-01-02T03:04:05{fraction}", "b": "2024-01-02", "c": f"2024-01-02T03:04:05{fraction}+00:00", "d": None}
    assert data.json("/casts?select=t::json&id=eq.6") == [{"t": [1, {}]}]


@pytest.mark.parametrize("table", ["k_uuid", "k_address"])
@pytest.mark.parametrize(
    "name", ["int", "unsigned", "numeric", "float", "boolean", "date", "time", "timestamp", "timestamptz", "text", "json"]
)
def test_casts_of_types_that_only_look_like_texts(data, table, name):
    """The server itself refuses to make a number of them."""
    expected = data.json(f"/{table}?select=v&order=id") if name == "text" else [{"v": None}] * 5
    assert data.json(f"/{table}?select=v::{name}&order=id") == expected


@pytest.mark.parametrize("part", ["i::money", "i::int[]", "bin::int", "day::int", "i::date", "i::numeric(3)", "i::"])
def test_casts_that_are_none_are_400(data, part):
    error_of(data.get(f"/casts?select={part}"), 400, ("42704", "42846", "PGRST100", "PGRST200"))
