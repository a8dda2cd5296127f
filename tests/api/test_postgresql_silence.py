# SPDX-License-Identifier: MIT
"""Servers that say nothing, too little, or are none: nobody waits for them, and they are told nothing."""
import json
import os
import select
import socket
import ssl
import struct
import subprocess
import threading
import time

import pytest

import fcgi
import servers
from certificates import Authority
from postgresql_connecting import check, place, rules, several
from postgresql_connecting import authority, folder, hosts, own, two  # noqa: F401 (fixtures)
from servers import SECRET, until
from test_away import HOSTS
from test_hosts import standing_still

SSL_REQUEST = struct.pack("!II", 8, 80877103)


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
