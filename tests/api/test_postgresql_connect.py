# SPDX-License-Identifier: MIT
"""Connecting to PostgreSQL: the URL alone decides; what refuses us is told, the password never; hosts that go, and those
that say nothing, or too little, delay nobody. Only with MYREST_TEST_DATABASE=postgresql."""
import contextlib
import json
import os
import select
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time

import pytest

import fcgi
import servers
from certificates import Authority, Protected
from servers import ADMIN, GUEST, SECRET, USERS, quote, run, until
from test_away import HOSTS
from test_hosts import standing_still

SSL_REQUEST = struct.pack("!II", 8, 80877103)


def plainly(database, *statements, schema=None):
    """Runs statements of PostgreSQL's as the owner; the rows of the last one."""
    with database.connect(schema) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.plainly(statement)
        return cursor.fetchall()


@pytest.fixture(scope="module")
def folder(lab):
    folder = lab.folder("pgtls")
    folder.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def authority(folder):
    return Authority(folder, "authority")


@pytest.fixture(scope="module")
def own(lab, authority):
    """A server of our own, with TLS."""
    database = Protected(lab, authority, *authority.issue("server", "DNS:localhost,IP:127.0.0.1"))
    database.shop = database.schema(
        *USERS,
        "CREATE TABLE many (id INT PRIMARY KEY, words VARCHAR(2000))",
        "INSERT INTO many SELECT seq, REPEAT('x', 2000) FROM seq_1_to_4000",
    )
    yield database
    database.kill()


def check(lab, url, **settings):
    return run(lab, "check", DATABASE_URL=url, MYREST_LISTEN=f"unix:{lab.path}/never", **settings)


@contextlib.contextmanager
def rules(database, change):
    """Other lines in pg_hba.conf for a while."""
    path = database.data / "pg_hba.conf"
    before = path.read_text()
    assert change(before) != before
    path.write_text(change(before))
    database.read_again()
    try:
        yield
    finally:
        path.write_text(before)
        database.read_again()


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


# --- hosts that go


TABLES = (
    "CREATE TABLE place (id integer PRIMARY KEY, name text NOT NULL)",
    "CREATE TABLE notes (id integer PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY, words text NOT NULL)",
    "CREATE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM pg_sleep(1); RETURN NEW; END$$",
    "CREATE TRIGGER pause BEFORE INSERT ON notes FOR EACH ROW EXECUTE FUNCTION pause()",
    "CREATE VIEW slow AS SELECT 1 AS id, pg_sleep(1)::text AS pause",
    "GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO rest",
)


@pytest.fixture(scope="module")
def two(lab):
    from postgresql_server import Database

    both = [Database(lab) for _ in range(2)]
    for number, database in enumerate(both):
        database.shop = database.schema()
        # what is written after the CHECKPOINT may be lost when the server is killed: nothing is synchronous here
        plainly(database, *TABLES, f"INSERT INTO place VALUES (1, 'db{number}')", "CHECKPOINT", schema=database.shop.name)
    yield both
    for database in both:
        database.kill()


@pytest.fixture
def hosts(two):
    yield two
    for database in two:
        if database.process.poll() is not None:
            database.start()
        until(database.answers, 20)


def several(*places, more=""):
    """A URL of these: databases, or ports."""
    where = [place if isinstance(place, str) else f"127.0.0.1:{place if isinstance(place, int) else place.port}" for place in places]
    return f"postgresql://rest:{quote(SECRET, safe='')}@{','.join(where)}/s1{more}"


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


def place(pool):
    answer = pool.ask("/place/1")
    assert answer.status == 200, answer
    return json.loads(answer.body)["name"]


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


# --- what says nothing, or too little


class Pretender:
    """Listens where a server should, and does `how` to each who comes. met: what each has sent."""

    def __init__(self, how):
        self.how, self.met, self.kept = how, [], []
        self.listener = socket.create_server(("127.0.0.1", servers.free_port()))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.listen, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
        for client in self.kept:
            client.close()

    def listen(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            self.kept.append(client)
            self.met.append(bytearray())
            threading.Thread(target=self.serve, args=(client, self.met[-1]), daemon=True).start()

    def serve(self, client, seen):
        try:
            self.how(client, seen)
        except OSError:
            pass

    def drain(self, client, seen):
        while got := client.recv(4096):
            seen += got


def take(client, seen, count):
    while len(seen) < count:
        got = client.recv(4096)
        if not got:
            raise OSError("it has left")
        seen += got


def take_startup(client, seen):
    """No TLS here; then the user and the database."""
    take(client, seen, 8)
    client.sendall(b"N")
    take(client, seen, 9)


def says_nothing(client, seen):
    take(client, seen, 1 << 20)


def stops_in_the_handshake(client, seen):
    """After a part of the server's half: it is a real one, of which the rest is kept back."""
    take(client, seen, 8)
    client.sendall(b"S")
    take(client, seen, 9)
    with socket.create_connection(("127.0.0.1", stops_in_the_handshake.port)) as real:
        real.sendall(SSL_REQUEST)
        assert real.recv(1) == b"S"
        real.sendall(seen[8:])
        client.sendall(real.recv(65536)[:300])
        take(client, seen, 1 << 20)


def stops_after_the_startup(client, seen):
    take_startup(client, seen)
    take(client, seen, 1 << 20)


def stops_in_a_message(client, seen):
    take_startup(client, seen)
    client.sendall(b"R" + struct.pack("!II", 42, 10) + b"SCRAM")
    take(client, seen, 1 << 20)


def trickles(client, seen):
    """A message without an end, byte by byte."""
    take_startup(client, seen)
    client.sendall(b"E" + struct.pack("!I", 10000))
    while True:
        client.sendall(b"x")
        time.sleep(0.05)


SILENCES = [says_nothing, stops_in_the_handshake, stops_after_the_startup, stops_in_a_message, trickles]


def nobody_waits(pool, seconds):
    """For so long the only worker says at once that the database is away, and what else it has to do is done in time."""
    deadline, waits = time.monotonic() + seconds, []
    with pool.fcgi() as half:
        half.send(fcgi.encode("GET", "/users")[:20])
        closed = []
        watching = threading.Thread(target=lambda: closed.append(half.closed_within(3 * servers.FACTOR)))
        watching.start()
        while time.monotonic() < deadline:
            began = time.monotonic()
            assert pool.ask("/users").status == 503
            assert pool.web.get("/live").status == 200
            waits.append(time.monotonic() - began)
            time.sleep(0.02)
        watching.join()
        # MYREST_REQUEST_TIMEOUT is a second here
        assert closed[0] is not None and 0.7 < closed[0] < 1.7 * servers.FACTOR, closed
    assert max(waits) < 0.25 * servers.FACTOR, max(waits)


@pytest.mark.parametrize("how", SILENCES, ids=lambda how: how.__name__)
def test_a_server_that_says_too_little_delays_nobody(own, start_pool, how):
    stops_in_the_handshake.port = own.port
    mode = "require" if how is stops_in_the_handshake else "prefer"
    with Pretender(how) as silent:
        pool = start_pool(several(silent.port, more=f"?sslmode={mode}"), workers=1, ready=False, MYREST_CONNECT_TIMEOUT=4,
                          MYREST_REQUEST_TIMEOUT=1)  # fmt: skip
        until(lambda: silent.met and pool.listens(), 5)
        until(lambda: pool.ask("/users").status == 503, 3)
        nobody_waits(pool, 1.8)
        assert len(silent.met) == 1  # one attempt, all the while
        until(lambda: pool.log("database-away"), 5)
        assert "the connect took too long" in pool.log("database-away")[0]["message"]
        pool.stop()


@pytest.mark.parametrize("how", SILENCES, ids=lambda how: how.__name__)
def test_a_server_that_says_too_little_is_passed_over(own, hosts, start_pool, how):
    stops_in_the_handshake.port = own.port
    with Pretender(how) as silent:
        began = time.monotonic()
        pool = start_pool(several(silent.port, hosts[1], more="?sslmode=prefer"), "place", workers=1, MYREST_CONNECT_TIMEOUT=1)
        assert time.monotonic() - began < 2.5 * servers.FACTOR
        assert silent.met and place(pool) == "db1"


def test_a_port_that_swallows_packets_is_passed_over(hosts, start_pool):
    """Its queue is full, and it takes nobody out of it: who comes is not answered at all."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", servers.free_port()))
        listener.listen(0)
        port, queue = listener.getsockname()[1], []
        for _ in range(4):
            queue.append(socket.socket())
            queue[-1].setblocking(False)
            queue[-1].connect_ex(("127.0.0.1", port))
        with socket.socket() as late, pytest.raises(TimeoutError):
            late.settimeout(0.3)
            late.connect(("127.0.0.1", port))
        pool = start_pool(several(port), workers=1, ready=False, MYREST_CONNECT_TIMEOUT=4, MYREST_REQUEST_TIMEOUT=1)
        until(pool.listens, 5)
        until(lambda: pool.ask("/users").status == 503, 3)
        nobody_waits(pool, 1.8)
        pool.stop()
        began = time.monotonic()
        pool = start_pool(several(port, hosts[1]), "place", workers=1, MYREST_CONNECT_TIMEOUT=1)
        assert time.monotonic() - began < 2.5 * servers.FACTOR
        assert place(pool) == "db1"
        for each in queue:
            each.close()


def test_kerberos_is_not_waited_for(lab, own, start_pool):
    """It would look names up by itself: here that takes for ever, since /etc/hosts is a pipe into which nobody writes."""
    pipe = lab.folder("h") / "hosts"
    os.mkfifo(pipe)
    servers.own(pipe)
    private = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", HOSTS, "sh", str(pipe)]
    tried = subprocess.run([*private, "test", "-p", "/etc/hosts"], capture_output=True, text=True, cwd="/", **servers.identity())
    if tried.returncode:
        pytest.skip(f"this machine allows no mount namespace: {tried.stderr}")
    with rules(own, lambda text: text.replace("127.0.0.1/32 scram-sha-256", "127.0.0.1/32 gss")):
        pool = start_pool(own.shop.url(tcp=True), workers=1, ready=False, MYREST_REQUEST_TIMEOUT=1,
                          launcher=lambda pool, command: [*private, *command])  # fmt: skip
        until(pool.listens, 5)
        until(lambda: pool.ask("/users").status == 503, 3)
        nobody_waits(pool, 1.8)
        assert "GSSAPI" in pool.log("database-away")[0]["message"]
        pool.stop()


def test_closing_waits_for_nobody(hosts, start_pool):
    """The host stands still, and the worker leaves: its good-bye is not read by anybody."""
    pool = start_pool(several(hosts[0]), "place", workers=2)
    assert place(pool) == "db0"
    with standing_still(hosts[0]):
        began = time.monotonic()
        pool.stop()
        assert time.monotonic() - began < 1 * servers.FACTOR


# --- what a server that is none is told


def asks_for_the_password(client, seen):
    take_startup(client, seen)
    client.sendall(b"R" + struct.pack("!II", 8, 3))  # in clear text
    take(client, seen, 1 << 20)


@pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
def test_who_has_no_tls_is_told_nothing(lab, authority, mode):
    ca = f"&sslrootcert={authority.certificate}" if mode != "require" else ""
    with Pretender(asks_for_the_password) as other:
        ended = check(lab, several(other.port, more=f"?sslmode={mode}{ca}"))
        assert ended.returncode == 69 and "does not support SSL" in ended.stderr, ended
        assert [bytes(seen) for seen in other.met] == [SSL_REQUEST]
        # one who asks for less is asked for all of it
        assert check(lab, several(other.port, more="?sslmode=prefer"), MYREST_CONNECT_TIMEOUT=1).returncode == 69
        assert SECRET.encode() in other.met[-1]


@pytest.mark.parametrize("presented", ["another name", "another authority", "expired"])
def test_who_has_another_certificate_is_told_nothing(lab, folder, authority, presented):
    issuer = Authority(folder, "stranger") if presented == "another authority" else authority
    names = "DNS:db.example,IP:127.0.0.2" if presented == "another name" else "DNS:localhost,IP:127.0.0.1"
    pair = issuer.issue("pretended", names, days=-1 if presented == "expired" else 10)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pair)
    inside = []

    def speaks_tls(client, seen):
        take(client, seen, 8)
        client.sendall(b"S")
        with context.wrap_socket(client, server_side=True) as tls:
            inside.append(tls.recv(4096))

    with Pretender(speaks_tls) as other:
        for host in ("localhost", "127.0.0.1"):
            url = several(f"{host}:{other.port}", more=f"?sslmode=verify-full&sslrootcert={authority.certificate}")
            ended = check(lab, url)
            assert ended.returncode == 69 and "certificate" in ended.stderr, ended
            assert other.met and not any(inside), inside
        # one who does not look says who it is
        ended = check(lab, several(other.port, more="?sslmode=require"), MYREST_CONNECT_TIMEOUT=1)
        until(lambda: b"rest" in b"".join(inside), 3)


# --- long records of TLS, as a proxy sends them


def test_records_of_tls_that_are_longer_than_the_servers(own, authority, start_pool):
    pair = authority.issue("proxy", "DNS:localhost,IP:127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pair)

    def forward(client, seen):
        take(client, seen, 8)
        client.sendall(b"S")
        with context.wrap_socket(client, server_side=True) as tls, socket.socket(socket.AF_UNIX) as server:
            server.connect(str(own.socket))
            waiting = bytearray()
            while True:
                ready = select.select([tls, server], [], [], 0.005)[0] if not tls.pending() else [tls]
                if tls in ready:
                    got = tls.recv(65536)
                    if not got:
                        return
                    server.sendall(got)
                if server in ready:
                    got = server.recv(65536)
                    waiting += got
                if len(waiting) >= 16384 or not ready:
                    tls.sendall(waiting)
                    waiting.clear()

    with Pretender(forward) as proxy:
        url = own.shop.url(tcp=True).replace(f":{own.port}/", f":{proxy.port}/")
        pool = start_pool(url + f"?sslmode=verify-full&sslrootcert={authority.certificate}", "users,many", workers=1,
                          MYREST_STATEMENT_TIMEOUT=3, MYREST_MAX_ROWS=10000)  # fmt: skip
        for limit in (1, 5, 7, 8, 9, 50, 4000):
            answer = pool.ask(f"/many?limit={limit}&order=id")
            assert answer.status == 200 and answer.ended, (limit, answer)
            assert [row["id"] for row in json.loads(answer.body)] == list(range(1, limit + 1))
        pool.stop()
