# SPDX-License-Identifier: MIT
"""TLS to the database: what each ssl-mode (sslmode, where that is the word) takes and refuses, with certificates made for
the moment; nothing of it stops a worker's loop."""
import json
import re
import socket
import struct
import subprocess
import threading
import time

import pytest

import mysql
import postgresql
import servers
from certificates import Authority, Protected
from differences import here
from servers import ADMIN, GUEST, USERS, run, until


@pytest.fixture(scope="module")
def folder(lab):
    folder = lab.folder("tls")
    folder.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def authority(folder):
    return Authority(folder, "authority")


@pytest.fixture(scope="module")
def other(folder):
    return Authority(folder, "other")


@pytest.fixture(scope="module")
def certificates(authority, other):
    return {
        "good": authority.issue("good", "DNS:localhost,IP:127.0.0.1"),
        "another name": authority.issue("another", "DNS:db.example,IP:127.0.0.2"),
        "only a name": authority.issue("only-name", "DNS:localhost"),
        "expired": authority.issue("expired", "DNS:localhost,IP:127.0.0.1", days=-1),
        "another authority": other.issue("stranger", "DNS:localhost,IP:127.0.0.1"),
    }


@pytest.fixture(scope="module")
def protected(lab, authority):
    pair = authority.issue("server", "DNS:localhost,IP:127.0.0.1")
    database = Protected(lab, authority, *pair)
    database.shop = database.schema(*USERS)
    yield database
    database.kill()


@pytest.fixture(scope="module")
def plain(lab, database):
    """A server that has no certificate; that of all tests has none unless it makes one."""
    if not database.offers_tls():
        yield database.schema(*USERS)
        return
    own = database.without_tls(lab)
    yield own.schema(*USERS)
    own.kill()


def word(name):
    """An option of the URL in its client's words."""
    words = {"ssl_ca": "sslrootcert"} if postgresql.HERE else {}
    return words.get(name, name.replace("_", "" if postgresql.HERE else "-"))


def url(schema, host, **options):
    base = schema.url(tcp=True).replace("127.0.0.1:", f"{host}:")
    return base + "?" + "&".join(f"{word(name)}={value}" for name, value in options.items())


def check(lab, *arguments, **options):
    return run(lab, "check", DATABASE_URL=url(*arguments, **options), MYREST_LISTEN=f"unix:{lab.path}/never")


MODES = here("tls.modes", ["disabled", "preferred", "required", "verify-ca", "verify-identity"])
DISABLED, PREFERRED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY = MODES
TAKEN = {
    # what the server presents: how many of the modes take it, by name and by address
    "good": (5, 5),
    "another name": (4, 4),
    "only a name": (5, 4),
    "expired": (3, 3),
    "another authority": (3, 3),
}
# what is said of what fails
WORDS = re.compile(here("tls.words", "TLS|SSL"))


@pytest.mark.parametrize("presented", TAKEN)
def test_what_each_mode_takes(lab, protected, authority, certificates, presented):
    protected.present(certificates[presented])
    for by, host in enumerate(("localhost", "127.0.0.1")):
        for mode in MODES:
            options = {"ssl_mode": mode}
            if mode.startswith("verify"):
                options["ssl_ca"] = authority.certificate
            ended = check(lab, protected.shop, host, **options)
            taken = mode in MODES[: TAKEN[presented][by]]
            assert ended.returncode == (0 if taken else 69), (host, mode, ended)
            if taken:
                assert ("TLSv1" in ended.stdout) == (mode != DISABLED), (host, mode, ended.stdout)
            else:
                assert "cannot connect" in ended.stderr and WORDS.search(ended.stderr), (host, mode, ended.stderr)


def test_without_a_word_tls_is_used_where_it_is_offered(lab, protected, plain, certificates):
    protected.present(certificates["good"])
    assert "TLSv1" in check(lab, protected.shop, "127.0.0.1").stdout
    ended = check(lab, plain, "127.0.0.1")
    assert ended.returncode == 0 and "without TLS" in ended.stdout


def test_the_systems_authorities_serve_for_verify_identity(lab, protected, authority, certificates):
    protected.present(certificates["good"])
    where = url(protected.shop, "localhost", ssl_mode="VERIFY_IDENTITY")
    assert run(lab, "check", DATABASE_URL=where).returncode == 69
    # OpenSSL's own way to name the system's
    environment = servers.environment(DATABASE_URL=where, SSL_CERT_FILE=authority.certificate)
    ended = subprocess.run([*servers.WRAPPER, str(servers.reachable(lab)), "check"], env=environment, cwd="/",
                           capture_output=True, text=True, **servers.identity())
    assert ended.returncode == 0 and "TLSv1" in ended.stdout, ended


@pytest.mark.parametrize("mode", MODES[2:])
def test_a_server_without_tls_is_refused(lab, plain, authority, mode):
    options = {"ssl_mode": mode}
    if mode != REQUIRED:
        options["ssl_ca"] = authority.certificate
    ended = check(lab, plain, "localhost", **options)
    assert ended.returncode == 69 and WORDS.search(ended.stderr), ended
    assert "table users" not in ended.stdout


def test_a_client_certificate_is_shown(lab, protected, authority, certificates):
    protected.present(certificates["good"])
    certificate, key = authority.issue("client", "DNS:client")
    options = {"ssl_mode": VERIFY_IDENTITY, "ssl_ca": authority.certificate}
    with protected.demanding("X509"):
        assert check(lab, protected.shop, "localhost", **options).returncode == 69
        ended = check(lab, protected.shop, "localhost", ssl_cert=certificate, ssl_key=key, **options)
        assert ended.returncode == 0, ended


def test_a_server_may_ask_for_tls(lab, protected, certificates):
    protected.present(certificates["good"])
    with protected.demanding("SSL"):
        ended = check(lab, protected.shop, "127.0.0.1", ssl_mode=DISABLED)
        assert ended.returncode == 69 and "rest" in ended.stderr and servers.SECRET not in ended.stderr, ended
        for mode in (PREFERRED, REQUIRED):
            assert "TLSv1" in check(lab, protected.shop, "127.0.0.1", ssl_mode=mode).stdout


def test_a_file_that_is_missing_is_a_mistake_of_the_configuration(lab, protected, authority, folder):
    garbage = folder / "garbage.pem"
    garbage.write_text("nothing of use\n")
    for value in (folder / "nowhere.pem", garbage, folder):
        for how in ([], ["check"]):
            where = url(protected.shop, "localhost", ssl_mode=VERIFY_CA, ssl_ca=value)
            ended = run(lab, *how, DATABASE_URL=where, MYREST_LISTEN=f"unix:{lab.path}/never")
            assert ended.returncode == 78 and "DATABASE_URL" in ended.stderr and word("ssl_ca") in ended.stderr, ended


def test_the_service_answers_over_tls_and_says_so(protected, authority, certificates, start_pool):
    protected.present(certificates["good"])
    schema = protected.schema(
        *USERS,
        "CREATE TABLE many (id INT PRIMARY KEY, words VARCHAR(2000))",
        "INSERT INTO many SELECT seq, REPEAT('x', 2000) FROM seq_1_to_4000",
        "CREATE VIEW slow AS SELECT 1 AS id, SLEEP(1) AS pause",
    )
    pool = start_pool(
        url(schema, "localhost", ssl_mode=VERIFY_IDENTITY, ssl_ca=authority.certificate),
        "users,many,slow",
        workers=1,
        MYREST_MAX_ROWS=10000,
    )
    assert [entry["tls"][:5] for entry in pool.log("database-open")] == ["TLSv1"]
    assert pool.log("database-open")[0]["host"] == f"localhost:{protected.port}"
    assert json.loads(pool.ask("/users").body) == [ADMIN, GUEST]
    rows = json.loads(pool.ask("/many").body)
    assert len(rows) == 4000 and rows[-1] == {"id": 4000, "words": "x" * 2000}
    # the loop goes on while the server is silent in the middle of a statement
    answers = []
    asking = threading.Thread(target=lambda: answers.append(pool.ask("/slow").status))
    asking.start()
    time.sleep(0.3)
    began = time.monotonic()
    assert pool.ask("/nothing").status == 404
    assert time.monotonic() - began < 0.3 * servers.FACTOR
    asking.join()
    assert answers == [200]
    # and comes back
    schema.kill_pool_connections()
    until(lambda: pool.ask("/users").status == 200, 3)


@pytest.mark.parametrize("hosts", [1, 2])
def test_a_connection_that_dies_under_a_statement_harms_no_other(protected, certificates, start_pool, hosts):
    """What the dead one leaves in OpenSSL's queue of errors is not taken for the next one's own."""
    protected.present(certificates["good"])
    schema = protected.schema(*USERS, "CREATE VIEW slow AS SELECT 1 AS id, SLEEP(20) AS pause")
    where = url(schema, "127.0.0.1", ssl_mode=REQUIRED)
    if hosts == 2:
        where = where.replace(f"127.0.0.1:{protected.port}", f"127.0.0.1:{protected.port},localhost:{protected.port}")
    pool = start_pool(where, "users,slow", workers=1)
    busy = (
        "SELECT id FROM information_schema.processlist"
        f" WHERE user = 'rest' AND db = '{schema.name}' AND state = 'User sleep'"
    )
    for _ in range(3):
        answers = []
        asking = threading.Thread(target=lambda answers=answers: answers.append(pool.ask("/slow", timeout=30).status))
        asking.start()
        while asking.is_alive():  # with several hosts the read is repeated at the next one
            for (connection,) in protected.sql(busy):
                protected.sql(f"KILL {connection}")
            asking.join(0.05)
        assert answers == [503]
        until(lambda: pool.ask("/users").status == 200, 3)
        for _ in range(20):
            assert json.loads(pool.ask("/users").body) == [ADMIN, GUEST]


def greet_and_fall_silent(listener, met):
    """A server that offers TLS, and says nothing after the greeting."""
    greeting = (
        b"\x0a10.11.6-MariaDB\0" + struct.pack("<I", 1) + b"a" * 8 + b"\0" + struct.pack("<H", 0xFFFF) + b"\x21"
        + struct.pack("<H", 2) + struct.pack("<H", 0x807F) + b"\x15" + b"\0" * 10 + b"b" * 12
        + b"\0mysql_native_password\0"
    )
    kept = []
    while True:
        try:
            client = listener.accept()[0]
        except OSError:
            return
        kept.append(client)
        client.settimeout(5)
        try:
            if postgresql.HERE:
                assert len(client.recv(8)) == 8  # SSLRequest
                client.sendall(b"S")
            else:
                client.sendall(struct.pack("<I", len(greeting))[:3] + b"\0" + greeting)
            met.append(client.recv(4096))
        except OSError:
            pass


def test_a_handshake_that_hangs_delays_nobody(protected, start_pool):
    met = []
    with socket.create_server(("127.0.0.1", servers.free_port())) as silent:
        threading.Thread(target=greet_and_fall_silent, args=(silent, met), daemon=True).start()
        where = url(protected.shop, "127.0.0.1", ssl_mode=REQUIRED).replace(
            f":{protected.port}/", f":{silent.getsockname()[1]}/"
        )
        pool = start_pool(where, workers=1, ready=False, MYREST_CONNECT_TIMEOUT=3)
        until(lambda: met and pool.listens(), 5)
        assert len(met[0]) > 30  # it has asked for TLS, and waits for the handshake
        until(lambda: pool.ask("/users").status == 503, 3)
        waits = []
        deadline = time.monotonic() + 1.5
        while time.monotonic() < deadline:  # all the while the handshake hangs
            began = time.monotonic()
            assert pool.ask("/users").status == 503
            assert pool.web.get("/live").status == 200
            waits.append(time.monotonic() - began)
            time.sleep(0.02)
        assert max(waits) < 0.25 * servers.FACTOR, max(waits)
        pool.stop()
