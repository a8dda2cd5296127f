# SPDX-License-Identifier: MIT
"""Texts, enumerations and bytes: all of them come back."""
import base64
import os
from urllib.parse import quote

import pytest

from differences import here
from typed import types  # noqa: F401 (fixtures)

TEXTS = [
    "",
    " ",
    "a",
    '"',
    "\\",
    "/",
    "\b\f\n\r\t",
    "\x00\x01\x1f\x7f",
    "é",
    "日本語",
    "😀",
    "\u2028\u2029",
    "\ufeff",
    "\ufffd",
    "\U0010ffff",
    "</script>",
    "'; DROP TABLE users; --",
    "null",
    "true",
    "1",
    "a\u0301",
    "\u202eabc",
]


@pytest.mark.parametrize(
    "definition", ["VARCHAR(100)", "TEXT", "LONGTEXT", "CHAR(100)", "VARCHAR(100) COLLATE utf8mb4_bin"]
)
def test_texts_come_back_as_they_were_written(types, definition):
    name = types.table(f"v {definition}")
    with types.schema.connect() as connection, connection.cursor() as cursor:
        texts = [text for text in TEXTS if not any(character in text for character in here("types.never_in_a_text", ""))]
        cursor.executemany(f"INSERT INTO {name} VALUES (%s, %s)", list(enumerate(texts, 1)))
    expected = [text.rstrip(" ") for text in texts] if definition.startswith("CHAR") else texts
    assert [row["v"] for row in types.json(f"/{name}?order=id")] == expected


@pytest.mark.parametrize(
    "charset,text",
    [
        ("latin1", "Ünïcödé €"),
        ("utf8mb3", "日本語"),
        ("ucs2", "日本語 é"),
        ("utf16", "😀 é"),
        ("utf32", "😀"),
        ("sjis", "日本語"),
        ("gbk", "中文"),
        ("cp1251", "Привет"),
        ("koi8r", "Привет"),
        ("ascii", "plain"),
    ],
)
def test_texts_of_every_character_set_are_utf8(types, charset, text):
    name = types.table(f"v VARCHAR(40) CHARACTER SET {charset}")
    with types.schema.connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {name} VALUES (1, %s)", (text,))
    assert types.json(f"/{name}") == [{"id": 1, "v": text}]
    assert types.json(f"/{name}?v=eq.{quote(text, safe='')}") == [{"id": 1, "v": text}]


def test_a_long_text_is_whole(types):
    name = types.table("v LONGTEXT")
    types.schema.sql(f"INSERT INTO {name} VALUES (1, REPEAT('é\"', 1000000)), (2, 'short')")
    assert types.json(f"/{name}/1") == {"id": 1, "v": 'é"' * 1000000}
    assert [len(row["v"]) for row in types.json(f"/{name}?order=id")] == [2000000, 5]


def test_what_is_not_utf8_in_the_database_is_answered_as_the_replacement_character(types):
    broken = [b"a\xffb", b"\xc3", b"\xed\xa0\x80", b"ok", b"\xf0\x9f\x98", b"\xc0\x80", b"\xe9t\xe9"]
    types.schema.sql(
        "CREATE TABLE raw (id INT PRIMARY KEY, v VARBINARY(80)) ENGINE=MyISAM",
        *[f"INSERT INTO raw VALUES ({at}, x'{value.hex()}')" for at, value in enumerate(broken, 1)],
        "FLUSH TABLES",
    )
    name = types.table("v VARCHAR(20) CHARACTER SET utf8mb4", options="ENGINE=MyISAM")
    types.schema.sql("FLUSH TABLES")
    home = types.schema.database.data / types.schema.name
    for suffix in (".MYD", ".MYI"):
        with open(home / f"raw{suffix}", "rb") as source, open(home / f"{name}{suffix}", "r+b") as target:
            target.truncate()
            target.write(source.read())
    types.schema.sql("FLUSH TABLES")
    assert types.schema.sql(f"SELECT HEX(v) FROM {name} WHERE id = 1") == (("61FF62",),), "the trick did not work"
    values = [row["v"] for row in types.json(f"/{name}?order=id")]
    assert values[3] == "ok"
    assert values[0] == "a\ufffdb"
    assert values[6] == "\ufffdt\ufffd"
    for value in (values[1], values[2], values[4], values[5]):
        assert value and set(value) == {"\ufffd"}, values


def test_enum_and_set_are_strings(types):
    empty = here("types.no_member", ["''"])  # in place of what is none of them
    assert types.column(
        "ENUM('small','it''s','große','a,b')", "'small'", "'it''s'", "'große'", "'a,b'", "NULL", *empty
    ) == ["small", "it's", "große", "a,b", None, *([""] if empty else [])]
    assert types.column("SET('a','b','ü')", "'a,ü'", "''", "'b'", "NULL") == ["a,ü", "", "b", None]
    name = types.table("v ENUM('x','y')", "s SET('a','b')", rows=["'x','a'", "'y','a,b'"])
    assert [row["id"] for row in types.json(f"/{name}?v=eq.y")] == [2]
    assert [row["id"] for row in types.json(f"/{name}?s=eq.a,b")] == [2]


def test_enum_is_ordered_as_the_database_does(types):
    name = types.table("v ENUM('zebra','ant')", rows=["'ant'", "'zebra'"])
    assert [row["v"] for row in types.json(f"/{name}?order=v")] == ["zebra", "ant"]


EVERY = bytes(range(256))


@pytest.mark.parametrize("definition", ["BLOB", "LONGBLOB", "TINYBLOB", "VARBINARY(255)"])
def test_binary_is_base64(types, definition):
    values = [EVERY[:255], b"", b"\0", b"ab", b"abc", b"abcd", EVERY[255:]]
    answered = types.column(definition, *[f"x'{value.hex()}'" for value in values], "NULL")
    assert answered == [base64.b64encode(value).decode() for value in values] + [None]


def test_binary_n_is_padded_as_the_database_has_it(types):
    assert types.column("BINARY(4)", "x'0102'") == [base64.b64encode(b"\1\2\0\0").decode()]


def test_a_large_blob_is_whole(types):
    value = os.urandom(1 << 20)
    name = types.table("v LONGBLOB")
    with types.schema.connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {name} VALUES (1, _binary %s)", (value,))
    assert base64.b64decode(types.json(f"/{name}/1")["v"], validate=True) == value


@pytest.mark.parametrize(
    "definition,value",
    [
        ("POINT", "ST_GeomFromText('POINT(1 2)')"),
        ("GEOMETRY", "ST_GeomFromText('LINESTRING(0 0,1 1)')"),
        ("POLYGON", "ST_GeomFromText('POLYGON((0 0,0 1,1 1,0 0))')"),
    ],
)
def test_geometry_is_base64(types, definition, value):
    name = types.table(f"v {definition} NULL", rows=[value, "NULL"])
    raw = types.schema.sql(f"SELECT v FROM {name} WHERE id = 1")[0][0]
    assert [row["v"] for row in types.json(f"/{name}?order=id")] == [base64.b64encode(raw).decode(), None]
