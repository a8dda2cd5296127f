# SPDX-License-Identifier: MIT
"""Connecting to PostgreSQL: the URL alone decides; what refuses us says why."""
import contextlib
import json
import os
import signal
import subprocess
import time

import pytest

import servers
from certificates import Authority
from postgresql_connecting import check, plainly, rules
from postgresql_connecting import authority, folder, own  # noqa: F401 (fixtures)
from servers import ADMIN, GUEST, SECRET, quote, until


# --- the URL alone

OTHERWISE = [
    {"PGHOST": "nobody.invalid"},
    {"PGHOSTADDR": "127.0.0.9"},
    {"PGPORT": "1"},
    {"PGUSER": "nobody", "PGPASSWORD": "wr0ng", "PGDATABASE": "nowhere"},
    {"PGSERVICE": "other", "PGSERVICEFILE": "/nowhere"},
    {"PGOPTIONS": "-c search_path=nowhere -c default_transaction_read_only=on"},
    {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": "/nowhere"},
    {"PGSSLCERT": "/nowhere/x", "PGSSLKEY": "/nowhere/y", "PGSSLCRL": "/nowhere/z"},
    {"PGSSLMINPROTOCOLVERSION": "TLSv1.3", "PGSSLMAXPROTOCOLVERSION": "TLSv1.2"},
    {"PGREQUIRESSL": "1"},
    {"PGREQUIREPEER": "nobody"},
    {"PGCHANNELBINDING": "require"},
    {"PGTARGETSESSIONATTRS": "standby"},
    {"PGCLIENTENCODING": "NONE"},
    {"PGTZ": "Nowhere/None", "PGDATESTYLE": "None", "PGGEQO": "None"},
    {"PGGSSENCMODE": "require"},
    {"PGREQUIREAUTH": "none"},
]


@pytest.mark.parametrize("said", OTHERWISE, ids=lambda said: next(iter(said)))
@pytest.mark.parametrize("tcp", [True, False])
def test_the_environment_says_nothing(lab, own, said, tcp):
    ended = check(lab, own.shop.url(tcp), **said)
    assert ended.returncode == 0 and "table users: 3 of 3" in ended.stdout and not ended.stderr, ended


def test_the_environment_says_nothing_to_workers_either(own, start_pool):
    everything = {name: value for said in OTHERWISE for name, value in said.items()}
    pool = start_pool(own.shop.url(), **everything)
    assert json.loads(pool.ask("/users?order=id").body) == [ADMIN, GUEST]
    said = plainly(own, "SELECT application_name FROM pg_stat_activity WHERE usename = 'rest'")
    assert set(said) == {("myrest",)}


@pytest.fixture
def home(lab, folder, own):
    """A home folder in which everything that libpq looks for says something else."""
    home = lab.folder("home")
    (home / ".postgresql").mkdir()
    other = Authority(folder, "otherwise")
    certificate, key = other.issue("me", "DNS:me")
    (home / ".postgresql" / "root.crt").write_bytes(other.certificate.read_bytes())
    (home / ".postgresql" / "root.crl").write_text("nothing of use\n")
    (home / ".postgresql" / "postgresql.crt").write_text("nothing of use\n")
    (home / ".postgresql" / "postgresql.key").write_text("nothing of use\n")
    (home / ".pgpass").write_text(f"*:*:*:*:{SECRET}\n".replace(":p@ss", r"\:p@ss"))
    (home / ".pg_service.conf").write_text("[other]\nhost=nobody.invalid\n")
    for path in [*home.rglob("*")]:
        servers.own(path)
        path.chmod(0o700 if path.is_dir() else 0o600)
    return home


def test_the_home_folder_says_nothing(lab, own, home, authority):
    for more in ("", "?sslmode=require", f"?sslmode=verify-full&sslrootcert={authority.certificate}"):
        ended = check(lab, own.shop.url(tcp=True) + more, HOME=home)
        assert ended.returncode == 0 and "TLSv1.3 TLS_AES_" in ended.stdout and not ended.stderr, ended
    # nor is a password found there
    ended = check(lab, own.shop.url(tcp=True).replace(f":{quote(SECRET, safe='')}@", "@"), HOME=home, PGPASSWORD=SECRET)
    assert ended.returncode == 69 and "no password supplied" in ended.stderr, ended


def test_a_key_that_others_may_read_is_a_mistake_of_the_configuration(lab, own, authority):
    certificate, key = authority.issue("open", "DNS:open")
    url = own.shop.url(tcp=True) + f"?sslmode=require&sslcert={certificate}&sslkey={key}"
    assert check(lab, url).returncode == 0
    os.chmod(key, 0o640)
    ended = check(lab, url)
    assert ended.returncode == 78 and "sslkey" in ended.stderr and "0600" in ended.stderr, ended


def test_verify_full_needs_an_authority(lab, own):
    ended = check(lab, own.shop.url(tcp=True) + "?sslmode=verify-full")
    assert ended.returncode == 78 and "sslrootcert" in ended.stderr, ended


def test_require_verifies_by_the_authority_that_is_named(lab, folder, own, authority):
    """As libpq does; in its home folder it looks for none (above)."""
    url = own.shop.url(tcp=True) + "?sslmode=require&sslrootcert="
    assert check(lab, url + str(authority.certificate)).returncode == 0
    ended = check(lab, url + str(Authority(folder, "another").certificate))
    assert ended.returncode == 69 and "certificate verify failed" in ended.stderr, ended


# --- the library


def test_without_the_library_it_is_said(lab, own, folder, start_pool):
    (folder / "lib").mkdir()
    library = folder / "lib" / "libpq.so.5"
    library.write_text("")
    ended = check(lab, own.shop.url(), LD_LIBRARY_PATH=folder / "lib")
    assert ended.returncode == 69 and "the client library cannot be loaded" in ended.stderr and "libpq.so.5" in ended.stderr, ended
    pool = start_pool(own.shop.url(), ready=False, LD_LIBRARY_PATH=folder / "lib")
    until(lambda: pool.log("database-away"), 5)
    assert "the client library cannot be loaded" in pool.log("database-away")[0]["message"]
    until(lambda: "client library" in pool.web.get("/ready").json()["reason"], 3)
    assert pool.ask("/users").status == 503
    subprocess.run(["gcc", "-shared", "-x", "c", "/dev/null", "-o", str(library)], check=True)
    ended = check(lab, own.shop.url(), LD_LIBRARY_PATH=folder / "lib")
    assert ended.returncode == 69 and "the client library has no PQ" in ended.stderr, ended


def test_hup_may_bring_another_database(lab, own, start_pool):
    path = lab.folder("secret") / "url"
    path.write_text(f"mysql://rest:x@127.0.0.1:{servers.free_port()}/shop")
    pool = start_pool(None, "users", DATABASE_URL_FILE=path, ready=False)
    until(lambda: pool.log("database-away"), 5)
    path.write_text(own.shop.url())
    pool.signal(signal.SIGHUP)
    until(lambda: pool.ask("/users").status == 200, 10)


# --- what refuses us


def refusals(own, url):
    """(what is the matter, the URL, what is said)"""
    nothing, name, secret = contextlib.nullcontext(), own.shop.name, quote(SECRET, safe="")
    role = ("ALTER ROLE rest NOLOGIN", "ALTER ROLE rest LOGIN")
    of_role = ("ALTER ROLE rest CONNECTION LIMIT 0", "ALTER ROLE rest CONNECTION LIMIT -1")
    of_database = (f"ALTER DATABASE {name} CONNECTION LIMIT 0", f"ALTER DATABASE {name} CONNECTION LIMIT -1")
    connect = (f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC", f"GRANT CONNECT ON DATABASE {name} TO PUBLIC")

    def by_rule(before, after):
        return rules(own, lambda text: text.replace(before, after))

    return [
        (nothing, url.replace(secret, "wr0ng-password"), 'password authentication failed for user "rest"'),
        (nothing, url.replace(":" + secret, ""), "no password supplied"),
        (nothing, url.replace("//rest:", "//nobody:"), 'password authentication failed for user "nobody"'),
        (nothing, url.replace(f"/{name}", "/nowhere"), 'database "nowhere" does not exist'),
        (altered(own, *role), url, "is not permitted to log in"),
        (altered(own, *of_role), url, 'too many connections for role "rest"'),
        (altered(own, *of_database), url, f'too many connections for database "{name}"'),
        (altered(own, *connect), url, "permission denied for database"),
        (by_rule("host all all", "host all postgres"), url, 'no pg_hba.conf entry for host "127.0.0.1", user "rest"'),
        (by_rule("127.0.0.1/32 scram-sha-256", "127.0.0.1/32 reject"), url, "pg_hba.conf rejects connection"),
        (by_rule("127.0.0.1/32 scram-sha-256", "127.0.0.1/32 gss"), url, "GSSAPI"),
    ]


@contextlib.contextmanager
def altered(database, change, back):
    plainly(database, change)
    try:
        yield
    finally:
        plainly(database, back)


@pytest.mark.parametrize("which", range(11))
def test_who_refuses_us_says_why(lab, own, start_pool, which):
    matter, url, words = refusals(own, own.shop.url(tcp=True))[which]
    with matter:
        began = time.monotonic()
        ended = check(lab, url)
        assert time.monotonic() - began < 1.5 * servers.FACTOR
        assert ended.returncode == 69 and words in ended.stderr, ended
        pool = start_pool(url, ready=False)
        until(lambda: pool.log("database-away"), 5)
        assert words in pool.log("database-away")[0]["message"]
        until(lambda: words in pool.web.get("/ready").json()["reason"].replace("\n", " "), 3)
        assert pool.ask("/users").status == 503
        said = pool.text() + ended.stderr + ended.stdout + pool.web.get("/ready").body.decode() + pool.ask("/users").body.decode()
        for secret in ("wr0ng", SECRET, quote(SECRET, safe="")):
            assert secret not in said
    if url == own.shop.url(tcp=True):
        until(lambda: pool.ask("/users").status == 200, 5)


@pytest.mark.parametrize("way", ["scram-sha-256", "password", "md5", "trust"])
def test_the_ways_to_show_a_password(lab, own, way):
    change = (lambda text: text.replace("127.0.0.1/32 scram-sha-256", f"127.0.0.1/32 {way}")) if way != "scram-sha-256" else (lambda text: text + "\n")
    with rules(own, change):
        assert check(lab, own.shop.url(tcp=True)).returncode == 0
        wrong = check(lab, own.shop.url(tcp=True, password="wr0ng"))
        assert wrong.returncode == (0 if way == "trust" else 69)


def test_where_tls_is_not_taken_prefer_does_without(lab, own, start_pool):
    """The library connects again, on another descriptor."""
    with rules(own, lambda text: text.replace("host all all", "hostnossl all all")):
        assert "without TLS" in check(lab, own.shop.url(tcp=True)).stdout
        pool = start_pool(own.shop.url(tcp=True))
        assert {entry["tls"] for entry in pool.log("database-open")} == {"none"}
        assert pool.ask("/users").status == 200
        ended = check(lab, own.shop.url(tcp=True) + "?sslmode=require")
        assert ended.returncode == 69 and "pg_hba.conf" in ended.stderr, ended
