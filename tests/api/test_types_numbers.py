# SPDX-License-Identifier: MIT
"""Numbers at their extremes: integers, decimals, floats, truths and bits."""
import struct
from decimal import Decimal

import pytest

from typed import same, serve
from typed import types  # noqa: F401 (fixtures)

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
