# SPDX-License-Identifier: MIT
"""What goes in comes back equal, or is refused with a reason that names the column.

Values are made by hypothesis (the kinds of test_values.py), written through nginx by POST, PATCH, PUT and CSV, and read back
by list, by key and by a filter on themselves.
"""
import json
from decimal import Decimal
from urllib.parse import quote

import pytest
from hypothesis import assume, given, note
from hypothesis import strategies as st

from test_values import BIN, BYTES, GROUPS, KINDS, NEVER, NULL, TEXT, UNICODE, Number, base64_of, bounded, check_filters, check_formats, moment, rows_of, written
from differences import here
from postgresql import fraction
from servers import ids_go_on
from web import error_of
from writing import GRANT, REPRESENTATION, Tables, done, send, shown


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
    """What check_formats and check_filters of test_values.py read by."""

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


@pytest.mark.parametrize("name", GROUPS)
@pytest.mark.parametrize("how", WAYS)
def test_values_go_in_and_come_back(values, how, name):
    group = GROUPS[name]

    @bounded(30)
    @given(rows_of(group))
    def property(rows):
        rows = [{column: writable_form(column, value) for column, value in row.items()} for row in rows]
        given = dict(zip(numbers(values, rows), rows))
        note(f"id {next(iter(given))} and on")
        answer = WAYS[how](values, group, given)
        target = f"/v?select=id,{','.join(group)}&id=gte.{next(iter(given))}&order=id"
        got = check_formats(Reading(values), target, group, given)
        if answer is not None:
            assert answer == got, "the representation is what is read afterwards"
        for row in got[:5]:
            assert asked(values, f"/v/{row['id']}?select=id,{','.join(group)}").json(exact=True) == row
        if how == "post":
            check_filters(Reading(values), group, got)

    property()


@pytest.mark.parametrize("name", GROUPS)
def test_what_is_read_can_be_written(values, name):
    """GET, then POST of the same bytes under other keys: the rows are equal, in JSON and in CSV."""
    group = GROUPS[name]

    @bounded(20)
    @given(rows_of(group), st.booleans())
    def property(rows, as_csv):
        rows = [{column: writable_form(column, value) for column, value in row.items()} for row in rows]
        given = dict(zip(numbers(values, rows), rows))
        by_post(values, group, given)
        first = next(iter(given))
        target = f"/v?select={','.join(group)}&id=gte.{first}&order=id"
        accept = {"Accept": "text/csv"} if as_csv else {}
        before = asked(values, target, accept).body
        values.schema.sql(f"DELETE FROM v WHERE id >= {first}")
        ids_go_on(values.schema, "v")
        response = values.post("/v", csv=before, timeout=60) if as_csv else values.post("/v", before, timeout=60)
        taken(response)
        assert asked(values, target, accept).body == before
        values.number = values.value("SELECT MAX(id) FROM v")

    property()


# --- any string

ANY = st.one_of(TEXT, st.text(UNICODE, max_size=12), st.text(st.sampled_from("'\"\\\0\n\r\t%_;-#/*`😀é \x1a"), max_size=12))
COLUMNS = ["words", "story", "short", "padded", "loose", "latin", "ascii", "narrow"]


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


STRINGS = {
    "post": lambda values, column, value: values.post(f"/t?select=id,{column}", {column: value}, prefer=REPRESENTATION),
    "escaped post": lambda values, column, value: values.post(
        f"/t?select=id,{column}", json.dumps([{column: value}]).encode(), prefer=REPRESENTATION
    ),
    "csv": lambda values, column, value: values.post(
        f"/t?select=id,{column}", csv=f"{column},doc\r\n{quoted(value)},\r\n", prefer=REPRESENTATION
    ),
    "patch": lambda values, column, value: values.patch(f"/t?id=eq.{new(values)}&select=id,{column}", {column: value}, prefer=REPRESENTATION),
    "patch by key": lambda values, column, value: values.patch(f"/t/{new(values)}?select=id,{column}", {column: value}, prefer=REPRESENTATION),
    "patch by csv": lambda values, column, value: values.patch(
        f"/t?id=eq.{new(values)}&select=id,{column}", csv=f"{column}\n{quoted(value)}\n", prefer=REPRESENTATION
    ),
    "put": lambda values, column, value: values.put(f"/t/{new(values)}?select=id,{column}", {column: value}, prefer=REPRESENTATION),
    "merge": lambda values, column, value: values.post(
        f"/t?select=id,{column}", [{"id": new(values), column: value}], prefer=("resolution=merge-duplicates", REPRESENTATION)
    ),
}


def new(values):
    [row] = shown(values.post("/t?select=id", {"words": "new"}, prefer=REPRESENTATION), 201)
    return row["id"]


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("how", STRINGS)
def test_any_string_comes_back_equal_or_is_refused_with_a_reason(values, how, column):
    @bounded(40)
    @given(ANY)
    def property(value):
        response = STRINGS[how](values, column, value)
        if response.status in (200, 201):
            answer = response.json()
            row = answer[0] if isinstance(answer, list) else answer
            assert row[column] == value, f"shown is {row[column]!r}, written was {value!r}"
            equal_everywhere(values, row["id"], column, value)
        else:
            count = values.value("SELECT COUNT(*) FROM t")
            refused_for(response, column, value)
            assert values.value("SELECT COUNT(*) FROM t") == count

    property()


@pytest.mark.parametrize("column", ["words", "story", "loose"])
def test_many_strings_in_one_body(values, column):
    @bounded(20)
    @given(st.lists(ANY.filter(lambda text: not any(character in text for character in NEVER)), min_size=1, max_size=60), st.booleans())
    def property(strings, as_csv):
        rows = [{column: value} for value in strings]
        target = f"/t?select=id,{column}"
        if as_csv:
            text = f"{column},doc\n" + "".join(f"{quoted(value)},\n" for value in strings)
            answer = shown(values.post(target, csv=text, prefer=REPRESENTATION), 201)
        else:
            answer = shown(values.post(target, rows, prefer=REPRESENTATION), 201)
        assert [row[column] for row in answer] == strings
        ids = ",".join(str(row["id"]) for row in answer)
        assert values.json(f"{target}&id=in.({ids})&order=id") == sorted(answer, key=lambda row: row["id"])

    property()


def test_every_character_there_is(values):
    """All of unicode without the surrogates, a few thousand at a time."""
    everything = [chr(code) for code in range(len(NEVER), 0x110000) if not 0xD800 <= code <= 0xDFFF]
    step = 40000
    for at in range(0, len(everything), step):
        text = "".join(everything[at : at + step])
        [row] = shown(values.post("/t?select=id,story", {"story": text}, prefer=REPRESENTATION, timeout=60), 201)
        assert row["story"] == text
        assert values.json(f"/t/{row['id']}?select=story") == {"story": text}
        assert values.rows(f"SELECT LENGTH(story) FROM t WHERE id = {row['id']}") == [(len(text.encode()),)]


def test_every_escape_there_is(values):
    body = b'{"story":"' + b"".join(b"\\u%04x" % code for code in range(len(NEVER), 0xD800)) + b'\\"\\\\\\/\\b\\f\\n\\r\\t\\ud83d\\ude00\\uDBFF\\uDFFF"}'
    wanted = "".join(map(chr, range(len(NEVER), 0xD800))) + '"\\/\b\f\n\r\t😀\U0010ffff'
    [row] = shown(values.post("/t?select=id,story", body, prefer=REPRESENTATION, timeout=60), 201)
    assert row["story"] == wanted


def test_lengths_are_counted_in_characters(values):
    for character in ("a", "é", "日", "😀"):
        [row] = shown(values.post("/t?select=id,short,words", {"short": character * 5, "words": character * 200}, prefer=REPRESENTATION), 201)
        assert (row["short"], row["words"]) == (character * 5, character * 200)
        assert error_of(values.post("/t", {"short": character * 6}), 422, "22001")
        assert error_of(values.post("/t", {"words": character * 201}), 422, "22001")


@pytest.mark.parametrize("column", COLUMNS)
def test_null_and_the_empty_string_are_two(values, column):
    answer = shown(values.post(f"/t?select={column}", [{column: None}, {column: ""}], prefer=REPRESENTATION), 201)
    assert answer == [{column: None}, {column: ""}]
    answer = shown(values.post(f"/t?select={column}", csv=f'{column},doc\n,\n"",\n', prefer=REPRESENTATION), 201)
    assert answer == [{column: None}, {column: ""}]


# --- keys

KEYS = {
    "k_text": TEXT.filter(lambda text: "\0" not in text and text not in ("", ".", "..")),
    "k_big": KINDS["big_u"].strategy,
    "k_decimal": KINDS["long_decimal"].strategy,
    "k_moment": KINDS["at"].strategy,
    "k_bytes": BYTES.filter(bool),
}


@pytest.mark.parametrize("table", KEYS)
def test_every_key_can_be_written_by(values, table):
    @bounded(25)
    @given(st.lists(KEYS[table], min_size=1, max_size=8, unique=True))
    def property(keys):
        values.schema.sql(f"DELETE FROM {table}")
        for number, key in enumerate(keys):
            sent = base64_of(key) if table == "k_bytes" else moment(key) if table == "k_moment" else key
            path = f"/{table}/{quote(written(sent), safe='')}"
            response = values.post(f"/{table}", text_of({"k": sent, "n": number}).encode(), prefer="return=headers-only")
            done(response, 201)
            assert values.get(response.headers["location"]).json(exact=True) == [{"k": sent, "n": number}], response.headers["location"]
            done(values.patch(path, {"n": number + 100}), 204)
            assert values.get(path).json(exact=True) == {"k": sent, "n": number + 100}
            done(values.put(path, {"n": number + 200}), 204)
            done(values.put(path, text_of({"k": sent, "n": number + 300}).encode()), 204)
            done(values.patch(f"/{table}?k=eq.{quote(written(sent), safe='')}", {"n": number + 400}), 204)
            assert values.get(path).json(exact=True) == {"k": sent, "n": number + 400}
        assert values.value(f"SELECT COUNT(*) FROM {table} WHERE n >= 400") == len(keys)
        for key in keys[::2]:
            sent = base64_of(key) if table == "k_bytes" else moment(key) if table == "k_moment" else key
            path = f"/{table}/{quote(written(sent), safe='')}"
            done(values.delete(path), 204)
            error_of(values.get(path), 404)
        assert values.value(f"SELECT COUNT(*) FROM {table}") == len(keys) - len(keys[::2])

    property()


# --- the first and the last value of every type

EDGES = [
    ("TINYINT", ["-128", "127", "0", "-1"]), ("TINYINT UNSIGNED", ["0", "255"]), ("SMALLINT", ["-32768", "32767"]),
    ("SMALLINT UNSIGNED", ["0", "65535"]), ("MEDIUMINT", ["-8388608", "8388607"]), ("MEDIUMINT UNSIGNED", ["0", "16777215"]),
    ("INT", ["-2147483648", "2147483647"]), ("INT UNSIGNED", ["0", "4294967295"]),
    ("BIGINT", ["-9223372036854775808", "9223372036854775807", "9007199254740993", "-9007199254740993"]),
    ("BIGINT UNSIGNED", ["0", "18446744073709551615", "9223372036854775808"]),
    ("DECIMAL(65,0)", ["9" * 65, "-" + "9" * 65, "0"]), ("DECIMAL(65,30)", ["9" * 35 + "." + "9" * 30, "-" + "9" * 35 + "." + "9" * 30, "0." + "0" * 29 + "1"]),
    ("DECIMAL(5,2)", ["999.99", "-999.99", "0.01", "-0.01", "0.00"]), ("DECIMAL(30,30)", ["0." + "9" * 30]),
    ("FLOAT", ["3.4028235e38", "-3.4028235e38", "1.17549435e-38", "1e-45", "0.1", "16777216", "0"]),
    ("DOUBLE", ["1.7976931348623157e308", "-1.7976931348623157e308", "2.2250738585072014e-308", "5e-324", "0.1", "1e23", "9007199254740993", "0"]),
    ("BOOL", ["true", "false", "127", "-128", "2"]), ("BIT(1)", ["true", "false"]), ("BIT(8)", ["0", "255"]), ("BIT(64)", ["0", "18446744073709551615"]),
    ("YEAR", ["1901", "2155", "0"]), ("DATE", ['"0001-01-01"', '"9999-12-31"', '"2024-02-29"', '"1000-01-01"']),
    ("TIME(6)", ['"838:59:59.999999"', '"-838:59:59.999999"', '"00:00:00.000000"', '"-00:00:00.000001"', '"00:00:00.000001"']),
    ("TIME", ['"838:59:59"', '"-838:59:59"', '"00:00:00"']),
    ("DATETIME(6)", ['"0001-01-01T00:00:00.000000"', '"9999-12-31T23:59:59.999999"', '"2024-01-02T03:04:05.678900"']),
    ("DATETIME", ['"0001-01-01T00:00:00"', '"9999-12-31T23:59:59"']),
    ("TIMESTAMP(6)", ['"1970-01-01T00:00:01.000000+00:00"', '"2038-01-19T03:14:07.999999+00:00"']),
    ("TIMESTAMP", ['"1970-01-01T00:00:01+00:00"', '"2038-01-19T03:14:07+00:00"']),
    ("CHAR(0)", ['""']), ("CHAR(255)", [json.dumps("x" * 255), json.dumps("😀" * 255, ensure_ascii=False), '" leading"', '""']),
    ("VARCHAR(5)", [json.dumps("😀" * 5, ensure_ascii=False), '"     "', '"a    "', '""']),
    ("TINYTEXT", [json.dumps("x" * 255), '"trailing  "']), ("TEXT", [json.dumps("x" * 65535), json.dumps("😀" * 16383, ensure_ascii=False)]),
    ("MEDIUMTEXT", [json.dumps("x" * 200000)]), ("VARBINARY(3)", ['"AAAA"', '""', '"IA=="', '"ICAg"', '"//79"']), ("BINARY(3)", ['"AAAA"', '"ICAg"']),
    ("TINYBLOB", [json.dumps(base64_of(b"\0" * 255))]), ("BLOB", [json.dumps(base64_of(bytes(range(256)) * 255)), '""']),
    ("ENUM('first','','last')", ['"first"', '"last"', '""']), ("SET('a','b','c')", ['""', '"a"', '"a,b,c"', '"c"']),
    ("JSON", ["null", "true", "0", '""', "[]", "{}", '"x"', "1e400", "123456789012345678901234567890", "0.10", '{"a":{"b":[1,2,{"c":null}]}}', "[" * 30 + "]" * 30]),
    ("UUID", ['"00000000-0000-0000-0000-000000000000"', '"ffffffff-ffff-ffff-ffff-ffffffffffff"']),
    ("INET6", ['"::"', '"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"', '"::ffff:1.2.3.4"']), ("INET4", ['"0.0.0.0"', '"255.255.255.255"']),
]  # fmt: skip
EDGES = [(kind, here("write_values.edges", {}).get(kind, texts)) for kind, texts in EDGES]


@pytest.fixture(scope="module")
def edges(service):
    made = [f"CREATE TABLE e{at} (id INT PRIMARY KEY AUTO_INCREMENT, value {kind} NULL) CHARACTER SET utf8mb4" for at, (kind, _) in enumerate(EDGES)]
    tables = ",".join(f"e{at}" for at in range(len(EDGES)))
    return service(*made, grant=GRANT, tables=tables, MYREST_WRITABLE=tables)


def same(text, got):
    """The number or text that was sent; FLOAT and DOUBLE may be written in another way."""
    wanted = json.loads(text, parse_float=Number)
    if isinstance(wanted, Number) or isinstance(got, Number):
        return Decimal(str(got)) == Decimal(str(wanted)) or float(got) == float(wanted)
    return type(got) is type(wanted) and got == wanted


@pytest.mark.parametrize("at, text", [(at, text) for at, (_, texts) in enumerate(EDGES) for text in texts],
                         ids=[f"{kind}-{text[:24]}" for kind, texts in EDGES for text in texts])  # fmt: skip
def test_the_edges_of_every_type(edges, at, text):
    kind = EDGES[at][0]
    for method in ("POST", "PATCH", "CSV"):
        body = f'{{"value":{text}}}'.encode()
        if method == "POST":
            response = send(edges.web, "POST", f"/e{at}", body, prefer=REPRESENTATION)
        elif method == "CSV":
            value = json.loads(text, parse_int=str, parse_float=str) if kind != "JSON" else text
            field = quoted({True: "true", False: "false"}[value] if isinstance(value, bool) else value)
            response = send(edges.web, "POST", f"/e{at}", csv=f"value,id\n{field},\n", prefer=REPRESENTATION)
        else:
            number = shown(send(edges.web, "POST", f"/e{at}", {}, prefer=REPRESENTATION), 201)[0]["id"]
            response = send(edges.web, "PATCH", f"/e{at}?id=eq.{number}", body, prefer=REPRESENTATION)
        assert response.status in (200, 201), f"{kind} can hold {text[:60]}: {response}"
        [row] = response.json(exact=True)
        if kind == "JSON":
            assert json.loads(json.dumps(row["value"])) == json.loads(json.dumps(json.loads(text, parse_float=Number))), f"{kind} by {method}: {row}"
        elif kind == "FLOAT":
            assert float(f"{float(row['value']):.6g}") == float(f"{float(text):.6g}"), f"{kind} by {method}: {row}"
        else:
            assert same(fraction(text), row["value"]), f"{kind} by {method}: {row['value']!r} instead of {text}"
        assert edges.get(f"/e{at}/{row['id']}").json(exact=True) == row


def test_json_keeps_the_text_that_was_sent(values):
    for text in ("1.50", "1e2", '{"b":1,"a":2}', "[1,  2]", "123456789012345678901234567890.5", '"\\u00e9"', '{"a":1.0}'):
        [row] = shown(values.post("/t?select=id", b'{"doc":%s}' % text.encode(), prefer=REPRESENTATION), 201)
        kept = values.rows(f"SELECT doc FROM t WHERE id = {row['id']}")[0][0]
        wanted = here("write_values.kept", {}).get(text, text)
        assert json.loads(kept, parse_float=str) == json.loads(wanted, parse_float=str), f"{kept!r} instead of {wanted!r}"


def test_numbers_as_json_writes_them(values):
    @bounded(100)
    @given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**7), max_value=10**7, places=2), st.sampled_from(["{:f}", "{:e}", "{:.4f}", "{:E}"]))
    def property(number, form):
        text = form.format(number)
        assume(not text.startswith("-0"))
        response = values.post("/v?select=money", b'{"id":%d,"money":%s}' % (numbers(values, [1])[0], text.encode()), prefer=REPRESENTATION)
        [row] = taken(response).json(exact=True)
        assert Decimal(str(row["money"])) == number, f"{row} instead of {text}"

    property()


@pytest.mark.parametrize("how", ["POST", "PATCH", "PUT", "csv"])
@pytest.mark.parametrize(
    "document",
    [rb'{"\u043a":1,"a\/b":2,"in":{"\ud83d\ude00":3}}', '{"κ":0,"к":1,"a/b":2,"in":{"😀":3}}'.encode(), rb'{ "\u043a" : 1 , "a\u002fb":2,"in":{"\uD83D\uDE00":3}}'],
)
def test_names_in_json_are_found_however_they_are_written(values, how, document):
    """Python's json and PHP's json_encode write them with escapes."""
    values.renew()
    if how == "csv":
        done(values.post("/t", csv=b'id,doc\n1,"' + document.replace(b'"', b'""') + b'"\n'), 201)
    else:
        body = b'{"id":1,"doc":%s}' % document
        if how == "PATCH":
            done(values.post("/t", {"id": 1}), 201)
        target = {"POST": "/t", "PATCH": "/t?id=eq.1", "PUT": "/t/1"}[how]
        assert values.send(how, target, body, kind="application/json").status in (201, 204)
    paths = quote('x:doc->к,y:doc->"a/b",z:doc->in->>😀', safe="")
    assert values.json(f"/t?select={paths}&id=eq.1") == [{"x": 1, "y": 2, "z": "3"}]
    name = quote("doc->к", safe="")
    assert values.json(f"/t?{name}=eq.1&select=id&order={name}") == [{"id": 1}]
    assert values.json("/t?id=eq.1&select=doc")[0]["doc"] == json.loads(document)
