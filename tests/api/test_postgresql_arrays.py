# SPDX-License-Identifier: MIT
"""PostgreSQL's arrays and ranges: comparisons, keys, pages, operators."""
import json
import re

import pytest

from postgresql_own import ids, q
from postgresql_own import serve  # noqa: F401 (fixtures)
from web import error_of
from writing import REPRESENTATION, done, refused, send, shown


# --- a real standby


def test_arrays_are_compared_as_a_whole_and_by_their_elements(serve):
    made = serve(
        "CREATE TABLE arrays (id integer PRIMARY KEY, n integer[], words text[])",
        "INSERT INTO arrays VALUES (1, '{1,2}', '{a,\"b c\"}'), (2, '{}', '{}'), (3, '{2,3,NULL}', NULL)",
        tables="arrays",
    )
    for query, ids in (
        ("n=eq.{1,2}", [1]), ("n=eq.[1,2]", [1]), ("n=neq.{1,2}", [2, 3]), ("n=gt.{1,2}", [3]), ("n=in.(\"{1,2}\",\"{}\")", [1, 2]),
        ("n=cs.{2}", [1, 3]), ("n=cd.{1,2,5}", [1, 2]), ("n=ov.{1,3}", [1, 3]), ("n=not.ov.{1,3}", [2]), ("n=cs.[2]", [1, 3]),
        ("words=cs.{\"b c\"}", [1]), ("words=is.null", [3]), ("words=not.cs.{a}", [2]),
    ):
        assert [row["id"] for row in made.json(f"/arrays?select=id&order=id&{query.replace(' ', '%20')}")] == ids, query


def test_a_key_that_is_an_array(serve):
    made = serve("CREATE TABLE sets (k integer[] PRIMARY KEY, n integer)", "CREATE TABLE words (k text[] PRIMARY KEY, n integer)",
                 "INSERT INTO sets VALUES ('{}', 0), ('{1,2}', 1), ('{1,NULL}', 2), ('{{1},{2}}', 3)",
                 "INSERT INTO words VALUES ('{a,\"b c\"}', 1), ('{\"it''s\",\"q\\\"\"}', 2)", tables="sets,words")  # fmt: skip
    for table in ("sets", "words"):
        for row in made.json(f"/{table}"):
            key = q(json.dumps(row["k"]))
            assert made.json(f"/{table}/{key}") == row
            done(send(made.web, "PUT", f"/{table}/{key}", row), 204)
            tag = made.get(f"/{table}/{key}").headers["etag"]
            assert shown(send(made.web, "PATCH", f"/{table}/{key}", {"n": 9}, prefer=REPRESENTATION, If_Match=tag)) == {**row, "n": 9}
            done(send(made.web, "DELETE", f"/{table}/{key}"), 204)
            assert made.get(f"/{table}/{key}").status == 404
            done(send(made.web, "PUT", f"/{table}/{key}", {"n": 5}), 201)


def test_pages_by_types_that_only_the_server_compares(serve):
    """There may be no operator, or a text may mean another value: the next page is by offset."""
    made = serve("CREATE TYPE pair AS (a integer, b text)", "CREATE TABLE t (id integer PRIMARY KEY, r regclass, p pair)",
                 "INSERT INTO t VALUES (1, 'pg_type', '(1,a)'), (2, 'pg_class', '(1,b)'), (3, 'pg_type', '(0,)'), (4, NULL, NULL)", tables="t")  # fmt: skip
    for order in ("r", "r.desc", "p", "p.desc"):
        whole, target, seen = made.json(f"/t?order={order}&select=id"), f"/t?order={order}&select=id&limit=1", []
        while target:
            answer = made.get(target)
            assert answer.status == 200, answer
            seen += answer.json()
            link = re.match(r'<([^>]*)>; rel="next"', answer.headers.get("link", ""))
            target = link and link[1]
        assert seen == whole


@pytest.mark.parametrize("dimensions", [6, 7, 30])
def test_an_array_of_more_dimensions_than_there_may_be_is_a_400(serve, dimensions):
    made = serve("CREATE TABLE arrays (id integer PRIMARY KEY, n integer[], words text[])", tables="arrays")
    for name, value in (("n", "1"), ("words", '"x"')):
        text = "[" * dimensions + value + "]" * dimensions
        for query in (f"{name}=eq.{q(text)}", f"{name}=in.({q(json.dumps(text))})", f"{name}=cs.{q(text)}"):
            response = made.get(f"/arrays?{query}")
            assert response.status == (200 if dimensions <= 6 else 400), response
            assert response.status == 200 or name in response.json()["message"]
        response = send(made.web, "POST", "/arrays", f'{{"id":{dimensions},"{name}":{text}}}'.encode(), kind="application/json")
        assert response.status == (400 if dimensions > 6 else 201 if name == "n" else 409), response


# --- operators of ranges and their kin

SIGNS = {"cs": "@>", "cd": "<@", "ov": "&&", "sl": "<<", "sr": ">>", "nxr": "&<", "nxl": "&>", "adj": "-|-"}
RANGES = {  # three values of the type
    "int4range": ("[1,5)", "[5,9)", "empty"), "int8range": ("[1,5)", "(,9)", "[3,)"), "numrange": ("[1.5,2)", "[2,3]", "(,)"),
    "daterange": ("[2024-01-01,2024-02-01)", "[2024-02-01,2024-03-01)", "[2024-01-10,2024-01-20)"), "tsrange": ('["2024-01-01 00:00","2024-01-02 00:00")', "(,)", "empty"),
    "tstzrange": ('["2024-01-01 00:00+00","2024-01-02 00:00+00")', "(,)", "empty"), "spans": ("[a,c)", "[c,e)", "[b,d]"), "small": ("[1,3)", "[3,5)", "[2,4)"),
    "integer[]": ("{1,2}", "{2,3}", "{}"), "text[]": ('{a,"b c"}', "{a}", '{"x,y"}'), "inet": ("10.0.0.0/8", "10.1.0.0/16", "192.168.0.1"),
    "box": ("(2,2),(1,1)", "(5,5),(3,3)", "(4,4),(0,0)"), "circle": ("<(0,0),1>", "<(5,0),1>", "<(0,0),9>"), "polygon": ("((0,0),(1,1),(1,0))", "((0,0),(9,9),(9,0))", "((5,5),(6,6),(6,5))"),
}  # fmt: skip


@pytest.fixture(scope="module")
def ranges(serve):
    names = {name: f"c{number}" for number, name in enumerate(RANGES)}
    return serve(
        "CREATE TYPE spans AS RANGE (subtype = text)", "CREATE DOMAIN small AS int4range CHECK (upper(VALUE) < 100)",
        f"CREATE TABLE t (id integer PRIMARY KEY, name text, day date, doc jsonb, {', '.join(f'{column} {name}' for name, column in names.items())})",
        *(f"INSERT INTO t (id, {', '.join(names.values())}) VALUES ({row + 1}, {', '.join(chr(39) + values[row] + chr(39) for values in RANGES.values())})" for row in range(3)),
        "INSERT INTO t (id) VALUES (4)",
    )  # fmt: skip


@pytest.mark.parametrize("name", RANGES)
def test_ranges_have_their_operators(ranges, name):
    """As the server itself has them; what it does not have of a type is a 400 by name."""
    column = f"c{list(RANGES).index(name)}"
    for word, sign in SIGNS.items():
        for value in RANGES[name]:
            target = f"/t?select=id&{column}={word}.{q(value)}&order=id"
            try:
                expected = ranges.sql(f"SELECT id FROM t WHERE {column} {sign} '{value}' ORDER BY id")
            except Exception as why:
                assert any(state in str(why) for state in ("42883", "42725", "42804"))
                assert "operator" in error_of(ranges.get(target), 400, "42883")["message"]
                continue
            assert ids(ranges, target) == [row for row, in expected], (word, value)
            assert ids(ranges, f"/t?select=id&{column}=not.{word}.{q(value)}&order=id") == [row for row, in ranges.sql(f"SELECT id FROM t WHERE NOT {column} {sign} '{value}' ORDER BY id")]
            assert ids(ranges, f"/t?select=id&or=({column}.{word}.{q(json.dumps(value))},id.eq.4)&order=id") == [*[row for row, in expected], 4]
            assert shown(send(ranges.web, "PATCH", f"/t?select=id&{column}={word}.{q(value)}&order=id", {"name": "x"}, prefer=REPRESENTATION)) == [{"id": row} for row, in expected]
        if "range" in name:
            refused(ranges.get(f"/t?{column}={word}.x"), 400, "22P02", column)


def test_what_is_no_range_says_so(ranges):
    for column in ("id", "name", "day"):
        for word in SIGNS:
            said = error_of(ranges.get(f"/t?{column}={word}.%5B1,2)"), 400, "42883")["message"]
            assert f"'{column}'" in said and "ranges" in said and "arrays" in said and "no ranges" not in said, said
    assert "JSON" in error_of(ranges.get("/t?day=cs.1"), 400, "42883")["message"]
    assert "ranges" in error_of(ranges.get("/t?doc=ov.1"), 400, "42883")["message"]
    told = {made["name"]: json.dumps(made) for made in ranges.json("/")["components"]["parameters"].values()}
    for column, there in (("c0", True), ("c3", True), ("name", False), ("c8", False)):
        assert ("nxl" in told[column]) == there, told[column]
