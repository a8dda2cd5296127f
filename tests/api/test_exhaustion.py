# SPDX-License-Identifier: MIT
"""What there is no more of (connections, descriptors, memory, room on a disk) is answered, logged and survived."""
import json
import os
import random
import shutil
import subprocess
import time

import pymysql
import pytest

import fcgi
import mysql
import postgresql
import servers
from servers import USERS, until
from web import error_of
from writing import GRANT, done, send

MIB = 1 << 20


# --- connections of the database


def test_no_more_connections_to_the_database(database, start_pool):
    """As long as others have all of them, requests are 503 at once; a worker that has one keeps it."""
    schema = database.schema(*USERS)
    run = plainly(schema)
    word, none = ("ALTER ROLE rest CONNECTION LIMIT", -1) if postgresql.HERE else ("ALTER USER rest@'%' WITH MAX_USER_CONNECTIONS", 0)
    try:
        run(f"{word} 2")
        pool = start_pool(schema.url(), workers=4, ready=False)
        until(lambda: pool.log("database-away") and pool.metric("myrest_workers_ready") == 2, 8)
        for _ in range(40):
            began = time.monotonic()
            assert pool.ask("/users").status == 200  # by those that have one
            assert time.monotonic() - began < 1 * servers.FACTOR
        run(f"{word} 1")
        schema.kill_pool_connections()
        until(lambda: pool.metric("myrest_workers_ready") == 1 and pool.ask("/users").status == 200, 8)
        [away, *_] = pool.log("database-away")
        assert "too many" in away["message"].lower() or "max_user_connections" in away["message"], away
    finally:
        run(f"{word} {none}")
    until(lambda: pool.metric("myrest_workers_ready") == 4, 5, why="it does not come back")


def plainly(schema):
    def run(statement):
        with schema.connect() as connection, connection.cursor() as cursor:
            (cursor.plainly if postgresql.HERE else cursor.execute)(statement)

    return run


@pytest.mark.skipif(postgresql.HERE, reason="its limit needs a new start")
def test_the_server_has_no_more_connections(database, start_pool, start_nginx):
    schema = database.schema(*USERS)
    [[before]] = database.sql("SELECT @@max_connections")
    others = []
    try:
        database.sql("SET GLOBAL max_connections = 20")
        with pytest.raises(pymysql.err.OperationalError):
            while True:
                others.append(schema.connect(user="rest", password=servers.SECRET))
        pool = start_pool(schema.url(), workers=2, ready=False)
        until(lambda: pool.log("database-away"), 5)
        front = start_nginx(pool)
        error = error_of(front.get("/users"), 503, ("PGRST001", "PGRST003"))
        assert error["message"] and front.get("/users").headers["retry-after"]
        assert "Too many connections" in pool.log("database-away")[0]["message"]
        others.pop().close()
        until(lambda: front.get("/users").status == 200, 5)
    finally:
        for other in others:
            other.close()
        database.sql(f"SET GLOBAL max_connections = {before}")


# --- descriptors and memory of the pool


def limited(*limits):
    return lambda pool, command: [shutil.which("prlimit") or "/usr/bin/prlimit", *limits, "--", *command]


@pytest.mark.skipif(servers.instrumented(), reason="a build with sanitizers has descriptors and memory of its own")
def test_no_more_descriptors(database, start_pool):
    """Idle connections make room for new ones; those that ask are all answered."""
    schema = database.schema(*USERS)
    pool = start_pool(schema.url(), workers=2, launcher=limited("--nofile=96:96"))
    idle = [pool.fcgi() for _ in range(300)]
    try:
        for _ in range(50):
            assert pool.ask("/users").status == 200
        asked = []
        for _ in range(100):
            asked.append(pool.fcgi())
            asked[-1].send(fcgi.encode("GET", "/users"))
        for connection in asked:
            assert connection.read().status == 200
            connection.close()
        assert pool.log("connections-full")
        assert pool.web.get("/ready").status == 200 and pool.web.get("/metrics").status == 200
        schema.kill_pool_connections()  # a descriptor is left for the next one
        until(lambda: pool.metric("myrest_workers_ready") == 2 and pool.ask("/users").status == 200, 5)
    finally:
        for connection in idle:
            connection.close()
    assert not pool.log("worker-exit") or all(event.get("status") == 0 for event in pool.log("worker-exit"))


@pytest.mark.skipif(servers.instrumented(), reason="a build with sanitizers has memory of its own")
def test_no_more_memory(database, start_pool, start_nginx):
    """The worker that has none ends and is replaced; the others answer all the while."""
    schema = database.schema("CREATE TABLE t (id INT PRIMARY KEY, v INT)", "INSERT INTO t VALUES (1, 1)", grant=GRANT)
    pool = start_pool(schema.url(), "t", workers=2, launcher=limited(f"--as={500 * MIB}"), MYREST_WRITABLE="t",
                      MYREST_MAX_REQUEST_BYTES=1000 * MIB)  # fmt: skip
    pool.deaths_expected = True
    front = start_nginx(pool)
    front.change("myrest-location.conf", "client_max_body_size 1m", "client_max_body_size 1000m")
    body = b'[{"id":2,"v":' + b" " * (500 * MIB) + b"1}]"
    answer = front.get("/t", method="POST", headers={"Content-Type": "application/json"}, body=body)
    error_of(answer, 502, "PGRST001")
    assert b"out-of-memory" in pool.log_path.read_bytes()
    for _ in range(20):
        assert front.get("/t/1").status == 200
    until(lambda: pool.metric("myrest_workers_ready") == 2, 5)
    assert schema.sql("SELECT COUNT(*) FROM t") == ((1,),)
    done(send(front, "POST", "/t", {"id": 3, "v": 1}), 201)


# --- room on a disk


@pytest.fixture
def small(lab):
    """A folder on a filesystem of 12 MiB, and what makes it larger."""
    path = lab.folder("small")

    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m,mode=0777", "myrest-test", path], capture_output=True, text=True)
    if made.returncode != 0:
        pytest.skip(f"nothing can be mounted here: {made.stderr}")
    yield path, lambda: subprocess.run(["mount", "-o", "remount,size=256m", path], check=True)
    subprocess.run(["umount", "--lazy", path], check=True)


def test_a_full_disk_under_nginx(database, small, start_pool, start_nginx):
    """nginx keeps a body that it cannot hold in a file."""
    path, grow = small
    schema = database.schema("CREATE TABLE t (id INT PRIMARY KEY, v LONGTEXT)", "INSERT INTO t VALUES (1, 'x')", grant=GRANT)
    pool = start_pool(schema.url(), "t", MYREST_WRITABLE="t", MYREST_MAX_REQUEST_BYTES=30 * MIB)
    front = start_nginx(pool)
    front.change("myrest-location.conf", "client_max_body_size 1m", "client_max_body_size 30m")
    (path / "b").mkdir()
    os.chmod(path / "b", 0o777)
    front.change("conf", f"client_body_temp_path {front.home}/b", f"client_body_temp_path {path}/b")
    body = json.dumps({"id": 2, "v": "x" * 15 * MIB}).encode()
    for _ in range(3):
        answer = front.get("/t", method="POST", headers={"Content-Type": "application/json"}, body=body)
        error_of(answer, 500, "PGRSTX00")
        assert front.get("/t/1").status == 200
        done(send(front, "PUT", "/t/1", {"v": "y"}), 204)
    assert b"No space left on device" in (front.home / "error").read_bytes()
    grow()
    done(front.get("/t", method="POST", headers={"Content-Type": "application/json"}, body=body), 201)


def rows(number):
    """No server makes them shorter, or puts parts of them elsewhere: MariaDB 10.11 ends when there is no room for those."""
    chance = random.Random(number)
    return [{"id": 50 * number + i, "v": chance.randbytes(1500).hex()} for i in range(50)]


def test_a_full_disk_under_the_database(database, lab, small, start_pool):
    path, grow = small
    kind, own = type(database), None
    table = "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(4000))"
    if postgresql.HERE:
        (path / "place").mkdir()
        schema = database.schema()
        run = plainly(schema)
        run(f"CREATE TABLESPACE small LOCATION '{servers.own(path / 'place')}'")
        run(f"{table} TABLESPACE small")
        run("CREATE TABLE other (id INT PRIMARY KEY)")
        run("GRANT SELECT, INSERT ON t, other TO rest")
    else:
        where = {"OPTIONS": [*kind.OPTIONS, *([f"--innodb-directories={path}"] if mysql.HERE else [])]}
        own = type("Elsewhere", (kind,), where)(lab)
        schema = own.schema(f"{table} DATA DIRECTORY='{path}'", "CREATE TABLE other (id INT PRIMARY KEY)", grant=GRANT)
    try:
        pool = start_pool(schema.url(), "t,other", workers=1, MYREST_WRITABLE="t,other", MYREST_LOG_LEVEL="info")
        headers, taken = {"Content-Type": "application/json"}, 0
        for number in range(120):
            body = json.dumps(rows(number)).encode()
            answer = pool.ask("/t", "POST", headers=headers, body=body, timeout=120)
            if answer.status != 201:
                break
            taken += 1
        error_of(answer, 503, "53100")
        assert 3 < taken < 100 and answer.headers["retry-after"]
        assert pool.log("write-failed")
        assert len(json.loads(pool.ask("/t?select=id&limit=10000").body)) == min(50 * taken, 1000)  # no half of it
        assert schema.sql("SELECT COUNT(*) FROM t") == ((50 * taken,),)
        assert pool.ask("/other", "POST", headers=headers, body=b'{"id":1}').status == 201
        grow()
        assert pool.ask("/t", "POST", headers=headers, body=body, timeout=120).status == 201
        assert pool.metric("myrest_database_losses_total") == 0
    finally:
        if own is not None:
            own.stop()
        else:
            run("DROP TABLE t")
            run("DROP TABLESPACE small")
