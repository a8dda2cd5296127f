# SPDX-License-Identifier: MIT
"""Every kind of value: what is written, what must be answered, what a client writes into a filter."""
import base64
import csv
import io
import ipaddress
import json
import struct
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import quote

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from differences import here
from postgresql import fraction
from web import Number, parse

ROWS = 30
CSV, NDJSON = {"Accept": "text/csv"}, {"Accept": "application/x-ndjson"}


def bounded(examples):
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )


# --- the types: what is written, what must be answered, what a client writes into a filter


class Kind:
    """One column: strategy makes what is written, answered(written) is the JSON value as API.md has it."""

    exact = True  # eq finds what is the same and nothing else
    found = True  # eq is there at all

    def __init__(self, definition, strategy, answered=lambda value: value, **more):
        self.definition, self.strategy, self.answered = definition, strategy, answered
        vars(self).update(more)

    def same(self, got, expected):
        return type(got) is type(expected) and got == expected

    def check(self, got, expected):
        assert self.same(got, expected), f"{self.definition}: {got!r} instead of {expected!r}"

    def from_csv(self, text, got):
        """The text of the CSV field is that of the JSON value."""
        assert text == written(got), f"{self.definition}: {text!r} in CSV, {got!r} in JSON"


class Floating(Kind):
    """A number that reads back the same, in as few digits as it can."""

    def __init__(self, definition, width, digits):
        super().__init__(definition, st.floats(allow_nan=False, allow_infinity=False, width=width))
        self.pack, self.digits = "f" if width == 32 else "d", digits

    def narrow(self, value):
        try:
            return struct.unpack(self.pack, struct.pack(self.pack, value))[0]
        except OverflowError:
            return None

    def same(self, got, expected):
        if type(got) not in (int, Number) or self.narrow(float(got)) != expected:
            return False
        shortest = next(n for n in range(1, self.digits + 1) if self.narrow(float(f"{expected:.{n}g}")) == expected)
        return len(Decimal(str(got)).normalize().as_tuple().digits) <= shortest + here("values.more_digits", 0)


    def from_csv(self, text, got):
        super().from_csv("0" if text == "-0" and got == 0 else text, got)  # which JSON's readers take for an integer


class Document(Kind):
    def same(self, got, expected):
        return plain(got) == plain(here("values.stored", lambda document: document)(expected))

    def from_csv(self, text, got):
        assert self.same(parse(text.encode(), exact=True), got), (text, got)


class Address(Kind):
    def same(self, got, expected):
        return type(got) is str and ipaddress.ip_address(got) == ipaddress.ip_address(expected)


def plain(value):
    """A document in which 1, 1.0 and true are three things, and numbers are the numbers that they are."""
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [plain(member) for member in value]
    if isinstance(value, (int, float, Number)) and not isinstance(value, bool):
        return ("number", float(value)) if isinstance(value, (float, Number)) else ("number", value)
    return (type(value).__name__, value)


def written(value):
    """A value as it stands in CSV and in a filter."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def integer(definition, low, high):
    return Kind(definition, st.one_of(st.integers(low, high), st.sampled_from([low, high, 0 if low <= 0 else low])))


def decimal(precision, scale):
    digits = st.integers(-(10**precision) + 1, 10**precision - 1)
    numbers = st.one_of(digits, digits.map(lambda n: n // 10 ** (precision // 2)), st.integers(-9, 9))

    def text(n):
        """n / 10^scale with all digits of the scale; of numbers without a fraction JSON has integers."""
        sign, n = "-" if n < 0 else "", abs(n)
        if not scale:
            return int(sign + str(n))
        return Number(f"{sign}{n // 10**scale}.{n % 10**scale:0{scale}}")

    return Kind(f"DECIMAL({precision},{scale})", numbers.map(text), write=str)


def base64_of(value):
    return base64.b64encode(value).decode()


NEVER = here("values.never_in_a_text", "")
UNICODE = st.characters(blacklist_categories=("Cs",), blacklist_characters=NEVER)
HARD = st.sampled_from(
    [text for text in ["'", '"', "\\", "\n", "\r", "\r\n", "\t", "\0", "\x1a", " ", "  ", ",", "(", ")", "{", "}", ".", ":", "*", "%", "_", "&",
     "=", "+", "#", "-- ", "/*", "null", "NULL", "true", "é", "e\u0301", "日本", "😀", "\U0010ffff", "\ufeff", "\ufffd",
     "\u2028", "\x7f", "\x80", "\u202e", "''", '""', "\\'", "%00", "%27"] if text not in list(NEVER)]
)  # fmt: skip
TEXT = st.one_of(st.lists(st.one_of(HARD, UNICODE), max_size=8).map("".join), st.sampled_from(["", " ", '"', "null"]))
LATIN = "".join(map(chr, [*range(len(NEVER), 0x80), *range(0xA0, 0x100)])) + "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
ENUM = ["small", "it's", 'a"b', "a,b", "größe", "日本😀", "null", "back\\slash", "(x)"]
SET = ["a", "b b", "it's", '"', "ü😀", "\\"]
BYTES = st.binary(max_size=20)
DOCUMENTS = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.floats(allow_nan=False, allow_infinity=False),
        TEXT,
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
    max_leaves=6,
)


def moment(value):
    return fraction(value.isoformat(timespec="microseconds"))


def clock(microseconds):
    sign, microseconds = "-" if microseconds < 0 else "", abs(microseconds)
    seconds, fraction = divmod(microseconds, 1000000)
    return f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{fraction:06}"


LONGEST = here("values.longest_time", ((838 * 60 + 59) * 60 + 59) * 1000000 + 999999)
SHORTEST = here("values.shortest_time", -LONGEST)
FIRST_STAMP, LAST_STAMP = datetime(1970, 1, 1, 0, 0, 1), datetime(2038, 1, 19, 3, 14, 7, 999999)
BIN = "CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin"

GROUPS = {
    "integers": {
        "tiny": integer("TINYINT", -128, 127),
        "tiny_u": integer("TINYINT UNSIGNED", 0, 255),
        "small": integer("SMALLINT", -(2**15), 2**15 - 1),
        "small_u": integer("SMALLINT UNSIGNED", 0, 2**16 - 1),
        "medium": integer("MEDIUMINT", -(2**23), 2**23 - 1),
        "medium_u": integer("MEDIUMINT UNSIGNED", 0, 2**24 - 1),
        "plain": integer("INT", -(2**31), 2**31 - 1),
        "plain_u": integer("INT UNSIGNED", 0, 2**32 - 1),
        "big": integer("BIGINT", -(2**63), 2**63 - 1),
        "big_u": integer("BIGINT UNSIGNED", 0, 2**64 - 1),
        "filled": integer("INT(10) UNSIGNED ZEROFILL", 0, 2**32 - 1),
        "year": Kind("YEAR", st.one_of(st.integers(1901, 2155), st.just(0))),
    },
    "numbers": {
        "long_decimal": decimal(65, 30),
        "whole_decimal": decimal(65, 0),
        "money": decimal(10, 2),
        "fraction": decimal(30, 30),
        "single": Floating("FLOAT", 32, 9),
        "twice": Floating("DOUBLE", 64, 17),
    },
    "bits": {
        "truth": Kind("BOOL", st.integers(*here("values.truths", (-128, 127))) | st.integers(0, 1), lambda n: bool(n) if n in (0, 1) else n),
        "bit1": Kind("BIT(1)", st.integers(0, 1), bool),
        **{
            f"bit{n}": Kind(f"BIT({n})", st.one_of(st.integers(0, 2**n - 1), st.just(2**n - 1)), here("values.bits", lambda _: int)(n))
            for n in (2, 7, 8, 9, 16, 31, 32, 33, 48, 63, 64)
        },
    },
    "texts": {
        "words": Kind(f"VARCHAR(200) {BIN}", TEXT),
        "padded": Kind(f"CHAR(80) {BIN}", TEXT, lambda text: text.rstrip(" ")),
        "story": Kind(f"TEXT {BIN}", TEXT),
        "loose": Kind("VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", TEXT, exact=here("values.loose", False)),
        "latin": Kind(
            "VARCHAR(80) CHARACTER SET latin1 COLLATE latin1_nopad_bin", st.text(st.sampled_from(LATIN), max_size=8)
        ),
    },
    "names": {
        "one_of": Kind(
            "ENUM({})".format(",".join("'" + word.replace("\\", "\\\\").replace("'", "''") + "'" for word in ENUM)) + BIN,
            st.sampled_from(ENUM),
        ),
        "some_of": Kind(
            "SET({})".format(",".join("'" + word.replace("\\", "\\\\").replace("'", "''") + "'" for word in SET)) + BIN,
            st.sets(st.sampled_from(SET)).map(lambda words: ",".join(word for word in SET if word in words)),
        ),
        "uuid": Kind("UUID", st.uuids(version=4).map(str)),
        "inet4": Address("INET4", st.ip_addresses(v=4).map(str)),
        "inet6": Address("INET6", st.ip_addresses(v=6).map(str)),
    },
    "bytes": {
        "fixed": Kind("BINARY(20)", BYTES, lambda value: base64_of(value.ljust(here("values.filled", 20), b"\0"))),
        "short_bytes": Kind("VARBINARY(20)", BYTES, base64_of),
        "bytes_": Kind("BLOB", BYTES, base64_of),
        "place": Kind(
            "POINT",
            st.tuples(st.integers(-999, 999), st.integers(-999, 999)).map(lambda at: struct.pack("<IBIdd", 0, 1, 1, *at)),
            base64_of,
            found=False,
        ),
    },
    "moments": {
        "day": Kind("DATE", st.dates(date(1, 1, 1)), date.isoformat),
        "at": Kind("DATETIME(6)", st.datetimes(datetime(1, 1, 1)), moment),
        "seconds": Kind(
            "DATETIME", st.datetimes(datetime(1, 1, 1)).map(lambda at: at.replace(microsecond=0)), datetime.isoformat
        ),
        "milli": Kind(
            "DATETIME(3)",
            st.datetimes(datetime(1, 1, 1)).map(lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)),
            lambda at: fraction(at.isoformat(timespec="milliseconds")),
        ),
        "stamp": Kind("TIMESTAMP(6)", st.datetimes(FIRST_STAMP, LAST_STAMP), lambda at: moment(at) + "+00:00"),
        "clock": Kind(
            "TIME(6)", st.one_of(st.integers(SHORTEST, LONGEST), st.sampled_from([LONGEST, SHORTEST, max(SHORTEST, -1)])).map(clock), fraction
        ),
    },
    "documents": {
        "doc": Document("JSON", DOCUMENTS, write=json.dumps, found=False),
        "raw": Document("JSON", DOCUMENTS, write=lambda value: json.dumps(value, ensure_ascii=False), found=False),
        "tight": Document("JSON", DOCUMENTS, write=lambda value: json.dumps(value, separators=(",", ":")), found=False),
    },
}
KINDS = {name: kind for group in GROUPS.values() for name, kind in group.items()}


def rows_of(group):
    columns = {name: st.one_of(kind.strategy, kind.strategy, kind.strategy, st.just(NULL)) for name, kind in group.items()}
    return st.lists(st.fixed_dictionaries(columns), min_size=1, max_size=ROWS)


class Null:
    def __repr__(self):
        return "NULL"


NULL = Null()  # None is JSON's null


# --- CSV, byte by byte


def fields(body):
    """The records of a CSV body: of every field its text, None where nothing stands at all."""
    text = body.decode("utf-8")
    assert text.endswith("\n")
    records, at = [], 0
    while at < len(text):
        record = []
        while True:
            if text[at] == '"':
                value, at = "", at + 1
                while True:
                    end = text.index('"', at)
                    value, at = value + text[at:end], end + 1
                    if text[at] != '"':
                        break
                    value, at = value + '"', at + 1
            else:
                end = min(where for where in (text.find(",", at), text.find("\n", at)) if where >= 0)
                value, at = text[at:end] or None, end
                assert value is None or not set(value) & set('"\r\n,'), value
            record.append(value)
            assert text[at] in ",\n", (text[at - 20 : at + 20], "after a field")
            at += 1
            if text[at - 1] == "\n":
                break
        records.append(record)
    return records


def check_formats(values, target, group, expected):
    """The rows of one target in all three formats; expected: id -> row as it was written. They as JSON has them."""
    rows = values.rows(target).json(exact=True)
    assert [row["id"] for row in rows] == list(expected)
    for row in rows:
        assert list(row) == ["id", *group]
        for name, kind in group.items():
            wanted = expected[row["id"]][name]
            if wanted is NULL:
                assert row[name] is None, (name, row[name])
            else:
                kind.check(row[name], kind.answered(wanted))

    lines = values.rows(target, NDJSON).body.decode("utf-8").split("\n")
    assert lines.pop() == ""
    assert [parse(line.encode(), exact=True) for line in lines] == rows

    body = values.rows(target, CSV).body
    raw = fields(body)
    assert raw[0] == ["id", *group]
    assert len(raw) == len(rows) + 1
    assert list(csv.reader(io.StringIO(body.decode("utf-8"), newline=""))) == [[text or "" for text in line] for line in raw]
    for line, row in zip(raw[1:], rows):
        assert len(line) == len(row)
        assert line[0] == str(row["id"])
        for text, (name, kind) in zip(line[1:], group.items()):
            if expected[row["id"]][name] is NULL:
                assert text is None, (name, text)
            else:
                assert text is not None, (name, row[name], "is NULL in CSV")
                kind.from_csv(text, row[name])
    return rows


# --- filters on the values themselves


def quoted(text):
    return quote('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"', safe="")


def condition(name, value, form):
    """A filter that the value meets, in one of the four places where a value can stand."""
    if value is None:
        return [f"{name}=is.null", f"{name}=not.is.not_null", f"or=({name}.is.null)", f"and=({name}.is.null)"][form]
    text = written(value)
    return [
        f"{name}=eq.{quote(text, safe='')}",
        f"{name}=in.({quoted(text)})",
        f"or=({name}.eq.{quoted(text)},and({name}.in.({quoted(text)})))",
        f"{name}=eq(any).{{{quoted(text)}}}",
    ][form]


def sayable(value):
    """NUL cannot stand in a request; it is refused there."""
    return not isinstance(value, str) or "\0" not in value


def check_filters(values, group, rows):
    """Each row is found by all of its values together; each column by the value of one row, and only the same ones."""
    first = rows[0]["id"]
    finding = {name: kind for name, kind in group.items() if kind.found}
    if not finding:
        return
    for number, row in enumerate(rows):
        parts = [condition(name, row[name], (number + at) % 4) for at, name in enumerate(finding) if sayable(row[name])]
        target = f"/v?select=id&id=gte.{first}&{'&'.join(parts)}"
        found = [hit["id"] for hit in values.rows(target).json()]
        assert row["id"] in found, (target, row)
    for number, (name, kind) in enumerate(finding.items()):
        row = rows[number % len(rows)]
        if not sayable(row[name]):
            assert values.get(f"/v?{condition(name, row[name], 0)}").status == 400
            continue
        target = f"/v?select=id&order=id&id=gte.{first}&{condition(name, row[name], number // len(rows) % 4)}"
        found = [hit["id"] for hit in values.rows(target).json()]
        same = [other["id"] for other in rows if other[name] is row[name] or other[name] == row[name]]
        if kind.exact:
            assert found == same, (target, found, same)
        else:
            assert set(same) <= set(found), (target, found, same)
