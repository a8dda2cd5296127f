# SPDX-License-Identifier: MIT
"""What PostgreSQL alone has: its types one by one, its keys and views, its errors, its standbys.

Only with MYREST_TEST_DATABASE=postgresql. Statements are PostgreSQL's own here.
"""
import csv
import io
import json
import re
import signal
import subprocess
import threading
import time
from datetime import datetime
from types import SimpleNamespace
from urllib.parse import quote

import pytest

import postgresql
import servers
from servers import SECRET, until
from web import error_of, parse
from writing import CSV, NDJSON, OBJECT, REPRESENTATION, done, failed, refused, send, shown

READ, WRITE = "GRANT SELECT ON ALL TABLES IN SCHEMA public TO rest", "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO rest"


def plainly(schema, *statements):
    """Runs statements of PostgreSQL's as the owner; the rows of the last one."""
    with schema.connect() as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.plainly(statement)
        return cursor.fetchall()


@pytest.fixture(scope="module")
def serve(lab, database):
    """serve(*statements, tables=...): a schema made by PostgreSQL's statements, with a pool and an nginx before it."""
    pools, fronts = [], []

    def make(*statements, grant=WRITE, tables="t", writable=None, **settings):
        schema = database.schema()
        plainly(schema, *statements, grant)
        pool = servers.Pool(lab, schema.url(), tables, MYREST_WRITABLE=writable or tables, **settings)
        pools.append(pool)
        front = servers.Nginx(lab, pool)
        fronts.append(front)
        return SimpleNamespace(schema=schema, pool=pool, web=front, get=front.get, json=front.json,
                               sql=lambda *statements: plainly(schema, *statements))  # fmt: skip

    yield make
    for front in fronts:
        front.stop()
    for pool in pools:
        pool.close()


def q(text):
    return quote(str(text), safe="")


def test_the_documentation_has_the_differences():
    """As `tests/api/postgresql.py` prints them."""
    page = (servers.SOURCE / "doc" / "postgresql.md").read_text("utf-8")
    assert "\n".join(["", *postgresql.documented(), ""]) in page


# --- types, one by one


class Type:
    """What a column of the type makes of values. Each value: as a SQL literal, as JSON answers it, and as a client writes it
    (the answer, unless it is given). They rise. `refused`: JSON texts of values that it does not take, and the code."""

    def __init__(self, definition, *values, refused=(), found=True, ordered=True, before=()):
        self.definition, self.refused, self.found, self.ordered, self.before = definition, refused, found, ordered, before
        self.values = [(value if len(value) == 3 else (*value, value[1])) for value in values]


LONG, RANGE, FORM = (422, ("22001",)), ((400, 422), ("22003",)), ((400, 422), ("22P02", "22007", "22008", "22003"))
TYPES = {
    "smallint": Type("smallint", ("-32768", "-32768"), ("0", "0"), ("32767", "32767"),
                     refused=[("32768", RANGE), ("-32769", RANGE), ('"x"', FORM), ("1.5", FORM)]),
    "integer": Type("integer", ("-2147483648", "-2147483648"), ("7", "7"), ("2147483647", "2147483647"),
                    refused=[("2147483648", RANGE), ('"1x"', FORM), ('""', FORM), ("[1]", FORM), ("{}", FORM)]),
    "bigint": Type("bigint", ("-9223372036854775808", "-9223372036854775808"), ("9007199254740993", "9007199254740993"),
                   ("9223372036854775807", "9223372036854775807"), refused=[("9223372036854775808", RANGE), ("1e30", FORM)]),
    "numeric(8,3)": Type("numeric(8,3)", ("-99999.999", "-99999.999"), ("0", "0.000"), ("1.5", "1.500"), ("99999.999", "99999.999"),
                         refused=[("100000", RANGE), ("1.2345", RANGE), ('"1,5"', FORM), ('"1.2.3"', FORM)]),
    "numeric(20,0)": Type("numeric(20,0)", ("-5", "-5"), ("99999999999999999999", "99999999999999999999"),
                          refused=[("100000000000000000000", RANGE), ("0.5", RANGE)]),
    "numeric": Type("numeric", ("-1e-20", "-0.00000000000000000001"), ("1.5000", "1.5000"), ("12345678901234567890.123456789", "12345678901234567890.123456789"),
                    refused=[('"abc"', FORM)]),
    "real": Type("real", ("-3.4028235e38", "-3.4028235e+38"), ("0.1", "0.1"), ("1.2345678", "1.2345678"), ("16777216", "16777216"),
                 refused=[("1e39", RANGE), ('"one"', FORM)]),
    "double precision": Type("double precision", ("-1.7976931348623157e308", "-1.7976931348623157e+308"), ("5e-324", "5e-324"), ("0.1", "0.1"),
                             ("1e300", "1e+300"), refused=[("1e309", RANGE), ('"one"', FORM)]),
    "boolean": Type("boolean", ("false", "false"), ("true", "true"), refused=[('"perhaps"', FORM), ("2", FORM)]),
    "text": Type("text", ("''", '""'), ("'A'", '"A"'), ("E'a\"\\\\/\\n'", r'"a\"\\/\n"'), ("'é😀'", '"é😀"')),
    "varchar(5)": Type("varchar(5)", ("''", '""'), ("'abcde'", '"abcde"'), ("'😀😀😀😀😀'", '"😀😀😀😀😀"'),
                       refused=[('"abcdef"', LONG), ('"abcde "', LONG)]),
    "char(5)": Type("char(5)", ("'abcde'", '"abcde"'), ("'xyz😀!'", '"xyz😀!"'), refused=[('"abcdef"', LONG)]),
    '"char"': Type('"char"', ("'a'", '"a"'), ("'b'", '"b"'), refused=[('"ab"', LONG)]),
    "name": Type("name", ("'a'", '"a"'), ("'b'", '"b"')),
    "uuid": Type("uuid", ("'00000000-0000-0000-0000-000000000000'", '"00000000-0000-0000-0000-000000000000"'),
                 ("'123E4567-e89b-12d3-a456-426655440000'", '"123e4567-e89b-12d3-a456-426655440000"', '"123E4567-E89B-12D3-A456-426655440000"'),
                 refused=[('"123"', FORM), ('"x"', FORM)]),
    "date": Type("date", ("'0001-01-01'", '"0001-01-01"'), ("'2024-02-29'", '"2024-02-29"'), ("'9999-12-31'", '"9999-12-31"'),
                 refused=[('"2023-02-29"', FORM), ('"tomorrow"', FORM), ('"2024-13-01"', FORM), ('"now"', FORM)]),
    "time": Type("time", ("'00:00:00'", '"00:00:00"'), ("'03:04:05.678'", '"03:04:05.678"'), ("'23:59:59.999999'", '"23:59:59.999999"'),
                 refused=[('"25:00:00"', FORM), ('"noon"', FORM), ('"allballs"', FORM)]),
    "time(0)": Type("time(0)", ("'00:00:00'", '"00:00:00"'), ("'12:34:56'", '"12:34:56"'), refused=[('"12:34:56.5"', FORM)]),
    "timestamp": Type("timestamp", ("'0001-01-01 00:00:00'", '"0001-01-01T00:00:00"'), ("'2024-01-02 03:04:05.6789'", '"2024-01-02T03:04:05.6789"'),
                      ("'9999-12-31 23:59:59.999999'", '"9999-12-31T23:59:59.999999"'),
                      refused=[('"2024-02-30T00:00:00"', FORM), ('"yesterday"', FORM), ('"2024-01-02T03:04:05+02:00"', FORM)]),
    "timestamp(3)": Type("timestamp(3)", ("'2024-01-02 03:04:05'", '"2024-01-02T03:04:05"'), ("'2024-01-02 03:04:05.678'", '"2024-01-02T03:04:05.678"'),
                         refused=[('"2024-01-02T03:04:05.6789"', FORM)]),
    "timestamptz": Type("timestamptz", ("'1969-12-31 23:59:59+00'", '"1969-12-31T23:59:59+00:00"'),
                        ("'2024-01-02 03:04:05.5+02'", '"2024-01-02T01:04:05.5+00:00"', '"2024-01-02T03:04:05.5+02:00"'),
                        ("'2100-01-01 00:00:00Z'", '"2100-01-01T00:00:00+00:00"', '"2100-01-01T00:00:00Z"'),
                        refused=[('"2024-02-30T00:00:00Z"', FORM), ('"today"', FORM)]),
    "a real that is no number": Type("real", ("'-Infinity'", '"-Infinity"'), ("0", "0"), ("'Infinity'", '"Infinity"'), ("'NaN'", '"NaN"')),
    "a double that is no number": Type("double precision", ("'-Infinity'", '"-Infinity"'), ("0", "0"), ("'Infinity'", '"Infinity"'), ("'NaN'", '"NaN"')),
    "a long numeric": Type("numeric", ("-1e140", f'-1{"0" * 140}'), ("1e-140", f'0.{"0" * 139}1'), ("'NaN'", '"NaN"')),
    "numeric(8,2)": Type("numeric(8,2)", ("1.5", "1.50"), ("'NaN'", '"NaN"'), refused=[('"Infinity"', FORM), ("1" * 140, RANGE), ('"nan"', FORM)]),
    "a day that few calendars have": Type(
        "date", ("'-infinity'", '"-infinity"'), ("'0044-03-15 BC'", '"0044-03-15 BC"'), ("'0001-02-29 BC'", '"0001-02-29 BC"'),
        ("'12345-12-31'", '"12345-12-31"'), ("'5874897-12-31'", '"5874897-12-31"'), ("'infinity'", '"infinity"'),
        refused=[('"0002-02-29 BC"', FORM), ('"12345-02-30"', FORM), ('"5874898-01-01"', FORM), ('"0000-01-01 BC"', FORM)]),
    "a moment that few calendars have": Type(
        "timestamp", ("'-infinity'", '"-infinity"'), ("'0044-03-15 10:00:00.123456 BC'", '"0044-03-15T10:00:00.123456 BC"'),
        ("'0044-03-15 10:00:00.5 BC'", '"0044-03-15T10:00:00.5 BC"'),
        ("'12345-12-31 10:00'", '"12345-12-31 10:00:00"'), ("'294276-12-31 23:59:59.999999'", '"294276-12-31 23:59:59.999999"'),
        ("'infinity'", '"infinity"'),
        refused=[('"294277-01-01T00:00:00"', FORM), ('"0044-03-15T10:00:00.1234567 BC"', FORM), ('"12345-01-01T10:00:00+02:00"', FORM)]),
    "an instant that few calendars have": Type(
        "timestamptz", ("'-infinity'", '"-infinity"'), ("'0044-03-15 10:00:00+00 BC'", '"0044-03-15T10:00:00+00 BC"'),
        ("'12345-12-31 10:00+00'", '"12345-12-31 10:00:00+00:00"'), ("'infinity'", '"infinity"'),
        refused=[('"12345-02-30T10:00:00Z"', FORM)]),
    "the end of a day": Type("time", ("'23:59:59'", '"23:59:59"'), ("'24:00:00'", '"24:00:00"'), refused=[('"24:00:01"', FORM)]),
    "interval": Type("interval", ("'-1 day'", '"-1 days"'), ("'90 minutes'", '"01:30:00"'), ("'1 year 2 mons 3 days 04:05:06.7'", '"1 year 2 mons 3 days 04:05:06.7"'),
                     refused=[('"soon"', FORM)]),
    "json": Type("json", ('\'{"a": [1, 2.50, null]}\'', '{"a":[1,2.50,null]}'), ("'null'", "null"), ("'\"x\"'", '"x"'), found=False, ordered=False),
    "jsonb": Type("jsonb", ('\'{"a": [1, 2.50, null]}\'', '{"a":[1,2.50,null]}'), ("'\"x\"'", '"x"'), ("'17'", "17"), found=False, ordered=False),
    "bytea": Type("bytea", ("''", '""'), ("'\\x0001ff'", '"AAH/"'), ("'\\x41'", '"QQ=="'), refused=[('"!!!!"', FORM)]),
    "inet": Type("inet", ("'10.0.0.1'", '"10.0.0.1"'), ("'10.0.0.0/8'", '"10.0.0.0/8"'), ("'2001:db8::1'", '"2001:db8::1"'), refused=[('"1.2.3.4.5"', FORM)], ordered=False),
    "cidr": Type("cidr", ("'10.0.0.0/8'", '"10.0.0.0/8"'), ("'2001:db8::/32'", '"2001:db8::/32"'), refused=[('"10.0.0.1/8"', FORM)]),
    "macaddr": Type("macaddr", ("'08:00:2b:01:02:03'", '"08:00:2b:01:02:03"'), refused=[('"x"', FORM)]),
    "mood": Type("mood", ("'sad'", '"sad"'), ("'it''s ok'", '"it\'s ok"'), ("'happy'", '"happy"'),
                 refused=[('"angry"', (422, ("22P02",))), ('"SAD"', (422, ("22P02",))), ('""', (422, ("22P02",)))],
                 before=("CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'happy')",)),
    "bit(4)": Type("bit(4)", ("B'0000'", '"0000"'), ("B'0101'", '"0101"'), refused=[('"01012"', FORM)]),
    "bit varying(4)": Type("bit varying(4)", ("B''", '""'), ("B'01'", '"01"'), ("B'0101'", '"0101"'), refused=[('"01010"', LONG), ('"2"', FORM)]),
    "positive": Type("positive", ("1", "1"), ("2147483647", "2147483647"), refused=[("0", (422, ("23514",))), ("2147483648", RANGE), ('"x"', FORM)],
                     before=("CREATE DOMAIN positive AS integer CHECK (VALUE > 0)",)),
    "short": Type("short", ("'a'", '"a"'), ("'abc'", '"abc"'), refused=[('"abcd"', LONG), ('"A"', (422, ("23514",)))],
                  before=("CREATE DOMAIN short AS varchar(3) CHECK (VALUE = lower(VALUE))",)),
    "money": Type("money", ("-1234.5", '"-$1,234.50"', '"-1234.50"'), ("0", '"$0.00"', '"0"'), ("12.34", '"$12.34"', '"12.34"'), refused=[('"much"', FORM)]),
    "tsvector": Type("tsvector", ("to_tsvector('simple', 'a cat')", '"\'a\':1 \'cat\':2"'), found=False, ordered=False),
    "xml": Type("xml", ("'<a>1</a>'", '"<a>1</a>"'), found=False, ordered=False),
    "integer[]": Type("integer[]", ("'{}'", "[]"), ("'{1,NULL,3}'", "[1,null,3]"), found=False),
    "text[]": Type("text[]", ("'{}'", "[]"), ("ARRAY['a,b', 'c\"d', NULL]", '["a,b","c\\"d",null]'), found=False),
    "int4range": Type("int4range", ("'[1,5)'", '"[1,5)"'), ("'[2,)'", '"[2,)"'), refused=[('"x"', FORM)]),
    "point": Type("point", ("point(1,2)", '"(1,2)"'), refused=[('"x"', FORM)], found=False, ordered=False),
}  # fmt: skip
NAMES = {name: f"t{at}" for at, name in enumerate(TYPES)}


@pytest.fixture(scope="module")
def typed(serve):
    """A table for each type: id, v, and the values in their order, from id 1 on; NULL is behind them."""
    made = []
    for name, table in NAMES.items():
        kind = TYPES[name]
        made += [*kind.before, f"CREATE TABLE {table} (id integer PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY (START 100), v {kind.definition})"]
        made += [f"INSERT INTO {table} VALUES ({at}, {value[0]})" for at, value in enumerate(kind.values, 1)]
        made.append(f"INSERT INTO {table} VALUES ({len(kind.values) + 1}, NULL)")
    return serve("SET lc_monetary = 'C'", *made, tables=",".join(NAMES.values()))


def member(body):
    """The text of the value of v, as it stands in the answer."""
    return re.search(rb'"v":(.*?)\}\]?\n?$', body, re.S)[1].decode()


def equal(kind, answered, expected):
    """Equal as JSON, digit by digit; floats in whatever form reads back the same."""
    if kind in ("real", "double precision"):
        return float(answered) == float(expected)
    return parse(answered.encode(), exact=True) == parse(expected.encode(), exact=True)


@pytest.mark.parametrize("name", TYPES)
def test_a_value_comes_out_as_json_and_csv(typed, name):
    table, values = NAMES[name], TYPES[name].values
    for at, (_, expected, _) in enumerate(values, 1):
        answer = typed.get(f"/{table}/{at}")
        assert answer.status == 200, answer
        assert equal(name, member(answer.body), expected), f"{member(answer.body)} instead of {expected}"
        line = typed.get(f"/{table}?id=eq.{at}", headers={"Accept": NDJSON})
        assert equal(name, member(line.body), expected), line
        [head, row] = csv.reader(io.StringIO(typed.get(f"/{table}?id=eq.{at}", headers={"Accept": CSV}).body.decode()))
        value = parse(expected.encode(), exact=True)
        assert head == ["id", "v"]
        if isinstance(value, (list, dict)):
            assert parse(row[1].encode(), exact=True) == value
        elif name in ("real", "double precision"):
            assert float(row[1]) == float(value)
        else:
            assert row[1] in (value if isinstance(value, str) else expected, expected), row
    assert typed.json(f"/{table}/{len(values) + 1}") == {"id": len(values) + 1, "v": None}
    assert typed.get(f"/{table}?id=eq.{len(values) + 1}", headers={"Accept": CSV}).body == f"id,v\n{len(values) + 1},\n".encode()
    assert [row["id"] for row in typed.json(f"/{table}?order=id&limit=50&id=lt.100")] == list(range(1, len(values) + 2))


def text_of(written):
    """A JSON value as a filter or CSV has it."""
    value = parse(written.encode(), exact=True)
    return value if isinstance(value, str) else written


@pytest.mark.parametrize("name", [name for name, kind in TYPES.items() if kind.found])
def test_filters_compare_by_type(typed, name):
    table, kind = NAMES[name], TYPES[name]
    count = len(kind.values)

    def found(condition):
        return sorted(row["id"] for row in typed.json(f"/{table}?select=id&id=lt.100&{condition}"))

    for at, (_, answered, written) in enumerate(kind.values, 1):
        for text in {text_of(answered), text_of(written)}:
            assert found(f"v=eq.{q(text)}") == [at]
            assert found(f"v=neq.{q(text)}") == [other for other in range(1, count + 1) if other != at]
            quoted = q('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')
            assert found(f"v=in.({quoted})") == [at]
            assert found(f"or=(v.eq.{quoted},v.is.null)") == [at, count + 1]
            assert found(f"v=isdistinct.{q(text)}") == [other for other in range(1, count + 2) if other != at]
            if kind.ordered and name != "boolean":
                assert found(f"v=gt.{q(text)}") == list(range(at + 1, count + 1))
                assert found(f"v=lte.{q(text)}") == list(range(1, at + 1))
    assert found("v=is.null") == [count + 1]
    for wrong, _ in kind.refused[-1:]:
        if name not in ("varchar(5)", "char(5)", '"char"', "short", "numeric(20,0)", "time(0)", "timestamp(3)", "cidr"):
            for operator in ("eq", "isdistinct", "not.gt"):
                for prefer in ({}, {"Prefer": "count=planned"}, {"Prefer": "count=exact"}):
                    error = error_of(typed.get(f"/{table}?id=gt.0&v={operator}.{q(text_of(wrong))}&limit=1", headers=prefer), 400)
                    assert "'v'" in error["message"], f"{operator} {wrong}: {error}"
        elif name != '"char"':  # a value of a wider type, which no row has
            assert found(f"v=eq.{q(text_of(wrong))}") == []


@pytest.mark.parametrize("name", [name for name, kind in TYPES.items() if kind.ordered])
def test_orders_and_pages_are_the_types_own(typed, name):
    table, count = NAMES[name], len(TYPES[name].values)
    assert [row["id"] for row in typed.json(f"/{table}?order=v&id=lt.100")] == list(range(1, count + 2))
    assert [row["id"] for row in typed.json(f"/{table}?order=v.desc&id=lt.100")] == list(range(count + 1, 0, -1))
    target, seen = f"/{table}?order=v,id&id=lt.100&limit=1&select=id", []
    while target:
        answer = typed.get(target)
        seen += [row["id"] for row in answer.json()]
        link = re.match(r'<([^>]*)>; rel="next"', answer.headers.get("link", ""))
        target = link and link[1]
    assert seen == list(range(1, count + 2))


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("how", ["POST", "CSV", "PATCH", "PUT"])
def test_what_is_written_comes_back(typed, name, how):
    table = NAMES[name]
    for _, expected, written in TYPES[name].values:
        if how == "POST":
            response = send(typed.web, "POST", f"/{table}", f'{{"v":{written}}}'.encode(), prefer=REPRESENTATION)
        elif how == "CSV":
            text = written if name in ("json", "jsonb") else text_of(written)
            field = '"' + text.replace('"', '""') + '"'
            response = send(typed.web, "POST", f"/{table}", csv=f"v\n{field}\n", prefer=REPRESENTATION)
        else:
            [row] = shown(send(typed.web, "POST", f"/{table}", {"v": None}, prefer=REPRESENTATION), 201)
            target = f"/{table}?id=eq.{row['id']}" if how == "PATCH" else f"/{table}/{row['id']}"
            response = send(typed.web, how, target, f'{{"v":{written}}}'.encode(), prefer=REPRESENTATION)
        assert response.status in (200, 201), f"{how} {written}: {response}"
        null = how != "CSV" and written == "null"
        assert equal(name, member(response.body), "null" if null else expected), f"{how} {written}: {response}"
        row = response.json()
        number = (row[0] if isinstance(row, list) else row)["id"]
        assert equal(name, member(typed.get(f"/{table}/{number}").body), "null" if null else expected)


@pytest.mark.parametrize("name, value, status, codes", [(name, value, *what) for name, kind in TYPES.items() for value, what in kind.refused])
@pytest.mark.parametrize("how", ["POST", "CSV", "PATCH", "rows"])
def test_what_does_not_fit_is_refused_by_name(typed, how, name, value, status, codes):
    table = NAMES[name]
    before = typed.sql(f"SELECT count(*), max(id) FROM {table}")
    if how == "POST":
        response = send(typed.web, "POST", f"/{table}", f'{{"v":{value}}}'.encode())
    elif how == "CSV":
        response = send(typed.web, "POST", f"/{table}", csv='v,id\n"{}",1000\n'.format(text_of(value).replace('"', '""')))
    elif how == "PATCH":
        response = send(typed.web, "PATCH", f"/{table}?id=eq.1", f'{{"v":{value}}}'.encode())
    else:
        response = send(typed.web, "POST", f"/{table}", b'[{"v":null},{"v":null},{"v":%s}]' % value.encode())
    statuses = status if isinstance(status, tuple) else (status,)
    assert response.status in statuses, response
    error = refused(response, response.status, codes if isinstance(codes, tuple) else (codes,))
    said = f"{error['message']} {error['details']}"
    assert re.search(r"'v'|\bv\b|positive_check|short_check", said), f"the column is not named: {error}"
    if how == "rows":
        assert re.search(r"\brow 3\b", said), f"the row is not named: {error}"
    assert typed.sql(f"SELECT count(*), max(id) FROM {table}") == before


def test_numbers_that_json_does_not_have_are_strings(serve):
    made = serve("CREATE TABLE t (id integer PRIMARY KEY, r real, d double precision, n numeric)",
                 "INSERT INTO t VALUES (1, 'NaN', 'Infinity', 'NaN'), (2, '-Infinity', '-Infinity', 'Infinity'), (3, 1, 1, 1)")  # fmt: skip
    assert made.json("/t?order=id") == [
        {"id": 1, "r": "NaN", "d": "Infinity", "n": "NaN"},
        {"id": 2, "r": "-Infinity", "d": "-Infinity", "n": "Infinity"},
        {"id": 3, "r": 1, "d": 1, "n": 1},
    ]


def test_moments_that_no_calendar_has_are_strings(serve):
    made = serve("CREATE TABLE t (id integer PRIMARY KEY, d date, ts timestamp, tz timestamptz)",
                 "INSERT INTO t VALUES (1, 'infinity', '-infinity', 'infinity'), (2, '0044-03-15 BC', NULL, NULL), (3, '12345-01-01', NULL, NULL)")  # fmt: skip
    rows = made.json("/t?order=id")
    assert rows[0] == {"id": 1, "d": "infinity", "ts": "-infinity", "tz": "infinity"}
    assert rows[1]["d"] == "0044-03-15 BC" and rows[2]["d"] == "12345-01-01"


def test_a_nul_is_refused_by_name(serve):
    made = serve("CREATE TABLE t (id integer PRIMARY KEY, v text, doc jsonb)")
    for body in (b'{"id":1,"v":"a\\u0000b"}', b'{"id":1,"doc":{"a":"\\u0000"}}', b'{"id":1,"doc":{"\\u0000":1}}'):
        response = send(made.web, "POST", "/t", body)
        refused(response, 422, ("22P05", "22021"), "v" if b'"v"' in body else "doc")
    assert made.get("/t?v=eq.a%00b").status == 400
    assert made.json("/t") == []


def test_an_answer_is_utf8_whatever_the_database_s_encoding(database, lab, start_pool):
    database.sql("SELECT 1")
    with database.connect() as connection, connection.cursor() as cursor:
        cursor.plainly("DROP DATABASE IF EXISTS latin")
        cursor.plainly("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    from postgresql_server import Schema

    schema = Schema(database, "latin")
    plainly(schema, "CREATE TABLE t (id integer PRIMARY KEY, v text NOT NULL UNIQUE, doc jsonb)", "INSERT INTO t VALUES (1, 'größe')", WRITE)
    pool = start_pool(schema.url(), "t", MYREST_WRITABLE="t")
    assert json.loads(pool.ask("/t").body) == [{"id": 1, "v": "größe", "doc": None}]
    assert pool.ask("/t?v=eq.gr%C3%B6%C3%9Fe").status == 200
    answer = pool.ask("/t", "POST", body='{"id":2,"v":"日本"}'.encode())
    assert error_of(answer, 422, "22P05")
    for query in ("v=eq.日", "select=doc->>日", "order=doc->日", 'order=v&after=("日")'):
        error_of(pool.ask(f"/t?{quote(query, safe='=&')}"), 400, "22P02")  # refused before it is read, and no place is told
    assert pool.ask("/t", "POST", body='{"id":2,"v":"é"}'.encode()).status == 201
    assert json.loads(pool.ask("/t/2").body)["v"] == "é"


# --- identities, generated columns, defaults, RETURNING, upsert


@pytest.fixture(scope="module")
def shop(serve):
    return serve(
        "CREATE TABLE serials (id serial PRIMARY KEY, v text)",
        "CREATE TABLE bigserials (id bigserial PRIMARY KEY, v text)",
        "CREATE TABLE identities (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, v text)",
        "CREATE TABLE always (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text)",
        "CREATE TABLE uuids (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), v text)",
        "CREATE TABLE sums (id integer PRIMARY KEY, a numeric(8,2), b numeric(8,2) DEFAULT 1.5, total numeric(9,2) GENERATED ALWAYS AS (a + b) STORED,"
        " made timestamptz DEFAULT now(), note text DEFAULT 'it''s \"new\"')",
        "CREATE TABLE people (id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, email text NOT NULL UNIQUE, first text, last text, n integer DEFAULT 0,"
        " UNIQUE (first, last))",
        "CREATE TABLE nothing (id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY)",
        "CREATE TABLE stamped (id integer PRIMARY KEY, v text, changes integer DEFAULT 0)",
        "CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN NEW.v := upper(NEW.v); IF TG_OP = 'UPDATE' THEN NEW.changes := OLD.changes + 1; END IF; RETURN NEW; END$$",
        "CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON stamped FOR EACH ROW EXECUTE FUNCTION stamp()",
        "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO rest",
        tables="serials,bigserials,identities,always,uuids,sums,people,nothing,stamped",
    )


@pytest.mark.parametrize("table", ["serials", "bigserials", "identities", "always"])
def test_the_database_makes_the_key(shop, table):
    rows = shown(send(shop.web, "POST", f"/{table}", [{"v": "a"}, {"v": "b"}], prefer=REPRESENTATION), 201)
    assert [row["v"] for row in rows] == ["a", "b"]
    assert rows[1]["id"] == rows[0]["id"] + 1
    response = done(send(shop.web, "POST", f"/{table}", {"v": "c"}, prefer="return=headers-only"), 201)
    assert response.headers["location"] == f"/{table}?id=eq.{rows[1]['id'] + 1}"
    assert shop.json(response.headers["location"]) == [{"id": rows[1]["id"] + 1, "v": "c"}]


def test_a_key_that_is_always_the_database_s_is_not_written(shop):
    refused(send(shop.web, "POST", "/always", {"id": 77, "v": "x"}), 400, "428C9", "id")
    assert shop.json("/always?id=eq.77") == []


def test_what_the_table_under_a_view_computes_is_named(serve):
    made = serve("CREATE TABLE t (id integer PRIMARY KEY, n integer, g integer GENERATED ALWAYS AS (n * 2) STORED)",
                 "CREATE TABLE always (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text)", "INSERT INTO t VALUES (2, 1)",
                 "CREATE VIEW tv AS SELECT * FROM t", "CREATE VIEW av AS SELECT * FROM always",
                 "CREATE VIEW renamed AS SELECT id, n AS g, g AS twice FROM t", tables="tv,av,renamed")  # fmt: skip
    for method, target, body, column in (("POST", "/tv", {"id": 1, "g": 5}, "g"), ("POST", "/tv", [{"id": 1, "g": 5}, {"id": 3, "g": 5}], "g"),
                                         ("PATCH", "/tv?id=eq.2", {"g": 5}, "g"), ("POST", "/av", {"id": 1}, "id")):  # fmt: skip
        assert refused(send(made.web, method, target, body), 400, "428C9")["message"] == f"the database computes column '{column}'"
    # another column of the view is called as that of its table
    assert refused(send(made.web, "POST", "/renamed", {"id": 1, "twice": 5}), 400, "428C9")["message"] == "the column cannot be written"
    assert list(made.sql("SELECT id, n FROM t")) == [(2, 1)]


def test_a_key_of_the_client_s_own(shop):
    for table in ("serials", "identities"):
        assert shown(send(shop.web, "POST", f"/{table}", {"id": 5000, "v": "own"}, prefer=REPRESENTATION), 201) == [{"id": 5000, "v": "own"}]


def test_a_uuid_that_the_database_makes(shop):
    [row] = shown(send(shop.web, "POST", "/uuids", {"v": "x"}, prefer=REPRESENTATION), 201)
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", row["id"])
    assert shop.json(f"/uuids/{row['id'].upper()}") == row


def test_generated_columns_and_defaults(shop):
    [row] = shown(send(shop.web, "POST", "/sums", b'{"id":1,"a":2.25}', prefer=REPRESENTATION), 201)
    assert (row["total"], row["b"], row["note"]) == (3.75, 1.5, 'it\'s "new"')
    assert abs(time.time() - datetime.fromisoformat(row["made"]).timestamp()) < 60
    for method, target in (("POST", "/sums"), ("PATCH", "/sums?id=eq.1"), ("PUT", "/sums/1")):
        refused(send(shop.web, method, target, {"id": 1, "total": 5}), 400, "428C9", "total")
    [row] = shown(send(shop.web, "PATCH", "/sums?id=eq.1", {"a": 10}, prefer=REPRESENTATION))
    assert row["total"] == 11.5
    rows = shown(send(shop.web, "POST", "/sums?columns=id,a,b", [{"id": 2, "a": 1}, {"id": 3, "b": 7}], prefer=(REPRESENTATION, "missing=default")), 201)
    assert [(row["a"], row["b"]) for row in rows] == [(1, 1.5), (None, 7)]


def test_a_row_of_defaults_alone(shop):
    rows = shown(send(shop.web, "POST", "/nothing", {}, prefer=REPRESENTATION), 201)
    more = shown(send(shop.web, "POST", "/nothing", [{}, {}], prefer=REPRESENTATION), 201)
    assert [row["id"] for row in rows + more] == list(range(rows[0]["id"], rows[0]["id"] + 3))


def test_what_triggers_make_of_it_is_what_comes_back(shop):
    assert shown(send(shop.web, "POST", "/stamped", {"id": 1, "v": "a"}, prefer=REPRESENTATION), 201) == [{"id": 1, "v": "A", "changes": 0}]
    assert shown(send(shop.web, "PATCH", "/stamped?v=eq.A", {"v": "b"}, prefer=REPRESENTATION)) == [{"id": 1, "v": "B", "changes": 1}]
    assert shown(send(shop.web, "PUT", "/stamped/1", {"v": "c"}, prefer=REPRESENTATION)) in ([{"id": 1, "v": "C", "changes": 2}], {"id": 1, "v": "C", "changes": 2})
    assert shown(send(shop.web, "DELETE", "/stamped?id=eq.1", prefer=REPRESENTATION))[0]["v"] == "C"
    assert shop.json("/stamped") == []


@pytest.fixture
def people(shop):
    shop.sql("DELETE FROM people", "INSERT INTO people VALUES (1, 'a@x', 'Ann', 'Ash', 1), (2, 'b@x', 'Bea', 'Box', 2)",
             "SELECT setval(pg_get_serial_sequence('people', 'id'), 10)")  # fmt: skip
    return shop


def test_merge_by_the_primary_key(people):
    rows = [{"id": 1, "email": "new@x", "first": "Ann", "last": "Ash", "n": 5}, {"id": 3, "email": "c@x", "first": "Cec", "last": "Cox", "n": 6}]
    answer = shown(send(people.web, "POST", "/people", rows, prefer=("resolution=merge-duplicates", REPRESENTATION)), 201)
    assert answer == rows
    assert people.sql("SELECT id, email, n FROM people ORDER BY id") == ((1, "new@x", 5), (2, "b@x", 2), (3, "c@x", 6))


def test_merge_by_another_key(people):
    rows = [{"email": "a@x", "n": 7}, {"email": "z@x", "n": 8}]
    answer = shown(send(people.web, "POST", "/people?on_conflict=email&select=id,n", rows, prefer=("resolution=merge-duplicates", REPRESENTATION)), 201)
    assert answer[0] == {"id": 1, "n": 7} and answer[1]["n"] == 8
    assert people.sql("SELECT first, n FROM people WHERE email = 'a@x'") == (("Ann", 7),)
    done(send(people.web, "POST", "/people?on_conflict=first,last", {"email": "q@x", "first": "Bea", "last": "Box"}, prefer="resolution=merge-duplicates"), 201)
    assert people.sql("SELECT email FROM people WHERE id = 2") == (("q@x",),)


def test_ignore_leaves_what_is_there(people):
    rows = [{"id": 1, "email": "x@x", "n": 9}, {"id": 4, "email": "d@x", "n": 9}]
    answer = shown(send(people.web, "POST", "/people?select=id", rows, prefer=("resolution=ignore-duplicates", REPRESENTATION)), 201)
    assert answer == [{"id": 4}]
    assert people.sql("SELECT email FROM people WHERE id = 1") == (("a@x",),)


@pytest.mark.parametrize("returned", [[], [REPRESENTATION]])
@pytest.mark.parametrize("resolution", ["merge-duplicates", "ignore-duplicates"])
def test_an_id_that_the_sequence_makes_means_no_row(people, resolution, returned):
    """An upsert without an id meets no row by it, though the sequence has not come to the ids that clients have written."""
    prefer = [f"resolution={resolution}", "missing=default", *returned]
    people.sql("SELECT setval(pg_get_serial_sequence('people', 'id'), 1, false)")
    before = people.sql("SELECT * FROM people ORDER BY id")
    refused(send(people.web, "POST", "/people", {"email": "n@x"}, prefer=prefer), 409, "23505", "id")
    rows = [{"id": 9, "email": "nine@x"}, {"email": "n@x"}]  # the sequence goes on, to 2
    error = refused(send(people.web, "POST", "/people?columns=id,email", rows, prefer=prefer), 409, "23505", "id")
    assert "row 2" in error["details"], error
    assert people.sql("SELECT * FROM people ORDER BY id") == before
    people.sql("SELECT setval(pg_get_serial_sequence('people', 'id'), 100)")
    rows = [{"id": 9, "email": "nine@x"}, {"email": "n@x"}, {"email": "m@x"}, {"id": 10, "email": "ten@x"}]
    response = send(people.web, "POST", "/people?columns=id,email&select=id,email", rows, prefer=prefer)
    assert response.status == 201
    wanted = [{"id": 9, "email": "nine@x"}, {"id": 101, "email": "n@x"}, {"id": 102, "email": "m@x"}, {"id": 10, "email": "ten@x"}]
    assert not returned or response.json() == wanted
    assert people.sql("SELECT id FROM people WHERE id > 8 ORDER BY id") == ((9,), (10,), (101,), (102,))
    rows = [{"id": 11, "email": "eleven@x"}, {"email": "nine@x"}]
    error = refused(send(people.web, "POST", "/people?columns=id,email", rows, prefer=prefer), 409, "23505", "email")
    assert "row 2" in error["details"], error


def test_a_duplicate_of_a_key_that_is_not_meant_is_409(people):
    before = people.sql("SELECT * FROM people ORDER BY id")
    for resolution in ("merge-duplicates", "ignore-duplicates"):
        error = refused(send(people.web, "POST", "/people", [{"id": 9, "email": "b@x"}], prefer=f"resolution={resolution}"), 409, "23505", "email")
        assert error["details"] == "Key (email)=(b@x) already exists. (row 1 of the body)"
    refused(send(people.web, "POST", "/people?on_conflict=n", {"email": "q@x"}, prefer="resolution=merge-duplicates"), 400, "42P10")
    assert people.sql("SELECT * FROM people ORDER BY id") == before


def test_a_row_that_is_twice_in_one_upsert(people):
    """ON CONFLICT cannot change a row twice: it is said, or the last one wins, as on other databases."""
    rows = [{"id": 1, "email": "a@x", "n": 1}, {"id": 1, "email": "a@x", "n": 2}]
    response = send(people.web, "POST", "/people", rows, prefer="resolution=merge-duplicates")
    if response.status == 201:
        assert people.sql("SELECT n FROM people WHERE id = 1") == ((2,),)
    else:
        refused(response, 409, ("23505", "21000"))
        assert people.sql("SELECT n FROM people WHERE id = 1") == ((1,),)


def test_what_an_after_trigger_makes_of_a_row_is_shown_where_it_is_read_again(serve):
    after = serve(
        "CREATE TABLE t (id integer PRIMARY KEY, v integer)",
        plpgsql("again()", "IF pg_trigger_depth() < 2 THEN UPDATE t SET v = v + 100 WHERE id = NEW.id; END IF; RETURN NULL;"),
        "CREATE TRIGGER again AFTER INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION again()",
    )
    for method, target, body, shown, kept in (
        ("POST", "/t", {"id": 1, "v": 1}, [{"id": 1, "v": 1}], 101),
        ("PATCH", "/t/1", {"v": 2}, {"id": 1, "v": 102}, 102),
        ("PATCH", "/t?v=gt.0", {"v": 3}, [{"id": 1, "v": 103}], 103),
        ("PUT", "/t/1", {"v": 4}, {"id": 1, "v": 104}, 104),
    ):
        answer = send(after.web, method, target, body, prefer=REPRESENTATION)
        assert answer.json() == shown and after.sql("SELECT v FROM t") == ((kept,),), (method, answer)


def test_put_makes_and_changes(people):
    done(send(people.web, "PUT", "/people/50", {"email": "p@x", "n": 1}), 201)
    done(send(people.web, "PUT", "/people/50", {"email": "p@x", "n": 2}), 204)
    assert people.sql("SELECT n FROM people WHERE id = 50") == ((2,),)


# --- views, partitions, schemas, names


@pytest.mark.parametrize("wanted", ["return=minimal", REPRESENTATION])
def test_a_put_that_a_trigger_leaves_out_is_not_told_as_made(serve, wanted):
    front = serve(
        "CREATE TABLE fixed (id integer PRIMARY KEY, n integer)",
        "INSERT INTO fixed VALUES (1, 1)",
        "CREATE FUNCTION leave() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$",
        "CREATE TRIGGER fixed_up BEFORE UPDATE ON fixed FOR EACH ROW EXECUTE FUNCTION leave()",
        tables="fixed",
    )
    for method in ("PUT", "PATCH"):
        answer = send(front.web, method, "/fixed/1", {"n": 2}, prefer=wanted)
        assert answer.status == (404 if method == "PATCH" and wanted != REPRESENTATION else 400), answer
    assert front.json("/fixed") == [{"id": 1, "n": 1}]


@pytest.fixture(scope="module")
def forms(serve):
    return serve(
        "CREATE TABLE base (id integer PRIMARY KEY, v text, secret text DEFAULT 's')",
        "INSERT INTO base VALUES (1, 'one'), (2, 'two'), (3, NULL)",
        "CREATE VIEW plain AS SELECT id, v FROM base WHERE id < 100",
        "CREATE VIEW checked AS SELECT id, v FROM base WHERE id < 100 WITH CHECK OPTION",
        "CREATE VIEW counted AS SELECT count(*) AS n, max(v) AS last FROM base",
        "CREATE MATERIALIZED VIEW kept AS SELECT id, v FROM base",
        "CREATE UNIQUE INDEX ON kept (id)",
        "CREATE TABLE parted (id integer NOT NULL, day date NOT NULL, v text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day)",
        "CREATE TABLE parted_2023 PARTITION OF parted FOR VALUES FROM ('2023-01-01') TO ('2024-01-01')",
        "CREATE TABLE parted_2024 PARTITION OF parted FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
        "INSERT INTO parted VALUES (1, '2023-05-05', 'old'), (2, '2024-05-05', 'new')",
        "CREATE TABLE \"Odd \"\"Name\"\" é\" (\"ID\" integer PRIMARY KEY, \"select\" text, \"a.b\" integer, \"it's\" text)",
        "INSERT INTO \"Odd \"\"Name\"\" é\" VALUES (1, 'x', 2, 'y')",
        "CREATE TABLE keyless (a integer, b text)",
        "INSERT INTO keyless VALUES (1, 'x'), (1, 'x')",
        "COMMENT ON TABLE base IS 'what is under all'", "COMMENT ON COLUMN base.v IS 'its word'",
        tables='base(id,v),plain,checked,counted,kept,parted,keyless,"Odd ""Name"" é"',
    )  # fmt: skip


def test_a_view_is_read_and_written(forms):
    assert forms.json("/plain?order=id") == [{"id": 1, "v": "one"}, {"id": 2, "v": "two"}, {"id": 3, "v": None}]
    assert shown(send(forms.web, "POST", "/plain", {"id": 10, "v": "ten"}, prefer=REPRESENTATION), 201) == [{"id": 10, "v": "ten"}]
    assert forms.sql("SELECT v, secret FROM base WHERE id = 10") == (("ten", "s"),)
    done(send(forms.web, "PATCH", "/plain?id=eq.10", {"v": "TEN"}), 204)
    done(send(forms.web, "DELETE", "/plain?id=eq.10"), 204)
    assert forms.sql("SELECT count(*) FROM base") == ((3,),)


def test_a_view_s_own_condition(forms):
    refused(send(forms.web, "POST", "/checked", {"id": 200, "v": "x"}), 422, ("44000", "23514"))
    assert forms.sql("SELECT count(*) FROM base WHERE id = 200") == ((0,),)


@pytest.mark.parametrize("table, row", [("counted", {"n": 3, "last": "two"}), ("kept", {"id": 1, "v": "one"})])
def test_a_view_that_cannot_be_written_is_read_only(forms, table, row):
    assert row in forms.json(f"/{table}")
    response = send(forms.web, "OPTIONS", f"/{table}")
    assert response.headers["allow"] == "OPTIONS, GET, HEAD"
    error_of(send(forms.web, "POST", f"/{table}", row), 405)


def test_a_partitioned_table_is_one(forms):
    assert [row["v"] for row in forms.json("/parted?order=day")] == ["old", "new"]
    assert shown(send(forms.web, "POST", "/parted", {"id": 3, "day": "2024-06-06", "v": "x"}, prefer=REPRESENTATION), 201)[0]["v"] == "x"
    assert forms.sql("SELECT count(*) FROM parted_2024") == ((2,),)
    done(send(forms.web, "PATCH", "/parted?id=eq.3", {"day": "2023-06-06"}), 204)
    assert forms.sql("SELECT count(*) FROM parted_2023") == ((2,),)
    done(send(forms.web, "POST", "/parted", {"id": 3, "day": "2023-06-06", "v": "y"}, prefer="resolution=merge-duplicates"), 201)
    assert forms.sql("SELECT v FROM parted WHERE id = 3") == (("y",),)
    for method, target, body in (
        ("POST", "/parted", {"id": 4, "day": "2030-01-01"}), ("PATCH", "/parted?id=eq.3", {"day": "2030-01-01"}),
    ):  # fmt: skip
        fault = error_of(send(forms.web, method, target, body), 422, "23514")
        assert fault["message"] == "no partition of the table takes the row", fault
    done(send(forms.web, "DELETE", "/parted?id=eq.3"), 204)
    done(send(forms.web, "PATCH", "/parted?id=lt.9&order=day&limit=1", {"v": "first"}), 204)
    assert forms.json("/parted?order=day&select=v") == [{"v": "first"}, {"v": "new"}]
    done(send(forms.web, "PATCH", "/parted?id=eq.1", {"v": "old"}), 204)


def test_names_are_taken_as_they_are(forms):
    table = q('Odd "Name" é')
    assert forms.json(f"/{table}/1") == {"ID": 1, "select": "x", "a.b": 2, "it's": "y"}
    assert forms.json(f"/{table}?select=id:ID&%22a.b%22=eq.2") == [{"id": 1}]
    done(send(forms.web, "PATCH", f"/{table}?ID=eq.1", {"select": "z"}), 204)
    assert forms.get("/BASE").status == 404
    assert forms.get("/base?V=eq.one").status == 400


def test_what_may_not_be_seen_is_not_there(forms):
    for target in ("/pg_catalog.pg_user", "/pg_user", "/information_schema.tables", "/public.base", "/parted_2024", "/base?secret=eq.s", "/base?select=ctid", "/base?xmin=gt.0"):
        assert forms.get(target).status in (400, 404), target
    assert b"secret" not in forms.get("/").body and b"ctid" not in forms.get("/").body


def test_comments_are_in_the_document(forms):
    document = forms.get("/").json()
    text = json.dumps(document)
    assert "what is under all" in text and "its word" in text


def test_a_boolean_is_no_number_in_the_document(serve):
    made = serve("CREATE TABLE switches (id integer PRIMARY KEY, lit boolean NOT NULL, old boolean)", tables="switches")
    found = made.json("/")["components"]["schemas"]["switches"]["properties"]
    assert found["lit"] == {"type": "boolean"}
    assert found["old"] == {"type": ["boolean", "null"]}


def test_a_table_without_a_key(forms):
    assert forms.json("/keyless") == [{"a": 1, "b": "x"}] * 2
    assert forms.get("/keyless/1").status == 404
    done(send(forms.web, "PATCH", "/keyless?a=eq.1", {"b": "y"}), 204)
    assert forms.json("/keyless") == [{"a": 1, "b": "y"}] * 2


@pytest.mark.parametrize("body", [{}, [{}], [{}, {}]])
def test_a_table_without_columns(serve, body):
    made = serve("CREATE TABLE never ()", "CREATE TABLE emptied (a integer)", "INSERT INTO emptied VALUES (1)", "ALTER TABLE emptied DROP a", tables="never,emptied")
    for name, rows in (("never", []), ("emptied", [{}])):
        assert made.json(f"/{name}") == rows
        for prefer in (None, REPRESENTATION):
            error_of(send(made.web, "POST", f"/{name}", body, prefer=prefer), 405, "PGRST117")
        assert send(made.web, "OPTIONS", f"/{name}").headers["allow"] == "OPTIONS, GET, HEAD, DELETE"
        assert made.json(f"/{name}") == rows


def test_a_table_from_which_others_inherit(serve):
    """Its primary key is not theirs: a row of theirs may have the same one."""
    made = serve(
        "CREATE TABLE parent (id integer PRIMARY KEY, v text)", "CREATE TABLE child (extra integer, PRIMARY KEY (id)) INHERITS (parent)",
        "INSERT INTO parent VALUES (1, 'p'), (2, 'q')", "INSERT INTO child VALUES (1, 'c', 7), (3, 'd', 8)", tables="parent,child",
    )  # fmt: skip
    assert len(made.json("/parent?id=eq.1")) == 2
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        body = {"id": 1, "v": "x"} if method in ("PUT", "PATCH") else None
        error_of(send(made.web, method, "/parent/1", body), 404, "PGRST125")
    error_of(send(made.web, "PUT", "/parent?id=eq.1", {"id": 1, "v": "x"}), 405)
    error_of(send(made.web, "POST", "/parent", {"id": 1}, prefer="resolution=merge-duplicates"), 400, "42P10")
    assert shown(send(made.web, "PATCH", "/parent?id=eq.1", {"v": "x"}, prefer=REPRESENTATION)) == [{"id": 1, "v": "x"}] * 2
    assert [path for path in made.json("/")["paths"] if path.startswith("/parent")] == ["/parent"]
    done(send(made.web, "PUT", "/child/1", {"id": 1, "v": "y"}), 204)
    assert made.json("/child/1") == {"id": 1, "v": "y", "extra": None}
    assert made.sql("SELECT v FROM ONLY parent ORDER BY id") == (("x",), ("q",))


def test_a_unique_index_by_another_collation_is_no_key(serve):
    """It tells apart what the column calls equal, or the other way round."""
    made = serve(
        "CREATE COLLATION blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
        "CREATE TABLE loose (v text COLLATE blind NOT NULL, n integer)", 'CREATE UNIQUE INDEX ON loose (v COLLATE "C")',
        "CREATE TABLE strict (v text NOT NULL, n integer)", "CREATE UNIQUE INDEX ON strict (v COLLATE blind)",
        "CREATE TABLE same (v text COLLATE blind NOT NULL, n integer, w text, UNIQUE (v) INCLUDE (w))",
        "INSERT INTO loose VALUES ('a', 1), ('A', 2), ('b', 3), ('B', 4)", "INSERT INTO strict VALUES ('a', 1)",
        "INSERT INTO same VALUES ('a', 1), ('b', 2)", tables="loose,strict,same",
    )  # fmt: skip
    found, target = [], "/loose?limit=1"
    while target:
        answer = made.get(target)
        found += [row["n"] for row in answer.json()]
        target = re.match("<https?://[^/]+(/[^>]+)>", answer.headers["link"]).group(1) if "link" in answer.headers else None
    assert sorted(found) == [1, 2, 3, 4]
    for name in ("loose", "strict"):
        for resolution in ("merge", "ignore"):
            error_of(send(made.web, "POST", f"/{name}?on_conflict=v", {"v": "A", "n": 9}, prefer=f"resolution={resolution}-duplicates"), 400, "42P10")
    done(send(made.web, "POST", "/same?on_conflict=v", {"v": "A", "n": 9}, prefer="resolution=merge-duplicates"), 201)
    assert made.sql("SELECT v, n FROM same ORDER BY v") == (("A", 9), ("b", 2))
    assert "after=" in made.get("/same?limit=1").headers["link"]


def test_a_trigger_that_leaves_rows_out(serve):
    """It would do so again, so nobody is told to come back."""
    made = serve(
        "CREATE TABLE t (id integer PRIMARY KEY, v text)", "INSERT INTO t VALUES (1, 'kept'), (2, 'a'), (3, 'b')",
        plpgsql("keep()", "IF OLD.v = 'kept' THEN RETURN NULL; END IF; IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW;"),
        "CREATE TRIGGER k BEFORE UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION keep()",
    )  # fmt: skip
    tag = made.get("/t/1").headers["etag"]
    for method, target, body, how in (
        ("PATCH", "/t?id=lt.3", {"v": "x"}, {"prefer": REPRESENTATION}), ("DELETE", "/t?id=lt.3", None, {"prefer": REPRESENTATION}),
        ("PATCH", "/t/1", {"v": "x"}, {"If_Match": tag}), ("DELETE", "/t/1", None, {"If_Match": tag}),
    ):  # fmt: skip
        assert "trigger" in refused(send(made.web, method, target, body, **how), 400, "PGRST122")["message"]
    assert made.sql("SELECT v FROM t ORDER BY id") == (("kept",), ("a",), ("b",))
    assert shown(send(made.web, "PATCH", "/t?id=gt.1", {"v": "x"}, prefer=REPRESENTATION)) == [{"id": 2, "v": "x"}, {"id": 3, "v": "x"}]
    answer = done(send(made.web, "PATCH", "/t?id=lt.3", {"v": "y"}), 204)
    assert answer.headers["content-range"] == "0-0/*"


def test_tables_are_found_by_the_search_path(database, start_pool):
    """The first schema of the account's search_path that has the table."""
    schema = database.schema()
    plainly(
        schema, "CREATE SCHEMA first", "CREATE SCHEMA second", "CREATE TABLE second.t (id integer PRIMARY KEY, v text)", "INSERT INTO second.t VALUES (1, 'second')",
        "CREATE TABLE public.t (id integer PRIMARY KEY, other integer)", "CREATE TABLE first.only (id integer PRIMARY KEY)", "INSERT INTO first.only VALUES (7)",
        "CREATE TYPE second.mood AS ENUM ('a')", "CREATE TABLE first.moods (id integer PRIMARY KEY, m second.mood)", "INSERT INTO first.moods VALUES (1, 'a')",
        "GRANT USAGE ON SCHEMA first, second TO rest", "GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA first, second, public TO rest",
        f"ALTER ROLE rest IN DATABASE {schema.name} SET search_path = first, second, public",
    )  # fmt: skip
    pool = start_pool(schema.url(), "t,only,moods", MYREST_WRITABLE="t,moods")
    assert json.loads(pool.ask("/t").body) == [{"id": 1, "v": "second"}]
    assert json.loads(pool.ask("/only").body) == [{"id": 7}]
    assert json.loads(pool.ask("/moods?m=eq.a").body) == [{"id": 1, "m": "a"}]
    assert pool.ask("/t", "POST", body=b'{"id":2,"v":"x"}').status == 201
    assert plainly(schema, "SELECT count(*) FROM second.t") == ((2,),)
    plainly(schema, "ALTER SCHEMA first RENAME TO gone", "ALTER SCHEMA second RENAME TO first")  # LOCK TABLE says otherwise than SELECT that it is not there
    counted = pool.ask("/t", headers={"Prefer": "count=exact"})
    assert (counted.status, counted.headers["content-range"]) == (200, "0-1/2")


@pytest.mark.parametrize("view", ["moves", "shadows"])
def test_a_statement_means_the_table_that_was_described(serve, view):
    """Whatever a function makes of search_path, and whoever makes a table of the same name that is found before."""
    made = serve(
        "CREATE SCHEMA other", "CREATE TABLE t (id integer PRIMARY KEY, v text)", "INSERT INTO t VALUES (1, 'served')", "CREATE TABLE other.t (LIKE t INCLUDING ALL)",
        "INSERT INTO other.t VALUES (1, 'another'), (2, 'another')", "GRANT USAGE ON SCHEMA other TO rest", "GRANT ALL ON other.t TO rest",
        "CREATE VIEW moves AS SELECT set_config('search_path', 'other', false)",
        plpgsql("shadow()", "CREATE TEMPORARY TABLE t (id integer PRIMARY KEY, v text); RETURN 1;", returns="integer"), "CREATE VIEW shadows AS SELECT shadow()",
        tables=f"t,{view}", writable="t", MYREST_WORKERS="1",
    )  # fmt: skip
    assert made.json("/t") == [{"id": 1, "v": "served"}]
    assert made.get(f"/{view}").status == 200
    assert made.json("/t") == made.json("/t?order=v") == [{"id": 1, "v": "served"}]
    assert made.json("/t?select=v,id::text&order=id") == [{"v": "served", "id": "1"}]
    assert send(made.web, "GET", "/t?limit=1", prefer="count=exact").headers["content-range"] == "0-0/1"
    done(send(made.web, "POST", "/t", {"id": 2, "v": "x"}), 201)
    done(send(made.web, "PATCH", "/t?id=eq.2", {"v": "y"}), 204)
    assert made.sql("SELECT id, v FROM t ORDER BY id") == ((1, "served"), (2, "y"))
    done(send(made.web, "PATCH", "/t?id=gt.0&order=id.desc&limit=1", {"v": "z"}), 204)
    done(send(made.web, "PUT", "/t/3", {"id": 3, "v": "new"}), 201)
    assert made.sql("SELECT id, v FROM t ORDER BY id") == ((1, "served"), (2, "z"), (3, "new"))
    done(send(made.web, "DELETE", "/t?id=gt.1"), 204)
    assert made.sql("SELECT id, v FROM t") == ((1, "served"),)
    assert made.sql("SELECT id, v FROM other.t ORDER BY id") == ((1, "another"), (2, "another"))
    if view == "moves":  # nor is another one described then
        made.sql("ALTER TABLE public.t RENAME v TO w")
        assert made.json("/t") == [{"id": 1, "w": "served"}]


# --- what only its types can do: JSON, texts, full text


@pytest.fixture(scope="module")
def words(serve):
    return serve(
        "CREATE TABLE docs (id integer PRIMARY KEY, j json, b jsonb)",
        """INSERT INTO docs VALUES (1, '{"a":1,"b":{"c":"x"}}', '{"a":1,"b":{"c":"x"}}'), (2, '{"a":"1"}', '{"a":"1"}'), (3, '[1,2,3]', '[1,2,3]'),
         (4, NULL, NULL)""",
        "CREATE TABLE texts (id integer PRIMARY KEY, t text, v tsvector GENERATED ALWAYS AS (to_tsvector('english', coalesce(t, ''))) STORED)",
        "INSERT INTO texts VALUES (1, 'The quick brown foxes'), (2, 'a lazy dog sleeps'), (3, 'Abc'), (4, 'abc'), (5, 'ÁBC'), (6, NULL), (7, 'straße')",
        "CREATE INDEX ON texts USING gin (v)",
        tables="docs,texts",
    )  # fmt: skip


def ids(made, target):
    return [row["id"] for row in made.json(target)]


@pytest.mark.parametrize("column", ["j", "b"])
def test_paths_into_json(words, column):
    assert words.json(f"/docs?select=x:{column}->b->>c&id=eq.1") == [{"x": "x"}]
    assert words.json(f"/docs?select=x:{column}->b&id=eq.1") == [{"x": {"c": "x"}}]
    assert words.json(f"/docs?select=x:{column}->1&id=eq.3") == [{"x": 2}]
    assert ids(words, f"/docs?{column}->a=eq.1") == [1]
    assert ids(words, f"/docs?{column}->>a=eq.1&order=id") == [1, 2]
    assert ids(words, f"/docs?{column}->b->>c=like.x*") == [1]


@pytest.mark.parametrize("column", ["j", "b"])
def test_json_contains(words, column):
    wanted = q('{"a":1}')
    assert ids(words, f"/docs?{column}=cs.{wanted}") == [1]
    assert ids(words, f"/docs?{column}=cd.{q('[1,2,3,4]')}") == [3]


def test_parts_of_a_json_are_as_they_were_written(serve):
    """As PostgreSQL's own -> and ->> give them, whatever kind of value a part is; compared they are as those of a jsonb."""
    texts = ('{"list":[1,2,3], "a": {"k":[4,5],"k2":1.50}, "n":1.0, "s":"x\\"y", "z":null, "a\'b":true, "e":[], "d":1, "d":2}', "[[1,2],[3,[4,5]]]", '"text"', "5", "null", "{}")
    values = ", ".join("(%d, '%s', '%s')" % (number, *(text.replace("'", "''"),) * 2) for number, text in enumerate(texts))
    made = serve("CREATE TABLE t (id integer PRIMARY KEY, j json, b jsonb)", f"INSERT INTO t VALUES {values}")
    paths = ["list", "a", "n", "s", "z", "e", "d", "a->k", "a->k2", "a->nothing", "list->0", "list->-1", "list->-3", "list->7", "0", "-1", "-2", "1->1->0", "a'b"]
    for path in paths:
        steps = [step if re.fullmatch("-?[0-9]+", step) else "'" + step.replace("'", "''") + "'" for step in path.split("->")]
        own = "".join("->" + step for step in steps[:-1])
        expected = made.sql(f"SELECT id, j{own}->{steps[-1]} AS json, j{own}->>{steps[-1]} AS text FROM t ORDER BY id")
        answer = made.get(f"/t?select=id,x:j->{q(path)},y:j{'->' if own else ''}{q('->'.join(path.split('->')[:-1]))}->>{q(path.split('->')[-1])}&order=id").json(exact=True)
        for row, (number, json_text, text) in zip(answer, expected, strict=True):
            assert row["id"] == number and row["y"] == text, (path, row, text)
            assert row["x"] == (None if json_text is None else parse(json_text.encode(), True))
        assert f'"x":{expected[0][1] or "null"}' in made.get(f"/t?select=x:j->{q(path)}&id=eq.0").body.decode()
        for word in ("eq.1", "gt.1", 'eq."text"', "eq.null", "neq.true", "isdistinct.1", "in.(1,2)", "cs.[1]", "cd.[1,2,3]", "is.null"):
            assert made.json(f"/t?select=id&j->{q(path)}={q(word)}&order=id") == made.json(f"/t?select=id&b->{q(path)}={q(word)}&order=id"), (path, word)
        assert made.json(f"/t?select=id&order=j->{q(path)},id") == made.json(f"/t?select=id&order=b->{q(path)},id")
    assert made.json("/t?select=x:j->a->>k2::numeric,y:j->n::text&id=eq.0") == [{"x": 1.5, "y": "1.0"}]


def test_texts_are_compared_exactly(words):
    assert ids(words, "/texts?t=eq.abc") == [4]
    assert ids(words, "/texts?t=like.abc*") == [4]
    assert ids(words, "/texts?t=ilike.abc&order=id")[:2] == [3, 4]
    assert ids(words, "/texts?t=in.(abc,Abc)&order=id") == [3, 4]


def test_regular_expressions(words):
    assert ids(words, f"/texts?t=match.{q('^a.c$')}") == [4]
    assert ids(words, f"/texts?t=imatch.{q('^a.c$')}&order=id")[:2] == [3, 4]
    error_of(words.get(f"/texts?t=match.{q('(')}"), 400, "2201B")


def test_full_text_search(words):
    assert ids(words, "/texts?v=fts.fox") == [1]
    assert ids(words, f"/texts?v=fts(english).{q('foxes & quick')}") == [1]
    assert ids(words, "/texts?v=plfts(english).the%20lazy%20dogs") == [2]
    assert ids(words, "/texts?v=phfts(english).brown%20fox") == [1]
    assert ids(words, "/texts?v=wfts(english).dog%20or%20fox&order=id") == [1, 2]
    assert ids(words, "/texts?t=wfts(english).dog%20-lazy") == []
    error_of(words.get(f"/texts?v=fts.{q('a & & b')}"), 400)
    error_of(words.get("/texts?v=fts(nobody).a"), 400)
    assert ids(words, f"/texts?v=fts.{'!' * 32}fox") == [1]
    error_of(words.get(f"/texts?v=fts.{'!' * 33}fox"), 400, "54000")  # the server has an error of its own then


# --- errors


@pytest.fixture(scope="module")
def formed(serve, database):
    [[version]] = database.sql("SHOW server_version_num")
    several = ", several int4multirange" if version >= "140000" else ""
    made = serve(f"CREATE TABLE t (id integer PRIMARY KEY, tags text[], n integer[], r int4range, days daterange, gap interval{several})")
    made.has_several = several != ""
    return made


@pytest.mark.parametrize("column, wrong, form", [
    ("tags", "x", "text[], as {a,b} or JSON"), ("n", "{x}", "integer[], as {a,b} or JSON"), ("r", "5", "int4range, as [a,b)"),
    ("days", "[2024-01-01", "daterange, as [a,b)"), ("several", "[1,2)", "int4multirange, as {[a,b),[c,d)}"), ("gap", "long", "interval"),
])  # fmt: skip
def test_the_form_of_a_value_is_told(formed, column, wrong, form):
    """Of types that other databases do not have, and whose values are not written as a program would."""
    if column == "several" and not formed.has_several:
        pytest.skip("no such type before PostgreSQL 14")
    for word in ("eq", "in", "gt") + (() if column == "gap" else ("cs",)):
        value = f'("{wrong}")' if word == "in" else wrong
        error = refused(formed.get(f"/t?{column}={word}.{quote(value, safe='')}"), 400, "22P02")
        assert error["message"] == f"the value is not of the column's type for column '{column}': expected {form}", word
    for method, target in (("POST", "/t"), ("PATCH", "/t?id=eq.1")):
        error = refused(send(formed.web, method, target, {"id": 1, column: wrong}), 400, "22P02")
        assert error["message"] == f"the value is not of the type of column '{column}': expected {form}", method


@pytest.fixture(scope="module")
def strict(serve):
    return serve(
        "CREATE TABLE parents (id integer PRIMARY KEY, v text)", "INSERT INTO parents VALUES (1, 'zq9'), (2, 'zq9')",
        "CREATE TABLE strict (id integer GENERATED BY DEFAULT AS IDENTITY (START 100) PRIMARY KEY, code text UNIQUE, a integer, b integer, parent integer REFERENCES parents,"
        " must integer NOT NULL DEFAULT 0, positive integer CHECK (positive > 0), short varchar(3), span int4range, kind text,"
        " CONSTRAINT ab UNIQUE (a, b), CONSTRAINT apart EXCLUDE USING gist (span WITH &&), CONSTRAINT two_columns CHECK (a <> 13 OR b <> 13))",
        "INSERT INTO strict (id, code, a, b, parent, span) VALUES (1, 'zq9', 71, 72, 1, '[1,10)')",
        "CREATE FUNCTION raise() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
        " IF NEW.kind = 'own' THEN RAISE EXCEPTION 'no such kind' USING ERRCODE = 'UE001'; END IF;"
        " IF NEW.kind = 'plain' THEN RAISE EXCEPTION 'kind % is not for clients', NEW.kind USING HINT = 'take another'; END IF;"
        " IF NEW.kind = 'slow' THEN PERFORM pg_sleep(30); END IF; RETURN NEW; END$$",
        "CREATE TRIGGER raise BEFORE INSERT OR UPDATE ON strict FOR EACH ROW EXECUTE FUNCTION raise()",
        "CREATE UNIQUE INDEX lower_code ON strict (lower(code))",
        "CREATE TABLE locks (id integer PRIMARY KEY, n integer)", "INSERT INTO locks SELECT n, 0 FROM generate_series(1, 20) AS n",
        "CREATE TABLE late (id integer PRIMARY KEY, parent integer REFERENCES parents DEFERRABLE INITIALLY DEFERRED)",
        "CREATE TABLE closed (id integer PRIMARY KEY, v text, w text)", "INSERT INTO closed VALUES (1, 'x', 'y')",
        tables="parents,strict,locks,late,closed", MYREST_STATEMENT_TIMEOUT=2, MYREST_LOG_LEVEL="info",
        grant=WRITE,
    )  # fmt: skip


@pytest.fixture
def unchanged(strict):
    tables = ("parents", "strict", "locks", "late", "closed")
    before = [sorted(strict.sql(f"SELECT * FROM {table}"), key=repr) for table in tables]
    yield strict
    assert [sorted(strict.sql(f"SELECT * FROM {table}"), key=repr) for table in tables] == before, "what was refused has changed something"


@pytest.fixture(scope="module")
def computing(serve):
    """Views and triggers that cannot do for each row what they are to do."""
    return serve(
        "CREATE TABLE pairs (id integer PRIMARY KEY, a smallint, b smallint)", "INSERT INTO pairs VALUES (1, 5, 0), (2, 3, 5)",
        "CREATE VIEW less AS SELECT id, a - (b * 20000)::smallint AS d FROM pairs",
        "CREATE VIEW divided AS SELECT id, a / (b - 5) AS q FROM pairs",
        "CREATE FUNCTION grumble(n integer) RETURNS integer LANGUAGE plpgsql"
        " AS $$BEGIN IF n = 2 THEN RAISE 'a secret of the owner'; END IF; RETURN n; END$$",
        "CREATE VIEW grumbling AS SELECT id, grumble(id) AS n FROM pairs",
        "CREATE FUNCTION deeper(n integer) RETURNS integer LANGUAGE plpgsql AS $$BEGIN RETURN deeper(n + 1) + 1; END$$",
        "CREATE VIEW bottomless AS SELECT id, deeper(id) AS n FROM pairs",
        "CREATE TABLE computed (id integer PRIMARY KEY, n integer, inverse integer GENERATED ALWAYS AS (1 / n) STORED)",
        "INSERT INTO computed (id, n) VALUES (1, 4)",
        "CREATE TABLE selfish (id integer PRIMARY KEY, n integer)", "INSERT INTO selfish VALUES (1, 0)",
        "CREATE FUNCTION selfish() RETURNS trigger LANGUAGE plpgsql AS $$DECLARE x integer; BEGIN"
        " IF NEW.n = 1 THEN PERFORM nothing_like_it(); END IF;"
        " IF NEW.n = 2 THEN EXECUTE 'INSERT INTO nowhere VALUES (1)'; END IF;"
        " IF NEW.n = 3 THEN SELECT 1 INTO STRICT x WHERE false; END IF;"
        " IF NEW.n = 4 THEN NEW.n = (SELECT 1 UNION SELECT 2); END IF;"
        " IF NEW.n = 5 THEN ASSERT false, 'never'; END IF;"
        " IF NEW.n = 6 THEN NEW.n = deeper(1); END IF;"
        " IF NEW.n = 11 THEN RAISE 'n must not be 11' USING ERRCODE = '08006'; END IF;"
        " IF NEW.n = 12 THEN RAISE 'n must not be 12' USING ERRCODE = '53100'; END IF;"
        " IF NEW.n = 13 THEN RAISE 'n must not be 13' USING ERRCODE = '57P01'; END IF;"
        " IF NEW.n = 14 THEN RAISE 'n must not be 14' USING ERRCODE = '42P01'; END IF;"
        " IF NEW.n = 15 THEN RAISE 'n must not be 15' USING ERRCODE = '57014'; END IF;"
        " RETURN NEW; END$$",
        "CREATE TRIGGER selfish BEFORE INSERT ON selfish FOR EACH ROW EXECUTE FUNCTION selfish()",
        "CREATE TABLE huge (id integer PRIMARY KEY, a text, b text, c text, d text, e text, f text, g text, h text, i text)",
        *(f"ALTER TABLE huge ALTER {column} SET STORAGE PLAIN" for column in "abcdefghi"),
        tables="less,divided,grumbling,bottomless,computed,selfish,huge", MYREST_LOG_LEVEL="info",
    )  # fmt: skip


@pytest.mark.parametrize(
    "view, state", [("less", "22003"), ("divided", "22012"), ("grumbling", "a secret of the owner"), ("bottomless", "54001")]
)
@pytest.mark.parametrize("query", ["", "?id=gt.0", "?order=id.desc&id=in.(1,2)"])
def test_a_view_that_cannot_compute_a_row(computing, view, state, query):
    """No client has sent that value: a 5xx, which does not say what the view's function says."""
    response = computing.get(f"/{view}{query}")
    if state == "a secret of the owner":  # what is raised has no state in the log's words
        assert "secret" not in str(refused(response, 500, "P0001"))
    else:
        failed(computing, response, 500, state, state, "statement-failed")
    if view != "bottomless":
        assert len(shown(computing.get(f"/{view}?id=eq.{2 if view == 'less' else 1}&select=id"))) == 1


def test_a_value_of_the_query_s_is_still_the_client_s(computing):
    error_of(computing.get("/computed?n=eq.x"), 400, "22P02")
    error_of(computing.get(f"/computed?n=eq.{10**30}"), 400, "22003")
    error_of(computing.get("/huge?a=match.(a"), 400, "2201B")


def test_a_text_that_an_extension_s_type_cannot_read(serve):
    """Its reader chooses the state: an internal error's, as hstore's does."""
    made = serve("CREATE EXTENSION IF NOT EXISTS hstore", "CREATE TABLE t (id integer PRIMARY KEY, h hstore)", "INSERT INTO t VALUES (1, 'a=>1')")
    for query in ("h=eq.x", "h=cs.x", "h=in.(a=>1,x)", "not.and=(h.eq.x)"):
        assert "'h'" in error_of(made.get(f"/t?{query}"), 400, "22P02")["message"]
    for method, target, body in (("POST", "/t", [{"id": 2, "h": "a=>2"}, {"id": 3, "h": "x"}]), ("PATCH", "/t?id=eq.1", {"h": "x"})):
        assert "'h'" in error_of(send(made.web, method, target, body), 400, "22P02")["message"]
    assert made.json("/t?h=cs.a%3D%3E1") == [{"id": 1, "h": '"a"=>"1"'}]


@pytest.mark.parametrize("select, code", [("v::json", "22P02"), ("v::date", "22P02"), ("id,v::float8", "22003")])
def test_a_cast_that_cannot_be_made_is_the_client_s(serve, select, code):
    value = {"v::json": "sad", "v::date": "2024-02-31"}.get(select, "1e999")
    made = serve("CREATE TABLE t (id integer PRIMARY KEY, v text)", f"INSERT INTO t VALUES (1, '{value}')")
    error_of(made.get(f"/t?select={select}"), 400, code)
    assert made.json("/t?select=id") == [{"id": 1}]


@pytest.mark.parametrize("method, target", [("POST", "/computed"), ("PATCH", "/computed?id=eq.1"), ("PUT", "/computed?id=eq.1")])
def test_a_column_that_cannot_be_computed(computing, method, target):
    refused(send(computing.web, method, target, {"id": 1 if method == "PUT" else 5, "n": 0}), 422, "22012")
    assert list(computing.sql("SELECT id, n FROM computed")) == [(1, 4)]
    error = refused(send(computing.web, "POST", "/computed", [{"id": 5, "n": 1}, {"id": 6, "n": 0}]), 422, "22012")
    assert "row 2" in error["details"]


@pytest.mark.parametrize("n, state", [(1, "42883"), (2, "42P01"), (3, "P0002"), (4, "21000"), (5, "P0004"), (6, "54001")])
def test_a_trigger_that_cannot_do_what_it_is_to_do(computing, n, state):
    failed(computing, send(computing.web, "POST", "/selfish", {"id": 5, "n": n}), 500, state, state, "write-failed")
    assert list(computing.sql("SELECT id FROM selfish")) == [(1,)]


@pytest.mark.parametrize("n, state", [(11, "08006"), (12, "53100"), (13, "57P01"), (14, "42P01"), (15, "57014")])
@pytest.mark.parametrize("prefer", [None, REPRESENTATION])
def test_what_a_trigger_raises_goes_before_its_state(computing, n, state, prefer):
    """Its author may give it a state that says of the server that it is gone, or full."""
    error = refused(send(computing.web, "POST", "/selfish", {"id": 5, "n": n}, prefer=prefer), 400, state)
    assert error["message"] == f"n must not be {n}"
    assert list(computing.sql("SELECT id FROM selfish")) == [(1,)]


def test_a_row_that_is_larger_than_a_table_can_have_it(computing):
    body = {"id": 1, **{column: "x" * 1000 for column in "abcdefghi"}}
    refused(send(computing.web, "POST", "/huge", body), 422, "54000")
    assert list(computing.sql("SELECT count(*) FROM huge")) == [(0,)]


def test_a_put_gives_no_row_another_spelling_of_its_key(serve):
    """Where the collation calls them equal; a character(n) is filled up with spaces."""
    tags = serve(
        "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
        "CREATE TABLE tags (tag text COLLATE loose PRIMARY KEY, n integer)", "INSERT INTO tags VALUES ('bar', 1)",
        "CREATE TABLE fixed (tag character(5) PRIMARY KEY, n integer)", "INSERT INTO fixed VALUES ('bar', 1)", tables="tags,fixed",
    )  # fmt: skip
    assert tags.json("/tags?tag=eq.BAR") == [{"tag": "bar", "n": 1}]
    error_of(send(tags.web, "PUT", "/tags?tag=eq.BAR", {"tag": "BAR", "n": 2}), 409, "23505")
    done(send(tags.web, "PUT", "/tags?tag=eq.bar", {"tag": "bar", "n": 3}), 204)
    done(send(tags.web, "PUT", "/fixed?tag=eq.bar", {"tag": "bar", "n": 3}), 204)
    assert list(tags.sql("SELECT * FROM tags")) == [("bar", 3)]


def test_a_key_that_is_longer_than_a_header(serve):
    """PostgreSQL packs what repeats itself, so that an index takes it: the row is written, and has no Location."""
    long = serve("CREATE TABLE long (k text PRIMARY KEY, v integer)", tables="long")
    for length, told in ((4000, True), (12000, True), (12500, False), (60000, False)):
        for prefer in ("return=headers-only", REPRESENTATION):
            key = f"{prefer[7]}{'a' * (length - 1)}"
            response = send(long.web, "POST", "/long", {"k": key}, prefer=prefer)
            assert response.status == 201 and ("location" in response.headers) == told, (length, prefer)
            assert not told or response.headers["location"] == f"/long?k=eq.{key}"
    assert list(long.sql("SELECT count(*) FROM long")) == [(8,)]
    key = "é" * 3000
    assert "location" not in send(long.web, "POST", "/long", {"k": key}, prefer="return=headers-only").headers


FAULTS = [
    ({"code": "zq9"}, 409, "23505", ("code",)),
    ({"code": "ZQ9"}, 409, "23505", ()),
    ({"a": 71, "b": 72}, 409, "23505", ("a", "b")),
    ({"id": 1}, 409, "23505", ("id",)),
    ({"parent": 99}, 409, "23503", ("parent",)),
    ({"must": None}, 422, "23502", ("must",)),
    ({"positive": 0}, 422, "23514", ()),
    ({"a": 13, "b": 13}, 422, "23514", ("two_columns",)),
    ({"short": "abcd"}, 422, "22001", ("short",)),
    ({"a": 2147483648}, 422, "22003", ("a",)),
    ({"a": "x"}, 400, "22P02", ("a",)),
    ({"span": "[2,3)"}, 409, ("23P01", "23505"), ()),
]


@pytest.mark.parametrize("body, status, code, names", FAULTS, ids=[json.dumps(fault[0]) for fault in FAULTS])
@pytest.mark.parametrize("how", ["POST", "representation", "rows", "merge"])
def test_what_the_database_refuses(unchanged, how, body, status, code, names):
    if how == "rows":
        good = [{**{name: None for name in body if name not in ("must", "id")}, **({"must": 0} if "must" in body else {})} for _ in range(20)]
        if "id" in body:
            good = [{"id": 1000 + number} for number in range(20)]
        good[6] = body
        response = send(unchanged.web, "POST", "/strict", good)
    elif how == "merge":
        if "id" in body:
            return
        response = send(unchanged.web, "POST", "/strict", {"id": 500, **body}, prefer="resolution=merge-duplicates")
    else:
        response = send(unchanged.web, "POST", "/strict", body, prefer=REPRESENTATION if how == "representation" else None)
    error = refused(response, status, code, *names)
    assert "zq9" not in json.dumps(error).replace("Key (code)=(zq9)", ""), "another row's data"
    if code == "23505" and names:
        wanted = f"Key ({', '.join(names)})=({', '.join(str(body[name]) for name in names)}) already exists."
        assert error["details"] == wanted + (" (row 7 of the body)" if how == "rows" else "")
    if how == "rows":
        assert re.search(r"\brow 7\b", f"{error['message']} {error['details']}"), f"row 7 is not named: {error}"


def test_a_parent_that_has_children(unchanged):
    refused(send(unchanged.web, "DELETE", "/parents/1"), 409, "23503")
    refused(send(unchanged.web, "PATCH", "/parents/1", {"id": 50}), 409, "23503")


def test_a_constraint_that_is_looked_at_by_the_commit(unchanged):
    """The client is not told 201 before the database has said so."""
    refused(send(unchanged.web, "POST", "/late", {"id": 1, "parent": 77}), 409, "23503")
    refused(send(unchanged.web, "POST", "/late", {"id": 1, "parent": 77}, prefer=REPRESENTATION), 409, "23503")
    done(send(unchanged.web, "POST", "/late", {"id": 1, "parent": 1}), 201)
    done(send(unchanged.web, "DELETE", "/late/1"), 204)


def test_what_a_trigger_raises(unchanged):
    for kind in ("plain", "own"):
        error = refused(send(unchanged.web, "POST", "/strict", {"kind": kind}), 400, ("P0001", "UE001"))
        assert error["message"]
    until(lambda: "is not for clients" in unchanged.pool.text(), 3, why="its words are not in the log")


def test_a_statement_that_takes_too_long_is_504(unchanged):
    began = time.monotonic()
    error_of(send(unchanged.web, "POST", "/strict", {"kind": "slow"}, timeout=30), 504, "57014")
    assert time.monotonic() - began < 6 * servers.FACTOR
    until(lambda: not unchanged.sql("SELECT 1 FROM pg_stat_activity WHERE usename = 'rest' AND wait_event = 'PgSleep'"), 5, why="it runs on in the server")
    assert unchanged.get("/parents").status == 200


@pytest.mark.parametrize("right, method, target, body", [
    ("SELECT", "GET", "/closed", None), ("INSERT", "POST", "/closed", {"id": 2}), ("UPDATE", "PATCH", "/closed/1", {"v": "z"}), ("DELETE", "DELETE", "/closed/1", None),
])  # fmt: skip
def test_a_right_that_is_gone_is_403(unchanged, right, method, target, body):
    unchanged.sql(f"REVOKE {right} ON closed FROM rest")
    try:
        refused(send(unchanged.web, method, target, body), 403, "42501")
    finally:
        unchanged.sql(f"GRANT {right} ON closed TO rest")
    assert unchanged.get("/closed").status == 200


def test_rows_that_a_policy_hides(serve):
    made = serve(
        "CREATE TABLE t (id integer PRIMARY KEY, owner text)", "INSERT INTO t VALUES (1, 'rest'), (2, 'other')", "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY own ON t USING (owner = current_user)",
    )  # fmt: skip
    assert made.json("/t") == [{"id": 1, "owner": "rest"}]
    assert made.get("/t/2").status == 404
    refused(send(made.web, "POST", "/t", {"id": 3, "owner": "other"}), 403, "42501")
    done(send(made.web, "POST", "/t", {"id": 3, "owner": "rest"}), 201)


class Holder:
    """Another client, in a transaction."""

    def __init__(self, schema):
        self.connection = schema.connect()
        self.connection.begin()

    def sql(self, statement):
        with self.connection.cursor() as cursor:
            cursor.plainly(statement)
            return cursor.fetchall()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()


def in_background(function, *arguments, **how):
    answer = []
    thread = threading.Thread(target=lambda: answer.append(function(*arguments, **how)))
    thread.start()
    return SimpleNamespace(thread=thread, answer=answer)


def test_a_lock_that_is_never_freed_is_503(unchanged):
    with Holder(unchanged.schema) as other:
        other.sql("SELECT * FROM locks WHERE id = 1 FOR UPDATE")
        refused(send(unchanged.web, "PATCH", "/locks/1", {"n": 1}, timeout=30), 503, "40001")


def test_deadlocks_end_well(serve):
    """With the time that statements have by default: who waits for two seconds in a row is no fault."""
    locks = serve(
        "CREATE TABLE locks (id integer PRIMARY KEY, n integer)", "INSERT INTO locks SELECT n, 0 FROM generate_series(1, 20) AS n",
        tables="locks", grant=WRITE,
    )  # fmt: skip
    answers, stop = [], time.monotonic() + 3

    def client(number):
        turn = 0
        while time.monotonic() < stop:
            turn += 1
            order = "id" if (number + turn) % 2 else "id.desc"
            response = send(locks.web, "PATCH", f"/locks?id=gt.0&order={order}&limit=20", {"n": number * 10000 + turn}, timeout=60)
            answers.append((response.status, number * 10000 + turn, response))

    threads = [threading.Thread(target=client, args=(number,)) for number in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    odd = [response for status, _, response in answers if status not in (204, 503)]
    assert not odd, odd[0]
    values = {row[0] for row in locks.sql("SELECT n FROM locks")}
    assert len(values) == 1 and values <= {n for status, n, _ in answers if status == 204}


def test_a_database_that_is_read_only_is_503_and_reads_go_on(unchanged):
    database = unchanged.schema.database
    database.configure("default_transaction_read_only", "on")
    try:
        for method, target, body in (("POST", "/parents", {"id": 5}), ("PATCH", "/locks/1", {"n": 1}), ("PUT", "/locks/1", {"n": 1}), ("DELETE", "/locks/1", None)):
            response = send(unchanged.web, method, target, body)
            refused(response, 503, "25006")
            assert "retry-after" in response.headers
            assert unchanged.get("/locks/1").status == 200
    finally:
        database.configure("default_transaction_read_only", "off")
    done(send(unchanged.web, "PATCH", "/locks/1", {"n": 0}), 204)


def test_an_error_is_logged_with_the_server_s_code(unchanged):
    before = len(unchanged.pool.log())
    refused(send(unchanged.web, "POST", "/strict", {"code": "zq9"}), 409, "23505")
    until(lambda: any("23505" in json.dumps(entry) for entry in unchanged.pool.log()[before:]), 3, why="the log does not say the server's code")


# --- a real standby


@pytest.fixture(scope="module")
def pair(lab):
    """A primary, and a standby that follows it."""
    from postgresql_server import Database

    primary = Database(lab, wal_level="replica", max_wal_senders="4", hot_standby="on")
    standby = None
    try:
        primary.shop = primary.schema(*servers.USERS, grant="SELECT, INSERT, UPDATE, DELETE")
        standby = primary.standby(lab)
        yield SimpleNamespace(primary=primary, standby=standby, name=primary.shop.name)
    finally:
        if standby is not None:
            standby.kill()
        primary.kill()


def caught_up(pair):
    [(at,)] = pair.primary.sql("SELECT pg_current_wal_lsn()")
    until(lambda: pair.standby.sql(f"SELECT pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '{at}') >= 0") == ((True,),), 10, why="the standby does not follow")


def url(pair, *which, more=""):
    places = ",".join(f"127.0.0.1:{database.port}" for database in which)
    return f"postgresql://rest:{quote(SECRET, safe='')}@{places}/{pair.name}{more}"


def test_a_standby_is_read(pair, start_pool):
    caught_up(pair)
    pool = start_pool(url(pair, pair.standby), MYREST_WRITABLE="users")
    assert json.loads(pool.ask("/users?order=id").body) == [servers.ADMIN, servers.GUEST]
    assert pool.ask("/users?limit=1", headers={"Prefer": "count=exact"}).headers["content-range"] == "0-0/2"
    answer = pool.ask("/users", "POST", body=b'{"username":"x","email":"x"}')
    refused(SimpleNamespace(status=answer.status, headers=answer.headers, body=answer.body, cut=False), 503, "25006")


def test_for_writing_the_primary_is_found(pair, start_pool):
    caught_up(pair)
    pool = start_pool(url(pair, pair.standby, pair.primary, more="?target_session_attrs=read-write"), MYREST_WRITABLE="users", workers=2)
    assert {entry["host"] for entry in pool.log("database-open")} == {f"127.0.0.1:{pair.primary.port}"}
    assert pool.ask("/users", "POST", body=b'{"username":"new","email":"new"}').status == 201
    assert pool.ask("/users?username=eq.new", "DELETE").status == 204


def test_a_standby_that_is_promoted_takes_the_writes(pair, start_pool):
    caught_up(pair)
    pool = start_pool(url(pair, pair.primary, pair.standby, more="?target_session_attrs=read-write"), MYREST_WRITABLE="users", workers=2)
    pair.primary.kill()
    subprocess.run([pair.standby.binaries / "pg_ctl", "-D", pair.standby.data, "promote", "-w"], check=True, capture_output=True, cwd="/",
                   env={"PATH": "/usr/bin:/bin"}, **servers.identity())  # fmt: skip
    until(lambda: pool.ask("/users", "POST", body=b'{"username":"after","email":"after"}').status == 201, 15, why="nobody takes writes")
    assert {place["username"] for place in json.loads(pool.ask("/users").body)} == {"admin", "guest", "after"}


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


def test_a_search_without_a_language_speaks_that_of_the_index(serve):
    made = serve(
        "CREATE TABLE words (id integer PRIMARY KEY, plain text, english varchar(80), none text)",
        "INSERT INTO words SELECT n, 'the cats ' || n, 'the cats ' || n, 'the cats ' || n FROM generate_series(1, 3) AS n",
        "CREATE INDEX ON words USING gin (to_tsvector('simple', plain))", "CREATE INDEX ON words USING gin (to_tsvector('english', english))",
        tables="words",
    )
    for query, count in (
        ("plain=plfts.cat", 0), ("plain=plfts.the cats", 3), ("english=plfts.cat", 3), ("plain=plfts(english).cat", 3),
        ("english=plfts(simple).cat", 0), ("none=plfts(english).cat", 3), ("none=plfts(simple).cat", 0),
    ):
        assert len(made.json(f"/words?{query.replace(' ', '%20')}")) == count, query
    error_of(made.get("/words?plain=plfts(klingon).cat"), 400)


# --- snapshots


ROWS = ("CREATE TABLE t (id int PRIMARY KEY, n int, other int)", "INSERT INTO t SELECT g, g, g FROM generate_series(1, 10) g",
        "CREATE VIEW v AS SELECT id, n FROM t", "CREATE MATERIALIZED VIEW m AS SELECT id, n FROM t")  # fmt: skip


def counted_beside_a_rewrite(made, target):
    """What is answered to a read with a count that waits for an ALTER TABLE, once that is committed."""
    answers = []
    with made.schema.connect() as connection, connection.cursor() as cursor:
        cursor.plainly("BEGIN")
        cursor.plainly("ALTER TABLE t ALTER other TYPE bigint")  # which writes the table anew
        reader = threading.Thread(target=lambda: answers.append(made.get(target, headers={"Prefer": "count=exact"})))
        reader.start()
        until(lambda: made.sql("SELECT count(*) FROM pg_locks WHERE NOT granted")[0][0] > 0, why="the read does not wait")
        cursor.plainly("COMMIT")
    reader.join()
    return answers[0]


@pytest.mark.parametrize("target", ["/t?order=id", "/v?order=id"])
def test_a_count_beside_a_table_that_is_rewritten(serve, target):
    """A snapshot from before the rewrite's end would show a table without rows."""
    response = counted_beside_a_rewrite(serve(*ROWS, tables="t,v", writable="t"), target)
    assert [row["id"] for row in shown(response)] == list(range(1, 11))
    assert response.headers["content-range"] == "0-9/10"


def test_the_rewrite_s_test_finds_a_snapshot_that_is_too_old(serve):
    response = counted_beside_a_rewrite(serve(*ROWS, tables="t", faulty=True), "/t?order=id")
    assert shown(response) == [] and response.headers["content-range"] == "*/0"


def test_a_count_of_what_cannot_be_locked(serve):
    """A materialized view; a table of which the account may read columns alone; a view whose owner may."""
    made = serve(
        *ROWS,
        "CREATE TABLE c (id int PRIMARY KEY, secret int)",
        "INSERT INTO c SELECT g, g FROM generate_series(1, 10) g",
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'half') THEN CREATE ROLE half; END IF; END $$",
        "GRANT USAGE ON SCHEMA public TO half",
        "GRANT SELECT (id) ON t TO half",
        "CREATE VIEW w AS SELECT id FROM t",
        "ALTER VIEW w OWNER TO half",
        "GRANT SELECT ON m, v, w, t TO rest",
        tables="m,v,w,c(id)",
        grant="REVOKE ALL ON c FROM rest; GRANT SELECT (id) ON c TO rest",
        writable="",
    )
    for name in ("m", "w", "c", "v"):
        for _ in range(2):
            response = made.get(f"/{name}?select=id&order=id&limit=3", headers={"Prefer": "count=exact"})
            assert shown(response, 206) == [{"id": 1}, {"id": 2}, {"id": 3}], name
            assert response.headers["content-range"] == "0-2/10", name


def test_a_lock_that_is_refused_is_asked_for_once(serve, database):
    """Until the tables are described anew: each refusal costs a statement and a line in the server's log."""
    made = serve(
        *ROWS,
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'half') THEN CREATE ROLE half; END IF; END $$",
        "GRANT USAGE ON SCHEMA public TO half",
        "GRANT SELECT (id) ON t TO half",
        "CREATE VIEW w AS SELECT id FROM t",
        "ALTER VIEW w OWNER TO half",
        tables="t,w",
        workers=1,
        writable="t",
    )
    def statements_of_count(table):
        database.log_begins()
        response = made.get(f"/{table}?order=id&limit=3", headers={"Prefer": "count=exact"})
        assert response.headers["content-range"] == "0-2/10", response
        until(lambda: [each for _, each in database.statements(database.logged)][-1:] == ["COMMIT"])
        return [each for _, each in database.statements(database.logged)]

    first, second, third = (statements_of_count("w") for _ in range(3))
    assert sum("LOCK TABLE" in each for each in first) == 1 and first[1].startswith("ROLLBACK;"), first
    assert len(second) == len(first) - 1 and second == third, (first, second)
    assert not any("LOCK TABLE" in each or "ROLLBACK" in each for each in second), second
    for _ in range(2):  # what can be locked still is
        assert any("LOCK TABLE" in each for each in statements_of_count("t"))
    made.sql("ALTER VIEW w OWNER TO postgres")
    old = set(made.pool.workers())
    made.pool.signal(signal.SIGHUP)
    until(lambda: len(made.pool.workers()) == 1 and not old & set(made.pool.workers()))
    assert any("LOCK TABLE" in each for each in statements_of_count("w"))


# --- rights


def test_a_hint_names_the_right_that_is_missing(serve):
    """The server names none; those to write are there on t and k, those to read on r."""
    made = serve(
        "CREATE TABLE t (id int PRIMARY KEY, name text, pw text)", "INSERT INTO t VALUES (1, 'a', 'x')",
        "CREATE TABLE r (id int PRIMARY KEY, name text, pw text)", "INSERT INTO r VALUES (1, 'a', 'x')",
        "CREATE TABLE k (name text, pw text)", "INSERT INTO k VALUES ('a', 'x')",
        "REVOKE ALL ON t, r, k FROM rest", "GRANT SELECT ON r TO rest", "GRANT SELECT (name), UPDATE ON k TO rest",
        tables="t,r,k", grant="GRANT SELECT (name), INSERT, UPDATE, DELETE ON t TO rest",
    )  # fmt: skip

    def hint(method, target, body=None, **options):
        return error_of(send(made.web, method, target, body, **options), 403, "42501")["hint"]

    row, merge = {"id": 1, "name": "b"}, "resolution=merge-duplicates"
    for body, prefer in ((row, merge), (row, "resolution=ignore-duplicates"), ({**row, "pw": "y"}, merge)):  # known before
        error = error_of(send(made.web, "POST", "/t", body, prefer=prefer), 403, "42501")
        assert error["message"] == "column 'id' can be written, but not read, which this upsert needs"
    for method, body in (("PATCH", {"pw": "y"}), ("DELETE", None)):
        assert hint(method, "/t?name=eq.a&limit=1&order=name", body) == "on table 't' the account has no SELECT (id)"
    done(send(made.web, "PATCH", "/t?name=eq.a", {"pw": "z"}), 204)
    assert hint("PATCH", "/k?name=eq.a&limit=1&order=name", {"pw": "y"}) == "on table 'k' the account has no SELECT (pw)"
    assert hint("POST", "/r", row) == "on table 'r' the account has no INSERT"
    assert hint("POST", "/r", row, prefer=merge) == "on table 'r' the account has no INSERT, or no UPDATE"
    assert hint("PATCH", "/r?id=eq.1", {"name": "b"}) == "on table 'r' the account has no UPDATE"
    assert hint("DELETE", "/r?id=eq.1") == "on table 'r' the account has no DELETE"
    made.sql("GRANT DELETE ON r TO rest")
    assert hint("DELETE", "/r?id=gt.0&limit=1&order=id") == "on table 'r' the account has no DELETE, or no UPDATE, which a limit needs"
    assert hint("DELETE", "/r?id=eq.1", prefer=REPRESENTATION) == "on table 'r' the account has no UPDATE, which locks the rows"
    done(send(made.web, "DELETE", "/r?id=eq.1"), 204)


# --- keys over expressions


def test_a_duplicate_of_a_key_over_an_expression_names_none_of_its_columns(serve):
    """What is left of it would be another key, which nothing breaks."""
    made = serve(
        "CREATE TABLE t (id int PRIMARY KEY, a text, b int)",
        "CREATE UNIQUE INDEX ta ON t (lower(a))",
        "CREATE UNIQUE INDEX tb ON t (b, (id % 10))",
        "INSERT INTO t VALUES (1, 'q', 1)",
    )
    for row in ({"id": 8, "a": "Q", "b": 2}, {"id": 11, "a": "x", "b": 1}):
        for prefer in ("return=minimal", "resolution=merge-duplicates", "resolution=ignore-duplicates"):
            error = refused(send(made.web, "POST", "/t", row, prefer=prefer), 409, "23505")
            assert (error["message"], error["details"]) == ("another row has this key already", None)
    for names in ("a", "b", "b,id"):
        row = {"id": 8, "a": "Q", "b": 1}
        response = send(made.web, "POST", f"/t?on_conflict={names}", row, prefer="resolution=merge-duplicates")
        refused(response, 400, "42P10")
    assert made.sql("SELECT * FROM t") == ((1, "q", 1),)


# --- errors of every kind

# A value of each type that PostgreSQL has for columns. Of those that are not here it is a text that no type can read.
SAMPLES = {
    "xml": "<a/>", "point": "(1,2)", "box": "(2,2),(1,1)", "line": "{1,2,3}", "lseg": "[(1,2),(3,4)]", "path": "((1,2),(3,4))",
    "polygon": "((1,2),(3,4))", "circle": "<(1,2),3>", "json": "[1]", "jsonb": "[1]", "jsonpath": "$.a", "tsvector": "'a':1", "tsquery": "'a'",
    "xid": "1", "xid8": "1", "cid": "1", "tid": "(0,1)", "oid": "1", "aclitem": "rest=r/postgres", "pg_lsn": "0/1", "regclass": "pg_class",
    "txid_snapshot": "1:1:", "pg_snapshot": "1:1:", "refcursor": "c", "int2vector": "1 2", "oidvector": "1 2", "time with time zone": "01:02:03+00",
    "regtype": "integer", "regproc": "now", "regnamespace": "pg_catalog", "regrole": "rest", "regconfig": "english", "regdictionary": "simple",
    "regoperator": "+(integer,integer)", "regprocedure": "now()", "regoper": "pg_catalog.||/", "regcollation": "pg_catalog.default",
    "\"char\"": "a", "macaddr8": "08:00:2b:01:02:03:04:05", "point[]": "{\"(1,2)\"}", "xml[]": "{<a/>}", "pair": "(1,2)", "place": "(1,\"(1,2)\")",
    "mood5": "sad", "int4range": "[1,2)", "daterange": "[2024-01-01,2024-01-02)", "interval": "1 day", "money": "1.00", "inet": "10.0.0.1", "bit(3)": "101",
}  # fmt: skip
WORDS = ("eq", "neq", "gt", "lte", "in", "isdistinct", "like", "imatch", "fts", "cs", "cd", "ov", "sl", "adj", "eq(any)")
CASTS = ("text", "int", "numeric", "float8", "bool", "date", "time", "timestamp", "timestamptz", "json")


@pytest.fixture(scope="module")
def kinds(serve):
    names = {name: f"c{number}" for number, name in enumerate(SAMPLES)}
    columns = ", ".join(f"{column} {name}" for name, column in names.items())
    values = ", ".join("'" + value.replace("'", "''") + "'" for value in SAMPLES.values())
    made = serve(
        "CREATE TYPE pair AS (a integer, b integer)", "CREATE TYPE place AS (a integer, b point)", "CREATE TYPE mood5 AS ENUM ('sad')",
        f"CREATE TABLE t (id integer PRIMARY KEY, {columns})", f"INSERT INTO t VALUES (1, {values})", "INSERT INTO t (id) VALUES (2), (3)",
        MYREST_ALLOW_ROLLBACK="on",
    )  # fmt: skip
    made.names = names
    return made


def told(response, column):
    """An answer, or a refusal that names the column."""
    if response.status == 200:
        return True
    error = error_of(response, 400)
    assert "something went wrong" not in error["message"] and error["code"] != "PGRST100", error
    if error["code"] not in ("42601", "2201B"):  # these are about the client's own words
        assert f"'{column}'" in error["message"], error
    return False


@pytest.mark.parametrize("name", SAMPLES)
def test_what_a_type_does_not_have_is_a_400_by_name(kinds, name):
    """Every operator, order and cast, with a value of the type and with one that is none."""
    column, runtime = kinds.names[name], name in ("point[]", "xml[]", "place")  # no place is told of what only the values lack
    runtime = runtime or kinds.sql("SHOW server_version_num")[0][0] < "140000"  # which gives no place where several operators would do
    for value in (SAMPLES[name], "a:b:c(", ""):
        for word in WORDS:
            given = f"({json.dumps(value)})" if word == "in" else "{" + json.dumps(value) + "}" if word == "eq(any)" else value
            response = kinds.get(f"/t?select=id&{column}={word}.{q(given)}")
            if word in ("eq", "in", "gt") and name in ("xml", "point", "polygon", "jsonpath"):
                error_of(response, 400, "42883" if value == SAMPLES[name] else None)
            if runtime and response.status == 400 and f"'{column}'" not in response.body.decode():
                error_of(response, 400, ("42883", "42601", "2201B"))
            else:
                told(response, column)
        for method, target in (("PATCH", f"/t?{column}=eq.{q(value)}"), ("DELETE", f"/t?id=eq.9&{column}=gt.{q(value)}")):
            response = send(kinds.web, method, target, {"id": 1} if method == "PATCH" else None, prefer="tx=rollback")
            if response.status not in (200, 204):
                assert f"'{column}'" in error_of(response, 400)["message"] or runtime
        response = send(kinds.web, "POST", "/t", {"id": 9, column: value}, prefer="tx=rollback")
        if response.status != 201:
            refused(response, response.status, response.json()["code"], column)
            assert response.status in (400, 422)
    told(kinds.get(f"/t?select=id&order={column}"), column)
    told(kinds.get(f"/t?select=x:id::text&order={column}.desc,id"), column)
    for cast in CASTS:
        response = kinds.get(f"/t?select={column}::{cast}")
        assert response.status in (200, 400), response
        assert "something went wrong" not in response.body.decode()
    assert kinds.json("/t?select=id&order=id") == [{"id": 1}, {"id": 2}, {"id": 3}]


def test_a_type_without_an_order_says_so(kinds):
    for name, words in (("xml", "cannot be ordered"), ("box", "cannot be ordered")):
        assert words in error_of(kinds.get(f"/t?order={kinds.names[name]}"), 400, "42883")["message"]
    assert "cannot be compared" in error_of(kinds.get(f"/t?{kinds.names['point']}=eq.(1,2)"), 400, "42883")["message"]
    assert kinds.json(f"/t?select=id&{kinds.names['box']}=eq.{q('(2,2),(1,1)')}") == [{"id": 1}], "a box is compared by its area"
    assert not [line for line in kinds.pool.text().splitlines() if "statement-failed" in line or "write-failed" in line]


def test_a_table_that_others_hold(serve):
    """A read is not told of what would have been written."""
    made = serve("CREATE TABLE t (id integer PRIMARY KEY)", MYREST_STATEMENT_TIMEOUT=5)
    with made.schema.connect() as connection, connection.cursor() as cursor:
        cursor.plainly("BEGIN")
        cursor.plainly("LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
        assert error_of(made.get("/t"), 503, "40001")["message"] == "others hold what is to be read"
        assert "written" in error_of(send(made.web, "POST", "/t", {"id": 1}), 503, "40001")["message"]
        cursor.plainly("ROLLBACK")
    assert made.json("/t") == []


def test_a_view_that_writes_is_not_counted(serve):
    """A snapshot is read-only: to come again later is no use."""
    made = serve("CREATE TABLE seen (n integer)", plpgsql("look()", "INSERT INTO seen VALUES (1); RETURN 1;", "integer"),
                 "CREATE VIEW looking AS SELECT 1 AS id, look() AS n", tables="looking")  # fmt: skip
    assert made.json("/looking") == [{"id": 1, "n": 1}]
    error = error_of(made.get("/looking", headers={"Prefer": "count=exact"}), 400, "0A000")
    assert "where reading them writes" in error["message"] and error["hint"] == "Prefer: count=planned"
    assert made.get("/looking", headers={"Prefer": "count=planned"}).status == 200
    assert list(made.sql("SELECT n FROM seen")) == [(1,), (1,)]


def plpgsql(name, body, returns="trigger"):
    return f"CREATE FUNCTION {name} RETURNS {returns} LANGUAGE plpgsql AS $$BEGIN {body} END$$"


def triggered(table, body, more="n integer"):
    """A table whose trigger does that with each row that is written."""
    return (
        f"CREATE TABLE {table} (id integer PRIMARY KEY, {more})", plpgsql(f"{table}_in()", f"{body}; RETURN NEW;"),
        f"CREATE TRIGGER t BEFORE INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_in()",
    )  # fmt: skip


# What a table's owner can have defined, and how a request that meets it is answered: its statements, status, code, words.
OWNERS = {
    "rules_in_a_circle": (("CREATE TABLE {} (id integer)", "CREATE RULE r AS ON INSERT TO {} DO ALSO INSERT INTO {} VALUES (NEW.id)"),
                          "POST", 500, "42P17", "a view, rule, trigger or function"),
    "triggers_without_end": (triggered("{}", "INSERT INTO {} VALUES (NEW.id + 1)"), "POST", 500, "54001", "nested too deep"),
    "a_trigger_that_divides": (triggered("{}", "NEW.n := 1 / (NEW.id - 1)"), "POST", 422, "22012", "divide by zero"),
    "a_trigger_of_wrong_names": (triggered("{}", "PERFORM nothing FROM nowhere"), "POST", 500, "42P01", "a view, rule, trigger or function"),
    "a_trigger_without_a_function": (triggered("{}", "PERFORM nothing(1)"), "POST", 500, "42883", "a view, rule, trigger or function"),
    "a_trigger_that_finds_nothing": (triggered("{}", "SELECT 1 INTO STRICT NEW.n WHERE FALSE"), "POST", 500, "P0002", "a view, rule, trigger or function"),
    "a_trigger_that_asserts": (triggered("{}", "ASSERT FALSE"), "POST", 500, "P0004", "a view, rule, trigger or function"),
    "a_trigger_without_a_case": (triggered("{}", "CASE NEW.id WHEN 99 THEN NULL; END CASE"), "POST", 500, "20000", "a view, rule, trigger or function"),
    "a_trigger_that_commits": (triggered("{}", "COMMIT"), "POST", 500, "2D000", "a view, rule, trigger or function"),
    "a_function_that_gives_nothing": (("CREATE TABLE {} (id integer, n integer DEFAULT {}_n())",), "POST", 500, "2F005", "a view, rule, trigger or function"),
    "a_view_that_divides": (("CREATE VIEW {} AS SELECT 1 / (n - 1) AS id FROM generate_series(1, 2) AS n",), "GET", 500, "22012", "what a view or the table computes"),
    "a_view_of_several_rows": (("CREATE VIEW {} AS SELECT (SELECT n FROM generate_series(1, 2) AS n) AS id",), "GET", 500, "21000", "a view, rule, trigger or function"),
    "a_view_that_raises": ((plpgsql("{}_n()", "RAISE EXCEPTION 'secret'; RETURN 1;", "integer"), "CREATE VIEW {} AS SELECT {}_n() AS id"),
                           "GET", 500, "P0001", "what a view or the table computes"),
    "a_view_that_calls_too_deep": ((plpgsql("{}_n()", "RETURN {}_n();", "integer"), "CREATE VIEW {} AS SELECT {}_n() AS id"), "GET", 500, "54001", "nested too deep"),
    "a_view_that_breaks_a_domain": (("CREATE DOMAIN {}_d AS integer CHECK (VALUE > 0)", "CREATE VIEW {} AS SELECT (n::text)::{}_d AS id FROM generate_series(0, 1) AS n"),
                                    "GET", 500, "23514", "what a view or the table computes"),
    "a_view_that_writes_a_row_twice": (("CREATE TABLE {}_t (n integer UNIQUE)", plpgsql("{}_n()", "INSERT INTO {}_t VALUES (1), (1) ON CONFLICT (n) DO UPDATE SET n = 1; RETURN 1;", "integer"),
                                        "CREATE VIEW {} AS SELECT {}_n() AS id"), "GET", 500, "21000", "what a view or the table computes"),
    "a_view_that_writes_by_no_key": (("CREATE TABLE {}_t (n integer)", plpgsql("{}_n()", "INSERT INTO {}_t VALUES (1) ON CONFLICT (n) DO NOTHING; RETURN 1;", "integer"),
                                      "CREATE VIEW {} AS SELECT {}_n() AS id"), "GET", 500, "42P10", "a view, rule, trigger or function"),
    "a_view_that_writes_what_is_computed": (("CREATE TABLE {}_t (n integer GENERATED ALWAYS AS (1) STORED)", plpgsql("{}_n()", "INSERT INTO {}_t VALUES (1); RETURN 1;", "integer"),
                                             "CREATE VIEW {} AS SELECT {}_n() AS id"), "GET", 500, "428C9", "a view, rule, trigger or function"),
    "a_view_that_is_not_filled": (("CREATE MATERIALIZED VIEW {} AS SELECT 1 AS id WITH NO DATA",), "GET", 500, "55000", "a view, rule, trigger or function"),
    "a_foreign_table_whose_server_is_gone": (("CREATE FOREIGN TABLE {} (id integer) SERVER gone",), "GET", 503, "08001", "another server"),
    "a_foreign_table_without_a_file": (("CREATE FOREIGN TABLE {} (id integer) SERVER files OPTIONS (filename '/nowhere/at/all')",), "GET", 500, "58P01", "read or write the files"),
}  # fmt: skip


@pytest.fixture(scope="module")
def owners(serve):
    fixed = [
        *(f"CREATE EXTENSION IF NOT EXISTS {name}" for name in ("postgres_fdw", "file_fdw")), "CREATE SERVER files FOREIGN DATA WRAPPER file_fdw",
        "CREATE SERVER gone FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '/nowhere', port '1')",
        "CREATE USER MAPPING FOR PUBLIC SERVER gone OPTIONS (user 'x', password 'x')", "GRANT USAGE ON FOREIGN SERVER gone TO rest",
        plpgsql("a_function_that_gives_nothing_n()", "IF FALSE THEN RETURN 1; END IF;", "integer"),
        *triggered("raises", "RAISE EXCEPTION 'own words' USING ERRCODE = NEW.state", "state text"),
        "CREATE TABLE fine (id integer PRIMARY KEY)", "INSERT INTO fine VALUES (1)",
    ]  # fmt: skip
    made = [statement.replace("{}", name) for name, (statements, *_) in OWNERS.items() for statement in statements]
    return serve(*fixed, *made, tables=",".join(["raises", "fine", *OWNERS]), WEB_CONCURRENCY=1)


@pytest.mark.parametrize("name", OWNERS)
def test_what_the_owner_of_a_table_has_defined_wrongly(owners, name):
    """The client gets the database's code and words; the log says all of it; the connection lives."""
    _, method, status, code, words = OWNERS[name]
    before = owners.sql("SELECT pid FROM pg_stat_activity WHERE usename = 'rest'")
    response = send(owners.web, method, f"/{name}", {"id": 1} if method == "POST" else None)
    error = error_of(response, status, code)
    assert words in error["message"] and "secret" not in response.body.decode(), error
    if status >= 500:
        until(lambda: f'"{code}: ' in owners.pool.text() or "secret" in owners.pool.text(), 3, why="the log does not have it")
    if method == "GET":
        error_of(send(owners.web, "GET", f"/{name}?id=eq.7", prefer="count=planned"), status, code)
    assert owners.json("/fine") == [{"id": 1}]
    assert owners.sql("SELECT pid FROM pg_stat_activity WHERE usename = 'rest'") == before


def test_a_foreign_table_whose_wrapper_cannot_be_had_spoils_nothing(serve):
    """Whether it can be written only its wrapper knows. Who names it for reading asks nobody."""
    made = serve(
        "CREATE TABLE fine (id integer PRIMARY KEY)", "CREATE FOREIGN DATA WRAPPER unhandled", "CREATE SERVER nowhere FOREIGN DATA WRAPPER unhandled",
        "CREATE FOREIGN TABLE broken (id integer) SERVER nowhere", "CREATE VIEW over AS SELECT id FROM broken",
        "CREATE FOREIGN TABLE only_read (id integer) SERVER nowhere", "CREATE VIEW view AS SELECT id, id + 1 AS more FROM fine",
        tables="fine,broken,over,only_read,view", writable="fine,broken,over,view", ready=False, WEB_CONCURRENCY=1,
    )  # fmt: skip
    until(lambda: made.get("/fine").status == 200, 10)
    for name in ("broken", "over"):
        for response in (made.get(f"/{name}"), send(made.web, "POST", f"/{name}", {"id": 1})):
            error_of(response, 503, "PGRST002")
        assert f"'{name}': 55000: foreign-data wrapper \"unhandled\" has no handler" in made.pool.text().replace('\\"', '"')
    error_of(made.get("/only_read"), made.get("/only_read").status, "55000")
    done(send(made.web, "POST", "/fine", {"id": 1}), 201)
    done(send(made.web, "POST", "/view", {"id": 2}), 201)
    error_of(send(made.web, "POST", "/view", {"id": 3, "more": 1}), 400)
    assert made.json("/view?order=id") == [{"id": 1, "more": 2}, {"id": 2, "more": 3}]
    made.sql("DROP FOREIGN TABLE broken CASCADE", "CREATE TABLE broken (id integer)", "CREATE VIEW over AS SELECT id FROM broken",
             "GRANT SELECT, INSERT ON broken, over TO rest")  # fmt: skip
    until(lambda: made.get("/over").status == 200, 10, why="it is not described anew")
    done(send(made.web, "POST", "/over", {"id": 1}), 201)


def test_a_table_that_is_called_as_the_new_rows_are(serve):
    made = serve("CREATE TABLE excluded (id integer PRIMARY KEY, t text, n integer)", "INSERT INTO excluded VALUES (1, 'a', 1)", tables="excluded")
    for prefer in ("return=representation", "return=minimal", "return=headers-only"):
        for there in (1, 2):
            made.sql("DELETE FROM excluded WHERE id > 1")
            response = send(made.web, "POST", "/excluded", {"id": there, "t": prefer}, prefer=f"resolution=merge-duplicates,{prefer}")
            assert response.status == 201, response
            assert list(made.sql(f"SELECT t, n FROM excluded WHERE id = {there}")) == [(prefer, 1 if there == 1 else None)]
    done(send(made.web, "POST", "/excluded", [{"id": 1, "n": 5}, {"id": 3, "n": 5}], prefer="resolution=ignore-duplicates"), 201)
    done(send(made.web, "PUT", "/excluded/1", {"t": "put", "n": 2}), 204)
    assert list(made.sql("SELECT t, n FROM excluded WHERE id = 1")) == [("put", 2)]


@pytest.mark.parametrize("key", ["doc", "id, doc"])
def test_a_key_that_is_json_names_no_row_in_an_address(serve, key):
    """JSON as a whole is compared by no filter."""
    made = serve(f"CREATE TABLE t (id integer, doc jsonb, v text, PRIMARY KEY ({key}))", 'INSERT INTO t VALUES (1, \'{"a": 1}\', \'x\')')
    response = send(made.web, "POST", "/t", {"id": 2, "doc": [1]}, prefer="return=headers-only")
    assert response.status == 201 and "location" not in response.headers
    for method in ("GET", "PUT", "DELETE"):
        error = error_of(send(made.web, method, "/t/" + quote('{"a": 1}', safe=""), {"id": 1, "v": "y"} if method == "PUT" else None), 404)
        assert error["details"] == ("the primary key of 't' is of type jsonb, which no filter compares as a whole" if key == "doc"
                                    else "'t' has no primary key of one column")  # fmt: skip
    # nor a PUT, which names its row by filters alone
    error = error_of(send(made.web, "PUT", "/t?doc=eq.5" + ("&id=eq.1" if key != "doc" else ""), {"id": 1, "doc": 5}), 405)
    assert "without JSON in it" in error["hint"]
    assert made.get("/t", method="OPTIONS").headers["allow"] == "OPTIONS, GET, HEAD, POST, PATCH, DELETE"
    document = made.get("/").json()
    assert "/t/{" not in json.dumps(document) and set(document["paths"]["/t"]) & {"post", "put", "patch", "delete"} == {"post", "patch", "delete"}
    done(send(made.web, "POST", "/t", {"id": 1, "doc": {"a": 1}, "v": "y"}, prefer="resolution=merge-duplicates"), 201)
    assert made.json("/t?order=id&select=id,v") == [{"id": 1, "v": "y"}, {"id": 2, "v": None}]
    page = made.get("/t?limit=1&order=id")
    assert page.status in (200, 206) and len(page.json()) == 1


# One state of each class of the manual's, and what is made of it when a trigger raises it.
RAISED = {
    "01000": 400, "02000": 400, "03000": 400, "08006": 400, "09000": 400, "0A000": 400, "0B000": 400, "0F000": 400, "0L000": 400,
    "0P000": 400, "0Z002": 400, "20000": 400, "21000": 400, "22012": 400, "22023": 400, "23505": 409, "23503": 409, "23514": 422, "24000": 400, "25006": 400,
    "26000": 400, "27000": 400, "28P01": 400, "2B000": 400, "2D000": 400, "2F000": 400, "34000": 400, "38000": 400, "39000": 400, "3B000": 400,
    "3D000": 400, "3F000": 400, "40001": 503, "42P17": 400, "42501": 403, "44000": 422, "53100": 400, "54001": 400, "55000": 400, "55P03": 503,
    "57P01": 400, "57014": 400, "58030": 400, "F0000": 400, "HV00N": 400, "P0001": 400, "P0002": 400, "XX001": 400, "UE001": 400,
}  # fmt: skip


def test_what_a_trigger_raises_by_any_state(owners):
    before = owners.sql("SELECT pid FROM pg_stat_activity WHERE usename = 'rest'")
    for state, status in RAISED.items():
        error = refused(send(owners.web, "POST", "/raises", {"id": 1, "state": state}), status)
        if status == 400:
            assert (error["code"], error["message"]) == (state, "own words")
    assert owners.sql("SELECT pid FROM pg_stat_activity WHERE usename = 'rest'") == before


def test_what_a_collation_cannot_do(serve):
    made = serve(
        "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
        "CREATE TABLE t (id integer PRIMARY KEY, v text COLLATE loose)", "INSERT INTO t VALUES (1, 'Abc')",
    )  # fmt: skip
    assert made.json("/t?v=eq.abc&select=id") == [{"id": 1}]
    for word in ("like.a*", "ilike.a*", "match.a", "imatch.a"):
        response = made.get(f"/t?v={word}&select=id")
        if response.status != 200:  # what is not supported yet may be some day
            assert "does not support this" in error_of(response, 400, "0A000")["message"]


def test_a_statement_that_needs_more_than_the_server_gives_is_503(serve, database):
    limits = "ALTER ROLE rest SET work_mem = '64kB'", "ALTER ROLE rest SET temp_file_limit = '3MB'"
    table = "CREATE TABLE t (id integer, v text)", "INSERT INTO t SELECT n, repeat(md5(n::text), 40) FROM generate_series(1, 5000) AS n"
    try:
        made = serve(*limits, *table, MYREST_MAX_ROWS=10000)
        assert "used up what the database grants" in error_of(made.get("/t?order=v"), 503, "53400")["message"]
        assert made.json("/t?id=eq.7&select=id") == [{"id": 7}]
    finally:
        plainly(database.schema(), "ALTER ROLE rest RESET work_mem", "ALTER ROLE rest RESET temp_file_limit")


def test_a_column_of_another_type_than_it_was(serve):
    """What the description says of the column is wrong by now, and the statement that it leads to has no operator."""
    made = serve(
        *(f"CREATE TABLE {table} (id integer PRIMARY KEY, v integer)" for table in ("t", "u")), *(f"INSERT INTO {table} VALUES (1, 5)" for table in ("t", "u")),
        tables="t,u", WEB_CONCURRENCY=1,
    )  # fmt: skip
    time.sleep(1.1)  # so often the tables are described
    made.sql("ALTER TABLE t ALTER v TYPE text")
    assert made.json("/t?v=eq.5") == [{"id": 1, "v": "5"}]
    time.sleep(1.1)
    made.sql("ALTER TABLE u ALTER v TYPE text")
    done(send(made.web, "PATCH", "/u?v=eq.5", {"id": 2}), 204)
    assert made.json("/u") == [{"id": 2, "v": "5"}]
    for table, method, target in (("u", "POST", "/u"), ("t", "PATCH", "/t?id=eq.1")):
        made.sql(f"ALTER TABLE {table} ALTER v TYPE integer USING 1")
        made.pool.signal(signal.SIGHUP)
        time.sleep(1.5)
        made.sql(f"ALTER TABLE {table} ALTER v TYPE boolean USING TRUE")
        answer = send(made.web, method, target, {"id": 1 if method == "PATCH" else 3, "v": 1})
        assert answer.status in (201, 204), answer


# --- views that take some kinds of writes

EVENTS = {"INSERT": "POST", "UPDATE": "PATCH", "DELETE": "DELETE"}
SERVED = [tuple(event for place, event in enumerate(EVENTS) if number >> place & 1) for number in range(8)]


def served_view(name, events, how):
    """A view over t that the server cannot write by itself; triggers or rules write it."""
    yield f"CREATE VIEW {name} AS SELECT id, what, count(*) AS n FROM t GROUP BY id, what"
    does = {
        "INSERT": "INSERT INTO t VALUES (NEW.id, NEW.what)", "UPDATE": "UPDATE t SET what = NEW.what WHERE id = OLD.id", "DELETE": "DELETE FROM t WHERE id = OLD.id",
    }  # fmt: skip
    for event in events:
        if how == "rules":
            yield f"CREATE RULE r_{event} AS ON {event} TO {name} DO INSTEAD {does[event]}"
        else:
            yield plpgsql(f"{name}_{event}()", f"{does[event]}; RETURN {'OLD' if event == 'DELETE' else 'NEW'};")
            yield f"CREATE TRIGGER {event} INSTEAD OF {event} ON {name} FOR EACH ROW EXECUTE FUNCTION {name}_{event}()"


@pytest.fixture(scope="module")
def served(serve):
    views = {f"v_{how}_{number}": (events, how) for number, events in enumerate(SERVED) for how in ("triggers", "rules")}
    made = serve(
        "CREATE TABLE t (id integer, what text)", "CREATE VIEW plain AS SELECT id, what, upper(what) AS up FROM t",
        "CREATE VIEW partly AS SELECT id, what, upper(what) AS up FROM t", plpgsql("partly_in()", "INSERT INTO t VALUES (NEW.id, lower(NEW.up)); RETURN NEW;"),
        "CREATE TRIGGER i INSTEAD OF INSERT ON partly FOR EACH ROW EXECUTE FUNCTION partly_in()",
        *(statement for name, (events, how) in views.items() for statement in served_view(name, events, how)),
        tables=",".join(["t", "plain", "partly", *views]),
    )  # fmt: skip
    made.views = views
    return made


@pytest.mark.parametrize("how", ["triggers", "rules"])
@pytest.mark.parametrize("number", range(8))
def test_a_view_takes_the_writes_that_its_triggers_serve(served, number, how):
    name, events = f"v_{how}_{number}", SERVED[number]
    served.sql("DELETE FROM t", "INSERT INTO t VALUES (1, 'a'), (2, 'b')")
    allowed = ["OPTIONS", "GET", "HEAD", *(EVENTS[event] for event in events)]
    answer = send(served.web, "OPTIONS", f"/{name}")
    assert answer.headers["allow"].split(", ") == allowed
    rows = {1: "a", 2: "b"}
    for event, method in EVENTS.items():
        target, body = {"POST": (f"/{name}", {"id": 3, "what": "c"}), "PATCH": (f"/{name}?id=eq.1", {"what": "z"}), "DELETE": (f"/{name}?id=eq.2", None)}[method]
        answer = send(served.web, method, target, body)
        if event in events:
            done(answer, 201 if method == "POST" else 204)
            if method == "DELETE":
                del rows[2]
            else:
                rows.update({3: "c"} if method == "POST" else {1: "z"})
        else:
            error_of(answer, 405)
            assert answer.headers["allow"].split(", ") == allowed
        assert dict(served.sql("SELECT id, what FROM t")) == rows
    document = served.json("/")
    assert {method for method in document["paths"][f"/{name}"] if method in ("post", "put", "patch", "delete")} == {method.lower() for method in allowed[3:]}
    readable = {column for column, made in document["components"]["schemas"][name]["properties"].items() if made.get("readOnly")}
    assert readable == (set() if {"INSERT", "UPDATE"} & set(events) else {"id", "what", "n"})


def test_columns_that_a_view_computes_are_written_by_triggers_alone(served):
    served.sql("DELETE FROM t")
    assert refused(send(served.web, "POST", "/plain", {"id": 1, "up": "X"}), 400, "428C9", "up")["details"] == "the database computes it"
    done(send(served.web, "POST", "/plain", {"id": 1, "what": "x"}), 201)
    done(send(served.web, "POST", "/partly", {"id": 2, "up": "Y"}), 201)
    refused(send(served.web, "PATCH", "/partly?id=eq.2", {"up": "Z"}), 400, "55000")
    done(send(served.web, "PATCH", "/partly?id=eq.2", {"what": "z"}), 204)
    assert served.sql("SELECT id, what FROM t ORDER BY id") == ((1, "x"), (2, "z"))


def test_check_tells_which_writes_a_view_takes(served, lab):
    tables = "plain,v_triggers_1,v_rules_6,v_rules_0"
    told = servers.run(lab, "check", DATABASE_URL=served.schema.url(), MYREST_TABLES=tables, MYREST_WRITABLE=tables, MYREST_LISTEN=f"unix:{lab.path}/never")
    assert told.returncode == 0, told
    for line in ("plain: 3 of 3 columns, writable\n", "v_triggers_1: 3 of 3 columns, writable by POST alone\n",
                 "v_rules_6: 3 of 3 columns, writable by PATCH DELETE alone\n", "v_rules_0: 3 of 3 columns, read only\n"):  # fmt: skip
        assert f"view {line}" in told.stdout


# --- what is written comes back, without a key as well

KEYLESS = ("heap", "parts", "simple", "triggered")


@pytest.fixture(scope="module")
def keyless(serve):
    return serve(
        "CREATE TABLE heap (a integer, b varchar(5), j json, secret text DEFAULT 'hidden', x xml)",
        "CREATE TABLE parts (a integer, b varchar(5), j json, secret text, x xml) PARTITION BY LIST (a)",
        *(f"CREATE TABLE parts_{n} PARTITION OF parts FOR VALUES IN ({n})" for n in range(6)), "CREATE TABLE parts_more PARTITION OF parts DEFAULT",
        "CREATE VIEW simple AS SELECT * FROM heap", "CREATE VIEW triggered AS SELECT * FROM heap OFFSET 0",
        plpgsql("triggered_in()", "UPDATE heap SET b = NEW.b, j = NEW.j WHERE a = OLD.a; NEW.b := NEW.b || '!'; RETURN NEW;"),
        plpgsql("triggered_out()", "DELETE FROM heap WHERE a = OLD.a; RETURN OLD;"),
        "CREATE TRIGGER i INSTEAD OF UPDATE ON triggered FOR EACH ROW EXECUTE FUNCTION triggered_in()",
        "CREATE TRIGGER d INSTEAD OF DELETE ON triggered FOR EACH ROW EXECUTE FUNCTION triggered_out()",
        "CREATE VIEW ruled AS SELECT a, b FROM heap", "CREATE RULE u AS ON UPDATE TO ruled DO INSTEAD UPDATE heap SET b = NEW.b WHERE a = OLD.a",
        "CREATE RULE n AS ON DELETE TO ruled DO ALSO NOTIFY gone",
        tables="heap(a,b,j,x),parts(a,b,j,x),simple(a,b,j,x),triggered(a,b,j,x),ruled", MYREST_MAX_ROWS=4, MYREST_ALLOW_ROLLBACK="on", MYREST_ALLOW_UNFILTERED="on",
    )  # fmt: skip


@pytest.fixture(params=KEYLESS)
def table(keyless, request):
    base = "parts" if request.param == "parts" else "heap"
    values = ", ".join(f"({n}, 'b{n}', '{{\"n\":[{n}, {n}]}}')" for n in (3, 1, 2, 5, 4))
    keyless.sql(f"DELETE FROM {base}", f"INSERT INTO {base} (a, b, j) VALUES {values}")
    keyless.rows = lambda: keyless.sql(f"SELECT a, b FROM {base} ORDER BY a, b")
    keyless.table = request.param
    keyless.mark = "!" if request.param == "triggered" else ""  # what the trigger says that it has written
    return keyless


def test_a_change_gives_its_rows_back(table):
    made, name = table, table.table
    answer = send(made.web, "PATCH", f"/{name}?a=lt.4&order=a.desc&select=a,b,t:a::text,n:j->n->1,m:j->>n", {"b": "x"}, prefer=[REPRESENTATION, "count=exact"])
    assert shown(answer) == [{"a": n, "b": "x" + made.mark, "t": str(n), "n": n, "m": f"[{n}, {n}]"} for n in (3, 2, 1)]
    assert answer.headers["content-range"] == "0-2/3"
    assert made.rows() == ((1, "x"), (2, "x"), (3, "x"), (4, "b4"), (5, "b5"))
    answer = send(made.web, "PATCH", f"/{name}?a=eq.4&select=b", {"b": "y"}, prefer=REPRESENTATION, accept=OBJECT)
    assert shown(answer) == {"b": "y" + made.mark}
    answer = send(made.web, "PATCH", f"/{name}?a=eq.4", {"b": "z"}, prefer=REPRESENTATION, accept=CSV)
    assert answer.body.decode() == f'a,b,j,x\n4,z{made.mark},"{{""n"":[4, 4]}}",\n'
    assert shown(send(made.web, "PATCH", f"/{name}?a=eq.99", {"b": "z"}, prefer=REPRESENTATION)) == []
    assert shown(send(made.web, "DELETE", f"/{name}?a=gt.3&order=a&select=a", prefer=REPRESENTATION)) == [{"a": 4}, {"a": 5}]
    assert made.rows() == ((1, "x"), (2, "x"), (3, "x"))
    assert b"hidden" not in send(made.web, "DELETE", f"/{name}?a=eq.1", prefer=REPRESENTATION).body


def test_a_change_that_may_not_be_shown_is_not_made(table):
    made, name = table, table.table
    before = made.rows()
    for method in ("PATCH", "DELETE"):
        body = {"b": "x"} if method == "PATCH" else None
        refused(send(made.web, method, f"/{name}?a=gt.0", body, prefer=REPRESENTATION), 400, "PGRST122", "return=minimal")
        refused(send(made.web, method, f"/{name}?a=gt.3", body, prefer=REPRESENTATION, accept=OBJECT), 406, "PGRST116")
        refused(send(made.web, method, f"/{name}?a=gt.3", body, prefer=[REPRESENTATION, "handling=strict", "max-affected=1"]), 400, "PGRST124")
        assert len(shown(send(made.web, method, f"/{name}?a=gt.3", body, prefer=[REPRESENTATION, "tx=rollback"]))) == 2
        assert "'x'" in refused(send(made.web, method, f"/{name}?x=eq.1", body, prefer=REPRESENTATION), 400, "42883")["message"]
    refused(send(made.web, "PATCH", f"/{name}?a=eq.1", {"b": "too long"}, prefer=REPRESENTATION), 422, "22001", "b")
    refused(send(made.web, "PATCH", f"/{name}?a=eq.1", {"b": "z", "x": "<"}, prefer=REPRESENTATION), 400, "22P02", "x")
    assert made.rows() == before


def test_a_limit_without_a_key(table):
    """Rows of two partitions stand at the same place, each in its own."""
    made, name = table, table.table
    if name in ("simple", "triggered"):
        for prefer in (REPRESENTATION, "return=minimal"):
            refused(send(made.web, "PATCH", f"/{name}?order=a&limit=1", {"b": "x"}, prefer=prefer), 400, "PGRST100", "limit")
            refused(send(made.web, "DELETE", f"/{name}?order=a&limit=1", prefer=prefer), 400, "PGRST100", "limit")
        return
    assert shown(send(made.web, "PATCH", f"/{name}?order=a.desc&limit=2&select=a", {"b": "x"}, prefer=REPRESENTATION)) == [{"a": 5}, {"a": 4}]
    done(send(made.web, "PATCH", f"/{name}?order=a&limit=1", {"b": "y"}), 204)
    assert made.rows() == ((1, "y"), (2, "b2"), (3, "b3"), (4, "x"), (5, "x"))
    assert shown(send(made.web, "DELETE", f"/{name}?order=a&limit=1&select=a", prefer=REPRESENTATION)) == [{"a": 1}]
    done(send(made.web, "DELETE", f"/{name}?order=a.desc&limit=1"), 204)
    assert made.rows() == ((2, "b2"), (3, "b3"), (4, "x"))


def test_what_rules_write_is_not_given_back(keyless):
    keyless.sql("DELETE FROM heap", "INSERT INTO heap (a, b) VALUES (1, 'b1')")
    for method, body in (("PATCH", {"b": "x"}), ("DELETE", None)):
        assert "return=minimal" in refused(send(keyless.web, method, "/ruled?a=eq.1", body, prefer=REPRESENTATION), 400, "0A000")["message"]
    done(send(keyless.web, "PATCH", "/ruled?a=eq.1", {"b": "x"}), 204)
    assert keyless.sql("SELECT b FROM heap") == (("x",),)


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


# --- the same row, from two at the same moment


@pytest.mark.parametrize("returned", [REPRESENTATION, "return=minimal"])
@pytest.mark.parametrize("resolution", ["ignore-duplicates", "merge-duplicates"])
def test_a_row_that_another_adds_at_the_same_moment(serve, resolution, returned):
    """Both have looked for it by the key that is meant, and meet by another one, which takes long to be inserted."""
    made = serve(
        "CREATE FUNCTION slow(n integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$BEGIN PERFORM pg_sleep(0.5); RETURN n; END$$",
        "CREATE TABLE t (id integer, email text)", "CREATE UNIQUE INDEX first ON t (slow(id))", "ALTER TABLE t ADD UNIQUE (email)",
        WEB_CONCURRENCY=4,
    )  # fmt: skip
    prefer, rows = [f"resolution={resolution}", returned], [{"id": 1, "email": "a@x"}, {"id": 2, "email": "b@x"}]
    answers = []
    clients = [in_background(lambda: answers.append(send(made.web, "POST", "/t?on_conflict=email", rows, prefer=prefer, timeout=30))) for _ in range(3)]
    for client in clients:
        client.thread.join()
    assert sorted(answer.status for answer in answers) == ([200, 200, 201] if resolution == "ignore-duplicates" else [201] * 3), answers
    assert made.sql("SELECT id, email FROM t ORDER BY id") == ((1, "a@x"), (2, "b@x"))
    refused(send(made.web, "POST", "/t?on_conflict=email", {"id": 1, "email": "c@x"}, prefer=prefer), 409, "23505")


# --- what a duplicate's details say


def test_a_duplicate_has_the_values_of_its_key(serve):
    made = serve(
        'CREATE TABLE t (id integer PRIMARY KEY, "a.b" text, "it\'s (x)=(" text, "Order" text, n numeric(6,2), d date, u uuid, hidden text, b bytea, c text,'
        ' UNIQUE ("a.b", "it\'s (x)=("), UNIQUE ("Order", n), UNIQUE (d), UNIQUE (u), UNIQUE (hidden, c), UNIQUE (b))',
        "CREATE UNIQUE INDEX lower_c ON t (lower(c))",
        "INSERT INTO t VALUES (1, 'x', 'y', 'o', 1.5, '2024-01-02', '123e4567-e89b-12d3-a456-426655440000', 'secret', '\\x4142', 'C')",
        "CREATE TABLE other (id integer PRIMARY KEY, c text UNIQUE)", "INSERT INTO other VALUES (7, 'secret')",
        plpgsql("t_in()", "IF NEW.id = 50 THEN INSERT INTO other VALUES (8, 'secret'); END IF; IF NEW.c = 'h' THEN NEW.hidden := 'secret'; NEW.c := 'C'; END IF; RETURN NEW;"),
        "CREATE TRIGGER t BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION t_in()",
        grant="GRANT SELECT, INSERT, UPDATE ON t, other TO rest", tables="t(id,\"a.b\",\"it's (x)=(\",\"Order\",n,d,u,b,c),other", writable="t,other",
    )  # fmt: skip
    cases = [
        ({"id": 1}, "(id)=(1)"), ({"a.b": "x", "it's (x)=(": "y"}, "(a.b, it's (x)=()=(x, y)"), ({"Order": "o", "n": 1.5}, "(Order, n)=(o, 1.50)"),
        ({"d": "2024-01-02"}, "(d)=(2024-01-02)"), ({"u": "123E4567-e89b-12d3-a456-426655440000"}, "(u)=(123e4567-e89b-12d3-a456-426655440000)"),
        ({"b": "QUI="}, "(b)=(\\x4142)"),
    ]  # fmt: skip
    for number, (body, key) in enumerate(cases):
        error = error_of(send(made.web, "POST", "/t", {"id": 100 + number, **body}), 409, "23505")
        assert error["details"] == f"Key {key} already exists.", error
    made.sql("INSERT INTO t (id) VALUES (2)")
    error = error_of(send(made.web, "PATCH", "/t?id=eq.2", {"id": 1}), 409, "23505")
    assert error["details"] == "Key (id)=(1) already exists."
    for body in ({"id": 200, "c": "c"}, {"id": 50}, {"id": 201, "c": "h"}):  # by an expression; of another table; of a column that is not shown
        assert "secret" not in send(made.web, "POST", "/t", body).body.decode()
        assert error_of(send(made.web, "POST", "/t", body), 409, "23505")["details"] is None
    empty = {"id": 300, "a.b": "", "it's (x)=(": ""}
    done(send(made.web, "POST", "/t", empty), 201)
    assert error_of(send(made.web, "POST", "/t", empty | {"id": 301}), 409)["details"] == "Key (a.b, it's (x)=()=(, ) already exists."
    long = {"a.b": "x" * 1500, "it's (x)=(": "y"}
    done(send(made.web, "POST", "/t", {"id": 400, **long}), 201)
    assert error_of(send(made.web, "POST", "/t", {"id": 401, **long}), 409)["details"] == "Key (a.b, it's (x)=() already exists."
    made.sql("REVOKE SELECT ON t FROM rest", "GRANT SELECT (c) ON t TO rest")  # the server tells no values of what may not be read
    assert error_of(send(made.web, "POST", "/t", {"id": 1}), 409, "23505")["details"] in (None, "Key (id) already exists.")
    assert "x" * 100 not in made.pool.text()


def test_a_table_that_is_renamed_while_it_is_described_is_described_as_it_was(serve):
    """All of a description is of one moment. It would lack columns or keys otherwise, and nothing would have it made anew."""
    served = serve(
        "CREATE TABLE owners (id integer PRIMARY KEY)",
        "CREATE TABLE t (id integer PRIMARY KEY, owner integer REFERENCES owners)",
        tables="owners,t", workers=1,
    )  # fmt: skip

    def refers():
        return "owners" in json.dumps(served.json("/")["components"]["schemas"]["t"])

    assert refers()
    old = served.pool.workers()
    waits = "SELECT 1 FROM pg_stat_activity WHERE usename = 'rest' AND wait_event_type = 'Lock' AND query LIKE '%pg_constraint%'"
    with served.schema.connect() as other, other.cursor() as cursor:
        cursor.plainly("BEGIN")
        cursor.plainly("LOCK TABLE pg_constraint IN ACCESS EXCLUSIVE MODE")  # what is described last
        served.pool.signal(signal.SIGHUP)
        until(lambda: served.sql(waits), 10)
        cursor.plainly("ALTER TABLE t RENAME TO away")
        cursor.plainly("COMMIT")
    served.sql("ALTER TABLE away RENAME TO t")
    until(lambda: not set(old) & set(served.pool.workers()), 10)
    assert refers()


def test_a_table_that_is_locked_leaves_the_others_described(database, start_pool):
    """For the words of an index over an expression the server waits until it may read the table."""
    schema = database.schema("CREATE TABLE notes (id INT PRIMARY KEY)", "CREATE TABLE docs (id INT PRIMARY KEY, body TEXT)")
    plainly(schema, "CREATE INDEX ON docs USING gin (to_tsvector('english', body))")
    pool = start_pool(schema.url(), "notes,docs", workers=1)
    with schema.connect() as other, other.cursor() as cursor:
        other.autocommit(False)
        cursor.plainly("LOCK TABLE docs IN ACCESS EXCLUSIVE MODE")
        schema.kill_pool_connections()
        time.sleep(0.1)
        until(lambda: pool.ask("/notes").status == 200, 3)
        assert b"another transaction locks it" in pool.web.get("/ready").body
        assert pool.ask("/docs").status == 503
        other.rollback()
    until(lambda: pool.ask("/docs?body=fts.cats").status == 200, 3)
