# SPDX-License-Identifier: MIT
"""The ways in which a value is written, and how what was written is read and asked for."""
import json
from urllib.parse import quote

import pytest

from value_kinds import BIN, KINDS, NEVER, NULL, written
from web import Number, error_of
from writing import GRANT, REPRESENTATION, Tables, shown


def text_of(value, ascii_only=False):
    """A JSON text; numbers with a fraction as they are written."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, Document):
        return value.text(ascii_only)
    if isinstance(value, dict):
        return "{%s}" % ",".join(f"{json.dumps(name, ensure_ascii=ascii_only)}:{text_of(member, ascii_only)}" for name, member in value.items())
    if isinstance(value, list):
        return "[%s]" % ",".join(text_of(member, ascii_only) for member in value)
    return json.dumps(value, ensure_ascii=ascii_only)


class Document:
    """A value of a JSON column: floats keep what Python writes of them."""

    def __init__(self, value):
        self.value = value

    def text(self, ascii_only=False):
        return json.dumps(self.value, ensure_ascii=ascii_only)


def sent_as(kind, value):
    """The JSON value that a client sends of what the database is to have."""
    if value is NULL:
        return None
    if kind.definition == "JSON":
        return Document(value)
    if kind.definition in ("FLOAT", "DOUBLE"):
        return Number(repr(value))
    return kind.answered(value)


def csv_of(kind, value):
    """The same as a field of CSV."""
    if value is NULL:
        return ""
    sent = sent_as(kind, value)
    text = sent.text() if isinstance(sent, Document) else written(sent)
    return quoted(text)


def quoted(text):
    return '"' + text.replace('"', '""') + '"'


def writable_form(name, value):
    """What a column takes without changing it: CHAR strips spaces, BINARY fills up, JSON's null is NULL."""
    if value is NULL or value is None:
        return NULL
    if name == "padded":
        return value.rstrip(" ")
    if name == "fixed":
        return value.ljust(20, b"\1")
    return value


TABLES = {
    "v": ("CREATE TABLE v (id INT PRIMARY KEY AUTO_INCREMENT, " + ", ".join(f"{name} {kind.definition} NULL" for name, kind in KINDS.items()) + ")", ""),
    "t": (
        f"CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, words VARCHAR(200) {BIN}, story LONGTEXT {BIN}, short VARCHAR(5) {BIN},"
        f" padded CHAR(20) {BIN}, loose VARCHAR(200) COLLATE utf8mb4_general_ci, latin VARCHAR(200) CHARACTER SET latin1,"
        " ascii VARCHAR(200) CHARACTER SET ascii, narrow VARCHAR(200) CHARACTER SET utf8mb3, doc JSON)",
        "",
    ),
    "k_text": (f"CREATE TABLE k_text (k VARCHAR(200) {BIN} PRIMARY KEY, n INT)", ""),
    "k_big": ("CREATE TABLE k_big (k BIGINT UNSIGNED PRIMARY KEY, n INT)", ""),
    "k_decimal": ("CREATE TABLE k_decimal (k DECIMAL(65,30) PRIMARY KEY, n INT)", ""),
    "k_moment": ("CREATE TABLE k_moment (k DATETIME(6) PRIMARY KEY, n INT)", ""),
    "k_bytes": ("CREATE TABLE k_bytes (k VARBINARY(20) PRIMARY KEY, n INT)", ""),
}


@pytest.fixture(scope="module")
def values(service):
    tables = ",".join(TABLES)
    made = service(*(statement for statement, _ in TABLES.values()), grant=GRANT, tables=tables, MYREST_WRITABLE=tables,
                   MYREST_MAX_ROWS=100000, MYREST_ALLOW_UNFILTERED="on")  # fmt: skip
    tables = Tables(made, TABLES)
    tables.number = 0
    return tables


def asked(tables, target, headers=None):
    response = tables.get(target, headers=headers)
    assert response.status == 200, (target, response)
    return response


class Reading:
    """What check_formats and check_filters of value_kinds.py read by."""

    def __init__(self, tables):
        self.tables, self.get = tables, tables.get

    def rows(self, target, headers=None):
        return asked(self.tables, target, headers)


def numbers(values, rows):
    first = values.number + 1
    values.number += len(rows)
    return list(range(first, first + len(rows)))


def taken(response, statuses=(200, 201, 204)):
    assert response.status in statuses, f"a value that its column can hold was refused: {response}"
    return response


WAYS = {}


def way(function):
    WAYS[function.__name__.removeprefix("by_")] = function
    return function


@way
def by_post(values, group, given):
    body = [{"id": number, **{name: sent_as(kind, row[name]) for name, kind in group.items()}} for number, row in given.items()]
    response = values.post(f"/v?select=id,{','.join(group)}", text_of(body).encode(), prefer=REPRESENTATION, timeout=60)
    return taken(response).json(exact=True)


@way
def by_escaped_post(values, group, given):
    body = [{"id": number, **{name: sent_as(kind, row[name]) for name, kind in group.items()}} for number, row in given.items()]
    taken(values.post("/v", text_of(body, ascii_only=True).encode(), kind="application/json; charset=utf-8", timeout=60))


@way
def by_csv(values, group, given):
    lines = [",".join(["id", *group])]
    lines += [",".join([str(number), *(csv_of(kind, row[name]) for name, kind in group.items())]) for number, row in given.items()]
    taken(values.post("/v", csv="\n".join(lines) + "\n", timeout=60))


@way
def by_patch(values, group, given):
    taken(values.post("/v", [{"id": number} for number in given]))
    for number, row in given.items():
        body = {name: sent_as(kind, row[name]) for name, kind in group.items()}
        target = f"/v?id=eq.{number}" if number % 2 else f"/v/{number}"
        taken(values.patch(target, text_of(body).encode()))


@way
def by_put(values, group, given):
    for number, row in given.items():
        body = {name: sent_as(kind, row[name]) for name, kind in group.items()}
        if number % 2:
            taken(values.put(f"/v/{number}", text_of(body).encode()))
        else:
            taken(values.put(f"/v?id=eq.{number}", text_of({"id": number, **body}).encode()))


@way
def by_merge(values, group, given):
    taken(values.post("/v", [{"id": number} for number in list(given)[::2]]))
    body = [{"id": number, **{name: sent_as(kind, row[name]) for name, kind in group.items()}} for number, row in given.items()]
    taken(values.post("/v", text_of(body).encode(), prefer="resolution=merge-duplicates", timeout=60))


# --- any string


def refused_for(response, column, value):
    """A refusal is a 4xx that names the column and says something; and it is not for nothing."""
    assert 400 <= response.status < 500, f"{column} = {value!r}: {response}"
    error = error_of(response, response.status)
    assert column in f"{error['message']} {error['details']}", f"the column is not named: {error}"
    if error["code"] == "22P05" and any(character in value for character in NEVER):
        return error
    if column in ("words", "story", "loose"):
        raise AssertionError(f"{column} can hold {value!r}: {error}")
    if column == "short":
        assert len(value) > 5 and error["code"] == "22001", f"{column} can hold {value!r}: {error}"
    elif column == "padded":
        assert (len(value) > 20 or value.endswith(" ")) and error["code"] == "22001", f"{column} can hold {value!r}: {error}"
    elif column == "ascii":
        assert not value.isascii(), f"{column} can hold {value!r}: {error}"
    elif column == "narrow":
        assert any(ord(character) > 0xFFFF for character in value), f"{column} can hold {value!r}: {error}"
    elif column == "latin":
        assert any(ord(character) > 0x7F for character in value), f"{column} can hold {value!r}: {error}"
    return error


def equal_everywhere(values, number, column, value):
    row = values.json(f"/t/{number}?select={column}")
    assert row == {column: value}, f"by key: {row!r}, written was {value!r}"
    assert values.json(f"/t?id=eq.{number}&select={column}") == [{column: value}]
    if "\0" not in value:
        found = values.json(f"/t?{column}=eq.{quote(value, safe='')}&id=eq.{number}&select={column}")
        assert found == [{column: value}], f"by a filter on itself: {found!r}, written was {value!r}"


def new(values):
    [row] = shown(values.post("/t?select=id", {"words": "new"}, prefer=REPRESENTATION), 201)
    return row["id"]
