# SPDX-License-Identifier: MIT
"""Tables change under the pool."""
import json
import signal

import pytest

from servers import ADMIN, GUEST, USERS, until
from web import error_of


# the schema changes underneath
@pytest.fixture
def changing(database, start_pool):
    schema = database.schema(*USERS)
    return schema, start_pool(schema.url())


def rows(pool, target="/users?order=id"):
    answer = pool.ask(target)
    assert answer.status == 200, answer
    return json.loads(answer.body)


def test_a_column_that_is_dropped_is_gone(changing):
    schema, pool = changing
    assert rows(pool) == [ADMIN, GUEST]
    schema.sql("ALTER TABLE users DROP COLUMN email")
    for _ in range(20):
        assert rows(pool) == [{"id": 1, "username": "admin"}, {"id": 2, "username": "guest"}]
    error_of(pool.ask("/users?select=email"), 400, "42703")


def test_a_column_that_is_renamed_is_found_by_its_new_name(changing):
    schema, pool = changing
    rows(pool)
    schema.sql("ALTER TABLE users RENAME COLUMN email TO mail")
    for _ in range(20):
        assert rows(pool, "/users/1") == {"id": 1, "username": "admin", "mail": "admin@example.com"}
    assert rows(pool, "/users?select=mail&id=eq.2") == [{"mail": "guest@example.com"}]


def test_a_column_that_is_added_does_no_harm_and_is_there_after_hup(changing):
    schema, pool = changing
    rows(pool)
    schema.sql("ALTER TABLE users ADD COLUMN age INT NOT NULL DEFAULT 7")
    for _ in range(10):
        assert [row["id"] for row in rows(pool)] == [1, 2]
    pool.signal(signal.SIGHUP)
    until(lambda: rows(pool, "/users/1") == {**ADMIN, "age": 7}, 5)


def test_a_column_that_changes_its_type_never_makes_bad_json(changing):
    schema, pool = changing
    rows(pool)
    schema.sql("ALTER TABLE users DROP INDEX email", "ALTER TABLE users MODIFY id BIGINT UNSIGNED, MODIFY email TEXT")
    assert rows(pool) == [ADMIN, GUEST]
    schema.sql("ALTER TABLE users DROP COLUMN email", "ALTER TABLE users ADD COLUMN email DECIMAL(9,2) DEFAULT 1.5")
    for _ in range(10):
        assert [row["id"] for row in rows(pool)] == [1, 2]
    schema.sql("ALTER TABLE users MODIFY email BLOB", "UPDATE users SET email = x'ff00'")
    for _ in range(10):
        rows(pool)
    pool.signal(signal.SIGHUP)
    until(lambda: rows(pool)[0]["email"] == "/wA=", 5)


def test_a_table_that_is_dropped_and_comes_back(changing):
    schema, pool = changing
    rows(pool)
    schema.sql("DROP TABLE users")
    for _ in range(5):
        answer = pool.ask("/users")
        assert answer.status in (404, 503), answer
        error_of(answer, answer.status)
    schema.sql(*USERS)
    until(lambda: all(pool.ask("/users").status == 200 for _ in range(20)), 5)  # each worker finds it by itself
    assert rows(pool) == [ADMIN, GUEST]


def test_a_table_that_is_not_there_at_the_start_is_told_by_ready(database, start_pool):
    schema = database.schema(*USERS)
    pool = start_pool(schema.url(), "users,later", ready=False)
    until(lambda: pool_answers(pool), 5)
    answer = pool.ask("/later")
    assert answer.status in (404, 503), answer
    schema.sql("CREATE TABLE later (id INT PRIMARY KEY)")
    until(lambda: pool.ask("/later").status == 200 and pool.web.get("/ready").status == 200, 5)


def pool_answers(pool):
    try:
        return pool.ask("/users").status == 200
    except (OSError, AssertionError):
        return False
