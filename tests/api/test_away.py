# SPDX-License-Identifier: MIT
"""The database is away: the pool lives, says so at once, and answers within a second of the return."""
import json
import os
import signal
import socket
import subprocess
import threading
import time

import pytest

import fcgi
import servers
from web import error_of
from servers import ADMIN, GUEST, USERS, until

CODES = ("PGRST000", "PGRST001", "PGRST002", "PGRST003")


@pytest.fixture(scope="module")
def mortal(lab):
    """A MariaDB of our own, to be stopped and killed."""
    database = servers.Database(lab)
    database.shop = database.schema(*USERS, "CREATE VIEW slow AS SELECT 1 AS id, SLEEP(1) AS pause")
    yield database
    database.kill()


@pytest.fixture
def up(mortal):
    yield mortal
    if mortal.process.poll() is not None:
        mortal.start()


def check_away(ask):
    began = time.monotonic()
    answer = ask("/users")
    took = time.monotonic() - began
    error_of(answer, 503, CODES)
    assert int(answer.headers["retry-after"]) >= 0
    assert took < 0.25 * servers.FACTOR, f"503 took {took:.3f} s"


def check_back(ask, mortal):
    began = time.monotonic()
    until(lambda: ask("/users").status == 200, 5, step=0.02)
    assert time.monotonic() - began < 1.2 * servers.FACTOR, "answers did not come back within a second"
    assert json.loads(ask("/users").body) == [ADMIN, GUEST]


@pytest.mark.parametrize("tcp", [False, True])
def test_away_at_the_start_and_then_there(up, start_pool, start_nginx, tcp):
    up.stop()
    pool = start_pool(up.shop.url(tcp), ready=False)
    until(pool.listens, 5)
    front = start_nginx(pool)
    until(lambda: front.get("/users").status == 503, 3)
    for _ in range(10):
        check_away(front.get)
    assert pool.web.get("/live").status == 200
    ready = pool.web.get("/ready")
    assert ready.status == 503 and ready.json()["status"] == "unavailable" and ready.json()["reason"]
    assert int(ready.headers["retry-after"]) >= 0
    up.start()
    check_back(front.get, up)
    until(lambda: pool.web.get("/ready").status == 200, 2)
    assert pool.log("database-back") or pool.log("ready")


@pytest.mark.parametrize("tcp", [False, True])
@pytest.mark.parametrize("how", ["stop", "kill"])
def test_away_later_and_back(up, start_pool, start_nginx, how, tcp):
    pool = start_pool(up.shop.url(tcp))
    front = start_nginx(pool)
    assert front.get("/users").status == 200
    getattr(up, how)()
    for _ in range(10):
        check_away(front.get)
    until(lambda: pool.web.get("/ready").status == 503, 3)
    assert pool.web.get("/live").status == 200
    up.start()
    check_back(front.get, up)
    until(lambda: pool.web.get("/ready").status == 200, 2)
    assert pool.log("database-away") and until(lambda: pool.log("database-back"), 2)


def test_what_needs_no_database_is_answered_all_the_same(up, start_pool):
    pool = start_pool(up.shop.url())
    pool.ask("/users")
    up.stop()
    until(lambda: pool.ask("/users").status == 503, 2)
    assert pool.ask("/nothing").status in (404, 503)
    assert pool.ask("/users", "POST").status in (405, 503)
    up.start()


def test_a_table_that_was_not_there_may_be_there_by_now(up, start_pool, start_nginx):
    """As long as the database cannot be asked, nobody can say that there is none."""
    pool = start_pool(up.shop.url(), "users,later", ready=False, workers=2)
    until(pool.listens, 5)
    front = start_nginx(pool)
    until(lambda: front.get("/later").status == 404, 5)
    up.stop()
    until(lambda: front.get("/users").status == 503, 3)
    for method in ("GET", "HEAD", "OPTIONS", "POST"):
        for _ in range(5):
            answer = front.get("/later", method=method, body=b"" if method == "POST" else None)
            assert answer.status == 503 and "retry-after" in answer.headers, answer
    error_of(front.get("/later/1"), 503, CODES)
    error_of(front.get("/nothing"), 404, "PGRST205")  # which MYREST_TABLES does not name
    up.start()
    until(lambda: front.get("/later").status == 404, 5)


def test_away_in_the_middle_of_a_statement_is_503(up, start_pool):
    pool = start_pool(up.shop.url(), "users,slow")
    answers = []
    asking = threading.Thread(target=lambda: answers.append(pool.ask("/slow")))
    asking.start()
    time.sleep(0.3)
    up.kill()
    asking.join(5 * servers.FACTOR)
    error_of(answers[0], 503, CODES)
    up.start()
    until(lambda: pool.ask("/users").status == 200, 3)


def lost_in_the_middle(up, pool, times):
    """What is answered to a read whose connection is killed under it, so many times."""
    running = "SELECT id FROM information_schema.processlist WHERE user = 'rest' AND state = 'User sleep'"
    answers = []
    asking = threading.Thread(target=lambda: answers.append(pool.ask("/slow")))
    asking.start()
    for _ in range(times):
        ((connection,),) = until(lambda: up.sql(running), 5)
        up.sql(f"KILL {connection}")
        until(lambda: (connection,) not in up.sql(running), 5)
    asking.join(20 * servers.FACTOR)
    return answers[0]


def test_a_read_whose_worker_gets_no_connection_any_more_goes_to_one_that_has_one(up, start_pool):
    """And with it goes how often it has lost one: what ends each connection that it runs on shall not end them all."""
    pool = start_pool(up.shop.url(), "users,slow", workers=3)
    up.sql("ALTER USER rest@'%' ACCOUNT LOCK")  # who is connected stays
    try:
        assert lost_in_the_middle(up, pool, 1).status == 200
    finally:
        up.sql("ALTER USER rest@'%' ACCOUNT UNLOCK")
    until(lambda: pool.metric("myrest_workers_ready") == 3, 5)
    up.sql("ALTER USER rest@'%' ACCOUNT LOCK")
    try:
        error_of(lost_in_the_middle(up, pool, 2), 503, CODES)
        assert pool.ask("/users").status == 200
    finally:
        up.sql("ALTER USER rest@'%' ACCOUNT UNLOCK")


def test_a_database_that_accepts_and_says_nothing_delays_nobody(up, start_pool):
    """It is stopped with SIGSTOP: connections open, but no greeting comes."""
    pool = start_pool(up.shop.url(tcp=True), ready=True)
    assert pool.ask("/users").status == 200
    up.sql("ALTER USER rest@'%' ACCOUNT LOCK")  # so that nobody is back before SIGSTOP
    up.shop.kill_pool_connections()
    until(lambda: pool.ask("/users").status == 503, 3)
    os.kill(up.process.pid, signal.SIGSTOP)
    try:
        asked = [time.monotonic()]
        for _ in range(6):
            answer = pool.ask("/users", timeout=10)
            asked.append(time.monotonic())
            assert answer.status == 503
        waits = [after - before for before, after in zip(asked, asked[1:])]
        assert max(waits[2:]) < 0.25 * servers.FACTOR, waits
        assert pool.web.get("/live").status == 200
    finally:
        os.kill(up.process.pid, signal.SIGCONT)
        up.sql("ALTER USER rest@'%' ACCOUNT UNLOCK")
    until(lambda: pool.ask("/users").status == 200, 4)


def test_a_database_that_refuses_us_is_503_and_no_secret_is_told(up, start_pool):
    pool = start_pool(up.shop.url(password="wr0ng-password"), ready=False)
    until(pool.listens, 5)
    until(lambda: pool.ask("/users").status == 503, 3)
    check_away(pool.ask)
    assert pool.web.get("/ready").status == 503
    said = pool.text() + pool.web.get("/ready").body.decode() + pool.ask("/users").body.decode()
    assert "wr0ng" not in said
    up.sql("CREATE OR REPLACE USER rest@'%' IDENTIFIED BY 'wr0ng-password'",
           f"GRANT SELECT ON {up.shop.name}.users TO rest@'%'")
    try:
        until(lambda: pool.ask("/users").status == 200, 5)
    finally:
        up.sql(f"ALTER USER rest@'%' IDENTIFIED BY {servers.pymysql.converters.escape_string(servers.SECRET)!r}")


HOSTS = 'mount --bind "$1" /etc/hosts && shift && exec "$@"'


@pytest.mark.parametrize("how", ["refuses", "is silent", "hangs up"])
def test_a_host_whose_first_address_is_dead_is_reached_by_the_next(up, start_pool, lab, how):
    """db.test is 127.0.0.1, where nobody answers on this port, and 127.0.0.9, behind which the database is."""
    port = servers.free_port()
    hosts = lab.folder("h") / "hosts"
    hosts.write_text("127.0.0.1 db.test\n127.0.0.9 db.test\n")
    private = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", HOSTS, "sh", str(hosts)]
    tried = subprocess.run([*private, "getent", "ahosts", "db.test"], capture_output=True, text=True, cwd="/",
                           **servers.identity())
    if tried.returncode:
        pytest.skip(f"this machine allows no mount namespace: {tried.stderr}")
    assert [line.split()[0] for line in tried.stdout.splitlines() if "STREAM" in line] == ["127.0.0.1", "127.0.0.9"]
    with socket.socket() as dead, socket.create_server(("127.0.0.9", port)) as alive:
        if how != "refuses":
            dead.bind(("127.0.0.1", port))
            dead.listen()
        if how == "hangs up":
            threading.Thread(target=forward, args=(dead, up.socket, 1), daemon=True).start()
        threading.Thread(target=forward, args=(alive, up.socket), daemon=True).start()
        url = up.shop.url(tcp=True).replace(f"127.0.0.1:{up.port}", f"db.test:{port}")
        began = time.monotonic()
        pool = start_pool(url, launcher=lambda pool, command: [*private, *command], MYREST_CONNECT_TIMEOUT=1)
        took = time.monotonic() - began
        assert took < (1.5 if how == "is silent" else 0.5) * servers.FACTOR, f"ready after {took:.2f} s"
        # The address that was good is the first one from now on.
        up.shop.kill_pool_connections()
        began = time.monotonic()
        until(lambda: pool.ask("/users").status == 200 and pool.metric("myrest_workers_ready") == 2, 3)
        assert time.monotonic() - began < 0.5 * servers.FACTOR
        pool.stop()


def forward(listener, path, packets=-1):
    """Everybody who comes is connected to the socket at this path, but for no more than so many packets."""
    def pump(source, target, left):
        try:
            while (data := source.recv(65536)) and left != 0:
                target.sendall(data)
                left -= 1
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    while True:
        try:
            client = listener.accept()[0]
        except OSError:
            return
        server = socket.socket(socket.AF_UNIX)
        server.connect(str(path))
        for ends in ((client, server, packets), (server, client, -1)):
            threading.Thread(target=pump, args=ends, daemon=True).start()


def test_away_under_load_every_request_has_an_answer(up, start_pool, start_nginx):
    pool = start_pool(up.shop.url())
    front = start_nginx(pool)
    seen, done = [], threading.Event()

    def ask():
        while not done.is_set():
            seen.append(front.get("/users").status)

    clients = [threading.Thread(target=ask) for _ in range(8)]
    for client in clients:
        client.start()
    for _ in range(2):
        time.sleep(0.2)
        up.kill()
        time.sleep(0.3)
        up.start()
        until(lambda: seen[-1] == 200, 3)
    done.set()
    for client in clients:
        client.join()
    assert set(seen) == {200, 503}, {status: seen.count(status) for status in set(seen)}


def test_the_log_does_not_drown_while_it_is_away(up, start_pool):
    pool = start_pool(up.shop.url())
    up.stop()
    for _ in range(200):
        pool.ask("/users")
    time.sleep(1)
    assert len(pool.log()) < 100
    up.start()


def test_a_worker_without_a_connection_leaves_the_requests_to_one_that_has(up, start_pool):
    pool = start_pool(up.shop.url(), workers=2)
    up.sql("ALTER USER rest@'%' ACCOUNT LOCK")
    try:
        up.sql(f"KILL {up.shop.pool_connections()[0]}")
        time.sleep(0.3)
        assert {pool.ask("/users").status for _ in range(100)} == {200}
    finally:
        up.sql("ALTER USER rest@'%' ACCOUNT UNLOCK")


def test_a_worker_that_never_had_a_connection_leaves_the_requests_to_one_that_has(up, start_pool):
    schema = up.schema(*USERS, "CREATE VIEW slow AS SELECT 1 AS id, SLEEP(2) AS pause")
    up.sql("ALTER USER rest@'%' WITH MAX_USER_CONNECTIONS 1")
    try:
        pool = start_pool(schema.url(), "users,slow", ready=False)
        until(lambda: pool.log("database-open") and pool.log("database-away"), 5)
        with pool.fcgi() as busy, pool.fcgi() as left:
            busy.send(fcgi.encode("GET", "/slow"))
            time.sleep(1.3)
            error_of(left.request(target="/users"), 503, CODES)  # the only connection seems to be stuck
            assert busy.read().status == 200
            assert [left.request(target="/users").status for _ in range(3)] == [200] * 3
    finally:
        up.sql("ALTER USER rest@'%' WITH MAX_USER_CONNECTIONS 0")
