# SPDX-License-Identifier: MIT
"""What the database refuses of a row is told by code, column or constraint; no SQL, no row of others, and nothing has changed."""
import json

import pytest

from differences import here
from servers import until
from web import error_of
from write_faults import CONSTRAINTS, MARK, VALUES, expect, told
from write_faults import unchanged, w, writable  # noqa: F401 (fixtures)
from writing import CSV, GRANT, OBJECT, REPRESENTATION, done, refused, shown


# --- one row


@pytest.mark.parametrize("fault", VALUES + CONSTRAINTS, ids=repr)
def test_post_one_row(unchanged, fault):
    expect(unchanged.post("/strict", b'{"%s":%s}' % (fault.column.encode(), fault.json())), fault)


@pytest.mark.parametrize("fault", VALUES + CONSTRAINTS, ids=repr)
def test_post_one_row_back(unchanged, fault):
    body = b'[{"%s":%s}]' % (fault.column.encode(), fault.json())
    expect(unchanged.post("/strict", body, prefer=REPRESENTATION), fault)


@pytest.mark.parametrize("fault", [fault for fault in VALUES + CONSTRAINTS if fault.value is not None], ids=repr)
def test_post_csv(unchanged, fault):
    expect(unchanged.post("/strict", csv=f"b,{fault.column}\n5,{fault.text()}\n"), fault)


@pytest.mark.parametrize("fault", VALUES + CONSTRAINTS, ids=repr)
@pytest.mark.parametrize("target", ["/strict?id=eq.2", "/strict/2"])
def test_patch(unchanged, target, fault):
    expect(unchanged.patch(target, b'{"%s":%s}' % (fault.column.encode(), fault.json())), fault)


@pytest.mark.parametrize("fault", VALUES + CONSTRAINTS[:-1], ids=repr)
@pytest.mark.parametrize("key", [2, 9])
def test_put(unchanged, key, fault):
    expect(unchanged.put(f"/strict/{key}", b'{"%s":%s}' % (fault.column.encode(), fault.json())), fault)


@pytest.mark.parametrize("fault", VALUES + CONSTRAINTS[1:-1], ids=repr)
@pytest.mark.parametrize("resolution", ["merge", "ignore"])
def test_upsert(unchanged, resolution, fault):
    body = b'{"id":9,"%s":%s}' % (fault.column.encode(), fault.json())
    expect(unchanged.post("/strict", body, prefer=f"resolution={resolution}-duplicates"), fault)


# --- constraints of several columns, both directions of a foreign key, NOT NULL without a default


def test_a_duplicate_of_a_key_of_several_columns(unchanged):
    told(unchanged.post("/strict", {"a": 71, "b": 72}), 409, "23505", "a", "b")
    told(unchanged.patch("/strict?id=eq.2", {"a": 71, "b": 72}), 409, "23505", "a", "b")
    told(unchanged.post("/pairs", {"x": 1, "y": 1}), 409, "23505", "x", "y")
    told(unchanged.patch("/pairs?y=eq.2", {"y": 1}), 409, "23505", "x", "y")


def test_a_patch_that_makes_all_rows_alike(unchanged):
    told(unchanged.patch("/strict?id=lt.3", {"code": "same"}), 409, "23505", "code")


def test_a_parent_that_has_children(unchanged):
    told(unchanged.delete("/parents?id=eq.1"), 409, "23503")
    told(unchanged.delete("/parents/1"), 409, "23503")
    told(unchanged.delete("/parents?id=lt.3", prefer=REPRESENTATION), 409, "23503")
    told(unchanged.patch("/parents/1", {"id": 50}), 409, "23503")


def test_a_child_without_its_parent(unchanged):
    told(unchanged.post("/strict", {"parent": 50}), 409, "23503", "parent")
    told(unchanged.patch("/strict?id=eq.2", {"parent": 50}), 409, "23503", "parent")


@pytest.mark.parametrize("body", [{"may": 1}, {}, [{"may": 1}, {"may": 2}], {"must": None}])
def test_a_column_that_must_have_a_value(unchanged, body):
    told(unchanged.post("/needy", body), 422, "23502", "must")


def test_a_put_without_what_must_have_a_value(unchanged):
    told(unchanged.put("/needy/1", {"may": 1}), 422, "23502", "must")


def test_what_a_trigger_refuses(unchanged):
    response = unchanged.post("/loud", [{"n": 1}, {"n": -1}])
    assert response.status in (400, 409, 422), response
    refused(response, response.status)


def test_what_a_view_s_own_condition_refuses(unchanged):
    response = unchanged.post("/guarded", {"i": 50})
    assert response.status in (400, 422), response
    refused(response, response.status, ("44000", "23514"))


def test_a_view_says_the_same_as_its_table(unchanged):
    told(unchanged.post("/guarded", {"i": 2147483648}), 422, "22003", "i")
    refused(unchanged.post("/guarded", {"i": 1, "code": "x" * 11}), 422, "22001", "code")


def test_every_fault_leaves_a_service_that_writes(w):
    for fault in VALUES + CONSTRAINTS:
        w.post("/strict", b'{"%s":%s}' % (fault.column.encode(), fault.json()))
        done(w.post("/needy", {"must": 1}), 201)
    assert w.value("SELECT COUNT(*) FROM needy") == len(VALUES) + len(CONSTRAINTS)
    assert w.value("SELECT COUNT(*) FROM strict") == 2


def test_an_error_is_logged_with_the_server_s_number(w):
    before = len(w.pool.log())
    refused(w.post("/strict", {"code": f"{MARK}code"}), 409, "23505")
    number = here("write_errors.number", "1062")
    until(lambda: any(number in json.dumps(entry) for entry in w.pool.log()[before:]), 3,
          why=f"the log does not say the server's number {number}")  # fmt: skip


def test_a_value_with_quotes_in_an_error_is_no_sql(unchanged):
    for value in ("a'b'c'd", 'a"b"c"d', "a\\b\\c\\d", "x'; DROP TABLE strict; --", "%s%n%d%d", "é" * 6):
        error = error_of(unchanged.post("/strict", {"name": value}), 422, "22001")
        assert "name" in error["message"] + (error["details"] or ""), error
        assert error_of(unchanged.post("/strict", {"kind": value}), 422, "22P02")
        assert error_of(unchanged.post("/strict", {value: 1}), 400, "PGRST204")


# --- connections that are killed, statements that take long


@pytest.mark.parametrize("accept", [CSV, OBJECT, "application/x-ndjson"])
def test_an_error_has_its_one_shape_whatever_is_accepted(unchanged, accept):
    refused(unchanged.post("/strict", {"i": "x"}, prefer=REPRESENTATION, accept=accept), 400, "22P02", "i")
    refused(unchanged.post("/strict", {"name": "toolong"}, prefer=REPRESENTATION, accept=accept), 422, "22001", "name")


def test_what_is_shown_of_a_row_in_an_error_is_the_client_s_own(w, start_pool, start_nginx):
    """A trigger and a constraint name that come from the schema may be named; values of rows may not."""
    w.schema.sql(f"UPDATE strict SET latin = '{MARK}', a = 5, b = 6 WHERE id = 2")
    for body in ({"code": "free"}, {"a": 5, "b": 6}, {"id": 2}):
        told(w.post("/strict", body), 409, "23505")
    told(w.patch("/strict/1", {"code": "free"}), 409, "23505", "code")
    told(w.patch("/strict?id=gt.0", {"positive": 0}), 422, "23514")
    told(w.delete("/parents?id=gt.0"), 409, "23503")
    assert shown(w.get("/strict?select=latin&id=eq.2")) == [{"latin": MARK}]


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_column_that_is_not_served_and_has_to_have_a_value(database, start_pool, method):
    schema = database.schema(
        "CREATE TABLE goods (id INT PRIMARY KEY, name VARCHAR(20), hush VARCHAR(20) NOT NULL)", grant=GRANT
    )
    pool = start_pool(schema.url(), "goods(id,name)", MYREST_WRITABLE="goods")
    answer = pool.ask(
        "/goods" if method == "POST" else "/goods/1", method, headers={"Content-Type": "application/json"},
        body=b'{"id":1,"name":"a"}',
    )  # fmt: skip
    error = json.loads(answer.body)
    assert (answer.status, error["code"]) == (422, "23502"), answer
    assert "not served" in error["hint"] and "hush" not in answer.out.decode()
    [event] = pool.log("write-failed")
    assert event["level"] == "warning" and "hush" in event["message"]
