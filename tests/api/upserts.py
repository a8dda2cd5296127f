# SPDX-License-Identifier: MIT
"""What the tests of upserts share: tables whose keys and triggers meet, and how they are served."""
import pytest

from writing import GRANT, REPRESENTATION, send

MERGE = "resolution=merge-duplicates"
IGNORE = "resolution=ignore-duplicates"
# What may be wanted of an upsert, each of which may need other statements.
WANTED = ["return=minimal", "return=headers-only", REPRESENTATION, "count=exact"]

PEOPLE = (
    "CREATE TABLE people (id INT PRIMARY KEY, email VARCHAR(20) NOT NULL, name VARCHAR(20),"
    " UNIQUE KEY people_email (email))",
    "INSERT INTO people VALUES (1, 'a', 'old'), (2, 'b', 'old')",
)


@pytest.fixture
def serve(database, start_pool, start_nginx):
    """Tables, and what serves them."""

    def serve(*statements, tables, grant=GRANT, workers=1):
        schema = database.schema(*statements, grant=grant)
        front = start_nginx(
            start_pool(schema.url(), tables, workers=workers, MYREST_WRITABLE=tables, MYREST_ALLOW_ROLLBACK="on")
        )
        front.schema = schema
        return front

    return serve


def rows_of(front, table):
    return [tuple(row) for row in front.schema.sql(f"SELECT * FROM {table} ORDER BY 1")]


def upsert(front, target, body, *prefer):
    return send(front, "POST", target, body, prefer=prefer)
