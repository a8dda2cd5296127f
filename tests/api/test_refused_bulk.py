# SPDX-License-Identifier: MIT
"""1,000 rows, of which one is at fault: it is named, and nothing is written."""
import json
import re

import pytest

from differences import here
from write_faults import CONSTRAINTS, MARK, VALUES, expect, told
from write_faults import unchanged, w, writable  # noqa: F401 (fixtures)
from writing import REPRESENTATION, refused

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
