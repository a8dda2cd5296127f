# SPDX-License-Identifier: MIT
"""The pool at night: workers hang, die and are renewed."""
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
from pools import SLOW
from pools import pool  # noqa: F401 (fixtures)
from servers import USERS, until
from write_faults import in_background


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
