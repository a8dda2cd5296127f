# SPDX-License-Identifier: MIT
"""The pool at night: workers die, connections die, tables change, statements take too long."""
import json
import os
import signal
import subprocess
import threading
import time

import pytest

import fcgi
import postgresql
import servers
from differences import here
from servers import ADMIN, GUEST, USERS, until
from test_write_errors import in_background
from web import error_of

SLOW = (
    "CREATE VIEW slow AS SELECT 1 AS id, SLEEP(0.5) AS pause",
    "CREATE VIEW slower AS SELECT 1 AS id, SLEEP(8) AS pause",
)


@pytest.fixture
def pool(users, start_pool):
    return start_pool(users.schema.url())


def test_there_are_as_many_workers_as_asked_for(users, start_pool):
    for count in (1, 2, 5):
        pool = start_pool(users.schema.url(), workers=count)
        assert len(pool.workers()) == count == pool.metric("myrest_workers")


def test_without_a_number_there_are_two_more_than_cores(users, start_pool):
    pool = start_pool(users.schema.url(), workers=None)
    assert pool.metric("myrest_workers") == len(os.sched_getaffinity(0)) + 2


def test_a_worker_that_hangs_is_not_ready_and_is_when_it_goes_on(users, start_pool):
    pool = start_pool(users.schema.url(), MYREST_WATCHDOG=60)
    stopped = pool.workers()[0]
    os.kill(stopped, signal.SIGSTOP)
    try:
        until(lambda: pool.metric("myrest_workers_ready") == 1, 8)
        assert json.loads(pool.web.get("/ready").body)["workers_ready"] == 1
        [event] = pool.log("worker-hangs")
        assert event["child"] == stopped and event["level"] == "warning"
    finally:
        os.kill(stopped, signal.SIGCONT)
    until(lambda: pool.metric("myrest_workers_ready") == 2, 5)
    assert stopped in pool.workers() and pool.metric("myrest_worker_hangs_total") == 1


def test_a_worker_that_hangs_is_replaced_and_its_reads_are_asked_again(users, start_pool, start_nginx):
    """As it is configured by default: the pool's time has to be less than that of nginx, which gives up asking again."""
    pool = start_pool(users.schema.url(), workers=1)
    pool.deaths_expected = True
    front = start_nginx(pool)
    assert front.get("/users/1").status == 200  # on a connection that is kept
    [stopped] = pool.workers()
    os.kill(stopped, signal.SIGSTOP)
    began, statuses = time.monotonic(), []
    clients = [threading.Thread(target=lambda: statuses.append(front.get("/users/1").status)) for _ in range(20)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert statuses == [200] * 20
    assert 3 < time.monotonic() - began < 9.9  # nginx asks again for 10 s, whatever the machine
    assert pool.workers() != [stopped] and pool.metric("myrest_worker_restarts_total") == 1
    [event] = pool.log("worker-killed")
    assert event["child"] == stopped and "MYREST_WATCHDOG" in event["message"]


DEADLOCK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

int mysql_real_query_start(int *, void *, const char *, unsigned long);
int mysql_real_query_start(int *result, void *mysql, const char *sql, unsigned long length)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	int (*real)(int *, void *, const char *, unsigned long);

	if (memmem(sql, length, "dead@lock", 9) != NULL) {
		pthread_mutex_lock(&lock);
		pthread_mutex_lock(&lock);
	}
	*(void **)&real = dlsym(RTLD_NEXT, "mysql_real_query_start");
	return real(result, mysql, sql, length);
}
"""


@pytest.mark.skipif(postgresql.HERE, reason="its library is not linked but loaded")
@pytest.mark.skipif(servers.instrumented(), reason="the library with the fault cannot come before the sanitizers")
def test_a_worker_in_a_deadlock_within_the_client_library_is_replaced(users, lab, start_pool, start_nginx):
    folder = lab.folder("deadlock")
    (folder / "library.c").write_text(DEADLOCK)
    library = folder / "library.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, folder / "library.c"], check=True)
    library.chmod(0o644)
    pool = start_pool(users.schema.url(), LD_PRELOAD=library, MYREST_WATCHDOG=2)
    pool.deaths_expected = True
    front = start_nginx(pool)
    before = pool.workers()
    assert front.get("/users?email=eq.a@lock").status == 200
    began = time.monotonic()
    locked = in_background(front.get, "/users?email=eq.dead@lock")
    until(lambda: pool.log("worker-hangs"), 5)
    while not pool.log("worker-killed"):
        assert front.get("/users/1").status == 200  # by the other one
        assert time.monotonic() - began < 10 * servers.FACTOR
    [event] = pool.log("worker-killed")[:1]
    assert event["child"] in before
    assert locked.result().status in (502, 504)  # each worker that nginx asks again runs into it
    until(lambda: not set(before) & set(pool.workers()) and pool.metric("myrest_workers_ready") == 2, 10)
    assert front.get("/users/1").status == 200


def test_without_a_watchdog_nobody_is_killed(users, start_pool):
    pool = start_pool(users.schema.url(), MYREST_WATCHDOG=0)
    stopped = pool.workers()[0]
    os.kill(stopped, signal.SIGSTOP)
    try:
        time.sleep(5)
        assert stopped in pool.workers() and not pool.log("worker-hangs")
    finally:
        os.kill(stopped, signal.SIGCONT)


def test_a_killed_worker_is_replaced(pool, start_nginx):
    pool.deaths_expected = True
    front = start_nginx(pool)
    for round_number in range(1, 4):
        victim = pool.workers()[0]
        os.kill(victim, signal.SIGKILL)
        for _ in range(20):
            assert front.get("/users").status == 200
        until(lambda: len(pool.workers()) == 2 and victim not in pool.workers(), 3)
        until(lambda: pool.metric("myrest_worker_restarts_total") >= round_number, 3)
    assert len(pool.log("worker-exit")) >= 3


def test_all_workers_killed_at_once_are_replaced(pool, start_nginx):
    pool.deaths_expected = True
    front = start_nginx(pool)
    victims = pool.workers()
    for victim in victims:
        os.kill(victim, signal.SIGKILL)
    until(lambda: front.get("/users").status == 200, 3)
    until(lambda: len(pool.workers()) == 2 and not set(victims) & set(pool.workers()), 3)


def test_a_killed_admin_listener_is_replaced(pool):
    if servers.WRAPPER:
        return
    pool.deaths_expected = True
    victim = [pid for pid in servers.children(pool.supervisor()) if "admin" in servers.command_line(pid)][0]
    os.kill(victim, signal.SIGKILL)

    def answers():
        try:
            return pool.web.get("/live").status == 200
        except (OSError, AssertionError):
            return False

    until(answers, 5)
    assert pool.ask("/users").status == 200


def test_workers_leave_when_their_supervisor_is_gone(pool):
    family = servers.children(pool.supervisor())
    assert len(family) == 3
    os.kill(pool.supervisor(), signal.SIGKILL)
    pool.process.wait()
    until(lambda: not [pid for pid in family if os.path.exists(f"/proc/{pid}")], 10, why="orphans stay")


def test_term_to_every_process_several_times_is_one_orderly_end(pool):
    family = [pool.supervisor(), *servers.children(pool.supervisor())]
    for _ in range(3):
        for pid in family:
            try:
                os.kill(pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
    assert pool.process.wait(10 * servers.FACTOR) == 0


def test_int_ends_it_like_term(pool):
    assert servers.end(pool.process, signal.SIGINT) == 0


def test_it_stops_at_once_when_nothing_is_asked(pool):
    with pool.fcgi() as idle:
        idle.request(target="/users")
        began = time.monotonic()
        pool.stop()
        assert time.monotonic() - began < 2 * servers.FACTOR


def test_the_drain_has_an_end(database, start_pool):
    schema = database.schema(*USERS, *SLOW)
    pool = start_pool(schema.url(), "users,slower", MYREST_DRAIN_TIMEOUT=1)
    with pool.fcgi() as connection:
        connection.send(fcgi.encode("GET", "/slower"))
        time.sleep(0.2 * servers.FACTOR)
        began = time.monotonic()
        pool.process.send_signal(signal.SIGTERM)
        pool.process.wait(6 * servers.FACTOR)
        assert 0.5 < time.monotonic() - began < 4 * servers.FACTOR
    pool.deaths_expected = True


def test_hup_renews_every_worker(pool):
    before = pool.workers()
    pool.signal(signal.SIGHUP)
    until(lambda: not set(before) & set(pool.workers()) and len(pool.workers()) == 2, 5)
    assert pool.ask("/users").status == 200
    until(lambda: pool.metric("myrest_workers_ready") == 2, 5)


def test_hup_with_a_wrong_password_leaves_the_workers_that_have_a_connection(users, start_pool, lab):
    """Of a new DATABASE_URL: until it is right the old generation answers; then HUP renews the workers."""
    url = lab.folder("u") / "url"
    url.write_text(users.schema.url() + "\n")
    pool = start_pool(None, DATABASE_URL_FILE=url)
    before = pool.workers()
    url.write_text(users.schema.url(password="wr0ng") + "\n")
    pool.signal(signal.SIGHUP)
    # Once the new ones have tried, and once their time is over.
    until(lambda: len(pool.workers()) == 4, 5)
    asked, began = 0, time.monotonic()
    while not pool.log("reload-waits"):
        assert pool.ask("/users").status == 200
        assert time.monotonic() - began < 8 * servers.FACTOR, "no word about it"
        asked += 1
    assert asked > 100
    for _ in range(100):
        assert pool.ask("/users").status == 200
    assert set(before) <= set(pool.workers())
    assert "old ones stay" in pool.log("reload-waits")[0]["message"]
    assert any(here("pool.denied", "denied") in json.dumps(entry).lower() for entry in pool.log("database-away")), pool.text()
    assert pool.web.get("/ready").status == 200
    # The new ones without a connection are not there for good.
    url.write_text(users.schema.url() + "\n")
    failed = set(pool.workers()) - set(before)
    pool.signal(signal.SIGHUP)
    until(lambda: len(pool.workers()) == 2 and not (set(before) | failed) & set(pool.workers()), 8,
          why=lambda: (pool.workers(), pool.text()[-2000:]))
    assert {pool.ask("/users").status for _ in range(100)} == {200}
    until(lambda: pool.metric("myrest_workers_ready") == 2, 5)
    assert "wr0ng" not in pool.text()


def test_hup_with_tables_that_are_not_there_says_which(users, start_pool, lab):
    """The old generation stays until they are there, and the log says all of what is missing, and why it stays."""
    names = lab.folder("t") / "tables"
    names.write_text("users\n")
    pool = start_pool(users.schema.url(), None, MYREST_TABLES_FILE=names, workers=1)
    before = pool.workers()
    names.write_text("users,first,second\n")
    pool.signal(signal.SIGHUP)
    until(lambda: pool.log("reload-waits"), 8)
    for event in ("table-missing", "reload-waits"):
        said = pool.log(event)[0]["message"]
        assert "'first'" in said and "'second'" in said and "'users'" not in said
    assert set(before) <= set(pool.workers()) and pool.ask("/users").status == 200
    assert pool.web.get("/ready").status == 200
    users.schema.sql("CREATE TABLE first (id INT PRIMARY KEY)", "CREATE TABLE second (id INT PRIMARY KEY)")
    until(lambda: len(pool.workers()) == 1 and not set(before) & set(pool.workers()), 10)
    assert pool.ask("/second").status == 200


def test_all_tables_that_are_missing_at_the_start_are_told(users, start_pool):
    pool = start_pool(users.schema.url(), 'users,third,"😀"', workers=1, ready=False)  # the last can be no name of MySQL's
    until(lambda: pool.log("table-missing") and pool.ask("/users").status == 200, 8)
    assert all(name in pool.log("table-missing")[0]["message"] for name in ("'third'", "'😀'"))
    reason = pool.web.get("/ready").json()["reason"]
    assert "'third'" in reason and "'😀'" in reason


def test_names_that_no_table_can_have_are_told(users, start_pool):
    pool = start_pool(users.schema.url(), '"😀"', workers=1, ready=False)
    until(lambda: pool.log("table-missing"), 8)
    assert "'😀'" in pool.log("table-missing")[0]["message"] and pool.ask("/users").status == 404


def test_hup_again_with_a_wrong_password_does_not_end_them_either(users, start_pool, lab):
    url = lab.folder("u") / "url"
    url.write_text(users.schema.url())
    pool = start_pool(None, DATABASE_URL_FILE=url)
    before, seen, done = set(pool.workers()), [], threading.Event()

    def ask():
        while not done.is_set():
            seen.append(pool.ask("/users").status)

    client = threading.Thread(target=ask)
    client.start()
    try:
        failed = set()
        for turn in range(3):
            url.write_text(users.schema.url(password=f"wr0ng-{turn}"))
            pool.signal(signal.SIGHUP)
            # Those of the last turn go, those that have a connection stay.
            until(lambda: len(pool.workers()) == 4 and not failed & set(pool.workers()), 5, why=pool.workers)
            assert before <= set(pool.workers())
            failed |= set(pool.workers()) - before
            time.sleep(0.3)
        url.write_text(users.schema.url())
        pool.signal(signal.SIGHUP)
        until(lambda: len(pool.workers()) == 2 and not (before | failed) & set(pool.workers()), 8)
        time.sleep(0.3)
    finally:
        done.set()
        client.join()
    assert set(seen) == {200} and len(seen) > 100, {status: seen.count(status) for status in set(seen)}


# the connection to the database


def test_a_killed_database_connection_is_invisible(users, pool, start_nginx):
    front = start_nginx(pool)
    for _ in range(5):
        users.schema.kill_pool_connections()
        for _ in range(6):
            assert front.json("/users") == [ADMIN, GUEST]
            assert front.json("/users/1") == ADMIN


def test_a_connection_killed_in_the_middle_of_a_statement_is_invisible(database, start_pool):
    schema = database.schema(*USERS, *SLOW)
    pool = start_pool(schema.url(), "users,slow")
    with pool.fcgi() as connection:
        connection.send(fcgi.encode("GET", "/slow"))
        busy = until(
            lambda: schema.sql(
                "SELECT id FROM information_schema.processlist WHERE user = 'rest' AND "
                f"db = '{schema.name}' AND command <> 'Sleep'"
            ),
            3,
        )
        schema.sql(f"KILL {busy[0][0]}")
        answer = connection.read()
    assert answer.status == 200 and json.loads(answer.body) == [{"id": 1, "pause": 0}], answer


def test_a_killed_query_is_answered_by_an_error_or_asked_again(database, start_pool):
    schema = database.schema(*USERS, "CREATE VIEW slow AS SELECT u.id, SLEEP(0.4) AS pause FROM users u")
    pool = start_pool(schema.url(), "users,slow")
    with pool.fcgi() as connection:
        connection.send(fcgi.encode("GET", "/slow"))
        busy = until(
            lambda: schema.sql(
                "SELECT id FROM information_schema.processlist WHERE user = 'rest' AND "
                f"db = '{schema.name}' AND command <> 'Sleep'"
            ),
            3,
        )
        schema.sql(f"KILL QUERY {busy[0][0]}")
        answer = connection.read()
        assert answer.ended
        if answer.status != 200:
            error_of(answer, answer.status)
            assert answer.status in (503, 504)
        assert connection.request(target="/users").status == 200


def test_each_worker_keeps_one_connection(users, start_pool, database):
    schema = database.schema(*USERS)
    pool = start_pool(schema.url(), workers=3)
    for _ in range(100):
        pool.ask("/users")
    assert 1 <= len(schema.pool_connections()) <= 3


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


# statements that take too long


@pytest.fixture
def impatient(database, start_pool):
    schema = database.schema(*USERS, *SLOW)
    return schema, start_pool(schema.url(), "users,slow,slower", MYREST_STATEMENT_TIMEOUT=1)


def test_a_statement_past_its_time_is_504_and_ends_in_the_server(impatient):
    schema, pool = impatient
    began = time.monotonic()
    assert "MYREST_STATEMENT_TIMEOUT" in error_of(pool.ask("/slower"), 504, "57014")["details"]
    assert 0.8 < time.monotonic() - began < 2.5 * servers.FACTOR
    until(
        lambda: not schema.sql(
            "SELECT id FROM information_schema.processlist WHERE user = 'rest' AND "
            f"db = '{schema.name}' AND command <> 'Sleep'"
        ),
        2,
        why="the statement still runs",
    )
    assert pool.ask("/users").status == 200
    assert pool.ask("/slow").status == 200


def test_statements_past_their_time_do_not_delay_others(impatient):
    _, pool = impatient
    ended = []
    threads = [threading.Thread(target=lambda: ended.append(pool.ask("/slower").status)) for _ in range(1)]
    for thread in threads:
        thread.start()
    slowest = 0.0
    while any(thread.is_alive() for thread in threads):
        began = time.monotonic()
        assert pool.ask("/users").status == 200
        slowest = max(slowest, time.monotonic() - began)
    assert ended == [504] and slowest < 0.5 * servers.FACTOR


def test_more_statements_past_their_time_than_workers_end_all(impatient):
    _, pool = impatient
    ended = []
    threads = [
        threading.Thread(target=lambda at=at: ended.append(pool.ask(f"/slower?id=eq.{at}", timeout=15).status))
        for at in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(ended) <= {200, 504} and len(ended) == 4
    assert pool.ask("/users").status == 200


def test_a_table_somebody_locks_is_504_and_good_again(impatient):
    schema, pool = impatient
    with schema.connect() as writer, writer.cursor() as cursor:
        cursor.execute("LOCK TABLES users WRITE")
        error_of(pool.ask("/users"), 504, "57014")
        cursor.execute("UNLOCK TABLES")
    until(lambda: pool.ask("/users").status == 200, 3)


# at the start


def test_when_it_says_ready_nobody_is_turned_away(users, start_pool):
    for _ in range(10):
        pool = start_pool(users.schema.url(), workers=4, ready=False)
        until(lambda: says_ready(pool), 5, step=0.0005)
        connections = [pool.fcgi() for _ in range(40)]
        for connection in connections:
            connection.send(fcgi.encode("GET", "/users/1"))
        assert {connection.read().status for connection in connections} == {200}
        for connection in connections:
            connection.close()
        pool.stop()


def test_the_first_request_after_the_start_is_answered_when_the_database_is_there(users, start_pool):
    """nginx may ask as soon as the socket is there: no 503 only because a connection is being made."""
    for _ in range(10):
        pool = start_pool(users.schema.url(), workers=4, ready=False)
        until(lambda: connected(pool), 5, step=0.0005)
        assert {pool.ask("/users/1").status for _ in range(20)} == {200}
        pool.stop()


def says_ready(pool):
    try:
        return pool.web.get("/ready").status == 200
    except OSError:
        return False


def connected(pool):
    try:
        pool.fcgi().close()
        return True
    except OSError:
        return False
