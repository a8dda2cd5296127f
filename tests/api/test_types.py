# SPDX-License-Identifier: MIT
"""Every column type: JSON, UUIDs and addresses, generated columns, NULL, and a table of all types at once."""
import pytest

from differences import here
from typed import serve
from typed import types  # noqa: F401 (fixtures)
from web import Number, error_of


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
