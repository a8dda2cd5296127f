# SPDX-License-Identifier: MIT
"""A row of every type goes in and comes back, and values in other forms are the same values."""
import json

import pytest

from differences import here
from postgresql import fraction
from write_tables import EVERY
from write_tables import w, writable  # noqa: F401 (fixtures)
from writing import REPRESENTATION, shown


def test_a_row_of_every_type_comes_back_as_it_went_in(w):
    [row] = shown(w.post("/kinds", EVERY, prefer=REPRESENTATION), 201)
    assert {name: row[name] for name in EVERY} == EVERY
    assert row["place"] is None
    assert w.json(f"/kinds/{row['id']}") == row
    [again] = shown(w.post("/kinds", {**row, "id": row["id"] + 100}, prefer=REPRESENTATION), 201)
    assert again == {**row, "id": row["id"] + 100}, "what was read can be written"
    changed = shown(w.patch(f"/kinds?id=eq.{row['id']}", dict.fromkeys(EVERY), prefer=REPRESENTATION))
    assert changed == [{"id": row["id"], "place": None, **dict.fromkeys(EVERY)}]
    assert shown(w.put(f"/kinds/{row['id']}", EVERY, prefer=REPRESENTATION)) == row


def test_a_place_comes_back_as_it_went_in(w):
    point = "AAAAAAEBAAAAAAAAAAAA8D8AAAAAAAAAQA=="
    [row] = shown(w.post("/kinds?select=place", {"place": point}, prefer=REPRESENTATION), 201)
    assert row == {"place": point}
    assert w.rows("SELECT ST_X(place), ST_Y(place) FROM kinds") == [(1.0, 2.0)]


@pytest.mark.parametrize(
    "column, sent, answered",
    [
        ("price", '"12.5"', "12.5000"),
        ("price", "12.50000", "12.5000"),
        ("price", "1e2", "100.0000"),
        ("price", "99999999.9999", "99999999.9999"),
        ("big", '"18446744073709551615"', "18446744073709551615"),
        ("i", '"-5"', "-5"),
        ("flag", "1", "true"),
        ("flag", "0", "false"),
        *here("write.more_forms", [("flag", "2", "2"), ("bits", "15", "15")]),
        ("one", "1", "true"),
        ("d", "1e300", "1e300"),
        ("d", '"0.5"', "0.5"),
        ("at", '"2024-01-02 03:04:05"', '"2024-01-02T03:04:05.000000"'),
        ("at", '"2024-01-02T03:04:05Z"', '"2024-01-02T03:04:05.000000"'),
        ("at", '"2024-01-02T03:04:05.1+00:00"', '"2024-01-02T03:04:05.100000"'),
        ("stamp", '"2024-01-02T03:04:05+02:00"', '"2024-01-02T01:04:05.000+00:00"'),
        ("stamp", '"2024-01-02T03:04:05-05:30"', '"2024-01-02T08:34:05.000+00:00"'),
        ("stamp", '"2024-01-02T03:04:05Z"', '"2024-01-02T03:04:05.000+00:00"'),
        ("stamp", '"2024-01-02T03:04:05"', '"2024-01-02T03:04:05.000+00:00"'),
        ("word", '"\\ud83d\\ude00\\n\\/"', json.dumps("😀\n/", ensure_ascii=False)),
        ("doc", "null", "null"),
        ("doc", '"text"', '"text"'),
        ("doc", "[1.50,2]", here("write.list", "[1.50,2]")),
        ("doc", '{"b":1,"a":"é"}', '{"b":1,"a":"é"}'),
        ("kind", '"a"', '"a"'),
        ("marks", '""', '""'),
        ("word", '""', '""'),
        ("word", '"null"', '"null"'),
    ],
)
def test_a_value_in_another_form_is_the_same_value(w, column, sent, answered):
    body = f'{{"{column}":{sent}}}'.encode()
    response = w.post(f"/kinds?select={column}", body, kind="application/json", prefer=REPRESENTATION)
    assert response.status == 201, response
    got = response.json(exact=True)[0][column]
    answered = fraction(answered)
    assert got == json.loads(answered, parse_float=str) or str(got) == answered or (
        column == "d" and float(got) == float(answered)
    ), response
