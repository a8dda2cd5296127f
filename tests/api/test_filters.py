# SPDX-License-Identifier: MIT
"""The dialect's filters, columns and orders on real data: which rows come back, in which order, by which index."""
import json
import re
import struct
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from differences import here
from postgresql import HERE
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

TEXTS = [
    (1, "abc"),
    (2, "ABC"),
    (3, "Ábc"),
    (4, "abcd"),
    (5, "xabc"),
    (6, "a_c"),
    (7, "a%c"),
    (8, "a\\c"),
    (9, "a*c"),
    (10, ""),
    (11, None),
    (12, "O'Neil, \"Ann\" (x)"),
    (13, "😀"),
    (14, "日本語"),
    (15, "abc "),
    (16, "a.b"),
    (17, "(1)"),
    (18, "null"),
    (19, "{a}"),
    (20, "a,b"),
]

COLLATIONS = {
    "bin": "VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
    "general": "VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
    "uca": "VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci",
    "old": "TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
}

KINDS = {
    # name: type, four values in rising order as SQL, the same as a client writes them
    "tiny": ("TINYINT", "-128 -1 0 127", "-128 -1 0 127"),
    "big": ("BIGINT UNSIGNED", "0 1 9223372036854775808 18446744073709551615", None),
    "dec": ("DECIMAL(20,4)", "-1.5 0 0.0001 123456789012345.6789", "-1.50 0.0 1e-4 123456789012345.6789"),
    "flo": ("FLOAT", "-1.5 0 0.1 1e30", None),
    "dou": ("DOUBLE", "-1e300 0.1 0.2 1e300", None),
    "yea": ("YEAR", "1901 1999 2000 2155", None),
    "bits": ("BIT(10)", "0 1 512 1023", here("filters.bits", None)),
    "dat": ("DATE", "'1000-01-01' '1999-12-31' '2000-01-01' '9999-12-31'", None),
    "tim": ("TIME(3)", here("filters.times", "'-838:59:59' '-00:00:00.5' '12:00:00' '838:59:59'"), None),
    "moment": (
        "DATETIME(6)",
        "'1000-01-01T00:00:00' '2024-01-02T03:04:05' '2024-01-02T03:04:05.000001' '9999-12-31T23:59:59'",
        None,
    ),
    "stamp": (
        "TIMESTAMP(6) NULL",
        "'1970-01-02T00:00:00' '2024-01-02T03:04:05' '2024-01-02T03:04:05.5' '2037-12-31T23:59:59'",
        "1970-01-02T01:00:00+01:00 2024-01-02T03:04:05Z 2024-01-02T03:04:05.5 2037-12-31T23:59:59",
    ),
    "chars": ("CHAR(8)", "'a' 'b' 'c' 'd'", None),
    "latin": ("VARCHAR(8) CHARACTER SET latin1", here("filters.latin", "'a' 'b' 'é' 'z'"), None),
    "enum": (here("filters.enum", "ENUM('d','c','b','a')"), "'a' 'b' 'c' 'd'", None),
    "uuid": ("UUID", " ".join(f"'{n:08}-0000-0000-0000-000000000001'" for n in range(1, 5)), None),
    "address": ("INET6", "'::1' '::2' '2001:db8::' 'ff00::'", None),
    "blob": ("BLOB", "X'00' X'0001' X'41' X'FF'", "AA== AAE= QQ== /w=="),
    "fixed": ("BINARY(2)", "X'0000' X'0001' X'4142' X'FFFF'", "AAA= AAE= QUI= //8="),
}

DOCUMENTS = [
    (1, {"a": 1, "b": "x", "list": [1, 2, {"k": "v"}], "o": {"p": True}}),
    (2, {"a": 10, "b": "X", "list": []}),
    (3, {"a": 9.5, "b": "y", "o": {"p": False}}),
    (4, {"a": "10", "b": None, "list": "no list"}),
    (5, {"a": None, "b": "null"}),
    (6, {"b": "it's \"q\" \\ é 😀"}),
    (7, {"a": True, "a.b": 1, 'q"q': 2, "it's": 3, "κ": 4, "0": 5, "": 6, "a b": 7, "back\\slash": 8}),
    (8, [1, "two", None, [3]]),
    (9, None),
    (10, {"a": [1, 2]}),
    (11, {"a": {"x": 1}}),
    (12, {"a": False, "b": "12"}),
]

EXACT = [  # texts that differ by spaces at their ends, and integers that are one as doubles
    (1, {"t": "bar", "n": 7088992364139642880}),
    (2, {"t": "bar ", "n": 7088992364139642881}),
    (3, {"t": "bar\t", "n": 9007199254740993}),
    (4, {"t": None, "n": -9007199254740993}),
    (5, {"n": 1.5}),
    (6, {"t": "", "n": "7088992364139642881"}),
    (7, {"t": " ", "n": 9007199254740992}),
]


def table_of_kinds():
    for name, (kind, values, _) in KINDS.items():
        yield f"CREATE TABLE k_{name} (id INT PRIMARY KEY, v {kind}, INDEX (v{'(2)' if kind == 'BLOB' else ''}))"
        rows = ",".join(f"({at + 1},{value})" for at, value in enumerate(values.split(" ")))
        yield f"INSERT INTO k_{name} VALUES {rows}, (5, NULL)"


@pytest.fixture(scope="module")
def data(service):
    columns = ", ".join(f"{name} {kind}" for name, kind in COLLATIONS.items())
    made = service(
        f"CREATE TABLE texts (id INT PRIMARY KEY, {columns}, INDEX (general), INDEX (uca), INDEX (bin))",
        "CREATE TABLE docs (id INT PRIMARY KEY, doc JSON)",
        "CREATE TABLE exact (id INT PRIMARY KEY, doc JSON)",
        "CREATE TABLE words (id INT PRIMARY KEY, w VARCHAR(200), plain VARCHAR(200), FULLTEXT (w))",
        "INSERT INTO words (id, w) VALUES (1,'the quick brown fox'), (2,'a lazy dog sleeps'), (3,'quick dog'), (4,NULL),"
        " (5,'brown bear; quick fox'), (6,'größe matters')",
        "CREATE TABLE facts (id INT PRIMARY KEY, yes BOOL, one BIT(1), big BOOL)",
        "INSERT INTO facts VALUES (1, TRUE, b'1', 2), (2, FALSE, b'0', 0), (3, NULL, NULL, NULL)",
        "CREATE TABLE hidden (id INT PRIMARY KEY, shown INT, secret INT, doc JSON)",
        "INSERT INTO hidden VALUES (1, 2, 3, '{\"a\":1}')",
        "CREATE TABLE casts (id INT PRIMARY KEY, t VARCHAR(60), i INT, d DECIMAL(8,3), f DOUBLE, yes BOOL, at DATETIME(3),"
        " day DATE, bin BLOB, bits BIT(4), place POINT, clock TIME)",
        "INSERT INTO casts VALUES (1, '12', 7, 1.500, 2.5, TRUE, '2024-01-02 03:04:05.678', '2024-02-29', 'héllo', b'101',"
        " POINT(1,2), '10:11:12'), (2, '1.50', -1, 0, 1e20, FALSE, NULL, NULL, NULL, NULL, NULL, NULL),"
        " (3, 'x1', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (4, 'true', 0, 0, 0, 2, NULL, NULL,"
        " NULL, NULL, NULL, NULL), (5, '2024-01-02T03:04:05', 0, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL),"
        " (6, '[1,{}]', 0, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL)",
        *table_of_kinds(),
        tables="texts,docs,exact,words,facts,hidden(id,shown,doc),casts," + ",".join(f"k_{name}" for name in KINDS),
    )
    with made.schema.connect() as connection, connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO texts (id, {', '.join(COLLATIONS)}) VALUES (%s{', %s' * len(COLLATIONS)})",
            [(at, *[text] * len(COLLATIONS)) for at, text in TEXTS],
        )
        cursor.executemany(
            "INSERT INTO docs VALUES (%s, %s)",
            [(at, None if doc is None else json.dumps(doc, ensure_ascii=at % 2 == 0)) for at, doc in DOCUMENTS],
        )
        cursor.executemany("INSERT INTO exact VALUES (%s, %s)", [(at, json.dumps(doc)) for at, doc in EXACT])
    return made


def ids(data, target):
    return [row["id"] for row in data.json(target)]


def q(text):
    return quote(text, safe="")


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


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


# --- texts


def like(pattern, text, exact):
    """PostgreSQL's LIKE, where '*' is '%'."""
    out, escaped = "", False
    for byte in pattern.replace("*", "%"):
        if escaped or byte not in "%_\\":
            out += re.escape(byte)
            escaped = False
        elif byte == "\\":
            escaped = True
        else:
            out += ".*" if byte == "%" else "."
    return re.fullmatch(out, text, re.S if exact else re.S | re.I) is not None


PATTERNS = ["abc", "abc*", "*bc", "a_c", r"a\_c", "a%c", r"a\%c", r"a\*c", r"a\\c", "*", "", "_", "__", "*'*", "O'N*",
            "ABC*", "*(x)", "日*", "😀", r"\a\b\c", "* ", "a.b", "%,%"]  # fmt: skip


@pytest.mark.parametrize("column", COLLATIONS)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_like_is_exact_in_every_collation(data, column, pattern):
    expected = [at for at, text in TEXTS if text is not None and like(pattern, text, True)]
    assert ids(data, f"/texts?{column}=like.{q(pattern)}&order=id") == expected
    unlike = [at for at, text in TEXTS if text is not None and not like(pattern, text, True)]
    assert ids(data, f"/texts?{column}=not.like.{q(pattern)}&order=id") == unlike


@pytest.mark.parametrize("column", COLLATIONS)
def test_ilike_sees_no_case_and_no_accents(data, column):
    assert ids(data, f"/texts?{column}=ilike.abc&order=id") == here("filters.ilike", [1, 2, 3])
    assert ids(data, f"/texts?{column}=ilike.{q('ÁBC*')}&order=id") == here("filters.ilike_accents", [1, 2, 3, 4, 15])
    assert ids(data, f"/texts?{column}=ilike.{q('o’*')}") == []
    assert ids(data, f"/texts?{column}=ilike.o'n*") == [12]
    assert ids(data, f"/texts?{column}=ilike.{q('😁')}") == []
    assert 11 not in ids(data, f"/texts?{column}=not.ilike.abc")
    assert ids(data, f"/texts?{column}=ilike(any).{{{q('xab*')},{q('😀')}}}&order=id") == [5, 13]
    assert ids(data, f"/texts?{column}=like(all).{{a*,*c,*b*}}&order=id") == [1]


@pytest.mark.parametrize("column", COLLATIONS)
def test_match_is_a_regular_expression(data, column):
    assert ids(data, f"/texts?{column}=match.{q('^a.c$')}&order=id") == [1, 6, 7, 8, 9]
    assert ids(data, f"/texts?{column}=imatch.{q('^A.C$')}&order=id") == [1, 2, 6, 7, 8, 9]
    assert ids(data, f"/texts?{column}=match.{q(r'^a' + chr(92) + '.b$')}") == [16]
    assert ids(data, f"/texts?{column}=match.{q('^.$')}&order=id") == [13]
    assert ids(data, f"/texts?{column}=match.{q(chr(39))}") == [12]
    assert ids(data, f"/texts?{column}=match(any).{{^x,{q('語$')}}}&order=id") == [5, 14]


@pytest.mark.parametrize("pattern", ["(", "[", "a{2,1}", "*", "\\"])
def test_a_regular_expression_that_is_none_is_400(data, pattern):
    error_of(data.get(f"/texts?bin=match.{q(pattern)}"), 400, "2201B")


def test_eq_and_order_follow_the_collation(data):
    assert ids(data, "/texts?bin=eq.abc&order=id") == here("filters.padded", [1, 15])  # which pads with spaces
    assert ids(data, "/texts?general=eq.abc&order=id") == here("filters.case_blind", [1, 2, 3, 15])
    assert ids(data, "/texts?bin=gt.abc&bin=lt.b&order=id") == here("filters.behind_abc", [4])


@pytest.mark.parametrize(
    "text", [text for _, text in TEXTS if text] + ["');DROP TABLE texts;--", '"', "\\", "\\'", "a\nb"]
)
def test_every_text_can_be_asked_for(data, text):
    """At the top, in a list, in a tree, in an array: each in its own quoting."""
    quoted_text = quoted(text)
    padding = here("filters.padding", " ")
    expected = [at for at, given in TEXTS if given is not None and given.rstrip(padding) == text.rstrip(padding)]
    for condition in (
        f"bin=eq.{q(text)}",
        f"bin=in.(nothing,{q(quoted_text)})",
        f"or=(bin.eq.{q(quoted_text)},id.eq.77)",
        f"bin=eq(any).{{nothing,{q(quoted_text)}}}",
        f"and=(bin.in.({q(quoted_text)}),or(bin.eq(any).{{{q(quoted_text)}}},id.is.null))",
    ):
        assert ids(data, f"/texts?{condition}&order=id") == expected, condition


def test_texts_that_the_character_set_lacks(data):
    euro, smile = q("€"), q("😀")
    for text in (euro, smile, q("日")):
        assert ids(data, f"/k_latin?v=eq.{text}") == []
        assert sorted(ids(data, f"/k_latin?v=neq.{text}")) == [1, 2, 3, 4]
        assert ids(data, f"/k_latin?v=in.(a,{text})") == [1]
        assert ids(data, f"/k_latin?v=like.{text}*") == []
        if here("filters.enum_takes_texts", True):
            assert ids(data, f"/k_enum?v=eq.{text}") == []
        else:
            error_of(data.get(f"/k_enum?v=eq.{text}"), 400, "22P02")
    place = KINDS["latin"][1].split(" ").index("'é'") + 1
    assert ids(data, f"/k_latin?v=eq.{q('é')}") == [place]
    assert ids(data, f"/k_latin?v=like.{q('é')}*") == [place]
    assert ids(data, "/k_latin?v=ilike.E") == here("filters.ilike_e", [3])


# --- full-text search


@pytest.mark.parametrize(
    "search,expected",
    [
        ("fts.quick", [1, 3, 5]),
        ("fts.quick & !dog", [1, 5]),
        ("fts.(lazy | bear) & !sleeps", [5]),
        ("fts.qui:*", [1, 3, 5]),
        ("fts.quick <-> brown", [1]),
        ("plfts.the quick fox", [1, 5]),
        ("plfts.fox +quick -(", [1, 5]),
        ("phfts.brown fox", [1]),
        ('wfts."brown bear" or lazy', [2, 5]),
        ("wfts.quick -fox", [3]),
        ("plfts.größe", [6]),
        ("plfts.", []),
        ("not.plfts.quick", [2, 6]),
        ("not.wfts.dog", [1, 5, 6]),
    ],
)
def test_full_text_search(data, search, expected):
    assert sorted(ids(data, f"/words?w={q(search)}")) == expected


@pytest.mark.parametrize("form", ["fts", "plfts", "phfts", "wfts"])
@pytest.mark.parametrize(
    "text", ["a'b", '"', "+-*()<>~@", "((", "a & b", "-a", "@1", "'a b'", "a:*", "é*", "\\", "a\nb"]
)
def test_no_search_is_an_error_of_the_server(data, form, text):
    assert data.get(f"/words?w={form}.{q(text)}").status in (200, 400)
    assert data.get(f"/words?not.or=(w.{form}.{q(quoted(text))},id.eq.1)").status in (200, 400)


def test_a_column_without_an_index_is_not_searched(data):
    for part in here("filters.unsearchable", ("plain=fts.x", "id=plfts.1", "w=fts(english).x")):
        error = error_of(data.get(f"/words?{part}"), 400, "42883")
        assert part.split("=")[0] in error["message"]


# --- JSON


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


# --- select


def test_aliases(data):
    assert data.json("/facts?select=key:id,truth:yes&id=eq.1") == [{"key": 1, "truth": True}]
    assert data.json('/facts?select="a,b":id,"q\\"q":id,κ:id&id=eq.1') == [{"a,b": 1, 'q"q': 1, "κ": 1}]
    assert list(data.json("/facts?select=big,*&id=eq.1")[0]) == ["big", "id", "yes", "one"]
    assert data.json("/facts/2?select=x:id") == {"x": 2}
    error_of(data.get("/facts?select=x:id,x:yes"), 400, "PGRST100")
    error_of(data.get("/facts?select=*,yes:id"), 400, "PGRST100")


@pytest.mark.parametrize(
    "cast,expected",
    [
        ("i::text", ["7", "-1", None, "0"]),
        ("t::int", [12, None, None, None]),
        ("t::numeric", [12, 1.5, None, None]),
        ("t::float", [12, 1.5, None, None]),
        ("t::boolean", [None, None, None, True]),
        ("yes::text", ["true", "false", None, here("filters.two_as_text", "2")]),
        ("yes::int", [1, 0, None, here("filters.two_as_int", 2)]),
        ("i::boolean", [True, True, None, False]),
        ("d::text", ["1.500", "0.000", None, "0.000"]),
        ("d::int", [2, 0, None, 0]),
        ("f::numeric", [2.5, 100000000000000000000, None, 0]),
        ("i::double%20precision", [7, -1, None, 0]),
        ("at::text", ["2024-01-02 03:04:05.678", None, None, None]),
        ("at::date", ["2024-01-02", None, None, None]),
        ("at::time", ["03:04:05.678", None, None, None]),
        ("day::timestamp", ["2024-02-29T00:00:00", None, None, None]),
        ("day::timestamptz", ["2024-02-29T00:00:00+00:00", None, None, None]),
        ("clock::text", ["10:11:12", None, None, None]),
        ("bin::text", ["héllo", None, None, None]),
        ("bits::text", [here("filters.bits_as_text", "5"), None, None, None]),
        ("bits::int", [here("filters.bits_as_int", 5), None, None, None]),
        ("place::text", ["POINT(1 2)", None, None, None]),
        ("i::json", [7, -1, None, 0]),
        ("t::json", [12, 1.5, None, True]),
        ("t::char", ["12", "1.50", "x1", "true"]),
        ("i::unsigned", [7, None, None, 0]),
    ],
)
def test_casts(data, cast, expected):
    assert [row["v"] for row in data.json(f"/casts?select=v:{cast}&order=id&limit=4")] == expected


def test_a_cast_gives_no_other_value(service):
    """What the type does not hold is NULL: the server would count its bits otherwise, or take the nearest."""
    numbers = service(
        "CREATE TABLE numbers (id INT PRIMARY KEY, u BIGINT UNSIGNED, i BIGINT, d DECIMAL(30,2), f FLOAT, x DOUBLE, b BIT(64))",
        "INSERT INTO numbers VALUES (1, 18446744073709551615, -9223372036854775808, 9223372036854775808.25, 1234567,"
        " 9223372036854775808, 18446744073709551615), (2, 9223372036854775807, 5, -9223372036854775808, 16777216, 1e300,"
        " 7), (3, 0, -1, -0.5, 0.1, -3, 0), (4, 1, 1, 99999999999999999999, -1e30, 18446744073709549568, 1)",
        "CREATE TABLE ends (id INT PRIMARY KEY, x DOUBLE)",
        "INSERT INTO ends VALUES (1, 9223372036854774784), (2, 9223372036854777856), (3, -9223372036854775808), (4, 9007199254740991)",
        tables="numbers,ends",
    )
    low, high = -(2**63), 2**63 - 1
    for cast, expected in (
        ("u::bigint", [None, high, 0, 1]),
        ("i::unsigned", [None, 5, None, 1]),
        ("i::int", [low, 5, -1, 1]),
        ("d::int", [None, low, -1, None]),
        ("d::unsigned", [9223372036854775808, None, None, None]),
        ("x::int", [None, None, -3, None]),
        ("x::unsigned", here("filters.double_as_integer", [9223372036854775808, None, None, 18446744073709549568])),
        *here("filters.bits_as_numbers", [("b::int", [None, 7, 0, 1]), ("b::unsigned", [2**64 - 1, 7, 0, 1])]),
        ("f::int", [1234567, 16777216, 0, None]),
    ):
        assert [row["v"] for row in numbers.json(f"/numbers?select=v:{cast}&order=id")] == expected, cast
    for cast, expected in here(
        "filters.ends_of_doubles",
        [("int", [2**63 - 1024, None, low, 2**53 - 1]), ("unsigned", [2**63 - 1024, 2**63 + 2048, None, 2**53 - 1])],
    ):
        assert [row["v"] for row in numbers.json(f"/ends?select=v:x::{cast}&order=id")] == expected, cast
    rows = numbers.json("/numbers?select=f,text:f::text&order=id")
    assert [row["text"] for row in rows[:3]] == here("filters.floats_as_texts", ["1234567", "16777216", "0.1"])
    for row in rows:
        single = [struct.pack("f", float(value)) for value in (row["f"], row["text"])]
        assert single[0] == single[1]


def test_casts_of_texts_to_moments(data):
    row = data.json("/casts?select=a:t::timestamp,b:t::date,c:t::timestamptz,d:t::time&id=eq.5")[0]
    fraction = here("filters.fraction", ".000000")
    assert row == {"a": f"2024-01-02T03:04:05{fraction}", "b": "2024-01-02", "c": f"2024-01-02T03:04:05{fraction}+00:00", "d": None}
    assert data.json("/casts?select=t::json&id=eq.6") == [{"t": [1, {}]}]


@pytest.mark.parametrize("table", ["k_uuid", "k_address"])
@pytest.mark.parametrize(
    "name", ["int", "unsigned", "numeric", "float", "boolean", "date", "time", "timestamp", "timestamptz", "text", "json"]
)
def test_casts_of_types_that_only_look_like_texts(data, table, name):
    """The server itself refuses to make a number of them."""
    expected = data.json(f"/{table}?select=v&order=id") if name == "text" else [{"v": None}] * 5
    assert data.json(f"/{table}?select=v::{name}&order=id") == expected


@pytest.mark.parametrize("part", ["i::money", "i::int[]", "bin::int", "day::int", "i::date", "i::numeric(3)", "i::"])
def test_casts_that_are_none_are_400(data, part):
    error_of(data.get(f"/casts?select={part}"), 400, ("42704", "42846", "PGRST100", "PGRST200"))


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
        ("and=(" + "or(" * 40 + "id.eq.1" + ")" * 41, "nesting"),
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


# --- indices


@pytest.fixture(scope="module")
def explained(service):
    made = service(
        "CREATE TABLE big (id INT PRIMARY KEY, name VARCHAR(40) COLLATE utf8mb4_general_ci NOT NULL, maybe INT NULL,"
        " at DATETIME NOT NULL, kind ENUM('a','b','c') NOT NULL, latin VARCHAR(40) CHARACTER SET latin1 NOT NULL,"
        " amount DECIMAL(10,2) NOT NULL, words VARCHAR(200), INDEX (name), INDEX (maybe), INDEX (at), INDEX (kind),"
        " INDEX (latin), INDEX (amount), FULLTEXT (words))",
        "INSERT INTO big SELECT seq, CONCAT('n', seq), IF(seq % 7, seq, NULL), '2024-01-01' + INTERVAL seq MINUTE,"
        " IF(seq > 4990, 'c', ELT(1 + seq % 2, 'a', 'b')), CONCAT('é', seq), seq / 4, CONCAT('word', seq) FROM seq_1_to_5000",
        "ANALYZE TABLE big",
        tables="big",
        MYREST_LOG_LEVEL="debug",
    )
    log = made.schema.database.home / "explained"

    def explain(query):
        database = made.schema.database
        database.sql(f"SET GLOBAL general_log_file = '{log}'", "SET GLOBAL general_log = 1")
        try:
            assert made.get(f"/big?{query}").status == 200
        finally:
            database.sql("SET GLOBAL general_log = 0")
        statement = re.findall(r"Query\t(SELECT .* FROM (?:\"public\"\.)?[`\"]big[`\"] .*)$", log.read_text("utf-8"), re.M)[-1]
        with made.schema.connect() as connection, connection.cursor() as cursor:
            if HERE:
                return cursor.explain(statement)
            cursor.execute("SET SESSION sql_mode='NO_BACKSLASH_ESCAPES'")
            cursor.execute("EXPLAIN " + statement)
            row = dict(zip([column[0] for column in cursor.description], cursor.fetchone()))
        return row["key"], row["type"], row["Extra"] or ""

    return explain


@pytest.mark.parametrize(
    "query,key,kind",
    [
        ("id=eq.5", "PRIMARY", "const"),
        ("id=in.(1,2,3)", "PRIMARY", "range"),
        ("id=eq(any).{1,2}", "PRIMARY", "range"),
        ("or=(id.eq.1,id.eq.2)", "PRIMARY", "range"),
        ("and=(id.gt.10,id.lt.20)", "PRIMARY", "range"),
        ("id=gte.10&id=lte.20", "PRIMARY", "range"),
        ("name=eq.n5", "name", "ref"),
        ("name=in.(n1,n2)", "name", "range"),
        ("name=like.n123*", "name", "range"),
        ("name=like.n123", "name", "range"),
        ("name=like.N\\_*", "name", "range"),
        ("name=gt.n999", "name", "range"),
        ("maybe=eq.5", "maybe", "ref"),
        ("maybe=lt.9", "maybe", "range"),
        ("at=gt.2024-01-04T11:00:00", "at", "range"),
        ("kind=eq.c", "kind", "ref"),
        ("latin=eq." + q("é5"), "latin", "ref"),
        ("latin=like." + q("é500") + "*", "latin", "range"),
        ("amount=eq.17.25", "amount", "ref"),
        ("amount=lt.1e0", "amount", "range"),
        ("words=plfts.word17", "words", "fulltext"),
        ("not.or=(id.lte.4990,id.gt.5000)", "PRIMARY", "range"),
        ("id=not.lte.4990", "PRIMARY", "range"),
    ],
)
def test_filters_use_the_index(explained, query, key, kind):
    assert explained(query)[:2] == (key, here("filters.kind_of_use", kind))


@pytest.mark.parametrize(
    "query,key",
    [
        ("order=id&limit=10", "PRIMARY"),
        ("order=id.desc&limit=10", "PRIMARY"),
        ("order=id.desc.nullslast&limit=10", "PRIMARY"),
        ("order=name&limit=10", "name"),
        ("order=name.desc.nullslast&limit=10&select=id", "name"),
        ("order=maybe.nullsfirst&limit=10", "maybe"),
        ("order=maybe.desc.nullslast&limit=10", "maybe"),
        ("order=at,id&limit=10&select=id", "at"),
        ("id=gt.100&order=id&limit=10", "PRIMARY"),
        ("name=like.n1*&order=name&limit=10", "name"),
    ],
)
def test_orders_use_the_index(explained, query, key):
    used, _, extra = explained(query)
    assert used == key and "filesort" not in extra, extra


# --- a model of it all

ROWS = 1000
WORDS = ["", "a", "A", "b", "ab", "aB", "á", "abc", "x,y", "(", ")", '"', "\\", "'", "null", "a%", "a_", "*", "😀", "1", "z" * 9]


def model_rows():
    import random

    dice = random.Random(7)

    def maybe(value):
        return None if dice.random() < 0.15 else value

    return [
        {
            "id": at,
            "i": maybe(dice.randint(-5, 5)),
            "d": maybe(Decimal(dice.randint(-300, 300)) / 100),
            "s": maybe(dice.choice(WORDS)),
            "b": maybe(dice.random() < 0.5),
            "day": maybe(date(2024, 1, 1) + timedelta(days=dice.randint(0, 20))),
            "at": maybe(datetime(2024, 1, 1) + timedelta(seconds=dice.randint(0, 9), microseconds=dice.choice([0, 1, 500000]))),
            "f": maybe(dice.choice([-1.5, 0.0, 0.1, 0.25, 1e10])),
        }
        for at in range(1, ROWS + 1)
    ]


MODEL = model_rows()


@pytest.fixture(scope="module")
def model(service):
    made = service(
        "CREATE TABLE m (id INT PRIMARY KEY, i INT, d DECIMAL(6,2), s VARCHAR(20) COLLATE utf8mb4_nopad_bin, b BOOL, day DATE,"
        " at DATETIME(6), f DOUBLE, INDEX (i), INDEX (s), INDEX (day))",
        tables="m",
        MYREST_MAX_ROWS=2000,
    )
    with made.schema.connect() as connection, connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO m VALUES (%s,%s,%s,%s,%s,%s,%s,%s)", [tuple(row.values()) for row in MODEL]
        )
    return made


VALUES = {
    "id": strategies.integers(-1, ROWS + 1),
    "i": strategies.integers(-6, 6),
    "d": strategies.integers(-300, 300).map(lambda n: Decimal(n) / 100),
    "s": strategies.sampled_from(WORDS),
    "b": strategies.booleans(),
    "day": strategies.integers(-1, 21).map(lambda n: date(2024, 1, 1) + timedelta(days=n)),
    "at": strategies.tuples(strategies.integers(0, 9), strategies.sampled_from([0, 1, 500000])).map(
        lambda n: datetime(2024, 1, 1) + timedelta(seconds=n[0], microseconds=n[1])
    ),
    "f": strategies.sampled_from([-1.5, 0.0, 0.1, 0.25, 0.3, 1e10]),
}


def write(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value)


def order_of(value):
    return value.encode() if isinstance(value, str) else value


COMPARE = {
    "eq": lambda a, b: a == b,
    "neq": lambda a, b: a != b,
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
    "like": lambda a, b: like(b.decode(), a.decode(), True),
}


def three(values, all_of):
    """SQL's AND and OR over True, False, None."""
    values = list(values)
    if (not all_of) in values:
        return not all_of
    return None if None in values else all_of


def negate(value, negated):
    return None if value is None else value != negated


@strategies.composite
def leaves(draw):
    """A filter: how it is written behind its column, and what it is for a row."""
    column = draw(strategies.sampled_from(list(VALUES)))
    kinds = ["compare", "compare", "in", "is", "isdistinct", "some"]
    kind = draw(strategies.sampled_from(kinds + ["like"] * 2 if column == "s" else kinds))
    negated = draw(strategies.booleans())
    prefix = "not." if negated else ""
    several = [draw(VALUES[column]) for _ in range(draw(strategies.integers(0 if kind != "compare" else 1, 3)))]
    if kind in ("compare", "isdistinct", "like"):
        value = draw(VALUES[column])
        operator = draw(strategies.sampled_from(list(COMPARE)[:6])) if kind == "compare" else kind
        if kind == "like":
            value = draw(strategies.sampled_from(["a*", "*b", "_", "*", "a\\_", "a\\%", "A_", "", "*\\\\", "(*", "á*"]))

        def test(row, operator=operator):
            have = order_of(row[column])
            if operator == "isdistinct":
                return negate(have != order_of(value), negated)
            return None if have is None else negate(COMPARE[operator](have, order_of(value)), negated)

        return column, f"{prefix}{operator}.", write(value), test
    if kind == "is":
        word = draw(strategies.sampled_from(["null", "not_null"] + (["true", "false", "unknown"] if column == "b" else [])))
        want = {"null": (None,), "unknown": (None,), "true": (True,), "false": (False,)}.get(word)
        return (
            column, f"{prefix}is.{word}", None,
            lambda row: negate(row[column] is not None if want is None else row[column] in want and
                               (row[column] is None) == (want == (None,)), negated),
        )  # fmt: skip
    if kind == "in":
        text = "(" + ",".join(quoted(write(value)) for value in several) + ")"
        return (
            column, f"{prefix}in.{text}", None,
            lambda row: negate(three((None if row[column] is None else row[column] == value for value in several), False),
                               negated),
        )  # fmt: skip
    operator, word = draw(strategies.sampled_from(["eq", "gt", "lte"])), draw(strategies.sampled_from(["any", "all"]))
    text = "{" + ",".join(quoted(write(value)) for value in several) + "}"
    return (
        column, f"{prefix}{operator}({word}).{text}", None,
        lambda row: negate(
            three((None if row[column] is None else COMPARE[operator](order_of(row[column]), order_of(value))
                   for value in several), word == "all"), negated),
    )  # fmt: skip


@strategies.composite
def trees(draw, depth=3):
    """As it is written inside of a tree, and the test."""
    if depth == 0 or draw(strategies.integers(0, 2)) == 0:
        column, operation, value, test = draw(leaves())
        return f"{column}.{operation}" + (quoted(value) if value is not None else ""), test
    members = [draw(trees(depth=depth - 1)) for _ in range(draw(strategies.integers(1, 3)))]
    all_of, negated = draw(strategies.booleans()), draw(strategies.booleans())
    text = ("not." if negated else "") + ("and" if all_of else "or") + "(" + ",".join(text for text, _ in members) + ")"
    return text, lambda row: negate(three((test(row) for _, test in members), all_of), negated)


orders = strategies.lists(
    strategies.tuples(
        strategies.sampled_from(list(VALUES)), strategies.booleans(), strategies.sampled_from([None, "nullsfirst", "nullslast"])
    ),
    max_size=3,
)


def sort(rows, terms):
    for column, descending, nulls in reversed(terms):
        first = descending if nulls is None else nulls == "nullsfirst"
        some = sorted((row for row in rows if row[column] is not None), key=lambda row: order_of(row[column]),
                      reverse=descending)  # fmt: skip
        if descending:  # sorted() keeps the order of equals only when it is not told to turn it around
            some = []
            for value in sorted({row[column] for row in rows if row[column] is not None}, key=order_of, reverse=True):
                some += [row for row in rows if row[column] == value]
        none = [row for row in rows if row[column] is None]
        rows = none + some if first else some + none
    return rows


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(strategies.lists(leaves(), max_size=2), strategies.lists(trees(), max_size=2), orders, strategies.integers(0, 3))
def test_rows_are_those_of_the_model(model, filters, groups, terms, offset):
    parts = [f"{column}={q(operation + (value or ''))}" for column, operation, value, _ in filters]
    tests = [test for *_, test in filters]
    for text, test in groups:
        found = re.match(r"(not\.)?(and|or)\(", text)
        if found and "(" in text:
            parts.append(f"{found.group(0)[:-1]}={q(text[found.end() - 1:])}")
        else:
            parts.append(f"and={q('(' + text + ')')}")
        tests.append(test)
    terms = [*terms, ("id", False, None)]
    parts.append("order=" + ",".join(
        column + (".desc" if descending else "") + (f".{nulls}" if nulls else "") for column, descending, nulls in terms
    ))  # fmt: skip
    parts.append(f"offset={offset}&select=id")
    expected = [row["id"] for row in sort([row for row in MODEL if all(test(row) is True for test in tests)], terms)]
    assert ids(model, "/m?" + "&".join(parts)) == expected[offset:], parts
