# SPDX-License-Identifier: MIT
"""What is told of a table that somebody locks while a connection opens: MariaDB has to be asked for a result of it, or
nobody knows which columns are JSON."""
import contextlib
import json
import signal
import threading
import time

import pytest

import servers
from servers import ADMIN, GUEST, until
from web import error_of
from writing import send

DOCUMENT = '{"a":2}'
THINGS = (
    "CREATE TABLE things (id INT PRIMARY KEY, doc JSON, note LONGTEXT)",
    f"INSERT INTO things VALUES (1, '{DOCUMENT}', '{DOCUMENT}')",
    "CREATE VIEW seen AS SELECT id, doc, note FROM things",
)
ROWS = [{"id": 1, "doc": json.loads(DOCUMENT), "note": DOCUMENT}]
AT_ONCE = 3  # seconds; the statements of a pool end after 30


@pytest.fixture
def schema(database):
    return database.schema(*servers.USERS, *THINGS, grant="SELECT, SHOW VIEW, INSERT, UPDATE")


@contextlib.contextmanager
def locked(schema):
    """Nobody else may read the table; the function that is given ends that."""
    with schema.connect() as connection, connection.cursor() as cursor:
        cursor.execute("LOCK TABLES things WRITE")
        yield lambda: cursor.execute("UNLOCK TABLES")


def lose_connections(schema):
    schema.kill_pool_connections()


def at_once(web, path="/users"):
    began = time.monotonic()
    until(lambda: web.get(path).status == 200, AT_ONCE)
    assert web.json(path) == [ADMIN, GUEST]
    assert time.monotonic() - began < AT_ONCE * servers.FACTOR


def is_right(web, table="things"):
    assert web.json(f"/{table}") == ROWS
    assert web.json(f"/{table}?select=a:doc->a,id&doc->a=eq.2") == [{"a": 2, "id": 1}]


@pytest.fixture(params=["waits long", "waits briefly"])
def patience(database, request):
    """How long who waits for the lock of a table does so in this server."""
    [(before,)] = database.sql("SELECT @@global.lock_wait_timeout")
    if request.param == "waits briefly":
        database.sql("SET GLOBAL lock_wait_timeout = 1")
    yield
    database.sql(f"SET GLOBAL lock_wait_timeout = {before}")


@pytest.mark.parametrize("table", ["things", "seen"])
def test_a_connection_that_opens_beside_a_lock_keeps_what_is_known(schema, patience, start_pool, start_nginx, table):
    pool = start_pool(schema.url(), f"users,{table}", workers=1, MYREST_WRITABLE=table)
    web = start_nginx(pool)
    is_right(web, table)
    with locked(schema) as unlock:
        lose_connections(schema)
        at_once(web)
        # The description is repeated meanwhile, and served is still everything.
        time.sleep(1.5)
        at_once(web)
        assert pool.web.get("/ready").status == 200
        unlock()
        is_right(web, table)
    assert send(web, "PATCH", f"/{table}?id=eq.1", {"doc": "7"}).status == 204
    assert schema.sql("SELECT doc FROM things") == (('"7"',),)
    assert not pool.log("table-missing")


@pytest.mark.parametrize("table", ["things", "seen"])
def test_a_pool_that_starts_beside_a_lock_serves_the_rest(schema, patience, lab, start_pool, start_nginx, table):
    with locked(schema) as unlock:
        pool = start_pool(schema.url(), f"users,{table}", workers=1, ready=False, MYREST_WRITABLE=table)
        web = start_nginx(pool)
        at_once(web)
        response = web.get(f"/{table}")
        error_of(response, 503, "PGRST002")
        assert response.headers["retry-after"] == "1"
        error_of(send(web, "PATCH", f"/{table}?id=eq.1", {"doc": "7"}), 503, "PGRST002")
        assert f"/{table}" not in web.json("/")["paths"]
        until(lambda: pool.web.get("/ready").status == 503, AT_ONCE)
        assert f"'{table}'" in pool.web.get("/ready").body.decode()
        assert [f"'{table}'" in entry["message"] for entry in pool.log("table-missing")] == [True]
        checked = servers.run(lab, "check", DATABASE_URL=schema.url(), MYREST_TABLES=f"users,{table}")
        assert checked.returncode == 69 and f"'{table}'" in checked.stderr
        assert "users" in checked.stdout and "note" not in checked.stdout
        unlock()
        until(lambda: web.get(f"/{table}").status == 200 and is_right(web, table) is None, AT_ONCE)
    until(lambda: pool.web.get("/ready").status == 200, AT_ONCE)
    assert f"/{table}" in web.json("/")["paths"]


def test_workers_that_are_renewed_beside_a_lock(schema, start_pool, start_nginx):
    """The old ones stay until it ends; both serve the other tables."""
    pool = start_pool(schema.url(), "users,things", workers=1)
    web = start_nginx(pool)
    before = pool.workers()
    with locked(schema) as unlock:
        pool.signal(signal.SIGHUP)
        until(lambda: pool.log("table-missing"), AT_ONCE)
        assert not pool.log("database-away")
        for _ in range(20):
            assert web.json("/users") == [ADMIN, GUEST]
        assert set(before) < set(pool.workers())
        assert pool.web.get("/ready").status == 200
        unlock()
    until(lambda: len(pool.workers()) == 1 and not set(before) & set(pool.workers()), 8)  # it looks every 5 s
    is_right(web)


def test_a_table_that_is_missing_once_a_lost_connection_is_back(schema, start_pool, start_nginx):
    """The worker has been away, though for so short a time that nobody says so."""
    pool = start_pool(schema.url(), "users,things", workers=1)
    web = start_nginx(pool)
    schema.sql("ALTER TABLE things RENAME TO elsewhere")
    try:
        lose_connections(schema)
        until(lambda: pool.log("table-missing"), AT_ONCE)
        assert not pool.log("database-away")
        time.sleep(2.5)  # it is looked for once a second, and told once
        assert ["'things'" in entry["message"] for entry in pool.log("table-missing")] == [True]
        assert web.json("/users") == [ADMIN, GUEST]
    finally:
        schema.sql("ALTER TABLE elsewhere RENAME TO things")
    until(lambda: web.get("/things").status == 200, AT_ONCE)


@pytest.mark.parametrize("started", [False, True])
def test_an_alteration_that_waits_for_a_long_transaction(schema, start_pool, start_nginx, started):
    """Everybody who comes after it waits as well."""
    pool = start_pool(schema.url(), "users,things", workers=1) if started else None
    with schema.connect() as reader, schema.connect() as other:
        with reader.cursor() as reads, other.cursor() as alters:
            reads.execute("START TRANSACTION")
            reads.execute("SELECT * FROM things")
            altering = threading.Thread(target=alters.execute, args=("ALTER TABLE things ADD COLUMN n INT DEFAULT 5",))
            altering.start()
            waiting = "SELECT COUNT(*) FROM information_schema.processlist WHERE state LIKE '%metadata lock'"
            try:
                until(lambda: schema.sql(waiting) == ((1,),), AT_ONCE)
                pool = pool or start_pool(schema.url(), "users,things", workers=1, ready=False)
                lose_connections(schema)
                web = start_nginx(pool)
                at_once(web)
            finally:
                reads.execute("COMMIT")
                altering.join()
    until(lambda: web.get("/things").status == 200 and web.json("/things") == [{**ROWS[0], "n": 5}], AT_ONCE)
    assert web.json("/things?select=doc->a") == [{"a": 2}]
    until(lambda: pool.web.get("/ready").status == 200, AT_ONCE)


def test_a_view_that_the_account_may_read_later(database, start_pool, start_nginx):
    """Until then nobody knows whether its texts are JSON."""
    schema = database.schema(
        *servers.USERS, "CREATE TABLE closed (id INT, doc JSON)", f"INSERT INTO closed VALUES (1, '{DOCUMENT}')",
        "CREATE SQL SECURITY INVOKER VIEW late AS SELECT id, doc FROM closed", grant="USAGE",
    )  # fmt: skip
    for table in ("users", "late"):
        schema.sql(f"GRANT SELECT ON {schema.name}.{table} TO rest@'%'")
    pool = start_pool(schema.url(), "users,late", workers=1, ready=False)
    web = start_nginx(pool)
    at_once(web)
    error_of(web.get("/late"), 403, "42501")
    assert ["'late'" in entry["message"] for entry in pool.log("table-missing")] == [True]
    schema.sql(f"GRANT SELECT ON {schema.name}.closed TO rest@'%'")
    until(lambda: web.get("/late").status == 200, AT_ONCE)
    assert web.json("/late") == [{"id": 1, "doc": json.loads(DOCUMENT)}]
    until(lambda: pool.web.get("/ready").status == 200, AT_ONCE)
