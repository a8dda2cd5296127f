# SPDX-License-Identifier: MIT
"""PostgreSQL with others at work: locks, deadlocks, snapshots, tables that are altered meanwhile."""
import json
import signal
import threading
import time
from types import SimpleNamespace

import pytest

from postgresql_own import WRITE, plainly
from postgresql_own import serve, strict, unchanged  # noqa: F401 (fixtures)
from servers import until
from web import error_of
from writing import REPRESENTATION, done, refused, send, shown


# --- errors


class Holder:
    """Another client, in a transaction."""

    def __init__(self, schema):
        self.connection = schema.connect()
        self.connection.begin()

    def sql(self, statement):
        with self.connection.cursor() as cursor:
            cursor.plainly(statement)
            return cursor.fetchall()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()


def in_background(function, *arguments, **how):
    answer = []
    thread = threading.Thread(target=lambda: answer.append(function(*arguments, **how)))
    thread.start()
    return SimpleNamespace(thread=thread, answer=answer)


def test_a_lock_that_is_never_freed_is_503(unchanged):
    with Holder(unchanged.schema) as other:
        other.sql("SELECT * FROM locks WHERE id = 1 FOR UPDATE")
        refused(send(unchanged.web, "PATCH", "/locks/1", {"n": 1}, timeout=30), 503, "40001")


def test_deadlocks_end_well(serve):
    """With the time that statements have by default: who waits for two seconds in a row is no fault."""
    locks = serve(
        "CREATE TABLE locks (id integer PRIMARY KEY, n integer)", "INSERT INTO locks SELECT n, 0 FROM generate_series(1, 20) AS n",
        tables="locks", grant=WRITE,
    )  # fmt: skip
    answers, stop = [], time.monotonic() + 3

    def client(number):
        turn = 0
        while time.monotonic() < stop:
            turn += 1
            order = "id" if (number + turn) % 2 else "id.desc"
            response = send(locks.web, "PATCH", f"/locks?id=gt.0&order={order}&limit=20", {"n": number * 10000 + turn}, timeout=60)
            answers.append((response.status, number * 10000 + turn, response))

    threads = [threading.Thread(target=client, args=(number,)) for number in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    odd = [response for status, _, response in answers if status not in (204, 503)]
    assert not odd, odd[0]
    values = {row[0] for row in locks.sql("SELECT n FROM locks")}
    assert len(values) == 1 and values <= {n for status, n, _ in answers if status == 204}


def test_a_database_that_is_read_only_is_503_and_reads_go_on(unchanged):
    database = unchanged.schema.database
    database.configure("default_transaction_read_only", "on")
    try:
        for method, target, body in (("POST", "/parents", {"id": 5}), ("PATCH", "/locks/1", {"n": 1}), ("PUT", "/locks/1", {"n": 1}), ("DELETE", "/locks/1", None)):
            response = send(unchanged.web, method, target, body)
            refused(response, 503, "25006")
            assert "retry-after" in response.headers
            assert unchanged.get("/locks/1").status == 200
    finally:
        database.configure("default_transaction_read_only", "off")
    done(send(unchanged.web, "PATCH", "/locks/1", {"n": 0}), 204)


# --- snapshots

ROWS = ("CREATE TABLE t (id int PRIMARY KEY, n int, other int)", "INSERT INTO t SELECT g, g, g FROM generate_series(1, 10) g",
        "CREATE VIEW v AS SELECT id, n FROM t", "CREATE MATERIALIZED VIEW m AS SELECT id, n FROM t")  # fmt: skip


def counted_beside_a_rewrite(made, target):
    """What is answered to a read with a count that waits for an ALTER TABLE, once that is committed."""
    answers = []
    with made.schema.connect() as connection, connection.cursor() as cursor:
        cursor.plainly("BEGIN")
        cursor.plainly("ALTER TABLE t ALTER other TYPE bigint")  # which writes the table anew
        reader = threading.Thread(target=lambda: answers.append(made.get(target, headers={"Prefer": "count=exact"})))
        reader.start()
        until(lambda: made.sql("SELECT count(*) FROM pg_locks WHERE NOT granted")[0][0] > 0, why="the read does not wait")
        cursor.plainly("COMMIT")
    reader.join()
    return answers[0]


@pytest.mark.parametrize("target", ["/t?order=id", "/v?order=id"])
def test_a_count_beside_a_table_that_is_rewritten(serve, target):
    """A snapshot from before the rewrite's end would show a table without rows."""
    response = counted_beside_a_rewrite(serve(*ROWS, tables="t,v", writable="t"), target)
    assert [row["id"] for row in shown(response)] == list(range(1, 11))
    assert response.headers["content-range"] == "0-9/10"


def test_the_rewrite_s_test_finds_a_snapshot_that_is_too_old(serve):
    response = counted_beside_a_rewrite(serve(*ROWS, tables="t", faulty=True), "/t?order=id")
    assert shown(response) == [] and response.headers["content-range"] == "*/0"


def test_a_count_of_what_cannot_be_locked(serve):
    """A materialized view; a table of which the account may read columns alone; a view whose owner may."""
    made = serve(
        *ROWS,
        "CREATE TABLE c (id int PRIMARY KEY, secret int)",
        "INSERT INTO c SELECT g, g FROM generate_series(1, 10) g",
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'half') THEN CREATE ROLE half; END IF; END $$",
        "GRANT USAGE ON SCHEMA public TO half",
        "GRANT SELECT (id) ON t TO half",
        "CREATE VIEW w AS SELECT id FROM t",
        "ALTER VIEW w OWNER TO half",
        "GRANT SELECT ON m, v, w, t TO rest",
        tables="m,v,w,c(id)",
        grant="REVOKE ALL ON c FROM rest; GRANT SELECT (id) ON c TO rest",
        writable="",
    )
    for name in ("m", "w", "c", "v"):
        for _ in range(2):
            response = made.get(f"/{name}?select=id&order=id&limit=3", headers={"Prefer": "count=exact"})
            assert shown(response, 206) == [{"id": 1}, {"id": 2}, {"id": 3}], name
            assert response.headers["content-range"] == "0-2/10", name


def test_a_lock_that_is_refused_is_asked_for_once(serve, database):
    """Until the tables are described anew: each refusal costs a statement and a line in the server's log."""
    made = serve(
        *ROWS,
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'half') THEN CREATE ROLE half; END IF; END $$",
        "GRANT USAGE ON SCHEMA public TO half",
        "GRANT SELECT (id) ON t TO half",
        "CREATE VIEW w AS SELECT id FROM t",
        "ALTER VIEW w OWNER TO half",
        tables="t,w",
        workers=1,
        writable="t",
    )
    def statements_of_count(table):
        database.log_begins()
        response = made.get(f"/{table}?order=id&limit=3", headers={"Prefer": "count=exact"})
        assert response.headers["content-range"] == "0-2/10", response
        until(lambda: [each for _, each in database.statements(database.logged)][-1:] == ["COMMIT"])
        return [each for _, each in database.statements(database.logged)]

    first, second, third = (statements_of_count("w") for _ in range(3))
    assert sum("LOCK TABLE" in each for each in first) == 1 and first[1].startswith("ROLLBACK;"), first
    assert len(second) == len(first) - 1 and second == third, (first, second)
    assert not any("LOCK TABLE" in each or "ROLLBACK" in each for each in second), second
    for _ in range(2):  # what can be locked still is
        assert any("LOCK TABLE" in each for each in statements_of_count("t"))
    made.sql("ALTER VIEW w OWNER TO postgres")
    old = set(made.pool.workers())
    made.pool.signal(signal.SIGHUP)
    until(lambda: len(made.pool.workers()) == 1 and not old & set(made.pool.workers()))
    assert any("LOCK TABLE" in each for each in statements_of_count("w"))


# --- errors of every kind


def test_a_table_that_others_hold(serve):
    """A read is not told of what would have been written."""
    made = serve("CREATE TABLE t (id integer PRIMARY KEY)", MYREST_STATEMENT_TIMEOUT=5)
    with made.schema.connect() as connection, connection.cursor() as cursor:
        cursor.plainly("BEGIN")
        cursor.plainly("LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
        assert error_of(made.get("/t"), 503, "40001")["message"] == "the rows are locked by another transaction"
        assert "written" in error_of(send(made.web, "POST", "/t", {"id": 1}), 503, "40001")["message"]
        cursor.plainly("ROLLBACK")
    assert made.json("/t") == []


# --- the same row, from two at the same moment


@pytest.mark.parametrize("returned", [REPRESENTATION, "return=minimal"])
@pytest.mark.parametrize("resolution", ["ignore-duplicates", "merge-duplicates"])
def test_a_row_that_another_adds_at_the_same_moment(serve, resolution, returned):
    """Both have looked for it by the key that is meant, and meet by another one, which takes long to be inserted."""
    made = serve(
        "CREATE FUNCTION slow(n integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$BEGIN PERFORM pg_sleep(0.5); RETURN n; END$$",
        "CREATE TABLE t (id integer, email text)", "CREATE UNIQUE INDEX first ON t (slow(id))", "ALTER TABLE t ADD UNIQUE (email)",
        WEB_CONCURRENCY=4,
    )  # fmt: skip
    prefer, rows = [f"resolution={resolution}", returned], [{"id": 1, "email": "a@x"}, {"id": 2, "email": "b@x"}]
    answers = []
    clients = [in_background(lambda: answers.append(send(made.web, "POST", "/t?on_conflict=email", rows, prefer=prefer, timeout=30))) for _ in range(3)]
    for client in clients:
        client.thread.join()
    assert sorted(answer.status for answer in answers) == ([200, 200, 201] if resolution == "ignore-duplicates" else [201] * 3), answers
    assert made.sql("SELECT id, email FROM t ORDER BY id") == ((1, "a@x"), (2, "b@x"))
    refused(send(made.web, "POST", "/t?on_conflict=email", {"id": 1, "email": "c@x"}, prefer=prefer), 409, "23505")


# --- what a duplicate's details say


def test_a_table_that_is_renamed_while_it_is_described_is_described_as_it_was(serve):
    """All of a description is of one moment. It would lack columns or keys otherwise, and nothing would have it made anew."""
    served = serve(
        "CREATE TABLE owners (id integer PRIMARY KEY)",
        "CREATE TABLE t (id integer PRIMARY KEY, owner integer REFERENCES owners)",
        tables="owners,t", workers=1,
    )  # fmt: skip

    def refers():
        return "owners" in json.dumps(served.json("/")["components"]["schemas"]["t"])

    assert refers()
    old = served.pool.workers()
    waits = "SELECT 1 FROM pg_stat_activity WHERE usename = 'rest' AND wait_event_type = 'Lock' AND query LIKE '%pg_constraint%'"
    with served.schema.connect() as other, other.cursor() as cursor:
        cursor.plainly("BEGIN")
        cursor.plainly("LOCK TABLE pg_constraint IN ACCESS EXCLUSIVE MODE")  # what is described last
        served.pool.signal(signal.SIGHUP)
        until(lambda: served.sql(waits), 10)
        cursor.plainly("ALTER TABLE t RENAME TO away")
        cursor.plainly("COMMIT")
    served.sql("ALTER TABLE away RENAME TO t")
    until(lambda: not set(old) & set(served.pool.workers()), 10)
    assert refers()


def test_a_table_that_is_locked_leaves_the_others_described(database, start_pool):
    """For the words of an index over an expression the server waits until it may read the table."""
    schema = database.schema("CREATE TABLE notes (id INT PRIMARY KEY)", "CREATE TABLE docs (id INT PRIMARY KEY, body TEXT)")
    plainly(schema, "CREATE INDEX ON docs USING gin (to_tsvector('english', body))")
    pool = start_pool(schema.url(), "notes,docs", workers=1)
    with schema.connect() as other, other.cursor() as cursor:
        other.autocommit(False)
        cursor.plainly("LOCK TABLE docs IN ACCESS EXCLUSIVE MODE")
        schema.kill_pool_connections()
        time.sleep(0.1)
        until(lambda: pool.ask("/notes").status == 200, 3)
        assert b"another transaction locks it" in pool.web.get("/ready").body
        assert pool.ask("/docs").status == 503
        other.rollback()
    until(lambda: pool.ask("/docs?body=fts.cats").status == 200, 3)
