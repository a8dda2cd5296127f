# SPDX-License-Identifier: MIT
"""PostgreSQL's types, one by one."""
import csv
import io
import json
import re
from urllib.parse import quote

import pytest

from postgresql_own import WRITE, plainly, q
from postgresql_own import serve  # noqa: F401 (fixtures)
from web import error_of, parse
from writing import CSV, NDJSON, REPRESENTATION, refused, send, shown


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
