# SPDX-License-Identifier: MIT
"""What the tests of accounts with few rights share."""
import pytest

import servers


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


# --- columns: some are to be read, others only to be written

SECRETS = ("CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(9), pw VARCHAR(9) DEFAULT 'none')", "INSERT INTO t VALUES (1, 'a', 'x')")


# --- rights to write that are missing


def check(lab, schema, tables="t", writable="t", **settings):
    return servers.run(lab, "check", DATABASE_URL=schema.url(), MYREST_TABLES=tables, MYREST_WRITABLE=writable, **settings)


def follow(schema, ended):
    """Runs the GRANT that `myrest check` has told, as it stands there."""
    statement = ended.stderr[ended.stderr.index("GRANT ") :].splitlines()[0]
    with schema.connect() as connection, connection.cursor() as cursor:
        servers.execute_as_it_is(cursor, statement)
