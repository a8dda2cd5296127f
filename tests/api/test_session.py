# SPDX-License-Identifier: MIT
"""The connection relies on nothing of its session that it has not set itself."""
import threading
import time

import pytest

import mysql
import postgresql
import servers
from servers import until
from session_spoiled import EPOCH, FAILING_SHIFTER, FAILING_TRIGGER, NOON, SHIFTER, TABLES, UTC, WORST, answers_of, known, plainly, right
from session_spoiled import expected, spoiled  # noqa: F401 (fixtures)
from writing import GRANT, REPRESENTATION, send

WAYS = ["system", "role", "database"] if postgresql.HERE else ["global", "init_connect"]


@pytest.mark.parametrize("way", WAYS)
def test_the_worst_of_all_variables_at_once_changes_no_answer(spoiled, expected, start_pool, start_nginx, way):
    values = dict(reversed(known(spoiled, way)))  # of two values the first
    wanted = right(expected, start_pool, start_nginx, spoiled)
    assert answers_of(start_pool, start_nginx, spoiled, way, list(values.items())[::-1]) == wanted


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("worst", WORST, ids="=".join)
def test_the_worst_of_one_variable_changes_no_answer(spoiled, expected, start_pool, start_nginx, worst, way):
    if worst not in known(spoiled, way):
        pytest.skip("the server has no such variable, or only some may set it")
    wanted = right(expected, start_pool, start_nginx, spoiled)
    assert answers_of(start_pool, start_nginx, spoiled, way, [worst]) == wanted


SPOILER = (
    "CREATE FUNCTION spoil() RETURNS int LANGUAGE plpgsql VOLATILE AS"
    " $$BEGIN PERFORM set_config('standard_conforming_strings', 'off', false); RETURN 1; END$$"
    if postgresql.HERE
    else "CREATE FUNCTION spoil() RETURNS INT READS SQL DATA BEGIN SET SESSION sql_mode = ''; RETURN 1; END"
)


def test_a_function_that_changes_what_literals_mean(database, start_pool, start_nginx):
    """A backslash would take the next character. MySQL and MariaDB put sql_mode back when the function has ended, which
    costs nothing then; on PostgreSQL the statement is the session's last."""
    schema = database.schema(*TABLES, grant=GRANT)
    servers.ids_go_on(schema, "things")
    plainly(database, SPOILER, "CREATE VIEW spoiler AS SELECT spoil() AS id", schema=schema.name)
    schema.grant()
    pool = start_pool(schema.url(), "things,spoiler", workers=1, MYREST_WRITABLE="things")
    front = start_nginx(pool)
    connects = pool.metric("myrest_database_connects_total")
    for value in range(5):
        assert front.json("/spoiler") == [{"id": 1}]
        text = f"{value}\\' or 1=1 -- "
        made = send(front, "POST", "/things", {"name": f"made{value}", "s": text}, REPRESENTATION)
        assert made.status == 201 and made.json()[0]["s"] == text
        assert front.json("/spoiler") == [{"id": 1}]
        assert front.json("/things?select=name&s=eq.%5C%27%20or%20true%20--%20") == []
        assert front.json("/things/1")["name"] == "one"
    renewed = 10 if postgresql.HERE else 0
    assert len(pool.log("session-changed")) == renewed
    assert pool.metric("myrest_database_connects_total") == connects + renewed
    # its rows are another statement of the transaction, for which the session is made again what it was
    assert send(front, "GET", "/spoiler", None, "count=exact").status == 200
    assert front.json("/things/1")["name"] == "one"


def test_a_time_zone_that_a_statement_sets(database, start_pool, start_nginx):
    """MySQL tells of it with the next answer that has no rows, the others at once."""
    schema = database.schema(*TABLES, grant=GRANT)
    plainly(database, SHIFTER, "CREATE VIEW shifter AS SELECT shift() AS id", schema=schema.name)
    schema.grant()
    pool = start_pool(schema.url(), "things,shifter", workers=1, MYREST_WRITABLE="things")
    front = start_nginx(pool)
    connects = pool.metric("myrest_database_connects_total")
    for prefer in (None, REPRESENTATION):
        assert front.json("/shifter") == [{"id": 1}]
        if mysql.HERE:  # what tells of it
            assert send(front, "PATCH", "/things/2", {"n": 5}).status == 204
        written = send(front, "PATCH", "/things/1", {"z": NOON, "n": len(prefer or "")}, prefer)
        assert written.status in (200, 204), written
        ((epoch,),) = plainly(database, f"{EPOCH} FROM things WHERE id = 1", schema=schema.name)
        assert epoch == 1719835200
        assert UTC.fullmatch(front.json("/things/1?select=z")["z"])
    renewed = 2
    if not mysql.HERE:
        assert front.json("/shifter") == [{"id": 1}]
        assert UTC.fullmatch(front.json("/things/1?select=z")["z"])
        assert front.json("/things?select=id&z=eq.2024-07-01T12:00:00") == [{"id": 1}]
        renewed += 1
    assert len(pool.log("session-changed")) == renewed
    assert pool.metric("myrest_database_connects_total") == connects + renewed


def test_nobody_fails_because_others_change_the_session(database, start_pool, start_nginx):
    """Whoever comes next, and whatever had changed it: a statement that fails leaves it so."""
    schema = database.schema(*TABLES, grant=GRANT)
    plainly(database, FAILING_SHIFTER, *FAILING_TRIGGER, schema=schema.name)
    schema.grant()
    pool = start_pool(schema.url(), "things,parents", workers=1, MYREST_WRITABLE="things,parents")
    front = start_nginx(pool)
    assert send(front, "PATCH", "/things/1", {"z": NOON}).status == 204
    zone, answers, ended = front.json("/things/1?select=z")["z"], [], threading.Event()

    def fail():
        while not ended.is_set():
            send(front, "POST", "/parents", {"id": 7})

    def ask():
        for _ in range(40):
            answers.append(front.get("/things/1?select=z"))
            answers.append(send(front, "PATCH", "/things/1", {"z": NOON}, REPRESENTATION))

    failing, asking = ([threading.Thread(target=each) for _ in range(4)] for each in (fail, ask))
    for thread in failing + asking:
        thread.start()
    for thread in asking:
        thread.join()
    ended.set()
    for thread in failing:
        thread.join()
    assert {(answer.status, answer.json()["z"]) for answer in answers} == {(200, zone)}, answers
    assert postgresql.HERE or pool.log("session-changed")


def test_tables_are_described_as_if_a_statement_had_set_nothing(database, start_pool, start_nginx):
    """One is missing, so that they are described again and again, and a limit on rows is left behind by a view."""
    limiter = (
        "CREATE FUNCTION limiting() RETURNS int LANGUAGE plpgsql VOLATILE AS"
        " $$BEGIN PERFORM set_config('DateStyle', 'SQL, DMY', false); RETURN 1; END$$"
        if postgresql.HERE
        else "CREATE FUNCTION limiting() RETURNS INT READS SQL DATA BEGIN SET SESSION sql_select_limit = 1; RETURN 1; END"
    )
    schema = database.schema("CREATE TABLE one (id INT PRIMARY KEY)", "CREATE TABLE two (id INT PRIMARY KEY)", grant=GRANT)
    plainly(database, limiter, "CREATE VIEW limited AS SELECT limiting() AS id", schema=schema.name)
    schema.grant()
    pool = start_pool(schema.url(), "one,two,limited,missing", workers=1, ready=False)
    front = start_nginx(pool)
    until(lambda: front.get("/limited").status == 200, 5)
    for _ in range(3):
        assert front.json("/limited") == [{"id": 1}]
        time.sleep(1.2)  # they are described each second
        assert [front.get(f"/{table}").status for table in ("one", "two", "limited")] == [200, 200, 200]
