# SPDX-License-Identifier: MIT
"""Tables as few are made: each is served as the server itself serves it, or as any other table would be.

On MariaDB and MySQL; statements are what both understand, but for those that say otherwise.
"""
import pytest

import mysql
import postgresql
from writing import GRANT, Tables, done, shown, statements_of

pytestmark = pytest.mark.skipif(postgresql.HERE, reason="tables of MySQL and MariaDB")

TABLES = {
    "days": (
        [
            "CREATE TABLE days (id INT PRIMARY KEY, d DATE NOT NULL, t DATETIME NOT NULL, n DATE)",
            "CREATE VIEW day_of AS SELECT e.id, days.d, days.t FROM days RIGHT JOIN (SELECT 1 AS id UNION SELECT 9) AS e USING (id)",
        ],
        None,
    ),
}
EXPOSED = "days,day_of"


@pytest.fixture(scope="module")
def tables(service):
    made = service(*statements_of(TABLES), grant=GRANT, tables=EXPOSED, MYREST_WRITABLE=EXPOSED, MYREST_LOG_LEVEL="info")
    return Tables(made, TABLES)


@pytest.fixture
def w(tables):
    tables.renew()
    return tables


# --- days that are none


@pytest.fixture
def days(w):
    w.ask(
        "SET sql_mode = ''",
        "DELETE FROM days",
        "INSERT INTO days VALUES (1, '0000-00-00', '0000-00-00 00:00:00', NULL), (2, '2024-01-01', '2024-01-01 00:00:00', '2024-01-01')",
        "SET sql_mode = 'STRICT_ALL_TABLES'",
    )
    return w


@pytest.mark.parametrize(
    "query, found",
    [
        ("d=is.null", []),
        ("t=is.null", []),
        ("d=not.is.null", [1, 2]),
        ("d=is.not_null", [1, 2]),
        ("not.or=(d.is.null,t.is.null)", [1, 2]),
        ("or=(t.is.null,id.eq.9)", []),
        ("or=(d.is.null,d.gt.2000-01-01)", [2]),
        ("n=is.null", [1]),
        ("n=not.is.null", [2]),
    ],
)
def test_the_day_0000_00_00_is_not_null(days, query, found):
    """Of columns that have no NULL the servers say IS NULL of it, for ODBC's sake: it is shown as a day."""
    assert [row["id"] for row in days.json(f"/days?select=id&order=id&{query}")] == found


def test_no_such_day_is_deleted_as_null(days):
    response = done(days.delete("/days?d=is.null", prefer="count=exact"), 204)
    assert response.headers["content-range"] == "*/0"
    assert days.rows("SELECT id FROM days") == [(1,), (2,)]


def test_a_day_of_an_outer_join_is_null_where_there_is_none(days):
    assert days.json("/day_of?d=is.null") == [{"id": 9, "d": None, "t": None}]
    assert days.json("/day_of?t=is.null&select=id") == [{"id": 9}]
