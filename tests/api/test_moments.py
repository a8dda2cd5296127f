# SPDX-License-Identifier: MIT
"""Dates and times as programs write them: JavaScript's toISOString, the seven and nine digits of .NET and Go, forms in HTML
without seconds. What a column can have is taken as it is, what it cannot is refused by name, and a filter compares all of it."""
from urllib.parse import quote

import pytest

from writing import GRANT, Tables, done, refused, shown, statements_of

TABLES = {
    "moments": (
        "CREATE TABLE moments (id INT PRIMARY KEY, d DATE, dt DATETIME, dt3 DATETIME(3), dt6 DATETIME(6), ts TIMESTAMP(6) NULL, t TIME(6))",
        "VALUES (1, '2024-01-01', '2024-01-02 03:04:05', '2024-01-02 03:04:05.123', '2024-01-02 03:04:05.123456',"
        " '2024-01-02 03:04:05.123456', '03:04:05.123456'),"
        " (2, '2024-01-02', '2024-01-02 03:04:06', '2024-01-02 03:04:05.124', '2024-01-02 03:04:05.123457',"
        " '2024-01-02 03:04:05.123457', '03:04:05.123457'),"
        " (3, '2024-01-03', '2024-01-02 03:04:00', NULL, NULL, NULL, NULL)",
    ),
    "by_moment": ("CREATE TABLE by_moment (at DATETIME(6) PRIMARY KEY, n INT)", "VALUES ('2024-01-02 03:04:05.123456', 1)"),
}


@pytest.fixture(scope="module")
def tables(service):
    exposed = ",".join(TABLES)
    return Tables(service(*statements_of(TABLES), grant=GRANT, tables=exposed, MYREST_WRITABLE=exposed), TABLES)


@pytest.fixture
def w(tables):
    tables.renew()
    return tables


def bare(moment):
    """Without zeros at the end of a fraction."""
    return moment.rstrip("0").rstrip(".") if "." in moment else moment


@pytest.mark.parametrize(
    "column, given, kept",
    [
        ("dt", "2024-01-02T03:04", "2024-01-02T03:04:00"),
        ("dt", "2024-01-02T03:04:05.000Z", "2024-01-02T03:04:05"),
        ("dt", "2024-01-02T03:04:05.0000000", "2024-01-02T03:04:05"),
        ("dt", "2024-01-02T03:04:05+0000", "2024-01-02T03:04:05"),
        ("dt3", "2024-01-02T03:04:05.678Z", "2024-01-02T03:04:05.678"),
        ("dt3", "2024-01-02T03:04:05.678000000Z", "2024-01-02T03:04:05.678"),
        ("dt6", "2024-01-02T03:04:05.123456000Z", "2024-01-02T03:04:05.123456"),
        ("d", "2024-01-02T00:00:00.000Z", "2024-01-02"),
        ("d", "2024-01-02T00:00", "2024-01-02"),
        ("ts", "2024-01-02T03:04:05+05:30", "2024-01-01T21:34:05"),
        ("ts", "2024-01-02T03:04+05:30", "2024-01-01T21:34:00"),
        ("ts", "2024-01-02 03:04:05Z", "2024-01-02T03:04:05"),
        ("t", "03:04", "03:04:00"),
        ("t", "03:04:05.123456000", "03:04:05.123456"),
    ],
)
def test_what_a_column_can_have_is_taken(w, column, given, kept):
    done(w.put("/moments/4", {"id": 4, column: given}), 201)
    got = w.json(f"/moments/4?select={column}")[column]
    assert bare(got.removesuffix("+00:00")) == bare(kept), got
    assert [row["id"] for row in w.json(f"/moments?{column}=eq.{quote(given, safe='')}&id=eq.4")] == [4]


@pytest.mark.parametrize(
    "column, given, status, code, words",
    [
        ("dt", "2024-01-02T03:04:05.678Z", 422, "22003", "digits"),
        ("dt3", "2024-01-02T03:04:05.1234567Z", 422, "22003", "at most 3 digits"),
        ("dt6", "2024-01-02T03:04:05.123456789Z", 422, "22003", "at most 6 digits"),
        ("dt6", "2024-01-02T03:04:05.0000001", 422, "22003", "at most 6 digits"),
        ("t", "03:04:05.1234567", 422, "22003", "at most 6 digits"),
        ("d", "2024-01-02T10:00:00Z", 400, "22P02", "without a time of day"),
        ("d", "2024-01-02T00:00:00+02:00", 400, "22P02", "without a zone"),
        ("dt", "2024-01-02T03:04:05+02:00", 400, "22P02", "without a zone or in UTC"),
        ("dt", "2024-01-02T03", 400, "22P02", "expected"),
    ],
)
def test_what_is_too_much_is_named(w, column, given, status, code, words):
    before = w.snapshot()
    error = refused(w.patch("/moments?id=eq.1", {column: given}), status, code, column)
    assert words in error["message"] + (error["details"] or ""), error
    assert w.snapshot() == before


@pytest.mark.parametrize("day", ["2024-02-30", "2023-02-29", "2024-04-31"])
def test_a_day_that_no_calendar_has_is_none_in_any_zone(w, day):
    before = w.snapshot()
    known = w.patch("/moments?id=eq.1", {"ts": f"{day}T10:00:00Z"})
    assert known.status in (400, 422), known
    for zone in ("+01:00", "-14:00"):
        answer = w.patch("/moments?id=eq.1", {"ts": f"{day}T10:00:00{zone}"})
        assert refused(answer, known.status, known.json()["code"], "ts") == known.json()
    assert w.snapshot() == before


@pytest.mark.parametrize("column, given", [("d", "{}"), ("d", "{}T00:00:00Z"), ("dt", "{}"), ("dt", "{}T10:00:00"), ("ts", "{}T10:00:00Z"), ("ts", "{}T10:00:00+02:00")])
@pytest.mark.parametrize("day", ["2024-02-30", "2023-02-29", "2024-04-31"])
def test_no_filter_asks_for_a_day_that_no_calendar_has(w, column, given, day):
    moment = quote(given.format(day), safe="")
    for condition in (f"eq.{moment}", f"neq.{moment}", f"gt.{moment}", f"not.lte.{moment}", f"in.({moment})", f"in.(2024-01-02,{moment})",
                      f"isdistinct.{moment}", f"eq(any).{{2024-01-02,{moment}}}"):  # fmt: skip
        error = refused(w.get(f"/moments?{column}={condition}"), 400, "22P02", column)
        assert error["message"] == f"expected a valid calendar date for column '{column}'" and error["details"].startswith("at character ")
    before = w.snapshot()
    refused(w.delete(f"/moments?{column}=lt.{moment}"), 400, "22P02", column)
    assert w.snapshot() == before
    assert w.json(f"/moments?{column}=gt.2024-02-29&{column}=lt.2024-03-01") == []


@pytest.mark.parametrize(
    "condition, found",
    [
        ("dt6=eq.2024-01-02T03:04:05.1234560", [1]),
        ("dt6=eq.2024-01-02T03:04:05.1234561", []),
        ("dt6=eq.2024-01-02T03:04:05.1234569", []),
        ("dt6=gte.2024-01-02T03:04:05.1234561", [2]),
        ("dt6=gt.2024-01-02T03:04:05.1234569", [2]),
        ("dt6=lt.2024-01-02T03:04:05.1234561", [1]),
        ("dt6=lte.2024-01-02T03:04:05.1234569", [1]),
        ("dt6=neq.2024-01-02T03:04:05.1234561", [1, 2]),
        ("dt6=not.eq.2024-01-02T03:04:05.1234561", [1, 2]),
        ("dt6=not.neq.2024-01-02T03:04:05.1234561", []),
        ("dt6=isdistinct.2024-01-02T03:04:05.1234561", [1, 2, 3]),
        ("dt6=in.(2024-01-02T03:04:05.1234561,2024-01-02T03:04:05.123457)", [2]),
        ("dt6=not.in.(2024-01-02T03:04:05.1234561,2024-01-02T03:04:05.123457)", [1]),
        ("dt6=gt(any).{2024-01-02T03:04:05.1234561,2025-01-01}", [2]),
        ("dt6=gt(all).{2024-01-02T03:04:05.1234561,2024-01-02T03:04:05.1234559}", [2]),
        ("dt=gt.2024-01-02T03:04:05.999999999Z", [2]),
        ("dt=lt.2024-01-02T03:04:05.000000001Z", [1, 3]),
        ("dt=eq.2024-01-02T03:04", [3]),
        ("dt=gt.2024-01-02T03:04", [1, 2]),
        ("ts=gte.2024-01-02T05:04:05.1234561+02:00", [2]),
        ("t=gte.03:04:05.1234561", [2]),
        ("t=gt.03:04", [1, 2]),
        ("d=lt.2024-01-02T00:00:00Z", [1]),
        ("d=lte.2024-01-02T00:00:00.000Z", [1, 2]),
        ("d=eq.2024-01-02T00:00", [2]),
        ("d=lt.2024-01-02T00:00:00.000001", [1, 2]),
        ("d=gt.2024-01-01T23:59:59", [2, 3]),
        ("d=eq.2024-01-02T12:00", []),
        ("d=neq.2024-01-02T12:00", [1, 2, 3]),
        ("d=in.(2024-01-02T12:00,2024-01-03)", [3]),
    ],
)
def test_a_filter_compares_all_of_it(w, condition, found):
    name, _, value = condition.partition("=")
    assert [row["id"] for row in w.json(f"/moments?{name}={quote(value, safe='')}&order=id")] == found


def test_a_key_with_more_digits_is_no_row_s(w):
    assert w.json("/by_moment/2024-01-02T03:04:05.123456000")["n"] == 1
    refused(w.get("/by_moment/2024-01-02T03:04:05.1234561"), 404, "PGRST116")
    refused(w.delete("/by_moment/2024-01-02T03:04:05.1234561"), 404)
    refused(w.put("/by_moment/2024-01-02T03:04:05.1234561", {"n": 2}), 422, "22003")
    assert shown(w.get("/by_moment?select=n")) == [{"n": 1}]
