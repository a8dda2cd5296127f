# SPDX-License-Identifier: MIT
"""The dialect's filters on real data: comparisons by type, what must not be seen, and that SQL stays a text."""
import json
import re
from pathlib import Path

import pytest

from differences import here
from filter_tables import KINDS, TEXTS, ids, q
from filter_tables import data  # noqa: F401 (fixtures)
from servers import execute_as_it_is
from web import error_of

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / here("filters.golden", "read.txt")

# The tables of tests/unit/tables.h, so that the server says whether the statements that are expected there are SQL.
UNIT_TABLES = (
    "CREATE TABLE users (id INT UNSIGNED PRIMARY KEY, username VARCHAR(80) UNIQUE NOT NULL, email VARCHAR(120) NOT NULL,"
    " secret TEXT)",
    "CREATE TABLE things (id INT PRIMARY KEY, `integer` INT NOT NULL, integer_n INT, boolean BOOL NOT NULL,"
    " year YEAR NOT NULL, `decimal` DECIMAL(10,2) NOT NULL, `float` FLOAT NOT NULL, `double` DOUBLE NOT NULL,"
    " bit BIT(1) NOT NULL, bits BIT(8) NOT NULL, string VARCHAR(8) NOT NULL, string_n VARCHAR(8), date DATE NOT NULL,"
    " time TIME NOT NULL, datetime DATETIME NOT NULL, timestamp TIMESTAMP NOT NULL, json JSON, `binary` VARBINARY(8)"
    " NOT NULL, geometry GEOMETRY, enum ENUM('a','b') NOT NULL, `set` SET('a','b'), uuid UUID NOT NULL,"
    " latin VARCHAR(8) CHARACTER SET latin1 NOT NULL, searched VARCHAR(80) NOT NULL, searched_n VARCHAR(80),"
    " generated INT AS (integer_n + 1), boolean_n BOOL, timestamp_n TIMESTAMP NULL, json_not_null JSON NOT NULL,"
    " FULLTEXT (searched), FULLTEXT (searched_n))",
    "CREATE TABLE by_name (name VARCHAR(80) PRIMARY KEY, `rank` INT UNIQUE, number INT UNIQUE NOT NULL)",
    "CREATE TABLE pairs (a INT, b INT, PRIMARY KEY (a, b))",
    "CREATE VIEW `lines` AS SELECT a AS n FROM pairs",
    "CREATE TABLE `odd ``\"' name` (`a``b` INT PRIMARY KEY, `c\"d,e.f` VARCHAR(80), `κόσμος` VARCHAR(80) NOT NULL)",
)


def test_every_expected_statement_is_sql(database):
    schema = database.schema(*UNIT_TABLES)
    checked = 0
    with schema.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SET SESSION sql_mode='STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,"
                       "NO_BACKSLASH_ESCAPES'")
        for statement in here("filters.unit_types", ()):
            execute_as_it_is(cursor, statement)
        for line in GOLDEN.read_text("utf-8").splitlines():
            if line and not line.startswith("#"):
                statement = line.partition(" => ")[2]
                try:
                    execute_as_it_is(cursor, statement)
                    cursor.fetchall()
                except Exception as fault:
                    raise AssertionError(f"{line}\n{fault}") from fault
                checked += 1
    assert checked >= 300


# --- comparisons, by type


@pytest.mark.parametrize("name", KINDS)
def test_comparisons_of_every_type(data, name):
    _, values, written = KINDS[name]
    values = [q(value.strip("'")) for value in (written or values).split(" ")]
    a, b, c, d = values

    def found(condition):
        return sorted(ids(data, f"/k_{name}?{condition}"))

    assert found(f"v=eq.{b}") == [2]
    assert found(f"v=neq.{b}") == [1, 3, 4]
    assert found(f"v=not.eq.{b}") == [1, 3, 4]  # NULL is neither equal nor unequal
    assert found(f"v=gt.{b}") == [3, 4]
    assert found(f"v=gte.{b}") == [2, 3, 4]
    assert found(f"v=lt.{c}") == [1, 2]
    assert found(f"v=lte.{c}") == [1, 2, 3]
    assert found(f"v=not.gt.{b}") == [1, 2]
    assert found(f"v=in.({a},{d})") == [1, 4]
    assert found(f"v=not.in.({a},{d})") == [2, 3]
    assert found(f"v=eq(any).{{{a},{d}}}") == [1, 4]
    assert found(f"v=eq(any).{{{a},NULL}}") == [1]
    assert found(f"v=not.eq(any).{{{a},NULL}}") == []
    assert found(f"v=gt(any).{{{b},{c}}}") == [3, 4]
    assert found(f"v=gt(all).{{{b},{c}}}") == [4]
    assert found("v=lt(all).{}") == [1, 2, 3, 4, 5]
    assert found("v=lt(any).{}") == []
    assert found("v=in.()") == []
    assert found("v=not.in.()") == [1, 2, 3, 4, 5]
    assert found(f"v=isdistinct.{b}") == [1, 3, 4, 5]
    assert found(f"v=not.isdistinct.{b}") == [2]
    assert found("v=is.null") == [5]
    assert found("v=not.is.null") == [1, 2, 3, 4]
    assert found("v=is.not_null") == [1, 2, 3, 4]
    assert found(f"or=(v.lt.{b},v.is.null,and(v.gte.{d},id.eq.4))") == [1, 4, 5]
    assert found(f"not.or=(v.lt.{b},v.gt.{c})") == [2, 3]
    if name != "enum":  # whose order is that of its declaration
        assert ids(data, f"/k_{name}?order=v") == [1, 2, 3, 4, 5]
        assert ids(data, f"/k_{name}?order=v.desc") == [5, 4, 3, 2, 1]
    assert ids(data, f"/k_{name}?order=v.nullsfirst&limit=1") == [5]
    assert ids(data, f"/k_{name}?order=v.desc.nullslast&offset=4") == [5]


def test_values_that_are_not_of_the_type_are_400(data):
    for name, value in (
        ("tiny", "x"), ("big", here("filters.no_integer", "1.5")), ("dec", "1x5"), ("flo", "x"), ("yea", here("filters.no_year", "24")), ("bits", here("filters.no_bits", "b")), ("dat", "2024-1-1"),
        ("tim", "noon"), ("moment", "now"), ("stamp", "x"), ("uuid", "x"), ("address", "1.2.3"), ("blob", "*"),
    ):  # fmt: skip
        if name in here("filters.texts", ()):
            continue
        for operator in ("eq.{}", "neq.{}", "gt.{}", "in.({})", "not.lte.{}", "eq(any).{{{}}}", "isdistinct.{}"):
            response = data.get(f"/k_{name}?v={operator.format(value)}")
            assert response.status == 400, f"{name}: {operator} {value}: {response}"
            error = error_of(response, 400, ("22P02", "22003"))
            assert "'v'" in error["message"], f"{name}: {operator} {value}: {error}"
        error_of(data.get(f"/k_{name}?or=(id.eq.1,v.eq.{value})"), 400, ("22P02", "22003"))


def test_truth(data):
    assert ids(data, "/facts?yes=is.true") == [1]
    assert ids(data, "/facts?yes=is.false") == [2]
    assert ids(data, "/facts?yes=is.unknown") == [3]
    assert ids(data, "/facts?yes=not.is.true&order=id") == [2, 3]
    assert ids(data, "/facts?yes=not.is.unknown&order=id") == [1, 2]
    assert ids(data, "/facts?yes=eq.true") == ids(data, "/facts?yes=eq.1") == [1]
    assert ids(data, "/facts?one=is.true") == [1]
    assert ids(data, "/facts?one=is.not_null&order=id") == [1, 2]
    assert ids(data, "/facts?big=is.true") == [1]
    assert ids(data, "/facts?big=eq.true") == here("filters.two_is_true", [])  # it is 2


# --- select


@pytest.mark.parametrize(
    "part,code",
    [
        ("count()", "PGRST123"),
        ("id.max()", "PGRST123"),
        ("docs(*)", "PGRST200"),
        ("id,docs(id)", "PGRST200"),
        ("...docs(id)", "PGRST200"),
    ],
)
def test_what_is_not_there_is_said(data, part, code):
    assert "not supported" in error_of(data.get(f"/facts?select={part}"), 400, code)["message"]


# --- what must not be seen


@pytest.mark.parametrize(
    "query",
    [
        "select={}", "select=x:{}", "select={}::text", "select=id,{}->a", "order={}", "order={}.desc.nullslast", "order={}->>a",
        "{}=eq.1", "{}=is.null", "{}=in.(1)", "{}->a=eq.1", "or=({}.eq.1,id.eq.1)", "and=(id.eq.1,not.or({}.gt.1))",
        "not.and=({}.is.null)", "{}=like.x", "{}=fts.x", "{}=cs.1", "{}=eq.x",
    ],  # fmt: skip
)
def test_a_hidden_column_is_none(data, query):
    hidden, none = data.get("/hidden?" + query.format("secret")), data.get("/hidden?" + query.format("nosuch"))
    assert hidden.status == none.status == 400
    assert hidden.body.replace(b"secret", b"nosuch") == none.body
    assert json.loads(none.body)["code"] == "42703"


def test_limits_are_named(data):
    for query, what in (
        ("or=(" * 1 + ",".join(["id.eq.1"] * 1001) + ")", "filters"),
        ("id=in.(" + ",".join(["1"] * 10001) + ")", "items"),
        ("and=(" + "or(" * 40 + "id.eq.1" + ")" * 41, "nested"),
        ("select=doc" + "->a" * 17, "steps"),
        ("order=" + ",".join(["id"] * 1001), "order"),
        ("select=" + ",".join(["id"] * 1001), "select"),
        ("&".join(["id=eq.1"] * 1001), "parts"),
    ):
        answer = data.pool.ask("/docs?" + query)
        assert what in error_of(answer, 400, "PGRST100")["message"]
    answer = data.pool.ask("/docs?id=eq." + "1" * 70000)
    assert "65536" in error_of(answer, 414)["details"]


# --- injection

ATTACKS = [
    "' OR '1'='1", "1 OR 1=1", "1;DROP TABLE texts", "\\' OR 1=1 -- ", "') OR ('1'='1", "1) OR (1=1", "`id` OR `id`",
    "x' UNION SELECT 1 -- ", "' AND SLEEP(3) AND '", "$.a' OR '1'='1", '$."a" OR 1', "%27%20OR%201=1", "/*", "-- ", "#",
    "a'||'b", "CHAR(39)", "0x27", "\ufeff'", "ʼ OR 1=1", "＇ OR 1=1",
]  # fmt: skip
PLACES = [
    "/texts?bin=eq.{}", "/texts?bin=like.{}", "/texts?bin=ilike.{}*", "/texts?bin=match.{}", "/texts?bin=in.({})",
    "/texts?bin=in.(\"{}\")", "/texts?bin=eq(any).{{{}}}", "/texts?or=(bin.eq.{},id.eq.77)", "/texts?or=(bin.eq.\"{}\")",
    "/texts?and=(id.eq.77,not.or(bin.like(all).{{{}}}))", "/texts?select=id::{}", "/texts?select={}:id&id=eq.77",
    "/texts?select={}", "/texts?order={}", "/texts?order=id.{}", "/texts?bin=is.{}", "/texts?bin={}.1", "/texts?{}=eq.1",
    "/docs?doc->{}=eq.1", "/docs?doc->\"{}\"=eq.1", "/docs?doc->>a=eq.{}", "/docs?doc->a=eq.\"{}\"", "/docs?doc->a=eq.{}",
    "/docs?select=doc->{}&id=eq.77", "/docs?order=doc->>{}&id=eq.77", "/docs?doc=cs.[\"{}\"]", "/words?w=fts.{}",
    "/words?w=plfts.{}", "/words?w=phfts.{}", "/words?w=wfts.{}", "/words?w=fts({}).x", "/k_dat?v=gt.{}", "/k_dec?v=in.({})",
    "/k_blob?v=eq.{}", "/k_bits?v=lt.{}", "/k_tim?v=isdistinct.{}",
]  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_sql_stays_a_text_everywhere(data, place):
    for attack in ATTACKS:
        response = data.get(place.replace("{{{}}}", "{" + q(attack) + "}").replace("{}", q(attack)))
        assert response.status in (200, 400), (place, attack, response)
        if response.status == 200:
            assert response.json() == [] or re.search("isdistinct|order|match", place), (place, attack, response)
    assert len(data.json("/texts")) == len(TEXTS)
