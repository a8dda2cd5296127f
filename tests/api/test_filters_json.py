# SPDX-License-Identifier: MIT
"""Paths into JSON: filters, columns, orders."""
import json

import pytest

from differences import here
from filter_tables import ids, q
from filter_tables import data  # noqa: F401 (fixtures)
from web import error_of


@pytest.mark.parametrize(
    "condition,expected",
    [
        ("doc->>b=eq.x", [1]),
        ("doc->>b=neq.x", [2, 3, 5, 6, 12]),
        ("doc->>b=is.null", [4, 7, 8, 9, 10, 11]),
        ("doc->>b=eq.null", [5]),
        ("doc->b=is.null", [7, 8, 9, 10, 11]),  # JSON's null is not NULL
        ("doc->b=eq.null", [4]),
        ('doc->b=eq."null"', [5]),
        ("doc->a=eq.10", [2]),
        ("doc->a=eq.1e1", [2]),
        ('doc->a=eq."10"', [4]),
        ("doc->>a=eq.10", [2, 4]),
        ("doc->a=gt.9", [2, 3]),
        ("doc->a=lte.9.5", [1, 3]),
        ("doc->a=neq.10", [1, 3, 4, 5, 7, 10, 11, 12]),
        ("doc->a=not.gt.9", [1, 4, 5, 7, 10, 11, 12]),
        ("doc->a=isdistinct.10", [1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
        ("doc->a=eq.true", [7]),
        ("doc->a=eq.false", [12]),
        ('doc->a=in.(1,true,"\\"10\\"")', [1, 4, 7]),
        ("doc->a=eq(any).{1,9.5}", [1, 3]),
        ("doc->>b=like.X*", [2]),
        ("doc->>b=ilike.x*", [1, 2]),
        ("doc->>b=match.^[xy]$", [1, 3]),
        ("doc->>b=in.(x,y)", [1, 3]),
        ("doc->>b=gt.x", [3]),
        ('doc->>b=eq.it\'s "q" \\ é 😀', [6]),
        ('doc->b=eq."it\'s \\"q\\" \\\\ \\u00e9 \\ud83d\\ude00"', [6]),
        ("doc->o->p=eq.true", [1]),
        ("doc->o->>p=eq.false", [3]),
        ("doc->list->0=eq.1", [1]),
        ("doc->list->2->>k=eq.v", [1]),
        ("doc->list->-1->>k=eq.v", [1]),
        ("doc->list->-2=eq.2", [1]),
        ("doc->list->9=is.null", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
        ("doc->list->0=is.null", [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),  # a text is no array of one
        ("doc->0=eq.1", [8]),
        ("doc->1=eq.\"two\"", [8]),
        ("doc->-1->0=eq.3", [8]),
        ('doc->"a.b"=eq.1', [7]),
        ('doc->"q\\"q"=eq.2', [7]),
        ("doc->it's=eq.3", [7]),
        ("doc->κ=eq.4", [7]),
        ('doc->"0"=eq.5', [7]),
        ('doc->""=eq.6', [7]),
        ("doc->a b=eq.7", [7]),
        ('doc->"back\\\\slash"=eq.8', [7]),
        ('doc=cs.{"a":1}', here("filters.contains", [1, 10])),  # an array contains its elements, at every level
        ('doc=cs.{"list":[2]}', [1]),
        ("doc->list=cs.[1,2]", [1]),
        ('doc=not.cs.{"a":1}', here("filters.contains_not", [2, 3, 4, 5, 6, 7, 8, 11, 12])),
        ('doc=cd.{"a":{"x":1},"c":2}', [11]),
        ('or=(doc->>b.eq.x,doc->a.eq.10,doc.cs.{"a":{"x":1}})', [1, 2, 11]),
        ("doc=is.null", [9]),
    ],
)
def test_json_filters(data, condition, expected):
    name, _, value = condition.partition("=")
    assert ids(data, f"/docs?{q(name)}={q(value)}&order=id") == expected


def test_json_columns(data):
    rows = data.json("/docs?select=id,doc->a,text:doc->>a,b:doc->>b,third:doc->list->2,doc->list->>-1&order=id&limit=5")
    assert [row["a"] for row in rows] == [1, 10, 9.5, "10", None]
    assert [row["text"] for row in rows] == ["1", "10", "9.5", "10", None]
    assert [row["b"] for row in rows] == ["x", "X", "y", None, "null"]
    assert [row["third"] for row in rows] == [{"k": "v"}, None, None, None, None]
    assert json.loads(rows[0]["list"]) == {"k": "v"} and rows[1]["list"] is None
    assert data.json("/docs?select=doc->o->>p,doc->>b&id=eq.1") == [{"p": "true", "b": "x"}]
    assert data.json("/docs?select=doc->1&id=eq.8") == [{"doc": "two"}]
    assert data.json("/docs?select=n:doc->>a::int,d:doc->a::numeric,t:doc->a::text&id=eq.3") == [
        {"n": None, "d": 9.5, "t": "9.5"}
    ]


@pytest.mark.parametrize("path", ["doc->k%d", "doc->>k%d", "doc->" + "a->" * 14 + "k%d.desc.nullsfirst"])
def test_as_many_json_paths_as_an_order_may_have_are_sorted_by(data, path):
    """Each is several expressions, whose lengths the server adds up before it sorts."""
    terms = [path % at for at in range(65)]
    assert data.get("/docs?order=" + ",".join(terms[:64])).status == 200
    assert "more than 64 JSON paths" in error_of(data.get("/docs?order=" + ",".join(terms)), 400)["message"]


@pytest.mark.parametrize(
    "condition, expected",
    [
        ("doc->>t=eq.bar", [1]),
        ("doc->>t=eq.bar ", [2]),
        ("doc->>t=eq.bar  ", []),
        ("doc->t=eq.\"bar\"", [1]),
        ("doc->t=eq.\"bar \"", [2]),
        ("doc->>t=neq.bar", [2, 3, 6, 7]),
        ("doc->t=neq.\"bar\"", [2, 3, 4, 6, 7]),
        ('doc->>t=in.(bar,"")', [1, 6]),
        ("doc->>t=isdistinct.bar", [2, 3, 4, 5, 6, 7]),
        ("doc->>t=gt.bar", [2, 3]),
        ("doc->>t=lt.bar", [6, 7]),
        ("doc->>t=eq.", [6]),
        ("doc->n=eq.7088992364139642881", [2]),
        ("doc->n=eq.7088992364139642880", [1]),
        ("doc->n=neq.7088992364139642881", [1, 3, 4, 5, 6, 7]),
        ("doc->n=in.(7088992364139642881,9007199254740993)", [2, 3]),
        ("doc->n=gt.7088992364139642880", [2]),
        ("doc->n=gte.7088992364139642880", [1, 2]),
        ("doc->n=lt.9007199254740993", [4, 5, 7]),
        ("doc->n=eq.-9007199254740993", [4]),
        ("doc->n=eq.9007199254740992", [7]),
        ("doc->n=lt.99999999999999999999999999999999", [1, 2, 3, 4, 5, 7]),
        ("doc->n=gt.-99999999999999999999999999999999999999999999999999999999999999999", [1, 2, 3, 4, 5, 7]),
        ("doc->>n=eq.7088992364139642881", [2, 6]),
    ],
)
def test_texts_and_long_integers_in_json_are_compared_exactly(data, condition, expected):
    name, _, value = condition.partition("=")
    assert ids(data, f"/exact?{q(name)}={q(value)}&order=id") == expected


def test_texts_in_json_stand_in_the_order_of_their_bytes(data):
    assert ids(data, "/exact?order=doc->>t,id") == [6, 7, 1, 3, 2, 4, 5]
    assert ids(data, "/exact?order=doc->>t.desc,id") == [4, 5, 2, 3, 1, 7, 6]
    assert ids(data, "/exact?order=doc->>t.nullsfirst,id") == [4, 5, 6, 7, 1, 3, 2]
    assert ids(data, "/exact?order=doc->>t.desc.nullslast,id") == [2, 3, 1, 7, 6, 4, 5]
    assert ids(data, "/exact?order=doc->t,id") == [4, 6, 7, 1, 3, 2, 5]
    assert ids(data, "/exact?order=doc->t.nullsfirst,id") == [5, 4, 6, 7, 1, 3, 2]


def test_json_order(data):
    ranked = [5, 4, 1, 3, 2, 12, 7, 10, 11]  # null, texts, numbers, false, true, arrays, objects: as PostgreSQL's
    assert ids(data, "/docs?order=doc->a,id") == [*ranked, 6, 8, 9]
    assert ids(data, "/docs?order=doc->a.desc,id") == [6, 8, 9, *reversed(ranked)]
    assert ids(data, "/docs?order=doc->a.nullsfirst,id") == [6, 8, 9, *ranked]
    assert ids(data, "/docs?order=doc->a.desc.nullslast,id") == [*reversed(ranked), 6, 8, 9]
    assert ids(data, "/docs?order=doc->>b,id&limit=3") == [12, 2, 6]
    assert ids(data, "/docs?order=doc->>b.desc.nullslast,id&limit=2") == [3, 1]
    assert ids(data, "/docs?order=doc->>b.desc,id&limit=2") == [4, 7]
