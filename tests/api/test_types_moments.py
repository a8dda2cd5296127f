# SPDX-License-Identifier: MIT
"""Dates, times and moments at their extremes."""
from urllib.parse import quote

from differences import here
from typed import types  # noqa: F401 (fixtures)


def test_dates(types):
    assert types.column("DATE", "'2024-02-29'", "'1000-01-01'", "'9999-12-31'", "'0001-01-01'", "NULL") == [
        "2024-02-29",
        "1000-01-01",
        "9999-12-31",
        "0001-01-01",
        None,
    ]


def test_zero_dates_are_as_the_database_has_them(types):
    assert types.column("DATE", "'0000-00-00'", "'2024-00-00'", "'2024-02-00'") == [
        "0000-00-00",
        "2024-00-00",
        "2024-02-00",
    ]
    assert [
        value.replace("T", " ") for value in types.column("DATETIME", "'0000-00-00 00:00:00'", "'2024-00-00 01:02:03'")
    ] == ["0000-00-00 00:00:00", "2024-00-00 01:02:03"]
    assert types.column("TIMESTAMP NULL", "'0000-00-00 00:00:00'")[0].startswith("0000-00-00")


def test_datetimes_have_a_t_and_their_fraction(types):
    assert types.column("DATETIME", "'2024-01-02 03:04:05'", "'9999-12-31 23:59:59'") == [
        "2024-01-02T03:04:05",
        "9999-12-31T23:59:59",
    ]
    assert types.column("DATETIME(6)", "'2024-01-02 03:04:05.6789'", "'1000-01-01 00:00:00'") == here(
        "types.fractions", ["2024-01-02T03:04:05.678900", "1000-01-01T00:00:00.000000"]
    )
    assert types.column("DATETIME(3)", "'2024-01-02 03:04:05.678'") == ["2024-01-02T03:04:05.678"]


def test_timestamps_are_in_utc(types):
    name = types.table("v TIMESTAMP(3) NULL")
    types.schema.sql("SET time_zone = '+05:00'", f"INSERT INTO {name} VALUES (1, '2024-01-02 08:04:05.678')")
    types.schema.sql(
        "SET time_zone = '+00:00'",
        f"INSERT INTO {name} VALUES (2, '1970-01-01 00:00:01'), " "(3, '2038-01-19 03:14:07.999'), (4, NULL)",
    )
    assert [row["v"] for row in types.json(f"/{name}?order=id")] == [
        "2024-01-02T03:04:05.678+00:00",
        here("types.no_fraction", "1970-01-01T00:00:01.000+00:00"),
        "2038-01-19T03:14:07.999+00:00",
        None,
    ]
    assert types.column("TIMESTAMP NULL", "FROM_UNIXTIME(1704164645)") == ["2024-01-02T03:04:05+00:00"]


def test_moments_are_found_by_eq_as_they_are_answered(types):
    name = types.table("d DATE", "t TIME", "dt DATETIME(6)", "ts TIMESTAMP NULL", "y YEAR")
    types.schema.sql(
        "SET time_zone = '+00:00'",
        f"INSERT INTO {name} VALUES (1, '2024-01-02', '{here('types.time', '-12:34:56')}', "
        "'2024-01-02 03:04:05.678900', '2024-01-02 03:04:05', 2024), "
        "(2, '2025-01-02', '12:34:56', '2025-01-02', '2025-01-02', 2025)",
    )
    row = types.json(f"/{name}/1")
    for column, value in row.items():
        found = types.json(f"/{name}?{column}=eq.{quote(str(value), safe='')}")
        assert found == [row], (column, value)


def test_times_reach_838_hours_both_ways(types):
    assert types.column("TIME", "'838:59:59'", "'-838:59:59'", "'00:00:00'", "'-00:00:01'", "'5:06:07'") == [
        "838:59:59",
        "-838:59:59",
        "00:00:00",
        "-00:00:01",
        "05:06:07",
    ]
    longest = here("types.longest", "-838:59:59.999999")
    assert types.column("TIME(6)", f"'{longest}'", "'01:02:03.000004'") == [
        longest,
        "01:02:03.000004",
    ]
