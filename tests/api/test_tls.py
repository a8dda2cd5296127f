# SPDX-License-Identifier: MIT
"""TLS to the database: what each ssl-mode takes and refuses, with certificates made for the moment; nothing of it stops
a worker's loop."""
import json
import os
import socket
import struct
import subprocess
import threading
import time

import pytest

import servers
from servers import ADMIN, GUEST, USERS, run, until


def openssl(*arguments):
    made = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr


class Authority:
    """A certificate authority in a folder."""

    KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.certificate, self.key = folder / f"{name}.pem", folder / f"{name}.key"
        openssl("req", "-x509", *self.KEY, "-keyout", self.key, "-out", self.certificate, "-days", 30, "-subj", f"/CN={name}")

    def issue(self, name, names, days=10):
        """A certificate for these names, and its key, readable by the servers. days < 0: it has expired."""
        base = self.folder / name
        openssl("req", *self.KEY, "-keyout", f"{base}.key", "-out", f"{base}.csr", "-subj", f"/CN={name}")
        (self.folder / "ext").write_text(f"subjectAltName={names}\n")
        openssl("x509", "-req", "-in", f"{base}.csr", "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial",
                "-days", days, "-extfile", self.folder / "ext", "-out", f"{base}.pem")
        os.chmod(f"{base}.key", 0o644)
        return f"{base}.pem", f"{base}.key"


class Protected(servers.Database):
    """A MariaDB with a certificate, which can be changed while it runs."""

    def __init__(self, lab, authority, certificate, key):
        self.OPTIONS = [
            *servers.Database.OPTIONS,
            f"--ssl-ca={authority.certificate}",
            f"--ssl-cert={certificate}",
            f"--ssl-key={key}",
        ]
        super().__init__(lab)

    def present(self, pair):
        for path, own in zip(pair, self.OPTIONS[-2:]):
            place = own.partition("=")[2]
            with open(place, "wb") as file, open(path, "rb") as source:
                file.write(source.read())
        self.sql("FLUSH SSL")


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
def plain(database):
    """The server of all tests, which has no certificate."""
    return database.schema(*USERS)


def url(schema, host, **options):
    base = schema.url(tcp=True).replace("127.0.0.1:", f"{host}:")
    return base + "?" + "&".join(f"{name.replace('_', '-')}={value}" for name, value in options.items())


def check(lab, *arguments, **options):
    return run(lab, "check", DATABASE_URL=url(*arguments, **options), MYREST_LISTEN=f"unix:{lab.path}/never")


MODES = ["disabled", "preferred", "required", "verify-ca", "verify-identity"]
TAKEN = {
    # what the server presents: the modes that take it, by name and by address
    "good": ({"disabled", "preferred", "required", "verify-ca", "verify-identity"},) * 2,
    "another name": ({"disabled", "preferred", "required", "verify-ca"},) * 2,
    "only a name": (
        {"disabled", "preferred", "required", "verify-ca", "verify-identity"},
        {"disabled", "preferred", "required", "verify-ca"},
    ),
    "expired": ({"disabled", "preferred", "required"},) * 2,
    "another authority": ({"disabled", "preferred", "required"},) * 2,
}


@pytest.mark.parametrize("presented", TAKEN)
def test_what_each_mode_takes(lab, protected, authority, certificates, presented):
    protected.present(certificates[presented])
    for by, host in enumerate(("localhost", "127.0.0.1")):
        for mode in MODES:
            options = {"ssl_mode": mode}
            if mode.startswith("verify"):
                options["ssl_ca"] = authority.certificate
            ended = check(lab, protected.shop, host, **options)
            taken = mode in TAKEN[presented][by]
            assert ended.returncode == (0 if taken else 69), (host, mode, ended)
            if taken:
                assert ("TLSv1" in ended.stdout) == (mode != "disabled"), (host, mode, ended.stdout)
            else:
                assert "cannot connect" in ended.stderr and "TLS" in ended.stderr, (host, mode, ended.stderr)


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


@pytest.mark.parametrize("mode", ["required", "verify-ca", "verify-identity"])
def test_a_server_without_tls_is_refused(lab, plain, authority, mode):
    options = {"ssl_mode": mode}
    if mode != "required":
        options["ssl_ca"] = authority.certificate
    ended = check(lab, plain, "localhost", **options)
    assert ended.returncode == 69 and ("TLS" in ended.stderr or "SSL" in ended.stderr), ended
    assert "table users" not in ended.stdout


def test_a_client_certificate_is_shown(lab, protected, authority, certificates):
    protected.present(certificates["good"])
    certificate, key = authority.issue("client", "DNS:client")
    protected.sql("ALTER USER rest@'%' REQUIRE X509")
    try:
        options = {"ssl_mode": "verify-identity", "ssl_ca": authority.certificate}
        assert check(lab, protected.shop, "localhost", **options).returncode == 69
        ended = check(lab, protected.shop, "localhost", ssl_cert=certificate, ssl_key=key, **options)
        assert ended.returncode == 0, ended
    finally:
        protected.sql("ALTER USER rest@'%' REQUIRE NONE")


def test_a_file_that_is_missing_is_a_mistake_of_the_configuration(lab, protected, authority, folder):
    garbage = folder / "garbage.pem"
    garbage.write_text("nothing of use\n")
    for value in (folder / "nowhere.pem", garbage, folder):
        for how in ([], ["check"]):
            where = url(protected.shop, "localhost", ssl_mode="verify-ca", ssl_ca=value)
            ended = run(lab, *how, DATABASE_URL=where, MYREST_LISTEN=f"unix:{lab.path}/never")
            assert ended.returncode == 78 and "DATABASE_URL" in ended.stderr and "ssl-ca" in ended.stderr, ended


def test_the_service_answers_over_tls_and_says_so(protected, authority, certificates, start_pool):
    protected.present(certificates["good"])
    schema = protected.schema(
        *USERS,
        "CREATE TABLE many (id INT PRIMARY KEY, words VARCHAR(2000))",
        "INSERT INTO many SELECT seq, REPEAT('x', 2000) FROM seq_1_to_4000",
        "CREATE VIEW slow AS SELECT 1 AS id, SLEEP(1) AS pause",
    )
    pool = start_pool(
        url(schema, "localhost", ssl_mode="verify-identity", ssl_ca=authority.certificate),
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
    for connection in schema.pool_connections():
        protected.sql(f"KILL {connection}")
    until(lambda: pool.ask("/users").status == 200, 3)


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
        client.sendall(struct.pack("<I", len(greeting))[:3] + b"\0" + greeting)
        client.settimeout(5)
        try:
            met.append(client.recv(4096))
        except OSError:
            pass


def test_a_handshake_that_hangs_delays_nobody(protected, start_pool):
    met = []
    with socket.create_server(("127.0.0.1", servers.free_port())) as silent:
        threading.Thread(target=greet_and_fall_silent, args=(silent, met), daemon=True).start()
        where = url(protected.shop, "127.0.0.1", ssl_mode="required").replace(
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
