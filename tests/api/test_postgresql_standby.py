# SPDX-License-Identifier: MIT
"""A real standby of PostgreSQL: read, passed over for writing, promoted."""
import json
import subprocess
from types import SimpleNamespace
from urllib.parse import quote

import pytest

import servers
from servers import SECRET, until
from writing import refused


@pytest.fixture(scope="module")
def pair(lab):
    """A primary, and a standby that follows it."""
    from postgresql_server import Database

    primary = Database(lab, wal_level="replica", max_wal_senders="4", hot_standby="on")
    standby = None
    try:
        primary.shop = primary.schema(*servers.USERS, grant="SELECT, INSERT, UPDATE, DELETE")
        standby = primary.standby(lab)
        yield SimpleNamespace(primary=primary, standby=standby, name=primary.shop.name)
    finally:
        if standby is not None:
            standby.kill()
        primary.kill()


def caught_up(pair):
    [(at,)] = pair.primary.sql("SELECT pg_current_wal_lsn()")
    until(lambda: pair.standby.sql(f"SELECT pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '{at}') >= 0") == ((True,),), 10, why="the standby does not follow")


def url(pair, *which, more=""):
    places = ",".join(f"127.0.0.1:{database.port}" for database in which)
    return f"postgresql://rest:{quote(SECRET, safe='')}@{places}/{pair.name}{more}"


def test_a_standby_is_read(pair, start_pool):
    caught_up(pair)
    pool = start_pool(url(pair, pair.standby), MYREST_WRITABLE="users")
    assert json.loads(pool.ask("/users?order=id").body) == [servers.ADMIN, servers.GUEST]
    assert pool.ask("/users?limit=1", headers={"Prefer": "count=exact"}).headers["content-range"] == "0-0/2"
    answer = pool.ask("/users", "POST", body=b'{"username":"x","email":"x"}')
    refused(SimpleNamespace(status=answer.status, headers=answer.headers, body=answer.body, cut=False), 503, "25006")


def test_for_writing_the_primary_is_found(pair, start_pool):
    caught_up(pair)
    pool = start_pool(url(pair, pair.standby, pair.primary, more="?target_session_attrs=read-write"), MYREST_WRITABLE="users", workers=2)
    assert {entry["host"] for entry in pool.log("database-open")} == {f"127.0.0.1:{pair.primary.port}"}
    assert pool.ask("/users", "POST", body=b'{"username":"new","email":"new"}').status == 201
    assert pool.ask("/users?username=eq.new", "DELETE").status == 204


def test_a_standby_that_is_promoted_takes_the_writes(pair, start_pool):
    caught_up(pair)
    pool = start_pool(url(pair, pair.primary, pair.standby, more="?target_session_attrs=read-write"), MYREST_WRITABLE="users", workers=2)
    pair.primary.kill()
    subprocess.run([pair.standby.binaries / "pg_ctl", "-D", pair.standby.data, "promote", "-w"], check=True, capture_output=True, cwd="/",
                   env={"PATH": "/usr/bin:/bin"}, **servers.identity())  # fmt: skip
    until(lambda: pool.ask("/users", "POST", body=b'{"username":"after","email":"after"}').status == 201, 15, why="nobody takes writes")
    assert {place["username"] for place in json.loads(pool.ask("/users").body)} == {"admin", "guest", "after"}
