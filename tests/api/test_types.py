# SPDX-License-Identifier: MIT
"""Every column type at its extremes: the JSON is right, and exact."""
import base64
import itertools
import os
import struct
from decimal import Decimal
from urllib.parse import quote

import pytest

from differences import here
from web import Number, error_of


@pytest.fixture(scope="module")
def types(service):
    """types.column(type, values...) makes a table of one column and gives what is answered."""
    made = service("CREATE TABLE t0 (id INT PRIMARY KEY)", tables="t0", workers=1)
    made.free = (f"t{number}" for number in itertools.count(1))

    def table(*columns, rows=(), mode="", options=""):
        """A new table with id and the columns; rows are SQL texts of the values after id."""
        name = next(made.free)
        made.schema.sql(
            f"SET SESSION sql_mode = '{mode}'",
            f"CREATE TABLE {name} (id INT PRIMARY KEY, {', '.join(columns)}) {options}",
            *[f"INSERT INTO {name} VALUES ({at}, {row})" for at, row in enumerate(rows, 1)],
        )
        serve(made, name)
        return name

    def column(definition, *values, **how):
        name = table(f"v {definition}", rows=values, **how)
        return [row["v"] for row in made.json(f"/{name}?order=id", exact=True)]

    made.table, made.column = table, column
    return made


def serve(made, name):
    """The same pool, on the same socket, for another table."""
    made.pool.stop()
    made.pool.settings["MYREST_TABLES"] = name
    made.pool.start()


INTEGERS = {
    "TINYINT": (-128, 127),
    "TINYINT UNSIGNED": (0, 255),
    "SMALLINT": (-32768, 32767),
    "SMALLINT UNSIGNED": (0, 65535),
    "MEDIUMINT": (-8388608, 8388607),
    "MEDIUMINT UNSIGNED": (0, 16777215),
    "INT": (-2147483648, 2147483647),
    "INT UNSIGNED": (0, 4294967295),
    "BIGINT": (-9223372036854775808, 9223372036854775807),
    "BIGINT UNSIGNED": (0, 18446744073709551615),
}


@pytest.mark.parametrize("definition", INTEGERS)
def test_integers_are_exact_to_their_ends(types, definition):
    low, high = INTEGERS[definition]
    assert types.column(definition, str(low), "0", "1", str(high), "NULL") == [low, 0, 1, high, None]


@pytest.mark.parametrize("definition", ["INT", "BIGINT", "BIGINT UNSIGNED", "TINYINT UNSIGNED"])
def test_integers_at_their_ends_are_found_by_eq_and_by_key(types, definition):
    low, high = INTEGERS[definition]
    name = next(types.free)
    types.schema.sql(
        f"CREATE TABLE {name} (k {definition} PRIMARY KEY, v VARCHAR(9))",
        f"INSERT INTO {name} VALUES ({low}, 'low'), ({high}, 'high'), (5, 'five')",
    )
    serve(types, name)
    for key, value in ((low, "low"), (high, "high"), (5, "five")):
        assert types.json(f"/{name}/{key}") == {"k": key, "v": value}
        assert types.json(f"/{name}?k=eq.{key}") == [{"k": key, "v": value}]
    assert types.get(f"/{name}/{high - 1}").status == 404


def test_zerofill_is_a_number_without_zeros(types):
    assert types.column("INT(8) ZEROFILL", "42", "0") == [42, 0]
    assert types.column("BIGINT ZEROFILL", "18446744073709551615", "7") == [18446744073709551615, 7]
    assert types.column("DECIMAL(8,2) ZEROFILL", "12.5", "0") == ["12.50", "0.00"]
    assert [float(v) for v in types.column("FLOAT ZEROFILL", "1.5", "0")] == [1.5, 0]
    assert [float(v) for v in types.column("DOUBLE ZEROFILL", "2.5", "0")] == [2.5, 0]
    assert types.column("TINYINT(1) ZEROFILL", "0", "1", "2")[2] == 2


@pytest.mark.parametrize(
    "definition,values",
    [
        (
            "DECIMAL(65,30)",
            [
                "12345678901234567890123456789012345.123456789012345678901234567890",
                "-12345678901234567890123456789012345.000000000000000000000000000001",
                "0.000000000000000000000000000000",
            ],
        ),
        ("DECIMAL(6,2)", ["1.50", "-0.01", "0.00", "9999.99", "-9999.99"]),
        ("DECIMAL(3,3)", ["0.999", "-0.001"]),
        ("NUMERIC(5,1) UNSIGNED", ["0.1", "9999.9"]),
    ],
)
def test_decimals_keep_every_digit_of_their_scale(types, definition, values):
    assert types.column(definition, *values) == values


def test_decimals_without_scale_are_integers(types):
    digits = "9" * 65
    assert types.column("DECIMAL(65,0)", digits, f"-{digits}", "0", "NULL") == [int(digits), -int(digits), 0, None]


def test_decimals_are_found_by_eq(types):
    name = types.table("v DECIMAL(20,10)", rows=["0.1", "12345678.0000000001"])
    assert [row["id"] for row in types.json(f"/{name}?v=eq.0.1")] == [1]
    assert [row["id"] for row in types.json(f"/{name}?v=eq.12345678.0000000001")] == [2]
    assert types.json(f"/{name}?v=eq.12345678.0000000002") == []


def as_float(number):
    return struct.unpack("f", struct.pack("f", float(number)))[0]


FLOATS = [
    "0.1",
    "1.2345678",
    "16777216",
    "16777217",
    "3.4028234e38",
    "-3.4028234e38",
    "1.17549435e-38",
    "0",
    "0.3333333",
    "123456.789",
    "1e10",
    "-1.5",
    "9.999999e-5",
    "0.00001",
    "100000000",
]


def test_floats_read_back_the_same(types):
    for written, answered in zip(FLOATS, types.column("FLOAT", *FLOATS)):
        assert as_float(answered) == as_float(written), (written, answered)


def test_floats_are_as_short_as_they_can_be(types):
    answered = types.column("FLOAT", "0.1", "1.2345678", "0.3333333", "-1.5", "16777216", "7")
    assert [float(value) for value in answered] == [0.1, 1.2345678, 0.3333333, -1.5, 16777216, 7]
    assert [str(value) for value in answered[:4]] == ["0.1", "1.2345678", "0.3333333", "-1.5"]


def test_the_smallest_floats_are_as_short_as_they_can_be(types):
    """Below 1.18e-38 a FLOAT has fewer digits to tell."""
    assert types.column("FLOAT", "4.5918e-41", "1e-45", "-1e-40", "1.4e-44") == ["4.5918e-41", "1e-45", "-1e-40", "1.4e-44"]


def test_floats_are_found_by_eq(types):
    name = types.table("v FLOAT", rows=["0.1", "1.2345678"])
    assert [row["id"] for row in types.json(f"/{name}?v=eq.0.1")] == [1]
    assert [row["id"] for row in types.json(f"/{name}?v=eq.1.2345678")] == [2]


DOUBLES = [
    "0.1",
    "1.7976931348623157e308",
    "-1.7976931348623157e308",
    "2.2250738585072014e-308",
    "5e-324",
    "0",
    "1e15",
    "123456789012345680",
    "0.1234567890123456",
    "1e100",
    "-2.5",
    "9007199254740993",
    "3.141592653589793",
    "1e-7",
]


def test_doubles_read_back_the_same(types):
    answered = types.column("DOUBLE", *DOUBLES)
    assert [float(value) for value in answered] == [float(value) for value in DOUBLES]
    assert str(answered[0]) == "0.1"


def test_doubles_with_a_scale_are_numbers(types):
    assert [float(value) for value in types.column("DOUBLE(10,2)", "1.25", "12345678.91")] == [1.25, 12345678.91]
    assert [Decimal(str(value)) for value in types.column("FLOAT(7,2)", "1.25", "3")] == [Decimal("1.25"), 3]


def test_doubles_are_found_by_eq(types):
    name = types.table("v DOUBLE", rows=["0.1", "1e300"])
    assert [row["id"] for row in types.json(f"/{name}?v=eq.0.1")] == [1]
    assert [row["id"] for row in types.json(f"/{name}?v=eq.1e300")] == [2]


def same(answered, expected):
    assert answered == expected and [type(value) for value in answered] == [type(value) for value in expected], answered


def test_bool_is_true_and_false_and_other_values_stay_numbers(types):
    same(types.column("BOOL", "TRUE", "FALSE", "NULL", "2", "-1", "127", "-128"), [True, False, None, 2, -1, 127, -128])
    same(types.column("TINYINT(1)", "1", "0"), [True, False])


def test_tinyint_of_another_width_is_a_number(types):
    same(types.column("TINYINT", "1", "0"), [1, 0])
    same(types.column("TINYINT(4)", "1", "0"), [1, 0])


def test_bool_takes_true_false_and_numbers_in_eq(types):
    name = types.table("v BOOL", rows=["TRUE", "FALSE", "2"])
    for value, expected in (("true", [1]), ("false", [2]), ("1", [1]), ("0", [2]), ("2", [3])):
        assert [row["id"] for row in types.json(f"/{name}?v=eq.{value}")] == expected


def test_year(types):
    same(types.column("YEAR", "1901", "2155", "0", "2024", "NULL"), [1901, 2155, 0, 2024, None])


def test_dates(types):
    assert types.column("DATE", "'2024-02-29'", "'1000-01-01'", "'9999-12-31'", "'0001-01-01'", "NULL") == [
        "2024-02-29",
        "1000-01-01",
        "9999-12-31",
        "0001-01-01",
        None,
    ]


def test_zero_dates_are_as_the_database_has_them(types):
    assert types.column("DATE", "'0000-00-00'", "'2024-00-00'", "'2024-02-00'") == [
        "0000-00-00",
        "2024-00-00",
        "2024-02-00",
    ]
    assert [
        value.replace("T", " ") for value in types.column("DATETIME", "'0000-00-00 00:00:00'", "'2024-00-00 01:02:03'")
    ] == ["0000-00-00 00:00:00", "2024-00-00 01:02:03"]
    assert types.column("TIMESTAMP NULL", "'0000-00-00 00:00:00'")[0].startswith("0000-00-00")


def test_datetimes_have_a_t_and_their_fraction(types):
    assert types.column("DATETIME", "'2024-01-02 03:04:05'", "'9999-12-31 23:59:59'") == [
        "2024-01-02T03:04:05",
        "9999-12-31T23:59:59",
    ]
    assert types.column("DATETIME(6)", "'2024-01-02 03:04:05.6789'", "'1000-01-01 00:00:00'") == here(
        "types.fractions", ["2024-01-02T03:04:05.678900", "1000-01-01T00:00:00.000000"]
    )
    assert types.column("DATETIME(3)", "'2024-01-02 03:04:05.678'") == ["2024-01-02T03:04:05.678"]


def test_timestamps_are_in_utc(types):
    name = types.table("v TIMESTAMP(3) NULL")
    types.schema.sql("SET time_zone = '+05:00'", f"INSERT INTO {name} VALUES (1, '2024-01-02 08:04:05.678')")
    types.schema.sql(
        "SET time_zone = '+00:00'",
        f"INSERT INTO {name} VALUES (2, '1970-01-01 00:00:01'), " "(3, '2038-01-19 03:14:07.999'), (4, NULL)",
    )
    assert [row["v"] for row in types.json(f"/{name}?order=id")] == [
        "2024-01-02T03:04:05.678+00:00",
        here("types.no_fraction", "1970-01-01T00:00:01.000+00:00"),
        "2038-01-19T03:14:07.999+00:00",
        None,
    ]
    assert types.column("TIMESTAMP NULL", "FROM_UNIXTIME(1704164645)") == ["2024-01-02T03:04:05+00:00"]


def test_moments_are_found_by_eq_as_they_are_answered(types):
    name = types.table("d DATE", "t TIME", "dt DATETIME(6)", "ts TIMESTAMP NULL", "y YEAR")
    types.schema.sql(
        "SET time_zone = '+00:00'",
        f"INSERT INTO {name} VALUES (1, '2024-01-02', '{here('types.time', '-12:34:56')}', "
        "'2024-01-02 03:04:05.678900', '2024-01-02 03:04:05', 2024), "
        "(2, '2025-01-02', '12:34:56', '2025-01-02', '2025-01-02', 2025)",
    )
    row = types.json(f"/{name}/1")
    for column, value in row.items():
        found = types.json(f"/{name}?{column}=eq.{quote(str(value), safe='')}")
        assert found == [row], (column, value)


def test_times_reach_838_hours_both_ways(types):
    assert types.column("TIME", "'838:59:59'", "'-838:59:59'", "'00:00:00'", "'-00:00:01'", "'5:06:07'") == [
        "838:59:59",
        "-838:59:59",
        "00:00:00",
        "-00:00:01",
        "05:06:07",
    ]
    longest = here("types.longest", "-838:59:59.999999")
    assert types.column("TIME(6)", f"'{longest}'", "'01:02:03.000004'") == [
        longest,
        "01:02:03.000004",
    ]


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


def test_bit_1_is_true_or_false(types):
    same(types.column("BIT(1)", "b'1'", "b'0'", "NULL"), [True, False, None])
    same(types.column("BIT", "1", "0"), [True, False])


def test_bit_n_is_a_number(types):
    same(
        types.column("BIT(64)", "18446744073709551615", "0", "1", "9223372036854775808", "NULL"),
        [18446744073709551615, 0, 1, 9223372036854775808, None],
    )
    same(types.column("BIT(7)", "127", "1", "34", "92"), [127, 1, 34, 92])
    same(types.column("BIT(16)", "8738", "65535"), [8738, 65535])


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


@pytest.mark.parametrize(
    "text,value",
    [
        ('{"a": [1, 2.5, null, true, "x"], "b": {}}', {"a": [1, 2.5, None, True, "x"], "b": {}}),
        ("[]", []),
        ('"text"', "text"),
        ("1", 1),
        ("null", None),
        ("true", True),
        ('  {"a" : 1 }  ', {"a": 1}),
        ('{"k": "é😀\\\\n\\\\u0041"}', {"k": "é😀\nA"}),
        ("[\n1,\n2]", [1, 2]),
        ("123456789012345678901234567890", here("types.long_in_json", 123456789012345678901234567890)),
    ],
)
def test_json_is_itself(types, text, value):
    assert types.column("JSON", f"'{text}'", "NULL") == [
        value if not isinstance(value, float) else Number(text),
        None,
    ] or [parsed(v) for v in types.column("JSON", f"'{text}'", "NULL")] == [value, None]


def parsed(value):
    if isinstance(value, Number):
        return float(value)
    if isinstance(value, list):
        return [parsed(v) for v in value]
    if isinstance(value, dict):
        return {k: parsed(v) for k, v in value.items()}
    return value


def test_json_that_is_no_json_never_breaks_the_answer(types):
    name = types.table("v JSON", rows=["'{}'"])
    types.schema.sql(
        "SET check_constraint_checks = 0", f"INSERT INTO {name} VALUES (2, '{{broken'), (3, ''), (4, '1 2')"
    )
    rows = types.json(f"/{name}?order=id")
    assert [row["id"] for row in rows] == [1, 2, 3, 4]
    assert rows[0]["v"] == {}


@pytest.mark.parametrize("text", ["[1.]", '"\\x"', '{"a":1.}', '"\\q"'])
def test_json_that_only_the_database_calls_valid_never_breaks_the_answer(types, text):
    name = types.table("v JSON")
    with types.schema.connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {name} VALUES (1, %s), (2, '[]')", (text,))
    rows = types.json(f"/{name}?order=id")
    assert [row["id"] for row in rows] == [1, 2] and rows[1]["v"] == []


def test_longtext_without_the_check_is_a_string(types):
    assert types.column("LONGTEXT", "'{\"a\":1}'") == ['{"a":1}']
    assert types.column("LONGTEXT CHECK (LENGTH(v) > 1)", "'{}'") == ["{}"]


def test_uuid_and_addresses_are_strings(types):
    assert types.column("UUID", "'123e4567-e89b-12d3-a456-426655440000'", "NULL") == [
        "123e4567-e89b-12d3-a456-426655440000",
        None,
    ]
    assert types.column("INET6", "'2001:db8::1'", "'::'") == ["2001:db8::1", "::"]
    assert types.column("INET4", "'192.0.2.1'") == ["192.0.2.1"]


def test_generated_columns_are_read_like_others(types):
    name = next(types.free)
    types.schema.sql(
        f"CREATE TABLE {name} (id INT PRIMARY KEY, price DECIMAL(6,2), "
        "gross DECIMAL(8,2) AS (price * 1.2) VIRTUAL, label VARCHAR(20) AS (CONCAT('no ', id)) STORED)",
        f"INSERT INTO {name} (id, price) VALUES (1, 10), (2, NULL)",
    )
    serve(types, name)
    assert types.json(f"/{name}?order=id", exact=True) == [
        {"id": 1, "price": "10.00", "gross": "12.00", "label": "no 1"},
        {"id": 2, "price": None, "gross": None, "label": "no 2"},
    ]
    assert [row["id"] for row in types.json(f"/{name}?gross=eq.12&label=eq.no%201")] == [1]


def test_null_of_every_type_is_null(types):
    kinds = [
        "INT",
        "BIGINT UNSIGNED",
        "DECIMAL(5,2)",
        "FLOAT",
        "DOUBLE",
        "BOOL",
        "BIT(1)",
        "BIT(9)",
        "DATE",
        "TIME",
        "DATETIME",
        "TIMESTAMP",
        "YEAR",
        "CHAR(3)",
        "VARCHAR(3)",
        "TEXT",
        "BLOB",
        "BINARY(2)",
        "VARBINARY(2)",
        "ENUM('a')",
        "SET('a')",
        "JSON",
        "POINT",
        "UUID",
        "INET6",
    ]
    name = types.table(*[f"c{at} {kind} NULL" for at, kind in enumerate(kinds)], rows=[",".join(["NULL"] * len(kinds))])
    row = types.json(f"/{name}/1")
    assert len(row) == len(kinds) + 1 and set(list(row.values())[1:]) == {None}


@pytest.mark.parametrize(
    "definition,value",
    [
        ("DATE", "tomorrow"),
        ("DATE", "2024-13-01"),
        ("DATETIME", "x"),
        ("TIME", "late"),
        ("DECIMAL(5,2)", "1,5"),
        ("DOUBLE", "one"),
        ("FLOAT", "1.5x"),
        ("BOOL", "perhaps"),
        ("YEAR", "MMXX"),
        ("BIGINT UNSIGNED", "-"),
    ],
)
def test_a_filter_value_not_of_the_type_is_400(types, definition, value):
    name = types.table(f"v {definition} NULL", rows=["NULL"])
    error_of(types.get(f"/{name}?v=eq.{value}"), 400, ("22P02", "22007", "22008", "PGRST100"))


def test_a_table_of_every_type_at_once(types):
    kinds = {
        "a": "TINYINT UNSIGNED",
        "b": "BIGINT",
        "c": "DECIMAL(10,4)",
        "d": "DOUBLE",
        "e": "BOOL",
        "f": "DATE",
        "g": "DATETIME(2)",
        "h": "TIME(1)",
        "i": "YEAR",
        "j": "VARCHAR(20)",
        "k": "BLOB",
        "l": "JSON",
        "m": "BIT(3)",
        "n": "ENUM('p','q')",
        "o": "SET('p','q')",
    }
    rows = [
        f"255,-1,1.5,0.5,TRUE,'2024-01-01','2024-01-01 00:00:00.5','{here('types.short_time', '-1:00:00.5')}',1999,'x',"
        "x'00ff','[1]',5,'q','p,q'"
    ] * 300
    name = types.table(*[f"{column} {kind}" for column, kind in kinds.items()], rows=rows[:1])
    types.schema.sql(f"INSERT INTO {name} SELECT seq, {', '.join(kinds)} FROM {name}, seq_2_to_300 WHERE id = 1")
    expected = {
        "a": 255,
        "b": -1,
        "c": "1.5000",
        "d": "0.5",
        "e": True,
        "f": "2024-01-01",
        "g": here("types.half_a_second", "2024-01-01T00:00:00.50"),
        "h": here("types.short_time_answered", "-01:00:00.5"),
        "i": 1999,
        "j": "x",
        "k": "AP8=",
        "l": [1],
        "m": here("types.three_bits", 5),
        "n": "q",
        "o": "p,q",
    }
    answered = types.json(f"/{name}?order=id", exact=True)
    assert answered == [{"id": at, **expected} for at in range(1, 301)]
