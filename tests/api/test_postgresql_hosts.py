# SPDX-License-Identifier: MIT
"""Hosts of PostgreSQL that go and come: the next one answers."""
import json
import os
import signal
import threading
import time

import pytest

import servers
from postgresql_connecting import check, place, plainly, several
from postgresql_connecting import hosts, two  # noqa: F401 (fixtures)
from servers import USERS, until


def backends(database):
    return plainly(database, "SELECT pid FROM pg_stat_activity WHERE usename = 'rest'")


def immediate_shutdown(database):
    os.kill(database.process.pid, signal.SIGQUIT)


def fast_shutdown(database):
    os.kill(database.process.pid, signal.SIGINT)


def kill_of_the_first(database):
    os.kill(database.process.pid, signal.SIGKILL)


def kill_of_a_backend(database):
    """All others have to go then, and the server starts again by itself."""
    os.kill(backends(database)[0][0], signal.SIGKILL)


def terminate(database):
    plainly(database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'rest'")


WAYS = [immediate_shutdown, fast_shutdown, kill_of_the_first, kill_of_a_backend, terminate]


def wait_until_over(database, way):
    if way in (immediate_shutdown, fast_shutdown, kill_of_the_first):
        below = servers.children(database.process.pid)
        database.process.wait(20)
        until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in below), 20)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_when_a_host_goes_the_next_one_answers_at_once(hosts, start_pool, way):
    pool = start_pool(several(*hosts), "place", workers=1)
    assert place(pool) == "db0"
    way(hosts[0])
    began, waits = time.monotonic(), []
    while time.monotonic() - began < 1:
        asked = time.monotonic()
        assert pool.ask("/place/1").status == 200
        waits.append(time.monotonic() - asked)
        time.sleep(0.005)
    assert max(waits) < 0.5 * servers.FACTOR, max(waits)
    assert place(pool) == "db1"
    wait_until_over(hosts[0], way)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_read_is_repeated_elsewhere_and_a_write_is_not(hosts, start_pool, way):
    pools = [start_pool(several(*hosts), "place,slow", workers=1),
             start_pool(several(*hosts), "place,notes", workers=1, MYREST_WRITABLE="notes")]  # fmt: skip
    answers = {}
    words = f"written once {way.__name__}"

    def ask(name, pool, *arguments, **how):
        answers[name] = pool.ask(*arguments, **how)

    asking = [threading.Thread(target=ask, args=("read", pools[0], "/slow")),
              threading.Thread(target=ask, args=("write", pools[1], "/notes", "POST"),
                               kwargs={"body": json.dumps({"words": words}).encode(), "headers": {"Content-Type": "application/json"}})]  # fmt: skip
    for each in asking:
        each.start()
    until(lambda: len(plainly(hosts[0], "SELECT 1 FROM pg_stat_activity WHERE usename = 'rest' AND state = 'active'")) == 2, 3)
    way(hosts[0])
    for each in asking:
        each.join()
    assert answers["read"].status == 200 and answers["write"].status == 502, answers
    assert [place(pool) for pool in pools] == ["db1", "db1"]
    wait_until_over(hosts[0], way)
    if hosts[0].process.poll() is not None:
        hosts[0].start()
    until(hosts[0].answers, 20)
    for database in hosts:
        assert not plainly(database, f"SELECT 1 FROM notes WHERE words = '{words}'", schema="s1")


def test_a_server_that_starts_is_passed_over(lab, hosts, start_pool):
    """It is a standby that takes nobody (57P03): as one that is still starting does."""
    from postgresql_server import Database

    primary = Database(lab, wal_level="replica", max_wal_senders="4")
    standby = None
    try:
        primary.shop = primary.schema(*USERS)
        standby = primary.standby(lab)
        standby.stop()
        standby.options["hot_standby"] = "off"
        standby.answers = lambda: True
        standby.start()
        words = "the database system is not accepting connections"
        url = several(standby).replace("/s1", f"/{primary.shop.name}")
        until(lambda: words in check(lab, url).stderr, 10)
        pool = start_pool(url, ready=False)
        until(lambda: pool.log("database-away"), 5)
        until(lambda: words in pool.web.get("/ready").json()["reason"], 5)
        began = time.monotonic()
        both = start_pool(several(standby, primary).replace("/s1", f"/{primary.shop.name}"))
        assert time.monotonic() - began < 1 * servers.FACTOR
        assert {entry["host"] for entry in both.log("database-open")} == {f"127.0.0.1:{primary.port}"}
    finally:
        for database in (standby, primary):
            if database is not None:
                database.kill()
