# SPDX-License-Identifier: MIT
"""Random filters and orders: the rows are those of a model."""
import re
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from filter_tables import ids, like, q, quoted

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
