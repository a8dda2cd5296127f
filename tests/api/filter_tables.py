# SPDX-License-Identifier: MIT
"""The tables and rows on which filters are tried."""
import json
import re
from urllib.parse import quote

import pytest

from differences import here

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
