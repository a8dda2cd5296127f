# SPDX-License-Identifier: MIT
"""What goes in comes back equal, or is refused with a reason that names the column.

Values are made by hypothesis (the kinds of test_values.py), written through nginx by POST, PATCH, PUT and CSV, and read back
by list, by key and by a filter on themselves.
"""
import json
from urllib.parse import quote

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from servers import ids_go_on
from value_kinds import (
    BYTES, GROUPS, KINDS, NEVER, TEXT, UNICODE, base64_of, bounded, check_filters, check_formats, moment, rows_of,
    written,
)
from value_ways import WAYS, Reading, asked, by_post, equal_everywhere, new, numbers, quoted, refused_for, taken, text_of, writable_form
from value_ways import values  # noqa: F401 (fixtures)
from web import error_of
from writing import REPRESENTATION, done, shown


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
