# SPDX-License-Identifier: MIT
"""What the tests of column types share: a table of one type after the other."""
import itertools

import pytest


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


def same(answered, expected):
    assert answered == expected and [type(value) for value in answered] == [type(value) for value in expected], answered
