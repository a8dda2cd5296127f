# SPDX-License-Identifier: MIT
"""An account that has no more rights than it needs: table by table, column by column, and some that it lacks."""
import json

import pytest

import postgresql
import servers

DOCUMENT = '{"a":[1,2],"b":"x"}'


def may(schema, *rights):
    """Grants the pool's account rights such as "SELECT ON t"."""
    for right in rights:
        schema.sql(f"GRANT {right.replace(' ON ', f' ON {schema.name}.')} TO rest@'%'")


def bare(database, *statements):
    """A schema on which the account has no right but that to be there."""
    return database.schema(*statements, grant="USAGE")


@pytest.fixture
def serve(start_pool, start_nginx):
    def serve(schema, tables, **settings):
        return start_nginx(start_pool(schema.url(), tables, **settings))

    return serve


# --- JSON is known by what the server says of a result


@pytest.fixture
def documents(database, serve):
    schema = bare(
        database,
        "CREATE TABLE docs (id INT PRIMARY KEY, doc JSON)", f"INSERT INTO docs VALUES (1, '{DOCUMENT}')",
        "CREATE VIEW seen AS SELECT id, doc FROM docs",
        "CREATE TABLE plain (id INT PRIMARY KEY, doc LONGTEXT)", f"INSERT INTO plain VALUES (1, '{DOCUMENT}')",
        "CREATE VIEW texts AS SELECT id, doc, 'x' AS x FROM plain",
    )  # fmt: skip
    tables = ("docs", "seen", "plain", "texts")
    may(schema, *(f"SELECT ON {table}" for table in tables))
    return serve(schema, ",".join(tables))


def test_json_is_json_with_rights_on_the_table_alone(documents):
    for table in ("docs", "seen"):
        assert documents.json(f"/{table}") == [{"id": 1, "doc": json.loads(DOCUMENT)}], table
        assert documents.json(f"/{table}?select=doc->a->0,t:doc->>b&doc->>b=eq.x") == [{"a": 1, "t": "x"}], table


def test_a_text_that_looks_like_json_stays_a_text(documents):
    assert documents.json("/plain") == [{"id": 1, "doc": DOCUMENT}]
    assert documents.json("/texts") == [{"id": 1, "doc": DOCUMENT, "x": "x"}]


@pytest.mark.skipif(postgresql.HERE, reason="the functions are MySQL's")
def test_json_that_a_view_makes(database, serve):
    schema = bare(
        database, "CREATE TABLE t (id INT PRIMARY KEY, g INT)", "INSERT INTO t VALUES (1, 1), (2, 1)",
        "CREATE VIEW v AS SELECT g, JSON_ARRAYAGG(id) AS ids, JSON_OBJECT('g', g) AS o FROM t GROUP BY g",
    )  # fmt: skip
    may(schema, "SELECT ON v")
    web = serve(schema, "v")
    assert web.json("/v") == [{"g": 1, "ids": [1, 2], "o": {"g": 1}}]
    assert web.json("/v?select=o->g") == [{"g": 1}]


@pytest.mark.skipif(postgresql.HERE, reason="JSON is a type there, whatever is checked")
def test_json_with_another_check(database, serve):
    schema = bare(
        database, "CREATE TABLE t (id INT PRIMARY KEY, doc JSON CHECK (JSON_VALID(doc) AND JSON_TYPE(doc) = 'OBJECT'))",
        "INSERT INTO t VALUES (1, '{}')",
    )  # fmt: skip
    may(schema, "SELECT ON t")
    assert serve(schema, "t").json("/t") == [{"id": 1, "doc": {}}]


@pytest.mark.skipif(postgresql.HERE, reason="views do not break there")
def test_a_view_that_is_broken_spoils_nothing(database, serve):
    """It cannot be asked for its columns."""
    schema = bare(
        database, "CREATE TABLE gone (id INT, doc LONGTEXT)", "CREATE VIEW broken AS SELECT id, doc FROM gone",
        "CREATE TABLE closed (id INT, doc LONGTEXT)",
        "CREATE SQL SECURITY INVOKER VIEW refused AS SELECT id, doc FROM closed", *servers.USERS,
    )  # fmt: skip
    may(schema, "SELECT ON broken", "SELECT ON refused", "SELECT ON users")
    schema.sql("DROP TABLE gone")
    assert len(serve(schema, "users,broken,refused").json("/users")) == 2
