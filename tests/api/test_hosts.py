# SPDX-License-Identifier: MIT
"""Several hosts in DATABASE_URL: one is killed, stopped in the middle, made read-only, slow; and a password that changes
underneath. The hosts are servers of their own with the same tables; `place` tells which one answered. Connections to
them are as they come, and once more with TLS."""
import contextlib
import json
import os
import signal
import socket
import threading
import time

import pytest

import certificates
import mysql
import postgresql
import servers
from servers import USERS, until
from web import error_of

TABLES = (
    *USERS,
    "CREATE TABLE place (id INT PRIMARY KEY, name VARCHAR(20) NOT NULL)",
    "CREATE TABLE notes (id INT PRIMARY KEY AUTO_INCREMENT, words VARCHAR(80) NOT NULL)",
    "CREATE VIEW slow AS SELECT 1 AS id, SLEEP(1) AS pause",
    "CREATE VIEW slower AS SELECT 1 AS id, SLEEP(3) AS pause",
)

# PostgreSQL's for the same
WORDS = {"target": "target_session_attrs", "writable": "read-write"} if postgresql.HERE else {}


class Hosts:
    """Three of them; all know the schema under one name. tls: whether all that is not a unix socket is to have it."""

    def __init__(self, lab, tls):
        self.tls = tls
        if tls and not mysql.HERE:  # a MySQL offers TLS by itself
            made = certificates.authority_and_pair(lab)
            self.all = [certificates.Protected(lab, *made) for _ in range(3)]
        else:
            self.all = [servers.Database(lab) for _ in range(3)]
        for number, database in enumerate(self.all):
            database.shop = database.schema(
                *TABLES, f"INSERT INTO place VALUES (1, 'db{number}')",
                grant="SELECT, INSERT, UPDATE, DELETE, SHOW VIEW",
            )
        assert len({database.shop.name for database in self.all}) == 1

    def url(self, *which, **options):
        places = ",".join(f"127.0.0.1:{self.all[number].port}" for number in which)
        more = "".join(f"&{WORDS.get(name, name)}={WORDS.get(value, value)}" for name, value in options.items())
        return self.all[0].shop.url(tcp=True).replace(self.name(0), places) + self.protection() + more

    def protection(self):
        return f"?{certificates.OPTION}={certificates.WITH if self.tls else certificates.WITHOUT}"

    def check(self, pool):
        """Its connections were what they had to be."""
        for entry in [*pool.log("database-open"), *pool.log("database-back")]:
            with_tls = self.tls and entry["host"] != "socket"
            assert entry["tls"].startswith("TLSv1.") if with_tls else entry["tls"] == "none", entry

    def name(self, number):
        return f"127.0.0.1:{self.all[number].port}"


def losing(test):
    """A test in which connections are lost under statements: what TLS makes of that is in the short run, too."""
    test.losing = True
    return test


def pytest_generate_tests(metafunc):
    if "three" in metafunc.fixturenames:
        quick = mysql.HERE or hasattr(metafunc.function, "losing")
        how = [pytest.param("tls", marks=() if quick else pytest.mark.slow)]
        metafunc.parametrize("three", how if mysql.HERE else ["plain", *how], indirect=True, scope="module")


@pytest.fixture(scope="module")
def three(request, lab):
    three = Hosts(lab, request.param == "tls")
    yield three
    for database in three.all:
        database.kill()


@pytest.fixture
def hosts(three):
    """All up, and none read-only, before and after each test."""
    yield three
    for database in three.all:
        if database.process.poll() is not None:
            database.start()
        database.sql("SET GLOBAL read_only = 0")


@pytest.fixture
def start_pool(start_pool, three):
    pools = []

    def start(*arguments, **settings):
        pools.append(start_pool(*arguments, **settings))
        return pools[-1]

    yield start
    for pool in pools:
        three.check(pool)


@contextlib.contextmanager
def standing_still(database):
    """With SIGSTOP, of all its processes: connections open, and nobody says a word."""
    processes = [database.process.pid, *servers.children(database.process.pid)]
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


def place(ask):
    answer = ask("/place/1")
    assert answer.status == 200, answer
    return json.loads(answer.body)["name"]


def write(ask, words):
    return ask("/notes", "POST", body=json.dumps({"words": words}).encode(), headers={"Content-Type": "application/json"})


class Load:
    """Clients that read all the time, until the end of its block; how each request went, and when it was answered."""

    def __init__(self, front, clients=6):
        self.answers, self.ending = [], threading.Event()
        self.clients = [threading.Thread(target=self.read, args=(front,)) for _ in range(clients)]
        for client in self.clients:
            client.start()

    def read(self, front):
        number = 0
        while not self.ending.is_set():
            number += 1
            began = time.monotonic()
            try:
                status = front.get(f"/users?id=eq.{number % 2 + 1}&limit={number % 7 + 1}").status
            except OSError as fault:  # no answer
                status = fault
            self.answers.append((time.monotonic(), status, time.monotonic() - began))
            time.sleep(0.002)

    def end(self):
        self.ending.set()
        for client in self.clients:
            client.join()

    def __enter__(self):
        return self

    def __exit__(self, *how):
        self.end()

    def failed(self):
        return [answer for answer in self.answers if answer[1] != 200]

    def longest_gap(self):
        moments = sorted(moment for moment, _, _ in self.answers)
        return max(after - before for before, after in zip(moments, moments[1:]))

    def longest_wait(self):
        return max(took for _, _, took in self.answers)


def test_workers_spread_over_the_hosts(hosts, start_pool):
    pool = start_pool(hosts.url(0, 1, 2), "users,place", workers=3)
    assert sorted(entry["host"] for entry in pool.log("database-open")) == sorted(hosts.name(n) for n in range(3))
    assert {place(pool.ask) for _ in range(60)} <= {"db0", "db1", "db2"}


def test_for_writing_all_workers_go_to_the_first(hosts, start_pool):
    pool = start_pool(hosts.url(1, 0, 2, target="writable"), "users,place", workers=3)
    assert {entry["host"] for entry in pool.log("database-open")} == {hosts.name(1)}


@pytest.mark.parametrize("how", ["refuses", "is silent", "is read-only", "has no name"])
def test_a_host_that_will_not_do_is_passed_over(hosts, start_pool, how):
    with socket.socket() as dead:
        dead.bind(("127.0.0.1", 0))
        if how == "is silent":
            dead.listen()
        wrong = f"127.0.0.1:{dead.getsockname()[1]}"
        url = hosts.url(0, 1, target="writable")
        if how == "is read-only":
            hosts.all[0].sql("SET GLOBAL read_only = 1")
        elif how == "has no name":
            url = url.replace(hosts.name(0), "nobody.invalid:3306")
        else:
            url = url.replace(hosts.name(0), wrong)
        began = time.monotonic()
        pool = start_pool(url, "users,place", MYREST_CONNECT_TIMEOUT=1)
        assert time.monotonic() - began < 2.5 * servers.FACTOR
        assert place(pool.ask) == "db1"


def test_when_none_will_do_it_is_503_and_says_why(hosts, start_pool):
    for database in hosts.all:
        database.sql("SET GLOBAL read_only = 1")
    pool = start_pool(hosts.url(0, 1, target="writable"), "users,place", ready=False)
    until(lambda: pool.log("database-away"), 5)
    error_of(pool.ask("/users"), 503, ("PGRST001",))
    until(lambda: "read-only" in pool.web.get("/ready").json()["reason"], 3)
    assert f"{hosts.name(1)}: the server is read-only" in pool.log("database-away")[0]["message"]
    hosts.all[1].sql("SET GLOBAL read_only = 0")
    until(lambda: pool.ask("/users").status == 200, 3)
    assert place(pool.ask) == "db1"


def lose_all(hosts, *which):
    """None of them will do for target=writable, and all workers find that out."""
    for number in which:
        hosts.all[number].sql("SET GLOBAL read_only = 1")
    for number in which:
        hosts.all[number].sql("KILL USER rest")


def test_requests_wait_while_none_will_do_for_a_moment(hosts, start_pool, start_nginx):
    """As when a cluster gives one of its nodes up: until that is done none of the others takes part. It is no wait in the queue."""
    pool = start_pool(hosts.url(0, 1, target="writable"), "users,place,notes", workers=2,
                      MYREST_CONNECT_TIMEOUT=round(servers.FACTOR), MYREST_WRITABLE="notes", MYREST_QUEUE_MS=300)
    front = start_nginx(pool)
    with Load(front) as load:
        time.sleep(0.3)
        lose_all(hosts, 0, 1)
        until(lambda: pool.log("database-away"), 3)
        written = []
        writing = threading.Thread(target=lambda: written.append(write(front.get, "it waits").status))
        writing.start()
        time.sleep(1)
        hosts.all[1].sql("SET GLOBAL read_only = 0")
        writing.join()
        time.sleep(0.3)
    assert not load.failed(), load.failed()[:5]
    assert load.longest_gap() > 0.8, "there was nothing to wait for"
    assert written == [201]


def test_they_do_not_wait_for_ever(hosts, start_pool):
    """As long as all hosts but one may take to be found silent, and a second; from then on it is said at once."""
    pool = start_pool(hosts.url(0, 1, target="writable"), "users", workers=2, MYREST_CONNECT_TIMEOUT=1)
    assert pool.ask("/users").status == 200
    lost = time.monotonic()
    lose_all(hosts, 0, 1)
    until(lambda: pool.log("database-away"), 3)
    began = time.monotonic()
    assert pool.ask("/users").status == 503
    assert time.monotonic() - lost > 2 and time.monotonic() - began < 2.3 * servers.FACTOR
    until(lambda: len(pool.log("database-away")) == 2, 3)
    time.sleep(0.5)
    for _ in range(5):
        began = time.monotonic()
        assert pool.ask("/users").status == 503
        assert time.monotonic() - began < 0.25 * servers.FACTOR


@losing
def test_a_host_that_is_killed_costs_no_read_and_its_workers_come_back(hosts, start_pool, start_nginx):
    pool = start_pool(hosts.url(0, 1, 2), "users,place", workers=3)
    with Load(start_nginx(pool)) as load:
        time.sleep(0.5)
        hosts.all[0].kill()
        time.sleep(1.5)
        hosts.all[0].start()
        began = time.monotonic()
        until(lambda: len(hosts.all[0].shop.pool_connections()) == 1, 15)
        assert time.monotonic() - began < 11 * servers.FACTOR
        time.sleep(0.3)
    assert len(load.answers) > 500 and not load.failed(), load.failed()[:5]
    assert load.longest_gap() < 1 * servers.FACTOR, load.longest_gap()
    # Another's worker may have been away as well: its host can seem silent on a machine that has too much to do.
    until(lambda: {len(database.shop.pool_connections()) for database in hosts.all} == {1}, 15)


@losing
def test_a_host_that_stands_still_costs_no_read(hosts, start_pool, start_nginx):
    pool = start_pool(hosts.url(0, 1, 2), "users,place", workers=3, MYREST_CONNECT_TIMEOUT=1)
    with Load(start_nginx(pool)) as load:
        time.sleep(0.5)
        with standing_still(hosts.all[0]):
            time.sleep(3)
            load.end()
    assert len(load.answers) > 500 and not load.failed(), load.failed()[:5]
    assert load.longest_gap() < 2 * servers.FACTOR, load.longest_gap()
    # half a second of silence, a connect that takes as long as it may, and the next host
    assert load.longest_wait() < 2 * servers.FACTOR, load.longest_wait()


def test_a_host_that_stands_still_is_passed_over_when_connecting(hosts, start_pool):
    with standing_still(hosts.all[0]):
        began = time.monotonic()
        pool = start_pool(hosts.url(0, 1), "users,place", workers=2, MYREST_CONNECT_TIMEOUT=1)
        assert time.monotonic() - began < 2.5 * servers.FACTOR
        assert {place(pool.ask) for _ in range(20)} == {"db1"}


def test_a_statement_that_takes_long_is_not_given_up(hosts, start_pool):
    pool = start_pool(hosts.url(0, 1), "users,slower", workers=1, MYREST_CONNECT_TIMEOUT=1)
    before = hosts.all[0].shop.pool_connections()
    assert pool.ask("/slower", timeout=10).status == 200
    assert hosts.all[0].shop.pool_connections() == before


@losing
def test_a_read_whose_connection_dies_is_repeated_on_another_host(hosts, start_pool):
    pool = start_pool(hosts.url(0, 1, 2), "users,place,slow", workers=1)
    answers = []
    asking = threading.Thread(target=lambda: answers.append(pool.ask("/slow").status))
    asking.start()
    for number in (0, 1):  # as often as there are other hosts
        connection = until(lambda: [row[0] for row in hosts.all[number].sql(
            "SELECT id FROM information_schema.processlist WHERE user = 'rest' AND info LIKE '%slow%'")], 3)[0]
        hosts.all[number].sql(f"KILL {connection}")
    asking.join()
    assert answers == [200]
    assert place(pool.ask) == "db2"


def test_a_write_goes_to_the_next_host_when_one_has_become_read_only(hosts, start_pool):
    pool = start_pool(hosts.url(0, 1, target="writable"), "users,place,notes", workers=1, MYREST_WRITABLE="notes")
    assert write(pool.ask, "first").status == 201
    hosts.all[0].sql("SET GLOBAL read_only = 1")
    for n in range(4):
        assert write(pool.ask, f"second {n}").status == 201
    assert hosts.all[0].shop.sql("SELECT words FROM notes") == (("first",),)
    assert len(hosts.all[1].shop.sql("SELECT words FROM notes WHERE words LIKE 'second%'")) == 4
    assert place(pool.ask) == "db1"
    # there is none to go to: nothing was written, and that is said
    hosts.all[1].sql("SET GLOBAL read_only = 1")
    answer = write(pool.ask, "third")
    assert answer.status == 503, answer
    for database in hosts.all[:2]:
        assert database.shop.sql("SELECT COUNT(*) FROM notes WHERE words = 'third'") == ((0,),)


def test_a_write_in_a_transaction_goes_too(hosts, start_pool):
    pool = start_pool(hosts.url(2, 1, target="writable"), "notes", workers=1, MYREST_WRITABLE="notes")
    for number in (1, 2):
        hosts.all[number].shop.sql("INSERT INTO notes (id, words) VALUES (70, 'old') ON DUPLICATE KEY UPDATE words = 'old'")
    hosts.all[2].sql("SET GLOBAL read_only = 1")
    changed = pool.ask("/notes?id=eq.70", "PATCH", body=b'{"words":"new"}',
                       headers={"Content-Type": "application/json", "Prefer": "return=representation"})
    assert changed.status == 200 and json.loads(changed.body) == [{"id": 70, "words": "new"}], changed
    assert hosts.all[2].shop.sql("SELECT words FROM notes WHERE id = 70") == (("old",),)
    assert hosts.all[1].shop.sql("SELECT words FROM notes WHERE id = 70") == (("new",),)


@pytest.mark.parametrize("hedged", [True, False])
def test_a_slow_host_is_given_up_for_another_where_that_is_asked_for(hosts, start_pool, hedged):
    pool = start_pool(hosts.url(0, 1), "users,place", workers=1, MYREST_HEDGE_MS=200 if hedged else None)
    assert place(pool.ask) == "db0"
    with hosts.all[0].shop.connect() as locking, locking.cursor() as cursor:
        cursor.execute("LOCK TABLES place WRITE")
        began, answers = time.monotonic(), []
        asking = threading.Thread(target=lambda: answers.append(place(pool.ask)))
        asking.start()
        asking.join(1.2)
        if hedged:
            assert answers == ["db1"] and time.monotonic() - began < 0.7 * servers.FACTOR
        else:
            assert not answers  # it waits for the host that it has asked
        cursor.execute("UNLOCK TABLES")
        asking.join()
    assert answers == ["db1" if hedged else "db0"]


@pytest.mark.parametrize("tcp", [False, True])
def test_a_password_that_changes_underneath(hosts, lab, start_pool, tcp):
    database = hosts.all[2]
    database.sql("CREATE OR REPLACE USER changing@'%' IDENTIFIED BY 'the-0ld-one'",
                 f"GRANT SELECT ON {database.shop.name}.users TO changing@'%'")
    path = lab.folder("secret") / "url"

    def put(text):
        (path.parent / "new").write_text(text)
        os.rename(path.parent / "new", path)

    def url(password):
        return database.shop.url(tcp, user="changing", password=password) + (hosts.protection() if tcp else "")

    def end_connections():
        for (connection,) in database.sql("SELECT id FROM information_schema.processlist WHERE user = 'changing'"):
            database.sql(f"KILL {connection}")

    put(url("the-0ld-one") + "\n")
    pool = start_pool(None, "users", DATABASE_URL_FILE=path)
    # what cannot be used changes nothing, is told once, and tells nothing
    put(url("the-n3w-one").partition("@")[0] + "@/")
    end_connections()
    until(lambda: pool.log("database-url"), 3)
    until(lambda: pool.ask("/users").status == 200, 3)
    end_connections()
    until(lambda: pool.ask("/users").status == 200, 3)
    assert 1 <= len(pool.log("database-url")) <= 2  # of each worker
    # the new one
    database.sql("ALTER USER changing@'%' IDENTIFIED BY 'the-n3w-one'")
    end_connections()
    until(lambda: pool.ask("/users").status == 503, 3)
    put(url("the-n3w-one") + "\n")
    until(lambda: pool.ask("/users").status == 200 and pool.metric("myrest_workers_ready") == 2, 3)
    said = pool.text() + pool.web.get("/ready").body.decode() + pool.web.get("/metrics").body.decode()
    assert "the-0ld" not in said and "the-n3w" not in said


def test_check_names_the_host_that_answers(hosts, lab):
    with socket.socket() as dead:
        dead.bind(("127.0.0.1", 0))
        url = hosts.url(0, 1).replace(hosts.name(0), f"127.0.0.1:{dead.getsockname()[1]}")
        ended = servers.run(lab, "check", DATABASE_URL=url, MYREST_LISTEN=f"unix:{lab.path}/never")
        protection = "TLSv1." if hosts.tls else "without TLS"
        assert ended.returncode == 0 and f"database: {hosts.name(1)} answers, {protection}" in ended.stdout, ended
        url = url.replace(hosts.name(1), f"127.0.0.2:{dead.getsockname()[1]}")
        ended = servers.run(lab, "check", DATABASE_URL=url, MYREST_LISTEN=f"unix:{lab.path}/never")
        assert ended.returncode == 69 and "127.0.0.2:" in ended.stderr, ended
