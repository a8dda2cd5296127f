# SPDX-License-Identifier: MIT
"""A view over a column is read, filtered, ordered and paged as the table below it, whatever the view makes of the column;
where it can be written, what is written is the same."""
from urllib.parse import quote, urlsplit

import pytest

import mysql
import postgresql
from servers import execute_as_it_is
from web import error_of
from writing import GRANT, send

TEXTS = ["'a'", "'A'", "'á'", "'a b'", "'it''s'", "'q\"t'", "'co,m'", "'null'", "'%'", "'z'", "'x) OR 1=1 -- '", "'a\nb'", "'a\tb'", "'back\\slash'", "'*'"]
# The values of a column, as SQL has them.
MYSQL = {
    "tiny": ("TINYINT", ["-128", "0", "127"]),
    "big": ("BIGINT UNSIGNED", ["0", "9007199254740993", "18446744073709551615"]),
    "dec": ("DECIMAL(10,2)", ["-0.50", "0", "1.5", "99999999.99"]),
    "single": ("FLOAT", ["0.1", "16777216", "-2.5", "3.4e38"]),
    "dbl": ("DOUBLE", ["0.1", "1e300", "-2.5", "123456789.125"]),
    "year_": ("YEAR", ["1901", "2024", "2155"]),
    "day": ("DATE", ["'1000-01-01'", "'2024-02-29'", "'9999-12-31'"]),
    "span": ("TIME(3)", ["'-838:59:58.500'", "'-00:00:01'", "'00:00:00'", "'24:00:00.5'", "'100:00:00'"]),
    "at": ("DATETIME(3)", ["'1000-01-01 00:00:00'", "'2024-03-31 02:30:00.120'", "'2024-03-31 02:30:00.100'"]),
    "stamp": ("TIMESTAMP(3) NULL", ["'1970-01-01 00:00:01'", "'2024-10-27 00:30:00.5'", "'2024-10-27 01:30:00'"]),
    "fixed": ("CHAR(20)", TEXTS),
    "name": ("VARCHAR(20)", TEXTS),
    "exact": ("VARCHAR(20) COLLATE utf8mb4_bin", TEXTS),
    "latin": ("VARCHAR(20) CHARACTER SET latin1", ["'a'", "'é'", "'ÿ'", "'€'", "'z'", "'Ž'", "'it''s'"]),
    "words": ("TEXT", TEXTS),
    "state": ("ENUM('b','a','it''s')", ["'b'", "'a'", "'it''s'"]),
    "tags": ("SET('b','a')", ["'b'", "'a'", "'b,a'", "''"]),
    "bits": ("BIT(12)", ["0", "1", "4095"]),
    "truth": ("BIT(1)", ["0", "1"]),
    "raw": ("BINARY(4)", ["X'00000000'", "X'01020304'", "X'61626300'"]),
    "blob_": ("BLOB", ["X''", "X'00'", "X'6127'", "X'FF'"]),
    "doc": ("JSON", ["'{\"a\": 1}'", "'[1, 2]'", "'\"it''s\"'"]),
}
MARIADB = {
    **MYSQL,
    "uid": ("UUID", ["'00000000-0000-0000-0000-000000000000'", "'123e4567-e89b-42d3-a456-426655440000'"]),
    "address": ("INET6", ["'::'", "'::ffff:10.0.0.1'", "'fe80::1'"]),
}
POSTGRESQL = {
    "small": ("smallint", ["-32768", "0", "32767"]),
    "big": ("bigint", ["0", "9007199254740993", "9223372036854775807"]),
    "dec": ("numeric(10,2)", ["-0.5", "1.5", "'NaN'"]),
    "wide": ("numeric", ["1.500", "-1e-20", "1e140", "'NaN'"]),
    "single": ("real", ["0.1", "'-Infinity'", "'NaN'", "16777217"]),
    "dbl": ("double precision", ["0.1", "'Infinity'", "'NaN'", "5e-324"]),
    "truth": ("boolean", ["true", "false"]),
    "day": ("date", ["'0044-03-15 BC'", "'2024-02-29'", "'12345-01-01'", "'infinity'"]),
    "span": ("time", ["'00:00:00'", "'12:30:00.5'", "'24:00:00'"]),
    "at": ("timestamp", ["'2024-03-31 02:30:00.12'", "'-infinity'", "'0044-03-15 10:00 BC'"]),
    "stamp": ("timestamptz", ["'2024-10-27 00:30:00.5'", "'infinity'", "'12345-01-01 10:00'"]),
    "fixed": ("char(20)", TEXTS), "name": ("varchar(20)", TEXTS), "words": ("text", TEXTS),
    "mood": ("mood", ["'sad'", "'it''s'", "'Happy'"]),
    "lasts": ("interval", ["'1 mon'", "'30 days'", "'-1 day +02:00:00'", "'0'"]),
    "uid": ("uuid", ["'00000000-0000-0000-0000-000000000000'", "'123e4567-e89b-42d3-a456-426655440000'"]),
    "raw": ("bytea", ["''", "'\\x00'", "'\\x6127'"]),
    "address": ("inet", ["'10.0.0.1'", "'10.0.0.0/8'", "'::1'"]),
    "bits": ("bit(4)", ["'0000'", "'0101'"]),
    "irange": ("int4range", ["'[1,5)'", "'empty'", "'(,)'"]),
    "ints": ("int[]", ["'{}'", "'{1,2}'", "'{1,NULL}'"]),
    "doc": ("jsonb", ["'{\"a\": 1}'", "'[1, 2]'"]),
}
COLUMNS = POSTGRESQL if postgresql.HERE else MYSQL if mysql.HERE else MARIADB
VIEWS = {
    "plain": "SELECT id, v FROM t_{0}",
    "computed": "SELECT id, CASE WHEN id > 0 THEN v END AS v FROM t_{0}",
    "chosen": "SELECT id, COALESCE(v, v) AS v FROM t_{0}",
    "united": "SELECT id, v FROM t_{0} UNION ALL SELECT id + 1000, v FROM t_{0} WHERE id < 0",
    "joined": "SELECT a.id, b.v FROM t_{0} a LEFT JOIN t_{0} b ON a.id = b.id",
    "nested": "SELECT id, v FROM plain_{0} WHERE id IS NOT NULL",
}
# The catalogue of MySQL calls what an expression makes of a BIT an integer, and gives its bytes.
TOLD_WRONG = {("computed", "bits"), ("computed", "truth"), ("chosen", "truth")} if mysql.HERE else set()
OPERATORS = "eq neq gt gte lt lte isdistinct in not.in like ilike match".split()


@pytest.fixture(scope="module")
def made(database, lab, service):
    statements = ["CREATE TYPE mood AS ENUM ('sad', 'it''s', 'Happy')"] if postgresql.HERE else []
    for name, (kind, values) in COLUMNS.items():
        statements.append(f"CREATE TABLE t_{name} (id INT PRIMARY KEY, v {kind})")
        for n, value in enumerate([*values, "NULL", *values], 1):
            statements.append(f"INSERT INTO t_{name} VALUES ({n}, {value})")
        statements += [f"CREATE VIEW {view}_{name} AS {query.format(name)}" for view, query in VIEWS.items()]
    tables = ",".join(f"{view}_{name}" for view in ("t", *VIEWS) for name in COLUMNS)
    return service(statements, tables)


@pytest.fixture(scope="module")
def service(database, lab):
    """make(statements, tables): as conftest's, with statements in the words of the server that is here."""
    import servers
    from types import SimpleNamespace

    kept = []

    def make(statements, tables):
        schema = database.schema(grant=GRANT)
        with schema.connect() as connection, connection.cursor() as cursor:
            if not postgresql.HERE:
                cursor.execute("SET SESSION sql_mode='STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES', time_zone='+00:00'")
            for statement in statements:
                execute_as_it_is(cursor, statement)
        schema.grant()
        pool = servers.Pool(lab, schema.url(), tables=tables, MYREST_WRITABLE=tables)
        front = servers.Nginx(lab, pool)
        kept.append((front, pool))
        return SimpleNamespace(schema=schema, pool=pool, web=front, get=front.get, json=front.json)

    yield make
    for front, pool in kept:
        front.stop()
        pool.close()


def text_of(value):
    """As a filter has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def values_of(made, name):
    rows = made.json(f"/t_{name}?order=id", exact=True)
    return [row["v"] for row in rows[: len(COLUMNS[name][1])] if row["v"] is not None]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_is_read_through_a_view(made, name, view):
    if (view, name) in TOLD_WRONG:
        pytest.skip("the server tells another type than it gives")
    for accept in ("application/json", "text/csv"):
        table = made.get(f"/t_{name}?order=id", headers={"Accept": accept})
        seen = made.get(f"/{view}_{name}?order=id", headers={"Accept": accept})
        assert (seen.status, seen.body) == (200, table.body)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_is_filtered_through_a_view(made, name, view):
    if (view, name) in TOLD_WRONG:
        pytest.skip("the server tells another type than it gives")
    for value in values_of(made, name):
        if isinstance(value, (list, dict)):
            continue
        text = text_of(value)
        listed = '("' + text.replace("\\", "\\\\").replace('"', '\\"') + '")'
        for operator in OPERATORS:
            condition = f"v={operator}.{quote(listed if operator.endswith('in') else text, safe='')}&select=id&order=id"
            table, seen = made.get(f"/t_{name}?{condition}"), made.get(f"/{view}_{name}?{condition}")
            if table.status != 200:
                assert error_of(seen, 400)["code"] == error_of(table, 400)["code"], condition
            else:
                assert (seen.status, seen.body) == (200, table.body), condition
            if operator in ("eq", "in") and name != "doc":
                assert table.json(), condition


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_is_ordered_through_a_view(made, name, view):
    if (view, name) in TOLD_WRONG or name in ("state", "tags") and view != "plain":
        pytest.skip("the server makes another type of it")
    for order in ("v,id", "v.desc,id.desc", "v.nullsfirst,id"):
        whole = made.json(f"/t_{name}?select=id&order={order}")
        for target in (f"/t_{name}", f"/{view}_{name}"):
            link, met = f"{target}?select=id&order={order}&limit=3", []
            while link:
                answer = made.get(link)
                assert answer.status == 200, (link, answer)
                met += answer.json()
                link = answer.headers.get("link")
                parts = link and urlsplit(link[1 : link.index(">")])
                link = parts and f"{parts.path}?{parts.query}"
                assert len(met) <= len(whole), (target, order)
            assert met == whole, (target, order)


@pytest.mark.parametrize("view", ["plain", "nested"])
@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_is_written_through_a_view(made, name, view):
    for n, value in enumerate(made.get(f"/t_{name}?order=id&limit={len(COLUMNS[name][1])}").body[1:-1].split(b"},{"), 5000):
        written = value.strip(b"{}").split(b'"v":', 1)[1]
        row = b'{"id":%d,"v":%s}' % (n, written)
        if name in ("doc", "ints"):
            continue  # they have braces and commas of their own
        assert send(made.web, "POST", f"/{view}_{name}", row).status == 201, row
        assert made.get(f"/t_{name}?id=eq.{n}").body == b"[" + row + b"]"
        answer = send(made.web, "PATCH", f"/{view}_{name}?id=eq.{n}", b'{"v":null}')
        assert answer.status == 204, answer
        answer = send(made.web, "PATCH", f"/{view}_{name}?id=eq.{n}", b'{"v":%s}' % written)
        assert answer.status == 204 and made.get(f"/{view}_{name}?id=eq.{n}").body == b"[" + row + b"]"
        assert send(made.web, "DELETE", f"/{view}_{name}?id=eq.{n}").status == 204
        assert made.json(f"/t_{name}?id=eq.{n}") == []


@pytest.mark.parametrize("view", VIEWS)
def test_a_value_cannot_leave_its_place_in_a_view(made, view):
    """Some servers write a condition down for the parts of a view, and read it again."""
    for value in ("x' OR 1=1) -- ", "x') OR (1=1", "x' OR 1=1 -- ", "x\\' OR 1=1) -- ", "\\", "'", "x\\", "x\n' OR 1=1) -- "):
        for condition in (f"v=eq.{quote(value, safe='')}", f'or=(v.eq."{quote(value, safe="").replace("%5C", "%5C%5C")}",id.eq.-1)'):
            answer = made.get(f"/{view}_name?{condition}")
            assert (answer.status, answer.body) == (200, b"[]"), (value, answer)
